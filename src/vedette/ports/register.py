"""What the inspector remembers: verdicts by digest, and the file register."""

from __future__ import annotations

from typing import Protocol

from vedette.core.files import Content, Digest, File
from vedette.core.names import MediaId, ServerName


class OwnerFixed(Exception):  # a refusal is an answer, not an error
    """A file's owner, and the content of a file of ours, never change."""


class Register(Protocol):
    """The inspector's memory. What was remembered is durable."""

    def verdict(self, sha256: Digest, rules: str) -> Content | None:
        """What was found in a content under these rules of inspection; None if nothing is known."""

    def keep_verdict(self, content: Content) -> None:
        """Remember what was found, under the rules that it names; the oldest are forgotten.

        Raises:
            Unavailable: it may not have been remembered.
        """

    def file(self, server: ServerName, media: MediaId) -> tuple[File, Digest | None] | None:
        """A file, without what was found in it, and its content's digest; None if unknown."""

    def put_file(self, file: File, sha256: Digest | None) -> None:
        """Remember a file. One that is known keeps its use, and whether it is held or released.

        Raises:
            OwnerFixed: another owner is said, or another content of a file that has an owner.
            Unavailable: it may not have been remembered.
        """

    def hold(
        self, server: ServerName, media: MediaId, by: str, *, held: bool, released: bool = False
    ) -> bool:
        """Hold a file or let it go, remembering who did; False if it is unknown. Raises Unavailable.

        `released` as `File` has it; a hold takes it away.
        """

    def classify(self, server: ServerName, media: MediaId, class_: str) -> bool:
        """Say what a file is used as; False if it is unknown. Raises Unavailable."""
