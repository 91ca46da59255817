"""Who came through the pages, and what was shown there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vedette.core.names import UserId
from vedette.core.record import JSON
from vedette.core.sessions import (
    FactorUse,
    ShownCertificate,
    certificate_from_json,
    certificate_to_json,
    factor_from_json,
    factor_to_json,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person whom the pages know: the factors shown, from where, with which browser.

    `at` is when the person was through, in whole seconds since 1970 UTC. `user_agent` is only what
    the browser says of itself. `session` is the session that was kept waiting until the device was
    let in, if it had to wait: what was said of it holds for the session that is made now.
    """

    user: UserId
    factors: tuple[FactorUse, ...]
    address: str
    user_agent: str
    at: int
    session: str | None = None
    certificates: tuple[ShownCertificate, ...] = ()
    """Those that were shown on the pages and found good."""

    def to_json(self) -> dict[str, JSON]:
        """The value as JSON; `from_json` reads it back."""
        return {
            "user": str(self.user),
            "factors": [dict(factor_to_json(use)) for use in self.factors],
            "address": self.address,
            "user_agent": self.user_agent,
            "at": self.at,
            "session": self.session,
            "certificates": [certificate_to_json(each) for each in self.certificates],
        }

    @classmethod
    def from_json(cls, found: object) -> SignedIn:
        """Read what `to_json` wrote. Raises ValueError for anything else."""
        try:
            fields = _fields(found)
            return cls(
                user=UserId(_text(fields, "user")),
                factors=tuple(factor_from_json(each) for each in _list(fields["factors"])),
                address=_text(fields, "address"),
                user_agent=_text(fields, "user_agent"),
                at=_whole(fields, "at"),
                session=None if fields["session"] is None else _text(fields, "session"),
                certificates=tuple(
                    certificate_from_json(each) for each in _list(fields.get("certificates", []))
                ),
            )
        except (KeyError, TypeError, RecursionError) as fault:
            raise ValueError("this does not say who signed in") from fault


def _fields(found: object) -> Mapping[str, object]:
    if not isinstance(found, Mapping):
        raise TypeError
    return found


def _list(found: object) -> list[object]:
    if not isinstance(found, list):
        raise TypeError
    return found


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(fields: Mapping[str, object], name: str) -> int:
    value = fields[name]
    if type(value) is not int:
        raise TypeError
    return value
