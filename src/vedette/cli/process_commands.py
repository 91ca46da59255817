"""`vedette gateway`, `control`, `signin`, `inspector`: the single processes, for a service manager."""

from __future__ import annotations

import typer

from vedette.cli.surroundings import Dir, Exit, fault, here


def gateway(place: Dir = None) -> None:
    """Run the gateway: the client door and the federation doors. SIGTERM ends it."""
    from vedette.gateway.main import main

    main(here(place, json=False).folder)


def control(place: Dir = None) -> None:
    """Run control: settings, the admin API, streams and audit anchors. SIGTERM ends it."""
    from vedette.control.main import ControlFault, main

    try:
        main(here(place, json=False).folder)
    except ControlFault as found:
        raise fault(str(found), code=Exit.UNAVAILABLE) from found


def signin(place: Dir = None) -> None:
    """Run the sign-in service: its pages, OAuth and the older log-in. SIGTERM ends it."""
    from vedette.signin.main import SigninFault, main

    try:
        main(here(place, json=False).folder)
    except SigninFault as found:
        raise fault(str(found), code=Exit.UNAVAILABLE) from found


def inspector(place: Dir = None) -> None:
    """Run the inspector: it says what files are, and keeps the file register. SIGTERM ends it."""
    from vedette.inspection.main import InspectorFault, main

    try:
        main(here(place, json=False).folder)
    except InspectorFault as found:
        raise fault(str(found), code=Exit.UNAVAILABLE) from found


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("gateway")(gateway)
    app.command("control")(control)
    app.command("signin")(signin)
    app.command("inspector")(inspector)
