"""The machine's clock."""

from __future__ import annotations

import time

_SECONDS_A_DAY = 86400
_FIRST_DAY = 719163  # date(1970, 1, 1).toordinal()


class SystemClock:
    """The Clock that asks the machine."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()

    def today(self) -> int:
        """Today in UTC as an ordinal."""
        return _FIRST_DAY + int(time.time()) // _SECONDS_A_DAY
