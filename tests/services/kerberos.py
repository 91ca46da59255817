"""A Kerberos realm of one's own: MIT's KDC on any free port, and machines that are in a realm.

Needs the Debian packages `krb5-kdc`, `krb5-admin-server` and `krb5-user`.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.services.requirements import KERBEROS, lacking

MISSING = lacking(*KERBEROS)
PASSWORD = "Correct-Horse-7"
_CONFIG = """
[libdefaults]
    default_realm = {realm}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
    clockskew = {skew}
[realms]
    {realm} = {{
        kdc = {kdc}
    }}
"""
_KDC = """
[kdcdefaults]
    kdc_listen = {address}
    kdc_tcp_listen = {address}
[realms]
    {realm} = {{
        database_name = {folder}/principal
        key_stash_file = {folder}/stash
        acl_file = {folder}/acl
        max_life = 1h
        supported_enctypes = aes256-cts:normal
    }}
[logging]
    kdc = FILE:{folder}/kdc.log
"""


@dataclass(frozen=True, slots=True)
class Realm:
    """How a machine is in a realm: where its KDC is, and where people's tickets lie."""

    name: str
    folder: Path
    kdc: str

    def config(self, skew: int = 300) -> Path:
        """The machine's configuration. `skew` is how many seconds clocks may differ."""
        path = self.folder / f"krb5-{skew}.conf"
        path.write_text(_CONFIG.format(realm=self.name, kdc=self.kdc, skew=skew))
        return path

    def at(self, person: str = "nobody") -> dict[str, str]:
        """The surroundings of a program at the machine that this person uses."""
        here = {"KRB5_CONFIG": str(self.config()), "KRB5CCNAME": str(self.cache(person))}
        return {**os.environ, **here}

    def cache(self, person: str) -> Path:
        """Where their tickets lie."""
        return self.folder / f"{person}.cache"

    def log_on(self, person: str, password: str = PASSWORD) -> Path:
        """Log on at a machine; returns where the tickets lie."""
        done = subprocess.run(
            ["kinit", f"{person}@{self.name}"], input=f"{password}\n", env=self.at(person),
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return self.cache(person)


class Kdc:
    """MIT's KDC, and its administrator."""

    def __init__(self, folder: Path, realm: str) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.realm = Realm(realm, folder, f"127.0.0.1:{free_port()}")
        text = _KDC.format(address=self.realm.kdc, realm=realm, folder=folder)
        (folder / "kdc.conf").write_text(text)
        self._env = {**self.realm.at(), "KRB5_KDC_PROFILE": str(folder / "kdc.conf")}
        self._run("/usr/sbin/kdb5_util", "create", "-s", "-r", realm, "-P", "master")
        self._program: subprocess.Popen[bytes] | None = None

    def _run(self, *words: str | Path) -> None:
        done = subprocess.run(
            words, env=self._env, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def add(self, *people: str) -> None:
        for name in people:
            self._run(
                "/usr/sbin/kadmin.local", "-r", self.realm.name, "addprinc", "-pw", PASSWORD, name
            )

    def service(self, principal: str, keytab: str = "http.keytab") -> Path:
        """A service, and the file with its keys. Told again, it gets new keys beside the old ones."""
        path = self.folder / keytab
        with contextlib.suppress(AssertionError):
            self._run(
                "/usr/sbin/kadmin.local", "-r", self.realm.name, "addprinc", "-randkey", principal
            )
        self._run("/usr/sbin/kadmin.local", "-r", self.realm.name, "ktadd", "-k", path, principal)
        path.chmod(0o600)
        return path

    def start(self) -> None:
        log = self.folder / "out.txt"
        with log.open("wb") as out:
            self._program = subprocess.Popen(
                ["/usr/sbin/krb5kdc", "-n"], env=self._env, stdout=out, stderr=out
            )
        host, _, port = self.realm.kdc.rpartition(":")
        end = time.monotonic() + 60
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                return
            except OSError:
                assert self._program.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.02)

    def stop(self) -> None:
        if self._program is not None:
            self._program.terminate()
            self._program.wait(60)


@contextlib.contextmanager
def kdc(folder: Path, realm: str = "MIT.TEST") -> Iterator[Kdc]:
    """Start one in `folder`; stop it at the end."""
    made = Kdc(folder, realm)
    try:
        made.start()
        yield made
    finally:
        made.stop()
