"""What trying to reach a partner found, as the gateway tells control over the inside socket."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PATH = "/vedette/inner/v1/partners"
"""`POST {PATH}/<name>/check`; the body is empty, since only the settings say who that is."""


class Part(StrEnum):
    """What was looked at."""

    FINDING = "finding"
    TLS = "tls"
    VERSION = "version"
    KEYS = "keys"
    CLOCK = "clock"


class State(StrEnum):
    """How it stands."""

    GOOD = "good"
    WEAK = "weak"
    """It works, and should be better."""
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what was found, in words."""

    part: Part
    state: State
    words: str


@dataclass(frozen=True, slots=True)
class ServerChecked:
    """One server of a partner, and everything that was found about it, in order."""

    server: str
    findings: tuple[Finding, ...]

    def broken(self, *parts: Part) -> Finding | None:
        """The first thing of these parts that does not work."""
        found = (f for f in self.findings if f.part in parts and f.state is State.BROKEN)
        return next(found, None)


class CheckFault(ValueError):
    """The bytes are no result of a check."""


def encode(servers: Iterable[ServerChecked]) -> bytes:
    """The result as JSON."""
    found = [
        {
            "server": each.server,
            "findings": [
                {"part": f.part.value, "state": f.state.value, "words": f.words}
                for f in each.findings
            ],
        }
        for each in servers
    ]
    return json.dumps({"servers": found}).encode()


def decode(data: bytes) -> tuple[ServerChecked, ...]:
    """The result that JSON says. Raises CheckFault."""
    try:
        servers = json.loads(data)["servers"]
        return tuple(_server(each) for each in servers)
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise CheckFault("this is no result of a check") from fault


def _server(found: Any) -> ServerChecked:
    findings = tuple(
        Finding(Part(each["part"]), State(each["state"]), str(each["words"]))
        for each in found["findings"]
    )
    return ServerChecked(str(found["server"]), findings)
