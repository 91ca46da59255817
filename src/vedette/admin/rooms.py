"""Rooms that exist: what the event door found of them, the wish to have them judged again, and what
somebody might do in one.
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing, needs_reason
from vedette.admin.rejected import Code, Rejected
from vedette.admin.why import Why, Wondering, room_question, why_in_room
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.ports.asked_rooms import AskedRooms
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.standing import RoomReports
from vedette.protocol.internal.asked_rooms import Missing, RoomQuestion
from vedette.protocol.internal.standing import Report, RoomEntry
from vedette.spine import Permit, Spine

NO_REPORT = told("no room was judged yet")


@dataclass(slots=True)
class RoomsDesk:
    """What an administrator sees and does about rooms."""

    spine: Spine
    reports: RoomReports
    clock: Clock
    asked: AskedRooms

    async def counts(self, author: Actor) -> Report:
        """The newest report, of which only the numbers may be told. Raises as `report`."""
        await self._permit(Act.ADMINISTRATION_ROOM_COUNT, author)
        return self._last()

    def _last(self) -> Report:
        report = self.reports.last()
        if report is None:
            hint = told("the event door judges them as soon as it runs; is Synapse running?")
            raise Rejected(Code.NOT_FOUND, NO_REPORT, hint)
        return report

    async def report(self, author: Actor) -> Report:
        """The newest report.

        Raises:
            Rejected: the rules refuse it, or there is none yet.
            Unavailable: it can't be read.
        """
        await self._permit(Act.ADMINISTRATION_ROOM_LIST, author)
        return self._last()

    async def room(self, author: Actor, named: str) -> RoomEntry:
        """One room, by its id, or by its name where only one is called so. Raises as `report`."""
        report = await self.report(author)
        found = [entry for entry in report.rooms if named in (entry.room, entry.name)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(entry.room for entry in found)
            raise Rejected(
                Code.INVALID,
                told("more than one room is called `{named}`", named=named),
                told("they are {ids}", ids=ids),
            )
        raise Rejected(
            Code.NOT_FOUND,
            told("`{named}` is not among the rooms that are against the rules", named=named),
            told("`vedette room list` lists those; whatever is not listed is in order"),
        )

    async def sweep(self, author: Actor, reason: str) -> tuple[str, str]:
        """Wish for a sweep; returns the word that its report will repeat, and the act's record.

        Raises:
            Rejected: the rules refuse it, or no reason was given.
            Unavailable: the event door's folder can't be written.
        """
        permit = await self._permit(Act.ADMINISTRATION_ROOM_SWEEP, author, needs_reason(reason))
        word = f"{self.clock.now():.6f}"
        self.reports.wish(word)
        return word, permit.record

    async def why(self, author: Actor, wondering: Wondering) -> Why:
        """What would be answered to something that is done in a room, as the event door sees it now.

        Who is in a room is seen by it, so it is asked as an act of its own over the room.

        Raises:
            Rejected: the rules refuse it, it can't be asked like this, no such room is here, or
                Synapse does not answer.
        """
        question = room_question(wondering)
        doing = Doing(act=Act.ADMINISTRATION_ROOM_LIST, author=author, what=question.room)
        await AdministrationDoor(self.spine).permit(doing)
        try:
            found = await self.asked.wonder(question)
        except Unavailable as outage:
            raise _away() from outage
        if isinstance(found, Missing):
            raise _missing(found, question)
        return why_in_room(self.spine.policy.current(), wondering, found, self.clock.today())

    async def _permit(self, act: Act, author: Actor, reason: str = "") -> Permit:
        return await AdministrationDoor(self.spine).permit(
            Doing(act=act, author=author, reason=reason)
        )


def _away() -> Rejected:
    return Rejected(
        Code.UNAVAILABLE,
        told("Synapse, which alone knows who is in a room, does not answer now"),
        told("`vedette doctor` says how it is; person by person it is not needed"),
    )


def _missing(missing: Missing, question: RoomQuestion) -> Rejected:
    if missing is Missing.ROOM:
        return Rejected(
            Code.NOT_FOUND,
            told("the homeserver knows no room `{room}`", room=question.room),
            told("write the id of a room in which one of us is; ids differ in capitals too"),
        )
    return Rejected(
        Code.CONFLICT,
        told("{who} is not in that room, so Synapse itself refuses it", who=question.who),
        told(
            "whether they may come in is asked with the channel `contact` and nobody named as `to`"
        ),
    )
