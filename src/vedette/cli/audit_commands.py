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
    until: Annotated[str, typer.Option(help="The same; before that.")] = "",
    who: Annotated[str | None, typer.Option(metavar="USER", help="Who asked.")] = None,
    person: Annotated[
        str | None, typer.Option(metavar="USER", help="Who asked, or whom it was about.")
    ] = None,
    partner: Annotated[str | None, typer.Option(help="About this partner's people.")] = None,
    rule: Annotated[str | None, typer.Option(help="The rule that decided.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="The reason's code, such as `forbidden`.")
    ] = None,
    process: Annotated[str | None, typer.Option(help="Which door's records.")] = None,
    answer: Annotated[str | None, typer.Option(help="yes, no or not-yet.")] = None,
    most: Annotated[int, typer.Option(help="How many at most.")] = 200,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """The newest records that match, oldest first."""
    at = here(place, json=json)
    query = {
        "since": moment(since), "until": moment(until), "who": who, "person": person,
        "partner": partner, "rule": rule, "reason": reason, "process": process, "answer": answer,
        "most": most,
    }  # fmt: skip
    found = Client(at.boot()).ask("GET", "/audit/records", None, query)
    at.tell(found, [_line(entry) for entry in found])


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _line(entry: dict[str, Any]) -> str:
    decision = entry["decision"]
    when = _when(entry["at"])
    count = f", {entry['count']} times" if entry.get("count", 1) > 1 else ""
    towards = f" towards {decision['towards']}" if decision["towards"] else ""
    rule = decision["rule"] or decision["reason"]
    return (
        f"{when}  {entry['id']}  {decision['answer']:<7} {entry['who']} {entry['act']}"
        f"{towards} ({rule}){count}"
    )


@app.command()
def person(
    user: Annotated[str, typer.Argument(metavar="USER", help="A user id, or the part before `:`.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    since: Annotated[str, typer.Option(help="`7d`, `2h`, or `2026-01-31`.")] = "",
    until: Annotated[str, typer.Option(help="The same; before that.")] = "",
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """What the record says of one person: for an incident, or for that person.

    How often which act had which answer, towards whom, what was refused, how they signed in, and
    what others asked about them. That the report was made is recorded, with its reason.
    """
    at = here(place, json=json)
    body = {"person": user, "reason": reason, "since": moment(since), "until": moment(until)}
    found = Client(at.boot()).ask("POST", "/audit/person", body)
    at.tell(found, _of_person(found))


def _of_person(found: dict[str, Any]) -> Iterable[str]:
    if not found["records"]:
        yield f"the record says nothing of {found['person']}"
        return
    first, last = _when(found["first"]), _when(found["last"])
    yield f"{found['person']}: {found['records']} records from {first} to {last} UTC"
    yield f"asked {found['asks']} times:"
    for each in found["acts"]:
        yield f"  {each['asks']:>7}  {each['act']}: {each['answer']} ({each['reason']})"
    for title, entries in (
        ("refused", found["refused"]),
        ("signing in", found["sign_ins"]),
        ("asked by others about them", found["about"]),
    ):
        if entries:
            yield f"{title}, the newest {len(entries)}:"
            yield from (f"  {_line(entry)}" for entry in entries)
    if found["towards"]:
        yield "towards:"
        yield from (f"  {each['asks']:>7}  {each['name']}" for each in found["towards"])


@app.command()
def export(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A file that is made anew.")],
    since: Annotated[str, typer.Option(help="`7d`, `2h`, or `2026-01-31`.")] = "",
    until: Annotated[str, typer.Option(help="The same; before that.")] = "",
    process: Annotated[str | None, typer.Option(help="Which door's records.")] = None,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Take records out as JSON lines, exactly as they were written, with the signed checkpoints.

    Nothing is left out between the first and the last of the wanted time, so that anybody who has
    the organisation's public key can prove the file: `vedette audit verify --export FILE`. Works
    with control down.
    """
    from vedette.control.records_here import export_here
    from vedette.core.record import RecordFault
    from vedette.ports.errors import Unavailable

    at = here(place, json=json)
    boot, begin, end, count = at.boot(), moment(since), moment(until), 0
    try:
        with to.open("xb") as file:
            to.chmod(0o600)
            for line in export_here(boot, process, begin, end):
                file.write(line + b"\n")
                count += 1
    except FileExistsError:
        raise fault(f"`{to}` is there already", "name a new file", Exit.USAGE) from None
    except (Unavailable, RecordFault, OSError) as broken:
        raise fault(str(broken), "`vedette audit verify` says where", Exit.FOUND) from broken
    at.tell({"file": str(to), "lines": count}, [f"{count} lines are in `{to}`"])


@app.command()
def verify(
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A checkpoint that was kept elsewhere.")
    ] = None,
    exported: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Prove an export instead.")
    ] = None,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Prove that no record and no revision was altered, dropped or slipped in, or say where.

    Checks every chain from its beginning and against the newest signed checkpoints: here, in the
    file elsewhere and under the newest time stamp, where the boot file names them. Works with
    control down. A checkpoint that left this machine proves most. Exit 1 if a chain does not hold.
    """
    from vedette.control.records_here import stamped_checkpoint, verify_export_here, verify_here
    from vedette.core.record import RecordFault
    from vedette.ports.errors import Unavailable
    from vedette.protocol.internal.checkpoints import CheckpointFault

    at = here(place, json=json)
    try:
        boot = at.boot()
        if exported is not None:
            found, when, stamped = verify_export_here(boot, exported), None, None
        else:
            found, when = verify_here(boot, checkpoint)
            stamped = stamped_checkpoint(boot)
    except (Unavailable, CheckpointFault, RecordFault) as broken:
        raise fault(str(broken), code=Exit.FOUND) from broken
    reports = [
        {"process": each.process, "holds": each.holds, "records": each.records,
         "anchored": each.anchored, "words": each.words}
        for each in found
    ]  # fmt: skip
    holds = all(each.holds for each in found)
    seen = None if stamped is None else stamped[1].timestamp()
    data = {"holds": holds, "checkpoint": when, "time_stamp": seen, "chains": reports}
    at.tell(data, [*_chains(reports), *(_verified(when, seen) if exported is None else ())])
    raise typer.Exit(Exit.DONE if holds else Exit.FOUND)


def _chains(reports: list[dict[str, Any]]) -> Iterable[str]:
    for each in reports:
        mark = "holds" if each["holds"] else "DOES NOT HOLD"
        yield f"{each['process']}: {mark}, {each['records']} records; {each['words']}"


def _verified(when: int | None, stamped: float | None) -> Iterable[str]:
    if when is None:
        yield "there is no checkpoint yet: a chain could have been written anew as a whole"
    else:
        yield f"checked against the signed checkpoint of {_when(when)} UTC"
    if stamped is not None:
        yield f"the time-stamp authority saw a checkpoint at {_when(stamped)} UTC, which holds too"
