"""`vedette audit …`: the record of every decision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from vedette.cli.client import Client
from vedette.cli.surroundings import Dir, Exit, Json, fault, here, moment

app = typer.Typer(help="The record of every decision.", no_args_is_help=True)


@app.command("list")
def list_(
    since: Annotated[str, typer.Option(help="`7d`, `2h`, or `2026-01-31`.")] = "",
    who: Annotated[str | None, typer.Option(metavar="USER", help="Who asked.")] = None,
    rule: Annotated[str | None, typer.Option(help="The rule that decided.")] = None,
    answer: Annotated[str | None, typer.Option(help="yes, no or not-yet.")] = None,
    most: Annotated[int, typer.Option(help="How many at most.")] = 200,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """The newest records that match, oldest first."""
    at = here(place, json=json)
    query = {"since": moment(since), "who": who, "rule": rule, "answer": answer, "most": most}
    found = Client(at.boot()).ask("GET", "/audit/records", None, query)
    at.tell(found, [_line(entry) for entry in found])


def _line(entry: dict[str, Any]) -> str:
    decision = entry["decision"]
    when = datetime.fromtimestamp(entry["at"], UTC).strftime("%Y-%m-%d %H:%M:%S")
    count = f", {entry['count']} times" if entry.get("count", 1) > 1 else ""
    towards = f" towards {decision['towards']}" if decision["towards"] else ""
    rule = decision["rule"] or decision["reason"]
    return (
        f"{when}  {entry['id']}  {decision['answer']:<7} {entry['who']} {entry['act']}"
        f"{towards} ({rule}){count}"
    )


@app.command()
def verify(
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A checkpoint that was kept elsewhere.")
    ] = None,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Prove that no record and no revision was altered, dropped or slipped in.

    Checks every chain from its beginning and against the newest signed checkpoint; works with
    control down. A checkpoint that left this machine proves most. Exit 1 if a chain does not hold.
    """
    from vedette.control.main import verify_here
    from vedette.ports.errors import Unavailable
    from vedette.protocol.internal.checkpoints import CheckpointFault

    at = here(place, json=json)
    try:
        found, when = verify_here(at.boot(), checkpoint)
    except (Unavailable, CheckpointFault) as broken:
        raise fault(str(broken), code=Exit.FOUND) from broken
    reports = [
        {"process": each.process, "holds": each.holds, "records": each.records,
         "anchored": each.anchored, "words": each.words}
        for each in found
    ]  # fmt: skip
    holds = all(each.holds for each in found)
    data = {"holds": holds, "checkpoint": when, "chains": reports}
    at.tell(data, _verified(reports, when))
    raise typer.Exit(Exit.DONE if holds else Exit.FOUND)


def _verified(reports: list[dict[str, Any]], when: int | None) -> Iterable[str]:
    for each in reports:
        mark = "holds" if each["holds"] else "DOES NOT HOLD"
        yield f"{each['process']}: {mark}, {each['records']} records; {each['words']}"
    if when is None:
        yield "there is no checkpoint yet: a chain could have been written anew as a whole"
    else:
        stamp = datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        yield f"checked against the signed checkpoint of {stamp}"
