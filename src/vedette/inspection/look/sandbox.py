"""What keeps a process that parses hostile bytes from doing harm.

Every measure that the platform offers is taken; `what_holds` says which ones it does.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Iterable
from pathlib import Path

from vedette.ports.looking import Limits

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_LIBC = ctypes.CDLL(None, use_errno=True)
MEMORY = 2 << 30
"""Bytes of address space that one looking may have."""
_DESCRIPTORS = 64


def end_with_parent() -> None:
    """End when the process that started this one does."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def scratch_files(folder: str, number: int) -> tuple[int, ...]:
    """Files without a name into which parts are unpacked, one for each depth."""
    return tuple(
        os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600) for _ in range(number)
    )


def enter(keep: Iterable[int], limits: Limits) -> None:
    """Give up everything that looking does not need. Raises OSError."""
    end_with_parent()
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)
    _close_all_but(frozenset(keep))
    for which, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, limits.seconds + 10),
        (resource.RLIMIT_FSIZE, limits.unpacked),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (most, most))


def what_holds() -> tuple[str, ...]:
    """The measures that hold on this machine, in a few words each."""
    return ("limits on memory, time, files",)


def _close_all_but(keep: frozenset[int]) -> None:
    for entry in list(Path("/proc/self/fd").iterdir()):
        number = int(entry.name)
        if number > 2 and number not in keep:
            try:
                os.close(number)
            except OSError:
                continue


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
