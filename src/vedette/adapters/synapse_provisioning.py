"""Synapse's accounts and devices, over its Unix socket.

Synapse serves these paths to whoever shows the secret that it shares with its sign-in service. One
path, the one that cancels delayed events, is served by the module inside Synapse.
"""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vedette.ports.errors import Unavailable

MAS_PATH = "/_synapse/mas"
DELAYED_EVENTS_PATH = "/_synapse/vedette/delayed-events"
"""Where the module inside Synapse cancels what a device has set to be sent later."""

_TIMEOUT_SECONDS = 10.0
_LONGEST_ANSWER = 1 << 20
_LONGEST_NAME = 256
"""Characters of a display name that Synapse takes (`MAX_DISPLAYNAME_LEN`)."""
_NO_SUCH = 404


@dataclass(frozen=True, slots=True)
class SynapseProvisioning:
    """The Provisioning port over Synapse's Unix socket. `secret` is the one that both share."""

    socket: Path
    secret: str = field(repr=False)

    def person(self, localpart: str, display_name: str) -> None:
        """Make the account if there is none yet. Raises Unavailable."""
        found, _ = self._ask("GET", f"{MAS_PATH}/query_user?localpart={quote(localpart)}")
        if found != _NO_SUCH:
            return
        name = {"set_displayname": display_name[:_LONGEST_NAME]} if display_name else {}
        self._do("provision_user", {"localpart": localpart} | name)

    def call(self, localpart: str, display_name: str) -> None:
        """Have the account called so from now on. Raises Unavailable.

        The path makes accounts too, so it is asked first whether there is one.
        """
        self._ask("GET", f"{MAS_PATH}/query_user?localpart={quote(localpart)}", expected=(200,))
        name = (
            {"set_displayname": display_name[:_LONGEST_NAME]}
            if display_name
            else {"unset_displayname": True}
        )
        self._do("provision_user", {"localpart": localpart} | name)

    def device(self, localpart: str, device_id: str, name: str) -> None:
        """Make the device, or name it anew. Raises Unavailable."""
        body = {"localpart": localpart, "device_id": device_id}
        self._do("upsert_device", body | ({"display_name": name} if name else {}))

    def delete_device(self, localpart: str, device_id: str) -> None:
        """Delete the device. Raises Unavailable."""
        self._do(
            "delete_device", {"localpart": localpart, "device_id": device_id}, gone_is_well=True
        )

    def cancel_delayed_events(self, localpart: str, device_id: str) -> int:
        """Cancel what the device has set to be sent later. Raises Unavailable."""
        body = {"localpart": localpart, "device_id": device_id}
        _, answer = self._ask("POST", DELAYED_EVENTS_PATH, body, expected=(200,))
        return int(answer.get("cancelled", 0))

    def allow_cross_signing_reset(self, localpart: str) -> None:
        """Let the person replace the cross-signing keys within ten minutes. Raises Unavailable."""
        self._do("allow_cross_signing_reset", {"localpart": localpart})

    def _do(self, name: str, body: dict[str, Any], *, gone_is_well: bool = False) -> None:
        """Have one thing done. An answer that names no fault is enough."""
        expected = (200, 201, 204, *((_NO_SUCH,) if gone_is_well else ()))
        self._ask("POST", f"{MAS_PATH}/{name}", body, expected=expected)

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        expected: tuple[int, ...] = (200, _NO_SUCH),
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        connection = _UnixConnection(self.socket)
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            data = answer.read(_LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as fault:
            raise Unavailable(f"Synapse did not answer: {fault}") from fault
        finally:
            connection.close()
        found = _object(data)
        if answer.status not in expected:
            said = found.get("error", "")
            raise Unavailable(f"Synapse answered `{path}` with {answer.status}: {said}")
        return answer.status, found


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("synapse", timeout=_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's path."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_TIMEOUT_SECONDS)
        self.sock.connect(str(self._path))


def _object(data: bytes) -> dict[str, Any]:
    """The JSON object in an answer; empty where there is none."""
    try:
        found = json.loads(data) if data else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
