"""What the doctor finds where other services push to control."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vedette.admin.findings import Found, Health
from vedette.core.language import told

EXPIRES_SOON = 14 * 86400
_AREA = "pushed"


def certificate(path: Path, ends: float | None, now: float) -> Iterable[Found]:
    """Whether the certificate at `path` lasts; `ends` is None where it can't be read."""
    mend, note = f"install -m 600 NEW.pem {path}", told("it is read when control starts")
    if ends is None:
        words = told("the certificate `{path}` can't be read, to which others push", path=path)
        yield Found(_AREA, Health.BROKEN, words, mend, note)
    elif ends - now < EXPIRES_SOON:
        days = max(0, round((ends - now) / 86400))
        words = told("the certificate to which others push ends in {days} days", days=days)
        yield Found(_AREA, Health.BROKEN, words, mend, note)
    else:
        words = told("the certificate to which others push lasts two weeks or more")
        yield Found(_AREA, Health.GOOD, words)
