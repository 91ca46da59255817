"""`vedette settings pending|approve|…`: changes that wait for a second person or their hour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from vedette.cli import draft_commands
from vedette.cli.client import Client
from vedette.cli.settings_commands import kept_lines, tell_applied
from vedette.cli.surroundings import Dir, Json, Reason, here

Id = Annotated[str, typer.Argument(metavar="ID", help="The change's id.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `vedette settings`."""
    for command in (pending, approve, reject, withdraw, confirm):
        app.command()(command)
    app.add_typer(draft_commands.app, name="draft")


def pending(
    id_: Annotated[str, typer.Argument(metavar="[ID]", help="One change, with its text.")] = "",
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """List the changes that wait, and those that ended last; or show one."""
    at = here(place, json=json)
    if id_:
        found = Client(at.boot()).get(f"/settings/pending/{id_}")
        at.tell(found, kept_lines(found))
        return
    listed = Client(at.boot()).get("/settings/pending")
    at.tell(listed, list(_listed(listed)) or ["no change waits"])


def _listed(found: list[dict[str, Any]]) -> Iterator[str]:
    for each in found:
        yield f"{each['id']}  {each['state']:<9}  {each['author']}: {each['reason']}"
        yield from (f"            {words}" for words in each["words"])
        ended = [f"            {each['said']}"] if each["said"] else []
        yield from ended


def approve(
    id_: Id,
    reason: Reason,
    content: Annotated[
        str, typer.Option(help="The hash of what you have seen; another content is refused.")
    ] = "",
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Be the second person for a change of somebody else; it is applied if that is enough."""
    at = here(place, json=json)
    body = {"reason": reason, "content": content}
    tell_applied(at, Client(at.boot()).ask("POST", f"/settings/pending/{id_}/approve", body))


def reject(id_: Id, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Turn a waiting change away, for good."""
    _end(place, id_, "reject", reason, json=json)


def withdraw(id_: Id, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Take back a waiting change of your own."""
    _end(place, id_, "withdraw", reason, json=json)


def confirm(
    revision: Annotated[int, typer.Argument(help="The revision in force.")],
    reason: Reason = "it shut nobody out",
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Let a revision stay that would return by itself, once you have seen that everybody gets in."""
    at = here(place, json=json)
    body = {"revision": revision, "reason": reason}
    found = Client(at.boot()).ask("POST", "/settings/confirm", body)
    at.tell(found, [f"revision {revision} stays (record {found['record']})"])


def _end(place: Dir, id_: str, how: str, reason: str, *, json: bool) -> None:
    at = here(place, json=json)
    found = Client(at.boot()).ask("POST", f"/settings/pending/{id_}/{how}", {"reason": reason})
    at.tell(found, [f"change {id_} is {found['state']}"])
