"""One act that waits for a second person: who wants what over whom, and approving it."""

from __future__ import annotations

from types import MappingProxyType

from vedette.admin.acts import ActView
from vedette.admin.door import Doing, foreseen
from vedette.console.desks import Desks
from vedette.console.orders import when
from vedette.console.page import Page, View, Visit, Words
from vedette.console.waiting_act_orders import ORDERS, known_id
from vedette.core.administration import MEANINGS
from vedette.core.asks import Act
from vedette.core.names import UserId
from vedette.core.waiting_acts import ActState, WaitingAct

__all__ = ["ORDERS", "PAGES", "WORDS"]

_LIST = Act.ADMINISTRATION_ACT_LIST


def sees_acts(desks: Desks, visit: Visit) -> bool:
    """Whether the visitor may look at acts that wait."""
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    return foreseen(policy, Doing(act=_LIST, author=visit.by), today)


async def that_wait(desks: Desks, visit: Visit) -> tuple[ActView, ...]:
    """Those that wait, for whoever may see them; nothing for others."""
    if not sees_acts(desks, visit):
        return ()
    every = await desks.acts.every(visit.by)
    return tuple(each for each in every if each.act.state is ActState.WAITING)


async def act(desks: Desks, visit: Visit) -> View:
    """One act, and what the visitor may do about it."""
    found = await desks.acts.one(visit.by, known_id(visit.names["act"]))
    return View(
        template="act",
        title="acts-one",
        fill={"id": found.act.id},
        context={
            "view": found,
            "one": found.act,
            "meaning": MEANINGS[found.act.act],
            "may": _may(desks, visit, found.act),
            "when": when,
        },
    )


def _may(desks: Desks, visit: Visit, one: WaitingAct) -> frozenset[str]:
    """What is offered; what is then done is asked anew."""
    if one.state is not ActState.WAITING:
        return frozenset()
    offered = {"reject": Act.ADMINISTRATION_ACT_REJECT}
    if visit.by.name not in (one.author, one.over):
        offered["approve"] = Act.ADMINISTRATION_ACT_APPROVE
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    over = UserId(one.over) if one.over else None
    return frozenset(
        name
        for name, asks in offered.items()
        if foreseen(policy, Doing(act=asks, author=visit.by, over=over), today)
    )


PAGES = (Page(path="/changes/acts/{act}", handler=act, act=_LIST, asks=False),)
WORDS: Words = MappingProxyType(
    {
        "acts": ("Acts that wait", "Wartende Handlungen"),
        "acts-lead": (
            "Not changes of the settings, but other acts for which a rule wants a second person.",
            (
                "Keine Änderungen der Einstellungen, sondern andere Handlungen, für die eine Regel eine "
                "zweite Person verlangt."
            ),
        ),
        "acts-one": ("The act {id}", "Die Handlung {id}"),
        "acts-look": ("Look at this act", "Diese Handlung ansehen"),
        "acts-wants": ("Wants to", "Möchte"),
        "acts-over": ("Over whom", "Wen es betrifft"),
        "acts-what": ("What exactly", "Was genau"),
        "acts-record": ("Record", "Eintrag"),
        "acts-could": ("Who may approve it", "Wer sie freigeben darf"),
        "acts-could-none": (
            "nobody at present: make somebody else a security officer",
            "derzeit niemand: Nehmen Sie noch jemanden in das Sicherheitsbüro auf",
        ),
        "acts-state-waiting": ("waits for a second person", "wartet auf eine zweite Person"),
        "acts-state-done": ("done", "getan"),
        "acts-state-rejected": ("turned away", "abgelehnt"),
        "acts-state-expired": ("its time is over", "ihre Zeit ist um"),
        "acts-state-enough": (
            "approved: whoever asked for it does the very same once more",
            "freigegeben: Wer sie beantragt hat, tut genau dasselbe noch einmal",
        ),
        "acts-approve": ("Approve", "Freigeben"),
        "acts-approve-says": (
            (
                "Your approval is for exactly this act by exactly this person, once. They do it "
                "themselves, the very same way as they asked for it; nothing happens before."
            ),
            (
                "Ihre Freigabe gilt für genau diese Handlung genau dieser Person, einmal. Sie tut sie "
                "selbst, genau so, wie sie sie beantragt hat; vorher geschieht nichts."
            ),
        ),
        "acts-reject": ("Turn away", "Ablehnen"),
        "acts-reject-says": (
            "It can't be done any more; its author may ask again.",
            "Sie kann dann nicht mehr getan werden; wer sie beantragt hat, darf es neu tun.",
        ),
        "acts-approve-does": (
            "Approves the act {id}, for whoever asked for it.",
            "Gibt die Handlung {id} frei, für die Person, die sie beantragt hat.",
        ),
        "acts-reject-does": ("Turns the act {id} away.", "Lehnt die Handlung {id} ab."),
    }
)
