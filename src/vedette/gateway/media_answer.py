"""Another server's answer with a file, written anew (server-server API v1.15, "Content repository").

The answer has two parts: JSON, and the file or the address where it lies. Whoever fetches would
follow that address to wherever it points, and not every reader of such answers finds the same parts
in the same bytes. So nothing of the answer's own form passes: the file's bytes, its type and its
name go on in a form made here, and an answer that is anything else is not passed on at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from vedette.gateway.plan import Answer, Unwanted
from vedette.protocol.http.head import Field, is_field

_BOUNDARY = re.compile(
    rb"multipart/mixed[ \t]*;[ \t]*boundary=(?P<quote>\"?)"
    rb"(?P<boundary>[A-Za-z0-9'()+_,./:=?-]{1,70})(?P=quote)[ \t]*",
    re.IGNORECASE,
)
_MOST_BEFORE = 64 << 10
"""Bytes that may come before the file's own: JSON and two sets of headers."""
_MOST_HEADERS = 20
_KEPT = (b"content-type", b"content-disposition")
_JSON = b"application/json"
_OCTETS = b"application/octet-stream"
_ATTACHMENT = b"attachment"

Refused = Callable[[str], Answer]
"""The answer in place of one that is not passed on, for a reason in words."""


class MediaAnswer:
    """Takes an answer in and gives a new one out; it keeps no more than `_MOST_BEFORE` of it.

    1. The whole is `multipart/mixed`. 2. The first part is JSON. 3. The second has no `Location`.
    4. Only its type and its name are taken, where they can be written. 5. There is no third part,
    and the last one is closed.
    """

    def __init__(self, headers: list[Field], boundary: bytes, refused: Refused) -> None:
        """Take an answer with these `headers`; `boundary` is that of the new one, never seen before.

        Raises:
            Unwanted: it is no such answer.
        """
        self._refused = refused
        found = _BOUNDARY.fullmatch(dict(headers).get(b"content-type", b""))  # (1)
        if found is None:
            raise Unwanted(refused("the file comes in no known form"))
        self._boundary = boundary
        self._before = 0
        self._described = 0
        self._part = 0
        self._headers: list[Field] = []
        self._name = b""
        self._value = b""
        self._new: list[bytes] = []
        self._begun = False
        self._closed = False
        self._fault: str | None = None
        self._parser = MultipartParser(
            found["boundary"],
            {
                "on_part_begin": self._on_part,
                "on_header_field": self._on_name,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._on_data,
                "on_end": self._on_end,
            },
        )
        self.fields: list[Field] = [
            (b"content-type", b"multipart/mixed; boundary=" + boundary),
        ]

    def feed(self, data: bytes) -> bytes:
        """Take a piece. Raises Unwanted."""
        if not self._begun:
            self._before += len(data)
        try:
            self._parser.write(data)
        except FormParserError:
            self._refuse("the file's form is broken")
        if not self._begun and self._before > _MOST_BEFORE:
            self._refuse("too much comes before the file")
        return self._taken()

    def end(self) -> bytes:
        """Close the new answer. Raises Unwanted."""
        if not self._closed:  # (5)
            self._refuse("the file breaks off")
        return self._taken() + b"\r\n--" + self._boundary + b"--\r\n"

    def _taken(self) -> bytes:
        if self._fault is not None:
            raise Unwanted(self._refused(self._fault))
        new, self._new = b"".join(self._new), []
        return new

    def _refuse(self, why: str) -> None:
        self._fault = self._fault or why

    # -- what the parser tells ----------------------------------------------------

    def _on_part(self) -> None:
        self._part += 1
        self._headers = []
        if self._part > 2:  # (5)
            self._refuse("more comes than one file")

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers.append((self._name.lower(), self._value.strip(b" \t")))
        self._name = self._value = b""
        if len(self._headers) > _MOST_HEADERS:
            self._refuse("the file has too many headers")

    def _on_headers(self) -> None:
        headers = dict(self._headers)
        if len(headers) != len(self._headers):
            self._refuse("a header of the file is there twice")
        elif b"location" in headers:  # (3)
            self._refuse(
                "the file lies elsewhere, and what another server points to is not fetched"
            )
        elif self._part == 1:  # (2)
            if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != _JSON:
                self._refuse("the file comes without its description")
        elif self._part == 2 and self._fault is None:
            self._begin(headers)

    def _begin(self, headers: dict[bytes, bytes]) -> None:
        """Write all that comes before the file's bytes. The description has no content (v1.15)."""
        kept = {b"content-type": _OCTETS, b"content-disposition": _ATTACHMENT}
        for name in _KEPT:  # (4)
            if headers.get(name) and is_field(name, headers[name]):
                kept[name] = headers[name]
        mark = b"--" + self._boundary + b"\r\n"
        self._new += (mark, b"Content-Type: application/json\r\n\r\n{}\r\n", mark)
        self._new += (
            b"Content-Type: " + kept[b"content-type"] + b"\r\n",
            b"Content-Disposition: " + kept[b"content-disposition"] + b"\r\n\r\n",
        )
        self._begun = True

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._part == 1:
            self._described += end - start
            if self._described > _MOST_BEFORE:
                self._refuse("the file's description is too long")
        elif self._begun and self._part == 2 and self._fault is None:
            self._new.append(data[start:end])

    def _on_end(self) -> None:
        self._closed = self._part == 2
