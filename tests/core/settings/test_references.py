from __future__ import annotations

import pytest

from vedette.core.settings.parse import check_document

HEAD = """\
[organisation]
name = "Ex"
domain = "example.org"
[parties]
staff = { groups = ["Staff"] }
[partners]
acme = { domains = ["acme.example", "*.acme.example"] }
[rooms]
board = { members = ["staff"] }
"""


def rule(body, section="rules"):
    return f"[{section}.a]\n{body}\n"


PEOPLE = 'between = ["us", "us"]\nallow = ["message"]\n'


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("[parties.us]", "parties.us", "built-in"),
        ("[parties.services]", "parties.services", "built-in"),
        ("[parties.a]\nexcept = ['nobody']", "parties.a.except[1]", "not one of the parties"),
        ("[parties.a]\nexcept = ['us']", "parties.a.except[1]", "not one of the parties"),
        ("[parties.a]\nexcept = ['a']", "parties.a.except[1]", "circle"),
        ("[partners.staff]\ndomains = ['x.example']", "partners.staff", "a party is called"),
        ("[sign_in]\nkerberos_networks = ['x']", "sign_in.kerberos_networks[1]", "no network"),
        ("[partners.outside]\ndomains = ['x.example']", "partners.outside", "built-in"),
        ("[partners.b]\ndomains = ['ACME.example']", "partners.b.domains[1]", "belongs to"),
        ("[partners.b]\ndomains = ['chat.acme.example']", "partners.b.domains[1]", "belongs to"),
        ("[partners.b]\ndomains = ['*.x.acme.example']", "partners.b.domains[1]", "belongs to"),
        ("[partners.b]\ndomains = ['example.org']", "partners.b.domains[1]", "our own domain"),
        ("[partners.b]\ndomains = ['*.org']", "partners.b.domains[1]", "our own domain"),
        ("[rooms.b]\nmembers = ['borad']", "rooms.b.members[1]", "neither a party nor a partner"),
        ("[rooms.b]\nmembers = ['staff', 'acme']\nhistory = 'shared'", "rooms.b.history", "`acme` may"),
        (rule("between = ['us', 'services']\nallow = ['file']"), "rules.a.between[2]", "outside the"),
        (rule("from = ['sta']\nto = ['us']\nallow = ['file']"), "rules.a.from[1]", "neither"),
        (rule("from = ['us']\nto = ['sta']\nallow = ['file']"), "rules.a.to[1]", "neither"),
        (rule(PEOPLE + "owner = 'us'"), "rules.a.owner", "nobody owns"),
        (rule(PEOPLE + "when = ['file.size < 1 MiB']"), "rules.a.when[1]", "never known about"),
        (rule(PEOPLE + "unless = ['room.kind = borad']"), "rules.a.unless[1]", "kind of room"),
        (rule("from = ['us']\nforbid = ['administer']\nwhen = ['change.widens in acm']"),
         "rules.a.when[1]", "no party or partner"),
        (rule(PEOPLE, "guardrails"), "guardrails.a.allow", "only forbids"),
        (rule("between = ['us', 'us']\nforbid = ['file']\nmode = 'observe'", "guardrails"),
         "guardrails.a.mode", "always holds"),
    ],
)  # fmt: skip
def test_each_wrong_reference_is_one_fault_at_its_place(text, path, words):
    document, faults = check_document(HEAD + text)
    errors = [fault for fault in faults if fault.severity == "error"]
    assert document is None
    assert [fault.path for fault in errors] == [path]
    assert words in errors[0].message


@pytest.mark.parametrize(
    "text",
    [
        "[parties.a]\nexcept = ['guests', 'staff']\ngroups = ['A']",
        "[partners.b]\ndomains = ['acme.example:8448']",
        "[partners.b]\ndomains = ['notacme.example']",
        rule("between = ['bridge:irc', 'acme']\nallow = ['message']\nowner = 'staff'"),
        rule(PEOPLE + "when = ['room.kind = board']"),
        rule("from = ['us']\nforbid = ['administer']\nwhen = ['change.widens in partners, acme']"),
    ],
)
def test_what_is_named_right_is_no_fault(text):
    document, faults = check_document(HEAD + text)
    assert faults == []
    assert document is not None


def test_parties_that_leave_each_other_out_in_a_circle_are_each_named():
    text = "[parties.a]\nexcept = ['b']\n[parties.b]\nexcept = ['c']\n[parties.c]\nexcept = ['a']\n"
    paths = [fault.path for fault in check_document(HEAD + text)[1] if "circle" in fault.message]
    assert paths == ["parties.a.except[1]", "parties.b.except[1]", "parties.c.except[1]"]


def test_a_guardrail_may_not_share_the_name_of_a_rule():
    text = rule(PEOPLE) + rule("between = ['us', 'us']\nforbid = ['file']", "guardrails")
    assert [fault.path for fault in check_document(HEAD + text)[1]] == ["guardrails.a"]


def test_references_are_checked_even_where_fields_are_wrong():
    text = rule("between = ['sta', 'us']\nallow = [1]\nwhen = ['room.kind = x']")
    paths = [fault.path for fault in check_document(HEAD + text)[1]]
    assert paths == ["rules.a.between[1]", "rules.a.allow[1]", "rules.a.when[1]"]


@pytest.mark.parametrize("domain", ["*.", "a b", "", "*.x y"])
def test_a_domain_that_is_none_is_named_once(domain):
    text = f"[partners.b]\ndomains = ['{domain}', 'b.example']"
    assert [fault.path for fault in check_document(HEAD + text)[1]] == ["partners.b.domains[1]"]


def test_a_wrong_domain_of_our_own_hides_no_other_fault():
    text = HEAD.replace("example.org", "exa mple.org") + rule(
        "between = ['x', 'us']\nallow = ['file']"
    )
    paths = [fault.path for fault in check_document(text)[1]]
    assert paths == ["organisation.domain", "rules.a.between[1]"]


def test_a_wildcard_and_the_name_above_it_may_be_two_partners():
    text = HEAD.replace('"acme.example", ', "") + "[partners.b]\ndomains = ['acme.example']"
    assert check_document(text)[1] == []
