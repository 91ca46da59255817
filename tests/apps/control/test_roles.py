"""Every operation of the admin API, asked by every shipped role, over whom it may and may not."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from tests.apps.control.house import DOMAIN, House
from tests.apps.control.organisation import PREFIX
from tests.apps.control.sign_in import session as made
from vedette.adapters.memory.held_files import MemoryHeldFiles
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.admin.rejected import Rejected
from vedette.admin.tokens import digest_of
from vedette.api.app import make_app
from vedette.core.asks import Act, Ask, Need
from vedette.core.decide import decide
from vedette.core.facts import Facts
from vedette.core.names import MediaId, ServerName, UserId
from vedette.core.pending import PendingChange
from vedette.core.tokens import GRANTABLE, PUSHING
from vedette.core.waiting_acts import WaitingAct
from vedette.protocol.internal.held_files import FileRow, FileState

TOMORROW = str(datetime.now(UTC).date() + timedelta(days=1))
PEOPLE = {
    "officer": "Security-Officers",
    "manager": "Federation-Managers",
    "operator": "Operators",
    "helper": "IT-Helpdesk",
    "auditor": "Auditors",
    "alice": "Employees",
    "colleague": "Security-Officers",
}
ROLES = ("officer", "manager", "operator", "helper", "auditor", "alice")
INSIDE, OUTSIDE = "alice", "officer"
"""Over whom the help desk may act, and over whom it may not."""

SETTINGS, PARTNERS = "administration:settings:read", "partners:partner:list"
ROOMS = {"rooms:room:count", "rooms:room:list"}
MAY: dict[str, set[str]] = {
    "officer": {act.value for act in GRANTABLE},
    "manager": {
        PARTNERS, "partners:partner:change", "partners:partner:check", SETTINGS,
        "administration:settings:withdraw", "policy:decision:explain", "doors:door:list", *ROOMS,
    },
    "operator": {
        SETTINGS, "audit:chain:verify", "doors:door:list", PARTNERS, "partners:partner:check",
        "certificates:certificate:list", "certificates:server:list", "certificates:server:renew",
        "devices:inventory:list", "devices:inventory:test",
        "people:directory:preview", "people:directory:show", "people:person:count",
        "people:pushed:show",
        "rooms:room:sweep", *ROOMS,
    },
    "helper": {
        "devices:device:approve", "files:file:list", "people:account:create", "people:factor:reset",
        "people:password:reset", "sessions:session:end", "sessions:session:list",
        "sessions:session:resume", "sessions:session:suspend",
    },
    "auditor": {
        SETTINGS, "administration:settings:replay", "audit:chain:verify", "audit:record:read",
        "certificates:certificate:list", "devices:inventory:list", "doors:door:list",
        "files:file:list", PARTNERS,
        "people:directory:show", "people:pushed:show", "policy:decision:explain",
        "tokens:token:list", *ROOMS,
    },
    "alice": set(),
}  # fmt: skip
"""What each shipped role may, written down apart from the default document."""


@dataclass(frozen=True)
class Row:
    """One operation and the acts that it asks. `{who}` in paths and bodies is over whom it goes."""

    operation: str
    acts: tuple[str, ...]
    path: str = ""
    body: dict[str, Any] | None = None
    over: bool = False
    filters: str = field(default="")
    """The key of a list from which is left out whom the actor may not see."""


def _over(operation: str, act: str, path: str = "", **body: Any) -> Row:
    return Row(operation, (act,), path, body or None, over=True)


DRAFT = (SETTINGS, "administration:settings:draft")
CHANGE = (SETTINGS, "administration:settings:apply")
RULE = {"between": ["us", "outside"], "allow": ["presence"]}
NEW = {"name": "beta", "domains": ["beta.example"], "reason": "x"}
DEVICE = {"user": "{who}", "device": "{DEVICE}", "reason": "x"}
TABLE = [
    Row("GET /settings", (SETTINGS,)),
    Row("GET /settings/value", (SETTINGS,), "/settings/value?path=organisation.name"),
    Row("GET /settings/synapse", (SETTINGS,)),
    Row("POST /settings/check", (SETTINGS,), body={"text": "x"}),
    Row("POST /settings/diff", (SETTINGS,), body={"text": "x"}),
    Row("POST /settings/replay", ("administration:settings:replay",), body={"text": "x"}),
    Row("GET /settings/revisions", (SETTINGS,)),
    Row("GET /settings/revisions/{number}", (SETTINGS,), "/settings/revisions/1"),
    Row("GET /settings/revisions/{number}/diff", (SETTINGS,), "/settings/revisions/1/diff?since=1"),
    Row("GET /grid", (SETTINGS,)),
    Row("GET /rules", (SETTINGS,)),
    Row("GET /rules/{name}", (SETTINGS,), "/rules/talk"),
    Row("PUT /settings", CHANGE, body={"text": "{TEXT}", "reason": "x"}),
    Row("PATCH /settings", CHANGE,
        body={"path": "sign_in.session", "value": "20 days", "reason": "x"}),
    Row("POST /settings/foresee", (SETTINGS,), body={"text": "x"}),
    Row("POST /settings/change", CHANGE,
        body={"changes": [{"path": "sign_in.session", "value": "19 days"}], "reason": "x"}),
    Row("PUT /rules/{name}", CHANGE, "/rules/talk", body={"rule": RULE, "reason": "x"}),
    Row("POST /rules", CHANGE, body={"id": "more", "rule": RULE, "reason": "x"}),
    Row("DELETE /rules/{name}", CHANGE, "/rules/pictures-of-people?reason=x"),
    Row("POST /settings/restore", (SETTINGS, "administration:settings:restore"),
        body={"revision": 1, "reason": "x"}),
    Row("GET /settings/drafts", (SETTINGS,)),
    Row("GET /settings/drafts/{name}", (SETTINGS,), "/settings/drafts/nothing"),
    Row("POST /settings/drafts", DRAFT, body={"text": "x", "base": 1}),
    Row("PUT /settings/drafts/{name}", DRAFT, "/settings/drafts/mine", {"text": "x", "base": 1}),
    Row("DELETE /settings/drafts/{name}", DRAFT, "/settings/drafts/mine?version=1"),
    Row("POST /settings/confirm", (SETTINGS, "administration:settings:confirm"),
        body={"revision": 1}),
    Row("GET /settings/pending", (SETTINGS,)),
    Row("GET /settings/pending/{change}", (SETTINGS,), "/settings/pending/{CHANGE}"),
    Row("POST /settings/pending/{change}/approve", (SETTINGS, "administration:settings:approve"),
        "/settings/pending/{CHANGE}/approve", {"reason": "x"}),
    Row("POST /settings/pending/{change}/reject", (SETTINGS, "administration:settings:reject"),
        "/settings/pending/{CHANGE}/reject", {"reason": "x"}),
    Row("POST /settings/pending/{change}/withdraw", (SETTINGS, "administration:settings:withdraw"),
        "/settings/pending/{CHANGE}/withdraw", {"reason": "x"}),
    Row("GET /acts", ("administration:act:list",)),
    Row("GET /acts/{act}", ("administration:act:list",), "/acts/{ACT}"),
    _over("POST /acts/{act}/approve", "administration:act:approve", "/acts/{ACT}/approve",
          reason="x"),
    _over("POST /acts/{act}/reject", "administration:act:reject", "/acts/{ACT}/reject", reason="x"),
    Row("POST /why", ("policy:decision:explain",),
        body={"from": "@a:example.test", "to": "@b:example.test", "channel": "message"}),
    Row("GET /why/{record}", ("audit:record:read",), "/why/control:1"),
    Row("GET /audit/records", ("audit:record:read",)),
    Row("GET /audit/search", ("audit:record:read",)),
    _over("POST /audit/erase", "audit:person:erase", person="{who}", reason="x"),
    _over("POST /audit/person", "audit:person:report", person="{who}", reason="x"),
    Row("GET /audit/chains", ("audit:chain:verify",)),
    Row("GET /doors", ("doors:door:list",)),
    Row("GET /people", ("people:person:count",)),
    Row("GET /partners", (PARTNERS,)),
    Row("GET /partners/{name}", (PARTNERS,), "/partners/acme"),
    Row("POST /partners/difference", (PARTNERS,), body=NEW),
    Row("POST /partners", (PARTNERS, "partners:partner:change"), body=NEW),
    Row("POST /partners/{name}/check", ("partners:partner:check",), "/partners/acme/check"),
    Row("DELETE /partners/{name}", (PARTNERS, "partners:partner:change"),
        "/partners/acme?reason=x"),
    Row("GET /devices/inventories", ("devices:inventory:list",)),
    Row("GET /devices/inventory", ("devices:inventory:list",)),
    Row("GET /devices/inventory/device", ("devices:inventory:list",),
        "/devices/inventory/device?source=intune&id=d1"),
    Row("GET /certificates", ("certificates:certificate:list",)),
    Row("GET /certificates/standing", ("certificates:certificate:list",)),
    Row("POST /certificates/revoked", ("certificates:certificate:revoke",),
        body={"issuer": "company", "serial": "1A", "reason": "x"}),
    Row("GET /certificates/server", ("certificates:server:list",)),
    Row("POST /certificates/server/renew", ("certificates:server:renew",), body={"reason": "x"}),
    Row("GET /keys", ("keys:key:list",)),
    Row("GET /keys/{name}/next", ("keys:key:list",), "/keys/nothing/next"),
    Row("POST /keys/{name}/rotate", ("keys:key:rotate",), "/keys/nothing/rotate",
        body={"reason": "x"}),
    Row("GET /directory", ("people:directory:show",)),
    Row("POST /directory/test", ("people:directory:show",)),
    Row("GET /directory/preview", ("people:directory:preview",), "/directory/preview?party=us"),
    Row("GET /scim", ("people:pushed:show",)),
    Row("GET /scim/users", ("people:pushed:show",)),
    Row("GET /scim/groups", ("people:pushed:show",)),
    Row("POST /scim/confirm", ("people:pushed:confirm",), body={"reason": "x"}),
    Row("POST /directory/sync", ("people:directory:sync",), body={"reason": "x"}),
    Row("POST /devices/inventories/{name}/test", ("devices:inventory:test",),
        "/devices/inventories/nothing/test"),
    Row("POST /devices/inventories/{name}/sync", ("devices:inventory:sync",),
        "/devices/inventories/nothing/sync", body={"reason": "x"}),
    Row("GET /rooms", ("rooms:room:list",)),
    Row("GET /rooms/counts", ("rooms:room:count",)),
    Row("GET /rooms/one", ("rooms:room:list",), "/rooms/one?room=x"),
    Row("POST /rooms/sweep", ("rooms:room:sweep",), body={"reason": "x"}),
    Row("GET /files", ("files:file:list",), over=True, filters="files"),
    Row("GET /files/refused", ("files:file:list",), over=True, filters="files"),
    _over("GET /files/{server}/{media}", "files:file:list", "/files/example.test/of-{name}"),
    _over("POST /files/{server}/{media}/hold", "files:file:hold",
          "/files/example.test/of-{name}/hold", reason="x"),
    _over("POST /files/{server}/{media}/release", "files:file:release",
          "/files/example.test/of-{name}/release", reason="x"),
    Row("GET /tokens", ("tokens:token:list",)),
    _over("POST /tokens", "tokens:token:add", user="{who}", acts=["doors:door:list"],
          expires="{today}", reason="x"),
    _over("DELETE /tokens/{id_}", "tokens:token:remove", "/tokens/{TOKEN}?reason=x"),
    Row("GET /sessions", ("sessions:session:list",), over=True, filters="sessions"),
    _over("GET /sessions/{id_}", "sessions:session:list", "/sessions/{SESSION}"),
    _over("POST /sessions/{id_}/suspend", "sessions:session:suspend",
          "/sessions/{SESSION}/suspend", reason="x"),
    _over("POST /sessions/{id_}/resume", "sessions:session:resume", "/sessions/{SESSION}/resume",
          reason="x"),
    _over("POST /sessions/{id_}/approve", "devices:device:approve", "/sessions/{SESSION}/approve",
          reason="x"),
    Row("GET /devices", ("sessions:session:list",), over=True, filters="sessions"),
    _over("GET /devices/device", "sessions:session:list",
          "/devices/device?user={who}&device={DEVICE}"),
    _over("POST /devices/suspend", "sessions:session:suspend", **DEVICE),
    _over("POST /devices/resume", "sessions:session:resume", **DEVICE),
    _over("POST /devices/approve", "devices:device:approve", **DEVICE),
    _over("POST /devices/reject", "devices:device:approve", **DEVICE),
    _over("POST /devices/end", "sessions:session:end", **DEVICE),
    _over("POST /sessions/{id_}/end", "sessions:session:end", "/sessions/{SESSION}/end",
          reason="x"),
    Row("GET /people/accounts", ("sessions:session:list",), over=True, filters="accounts"),
    _over("POST /people/accounts", "people:account:create", user="{who}"),
    _over("GET /people/{user}/factors", "sessions:session:list", "/people/{who}/factors"),
    _over("POST /people/{user}/factors/reset", "people:factor:reset", "/people/{who}/factors/reset",
          reason="x"),
    _over("POST /people/{user}/password/reset", "people:password:reset",
          "/people/{who}/password/reset", reason="x"),
    _over("POST /people/{user}/sessions/suspend", "sessions:session:suspend",
          "/people/{who}/sessions/suspend", reason="x"),
    _over("POST /people/{user}/sessions/end", "sessions:session:end",
          "/people/{who}/sessions/end", reason="x"),
    _over("POST /people/{user}/unlock", "people:password:reset", "/people/{who}/unlock",
          reason="x"),
]  # fmt: skip


def file_of(name: str) -> FileRow:
    """A file of this person that waits to be looked at."""
    return FileRow(
        server=ServerName(DOMAIN), media=MediaId(f"of-{name}"), owner=UserId(f"@{name}:{DOMAIN}"),
        declared="", name="a", size=1, created=1, state=FileState.WAITING,
    )  # fmt: skip


class Roles(House):
    """The house with everyone's sessions, on which the table acts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, PEOPLE)
        for name, value in self.tokens.items():  # what the local token made approves nothing
            self.made_by(value, f"@{name}:{DOMAIN}")
        self.sessions = 0
        self.store = open_sign_in_store(self.boot.sign_in_database(), self.boot.store_key())
        self.names: dict[str, dict[str, str]] = {}
        for name in (INSIDE, OUTSIDE):
            self.store.make_account(name, name, "x", int(time.time()), must_change=False)
            self.sign_in(name)
        self.office.files.files = MemoryHeldFiles()  # no Synapse runs here
        for name in (INSIDE, OUTSIDE):
            self.office.files.files.put(file_of(name))
        acme = {"name": "acme", "domains": ["acme.example"], "reason": "for the table"}
        assert self.ask(self.office.token.current(), "POST /partners", body=acme)[0] == 200

    def refused_upload(self, name: str) -> None:
        """An upload of this person that the rules refused, on record."""
        spine = self.office.desk.spine
        ask = Ask(act=Act.FILE_CONTENT_UPLOAD, who=f"@{name}:{DOMAIN}", need=Need.SOME)
        decision = decide(spine.policy.current().rules, ask, Facts())
        self.loop.run_until_complete(spine.audit.append(ask, Facts(), decision))

    def sign_in(self, name: str) -> None:
        """A session to act on, whatever became of the one before."""
        self.sessions += 1
        until = int(time.time()) + 99_999
        one = made(f"{name}{self.sessions}", UserId(f"@{name}:{DOMAIN}"), expires=until)
        self.store.add_session(one, None, int(time.time()))
        self.names[name] = {"SESSION": one.id, "DEVICE": one.device}

    def waiting(self, author: str) -> str:
        """A change of somebody's that waits."""
        newest = self.office.desk.current()[0]
        change = PendingChange(
            id=secrets.token_hex(5),
            text=newest.text + "# one line more\n",
            digest=newest.digest,
            base=newest.number,
            act=Act.ADMINISTRATION_SETTINGS_APPLY,
            author=f"@{author}:{DOMAIN}",
            token="",
            reason="x",
            asked=int(time.time()),
            expires=int(time.time()) + 99,
        )
        self.office.desk.pending.add(change)
        return change.id

    def act(self, whom: str) -> str:
        """An act of a colleague's over somebody that waits."""
        now = int(time.time())
        act = WaitingAct(
            id=secrets.token_hex(5), act=Act.ADMINISTRATION_FACTOR_RESET, token="", what="", more="",
            author=f"@colleague:{DOMAIN}", over=f"@{whom}:{DOMAIN}", reason="x", asked=now,
            expires=now + 99, record="control:1",
        )  # fmt: skip
        self.office.acts.acts.store.add(act)
        return act.id

    def row(self, row: Row, role: str, whom: str) -> tuple[int, Any]:
        """One row of the table, its names filled in."""
        if row.over:
            self.sign_in(whom)
        names = {"who": f"@{whom}:{DOMAIN}", "name": whom, "today": TOMORROW,
                 **self.names[whom]}  # fmt: skip
        if row.operation == "GET /files/refused":
            self.refused_upload(whom)  # the ones before may be nobody's any more: people are erased
        if "{TOKEN}" in row.path:
            self.token(whom)
            names["TOKEN"] = self.office.tokens.store.every()[-1].id
        if "{CHANGE}" in row.path:
            names["CHANGE"] = self.waiting(role if row.path.endswith("withdraw") else "colleague")
        if "{ACT}" in row.path:
            names["ACT"] = self.act(whom)
        newest = self.office.desk.current()[0]
        names["TEXT"] = newest.text + "# one more line\n"
        path, body = _filled(row.path, names), _filled(row.body, names)
        if row.operation == "PUT /settings":
            body["base"] = newest.number
        return self.ask(self.tokens[role], row.operation, path, body)

    def close(self) -> None:
        self.store.close()
        super().close()


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, names) for key, each in value.items()}
    if not isinstance(value, str):
        return value
    for name, text in names.items():
        value = value.replace("{" + name + "}", text)
    return value


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roles]:
    house = Roles(tmp_path_factory.mktemp("roles") / "org")
    yield house
    house.close()


OVER_NO_SELF = {"POST /files/{server}/{media}/release", "POST /acts/{act}/approve"}
"""What nobody does over themselves, whoever they are."""


def may(role: str, row: Row, whom: str) -> bool:
    apart = role == "helper" and row.over and whom == OUTSIDE
    own = whom == role and row.operation in OVER_NO_SELF
    return set(row.acts) <= MAY[role] and not apart and not own


def operations(app: FastAPI) -> dict[str, Any]:
    """Every operation that stands behind a token, as the application itself describes it."""
    return {
        f"{method.upper()} {path.removeprefix(PREFIX)}": described
        for path, methods in app.openapi()["paths"].items()
        for method, described in methods.items()
        if path not in ("/health", "/ready", "/metrics")
    }


def test_every_operation_has_a_row(house: Roles) -> None:
    assert set(operations(make_app(house.office))) == {row.operation for row in TABLE}


def test_an_operation_that_somebody_adds_is_without_a_row(house: Roles) -> None:
    async def forget(user: str) -> None:
        """Forget somebody."""

    app = make_app(house.office)
    app.post(f"{PREFIX}/people/{{user}}/forget")(forget)
    assert set(operations(app)) - {row.operation for row in TABLE} == {"POST /people/{user}/forget"}


# ---- whose the ids are -----------------------------------------------------------------------------

SOMEBODYS = {"user", "person", "device", "id_", "server", "media"}
"""Names of what is somebody's: people, their sessions, devices, tokens and files."""
NOBODYS = {
    "act",
    "number",
    "name",
    "change",
    "record",
    "issuer",
    "serial",
    "party",
    "group",
    "room",
}
"""Names of what is the organisation's: revisions, rules, partners, keys, changes, records, rooms."""
FROM_WHOM = {"GET /audit/records", "GET /audit/search"}
"""The record is for whoever may read all of it; everywhere else one may not see whom one may not."""


def named_in(described: dict[str, Any], shapes: dict[str, Any]) -> set[str]:
    """What an operation takes from its path, its query and its body."""
    found = {str(each["name"]) for each in described.get("parameters", ())}
    body = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    shape = body.get("schema", {})
    shape = shapes.get(str(shape.get("$ref", "")).rpartition("/")[2], shape)
    return found | set(shape.get("properties", {}))


def places_of(operation: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", operation))


def test_every_id_is_somebodys_or_nobodys(house: Roles) -> None:
    named = set().union(*map(places_of, operations(make_app(house.office))))
    assert named <= SOMEBODYS | NOBODYS, named - SOMEBODYS - NOBODYS


def test_what_names_somebody_is_tried_over_whom_one_may_not(house: Roles) -> None:
    app = make_app(house.office)
    shapes = app.openapi()["components"]["schemas"]
    naming = {
        operation
        for operation, described in operations(app).items()
        if named_in(described, shapes) & SOMEBODYS
    }
    assert naming - {row.operation for row in TABLE if row.over} == FROM_WHOM


def test_every_administrative_act_is_asked_somewhere() -> None:
    asked = {act for row in TABLE for act in row.acts}
    recovery = {act.value for act in Act if act.name.startswith("ADMINISTRATION_RECOVERY_")}
    assert not asked & recovery  # on control's own host alone, never over the network
    pushing = {act.value for act in PUSHING}
    assert not asked & pushing  # where identity providers push, by tests/apps/control/test_scim.py
    every = {act.value for act in Act if act.name.startswith("ADMINISTRATION_")}
    assert asked | recovery | pushing == every


CASES = [
    pytest.param(
        row, role, whom, id=f"{role} {row.operation} over {whom if row.over else 'nobody'}"
    )
    for role in reversed(ROLES)
    for row in TABLE
    for whom in ((INSIDE, OUTSIDE) if row.over else (INSIDE,))
]


@pytest.mark.parametrize(("row", "role", "whom"), CASES)
def test_a_role_does_what_its_rule_names_over_whom_it_names(
    house: Roles, row: Row, role: str, whom: str
) -> None:
    status, answer = house.row(row, role, whom)
    if row.filters and status == 200:
        seen = {_localpart(each) for each in answer[row.filters]}
        assert (whom in seen) == may(role, row, whom) or whom not in house.names
    elif may(role, row, whom):
        assert status not in (401, 403, 422, 500), answer
    else:
        assert (status, answer["error"]["code"]) == (403, "refused")
        assert answer["error"]["record"]


# ---- what a token takes away -----------------------------------------------------------------------


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"] if "error" in answer[1] else ""


def test_a_token_is_good_for_its_acts_alone(house: Roles) -> None:
    narrow = house.token("officer", acts=("doors:door:list",))
    assert house.ask(narrow, "GET /doors")[0] == 200
    status, answer = house.ask(narrow, "GET /settings")
    assert (status, answer["error"]["message"]) == (403, "no: no rule, beyond-token")


def test_a_token_gives_nothing_that_its_person_may_not(house: Roles) -> None:
    house.store.note_reset(INSIDE, None)  # her credentials were reset above
    wide = house.token("alice", acts=("doors:door:list",))
    assert code(house.ask(wide, "GET /doors")) == (403, "refused")


def test_a_token_over_parties_is_good_over_nobody_else_and_not_for_the_organisation(
    house: Roles,
) -> None:
    narrow = house.token("officer", over=("help-desk",))
    helper, alice = (f"/people/@{name}:{DOMAIN}/unlock" for name in ("helper", "alice"))
    assert code(house.ask(narrow, "POST", helper, {"reason": "x"})) == (404, "not-found")
    assert code(house.ask(narrow, "POST", alice, {"reason": "x"})) == (403, "refused")
    assert code(house.ask(narrow, "GET /settings")) == (403, "refused")


def test_no_token_makes_tokens_whatever_its_person_may(house: Roles) -> None:
    body = {"user": "officer", "acts": ["doors:door:list"], "reason": "x",
            "expires": TOMORROW}  # fmt: skip
    assert code(house.ask(house.tokens["officer"], "POST /tokens", body=body)) == (403, "refused")
    local = house.office.token.current()
    assert house.ask(local, "POST /tokens", body=body)[0] == 200
    wished = {**body, "acts": ["tokens:token:add"]}
    assert code(house.ask(local, "POST /tokens", body=wished)) == (400, "invalid")


def test_a_removed_token_is_nothing_at_once(house: Roles) -> None:
    value, local = house.token("officer"), house.office.token.current()
    newest = house.office.tokens.store.every()
    own = next(each for each in newest if each.digest == digest_of(value))
    assert house.ask(value, "GET /doors")[0] == 200
    assert house.ask(local, "DELETE", f"/tokens/{own.id}?reason=lost")[0] == 200
    assert code(house.ask(value, "GET /doors")) == (401, "unauthorized")
    assert code(house.ask(local, "DELETE", f"/tokens/{own.id}?reason=lost")) == (404, "not-found")


def test_a_token_ends_with_its_last_day(house: Roles) -> None:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    value = house.token("officer", expires=midnight.date())
    kept = house.office.tokens.store.by_digest(digest_of(value))
    assert kept is not None
    assert kept.expires == int((midnight + timedelta(days=1)).timestamp())
    house.office.tokens.store.remove(kept.id)
    house.office.tokens.store.add(replace(kept, expires=int(time.time())))
    assert code(house.ask(value, "GET /doors")) == (401, "unauthorized")


@pytest.mark.parametrize("days", [-1, 401])
def test_a_last_day_is_neither_over_nor_far_away(house: Roles, days: int) -> None:
    with pytest.raises(Rejected, match="last day"):
        house.token("officer", expires=datetime.now(UTC).date() + timedelta(days=days))


@pytest.mark.parametrize("wish", [{"acts": ("no:such:act",)}, {"over": ("nobody",)}, {"acts": ()}])
def test_what_is_no_act_and_no_party_makes_no_token(house: Roles, wish: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        house.token("officer", **wish)


def test_the_value_is_kept_nowhere_and_what_is_listed_has_none(house: Roles) -> None:
    value = house.token("auditor")
    listed = house.ask(house.office.token.current(), "GET /tokens")[1]
    assert value not in json.dumps(listed)
    assert digest_of(value) not in json.dumps(listed)
    assert house.ask(value, "GET /doors")[0] == 200  # its use is on record too
    for path in house.boot.folder.rglob("*"):
        assert not path.is_file() or value.encode() not in path.read_bytes(), path


def test_whoever_left_is_not_acted_for_any_more(house: Roles) -> None:
    people = house.boot.path(house.boot.control.people)
    before = people.read_text()
    try:
        people.write_text(before.replace("@auditor:", "@somebody-else:"))
        house.look_at_people()
        assert code(house.ask(house.tokens["auditor"], "GET /doors")) == (403, "refused")
        with pytest.raises(Rejected, match="not in the directory"):
            house.token("auditor")
    finally:
        people.write_text(before)
        house.look_at_people()


def test_adding_a_partner_gives_nobody_administration(house: Roles) -> None:
    body = {"name": "gamma", "domains": ["gamma.example"], "reason": "x", "direction": "out",
            "allow": ["administer"]}  # fmt: skip
    assert code(house.ask(house.tokens["manager"], "POST /partners", body=body)) == (400, "invalid")


def _localpart(entry: dict[str, Any]) -> str:
    named = entry.get("owner") or entry.get("user", entry.get("localpart", ""))
    return str(named).removeprefix("@").partition(":")[0]
