"""Why a target is missed, and what would reach it: said beside the number, by its id.

A note is shown only where its target is missed in that very run.
"""

from __future__ import annotations

from typing import Any

NOTES: dict[str, str] = {
    "gateway.cpu.nginx": (
        "parsing into types, deciding and recording are Python, where nginx only copies; the routine row's"
        " path from head to forward in a compiled extension would reach it"
    ),
    "gateway.tls.nginx": (
        "asyncio's TLS, uvloop's too, copies every record through memory BIOs under Python's hands, where"
        " nginx hands OpenSSL the socket; kernel TLS, or TLS ended by a thin native process on the same"
        " host, would reach it"
    ),
    "gateway.tls.aiohttp": (
        "both pay the same for TLS in Python, so the gateway's lead over a slower carrier shrinks to what"
        " is left beside it; kernel TLS would give the lead back"
    ),
}
"""Known causes. Whoever finds that a target is missed and why adds it here, with what would help."""

UNKNOWN = "missed, and nobody has said why yet"


def noted(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with its note, if its target was missed."""
    if entry["met"]:
        return entry
    return {**entry, "note": entry.get("note") or NOTES.get(str(entry["id"]), UNKNOWN)}
