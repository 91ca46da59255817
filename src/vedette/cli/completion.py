"""What a shell completes behind a command, beside commands and options.

Paths of settings come from the model itself, names of rules and partners from control. Where that
does not answer at once, there is nothing to complete, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

_SECONDS = 1.0


def rule_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Rules and guardrails as `vedette rule list` names them."""
    found = _asked(ctx, "/rules") or []
    return _beginning(incomplete, (str(each["id"]) for each in found))


def partner_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The partners of the document."""
    found = _asked(ctx, "/partners") or []
    return _beginning(incomplete, (str(each["name"]) for each in found))


def issuer_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The issuers of the document."""
    document = (_asked(ctx, "/settings") or {}).get("document", {})
    return _beginning(incomplete, (str(each) for each in document.get("issuers", {})))


def setting_paths(ctx: typer.Context, incomplete: str) -> list[str]:
    """Every setting, with the names that the document gives."""
    from vedette.core.settings.reference import settings_reference

    document = (_asked(ctx, "/settings") or {}).get("document", {})
    paths = [path for info in settings_reference() for path in _named(info.path, document)]
    return _beginning(incomplete, paths)


def _named(path: str, document: Any) -> Iterator[str]:
    """The path, once for each name that stands in the document where it has a place for one."""
    before, place, behind = path.partition(".<name>")
    if not place:
        yield path
        return
    found = document
    for part in before.split("."):
        found = found.get(part, {}) if isinstance(found, dict) else {}
    yield from (f"{before}.{name}{behind}" for name in found)


def _beginning(incomplete: str, words: Any) -> list[str]:
    return sorted({word for word in words if word.startswith(incomplete)})


def _asked(ctx: typer.Context, endpoint: str) -> Any:
    """What control answers, or None. A completion never fails."""
    from vedette.adapters.boot_file import BootFault, load
    from vedette.cli.client import Client
    from vedette.cli.surroundings import CliFault

    places = (at.params.get("place") for at in (ctx, ctx.find_root()))
    folder = next((place for place in places if place), None)
    try:
        return Client(load(Path(folder)), _SECONDS).get(endpoint) if folder else None
    except (BootFault, CliFault, OSError):  # told by the command itself, not by Tab
        return None
