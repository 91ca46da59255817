"""`vedette issuer …` and `vedette certificate check` as administrators use them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.apps.cli.served import Served
from tests.company_ca import DAY, Authority, alternatives, points, root, upn
from tests.conformance.test_certificates_store import kept
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.core.settings.default import default_document
from vedette.ports.certificates import RevocationSource
from vedette.protocol.x509.faults import WORDS, Fault

NOW = int(time.time())
LIFE = {"since": NOW - DAY, "until": NOW + 300 * DAY}


@dataclass
class Company:
    """One company's CA in files, and the organisation that is to trust it."""

    folder: Path
    served: Served
    root: Authority
    ca: Authority

    def file(self, name: str, content: bytes | str) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def person(self, name: str = "alice", *extensions: object) -> str:
        return self.file(f"{name}.pem", self.ca.person(name, *extensions, **LIFE).pem)  # type: ignore[arg-type]

    def lists(self, *revoked: int) -> list[str]:
        when = {"since": NOW - 3600, "until": NOW + DAY}
        upper = self.file("root.crl", self.root.crl(**when))  # type: ignore[arg-type]
        lower = self.file(f"ca-{len(revoked)}.crl", self.ca.crl(*revoked, **when))  # type: ignore[arg-type]
        return ["--crl", upper, "--crl", lower]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    served = Served.at(folder / "organisation", default_document("Example AG", "example.test"))
    top = root("O=Corp, CN=Corp Root", **LIFE)
    yield Company(folder, served, top, top.sub("O=Corp, CN=Corp Issuing", **LIFE))
    served.end()


def test_without_an_issuer_the_way_to_one_is_said(company: Company) -> None:
    code, found = company.served.data("certificate", "check", company.person())
    assert code == 3
    assert "no issuer" in found["error"]["message"]
    assert "vedette issuer add" in found["error"]["hint"]
    assert company.served.run("issuer", "list") == (0, "no issuer is named\n")


def test_an_issuer_is_added_from_one_file_with_root_and_issuing_ca(company: Company) -> None:
    both = company.file("corp.pem", company.root.issued.pem + company.ca.issued.pem)
    code, said = company.served.run(
        "issuer", "add", "corp", both, "--name", "upn", "--name", "email", "--counts", "2",
        "--reason", "smart cards",
    )  # fmt: skip
    assert code == 0, said
    assert "issuer of certificates corp is new" in said
    _, (shown,) = company.served.data("issuer", "list")
    assert [each["subject"] for each in shown["anchors"]] == ["CN=Corp Root,O=Corp"]
    assert [each["subject"] for each in shown["intermediates"]] == ["CN=Corp Issuing,O=Corp"]
    assert (shown["names"], shown["counts"]) == (["upn", "email"], 2)
    code, said = company.served.run("issuer", "show", "corp")
    assert code == 0
    assert "counts as: 2 factors" in said
    assert "did you mean `corp`" in str(company.served.data("issuer", "show", "crop")[1])


def test_adding_it_again_changes_nothing_and_a_new_ca_is_added_beside(company: Company) -> None:
    again = company.file("corp.pem", company.root.issued.pem + company.ca.issued.pem)
    code, said = company.served.run("issuer", "add", "corp", again, "--reason", "x")
    assert code == 3
    assert "already" in said
    renewed = company.root.sub("O=Corp, CN=Corp Issuing 2", **LIFE)
    new = company.file("new.pem", renewed.issued.pem)
    assert company.served.run("issuer", "add", "corp", new, "--reason", "renewed")[0] == 0
    _, shown = company.served.data("issuer", "show", "corp")
    assert len(shown["intermediates"]) == 2
    assert shown["names"] == ["upn", "email"]


def test_what_does_not_belong_into_the_settings_is_refused(company: Company) -> None:
    key = company.ca.issued.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ).decode()
    cases = {
        company.file("key.pem", company.root.issued.pem + key): "private key",
        company.person("mallory"): "not the certificate of a CA",
        company.file("page.pem", "<html>"): "can't be read",
        company.file("below.pem", company.ca.issued.pem): "no root CA",
        str(company.folder / "missing.pem"): "can't be read",
    }
    for file, said in cases.items():
        code, found = company.served.run("issuer", "add", "other", file, "--reason", "x")
        assert code in {2, 3}, found
        assert said in found
    below = company.file("below.pem", company.ca.issued.pem)
    code, _ = company.served.run("issuer", "add", "below", below, "--anchors", "--reason", "x")
    assert code == 0


def test_a_good_certificate_is_believed_and_its_person_named(company: Company) -> None:
    code, found = company.served.data(
        "certificate", "check", company.person(), "--issuer", "corp", *company.lists()
    )
    corp = found["issuers"]["corp"]
    assert (code, found["trusted"]) == (0, True)
    assert corp["person"] == {"by": "upn", "name": "alice@corp.test"}
    assert corp["revocation"]["looked_at"]
    assert corp["revocation"]["unknown"] is None
    assert len(corp["sha256"]) == 64


def test_the_certificate_of_a_managed_device_needs_to_name_nobody_and_its_names_are_told(
    company: Company,
) -> None:
    device = company.person("phone-1", alternatives(x509.DNSName("phone-1.corp.test")))
    words = ("certificate", "check", device, "--issuer", "corp", *company.lists())
    code, found = company.served.data(*words)
    assert (code, found["issuers"]["corp"]["fault"]) == (1, "name-missing")
    managed = ("settings", "set", "issuers.corp.devices")
    assert company.served.run(*managed, "managed", "--reason", "x")[0] == 0
    try:
        code, found = company.served.data(*words)
        assert (code, found["issuers"]["corp"]["device"]) == (0, ["phone-1"])
        said = company.served.run(*words)[1]
        assert "it proves a managed device; its management may know it by: phone-1" in said
        assert "is no factor of a person" in said
    finally:
        assert company.served.run(*managed, "no", "--reason", "x")[0] == 0


def test_without_lists_it_is_said_that_revocation_was_not_looked_at(company: Company) -> None:
    file = company.person("bob", points("http://ca.corp.test/corp.crl"))
    words = ("certificate", "check", file, "--issuer", "corp", "--offline")
    code, said = company.served.run(*words)
    assert code == 0
    assert "not looked at" in said
    assert "revocations are at http://ca.corp.test/corp.crl" in said


class Web:
    """Where the CA publishes. `there` is what is to be had, `asked` what was asked for."""

    def __init__(self) -> None:
        there: dict[str, bytes] = {}
        asked: list[str] = []

        class Publishing(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                found = there.get(self.path)
                self.send_response(200 if found is not None else 404)
                self.send_header("Content-Length", str(len(found or b"")))
                self.end_headers()
                self.wfile.write(found or b"")

            def log_message(self, *_words: object) -> None:
                """Nobody reads it."""

        self.there, self.asked = there, asked
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Publishing)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def web(company: Company) -> Iterator[Web]:
    made = Web()
    served = company.served
    places = f'["{made.url}/root.crl", "{made.url}/people.crl"]'
    code, said = served.run("settings", "set", "issuers.corp.crl", places, "--reason", "x")
    assert code == 0, said
    yield made
    made.server.shutdown()
    made.server.server_close()
    assert served.run("settings", "set", "issuers.corp.crl", "[]", "--reason", "x")[0] == 0


def test_the_cas_places_are_asked_and_each_failure_comes_with_its_command(
    company: Company, web: Web
) -> None:
    when = {"since": NOW - 3600, "until": NOW + DAY}
    issued = company.ca.person("fay", serial=0xFA1, **LIFE)
    fay = company.file("fay.pem", issued.pem)
    check = ("certificate", "check", fay, "--issuer", "corp")
    web.there["/people.crl"] = company.ca.crl(7, **when)  # type: ignore[arg-type]
    code, found = company.served.data(*check)
    corp = found["issuers"]["corp"]
    assert (code, corp["fault"]) == (1, "status-unknown")
    root_, people = corp["asked"]
    assert "404" in root_["trouble"]
    assert root_["command"].startswith("vedette settings set issuers.corp.crl")
    assert (people["trouble"], people["revoked"], people["until"]) == ("", 1, NOW + DAY)
    web.there["/root.crl"] = b"<html>"
    assert "can't be read" in company.served.run(*check)[1]
    web.there["/root.crl"] = company.root.crl(**when)  # type: ignore[arg-type]
    code, said = company.served.run(*check)
    assert code == 0, said
    assert "0 revoked, good until" in said
    assert "not revoked, as far as was handed over or asked" in said
    web.there["/people.crl"] = company.ca.crl(0xFA1, number=2, **when)  # type: ignore[arg-type]
    code, found = company.served.data(*check)
    assert (code, found["issuers"]["corp"]["fault"]) == (1, "revoked")
    web.there["/people.crl"] = company.ca.crl(number=3, **when)  # type: ignore[arg-type]
    assert company.served.data(*check)[0] == 0
    told = (
        "certificate",
        "revoked",
        "--serial",
        "FA1",
        "--issuer",
        "corp",
        "--reason",
        "card lost",
    )
    assert company.served.run(*told)[0] == 0
    code, said = company.served.run(*check)
    assert code == 1
    assert "Found: card lost." in said
    web.asked.clear()
    company.served.run(*check, "--offline")
    company.served.run(*check, *company.lists())
    assert web.asked == []


def test_what_fails_is_listed_with_the_command_that_mends_it(company: Company) -> None:
    boot = company.served.organisation.boot
    expired = WORDS[Fault.EXPIRED]
    with closing(open_sign_in_store(boot.sign_in_database(), None)) as store:
        place = "http://ca.corp.test/late.crl"
        late = RevocationSource(issuer="corp", place=place, kind="crl", trouble="it answered 404")
        store.certificates.note_source(late)
        store.certificates.keep(kept(1, issuer="corp", trouble=expired.what))
        code, said = company.served.run("certificate", "list")
        store.certificates.forget_sources("corp", [])
    assert code == 0
    assert "FAILS: it answered 404" in said
    assert "vedette settings set issuers.corp.crl" in said
    assert f"NOT TAKEN: {expired.what}" in said
    assert f"{expired.way_out} `vedette issuer add corp <PEM file>`" in said


def test_each_failure_is_told_with_the_way_out_and_its_command(company: Company) -> None:
    serial = company.ca.person("eve", serial=77, **LIFE)
    eve = company.file("eve.pem", serial.pem)
    late = company.file("late.pem", company.ca.person("late", until=NOW - 60, since=NOW - DAY).pem)
    strange = company.file("strange.pem", root("O=Other, CN=Other", **LIFE).person(**LIFE).pem)
    twice = alternatives(upn("a@corp.test"), upn("b@corp.test"))
    two_names = company.person("two", twice)
    cases = [
        ([eve, *company.lists(77)], "revoked", ""),
        ([eve, *company.lists()[:2]], "status-unknown", "vedette settings set issuers.corp.crl"),
        ([late], "expired", "vedette issuer add corp"),
        ([strange], "issuer-unknown", "vedette issuer add corp"),
        ([two_names], "name-ambiguous", "vedette settings set issuers.corp.people"),
    ]
    for words, fault, command in cases:
        code, found = company.served.data("certificate", "check", *words, "--issuer", "corp")
        corp = found["issuers"]["corp"]
        assert (code, corp["fault"]) == (1, fault)
        assert corp["sentence"]
        assert corp["way_out"]
        assert corp["command"].startswith(command)


def test_an_issuer_that_a_rule_names_is_not_removed(company: Company) -> None:
    served = company.served
    rule = ("rule", "add", "cards", "--from", "us", "--forbid", "sign-in", "--unless",
            "certificate.issuer = below", "--mode", "observe", "--reason", "cards")  # fmt: skip
    assert served.run(*rule)[0] == 0
    code, found = served.data("issuer", "remove", "below", "--reason", "x")
    assert code == 3
    assert "no issuer of this document" in str(found)
    assert served.run("rule", "remove", "cards", "--reason", "x")[0] == 0
    assert served.run("issuer", "remove", "below", "--reason", "x")[0] == 0


def test_it_is_checked_with_control_down_too(company: Company) -> None:
    company.served.end()
    code, found = company.served.data("certificate", "check", company.person(), *company.lists())
    assert (code, found["trusted"]) == (0, True)
    draft = company.file("draft.toml", default_document("Example AG", "example.test"))
    code, found = company.served.data("certificate", "check", company.person(), "--settings", draft)
    assert code == 3
    assert "no issuer" in found["error"]["message"]
