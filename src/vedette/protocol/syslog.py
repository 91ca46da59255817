"""Syslog messages as a SIEM takes them: RFC 5424, counted in octets for TLS (RFC 5425 section 4.3).

The message text is the record itself, as JSON in ASCII: whoever parses it and computes the hash over
its canonical form gets the hash that the record carries, so the chain can be followed at the SIEM.
The structured data holds what one searches by. Characters that would break a line there are replaced;
the text has them as JSON escapes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from vedette.core.record import JSON

LOG_AUDIT = 13
"""The facility “log audit” (RFC 5424 table 1)."""
EXAMPLE_ENTERPRISE = 32473
"""The enterprise number for documentation (RFC 5612); an organisation may have its own."""
AGAIN = "again"
"""The parameter of a message that may have been sent before."""

_NIL = "-"


class Severity(IntEnum):
    """What a message is, by RFC 5424 table 2."""

    ALERT = 1
    NOTICE = 5
    INFO = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """From whom messages come: the organisation's domain and the number for its structured data."""

    organisation: str
    enterprise: int = EXAMPLE_ENTERPRISE


def framed(message: bytes) -> bytes:
    """A message with its length in octets in front (RFC 5425 section 4.3.1)."""
    return b"%d %b" % (len(message), message)


def record_message(
    origin: Origin,
    chain: str,
    entry: Mapping[str, JSON],
    named: Mapping[str, JSON] | None = None,
    *,
    again: bool,
) -> bytes:
    """The message for one record, checkpoint or time stamp of `chain`.

    The text is the record as it is chained; the structured data names whom `named`, the same
    record, names. `again` marks one that may have been sent before. A no or a not-yet is a notice,
    anything else is information.
    """
    shown = entry if named is None else named
    decision = shown.get("decision")
    found: Mapping[str, JSON] = decision if isinstance(decision, dict) else {}
    said = {"id": entry.get("id"), "previous": entry.get("previous"), "hash": entry.get("hash")}
    asked = {name: shown.get(name) for name in ("act", "who", "count")}
    answered = {
        name: found.get(name) for name in ("answer", "reason", "rule", "towards", "revision")
    }
    severity = Severity.NOTICE if found and found.get("answer") != "yes" else Severity.INFO
    kind = entry.get("kind") or chain.rstrip("s")
    head = _head(origin, severity, entry.get("at"), chain, str(kind))
    return _message(origin, head, {"chain": chain, **said, **asked, **answered}, entry, again)


def alarm_message(origin: Origin, chain: str, words: str, at: float) -> bytes:
    """The message that says that a chain does not hold, and why."""
    head = _head(origin, Severity.ALERT, at, chain, "broken")
    return _message(origin, head, {"chain": chain}, {"broken": chain, "words": words}, again=False)


def _message(
    origin: Origin, head: str, fields: Mapping[str, JSON], text: Mapping[str, JSON], again: bool
) -> bytes:
    known = {name: value for name, value in fields.items() if value is not None}
    marked = {**known, AGAIN: "yes"} if again else known
    params = "".join(f' {name}="{_value(str(value))}"' for name, value in marked.items())
    data = f"[vedette@{origin.enterprise}{params}]"
    body = json.dumps(text, sort_keys=True, separators=(",", ":"))
    return f"{head} {data} {body}".encode()


def _head(origin: Origin, severity: Severity, at: JSON, process: str, kind: str) -> str:
    priority = LOG_AUDIT * 8 + severity
    return " ".join((
        f"<{priority}>1", _time(at), _word(origin.organisation, 255), "vedette",
        _word(process, 128), _word(kind, 32),
    ))  # fmt: skip


def _time(at: JSON) -> str:
    """RFC 3339 in UTC with milliseconds; a dash where it is no time."""
    try:
        moment = datetime.fromtimestamp(at, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return _NIL
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _word(text: str, longest: int) -> str:
    """A header field: printable ASCII without spaces (RFC 5424 section 6)."""
    kept = "".join(letter if "!" <= letter <= "~" else "?" for letter in text[:longest])
    return kept or _NIL


def _value(text: str) -> str:
    """A parameter's value (RFC 5424 section 6.3.3), without control characters."""
    kept = "".join(
        letter if letter.isprintable() or letter == " " else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )
    return kept.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
