"""The table of devices: strict about its frame, and each line for itself."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.device_table import COLUMNS, HEAD, TableFault, parse_devices
from vedette.core.managed_devices import ManagedDevice, Standing


def one(line: str, head: str = HEAD) -> ManagedDevice:
    (found,) = parse_devices(f"{head}\n{line}\n").devices
    return found


def fault_of(line: str, head: str = HEAD) -> str:
    found = parse_devices(f"{head}\n{line}\n")
    assert found.devices == ()
    (fault,) = found.faults
    return fault


def test_a_whole_line_says_everything():
    assert one(
        "pc-7, C02ABC; 8F2E ,PC 7,anna,macos,15.4,yes,,2026-11-26T10:17:11Z"
    ) == ManagedDevice(
        id="pc-7",
        names=frozenset({"c02abc", "8f2e"}),
        label="PC 7",
        owner="anna",
        platform="macos",
        version="15.4",
        compliant=True,
        at=1795688231,
    )


def test_the_least_is_an_id_and_names_and_columns_stand_in_any_order():
    assert one("C02ABC,pc-7", "names,id") == ManagedDevice(id="pc-7", names=frozenset({"c02abc"}))


def test_what_became_of_a_device_is_one_of_three_words():
    head = "id,names,standing,compliant"
    assert one("a,n,lost,no", head).standing is Standing.LOST
    assert one("a,n,retired,", head).standing is Standing.RETIRED
    assert one("a,n,,", head).compliant is None
    assert fault_of("a,n,stolen,", head).startswith("line 2: `standing` is one of")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a,b", "2 columns, not 9"),
        (",n,,,,,,,", "no id"),
        ("a,n,,,beos,,,,", "platform"),
        ("a,n,,,,,perhaps,,", "`compliant`"),
        ("a,n,,,,,,,yesterday", "isoformat"),
        ("a,n,,,,,,,2026-11-26T10:17:11", "time zone"),
        ("a,n,,,,,,,0001-01-01T00:00:00Z", "before all times"),
        ('a,"n,,,,,,,', "unexpected end"),
        (f"a,{'n' * 256},,,,,,,", "too long"),
        ("a,n,\x07,,,,,,", "control characters"),
    ],
)
def test_a_line_with_a_fault_is_left_out_and_named(line, words):
    assert words in fault_of(line)


def test_two_lines_of_one_id_are_both_left_out():
    found = parse_devices("id,names\na,n\nb,m\na,k\n")
    assert [device.id for device in found.devices] == ["b"]
    assert [fault.partition(":")[0] for fault in found.faults] == ["line 2", "line 4"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "id,names\na,n",
        "id\na\n",
        "id,names,id\na,n,b\n",
        "id,names,shoes\na,n,8\n",
        "a,n\n",
        '"id\n',
        "\n",
    ],
)
def test_a_table_that_is_cut_off_or_has_no_head_is_refused_whole(text):
    with pytest.raises(TableFault):
        parse_devices(text)


def test_a_table_of_nobody_is_one():
    assert parse_devices("# none yet\r\nid,names\r\n").devices == ()


@given(st.lists(st.text(), max_size=9), st.text())
def test_nothing_that_stands_in_it_breaks_the_reading(cells, more):
    found = parse_devices(f"{','.join(COLUMNS)}\n{','.join(cells)}\n{more}\n")
    assert len(found.devices) + len(found.faults) <= 2 + more.count("\n") + sum(
        c.count("\n") for c in cells
    )


@given(st.text())
def test_any_text_is_a_table_or_is_refused(text):
    with contextlib.suppress(TableFault):
        parse_devices(text)
