"""The real processes: control and signin over one SQLite store, and a browser at the socket."""

from __future__ import annotations

import base64
import os
import signal
import stat
import time
from pathlib import Path

import pyotp
import pytest

from tests import commands
from tests.apps.control.organisation import make, until
from tests.apps.signin.pages_scene import PASSWORD, SECRET, Browser, hashed_password, unix
from vedette.adapters.boot_file import Boot
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.ports.sign_in import Factor
from vedette.signin.purpose import Purpose, keep_purpose, sign_in_address


@pytest.fixture
def organisation(tmp_path: Path):
    made = make(tmp_path / "org")
    yield made
    made.end_all()


class Signin:
    """`vedette signin` as a process of its own."""

    def __init__(self, boot: Boot) -> None:
        self.boot = boot
        self.socket = boot.path(boot.signin.socket)
        self.child: commands.Command | None = None

    def start(self) -> None:
        with (self.boot.folder / "signin.log").open("ab") as log:
            self.child = commands.start(
                "--dir", str(self.boot.folder), "signin", stdout=log, stderr=log
            )
        until(self._ready)

    def _ready(self) -> bool:
        assert self.child is not None
        assert self.child.poll() is None, (self.boot.folder / "signin.log").read_text()
        try:
            return unix(self.socket)("GET", "/ready", {}, b"")[0] == 200
        except OSError:
            return False

    def end(self) -> int:
        assert self.child is not None
        os.kill(self.child.pid, signal.SIGTERM)
        return self.child.wait(60)


def test_a_sign_in_survives_the_restart_of_its_process(organisation):
    boot = organisation.boot
    organisation.start()
    signin = Signin(boot)
    signin.start()
    try:
        assert stat.S_IMODE(signin.socket.stat().st_mode) == 0o600
        store = open_sign_in_store(boot.sign_in_database(), boot.store_key())
        now = int(time.time())
        store.make_account("anna", "Anna", hashed_password(), now)
        store.add_factor(Factor(id="app", localpart="anna", kind="totp", label="App",
                                secret=SECRET, counter=-1, created=now))  # fmt: skip
        purpose = Purpose(kind="sso", client_name="Element", client_uri="", device=None,
                          redirect_host="http://localhost:9", user_hint=None, action=None,
                          body={"redirect": "http://localhost:9/sso"})  # fmt: skip
        address = sign_in_address(keep_purpose(store, purpose, now))
        origin = boot.gateway.client_url.rstrip("/")
        browser = Browser(unix(signin.socket), origin).open(address).first("anna", PASSWORD)
        assert "One more proof" in browser.text
        assert signin.end() == 0
        signin.start()
        browser.open("/sign-in").send("totp", code=pyotp.TOTP(_base32()).now())
        assert "Let Element in?" in browser.text
        browser.send("agree")
        assert browser.away.startswith("http://localhost:9/sso?loginToken=")
        store.close()
        assert signin.end() == 0
    finally:
        if signin.child is not None and signin.child.poll() is None:
            signin.child.kill()
            signin.child.wait()
    spool = boot.spool("signin") / "signin.jsonl"
    assert b"sign-in:session:start" in spool.read_bytes()
    log = (boot.folder / "signin.log").read_text()
    assert "Traceback" not in log
    assert PASSWORD not in log


def _base32() -> str:

    return base64.b32encode(SECRET).decode()
