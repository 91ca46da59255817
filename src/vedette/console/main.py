"""The console's wiring, which control's own composes."""

from __future__ import annotations

import ssl
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


def tls_of(boot: Boot, own: ConsoleBoot) -> ssl.SSLContext:
    """The console's side of TLS: 1.2 with forward secrecy, or 1.3. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(boot.path(own.certificate), boot.path(own.key))
    return context
