"""A real SCEP server (RFC 8894), as device managements run one, and devices that enrol at it.

Needs the Debian package `scep`. The server has one CA, whose key is under a password, and issues to
whoever knows the challenge: `clientAuth`, one year, the subject as the device asked for it. It
publishes no revocation list; so the CA's is made here, as its operator would.
"""

from __future__ import annotations

import contextlib
import datetime
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from tests.ports import free_port
from tests.services.requirements import SCEP, lacking

MISSING = lacking(SCEP)
ORGANISATION, UNIT = "Example AG", "MDM"
PATIENCE_SECONDS = 60
_CA_PASSWORD = "the CA's own"  # of a CA that lives as long as a test
_KEY_BITS = "2048"


class NotEnrolledError(Exception):
    """The server gave no certificate; the message is what the client said of it."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a device has after it enrolled: certificate and key, PEM files."""

    certificate: Path
    key: Path

    @property
    def read(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.read_bytes())

    @property
    def der(self) -> bytes:
        return self.read.public_bytes(Encoding.DER)


@dataclass(slots=True)
class Scep:
    """The server and its CA. `challenge` is what devices must know."""

    folder: Path
    url: str
    challenge: str
    revoked: set[int] = field(default_factory=set)

    @property
    def ca(self) -> Path:
        """The CA's own certificate (PEM), as it is put into the settings."""
        return self.folder / "depot/ca.pem"

    @property
    def crl(self) -> Path:
        """The CA's revocation list (DER), as `publish` wrote it last."""
        return self.folder / "devices.crl"

    def enrol(
        self, device: str, *, unit: str = UNIT, challenge: str | None = None, name: str = ""
    ) -> Enrolled:
        """Have a device make a key and ask for a certificate with the common name `device`.

        `name` is an alternative name (dNSName) that it asks for. Raises NotEnrolledError.
        """
        at = self.folder / f"device-{len(list(self.folder.glob('device-*')))}"
        at.mkdir()
        made = Enrolled(at / "device.crt", at / "device.key")
        asked = ("-dnsname", name) if name else ()
        done = subprocess.run(
            ["scepclient", "-server-url", self.url, "-keySize", _KEY_BITS,
             "-private-key", made.key.name, "-certificate", made.certificate.name,
             "-challenge", self.challenge if challenge is None else challenge,
             "-cn", device, "-ou", unit, "-organization", ORGANISATION, "-country", "CH", *asked],
            cwd=at, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        if done.returncode != 0 or not made.certificate.exists():
            raise NotEnrolledError((done.stderr + done.stdout).strip())
        return made

    def revoke(self, device: Enrolled) -> None:
        """Take a device's certificate back, and publish a new list."""
        self.revoked.add(device.read.serial_number)
        self.publish()

    def publish(self) -> None:
        """Write the CA's list anew."""
        ca = x509.load_pem_x509_certificate(self.ca.read_bytes())
        key = load_pem_private_key(
            (self.folder / "depot/ca.key").read_bytes(), _CA_PASSWORD.encode()
        )
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(ca.subject)
            .last_update(now)
            .next_update(now + datetime.timedelta(days=1))
            .add_extension(x509.CRLNumber(time.time_ns()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.public_key()),  # type: ignore[arg-type]
                critical=False,
            )
        )
        for serial in sorted(self.revoked):
            gone = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
            builder = builder.add_revoked_certificate(gone.build())
        new = self.crl.with_suffix(".new")
        new.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))  # type: ignore[arg-type]
        new.replace(self.crl)

    def settings(self, **more: object) -> dict[str, object]:
        """The CA as an issuer of the settings; `more` replaces or adds what a test needs."""
        return {
            "anchors": [self.ca.read_text()],
            "crl": [str(self.crl)],
            "ocsp": "no",
            "refresh": "10 seconds",
            **more,
        }


@contextlib.contextmanager
def scep(folder: Path, challenge: str = "s3cret challenge") -> Iterator[Scep]:
    """Start one on loopback with a CA of its own, and end it whatever happens."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    _make_ca(folder)
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["scepserver", "-depot", "depot", "-http-addr", f"127.0.0.1:{port}",
             "-challenge", challenge, "-capass", _CA_PASSWORD],
            cwd=folder, stdout=output, stderr=output,
        )  # fmt: skip
    running = Scep(folder, f"http://127.0.0.1:{port}/scep", challenge)
    try:
        _wait(process, running, log)
        running.publish()
        yield running
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _make_ca(folder: Path) -> None:
    done = subprocess.run(
        ["scepserver", "ca", "-init", "-depot", "depot", "-keySize", _KEY_BITS,
         "-key-password", _CA_PASSWORD, "-country", "CH", "-organization", ORGANISATION,
         "-organizational_unit", "Devices", "-common_name", "Example Devices"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _wait(process: subprocess.Popen[bytes], running: Scep, log: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not _answers(running.url):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}?operation=GetCACaps", timeout=5) as answer:  # noqa: S310  # of loopback
            return bool(answer.read())
    except (urllib.error.URLError, OSError):
        return False
