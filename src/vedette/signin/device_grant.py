"""Signing in a device that has no browser (RFC 8628).

The device shows a short code; a person types it at `/sign-in/device` on another one and passes the
same pages as everybody. The rules are asked with `sign_in.flow = device-grant`, so that where they
want proof of the device this way is off: nobody can prove a device from another one.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from starlette.routing import Route

from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import OAuthClient, Taken
from vedette.protocol.oauth.clients import DEVICE_CODE
from vedette.protocol.oauth.forms import FormFault, parse_form
from vedette.protocol.oauth.scopes import Scope, ScopeFault, parse_scope
from vedette.protocol.oauth.user_codes import ALPHABET, LENGTH, normalise, show
from vedette.signin.attempts import Attempts
from vedette.signin.issuing import Issuing, digest
from vedette.signin.purpose import Purpose, keep_purpose, sign_in_address
from vedette.signin.redeemed import Redeemed
from vedette.signin.signed_in import SignedIn
from vedette.signin.wire import CROWDED, Asked, Reply, endpoint

LIFE = 15 * 60
"""Seconds within which the person must be through."""
INTERVAL = 5
"""Seconds that the device waits between two questions."""
PAGE = "/sign-in/device"
"""Where people type the code."""

_GRANT, _USER_CODE = "device-grant", "user-code"
_POLLS, _WINDOW = 2, 2 * INTERVAL

Redeem = Callable[[str, str, SignedIn], Redeemed]
"""Makes a redeemed grant of client id, scope and person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePolled:
    """What a device hears when it asks whether its person is through."""

    client: str
    redeemed: Redeemed | None = None
    denied: bool = False
    too_fast: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    client: str
    scope: str
    signed: SignedIn | None = None
    denied: bool = False

    def to_bytes(self) -> bytes:
        return json.dumps(
            {
                "client": self.client,
                "scope": self.scope,
                "signed": self.signed and self.signed.to_json(),
                "denied": self.denied,
            }
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> _Grant:
        fields = json.loads(data)
        signed = None if fields["signed"] is None else SignedIn.from_json(fields["signed"])
        return cls(
            client=str(fields["client"]),
            scope=str(fields["scope"]),
            signed=signed,
            denied=fields["denied"] is True,
        )


@dataclass(frozen=True, slots=True)
class DeviceGrants:
    """Device grants in the store. A device code is kept as its hash, and so is a user code."""

    issuing: Issuing

    def authorize(self, asked: Asked) -> Reply:
        """Begin a device grant (RFC 8628 section 3.1)."""
        read = self._read(asked)
        if isinstance(read, Reply):
            return read
        if not self.issuing.may_begin(asked.address):
            return Reply(status=429, json={"errcode": "M_LIMIT_EXCEEDED", "message": CROWDED})
        client, scope = read
        code = secrets.token_urlsafe(32)
        end = self.issuing.now() + LIFE
        grant = _Grant(client=client.id, scope=scope.granted)
        self.issuing.store.put_once(_GRANT, digest(code), grant.to_bytes(), end)
        user_code = show(self._user_code(digest(code), end))
        page = self.issuing.issuer.rstrip("/") + PAGE
        body = {
            "device_code": code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={user_code}",
            "expires_in": LIFE,
            "interval": INTERVAL,
        }
        return Reply(json=body)

    def enter(self, typed: str, address: str) -> str | None:
        """Where a person goes on who typed a user code; None if there is no such code now.

        Attempts are counted per address, since a code is short. Raises Unavailable.
        """
        issuing, now = self.issuing, self.issuing.now()
        values = issuing.policy.current().directory.document.sign_in
        if not Attempts(issuing.store, issuing.clock).address_may(values, address):
            return None
        letters = normalise(typed)
        key = letters and issuing.store.peek(_USER_CODE, digest(letters), now)
        found = key and issuing.store.peek(_GRANT, key.decode(), now)
        client = found and issuing.store.client(_Grant.from_bytes(found).client)
        if not letters or not key or not found or not client:
            return None
        scope = parse_scope(_Grant.from_bytes(found).scope)
        purpose = Purpose(
            kind="device",
            client_name=client.name,
            client_uri=client.uri,
            redirect_host="",
            device=scope.device,
            user_hint=None,
            action=None,
            body={"client_id": client.id, "grant": key.decode(), "user_code": digest(letters)},
        )
        return sign_in_address(keep_purpose(issuing.store, purpose, now))

    def complete(self, purpose: Purpose, signed: SignedIn) -> str:
        """Let the device have its tokens at its next question; returns the page that says so.

        Raises:
            Unavailable: the store does not answer, or the device has given up meanwhile.
        """
        if not self._answer(purpose, signed=signed, denied=False):
            raise Unavailable("the device grant has expired")
        return f"{PAGE}?done=yes"

    def refused(self, purpose: Purpose) -> str:
        """Tell the device that the person, or a rule, said no. Raises Unavailable."""
        self._answer(purpose, signed=None, denied=True)
        return f"{PAGE}?done=no"

    def polled(self, device_code: str, redeem: Redeem) -> DevicePolled | None:
        """What the device hears; None when its code is unknown, used or too old.

        A grant that was answered is taken, so that it makes one session.
        """
        key, store, now = digest(device_code), self.issuing.store, self.issuing.now()
        body = store.peek(_GRANT, key, now)
        if body is None:
            return None
        grant = _Grant.from_bytes(body)
        if grant.signed is None and not grant.denied:
            fast = store.attempt(f"device-poll:{key}", now, _WINDOW) > _POLLS
            return DevicePolled(client=grant.client, too_fast=fast)
        taken = store.take(_GRANT, key, now)
        if taken is None:
            return None
        if grant.signed is None:
            return DevicePolled(client=grant.client, denied=True)
        redeemed = redeem(grant.client, grant.scope, grant.signed)
        return DevicePolled(client=grant.client, redeemed=redeemed)

    def _read(self, asked: Asked) -> tuple[OAuthClient, Scope] | Reply:
        try:
            form = parse_form(asked.body)
            scope = parse_scope(form.get("scope", ""))
        except FormFault as fault:
            return _fault("invalid_request", str(fault).replace("`", "'"))
        except ScopeFault as fault:
            return _fault("invalid_scope", str(fault))
        client = self.issuing.store.client(form.get("client_id", ""))
        if client is None:
            return _fault("invalid_client", "this client is not registered here")
        if DEVICE_CODE not in client.grant_types:
            return _fault("unauthorized_client", "this client did not register for device codes")
        return client, scope

    def _user_code(self, grant: str, end: int) -> str:
        """A code that no other grant has now."""
        for _ in range(5):
            letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
            with suppress(Taken):
                self.issuing.store.put_once(_USER_CODE, digest(letters), grant.encode(), end)
                return letters
        raise Unavailable("no user code is free")

    def _answer(self, purpose: Purpose, *, signed: SignedIn | None, denied: bool) -> bool:
        store, now = self.issuing.store, self.issuing.now()
        key = purpose.body["grant"]
        store.take(_USER_CODE, purpose.body["user_code"], now)
        body = store.peek(_GRANT, key, now)
        if body is None:
            return False
        before = _Grant.from_bytes(body)
        if before.signed is not None or before.denied:
            return False  # somebody else typed the code, too, and was faster
        after = _Grant(client=before.client, scope=before.scope, signed=signed, denied=denied)
        return store.replace(_GRANT, key, after.to_bytes(), now + LIFE)


def _fault(error: str, description: str) -> Reply:
    return Reply(status=400, json={"error": error, "error_description": description})


def routes(devices: DeviceGrants) -> list[Route]:
    """The endpoint for devices; the page for people is among the pages."""
    return [endpoint("/oauth2/device", "POST", devices.authorize)]
