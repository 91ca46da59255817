"""Somebody stands between us and a real directory, or it sends us elsewhere: nothing is said to them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

import ldap
import ldap.controls

from tests.adapters.test_ldap_connection import NO_TLS
from tests.conformance.test_company_directories import WISHES, people, reader
from tests.conformance.test_directory_passwords import WRONG, names_of, passwords_of
from tests.services.directory import PASSWORD, Directory
from tests.services.relay import relay
from vedette.ports.directory import NameKind
from vedette.ports.errors import Unavailable

START_TLS = b"1.3.6.1.4.1.1466.20037"


@pytest.fixture(params=["active_directory", "openldap"])
def directory(request: pytest.FixtureRequest) -> Directory:
    return request.getfixturevalue(request.param)


def place(url: str) -> tuple[str, int]:
    scheme, _, where = url.partition("://")
    host, _, port = where.partition(":")
    return host, int(port or (636 if scheme == "ldaps" else 389))


@pytest.mark.parametrize("how", ["refused", "left out"])
def test_whoever_takes_starttls_away_hears_no_name_and_no_password(directory, how):
    """The real server would answer everything else; the one between lets no TLS begin."""
    directory.add_person(f"strip-{how.replace(' ', '-')}")

    def answered(data: bytes) -> bytes:
        return NO_TLS if how == "refused" else data

    def said(data: bytes) -> bytes:
        return data if START_TLS not in data or how == "refused" else b""

    with relay(place(directory.plain)) as between:
        between.answered, between.said = answered, said
        url = f"ldap://127.0.0.1:{between.port}"
        asked, passwords = reader(directory, url), passwords_of(directory, url)
        asked.servers.timeout = passwords.servers.timeout = 1.5  # what is left out is waited for
        with pytest.raises(Unavailable):
            asked.read(WISHES)
        with pytest.raises(Unavailable):
            passwords.check(f"strip-{how.replace(' ', '-')}", PASSWORD)
        assert START_TLS in between.heard
        for secret in (PASSWORD.encode(), directory.reader.encode(), b"strip-"):
            assert secret not in between.heard


def test_a_server_with_the_certificate_of_another_is_asked_nothing(active_directory):
    """Its certificate is good, and for another name: as of somebody who took a server's address."""
    active_directory.add_person("elsewhere")
    shown = active_directory.anonymous()
    assert shown.search_s("", ldap.SCOPE_BASE, attrlist=["1.1"])
    for scheme, url in (("ldaps", active_directory.url), ("ldap", active_directory.plain)):
        with relay(place(url)) as between:
            other = f"{scheme}://localhost:{between.port}"
            with pytest.raises(Unavailable):
                reader(active_directory, other).read(WISHES)
            with pytest.raises(Unavailable):
                passwords_of(active_directory, other).check("elsewhere", PASSWORD)
            assert between.came
            assert PASSWORD.encode() not in between.heard


# ---- Referrals -----------------------------------------------------------------------------------


@dataclass
class Elsewhere:
    """Where a referral leads: who comes there is counted."""

    came: int = 0
    _listening: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0))
    )

    def __post_init__(self) -> None:
        self.url = f"ldap://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        with suppress(OSError):
            while True:
                self._listening.accept()[0].close()
                self.came += 1

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    made = Elsewhere()
    yield made
    made.close()


def test_what_a_directory_refers_to_is_neither_asked_nor_told_a_password(openldap, elsewhere):
    openldap.add_person("rf-here")
    dn = f"ou=rf-branch,{openldap.people}"
    as_entry = [ldap.controls.simple.ManageDSAITControl()]
    openldap.administrator.add_ext_s(
        dn,
        [("objectClass", [b"referral", b"extensibleObject"]), ("ou", b"rf-branch"),
         ("ref", f"{elsewhere.url}/ou=rf-branch,dc=other,dc=test".encode())],
        serverctrls=as_entry,
    )  # fmt: skip
    try:
        asked = reader(openldap)
        listing = asked.read(WISHES)
        assert "rf-here" in people(listing)
        asked.follow(WISHES, listing).close()
        assert passwords_of(openldap).check("rf-here", PASSWORD).proven
        assert passwords_of(openldap).check("rf-there", PASSWORD) == WRONG
        assert names_of(openldap).find(NameKind.DN, f"uid=rf-there,{dn}") is None
        assert elsewhere.came == 0
    finally:
        openldap.administrator.delete_ext_s(dn, serverctrls=as_entry)


def test_an_active_directory_s_referrals_to_its_other_parts_are_no_people(active_directory):
    """A search of the whole domain is answered with referrals to its other parts, too."""
    active_directory.add_person("rf-anna")
    raw = active_directory.administrator.search_s(
        active_directory.base, ldap.SCOPE_SUBTREE, "(sAMAccountName=rf-anna)", ["1.1"]
    )
    assert [dn for dn, _ in raw if dn is None], "it refers to nothing: this test shows nothing"
    assert "rf-anna" in people(reader(active_directory).read(WISHES))
    other = "CN=rf-anna,DC=elsewhere,DC=test"
    assert names_of(active_directory).find(NameKind.DN, other) is None
