from __future__ import annotations

from vedette.core.administration import MEANINGS
from vedette.core.asks import Act


def test_every_administrative_act_has_a_meaning_in_words_and_no_other_act_has():
    assert set(MEANINGS) == {act for act in Act if act.name.startswith("ADMINISTRATION_")}


def test_they_stand_in_the_order_of_the_alphabet():
    names = [act.value for act in MEANINGS]
    assert names == sorted(names)
