from __future__ import annotations

from vedette.core.settings.faults import Fault, spell_path


def test_a_path_is_dotted_and_counts_from_one():
    assert spell_path(("rules", "acme", "when", 0)) == "rules.acme.when[1]"
    assert spell_path(()) == ""


def test_a_fault_says_line_place_sentence_and_hint():
    assert str(Fault(3, "a.b", "this is wrong", "write that")) == (
        "line 3, a.b: this is wrong (write that)"
    )
    assert str(Fault(3, "", "this is wrong")) == "line 3: this is wrong"
