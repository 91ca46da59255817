"""A real OpenID provider of one's own: Canaille, from PyPI, on loopback over TLS.

It knows two-factor sign-in (`amr`), RFC 9207, PKCE and user information, and has pages that
`sign_in` goes through as a browser would.
"""

import base64
import contextlib
import json
import os
import re
import secrets
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pyotp
from joserfc.jwk import RSAKey

from tests.ports import free_port
from tests.services.own_venv import own_venv
from vedette.suite.certificates import issue, make_authority, today

PATIENCE_SECONDS = 60
STEPS = 12

JOBS = """
import json, sys
from canaille.commands import cli
for job in json.load(sys.stdin):
    cli.main(job, standalone_mode=False)
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider knows. `totp_secret` is any text, empty for none."""

    name: str
    password: str
    display_name: str
    email: str
    totp_secret: str = ""

    def answers(self) -> dict[str, str]:
        """What they fill into the provider's forms, by field."""
        answers = {"login": self.name, "password": self.password}
        if self.totp_secret:
            secret = base64.b32encode(self.totp_secret.encode()).decode()
            answers["otp"] = pyotp.TOTP(secret).now()
        return answers


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """A running provider and the client that it knows."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    ca_file: Path
    """The authority of its own that its certificate is of."""

    @property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file)

    def browser(self) -> "Browser":
        return Browser(self)


class _Stop(urllib.request.HTTPRedirectHandler):
    """Hands redirects back, so that the last one can be seen."""

    def redirect_request(self, *args, **kwargs):
        return None


class Browser:
    """A person's browser without JavaScript: cookies, redirects, forms."""

    def __init__(self, provider: OpenIdProvider) -> None:
        self._provider = provider
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=provider.tls),
            urllib.request.HTTPCookieProcessor(CookieJar()),
            _Stop(),
        )

    def sign_in(self, url: str, person: Person) -> str:
        """Follow `url`, fill in what the pages ask for, and return the address that it ends at."""
        form: dict[str, str] | None = None
        for _ in range(STEPS):
            status, where, page = self._open(url, form)
            if where.startswith(self._provider.redirect_uri):
                return where
            if 300 <= status < 400:
                url, form = where, None
                continue
            answers = {k: v for k, v in person.answers().items() if f'name="{k}"' in page}
            assert answers, f"{status} {url}: {page}"
            form = {**hidden(page), **answers}
        raise AssertionError(f"the sign-in led nowhere; last was {url}")

    def _open(self, url: str, form: dict[str, str] | None) -> tuple[int, str, str]:
        data = urlencode(form).encode() if form is not None else None
        headers = {"Referer": url} if form is not None else {}
        try:
            request = urllib.request.Request(url, data, headers)  # noqa: S310  # addresses of the test
            with self._opener.open(request, timeout=20) as found:
                return found.status, "", found.read().decode()
        except urllib.error.HTTPError as other:
            with other:
                where = urljoin(url, other.headers.get("Location", ""))
                return other.code, where if 300 <= other.code < 400 else "", other.read().decode()


def hidden(page: str) -> dict[str, str]:
    """The values of a page's hidden fields."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        fields = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if fields.get("type") == "hidden" and "name" in fields:
            found[unescape(fields["name"])] = unescape(fields.get("value", ""))
    return found


@contextlib.contextmanager
def openid_provider(
    folder: Path,
    people: list[Person],
    *,
    factors: tuple[str, ...] = ("password",),
    host: str = "127.0.0.1",
    redirect_uri: str = "https://chat.example.test/sign-in/upstream",
) -> Iterator[OpenIdProvider]:
    """Start one in `folder`, with these people and one client, and stop it at the end.

    `host` is an address of this machine. `redirect_uri` is where its one client takes people back.
    """
    programs = own_venv("openid_provider")
    port = free_port(host)
    folder.mkdir(parents=True, exist_ok=True)
    authority = make_authority("OpenID test", today())
    (folder / "ca.pem").write_bytes(authority.pem)
    provider = OpenIdProvider(
        issuer=f"https://{host}:{port}",
        client_id="vedette",
        client_secret=secrets.token_urlsafe(32),
        redirect_uri=redirect_uri,
        ca_file=folder / "ca.pem",
    )
    certificate = issue(authority, (host,), today())
    (folder / "tls.pem").write_bytes(certificate.certificate)
    (folder / "tls.key").write_bytes(certificate.key)
    settings = folder / "canaille.toml"
    settings.write_text(configured(folder, provider, factors), encoding="utf-8")
    settings.chmod(0o600)
    environment = {**os.environ, "CANAILLE_CONFIG": str(settings)}
    jobs = [["install"], ["create", "client", *client(provider)]]
    # who is meant by its tokens: itself, which it must exist for
    jobs += [["set", "client", provider.client_id, "--audience", provider.client_id]]
    jobs += [["create", "user", *described(person)] for person in people]
    run(environment, programs / "python", jobs)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(programs / "canaille", "run", "--bind", f"{host}:{port}", "--workers", "0"),
                *("--certfile", folder / "tls.pem", "--keyfile", folder / "tls.key"),
            ],
            env=environment,
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_it_answers(provider, process, folder / "server.log")
        yield provider
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def configured(folder: Path, provider: OpenIdProvider, factors: tuple[str, ...]) -> str:
    key = RSAKey.generate_key(2048, {"use": "sig", "kid": "first", "alg": "RS256"})
    return f"""
SECRET_KEY = "{secrets.token_hex(32)}"
SERVER_NAME = "{urlsplit(provider.issuer).netloc}"
PREFERRED_URL_SCHEME = "https"
[CANAILLE]
DATABASE = "sql"
JAVASCRIPT = false
HTMX = false
AUTHENTICATION_FACTORS = {json.dumps(factors)}
[CANAILLE_SQL]
DATABASE_URI = "sqlite:///{folder}/people.sqlite"
[CANAILLE_OIDC]
ACTIVE_JWKS = [{inline(key.as_dict(private=True))}]
TRUSTED_DOMAINS = ["chat.example.test"]
"""


def inline(table: dict[str, object]) -> str:
    """A table of texts, on one line of TOML."""
    return "{" + ", ".join(f"{key} = {json.dumps(value)}" for key, value in table.items()) + "}"


def described(person: Person) -> list[str]:
    words = ["--user-name", person.name, "--password", person.password, "--family-name"]
    words += [person.display_name, "--formatted-name", person.display_name]
    words += ["--display-name", person.name, "--emails", person.email]
    if person.totp_secret:
        words += ["--secret-token", person.totp_secret, "--last-otp-login", "2026-01-01T00:00:00"]
    return words


def client(provider: OpenIdProvider) -> list[str]:
    return [
        *("--client-id", provider.client_id, "--client-secret", provider.client_secret),
        *("--client-name", "Vedette", "--client-uri", "https://chat.example.test/"),
        *("--redirect-uris", provider.redirect_uri),
        *("--grant-types", "authorization_code", "--response-types", "code"),
        *("--token-endpoint-auth-method", "client_secret_basic"),
        *("--scope", "openid", "--scope", "profile", "--scope", "email"),
    ]


def run(environment: dict[str, str], python: Path, jobs: list[list[str]]) -> None:
    """Carry out commands of `canaille` in one process: its imports take more than a second."""
    done = subprocess.run(
        [python, "-c", JOBS],
        input=json.dumps(jobs),
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"the provider can't be set up:\n{done.stdout}{done.stderr}"


def wait_until_it_answers(
    provider: OpenIdProvider, process: subprocess.Popen[bytes], log: Path
) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    address = f"{provider.issuer}/.well-known/openid-configuration"
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(address, context=provider.tls, timeout=5).close()  # noqa: S310  # its own
            return
        time.sleep(0.1)
    raise AssertionError(f"the provider did not start:\n{log.read_text()}")
