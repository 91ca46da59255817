"""Whose name in a ticket is a person's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.kerberos.principals import Principal, principal_of, realm_of


@pytest.mark.parametrize("text", ["anna@CORP.TEST", "Anna.B-c_d@corp.test", "a+b@X"])
def test_a_person_has_one_part_and_a_realm(text):
    found = principal_of(text)
    assert found is not None
    assert str(found) == text
    assert realm_of(text) == found.realm


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna",
        "anna@",
        "@CORP.TEST",
        "anna/admin@CORP.TEST",
        "HTTP/chat@CORP.TEST",
        "pc01$@CORP.TEST",
        "WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS",
        r"anna\@corp.test@CORP.TEST",
        "anna@A@B",
        "anna@CORP.TEST\n",
        "ännä@CORP.TEST",
    ],
)
def test_everything_else_is_nobody(text):
    assert principal_of(text) is None


@given(st.text(max_size=60))
def test_no_name_raises(text):
    found = principal_of(text)
    assert found is None or str(found) == text


def test_upper_and_lower_case_differ():
    assert principal_of("anna@CORP.TEST") != Principal("anna", "corp.test")
