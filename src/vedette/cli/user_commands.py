"""`vedette user …`: people with an account here."""

from __future__ import annotations

from typing import Annotated

import typer

from vedette.cli.suite_commands import add_user
from vedette.cli.surroundings import Dir, Json, here, read_text, words

app = typer.Typer(help="People with an account here.", no_args_is_help=True)


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
