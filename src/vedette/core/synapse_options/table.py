"""The table: every option of Synapse that matters for security, once, in the order of the page."""

from __future__ import annotations

from vedette.core.language import Sentence
from vedette.core.synapse_options.content import FILES, MESSAGES, ROOMS
from vedette.core.synapse_options.option import Option
from vedette.core.synapse_options.people import ACCOUNTS, KNOWING
from vedette.core.synapse_options.reach import LIMITS, OTHERS, TELLING, WAYS

GROUPS: tuple[tuple[Sentence, tuple[Option, ...]], ...] = (
    (Sentence("Accounts and signing in", "Konten und Anmeldung"), ACCOUNTS),
    (Sentence("Who knows whom", "Wer wen kennt"), KNOWING),
    (Sentence("Rooms", "Räume"), ROOMS),
    (Sentence("Messages", "Nachrichten"), MESSAGES),
    (Sentence("Files", "Dateien"), FILES),
    (Sentence("Ways in and out", "Wege hinein und hinaus"), WAYS),
    (Sentence("Other servers", "Andere Server"), OTHERS),
    (Sentence("How much each may do", "Wie viel jeder darf"), LIMITS),
    (Sentence("What Synapse tells", "Was Synapse sagt"), TELLING),
)
OPTIONS: tuple[Option, ...] = tuple(option for _, options in GROUPS for option in options)
