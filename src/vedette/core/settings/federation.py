"""How much other servers may send; what they may send is a rule."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

from pydantic import AfterValidator, Field, StrictInt

from vedette.core.settings.sections import Section, Setting
from vedette.core.settings.spelling import Name, Size

_LARGEST_TRANSACTION = 10 << 20


def _a_transaction(size: int) -> int:
    if size < 1 << 20:
        raise ValueError("50 events can have more than 3 MiB; write at least `1 MiB`")
    if size > _LARGEST_TRANSACTION:
        raise ValueError("the gateway takes no transaction over `10 MiB`")
    return size


def _some(size: int) -> int:
    if size < 10 << 20:
        raise ValueError("one transaction may have 10 MiB; write at least `10 MiB`")
    return size


_REQUESTS = Setting(
    "Requests",
    "How many requests one partner, or one server that is none, may make in a minute; what comes "
    "faster waits some seconds, and is asked to come again after that.",
    "Too low, a busy partner's messages come late; too high, one partner may slow down all.",
    "1200",
)
_TRAFFIC = Setting(
    "Traffic",
    "How many bytes one partner may send in requests in a minute.",
    "Too low, a busy partner's messages come late; too high, one partner may slow down all.",
    '"120 MiB"',
)
_INVITES = Setting(
    "Invites",
    "How many invitations one partner may send our people in a minute.",
    "Too high, a flood of invitations buries the ones that matter.",
    "60",
)
_AT_ONCE = Setting(
    "At once",
    "How many requests of one partner are under way at the same time.",
    "Too high, one partner may use up what all share.",
    "50",
)
_TRANSACTION = Setting(
    "Largest transaction",
    "The size over which a transaction is refused.",
    "Too low, a partner whose transaction is larger can send nothing more: it sends the same again.",
    '"10 MiB"',
)


class PartnerLimits(Section):
    """Limits of one partner that differ from everybody's; what is not said is as for all."""

    requests: Annotated[StrictInt | None, Field(ge=1, le=1_000_000), _REQUESTS] = None
    traffic: Annotated[Annotated[Size, AfterValidator(_some)] | None, _TRAFFIC] = None
    invites: Annotated[StrictInt | None, Field(ge=0, le=1_000_000), _INVITES] = None
    at_once: Annotated[StrictInt | None, Field(ge=1, le=10_000), _AT_ONCE] = None
    transaction: Annotated[Annotated[Size, AfterValidator(_a_transaction)] | None, _TRANSACTION] = (
        None
    )


class Federation(Section):
    """How much other servers may send, each partner for itself."""

    requests: Annotated[StrictInt, Field(ge=1, le=1_000_000), _REQUESTS] = 1200
    traffic: Annotated[Size, AfterValidator(_some), _TRAFFIC] = 120 << 20
    invites: Annotated[StrictInt, Field(ge=0, le=1_000_000), _INVITES] = 60
    at_once: Annotated[StrictInt, Field(ge=1, le=10_000), _AT_ONCE] = 50
    transaction: Annotated[Size, AfterValidator(_a_transaction), _TRANSACTION] = (
        _LARGEST_TRANSACTION
    )
    partners: Annotated[
        dict[Name, PartnerLimits], Field(description="Partners with limits of their own.")
    ] = Field(default_factory=dict)

    def of(self, organisation: str) -> Limits:
        """What holds for a partner's name, or for a server that is no partner."""
        own = next((each for name, each in self.partners.items() if name == organisation), None)
        return Limits(**{name: _said(own, self, name) for name in _NAMES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What holds for one partner. Counts and bytes are per minute."""

    requests: int
    traffic: int
    invites: int
    at_once: int
    transaction: int


_NAMES = tuple(each.name for each in fields(Limits))


def _said(own: PartnerLimits | None, everybody: Federation, name: str) -> int:
    said: int | None = getattr(own, name, None)
    common: int = getattr(everybody, name)
    return common if said is None else said
