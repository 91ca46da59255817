"""What the gateway knows of the file that somebody fetches: what the inspector's register says now.

What it said is believed for a second, so whatever changes in it, a verdict, a use, a hold, counts
within that second, as everything else does. Only while the inspector does not answer is older
knowledge believed, and then the homeserver is asked whether it holds the file.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from vedette.core.asks import Ask
from vedette.core.decision import Decision
from vedette.core.facts import FILE_FACTS, Facts, Missing
from vedette.core.files import File
from vedette.core.names import InvalidName, MediaId, ServerName
from vedette.ports.errors import Unavailable
from vedette.ports.homeserver import Homeserver
from vedette.ports.inspection import FileRegister
from vedette.ports.policy import Policy
from vedette.protocol.matrix.paths import Answering, Matched
from vedette.spine import Spine

Known = File | Missing | None
"""A file as far as it is known: None if there is none, UNKNOWN if nobody could be asked."""
Gathering = Callable[[Policy, Known], tuple[Ask, Facts] | Decision]

_MOST_REMEMBERED = 50_000
FRESH_SECONDS = 1.0
"""How long what the register said is believed."""


@dataclass(frozen=True, slots=True)
class Named:
    """The file that a request names."""

    server: ServerName
    media: MediaId


def file_named(matched: Matched, domain: ServerName) -> Named | None:
    """The file that a request fetches; None if it fetches none, or names none that could be."""
    if matched.endpoint.answering is not Answering.STREAM or "media_id" not in matched.params:
        return None
    return _named(matched.params.get("server_name", domain), matched.params["media_id"])


@lru_cache(maxsize=4096)
def _named(server: str, media: str) -> Named | None:
    try:
        return Named(ServerName(server), MediaId(media))
    except InvalidName:
        return None  # which is refused when it is asked


@dataclass(slots=True)
class FetchedFiles:
    """Learns what is to be known of a file before it is handed out."""

    spine: Spine
    register: FileRegister
    homeserver: Homeserver
    domain: ServerName
    _last: OrderedDict[Named, tuple[float, File]] = field(default_factory=OrderedDict)
    """What was judged, was not held, and when that was said."""

    def fresh(self, named: Named) -> File | None:
        """A file of which the register said just now what it is; None if it must be asked."""
        said, file = self._last.get(named, (-math.inf, None))
        return file if 0 <= self.spine.clock.now() - said < FRESH_SECONDS else None

    async def gather(
        self, policy: Policy, named: Named, gathering: Gathering
    ) -> tuple[Ask, Facts] | Decision:
        """Gather what is asked about a fetch. Never raises for what does not answer.

        1. What the register knows. 2. Where its content is not known, and could still change the
        answer, the homeserver has it looked at, and fetches it from its server first. 3. What is
        not known even then is pending, and what is pending is not handed out.
        """
        found = await self._find(named)  # (1)
        gathered = gathering(policy, found)
        unseen = isinstance(found, File) and found.content is None
        if not unseen or isinstance(gathered, Decision):
            return gathered
        if FILE_FACTS.isdisjoint(self.spine.awaits(policy, *gathered)):
            return gathered
        return gathering(policy, await self._looked_at(named, found))  # (2, 3)

    async def _find(self, named: Named) -> Known:
        if (fresh := self.fresh(named)) is not None:
            return fresh
        try:
            found = await self.register.file(named.server, named.media)
        except Unavailable:
            return await self._without_register(named)
        if found is None:
            return await self._stored(named)
        self._remember(named, found)
        return found

    async def _looked_at(self, named: Named, before: Known) -> Known:
        try:
            there = await self.homeserver.have_looked_at(named.server, named.media)
            found = await self.register.file(named.server, named.media) if there else None
        except Unavailable:
            return before
        if found is not None:
            self._remember(named, found)
        return found

    async def _without_register(self, named: Named) -> Known:
        """What the register said last, unless the homeserver holds the file or has it no more.

        A homeserver that does not answer either hands out nothing, and what it holds stays held.
        """
        stored = await self._stored(named)
        _, last = self._last.get(named, (0.0, None))
        gone = stored is None or (isinstance(stored, File) and stored.held)
        return stored if last is None or gone else last

    async def _stored(self, named: Named) -> Known:
        """A file as the homeserver knows it: of ours it knows the owner."""
        ours = named.server == self.domain
        file = File(server=named.server, media=named.media, owner=None, declared="", name="")
        try:
            stored = await self.homeserver.stored_file(named.server, named.media)
        except Unavailable:
            return Missing.UNKNOWN if ours else file
        if stored is None:
            return None if ours else file
        return replace(file, owner=stored.owner, declared=stored.type or "", held=stored.held)

    def _remember(self, named: Named, file: File) -> None:
        self._last.pop(named, None)
        if file.content is not None and not file.held:
            self._last[named] = self.spine.clock.now(), file
        if len(self._last) > _MOST_REMEMBERED:
            self._last.popitem(last=False)
