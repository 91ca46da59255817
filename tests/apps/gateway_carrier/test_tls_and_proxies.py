"""TLS with certificates that change, load balancers in front, and the outgoing door."""

import asyncio
import contextlib
import datetime
import os
import socket
import ssl
import struct
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.company_ca import Issued, root
from vedette.gateway.carrier import (
    FEDERATION_FORM,
    Answer,
    Behind,
    Forward,
    Head,
    Limits,
    ServerTls,
    Tcp,
    Upstream,
)
from vedette.gateway.tls import TlsFiles, TlsFilesError, make_context

from .conftest import Door

pytestmark = pytest.mark.asyncio

GET = b"GET /_matrix/x HTTP/1.1\r\nHost: localhost\r\n\r\n"


def write_certificate(folder: Path, name: str) -> TlsFiles:
    """Write a self-signed certificate whose subject is `name`, in the way of a renewal."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for file, data in (
        ("cert.pem", certificate.public_bytes(serialization.Encoding.PEM)),
        ("key.pem", pem),
    ):
        (folder / f"new-{file}").write_bytes(data)
        (folder / f"new-{file}").replace(folder / file)
    return TlsFiles(str(folder / "cert.pem"), str(folder / "key.pem"))


def client_context(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "cert.pem"))


def seen_certificate(client: asyncio.StreamWriter) -> str:
    certificate = client.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()


async def test_requests_travel_over_tls_and_the_head_says_so(door: Door, tmp_path: Path) -> None:
    await door.open(tls=ServerTls(write_certificate(tmp_path, "one")))
    client = await door.client(tls=client_context(tmp_path))
    assert (await client.ask(GET)).status == 200
    tls = door.heads[0].tls
    assert tls is not None
    assert (tls.version, tls.certificate) == ("TLSv1.3", None)
    assert door.behind.seen[0].header("x-forwarded-proto") == ["https"]


async def test_large_bodies_travel_over_tls_and_refusals_arrive(door: Door, tmp_path: Path) -> None:
    door.body_limit = 8_000_000
    await door.open(tls=ServerTls(write_certificate(tmp_path, "one")))
    client = await door.client(tls=client_context(tmp_path))
    body = os.urandom(5_000_000)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
    assert (await client.ask(head % len(body) + body)).body == body
    await client.send(head % 9_000_000 + body)
    assert (await client.reply()).status == 413


async def test_the_head_says_by_which_certificate_we_are_known_on_this_connection(
    door: Door, tmp_path: Path
) -> None:
    tls = ServerTls(write_certificate(tmp_path, "one"))
    await door.open(tls=tls)
    before = await door.client(tls=client_context(tmp_path))
    write_certificate(tmp_path, "two")
    assert tls.reload()
    after = await door.client(tls=client_context(tmp_path))
    for client in (before, after, before):
        assert (await client.ask(GET)).status == 200
        shown = client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        told = door.heads[-1].tls
        assert told is not None
        assert told.end_point == x509.load_der_x509_certificate(shown).fingerprint(hashes.SHA256())
    assert door.heads[0].tls != door.heads[1].tls


async def test_what_is_withheld_does_not_arrive(door: Door) -> None:
    there = door.upstream()
    await door.open(lambda _: Forward(there, None, withheld=frozenset({b"authorization"})))
    client = await door.client()
    await client.ask(GET[:-2] + b"Authorization: Negotiate YQ==\r\nX-Other: 1\r\n\r\n")
    seen = door.behind.seen[0]
    assert (seen.header("authorization"), seen.header("x-other")) == ([], ["1"])


@pytest.mark.parametrize("old", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_old_versions_are_refused(door: Door, tmp_path: Path, old: ssl.TLSVersion) -> None:
    await door.open(tls=ServerTls(write_certificate(tmp_path, "one")))
    context = client_context(tmp_path)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = context.maximum_version = old
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await door.client(tls=context)


async def test_tls_1_2_works_with_forward_secrecy_only(door: Door, tmp_path: Path) -> None:
    await door.open(tls=ServerTls(write_certificate(tmp_path, "one")))
    context = client_context(tmp_path)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    client = await door.client(tls=context)
    await client.ask(GET)
    tls = door.heads[0].tls
    assert tls is not None
    assert (tls.version, tls.cipher[:5]) == ("TLSv1.2", "ECDHE")
    context.set_ciphers("AES128-GCM-SHA256")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await door.client(tls=context)


async def test_plain_bytes_on_a_tls_port_get_no_answer(door: Door, tmp_path: Path) -> None:
    await door.open(tls=ServerTls(write_certificate(tmp_path, "one")))
    client = await door.client()
    await client.send(GET)
    assert b"HTTP" not in await client.rest()
    assert door.heads == []


async def test_a_handshake_that_stops_is_closed(door: Door, tmp_path: Path) -> None:
    limits = Limits(head_seconds=0.3, sweep_seconds=0.05)
    await door.open(tls=ServerTls(write_certificate(tmp_path, "one")), limits=limits)
    client = await door.client()
    await client.send(b"\x16\x03\x01")
    await client.rest()


@pytest.mark.parametrize("name", ["localhost", None])
async def test_a_renewed_certificate_is_used_and_old_connections_live_on(
    door: Door, tmp_path: Path, name: str | None
) -> None:
    tls = ServerTls(write_certificate(tmp_path, "one"))
    port = await door.open(tls=tls)
    first = await door.client(tls=client_context(tmp_path))
    assert seen_certificate(first.writer) == "CN=one"
    write_certificate(tmp_path, "two")
    assert tls.reload()
    context = client_context(tmp_path)
    # Without a name in the hello, as when a server is reached by its address.
    host = name or "127.0.0.1"
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
    assert seen_certificate(writer) == "CN=two"
    writer.close()
    assert (await first.ask(GET)).status == 200


async def test_files_are_followed_without_being_asked(door: Door, tmp_path: Path) -> None:
    tls = ServerTls(write_certificate(tmp_path, "one"))
    tls.watch(asyncio.get_running_loop(), 0.05)
    await door.open(tls=tls)
    write_certificate(tmp_path, "two")
    async with asyncio.timeout(60):
        shown = ""
        while shown != "CN=two":
            await asyncio.sleep(0.05)
            with contextlib.suppress(ssl.SSLError):  # who trusts the new one does not trust the old
                client = await door.client(tls=client_context(tmp_path))
                shown = seen_certificate(client.writer)
    tls.close()


async def test_unusable_files_change_nothing_and_are_reported_once(
    door: Door, tmp_path: Path
) -> None:
    told: list[str] = []
    files = write_certificate(tmp_path, "one")
    tls = ServerTls(files, told.append)
    await door.open(tls=tls)
    context = client_context(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    write_certificate(other, "two")
    (other / "cert.pem").replace(files.certificate)
    assert not tls.reload()
    assert not tls.reload()
    assert len(told) == 1
    assert "the key does not belong to the certificate" in told[0]
    client = await door.client(tls=context)
    assert seen_certificate(client.writer) == "CN=one"
    Path(files.key).unlink()
    assert not tls.reload()
    assert "No such file" in told[1]


def encrypted_key(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    secret = serialization.BestAvailableEncryption(b"secret")
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, secret))


async def test_unusable_files_at_the_start_are_an_error_in_plain_words(tmp_path: Path) -> None:
    files = write_certificate(tmp_path, "one")
    with pytest.raises(TlsFilesError, match="No such file"):
        make_context(TlsFiles("/nowhere/cert.pem", files.key))
    encrypted_key(tmp_path / "key.pem")
    with pytest.raises(TlsFilesError, match="encrypted"):
        make_context(files)
    (tmp_path / "key.pem").write_text("not a key")
    with pytest.raises(TlsFilesError, match="not valid PEM"):
        make_context(files)


async def test_a_client_certificate_is_handed_to_the_plan(door: Door, tmp_path: Path) -> None:
    files = write_certificate(tmp_path, "one")
    tls = ServerTls(TlsFiles(files.certificate, files.key, client_ca=files.certificate, asks=True))
    await door.open(tls=tls)
    context = client_context(tmp_path)
    context.load_cert_chain(files.certificate, files.key)
    client = await door.client(tls=context)
    await client.ask(GET)
    facts = door.heads[0].tls
    assert facts is not None
    assert facts.certificate is not None
    assert x509.load_der_x509_certificate(facts.certificate).subject.rfc4514_string() == "CN=one"


async def test_which_clients_are_trusted_follows_the_settings_while_it_serves(
    door: Door, tmp_path: Path
) -> None:
    (tmp_path / "server").mkdir()
    server = write_certificate(tmp_path / "server", "server")
    tls = ServerTls(TlsFiles(server.certificate, server.key, asks=True))
    await door.open(tls=tls)
    ca, now = root(), int(datetime.datetime.now(datetime.UTC).timestamp())
    issuing = ca.sub("CN=Issuing")

    async def shows(issued: Issued) -> bytes | None:
        pem = issued.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (tmp_path / "card.pem").write_bytes(pem + issued.pem.encode())
        context = client_context(tmp_path / "server")
        context.load_cert_chain(tmp_path / "card.pem")
        client = await door.client(tls=context)
        assert (await client.ask(GET)).status == 200
        facts = door.heads[-1].tls
        return None if facts is None else facts.certificate

    card = issuing.person("anna", since=now - 60, until=now + 600)
    expired = issuing.person("anna", since=now - 60, until=now - 1)
    with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
        await shows(card)
    assert tls.trust((ca.der, issuing.der))
    assert not tls.trust((ca.der, issuing.der))
    assert await shows(card) == card.der
    assert await shows(expired) == expired.der  # so that its person can be told
    assert tls.trust((root("CN=Another").der,))
    with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
        await shows(card)
    assert not tls.trust((b"no certificate",))


async def test_a_server_behind_may_speak_tls_and_must_prove_its_name(
    door: Door, tmp_path: Path
) -> None:
    inner = Door(door.behind)
    port = await inner.open(tls=ServerTls(write_certificate(tmp_path, "inner")))
    context = client_context(tmp_path)
    right = Upstream(Tcp("127.0.0.1", port), context, "localhost")
    wrong = Upstream(Tcp("127.0.0.1", port), context, "other.example")

    def plan(head: Head) -> Forward:
        return Forward(wrong if b"wrong" in head.target.raw else right, None)

    await door.open(plan)
    client = await door.client()
    assert (await client.ask(GET)).status == 200
    assert (await client.ask(GET.replace(b"/x", b"/wrong"))).status == 503
    assert len(door.behind.seen) == 1
    await door.servers[0].close(0)
    await inner.servers[0].close(0)


V1 = b"PROXY TCP4 192.0.2.7 192.0.2.2 5 443\r\n"
V2 = (
    b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + socket.inet_aton("192.0.2.7")
    + socket.inet_aton("192.0.2.2") + struct.pack("!HH", 5, 443)
)  # fmt: skip
LOOPBACK = Behind.of("127.0.0.0/8")


@pytest.mark.parametrize("preface", [V1, V2])
@pytest.mark.parametrize("pieces", [1, 100])
async def test_who_is_behind_a_load_balancer_is_known(
    door: Door, preface: bytes, pieces: int
) -> None:
    await door.open(behind=LOOPBACK)
    client = await door.client()
    data = preface + GET
    step = max(1, len(data) // pieces)
    for start in range(0, len(data), step):
        await client.send(data[start : start + step])
        await asyncio.sleep(0.002 if pieces > 1 else 0)
    assert (await client.reply()).status == 200
    assert door.heads[0].peer.host == "192.0.2.7"
    assert door.behind.seen[0].header("x-forwarded-for") == ["192.0.2.7"]


async def test_a_load_balancer_speaking_for_itself_is_itself(door: Door) -> None:
    await door.open(behind=LOOPBACK)
    client = await door.client()
    assert (await client.ask(b"PROXY UNKNOWN\r\n" + GET)).status == 200
    assert door.heads[0].peer.host == "127.0.0.1"


async def test_tls_begins_after_the_proxy_header(door: Door, tmp_path: Path) -> None:
    port = await door.open(tls=ServerTls(write_certificate(tmp_path, "one")), behind=LOOPBACK)
    bare = socket.create_connection(("127.0.0.1", port))
    bare.sendall(V2)
    bare.setblocking(False)
    reader, writer = await asyncio.open_connection(
        sock=bare, ssl=client_context(tmp_path), server_hostname="localhost"
    )
    writer.write(GET)
    assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
    assert door.heads[0].peer.host == "192.0.2.7"
    assert door.heads[0].tls is not None
    writer.close()


@pytest.mark.parametrize("data", [GET, b"PROXY TCP4 a b c d\r\n" + GET, b"PROXY"])
async def test_without_a_valid_header_there_is_no_answer(door: Door, data: bytes) -> None:
    await door.open(behind=LOOPBACK, limits=Limits(head_seconds=0.3))
    client = await door.client()
    await client.send(data)
    assert await client.rest() == b""
    assert door.heads == []


async def test_a_sender_that_is_not_trusted_is_not_heard(door: Door) -> None:
    await door.open(behind=Behind.of("10.0.0.0/8"))
    client = await door.client()
    await client.send(V1 + GET)
    assert await client.rest() == b""
    assert door.heads == []


async def test_without_a_load_balancer_its_header_is_not_believed(door: Door) -> None:
    await door.open()
    client = await door.client()
    assert (await client.ask(V1 + GET)).status == 400
    assert door.heads == []


OUTGOING = (
    b"PUT matrix-federation://matrix.acme.example:8448/_matrix/federation/v1/send/1?x=%2F HTTP/1.1\r\n"
    b"Host: matrix.acme.example:8448\r\nContent-Length: 2\r\n"
    b"Proxy-Authorization: Bearer secret\r\nAuthorization: X-Matrix a\r\n\r\n{}"
)


@pytest.mark.parametrize("byte_by_byte", [False, True])
async def test_the_outgoing_door_reads_where_a_request_shall_go(
    door: Door, byte_by_byte: bool
) -> None:
    upstream = door.upstream()
    heads: list[Head] = []

    def plan(head: Head) -> Forward:
        heads.append(head)
        return Forward(upstream, None)

    await door.open(plan, dialect=FEDERATION_FORM)
    client = await door.client()
    for _ in range(2):
        for piece in [bytes([byte]) for byte in OUTGOING] if byte_by_byte else [OUTGOING]:
            await client.send(piece)
        assert (await client.reply()).body == b"{}"
    assert [head.target.authority for head in heads] == ["matrix.acme.example:8448"] * 2
    assert heads[0].proxy_authorization == b"Bearer secret"
    assert door.behind.seen[0].head.startswith(
        b"PUT /_matrix/federation/v1/send/1?x=%2F HTTP/1.1\r\n"
    )
    assert door.behind.seen[0].header("proxy-authorization") == []
    assert door.behind.seen[0].header("authorization") == ["X-Matrix a"]


@pytest.mark.parametrize(
    "line", [b"GET /_matrix/x", b"GET http://a/_matrix/x", b"GET matrixfederation://a/_matrix/x/../y",
             b"GET matrix-federation://a@b/_matrix/x", b"GET matrix-federation://a/_matrix//x"]
)  # fmt: skip
async def test_the_outgoing_door_takes_its_own_form_only(door: Door, line: bytes) -> None:
    await door.open(lambda _: Answer(200), dialect=FEDERATION_FORM)
    client = await door.client()
    assert (await client.ask(line + b" HTTP/1.1\r\nHost: a\r\n\r\n")).status == 400


async def test_the_client_s_door_does_not_take_the_outgoing_form(door: Door) -> None:
    await door.open()
    client = await door.client()
    assert (await client.ask(OUTGOING)).status == 400
