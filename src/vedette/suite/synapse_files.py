"""Synapse's configuration on disk, rendered from the signed settings and the boot file.

Synapse reads it only when it starts. `keep_current` has it started anew when the settings say
something else than it was started with: what it has accepted is in its database, clients and other
servers send again what had no answer, and the gateway answers 503 meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.boot_file import Boot, BootFault
from vedette.adapters.settings_keys import SettingsKeyFile
from vedette.adapters.stream_files import document_of, write_whole
from vedette.adapters.synapse_signing import SynapseSigning
from vedette.adapters.system_clock import SystemClock
from vedette.admin.homeserver import (
    differing,
    homeserver_file,
    log_file,
    password_file,
    render,
    render_log,
    render_password,
)
from vedette.core.settings.document import Document
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.streams import Stream, StreamRefused, verify

_LOOK_SECONDS = 1.0
_SETTLE_SECONDS = 3.0
"""Doors say first that they have a change; and changes that follow one another share one start."""


def write_homeserver(boot: Boot) -> str:
    """Write Synapse's configuration as the newest signed settings say, and return it.

    Where no signed settings can be used, what was written last time stays: Synapse starts, and its
    door holds and refuses until it has settings again. Only a first start needs them.

    Raises:
        ValueError: it is a first start, and there are no signed settings that can be used; or the
            server's signing key can't.
        OSError: it can't be written.
    """
    folder = boot.path(boot.synapse.folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / "log").mkdir(mode=0o700, exist_ok=True)
    try:
        SynapseSigning(boot).settle(SystemClock().now())
    except Unavailable as outage:
        raise ValueError(str(outage)) from outage
    try:
        document = signed_document(boot)
    except ValueError:
        if homeserver_file(boot).exists():
            return homeserver_file(boot).read_text(encoding="utf-8")
        raise
    text = render(document, boot)
    write_whole(homeserver_file(boot), text.encode())
    write_whole(log_file(boot), render_log(boot).encode())
    password = render_password(boot)
    if password is not None:
        write_whole(password_file(boot), password.encode())
    return text


@dataclass(slots=True)
class Configuration:
    """What Synapse was started with, beside what the signed settings say now."""

    boot: Boot
    started: str | None = None
    _seen: tuple[int, int, int] | None = None
    _waits: tuple[str, ...] = ()

    def write(self) -> None:
        """Write it for a start. Raises as `write_homeserver` does."""
        self._seen = None
        self.started = write_homeserver(self.boot)

    def waits(self) -> tuple[str, ...]:
        """The keys of which Synapse has older values than the settings; looked at when those change.

        None where the settings can't be used: Synapse goes on with what it has.
        """
        part = self.boot.door("synapse") / f"{Stream.SETTINGS}.part"
        try:
            found = part.stat()
            seen = (found.st_mtime_ns, found.st_ino, found.st_size)
            if seen != self._seen:
                self._waits, self._seen = self._differing(), seen
        except (OSError, ValueError, BootFault):
            return ()
        return self._waits

    def _differing(self) -> tuple[str, ...]:
        wanted = render(signed_document(self.boot), self.boot)
        if self.started is None or self.started == wanted:
            return ()
        return tuple(differing(self.started, wanted))


async def keep_current(
    configuration: Configuration,
    restart: Callable[[], Awaitable[bool]],
    say: Callable[[str], None],
) -> None:
    """Have Synapse started anew whenever settings came that it reads only then."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if not configuration.waits():
            continue
        await asyncio.sleep(_SETTLE_SECONDS)
        if not (waits := configuration.waits()):
            continue
        say(f"starting Synapse again for {', '.join(waits)}")
        if await restart():
            say("Synapse runs with the new settings")
        else:
            say(f"Synapse did not come back; see `{configuration.boot.log('synapse')}`")


def signed_document(boot: Boot) -> Document:
    """The document that control signed last for Synapse's door, or the one that the door took last.

    Raises:
        ValueError: neither can be used; the message says why the newest can't.
    """
    newest = boot.door("synapse") / f"{Stream.SETTINGS}.part"
    try:
        return _document_in(boot, newest)
    except ValueError as fault:
        try:
            return _document_in(boot, newest.parent / "accepted" / newest.name)
        except ValueError:
            raise fault from None


def _document_in(boot: Boot, path: Path) -> Document:
    key = SettingsKeyFile(boot.path(boot.public_key), boot.organisation)
    try:
        key.keys()
        part = verify(
            path.read_bytes(),
            stream=Stream.SETTINGS,
            organisation=boot.organisation,
            key=key,
            now=SystemClock().now(),
            above=0,
        )
    except (StreamRefused, OSError, Unavailable) as refused:
        raise ValueError(f"`{path}` can't be used: {refused}") from refused
    return document_of(part)
