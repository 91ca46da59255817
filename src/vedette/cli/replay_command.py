"""`vedette replay`: who would be affected by a draft."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from vedette.cli.client import Client
from vedette.cli.surroundings import Dir, Json, here, moment, read_text

_PATIENCE_SECONDS = 600.0


def replay(
    draft: Annotated[
        str, typer.Argument(metavar="DRAFT", help="A settings document; `-` reads it.")
    ],
    since: Annotated[str, typer.Option(help="`7d`, `2h`, or `2026-01-31`.")] = "7d",
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Say whom a draft would affect: what was asked is decided again, by the draft.

    Nothing is changed. Asks that were kept as counts alone are counted; single ones of those can't
    be shown.
    """
    at = here(place, json=json)
    body = {"text": read_text(draft), "since": moment(since)}
    if sys.stderr.isatty():
        print("deciding again what was asked …", file=sys.stderr)
    client = Client(at.boot(), seconds=_PATIENCE_SECONDS)
    found = client.ask("POST", "/settings/replay", body)
    at.tell(found, replay_lines(found))


def replay_lines(found: dict[str, Any]) -> Iterator[str]:
    """What a replay found, in words."""
    yield (
        f"{found['asks']:,} asks in {found['records']:,} records"
        f" ({found['counted']:,} of the asks were only counted)"
    )
    if not found["changed"]:
        yield "the draft would have changed none of their answers"
    for each in found["changed"]:
        yield _line(each)
    for each in found["observed"]:
        does = "refused" if each["forbids"] else "allowed"
        yield (
            f"  {each['asks']:>9,}  would have been {does} by `{each['rule']}`, which only observes"
            f" (such as {', '.join(each['examples'])})"
        )
    if found["silent"]:
        rooms = ", ".join(found["silent_rooms"])
        more = found["silent"] - len(found["silent_rooms"])
        yield f"{found['silent']:,} rooms would fall silent: {rooms}" + (
            f" and {more:,} more" if more else ""
        )
    if found["kept_parties"]:
        yield (
            f"{found['kept_parties']:,} records were decided with the parties of their time: whom they"
            " were about can't be told from them"
        )
    if found["fixed"]:
        yield f"{found['fixed']:,} records were left out: no rule decides them"


def _line(each: dict[str, Any]) -> str:
    rules = " to ".join(
        f"`{each[key]}`" if each[key] else "no rule" for key in ("rule", "rule_then")
    )
    return (
        f"  {each['asks']:>9,}  {each['was']} becomes {each['becomes']}: {each['channel']}"
        f" from {each['from']} to {each['to']} (from {rules}; such as {', '.join(each['examples'])})"
    )
