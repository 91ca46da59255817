"""`vedette file …`: files that are held or were refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote

import typer

from vedette.cli.client import Client
from vedette.cli.session_commands import day
from vedette.cli.surroundings import Dir, Exit, Json, Reason, Surroundings, fault, here, moment

app = typer.Typer(
    help="Files that are held or were refused: list, show, release, hold.", no_args_is_help=True
)

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="Its address, `mxc://server/id`; of a file of ours the id will do."
    ),
]


@app.command("list")
def list_(
    user: Annotated[
        str,
        typer.Option(help="Only what this person sent: a user id, or the part before the colon."),
    ] = "",
    state: Annotated[str, typer.Option(help="withheld, unjudged, waiting or refused.")] = "",
    text: Annotated[str, typer.Option(help="Part of a name, or a file's id.")] = "",
    rule: Annotated[str, typer.Option(help="With --refused: the rule that refused it.")] = "",
    since: Annotated[str, typer.Option(help="With --refused: `7d`, `2h`, or `2026-01-31`.")] = "",
    until: Annotated[str, typer.Option(help="With --refused: the same; before that.")] = "",
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 200,
    place: Dir = None,
    *,
    refused: Annotated[
        bool, typer.Option("--refused", help="Uploads that were refused at once, by the record.")
    ] = False,
    json: Json = False,
) -> None:
    """Files that are held, or were refused once held; newest first.

    withheld: an administrator holds it. unjudged: the suite's own member holds it. waiting: it could
    not be judged yet, and is asked about again. refused: it was held, and then the rules refused it.
    """
    at = here(place, json=json)
    _fitting(refused=refused, held=bool(state or text), record=bool(rule or since or until))
    client = Client(at.boot())
    if refused:
        query = {"user": user or None, "rule": rule or None, "since": moment(since),
                 "until": moment(until), "most": most}  # fmt: skip
        found = client.get("/files/refused", **query)
        at.tell(found, [*refused_lines(found["files"]), *_beyond(found)])
        return
    query = {"user": user or None, "state": state or None, "text": text or None, "most": most}
    found = client.get("/files", **query)
    at.tell(found, [*file_lines(found["files"]), *_beyond(found)])


@app.command()
def show(file: File, place: Dir = None, *, json: Json = False) -> None:
    """One file: who sent it, who holds it, what is in it, and what the rules say of it now."""
    at = here(place, json=json)
    found = Client(at.boot()).get(_path(at, file))
    at.tell(found, view_lines(found))


@app.command()
def release(file: File, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Let a held file go, whoever held it.

    What the rules refuse stays refused. Where nobody knows what is in a file, rules read that you
    released it as `file.released`. Nobody releases what they sent themselves.
    """
    at = here(place, json=json)
    done = Client(at.boot()).ask("POST", f"{_path(at, file)}/release", {"reason": reason})
    words = f"`{done['file']}` is released: each fetch is decided by the rules"
    at.tell(done, [words, f"  record: {done['record']}"])


@app.command()
def hold(file: File, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Keep a file from everybody from now on. What was fetched before is not taken back."""
    at = here(place, json=json)
    done = Client(at.boot()).ask("POST", f"{_path(at, file)}/hold", {"reason": reason})
    words = f"`{done['file']}` is withheld: nobody can fetch it any more"
    at.tell(done, [words, f"  record: {done['record']}"])


def _path(at: Surroundings, file: str) -> str:
    """Where the API has this file. Raises CliFault for what is no address."""
    server, slash, media = file.strip().removeprefix("mxc://").rpartition("/")
    if not media or "/" in server:
        raise fault(
            f"`{plain(file)}` is no file's address",
            "one looks like `mxc://example.org/AbCdEf`; `vedette file list` shows them",
            Exit.USAGE,
        )
    named = server if slash else at.boot().organisation
    return f"/files/{quote(named, safe='')}/{quote(media, safe='')}"


def _fitting(*, refused: bool, held: bool, record: bool) -> None:
    """Refuse options that say nothing beside the others. Raises CliFault."""
    if refused and held:
        raise fault(
            "of a file that was refused at once nothing was kept but the record",
            "leave out --state and --text, or --refused",
            Exit.USAGE,
        )
    if record and not refused:
        words = "--rule, --since and --until are about uploads that were refused at once"
        raise fault(words, "say --refused beside them", Exit.USAGE)


def plain(text: str) -> str:
    """What somebody else wrote, without what a terminal would obey."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _called(found: dict[str, Any]) -> str:
    return f"“{plain(found['name'])}”" if found["name"] else "without a name"


def file_lines(found: list[dict[str, Any]]) -> Iterable[str]:
    """Files in a table, each with its address, which other commands take."""
    if not found:
        yield "no file is held"
    for each in found:
        size = "" if each["size"] is None else f"  {each['size']} bytes"
        owner = each["owner"] or "another server"
        line = f"{each['file']}  {each['state']:<9}  {owner}  {day(int(each['created']))}"
        yield f"{line}  {_called(each)}{size}"


def refused_lines(found: list[dict[str, Any]]) -> Iterable[str]:
    """Refused uploads, each with its record, which `why` takes."""
    if not found:
        yield "no upload was refused"
    for each in found:
        what = each["kind"] or each["type"] or "not looked at"
        rule = each["rule"] or each["reason"]
        times = f", {each['times']} times" if each["times"] > 1 else ""
        when = day(int(each["at"]))
        yield f"{when}  {each['record']}  {each['user']}  {plain(what)}  ({rule}){times}"
    if found:
        yield "`vedette why RECORD` says how it came about"


def _beyond(found: dict[str, Any]) -> Iterable[str]:
    if found["next"]:
        yield "there are older ones: say more with --most, or narrow the list"


def view_lines(found: dict[str, Any]) -> Iterable[str]:
    """One file in words."""
    file, content, outlook = found["file"], found["content"], found["outlook"]
    yield from file_lines([file])
    yield f"  declared as {plain(file['declared']) or 'nothing'}"
    if content is None:
        yield "  nobody knows yet what is in it"
    else:
        yield f"  it is: {content['kind']} ({plain(content['type'])}), {content['size']} bytes"
        said = ("active", "macros", "polyglot", "protected", "malware", "encrypted")
        yield from (f"  {name}: {_learnt(content[name])}" for name in said)
    word = "would be" if file["state"] != "open" else "is"
    yield f"  released, it {word} decided like this: {outlook['sentence']}"


def _learnt(value: bool | None) -> str:  # the value itself
    return {True: "yes", False: "no", None: "not learnt"}[value]
