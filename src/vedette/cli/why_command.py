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


def why(
    record: Annotated[
        str, typer.Argument(metavar="[RECORD]", help="A record's id, such as `synapse:4711`.")
    ] = "",
    from_: Annotated[str | None, typer.Option("--from", metavar="USER", help="Who.")] = None,
    to: Annotated[str | None, typer.Option(metavar="USER", help="Towards whom.")] = None,
    channel: Annotated[str | None, typer.Option(help="message, file, voice, contact, …")] = None,
    file: Annotated[
        str | None,
        typer.Option(
            help="A file, or a file's name: an ordinary file of the kind that its ending says."
        ),
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(
            help="`file.malware = yes`, `room.encrypted = yes`; may be repeated, and wins."
        ),
    ] = None,
    draft: Annotated[
        str | None, typer.Option(metavar="FILE", help="Ask a draft; `-` is standard input.")
    ] = None,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Say what is decided, by which rule, and how it came about.

    Either about a record (`vedette why synapse:4711`), which is decided again with the rules of its
    revision and must give the same answer; or about two people (`--from`, `--to`, `--channel`).
    Who is in a room only its server knows: for rooms, ask about a record.
    """
    at = here(place, json=json)
    client = Client(at.boot())
    if record:
        found = _recorded(client, record)
    elif from_ and channel:
        body = {"from": from_, "to": to, "channel": channel, "facts": fact or [], **file_of(file)}
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
    for each in found["considered"]:
        yield f"  {each['matched']:<8} {each['rule']}: {each['because']}"


def file_of(name: str | None) -> dict[str, Any]:
    """What is said of a file: its name, and its size where it lies here."""
    if name is None:
        return {}
    path = Path(name)
    size = path.stat().st_size if path.is_file() else None
    return {"file": path.name, "size": size}
