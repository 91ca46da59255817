"""Orders that change the settings: one value, one rule."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from vedette.admin.actor import Actor
from vedette.admin.door import Doing
from vedette.admin.rejected import Code, Rejected
from vedette.admin.rules import (
    with_rule,
    with_rule_changed,
    with_value,
    without_rule,
    without_value,
)
from vedette.admin.settings import Applied, Outcome, Proposal
from vedette.console.desks import Desks
from vedette.console.orders import Done, Foreseen, Form, OrderKind, reason_of, words_of
from vedette.core.asks import Act
from vedette.core.channels import WORDS
from vedette.core.language import told
from vedette.core.pending import State
from vedette.core.settings.commands import (
    Call,
    Edit,
    Step,
    add_rule_step,
    change_rule_step,
    edit_step,
    remove_rule_step,
)
from vedette.ports.policy import Policy

_LONGEST_PATH = 300
_LONGEST_VALUE = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class OfSettings(ABC):
    """What every order about the settings has. `base` is the revision that its author saw."""

    reason: str
    base: int | None

    @abstractmethod
    def text_in(self, desks: Desks) -> str:
        """The newest text with the change. Raises Rejected."""

    def foresee(self, desks: Desks, policy: Policy) -> Foreseen:
        """What it changes, in words. Raises Rejected with every fault."""
        del policy  # what changes does not hang on who asks
        newest, document = desks.settings.current()
        text = self.text_in(desks)
        _, change = desks.settings.difference(document, text)
        return Foreseen(
            words=tuple(each.words for each in change.changes),
            warnings=tuple(each.words for each in change.warnings),
            widens=change.widens,
            restart=change.restart,
            base=self.base or newest.number,
            text=text,
        )

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Apply it. Whoever may not read learns nothing from its faults. Raises Rejected."""
        await desks.door.permit(Doing(act=Act.ADMINISTRATION_SETTINGS_READ, author=by))
        newest, _ = desks.settings.current()
        proposal = Proposal(
            text=self.text_in(desks),
            base=self.base or newest.number,
            reason=self.reason,
            author=by,
            sure=True,  # what it does to sessions stands above the button
        )
        return done_of(await desks.settings.apply(proposal))


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfText(OfSettings):
    """What is changed by changing the text alone."""

    @abstractmethod
    def text(self, before: str) -> str:
        """The document's text with the change. Raises Rejected."""

    def text_in(self, desks: Desks) -> str:
        """The newest text with it."""
        return self.text(desks.settings.current()[0].text)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue(_OfText):
    """Set one setting to a TOML value; with None it gets its default."""

    path: str
    value: str | None

    def step(self) -> Step:
        """The command and the call."""
        return edit_step(Edit(self.path, self.value))

    def text(self, before: str) -> str:
        """The text with it."""
        if self.value is None:
            return without_value(before, self.path)
        return with_value(before, self.path, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddRule(_OfText):
    """Add a rule, or a guardrail. `rule` are its keys as the API takes them."""

    id: str
    rule: Mapping[str, str | list[str]]
    guardrail: bool

    def step(self) -> Step:
        """The command and the call."""
        return add_rule_step(_section(self.guardrail), self.id, self.rule)

    def text(self, before: str) -> str:
        """The text with it."""
        return with_rule(before, self.id, self.rule, self.guardrail)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRule(_OfText):
    """Give a rule another content, all of it."""

    id: str
    rule: Mapping[str, str | list[str]]
    guardrail: bool

    def step(self) -> Step:
        """The command and the call."""
        return change_rule_step(_section(self.guardrail), self.id, self.rule)

    def text(self, before: str) -> str:
        """The text with it."""
        return with_rule_changed(before, self.id, self.rule, self.guardrail)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveRule(_OfText):
    """Take a rule away."""

    id: str
    guardrail: bool

    def step(self) -> Step:
        """The command and the call."""
        return remove_rule_step(_section(self.guardrail), self.id)

    def text(self, before: str) -> str:
        """The text without it."""
        return without_rule(before, self.id, self.guardrail)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRevision:
    """Let a revision stay that would return by itself."""

    revision: int
    reason: str

    def step(self) -> Step:
        """The command and the call."""
        call = Call("POST", "/settings/confirm", {"revision": self.revision})
        return Step(("settings", "confirm", str(self.revision)), call)

    def foresee(self, desks: Desks, policy: Policy) -> Foreseen:
        """It stays; nothing else changes."""
        del desks, policy
        return Foreseen(
            words=(told("Revision {revision} stays in force.", revision=self.revision),)
        )

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Confirm it. Raises Rejected."""
        record = await desks.trial.confirm(by, self.revision, self.reason)
        return Done(
            record=record,
            words=(told("Revision {revision} stays in force.", revision=self.revision),),
        )


def _section(guardrail: bool) -> str:
    return "guardrails" if guardrail else "rules"


def done_of(outcome: Outcome) -> Done:
    """What came of a change of the settings."""
    if not isinstance(outcome, Applied):
        kept = outcome.change
        words = told("change {id} is kept and waits; nothing is changed yet", id=kept.id)
        how = told(
            "somebody else approves it with `{command}`",
            command=f"vedette settings approve {kept.id} --reason …",
        )
        needs = (how,) if kept.state is State.WAITING else ()
        said = (words, *kept.why, *kept.words, *needs)
        return Done(record=outcome.record, words=said, waits=kept.id)
    applied = outcome
    return Done(
        record=applied.record,
        words=tuple(each.words for each in applied.difference.changes),
        revision=applied.revision.number,
        doors=tuple(each.words for each in applied.doors),
        trial=applied.trial,
    )


# ---- From forms ----------------------------------------------------------------------------------


def base_of(form: Form) -> int | None:
    """The revision that a form says its author saw."""
    text = form.get("base", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _path(form: Form) -> str:
    path = form.get("path", "").strip()
    if not path or len(path) > _LONGEST_PATH or not path.isprintable():
        raise Rejected(
            Code.INVALID, told("no setting is named"), told("open it from the list of settings")
        )
    return path


def _set(form: Form) -> SetValue:
    value = form.get("value", "").strip()[:_LONGEST_VALUE]
    if not value:
        raise Rejected(
            Code.INVALID,
            told("there is no value"),
            told("write one, or give the setting its default"),
        )
    return SetValue(path=_path(form), value=value, reason=reason_of(form), base=base_of(form))


def _unset(form: Form) -> SetValue:
    return SetValue(path=_path(form), value=None, reason=reason_of(form), base=base_of(form))


_NAME = re.compile(r"(guardrails\.)?[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_TEXTS = ("say", "owner", "expires", "mode")


def _name(form: Form) -> str:
    name = form.get("id", "").strip()
    if _NAME.fullmatch(name) is None:
        raise Rejected(
            Code.INVALID,
            told("`{name}` is no name for a rule", name=name[:80]),
            told("write lower-case letters, digits and hyphens, such as `acme-documents`"),
        )
    return name


def rule_keys_of(form: Form) -> dict[str, str | list[str]]:
    """The keys of a rule in a form, in the order in which the command names them.

    Conditions stand one on a line; everything else that is a list has commas. Channels may be
    ticked instead, each in a field of its own beside `answer`, and the sides named beside `way`.
    """
    lists = {key: words_of(form.get(key, "")) for key in ("from", "to", "allow", "forbid")}
    sides = [form.get(side, "").strip() for side in ("one", "other")]
    if form.get("way") == "one":
        lists["from"], lists["to"] = (words_of(side) for side in sides)
    if form.get("answer") in ("allow", "forbid"):
        lists[form["answer"]] = _ticked(form)
    rule: dict[str, str | list[str]] = {}
    if all(sides) and form.get("way") != "one":
        rule["between"] = sides
    rule |= {key: words for key, words in lists.items() if words}
    for key in ("when", "unless"):
        lines = [line.strip() for line in form.get(key, "").splitlines() if line.strip()]
        if lines:
            rule[key] = lines
    for key in _TEXTS:
        text = form.get(key, "").strip()
        if text:
            rule[key] = text
    return rule


def _ticked(form: Form) -> list[str]:
    """The channels that are ticked: first those that the rule had, as it had them in `order`."""
    had = words_of(form.get("order", ""))
    ticked = [word for word in WORDS if form.get(f"channel-{word}") == "yes"]
    return sorted(ticked, key=lambda word: had.index(word) if word in had else len(had))


def _add(form: Form) -> AddRule:
    return AddRule(
        id=_name(form),
        rule=rule_keys_of(form),
        guardrail=form.get("guardrail") == "yes",
        reason=reason_of(form),
        base=base_of(form),
    )


def _change(form: Form) -> ChangeRule:
    return ChangeRule(
        id=_name(form).removeprefix("guardrails."),
        rule=rule_keys_of(form),
        guardrail=_guardrail(form),
        reason=reason_of(form),
        base=base_of(form),
    )


def _confirm(form: Form) -> ConfirmRevision:
    text = form.get("revision", "")
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 16):
        raise Rejected(
            Code.INVALID, told("no revision is named"), told("open it from the page that shows it")
        )
    return ConfirmRevision(revision=int(text), reason=reason_of(form))


def _guardrail(form: Form) -> bool:
    return form.get("guardrail") == "yes" or form.get("id", "").startswith("guardrails.")


def _remove(form: Form) -> RemoveRule:
    bare = _name(form).removeprefix("guardrails.")
    return RemoveRule(
        id=bare, guardrail=_guardrail(form), reason=reason_of(form), base=base_of(form)
    )


ORDERS = (
    OrderKind(name="set-value", title="settings", read=_set, back="/settings"),
    OrderKind(name="unset-value", title="settings", read=_unset, back="/settings"),
    OrderKind(name="add-rule", title="settings", read=_add, back="/settings"),
    OrderKind(name="change-rule", title="settings", read=_change, back="/settings"),
    OrderKind(name="remove-rule", title="settings", read=_remove, back="/settings"),
    OrderKind(name="confirm-revision", title="confirm", read=_confirm, back="/"),
)
