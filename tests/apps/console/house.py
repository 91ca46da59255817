"""The console before a whole control, wired as it runs, and the sign-in service's own endpoints.

What is left out is the page on which a person shows their proofs: `signed` says what they showed.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from tests.apps.control.organisation import Organisation
from tests.apps.signin.house import ISSUER, Answer
from tests.apps.signin.house import House as SignIn
from tests.ports import free_port
from vedette.adapters.boot_file import load
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.incidents import MemoryIncidents
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.console.app import COOKIE, Console, make_app, only_here
from vedette.console.entrance import Entrance
from vedette.control.main import first_text, wire
from vedette.core.names import UserId
from vedette.core.sessions import Session
from vedette.ports.errors import Unavailable
from vedette.suite.organisation import PEOPLE_HEAD, NewOrganisation, init

URL = "https://console.example.org"
DOMAIN = "example.org"
GROUPS = {
    "olga": "Security-Officers",
    "fred": "Federation-Managers",
    "otto": "Operators",
    "hugo": "IT-Helpdesk",
    "ada": "Auditors",
    "anna": "Employees",
}
"""Who works here, by role."""
_Answer = TypeVar("_Answer")
_FORM = "application/x-www-form-urlencoded"


def user(name: str) -> UserId:
    return UserId(f"@{name}:{DOMAIN}")


@dataclass(frozen=True)
class Shown:
    """An answer as a browser has it."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def to(self) -> str:
        """Where it leads."""
        return self.headers.get("location", "")

    @property
    def words(self) -> str:
        """What a person reads, without marks."""
        plain = re.sub(r"<[^>]+>", " ", self.text)
        for mark, letter in (
            ("&#39;", "'"),
            ("&#34;", '"'),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&amp;", "&"),
        ):
            plain = plain.replace(mark, letter)
        return " ".join(plain.split())

    def hidden(self, name: str) -> str:
        """The value of a hidden field."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found is not None, f"no field `{name}` in {self.words[:400]}"
        return found[1]


class Endpoint:
    """The sign-in service's token endpoint, in this process, as control's adapter asks it. It can be
    away, or answer otherwise.
    """

    def __init__(self, signin: SignIn) -> None:
        self.signin = signin
        self.instead: tuple[int, dict[str, Any]] | None = None
        self.away = False

    async def exchange(self, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        if self.away:
            raise Unavailable("it is away")
        if self.instead is not None:
            return self.instead
        answer: Answer = await asyncio.to_thread(self.signin.post, "/oauth2/token", form=form)
        if answer.status >= 500:
            raise Unavailable("it can't let anybody in now")
        return answer.status, answer.json


class House:
    """An organisation with a console. Everybody of `groups` has an account."""

    def __init__(
        self, folder: Path, url: str = URL, groups: Mapping[str, str] = MappingProxyType(GROUPS)
    ) -> None:
        self.url = url
        self.boot = _made(folder, groups)
        self.loop = asyncio.new_event_loop()
        self.wiring = wire(self.boot)
        self.wiring.spool.start()
        self.wiring.office.people.poll()
        self.wiring.upkeep.begin(lambda: first_text(self.boot))
        self._doors = Organisation(self.boot)
        for name in self.boot.doors:  # so that nobody waits for their answers
            self._doors.door(name)
        self.clock = MemoryClock(float(int(time.time())))
        self.store = open_sign_in_store(self.boot.sign_in_database(), self.boot.store_key())
        self.signin = SignIn(store=self.store, clock=self.clock, console=url)
        self.signin.policy.policy = self.wiring.office.desk.policy.current()
        for name in groups:
            if self.store.account(name) is None:
                self.store.make_account(name, name.title(), None, int(self.clock.now()))
        self.incidents = MemoryIncidents()
        self.endpoint = Endpoint(self.signin)
        self.desks = self.wiring.desks
        self.entrance = Entrance(
            store=open_sign_in_store(self.boot.sign_in_database(), None),
            policy=self.desks.settings.policy,
            clock=self.clock,
            tokens=self.endpoint,
            issuer=ISSUER,
            url=url,
        )
        self.console = Console(desks=self.desks, entrance=self.entrance, incidents=self.incidents)
        self.app = only_here(make_app(self.console), url)

    def obey(self, change: str, to: str) -> None:
        """Have another document in force, with one piece of its text exchanged."""
        desk = self.desks.settings
        text = desk.current()[0].text
        assert change in text
        document, _ = desk.check(text.replace(change, to))
        desk.take(document, desk.current()[0].number)
        self.signin.policy.policy = desk.policy.current()

    def run(self, wanted: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Have it done in the console's one loop, which may be running in a thread of its own."""
        if self.loop.is_running():
            return asyncio.run_coroutine_threadsafe(wanted, self.loop).result()
        return self.loop.run_until_complete(wanted)

    def close(self) -> None:
        self._doors.end_all()
        self.loop.run_until_complete(self.wiring.looking.end())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.signin.close()
        self.wiring.spool.close()
        self.store.close()
        self.loop.close()
        assert not self.incidents.reported, self.incidents.reported

    def browser(self) -> Browser:
        return Browser(self)

    def sessions(self, name: str) -> tuple[Session, ...]:
        return self.store.sessions(user(name), ended=True)

    def records(self) -> list[dict[str, Any]]:
        """What control recorded so far."""
        return [dict(entry) for entry, _ in self.wiring.office.records.read("control")]


class Browser:
    """One browser: its cookies, and what it says of itself."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Shown:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Shown:
        said = {"sec-fetch-site": "same-origin", "origin": self.house.url, **headers}
        return self.ask("POST", path, form, {k: v for k, v in said.items() if v})

    def send(self, path: str, form: Mapping[str, str], **headers: str) -> Shown:
        """A form of a page that was opened, so with its token."""
        return self.post(path, {"csrf": self.get("/").hidden("csrf"), **form}, **headers)

    def ask(
        self, method: str, path: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Shown:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"host": urlsplit(self.house.url).netloc, "accept-language": "en", **named}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        body = b""
        if form is not None:
            body, sent["content-type"] = urlencode(form).encode(), sent.get("content-type", _FORM)
        shown = self.house.run(called(self.house.app, method, path, sent, body))
        return self._kept(shown)

    def _kept(self, answer: tuple[int, list[tuple[str, str]], str]) -> Shown:
        status, headers, text = answer
        for name, value in headers:
            if name == "set-cookie":
                for key, morsel in SimpleCookie(value).items():
                    assert morsel["secure"]
                    assert morsel["httponly"]
                    assert morsel["path"] == "/"
                    assert not morsel["domain"]
                    self.cookies[key] = morsel.value
                    if not morsel.value or morsel["max-age"] == "0":
                        del self.cookies[key]
        return Shown(status, dict(headers), text)

    # ---- coming in ----

    def way(self, path: str = "/") -> dict[str, str]:
        """Go to sign in: the request that the authorization server gets."""
        first = self.get(path)
        assert first.to.startswith("/sign-in?to="), first
        away = self.get(first.to)
        assert away.to.startswith(f"{ISSUER}oauth2/authorize?"), away
        return dict(parse_qsl(urlsplit(away.to).query))

    def proves(self, way: Mapping[str, str], name: str, *kinds: str) -> str:
        """Where the sign-in page leads back to, once this person showed these proofs."""
        signin = self.house.signin
        sent = signin.get(f"/oauth2/authorize?{urlencode(way)}")
        signed = signin.signed(*kinds, user=user(name))
        return signin.passes(sent, signed)

    def back(self, location: str) -> Shown:
        assert location.startswith(f"{self.house.url}/signed-in?"), location
        return self.get(location.removeprefix(self.house.url))

    def signs_in(self, name: str, *kinds: str, path: str = "/") -> Shown:
        """All the way, to the page that was wanted first."""
        came = self.back(self.proves(self.way(path), name, *kinds))
        return self.get(came.to) if came.status == 303 else came

    @property
    def cookie(self) -> str:
        return self.cookies.get(COOKIE, "")


async def called(
    app: Any, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, list[tuple[str, str]], str]:
    target, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "https", "path": unquote(target), "raw_path": quote(target, safe="/%").encode(),
        "query_string": query.encode(), "root_path": "", "client": ("192.0.2.44", 1),
        "server": ("console.example.org", 443),
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in headers.items()],
    }  # fmt: skip
    sent: list[Any] = []
    asked = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        message = next(asked, None)
        if message is None:
            await asyncio.Event().wait()  # a browser that stays until it has the whole answer
        return message

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    found = [(name.decode().lower(), value.decode("latin-1")) for name, value in sent[0]["headers"]]
    text = b"".join(each.get("body", b"") for each in sent[1:]).decode()
    return sent[0]["status"], found, text


def _made(folder: Path, groups: Mapping[str, str]) -> Any:
    lines = "".join(f"{name},{group},no,yes\n" for name, group in groups.items())
    wanted = NewOrganisation(
        folder=folder,
        domain=DOMAIN,
        name="Example AG",
        control=f"127.0.0.1:{free_port()}",
        people=PEOPLE_HEAD + lines,
    )
    init(wanted, datetime.now(UTC))
    return load(folder)
