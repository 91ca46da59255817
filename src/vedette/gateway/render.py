"""What the gateway says: the wire form of its own answers, made here and nowhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from vedette.core.explain import (
    sentence_about_suspension,
    sentence_across,
    sentence_for_person,
)
from vedette.core.reasons import Reason
from vedette.core.suspension import Suspension
from vedette.gateway.plan import Answer
from vedette.ports.live_sessions import TokenState
from vedette.protocol.matrix.paths import Answering, Endpoint
from vedette.spine import Refusal

_JSON = (b"content-type", b"application/json")
_CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, DELETE, OPTIONS"),
    (b"access-control-allow-headers", b"X-Requested-With, Content-Type, Authorization, Date"),
    (b"access-control-expose-headers", b"Synapse-Trace-Id, Server, Retry-After"),
)
RETRY = (b"retry-after", b"5")
"""The header of every answer that asks the client to repeat the request (RFC 9110, 10.2.3)."""


def say(status: int, body: dict[str, Any], *extra: tuple[bytes, bytes]) -> Answer:
    """A JSON answer that browsers may read too (Matrix client-server API, "Web browser clients")."""
    return Answer(status, (_JSON, *_CORS, *extra), json.dumps(body).encode())


def preflight() -> Answer:
    """The answer to a browser that asks before it asks."""
    return Answer(204, _CORS)


UNRECOGNIZED = say(404, {"errcode": "M_UNRECOGNIZED", "error": "nothing is served here"})
MISSING_TOKEN = say(
    401, {"errcode": "M_MISSING_TOKEN", "error": "sign in first: this needs an access token"}
)
UNKNOWN_TOKEN = say(
    401,
    {"errcode": "M_UNKNOWN_TOKEN", "error": "the access token is not known", "soft_logout": False},
)
EXPIRED_TOKEN = say(
    401,
    {
        "errcode": "M_UNKNOWN_TOKEN",
        "error": "the access token has expired: get a new one, and keep your keys",
        "soft_logout": True,
    },
)
_WAITING = "This device waits for its approval. Nothing is lost; try again once it is approved."


def unsigned(why: str) -> Answer:
    """The answer to a server whose request carries no usable X-Matrix authorisation."""
    return say(401, {"errcode": "M_UNAUTHORIZED", "error": why})


MISDIRECTED = say(421, {"errcode": "M_UNRECOGNIZED", "error": "this server has another name"})
"""The answer to a request that was sent to a name that is not ours (RFC 9110, 15.5.20)."""


def malformed(why: str) -> Answer:
    """The answer to what can't be read in one way, or is no transaction."""
    return say(400, {"errcode": "M_BAD_JSON", "error": why})


@dataclass(frozen=True, slots=True)
class Held:
    """Why a session is suspended, and the page on which its person may show proofs for it."""

    why: Suspension
    page: str = ""


HELD = Held(Suspension())
"""A session of which nothing more is known than that it is suspended."""


def dead_token(state: TokenState, refusal: Refusal, held: Held = HELD) -> Answer:
    """What a client is told whose token opens nothing (Matrix 1.15, "Soft logout").

    A client that is told 401 without `soft_logout` forgets its keys, so that is said only where the
    session is over for good.
    """
    match state:
        case TokenState.EXPIRED:
            return EXPIRED_TOKEN
        case TokenState.ENDED | TokenState.UNKNOWN:
            return UNKNOWN_TOKEN
        case TokenState.SUSPENDED:
            return _suspended(refusal, held)
        case TokenState.WAITING:
            return refused_to_person(refusal, _WAITING)
        case TokenState.TOO_NEW | TokenState.UNSURE:
            return unavailable()


def _suspended(refusal: Refusal, held: Held) -> Answer:
    """By which rule, and what brings it back: `pending` at `url` where proofs do."""
    why = held.why
    more: dict[str, Any] = {"rule": why.rule} if why.rule else {}
    if why.pending:
        more |= {
            "reason": Reason.FACT_PENDING.value,
            "pending": list(why.pending),
            "url": held.page,
        }
    return refused_to_person(refusal, sentence_about_suspension(why, held.page), **more)


def refused_to_person(refusal: Refusal, sentence: str = "", **more: Any) -> Answer:
    """A refusal to one of us: the sentence, and where to look it up."""
    if refusal.in_doubt:
        return unavailable()
    decision = refusal.decision
    return say(
        403,
        {
            "errcode": "M_FORBIDDEN",
            "error": sentence or sentence_for_person(decision),
            "vedette": {
                "reason": decision.reason.value,
                "rule": decision.rule,
                "record": refusal.record,
                **more,
            },
        },
    )


def refused_to_server(refusal: Refusal, endpoint: Endpoint) -> Answer:
    """A refusal to another server: no rule names.

    Files are refused with 404, because a peer takes any other answer there for an outage.
    """
    if refusal.in_doubt:
        return unavailable()
    file = endpoint.answering is Answering.STREAM
    return say(
        404 if file else 403,
        {
            "errcode": "M_NOT_FOUND" if file else "M_FORBIDDEN",
            "error": sentence_across(refusal.record),
            "vedette": {"reason": Reason.FORBIDDEN.value, "rule": None, "record": refusal.record},
        },
    )


def refused_for_now(refusal: Refusal) -> Answer:
    """A refusal of what our own homeserver keeps and sends again by itself.

    Any other status makes it ask no more for ten minutes; after this one it asks within a minute,
    so that what a new rule allows goes out soon.
    """
    body = {"errcode": "M_FORBIDDEN", "error": sentence_across(refusal.record)}
    return say(503, body, RETRY)


def unavailable() -> Answer:
    """The answer in doubt: nothing is lost, waiting helps."""
    body = {"errcode": "M_UNKNOWN", "error": "this can't be decided right now; try again shortly"}
    return say(503, body, RETRY)
