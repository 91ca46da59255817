"""The console's wiring, which control's own composes."""

from __future__ import annotations

from typing import Any

from vedette.adapters.boot_file import Boot, ConsoleBoot
from vedette.adapters.log_incidents import LogIncidents
from vedette.adapters.signin_inner import SigninInner
from vedette.console.app import Console, make_app, only_here
from vedette.console.desks import Desks
from vedette.console.entrance import Entrance
from vedette.ports.sign_in import SignInStore


def console_app(boot: Boot, own: ConsoleBoot, desks: Desks, store: SignInStore, issuer: str) -> Any:
    """The console as an ASGI application."""
    entrance = Entrance(
        store=store,
        policy=desks.settings.policy,
        clock=desks.settings.clock,
        tokens=SigninInner(boot.path(boot.signin.socket)),
        issuer=issuer,
        url=own.url,
    )
    console = Console(desks=desks, entrance=entrance, incidents=LogIncidents())
    return only_here(make_app(console), own.url)
