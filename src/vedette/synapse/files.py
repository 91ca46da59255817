"""The file door inside Synapse: holds, releases or refuses what enters, by what the inspector says.

Nobody can fetch a file before this door has answered. What can't be judged in time is held, and
asked about again (`vedette.synapse.held`) until it is released or refused.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from vedette.core.asks import Act, Ask
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.explain import (
    sentence_about_file_let_go,
    sentence_about_held_file,
    sentence_about_refused_file,
    sentence_about_released_file,
    sentence_about_withheld_file,
    sentence_for_person,
)
from vedette.core.facts import FILE_FACTS, REGISTRY, ROOM_FACTS, Facts, Missing, Value
from vedette.core.files import Content, Digest, File, facts_of, facts_of_all
from vedette.core.names import InvalidName, MediaId, ServerName, UserId
from vedette.core.people import SERVICES
from vedette.core.reasons import Reason
from vedette.core.towards import reach_some, routine
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.inspection import FileRegister, Inspection, NotFound
from vedette.ports.policy import Policy
from vedette.protocol.matrix.events import class_of, media_named
from vedette.spine import Permit, Refusal, Settled, Spine, refuse
from vedette.synapse.internals.gate import Entering, EventView, Kept, Refused

USED_LATER = frozenset({"file.class"}) | ROOM_FACTS
"""What is learnt only when a file is used: it holds no file."""

_OF_THE_SENDER = frozenset(name for name in REGISTRY if name.startswith(("client.", "device.")))
"""What was asked when the file came, and is not known any more of one that is stored."""
OF_EACH_FETCH = USED_LATER | _OF_THE_SENDER
"""What a release leaves to each fetch."""
_FILE = (Channel.FILE,)
_KNOWN_SECONDS = 30.0
"""How long the event door believes what it learnt of a file; every fetch asks anew."""
_MOST_KNOWN = 10_000
_HELD, _RELEASED, _REFUSED = "a held file", "a released file", "a refused file"
_WITHHELD = "a withheld file"
"""What notices about held files count as, beside those about rules."""

Say = Callable[[str, str, str], None]
"""Tells a person (user id) a text about something, if that is not once too often."""
Tell = Callable[[str, Decision, str], None]
Session = Callable[[str, str], Facts]
"""What rules between people may read of a person's session on a device."""
Digested = Callable[[str], Awaitable[Digest]]
"""The digest of the bytes of the file at a path, computed off the loop. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A file as far as it is known now. `missing` says why its content is not, if so."""

    file: File
    digest: Digest | None
    missing: Missing = Missing.PENDING
    away: bool = False
    """The inspector did not answer."""

    def facts(self) -> Facts:
        """What rules may read of it; as what and in which room it is used is still to be seen."""
        facts = facts_of(self.file, self.missing)
        later = dict.fromkeys(USED_LATER, Missing.PENDING)
        return Facts({**facts.known, **later}, facts.claims, facts.parts)


@dataclass(frozen=True, slots=True)
class StillHeld:
    """Nothing changed for a held file."""

    inspector_away: bool = False


@dataclass(frozen=True, slots=True)
class FileDoor:
    """The FileGate that decides by the policy in force.

    `register` is the same inspector as `inspection`, asked beside it: no event waits for uploads.
    """

    spine: Spine
    inspection: Inspection
    register: FileRegister
    session: Session
    digest: Digested
    clock: Clock
    say: Say
    tell: Tell
    _known: OrderedDict[tuple[str, str], tuple[float, File]] = field(default_factory=OrderedDict)

    async def file_enters(self, file: Entering) -> Kept | Refused:
        """Judge what enters: open, held, or refused. A file of another server is never held."""
        looked = await self._look(file, wait=None)
        settled = await self._settle(file, looked)
        if isinstance(settled, Refusal) and file.owner is not None:
            return self._refused(file, settled)
        await self._register(looked)
        if isinstance(settled, Refusal):
            return _no(settled)
        if not _holds(settled):
            return Kept.OPEN
        if file.owner is None:  # whoever wants it asks again
            return _no(settled)
        self.say(file.owner, _HELD, sentence_about_held_file(file.name))
        return Kept.HELD

    async def file_used(self, user: str, address: str, class_: str) -> None:
        """Remember that a person's own file is used as an avatar or the like.

        Nobody else's: a picture that was sent to a few must not become one that all may see.
        """
        await self._used(user, {"url": address}, class_)

    async def used_by(self, event: EventView) -> None:
        """The same for the files that an event shows."""
        await self._used(event.sender, event.content, class_of(event.kind))

    async def _used(self, user: str, content: Mapping[str, object], class_: str) -> None:
        for server, media in media_named(content)[0]:
            with suppress(Unavailable):
                found = await self.register.file(server, media)
                if found is not None and found.owner == user and found.class_ != class_:
                    await self.register.use_as(server, media, class_)

    async def again(self, file: Entering) -> Settled | StillHeld:
        """Judge what is held once more, without waiting for what is being looked at.

        A Permit lets it go; a Refusal keeps it from everybody for good.
        """
        looked = await self._look(file, wait=0.0)
        if looked.away or self._is_open(file, looked):
            return StillHeld(inspector_away=looked.away)
        settled = await self._settle(file, looked)
        if isinstance(settled, Refusal):
            awaited = settled.in_doubt or settled.decision.verdict is Verdict.NOT_YET
            return StillHeld() if awaited else settled
        await self._register(looked)
        return StillHeld() if _holds(settled) else settled

    def released(self, file: Entering) -> None:
        """Tell the sender that a held file can be opened now."""
        self.say(file.owner or "", _RELEASED, sentence_about_released_file(file.name))

    def let_go(self, file: Entering) -> None:
        """Tell the sender that an administrator released a file."""
        self.say(file.owner or "", _RELEASED, sentence_about_file_let_go(file.name))

    def refused(self, file: Entering, refusal: Refusal) -> None:
        """Tell the sender that nobody will get a file."""
        text = sentence_about_refused_file(file.name, refusal.decision)
        self.say(file.owner or "", _REFUSED, f"{text} (Record {refusal.record})")

    async def release(self, file: Entering, by: str, order: str) -> tuple[Settled, Looked]:
        """Ask the rules about a file that `by`, an administrator, wants released by the record `order`.

        Where nobody knows what it is, their word stands for that: rules read it as `file.released`.
        What a forbid refuses, in doubt too, stays refused.

        Raises:
            Unavailable: the inspector does not answer.
        """
        looked = await self._vouched(file)

        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            asked = self._release(policy, file, looked)
            if isinstance(asked, Decision):
                return asked
            ask, facts = asked
            claims = {**facts.claims, "order": order}
            return replace(ask, who=by), Facts(facts.known, claims, facts.parts)

        act = Act.FILE_CONTENT_RELEASE
        return await self.spine.settle_durably(act, by, gather, OF_EACH_FETCH), looked

    async def outlook(self, file: Entering) -> tuple[Decision, Looked]:
        """What would be answered to that now; nothing is settled by it. Raises Unavailable."""
        looked, policy = await self._vouched(file), self.spine.policy.current()
        asked = self._release(policy, file, looked)
        if isinstance(asked, Decision):
            return asked, looked
        ask, facts = asked
        return policy.decide(ask, facts, self.spine.clock.today()), looked

    async def _vouched(self, file: Entering) -> Looked:
        looked = await self._look(file, wait=0.0)
        if looked.away:
            raise Unavailable("the inspector does not answer")
        return replace(looked, file=replace(looked.file, released=looked.file.content is None))

    def _release(
        self, policy: Policy, file: Entering, looked: Looked
    ) -> tuple[Ask, Facts] | Decision:
        gathered = self._gather(policy, file, looked)
        if isinstance(gathered, Decision):
            return gathered
        ask, facts = gathered
        sender: dict[str, Value | Missing] = (
            {} if file.device else dict.fromkeys(_OF_THE_SENDER, Missing.PENDING)
        )
        known = {**facts.known, **sender}
        return replace(ask, act=Act.FILE_CONTENT_RELEASE), Facts(known, facts.claims, facts.parts)

    def withheld(self, file: Entering) -> None:
        """Tell the sender that an administrator holds a file."""
        self.say(file.owner or "", _WITHHELD, sentence_about_withheld_file(file.name))

    async def learn(self, file: Entering) -> None:
        """Have the register know a file that is stored already, and what is in it.

        Raises:
            Unavailable: the inspector did not answer.
        """
        looked = await self._look(file, wait=None)
        await self.inspection.register(looked.file, looked.digest)

    async def named_by(self, event: EventView, claims: Mapping[str, Value]) -> Facts:
        """What is known of the files that an event names, used as the event uses them.

        What the register does not know is pending: the fetch decides. What can't even be read as an
        address is unknown.
        """
        files, whole = media_named(event.content)
        class_ = class_of(event.kind)
        each = [
            facts_of(replace(await self._of(server, media), class_=class_))
            for server, media in files
        ]
        if not whole:
            each.append(Facts(dict.fromkeys(FILE_FACTS, Missing.UNKNOWN)))
        return facts_of_all(each, claims)

    async def _of(self, server: ServerName, media: MediaId) -> File:
        at, file = self._known.get((server, media), (0.0, None))
        if file is not None and self.clock.now() - at < _KNOWN_SECONDS:
            return file
        found = None
        with suppress(Unavailable):
            found = await self.register.file(server, media)
        if found is None:
            return File(server=server, media=media, owner=None, declared="", name="")
        if found.content is not None and not found.held:
            self._remember(found)
        return found

    def _remember(self, file: File) -> None:
        self._known.pop((file.server, file.media), None)
        self._known[file.server, file.media] = (self.clock.now(), file)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    async def _look(self, entering: Entering, wait: float | None) -> Looked:
        """Learn what a file is. `wait` of None waits as long as the settings say, where it helps.

        Never raises for an inspector that is away or late: then nothing is known of the content.
        """
        file = file_of(entering)
        seconds = self._wait(file, entering) if wait is None else wait
        digest = None if entering.sha256 is None else Digest(entering.sha256)
        try:
            digest = digest or await self.digest(entering.path)
            found = await self.inspection.content(digest, seconds)
            if found is NotFound.UNSENT:
                found = await self.inspection.look_at(entering.path, seconds)
        except Unavailable:
            return Looked(file, digest, away=True)
        if isinstance(found, Content):
            return Looked(replace(file, content=found), digest)
        never = found is NotFound.TOO_LARGE
        return Looked(file, digest, Missing.UNKNOWN if never else Missing.PENDING)

    def _wait(self, file: File, entering: Entering) -> float:
        """How long what is in a file is worth waiting for, in seconds."""
        try:
            policy = self.spine.policy.current()
        except Unavailable:
            return 0.0
        if not self._is_open(entering, Looked(file, None)):
            return 0.0
        return float(policy.directory.document.files.wait)

    def _is_open(self, entering: Entering, looked: Looked) -> bool:
        """Whether what is not known yet of its content can still change the answer."""
        if looked.file.content is not None:
            return False
        try:
            policy = self.spine.policy.current()
        except Unavailable:
            return True
        gathered = self._gather(policy, entering, looked)
        if isinstance(gathered, Decision):
            return False
        return not USED_LATER.issuperset(self.spine.awaits(policy, *gathered))

    async def _settle(self, file: Entering, looked: Looked) -> Settled:
        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            return self._gather(policy, file, looked)

        who = file.owner or file.server
        return await self.spine.settle_durably(_act(file), who, gather, FILE_FACTS | ROOM_FACTS)

    def _gather(
        self, policy: Policy, entering: Entering, looked: Looked
    ) -> tuple[Ask, Facts] | Decision:
        """May anybody at all get this from whoever sends it?"""
        directory, facts = policy.directory, looked.facts()
        if entering.owner is None:
            server = directory.server(looked.file.server)
            asked = reach_some(_act(entering), server, directory.ours(), _FILE)
            return replace(asked, where=looked.file.address), facts
        try:
            owner = directory.someone(UserId(entering.owner))
        except InvalidName:
            return refuse(policy, Reason.NOT_SUPPORTED)
        if SERVICES in owner.parties:
            return routine(_act(entering), owner.name, looked.file.address), facts
        asked = reach_some(_act(entering), owner, directory.everyone(), _FILE)
        asked = replace(asked, where=looked.file.address)
        return asked, self.session(owner.name, entering.device or "").beside(facts)

    async def _register(self, looked: Looked) -> None:
        """Have the register know the file. Where that fails, the first fetch has it done."""
        with suppress(Unavailable):
            await self.inspection.register(looked.file, looked.digest)

    def _refused(self, file: Entering, refusal: Refusal) -> Refused:
        if refusal.record is not None and file.owner is not None:
            self.tell(file.owner, refusal.decision, refusal.record)
        return _no(refusal)


def _act(file: Entering) -> Act:
    return Act.FILE_CONTENT_FETCH if file.owner is None else Act.FILE_CONTENT_UPLOAD


def _holds(permit: Permit) -> bool:
    """Whether a permit only passes the file on to where it is looked at: nobody may fetch it yet."""
    decision = permit.decision
    return decision.verdict is not Verdict.YES and not USED_LATER.issuperset(decision.pending)


def file_of(entering: Entering) -> File:
    """The file that enters, before anything is known of its content."""
    return File(
        server=ServerName(entering.server),
        media=MediaId(entering.media),
        owner=None if entering.owner is None else UserId(entering.owner),
        declared=entering.declared,
        name=entering.name,
    )


def _no(settled: Settled) -> Refused:
    decision = settled.decision
    body = {"reason": decision.reason.value, "rule": decision.rule, "record": settled.record}
    return Refused(sentence_for_person(decision), {"vedette": body})
