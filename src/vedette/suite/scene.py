"""The demo's scene: what people of two organisations try, and what each of them sees.

Everything goes through the gateways over the plain client API, as any Matrix client would do it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from vedette.suite.client import Client, Json, Refused, until

_PATIENCE = 75.0
DRAWING = b"%PDF-1.4\n% a drawing of the heron's new wing\n%%EOF\n"
_PRICES = b"%PDF-1.4\n% prices\n%%EOF\n"
_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 127.0.0.1\r\na=rtpmap:111 opus/48000/2\r\n"
)


class SceneFault(RuntimeError):
    """The scene could not be played to its end; the message says what did not happen."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: Alice and Bob of Example AG, Carol of Acme."""

    alice: Client
    bob: Client
    carol: Client


@dataclass(slots=True)
class Played:
    """What came of it."""

    shared: str = ""
    inside: str = ""
    refusals: list[tuple[str, Refused]] = field(default_factory=list)


@dataclass(slots=True)
class Stage:
    """Plays one act after the other and tells `say` what came of each."""

    cast: Cast
    say: Callable[[str], None]
    played: Played = field(default_factory=Played)

    async def act(self, text: str, doing: Awaitable[object]) -> object:
        """Something that must be allowed. Raises SceneFault."""
        try:
            found = await doing
        except Refused as refused:
            raise SceneFault(f"{text}: this should be allowed, but: {refused}") from refused
        self.say(f"  yes  {text}")
        return found

    async def refused(self, text: str, doing: Awaitable[object]) -> Refused:
        """Something that must be refused. Raises SceneFault."""
        try:
            await doing
        except Refused as refused:
            self.say(f"  NO   {text}")
            self.say(f"       “{refused.sentence}”")
            self.played.refusals.append((text, refused))
            return refused
        raise SceneFault(f"{text}: this should have been refused")


async def play(cast: Cast, say: Callable[[str], None]) -> Played:
    """Play the whole scene. Raises SceneFault."""
    stage = Stage(cast, say)
    await _meet(stage)
    await _talk(stage)
    await _files(stage)
    await _calls(stage)
    await _show(stage)
    return stage.played


async def _meet(stage: Stage) -> None:
    alice, bob, carol = stage.cast.alice, stage.cast.bob, stage.cast.carol
    made = alice.create_room("Project Heron", invite=(bob.user, carol.user))
    room = await stage.act(
        "Alice (Engineering) makes the room “Project Heron”, invites Bob and Acme's Carol", made
    )
    stage.played.shared = str(room)
    for who in (bob, carol):
        await _join(who, stage.played.shared, alice.user.server)
    stage.say("  yes  Bob and Carol join")


async def _join(who: Client, room: str, via: str) -> None:
    async def invited() -> bool:
        return room in await who.invited()

    if not await until(invited, _PATIENCE):
        raise SceneFault(f"the invitation never reached {who.name}")
    try:
        await who.join(room, via)
    except Refused as refused:
        raise SceneFault(f"{who.name} should be allowed to join, but: {refused}") from refused


async def _talk(stage: Stage) -> None:
    alice, bob, carol = stage.cast.alice, stage.cast.bob, stage.cast.carol
    room = stage.played.shared
    for who, text in (
        (alice, "Hello Bob, hello Carol! Shall we meet on Thursday?"),
        (carol, "Thursday is fine. I'll bring the samples."),
        (bob, "So do I."),
    ):
        await stage.act(f"{who.name}: {text}", who.say(room, text))
        for other in (alice, bob, carol):
            await _must_see(other, room, text)


async def _must_see(who: Client, room: str, text: str) -> None:
    async def there() -> bool:
        return text in bodies(await who.seen(room))

    if not await until(there, _PATIENCE):
        raise SceneFault(f"{who.name} never saw “{text}”")


async def _files(stage: Stage) -> None:
    alice, bob, carol = stage.cast.alice, stage.cast.bob, stage.cast.carol
    shared = stage.played.shared
    inside = str(await stage.act(
        "Alice makes the room “Drawings” with Bob",
        alice.create_room("Drawings", invite=(bob.user,)),
    ))  # fmt: skip
    stage.played.inside = inside
    await _join(bob, inside, alice.user.server)
    sent = alice.send_file(inside, "wing.pdf", "application/pdf", DRAWING)
    url = str(await stage.act("Alice sends the document wing.pdf there", sent))
    got = await stage.act("Bob opens it", bob.download(url))
    if got != DRAWING:
        raise SceneFault("Bob received other bytes than Alice sent")
    await stage.refused(
        "Alice sends wing.pdf into “Project Heron”, where Carol is",
        alice.send_file(shared, "wing.pdf", "application/pdf", DRAWING),
    )
    await stage.act(
        "Carol sends prices.pdf into “Project Heron”; Acme lets it go",
        carol.send_file(shared, "prices.pdf", "application/pdf", _PRICES),
    )


async def _calls(stage: Stage) -> None:
    call: Json = {
        "call_id": "heron",
        "party_id": "SCENE",
        "version": "1",
        "lifetime": 60000,
        "offer": {"type": "offer", "sdp": _SDP},
    }
    alice, room = stage.cast.alice, stage.played.shared
    await stage.refused(
        "Alice calls everybody in “Project Heron”", alice.send(room, "m.call.invite", call)
    )


async def _show(stage: Stage) -> None:
    """Ask each person's server what there is to be seen in the shared room."""
    cast, room = stage.cast, stage.played.shared
    last = "See you on Thursday."
    await stage.act(f"Carol: {last}", cast.carol.say(room, last))
    for who in (cast.alice, cast.bob, cast.carol):
        await _must_see(who, room, last)
    stage.say("")
    stage.say("What each of them saw in “Project Heron”:")
    for who, house in ((cast.alice, "Example AG"), (cast.bob, "Example AG"), (cast.carol, "Acme")):
        stage.say(f"  {house}'s {who.name} saw:")
        for event in await who.seen(room):
            line = _shown(event)
            if line:
                stage.say(f"      {line}")
    for who in (cast.alice, cast.bob):
        if "prices.pdf" in bodies(await who.seen(room)):
            raise SceneFault(f"{who.name} saw the file that Carol sent")


def bodies(events: tuple[Json, ...]) -> tuple[str, ...]:
    """The texts and file names of a room's messages."""
    found = (event.get("content", {}).get("body") for event in events)
    return tuple(str(body) for body in found if body)


def _shown(event: Json) -> str:
    content = event.get("content", {})
    if event.get("type") != "m.room.message" or "body" not in content:
        return ""
    name = str(event.get("sender", "")).removeprefix("@").partition(":")[0].capitalize()
    mark = "[file] " if content.get("msgtype") == "m.file" else ""
    return f"{name}: {mark}{content['body']}"
