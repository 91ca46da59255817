"""Whether somebody who knows the domain alone would find the gateway: asked of a real server."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.apps.control.organisation import make
from vedette.adapters.boot_file import Boot
from vedette.control import examination
from vedette.suite.certificates import issue, make_authority, today

CLIENT, SERVER = "https://chat.localhost/", "chat.localhost:443"


@dataclass
class Domain:
    """What stands at the domain, and what it says."""

    boot: Boot
    said: dict[str, Any] = field(default_factory=dict)

    def seen(self, which: str) -> str | None:
        found = examination.reachable(self.boot)[f"{self.boot.organisation}, as {which}s see it"]
        return found.words if found else None


@pytest.fixture
def domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Domain]:
    boot = make(tmp_path / "org").boot
    authority = make_authority("test", today())
    pair = issue(authority, ("localhost",), today())
    for name, data in (("ca", authority.pem), ("crt", pair.certificate), ("key", pair.key)):
        (tmp_path / name).write_bytes(data)
    gateway = boot.gateway.model_copy(
        update={"client_url": CLIENT, "federation_name": SERVER, "trusted_ca": tmp_path / "ca"}
    )
    made = Domain(boot.model_copy(update={"organisation": "localhost", "gateway": gateway}))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = made.said.get(self.path.rpartition("/")[2])
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(found if isinstance(found, bytes) else json.dumps(found).encode())

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(examination, "HTTPS", server.server_port)
    yield made
    server.shutdown()
    server.server_close()


def test_a_domain_that_leads_to_the_gateway_is_well(domain: Domain) -> None:
    domain.said = {
        "client": {"m.homeserver": {"base_url": "https://chat.localhost"}},
        "server": {"m.server": "chat.localhost:443"},
    }
    assert (domain.seen("client"), domain.seen("server")) == (None, None)


def test_a_domain_that_says_nothing_is_told_what_to_say(domain: Domain) -> None:
    told = domain.seen("server") or ""
    assert told.startswith("it answers 404; https://localhost/.well-known/matrix/server must say")
    assert '{"m.server": "chat.localhost:443"}' in told
    assert CLIENT in (domain.seen("client") or "")


@pytest.mark.parametrize("said", [b"no JSON", b"[]", {"m.server": "old.localhost:8448"}, {}])
def test_a_domain_that_leads_elsewhere_is_not_well(domain: Domain, said: object) -> None:
    domain.said = {"server": said}
    assert "it leads somewhere else, or nowhere" in (domain.seen("server") or "")


def test_a_gateway_that_others_find_by_the_domain_alone_needs_no_delegation(domain: Domain) -> None:
    gateway = domain.boot.gateway.model_copy(update={"federation_name": "localhost:8448"})
    domain.boot = domain.boot.model_copy(update={"gateway": gateway})
    assert domain.seen("server") is None


def test_a_domain_with_a_port_is_never_delegated(domain: Domain) -> None:
    domain.boot = domain.boot.model_copy(update={"organisation": "localhost:1234"})
    assert "others connect to localhost:1234" in (domain.seen("server") or "")


def test_keys_of_the_record_that_are_missing_are_told(tmp_path: Path) -> None:
    boot = make(tmp_path / "example").boot
    assert examination.unsealed(boot) == ()
    boot.path(boot.control.audit_key).unlink()
    (words,) = examination.unsealed(boot)
    assert "audit.key" in words
    assert "missing" in words
    boot.path(boot.audit_key).unlink()
    (words,) = examination.unsealed(boot)
    assert "people are named in the record" in words
