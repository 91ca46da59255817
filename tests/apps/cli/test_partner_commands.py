"""`vedette partner …` as people use it: a real control, and a gateway's inside socket."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.apps.control.organisation import Organisation
from vedette.gateway.carrier import Answer, Head, Unix, serve
from vedette.protocol.internal.partner_checks import Finding, Part, ServerChecked, State, encode
from vedette.suite.certificates import make_authority, today

ADD = (
    "partner",
    "add",
    "acme",
    "--domain",
    "acme.example",
    "--contact",
    "+49 30 1",
    "--reason",
    "c 1",
)
ALLOW = ("--allow", "message,contact", "--direction", "both")


def done(organisation: Organisation, *words: str, code: int = 0) -> str:
    found = organisation.vedette(*words)
    assert found.returncode == code, found.stdout + found.stderr
    assert "Traceback" not in found.stderr
    return found.stdout + found.stderr


def data(organisation: Organisation, *words: str, code: int = 0) -> Any:
    found = organisation.vedette(*words, "--json")
    assert found.returncode == code, found.stdout + found.stderr
    return json.loads(found.stdout)


def test_naming_a_partner_allows_nothing_by_itself(running: Organisation) -> None:
    before = data(running, "rule", "list")
    said = done(running, *ADD)
    assert "The partner acme is new" in said
    assert data(running, "rule", "list") == before
    shown = done(running, "partner", "show", "acme")
    assert "it is the server name `acme.example` and no other" in shown
    assert "contact: +49 30 1" in shown
    assert "Nothing is allowed in either direction" in shown
    assert "no rule names it" in shown
    assert "they to us: nothing" in done(running, "partner", "list")


def test_with_a_direction_a_rule_is_written_too_and_shown_at_a_glance(
    running: Organisation,
) -> None:
    said = done(running, *ADD, *ALLOW)
    assert "Between us and acme: messages and contact are allowed." in said
    assert "it may allow more towards" in said
    (partner,) = data(running, "partner", "list")
    glance = {
        c["channel"]: (c["to_us"]["words"], c["to_them"]["words"]) for c in partner["channels"]
    }
    assert glance["message"] == glance["contact"] == ("yes", "yes")
    assert glance["file"][1] == "no"
    assert [rule["id"] for rule in partner["rules"]] == ["acme"]


def test_a_partner_that_has_ended_is_not_said_to_be_allowed_more(running: Organisation) -> None:
    said = done(running, *ADD, *ALLOW, "--valid-until", "2020-01-01")
    assert "counts as outside" in said
    assert "it may allow more" not in said


def test_one_way_is_one_way(running: Organisation) -> None:
    done(running, *ADD, "--allow", "message", "--direction", "in")
    (partner,) = data(running, "partner", "list")
    message = next(each for each in partner["channels"] if each["channel"] == "message")
    assert (message["to_us"]["words"], message["to_them"]["words"]) == ("yes", "no")


def test_a_preview_changes_nothing(running: Organisation) -> None:
    said = done(running, *ADD, *ALLOW, "--preview")
    assert "The partner acme is new" in said
    assert "New rule acme" in said
    assert data(running, "partner", "list") == []


def test_what_is_allowed_without_a_direction_is_refused_with_a_hint(running: Organisation) -> None:
    assert "--direction both" in done(running, *ADD, "--allow", "message", code=3)
    assert "no direction" in done(running, *ADD, "--allow", "x", "--direction", "up", code=3)
    assert data(running, "partner", "list") == []


def test_pins_and_a_ca_of_its_own_are_kept_in_one_spelling(
    running: Organisation, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_bytes(make_authority("Acme CA", today()).pem)
    pin = "pin-sha256=" + "A" * 43 + "="
    quoted = pin.replace("=A", '="A') + '"'
    words = ("--tls", quoted, "--ca", str(tmp_path / "ca.pem"), "--valid-until", "2099-01-01")
    done(running, *ADD, *words)
    partner = data(running, "partner", "show", "acme")
    assert partner["tls"] == [pin]
    assert partner["ca"][0].startswith("MII")
    assert "\n" not in partner["ca"][0]
    text = data(running, "settings", "show")["text"]
    assert "[partners.acme]" in text
    assert "BEGIN" not in text


def test_faults_of_an_entry_are_named_and_nothing_is_changed(running: Organisation) -> None:
    said = done(running, *ADD, "--tls", "sha1=zzz", "--key", "rsa:1 x", code=3)
    assert "is not a pin" in said
    assert "is not a signing key" in said
    assert "already" in done(running, *ADD) + done(running, *ADD, code=3)


def test_a_partner_that_a_rule_names_is_not_removed_by_accident(running: Organisation) -> None:
    done(running, *ADD, *ALLOW)
    said = done(running, "partner", "remove", "acme", "--reason", "over", code=3)
    assert "vedette rule remove acme" in said
    done(running, "rule", "remove", "acme", "--reason", "over")
    done(running, "partner", "remove", "acme", "--reason", "over")
    assert data(running, "partner", "list") == []


def test_a_name_that_is_none_is_answered_with_the_nearest(running: Organisation) -> None:
    done(running, *ADD)
    for command in ("show", "check"):
        assert "did you mean `acme`?" in done(running, "partner", command, "acne", code=3)


@contextmanager
def gateway(organisation: Organisation, *servers: ServerChecked) -> Iterator[list[bytes]]:
    """The gateway's inside socket, answering with what it found; a thread of its own."""
    socket = organisation.boot.path(organisation.boot.gateway.inner)
    socket.parent.mkdir(exist_ok=True)
    asked: list[bytes] = []

    def plan(head: Head) -> Answer:
        asked.append(head.target.raw)
        return Answer(200, (), encode(servers))

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(serve(plan, [Unix(str(socket))]))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asked
    finally:
        asyncio.run_coroutine_threadsafe(server.close(0), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        socket.unlink(missing_ok=True)  # Python 3.13 removes it


GOOD = Finding(Part.TLS, State.GOOD, "it proves to be the server")
EXPIRED = Finding(Part.KEYS, State.BROKEN, "the keys that `acme.example` publishes have expired")


def test_a_healthy_partner_is_said_to_work_both_ways(running: Organisation) -> None:
    done(running, *ADD, *ALLOW, "--valid-until", "2099-01-01")
    with gateway(running, ServerChecked("acme.example", (GOOD,))) as asked:
        said = done(running, "partner", "check", "acme")
    assert asked == [b"/vedette/inner/v1/partners/acme/check"]
    assert "`acme.example`: what we send would arrive." in said
    assert "`acme.example`: what they send would be believed." in said
    assert "By the rules they may send us: message, contact." in said
    assert "By the rules we may send them: message, contact." in said


def test_of_a_partner_with_expired_keys_only_one_way_would_work(running: Organisation) -> None:
    done(running, *ADD, *ALLOW)
    with gateway(running, ServerChecked("acme.example", (GOOD, EXPIRED))):
        said = done(running, "partner", "check", "acme", code=1)
        found = data(running, "partner", "check", "acme", code=1)
    assert "BROKEN  keys" in said
    assert "what we send would arrive." in said
    assert "what they send would not be believed: the keys that" in said
    assert found["works"] is False


def test_a_partner_whose_last_day_is_over_does_not_work_whoever_answers(
    running: Organisation,
) -> None:
    done(running, *ADD, "--valid-until", "2020-01-01")
    with gateway(running, ServerChecked("acme.example", (GOOD,))):
        said = done(running, "partner", "check", "acme", code=1)
    assert "it was a partner until 2020-01-01" in said
    assert "`acme` has ended" in said
    assert "By the rules they may send us: nothing." in said


def test_a_check_is_an_act_that_rules_may_refuse_and_that_is_recorded(
    running: Organisation,
) -> None:
    done(running, *ADD)
    with gateway(running, ServerChecked("acme.example", (GOOD,))):
        done(running, "partner", "check", "acme")
    records = data(running, "audit", "list")
    assert any("partners:partner:check" in json.dumps(each) for each in records)
    done(running, "rule", "add", "no-checks", "--from", "us", "--forbid", "administer",
         "--when", "act = partners:partner:check", "--say", "Not today.", "--reason", "a test")  # fmt: skip
    assert "Not today." in done(running, "partner", "check", "acme", code=3)


def test_without_a_gateway_it_says_what_is_missing(running: Organisation) -> None:
    done(running, *ADD)
    assert "the gateway does not answer" in done(running, "partner", "check", "acme", code=4)
