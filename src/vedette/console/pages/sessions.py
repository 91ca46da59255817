"""Devices and sessions: who is signed in, with what, and what may be done about it."""

from __future__ import annotations

from types import MappingProxyType
from urllib.parse import quote

from vedette.admin.door import Doing, foreseen, user_named
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
    number_of,
)
from vedette.console.page import Page, View, Visit, Words
from vedette.console.pages.people import address, factors_of
from vedette.core.asks import Act
from vedette.core.explain import MISSING
from vedette.core.facts import FACTORS, PLATFORMS, Missing, Value
from vedette.core.language import NO, YES
from vedette.core.sessions import (
    HOW,
    STATES,
    Kind,
    Session,
    SessionState,
    how_known,
    independent,
    may_move,
)
from vedette.ports.sign_in_lists import SessionsSought

_TONES = {"live": "good", "suspended": "warn", "waiting": "warn", "expired": "", "ended": ""}
_KINDS: tuple[Kind, ...] = ("oauth", "compat", "console")
_YES_NO = {"yes": True, "no": False}
_FACTORS = {"one": 1, "two": 2}
_ACTS = {
    "approve-session": (Act.ADMINISTRATION_DEVICE_APPROVE, None),
    "reject-device": (Act.ADMINISTRATION_DEVICE_APPROVE, None),
    "suspend-session": (Act.ADMINISTRATION_SESSION_SUSPEND, SessionState.SUSPENDED),
    "resume-session": (Act.ADMINISTRATION_SESSION_RESUME, SessionState.LIVE),
    "end-session": (Act.ADMINISTRATION_SESSION_END, SessionState.ENDED),
}
"""What may be done about a session, as which act, and where it goes."""


async def _read(desks: Desks, visit: Visit, reading: Reading) -> Slice:
    domain = desks.settings.policy.current().directory.domain
    state = SessionState(reading["state"]) if reading["state"] else None
    sought = SessionsSought(
        user=user_named(reading["user"], domain) if reading["user"] else "",
        state=state,
        kind=next((kind for kind in _KINDS if kind == reading["kind"]), None),
        platform=reading["platform"],
        client=reading["client"],
        approved=_YES_NO.get(reading["approved"]),
        ended=state is SessionState.ENDED,
    )
    before, factors = number_of(reading.after), _FACTORS.get(reading["factors"], 0)
    page = await desks.sessions.page(visit.by, sought, factors, before, reading.most)
    return Slice(page.sessions, None if page.next is None else str(page.next))


def _device(row: Session, say: Say) -> Cell:
    name = row.device_name or row.device or say("sessions-console")
    return Cell(name, f"/sessions/{row.id}")


def _shown(row: Session) -> str:
    return factors_of(row)


def _state(row: Session, say: Say) -> Cell:
    return Cell(say(f"sessions-state-{row.state.value}"), tone=_TONES[row.state.value])


LISTING = Listing(
    name="sessions",
    path="/sessions",
    entry="sessions",
    asks=False,
    act=Act.ADMINISTRATION_SESSION_LIST,
    read=_read,
    filters=(
        Filter("user"),
        Filter("state", tuple(SessionState)),
        Filter("client"),
        Filter("platform", tuple(sorted(PLATFORMS))),
        Filter("approved", tuple(_YES_NO)),
        Filter("factors", tuple(_FACTORS)),
        Filter("kind", _KINDS),
    ),
    columns=(
        Column("device", lambda row: row.device_name or row.device, _device),
        Column("user", lambda row: row.user, lambda row, _: Cell(row.user, address(row.user))),
        Column("client", lambda row: f"{row.facts.client_name} {row.facts.client_version}".strip(),
               lambda row, _: Cell(row.facts.client_name, soft=row.facts.client_version)),
        Column("platform", lambda row: f"{row.facts.platform} {row.facts.platform_version}".strip(),
               lambda row, _: Cell(row.facts.platform, soft=row.facts.platform_version)),
        Column("factors", _shown),
        Column("approved", lambda row: "yes" if row.facts.approved else "no",
               lambda row, say: Cell(say(f"sessions-approved-{'yes' if row.facts.approved else 'no'}"))),
        Column("state", lambda row: row.state.value, _state),
        Column("created", lambda row: moment(row.created)),
        Column("id", lambda row: row.id, lambda row, _: Cell(row.id[:8] + "…", code=True)),
    ),
)  # fmt: skip


async def session(desks: Desks, visit: Visit) -> View:
    """One session: every fact that rules may read of it, and how each is known."""
    found = await desks.sessions.show(visit.by, visit.names["id"])
    one = found.session
    facts = [
        (
            Cell(name, code=True),
            Cell(_written(found.facts.get(name, claimed=True))),
            Cell(HOW[how]),
        )
        for name, how in how_known(found.facts).items()
        if name != "today"
    ]
    context = {
        "one": one,
        "person": address(one.user),
        "tone": _TONES[one.state.value],
        "created": moment(one.created),
        "expires": moment(one.expires),
        "seen": found.seen and moment(found.seen.at),
        "seen_from": found.seen.address if found.seen else "",
        "enough": str(independent(one.facts.factors)),
        "shown": [
            (Cell(FACTORS.get(use.kind, use.kind)), Cell(moment(use.at)), Cell(use.proven_by))
            for use in one.facts.factors
        ],
        "facts": facts,
        "acts": _may(desks, visit, one),
        "fields": {"session": one.id, "user": one.user, "device": one.device},
        "records": f"/audit?person={quote(one.user, safe='')}",
    }  # fmt: skip
    fill = {"device": one.device_name or one.device or one.kind, "user": one.user}
    return View(template="session", title="sessions-one", fill=fill, context=context)


def _written(value: Value | Missing) -> str:
    if isinstance(value, Missing):
        return MISSING[value]
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return ".".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _may(desks: Desks, visit: Visit, one: Session) -> list[str]:
    """The acts that the page offers: those that the rules would allow and that are any use."""
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    return [
        kind
        for kind, (act, to) in _ACTS.items()
        if _useful(one, kind, to)
        and foreseen(policy, Doing(act=act, author=visit.by, over=one.user), today)
    ]


def _useful(one: Session, kind: str, to: SessionState | None) -> bool:
    if kind == "approve-session":
        return not one.facts.approved and one.state is not SessionState.ENDED
    if kind == "reject-device" or to is None:
        return one.state is SessionState.WAITING
    waiting = to is SessionState.LIVE and one.state is SessionState.WAITING
    return may_move(one.state, to) and not waiting


PAGES = (*LISTING.pages(), Page(path="/sessions/{id}", handler=session, asks=False))
WORDS: Words = MappingProxyType(
    {
        "sessions-user": ("Person", "Person"),
        "sessions-state": ("State", "Zustand"),
        "sessions-client": ("Client", "Programm"),
        "sessions-platform": ("System", "System"),
        "sessions-approved": ("Approved", "Zugelassen"),
        "sessions-factors": ("Factors", "Faktoren"),
        "sessions-kind": ("Kind", "Art"),
        "sessions-device": ("Device", "Gerät"),
        "sessions-created": ("Since (UTC)", "Seit (UTC)"),
        "sessions-id": ("Session", "Sitzung"),
        **{f"sessions-state-{state}": (str(said), said.german) for state, said in STATES.items()},
        "sessions-approved-yes": ("yes", "ja"),
        "sessions-approved-no": ("no", "nein"),
        "sessions-factors-one": ("one", "einer"),
        "sessions-factors-two": ("two", "zwei"),
        "sessions-kind-oauth": ("client with sign-in page", "Programm mit Anmeldeseite"),
        "sessions-kind-compat": ("older client", "älteres Programm"),
        "sessions-kind-console": ("this console", "diese Konsole"),
        "sessions-console": ("console", "Konsole"),
        **{f"sessions-platform-{name}": (name, name) for name in PLATFORMS},
        "sessions-empty": ("Nobody is signed in.", "Niemand ist angemeldet."),
        "sessions-one": ("{device} of {user}", "{device} von {user}"),
        "sessions-back": ("All sessions", "Alle Sitzungen"),
        "sessions-because": ("Why", "Warum"),
        "sessions-expires": ("Until at most", "Bis höchstens"),
        "sessions-seen": ("Last used", "Zuletzt benutzt"),
        "sessions-never": ("not yet", "noch nicht"),
        "sessions-from": ("from {address}", "von {address}"),
        "sessions-signed-in-from": ("Signed in from", "Angemeldet von"),
        "sessions-bound": ("Bound to a certificate", "An ein Zertifikat gebunden"),
        "sessions-acts": ("What you may do", "Was Sie tun dürfen"),
        "sessions-acts-none": ("Nothing.", "Nichts."),
        "sessions-act-approve-session": ("Approve the device …", "Gerät zulassen …"),
        "sessions-act-reject-device": ("Turn the device away …", "Gerät abweisen …"),
        "sessions-act-suspend-session": ("Suspend …", "Anhalten …"),
        "sessions-act-resume-session": ("Resume …", "Fortsetzen …"),
        "sessions-act-end-session": ("End …", "Beenden …"),
        "sessions-end-does": (
            "Ends the session {session} for good: its device and the keys on it are deleted.",
            "Beendet die Sitzung {session} endgültig: Das Gerät und seine Schlüssel werden gelöscht.",
        ),
        "sessions-suspend-does": (
            "Refuses everything to the session {session} until it is resumed; its keys are kept.",
            "Lehnt der Sitzung {session} alles ab, bis sie fortgesetzt wird; ihre Schlüssel bleiben.",
        ),
        "sessions-resume-does": (
            "Lets the session {session} go on, if the rules let it.",
            "Lässt die Sitzung {session} weiterlaufen, wenn die Regeln es erlauben.",
        ),
        "sessions-approve-does": (
            "Approves the device of the session {session}, which goes on if the rules want nothing else.",
            "Lässt das Gerät der Sitzung {session} zu; sie läuft, wenn die Regeln nichts weiter verlangen.",
        ),
        "sessions-reject-does": (
            "Turns the waiting device {device} of {user} away; its session ends.",
            "Weist das wartende Gerät {device} von {user} ab; seine Sitzung endet.",
        ),
        "sessions-shown": ("Factors shown", "Gezeigte Faktoren"),
        "sessions-shown-says": (
            "They count as {count} independent of one another.",
            "Sie zählen als {count} voneinander unabhängige.",
        ),
        "sessions-at": ("When (UTC)", "Wann (UTC)"),
        "sessions-how": ("How", "Wie"),
        "sessions-facts": ("What rules may read of it", "Was Regeln davon lesen können"),
        "sessions-fact": ("Fact", "Tatsache"),
        "sessions-value": ("Value", "Wert"),
        "sessions-known": ("Known how", "Woher bekannt"),
        "sessions-facts-says": (
            (
                "Proven was shown to us; reported is what device management says of the device that was "
                "proven; claimed is what the client says of itself."
            ),
            (
                "Bewiesen ist, was uns gezeigt wurde; gemeldet, was die Geräteverwaltung von dem "
                "bewiesenen Gerät sagt; behauptet, was das Programm von sich selbst sagt."
            ),
        ),
    }
)  # fmt: skip
