"""What an identity provider pushes: how it stands, what came last and by whom, and what is held."""

from __future__ import annotations

from types import MappingProxyType

from vedette.admin.door import Doing, foreseen
from vedette.console.act_orders import CONFIRM_PUSHED
from vedette.console.desks import Desks
from vedette.console.lists import moment
from vedette.console.page import Page, View, Visit, Words
from vedette.core.asks import Act

_AT_ONCE = 50
_FARTHEST = 10_000_000


async def pushed(desks: Desks, visit: Visit) -> View:
    """How what is pushed stands, and some of the people who were."""
    after = _after(visit.query.get("after", ""))
    users, total = await desks.pushed.users(visit.by, after, _AT_ONCE)
    state = await desks.pushed.standing()
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    confirms = Doing(act=Act.ADMINISTRATION_PUSHED_CONFIRM, author=visit.by)
    context = {
        "state": state,
        "last_at": moment(state.last.at) if state.last else "",
        "users": [
            {
                "name": each.name,
                "called": each.display_name,
                "user_name": each.user_name,
                "active": each.active,
                "at": moment(each.modified),
                "by": each.by,
            }
            for each in users
        ],
        "total": total,
        "next": after + len(users) if after + len(users) < total and users else None,
        "first": after > 0,
        "command": "vedette scim users" + (f" --after {after}" if after else ""),
        "may_confirm": foreseen(policy, confirms, today),
    }
    return View(template="pushed", title="pushed", context=context)


def _after(text: str) -> int:
    """How many are left out first; what is no number is none."""
    known = text.isascii() and text.isdigit() and len(text) < 9
    return min(_FARTHEST, int(text)) if known else 0


ORDERS = (CONFIRM_PUSHED,)
PAGES = (
    Page(
        path="/scim", handler=pushed, act=Act.ADMINISTRATION_PUSHED_SHOW, entry="pushed", asks=False
    ),
)
WORDS: Words = MappingProxyType(
    {
        "pushed": ("Pushed people", "Geschickte Personen"),
        "pushed-none": (
            (
                "Nothing can be pushed: the boot file has no [control.inbound]. With it, identity "
                "providers such as Entra ID or Okta push people and groups by SCIM."
            ),
            (
                "Es kann nichts geschickt werden: In der Boot-Datei fehlt [control.inbound]. Damit "
                "schicken Identitätsanbieter wie Entra ID oder Okta Personen und Gruppen über SCIM."
            ),
        ),
        "pushed-away": (
            "What was pushed can't be read. People are as they were in force last. {why}",
            (
                "Was geschickt wurde, lässt sich nicht lesen. Die Personen bleiben, wie sie zuletzt "
                "galten. {why}"
            ),
        ),
        "pushed-held": (
            (
                "The identity provider would take away {taken} of {of} people. Nothing more of what it "
                "pushes is in force until somebody confirms. Among them: {some}."
            ),
            (
                "Der Identitätsanbieter nähme {taken} von {of} Personen weg. Was er seither schickt, "
                "gilt erst, wenn jemand bestätigt. Darunter: {some}."
            ),
        ),
        "pushed-confirm": ("Take what was pushed …", "Das Geschickte übernehmen …"),
        "pushed-confirm-does": (
            (
                "Takes what was pushed, whatever it takes away: whoever is deactivated loses every "
                "session and leaves every room."
            ),
            (
                "Übernimmt, was geschickt wurde, was immer es wegnimmt: Wer deaktiviert ist, verliert "
                "jede Sitzung und verlässt jeden Raum."
            ),
        ),
        "pushed-people": ("People", "Personen"),
        "pushed-counts": ("{active} active of {people}", "{active} aktiv von {people}"),
        "pushed-groups": ("Groups", "Gruppen"),
        "pushed-last": ("Pushed last", "Zuletzt geschickt"),
        "pushed-last-was": ("{name}, {at} UTC, by token {by}", "{name}, {at} UTC, mit Token {by}"),
        "pushed-never": ("nothing yet", "noch nichts"),
        "pushed-command": ("The same on the command line:", "Dasselbe auf der Befehlszeile:"),
        "pushed-tokens": (
            "Tokens by which something may be pushed are made with",
            "Tokens, mit denen etwas geschickt werden darf, macht",
        ),
        "pushed-name": ("Account", "Konto"),
        "pushed-user-name": ("Name at the identity provider", "Name beim Identitätsanbieter"),
        "pushed-active": ("State", "Zustand"),
        "pushed-on": ("active", "aktiv"),
        "pushed-off": ("not active", "nicht aktiv"),
        "pushed-changed": ("Changed", "Geändert"),
        "pushed-by": ("{at} UTC, by token {by}", "{at} UTC, mit Token {by}"),
    }
)
