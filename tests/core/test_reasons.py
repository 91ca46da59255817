from __future__ import annotations

import re

from vedette.core.explain import _FOR_PERSON
from vedette.core.reasons import REFUSALS, Reason


def test_every_code_is_short_and_plain():
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", reason.value) for reason in Reason)


def test_every_code_has_a_sentence_for_people():
    assert set(_FOR_PERSON) == set(Reason)


def test_what_allows_is_no_refusal():
    assert set(Reason) - REFUSALS == {Reason.ALLOWED, Reason.ROUTINE, Reason.SERVICE}
