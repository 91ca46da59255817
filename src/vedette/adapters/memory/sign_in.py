"""The sign-in store kept in memory, for tests and for trying things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Literal, TypeVar

from vedette.adapters.memory.certificates import MemoryCertificates
from vedette.adapters.memory.devices import MemoryDevices
from vedette.adapters.memory.sign_in_lists import MemorySignInLists
from vedette.adapters.sign_in.storable import storable
from vedette.core.names import UserId
from vedette.core.on_device import OnDevice
from vedette.core.sessions import (
    CONSOLE,
    OVER,
    Session,
    SessionFacts,
    SessionState,
    may_move,
    session_facts_from_json,
    session_facts_to_json,
)
from vedette.ports.sign_in import (
    HELD_HERE,
    LOST_ANSWERS_KEPT,
    PAST_KEPT,
    REPLACED,
    RETENTION,
    SPENT_KEPT,
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

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_CURRENT, _PREVIOUS, _SPENT = "current", "previous", "spent"


@dataclass(slots=True)
class _Kept:
    """One session with what the port does not show of it."""

    session: Session
    change: int
    ended: int | None = None
    seen: Seen | None = None


@dataclass(slots=True)
class _Token:
    session: str
    generation: int
    state: str = _CURRENT


@dataclass(slots=True)
class _Thing:
    body: bytes
    expires: int
    taken: bool = False


@dataclass(slots=True)
class MemorySignInStore:
    """The SignInStore that ends with the process."""

    _changes: int = 0
    _accounts: dict[str, Account] = field(default_factory=dict)
    _factors: dict[str, Factor] = field(default_factory=dict)
    _recovery: dict[str, set[str]] = field(default_factory=dict)
    _sessions: dict[str, _Kept] = field(default_factory=dict)
    _tokens: dict[str, _Token] = field(default_factory=dict)
    _things: dict[tuple[str, str], _Thing] = field(default_factory=dict)
    _clients: dict[str, OAuthClient] = field(default_factory=dict)
    _attempts: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    _errands: dict[int, Errand] = field(default_factory=dict)
    _errand_number: int = 0
    _keys: dict[str, TokenKey] = field(default_factory=dict)
    _past: dict[str, list[PastSignIn]] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)
    certificates: MemoryCertificates = field(init=False)
    devices: MemoryDevices = field(default_factory=MemoryDevices)

    def __post_init__(self) -> None:
        """Certificates are kept beside."""
        self.certificates = MemoryCertificates(self)

    def close(self) -> None:
        """Nothing is held open."""

    @property
    def lists(self) -> MemorySignInLists:
        """The same store, read a page at a time."""
        return MemorySignInLists(self)

    def changes(self) -> int:
        """The number of the newest change."""
        return self._changes

    def nudge(self) -> int:
        """Count a change without one; returns its number."""
        with self._lock:
            self._changes += 1
            return self._changes

    # ---- accounts ----

    def account(self, localpart: str) -> Account | None:
        """The account, or None."""
        return self._accounts.get(localpart)

    def accounts(self) -> tuple[Account, ...]:
        """Every account, by localpart."""
        with self._lock:
            return tuple(account for _, account in sorted(self._accounts.items()))

    def unprovisioned(self, most: int) -> tuple[Account, ...]:
        """Some accounts that Synapse does not know yet, by localpart."""
        return tuple(each for each in self.accounts() if not each.provisioned)[:most]

    def make_account(
        self,
        localpart: str,
        display_name: str,
        password_hash: str | None,
        now: int,
        *,
        must_change: bool = False,
    ) -> Account:
        """Make an account. Raises Taken."""
        account = Account(
            localpart=localpart,
            display_name=storable(display_name),
            password_hash=password_hash,
            must_change=must_change,
            created=now,
            provisioned=False,
        )
        with self._lock:
            _add(self._accounts, localpart, account)
        return account

    def set_password(
        self,
        localpart: str,
        password_hash: str,
        now: int,  # noqa: ARG002  # the port's
        *,
        must_change: bool = False,
    ) -> None:
        """Replace the password. Raises NoAccount."""
        with self._lock:
            self._accounts[localpart] = replace(
                self._demanded(localpart), password_hash=password_hash, must_change=must_change
            )

    def note_reset(self, localpart: str, at: int | None) -> None:
        """Note when somebody else made credentials for this account. Raises NoAccount."""
        with self._lock:
            account = self._demanded(localpart)
            self._accounts[localpart] = replace(account, reset_by_other=at)

    def reset_since(self, at: int) -> Mapping[str, int]:
        """The accounts for which somebody else made credentials at this time or later, and when."""
        with self._lock:
            return {
                name: each.reset_by_other
                for name, each in self._accounts.items()
                if each.reset_by_other is not None and each.reset_by_other >= at
            }

    def provisioned(self, localpart: str) -> None:
        """Note that Synapse knows this account."""
        with self._lock:
            if localpart in self._accounts:
                self._accounts[localpart] = replace(self._accounts[localpart], provisioned=True)

    def call(self, user: UserId, display_name: str, now: int) -> bool:
        """Give an account another display name, and add the errand that tells Synapse."""
        name = storable(display_name)
        with self._lock:
            account = self._accounts.get(user.localpart)
            if account is None or account.display_name == name:
                return False
            self._accounts[user.localpart] = replace(account, display_name=name)
            self._add_errand("name", user, "", now)
        return True

    # ---- factors ----

    def factors(self, localpart: str) -> tuple[Factor, ...]:
        """The person's factors, oldest first."""
        with self._lock:
            mine = [each for each in self._factors.values() if each.localpart == localpart]
        return tuple(sorted(mine, key=lambda factor: (factor.created, factor.id)))

    def password_alone(self, before: int) -> tuple[str, ...]:
        """Localparts of accounts with a password and nothing held besides."""
        return tuple(
            each.localpart
            for each in self.accounts()
            if each.password_hash is not None
            and each.created < before
            and not any(factor.kind in HELD_HERE for factor in self.factors(each.localpart))
        )

    def add_factor(self, factor: Factor) -> None:
        """Keep a new factor. Raises NoAccount or Taken."""
        with self._lock:
            self._demanded(factor.localpart)
            kept = replace(factor, label=storable(factor.label), details=dict(factor.details))
            _add(self._factors, factor.id, kept)

    def use_factor(self, id: str, *, counter: int, now: int) -> bool:  # noqa: A002
        """Note a use: True only if `counter` is higher than the one kept."""
        with self._lock:
            factor = self._factors.get(id)
            if factor is None:
                return False
            uncounted = factor.kind == "webauthn" and factor.counter == counter == 0
            if counter <= factor.counter and not uncounted:
                return False
            self._factors[id] = replace(factor, counter=counter, last_used=now)
            return True

    def remove_factor(self, localpart: str, id: str) -> bool:  # noqa: A002
        """Remove one factor of this person."""
        with self._lock:
            factor = self._factors.get(id)
            if factor is None or factor.localpart != localpart:
                return False
            del self._factors[id]
            return True

    def remove_factors(self, localpart: str, kinds: Collection[str] | None) -> int:
        """Remove the factors of these kinds, or all; the recovery codes are one factor."""
        with self._lock:
            chosen = [f for f in self.factors(localpart) if kinds is None or f.kind in kinds]
            for factor in chosen:
                del self._factors[factor.id]
            codes: set[str] = set()
            if kinds is None or "recovery" in kinds:
                codes = self._recovery.pop(localpart, set())
            return len(chosen) + bool(codes)

    def set_recovery(
        self,
        localpart: str,
        hashes: Sequence[str],
        now: int,  # noqa: ARG002  # the port's
    ) -> None:
        """Replace the person's recovery codes. Raises NoAccount."""
        with self._lock:
            self._demanded(localpart)
            self._recovery[localpart] = set(hashes)

    def use_recovery(self, localpart: str, hash: str) -> bool:  # noqa: A002
        """Use up one code."""
        with self._lock:
            codes = self._recovery.get(localpart, set())
            if hash not in codes:
                return False
            codes.remove(hash)
            return True

    def recovery_left(self, localpart: str) -> int:
        """How many codes are not used yet."""
        return len(self._recovery.get(localpart, ()))

    # ---- sessions ----

    def add_session(self, session: Session, refresh_hash: str | None, now: int) -> int:
        """Keep a new session. Raises Taken."""
        kept = replace(
            session, facts=_checked(session.facts), device_name=storable(session.device_name)
        )
        with self._lock:
            if session.id in self._sessions or refresh_hash in self._tokens:
                raise Taken
            change = self._changes + 1
            self._replace_device(session, change, now)
            self._sessions[session.id] = _Kept(kept, change)
            if refresh_hash is not None:
                self._tokens[refresh_hash] = _Token(session.id, 1)
            self._changes = change
        return change

    def session(self, id: str) -> Session | None:  # noqa: A002
        """The session, ended ones too, or None."""
        with self._lock:
            kept = self._sessions.get(id)
            if kept is None:
                return None
            mine = self.sessions(kept.session.user, ended=True)
            return next(session for session in mine if session.id == id)

    def sessions(self, user: UserId | None = None, *, ended: bool = False) -> tuple[Session, ...]:
        """The sessions that are not ended, or with `ended` all; oldest first."""
        with self._lock:
            chosen = [k.session for k in self._sessions.values() if user in {None, k.session.user}]
        found = _ranked(chosen)
        return tuple(s for s in found if ended or s.state is not SessionState.ENDED)

    def sessions_since(self, change: int) -> tuple[Session, ...]:
        """All sessions of each person who had one changed after `change`."""
        with self._lock:
            everyone = list(self._sessions.values())
            users = {kept.session.user for kept in everyone if kept.change > change}
            return _ranked([k.session for k in everyone if k.session.user in users])

    def move_session(self, id: str, to: SessionState, because: str, now: int) -> int | None:  # noqa: A002
        """Move a session; None if unknown or not a legal move."""
        with self._lock:
            kept = self._sessions.get(id)
            if kept is None or not may_move(kept.session.state, to):
                return None
            change = self._changes + 1
            self._move(kept, to, because, change, now)
            if to is SessionState.ENDED:
                self._errand(kept.session, now)
            self._changes = change
        return change

    def end_sessions(self, ids: Collection[str], because: str, now: int) -> frozenset[str]:
        """End many sessions at once; returns those that this ended."""
        with self._lock:
            change = self._changes + 1
            wanted = set(ids)
            found = [each for id_, each in self._sessions.items() if id_ in wanted]
            over = [each for each in found if may_move(each.session.state, SessionState.ENDED)]
            for kept in over:
                self._move(kept, SessionState.ENDED, because, change, now)
                self._errand(kept.session, now)
            self._changes = change if over else self._changes
        return frozenset(each.session.id for each in over)

    def set_facts(self, id: str, facts: SessionFacts) -> int | None:  # noqa: A002
        """Replace what is known of a session that is not ended; None if there is none."""
        facts = _checked(facts)
        with self._lock:
            kept = self._sessions.get(id)
            if kept is None or kept.session.state is SessionState.ENDED:
                return None
            self._changes += 1
            facts = replace(facts, device=kept.session.facts.device)
            kept.session, kept.change = replace(kept.session, facts=facts), self._changes
            return self._changes

    def set_device(self, id: str, device: OnDevice | None) -> int | None:  # noqa: A002
        """Replace what is known of the managed device; None where that is nothing new."""
        with self._lock:
            kept = self._sessions.get(id)
            if kept is None or kept.session.state is SessionState.ENDED:
                return None
            if kept.session.facts.device == device:
                return None
            facts = _checked(replace(kept.session.facts, device=device))
            self._changes += 1
            kept.session, kept.change = replace(kept.session, facts=facts), self._changes
            return self._changes

    def rename(self, id: str, device_name: str) -> None:  # noqa: A002
        """Give its device another name."""
        with self._lock:
            if kept := self._sessions.get(id):
                kept.session = replace(kept.session, device_name=storable(device_name))

    def touch(self, id: str, at: int, address: str) -> None:  # noqa: A002
        """Note that a session was used."""
        with self._lock:
            kept = self._sessions.get(id)
            if kept is not None and (kept.seen is None or kept.seen.at <= at):
                kept.seen = Seen(at=at, address=address)

    def seen(self, user: UserId) -> Mapping[str, Seen]:
        """When this person's sessions were last used, by session."""
        with self._lock:
            mine = [kept for kept in self._sessions.values() if kept.session.user == user]
            return {kept.session.id: kept.seen for kept in mine if kept.seen is not None}

    # ---- refresh tokens ----

    def refresh(self, token_hash: str, successor_hash: str) -> Refreshed | Reused | None:
        """Exchange a refresh token for its successor. Raises Taken."""
        with self._lock:
            token = self._tokens.get(token_hash)
            session = self._sessions[token.session].session if token else None
            if token is None or session is None:
                return None
            if token.state == _SPENT:
                return Reused(session=token.session)
            if successor_hash in self._tokens:
                raise Taken
            forgiven = token.state == _PREVIOUS
            if not forgiven:
                self._use(token)
            self._tokens[successor_hash] = _Token(token.session, token.generation + 1)
            self._forget_old_siblings(token.session)
            return Refreshed(session=token.session, forgiven=forgiven)

    def family(self, token_hash: str) -> str | None:
        """The session of a refresh token, or None."""
        with self._lock:
            token = self._tokens.get(token_hash)
            return None if token is None else token.session

    # ---- things that are used once ----

    def put_once(self, kind: str, key_hash: str, body: bytes, expires: int) -> None:
        """Keep something that may be taken once until `expires`. Raises Taken."""
        with self._lock:
            _add(self._things, (kind, key_hash), _Thing(body, expires))

    def peek(self, kind: str, key_hash: str, now: int) -> bytes | None:
        """Look at it without taking it; None when unknown, taken or expired."""
        with self._lock:
            thing = self._things.get((kind, key_hash))
            return thing.body if thing and not thing.taken and thing.expires > now else None

    def replace(
        self, kind: str, key_hash: str, body: bytes, expires: int, was: bytes | None = None
    ) -> bool:
        """Give it another body and end; False when unknown or taken, or if its body is not `was`."""
        with self._lock:
            thing = self._things.get((kind, key_hash))
            if thing is None or thing.taken or was not in (None, thing.body):
                return False
            thing.body, thing.expires = body, expires
            return True

    def take(self, kind: str, key_hash: str, now: int) -> bytes | None:
        """Its body, to exactly one of any number of callers; None to all others."""
        with self._lock:
            body = self.peek(kind, key_hash, now)
            if body is not None:
                self._things[kind, key_hash].taken = True
            return body

    def give_back(self, kind: str, key_hash: str, body: bytes | None = None) -> None:
        """Let something that was taken be taken again, with another body if given."""
        with self._lock:
            thing = self._things.get((kind, key_hash))
            if thing is not None:
                thing.taken = False
                thing.body = thing.body if body is None else body

    def spent(self, kind: str, key_hash: str) -> bytes | None:
        """The body of something that was taken."""
        with self._lock:
            thing = self._things.get((kind, key_hash))
            return thing.body if thing and thing.taken else None

    # ---- clients ----

    def add_client(self, client: OAuthClient) -> None:
        """Keep a registered client. Raises Taken."""
        with self._lock:
            _add(self._clients, client.id, replace(client, name=storable(client.name)))

    def client(self, id: str) -> OAuthClient | None:  # noqa: A002
        """The registered client, or None."""
        return self._clients.get(id)

    # ---- attempts ----

    def attempt(self, key: str, now: int, window: int) -> int:
        """Count one attempt; returns how many there were in the last `window` seconds."""
        step = attempt_step(window)
        with self._lock:
            counted = self._attempts.setdefault(key, [])
            counted.append((now - now % step, now + window + step))
            return sum(1 for at, _ in counted if at > now - window - step)

    def attempts(self, keys: Sequence[str], now: int, window: int) -> tuple[int, ...]:
        """Count one attempt for each of these different keys."""
        return tuple(self.attempt(key, now, window) for key in keys)

    def excuse(self, keys: Sequence[str], now: int, window: int) -> None:
        """Take back one attempt of each key, if it was counted just now."""
        step = attempt_step(window)
        at = now - now % step
        with self._lock:
            for key in keys:
                same = [each for each in self._attempts.get(key, []) if each[0] == at]
                if same:
                    self._attempts[key].remove(same[-1])

    def attempts_since(self, at: int) -> Mapping[str, int]:
        """How many attempts were counted under each key after this time."""
        with self._lock:
            return {
                key: sum(1 for each in counted if each[0] > at)
                for key, counted in self._attempts.items()
            }

    def forgive(self, key: str) -> None:
        """Forget the attempts of this key."""
        with self._lock:
            self._attempts.pop(key, None)

    # ---- errands to Synapse ----

    def outbox(self, limit: int = 100) -> tuple[Errand, ...]:
        """What is still to be done, devices to be deleted first, then oldest first."""
        with self._lock:
            found = sorted(self._errands.values(), key=lambda errand: (errand.kind, errand.id))
            return tuple(found)[:limit]

    def done(self, errand_id: int) -> None:
        """Note that an errand was done."""
        with self._lock:
            self._errands.pop(errand_id, None)

    # ---- token keys ----

    def token_keys(self) -> tuple[TokenKey, ...]:
        """The keys that are not retired, newest first."""
        with self._lock:
            found = [key for key in self._keys.values() if key.retired is None]
        return tuple(sorted(found, key=lambda key: (key.made, key.kid), reverse=True))

    def add_token_key(self, key: TokenKey) -> int:
        """Keep a new key; returns the number of the change. Raises Taken."""
        with self._lock:
            _add(self._keys, key.kid, key)
            self._changes += 1
            return self._changes

    def retire_token_key(self, kid: str, now: int) -> int | None:
        """Let a key verify no longer; None if there is no such key in force."""
        with self._lock:
            key = self._keys.get(kid)
            if key is None or key.retired is not None:
                return None
            self._keys[kid] = replace(key, retired=now)
            self._changes += 1
            return self._changes

    # ---- past sign-ins ----

    def note_sign_in(
        self, localpart: str, at: int, address: str, client: str, outcome: str
    ) -> None:
        """Note that somebody tried to sign in as this person, if there is such a person."""
        past = PastSignIn(
            at=at, address=address, client=storable(client), outcome=storable(outcome)
        )
        with self._lock:
            if localpart in self._accounts:
                self._past[localpart] = [past, *self._past.get(localpart, ())][:PAST_KEPT]

    def last_sign_ins(self, localpart: str, limit: int) -> tuple[PastSignIn, ...]:
        """The newest of them, newest first."""
        with self._lock:
            return tuple(self._past.get(localpart, ())[:limit])

    # ---- housekeeping ----

    def sweep(self, now: int) -> None:
        """Forget what has expired and what is older than it may be."""
        old = now - RETENTION
        with self._lock:
            _keep(self._things, lambda thing: thing.expires > now)
            for key, counted in self._attempts.items():
                self._attempts[key] = [each for each in counted if each[1] > now]
            for name, past in self._past.items():
                self._past[name] = [each for each in past if each.at > old]
            _keep(self._sessions, lambda kept: kept.ended is None or kept.ended > old)
            used = {kept.session.client for kept in self._sessions.values()}
            _keep(self._clients, lambda client: client.created > old or client.id in used)
        self.certificates.sweep(now)
        self.devices.sweep(now)

    # ---- within ----

    def _demanded(self, localpart: str) -> Account:
        if localpart not in self._accounts:
            raise NoAccount(localpart)
        return self._accounts[localpart]

    def _errand(self, session: Session, now: int) -> None:
        if session.kind != CONSOLE:
            self._add_errand("delete-device", session.user, session.device, now)

    def _add_errand(
        self, kind: Literal["delete-device", "name"], user: UserId, device: str, now: int
    ) -> None:
        self._errand_number += 1
        self._errands[self._errand_number] = Errand(
            id=self._errand_number, kind=kind, user=user, device=device, made=now
        )

    def _move(self, kept: _Kept, to: SessionState, because: str, change: int, now: int) -> None:
        kept.session = replace(kept.session, state=to, because=storable(because))
        kept.change = change
        if to is SessionState.ENDED:
            kept.ended = now
            _keep(self._tokens, lambda token: token.session != kept.session.id)

    def _replace_device(self, session: Session, change: int, now: int) -> None:
        device = (session.user, session.device)
        for kept in self._sessions.values():
            running = kept.session.state is not SessionState.ENDED
            if running and (kept.session.user, kept.session.device) == device:
                self._move(kept, SessionState.ENDED, REPLACED, change, now)
        _keep(
            self._errands,
            lambda errand: errand.kind == "name" or (errand.user, errand.device) != device,
        )

    def _use(self, used: _Token) -> None:
        for token in self._tokens.values():
            if token.session == used.session:
                token.state = _SPENT
        used.state = _PREVIOUS
        oldest = used.generation - SPENT_KEPT
        _keep(self._tokens, lambda t: t.session != used.session or t.generation >= oldest)

    def _forget_old_siblings(self, session: str) -> None:
        current = [
            hash_
            for hash_, token in self._tokens.items()
            if token.session == session and token.state == _CURRENT
        ]
        for hash_ in current[:-LOST_ANSWERS_KEPT]:
            del self._tokens[hash_]


def _add(kept: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    if key in kept:
        raise Taken
    kept[key] = value


def _keep(kept: dict[_Key, _Value], wanted: Callable[[_Value], bool]) -> None:
    for key in [key for key, value in kept.items() if not wanted(value)]:
        del kept[key]


def _checked(facts: SessionFacts) -> SessionFacts:
    return session_facts_from_json(session_facts_to_json(facts))


def _ranked(sessions: Iterable[Session]) -> tuple[Session, ...]:
    ranks: defaultdict[UserId, int] = defaultdict(int)
    found = []
    for session in sessions:
        device = session.kind != CONSOLE
        if session.state not in OVER and device:
            ranks[session.user] += 1
        rank = 0 if session.state in OVER else ranks[session.user] if device else 1
        found.append(replace(session, number=rank))
    return tuple(found)
