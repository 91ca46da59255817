"""Accounts, made on the organisation's own machine by whoever may read its secrets.

With a sign-in service they are made in its store, whether or not it runs. Without one they are
Synapse's own, made over its Unix socket with the registration secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

import aiohttp

from vedette.adapters.boot_file import Boot, BootFault
from vedette.adapters.passwords import Argon2Passwords
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.adapters.system_clock import SystemClock
from vedette.admin.homeserver import secret_file
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import Factor, Taken
from vedette.protocol.totp import NEVER

_PATH = "http://inside/_synapse/admin/v1/register"
_TIMEOUT = aiohttp.ClientTimeout(total=30)


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
        AccountFault: the sign-in store, or where there is none Synapse, can't be reached or refused.
    """
    if boot.signin is not None:
        return await asyncio.to_thread(_keep, boot, account)
    return await _register_in_synapse(boot, account)


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


async def _register_in_synapse(boot: Boot, account: NewAccount) -> bool:
    secret = secret_file(boot, "registration").read_bytes().strip()
    connector = aiohttp.UnixConnector(path=str(boot.path(boot.synapse.socket)))
    try:
        async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session:
            async with session.get(_PATH) as answer:
                nonce = str((await answer.json())["nonce"])
            body = _signed(secret, nonce, account)
            async with session.post(_PATH, json=body) as answer:
                return _made(answer.status, await answer.json(), account)
    except (aiohttp.ClientError, OSError, TimeoutError, KeyError, ValueError) as fault:
        raise AccountFault(
            f"Synapse did not answer ({fault}); is the organisation up? `vedette up {boot.folder}`"
        ) from fault


def _signed(secret: bytes, nonce: str, account: NewAccount) -> dict[str, object]:
    """The request that proves knowledge of the secret (Synapse, "Shared-Secret Registration")."""
    parts = (nonce, account.localpart, account.password, "notadmin")
    proof = hmac.new(secret, b"\x00".join(part.encode() for part in parts), hashlib.sha1)
    body: dict[str, object] = {
        "nonce": nonce,
        "username": account.localpart,
        "password": account.password,
        "admin": False,
        "mac": proof.hexdigest(),
    }
    return body | ({"displayname": account.display_name} if account.display_name else {})


def _made(status: int, body: dict[str, object], account: NewAccount) -> bool:
    if status == 200:
        return True
    if body.get("errcode") == "M_USER_IN_USE":
        return False
    raise AccountFault(f"Synapse refused the account `{account.localpart}`: {body.get('error')}")
