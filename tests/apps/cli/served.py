"""Organisations whose real control is served from this process, so that hundreds of changes are quick.

They are wired as they run, but have no doors: nobody waits for answers that would never come.
"""

from __future__ import annotations

import json
import shlex
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvicorn
from typer.testing import CliRunner

from tests.apps.control.organisation import Organisation, make, until
from vedette.admin.doors import DoorAnswer
from vedette.admin.files import FilesDesk
from vedette.api.app import make_app
from vedette.api.border import Border
from vedette.cli.main import app
from vedette.cli.surroundings import CliFault
from vedette.control.main import first_text, recovering, wire
from vedette.core.revision import Revision
from vedette.core.settings.document import Document


async def _nobody(_revision: Revision, _document: Document) -> tuple[DoorAnswer, ...]:
    return ()


@dataclass(slots=True)
class Served:
    """One organisation that answers at its address."""

    organisation: Organisation
    _server: uvicorn.Server
    _thread: threading.Thread
    files: FilesDesk
    _close: list[Any] = field(default_factory=list)

    @classmethod
    def at(cls, folder: Path, text: str, people: str = "") -> Served:
        """A new organisation with this first document, and these lines of people."""
        made = make(folder)
        with made.boot.path(made.boot.control.people).open("a") as file:
            file.write(people)
        made.boot.path(made.boot.settings).write_text(text, encoding="utf-8")
        wiring = wire(made.boot)
        wiring.spool.start()
        wiring.office.people.poll()
        wiring.upkeep.begin(lambda: first_text(made.boot))
        office = replace(wiring.office, desk=replace(wiring.office.desk, announce=_nobody))
        host, _, port = made.boot.control.listen.rpartition(":")
        border = Border(
            make_app(office), office.token, office.tokens, None, lambda: recovering(made.boot)
        )
        server = uvicorn.Server(uvicorn.Config(border, host=host, port=int(port), log_config=None))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until(lambda: server.started)
        return cls(made, server, thread, office.files, [wiring.spool.close])

    def end(self) -> None:
        self._server.should_exit = True
        self._thread.join(60)
        for close in self._close:
            close()

    def digest(self) -> str:
        """The hash of the document that is in force."""
        return str(self.settings()["digest"])

    def settings(self) -> Mapping[str, Any]:
        status, found = self.organisation.ask("GET", "/settings")
        assert status == 200, found
        return found

    def run(self, *words: str) -> tuple[int, str]:
        """A command of the command line, in this process; its exit code and what it said."""
        place = ["--dir", str(self.organisation.boot.folder)]
        found = CliRunner().invoke(app, [*place, *words])
        if isinstance(found.exception, CliFault):
            return int(found.exception.code), str(found.exception)
        return found.exit_code, found.output

    def data(self, *words: str, given: str = "") -> tuple[int, Any]:
        """The same with --json: its exit code and what it printed, or the error."""
        place = ["--dir", str(self.organisation.boot.folder)]
        found = CliRunner().invoke(app, [*place, *words, "--json"], input=given)
        if isinstance(found.exception, CliFault):
            return int(found.exception.code), {"error": found.exception.error}
        assert found.stdout, found.exception
        return found.exit_code, json.loads(found.stdout)

    def copy(self, command: str, reason: str = "copied") -> tuple[int, str]:
        """A command as it was shown, read as a shell reads it, with a reason behind it."""
        first, *words = shlex.split(command)
        assert first == "vedette"
        return self.run(*words, "--reason", reason)

    def call(self, shown: Mapping[str, Any], reason: str = "copied") -> tuple[int, Any]:
        """A call as it was shown, with a reason where the description of the API wants it."""
        body, query = shown["body"], dict(shown["query"] or {})
        if body is None:
            query["reason"] = reason
        else:
            body = {**body, "reason": reason}
        given = "&".join(f"{key}={value}" for key, value in query.items())
        path = shown["path"] + (f"?{given}" if given else "")
        return self.organisation.ask(shown["method"], path, body)
