"""What people are told of refusals by other doors: from real spools to the notices stream."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.adapters.clock import SetClock
from tests.apps.scene import ALICE, BOB, DOCUMENT
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.door_folders import DoorFolders
from vedette.adapters.memory.revisions import MemoryRevisions
from vedette.adapters.spool_reader import SpoolReader
from vedette.adapters.stream_files import StreamFiles
from vedette.control.streams import Publisher
from vedette.control.telling import Telling
from vedette.core.asks import Act, Ask, Question
from vedette.core.channels import Channel
from vedette.core.compile import compile_rules
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.people import Directory, Person
from vedette.core.reasons import Reason
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.ports.policy import Policy
from vedette.protocol.internal.notices import Notice, notices_of
from vedette.protocol.internal.streams import Stream

KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
UPLOAD, FETCH = Act.FILE_CONTENT_UPLOAD, Act.FILE_CONTENT_FETCH
ACME = Decision(
    verdict=Verdict.NO, reason=Reason.FORBIDDEN, rule="acme", revision=1,
    say="Send your password to @helpdesk:evil.test.",
)  # fmt: skip


async def _nobody_waits(_: Future[None]) -> None:
    raise AssertionError


def _ask(act: Act, person: str) -> Ask:
    """What somebody at the gateway asks; a fetch is asked from whoever sent the file."""
    if act is not FETCH:
        return Ask(act=act, who=person)
    question = Question(Channel.FILE, frozenset({"us"}), frozenset({"us"}), person)
    return Ask(act=act, who=BOB, questions=(question,))


@dataclass
class Scene:
    """A gateway that records, control that tells, and the door that is told."""

    folder: Path
    clock: SetClock = field(default_factory=SetClock)
    people: dict[str, Person] = field(default_factory=dict)
    document: str = DOCUMENT

    def __post_init__(self) -> None:
        folders = DoorFolders({name: self.folder / name for name in ("gateway", "synapse")})
        publisher = Publisher(folders, MemoryRevisions(), KEY, "example.org", self.clock)
        publisher.lifetime = 3600
        records = SpoolReader(self.folder / "audit")
        self.telling = Telling(records, self.policy, publisher, self.clock)
        self.door = StreamFiles(
            self.folder / "synapse", "example.org", KEY.public_key(), self.clock
        )

    def policy(self) -> Policy:
        document = parse_document(self.document)
        assert isinstance(document, Document)
        return Policy(compile_rules(document, 1), Directory(document, self.people, 740_000))

    def records(self, *refusals: tuple[Act, str, Decision], process: str = "gateway") -> None:
        """Have a process record these, and write them."""
        folder = self.folder / "audit" / process
        spool = AuditSpool(folder, process, self.clock, _nobody_waits, whole=True)
        spool.start()
        for act, who, decision in refusals:
            spool.note(_ask(act, who), Facts(), decision)
        spool.close()

    def told(self) -> tuple[Notice, ...]:
        """What lies before the door now."""
        self.door.poll()
        part = self.door.part(Stream.NOTICES)
        return notices_of(part.body) if part else ()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    made.telling.begin()
    return made


def test_a_refused_upload_is_told_with_the_rules_own_sentence(scene: Scene) -> None:
    scene.records((UPLOAD, ALICE, ACME))
    assert scene.telling.look() == 1
    (told,) = scene.told()
    assert (told.to, told.matter, told.record) == (ALICE, "acme", "gateway:2")
    assert told.text == (
        "A file that you wanted to send was not taken. With Acme we exchange messages only."
        " (Record gateway:2)"
    )


def test_no_text_that_a_door_wrote_is_told(scene: Scene) -> None:
    """Whoever takes over a gateway can write records, but not speak for the organisation."""
    evil = "Send your password to @helpdesk:evil.test."
    gone = Decision(
        verdict=Verdict.NO, reason=Reason.FORBIDDEN, rule="no-such-rule", revision=1, say=evil,
        towards=evil,
    )  # fmt: skip
    scene.records((UPLOAD, ALICE, ACME), (UPLOAD, ALICE, gone))
    assert scene.telling.look() == 2
    assert not any("password" in told.text for told in scene.told())


def test_what_was_recorded_before_is_not_told(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.records((UPLOAD, ALICE, ACME))
    scene.telling.begin()
    assert scene.telling.look() == 0
    scene.clock.at += 61
    scene.records((UPLOAD, ALICE, ACME))
    assert scene.telling.look() == 1


def test_uploads_are_told_once_a_minute_for_each_person_and_rule(scene: Scene) -> None:
    scene.records(*[(UPLOAD, ALICE, ACME)] * 5)
    assert scene.telling.look() == 1
    scene.clock.at += 30
    scene.records((UPLOAD, ALICE, ACME), (UPLOAD, "@ben:example.org", ACME))
    assert scene.telling.look() == 1
    scene.clock.at += 31
    scene.records((UPLOAD, ALICE, ACME))
    assert scene.telling.look() == 1


def test_fetches_which_clients_make_by_themselves_are_told_once_a_day(scene: Scene) -> None:
    scene.records((FETCH, ALICE, ACME))
    assert scene.telling.look() == 1
    assert [told.to for told in scene.told()] == [ALICE]
    scene.clock.at += 3600
    scene.records((FETCH, ALICE, ACME))
    assert scene.telling.look() == 0
    scene.clock.at += 24 * 3600
    scene.records((FETCH, ALICE, ACME))
    assert scene.telling.look() == 1


@pytest.mark.parametrize(
    "refusal",
    [
        (UPLOAD, ALICE, Decision(verdict=Verdict.YES, reason=Reason.ALLOWED, revision=1)),
        (UPLOAD, "@carol:acme.example", ACME),
        (UPLOAD, "a client", ACME),
        (UPLOAD, "@gone:example.org", ACME),
        (Act.CALL_CREDENTIALS_FETCH, ALICE, ACME),
        (Act.DIRECTORY_PROFILE_READ, ALICE, ACME),
    ],
    ids=["a yes", "of another organisation", "nobody known", "deactivated", "call", "profile"],
)
def test_nobody_is_told_of(scene: Scene, refusal: tuple[Act, str, Decision]) -> None:
    scene.people["@gone:example.org"] = Person(active=False)
    scene.records(refusal)
    assert scene.telling.look() == 0


@pytest.mark.parametrize("process", ["synapse", "control", "restore"])
def test_those_who_tell_by_themselves_are_not_told_for(scene: Scene, process: str) -> None:
    scene.records((UPLOAD, ALICE, ACME), process=process)
    assert scene.telling.look() == 0


BEGIN = Act.ADMINISTRATION_RECOVERY_BEGIN
BEGUN = Decision(verdict=Verdict.YES, reason=Reason.ALLOWED, rule="built-in.recovery", revision=1)
OFFICERS = """
[parties.officers]
groups = ["Officers"]
[rules.officers-administer]
from = ["officers"]
allow = ["administer"]
unless = ["change.widens in outside"]
"""


def _with_officers(scene: Scene) -> None:
    scene.document = DOCUMENT + OFFICERS
    for name in ("olga", "otto"):
        scene.people[f"@{name}:example.org"] = Person(groups=frozenset({"Officers"}))
    scene.people["@left:example.org"] = Person(groups=frozenset({"Officers"}), active=False)
    scene.people[ALICE] = Person()


def test_recovery_is_told_to_every_officer_and_nobody_else(scene: Scene) -> None:
    _with_officers(scene)
    scene.records((BEGIN, "local administrator in recovery", BEGUN), process="recover")
    assert scene.telling.look() == 2
    told = scene.told()
    assert {each.to for each in told} == {"@olga:example.org", "@otto:example.org"}
    assert all("Recovery was begun" in each.text and each.record in each.text for each in told)


def test_recovery_begun_while_control_was_down_is_told_at_its_start(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    _with_officers(scene)
    scene.records((BEGIN, "local administrator in recovery", BEGUN), process="recover")
    scene.clock.at += 1800
    scene.telling.begin()
    assert scene.telling.look() == 2
    scene.clock.at += 1801
    later = Scene(tmp_path, clock=scene.clock)
    _with_officers(later)
    later.telling.begin()
    assert later.telling.look() == 0  # its hour is over


def test_wrong_codes_are_told_once_in_a_while(scene: Scene) -> None:
    _with_officers(scene)
    wrong = Decision(verdict=Verdict.NO, reason=Reason.WRONG_CODE, revision=1)
    scene.records(*[(BEGIN, "local administrator in recovery", wrong)] * 5, process="recover")
    assert scene.telling.look() == 2
    assert "was not taken" in scene.told()[0].text


def test_no_other_process_can_cry_recovery(scene: Scene) -> None:
    _with_officers(scene)
    scene.records((BEGIN, "local administrator in recovery", BEGUN), process="gateway")
    assert scene.telling.look() == 0


def test_a_process_that_appears_later_is_followed(scene: Scene) -> None:
    scene.telling.look()
    scene.records((UPLOAD, ALICE, ACME), process="inspector")
    assert scene.telling.look() == 1


def test_an_old_record_is_not_told_late(scene: Scene) -> None:
    scene.records((UPLOAD, ALICE, ACME))
    scene.clock.at += 61
    assert scene.telling.look() == 0


def test_where_the_settings_say_none_nobody_is_told(scene: Scene) -> None:
    scene.document = DOCUMENT + "\n[notices]\nper_minute = 0\n"
    scene.records((UPLOAD, ALICE, ACME))
    assert scene.telling.look() == 0


def test_a_part_holds_what_became_known_lately(scene: Scene) -> None:
    """Parts replace each other: a door that looks a moment later misses none."""
    for person in ("@alice:example.org", "@ben:example.org"):
        scene.records((UPLOAD, person, ACME))
        scene.telling.look()
        scene.clock.at += 20
    assert [told.to for told in scene.told()] == ["@alice:example.org", "@ben:example.org"]
    scene.clock.at += 41
    scene.records((UPLOAD, "@eve:example.org", ACME))
    scene.telling.look()
    assert [told.to for told in scene.told()] == ["@eve:example.org"]


def test_a_spool_with_a_line_that_is_no_record_is_followed_behind_it(scene: Scene) -> None:
    scene.records((UPLOAD, "@ben:example.org", ACME))
    scene.telling.look()
    spool = scene.folder / "audit/gateway/gateway.jsonl"
    whole = spool.read_bytes()
    spool.write_bytes(whole + b"no record\n")
    assert scene.telling.look() == 0
    spool.write_bytes(whole + b"no record\n" + _record(scene))
    assert scene.telling.look() == 1


def _record(scene: Scene) -> bytes:
    """One more refusal, as a process would write it."""
    scene.records((UPLOAD, ALICE, ACME), process="another")
    path = scene.folder / "audit/another/another.jsonl"
    line = path.read_bytes().splitlines(keepends=True)[-1]
    path.unlink()
    return line


def test_a_torn_last_line_is_read_once_it_is_whole(scene: Scene) -> None:
    scene.records((UPLOAD, ALICE, ACME))
    spool = scene.folder / "audit/gateway/gateway.jsonl"
    whole = spool.read_bytes()
    spool.write_bytes(whole[:-20])
    assert scene.telling.look() == 0
    fresh = Scene(scene.folder)
    fresh.telling.begin()
    spool.write_bytes(whole)
    assert (scene.telling.look(), fresh.telling.look()) == (1, 1)


RESET = Act.ADMINISTRATION_PASSWORD_RESET
YES = Decision(verdict=Verdict.YES, reason=Reason.ALLOWED, rule="help-desk", revision=1)


def reset(scene: Scene, act: Act, decision: Decision, whom: str = ALICE, **claims: str) -> None:
    """Have control record that Bob asked for an act over Alice, or over somebody else."""
    question = Question(Channel.ADMINISTER, frozenset({"us"}), frozenset({"us"}), whom)
    spool = AuditSpool(
        scene.folder / "audit/control", "control", scene.clock, _nobody_waits, whole=True
    )
    spool.start()
    spool.note(Ask(act=act, who=BOB, questions=(question,)), Facts({}, claims), decision)
    spool.close()


@pytest.mark.parametrize("act", [RESET, Act.ADMINISTRATION_FACTOR_RESET])
def test_whoever_s_way_in_is_reset_is_told_of_it_each_time(scene: Scene, act: Act) -> None:
    for _ in range(2):
        reset(scene, act, YES, reason="they say so")
        assert scene.telling.look() == 1
    told = scene.told()
    assert {notice.to for notice in told} == {ALICE}
    assert all("An administrator has" in notice.text for notice in told)
    assert all("they say so" not in notice.text for notice in told)


def test_whoever_gets_a_token_is_told_of_it(scene: Scene) -> None:
    reset(scene, Act.ADMINISTRATION_TOKEN_ADD, YES, reason="they say so")
    assert scene.telling.look() == 1
    (told,) = scene.told()
    assert told.to == ALICE
    assert told.text.startswith("A token was made with which a program, or whoever holds it, acts")


@pytest.mark.parametrize(
    "act", [RESET, Act.ADMINISTRATION_FACTOR_RESET, Act.ADMINISTRATION_ACCOUNT_CREATE]
)
def test_officers_are_told_of_credentials_that_were_made_for_one_who_administers(
    scene: Scene, act: Act
) -> None:
    scene.document, scene.people = DOCUMENT + APPROVING, {**APPROVERS}
    scene.people[str(ALICE)] = Person(groups=frozenset({"Security-Officers"}))
    reset(scene, act, YES, reason="they say so")
    scene.telling.look()
    told = [each for each in scene.told() if "has administrative rights" in each.text]
    assert {each.to for each in told} == {"@cara:example.org", "@dora:example.org"}
    assert all(str(ALICE) in each.text and "Record" in each.text for each in told)
    assert all("they say so" not in each.text for each in told)
    scene.people[str(ALICE)] = Person(groups=frozenset({"Employees"}))
    seen = len(told)
    reset(scene, act, YES, reason="they say so")
    scene.telling.look()
    assert len([e for e in scene.told() if "has administrative rights" in e.text]) == seen


@pytest.mark.parametrize(("claims", "times"), [({}, 0), ({"token": "0123456789"}, 2)])
def test_officers_are_told_of_a_reset_of_ones_own_only_if_it_came_through_a_token(
    scene: Scene, claims: dict[str, str], times: int
) -> None:
    scene.document, scene.people = DOCUMENT + APPROVING, {**APPROVERS}
    scene.people[str(BOB)] = Person(groups=frozenset({"Security-Officers"}))
    reset(scene, RESET, YES, whom=BOB, **claims)
    scene.telling.look()
    told = [each for each in scene.told() if "has administrative rights" in each.text]
    assert len(told) == times


APPROVERS = {
    "@cara:example.org": Person(groups=frozenset({"Security-Officers"})),
    "@dora:example.org": Person(groups=frozenset({"Security-Officers"})),
    "@left:example.org": Person(groups=frozenset({"Security-Officers"}), active=False),
    str(ALICE): Person(groups=frozenset({"Employees"})),
}
APPROVING = """
[parties.office]
groups = ["Security-Officers"]
[rules.office]
from = ["office"]
allow = ["administer"]
[rules.in]
from = ["us"]
allow = ["sign-in"]
"""
WAITS = Decision(
    verdict=Verdict.NOT_YET, reason=Reason.FACT_PENDING, rule="four-eyes", revision=1,
    pending=("approvals",), say="Two decide.",
)  # fmt: skip


def asked_for(scene: Scene, who: str, decision: Decision, act: Act) -> None:
    """Have control record that somebody asked for a change of the settings."""
    scene.people, scene.document = APPROVERS, DOCUMENT + APPROVING
    question = Question(Channel.ADMINISTER, frozenset({"us"}), frozenset({"us"}), "example.org")
    spool = AuditSpool(
        scene.folder / "audit/control", "control", scene.clock, _nobody_waits, whole=True
    )
    spool.start()
    claims = {"reason": "Send your password to @helpdesk:evil.test."}
    spool.note(Ask(act=act, who=who, questions=(question,)), Facts({}, claims), decision)
    spool.close()


APPLY, PARTNER = Act.ADMINISTRATION_SETTINGS_APPLY, Act.ADMINISTRATION_PARTNER_CHANGE


@pytest.mark.parametrize("act", [APPLY, PARTNER])
def test_whoever_might_approve_a_change_is_told_that_it_waits(scene: Scene, act: Act) -> None:
    asked_for(scene, "@cara:example.org", WAITS, act)
    assert scene.telling.look() == 1
    (told,) = scene.told()
    assert told.to == "@dora:example.org"
    assert "waits for a second person; @cara:example.org has asked for it" in told.text
    assert "evil.test" not in told.text


def test_whoever_might_approve_an_act_is_told_that_it_waits(scene: Scene) -> None:
    asked_for(scene, "@cara:example.org", WAITS, Act.ADMINISTRATION_KEY_ROTATE)
    assert scene.telling.look() == 1
    (told,) = scene.told()
    assert told.to == "@dora:example.org"
    words = "@cara:example.org wants to put a new key in the place of one of ours. Look at it"
    assert words in told.text


def test_the_local_token_s_change_is_told_to_every_officer(scene: Scene) -> None:
    asked_for(scene, "local administrator", WAITS, APPLY)
    scene.telling.look()
    assert {each.to for each in scene.told()} == {"@cara:example.org", "@dora:example.org"}


def test_a_change_that_waits_for_nobody_is_told_to_nobody(scene: Scene) -> None:
    for decision in (YES, ACME, replace(WAITS, pending=("approvals", "sign_in.age"))):
        asked_for(scene, "@cara:example.org", decision, APPLY)
    assert scene.telling.look() == 0


def test_officers_are_not_flooded_with_changes_that_wait(scene: Scene) -> None:
    for _ in range(9):
        asked_for(scene, "@cara:example.org", WAITS, APPLY)
    assert scene.telling.look() == 3


def test_of_what_was_refused_or_takes_nothing_away_nobody_is_told(scene: Scene) -> None:
    reset(scene, RESET, ACME, reason="x")
    reset(scene, RESET, YES, what="unlock")
    reset(scene, Act.ADMINISTRATION_SESSION_LIST, YES)
    assert scene.telling.look() == 0
