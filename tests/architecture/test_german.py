"""Whatever the suite says to people it says in German too; what is added without it is named here."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from vedette.core.administration import MEANINGS
from vedette.core.channels import NOUNS, WORDS
from vedette.core.facts import FACTOR_KINDS, FACTORS, REGISTRY, TYPES, FactType
from vedette.core.german.acts import ACTS
from vedette.core.german.facts import FACTS
from vedette.core.german.sentences import SENTENCES, TABLES
from vedette.core.german.settings import SETTINGS
from vedette.core.language import places
from vedette.core.reasons import REASONS, Reason
from vedette.core.sessions import STATES, SessionState
from vedette.core.settings.reference import settings_reference

SOURCE = Path(__file__).parents[2] / "src/vedette"


def _told() -> Iterator[tuple[str, ast.expr]]:
    """Every call of `told`: where it is, and what it is given."""
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text()
        if "vedette.core.language" not in text:
            continue  # nothing else is `told`
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(func=ast.Name(id="told"), args=[first, *_]):
                    yield f"{path.relative_to(SOURCE)}:{node.lineno}", first


def _texts(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)
        case _:
            raise AssertionError(f"line {node.lineno}: only a text that stands here can be known")


SAID = [(where, text) for where, node in _told() for text in _texts(node)]


def test_every_sentence_is_there_in_german():
    assert len(SAID) > 300
    assert [f"{where}: {text}" for where, text in SAID if text not in SENTENCES] == []


def test_no_german_is_left_over_and_none_is_there_twice():
    assert SENTENCES.keys() - {text for _, text in SAID} == set()
    keys = [english for table in TABLES for english, _ in table]
    assert len(keys) == len(set(keys))


def test_both_have_the_same_places():
    for english, german in SENTENCES.items():
        assert german.strip(), english
        assert places(english) == places(german), english


def test_every_setting_is_there_in_german():
    infos = {info.path: info for info in settings_reference()}
    assert SETTINGS.keys() == infos.keys()
    for path, info in infos.items():
        german = SETTINGS[path]
        assert german.title, path
        assert german.meaning[:1].isupper(), path
        assert german.meaning.endswith("."), path
        assert german.risk.endswith("."), path
        assert bool(german.recommended) is not _is_value(info.recommended), path


def _is_value(text: str) -> bool:
    """Whether a recommendation is a value of TOML, which every language spells alike."""
    try:
        tomllib.loads(f"v = {text}")
    except tomllib.TOMLDecodeError:
        return False
    return True


def test_every_fact_and_every_act_is_there_in_german():
    assert FACTS.keys() == REGISTRY.keys()
    assert ACTS.keys() == {act.value for act in MEANINGS}
    assert all(REGISTRY[name].meaning.german == FACTS[name] for name in FACTS)
    assert all(meaning.german == ACTS[act.value] for act, meaning in MEANINGS.items())


def test_every_closed_list_has_its_words():
    assert NOUNS.keys() == WORDS.keys()
    assert TYPES.keys() == set(FactType)
    assert FACTORS.keys() == set(FACTOR_KINDS)
    assert REASONS.keys() == set(Reason)
    assert STATES.keys() == set(SessionState)
