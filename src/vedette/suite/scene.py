"""The demo's scene: what people of two organisations try, and what each of them sees.

Everything goes through the gateways over the plain client API, as any Matrix client would do it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from vedette.suite.client import Client, Json, Refused, until

_PATIENCE = 20.0
"""Seconds for something to arrive on the other side."""
T = TypeVar("T")


def whole_pdf(title: str) -> bytes:
    """A document of one empty page: whole, since what can't be looked into is no known document."""
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        f"<< /Title ({title}) >>",
    )
    text, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(text))
        text += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size, start = len(objects) + 1, len(text)
    text += f"xref\n0 {size}\n0000000000 65535 f \n{table}"
    text += f"trailer\n<< /Size {size} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return text.encode("ascii")


DRAWING = whole_pdf("the new wing of the heron")
_PRICES = whole_pdf("prices")
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

    async def needed(self, text: str, doing: Awaitable[str]) -> str:
        """Something without which there is no scene. Raises SceneFault."""
        try:
            found = await doing
        except Refused as refused:
            raise SceneFault(f"the scene can't begin: {text}: {refused.sentence}") from refused
        self.say(f"  yes  {text}")
        return found

    async def attempt(self, text: str, doing: Awaitable[T]) -> T | None:
        """Something that the rules in force decide; None if they refuse it."""
        try:
            found = await doing
        except Refused as refused:
            self.say(f"  NO   {text}")
            self.say(f"       “{refused.sentence}”")
            self.played.refusals.append((text, refused))
            return None
        self.say(f"  yes  {text}")
        return found


async def play(cast: Cast, say: Callable[[str], None]) -> Played:
    """Play the whole scene. What is refused is told, and the scene goes on.

    Raises:
        SceneFault: the rules in force don't even let people meet.
    """
    stage = Stage(cast, say)
    await _meet(stage)
    await _talk(stage)
    await _files(stage)
    await _calls(stage)
    await _show(stage)
    return stage.played


async def _meet(stage: Stage) -> None:
    alice, bob, carol = stage.cast.alice, stage.cast.bob, stage.cast.carol
    stage.played.shared = await stage.needed(
        "Alice (Engineering) makes the room “Project Heron”, invites Bob and Acme's Carol",
        alice.create_room("Project Heron", invite=(bob.user, carol.user)),
    )
    for who in (bob, carol):
        await _join(who, stage.played.shared, alice.user.server)
    stage.say("  yes  Bob and Carol join")


async def _join(who: Client, room: str, via: str) -> None:
    async def invited() -> bool:
        return room in await who.invited()

    if not await until(invited, _PATIENCE):
        raise SceneFault(f"the scene can't begin: the invitation never reached {who.name}")
    try:
        await who.join(room, via)
    except Refused as refused:
        raise SceneFault(
            f"the scene can't begin: {who.name} may not join: {refused.sentence}"
        ) from refused


async def _talk(stage: Stage) -> None:
    alice, bob, carol = stage.cast.alice, stage.cast.bob, stage.cast.carol
    for who, text in (
        (alice, "Hello Bob, hello Carol! Shall we meet on Thursday?"),
        (carol, "Thursday is fine. I'll bring the samples."),
        (bob, "So do I."),
    ):
        await _say_to_all(stage, who, text)


async def _say_to_all(stage: Stage, who: Client, text: str) -> None:
    """Say something, and give it time to reach everybody, so that the talk stays in order."""
    room = stage.played.shared
    if await stage.attempt(f"{who.name}: {text}", who.say(room, text)) is None:
        return
    for other in (stage.cast.alice, stage.cast.bob, stage.cast.carol):

        async def there(person: Client = other) -> bool:
            return text in bodies(await person.seen(room))

        await until(there, _PATIENCE)


async def _files(stage: Stage) -> None:
    alice, bob, carol = stage.cast.alice, stage.cast.bob, stage.cast.carol
    stage.played.inside = await stage.needed(
        "Alice makes the room “Drawings” with Bob",
        alice.create_room("Drawings", invite=(bob.user,)),
    )
    await _join(bob, stage.played.inside, alice.user.server)
    drawing = ("wing.pdf", "application/pdf", DRAWING)
    url = await stage.attempt(
        "Alice sends the document wing.pdf there", alice.send_file(stage.played.inside, *drawing)
    )
    if url is not None:
        await stage.attempt("Bob opens it", bob.download(url))
    await stage.attempt(
        "Alice sends wing.pdf into “Project Heron”, where Carol is",
        alice.send_file(stage.played.shared, *drawing),
    )
    await stage.attempt(
        "Carol sends prices.pdf into “Project Heron”, which Acme allows",
        carol.send_file(stage.played.shared, "prices.pdf", "application/pdf", _PRICES),
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
    await stage.attempt(
        "Alice calls everybody in “Project Heron”", alice.send(room, "m.call.invite", call)
    )


async def _show(stage: Stage) -> None:
    """Ask each person's server what there is to be seen in the shared room."""
    cast, room = stage.cast, stage.played.shared
    await _say_to_all(stage, cast.carol, "See you on Thursday.")
    stage.say("")
    stage.say("What each of them saw in “Project Heron”:")
    for who, house in ((cast.alice, "Example AG"), (cast.bob, "Example AG"), (cast.carol, "Acme")):
        stage.say(f"  {house}'s {who.name} saw:")
        for event in await who.seen(room):
            line = _shown(event)
            if line:
                stage.say(f"      {line}")


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
