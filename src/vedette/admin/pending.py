"""Changes that wait: who asked, who approved, and what becomes of them.

Every method raises Rejected where the rules refuse the act or the change stands otherwise, and
Unavailable where a store does not answer. Console, API and command line use the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from vedette.admin.actor import Actor
from vedette.admin.approvals import Approvals, needs_words
from vedette.admin.door import AdministrationDoor, Doing
from vedette.admin.lockout import officers
from vedette.admin.rejected import Code, Rejected
from vedette.admin.second_person import cant_approve
from vedette.admin.settings import Applied, Examined, Outcome, Proposal, SettingsDesk
from vedette.admin.waiting import move
from vedette.core.asks import Act
from vedette.core.language import Sentence, told
from vedette.core.names import UserId
from vedette.core.pending import (
    OPEN,
    STATES,
    Approval,
    Event,
    PendingChange,
    State,
    counting,
)
from vedette.core.tokens import ApiToken
from vedette.ports.pending import PendingChanges
from vedette.ports.tokens import ApiTokens
from vedette.spine import Permit

_APPROVE = Act.ADMINISTRATION_SETTINGS_APPROVE
_MOST_LISTED = 200
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A change, those who approved exactly it, and who could be a second person for it now."""

    change: PendingChange
    approvals: tuple[Approval, ...]
    could: tuple[UserId, ...]


@dataclass(frozen=True, slots=True)
class PendingDesk:
    """Where changes wait for a second person or for their hour."""

    desk: SettingsDesk
    tokens: ApiTokens

    async def every(self) -> tuple[Waiting, ...]:
        """Every open change, and those that ended last; newest first."""
        async with self.desk.turn:
            self.desk.end_what_is_over()
            return tuple(self._waiting(each) for each in self._store.newest(_MOST_LISTED))

    async def one(self, id_: str) -> Waiting:
        """One change."""
        async with self.desk.turn:
            self.desk.end_what_is_over()
            return self._waiting(self._found(id_))

    async def approve(self, author: Actor, id_: str, reason: str, content: str = "") -> Outcome:
        """Be the second person for a change, and apply it if that is enough.

        `content` is the hash of what the approver has seen, where they say so.
        """
        reason = needs_words(reason)
        async with self.desk.turn:
            self.desk.end_what_is_over()
            change = self._open(id_)
            if change.state is not State.WAITING:
                raise Rejected(
                    Code.CONFLICT, told("the change `{id}` waits for nobody any more", id=id_)
                )
            if content and content != change.content:
                raise Rejected(
                    Code.CONFLICT,
                    told("the change `{id}` says something else than what you have seen", id=id_),
                    told("look at it again with `vedette settings pending {id}`", id=id_),
                )
            permit = await self._may_approve(author, change, reason)
            self._agree(permit, author, change, reason)
            return await self._finish(change)

    async def reject(self, author: Actor, id_: str, reason: str) -> PendingChange:
        """Turn a waiting change away, for good."""
        return await self._close(author, id_, reason, Event.TURNED_AWAY)

    async def withdraw(self, author: Actor, id_: str, reason: str) -> PendingChange:
        """Take back a change of one's own that waits."""
        return await self._close(author, id_, reason or "taken back", Event.TAKEN_BACK)

    async def keep(self) -> tuple[Outcome, ...]:
        """End what can't become a revision any more, and apply what has its hour; asks nobody.

        What is refused now is void, with the reason.
        """
        done: list[Outcome] = []
        async with self.desk.turn:
            self.desk.end_what_is_over()
            now = self.desk.clock.now()
            for change in self._store.open():
                if change.state is State.SCHEDULED and (change.starts or 0) <= now:
                    with suppress(Rejected):  # what was refused is void by now, and says why
                        done.append(await self._finish(change))
        return tuple(done)

    # ---- what becomes of it --------------------------------------------------------------------

    async def _finish(self, change: PendingChange) -> Outcome:
        """Ask for the change again, with everybody who has approved it and still may."""
        try:
            outcome = await self.desk.decide(
                self._asked_again(change), change, self._counting(change)
            )
        except Rejected as rejected:
            if rejected.code is not Code.UNAVAILABLE:
                self._move(change, Event.REFUSED, rejected.message)
            raise
        if not isinstance(outcome, Applied):
            return outcome
        number = outcome.revision.number
        self._move(change, Event.AGREED, f"it is revision {number}", number)
        return self.desk.told(outcome)

    def _asked_again(self, change: PendingChange) -> Proposal:
        """The change by whoever asked for it. Raises Rejected where their token was removed."""
        token = self._token(change)
        if change.token and token is None:
            words = told("the token through which the change was asked for is removed")
            raise Rejected(Code.REFUSED, words)
        return Proposal(
            text=change.text,
            base=change.base,
            reason=change.reason,
            author=Actor(change.author, token, signed=change.signed),
            act=change.act,
            starts=change.starts,
        )

    def _move(
        self, change: PendingChange, event: Event, said: str, revision: int | None = None
    ) -> PendingChange:
        return move(self._store, change, event, self.desk.clock.now(), said, revision)

    async def _close(self, author: Actor, id_: str, reason: str, event: Event) -> PendingChange:
        reason, turned_away = needs_words(reason), event is Event.TURNED_AWAY
        async with self.desk.turn:
            self.desk.end_what_is_over()
            change = self._open(id_)
            own = author.name == change.author
            act = (
                Act.ADMINISTRATION_SETTINGS_REJECT
                if turned_away
                else Act.ADMINISTRATION_SETTINGS_WITHDRAW
            )
            words = (
                None
                if turned_away or own
                else told("only whoever asked for a change takes it back")
            )
            doing = Doing(act=act, author=author, reason=reason, what=id_)
            permit = await self._door.permit_unless(
                doing, words, told("`vedette settings reject {id}` turns it away", id=id_)
            )
            return self._end(permit, change, event, f"{author.name}: {reason}")

    # ---- who may approve -----------------------------------------------------------------------

    async def _may_approve(self, author: Actor, change: PendingChange, reason: str) -> Permit:
        doing = Doing(act=_APPROVE, author=author, reason=reason, what=change.id)
        words = self._cant(change, author)
        if words is None:
            words = self._approvals.barred(author, self._counting(change))
        return await self._door.permit_unless(
            doing, words, told("another person may approve it, in their own name")
        )

    @property
    def _door(self) -> AdministrationDoor:
        return AdministrationDoor(self.desk.spine)

    def _cant(self, change: PendingChange, approver: Actor) -> Sentence | None:
        found = self._examined(change)
        return cant_approve(change, self._token(change), approver, found.old, found.new)

    def _examined(self, change: PendingChange) -> Examined:
        return self.desk.examine(
            Proposal(
                text=change.text,
                base=change.base,
                reason=change.reason,
                author=Actor(change.author),
            )
        )

    def _counting(self, change: PendingChange) -> tuple[Approval, ...]:
        """The approvals that are good now: for this content, by people who still may approve."""
        policy, given = self.desk.policy.current(), self._store.approvals(change.id)
        return self._approvals.good(policy, _APPROVE, change, self._token(change), given)

    def _token(self, change: PendingChange) -> ApiToken | None:
        return self._approvals.token(change.token)

    @property
    def _approvals(self) -> Approvals:
        return Approvals(self.tokens)

    # ---- what is kept --------------------------------------------------------------------------

    @property
    def _store(self) -> PendingChanges:
        return self.desk.pending

    def _found(self, id_: str) -> PendingChange:
        found = self._store.get(id_)
        if found is None:
            raise Rejected(
                Code.NOT_FOUND,
                told("there is no change `{id}`", id=id_),
                told("list them with `vedette settings pending`"),
            )
        return found

    def _open(self, id_: str) -> PendingChange:
        """A change that can still become a revision. Raises Rejected where it can't."""
        found = self._found(id_)
        if found.state not in OPEN:
            words = told(
                "the change `{id}` is {state}: {said}",
                id=id_,
                state=STATES[found.state],
                said=found.said,
            )
            raise Rejected(Code.CONFLICT, words, told("ask for it again where it is still wanted"))
        return found

    def _waiting(self, change: PendingChange) -> Waiting:
        approvals = counting(change, self._store.approvals(change.id))
        could = islice(self._could(change, approvals), _MOST_NAMED)
        return Waiting(change=change, approvals=approvals, could=tuple(could))

    def _could(self, change: PendingChange, approvals: tuple[Approval, ...]) -> Iterator[UserId]:
        """Who might be a second person now, where one is wanted."""
        if change.state is not State.WAITING:
            return
        done = {each.person for each in approvals}
        try:
            found = self._examined(change)
        except Rejected:  # as it is now it can't be applied, whoever approves it
            return
        token = self._token(change)
        for user in officers(found.old, _APPROVE):
            barred = cant_approve(change, token, Actor(user), found.old, found.new)
            if user not in done and barred is None:
                yield user

    # ---- effects: each takes a Permit ----------------------------------------------------------

    def _agree(self, permit: Permit, author: Actor, change: PendingChange, reason: str) -> None:
        approval = Approval(
            change=change.id,
            content=change.content,
            person=author.name,
            token=author.token.id if author.token else "",
            reason=reason,
            at=int(self.desk.clock.now()),
            record=permit.record,
        )
        self._store.approve(approval)

    def _end(
        self, _permit: Permit, change: PendingChange, event: Event, said: str
    ) -> PendingChange:
        return self._move(change, event, said)
