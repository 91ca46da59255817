"""A directory of 50,000 people: read page by page, and whole or not at all when its server dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

import ldap.controls

from tests.conformance.test_company_directories import WISHES, reader
from tests.services.slapd import MISSING, Slapd, load, slapd
from vedette.ports.errors import Unavailable

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

MANY = 50_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    folder = tmp_path_factory.mktemp("large")
    with slapd(folder / "ldap") as running:
        running.stop()
        entries = (
            f"dn: uid=w{number},{running.people}\nobjectClass: inetOrgPerson\n"
            f"uid: w{number}\ncn: W {number}\nsn: {number}\n\n"
            for number in range(MANY)
        )
        (folder / "many.ldif").write_text("".join(entries))
        load(running.folder, folder / "many.ldif")
        running.start()
        yield running


def test_everybody_is_read_though_no_answer_may_hold_so_many(large, figure):
    begun = time.monotonic()
    found = reader(large).read(WISHES)
    figure(f"directory: {MANY} people read in {time.monotonic() - begun:.1f} s")
    assert {each.name for each in found.people} == {f"w{number}" for number in range(MANY)}


def test_referrals_lead_nowhere(large):
    as_entry = ldap.controls.simple.ManageDSAITControl()
    large.administrator.add_ext_s(
        f"cn=elsewhere,{large.people}",
        [("objectClass", [b"referral", b"extensibleObject"]), ("cn", b"elsewhere"),
         ("ref", b"ldap://127.0.0.1:1/ou=people,dc=other,dc=test")],
        serverctrls=[as_entry],
    )  # fmt: skip
    found = reader(large).read(WISHES)
    assert len(found.people) == MANY


def test_a_server_that_dies_while_it_is_read_gives_nothing_and_the_next_one_is_read(
    large, openldap, tmp_path
):
    killing = threading.Timer(0.3, lambda: large.stop(at_once=True))
    alone = reader(large)
    killing.start()
    try:
        with pytest.raises(Unavailable, match=r"went away while it was read|no server"):
            alone.read(WISHES)
    finally:
        killing.join()
        large.start()
    both = reader(large, large.url, openldap.url)
    both.servers.ca = tmp_path / "both.pem"
    both.servers.ca.write_bytes(large.ca.read_bytes() + openldap.ca.read_bytes())
    again = threading.Timer(0.3, lambda: large.stop(at_once=True))
    again.start()
    try:
        found = both.read(WISHES)
        assert found.server == openldap.url
        assert not any(each.name == "w1" for each in found.people)  # nothing of the half
    finally:
        again.join()
        large.start()
