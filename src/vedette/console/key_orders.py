"""Orders about keys of ours, and about the certificate of our gateway."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import quote

from vedette.admin.actor import Actor
from vedette.admin.rejected import Code, Rejected
from vedette.console.desks import Desks
from vedette.console.orders import Done, Form, NoSettings, OrderKind, reason_of, when
from vedette.core.language import as_is, told
from vedette.core.settings.commands import Call, Step

_KEY = re.compile(r"[a-z-]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKey(NoSettings):
    """Put a new key in the place of one."""

    name: str

    @property
    def says(self) -> dict[str, str]:
        """What fills its sentence."""
        return {"name": self.name}

    def step(self) -> Step:
        """The command and the call."""
        call = Call("POST", f"/keys/{quote(self.name, safe='')}/rotate", {})
        return Step(("key", "rotate", self.name), call)

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Do it, whoever still waits for the answer."""
        done = await asyncio.shield(desks.keys.rotate(by, self.name, self.reason))
        return Done(record=done.record, words=() if done.left is None else (done.left,))


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewCertificate(NoSettings):
    """Have the gateway order a certificate now."""

    def step(self) -> Step:
        """The command and the call."""
        call = Call("POST", "/certificates/server/renew", {})
        return Step(("certificate", "server", "renew"), call)

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Order it, and say what became of it."""
        state, record = await desks.server_certificates.renew(by, self.reason)
        if not state.trouble:
            at = when(state.next_at)
            words = (told("a new certificate serves; the next one is ordered at {at}", at=at),)
            return Done(record=record, words=words)
        failed = told("the order came to nothing: {why}", why=state.trouble)
        again = told("the next try is at {at}", at=when(state.next_at))
        return Done(record=record, words=(failed, as_is(state.advice), again))


def _rotate(form: Form) -> RotateKey:
    name = form.get("name", "").strip()
    if _KEY.fullmatch(name) is None:
        raise Rejected(Code.INVALID, told("no key is named"), told("open it from the list of keys"))
    return RotateKey(name=name, reason=reason_of(form))


ROTATE = OrderKind(
    name="rotate-key", title="keys", read=_rotate, back="/keys", says="keys-rotate-does"
)
RENEW = OrderKind(
    name="renew-certificate", title="keys-servers", back="/certificates/server",
    read=lambda form: RenewCertificate(reason=reason_of(form)), says="keys-renew-does",
)  # fmt: skip
