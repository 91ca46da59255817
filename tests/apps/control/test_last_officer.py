"""Every way to shut the last officer out is refused, comes back, or is told with its way out."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.apps.control.house import DOMAIN, House
from tests.apps.control.sign_in import session
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.admin.actor import RECOVERING
from vedette.admin.findings import Found, Health
from vedette.admin.officers import LOOKS, NARROW, officers_found
from vedette.admin.settings import Applied, Proposal
from vedette.api.border import Border
from vedette.control.officers_here import officers_seen
from vedette.core.names import UserId
from vedette.core.sessions import SessionState
from vedette.core.settings.edit import add_rule

OFFICE = {"anna": "Security-Officers", "bob": "Employees"}
ANNA = f"@anna:{DOMAIN}"
TOMORROW = str(datetime.now(UTC).date() + timedelta(days=1))
WHY = {"reason": "as agreed"}


class Alone(House):
    """One officer, who signs in with a password and a passkey, and somebody else."""

    def __init__(self, folder: Path, people: Mapping[str, str] = OFFICE) -> None:
        super().__init__(folder, people)
        self.sizes = 1
        self.store = open_sign_in_store(self.boot.sign_in_database(), self.boot.store_key())
        for name, group in people.items():
            if group == "Security-Officers":
                self.store.make_account(name, name.title(), "$argon2id$x", int(time.time()))

    def by(self, who: str, operation: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        token = self.office.token.current() if who == "local" else self.tokens[who]
        return self.ask(token, operation, path, body)

    def table(self, *lines: str) -> None:
        """Another people.csv, and one look at it."""
        text = "\n".join(["user,groups,guest,active", *lines]) + "\n"
        self.boot.path(self.boot.control.people).write_text(text)
        self.look_at_people()

    def calm(self) -> None:
        """The list as it was."""
        self.table(*(f"{name},{group},," for name, group in OFFICE.items()))
        self.office.people.remember(self.office.people.learned())  # type: ignore[attr-defined]

    def may(self, name: str) -> bool:
        """Whether somebody's change of the settings is allowed now."""
        self.sizes += 1
        body = {"path": "media.max_upload", "value": f'"{self.sizes} MiB"', **WHY}
        status, answer = self.by(name, "PATCH /settings", body=body)
        assert status in (200, 401, 403), answer
        return status == 200

    def findings(self) -> list[Found]:
        """How those stand who may change the settings; before that, who of them still waits."""
        revision, document = self.office.desk.current()
        seen = officers_seen(self.boot, document, revision.number, self.store, time.time())
        return list(officers_found(seen, "people.csv"))

    def finding(self) -> Found:
        return self.findings()[-1]

    def recovered(self) -> Applied:
        """A change by whoever has the offline code."""
        newest, _ = self.office.desk.current()
        rule = {"from": ["us"], "allow": ["administer"]}
        text = add_rule(newest.text, f"mended-{newest.number}", rule)
        proposal = Proposal(text=text, base=newest.number, reason="mended", author=RECOVERING)
        done = self.loop.run_until_complete(self.office.desk.apply(proposal))
        assert isinstance(done, Applied)
        return done


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    made = Alone(tmp_path_factory.mktemp("alone") / "org")
    yield made
    made.store.close()
    made.close()


@pytest.fixture(autouse=True)
def confirmed(alone: Alone) -> None:
    """No test's revisions are on the trial of another one's."""
    alone.office.desk.trials.end()


# ---- a revision: refused ---------------------------------------------------------------------------

OFFICERS_RULE: dict[str, Any] = {"from": ["security-office"], "allow": ["administer"]}
SIGN_IN_RULE: dict[str, Any] = {
    "from": ["us"], "allow": ["sign-in"], "when": ["sign_in.factors >= 2"],
}  # fmt: skip


def no_sign_in(**other: Any) -> dict[str, Any]:
    return {"from": ["us"], "forbid": ["sign-in"], **other}


REFUSED: dict[str, tuple[str, str, Any]] = {
    "a rule forbids the officers to administer":
        ("POST /rules", "", {"id": "x", "rule": {"from": ["security-office"], "forbid": ["administer"]}}),
    "a guardrail does":
        ("POST /rules", "", {"id": "x", "guardrail": True,
                             "rule": {"from": ["security-office"], "forbid": ["administer"]}}),
    "a rule forbids it to everybody":
        ("POST /rules", "", {"id": "x", "rule": {"from": ["us"], "forbid": ["administer"]}}),
    "their rule is removed": ("DELETE /rules/security-office", "/rules/security-office?reason=x", None),
    "their rule only observes":
        ("PUT /rules/security-office", "", {"rule": {**OFFICERS_RULE, "mode": "observe"}}),
    "their rule is about others":
        ("PUT /rules/security-office", "", {"rule": {**OFFICERS_RULE, "from": ["auditors"]}}),
    "their rule gets an end":
        ("PUT /rules/security-office", "", {"rule": {**OFFICERS_RULE, "expires": TOMORROW}}),
    "the rule by which they sign in gets an end":
        ("PUT /rules/two-factors", "", {"rule": {**SIGN_IN_RULE, "expires": TOMORROW}}),
    "the rule by which they sign in is removed":
        ("DELETE /rules/two-factors", "/rules/two-factors?reason=x", None),
    "their party has another group":
        ("PATCH /settings", "", {"path": "parties.security-office", "value": '{ groups = ["X"] }'}),
    "their party is gone from itself":
        ("PATCH /settings", "", {"path": "parties.security-office",
                                     "value": '{ groups = ["Security-Officers"], except = ["staff"] }'}),
    "there is no second factor to be had":
        ("PATCH /settings", "", {"path": "sign_in.second_factors", "value": "[]"}),
    "signing in takes more factors than there are":
        ("POST /rules", "", {"id": "x", "rule": no_sign_in(unless=["sign_in.factors >= 4"])}),
    "signing in takes a certificate, and no CA is named":
        ("POST /rules", "", {"id": "x", "rule": no_sign_in(unless=["sign_in.kinds in certificate"])}),
    "nobody signs in":
        ("POST /rules", "", {"id": "x", "rule": no_sign_in()}),
    "a change takes a second person, and there is one officer":
        ("POST /rules", "", {"id": "x", "rule": {"from": ["us"], "forbid": ["administer"],
                                                 "when": ["change.widens in outside"],
                                                 "unless": ["approvals >= 1"]}}),
}  # fmt: skip


@pytest.mark.parametrize("who", ["anna", "local"])
@pytest.mark.parametrize("way", REFUSED)
def test_a_revision_that_shuts_the_last_officer_out_is_refused(
    alone: Alone, way: str, who: str
) -> None:
    operation, path, body = REFUSED[way]
    if "except" in str(body):
        staff = {"path": "parties.staff", "value": '{ groups = ["Security-Officers"] }'}
        alone.by("local", "PATCH /settings", body={**staff, **WHY})
    before = alone.office.desk.current()[0].number
    status, answer = alone.by(who, operation, path, None if body is None else {**body, **WHY})
    assert (status, answer.get("error", {}).get("code")) == (403, "lock-out"), answer
    assert answer["error"]["hint"]
    assert alone.office.desk.current()[0].number == before
    assert alone.may("anna")


def test_that_an_allow_for_others_ends_shuts_nobody_out(alone: Alone) -> None:
    rule = {"from": ["auditors"], "allow": ["administer"], "expires": TOMORROW,
            "when": ["act in administration:settings:read"]}  # fmt: skip
    status, answer = alone.by("anna", "POST /rules", body={"id": "auditing", "rule": rule, **WHY})
    assert status == 200, answer


# ---- a revision: comes back by itself --------------------------------------------------------------

COMES_BACK: dict[str, tuple[str, Any]] = {
    "only devices that nobody has":
        ("POST /rules", {"id": "x", "rule": no_sign_in(unless=["device.managed = yes"])}),
    "only passkeys, which the officer may not have":
        ("POST /rules", {"id": "x", "rule": no_sign_in(unless=["sign_in.kinds in webauthn"])}),
    "administering only from a network where nobody is":
        ("POST /rules", {"id": "x", "rule": {"from": ["us"], "forbid": ["administer"],
                                             "when": ["act in administration:settings:apply"],
                                             "unless": ["sign_in.networks in far"]}}),
    "administering only with a proof of this minute":
        ("POST /rules", {"id": "x", "rule": {"from": ["security-office"], "forbid": ["administer"],
                                             "unless": ["sign_in.age <= 1 seconds"]}}),
    "the officers' group makes guests":
        ("PATCH /settings", {"path": "directory.guests", "value": '["Security-Officers"]'}),
    "the filter of the directory finds nobody":
        ("PATCH /settings", {"path": "directory.people", "value": '"(cn=nobody)"'}),
    "the console forgets everybody at once":
        ("PATCH /settings", {"path": "sign_in.console_idle", "value": '"1 minute"'}),
}  # fmt: skip


@pytest.mark.parametrize("way", COMES_BACK)
def test_a_revision_that_might_shut_officers_out_comes_back_unless_one_of_them_confirms(
    alone: Alone, way: str
) -> None:
    networks = {"path": "networks.far", "value": '["192.0.2.0/24"]'}
    if "sign_in.networks" in str(COMES_BACK[way]):
        alone.by("anna", "PATCH /settings", body={**networks, **WHY})
        alone.office.desk.trials.end()  # as whoever confirms it does
    before = alone.office.desk.current()[0]
    operation, body = COMES_BACK[way]
    status, answer = alone.by("anna", operation, body={**body, **WHY})
    assert (status, answer["trial"]["back_to"]) == (200, before.number), answer
    alone.force("update trials set until = 1")
    returned = alone.loop.run_until_complete(alone.office.trial.keep())
    assert returned is not None
    assert returned.text == before.text
    assert alone.may("anna")


# ---- a list of people ------------------------------------------------------------------------------

STAYS: dict[str, tuple[str, ...]] = {
    "the group is gone": ("anna,Employees,,", "bob,Employees,,"),
    "the group has another name": ("anna,Security Officers,,", "bob,Employees,,"),
    "there are no groups at all": ("anna,,,", "bob,,,"),
    "the line is lost": ("bob,Employees,,",),
    "the table has a head and nothing else": (),
}


@pytest.mark.parametrize("way", STAYS)
def test_a_list_in_which_the_right_is_lost_leaves_it_with_the_last_officer_and_says_so(
    alone: Alone, way: str
) -> None:
    alone.calm()
    alone.table(*STAYS[way])
    assert alone.may("anna")
    found = alone.finding()
    assert (found.health, f"that right stays with `{ANNA}`" in found.words) == (Health.BROKEN, True)
    assert found.mend
    assert "put somebody into the group `Security-Officers` in `people.csv`" in found.mend
    assert any(ANNA in words for words in alone.office.people.faults())
    alone.again()  # a restart forgets nothing of it
    assert alone.may("anna")
    alone.calm()
    assert alone.finding().health is Health.GOOD


OFF: dict[str, tuple[str, ...]] = {
    "the officer is disabled": ("anna,Security-Officers,,no", "bob,Employees,,"),
    "the officer is disabled and out of every group": ("anna,,,no", "bob,Employees,,"),
    "the officer is a guest now": ("anna,Security-Officers,yes,", "bob,Employees,,"),
    "everybody is disabled": ("anna,Security-Officers,,no", "bob,Employees,,no"),
}


@pytest.mark.parametrize("way", OFF)
def test_whom_the_list_calls_off_is_out_at_once_and_it_is_loud_with_a_way_out(
    alone: Alone, way: str
) -> None:
    alone.calm()
    alone.table(*OFF[way])
    assert not alone.may("anna")
    found = alone.finding()
    assert found.health is Health.BROKEN
    assert found.words == "nobody but the local administrator could change the settings"
    assert found.mend
    assert "`Security-Officers`" in found.mend
    assert alone.may("local")  # nothing is lost that the host's own people could not mend
    alone.table("anna,Employees,,", "bob,Employees,,")
    assert not alone.may("anna")  # whoever was called off gets nothing back with their account
    alone.table("anna,Employees,,", "bob,Security-Officers,,")
    assert alone.may("bob")
    alone.calm()
    assert alone.may("anna")


def test_a_group_that_takes_a_right_away_does_so_for_the_last_officer_too(alone: Alone) -> None:
    """What is kept is only what they had: a ban by a group that came anew bites."""
    alone.calm()
    alone.by("anna", "PATCH /settings", body={"path": "parties.banned",
                                                  "value": '{ groups = ["Banned"] }', **WHY})  # fmt: skip
    ban = {"from": ["banned"], "forbid": ["administer"]}
    assert alone.by("anna", "POST /rules", body={"id": "ban", "rule": ban, **WHY})[0] == 200
    alone.table("anna,Banned,,", "bob,Employees,,")
    assert not alone.may("anna")
    assert alone.finding().health is Health.BROKEN
    alone.calm()


def test_while_somebody_else_is_an_officer_nothing_is_kept(alone: Alone) -> None:
    alone.calm()
    alone.table("anna,Employees,,", "bob,Security-Officers,,")
    assert (alone.may("anna"), alone.may("bob")) == (False, True)
    alone.calm()
    assert (alone.may("anna"), alone.may("bob")) == (True, False)


def test_what_is_confirmed_is_taken_as_it_is(alone: Alone) -> None:
    """The directory's `sync --confirm` says so; a table says it line by line."""
    alone.calm()
    alone.table("anna,Employees,,", "bob,Employees,,")
    alone.office.people.confirm()  # type: ignore[attr-defined]
    alone.look_at_people()
    assert not alone.may("anna")
    alone.table("anna,Employees,,", "bob,Board,,")
    assert not alone.may("anna")  # the next list does not give it back
    alone.calm()


# ---- one person after the other --------------------------------------------------------------------


def test_acts_over_the_last_officer_leave_a_way_in(alone: Alone) -> None:
    alone.calm()
    waiting = session("of-anna", UserId(ANNA), SessionState.LIVE, expires=int(time.time()) + 9999)
    alone.store.add_session(waiting, None, int(time.time()))
    acts: list[tuple[str, str, Any]] = [
        ("POST", f"/sessions/{waiting.id}/suspend", WHY),
        ("POST", f"/sessions/{waiting.id}/end", WHY),
        ("POST", "/people/anna/factors/reset", WHY),
        ("POST", "/people/anna/password/reset", WHY),
        ("POST", "/audit/erase", {"person": ANNA, **WHY}),
    ]
    for method, path, body in acts:
        status, answer = alone.by("local", method, path, body)
        assert status == 200, (path, answer)
        assert alone.finding().health is Health.GOOD, path
    for token in alone.by("local", "GET /tokens")[1]:
        alone.by("local", "DELETE", f"/tokens/{token['id']}?reason=x")
    assert alone.by("anna", "GET /settings")[0] == 401
    assert alone.finding().health is Health.GOOD  # the console takes no token
    (waits, _) = alone.findings()
    assert "administer nothing until" in str(waits.words)
    assert "vedette recover" in str(waits.mend)
    alone.store.note_reset("anna", None)  # as recovery does
    alone.tokens = {name: alone.token(name) for name in OFFICE}


def test_an_officer_who_can_not_show_what_the_rules_ask_for_is_told(alone: Alone) -> None:
    """A password alone, past the time in which a second factor is set up, and no code."""
    alone.calm()
    name = "anna"
    before = alone.store.account(name)
    assert before is not None
    alone.store.set_password(name, "$argon2id$x", int(time.time()), must_change=False)
    alone.store.set_recovery(name, [], int(time.time()))
    later = time.time() + 400 * 86400
    revision, document = alone.office.desk.current()
    seen = officers_seen(alone.boot, document, revision.number, alone.store, later)
    (found,) = officers_found(seen, "people.csv")
    assert found.health is Health.BROKEN
    assert "could sign in" in found.words
    assert found.mend == "vedette user factors reset anna --reason …"


def test_recovery_mends_what_a_list_has_shut(alone: Alone) -> None:
    alone.calm()
    alone.table("anna,Security-Officers,,no", "bob,Employees,,")
    assert not alone.may("bob")
    done = alone.recovered()
    assert done.revision.number
    assert alone.may("bob")


# ---- the local token -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    people = {"anna": "Security-Officers", "ben": "Security-Officers"}
    made = Alone(tmp_path_factory.mktemp("several") / "org", people)
    yield made
    made.store.close()
    made.close()


NARROWING = {
    "id": "local-token-looks",
    "rule": {"from": ["us"], "forbid": ["administer"], "when": ["act.through = local-token"],
             "unless": [f"act in {', '.join(sorted(LOOKS))}"], "owner": "security-office"},
    **WHY,
}  # fmt: skip


def test_where_people_administer_the_local_token_is_told_and_can_lose_its_right(
    several: Alone,
) -> None:
    found = several.finding()
    assert (found.health, found.mend) == (Health.WEAK, NARROW)
    words = shlex.split(NARROW)
    said = {words[at]: words[at + 1] for at in range(4, len(words), 2)}
    rule = NARROWING["rule"]
    assert (said["--from"], said["--forbid"], [said["--when"]], [said["--unless"]]) == (
        "us", "administer", rule["when"], rule["unless"],
    )  # fmt: skip
    assert several.by("ben", "POST /rules", body=NARROWING)[0] == 200
    assert several.finding().health is Health.GOOD
    assert several.by("local", "GET /settings")[0] == 200
    assert several.by("local", "GET /doors")[0] == 200
    assert not several.may("local")
    assert several.by("local", "DELETE", "/rules/local-token-looks?reason=x")[0] == 403
    mine = {"user": ANNA, "acts": ["administration:settings:apply"], "expires": TOMORROW, **WHY}
    assert several.by("local", "POST /tokens", body=mine)[0] == 403
    assert several.may("anna")  # a token of a person is no local one
    several.recovered()  # and the offline code opens everything


def test_nobody_takes_the_local_token_its_right_where_it_is_all_there_is(tmp_path: Path) -> None:
    nobody = Alone(tmp_path / "org", {"eve": "Employees"})
    try:
        assert nobody.finding().health is Health.WEAK
        status, answer = nobody.by("local", "POST /rules", body=NARROWING)
        assert (status, answer["error"]["code"]) == (403, "lock-out")
    finally:
        nobody.store.close()
        nobody.close()


@pytest.mark.parametrize(
    ("client", "server", "status"),
    [
        (("127.0.0.1", 1), ("127.0.0.1", 2), 200),
        (("::1", 1), ("::1", 2), 200),
        (None, None, 200),
        (("10.1.0.5", 1), ("10.1.0.5", 2), 200),
        (("10.1.0.9", 1), ("10.1.0.5", 2), 403),
        (("fe80::9%eth0", 1), ("fe80::5%eth0", 2), 403),
        (("::ffff:10.1.0.9", 1), ("::ffff:10.1.0.5", 2), 403),
    ],
)
def test_the_local_token_is_good_on_this_host_alone(
    several: Alone, client: Any, server: Any, status: int
) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    def scope(token: str) -> Any:
        return {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1",
                "method": "GET", "path": "/vedette/api/v1/doors",
                "raw_path": b"/vedette/api/v1/doors", "root_path": "", "query_string": b"",
                "scheme": "http", "client": client, "server": server,
                "headers": [(b"authorization", f"Bearer {token}".encode())]}  # fmt: skip

    border: Border = several.app
    several.loop.run_until_complete(border(scope(several.office.token.current()), receive, send))
    assert sent[0]["status"] == status
    sent.clear()
    several.loop.run_until_complete(border(scope(several.tokens["anna"]), receive, send))
    assert sent[0]["status"] == 200  # one that was made for a person is good from anywhere
