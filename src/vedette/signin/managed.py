"""Keeps sessions in step with what inventories report of their devices.

A device that is retired, lost, gone or not in order is another fact about the sessions on it, and the
rules are asked about those sessions again, within a fraction of a second: whoever they forbid is
suspended, keys kept, and goes on by itself once the device is well again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from vedette.core.names import UserId
from vedette.core.sessions import Session
from vedette.core.settings.document import Document
from vedette.ports.errors import StalePolicy
from vedette.ports.sign_in import SignInStore
from vedette.signin.device_proof import DeviceProofs
from vedette.signin.door import SignInDoor
from vedette.signin.keep import ask_again

_LOG = logging.getLogger("vedette.signin")
_TOGETHER = 50
"""Of so many sessions the rules are asked at once: the first of many must not wait for the last."""
_PASS = 30.0
"""Seconds after which every session on a managed device is looked at: reports grow too old by then."""
_RESTS = 10
"""A pass is followed by a rest that is at least so many times as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look did: how many sessions were looked at, and of how many something else is known."""

    looked: int = 0
    other: int = 0


@dataclass(slots=True)
class Managed:
    """Every method blocks: for worker threads. `look` and `go_through` may run beside one another."""

    door: SignInDoor
    proofs: DeviceProofs
    _seen: int | None = None
    _document: Document | None = None
    _next: float = 0.0

    @property
    def _store(self) -> SignInStore:
        return self.door.store

    def rests(self) -> bool:
        """Whether there is nothing to look at: the settings name no managed devices, and that was seen
        to. Waits for nothing.
        """
        try:
            document = self.proofs.document()
        except StalePolicy:
            return True
        return not _names_devices(document) and document is self._document

    def look(self) -> Looked:
        """See to the sessions on devices that are other than at the last look.

        One small question where nothing is; and never more is read than those devices and their
        sessions. Raises Unavailable: the next look sees to it.
        """
        if self._seen is None:
            return Looked()  # `go_through` looks at all after a start
        changes = self._store.devices.changes()
        if changes == self._seen:
            return Looked()
        touched = self._store.devices.touched(self._seen)
        uses = self._store.certificates.used_by(touched)
        done = self._renewed({use.session for several in uses.values() for use in several})
        # Only now: what fails before is looked at again.
        self._seen = changes
        return done

    def go_through(self) -> Looked:
        """Look at every session that stands on a certificate or a model of managed devices: after a
        start, after other settings, and every now and then. Raises Unavailable.
        """
        document, begun = self.proofs.document(), self.door.clock.now()
        same = self._document is not None and _of_devices(self._document) == _of_devices(document)
        if same and begun < self._next:
            self._document = document
            return Looked()
        if self._seen is None:
            self._seen = self._store.devices.changes()
        done = self._renewed(self._all())
        self._document = document
        self._next = begun + max(_PASS, _RESTS * (self.door.clock.now() - begun))
        return done

    def _all(self) -> set[str]:
        issuers = self.proofs.managed()
        if self._document is not None:  # those that were left out lose what they had
            before = self._document.issuers.items()
            issuers |= {str(name) for name, each in before if each.devices == "managed"}
        uses = (use for name in sorted(issuers) for use in self._store.certificates.uses(name))
        found = {use.session for use in uses}
        if self.proofs.models() or (self._document and self._document.sign_in.managed_models):
            found |= {each.id for each in self._store.sessions() if _by_model(each)}
        return found

    def _renewed(self, sessions: Collection[str]) -> Looked:
        others, moved = 0, set[UserId]()
        for id_ in sorted(sessions):
            session = self._store.session(id_)
            if session is None or not self._renew(session):
                continue
            others += 1
            moved.add(session.user)
            if len(moved) >= _TOGETHER:
                self._ask(moved)
                moved = set()
        self._ask(moved)
        return Looked(looked=len(sessions), other=others)

    def _renew(self, session: Session) -> bool:
        device = self.proofs.again(session)
        if device == session.facts.device or self._store.set_device(session.id, device) is None:
            return False
        state = "no managed device" if device is None else device.became or "managed"
        _LOG.info("the device of session %s: %s", session.id, state)
        return True

    def _ask(self, whose: Iterable[UserId]) -> None:
        several = sorted(whose)
        if several:
            ask_again(self.door, several)


def _names_devices(document: Document) -> bool:
    managed = any(each.devices == "managed" for each in document.issuers.values())
    return managed or bool(document.sign_in.managed_models)


def _of_devices(document: Document) -> tuple[object, ...]:
    """What of the settings says how devices are known."""
    return document.issuers, document.device_management, document.sign_in.managed_models


def _by_model(session: Session) -> bool:
    return session.facts.device is not None and bool(session.facts.device.proof.model)
