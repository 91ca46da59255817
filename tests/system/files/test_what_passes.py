"""Files between real clients of two organisations: what is found in them decides, everywhere."""

from __future__ import annotations

import asyncio

import pytest
from nio import DownloadError, MemoryDownloadResponse, ThumbnailError, UploadResponse

from tests.system.files.conftest import AMONG_STAFF, DOCUMENT, WITH_ACME, Cast, refused, until
from tests.system.files.things import docx, jar, pdf, png, zipped
from tests.system.matrix_client import Person
from vedette.gateway.files import FRESH_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def store(person: Person, name: str, data: bytes, type_: str = "application/pdf") -> str:
    """Upload without sending: the address."""
    stored, _ = await person.client.upload(lambda *_: data, type_, name, filesize=len(data))
    assert isinstance(stored, UploadResponse), stored
    return str(stored.content_uri)


async def fetch(person: Person, address: str) -> MemoryDownloadResponse | DownloadError:
    found = await person.client.download(address)
    assert isinstance(found, MemoryDownloadResponse | DownloadError), found
    return found


async def test_a_document_goes_to_colleagues_and_to_acme_and_back(cast: Cast) -> None:
    room = await cast.room(cast.alice, cast.bob, cast.carol)
    await cast.alice.send_file(room, "report.pdf", pdf("report"))
    assert await cast.bob.open_file(room, "report.pdf") == pdf("report")
    assert await cast.carol.open_file(room, "report.pdf") == pdf("report")
    answer = docx()
    await cast.carol.send_file(room, "answer.docx", answer, "application/octet-stream")
    assert await cast.alice.open_file(room, "answer.docx") == answer


async def test_an_archive_goes_to_colleagues_and_not_to_acme(cast: Cast) -> None:
    bundle = zipped(report_pdf=pdf("in a bundle"))
    inside = await cast.room(cast.alice, cast.bob)
    await cast.alice.send_file(inside, "bundle.zip", bundle, "application/zip")
    assert await cast.bob.open_file(inside, "bundle.zip") == bundle
    outside = await cast.room(cast.alice, cast.carol)
    no = await refused(cast.alice.send_file(outside, "bundle.zip", bundle, "application/zip"))
    assert no.sentence == WITH_ACME
    await cast.carol.never_sees(outside, "bundle.zip")
    # Whoever gets hold of the address gets nothing either.
    address = await store(cast.alice, "bundle.zip", bundle)
    assert isinstance(await fetch(cast.bob, address), MemoryDownloadResponse)
    assert isinstance(await fetch(cast.carol, address), DownloadError)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("tool.jar", jar()),
        ("tool.pdf", jar("b")),
        ("tool.zip", zipped(tool_jar=jar("c"))),
        ("tools.zip", zipped(more_zip=zipped(tool_pdf=jar("d")))),
        ("letter.docx", docx(tool_jar=jar("e"))),
        ("picture.png", png() + jar("f")),
    ],
    ids=["jar", "renamed", "zipped", "zipped twice", "in a document", "behind a picture"],
)
async def test_a_java_archive_is_refused_however_it_is_wrapped(
    cast: Cast, name: str, data: bytes
) -> None:
    room = await cast.room(cast.alice, cast.bob)
    no = await refused(cast.alice.send_file(room, name, data, "application/octet-stream"))
    assert (no.status, no.sentence) == ("M_FORBIDDEN", f"{WITH_ACME} {AMONG_STAFF}")


async def test_what_a_partner_sends_is_looked_at_before_anybody_here_gets_it(cast: Cast) -> None:
    room = await cast.room(cast.alice, cast.carol)
    await cast.carol.send_file(room, "offer.pdf", pdf("offer"))
    assert await cast.alice.open_file(room, "offer.pdf") == pdf("offer")
    await cast.carol.send_file(room, "partners-tool.pdf", jar("g"))
    no = await refused(cast.alice.open_file(room, "partners-tool.pdf"))
    assert (no.status, no.sentence) == ("M_FORBIDDEN", WITH_ACME)
    # Nobody else here gets it either, and nothing of it is kept.
    address = next(
        e.url for _, e in cast.alice.heard if getattr(e, "body", "") == "partners-tool.pdf"
    )
    assert isinstance(await fetch(cast.bob, address), DownloadError)
    media = cast.example.boot.path(cast.example.boot.synapse.folder) / "media"
    kept = [path for path in media.rglob("*") if path.is_file() and path.read_bytes() == jar("g")]
    assert kept == []


async def test_a_refused_file_of_a_partner_is_known_when_it_is_sent_again(cast: Cast) -> None:
    room = await cast.room(cast.alice, cast.carol)
    await cast.carol.send_file(room, "partners-tool.pdf", jar("h"))
    event = await cast.alice.sees(room, "partners-tool.pdf")
    await refused(cast.alice.open_file(room, "partners-tool.pdf"))
    content = {"msgtype": "m.file", "body": "again.pdf", "url": event.url, "info": {}}
    await cast.carol.send(room, content)
    await cast.carol.say(room, "did you get it?")
    await cast.alice.sees(room, "did you get it?")
    assert "again.pdf" not in cast.alice.seen(room)


async def test_thumbnails_follow_the_picture(cast: Cast) -> None:
    address = await store(cast.alice, "picture.png", png(), "image/png")
    server, media = address.removeprefix("mxc://").split("/")
    for person, seen in ((cast.bob, True), (cast.carol, False)):
        found = await person.client.thumbnail(server, media, 32, 32)
        assert isinstance(found, ThumbnailError) is not seen, found


async def test_a_picture_becomes_an_avatar_where_a_rule_on_avatars_allows_it(cast: Cast) -> None:
    rule = """
[rules.avatars]
between = ["us", "acme"]
allow = ["file"]
when = ["file.class = avatar", "file.kind in image", "file.size <= 1 MiB"]
"""
    cast.example.apply(DOCUMENT + rule)
    try:
        address = await store(cast.alice, "face.png", png(64, 90), "image/png")
        assert isinstance(await fetch(cast.carol, address), DownloadError)
        await cast.alice.client.set_avatar(address)

        async def seen() -> bool:
            return isinstance(await fetch(cast.carol, address), MemoryDownloadResponse)

        await until(seen)
        tool = await store(cast.alice, "face.zip", zipped(a_txt=b"hello"), "image/png")
        await cast.alice.client.set_avatar(tool)
        await asyncio.sleep(FRESH_SECONDS)
        assert isinstance(await fetch(cast.carol, tool), DownloadError)
    finally:
        cast.example.apply(DOCUMENT)


async def test_in_encrypted_rooms_the_bytes_decide_as_encrypted_ones(cast: Cast) -> None:
    room = await cast.room(cast.alice, cast.bob, cast.carol, encrypted=True)
    await cast.alice.send_file(room, "secret.pdf", pdf("secret"))
    assert await cast.bob.open_file(room, "secret.pdf") == pdf("secret")
    await refused(cast.carol.open_file(room, "secret.pdf"))


async def test_what_one_colleague_may_send_another_may_not(cast: Cast) -> None:
    """By sender's group and size: Engineering alone sends archives, and only small ones."""
    narrow = (
        DOCUMENT.replace("document, text, image, archive, encrypted", "document")
        + f"""
[rules.archives]
from = ["engineering"]
to = ["us"]
allow = ["file"]
when = ["file.kind in archive, document, text", "file.size <= 2 KiB"]
say = "{AMONG_STAFF}"
"""
    )
    cast.example.apply(narrow)
    try:
        room = await cast.room(cast.alice, cast.bob)
        small = zipped(a_txt=b"hello there, colleagues of mine")
        await cast.alice.send_file(room, "small.zip", small)
        assert await cast.bob.open_file(room, "small.zip") == small
        assert await refused(cast.bob.send_file(room, "small.zip", small))
        large = zipped(a_txt=b"hello there " * 1000)
        assert await refused(cast.alice.send_file(room, "large.zip", large))
    finally:
        cast.example.apply(DOCUMENT)
