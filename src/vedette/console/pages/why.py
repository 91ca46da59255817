"""Why: a decision explained rule by rule, of an ask somebody wonders about or of one on record.

What is asked here decides nothing, but it tells about people; so each answer is an act on record.
What is typed only makes the command, which asks nobody.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from vedette.admin.audit import RECORD_PATTERN, find_record
from vedette.admin.door import Doing, foreseen
from vedette.admin.rejected import Code, Rejected
from vedette.admin.rules import list_rules
from vedette.admin.settings import document_of
from vedette.admin.why import (
    Why,
    Wondering,
    no_draft_of_a_room,
    under_draft,
    why,
    why_record,
)
from vedette.console.desks import Desks
from vedette.console.orders import Form
from vedette.console.page import Page, View, Visit
from vedette.console.pages.why_words import WORDS
from vedette.console.problems import STATUS
from vedette.core.asks import Act
from vedette.core.channels import Channel
from vedette.core.decision import Verdict
from vedette.core.facts import FILE_KINDS, REGISTRY, TYPES, FactType
from vedette.core.language import told
from vedette.core.reasons import REASONS
from vedette.core.settings.commands import Call, Step
from vedette.core.settings.document import Document

_EXPLAIN = Act.ADMINISTRATION_DECISION_EXPLAIN
_LONGEST = 1024
_MOST_FACTS = 50
_FIELDS = ("from", "to", "room", "channel", "file", "size", "kind", "facts", "draft")
_TONES = {Verdict.YES: "good", Verdict.NOT_YET: "warn", Verdict.NO: "bad"}
_THE_DRAFT = "draft.toml"
"""What stands for the draft in the command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a form asks, and how the command line and the API ask the very same.

    Size and kind of a file are said as facts: the command line has no other word for them.
    """

    wondering: Wondering
    draft: str

    @classmethod
    def read(cls, form: Form) -> Asked:
        """Read a form. Raises Rejected where it is longer than what the API takes."""
        given = {name: form.get(name, "").strip() for name in _FIELDS}
        facts = [line.strip() for line in given["facts"].splitlines() if line.strip()]
        if given["kind"]:
            facts.insert(0, f"file.kind = {given['kind']}")
        if given["size"]:
            facts.insert(0, f"file.size = {given['size']}")
        longest = max(map(len, (*facts, *(given[name] for name in _FIELDS[:7]))))
        if longest > _LONGEST or len(facts) > _MOST_FACTS:
            raise Rejected(Code.INVALID, told("this is too much to ask at once"), told("say less"))
        wondering = Wondering(
            from_=given["from"],
            to=given["to"] or None,
            channel=given["channel"] or Channel.MESSAGE,
            file=given["file"] or None,
            facts=tuple(facts),
            room=given["room"] or None,
        )
        return cls(wondering=wondering, draft=form.get("draft", "").strip() and form["draft"])

    def step(self) -> Step:
        """The command and the call that ask the same."""
        asked = self.wondering
        words = ["why", *_option("from", asked.from_)]
        body: dict[str, Any] = {"from": asked.from_, "to": asked.to, "channel": str(asked.channel),
                                "facts": list(asked.facts)}  # fmt: skip
        if asked.to:
            words += _option("to", asked.to)
        if asked.room:
            words += _option("room", asked.room)
            body["room"] = asked.room
        words += _option("channel", asked.channel)
        if asked.file:
            words += _option("file", asked.file)
            body |= {"file": asked.file, "size": None}
        for fact in asked.facts:
            words += _option("fact", fact)
        if self.draft:
            words += _option("draft", _THE_DRAFT)
            body["draft"] = self.draft
        return Step(tuple(words), Call("POST", "/why", body))


def _option(name: str, value: str) -> tuple[str, ...]:
    # what begins with a hyphen would be taken for an option of its own
    return (f"--{name}={value}",) if value.startswith("-") else (f"--{name}", value)


async def ask(desks: Desks, visit: Visit) -> View | Response:
    """The form, and the answer once it was sent. Raises Rejected for who may not know it."""
    record = visit.query.get("record", "").strip()
    if record:
        return RedirectResponse(f"/why/{quote(record[:60], safe=':')}", 303)
    form = {name: visit.query.get(name, "") for name in _FIELDS} | dict(visit.form)
    if visit.part:
        shown = _command(Asked.read(form))
        return View(template="part-why-command", title="why-title", context=shown)
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    doing = Doing(act=_EXPLAIN, author=visit.by)
    if visit.method == "POST" or not foreseen(policy, doing, today):
        await desks.door.permit(doing)
    context: dict[str, Any] = {
        "form": form,
        "channels": [channel.value for channel in Channel],
        "kinds": sorted(FILE_KINDS),
        "types": TYPES,
        "registry": [REGISTRY[name] for name in sorted(REGISTRY)],
        "found": None,
        "rejected": None,
        "asks": {},
    }
    status = 200
    if visit.method == "POST":
        try:
            asked = Asked.read(form)
            context["asks"] = _command(asked)
            context |= await _answered(desks, visit, asked)
        except Rejected as rejected:
            context["rejected"], status = rejected, STATUS.get(rejected.code, 400)
    return View(template="why", title="why-title", context=context, status=status)


async def again(desks: Desks, visit: Visit) -> View:
    """A recorded decision, decided again with the rules of its revision. Raises Rejected."""
    name = visit.names["record"]
    if re.fullmatch(RECORD_PATTERN, name) is None:
        raise Rejected(
            Code.NOT_FOUND,
            told("`{name}` is no record", name=name[:60]),
            told("such as `synapse:4711`"),
        )
    entry = await asyncio.to_thread(find_record, desks.records, name)
    if entry is None:
        known = ", ".join(desks.records.processes())
        raise Rejected(
            Code.NOT_FOUND,
            told("there is no record `{name}`", name=name),
            told("processes that recorded: {known}", known=known),
        )
    kept = desks.settings.revisions.get(int(entry.get("decision", {}).get("revision", 0)))
    document = document_of(kept) if kept else None
    found = why_record(entry, document)
    step = Step(("why", name), Call("GET", f"/why/{quote(name, safe='')}"))
    context = {
        **_shown(found, document),
        "entry": entry,
        "at": _moment(float(entry.get("at", 0))),
        "known": _known(entry),
        "command": step.command,
        "call": step.call,
    }
    return View(template="why-record", title="why-record", context=context, fill={"record": name})


async def _answered(desks: Desks, visit: Visit, asked: Asked) -> Mapping[str, Any]:
    """The answer. Raises Rejected, and Unavailable where Synapse is to be asked about a room."""
    wondering = asked.wondering.placed()
    if wondering.room is None:
        return await asyncio.to_thread(_answered_here, desks, asked)
    if asked.draft:
        raise no_draft_of_a_room()
    found = await desks.rooms.why(visit.by, wondering)
    return _shown(found, desks.settings.policy.current().directory.document)


def _answered_here(desks: Desks, asked: Asked) -> Mapping[str, Any]:
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    if asked.draft:
        draft, _ = desks.settings.check(asked.draft)
        policy = under_draft(policy, draft)
    return _shown(why(policy, asked.wondering, today), policy.directory.document)


def _shown(found: Why, document: Document | None) -> dict[str, Any]:
    """An answer as the page shows it, with the rules as sentences."""
    views = {} if document is None else {view.id: view for view in list_rules(document)}
    return {
        "found": found,
        "tone": _TONES[found.decision.verdict],
        "views": views,
        "considered": found.considered,
        "reasons": REASONS,
    }


def _command(asked: Asked) -> dict[str, Any]:
    """The command and the call; a draft is named there and not repeated."""
    step = asked.step()
    call = step.call
    if asked.draft:
        call = Call(call.method, call.path, {**(call.body or {}), "draft": "…"})
    return {"command": step.command, "call": call}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _known(entry: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """What was known when it was decided: fact, value, and whether it was only claimed."""
    found = []
    for key in ("facts", "claims"):
        for name, value in sorted(entry.get(key, {}).items()):
            found.append((name, _written(name, value), key == "claims"))
    return found


def _written(name: str, value: object) -> str:
    """A fact's value as a condition writes it; what is missing says why."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name in REGISTRY and REGISTRY[name].type is FactType.DATE:
        return date.fromordinal(value).isoformat()
    if isinstance(value, dict):
        kind, inner = next(iter(value.items()), ("", ""))
        between = "." if kind == "version" else ", "
        return between.join(map(str, inner)) or "nothing" if isinstance(inner, list) else str(inner)
    return str(value)


PAGES = (
    Page(path="/why", handler=ask, act=_EXPLAIN, asks=False, entry="why", methods=("GET", "POST")),
    Page(path="/why/{record}", handler=again, act=Act.ADMINISTRATION_AUDIT_READ),
)
__all__ = ["PAGES", "WORDS"]
