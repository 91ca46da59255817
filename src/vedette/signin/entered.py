"""Who is at their own pages: a short session of the browser alone, kept in the store.

It is no Matrix session: nothing but these pages knows it. It ends after fifteen minutes without a
request, and the rules are asked again at each.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace

from vedette.pages.sealed import Sealed
from vedette.ports.sign_in import SignInStore
from vedette.signin.signed_in import SignedIn

IDLE = 15 * 60
"""Seconds without a request after which they have to sign in again."""
LONGEST = 8 * 3600
"""Seconds after which they have to in any case."""
FRESH = 5 * 60
"""Seconds for which a proof is fresh enough to change proofs with."""
_HELD = frozenset({"totp", "webauthn", "radius", "recovery"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A person at their own pages.

    `csrf` is what every form carries, `trusted` says that the browser had signed in all the way
    before, and `memory` belongs to what is being set up.
    """

    signed: SignedIn
    csrf: str
    trusted: bool
    memory: str = ""

    @property
    def localpart(self) -> str:
        """Whose pages these are."""
        return self.signed.user.localpart

    def fresh(self, now: int, *, held: bool) -> bool:
        """Whether a proof was shown just now; with `held` it must be more than a password."""
        uses = [use.at for use in self.signed.factors if use.kind in _HELD or not held]
        return bool(uses) and max(uses) >= now - FRESH


@dataclass(frozen=True, slots=True)
class Entrances:
    """Keeps who is at their own pages."""

    sealed: Sealed

    @classmethod
    def of(cls, store: SignInStore) -> Entrances:
        """Those whom this store keeps."""
        return cls(Sealed(store, "own"))

    def enter(self, signed: SignedIn, trusted: bool) -> str:  # `walk.Enter`
        """Let a person in and return the cookie's value. Raises Unavailable."""
        entered = Entered(signed=signed, csrf=secrets.token_urlsafe(32), trusted=trusted)
        return self.sealed.put(_to_bytes(entered), signed.at + IDLE)

    def find(self, name: str, now: int) -> Entered | None:
        """Who has this cookie; None if nobody has, or no more. Raises Unavailable."""
        body = self.sealed.find(name, now)
        entered = None if body is None else _from_bytes(body)
        return None if entered is None or entered.signed.at + LONGEST <= now else entered

    def keep(self, name: str, entered: Entered, now: int, *, memory: str = "") -> bool:
        """Keep them for another while; False if they left meanwhile. Raises Unavailable."""
        body = _to_bytes(replace(entered, memory=memory))
        return self.sealed.replace(name, body, min(now + IDLE, entered.signed.at + LONGEST))

    def leave(self, name: str, now: int) -> None:
        """They go. Raises Unavailable."""
        self.sealed.end(name, now)


def _to_bytes(entered: Entered) -> bytes:
    return json.dumps(
        {
            "signed": entered.signed.to_json(),
            "csrf": entered.csrf,
            "trusted": entered.trusted,
            "memory": entered.memory,
        }
    ).encode()


def _from_bytes(data: bytes) -> Entered:
    plain = json.loads(data)
    return Entered(
        signed=SignedIn.from_json(plain["signed"]),
        csrf=str(plain["csrf"]),
        trusted=plain["trusted"] is True,
        memory=str(plain["memory"]),
    )
