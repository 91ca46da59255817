"""The officers of this host's organisation: kept in control's folder, and looked at by the doctor."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from vedette.adapters.boot_file import Boot
from vedette.adapters.host_log import alert
from vedette.adapters.stream_files import write_whole
from vedette.adapters.system_clock import SystemClock
from vedette.admin.lockout import Held, HeldBy
from vedette.admin.officers import OfficersSeen, ProofsOf, standing
from vedette.admin.policy import rules_of
from vedette.admin.reset_wait import waiting
from vedette.admin.settings import SignInState
from vedette.control.directory import DirectoryPeople
from vedette.control.last_officers import ConfirmedKeeper, LastOfficers
from vedette.control.pushed_people import MergedPeople, PushedPeople
from vedette.control.sessions import SessionStream
from vedette.core.names import UserId
from vedette.core.officers import Officers
from vedette.core.people import Directory, Person
from vedette.core.settings.document import Document
from vedette.ports.clock import Clock
from vedette.ports.directory import DirectoryKeeper
from vedette.ports.errors import Unavailable
from vedette.ports.people import PeopleSource
from vedette.ports.policy import Policy
from vedette.ports.sign_in import SignInStore


def last_officers(
    boot: Boot, source: PeopleSource, policy: Callable[[], Policy], *, keeps: bool
) -> LastOfficers:
    """What stands between the list of people and its users; `keeps` where this process is control."""
    file = OfficersFile(officers_file(boot), keeps=keeps)

    def loud(words: str) -> None:
        if keeps:
            alert(f"{boot.organisation}: {words}")

    return LastOfficers(source, file, policy, SystemClock(), loud)


def keeper_of(people: LastOfficers) -> DirectoryKeeper | None:
    """Who keeps the people of the company's directory, where there is one."""
    source = people.source.base if isinstance(people.source, MergedPeople) else people.source
    return ConfirmedKeeper(source, people) if isinstance(source, DirectoryPeople) else None


def pushed_in(people: LastOfficers) -> PushedPeople:
    """What follows that which an identity provider pushes."""
    assert isinstance(people.source, MergedPeople)  # control's own wiring made it
    return people.source.pushed


def officers_file(boot: Boot) -> Path:
    """Where it stands who the officers were."""
    return boot.path(boot.control.folder) / "officers.json"


@dataclass(frozen=True, slots=True)
class OfficersFile:
    """The officers in one file. What can't be read counts as nothing kept."""

    path: Path
    keeps: bool = True

    def load(self) -> Officers | None:
        """What was written last; None where there is nothing that can be read."""
        return read_officers(self.path)

    def write(self, state: Officers) -> None:
        """Replace it. Raises Unavailable."""
        if not self.keeps:
            return
        try:
            write_whole(self.path, json.dumps(asdict(state)).encode())
        except OSError as fault:
            raise Unavailable(f"`{self.path}` can't be written: {fault}") from fault


def read_officers(path: Path) -> Officers | None:
    """The officers of a file; None where there is none that can be read."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        said = json.loads(path.read_bytes())
        return Officers(
            last=tuple((str(user), tuple(map(str, groups))) for user, groups in said["last"]),
            kept=tuple(map(str, said["kept"])),
            gone=bool(said["gone"]),
            since=float(said["since"]),
        )
    return None


def officers_seen(
    boot: Boot, document: Document, revision: int, store: SignInStore | None, now: float
) -> OfficersSeen | None:
    """How those stand who may change the settings; None where control has not looked yet.

    Raises:
        Unavailable: the sign-in store does not answer.
    """
    state = read_officers(officers_file(boot))
    if state is None:
        return None
    today = SystemClock().today()
    people: Mapping[str, Person] = {
        user: Person(groups=frozenset(groups)) for user, groups in state.last
    }
    policy = Policy(rules_of(document, revision), Directory(document, people, today))
    proofs: ProofsOf | None = None if store is None else _proofs(boot, document, store, now)
    wait = document.administration.wait_after_reset
    resets = {} if store is None else store.reset_since(int(now) - wait)
    return standing(
        policy,
        state,
        proofs,
        company=boot.directory is not None,
        waiting=waiting(resets, wait, now),
    )


def sign_in_state(boot: Boot, stream: SessionStream, clock: Clock) -> SignInState:
    """What a change of the settings is held against: sessions, and what officers have."""

    def held(document: Document) -> HeldBy:
        store = stream.store
        proofs = _proofs(boot, document, store, clock.now())

        def of(user: UserId) -> Held:
            kinds, sets_up = proofs(user.localpart) or (None, True)
            return Held(kinds=kinds, sets_up=sets_up, sessions=store.sessions(user))

        return of

    return SignInState(sessions=stream.running, held=held)


def _proofs(boot: Boot, document: Document, store: SignInStore, now: float) -> ProofsOf:
    """With what somebody could sign in as their account stands; None where nobody here knows."""
    if boot.signin.radius or boot.signin.upstream:
        return lambda _: None  # who has what there, nobody here knows
    company, grace = boot.directory is not None, document.sign_in.enrolment_grace

    def of(localpart: str) -> tuple[frozenset[str], bool] | None:
        account = store.account(localpart)
        if account is None:
            return (frozenset({"password"}) if company else frozenset()), company
        own = frozenset(each.kind for each in store.factors(localpart))
        if store.recovery_left(localpart):
            own |= {"recovery"}
        if company or account.password_hash is not None:
            own |= {"password"}
        begins = now < account.created + grace or account.must_change or "recovery" in own
        return own, "password" in own and own <= {"password", "recovery"} and begins

    return of
