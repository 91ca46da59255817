"""The command under every change: what a form wants done, as a command and as a call of the API.

A form of the console is read into an `Order` and nothing else. The order says by itself which
`vedette` command and which call of the API do the very same; what is applied is that order. So what
is shown before can't be another thing than what is done after.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from vedette.admin.actor import Actor
from vedette.console.desks import Desks
from vedette.ports.policy import Policy

API = "/vedette/api/v1"
NO_REASON = "…"
"""What stands for the reason until one is typed."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API: its path is beneath `API`, its body JSON, or None."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None

    @property
    def target(self) -> str:
        """The path with its query, as it stands in a request."""
        return API + self.path + (f"?{urlencode(self.query)}" if self.query else "")

    @property
    def json(self) -> str:
        """The body as text, empty where there is none."""
        return "" if self.body is None else json.dumps(self.body, indent=2, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What an order would do, in sentences. `base` is the revision that it stands on, if on one."""

    words: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    widens: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    base: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of an order. `revision` is the new one where the settings changed."""

    record: str
    words: tuple[str, ...] = ()
    revision: int | None = None
    doors: tuple[str, ...] = ()


class Order(Protocol):
    """One thing that somebody wants done.

    `reason` is why; `words` are the command's, without its `vedette` and without the reason.
    """

    @property
    def reason(self) -> str:
        """Why, for the record."""

    def words(self) -> tuple[str, ...]:
        """The words of the command that does it."""

    def call(self) -> Call:
        """The call of the API that does it, with the reason."""

    def foresee(self, desks: Desks, policy: Policy) -> Foreseen:
        """What it would do. Raises Rejected where it can't be done as it is."""

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Do it. The use-case asks the rules. Raises Rejected or Unavailable."""


def command(order: Order) -> str:
    """The command line that does it, to be pasted into a shell."""
    words, why = list(order.words()), ["--reason", order.reason or NO_REASON]
    # behind `--` nothing is an option any more
    at = words.index("--") if "--" in words else len(words)
    return shlex.join(["vedette", *words[:at], *why, *words[at:]])


Form = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKind:
    """One kind of order: its name in paths, and how a form is read into it.

    `read` raises Rejected. `back` is the page from which people come and to which they go back.
    """

    name: str
    title: str
    read: Callable[[Form], Order]
    back: str


def reason_of(form: Form) -> str:
    """The reason in a form, without blanks around it; at most what the API takes."""
    return form.get("reason", "").strip()[:500]


def words_of(text: str) -> list[str]:
    """The words of a list that is written with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]
