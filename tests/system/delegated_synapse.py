"""A real Synapse whose sign-in is delegated, with the module inside and a test in control's place.

The test signs the streams and mints the tokens; nothing else of the suite runs. Besides its own
Unix socket Synapse gets a loopback port, for clients that know no Unix sockets.
"""

from __future__ import annotations

import http.client
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.ports import free_port, own_addresses
from tests.system.synapse_process import Api, eventually
from vedette.adapters.boot_file import Boot, SigninBoot, load
from vedette.adapters.stream_files import write_whole
from vedette.adapters.synapse_provisioning import SynapseProvisioning
from vedette.admin.homeserver import homeserver_file, issuer_of
from vedette.core.names import UserId
from vedette.core.record import JSON
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.core.settings.canonical import canonical
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.protocol.internal.sessions import body_of
from vedette.protocol.internal.streams import Part, Stream, sign
from vedette.protocol.internal.tokens import AccessClaims, SigningKey, mint
from vedette.signin.candidates import new_session_name
from vedette.suite.organisation import NewOrganisation, init
from vedette.suite.synapse_files import write_homeserver

DOMAIN = "example.test"
MONTH = 30 * 86_400


@dataclass(slots=True)
class Delegated:
    """The organisation, its Synapse while it runs, and the sessions that are listed."""

    boot: Boot
    port: int
    settings_key: Ed25519PrivateKey
    token_key: SigningKey
    sessions: dict[str, Session] = field(default_factory=dict)
    people: dict[str, tuple[str, ...]] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    _numbers: dict[Stream, int] = field(default_factory=dict)

    @property
    def signin(self) -> SigninBoot:
        return self.boot.signin

    @property
    def secret(self) -> str:
        return self.boot.path(self.signin.synapse_secret).read_text().strip()

    @property
    def provisioning(self) -> SynapseProvisioning:
        return SynapseProvisioning(self.boot.path(self.boot.synapse.socket), self.secret)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def api(self, token: str = "") -> Api:
        return Api(str(self.boot.path(self.boot.synapse.socket)), token)

    # ---- in control's place

    def send(self, stream: Stream, body: dict[str, JSON], *, lifetime: int = 3600) -> None:
        """Sign a part and hand it to Synapse's door."""
        now = int(time.time())
        self._numbers[stream] = self._numbers.get(stream, 0) + 1
        part = Part(
            stream=stream,
            organisation=DOMAIN,
            number=self._numbers[stream],
            issued=now,
            expires=now + lifetime,
            body=body,
        )
        path = self.boot.door("synapse") / f"{stream}.part"
        write_whole(path, sign(part, self.settings_key))

    def send_settings(self) -> None:
        document = parse_document(self.boot.path(self.boot.settings).read_text())
        assert isinstance(document, Document), document
        self.send(Stream.SETTINGS, {"revision": 1, "document": canonical(document).decode()})

    def send_people(self) -> None:
        entries: dict[str, JSON] = {
            user: {"groups": list(groups), "guest": False, "active": True}
            for user, groups in self.people.items()
        }
        self.send(Stream.PEOPLE, {"people": entries})

    def send_sessions(self) -> None:
        body = body_of(
            as_of=self._numbers.get(Stream.SESSIONS, 0) + 1,
            issuer=issuer_of(self.boot),
            keys={self.token_key.kid: self.token_key.public},
            sessions=self.sessions.values(),
        )
        self.send(Stream.SESSIONS, body)

    def in_force(self, stream: Stream) -> bool:
        """Whether Synapse's door has taken what was sent last."""
        said = json.loads((self.boot.door("synapse") / "acknowledged.json").read_bytes())
        return bool(said["streams"][stream]["number"] == self._numbers[stream])

    def list_sessions(self) -> None:
        """Send the sessions and wait until the door has taken them."""
        self.send_sessions()
        eventually(lambda: self.in_force(Stream.SESSIONS))

    # ---- in the sign-in service's place

    def person(self, localpart: str, device: str, *, listed: bool = True) -> str:
        """Make an account and a device, and list a session; returns its token."""
        self.provisioning.person(localpart, localpart.capitalize())
        self.provisioning.device(localpart, device, "a test")
        user = UserId(f"@{localpart}:{DOMAIN}")
        if str(user) not in self.people:
            self.people[str(user)] = ()
            self.send_people()
            eventually(lambda: self.in_force(Stream.PEOPLE))
        session = session_of(user, device)
        self.sessions[session.id] = session
        if listed:
            self.list_sessions()
        return self.token(session)

    def token(self, session: Session, *, issued: int | None = None, lifetime: int = 600) -> str:
        """A token for a session."""
        return mint(self.claims(session, issued=issued, lifetime=lifetime), self.token_key)

    def claims(
        self, session: Session, *, issued: int | None = None, lifetime: int = 600
    ) -> AccessClaims:
        now = int(time.time()) if issued is None else issued
        return AccessClaims(
            issuer=issuer_of(self.boot),
            user=session.user,
            client="test",
            id=secrets.token_urlsafe(12),
            issued=now,
            expires=now + lifetime,
            session=session.id,
            device=session.device,
            scope="urn:matrix:client:api:*",
        )

    def session_of(self, device: str) -> Session:
        (found,) = (each for each in self.sessions.values() if each.device == device)
        return found

    def move(self, device: str, state: SessionState) -> None:
        """Put a session into another state and list it so."""
        session = self.session_of(device)
        self.sessions[session.id] = replace(session, state=state)
        self.list_sessions()

    def introspect(
        self, token: str | bytes, *, secret: str | None = None
    ) -> tuple[int, dict[str, object]]:
        """Ask the responder as Synapse does."""
        host, _, port = self.signin.introspection.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        headers = {
            "Authorization": f"Bearer {self.secret if secret is None else secret}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = token if isinstance(token, bytes) else urlencode({"token": token}).encode()
        try:
            connection.request("POST", "/oauth2/introspect", body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    # ---- the process

    def start(self) -> None:
        write_homeserver(self.boot)
        self._add_port()
        folder = homeserver_file(self.boot).parent
        with (folder / "output.log").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "synapse.app.homeserver", "-c", "homeserver.yaml"],
                cwd=folder, stdout=output, stderr=output,
            )  # fmt: skip
        eventually(self._healthy, 180)

    def _add_port(self) -> None:
        path = homeserver_file(self.boot)
        head, _, text = path.read_text().partition("\n")
        config = json.loads(text)
        config["listeners"].append(
            {
                "port": self.port,
                "bind_addresses": ["127.0.0.1"],
                "type": "http",
                "resources": [{"names": ["client"]}],
            }
        )
        config["max_event_delay_duration"] = "1h"
        path.write_text(head + "\n" + json.dumps(config))

    def _healthy(self) -> bool:
        assert self.process is not None
        output = homeserver_file(self.boot).parent / "output.log"
        assert self.process.poll() is None, output.read_text()[-3000:]
        try:
            return self.api().get("/_matrix/client/versions").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None


def session_of(user: UserId, device: str) -> Session:
    now = int(time.time())
    factors = (FactorUse(kind="password", at=now), FactorUse(kind="totp", at=now))
    return Session(
        id=new_session_name(),
        user=user,
        device=device,
        state=SessionState.LIVE,
        kind="compat",
        client="",
        facts=SessionFacts(factors=factors, network="127.0.0.1"),
        created=now,
        expires=now + MONTH,
        device_name="a test",
        number=1,
    )


@contextmanager
def delegated_synapse(folder: Path) -> Iterator[Delegated]:
    """A new organisation whose Synapse runs."""
    wanted = NewOrganisation(folder=folder, domain=DOMAIN, name="Example AG", **own_addresses())
    init(wanted, datetime.now(UTC))
    boot = load(folder)
    (folder / "run").mkdir(exist_ok=True)
    key = load_pem_private_key(boot.path(boot.control.settings_key).read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    made = Delegated(boot, free_port(), key, SigningKey.generate())
    made.send_settings()
    made.send_people()
    made.send_sessions()
    try:
        made.start()
        yield made
    finally:
        made.stop()
