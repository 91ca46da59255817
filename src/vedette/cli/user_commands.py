"""`vedette user …`: people with an account here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote

import typer

from vedette.cli.session_commands import Why, ask, day, pages
from vedette.cli.suite_commands import add_user
from vedette.cli.surroundings import Dir, Json, Reason, Surroundings, here, read_text, words

app = typer.Typer(help="People with an account here.", no_args_is_help=True)
factors_app = typer.Typer(
    help="What a person can prove themselves with: show, reset.", no_args_is_help=True
)
app.add_typer(factors_app, name="factors")

Name = Annotated[
    str, typer.Argument(metavar="USER", help="A user id, or the part before its colon.")
]


_HAND_ON = "hand it over in person or printed; that you have seen it is recorded"


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The part of the user id before the colon.")],
    groups: Annotated[str, typer.Option(help="Groups, with commas.")] = "",
    password_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="The password; `-` reads it.")
    ] = None,
    place: Dir = None,
    *,
    guest: Annotated[bool, typer.Option("--guest", help="A guest, not one of us.")] = False,
    json: Json = False,
) -> None:
    """Add a person to people.csv and make the account. A password is chosen unless one is given."""
    at = here(place, json=json)
    password = read_text(password_file).strip() if password_file else None
    chosen = add_user(at.folder, name, words(groups), password, guest=guest)
    lines = [f"{name} has an account"]
    if chosen:
        lines.append(f"password, shown only now: {chosen}")
    at.tell({"user": name, "password": chosen}, lines)


@app.command()
def create(
    user: Name,
    name: Annotated[str, typer.Option(help="What they are called, to begin with.")] = "",
    reason: Why = "",
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Make an account for somebody, with a start password that they must change at the first sign-in.

    What groups they are in stays with people.csv, or the company's directory.
    """
    at = here(place, json=json)
    body = {"user": user, "display_name": name, "reason": reason}
    done = ask(at, "POST", "/people/accounts", body)
    lines = [f"start password of {done['user']}, shown only now: {done['secret']}"]
    at.tell(done, [*lines, _HAND_ON, f"record: {done['record']}"])


@app.command("list")
def list_(place: Dir = None, *, json: Json = False) -> None:
    """Every account of the sign-in service."""
    at = here(place, json=json)
    found = pages(at, "/people/accounts", "accounts")
    at.tell(found, _account_lines(found))


@app.command()
def password(name: Name, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Give a person a start password, which must be changed at the next sign-in.

    Their sessions go on; `vedette session list --user USER` shows what to end.
    """
    at = here(place, json=json)
    done = ask(at, "POST", f"{_person(name)}/password/reset", {"reason": reason})
    lines = [f"start password of {done['user']}, shown only now: {done['secret']}"]
    at.tell(done, [*lines, _HAND_ON, f"record: {done['record']}"])


@app.command()
def unlock(name: Name, reason: Why = "", place: Dir = None, *, json: Json = False) -> None:
    """Forget failed sign-ins, so that the person can try again at once."""
    at = here(place, json=json)
    done = ask(at, "POST", f"{_person(name)}/unlock", {"reason": reason})
    at.tell(done, [f"{name} can try again", f"record: {done['record']}"])


@app.command("end-sessions")
def end_sessions(name: Name, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """End every session of a person for good: their devices and keys are deleted."""
    _move_all(here(place, json=json), name, "end", reason)


@app.command("suspend-sessions")
def suspend_sessions(name: Name, reason: Reason, place: Dir = None, *, json: Json = False) -> None:
    """Refuse everything to every session of a person; their keys are kept."""
    _move_all(here(place, json=json), name, "suspend", reason)


def _move_all(at: Surroundings, name: str, what: str, reason: str) -> None:
    done = ask(at, "POST", f"{_person(name)}/sessions/{what}", {"reason": reason})
    word = "ended" if what == "end" else "suspended"
    lines = [f"{done['moved']} sessions of {done['user']} are {word}"]
    lines += [f"  {door['words']}" for door in done["doors"]]
    at.tell(done, [*lines, f"record: {done['record']}"])


@factors_app.command("show")
def show_factors(name: Name, place: Dir = None, *, json: Json = False) -> None:
    """What a person can prove themselves with; never the secrets."""
    at = here(place, json=json)
    found = ask(at, "GET", f"{_person(name)}/factors")
    at.tell(found, _factor_lines(found))


@factors_app.command()
def reset(
    name: Name,
    reason: Reason,
    kinds: Annotated[
        str, typer.Option(help="totp, webauthn, recovery, with commas; all if it is left out.")
    ] = "",
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Take second factors away and print a start code.

    With the password and that code the person signs in once and sets up a new second factor.
    """
    at = here(place, json=json)
    body = {"kinds": words(kinds), "reason": reason}
    _tell_reset(at, ask(at, "POST", f"{_person(name)}/factors/reset", body))


def _tell_reset(at: Surroundings, done: dict[str, Any]) -> None:
    lines = [
        f"{done['removed']} factors of {done['user']} are taken away",
        f"start code, shown only now, good for one sign-in with the password: {done['secret']}",
        _HAND_ON,
        f"record: {done['record']}",
    ]
    at.tell(done, lines)


def _person(name: str) -> str:
    return f"/people/{quote(name, safe='')}"


def _account_lines(found: list[dict[str, Any]]) -> Iterable[str]:
    if not found:
        yield "nobody has an account yet; make one with `vedette user add NAME`"
    for each in found:
        marks = [
            words_
            for words_, holds in (
                ("must change the password", each["must_change"]),
                ("no password of ours", not each["has_password"]),
                ("not known to Synapse yet", not each["provisioned"]),
            )
            if holds
        ]
        tail = f"  ({', '.join(marks)})" if marks else ""
        yield f"{each['user']}  {each['display_name']}  since {day(each['created'])}{tail}"


def _factor_lines(found: dict[str, Any]) -> Iterable[str]:
    yield from _account_lines([found["account"]])
    for each in found["factors"]:
        used = day(each["last_used"]) if each["last_used"] else "never"
        yield f"  {each['kind']}  {each['label']}  since {day(each['created'])}, last used {used}"
        if each["model"]:
            word = "vouched for by its maker" if each["attested"] else "as it says itself"
            yield f"    model {each['model']}, {word} (attestation: {each['attestation']})"
    if not found["factors"]:
        yield "  no second factor yet"
    yield f"  {found['recovery_codes']} recovery codes are left"
