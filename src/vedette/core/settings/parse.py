"""From the text of a settings document to the typed model, or to all its faults at once.

1. Syntax: every statement that can't be read, every key that stands twice (`source`).
2. Types and values of single settings, by the model.
3. References and the sense of rules, in a pass over the raw values, so that it also runs when
   single values are wrong (`references`).
4. What is right but pointless: warnings, which refuse nothing (`reach`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vedette.core.language import Sentence, told
from vedette.core.settings.document import Document
from vedette.core.settings.faults import Fault, Finding, Path, spell_path
from vedette.core.settings.reach import reach_findings
from vedette.core.settings.reference import known_keys
from vedette.core.settings.references import reference_findings
from vedette.core.settings.rules import SHAPE_FAULT
from vedette.core.settings.source import Source, line_of, read, tree_of
from vedette.core.settings.spelling import did_you_mean


def parse_document(text: str, *, today: date | None = None) -> Document | list[Fault]:
    """The document that `text` spells, or every fault of it. Warnings don't count as faults here.

    Total: any text has an answer, nothing is raised.
    """
    document, faults = check_document(text, today=today)
    return faults if document is None else document


def check_document(text: str, *, today: date | None = None) -> tuple[Document | None, list[Fault]]:
    """The document, if it has no error, and every fault, warnings included, in order of lines.

    `today` lets the check say which allows have expired; without it nothing is said about that.
    """
    source = read(text)
    document, findings = check_values(source.values, today=today)
    kept = [finding for finding in findings if not _only_damage(finding, source)]
    faults = [*source.faults, *_placed(kept, source)]
    faults.sort(key=lambda fault: (fault.line, fault.severity, fault.path))
    if any(fault.severity == "error" for fault in faults):
        return None, faults
    return document, faults


def check_values(
    values: Mapping[str, Any], *, today: date | None = None
) -> tuple[Document | None, list[Finding]]:
    """The document that raw values make, if they have no error, and everything found in them."""
    document: Document | None = None
    findings: list[Finding] = []
    try:
        document = Document.model_validate(values, by_alias=True, by_name=False)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        findings = [_finding(detail) for detail in details if not _said_below(detail, details)]
    findings += _unsaid(reference_findings(values), findings)
    if any(finding.severity == "error" for finding in findings):
        document = None
    if document is not None:
        findings += reach_findings(document, today)
    return document, findings


def _said_below(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a complaint only follows from others, or from what `references` says in full.

    A list from which a wrong element was left out is not also too short.
    """
    loc = detail["loc"]
    others = (other["loc"] for other in details if other is not detail)
    short = detail["type"] == "too_short" and any(o[: len(loc)] == loc for o in others)
    return short or detail["type"] == SHAPE_FAULT


def _unsaid(found: Iterable[Finding], said: list[Finding]) -> Iterator[Finding]:
    """What was found at places about which nothing was said yet."""
    places = {finding.path for finding in said}
    return (finding for finding in found if finding.path not in places)


def _only_damage(finding: Finding, source: Source) -> bool:
    """Whether something seems missing only because part of its table can't be read."""
    missing = "missing" in finding.message and finding.path[:-1] in source.damaged
    return missing or finding.path in source.damaged


def _placed(findings: list[Finding], source: Source) -> Iterator[Fault]:
    if not findings:
        return
    places = tree_of(source.text).places
    for finding in findings:
        yield Fault(
            line_of(places, finding.path),
            spell_path(finding.path),
            finding.message,
            finding.hint,
            finding.severity,
        )


_PLAIN = {
    "missing": told("this setting is missing, and it has no default"),
    "string_type": told("write a text in quotes"),
    "bool_type": told("write true or false"),
    "int_type": told("write a whole number"),
    "tuple_type": told("write a list in square brackets"),
    "model_type": told("write a table: `{{ … }}`, or a `[header]` of its own"),
    "dict_type": told("write a table: `{{ … }}`, or a `[header]` of its own"),
    "too_long": told("the list is too long"),
    "too_short": told("the list is too short; name at least one"),
    "string_too_long": told("the text is too long; at most 500 characters"),
    "string_too_short": told("the text is empty"),
}


def _finding(detail: ErrorDetails) -> Finding:
    """One complaint of the model in plain words."""
    path: Path = tuple(part for part in detail["loc"] if part != "[key]")
    kind = detail["type"]
    if kind == "extra_forbidden":
        known = known_keys(path[:-1])
        what = told("section") if len(path) == 1 else told("setting")
        hint = did_you_mean(str(path[-1]), known) or _one_of(known)
        return Finding(path, told("`{path}` is no {what}", path=path[-1], what=what), hint)
    if path[-1:] in ((0,), (1,)) and path[-2:-1] == ("between",) and kind == "missing":
        return Finding(path[:-1], told("`between` names exactly two"), None)
    message: str = _PLAIN.get(kind, detail["msg"].removeprefix("Value error, "))
    if path[-1:] == ("between",) and kind == "too_long":
        message = told("`between` names exactly two")
    if kind == "literal_error":
        message = detail["msg"].replace("Input should be", "write").replace("'", '"')
    if isinstance(message, Sentence):
        return Finding(path, message)
    sentence, _, guess = message.partition("; did you mean ")
    return Finding(path, sentence, told("did you mean {guess}", guess=guess) if guess else None)


def _one_of(known: Iterable[str]) -> Sentence | None:
    words = ", ".join(f"`{word}`" for word in sorted(known))
    return told("it is one of {words}", words=words) if words else None
