"""`vedette directory …`: the company's directory, from which people and groups come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from vedette.cli.client import Client
from vedette.cli.surroundings import Dir, Exit, Json, Reason, fault, here
from vedette.cli.waiting import waiting

app = typer.Typer(
    help="The company's directory: try it, see how it stands, read it, foresee a filter.",
    no_args_is_help=True,
)

_LONGEST = 600.0
"""Seconds for which a whole reading may go on."""
_READING = "reading the directory"
_FEW = 20


@app.command("test")
def try_(place: Dir = None, *, json: Json = False) -> None:
    """Try every server step by step; each failure comes with the command that mends it.

    Works with control down. Exit 1 if something fails.
    """
    from vedette.admin.rejected import Rejected
    from vedette.control.directory_here import tried_here
    from vedette.control.main import current_settings
    from vedette.ports.errors import Unavailable

    at = here(place, json=json)
    boot = at.boot()
    if boot.directory is None:
        hint = "name it in [directory] of the boot file; docs/operate/directory.md"
        raise fault("people come from the table here, not from a directory", hint)
    try:
        settings = current_settings(boot)[1].directory
    except (Rejected, Unavailable) as outage:
        raise fault(str(outage), "vedette doctor", Exit.UNAVAILABLE) from outage
    found: list[dict[str, Any]] = []
    for each in tried_here(boot, settings):
        row = {"what": each.what, "well": each.well, "words": each.words, "mend": each.mend}
        found.append(row)
        if not json:
            at.tell(row, _tried(row))  # one by one: a server that is away takes its time
    if json:
        at.tell(found, ())
    raise typer.Exit(Exit.DONE if all(each["well"] for each in found) else Exit.FOUND)


@app.command()
def show(place: Dir = None, *, json: Json = False) -> None:
    """How the list of people stands towards the directory. Exit 1 if something is wrong."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/directory")
    at.tell(found, state_lines(found))
    raise typer.Exit(Exit.FOUND if found["sentences"] else Exit.DONE)


@app.command()
def sync(
    reason: Reason,
    place: Dir = None,
    *,
    confirm: Annotated[
        bool,
        typer.Option("--confirm", help="Take the list whatever it takes away; on record."),
    ] = False,
    json: Json = False,
) -> None:
    """Read everything now. Exit 1 if the list is held since it would take too many people away."""
    at = here(place, json=json)
    client, body = Client(at.boot(), seconds=_LONGEST), {"reason": reason, "confirm": confirm}
    with waiting(_READING, quiet=json):
        found = client.ask("POST", "/directory/sync", body)
    at.tell(found, state_lines(found))
    raise typer.Exit(Exit.FOUND if found["sentences"] else Exit.DONE)


@app.command()
def preview(
    place: Dir = None,
    *,
    party: Annotated[
        str, typer.Option(help="Whom this party holds now, or would by the filter.")
    ] = "",
    group: Annotated[
        str, typer.Option(help="Whom this group holds now, or would by the filter.")
    ] = "",
    people: Annotated[
        str | None,
        typer.Option("--filter", help="Whom `directory.people` would hold as this filter."),
    ] = None,
    json: Json = False,
) -> None:
    """Whom a party, a group or another filter of people would hold, and who would come and go."""
    if not party and not group and people is None:
        raise fault(
            "say what to look at", "--party NAME, --group NAME or --filter '(…)'", Exit.USAGE
        )
    at = here(place, json=json)
    client = Client(at.boot(), seconds=_LONGEST)
    with waiting(_READING, quiet=json):
        found = client.get("/directory/preview", party=party, group=group, people=people)
    at.tell(found, _preview_lines(found, compared=people is not None))


def _tried(row: dict[str, Any]) -> Iterable[str]:
    yield f"{'good  ' if row['well'] else 'FAILS '} {row['what']}: {row['words']}"
    if row["mend"]:
        yield f"       {row['mend']}"


def state_lines(found: dict[str, Any]) -> Iterable[str]:
    """How it stands, in words."""
    if found["read_at"] is None:
        yield f"the directory was not read yet; {found['people']} people are known from before"
    else:
        yield (
            f"{found['server']}: {found['active']} people ({found['guests']} of them guests), "
            f"{found['groups']} groups"
        )
        took = f"in {found['read_seconds']:.1f} seconds"
        yield f"read whole {_day(found['read_at'])} {took}; last change seen {_day(found['changed_at'])}"
    if found["lag"] is not None:
        yield f"what is known is {found['lag']:.1f} seconds old at most"
    if found["follows"]:
        yield f"changes are seen once a minute: {found['follows']}"
    yield from (f"left out: {words}" for words in found["left_out"])
    yield from found["sentences"]
    if found["held"]:
        yield f"    among them {', '.join(found['held']['some'])}"


def _preview_lines(found: dict[str, Any], *, compared: bool) -> Iterable[str]:
    yield f"holds {found['held']} people" + _named(found["people"])
    if not compared:
        return
    yield f"{found['coming']} would come" + _named(found["come"])
    yield f"{found['going']} would go" + _named(found["go"])
    if found["too_many"]:
        yield "so many would go that the list would wait for `vedette directory sync --confirm`"
    if found["unknown_groups"]:
        yield f"groups that the directory does not have: {', '.join(found['unknown_groups'])}"
    yield from (f"left out: {words}" for words in found["left_out"])


def _named(people: list[str]) -> str:
    if not people:
        return ""
    more = "" if len(people) <= _FEW else ", …"
    return f": {', '.join(people[:_FEW])}{more}"


def _day(at: float | None) -> str:
    return (
        "never" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    )
