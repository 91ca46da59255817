"""The command and the API call behind a change of the settings: one place for all who show them.

A `Step` is one change by itself: the words of the `vedette` command and the `Call` of the admin API
that do the very same. Neither carries the reason yet, which only whoever makes the change knows.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from vedette.core.settings.edit import rule_keys
from vedette.core.settings.reference import spell_value
from vedette.core.settings.rules import Rule

API = "/vedette/api/v1"
"""What stands before every path of the admin API."""

_LISTS = ("from", "to", "allow", "forbid")
_TEXTS = ("say", "owner", "expires", "mode")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the admin API: its path is beneath `API`, its body JSON, or None."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None

    @property
    def target(self) -> str:
        """The path with its query, as it stands in a request."""
        return API + self.path + (f"?{urlencode(self.query)}" if self.query else "")

    @property
    def json(self) -> str:
        """The body as text, empty where there is none."""
        return "" if self.body is None else json.dumps(self.body, indent=2, ensure_ascii=False)

    def because(self, reason: str) -> Call:
        """The same call with its reason, in the body, or in the query where there is no body."""
        if self.body is None:
            return replace(self, query={**(self.query or {}), "reason": reason})
        return replace(self, body={**self.body, "reason": reason})


@dataclass(frozen=True, slots=True)
class Step:
    """One change as a command and as a call. `words` begin behind `vedette`."""

    words: tuple[str, ...]
    call: Call

    @property
    def command(self) -> str:
        """The command line without its reason, quoted for a POSIX shell."""
        return shlex.join(("vedette", *self.words))

    def because(self, reason: str) -> str:
        """The command line with its reason, to be pasted into a shell."""
        # behind `--` nothing is an option any more
        at = self.words.index("--") if "--" in self.words else len(self.words)
        return shlex.join(("vedette", *self.words[:at], "--reason", reason, *self.words[at:]))


@dataclass(frozen=True, slots=True)
class Edit:
    """One setting, rule or named table to be set to a TOML `value`, or taken out where it is None."""

    path: str
    value: str | None


def edit_step(edit: Edit) -> Step:
    """How one setting is set or unset."""
    call = Call("PATCH", "/settings", {"path": edit.path, "value": edit.value})
    if edit.value is None:
        return Step(("settings", "unset", edit.path), call)
    # What begins with a hyphen would be taken for an option.
    apart = ("--",) if edit.value.startswith("-") else ()
    return Step(("settings", "set", *apart, edit.path, edit.value), call)


RuleData = Mapping[str, str | list[str]]
"""The keys of a rule as the API takes them: a text, or a list of texts."""


def add_rule_step(section: str, name: str, rule: Rule | RuleData) -> Step:
    """How a rule is added; `section` is `rules` or `guardrails`."""
    data = rule_data(rule) if isinstance(rule, Rule) else dict(rule)
    body = {"id": name, "rule": data, "guardrail": section == "guardrails"}
    return Step(("rule", "add", *_rule_words(section, name, data)), Call("POST", "/rules", body))


def change_rule_step(section: str, name: str, rule: Rule | RuleData) -> Step:
    """How a rule is given another content, all of it."""
    data = rule_data(rule) if isinstance(rule, Rule) else dict(rule)
    body = {"rule": data, "guardrail": section == "guardrails"}
    call = Call("PUT", f"/rules/{quote(name, safe='')}", body)
    return Step(("rule", "change", *_rule_words(section, name, data)), call)


def remove_rule_step(section: str, name: str) -> Step:
    """How a rule is removed."""
    query = {"guardrail": "true"} if section == "guardrails" else None
    call = Call("DELETE", f"/rules/{quote(name, safe='')}", None, query)
    return Step(("rule", "remove", name, *_guardrail(section)), call)


def together_step(edits: Sequence[Edit]) -> Step:
    """How several edits are made at once, as one revision: first what is set, then what goes."""
    edits = sorted(edits, key=lambda edit: edit.value is None)
    words = ["settings", "change"]
    for edit in edits:
        said = ("--unset", edit.path) if edit.value is None else ("--set", _pair(edit))
        words += said
    changes = [{"path": edit.path, "value": edit.value} for edit in edits]
    return Step(tuple(words), Call("POST", "/settings/change", {"changes": changes}))


def _pair(edit: Edit) -> str:
    return f"{edit.path}={edit.value}"


def rule_data(rule: Rule) -> dict[str, str | list[str]]:
    """The keys of a rule as the API takes them."""
    found = rule_keys(rule).items()
    return {key: value if isinstance(value, list) else str(value) for key, value in found}


def rule_value(rule: Rule) -> str:
    """A rule as one TOML value."""
    return spell_value(rule_keys(rule))


def _rule_words(section: str, name: str, keys: RuleData) -> tuple[str, ...]:
    """A rule as options; conditions are repeated options, since they hold commas."""
    words = [name, *(("--between", *keys["between"]) if "between" in keys else ())]
    for key in _LISTS:
        if key in keys:
            words += [f"--{key}", ",".join(keys[key])]
    for key in ("when", "unless"):
        for condition in keys.get(key, ()):
            words += [f"--{key}", condition]
    for key in _TEXTS:
        if key in keys:
            words += [f"--{key}", str(keys[key])]
    return (*words, *_guardrail(section))


def _guardrail(section: str) -> tuple[str, ...]:
    return ("--guardrail",) if section == "guardrails" else ()
