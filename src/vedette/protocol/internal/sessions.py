"""The body of the sessions stream: which sessions there are, and which keys sign their tokens.

    {"as_of": 7, "issuer": "https://…/", "keys": {kid: base64url of the raw Ed25519 public key},
     "sessions": {id: {"user", "device", "state", "expires", "number", "facts",
                    "because"}}}

Ended sessions are absent, and those of the console, which no door lets in. A body is checked as a
whole when it is read, and each session is built when it is asked for: a list of a hundred thousand
must not hold up the door that receives it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vedette.core.names import DeviceId, UserId
from vedette.core.record import canonical
from vedette.core.sessions import (
    CONSOLE,
    Session,
    SessionFacts,
    SessionState,
    by_rule,
    session_facts_from_json,
    session_facts_to_json,
)

_Kind = TypeVar("_Kind")
_FIELDS = frozenset({"as_of", "issuer", "keys", "sessions"})
_ENTRY = frozenset({"because", "device", "expires", "facts", "number", "state", "user"})
_ENTRIES = (_ENTRY, _ENTRY - {"because"})
"""The second is what a control of before said, whose list may still be in force after an upgrade."""
_STATES = {state.value: state for state in SessionState if state is not SessionState.ENDED}
_ID = re.compile(r"[A-Za-z0-9_-]{26,43}")
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_MOST_GONE = 10_000
_NONE: Mapping[str, None] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One session that is not ended, as far as doors know it. `expires` is in Unix seconds.

    `number` is its rank by age among the person's sessions, 1 the oldest. `because` is the rule
    that suspended it, and empty for everything else.
    """

    id: str
    user: UserId
    device: DeviceId
    state: SessionState
    expires: int
    number: int
    facts: SessionFacts
    because: str = ""

    def session(self) -> Session:
        """The session as `facts_for` reads it; what doors are not told is empty in it."""
        return Session(
            id=self.id,
            user=self.user,
            device=self.device,
            state=self.state,
            kind="oauth",
            client="",
            facts=self.facts,
            created=0,
            expires=self.expires,
            device_name="",
            number=self.number,
            because=self.because,
        )


@dataclass(frozen=True, slots=True)
class ListedSessions(Mapping[str, Listed]):
    """Sessions by id, each built when it is asked for from data that was checked before."""

    _entries: Mapping[str, Mapping[str, Any]]

    def __getitem__(self, id_: str) -> Listed:
        entry = self._entries[id_]
        return Listed(
            id=id_,
            user=UserId(entry["user"]),
            device=DeviceId(entry["device"]),
            state=_STATES[entry["state"]],
            expires=entry["expires"],
            number=entry["number"],
            facts=session_facts_from_json(entry["facts"]),
            because=entry.get("because", ""),
        )

    def __contains__(self, id_: object) -> bool:
        return id_ in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def devices(self, users: Collection[str]) -> dict[str, set[str]]:
        """The devices on which these people are signed in; who has none is left out."""
        found: dict[str, set[str]] = {}
        for entry in self._entries.values():
            if entry["user"] in users:
                found.setdefault(entry["user"], set()).add(entry["device"])
        return found

    def by_device(self) -> dict[tuple[str, str], str]:
        """The sessions' ids by person and device."""
        return {(entry["user"], entry["device"]): id_ for id_, entry in self._entries.items()}

    def state(self, id_: str) -> SessionState | None:
        """Where the session stands, None if it is not listed: what every request asks."""
        entry = self._entries.get(id_)
        return _STATES[entry["state"]] if entry is not None else None

    def gone_in(self, later: ListedSessions) -> AbstractSet[str]:
        """The ids of those that a later list has no more."""
        return self._entries.keys() - later._entries.keys()

    def followed_by(self, entries: Mapping[str, object]) -> ListedSessions:
        """The sessions that these entries say, of which only those that differ are checked.

        Where an entry equals the one before, the one before is taken: to `==`, True is 1, and what
        was never checked must not get in by equalling what was.

        Raises:
            ValueError: a session could not be built.
        """
        known, found = self._entries, dict[str, Mapping[str, Any]]()
        for id_, entry in entries.items():
            before = known.get(id_)
            found[id_] = before if before == entry and before is not None else _checked(id_, entry)
        return ListedSessions(MappingProxyType(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionList:
    """One whole list. It knows every change up to the number `as_of` of the sign-in store.

    `gone` are the ids of sessions that a list before it had, as far as the reader knows, the last ten
    thousand of them: a session that leaves the list is over and never comes back, so one of these is
    missing for no other reason, however new its token is.
    """

    as_of: int
    issuer: str
    keys: Mapping[str, Ed25519PublicKey]
    sessions: ListedSessions
    gone: Mapping[str, None] = field(default_factory=lambda: _NONE, compare=False, repr=False)


NO_SESSIONS = SessionList(
    as_of=0, issuer="", keys=MappingProxyType({}), sessions=ListedSessions(MappingProxyType({}))
)
"""The list before any was received: no key signs, nobody is signed in."""


def body_of(
    *,
    as_of: int,
    issuer: str,
    keys: Mapping[str, Ed25519PublicKey],
    sessions: Iterable[Session],
) -> dict[str, Any]:
    """The body that says so. `as_of` MUST have been read before the sessions and keys were.

    A session that no door could read is left out: nobody is let in by it, and since a list is read
    whole or not at all, it would keep everybody else out with it.
    """
    listed = {session.id: _entry_of(session) for session in sessions if is_listed(session)}
    return {
        "as_of": as_of,
        "issuer": issuer,
        "keys": {kid: _text_of(key) for kid, key in keys.items()},
        "sessions": {id_: entry for id_, entry in listed.items() if _is_readable(id_, entry)},
    }


def is_listed(session: Session) -> bool:
    """Whether doors are told of it at all."""
    return session.state is not SessionState.ENDED and session.kind != CONSOLE


def listed_of(body: Mapping[str, Any], before: SessionList = NO_SESSIONS) -> SessionList:
    """Read a body whose signature was verified before.

    1. It has exactly its fields, and each has its type. 2. Every key is one. 3. Every session has
    an id, a user and a device, a state other than ended, and facts that can be read.

    A session that stands in `before` with the same entry was checked then: that entry is used
    again, so that a long list of which little changed is read quickly and held once. What stood there
    and stands here no more is `gone`.

    Raises:
        ValueError: one of these does not hold; nothing of the body is to be used.
    """
    if set(body) != _FIELDS:  # (1)
        raise ValueError("this list of sessions has not the fields of one")
    sessions = before.sessions.followed_by(_of(dict, body["sessions"]))  # (3)
    return SessionList(
        as_of=_count(body["as_of"]),
        issuer=_of(str, body["issuer"]),
        keys=MappingProxyType(  # (2)
            {kid: _key_of(text) for kid, text in _of(dict, body["keys"]).items()}
        ),
        sessions=sessions,
        gone=_gone(before, sessions),
    )


def _gone(before: SessionList, sessions: ListedSessions) -> Mapping[str, None]:
    """The newest of those that left, in the order in which they did."""
    newly = before.sessions.gone_in(sessions)
    if not newly and before.gone.keys().isdisjoint(sessions):
        return before.gone
    left = [id_ for id_ in (*before.gone, *newly) if id_ not in sessions]
    return MappingProxyType(dict.fromkeys(left[-_MOST_GONE:]))


def _entry_of(session: Session) -> dict[str, Any]:
    ruled = session.state is SessionState.SUSPENDED and by_rule(session.because)
    return {
        "because": session.because if ruled else "",
        "device": str(session.device),
        "expires": session.expires,
        "facts": session_facts_to_json(_for_doors(session.facts)),
        "number": session.number,
        "state": session.state.value,
        "user": str(session.user),
    }


def _for_doors(facts: SessionFacts) -> SessionFacts:
    """The same without where the device stands in inventories, which no rule reads."""
    if facts.device is None:
        return facts
    return replace(facts, device=replace(facts.device, places=()))


def _is_readable(id_: str, entry: object) -> bool:
    """Whether a door reads it, to which it comes as JSON: what is more than a text here is one there."""
    return _is_checked(id_, entry) or _is_checked(id_, json.loads(canonical(entry)))


def _is_checked(id_: str, entry: object) -> bool:
    try:
        _checked(id_, entry)
    except ValueError:
        return False
    return True


def _checked(id_: str, entry: object) -> Mapping[str, Any]:
    """The entry of a session that can be built later. Raises ValueError."""
    fields = _of(dict, entry)
    if not _ID.fullmatch(id_) or fields.keys() not in _ENTRIES:
        raise ValueError("a session of this list has not the form of one")
    UserId(_of(str, fields["user"]))
    DeviceId(_of(str, fields["device"]))
    if _of(str, fields["state"]) not in _STATES:
        raise ValueError("a session of this list is in no state that it can be in")
    because = _of(str, fields.get("because", ""))
    if because and not by_rule(because):
        raise ValueError("a session of this list is suspended by something that is no rule")
    _count(fields["expires"])
    _count(fields["number"])
    session_facts_from_json(fields["facts"])
    return fields


def _of(kind: type[_Kind], value: object) -> _Kind:
    if type(value) is not kind:  # True is an int to isinstance
        raise ValueError("a value in this list of sessions has another type")
    return value


def _count(value: object) -> int:
    number = _of(int, value)
    if number < 0:
        raise ValueError("a number in this list of sessions is below zero")
    return number


def _text_of(key: Ed25519PublicKey) -> str:
    return base64.urlsafe_b64encode(key.public_bytes_raw()).rstrip(b"=").decode()


def _key_of(text: object) -> Ed25519PublicKey:
    found = _KEY.fullmatch(_of(str, text))
    if found is None:
        raise ValueError("a key of this list of sessions is none")
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(found[0] + "="))
