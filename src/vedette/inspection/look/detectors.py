"""The detectors, loaded once."""

from __future__ import annotations

from dataclasses import dataclass

import magic


@dataclass(frozen=True, slots=True)
class Detectors:
    """What looks at bytes. `rules` names their versions."""

    rules: str
    libmagic: magic.Magic

    def magic_type(self, descriptor: int) -> str:
        """What libmagic says of a file, as a media type."""
        return str(self.libmagic.from_descriptor(descriptor))


def load(rules: str) -> Detectors:
    """Load every detector."""
    del rules
    version: int = magic.version()  # type: ignore[no-untyped-call]
    return Detectors(f"libmagic-{version}", magic.Magic(mime=True))
