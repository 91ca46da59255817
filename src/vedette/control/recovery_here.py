"""Recovery on control's own host, with control running or not.

It opens the revisions and keeps its record by itself, in a chain of its own (`recover`): whoever can
read the settings key may run it, which is root and control's own user.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from vedette.adapters.boot_file import Boot
from vedette.adapters.host_log import alert
from vedette.adapters.ownership import hand_back
from vedette.adapters.recovery_file import RecoveryFile
from vedette.admin.actor import LOCAL, RECOVERING
from vedette.admin.break_glass import OFFLINE_BYTES, Begun, BreakGlass
from vedette.admin.rejected import Rejected
from vedette.control.main import recovering, wire
from vedette.control.records_here import written_by_hand

PROCESS = "recover"
"""The name under which recovery keeps its record."""


async def begin_here(boot: Boot, code: str) -> Begun:
    """Open recovery for an hour, and say so in this host's log, refused or not.

    Raises:
        ControlFault: a key can't be used.
        Rejected: the code is wrong, too many were, or there is none.
        Unavailable: it can't be put on record, or kept.
    """
    with _glass(boot) as glass:
        try:
            begun = await glass.begin(code)
        except Rejected as rejected:
            alert(f"{boot.organisation}: recovery was refused: {rejected.message}")
            raise
    until = time.strftime("%H:%M UTC", time.gmtime(begun.until))
    alert(
        f"{boot.organisation}: RECOVERY IS OPEN until {until} (record {begun.record}): whoever "
        "holds the local token may do everything. End it with `vedette recover --end`"
    )
    return begun


async def end_here(boot: Boot) -> str:
    """Close recovery; returns the record. Raises as `begin_here`."""
    with _glass(boot) as glass:
        record = await glass.end()
    alert(f"{boot.organisation}: recovery was ended (record {record})")
    return record


async def renew_here(boot: Boot) -> str:
    """Make a new offline code and return it; the rules are asked. Raises as `begin_here`."""
    author = RECOVERING if recovering(boot) else LOCAL
    with _glass(boot) as glass:
        code = await glass.renew(author, secrets.token_bytes(OFFLINE_BYTES))
    alert(f"{boot.organisation}: the offline code for recovery was made anew")
    return code


@contextmanager
def _glass(boot: Boot) -> Iterator[BreakGlass]:
    """Recovery by the newest revision and the people as they are; its record is kept at the end."""
    wiring = wire(boot, PROCESS)
    desk = wiring.office.desk
    wiring.office.people.poll()
    revision, document = desk.current()
    desk.take(document, revision.number)
    wiring.spool.start()
    try:
        yield BreakGlass(desk.spine, RecoveryFile(boot.recovery()), boot.organisation)
    finally:
        wiring.spool.close()
        hand_back(written_by_hand(boot, PROCESS))
