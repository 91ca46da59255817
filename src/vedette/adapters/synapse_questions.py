"""Asking the module inside Synapse, over Synapse's own socket, each question signed by control."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from vedette.core.names import ServerName
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.questions import Question, ask
from vedette.protocol.internal.signing import Signer

_TIMEOUT = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class SynapseQuestions:
    """Where control asks."""

    socket: Path
    organisation: ServerName
    key: Signer
    clock: Clock

    async def ask(self, about: str, path: str, do: str, body: dict[str, Any]) -> tuple[int, Any]:
        """The status and the JSON of the answer. Raises Unavailable."""
        question = Question(
            organisation=self.organisation, do=do, issued=int(self.clock.now()), body=body
        )
        connector = aiohttp.UnixConnector(str(self.socket))
        data = ask(about, question, self.key)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session,
                session.post(f"http://synapse{path}", data=data) as answer,
            ):
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
            raise Unavailable(f"Synapse does not answer on `{self.socket}`: {fault}") from fault


def answered(status: int, told: Any) -> Any:
    """The JSON of an answer that is one. Raises Unavailable."""
    if status != 200:
        raise Unavailable(f"Synapse can't do it now ({status}): {why_not(told)}")
    return told


def why_not(told: Any) -> str:
    """Why something was not done, as the answer says it."""
    return str(told.get("why") or told.get("sentence") or "") if isinstance(told, dict) else ""
