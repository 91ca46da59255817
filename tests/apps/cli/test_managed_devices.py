"""What the command line says of managed devices."""

from __future__ import annotations

from typing import Any

import pytest

from vedette.cli.inventory_lists import device_lines, inventory_line
from vedette.cli.session_commands import session_lines, view_lines

SESSION: dict[str, Any] = {
    "id": "s1", "user": "@anna:example.org", "device": "D", "device_name": "nio", "created": 0,
    "state": "live", "because": "", "address": "192.0.2.7", "expires": 0,
}  # fmt: skip
ON: dict[str, Any] = {
    "managed": True, "proven_by": "devices", "became": "", "compliant": True, "owner": "self",
    "platform": "windows", "version": "10", "places": ["intune/d1"],
}  # fmt: skip
DEVICE: dict[str, Any] = {
    "source": "intune", "id": "d1", "label": "Laptop", "owner": "anna", "platform": "windows",
    "version": "10", "compliant": True, "standing": "active", "gone": False, "fresh": True,
    "names": ["c02xk1"], "reported": 0, "at": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "managed device, in order"),
        ({"compliant": False}, "managed device, NOT in order"),
        ({"compliant": None, "owner": "other"}, "managed device, somebody else's"),
        ({"became": "lost", "managed": False}, "device lost"),
    ],
)
def test_a_session_says_on_what_device_it_is(changes: dict[str, Any], words: str) -> None:
    (line,) = session_lines([{**SESSION, "on": {**ON, **changes}}])
    assert line.endswith(f"live  {words}")
    (line,) = session_lines([{**SESSION, "on": None}])
    assert line.endswith("live")


def test_one_session_says_what_proved_its_device_and_where_it_stands() -> None:
    view = {"session": {**SESSION, "on": ON}, "seen_at": None, "factors": [], "facts": []}
    assert "  device proven by devices: intune/d1" in list(view_lines(view))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "in order"),
        ({"compliant": False}, "NOT in order"),
        ({"compliant": None}, "not judged"),
        ({"fresh": False}, "not known: the report is too old"),
        ({"gone": True}, "gone"),
        ({"standing": "lost", "fresh": False}, "lost"),
    ],
)
def test_a_device_of_an_inventory_says_how_it_stands(changes: dict[str, Any], words: str) -> None:
    found = {"device": {**DEVICE, **changes}, "sessions": [{"session": "s1", "user": "@anna:x"}]}
    lines = list(device_lines(found))
    assert lines[0] == f"intune/d1  Laptop  anna  windows 10  {words}"
    assert lines[-1] == "  session s1 of @anna:x"


def test_an_inventory_says_what_is_wrong_with_it() -> None:
    found: dict[str, Any] = {
        "name": "jamf", "devices": 3, "issuers": ["devices"], "read": 0, "silent": True,
        "trouble": "it does not answer",
    }  # fmt: skip
    line = inventory_line(found)
    assert "last read never; FAILS: it does not answer" in line
    assert line.endswith("what it told last counts no more")
