"""The password as a first factor: one that is kept here, or that of the company's directory.

Which of the two is asked follows from who it is, never from what was typed (docs/decisions/0027).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

from vedette.core.names import UserId
from vedette.core.reasons import Reason
from vedette.core.sessions import FactorUse
from vedette.ports.directory import BindAnswer, Bound, NameKind
from vedette.ports.errors import Unavailable
from vedette.ports.policy import PolicySource
from vedette.ports.sign_in import Account, Taken
from vedette.signin import proofs
from vedette.signin.door import SignInDoor
from vedette.signin.proofs import Means

DIRECTORY = "directory"
"""What a password is proven by that the company's directory took."""
WINDOW = 1800
"""Seconds for which a wrong password counts that reached the directory; a directory counts so long."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Whose password it is, and what it proves."""

    account: Account
    use: FactorUse


@dataclass(frozen=True, slots=True)
class Turned:
    """It lets nobody in; `says` is the key of the sentence that the person reads."""

    says: str = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordProof:
    """Checks passwords. Its calls block: for worker threads."""

    means: Means
    door: SignInDoor
    policy: PolicySource

    def check(
        self, localpart: str | None, typed: str, *, known: bool, dead: bool
    ) -> Passed | Turned:
        """Whose password this is; `known` says that their browser is known, `dead` makes it a no.

        1. Without a directory, every password is one of ours.
        2. With one, both kinds of work are done for everybody, strangers too.
        3. A password goes to the directory only while few wrong ones went there for this person:
           else strangers could lock the account for the whole company.

        Raises:
            Unavailable: the store or the directory does not answer; nothing is said of the person.
        """
        account = self.means.store.account(localpart) if localpart else None
        directory = self.means.directory
        if directory is None:  # (1)
            return self._own(localpart, typed, dead=dead)
        within = self._within(localpart, known=known)
        if not self._is_elsewhere(localpart, account):
            own = self._own(localpart, typed, dead=dead)
            with suppress(Unavailable):  # (2)
                directory.check(None, typed)
            return own
        self.means.passwords.verify(typed, None)  # (2)
        asked = localpart if within and not dead else None  # (3)
        bound = directory.check(asked, typed)
        return Turned() if asked is None else self._told(asked, account, bound, known=known)

    def who(self, typed: str) -> str | None:
        """The localpart of whoever is meant by the name that was typed; None for nobody.

        What looks like an e-mail address is the name of somebody in the directory, where there is
        one: first as a user principal name, then as an address. Raises Unavailable.
        """
        text, names = typed.strip(), self.means.names
        if names is None or "@" not in text[1:] or text.startswith("@"):
            return proofs.localpart_of(typed, self.means.domain)
        # both are asked for whatever the first one says, so that the answer takes the same work
        found = [names.find(kind, text) for kind in (NameKind.UPN, NameKind.EMAIL)]
        return found[0] or found[1]

    def is_elsewhere(self, localpart: str) -> bool:
        """Whether this person's password is kept by the company and not here."""
        if self.means.directory is None:
            return False
        return self._is_elsewhere(localpart, self.means.store.account(localpart))

    def _is_elsewhere(self, localpart: str | None, account: Account | None) -> bool:
        """Whoever the directory is known to have proves it there, whatever is kept here."""
        own = account is not None and account.password_hash is not None
        return not own or (localpart is not None and self._is_listed(localpart))

    def _own(self, localpart: str | None, typed: str, *, dead: bool) -> Passed | Turned:
        account = proofs.password(self.means, localpart, typed, dead=dead)
        if account is None:
            return Turned()
        return Passed(account, FactorUse(kind="password", at=self.means.now()))

    def _told(
        self, localpart: str, account: Account | None, bound: Bound, *, known: bool
    ) -> Passed | Turned:
        """What the directory's answer means here.

        1. Its yes makes the account, if there is none yet; nothing of the password is kept. It
           counts only for whoever control has read from it: until then nobody knows their groups.
        2. Why it lets somebody in no further is recorded, and said to who had the right password.
        3. Whoever it calls otherwise by now is called so here.
        """
        if bound.answer is BindAnswer.WRONG:
            return Turned()
        if bound.proven:
            self.means.store.excuse((counted_as(localpart, known=known),), self.means.now(), WINDOW)
        if bound.answer is not BindAnswer.OK:  # (2)
            self.door.turned_away(self._user(localpart), REASONS[bound.answer])
            return Turned(SAYS.get(bound.answer, "wrong") if bound.proven else "wrong")
        self.means.store.forgive(counted_as(localpart, known=known))
        if not self._is_listed(localpart):
            self.door.turned_away(self._user(localpart), Reason.DIRECTORY_NOT_READ)
            return Turned("not-read-yet")
        use = FactorUse(kind="password", at=self.means.now(), proven_by=DIRECTORY)
        if account is not None and bound.display_name:  # (3)
            self.means.store.call(self._user(localpart), bound.display_name, self.means.now())
        return Passed(account or self._made(localpart, bound.display_name), use)  # (1)

    def _made(self, localpart: str, display_name: str) -> Account:
        store = self.means.store
        try:
            return store.make_account(localpart, display_name, None, self.means.now())
        except Taken:  # they sign in on two devices at once
            found = store.account(localpart)
            if found is None:
                raise Unavailable("an account came and went") from None
            return found

    def _within(self, localpart: str | None, *, known: bool) -> bool:
        """Count one password that may reach the directory; whether it may. Raises Unavailable."""
        most = self.policy.current().directory.document.directory.wrong_passwords
        key = counted_as(localpart or "-", known=known)
        return self.means.store.attempt(key, self.means.now(), WINDOW) <= most

    def _is_listed(self, localpart: str) -> bool:
        return self._user(localpart) in self.policy.current().directory.people

    def _user(self, localpart: str) -> UserId:
        return UserId(f"@{localpart}:{self.means.domain}")


def own(use: FactorUse) -> bool:
    """Whether this is a password that is kept here."""
    return use.kind == "password" and use.proven_by != DIRECTORY


def counted_as(localpart: str, *, known: bool) -> str:
    """Under what passwords for one person are counted that may reach the directory."""
    return f"directory:{localpart}{':known' if known else ''}"


REASONS: Mapping[BindAnswer, Reason] = MappingProxyType(
    {
        BindAnswer.DISABLED: Reason.DIRECTORY_DISABLED,
        BindAnswer.EXPIRED: Reason.DIRECTORY_EXPIRED,
        BindAnswer.LOCKED: Reason.DIRECTORY_LOCKED,
        BindAnswer.MUST_CHANGE: Reason.DIRECTORY_MUST_CHANGE,
    }
)
"""What the record says of each answer that is neither a yes nor merely wrong."""
SAYS: Mapping[BindAnswer, str] = MappingProxyType(
    {
        BindAnswer.EXPIRED: "directory-expired",
        BindAnswer.MUST_CHANGE: "directory-must-change",
    }
)
"""What a person reads who had the right password; of every other answer, what a stranger reads."""
