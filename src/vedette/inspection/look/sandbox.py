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
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from vedette.ports.looking import Limits

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_CLONE_NEWUTS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = (
    0x04000000, 0x08000000, 0x10000000, 0x40000000
)  # fmt: skip
MEMORY = 1536 << 20
"""Bytes of address space that one looking may have beyond what the detectors take."""
SERVER_MEMORY = 256 << 20
"""Bytes of address space that the fork server may take beyond what it has when it begins."""
MOST_CHILDREN = 64
"""So many lookings are under way at most."""
_DESCRIPTORS = 64
_SERVER_DESCRIPTORS = 256
_STATM = Path("/proc/self/statm")


def leave_network() -> None:
    """Give up network and IPC for this process and its children, where the platform offers it.

    In a user namespace of its own, processes are counted apart from all others of the same user.
    """
    alone = _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS
    if _LIBC.unshare(_CLONE_NEWUSER | alone) == 0:
        limit(resource.RLIMIT_NPROC, MOST_CHILDREN + 1, MOST_CHILDREN + 1)
    else:
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
    no_more_rights()
    _prctl(_PR_SET_DUMPABLE, 0)
    _close_all_but(frozenset(keep))
    _limit(limits)
    only_files()
    refuse_calls(_REFUSED_CALLS, processes=False)


def enter_server(scratch: Path) -> None:
    """Give up what a fork server does not need that has loaded everything. Raises OSError.

    What is left is to make processes, to end them, and files without a name in `scratch`.
    """
    no_more_rights()
    _prctl(_PR_SET_DUMPABLE, 0)
    own = _address_space()
    limit(resource.RLIMIT_AS, own + SERVER_MEMORY, own + SERVER_MEMORY + MEMORY)
    limit(resource.RLIMIT_NOFILE, _SERVER_DESCRIPTORS, _SERVER_DESCRIPTORS)
    limit(resource.RLIMIT_CORE, 0, 0)
    only_files((Path("/proc"),), (), (scratch,))
    refuse_calls(NEVER | _NOT_BY_SERVER)


def no_more_rights() -> None:
    """Gain no rights any more by starting a program. Raises OSError."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def what_holds() -> tuple[str, ...]:
    """What confines a looking on this machine."""
    limits = Limits(depth=1, entries=1, unpacked=1 << 20, ratio=1, seconds=10)
    return tried(lambda answer: enter((answer,), limits), _TRIES)


def what_holds_server(scratch: Path) -> tuple[str, ...]:
    """What confines the fork server itself, called by it."""
    return tried(lambda _: enter_server(scratch), _SERVER_TRIES)


def tried(
    confine: Callable[[int], None], tries: Mapping[str, Callable[[], object]]
) -> tuple[str, ...]:
    """Those of `tries` that fail as they should in a child that is confined.

    `confine` is given the descriptor by which the child answers.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            confine(writing)
            held = [words for words, try_ in tries.items() if _fails(try_)]
            os.write(writing, "\n".join(held).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    return tuple(told.decode().splitlines())


# ---- Limits --------------------------------------------------------------------------------------


def limit(which: int, most: int, below: int) -> None:
    """Take at most `most` of something, and let what is started here raise that up to `below`.

    Nothing is asked for that whoever started this process did not leave it. Raises OSError.
    """
    _, left = resource.getrlimit(which)
    below = min((each for each in (below, left) if each != resource.RLIM_INFINITY), default=-1)
    most = below if most == resource.RLIM_INFINITY else most
    resource.setrlimit(
        which, (most if below == resource.RLIM_INFINITY else min(most, below), below)
    )


def own_data() -> None:
    """Take as much memory of one's own as was left to this process: other limits hold it."""
    limit(resource.RLIMIT_DATA, resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def _limit(limits: Limits) -> None:
    own_data()
    for which, most in (
        (resource.RLIMIT_AS, _address_space() + MEMORY),
        (resource.RLIMIT_CPU, limits.seconds + 10),
        (resource.RLIMIT_FSIZE, limits.unpacked),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        limit(which, most, most)


def _address_space() -> int:
    pages = int(_STATM.read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


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

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights of the file system each version knows."""
_NET_RIGHTS, _SCOPES = 0b11, 0b11
_BENEATH, _PORT, _CONNECT = 1, 2, 0b10
_EXECUTE, _READ, _LIST = 1 << 0, 1 << 2, 1 << 3
_FIFO_BLOCK_LINK_DEVICE = 1 << 6 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 15
_OF_A_FILE = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14


def only_files(
    reads: Iterable[Path] = (),
    starts: Iterable[Path] = (),
    writes: Iterable[Path] = (),
    ports: Iterable[int] = (),
) -> None:
    """Use no other files than those and what is beneath them, connect to these ports alone, and
    reach no other process; without Landlock nothing. What is not there is left out.
    """
    version = _LIBC.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return
    rights = (1 << _FS_RIGHTS.get(version, 16)) - 1
    rules = [rights, _NET_RIGHTS if version >= 4 else 0, _SCOPES if version >= 6 else 0]
    packed = struct.pack("<3Q", *rules)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = _LIBC.syscall(_CREATE_RULESET, packed, len(packed), 0)
    if ruleset < 0:
        return
    allowed = [(path, _READ | _LIST) for path in reads]
    allowed += [(path, _READ | _LIST | _EXECUTE) for path in starts]
    allowed += [(path, rights & ~_EXECUTE & ~_FIFO_BLOCK_LINK_DEVICE) for path in writes]
    for path, right in allowed:
        _allow(ruleset, path, right & rights)
    for port in ports if version >= 4 else ():
        _LIBC.syscall(_ADD_RULE, ruleset, _PORT, struct.pack("<2Q", _CONNECT, port), 0)
    _LIBC.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not path.is_dir():
        rights &= _OF_A_FILE
    _LIBC.syscall(_ADD_RULE, ruleset, _BENEATH, struct.pack("<Qi", rights, place), 0)
    os.close(place)


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
_NOT_BY_LOOKING = frozenset({"sendto", "pidfd_open", "pidfd_send_signal"})
"""Calls by which a fork server answers, and keeps its children in order."""
_NOT_BY_SERVER = frozenset(
    {
        "socket", "socketpair", "connect", "bind", "sendmsg", "execve", "execveat", "kill", "tkill",
        "tgkill", "unshare", "clone3",
    }
)  # fmt: skip
NEVER = frozenset(_REFUSED_CALLS) - _NOT_BY_LOOKING - _NOT_BY_SERVER
"""Calls that nothing here has a use for: into other processes, the kernel, and round its checks."""
_OLD_CALLS = (56, 57, 58)  # clone, fork, vfork of x86-64
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_X32 = 0x40000000
_CLONE_OF_ARM = 220


def refuse_calls(names: Iterable[str], *, processes: bool = True) -> None:
    """Refuse system calls, and unless `processes` to make any; on other machines than these nothing."""
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        return
    architecture, which = known
    numbers = [_REFUSED_CALLS[name][which] for name in sorted(names)]
    if not processes:
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


def _take_memory_of_server() -> None:
    bytearray(SERVER_MEMORY + (64 << 20))


def _open_many() -> None:
    for _ in range(_SERVER_DESCRIPTORS + 1):
        os.dup(0)


_TRIES: dict[str, Callable[[], object]] = {
    "opens no file": _open_a_file,
    "makes no file": _make_a_file,
    "reaches no network": _use_the_network,
    "starts no program": _start_a_program,
    "makes no process": _make_a_process,
    "takes no more memory than it may": _take_memory,
}
_SERVER_TRIES: dict[str, Callable[[], object]] = {
    "opens no file": _open_a_file,
    "makes no file": _make_a_file,
    "reaches no network": _use_the_network,
    "starts no program": _start_a_program,
    "takes no more memory than it may": _take_memory_of_server,
    "opens no more than it may": _open_many,
}


LOOKING, SERVER = tuple(_TRIES), tuple(_SERVER_TRIES)
"""All that holds where the platform offers everything, as `what_holds` and `what_holds_server` say it."""
_REFUSALS = {errno.EPERM, errno.EACCES, errno.ENETUNREACH, errno.ENOMEM, errno.EMFILE}


def _fails(try_: Callable[[], object]) -> bool:
    """Whether what must not be possible isn't. Nobody listening is no proof, a refusal is."""
    try:
        try_()
    except MemoryError:
        return True
    except OSError as fault:
        return fault.errno in _REFUSALS
    return False
