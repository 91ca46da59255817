"""Rules one by one: as sentences, and as changes to the text of the document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from vedette.admin.rejected import Code, Rejected
from vedette.core.language import said_by, told
from vedette.core.settings.commands import Edit
from vedette.core.settings.document import Document, Rule
from vedette.core.settings.edit import (
    EditError,
    add_rule,
    change_rule,
    remove,
    remove_rule,
    rule_keys,
    rule_table,
    set_value,
)
from vedette.core.settings.reference import spell_text
from vedette.core.settings.sentences import rule_sentence
from vedette.core.settings.spelling import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """One rule as people read it. `text` is its TOML."""

    id: str
    guardrail: bool
    sentence: str
    text: str
    owner: str
    say: str


def list_rules(document: Document) -> list[RuleView]:
    """Every guardrail and every rule, by id."""
    return [
        *(_view(name, rule, True) for name, rule in sorted(document.guardrails.items())),
        *(_view(name, rule, False) for name, rule in sorted(document.rules.items())),
    ]


def show_rule(document: Document, name: str) -> RuleView:
    """One rule by its id; a guardrail's is `guardrails.<name>` or its bare name.

    Raises:
        Rejected: there is none of this name.
    """
    bare = name.removeprefix("guardrails.")
    for view in reversed(list_rules(document)):  # a rule comes before a guardrail of its name
        if view.id in (name, f"guardrails.{bare}"):
            return view
    known = [*document.rules, *document.guardrails]
    raise Rejected(
        Code.NOT_FOUND,
        told("there is no rule `{name}`", name=name),
        did_you_mean(name, known) or told("list them with `vedette rule list`"),
    )


def _view(name: str, rule: Rule, guardrail: bool) -> RuleView:
    section = "guardrails" if guardrail else "rules"
    return RuleView(
        id=f"guardrails.{name}" if guardrail else str(name),
        guardrail=guardrail,
        sentence=rule_sentence(name, rule),
        text=rule_table(section, name, rule_keys(rule)),
        owner=rule.owner,
        say=rule.say,
    )


def with_rule(text: str, name: str, keys: Mapping[str, Any], guardrail: bool) -> str:
    """The text with one more rule. Raises Rejected."""
    section = "guardrails" if guardrail else "rules"
    try:
        return add_rule(text, name, _with_date(keys), section=section)
    except EditError as fault:
        raise Rejected(Code.INVALID, said_by(fault)) from fault


def with_rule_changed(text: str, name: str, keys: Mapping[str, Any], guardrail: bool) -> str:
    """The text in which a rule has other keys, all of them. Raises Rejected."""
    section = "guardrails" if guardrail else "rules"
    try:
        return change_rule(text, name, _with_date(keys), section=section)
    except EditError as fault:
        hint = told("list them with `vedette rule list`; `vedette rule add` adds one")
        raise Rejected(Code.NOT_FOUND, said_by(fault), hint) from fault


def with_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with every edit made, one after the other. Raises Rejected."""
    for edit in edits:
        if edit.value is None:
            text = without_value(text, edit.path)
        else:
            text = with_value(text, edit.path, edit.value)
    return text


def _with_date(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The keys with `expires` as the date that TOML knows. Raises Rejected."""
    if "expires" not in keys:
        return dict(keys)
    try:
        return {**keys, "expires": date.fromisoformat(keys["expires"])}
    except (TypeError, ValueError):
        raise Rejected(
            Code.INVALID,
            told("`{text}` is not a date", text=keys["expires"]),
            told("write it like `2027-06-30`"),
        ) from None


def without_rule(text: str, name: str, guardrail: bool) -> str:
    """The text without a rule. Raises Rejected."""
    section = "guardrails" if guardrail else "rules"
    try:
        return remove_rule(text, name.removeprefix("guardrails."), section=section)
    except EditError as fault:
        raise Rejected(
            Code.NOT_FOUND, said_by(fault), told("list them with `vedette rule list`")
        ) from fault


def with_value(text: str, path: str, value: str) -> str:
    """The text with one setting set; what is not TOML is taken as a text. Raises Rejected."""
    try:
        return set_value(text, path, value)
    except EditError as fault:
        try:
            return set_value(text, path, spell_text(value))
        except EditError:
            raise Rejected(Code.INVALID, said_by(fault)) from fault


def without_value(text: str, path: str) -> str:
    """The text without one setting, which then has its default. Raises Rejected."""
    try:
        return remove(text, path)
    except EditError as fault:
        raise Rejected(Code.NOT_FOUND, said_by(fault)) from fault


def value_at(document: Document, path: str) -> Any:
    """The value of a setting as plain data, defaults included. Raises Rejected."""
    found: Any = document.model_dump(mode="json", by_alias=True)
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            known = found if isinstance(found, dict) else ()
            raise Rejected(
                Code.NOT_FOUND,
                told("`{path}` is not a setting of this document", path=path),
                did_you_mean(name, known) or told("see them all with `vedette settings show`"),
            )
        found = found[name]
    return found
