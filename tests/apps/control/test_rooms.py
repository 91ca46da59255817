"""Rooms that exist, as an administrator sees them: `vedette room`, and the API behind it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.apps.control.organisation import Organisation, until
from tests.conformance.test_room_reports import REPORT, ROOM
from vedette.adapters.room_reports import RoomReportFiles
from vedette.protocol.internal.standing import SweepState


@pytest.fixture
def reports(running: Organisation) -> RoomReportFiles:
    return RoomReportFiles(running.boot.door("synapse"))


def test_before_rooms_were_judged_it_says_so(running: Organisation) -> None:
    found = running.vedette("room", "list")
    assert found.returncode == 3
    assert "no room was judged yet" in found.stderr
    assert running.ask("GET", "/rooms")[0] == 404


def test_the_list_says_why_what_was_done_and_what_can_not_be_done(
    running: Organisation, reports: RoomReportFiles
) -> None:
    reports.keep(REPORT)
    found = running.vedette("room", "list")
    assert found.returncode == 1
    assert "rooms: 1 of 3 are against the rules (revision 4" in found.stdout
    for words in (
        "!a:example.org  “Herön” (project)  frozen: nobody can write in it",
        "members: no (synapse:7)",
        "done: @cora:acme.example was removed (synapse:8)",
        "can't be done: nobody here has power in the room",
    ):
        assert words in found.stdout
    body = json.loads(running.vedette("room", "list", "--json").stdout)
    assert body["rooms"][0]["faults"][0]["rule"] == "no-more"
    assert (body["state"], body["left_off"]) == ("done", 0)


def test_one_room_is_shown_by_its_id_or_its_name(
    running: Organisation, reports: RoomReportFiles
) -> None:
    reports.keep(REPORT)
    for named in ("!a:example.org", "Herön"):
        found = running.vedette("room", "show", named)
        assert found.returncode == 0, found.stderr
        assert "@carol:acme.example has to go, so that it is in order" in found.stdout
    assert running.vedette("room", "show", "!b").returncode == 3
    reports.keep(replace(REPORT, rooms=(ROOM, replace(ROOM, room="!b:example.org"))))
    twice = running.vedette("room", "show", "Herön")
    assert "more than one room is called `Herön`" in twice.stderr


def test_a_sweep_is_asked_recorded_and_waited_for(
    running: Organisation, reports: RoomReportFiles
) -> None:
    assert running.ask("POST", "/rooms/sweep", {})[0] == 422
    refused = running.ask("POST", "/rooms/sweep", {"reason": " "})
    assert (refused[0], refused[1]["error"]["code"]) == (400, "invalid")

    sweeping = running.begun("room", "sweep", "--reason", "the partner asked")
    assert sweeping.stderr is not None
    word = ""

    def wished() -> bool:
        nonlocal word
        word = reports.wished() or ""
        return bool(word)

    until(wished)
    half = replace(REPORT, state=SweepState.SWEEPING, ended=None, judged=1, answers=word)
    reports.keep(half)
    assert "judged 1 of 3 rooms\n" in sweeping.stderr
    reports.keep(replace(REPORT, breaches=0, rooms=(), answers=word))
    out, err = sweeping.communicate(timeout=120)
    assert sweeping.returncode == 0, err
    assert "rooms: 0 of 3 are against the rules" in out
    records = running.ask("GET", "/audit/records?most=500")[1]
    (asked,) = (each for each in records if each.get("act") == "rooms:room:sweep")
    assert asked["claims"] == {"reason": "the partner asked"}
    assert asked["decision"]["answer"] == "yes"


def test_a_change_of_the_settings_says_how_many_rooms_it_concerns(
    running: Organisation, reports: RoomReportFiles
) -> None:
    change = ("settings", "set", "notices.per_minute", "2", "--reason", "x")
    assert "rooms" not in running.vedette(*change).stdout  # nothing is known of any
    reports.keep(replace(REPORT, revision=3))
    found = running.vedette("settings", "set", "notices.per_minute", "3", "--reason", "x")
    assert "rooms: 1 of 3 are against the rules" in found.stdout
    later = running.vedette("settings", "set", "notices.per_minute", "4", "--reason", "x")
    assert "the rooms that exist are being judged" in later.stdout


def test_the_numbers_name_nobody_and_leave_no_record(
    running: Organisation, reports: RoomReportFiles
) -> None:
    reports.keep(REPORT)
    status, body = running.ask("GET", "/rooms/counts")
    assert (status, body["breaches"], body["total"]) == (200, 1, 3)
    assert "rooms" not in body
    records = running.ask("GET", "/audit/records?most=500")[1]
    assert not [each for each in records if each.get("act") == "rooms:room:list"]


def test_a_report_that_waits_says_why(running: Organisation, reports: RoomReportFiles) -> None:
    reports.keep(replace(REPORT, state=SweepState.WAITING, why="the people are too old", rooms=()))
    found = running.vedette("room", "list")
    assert "nothing can be judged now: the people are too old" in found.stdout


def test_a_forbid_bites_the_administrator_too(
    running: Organisation, reports: RoomReportFiles
) -> None:
    reports.keep(REPORT)
    rule = ("rule", "add", "no-rooms", "--from", "us", "--forbid", "administer",
            "--when", "act in rooms:room:list", "--reason", "x")  # fmt: skip
    assert running.vedette(*rule).returncode == 0
    found = running.vedette("room", "list")
    assert found.returncode == 3
    assert "no-rooms" in found.stderr
