import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.names import ServerName
from vedette.core.people import Person
from vedette.core.people_table import parse_people

DOMAIN = ServerName("example.org")
HEAD = "user,groups,guest,active\n"


def test_a_table_says_who_is_in_which_groups() -> None:
    table = parse_people(
        HEAD
        + "# the first floor\n"
        + "alice,Employees;Engineering,,\n"
        + "\n"
        + "@bob:example.org,Employees,no,yes\n"
        + "gina,,yes,\n"
        + '"karl", "IT, second floor" ,,no\n'.replace(", ", ",").replace('" ', '"'),
        DOMAIN,
    )
    assert table.faults == ()
    assert table.people == {
        "@alice:example.org": Person(groups=frozenset({"Employees", "Engineering"})),
        "@bob:example.org": Person(groups=frozenset({"Employees"})),
        "@gina:example.org": Person(guest=True),
        "@karl:example.org": Person(groups=frozenset({"IT,second floor"}), active=False),
    }


def test_only_the_needed_columns_have_to_be_there() -> None:
    assert parse_people("user,groups\nalice,Board\n", DOMAIN).people == {
        "@alice:example.org": Person(groups=frozenset({"Board"}))
    }


def test_every_fault_names_its_line_and_nothing_is_taken() -> None:
    table = parse_people(
        HEAD
        + "alice,Board,,\n"
        + "alice,Board,,\n"
        + "@eve:evil.example,Board,,\n"
        + "bob,Board,maybe,\n"
        + "carol,Board\n"
        + "b ob,Board,,\n",
        DOMAIN,
    )
    assert table.people == {}
    assert [fault.partition(":")[0] for fault in table.faults] == [
        "line 3",
        "line 4",
        "line 5",
        "line 6",
        "line 7",
    ]
    assert "twice" in table.faults[0]
    assert "partners" in table.faults[1]
    assert "`maybe`" in table.faults[2]


def test_a_table_without_its_head_is_refused() -> None:
    assert "names the columns" in parse_people("alice,Board,,\n", DOMAIN).faults[0]
    assert "names the columns" in parse_people("user,guest\n", DOMAIN).faults[0]
    assert "names the columns" in parse_people("user,groups,role\n", DOMAIN).faults[0]


@pytest.mark.parametrize("text", ["", "\n", "# nothing but a remark\n"])
def test_a_table_that_was_cut_off_to_nothing_is_refused_and_one_of_nobody_is_not(text: str) -> None:
    assert "names the columns" in parse_people(text, DOMAIN).faults[0]
    assert parse_people(HEAD, DOMAIN).faults == ()


def test_a_spreadsheet_s_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert parse_people("\ufeffuser,groups\nalice,\n", DOMAIN).faults == ()


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    table = parse_people(text, DOMAIN)
    assert not (table.people and table.faults)


@given(st.text())
def test_any_line_below_a_good_head_has_an_answer(text: str) -> None:
    parse_people(HEAD + text, DOMAIN)
