"""The sign-in store in a SQL database: SQLite on one machine, PostgreSQL otherwise.

Writes that doors must know of take the row of the change counter first, so they follow one another
and their numbers become visible in order. Everything else locks only the rows it touches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from vedette.adapters.sign_in import rotation
from vedette.adapters.sign_in.certificates import SqlCertificates, forgetting, note_uses
from vedette.adapters.sign_in.database import Database, open_database
from vedette.adapters.sign_in.devices import SqlDevices
from vedette.adapters.sign_in.devices import forgetting as forgetting_devices
from vedette.adapters.sign_in.listing import SqlSignInLists
from vedette.adapters.sign_in.rekeying import Rekeying
from vedette.adapters.sign_in.rows import (
    Row,
    account_of,
    client_columns,
    client_of,
    factor_columns,
    factor_of,
    facts_column,
    ranked,
    session_columns,
    session_of,
    token_key_columns,
    token_key_of,
)
from vedette.adapters.sign_in.seal import Seal
from vedette.adapters.sign_in.tables import (
    ACCOUNTS,
    ATTEMPTS,
    CHANGES,
    CLIENTS,
    ERRANDS,
    FACTORS,
    ONCE,
    PAST,
    RECOVERY,
    REFRESH,
    SESSIONS,
    TOKEN_KEYS,
)
from vedette.core.names import UserId
from vedette.core.on_device import OnDevice
from vedette.core.sessions import CONSOLE, OVER, Session, SessionFacts, SessionState, may_move
from vedette.ports.sign_in import (
    HELD_HERE,
    PAST_KEPT,
    REPLACED,
    RETENTION,
    Account,
    Errand,
    Factor,
    NoAccount,
    OAuthClient,
    PastSignIn,
    Refreshed,
    Reused,
    Seen,
    Taken,
    TokenKey,
    attempt_step,
)

_COUNT_ATTEMPT = sa.text(
    "INSERT INTO sign_in_attempts (key, at, count, until) VALUES (:key, :at, 1, :until) "
    "ON CONFLICT (key, at) DO UPDATE SET count = sign_in_attempts.count + 1"
).bindparams(sa.bindparam("key", type_=ATTEMPTS.c.key.type))

_AT_ONCE = 500
"""How many sessions one statement names."""


def open_sign_in_store(
    where: str | Path, key: bytes | None, newer: bytes | None = None
) -> SqlSignInStore:
    """Open the store at a `postgresql://` address or in an SQLite file, making what is missing.

    Without `key` no secret of a factor and no private token key can be read or kept: they come
    back empty. A process that needs neither is better off without it. `newer` is a key that is
    taking its place (`adapters.sign_in.rekeying`).

    Raises:
        Unavailable: it can't be opened or migrated, or was made with another key.
    """
    seal = Seal.of(newer, key)
    return SqlSignInStore(open_database(where, seal), seal)


@dataclass(frozen=True, slots=True)
class SqlSignInStore:
    """The SignInStore in one database. Make it with `open_sign_in_store`."""

    _database: Database
    _seal: Seal

    def close(self) -> None:
        """Give back every connection."""
        self._database.close()

    @property
    def lists(self) -> SqlSignInLists:
        """The same store, read a page at a time."""
        return SqlSignInLists(self._database)

    @property
    def rekeying(self) -> Rekeying:
        """The same store, to be closed by another key."""
        return Rekeying(self._database, self._seal)

    @property
    def certificates(self) -> SqlCertificates:
        """The same store, as far as it is about certificates."""
        return SqlCertificates(self._database)

    @property
    def devices(self) -> SqlDevices:
        """The same store, as far as it is about what inventories say of devices."""
        return SqlDevices(self._database)

    def changes(self) -> int:
        """The number of the newest change."""
        with self._database.reading() as connection:
            return int(connection.execute(sa.select(CHANGES.c.number)).scalar_one())

    def nudge(self) -> int:
        """Count a change without one; returns its number."""
        with self._database.writing() as connection:
            change = _turn(connection)
            _count(connection, change)
        return change

    # ---- accounts ----

    def account(self, localpart: str) -> Account | None:
        """The account, or None."""
        row = self._first(sa.select(ACCOUNTS).where(ACCOUNTS.c.localpart == localpart))
        return account_of(row) if row else None

    def accounts(self) -> tuple[Account, ...]:
        """Every account, by localpart."""
        rows = self._all(sa.select(ACCOUNTS))
        # sorted here: databases differ in how they order texts
        return tuple(sorted(map(account_of, rows), key=lambda account: account.localpart))

    def unprovisioned(self, most: int) -> tuple[Account, ...]:
        """Some accounts that Synapse does not know yet, by localpart."""
        query = sa.select(ACCOUNTS).where(ACCOUNTS.c.provisioned.is_(False)).limit(most)
        return tuple(map(account_of, self._all(query.order_by(ACCOUNTS.c.localpart))))

    def make_account(
        self,
        localpart: str,
        display_name: str,
        password_hash: str | None,
        now: int,
        *,
        must_change: bool = False,
    ) -> Account:
        """Make an account that Synapse does not know yet. Raises Taken."""
        account = Account(
            localpart=localpart,
            display_name=display_name,
            password_hash=password_hash,
            must_change=must_change,
            created=now,
            provisioned=False,
        )
        values = asdict(account)
        with self._database.writing() as connection, _unless_taken():
            connection.execute(sa.insert(ACCOUNTS).values(**values))
        return account

    def set_password(
        self,
        localpart: str,
        password_hash: str,
        now: int,  # noqa: ARG002  # the port's; when it was set is read by nobody yet
        *,
        must_change: bool = False,
    ) -> None:
        """Replace the password. Raises NoAccount."""
        change = sa.update(ACCOUNTS).where(ACCOUNTS.c.localpart == localpart)
        if not self._write(change.values(password_hash=password_hash, must_change=must_change)):
            raise NoAccount(localpart)

    def note_reset(self, localpart: str, at: int | None) -> None:
        """Note when somebody else made credentials for this account. Raises NoAccount."""
        change = sa.update(ACCOUNTS).where(ACCOUNTS.c.localpart == localpart)
        if not self._write(change.values(reset_by_other=at)):
            raise NoAccount(localpart)

    def reset_since(self, at: int) -> Mapping[str, int]:
        """The accounts for which somebody else made credentials at this time or later, and when."""
        columns = sa.select(ACCOUNTS.c.localpart, ACCOUNTS.c.reset_by_other)
        rows = self._all(columns.where(ACCOUNTS.c.reset_by_other >= at))
        return {row.localpart: row.reset_by_other for row in rows}

    def provisioned(self, localpart: str) -> None:
        """Note that Synapse knows this account."""
        known = sa.update(ACCOUNTS).where(ACCOUNTS.c.localpart == localpart)
        self._write(known.values(provisioned=True))

    def call(self, user: UserId, display_name: str, now: int) -> bool:
        """Give an account another display name, and add the errand that tells Synapse."""
        other = (ACCOUNTS.c.localpart == user.localpart, ACCOUNTS.c.display_name != display_name)
        with self._database.writing() as connection:
            change = sa.update(ACCOUNTS).where(*other).values(display_name=display_name)
            if not connection.execute(change).rowcount:
                return False
            errand = {"kind": "name", "user_id": str(user), "device": "", "made": now}
            connection.execute(sa.insert(ERRANDS).values(**errand))
        return True

    # ---- factors ----

    def factors(self, localpart: str) -> tuple[Factor, ...]:
        """The person's factors, oldest first."""
        with self._seal.using():
            rows = self._all(sa.select(FACTORS).where(FACTORS.c.localpart == localpart))
            found = [factor_of(row, self._seal) for row in rows]
        return tuple(sorted(found, key=lambda factor: (factor.created, factor.id)))

    def password_alone(self, before: int) -> tuple[str, ...]:
        """Localparts of accounts with a password and nothing held besides."""
        holds = sa.select(FACTORS.c.localpart).where(FACTORS.c.kind.in_(HELD_HERE))
        alone = sa.select(ACCOUNTS.c.localpart).where(
            ACCOUNTS.c.password_hash.is_not(None),
            ACCOUNTS.c.created < before,
            ACCOUNTS.c.localpart.not_in(holds),
        )
        return tuple(sorted(row.localpart for row in self._all(alone)))

    def add_factor(self, factor: Factor) -> None:
        """Keep a new factor. Raises NoAccount or Taken."""
        with self._seal.using(), self._database.writing() as connection, _unless_taken():
            columns = factor_columns(factor, self._seal)
            _demand_account(connection, factor.localpart)
            connection.execute(sa.insert(FACTORS).values(**columns))

    def use_factor(self, id: str, *, counter: int, now: int) -> bool:  # noqa: A002
        """Note a use: True only if `counter` is higher than the one kept, in one step."""
        uncounted = sa.and_(
            FACTORS.c.kind == "webauthn", FACTORS.c.counter == 0, sa.literal(counter) == 0
        )
        newer = sa.or_(FACTORS.c.counter < counter, uncounted)
        use = sa.update(FACTORS).where(FACTORS.c.id == id, newer)
        return self._write(use.values(counter=counter, last_used=now)) == 1

    def remove_factor(self, localpart: str, id: str) -> bool:  # noqa: A002
        """Remove one factor of this person; False if they have no such factor."""
        mine = (FACTORS.c.localpart == localpart, FACTORS.c.id == id)
        return self._write(sa.delete(FACTORS).where(*mine)) == 1

    def remove_factors(self, localpart: str, kinds: Collection[str] | None) -> int:
        """Remove the factors of these kinds, or all; the recovery codes are one factor."""
        chosen = [FACTORS.c.localpart == localpart]
        if kinds is not None:
            chosen.append(FACTORS.c.kind.in_(kinds))
        with self._database.writing() as connection:
            removed = connection.execute(sa.delete(FACTORS).where(*chosen)).rowcount
            if kinds is None or "recovery" in kinds:
                codes = sa.delete(RECOVERY).where(RECOVERY.c.localpart == localpart)
                removed += min(1, connection.execute(codes).rowcount)
        return removed

    def set_recovery(self, localpart: str, hashes: Sequence[str], now: int) -> None:
        """Replace the person's recovery codes. Raises NoAccount."""
        rows = [{"localpart": localpart, "hash": each, "made": now} for each in set(hashes)]
        with self._database.writing() as connection:
            _demand_account(connection, localpart)
            connection.execute(sa.delete(RECOVERY).where(RECOVERY.c.localpart == localpart))
            if rows:
                connection.execute(sa.insert(RECOVERY), rows)

    def use_recovery(self, localpart: str, hash: str) -> bool:  # noqa: A002
        """Use up one code: True for exactly one caller, ever."""
        mine = (RECOVERY.c.localpart == localpart, RECOVERY.c.hash == hash)
        return self._write(sa.delete(RECOVERY).where(*mine)) == 1

    def recovery_left(self, localpart: str) -> int:
        """How many codes are not used yet."""
        mine = RECOVERY.c.localpart == localpart
        with self._database.reading() as connection:
            count = sa.select(sa.func.count()).select_from(RECOVERY).where(mine)
            return connection.execute(count).scalar_one()

    # ---- sessions ----

    def add_session(self, session: Session, refresh_hash: str | None, now: int) -> int:
        """Keep a new session; returns the number of the change. Raises Taken."""
        with self._database.writing() as connection, _unless_taken():
            change = _turn(connection)
            _replace_device(connection, session, change, now)
            connection.execute(sa.insert(SESSIONS).values(**session_columns(session, change)))
            note_uses(connection, session.id, session.facts)
            if refresh_hash is not None:
                rotation.begin_family(connection, session.id, refresh_hash)
            _count(connection, change)
        return change

    def session(self, id: str) -> Session | None:  # noqa: A002
        """The session, ended ones too, or None."""
        elder = SESSIONS.alias()
        rank = (
            sa.select(sa.func.count())
            .where(
                elder.c.user_id == SESSIONS.c.user_id,
                elder.c.seq <= SESSIONS.c.seq,
                elder.c.state.not_in(OVER),
                elder.c.kind != CONSOLE,
            )
            .scalar_subquery()
        )
        row = self._first(sa.select(SESSIONS, rank.label("rank")).where(SESSIONS.c.id == id))
        if row is None:
            return None
        rank_ = 1 if row.kind == CONSOLE else row.rank
        return session_of(row, 0 if row.state in OVER else rank_)

    def sessions(self, user: UserId | None = None, *, ended: bool = False) -> tuple[Session, ...]:
        """The sessions that are not ended, or with `ended` all; oldest first."""
        query = sa.select(SESSIONS).order_by(SESSIONS.c.seq)
        if user is not None:
            query = query.where(SESSIONS.c.user_id == str(user))
        if not ended:
            query = query.where(SESSIONS.c.state != SessionState.ENDED)
        return self._ranked(query)

    def sessions_since(self, change: int) -> tuple[Session, ...]:
        """All sessions of each person who had one changed after `change`, ended ones included."""
        changed = sa.select(SESSIONS.c.user_id).where(SESSIONS.c.change > change)
        query = sa.select(SESSIONS).where(SESSIONS.c.user_id.in_(changed))
        return self._ranked(query.order_by(SESSIONS.c.seq))

    def move_session(self, id: str, to: SessionState, because: str, now: int) -> int | None:  # noqa: A002
        """Move a session; None if unknown or not a legal move."""
        with self._database.writing() as connection:
            change = _turn(connection)
            row = connection.execute(sa.select(SESSIONS).where(SESSIONS.c.id == id)).first()
            if row is None or not may_move(SessionState(row.state), to):
                return None
            _move(connection, id, to, because, change, now)
            if to is SessionState.ENDED:
                _delete_device(connection, row, now)
            _count(connection, change)
        return change

    def end_sessions(self, ids: Collection[str], because: str, now: int) -> frozenset[str]:
        """End many sessions at once; returns those that this ended."""
        ended: list[str] = []
        wanted = sorted(set(ids))
        with self._database.writing() as connection:
            change = _turn(connection)
            for at in range(0, len(wanted), _AT_ONCE):
                some = SESSIONS.c.id.in_(wanted[at : at + _AT_ONCE])
                running = sa.select(SESSIONS).where(some).order_by(SESSIONS.c.seq)
                for row in connection.execute(running).all():
                    if may_move(SessionState(row.state), SessionState.ENDED):
                        _move(connection, row.id, SessionState.ENDED, because, change, now)
                        _delete_device(connection, row, now)
                        ended.append(row.id)
            if ended:
                _count(connection, change)
        return frozenset(ended)

    def set_facts(self, id: str, facts: SessionFacts) -> int | None:  # noqa: A002
        """Replace what is known of a session that is not ended; None if there is none."""
        with self._database.writing() as connection:
            change = _turn(connection)
            before = _facts(connection, id)
            if before is None:
                return None
            kept = replace(facts, device=before.device)
            _set_facts(connection, id, kept, change)
            note_uses(connection, id, kept)
            _count(connection, change)
        return change

    def set_device(self, id: str, device: OnDevice | None) -> int | None:  # noqa: A002
        """Replace what is known of the managed device; None where that is nothing new."""
        with self._database.writing() as connection:
            change = _turn(connection)
            before = _facts(connection, id)
            if before is None or before.device == device:
                return None
            _set_facts(connection, id, replace(before, device=device), change)
            _count(connection, change)
        return change

    def rename(self, id: str, device_name: str) -> None:  # noqa: A002
        """Give its device another name."""
        named = sa.update(SESSIONS).where(SESSIONS.c.id == id)
        self._write(named.values(device_name=device_name))

    def touch(self, id: str, at: int, address: str) -> None:  # noqa: A002
        """Note that a session was used."""
        older = sa.func.coalesce(SESSIONS.c.seen_at, 0) <= at
        touched = sa.update(SESSIONS).where(SESSIONS.c.id == id, older)
        self._write(touched.values(seen_at=at, seen_address=address))

    def seen(self, user: UserId) -> Mapping[str, Seen]:
        """When this person's sessions were last used, by session."""
        mine = (SESSIONS.c.user_id == str(user), SESSIONS.c.seen_at.is_not(None))
        rows = self._all(sa.select(SESSIONS).where(*mine))
        return {row.id: Seen(at=row.seen_at, address=row.seen_address) for row in rows}

    def refresh(self, token_hash: str, successor_hash: str) -> Refreshed | Reused | None:
        """Exchange a refresh token for its successor. Raises Taken where that one is known."""
        with self._database.writing() as connection, _unless_taken():
            return rotation.exchange(connection, token_hash, successor_hash)

    def family(self, token_hash: str) -> str | None:
        """The session of a refresh token, or None."""
        row = self._first(sa.select(REFRESH.c.session).where(REFRESH.c.hash == token_hash))
        return None if row is None else str(row.session)

    # ---- things that are used once ----

    def put_once(self, kind: str, key_hash: str, body: bytes, expires: int) -> None:
        """Keep something that may be taken once until `expires`. Raises Taken."""
        values = {"kind": kind, "key_hash": key_hash, "body": body, "expires": expires}
        with self._database.writing() as connection, _unless_taken():
            connection.execute(sa.insert(ONCE).values(taken=False, **values))

    def peek(self, kind: str, key_hash: str, now: int) -> bytes | None:
        """Look at it without taking it; None when unknown, taken or expired."""
        open_ = (ONCE.c.taken.is_(False), ONCE.c.expires > now)
        row = self._first(sa.select(ONCE.c.body).where(*_thing(kind, key_hash), *open_))
        return row.body if row else None

    def replace(
        self, kind: str, key_hash: str, body: bytes, expires: int, was: bytes | None = None
    ) -> bool:
        """Give it another body and end; False when unknown or taken, or if its body is not `was`."""
        thing = sa.update(ONCE).where(*_thing(kind, key_hash), ONCE.c.taken.is_(False))
        if was is not None:
            thing = thing.where(ONCE.c.body == was)
        return self._write(thing.values(body=body, expires=expires)) == 1

    def take(self, kind: str, key_hash: str, now: int) -> bytes | None:
        """Its body, to exactly one of any number of callers; None to all others."""
        open_ = (ONCE.c.taken.is_(False), ONCE.c.expires > now)
        taking = sa.update(ONCE).where(*_thing(kind, key_hash), *open_).values(taken=True)
        with self._database.writing() as connection:
            return connection.execute(taking.returning(ONCE.c.body)).scalar()

    def give_back(self, kind: str, key_hash: str, body: bytes | None = None) -> None:
        """Let something that was taken be taken again, with another body if given."""
        changed: dict[str, object] = {} if body is None else {"body": body}
        self._write(sa.update(ONCE).where(*_thing(kind, key_hash)).values(taken=False, **changed))

    def spent(self, kind: str, key_hash: str) -> bytes | None:
        """The body of something that was taken."""
        taken = sa.select(ONCE.c.body).where(*_thing(kind, key_hash), ONCE.c.taken.is_(True))
        row = self._first(taken)
        return row.body if row else None

    # ---- clients ----

    def add_client(self, client: OAuthClient) -> None:
        """Keep a registered client. Raises Taken."""
        with self._database.writing() as connection, _unless_taken():
            connection.execute(sa.insert(CLIENTS).values(**client_columns(client)))

    def client(self, id: str) -> OAuthClient | None:  # noqa: A002
        """The registered client, or None."""
        row = self._first(sa.select(CLIENTS).where(CLIENTS.c.id == id))
        return client_of(row) if row else None

    # ---- attempts ----

    def attempt(self, key: str, now: int, window: int) -> int:
        """Count one attempt; returns how many there were in the last `window` seconds."""
        return self.attempts((key,), now, window)[0]

    def attempts(self, keys: Sequence[str], now: int, window: int) -> tuple[int, ...]:
        """Count one attempt for each of these different keys, in one transaction."""
        step = attempt_step(window)
        moment = {"at": now - now % step, "until": now + window + step}
        counts: dict[str, int] = {}
        with self._database.writing() as connection:
            for key in sorted(keys):  # in one order for all, so that none waits for another in turn
                connection.execute(_COUNT_ATTEMPT, {"key": key, **moment})
                recent = (ATTEMPTS.c.key == key, ATTEMPTS.c.at > now - window - step)
                count = sa.select(sa.func.sum(ATTEMPTS.c.count)).where(*recent)
                counts[key] = int(connection.execute(count).scalar_one())
        return tuple(counts[key] for key in keys)

    def excuse(self, keys: Sequence[str], now: int, window: int) -> None:
        """Take back one attempt of each key, if it was counted just now."""
        at = now - now % attempt_step(window)
        just_now = (ATTEMPTS.c.key.in_(keys), ATTEMPTS.c.at == at, ATTEMPTS.c.count > 0)
        self._write(sa.update(ATTEMPTS).where(*just_now).values(count=ATTEMPTS.c.count - 1))

    def forgive(self, key: str) -> None:
        """Forget the attempts of this key."""
        self._write(sa.delete(ATTEMPTS).where(ATTEMPTS.c.key == key))

    # ---- errands to Synapse ----

    def outbox(self, limit: int = 100) -> tuple[Errand, ...]:
        """What is still to be done, devices to be deleted first, then oldest first."""
        rows = self._all(sa.select(ERRANDS).order_by(ERRANDS.c.kind, ERRANDS.c.id).limit(limit))
        return tuple(
            Errand(
                id=row.id,
                kind=row.kind,
                user=UserId(row.user_id),
                device=row.device,
                made=row.made,
            )
            for row in rows
        )

    def done(self, errand_id: int) -> None:
        """Note that an errand was done."""
        self._write(sa.delete(ERRANDS).where(ERRANDS.c.id == errand_id))

    # ---- token keys ----

    def token_keys(self) -> tuple[TokenKey, ...]:
        """The keys that are not retired, newest first."""
        with self._seal.using():
            rows = self._all(sa.select(TOKEN_KEYS).where(TOKEN_KEYS.c.retired.is_(None)))
            found = [token_key_of(row, self._seal) for row in rows]
        return tuple(sorted(found, key=lambda key: (key.made, key.kid), reverse=True))

    def add_token_key(self, key: TokenKey) -> int:
        """Keep a new key; returns the number of the change. Raises Taken."""
        with self._seal.using(), self._database.writing() as connection, _unless_taken():
            columns = token_key_columns(key, self._seal)
            change = _turn(connection)
            connection.execute(sa.insert(TOKEN_KEYS).values(**columns))
            _count(connection, change)
        return change

    def retire_token_key(self, kid: str, now: int) -> int | None:
        """Let a key verify no longer; None if there is no such key in force."""
        in_force = (TOKEN_KEYS.c.kid == kid, TOKEN_KEYS.c.retired.is_(None))
        with self._database.writing() as connection:
            change = _turn(connection)
            update = sa.update(TOKEN_KEYS).where(*in_force).values(retired=now)
            if connection.execute(update).rowcount == 0:
                return None
            _count(connection, change)
        return change

    # ---- past sign-ins ----

    def note_sign_in(
        self, localpart: str, at: int, address: str, client: str, outcome: str
    ) -> None:
        """Note that somebody tried to sign in as this person, if there is such a person."""
        values = {"localpart": localpart, "at": at, "address": address}
        mine = PAST.c.localpart == localpart
        too_old = sa.select(PAST.c.seq).where(mine).order_by(PAST.c.seq.desc())
        last = too_old.offset(PAST_KEPT).limit(1).scalar_subquery()
        with self._database.writing() as connection:
            if not _has_account(connection, localpart):
                return
            connection.execute(sa.insert(PAST).values(client=client, outcome=outcome, **values))
            connection.execute(sa.delete(PAST).where(mine, PAST.c.seq <= last))

    def last_sign_ins(self, localpart: str, limit: int) -> tuple[PastSignIn, ...]:
        """The newest of them, newest first."""
        mine = sa.select(PAST).where(PAST.c.localpart == localpart)
        rows = self._all(mine.order_by(PAST.c.seq.desc()).limit(limit))
        return tuple(
            PastSignIn(at=row.at, address=row.address, client=row.client, outcome=row.outcome)
            for row in rows
        )

    # ---- housekeeping ----

    def sweep(self, now: int) -> None:
        """Forget what has expired and what is older than it may be."""
        old = now - RETENTION
        unused = ~sa.exists().where(SESSIONS.c.client == CLIENTS.c.id)
        for statement in (
            sa.delete(ONCE).where(ONCE.c.expires <= now),
            sa.delete(ATTEMPTS).where(ATTEMPTS.c.until <= now),
            sa.delete(PAST).where(PAST.c.at <= old),
            sa.delete(SESSIONS).where(SESSIONS.c.ended <= old),
            sa.delete(CLIENTS).where(CLIENTS.c.created <= old, unused),
            *forgetting(now),
            *forgetting_devices(now),
        ):
            self._write(statement)  # each by itself: no sign-in waits for all of them

    # ---- one statement each ----

    def _first(self, query: sa.Select[*tuple[Any, ...]]) -> Row | None:
        with self._database.reading() as connection:
            return connection.execute(query).first()

    def _all(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Row]:
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def _ranked(self, query: sa.Select[*tuple[Any, ...]]) -> tuple[Session, ...]:
        with self._database.reading() as connection:
            return tuple(ranked(connection.execute(query)))  # row by row: there may be very many

    def _write(self, statement: sa.Update | sa.Delete) -> int:
        """Run it and say how many rows it met."""
        with self._database.writing() as connection:
            return connection.execute(statement).rowcount


@contextmanager
def _unless_taken() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise Taken from None  # the database's words would repeat a hash


def _thing(kind: str, key_hash: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return ONCE.c.kind == kind, ONCE.c.key_hash == key_hash


def _has_account(connection: sa.Connection, localpart: str) -> bool:
    known = sa.select(ACCOUNTS.c.localpart).where(ACCOUNTS.c.localpart == localpart)
    return connection.execute(known).first() is not None


def _demand_account(connection: sa.Connection, localpart: str) -> None:
    if not _has_account(connection, localpart):
        raise NoAccount(localpart)


def _turn(connection: sa.Connection) -> int:
    """Wait for this transaction's turn to change what doors must know; the number it will have."""
    number = connection.execute(sa.select(CHANGES.c.number).with_for_update()).scalar_one()
    return int(number) + 1


def _count(connection: sa.Connection, change: int) -> None:
    """Let the counter say that the change was made, once this transaction is committed."""
    connection.execute(sa.update(CHANGES).values(number=change))


def _facts(connection: sa.Connection, id_: str) -> SessionFacts | None:
    """What is known of a session that is not ended. Raises Unavailable where it can't be read."""
    running = (SESSIONS.c.id == id_, SESSIONS.c.state != SessionState.ENDED)
    row = connection.execute(sa.select(SESSIONS).where(*running)).first()
    return None if row is None else session_of(row, 0).facts


def _set_facts(connection: sa.Connection, id_: str, facts: SessionFacts, change: int) -> None:
    written = {"facts": facts_column(facts), "change": change}
    connection.execute(sa.update(SESSIONS).where(SESSIONS.c.id == id_).values(**written))


def _move(
    connection: sa.Connection, id_: str, to: SessionState, because: str, change: int, now: int
) -> None:
    ends = to is SessionState.ENDED
    values = {"state": to.value, "because": because, "change": change}
    moved = sa.update(SESSIONS).where(SESSIONS.c.id == id_)
    connection.execute(moved.values(ended=now if ends else None, **values))
    if ends:
        rotation.end_family(connection, id_)


def _delete_device(connection: sa.Connection, row: Row, now: int) -> None:
    """Have the device of a session that ended be deleted in Synapse, if it has one."""
    if row.kind != CONSOLE:
        errand = {"user_id": row.user_id, "device": row.device, "made": now}
        connection.execute(sa.insert(ERRANDS).values(kind="delete-device", **errand))


def _replace_device(connection: sa.Connection, session: Session, change: int, now: int) -> None:
    """End older sessions of the same device, and leave the device to the new one."""
    same = (SESSIONS.c.user_id == str(session.user), SESSIONS.c.device == session.device)
    running = sa.select(SESSIONS.c.id).where(*same, SESSIONS.c.state != SessionState.ENDED)
    for id_ in connection.execute(running).scalars().all():
        _move(connection, id_, SessionState.ENDED, REPLACED, change, now)
    mine = (ERRANDS.c.user_id == str(session.user), ERRANDS.c.device == session.device)
    deleting = ERRANDS.c.kind == "delete-device"
    connection.execute(sa.delete(ERRANDS).where(deleting, *mine))
