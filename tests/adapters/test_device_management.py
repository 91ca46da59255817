"""Whatever a management tells of a device is a device or is left out: nothing else happens."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.services.graph_stand_in import managed_device
from tests.services.jamf_stand_in import computer, mobile
from tests.services.meshcentral_stand_in import node
from vedette.adapters.device_management import graph, jamf, meshcentral
from vedette.adapters.device_management.gathering import Gathering, names_of, stricter
from vedette.core.managed_devices import ManagedDevice, Standing

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
MARKS = jamf.Marks("Compliance", "Compliant")
READ = {
    "graph": (managed_device(1), graph.device_of),
    "computer": (computer(1, word="compliant"), lambda raw: jamf.computer_of(raw, MARKS)),
    "mobile": (mobile(1, word="compliant"), lambda raw: jamf.mobile_of(raw, MARKS)),
    "node": (node(1, "compliant"), lambda raw: meshcentral.device_of(raw, 1000)),
}


def places(raw: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    )
    return [before, *(place for key, value in inner for place in places(value, (*before, key)))]


def put(raw: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The same with another value at one place."""
    if not place:
        return value
    first, *rest = place
    if isinstance(raw, list):
        return [
            put(each, tuple(rest), value) if at == first else each for at, each in enumerate(raw)
        ]
    return {**raw, first: put(raw[first], tuple(rest), value)}


@given(data=st.data(), kind=st.sampled_from(sorted(READ)), value=JSON)
def test_one_place_of_a_device_with_anything_in_it(data, kind, value):
    raw, made = READ[kind]
    spoiled = put(raw, data.draw(st.sampled_from(places(raw)[1:])), value)
    gathering = Gathering()
    gathering.add(spoiled.get("id"), lambda: made(spoiled))
    told = gathering.told()
    assert len(told.devices) + len(told.left_out) == 1
    assert all(words.isprintable() for words in told.left_out)


@given(
    raw=st.dictionaries(st.sampled_from(["id", "_id", "tags", "general", "managementState"]), JSON)
)
def test_an_object_of_anything(raw):
    for _, made in READ.values():
        gathering = Gathering()
        gathering.add(None, lambda made=made: made(raw))


def test_a_heap_of_faults_is_told_in_short():
    gathering = Gathering()
    for number in range(1000):
        gathering.leave_out(f"device {number}", "a fault")
    told = gathering.told().left_out
    assert len(told) == 101
    assert told[-1] == "and 900 more"


def test_what_makers_write_for_no_number_names_no_device():
    assert names_of("", "0", "None", "To be filled by O.E.M.", " C02ABC ") == {"c02abc"}


def test_of_two_reports_the_one_counts_that_allows_less():
    good = ManagedDevice(id="a", names=frozenset(), compliant=True, at=9)
    unknown = ManagedDevice(id="a", names=frozenset(), at=1)
    lost = ManagedDevice(id="a", names=frozenset(), compliant=True, standing=Standing.LOST)
    assert stricter(good, unknown) is stricter(unknown, good) is unknown
    assert stricter(lost, unknown) is stricter(unknown, lost) is lost
