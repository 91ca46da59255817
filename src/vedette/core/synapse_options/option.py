"""One option of Synapse's configuration, as the console and the reference show it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vedette.core.german.synapse_options import OPTIONS as GERMAN
from vedette.core.language import Sentence


class Way(StrEnum):
    """What decides an option's value."""

    FIXED = "fixed"
    """The same everywhere: its risk says what would break or open otherwise."""
    SETTING = "setting"
    """Settings that are there for it."""
    GOVERNED = "governed"
    """Settings or rules that decide more than this."""
    HOST = "host"
    """The boot file: where things are on this host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option by its key, dots between tables. `default` is Synapse's own, as JSON has it.

    `by` are the paths of settings that decide it, `rules` says that rules do. What Vedette does not
    write has Synapse's default.
    """

    key: str
    default: Any
    meaning: Sentence
    risk: Sentence
    way: Way
    by: tuple[str, ...] = ()
    rules: bool = False


def fixed(key: str, default: Any, meaning: str, risk: str) -> Option:
    """An option that is the same in every organisation, for the reason that `risk` tells."""
    return _option(key, default, meaning, risk, Way.FIXED)


def chosen(key: str, default: Any, meaning: str, risk: str, *by: str) -> Option:
    """An option for which there are settings of its own."""
    return _option(key, default, meaning, risk, Way.SETTING, by)


def governed(
    key: str, default: Any, meaning: str, risk: str, *by: str, rules: bool = False
) -> Option:
    """An option that follows from settings or rules which decide more than it."""
    return _option(key, default, meaning, risk, Way.GOVERNED, by, rules=rules)


def host(key: str, meaning: str, risk: str) -> Option:
    """An option that follows from the boot file; its value is a matter of this host."""
    return _option(key, None, meaning, risk, Way.HOST)


def _option(
    key: str,
    default: Any,
    meaning: str,
    risk: str,
    way: Way,
    by: tuple[str, ...] = (),
    *,
    rules: bool = False,
) -> Option:
    german = GERMAN.get(key, (meaning, risk))
    return Option(
        key=key,
        default=default,
        meaning=Sentence(meaning, german[0]),
        risk=Sentence(risk, german[1]),
        way=way,
        by=by,
        rules=rules,
    )
