"""The whole sign-in application in one process, and a browser without scripts that walks it."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from threading import Event, Thread
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pyotp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.applications import Starlette

from tests.apps.signin.house import policy_of
from vedette.adapters.memory.audit import MemoryAudit
from vedette.adapters.memory.certificates import MemoryRevocations
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.directory_passwords import MemoryDirectoryPasswords
from vedette.adapters.memory.incidents import MemoryIncidents
from vedette.adapters.memory.policy import MemoryPolicy
from vedette.adapters.memory.provisioning import MemoryProvisioning
from vedette.adapters.memory.sign_in import MemorySignInStore
from vedette.adapters.passwords import Argon2Passwords
from vedette.adapters.webauthn_ceremony import WebAuthnCeremony
from vedette.core.names import ServerName
from vedette.ports.directory import DirectoryNames
from vedette.ports.factors import (
    Accepted,
    Challenged,
    Passwords,
    Rejected,
    RelyingParty,
    SecondFactorServer,
    Verified,
)
from vedette.ports.sign_in import Factor, SignInStore
from vedette.ports.tickets import Tickets
from vedette.protocol import recovery
from vedette.protocol.internal.sessions import body_of
from vedette.signin.device_proof import DeviceProofs
from vedette.signin.door import SignInDoor
from vedette.signin.duties import keep_token_keys
from vedette.signin.listed import Listed
from vedette.signin.main import Surroundings, app_of
from vedette.signin.proofs import Means
from vedette.signin.purpose import Purpose, keep_purpose, sign_in_address
from vedette.signin.revocations import RevocationKeeper
from vedette.signin.ticket_desk import TicketDesk
from vedette.signin.vouched import Certificates, Issuers
from vedette.spine import Spine

ISSUER = "https://chat.example.org/"
PASSWORD = "correct horse battery staple"
SECRET = b"12345678901234567890"
CODES = tuple(f"abcd-efgh-jkmn-pq{letter}{letter}" for letter in "rstvwxyz")

RULES = """
[rules.two-factors]
from = ["us"]
allow = ["sign-in"]
when = ["sign_in.factors >= 2"]
"""
VALUES = 'second_factors = ["webauthn", "totp", "recovery"]'


@cache
def hashed_password() -> str:
    """The hash of PASSWORD; it takes its time, so it is made once."""
    return Argon2Passwords().hash(PASSWORD)


@dataclass(slots=True)
class CountedPasswords:
    """The real passwords, which also say how much work was done."""

    real: Passwords = field(default_factory=Argon2Passwords)
    verified: int = 0

    def hash(self, password: str) -> str:
        return self.real.hash(password)

    def verify(self, password: str, hash: str | None) -> Verified:  # noqa: A002
        self.verified += 1
        return self.real.verify(password, hash)

    def fault(self, password, minimum, breached):
        return self.real.fault(password, minimum, breached)


@dataclass(slots=True)
class TokenServer:
    """A second-factor server that asks back once, as many do."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def begin(self, user, address, credential):
        self.asked.append((user, address, credential))
        if credential == "123456":
            return Accepted("tokens")
        return Rejected() if credential else Challenged(b"state-1", "Which <b>colour</b>?")

    def carry_on(self, user, address, credential, state):
        self.asked.append((user, address, credential))
        return Accepted("tokens") if (credential, state) == ("blue", b"state-1") else Rejected()


@dataclass(slots=True)
class Pages:
    """One sign-in process in memory; anna has an app, bert has nothing but a password."""

    values: str = VALUES
    rules: str = RULES
    groups: tuple[str, ...] = ()
    server: SecondFactorServer | None = None
    upstream: Mapping[str, object] = field(default_factory=dict)
    directory: MemoryDirectoryPasswords | None = None
    store: SignInStore = field(default_factory=MemorySignInStore)
    clock: MemoryClock = field(default_factory=MemoryClock)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    incidents: MemoryIncidents = field(default_factory=MemoryIncidents)
    provisioning: MemoryProvisioning = field(default_factory=MemoryProvisioning)
    passwords: CountedPasswords = field(default_factory=CountedPasswords)
    listed: Listed = field(default_factory=Listed)
    origin: str = "https://chat.example.org"
    roots: tuple[bytes, ...] = ()
    certificates_at: str = ""
    names: DirectoryNames | None = None
    tickets: Tickets | None = None
    by_sid: bool = False
    places: MemoryRevocations = field(default_factory=MemoryRevocations)
    certificates: Certificates = field(init=False)
    proofs: DeviceProofs = field(init=False)
    policy: MemoryPolicy = field(init=False)
    app: Starlette = field(init=False)
    door: SignInDoor = field(init=False)
    _stop: Event = field(default_factory=Event)
    _control: Thread = field(init=False)

    def __post_init__(self) -> None:
        self.policy = MemoryPolicy()
        self.obey(self.rules, self.values)
        self.certificates = Certificates(
            store=self.store.certificates,
            issuers=Issuers(self.policy),
            revocations=RevocationKeeper(
                self.store.certificates, self.places, self.places, self.clock
            ),
            clock=self.clock,
            domain=ServerName("example.org"),
            names=self.names,
            address=self.certificates_at,
        )
        domain = ServerName("example.org")
        self.proofs = DeviceProofs(self.store, self.policy, self.clock, domain, self.names)
        self.app, self.door = app_of(self.around())
        keep_token_keys(self.store, self.now)
        if self.store.account("anna") is None:
            hashed = hashed_password()
            self.store.make_account("anna", "Anna", hashed, self.now)
            self.store.make_account("bert", "Bert", hashed, self.now)
            self.give_app("anna")
        self._control = Thread(target=self._publish)
        self._control.start()

    def around(self) -> Surroundings:
        means = Means(
            store=self.store,
            clock=self.clock,
            domain=ServerName("example.org"),
            passwords=self.passwords,
            ceremony=WebAuthnCeremony(self.roots),
            party=RelyingParty(urlsplit(self.origin).hostname or "", "Example AG", self.origin),
            server=self.server,
            upstream=self.upstream,  # type: ignore[arg-type]
            directory=self.directory,
            names=self.directory,
            certificates=self.certificates,
            tickets=self._desk(),
            devices=self.proofs,
        )
        return Surroundings(
            spine=Spine(self.policy, self.audit, self.incidents, self.clock),
            store=self.store,
            means=means,
            provisioning=self.provisioning,
            listed=self.listed,
            incidents=self.incidents,
            issuer=f"{self.origin}/",
        )

    def _desk(self) -> TicketDesk | None:
        if self.tickets is None:
            return None
        return TicketDesk(
            tickets=self.tickets,
            realms=frozenset({"CORP.TEST"}),
            domain=ServerName("example.org"),
            names=self.directory,
            by_sid=self.by_sid,
        )

    @property
    def now(self) -> int:
        return int(self.clock.now())

    def obey(self, rules: str, values: str = VALUES) -> None:
        self.policy.policy = policy_of(rules, values, self.groups)

    def close(self) -> None:
        self._stop.set()
        self._control.join()
        assert not self.incidents.reported, self.incidents.reported

    def _publish(self) -> None:
        known = -1
        while not self._stop.wait(0.002):
            number = self.store.changes()
            if number != known:
                known = number
                keys = {
                    key.kid: Ed25519PublicKey.from_public_bytes(key.public)
                    for key in self.store.token_keys()
                }
                body = body_of(
                    as_of=number, issuer=ISSUER, keys=keys, sessions=self.store.sessions()
                )
                self.listed.take(json.loads(json.dumps(body)))

    def give_app(self, localpart: str, secret: bytes = SECRET) -> None:
        self.store.add_factor(
            Factor(id=f"totp:{localpart}", localpart=localpart, kind="totp", label="App",
                   secret=secret, counter=-1, created=self.now)
        )  # fmt: skip

    def give_codes(self, localpart: str) -> None:
        hashes = [recovery.digest(code, localpart) for code in CODES]
        self.store.set_recovery(localpart, hashes, self.now)

    def code(self, secret: bytes = SECRET) -> str:
        """The app's next code: time moves on, since a code is good once."""
        self.clock.seconds += 30
        return pyotp.HOTP(pyotp.TOTP(_base32(secret)).secret).at(self.now // 30)

    def purpose(self, **changes: object) -> str:
        """The address to which a client leads a browser."""
        given: dict = {
            "kind": "sso",
            "client_name": "Element",
            "client_uri": "https://app.example",
            "redirect_host": "https://app.example",
            "device": None,
            "user_hint": None,
            "action": None,
            "body": {"redirect": "https://app.example/"},
        } | changes
        return sign_in_address(keep_purpose(self.store, Purpose(**given), self.now))

    def browser(self, **more) -> Browser:
        return Browser(asgi(self.app), self.origin, **more)


def _base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode()


@dataclass(slots=True)
class Form:
    """One form of a page, with everything that it would send."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Parsed(HTMLParser):
    """What a page says, as a program can read it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._form: Form | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "form":
            self._form = Form(given.get("action") or "", (given.get("method") or "get").lower())
            self.forms.append(self._form)
        if tag == "input" and self._form is not None and given.get("name"):
            self._form.fields[given["name"]] = given.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


Answered = tuple[int, list[tuple[str, str]], str]
Send = Callable[[str, str, Mapping[str, str], bytes], Answered]
"""One request: method, target, headers, body."""


def asgi(app: Starlette) -> Send:
    """An application in this process."""
    return lambda method, path, headers, body: asyncio.run(call(app, method, path, headers, body))


def unix(path: Path) -> Send:
    """A process behind a Unix socket."""

    def send(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answered:
        connection = http.client.HTTPConnection("chat.example.org", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(path))
        try:
            connection.request(method, target, body, dict(headers))
            answer = connection.getresponse()
            found = [(name.lower(), value) for name, value in answer.getheaders()]
            return answer.status, found, answer.read().decode()
        finally:
            connection.close()

    return send


@dataclass(slots=True)
class Browser:
    """A browser that knows cookies, redirects on this host and forms, and nothing else."""

    app: Send
    origin: str
    language: str = "en"
    address: str = "192.0.2.7"
    agent: str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    cookies: dict[str, str] = field(default_factory=dict)
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""
    at: str = "/"
    away: str = ""
    """Where the browser was sent on another site, or by another scheme."""

    @property
    def page(self) -> Parsed:
        return Parsed(self.body)

    @property
    def text(self) -> str:
        return self.page.text

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def open(self, path: str) -> Browser:
        return self._go("GET", path, b"", {})

    def show(self, path: str, **headers: str) -> Browser:
        """As `open`, with more headers than a browser sends by itself."""
        return self._go("GET", path, b"", {k.replace("_", "-"): v for k, v in headers.items()})

    def form(self, do: str) -> Form:
        found = [form for form in self.page.forms if form.fields.get("do") == do]
        assert found, f"no form does `{do}`: {self.text}"
        return found[0]

    def send(self, do: str, **fields: str) -> Browser:
        form = self.form(do)
        return self.post(form.action, {**form.fields, **fields})

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Browser:
        given = {"sec-fetch-site": "same-origin", "origin": self.origin} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        given["content-type"] = "application/x-www-form-urlencoded"
        return self._go("POST", path, urlencode(fields).encode(), given)

    def first(self, name: str = "anna", password: str = PASSWORD) -> Browser:
        return self.send("password", name=name, password=password)

    def _go(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Browser:
        for _ in range(10):
            self.at, self.away = path, ""
            self._ask(method, path, body, headers)
            to = self.header("location")
            if self.status not in (302, 303) or not to:
                return self
            if urljoin(self.origin, to).partition("?")[0].startswith(f"{self.origin}/"):
                method, path, body, headers = "GET", to, b"", {}
            else:
                self.away = to
                return self
        raise AssertionError("redirected in a circle")

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        sent = {
            "accept-language": self.language,
            "user-agent": self.agent,
            "x-forwarded-for": self.address,
            "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        } | headers
        self.status, self.headers, self.body = self.app(method, path, sent, body)
        for name, value in self.headers:
            if name == "set-cookie":
                self._take(value)

    def _take(self, header: str) -> None:
        for name, morsel in SimpleCookie(header).items():
            assert name.startswith("__Host-")
            assert morsel["secure"]
            assert morsel["httponly"]
            assert morsel["path"] == "/"
            assert morsel["samesite"].lower() == "lax"
            assert not morsel["domain"]
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value


async def call(
    app: Starlette, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Answered:
    target, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "server": ("chat.example.org", 443),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    found = [(name.decode(), value.decode("latin-1")) for name, value in sent[0]["headers"]]
    text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
    return sent[0]["status"], found, text


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))
