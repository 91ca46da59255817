"""A FreeRADIUS of one's own: a real server with the answers that a test needs.

Needs the Debian package `freeradius`.
"""

import contextlib
import secrets
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyrad import packet
from pyrad.client import Client, Timeout

from tests.ports import free_port

PROGRAM = "/usr/sbin/freeradius"
PATIENCE_SECONDS = 60

MAIN = """
prefix = /usr
libdir = /usr/lib/freeradius
logdir = {folder}
run_dir = {folder}
pidfile = {folder}/pid
max_request_time = 10
cleanup_delay = 5
max_requests = 1024
hostname_lookups = no
log {{
    destination = files
    file = {folder}/radius.log
    auth = no
}}
security {{
    max_attributes = 200
    reject_delay = 0
    status_server = yes
    require_message_authenticator = yes
}}
thread pool {{
    start_servers = 2
    max_servers = 4
    min_spare_servers = 1
    max_spare_servers = 2
    max_requests_per_server = 0
}}
client loopback {{
    ipaddr = 127.0.0.1
    secret = "{secret}"
    require_message_authenticator = yes
}}
modules {{
    always reject {{ rcode = reject }}
    always handled {{ rcode = handled }}
    always ok {{ rcode = ok }}
    expr {{ }}
    pap {{ }}
    totp {{ }}
    files {{ filename = {folder}/users }}
    {modules}
}}
server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    {server}
}}
"""

TWO_STEPS = """
    authorize {
        files
        if (&User-Name == "silent") {
            update control { &Response-Packet-Type := Do-Not-Respond }
            handled
        }
        elsif (&State) {
            if (&session-state:Tmp-String-0 && &session-state:Tmp-String-0 == &User-Name) {
                update control { &Auth-Type := second }
            } else {
                reject
            }
        } else {
            pap
        }
    }
    authenticate {
        Auth-Type PAP {
            pap
            if (&control:TOTP-Secret) {
                update session-state { &Tmp-String-0 := &User-Name }
                update reply { &Reply-Message := "Enter the code that your app shows." }
                update control { &Response-Packet-Type := Access-Challenge }
                handled
            }
        }
        Auth-Type second {
            update request { &TOTP-Password := &User-Password }
            totp
        }
    }
    post-auth {
        Post-Auth-Type REJECT {
            update reply { &Reply-Message := "No." }
        }
    }
"""
"""A password first; then, for who has one, a time-based code to the State of the challenge."""


@dataclass(frozen=True, slots=True)
class FreeRadius:
    """A running server on 127.0.0.1."""

    port: int
    secret: str
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def log(self) -> str:
        return (self.folder / "radius.log").read_text(encoding="utf-8", errors="replace")


def user(name: str, password: str, totp_secret: str = "") -> str:
    """A line of the users file. `totp_secret` is base32."""
    totp = f', TOTP-Secret := "{totp_secret}"' if totp_secret else ""
    return f'{name} Cleartext-Password := "{password}"{totp}\n'


@contextlib.contextmanager
def freeradius(
    folder: Path, *, users: str = "", server: str = TWO_STEPS, modules: str = ""
) -> Iterator[FreeRadius]:
    """Start one in `folder`, wait until it answers Status-Server, and stop it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    secret, port = secrets.token_hex(16), free_port()
    (folder / "users").write_text(users, encoding="utf-8")
    text = MAIN.format(folder=folder, secret=secret, port=port, server=server, modules=modules)
    (folder / "radiusd.conf").write_text(text, encoding="utf-8")
    folder.chmod(0o700)
    process = subprocess.Popen(
        [PROGRAM, "-d", folder, "-D", "/usr/share/freeradius", "-f", "-l", folder / "radius.log"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    running = FreeRadius(port, secret, folder, process)
    try:
        wait_until_it_answers(running)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_it_answers(server: FreeRadius) -> None:
    client = Client(
        server="127.0.0.1",
        authport=server.port,
        secret=server.secret.encode(),
        retries=1,
        timeout=0.2,
        enforce_ma=True,
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            client.SendPacket(client.CreateAuthPacket(code=packet.StatusServer))
        except Timeout:
            continue
        return
    raise AssertionError(f"FreeRADIUS did not start:\n{server.log()}")
