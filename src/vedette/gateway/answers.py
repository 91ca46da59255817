"""The carrier's own answers: Matrix errors for what never reached a server."""

import json
from http import HTTPStatus

from vedette.gateway.plan import Answer
from vedette.protocol.http.head import HeadFault

START_LINES = {
    status.value: b"HTTP/1.1 %d %s" % (status.value, status.phrase.encode())
    for status in HTTPStatus
}

# Without it a web client sees a network error in place of our sentence
# (Matrix client-server API, "Web Browser Clients").
_CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After"),
)
_RETRY_SECONDS = b"5"


def start_line(status: int) -> bytes:
    """Return the status line for `status`, known or not."""
    return START_LINES.get(status) or b"HTTP/1.1 %d Unknown" % status


def fault_answer(fault: HeadFault) -> Answer:
    """Return `fault` as a Matrix error; 503 says when to come again."""
    body = json.dumps({"errcode": fault.errcode, "error": fault.error}).encode()
    fields = [(b"content-type", b"application/json"), *_CORS]
    if fault.status == HTTPStatus.SERVICE_UNAVAILABLE:
        fields.append((b"retry-after", _RETRY_SECONDS))
    return Answer(fault.status, tuple(fields), body)


def unreachable(why: str) -> HeadFault:
    """Return the fault for a server that gave no answer to pass on.

    Always 503, never 502 or 504: other homeservers take those for a dead host and
    back off from everything, and clients retry a 503 alone.
    """
    return HeadFault(503, "M_UNKNOWN", f"the homeserver can't answer now: {why}; try again later")


TOO_LARGE = HeadFault(413, "M_TOO_LARGE", "the request's body is larger than this endpoint takes")
TOO_SLOW = HeadFault(408, "M_UNKNOWN", "the request did not arrive in time")
UNDECIDED = HeadFault(500, "M_UNKNOWN", "the request could not be decided")
WRONG_VERSION = HeadFault(505, "M_UNKNOWN", "only HTTP/1.1 is spoken here")
