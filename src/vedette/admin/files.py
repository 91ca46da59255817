"""Files that are held or were refused, as administrators see, hold and release them.

Over whom: whoever sent the file. What an author may not see is left out, and an address of theirs
reads like one that names nothing. A file of another server concerns nobody of ours, so only whoever
may act over everybody sees it. Refused at once means that nothing was kept: of those files only the
record tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vedette.admin.actor import Actor
from vedette.admin.audit import Page, search
from vedette.admin.door import AdministrationDoor, Doing, asked, foreseen, refused
from vedette.admin.people import may_look, recorded, sees_of
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.language import said_by, told
from vedette.core.names import InvalidName, MediaId, ServerName, UserId
from vedette.core.reasons import Reason
from vedette.core.record import RecordFault
from vedette.ports.clock import Clock
from vedette.ports.held_files import Came, HeldFiles, Moved, NotOurs, RulesRefuse
from vedette.ports.policy import Policy
from vedette.ports.record_index import RecordIndex, Wanted
from vedette.ports.records import Records
from vedette.protocol.internal.held_files import FileRow, SeenFile, Sought, cursor_of
from vedette.spine import Permit, refuse

LOOKED_AT = 10_000
"""So many files are looked at for one page; whoever wants more goes on from there."""
_AT_ONCE = 200
_LIST = Act.ADMINISTRATION_FILE_LIST
_ADDRESS = "mxc://"
_NO_WAY = told("nothing can be looked for like this")
_AGAIN = told("open the list from its beginning")
_NOBODY_KNOWS = told(
    "nobody knows what it is. A forbid that reads what is not known refuses it for as long as it "
    "stands; what was released passes where a rule says so: `vedette rule add released-files "
    '--between us,us --allow file --when "file.released = yes"`'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesPage:
    """Some files, the newest first. `next` is the cursor behind which it goes on, if it does."""

    rows: tuple[FileRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedSought:
    """Which refused uploads to list; what is empty matches all. Times: seconds since 1970 UTC."""

    user: str = ""
    rule: str = ""
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """An upload that was refused at once, as its record has it; `None` where that was not learnt."""

    record: str
    at: float
    user: str
    rule: str | None
    reason: str
    say: str | None
    kind: str | None
    type: str | None
    size: int | None
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPage:
    """Some refused uploads, the newest first, and the cursor behind which it goes on."""

    rows: tuple[RefusedFile, ...]
    next: str | None


@dataclass(slots=True)
class FilesDesk:
    """Where files are looked for, held and released.

    Every method raises Rejected where the rules refuse the act or no such file is here, and
    Unavailable where the homeserver (or for refused uploads the record) does not answer.
    """

    door: AdministrationDoor
    files: HeldFiles
    index: RecordIndex
    records: Records
    clock: Clock

    async def page(
        self, author: Actor, sought: Sought, after: str | None = None, most: int = 50
    ) -> FilesPage:
        """Files that are held, or were refused once held, whose senders the author may see."""
        await may_look(self.door, author, self._policy(), self.clock, _LIST)
        found, next_ = await self._found(author, sought, after, most)
        await self._recorded(author, {row.owner for row in found})
        return FilesPage(rows=tuple(found), next=next_)

    async def refused(
        self, author: Actor, sought: RefusedSought, after: str | None = None, most: int = 50
    ) -> RefusedPage:
        """Uploads that were refused at once, of people whom the author may see."""
        await may_look(self.door, author, self._policy(), self.clock, _LIST)
        sees, found, looked = self._sees(author), list[dict[str, Any]](), 0
        while True:
            page = await self._search(sought, after, most - len(found))
            found += [entry for entry in page.records if sees(_person(entry.get("who")))]
            looked, after = looked + len(page.records), page.next
            if after is None or len(found) == most or looked >= LOOKED_AT:
                break
        await self._recorded(author, {_person(entry.get("who")) for entry in found})
        return RefusedPage(rows=tuple(map(_refused_file, found)), next=after)

    async def show(self, author: Actor, server: ServerName, media: MediaId) -> SeenFile:
        """One file: who sent it, who holds it, what is in it, and what the rules say of it now."""
        await may_look(self.door, author, self._policy(), self.clock, _LIST)
        seen = await self.files.show(server, media)
        over = seen.row.owner if seen else None
        await self._over(Doing(act=_LIST, author=author, over=over, what=_at(server, media)))
        if seen is None:
            raise _nothing(server, media)
        return seen

    async def hold(self, author: Actor, server: ServerName, media: MediaId, reason: str) -> str:
        """Keep a file from everybody from now on; returns the act's record."""
        act = Act.ADMINISTRATION_FILE_HOLD
        permit = await self._permit(act, author, server, media, reason)
        done = await self.files.hold(server, media, author.name, permit.record)
        return _done(permit, done, server, media)

    async def release(self, author: Actor, server: ServerName, media: MediaId, reason: str) -> str:
        """Let a held file go, whoever held it; returns the act's record.

        What the rules refuse stays refused. Nobody releases what they sent themselves.
        """
        act = Act.ADMINISTRATION_FILE_RELEASE
        permit = await self._permit(act, author, server, media, reason)
        done = await self.files.release(server, media, author.name, permit.record)
        return _done(permit, done, server, media)

    def may(self, author: Actor, act: Act, row: FileRow) -> bool:
        """Whether the rules would allow an act over this file. It is not recorded."""
        own = act is Act.ADMINISTRATION_FILE_RELEASE and author.name == row.owner
        doing = Doing(act=act, author=author, over=row.owner)
        return not own and foreseen(self._policy(), doing, self.clock.today())

    # ---- looking ---------------------------------------------------------------------------------

    async def _found(
        self, author: Actor, sought: Sought, after: str | None, most: int
    ) -> tuple[list[FileRow], str | None]:
        sees, found, looked = self._sees(author), list[FileRow](), 0
        while True:
            got = await self._list(sought, after)
            for row in got.rows:
                if len(found) == most:
                    return found, cursor_of(found[-1])
                if sees(row.owner):
                    found.append(row)
            looked, after = looked + len(got.rows), got.next
            if after is None or looked >= LOOKED_AT:
                return found, after

    async def _list(self, sought: Sought, after: str | None) -> Any:
        try:
            return await self.files.list(sought, after, _AT_ONCE)
        except ValueError as fault:
            raise Rejected(Code.INVALID, _NO_WAY, _AGAIN) from fault

    async def _search(self, sought: RefusedSought, after: str | None, most: int) -> Page:
        wanted = Wanted(
            act=Act.FILE_CONTENT_UPLOAD,
            answer="no",
            who=sought.user or None,
            rule=sought.rule or None,
            since=sought.since,
            until=sought.until,
            most=most,
        )
        try:
            return await asyncio.to_thread(search, self.index, self.records, wanted, after)
        except RecordFault as fault:
            why = told("the record can't be searched: {why}", why=said_by(fault))
            raise Rejected(Code.UNAVAILABLE, why) from fault
        except ValueError as fault:
            raise Rejected(Code.INVALID, _NO_WAY, _AGAIN) from fault

    def _sees(self, author: Actor) -> Callable[[UserId | None], bool]:
        """Whose files the author may see; of other servers only whoever may see everybody's."""
        sees = sees_of(self.door, author, self.clock, _LIST)
        everybody = foreseen(self._policy(), Doing(act=_LIST, author=author), self.clock.today())
        return lambda owner: everybody if owner is None else sees(owner)

    async def _recorded(self, author: Actor, shown: set[UserId | None]) -> None:
        directory = self._policy().directory
        people = (directory.someone(each) for each in shown if each is not None)
        await recorded(self.door, author, people, _LIST)
        if None in shown:
            await self.door.permit(Doing(act=_LIST, author=author))

    def _policy(self) -> Policy:
        return self.door.spine.policy.current()

    async def _permit(
        self, act: Act, author: Actor, server: ServerName, media: MediaId, reason: str
    ) -> Permit:
        """Ask for an act over whoever sent a file. Raises Rejected."""
        why = _needs_reason(reason)
        await may_look(self.door, author, self._policy(), self.clock, act)
        seen = await self.files.show(server, media)
        over, what = seen.row.owner if seen else None, _at(server, media)
        doing = Doing(act=act, author=author, over=over, reason=why, what=what)
        permit = await self._over(doing)
        if seen is None:
            raise _nothing(server, media)
        return permit

    async def _over(self, doing: Doing) -> Permit:
        """Ask for an act over the sender of a file. Raises Rejected.

        A no reads alike whoever sent it and whether it is there at all: it would tell that otherwise.
        """
        settled = await self.door.answer(doing, _not_own)
        if isinstance(settled, Permit):
            return settled
        said = refused(settled)
        if settled.in_doubt or settled.decision.reason in _SAID:
            raise said
        words = told("that is not yours to see or to do, or no such file is here")
        raise Rejected(Code.REFUSED, words, said.hint, record=settled.record)


_SAID = frozenset({Reason.OWN_CHANGE, Reason.CREDENTIALS_RESET})
"""Reasons of a refusal that say nothing about the file."""


def _not_own(policy: Policy, doing: Doing) -> tuple[Ask, Facts] | Decision:
    """The ask, unless somebody would release what they sent themselves."""
    if doing.act is Act.ADMINISTRATION_FILE_RELEASE and doing.author.name == doing.over:
        return refuse(policy, Reason.OWN_CHANGE, doing.over)
    return asked(policy, doing)


def _done(permit: Permit, came: Came, server: ServerName, media: MediaId) -> str:
    """The act's record. Raises Rejected where nothing was done."""
    match came:
        case Moved():
            return permit.record
        case RulesRefuse(why, record):
            hint = told("`vedette why {record}` says how that came about", record=record)
            raise Rejected(
                Code.REFUSED,
                told("the rules refuse this file: {why}", why=why.sentence),
                hint if why.answer == Verdict.NO else _NOBODY_KNOWS,
                record=record,
            )
        case NotOurs():
            raise Rejected(
                Code.CONFLICT,
                told("somebody quarantined `{file}` in Synapse itself", file=_at(server, media)),
                told("Vedette leaves that to whoever did it"),
                record=permit.record,
            )
        case None:
            raise _nothing(server, media)


def file_named(text: str, domain: ServerName) -> tuple[ServerName, MediaId]:
    """The file that `mxc://server/id`, `server/id`, or the id of one of ours names. Raises Rejected."""
    server, slash, media = text.strip().removeprefix(_ADDRESS).rpartition("/")
    try:
        return ServerName(server) if slash else domain, MediaId(media)
    except InvalidName as fault:
        hint = told(
            "write its address, such as `{example}`; `vedette file list` shows them",
            example=f"{_ADDRESS}{domain}/AbCdEf",
        )
        raise Rejected(Code.INVALID, said_by(fault), hint) from fault


def _refused_file(entry: Mapping[str, Any]) -> RefusedFile:
    facts, decision = _object(entry.get("facts")), _object(entry.get("decision"))
    size = facts.get("file.size")
    return RefusedFile(
        record=str(entry.get("id")),
        at=float(entry.get("at", 0)),
        user=str(entry.get("who")),
        rule=decision.get("rule"),
        reason=str(decision.get("reason")),
        say=decision.get("say"),
        kind=_word(facts.get("file.kind")),
        type=_word(facts.get("file.type")) or _word(_object(entry.get("claims")).get("file.type")),
        size=size if isinstance(size, int) else None,
        times=int(entry.get("count", 1)),
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _person(who: object) -> UserId | None:
    """The person whom a record names; None for a server, and for whom nobody can tell any more."""
    try:
        return UserId(str(who))
    except InvalidName:
        return None


def _at(server: ServerName, media: MediaId) -> str:
    return f"{_ADDRESS}{server}/{media}"


def _nothing(server: ServerName, media: MediaId) -> Rejected:
    return Rejected(
        Code.NOT_FOUND,
        told("no file `{file}` is here", file=_at(server, media)),
        told(
            "what was refused at once was never kept; `vedette file list --refused` shows the records"
        ),
    )


def _needs_reason(reason: str) -> str:
    if not reason.strip():
        hint = told('say why, with `--reason "looked at by hand, ticket 4711"`')
        raise Rejected(Code.INVALID, told("what is done to a file needs a reason"), hint)
    return reason.strip()
