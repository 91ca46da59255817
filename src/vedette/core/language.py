"""Sentences for people, in every language that the suite speaks.

A `Sentence` carries all of its languages, so nothing that passes it on needs to know which one will
be read: the command line and the API write it as the text it is, English; a page that speaks German
writes its German. What is put together from sentences is put together here, in each language.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Self

from vedette.core.german.sentences import SENTENCES


class Language(StrEnum):
    """A language that the suite speaks."""

    EN = "en"
    DE = "de"


class Sentence(str):
    """A text for people. As a `str` it is the English one; `german` says the same."""

    __slots__ = ("german",)
    german: str

    def __new__(cls, english: str, german: str) -> Self:
        """Both texts, each whole."""
        made = super().__new__(cls, english)
        made.german = german
        return made

    @property
    def english(self) -> str:
        """The English text and nothing else."""
        return str(self)

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # what copies are made of
        """What a copy is made of."""
        return str(self), self.german


AND, OR = Sentence("and", "und"), Sentence("or", "oder")
YES, NO = Sentence("yes", "ja"), Sentence("no", "nein")
NOTHING = Sentence("", "")


def told(english: str, /, **fill: object) -> Sentence:
    """A sentence by its English, each `{place}` filled; a place may be filled with a sentence.

    Its German stands in `core.german` under the English. Where it does not, both are English:
    somebody reads a foreign word rather than nothing (a test finds every such place).
    """
    german = SENTENCES.get(english, english)
    return Sentence(_filled(english, fill, Language.EN), _filled(german, fill, Language.DE))


def as_is(text: str) -> Sentence:
    """What somebody else said, in the language in which they said it."""
    return Sentence(text, text)


def sentence(text: str) -> Sentence:
    """A text that may be a sentence; one that is none is what somebody else said."""
    return text if isinstance(text, Sentence) else as_is(text)


def to_json(text: str) -> str | list[str]:
    """A text as it is kept; a sentence keeps each of its languages."""
    return [str(text), text.german] if isinstance(text, Sentence) else text


def from_json(kept: Any) -> str:
    """What `to_json` kept."""
    return Sentence(*map(str, kept)) if isinstance(kept, list) else str(kept)


def said_by(fault: Exception) -> Sentence:
    """What a fault says; one that was made from a sentence says it in each language."""
    said = fault.args[0] if fault.args else ""
    return said if isinstance(said, Sentence) else as_is(str(fault))


def _filled(text: str, fill: Mapping[str, object], language: Language) -> str:
    return text.format(
        **{
            name: in_language(value, language) if isinstance(value, str) else value
            for name, value in fill.items()
        }
    )


def in_language(text: str, language: Language) -> str:
    """A sentence in a language; what is none is the same in each."""
    return text.german if isinstance(text, Sentence) and language is Language.DE else text


def listed(words: Sequence[str], last: Sentence = AND) -> Sentence:
    """Words as people list them: "a, b and c". What is no sentence is the same in each language."""
    return Sentence(*(_listed(words, last, language) for language in Language))


def _listed(words: Sequence[str], last: Sentence, language: Language) -> str:
    said = [in_language(word, language) for word in words]
    if not said[1:]:
        return "".join(said)
    return f"{', '.join(said[:-1])} {in_language(last, language)} {said[-1]}"


def joined(parts: Sequence[str], between: str = " ") -> Sentence:
    """Texts one after another; an empty one is left out."""
    return Sentence(
        *(
            between.join(said for part in parts if (said := in_language(part, language)))
            for language in Language
        )
    )


def places(text: str) -> frozenset[str]:
    """The names of the places in a text."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def german_day(iso: str) -> str:
    """A day as Germans write it: 30.06.2027 for 2027-06-30."""
    return ".".join(reversed(iso.split("-")))


def day(one: date) -> Sentence:
    """A day of the calendar."""
    return Sentence(one.isoformat(), german_day(one.isoformat()))
