"""Accounts, passwords and factors, as administrators see and change them.

No administrator ever sees or chooses a secret that stays: a start password must be changed at the
first sign-in, and a start code is used up by it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vedette.admin.actor import RECOVERING, Actor
from vedette.admin.door import AdministrationDoor, Doing, needs_reason
from vedette.admin.people import may_look, recorded, sees_of
from vedette.admin.rejected import Code, Rejected
from vedette.admin.reset_wait import starts_wait
from vedette.admin.sessions import BY_ADMINISTRATOR
from vedette.core.asks import Act
from vedette.core.decision import Decision, Verdict
from vedette.core.language import told
from vedette.core.names import ServerName, UserId
from vedette.core.notices import UNLOCK
from vedette.core.reasons import Reason
from vedette.ports.clock import Clock
from vedette.ports.factors import Passwords
from vedette.ports.policy import Policy
from vedette.ports.sign_in import Account, Factor, NoAccount, SignInStore, Taken
from vedette.protocol import recovery
from vedette.spine import Permit

RECOVERY = "recovery"
"""What recovery codes are called among the kinds of factors."""
REMOVABLE = frozenset({"totp", "webauthn", RECOVERY})
"""Kinds of factors that are kept here, so that they can be taken away here."""
_PAST = 200
_NETWORK_BITS = {4: 24, 6: 48}


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorsView:
    """What a person can prove themselves with; never the secrets."""

    account: Account
    factors: tuple[Factor, ...]
    codes_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A secret to hand to the person, shown only now, and the record of its permit.

    `removed` is how many factors were taken away for it.
    """

    user: UserId
    secret: str
    record: str
    removed: int = 0

    def __repr__(self) -> str:
        """Hide the secret from logs."""
        return f"Issued({self.user}, {self.record})"


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """Some accounts, by localpart. `next` is the localpart behind which it goes on, if it does."""

    accounts: tuple[Account, ...]
    next: str | None


_AT_ONCE = 500
_LOOKS = 20


@dataclass(frozen=True, slots=True)
class AccountsDesk:
    """Where accounts are made and their ways in are reset.

    Every method raises Rejected where the rules refuse the act or there is no such account, and
    Unavailable where the store does not answer.
    """

    door: AdministrationDoor
    store: SignInStore
    passwords: Passwords
    clock: Clock
    domain: ServerName
    company: bool = False
    """Whether people, and with them their passwords, are those of the company's directory."""

    async def page(self, author: Actor, after: str = "", most: int = 200) -> AccountsPage:
        """The accounts behind a localpart over whose people the author may look, by localpart."""
        policy = self.door.spine.policy.current()
        await may_look(self.door, author, policy, self.clock)
        sees = sees_of(self.door, author, self.clock)
        found: list[Account] = []
        for _ in range(_LOOKS):
            read = self.store.lists.accounts_after
            batch = await asyncio.to_thread(read, after, "", _AT_ONCE)
            found += (each for each in batch if sees(self._user(each)))
            ended = len(batch) < _AT_ONCE
            after = batch[-1].localpart if batch else after
            if len(found) > most or ended:
                break
        shown, directory = found[:most], policy.directory
        people = (directory.someone(self._user(each)) for each in shown)
        await recorded(self.door, author, people)
        goes_on = shown[-1].localpart if len(found) > most else None if ended else after
        return AccountsPage(tuple(shown), goes_on)

    async def create(
        self, author: Actor, user: UserId, display_name: str = "", reason: str = ""
    ) -> Issued:
        """Make an account with a start password that the person must change.

        Raises:
            Rejected: also when the person has an account, or needs none from here.
        """
        act = Act.ADMINISTRATION_ACCOUNT_CREATE
        doing = Doing(act=act, author=author, over=user, reason=reason.strip(), more=display_name)
        permit = await self.door.permit(doing)
        self._kept_here(user)
        chosen = _start_password()
        await self._make(permit, user, display_name, await self._hash(chosen))
        await self._handed(permit, author, user, new=True)
        return Issued(user=user, secret=chosen, record=permit.record)

    async def factors(self, author: Actor, user: UserId) -> FactorsView:
        """What a person can prove themselves with."""
        act = Act.ADMINISTRATION_SESSION_LIST
        await self.door.permit(Doing(act=act, author=author, over=user))
        account = await self._account(user)
        return FactorsView(
            account=account,
            factors=await asyncio.to_thread(self.store.factors, user.localpart),
            codes_left=await asyncio.to_thread(self.store.recovery_left, user.localpart),
        )

    async def reset_factors(
        self, author: Actor, user: UserId, kinds: Iterable[str], reason: str
    ) -> Issued:
        """Take second factors away, all of them unless kinds are named, and issue a start code.

        With the password and that code the person signs in once and sets up a new second factor;
        codes from before are good for nothing any more. In recovery, all factors of somebody who waits
        after a reset also end that wait, and their sessions with it.
        """
        why = needs_reason(reason)
        wanted = _kinds(kinds)
        act = Act.ADMINISTRATION_FACTOR_RESET
        kinds_of = ", ".join(sorted(wanted or ()))
        doing = Doing(act=act, author=author, over=user, reason=why, more=kinds_of)
        permit = await self.door.permit(doing)
        await self._account(user)
        code = recovery.codes(secrets.token_bytes(recovery.RANDOM_BYTES))[0]
        removed = await self._reset(permit, user, wanted, code)
        if author == RECOVERING and wanted is None:
            await self._end_wait(permit, user, why)
        await self._handed(permit, author, user)
        return Issued(user=user, secret=code, record=permit.record, removed=removed)

    async def reset_password(self, author: Actor, user: UserId, reason: str) -> Issued:
        """Replace a password by a start password, and forget failed attempts.

        Sessions go on: whoever has them has proven more than the password.
        """
        why = needs_reason(reason)
        act = Act.ADMINISTRATION_PASSWORD_RESET
        permit = await self.door.permit(Doing(act=act, author=author, over=user, reason=why))
        self._kept_here(user)
        await self._account(user)
        chosen = _start_password()
        await self._set_password(permit, user, await self._hash(chosen))
        await self._forgive(permit, user)
        await self._handed(permit, author, user)
        return Issued(user=user, secret=chosen, record=permit.record)

    async def unlock(self, author: Actor, user: UserId, reason: str = "") -> str:
        """Forget failed sign-ins of a person; returns the record.

        It is asked as a reset of the password, which is more.
        """
        act = Act.ADMINISTRATION_PASSWORD_RESET
        doing = Doing(act=act, author=author, over=user, reason=reason.strip(), what=UNLOCK)
        permit = await self.door.permit(doing)
        await self._account(user)
        await self._forgive(permit, user)
        return permit.record

    def _user(self, account: Account) -> UserId:
        return UserId(f"@{account.localpart}:{self.domain}")

    def _kept_here(self, user: UserId) -> None:
        """Raise Rejected for whoever proves a password to the company's directory: no other is asked."""
        if self.company and user in self.door.spine.policy.current().directory.people:
            raise Rejected(
                Code.CONFLICT,
                told("`{user}` signs in with the password of the company's directory", user=user),
                told("nothing has to be made here; reset the password there, it is good at once"),
            )

    async def _account(self, user: UserId) -> Account:
        found = await asyncio.to_thread(self.store.account, user.localpart)
        if found is None:
            raise _nobody(user)
        return found

    async def _hash(self, password: str) -> str:
        return await asyncio.to_thread(self.passwords.hash, password)

    # ---- effects: each takes a Permit ----------------------------------------------------------

    async def _handed(
        self, permit: Permit, author: Actor, user: UserId, *, new: bool = False
    ) -> None:
        """Note a reset by somebody else, and record that the secret is shown, before it is.

        Raises Rejected where it can't be recorded.
        """
        if starts_wait(author, user, new=new):
            now = int(self.clock.now())
            await asyncio.to_thread(self.store.note_reset, user.localpart, now)

        async def shown(policy: Policy) -> Decision:
            revision = policy.rules.revision
            return Decision(
                verdict=Verdict.YES, reason=Reason.SERVICE, towards=user, revision=revision
            )

        settled = await self.door.spine.settle_durably(Act.SECRET_SHOW, author.name, shown)
        if not isinstance(settled, Permit):
            raise Rejected(
                Code.UNAVAILABLE,
                told("it is done, but the secret is not shown: that can't be recorded now"),
                told("reset it once more as soon as records can be written"),
                record=permit.record,
            )

    async def _end_wait(self, _permit: Permit, user: UserId, reason: str) -> None:
        """End the wait after a reset, and before it every session that began meanwhile."""
        account = await self._account(user)
        if account.reset_by_other is None:
            return
        ids = [each.id for each in await asyncio.to_thread(self.store.sessions, user)]
        because, now = BY_ADMINISTRATOR + reason, int(self.clock.now())
        await asyncio.to_thread(self.store.end_sessions, ids, because, now)
        await asyncio.to_thread(self.store.note_reset, user.localpart, None)

    async def _make(self, _permit: Permit, user: UserId, display_name: str, hashed: str) -> None:
        now = int(self.clock.now())
        try:
            await asyncio.to_thread(
                self.store.make_account, user.localpart, display_name, hashed, now, must_change=True
            )
        except Taken:
            raise Rejected(
                Code.CONFLICT,
                told("`{user}` has an account already", user=user),
                told(
                    "for a new start password, vedette user password {localpart} --reason …",
                    localpart=user.localpart,
                ),
            ) from None

    async def _set_password(self, _permit: Permit, user: UserId, hashed: str) -> None:
        now, name = int(self.clock.now()), user.localpart
        try:
            await asyncio.to_thread(self.store.set_password, name, hashed, now, must_change=True)
        except NoAccount:
            raise _nobody(user) from None

    async def _reset(
        self, _permit: Permit, user: UserId, kinds: frozenset[str] | None, code: str
    ) -> int:
        name, now = user.localpart, int(self.clock.now())
        removed = await asyncio.to_thread(self.store.remove_factors, name, kinds)
        hashes = [recovery.digest(code, name)]
        try:
            await asyncio.to_thread(self.store.set_recovery, name, hashes, now)
        except NoAccount:
            raise _nobody(user) from None
        return removed

    async def _forgive(self, _permit: Permit, user: UserId) -> None:
        """Forget the attempts on this person, from wherever lately somebody tried.

        Those that count against an address, whoever was tried from it, are not this person's.
        """
        name = user.localpart
        past = await asyncio.to_thread(self.store.last_sign_ins, name, _PAST)
        for key in _attempt_keys(name, {_network_of(each.address) for each in past}):
            await asyncio.to_thread(self.store.forgive, key)


def _start_password() -> str:
    """Sixteen characters, 96 random bits: strong enough where it is not changed at once, too."""
    return secrets.token_urlsafe(12)


def _attempt_keys(localpart: str, networks: Iterable[str]) -> Iterator[str]:
    """The keys under which the sign-in service counts failed attempts on one person.

    `vedette.signin.attempts` and `.password` count; a test holds the three together.
    """
    for what in ("first", "second", "directory"):
        yield f"{what}:{localpart}"
        yield f"{what}:{localpart}:known"
        for network in networks:
            yield f"{what}:{localpart}:{network}"


def _network_of(address: str) -> str:
    """The network of an address, as attempts are counted."""
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        return "none"
    here = getattr(here, "ipv4_mapped", None) or here
    return str(ipaddress.ip_network((here, _NETWORK_BITS[here.version]), strict=False))


def _kinds(named: Iterable[str]) -> frozenset[str] | None:
    """The kinds to take away, None for all. Raises Rejected for one that is not kept here."""
    kinds = frozenset(named)
    strange = sorted(kinds - REMOVABLE)
    if strange:
        listed = ", ".join(sorted(REMOVABLE))
        raise Rejected(
            Code.INVALID,
            told("`{strange}` is no factor that is kept here", strange=strange[0]),
            told("one of {known}", known=listed),
        )
    return kinds or None


def _nobody(user: UserId) -> Rejected:
    return Rejected(
        Code.NOT_FOUND,
        told("`{user}` has no account here", user=user),
        told("make one with `vedette user add {localpart}`", localpart=user.localpart),
    )
