"""Searching the record, what it says of one person, taking it out, and proving what was taken out."""

from __future__ import annotations

import csv
import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from tests.apps.control.organisation import Organisation, until
from vedette.adapters.audit_keys import recipient_at
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.system_clock import SystemClock
from vedette.core.asks import Act, Ask, Question
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.reasons import Reason

ALICE, BOB, CAROL = "@alice:example.test", "@bob:example.test", "@carol:acme.test"
NO = Decision(verdict=Verdict.NO, reason=Reason.FORBIDDEN, rule="acme", revision=1, towards=CAROL)
NO_RULE = Decision(verdict=Verdict.NO, reason=Reason.NO_RULE, rule=None, revision=1)
YES = Decision(verdict=Verdict.YES, reason=Reason.ALLOWED, rule="staff", revision=1)


async def _never(_: object) -> None:
    raise AssertionError


def _asked(act: Act, who: str, to: str, party: str) -> Ask:
    question = Question(Channel.FILE, frozenset({"us"}), frozenset({party}), to)
    return Ask(act=act, who=who, questions=(question,))


@pytest.fixture
def recorded(running: Organisation) -> Organisation:
    """Alice sends to Carol (no) and to Bob (yes, twice); Bob signs in; Dave is of no rule."""
    spool = AuditSpool(running.boot.spool("gateway"), "gateway", SystemClock(), _never)
    spool.start()
    upload = Act.FILE_CONTENT_UPLOAD
    spool.note(_asked(upload, ALICE, CAROL, "acme"), Facts({"file.size": 3}), NO)
    for _ in range(2):
        spool.note(_asked(upload, ALICE, BOB, "us"), Facts(), YES)
    start = _asked(Act.SIGN_IN_SESSION_START, BOB, "example.test", "us")
    spool.note(start, Facts({"sign_in.factors": 2}), NO_RULE)
    spool.note(_asked(upload, CAROL, "@dave:other.test", "outside"), Facts(), NO_RULE)
    spool.close()
    return running


def data(organisation: Organisation, *words: str) -> Any:
    found = organisation.vedette(*words, "--json")
    assert found.returncode == 0, found.stderr + found.stdout
    return json.loads(found.stdout)


def _who(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["who"], each["decision"]["reason"]) for each in entries]


def test_the_record_is_searched_by_person_partner_reason_door_and_time(
    recorded: Organisation,
) -> None:
    def found(*words: str) -> list[tuple[str, str]]:
        return sorted(_who(data(recorded, "audit", "list", "--process", "gateway", *words)))

    mine, bobs, carols = (ALICE, "forbidden"), (BOB, "no-rule"), (CAROL, "no-rule")
    assert found("--person", BOB) == sorted([(ALICE, "allowed"), bobs])
    assert found("--who", BOB) == [bobs]
    assert found("--partner", "acme") == [mine]  # by its name in the rules then
    assert found("--reason", "no-rule") == [bobs, carols]
    assert found("--rule", "acme") == [mine]
    assert found("--until", "1h") == []
    assert len(found("--since", "1h")) == 4
    applied = recorded.vedette(
        "partner", "add", "acme", "--domain", "acme.test", "--reason", "contract 4711"
    )
    assert applied.returncode == 0, applied.stderr
    assert found("--partner", "acme") == sorted([mine, carols])  # and by its domains now


def test_what_the_record_says_of_one_person_is_told_for_a_reason_which_is_recorded(
    recorded: Organisation,
) -> None:
    found = data(recorded, "audit", "person", "alice", "--reason", "incident 17")
    assert (found["person"], found["asks"]) == (ALICE, 3)
    acts = {(each["act"], each["answer"]): each["asks"] for each in found["acts"]}
    assert acts == {("file:content:upload", "no"): 1, ("file:content:upload", "yes"): 2}
    assert [each["decision"]["rule"] for each in found["refused"]] == ["acme"]
    assert {each["name"]: each["asks"] for each in found["towards"]} == {BOB: 2, CAROL: 1}
    text = recorded.vedette("audit", "person", BOB, "--reason", "incident 17").stdout
    assert "signing in, the newest 1:" in text
    assert "asked by others about them, the newest 2:" in text
    told = data(recorded, "audit", "list", "--process", "control", "--person", ALICE)
    assert [(each["act"], each["claims"]["reason"]) for each in told] == [
        ("audit:person:report", "incident 17")
    ]
    assert recorded.vedette("audit", "person", "alice").returncode == 2
    refused = recorded.vedette("audit", "person", "alice", "--reason", " ")
    assert refused.returncode == 3
    words = ("--reason", "x", "--until", "1h")
    nobody = recorded.vedette("audit", "person", "@x:nowhere.test", *words)
    assert "says nothing of" in nobody.stdout


def test_a_rule_may_keep_reports_on_people_from_everybody(recorded: Organisation) -> None:
    added = recorded.vedette(
        "rule", "add", "no-reports", "--from", "us", "--to", "anyone", "--forbid", "administer",
        "--when", "act in audit:person:report", "--reason", "works council",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    refused = recorded.vedette("audit", "person", "alice", "--reason", "curious")
    assert refused.returncode == 3
    assert "no-reports" in refused.stderr


def test_an_export_is_proven_and_any_change_of_it_is_found(
    recorded: Organisation, tmp_path: Path
) -> None:
    recorded.stop()
    kept = tmp_path / "export.jsonl"
    assert data(recorded, "audit", "export", "--to", str(kept))["lines"] > 5
    assert kept.stat().st_mode & 0o777 == 0o600
    proven = data(recorded, "audit", "verify", "--export", str(kept))
    assert {each["process"]: each["holds"] for each in proven["chains"]} == {
        "control": True, "gateway": True,
    }  # fmt: skip
    assert all(each["anchored"] for each in proven["chains"])
    assert recorded.vedette("audit", "export", "--to", str(kept)).returncode == 2
    text = kept.read_text()
    kept.write_text(text.replace(ALICE, BOB, 1))
    found = recorded.vedette("audit", "verify", "--export", str(kept))
    assert found.returncode == 1
    assert "gateway: DOES NOT HOLD" in found.stdout
    kept.write_text("nonsense\n")
    assert recorded.vedette("audit", "verify", "--export", str(kept)).returncode == 1


def test_a_piece_of_one_chain_is_whole_from_its_first_record_to_its_last(
    recorded: Organisation, tmp_path: Path
) -> None:
    recorded.stop()
    lines = (recorded.boot.spool("gateway") / "gateway.jsonl").read_bytes().splitlines()
    since = json.loads(lines[2])["at"]
    kept = tmp_path / "piece.jsonl"
    words = ("--process", "gateway", "--since", "1h", "--until", "2100-01-01")
    data(recorded, "audit", "export", "--to", str(kept), *words)
    assert kept.read_bytes().splitlines()[: len(lines)] == lines
    kept.write_bytes(b"\n".join(lines[2:]) + b"\n")
    (report,) = data(recorded, "audit", "verify", "--export", str(kept))["chains"]
    assert (report["records"], report["anchored"]) == (len(lines) - 2, None)
    assert since > 0


def _sealing(organisation: Organisation, *asks: Ask) -> None:
    """A door that seals people, as every process of an organisation does."""
    recipient = recipient_at(organisation.boot.path(organisation.boot.audit_key))
    spool = AuditSpool(
        organisation.boot.spool("synapse"), "synapse", SystemClock(), _never, recipient=recipient
    )
    spool.start()
    for ask in asks:
        spool.note(ask, Facts(), NO)
    spool.close()


def test_an_erased_person_is_named_nowhere_any_more_and_every_chain_holds(
    recorded: Organisation, tmp_path: Path
) -> None:
    upload = Act.FILE_CONTENT_UPLOAD
    _sealing(recorded, _asked(upload, ALICE, CAROL, "acme"), _asked(upload, BOB, ALICE, "us"))
    spool = recorded.boot.spool("synapse") / "synapse.jsonl"
    assert b"alice" not in spool.read_bytes()
    mine = ("audit", "list", "--process", "synapse", "--person", ALICE)
    assert len(data(recorded, *mine)) == 2
    refused = recorded.vedette("audit", "erase", "alice", "--reason", "article 17")
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    found = data(recorded, "audit", "erase", "alice", "--reason", "article 17", "--yes")
    assert (found["person"], found["processes"]) == (ALICE, ["control", "synapse"])
    assert found["plain"] == 2  # a gateway of before names people in plain, and is told of
    assert data(recorded, *mine) == []
    (others,) = data(recorded, "audit", "list", "--process", "synapse", "--person", BOB)
    assert others["decision"]["towards"] == CAROL
    assert others["questions"][0]["whom"].startswith("~")
    (act,) = [
        each
        for each in data(recorded, "audit", "list", "--process", "control")
        if each["act"] == "audit:person:erase"
    ]
    assert act["claims"]["reason"] == "article 17"
    assert ALICE not in json.dumps(act)
    assert data(recorded, "audit", "verify")["holds"]


def test_an_export_says_who_is_who_only_where_it_is_asked_to(
    recorded: Organisation, tmp_path: Path
) -> None:
    _sealing(recorded, _asked(Act.FILE_CONTENT_UPLOAD, ALICE, CAROL, "acme"))
    plain, named = tmp_path / "plain.jsonl", tmp_path / "named.jsonl"
    words = ("audit", "export", "--process", "synapse", "--to")
    data(recorded, *words, str(plain))
    data(recorded, *words, str(named), "--names")
    assert b"alice" not in plain.read_bytes()
    assert ALICE.encode() in named.read_bytes()
    for file in (plain, named):
        assert data(recorded, "audit", "verify", "--export", str(file))["holds"]
    named.write_bytes(named.read_bytes().replace(ALICE.encode(), BOB.encode()))
    found = recorded.vedette("audit", "verify", "--export", str(named))
    assert found.returncode == 1
    assert "is not `@bob:example.test`" in found.stderr


def test_all_that_matches_is_written_as_a_table(recorded: Organisation, tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    words = ("audit", "list", "--process", "gateway", "--csv", str(file))
    assert data(recorded, *words)["records"] == 4
    assert recorded.vedette(*words).returncode == 2
    rows = list(csv.DictReader(file.open(newline="")))
    assert {row["who"] for row in rows} == {f"'{ALICE}", f"'{BOB}", f"'{CAROL}"}
    assert sum(int(row["times"]) for row in rows) == 5
    assert "older ones" in recorded.vedette("audit", "list", "--most", "1").stdout
    assert "no record matches" in recorded.vedette("audit", "list", "--person", "@x:y").stdout


def test_metrics_are_told_for_a_token_of_their_own_and_name_nobody(
    recorded: Organisation,
) -> None:
    recorded.stop()
    folder = recorded.boot.folder
    token = folder / "secrets" / "metrics.token"
    token.write_text("m" * 40)
    token.chmod(0o600)
    boot = folder / "boot.toml"
    boot.write_text(
        boot.read_text().replace(
            "[control]\n", '[control]\nmetrics_token = "secrets/metrics.token"\n'
        )
    )
    recorded.start()
    shown = {"Authorization": "Bearer " + "m" * 40}
    counted = {
        'vedette_decisions_total{door="gateway",answer="no",reason="forbidden"} 1',
        'vedette_decisions_total{door="gateway",answer="yes",reason="allowed"} 2',
        'vedette_audit_records{chain="gateway"} 5',
        'vedette_audit_chain_holds{chain="gateway"} 1',
    }
    # control counts what it has verified, which it begins when it starts
    until(lambda: counted <= {*_fetch(recorded, "/metrics", shown)[1].splitlines()})
    status, text = _fetch(recorded, "/metrics", shown)
    assert status == 200
    assert 'vedette_door_in_force{door="synapse"} 0\n' in text
    assert not [name for name in ("alice", "bob", "carol", "@") if name in text]
    assert _fetch(recorded, "/metrics", {})[0] == 401
    assert _fetch(recorded, "/vedette/api/v1/audit/records", shown)[0] == 401
    assert _fetch(recorded, "/metrics/", shown)[0] == 401


def _fetch(organisation: Organisation, path: str, headers: dict[str, str]) -> tuple[int, str]:
    host, _, port = organisation.boot.control.listen.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
