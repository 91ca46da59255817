"""The one way in which a port says that it could not answer."""

from __future__ import annotations


class Unavailable(Exception):
    """Something outside did not answer, or can't be relied on now.

    Never a refusal: whoever asked must refuse or hold. The message is for operators.
    """


class StalePolicy(Unavailable):
    """No policy was received yet, or the last one is older than it may be."""
