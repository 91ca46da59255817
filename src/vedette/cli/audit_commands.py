"""`vedette audit …`: the record of every decision."""

from __future__ import annotations

import sys
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
    act: Annotated[
        str | None, typer.Option(help="What was done, such as `file:content:upload`.")
    ] = None,
    file: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="About this file, `mxc://…`.")
    ] = None,
    most: Annotated[int, typer.Option(help="How many at most.")] = 200,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write all that match to this new file, newest first."),
    ] = None,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """The newest records that match, oldest first."""
    at = here(place, json=json)
    query = {
        "since": moment(since), "until": moment(until), "who": who, "person": person,
        "partner": partner, "rule": rule, "reason": reason, "process": process, "answer": answer,
        "act": act, "file": file,
    }  # fmt: skip
    client = Client(at.boot())
    if csv is not None:
        count = _write_csv(client, query, csv)
        at.tell({"file": str(csv), "records": count}, [f"{count} records are in `{csv}`"])
        return
    page = client.ask("GET", "/audit/search", None, {**query, "most": most})
    found = page["records"][::-1]
    at.tell(found, [*map(_line, found), *_beyond(page)])


def _beyond(page: dict[str, Any]) -> Iterable[str]:
    if not page["records"]:
        yield "no record matches"
    if page["next"]:
        yield "there are older ones: say more with --most, all with --csv FILE, or look --until a day"
    if page["behind"]:
        yield f"{page['behind']} bytes of records could not be searched yet: try again in a minute"


def _write_csv(client: Client, query: dict[str, Any], to: Path) -> int:
    """Write every record that matches, a page at a time; says how many."""
    from vedette.admin.audit_csv import header, row

    count, after = 0, None
    try:
        with to.open("x", encoding="utf-8", newline="") as file:
            to.chmod(0o600)
            file.write(header())
            while True:
                asked = {**query, "most": 2000, "after": after}
                page = client.ask("GET", "/audit/search", None, asked)
                file.writelines(row(entry) for entry in page["records"])
                count, after = count + len(page["records"]), page["next"]
                if not after:
                    break
    except FileExistsError:
        raise fault(f"`{to}` is there already", "name a new file", Exit.USAGE) from None
    except OSError as broken:
        raise fault(str(broken), "name a file that can be written", Exit.USAGE) from broken
    return count


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


@app.command()
def erase(
    user: Annotated[str, typer.Argument(metavar="USER", help="A user id, or the part before `:`.")],
    reason: Annotated[
        str, typer.Option("--reason", help="Why, for the record. Don't name the person in it.")
    ],
    place: Dir = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask whether you are sure.")] = False,
    json: Json = False,
) -> None:
    """Make what the record says of one person unreadable, for good.

    The keys under which the person is sealed are erased; every record stays, and every chain holds.
    What names the person all the same is said; see docs/limits.md for what lies elsewhere.
    """
    at = here(place, json=json)
    client = Client(at.boot())
    if not yes:
        _sure(user)
    found = client.ask("POST", "/audit/erase", {"person": user, "reason": reason})
    at.tell(found, _erased(found))


def _sure(user: str) -> None:
    if not sys.stdin.isatty():
        raise fault("this can't be undone", "say `--yes` if you are sure", Exit.USAGE)
    asked = f"what the record says of {user} can never be read again. Type the name once more"
    if typer.prompt(asked, err=True) != user:
        raise fault("that is another name; nothing was erased", code=Exit.USAGE)


def _erased(found: dict[str, Any]) -> Iterable[str]:
    if found["keys"]:
        where = ", ".join(found["processes"])
        yield f"{found['person']}: {found['keys']} keys are erased, in the logs of {where}"
    else:
        yield f"the record has no key of {found['person']}"
    if found["plain"]:
        yield (
            f"{found['plain']} records name them all the same: older ones, or what somebody wrote; they"
            " go when `audit.keep` removes them"
        )


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
    names: Annotated[
        bool, typer.Option("--names", help="Add who is who: what is named there can't be erased.")
    ] = False,
    json: Json = False,
) -> None:
    """Take records out as JSON lines, exactly as they were written, with the signed checkpoints.

    Nothing is left out between the first and the last of the wanted time, so that anybody who has
    the organisation's public key can prove the file: `vedette audit verify --export FILE`. People are
    pseudonyms in it unless `--names` adds who they are. Works with control down.
    """
    from vedette.control.records_here import export_here
    from vedette.core.record import RecordFault
    from vedette.ports.errors import Unavailable

    at = here(place, json=json)
    boot, begin, end, count = at.boot(), moment(since), moment(until), 0
    try:
        with to.open("xb") as file:
            to.chmod(0o600)
            for line in export_here(boot, process, begin, end, names=names):
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
