"""Orders about whole changes: apply a draft, restore, and what becomes of a change that waits."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from vedette.admin.actor import Actor
from vedette.admin.beside import Beside, drafted
from vedette.admin.door import Doing
from vedette.admin.rejected import Code, Rejected
from vedette.admin.settings import Difference, Proposal
from vedette.console.desks import Desks
from vedette.console.orders import Done, Foreseen, Form, OrderKind, reason_of
from vedette.console.settings_orders import base_of, done_of
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.core.pending import STATES, PendingChange
from vedette.core.settings.commands import Call, Step
from vedette.core.settings.marks import unmarked
from vedette.ports.policy import Policy

DRAFT_FILE = "draft.toml"
"""The file that the command for a draft reads."""
_ID = re.compile(r"[0-9a-f]{10}")
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = "%Y-%m-%dT%H:%M"


async def _reads(desks: Desks, by: Actor) -> None:
    """Whoever may not read the settings learns nothing from what is wrong with an order."""
    await desks.door.permit(Doing(act=Act.ADMINISTRATION_SETTINGS_READ, author=by))


def foreseen_of(change: Difference, base: int | None, text: str) -> Foreseen:
    """A difference, as it stands under a form; `text` is the document that would be in force."""
    return Foreseen(
        words=tuple(each.words for each in change.changes),
        warnings=tuple(each.words for each in change.warnings),
        widens=change.widens,
        restart=change.restart,
        commands=tuple(f"{each.command} --reason '…'" for each in change.changes),
        base=base,
        text=text,
    )


# ---- A draft -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyDraft:
    """Put a whole draft in force, on top of the revision `base`, not before `starts` (seconds UTC)."""

    text: str
    base: int
    starts: int | None
    reason: str

    def step(self) -> Step:
        """The command, which reads the draft from a file, and the call."""
        at = () if self.starts is None else ("--at", spell_time(self.starts))
        words = ("settings", "apply", DRAFT_FILE, "--base", str(self.base), *at)
        body = {"text": self.text, "base": self.base, "starts": self.starts}
        return Step(words, Call("PUT", "/settings", body))

    def foresee(self, desks: Desks, policy: Policy) -> Foreseen:
        """What it changes. Raises Rejected with every fault, or where it stands on an older revision."""
        del policy
        found = drafted(desks.settings, self.text, self.base)
        if isinstance(found, Beside):
            raise Rejected(
                Code.CONFLICT,
                told(
                    "the draft stands on revision {base}, and revision {number} is in force",
                    base=self.base,
                    number=found.newest.number,
                ),
                told(
                    "check it: what others changed is shown beside it, and nothing of yours is lost"
                ),
            )
        return foreseen_of(found, self.base, self.text)

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Apply it. Raises Rejected."""
        await _reads(desks, by)
        return done_of(
            await desks.settings.apply(
                Proposal(
                    text=self.text,
                    base=self.base,
                    reason=self.reason,
                    author=by,
                    starts=self.starts,
                    sure=True,
                )
            )
        )


def text_of(form: Form) -> tuple[int | None, str]:
    """The draft in a form, and the revision on which it says it stands.

    Browsers send every new line as CR LF (HTML, section 4.10.22.5).
    """
    return unmarked(form.get("text", "").replace("\r\n", "\n").replace("\r", "\n"))


def starts_of(form: Form) -> int | None:
    """The moment before which a draft is not to start, in seconds UTC. Raises Rejected."""
    text = form.get("at", "").strip().replace(" ", "T")
    if not text:
        return None
    try:
        return int(datetime.strptime(text, _TIME).replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise Rejected(
            Code.INVALID,
            told("`{text}` is no moment", text=text[:40]),
            told("write it as 2027-06-30 22:00; it is UTC"),
        ) from None


def spell_time(seconds: int) -> str:
    """A moment as the command takes it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime(_TIME)


def _draft(form: Form) -> ApplyDraft:
    said, text = text_of(form)
    base = said or base_of(form)
    if not text.strip() or base is None:
        raise Rejected(
            Code.INVALID, told("there is no draft"), told("begin one from the settings in force")
        )
    return ApplyDraft(text=text, base=base, starts=starts_of(form), reason=reason_of(form))


# ---- Going back ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """Make the text of an earlier revision a new one."""

    number: int
    reason: str

    def step(self) -> Step:
        """The command and the call."""
        call = Call("POST", "/settings/restore", {"revision": self.number})
        return Step(("settings", "restore", str(self.number)), call)

    def foresee(self, desks: Desks, policy: Policy) -> Foreseen:
        """What it changes. Raises Rejected."""
        del policy
        _, document = desks.settings.current()
        text = desks.settings.revision(self.number).text
        return foreseen_of(desks.settings.difference(document, text)[1], None, text)

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Restore it. Raises Rejected."""
        await _reads(desks, by)
        return done_of(await desks.settings.restore(self.number, self.reason, by, sure=True))


def _restore(form: Form) -> Restore:
    return Restore(number=_number(form), reason=reason_of(form))


def _number(form: Form) -> int:
    text = form.get("revision", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Rejected(
            Code.INVALID, told("no revision is named"), told("choose one in the history")
        )
    return int(text)


# ---- What waits ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfPending:
    """What every order about a change that waits has."""

    id: str
    reason: str

    def foresee(self, desks: Desks, policy: Policy) -> Foreseen:
        """What the change says. Raises Rejected."""
        del policy
        found = pending_change(desks, self.id)
        return Foreseen(words=found.words, widens=found.widens)


def pending_change(desks: Desks, id_: str) -> PendingChange:
    """A change that waits or waited. Raises Rejected."""
    found = desks.settings.pending.get(id_) if _ID.fullmatch(id_) else None
    if found is None:
        raise Rejected(
            Code.NOT_FOUND, told("there is no such change"), told("the changes page lists them")
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(_OfPending):
    """Be the second person for a change that says what hashes to `content`."""

    content: str

    def step(self) -> Step:
        """The command and the call."""
        call = Call("POST", f"/settings/pending/{self.id}/approve", {"content": self.content})
        return Step(("settings", "approve", self.id, "--content", self.content), call)

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Approve it. Raises Rejected."""
        await _reads(desks, by)
        return done_of(await desks.pending.approve(by, self.id, self.reason, self.content))


@dataclass(frozen=True, slots=True, kw_only=True)
class End(_OfPending):
    """Turn a change away, or take back one's own; `how` is `reject` or `withdraw`."""

    how: str

    def step(self) -> Step:
        """The command and the call."""
        call = Call("POST", f"/settings/pending/{self.id}/{self.how}", {})
        return Step(("settings", self.how, self.id), call)

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """End it. Raises Rejected."""
        await _reads(desks, by)
        desk = desks.pending
        ends: dict[str, Callable[[Actor, str, str], Awaitable[PendingChange]]] = {
            "reject": desk.reject,
            "withdraw": desk.withdraw,
        }
        ended = await ends[self.how](by, self.id, self.reason)
        return Done(
            record="",
            words=(told("change {id} is {state}", id=ended.id, state=STATES[ended.state]),),
        )


def _id(form: Form) -> str:
    id_ = form.get("change", "")
    if _ID.fullmatch(id_) is None:
        raise Rejected(
            Code.NOT_FOUND, told("there is no such change"), told("the changes page lists them")
        )
    return id_


def _approve(form: Form) -> Approve:
    content = form.get("content", "")
    if _HASH.fullmatch(content) is None:
        raise Rejected(
            Code.INVALID,
            told("it is not said what you have seen"),
            told("open the change, and approve it there"),
        )
    return Approve(id=_id(form), content=content, reason=reason_of(form))


def _ending(how: str) -> Callable[[Form], End]:
    def read(form: Form) -> End:
        return End(id=_id(form), how=how, reason=reason_of(form))

    return read


_BACK = "/changes"
ORDERS = (
    OrderKind(name="apply-draft", title="changes", read=_draft, back=_BACK, again="/changes/draft"),
    OrderKind(name="restore", title="changes", read=_restore, back=_BACK),
    OrderKind(name="approve", title="changes", read=_approve, back=_BACK),
    OrderKind(name="reject", title="changes", read=_ending("reject"), back=_BACK),
    OrderKind(name="withdraw", title="changes", read=_ending("withdraw"), back=_BACK),
)
