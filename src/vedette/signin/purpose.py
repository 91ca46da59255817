"""Why a browser is at the pages, and where it goes when its person is through.

Whoever sends a browser to `/sign-in?for=<id>` keeps a `Purpose` in the store first. The id is a
secret of 256 random bits; only its hash is kept, so the store's reader can't continue anybody's
sign-in.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Literal, get_args

from vedette.core import sessions
from vedette.ports.sign_in import SignInStore
from vedette.protocol.oauth.console import CONSOLE as CONSOLE_CLIENT
from vedette.signin.signed_in import SignedIn

Kind = Literal["oauth", "sso", "device", "own", "session"]

ONE_TIME_KIND = "purpose"
"""The kind under which the store keeps purposes."""

LIFE = 15 * 60
"""Seconds within which a person must be through."""

_FIELDS = {
    "kind",
    "client_name",
    "client_uri",
    "redirect_host",
    "device",
    "user_hint",
    "action",
    "body",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a sign-in is for, as far as the pages need to show it.

    `redirect_host` is where the browser goes in the end (an origin such as `https://app.example`
    or a private-use scheme such as `io.element:`), for the page and for its `form-action`.
    `client_name` and `client_uri` are what the client says of itself. `device` is the device id
    that the session will have, if it is known. `body` belongs to whoever made the purpose.
    """

    kind: Kind
    client_name: str
    client_uri: str
    redirect_host: str
    device: str | None
    user_hint: str | None
    action: str | None
    body: Mapping[str, str]

    @property
    def console(self) -> bool:
        """Whether it is the console that somebody wants to get into."""
        return self.kind == "oauth" and self.body.get("client_id") == CONSOLE_CLIENT

    @property
    def session_kind(self) -> sessions.Kind:
        """The kind of session that comes of it."""
        if self.console:
            return sessions.CONSOLE
        return "compat" if self.kind == "sso" else "oauth"

    def to_bytes(self) -> bytes:
        """The purpose as bytes; `from_bytes` reads it back."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Purpose:
        """Read what `to_bytes` wrote. Raises ValueError for anything else."""
        try:
            fields = json.loads(data)
        except RecursionError as fault:
            raise ValueError("this is not a purpose") from fault
        if not isinstance(fields, dict) or set(fields) != _FIELDS or not _typed(fields):
            raise ValueError("this is not a purpose")
        return cls(**fields)


Complete = Callable[[Purpose, SignedIn], str]
"""What the pages call when the person is through; it returns the address to go to."""


def _typed(fields: Mapping[str, object]) -> bool:
    texts = [fields[name] for name in ("client_name", "client_uri", "redirect_host")]
    options = [fields[name] for name in ("device", "user_hint", "action")]
    body = fields["body"]
    return (
        fields["kind"] in get_args(Kind)
        and all(isinstance(text, str) for text in texts)
        and all(option is None or isinstance(option, str) for option in options)
        and isinstance(body, dict)
        and all(isinstance(value, str) for value in body.values())
    )


def keep_purpose(store: SignInStore, purpose: Purpose, now: int) -> str:
    """Keep a purpose and return its id, for `/sign-in?for=<id>`. Raises Unavailable."""
    name = secrets.token_urlsafe(32)
    store.put_once(ONE_TIME_KIND, key_of(name), purpose.to_bytes(), now + LIFE)
    return name


def find_purpose(store: SignInStore, name: str, now: int) -> Purpose | None:
    """The purpose with this id, unless it is unknown, used or too old. Raises Unavailable."""
    found = store.peek(ONE_TIME_KIND, key_of(name), now)
    return None if found is None else Purpose.from_bytes(found)


def end_purpose(store: SignInStore, name: str, now: int) -> Purpose | None:
    """Take the purpose, so that nobody completes it a second time. Raises Unavailable."""
    found = store.take(ONE_TIME_KIND, key_of(name), now)
    return None if found is None else Purpose.from_bytes(found)


def sign_in_address(name: str) -> str:
    """The page of a kept purpose, on our own origin."""
    return f"/sign-in?for={name}"


def key_of(name: str) -> str:
    """Under what a secret name is kept: its SHA-256."""
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
