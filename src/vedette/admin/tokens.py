"""Tokens of the administration API, as administrators make, see and remove them."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from vedette.admin.actor import Actor, is_active
from vedette.admin.door import AdministrationDoor, Doing, needs_reason
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.core.names import UserId
from vedette.core.people import BUILT_IN, provisioner_of
from vedette.core.tokens import GRANTABLE, ApiToken
from vedette.ports.clock import Clock
from vedette.ports.tokens import ApiTokens
from vedette.spine import Permit

PREFIX = "vdt_"
"""How every token begins, so that those who look for lost secrets find it."""
LONGEST_DAYS = 400
"""So many days ahead a token's last day may lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token that is wished for. `expires` is its last day, UTC."""

    user: UserId
    acts: tuple[str, ...]
    over: tuple[str, ...]
    expires: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A new token with its value, shown only now, and the record of its permit."""

    token: ApiToken
    value: str
    record: str

    def __repr__(self) -> str:
        """Hide the value from logs."""
        return f"IssuedToken({self.token}, {self.record})"


def digest_of(value: str) -> str:
    """What is kept of a value: it has 256 random bits, so a plain hash can't be turned back."""
    return hashlib.sha256(value.encode(errors="surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class TokensDesk:
    """Where tokens are made, listed and removed.

    Every method raises Rejected where the rules refuse the act, and Unavailable where the store
    does not answer.
    """

    door: AdministrationDoor
    store: ApiTokens
    clock: Clock

    async def add(self, author: Actor, wanted: NewToken) -> IssuedToken:
        """Make a token that acts for a person."""
        reason, acts = needs_reason(wanted.reason), _acts(wanted.acts)
        doing = Doing(
            act=Act.ADMINISTRATION_TOKEN_ADD,
            author=author,
            over=wanted.user,
            reason=reason,
            more=_said(acts, wanted),
        )
        permit = await self.door.permit(doing)
        self._must_be_active(wanted.user)
        value = PREFIX + secrets.token_urlsafe(32)
        token = ApiToken(
            id=secrets.token_hex(5),
            user=wanted.user,
            acts=acts,
            over=self._over(wanted.over),
            made=int(self.clock.now()),
            made_by=author.name,
            expires=self._expires(wanted.expires),
            reason=reason,
            digest=digest_of(value),
        )
        await self._keep(permit, token)
        return IssuedToken(token=token, value=value, record=permit.record)

    async def every(self, author: Actor) -> tuple[ApiToken, ...]:
        """All tokens, oldest first, those whose time is over too."""
        await self.door.permit(Doing(act=Act.ADMINISTRATION_TOKEN_LIST, author=author))
        return await asyncio.to_thread(self.store.every)

    async def remove(self, author: Actor, id_: str, reason: str) -> str:
        """Make a token good for nothing, at once; returns the record."""
        why, token = needs_reason(reason), await asyncio.to_thread(self.store.by_id, id_)
        act = Act.ADMINISTRATION_TOKEN_REMOVE
        over = token.user if token else None
        permit = await self.door.permit(
            Doing(act=act, author=author, over=over, reason=why, what=id_)
        )
        if token is None or not await self._forget(permit, id_):
            hint = told("list them with `vedette token list`")
            raise Rejected(Code.NOT_FOUND, told("there is no token `{id}`", id=id_), hint)
        return permit.record

    def _must_be_active(self, user: UserId) -> None:
        if user == provisioner_of(self.door.spine.policy.current().directory.domain):
            return
        if not is_active(self.door.spine.policy.current().directory, user):
            raise Rejected(
                Code.INVALID,
                told("`{user}` is not in the directory as one of us who is active", user=user),
                told("a token acts for a person whom the directory knows"),
            )

    def _over(self, named: Iterable[str]) -> frozenset[str]:
        document = self.door.spine.policy.current().directory.document
        known = BUILT_IN | {str(own) for own in document.parties}
        strange = sorted(set(named) - known)
        if strange:
            hint = told("one of {known}", known=", ".join(sorted(known)))
            raise Rejected(
                Code.INVALID, told("there is no party `{strange}`", strange=strange[0]), hint
            )
        return frozenset(named)

    def _expires(self, last: date) -> int:
        """The end of the last day. Raises Rejected when it is over or too far away."""
        today = date.fromordinal(self.clock.today())
        if not today <= last <= today + timedelta(days=LONGEST_DAYS):
            raise Rejected(
                Code.INVALID,
                told("`{last}` can't be a token's last day", last=last),
                told(
                    "name a day from {today} on, at most {days} days ahead",
                    today=today,
                    days=LONGEST_DAYS,
                ),
            )
        end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
        return int(end.timestamp())

    # ---- effects: each takes a Permit ----------------------------------------------------------

    async def _keep(self, _permit: Permit, token: ApiToken) -> None:
        await asyncio.to_thread(self.store.add, token)

    async def _forget(self, _permit: Permit, id_: str) -> bool:
        return await asyncio.to_thread(self.store.remove, id_)


def _said(acts: frozenset[Act], wanted: NewToken) -> str:
    """All that a token is to be good for, for whoever approves it."""
    over = f"over {', '.join(sorted(set(wanted.over)))}; " if wanted.over else ""
    return f"{', '.join(sorted(acts))}; {over}until {wanted.expires.isoformat()}"


def _acts(named: Iterable[str]) -> frozenset[Act]:
    """The acts of these names. Raises Rejected for none, or for one that no token may have."""
    known = {act.value: act for act in GRANTABLE}
    strange = sorted(set(named) - set(known))
    if strange:
        hint = told("docs/reference/acts.md lists the acts; `tokens:token:add` is no token's")
        raise Rejected(
            Code.INVALID,
            told("`{strange}` is no act that a token may have", strange=strange[0]),
            hint,
        )
    acts = frozenset(known[name] for name in named)
    if not acts:
        raise Rejected(Code.INVALID, told("a token without acts is good for nothing"))
    return acts
