"""One organisation as `vedette up` runs it, and browsers and clients that come to it from outside.

Everything here goes through the gateway's public address. Only what must be known for certain, who
has a session, is read where it is kept: in the sign-in store and in Synapse's own tables.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import signal
import sqlite3
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
from yarl import URL

from tests import commands
from tests.ports import free_port
from tests.system.two_organisations import COMMAND, is_behind, wait_for_doors
from vedette.adapters.boot_file import Boot, load
from vedette.adapters.sign_in_store import SqlSignInStore, open_sign_in_store
from vedette.core.names import ServerName, UserId
from vedette.core.people import provisioner_of
from vedette.core.sessions import Session
from vedette.core.settings.default import default_document
from vedette.protocol.internal.streams import Stream
from vedette.suite.accounts import NewAccount, register
from vedette.suite.certificates import issue, make_authority, today
from vedette.suite.organisation import PEOPLE_HEAD, NewOrganisation, certificate_names, init
from vedette.suite.sign_in_walk import Form, Page, Walker, sign_in, walk

DOMAIN = "example.test"
PASSWORD = "correct horse battery staple"
CALLBACK = "http://127.0.0.1/back"
V3 = "/_matrix/client/v3"
STARTS_SECONDS = 180
APPS = 6
"""How many authenticator apps somebody has: a code is good once, and tests sign in often."""
SIGN_IN = """
[sign_in]
second_factors       = ["webauthn", "totp", "recovery"]
attempts_per_account = 6
attempts_per_address = 2000
attempts_per_network = 2000
sign_ins_per_address = 20000
sign_ins_per_network = 20000
"""
SURE = ("--reason", "a test", "--yes")
"""For commands that change settings: a change back may suspend sessions that a test made."""
Json = dict[str, Any]
HERE = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Someone:
    """A person and the apps that make their codes."""

    user: str
    apps: tuple[Walker, ...]

    @property
    def name(self) -> str:
        return UserId(self.user).localpart

    def walker(self) -> Walker:
        """Who signs in next: with the app that was not used for longest."""
        return min(self.apps, key=lambda app: app.last_step)


@dataclass(slots=True)
class House:
    """The organisation while it runs."""

    boot: Boot
    ca: bytes
    store: SqlSignInStore

    @property
    def url(self) -> str:
        return self.boot.gateway.client_url

    def sessions(self, user: str | None = None) -> dict[str, Session]:
        """Every session that there is or was, by its id."""
        of = None if user is None else UserId(user)
        return {each.id: each for each in self.store.sessions(of, ended=True)}

    def state(self, user: str, device: str) -> str:
        """How the newest session of a device stands; empty where there is none."""
        found = [each for each in self.sessions(user).values() if each.device == device]
        return max(found, key=lambda each: each.created).state.value if found else ""

    def held_by_synapse(self) -> frozenset[tuple[str, str]]:
        """Every device and every access token that Synapse has."""
        at = self.boot.path(self.boot.synapse.folder) / "homeserver.db"
        with contextlib.closing(sqlite3.connect(f"file:{at}?mode=ro", uri=True)) as tables:
            found = tables.execute(
                "SELECT user_id, device_id FROM devices WHERE NOT hidden"
                " UNION SELECT user_id, token FROM access_tokens"
            )
            return frozenset(found.fetchall())

    def kept(self) -> tuple[dict[str, Session], frozenset[tuple[str, str]]]:
        """Every session, and what Synapse has, once nothing of before is to be done there any more."""
        end = time.monotonic() + STARTS_SECONDS
        while self.store.outbox(1):
            assert time.monotonic() < end, "errands at Synapse are never done"
            time.sleep(0.1)
        return self.sessions(), self.held_by_synapse()

    def log(self) -> str:
        """What the suite's own processes said so far."""
        own = (each for each in self.boot.folder.glob("log/*.log") if each.stem != "synapse")
        return "".join(path.read_text() for path in own)

    def has_heard_of(self, user: str) -> bool:
        """Whether the sign-in service knows of a person: it has taken what names them."""
        door = self.boot.door("signin")
        for stream in (Stream.PEOPLE, Stream.CHANGES):
            sent = door / f"{stream}.part"
            if sent.exists() and user.encode() in sent.read_bytes():
                return not is_behind(door, stream)
        return False

    def cli(self, *words: str) -> Any:
        """Run a command; what it changed in the settings is in force at every door afterwards.

        The command itself waits for a second, and names the doors that are silent still.
        """
        done = commands.run("--dir", str(self.boot.folder), *words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        wait_for_doors(self.boot)
        return json.loads(done.stdout)

    async def person(self, name: str, *, apps: int = APPS, display_name: str = "") -> Someone:
        """Somebody with a password and `apps` authenticator apps."""
        keys = tuple(secrets.token_bytes(20) for _ in range(apps))
        account = NewAccount(name, PASSWORD, display_name=display_name, totp=keys)
        assert await register(self.boot, account)
        user = f"@{name}:{DOMAIN}"
        texts = [base64.b32encode(each).decode() for each in keys]
        return Someone(user, tuple(Walker(user, PASSWORD, text) for text in texts))

    def at(self, place: str) -> aiohttp.ClientSession:
        """A connection from this address of ours, with a jar of cookies that is empty."""
        return aiohttp.ClientSession(
            self.url,
            connector=aiohttp.TCPConnector(
                ssl=ssl.create_default_context(cadata=self.ca.decode()), local_addr=(place, 0)
            ),
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(total=120),
        )

    @contextlib.asynccontextmanager
    async def browser(self, place: str = HERE) -> AsyncIterator[Browser]:
        """A browser that nobody used before, at an address of its own."""
        async with self.at(place) as session:
            yield Browser(session, self.url)

    async def login(self, who: Someone, device: str, **more: Any) -> Json:
        """Sign in as an older client, from a browser of its own."""
        async with self.at(HERE) as session:
            return await sign_in(session, who.walker(), {"device_id": device, **more})


# ---- Browsers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer as a browser has it."""

    status: int
    headers: dict[str, str]
    text: str
    to: str
    """Where it leads, if it leads away."""

    @property
    def page(self) -> Page:
        return Page(self.text)

    def form(self, does: str) -> Form:
        return next(form for form in self.page.forms if form.does == does)

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(slots=True)
class Browser:
    """Goes where it is told, one step at a time. Its forms come from our own pages."""

    session: aiohttp.ClientSession
    origin: str

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> Shown:
        place = URL(path, encoded=True)
        async with self.session.request(
            method, place, headers=headers, allow_redirects=False, **more
        ) as answer:
            fields = {name.lower(): value for name, value in answer.headers.items()}
            text = (await answer.read()).decode("utf-8", "replace")
            return Shown(answer.status, fields, text, answer.headers.get("Location", ""))

    async def get(self, path: str, **headers: str) -> Shown:
        return await self.ask("GET", path, headers)

    async def post(self, path: str, form: dict[str, str], **headers: str) -> Shown:
        said = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask("POST", path, {**said, **named}, data=form)

    async def open(self, path: str) -> Shown:
        """Go there and follow as far as it leads within the organisation."""
        return await self.followed(await self.get(path))

    async def send(self, shown: Shown, does: str, **typed: str) -> Shown:
        """Fill in a form and send it."""
        form = shown.form(does)
        return await self.followed(await self.post(form.action, {**form.sent, **typed}))

    async def followed(self, shown: Shown) -> Shown:
        while shown.to:
            target = URL(self.origin).join(URL(shown.to))
            if str(target.origin()) != self.origin:
                return shown
            shown = await self.get(target.raw_path_qs)
        return shown

    def cookies(self) -> dict[str, str]:
        found: SimpleCookie = self.session.cookie_jar.filter_cookies(URL(self.origin))
        return {name: each.value for name, each in found.items()}

    def take(self, cookies: dict[str, str]) -> None:
        """Have cookies of another browser."""
        self.session.cookie_jar.update_cookies(cookies, URL(self.origin))

    async def sign_in(self, who: Someone, start: str) -> Shown:
        """From `start` past both proofs: at what comes then."""
        walker = who.walker()
        first = await self.open(start)
        second = await self.send(first, "password", name=who.name, password=walker.password)
        return await self.send(second, "totp", code=await walker.code())


def hash_of(verifier: str) -> str:
    """The PKCE challenge of a verifier (RFC 7636, S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


# ---- Clients that speak OAuth --------------------------------------------------------------------


@dataclass(slots=True)
class App:
    """A registered client."""

    house: House
    id: str
    device: str = field(default_factory=lambda: secrets.token_hex(5).upper())
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(40))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @classmethod
    async def new(cls, house: House, browser: Browser, **more: Any) -> App:
        """Register as a native client does."""
        body = {
            "client_name": "A client",
            "client_uri": "https://client.example/",
            "redirect_uris": [CALLBACK],
            "application_type": "native",
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            **more,
        }
        answer = await browser.ask("POST", "/oauth2/registration", json=body)
        assert answer.status == 201, answer.text
        return cls(house, answer.json()["client_id"])

    def query(self, **changes: str | None) -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": CALLBACK,
            "scope": f"urn:matrix:client:api:* urn:matrix:client:device:{self.device}",
            "state": self.state,
            "code_challenge": hash_of(self.verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def start(self, **changes: str | None) -> str:
        return f"/oauth2/authorize?{urlencode(self.query(**changes))}"

    async def code(self, session: aiohttp.ClientSession, who: Someone) -> dict[str, str]:
        """Pass the page; returns what came back in the address."""
        # the walk reads addresses as people write them, so that nothing is encoded twice
        at = await walk(session, who.walker(), self.start())
        return dict(parse_qsl(urlsplit(str(at)).query))

    async def token(self, browser: Browser, **form: str) -> Shown:
        return await browser.ask("POST", "/oauth2/token", data={"client_id": self.id, **form})

    async def exchange(self, browser: Browser, code: str, **changes: str) -> Shown:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
            **changes,
        }
        return await self.token(browser, **asked)

    async def refresh(self, browser: Browser, token: str) -> Shown:
        return await self.token(browser, grant_type="refresh_token", refresh_token=token)

    async def signed_in(self, who: Someone) -> Json:
        """All the way; returns the token response."""
        async with self.house.browser() as browser:
            back = await self.code(browser.session, who)
            answer = await self.exchange(browser, back["code"])
            assert answer.status == 200, answer.text
            body: Json = answer.json()
            return body


def bearer(token: str) -> dict[str, str]:
    """The header that shows an access token."""
    return {"Authorization": f"Bearer {token}"}


# ---- Starting ------------------------------------------------------------------------------------


@contextlib.contextmanager
def house_of(folder: Path, people: tuple[str, ...], *, gateway: str = "") -> Iterator[House]:
    """Make an organisation in which these people work, run it, and end it whatever happens.

    `gateway` are more lines for that section of its boot file.
    """
    made = make(folder, people)
    made.add_to_gateway(gateway)
    made.take_pushes()
    with run(made) as house:
        yield house


@dataclass(frozen=True, slots=True)
class MadeHouse:
    """An organisation that does not run yet."""

    folder: Path
    ca: bytes

    @property
    def url(self) -> str:
        return load(self.folder).gateway.client_url

    def take_pushes(self) -> None:
        """Have an identity provider push people to it."""
        at = f"{HERE}:{free_port()}"
        self.add_to_boot(
            f"""
[control.inbound]
listen = "{at}"
url = "https://{at}"
certificate = "tls/gateway.crt"
key = "tls/gateway.key"
"""
        )
        with (self.folder / "settings.toml").open("a") as document:
            document.write(
                f"""
[parties.identity-provider]
users = ["{provisioner_of(DOMAIN)}"]

[rules.identity-provider]
from = ["identity-provider"]
allow = ["administer"]
when = ["act in people:person:provision, people:group:provision, people:pushed:read"]
"""
            )

    def trust(self, pem: bytes) -> None:
        """Have it trust another authority for the services that it asks."""
        with (self.folder / "tls/ca.crt").open("ab") as trusted:
            trusted.write(pem)

    def add_to_gateway(self, lines: str) -> None:
        """Add lines to that section of its boot file."""
        boot = self.folder / "boot.toml"
        boot.write_text(boot.read_text().replace("[gateway]\n", f"[gateway]\n{lines}", 1))

    def add_to_boot(self, text: str, **secret_files: str) -> None:
        """Add sections to its boot file, and the files with secrets that they name."""
        for name, secret in secret_files.items():
            path = self.folder / "secrets" / name
            path.touch(mode=0o600)
            path.write_text(secret, encoding="utf-8")
        boot = self.folder / "boot.toml"
        boot.write_text(boot.read_text() + text)


def make(folder: Path, people: tuple[str, ...], sign_in: str = SIGN_IN) -> MadeHouse:
    """Make an organisation in which these people work. `sign_in` is a section of its document."""
    authority = make_authority("test", today())
    listed = "".join(f"{name},Employees,no,yes\n" for name in people)
    at = [f"{HERE}:{free_port()}" for _ in range(5)]
    made = init(
        NewOrganisation(
            folder=folder,
            domain=DOMAIN,
            client=at[0],
            federation=at[1],
            control=at[2],
            pushes=at[3],
            introspection=at[4],
            console=f"{HERE}:{free_port()}",
            document=default_document("Example", DOMAIN) + sign_in,
            people=PEOPLE_HEAD + listed,
            certificate=issue(
                authority, certificate_names(ServerName(DOMAIN), "127.0.0.1:1"), today()
            ),
            trusted_ca=authority.pem,
        ),
        today(),
    )
    return MadeHouse(made.folder, authority.pem)


@contextlib.contextmanager
def run(made: MadeHouse) -> Iterator[House]:
    """Run an organisation, and end it whatever happens."""
    process = subprocess.Popen(
        [*COMMAND, "up", str(made.folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    try:
        _wait_until_ready(process)
        boot = load(made.folder)
        with contextlib.closing(
            open_sign_in_store(boot.sign_in_database(), boot.store_key())
        ) as store:
            yield House(boot, made.ca, store)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    end, said = time.monotonic() + STARTS_SECONDS, []
    for line in process.stdout:
        said.append(line)
        if line.strip() == "ready":
            return
        assert time.monotonic() < end, said
    raise AssertionError("".join(said))
