"""What keeps a process that parses hostile bytes from doing harm.

Every measure that the platform offers is taken; `what_holds` tries each of them and says which ones
hold here. Limits of the process (setrlimit), no gain of rights, no reading of its memory and the end
with its parent are always there; network and IPC namespaces (unshare), the file system (Landlock)
and system calls (seccomp) where the kernel lets them be given up.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import socket
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

from vedette.ports.looking import Limits

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_CLONE_NEWUTS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = (
    0x04000000, 0x08000000, 0x10000000, 0x40000000
)  # fmt: skip
MEMORY = 1536 << 20
"""Bytes of address space that one looking may have beyond what the detectors take."""
_DESCRIPTORS = 64
_STATM = Path("/proc/self/statm")


def leave_network() -> None:
    """Give up network and IPC for this process and its children, where the platform offers it."""
    alone = _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS
    if _LIBC.unshare(_CLONE_NEWUSER | alone) != 0:
        _LIBC.unshare(alone)


def end_with_parent() -> None:
    """End when the process that started this one does. Raises OSError."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def scratch_files(folder: str, number: int) -> tuple[int, ...]:
    """Files without a name into which parts are unpacked, one for each depth. Raises OSError."""
    return tuple(
        os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600) for _ in range(number)
    )


def enter(keep: Iterable[int], limits: Limits) -> None:
    """Give up everything that looking does not need. Raises OSError."""
    end_with_parent()
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)
    _close_all_but(frozenset(keep))
    _limit(limits)
    _leave_files()
    _leave_calls()


def what_holds() -> tuple[str, ...]:
    """The measures that hold on this machine, found by trying to break each in a child."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            limits = Limits(depth=1, entries=1, unpacked=1 << 20, ratio=1, seconds=10)
            enter((writing,), limits)
            held = [words for words, try_ in _TRIES.items() if _fails(try_)]
            os.write(writing, "\n".join(held).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    return tuple(told.decode().splitlines())


# ---- Limits --------------------------------------------------------------------------------------


def _limit(limits: Limits) -> None:
    pages = int(_STATM.read_text(encoding="ascii").split()[0])
    for which, most in (
        (resource.RLIMIT_AS, pages * resource.getpagesize() + MEMORY),
        (resource.RLIMIT_CPU, limits.seconds + 10),
        (resource.RLIMIT_FSIZE, limits.unpacked),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (most, most))


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


# ---- Files: Landlock (Linux 5.13, Documentation/userspace-api/landlock.rst) ----------------------

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights of the file system each version knows."""
_NET_RIGHTS, _SCOPES = 0b11, 0b11


def _leave_files() -> None:
    """Open no file any more, connect to no port, reach no other process; without Landlock nothing."""
    version = _LIBC.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return
    rights = (1 << _FS_RIGHTS.get(version, 16)) - 1
    rules = [rights, _NET_RIGHTS if version >= 4 else 0, _SCOPES if version >= 6 else 0]
    packed = struct.pack("<3Q", *rules)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = _LIBC.syscall(_CREATE_RULESET, packed, len(packed), 0)
    if ruleset < 0:
        return
    _LIBC.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


# ---- System calls: seccomp (seccomp(2)) ----------------------------------------------------------

_REFUSED_CALLS = {
    # numbers of x86-64 and of aarch64
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "sendto": (44, 206), "sendmsg": (46, 211), "execve": (59, 221), "execveat": (322, 281),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "mount": (165, 40),
    "unshare": (272, 97), "setns": (308, 268), "bpf": (321, 280), "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282), "perf_event_open": (298, 241), "keyctl": (250, 219),
    "add_key": (248, 217), "clone3": (435, 435), "memfd_secret": (447, 447),
    "init_module": (175, 105), "finit_module": (313, 273), "chroot": (161, 51),
    "pivot_root": (155, 41), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
}  # fmt: skip
_OLD_CALLS = (56, 57, 58)  # clone, fork, vfork of x86-64
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_X32 = 0x40000000
_CLONE_OF_ARM = 220


def _leave_calls() -> None:
    """Refuse system calls that looking has no use for; on other machines than these nothing."""
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        return
    architecture, which = known
    numbers = [each[which] for each in _REFUSED_CALLS.values()]
    numbers += list(_OLD_CALLS) if which == 0 else [_CLONE_OF_ARM]
    program = [
        _step(_LOAD, 4),
        _step(_EQUAL, architecture, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, 0),
        _step(_AT_LEAST, _X32, len(numbers) + 1, 0),
        *[_step(_EQUAL, each, len(numbers) - at, 0) for at, each in enumerate(numbers)],
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _REFUSE),
    ]
    steps = ctypes.create_string_buffer(b"".join(program))
    filter_ = struct.pack("HxxxxxxP", len(program), ctypes.addressof(steps))
    _LIBC.prctl(_PR_SET_SECCOMP, 2, ctypes.create_string_buffer(filter_), 0, 0)


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, when_true, when_false, value)


# ---- Whether it holds ----------------------------------------------------------------------------


def _open_a_file() -> None:
    Path("/etc/passwd").read_bytes()


def _make_a_file() -> None:
    Path("/tmp/vedette-sandbox").touch()  # noqa: S108  # it is only tried


def _use_the_network() -> None:
    socket.create_connection(("127.0.0.1", 9), 0.2)


def _start_a_program() -> None:
    os.execv("/bin/true", ["true"])  # noqa: S606  # it is only tried


def _make_a_process() -> None:
    if os.fork() == 0:
        os._exit(0)


def _take_memory() -> None:
    bytearray(MEMORY + (64 << 20))


_TRIES: dict[str, Callable[[], None]] = {
    "opens no file": _open_a_file,
    "makes no file": _make_a_file,
    "reaches no network": _use_the_network,
    "starts no program": _start_a_program,
    "makes no process": _make_a_process,
    "takes no more memory than it may": _take_memory,
}


def _fails(try_: Callable[[], None]) -> bool:
    """Whether what must not be possible isn't. Nobody listening is no proof, a refusal is."""
    try:
        try_()
    except MemoryError:
        return True
    except OSError as fault:
        return fault.errno in (errno.EPERM, errno.EACCES, errno.ENETUNREACH, errno.ENOMEM)
    return False
