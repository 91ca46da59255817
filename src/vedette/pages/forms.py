"""What browsers send to pages: bounded before it is read, and read in one way only."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 32


async def bounded_body(request: Request, largest: int) -> bytes | None:
    """The body, or None if it has more than `largest` bytes."""
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > largest:
                return None
            parts.append(part)
    except ClientDisconnect:
        return b""
    return b"".join(parts)


def fields_of(data: bytes, most: int = _MOST_FIELDS) -> dict[str, str]:
    """The fields of a form or a query. One that is named twice is left out: it has no meaning."""
    try:
        pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, max_num_fields=most)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    twice: set[str] = set()
    for name, value in pairs:
        if name in found:
            twice.add(name)
        found[name] = value
    return {name: value for name, value in found.items() if name not in twice}


def is_form(request: Request) -> bool:
    """Whether the body is said to be a form."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM


def set_cookie(response: Response, name: str, value: str, *, life: int | None = None) -> None:
    """Give the browser a cookie that only this host gets and no script reads; empty takes it away."""
    if value:
        response.set_cookie(
            name, value, max_age=life, path="/", secure=True, httponly=True, samesite="lax"
        )
    else:
        response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
