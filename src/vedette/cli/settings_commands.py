"""`vedette settings …`: the settings document and its revisions."""

from __future__ import annotations

import asyncio
import json as json_
import shlex
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import unified_diff
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from vedette.cli.client import Client, ControlDown
from vedette.cli.completion import setting_paths
from vedette.cli.room_commands import concerned
from vedette.cli.surroundings import (
    Base,
    CliFault,
    Dir,
    Exit,
    Json,
    Reason,
    Surroundings,
    Yes,
    fault,
    fault_data,
    fault_line,
    here,
    moment,
    read_text,
    tell,
)
from vedette.core.settings.marks import marked, unmarked

app = typer.Typer(help="The settings document: read it, change it, go back.", no_args_is_help=True)

Draft = Annotated[str, typer.Argument(metavar="FILE", help="A settings document; `-` reads it.")]


class Form(StrEnum):
    """Forms in which a document is exported."""

    TOML = "toml"
    JSON = "json"
    SENTENCES = "sentences"
    CEDAR = "cedar"
    SCHEMA = "schema"


@app.command()
def show(place: Dir = None, *, json: Json = False) -> None:
    """Print the settings in force, comments included."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/settings")
    head = [f"# revision {found['revision']}", *(f"# {line}" for line in trial_lines(found))]
    at.tell(found, [*head, found["text"].rstrip("\n")])


@app.command()
def get(
    path: Annotated[
        str,
        typer.Argument(help="A setting, such as `media.max_upload`.", autocompletion=setting_paths),
    ],
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Print one setting, or its default where it is not written."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/settings/value", path=path)
    at.tell(found, [_plain(found["value"])])


@app.command()
def synapse(
    words: Annotated[
        list[str] | None, typer.Argument(help="Only options of which all of these words are said.")
    ] = None,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Synapse's own options that matter for security: what is in force, and what decides it."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/settings/synapse", q=" ".join(words or ()))
    at.tell(found, option_lines(found))


def option_lines(found: list[dict[str, Any]]) -> Iterable[str]:
    """Synapse's options, each with its value and what decides it, for people."""
    if not found:
        yield "no option of Synapse says this; try fewer or other words"
    for each in found:
        decides = [*each["by"], *(["the rules"] if each["rules"] else [])]
        decided = ", ".join(decides) or ("boot.toml" if each["way"] == "host" else each["way"])
        yield f"{each['key']} = {each['value'] or '(on this host)'}  [{decided}]"
        yield f"    {each['meaning']} Otherwise: {each['risk']}"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json_.dumps(value, ensure_ascii=False)


@app.command("set")
def set_(
    path: Annotated[
        str,
        typer.Argument(help="A setting, such as `media.max_upload`.", autocompletion=setting_paths),
    ],
    value: Annotated[str, typer.Argument(help="Its value in TOML; a bare text will do.")],
    reason: Reason,
    base: Base = None,
    place: Dir = None,
    *,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Set one setting and apply it."""
    at = here(place, json=json)
    body = {"path": path, "value": value, "reason": reason, "base": base}
    tell_applied(at, Client(at.boot(), confirmed=yes).ask("PATCH", "/settings", body))


@app.command()
def unset(
    path: Annotated[
        str,
        typer.Argument(
            help="A setting, party, partner or kind of room.", autocompletion=setting_paths
        ),
    ],
    reason: Reason,
    base: Base = None,
    place: Dir = None,
    *,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Take one setting out, so that it has its default, and apply that."""
    at = here(place, json=json)
    body = {"path": path, "value": None, "reason": reason, "base": base}
    tell_applied(at, Client(at.boot(), confirmed=yes).ask("PATCH", "/settings", body))


@app.command()
def change(
    reason: Reason,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Repeatable.")
    ] = None,
    unset_: Annotated[
        list[str] | None, typer.Option("--unset", metavar="PATH", help="Repeatable.")
    ] = None,
    base: Base = None,
    place: Dir = None,
    *,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Make several changes at once, as one revision: every --set, then every --unset.

    PATH is a setting, rule, party, partner or kind of room, VALUE is TOML:
    vedette settings change --set 'media.max_upload="10 MiB"' --unset rules.files --reason "disk"
    """
    at = here(place, json=json)
    changes: list[dict[str, str | None]] = [_assignment(each) for each in set_ or ()]
    changes += [{"path": path, "value": None} for path in unset_ or ()]
    if not changes:
        raise fault("nothing is to be changed", "name a `--set` or an `--unset`", Exit.USAGE)
    body = {"changes": changes, "reason": reason, "base": base}
    tell_applied(at, Client(at.boot(), confirmed=yes).ask("POST", "/settings/change", body))


def _assignment(text: str) -> dict[str, str | None]:
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        hint = "write a path, `=` and a value: --set 'media.max_upload=\"10 MiB\"'"
        raise fault(f"`{text}` sets nothing", hint, Exit.USAGE)
    return {"path": path.strip(), "value": value.strip()}


@app.command()
def check(draft: Draft, *, json: Json = False) -> None:
    """Name every fault of a document with its line. Needs no organisation and no running control.

    For pipelines: exit 0 without faults (there may be warnings), 1 with faults, 2 if the file can't
    be read. With --json: `valid`, and each fault's `line`, `path`, `message`, `hint`, `severity`.
    """
    from vedette.adapters.system_clock import SystemClock
    from vedette.admin.rejected import Rejected
    from vedette.admin.settings import checked

    try:
        _, found = checked(read_text(draft), SystemClock().today())
        fine = True
    except Rejected as rejected:
        found, fine = rejected.faults, False
    faults = [fault_data(each) for each in found]
    lines = [fault_line(each) for each in faults]
    count = sum(each.severity == "error" for each in found)
    lines.append("no faults" if fine else f"{count} fault{'s' if count != 1 else ''}")
    tell({"valid": fine, "faults": faults}, lines, json=json)
    raise typer.Exit(Exit.DONE if fine else Exit.FOUND)


@app.command()
def diff(
    draft: Annotated[str, typer.Argument(metavar="[FILE]", help="A draft; `-` reads it.")] = "",
    since: Annotated[int | None, typer.Option("--from", help="An earlier revision.")] = None,
    to: Annotated[int | None, typer.Option("--to", help="A later revision.")] = None,
    place: Dir = None,
    *,
    patch: Annotated[
        bool, typer.Option("--patch", help="As a patch of the text, comments included.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what a draft would change, or what changed between two revisions, in words or as a patch."""
    at = here(place, json=json)
    client = Client(at.boot())
    if bool(draft) == (since is not None):
        raise fault("name a draft, or revisions with `--from N --to M`", code=Exit.USAGE)
    text = unmarked(read_text(draft))[1] if draft else ""
    if patch:
        lines = list(_patch(client, draft, text, since, to))
        at.tell({"patch": "\n".join(lines)}, lines)
        return
    if draft:
        found = client.ask("POST", "/settings/diff", {"text": text})
    else:
        newest = to or client.get("/settings")["revision"]
        found = client.get(f"/settings/revisions/{newest}/diff", since=since)
    at.tell(found, difference_lines(found))


def _patch(
    client: Client, draft: str, text: str, since: int | None, to: int | None
) -> Iterable[str]:
    """The difference between two texts, line by line, as `diff -u` writes it."""
    newest = client.get("/settings")["revision"]
    first, second = since or newest, to or newest
    before = client.get(f"/settings/revisions/{first}")["text"]
    after = text if draft else client.get(f"/settings/revisions/{second}")["text"]
    names = f"revision {first}", draft or f"revision {second}"
    return unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="")


def difference_lines(found: dict[str, Any]) -> Iterable[str]:
    """A difference in words, each change with the command that makes it."""
    if not found["changes"]:
        yield "nothing that decides changes"
    for change in found["changes"]:
        yield change["words"]
        # A change is made with a reason, which only its author knows.
        yield f'    {change["command"]} --reason "…"'
    if len(found["changes"]) > 1:
        yield "All of it at once, as one revision:"
        yield f'    {found["command"]} --reason "…"'
    if found["widens"]:
        yield f"it may allow more towards: {', '.join(found['widens'])}"
    for path in found["restart"]:
        yield f"`{path}` takes effect when Synapse starts again: `vedette up` does that within seconds"
    for each in found["warnings"]:
        yield fault_line(each)


@app.command("apply")
def apply_(
    draft: Draft,
    reason: Reason = "",
    base: Base = None,
    at_: Annotated[
        str, typer.Option("--at", metavar="TIME", help="Not before then: 2027-06-30T22:00, UTC.")
    ] = "",
    place: Dir = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")
    ] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Make a draft the settings in force and print each door's answer.

    The draft must say on which revision it stands: `settings export` writes that into its first
    line, `--base` says it otherwise. If another revision was applied since, nothing is changed.

    With --dry-run nothing is done: exit 0 if it would be applied or changes nothing, 3 if it would
    be refused, 5 if it would wait. Without a revision it is then compared with the newest one.
    """
    at = here(place, json=json)
    said, text = unmarked(read_text(draft))
    stands_on = base if base is not None else said
    if dry_run:
        _foresee(at, draft, text, stands_on)
        return
    if not reason.strip():
        hint = 'say why, with `--reason "contract 4711"`'
        raise fault("a change needs a reason", hint, Exit.USAGE)
    if stands_on is None:
        raise fault(
            "on which revision does this draft stand?",
            "say it with `--base N` (`vedette settings history` lists them), or begin with "
            "`vedette settings export`",
            Exit.USAGE,
        )
    starts = moment(at_)
    body = {
        "text": text,
        "base": stands_on,
        "reason": reason,
        "starts": None if starts is None else int(starts),
    }
    tell_applied(at, Client(at.boot(), confirmed=yes).ask("PUT", "/settings", body))


_BECOMES = {
    "applied": ("it would be applied", Exit.DONE),
    "waits": ("it would wait for a second person", Exit.WAITS),
    "refused": ("it would be refused", Exit.REJECTED),
}


def _foresee(at: Surroundings, draft: str, text: str, base: int | None) -> None:
    """Say what applying a text would do, and exit by that. Raises typer.Exit and CliFault."""
    try:
        found = Client(at.boot()).ask("POST", "/settings/foresee", {"text": text, "base": base})
    except CliFault as rejected:
        if rejected.error["code"] != "nothing-changes":
            raise
        at.tell({"becomes": "nothing"}, ["it changes nothing: this is in force already"])
        return
    said, code = _BECOMES[found["becomes"]]
    lines = [*difference_lines(found["difference"]), *effect_lines(found), said, *found["why"]]
    if found["trial"]:
        lines.append(
            "it would go back by itself unless it is confirmed: `vedette settings confirm`"
        )
    if draft != "-":
        lines.append(f"whom it would affect: vedette replay {shlex.quote(draft)}")
    at.tell(found, lines)
    raise typer.Exit(code)


def tell_applied(at: Surroundings, found: dict[str, Any]) -> None:
    """Print a new revision, what it changed, and what the doors answered; or the change that waits.

    Raises:
        typer.Exit: the change waits.
    """
    if "state" in found:
        at.tell(found, kept_lines(found))
        raise typer.Exit(Exit.WAITS)
    lines = [f"revision {found['revision']} is applied (record {found['record']})"]
    lines += difference_lines(found["difference"])
    lines += [door["words"] for door in found["doors"]]
    lines += [
        f"change {each} stood on the revision before, and is void" for each in found["voided"]
    ]
    lines += trial_lines(found)
    lines += effect_lines(found, found["revision"])
    rooms, words = concerned(at, found["revision"])
    at.tell(found | {"rooms": rooms}, [*lines, *words])


def effect_lines(found: dict[str, Any], revision: int | None = None) -> Iterable[str]:
    """What a change does at once, and how to undo it where it has a `revision` already."""
    effect = found["effect"]
    if effect is None:
        yield "what it does to sessions was not known within two seconds"
        return
    yield from effect["words"]
    if effect["words"] and revision is not None:
        yield f"to undo it: vedette settings restore {effect['back']}"


def trial_lines(found: dict[str, Any]) -> Iterable[str]:
    """When a revision returns by itself, and how it stays."""
    if found["trial"] is not None:
        back, until = found["trial"]["back_to"], _when(found["trial"]["until"])
        what = "it" if back == found["revision"] - 1 else "it, or one before it,"
        yield f"{what} might shut somebody out: revision {back} returns at {until}, unless you"
        yield f"    vedette settings confirm {found['revision']}"


def kept_lines(found: dict[str, Any]) -> Iterable[str]:
    """A change that waits: what it would change, for what it waits, and what to do."""
    yield f"change {found['id']} is kept, and nothing is changed yet ({_stands(found)})"
    yield from (f"    {words}" for words in found["words"])
    yield from found["why"]
    for each in found["approvals"]:
        yield f"approved by {each['person']}: {each['reason']}"
    if found["state"] == "waiting":
        could = ", ".join(found["could"]) or "nobody at present"
        yield f"who could approve it: {could}"
        yield f'    vedette settings approve {found["id"]} --reason "…"'
    if found["ended"] is not None:
        yield f"{found['state']} on {_when(found['ended'])}: {found['said']}"


def _stands(found: dict[str, Any]) -> str:
    starts = f", to start on {_when(found['starts'])}" if found["starts"] is not None else ""
    if found["state"] == "waiting":
        return f"waits for a second person until {_when(found['expires'])}{starts}"
    return f"{found['state']}{starts}"


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


@app.command()
def history(place: Dir = None, *, json: Json = False) -> None:
    """List every revision: who, when, why, and what it changed."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/settings/revisions")
    at.tell(found, _history(found))


def _history(found: list[dict[str, Any]]) -> Iterable[str]:
    for each in found:
        yield f"{each['number']:>4}  {_when(each['at'])}  {each['author']}: {each['reason']}"
        if each["approvers"]:
            yield f"        approved by {', '.join(each['approvers'])}"
        yield from (f"        {words}" for words in each["words"])


@app.command()
def restore(
    number: Annotated[int, typer.Argument(help="The revision to go back to.")],
    reason: Reason = "",
    place: Dir = None,
    *,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Make an earlier revision the new one. Works with control down, on control's own host."""
    at = here(place, json=json)
    boot = at.boot()
    why = reason or f"restore revision {number}"
    try:
        found = Client(boot, confirmed=yes).ask(
            "POST", "/settings/restore", {"revision": number, "reason": why}
        )
    except ControlDown:
        found = _restore_without_control(at, number, why)
    tell_applied(at, found)


def _restore_without_control(at: Surroundings, number: int, reason: str) -> dict[str, Any]:
    from vedette.admin.rejected import Rejected
    from vedette.admin.settings import Applied
    from vedette.api.render import applied, error
    from vedette.control.main import ControlFault, restore_here
    from vedette.ports.errors import Unavailable

    try:
        outcome = asyncio.run(restore_here(at.boot(), number, reason))
    except Rejected as rejected:
        raise CliFault(error(rejected).model_dump()["error"], Exit.REJECTED) from rejected
    except (ControlFault, Unavailable) as found:
        raise fault(str(found), code=Exit.UNAVAILABLE) from found
    if isinstance(outcome, Applied):
        return applied(outcome).model_dump()
    raise fault(
        f"change {outcome.change.id} waits for a second person: {' '.join(outcome.change.why)}",
        f"start control; another officer approves it with `vedette settings approve "
        f"{outcome.change.id}`",
        Exit.WAITS,
    )


@app.command()
def export(
    number: Annotated[
        int | None, typer.Argument(help="A revision; the newest if left out.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file.")] = None,
    form: Annotated[Form, typer.Option("--as", help="The form.")] = Form.TOML,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Write the document: TOML to edit and apply, JSON, sentences, Cedar policies, or its JSON Schema."""
    at = here(place, json=json)
    client = Client(at.boot())
    wanted = number or client.get("/settings")["revision"]
    kept = client.get(f"/settings/revisions/{wanted}")
    text = _as(form, kept)
    if output is not None:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as found:
            raise fault(f"`{output}` can't be written: {found}", code=Exit.USAGE) from found
        at.tell({"revision": wanted, "file": str(output)}, [f"revision {wanted} is in {output}"])
    else:
        at.tell({"revision": wanted, "text": text}, [text.rstrip("\n")])


def _as(form: Form, kept: dict[str, Any]) -> str:
    from vedette.admin.rules import list_rules
    from vedette.core.cedar import export as as_cedar
    from vedette.core.settings.canonical import canonical
    from vedette.core.settings.parse import check_document
    from vedette.core.settings.schema import schema_text

    if form is Form.TOML:
        return marked(kept["text"], kept["number"])
    if form is Form.SCHEMA:
        return schema_text()
    document, _ = check_document(kept["text"])
    if document is None:
        raise fault(f"revision {kept['number']} can't be read by this version")
    if form is Form.CEDAR:
        return as_cedar(document).policies
    if form is Form.JSON:
        return canonical(document).decode() + "\n"
    return "".join(f"{view.id}: {view.sentence}\n" for view in list_rules(document))
