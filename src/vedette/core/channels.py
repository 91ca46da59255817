"""What people do with one another, and with the organisation itself."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from vedette.core.language import Sentence


class Channel(StrEnum):
    """One way in which people deal with each other (never a Matrix room)."""

    MESSAGE = "message"
    FILE = "file"
    VOICE = "voice"
    VIDEO = "video"
    SCREEN = "screen"
    CONFERENCE = "conference"
    PRESENCE = "presence"
    CONTACT = "contact"
    SIGN_IN = "sign-in"
    ADMINISTER = "administer"


CALL = frozenset({Channel.VOICE, Channel.VIDEO, Channel.SCREEN, Channel.CONFERENCE})
"""The four media channels, written `call` in rules."""

TOWARDS_ORGANISATION = frozenset({Channel.SIGN_IN, Channel.ADMINISTER})
"""Channels between a person and the organisation, not between two people."""

BETWEEN_PEOPLE = frozenset(Channel) - TOWARDS_ORGANISATION
"""Every channel between people, written `all` in rules."""

CONTENT = BETWEEN_PEOPLE - {Channel.PRESENCE, Channel.CONTACT}
"""Channels that carry content; a to-device message passes only beside one of these."""

WORDS: dict[str, frozenset[Channel]] = {
    **{channel.value: frozenset({channel}) for channel in Channel},
    "call": CALL,
    "all": BETWEEN_PEOPLE,
}
"""Every word a rule may use for channels, and the channels it stands for."""

NOUNS: Mapping[str, Sentence] = MappingProxyType(
    {
        "message": Sentence("messages", "Nachrichten"),
        "file": Sentence("files", "Dateien"),
        "voice": Sentence("voice calls", "Sprachanrufe"),
        "video": Sentence("video calls", "Videoanrufe"),
        "screen": Sentence("screen sharing", "Bildschirmfreigabe"),
        "conference": Sentence("conferences", "Konferenzen"),
        "presence": Sentence("presence", "Anwesenheit"),
        "contact": Sentence("contact", "Kontakt"),
        "sign-in": Sentence("signing in", "Anmeldung"),
        "administer": Sentence("administration", "Verwaltung"),
        "call": Sentence("calls", "Anrufe"),
        "all": Sentence("everything between people", "alles zwischen Personen"),
    }
)
"""Every word for channels as people read it."""
