"""What replay says of a draft is what enforcement then does: the same traffic, decided for real.

Traffic is settled by the spine under one document and recorded, sealed, on a disk; the record is replayed
under a draft; the draft is applied, and the very same traffic comes again and is settled anew, with
everybody's parties as they are then.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench import replay as office
from tests.adapters.clock import SetClock
from tests.adapters.test_audit_spool import wait
from vedette.adapters.audit_keys import AuditKeys
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.log_incidents import LogIncidents
from vedette.adapters.spool_reader import SpoolReader
from vedette.admin.policy import rules_of
from vedette.admin.replay import replay
from vedette.core.asks import Act, Ask, Members
from vedette.core.channels import Channel
from vedette.core.facts import Facts
from vedette.core.names import UserId
from vedette.core.people import Directory, Person
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.core.towards import connect, meet, reach, say
from vedette.ports.policy import Policy
from vedette.spine import Permit, Spine

KEY = X25519PrivateKey.generate()
GROUPS = ["Employees", "Engineering", "Board"]
OURS = {
    f"@p{n}:example.org": frozenset(g for b, g in enumerate(GROUPS) if n >> b & 1) for n in range(8)
}
THEIRS = ["@c:acme.example", "@d:beta.example", "@e:elsewhere.example"]
PARTIES = ["staff", "engineering", "board", "us", "acme", "beta", "partners", "outside", "anyone"]
HEAD = """
[organisation]
name = "Example AG"
domain = "example.org"
[parties]
staff = {{ groups = ["{staff}"] }}
engineering = {{ groups = ["Engineering"], except = [{apart}] }}
board = {{ groups = ["Board"] }}
[partners]
acme = {{ domains = ["acme.example"] }}
beta = {{ domains = ["{beta}"] }}
"""


def rule(name: str, pair: tuple[str, str], channel: str, verb: str, when: str | None) -> str:
    condition = f', when = ["{when}"]' if when else ""
    return f'{name} = {{ from = ["{pair[0]}"], to = ["{pair[1]}"], {verb} = ["{channel}"]{condition} }}\n'


rules = st.lists(
    st.tuples(
        st.tuples(st.sampled_from(PARTIES), st.sampled_from(PARTIES)),
        st.sampled_from(["message", "file", "contact", "all"]),
        st.sampled_from(["allow", "allow", "forbid"]),
        st.sampled_from(
            [None, "room.encrypted = yes", "room.encrypted = no", "today < 2027-01-01"]
        ),
    ),
    max_size=7,
)
words = st.fixed_dictionaries(
    {
        "staff": st.sampled_from(["Employees", "Board"]),
        "apart": st.sampled_from(["", '"staff"']),
        "beta": st.sampled_from(["beta.example", "elsewhere.example"]),
    }
)
SAME = {"staff": "Employees", "apart": "", "beta": "beta.example"}
ACTS = [Act.ROOM_EVENT_SEND, Act.DEVICE_MESSAGE_SEND, Act.ROOM_MEMBER_JOIN]
everybody = st.sampled_from([*OURS, *THEIRS])
facts = st.sampled_from([{"room.encrypted": True}, {"room.encrypted": False}, {}])
channels = st.lists(
    st.sampled_from([Channel.MESSAGE, Channel.FILE]), min_size=1, max_size=2, unique=True
)


@dataclass(frozen=True)
class Traffic:
    """Somebody says something to others, or asks whether keys may go between the two, or joins them."""

    who: str
    others: tuple[str, ...]
    channels: tuple[Channel, ...]
    known: dict[str, bool]
    act: Act = Act.ROOM_EVENT_SEND

    def ask(self, directory: Directory) -> Ask:
        someone = directory.someone
        who, act = someone(UserId(self.who)), self.act
        if act is Act.DEVICE_MESSAGE_SEND:
            return connect(act, who, someone(UserId(self.others[0])), self.channels)
        if act is Act.ROOM_MEMBER_JOIN:
            members = Members.of(someone(UserId(each)) for each in self.others if each != self.who)
            return meet(act, self.who, [who], members, "!r:example.org")
        if len(self.others) == 1:
            return reach(act, who, someone(UserId(self.others[0])), self.channels[0])
        members = Members.of(someone(UserId(each)) for each in self.others)
        return say(act, who, members, self.channels, "!r:example.org")


def traffic(most: int) -> st.SearchStrategy[list[Traffic]]:
    others = st.lists(everybody, min_size=1, max_size=most, unique=True).map(tuple)
    each = st.builds(Traffic, everybody, others, channels.map(tuple), facts, st.sampled_from(ACTS))
    return st.lists(each, min_size=1, max_size=15)


def document(lines: Iterable[Any], said: dict[str, str]) -> Document:
    text = HEAD.format(**said) + "[rules]\n"
    text += "".join(rule(f"r{number}", *each) for number, each in enumerate(lines))
    found = parse_document(text)
    assert isinstance(found, Document), found
    return found


@dataclass
class Door:
    """A door whose policy is `now`."""

    now: Policy
    spool: AuditSpool

    def current(self) -> Policy:
        return self.now

    def settle(self, each: Traffic) -> str:
        spine = Spine(self, self.spool, LogIncidents(), self.spool.clock)
        settled = spine.settle(
            each.act, each.who, lambda p: (each.ask(p.directory), Facts(each.known))
        )
        return "yes" if isinstance(settled, Permit) else settled.decision.verdict.value


def policy(made: Document, revision: int) -> Policy:
    people = {UserId(user): Person(groups=groups) for user, groups in OURS.items()}
    return Policy(rules_of(made, revision), Directory(made, people, 740_000))


def agrees(before: Document, draft: Document, said: list[Traffic]) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        root = Path(folder)
        spool = AuditSpool(root / "synapse", "synapse", SetClock(), wait, True, KEY.public_key())
        stack.callback(spool.close)
        spool.start()
        door = Door(policy(before, 1), spool)
        was = [door.settle(each) for each in said]
        spool.close()
        records = SpoolReader(root, AuditKeys(root, KEY).opened)
        entries = [entry for entry, _ in records.read("synapse") if entry["kind"] == "decision"]
        assert len(entries) == len(said)
        predicted = []
        for entry, now in zip(entries, was, strict=True):
            told = replay(door.now, draft, [entry])
            assert told.kept_parties == 0
            assert [each.kind.was for each in told.changed] in ([], [now])
            predicted.append(told.changed[0].kind.becomes if told.changed else now)
        spool.start()
        door.now = policy(draft, 2)
        assert [door.settle(each) for each in said] == predicted


@settings(max_examples=20, deadline=None)
@given(rules, rules, traffic(4))
def test_what_other_rules_would_answer_is_what_they_then_answer(
    before: list[Any], draft: list[Any], said: list[Traffic]
) -> None:
    agrees(document(before, SAME), document(draft, SAME), said)


ALIKE_NOW = {**SAME, "staff": "Board", "apart": '"staff"'}
OF_THE_BOARD = Traffic("@p6:example.org", ("@p4:example.org",), (Channel.MESSAGE,), {})


@settings(max_examples=20, deadline=None)
@given(rules, rules, words, words, traffic(1))
@example(
    [], [(("engineering", "board"), "message", "allow", None)], ALIKE_NOW, SAME, [OF_THE_BOARD]
)
def test_so_it_is_where_a_draft_says_otherwise_who_belongs_to_whom(
    before: list[Any],
    draft: list[Any],
    words: dict[str, str],
    then: dict[str, str],
    said: list[Traffic],
) -> None:
    agrees(document(before, words), document(draft, then), said)


ASKS = 10_000
"""Of the office of the benchmark, which compares a hundred thousand: `make bench ONLY=replay`."""


def test_for_ten_thousand_recorded_asks_of_an_office_every_answer_was_foretold(
    tmp_path: Path,
) -> None:
    key = X25519PrivateKey.generate()
    office.keep(tmp_path, key, ASKS)
    wrong, turned = office.disagreements(tmp_path, key, ASKS)
    assert (wrong, 0 < turned < ASKS) == (0, True)
