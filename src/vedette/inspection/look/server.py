"""The fork server: for each content a fresh process that looks at it, and at nothing else.

It loads every detector once and never touches a content itself. It is spoken to over a socket that
keeps messages apart: a request is JSON with the descriptors of the content and of the pipe for the
answer. When the socket closes, it ends, and every child with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vedette.core.files import Digest
from vedette.inspection.look import sandbox
from vedette.inspection.look.detectors import Detectors, load
from vedette.inspection.look.job import Job, look_at
from vedette.ports.looking import Limits

_LONGEST_REQUEST = 16 << 10
_GRACE_SECONDS = 15.0
"""How much longer than the limit a child may take before it is killed."""


@dataclass(slots=True)
class _Server:
    talk: socket.socket
    detectors: Detectors
    scratch: str
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    children: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Process descriptor of each child, with its process id and when it is killed."""

    def run(self) -> None:
        """Serve until the socket closes."""
        self.talk.send(json.dumps(self._hello()).encode())
        sandbox.enter_server(Path(self.scratch))
        self.selector.register(self.talk, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select(self._patience()):
                if key.fileobj is self.talk:
                    if not self._request():
                        return
                else:
                    self._ended(key.fd)
            self._kill_the_late()

    def _hello(self) -> dict[str, Any]:
        return {
            "rules": self.detectors.rules,
            "holds": sandbox.what_holds(),
            "server": sandbox.what_holds_server(Path(self.scratch)),
        }

    def _patience(self) -> float | None:
        if not self.children:
            return None
        return max(0.0, min(late for _, late in self.children.values()) - time.monotonic())

    def _request(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self.talk, _LONGEST_REQUEST, 2)
        if not data:
            return False
        content, answer = descriptors
        if len(self.children) >= sandbox.MOST_CHILDREN:  # no answer is no verdict
            os.close(content)
            os.close(answer)
            return True
        told = json.loads(data)
        limits = Limits(**told["limits"])
        job = Job(content=content, sha256=Digest(told["sha256"]), size=told["size"], limits=limits)
        pid = os.fork()
        if pid == 0:
            self._child(job, answer)
        os.close(content)
        os.close(answer)
        watch = os.pidfd_open(pid)
        self.selector.register(watch, selectors.EVENT_READ)
        self.children[watch] = (pid, time.monotonic() + limits.seconds + _GRACE_SECONDS)
        return True

    def _child(self, job: Job, answer: int) -> None:
        """Look in a process of its own, which ends here whatever happens."""
        code = 1
        try:
            scratch = sandbox.scratch_files(self.scratch, job.limits.depth + 1)
            sandbox.enter(keep=(job.content, answer, *scratch), limits=job.limits)
            told = look_at(job, scratch, self.detectors)
            with os.fdopen(answer, "wb") as pipe:
                pipe.write(told)
            code = 0
        finally:
            os._exit(code)

    def _ended(self, watch: int) -> None:
        pid, _ = self.children.pop(watch)
        self.selector.unregister(watch)
        os.close(watch)
        os.waitpid(pid, 0)

    def _kill_the_late(self) -> None:
        now = time.monotonic()
        for watch, (pid, late) in list(self.children.items()):
            if late <= now:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(watch, signal.SIGKILL)
                self.children[watch] = (pid, now + _GRACE_SECONDS)


def main() -> None:
    """`python -m vedette.inspection.look.server SOCKET-DESCRIPTOR SCRATCH-FOLDER RULES-FILE`."""
    descriptor, scratch, rules = sys.argv[1:4]
    talk = socket.socket(fileno=int(descriptor))
    sandbox.own_data()
    sandbox.end_with_parent()
    sandbox.leave_network()
    _Server(talk, load(rules), scratch).run()


if __name__ == "__main__":
    main()
