"""Nothing from outside changes the shape of a filter or of a name."""

from hypothesis import given
from hypothesis import strategies as st

from vedette.core.settings.ldap_filter import checked_filter
from vedette.protocol.ldap_filter import all_of, any_of, equals, escaped, escaped_name


@given(st.text() | st.binary())
def test_a_value_stays_a_value(value: str | bytes) -> None:
    assert checked_filter(equals("uid", value)).count("(") == 1
    assert not set("()*\x00") & set(escaped(value))


def test_a_value_that_tries_to_be_a_filter_is_a_value() -> None:
    assert equals("uid", "a)(uid=*") == "(uid=a\\29\\28uid\\3d\\2a)"


@given(st.text(min_size=1))
def test_a_value_in_a_name_ends_no_part_of_it(value: str) -> None:
    assert not set(',+"<>;=#\x00 ') & set(escaped_name(value))


def test_filters_are_joined() -> None:
    assert all_of("(a=b)") == "(a=b)"
    assert all_of("(a=b)", "(c=d)") == "(&(a=b)(c=d))"
    assert any_of(["(a=b)", "(c=d)"]) == "(|(a=b)(c=d))"
    assert any_of([]) == "(|)"
