"""Fetching another server's keys over real TLS."""

from __future__ import annotations

import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.services.tls_server import Asked, Said, authority, tls_server
from tests.signing import SigningServer
from vedette.adapters.federation_keys import FederationKeys
from vedette.core.names import ServerName
from vedette.gateway.partner_tls import PartnerTls
from vedette.ports.discovery import ANY_SERVER, Destination, Target, Trust
from vedette.ports.errors import Unavailable
from vedette.protocol.certificates import pin_of
from vedette.suite.certificates import Authority, issue, today

ACME = ServerName("acme.test")
KEYS = SigningServer("acme.test").published()


def said(asked: Asked) -> Said:
    return Said(body=KEYS) if asked.target == "/_matrix/key/v2/server" else Said(404)


class House:
    """One server called `acme.test`, and how it is found and trusted."""

    def __init__(self) -> None:
        self.ca: Authority = authority()
        self.targets: tuple[Target, ...] = ()

    async def find(self, server: ServerName, trust: Trust = ANY_SERVER) -> Destination:
        del trust
        return Destination(self.targets, server.host, server)

    async def published(self, port: int, trust: Trust | None = None) -> bytes:
        self.targets = self.targets or (Target("127.0.0.1", port),)
        keys = FederationKeys(self, PartnerTls().strict)  # type: ignore[arg-type]
        return await keys.published(ACME, trust or Trust((self.der,)))

    @property
    def der(self) -> bytes:
        return ssl.PEM_cert_to_DER_cert(self.ca.pem.decode())


@pytest.fixture
def house() -> House:
    return House()


async def test_the_keys_are_asked_for_by_the_server_s_own_name(house: House) -> None:
    async with tls_server(said, names=("acme.test",), ca=house.ca) as server:
        assert await house.published(server.port) == KEYS
    (asked,) = server.asked
    assert (asked.sni, asked.host) == ("acme.test", "acme.test")


async def test_another_s_certificate_or_ca_proves_nothing(house: House) -> None:
    async with tls_server(said, names=("evil.test",), ca=house.ca) as server:
        with pytest.raises(Unavailable):
            await house.published(server.port)
    async with tls_server(said, names=("acme.test",)) as server:
        with pytest.raises(Unavailable):
            await house.published(server.port)
    assert server.asked == []


async def test_a_tls_key_that_is_not_pinned_is_not_believed(house: House) -> None:
    shown = issue(house.ca, ("acme.test",), today())
    leaf = x509.load_pem_x509_certificate(shown.certificate)
    pin = pin_of(leaf.public_bytes(Encoding.DER))
    async with tls_server(said, certificate=shown) as server:
        trust = Trust((house.der,), frozenset({pin}))
        assert await house.published(server.port, trust) == KEYS
        other = Trust((house.der,), frozenset({bytes(32)}))
        with pytest.raises(Unavailable, match="none of those pinned"):
            await house.published(server.port, other)


async def test_the_next_address_is_tried(house: House) -> None:
    async with tls_server(said, names=("acme.test",), ca=house.ca) as server:
        house.targets = (Target("127.0.0.1", 1), Target("127.0.0.1", server.port))
        assert await house.published(server.port) == KEYS


@pytest.mark.parametrize(
    "answer",
    [
        Said(302, {"Location": "https://127.0.0.1/"}),
        Said(404),
        Said(body=b"x" * 100_000),
        Said(raw=b"nonsense\r\n\r\n"),
        Said(raw=b"HTTP/1.1 200 X\r\nContent-Length: 50\r\n\r\nshort"),
        Said(raw=b""),
    ],
)
async def test_what_is_no_short_answer_is_none(house: House, answer: Said) -> None:
    async with tls_server(lambda _: answer, names=("acme.test",), ca=house.ca) as server:
        with pytest.raises(Unavailable):
            await house.published(server.port)
    assert server.asked


async def test_a_server_that_says_nothing_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vedette.adapters.federation_keys._SECONDS", 0.3)
    async with tls_server(lambda _: Said(stall=5), names=("acme.test",), ca=house.ca) as server:
        with pytest.raises(Unavailable, match="in time"):
            await house.published(server.port)
