"""Who owns what root wrote on behalf of a process that runs as another user."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path


def hand_back(folders: Iterable[Path]) -> None:
    """Give what root made in these folders to whoever owns them; a folder that root made, to whoever
    owns the one around it. Does nothing for anybody but root.

    Only files and folders of root's own, which nothing else links to: whoever owns a folder must not
    be given what they have linked into it.

    Raises:
        OSError: a folder can't be read, or something can't be given.
    """
    if os.geteuid() != 0:
        return
    for folder in folders:
        with contextlib.suppress(FileNotFoundError):
            _give(folder, folder.parent.stat())
            owner = folder.stat()
            for path in folder.iterdir():
                _give(path, owner)


def _give(path: Path, owner: os.stat_result) -> None:
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        if path.is_symlink() or path.is_socket() or not path.exists():
            return
        raise
    try:
        found = os.fstat(opened)
        single = stat.S_ISDIR(found.st_mode) or (
            stat.S_ISREG(found.st_mode) and found.st_nlink == 1
        )
        if found.st_uid == 0 and owner.st_uid != 0 and single:
            os.fchown(opened, owner.st_uid, owner.st_gid)
    finally:
        os.close(opened)
