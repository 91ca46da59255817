"""The people of this host's organisation: from the company's directory, or from the table.

python-ldap is imported only where the boot file has `[directory]`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.adapters.boot_file import Boot, BootFault
from vedette.adapters.ldap import MISSING, WAY_IN, installed
from vedette.adapters.people_file import PeopleFile
from vedette.adapters.people_kept import PeopleKept
from vedette.adapters.stream_files import people_sent, write_whole
from vedette.adapters.system_clock import SystemClock
from vedette.admin.directory import DirectoryDesk
from vedette.admin.door import AdministrationDoor
from vedette.control.directory import DirectoryPeople
from vedette.control.display_names import DisplayNames
from vedette.control.pushed_people import MergedPeople, PushedPeople
from vedette.core.directory_state import DirectoryState, Held
from vedette.core.language import as_is, told
from vedette.core.names import ServerName
from vedette.core.people import Person
from vedette.core.pushed import PushedState
from vedette.core.sessions import SessionState
from vedette.core.settings.document import CompanyDirectory, Document
from vedette.core.settings.people import Source
from vedette.ports.directory import Check, DirectoryKeeper, wishes_of
from vedette.ports.errors import Unavailable
from vedette.ports.people import PeopleSource
from vedette.ports.policy import Policy
from vedette.ports.pushed import PushedPeopleStore
from vedette.ports.sign_in import SignInStore
from vedette.protocol.internal.signing import Verifier
from vedette.spine import Spine

if TYPE_CHECKING:
    from vedette.adapters.ldap.directory import LdapDirectory

_SIGNED_IN = (SessionState.LIVE, SessionState.SUSPENDED, SessionState.EXPIRED, SessionState.WAITING)
_AT_ONCE = 10_000


def people_source(
    boot: Boot,
    document: Callable[[], Document],
    store: SignInStore,
    key: Verifier,
    pushed: PushedPeopleStore,
) -> MergedPeople:
    """Where people come from here; `key` verifies what the doors were sent.

    The accounts in `store` are called as the directory, and whoever pushes, calls their people.

    Raises:
        Unavailable: the directory's secret can't be read, or python-ldap is not installed.
    """
    domain = ServerName(boot.organisation)
    names = DisplayNames(store, domain, SystemClock())
    scim = PushedPeople(
        store=pushed,
        kept=PeopleKept(boot.path(boot.control.folder) / "pushed.kept"),
        domain=domain,
        settings=document,
        clock=SystemClock(),
        told=PushedStateFile(pushed_file(boot)).write,
        names=names,
    )
    scim.begin()

    def sent() -> Mapping[str, Person]:
        """What the doors were sent, without those whom what was pushed keeps out by itself."""
        told = people_sent(map(boot.door, boot.doors), boot.organisation, key)
        out = {user for user, person in scim.people().items() if not person.active}
        return {user: person for user, person in told.items() if user not in out}

    base = _base(boot, lambda: document().directory, store, sent)
    kind = Source.TABLE if boot.directory is None else Source.DIRECTORY
    merged = MergedPeople(base, scim, kind, lambda: document().people.sources)
    scim.decides = merged.decides
    return merged


def _base(
    boot: Boot,
    settings: Callable[[], CompanyDirectory],
    store: SignInStore,
    sent: Callable[[], Mapping[str, Person]],
) -> PeopleSource:
    """The company's directory, or the table. Raises Unavailable."""
    domain = ServerName(boot.organisation)
    if boot.directory is None:
        table = PeopleFile(boot.path(boot.control.people), domain, sent)
        table.begin()
        return table
    found = DirectoryPeople(
        reader=directory_here(boot),
        kept=PeopleKept(boot.path(boot.control.folder) / "people.kept"),
        domain=domain,
        settings=settings,
        concerned=lambda: signed_in(store),
        clock=(clock := SystemClock()),
        names=DisplayNames(store, domain, clock),
        told=StateFile(state_file(boot)).write,
        sent=sent,
    )
    found.begin()
    return found


def table_faults(boot: Boot, followed: PeopleSource | None = None) -> tuple[str, ...]:
    """What is wrong with the table of people, where people come from it; as `followed` says, if any."""
    if boot.directory is not None:
        return ()
    if followed is not None:
        base = followed.base if isinstance(followed, MergedPeople) else followed
        return base.faults()
    table = PeopleFile(boot.path(boot.control.people), ServerName(boot.organisation))
    table.poll()
    return table.faults()


def directory_seen(boot: Boot) -> DirectoryState | None:
    """How the list stands towards the directory by what control wrote last; None without one."""
    if boot.directory is None:
        return None
    if not installed():
        return DirectoryState(trouble=MISSING)
    return StateFile(state_file(boot)).read() or DirectoryState()


def pushed_seen(boot: Boot) -> PushedState:
    """How what is pushed stands by what control wrote last."""
    found = PushedStateFile(pushed_file(boot)).read() or PushedState()
    return replace(found, open=boot.control.inbound is not None)


def pushed_file(boot: Boot) -> Path:
    """Where it stands whether what is pushed is held."""
    return boot.path(boot.control.folder) / "pushed.json"


def directory_here(boot: Boot) -> LdapDirectory:
    """The directory of the boot file, which has one. Raises Unavailable."""
    if not installed():
        raise Unavailable(MISSING)
    from vedette.adapters.ldap.directory import directory_of  # noqa: PLC0415  # an extra

    try:
        return directory_of(boot)
    except BootFault as fault:
        raise Unavailable(str(fault)) from fault


def tried_here(boot: Boot, settings: CompanyDirectory) -> Iterator[Check]:
    """Everything that can be tried with the directory of the boot file, which has one."""
    if not installed():
        words = told("python-ldap is not installed")
        yield Check(as_is("python-ldap"), False, words, as_is(WAY_IN))
        return
    from vedette.adapters.ldap.checks import tried  # noqa: PLC0415  # an extra

    yield from tried(boot, wishes_of(settings))


def directory_desk(
    boot: Boot, spine: Spine, keeper: DirectoryKeeper | None, policy: Callable[[], Policy]
) -> DirectoryDesk:
    """What administrators see and do about the directory of the boot file, if it has one."""
    return DirectoryDesk(AdministrationDoor(spine), keeper, policy, partial(tried_here, boot))


def signed_in(store: SignInStore) -> Iterator[str]:
    """The user ids of everybody with a session that is not ended. Raises Unavailable."""
    for state in _SIGNED_IN:
        after = ""
        while found := store.lists.people_in(state, after, _AT_ONCE):
            yield from found
            after = found[-1]


def state_file(boot: Boot) -> Path:
    """Where it stands how the list of people stands towards the directory."""
    return boot.path(boot.control.folder) / "directory.json"


class StateFile:
    """How the list stands, for whoever looks while control does not run. Written where it differs."""

    def __init__(self, path: Path) -> None:
        """At `path`."""
        self._path = path
        self._written: tuple[object, ...] = ()

    def write(self, state: DirectoryState) -> None:
        """Write what matters of it; a disk that takes nothing is told by others."""
        matters = (state.trouble, state.held, state.follows, state.left_out, state.read_at)
        if matters != self._written:
            with suppress(OSError):
                write_whole(self._path, json.dumps(asdict(state)).encode(), sync=False)
                self._written = matters

    def read(self) -> DirectoryState | None:
        """What was written last; None if nothing that can be read."""
        try:
            said = json.loads(self._path.read_bytes())
            held = said.pop("held")
            said["left_out"] = tuple(said["left_out"])
            known = {each.name for each in fields(DirectoryState)}
            found = {name: value for name, value in said.items() if name in known}
            some = None if held is None else Held(**{**held, "some": tuple(held["some"])})
            return DirectoryState(**found, held=some)
        except (OSError, ValueError, KeyError, TypeError):
            return None


class PushedStateFile:
    """Whether what is pushed is held, for whoever looks while control does not run."""

    def __init__(self, path: Path) -> None:
        """At `path`."""
        self._path = path

    def write(self, state: PushedState) -> None:
        """Write what matters of it; a disk that takes nothing is told by others."""
        held = None if state.held is None else asdict(state.held)
        with suppress(OSError):
            said = {"held": held, "trouble": state.trouble}
            write_whole(self._path, json.dumps(said).encode(), sync=False)

    def read(self) -> PushedState | None:
        """What was written last; None if nothing that can be read."""
        try:
            said = json.loads(self._path.read_bytes())
            held = said["held"]
            some = None if held is None else Held(**{**held, "some": tuple(held["some"])})
            return PushedState(held=some, trouble=str(said["trouble"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
