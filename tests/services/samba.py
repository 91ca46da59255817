"""A real Active Directory of one's own: a Samba domain controller on an address of its own.

Needs the Debian packages `samba-ad-dc` and `samba-ad-provision`, and root: its ports are fixed.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import ldap

from tests.ports import is_free
from tests.services.directory import PASSWORD, PATIENCE_SECONDS, Directory, once
from tests.services.kerberos import Realm
from tests.services.requirements import SAMBA, lacking

PROGRAM = "/usr/sbin/samba"
MISSING = lacking(*SAMBA) or (
    "" if os.geteuid() == 0 else "needs root: a domain controller's ports are fixed"
)

DOMAIN = "corp.test"
BASE = "DC=corp,DC=test"
ADMINISTRATOR = "Correct-Administrator-7"
WRONG_BEFORE_LOCK = 20
"""High, since tests of wrong passwords share people."""

_PORTS = (88, 389, 464, 636, 3268, 3269)
_NEVER = 2**63 - 1
_DISABLED, _NORMAL, _PASSWORD_NEVER_ENDS = 0x2, 0x200, 0x10000
_YEAR_1601 = 11_644_473_600
"""Seconds from there to 1970."""

_SETTINGS = """
[global]
    server services = ldap, kdc
    tls enabled = yes
    tls keyfile = {folder}/server.key
    tls certfile = {folder}/server.crt
    tls cafile = {folder}/ca.pem
    netbios name = DC1
    realm = CORP.TEST
    workgroup = CORP
    server role = active directory domain controller
    interfaces = {address}/8
    bind interfaces only = yes
    log level = 0
    log file = {folder}/log.samba
    private dir = {folder}/dc/private
    state directory = {folder}/dc/state
    cache directory = {folder}/dc/cache
    lock directory = {folder}/dc
    pid directory = {folder}/run
    ncalrpc dir = {folder}/run/ncalrpc
    winbindd socket directory = {folder}/run/winbindd
    ntp signd socket directory = {folder}/run/ntp
    binddns dir = {folder}/dc/bind-dns
"""


def provision(folder: Path) -> None:
    """A new domain, five seconds; `samba` starts a copy of it."""
    made = folder.with_suffix(".half")
    shutil.rmtree(made, ignore_errors=True)
    for each in ("run", "log", "cache"):
        (made / each).mkdir(parents=True)
    (made / "empty.conf").touch()
    said = subprocess.run(
        ["samba-tool", "domain", "provision", "-s", made / "empty.conf", f"--targetdir={made}",
         "--realm=CORP.TEST", "--domain=CORP", "--server-role=dc", "--dns-backend=NONE",
         f"--adminpass={ADMINISTRATOR}", "--host-name=dc1", "--host-ip=127.0.0.1", "-d0",
         "--option=interfaces = 127.0.0.1/8", "--option=bind interfaces only = yes",
         f"--option=pid directory = {made}/run", f"--option=ncalrpc dir = {made}/run/ncalrpc",
         f"--option=winbindd socket directory = {made}/run/winbindd",
         f"--option=ntp signd socket directory = {made}/run/ntp",
         f"--option=log file = {made}/log/samba"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr[-3000:]
    made.rename(folder)


class Samba(Directory):
    """An Active Directory. A person's name is its `sAMAccountName`."""

    kind = "active-directory"
    base = BASE
    people = f"OU=Staff,{BASE}"
    groups = f"OU=Groups,{BASE}"
    reader = f"CN=reader,CN=Users,{BASE}"
    name_attribute = "sAMAccountName"
    group_class = "group"

    def __init__(self, folder: Path, domain: Path, names: tuple[str, ...] = ()) -> None:
        folder.mkdir(parents=True)
        self.address = free_address()
        self.url, self.plain = f"ldaps://{self.address}", f"ldap://{self.address}"
        super().__init__(folder, names or (self.address, "dc1.corp.test"))
        shutil.copytree(domain, folder / "dc", symlinks=True, ignore=_sockets)
        for each in ("ncalrpc", "winbindd", "ntp"):
            (folder / "run" / each).mkdir(parents=True)
        (folder / "run" / "ntp").chmod(0o750)
        text = _SETTINGS.format(folder=folder, address=self.address)
        (folder / "smb.conf").write_text(text)

    def start(self) -> None:
        """Return as soon as it answers, and gives tickets too: that begins a moment later."""
        super().start()
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                socket.create_connection((self.address, 88), timeout=5).close()
                return
            except OSError:
                assert time.monotonic() < end, "it gives no tickets"
                time.sleep(0.02)

    def _command(self) -> list[str | Path]:
        return [PROGRAM, "-F", "--no-process-group", "-s", self.folder / "smb.conf",
                "--model=single"]  # fmt: skip

    def _administrator(self) -> tuple[str, str]:
        return f"Administrator@{DOMAIN}", ADMINISTRATOR

    def furnish(self) -> None:
        """Where people and groups are, the account that reads, and when accounts are locked."""
        for where in (self.people, self.groups):
            self.administrator.add_s(where, [("objectClass", b"organizationalUnit")])
        self.add_person("reader", where=f"CN=Users,{BASE}")
        locks = [(ldap.MOD_REPLACE, "lockoutThreshold", [b"%d" % WRONG_BEFORE_LOCK])]
        self.administrator.modify_s(BASE, locks)

    def add_person(
        self, name: str, *, display: str = "", mail: str = "", password: str = PASSWORD,
        groups: Iterable[str] = (), where: str = "",
    ) -> str:  # fmt: skip
        dn = f"CN={name},{where or self.people}"
        fields = [
            ("objectClass", b"user"),
            ("sAMAccountName", name.encode()),
            ("userPrincipalName", f"{name}@{DOMAIN}".encode()),
            ("unicodePwd", _quoted(password)),
            ("userAccountControl", b"%d" % _NORMAL),
        ]
        fields += [("displayName", display.encode())] if display else []
        fields += [("mail", mail.encode())] if mail else []
        self.administrator.add_s(dn, fields)
        for group in groups:
            self.add_to(group, name)
        return dn

    def add_group(self, name: str, *members: str) -> str:
        dn = f"CN={name},{self.groups}"
        fields = [("objectClass", b"group"), ("sAMAccountName", name.encode())]
        self.administrator.add_s(dn, fields)
        if members:
            self.add_to(name, *members)
        return dn

    def disable(self, name: str) -> None:
        self._control(name, _NORMAL | _DISABLED)

    def enable(self, name: str) -> None:
        self._control(name, _NORMAL)

    def expire(self, name: str, at: float | None) -> None:
        ticks = _NEVER if at is None else int((at + _YEAR_1601) * 10_000_000)
        self.change(name, [(ldap.MOD_REPLACE, "accountExpires", [b"%d" % ticks])])

    def must_change(self, name: str) -> None:
        self.change(name, [(ldap.MOD_REPLACE, "pwdLastSet", [b"0"])])

    def let_password_expire(self, name: str) -> None:
        """By a password policy of its own, whose passwords are good for a second."""
        container = f"CN=Password Settings Container,CN=System,{BASE}"
        second, day = -10_000_000, -864_000_000_000
        fields = {
            "msDS-PasswordSettingsPrecedence": 1,
            "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
            "msDS-PasswordHistoryLength": 0,
            "msDS-PasswordComplexityEnabled": "FALSE",
            "msDS-MinimumPasswordLength": 0,
            "msDS-MinimumPasswordAge": 0,
            "msDS-MaximumPasswordAge": second,
            "msDS-LockoutThreshold": 0,
            "msDS-LockoutObservationWindow": day,
            "msDS-LockoutDuration": day,
            "msDS-PSOAppliesTo": self.dn(name),
        }
        self.administrator.add_s(
            f"CN=short for {name},{container}",
            [("objectClass", b"msDS-PasswordSettings")]
            + [(key, str(value).encode()) for key, value in fields.items()],
        )

    def lock(self, name: str) -> None:
        for _ in range(WRONG_BEFORE_LOCK + 1):
            with contextlib.suppress(ldap.INVALID_CREDENTIALS):
                self.anonymous().simple_bind_s(self.dn(name), "wrong")

    def set_password(self, name: str, password: str) -> None:
        self.change(name, [(ldap.MOD_REPLACE, "unicodePwd", [_quoted(password)])])

    def move(self, name: str, where: str) -> None:
        """Into another part of the tree."""
        self.administrator.rename_s(self.dn(name), f"CN={name}", where)

    # --- Kerberos ---------------------------------------------------------------------------------

    @property
    def realm(self) -> Realm:
        """How a machine is in this domain."""
        return Realm("CORP.TEST", self.folder, f"{self.address}:88")

    def service(self, account: str, *names: str) -> Path:
        """An account for services of these names, `HTTP/host`; returns the file with their keys.

        As `setspn` and `ktpass` do it on Windows.
        """
        self.add_person(account, where=f"CN=Users,{BASE}")
        keys = {"servicePrincipalName": names, "msDS-SupportedEncryptionTypes": ("24",)}
        self.change(
            account,
            [(ldap.MOD_REPLACE, key, [v.encode() for v in values]) for key, values in keys.items()],
        )
        keytab = self.folder / f"{account}.keytab"
        for name in names:
            said = subprocess.run(
                ["samba-tool", "domain", "exportkeytab", keytab, f"--principal={name}",
                 "-s", self.folder / "smb.conf"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert said.returncode == 0, said.stderr[-3000:]
        keytab.chmod(0o600)
        return keytab

    def _control(self, name: str, flags: int) -> None:
        self.change(name, [(ldap.MOD_REPLACE, "userAccountControl", [b"%d" % flags])])


def _sockets(folder: str, names: list[str]) -> list[str]:
    """What a controller that ran has left lying in its folder, and cannot be copied."""
    return [each for each in names if (Path(folder) / each).is_socket()]


def _quoted(password: str) -> bytes:
    return f'"{password}"'.encode("utf-16-le")


def free_address() -> str:
    """A loopback address of which nobody has the directory's ports."""
    chance = random.SystemRandom()
    while True:
        address = f"127.{chance.randint(64, 126)}.{chance.randint(1, 254)}.{chance.randint(1, 254)}"
        if all(is_free(address, port) for port in _PORTS):
            return address


@contextlib.contextmanager
def samba(folder: Path, domains: Path) -> Iterator[Samba]:
    """Start one in `folder`, from the domain that is kept in `domains`; stop it at the end."""
    made = Samba(folder, once(domains / "samba", provision))
    try:
        made.start()
        made.furnish()
        yield made
    finally:
        made.stop()
