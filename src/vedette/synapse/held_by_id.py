"""Files held and released by their id: the door of the inspector member, over the inner socket.

A hold is in Synapse's own row first, so it outlives every process, and then in the inspector's
register, by which other doors know why. Its release goes the other way round: what is half done is
held. No public path leads here: the gateway carries nothing under `/_synapse/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from synapse.http.server import DirectServeJsonResource
from synapse.http.servlet import parse_json_object_from_request
from twisted.web.resource import Resource

from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.core.files import address_of
from vedette.core.names import InvalidName, MediaId, ServerName, UserId
from vedette.core.people import SERVICES
from vedette.core.reasons import Reason
from vedette.core.towards import routine
from vedette.ports.errors import Unavailable
from vedette.ports.inspection import FileRegister
from vedette.ports.policy import Policy
from vedette.spine import Permit, Refusal, Settled, Spine, refuse
from vedette.synapse.files import file_of
from vedette.synapse.internals.gate import Entering
from vedette.synapse.stored_files import named

if TYPE_CHECKING:
    from synapse.http.site import SynapseRequest

PATH = "/_synapse/vedette/held"


class Rows(Protocol):
    """The homeserver's own knowledge of which files are held."""

    async def hold(self, server: str, media: str) -> bool:
        """Keep a file from everybody; False if its bytes are not here."""

    async def release(self, server: str, media: str) -> bool:
        """Take such a hold away; False if there is no such file."""


class Found(Protocol):
    """The files that the homeserver has."""

    async def find(self, server: str, media: str) -> Entering | None:
        """A file whose bytes are here."""


@dataclass(frozen=True, slots=True)
class HoldsById:
    """Holds and releases what one of the suite's own accounts names."""

    spine: Spine
    rows: Rows
    stored: Found
    register: FileRegister

    async def hold(self, server: ServerName, media: MediaId, by: UserId) -> Settled | None:
        """Hold a file. None: its bytes are not here.

        Doubt holds all the same: who may not be asked may still be right.

        Raises:
            Unavailable: it is held, and the inspector does not know it yet; to be asked again.
        """
        settled = await self._settle(Act.FILE_CONTENT_HOLD, by, address_of(server, media))
        if isinstance(settled, Refusal) and not settled.in_doubt:
            return settled
        if not await self.rows.hold(server, media):
            return None
        if not await self.register.hold(server, media, by, held=True):
            found = await self.stored.find(server, media)
            if found is not None:
                await self.register.register(file_of(found), None)
                await self.register.hold(server, media, by, held=True)
        return settled

    async def release(self, server: ServerName, media: MediaId, by: UserId) -> Settled | None:
        """Release a file that is held by its id, once that is recorded. None: there is none.

        Raises:
            Unavailable: it is still held; to be asked again.
        """
        settled = await self._settle(Act.FILE_CONTENT_RELEASE, by, address_of(server, media))
        if isinstance(settled, Refusal):
            return settled
        return settled if await self._let_go(settled, server, media, by) else None

    async def _let_go(self, permit: Permit, server: ServerName, media: MediaId, by: UserId) -> bool:
        del permit  # being given one is the point
        await self.register.hold(server, media, by, held=False)
        return await self.rows.release(server, media)

    async def _settle(self, act: Act, by: UserId, where: str) -> Settled:
        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            if SERVICES not in policy.directory.someone(by).parties:
                return refuse(policy, Reason.NOT_SUPPORTED, by)
            return routine(act, by, where), Facts()

        return await self.spine.settle_durably(act, by, gather)


class HeldById(Resource):
    """Answers `POST <PATH>/<server>/<media id>` with `{by, held}` by `{held}`.

    200 once it is so in Synapse and in the register. 403: `by` is none of the suite's own accounts;
    404: no such file is here; 503: what is asked for is to be asked again, and meanwhile it is held.
    """

    def __init__(self, holds: HoldsById) -> None:
        """Hold and release by `holds`."""
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's Resource has no types
        self._holds = holds

    def getChild(self, path: bytes, request: SynapseRequest) -> Resource:  # noqa: N802  # Twisted's name
        """Two segments are one child."""
        rest = request.postpath or []
        return _HeldById(self._holds, path, rest.pop(0) if rest else b"")


class _HeldById(DirectServeJsonResource):
    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, holds: HoldsById, server: bytes, media: bytes) -> None:
        super().__init__()
        self._holds = holds
        self._file = named(server, media)

    async def _async_render_POST(self, request: SynapseRequest) -> tuple[int, object]:  # noqa: N802
        body = parse_json_object_from_request(request)
        held = body.get("held")
        try:
            by = UserId(str(body.get("by")))
        except InvalidName:
            return 400, {}
        if not isinstance(held, bool):
            return 400, {}
        if self._file is None:
            return 404, {}
        doing = self._holds.hold if held else self._holds.release
        try:
            settled = await doing(*self._file, by)
        except Unavailable as outage:
            return 503, {"why": str(outage)}
        if settled is None:
            return 404, {}
        if isinstance(settled, Permit):
            return 200, {"held": held}
        return 503 if settled.in_doubt else 403, {"why": settled.decision.reason.value}
