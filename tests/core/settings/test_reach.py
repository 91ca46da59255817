from __future__ import annotations

import datetime as dt

import pytest

from vedette.core.settings.parse import check_document

HEAD = """\
[organisation]
name = "Ex"
domain = "example.org"
[partners]
acme = { domains = ["acme.example"] }
[rules]
"""


def warnings(text, today=None):
    document, faults = check_document(HEAD + text, today=today)
    assert document is not None, faults
    assert all(fault.severity == "warning" for fault in faults)
    return [(fault.path, fault.message) for fault in faults]


TWO = "a = { from = ['us'], forbid = ['administer'], unless = ['approvals >= 1']"
FILES = "a = { between = ['us', 'us'], allow = ['file'], when = "


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("a = { between = ['acme', 'outside'], allow = ['message'] }", "rules.a.between", "not ours"),
        ("a = { from = ['acme'], to = ['acme'], forbid = ['file'] }", "rules.a.from", "not ours"),
        ("a = { from = ['acme'], allow = ['sign-in'] }", "rules.a.from", "nobody from another"),
        ("a = { from = ['acme'], to = ['us'], allow = ['message'], when = ['device.managed = yes'] }",
         "rules.a.when[1]", "allows nothing"),
        ("a = { from = ['acme'], to = ['us'], forbid = ['call'], when = ['device.version < 3'] }",
         "rules.a.when[1]", "always bites"),
        (FILES + "['file.kind = text', 'file.kind = image'] }", "rules.a.when[2]", "never match"),
        (FILES + "['file.kind = text', 'file.kind != text'] }", "rules.a.when[2]", "never match"),
        (FILES + "['file.size < 1 MiB', 'file.size > 1 MiB'] }", "rules.a.when[2]", "never match"),
        (FILES + "['file.size = 1 MiB', 'file.size > 1 MiB'] }", "rules.a.when[2]", "never match"),
        (TWO + "}", "rules.a", "refuses it for good"),
        (TWO + ", when = ['act in keys:key:rotate, keys:key:list'] }", "rules.a", "`keys:key:list`"),
        (TWO + ", when = ['act not in keys:key:list'] }", "rules.a", "nobody approves"),
        ("a = { from = ['us'], allow = ['administer'], when = ['act = doors:door:list', 'approvals > 0'] }",
         "rules.a", "never allows it"),
        ("[parties.x]", "parties.x", "holds nobody"),
        ("[rooms.x]\nhistory = 'shared'", "rooms.x.history", "starts at joining"),
        ("[rooms.x]\nsealed = true", "rooms.x.sealed", "made plain"),
        ("[parties.x]\nusers = ['@a:b.example']", "parties.x.users[1]", "no account"),
    ],
)  # fmt: skip
def test_what_can_never_matter_is_said(text, path, words):
    found = warnings(text)
    assert [where for where, _ in found] == [path]
    assert words in found[0][1]


@pytest.mark.parametrize(
    "text",
    [
        # Whether two partners may share a room of ours is asked.
        "a = { between = ['acme', 'outside'], allow = ['contact'] }",
        # A forbid of what can't be anyway says what shall stay so.
        "a = { from = ['outside'], forbid = ['administer'] }",
        # Who fetches a file from outside is one of us, at our door.
        "a = { from = ['acme'], to = ['us'], allow = ['file'], when = ['device.managed = yes'] }",
        FILES + "['file.size >= 1 MiB', 'file.size <= 1 MiB'] }",
        "[rooms.x]\nsealed = true\nencrypted = true\nhistory = 'shared'\nmembers = ['us']",
        "[rooms.x]\nsealed = true\n[messages]\nencrypted = 'required'",
        FILES + "['file.size > 1 MiB', 'file.size < 2 MiB', 'file.kind not in text'] }",
        FILES + "['file.kind = text', 'claimed file.kind = image'] }",
        # Changes of the settings and acts that wait have approvals; only a change widens.
        TWO + ", when = ['change.widens in outside'] }",
        TWO + ", when = ['act in keys:key:rotate, administration:settings:apply'] }",
        "a = { between = ['us', 'us'], allow = ['call'], when = ['device.version > 2.1'] }",
    ],
)
def test_what_may_matter_is_not_warned_about(text):
    assert warnings(text) == []


def test_what_has_ended_is_said_from_the_next_day_on():
    text = "a = { between = ['us', 'us'], allow = ['file'], expires = 2027-06-30 }\n"
    text += "[partners.old]\ndomains = ['o.example']\nvalid_until = 2027-06-30\n"
    assert warnings(text) == []
    assert warnings(text, today=dt.date(2027, 6, 30)) == []
    ended = [path for path, _ in warnings(text, today=dt.date(2027, 7, 1))]
    assert ended == ["rules.a.expires", "partners.old.valid_until"]


SIGN_IN = """\
[organisation]
name = "Ex"
domain = "example.org"
[sign_in]
second_factors = {}
"""


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ("['webauthn', 'certificate']", ["no `issuers` are named"]),
        ("['certificate']", ["no `issuers` are named", "whoever is new"]),
        ("['recovery']", ["whoever is new"]),
        ("['radius']", []),
        ("['totp', 'recovery']", []),
        ("[]", []),
    ],
)
def test_second_factors_that_let_nobody_in_are_warned_about(kinds, words):
    document, faults = check_document(SIGN_IN.replace("{}", kinds))
    assert document is not None
    said = " ".join(fault.message for fault in faults)
    assert len(faults) == len(words)
    assert all(fault.severity == "warning" for fault in faults)
    assert all(each in said for each in words)
