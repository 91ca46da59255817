"""Sessions, devices and accounts through the real control: API, command line, doors."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.apps.control.organisation import Organisation, RunningDoor, make, until, within_a_second
from tests.apps.control.sign_in import TWO
from tests.apps.control.sign_in import session as made
from vedette.adapters.passwords import Argon2Passwords
from vedette.adapters.sign_in_store import SqlSignInStore, open_sign_in_store
from vedette.core.names import UserId
from vedette.core.sessions import Session, SessionState
from vedette.protocol.internal.sessions import SessionList, listed_of
from vedette.protocol.internal.streams import Stream

ALICE, BOB = UserId("@alice:example.test"), UserId("@bob:example.test")
WEEK = 7 * 86400


@dataclass
class Suite:
    """One organisation with a sign-in service: control runs, the doors read, the store is ours."""

    running: Organisation
    store: SqlSignInStore
    gateway: RunningDoor

    def sign_in(self, name: str, user: UserId = ALICE, **more: Any) -> Session:
        now = int(time.time())
        one = made(name, user, expires=now + WEEK, created=now, **more)
        self.store.add_session(one, None, now)
        until(lambda: one.id in self.listed().sessions)
        return one

    def listed(self) -> SessionList:
        part = self.gateway.files.part(Stream.SESSIONS)
        assert part is not None
        return listed_of(part.body)

    def lists(self, holds: Callable[[SessionList], bool]) -> None:
        """Wait until the door has such a list: on a busy machine an answer may come before it."""
        until(lambda: holds(self.listed()))

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        return self.running.ask("POST", path, body)

    def say(self, *words: str) -> Any:
        ran = self.running.vedette(*words, "--json")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    organisation = make(tmp_path_factory.mktemp("sign-in") / "org")
    store = open_sign_in_store(organisation.boot.sign_in_database(), organisation.boot.store_key())
    organisation.start()
    gateway = organisation.door("gateway")
    organisation.door("signin")
    organisation.door("synapse")
    until(lambda: gateway.files.part(Stream.SESSIONS) is not None)
    yield Suite(organisation, store, gateway)
    organisation.end_all()
    store.close()


def test_every_door_and_sign_in_too_is_sent_the_list(suite: Suite) -> None:
    assert suite.running.boot.doors == ("gateway", "synapse", "signin", "inspector")
    suite.sign_in("doors")
    for name in ("gateway", "synapse", "signin"):
        assert (Path(suite.running.boot.door(name)) / "sessions.part").exists()
    # What parses hostile files is told nothing of people and sessions.
    sent = Path(suite.running.boot.door("inspector")).glob("*.part")
    assert [each.name for each in sent] == ["settings.part"]
    assert suite.listed().issuer == suite.running.boot.gateway.client_url.rstrip("/") + "/"


def test_an_ended_session_is_gone_from_the_door_when_the_answer_comes(suite: Suite) -> None:
    signed_in = (suite.sign_in(f"one-{number}") for number in count())

    def end() -> tuple[str, int, Any]:
        one = next(signed_in)
        return one.id, *suite.post(f"/sessions/{one.id}/end", reason="lost")

    ended, status, answer = within_a_second(end)
    assert status == 200, answer
    assert ended not in suite.listed().sessions
    assert {each["door"]: each["state"] for each in answer["doors"]} == dict.fromkeys(
        ("gateway", "signin", "synapse"), "in force"
    )
    assert all(each["milliseconds"] < 1000 for each in answer["doors"])
    assert answer["session"]["because"] == "administrator: lost"


def test_a_suspended_session_is_listed_as_such_and_goes_on_when_resumed(suite: Suite) -> None:
    one = suite.sign_in("two")
    assert suite.post(f"/sessions/{one.id}/suspend", reason="odd")[0] == 200
    suite.lists(lambda found: found.sessions[one.id].state is SessionState.SUSPENDED)
    assert suite.post(f"/sessions/{one.id}/resume")[0] == 200
    suite.lists(lambda found: found.sessions[one.id].state is SessionState.LIVE)


def test_the_command_line_does_the_same(suite: Suite) -> None:
    one = suite.sign_in("three", BOB, platform="ios", client_name="element")
    listed = suite.say("session", "list", "--user", "bob")
    assert [each["id"] for each in listed] == [one.id]
    shown = suite.say("session", "show", one.id)
    known = {each["fact"]: (each["value"], each["known"]) for each in shown["facts"]}
    assert known["device.platform"] == ("ios", "claimed")
    assert known["sign_in.factors"] == ("2", "proven")
    assert (
        suite.say("session", "suspend", one.id, "--reason", "x")["session"]["state"] == "suspended"
    )
    assert suite.say("session", "resume", one.id)["session"]["state"] == "live"
    ended = suite.running.vedette("session", "end", one.id, "--reason", "left the company")
    assert ended.returncode == 0
    assert "gateway: " in ended.stdout
    assert suite.say("session", "list", "--user", BOB) == []
    assert len(suite.say("session", "list", "--user", "bob", "--ended")) == 1
    others = (suite.sign_in(f"three-{number}") for number in count())

    def said() -> str:
        end = ("session", "end", next(others).id, "--reason", "left the company")
        return suite.running.vedette(*end).stdout

    until(lambda: "gateway: the list of sessions in force" in said())
    assert "nobody is signed in" in suite.running.vedette("session", "list", "--user", "bob").stdout


def test_what_takes_away_asks_why(suite: Suite) -> None:
    one = suite.sign_in("four")
    for words in (("session", "end", one.id), ("device", "end", "alice", "FOUR"),
                  ("user", "password", "alice"), ("user", "factors", "reset", "alice")):  # fmt: skip
        ran = suite.running.vedette(*words)
        assert ran.returncode == 2
        assert "--reason" in ran.stderr
    assert suite.post(f"/sessions/{one.id}/end")[0] == 422


def test_a_device_is_approved_shown_and_ended(suite: Suite) -> None:
    one = suite.sign_in("five", state=SessionState.WAITING)
    waiting = suite.say("device", "list", "--state", "waiting")
    assert [each["device"] for each in waiting] == ["FIVE"]
    done = suite.say("device", "approve", "alice", "FIVE", "--reason", "seen")
    assert (done["session"]["state"], done["session"]["approved"]) == ("live", True)
    suite.lists(lambda found: found.sessions[one.id].facts.approved)
    assert suite.say("device", "show", ALICE, "FIVE")["session"]["id"] == one.id
    suite.say("device", "end", "alice", "FIVE", "--reason", "lost")
    suite.lists(lambda found: one.id not in found.sessions)
    wanted = suite.sign_in("six", state=SessionState.WAITING)
    suite.say("device", "reject", "alice", "SIX", "--reason", "nobody's")
    suite.lists(lambda found: wanted.id not in found.sessions)


def test_a_device_is_suspended_and_resumed_and_a_session_approved(suite: Suite) -> None:
    one = suite.sign_in("eleven", state=SessionState.WAITING)
    done = suite.say("session", "approve", one.id, "--reason", "seen")
    assert (done["session"]["state"], done["session"]["approved"]) == ("live", True)
    held = suite.say("device", "suspend", "alice", "ELEVEN", "--reason", "lost")
    assert held["session"]["state"] == "suspended"
    suite.lists(lambda found: found.sessions.state(one.id) is SessionState.SUSPENDED)
    assert suite.say("device", "resume", "alice", "ELEVEN")["session"]["state"] == "live"
    assert suite.running.vedette("device", "suspend", "alice", "ELEVEN").returncode == 2
    suite.say("session", "end", one.id, "--reason", "x")
    assert suite.running.vedette("session", "approve", one.id).returncode == 3


def test_accounts_are_made_reset_and_listed(suite: Suite) -> None:
    status, issued = suite.post("/people/accounts", user="carol", display_name="Carol")
    assert status == 200, issued
    kept = suite.store.account("carol")
    assert kept is not None
    assert Argon2Passwords().verify(issued["secret"], kept.password_hash).ok
    assert suite.post("/people/accounts", user="carol")[0] == 409
    assert "@carol:example.test" in [each["user"] for each in suite.say("user", "list")]
    again = suite.say("user", "password", "carol", "--reason", "forgotten")
    assert again["secret"] != issued["secret"]
    assert suite.say("user", "factors", "reset", "carol", "--reason", "lost")["removed"] == 0
    assert suite.say("user", "factors", "show", "carol")["recovery_codes"] == 1
    assert suite.say("user", "unlock", "carol")["record"].startswith("control:")
    for words in (("user", "unlock", "nobody"), ("user", "unlock", "@carol:else.example")):
        assert suite.running.vedette(*words).returncode == 3


def test_no_start_secret_is_recorded_or_logged(suite: Suite) -> None:
    issued = suite.post("/people/accounts", user="dora")[1]
    code = suite.post("/people/dora/factors/reset", reason="lost")[1]
    records = suite.running.ask("GET", "/audit/records")[1]
    assert any(each["act"] == "people:account:create" for each in records)
    for secret in (issued["secret"], code["secret"]):
        assert secret not in json.dumps(records)
        assert secret not in suite.running.log()


def test_every_act_is_recorded_with_its_reason_and_replays(suite: Suite) -> None:
    one = suite.sign_in("seven")
    answer = suite.post(f"/sessions/{one.id}/end", reason="ticket 4711")[1]
    again = suite.say("why", answer["record"])
    assert (again["answer"], again["same"]) == ("yes", True)
    entry = next(
        each
        for each in suite.running.ask("GET", "/audit/records")[1]
        if each["id"] == answer["record"]
    )
    assert entry["claims"] == {"reason": "ticket 4711", "what": one.id}
    assert entry["questions"][0]["whom"] == ALICE


def test_lists_come_in_pages_that_miss_and_repeat_nothing(suite: Suite) -> None:
    now = int(time.time())
    for number in range(7):
        suite.store.add_session(
            made(f"p{number}", BOB, expires=now + WEEK, created=now - number // 2), None, now
        )
    whole = suite.running.ask("GET", "/sessions?user=bob")[1]["sessions"]
    found: list[Any] = []
    after: str | None = ""
    while after is not None:
        query = f"/sessions?user=bob&most=2{'&after=' + after if after else ''}"
        page = suite.running.ask("GET", query)[1]
        found += page["sessions"]
        after = page["next"]
    assert found == whole
    assert len(found) == 7
    everybody: list[Any] = []
    after = ""
    while after is not None:
        query = f"/sessions?most=3{'&after=' + after if after else ''}"
        page = suite.running.ask("GET", query)[1]
        everybody += page["sessions"]
        after = page["next"]
    assert len({each["id"] for each in everybody}) == len(everybody)
    bobs = {each["id"]: each for each in everybody if each["user"] == BOB}
    assert bobs == {each["id"]: each for each in whole}  # its number, too
    assert suite.running.ask("GET", "/sessions?user=bob&after=7")[0] == 400
    assert suite.running.ask("GET", f"/sessions?after=7.{'x' * 26}")[0] == 400
    assert suite.running.ask("GET", "/sessions?after=nonsense")[0] == 422


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/sessions/" + "n" * 26, None, 404, "not-found"),
        ("GET", "/sessions/x", None, 422, "invalid"),
        ("GET", "/sessions?user=@a:else.example", None, 400, "invalid"),
        ("GET", "/sessions?state=asleep", None, 422, "invalid"),
        ("GET", "/devices/device?user=alice&device=NONE", None, 404, "not-found"),
        ("POST", "/sessions/" + "n" * 26 + "/end", {"reason": "x"}, 404, "not-found"),
        ("POST", "/sessions/" + "n" * 26 + "/end", {"reason": " "}, 400, "invalid"),
        ("POST", "/people/accounts", {"user": "a b"}, 400, "invalid"),
        ("POST", "/people/alice/factors/reset", {"kinds": ["password"], "reason": "x"}, 400, "invalid"),
        ("GET", "/people/nobody/factors", None, 404, "not-found"),
    ],
)  # fmt: skip
def test_every_error_has_the_one_shape(
    suite: Suite, method: str, path: str, body: Any, status: int, code: str
) -> None:
    found, answer = suite.running.ask(method, path, body)
    assert found == status, answer
    assert answer["error"]["code"] == code


def test_without_control_running_sessions_stay_listed_and_the_way_out_is_said(
    suite: Suite,
) -> None:
    one = suite.sign_in("eight", factors=TWO)
    suite.running.stop(signal.SIGKILL)
    ended = suite.running.vedette("session", "end", one.id, "--reason", "lost")
    assert ended.returncode == 4
    assert f"vedette up {suite.running.boot.folder}" in ended.stderr
    assert "stop the gateway" in ended.stderr
    assert one.id in suite.listed().sessions
    suite.store.move_session(one.id, SessionState.ENDED, "signed out", int(time.time()))
    suite.running.start()
    until(lambda: one.id not in suite.listed().sessions)


def test_doctor_says_what_people_need_to_sign_in(suite: Suite) -> None:
    ran = suite.running.vedette("doctor", "--json")
    assert ran.returncode == 1
    told = [each for each in json.loads(ran.stdout) if each["check"] == "sign-in"]
    assert [each["health"] for each in told] == ["broken", "broken", "broken"]
    assert "run/signin.sock" in told[0]["words"]
    assert suite.running.boot.signin.introspection in told[1]["words"]
    assert "no key signs tokens" in told[2]["words"]
    assert all(each["mend"].startswith("vedette up") for each in told)
