"""Certificates in the database beneath the sign-in store."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from vedette.adapters.sign_in.database import Database
from vedette.adapters.sign_in.tables import (
    CERTIFICATE_USES,
    CERTIFICATES,
    REVOCATION_SOURCES,
    REVOKED,
    SESSIONS,
)
from vedette.core.language import from_json, to_json
from vedette.core.names import UserId
from vedette.core.sessions import SessionFacts, SessionState
from vedette.ports.certificates import (
    CERTIFICATE_KEPT,
    CertificateUse,
    KeptCertificate,
    RevocationSource,
    RevokedCertificate,
)

_REVOKE = sa.text(
    "INSERT INTO sign_in_revoked (issuer, serial, at, because) VALUES (:issuer, :serial, :at, :because)"
    " ON CONFLICT (issuer, serial) DO NOTHING"
).bindparams(sa.bindparam("because", type_=REVOKED.c.because.type))
_AT_ONCE = 500
"""How many certificates one statement names."""


@dataclass(frozen=True, slots=True)
class SqlCertificates:
    """The CertificateStore of one database."""

    _database: Database

    def keep(self, certificate: KeptCertificate) -> None:
        """Keep a certificate that was shown."""
        with self._database.writing() as connection:
            same = CERTIFICATES.c.thumbprint == certificate.thumbprint
            connection.execute(sa.delete(CERTIFICATES).where(same))
            row = asdict(certificate) | {"trouble": _spelled(certificate.trouble)}
            connection.execute(sa.insert(CERTIFICATES).values(**row))

    def kept(self, thumbprint: str) -> KeptCertificate | None:
        """The certificate, or None."""
        rows = self._all(sa.select(CERTIFICATES).where(CERTIFICATES.c.thumbprint == thumbprint))
        return _certificate_of(rows[0]) if rows else None

    def listed(self, after: str, most: int) -> tuple[KeptCertificate, ...]:
        """Certificates, those that end first before others."""
        ends, thumbprint = CERTIFICATES.c.ends, self._bytewise(CERTIFICATES.c.thumbprint)
        query = sa.select(CERTIFICATES).order_by(ends, thumbprint).limit(most)
        if after:
            at, _, name = after.partition(" ")
            behind = sa.and_(ends == int(at), thumbprint > name)
            query = query.where(sa.or_(ends > int(at), behind))
        return tuple(map(_certificate_of, self._all(query)))

    def ending(self, before: int) -> int:
        """How many certificates on which sessions stand end before this time."""
        query = sa.select(sa.func.count()).select_from(CERTIFICATES)
        query = query.where(CERTIFICATES.c.ends < before, _IN_USE)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def uses(
        self, issuer: str = "", ended: int | None = None, *, since: int = 0, serial: str = ""
    ) -> tuple[CertificateUse, ...]:
        """Every use of a certificate by a session that is not ended."""
        if ended is not None:
            return tuple(use for use in self._ended(since, ended) if issuer in ("", use.issuer))
        query = _USES
        if issuer:
            query = query.where(CERTIFICATES.c.issuer == issuer)
        if serial:
            query = query.where(CERTIFICATES.c.serial == serial)
        return tuple(map(_use_of, self._all(query)))

    def _ended(self, since: int, until: int) -> Iterator[CertificateUse]:
        """The uses of certificates that ended between these times, which few do: found by their end."""
        ends, thumbprint = CERTIFICATES.c.ends, CERTIFICATES.c.thumbprint
        some = sa.select(thumbprint).where(ends >= since, ends < until, _IN_USE)
        found = self.used_by([row["thumbprint"] for row in self._all(some)])
        return (use for uses in found.values() for use in uses)

    def used_by(self, thumbprints: Collection[str]) -> dict[str, tuple[CertificateUse, ...]]:
        """The uses of these certificates by sessions that are not ended."""
        found: defaultdict[str, list[CertificateUse]] = defaultdict(list)
        wanted = sorted(thumbprints)
        for at in range(0, len(wanted), _AT_ONCE):
            some = CERTIFICATES.c.thumbprint.in_(wanted[at : at + _AT_ONCE])
            for row in self._all(_USES.where(some)):
                found[row["thumbprint"]].append(_use_of(row))
        return {thumbprint: tuple(uses) for thumbprint, uses in found.items()}

    def checked(self, thumbprint: str, trouble: str, now: int) -> None:
        """Note how a certificate was last judged."""
        change = sa.update(CERTIFICATES).where(CERTIFICATES.c.thumbprint == thumbprint)
        with self._database.writing() as connection:
            connection.execute(change.values(trouble=_spelled(trouble), checked=now))

    def revoke(self, revoked: RevokedCertificate) -> bool:
        """Keep that a certificate is revoked; False if known."""
        with self._database.writing() as connection:
            return connection.execute(_REVOKE, asdict(revoked)).rowcount == 1

    def revocation(self, issuer: str, serial: str) -> RevokedCertificate | None:
        """What somebody told us of this certificate, or None."""
        this = (REVOKED.c.issuer == issuer, REVOKED.c.serial == serial)
        rows = self._all(sa.select(REVOKED).where(*this))
        return _revoked_of(rows[0]) if rows else None

    def revocations(self) -> int:
        """How many certificates we were told are revoked."""
        with self._database.reading() as connection:
            query = sa.select(sa.func.count()).select_from(REVOKED)
            return int(connection.execute(query).scalar_one())

    def told(self) -> tuple[RevokedCertificate, ...]:
        """Every certificate that we were told is revoked, newest first."""
        found = map(_revoked_of, self._all(sa.select(REVOKED)))
        return tuple(sorted(found, key=lambda each: (-each.at, each.issuer, each.serial)))

    def note_source(self, source: RevocationSource) -> None:
        """Keep how a source stands."""
        same = (
            REVOCATION_SOURCES.c.issuer == source.issuer,
            REVOCATION_SOURCES.c.place == source.place,
        )
        with self._database.writing() as connection:
            connection.execute(sa.delete(REVOCATION_SOURCES).where(*same))
            row = asdict(source) | {"trouble": _spelled(source.trouble)}
            connection.execute(sa.insert(REVOCATION_SOURCES).values(**row))

    def sources(self) -> tuple[RevocationSource, ...]:
        """Every source that was ever asked."""
        rows = self._all(sa.select(REVOCATION_SOURCES))
        found = (RevocationSource(**{**row, "trouble": _read(row["trouble"])}) for row in rows)
        return tuple(sorted(found, key=lambda each: (each.issuer, each.place)))

    def forget_sources(self, issuer: str, but: Collection[str]) -> None:
        """Forget the sources of an issuer other than these places."""
        others = (
            REVOCATION_SOURCES.c.issuer == issuer,
            REVOCATION_SOURCES.c.place.not_in(tuple(but)),
        )
        with self._database.writing() as connection:
            connection.execute(sa.delete(REVOCATION_SOURCES).where(*others))

    def _all(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.RowMapping]:
        with self._database.reading() as connection:
            return connection.execute(query).mappings().all()

    def _bytewise(self, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
        """The column in the order of code points, on every database."""
        return column.collate("C") if self._database.name == "postgresql" else column


_USED = CERTIFICATES.join(
    CERTIFICATE_USES, CERTIFICATE_USES.c.thumbprint == CERTIFICATES.c.thumbprint
).join(SESSIONS, SESSIONS.c.id == CERTIFICATE_USES.c.session)
_RUNNING = (SESSIONS.c.state != SessionState.ENDED.value,)
_IN_USE = sa.exists().where(
    CERTIFICATE_USES.c.thumbprint == CERTIFICATES.c.thumbprint,
    SESSIONS.c.id == CERTIFICATE_USES.c.session,
    *_RUNNING,
)
_USES: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        SESSIONS.c.id,
        SESSIONS.c.user_id,
        *(CERTIFICATES.c[name] for name in ("thumbprint", "issuer", "serial", "ends")),
    )
    .select_from(_USED)
    .where(*_RUNNING)
)


def note_uses(connection: sa.Connection, session: str, facts: SessionFacts) -> None:
    """Keep on which certificates a session stands, in the transaction that keeps its facts."""
    mine = CERTIFICATE_USES.c.session == session
    connection.execute(sa.delete(CERTIFICATE_USES).where(mine))
    shown = {each.thumbprint for each in facts.certificates}
    if shown:
        rows = [{"session": session, "thumbprint": each} for each in sorted(shown)]
        connection.execute(sa.insert(CERTIFICATE_USES), rows)


def forgetting(now: int) -> tuple[sa.Delete, ...]:
    """What forgets certificates on which no session stands, and uses by sessions that are gone."""
    gone = ~sa.exists().where(SESSIONS.c.id == CERTIFICATE_USES.c.session)
    unused = ~sa.exists().where(CERTIFICATE_USES.c.thumbprint == CERTIFICATES.c.thumbprint)
    old = CERTIFICATES.c.shown <= now - CERTIFICATE_KEPT
    return sa.delete(CERTIFICATE_USES).where(gone), sa.delete(CERTIFICATES).where(old, unused)


def _certificate_of(row: sa.RowMapping) -> KeptCertificate:
    return KeptCertificate(**{**row, "trouble": _read(row["trouble"])})


def _spelled(text: str) -> str:
    """A text as it is kept, a sentence with each of its languages."""
    kept = to_json(text)
    return kept if isinstance(kept, str) else json.dumps(kept, ensure_ascii=False)


def _read(kept: str) -> str:
    """What `_spelled` kept, or an earlier release did: English alone."""
    try:
        found = json.loads(kept) if kept.startswith("[") else kept
    except ValueError:
        return kept
    return from_json(found) if isinstance(found, list) and len(found) == 2 else kept


def _revoked_of(row: sa.RowMapping) -> RevokedCertificate:
    return RevokedCertificate(**row)


def _use_of(row: sa.RowMapping) -> CertificateUse:
    return CertificateUse(
        session=row["id"],
        user=UserId(row["user_id"]),
        thumbprint=row["thumbprint"],
        issuer=row["issuer"],
        serial=row["serial"],
        ends=row["ends"],
    )
