"""The settings as code: looked at before they are applied, out and in again, in pipelines."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from tests.apps.cli.served import Served
from tests.apps.control.organisation import COMMAND
from tests.services.requirements import PATCH, needs
from vedette.cli.main import app
from vedette.cli.surroundings import Exit
from vedette.core.settings.default import default_document
from vedette.core.synapse_options.table import OPTIONS

START = default_document("Example AG", "example.test").replace(
    "[partners]\n", '[partners]\nacme = { domains = ["acme.example"] }\n'
)
TIGHTER = START + '\n# less room\n[media]\nmax_upload = "10 MiB"\n'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served.at(tmp_path_factory.mktemp("as-code") / "org", START)
    yield made
    made.end()


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    return tmp_path / "settings draft.toml"


def dry_run(served: Served, draft: Path) -> tuple[int, str]:
    return served.run("settings", "apply", str(draft), "--dry-run")


def test_what_was_exported_changes_nothing_when_it_comes_back(served: Served, draft: Path) -> None:
    assert served.run("settings", "export", "-o", str(draft))[0] == 0
    marker, _, text = draft.read_text().partition("\n")
    assert marker == f"# vedette: revision {served.settings()['revision']}"
    assert text == served.settings()["text"] == START  # every comment, in its place
    assert dry_run(served, draft) == (0, "it changes nothing: this is in force already\n")
    applied = served.data("settings", "apply", str(draft), "--reason", "x")
    assert (applied[0], applied[1]["error"]["code"]) == (3, "nothing-changes")


def test_a_dry_run_says_everything_and_does_nothing(served: Served, draft: Path) -> None:
    draft.write_text(TIGHTER)
    before = served.digest()
    code, said = dry_run(served, draft)
    assert code == 0
    assert "media.max_upload becomes" in said
    assert "vedette settings set media.max_upload" in said
    assert "it would be applied" in said
    assert f"vedette replay '{draft}'" in said
    assert "takes effect when Synapse starts again" in said
    assert served.digest() == before
    assert len(served.data("settings", "history")[1]) == 1


def test_a_dry_run_says_that_it_would_wait_and_for_what(served: Served, draft: Path) -> None:
    draft.write_text(START.replace("[guardrails.administrators-apart]", "[guardrails.other]"))
    code, said = dry_run(served, draft)
    assert code == Exit.WAITS
    assert "it would wait for a second person" in said
    assert "The guardrail `administrators-apart` would be lost or weaker." in said
    assert served.data("settings", "apply", str(draft), "--base", "1", "--reason", "x")[0] == 5
    (waiting,) = served.data("settings", "pending")[1]
    assert served.data("settings", "withdraw", waiting["id"], "--reason", "x")[0] == 0


def test_a_dry_run_of_faults_names_them_and_is_rejected(served: Served, draft: Path) -> None:
    draft.write_text(START + "\n[medai]\n")
    code, said = served.data("settings", "apply", str(draft), "--dry-run")
    assert (code, said["error"]["code"]) == (3, "faults")
    draft.write_text("# vedette: revision 7\n" + TIGHTER)
    code, said = served.data("settings", "apply", str(draft), "--dry-run")
    assert (code, said["error"]["code"]) == (3, "conflict")


def test_without_a_reason_nothing_is_applied(served: Served, draft: Path) -> None:
    draft.write_text(TIGHTER)
    code, said = served.run("settings", "apply", str(draft), "--base", "1")
    assert code == Exit.USAGE
    assert "reason" in said


@needs(PATCH)
def test_a_difference_is_a_patch_that_patch_applies(served: Served, draft: Path) -> None:
    draft.write_text(TIGHTER)
    code, shown = served.run("settings", "diff", str(draft), "--patch")
    assert code == 0
    assert "+# less room" in shown.splitlines()
    before = draft.with_name("before.toml")
    before.write_text(START)
    done = subprocess.run(["patch", str(before)], input=shown, text=True, check=False,
                          capture_output=True)  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert before.read_text() == TIGHTER


@pytest.mark.parametrize(("text", "code"), [(TIGHTER, 0), (START + "\n[medai]\n", 1)])
def test_a_pipeline_checks_without_any_organisation(draft: Path, text: str, code: int) -> None:
    draft.write_text(text)
    found = subprocess.run([*COMMAND, "settings", "check", str(draft), "--json"], check=False,
                           capture_output=True, text=True, env={"PATH": os.environ["PATH"]})  # fmt: skip
    assert found.returncode == code, found.stderr
    assert ('"valid": true' in found.stdout) is (code == 0)


# ---- Every command --------------------------------------------------------------------------------

LIVING = {"control", "gateway", "signin", "inspector", "synapse", "member", "up"}
"""Commands that run until they are ended, and say nothing that could be JSON."""


def _commands(group: typer.Typer) -> Iterator[tuple[str, set[str]]]:
    root = typer.main.get_command(group)
    waiting = [(root, "")]
    while waiting:
        command, name = waiting.pop()
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name.strip(), {flag for each in command.params for flag in each.opts}
        else:
            waiting += [(each, f"{name} {own}") for own, each in inner.items()]


def test_every_command_prints_json_where_it_is_asked_to() -> None:
    found = dict(_commands(app))
    assert len(found) > 50
    assert {name for name, flags in found.items() if "--json" not in flags} <= LIVING


# ---- Completion -----------------------------------------------------------------------------------


def completed(words: str, folder: Path | None, shell: str = "bash") -> list[str]:
    program = str(Path(sys.executable).parent / "vedette")
    env = {"PATH": os.environ["PATH"], "_VEDETTE_COMPLETE": f"complete_{shell}"}
    if shell == "bash":
        env |= {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    else:
        env |= {"_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    if folder is not None:
        env["VEDETTE_DIR"] = str(folder)
    found = subprocess.run([program], env=env, capture_output=True, text=True, check=False,
                           timeout=120)  # fmt: skip
    assert "Traceback" not in found.stderr
    return [word for word in found.stdout.split("\n") if word]


def test_a_shell_completes_commands_paths_and_names(served: Served) -> None:
    folder = served.organisation.boot.folder
    assert "settings" in completed("vedette sett", folder)
    assert "--guardrail" in completed("vedette rule add x --guard", folder)
    assert completed("vedette settings set media.", folder) == ["media.max_upload"]
    assert "partners.acme.contact" in completed("vedette settings set partners.", folder)
    assert completed("vedette rule show two-", folder) == ["two-factors"]
    assert completed("vedette partner show a", folder) == ["acme"]
    assert "two-factors" in " ".join(completed("vedette rule show two-", folder, "fish"))
    assert "two-factors" in " ".join(completed("vedette rule show two-", folder, "zsh"))


def test_where_nobody_answers_a_shell_completes_what_is_known_and_says_nothing(
    tmp_path: Path,
) -> None:
    assert completed("vedette rule show two-", tmp_path) == []
    assert completed("vedette settings set media.", None) == ["media.max_upload"]


def test_synapse_s_options_are_listed_with_what_decides_them(served: Served) -> None:
    code, found = served.data("settings", "synapse")
    assert code == 0
    assert [each["key"] for each in found] == [option.key for option in OPTIONS]
    code, said = served.run("settings", "synapse", "rc_joins.local")
    assert said.startswith(
        'rc_joins.local = {"burst_count": 50, "per_second": 2.0}  [synapse.rate_joins]\n'
    )
    assert (
        "modules = (on this host)  [boot.toml]" in served.run("settings", "synapse", "modules")[1]
    )
    assert "[the rules]" in served.run("settings", "synapse", "prevent_media")[1]
    assert "[fixed]" in served.run("settings", "synapse", "report_stats")[1]
    assert "no option of Synapse says this" in served.run("settings", "synapse", "nothing-says")[1]
