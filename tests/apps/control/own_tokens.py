"""Tokens that people have made for themselves, as the console makes them (`tests/apps/console`).

They are written where control keeps them, since nobody comes into the console from a command line.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from vedette.adapters.boot_file import Boot
from vedette.adapters.revisions import open_database
from vedette.adapters.tokens import SqlTokens
from vedette.admin.tokens import PREFIX, digest_of
from vedette.control.records_here import control_database
from vedette.core.asks import Act
from vedette.core.names import UserId
from vedette.core.tokens import GRANTABLE, ApiToken


def own_token(boot: Boot, user: str, acts: Iterable[Act] = GRANTABLE) -> str:
    """The value of a token that this person has made for themselves, good until tomorrow."""
    value = PREFIX + secrets.token_urlsafe(32)
    kept = open_database(control_database(boot))
    SqlTokens(kept.engine).add(
        ApiToken(
            id=secrets.token_hex(5),
            user=UserId(user),
            acts=frozenset(acts),
            over=frozenset(),
            made=int(time.time()),
            made_by=user,
            expires=int((datetime.now(UTC) + timedelta(days=1)).timestamp()),
            reason="a terminal of their own",
            digest=digest_of(value),
        )
    )
    kept.close()
    return value
