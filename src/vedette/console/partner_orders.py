"""Orders that add and remove partners."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from vedette.admin.actor import Actor
from vedette.admin.door import Doing
from vedette.admin.partners import NewPartner, with_partner, without_partner
from vedette.admin.rejected import Code, Rejected
from vedette.admin.settings import Proposal
from vedette.console.desks import Desks
from vedette.console.orders import Done, Form, OrderKind, reason_of, words_of
from vedette.console.settings_orders import OfSettings, base_of, done_of
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.core.settings.commands import Call, Step

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfPartners(OfSettings):
    """What both have: whoever does it also sees partners, and changes them alone."""

    name: str

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Apply it. Raises Rejected."""
        await desks.door.permit(Doing(act=Act.ADMINISTRATION_PARTNER_LIST, author=by))
        newest, _ = desks.settings.current()
        proposal = Proposal(
            text=self.text_in(desks),
            base=self.base or newest.number,
            reason=self.reason,
            author=by,
            act=Act.ADMINISTRATION_PARTNER_CHANGE,
        )
        return done_of(await desks.settings.apply(proposal))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPartner(_OfPartners):
    """Add a partner; with channels and a direction a rule too. `keys` are as the API takes them."""

    keys: Mapping[str, Any]
    allow: tuple[str, ...]
    direction: str
    ours: str

    def step(self) -> Step:
        """The command and the call."""
        words = ["partner", "add", self.name]
        for option, key in (("--domain", "domains"), ("--key", "keys"), ("--tls", "tls")):
            for value in self.keys[key]:
                words += [option, value]
        for option, text in (
            ("--contact", self.keys["contact"]),
            ("--valid-until", self.keys["valid_until"] or ""),
            ("--allow", ",".join(self.allow)),
            ("--direction", self.direction),
            ("--ours", self.ours if self.ours != "us" else ""),
        ):
            words += [option, text] if text else []
        body = {"name": self.name, **self.keys, "ca": [], "allow": list(self.allow),
                "direction": self.direction, "ours": self.ours}  # fmt: skip
        return Step(tuple(words), Call("POST", "/partners", body))

    def text_in(self, desks: Desks) -> str:
        """The text with it."""
        newest, document = desks.settings.current()
        until = self.keys["valid_until"]
        keys = {**self.keys, "valid_until": date.fromisoformat(until) if until else None}
        new = NewPartner(
            name=self.name, keys=keys, allow=self.allow, direction=self.direction, ours=self.ours
        )
        return with_partner(newest.text, document, new)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePartner(_OfPartners):
    """Take a partner away that no rule names."""

    def step(self) -> Step:
        """The command and the call."""
        call = Call("DELETE", f"/partners/{quote(self.name, safe='')}")
        return Step(("partner", "remove", self.name), call)

    def text_in(self, desks: Desks) -> str:
        """The text without it."""
        newest, document = desks.settings.current()
        return without_partner(newest.text, document, self.name)


def _name(form: Form) -> str:
    name = form.get("name", "").strip()
    if _NAME.fullmatch(name) is None:
        raise Rejected(
            Code.INVALID,
            told("`{name}` is no name for a partner", name=name[:80]),
            told("write lower-case letters, digits and hyphens, such as `acme`"),
        )
    return name


def _day(form: Form) -> str | None:
    text = form.get("valid_until", "").strip()
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError:
        raise Rejected(
            Code.INVALID, told("`{text}` is no day", text=text[:40]), told("such as 2027-06-30")
        ) from None


def _lines(text: str) -> list[str]:
    return [line.strip()[:500] for line in text.splitlines() if line.strip()]


def _add(form: Form) -> AddPartner:
    keys = {
        "domains": words_of(form.get("domains", "")),
        "contact": form.get("contact", "").strip()[:500],
        "keys": _lines(form.get("keys", "")),
        "tls": _lines(form.get("tls", "")),
        "valid_until": _day(form),
    }
    if not keys["domains"]:
        raise Rejected(
            Code.INVALID, told("no domain is named"), told("write the partner's Matrix server name")
        )
    return AddPartner(
        name=_name(form),
        keys=keys,
        allow=tuple(words_of(form.get("allow", ""))),
        direction=form.get("direction", "").strip()[:8],
        ours=form.get("ours", "").strip()[:64] or "us",
        reason=reason_of(form),
        base=base_of(form),
    )


def _remove(form: Form) -> RemovePartner:
    return RemovePartner(name=_name(form), reason=reason_of(form), base=base_of(form))


ORDERS = (
    OrderKind(name="add-partner", title="partners", read=_add, back="/partners"),
    OrderKind(name="remove-partner", title="partners", read=_remove, back="/partners"),
)
