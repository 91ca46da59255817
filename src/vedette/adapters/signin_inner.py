"""The sign-in service's token endpoint, over its Unix socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from vedette.ports.errors import Unavailable

_TIMEOUT = aiohttp.ClientTimeout(total=20)
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
