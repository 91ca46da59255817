"""The sign-in store: accounts, factors, sessions, refresh tokens and what may be used only once.

One database, opened by every signin and by control. Each call is one short transaction and may be
made from any thread. Times are whole seconds since 1970-01-01 UTC and always passed in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from vedette.core.names import UserId
from vedette.core.on_device import OnDevice
from vedette.core.sessions import Session, SessionFacts, SessionState

if TYPE_CHECKING:
    from vedette.ports.certificates import CertificateStore
    from vedette.ports.device_management import DeviceStore
    from vedette.ports.sign_in_lists import SignInLists

SPENT_KEPT = 32
"""So many generations of spent refresh tokens are kept for each session, to recognise their reuse."""

LOST_ANSWERS_KEPT = 8
"""So many successors of one refresh token are good beside one another; of more, the newest."""

RETENTION = 90 * 86_400
"""Ended sessions, clients without any session, and past sign-ins are kept for so many seconds."""


PAST_KEPT = 200
"""So many past sign-ins of one person are kept."""

REPLACED = "replaced by a newer session of the same device"
"""Why a session ended when its device signed in again."""

HELD_HERE = frozenset({"totp", "webauthn"})
"""The kinds of second factor of which this store knows who has one."""


def attempt_step(window: int) -> int:
    """The seconds in which attempts are counted together: a tenth of the window, at least one."""
    return max(1, window // 10)


class Taken(Exception):
    """Something with this name or id is there already; nothing was changed."""


class NoAccount(LookupError):
    """No account has this localpart; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One person's account. `password_hash` is None where no password of ours was ever set.

    `reset_by_other` is when somebody else last made credentials for it, in seconds since 1970 UTC;
    None if nobody ever did, or if recovery has ended the wait.
    """

    localpart: str
    display_name: str
    password_hash: str | None = field(repr=False)
    must_change: bool
    created: int
    provisioned: bool
    reset_by_other: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """Something a person proves themselves with, recovery codes and the password apart.

    `secret` is in the clear here and encrypted where it is kept. `counter` is the last TOTP step or
    the WebAuthn signature count. `last_used` is 0 while it was never used.
    """

    id: str
    localpart: str
    kind: str
    label: str
    secret: bytes = field(repr=False)
    counter: int = 0
    created: int
    last_used: int = 0
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """A client as it registered itself (RFC 7591). Everything in it is the client's own claim."""

    id: str
    name: str
    uri: str
    redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...]
    application_type: str = "web"
    logo_uri: str = ""
    created: int
    registered_from: str = ""
    software_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """The successor is in force for this session. Whether the session may go on is the caller's.

    `forgiven` says that the token had been used before and its successor never was.
    """

    session: str
    forgiven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reused:
    """A token was presented after its successor was used: the caller suspends this session."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something Synapse still has to be told. Done at least once, so it must bear repeating."""

    id: int
    kind: Literal["delete-device", "name"]
    """`name`: the account is called otherwise now; `device` is empty."""
    user: UserId
    device: str
    made: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """A key that signs tokens. The newest one signs; all that are not retired verify.

    `public` and `private` are raw Ed25519 keys (RFC 8032); `private` is empty where the store was
    opened without its key.
    """

    kid: str
    public: bytes
    private: bytes = field(repr=False)
    made: int
    retired: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When and from where a session was last used."""

    at: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSignIn:
    """One sign-in that was tried, for the person's own page."""

    at: int
    address: str
    client: str
    outcome: str


class SignInStore(Protocol):
    """Keeps everything about sign-in. Every call raises Unavailable when the store does not answer.

    A write that changes what doors must know (a session made, moved or with other facts, a token
    key made or retired) counts `changes` up in the same transaction and returns the new number.
    Numbers become visible in their order: who read `n` from `changes` and then reads sessions and
    keys sees every change up to `n`.
    """

    @property
    def lists(self) -> SignInLists:
        """The same store, read a page at a time."""

    @property
    def certificates(self) -> CertificateStore:
        """The same store, as far as it is about certificates."""

    @property
    def devices(self) -> DeviceStore:
        """The same store, as far as it is about what inventories say of devices."""

    def changes(self) -> int:
        """The number of the newest change. One cheap read, meant to be asked many times a second."""

    def nudge(self) -> int:
        """Count a change without one, so that control signs the list anew; returns its number.

        Whoever sees the list of that number knows that control is there now.
        """

    # accounts

    def account(self, localpart: str) -> Account | None:
        """The account, or None."""

    def accounts(self) -> tuple[Account, ...]:
        """Every account, by localpart."""

    def unprovisioned(self, most: int) -> tuple[Account, ...]:
        """Some accounts that Synapse does not know yet, by localpart."""

    def make_account(
        self,
        localpart: str,
        display_name: str,
        password_hash: str | None,
        now: int,
        *,
        must_change: bool = False,
    ) -> Account:
        """Make an account that Synapse does not know yet.

        Raises:
            Taken: the localpart has an account.
        """

    def set_password(
        self, localpart: str, password_hash: str, now: int, *, must_change: bool = False
    ) -> None:
        """Replace the password. Raises NoAccount."""

    def note_reset(self, localpart: str, at: int | None) -> None:
        """Note when somebody else made credentials for this account; None forgets it.

        Raises NoAccount.
        """

    def reset_since(self, at: int) -> Mapping[str, int]:
        """The accounts for which somebody else made credentials at this time or later, and when."""

    def provisioned(self, localpart: str) -> None:
        """Note that Synapse knows this account."""

    def call(self, user: UserId, display_name: str, now: int) -> bool:
        """Give an account another display name, and add the errand that tells Synapse.

        False where there is no such account, or it is called so already: nothing is done then.
        """

    # factors

    def factors(self, localpart: str) -> tuple[Factor, ...]:
        """The person's factors, oldest first."""

    def password_alone(self, before: int) -> tuple[str, ...]:
        """Localparts, sorted, of accounts made before this time that have a password of ours, and
        neither one-time passwords nor a WebAuthn authenticator besides.
        """

    def add_factor(self, factor: Factor) -> None:
        """Keep a new factor.

        Raises:
            NoAccount: of a person without an account.
            Taken: its id is there already.
        """

    def use_factor(self, id: str, *, counter: int, now: int) -> bool:  # noqa: A002
        """Note a use: True only if `counter` is higher than the one kept, in one step.

        False is a replay (RFC 6238 section 5.2), a cloned authenticator or an unknown factor. A
        WebAuthn authenticator that keeps no count says 0 always, which is taken as long as nothing
        but 0 was ever seen (WebAuthn Level 2, section 6.1.1).
        """

    def remove_factor(self, localpart: str, id: str) -> bool:  # noqa: A002
        """Remove one factor of this person; False if they have no such factor."""

    def remove_factors(self, localpart: str, kinds: Collection[str] | None) -> int:
        """Remove the factors of these kinds, or all; returns how many.

        The recovery codes are one factor of the kind `recovery`.
        """

    def set_recovery(self, localpart: str, hashes: Sequence[str], now: int) -> None:
        """Replace the person's recovery codes. Raises NoAccount."""

    def use_recovery(self, localpart: str, hash: str) -> bool:  # noqa: A002
        """Use up one code: True for exactly one caller, ever."""

    def recovery_left(self, localpart: str) -> int:
        """How many codes are not used yet."""

    # sessions

    def add_session(self, session: Session, refresh_hash: str | None, now: int) -> int:
        """Keep a new session; returns the number of the change.

        `session.number` is ignored, the store counts by itself. An older session of the same
        device ends, as the Matrix specification has it for a log-in with a known device id; the
        device stays, and an errand that would delete it is dropped.

        Raises:
            Taken: its id or refresh token is there already.
            ValueError: its facts are larger than a session's may be.
        """

    def session(self, id: str) -> Session | None:  # noqa: A002
        """The session, ended ones too. `number` counts from 1, oldest first; of those over it is 0."""

    def sessions(self, user: UserId | None = None, *, ended: bool = False) -> tuple[Session, ...]:
        """The sessions that are not ended, or with `ended` all, of one person or all; oldest first."""

    def sessions_since(self, change: int) -> tuple[Session, ...]:
        """All sessions of each person who had one changed after `change`, ended ones included.

        So a copy of `sessions()` that stood at `change` is brought up to date.
        """

    def move_session(self, id: str, to: SessionState, because: str, now: int) -> int | None:  # noqa: A002
        """Move a session; returns the number of the change, None if unknown or not a legal move.

        Ending takes its refresh tokens away and adds the errand that deletes its device, if it has
        one: a session of the console has none.
        """

    def end_sessions(self, ids: Collection[str], because: str, now: int) -> frozenset[str]:
        """End many sessions at once, each as by `move_session`; returns those that this ended.

        To the doors it is one change, and to the disk one write.
        """

    def set_facts(self, id: str, facts: SessionFacts) -> int | None:  # noqa: A002
        """Replace what is known of a session that is not ended; None if there is none.

        What is known of its managed device stays as it is: that is `set_device`'s alone, or whoever
        read the facts before a device was lost would write that it is well.

        Raises:
            ValueError: the facts are larger than a session's may be.
        """

    def set_device(self, id: str, device: OnDevice | None) -> int | None:  # noqa: A002
        """Replace what is known of the managed device of a session that is not ended.

        None where there is no such session, and where nothing else was known before.
        """

    def rename(self, id: str, device_name: str) -> None:  # noqa: A002
        """Give its device another name, which no door needs to know."""

    def touch(self, id: str, at: int, address: str) -> None:  # noqa: A002
        """Note that a session was used. An older time than the one kept changes nothing."""

    def seen(self, user: UserId) -> Mapping[str, Seen]:
        """When this person's sessions were last used, by session; without those never used."""

    # refresh tokens (RFC 9700 section 4.14.2, forgiving a lost answer)

    def refresh(self, token_hash: str, successor_hash: str) -> Refreshed | Reused | None:
        """Exchange a refresh token for its successor. A family is a session.

        1. The current token: it becomes the previous one, the successor the current one.
        2. The previous token, while no successor of it was used: one more successor is current,
           since the answer with the other one may have been lost. Whichever is used first, the
           others are spent. So of two that refresh at once, both have a working answer.
        3. A spent token: Reused, nothing changes.
        4. Unknown, of an ended session, or spent so long ago that it is forgotten: None. Whether
           the session is past its time is the caller's to see.

        Raises:
            Taken: the successor is known already.
        """

    def family(self, token_hash: str) -> str | None:
        """The session of a refresh token, whatever became of the token; None if it is not kept."""

    # things that are used once

    def put_once(self, kind: str, key_hash: str, body: bytes, expires: int) -> None:
        """Keep something that may be taken once until `expires`.

        Raises:
            Taken: this key of this kind is there already, taken or not.
        """

    def peek(self, kind: str, key_hash: str, now: int) -> bytes | None:
        """Look at it without taking it; None when unknown, taken or expired."""

    def replace(
        self, kind: str, key_hash: str, body: bytes, expires: int, was: bytes | None = None
    ) -> bool:
        """Give it another body and end; False when unknown or taken, or if its body is not `was`."""

    def take(self, kind: str, key_hash: str, now: int) -> bytes | None:
        """Its body, to exactly one of any number of callers; None to all others."""

    def give_back(self, kind: str, key_hash: str, body: bytes | None = None) -> None:
        """Let something that was taken be taken again until its end, with another body if given."""

    def spent(self, kind: str, key_hash: str) -> bytes | None:
        """The body of something that was taken; it is forgotten some time after its end."""

    # clients

    def add_client(self, client: OAuthClient) -> None:
        """Keep a registered client. Raises Taken."""

    def client(self, id: str) -> OAuthClient | None:  # noqa: A002
        """The registered client, or None."""

    # attempts

    def attempt(self, key: str, now: int, window: int) -> int:
        """Count one attempt; returns how many there were in the last `window` seconds, this included.

        Counted in steps of a tenth of the window, so an attempt may count for a tenth too long.
        """

    def attempts(self, keys: Sequence[str], now: int, window: int) -> tuple[int, ...]:
        """Count one attempt for each of these different keys at once, as `attempt` does for one."""

    def excuse(self, keys: Sequence[str], now: int, window: int) -> None:
        """Take back one attempt of each key, if it was counted just now: it turned out right."""

    def forgive(self, key: str) -> None:
        """Forget the attempts of this key."""

    # errands to Synapse

    def outbox(self, limit: int = 100) -> tuple[Errand, ...]:
        """What is still to be done, devices to be deleted first, then oldest first."""

    def done(self, errand_id: int) -> None:
        """Note that an errand was done."""

    # token keys

    def token_keys(self) -> tuple[TokenKey, ...]:
        """The keys that are not retired, newest first."""

    def add_token_key(self, key: TokenKey) -> int:
        """Keep a new key, which from now on signs; returns the number of the change. Raises Taken."""

    def retire_token_key(self, kid: str, now: int) -> int | None:
        """Let a key verify no longer; None if there is no such key in force."""

    # past sign-ins

    def note_sign_in(
        self, localpart: str, at: int, address: str, client: str, outcome: str
    ) -> None:
        """Note that somebody tried to sign in as this person; nothing where there is no account."""

    def last_sign_ins(self, localpart: str, limit: int) -> tuple[PastSignIn, ...]:
        """The newest of them, newest first."""

    # housekeeping

    def sweep(self, now: int) -> None:
        """Forget what has expired and what is older than `RETENTION`. Meant for once a minute."""

    def close(self) -> None:
        """Give back every connection."""
