from __future__ import annotations

import pytest

from vedette.core.settings.changes import can_only_refuse_more, differences
from vedette.core.settings.document import Document
from vedette.core.settings.parse import check_document, parse_document

HEAD = '[organisation]\nname = "x"\ndomain = "x.example"\n'
RULE = '[rules.r]\nfrom = ["us"]\nforbid = ["sign-in"]\nwhen = ["{}"]\n'


def parsed(text: str) -> Document:
    document = parse_document(HEAD + text)
    assert isinstance(document, Document), document
    return document


def fault(text: str) -> tuple[int, str, str]:
    """Line (behind the head), message and hint of the one fault."""
    document, faults = check_document(HEAD + text)
    assert document is None
    assert len(faults) == 1, faults
    return faults[0].line - 3, faults[0].message, faults[0].hint or ""


def test_the_defaults_are_those_that_are_recommended():
    sign_in = parsed("").sign_in
    assert (sign_in.access_token, sign_in.outage_grace, sign_in.enrolment_grace) == (
        600, 8 * 3600, 7 * 86400,
    )  # fmt: skip
    assert (sign_in.at_device_limit, sign_in.registration) == ("refuse", "open")
    assert sign_in.clients == ("https://*", "loopback", "private-use")
    assert (sign_in.password_min_length, sign_in.breached_passwords) == (12, "")
    assert parsed("").networks == {}


@pytest.mark.parametrize(
    "line",
    [
        'access_token = "0 seconds"',
        'session = "59 seconds"',
        'at_device_limit = "ask"',
        'registration = "closed"',
        "password_min_length = 7",
        'breached_passwords = "passwords.txt"',
        "attempts_per_account = 0",
        'clients = ["http://app.example"]',
        'clients = ["https://a.example/path"]',
        'clients = ["*"]',
    ],
)
def test_a_value_that_makes_no_sense_is_refused(line):
    assert fault(f"[sign_in]\n{line}\n")[0] == 2


@pytest.mark.parametrize(
    "value",
    ["https://*", "loopback", "private-use", "https://a.example", "https://*.a.example:8443"],
)
def test_where_clients_may_be_is_written_like_this(value):
    assert parsed(f'[sign_in]\nclients = ["{value}"]\n').sign_in.clients == (value,)


def test_networks_have_names_and_one_spelling():
    document = parsed('[networks]\noffice = ["10.1.0.0/16", "2001:DB8:0::/32", "192.0.2.1"]\n')
    assert document.networks == {"office": ("10.1.0.0/16", "2001:db8::/32", "192.0.2.1/32")}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('[networks]\na = ["10.1.0.0/99"]\n', "`10.1.0.0/99` is not a network", ""),
        ('[networks]\na = ["office"]\n', "`office` is not a network", ""),
        ('[networks]\na = ["10.1.2.3/16"]\n', "an address inside a network", "`10.1.0.0/16`"),
        ('[networks]\nelsewhere = ["10.0.0.0/8"]\n', "choose another name", ""),
        ('[networks]\na = "10.0.0.0/8"\n', "a list in square brackets", ""),
    ],
)
def test_a_network_that_is_none_is_named_with_its_line(text, message, hint):
    line, said, hinted = fault(text)
    assert line == 2
    assert message in said
    assert hint in hinted


def test_a_network_without_addresses_is_warned_of():
    _, faults = check_document(HEAD + "[networks]\noffice = []\n")
    assert [(each.severity, each.message) for each in faults] == [
        ("warning", "`office` holds no address")
    ]


def test_a_rule_names_networks_of_the_document_or_elsewhere():
    office = '[networks]\noffice = ["10.0.0.0/8"]\n'
    parsed(office + RULE.format("sign_in.networks in office, elsewhere"))
    line, message, hint = fault(office + RULE.format("sign_in.networks in ofice"))
    assert (line, hint) == (6, "did you mean `office`?")
    assert message == "`ofice` is no network of this document"


def test_what_is_only_ever_claimed_is_claimed_in_a_rule():
    parsed(RULE.format("claimed client.version < 1.12"))
    _, message, hint = fault(RULE.format("client.version < 1.12"))
    assert "what somebody says of themselves" in message
    assert hint == "write `claimed client.version < 1.12`"


def test_a_rule_on_administration_names_acts_that_there_are():
    rule = '[rules.r]\nfrom = ["us"]\nallow = ["administer"]\nwhen = ["act in {}"]\n'
    parsed(rule.format("people:factor:reset, sessions:session:end, devices:device:approve"))
    _, message, hint = fault(rule.format("people:factors:reset"))
    assert message == "`people:factors:reset` is no administrative act"
    assert hint == "did you mean `people:factor:reset`?"


def test_a_kind_of_proof_or_a_way_in_that_there_is_not_is_refused():
    assert "did you mean `webauthn`?" in fault(RULE.format("sign_in.kinds in webautn"))[2]
    assert "`sign_in.flow` is never `window`" in fault(RULE.format("sign_in.flow = window"))[1]


def test_what_differs_in_networks_is_said_and_done_by_a_command():
    old, new = parsed(""), parsed('[networks]\noffice = ["10.0.0.0/8"]\n')
    (change,) = differences(old, new)
    assert change.words == 'networks.office becomes ["10.0.0.0/8"] (it was not set).'
    assert change.command == "vedette settings set networks.office '[\"10.0.0.0/8\"]'"
    (back,) = differences(new, old)
    assert back.command == "vedette settings unset networks.office"
    assert not can_only_refuse_more(old, new)
