"""What the API's own description says of each operation beside its shapes: a summary and examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

_TEXT = '[organisation]\nname = "Example AG"\ndomain = "example.org"\n'
_REASON = "contract 4711"
_DEVICE = {"user": "@alice:example.org", "device": "ABCDEFGHIJ"}
_RULE = {"between": ["us", "acme"], "allow": ["message", "contact"]}

BODIES: dict[str, dict[str, Any]] = {
    "AccountBody": {"user": "@alice:example.org"},
    "ApplyBody": {"text": _TEXT, "base": 3, "reason": _REASON},
    "ApproveBody": {"reason": "read and right"},
    "ConfirmBody": {"revision": 4, "reason": "everybody still gets in"},
    "DeviceBody": _DEVICE,
    "DeviceReasonBody": {**_DEVICE, "reason": "phone lost, ticket 4711"},
    "DraftBody": {"text": _TEXT},
    "DraftTextBody": {"text": _TEXT, "base": 3, "version": 1},
    "EditsBody": {
        "changes": [
            {"path": "media.max_upload", "value": '"10 MiB"'},
            {"path": "rules.acme", "value": None},
        ],
        "reason": _REASON,
    },
    "EndBody": {"reason": "not before the contract is signed"},
    "FactorsBody": {"reason": "phone lost, ticket 4711"},
    "ForeseeBody": {"text": _TEXT},
    "InventorySyncBody": {"reason": "forty phones were sold", "confirm": True},
    "MaybeReasonBody": {"reason": "found again"},
    "NewDraftBody": {"text": _TEXT, "base": 3, "name": "acme-files"},
    "NewPartnerBody": {
        "name": "acme",
        "domains": ["acme.example"],
        "allow": ["message", "contact"],
        "direction": "both",
        "reason": _REASON,
    },
    "NewTokenBody": {
        "user": "@alice:example.org",
        "acts": ["administration:settings:read"],
        "expires": "2027-06-30",
        "reason": "the pipeline that checks drafts",
    },
    "PersonEraseBody": {"person": "@alice:example.org", "reason": "request of 3 May"},
    "PersonReportBody": {"person": "@alice:example.org", "reason": "incident 12"},
    "ReasonBody": {"reason": "phone lost, ticket 4711"},
    "ReplayBody": {"text": _TEXT, "since": 1_800_000_000},
    "RestoreBody": {"revision": 2, "reason": "too early"},
    "RuleBody": {"id": "acme", "rule": _RULE, "reason": _REASON},
    "RuleChangeBody": {"rule": _RULE, "reason": _REASON},
    "SetBody": {"path": "media.max_upload", "value": '"10 MiB"', "reason": _REASON},
    "RevokedBody": {"issuer": "company", "serial": "1A2B", "reason": "card lost"},
    "SyncBody": {"reason": "the branch was sold", "confirm": True},
    "WhyBody": {"from": "@alice:example.org", "to": "@carol:acme.example", "channel": "file"},
}
"""One example for the body of each operation that has one, by its shape."""

PARAMETERS: dict[str, Any] = {
    "act": "0123456789",
    "change": "0123456789",
    "device": "ABCDEFGHIJ",
    "id": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "id_": "0123456789",
    "media": "AbCdEfGhIjKl",
    "name": "acme",
    "number": 3,
    "path": "media.max_upload",
    "reason": _REASON,
    "record": "control:4711",
    "room": "!room:example.org",
    "server": "example.org",
    "source": "intune",
    "since": 2,
    "user": "@alice:example.org",
    "version": 1,
}
"""One example for each thing that an operation must be told in its path or query."""


def describe(app: FastAPI) -> None:
    """Have the description of this API say them. A test fails on an operation that lacks one."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            for operation in _operations(plain()):
                _tell(operation)
        return app.openapi_schema or plain()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _operations(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in description["paths"].values():
        yield from methods.values()


def _tell(operation: dict[str, Any]) -> None:
    """A summary from the first sentence of what is said; examples; a tag where there is none."""
    operation["summary"] = operation["description"].partition(".")[0].replace("\n", " ")
    operation.setdefault("tags", ["process"])
    for parameter in operation.get("parameters", ()):
        if parameter["required"] and parameter["name"] in PARAMETERS:
            parameter["example"] = PARAMETERS[parameter["name"]]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        shape = _shape(content["schema"])
        if shape in BODIES:
            content["example"] = BODIES[shape]


def _shape(schema: dict[str, Any]) -> str:
    """The name of a body's shape; a body that may be left out stands beside null."""
    found = schema if "$ref" in schema else next((e for e in schema["anyOf"] if "$ref" in e), {})
    return str(found.get("$ref", "")).rpartition("/")[2]
