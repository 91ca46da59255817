"""Files held, released and told as control asks for it: control's own adapter, over a socket, before
the door inside Synapse, with real rules, and rows as Synapse has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.apps.scene import ALICE, BOB, NOTICES, policy_of
from tests.apps.synapse.test_file_door import EXE, PDF, RULES, ZIP, House
from tests.apps.synapse.test_held_rows import Synapse
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.synapse_files import SynapseFiles
from vedette.adapters.synapse_questions import SynapseQuestions
from vedette.core.asks import Act
from vedette.core.files import File, facts_of
from vedette.core.names import MediaId, ServerName
from vedette.ports.errors import Unavailable
from vedette.ports.held_files import Moved, NotOurs, RulesRefuse
from vedette.protocol.internal.held_files import (
    ABOUT,
    PATH,
    FileState,
    Sought,
    read_cursor,
)
from vedette.protocol.internal.questions import GOOD_FOR, Question, ask
from vedette.synapse.files_for_control import FilesForControl
from vedette.synapse.internals.gate import Entering, Kept, Refused
from vedette.synapse.internals.held_rows import HeldRows

OURS, REPORT = ServerName("example.org"), MediaId("report")
OLGA, ORDER = "@olga:example.org", "control:7"
VOUCHED = (
    RULES
    + '\n[rules.released]\nbetween = ["us", "us"]\nallow = ["file"]\nwhen = ["file.released = yes"]\n'
)
NO_MALWARE = (
    VOUCHED
    + '\n[rules.no-malware]\nbetween = ["us", "us"]\nforbid = ["file"]\nwhen = ["file.malware = yes"]\n'
)
KEY = Ed25519PrivateKey.generate()


@dataclass
class Homeserver:
    """The file door, Synapse's rows, and what control sees of them through its adapter."""

    house: House
    socket: Path
    synapse: Synapse = field(default_factory=Synapse)

    def __post_init__(self) -> None:
        self.rows = HeldRows(self.synapse)  # type: ignore[arg-type]
        self.known: dict[tuple[str, str], Entering] = {}
        self.files = SynapseFiles(SynapseQuestions(self.socket, OURS, KEY, self.house.scene.clock))
        self.door = FilesForControl(self.house.door, self.rows, self, OURS, KEY.public_key())

    async def find(self, server: str, media: str) -> Entering | None:
        return self.known.get((server, media))

    async def enters(self, data: bytes, media: str = "report", **more: str) -> Kept | Refused:
        """An upload, up to its row."""
        kept = await self.house.enters(media, data, **more)
        if isinstance(kept, Kept):
            self.synapse.has(media, "vedette:held:D" if kept is Kept.HELD else None)
            self.known[OURS, media] = replace(
                self.house.entering(media, data, **more), stored=True, device=None
            )
        return kept

    async def state(self, media: MediaId = REPORT) -> FileState:
        seen = await self.files.show(OURS, media)
        assert seen is not None
        return seen.row.state

    async def register(self) -> File | None:
        return await self.house.scene.inspection.file(OURS, REPORT)

    def answered(self, act: Act) -> list[tuple[str, str | None, str, object]]:
        """Who did something to which file, what was answered, and by which order."""
        return [
            (a.who, a.where, d.verdict.value, f.claims.get("order"))
            for a, f, d in self.house.scene.audit.kept
            if a.act is act
        ]


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Homeserver]:
    made = Homeserver(House(tmp_path), tmp_path / "s")

    async def answer(request: web.Request) -> web.Response:
        status, told = await made.door.answer(await request.read())
        return web.json_response(told, status=status)

    app = web.Application()
    app.add_routes([web.post(PATH, answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(made.socket)).start()
    yield made
    await runner.cleanup()


def obey(here: Homeserver, document: str) -> None:
    here.house.scene.policy.policy = policy_of(document)


async def waits(here: Homeserver, data: bytes = PDF) -> None:
    """A file that could not be judged."""
    here.house.scene.inspection.slow = True
    assert await here.enters(data) is Kept.HELD


async def test_what_nobody_could_judge_is_released_where_a_rule_takes_an_officers_word(
    here: Homeserver,
) -> None:
    obey(here, VOUCHED)
    await waits(here)
    seen = await here.files.show(OURS, REPORT)
    assert seen is not None
    assert (seen.row.state, seen.row.owner, seen.content) == (FileState.WAITING, ALICE, None)
    assert (seen.outlook.answer, seen.outlook.rule) == ("yes", "released")
    assert isinstance(await here.files.release(OURS, REPORT, OLGA, ORDER), Moved)
    assert await here.state() is FileState.OPEN
    found = await here.register()
    assert found is not None
    assert (found.held, found.released) == (False, True)
    address = "mxc://example.org/report"
    assert here.answered(Act.FILE_CONTENT_RELEASE) == [(OLGA, address, "yes", ORDER)]
    assert any("released by your organisation" in text for _, text in here.house.told)


async def test_what_was_found_in_it_counts_more_than_an_officers_word(here: Homeserver) -> None:
    obey(here, VOUCHED)
    await waits(here, EXE)
    assert isinstance(await here.files.release(OURS, REPORT, OLGA, ORDER), Moved)
    here.house.scene.inspection.slow = False
    found = await here.register()
    assert found is not None
    assert found.content is not None
    assert facts_of(found).known["file.released"] is False
    seen = await here.files.show(OURS, REPORT)
    assert seen is not None
    assert seen.outlook.answer == "no"


@pytest.mark.parametrize("document", [RULES, NO_MALWARE])
async def test_without_such_a_rule_or_before_a_forbid_in_doubt_it_stays_held(
    here: Homeserver, document: str
) -> None:
    obey(here, document)
    await waits(here)
    no = await here.files.release(OURS, REPORT, OLGA, ORDER)
    assert isinstance(no, RulesRefuse)
    assert (no.why.answer, no.record is not None) == ("not-yet", True)
    assert await here.state() is FileState.WAITING
    found = await here.register()
    assert found is None or not found.released


async def test_what_a_rule_refuses_stays_refused_until_the_rule_is_another(
    here: Homeserver,
) -> None:
    obey(here, VOUCHED)
    await waits(here, EXE)
    here.house.scene.inspection.slow = False
    here.synapse.database.execute(
        "UPDATE local_media_repository SET quarantined_by = 'vedette:refused'"
    )
    no = await here.files.release(OURS, REPORT, OLGA, ORDER)
    assert isinstance(no, RulesRefuse)
    assert no.why.answer == "no"
    assert await here.state() is FileState.REFUSED
    obey(here, VOUCHED.replace("document, archive", "document, archive, program"))
    assert isinstance(await here.files.release(OURS, REPORT, OLGA, ORDER), Moved)
    found = await here.register()
    assert found is not None
    assert not found.released  # it is known what it is: nobody's word is needed


async def test_a_hold_keeps_an_open_file_from_everybody_until_it_is_released(
    here: Homeserver,
) -> None:
    obey(here, VOUCHED)
    assert await here.enters(PDF) is Kept.OPEN
    for _ in range(2):  # twice is once
        assert isinstance(await here.files.hold(OURS, REPORT, OLGA, ORDER), Moved)
    assert await here.state() is FileState.OFFICER
    found = await here.register()
    assert found is not None
    assert found.held
    told = [text for _, text in here.house.told if "withheld" in text]
    assert len(told) == 1
    assert await here.rows.release(OURS, REPORT)  # as the suite's own member may
    assert await here.state() is FileState.OFFICER
    assert isinstance(await here.files.release(OURS, REPORT, OLGA, ORDER), Moved)
    assert await here.state() is FileState.OPEN
    address = "mxc://example.org/report"
    assert here.answered(Act.FILE_CONTENT_HOLD) == [(OLGA, address, "yes", ORDER)] * 2


async def test_what_rules_want_of_the_senders_device_is_left_to_each_fetch(
    here: Homeserver,
) -> None:
    obey(here, VOUCHED)
    assert await here.enters(PDF) is Kept.OPEN
    forbid = '[rules.managed]\nbetween = ["us", "us"]\nforbid = ["file"]\n'
    obey(here, f'{VOUCHED}{forbid}unless = ["device.managed = yes"]\n')
    await here.files.hold(OURS, REPORT, OLGA, ORDER)
    assert isinstance(await here.files.release(OURS, REPORT, OLGA, ORDER), Moved)


async def test_while_the_inspector_is_away_a_hold_holds_and_nothing_is_released(
    here: Homeserver,
) -> None:
    obey(here, VOUCHED)
    assert await here.enters(PDF) is Kept.OPEN
    here.house.scene.inspection.away = True
    with pytest.raises(Unavailable):
        await here.files.hold(OURS, REPORT, OLGA, ORDER)
    here.house.scene.inspection.away = False
    assert await here.state() is FileState.OFFICER
    here.house.scene.inspection.away = True
    with pytest.raises(Unavailable):
        await here.files.release(OURS, REPORT, OLGA, ORDER)
    here.house.scene.inspection.away = False
    assert await here.state() is FileState.OFFICER


async def test_what_can_not_be_recorded_is_not_released(here: Homeserver) -> None:
    obey(here, VOUCHED)
    await waits(here)
    here.house.scene.audit.full = True
    with pytest.raises(Unavailable):
        await here.files.release(OURS, REPORT, OLGA, ORDER)
    assert await here.state() is FileState.WAITING


async def test_a_file_that_is_held_meanwhile_is_not_let_go(here: Homeserver) -> None:
    obey(here, VOUCHED)
    await waits(here)
    letting_go = here.rows.open

    class Racing:
        """The rows, before which somebody else is quicker once."""

        see, hold, list = here.rows.see, here.rows.hold, here.rows.list

        async def open(self, server: str, media: str, before: object) -> bool:
            await here.rows.hold(server, media, officer=True)
            return await letting_go(server, media, before)  # type: ignore[arg-type]

    here.door = replace(here.door, rows=Racing())
    with pytest.raises(Unavailable):
        await here.files.release(OURS, REPORT, OLGA, ORDER)
    assert await here.state() is FileState.OFFICER
    found = await here.register()
    assert found is not None
    assert found.held


async def test_what_synapses_own_administrator_quarantined_is_left_alone(here: Homeserver) -> None:
    assert await here.enters(PDF) is Kept.OPEN
    here.synapse.database.execute("UPDATE local_media_repository SET quarantined_by = '@root:x'")
    for doing in (here.files.hold, here.files.release):
        assert isinstance(await doing(OURS, REPORT, OLGA, ORDER), NotOurs)
    found = await here.register()
    assert found is not None
    assert not found.held


async def test_what_is_not_here_is_told_so(here: Homeserver) -> None:
    nothing = MediaId("nothing")
    assert await here.files.show(OURS, nothing) is None
    for doing in (here.files.hold, here.files.release):
        assert await doing(OURS, nothing, OLGA, ORDER) is None


async def test_the_list_goes_on_where_it_stopped(here: Homeserver) -> None:
    for number in range(5):
        here.synapse.has(f"f{number}", "vedette:held:D", at=number)
    after, found = None, []
    while True:
        page = await here.files.list(Sought(), after, 3)
        found += [(row.server, row.media) for row in page.rows]
        after = page.next
        if after is None:
            break
        read_cursor(after)
    assert len(found) == len(set(found)) == 10
    with pytest.raises(ValueError, match="no cursor"):
        await here.files.list(Sought(), "1/x", 3)
    with pytest.raises(ValueError, match="sought"):
        await here.files.list(Sought(), None, 5000)


async def test_nobody_but_control_lists_holds_or_releases(here: Homeserver) -> None:
    assert await here.enters(PDF) is Kept.OPEN
    now = int(here.house.scene.clock.now())
    body = {"server": OURS, "media": REPORT, "by": OLGA, "order": ORDER}
    good = Question(organisation=OURS, do="hold", issued=now, body=body)
    forged = [
        ask(ABOUT, good, Ed25519PrivateKey.generate()),
        ask(ABOUT, replace(good, organisation="acme.example"), KEY),
        ask(ABOUT, replace(good, issued=now - GOOD_FOR - 1), KEY),
        ask(ABOUT, replace(good, issued=now + GOOD_FOR + 1), KEY),
        ask(ABOUT, good, KEY)[:-2] + b"2}",
        ask("rooms", good, KEY),
        ask(ABOUT, good, KEY).partition(b"\n")[2],
        b"",
    ]
    for data in forged:
        status, _ = await here.door.answer(data)
        assert status == 403
    for strange in ({**body, "by": ""}, {**body, "order": 7}, {**body, "media": "a/b"}):
        assert (await here.door.answer(ask(ABOUT, replace(good, body=strange), KEY)))[0] == 400
    assert (await here.door.answer(ask(ABOUT, replace(good, do="erase"), KEY)))[0] == 400
    assert await here.state() is FileState.OPEN
    assert (await here.door.answer(ask(ABOUT, good, KEY)))[0] == 200


async def test_what_the_suites_own_accounts_sent_is_held_and_released_too(here: Homeserver) -> None:
    assert await here.enters(PDF, owner=NOTICES) is Kept.OPEN
    here.synapse.database.execute("UPDATE local_media_repository SET user_id = ?", (NOTICES,))
    assert isinstance(await here.files.hold(OURS, REPORT, OLGA, ORDER), Moved)
    assert isinstance(await here.files.release(OURS, REPORT, OLGA, ORDER), Moved)


async def test_a_synapse_that_is_away_or_answers_otherwise_is_away(tmp_path: Path) -> None:
    files = SynapseFiles(SynapseQuestions(tmp_path / "nobody", OURS, KEY, MemoryClock()))
    with pytest.raises(Unavailable, match="does not answer"):
        await files.show(OURS, REPORT)


async def test_the_record_of_an_upload_names_the_file(here: Homeserver) -> None:
    obey(here, RULES)
    assert isinstance(await here.enters(ZIP + bytes(2000), owner=BOB), Refused)
    (found,) = here.answered(Act.FILE_CONTENT_UPLOAD)
    assert found[:3] == (BOB, "mxc://example.org/report", "no")
