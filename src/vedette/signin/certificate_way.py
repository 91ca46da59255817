"""A company's certificate on the pages: shown at an address of its own, brought back to the same flow.

1. The browser is sent to the gateway's certificates address with a ticket that only the flow in this
browser can have asked for. 2. There the handshake proves which certificate it holds; that is kept
under a new secret, with which the browser goes back. 3. Only the browser whose flow asked can use it:
whoever sends the ticket to somebody else gets nothing of what that person shows. 4. The certificate
is judged then, and its person must be the one who is signing in.

Between (1) and (2) the browser asks its person, and may do so for ever: in a window behind this one, for
a card that is not there, or not at all. Until something answers, the page that sent it stays where it
is; so from there one may ask again, or go on without.
"""

from __future__ import annotations

import base64
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vedette.core.sessions import CERTIFICATE
from vedette.protocol.x509.faults import Fault
from vedette.signin.flow import (
    ASKED,
    Event,
    Flow,
    NoSuchMove,
    Step,
    certified,
    moved,
    on_device,
)
from vedette.signin.purpose import LIFE, key_of
from vedette.signin.vouched import NotVouched, Vouched
from vedette.signin.walk import Seen, Turn, Walk

if TYPE_CHECKING:
    from vedette.ports.sign_in import SignInStore

_LOG = logging.getLogger("vedette.signin")
VISIT = "/sign-in/certificate"
BACK = "/sign-in/certificate/back"
MEMORY = "=certificate"
"""How the memory of a flow begins that waits for a certificate; no provider has such a name."""
_TICKET, _SHOWN = "certificate-ticket", "certificate-shown"
_SHOWN_LIFE = 120
"""Seconds within which a browser comes back with what it showed."""


def depart(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Send the browser to where certificates are shown, the first time or once more."""
    del form, seen
    certificates, flow = walk.certificates(), turn.flow
    if certificates is None or (flow.step is Step.AWAY and not awaited(flow)):
        raise NoSuchMove("no certificate is asked for here")
    asked = flow.device_proof == ASKED or CERTIFICATE in walk.choices(flow)
    if flow.localpart and not asked:
        raise NoSuchMove("this factor is not asked for")
    state, ticket = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    now = walk.means.now()
    walk.means.store.put_once(_TICKET, key_of(ticket), state.encode(), now + LIFE)
    away = replace(moved(flow, Event.LEFT), memory=f"{MEMORY} {state}")
    address = f"{certificates.address.rstrip('/')}{VISIT}?for={ticket}"
    return replace(turn, flow=away, leave=address)


def awaited(flow: Flow) -> bool:
    """Whether the browser was sent to show a certificate, and has not come back."""
    return flow.step is Step.AWAY and flow.memory.startswith(MEMORY)


def without(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Go on in another way; what the browser may still show counts for nothing then."""
    del walk, form, seen
    if not awaited(turn.flow):
        raise NoSuchMove("nobody was sent to show a certificate")
    return _without(turn, "")


def apart(walk: Walk) -> bool:
    """Whether certificates are shown under another host name: cookies know hosts, not ports."""
    certificates = walk.means.certificates
    own = urlsplit(walk.callback).hostname
    return certificates is not None and urlsplit(certificates.address).hostname != own


def shown(store: SignInStore, ticket: str, certificate: bytes, now: int) -> str | None:
    """Keep what a connection showed to the holder of a ticket; returns the secret to go back with.

    `certificate` is DER, empty if none was shown. None if there is no such ticket any more.
    """
    state = store.take(_TICKET, key_of(ticket), now)
    if state is None:
        return None
    answer = secrets.token_urlsafe(32)
    held = {"state": state.decode(), "certificate": base64.b64encode(certificate).decode()}
    store.put_once(_SHOWN, key_of(answer), json.dumps(held).encode(), now + _SHOWN_LIFE)
    return answer


def come_back(walk: Walk, turn: Turn, answer: str, seen: Seen) -> Turn:
    """Somebody came back from where certificates are shown. Raises NoSuchMove or Unavailable."""
    flow, store = turn.flow, walk.means.store
    mark, _, state = flow.memory.partition(" ")
    found = store.peek(_SHOWN, key_of(answer), walk.means.now())
    if flow.step is not Step.AWAY or mark != MEMORY or found is None:
        raise NoSuchMove("nobody was sent to show a certificate")
    held = json.loads(found)
    if not secrets.compare_digest(held["state"].encode(), state.encode()):
        raise NoSuchMove("this was shown in another sign-in")
    after = _judged(walk, turn, base64.b64decode(held["certificate"]), seen)
    # Only now: while something did not answer, the same page may be asked for again.
    if store.take(_SHOWN, key_of(answer), walk.means.now()) is None:
        raise NoSuchMove("this was shown already")
    return walk.kept(after, before=flow)


def _judged(walk: Walk, turn: Turn, certificate: bytes, seen: Seen) -> Turn:
    flow, certificates = turn.flow, walk.certificates()
    if certificates is None or not certificate:
        return _without(turn, "certificate-none")
    judged = certificates.judged(certificate)
    if isinstance(judged, NotVouched):
        _LOG.info("a certificate was not taken: %s", judged.sentence)
        return _without(turn, _SENTENCES.get(judged.fault, "certificate-no"))
    if judged.of_device:
        return _of_device(walk, turn, judged, seen)
    if flow.device_proof == ASKED:
        return _without(turn, "device-proof-not")
    if not judged.localpart or walk.known_here(judged.localpart) is None:
        _LOG.info("a certificate names nobody here: %s", judged.described)
        return _without(turn, "certificate-nobody")
    if flow.localpart not in ("", judged.localpart):
        _LOG.info("somebody showed the certificate of somebody else: %s", judged.described)
        return walk.mistake(replace(turn, flow=moved(flow, Event.MORE)), seen, "certificate-other")
    return walk.advanced(_proven(walk, turn, judged), seen)


def _of_device(walk: Walk, turn: Turn, judged: Vouched, seen: Seen) -> Turn:
    """The certificate of a managed device: it lets nobody in, and goes with whoever is signing in."""
    flow = turn.flow
    if not flow.localpart:
        return _without(turn, "device-proof-person")
    if judged.localpart not in ("", flow.localpart):
        _LOG.info("somebody showed the certificate of somebody else: %s", judged.described)
        return walk.mistake(replace(turn, flow=moved(flow, Event.MORE)), seen, "certificate-other")
    walk.means.store.certificates.keep(judged.kept(walk.means.now()))
    return walk.advanced(replace(turn, flow=on_device(flow, judged.shown)), seen)


def _proven(walk: Walk, turn: Turn, judged: Vouched) -> Turn:
    now = walk.means.now()
    walk.means.store.certificates.keep(judged.kept(now))
    flow = certified(turn.flow, judged.localpart, judged.use(now), judged.shown)
    return replace(turn, flow=flow)


def _without(turn: Turn, error: str) -> Turn:
    """Back to the forms, with the sentence that says what happened."""
    back = Event.MORE if turn.flow.localpart else Event.BACK
    return replace(turn, flow=moved(turn.flow, back), error=error)


_SENTENCES = {
    Fault.EXPIRED: "certificate-expired",
    Fault.NOT_YET_VALID: "certificate-not-yet",
    Fault.REVOKED: "certificate-revoked",
    Fault.STATUS_UNKNOWN: "certificate-unknown",
    # nothing is wrong with the certificate then, but with what is known of it
    **{each: "certificate-unknown" for each in Fault if each.startswith(("crl-", "ocsp-"))},
}
