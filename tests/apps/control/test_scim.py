"""An identity provider pushes people and groups: in the published forms of Entra ID and of Okta, by its
token alone, as far as the rules let it, merged with what else is known of people.

The forms are written out by hand from the vendors' public pages ("Develop and plan provisioning for a
SCIM endpoint" of Microsoft Entra ID, "SCIM 2.0 protocol reference" of Okta); no cloud is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.apps.control.house import DOMAIN
from tests.apps.control.scim import RULE, RULES, Pushing, group, patch, user
from vedette.adapters.memory.clock import MemoryClock
from vedette.admin.actor import LOCAL
from vedette.control.pushed_people import WINDOW
from vedette.core.asks import Act
from vedette.core.people import Person

OUT = Person(active=False)
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pushing]:
    made = Pushing(tmp_path_factory.mktemp("scim") / "org", {"officer": "Security-Officers"})
    yield made
    made.close()


def added(house: Pushing, name: str, **other: Any) -> str:
    status, made, _ = house.asks("POST", "/Users", user(name, **other))
    assert status == 201, made
    return str(made["id"])


# ---- Entra ID ------------------------------------------------------------------------------------


def test_entra_pushes_a_person_changes_and_deactivates_them(house: Pushing) -> None:
    """Its requests in their order: look for somebody, make them, change, disable, delete."""
    who = f"entra.user%40{DOMAIN}"
    status, found, headers = house.asks("GET", f"/Users?filter=userName+eq+%22{who}%22")
    assert (status, found["totalResults"], found["Resources"]) == (200, 0, [])
    assert headers["content-type"] == "application/scim+json"
    status, made, headers = house.asks("POST", "/Users", {
        "schemas": [USER, ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": f"Entra.User@{DOMAIN}",
        "active": True,
        "emails": [{"primary": True, "type": "work", "value": f"entra.user@{DOMAIN}"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
        "roles": [],
        ENTERPRISE: {"department": "Sales", "manager": "9b1f"},
    })  # fmt: skip
    assert status == 201
    place = f"/Users/{made['id']}"
    assert headers["location"] == made["meta"]["location"] == f"{house.scim.base}{place}"
    assert made[ENTERPRISE] == {"department": "Sales", "manager": {"value": "9b1f"}}
    assert house.person("entra.user") == Person()
    assert house.asks("GET", f"/Users?filter=userName+eq+%22{who}%22")[1]["totalResults"] == 1
    outer = "externalId+eq+%220a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef%22"
    assert house.asks("GET", f"/Users?filter={outer}")[1]["totalResults"] == 1
    status, changed, _ = house.asks("PATCH", place, patch(
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "updatedEmail@example.org"},
        {"op": "Replace", "path": "name.familyName", "value": "updatedFamilyName"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Support"},
    ))  # fmt: skip
    assert status == 200
    assert changed["emails"][0]["value"] == "updatedEmail@example.org"
    assert (changed["name"]["familyName"], changed[ENTERPRISE]["department"]) == (
        "updatedFamilyName", "Support",
    )  # fmt: skip
    off = patch({"op": "Replace", "path": "active", "value": "False"})
    assert house.asks("PATCH", place, off)[1]["active"] is False
    assert house.person("entra.user") == OUT
    on = patch({"op": "Replace", "path": "active", "value": "True"})
    assert house.asks("PATCH", place, on)[1]["active"] is True
    assert house.person("entra.user") == Person()
    assert house.asks("DELETE", place)[:2] == (204, None)
    assert house.asks("GET", place)[0] == 404
    assert house.person("entra.user") == OUT, "whoever is deleted stays out"


def test_entra_pushes_a_group_and_its_members_in_both_of_its_forms(house: Pushing) -> None:
    one, two = added(house, "member.one"), added(house, "member.two")
    status, made, _ = house.asks("POST", "/Groups", {
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
        ],
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
        "displayName": "Entra Group",
        "meta": {"resourceType": "Group"},
    })  # fmt: skip
    assert status == 201
    place = f"/Groups/{made['id']}"
    members = patch({"op": "Add", "path": "members", "value": [{"$ref": None, "value": one},
                                                              {"$ref": None, "value": two}]})  # fmt: skip
    status, told, _ = house.asks("PATCH", place, members)
    assert {each["value"] for each in told["members"]} == {one, two}
    assert house.person("member.one") == Person(groups=frozenset({"Entra Group"}))
    asked = "displayName+eq+%22Entra+Group%22"
    _, found, _ = house.asks("GET", f"/Groups?excludedAttributes=members&filter={asked}")
    assert found["totalResults"] == 1
    assert "members" not in found["Resources"][0]
    both = f'id eq "{made["id"]}" and members eq "{one}"'.replace(" ", "+").replace('"', "%22")
    assert house.asks("GET", f"/Groups?filter={both}")[1]["totalResults"] == 1
    renamed = patch({"op": "Replace", "path": "displayName", "value": "Renamed"})
    assert house.asks("PATCH", place, renamed)[1]["displayName"] == "Renamed"
    assert house.person("member.two") == Person(groups=frozenset({"Renamed"}))
    old = patch({"op": "Remove", "path": "members", "value": [{"$ref": None, "value": one}]})
    house.asks("PATCH", place, old)
    new = patch({"op": "remove", "path": f'members[value eq "{two}"]'})
    assert "members" not in house.asks("PATCH", place, new)[1]
    assert (house.person("member.one"), house.person("member.two")) == (Person(), Person())
    assert house.asks("DELETE", place)[0] == 204


def test_changes_of_a_large_group_are_answered_without_its_members(house: Pushing) -> None:
    """RFC 7644, section 3.5.2, lets a change be answered by nothing; it would cost each all members."""
    _, made, _ = house.asks("POST", "/Groups", group("Large"))
    place, store = f"/Groups/{made['id']}", house.office.pushed.store
    large = store.group(made["id"])
    assert large is not None
    many = [f"{n:032x}" for n in range(201)]
    store.keep_group(large, many)
    house.office.pushed.following.take_group(large, many)
    one = added(house, "large.one")
    add = patch({"op": "Add", "path": "members", "value": [{"value": one}]})
    status, told, headers = house.asks("PATCH", place, add)
    assert (status, told, headers["etag"]) == (204, None, 'W/"2"')
    assert len(house.asks("GET", place)[1]["members"]) == 202
    assert house.asks("PATCH", f"{place}?excludedAttributes=members", add)[0] == 200
    house.asks("DELETE", place)


# ---- Okta ----------------------------------------------------------------------------------------


def test_okta_pushes_a_person_by_whole_puts_and_a_patch_without_a_path(house: Pushing) -> None:
    query = f"/Users?filter=userName%20eq%20%22okta.user%40{DOMAIN}%22&startIndex=1&count=100"
    assert house.asks("GET", query)[1]["totalResults"] == 0
    body = {
        "schemas": [USER],
        "userName": f"okta.user@{DOMAIN}",
        "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": True, "value": f"okta.user@{DOMAIN}", "type": "work"}],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    status, made, _ = house.asks("POST", "/Users", body)
    assert status == 201
    assert "password" not in json.dumps(made)
    assert "1mz050nq" not in str(house.office.pushed.store.user(made["id"]))
    whole = {**made, "name": {"givenName": "Another", "familyName": "User"}}
    status, put, _ = house.asks("PUT", f"/Users/{made['id']}", whole)
    assert (status, put["name"]["givenName"], put["id"]) == (200, "Another", made["id"])
    assert house.person("okta.user") == Person()
    off = patch({"op": "replace", "value": {"active": False}})
    status, gone, _ = house.asks("PATCH", f"/Users/{made['id']}", off)
    assert (status, gone["active"]) == (200, False)
    assert house.person("okta.user") == OUT


def test_okta_pushes_a_group_by_patches_with_its_id_inside(house: Pushing) -> None:
    one, two = added(house, "okta.one"), added(house, "okta.two")
    _, made, _ = house.asks("POST", "/Groups", group("Test SCIMv2"))
    place = f"/Groups/{made['id']}"
    named = patch({"op": "replace", "value": {"id": made["id"], "displayName": "Test SCIMv2x"}})
    assert house.asks("PATCH", place, named)[1]["displayName"] == "Test SCIMv2x"
    changed = patch(
        {"op": "add", "path": "members", "value": [{"value": one, "display": f"okta.one@{DOMAIN}"}]},
        {"op": "replace", "path": "members", "value": [{"value": two, "display": "x"}]},
    )  # fmt: skip
    assert [each["value"] for each in house.asks("PATCH", place, changed)[1]["members"]] == [two]
    whole = {**group("Test SCIMv2x", one, two), "id": made["id"]}
    assert len(house.asks("PUT", place, whole)[1]["members"]) == 2
    assert house.person("okta.one") == Person(groups=frozenset({"Test SCIMv2x"}))
    assert house.asks("GET", "/Groups?startIndex=1&count=100")[1]["totalResults"] >= 1


# ---- who may push --------------------------------------------------------------------------------


def test_without_a_token_that_is_good_nobody_learns_or_changes_anything(house: Pushing) -> None:
    persons = house.tokens["officer"]
    old = house.pushing_token()
    for token in ("", "x", persons, old + "x", "Bearer"):
        status, told, headers = house.asks("GET", "/Users", token=token)
        assert (status, headers["www-authenticate"]) == (401, "Bearer"), token
        assert "userName" not in json.dumps(told)
    assert house.asks("GET", "/Users", headers={"authorization": f"Basic {old}"})[0] == 401
    assert house.asks("GET", "/Users", token=old)[0] == 200, "two are good at the same time"


def test_a_token_for_pushing_opens_no_administration(house: Pushing) -> None:
    for operation in ("GET /settings", "GET /scim", "GET /tokens"):
        assert house.ask(house.token_value, operation)[0] == 403, operation


def test_many_wrong_tokens_from_one_address_are_told_to_wait_and_a_good_one_is_not(
    tmp_path: Path,
) -> None:
    house = Pushing(tmp_path / "org")
    try:
        found = [house.asks("GET", "/Users", token="no") for _ in range(22)]
        assert [each[0] for each in found] == [401] * 20 + [429] * 2
        assert int(found[-1][2]["retry-after"]) > 0
        assert house.asks("GET", "/Users")[0] == 200
        assert "no" not in {each.name for each in house.boot.folder.iterdir()}
        old = house.token_value
        house.token_value = house.pushing_token()
        (token, _) = house.office.tokens.store.every()
        house.loop.run_until_complete(house.office.tokens.remove(LOCAL, token.id, "rotated"))
        assert sorted(house.asks("GET", "/Users", token=t)[0] for t in (old, house.token_value)) == [
            200, 429,
        ]  # fmt: skip
    finally:
        house.close()


def test_the_rules_decide_what_may_be_pushed_over_whom(tmp_path: Path) -> None:
    """Nothing without a rule; and a forbid keeps officers out of the identity provider's hands."""
    house = Pushing(tmp_path / "one", settings="")
    try:
        assert house.asks("GET", "/Users")[0] == 403
        status, told, _ = house.asks("POST", "/Users", user("ann"))
        assert (status, told["schemas"]) == (403, ["urn:ietf:params:scim:api:messages:2.0:Error"])
        assert house.person("ann") is None
    finally:
        house.close()
    fence = """
[rules.officers-are-not-pushed]
from = ["identity-provider"]
to = ["security-office"]
forbid = ["administer"]
"""
    house = Pushing(tmp_path / "two", {"officer": "Security-Officers"}, RULES + RULE + fence)
    try:
        assert house.asks("POST", "/Users", user("officer", active=False))[0] == 403
        ann = added(house, "ann")
        made = house.asks("POST", "/Groups", group("Security-Officers", ann))
        assert made[0] == 201
        assert house.person("ann") == Person(groups=frozenset({"Security-Officers"}))
        off = patch({"op": "replace", "path": "active", "value": False})
        assert house.asks("PATCH", f"/Users/{ann}", off)[0] == 403
        gone = patch({"op": "remove", "path": f'members[value eq "{ann}"]'})
        assert house.asks("PATCH", f"/Groups/{made[1]['id']}", gone)[0] == 403
        assert house.person("ann") == Person(groups=frozenset({"Security-Officers"}))
    finally:
        house.close()


def test_each_change_is_on_record_by_whom_and_over_whom(house: Pushing) -> None:
    id_ = added(house, "recorded")
    house.asks(
        "PATCH", f"/Users/{id_}", patch({"op": "Replace", "path": "active", "value": "False"})
    )
    house.asks("DELETE", f"/Users/{id_}")
    found = [
        entry
        for entry, _ in house.office.records.read("control")
        if entry.get("act") == Act.ADMINISTRATION_PERSON_PROVISION
    ]
    mine = [each for each in found if "recorded" in json.dumps(each)]
    assert [each["claims"]["what"] for each in mine] == ["create", "deactivate", "delete"]
    assert {each["who"] for each in mine} == {f"@vedette-scim:{DOMAIN}"}
    token = house.office.tokens.store.every()[-1]
    assert {each["claims"]["token"] for each in mine} <= {
        each.id for each in house.office.tokens.store.every()
    }
    assert token.digest not in json.dumps(found)


# ---- the service itself --------------------------------------------------------------------------


def test_the_service_says_what_it_is_and_that_it_takes_no_passwords_and_no_bulk(
    house: Pushing,
) -> None:
    _, told, _ = house.asks("GET", "/ServiceProviderConfig")
    assert {name: told[name]["supported"] for name in ("patch", "bulk", "filter", "etag")} == {
        "patch": True, "bulk": False, "filter": True, "etag": True,
    }  # fmt: skip
    _, told, _ = house.asks("GET", f"/Schemas/{USER}")
    (password,) = [each for each in told["attributes"] if each["name"] == "password"]
    assert (password["mutability"], password["returned"]) == ("readOnly", "never")
    assert house.asks("GET", "/ResourceTypes")[1]["totalResults"] == 2
    for method, path, status in (
        ("POST", "/Bulk", 404), ("GET", "/Me", 404), ("GET", "/Users/x/y", 404), ("GET", "/", 404),
        ("DELETE", "/Users", 405), ("POST", "/Schemas", 405), ("GET", "/Schemas/x", 404),
        ("GET", "/Users/nobody", 404), ("PATCH", "/Users", 405),
    ):  # fmt: skip
        got, told, _ = house.asks(method, path, {} if method in ("POST", "PATCH") else None)
        assert (got, told["status"]) == (status, str(status)), (method, path)


def test_people_are_listed_page_by_page_and_attribute_by_attribute(house: Pushing) -> None:
    for name in ("page.one", "page.two", "page.three"):
        added(house, name, displayName=name)
    asked = "/Users?filter=userName+sw+%22page.%22"
    _, whole, _ = house.asks("GET", asked)
    _, second, _ = house.asks("GET", f"{asked}&startIndex=2&count=1")
    assert (whole["totalResults"], second["totalResults"], second["itemsPerPage"]) == (3, 3, 1)
    assert second["Resources"] == [whole["Resources"][1]]
    _, some, _ = house.asks("GET", f"{asked}&attributes=userName,meta.version&count=1")
    assert set(some["Resources"][0]) == {"schemas", "id", "userName", "meta"}
    assert set(some["Resources"][0]["meta"]) == {"version"}
    _, none, _ = house.asks("GET", f"{asked}&count=0&startIndex=-5")
    assert (none["totalResults"], none["Resources"]) == (3, [])
    search = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'userName sw "page."', "attributes": ["userName"], "startIndex": 2, "count": 1,
    }  # fmt: skip
    _, searched, _ = house.asks("POST", "/Users/.search", search)
    assert (searched["totalResults"], len(searched["Resources"])) == (3, 1)
    assert set(searched["Resources"][0]) == {"schemas", "id", "userName"}
    for query in ("filter=userName", "count=many", "attributes=id&excludedAttributes=meta"):
        status, told, _ = house.asks("GET", f"/Users?{query}")
        assert (status, told["status"]) == (400, "400"), query
    assert house.asks("GET", "/Users?filter=x+eq")[1]["scimType"] == "invalidFilter"


def test_what_is_unique_stays_so_and_names_that_no_account_has_are_refused(house: Pushing) -> None:
    one = added(house, "only.one")
    for taken in (f"only.one@{DOMAIN}", f"ONLY.ONE@{DOMAIN}", "only.one@other.example", "only.one"):
        status, told, _ = house.asks("POST", "/Users", {**user("x"), "userName": taken})
        assert (status, told["scimType"]) == (409, "uniqueness"), taken
    for odd in (
        "ann#ext#",
        "",
        " ",
        "a b",
        "ä",
        "x" * 300,
        "vedette-scim",
        "vedette-notices",
        "a:b",
    ):
        status, told, _ = house.asks(
            "POST", "/Users", {**user("x"), "userName": f"{odd}@x.example"}
        )
        assert (status, told["scimType"]) == (400, "invalidValue"), odd
    two = added(house, "only.two")
    rename = patch({"op": "replace", "path": "userName", "value": "only.one@z.example"})
    assert house.asks("PATCH", f"/Users/{two}", rename)[0] == 409
    married = patch({"op": "replace", "path": "userName", "value": f"only.married@{DOMAIN}"})
    assert house.asks("PATCH", f"/Users/{one}", married)[0] == 200
    assert house.person("only.one") == Person(), "the account keeps its name"
    assert house.person("only.married") is None
    assert house.asks("POST", "/Groups", group("Once"))[0] == 201
    assert house.asks("POST", "/Groups", group("once"))[1]["scimType"] == "uniqueness"
    assert house.asks("POST", "/Groups", group("More", "nobody"))[1]["scimType"] == "invalidValue"


def test_of_two_who_change_the_same_version_the_second_is_told(house: Pushing) -> None:
    _, made, headers = house.asks("POST", "/Users", user("versioned"))
    place, first = f"/Users/{made['id']}", headers["etag"]
    change = patch({"op": "add", "path": "title", "value": "x"})
    _, _, headers = house.asks("PATCH", place, change, headers={"if-match": first})
    assert headers["etag"] != first
    assert house.asks("PATCH", place, change, headers={"if-match": first})[0] == 412
    assert house.asks("DELETE", place, headers={"if-match": first})[0] == 412
    assert house.asks("GET", place, headers={"if-none-match": headers["etag"]})[0] == 304
    assert house.asks("PATCH", place, change)[2]["etag"] == headers["etag"], "nothing was changed"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"\xff", b'{"schemas": []}', b'{"schemas": ["x"], "userName": "a"}', b"{" * 999],
)
def test_a_body_that_is_none_is_refused(house: Pushing, body: bytes) -> None:
    for method, path in (("POST", "/Users"), ("POST", "/Groups")):
        status, told, _ = house.asks(method, path, body)
        assert (status, told["scimType"]) == (400, "invalidSyntax")


# ---- with other sources --------------------------------------------------------------------------


def test_the_first_source_decides_groups_and_any_source_takes_away(tmp_path: Path) -> None:
    house = Pushing(tmp_path / "org", {"both": "Table", "alone": "Table"})
    try:
        both = added(house, "both")
        house.asks("POST", "/Groups", group("Pushed", both))
        assert house.person("both") == Person(groups=frozenset({"Pushed"})), "scim before the table"
        assert house.person("alone") == Person(groups=frozenset({"Table"}))
        document = house.office.desk.current()[1]
        order = document.people.model_copy(update={"sources": ("table",)})
        house.office.desk.take(document.model_copy(update={"people": order}), 2)
        house.office.people.poll()
        people = house.office.people.people()
        assert people[f"@both:{DOMAIN}"].groups == frozenset({"Table"})
        off = patch({"op": "replace", "path": "active", "value": False})
        house.asks("PATCH", f"/Users/{both}", off)
        assert house.person("both") == OUT, "the table says otherwise, and does not decide"
        house.again()
        assert house.person("both") == OUT, "a restart lifts no ban"
        house.asks("PATCH", f"/Users/{both}", patch({"op": "add", "path": "active", "value": True}))
        assert house.person("both") == Person(groups=frozenset({"Pushed"}))
        file = house.boot.path(house.boot.control.people)
        file.write_text(file.read_text().replace(",yes", ",no"))
        assert house.person("both") == OUT, "what the table takes away is gone too"
    finally:
        house.close()


def test_guests_are_guests_by_the_groups_that_are_pushed(tmp_path: Path) -> None:
    settings = RULES + RULE + '\n[directory]\nguests = ["Guests"]\n'
    house = Pushing(tmp_path / "org", settings=settings)
    try:
        house.asks("POST", "/Groups", group("Guests", added(house, "gus")))
        assert house.person("gus") == Person(groups=frozenset({"Guests"}), guest=True)
        house.again()
        assert house.office.people.people()[f"@gus:{DOMAIN}"].guest, "from the very start"
    finally:
        house.close()


# ---- the guard -----------------------------------------------------------------------------------


def test_more_deactivations_than_may_be_are_held_until_somebody_confirms(tmp_path: Path) -> None:
    house = Pushing(tmp_path / "org")
    clock = MemoryClock(house.office.pushed.clock.now())
    try:
        house.office.people.source.pushed.clock = clock  # type: ignore[attr-defined]
        ids = [added(house, f"p{n}") for n in range(30)]
        assert house.person("p0") == Person()
        off = patch({"op": "Replace", "path": "active", "value": "False"})
        for n, id_ in enumerate(ids[:6]):
            house.asks("PATCH", f"/Users/{id_}", off)
            assert house.person(f"p{n}") == OUT
        house.asks("PATCH", f"/Users/{ids[6]}", off)
        assert house.person("p6") == Person(), "the seventh of thirty is too many"
        new = added(house, "newcomer")
        assert house.person("newcomer") is None, "and nothing newer is in force"
        state = house.loop.run_until_complete(house.office.pushed.state(LOCAL))
        assert state.held is not None
        assert (state.held.taken, state.held.of) == (7, 30)
        assert any("vedette scim confirm" in each for each in house.office.people.faults())
        on = patch({"op": "Replace", "path": "active", "value": True})
        house.asks("PATCH", f"/Users/{ids[6]}", on)
        assert house.person("newcomer") == Person(), "taken back, it is no more held"
        house.asks("PATCH", f"/Users/{ids[6]}", off)
        assert house.person("p6") == Person()
        token = house.tokens.get("local") or house.boot.path(house.boot.control.token).read_text()
        status, told = house.ask(token.strip(), "POST /scim/confirm", body={"reason": "they left"})
        assert status == 200, told
        assert house.person("p6") == OUT
        assert house.ask(token.strip(), "POST /scim/confirm", body={"reason": "x"})[0] == 404
        assert new
        for n in range(10, 14):
            house.asks("DELETE", f"/Users/{ids[n]}")
            assert house.person(f"p{n}") == OUT, "from the confirmation on it is counted anew"
        clock.seconds += WINDOW
        for n in range(14, 18):
            house.asks("DELETE", f"/Users/{ids[n]}")
            assert house.person(f"p{n}") == OUT, "and from hour to hour"
    finally:
        house.close()


def test_a_list_that_is_held_stays_so_over_a_restart(tmp_path: Path) -> None:
    house = Pushing(tmp_path / "org")
    try:
        ids = [added(house, f"p{n}") for n in range(20)]
        assert house.person("p0") == Person()
        for id_ in ids:
            house.asks("DELETE", f"/Users/{id_}")
        assert house.person("p19") == Person()
        house.again()
        assert house.person("p19") == Person()
        assert house.office.pushed.following.state().held is not None
    finally:
        house.close()


def test_what_is_pushed_by_many_costs_as_much_for_the_last_as_for_the_first(house: Pushing) -> None:
    """Counted in what the list of people has to look at, so that a busy machine changes nothing."""
    following = house.office.people.source.pushed  # type: ignore[attr-defined]
    store = house.office.pushed.store
    first = store.user(added(house, "many"))
    assert first is not None
    looked = []
    for n in range(10_000):
        following.take_user(replace(first, id=f"{n:032x}", name=f"many.{n}"))
        if n % 100 == 99:
            looked.append(len(following._touched))
            assert following.poll() is True
    assert set(looked) <= {100, 101, 102}
    assert len([n for n in following.people() if n.startswith("@many.")]) == 10_000
