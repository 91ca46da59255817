"""On which managed device a session is: what was proven of it, and what inventories report of it.

The proof comes first: a certificate that only managed devices have, or a passkey of a model that only
they have. An inventory's report counts for the one device that was proven, never for a device that
merely says who it is. What is doubtful is left out, and so unknown to the rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from vedette.core.facts import DEVICE_OWNERS, PLATFORMS
from vedette.core.managed_devices import MOST_NAME, ManagedDevice, Standing

GONE = "gone"
"""What became of a device that its inventory names no more."""
_WORDS = frozenset({GONE, Standing.LOST.value, Standing.RETIRED.value, ""})
MOST_PLACES = 8
"""In so many inventories one device may stand."""
_MOST_PLACE = 2 * MOST_NAME

Owner = Literal["self", "other", "nobody", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """By what a device was proven: a certificate's thumbprint and issuer, or a passkey's model."""

    certificate: str = ""
    issuer: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What an inventory last told of a device. `fresh` says whether that is not too old yet."""

    source: str
    device: ManagedDevice
    gone: bool
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDevice:
    """What is known of the device on which a session is.

    `places` are where it stands in inventories (`<source>/<id>`), none where no inventory knows it;
    `became` why it is managed no more, empty while it is. The rest is reported: `compliant` is None
    and a text empty where nothing is known.
    """

    proof: Proof
    managed: bool
    places: tuple[str, ...] = ()
    became: str = ""
    compliant: bool | None = None
    owner: str = ""
    platform: str = ""
    version: str = ""


def on_device(
    proof: Proof, reports: Collection[Report], is_theirs: Callable[[str], bool | None]
) -> OnDevice:
    """What is known of a device that was proven. Total.

    `is_theirs` says whether an owner, as an inventory writes it, is the session's person; None where
    that can't be told.

    1. An inventory that knows the device in several entries says what its living ones say: it was
    enrolled anew. Only *lost* is never outweighed. 2. Retired, lost or gone in one inventory is
    managed no more, and in order no more, however old that report is. 3. Everything else counts
    only while it is fresh, and only where all that know the device agree.
    """
    said = _living(reports)  # (1)
    became = next(iter(sorted(word for each in said if (word := _became(each)))), "")  # (2)
    places = sorted(f"{each.source}/{each.device.id}" for each in said)[:MOST_PLACES]
    fresh = bool(said) and all(each.fresh for each in said)  # (3)
    devices = [each.device for each in said] if fresh else []
    return OnDevice(
        proof=proof,
        managed=not became,
        places=tuple(places),
        became=became,
        compliant=False if became else _compliant(said),
        owner=_owner(devices, is_theirs),
        platform=_same(each.platform for each in devices),
        version=_same(each.version for each in devices),
    )


def _living(reports: Iterable[Report]) -> list[Report]:
    by_source: defaultdict[str, list[Report]] = defaultdict(list)
    for each in reports:
        by_source[each.source].append(each)
    found: list[Report] = []
    for several in by_source.values():
        lost = [each for each in several if each.device.standing is Standing.LOST]
        living = [each for each in several if not _became(each)]
        found += lost or living or several
    return found


def _became(report: Report) -> str:
    if report.device.standing is not Standing.ACTIVE:
        return report.device.standing.value
    return GONE if report.gone else ""


def _compliant(said: Collection[Report]) -> bool | None:
    """No where any fresh report says no; yes where all are fresh and say yes."""
    if any(each.fresh and each.device.compliant is False for each in said):
        return False
    sure = bool(said) and all(each.fresh and each.device.compliant is True for each in said)
    return True if sure else None


def _owner(devices: Collection[ManagedDevice], is_theirs: Callable[[str], bool | None]) -> Owner:
    found: set[Owner] = set()
    for each in devices:
        theirs = is_theirs(each.owner) if each.owner else False
        if theirs is None:
            return ""
        found.add("self" if theirs else "other" if each.owner else "nobody")
    if len(found) == 1:
        return found.pop()
    return "other" if "other" in found else ""


def _same(texts: Iterable[str]) -> str:
    found = set(texts)
    return found.pop() if len(found) == 1 else ""


# ---- As plain data -------------------------------------------------------------------------------

_PROOF = ("certificate", "issuer", "model")
_TEXTS = ("became", "owner", "platform", "version")


def on_device_to_json(device: OnDevice) -> dict[str, Any]:
    """What is known of a device as plain JSON data; what is not known is left out."""
    plain: dict[str, Any] = {name: getattr(device, name) for name in _TEXTS}
    plain |= {name: getattr(device.proof, name) for name in _PROOF}
    known = {name: text for name, text in plain.items() if text}
    if device.places:
        known["places"] = list(device.places)
    if device.compliant is not None:
        known["compliant"] = device.compliant
    return {**known, "managed": device.managed}


def on_device_from_json(data: object) -> OnDevice:
    """Read what `on_device_to_json` made. Raises ValueError for anything else."""
    if not isinstance(data, dict) or not data.keys() <= _KEYS:
        raise ValueError("this is not what is known of a device")
    places, managed, compliant = data.get("places", []), data.get("managed"), data.get("compliant")
    if not isinstance(managed, bool) or not (compliant is None or isinstance(compliant, bool)):
        raise ValueError("a yes or no of a device is neither")
    if not isinstance(places, list) or len(places) > MOST_PLACES:
        raise ValueError("these are not the places of a device")
    texts = {name: _text(data.get(name, ""), MOST_NAME) for name in (*_TEXTS, *_PROOF)}
    if (
        texts["became"] not in _WORDS
        or texts["owner"] not in {*DEVICE_OWNERS, ""}
        or texts["platform"] not in {*PLATFORMS, ""}
    ):
        raise ValueError("a word about a device is none that there is")
    return OnDevice(
        proof=Proof(**{name: texts.pop(name) for name in _PROOF}),
        managed=managed,
        places=tuple(_text(each, _MOST_PLACE) for each in places),
        compliant=compliant,
        **texts,
    )


_KEYS = frozenset({*_TEXTS, *_PROOF, "places", "managed", "compliant"})


def _text(value: object, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise ValueError("a text about a device is none, or too long")
    return value
