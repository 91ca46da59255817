"""What the doctor finds where other services push to control."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vedette.adapters.boot_file import Boot
from vedette.admin.findings import Found, Health
from vedette.core.language import told
from vedette.core.people import PROVISIONER
from vedette.core.pushed import PushedState
from vedette.core.tokens import ApiToken

EXPIRES_SOON = 14 * 86400
_AREA = "pushed"


def certificate(boot: Boot, ends: float | None, now: float) -> Iterable[Found]:
    """Whether the certificate to which others push lasts, where they may; None: it can't be read."""
    own = boot.control.inbound
    if own is None:
        return
    path = boot.path(own.certificate)
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


def pushed(state: PushedState, tokens: Sequence[ApiToken], now: float) -> Iterable[Found]:
    """Whether what identity providers push is in force, and whether any of them has a token."""
    for words in state.sentences():
        mend = "vedette scim confirm --reason why" if "confirm" in words else "vedette scim state"
        yield Found(_AREA, Health.BROKEN, words, mend)
    own = [each for each in tokens if each.user.localpart == PROVISIONER]
    if state.open and own and not any(each.good_at(now) for each in own):
        words = told("no identity provider can push any more: the time of every token is over")
        yield Found(
            _AREA, Health.BROKEN, words, "vedette scim token add --expires DATE --reason why"
        )
