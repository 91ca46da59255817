"""What differs between two documents, in words and as the commands that would do the same."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vedette.core.settings.document import Document
from vedette.core.settings.edit import rule_keys
from vedette.core.settings.reference import spell_value
from vedette.core.settings.rules import Rule
from vedette.core.settings.sentences import rule_sentence

_NAMED = {"parties": "party", "partners": "partner", "rooms": "kind of room"}
_RULES = {"rules": "rule", "guardrails": "guardrail"}
_LISTS = ("from", "to", "allow", "forbid")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `before` and `after` are TOML spellings, empty where there was or is none."""

    path: str
    before: str
    after: str
    words: str
    command: str


def differences(old: Document, new: Document) -> list[Change]:
    """Every difference from `old` to `new`, by section and name."""
    found: list[Change] = []
    before = old.model_dump(mode="json", by_alias=True)
    after = new.model_dump(mode="json", by_alias=True)
    for section in before:
        if section in _RULES:
            found += _rule_changes(section, getattr(old, section), getattr(new, section))
        elif section in _NAMED:
            found += _named_changes(section, before[section], after[section])
        else:
            found += _value_changes((section,), before[section], after[section])
    return found


def _value_changes(
    path: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    # Keys of a model stand on both sides; the names of networks may not.
    for key in {**before, **after}:
        if before.get(key) != after.get(key):
            yield _value_change(".".join((*path, key)), before.get(key), after.get(key))


def _value_change(path: str, before: Any, after: Any) -> Change:
    old, new = _spell(before), _spell(after)
    if not new:
        return Change(path, old, "", f"{path} is no longer set (it was {old}).", _unset(path))
    was = f"was {old}" if old else "was not set"
    return Change(path, old, new, f"{path} becomes {new} (it {was}).", _set(path, new))


def _named_changes(
    section: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    kind = _NAMED[section]
    for name in sorted({*before, *after}):
        path = f"{section}.{name}"
        if name not in after:
            words = f"The {kind} {name} is removed."
            yield Change(path, _table(before[name]), "", words, _unset(path))
        elif name not in before:
            table = _table(after[name])
            words = f"The {kind} {name} is new: {table}."
            yield Change(path, "", table, words, _set(path, table))
        else:
            yield from _value_changes((section, name), before[name], after[name])


def _rule_changes(
    section: str, before: Mapping[str, Rule], after: Mapping[str, Rule]
) -> Iterator[Change]:
    kind = _RULES[section]
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        words = _rule_words(kind, name, old, new)
        commands = [_remove_command(section, name)] if old else []
        commands += [_add_command(section, name, new)] if new else []
        was, is_now = (_table(rule_keys(rule)) if rule else "" for rule in (old, new))
        yield Change(f"{section}.{name}", was, is_now, words, " && ".join(commands))


def _rule_words(kind: str, name: str, old: Rule | None, new: Rule | None) -> str:
    was = rule_sentence(name, old) if old else ""
    becomes = rule_sentence(name, new) if new else ""
    if not was:
        return f"New {kind} {name}: {becomes}"
    if not becomes:
        return f"The {kind} {name} is removed. It said: {was}"
    if was != becomes:
        return f"The {kind} {name} changes. It said: {was} It says: {becomes}"
    changed = [key for key in ("say", "owner") if getattr(old, key) != getattr(new, key)]
    differing = " and ".join(f"`{key}`" for key in changed) or "the order of words"
    return f"The {kind} {name} decides as before; what differs is {differing}."


def _spell(value: Any) -> str:
    return "" if value is None else spell_value(value)


def _table(keys: Mapping[str, Any]) -> str:
    said = {key: value for key, value in keys.items() if value not in (None, [], (), "")}
    inner = ", ".join(f"{key} = {spell_value(value)}" for key, value in said.items())
    return f"{{ {inner} }}" if inner else "{}"


def _set(path: str, value: str) -> str:
    return f"vedette settings set {path} {shlex.quote(value)}"


def _unset(path: str) -> str:
    return f"vedette settings unset {path}"


def _remove_command(section: str, name: str) -> str:
    return f"vedette rule remove {name}" + (" --guardrail" if section == "guardrails" else "")


def _add_command(section: str, name: str, rule: Rule) -> str:
    """The command that adds a rule; conditions are repeated options, since they hold commas."""
    keys = rule_keys(rule)
    words = ["vedette", "rule", "add", name]
    if "between" in keys:
        words += ["--between", *keys["between"]]
    for key in _LISTS:
        if key in keys:
            words += [f"--{key}", ",".join(keys[key])]
    for key in ("when", "unless"):
        for condition in keys.get(key, ()):
            words += [f"--{key}", condition]
    for key in ("say", "owner", "expires", "mode"):
        if key in keys:
            words += [f"--{key}", str(keys[key])]
    return shlex.join(words + (["--guardrail"] if section == "guardrails" else []))


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
    return all(_stricter(before.get(name), after.get(name)) for name in {*before, *after})


def _stricter(old: Rule | None, new: Rule | None) -> bool:
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
