"""Ann sits at Element, Bob uses another client; they talk in plain and in encrypted rooms."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from .browser import ElementBrowser, element_browser
from .build import built_site
from .homeserver import Homeserver, homeserver_for_element
from .person import Person, signed_in
from .serve import served

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Both are signed in; screenshots go to `pictures`."""

    server: Homeserver
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
            await ann.login(server.url, server.ann.user, server.ann.password)
            yield Scene(server=server, ann=ann, bob=bob, pictures=folder)


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
