"""Revisions on trial: confirmed by somebody who got in, or returned by control itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing
from vedette.admin.rejected import Code, Rejected
from vedette.admin.returning import Return, returning
from vedette.admin.settings import SettingsDesk
from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.language import told
from vedette.core.reasons import Reason
from vedette.core.revision import Revision
from vedette.core.trial import Trial
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.spine import Permit

_WHO = "control"
_CONFIRM = Act.ADMINISTRATION_SETTINGS_CONFIRM
_RESTORE = Act.ADMINISTRATION_SETTINGS_RESTORE


@dataclass(frozen=True, slots=True)
class TrialDesk:
    """Where a revision on trial is confirmed, and from where it returns."""

    desk: SettingsDesk

    async def current(self) -> Trial | None:
        """The trial of the revision in force, if it is on trial. Raises Unavailable."""
        async with self.desk.turn:
            return self.desk.on_trial()

    async def confirm(self, author: Actor, revision: int, reason: str) -> str:
        """Let the revision in force stay; returns the record.

        Raises:
            Rejected: it is not on trial, or not the one in force; or the rules refuse it.
        """
        async with self.desk.turn:
            trial = self.desk.on_trial()
            doing = Doing(act=_CONFIRM, author=author, what=str(revision), reason=reason)
            permit = await AdministrationDoor(self.desk.spine).permit(doing)
            if trial is None or trial.revision != revision:
                raise Rejected(
                    Code.CONFLICT,
                    told(
                        "revision {revision} is not on trial: it is confirmed, has returned, or another"
                        " one was applied on it",
                        revision=revision,
                    ),
                    told("`vedette settings history` shows which one is in force"),
                )
            self._confirm(permit)
        return permit.record

    async def keep(self) -> Revision | None:
        """Return what nobody has confirmed in time; the revision by which it returned, or None.

        What came on it and only refuses more stays (`admin.returning`). No rule is asked: a rule of
        the very revision might refuse it. It is fixed in code, and on record. Raises Unavailable.
        """
        async with self.desk.turn:
            trial = self.desk.on_trial()
            if trial is None or self.desk.clock.now() < trial.until:
                return None
            goes = self._returning(trial)
            if goes.text == self.desk.current()[0].text:  # it has returned, and we stopped then
                self.desk.trials.end()
                return None
            settled = await self.desk.spine.settle_durably(_RESTORE, _WHO, _fixed)
            if not isinstance(settled, Permit):
                raise Unavailable(
                    f"revision {trial.revision} can't return: nothing can be recorded"
                )
            try:
                made, document = self.desk.back(settled, goes.text, goes.reason)
            except Rejected as rejected:  # somebody else has made a revision just now
                raise Unavailable(str(rejected.message)) from rejected
            self.desk.end_what_is_over()
            await self.desk.put_in_force(made, document)
        return made

    def _returning(self, trial: Trial) -> Return:
        numbers = range(trial.back_to, trial.revision + 1)
        today = date.fromordinal(self.desk.clock.today())
        return returning([self.desk.revision(number) for number in numbers], today)

    def _confirm(self, _permit: Permit) -> None:
        self.desk.trials.end()


async def _fixed(policy: Policy) -> tuple[Ask, Facts] | Decision:
    return Decision(verdict=Verdict.YES, reason=Reason.SERVICE, revision=policy.rules.revision)
