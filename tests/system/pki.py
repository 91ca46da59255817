"""A company's CA as companies run one: a root and an issuing CA by `openssl ca`, CRLs over HTTP, and
an OCSP responder.

`openssl ocsp` shows a change one request late and dies of a connection that is closed at once; so the
responder is one of ours, which reads the CA's own index file.
"""

from __future__ import annotations

import contextlib
import datetime
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp

from tests.company_ca import SID, sid_extension

CONFIG = """
[ca]
default_ca = own
[own]
dir = {dir}
database = $dir/index.txt
new_certs_dir = $dir/new
serial = $dir/serial
crlnumber = $dir/crlnumber
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
default_days = 30
default_crl_days = 1
policy = anything
unique_subject = no
copy_extensions = none
[anything]
commonName = supplied
organizationName = optional
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[issuing]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[person]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth, 1.3.6.1.4.1.311.20.2.2
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = otherName:1.3.6.1.4.1.311.20.2.3;UTF8:{upn}
{more}
[signing]
basicConstraints = critical, CA:FALSE
keyUsage = critical, nonRepudiation
extendedKeyUsage = emailProtection
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def openssl(*words: str | Path) -> str:
    """Run `openssl`, which must succeed; what it printed."""
    done = subprocess.run(
        ["openssl", *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, f"openssl {words}: {done.stderr}"
    return done.stdout


@dataclass(frozen=True, slots=True)
class Card:
    """A person's certificate and key (PEM files), as a browser or curl takes them."""

    certificate: Path
    key: Path

    @property
    def read(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.read_bytes())

    @property
    def serial(self) -> str:
        """As `openssl x509 -serial` prints it."""
        return (
            openssl("x509", "-noout", "-serial", "-in", self.certificate).strip().partition("=")[2]
        )


@dataclass(slots=True)
class Ca:
    """One CA in a folder of its own."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> Ca:
        (folder / "new").mkdir(parents=True)
        (folder / "index.txt").touch()
        (folder / "serial").write_text("1000\n")
        (folder / "crlnumber").write_text("01\n")
        return cls(folder)

    @property
    def pem(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def key(self) -> Path:
        return self.folder / "ca.key"

    def config(self, upn: str = "nobody@example.test", more: str = "") -> Path:
        path = self.folder / "openssl.cnf"
        path.write_text(CONFIG.format(dir=self.folder, upn=upn, more=more))
        return path

    def sign(self, request: Path, out: Path, extensions: str, config: Path, *more: str) -> None:
        openssl("ca", "-batch", "-notext", "-config", config, "-extensions", extensions, "-in", request,
                "-out", out, *more)  # fmt: skip

    def revoke(self, card: Card) -> None:
        openssl("ca", "-config", self.config(), "-revoke", card.certificate)

    def crl(self) -> bytes:
        """A new list, DER, with everything that was revoked until now."""
        out = self.folder / "crl.pem"
        openssl("ca", "-config", self.config(), "-gencrl", "-out", out)
        return x509.load_pem_x509_crl(out.read_bytes()).public_bytes(Encoding.DER)


@dataclass(slots=True)
class Company:
    """The company's two CAs, and where they publish. `served` is when each place last gave what."""

    folder: Path
    root: Ca
    people: Ca
    url: str = ""
    lists: dict[str, bytes] = field(default_factory=dict)
    served: list[tuple[str, float]] = field(default_factory=list)
    answered_revoked: dict[int, float] = field(default_factory=dict)
    """When the responder first said of a serial that it is revoked, by `monotonic`."""
    revoked_ocsp: set[int] = field(default_factory=set)

    def card(
        self, name: str, *, domain: str = "example.test", ocsp: bool = False, upn: str = "",
        sid: str = "",
    ) -> Card:  # fmt: skip
        """A person's certificate with a UPN, as a company's CA makes them; with `sid` as AD CS does."""
        at = self.folder / f"{name}-{len(list(self.folder.glob('*.crt')))}"
        key, request, out = (at.with_suffix(each) for each in (".key", ".csr", ".crt"))
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/O=Example AG/CN={name}", "-keyout", key, "-out", request)  # fmt: skip
        more = f"authorityInfoAccess = OCSP;URI:{self.url}/ocsp\n" if ocsp else ""
        if sid:
            value = sid_extension(sid)[0].value  # type: ignore[attr-defined]  # one that is kept as bytes
            more += f"{SID.dotted_string} = DER:{value.hex()}\n"
        config = self.people.config(upn or f"{name}@{domain}", more)
        self.people.sign(request, out, "person", config)
        return Card(out, key)

    def signed(self, request: Path, name: str, *more: str, extensions: str = "person") -> Path:
        """The certificate (PEM) for a request that somebody else made, such as a smart card.

        `more` is for `openssl ca`: another begin and end.
        """
        out = request.with_suffix(".crt")
        config = self.people.config(f"{name}@example.test")
        self.people.sign(request, out, extensions, config, *more)
        return out

    def publish(self) -> None:
        """Give out new lists of both."""
        self.lists["/root.crl"] = self.root.crl()
        self.lists["/people.crl"] = self.people.crl()

    def settings(
        self, *, ocsp: str = "no", counts: int = 1, names: Sequence[str] = ("upn",)
    ) -> dict[str, object]:
        """The issuer as the settings have it."""
        return {
            "anchors": [self.root.pem.read_text()],
            "intermediates": [self.people.pem.read_text()],
            "crl": [f"{self.url}/people.crl", f"{self.url}/root.crl"],
            "ocsp": ocsp,
            "counts": counts,
            "names": list(names),
            "refresh": "10 seconds",
        }


def _respond(company: Company, request: bytes) -> bytes:
    asked = ocsp.load_der_ocsp_request(request)
    about = company.people.folder / "new" / f"{asked.serial_number:X}.pem"
    ca = x509.load_pem_x509_certificate(company.people.pem.read_bytes())
    key = load_pem_private_key(company.people.key.read_bytes(), None)
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    if not about.exists():  # the issuing CA's own, of which the root is asked
        return ocsp.OCSPResponseBuilder.build_unsuccessful(
            ocsp.OCSPResponseStatus.UNAUTHORIZED
        ).public_bytes(Encoding.DER)
    gone = asked.serial_number in company.revoked_ocsp
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_pem_x509_certificate(about.read_bytes()), issuer=ca, algorithm=hashes.SHA1(),  # noqa: S303  # what OCSP names certificates by
        cert_status=ocsp.OCSPCertStatus.REVOKED if gone else ocsp.OCSPCertStatus.GOOD,
        this_update=now, next_update=now + datetime.timedelta(hours=1),
        revocation_time=now if gone else None, revocation_reason=None,
    ).responder_id(ocsp.OCSPResponderEncoding.HASH, ca)  # fmt: skip
    for extension in asked.extensions:
        builder = builder.add_extension(extension.value, critical=False)
    if gone:
        company.answered_revoked.setdefault(asked.serial_number, time.monotonic())
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)  # type: ignore[arg-type]


def _handler(company: Company) -> type[BaseHTTPRequestHandler]:
    class Publishing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = company.lists.get(self.path)
            self._say(404 if found is None else 200, found or b"")
            company.served.append((self.path, time.monotonic()))

        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            self._say(200, _respond(company, request))

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Nobody reads it."""

    return Publishing


@contextlib.contextmanager
def company(folder: Path) -> Iterator[Company]:
    """A root that issued a CA for people, and both publishing on loopback."""
    root, people = Ca.made(folder / "root"), Ca.made(folder / "people")
    openssl("req", "-x509", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/O=Example AG/CN=Example Root", "-days", "30", "-config",
            _request_config(folder), "-extensions", "root", "-keyout", root.key,
            "-out", root.pem)  # fmt: skip
    request = people.folder / "ca.csr"
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/O=Example AG/CN=Example People", "-keyout", people.key,
            "-out", request)  # fmt: skip
    root.sign(request, people.pem, "issuing", root.config())
    made = Company(folder, root, people)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    made.publish()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def _request_config(folder: Path) -> Path:
    path = folder / "root.cnf"
    config = CONFIG.format(dir=folder, upn="x@example.test", more="")
    path.write_text(f"[req]\ndistinguished_name = name\n[name]\n{config}")
    return path
