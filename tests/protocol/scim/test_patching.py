"""Changes by PATCH: what each does, in the forms in which Entra ID and Okta write them too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.scim.faults import ScimFault, Wrong
from vedette.protocol.scim.patching import Members, patched, read_operations
from vedette.protocol.scim.reading import parse_json, read_resource
from vedette.protocol.scim.schemas import ENTERPRISE, GROUP, GROUPS, PATCH, USER, USERS
from vedette.protocol.scim.telling import read_wanted, told

ANN: dict[str, Any] = {
    "userName": "ann@example.org",
    "active": True,
    "name": {"givenName": "Ann"},
    "emails": [{"value": "a@example.org", "type": "work", "primary": True}],
}


def change(*operations: dict[str, Any], kind: Any = USERS, of: Any = None) -> dict[str, Any]:
    return patched(of or ANN, read_operations(body(*operations)), kind)[0]


def members(*operations: dict[str, Any]) -> Members:
    return patched({"displayName": "G"}, read_operations(body(*operations)), GROUPS)[1]


def body(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations)}


@pytest.mark.parametrize(
    ("operation", "then"),
    [
        ({"op": "Replace", "path": "active", "value": "False"}, {"active": False}),
        ({"op": "replace", "value": {"active": False}}, {"active": False}),
        ({"op": "Add", "path": "displayName", "value": "Ann E."}, {"displayName": "Ann E."}),
        ({"op": "replace", "path": "name.givenName", "value": "Anna"}, {"name": {"givenName": "Anna"}}),
        ({"op": "add", "value": {"name.familyName": "E"}},
         {"name": {"givenName": "Ann", "familyName": "E"}}),
        ({"op": "remove", "path": "name.givenName"}, {"name": None}),
        ({"op": "remove", "path": "emails"}, {"emails": None}),
        ({"op": "Replace", "path": 'emails[type eq "work"].value', "value": "b@example.org"},
         {"emails": [{"value": "b@example.org", "type": "work", "primary": True}]}),
        ({"op": "Add", "path": 'emails[type eq "other"].value', "value": "c@x"},
         {"emails": [*ANN["emails"], {"type": "other", "value": "c@x"}]}),
        ({"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "1"},
         {"phoneNumbers": [{"type": "mobile", "value": "1"}]}),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, {"emails": None}),
        ({"op": "remove", "path": 'emails[type eq "none"]'}, {}),
        ({"op": "add", "path": "emails", "value": [{"value": "d@x", "primary": True}]},
         {"emails": [{**ANN["emails"][0], "primary": False}, {"value": "d@x", "primary": True}]}),
        ({"op": "replace", "path": "emails", "value": [{"value": "d@x"}]},
         {"emails": [{"value": "d@x"}]}),
        ({"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Sales"},
         {ENTERPRISE: {"department": "Sales"}}),
        ({"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "M7"},
         {ENTERPRISE: {"manager": {"value": "M7"}}}),
        ({"op": "Add", "value": {f"{ENTERPRISE}:department": "Sales"}},
         {ENTERPRISE: {"department": "Sales"}}),
        ({"op": "Add", "path": ENTERPRISE, "value": {"department": "Sales"}},
         {ENTERPRISE: {"department": "Sales"}}),
        ({"op": "replace", "value": {"id": "x", "password": "geheim", "odd": 1, "odd.er": 2}}, {}),
        ({"op": "replace", "path": "password", "value": "geheim"}, {}),
        ({"op": "replace", "path": "displayName", "value": None}, {"displayName": None}),
    ],
)  # fmt: skip
def test_a_change_does_what_it_says_and_nothing_else(
    operation: dict[str, Any], then: dict[str, Any]
) -> None:
    wanted = {name: value for name, value in {**ANN, **then}.items() if value is not None}
    assert change(operation) == wanted


def test_changes_are_made_in_their_order_and_all_or_none() -> None:
    found = change(
        {"op": "add", "path": "title", "value": "one"}, {"op": "replace", "path": "title", "value": "two"}
    )  # fmt: skip
    assert found["title"] == "two"
    with pytest.raises(ScimFault):
        change(
            {"op": "add", "path": "title", "value": "one"}, {"op": "add", "path": "x", "value": 1}
        )
    assert "title" not in ANN


@pytest.mark.parametrize(
    ("operation", "wrong"),
    [
        ({"op": "move", "path": "title", "value": "x"}, Wrong.SYNTAX),
        ({"path": "title", "value": "x"}, Wrong.SYNTAX),
        ({"op": "remove"}, Wrong.NO_TARGET),
        ({"op": "add", "path": "title"}, Wrong.VALUE),
        ({"op": "replace", "path": "id", "value": "x"}, Wrong.MUTABILITY),
        ({"op": "add", "path": "groups", "value": [{"value": "x"}]}, Wrong.MUTABILITY),
        ({"op": "replace", "path": "nothing", "value": "x"}, Wrong.PATH),
        ({"op": "replace", "path": 'emails[type eq "none"].value', "value": "x"}, Wrong.NO_TARGET),
        ({"op": "remove", "path": "userName"}, Wrong.VALUE),
        ({"op": "replace", "path": "active", "value": "perhaps"}, Wrong.VALUE),
        ({"op": "replace", "path": "active", "value": 0}, Wrong.VALUE),
        ({"op": "replace", "path": "title", "value": {"x": 1}}, Wrong.VALUE),
        ({"op": "replace", "path": "title", "value": "\ud800"}, Wrong.VALUE),
        ({"op": "replace", "path": "title", "value": "a\x00"}, Wrong.VALUE),
        ({"op": "replace", "path": "title", "value": "x" * 5000}, Wrong.VALUE),
        ({"op": "add", "value": "x"}, Wrong.VALUE),
    ],
)
def test_a_change_that_can_not_be_is_refused_in_the_rfc_s_words(
    operation: dict[str, Any], wrong: Wrong
) -> None:
    with pytest.raises(ScimFault) as refused:
        change(operation)
    assert refused.value.wrong is wrong


def test_members_come_and_go_in_every_published_form() -> None:
    added = members({"op": "Add", "path": "members", "value": [{"$ref": None, "value": "u1"}]})
    assert (added.come, added.go, added.anew) == ({"u1"}, set(), False)
    for operation in (
        {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "u1"}]},
        {"op": "remove", "path": 'members[value eq "u1"]'},
        {"op": "remove", "path": "members", "value": {"value": "u1"}},
    ):
        assert members(operation).go == {"u1"}, operation
    both = members({"op": "remove", "path": 'members[value eq "u1" or value eq "u2"]'})
    assert both.go == {"u1", "u2"}
    assert members({"op": "remove", "path": "members"}).anew
    anew = members(
        {"op": "replace", "path": "members", "value": [{"value": "u1"}, {"value": "u2"}]},
        {"op": "remove", "path": 'members[value eq "u1"]'},
        {"op": "add", "value": {"members": [{"value": "u3"}]}},
    )
    assert anew.anew
    assert anew.come - anew.go == {"u2", "u3"}
    renamed = {"op": "replace", "value": {"id": "x", "displayName": "New"}}
    found = patched({"displayName": "G"}, read_operations(body(renamed)), GROUPS)
    assert found == ({"displayName": "New"}, Members())


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "members", "value": [{"value": "g", "type": "Group"}]},
        {"op": "add", "path": "members", "value": [{"display": "x"}]},
        {"op": "add", "path": "members", "value": [7]},
        {"op": "remove", "path": 'members[display co "x"]'},
        {"op": "replace", "path": 'members[value eq "x"].value', "value": "y"},
        {"op": "add", "path": "members.value", "value": "y"},
    ],
)
def test_what_is_no_member_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(ScimFault):
        members(operation)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{", b'{"a": NaN}', b"\xff", b"[" * 100_000, b'"x"', b"null"]
)
def test_what_is_no_object_in_json_is_refused(text: bytes) -> None:
    with pytest.raises(ScimFault) as refused:
        parse_json(text)
    assert refused.value.wrong is Wrong.SYNTAX


def test_a_resource_is_read_into_one_form_whatever_the_case_of_names() -> None:
    found = read_resource(
        {
            "SCHEMAS": [USER], "username": "Ann", "ACTIVE": "true", "password": "x", "id": "7",
            "Emails": {"value": "a@x"}, ENTERPRISE.lower(): {"Department": "D", "odd": 1}, "odd": 2,
            "nickName": "", "title": None,
        },
        USERS,
    )  # fmt: skip
    assert found == {
        "userName": "Ann", "active": True, "emails": [{"value": "a@x"}], ENTERPRISE: {"department": "D"},
    }  # fmt: skip


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
NAMES = st.sampled_from(
    ["userName", "active", "name", "emails", "members", "displayName", "schemas", "op", "path", "value",
     "Operations", ENTERPRISE, f"{ENTERPRISE}:manager", "name.givenName", 'emails[type eq "work"].value',
     'members[value eq "x"]', "id", "meta", "groups", "externalId"]
)  # fmt: skip
VALUES = st.recursive(
    JSON | NAMES | st.sampled_from(["add", "Replace", "remove", "work", "True"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_whatever_is_sent_is_a_resource_in_its_form_or_refused(sent: dict[str, Any]) -> None:
    for kind, urn in ((USERS, USER), (GROUPS, GROUP)):
        try:
            found = read_resource(sent, kind)
        except ScimFault:
            continue
        assert read_resource(found, kind) == found, "what was read once stays what it is"
        json.dumps(found).encode("utf-8")
        shown = told({"id": "x", **found}, kind, read_wanted("userName,name.givenName", None, kind))
        assert shown["schemas"][0] == urn


@given(
    st.lists(
        st.fixed_dictionaries(
            {"op": st.sampled_from(["add", "Remove", "REPLACE"])},
            optional={"path": NAMES, "value": VALUES},
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_is_changed_leaves_a_resource_in_its_form_or_is_refused(
    operations: list[dict[str, Any]],
) -> None:
    for kind, of in ((USERS, ANN), (GROUPS, {"displayName": "G"})):
        try:
            found, moved = patched(of, read_operations(body(*operations)), kind)
        except ScimFault:
            continue
        assert read_resource(found, kind) == found
        assert not moved.come & moved.go
        assert kind is GROUPS or not moved
