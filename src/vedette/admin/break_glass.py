"""Recovery, the break-glass: opened by the offline code, on control's own host, for one hour.

While it is open, whoever holds the local token acts as `RECOVERING`: somebody with a party of their
own and no other, whom one rule that is fixed in code allows everything. No forbid of a document
names that party, so none bites; every act is asked and recorded all the same, under that rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vedette.admin.actor import RECOVERING, Actor
from vedette.admin.door import AdministrationDoor, Doing, administration_facts
from vedette.admin.policy import RECOVERY, recovering_administrator
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act, Ask
from vedette.core.break_glass import SPELL, Recovery, Shown
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts, Missing, Value
from vedette.core.language import told
from vedette.core.names import UserId
from vedette.core.reasons import Reason
from vedette.core.towards import organisation
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.ports.recovery import RecoveryState
from vedette.protocol.recovery import OFFLINE_BYTES, offline_code, offline_digest
from vedette.spine import Permit, Spine, refuse

REASON = "recovery with the offline code"
"""What the record says as the reason: a fixed sentence, since whoever holds the code is not known."""

_BEGIN = Act.ADMINISTRATION_RECOVERY_BEGIN


@dataclass(frozen=True, slots=True)
class Begun:
    """Recovery is open until `until`, in seconds since 1970; `record` says so."""

    until: int
    record: str


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Where recovery is begun and ended, and where the offline code is made anew."""

    spine: Spine
    state: RecoveryState
    organisation: str

    async def begin(self, code: str) -> Begun:
        """Open recovery for an hour, from now on.

        1. The code is right, and not too many wrong ones were shown lately; a wrong one is counted
        before anything is said. 2. It is on record. 3. Recovery is open.

        Raises:
            Rejected: one of these does not hold; nothing was opened.
            Unavailable: it can't be kept.
        """
        with self.state.alone():
            kept, now = self._known(), self.spine.clock.now()
            shown, after = kept.shown(offline_digest(code, self.organisation), now)  # (1)
            self.state.keep(after)
            permit = await self._permit(shown)  # (2)
            opened = after.opened(now, permit.record)
            _open(permit, self.state, opened)  # (3)
            return Begun(opened.until, permit.record)

    async def end(self) -> str:
        """Close recovery; returns the record. Raises Rejected when it is not open."""
        with self.state.alone():
            kept = self._known()
            if not kept.is_open(self.spine.clock.now()):
                raise Rejected(Code.NOTHING_CHANGES, told("recovery is not open"))
            act = Act.ADMINISTRATION_RECOVERY_END
            doing = Doing(act=act, author=RECOVERING, reason=REASON)
            permit = await AdministrationDoor(self.spine).permit(doing)
            _open(permit, self.state, kept.ended())
            return permit.record

    async def renew(self, author: Actor, random: bytes) -> str:
        """Make a new offline code, after which the one before is good for nothing, and return it.

        The rules are asked. `random` are `OFFLINE_BYTES` random bytes. Raises Rejected.
        """
        with self.state.alone():
            act, kept = Act.ADMINISTRATION_RECOVERY_RENEW, self.state.load()
            permit = await AdministrationDoor(self.spine).permit(Doing(act=act, author=author))
            code = offline_code(random)
            now = self.spine.clock.now()
            new = new_recovery(code, self.organisation, now)
            _open(permit, self.state, kept.renewed(new.digest, now) if kept is not None else new)
            return code

    def _known(self) -> Recovery:
        kept = self.state.load()
        if kept is None:
            raise Rejected(
                Code.NOT_FOUND,
                told("no offline code was ever made here"),
                told("make one while the settings still allow it: `vedette recover --new-code`"),
            )
        return kept

    async def _permit(self, shown: Shown) -> Permit:
        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            if shown is not Shown.RIGHT:
                return refuse(policy, Reason.WRONG_CODE)
            who = recovering_administrator(policy.directory.document)
            known = administration_facts(_BEGIN, frozenset(), RECOVERING.comes).known
            ask = organisation(_BEGIN, who, Channel.ADMINISTER)
            return ask, Facts(known, {"reason": REASON})

        settled = await self.spine.settle_durably(_BEGIN, RECOVERY, gather)
        if isinstance(settled, Permit):
            return settled
        if settled.in_doubt:
            raise Unavailable("recovery can't be put on record, so it was not begun")
        words = told("this is not the offline code")
        hint = told("it is eight groups of four letters and digits; case and hyphens don't matter")
        if shown is Shown.TOO_MANY:
            words = told("too many wrong codes were shown")
            hint = told("try again in {minutes} minutes", minutes=SPELL // 60)
        raise Rejected(Code.REFUSED, words, hint, record=settled.record)


def officers(policy: Policy) -> Iterator[UserId]:
    """Our people who might change the settings, whatever else that takes: they are told."""
    act, directory = Act.ADMINISTRATION_SETTINGS_APPLY, policy.directory
    known: dict[str, Value | Missing] = {
        "act": act.value,
        "act.through": Missing.PENDING,
        "approvals": Missing.PENDING,
        "change.widens": Missing.PENDING,
    }
    facts = Facts(known)
    for alike in directory.alike():
        ask = organisation(act, alike.someone, Channel.ADMINISTER)
        counts = alike.person.active and not alike.person.guest
        if counts and policy.decide(ask, facts, directory.today).verdict is not Verdict.NO:
            yield from map(UserId, alike.users)


def new_recovery(code: str, name: str, now: float) -> Recovery:
    """What is kept of a new offline code of the organisation `name`."""
    return Recovery(digest=offline_digest(code, name), made=int(now))


def _open(_permit: Permit, state: RecoveryState, recovery: Recovery) -> None:
    """Keep how recovery stands: the effect, which takes a Permit."""
    state.keep(recovery)


__all__ = ["OFFLINE_BYTES", "REASON", "Begun", "BreakGlass", "new_recovery", "officers"]
