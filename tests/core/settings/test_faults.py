from __future__ import annotations

from vedette.core.language import Language, in_language
from vedette.core.settings.faults import Fault, spell_path
from vedette.core.settings.parse import check_document


def test_a_path_is_dotted_and_counts_from_one():
    assert spell_path(("rules", "acme", "when", 0)) == "rules.acme.when[1]"
    assert spell_path(()) == ""


def test_a_fault_says_line_place_sentence_and_hint():
    assert str(Fault(3, "a.b", "this is wrong", "write that")) == (
        "line 3, a.b: this is wrong (write that)"
    )
    assert str(Fault(3, "", "this is wrong")) == "line 3: this is wrong"


def test_faults_and_warnings_read_in_german_too() -> None:
    text = (
        '[organisation]\nname = "x"\ndomain = "example.org"\n[rules.r]\nbetween = ["us", "nobody"]\n'
        'allow = ["file"]\nsayy = "x"\n[media]\nmax_upload = true\n'
    )
    _, found = check_document(text)
    said = [in_language(each.words, Language.DE) for each in found]
    assert any("`nobody` ist weder ein Kreis noch ein Partner" in each for each in said)
    assert any("`sayy` gibt es nicht: Einstellung (meinten Sie `say`?)" in each for each in said)
    assert all(each.startswith("Zeile ") for each in said)
