"""What a change does at once is printed by the command that makes it, and confirmed where it hurts."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.apps.cli.served import Served
from tests.apps.control.sign_in import TWO, session
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.core.names import UserId
from vedette.core.settings.default import default_document

DOMAIN = "example.test"
OFFICER, BOB = f"@olga:{DOMAIN}", f"@bob:{DOMAIN}"
PEOPLE = f"{OFFICER},Security-Officers,no,yes\n{BOB},Employees,no,yes\n"
NO_PHONES = (
    "rule", "add", "no-phones", "--from", "us", "--forbid", "sign-in",
    "--when", "claimed device.platform = android", "--reason", "too old",
)  # fmt: skip
SUSPENDS = "Sessions that would be suspended: 1 (people: 1)."


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An officer at a computer, and an employee at a phone."""
    folder = tmp_path_factory.mktemp("effect") / "org"
    made = Served.at(folder, default_document("Example", DOMAIN), PEOPLE)
    boot, now = made.organisation.boot, int(time.time())
    store = open_sign_in_store(boot.sign_in_database(), None)
    for user, platform in ((OFFICER, "linux"), (BOB, "android")):
        store.add_session(
            session(user[1:4], UserId(user), factors=TWO, expires=now + 86400, platform=platform),
            None,
            now,
        )
    store.close()
    yield made
    made.end()


def test_without_a_terminal_a_change_that_suspends_others_changes_nothing(served: Served) -> None:
    before = served.digest()
    code, error = served.data(*NO_PHONES)
    assert (code, error["error"]["code"]) == (3, "confirm")
    assert SUSPENDS in error["error"]["message"]
    assert "--yes" in error["error"]["hint"]
    assert served.digest() == before


def test_with_yes_it_is_applied_and_says_what_it_did_and_how_to_undo_it(served: Served) -> None:
    code, said = served.run(*NO_PHONES, "--yes")
    assert code == 0, said
    assert SUSPENDS in said
    assert "to undo it: vedette settings restore 1" in said
    assert served.run("settings", "restore", "1")[0] == 0  # it gives back, so nobody is asked


def test_a_dry_run_says_it_too(served: Served) -> None:
    code, text = served.run("settings", "export")
    assert code == 0
    draft = served.organisation.boot.folder / "draft.toml"
    rule = "from = ['us']\nforbid = ['sign-in']\nwhen = ['claimed device.platform = android']\n"
    draft.write_text(f"{text}\n[rules.no-phones]\n{rule}")
    code, said = served.run("settings", "apply", str(draft), "--dry-run")
    assert (code, SUSPENDS in said) == (0, True), said


def test_a_rule_that_would_shut_the_only_officer_out_is_refused_with_yes_as_well(
    served: Served,
) -> None:
    words = [each.replace("claimed ", "") for each in NO_PHONES]
    code, said = served.run(*words, "--yes")
    assert code == 3, said
    assert "nobody who may change the settings could sign in with what they have" in said
