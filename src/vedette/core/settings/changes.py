"""What differs between two documents, in words and as the commands that would do the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vedette.core.language import Sentence, listed, told
from vedette.core.settings.commands import (
    Call,
    Edit,
    Step,
    add_rule_step,
    change_rule_step,
    edit_step,
    remove_rule_step,
    rule_value,
    together_step,
)
from vedette.core.settings.document import Document
from vedette.core.settings.reference import spell_value
from vedette.core.settings.rules import Rule
from vedette.core.settings.sentences import rule_sentence

_NAMED = {"parties": told("party"), "partners": told("partner"), "rooms": told("kind of room"),
          "issuers": told("issuer of certificates"),
          "device_management": told("inventory of devices")}  # fmt: skip
_RULES = {"rules": told("rule"), "guardrails": told("guardrail")}
_BY_NAME = ("parties", "partners", "networks", "issuers", "device_management", "rooms")
"""Sections whose names other parts of a document use."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `before` and `after` are TOML spellings, empty where there was or is none.

    `step` makes it by itself; `edit` is the same as one value for a document's text.
    """

    path: str
    before: str
    after: str
    words: Sentence
    step: Step
    edit: Edit

    @property
    def command(self) -> str:
        """The command that makes it, without the reason."""
        return self.step.command

    @property
    def call(self) -> Call:
        """The call of the admin API that makes it, without the reason."""
        return self.step.call


def differences(old: Document, new: Document) -> list[Change]:
    """Every difference from `old` to `new`, in an order in which each can be made by itself.

    What others name comes first, and goes last. Where even that does not help (a partner that gives
    its domain to another one), `together` still makes all of them at once.
    """
    found: list[Change] = []
    before = old.model_dump(mode="json", by_alias=True)
    after = new.model_dump(mode="json", by_alias=True)
    for section in before:
        if section in _RULES:
            found += _rule_changes(section, getattr(old, section), getattr(new, section))
        elif section in _NAMED:
            found += _named_changes((section,), _NAMED[section], before[section], after[section])
        else:
            found += _value_changes((section,), before[section], after[section])
    return _in_order(found, old, new)


def together(changes: Sequence[Change]) -> Step | None:
    """What makes all the changes at once, as one revision; None where there are none."""
    if len(changes) == 1:
        return changes[0].step
    return together_step([change.edit for change in changes]) if changes else None


def _in_order(found: list[Change], old: Document, new: Document) -> list[Change]:
    comes, goes = _excepted_first(new), _excepted_first(old)

    def rank(change: Change) -> tuple[int, int]:
        section, *rest = change.path.split(".")
        if section in _BY_NAME:
            going = not change.after and len(rest) == 1
            order = comes if not going else {name: -at for name, at in goes.items()}
            place = order.get(rest[0], 0) if section == "parties" else 0
            at = _BY_NAME.index(section)
            return (100 - at if going else at), place
        if section in _RULES:
            return (51 if change.after else 52), 0
        return (53 if not change.after and "." in ".".join(rest) else 50), 0

    return sorted(found, key=rank)


def _excepted_first(document: Document) -> dict[str, int]:
    """Places of parties, such that each one that stands in another's `except` comes before that."""
    places: dict[str, int] = {}

    def visit(name: str) -> None:
        if name in document.parties and name not in places:
            for other in document.parties[name].except_:  # type: ignore[index]
                visit(other)
            places[name] = len(places)

    for name in document.parties:
        visit(name)
    return places


def _value_changes(
    path: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    # Keys of a model stand on both sides; the names of networks may not.
    for key in {**before, **after}:
        was, becomes = before.get(key), after.get(key)
        if was == becomes:
            continue
        if isinstance(was, dict) and isinstance(becomes, dict):
            # tables of partners within limits; people of an issuer are values by name
            inner = all(isinstance(each, dict) for each in (*was.values(), *becomes.values()))
            deeper = (*path, key)
            if inner:
                kind = told("table of {section}", section=path[-1])
                yield from _named_changes(deeper, kind, was, becomes)
            else:
                yield from _value_changes(deeper, was, becomes)
        else:
            yield _value_change(".".join((*path, key)), was, becomes)


def _value_change(path: str, before: Any, after: Any) -> Change:
    old, new = _spell(before), _spell(after)
    if not new:
        return _change(
            path, old, "", told("{path} is no longer set (it was {old}).", path=path, old=old)
        )
    was = told("was {old}", old=old) if old else told("was not set")
    return _change(
        path, old, new, told("{path} becomes {new} (it {was}).", path=path, new=new, was=was)
    )


def _change(path: str, before: str, after: str, words: Sentence) -> Change:
    edit = Edit(path, after or None)
    return Change(path, before, after, words, edit_step(edit), edit)


def _named_changes(
    section: tuple[str, ...], kind: Sentence, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        path = ".".join((*section, name))
        if name not in after:
            words = told("The {kind} {name} is removed.", kind=kind, name=name)
            yield _change(path, _table(before[name]), "", words)
        elif name not in before:
            table = _table(after[name])
            yield _change(
                path,
                "",
                table,
                told("The {kind} {name} is new: {table}.", kind=kind, name=name, table=table),
            )
        else:
            yield from _value_changes((*section, name), before[name], after[name])


def _rule_changes(
    section: str, before: Mapping[str, Rule], after: Mapping[str, Rule]
) -> Iterator[Change]:
    kind = _RULES[section]
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        words = _rule_words(kind, name, old, new)
        was, is_now = (rule_value(rule) if rule else "" for rule in (old, new))
        path, step = f"{section}.{name}", _rule_step(section, name, old, new)
        yield Change(path, was, is_now, words, step, Edit(path, is_now or None))


def _rule_step(section: str, name: str, old: Rule | None, new: Rule | None) -> Step:
    if new is None:
        return remove_rule_step(section, name)
    return (change_rule_step if old else add_rule_step)(section, name, new)


def _rule_words(kind: Sentence, name: str, old: Rule | None, new: Rule | None) -> Sentence:
    was = rule_sentence(name, old) if old else ""
    becomes = rule_sentence(name, new) if new else ""
    if not was:
        return told("New {kind} {name}: {becomes}", kind=kind, name=name, becomes=becomes)
    if not becomes:
        return told("The {kind} {name} is removed. It said: {was}", kind=kind, name=name, was=was)
    if was != becomes:
        return told(
            "The {kind} {name} changes. It said: {was} It says: {becomes}",
            kind=kind,
            name=name,
            was=was,
            becomes=becomes,
        )
    changed = [key for key in ("say", "owner") if getattr(old, key) != getattr(new, key)]
    differing = listed([f"`{key}`" for key in changed]) or told("the order of words")
    return told(
        "The {kind} {name} decides as before; what differs is {differing}.",
        kind=kind,
        name=name,
        differing=differing,
    )


def _spell(value: Any) -> str:
    return "" if value is None else spell_value(value)


def _table(keys: Mapping[str, Any]) -> str:
    return spell_value({k: v for k, v in keys.items() if v not in (None, [], (), {}, "")})


def can_only_refuse_more(old: Document, new: Document) -> bool:
    """Whether nothing that `old` refuses can become allowed under `new`.

    Conservative: yes only where that is plain. Allows may go, shrink or end earlier; forbids may
    come, grow or lose exceptions; parties may be added. Any other difference answers no.
    """
    for section in type(old).model_fields:
        if section in _RULES:
            if not _rules_stricter(getattr(old, section), getattr(new, section)):
                return False
        elif section == "parties":
            kept = {name: new.parties.get(name) for name in old.parties}
            if kept != old.parties:
                return False
        elif getattr(old, section) != getattr(new, section):
            return False
    return True


def _rules_stricter(before: Mapping[str, Rule], after: Mapping[str, Rule]) -> bool:
    return all(stricter(before.get(name), after.get(name)) for name in {*before, *after})


def stricter(old: Rule | None, new: Rule | None) -> bool:
    """Whether `new` in place of `old` can only refuse more."""
    old = old if old and old.mode == "enforce" else None
    new = new if new and new.mode == "enforce" else None
    if old is None:
        return new is None or bool(new.forbid)
    if new is None:
        return bool(old.allow)
    if (old.between, old.from_, old.to) != (new.between, new.from_, new.to):
        return False
    if old.allow and new.allow:
        return (
            new.channels <= old.channels
            and set(new.when) >= set(old.when)
            and set(new.unless) >= set(old.unless)
            and _ends_no_later(old, new)
        )
    if old.forbid and new.forbid:
        return (
            new.channels >= old.channels
            and set(new.when) <= set(old.when)
            and set(new.unless) <= set(old.unless)
        )
    return bool(old.allow and new.forbid)


def _ends_no_later(old: Rule, new: Rule) -> bool:
    if old.expires is None:
        return True
    return new.expires is not None and new.expires <= old.expires
