"""Accounts, made on the organisation's own machine by whoever may read its secrets.

They are made in the sign-in service's store, whether or not it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass, field

from vedette.adapters.boot_file import Boot, BootFault
from vedette.adapters.passwords import Argon2Passwords
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.adapters.system_clock import SystemClock
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import Factor, Taken
from vedette.protocol.totp import NEVER


class AccountFault(RuntimeError):
    """An account can't be made; the message says why."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is made from."""

    localpart: str
    password: str = field(repr=False)
    display_name: str = ""
    must_change: bool = False
    """Whether the password is good for one sign-in only, at which it must be changed."""
    totp: tuple[bytes, ...] = field(default=(), repr=False)
    """The secrets of the authenticator apps that the person has from the start."""


async def register(boot: Boot, account: NewAccount) -> bool:
    """Make an account; False if there was one already, which then keeps its password.

    Raises:
        AccountFault: the sign-in store can't be opened or written, or refused the name.
    """
    return await asyncio.to_thread(_keep, boot, account)


def _keep(boot: Boot, account: NewAccount) -> bool:
    """Make the account in the sign-in store."""
    now = int(SystemClock().now())
    try:
        with contextlib.closing(
            open_sign_in_store(boot.sign_in_database(), boot.store_key())
        ) as at:
            name = account.display_name or account.localpart
            hashed = Argon2Passwords().hash(account.password)
            at.make_account(account.localpart, name, hashed, now, must_change=account.must_change)
            for secret in account.totp:
                at.add_factor(_totp_factor(account.localpart, secret, now))
    except Taken:
        return False
    except (BootFault, OSError, Unavailable, ValueError) as fault:
        raise AccountFault(f"`{account.localpart}` can't be given an account: {fault}") from fault
    return True


def _totp_factor(localpart: str, secret: bytes, now: int) -> Factor:
    return Factor(
        id=secrets.token_urlsafe(18),
        localpart=localpart,
        kind="totp",
        label="authenticator app",
        secret=secret,
        counter=NEVER,
        created=now,
    )
