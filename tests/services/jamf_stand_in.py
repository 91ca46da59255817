"""Stands in for Jamf Pro: API clients' tokens, the inventory of computers and of mobile devices.

Made after Jamf's public description of the Jamf Pro API: OAuth client credentials, `page` and
`page-size`, `section`, `totalCount`, errors as `{"httpStatus", "errors"}`, tokens that end, 429 with
Retry-After. Jamf's own Python client is tried against it.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.services.stand_in import Call, Reply

CLIENT = "c1f0a7e2-6d1f-4a8e-9f0c-0a1b2c3d4e5f"
_COMPUTER_PARTS = {
    "GENERAL": "general",
    "HARDWARE": "hardware",
    "OPERATING_SYSTEM": "operatingSystem",
    "USER_AND_LOCATION": "userAndLocation",
    "EXTENSION_ATTRIBUTES": "extensionAttributes",
    "GROUP_MEMBERSHIPS": "groupMemberships",
}
_MOBILE_PARTS = {
    "GENERAL": "general",
    "HARDWARE": "hardware",
    "USER_AND_LOCATION": "userAndLocation",
    "SECURITY": "security",
    "EXTENSION_ATTRIBUTES": "extensionAttributes",
}


def computer(number: int, *, managed: bool = True, word: str = "", groups: tuple[str, ...] = ()):
    """One as the inventory has it; `word` stands in its attribute `Compliance`."""
    attribute = {
        "definitionId": "23",
        "name": "Compliance",
        "enabled": True,
        "multiValue": False,
        "values": [word] if word else [],
        "dataType": "STRING",
        "options": [],
        "inputType": "SCRIPT",
    }
    return {
        "id": str(number),
        "udid": f"{number:08X}-0000-1000-8000-AABBCCDDEEFF",
        "general": {
            "name": f"MAC-{number}",
            "platform": "Mac",
            "remoteManagement": {"managed": managed, "managementUsername": None},
            "lastContactTime": "2026-11-26T10:17:11.543Z",
            "reportDate": "2026-11-26T09:00:00.000Z",
            "supervised": True,
        },
        "hardware": {"make": "Apple", "model": "MacBook Pro", "serialNumber": f"SERIAL{number:05}"},
        "operatingSystem": {"name": "macOS", "version": "15.4.1", "build": "24E263"},
        "userAndLocation": {
            "username": f"person{number}",
            "realname": f"Person {number}",
            "email": f"person{number}@corp.test",
        },
        "extensionAttributes": [attribute],
        "groupMemberships": [
            {"groupId": str(at), "groupName": name, "smartGroup": True}
            for at, name in enumerate(groups, start=1)
        ],
    }


def mobile(number: int, *, managed: bool = True, lost: bool = False, word: str = ""):
    """One as the detailed list of mobile devices has it."""
    return {
        "mobileDeviceId": str(number),
        "deviceType": "iOS",
        "general": {
            "udid": f"{number:08x}-00112233445566aa",
            "displayName": f"PHONE-{number}",
            "lastInventoryUpdateDate": "2026-11-26T10:17:11.543Z",
            "osVersion": "18.4",
            "managed": managed,
            "supervised": True,
        },
        "hardware": {"serialNumber": f"SERIAL{number:05}", "model": "iPhone 17"},
        "userAndLocation": {
            "username": f"person{number}",
            "emailAddress": f"person{number}@corp.test",
        },
        "security": {"lostModeEnabled": lost, "passcodePresent": True},
        "extensionAttributes": [
            {
                "id": "5",
                "name": "Compliance",
                "type": "STRING",
                "value": [word] if word else [],
                "extensionAttributeCollectionAllowed": False,
            }
        ],
    }


@dataclass
class JamfStandIn:
    """What it has, and how it is just now. `old` serves what servers of before do, and no more."""

    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(40))
    computers: list[Any] = field(default_factory=list)
    mobiles: list[Any] = field(default_factory=list)
    token_seconds: float = 1199
    most_at_once: int = 2000
    throttled: list[Reply] = field(default_factory=list)
    asked: list[Call] = field(default_factory=list)
    away: bool = False
    hides: int = 0
    """How many it counts and does not tell."""
    old: bool = False
    tokens: dict[str, float] = field(default_factory=dict)
    fetched: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, call: Call) -> Reply:
        with self._lock:
            self.asked.append(call)
            if self.away:
                return Reply(
                    503, b"<html>Service Unavailable</html>", {"Content-Type": "text/html"}
                )
            version = "v1" if self.old else "v3"
            tokens = {"/api/oauth/token"} | (set() if self.old else {"/api/v1/oauth/token"})
            if call.path in tokens and call.method == "POST":
                return self._token(call.form())
            if call.path == f"/api/{version}/computers-inventory":
                return self._page(call, self.computers, _COMPUTER_PARTS, ("id", "udid"))
            if call.path == "/api/v2/mobile-devices/detail":
                return self._page(
                    call, self.mobiles, _MOBILE_PARTS, ("mobileDeviceId", "deviceType")
                )
            return _error(404, "NOT_FOUND")

    def revoke(self) -> None:
        """End every token that was given."""
        self.tokens.clear()

    def _token(self, form: dict[str, str]) -> Reply:
        known = (form.get("client_id"), form.get("client_secret")) == (CLIENT, self.client_secret)
        if form.get("grant_type") != "client_credentials" or not known:
            return Reply(401, {"error": "invalid_client"})
        token = secrets.token_urlsafe(60)
        self.tokens[token] = time.time() + self.token_seconds
        self.fetched += 1
        return Reply(
            body={
                "access_token": token,
                "scope": "api-role:1",
                "token_type": "Bearer",
                "expires_in": int(self.token_seconds),
            }
        )

    def _page(
        self, call: Call, rows: list[Any], parts: dict[str, str], always: tuple[str, ...]
    ) -> Reply:
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= time.time():
            return _error(401, "INVALID_TOKEN")
        if self.throttled:
            return self.throttled.pop(0)
        page, size = int(call.one("page", "0")), int(call.one("page-size", "100"))
        if not 1 <= size <= self.most_at_once:
            return _error(400, "INVALID_PAGE_SIZE")
        # several parameters, as the description has it, or one with commas, as Jamf's client writes it
        said = call.query.get("section", ["GENERAL"])
        sections = [section for each in said for section in each.split(",")]
        if unknown := set(sections) - parts.keys() - {"ALL"}:
            return _error(400, f"INVALID_SECTION {unknown}")
        wanted = {parts[each] for each in sections if each in parts}
        some = rows[page * size : (page + 1) * size]
        results = [_with(row, wanted, parts, always) for row in some]
        return Reply(body={"totalCount": len(rows) + self.hides, "results": results})


def throttling(seconds: int | str) -> Reply:
    return Reply(429, {"httpStatus": 429, "errors": []}, {"Retry-After": str(seconds)})


def _with(row: Any, wanted: set[str], parts: dict[str, str], always: tuple[str, ...]) -> Any:
    """Sections that were not asked for are null."""
    if not isinstance(row, dict):
        return row
    sections = {name: row.get(name) if name in wanted else None for name in parts.values()}
    return {**{name: row.get(name) for name in always}, **sections}


def _error(status: int, code: str) -> Reply:
    errors = [{"code": code, "description": "", "id": "0", "field": None}]
    return Reply(status, {"httpStatus": status, "errors": errors})
