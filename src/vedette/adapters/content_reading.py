"""A content, read from its first byte to its last."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator

from vedette.ports.errors import Unavailable
from vedette.ports.looking import Kept

_CHUNK = 256 << 10


async def chunks_of(kept: Kept) -> AsyncGenerator[bytes, None]:
    """All of it, in parts of which none is empty. Raises Unavailable where some is missing."""
    descriptor = kept.open()
    try:
        at = 0
        while chunk := await asyncio.to_thread(os.pread, descriptor, _CHUNK, at):
            yield chunk
            at += len(chunk)
    finally:
        os.close(descriptor)
    if at != kept.size:
        raise Unavailable("the content can't be read to its end")
