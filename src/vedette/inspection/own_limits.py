"""What the inspector's own process may do, and whatever it starts: little enough that one that was
taken over finds no secret, changes nothing and reaches nobody but the scanners.

The looking at contents is confined much further (`vedette.inspection.look.sandbox`). INVARIANT: what
is given up here is never needed again, also not by a fork server that is started anew.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vedette.adapters.boot_file import Boot
from vedette.inspection.look import sandbox

MEMORY = 1 << 30
"""Bytes of memory of its own that the process may have; 256 contents that arrive take a part of it."""
DESCRIPTORS = 2048
_MOST_BELOW = 8 << 30
"""Bytes that a process started here may raise that to: the looking has limits of its own."""
_ICAP_PORT = 1344
_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt")
_SYSTEM = (
    "/proc", "/sys", "/dev/urandom", "/etc/ld.so.cache", "/etc/host.conf", "/etc/hosts",
    "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/localtime",
    "/etc/magic", "/etc/magic.mime", "/etc/mime.types", "/etc/passwd", "/etc/ssl",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Needs:
    """What the process works with: all else is given up. `ports` are those of scanners over TCP."""

    reads: tuple[Path, ...]
    starts: tuple[Path, ...]
    writes: tuple[Path, ...]
    ports: tuple[int, ...]


def needs_of(boot: Boot, door: Path) -> Needs:
    """What the inspector of an organisation needs; `door` is where its stream is. Raises OSError.

    Folders that it writes into are made, since what is not there can't be allowed.
    """
    own = boot.inspector
    writes = boot.path(own.folder), door, boot.path(own.socket).parent
    for folder in writes:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    reads = [*map(Path, _SYSTEM), boot.path(boot.public_key).parent]
    if own.yara:
        reads.append(boot.path(own.yara))
    everything = (*writes, Path(os.devnull))
    return Needs(tuple(reads), _programs(boot.folder), everything, _ports(own.clamd, own.icap))


def _programs(folder: Path) -> tuple[Path, ...]:
    """Where Python, its packages and the libraries of the system are; never what `folder` is in."""
    told = [*_PROGRAMS, sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *sys.path]
    told += [str(Path(line.split(None, 5)[-1]).parent) for line in _mapped() if "/" in line]
    places = {Path(each).resolve() for each in told if each}
    return tuple(sorted(place for place in places if not folder.resolve().is_relative_to(place)))


def _mapped() -> list[str]:
    """What this process has loaded, wherever libraries are on this machine."""
    return Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()


def _ports(clamd: str, icap: str) -> tuple[int, ...]:
    ports = []
    if clamd.startswith("tcp:"):
        ports.append(int(clamd.rpartition(":")[2]))
    if icap:
        ports.append(urlsplit(icap).port or _ICAP_PORT)
    return tuple(ports)


def confine(needs: Needs) -> None:
    """Give up everything else, for this process and all that it starts. Raises OSError."""
    sandbox.no_more_rights()
    for which, most, below in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_DATA, MEMORY, _MOST_BELOW),
        (resource.RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS),
    ):
        sandbox.limit(which, most, below)
    sandbox.only_files(needs.reads, needs.starts, needs.writes, needs.ports)
    sandbox.refuse_calls(sandbox.NEVER)


def what_holds(needs: Needs, folder: Path) -> tuple[str, ...]:
    """What holds on this machine, found by trying to break each in a child; `folder` is the organisation's.

    MUST be called before any thread is started.
    """
    return sandbox.tried(lambda _: confine(needs), _tries(folder))


def _tries(folder: Path) -> dict[str, Callable[[], object]]:
    return {
        "reads nothing that it does not need": (folder / "boot.toml").read_bytes,
        "writes in its own folders alone": (folder / "new").touch,
        "dials scanners alone": lambda: socket.create_connection(("127.0.0.1", 9), 0.2),
        "does nothing to the system": lambda: os.chroot("/"),
        "takes no more memory than it may": lambda: bytearray(MEMORY + (64 << 20)),
        "opens no more than it may": _open_many,
    }


def _open_many() -> None:
    for _ in range(DESCRIPTORS + 1):
        os.dup(2)


OWN = tuple(_tries(Path()))
"""All that holds where the platform offers everything."""
