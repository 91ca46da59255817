"""Keys of this organisation as whoever changes them knows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerKey:
    """The public half of a key with which our server signs: `ed25519:<name>`, and unpadded Base64."""

    id: str
    public: str
