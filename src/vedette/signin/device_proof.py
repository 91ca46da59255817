"""What a session's proofs say of its device, and what the inventories report of that device now.

1. A certificate of an issuer with `devices = "managed"` proves a managed device, the one of the
program's own connection before one that a browser showed. 2. Otherwise a passkey does that was shown
in this very sign-in and whose attested model the settings name. 3. What inventories report is looked up
by the names in the certificate, in those inventories alone that stand for its issuer.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from vedette.core.names import ServerName, UserId
from vedette.core.on_device import OnDevice, Proof, Report, on_device
from vedette.core.sessions import FactorUse, Session, ShownCertificate
from vedette.core.settings.document import Document, Issuer
from vedette.ports.clock import Clock
from vedette.ports.device_management import KeptDevice
from vedette.ports.directory import DirectoryNames, NameKind
from vedette.ports.errors import Unavailable
from vedette.ports.policy import PolicySource
from vedette.ports.sign_in import SignInStore
from vedette.protocol.x509.device_names import device_names

_LOG = logging.getLogger("vedette.signin")
_REMEMBERED = 600
"""Seconds for which it is remembered whom the directory means by an owner's name."""
_MOST_REMEMBERED = 20_000


@dataclass(slots=True)
class DeviceProofs:
    """Finds out on which managed device a session is. Every method blocks: for worker threads."""

    store: SignInStore
    policy: PolicySource
    clock: Clock
    domain: ServerName
    names: DirectoryNames | None = None
    _owners: dict[str, tuple[int, str | None]] = field(default_factory=dict)

    def document(self) -> Document:
        """The settings in force. Raises StalePolicy."""
        return self.policy.current().directory.document

    def managed(self) -> frozenset[str]:
        """The issuers whose certificates only managed devices have. Raises StalePolicy."""
        issuers = self.document().issuers.items()
        return frozenset(str(name) for name, issuer in issuers if issuer.devices == "managed")

    def models(self) -> frozenset[str]:
        """The models of passkeys that only managed devices have. Raises StalePolicy."""
        return frozenset(self.document().sign_in.managed_models)

    def shown(
        self,
        user: UserId,
        certificates: Iterable[ShownCertificate],
        factors: Iterable[FactorUse],
    ) -> OnDevice | None:
        """What was just shown says of the device; None where it proves none.

        Whatever was shown on another device MUST be left out. Raises Unavailable.
        """
        document = self.document()
        for each in reversed(list(certificates)):
            if _manages(document, each.issuer):
                proof = Proof(certificate=each.thumbprint, issuer=each.issuer)
                return self._reported(user, proof, document)
        models = [use.model for use in factors if use.model in document.sign_in.managed_models]
        return self._reported(user, Proof(model=models[-1]), document) if models else None

    def again(self, session: Session) -> OnDevice | None:
        """What is known now of a session's device. Raises Unavailable.

        Only what proved it before proves it now, or the certificate of its own connection: a proof that
        was shown for the session later, on whichever device, adds nothing.
        """
        before, document = session.facts.device, self.document()
        named = {session.certificate, "" if before is None else before.proof.certificate}
        own = [each for each in session.facts.certificates if each.thumbprint in named]
        found = self.shown(session.user, own, ())
        if found is not None or before is None or not before.proof.model:
            return found
        if before.proof.model not in document.sign_in.managed_models:
            return None
        return self._reported(session.user, before.proof, document)

    def called(self, thumbprint: str) -> frozenset[str]:
        """By which names a certificate calls its device, which is kept. Raises Unavailable."""
        kept, document = self.store.certificates.kept(thumbprint), self.document()
        issuer = None if kept is None else _issuer(document, kept.issuer)
        if kept is None or issuer is None:
            return frozenset()
        names = device_names(kept.der, kept.issuer, issuer.device_names)
        self.store.devices.call(thumbprint, names)
        return names

    def _reported(self, user: UserId, proof: Proof, document: Document) -> OnDevice:
        sources = [
            str(name)
            for name, inventory in document.device_management.items()
            if proof.issuer in inventory.issuers
        ]
        # Named before it is looked up: of what changes in between it is told again.
        names = self.called(proof.certificate) if proof.certificate else frozenset[str]()
        found = self.store.devices.named(sources, names)
        reports = [self._report(each, document) for each in found]
        return on_device(proof, reports, lambda owner: self._is(user, owner))

    def _report(self, kept: KeptDevice, document: Document) -> Report:
        inventories = document.device_management.items()
        good_for = next(each.good_for for name, each in inventories if name == kept.source)
        fresh = kept.reported + good_for > self.clock.now()
        return Report(kept.source, kept.device, kept.gone, fresh)

    # ---- Whose it is -----------------------------------------------------------------------------

    def _is(self, user: UserId, owner: str) -> bool | None:
        """Whether an owner, as an inventory writes it, is this person; None where that is not known."""
        text = owner.strip().lower().rpartition("\\")[2]
        if text.startswith("@"):
            return text == str(user)
        name, at, domain = text.rpartition("@")
        if not at:
            return text == user.localpart
        try:
            found = self._found(text)
        except Unavailable as outage:
            _LOG.warning("it can't be learnt whose device it is: %s", outage)
            return None
        if found is not None:
            return found == user.localpart
        if domain == str(self.domain):
            return name == user.localpart
        return None if self.names is None else False

    def _found(self, text: str) -> str | None:
        """Whom the directory calls so, by either of their addresses. Raises Unavailable."""
        if self.names is None:
            return None
        now = int(self.clock.now())
        at, known = self._owners.get(text, (0, None))
        if now - at < _REMEMBERED:
            return known
        found = self.names.find(NameKind.UPN, text) or self.names.find(NameKind.EMAIL, text)
        if len(self._owners) >= _MOST_REMEMBERED:
            self._owners.clear()
        self._owners[text] = now, found
        return found


def _issuer(document: Document, name: str) -> Issuer | None:
    return next((each for key, each in document.issuers.items() if key == name), None)


def _manages(document: Document, name: str) -> bool:
    issuer = _issuer(document, name)
    return issuer is not None and issuer.devices == "managed"
