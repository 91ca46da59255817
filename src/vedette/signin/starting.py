"""From a candidate to a session with tokens: the rules are asked, and only a Permit begins one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from vedette.core.explain import sentence_for_person
from vedette.core.sessions import Session, SessionState
from vedette.ports.errors import Unavailable
from vedette.signin.issuing import DOUBT, NOT_HANDED_OUT, Issued, Issuing, Standing, Withheld
from vedette.signin.signed_in import SignedIn
from vedette.spine import Permit, Refusal

ANOTHER_DEVICE = "the client named another device"


def started(
    issuing: Issuing,
    session: Session,
    signed: SignedIn,
    *,
    refreshes: bool,
    give_back: Callable[[], None] = lambda: None,
) -> Issued | Withheld:
    """Ask for the session and begin it, or say why there is none.

    1. The session in which the person waited makes room for this one. 2. The door is asked, and
    its yes is on record. 3. If there is no session and a second attempt may succeed, `give_back`
    makes the code or token that was presented valid again, for a session with another id: the id of
    a session that was begun and ended is used up.

    Raises:
        Unavailable: it could not be begun; nobody was let in.
    """
    try:
        _make_room(issuing, session, signed)  # (1)
        settled = issuing.door.start(session)  # (2)
        if isinstance(settled, Permit):
            return issuing.begin(settled, session, refreshes=refreshes)
        withheld = _withheld(settled)
        if withheld is DOUBT:
            _unspent(issuing, session, give_back)  # (3)
        return withheld
    except Unavailable:
        with suppress(Unavailable):
            _unspent(issuing, session, give_back)  # (3)
        raise


@contextmanager
def returned_if_unavailable(give_back: Callable[[], None]) -> Iterator[None]:
    """Call `give_back` if the block raises Unavailable: for what precedes `started`."""
    try:
        yield
    except Unavailable:
        with suppress(Unavailable):
            give_back()
        raise


def _unspent(issuing: Issuing, session: Session, give_back: Callable[[], None]) -> None:
    """Give back what was presented, unless its session exists or ended for another reason."""
    kept = issuing.store.session(session.id)
    if kept is None or kept.because == NOT_HANDED_OUT:
        give_back()


def _withheld(refusal: Refusal) -> Withheld:
    if refusal.in_doubt:
        return DOUBT
    return Withheld(Standing.GONE, sentence_for_person(refusal.decision))


def _make_room(issuing: Issuing, session: Session, signed: SignedIn) -> None:
    """End the waiting session if its device is another one: it would stay for ever otherwise.

    One with the same device ends when its successor is kept.
    """
    waited = None if signed.session is None else issuing.store.session(signed.session)
    if waited is not None and waited.user == session.user and waited.device != session.device:
        issuing.store.move_session(waited.id, SessionState.ENDED, ANOTHER_DEVICE, issuing.now())
