"""A Kerberos ticket on the pages: the computer shows it, and nobody types (RFC 4559).

1. The page offers it; in networks that the settings name it is asked for at once, once for each
sign-in. 2. The browser is sent to an address that asks for a ticket by 401, and whose page is the form:
whoever has none goes on there. 3. Only a flow that asked is answered, with one token; then it must
ask again by a click, so that no browser is sent in a circle. 4. The directory is asked after that.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from vedette.core.names import UserId
from vedette.core.reasons import Reason
from vedette.core.sessions import FactorUse, networks_of
from vedette.ports.directory import BindAnswer
from vedette.ports.errors import Unavailable
from vedette.ports.tickets import TakenTicket
from vedette.signin.flow import NoSuchMove, Step, shown
from vedette.signin.password import REASONS
from vedette.signin.ticket_desk import TicketDesk
from vedette.signin.walk import Seen, Turn, Walk

_LOG = logging.getLogger("vedette.signin")
VISIT = "/sign-in/kerberos"
KIND = "kerberos"
AT_ONCE, CLICKED, OVER = "at-once", "clicked", "over"
"""How a flow stands: its page asked by itself, its person asked, the answer is in."""


def desk(walk: Walk) -> TicketDesk | None:
    """Where tickets are taken, if people may sign in by them now. Raises StalePolicy."""
    there = walk.means.tickets
    return there if there is not None and walk.values().kerberos == "yes" else None


def ask(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Send the browser to where a ticket is asked for."""
    del form, seen
    if desk(walk) is None:
        raise NoSuchMove("no ticket is asked for here")
    return replace(turn, flow=replace(turn.flow, ticket=CLICKED), leave=VISIT)


def at_once(walk: Walk, turn: Turn, seen: Seen) -> Turn | None:
    """The same without a click, the first time that the flow is looked at in such a network."""
    flow = turn.flow
    if flow.step is not Step.WHO or flow.ticket or not turn.name or desk(walk) is None:
        return None
    document = walk.policy.current().directory.document
    ranges = {
        str(name): document.networks.get(name, ()) for name in document.sign_in.kerberos_networks
    }
    here = networks_of(seen.address, ranges)
    if here is None or here.isdisjoint(ranges):
        return None
    return walk.kept(replace(turn, flow=replace(flow, ticket=AT_ONCE), leave=VISIT))


def waits(walk: Walk, turn: Turn) -> bool:
    """Whether this flow asked for a ticket, and has no answer yet. Raises StalePolicy."""
    flow = turn.flow
    asked = flow.step is Step.WHO and flow.ticket in (AT_ONCE, CLICKED)
    return asked and desk(walk) is not None


def answer(
    walk: Walk, turn: Turn, token: bytes, end_point: bytes, seen: Seen
) -> tuple[Turn, bytes]:
    """What the browser answered: how the flow goes on, and what proves to it who we are.

    Raises:
        NoSuchMove: this flow did not ask.
        Unavailable: something other than the directory does not answer.
    """
    tickets, flow = desk(walk), turn.flow
    if tickets is None or not waits(walk, turn):
        raise NoSuchMove("no ticket was asked for")
    over = replace(turn, flow=replace(flow, ticket=OVER))
    if not walk.attempts.address_may(walk.values(), seen.address):
        return walk.kept(replace(over, error="ticket-no"), before=flow), b""
    bound = walk.values().kerberos_binding == "required"
    taken = tickets.take(token, end_point, bound=bound)
    if taken is None:
        return walk.kept(replace(over, error="ticket-no"), before=flow), b""
    walk.attempts.address_proved(seen.address)
    after = _of(walk, over, tickets, taken, seen)
    return walk.kept(after, before=flow), b"" if after.error else taken.answer


def _of(walk: Walk, turn: Turn, tickets: TicketDesk, taken: TakenTicket, seen: Seen) -> Turn:
    """How it goes on for the person whose ticket it is.

    Without the directory's word nobody comes in by a ticket: the form is there still.
    """
    try:
        found = tickets.whose(taken)
    except Unavailable as outage:
        _LOG.warning("the ticket of `%s` was not taken: %s", taken.principal, outage)
        return replace(turn, error="ticket-later")
    if found is None:
        _LOG.info("the ticket of `%s` is nobody's here", taken.principal)
        return replace(turn, error="ticket-no")
    user = UserId(f"@{found.localpart}:{walk.means.domain}")
    if found.answer is not BindAnswer.OK:
        walk.door.turned_away(user, REASONS[found.answer])
        return replace(turn, error="ticket-no")
    if tickets.names is not None and user not in walk.policy.current().directory.people:
        walk.door.turned_away(user, Reason.DIRECTORY_NOT_READ)
        return replace(turn, error="ticket-not-read")
    if walk.known_here(found.localpart) is None:
        _LOG.info("the ticket of `%s` is of somebody without an account", taken.principal)
        return replace(turn, error="ticket-no")
    use = FactorUse(kind=KIND, at=walk.means.now(), proven_by=taken.principal.realm)
    return walk.advanced(replace(turn, flow=shown(turn.flow, found.localpart, use)), seen)
