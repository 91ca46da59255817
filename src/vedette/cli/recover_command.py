"""`vedette recover`: the break-glass, on control's own host, with control running or not."""

from __future__ import annotations

import asyncio
import getpass
import sys
import time
from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from vedette.cli.surroundings import CliFault, Dir, Exit, Json, fault, here, read_text


def recover(
    place: Dir = None,
    code_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Where the code is; `-` reads it. Else it is asked for."),
    ] = None,
    *,
    end: Annotated[
        bool, typer.Option("--end", help="End recovery before its hour is over.")
    ] = False,
    new_code: Annotated[
        bool, typer.Option("--new-code", help="Make a new offline code; the old one ends.")
    ] = False,
    json: Json = False,
) -> None:
    """Open recovery for one hour with the organisation's offline code.

    For when everybody is locked out. Meanwhile whoever holds the local token may do what the
    document forbids: change rules, go back to an earlier revision, reset factors. It is recorded,
    stands in this host's log, and is told to the security officers.
    """
    from vedette.control.recovery_here import begin_here, end_here, renew_here

    at = here(place, json=json)
    boot = at.boot()
    if end and new_code:
        raise fault("`--end` and `--new-code` are two things; name one", code=Exit.USAGE)
    if end:
        record = _done(end_here(boot))
        at.tell({"open": False, "record": record}, [f"recovery is ended (record {record})"])
    elif new_code:
        code = _done(renew_here(boot))
        at.tell({"code": code}, _put_away(code))
    else:
        begun = _done(begin_here(boot, _code(code_file)))
        found = {"open": True, "until": begun.until, "record": begun.record}
        at.tell(found, _open(begun.until, begun.record))


def _open(until: int, record: str) -> list[str]:
    clock = time.strftime("%H:%M UTC", time.gmtime(until))
    return [
        f"recovery is open until {clock} (record {record})",
        "until then the local token may do what the document forbids; for example:",
        "    vedette settings restore N --reason …      (`vedette settings history` lists revisions)",
        "    vedette rule remove ID --reason …",
        "    vedette user factors reset USER --reason …",
        "end it as soon as you can: vedette recover --end",
        "and make a new code, since this one was seen: vedette recover --new-code",
    ]


def _put_away(code: str) -> list[str]:
    return [
        code,
        "this is the offline code of the organisation, shown this once: write it on paper and lock it",
        "away from this machine. The code before is good for nothing any more.",
    ]


def _code(file: str | None) -> str:
    """The code, from a file, from standard input or typed without being shown; never an argument."""
    if file is not None:
        text = read_text(file)
    elif sys.stdin.isatty():
        text = getpass.getpass("offline code: ")
    else:
        hint = "name a file with `--code-file FILE`, or `--code-file -` for standard input"
        raise fault(
            "the offline code is asked for, and nobody is there to type it", hint, Exit.USAGE
        )
    if not text.strip():
        raise fault("there is no code", code=Exit.USAGE)
    return text


def _done(doing: Coroutine[Any, Any, Any]) -> Any:
    from vedette.admin.rejected import Rejected
    from vedette.api.render import error
    from vedette.control.main import ControlFault
    from vedette.ports.errors import Unavailable

    try:
        return asyncio.run(doing)
    except Rejected as rejected:
        raise CliFault(error(rejected).model_dump()["error"], Exit.REJECTED) from rejected
    except (ControlFault, Unavailable) as found:
        hint = "it takes root, or control's own user, on control's host"
        raise fault(str(found), hint, Exit.UNAVAILABLE) from found
