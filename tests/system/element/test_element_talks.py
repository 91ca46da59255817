"""Ann sits at Element, Bob uses another client; they talk in plain and in encrypted rooms."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from .browser import ElementBrowser, element_browser, trusted_key
from .build import built_site
from .homeserver import Homeserver, homeserver_for_element, write_certificates
from .person import Person, signed_in
from .serve import served

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Both are signed in; screenshots go to `pictures`."""

    server: Homeserver
    site_url: str
    ann: ElementBrowser
    bob: Person
    pictures: Path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("element")
    site = built_site()
    with homeserver_for_element(folder) as server:
        async with (
            served(site, server.url) as url,
            signed_in(server, server.bob, folder) as bob,
            element_browser(url, server.url, server.ca_file) as ann,
        ):
            assert await ann.login(server.url, server.ann.user, server.ann.password)
            yield Scene(server=server, site_url=url, ann=ann, bob=bob, pictures=folder)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_text("Quarterly figures: 4711\n")
    return path


async def test_both_ways_in_a_plain_room(scene: Scene) -> None:
    room = await scene.bob.make_room("Plain room", scene.server.ann.user, encrypted=False)
    await scene.ann.open_room(room)
    await scene.bob.say(room, "Hello Ann, this is plain")
    await scene.ann.waits_for(room, "Hello Ann, this is plain")
    assert await scene.ann.send_text(room, "Hello Bob, so is this")
    assert await scene.bob.hears("Hello Bob, so is this") == room
    await scene.ann.screenshot(scene.pictures / "plain.png")
    assert await scene.ann.read_timeline(room) == [
        "Hello Ann, this is plain",
        "Hello Bob, so is this",
    ]
    assert await scene.ann.visible_errors() == []


async def test_both_ways_in_an_encrypted_room_that_the_other_made(scene: Scene) -> None:
    room = await scene.bob.make_room("Encrypted room", scene.server.ann.user, encrypted=True)
    await scene.ann.open_room(room)
    await scene.bob.knows_members(room, 2)
    await scene.bob.say(room, "Hello Ann, this is encrypted")
    await scene.ann.waits_for(room, "Hello Ann, this is encrypted")
    assert await scene.ann.send_text(room, "Hello Bob, nobody else reads this")
    assert await scene.bob.hears("Hello Bob, nobody else reads this") == room
    await scene.ann.screenshot(scene.pictures / "encrypted.png")
    assert await scene.ann.read_timeline(room) == [
        "Hello Ann, this is encrypted",
        "Hello Bob, nobody else reads this",
    ]
    assert await scene.bob.was_encrypted("Hello Bob, nobody else reads this")
    assert await scene.ann.visible_errors() == []


async def test_a_direct_message_begun_in_element_is_encrypted(scene: Scene) -> None:
    await scene.ann.open_dm(scene.server.bob.user)
    assert await scene.ann.send_text(None, "A word between us")
    room = await scene.bob.hears("A word between us")
    assert await scene.bob.was_encrypted("A word between us")
    await scene.bob.say(room, "Only between us")
    await scene.ann.waits_for(None, "Only between us")
    await scene.ann.screenshot(scene.pictures / "direct.png")
    assert await scene.ann.visible_errors() == []


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
async def test_files_arrive_whole_both_ways(scene: Scene, report: Path, encrypted: bool) -> None:
    room = await scene.bob.make_room("Files", scene.server.ann.user, encrypted=encrypted)
    await scene.ann.open_room(room)
    await scene.bob.knows_members(room, 2)
    assert await scene.ann.attach_file(report)
    assert await scene.bob.receives_file(room, report.name) == report.read_bytes()
    answer = report.with_name("answer.txt")
    answer.write_text("Understood.\n" * 1000)
    await scene.bob.send_file(room, answer)
    await scene.ann.waits_for(room, answer.name)
    assert await scene.ann.download_file(answer.name) == answer.read_bytes()
    await scene.ann.screenshot(scene.pictures / f"files-{encrypted}.png")
    assert await scene.ann.visible_errors() == []


async def test_a_wrong_password_is_complained_about_on_the_screen(scene: Scene) -> None:
    server = scene.server
    async with element_browser(scene.site_url, server.url, server.ca_file) as stranger:
        assert not await stranger.login(server.url, server.ann.user, "not the password")
        (complaint,) = await stranger.visible_errors()
        assert complaint.startswith("Incorrect username and/or password.")


async def test_a_certificate_of_another_authority_is_not_trusted(
    scene: Scene, tmp_path: Path
) -> None:
    another = write_certificates(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        trusted_key(scene.server.url, another)
