"""Recovery as people would use it: everybody is locked out, and a code lies in the safe."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.apps.cli.served import Served
from tests.apps.control.organisation import Organisation
from tests.apps.control.sign_in import session
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.cli.surroundings import Exit
from vedette.core.names import UserId
from vedette.core.settings.default import default_document

PLAIN = default_document("Example AG", "example.test")
LOCKED = f"""{PLAIN}
[rules.nobody-comes-in]
from   = ["anyone"]
forbid = ["sign-in"]

[rules.nobody-loosens-this]
from   = ["anyone"]
forbid = ["administer"]
when   = ["act in administration:settings:apply, administration:settings:restore"]
unless = ["approvals >= 9"]
"""
MEND = ("rule", "remove", "nobody-comes-in", "--reason", "a slip of last night")
OFFICER = "@olga:example.test"
NOT_DONE = (Exit.REJECTED, Exit.WAITS)
"""Refused, or waiting for nine approvals that nobody could ever give."""
Serve = Callable[[str], Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves an organisation with a first document, in which Olga is a security officer."""
    begun: list[Served] = []

    def serve(text: str) -> Served:
        begun.append(Served.at(tmp_path / "org", text, f"{OFFICER},Security-Officers,no,yes\n"))
        return begun[-1]

    yield serve
    for each in begun:
        each.end()


@pytest.fixture
def locked(serve: Serve) -> Served:
    """An organisation whose document lets nobody in, and nobody change it."""
    return serve(LOCKED)


def code_of(served: Served | Organisation) -> str:
    organisation = served if isinstance(served, Organisation) else served.organisation
    return (organisation.boot.folder / "offline-code.txt").read_text()


def recover(served: Served, code: str) -> tuple[int, Any]:
    return served.data("recover", "--code-file", "-", given=code)


def sign_in_of(served: Served, user: str) -> Any:
    facts = ("--fact", "sign_in.factors = 2", "--fact", "sign_in.flow = page")
    return served.data("why", "--from", user, "--channel", "sign-in", *facts)[1]


def state(served: Served) -> Path:
    return served.organisation.boot.recovery()


def test_the_code_lies_in_a_file_of_its_own_and_only_its_hash_stays(
    organisation: Organisation,
) -> None:
    file, kept = organisation.boot.folder / "offline-code.txt", organisation.boot.recovery()
    assert file.stat().st_mode & 0o777 == kept.stat().st_mode & 0o777 == 0o600
    groups = file.read_text().strip().split("-")
    assert [len(group) for group in groups] == [4] * 8
    told = json.loads(kept.read_text())
    assert set(told) == {"digest", "made", "wrong", "until", "record"}
    assert "".join(groups) not in told["digest"]


def test_an_officer_who_was_shut_out_is_let_in_again_after_recovery(locked: Served) -> None:
    assert sign_in_of(locked, OFFICER)["rule"] == "nobody-comes-in"
    assert locked.data(*MEND)[0] in NOT_DONE
    status, begun = recover(locked, code_of(locked).upper().replace("-", " "))
    assert (status, begun["open"]) == (0, True)
    assert begun["record"].startswith("recover:")
    status, mended = locked.data(*MEND)
    assert status == 0, mended
    assert sign_in_of(locked, OFFICER)["answer"] == "yes"
    assert locked.data("settings", "history")[1][0]["author"] == "local administrator in recovery"
    for record in (begun["record"], mended["record"]):
        why = locked.data("why", record)[1]
        assert (why["rule"], why["same"]) == ("built-in.recovery", True)
    assert locked.data("audit", "verify")[1]["holds"] is True
    assert locked.data("recover", "--end")[0] == 0
    away = ("rule", "remove", "nobody-loosens-this", "--reason", "x")
    assert locked.data(*away)[0] in NOT_DONE
    assert locked.data("settings", "history")[1][0]["number"] == mended["revision"]


def test_it_works_with_control_down_and_lasts_over_its_start(organisation: Organisation) -> None:
    boot = organisation.boot
    boot.path(boot.settings).write_text(LOCKED)
    organisation.start()
    organisation.stop()
    done = organisation.vedette("recover", "--code-file", "-", given=code_of(organisation))
    assert done.returncode == 0, done.stderr
    assert "recovery is open until" in done.stdout
    restored = organisation.vedette("settings", "restore", "1", "--reason", "x")
    assert "says what is in force already" in restored.stderr  # it was asked, and not refused
    organisation.start()
    mended = organisation.vedette(*MEND)
    assert mended.returncode == 0, mended.stderr
    assert organisation.vedette("audit", "verify").returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes in somebody else's folder")
@pytest.mark.parametrize(
    ("words", "process"),
    [(("recover", "--code-file", "-"), "recover"), (("settings", "restore", "1"), "restore")],
)
def test_what_root_writes_with_control_down_goes_to_the_folders_owner(
    organisation: Organisation, words: tuple[str, ...], process: str
) -> None:
    organisation.start()
    organisation.stop()
    boot, somebody = organisation.boot, 54321
    for path in (boot.folder, *boot.folder.rglob("*")):
        os.chown(path, somebody, somebody, follow_symlinks=False)
    reason = () if process == "recover" else ("--reason", "x")
    organisation.vedette(*words, *reason, given=code_of(organisation))
    written = [*boot.spool(process).parent.rglob("*"), *boot.recovery().parent.rglob("*")]
    assert any(path.parent == boot.spool(process) for path in written)
    assert {path.lstat().st_uid for path in written} == {somebody}


def test_a_guardrail_that_locks_everybody_out_can_be_taken_away(serve: Serve) -> None:
    wall = (
        'from = ["anyone"]\nforbid = ["administer"]\nwhen = ["act = administration:settings:apply"]'
    )
    walled = serve(f"{PLAIN}\n[guardrails.wall]\n{wall}\n")
    away = ("rule", "remove", "wall", "--guardrail", "--reason", "x")
    assert walled.data(*away)[0] == 3
    assert recover(walled, code_of(walled))[0] == 0
    status, done = walled.data(*away)
    assert status == 0, done


def test_a_wrong_code_opens_nothing_is_on_record_and_soon_nobody_is_heard(locked: Served) -> None:
    for _ in range(5):
        status, said = recover(locked, "0000-" * 8)
        assert (status, said["error"]["code"]) == (3, "refused")
        assert said["error"]["message"] == "this is not the offline code"
        assert said["error"]["record"].startswith("recover:")
    status, said = recover(locked, code_of(locked))
    assert (status, said["error"]["message"]) == (3, "too many wrong codes were shown")
    assert locked.data(*MEND)[0] in NOT_DONE
    records = locked.organisation.boot.spool("recover").glob("**/*.jsonl")
    decisions = [json.loads(line) for file in records for line in file.read_text().splitlines()]
    refused = [each["decision"]["reason"] for each in decisions if each["kind"] == "decision"]
    assert refused == ["wrong-code"] * 6
    kept = json.loads(state(locked).read_text())
    kept["wrong"] = [at - 601 for at in kept["wrong"]]  # as if ten minutes had passed
    state(locked).write_text(json.dumps(kept))
    assert recover(locked, code_of(locked))[0] == 0


def test_after_an_hour_it_is_over_by_itself(locked: Served) -> None:
    begun = recover(locked, code_of(locked))[1]
    kept = json.loads(state(locked).read_text())
    assert kept["until"] == begun["until"]
    for over in (
        json.dumps({**kept, "until": kept["until"] - 3601}),
        json.dumps({**kept, "until": kept["until"] + 9999}),  # a clock that was set back
        "not readable",
    ):
        state(locked).write_text(over)
        assert locked.data(*MEND)[0] in NOT_DONE
    state(locked).write_text(json.dumps(kept))
    assert locked.data(*MEND)[0] == 0


def test_a_new_code_ends_the_one_before(serve: Serve) -> None:
    served = serve(PLAIN)
    old, new = code_of(served), served.data("recover", "--new-code")[1]["code"]
    assert recover(served, old)[0] == 3
    assert recover(served, new)[0] == 0


def test_the_rules_are_asked_about_a_new_code(serve: Serve) -> None:
    forbid = (
        'from = ["us"]\nforbid = ["administer"]\nwhen = ["act = administration:recovery:renew"]'
    )
    served = serve(f"{PLAIN}\n[rules.keep-code]\n{forbid}\n")
    assert served.data("recover", "--new-code")[0] == 3
    assert recover(served, code_of(served))[0] == 0


def test_a_code_is_never_an_argument_and_nobody_is_asked_for_it_in_a_script(serve: Serve) -> None:
    served = serve(PLAIN)
    status, said = served.data("recover")
    assert status == 2
    assert "--code-file" in said["error"]["hint"]
    assert served.run("recover", code_of(served).strip())[0] == 2


def test_recovery_ends_the_wait_of_the_only_officer_after_a_reset_and_their_sessions(
    serve: Serve,
) -> None:
    served = serve(PLAIN)
    boot, why = served.organisation.boot, ("--reason", "phone lost")
    assert served.data("user", "create", OFFICER, *why)[0] == 0
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    acts = ("--acts", "administration:settings:read", "--expires", tomorrow)
    status, made = served.data("token", "add", "--for", OFFICER, *acts, *why)
    assert status == 0, made
    headers = {"Authorization": f"Bearer {made['value']}"}
    store = open_sign_in_store(boot.sign_in_database(), None)
    try:
        now = int(time.time())
        store.add_session(
            session("olga", UserId(OFFICER), created=now, expires=now + 9999), None, now
        )

        def settings() -> tuple[int, Any]:
            return served.organisation.ask("GET", "/settings", headers=headers)

        reset = ("user", "factors", "reset", OFFICER, *why)
        assert settings()[0] == 200
        assert served.data(*reset)[0] == 0
        status, refused = settings()
        assert (status, refused["error"]["code"]) == (403, "credentials-reset")
        assert "vedette recover" in refused["error"]["hint"]
        assert served.data(*reset)[0] == 0
        assert settings()[0] == 403  # the local token alone ends no wait
        assert recover(served, code_of(served))[0] == 0
        assert served.data("user", "password", OFFICER, *why)[0] == 0
        assert served.data(*reset, "--kinds", "totp")[0] == 0
        assert settings()[0] == 403  # other factors may have been set up meanwhile
        assert len(store.sessions(UserId(OFFICER))) == 1
        assert served.data(*reset)[0] == 0
        assert settings()[0] == 200
        assert store.sessions(UserId(OFFICER)) == ()
    finally:
        store.close()


def test_the_thief_of_the_code_alone_reaches_nothing_over_the_network(serve: Serve) -> None:
    served = serve(PLAIN)
    headers = {"Authorization": f"Bearer {code_of(served).strip()}"}
    assert served.organisation.ask("GET", "/settings", headers=headers)[0] == 401
    described = served.organisation.ask("GET", "/openapi.json")[1]["paths"]
    assert not [path for path in described if "recover" in path]
