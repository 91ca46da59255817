"""What is known of a device that was proven, from what its inventories report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_sessions import FACTS, SESSION
from vedette.core.conditions import Outcomes, parse
from vedette.core.managed_devices import ManagedDevice, Standing
from vedette.core.on_device import (
    OnDevice,
    Proof,
    Report,
    on_device,
    on_device_from_json,
    on_device_to_json,
)
from vedette.core.sessions import SessionFacts, facts_between_people

PROOF = Proof(certificate="print", issuer="mdm")
LAPTOP = ManagedDevice(
    id="d1",
    names=frozenset({"serial-1"}),
    owner="ann",
    platform="windows",
    version="10.0",
    compliant=True,
)


def report(device: ManagedDevice = LAPTOP, source: str = "intune", **how: bool) -> Report:
    return Report(source, device, **({"gone": False, "fresh": True} | how))


def known(*reports: Report, owner: bool | None = True) -> OnDevice:
    return on_device(PROOF, reports, lambda _: owner)


def test_a_device_that_no_inventory_knows_is_managed_by_its_certificate_and_nothing_more():
    assert known() == OnDevice(proof=PROOF, managed=True)


def test_what_the_inventory_reports_of_it_is_known():
    found = known(report())
    assert (found.managed, found.compliant, found.owner) == (True, True, "self")
    assert (found.platform, found.version, found.places) == ("windows", "10.0", ("intune/d1",))


@pytest.mark.parametrize(
    ("name", "is_theirs", "owner"),
    [("ann", True, "self"), ("ben", False, "other"), ("", True, "nobody"), ("ann", None, "")],
)
def test_whose_it_is(name: str, is_theirs: bool | None, owner: str):
    assert known(report(replace(LAPTOP, owner=name)), owner=is_theirs).owner == owner


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("standing", [Standing.LOST, Standing.RETIRED])
def test_a_device_that_is_lost_or_retired_is_managed_no_more_however_old_the_word(standing, fresh):
    found = known(report(replace(LAPTOP, standing=standing), fresh=fresh))
    assert (found.managed, found.compliant, found.became) == (False, False, standing.value)


def test_a_device_that_its_inventory_names_no_more_is_managed_no_more():
    found = known(report(gone=True))
    assert (found.managed, found.compliant, found.became) == (False, False, "gone")


def test_what_is_too_old_is_not_known():
    found = known(report(fresh=False))
    assert found.managed
    assert (found.compliant, found.owner, found.platform, found.version) == (None, "", "", "")


def test_a_device_that_was_enrolled_anew_is_what_its_new_entry_says():
    old = report(replace(LAPTOP, id="d0", standing=Standing.RETIRED, compliant=False))
    found = known(old, report())
    assert (found.managed, found.compliant, found.places) == (True, True, ("intune/d1",))


def test_a_lost_device_is_not_outweighed_by_another_entry_of_it():
    lost = report(replace(LAPTOP, id="d0", standing=Standing.LOST))
    assert known(lost, report()).managed is False


def test_two_inventories_must_agree():
    other = report(replace(LAPTOP, compliant=False, platform="linux"), "jamf")
    found = known(report(), other)
    assert (found.managed, found.compliant, found.platform) == (True, False, "")
    unsure = report(replace(LAPTOP, compliant=None), "jamf")
    assert known(report(), unsure).compliant is None
    assert known(report(), report(source="jamf", gone=True)).managed is False


def test_of_two_owners_the_other_one_counts():
    def theirs(name: str) -> bool:
        return name == "ann"

    both = [report(), report(replace(LAPTOP, owner="ben"), "jamf")]
    assert on_device(PROOF, both, theirs).owner == "other"
    nobody = [report(), report(replace(LAPTOP, owner=""), "jamf")]
    assert on_device(PROOF, nobody, theirs).owner == ""


REPORTS = st.builds(
    Report,
    source=st.sampled_from(["intune", "jamf"]),
    device=st.builds(
        ManagedDevice,
        id=st.sampled_from(["d1", "d2", "d3"]),
        names=st.just(frozenset({"serial-1"})),
        owner=st.sampled_from(["", "ann", "ben"]),
        platform=st.sampled_from(["", "android", "windows"]),
        version=st.sampled_from(["", "14", "15.1"]),
        compliant=st.none() | st.booleans(),
        standing=st.sampled_from(list(Standing)),
    ),
    gone=st.booleans(),
    fresh=st.booleans(),
)
SEVERAL = st.lists(REPORTS, max_size=4)
CONDITIONS = (
    "device.managed = yes",
    "device.compliant = yes",
    "device.owner = self",
    "device.platform = android",
    "device.version >= 15",
)


def facts_of(device: OnDevice | None):
    facts: SessionFacts = replace(FACTS, device=device)
    return facts_between_people(replace(SESSION, facts=facts))


def yes(condition: str, device: OnDevice | None) -> bool:
    return parse(condition).outcomes(facts_of(device)) is Outcomes.YES


@given(reports=SEVERAL)
def test_forgetting_how_fresh_a_report_is_never_makes_anything_known(reports):
    sure = known(*reports)
    stale = known(*[replace(each, fresh=False) for each in reports])
    assert stale.managed == sure.managed
    for condition in CONDITIONS[1:]:
        assert not (yes(condition, stale) and not yes(condition, sure))


@given(reports=SEVERAL, more=REPORTS)
def test_another_inventory_never_makes_a_device_more_than_it_was(reports, more):
    before = known(*reports, owner=True)
    after = known(*reports, replace(more, source="third"), owner=True)
    assert not (after.managed and not before.managed)
    assert not (after.compliant is True and before.compliant is False)


@given(reports=SEVERAL)
def test_only_what_is_managed_is_in_order(reports):
    found = known(*reports)
    assert found.managed or found.compliant is False
    assert on_device_from_json(on_device_to_json(found)) == found


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"managed": "yes"},
        {"managed": True, "owner": "me"},
        {"managed": True, "platform": "amiga"},
        {"managed": True, "became": "sold"},
        {"managed": True, "compliant": "yes"},
        {"managed": True, "places": "intune/d1"},
        {"managed": True, "places": ["x"] * 9},
        {"managed": True, "version": "1" * 256},
        {"managed": True, "extra": 1},
        [],
        None,
    ],
)
def test_what_has_another_shape_is_not_read(data):
    with pytest.raises(ValueError, match=r"device|words?"):
        on_device_from_json(data)
