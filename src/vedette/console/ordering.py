"""Showing an order before it is applied, and applying it: one way for every form.

`/orders/<kind>/preview` answers with the part of a page that stands under a form while somebody
types; `/orders/<kind>` shows the whole of it, with the reason still to be given, and applies it when
that page is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vedette.admin.door import Doing, foreseen
from vedette.admin.rejected import Code, Rejected, Waits
from vedette.console.desks import Desks
from vedette.console.effects import effect_words
from vedette.console.entrance import inside
from vedette.console.orders import Done, Form, Order, OrderKind, call, command
from vedette.console.page import Page, View, Visit
from vedette.console.pages.acts import sees_acts
from vedette.console.problems import problem
from vedette.console.registry import ORDERS
from vedette.core.asks import Act
from vedette.core.language import told

_OWN_FIELDS = frozenset({"csrf", "step", "reason"})


def order_pages() -> tuple[Page, ...]:
    """The two pages of every order."""
    return (
        Page(path="/orders/{kind}/preview", handler=preview, methods=("POST",)),
        Page(path="/orders/{kind}", handler=order, methods=("POST",)),
    )


async def preview(desks: Desks, visit: Visit) -> View:
    """What the form says now, as a command, as a call, and in words. Raises Rejected."""
    kind = _kind(visit)
    try:
        return await _preview(desks, visit, kind)
    except Rejected as rejected:
        return problem(rejected, part=visit.part, lines=bool(kind.again))


async def _preview(desks: Desks, visit: Visit, kind: OrderKind) -> View:
    wanted = kind.read(visit.form)
    return View(
        template="part-preview", title=kind.title, context=await _shown(desks, visit, kind, wanted)
    )


async def order(desks: Desks, visit: Visit) -> View:
    """The order before it is applied; with `step` = `apply` it is applied. Raises Rejected."""
    kind = _kind(visit)
    try:
        return await _order(desks, visit, kind)
    except Rejected as rejected:
        if not kind.again:
            raise
        return problem(
            rejected, part=visit.part, lines=True, again=kind.again, fields=_fields(visit)
        )


async def _order(desks: Desks, visit: Visit, kind: OrderKind) -> View:
    wanted = kind.read(visit.form)
    context = {"kind": kind, "back": back_of(visit.form, kind, wanted)}
    if visit.form.get("step") == "apply":
        done = await _carried_out(desks, visit, wanted)
        shown = {"command": command(wanted), "call": call(wanted), "done": done,
                 "does": None if done.act else _sentence(kind, wanted),
                 "sees_acts": sees_acts(desks, visit)}  # fmt: skip
        title = "waits" if done.waits or done.act else "done"
        return View(template="done", title=title, context={**context, **shown})
    shown = {
        **await _shown(desks, visit, kind, wanted),
        "fields": _fields(visit),
        "reason": wanted.reason,
    }
    return View(template="review", title="review", context={**context, **shown})


async def _carried_out(desks: Desks, visit: Visit, wanted: Order) -> Done:
    """Do it; what waits for a second person is no failure."""
    try:
        return await wanted.carry_out(desks, visit.by)
    except Waits as waits:
        hint = () if waits.hint is None else (waits.hint,)
        return Done(record=waits.record or "", words=(waits.message, *hint), act=waits.id)


def back_of(form: Form, kind: OrderKind, wanted: Order) -> str:
    """Where people go back to: the page that the form names as its own, if it is one of ours."""
    named = form.get("back", "")
    return inside(named) if named else kind.whither(wanted)


def _fields(visit: Visit) -> Mapping[str, str]:
    """What the form holds beside what belongs to every one."""
    return {name: text for name, text in visit.form.items() if name not in _OWN_FIELDS}


def _sentence(kind: OrderKind, wanted: Order) -> tuple[str, Mapping[str, str]] | None:
    """What it does, where no settings change: the key of the sentence, and what fills it."""
    return (kind.says, getattr(wanted, "says", {})) if kind.says else None


async def _shown(desks: Desks, visit: Visit, kind: OrderKind, wanted: Order) -> Mapping[str, Any]:
    """The command, the call, and what it would do, to whoever may read the settings.

    What is typed is looked at again and again, so it is not recorded; what comes of it is.
    """
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    reads = Doing(act=Act.ADMINISTRATION_SETTINGS_READ, author=visit.by)
    may = not kind.says and foreseen(policy, reads, today)
    does = wanted.foresee(desks, policy) if may else None
    return {
        "effect": await effect_words(desks, visit.by, does),
        "command": command(wanted),
        "call": call(wanted),
        "foreseen": does,
        "does": _sentence(kind, wanted),
    }


def _kind(visit: Visit) -> OrderKind:
    found = ORDERS.get(visit.names["kind"])
    if found is None:
        raise Rejected(Code.NOT_FOUND, told("nothing of this kind can be done here"))
    return found
