"""The list of sessions, from the sign-in store to doors on real folders."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.apps.control.sign_in import ALICE, BOARD, NOW, session
from vedette.adapters.door_folders import DoorFolders
from vedette.adapters.memory.revisions import MemoryRevisions
from vedette.adapters.sign_in_store import SqlSignInStore, open_sign_in_store
from vedette.adapters.stream_files import StreamFiles
from vedette.adapters.system_clock import SystemClock
from vedette.admin.doors import DoorState
from vedette.control.sessions import SessionStream, rest
from vedette.control.streams import Publisher
from vedette.core.record import canonical
from vedette.core.sessions import SessionState
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import TokenKey
from vedette.protocol.internal.sessions import SessionList, listed_of
from vedette.protocol.internal.streams import Stream
from vedette.protocol.internal.tokens import SigningKey

KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
DOORS = ("gateway", "signin", "synapse")
ISSUER = "https://chat.example.org/"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlSignInStore]:
    """The sign-in service's own store; control's has no key."""
    opened = open_sign_in_store(tmp_path / "sign-in.db", b"k" * 32)
    yield opened
    opened.close()


@pytest.fixture
def stream(tmp_path: Path, store: SqlSignInStore) -> Iterator[SessionStream]:
    keyless = open_sign_in_store(tmp_path / "sign-in.db", None)
    folders = DoorFolders({name: tmp_path / name for name in DOORS})
    publisher = Publisher(folders, MemoryRevisions(), KEY, "example.org", SystemClock())
    publisher.lifetime = 3600
    yield SessionStream(publisher, keyless, ISSUER)
    keyless.close()


def door(tmp_path: Path, name: str) -> StreamFiles:
    files = StreamFiles(tmp_path / name, "example.org", KEY.public_key(), SystemClock())
    files.start()
    return files


def listed(files: StreamFiles) -> SessionList | None:
    files.poll()
    part = files.part(Stream.SESSIONS)
    return listed_of(part.body) if part else None


@asynccontextmanager
async def following(stream: SessionStream) -> AsyncIterator[None]:
    task = asyncio.create_task(stream.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(found: object, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not found():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


def test_the_list_says_who_is_signed_in_and_which_keys_sign(
    stream: SessionStream, store: SqlSignInStore, tmp_path: Path
) -> None:
    key = SigningKey.generate()
    store.add_token_key(
        TokenKey(kid=key.kid, public=key.public_bytes, private=key.private_bytes, made=NOW)
    )
    change = store.add_session(session("one"), None, NOW)
    stream.send()
    for name in DOORS:
        found = listed(door(tmp_path, name))
        assert found is not None
        assert (found.as_of, found.issuer) == (change, ISSUER)
        assert set(found.keys) == {key.kid}
        assert found.sessions[session("one").id].user == ALICE


def test_what_changes_later_is_in_the_next_list_and_nothing_else_is_lost(
    stream: SessionStream, store: SqlSignInStore, tmp_path: Path
) -> None:
    one, two, other = session("one"), session("two"), session("other", BOARD)
    for each in (one, two, other):
        store.add_session(each, None, NOW)
    stream.send()
    store.move_session(one.id, SessionState.ENDED, "signed out", NOW)
    store.move_session(other.id, SessionState.SUSPENDED, "a-rule", NOW)
    stream.send()
    found = listed(door(tmp_path, "gateway"))
    assert found is not None
    assert set(found.sessions) == {two.id, other.id}
    assert found.sessions[two.id].number == 1
    assert found.sessions[other.id].state is SessionState.SUSPENDED


def test_a_list_made_of_changes_is_the_list_made_at_once(
    stream: SessionStream, store: SqlSignInStore, tmp_path: Path
) -> None:
    for number in range(30):
        user = (ALICE, BOARD)[number % 2]
        store.add_session(session(f"s{number}", user), None, NOW)
        if number % 3 == 0:
            store.move_session(session(f"s{number // 2}").id, SessionState.ENDED, "x", NOW)
        if number % 4 == 0:
            stream.send()
    stream.send()
    grown = listed(door(tmp_path, "gateway"))
    SessionStream(stream.publisher, store, ISSUER).send()
    whole = listed(door(tmp_path, "signin"))
    assert grown is not None
    assert whole is not None
    assert dict(grown.sessions) == dict(whole.sessions)
    assert len(whole.sessions) == len(store.sessions())


def test_the_sessions_that_are_known_from_the_lists_are_those_of_the_store(
    stream: SessionStream, store: SqlSignInStore
) -> None:
    for number in range(30):
        user = (ALICE, BOARD)[number % 2]
        store.add_session(session(f"s{number}", user), None, NOW)
        if number % 3 == 0:
            store.move_session(session(f"s{number // 2}").id, SessionState.ENDED, "x", NOW)
        if number % 4 == 0:
            stream.send()
        assert set(stream.running()) == set(store.sessions())
    stream.send()
    assert set(stream.running()) == set(store.sessions())


def test_what_travels_is_canonical_json_whatever_it_was_made_of(
    stream: SessionStream, store: SqlSignInStore, tmp_path: Path
) -> None:
    for name in ("b", "a", "c-", "c"):
        store.add_session(session(name), None, NOW)
        stream.send()
    data = (tmp_path / "gateway" / "sessions.part").read_bytes().partition(b"\n")[2].rstrip(b"\n")
    assert canonical(json.loads(data)) == data
    assert len(json.loads(data)["body"]["sessions"]) == 4


def test_a_session_that_no_door_could_read_is_left_out_and_said_and_all_others_are_listed(
    stream: SessionStream,
    store: SqlSignInStore,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken, fine = replace(session("broken"), device="no <device>"), session("fine", BOARD)
    for each in (broken, fine):
        store.add_session(each, None, NOW)
    stream.send()
    found = listed(door(tmp_path, "gateway"))
    assert found is not None
    assert set(found.sessions) == {fine.id}
    assert broken.id in caplog.text


def test_a_store_that_went_back_is_read_anew(
    stream: SessionStream, store: SqlSignInStore, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        store.add_session(session(name), None, NOW)
    stream.send()
    other = open_sign_in_store(tmp_path / "backup.db", None)
    other.add_session(session("old"), None, NOW)
    stream.store = other
    stream.send()
    found = listed(door(tmp_path, "gateway"))
    assert found is not None
    assert set(found.sessions) == {session("old").id}
    other.close()


async def test_a_change_reaches_the_doors_by_itself(
    stream: SessionStream, store: SqlSignInStore, tmp_path: Path
) -> None:
    files = door(tmp_path, "gateway")
    async with following(stream):
        await until(lambda: listed(files) is not None)
        took = []
        for number in range(10):
            begun = time.monotonic()
            one = session(f"of-{number}")
            change = await asyncio.to_thread(store.add_session, one, None, NOW)
            await until(lambda c=change: (found := listed(files)) is not None and found.as_of >= c)
            took.append(time.monotonic() - begun)
    assert min(took) < 1.0  # of a busy machine not each of them


async def test_a_burst_of_changes_makes_few_lists(
    stream: SessionStream, store: SqlSignInStore, tmp_path: Path
) -> None:
    files = door(tmp_path, "gateway")
    async with following(stream):
        await until(lambda: listed(files) is not None)

        def burst() -> int:
            return max(store.add_session(session(f"s{n}"), None, NOW) for n in range(200))

        last = await asyncio.to_thread(burst)
        await until(lambda: (found := listed(files)) is not None and found.as_of >= last)
    part = files.part(Stream.SESSIONS)
    assert part is not None
    assert part.number < 100


async def test_each_door_answers_when_it_has_the_list(
    stream: SessionStream, store: SqlSignInStore, tmp_path: Path
) -> None:
    stream.send()
    running = {name: door(tmp_path, name) for name in ("gateway", "signin")}
    for files in running.values():
        listed(files)
    store.add_session(session("one"), None, NOW)
    waiting = asyncio.create_task(stream.announce())
    while not waiting.done():
        for files in running.values():
            files.poll()
        await asyncio.sleep(0.01)
    answers = {each.door: each for each in waiting.result()}
    assert answers["gateway"].state is DoorState.IN_FORCE
    assert answers["gateway"].milliseconds is not None
    assert "the list of sessions in force" in str(answers["gateway"])
    assert answers["synapse"].state is DoorState.SILENT


async def test_without_the_store_the_doors_keep_what_they_have(
    stream: SessionStream, store: SqlSignInStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.add_session(session("one"), None, NOW)

    class Away:
        away = False

        def __getattr__(self, name: str) -> object:
            if self.away:
                raise Unavailable("the sign-in database does not answer: gone")
            return getattr(store, name)

    stream.store = away = Away()  # type: ignore[assignment]
    files = door(tmp_path, "gateway")
    async with following(stream):
        await until(lambda: listed(files) is not None)
        away.away = True
        await until(lambda: "does not answer: gone" in caplog.text)
        assert (found := listed(files)) is not None
        assert session("one").id in found.sessions
        await asyncio.sleep(0.3)
        assert caplog.text.count("does not answer: gone") == 1
        away.away = False
        store.add_session(session("two"), None, NOW)
        await until(lambda: (new := listed(files)) is not None and len(new.sessions) == 2)


def test_it_looks_seldom_where_nothing_changes_and_often_where_somebody_signs_in() -> None:
    assert rest(took=0.0, quiet=3600.0) == 0.1  # a session still ends within a second
    assert rest(took=0.0, quiet=0.0) == rest(took=0.0, quiet=1.9) == 0.025
    assert rest(took=0.7, quiet=0.0) == rest(took=0.7, quiet=60.0) == 0.7
