"""The inspector and its lookings are killed, hang, run out of memory, lie and are fed garbage while
files are sent: nothing that was not judged is ever delivered, and nothing that was accepted is lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from contextlib import suppress
from itertools import cycle

import pytest
from nio import DownloadError, MemoryDownloadResponse, UploadError, UploadResponse

from tests.apps.inspection.test_resilience import GARBAGE, answer_for, exhausting
from tests.processes import children
from tests.system.files.conftest import DOCUMENT, Cast, notices, until
from tests.system.files.test_what_passes import fetch, store
from tests.system.files.things import pdf, program, zipped
from tests.system.matrix_client import Person
from vedette.core.explain import HELD

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def delivered(person: Person, address: str) -> bool:
    return isinstance(await fetch(person, address), MemoryDownloadResponse)


def wait_briefly(cast: Cast) -> None:
    """Uploads wait two seconds for their verdict, and everybody is told of each, however many."""
    values = '[files]\nwait = "2 seconds"\n[notices]\nper_minute = 60\n'
    cast.example.apply(f"{DOCUMENT}\n{values}")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
async def test_what_comes_while_the_inspector_is_away_is_held_and_then_released_or_refused(
    cast: Cast, how: signal.Signals
) -> None:
    wait_briefly(cast)
    tag = how.name
    known = await store(cast.alice, "known.pdf", pdf(f"known {tag}"))
    await until(lambda: delivered(cast.bob, known))
    # Whoever starts it again is stopped too, so that it stays away.
    up = cast.example.process
    assert up is not None
    os.kill(up.pid, signal.SIGSTOP)
    pid = cast.example.kill("inspector", how)
    try:
        good = await store(cast.alice, "good.pdf", pdf(f"good {tag}"))
        bad = await store(cast.alice, "bad.pdf", program(f"bad {tag}"))
        for address in (good, bad):
            for person in (cast.bob, cast.carol):
                found = await fetch(person, address)
                assert isinstance(found, DownloadError), found
        assert (await fetch(cast.bob, good)).message == HELD
        # What was judged before is still to be had.
        assert await delivered(cast.bob, known)
    finally:
        if how is signal.SIGSTOP:
            os.kill(pid, signal.SIGCONT)
        os.kill(up.pid, signal.SIGCONT)
    await until(lambda: delivered(cast.bob, good))
    await until(lambda: _told(cast.alice, "“bad.pdf” was looked at, and nobody gets it"))
    await until(lambda: _told(cast.alice, "“good.pdf” was looked at, and can be opened now"))
    assert not await delivered(cast.bob, bad)
    assert not await delivered(cast.carol, bad)
    assert await delivered(cast.carol, good)
    cast.example.apply(DOCUMENT)


async def _told(person: Person, text: str) -> bool:
    return any(text in told for told in notices(person))


async def test_what_is_held_is_not_forgotten_by_a_synapse_that_ends(cast: Cast) -> None:
    wait_briefly(cast)
    up = cast.example.process
    assert up is not None
    pid = cast.example.kill("inspector", signal.SIGSTOP)
    held = await store(cast.alice, "held.pdf", pdf("held while synapse ends"))
    synapse = cast.example.kill("synapse")
    cast.example.wait_for_another("synapse", synapse)
    os.kill(pid, signal.SIGCONT)
    await until(lambda: delivered(cast.bob, held), 180)
    cast.example.apply(DOCUMENT)


async def test_garbage_and_kills_while_uploads_run_deliver_nothing_unjudged(cast: Cast) -> None:
    wait_briefly(cast)
    chance = random.Random(7)
    sent: list[tuple[str, bool | None, bytes]] = []
    """Each with whether it may be had; of an archive that breaks off either is right."""
    may = (True, False, True, None)

    async def upload(number: int) -> None:
        kind = number % 4
        data = [
            pdf(f"storm {number}"),
            program(f"storm {number}"),
            chance.randbytes(20_000),
            zipped(a_pdf=pdf(f"{number}"))[: 60 + number],
        ][kind]
        stored, _ = await cast.alice.client.upload(
            lambda *_: data, "application/pdf", f"{number}.pdf", filesize=len(data)
        )
        if isinstance(stored, UploadResponse):
            sent.append((str(stored.content_uri), may[kind], data))
        else:
            assert isinstance(stored, UploadError)

    async def trouble() -> None:
        for _ in range(3):
            await asyncio.sleep(1.5)
            pid = cast.example.kill("inspector")
            cast.example.wait_for_another("inspector", pid)

    storm = asyncio.create_task(trouble())
    for wave in range(6):
        await asyncio.gather(*(upload(wave * 8 + each) for each in range(8)))
        for address, good, data in sent:
            got = await fetch(cast.bob, address)
            if isinstance(got, MemoryDownloadResponse):
                assert good is not False, address
                assert got.body == data
    await storm
    for address, good, _ in sent:
        if good:
            await until(lambda address=address: delivered(cast.bob, address))  # type: ignore[misc]
    await asyncio.sleep(5)
    for address, good, _ in sent:
        assert await delivered(cast.bob, address) is good or good is None
    assert sum(good is True for _, good, _ in sent) == 24
    cast.example.apply(DOCUMENT)
    print(f"\n{len(sent)} of 48 uploads were taken, all 24 good ones delivered, no bad one")


def bundle(tag: str) -> bytes:
    """An archive that takes a while to look at."""
    return zipped(**{f"n{number}_pdf": pdf(f"{tag} {number}") for number in range(60)})


class Harm:
    """Does harm to every second looking: one dies, one hangs, one answers nonsense or of another."""

    def __init__(self, inspector: int, other: bytes) -> None:
        self.inspector = inspector
        self.done: Counter[str] = Counter()
        self._lies = cycle([GARBAGE["no JSON"], other, GARBAGE["a kind that nobody knows"]])
        self._ways = cycle(("dies", "is left", "lies", "is left", "hangs", "is left"))
        self._seen: set[int] = set()

    async def goes_on(self) -> None:
        while True:
            for server in children(self.inspector):
                for looking in set(children(server)) - self._seen:
                    self._seen.add(looking)
                    with suppress(ProcessLookupError, FileNotFoundError, PermissionError):
                        self._does(next(self._ways), looking)
            await asyncio.sleep(0.01)

    def _does(self, way: str, looking: int) -> None:
        if way == "dies":
            os.kill(looking, signal.SIGKILL)
        elif (
            way == "hangs" and not self.done[way]
        ):  # one: two would keep all others from their turn
            os.kill(looking, signal.SIGSTOP)
        elif way == "lies":
            answer_for(self.inspector, looking, next(self._lies))
        self.done[way] += 1


async def test_lookings_that_die_hang_or_lie_while_uploads_run_deliver_nothing_unjudged(
    cast: Cast,
) -> None:
    wait_briefly(cast)
    inspector = cast.example.pid("inspector")
    harm = Harm(inspector, b'{"sha256": "%s", "size": 1, "kind": "document"}' % (b"0" * 64))
    harming = asyncio.create_task(harm.goes_on())
    wants = exhausting()
    greedy = await store(cast.alice, "greedy.zip", wants)
    sent: list[tuple[str, bytes | None]] = []
    """Each with its bytes, where it may be had."""
    for wave in range(4):
        good, bad = bundle(f"good {wave}"), zipped(tool_pdf=program(f"bad {wave}"))
        some = [(good, good), (bad, None), (pdf(f"wave {wave}"), pdf(f"wave {wave}"))]
        taken = await asyncio.gather(*(upload(cast.alice, data) for data, _ in some))
        sent += [(address, may) for address, (_, may) in zip(taken, some, strict=True) if address]
        await only_what_may_be_had(cast, sent)
    print(f"\n{harm.done}, {len(sent)} of 12 taken")
    assert all(harm.done[way] for way in ("dies", "lies", "hangs"))
    assert (
        sum(may is not None for _, may in sent) == 8
    )  # whoever may send is never refused in doubt
    harming.cancel()
    # What was given up is set aside for minutes; one that is started anew is asked at once.
    cast.example.wait_for_another("inspector", cast.example.kill("inspector"))
    for address, may in sent:
        if may is not None:
            await until(lambda address=address: delivered(cast.bob, address), 180)  # type: ignore[misc]
    await only_what_may_be_had(cast, sent)
    # What wants more memory than there is stays held, and the next one passes.
    found = await fetch(cast.bob, greedy)
    assert isinstance(found, DownloadError)
    assert found.message == HELD
    later = await store(cast.alice, "later.pdf", pdf("later"))
    await until(lambda: delivered(cast.bob, later))
    cast.example.apply(DOCUMENT)


async def upload(person: Person, data: bytes) -> str | None:
    """The address, or None where it was refused."""
    stored, _ = await person.client.upload(
        lambda *_: data, "application/pdf", "file.pdf", filesize=len(data)
    )
    return str(stored.content_uri) if isinstance(stored, UploadResponse) else None


async def only_what_may_be_had(cast: Cast, sent: list[tuple[str, bytes | None]]) -> None:
    for address, may in sent:
        got = await fetch(cast.bob, address)
        assert not isinstance(got, MemoryDownloadResponse) or got.body == may
