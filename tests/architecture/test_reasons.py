"""Every reason code has a meaning, and a sentence for the person whom it refuses."""

import ast
from pathlib import Path

import pytest

from vedette.core.decision import Decision, Verdict
from vedette.core.explain import sentence_for_person
from vedette.core.reasons import REFUSALS, Reason

SOURCE = Path(__file__).parents[2] / "src/vedette"


def test_every_reason_says_what_it_means():
    tree = ast.parse((SOURCE / "core/reasons.py").read_text())
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef)).body[1:]
    undocumented = [
        ast.unparse(line)
        for line, after in zip(body, [*body[1:], None], strict=True)
        if isinstance(line, ast.Assign)
        and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
    ]
    assert undocumented == []


@pytest.mark.parametrize("reason", sorted(REFUSALS))
def test_every_refusal_is_explained_to_the_person(reason: Reason):
    refusal = Decision(verdict=Verdict.NO, reason=reason, revision=1)
    sentence = sentence_for_person(refusal)
    assert sentence[0].isupper()
    assert sentence.endswith(".")


def test_codes_are_words_and_used_once():
    values = [reason.value for reason in Reason]
    assert len(set(values)) == len(values)
    assert all(value.replace("-", "").isalpha() for value in values)
