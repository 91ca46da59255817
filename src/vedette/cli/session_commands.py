"""`vedette session …`: who is signed in, and ending or suspending it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from vedette.cli.client import Client, ControlDown
from vedette.cli.surroundings import Dir, Json, Reason, Surroundings, here

app = typer.Typer(help="Sessions: list, show, approve, suspend, resume, end.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="SESSION", help="The session's id.")]
User = Annotated[
    str, typer.Option(help="Only this person: a user id, or the part before the colon.")
]
State = Annotated[str, typer.Option(help="live, suspended, waiting, expired or ended.")]
Why = Annotated[str, typer.Option("--reason", help="Why, for the record.")]

_PAGE = 1000


@app.command("list")
def list_(
    user: User = "",
    state: State = "",
    place: Dir = None,
    *,
    ended: Annotated[bool, typer.Option("--ended", help="Those that are over, too.")] = False,
    json: Json = False,
) -> None:
    """Who is signed in, on which device, since when; newest first."""
    at = here(place, json=json)
    found = pages(
        at,
        "/sessions",
        "sessions",
        user=user or None,
        state=state or None,
        ended="true" if ended else None,
    )
    at.tell(found, session_lines(found))


@app.command()
def show(id_: Id, place: Dir = None, *, json: Json = False) -> None:
    """One session: every fact that rules may read of it, and how each is known."""
    at = here(place, json=json)
    found = ask(at, "GET", f"/sessions/{quote(id_, safe='')}")
    at.tell(found, view_lines(found))


@app.command()
def end(id_: Id, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """End a session for good: its next request is refused, its device and keys are deleted."""
    _act(here(place, json=json), id_, "end", reason)


@app.command()
def approve(id_: Id, reason: Why = "", place: Dir = None, *, json: Json = False) -> None:
    """Approve the device of a session; it begins or goes on, if the rules want nothing else."""
    _act(here(place, json=json), id_, "approve", reason)


@app.command()
def suspend(id_: Id, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Refuse everything to a session until it is resumed; its keys are kept."""
    _act(here(place, json=json), id_, "suspend", reason)


@app.command()
def resume(id_: Id, reason: Why = "", place: Dir = None, *, json: Json = False) -> None:
    """Let a suspended session go on, if the rules let it."""
    _act(here(place, json=json), id_, "resume", reason)


def _act(at: Surroundings, id_: str, act: str, reason: str) -> None:
    tell_moved(at, ask(at, "POST", f"/sessions/{quote(id_, safe='')}/{act}", {"reason": reason}))


def ask(at: Surroundings, method: str, path: str, body: object = None, **query: Any) -> Any:
    """Ask control about sessions or people.

    Raises:
        ControlDown: says what goes on meanwhile, and the way out.
        CliFault: control answered with an error.
    """
    try:
        return Client(at.boot()).ask(method, path, body, query)
    except ControlDown as down:
        hint = (
            f"only control can tell the doors who is signed in; start it with `vedette up "
            f"{at.folder}`. Until then nobody new gets in and running sessions go on; if that can't "
            "wait, stop the gateway: then nobody reaches anything"
        )
        raise ControlDown({**down.error, "hint": hint}, down.code) from down


def pages(at: Surroundings, path: str, name: str, **query: Any) -> list[dict[str, Any]]:
    """Everything of a list that comes in pages. Raises CliFault."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = ask(at, "GET", path, after=after, most=_PAGE, **query)
        found += page[name]
        after = page["next"]
        if after is None:
            return found


def session_lines(found: list[dict[str, Any]]) -> Iterable[str]:
    """Sessions in a table, each with its id, which other commands take."""
    if not found:
        yield "nobody is signed in"
    for each in found:
        device = f"{each['device']} {each['device_name']}".strip()
        because = f" ({each['because']})" if each["because"] else ""
        since = day(each["created"])
        on = "" if each["on"] is None else f"  {_managed(each['on'])}"
        yield f"{each['id']}  {each['user']}  {device}  {since}  {each['state']}{because}{on}"


def _managed(on: dict[str, Any]) -> str:
    """What is known of the managed device on which a session is."""
    if on["became"]:
        return f"device {on['became']}"
    if not on["managed"]:
        return "not managed"
    words = {True: ", in order", False: ", NOT in order", None: ""}
    owner = {"other": ", somebody else's", "nobody": ", nobody's"}.get(on["owner"], "")
    return f"managed device{words[on['compliant']]}{owner}"


def view_lines(found: dict[str, Any]) -> Iterable[str]:
    """One session with its facts."""
    session = found["session"]
    yield from session_lines([session])
    if session["on"] is not None:
        places = ", ".join(session["on"]["places"]) or "in no inventory"
        yield f"  device proven by {session['on']['proven_by']}: {places}"
    yield f"  signed in from {session['address']}, until {day(session['expires'])} at most"
    if found["seen_at"] is not None:
        yield f"  last used {day(found['seen_at'])} from {found['seen_address']}"
    for use in found["factors"]:
        yield f"  shown: {use['kind']} at {day(use['at'])}"
    for fact in found["facts"]:
        yield f"  {fact['known']:<8}  {fact['fact']} = {fact['value']}"


def tell_moved(at: Surroundings, done: dict[str, Any]) -> None:
    """Print what became of a session, and each door's answer."""
    session = done["session"]
    because = f" ({session['because']})" if session["because"] else ""
    lines = [f"the session of {session['user']} is {session['state']}{because}"]
    lines += [f"  {door['words']}" for door in done["doors"]]
    at.tell(done, [*lines, f"  record: {done['record']}"])


def day(at: int) -> str:
    """A time as people read it, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
