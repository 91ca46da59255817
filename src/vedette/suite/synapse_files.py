"""Synapse's configuration on disk, rendered from the signed settings and the boot file."""

from __future__ import annotations

from vedette.adapters.boot_file import Boot
from vedette.adapters.stream_files import document_of, write_whole
from vedette.adapters.system_clock import SystemClock
from vedette.admin.homeserver import homeserver_file, log_file, render, render_log
from vedette.core.settings.document import Document
from vedette.protocol.internal.streams import Stream, StreamRefused, verify
from vedette.suite.keys import settings_public_key


def write_homeserver(boot: Boot) -> None:
    """Write Synapse's configuration as the newest signed settings say.

    Raises:
        ValueError: the signed settings can't be used.
        OSError: it can't be written.
    """
    folder = boot.path(boot.synapse.folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / "log").mkdir(mode=0o700, exist_ok=True)
    write_whole(homeserver_file(boot), render(signed_document(boot), boot).encode())
    write_whole(log_file(boot), render_log(boot).encode())


def signed_document(boot: Boot) -> Document:
    """The document that control signed last for Synapse's door. Raises ValueError, OSError."""
    path = boot.door("synapse") / f"{Stream.SETTINGS}.part"
    try:
        part = verify(
            path.read_bytes(),
            stream=Stream.SETTINGS,
            organisation=boot.organisation,
            key=settings_public_key(boot),
            now=SystemClock().now(),
            above=0,
        )
    except StreamRefused as refused:
        raise ValueError(f"`{path}` can't be used: {refused}") from refused
    return document_of(part)
