"""A virus scanner behind ICAP: a real c-icap behind the real inspector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps.control.organisation import until
from tests.apps.inspection.clamd_process import EICAR, ClamdProcess, needs_clamd
from tests.apps.inspection.conftest import Starter
from tests.apps.inspection.icap_process import IcapProcess, needs_icap
from tests.apps.inspection.test_scanners import zipped
from tests.ports import free_port

pytestmark = [needs_clamd(), needs_icap()]


@pytest.fixture
def icap(tmp_path: Path) -> Iterator[IcapProcess]:
    clamd = ClamdProcess(tmp_path, longest=64 << 20)
    clamd.know(EICAR, number=7)
    clamd.start()
    process = IcapProcess(tmp_path, free_port(), f"{tmp_path}/clamd.sock")
    yield process.start()
    process.end()
    clamd.end()


def test_a_virus_is_found_and_nothing_is_judged_that_was_not_looked_at(
    start: Starter, icap: IcapProcess
) -> None:
    inspector = start(said=f'icap = "{icap.address}"')
    assert inspector.put(zipped(EICAR))["malware"] is True
    assert inspector.put(zipped(b"harmless"))["malware"] is False
    assert inspector.put(b"long " * 100_000)["malware"] is False
    status, told = inspector.ask("PUT", "/contents?wait=30", b"too long for it " * 200_000)
    assert status == 422, told
    icap.end()
    late = EICAR + b" late"
    assert inspector.ask("PUT", "/contents?wait=0.5", late)[0] == 202
    icap.start()

    def judged() -> bool:
        status, told = inspector.ask("PUT", "/contents?wait=5", late)
        assert status in (200, 202, 422)
        return status == 200 and told["malware"] is True

    until(judged)
