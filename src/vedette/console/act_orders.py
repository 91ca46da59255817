"""Orders about rooms, certificates, the company's directory and tokens of the API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from vedette.admin.actor import Actor
from vedette.admin.certificates import serial_of
from vedette.admin.door import user_named
from vedette.admin.rejected import Code, Rejected
from vedette.admin.tokens import NewToken
from vedette.console.desks import Desks
from vedette.console.orders import Done, Form, NoSettings, OrderKind, reason_of, words_of
from vedette.core.language import told
from vedette.core.settings.commands import Call, Step

_TOKEN = re.compile(r"[0-9a-f]{10}")
_ISSUER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_USER = re.compile(r"@?[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(NoSettings):
    """Have every room judged again."""

    def step(self) -> Step:
        """The command and the call."""
        return Step(("room", "sweep"), Call("POST", "/rooms/sweep", {}))

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Wish for it; the event door does it."""
        _, record = await desks.rooms.sweep(by, self.reason)
        return Done(record=record)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncDirectory(NoSettings):
    """Have the company's directory read now; `confirm` takes a list that is held."""

    confirm: bool = False

    def step(self) -> Step:
        """The command and the call."""
        words = ("directory", "sync", *(("--confirm",) if self.confirm else ()))
        return Step(words, Call("POST", "/directory/sync", {"confirm": self.confirm}))

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Read it."""
        _, record = await desks.directory.sync(by, self.reason, confirm=self.confirm)
        return Done(record=record)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPushed(NoSettings):
    """Have what an identity provider pushed come into force, whatever it takes away."""

    def step(self) -> Step:
        """The command and the call."""
        return Step(("scim", "confirm"), Call("POST", "/scim/confirm", {}))

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Take it."""
        _, record = await desks.pushed.confirm(by, self.reason)
        return Done(record=record)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToken(NoSettings):
    """Make a token that acts for a person; its value is shown once."""

    user: str
    acts: tuple[str, ...]
    over: tuple[str, ...]
    expires: date

    @property
    def says(self) -> dict[str, str]:
        """What fills its sentence."""
        return {"user": self.user, "day": self.expires.isoformat()}

    def step(self) -> Step:
        """The command and the call."""
        words = ["token", "add", "--for", self.user, "--acts", ",".join(self.acts)]
        words += ["--expires", self.expires.isoformat()]
        words += ["--over", ",".join(self.over)] if self.over else []
        body = {"user": self.user, "acts": list(self.acts), "over": list(self.over),
                "expires": self.expires.isoformat()}  # fmt: skip
        return Step(tuple(words), Call("POST", "/tokens", body))

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Make it."""
        user = user_named(self.user, desks.settings.policy.current().directory.domain)
        wanted = NewToken(
            user=user, acts=self.acts, over=self.over, expires=self.expires, reason=self.reason
        )
        made = await desks.tokens.add(by, wanted)
        return Done(
            record=made.record, secret=made.value, words=(told("token {id}", id=made.token.id),)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveToken(NoSettings):
    """Make a token good for nothing."""

    id: str

    @property
    def says(self) -> dict[str, str]:
        """What fills its sentence."""
        return {"id": self.id}

    def step(self) -> Step:
        """The command and the call."""
        return Step(("token", "remove", self.id), Call("DELETE", f"/tokens/{self.id}"))

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Remove it."""
        return Done(record=await desks.tokens.remove(by, self.id, self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked(NoSettings):
    """Take a certificate for revoked, as its CA does."""

    issuer: str
    serial: str

    @property
    def says(self) -> dict[str, str]:
        """What fills its sentence."""
        return {"issuer": self.issuer, "serial": self.serial}

    def step(self) -> Step:
        """The command and the call."""
        words = ("certificate", "revoked", "--serial", self.serial, "--issuer", self.issuer)
        body = {"issuer": self.issuer, "serial": self.serial}
        return Step(words, Call("POST", "/certificates/revoked", body))

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Keep it, and end the sessions."""
        done = await desks.certificates.revoked(by, self.issuer, self.serial, self.reason)
        return Done(record=done.record)


def _revoked(form: Form) -> Revoked:
    issuer = form.get("issuer", "").strip()
    if _ISSUER.fullmatch(issuer) is None:
        hint = told("`vedette certificate list` names them")
        raise Rejected(Code.INVALID, told("no issuer is named"), hint)
    serial = serial_of(form.get("serial", ""))
    return Revoked(issuer=issuer, serial=serial, reason=reason_of(form))


def _new_token(form: Form) -> AddToken:
    user, day = form.get("user", "").strip(), form.get("expires", "").strip()
    if _USER.fullmatch(user) is None or user.startswith("-"):
        raise Rejected(Code.INVALID, told("nobody is named for whom the token acts"))
    try:
        expires = date.fromisoformat(day)
    except ValueError:
        raise Rejected(
            Code.INVALID,
            told("`{day}` is no day", day=day[:40]),
            told("write its last day, such as 2027-06-30"),
        ) from None
    acts = tuple(words_of(form.get("acts", "").replace("\n", ",")))
    if not acts:
        raise Rejected(Code.INVALID, told("no act is named that the token is good for"))
    over = tuple(words_of(form.get("over", "")))
    return AddToken(user=user, acts=acts, over=over, expires=expires, reason=reason_of(form))


def _old_token(form: Form) -> RemoveToken:
    id_ = form.get("id", "").strip()
    if _TOKEN.fullmatch(id_) is None:
        raise Rejected(
            Code.INVALID, told("no token is named"), told("open it from the list of tokens")
        )
    return RemoveToken(id=id_, reason=reason_of(form))


REVOKED = OrderKind(name="revoke-certificate", title="certificates", read=_revoked,
                    back="/certificates", says="certificates-revoke-does")  # fmt: skip
SWEEP = OrderKind(name="sweep-rooms", title="rooms", read=lambda form: Sweep(reason=reason_of(form)),
                  back="/rooms", says="rooms-sweep-does")  # fmt: skip
SYNC_DIRECTORY = OrderKind(
    name="sync-directory", title="directory", back="/directory", says="directory-sync-does",
    read=lambda form: SyncDirectory(reason=reason_of(form)),
)  # fmt: skip
CONFIRM_DIRECTORY = OrderKind(
    name="confirm-directory", title="directory", back="/directory", says="directory-confirm-does",
    read=lambda form: SyncDirectory(reason=reason_of(form), confirm=True),
)  # fmt: skip
CONFIRM_PUSHED = OrderKind(
    name="confirm-pushed", title="pushed", back="/scim", says="pushed-confirm-does",
    read=lambda form: ConfirmPushed(reason=reason_of(form)),
)  # fmt: skip
TOKENS = (
    OrderKind(name="add-token", title="administrators", read=_new_token,
              back="/administrators/tokens", says="tokens-add-does"),
    OrderKind(name="remove-token", title="administrators", read=_old_token,
              back="/administrators/tokens", says="tokens-remove-does"),
)  # fmt: skip
