"""Accounts inside Synapse, made over its Unix socket with the registration secret.

First form: sign-in is Synapse's own password login, and this is where its accounts come from.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import aiohttp

from vedette.adapters.boot_file import Boot
from vedette.admin.homeserver import secret_file

_PATH = "http://inside/_synapse/admin/v1/register"
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class AccountFault(RuntimeError):
    """An account can't be made; the message says why."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is made from."""

    localpart: str
    password: str
    display_name: str = ""


async def register(boot: Boot, account: NewAccount) -> bool:
    """Make an account; False if there was one already, which then keeps its password.

    Raises:
        AccountFault: Synapse can't be reached, or refused.
    """
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
