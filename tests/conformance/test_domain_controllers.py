"""Several domain controllers: one is followed, each counts for itself, and the next takes over."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

from tests.conformance.test_company_directories import WISHES, people
from tests.services.directory import PASSWORD
from tests.services.relay import Relay, relay
from tests.services.samba import Samba
from vedette.adapters.ldap.connection import Servers
from vedette.adapters.ldap.directory import LdapDirectory
from vedette.adapters.ldap.kinds import ACTIVE_DIRECTORY
from vedette.adapters.ldap.reading import Searching
from vedette.adapters.people_kept import PeopleKept
from vedette.adapters.system_clock import SystemClock
from vedette.control.directory import DirectoryPeople
from vedette.core.names import ServerName
from vedette.core.settings.document import CompanyDirectory
from vedette.ports.directory import ChangesLost

ANOTHER_COPY = """
import sys, uuid, ldb
from samba.auth import system_session
from samba.ndr import ndr_pack
from samba.dcerpc import misc
from samba.param import LoadParm
from samba.samdb import SamDB
settings = LoadParm()
settings.load(sys.argv[1])
base = SamDB(url=settings.private_path("sam.ldb"), session_info=system_session(), lp=settings)
change = ldb.Message(ldb.Dn(base, base.get_dsServiceName()))
copy = ndr_pack(misc.GUID(str(uuid.uuid4())))
change["invocationId"] = ldb.MessageElement(copy, ldb.FLAG_MOD_REPLACE, "invocationId")
base.modify(change, controls=["relax:0", "provision:0"])
"""


@dataclass
class Domain:
    """Two controllers with the same people, of whom the second was told nothing since."""

    first: Samba
    second: Samba
    ca: Path
    folder: Path

    def reader(self, *urls: str) -> LdapDirectory:
        servers = Servers(urls, self.ca, self.first.reader, PASSWORD, timeout=3.0)
        return LdapDirectory(servers, Searching(ACTIVE_DIRECTORY, self.first.base))


@pytest.fixture(scope="module")
def domain(active_directory: Samba, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Domain]:
    folder = tmp_path_factory.mktemp("controllers")
    names = (active_directory.address, "dc1.corp.test", "127.0.0.1")
    for name in ("dc-gone", "dc-stays"):
        active_directory.add_person(name)
    active_directory.show_certificate(names)
    active_directory.stop()
    try:
        second = Samba(folder / "second", active_directory.folder / "dc")
    finally:
        active_directory.start()
    second.show_certificate((second.address, "dc1.corp.test", "127.0.0.1"))
    settings = second.folder / "smb.conf"
    said = subprocess.run(
        ["/usr/bin/python3", "-c", ANOTHER_COPY, settings],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr[-3000:]
    ca = folder / "both.pem"
    ca.write_bytes(active_directory.ca.read_bytes() + second.ca.read_bytes())
    try:
        second.start()
        yield Domain(active_directory, second, ca, folder)
    finally:
        second.stop()


def until(people: DirectoryPeople, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, (people.state(), people.faults())
        people.step()


def test_the_next_controller_takes_over_and_nothing_is_missed_though_it_counts_otherwise(
    domain: Domain, tmp_path: Path
) -> None:
    source = DirectoryPeople(
        reader=domain.reader(domain.first.url, domain.second.url),
        kept=PeopleKept(tmp_path / "people.kept"),
        domain=ServerName("corp.test"),
        settings=lambda: CompanyDirectory(largest_removal=100),
        concerned=list,
        clock=SystemClock(),
    )
    source.begin()
    gone, stays = "@dc-gone:corp.test", "@dc-stays:corp.test"
    until(source, lambda: source.state().read_at is not None)
    assert source.state().server == domain.first.url
    assert source.people()[gone].active
    # what the first one would have told, told at the second alone, which counts from elsewhere
    domain.second.disable("dc-gone")
    for number in range(5):
        domain.second.call("dc-stays", f"Number {number}")
    domain.first.stop(at_once=True)
    try:
        until(source, lambda: not source.people()[gone].active)
        assert source.state().server == domain.second.url
        assert source.people()[stays].active
        domain.second.disable("dc-stays")  # and it is followed there
        until(source, lambda: not source.people()[stays].active)
    finally:
        domain.first.start()
        domain.second.enable("dc-stays")


def at(server: Samba) -> tuple[str, int]:
    return server.address, 636


@pytest.fixture
def one_name(domain: Domain) -> Iterator[Relay]:
    """One address behind which one controller stands, or another, or both."""
    with relay(at(domain.first)) as made:
        yield made


def test_another_controller_behind_the_same_name_is_noticed_and_everything_is_read(
    domain: Domain, one_name: Relay
) -> None:
    directory = domain.reader(f"ldaps://127.0.0.1:{one_name.port}")
    listing = directory.read(WISHES)
    assert "dc-gone" in people(listing)
    for number in range(15):  # its own number is past that of the first one
        domain.second.call("dc-stays", f"Again {number}")
    one_name.towards = [at(domain.second)]
    one_name.cut()
    with pytest.raises(ChangesLost, match="another server answers"):
        directory.follow(WISHES, listing)


def test_one_name_for_several_controllers_is_told_and_how_it_is_mended(
    domain: Domain, one_name: Relay
) -> None:
    directory = domain.reader(f"ldaps://127.0.0.1:{one_name.port}")
    listing = directory.read(WISHES)
    one_name.towards = [at(domain.first), at(domain.second)]
    with pytest.raises(ChangesLost, match="name each domain controller by itself"):
        directory.follow(WISHES, listing)
