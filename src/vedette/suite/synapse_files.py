"""Synapse's configuration on disk, rendered from the signed settings and the boot file."""

from __future__ import annotations

from pathlib import Path

from vedette.adapters.boot_file import Boot
from vedette.adapters.stream_files import document_of, write_whole
from vedette.adapters.system_clock import SystemClock
from vedette.admin.homeserver import (
    homeserver_file,
    log_file,
    password_file,
    render,
    render_log,
    render_password,
)
from vedette.core.settings.document import Document
from vedette.protocol.internal.streams import Stream, StreamRefused, verify
from vedette.suite.keys import settings_public_key


def write_homeserver(boot: Boot) -> None:
    """Write Synapse's configuration as the newest signed settings say.

    Where no signed settings can be used, what was written last time stays: Synapse starts, and its
    door holds and refuses until it has settings again. Only a first start needs them.

    Raises:
        ValueError: it is a first start, and there are no signed settings that can be used.
        OSError: it can't be written.
    """
    folder = boot.path(boot.synapse.folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / "log").mkdir(mode=0o700, exist_ok=True)
    try:
        document = signed_document(boot)
    except ValueError:
        if homeserver_file(boot).exists():
            return
        raise
    write_whole(homeserver_file(boot), render(document, boot).encode())
    write_whole(log_file(boot), render_log(boot).encode())
    password = render_password(boot)
    if password is not None:
        write_whole(password_file(boot), password.encode())


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
    try:
        part = verify(
            path.read_bytes(),
            stream=Stream.SETTINGS,
            organisation=boot.organisation,
            key=settings_public_key(boot),
            now=SystemClock().now(),
            above=0,
        )
    except (StreamRefused, OSError) as refused:
        raise ValueError(f"`{path}` can't be used: {refused}") from refused
    return document_of(part)
