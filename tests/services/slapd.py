"""A real OpenLDAP of one's own: nested groups, memberOf, password policy, and changes as they happen.

Needs the Debian package `slapd`.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import ldap

from tests.ports import free_port
from tests.services.directory import PASSWORD, Directory
from tests.services.requirements import SLAPD, lacking

PROGRAM = "/usr/sbin/slapd"
MISSING = lacking(SLAPD)

BASE = "dc=corp,dc=test"
ADMINISTRATOR = "administrator's secret"
WRONG_BEFORE_LOCK = 20

# everybody reads by the reading account alone; passwords nobody
_SETTINGS = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {folder}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
moduleload nestgroup
moduleload ppolicy
moduleload syncprov
TLSCertificateFile {folder}/server.crt
TLSCertificateKeyFile {folder}/server.key
TLSCACertificateFile {folder}/ca.pem
TLSProtocolMin 3.3
security simple_bind=128
sizelimit size.soft=1000 size.hard=1000 size.prtotal=unlimited
database mdb
maxsize 1073741824
suffix "{base}"
rootdn "cn=administrator,{base}"
rootpw "{administrator}"
directory {folder}/data
dbnosync
index objectClass,entryUUID,entryCSN eq
index uid,cn,mail,member,memberOf eq
limits dn.exact="cn=reader,{base}" size.prtotal=unlimited
access to attrs=userPassword by self =w by anonymous auth by * none
access to * by dn.exact="cn=reader,{base}" read by self read by anonymous auth by * none
overlay memberof
memberof-group-oc groupOfNames
memberof-refint TRUE
overlay refint
refint_attributes member
refint_nothing "{base}"
overlay nestgroup
nestgroup-base "ou=groups,{base}"
nestgroup-flags member-filter memberof-filter memberof-values
overlay ppolicy
ppolicy_default "cn=policy,{base}"
ppolicy_use_lockout
overlay syncprov
"""


class Slapd(Directory):
    """An OpenLDAP. A person's name is its `uid`."""

    kind = "openldap"
    base = BASE
    people = f"ou=people,{BASE}"
    groups = f"ou=groups,{BASE}"
    reader = f"cn=reader,{BASE}"
    name_attribute = "uid"
    group_class = "groupOfNames"

    def __init__(self, folder: Path, names: tuple[str, ...] = ("127.0.0.1",)) -> None:
        (folder / "data").mkdir(parents=True)
        self.url = f"ldaps://127.0.0.1:{free_port()}"
        self.plain = f"ldap://127.0.0.1:{free_port()}"
        super().__init__(folder, names)
        text = _SETTINGS.format(folder=folder, base=BASE, administrator=ADMINISTRATOR)
        (folder / "slapd.conf").write_text(text)

    def _command(self) -> list[str | Path]:
        # `-d` keeps it in the foreground
        return [
            PROGRAM,
            "-d",
            "0",
            "-f",
            self.folder / "slapd.conf",
            "-h",
            f"{self.url} {self.plain}",
        ]

    def _administrator(self) -> tuple[str, str]:
        return f"cn=administrator,{BASE}", ADMINISTRATOR

    def furnish(self) -> None:
        """Where people and groups are, the account that reads, and the policy of passwords."""
        add = self.administrator.add_s
        add(
            BASE, [("objectClass", [b"dcObject", b"organization"]), ("dc", b"corp"), ("o", b"Corp")]
        )
        for where in (self.people, self.groups):
            add(where, [("objectClass", b"organizationalUnit")])
        self._policy("policy")
        # out of people's sight, and in no group
        add(self.reader, [("objectClass", [b"applicationProcess", b"simpleSecurityObject"]),
                          ("userPassword", PASSWORD.encode())])  # fmt: skip

    def _policy(self, name: str, **more: object) -> str:
        dn = f"cn={name},{BASE}"
        fields = {
            "pwdAttribute": "userPassword",
            "pwdLockout": "TRUE",
            "pwdMaxFailure": WRONG_BEFORE_LOCK,
            "pwdMustChange": "TRUE",
            "pwdMaxAge": 3650 * 86_400,  # without any age it keeps no time of the last change
            "pwdAllowUserChange": "TRUE",
        } | more
        self.administrator.add_s(
            dn,
            [("objectClass", [b"applicationProcess", b"pwdPolicy"])]
            + [(key, str(value).encode()) for key, value in fields.items()],
        )
        return dn

    def add_person(
        self, name: str, *, display: str = "", mail: str = "", password: str = PASSWORD,
        groups: Iterable[str] = (), where: str = "",
    ) -> str:  # fmt: skip
        dn = f"uid={name},{where or self.people}"
        fields = [
            ("objectClass", [b"inetOrgPerson"]),
            ("cn", (display or name).encode()),
            ("sn", name.encode()),
            ("userPassword", password.encode()),
        ]
        fields += [("displayName", display.encode())] if display else []
        fields += [("mail", mail.encode())] if mail else []
        self.administrator.add_s(dn, fields)
        for group in groups:
            self.add_to(group, name)
        return dn

    def add_group(self, name: str, *members: str) -> str:
        dn = f"cn={name},{self.groups}"
        # the schema wants a member: the administrator, who is no entry and nobody's colleague
        dns = [f"cn=administrator,{BASE}", *(self.dn(member) for member in members)]
        fields = [("objectClass", b"groupOfNames"), ("member", [each.encode() for each in dns])]
        self.administrator.add_s(dn, fields)
        return dn

    def disable(self, name: str) -> None:
        for_good = [(ldap.MOD_REPLACE, "pwdAccountLockedTime", [b"000001010000Z"])]
        self.change(name, for_good)

    def enable(self, name: str) -> None:
        self.change(name, [(ldap.MOD_REPLACE, "pwdAccountLockedTime", [])])

    def expire(self, name: str, at: float | None) -> None:
        text = [] if at is None else [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(at)).encode()]
        self.change(name, [(ldap.MOD_REPLACE, "pwdEndTime", text)])

    def must_change(self, name: str) -> None:
        self.change(name, [(ldap.MOD_REPLACE, "pwdReset", [b"TRUE"])])

    def let_password_expire(self, name: str) -> None:
        policy = self._policy(f"short for {name}", pwdMaxAge=1)
        self.change(name, [(ldap.MOD_REPLACE, "pwdPolicySubentry", [policy.encode()])])

    def lock(self, name: str) -> None:
        for _ in range(WRONG_BEFORE_LOCK + 1):
            with contextlib.suppress(ldap.INVALID_CREDENTIALS):
                self.anonymous().simple_bind_s(self.dn(name), "wrong")

    def set_password(self, name: str, password: str) -> None:
        self.change(name, [(ldap.MOD_REPLACE, "userPassword", [password.encode()])])
        self.change(name, [(ldap.MOD_REPLACE, "pwdReset", [])])


def load(folder: Path, ldif: Path) -> None:
    """Many entries at once, while it does not run."""
    said = subprocess.run(
        ["/usr/sbin/slapadd", "-q", "-f", folder / "slapd.conf", "-l", ldif],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr[-3000:]


@contextlib.contextmanager
def slapd(folder: Path) -> Iterator[Slapd]:
    """Start one in `folder`, and stop it at the end."""
    made = Slapd(folder)
    try:
        made.start()
        made.furnish()
        yield made
    finally:
        made.stop()
