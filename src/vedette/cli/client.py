"""The command line as a client of the admin API."""

from __future__ import annotations

import http.client
import json
import sys
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import typer

from vedette.adapters.boot_file import Boot
from vedette.cli.surroundings import BEFORE, CliFault, Exit, fault

_PREFIX = "/vedette/api/v1"
_SECONDS = 30.0


class ControlDown(CliFault):
    """Control does not answer; a few commands go on without it."""


@dataclass(frozen=True, slots=True)
class Client:
    """Asks control on its inside address, with the local token, or with another one of the API.

    The other one is read from the file that `--token-file` or `VEDETTE_TOKEN_FILE` names, so
    that it stands in no command line and no environment.
    """

    boot: Boot
    seconds: float = _SECONDS
    """How long an answer may take."""
    confirmed: bool = False
    """Whoever runs the command is sure of a change that suspends sessions."""

    def get(self, endpoint: str, **query: Any) -> Any:
        """The answer to GET. Raises CliFault."""
        return self.ask("GET", endpoint, None, query)

    def ask(
        self, method: str, path: str, body: object = None, query: dict[str, Any] | None = None
    ) -> Any:
        """The answer to one request; whoever sits at a terminal is asked where it has to be confirmed.

        Raises:
            ControlDown: nobody answers.
            CliFault: control answered with an error.
        """
        given = {key: value for key, value in (query or {}).items() if value is not None}
        if self.confirmed:
            given["confirmed"] = "true"
        target = _PREFIX + path + (f"?{urlencode(given)}" if given else "")
        status, data = self._exchange(method, target, body)
        try:
            answer = json.loads(data)
        except ValueError:
            raise fault(f"control answered with something else ({status})") from None
        if status >= 400:
            error = _error(answer, status)
            if error["code"] == "confirm" and not self.confirmed and _agreed(error):
                return replace(self, confirmed=True).ask(method, path, body, query)
            raise CliFault(error, _exit_code(status, error["code"]))
        return answer

    def _exchange(self, method: str, target: str, body: object) -> tuple[int, bytes]:
        host, _, port = self.boot.control.listen.rpartition(":")
        connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=self.seconds)
        headers = {"Authorization": f"Bearer {self._token()}"}
        payload = None
        if body is not None:
            payload, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        try:
            connection.request(method, target, payload, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as found:
            message = f"control does not answer on {self.boot.control.listen}: {found}"
            hint = f"start it with `vedette up {self.boot.folder}`"
            error = fault(message, hint, Exit.UNAVAILABLE).error
            raise ControlDown(error, Exit.UNAVAILABLE) from found
        finally:
            connection.close()

    def _token(self) -> str:
        path = BEFORE.get().token_file or self.boot.path(self.boot.control.token)
        try:
            return path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as found:
            raise fault(
                f"the administrator token `{path}` can't be read: {found}",
                "run the command as the user who runs the organisation",
                Exit.UNAVAILABLE,
            ) from found


def _agreed(error: dict[str, Any]) -> bool:
    """Whether somebody at the terminal is sure; where there is none, nobody is."""
    if not sys.stdin.isatty():
        return False
    return typer.confirm(f"{error['message']}\nApply it?", err=True)


def _error(answer: Any, status: int) -> dict[str, Any]:
    found = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(found, dict) and "message" in found:
        return found
    return fault(f"control answered {status}").error


def _exit_code(status: int, code: str) -> Exit:
    if code == "waits":
        return Exit.WAITS
    return Exit.UNAVAILABLE if status >= 500 else Exit.REJECTED
