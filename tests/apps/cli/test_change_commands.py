"""Changes that wait, as two officers at their terminals handle them, each with a token of their own."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.apps.cli.test_commands import data, done
from tests.apps.control.organisation import Organisation, make, until
from tests.apps.control.own_tokens import own_token

OFFICERS = ("anna", "ben", "cara")
FOUR_EYES = (
    "rule", "add", "four-eyes", "--from", "us", "--forbid", "administer",
    "--when", "change.widens in partners, outside", "--unless", "approvals >= 1",
    "--say", "Two of us decide about others.", "--reason", "policy",
)  # fmt: skip
WIDER = (
    "rule", "add", "wider", "--between", "us", "outside", "--allow", "message",
    "--reason", "contract 4711",
)  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    """Three officers with tokens in files, and four eyes towards others."""
    organisation = make(tmp_path_factory.mktemp("office") / "org")
    people = organisation.boot.path(organisation.boot.control.people)
    columns = next(line for line in people.read_text().splitlines() if line.startswith("user"))
    known = {"groups": "Security-Officers", "active": "yes", "guest": "no"}
    rows = [
        ",".join({**known, "user": f"@{name}:example.test"}.get(each.strip(), "")
                 for each in columns.split(","))
        for name in OFFICERS
    ]  # fmt: skip
    people.write_text("\n".join([columns, *rows]) + "\n")
    organisation.start()
    for name in OFFICERS:
        value = own_token(organisation.boot, f"@{name}:example.test")
        (organisation.boot.folder / name).write_text(value)
    done(organisation, *FOUR_EYES)
    yield organisation
    organisation.end_all()


def by(office: Organisation, name: str) -> tuple[str, str]:
    return "--token-file", str(office.boot.folder / name)


def test_a_change_waits_and_a_second_officer_applies_it(
    office: Organisation, tmp_path: Path
) -> None:
    anna, ben = by(office, "anna"), by(office, "ben")
    waits = office.vedette(*anna, *WIDER)
    assert waits.returncode == 5, waits.stderr
    assert "is kept, and nothing is changed yet (waits for a second person until " in waits.stdout
    assert "Rule `four-eyes` waits for approvals: Two of us decide about others." in waits.stdout
    assert "who could approve it: @ben:example.test, @cara:example.test" in waits.stdout
    assert "wider" not in done(office, "rule", "list")
    kept = next(e for e in data(office, "settings", "pending") if e["state"] == "waiting")
    assert f'vedette settings approve {kept["id"]} --reason "…"' in waits.stdout

    for who in (anna, ()):
        barred = office.vedette(*who, "settings", "approve", kept["id"], "--reason", "me too")
        assert barred.returncode == 3
        assert "second person" in barred.stderr or "their own change" in barred.stderr
    shown = done(office, *ben, "settings", "pending", kept["id"])
    assert "New rule wider: " in shown
    applied = done(office, *ben, "settings", "approve", kept["id"], "--reason", "as agreed")
    assert "revision 3 is applied" in applied
    history = done(office, "settings", "history")
    assert "@anna:example.test: contract 4711\n        approved by @ben:example.test" in history
    assert "applied" in done(office, "settings", "pending")


def test_a_change_is_turned_away_and_another_taken_back(
    office: Organisation, tmp_path: Path
) -> None:
    anna, ben = by(office, "anna"), by(office, "ben")
    wider = ("rule", "add", "other", *WIDER[3:])
    first = json.loads(office.vedette(*anna, *wider, "--json").stdout)
    done(office, *ben, "settings", "reject", first["id"], "--reason", "not now")
    again = json.loads(office.vedette(*anna, *wider, "--json").stdout)
    not_own = office.vedette(*ben, "settings", "withdraw", again["id"], "--reason", "x")
    assert (not_own.returncode, "only whoever asked" in not_own.stderr) == (3, True)
    done(office, *anna, "settings", "withdraw", again["id"], "--reason", "not now")
    listed = data(office, "settings", "pending")
    states = {each["id"]: each["state"] for each in listed if each["state"] != "applied"}
    assert states == {first["id"]: "rejected", again["id"]: "withdrawn"}


def test_a_change_starts_at_its_hour(running: Organisation, tmp_path: Path) -> None:
    assert done(running, "settings", "pending") == "no change waits\n"
    draft = tmp_path / "draft.toml"
    done(running, "settings", "export", "-o", str(draft))
    draft.write_text(draft.read_text() + '\n[media]\nmax_upload = "10 MiB"\n')
    done(running, "settings", "draft", "save", str(draft), "--name", "night")
    assert "night  version 1, on revision 1" in done(running, "settings", "draft", "list")
    assert done(running, "settings", "draft", "show", "night") == draft.read_text()
    apply: tuple[str, ...] = ("settings", "apply", str(draft), "--reason", "night", "--at")
    over = running.vedette(*apply, "2020-01-01")
    assert (over.returncode, "can't start then" in over.stderr) == (3, True)
    for seconds in (4, 8, 16, 32, 64):  # on a busy machine that hour may be over when it is heard
        soon = datetime.now(UTC) + timedelta(seconds=seconds)
        kept = running.vedette(*apply, soon.isoformat(timespec="seconds"), "--json")
        if "can't start then" not in kept.stderr:
            break
    assert kept.returncode == 5, kept.stderr
    assert json.loads(kept.stdout)["state"] == "scheduled"

    def value() -> Any:
        return data(running, "settings", "get", "media.max_upload")

    assert "10 MiB" not in json.dumps(value()) or datetime.now(UTC) >= soon
    until(lambda: "10 MiB" in json.dumps(value()))
    (found,) = data(running, "settings", "pending")
    assert (found["state"], found["said"]) == ("applied", "it is revision 2")
    assert "local administrator: night" in done(running, "settings", "history")


TWO_ON_KEYS = (
    "rule", "add", "two-on-keys", "--from", "us", "--forbid", "administer",
    "--when", "act = keys:key:rotate", "--unless", "approvals >= 1", "--reason", "policy",
)  # fmt: skip
ROTATE = ("key", "rotate", "audit-key", "--reason", "a year old")


def test_an_act_waits_and_is_done_once_more_when_a_second_officer_approved(
    office: Organisation,
) -> None:
    anna, ben = by(office, "anna"), by(office, "ben")
    done(office, *TWO_ON_KEYS)
    assert done(office, "act", "list") == "no act waits\n"
    waits = office.vedette(*anna, *ROTATE)
    assert waits.returncode == 5, waits.stderr
    assert "once it is approved, do the very same again" in waits.stderr
    (listed,) = data(office, *anna, "act", "list")
    shown = done(office, *ben, "act", "show", listed["id"])
    assert "waiting: @anna:example.test asks for keys:key:rotate" in shown
    assert "reason: a year old" in shown
    assert f'vedette act approve {listed["id"]} --reason "…"' in shown
    refused = office.vedette(*anna, "act", "approve", listed["id"], "--reason", "x")
    assert refused.returncode == 3
    approved = done(
        office, *ben, "act", "approve", listed["id"], "--reason", "seen", "--content",
        listed["content"],
    )  # fmt: skip
    assert "approved: @anna:example.test does the very same once more, until " in approved
    assert "`audit-key` is another one now" in done(office, *anna, *ROTATE)
    assert "done on" in done(office, "act", "show", listed["id"])
    again = office.vedette(*anna, *ROTATE)
    assert again.returncode == 5
    (other,) = [each for each in data(office, "act", "list") if each["state"] == "waiting"]
    turned = done(office, *ben, "act", "reject", other["id"], "--reason", "once is enough")
    assert turned == f"act {other['id']} is rejected\n"
