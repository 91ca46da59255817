"""A server's signing key, by the reference implementation (signedjson), for tests."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from canonicaljson import encode_canonical_json
from signedjson.key import encode_verify_key_base64, generate_signing_key
from signedjson.sign import sign_json

DAY = 86_400


@dataclass(slots=True)
class SigningServer:
    """A server that signs; `version` is the part of its key's id behind `ed25519:`."""

    name: str
    version: str = "a_1"
    key: Any = field(init=False)

    def __post_init__(self) -> None:
        self.key = generate_signing_key(self.version)

    @property
    def key_id(self) -> str:
        return f"ed25519:{self.version}"

    @property
    def public(self) -> str:
        return str(encode_verify_key_base64(self.key.verify_key))

    @property
    def pin(self) -> str:
        """As a partner's entry has it."""
        return f"{self.key_id} {self.public}"

    def keys(
        self,
        until: float | None = None,
        old: Mapping[str, Any] | None = None,
        more: Mapping[str, Any] | None = None,
        signers: tuple[SigningServer, ...] = (),
    ) -> dict[str, Any]:
        """What it publishes; valid until `until` (seconds), for a day if that is not said."""
        body: dict[str, Any] = {
            "server_name": self.name,
            "valid_until_ts": int((time.time() + DAY if until is None else until) * 1000),
            "verify_keys": {self.key_id: {"key": self.public}, **(more or {})},
            "old_verify_keys": dict(old or {}),
        }
        for signer in (self, *signers):
            body = sign_json(body, self.name, signer.key)
        return body

    def published(self, **how: Any) -> bytes:
        return json.dumps(self.keys(**how)).encode()

    def header(
        self,
        method: str,
        target: str,
        destination: str,
        content: Any = None,
        *,
        named: bool = True,
        origin: str | None = None,
    ) -> bytes:
        """The Authorization of a request; without `named` the header does not say for whom."""
        origin = origin or self.name
        request = {
            "method": method, "uri": target, "origin": origin, "destination": destination,
        }  # fmt: skip
        if content is not None:
            request["content"] = content
        signed = sign_json(request, origin, self.key)
        signature = signed["signatures"][origin][self.key_id]
        to = f',destination="{destination}"' if named else ""
        said = f'X-Matrix origin="{origin}",key="{self.key_id}",sig="{signature}"{to}'
        return said.encode()


def wire(content: Any) -> bytes:
    """A body as Synapse sends it."""
    return bytes(encode_canonical_json(content))
