"""New keys in the place of those that sign-in holds, when control asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.routing import Route

from vedette.core.asks import Act, Ask
from vedette.core.facts import Facts
from vedette.core.towards import routine
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.ports.sign_in import SignInStore, TokenKey
from vedette.protocol.internal.renewals import PATH, HeldKey
from vedette.protocol.internal.tokens import SigningKey
from vedette.signin.wire import Asked, Reply, matrix_error
from vedette.signin.wire import endpoint as mounted
from vedette.spine import Permit, Spine

_ACT, _WHO = Act.KEY_KEY_RENEW, "control"
_LEAST_AGE = 600
"""Seconds between two token keys: the doors are sent every one of them."""


@dataclass(frozen=True, slots=True)
class KeyRenewal:
    """Renews keys for control. `store_key` does so for the store's, and waits until it is done."""

    spine: Spine
    store: SignInStore
    store_key: Callable[[], None] | None = None

    def renew(self, asked: Asked) -> Reply:
        """POST of control."""
        try:
            body = asked.json()
            key = HeldKey(body["key"] if isinstance(body, dict) else "")
        except (ValueError, KeyError):
            return matrix_error(400, "M_BAD_JSON", "no such key is held here")

        def prepare(policy: Policy) -> tuple[Ask, Facts]:
            del policy
            return routine(_ACT, _WHO, key.value), Facts()

        settled = self.spine.settle(_ACT, _WHO, prepare)
        if not isinstance(settled, Permit):
            return Reply(status=503, json={"why": "nothing can be recorded now"})
        try:
            self._renewed(settled, key)
        except Unavailable as outage:
            return Reply(status=409, json={"why": str(outage)})
        return Reply(json={})

    def _renewed(self, permit: Permit, key: HeldKey) -> None:
        del permit  # being given one is the point
        if key is HeldKey.TOKEN:
            new_token_key(self.store, int(self.spine.clock.now()))
        elif self.store_key is None:
            raise Unavailable("the store key is not kept in a file here")
        else:
            self.store_key()


def new_token_key(store: SignInStore, now: int) -> None:
    """A new key, which signs as soon as every door knows it; the others go on verifying.

    Raises:
        Unavailable: the newest is but minutes old, or the store can't be used.
    """
    keys = store.token_keys()
    if keys and keys[0].made + _LEAST_AGE > now:
        raise Unavailable("the key that signs tokens was made within the last ten minutes")
    made = SigningKey.generate()
    store.add_token_key(
        TokenKey(kid=made.kid, public=made.public_bytes, private=made.private_bytes, made=now)
    )


def routes(renewal: KeyRenewal) -> list[Route]:
    """The endpoint, to be mounted. No public row leads to it."""
    return [mounted(PATH, "POST", renewal.renew)]
