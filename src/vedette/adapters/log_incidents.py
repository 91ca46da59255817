"""Bugs go to the process's log, with their traceback."""

from __future__ import annotations

import logging

_LOG = logging.getLogger("vedette.incidents")


class LogIncidents:
    """The Incidents that writes to the standard log of the process."""

    def report(self, bug: BaseException, during: str) -> None:
        """Log the bug. The message of the exception may name user ids, never content."""
        _LOG.error("a bug during `%s`; it was refused or held", during, exc_info=bug)
