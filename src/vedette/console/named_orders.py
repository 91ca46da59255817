"""Orders that add or change a word of the rules: a party, a network, a kind of room.

Each is one setting, and its command says so: `vedette settings set parties.staff '{ … }'`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vedette.admin.rejected import Code, Rejected
from vedette.console.orders import Form, OrderKind, reason_of, words_of
from vedette.console.settings_orders import SetValue, base_of
from vedette.core.language import said_by, told
from vedette.core.names import InvalidName, Word
from vedette.core.settings.reference import spell_value

_LONGEST = 500
_MOST_LINES = 1000


def _name(form: Form) -> str:
    try:
        return Word(form.get("name", "").strip()[:80])
    except InvalidName as fault:
        hint = told("write lower-case letters, digits and hyphens, such as `staff`")
        raise Rejected(Code.INVALID, said_by(fault), hint) from fault


def _lines(form: Form, key: str) -> list[str]:
    """What stands one on a line, since it may hold commas."""
    lines = [line.strip()[:_LONGEST] for line in form.get(key, "").splitlines()]
    return [line for line in lines if line][:_MOST_LINES]


def _party(form: Form) -> dict[str, Any]:
    return {
        "groups": _lines(form, "groups"),
        "users": _lines(form, "users"),
        "except": words_of(form.get("except", "")),
    }


def _network(form: Form) -> list[str]:
    ranges = _lines(form, "ranges")
    if not ranges:
        raise Rejected(
            Code.INVALID,
            told("no address range is named"),
            told("write one on a line, such as `192.0.2.0/24`"),
        )
    return ranges


def _room_kind(form: Form) -> dict[str, Any]:
    encryption, history = form.get("encryption", ""), form.get("history", "").strip()
    return {
        "members": words_of(form.get("members", "")),
        "encrypted": encryption == "encrypted",
        "plain": encryption == "plain",
        "sealed": form.get("sealed") == "yes",
        "history": "" if history == "joined" else history,
        "on_breach": form.get("on_breach", "").strip(),
    }


def _kind(name: str, section: str, value_of: Callable[[Form], Any], back: str) -> OrderKind:
    """The order that sets one name of a section; what is as by default is not written."""

    def read(form: Form) -> SetValue:
        value = value_of(form)
        if isinstance(value, dict):
            value = {key: each for key, each in value.items() if each}
        return SetValue(
            path=f"{section}.{_name(form)}",
            value=spell_value(value),
            reason=reason_of(form),
            base=base_of(form),
        )

    return OrderKind(name=name, title="settings", read=read, back=back)


ORDERS = (
    _kind("set-party", "parties", _party, "/settings/parties"),
    _kind("set-network", "networks", _network, "/settings/networks"),
    _kind("set-room-kind", "rooms", _room_kind, "/settings/room-kinds"),
)
