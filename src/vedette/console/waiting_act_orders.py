"""Orders about acts that wait for a second person."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vedette.admin.actor import Actor
from vedette.admin.rejected import Code, Rejected
from vedette.console.desks import Desks
from vedette.console.orders import Done, Form, NoSettings, OrderKind, reason_of
from vedette.core.language import told
from vedette.core.settings.commands import Call, Step
from vedette.core.waiting_acts import ACT_STATES

ID = re.compile(r"[0-9a-f]{10}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveAct(NoSettings):
    """Be the second person for an act that says what hashes to `content`."""

    id: str
    content: str

    @property
    def says(self) -> dict[str, str]:
        """What fills its sentence."""
        return {"id": self.id}

    def step(self) -> Step:
        """The command and the call."""
        call = Call("POST", f"/acts/{self.id}/approve", {"content": self.content})
        return Step(("act", "approve", self.id, "--content", self.content), call)

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Approve it. Raises Rejected."""
        found = await desks.acts.approve(by, self.id, self.reason, self.content)
        words = (
            told("approved; whoever asked for it does it once more")
            if found.enough
            else told("approved; it wants more people still")
        )
        return Done(record="", words=(words,))


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectAct(NoSettings):
    """Turn an act away that waits."""

    id: str

    @property
    def says(self) -> dict[str, str]:
        """What fills its sentence."""
        return {"id": self.id}

    def step(self) -> Step:
        """The command and the call."""
        return Step(("act", "reject", self.id), Call("POST", f"/acts/{self.id}/reject", {}))

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Turn it away. Raises Rejected."""
        found = await desks.acts.reject(by, self.id, self.reason)
        words = told("act {id} is {state}", id=self.id, state=ACT_STATES[found.act.state])
        return Done(record="", words=(words,))


def known_id(text: str) -> str:
    """The id of an act. Raises Rejected for what is none."""
    if ID.fullmatch(text) is None:
        raise Rejected(
            Code.NOT_FOUND, told("there is no such act"), told("the changes page lists them")
        )
    return text


def _approve(form: Form) -> ApproveAct:
    content = form.get("content", "")
    if _HASH.fullmatch(content) is None:
        raise Rejected(
            Code.INVALID,
            told("it is not said what you have seen"),
            told("open the act, and approve it there"),
        )
    return ApproveAct(id=known_id(form.get("act", "")), content=content, reason=reason_of(form))


def _reject(form: Form) -> RejectAct:
    return RejectAct(id=known_id(form.get("act", "")), reason=reason_of(form))


_BACK = "/changes"
ORDERS = (
    OrderKind(
        name="approve-act", title="acts", read=_approve, back=_BACK, says="acts-approve-does"
    ),
    OrderKind(name="reject-act", title="acts", read=_reject, back=_BACK, says="acts-reject-does"),
)
