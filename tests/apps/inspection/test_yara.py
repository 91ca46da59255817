"""The organisation's own YARA rules, in the real inspector."""

from __future__ import annotations

from pathlib import Path

from tests.apps.control.organisation import until
from tests.apps.inspection.conftest import Starter
from tests.apps.inspection.living import Inspector
from tests.apps.inspection.test_api import digest
from tests.apps.inspection.test_scanners import zipped

LETTER = b"This letter is about project Nightingale and about nothing else."


def rule(name: str, word: str) -> str:
    return f'rule {name} {{ strings: $word = "{word}" condition: $word }}\n'


def revision(inspector: Inspector) -> object:
    return inspector.ask("GET", "/ready")[1].get("rules")


def test_rules_are_changed_while_it_runs_and_broken_ones_change_nothing(
    start: Starter, tmp_path: Path
) -> None:
    (tmp_path / "own.yar").write_text(rule("project", "Nightingale"))
    (tmp_path / "readme.txt").write_text("no rules")
    inspector = start(said=f'yara = "{tmp_path}"')
    first = inspector.put(LETTER)
    assert first["matches"] == ["project"]
    assert inspector.put(zipped(LETTER))["matches"] == ["project"], "inside an archive too"
    assert inspector.put(b"no more than a letter")["matches"] == []

    before = revision(inspector)
    (tmp_path / "more.yar").write_text(
        rule("good", "letter") + "\nrule bad { condition: nonsense }"
    )
    until(lambda: "more.yar:3: " in inspector.ask("GET", "/ready")[1]["yara"])
    assert "more.yar:3: " in inspector.log
    assert revision(inspector) == before
    assert inspector.ask("GET", f"/contents/{digest(LETTER)}") == (200, first)
    inspector.kill()
    inspector.start()
    assert revision(inspector) == before, "the last good rules stay over a restart too"

    (tmp_path / "more.yar").write_text(rule("good", "letter"))
    until(lambda: inspector.ask("GET", f"/contents/{digest(LETTER)}")[0] == 404)
    assert inspector.put(LETTER)["matches"] == ["good", "project"]
    assert inspector.ask("GET", "/ready")[1]["yara"] == ""


def test_with_rules_that_were_never_good_nothing_is_judged(start: Starter, tmp_path: Path) -> None:
    (tmp_path / "own.yar").write_text('include "/etc/passwd"')
    inspector = start(said=f'yara = "{tmp_path}"', ready=False)
    status, told = inspector.ask("PUT", "/contents?wait=1", LETTER)
    assert status == 503
    assert "own.yar:1: " in told["why"]
    (tmp_path / "own.yar").write_text(rule("project", "Nightingale"))
    until(lambda: inspector.ask("GET", "/ready")[0] == 200)
    assert inspector.put(LETTER)["matches"] == ["project"]
