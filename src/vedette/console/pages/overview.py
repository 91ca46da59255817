"""The first page: what is promised, whether it is healthy, and what wants somebody's attention.

Each part is shown to whoever may see what stands in it; the others are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from vedette.admin.baseline import lacking
from vedette.admin.door import Doing, foreseen, foreseen_anywhere
from vedette.admin.doors import DoorAnswer, DoorState
from vedette.admin.ending import SETTINGS, settings_ending
from vedette.admin.findings import Examination, Found, Health
from vedette.admin.partners import PartnerView, list_partners
from vedette.admin.rejected import Rejected
from vedette.admin.weaknesses import weak_in
from vedette.console.desks import Desks
from vedette.console.page import Page, View, Visit, Words
from vedette.core.asks import Act
from vedette.core.channels import NOUNS, Channel
from vedette.core.holding import HOLDINGS, ROOMLESS, TRAFFIC, UNHELD_BESIDES
from vedette.core.language import NOTHING, Sentence, as_is, told
from vedette.core.partners import Extent, OneWay
from vedette.core.pending import OPEN
from vedette.ports.policy import Policy

_PROMISED = (Channel.MESSAGE, Channel.FILE, Channel.VOICE, Channel.VIDEO, Channel.CONFERENCE,
             Channel.CONTACT, Channel.PRESENCE)  # fmt: skip
_REASON = "recommended"
_ANEW = ("settings", SETTINGS)
"""The checks that look at the settings alone, and so are made as the page is shown."""
_LOOK = "vedette doctor"
"""What says of a door why it does not answer, and the command that mends that on this host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """What wants attention and is mended by the same command: how grave it is, and what it is."""

    health: Health
    words: tuple[Sentence, ...]
    mend: str = ""
    note: Sentence = NOTHING
    command: bool = False
    """Whether `mend` is a command of ours and no advice in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What passes between one partner and us: each channel, how it is coloured, and in words."""

    name: str
    ended: bool
    channels: tuple[tuple[Sentence, str, Sentence], ...]
    consequences: tuple[Sentence, ...]


async def overview(desks: Desks, visit: Visit) -> View:
    """How the organisation stands, as far as the visitor may know."""
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    reads = await _may(desks, visit, Act.ADMINISTRATION_SETTINGS_READ)
    sees_doors = await _may(desks, visit, Act.ADMINISTRATION_DOOR_LIST)
    examined = await desks.health() if sees_doors else None
    waiting = await _waiting(desks, visit, policy, today)
    doors = desks.doors() if sees_doors else ()
    todo = [
        *_doors(doors),
        *_found(examined.found if examined is not None else ()),
        *(_of_settings(policy, today) if reads else ()),
    ]
    partners = await _may(desks, visit, Act.ADMINISTRATION_PARTNER_LIST)
    context = {
        "promises": [_promise(each) for each in list_partners(policy)] if partners else None,
        "todo": together(todo),
        "waiting": waiting,
        "changes": await _changes(desks) if reads else None,
        "doors": doors,
        "examined": _examined(examined) if sees_doors else None,
        "chart": chart(desks.refused()) if sees_doors else None,
        "unheld": list(_unheld()),
        "sees": reads or sees_doors or partners or waiting is not None,
    }
    return View(template="overview", title="overview", context=context)


async def _may(desks: Desks, visit: Visit, act: Act) -> bool:
    """Whether they may; where they may, the look is recorded as every other."""
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    doing = Doing(act=act, author=visit.by)
    return foreseen(policy, doing, today) and await desks.door.may(doing)


async def _waiting(desks: Desks, visit: Visit, policy: Policy, today: int) -> int | None:
    """How many devices wait to be let in, of people whom the visitor may see."""
    act = Act.ADMINISTRATION_SESSION_LIST
    if not foreseen_anywhere(policy, visit.by, act, today):
        return None
    try:
        return await desks.sessions.waiting(visit.by)
    except Rejected:
        return None


async def _changes(desks: Desks) -> int:
    """How many changes of the settings wait for a second person, or for their hour."""
    return sum(each.change.state in OPEN for each in await desks.pending.every())


# ---- what is promised ----------------------------------------------------------------------------


def _promise(view: PartnerView) -> Promise:
    by = {each.channel: each for each in view.channels}
    return Promise(
        name=view.name,
        ended=view.ended,
        channels=tuple(
            (NOUNS[channel], _state(by[channel].to_us, by[channel].to_them), by[channel].words)
            for channel in _PROMISED
        ),
        consequences=view.consequences,
    )


def _state(to_us: OneWay, to_them: OneWay) -> str:
    """How both ways together are coloured."""
    if to_us.extent is Extent.NONE and to_them.extent is Extent.NONE:
        return "no"
    if to_us.extent is Extent.NONE:
        return "out"
    if to_them.extent is Extent.NONE:
        return "in"
    partly = Extent.SOME in (to_us.extent, to_them.extent)
    return "partly" if partly or to_us.conditions or to_them.conditions else "yes"


# ---- what wants attention ------------------------------------------------------------------------


def together(todo: Iterable[Todo]) -> list[Todo]:
    """What one command mends, as one; what is broken comes first."""
    found: dict[tuple[Health, str], Todo] = {}
    for index, each in enumerate(todo):
        key = (each.health, each.mend or f"{index}")
        before = found.get(key)
        found[key] = each if before is None else replace(before, words=before.words + each.words)
    return sorted(found.values(), key=lambda each: each.health is not Health.BROKEN)


def _doors(doors: tuple[DoorAnswer, ...]) -> Iterator[Todo]:
    for each in doors:
        if each.state is not DoorState.IN_FORCE:
            yield Todo(health=Health.BROKEN, words=(each.words,), mend=_LOOK, command=True)


def _found(found: Iterable[Found], *, anew: bool = False) -> Iterator[Todo]:
    """What a look found. What it says of the settings may be a minute old: that is looked at anew."""
    for each in found:
        if each.health is Health.GOOD or (each.check in _ANEW) is not anew:
            continue
        mend = each.mend or ""
        command = mend.startswith("vedette ")
        yield Todo(
            health=each.health,
            words=(each.words,),
            mend=mend if command or isinstance(mend, Sentence) else as_is(mend),
            note=each.note,
            command=command,
        )


def _of_settings(policy: Policy, today: int) -> Iterator[Todo]:
    """What ends soon, what is lacking, and what is other than recommended."""
    yield from _found(settings_ending(policy.directory.document, today), anew=True)
    for lack in lacking(policy):
        mend = lack.step.because(_REASON)
        yield Todo(health=Health.WEAK, words=(lack.words,), mend=mend, command=True)
    yield from _found(weak_in(policy.directory.document), anew=True)


def _examined(examined: Examination | None) -> dict[str, Any]:
    if examined is None:
        return {"at": "", "good": ()}
    good: tuple[Found, ...] = tuple(each for each in examined.found if each.health is Health.GOOD)
    at = datetime.fromtimestamp(examined.at, UTC).strftime("%H:%M:%S UTC")
    return {"at": at, "good": good}


# ---- refused today, and what is not held ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the chart: its label, how much, and where its bar stands in the picture."""

    label: str
    count: int
    x: int
    height: int


WIDTH, HEIGHT = 480, 96
"""Of the chart, in its own units."""


def chart(refused: tuple[int, ...]) -> dict[str, Any]:
    """The last hours as bars; the last is the hour that runs."""
    most, step = max(refused, default=0), WIDTH // max(1, len(refused))
    bars = tuple(
        Bar(
            label=str(index - len(refused) + 1),
            count=count,
            x=index * step,
            height=round(count * HEIGHT / most) if most else 0,
        )
        for index, count in enumerate(refused)
    )
    return {"bars": bars, "total": sum(refused), "most": most, "width": WIDTH, "height": HEIGHT,
            "bar": step - 4}  # fmt: skip


def _unheld() -> Iterator[tuple[Sentence, Sentence]]:
    """What no door holds, with the reason."""
    for (what, encrypted), holding in HOLDINGS.items():
        if not holding.held:
            traffic = TRAFFIC[what]
            in_rooms = encrypted and what not in ROOMLESS
            named = told("{what} in encrypted rooms", what=traffic) if in_rooms else traffic
            yield named, holding.how
    yield from UNHELD_BESIDES


PAGES = (Page(path="/", handler=overview, asks=False, entry="overview"),)
WORDS: Words = MappingProxyType(
    {
        "overview-promises": ("What is promised", "Was versprochen ist"),
        "overview-no-partners": (
            "No partner is named yet, so nothing passes to other organisations.",
            "Noch ist kein Partner benannt; nichts geht zu anderen Organisationen.",
        ),
        "overview-ended": ("has ended", "ist beendet"),
        "overview-todo": ("Wants attention", "Braucht Aufmerksamkeit"),
        "overview-todo-none": (
            "Nothing. What can be looked at from here is as it should be.",
            "Nichts. Was sich von hier aus sehen lässt, ist in Ordnung.",
        ),
        "overview-broken": ("broken", "gestört"),
        "overview-weak": ("weak", "schwach"),
        "overview-waiting": (
            "Devices that wait to be let in: {count}.",
            "Geräte, die auf ihre Zulassung warten: {count}.",
        ),
        "overview-changes": (
            "Changes that wait for a second person, or for their hour: {count}.",
            "Änderungen, die auf eine zweite Person oder auf ihre Zeit warten: {count}.",
        ),
        "overview-waiting-none": (
            "No device waits to be let in.",
            "Kein Gerät wartet darauf, zugelassen zu werden.",
        ),
        "overview-health": ("Health", "Zustand"),
        "overview-looked": ("Looked at {at}.", "Geprüft um {at}."),
        "overview-looking": (
            "This host is being looked at; open the page again in a moment.",
            "Dieser Rechner wird gerade geprüft; öffnen Sie die Seite gleich noch einmal.",
        ),
        "overview-good": (
            "In order: {count}",
            "In Ordnung: {count}",
        ),
        "overview-doors": ("Doors", "Türen"),
        "overview-refused": ("Refused in the last 24 hours", "Abgelehnt in den letzten 24 Stunden"),
        "overview-refused-says": (
            "{total} asks were refused; the busiest hour had {most}.",
            "{total} Anfragen wurden abgelehnt; in der stärksten Stunde {most}.",
        ),
        "overview-table": ("As a table", "Als Tabelle"),
        "overview-hour": ("Hours ago", "Vor wie vielen Stunden"),
        "overview-count": ("Refused", "Abgelehnt"),
        "overview-unheld": (
            "Not held, whatever the rules say",
            "Was sich nicht halten lässt, was auch die Regeln sagen",
        ),
    }
)
