"""The sign-in endpoints with everything behind them in memory, and a control that can be away."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from threading import Event, Thread
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.applications import Starlette

from vedette.adapters.memory.audit import MemoryAudit
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.incidents import MemoryIncidents
from vedette.adapters.memory.policy import MemoryPolicy
from vedette.adapters.memory.provisioning import MemoryProvisioning
from vedette.adapters.memory.sign_in import MemorySignInStore
from vedette.adapters.passwords import Argon2Passwords
from vedette.core.compile import compile_rules
from vedette.core.names import ServerName, UserId
from vedette.core.people import Directory, Person
from vedette.core.sessions import FactorUse
from vedette.core.settings.parse import parse_document
from vedette.ports.directory import DirectoryPasswords
from vedette.ports.policy import Policy
from vedette.ports.sign_in import SignInStore
from vedette.protocol.internal.sessions import body_of
from vedette.signin import compat, device_grant, metadata, oauth, registration, sightings
from vedette.signin.compat import Compat
from vedette.signin.device_grant import DeviceGrants
from vedette.signin.door import SignInDoor
from vedette.signin.issuing import Issuing, ensure_token_key
from vedette.signin.listed import Listed
from vedette.signin.metadata import Metadata
from vedette.signin.oauth import OAuth
from vedette.signin.proofs import Means
from vedette.signin.purpose import Purpose, end_purpose
from vedette.signin.registration import Registration
from vedette.signin.sightings import Sighted
from vedette.signin.signed_in import SignedIn
from vedette.spine import Spine

ISSUER = "https://chat.example.org/"
DOMAIN = ServerName("example.org")
ANNA = UserId("@anna:example.org")
BERT = UserId("@bert:example.org")
PASSWORD = "correct horse battery staple"

RULES = """
[rules.two-factors]
from = ["us"]
allow = ["sign-in"]
when = ["sign_in.factors >= 2"]

[rules.page-only]
from = ["us"]
forbid = ["sign-in"]
when = ["sign_in.flow = password-login"]
"""

ELEMENT = {
    "client_name": "Element",
    "client_uri": "https://app.example",
    "redirect_uris": ["https://app.example/"],
    "response_types": ["code"],
    "grant_types": ["authorization_code", "refresh_token"],
    "id_token_signed_response_alg": "RS256",
    "token_endpoint_auth_method": "none",
    "application_type": "web",
}
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPE = "openid urn:matrix:client:api:* urn:matrix:client:device:ABCDEFGHIJ"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client got."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def answer(self) -> dict[str, str]:
        """The parameters of the address that this leads to."""
        return answer_in(self.location)


def answer_in(location: str) -> dict[str, str]:
    parts = urlsplit(location)
    return dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))


def policy_of(rules: str, values: str = "", groups: tuple[str, ...] = ()) -> Policy:
    text = (
        f'[organisation]\nname = "Example AG"\ndomain = "example.org"\n[sign_in]\n{values}\n{rules}'
    )
    document = parse_document(text)
    assert not isinstance(document, list), document
    people = {str(ANNA): Person(groups=frozenset(groups)), str(BERT): Person()}
    return Policy(compile_rules(document, 1), Directory(document, people, 740_000))


@dataclass(slots=True)
class House:
    """One sign-in process without its pages, and a thread that publishes as control does."""

    store: SignInStore = field(default_factory=MemorySignInStore)
    clock: MemoryClock = field(default_factory=MemoryClock)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    incidents: MemoryIncidents = field(default_factory=MemoryIncidents)
    provisioning: MemoryProvisioning = field(default_factory=MemoryProvisioning)
    policy: MemoryPolicy = field(default_factory=lambda: MemoryPolicy(policy_of(RULES)))
    listed: Listed = field(default_factory=Listed)
    control_away: bool = False
    patience: float = 20.0
    directory: DirectoryPasswords | None = None
    console: str = ""
    """The address of a console, where there is one."""
    issuing: Issuing = field(init=False)
    oauth: OAuth = field(init=False)
    compat: Compat = field(init=False)
    devices: DeviceGrants = field(init=False)
    app: Starlette = field(init=False)
    _stop: Event = field(default_factory=Event)
    _control: Thread = field(init=False)

    def __post_init__(self) -> None:
        spine = Spine(self.policy, self.audit, self.incidents, self.clock)
        door = SignInDoor(spine, self.store, self.clock)
        self.issuing = Issuing(
            self.store,
            door,
            self.provisioning,
            self.listed,
            self.policy,
            self.clock,
            ISSUER,
            self.patience,
        )
        ensure_token_key(self.store, int(self.clock.now()))
        for user in (ANNA, BERT):
            if self.store.account(user.localpart) is not None:
                continue
            self.store.make_account(user.localpart, "", _hash(), 1)
        self.devices = DeviceGrants(self.issuing)
        self.oauth = OAuth(self.issuing, self.devices, oauth.console_client(self.console))
        self.compat = Compat(self.issuing, _means(self))
        self.app = Starlette(
            routes=[
                *oauth.routes(self.oauth),
                *compat.routes(self.compat),
                *registration.routes(Registration(self.issuing)),
                *device_grant.routes(self.devices),
                *metadata.routes(Metadata(ISSUER, self.listed)),
                *sightings.routes(Sighted(self.issuing)),
            ]
        )
        self._control = Thread(target=self._publish)
        self._control.start()

    def close(self) -> None:
        self._stop.set()
        self._control.join()
        assert not self.incidents.reported, self.incidents.reported

    def _publish(self) -> None:
        known = -1
        while not self._stop.wait(0.002):
            number = self.store.changes()
            if number != known and not self.control_away:
                known = number
                self.listed.take(self._body(number))

    def _body(self, number: int):
        keys = {
            key.kid: Ed25519PublicKey.from_public_bytes(key.public)
            for key in self.store.token_keys()
        }
        return json.loads(
            json.dumps(
                body_of(as_of=number, issuer=ISSUER, keys=keys, sessions=self.store.sessions())
            )
        )

    # ---- a client ----

    def get(self, path: str, **more) -> Answer:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more) -> Answer:
        return self.ask("POST", path, **more)

    def ask(
        self,
        method: str,
        path: str,
        *,
        json_body: object = None,
        form: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        content_type: str | None = None,
        token: str = "",
        agent: str = "Mozilla/5.0",
        address: str = "192.0.2.7",
        certificate: str = "",
    ) -> Answer:
        headers = {"user-agent": agent, "x-forwarded-for": address}
        if certificate:
            headers["x-vedette-certificate"] = certificate
        body = raw or b""
        if form is not None:
            body = urlencode(form).encode()
            headers["content-type"] = "application/x-www-form-urlencoded"
        if json_body is not None:
            body = json.dumps(json_body).encode()
            headers["content-type"] = "application/json"
        if content_type is not None:
            headers["content-type"] = content_type
        if token:
            headers["authorization"] = f"Bearer {token}"
        return asyncio.run(_call(self.app, method, path, headers, body))

    # ---- a person ----

    def signed(self, *kinds: str, user: UserId = ANNA) -> SignedIn:
        now = int(self.clock.now())
        return SignedIn(
            user=user,
            factors=tuple(FactorUse(kind=kind, at=now) for kind in kinds or ("password", "totp")),
            address="192.0.2.7",
            user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            at=now,
        )

    def passes(self, sent: Answer, signed: SignedIn | None = None) -> str:
        """Where the pages lead once the person is through."""
        purpose = self.purpose(sent.location)
        complete = {
            "oauth": self.oauth.complete,
            "sso": self.compat.complete,
            "device": self.devices.complete,
        }[purpose.kind]
        return complete(purpose, signed or self.signed())

    def purpose(self, location: str) -> Purpose:
        assert location.startswith("/sign-in?for="), location
        name = location.removeprefix("/sign-in?for=")
        found = end_purpose(self.store, name, int(self.clock.now()))
        assert found is not None
        return found

    # ---- whole roads ----

    def register(self, **changes: object) -> str:
        answer = self.post("/oauth2/registration", json_body={**ELEMENT, **changes})
        assert answer.status == 201, answer.json
        return str(answer.json["client_id"])

    def authorize(self, client: str, **changes: str | None) -> Answer:
        query = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": "https://app.example/",
            "scope": SCOPE,
            "state": "s-1",
            "nonce": "n-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changes
        kept = {name: value for name, value in query.items() if value is not None}
        return self.get(f"/oauth2/authorize?{urlencode(kept)}")

    def code(self, client: str, signed: SignedIn | None = None, **changes: str | None) -> str:
        return answer_in(self.passes(self.authorize(client, **changes), signed))["code"]

    def exchange(
        self, client: str, code: str, /, *, certificate: str = "", **changes: str | None
    ) -> Answer:
        form = {
            "grant_type": "authorization_code",
            "client_id": client,
            "code": code,
            "redirect_uri": "https://app.example/",
            "code_verifier": VERIFIER,
        } | changes
        kept = {name: value for name, value in form.items() if value is not None}
        return self.post("/oauth2/token", form=kept, certificate=certificate)

    def refresh(self, client: str, token: str) -> Answer:
        form = {"grant_type": "refresh_token", "client_id": client, "refresh_token": token}
        return self.post("/oauth2/token", form=form)

    def signs_in(self, signed: SignedIn | None = None) -> tuple[str, dict[str, str]]:
        """A client that went all the way: its id and its tokens."""
        client = self.register()
        answer = self.exchange(client, self.code(client, signed))
        assert answer.status == 200, answer.json
        return client, answer.json

    def login_token(self, signed: SignedIn | None = None, user: UserId = ANNA) -> str:
        sent = self.get(
            "/_matrix/client/v3/login/sso/redirect?redirectUrl=http://localhost:9999/sso"
        )
        location = self.passes(sent, signed or self.signed(user=user))
        return answer_in(location)["loginToken"]

    def login(self, token: str, **more: object) -> Answer:
        body = {"type": "m.login.token", "token": token, **more}
        return self.post("/_matrix/client/v3/login", json_body=body)


@cache
def _hash() -> str:
    """Made once, since it is slow on purpose."""
    return _passwords().hash(PASSWORD)


@cache
def _passwords() -> Argon2Passwords:
    return Argon2Passwords()


def _means(house: House) -> Means:
    class Nothing:
        """No ceremony is held at these endpoints."""

    return Means(
        store=house.store,
        clock=house.clock,
        domain=DOMAIN,
        passwords=_passwords(),
        ceremony=Nothing(),  # type: ignore[arg-type]
        party=Nothing(),  # type: ignore[arg-type]
        server=None,
        upstream={},
        directory=house.directory,
    )


async def _call(app, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
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
    start = sent[0]
    found = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], found, b"".join(m.get("body", b"") for m in sent[1:]))
