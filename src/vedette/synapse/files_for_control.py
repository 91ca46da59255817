"""Files held and refused, as administrators list, hold and release them: the door for control.

Control has asked its own door and recorded the act before it asks here, by a signed question; what
the rules say of the file itself is decided and recorded here. A hold is in Synapse's row first, its
release last: what is half done is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from synapse.http.server import DirectServeJsonResource

from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision, Verdict
from vedette.core.explain import sentence_for_administrator
from vedette.core.facts import Facts
from vedette.core.files import address_of
from vedette.core.names import MediaId, ServerName
from vedette.core.towards import routine
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.protocol.internal.files import content_to_json
from vedette.protocol.internal.held_files import (
    ABOUT,
    FileRow,
    Outlook,
    Sought,
    cursor_of,
    named_from_json,
    outlook_to_json,
    row_to_json,
    sought_from_json,
)
from vedette.protocol.internal.questions import Question, QuestionRefused, read
from vedette.protocol.internal.signing import Verifier
from vedette.spine import Permit, Refusal, Settled
from vedette.synapse.files import OF_EACH_FETCH, FileDoor, Looked, file_of
from vedette.synapse.internals.gate import Entering
from vedette.synapse.marks import Mark

if TYPE_CHECKING:
    from synapse.http.site import SynapseRequest

Answer = tuple[int, Mapping[str, Any]]
_LONGEST_BY = 255
_CHANGED = "the file changes just now"
_NOT_OURS: Answer = 409, {"why": "somebody quarantined this file in Synapse itself"}


class Rows(Protocol):
    """The homeserver's own knowledge of which files are held. Every method may raise Unavailable."""

    async def see(self, server: str, media: str) -> tuple[FileRow, Mark] | None:
        """A file whose bytes are here, and who holds it."""

    async def list(
        self, sought: Sought, after: tuple[int, str, str] | None, most: int
    ) -> list[FileRow]:
        """Files that are held or were refused once held, the newest first."""

    async def hold(self, server: str, media: str, *, officer: bool = False) -> bool:
        """Keep a file from everybody; False if its bytes are not here."""

    async def open(self, server: str, media: str, before: Mark) -> bool:
        """Open a file that says `before`, whoever held it; False if it says something else."""


class Found(Protocol):
    """The files that the homeserver has."""

    async def find(self, server: str, media: str) -> Entering | None:
        """A file whose bytes are here."""


@dataclass(frozen=True, slots=True)
class FilesForControl:
    """Answers what control asks, whose public key is `key`."""

    door: FileDoor
    rows: Rows
    stored: Found
    organisation: ServerName
    key: Verifier

    async def answer(self, data: bytes) -> Answer:
        """The status and the JSON for the bytes of a question; never raises.

        200: it is done, or told. 400: nothing can be asked like this. 403: the question is not
        control's (without a record), or the rules refuse the release. 404: no such file is here.
        409: somebody quarantined it in Synapse itself. 503: to be asked again; what is not done is held.
        """
        try:
            question = read(ABOUT, data, self.organisation, self.key, self.door.clock.now())
            return await self._answer(question)
        except QuestionRefused as refused:
            return 403, {"why": str(refused)}
        except Unavailable as outage:
            return 503, {"why": str(outage)}
        except ValueError as fault:
            return 400, {"why": str(fault)}

    async def _answer(self, question: Question) -> Answer:
        if question.do == "list":
            return await self._list(*sought_from_json(question.body))
        doing = {"show": self._show, "hold": self._hold, "release": self._release}.get(question.do)
        if doing is None:
            raise ValueError(f"nothing is called `{question.do}`")
        server, media = named_from_json(question.body)
        seen, file = await self.rows.see(server, media), await self.stored.find(server, media)
        if seen is None or file is None:
            return 404, {}
        return await doing(question, seen, _with_device(file, seen[1]))

    async def _list(self, sought: Sought, after: tuple[int, str, str] | None, most: int) -> Answer:
        found = await self.rows.list(sought, after, most + 1)
        next_ = cursor_of(found[most - 1]) if len(found) > most else None
        return 200, {"files": [row_to_json(row) for row in found[:most]], "next": next_}

    async def _show(self, question: Question, seen: tuple[FileRow, Mark], file: Entering) -> Answer:
        del question
        decision, looked = await self.door.outlook(file)
        content = looked.file.content
        return 200, {
            "file": row_to_json(seen[0]),
            "content": None if content is None else content_to_json(content),
            "outlook": outlook_to_json(_outlook(decision)),
        }

    async def _hold(self, question: Question, seen: tuple[FileRow, Mark], file: Entering) -> Answer:
        by, order = _order(question)
        row, mark = seen
        if not mark.ours:
            return _NOT_OURS
        settled = await self._settle_hold(row.server, row.media, by, order)
        if isinstance(settled, Refusal) and not settled.in_doubt:
            return _refused(settled)
        if not await self.rows.hold(row.server, row.media, officer=True):
            return 404, {}
        await self._have_held(file, row.server, row.media, by)
        if not mark.officer and file.owner is not None:
            self.door.withheld(file)
        return 200, {"record": settled.record}

    async def _have_held(self, file: Entering, server: ServerName, media: MediaId, by: str) -> None:
        """Have the register know it too, which other doors ask. Raises Unavailable."""
        register = self.door.register
        if not await register.hold(server, media, by, held=True):
            await register.register(file_of(file), None)
            await register.hold(server, media, by, held=True)

    async def _settle_hold(
        self, server: ServerName, media: MediaId, by: str, order: str
    ) -> Settled:
        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            del policy
            where = address_of(server, media)
            return routine(Act.FILE_CONTENT_HOLD, by, where), Facts(claims={"order": order})

        return await self.door.spine.settle_durably(Act.FILE_CONTENT_HOLD, by, gather)

    async def _release(
        self, question: Question, seen: tuple[FileRow, Mark], file: Entering
    ) -> Answer:
        by, order = _order(question)
        row, mark = seen
        if not mark.ours:
            return _NOT_OURS
        settled, looked = await self.door.release(file, by, order)
        if isinstance(settled, Refusal):
            return _refused(settled)
        if not await self._let_go(settled, row, mark, looked, by):
            return 503, {"why": _CHANGED}
        if mark.text is not None and file.owner is not None:
            self.door.let_go(file)
        return 200, {"record": settled.record}

    async def _let_go(
        self, permit: Permit, row: FileRow, mark: Mark, looked: Looked, by: str
    ) -> bool:
        """Let a file go, in the register first. False: somebody held it again. Raises Unavailable."""
        del permit  # being given one is the point
        register, (server, media) = self.door.register, (row.server, row.media)
        await register.register(looked.file, looked.digest)
        await register.hold(server, media, by, held=False, released=looked.file.released)
        if await self.rows.open(server, media, mark):
            return True
        now = await self.rows.see(server, media)
        if now is not None and now[1].text is None:  # its content became known, and it was let go
            return True
        await register.hold(server, media, by, held=True)
        return False


def _with_device(file: Entering, mark: Mark) -> Entering:
    return replace(file, device=mark.device or None)


def _order(question: Question) -> tuple[str, str]:
    """Who does it, and by which record of control. Raises ValueError."""
    by, order = question.body.get("by"), question.body.get("order")
    if not isinstance(by, str) or not isinstance(order, str) or not by or not order:
        raise ValueError("`by` says who does this, `order` by which record")
    return by[:_LONGEST_BY], order[:_LONGEST_BY]


def _refused(refusal: Refusal) -> Answer:
    told = outlook_to_json(_outlook(refusal.decision))
    return 503 if refusal.in_doubt else 403, {**told, "record": refusal.record}


def _outlook(decision: Decision) -> Outlook:
    passes = decision.verdict is Verdict.NOT_YET and OF_EACH_FETCH.issuperset(decision.pending)
    return Outlook(
        answer=(Verdict.YES if passes else decision.verdict).value,
        reason=decision.reason.value,
        rule=decision.rule,
        sentence=decision.say or sentence_for_administrator(decision),
    )


class Files(DirectServeJsonResource):
    """Answers `POST <PATH>` on Synapse's own socket."""

    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, files: FilesForControl) -> None:
        """Answer by `files`."""
        super().__init__()
        self._files = files

    async def _async_render_POST(self, request: SynapseRequest) -> Answer:  # noqa: N802
        body = request.content
        return await self._files.answer(body.read() if body is not None else b"")
