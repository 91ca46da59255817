"""The command line as people use it: real processes against a real control."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.apps.control.organisation import Organisation, until
from tests.apps.rooms import Homeserver, listening
from tests.apps.synapse.test_event_door import Room
from vedette.adapters.boot_file import DOORS
from vedette.adapters.system_clock import SystemClock
from vedette.admin.homeserver import homeserver_file, render
from vedette.control.main import current_settings
from vedette.control.records_here import settings_keys
from vedette.protocol.internal.streams import Stream

ADD = (
    "rule", "add", "acme", "--between", "us", "acme", "--allow", "message,contact",
    "--say", "With Acme we exchange messages only.", "--expires", "2099-06-30",
    "--reason", "contract 4711",
)  # fmt: skip


def done(organisation: Organisation, *words: str, given: str = "") -> str:
    found = organisation.vedette(*words, given=given)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "Traceback" not in found.stderr
    return found.stdout


def data(organisation: Organisation, *words: str, given: str = "") -> Any:
    return json.loads(done(organisation, *words, "--json", given=given))


def name_acme(organisation: Organisation) -> None:
    done(organisation, "settings", "set", "partners.acme", '{ domains = ["acme.example"] }',
         "--reason", "contract 4711")  # fmt: skip


def test_a_rule_is_added_and_every_door_answers(running: Organisation) -> None:
    name_acme(running)
    for name in DOORS:
        running.door(name)
    shown = done(running, *ADD)
    assert "revision 3 is applied" in shown
    lines = [line for line in shown.splitlines() if "in force after" in line]
    assert [line.partition(":")[0] for line in lines] == sorted(DOORS)
    assert all(line.endswith(" ms") for line in lines)
    listed = done(running, "rule", "list")
    assert "Between us and acme: messages and contact are allowed until 2099-06-30." in listed
    assert "With Acme" in done(running, "rule", "show", "acme")


def test_why_names_the_rule_and_its_record_replays(running: Organisation) -> None:
    name_acme(running)
    record = data(running, *ADD)["record"]
    ask = ("--from", "@alice:example.test", "--to", "@carol:acme.example")
    assert data(running, "why", *ask, "--channel", "message")["rule"] == "acme"
    refused = data(running, "why", *ask, "--channel", "file", "--file", "plan.pdf")
    assert list(refused) == [
        "answer", "reason", "rule", "towards", "pending", "unknown", "revision", "sentence",
        "considered", "person",
    ]  # fmt: skip
    assert (refused["answer"], refused["reason"]) == ("no", "no-rule")
    assert "the answer is the same" in done(running, "why", record)
    assert data(running, "why", record)["same"] is True


def test_the_grid_lists_what_passes_between_parties(running: Organisation) -> None:
    name_acme(running)
    done(running, *ADD)
    listed = done(running, "rule", "grid", "--from", "us", "--to", "us,acme")
    assert "us -> us: message yes, file conditions" in listed
    assert "us -> acme: message yes, contact yes" in listed
    found = data(running, "rule", "grid", "--to", "acme", "--from", "guests")
    assert [(row["from"], row["to"], set(row["channels"].values())) for row in found] == [
        ("guests", "acme", {"no"})
    ]


def test_why_takes_a_room_and_says_who_is_there(running: Organisation) -> None:
    alice, bob, room = "@alice:example.test", "@bob:example.test", "!r:example.test"
    ask = ("why", "--from", alice, "--room", room, "--channel", "message")
    door = running.door("synapse")
    until(lambda: door.files.part(Stream.SETTINGS) is not None)
    away = running.vedette(*ask)
    assert away.returncode != 0
    assert "Synapse, which alone knows who is in a room, does not answer now" in away.stderr
    here = Homeserver(
        door.files, SystemClock(), settings_keys(running.boot), organisation="example.test"
    )
    here.has(Room({alice, bob}, made_by=alice, room=room))
    with listening(here, running.boot.path(running.boot.synapse.socket)):
        said = done(running, *ask)
        found = data(running, "why", "--from", alice, "--to", room, "--channel", "message")
    assert f"room {room}: made at example.test, encrypted: no" in said
    assert f"anyone, us (such as {alice})" in said
    assert sum(each["count"] for each in found["room"]["here"]) == 2
    assert found["sentence"] in said


def test_why_may_ask_a_draft(running: Organisation, tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    text = done(running, "settings", "export")
    draft.write_text(text + '\n[rules.quiet]\nbetween = ["us", "us"]\nforbid = ["message"]\n')
    ask = ("why", "--from", "@alice:example.test", "--to", "@bob:example.test")
    assert data(running, *ask, "--channel", "message")["answer"] == "yes"
    drafted = data(running, *ask, "--channel", "message", "--draft", str(draft))
    assert (drafted["answer"], drafted["rule"]) == ("no", "quiet")


def test_rule_test_says_whether_a_rule_matches(running: Organisation) -> None:
    ask = ("--from", "@a:example.test", "--to", "@b:example.test", "--channel", "file")
    assert "matches: yes" in done(running, "rule", "test", "files", *ask, "--file", "plan.pdf")
    found = running.vedette("rule", "test", "files", *ask, "--file", "tool.jar")
    assert found.returncode == 1
    assert "matches: no" in found.stdout
    assert running.vedette("rule", "test", "two-factors", *ask).returncode == 1


def test_a_draft_goes_out_is_edited_and_comes_back(running: Organisation, tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    done(running, "settings", "export", "-o", str(draft))
    text = draft.read_text()
    assert text.startswith("# vedette: revision 1\n")
    draft.write_text(text + '\n# tighter\n[media]\nmax_upload = "10 MiB"\n')
    assert "max_upload" in done(running, "settings", "diff", str(draft))
    assert "revision 2 is applied" in done(
        running, "settings", "apply", str(draft), "--reason", "disk"
    )
    shown = done(running, "settings", "show")
    assert "# tighter" in shown
    assert "vedette: revision" not in shown
    assert done(running, "settings", "get", "media.max_upload").strip() == "10 MiB"
    again = running.vedette("settings", "apply", str(draft), "--reason", "again")
    assert again.returncode == 3
    assert "stands on revision 1" in again.stderr


def test_a_draft_that_says_not_where_it_stands_is_asked(running: Organisation) -> None:
    text = running.boot.path(running.boot.settings).read_text()
    found = running.vedette("settings", "apply", "-", "--reason", "x", given=text)
    assert found.returncode == 2
    assert "--base" in found.stderr


def test_history_and_restore(running: Organisation) -> None:
    name_acme(running)
    done(running, *ADD)
    assert "contract 4711" in done(running, "settings", "history")
    assert [each["number"] for each in data(running, "settings", "history")] == [3, 2, 1]
    restored = done(running, "settings", "restore", "2", "--reason", "too early")
    assert "revision 4 is applied" in restored
    assert "The rule acme is removed" in restored
    between = done(running, "settings", "diff", "--from", "1", "--to", "2")
    assert "The partner acme is new" in between


def test_restore_works_with_control_down_and_reaches_the_doors(running: Organisation) -> None:
    name_acme(running)
    done(running, *ADD)
    door, *_ = [running.door(name) for name in DOORS]
    running.stop()
    restored = data(running, "settings", "restore", "1", "--reason", "control is down")
    assert restored["record"].startswith("restore:")
    assert [each["state"] for each in restored["doors"]] == ["in force"] * len(DOORS)
    assert door.revision() == 4
    assert data(running, "audit", "verify")["holds"] is True
    running.start()
    assert running.ask("GET", "/settings")[1]["revision"] == 4
    assert data(running, "why", restored["record"])["same"] is True


def test_a_rule_goes_with_its_comment(running: Organisation) -> None:
    assert "revision 2" in done(running, "rule", "remove", "files", "--reason", "no files")
    assert "`claimed` says" not in done(running, "settings", "show")


def test_a_value_is_unset(running: Organisation) -> None:
    done(running, "settings", "set", "audit.permitted", "whole", "--reason", "x")
    assert done(running, "settings", "get", "audit.permitted").strip() == "whole"
    done(running, "settings", "unset", "audit.permitted", "--reason", "x")
    assert done(running, "settings", "get", "audit.permitted").strip() == "counts"


def test_export_in_other_forms(running: Organisation) -> None:
    assert "Among us: messages" in done(running, "settings", "export", "--as", "sentences")
    assert "permit" in done(running, "settings", "export", "--as", "cedar")
    document = json.loads(done(running, "settings", "export", "--as", "json"))
    assert document["organisation"]["domain"] == "example.test"
    assert "$schema" in json.loads(done(running, "settings", "export", "--as", "schema"))


def test_check_names_every_fault_with_control_down(organisation: Organisation) -> None:
    text = organisation.boot.path(organisation.boot.settings).read_text()
    assert "no faults" in done(organisation, "settings", "check", "-", given=text)
    bad = text + '[rules.one]\nbetween = ["us", "nobody"]\nallow = ["mail"]\n'
    found = organisation.vedette("settings", "check", "-", "--json", given=bad)
    assert found.returncode == 1
    told = json.loads(found.stdout)
    assert told["valid"] is False
    assert {each["path"].partition("[")[0] for each in told["faults"]} == {
        "rules.one.between", "rules.one.allow",
    }  # fmt: skip


def test_the_audit_log_is_listed_and_verified(running: Organisation) -> None:
    name_acme(running)
    listed = data(running, "audit", "list", "--since", "1h", "--answer", "yes")
    acts = [each["act"] for each in listed]
    changes = [act for act in acts if act.endswith(":apply")]
    assert changes == ["administration:settings:apply"]
    assert "administration:settings:read" in acts  # looking is recorded too
    assert "administration:settings:apply" in done(running, "audit", "list")
    assert data(running, "audit", "list", "--who", "@nobody:example.test") == []
    assert running.vedette("audit", "list", "--since", "yesterday").returncode == 2
    running.stop()
    assert "checked against the signed checkpoint" in done(running, "audit", "verify")


def test_an_altered_log_is_found_with_control_down(running: Organisation) -> None:
    name_acme(running)
    running.stop()
    kept = running.boot.folder / "kept-elsewhere.jsonl"
    kept.write_bytes(
        (running.boot.path(running.boot.control.folder) / "checkpoints.jsonl").read_bytes()
    )
    spool = running.boot.spool("control") / "control.jsonl"
    spool.write_bytes(spool.read_bytes().replace(b'"answer":"yes"', b'"answer":"no"'))
    found = running.vedette("audit", "verify", "--checkpoint", str(kept))
    assert found.returncode == 1
    assert "DOES NOT HOLD" in found.stdout
    kept.write_text("nonsense\n")
    found = running.vedette("audit", "verify", "--checkpoint", str(kept), "--json")
    assert found.returncode == 1
    assert "not a checkpoint" in json.loads(found.stdout)["error"]["message"]


@pytest.mark.parametrize(
    "words",
    [("settings", "show"), ("rule", "list"), ("audit", "list"), ("why", "control:1"), ADD],
    ids=lambda words: " ".join(words[:2]),
)
def test_without_control_it_says_how_to_start_it(
    organisation: Organisation, words: tuple[str, ...]
) -> None:
    found = organisation.vedette(*words)
    assert found.returncode == 4
    assert f"vedette up {organisation.boot.folder}" in found.stderr
    told = json.loads(organisation.vedette(*words, "--json").stdout)
    assert told["error"]["hint"]


def test_a_folder_that_is_no_organisation_is_named(
    tmp_path: Path, organisation: Organisation
) -> None:
    found = organisation.vedette("rule", "list", "--dir", str(tmp_path))
    assert found.returncode == 4
    assert "vedette init" in found.stderr


def test_doctor_says_what_to_do_about_each_thing(running: Organisation) -> None:
    name_acme(running)
    running.door("gateway")
    found = running.vedette("doctor", "--json")
    told = {}
    for each in json.loads(found.stdout):
        told.setdefault(each["check"], []).append(each)
    assert found.returncode == 1  # synapse never ran here
    assert told["control"][0]["health"] == "good"
    assert told["audit"][0]["health"] == "good"
    assert any("synapse has never run" in each["words"] for each in told["doors"])
    assert any("acme" in each["words"] and each["mend"] for each in told["settings"])
    assert all(
        each["mend"] for group in told.values() for each in group if each["health"] != "good"
    )


def test_doctor_finds_drift_and_works_with_control_down(organisation: Organisation) -> None:
    organisation.start()
    organisation.stop()
    path = homeserver_file(organisation.boot)
    path.parent.mkdir(exist_ok=True)
    text = render(current_settings(organisation.boot)[1], organisation.boot)
    path.write_text(text)

    def drift() -> str:
        found = json.loads(organisation.vedette("doctor", "--json").stdout)
        return next(each["health"] for each in found if each["check"] == "drift")

    assert drift() == "good"
    path.write_text(text.replace('"report_stats": false', '"report_stats": true'))
    assert drift() == "broken"


def test_help_says_what_every_command_does(organisation: Organisation) -> None:
    for words in ([], ["settings"], ["rule"], ["audit"], ["why"], ["rule", "add"], ["doctor"]):
        shown = done(organisation, *words, "--help")
        assert "Usage" in shown
    assert "Exit codes" in done(organisation, "--help")


def test_the_folder_may_be_named_behind_the_command_and_in_the_environment(
    running: Organisation,
) -> None:
    assert "talk" in done(running, "rule", "list", "--dir", str(running.boot.folder))
