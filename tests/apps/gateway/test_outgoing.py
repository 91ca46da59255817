"""The outgoing federation door, whole: real TLS servers of a partner, real answers, real pins."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.apps.gateway_carrier.conftest import RawClient, Reply
from tests.apps.scene import DOCUMENT, Scene, policy_of
from tests.services.tls_server import Said, authority, context_of, tls_server
from vedette.core.names import ServerName
from vedette.core.reasons import Reason
from vedette.gateway import outgoing
from vedette.gateway.carrier import FEDERATION_FORM, Server, Tcp, serve
from vedette.gateway.outgoing import OutgoingDoor
from vedette.gateway.partner_tls import PartnerTls
from vedette.ports.discovery import ANY_SERVER, Destination, Target, Traced, Trust
from vedette.protocol.certificates import pin_of, spell_pin
from vedette.suite.certificates import ServerCertificate, issue, self_signed, today

CA, OTHER_CA = authority(), authority("Another CA")
ACME = issue(CA, ("acme.example",), today())
SEND = "/_matrix/federation/v1/send/1"
PROFILE = "/_matrix/federation/v1/query/profile?user_id=%40carol%3Aacme.example"
FILE = "/_matrix/federation/v1/media/download/abc"
FILES = '\n[rules.files-in]\nfrom = ["acme"]\nto = ["staff"]\nallow = ["file"]\n'
FINE = Said(200, {"Content-Type": "application/json"}, b"{}")


def pin(certificate: ServerCertificate) -> str:
    leaf = x509.load_pem_x509_certificates(certificate.certificate)[0]
    return spell_pin(pin_of(leaf.public_bytes(Encoding.DER)))


def document(**partner: list[str]) -> str:
    words = ", ".join(f"{key} = {value!r}" for key, value in partner.items())
    entry = f'acme = {{ domains = ["acme.example"], {words} }}' if words else None
    text = DOCUMENT + FILES
    return text.replace('acme = { domains = ["acme.example"] }', entry) if entry else text


@dataclass
class Fixed:
    """A discovery that knows where everybody is; it finds its targets anew for each test."""

    targets: tuple[Target, ...] = ()

    async def find(self, server: ServerName, trust: Trust = ANY_SERVER) -> Destination:
        del trust
        return Destination(self.targets, server.host, server)

    async def trace(self, server: ServerName, trust: Trust = ANY_SERVER) -> Traced:
        return Traced((), await self.find(server, trust))


@dataclass
class Way:
    """The way out: Synapse's side of it, and what was recorded."""

    scene: Scene
    discovery: Fixed
    server: Server
    door: OutgoingDoor
    clients: list[RawClient] = field(default_factory=list)

    def settings(self, text: str) -> None:
        self.scene.policy.policy = policy_of(text)

    async def client(self) -> RawClient:
        made = await asyncio.open_connection("127.0.0.1", self.server.ports[0])
        self.clients.append(RawClient(*made))
        return self.clients[-1]

    async def ask(self, path: str, method: str = "GET", body: bytes = b"") -> Reply:
        head = f"{method} matrix-federation://acme.example{path} HTTP/1.1\r\nHost: gateway\r\n"
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        client = await self.client()
        return await client.ask(f"{head}{length}\r\n".encode() + body)

    def reasons(self) -> list[Reason]:
        return [decision.reason for _, _, decision in self.scene.audit.kept]


@pytest.fixture
async def way(tmp_path) -> AsyncIterator[Way]:
    (tmp_path / "ca.crt").write_bytes(CA.pem)
    scene, discovery = Scene(), Fixed()
    scene.policy.policy = policy_of(document())
    door = OutgoingDoor(scene.spine, scene.homeserver, discovery, PartnerTls(tmp_path / "ca.crt"))
    server = await serve(door.plan, [Tcp("127.0.0.1", 0)], dialect=FEDERATION_FORM)
    made = Way(scene, discovery, server, door)
    yield made
    for client in made.clients:
        await client.close()
    await server.close(0)


@contextlib.asynccontextmanager
async def acme(way: Way, said: Said = FINE, certificate: ServerCertificate = ACME):
    async with tls_server(lambda _: said, certificate=certificate) as server:
        way.discovery.targets = (Target("127.0.0.1", server.port),)
        yield server


# -- who is at the other end ------------------------------------------------------------------------


async def test_a_request_reaches_the_partner_unchanged(way: Way) -> None:
    async with acme(way) as server:
        assert (await way.ask(PROFILE)).body == b"{}"
    assert [(each.host, each.target, each.sni) for each in server.asked] == [
        ("acme.example", PROFILE, "acme.example")
    ]


@pytest.mark.parametrize("path", [PROFILE, SEND, FILE], ids=["profile", "send", "file"])
async def test_a_server_with_another_key_than_the_pinned_one_gets_nothing(
    way: Way, path: str
) -> None:
    way.settings(document(tls=[pin(issue(CA, ("acme.example",), today()))]))
    async with acme(way) as server:
        reply = await way.ask(
            path, "PUT" if path == SEND else "GET", b"{}" if path == SEND else b""
        )
    # What Synapse keeps is tried again; a file's refusal is a 404, as everywhere.
    assert reply.status == {PROFILE: 403, SEND: 503, FILE: 404}[path]
    assert server.asked == []
    assert way.reasons()[-1] is Reason.NOT_THE_SERVER
    assert way.scene.audit.kept[-1][2].towards == "acme.example"


async def test_any_of_several_pins_will_do_and_a_new_one_holds_at_once(way: Way) -> None:
    next_key = issue(CA, ("acme.example",), today())
    way.settings(document(tls=[pin(next_key)]))
    async with acme(way) as server:
        assert (await way.ask(PROFILE)).status == 403
        way.settings(document(tls=[pin(next_key), pin(ACME)]))
        assert (await way.ask(PROFILE)).status == 200
        way.settings(document(tls=[pin(next_key)]))
        assert (await way.ask(PROFILE)).status == 403  # also on what was a connection in use
    assert len(server.asked) == 1


async def test_a_valid_certificate_is_needed_beside_the_pin(way: Way) -> None:
    foreign = issue(OTHER_CA, ("acme.example",), today())
    way.settings(document(tls=[pin(foreign)]))
    async with acme(way, certificate=foreign) as server:
        assert (await way.ask(PROFILE)).status == 403
    assert server.asked == []
    assert way.reasons()[-1] is Reason.NOT_THE_SERVER


async def test_a_certificate_for_another_name_is_refused(way: Way) -> None:
    async with acme(way, certificate=issue(CA, ("other.example",), today())) as server:
        assert (await way.ask(PROFILE)).status == 403
    assert server.asked == []
    assert way.reasons()[-1] is Reason.NOT_THE_SERVER


def der(pem: bytes) -> str:
    body = b"".join(pem.split(b"-----")[2].split())
    return base64.b64encode(base64.b64decode(body)).decode()


async def test_a_partner_s_own_ca_vouches_for_it_and_no_other_does(way: Way) -> None:
    theirs = issue(OTHER_CA, ("acme.example",), today())
    way.settings(document(ca=[der(OTHER_CA.pem)]))
    async with acme(way, certificate=theirs):
        assert (await way.ask(PROFILE)).status == 200
    async with acme(way) as server:  # valid for everybody else
        assert (await way.ask(PROFILE)).status == 403
    assert server.asked == []


async def test_a_self_signed_certificate_can_be_named_itself(way: Way) -> None:
    own = self_signed(("acme.example",), today())
    way.settings(document(ca=[der(own.certificate)]))
    async with acme(way, certificate=own):
        assert (await way.ask(PROFILE)).status == 200


async def test_a_ca_that_is_no_certificate_closes_the_way_out(way: Way) -> None:
    way.settings(document(ca=["MIIB" + "A" * 400]))
    async with acme(way) as server:
        assert (await way.ask(PROFILE)).status == 503
    assert server.asked == []


# -- several addresses ------------------------------------------------------------------------------


async def test_the_next_address_is_tried_where_one_can_not_be_reached(way: Way) -> None:
    async with acme(way) as server:
        dead = Target("127.0.0.9", server.port)
        way.discovery.targets = (dead, *way.discovery.targets)
        assert [(await way.ask(PROFILE)).status for _ in range(3)] == [200, 200, 200]


async def test_the_next_address_is_tried_where_somebody_else_answers(way: Way) -> None:
    async with (
        tls_server(lambda _: FINE, names=("other.example",), ca=CA) as other,
        acme(way) as server,
    ):
        way.discovery.targets = (Target("127.0.0.1", other.port), *way.discovery.targets)
        assert (await way.ask(PROFILE)).status == 200
    assert other.asked == []
    assert len(server.asked) == 1


async def test_that_somebody_else_answers_is_said_rather_than_that_nobody_does(way: Way) -> None:
    async with acme(way, certificate=issue(CA, ("other.example",), today())) as server:
        way.discovery.targets = (*way.discovery.targets, Target("127.0.0.9", server.port))
        assert (await way.ask(PROFILE)).status == 403


async def test_where_nobody_answers_waiting_helps_and_nothing_is_refused(way: Way) -> None:
    way.discovery.targets = (Target("127.0.0.9", 9), Target("127.0.0.8", 9))
    assert (await way.ask(PROFILE)).status == 503
    assert Reason.NOT_THE_SERVER not in way.reasons()


# -- what comes back --------------------------------------------------------------------------------


@pytest.fixture
def small_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real bounds are large; these are reached in a moment."""
    bounds = dict.fromkeys(outgoing._ANSWERS, (1000, 0.6))
    monkeypatch.setattr(outgoing, "_ANSWERS", bounds)


@pytest.mark.usefixtures("small_answers")
async def test_an_answer_that_says_it_is_too_large_is_not_begun(way: Way) -> None:
    async with acme(way, Said(200, {}, b"x" * 1001)):
        reply = await way.ask(PROFILE)
    assert (reply.status, b"too large" in reply.body) == (503, True)


@pytest.mark.usefixtures("small_answers")
@pytest.mark.parametrize("path", [PROFILE, SEND], ids=["profile", "send"])
async def test_an_answer_without_end_is_cut_off(way: Way, path: str) -> None:
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3e8\r\n" + b"x" * 1000
    async with acme(way, Said(raw=endless + b"\r\n1\r\nx\r\n0\r\n\r\n")):
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await way.ask(path, "PUT" if path == SEND else "GET")


@pytest.mark.usefixtures("small_answers")
async def test_an_answer_that_trickles_does_not_last_for_ever(way: Way) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.1)

    server = await asyncio.start_server(trickle, "127.0.0.1", 0, ssl=context_of(ACME))
    way.discovery.targets = (Target("127.0.0.1", server.sockets[0].getsockname()[1]),)
    async with asyncio.timeout(60):
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await way.ask(PROFILE)
    server.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_no_answer_leads_elsewhere(way: Way, status: int) -> None:
    async with acme(way, Said(status, {"Location": "https://127.0.0.1/"})) as server:
        reply = await way.ask(PROFILE)
    assert reply.status == 403
    assert "location" not in reply.headers
    assert len(server.asked) == 1


# -- files ------------------------------------------------------------------------------------------


def multipart(*parts: bytes, boundary: str = "theirs", end: bytes = b"--theirs--\r\n") -> Said:
    body = b"".join(b"--theirs\r\n" + part + b"\r\n" for part in parts) + end
    return Said(200, {"Content-Type": f"multipart/mixed; boundary={boundary}"}, body)


JSON = b"Content-Type: application/json\r\n\r\n{}"
PDF = b"Content-Type: application/pdf\r\nContent-Disposition: inline; filename=a.pdf\r\nX-Own: 1\r\n\r\n"


async def test_a_file_arrives_whole_in_a_form_made_here(way: Way) -> None:
    content = bytes(range(256)) * 500 + b"\r\n--theirs-not\r\n"
    async with acme(way, multipart(JSON, PDF + content)):
        reply = await way.ask(FILE)
    assert reply.status == 200
    boundary = reply.headers["content-type"].removeprefix("multipart/mixed; boundary=").encode()
    assert b"theirs" not in boundary
    first, second, last = reply.body.split(b"--" + boundary)[1:]
    assert first == b"\r\n" + JSON + b"\r\n"
    head, _, body = second.partition(b"\r\n\r\n")
    assert b"X-Own" not in head
    assert body == content + b"\r\n"
    assert last == b"--\r\n"


def location(at: str) -> bytes:
    return f"Location: {at}\r\n\r\n".encode()


@pytest.mark.parametrize(
    "said",
    [
        multipart(JSON, location("https://127.0.0.1:1/secret")),
        multipart(JSON, b"Content-Type: a/b\r\nlOcAtIoN: https://x.example/\r\n\r\n"),
        multipart(b"Content-Type: application/json\r\nLocation: x\r\n\r\n{}", PDF + b"x"),
        multipart(JSON, PDF + b"x", location("https://x.example/")),
        multipart(JSON, PDF + b"x", PDF + b"y"),
        multipart(PDF + b"x"),
        multipart(JSON),
        multipart(PDF + b"x", JSON),
        multipart(JSON, b"X: " + b"y" * 70_000 + b"\r\n\r\nx"),
        multipart(b"Content-Type: application/json\r\n\r\n" + b" " * 70_000, PDF + b"x"),
        multipart(JSON, b"Content-Type: a/b\r\nContent-Type: c/d\r\n\r\nx"),
        multipart(JSON, PDF + b"x", boundary="others"),
        multipart(JSON, PDF + b"x", boundary="theirs; boundary=x"),
        multipart(JSON, PDF + b"x", boundary=""),
        Said(200, {"Content-Type": "application/pdf"}, b"%PDF"),
        Said(200, {}, b"%PDF"),
    ],
    ids=lambda said: str(said.body[:50]),
)
async def test_what_is_no_file_is_not_passed_on_and_nobody_is_sent_elsewhere(
    way: Way, said: Said
) -> None:
    async with acme(way, said):
        try:
            reply = await way.ask(FILE)
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the answer broke off before its end: no file either
    assert reply.status in (404, 503), reply.body
    assert b"ocation" not in reply.raw + reply.body


async def test_a_file_that_breaks_off_is_seen_to(way: Way) -> None:
    async with acme(way, multipart(JSON, PDF + b"x" * 100, end=b"")):
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await way.ask(FILE)


async def test_a_file_over_the_largest_upload_is_not_passed_on(way: Way) -> None:
    way.settings(document() + '\n[media]\nmax_upload = "1 KiB"\n')
    async with acme(way, multipart(JSON, PDF + b"x" * 200_000)):
        assert (await way.ask(FILE)).status == 503


async def test_a_partner_s_own_refusal_of_a_file_is_passed_on(way: Way) -> None:
    said = Said(404, {"Content-Type": "application/json"}, b'{"errcode":"M_NOT_FOUND"}')
    async with acme(way, said):
        reply = await way.ask(FILE)
    assert (reply.status, reply.body) == (404, said.body)
