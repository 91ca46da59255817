"""The virus scanner: a real clamd behind the real inspector."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps.control.organisation import until
from tests.apps.inspection.clamd_process import EICAR, ClamdProcess, needs_clamd
from tests.apps.inspection.conftest import Starter
from tests.apps.inspection.test_api import digest
from tests.ports import free_port
from vedette.control.examination import inspector_seen

pytestmark = needs_clamd()
OTHER = b"something that the organisation does not want"


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[ClamdProcess]:
    process = ClamdProcess(tmp_path)
    process.know(EICAR, number=7)
    yield process.start()
    process.end()


def zipped(data: bytes) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("inside.txt"), data)
    return into.getvalue()


def test_a_virus_in_an_archive_is_found_and_nothing_is_judged_without_the_scanner(
    start: Starter, clamd: ClamdProcess
) -> None:
    inspector = start(said=f'clamd = "{clamd.address}"')
    assert inspector.put(zipped(EICAR))["malware"] is True
    assert inspector.put(zipped(b"harmless"))["malware"] is False
    clamd.end()
    late = zipped(EICAR + b" again")
    assert inspector.ask("PUT", "/contents?wait=0.5", late)[0] == 202
    until(lambda: "clamd" in inspector.ask("GET", "/ready")[1]["silent"])
    assert clamd.address in inspector_seen(inspector.boot).scanners[0], "doctor names it"
    assert inspector.ask("GET", f"/contents/{digest(late)}")[0] in (202, 422)
    assert inspector.ask("GET", f"/contents/{digest(zipped(EICAR))}")[0] == 200, "known before"
    clamd.start()

    def judged() -> bool:
        status, told = inspector.ask("PUT", "/contents?wait=5", late)
        assert status in (200, 202, 422)
        return status == 200 and told["malware"] is True

    until(judged)


def test_a_new_database_is_another_revision_and_finds_what_the_old_one_did_not(
    start: Starter, clamd: ClamdProcess
) -> None:
    inspector = start(said=f'clamd = "{clamd.address}"')
    before = inspector.put(OTHER)
    assert before["malware"] is False
    clamd.know(EICAR, OTHER, number=8)
    assert clamd.command("RELOAD") == b"RELOADING\0"
    until(lambda: inspector.ask("GET", f"/contents/{digest(OTHER)}")[0] == 404)
    after = inspector.put(OTHER)
    assert after["malware"] is True
    assert after["by"] != before["by"]


def test_an_inspector_whose_scanner_never_answered_judges_nothing(
    start: Starter, tmp_path: Path
) -> None:
    clamd = ClamdProcess(tmp_path, free_port())
    inspector = start(said=f'clamd = "{clamd.address}"', ready=False)
    until(lambda: inspector.answers("/health"))
    status, told = inspector.ask("PUT", "/contents?wait=1", OTHER)
    assert status == 503, told
    assert clamd.address in inspector.ask("GET", "/ready")[1]["why"]
    clamd.know(OTHER, number=1)
    clamd.start()
    try:
        until(lambda: inspector.ask("GET", "/ready")[0] == 200)
        assert inspector.put(OTHER)["malware"] is True
    finally:
        clamd.end()


def test_a_content_longer_than_the_scanner_takes_is_not_judged(
    start: Starter, clamd: ClamdProcess
) -> None:
    inspector = start(said=f'clamd = "{clamd.address}"')
    assert inspector.put(b"a" * clamd.longest)["malware"] is False
    long = b"a" * (clamd.longest * 4)
    status, told = inspector.ask("PUT", "/contents?wait=30", long)
    assert status == 422
    assert "INSTREAM size limit exceeded" in told["why"] or "StreamMaxLength" in told["why"]


def test_without_a_scanner_nobody_knows_of_malware(start: Starter) -> None:
    assert start().put(zipped(EICAR))["malware"] is None
