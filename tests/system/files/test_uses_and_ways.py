"""What files are used as, from which devices, and by which ways they are asked for: no way and no
form of asking gives what the plain one refuses."""

from __future__ import annotations

import aiohttp
import pytest
from nio import DownloadError, MemoryDownloadResponse

from tests.system.files.conftest import DOCUMENT, WITH_ACME, Cast, refused, until
from tests.system.files.test_gateway_and_large import session
from tests.system.files.test_inspector_fails import delivered
from tests.system.files.test_what_passes import fetch, store
from tests.system.files.things import jar, pdf, png, zipped
from tests.system.matrix_client import Person, RefusedError

pytestmark = pytest.mark.asyncio(loop_scope="module")

USES = """
[rules.stickers]
between = ["us", "acme"]
allow = ["file"]
when = ["file.class = sticker", "file.kind in image", "file.size <= 1 MiB"]
[rules.avatars]
between = ["us", "acme"]
allow = ["file"]
when = ["file.class = avatar", "file.kind in image", "file.size <= 1 MiB"]
"""


def sticker(name: str, address: str) -> dict[str, object]:
    info = {"mimetype": "image/png", "w": 64, "h": 64}
    return {"body": name, "url": address, "info": info}


async def test_a_sticker_goes_to_acme_where_a_rule_on_stickers_allows_it(cast: Cast) -> None:
    room = await cast.room(cast.alice, cast.bob, cast.carol)
    address = await store(cast.alice, "wave.png", png(64, 91), "image/png")
    no = await refused(cast.alice.send(room, sticker("wave", address), "m.sticker"))
    assert no.sentence == WITH_ACME
    cast.example.apply(DOCUMENT + USES)
    try:
        assert isinstance(await fetch(cast.carol, address), DownloadError)
        await cast.alice.send(room, sticker("wave", address), "m.sticker")
        for person in (cast.bob, cast.carol):
            await person.sees(room, "wave")
            await until(lambda who=person: delivered(who, address))  # type: ignore[misc]
            found = await fetch(person, address)
            assert isinstance(found, MemoryDownloadResponse), found
            assert found.body == png(64, 91)
        # An archive is none, whatever the event says.
        tool = await store(cast.alice, "wave.zip", zipped(a_txt=b"hello"), "image/png")
        await refused(cast.alice.send(room, sticker("tool", tool), "m.sticker"))
        assert isinstance(await fetch(cast.carol, tool), DownloadError)
        await cast.carol.never_sees(room, "tool")
    finally:
        cast.example.apply(DOCUMENT)


async def test_a_picture_of_a_room_is_seen_by_its_members_at_acme(cast: Cast) -> None:
    cast.example.apply(DOCUMENT + USES)
    try:
        room = await cast.room(cast.alice, cast.carol)
        address = await store(cast.alice, "room.png", png(64, 92), "image/png")
        assert isinstance(await fetch(cast.carol, address), DownloadError)
        await set_picture(cast.alice, room, address)
        await cast.carol.until(lambda: cast.carol.client.rooms[room].room_avatar_url == address)
        await until(lambda: delivered(cast.carol, address))
        tool = await store(cast.alice, "room.zip", zipped(b_txt=b"hello"), "image/png")
        await refused(set_picture(cast.alice, room, tool))
        assert isinstance(await fetch(cast.carol, tool), DownloadError)
    finally:
        cast.example.apply(DOCUMENT)


async def set_picture(person: Person, room: str, address: str) -> None:
    answer = await person.client.room_put_state(room, "m.room.avatar", {"url": address})
    if type(answer).__name__.endswith("Error"):
        raise RefusedError(answer)


async def test_files_go_from_and_to_approved_devices_alone(cast: Cast) -> None:
    """A device is approved while everything runs: of the sender for the upload, of whoever fetches."""
    say = "Files are for approved devices."
    rule = f"""
[rules.approved]
from = ["us"]
to = ["us"]
forbid = ["file"]
unless = ["device.approved = yes"]
say = "{say}"
"""
    known = await store(cast.alice, "before.pdf", pdf("before devices"))
    cast.example.apply(DOCUMENT + rule)
    try:
        room = await cast.room(cast.alice, cast.bob)
        no = await refused(cast.alice.send_file(room, "report.pdf", pdf("by device")))
        assert say in no.sentence
        assert isinstance(await fetch(cast.bob, known), DownloadError)
        approve(cast, cast.alice)
        address = await patiently(cast.alice, "report.pdf", pdf("by device"))
        found = await fetch(cast.bob, address)
        assert isinstance(found, DownloadError)
        assert found.message == say
        approve(cast, cast.bob)
        await until(lambda: delivered(cast.bob, address))
        await until(lambda: delivered(cast.bob, known))
    finally:
        cast.example.apply(DOCUMENT)


def approve(cast: Cast, person: Person) -> None:
    words = ("device", "approve", person.user, person.client.device_id, "--reason", "a test")
    cast.example.cli(*words)


async def patiently(person: Person, name: str, data: bytes) -> str:
    """Store a file as soon as the doors have heard of the device."""
    stored: list[str] = []

    async def goes() -> bool:
        try:
            stored.append(await store(person, name, data))
        except AssertionError:
            return False
        return True

    await until(goes)
    return stored[0]


OLD = [
    f"/_matrix/media/{version}/{way}"
    for version in ("r0", "v1", "v3")
    for way in ("download/{}", "download/{}/a.pdf", "thumbnail/{}?width=32&height=32")
]
"""Ways from before files were asked for with a token (Matrix 1.11)."""


async def test_old_ways_without_a_token_give_nothing_to_anybody(cast: Cast) -> None:
    address = await store(cast.alice, "picture.png", png(64, 93), "image/png")
    assert await delivered(cast.bob, address)
    named = address.removeprefix("mxc://")
    elsewhere = "outside.test/abc"
    async with session(cast.bob) as http:
        for base in (cast.example.client_url, cast.example.federation_url):
            for way in OLD:
                for file in (named, elsewhere):
                    for headers in ({}, {"Authorization": ""}):
                        url = base + way.format(file)
                        async with http.get(url, headers=headers) as answer:
                            told = await answer.read()
                            assert answer.status in (401, 403, 404), (url, answer.status)
                            assert b"PNG" not in told


FORMS: list[tuple[str, dict[str, str]]] = [
    ("GET", {}),
    ("HEAD", {}),
    ("GET", {"Range": "bytes=0-9"}),
    ("GET", {"Range": "bytes=0-0,5-"}),
    ("GET", {"If-None-Match": '"1"'}),
    ("GET", {"If-None-Match": "1"}),
    ("GET", {"If-None-Match": "*"}),
    ("GET", {"If-Modified-Since": "Fri, 01 Jan 2038 00:00:00 GMT"}),
    ("GET", {"If-Range": '"1"', "Range": "bytes=0-"}),
    ("GET", {"X-HTTP-Method-Override": "HEAD"}),
    ("HEAD", {"If-None-Match": '"1"', "Range": "bytes=0-1"}),
    ("POST", {}),
]


async def test_no_form_of_asking_gives_what_the_plain_one_refuses(cast: Cast) -> None:
    """A 304 would say that the file is there and unchanged; a part of it is the file."""
    cast.example.apply(DOCUMENT + "[rules.any]\nbetween = ['us', 'us']\nallow = ['file']\n")
    address = await store(cast.alice, "tool.jar", jar("by forms"), "application/java-archive")
    picture = await store(cast.alice, "face.png", png(64, 94), "image/png")
    async with session(cast.bob) as http:
        good = {form: await status(http, cast, address, *form) for form in plain(FORMS)}
        assert (good["GET", ()], good["GET", (("If-None-Match", "1"),)]) == (200, 304)
        cast.example.apply(DOCUMENT.replace("text, image, archive, encrypted", "text"))
        for file, way in ((address, "download/{}"), (picture, "download/{}/a.png"),
                          (picture, "thumbnail/{}?width=32&height=32&method=scale")):  # fmt: skip
            for method, headers in plain(FORMS):
                found = await status(http, cast, file, method, headers, way)
                assert found in (403, 404, 405), (file, method, headers, found)
    cast.example.apply(DOCUMENT)


Form = tuple[str, tuple[tuple[str, str], ...]]


def plain(forms: list[tuple[str, dict[str, str]]]) -> list[Form]:
    return [(method, tuple(headers.items())) for method, headers in forms]


async def status(
    http: aiohttp.ClientSession,
    cast: Cast,
    address: str,
    method: str,
    headers: tuple[tuple[str, str], ...],
    way: str = "download/{}",
) -> int:
    """The answer's status; whatever is refused has none of the file's bytes and no tag of it."""
    named = way.format(address.removeprefix("mxc://"))
    url = f"{cast.example.client_url}/_matrix/client/v1/media/{named}"
    async with http.request(method, url, headers=dict(headers)) as answer:
        told = await answer.read()
        if answer.status >= 400:
            assert b"PNG" not in told
            assert b"PK" not in told
            assert not {"ETag", "Last-Modified", "Content-Range"} & {*answer.headers}
        return answer.status
