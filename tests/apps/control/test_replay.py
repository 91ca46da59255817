"""Whom a draft would affect: what was recorded is decided again, and nothing is changed."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from tests.apps.control.organisation import Organisation
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.system_clock import SystemClock
from vedette.admin.policy import rules_of
from vedette.admin.replay import Replayed, replay
from vedette.core.asks import Act, Ask, Members
from vedette.core.channels import Channel
from vedette.core.decide import decide
from vedette.core.facts import Facts
from vedette.core.names import UserId
from vedette.core.people import Directory, Person
from vedette.core.reasons import Reason
from vedette.core.record import body
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.core.towards import meet, routine, say
from vedette.ports.policy import Policy
from vedette.spine import refuse

TODAY = 740_000
SETTINGS = """
[organisation]
name = "Example AG"
domain = "example.test"
[parties]
staff = { groups = ["Employees"] }
engineering = { groups = ["Engineering"] }
[partners]
acme = { domains = ["acme.test"] }
[rules]
inside = { between = ["us", "us"], allow = ["message"] }
acme = { between = ["staff", "acme"], allow = ["message"] }
"""
SHUT = SETTINGS + 'shut = { between = ["us", "acme"], forbid = ["message"] }\n'
ALICE, BOB, CAROL = "@alice:example.test", "@bob:example.test", "@carol:acme.test"
PEOPLE = {
    UserId(ALICE): Person(groups=frozenset({"Employees", "Engineering"})),
    UserId(BOB): Person(groups=frozenset({"Employees"})),
}


def document(text: str) -> Document:
    found = parse_document(text)
    assert isinstance(found, Document), found
    return found


def policy(text: str = SETTINGS) -> Policy:
    made = document(text)
    return Policy(rules_of(made, 1), Directory(made, PEOPLE, TODAY))


def said(number: int, who: str, *to: str, room: str = "!a:example.test", count: int = 1) -> Any:
    """The record of a message, decided by the settings in force."""
    now = policy()
    someone = now.directory.someone
    members = Members.of(someone(UserId(each)) for each in to)
    ask = say(Act.ROOM_EVENT_SEND, someone(UserId(who)), members, [Channel.MESSAGE], room)
    return entry(number, ask, Facts({"today": TODAY}), count)


def entry(number: int, ask: Ask, facts: Facts, count: int = 1) -> dict[str, Any]:
    decided = body(ask, facts, decide(policy().rules, ask, facts))
    kind = {"kind": "counted", "count": count} if count > 1 else {"kind": "decision"}
    return {"v": 1, "id": f"synapse:{number}", "at": 1000.0 + number, **kind, **decided}


def replayed(draft: str, *entries: Mapping[str, Any]) -> Replayed:
    return replay(policy(), document(draft), entries)


def test_a_draft_that_says_the_same_changes_nothing() -> None:
    found = replayed(SETTINGS, said(1, ALICE, CAROL), said(2, ALICE, BOB))
    assert (found.records, found.changed, found.silent) == (2, (), 0)


def test_a_ban_shows_how_often_between_whom_and_by_which_rule() -> None:
    entries = [said(1, ALICE, CAROL, count=40), said(2, BOB, CAROL), said(3, ALICE, BOB)]
    found = replayed(SHUT, *entries)
    assert (found.records, found.asks, found.counted) == (3, 42, 40)
    first, second = found.changed
    assert (first.asks, first.examples, second.asks) == (40, ("synapse:1",), 1)
    assert (first.kind.was, first.kind.becomes, first.kind.channel) == ("yes", "no", "message")
    assert (first.kind.from_, first.kind.to) == ("engineering, staff, us", "acme, partners")
    assert (first.kind.rule, first.kind.rule_then) == ("acme", "shut")


def test_what_a_draft_newly_allows_shows_as_well() -> None:
    wider = SETTINGS + 'out = { between = ["us", "outside"], allow = ["message"] }\n'
    found = replayed(wider, said(1, ALICE, "@mallory:elsewhere.test"))
    (changed,) = found.changed
    assert (changed.kind.was, changed.kind.becomes, changed.kind.rule_then) == ("no", "yes", "out")


def test_at_most_some_examples_are_named_and_all_are_counted() -> None:
    (changed,) = replayed(SHUT, *[said(n, BOB, CAROL) for n in range(1, 8)]).changed
    assert (changed.asks, len(changed.examples)) == (7, 3)


def test_a_room_in_which_nobody_could_say_anything_any_more_is_named() -> None:
    entries = [
        said(1, ALICE, CAROL, room="!shut:example.test"),
        said(2, ALICE, CAROL, BOB, room="!both:example.test"),
        said(3, ALICE, BOB, room="!both:example.test"),
        said(4, ALICE, BOB, room="!ours:example.test"),
    ]
    found = replayed(SHUT, *entries)
    assert (found.silent_rooms, found.silent) == (("!shut:example.test",), 1)


def test_whoever_is_put_into_another_party_by_the_draft_is_asked_about_as_that() -> None:
    narrower = SETTINGS.replace('"Employees"', '"Employees-Only"')
    (changed,) = replayed(narrower, said(1, ALICE, CAROL)).changed
    assert (changed.kind.was, changed.kind.becomes) == ("yes", "no")


def test_whom_a_record_does_not_tell_apart_is_decided_as_they_were() -> None:
    narrower = SETTINGS.replace('"Employees"', '"Employees-Only"')
    old = said(1, ALICE, CAROL)
    old["questions"][0]["from"] = ["anyone", "staff", "us"]  # her groups were others then
    found = replayed(narrower, old)
    assert (found.kept_parties, found.changed) == (1, ())


def test_whom_an_invitation_brings_its_record_does_not_name() -> None:
    narrower = SETTINGS.replace('"Employees"', '"Employees-Only"')
    someone = policy().directory.someone
    members = Members.of([someone(UserId(CAROL))])
    asked = meet(
        Act.ROOM_MEMBER_INVITE, ALICE, [someone(UserId(ALICE))], members, "!a:example.test"
    )
    found = replayed(narrower, entry(1, asked, Facts({"today": TODAY})))
    assert found.kept_parties == 1


def test_of_members_who_were_not_known_the_one_who_spoke_is_placed() -> None:
    narrower = SETTINGS.replace('"Employees"', '"Employees-Only"')
    someone = policy().directory.someone(UserId(ALICE))
    asked = say(Act.ROOM_EVENT_SEND, someone, None, [Channel.MESSAGE], "!a:example.test")
    assert replayed(narrower, entry(1, asked, Facts({"today": TODAY}))).kept_parties == 0


def test_what_no_rule_decides_is_left_out() -> None:
    now = policy()
    fixed = body(Ask(act=Act.ROOM_STATE_CHANGE, who=ALICE), Facts(), refuse(now, Reason.ROOM_POWER))
    leave = entry(1, routine(Act.ROOM_MEMBER_LEAVE, ALICE), Facts())
    found = replayed(SHUT, {"kind": "decision", "id": "synapse:2", "at": 1.0, **fixed}, leave)
    assert (found.fixed, found.records) == (2, 0)


def test_a_record_that_nobody_can_read_stops_nothing() -> None:
    found = replayed(SHUT, {"kind": "decision", "id": "synapse:1"}, said(2, ALICE, CAROL))
    assert (found.records, len(found.changed)) == (1, 1)


async def _nobody_waits(done: Future[None]) -> None:
    del done


def spooled(running: Organisation, asks: Iterable[Ask]) -> None:
    """What another process of the organisation recorded."""
    spool = AuditSpool(running.boot.spool("synapse"), "synapse", SystemClock(), _nobody_waits)
    spool.start()
    facts = Facts({"today": TODAY})
    for ask in asks:
        spool.note(ask, facts, decide(policy().rules, ask, facts))
    spool.close()


def test_the_command_says_whom_a_draft_affects_and_changes_nothing(running: Organisation) -> None:
    someone = policy().directory.someone
    ask = say(
        Act.ROOM_EVENT_SEND,
        someone(UserId(ALICE)),
        Members.of([someone(UserId(CAROL))]),
        [Channel.MESSAGE],
        "!a:example.test",
    )
    spooled(running, [ask])
    before = running.ask("GET", "/settings")[1]
    wider = SETTINGS.replace('allow = ["message"] }\nacme', 'allow = ["message", "file"] }\nacme')
    draft = wider + 'ours = { between = ["us", "partners"], allow = ["message"] }\n'
    found = running.vedette("replay", "-", "--json", given=draft)
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert told["records"] > 1  # what was just asked of control is recorded too
    assert [(each["was"], each["becomes"]) for each in told["changed"]] == [("no", "yes")]
    assert (told["changed"][0]["channel"], told["changed"][0]["asks"]) == ("message", 1)
    words = running.vedette("replay", "-", given=draft)
    assert "no becomes yes: message from" in words.stdout
    assert running.ask("GET", "/settings")[1] == before


def test_a_draft_with_faults_is_replayed_by_nobody(running: Organisation) -> None:
    found = running.vedette("replay", "-", given="[organisation]\n")
    assert found.returncode == 3
    assert "fault" in found.stderr


def test_what_rules_that_only_observe_would_have_done_is_counted() -> None:
    watch = 'watch = { between = ["us", "acme"], forbid = ["message"], mode = "observe" }\n'
    open_ = 'open = { between = ["us", "us"], allow = ["message"], mode = "observe" }\n'
    entries = [said(1, ALICE, CAROL, count=40), said(2, BOB, CAROL), said(3, ALICE, BOB)]
    found = replayed(SETTINGS + watch + open_, *entries)
    assert (found.changed, [(each.rule, each.forbids, each.asks) for each in found.observed]) == (
        (), [("watch", True, 41), ("open", False, 1)]
    )  # fmt: skip
    assert found.observed[0].examples == ("synapse:1", "synapse:2")
    assert replayed(SHUT, *entries).observed == ()
