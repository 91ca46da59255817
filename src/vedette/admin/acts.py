"""Acts that wait for a second person: who asked, who approved, and how they are done in the end.

An act is done by whoever asked for it, once more and with the approvals that it has by then: what it
hands out, such as a start code, then reaches nobody else. Its approvals are used up by that.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from vedette.admin.actor import Actor
from vedette.admin.approvals import Approvals, needs_words
from vedette.admin.asking import LATER, prepare
from vedette.admin.door import AdministrationDoor, Doing, Preparing
from vedette.admin.lockout import officers
from vedette.admin.outranking import gives_access, outranked
from vedette.admin.rejected import Code, Rejected, Waits
from vedette.admin.second_person import no_other_person
from vedette.core.asks import Act, Ask, PartySet
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.language import Sentence, told
from vedette.core.names import UserId
from vedette.core.pending import Approval, counting
from vedette.core.waiting_acts import ACT_STATES, ActState, WaitingAct, key_of
from vedette.ports.clock import Clock
from vedette.ports.policy import Policy
from vedette.ports.tokens import ApiTokens
from vedette.ports.waiting_acts import WaitingActs
from vedette.spine import Permit, Settled

_APPROVE = Act.ADMINISTRATION_ACT_APPROVE
_LONGEST = 3 * 86400
"""Seconds within which an act is approved and done: an approval is for the circumstances, too."""
_MOST_WAITING = 50
"""So many acts of one person wait at a time."""
_MOST_LISTED = 200
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class ActsThatWait:
    """Where an act waits, and is known again by what it does when its author does it once more."""

    store: WaitingActs
    tokens: ApiTokens
    clock: Clock

    async def settle(self, door: AdministrationDoor, doing: Doing, preparing: Preparing) -> Settled:
        """What is answered to an act with the approvals that it has.

        1. What is allowed as it is, or with those, is permitted; they are used up. 2. What no number
        of approvals would allow is refused. 3. What more of them would allow is kept, and waits, as
        does what gives access to somebody with more rights than its author.

        Raises:
            Rejected: it waits; or somebody did the same with these approvals just now.
            Unavailable: the store does not answer.
        """
        kept, counted, lacked = self._again(doing), tuple[Approval, ...](), ""

        def with_approvals(policy: Policy, doing: Doing) -> tuple[Ask, Facts] | Decision:
            nonlocal counted, lacked
            counted = () if kept is None else self.counting(policy, kept)
            waited = kept.id if counted and kept else ""
            lacked = _lacked(policy, doing)
            ways = prepare(narrows=False, persons=1 if lacked else 0, first=preparing)
            return ways(policy, replace(doing, approvals=len(counted), waited=waited))

        settled = await door.settle(doing, with_approvals, LATER)
        if not isinstance(settled, Permit):  # (2)
            return settled
        if settled.decision.verdict is Verdict.YES:  # (1)
            if kept is not None and counted:
                self._use(settled, kept)
            return settled
        waiting = kept or self._keep(doing, settled.record)
        raise Waits(waiting.id, settled.record, lacked)  # (3)

    def counting(self, policy: Policy, act: WaitingAct) -> tuple[Approval, ...]:
        """The approvals that are good now."""
        approvals = Approvals(self.tokens)
        given = self.store.approvals(act.id)
        asked_by = approvals.token(act.token)
        if self.lacked_by_author(policy, act):
            whom, actor = UserId(act.over), approvals.actor
            given = tuple(e for e in given if not outranked(policy, actor(e.person, e.token), whom))
        return approvals.good(policy, _APPROVE, act, asked_by, given, _over(policy, act))

    def lacked_by_author(self, policy: Policy, act: WaitingAct) -> str:
        """A right that its author lacks of those which whom it gives access to has; empty for none."""
        over = UserId(act.over) if act.over else None
        author = Approvals(self.tokens).actor(act.author, act.token)
        doing = Doing(act=act.act, author=author, over=over, what=act.what, more=act.more)
        return _lacked(policy, doing)

    def open(self) -> tuple[WaitingAct, ...]:
        """Every act that waits and whose time is not over, oldest first; ends the others."""
        now, found = self.clock.now(), []
        for act in self.store.waiting():
            if now < act.expires:
                found.append(act)
            else:
                over = replace(act, state=ActState.EXPIRED, ended=int(now), said="its time is over")
                self.store.end(over)
        return tuple(found)

    def _again(self, doing: Doing) -> WaitingAct | None:
        key = _key(doing)
        return next((each for each in self.open() if each.key == key), None)

    def _keep(self, doing: Doing, record: str) -> WaitingAct:
        """Have it wait. Raises Rejected where too many of its author do."""
        author, now = doing.author.name, int(self.clock.now())
        if sum(each.author == author for each in self.open()) >= _MOST_WAITING:
            raise Rejected(
                Code.CONFLICT,
                told("{most} acts of yours wait for a second person already", most=_MOST_WAITING),
                told("have some of them looked at first"),
                record=record,
            )
        act = WaitingAct(
            id=secrets.token_hex(5),
            act=doing.act,
            author=author,
            token=doing.author.token.id if doing.author.token else "",
            over=str(doing.over or ""),
            what=doing.what,
            more=doing.more,
            reason=doing.reason,
            asked=now,
            expires=now + _LONGEST,
            record=record,
        )
        self.store.add(act)
        return act

    def _use(self, permit: Permit, act: WaitingAct) -> None:
        """Use its approvals up. Raises Rejected where somebody has done so just now."""
        done = replace(
            act, state=ActState.DONE, ended=int(self.clock.now()), said=f"record {permit.record}"
        )
        if not self.store.end(done):
            raise Rejected(
                Code.CONFLICT,
                told("this was done just now, with the same approvals"),
                told("ask for it anew where it is wanted once more"),
                record=permit.record,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ActView:
    """An act, those who approved it, who could still, and whether its author may do it now."""

    act: WaitingAct
    approvals: tuple[Approval, ...]
    could: tuple[UserId, ...]
    enough: bool


@dataclass(frozen=True, slots=True)
class ActsDesk:
    """Where acts that wait are seen, approved and turned away.

    Every method raises Rejected where the rules refuse it or the act stands otherwise, and
    Unavailable where a store does not answer.
    """

    door: AdministrationDoor
    acts: ActsThatWait

    async def every(self, author: Actor) -> tuple[ActView, ...]:
        """Every act that waits, and those that ended last; newest first."""
        await self.door.permit(Doing(act=Act.ADMINISTRATION_ACT_LIST, author=author))
        self.acts.open()
        return tuple(self._view(each) for each in self.acts.store.newest(_MOST_LISTED))

    async def one(self, author: Actor, id_: str) -> ActView:
        """One act."""
        await self.door.permit(Doing(act=Act.ADMINISTRATION_ACT_LIST, author=author, what=id_))
        self.acts.open()
        return self._view(self._found(id_))

    async def approve(self, author: Actor, id_: str, reason: str, content: str = "") -> ActView:
        """Be the second person for an act; its author then does it.

        `content` is the hash of what the approver has seen, where they say so.
        """
        reason, seen = needs_words(reason), self.acts.store.get(id_)
        doing = _about(_APPROVE, author, id_, seen, reason)
        barred = None if seen is None else self._barred(seen, author)
        hint = told("another person may approve it, in their own name")
        permit = await self.door.permit_unless(doing, barred, hint)
        act = self._waiting(id_)
        if content and content != act.content:
            raise Rejected(
                Code.CONFLICT,
                told("the act `{id}` says something else than what you have seen", id=id_),
                told("look at it again with `vedette act show {id}`", id=id_),
            )
        self._agree(permit, author, act, reason)
        return self._view(self._found(id_))

    async def reject(self, author: Actor, id_: str, reason: str) -> ActView:
        """Turn an act away that waits, for good."""
        reason, seen = needs_words(reason), self.acts.store.get(id_)
        doing = _about(Act.ADMINISTRATION_ACT_REJECT, author, id_, seen, reason)
        permit = await self.door.permit(doing)
        self._turn_away(permit, self._waiting(id_), f"{author.name}: {reason}")
        return self._view(self._found(id_))

    # ---- who may -------------------------------------------------------------------------------

    def _barred(self, act: WaitingAct, approver: Actor) -> Sentence | None:
        """Why somebody is no second person for an act, or None where they may be."""
        approvals = Approvals(self.acts.tokens)
        words = no_other_person(act, approvals.token(act.token), approver)
        if words is None and approver.name == act.over:
            return told("nobody approves what is done over themselves")
        policy = self._policy()
        lacked = outranked(policy, approver, UserId(act.over)) if act.over else None
        if words is None and lacked is not None and self.acts.lacked_by_author(policy, act):
            return told(
                "`{whom}` may administer what you may not (`{right}`)", whom=act.over, right=lacked
            )
        counted = self.acts.counting(policy, act)
        return words or approvals.barred(approver, counted)

    # ---- what is kept --------------------------------------------------------------------------

    def _policy(self) -> Policy:
        return self.door.spine.policy.current()

    def _found(self, id_: str) -> WaitingAct:
        found = self.acts.store.get(id_)
        if found is None:
            raise Rejected(
                Code.NOT_FOUND,
                told("no act waits as `{id}`", id=id_),
                told("list them with `vedette act list`"),
            )
        return found

    def _waiting(self, id_: str) -> WaitingAct:
        self.acts.open()
        found = self._found(id_)
        if found.state is not ActState.WAITING:
            raise Rejected(
                Code.CONFLICT,
                told(
                    "the act `{id}` is {state}: {said}",
                    id=id_,
                    state=ACT_STATES[found.state],
                    said=found.said,
                ),
                told("it is asked for anew where it is still wanted"),
            )
        return found

    def _view(self, act: WaitingAct) -> ActView:
        policy, given = self._policy(), self.acts.store.approvals(act.id)
        if act.state is not ActState.WAITING:
            return ActView(act=act, approvals=counting(act, given), could=(), enough=False)
        counted = self.acts.counting(policy, act)
        could = islice(self._could(policy, act), _MOST_NAMED)
        enough = self._enough(policy, act, len(counted))
        return ActView(act=act, approvals=counted, could=tuple(could), enough=enough)

    def _could(self, policy: Policy, act: WaitingAct) -> Iterator[UserId]:
        for user in officers(policy, _APPROVE):
            if self._barred(act, Actor(user)) is None:
                yield user

    def _enough(self, policy: Policy, act: WaitingAct, approvals: int) -> bool:
        """Whether its author would be let do it now. It is not recorded."""
        author = Actor(act.author, Approvals(self.acts.tokens).token(act.token))
        over = UserId(act.over) if act.over else None
        doing = Doing(act=act.act, author=author, over=over, approvals=approvals)
        persons = 1 if self.acts.lacked_by_author(policy, act) else 0
        found = prepare(narrows=False, persons=persons)(policy, doing)
        if isinstance(found, Decision):
            return False
        ask, facts = found
        return policy.decide(ask, facts, policy.directory.today).verdict is Verdict.YES

    # ---- effects: each takes a Permit ----------------------------------------------------------

    def _agree(self, permit: Permit, author: Actor, act: WaitingAct, reason: str) -> None:
        self.acts.store.approve(
            Approval(
                change=act.id,
                content=act.content,
                person=author.name,
                token=author.token.id if author.token else "",
                reason=reason,
                at=int(self.acts.clock.now()),
                record=permit.record,
            )
        )

    def _turn_away(self, _permit: Permit, act: WaitingAct, said: str) -> None:
        now = int(self.acts.clock.now())
        if not self.acts.store.end(replace(act, state=ActState.REJECTED, ended=now, said=said)):
            raise Rejected(Code.CONFLICT, told("the act `{id}` waits no more", id=act.id))


def _lacked(policy: Policy, doing: Doing) -> str:
    """A right that its author lacks of those which whom it gives access to has; empty for none."""
    if not gives_access(doing.act, doing.what, doing.more):
        return ""
    return outranked(policy, doing.author, doing.over) or ""


def _about(act: Act, author: Actor, id_: str, waiting: WaitingAct | None, reason: str) -> Doing:
    """What is done about an act that waits is asked over whom that act goes."""
    over = UserId(waiting.over) if waiting is not None and waiting.over else None
    return Doing(act=act, author=author, over=over, reason=reason, what=id_)


def _key(doing: Doing) -> str:
    token = doing.author.token.id if doing.author.token else ""
    over = str(doing.over or "")
    return key_of(doing.act, doing.author.name, token, over, doing.what, doing.more)


def _over(policy: Policy, act: WaitingAct) -> PartySet | None:
    return policy.directory.someone(UserId(act.over)).parties if act.over else None
