"""`vedette directory`: control really reads a company's directory, and says how it stands."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

from tests.apps.control.organisation import Organisation, make, until
from tests.ports import free_port
from tests.services.directory import PASSWORD
from tests.services.slapd import MISSING, Slapd, slapd
from vedette.adapters.boot_file import NAME, load
from vedette.control.directory_here import tried_here
from vedette.core.people import Person
from vedette.core.settings.document import CompanyDirectory
from vedette.protocol.internal.streams import Stream
from vedette.suite.certificates import make_authority, today

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

SECTION = """
[directory]
kind    = "openldap"
servers = [{servers}]
ca      = "{ca}"
bind    = "{bind}"
secret  = "secrets/directory-password"
base    = "{base}"
timeout = 2
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with slapd(tmp_path_factory.mktemp("company") / "ldap") as running:
        for number in range(12):
            running.add_person(f"p{number}", display=f"Person {number}")
        running.add_group("Staff", *(f"p{number}" for number in range(12)))
        running.add_group("Everybody", "Staff")
        yield running


def section(company: Slapd, *servers: str) -> str:
    return SECTION.format(
        servers=", ".join(f'"{each}"' for each in servers or (company.url,)),
        ca=company.ca,
        bind=company.reader,
        base=company.base,
    )


def with_directory(folder: Path, text: str) -> Organisation:
    made = make(folder)
    path = made.boot.folder / NAME
    path.write_text(path.read_text() + text)
    secret = made.boot.folder / "secrets/directory-password"
    secret.touch(0o600)
    secret.write_text(PASSWORD + "\n")
    return Organisation(load(made.boot.folder))


@pytest.fixture(scope="module")
def office(company: Slapd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    dead = f"ldaps://127.0.0.1:{free_port()}"
    made = with_directory(tmp_path_factory.mktemp("office"), section(company, dead, company.url))
    try:
        made.start()
        door = made.door("gateway")
        until(lambda: door.files.part(Stream.PEOPLE) is not None)
        yield made
    finally:
        made.end_all()


def state(office: Organisation) -> dict[str, Any]:
    status, found = office.ask("GET", "/directory")
    assert status == 200, found
    return dict(found)


def at_the_door(office: Organisation) -> Mapping[str, Person]:
    """The people whom a door has, which was begun with the office."""
    return office._doors[0].files.current().directory.people


def sees(office: Organisation, holds: Callable[[Mapping[str, Person]], bool]) -> float:
    """How long until a door has people of whom this holds."""
    begun = time.monotonic()

    def seen() -> bool:
        return holds(at_the_door(office))

    until(seen)
    return time.monotonic() - begun


def user(office: Organisation, name: str) -> str:
    return f"@{name}:{office.boot.organisation}"


def test_people_of_the_directory_reach_the_doors_with_nested_groups(office):
    sees(office, lambda people: user(office, "p0") in people)
    assert at_the_door(office)[user(office, "p0")].groups == {"Staff", "Everybody"}
    shown = office.vedette("directory", "show")
    assert shown.returncode == 0, shown.stderr
    assert "12 people (0 of them guests), 2 groups" in shown.stdout


def test_a_change_in_the_directory_is_at_the_doors_at_once(office, company, figure):
    one = user(office, "p1")
    sees(office, lambda people: one in people)
    took = []
    for turn in range(6):
        (company.enable if turn % 2 else company.disable)("p1")
        took.append(sees(office, lambda people, turn=turn: people[one].active is bool(turn % 2)))
    figure(
        f"directory: a change is at a door after {1000 * sorted(took)[len(took) // 2]:.0f} ms (median)"
    )
    assert state(office)["changed_at"] is not None


def test_a_preview_says_whom_a_filter_would_hold_and_who_would_go(office):
    found = office.vedette("directory", "preview", "--filter", "(uid=p1*)", "--json")
    preview = json.loads(found.stdout)
    assert preview["held"] == 3  # p1, p10, p11
    assert preview["going"] == 9
    assert preview["too_many"]
    assert user(office, "p0") in preview["go"]
    party = office.vedette(
        "directory",
        "preview",
        "--filter",
        "(uid=p1*)",
        "--group",
        "Staff",
        "--party",
        "us",
        "--json",
    )
    assert json.loads(party.stdout)["held"] == 3
    none = office.vedette("directory", "preview", "--filter", "(uid=p1*)", "--party", "guests")
    assert "holds 0 people" in none.stdout
    group = office.vedette("directory", "preview", "--group", "Everybody")
    assert "holds 12 people" in group.stdout
    wrong = office.vedette("directory", "preview", "--filter", "uid=p1")
    assert wrong.returncode == 3
    assert "begins with `(`" in wrong.stderr
    nobody = office.vedette("directory", "preview", "--party", "no-such")
    assert nobody.returncode == 3
    assert office.vedette("directory", "preview").returncode == 2


def test_most_people_vanishing_waits_for_a_word_which_is_on_record(office, company):
    sees(office, lambda people: user(office, "p2") in people)
    for number in range(2, 12):
        company.delete(f"p{number}")
    until(lambda: state(office)["held"] is not None)
    shown = office.vedette("directory", "show")
    assert shown.returncode == 1
    assert "vedette directory sync --confirm" in shown.stdout
    doctor = office.vedette("doctor")
    assert "BROKEN  directory: the directory's new list would take away" in doctor.stdout
    gone = sum(not person.active for person in at_the_door(office).values())
    assert gone <= 6
    unsaid = office.vedette("directory", "sync", "--reason", "looking again")
    assert unsaid.returncode == 1
    said = office.vedette("directory", "sync", "--confirm", "--reason", "the branch was sold")
    assert said.returncode == 0, said.stdout + said.stderr
    sees(office, lambda people: sum(person.active for person in people.values()) == 2)
    records = office.vedette("audit", "list", "--json")
    assert "the branch was sold" in records.stdout, records.stderr


def test_a_server_that_is_away_is_told_and_takes_nobody_away(office, company):
    before = at_the_door(office)
    company.stop(at_once=True)
    try:
        until(lambda: state(office)["trouble"] != "")
        assert office.vedette("directory", "show").returncode == 1
        assert "does not answer" in office.vedette("doctor").stdout
        assert at_the_door(office) == before
        assert office.stop() == 0
        office.start()  # it knows them still, from the disk
        assert at_the_door(office) == before
    finally:
        company.start()
    until(lambda: state(office)["trouble"] == "" and state(office)["read_at"] is not None)


# ---- trying it ------------------------------------------------------------------------------------


def tried(office: Organisation) -> tuple[int, list[dict[str, Any]]]:
    found = office.vedette("directory", "test", "--json")
    return found.returncode, json.loads(found.stdout)


def test_trying_says_what_is_well_and_what_is_not_server_by_server(office):
    code, found = tried(office)
    assert code == 1
    failed = [each for each in found if not each["well"]]
    assert len(failed) == 1
    assert "does not answer" in failed[0]["words"]
    assert failed[0]["mend"].startswith("nc -zv 127.0.0.1")
    well = " ".join(each["words"] for each in found if each["well"])
    for words in ("its name and CA are right", "may sign in", "people are found", "tells changes"):
        assert words in well
    assert "FAILS" in office.vedette("directory", "test").stdout


@pytest.mark.parametrize(
    ("spoil", "words", "mend"),
    [
        ("ca", "not trusted", "openssl s_client -connect 127.0.0.1:"),
        ("no ca", "holds no CA", "editor"),
        ("dns", "is not in DNS", "getent hosts"),
        ("away", "does not answer on", "nc -zv 127.0.0.1"),
        ("nobody", "0 people are found", "vedette settings set directory.people"),
        ("empty", "is empty", "editor"),
        ("kind", 'it looks like `kind = "openldap"`', "editor"),
        ("password", "refuses", "editor"),
        ("open", "others can read", "chmod 600"),
        ("base", "can't be read", "editor"),
        ("missing", "can't be read", "install -m 600"),
    ],
)
def test_each_mistake_in_the_boot_file_is_named_with_what_mends_it(
    company, tmp_path, spoil, words, mend
):
    text = section(company)
    if spoil == "ca":
        other = tmp_path / "other.pem"
        other.write_bytes(make_authority("Another CA", today()).pem)
        text = text.replace(str(company.ca), str(other))
    if spoil == "no ca":
        (tmp_path / "other.pem").write_text("nothing of the kind")
        text = text.replace(str(company.ca), str(tmp_path / "other.pem"))
    if spoil == "dns":
        text = text.replace("127.0.0.1", "no.such.name.invalid")
    if spoil == "away":
        text = section(company, f"ldaps://127.0.0.1:{free_port()}")
    if spoil == "kind":
        text = text.replace('kind    = "openldap"', 'kind    = "active-directory"')
    if spoil == "base":
        text = text.replace(f'base    = "{company.base}"', 'base    = "dc=elsewhere,dc=test"')
    office = with_directory(tmp_path / "org", text)
    secret = office.boot.folder / "secrets/directory-password"
    if spoil == "password":
        secret.write_text("wrong\n")
    if spoil == "empty":
        secret.write_text("\n")
    if spoil == "open":
        secret.chmod(0o644)
    if spoil == "missing":
        secret.unlink()
    settings = CompanyDirectory(people="(uid=nobody-at-all)" if spoil == "nobody" else "")
    found = list(tried_here(office.boot, settings))
    failed = next(each for each in found if not each.well)
    assert words in failed.words
    assert failed.mend.startswith(mend)
    for each in found:  # the console says the same in German, with the same command
        assert bool(each.mend) is not each.well
        assert each.mend.german.partition("    (")[0] == each.mend.partition("    (")[0]
    assert failed.words.german != failed.words or spoil == "password"


def test_a_server_with_the_name_of_another_is_named_as_that(company, tmp_path):
    other = company.url.replace("127.0.0.1", "localhost")
    found = tried_here(
        with_directory(tmp_path / "org", section(company, other)).boot, CompanyDirectory()
    )
    (failed,) = (each for each in found if "for another name" in each.words)
    assert "openssl x509 -noout -ext subjectAltName" in failed.mend


def test_without_a_directory_it_says_so(tmp_path):
    office = make(tmp_path / "org")
    found = office.vedette("directory", "test")
    assert found.returncode == 3
    assert "people come from the table here" in found.stderr
