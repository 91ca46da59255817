"""Asks a management over HTTPS: one origin each, no redirects, no proxy, bounded answers.

What throttles (429, 503) or fails for a moment (500, 502, 504) is asked again: after as long as it
says (Retry-After, RFC 9110 section 10.2.3), or ever later. A refused token (401) is fetched anew once.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from vedette.adapters.device_management.trouble import Trouble, distrusted, silent
from vedette.core.language import Sentence, told
from vedette.ports.clock import Clock

_SECONDS = 30.0
_LONGEST_ANSWER_SECONDS = 120.0
_LARGEST_ANSWER = 32 << 20
_PIECE = 256 << 10
_TRIES = 6
_LONGEST_WAIT = 60.0
_LONGEST_READING = 1800.0
_AGAIN = frozenset({429, 500, 502, 503, 504})
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, whatever its status."""

    status: int
    body: bytes = field(repr=False)
    retry_after: str = ""

    def json(self) -> Mapping[str, Any]:
        """The body as a JSON object. Raises Trouble."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError) as fault:
            raise Trouble(told("it answered something that is no JSON")) from fault
        if not isinstance(found, dict):
            raise Trouble(told("it answered something that is no JSON object"))
        return found


@dataclass(slots=True)
class Patience:
    """How long one reading may wait and go on, in seconds; for one thread."""

    clock: Clock
    wait: Callable[[float], None] = time.sleep
    _end: float = 0.0

    def begin(self) -> None:
        """A reading begins."""
        self._end = self.clock.now() + _LONGEST_READING

    def spend(self, answer: Answer, tries: int) -> None:
        """Wait as long as the answer says. Raises Trouble where that is too long."""
        seconds = min(_LONGEST_WAIT, self._asked(answer.retry_after) or float(2**tries))
        if tries + 1 >= _TRIES or self.clock.now() + seconds > self._end:
            raise Trouble(told("it answers {status} again and again", status=answer.status))
        self.wait(seconds)

    def posted(self, web: Web, target: str, form: str) -> Answer:
        """What POSTing a form brings, where waiting does not better it. Raises Trouble."""
        kind, tries = {"Content-Type": "application/x-www-form-urlencoded"}, 0
        while (answer := web.ask("POST", target, kind, form)).status in _AGAIN:
            self.spend(answer, tries)
            tries += 1
        return answer

    def go_on(self) -> None:
        """Raises Trouble where the reading takes too long."""
        if self.clock.now() > self._end:
            raise Trouble(told("a reading takes longer than half an hour"))

    def _asked(self, said: str) -> float:
        """Seconds that Retry-After says: a number of them, or a day and time."""
        if said.isascii() and said.isdigit():
            return float(said[:6])
        try:
            return max(0.0, parsedate_to_datetime(said).timestamp() - self.clock.now())
        except (ValueError, TypeError, IndexError):
            return 0.0


@dataclass(frozen=True, slots=True)
class Web:
    """What speaks with `origin` (`https://host`, a port where it has one) and with nobody else."""

    origin: str
    tls: ssl.SSLContext

    def target(self, address: str) -> str:
        """The path and query of an address of this origin. Raises Trouble for any other."""
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}" != self.origin or not _written(address):
            elsewhere = f"{parts.scheme}://{parts.netloc}"[:_SHOWN]
            raise Trouble(
                told(
                    "it sends us on to `{place}`, whom the boot file does not name", place=elsewhere
                )
            )
        return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"

    def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: str | None = None
    ) -> Answer:
        """One exchange. Raises Trouble where there was no answer."""
        parts = urlsplit(self.origin)
        host = parts.hostname or ""
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=_SECONDS, context=self.tls
        )
        try:
            connection.request(method, target, body, {"Accept": "application/json", **headers})
            with connection.getresponse() as response:
                return Answer(
                    response.status, _read(response), response.headers.get("Retry-After", "")
                )
        except ssl.SSLCertVerificationError as fault:
            raise distrusted(self.origin, fault.verify_message) from fault
        except (OSError, http.client.HTTPException, UnicodeError) as fault:
            raise silent(self.origin, fault) from fault
        finally:
            connection.close()


@dataclass(slots=True)
class Bearer:
    """Asks with a token, fetched by `fetch` where there is none, or where it is refused.

    `fetch` returns the token and for how many seconds it is good.
    """

    web: Web
    patience: Patience
    fetch: Callable[[], tuple[str, float]]
    forbidden: Sentence
    """What to do where the token is good and the right is missing (403)."""
    _token: str = ""
    _ends: float = 0.0

    def get(self, target: str) -> Answer:
        """GET until there is an answer that waiting does not better. Raises Trouble."""
        tries = renewals = 0
        while True:
            self.patience.go_on()
            answer = self.web.ask("GET", target, {"Authorization": f"Bearer {self._good()}"})
            if answer.status == 401 and not renewals:
                self._token, renewals = "", 1
            elif answer.status in _AGAIN:
                self.patience.spend(answer, tries)
                tries += 1
            else:
                return answer

    def get_json(self, target: str) -> Mapping[str, Any]:
        """What it answers as a JSON object. Raises Trouble."""
        return self.checked(self.get(target)).json()

    def checked(self, answer: Answer) -> Answer:
        """An answer that is one. Raises Trouble."""
        if answer.status == 401:
            raise Trouble(told("it refuses a token that it has just given"), self.forbidden)
        if answer.status == 403:
            raise Trouble(told("it refuses to tell: {why}", why=said(answer)), self.forbidden)
        if answer.status != 200:
            raise Trouble(
                told("it answered {status}: {why}", status=answer.status, why=said(answer))
            )
        return answer

    def _good(self) -> str:
        if not self._token or self.patience.clock.now() >= self._ends:
            token, seconds = self.fetch()
            self._token, self._ends = token, self.patience.clock.now() + max(0.0, seconds - 30)
        return self._token


def said(answer: Answer) -> str:
    """What an answer says of itself, as it may stand in a sentence of ours."""
    text = answer.body[: 4 * _SHOWN].decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_SHOWN]


def _written(address: str) -> bool:
    return all("!" <= letter <= "~" for letter in address)


def _read(response: http.client.HTTPResponse) -> bytes:
    """The body, if it is not too long and does not take too long. Raises Trouble."""
    end = time.monotonic() + _LONGEST_ANSWER_SECONDS
    pieces, size = [], 0
    while piece := response.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST_ANSWER or time.monotonic() > end:
            raise Trouble(told("its answer is too long, or takes too long"))
    if response.length:  # it announced more
        raise Trouble(told("its answer ends before it is whole"))
    return b"".join(pieces)
