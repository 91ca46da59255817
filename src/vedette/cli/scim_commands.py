"""`vedette scim …`: people and groups that an identity provider pushes (SCIM 2.0)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from vedette.cli.client import Client
from vedette.cli.session_commands import ask
from vedette.cli.surroundings import Dir, Exit, Json, Reason, here
from vedette.cli.token_commands import Expires, Id

app = typer.Typer(
    help="What an identity provider pushes (SCIM): how it stands, people, groups, tokens.",
    no_args_is_help=True,
)
tokens = typer.Typer(help="Tokens by which it pushes: add, list, remove.", no_args_is_help=True)
app.add_typer(tokens, name="token")

After = Annotated[int, typer.Option("--after", min=0, help="Leave out so many first.")]
Most = Annotated[int, typer.Option("--most", min=1, max=500, help="So many at once.")]


@app.command()
def state(place: Dir = None, *, json: Json = False) -> None:
    """How what is pushed stands, and what was pushed last. Exit 1 if something is wrong."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/scim")
    at.tell(found, _state(found))
    raise typer.Exit(Exit.FOUND if found["sentences"] else Exit.DONE)


@app.command()
def confirm(reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Have what is held come into force, whatever it takes away; on record."""
    at = here(place, json=json)
    found = ask(at, "POST", "/scim/confirm", {"reason": reason})
    at.tell(found, [f"it comes into force (record {found['record']})"])


@app.command()
def users(after: After = 0, most: Most = 100, place: Dir = None, *, json: Json = False) -> None:
    """People who were pushed, in the order in which they came."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/scim/users", offset=str(after), most=str(most))
    at.tell(found, [*_users(found["users"]), *_rest("people", found, after, len(found["users"]))])


@app.command()
def groups(after: After = 0, most: Most = 100, place: Dir = None, *, json: Json = False) -> None:
    """Groups that were pushed, in the order in which they came."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/scim/groups", offset=str(after), most=str(most))
    lines = [f"{each['name']}  {_when(each['modified'], each['by'])}" for each in found["groups"]]
    at.tell(found, [*lines, *_rest("groups", found, after, len(lines))])


@tokens.command("add")
def token_add(expires: Expires, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Make a token for an identity provider. Its value is shown this once.

    To replace one, add another, give its value to the identity provider, then remove the first.
    """
    from vedette.core.people import PROVISIONER
    from vedette.core.tokens import PUSHING

    at = here(place, json=json)
    body = {
        "user": PROVISIONER,
        "acts": sorted(PUSHING),
        "over": [],
        "expires": expires,
        "reason": reason,
    }
    made = ask(at, "POST", "/tokens", body)
    at.tell(made, [*_tokens([made["token"]]), "", f"value, shown only now: {made['value']}"])


@tokens.command("list")
def token_list(place: Dir = None, *, json: Json = False) -> None:
    """Every token by which something may be pushed, oldest first, never its value."""
    from vedette.core.people import PROVISIONER

    at = here(place, json=json)
    found = [
        each for each in ask(at, "GET", "/tokens") if each["user"].startswith(f"@{PROVISIONER}:")
    ]
    at.tell(found, _tokens(found) if found else ["Nobody can push anything: there is no token."])


@tokens.command("remove")
def token_remove(id_: Id, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Make a token good for nothing, at once."""
    at = here(place, json=json)
    gone = ask(at, "DELETE", f"/tokens/{id_}", reason=reason)
    at.tell(gone, [f"The token {id_} is good for nothing any more (record {gone['record']})."])


def _tokens(found: Iterable[dict[str, Any]]) -> Iterator[str]:
    for each in found:
        over = ", which is over" if each["over_by_now"] else ""
        yield f"{each['id']}  until {each['expires']}{over}: {each['reason']}"


def _state(found: dict[str, Any]) -> Iterator[str]:
    if not found["open"]:
        yield "nothing can be pushed: the boot file has no [control.inbound]; docs/operate/scim.md"
    yield f"{found['people']} people, {found['active']} of them active, and {found['groups']} groups"
    last = found["last"]
    if last is None:
        yield "nothing was pushed yet"
    else:
        yield f"last {last['name']}, {_when(last['at'], last['by'])}"
    yield from found["sentences"]
    if found["held"]:
        yield f"    among them {', '.join(found['held']['some'])}"


def _users(found: Iterable[dict[str, Any]]) -> Iterator[str]:
    for each in found:
        off = "" if each["active"] else ", not active"
        called = f" ({each['display_name']})" if each["display_name"] else ""
        yield f"{each['name']}{called}, {each['user_name']}{off}  {_when(each['modified'], each['by'])}"


def _when(at: int, by: str) -> str:
    moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{moment}, by token {by}"


def _rest(what: str, found: dict[str, Any], after: int, shown: int) -> Iterator[str]:
    """How many there are, where not all are shown."""
    if shown < found["total"]:
        yield f"{shown} of {found['total']} {what}; go on with --after {after + shown}"
