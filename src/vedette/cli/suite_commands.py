"""`vedette init`, `up`, `demo` and `user add`: an organisation on one machine.

What they need is imported when they run, so that `vedette --help` stays quick and the other
commands work where the suite's extras are not installed.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from vedette.cli.surroundings import BEFORE, Exit, Json, tell
from vedette.cli.surroundings import fault as said

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The organisation's folder.")]
Address = Annotated[str | None, typer.Option(help="host:port; a free port if it is left out.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("init")(init)
    app.command("up")(up)
    app.command("demo")(demo)


def init(
    folder: Folder,
    domain: Annotated[str, typer.Option(help="The Matrix domain; stands in every user id.")],
    name: Annotated[str, typer.Option(help="The organisation's name, for people to read.")] = "",
    client: Address = None,
    federation: Address = None,
    control: Address = None,
    *,
    json: Json = False,
) -> None:
    """Make a new organisation: boot file, keys, a certificate to start with, default document."""
    from vedette.suite.certificates import today
    from vedette.suite.organisation import InitFault, NewOrganisation
    from vedette.suite.organisation import init as make

    try:
        made = make(
            NewOrganisation(
                folder=folder,
                domain=domain,
                name=name,
                client=client,
                federation=federation,
                control=control,
            ),
            today(),
        )
    except (InitFault, OSError, ValueError) as fault:
        raise said(str(fault)) from fault
    document, run = made.folder / "settings.toml", f"vedette up {made.folder}"
    lines = [
        f"{domain} lies in {made.folder}; its settings document is {document}",
        f"run it: {run}",
        f"the console will be at {made.console_url}",
        *(f"then:   {text}" for text in made.to_do),
    ]
    data = {
        "domain": domain,
        "dir": str(made.folder),
        "settings": str(document),
        "run": run,
        "console_url": made.console_url,
        "to_do": list(made.to_do),
    }
    tell(data, lines, json=json or BEFORE.get().json)


def up(folder: Folder, *, json: Json = False) -> None:
    """Run everything on this machine: one line per URL, then a line `ready`. Ctrl-C ends it.

    With --json, one JSON object on one line once everything is ready, and the rest on standard error.
    """
    from vedette.adapters.boot_file import BootFault
    from vedette.suite.supervisor import StartFault
    from vedette.suite.up import UpFault, run

    try:
        asyncio.run(run(folder.resolve(), as_json=json or BEFORE.get().json))
    except (BootFault, UpFault, StartFault, OSError) as fault:
        raise said(str(fault), code=Exit.UNAVAILABLE) from fault


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where both organisations lie.")],
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, secrets included, on stdout.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="End after the scene.")] = False,
) -> None:
    """Two organisations on this machine; plays a scene, says what each side saw, and goes on.

    Passwords are in DIR/demo.json (mode 0600), and on standard output only with --json. Ctrl-C ends
    it; the next run goes on with the same people and rooms.
    """
    from vedette.adapters.boot_file import BootFault
    from vedette.suite.accounts import AccountFault
    from vedette.suite.demo import run
    from vedette.suite.organisation import InitFault
    from vedette.suite.scene import SceneFault
    from vedette.suite.supervisor import StartFault
    from vedette.suite.up import UpFault

    try:
        asyncio.run(run(folder.resolve(), as_json=json, once=once))
    except (AccountFault, BootFault, InitFault, OSError, SceneFault, StartFault, UpFault) as fault:
        raise said(str(fault), code=Exit.UNAVAILABLE) from fault


def add_user(
    folder: Path, name: str, groups: list[str], password: str | None, *, guest: bool
) -> str | None:
    """Add a person to people.csv and make the account; returns a password that was chosen here.

    Raises:
        CliFault: it can't be done; the message says why.
    """
    from vedette.adapters.boot_file import BootFault
    from vedette.suite.accounts import AccountFault
    from vedette.suite.people import NewPerson, PeopleFault, add_person

    person = NewPerson(name=name, groups=tuple(groups), guest=guest, password=password)
    try:
        return asyncio.run(add_person(folder.resolve(), person))
    except PeopleFault as fault:
        raise said(str(fault)) from fault
    except (AccountFault, BootFault, OSError) as fault:
        raise said(str(fault), code=Exit.UNAVAILABLE) from fault
