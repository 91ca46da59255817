"""Every plug pulled: what each process goes on doing without each other one.

These organisations are this file's own, since it breaks them. An accepted message is one for which
the client has its 200 and the event's id.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from nio import RoomSendResponse

from tests.system import raw
from tests.system.matrix_client import Person, RefusedError, signed_in
from tests.system.suite.test_supervisor import is_alive
from tests.system.two_organisations import Organisation, TwoOrganisations, two_organisations
from vedette.adapters.stream_files import write_whole
from vedette.protocol.internal.streams import FOR_EVERY_DOOR, Stream, sign, verify

pytestmark = pytest.mark.asyncio(loop_scope="module")

ARRIVAL_SECONDS = 240.0
"""Synapse tries again after about 4, 16 and then every 60 seconds."""
BACK_SECONDS = 120.0
PROCESSES = ("control", "gateway", "synapse")


@dataclass
class Cast:
    """Who is there, and the room in which all of them are."""

    both: TwoOrganisations
    alice: Person  # engineering
    bob: Person  # staff
    carol: Person  # of acme
    room: str = ""

    @property
    def example(self) -> Organisation:
        return self.both.example


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoOrganisations]:
    with two_organisations(tmp_path_factory.mktemp("plugs"), outside=False) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(
    both: TwoOrganisations, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Cast]:
    folder = tmp_path_factory.mktemp("people")
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(signed_in(where, who, folder / who))
            for where, who in ((both.example, "alice"), (both.example, "bob"), (both.acme, "carol"))
        ]
        alice, bob, carol = people
        cast = Cast(both, alice, bob, carol)
        cast.room = await cast.alice.create_room(cast.bob, cast.carol)
        for person in (cast.bob, cast.carol):
            await person.join(cast.room)
        for person in people:
            await person.knows(cast.room, 3)
        yield cast


# -- saying things, whatever happens meanwhile ----------------------------------------------------


async def accepted(person: Person, room: str, text: str) -> None:
    """Send a text as a client does: again, under the same transaction id, until it is accepted."""
    transaction, end = f"{text}-{time.time_ns()}", time.monotonic() + ARRIVAL_SECONDS
    content = {"msgtype": "m.text", "body": text}
    while True:
        sent = await person.client.room_send(room, "m.room.message", content, transaction)
        if isinstance(sent, RoomSendResponse):
            assert sent.event_id
            return
        assert time.monotonic() < end, sent
        await asyncio.sleep(0.1)


async def say_all(person: Person, room: str, tag: str, count: int, pause: float = 0.1) -> list[str]:
    """Say so many texts, each after the one before was accepted."""
    texts = [f"{tag} {number}" for number in range(count)]
    for text in texts:
        await accepted(person, room, text)
        await asyncio.sleep(pause)
    return texts


async def shows(person: Person, room: str, texts: list[str]) -> None:
    """Every one of these texts is shown to a person, once, in this order."""
    wanted = set(texts)
    await person.until(lambda: wanted <= set(person.seen(room)), ARRIVAL_SECONDS)
    assert [text for text in person.seen(room) if text in wanted] == texts


async def stays_banned(cast: Cast) -> None:
    """A file towards acme is refused by its rule, as in quiet times."""
    with pytest.raises(RefusedError) as refused:
        await cast.alice.send(cast.room, {"msgtype": "m.file", "body": "x.pdf", "url": "mxc://a/b"})
    assert refused.value.status == "M_FORBIDDEN"


async def settled(organisation: Organisation) -> None:
    """Wait until all of it serves again."""
    end = time.monotonic() + BACK_SECONDS
    while not await _serves(organisation):
        assert time.monotonic() < end, "\n".join(organisation.read())
        await asyncio.sleep(0.2)


async def _serves(organisation: Organisation) -> bool:
    try:
        versions = await client_versions(organisation)
        state = await asyncio.to_thread(organisation.cli, "settings", "show", check=False)
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        return False
    return versions.status == 200 and state.returncode == 0


async def client_versions(organisation: Organisation) -> raw.Reply:
    request = b"GET /_matrix/client/versions HTTP/1.1\r\nHost: example.test\r\n\r\n"
    return await raw.ask(organisation.boot.gateway.client, organisation.ca_file, request)


async def comes_back(organisation: Organisation, name: str, pid: int) -> None:
    await asyncio.to_thread(organisation.wait_for_another, name, pid)
    await settled(organisation)


def chains_hold(organisation: Organisation) -> None:
    """`audit verify` finds every chain whole."""
    done = organisation.cli("audit", "verify", check=False)
    assert done.returncode == 0, done.stdout
    assert "DOES NOT HOLD" not in done.stdout


# -- control --------------------------------------------------------------------------------------


async def test_without_control_traffic_and_bans_stand(cast: Cast) -> None:
    pid = cast.example.kill("control")
    texts = await say_all(cast.alice, cast.room, "control is dead", 5, 0.05)
    await stays_banned(cast)
    await comes_back(cast.example, "control", pid)
    # Stopped, it is away for as long as the test wants, and nothing starts it again.
    stopped = cast.example.kill("control", signal.SIGSTOP)
    try:
        texts += await say_all(cast.alice, cast.room, "control is silent", 5, 0.05)
        await stays_banned(cast)
        theirs = await say_all(cast.carol, cast.room, "control is silent there", 3)
        await shows(cast.alice, cast.room, theirs)
    finally:
        os.kill(stopped, signal.SIGCONT)
    await shows(cast.carol, cast.room, texts)
    await settled(cast.example)
    chains_hold(cast.example)


# -- Synapse and the gateway ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["synapse", "gateway"])
async def test_no_accepted_message_is_lost_when_a_process_dies(cast: Cast, name: str) -> None:
    begun = time.monotonic()
    mine = asyncio.create_task(say_all(cast.alice, cast.room, f"{name} dies, alice", 25))
    theirs = asyncio.create_task(say_all(cast.carol, cast.room, f"{name} dies, carol", 25))
    await asyncio.sleep(1.2)
    pid = cast.example.kill(name)
    await comes_back(cast.example, name, pid)
    print(f"\n{name} served again {time.monotonic() - begun - 1.2:.1f} s after it was killed")
    said, heard = await mine, await theirs
    for person in (cast.alice, cast.bob, cast.carol):
        await shows(person, cast.room, said)
        await shows(person, cast.room, heard)
    print(f"{len(said) + len(heard)} accepted messages were shown to all three,"
          f" {time.monotonic() - begun:.1f} s after the first")  # fmt: skip
    chains_hold(cast.example)


async def test_synapse_is_started_again_for_what_it_reads_only_then_and_loses_no_accepted_message(
    cast: Cast,
) -> None:
    assert await may_change_name(cast.alice)
    pid = cast.example.pid("synapse")
    mine = asyncio.create_task(say_all(cast.alice, cast.room, "other settings, alice", 40))
    theirs = asyncio.create_task(say_all(cast.carol, cast.room, "other settings, carol", 40))
    await asyncio.to_thread(
        cast.example.cli, "settings", "set", "synapse.own_names", "false", "--reason", "a directory"
    )
    await comes_back(cast.example, "synapse", pid)
    assert not await may_change_name(cast.alice)
    said, heard = await mine, await theirs
    for person in (cast.alice, cast.bob, cast.carol):
        await shows(person, cast.room, said)
        await shows(person, cast.room, heard)
    assert any("starting Synapse again for enable_set_displayname" in line
               for line in cast.example.read())  # fmt: skip


async def may_change_name(person: Person) -> bool:
    """What the Synapse that runs says of changing one's own name."""
    headers = {"Authorization": f"Bearer {person.client.access_token}"}
    path = "/_matrix/client/v3/capabilities"
    async with await person.client.send("GET", path, headers=headers) as answer:
        capabilities = (await answer.json())["capabilities"]
    return bool(capabilities["m.set_displayname"]["enabled"])


# -- facts ----------------------------------------------------------------------------------------


def expire(organisation: Organisation, door: str, stream: Stream, seconds: int = 2) -> None:
    """Have a door take what it has in force once more, but only for a few seconds."""
    boot = organisation.boot
    key = load_pem_private_key(boot.path(boot.control.settings_key).read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    part = verify(
        (boot.door(door) / f"accepted/{stream}.part").read_bytes(), stream=stream,
        organisation=organisation.domain, key=key.public_key(), now=time.time(), above=0,
    )  # fmt: skip
    short = replace(part, number=part.number + 1, expires=int(time.time()) + seconds)
    write_whole(boot.door(door) / f"{stream}.part", sign(short, key))


async def refuses_local_sends(cast: Cast) -> None:
    end = time.monotonic() + BACK_SECONDS
    while True:
        try:
            await cast.alice.say(cast.room, "this may not pass")
        except RefusedError:
            return
        assert time.monotonic() < end, "the door decided without facts"
        await asyncio.sleep(0.3)


async def held_then_whole(cast: Cast, tag: str, come_back: Callable[[], object]) -> None:
    """While the event door has no facts, mail from acme waits; afterwards all of it is there."""
    theirs = await say_all(cast.carol, cast.room, tag, 20)
    await asyncio.sleep(4)
    assert not set(theirs) & set(cast.alice.seen(cast.room)), "it was let in without being decided"
    begun = time.monotonic()
    await asyncio.to_thread(come_back)
    await shows(cast.alice, cast.room, theirs)
    await shows(cast.bob, cast.room, theirs)
    print(f"\n{len(theirs)} held messages arrived {time.monotonic() - begun:.1f} s after the facts")
    await accepted(cast.alice, cast.room, f"{tag}, and we talk again")
    await cast.carol.until(
        lambda: f"{tag}, and we talk again" in cast.carol.seen(cast.room), ARRIVAL_SECONDS
    )


@pytest.mark.parametrize("stream", [Stream.SETTINGS, Stream.PEOPLE])
async def test_an_event_door_whose_facts_expired_holds_inbound_mail(
    cast: Cast, stream: Stream
) -> None:
    expire(cast.example, "synapse", stream)
    await refuses_local_sends(cast)

    def control_sends_anew() -> None:
        pid = cast.example.kill("control")
        cast.example.wait_for_another("control", pid)

    await held_then_whole(cast, f"{stream} expired", control_sends_anew)
    await settled(cast.example)


async def test_an_event_door_that_starts_without_facts_holds_inbound_mail(cast: Cast) -> None:
    streams, aside = cast.example.boot.door("synapse"), cast.example.folder / "aside"
    shutil.copytree(streams, aside)
    control = cast.example.kill("control", signal.SIGSTOP)
    shutil.rmtree(streams / "accepted")
    for stream in FOR_EVERY_DOOR:
        (streams / f"{stream}.part").unlink()
    try:
        pid = cast.example.kill("synapse")
        await asyncio.to_thread(cast.example.wait_for_another, "synapse", pid)
        end = time.monotonic() + BACK_SECONDS
        while (await client_versions(cast.example)).status != 200:
            assert time.monotonic() < end, "Synapse does not start without its streams"
            await asyncio.sleep(0.3)
        await refuses_local_sends(cast)

        def put_back() -> None:
            for stream in FOR_EVERY_DOOR:
                write_whole(streams / f"{stream}.part", (aside / f"{stream}.part").read_bytes())

        await held_then_whole(cast, "no facts at the start", put_back)
    finally:
        os.kill(control, signal.SIGCONT)
        shutil.rmtree(aside)
    await settled(cast.example)


@pytest.mark.parametrize("stream", [Stream.SETTINGS, Stream.PEOPLE])
async def test_a_gateway_without_facts_says_when_to_come_again(cast: Cast, stream: Stream) -> None:
    expire(cast.example, "gateway", stream)
    end = time.monotonic() + BACK_SECONDS
    while (got := await client_versions(cast.example)).status == 200:
        assert time.monotonic() < end, "the gateway decided without facts"
        await asyncio.sleep(0.2)
    assert (got.status, got.headers["retry-after"]) == (503, "5")
    assert json.loads(got.body)["errcode"] == "M_UNKNOWN"
    theirs = await say_all(cast.carol, cast.room, f"gateway without {stream}", 5)
    pid = cast.example.kill("control")  # it sends every stream when it starts
    await asyncio.to_thread(cast.example.wait_for_another, "control", pid)
    await settled(cast.example)
    await shows(cast.alice, cast.room, theirs)
    mine = await say_all(cast.alice, cast.room, f"gateway with {stream} again", 3)
    await shows(cast.carol, cast.room, mine)


# -- records --------------------------------------------------------------------------------------


@contextmanager
def full_disk(organisation: Organisation, door: str) -> Iterator[None]:
    """No record of this door can be written: a full small disk, or what is like one where none can be
    made. Synapse writes larger files than its spool, so no limit can tell them apart: there the
    spool is led to the device that is always full.
    """
    spool = organisation.boot.spool(door)
    if os.path.ismount(spool):
        filler = spool / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        try:
            yield
        finally:
            filler.unlink()
        return
    if door == "synapse":
        with led_to_a_full_device(organisation, spool / f"{door}.jsonl"):
            yield
        return
    pid = organisation.pid(door)
    size = (spool / f"{door}.jsonl").stat().st_size
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def led_to_a_full_device(organisation: Organisation, spool: Path) -> Iterator[None]:
    """Every write fails as on a full disk. Control, which follows records, does not look meanwhile."""
    aside = spool.with_suffix(".aside")
    control = organisation.kill("control", signal.SIGSTOP)
    try:
        spool.rename(aside)
        spool.symlink_to("/dev/full")
        yield
    finally:
        aside.replace(spool)
        os.kill(control, signal.SIGCONT)


@contextmanager
def on_small_disks(organisation: Organisation) -> Iterator[None]:
    """Run it with each door's records on a disk of 8 MiB, where we may mount one."""
    spools = [organisation.boot.spool(door) for door in ("gateway", "synapse")]
    mounted: list[Path] = []
    organisation.stop()
    try:
        if os.geteuid() == 0:
            for spool in spools:
                if not _moved_to_small_disk(spool):
                    break
                mounted.append(spool)
        organisation.lines.clear()
        organisation.start()
        yield
    finally:
        organisation.stop()
        for spool in mounted:
            _moved_back(spool)
        organisation.lines.clear()
        organisation.start()


def _moved_to_small_disk(spool: Path) -> bool:
    kept = {path.name: path.read_bytes() for path in spool.iterdir() if path.is_file()}
    options = ["-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", str(spool)]
    if subprocess.run(["mount", *options], check=False, capture_output=True).returncode:
        return False
    for name, data in kept.items():
        write_whole(spool / name, data)
    return True


def _moved_back(spool: Path) -> None:
    kept = {path.name: path.read_bytes() for path in spool.iterdir() if path.is_file()}
    subprocess.run(["umount", str(spool)], check=True)
    for name, data in kept.items():
        write_whole(spool / name, data)


async def test_a_door_that_cannot_keep_records_refuses_and_recovers(cast: Cast) -> None:
    example = cast.example
    with on_small_disks(example):
        await settled(example)
        await accepted(cast.alice, cast.room, "before the disk was full")
        with full_disk(example, "gateway"):
            await _closed(cast)
            got = await client_versions(example)
            assert (got.status, got.headers["retry-after"]) == (503, "5")
        await _open_again(cast, "the gateway's disk has room")
        with full_disk(example, "synapse"):
            await _closed(cast)
            theirs = await say_all(cast.carol, cast.room, "the disk of synapse is full", 5)
            await asyncio.sleep(2)
            assert not set(theirs) & set(cast.alice.seen(cast.room))
        await _open_again(cast, "synapse's disk has room")
        await shows(cast.alice, cast.room, theirs)
        await asyncio.sleep(1)
    await settled(example)
    chains_hold(example)
    await accepted(cast.alice, cast.room, "records on a large disk again")


async def _closed(cast: Cast) -> None:
    """New asks are refused once the spool has noticed, within a second."""
    end = time.monotonic() + BACK_SECONDS
    while True:
        sent = await cast.alice.client.room_send(
            cast.room, "m.room.message", {"msgtype": "m.text", "body": "unrecorded"}
        )
        if not isinstance(sent, RoomSendResponse):
            return
        assert time.monotonic() < end, "it decides without keeping records"
        await asyncio.sleep(0.2)


async def _open_again(cast: Cast, text: str) -> None:
    begun = time.monotonic()
    await accepted(cast.alice, cast.room, text)
    print(f"\n{text}: open again after {time.monotonic() - begun:.2f} s")
    await cast.carol.until(lambda: text in cast.carol.seen(cast.room), ARRIVAL_SECONDS)


@pytest.mark.parametrize("name", PROCESSES)
async def test_the_record_is_whole_after_each_process_was_killed(cast: Cast, name: str) -> None:
    talking = asyncio.create_task(say_all(cast.alice, cast.room, f"before and after {name}", 15))
    await asyncio.sleep(0.5)
    pid = cast.example.kill(name)
    await comes_back(cast.example, name, pid)
    await shows(cast.bob, cast.room, await talking)
    chains_hold(cast.example)


# -- the whole machine ----------------------------------------------------------------------------


async def test_after_the_whole_machine_stopped_it_continues_where_it_was(cast: Cast) -> None:
    example = cast.example
    revision = json.loads(example.cli("settings", "show", "--json").stdout)["revision"]
    said = await say_all(cast.alice, cast.room, "before the power went", 10, 0.0)
    pids = [example.pid(name) for name in PROCESSES]
    assert example.process is not None
    example.process.kill()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    example.process.wait(60)
    end = time.monotonic() + BACK_SECONDS
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
    theirs = await say_all(cast.carol, cast.room, "while the power was off", 10)
    begun = time.monotonic()
    example.lines.clear()
    await asyncio.to_thread(example.start)
    print(f"\n`up` was ready again after {time.monotonic() - begun:.1f} s")
    after = await say_all(cast.alice, cast.room, "after the power came", 5)
    for person in (cast.alice, cast.bob, cast.carol):
        await shows(person, cast.room, said + after)
        await shows(person, cast.room, theirs)
    await stays_banned(cast)
    assert json.loads(example.cli("settings", "show", "--json").stdout)["revision"] == revision
    chains_hold(example)


async def test_when_only_the_supervisor_is_killed_nothing_is_left_running(cast: Cast) -> None:
    example = cast.example
    pids = [example.pid(name) for name in PROCESSES]
    assert example.process is not None
    example.process.kill()
    example.process.wait(60)
    end = time.monotonic() + BACK_SECONDS
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < end, "a process outlived `vedette up`"
        await asyncio.sleep(0.1)
    example.lines.clear()
    await asyncio.to_thread(example.start)
    texts = await say_all(cast.alice, cast.room, "up again", 3)
    await shows(cast.carol, cast.room, texts)
    chains_hold(example)
