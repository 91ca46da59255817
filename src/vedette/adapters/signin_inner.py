"""What control asks of the sign-in service, over its Unix socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from vedette.ports.errors import Unavailable
from vedette.protocol.internal.renewals import PATH

_TIMEOUT = aiohttp.ClientTimeout(total=20)
_RENEWAL = aiohttp.ClientTimeout(total=600)
"""A large store takes its time to be closed anew."""
_LARGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class SigninInner:
    """The TokenEndpoint on this machine."""

    socket: Path

    async def exchange(self, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        """Exchange a code. Raises Unavailable."""
        connector = aiohttp.UnixConnector(str(self.socket))
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session,
                session.post("http://signin/oauth2/token", data=dict(form)) as answer,
            ):
                found = json.loads(await answer.content.read(_LARGEST))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
            raise Unavailable(f"the sign-in service does not answer: {fault}") from fault
        if answer.status >= 500 or not isinstance(found, dict):
            raise Unavailable("the sign-in service can't let anybody in now")
        return answer.status, found


@dataclass(frozen=True, slots=True)
class SigninKeys:
    """The Rotation of a key that the sign-in service holds."""

    socket: Path
    key: str

    async def rotate(self) -> None:
        """Have it renewed. Raises Unavailable."""
        connector = aiohttp.UnixConnector(str(self.socket))
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=_RENEWAL) as session,
                session.post(f"http://signin{PATH}", json={"key": self.key}) as answer,
            ):
                found = json.loads(await answer.content.read(_LARGEST))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
            raise Unavailable(f"the sign-in service does not answer: {fault}") from fault
        if answer.status != HTTPStatus.OK:
            why = found.get("why") if isinstance(found, dict) else None
            raise Unavailable(str(why or f"the sign-in service answers {answer.status}"))
