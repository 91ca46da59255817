"""Whether a certificate that was shown is one of the company's, and whose it is.

The paths are judged by `vedette.protocol.x509`; here that is asked of the issuers in force, with what
is known of revocations now, and the name in the certificate becomes a person. In doubt it is nobody's.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from types import MappingProxyType

from vedette.core.language import told
from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.sessions import CERTIFICATE, FactorUse, ShownCertificate
from vedette.core.settings.document import Document
from vedette.ports.certificates import CertificateStore, KeptCertificate
from vedette.ports.clock import Clock
from vedette.ports.directory import DirectoryNames, NameKind
from vedette.ports.policy import PolicySource
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.judging import judge
from vedette.protocol.x509.naming import name_of
from vedette.protocol.x509.values import Claim, Distrusted, IssuerPolicy, Trusted, policy_of
from vedette.signin.revocations import RevocationKeeper

_LOG = logging.getLogger("vedette.signin")
_MOST_OIDS = 32
_PACE = 600
_KINDS = MappingProxyType({"upn": NameKind.UPN, "email": NameKind.EMAIL, "sid": NameKind.SID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """A certificate for which an issuer vouches now. `localpart` is empty where it names none of us."""

    trusted: Trusted
    localpart: str

    @property
    def shown(self) -> ShownCertificate:
        """The certificate as a session keeps it."""
        trusted = self.trusted
        return ShownCertificate(
            thumbprint=trusted.thumbprint,
            issuer=trusted.issuer,
            serial=trusted.serial,
            usages=tuple(sorted(trusted.usages)[:_MOST_OIDS]),
            policies=tuple(sorted(trusted.policies)[:_MOST_OIDS]),
            ends=trusted.not_after,
        )

    def use(self, now: int) -> FactorUse:
        """What showing it proves."""
        proven_by = f"{self.trusted.issuer}:{self.trusted.serial}"
        return FactorUse(kind=CERTIFICATE, at=now, proven_by=proven_by, counts=self.trusted.counts)

    def kept(self, now: int) -> KeptCertificate:
        """The certificate as the store keeps it."""
        trusted = self.trusted
        return KeptCertificate(
            thumbprint=trusted.thumbprint,
            der=trusted.chain[0],
            issuer=trusted.issuer,
            serial=trusted.serial,
            subject=trusted.subject,
            localpart=self.localpart,
            ends=trusted.not_after,
            shown=now,
            checked=now,
        )

    @property
    def of_device(self) -> bool:
        """Whether it speaks for a managed device: then it is no factor of a person."""
        return self.trusted.devices

    @property
    def described(self) -> str:
        """Which certificate it is, for a log."""
        return f"`{self.trusted.subject}`, serial {self.trusted.serial} of {self.trusted.issuer}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotVouched:
    """A certificate that counts for nothing, and why, in words for the administrator."""

    fault: Fault
    sentence: str


@dataclass(slots=True)
class Issuers:
    """The issuers of the settings in force, made anew when the document is another."""

    policy: PolicySource
    _made: tuple[Document, tuple[IssuerPolicy, ...]] | None = None

    def pace(self, name: str) -> int:
        """Seconds after which this issuer's lists and responders are asked again. Raises StalePolicy."""
        issuers = self.policy.current().directory.document.issuers
        return next((each.refresh for key, each in issuers.items() if key == name), _PACE)

    def current(self) -> tuple[IssuerPolicy, ...]:
        """Every issuer, by name; the same value while they are. Raises StalePolicy."""
        document, made = self.policy.current().directory.document, self._made
        if made is None or made[0] is not document:
            named = sorted(document.issuers.items())
            made = document, tuple(policy_of(str(name), issuer) for name, issuer in named)
            self._made = made
        return made[1]


@dataclass(slots=True)
class Certificates:
    """Judges certificates. `address` is where people may show one, empty where nowhere.

    Every method blocks: for worker threads.
    """

    store: CertificateStore
    issuers: Issuers
    revocations: RevocationKeeper
    clock: Clock
    domain: ServerName
    names: DirectoryNames | None = None
    address: str = ""

    def offered(self) -> bool:
        """Whether people may sign in by a certificate. Raises StalePolicy."""
        return bool(self.address and self.issuers.current())

    def judged(self, certificate: bytes, *, learn: bool = True) -> Vouched | NotVouched:
        """Judge a certificate in DER, now.

        With `learn` what is not known of revocations is asked for first, within a few seconds.

        Raises:
            Unavailable: the store or the directory does not answer.
        """
        faults: list[Distrusted] = []
        for issuer in self.issuers.current():
            answer = self._by(certificate, issuer, learn=learn)
            if isinstance(answer, Trusted):
                return self._named(answer, issuer)
            faults.append(answer)
        telling = [each for each in faults if each.fault is not Fault.ISSUER_UNKNOWN]
        for each in (*telling, *faults):
            return NotVouched(fault=each.fault, sentence=each.sentence)
        return NotVouched(fault=Fault.ISSUER_UNKNOWN, sentence=told("the settings name no issuers"))

    def again(self, kept: KeptCertificate) -> Vouched | NotVouched:
        """Judge a certificate that was shown before, by what is known now; whose it is stays settled.

        Raises:
            Unavailable: the store does not answer.
        """
        issuer = next((each for each in self.issuers.current() if each.name == kept.issuer), None)
        if issuer is None:
            words = told("the settings name no issuer `{name}` any more", name=kept.issuer)
            return NotVouched(fault=Fault.ISSUER_UNKNOWN, sentence=words)
        answer = self._by(kept.der, issuer, learn=False)
        if isinstance(answer, Trusted):
            return Vouched(trusted=answer, localpart=kept.localpart)
        return NotVouched(fault=answer.fault, sentence=answer.sentence)

    def _by(self, certificate: bytes, issuer: IssuerPolicy, *, learn: bool) -> Trusted | Distrusted:
        now = int(self.clock.now())
        if learn:
            pace = self.issuers.pace(issuer.name)
            self.revocations.learn(certificate, issuer, pace, now)
        answer = judge(certificate, issuer, self.revocations.known(issuer.name), now)
        if isinstance(answer, Distrusted):
            return answer
        told = self.store.revocation(answer.issuer, answer.serial)
        if told is None:
            return answer
        return Distrusted(
            fault=Fault.REVOKED, issuer=issuer.name, subject=answer.subject, detail=told.because
        )

    def of_connection(
        self, certificate: bytes, user: UserId
    ) -> tuple[ShownCertificate | None, FactorUse | None]:
        """What the certificate of a program's own connection is worth to this person's session.

        One that names nobody speaks for the device; one of somebody else's speaks for nothing.

        Raises:
            Unavailable: it can't be judged now.
        """
        if not certificate or not self.issuers.current():
            return None, None
        judged = self.judged(certificate)
        if isinstance(judged, NotVouched):
            _LOG.info("the certificate of a connection was not taken: %s", judged.sentence)
            return None, None
        if judged.localpart not in ("", user.localpart):
            _LOG.info("a connection showed the certificate of somebody else: %s", judged.described)
            return None, None
        now = int(self.clock.now())
        self.store.keep(judged.kept(now))
        personal = judged.localpart and not judged.of_device
        return judged.shown, judged.use(now) if personal else None

    # ---- Whose it is -----------------------------------------------------------------------------

    def _named(self, trusted: Trusted, issuer: IssuerPolicy) -> Vouched:
        claim = name_of(trusted, issuer)
        if isinstance(claim, Fault):
            # It may still be the proof of a device; a person it is not.
            return Vouched(trusted=trusted, localpart="")
        return Vouched(trusted=trusted, localpart=self._localpart(claim))

    def _localpart(self, claim: Claim) -> str:
        """The person of ours; empty where there is none, or more than one could be meant."""
        if claim.kind in ("user", "localpart"):
            return self._ours(claim.value)
        if self.names is not None:
            return self.names.find(_KINDS[claim.kind], claim.value) or ""
        # Without a directory a name is only ours where its domain is: no other's may be taken for it.
        name, at, domain = claim.value.rpartition("@")
        ours = at and domain.lower() == str(self.domain).lower()
        return self._ours(name.lower()) if ours else ""

    def _ours(self, text: str) -> str:
        try:
            user = UserId(text if text.startswith("@") else f"@{text}:{self.domain}")
        except InvalidName:
            return ""
        return user.localpart if user.server == self.domain else ""
