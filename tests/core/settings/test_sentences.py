from __future__ import annotations

import datetime as dt

import pytest

from vedette.core.settings.rules import Rule
from vedette.core.settings.sentences import condition_words, rule_sentence

BOTH = {"between": ("staff", "acme")}


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            Rule(**BOTH, allow=("message", "contact")),
            "Between staff and acme: messages and contact are allowed.",
        ),
        (
            Rule(**BOTH, allow=("message",), expires=dt.date(2027, 6, 30)),
            "Between staff and acme: messages are allowed until 2027-06-30.",
        ),
        (
            Rule(between=("us", "us"), forbid=("screen",)),
            "Among us: screen sharing is forbidden.",
        ),
        (
            Rule(from_=("a", "b", "c"), to=("outside",), allow=("file", "voice", "all")),
            (
                "From a, b and c to everyone outside: files, voice calls and everything between "
                "people are allowed."
            ),
        ),
        (
            Rule(from_=("us",), allow=("sign-in",), when=("sign_in.factors >= 2",)),
            "For us: signing in is allowed, when sign_in.factors is at least 2.",
        ),
        (
            Rule(from_=("help-desk",), to=("staff",), allow=("administer",)),
            "By help-desk over staff: administration is allowed.",
        ),
        (
            Rule(from_=("us",), forbid=("administer",), unless=("approvals >= 1",)),
            "By us over everyone: administration is forbidden, unless approvals is at least 1.",
        ),
        (
            Rule(**BOTH, allow=("file",), when=("file.kind in document, text", "file.size < 1 MiB"),
                 unless=("room.encrypted = yes", "room.ours = no")),
            (
                "Between staff and acme: files are allowed, when file.kind is document or text and "
                "file.size is under 1 MiB, unless room.encrypted is yes or room.ours is no."
            ),
        ),
        (
            Rule(between=("bridge:irc", "partners"), forbid=("call",), mode="observe"),
            (
                "Between the people of the bridge irc and all partners: calls are forbidden "
                "(`x` only observes; it decides nothing)."
            ),
        ),
    ],
)  # fmt: skip
def test_a_rule_reads_as_one_sentence(rule, sentence):
    assert rule_sentence("x", rule) == sentence


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            Rule(**BOTH, allow=("message", "contact")),
            "Zwischen staff und acme sind Nachrichten und Kontakt erlaubt.",
        ),
        (
            Rule(**BOTH, allow=("message",), expires=dt.date(2027, 6, 30)),
            "Zwischen staff und acme sind Nachrichten bis zum 30.06.2027 erlaubt.",
        ),
        (
            Rule(between=("us", "us"), forbid=("screen",)),
            "Unter uns ist Bildschirmfreigabe verboten.",
        ),
        (
            Rule(from_=("a", "b", "guests"), to=("outside",), allow=("file", "voice", "all")),
            (
                "Von a, b und Gästen an alle außerhalb sind Dateien, Sprachanrufe und alles zwischen "
                "Personen erlaubt."
            ),
        ),
        (
            Rule(from_=("us",), allow=("sign-in",), when=("sign_in.factors >= 2",)),
            "Für uns ist die Anmeldung erlaubt, wenn sign_in.factors mindestens 2 ist.",
        ),
        (
            Rule(from_=("help-desk",), to=("staff", "guests"), allow=("administer",)),
            "Für help-desk ist die Verwaltung gegenüber staff und Gästen erlaubt.",
        ),
        (
            Rule(from_=("us",), forbid=("administer",), unless=("approvals >= 1",)),
            (
                "Für uns ist die Verwaltung gegenüber allen verboten, außer wenn approvals mindestens "
                "1 ist."
            ),
        ),
        (
            Rule(**BOTH, allow=("file",), when=("file.kind in document, text", "file.size < 1 MiB"),
                 unless=("room.encrypted = yes", "room.ours = no")),
            (
                "Zwischen staff und acme sind Dateien erlaubt, wenn file.kind document oder text ist "
                "und file.size unter 1 MiB ist, außer wenn room.encrypted ja ist oder room.ours nein "
                "ist."
            ),
        ),
        (
            Rule(between=("bridge:irc", "partners"), forbid=("call",), mode="observe"),
            (
                "Zwischen den Personen der Brücke irc und allen Partnern sind Anrufe verboten (`x` "
                "beobachtet nur und entscheidet nichts)."
            ),
        ),
    ],
)  # fmt: skip
def test_a_rule_reads_as_one_german_sentence(rule, sentence):
    assert rule_sentence("x", rule).german == sentence


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("file.kind not in text", "file.kind nicht text ist"),
        ("file.kind not in text, image", "file.kind weder text noch image ist"),
        ("claimed file.kind != text", "das behauptete file.kind nicht text ist"),
        ("device.version > 12", "device.version über 12 ist"),
        ("sign_in.age <= 10 minutes", "sign_in.age höchstens 10 Minuten ist"),
        ("sign_in.age < 1 day", "sign_in.age unter 1 Tag ist"),
        ("today <= 2027-06-30", "today höchstens 30.06.2027 ist"),
        ("not a condition", "`not a condition` gilt"),
    ],
)
def test_a_condition_reads_as_a_german_clause(condition, words):
    assert condition_words(condition).german == words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("file.kind not in text", "file.kind is not text"),
        ("file.kind not in text, image", "file.kind is neither text nor image"),
        ("claimed file.kind != text", "the claimed file.kind is not text"),
        ("device.version > 12", "device.version is over 12"),
        ("device.version <= 12", "device.version is at most 12"),
        ("not a condition", "`not a condition`"),
    ],
)
def test_a_condition_reads_as_words(condition, words):
    assert condition_words(condition) == words
