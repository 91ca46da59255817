"""The homeserver that Element is driven against."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import secrets
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ADDRESS = "127.0.0.1"
START_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who can sign in with a password."""

    user: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Homeserver:
    """What a client needs to know: where, whose certificates to trust, and two people.

    `ann` is meant for Element and `bob` for the other client.
    """

    url: str
    ca_file: Path
    ann: Account
    bob: Account


@contextmanager
def homeserver_for_element(folder: Path) -> Iterator[Homeserver]:
    """Run a homeserver over TLS on loopback while the context lasts, its files in `folder`."""
    port = _free_port()
    ca_file = write_certificates(folder)
    shared_secret = secrets.token_hex(16)
    config = _write_config(folder, port, shared_secret)
    log = (folder / "synapse.out").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "synapse.app.homeserver", "-c", str(config)],
        cwd=folder,
        stdout=log,
        stderr=log,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        tls = ssl.create_default_context(cafile=ca_file)
        _wait_until_it_answers(process, port, tls, folder)
        people = [_register(port, tls, shared_secret, name) for name in ("ann", "bob")]
        yield Homeserver(
            url=f"https://{ADDRESS}:{port}", ca_file=ca_file, ann=people[0], bob=people[1]
        )
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port


def _write_config(folder: Path, port: int, shared_secret: str) -> Path:
    """Write Synapse's configuration (JSON, which YAML includes) and its signing key."""
    name = f"{ADDRESS}:{port}"
    fast = {"per_second": 1000, "burst_count": 1000}
    settings = {
        "server_name": name,
        "public_baseurl": f"https://{name}/",
        "listeners": [
            {
                "port": port,
                "tls": True,
                "type": "http",
                "bind_addresses": [ADDRESS],
                "resources": [{"names": ["client"]}],
            }
        ],
        "tls_certificate_path": str(folder / "leaf.pem"),
        "tls_private_key_path": str(folder / "leaf.key"),
        "database": {"name": "sqlite3", "args": {"database": str(folder / "synapse.db")}},
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "log_config": str(_write_log_config(folder)),
        "report_stats": False,
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "registration_shared_secret": shared_secret,
        "macaroon_secret_key": secrets.token_hex(16),
        "form_secret": secrets.token_hex(16),
        # This Element is older than room version 12 and misreads who may do what there.
        "default_room_version": "11",
        "rc_message": fast,
        "rc_login": {"address": fast, "account": fast, "failed_attempts": fast},
        "rc_joins": {"local": fast, "remote": fast},
        "rc_invites": {"per_room": fast, "per_user": fast},
        "rc_room_creation": fast,
    }
    (folder / "signing.key").write_text(f"ed25519 a_1 {_unpadded(secrets.token_bytes(32))}\n")
    path = folder / "homeserver.yaml"
    path.write_text(json.dumps(settings, indent=1))
    return path


def _unpadded(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def _write_log_config(folder: Path) -> Path:
    path = folder / "log.yaml"
    handler = {"class": "logging.StreamHandler"}
    root = {"level": "WARNING", "handlers": ["console"]}
    path.write_text(json.dumps({"version": 1, "handlers": {"console": handler}, "root": root}))
    return path


def _wait_until_it_answers(
    process: "subprocess.Popen[bytes]", port: int, tls: ssl.SSLContext, folder: Path
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            _ask(port, tls, "GET", "/_matrix/client/versions")
        except OSError:
            time.sleep(0.1)
        else:
            return
    said = (folder / "synapse.out").read_text(errors="replace")[-2000:]
    raise RuntimeError(f"Synapse did not start; it said:\n{said}")


def _ask(
    port: int, tls: ssl.SSLContext, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    connection = http.client.HTTPSConnection(ADDRESS, port, context=tls, timeout=20)
    with closing(connection):
        connection.request(method, path, json.dumps(body) if body else None)
        answer = connection.getresponse()
        said = answer.read().decode()
    if answer.status != 200:
        raise RuntimeError(f"Synapse answered {path} with {answer.status}: {said}")
    parsed: dict[str, Any] = json.loads(said)
    return parsed


def _register(port: int, tls: ssl.SSLContext, shared_secret: str, name: str) -> Account:
    """Make an account by Synapse's shared-secret registration (its admin API, "register")."""
    endpoint = "/_synapse/admin/v1/register"
    nonce = _ask(port, tls, "GET", endpoint)["nonce"]
    password = secrets.token_urlsafe(12)
    signed = f"{nonce}\0{name}\0{password}\0notadmin".encode()
    body = {
        "nonce": nonce,
        "username": name,
        "password": password,
        "admin": False,
        "mac": hmac.new(shared_secret.encode(), signed, hashlib.sha1).hexdigest(),
    }
    return Account(user=_ask(port, tls, "POST", endpoint, body)["user_id"], password=password)


def write_certificates(folder: Path) -> Path:
    """Write a certificate authority and a certificate for loopback; returns the authority's."""
    ca_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name.from_rfc4514_string("CN=Test authority")
    ca = (
        _certificate(ca_name, ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ip_address(ADDRESS))])
    leaf = (
        _certificate(x509.Name.from_rfc4514_string("CN=loopback"), ca_name, leaf_key.public_key())
        .add_extension(loopback, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "leaf.key").write_bytes(
        leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "ca.pem"


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
    )
