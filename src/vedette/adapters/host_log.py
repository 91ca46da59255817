"""The log of this host (syslog, journald), for what must be seen there whatever else runs."""

from __future__ import annotations

import syslog


def alert(words: str) -> None:
    """Say it in the host's log of authentication. Where there is no such log, nothing happens."""
    syslog.openlog("vedette", syslog.LOG_PID, syslog.LOG_AUTHPRIV)
    syslog.syslog(syslog.LOG_ALERT, words)
    syslog.closelog()
