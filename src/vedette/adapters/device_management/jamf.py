"""The computers and mobile devices of Jamf Pro, by the Jamf Pro API.

Asked by an API client with the rights to read computers and mobile devices (OAuth 2.0 client
credentials). Jamf has no compliance of its own that it tells for all devices, so it is read where
the boot file says: from an extension attribute, and for computers from a smart group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from vedette.adapters.device_management.gathering import (
    Gathering,
    moment,
    names_of,
    part_of,
    parts_of,
    text_of,
    yes_no_of,
)
from vedette.adapters.device_management.graph import token_of
from vedette.adapters.device_management.trouble import Trouble, secret_text, tls_for, tried_by
from vedette.adapters.device_management.web import Bearer, Patience, Web, said
from vedette.core.language import told
from vedette.core.managed_devices import ManagedDevice, Standing, platform_of
from vedette.ports.device_management import InventoryTold
from vedette.ports.directory import Check

_TOKENS = ("/api/v1/oauth/token", "/api/oauth/token")
_COMPUTERS = ("/api/v3/computers-inventory", "/api/v1/computers-inventory")
_MOBILES = ("/api/v2/mobile-devices/detail",)
"""Each where it is today, and where servers of before have it."""
_COMPUTER_PARTS = (
    *("GENERAL", "HARDWARE", "OPERATING_SYSTEM", "USER_AND_LOCATION"),
    *("EXTENSION_ATTRIBUTES", "GROUP_MEMBERSHIPS"),
)
_MOBILE_PARTS = ("GENERAL", "HARDWARE", "USER_AND_LOCATION", "SECURITY", "EXTENSION_ATTRIBUTES")
_AT_ONCE = 200
_MOST_PAGES = 5000
_YES = frozenset({"compliant", "yes", "true"})
_NO = frozenset({"noncompliant", "non-compliant", "not compliant", "no", "false"})
_WORDS = {"lost": Standing.LOST, "stolen": Standing.LOST, "retired": Standing.RETIRED}


@dataclass(frozen=True, slots=True)
class Marks:
    """Where Jamf tells whether a device is compliant: an extension attribute, a group of computers."""

    attribute: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jamf:
    """The Inventory of the Jamf Pro at `url` (an origin). `secret` is the file of its client's secret."""

    url: str
    client_id: str
    secret: Path
    patience: Patience
    marks: Marks = Marks()
    ca: Path | None = None

    def read(self) -> InventoryTold:
        """Every computer and mobile device. Raises Unavailable."""
        self.patience.begin()
        secret, web = secret_text(self.secret), Web(self.url, tls_for(self.ca))
        forbidden = told("(give the API client a role with {rights})", rights=_RIGHTS)
        asking = Bearer(web, self.patience, partial(self._token, web, secret), forbidden)
        gathering = Gathering()
        computer = partial(computer_of, marks=self.marks)
        self._all(asking, _COMPUTERS, (_COMPUTER_PARTS, "id", computer), gathering)
        mobile = partial(mobile_of, marks=self.marks)
        self._all(asking, _MOBILES, (_MOBILE_PARTS, "mobileDeviceId", mobile), gathering)
        return gathering.told()

    def tried(self) -> Iterator[Check]:
        """Its files, then all devices."""
        return tried_by(lambda: (secret_text(self.secret), tls_for(self.ca)), self.read)

    def stamp(self) -> None:
        """Only asking tells."""

    def _all(
        self,
        asking: Bearer,
        places: tuple[str, ...],
        kind: tuple[tuple[str, ...], str, Callable[[Mapping[str, Any]], ManagedDevice]],
        gathering: Gathering,
    ) -> None:
        """Every page of one list, at the first place that this server has.

        Raises:
            Unavailable: it told fewer than it says there are.
        """
        parts, id_, made = kind
        ids = set[str]()
        for page in range(_MOST_PAGES):
            places, answer = _first(asking, places, _query(parts, id_, page))
            results, of = answer.get("results"), answer.get("totalCount")
            if not isinstance(results, list) or isinstance(of, bool) or not isinstance(of, int):
                raise Trouble(told("it answered a page without devices"))
            for raw in results:
                if isinstance(raw, dict):
                    gathering.add(raw.get(id_), partial(made, raw))
                    ids.add(str(raw.get(id_)))
                else:
                    gathering.leave_out("", "it is no object")
                    ids.add(f"no object {len(ids)}")
            if len(ids) >= of:
                return
            if not results:
                break
        raise Trouble(told("it told {count} of {of} devices", count=len(ids), of=of))

    def _token(self, web: Web, secret: str) -> tuple[str, float]:
        """A token of its own, and for how many seconds it is good. Raises Trouble."""
        form = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": secret,
            }
        )
        for place in _TOKENS:
            answer = self.patience.posted(web, place, form)
            if answer.status != 404:
                break
        if answer.status != 200:
            raise Trouble(
                told(
                    "Jamf gives no token ({status}): {why}", status=answer.status, why=said(answer)
                ),
                told("(see the API client's id and secret, and whether it is enabled)"),
            )
        return token_of(answer.json())


_RIGHTS = "Read Computers, Read Mobile Devices"


def _query(parts: tuple[str, ...], id_: str, page: int) -> str:
    """One page, in an order that does not change meanwhile."""
    paging = [("page", page), ("page-size", _AT_ONCE), ("sort", f"{id_}:asc")]
    return urlencode([*(("section", part) for part in parts), *paging])


def _first(
    asking: Bearer, places: tuple[str, ...], query: str
) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """The first place that there is, as the only one, and what it answers. Raises Trouble."""
    for place in places[:-1]:
        answer = asking.get(f"{place}?{query}")
        if answer.status != 404:
            return (place,), asking.checked(answer).json()
    return places[-1:], asking.get_json(f"{places[-1]}?{query}")


def computer_of(raw: Mapping[str, Any], marks: Marks) -> ManagedDevice:
    """A computer of the inventory. Raises ValueError where it can't be one."""
    general, hardware = part_of(raw, "general"), part_of(raw, "hardware")
    system, user = part_of(raw, "operatingSystem"), part_of(raw, "userAndLocation")
    managed = yes_no_of(part_of(general, "remoteManagement"), "managed")
    words = _attribute(parts_of(raw, "extensionAttributes"), "values", marks)
    seen = text_of(general, "lastContactTime") or text_of(general, "reportDate")
    return ManagedDevice(
        id=_id("computer", text_of(raw, "id")),
        names=names_of(text_of(hardware, "serialNumber"), text_of(raw, "udid")),
        label=text_of(general, "name"),
        owner=text_of(user, "username") or text_of(user, "email"),
        platform=platform_of(text_of(system, "name") or text_of(general, "platform")),
        version=text_of(system, "version"),
        compliant=_both(_compliant(words), _in_group(raw, marks)),
        standing=_standing(words, lost=None, managed=managed),
        at=moment(seen),
    )


def mobile_of(raw: Mapping[str, Any], marks: Marks) -> ManagedDevice:
    """A mobile device of the inventory. Raises ValueError where it can't be one."""
    general, hardware = part_of(raw, "general"), part_of(raw, "hardware")
    user, security = part_of(raw, "userAndLocation"), part_of(raw, "security")
    words = _attribute(parts_of(raw, "extensionAttributes"), "value", marks)
    lost, managed = yes_no_of(security, "lostModeEnabled"), yes_no_of(general, "managed")
    return ManagedDevice(
        id=_id("mobile", text_of(raw, "mobileDeviceId")),
        names=names_of(text_of(hardware, "serialNumber"), text_of(general, "udid")),
        label=text_of(general, "displayName"),
        owner=text_of(user, "username") or text_of(user, "emailAddress"),
        platform=platform_of(text_of(raw, "deviceType")),
        version=text_of(general, "osVersion"),
        compliant=_compliant(words),
        standing=_standing(words, lost=lost, managed=managed),
        at=moment(text_of(general, "lastInventoryUpdateDate")),
    )


def _id(kind: str, id_: str) -> str:
    """Computers and mobile devices are counted each for themselves."""
    if not id_:
        raise ValueError("it has no id")
    return f"{kind}/{id_}"


def _attribute(found: list[Mapping[str, Any]], where: str, marks: Marks) -> frozenset[str]:
    """What stands in the attribute that tells compliance, each in lower case."""
    values = [
        each.get(where) for each in found if marks.attribute and each.get("name") == marks.attribute
    ]
    words = [word for each in values for word in (each if isinstance(each, list) else [each])]
    if not all(isinstance(word, str) or word is None for word in words):
        raise ValueError(f"`{marks.attribute}` holds no text")
    return frozenset(word.strip().casefold() for word in words if word)


def _compliant(words: frozenset[str]) -> bool | None:
    if words & _NO:
        return False
    return True if words & _YES else None


def _in_group(raw: Mapping[str, Any], marks: Marks) -> bool | None:
    if not marks.group:
        return None
    return any(
        text_of(each, "groupName") == marks.group for each in parts_of(raw, "groupMemberships")
    )


def _both(one: bool | None, other: bool | None) -> bool | None:
    """No where either says no; None where neither says anything."""
    if one is None or other is None:
        return other if one is None else one
    return one and other


def _standing(words: frozenset[str], *, lost: bool | None, managed: bool | None) -> Standing:
    """What has become of it; whatever Jamf does not say it manages is out of management."""
    said_so = {_WORDS[word] for word in words if word in _WORDS}
    if lost or Standing.LOST in said_so:
        return Standing.LOST
    return Standing.ACTIVE if managed and not said_so else Standing.RETIRED
