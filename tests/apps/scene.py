"""A small organisation for tests of a single process: who there is, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.adapters.memory.audit import MemoryAudit
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.homeserver import MemoryHomeserver
from vedette.adapters.memory.incidents import MemoryIncidents
from vedette.adapters.memory.inspection import MemoryInspection
from vedette.adapters.memory.live_sessions import MemorySessions
from vedette.adapters.memory.policy import MemoryPolicy
from vedette.core.compile import compile_rules
from vedette.core.names import ServerName, UserId
from vedette.core.people import Directory, Person
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.gateway.files import FetchedFiles
from vedette.ports.homeserver import StoredFile
from vedette.ports.live_sessions import Live
from vedette.ports.policy import Policy
from vedette.spine import Spine

DOCUMENT = """
[organisation]
name = "Example AG"
domain = "example.org"

[parties]
staff = { groups = ["Employees"] }
engineering = { groups = ["Engineering"] }

[partners]
acme = { domains = ["acme.example"] }
globex = { domains = ["globex.example"] }

[rooms]
board = { members = ["engineering"], encrypted = true }
archive = { history = "shared" }

[rules.staff-talk]
between = ["staff", "staff"]
allow = ["message", "contact", "presence", "call"]

[rules.documents]
from = ["engineering"]
to = ["staff"]
allow = ["file"]
when = ["claimed file.kind in document"]

[rules.acme]
between = ["staff", "acme"]
allow = ["message", "contact"]
say = "With Acme we exchange messages only."

[rules.globex]
between = ["staff", "globex"]
allow = ["presence"]

[push]
gateways = ["https://push.example.org/_matrix/push/v1/notify"]
"""

ALICE = UserId("@alice:example.org")  # staff and engineering
BOB = UserId("@bob:example.org")  # staff
EVE = UserId("@eve:example.org")  # an account in no group
CAROL = UserId("@carol:acme.example")
GAVIN = UserId("@gavin:globex.example")
OTTO = UserId("@otto:nowhere.example")
NOTICES = UserId("@vedette-notices:example.org")

PEOPLE = {
    str(ALICE): Person(groups=frozenset({"Employees", "Engineering"})),
    str(BOB): Person(groups=frozenset({"Employees"})),
    str(EVE): Person(),
}


def policy_of(text: str = DOCUMENT, today: int = 740_000) -> Policy:
    """The policy that a document makes for these people."""
    document = parse_document(text)
    assert isinstance(document, Document), document
    return Policy(compile_rules(document, 1), Directory(document, PEOPLE, today))


@dataclass
class Scene:
    """One process's surroundings, all of them in memory."""

    policy: MemoryPolicy = field(default_factory=lambda: MemoryPolicy(policy_of()))
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    incidents: MemoryIncidents = field(default_factory=MemoryIncidents)
    clock: MemoryClock = field(default_factory=MemoryClock)
    homeserver: MemoryHomeserver = field(
        default_factory=lambda: MemoryHomeserver(
            files={"report": StoredFile(ALICE, "application/pdf", 1000),
                   "tool": StoredFile(ALICE, "application/x-msdownload", 1000)},
        )
    )  # fmt: skip
    inspection: MemoryInspection = field(default_factory=MemoryInspection)
    sessions: MemorySessions = field(
        default_factory=lambda: MemorySessions(
            tokens={
                f"{user.localpart}s": Live(
                    user=user, session=f"{user.localpart}s-session", device="D"
                )
                for user in (ALICE, BOB, EVE)
            }
        )
    )

    @property
    def files(self) -> FetchedFiles:
        """What the gateway knows of files."""
        domain = ServerName("example.org")
        return FetchedFiles(self.spine, self.inspection, self.homeserver, domain)

    @property
    def spine(self) -> Spine:
        """The road through these surroundings."""
        return Spine(self.policy, self.audit, self.incidents, self.clock)
