"""An organisation's own authority is trusted though its certificates have no key identifiers.

Python 3.13 refuses those by default (RFC 5280, 4.2.1.1); older versions accept them.
"""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vedette.adapters.device_management.trouble import tls_for
from vedette.suite.probes import trusting


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """The file of an authority; its server's certificate and key are beside it."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("CA", "server")
    ]
    now = datetime.now(UTC)
    for number, file in enumerate(("ca", "server")):
        builder = (
            x509.CertificateBuilder()
            .subject_name(names[number])
            .issuer_name(names[0])
            .public_key(keys[number].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
        )
        extension = (
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
            if number
            else x509.BasicConstraints(ca=True, path_length=0)
        )
        made = builder.add_extension(extension, critical=not number).sign(keys[0], hashes.SHA256())
        (tmp_path / f"{file}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key = keys[1].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "server.key").write_bytes(key)
    return tmp_path / "ca.pem"


@pytest.mark.parametrize("context_for", [tls_for, trusting])
def test_a_server_of_an_authority_without_key_identifiers_is_trusted(authority, context_for):
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    folder = authority.parent
    serving.load_cert_chain(folder / "server.pem", folder / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            plain, _ = listening.accept()
            with serving.wrap_socket(plain, server_side=True) as inside:
                inside.sendall(b"served")

        thread = threading.Thread(target=serve)
        thread.start()
        with (
            socket.create_connection(listening.getsockname()) as plain,
            context_for(authority).wrap_socket(plain, server_hostname="127.0.0.1") as inside,
        ):
            assert inside.recv(100) == b"served"
        thread.join()
