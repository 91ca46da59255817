"""A sign-in store with people and sessions in it, and the desks over it, on real files."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vedette.adapters.memory.audit import MemoryAudit
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.incidents import MemoryIncidents
from vedette.adapters.passwords import Argon2Passwords
from vedette.adapters.sign_in_store import SqlSignInStore, open_sign_in_store
from vedette.admin.accounts import AccountsDesk
from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor
from vedette.admin.doors import DoorAnswer
from vedette.admin.policy import CurrentPolicy
from vedette.admin.sessions import SessionsDesk
from vedette.core.names import ServerName, UserId
from vedette.core.people import Person
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.core.settings.default import default_document
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.spine import Spine

NOW = 1_800_000_000
TEXT = default_document("Example AG", "example.org")
_STAFF = 'staff = { groups = ["Employees"] }\n'
_HELP_DESK = """
[rules.help-desk]
from  = ["help-desk"]
to    = ["staff"]
allow = ["administer"]
when  = ["act in people:factor:reset, sessions:session:end, sessions:session:list, devices:device:approve"]
"""
"""A narrower help desk than the default document's, in its place."""

ALICE = UserId("@alice:example.org")  # staff
BOARD = UserId("@boss:example.org")  # one of us, in no party
HELPER = UserId("@helper:example.org")
OFFICER = UserId("@officer:example.org")
GUEST = UserId("@guest:example.org")
BY_HELPER, BY_OFFICER = Actor(HELPER), Actor(OFFICER)
STRANGER = UserId("@otto:nowhere.example")
PEOPLE = {
    str(ALICE): Person(groups=frozenset({"Employees"})),
    str(BOARD): Person(),
    str(HELPER): Person(groups=frozenset({"IT-Helpdesk"})),
    str(OFFICER): Person(groups=frozenset({"Security-Officers"})),
    str(GUEST): Person(guest=True),
}
TWO = (FactorUse(kind="password", at=NOW - 60), FactorUse(kind="totp", at=NOW - 30))


def document_of(text: str = TEXT) -> Document:
    found = parse_document(text)
    assert isinstance(found, Document), found
    return found


def with_help_desk() -> str:
    before, _, rest = TEXT.partition("[rules.help-desk]\n")
    _, _, after = rest.partition("\n\n")
    whole = before + _HELP_DESK.strip() + "\n\n" + after
    return whole.replace("[parties]\n", "[parties]\n" + _STAFF, 1)


def session(
    name: str,
    user: UserId = ALICE,
    state: SessionState = SessionState.LIVE,
    *,
    factors: tuple[FactorUse, ...] = TWO,
    because: str = "",
    device: str = "",
    expires: int = NOW + 86400,
    created: int = NOW - 100,
    **claims: Any,
) -> Session:
    """A session whose id and device come from `name`."""
    return Session(
        id=(name + "_" * 26)[:26],
        user=user,
        device=device or name.upper(),
        state=state,
        kind="oauth",
        client="client-1",
        facts=SessionFacts(factors=factors, network="192.0.2.7", **claims),
        created=created,
        expires=expires,
        device_name=f"{name}'s phone",
        because=because,
        number=1,
    )


@dataclass
class Desks:
    """Both desks over one store. `told` counts how often the doors were told.

    The desks see the store as control does, without its key; `store` is the sign-in service's.
    """

    folder: Path
    text: str = TEXT
    told: int = 0
    clock: MemoryClock = field(default_factory=lambda: MemoryClock(float(NOW)))
    audit: MemoryAudit = field(default_factory=MemoryAudit)

    def __post_init__(self) -> None:
        self.store: SqlSignInStore = open_sign_in_store(self.folder / "sign-in.db", b"k" * 32)
        self.keyless: SqlSignInStore = open_sign_in_store(self.folder / "sign-in.db", None)
        self.policy = CurrentPolicy(self.clock)
        self.rule(self.text)
        spine = Spine(self.policy, self.audit, MemoryIncidents(), self.clock)
        self.door = AdministrationDoor(spine)
        self.sessions = SessionsDesk(self.door, self.keyless, self.clock, self._tell)

    def accounts(self, *, company: bool = False) -> AccountsDesk:
        domain = ServerName("example.org")
        return AccountsDesk(self.door, self.keyless, Argon2Passwords(), self.clock, domain, company)

    def rule(self, text: str) -> None:
        self.policy.take(document_of(text), 1, PEOPLE)

    def add(self, *sessions: Session) -> None:
        for each in sessions:
            self.store.add_session(each, None, NOW)

    def close(self) -> None:
        self.store.close()
        self.keyless.close()

    async def _tell(self) -> tuple[DoorAnswer, ...]:
        self.told += 1
        return ()
