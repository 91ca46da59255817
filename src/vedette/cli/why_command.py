"""`vedette why`: the decision, and how it came about."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from vedette.cli.client import Client
from vedette.cli.surroundings import CliFault, Dir, Exit, Json, fault, here, read_text

_RECORD_SECONDS = 2.0
"""How long to wait for a record that was only just given its id and is not written yet."""


Record = Annotated[
    str, typer.Argument(metavar="[RECORD]", help="A record's id, such as `synapse:4711`.")
]
Towards = Annotated[
    str | None, typer.Option(metavar="USER|ROOM", help="Towards whom, or a room's id.")
]
Room = Annotated[
    str | None,
    typer.Option(
        metavar="ROOM",
        help="In which room, by its id: towards everybody who is there. For `contact`, `--to` is "
        "whom to invite; without it, `--from` comes in.",
    ),
]
FileName = Annotated[
    str | None,
    typer.Option(
        help="A file, or a file's name: an ordinary file of the kind that its ending says."
    ),
]
Known = Annotated[
    list[str] | None,
    typer.Option(help="`file.malware = yes`, `room.encrypted = yes`; may be repeated, and wins."),
]
DraftFile = Annotated[
    str | None, typer.Option(metavar="FILE", help="Ask a draft; `-` is standard input.")
]


def why(
    record: Record = "",
    from_: Annotated[str | None, typer.Option("--from", metavar="USER", help="Who.")] = None,
    to: Towards = None,
    room: Room = None,
    channel: Annotated[str | None, typer.Option(help="message, file, voice, contact, …")] = None,
    file: FileName = None,
    fact: Known = None,
    draft: DraftFile = None,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Say what is decided, by which rule, and how it came about.

    Either about a record (`vedette why synapse:4711`), which is decided again with the rules of its
    revision and must give the same answer; or about two people (`--from`, `--to`, `--channel`); or
    about somebody in a room (`--from`, `--room`, `--channel`), as the event door would answer now.
    """
    at = here(place, json=json)
    client = Client(at.boot())
    if record:
        found = _recorded(client, record)
    elif from_ and channel:
        body = {"from": from_, "to": to, "channel": channel, "facts": fact or [], **file_of(file)}
        if room:
            body["room"] = room
        if draft:
            body["draft"] = read_text(draft)
        found = client.ask("POST", "/why", body)
    else:
        raise fault(
            "why what? name a record, or `--from`, `--to` and `--channel`",
            "for example `vedette why --from @alice:example.org --to @bob:acme.example "
            "--channel message`",
            Exit.USAGE,
        )
    if not record:
        found = {key: value for key, value in found.items() if key not in ("record", "same")}
    if found.get("room") is None:
        found.pop("room", None)
    at.tell(found, why_lines(found))


def _recorded(client: Client, record: str) -> dict[str, Any]:
    given_up = time.monotonic() + _RECORD_SECONDS
    while True:
        try:
            return dict(client.get(f"/why/{record}"))
        except CliFault as found:
            if found.error.get("code") != "not-found" or time.monotonic() > given_up:
                raise
        time.sleep(0.2)


def why_lines(found: dict[str, Any]) -> Iterable[str]:
    """A decision and how it came about, in words."""
    yield found["sentence"]
    if found["answer"] != "yes":
        yield f"the person reads: {found['person']}"
    if found.get("room") is not None:
        yield from _room_lines(found["room"])
    for each in found["considered"]:
        yield f"  {each['matched']:<8} {each['rule']}: {each['because']}"


def _room_lines(room: dict[str, Any]) -> Iterable[str]:
    """A room as the event door sees it, in words."""
    known = {True: "yes", False: "no", None: "unknown"}
    name = f" “{room['name']}”" if room["name"] else ""
    kind = f", kind {room['kind']}" if room["kind"] else ""
    yield (
        f"room {room['room']}{name}{kind}: made at {room['owner'] or 'unknown'}, "
        f"encrypted: {known[room['encrypted']]}{', frozen' if room['frozen'] else ''}"
    )
    if room["ours"] is False:
        yield "  it belongs to another server: only what ours send, read and stay for is decided here"
    if not room["here"]:
        yield "  who is there is not known yet: the room is still loading, or none of ours is in it"
    for each in room["here"]:
        yield f"  {each['count']:>5}  {', '.join(each['parties'])} (such as {each['example']})"
    if room["more"]:
        yield "  … and more"


def file_of(name: str | None) -> dict[str, Any]:
    """What is said of a file: its name, and its size where it lies here."""
    if name is None:
        return {}
    path = Path(name)
    size = path.stat().st_size if path.is_file() else None
    return {"file": path.name, "size": size}
