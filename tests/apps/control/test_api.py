"""The admin API over real HTTP: its border, its one error shape, its routes."""

import http.client
import socket
from typing import Any

import pytest

from tests.apps.control.organisation import PREFIX, Organisation, make

RULE = {"between": ["us", "outside"], "allow": ["message"]}
TEN_FAULTS = """
[organisation]
name = "Example AG"
domain = "example.test"
colour = "red"
[parties]
a = { groups = "Board" }
[rules.one]
between = ["us", "nobody"]
allow = ["mail"]
[rules.two]
allow = ["message"]
[rules.three]
from = ["us"]
to = ["us"]
forbid = ["file"]
when = ["file.sise > 3 MiB", "file.size > much"]
expires = 2027-01-01
[media]
max_upload = 5
[rooms]
x = { members = ["ghosts"] }
"""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = make(tmp_path_factory.mktemp("api") / "org")
    made.start()
    yield made
    made.end_all()


def newest(api: Organisation) -> dict[str, Any]:
    return api.ask("GET", "/settings")[1]


def is_error(answer: Any, code: str) -> dict[str, Any]:
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message", "hint", "faults", "record"}
    assert answer["error"]["code"] == code
    return answer["error"]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x",
     "Bearer bösewicht"],
)  # fmt: skip
def test_nobody_is_answered_without_the_token(api: Organisation, authorization: str | None) -> None:
    headers = {}
    if authorization is not None:
        value = authorization.replace("{token}", api.token())
        headers["Authorization"] = value.encode("latin-1").decode("latin-1")
    for method, path in (("GET", "/settings"), ("PUT", "/settings"), ("GET", "/no/such/path")):
        status, answer = api.ask(method, path, headers=headers)
        assert status == 401
        is_error(answer, "unauthorized")


def test_two_tokens_are_none(api: Organisation) -> None:
    host, _, port = api.boot.control.listen.rpartition(":")
    with socket.create_connection((host, int(port))) as raw:
        line = f"Authorization: Bearer {api.token()}\r\n"
        raw.sendall(f"GET {PREFIX}/settings HTTP/1.1\r\nHost: x\r\n{line}{line}\r\n".encode())
        assert b" 401 " in raw.recv(4096)


def test_health_needs_no_token_and_says_nothing(api: Organisation) -> None:
    assert api.ask("GET", "/health", headers={}, prefix="") == (200, {"status": "ok", "detail": []})
    status, ready = api.ask("GET", "/ready", headers={}, prefix="")
    assert (status, ready["status"]) == (200, "ready")


def test_no_other_origin_is_let_in(api: Organisation) -> None:
    host, _, port = api.boot.control.listen.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    connection.request("GET", f"{PREFIX}/settings",
                       headers={"Origin": "https://evil.example",
                                "Authorization": f"Bearer {api.token()}"})  # fmt: skip
    assert not any(
        name.lower().startswith("access-control")
        for name, _ in connection.getresponse().getheaders()
    )
    connection.close()


def test_a_body_that_is_too_large_is_refused_and_never_kept_whole(api: Organisation) -> None:
    status, answer = api.ask("POST", "/settings/check", b'{"text":"' + b"x" * (9 << 20) + b'"}')
    assert status == 413
    is_error(answer, "too-large")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nothing", None, 404, "not-found"),
        ("DELETE", "/settings", None, 405, "method"),
        ("POST", "/why", b"{", 422, "invalid"),
        ("POST", "/why", b"\xff\xfe", 422, "invalid"),
        ("POST", "/why", b"[" * 100_000, 400, "invalid"),
        ("POST", "/settings/check", b'{"text":"\\ud800"}', 422, "invalid"),
        ("POST", "/settings/restore", b'{"revision":1,"reason":"\\ud800"}', 422, "invalid"),
        ("POST", "/why", {"from": "@a:b.c"}, 422, "invalid"),
        ("POST", "/why", {"from": "alice", "to": "@b:c.d", "channel": "message"}, 400, "invalid"),
        ("POST", "/why", {"from": "@a:b.c", "to": "#room:b.c", "channel": "file"}, 400, "invalid"),
        ("POST", "/why", {"from": "@a:b.c", "to": "!r:b.c", "channel": "file"}, 503, "unavailable"),
        ("POST", "/why", {"from": "@a:b.c", "to": "@b:c.d", "channel": "mail"}, 400, "invalid"),
        ("POST", "/why", {"from": "@a:b.c", "channel": "message"}, 400, "invalid"),
        ("GET", "/why/gateway:99999", None, 404, "not-found"),
        ("GET", "/why/nonsense", None, 422, "invalid"),
        ("GET", "/rules/none", None, 404, "not-found"),
        ("GET", "/settings/revisions/99", None, 404, "not-found"),
        ("GET", "/settings/value?path=media.max", None, 404, "not-found"),
        ("POST", "/settings/restore", {"revision": 99, "reason": "x"}, 404, "not-found"),
    ],
)
def test_every_error_has_the_one_shape(
    api: Organisation, method: str, path: str, body: Any, status: int, code: str
) -> None:
    found, answer = api.ask(method, path, body)
    assert found == status, answer
    is_error(answer, code)


def test_a_request_of_the_wrong_form_is_told_where_the_right_one_is_described(
    api: Organisation,
) -> None:
    hint = is_error(api.ask("POST", "/why", b"{")[1], "invalid")["hint"]
    path = hint.partition("`")[2].partition("`")[0]
    assert path.startswith(PREFIX), hint
    status, described = api.ask("GET", path.removeprefix(PREFIX))
    assert (status, "paths" in described) == (200, True)


def test_a_document_with_ten_faults_names_all_ten_and_changes_nothing(api: Organisation) -> None:
    before = newest(api)
    body = {"text": TEN_FAULTS, "base": before["revision"], "reason": "x"}
    status, answer = api.ask("PUT", "/settings", body)
    assert status == 400
    faults = is_error(answer, "faults")["faults"]
    assert len([each for each in faults if each["severity"] == "error"]) >= 10
    assert all(each["line"] > 0 for each in faults)
    assert newest(api) == before


def test_of_two_changes_on_one_revision_the_second_is_told(api: Organisation) -> None:
    base = newest(api)["revision"]
    body = {"id": "first", "rule": RULE, "reason": "mine", "base": base}
    assert api.ask("POST", "/rules", body)[0] == 200
    status, answer = api.ask("POST", "/rules", {**body, "id": "second"})
    assert status == 409
    assert f"revision {base}" in is_error(answer, "conflict")["message"]
    assert "second" not in newest(api)["document"]["rules"]


def test_a_change_needs_a_reason(api: Organisation) -> None:
    body = {"id": "unreasoned", "rule": RULE}
    assert api.ask("POST", "/rules", body)[0] == 422
    status, answer = api.ask("POST", "/rules", {**body, "reason": "   "})
    assert status == 400
    is_error(answer, "invalid")


def test_what_changes_nothing_makes_no_revision(api: Organisation) -> None:
    before = newest(api)
    body = {"text": before["text"], "base": before["revision"], "reason": "again"}
    assert api.ask("PUT", "/settings", body)[0] == 409
    assert newest(api) == before


def test_a_guardrail_is_lost_only_with_a_second_person(api: Organisation) -> None:
    before = newest(api)
    status, answer = api.ask("DELETE", "/rules/guardrails.administrators-apart?reason=x")
    assert (status, answer["state"]) == (202, "waiting")
    assert answer["why"] == ["The guardrail `administrators-apart` would be lost or weaker."]
    assert newest(api) == before


def test_nobody_can_lock_the_administrator_out(api: Organisation) -> None:
    before = newest(api)
    rule = {"from": ["us"], "forbid": ["administer"]}
    status, answer = api.ask("POST", "/rules", {"id": "shut", "rule": rule, "reason": "x"})
    assert status == 403
    assert "`shut`" in is_error(answer, "lock-out")["message"]
    assert newest(api) == before


def test_rules_bind_the_holder_of_the_token_too(organisation: Organisation) -> None:
    organisation.start()
    refused = {"from": ["us"], "forbid": ["administer"],
               "when": ["change.widens in partners, outside"],
               "say": "Nobody opens us to others."}  # fmt: skip
    status, _ = organisation.ask("POST", "/rules", {"id": "shut", "rule": refused, "reason": "x"})
    assert status == 200
    status, answer = organisation.ask("POST", "/rules", {"id": "x", "rule": RULE, "reason": "x"})
    assert status == 403
    error = is_error(answer, "refused")
    assert error["message"] == "Nobody opens us to others."
    assert error["record"].startswith("control:")
    inside = {"between": ["us", "us"], "forbid": ["file"]}
    status, answer = organisation.ask("POST", "/rules", {"id": "y", "rule": inside, "reason": "x"})
    assert status == 200, answer


def test_a_setting_is_set_and_given_its_default_again(api: Organisation) -> None:
    body = {"path": "media.max_upload", "value": '"20 MiB"', "reason": "disk"}
    status, answer = api.ask("PATCH", "/settings", body)
    assert status == 200, answer
    assert answer["difference"]["restart"] == ["media.max_upload"]
    assert api.ask("GET", "/settings/value?path=media.max_upload")[1]["value"] == "20 MiB"
    assert api.ask("PATCH", "/settings", {**body, "value": None})[0] == 200
    assert api.ask("GET", "/settings/value?path=media.max_upload")[1]["value"] == "50 MiB"


def test_restore_makes_a_new_revision_of_an_old_text(api: Organisation) -> None:
    first = api.ask("GET", "/settings/revisions/1")[1]
    status, answer = api.ask("POST", "/settings/restore", {"revision": 1, "reason": "back"})
    assert status == 200
    assert newest(api)["text"] == first["text"]
    assert answer["revision"] == newest(api)["revision"] > 1
    history = api.ask("GET", "/settings/revisions")[1]
    assert history[0]["reason"] == "back"
    assert history[0]["previous"] == history[1]["hash"]


def test_comments_stay_when_a_rule_comes_and_goes(api: Organisation) -> None:
    before = newest(api)["text"]
    assert api.ask("POST", "/rules", {"id": "guest", "rule": RULE, "reason": "x"})[0] == 200
    assert all(line in newest(api)["text"] for line in before.splitlines())
    assert api.ask("DELETE", "/rules/guest?reason=over")[0] == 200
    assert newest(api)["document"]["rules"].keys() == {
        "talk", "files", "released-files", "pictures-of-people", "two-factors", "password-login",
        "security-office", "federation-managers", "operators", "help-desk", "help-desk-apart",
        "auditors",
    }  # fmt: skip


def test_why_has_the_promised_shape_and_replays(api: Organisation) -> None:
    ask = {"from": "@alice:example.test", "to": "@bob:else.example", "channel": "message"}
    status, answer = api.ask("POST", "/why", ask)
    assert status == 200
    assert {"answer", "reason", "rule", "towards", "pending", "unknown", "revision", "sentence",
            "considered"} <= set(answer)  # fmt: skip
    assert (answer["answer"], answer["reason"]) == ("no", "no-rule")
    inside = {**ask, "to": "@bob:example.test"}
    answer = api.ask("POST", "/why", inside)[1]
    assert (answer["answer"], answer["rule"]) == ("yes", "talk")
    document = {**inside, "channel": "file", "file": "report.pdf"}
    assert api.ask("POST", "/why", document)[1]["answer"] == "yes"
    assert api.ask("POST", "/why", {**document, "file": "setup.jar"})[1]["answer"] == "no"
    found = {**document, "facts": ["file.kind = program"]}
    assert api.ask("POST", "/why", found)[1]["answer"] == "no"
    unsaid = api.ask("POST", "/why", {**document, "file": "letter", "facts": []})[1]
    assert unsaid["answer"] == "no"


def test_why_about_sign_in_says_what_is_still_awaited(api: Organisation) -> None:
    answer = api.ask("POST", "/why", {"from": "@alice:example.test", "channel": "sign-in"})[1]
    assert (answer["answer"], answer["pending"]) == ("not-yet", ["sign_in.factors"])


def test_why_can_be_asked_of_a_draft(api: Organisation) -> None:
    rule = '\n[rules.out]\nbetween = ["us", "outside"]\nallow = ["message"]\n'
    ask = {"from": "@alice:example.test", "to": "@bob:else.example", "channel": "message"}
    draft = newest(api)["text"] + rule
    assert api.ask("POST", "/why", {**ask, "draft": draft})[1]["rule"] == "out"
    assert api.ask("POST", "/why", ask)[1]["answer"] == "no"


def test_every_applied_change_is_recorded_and_replays(api: Organisation) -> None:
    answer = api.ask("POST", "/rules", {"id": "kept", "rule": RULE, "reason": "x"})[1]
    found = api.ask("GET", f"/why/{answer['record']}")[1]
    assert (found["answer"], found["same"]) == ("yes", True)
    assert found["rule"] == "built-in.local-administrator"
    listed = api.ask("GET", "/audit/records?rule=built-in.local-administrator")[1]
    assert answer["record"] in [each["id"] for each in listed]
    facts = next(each for each in listed if each["id"] == answer["record"])["facts"]
    assert facts["change.widens"] == {"words": ["outside", "us"]}


def test_the_difference_between_two_revisions_is_told_in_words(api: Organisation) -> None:
    api.ask("POST", "/rules", {"id": "told", "rule": RULE, "reason": "x"})
    number = newest(api)["revision"]
    status, answer = api.ask("GET", f"/settings/revisions/{number}/diff?since={number - 1}")
    assert status == 200
    assert [each["path"] for each in answer["changes"]] == ["rules.told"]
    assert answer["changes"][0]["command"].startswith("vedette rule add told")


def test_an_expiring_rule_keeps_its_date(api: Organisation) -> None:
    rule = {**RULE, "expires": "2099-06-30"}
    assert api.ask("POST", "/rules", {"id": "ends", "rule": rule, "reason": "x"})[0] == 200
    assert "until 2099-06-30" in api.ask("GET", "/rules/ends")[1]["sentence"]
    status, answer = api.ask(
        "POST", "/rules", {"id": "never", "rule": {**RULE, "expires": "soon"}, "reason": "x"}
    )
    assert status == 400
    is_error(answer, "invalid")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/why/Nix", "`Nix` is not a record's id; one looks like `synapse:4711`"),
        ("/sessions/Nix", "`Nix` is not a session's id; `vedette session list` shows them"),
    ],
)
def test_a_mistyped_name_is_said_in_words_and_not_as_a_pattern(
    api: Organisation, path: str, words: str
) -> None:
    _, answer = api.ask("GET", path)
    assert words in str(answer)
    assert "pattern" not in str(answer)


def test_the_grid_says_what_the_rules_answer_between_parties(api: Organisation) -> None:
    status, rows = api.ask("GET", "/grid?from=us&to=us,outside")
    assert status == 200
    assert [(row["from"], row["to"]) for row in rows] == [("us", "us"), ("us", "outside")]
    assert rows[0]["channels"]["message"] == "yes"
    assert rows[0]["channels"]["file"] == "conditions"
    assert rows[0]["observed"] is False
    assert set(rows[1]["channels"].values()) <= {"no", "yes", "some", "forbidden", "conditions"}
    assert api.ask("GET", "/grid?from=nobody-here") == (200, [])
    assert api.ask("GET", f"/grid?from={'x' * 65}")[0] == 422
