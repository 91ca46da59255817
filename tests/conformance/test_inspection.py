"""What the inspector promises the doors, asked of the real process and of the fake."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.apps.control.organisation import make
from tests.apps.inspection.conftest import DOCUMENT
from tests.apps.inspection.living import Inspector as Process
from tests.apps.inspection.test_resilience import exhausting
from vedette.adapters.inspector import Inspector, digest_of
from vedette.adapters.memory.inspection import BREAKS, MemoryInspection
from vedette.core.files import Content, Digest, File
from vedette.core.names import MediaId, ServerName, UserId
from vedette.ports.errors import Unavailable
from vedette.ports.inspection import Inspection, NotFound

SERVER = ServerName("acme.example:8448")
NUMBERS = iter(range(1_000_000))


@dataclass(frozen=True)
class Told:
    """An inspector, and one that is away."""

    inspection: Inspection
    away: Inspection
    folder: Path
    breaking: bytes
    """Bytes at which every inspection of them fails."""
    hang: Callable[[bool], None] | None = None

    def file(self, **more: object) -> File:
        new = File(
            server=SERVER,
            media=MediaId(f"media-{next(NUMBERS)}"),
            owner=UserId("@alice:example.org"),
            declared="text/plain",
            name="notes é.txt",
        )
        return replace(new, **more)  # type: ignore[arg-type]

    def path(self, data: bytes) -> str:
        path = self.folder / f"bytes-{next(NUMBERS)}"
        path.write_bytes(data)
        return str(path)


async def run(doing: Callable[[], object]) -> object:
    return await asyncio.to_thread(doing)


@pytest.fixture(params=["memory", "process"])
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Told:
    if request.param == "memory":
        fake = MemoryInspection()
        return Told(fake, MemoryInspection(away=True), tmp_path, BREAKS)
    process: Process = request.getfixturevalue("inspector")
    child = process.child
    assert child is not None

    return Told(
        Inspector(process.socket, run, patience=1.0),  # type: ignore[arg-type]
        Inspector(tmp_path / "nobody.sock", run),  # type: ignore[arg-type]
        tmp_path,
        exhausting(),
        lambda stop: os.kill(child.pid, signal.SIGSTOP if stop else signal.SIGCONT),
    )


@pytest.fixture(scope="module")
def inspector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    organisation = make(tmp_path_factory.mktemp("inspector") / "org")
    process = Process(organisation.boot, DOCUMENT)
    process.settle()
    yield process.start()
    assert process.child is not None
    process.child.kill()
    process.child.wait()


async def looked_at(told: Told, data: bytes) -> Content:
    found = await told.inspection.look_at(told.path(data), 60)
    assert isinstance(found, Content)
    return found


async def test_bytes_that_nobody_sent_are_unknown_until_they_are(told: Told) -> None:
    data = f"hello {next(NUMBERS)}\n".encode() * 10
    digest = digest_of(told.path(data))
    assert await told.inspection.content(digest, 0) is NotFound.UNSENT
    found = await looked_at(told, data)
    assert (found.sha256, found.size, found.kind) == (digest, len(data), "text")
    assert await told.inspection.content(digest, 0) == found


async def test_no_bytes_at_all_are_a_content_too(told: Told) -> None:
    assert (await looked_at(told, b"")).size == 0


async def test_a_file_is_remembered_with_what_its_bytes_are(told: Told) -> None:
    found = await looked_at(told, b"hello\n" * 5)
    file = told.file()
    assert await told.inspection.file(file.server, file.media) is None
    await told.inspection.register(file, found.sha256)
    await told.inspection.register(file, found.sha256)
    assert await told.inspection.file(file.server, file.media) == replace(file, content=found)


async def test_a_file_whose_bytes_were_never_sent_has_no_content(told: Told) -> None:
    for digest in (None, Digest("ab" * 32)):
        file = told.file()
        await told.inspection.register(file, digest)
        assert await told.inspection.file(file.server, file.media) == file


async def test_a_file_never_changes_its_owner(told: Told) -> None:
    file = told.file()
    await told.inspection.register(file, None)
    with pytest.raises(Unavailable):
        await told.inspection.register(replace(file, owner=UserId("@eve:example.org")), None)
    found = await told.inspection.file(file.server, file.media)
    assert found is not None
    assert found.owner == file.owner


async def test_a_file_of_another_server_has_no_owner(told: Told) -> None:
    file = told.file(owner=None)
    await told.inspection.register(file, None)
    assert await told.inspection.file(file.server, file.media) == file


async def test_a_use_is_remembered_and_kept_when_the_file_is_registered_again(told: Told) -> None:
    file = told.file()
    assert await told.inspection.use_as(file.server, file.media, "avatar") is False
    await told.inspection.register(file, None)
    assert await told.inspection.use_as(file.server, file.media, "avatar") is True
    await told.inspection.register(file, None)
    found = await told.inspection.file(file.server, file.media)
    assert found is not None
    assert found.class_ == "avatar"


async def test_a_hold_stays_whatever_is_registered(told: Told) -> None:
    file = told.file()
    hold = (file.server, file.media, "@vedette-inspector:example.org")
    assert not await told.inspection.hold(*hold, held=True)
    await told.inspection.register(file, None)
    for held in (True, False):
        assert await told.inspection.hold(*hold, held=held)
        await told.inspection.register(file, None)
        found = await told.inspection.file(file.server, file.media)
        assert found is not None
        assert found.held is held


async def test_an_inspector_that_is_away_is_no_answer(told: Told) -> None:
    away, file = told.away, told.file()
    path = told.path(b"hello")
    for asked in (
        away.file(file.server, file.media),
        away.register(file, None),
        away.hold(file.server, file.media, "@vedette-inspector:example.org", held=True),
        away.use_as(file.server, file.media, "avatar"),
        away.content(Digest("ab" * 32), 0),
        away.look_at(path, 0),
    ):
        with pytest.raises(Unavailable):
            await asked


async def test_bytes_whose_inspection_fails_are_told_apart_from_an_inspector_that_is_away(
    told: Told,
) -> None:
    path = told.path(told.breaking)
    assert await told.inspection.look_at(path, 120) is NotFound.NOT_JUDGED
    assert isinstance(await told.inspection.look_at(told.path(b"a letter\n"), 60), Content)
    assert await told.inspection.look_at(path, 0) is NotFound.NOT_JUDGED


async def test_an_inspector_that_hangs_is_no_answer(told: Told) -> None:
    if told.hang is None:
        return  # a fake never hangs
    file = told.file()
    path = told.path(os.urandom(8 << 20))
    told.hang(True)
    try:
        for asked in (
            told.inspection.file(file.server, file.media),
            told.inspection.content(Digest("ab" * 32), 0),
            told.inspection.look_at(path, 0),
        ):
            async with asyncio.timeout(60):
                with pytest.raises(Unavailable):
                    await asked
    finally:
        told.hang(False)
    assert isinstance(await told.inspection.look_at(path, 60), Content)


async def test_bytes_that_can_not_be_read_are_no_answer(told: Told) -> None:
    with pytest.raises((Unavailable, FileNotFoundError)):
        await told.inspection.look_at(str(told.folder / "nothing"), 0)
    with pytest.raises(Unavailable):
        digest_of(str(told.folder / "nothing"))
