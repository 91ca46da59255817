"""A privacyIDEA of one's own behind a FreeRADIUS: the third-party server decides, RADIUS carries.

From PyPI into an environment of its own (500 MB, kept in the cache). privacyIDEA speaks
HTTP; in a company its RADIUS plug-in or a script like `privacyidea_radius.py` stands in between.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cache import cached
from tests.ports import free_port
from tests.services.freeradius import FreeRadius, freeradius
from tests.services.own_venv import own_venv

PATIENCE_SECONDS = 120
REALM = "office"
SCRIPT = Path(__file__).with_name("privacyidea_radius.py")

SETTINGS = """
SUPERUSER_REALM = ["super"]
SECRET_KEY = "{secret}"
PI_PEPPER = "{pepper}"
PI_ENCFILE = "{folder}/enckey"
PI_AUDIT_KEY_PRIVATE = "{folder}/audit_private.pem"
PI_AUDIT_KEY_PUBLIC = "{folder}/audit_public.pem"
PI_LOGFILE = "{folder}/privacyidea.log"
PI_LOGLEVEL = 40
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/tokens.sqlite"
"""

WSGI = """
from privacyidea.app import create_app
application = create_app(config_name="production", config_file="{folder}/pi.cfg", silent=True)
"""

EXEC = """
    exec privacyidea {{
        wait = yes
        program = "{python} -I {script} {url}"
        input_pairs = request
        output_pairs = reply
        shell_escape = yes
        timeout = 9
    }}
"""

ASKS_IT = """
    authorize {
        update control { &Auth-Type := privacyidea }
    }
    authenticate {
        Auth-Type privacyidea {
            privacyidea {
                fail = 1
                handled = 1
            }
            if (handled) {
                update control { &Response-Packet-Type := Access-Challenge }
                handled
            }
            # no answer is no no: the next server may know
            elsif (fail) {
                update control { &Response-Packet-Type := Do-Not-Respond }
                handled
            }
        }
    }
"""


@dataclass(frozen=True, slots=True)
class PrivacyIdea:
    """A running server on loopback, and its administrator's authorisation."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    authorisation: str = ""

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST as its administrator; what it answers as `result.value`."""
        headers = {"Content-Type": "application/json", "Authorization": self.authorisation}
        request = urllib.request.Request(  # noqa: S310  # an address of the test
            f"{self.url}{path}", json.dumps(body).encode(), headers
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # as above
                return json.load(answer)["result"]["value"]
        except urllib.error.HTTPError as fault:
            raise AssertionError(f"{path}: {fault.code} {fault.read()!r}") from fault

    def enrol(self, user: str, pin: str, secret: bytes) -> None:
        """Give somebody a time-based token with a PIN."""
        token = {"type": "totp", "user": user, "realm": REALM, "pin": pin, "otpkey": secret.hex()}
        assert self.post("/token/init", {**token, "genkey": 0, "serial": f"TOTP-{user}"})


@contextlib.contextmanager
def privacyidea(folder: Path, people: list[str]) -> Iterator[PrivacyIdea]:
    """Start one in `folder` where these people have no token yet; it challenges after the PIN."""
    programs = own_venv("privacyidea")
    shutil.copytree(initialised(programs), folder)
    configure(folder)
    (folder / "wsgi.py").write_text(WSGI.format(folder=folder), encoding="utf-8")
    (folder / "people").write_text(
        "".join(f"{name}:x:{1000 + i}:1000:{name}::\n" for i, name in enumerate(people))
    )
    port = free_port()
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [programs / "waitress-serve", f"--listen=127.0.0.1:{port}", "wsgi:application"],
            cwd=folder,
            env=surroundings(folder),
            stdout=output,
            stderr=output,
        )
    try:
        yield prepared(PrivacyIdea(f"http://127.0.0.1:{port}", process, log), folder)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def radius_before(url: str, folder: Path) -> Iterator[FreeRadius]:
    """A FreeRADIUS that asks the privacyIDEA at `url` for every yes and no."""
    modules = EXEC.format(python=sys.executable, script=SCRIPT, url=url)
    with freeradius(folder, server=ASKS_IT, modules=modules) as running:
        yield running


def initialised(programs: Path) -> Path:
    """Return a folder with keys, tables and an administrator; it takes ten seconds, so it is cached."""

    def initialise(place: Path) -> None:
        configure(place)
        for words in (["create_enckey"], ["create_audit_keys"], ["create_tables"]):
            manage(programs, place, "setup", *words)
        manage(programs, place, "admin", "add", "admin", "-p", "admin of this test")

    return cached(
        "privacyidea-data", [programs.parent.name.encode(), SETTINGS.encode()], initialise
    )


def configure(folder: Path) -> None:
    """Write the configuration for this folder. Keys of the copy are those of the original."""
    kept = folder / "secrets.json"
    if not kept.exists():
        kept.write_text(json.dumps({"secret": secrets.token_hex(), "pepper": secrets.token_hex()}))
    text = SETTINGS.format(folder=folder, **json.loads(kept.read_text()))
    (folder / "pi.cfg").write_text(text, encoding="utf-8")


def surroundings(folder: Path) -> dict[str, str]:
    return {**os.environ, "PRIVACYIDEA_CONFIGFILE": str(folder / "pi.cfg")}


def manage(programs: Path, folder: Path, *words: str) -> None:
    done = subprocess.run(
        [programs / "pi-manage", *words],
        env=surroundings(folder),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"pi-manage {words} failed:\n{done.stdout}{done.stderr}"


def prepared(server: PrivacyIdea, folder: Path) -> PrivacyIdea:
    """Wait until it answers, then tell it who there is and that a PIN asks for a code."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        assert server.process.poll() is None, server.log.read_text()
        assert time.monotonic() < deadline, server.log.read_text()
        try:
            login = {"username": "admin", "password": "admin of this test"}
            token = server.post("/auth", login)["token"]
            break
        except OSError:
            time.sleep(0.2)
    ready = PrivacyIdea(server.url, server.process, server.log, token)
    ready.post("/resolver/people", {"type": "passwdresolver", "fileName": str(folder / "people")})
    ready.post(f"/realm/{REALM}", {"resolvers": "people"})
    ready.post(f"/defaultrealm/{REALM}", {})
    policy = {"scope": "authentication", "action": "challenge_response=totp", "active": True}
    ready.post("/policy/challenge", {**policy, "realm": REALM})
    return ready
