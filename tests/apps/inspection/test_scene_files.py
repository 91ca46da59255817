"""The files that the demo's people send, looked into by the real inspector."""

from __future__ import annotations

import pytest

from tests.apps.inspection.living import Inspector
from vedette.suite.scene import DRAWING, whole_pdf


@pytest.mark.parametrize("data", [DRAWING, whole_pdf("prices")])
def test_what_the_demo_sends_is_a_document_and_nothing_in_it_stays_unknown(
    inspector: Inspector, data: bytes
) -> None:
    """A part that nobody could look into counts as of no known kind: then the scene is refused."""
    found = inspector.put(data, 30)
    assert found["kind"] == "document", found
    assert (found["whole"], found["inside"], found["active"]) == (True, [], False), found
