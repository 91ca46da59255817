"""Effects of the gateway: each takes the Permit without which it can't happen."""

from __future__ import annotations

from vedette.core.settings.document import Document
from vedette.gateway.plan import CopyTo, Forward, Head, Upstream
from vedette.protocol.http.head import Field
from vedette.protocol.matrix.paths import Endpoint, UploadLimit
from vedette.spine import Permit


def forward(
    permit: Permit,
    head: Head,
    endpoint: Endpoint,
    upstream: Upstream,
    document: Document,
    *,
    host: bytes | None = None,
    target: bytes | None = None,
    extra: tuple[Field, ...] = (),
    inspector: CopyTo | None = None,
) -> Forward:
    """Carry the request on, with the body limit of its row.

    What is uploaded goes to the `inspector` too, so that it has been looked at when it is here.
    """
    del permit  # being given one is the point
    limit = endpoint.body_limit_of(head.method.decode("latin-1"))
    most = document.media.max_upload if isinstance(limit, UploadLimit) else limit
    return Forward(
        upstream,
        most,
        extra_headers=extra,
        host=host,
        target=target,
        copy_to=inspector if isinstance(limit, UploadLimit) else None,
    )
