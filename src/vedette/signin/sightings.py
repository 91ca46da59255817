"""Hears from the gateway which sessions it saw, from where and with which program."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import Route

from vedette.core.sessions import Session, SessionState, by_rule
from vedette.protocol.internal.sightings import PATH, Sighting, sightings_of
from vedette.signin.issuing import Issuing
from vedette.signin.presented import Presented, facts_on_the_way
from vedette.signin.wire import Asked, Reply, address_of, endpoint, matrix_error


@dataclass(frozen=True, slots=True)
class Sighted:
    """Keeps what was seen, and asks the rules again where a session moved."""

    issuing: Issuing

    def hear(self, asked: Asked) -> Reply:
        """POST of the gateway."""
        try:
            seen = sightings_of(asked.json())
        except ValueError as fault:
            return matrix_error(400, "M_BAD_JSON", str(fault))
        for each in seen:
            self._one(each)
        return Reply(json={})

    def _one(self, sighting: Sighting) -> None:
        session = self.issuing.store.session(sighting.session)
        if session is None or not _asked_again(session):
            return
        presented = Presented(address=address_of(sighting.address), user_agent=sighting.agent)
        moved = self.issuing.noted(session, presented, facts_on_the_way(session, presented))
        if moved.facts != session.facts:
            self.issuing.again(moved)


def _asked_again(session: Session) -> bool:
    """Whether rules are asked about it: it lives, or a rule suspended it."""
    held = session.state is SessionState.SUSPENDED and by_rule(session.because)
    return held or session.state is SessionState.LIVE


def routes(sighted: Sighted) -> list[Route]:
    """The endpoint, to be mounted. No public row leads to it."""
    return [endpoint(PATH, "POST", sighted.hear)]
