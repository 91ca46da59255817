"""The file door inside Synapse, asked what its wrappers would ask it and answered by real rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.apps.scene import ALICE, BOB, CAROL, DOCUMENT, EVE, NOTICES, Scene, policy_of
from tests.apps.synapse.test_event_door import Room, reason
from vedette.adapters.inspector import digest_of
from vedette.adapters.memory.inspection import BREAKS
from vedette.core.decision import Decision, Verdict
from vedette.core.explain import HELD
from vedette.core.facts import Facts
from vedette.core.files import Digest
from vedette.core.names import MediaId, ServerName
from vedette.core.reasons import Reason
from vedette.protocol.matrix.rooms import KIND_KEY
from vedette.synapse.door import EventDoor
from vedette.synapse.files import FileDoor
from vedette.synapse.gather import EventGather
from vedette.synapse.held import HeldFiles
from vedette.synapse.internals.gate import (
    During,
    Entering,
    EventView,
    Inward,
    Kept,
    Pass,
    Refused,
)

RULES = (
    DOCUMENT.replace("claimed file.kind in document", "file.kind in document")
    + """
[rules.colleagues]
between = ["staff", "staff"]
allow = ["file"]
when = ["file.kind in document, archive", "file.size <= 1 KiB"]
say = "We exchange documents and archives."

[rules.acme-documents]
between = ["staff", "acme"]
allow = ["file"]
when = ["file.kind in document"]
say = "With Acme we exchange documents only."

[rules.avatars]
between = ["us", "us"]
allow = ["file"]
when = ["file.class = avatar", "file.kind in image", "file.size <= 1 MiB"]
say = "Pictures of people are images."
"""
)
PDF, ZIP, PNG, EXE = b"%PDF-1.7", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"MZ"
OURS, ACME = "example.org", "acme.example"


@dataclass
class House:
    """A file door, an event door beside it, what people were told, and Synapse's table of files."""

    folder: Path
    scene: Scene = field(default_factory=Scene)
    told: list[tuple[str, str]] = field(default_factory=list)
    sessions: dict[tuple[str, str], Facts] = field(default_factory=dict)
    table: dict[str, Entering] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scene.policy.policy = policy_of(RULES)

        async def digest(path: str) -> Digest:
            return digest_of(path)

        def tell(user: str, decision: Decision, record: str) -> None:
            self.told.append((user, f"{decision.reason.value} {record}"))

        def session(user: str, device: str) -> Facts:
            return self.sessions.get((user, device), Facts())

        self.door = FileDoor(
            self.scene.spine, self.scene.inspection, self.scene.inspection, session, digest,
            self.scene.clock,
            lambda user, about, text: self.told.append((user, text)), tell,
        )  # fmt: skip
        self.events = EventDoor(self.scene.spine, tell, _gather=EventGather(self.door, session))
        self.held_files = HeldFiles(self.door, self)

    def entering(
        self, media: str, data: bytes, *, owner: str | None = ALICE, server: str = OURS,
        device: str = "D", name: str = "report.pdf",
    ) -> Entering:  # fmt: skip
        path = self.folder / media
        path.write_bytes(data)
        return Entering(
            server=server, media=media, path=str(path), declared="application/pdf", name=name,
            owner=owner, device=device if owner else None,
        )  # fmt: skip

    async def enters(self, media: str, data: bytes, **more: str | None) -> Kept | Refused:
        entering = self.entering(media, data, **more)  # type: ignore[arg-type]
        kept = await self.door.file_enters(entering)
        if kept is Kept.HELD:
            self.table[media] = replace(entering, stored=True)
        return kept

    async def send(
        self, sender: str, room: Room, *media: str, kind: str = "m.room.message",
        server: str = OURS, device: str | None = None,
    ) -> object:  # fmt: skip
        addresses = [f"mxc://{server}/{each}" for each in media]
        info = {"mimetype": "application/pdf"}
        if len(addresses) > 1:
            info["thumbnail_url"] = addresses[1]
        content = {"msgtype": "m.file", "body": "a.pdf", "url": addresses[0], "info": info}
        event = EventView(
            room=room.room, kind=kind, sender=sender, device=device, content=content,
            state_key="" if kind == "m.room.avatar" else None,
        )  # fmt: skip
        if sender.endswith(OURS):
            return await self.events.local_event(event, room)
        return await self.events.inbound_event(event, ACME, During.SEND, room)

    async def held(self, most: int, skip: int) -> list[Entering]:
        return list(self.table.values())[skip : skip + most]

    async def release(self, file: Entering) -> None:
        del self.table[file.media]
        self.gone[file.media] = "released"

    async def refuse(self, file: Entering) -> None:
        del self.table[file.media]
        self.gone[file.media] = "refused"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def sentence(kept: object) -> str:
    assert isinstance(kept, Refused), kept
    return kept.sentence


# --- what enters -----------------------------------------------------------------------------------


async def test_what_somebody_may_have_is_stored_and_registered_with_what_it_is(
    house: House,
) -> None:
    assert await house.enters("report", PDF) is Kept.OPEN
    file = await house.scene.inspection.file(ServerName(OURS), MediaId("report"))
    assert file is not None
    assert (file.owner, file.declared, file.name) == (ALICE, "application/pdf", "report.pdf")
    assert file.content is not None
    assert file.content.kind == "document"
    assert house.told == []


async def test_what_nobody_may_have_is_refused_with_the_sentence_and_a_notice(house: House) -> None:
    kept = await house.enters("tool", EXE)
    told = "With Acme we exchange documents only."
    assert sentence(kept).startswith(told)
    assert "Pictures of people are images." in sentence(kept)
    assert kept.extra["vedette"]["rule"] == "acme-documents"  # type: ignore[union-attr, index]
    assert house.told[0][0] == ALICE
    assert house.scene.inspection.files == {}


async def test_a_yes_is_durable_before_it_is_told(house: House) -> None:
    house.scene.audit.full = True
    kept = await house.enters("report", PDF)
    assert reason(kept) == Reason.UNAVAILABLE


async def test_bytes_that_the_inspector_has_already_are_not_sent_again(house: House) -> None:
    await house.enters("one", PDF)
    await house.enters("two", PDF)
    assert house.scene.inspection.sent == 1


@pytest.mark.parametrize("how", ["away", "slow"])
async def test_what_can_not_be_judged_is_taken_and_held_and_the_sender_is_told(
    house: House, how: str
) -> None:
    setattr(house.scene.inspection, how, True)
    assert await house.enters("report", PDF) is Kept.HELD
    assert house.told[0][0] == ALICE
    assert "“report.pdf” was taken" in house.told[0][1]
    assert house.scene.audit.kept[-1][2].verdict is Verdict.NOT_YET


async def test_what_no_content_could_make_right_is_refused_without_being_looked_at(
    house: House,
) -> None:
    house.scene.inspection.away = True
    house.scene.policy.policy = policy_of(DOCUMENT)
    assert reason(await house.enters("other", PDF, owner=EVE)) == Reason.NO_RULE


async def test_what_needs_no_content_needs_no_inspector(house: House) -> None:
    house.scene.policy.policy = policy_of(
        DOCUMENT.replace('when = ["claimed file.kind in document"]', "")
    )
    house.scene.inspection.away = True
    assert await house.enters("report", EXE) is Kept.OPEN


async def test_what_is_too_large_to_be_looked_at_counts_as_not_known(house: House) -> None:
    house.scene.inspection.largest = 4
    assert isinstance(await house.enters("report", PDF), Refused)


async def test_what_may_only_become_an_avatar_is_stored_and_not_held(house: House) -> None:
    assert await house.enters("face", PNG, owner=EVE) is Kept.OPEN
    assert house.scene.audit.kept[-1][2].pending == ("file.class",)
    assert isinstance(await house.enters("tool", ZIP, owner=EVE), Refused)


async def test_the_suite_s_own_accounts_are_not_asked(house: House) -> None:
    assert await house.enters("report", EXE, owner=NOTICES) is Kept.OPEN


async def test_what_is_known_of_the_device_is_known_of_an_upload(house: House) -> None:
    rule = """
[rules.approved]
from = ["staff"]
to = ["anyone"]
forbid = ["file"]
unless = ["device.approved = yes"]
"""
    house.scene.policy.policy = policy_of(RULES + rule)
    house.sessions[ALICE, "D"] = Facts({"device.approved": True})
    assert await house.enters("report", PDF) is Kept.OPEN
    assert isinstance(await house.enters("other", PDF, device="E"), Refused)


# --- files of other servers ------------------------------------------------------------------------


async def test_a_partner_s_file_is_stored_where_somebody_may_have_it(house: House) -> None:
    assert await house.enters("a", PDF, owner=None, server=ACME) is Kept.OPEN
    kept = await house.enters("b", ZIP, owner=None, server=ACME)
    assert sentence(kept) == "With Acme we exchange documents only."
    assert isinstance(await house.enters("c", PDF, owner=None, server="globex.example"), Refused)
    assert house.told == []


async def test_a_partner_s_refused_file_is_known_so_that_it_is_not_fetched_again(
    house: House,
) -> None:
    await house.enters("b", ZIP, owner=None, server=ACME)
    file = await house.scene.inspection.file(ServerName(ACME), MediaId("b"))
    assert file is not None
    assert file.content is not None
    assert (file.content.kind, file.owner) == ("archive", None)


async def test_a_partner_s_file_that_can_not_be_judged_is_not_stored(house: House) -> None:
    house.scene.inspection.slow = True
    assert sentence(await house.enters("a", PDF, owner=None, server=ACME)) == HELD
    house.scene.inspection.slow = False
    assert await house.enters("a", PDF, owner=None, server=ACME) is Kept.OPEN


# --- what is held ----------------------------------------------------------------------------------


async def test_held_files_are_released_or_refused_once_the_inspector_is_back(house: House) -> None:
    house.scene.inspection.away = True
    await house.enters("good", PDF, name="good.pdf")
    await house.enters("bad", EXE, name="bad.pdf")
    assert await house.held_files.once() == (0, 1)  # whoever is away for one is away for all
    assert house.gone == {}
    house.scene.inspection.away = False
    house.told.clear()
    assert await house.held_files.once() == (2, 0)
    assert house.gone == {"good": "released", "bad": "refused"}
    assert house.told[0] == (ALICE, "Your file “good.pdf” was looked at, and can be opened now.")
    assert "“bad.pdf” was looked at, and nobody gets it" in house.told[1][1]
    assert "(Record memory:" in house.told[1][1]


async def test_what_is_still_being_looked_at_stays_held_and_keeps_nobody_waiting(
    house: House,
) -> None:
    house.scene.inspection.slow = True
    await house.enters("one", PDF)
    await house.enters("two", ZIP)
    before = len(house.scene.audit.kept)
    assert await house.held_files.once() == (0, 2)
    assert len(house.scene.audit.kept) == before
    house.scene.inspection.slow = False
    assert await house.held_files.once() == (2, 0)


async def test_a_file_that_breaks_the_inspection_keeps_no_younger_one_waiting(house: House) -> None:
    await house.enters("older", BREAKS)
    house.scene.inspection.slow = True
    await house.enters("younger", PDF)
    house.scene.inspection.slow = False
    assert await house.held_files.once() == (1, 1)
    assert house.gone == {"younger": "released"}


async def test_held_files_stay_held_while_nobody_can_decide(house: House) -> None:
    house.scene.inspection.slow = True
    await house.enters("one", PDF)
    house.scene.inspection.slow = False
    policy, house.scene.policy.policy = house.scene.policy.policy, None
    assert await house.held_files.once() == (0, 1)
    house.scene.policy.policy = policy
    house.scene.audit.full = True
    assert await house.held_files.once() == (0, 1)
    house.scene.audit.full = False
    assert await house.held_files.once() == (1, 0)
    assert house.gone == {"one": "released"}


async def test_more_files_are_held_than_are_read_at_once(house: House) -> None:
    house.scene.inspection.slow = True
    for number in range(230):
        await house.enters(f"f{number}", b"%PDF-" + str(number).encode())
    assert await house.held_files.once() == (0, 230)
    house.scene.inspection.slow = False
    assert await house.held_files.once() == (230, 0)


# --- what events say -------------------------------------------------------------------------------


def room(*members: str) -> Room:
    return Room(set(members))


async def test_an_archive_is_refused_towards_acme_at_the_event_and_passes_among_staff(
    house: House,
) -> None:
    await house.enters("bundle", ZIP)
    assert await house.send(ALICE, room(ALICE, BOB), "bundle") is Pass.PASS
    answer = await house.send(ALICE, room(ALICE, BOB, CAROL), "bundle")
    assert sentence(answer) == "With Acme we exchange documents only."


async def test_what_the_event_says_of_a_file_counts_for_nothing_once_it_is_known(
    house: House,
) -> None:
    await house.enters("bundle", ZIP)
    house.scene.policy.policy = policy_of(DOCUMENT)  # where a claim would do
    assert await house.send(ALICE, room(ALICE, BOB), "nothing") is Pass.PASS
    assert isinstance(await house.send(ALICE, room(ALICE, BOB), "bundle"), Refused)


async def test_every_file_of_an_event_must_be_allowed(house: House) -> None:
    await house.enters("report", PDF)
    await house.enters("bundle", ZIP)
    both = room(ALICE, CAROL)
    assert await house.send(ALICE, both, "report") is Pass.PASS
    assert isinstance(await house.send(ALICE, both, "report", "bundle"), Refused)
    assert isinstance(await house.send(ALICE, both, "bundle", "report"), Refused)


async def test_an_event_about_a_file_that_is_not_known_yet_passes_on(house: House) -> None:
    assert await house.send(ALICE, room(ALICE, CAROL), "nothing") is Pass.PASS
    assert house.scene.audit.kept[-1][2].verdict is Verdict.NOT_YET
    house.scene.inspection.away = True
    assert await house.send(ALICE, room(ALICE, CAROL), "nothing") is Pass.PASS


async def test_what_names_no_readable_address_is_refused(house: House) -> None:
    assert isinstance(await house.send(ALICE, room(ALICE, BOB), "a/../b"), Refused)


async def test_a_partner_s_event_passes_on_until_its_file_is_known_and_is_emptied_then(
    house: House,
) -> None:
    both = room(ALICE, CAROL)
    assert await house.send(CAROL, both, "b", server=ACME) is Pass.PASS
    await house.enters("b", ZIP, owner=None, server=ACME)
    assert await house.send(CAROL, both, "b", server=ACME) is Inward.EMPTY
    await house.enters("a", PDF, owner=None, server=ACME)
    assert await house.send(CAROL, both, "a", server=ACME) is Pass.PASS


async def test_what_the_event_door_learnt_is_believed_for_a_while(house: House) -> None:
    await house.enters("report", PDF)
    assert await house.send(ALICE, room(ALICE, BOB), "report") is Pass.PASS
    await house.scene.inspection.hold(ServerName(OURS), MediaId("report"), BOB, held=True)
    await house.send(ALICE, room(ALICE, BOB), "report")
    assert house.scene.audit.kept[-1][2].verdict is Verdict.YES
    house.scene.clock.seconds += 60
    await house.send(ALICE, room(ALICE, BOB), "report")
    assert house.scene.audit.kept[-1][2].verdict is Verdict.NOT_YET


async def test_a_ban_on_files_in_a_kind_of_room_holds_at_the_event(house: House) -> None:
    rule = """
[rules.no-files-in-archive]
from = ["anyone"]
to = ["anyone"]
forbid = ["file"]
when = ["room.kind = archive"]
say = "No files in this room."
"""
    house.scene.policy.policy = policy_of(RULES + rule)
    await house.enters("report", PDF)
    where = room(ALICE, BOB)
    assert await house.send(ALICE, where, "report") is Pass.PASS
    where.contents = {("m.room.create", ""): {KIND_KEY: "archive"}}
    assert sentence(await house.send(ALICE, where, "report")) == "No files in this room."


# --- what files are used as ------------------------------------------------------------------------


async def class_of(house: House, media: str) -> str:
    file = await house.scene.inspection.file(ServerName(OURS), MediaId(media))
    assert file is not None
    return file.class_


async def test_a_picture_becomes_an_avatar_when_its_owner_uses_it_so(house: House) -> None:
    await house.enters("face", PNG)
    await house.door.file_used(BOB, f"mxc://{OURS}/face", "avatar")
    assert await class_of(house, "face") == "attachment"
    await house.door.file_used(ALICE, f"mxc://{OURS}/face", "avatar")
    assert await class_of(house, "face") == "avatar"
    for address in ("", "mxc://", f"mxc://{OURS}/nothing", "https://x.example/face"):
        await house.door.file_used(ALICE, address, "avatar")
    house.scene.inspection.away = True
    await house.door.file_used(ALICE, f"mxc://{OURS}/face", "avatar")


async def test_a_room_s_picture_is_asked_as_an_avatar_and_remembered_as_one(house: House) -> None:
    await house.enters("face", PNG)
    assert isinstance(await house.send(ALICE, room(ALICE, BOB), "face"), Refused)
    avatar = {"kind": "m.room.avatar"}
    assert await house.send(ALICE, room(ALICE, BOB), "face", **avatar) is Pass.PASS
    assert await class_of(house, "face") == "avatar"
    assert isinstance(await house.send(ALICE, room(ALICE, CAROL), "face", **avatar), Refused)


async def test_a_sticker_is_asked_as_one(house: House) -> None:
    await house.enters("face", PNG)
    rule = """
[rules.stickers]
between = ["staff", "acme"]
allow = ["file"]
when = ["file.class = sticker", "file.kind in image"]
"""
    house.scene.policy.policy = policy_of(RULES + rule)
    assert await house.send(ALICE, room(ALICE, CAROL), "face", kind="m.sticker") is Pass.PASS
    assert await class_of(house, "face") == "sticker"


async def test_what_is_stored_already_becomes_known_when_it_is_asked_for(house: House) -> None:
    entering = replace(house.entering("old", PDF), stored=True, device=None)
    await house.door.learn(entering)
    file = await house.scene.inspection.file(ServerName(OURS), MediaId("old"))
    assert file is not None
    assert file.content is not None
