"""Administrators: who may do which acts by which rule, and the tokens of the API."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from vedette.admin.administrators import Administrator, Administrators, rules_of
from vedette.admin.door import foreseen_anywhere
from vedette.console.act_orders import TOKENS
from vedette.console.desks import Desks
from vedette.console.lists import (
    Cell,
    Column,
    Filter,
    Listing,
    Reading,
    Say,
    Slice,
    moment,
    sliced,
)
from vedette.console.page import Page, View, Visit, Words
from vedette.console.pages.people import address
from vedette.core.administration import MEANINGS
from vedette.core.asks import Act
from vedette.core.tokens import GRANTABLE, ApiToken

_FOUND = Administrators()
"""What was found last; it is looked for anew whenever the policy is another one."""


async def _read(desks: Desks, visit: Visit, reading: Reading) -> Slice:
    del visit  # the page's act was asked
    text, act = reading["text"].lower(), reading["act"]
    rows = [
        (each.user, each)
        for each in _FOUND.every(desks.settings.policy.current())
        if text in each.user.lower()
        and (not act or any(granted.act.value == act for granted in each.granted))
    ]
    return sliced(rows, reading)


async def _beside(desks: Desks, visit: Visit) -> dict[str, Any]:
    policy = desks.settings.policy.current()
    today = desks.settings.clock.today()
    return {
        "rules": rules_of(policy.directory.document),
        "may_tokens": foreseen_anywhere(policy, visit.by, Act.ADMINISTRATION_TOKEN_LIST, today),
    }


def _acts(row: Administrator) -> str:
    return ", ".join(each.act.value for each in row.granted)


def _acts_cell(row: Administrator, say: Say) -> Cell:
    if len(row.granted) == len(MEANINGS):
        return Cell(say("administrators-all"))
    return Cell(_acts(row))


def _local(user: str) -> str:
    return quote(user[1:].partition(":")[0], safe="")


LISTING = Listing(
    name="administrators",
    path="/administrators",
    entry="administrators",
    act=Act.ADMINISTRATION_SETTINGS_READ,
    read=_read,
    template="administrators",
    beside=_beside,
    filters=(Filter("text"), Filter("act", named=lambda _: sorted(MEANINGS))),
    columns=(
        Column("user", lambda row: row.user,
               lambda row, _: Cell(row.user, f"/administrators/of/{_local(row.user)}")),
        Column("parties", lambda row: ", ".join(row.parties)),
        Column("acts", _acts, _acts_cell),
        Column("rules", lambda row: ", ".join(row.rules)),
    ),
)  # fmt: skip


async def one(desks: Desks, visit: Visit) -> View:
    """One administrator, act by act."""
    policy = desks.settings.policy.current()
    user = f"@{visit.names['user']}:{policy.directory.domain}"
    found = next((each for each in _FOUND.every(policy) if each.user == user), None)
    rows = [
        (Cell(each.act.value, code=True), Cell(MEANINGS[each.act]), Cell(", ".join(each.over)),
         Cell(each.rule, "/settings/rules"))
        for each in (found.granted if found else ())
    ]  # fmt: skip
    context = {"rows": rows, "person": address(user)}
    fill = {"user": user}
    return View(template="administrator", title="administrators-one", fill=fill, context=context)


# ---- tokens --------------------------------------------------------------------------------------


async def _tokens(desks: Desks, visit: Visit, reading: Reading) -> Slice:
    text, now = reading["text"].lower(), desks.tokens.clock.now()
    rows = [
        (f"{each.made:012}.{each.id}", each)
        for each in await desks.tokens.every(visit.by)
        if text in f"{each.id} {each.user} {each.made_by} {each.reason}".lower()
        and reading["state"] in ("", "good" if each.good_at(now) else "over")
    ]
    return sliced(rows, reading)


async def _beside_tokens(desks: Desks, visit: Visit) -> dict[str, Any]:
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    return {
        "may_add": foreseen_anywhere(policy, visit.by, Act.ADMINISTRATION_TOKEN_ADD, today),
        "acts": sorted(GRANTABLE),
    }


def _last_day(row: ApiToken) -> str:
    return datetime.fromtimestamp(row.expires - 1, UTC).date().isoformat()


TOKEN_LISTING = Listing(
    name="tokens",
    path="/administrators/tokens",
    act=Act.ADMINISTRATION_TOKEN_LIST,
    asks=False,
    read=_tokens,
    template="tokens",
    beside=_beside_tokens,
    filters=(Filter("text"), Filter("state", ("good", "over"))),
    columns=(
        Column("id", lambda row: row.id,
               lambda row, _: Cell(row.id, f"/administrators/tokens/{row.id}")),
        Column("user", lambda row: row.user),
        Column("acts", lambda row: ", ".join(sorted(row.acts))),
        Column("over", lambda row: ", ".join(sorted(row.over))),
        Column("expires", _last_day),
        Column("made", lambda row: f"{moment(row.made)} {row.made_by}"),
        Column("reason", lambda row: row.reason),
    ),
    title="tokens",
)  # fmt: skip


async def token(desks: Desks, visit: Visit) -> View:
    """One token, never its value."""
    every = await desks.tokens.every(visit.by)
    found = next((each for each in every if each.id == visit.names["id"]), None)
    may = False
    if found is not None:
        policy, today = desks.settings.policy.current(), desks.settings.clock.today()
        may = foreseen_anywhere(policy, visit.by, Act.ADMINISTRATION_TOKEN_REMOVE, today)
    context = {
        "token": found,
        "may_remove": may,
        "made": moment(found.made) if found else "",
        "last": _last_day(found) if found else "",
    }
    fill = {"id": visit.names["id"]}
    status = 200 if found else 404
    return View(template="token", title="tokens-one", fill=fill, context=context, status=status)


ORDERS = TOKENS
PAGES = (
    *LISTING.pages(),
    *TOKEN_LISTING.pages(),
    Page(path="/administrators/of/{user:path}", handler=one, act=Act.ADMINISTRATION_SETTINGS_READ),
    Page(path="/administrators/tokens/{id}", handler=token, asks=False),
)
WORDS: Words = MappingProxyType(
    {
        "administrators-text": ("Name", "Name"),
        "administrators-act": ("May do", "Darf tun"),
        "administrators-user": ("Person", "Person"),
        "administrators-parties": ("Parties", "Kreise"),
        "administrators-acts": ("Acts", "Handlungen"),
        "administrators-rules": ("By rules", "Nach Regeln"),
        "administrators-all": ("everything", "alles"),
        "administrators-empty": (
            (
                "No rule lets anybody administer. `vedette recover` on this host opens a way "
                "back in."
            ),
            (
                "Keine Regel lässt jemanden verwalten. `vedette recover` auf diesem Rechner "
                "öffnet den Notzugang."
            ),
        ),
        "administrators-of-rules": ("The rules about it", "Die Regeln dazu"),
        "administrators-rule": ("Rule", "Regel"),
        "administrators-sentence": ("What it says", "Was sie sagt"),
        "administrators-allows": ("allows", "erlaubt"),
        "administrators-forbids": ("forbids", "verbietet"),
        "administrators-tokens": ("Tokens of the API", "Token der API"),
        "administrators-one": ("What {user} may do", "Was {user} tun darf"),
        "administrators-nothing": ("Nothing.", "Nichts."),
        "administrators-meaning": ("Meaning", "Bedeutung"),
        "administrators-over": ("Over whom", "Über wen"),
        "administrators-back": ("All administrators", "Alle Verwaltenden"),
        "tokens": ("Tokens of the API", "Token der API"),
        "tokens-text": ("Person, id or reason", "Person, Kennung oder Grund"),
        "tokens-state": ("State", "Zustand"),
        "tokens-state-good": ("good", "gültig"),
        "tokens-state-over": ("over", "abgelaufen"),
        "tokens-id": ("Token", "Token"),
        "tokens-user": ("Acts for", "Handelt für"),
        "tokens-acts": ("Acts", "Handlungen"),
        "tokens-over": ("Over", "Über"),
        "tokens-expires": ("Last day", "Letzter Tag"),
        "tokens-made": ("Made", "Erstellt"),
        "tokens-reason": ("Reason", "Grund"),
        "tokens-empty": (
            "There are no tokens but the local one.",
            "Es gibt kein Token außer dem lokalen.",
        ),
        "tokens-one": ("Token {id}", "Token {id}"),
        "tokens-gone": ("There is no such token.", "Dieses Token gibt es nicht."),
        "tokens-back": ("All tokens", "Alle Token"),
        "tokens-add": ("Make a token", "Token erstellen"),
        "tokens-add-says": (
            (
                "Whoever holds it acts as that person, as far as its acts and parties go and "
                "the rules let them."
            ),
            (
                "Wer es hat, handelt als diese Person, soweit Handlungen und Kreise reichen "
                "und die Regeln es erlauben."
            ),
        ),
        "tokens-add-acts": ("Acts, with commas", "Handlungen, mit Kommas"),
        "tokens-add-over": ("Over these parties alone", "Nur über diese Kreise"),
        "tokens-add-does": (
            "Makes a token that acts for {user} until {day}. Its value is shown once.",
            "Erstellt ein Token, das bis {day} für {user} handelt. Sein Wert wird einmal gezeigt.",
        ),
        "tokens-remove": ("Remove …", "Entfernen …"),
        "tokens-remove-does": (
            "Makes the token {id} good for nothing, at once.",
            "Macht das Token {id} sofort wertlos.",
        ),
    }
)  # fmt: skip
