"""The gateway's own files about its certificate, where it orders that by ACME.

    tls/acme/certificate.pem   the key and the chain in one file, replaced in one step, mode 0600
    tls/acme/account.key       the key of the account at the authority (`acme_authority`), mode 0600
    tls/acme/chain.crt         the chain alone, for control and the doctor
    tls/acme/ordering.json     how it stands, for the same; no secret

One file for key and chain: were they two, a crash between them would leave a gateway that can't start.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.boot_file import ORDERED, ORDERING, SHOWN
from vedette.adapters.stream_files import write_whole
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.server_certificates import (
    Ordering,
    OrderingFault,
    Origin,
    decode,
    encode,
)
from vedette.protocol.server_certificate import CertificateFault, read_chain

ACCOUNT = "account.key"


@dataclass(frozen=True, slots=True)
class AcmeFiles:
    """The KeptCertificate of files. `first` and `first_key` are what serves until one was ordered."""

    folder: Path
    first: Path
    first_key: Path

    @property
    def certificate(self) -> Path:
        """The file that the gateway serves with."""
        return self.folder / ORDERED

    def begin(self) -> None:
        """Have something to serve with: what is kept, or else the boot file's certificate and key.

        Raises:
            Unavailable: neither can be used.
        """
        if not _usable(self.certificate):
            self._write(_read(self.first_key) + b"\n" + _read(self.first))
        _replace(self.folder / SHOWN, self.chain(), 0o644)

    def chain(self) -> bytes:
        """The chain in use, and nothing of its key. Raises Unavailable."""
        return _only_certificates(_read(self.certificate))

    def origin(self) -> Origin:
        """What was ordered is not what the boot file's files hold. Raises Unavailable."""
        try:
            same = read_chain(self.chain()) == read_chain(_read(self.first))
        except CertificateFault as fault:
            raise Unavailable(str(fault)) from fault
        except Unavailable:  # the boot file's are gone, or were replaced by something else
            return Origin.ACME
        return Origin.FILES if same else Origin.ACME

    def keep(self, key: bytes, chain: bytes) -> None:
        """Put them in use. Raises Unavailable."""
        self._write(key + b"\n" + chain)
        _replace(self.folder / SHOWN, self.chain(), 0o644)

    def told(self) -> Ordering | None:
        """What was told last."""
        try:
            return decode((self.folder / ORDERING).read_bytes())
        except (OSError, OrderingFault):
            return None

    def tell(self, state: Ordering) -> None:
        """Tell it. Raises Unavailable."""
        _replace(self.folder / ORDERING, encode(state))

    def _write(self, pem: bytes) -> None:
        """Write both beside what is in use, try them, and only then put them in its place."""
        tried = self.certificate.with_suffix(".tried")
        _replace(tried, pem)
        if not _usable(tried):
            tried.unlink(missing_ok=True)
            raise Unavailable("the certificate and its key can't be served with")
        try:
            tried.replace(self.certificate)
        except OSError as fault:
            raise Unavailable(f"`{self.certificate}` can't be written: {fault}") from fault


def _usable(path: Path) -> bool:
    """Whether TLS can be served with this file."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, password=_no_password)
    except (OSError, ValueError):
        return False
    return True


def _no_password() -> str:
    """Refuse encrypted keys: OpenSSL would ask for the password on the terminal."""
    raise ValueError("the key is encrypted")


def _only_certificates(pem: bytes) -> bytes:
    begin, end = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
    blocks = [block.split(end)[0] for block in pem.split(begin)[1:]]
    return b"".join(begin + block + end + b"\n" for block in blocks)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise Unavailable(f"`{path}` can't be read: {fault.strerror}") from fault


def _replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    try:
        write_whole(path, data, mode)
    except OSError as fault:
        raise Unavailable(f"`{path}` can't be written: {fault}") from fault
