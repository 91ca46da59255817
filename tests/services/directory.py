"""What the tests' directories have in common: a program of one's own, and what an administrator does.

Every directory has people in `people`, groups in `groups`, and an account that only reads,
`reader`, whose password stands in the file `secret`. Its certificate is by the CA in `ca`.
"""

from __future__ import annotations

import abc
import fcntl
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import ldap
import ldap.filter
from ldap.ldapobject import ReconnectLDAPObject, SimpleLDAPObject

from vedette.suite.certificates import Authority, issue, make_authority, today

PASSWORD = "Correct-Horse-7"
"""What everybody's is, unless a test says another."""
PATIENCE_SECONDS = 60


class Directory(abc.ABC):
    """A running directory, and its administrator."""

    kind: str
    """As the boot file has it."""
    url: str
    """`ldaps://…`"""
    plain: str
    """`ldap://…`, for StartTLS."""
    base: str
    people: str
    groups: str
    reader: str
    name_attribute: str
    group_class: str
    _program: subprocess.Popen[bytes] | None = None
    _connection: SimpleLDAPObject | None = None

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        self.folder = folder
        self.authority: Authority = make_authority("A company's CA", today())
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(self.authority.pem)
        self.secret = folder / "reader.secret"
        _private(self.secret, PASSWORD.encode())
        self.show_certificate(names)

    # --- the program -----------------------------------------------------------------------------

    @abc.abstractmethod
    def _command(self) -> list[str | Path]: ...

    @abc.abstractmethod
    def _administrator(self) -> tuple[str, str]:
        """Whom to bind as, and the password."""

    def show_certificate(self, names: tuple[str, ...], by: Authority | None = None) -> None:
        """Show a certificate for `names` from the next start on."""
        shown = issue(by or self.authority, names, today())
        _private(self.folder / "server.key", shown.key)
        (self.folder / "server.crt").write_bytes(shown.certificate)

    def start(self) -> None:
        """Return as soon as it answers."""
        with (self.folder / "log.txt").open("ab") as log:
            self._program = subprocess.Popen(self._command(), stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.anonymous().search_s("", ldap.SCOPE_BASE, attrlist=["namingContexts"])
                return
            except ldap.SERVER_DOWN:
                said = (self.folder / "log.txt").read_text(errors="replace")[-2000:]
                assert self._program.poll() is None, said
                assert time.monotonic() < end, said
                time.sleep(0.02)

    def stop(self, *, at_once: bool = False) -> None:
        """End it; `at_once`: as if the power had failed."""
        if self._connection is not None:
            self._connection.unbind_s()
            self._connection = None
        if self._program is None:
            return
        if at_once:
            self._program.kill()
        else:
            self._program.terminate()
        try:
            self._program.wait(15)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.wait()
        self._program = None

    # --- who asks --------------------------------------------------------------------------------

    def anonymous(self, url: str = "") -> SimpleLDAPObject:
        """A connection whose other side is who it should be; nobody is bound."""
        return self._demanding(ldap.initialize(url or self.url))

    def _demanding(self, made: SimpleLDAPObject) -> SimpleLDAPObject:
        """The connection, with short patience and a certificate that this CA signed."""
        made.protocol_version = ldap.VERSION3
        made.set_option(ldap.OPT_REFERRALS, 0)
        made.set_option(ldap.OPT_NETWORK_TIMEOUT, 5)
        made.set_option(ldap.OPT_TIMEOUT, 20)
        made.set_option(ldap.OPT_X_TLS_CACERTFILE, str(self.ca))
        made.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
        made.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        return made

    @property
    def administrator(self) -> SimpleLDAPObject:
        """A connection that may do everything.

        Directories end connections that nobody used for some time (Active Directory after 15
        minutes), so it connects again when it has to.
        """
        if self._connection is None:
            made = self._demanding(ReconnectLDAPObject(self.url, retry_max=2, retry_delay=0.1))
            made.simple_bind_s(*self._administrator())
            self._connection = made
        return self._connection

    # --- what the administrator does -------------------------------------------------------------

    @abc.abstractmethod
    def add_person(
        self,
        name: str,
        *,
        display: str = "",
        mail: str = "",
        password: str = PASSWORD,
        groups: Iterable[str] = (),
        where: str = "",
    ) -> str:
        """A new person; returns its DN."""  # fmt: skip

    @abc.abstractmethod
    def add_group(self, name: str, *members: str) -> str:
        """A new group of the people and groups with these names; returns its DN."""

    @abc.abstractmethod
    def disable(self, name: str) -> None: ...

    @abc.abstractmethod
    def enable(self, name: str) -> None: ...

    @abc.abstractmethod
    def expire(self, name: str, at: float | None) -> None:
        """The account ends at `at` (Unix time); None: never."""

    @abc.abstractmethod
    def must_change(self, name: str) -> None:
        """The person has to choose another password first."""

    @abc.abstractmethod
    def let_password_expire(self, name: str) -> None:
        """The password is older than the directory takes, from now on."""

    @abc.abstractmethod
    def lock(self, name: str) -> None:
        """As after too many wrong passwords."""

    @abc.abstractmethod
    def set_password(self, name: str, password: str) -> None: ...

    def delete(self, name: str) -> None:
        self.administrator.delete_s(self.dn(name))

    def add_to(self, group: str, *names: str) -> None:
        """People or groups become members."""
        self.change(group, [(ldap.MOD_ADD, "member", [self.dn(name).encode() for name in names])])

    def take_from(self, group: str, *names: str) -> None:
        """People or groups are members no longer."""
        dns = [self.dn(name).encode() for name in names]
        self.change(group, [(ldap.MOD_DELETE, "member", dns)])

    def call(self, name: str, display: str) -> None:
        """Another display name."""
        self.change(name, [(ldap.MOD_REPLACE, "displayName", [display.encode()])])

    def change(self, name: str, modifications: list[tuple[int, str, Any]]) -> None:
        self.administrator.modify_s(self.dn(name), modifications)

    def dn(self, name: str) -> str:
        """Of the person or the group that is called so."""
        found = self._find(name)
        assert found is not None, f"nobody here is called {name!r}"
        return found

    def _find(self, name: str) -> str | None:
        escaped = ldap.filter.escape_filter_chars(name)
        group = f"(&(objectClass={self.group_class})(cn={escaped}))"
        wanted = f"(|({self.name_attribute}={escaped}){group})"
        found = self.administrator.search_s(self.base, ldap.SCOPE_SUBTREE, wanted, ["1.1"])
        return next((dn for dn, _ in found if dn), None)


def _private(path: Path, content: bytes) -> None:
    path.touch(0o600)
    path.chmod(0o600)
    path.write_bytes(content)


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """What `make` puts into `folder`, made by the first process that asks for it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            make(folder)
    return folder
