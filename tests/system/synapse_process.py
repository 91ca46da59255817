"""A real Synapse in a process of its own, on loopback, for tests.

Two of them federate over TLS with a test authority of their own; nothing leaves the machine. A
server's name is an address literal with a port (`127.0.0.2:40123`), so that no name service is
asked. Every process that is started is stopped by its own id.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
READY_SECONDS = 180
STOP_SECONDS = 20
PASSWORD = "correct horse battery staple"

LIFTED = {"per_second": 100_000, "burst_count": 100_000}
RATE_LIMITS: dict[str, Any] = {
    "rc_message": LIFTED,
    "rc_registration": LIFTED,
    "rc_login": {"address": LIFTED, "account": LIFTED, "failed_attempts": LIFTED},
    "rc_joins": {"local": LIFTED, "remote": LIFTED},
    "rc_joins_per_room": LIFTED,
    "rc_invites": {"per_room": LIFTED, "per_user": LIFTED, "per_issuer": LIFTED},
    "rc_room_creation": LIFTED,
    "rc_media_create": LIFTED,
    "rc_key_requests": LIFTED,
    "rc_presence": {"per_user": LIFTED},
    "rc_delayed_event_mgmt": LIFTED,
}


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority for one test run."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        certificate = (
            _certificate(name, name, key, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_SIGNS_CERTIFICATES, critical=True)
            .sign(key, hashes.SHA256())
        )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ca.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(folder, key, certificate)

    @property
    def file(self) -> Path:
        return self.folder / "ca.crt"

    def issue(self, address: str) -> tuple[Path, Path]:
        """The files of a certificate for an address literal, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        certificate = (
            _certificate(name, self.certificate.subject, key, self.key)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )
        files = self.folder / f"{address}.crt", self.folder / f"{address}.key"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files


# From Python 3.13 on, chains are verified strictly: with key usage and key identifiers (RFC 5280, 4.2.1).
_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
    encipher_only=False, decipher_only=False,
)  # fmt: skip


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(identifier, critical=False)
        .add_extension(authority, critical=False)
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered."""

    status: int
    body: Any

    def ok(self) -> Any:
        """The body of a good answer."""
        assert self.status == 200, f"{self.status}: {self.body}"
        return self.body


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=90)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


@dataclass(slots=True)
class Api:
    """The Matrix client API of one server, in the plain way, as one person or nobody."""

    address: str  # `host:port`, or the path of a Unix socket
    token: str | None = None
    user: str = ""
    device: str = ""
    _counter: int = 0

    def call(self, method: str, path: str, body: object = None) -> Reply:
        """One request; a path without a leading slash lies under the client API's v3."""
        target = path if path.startswith("/") else f"/_matrix/client/v3/{path}"
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        connection = self._connection()
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, target, data, headers)
            answer = connection.getresponse()
            read = answer.read()
        finally:
            connection.close()
        return Reply(answer.status, json.loads(read) if read else None)

    def _connection(self) -> http.client.HTTPConnection:
        if self.address.startswith("/"):
            return _UnixConnection(self.address)
        return http.client.HTTPConnection(self.address, timeout=90)

    def get(self, path: str, **query: object) -> Reply:
        return self.call("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: object = None) -> Reply:
        return self.call("POST", path, {} if body is None else body)

    def put(self, path: str, body: object) -> Reply:
        return self.call("PUT", path, body)

    def create_room(self, **body: object) -> str:
        return str(self.post("createRoom", body).ok()["room_id"])

    def invite(self, room: str, user: str) -> Reply:
        return self.post(f"rooms/{quote(room)}/invite", {"user_id": user})

    def join(self, room: str, *via: str) -> Reply:
        query = urlencode([("server_name", server) for server in via])
        return self.post(f"join/{quote(room)}?{query}")

    def send(self, room: str, content: object, kind: str = "m.room.message") -> Reply:
        self._counter += 1
        return self.put(
            f"rooms/{quote(room)}/send/{kind}/{time.monotonic_ns()}-{self._counter}", content
        )

    def say(self, room: str, text: str) -> str:
        """Send a text that must be accepted; the event's id."""
        return str(self.send(room, {"msgtype": "m.text", "body": text}).ok()["event_id"])

    def set_state(self, room: str, kind: str, content: object, key: str = "") -> Reply:
        return self.put(f"rooms/{quote(room)}/state/{kind}/{quote(key)}", content)

    def state(self, room: str, kind: str, key: str = "") -> Reply:
        return self.get(f"rooms/{quote(room)}/state/{kind}/{quote(key)}")

    def sync(self, since: str | None = None, timeout: int = 0) -> Any:
        query: dict[str, object] = {"timeout": timeout}
        return self.get("sync", **(query | ({"since": since} if since else {}))).ok()

    def bodies(self, room: str, limit: int = 100) -> list[str]:
        """The texts of a room in the order they happened, by pagination."""
        chunk = self.get(f"rooms/{quote(room)}/messages", dir="b", limit=limit).ok()["chunk"]
        return [each["content"]["body"] for each in reversed(chunk) if "body" in each["content"]]


@dataclass(slots=True)
class SynapseProcess:
    """One Synapse: its folder, its settings, and its process while it runs.

    `modules` are entries of Synapse's own `modules` list; `extra_config` is merged over everything
    else. `socket_path` adds a Unix socket with the client and federation API.
    """

    folder: Path
    authority: Authority
    ip: str = "127.0.0.2"
    modules: Sequence[Mapping[str, Any]] = ()
    extra_config: Mapping[str, Any] = field(default_factory=dict)
    socket_path: Path | None = None
    python_path: Sequence[Path] = (ROOT,)
    environment: Mapping[str, str] = field(default_factory=dict)
    client_port: int = 0
    federation_port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.client_port = self.client_port or free_port(self.ip)
        self.federation_port = self.federation_port or free_port(self.ip)

    @property
    def name(self) -> str:
        """The server name, as in user ids."""
        return f"{self.ip}:{self.federation_port}"

    @property
    def address(self) -> str:
        return f"{self.ip}:{self.client_port}"

    @property
    def log(self) -> str:
        return (self.folder / "homeserver.log").read_text(errors="replace")

    def config(self) -> dict[str, Any]:
        """What homeserver.yaml holds."""
        certificate, key = self.authority.issue(self.ip)
        plain: dict[str, Any] = {
            "port": self.client_port,
            "bind_addresses": [self.ip],
            "type": "http",
            "tls": False,
            "x_forwarded": True,
            "resources": [{"names": ["client", "federation"]}],
        }
        secure = plain | {"port": self.federation_port, "tls": True, "x_forwarded": False}
        listeners = [plain, secure | {"resources": [{"names": ["federation"]}]}]
        if self.socket_path:
            listeners.append(
                {"path": str(self.socket_path), "type": "http", "resources": plain["resources"]}
            )
        return {
            "server_name": self.name,
            "public_baseurl": f"http://{self.address}/",
            "listeners": listeners,
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "hs.db")}},
            "federation_custom_ca_list": [str(self.authority.file)],
            "federation_ip_range_blacklist": [],
            "ip_range_blacklist": [],
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "tls_certificate_path": str(certificate),
            "tls_private_key_path": str(key),
            "registration_shared_secret": "registration-secret",
            "macaroon_secret_key": "macaroon-secret",
            "form_secret": "form-secret",
            "signing_key_path": str(self.folder / "signing.key"),
            "media_store_path": str(self.folder / "media"),
            "log_config": str(self._write_log_config()),
            "pid_file": str(self.folder / "hs.pid"),
            "report_stats": False,
            "modules": [dict(module) for module in self.modules],
            **RATE_LIMITS,
            **self.extra_config,
        }

    def _write_log_config(self) -> Path:
        path = self.folder / "log.yaml"
        handler = {
            "class": "logging.FileHandler",
            "formatter": "line",
            "filename": str(self.folder / "homeserver.log"),
        }
        line = {"format": "%(asctime)s %(levelname)s %(name)s %(request)s %(message)s"}
        config = {
            "version": 1,
            "formatters": {"line": line},
            "handlers": {"file": handler},
            "root": {"level": "INFO", "handlers": ["file"]},
            "disable_existing_loggers": False,
        }
        path.write_text(yaml.safe_dump(config))
        return path

    def start(self) -> SynapseProcess:
        """Write the settings, start, and return once the client API answers."""
        file = self.folder / "homeserver.yaml"
        file.write_text(yaml.safe_dump(self.config()))
        command = [sys.executable, "-m", "synapse.app.homeserver", "-c", str(file)]
        if not (self.folder / "signing.key").exists():
            subprocess.run(
                [*command, "--generate-keys"], check=True, env=self._environment(), timeout=180
            )
        with (self.folder / "output.log").open("ab") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=output, env=self._environment(), cwd=self.folder
            )
        self._wait_until_ready()
        return self

    def _environment(self) -> dict[str, str]:
        paths = os.pathsep.join(str(path) for path in self.python_path)
        return {**os.environ, "PYTHONPATH": paths, **self.environment}

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError((self.folder / "output.log").read_text()[-4000:])
            try:
                if Api(self.address).get("/health").status == 200:
                    return
            except (OSError, http.client.HTTPException, json.JSONDecodeError) as waiting:
                # `/health` answers plain text, which is as good as a 200
                if isinstance(waiting, json.JSONDecodeError):
                    return
            time.sleep(0.1)
        self.kill()
        raise AssertionError(f"{self.name} was not ready in time")

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)
        self.process = None

    def register(self, localpart: str, *, admin: bool = False) -> Api:
        """A new person with `PASSWORD`, signed in."""
        anyone = Api(self.address)
        path = "/_synapse/admin/v1/register"
        nonce = anyone.get(path).ok()["nonce"]
        role = "admin" if admin else "notadmin"
        said = b"\0".join(each.encode() for each in (nonce, localpart, PASSWORD, role))
        mac = hmac.new(b"registration-secret", said, hashlib.sha1).hexdigest()
        wanted = {"nonce": nonce, "username": localpart, "password": PASSWORD, "admin": admin}
        made = anyone.post(path, wanted | {"mac": mac}).ok()
        return Api(self.address, made["access_token"], made["user_id"], made["device_id"])


@contextmanager
def running(*servers: SynapseProcess) -> Iterator[None]:
    """These servers, started one after the other and stopped whatever happens."""
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.stop()


def eventually(ask: Any, seconds: float = 60) -> Any:
    """What `ask` returns once it is true; fails after the given time."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < end, f"still {answer!r} after {seconds} s"
        time.sleep(0.1)
