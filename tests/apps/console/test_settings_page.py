"""Every setting and every rule in one place, found by searching, changed where it stands."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apps.console.house import Browser, House
from vedette.core.settings.reference import settings_reference
from vedette.core.synapse_options.table import OPTIONS

MAY = {"olga", "fred", "otto", "ada"}
"""Who may read the settings, by the shipped roles."""
CORP = f'{{ anchors = ["MIIB{"A" * 40}"], people = {{ {"ab" * 32} = "@olga:example.org" }} }}'


@pytest.fixture(scope="module")
def officer(house: House) -> Browser:
    browser = house.browser()
    browser.signs_in("olga")
    for kind, form in (
        ("set-value", {"path": "partners.acme", "value": '{ domains = ["acme.example"] }'}),
        ("set-value", {"path": "rooms.board", "value": '{ members = ["us"] }'}),
        ("set-value", {"path": "issuers.corp", "value": CORP}),
        ("set-value", {"path": "device_management.intune", "value": '{ issuers = ["corp"] }'}),
        ("set-value", {"path": "networks.office", "value": '["10.1.0.0/16"]'}),
        ("set-value", {"path": "federation.partners.acme", "value": "{ requests = 7 }"}),
        ("set-value", {"path": "sign_in.session", "value": "12 days"}),
        ("add-rule", {"id": "acme", "one": "us", "other": "acme", "allow": "message, contact",
                      "say": '<b>bold</b> & "quoted"', "when": "today < 2030-01-01"}),
    ):  # fmt: skip
        page = browser.send(f"/orders/{kind}", {**form, "reason": "contract 4711", "step": "apply"})
        assert page.status == 200, page.words
    return browser


def bare(text: str) -> str:
    """A text without spaces, and without the marks that a page shows as code."""
    return re.sub(r"[\s`]", "", text)


def test_every_setting_of_the_reference_is_there_with_what_is_said_of_it(officer):
    page = officer.get("/settings")
    rules, shown = officer.get("/settings/rules"), bare(page.words)
    for info in settings_reference():
        if info.path.startswith(("rules.", "guardrails.")):
            continue
        path = info.path.replace("networks.<name>", "networks.office")
        path = path.replace("people.<name>", f"people.{'ab' * 32}")
        for section, name in (
            ("device_management", "intune"),
            ("issuers", "corp"),
            ("parties", "security-office"),
            ("partners", "acme"),
            ("rooms", "board"),
        ):
            path = path.replace(f"{section}.<name>", f"{section}.{name}")
        assert f"<code>{path}</code>" in page.text, path
        for words in (info.title, info.meaning, info.risk, info.recommended):
            assert bare(words) in shown, f"{path}: {words}"
    assert rules.status == 200


def test_a_ca_that_can_not_be_read_is_named_so_and_breaks_no_page(officer):
    page = officer.get("/certificates")
    assert page.status == 200
    assert "malformed" in page.words
    assert "Add an issuer" in page.words


def test_a_setting_shows_its_value_its_default_and_who_changed_it_last(officer):
    page = officer.get("/settings?q=sign_in.session")
    assert '"12 days"' in page.words
    assert '"30 days"' in page.words
    assert "@olga:example.org" in page.words.split("Changed last")[1]
    assert "contract 4711" in page.words


@pytest.mark.parametrize(
    ("query", "there", "away"),
    [
        ("q=session+idle", "", "sign_in.session"),
        ("q=COOKIE+nothing+says+this", "", "media.max_upload"),
        ("q=passkey", "sign_in.second_factors", "media.max_upload"),
        ("q=12+days", "sign_in.session", "sign_in.expired_kept"),
        ("show=changed", "sign_in.session", "sign_in.expired_kept"),
        ("show=lacking", "sign_in.session", "organisation.name"),
        ("show=nonsense", "media.max_upload", ""),
    ],
)
def test_the_search_finds_what_says_every_word(officer, query, there, away):
    page = officer.get(f"/settings?{query}")
    assert not there or f"<code>{there}</code>" in page.text
    assert not away or f"<code>{away}</code>" not in page.text


def test_while_somebody_types_the_part_that_changes_is_sent_alone(officer):
    part = officer.get("/settings?q=upload", x_part="yes")
    assert "<html" not in part.text
    assert "media.max_upload" in part.text
    assert "<html" not in officer.get("/settings/rules?q=acme", x_part="yes").text


def test_rules_are_read_as_sentences_and_their_forms_say_what_they_say(officer):
    page = officer.get("/settings/rules")
    assert "administration is forbidden" in page.words
    acme = officer.get("/settings/rules?q=acme")
    assert 'value="message, contact"' in acme.text
    assert "today &lt; 2030-01-01</textarea>" in acme.text
    assert "<b>bold</b>" not in acme.text
    assert "guardrails.administrators-apart" not in acme.text


def test_a_rule_is_changed_as_its_form_says(house, officer):
    page = officer.get("/settings/rules?q=acme")
    base = page.hidden("base")
    form = {"id": "acme", "one": "us", "other": "acme", "allow": "message", "say": "Only words.",
            "base": base, "step": "apply", "reason": "less"}  # fmt: skip
    assert officer.send("/orders/change-rule", form).status == 200
    rule = next(r for n, r in house.desks.settings.current()[1].rules.items() if n == "acme")
    assert (rule.allow, rule.say, rule.when) == (("message",), "Only words.", ())
    assert officer.send("/orders/change-rule", {**form, "reason": "again"}).status == 409


def test_a_guardrail_is_not_lost_by_a_click(house, officer):
    form = {"id": "guardrails.administrators-apart", "step": "apply", "reason": "x"}
    page = officer.send("/orders/remove-rule", form)
    assert "It waits, and nothing is changed yet" in page.words
    assert "vedette settings approve" in page.words
    assert "for a second person, or for their hour: 1." in officer.get("/").words
    assert house.desks.settings.current()[1].guardrails


@pytest.mark.parametrize("name", ["olga", "fred", "otto", "hugo", "ada", "anna"])
def test_the_settings_are_for_those_who_may_read_them(house, name):
    browser = house.browser()
    home = browser.signs_in(name)
    page = browser.get("/settings")
    assert page.status == (200 if name in MAY else 403)
    assert browser.get("/settings/rules").status == page.status
    assert ('href="/settings"' in home.text) is (name in MAY)
    assert ("sign_in.session" in page.text) is (name in MAY)


def test_what_synapse_obeys_beneath_is_listed_searched_and_holds_no_secret(house, officer):
    page = officer.get("/settings?q=url_preview")
    assert "url_preview_enabled" in page.words
    assert "enable_registration" not in page.words
    whole = officer.get("/settings").words
    assert "enable_registration false" in whole
    secrets = [path for path in house.boot.path("secrets").iterdir() if path.stat().st_size < 200]
    assert len(secrets) > 3
    for path in secrets:
        assert path.read_bytes().decode("latin-1").strip() not in whole, path.name
    assert str(house.boot.folder) not in whole


def test_every_option_of_synapse_is_there_with_what_is_said_of_it_and_what_decides_it(officer):
    page = officer.get("/settings?q=synapse")
    assert f"{len(OPTIONS)} options of Synapse" in page.words
    shown = bare(page.words)
    for option in OPTIONS:
        assert f"<code>{option.key}</code>" in page.text, option.key
        for words in (option.meaning, option.risk):
            assert bare(words) in shown, f"{option.key}: {words}"
        for path in option.by:
            assert f"<code>{escape(path)}</code></a>" in page.text, f"{option.key}: {path}"


@pytest.mark.parametrize(
    ("query", "there", "away"),
    [
        ("q=drosselung", "", "rc_message"),
        ("q=telefonnummer", "enable_3pid_lookup", "rc_message"),
        ("q=synapse.rate_rooms", "rc_room_creation", "rc_message"),
        ("q=matrix.org+keys", "trusted_key_servers", "rc_message"),
        ("q=rc_&show=changed", "rc_message", "rc_reports"),
        ("q=rc_&show=lacking", "", "rc_message"),
    ],
)
def test_the_search_finds_options_of_synapse_too(officer, query, there, away):
    page = officer.get(f"/settings?{query}")
    assert not there or f"<code>{there}</code>" in page.text
    assert not away or f"<code>{away}</code>" not in page.text


def test_a_setting_of_synapse_is_changed_in_its_place_and_its_option_says_who_did(officer):
    page = officer.get("/settings?q=enable_set_displayname")
    assert "<code>enable_set_displayname</code>" in page.text
    assert "contract 4712" not in page.words
    asked = {"path": "synapse.own_names", "value": "false", "reason": "contract 4712"}
    shown = officer.send("/orders/set-value", {**asked, "step": "show"})
    assert "is started again for it some seconds after: synapse.own_names" in shown.words
    done = officer.send("/orders/set-value", {**asked, "step": "apply"})
    assert done.status == 200, done.words
    page = officer.get("/settings?q=enable_set_displayname")
    option = page.words.split("enable_set_displayname")[1]
    assert option.startswith(" false")
    assert "@olga:example.org" in option.split("Changed last")[1]
    assert "contract 4712" in option


@settings(max_examples=40, deadline=None)
@given(query=st.text(max_size=60), show=st.text(max_size=12))
def test_whatever_is_searched_for_is_text(officer, query, show):
    asked = urlencode({"q": query + "<script>x", "show": show}, errors="replace")
    for path in ("/settings", "/settings/rules"):
        page = officer.get(f"{path}?{asked}")
        assert page.status == 200
        assert "<script>x" not in page.text


# ---- words of the rules, each with a form of its own -------------------------------------------------


def test_a_party_is_added_changed_and_removed_by_its_form(officer: Browser) -> None:
    form = {
        "name": "works-council",
        "groups": "Betriebsrat, Ost\nBetriebsrat",
        "except": "auditors",
    }
    shown = officer.send("/orders/set-party", form)
    assert (
        """settings set parties.works-council '{ groups = ["Betriebsrat, Ost", "Betriebsrat"], """
        """except = ["auditors"] }'"""
    ) in shown.words
    for changed in (form, {**form, "groups": "Betriebsrat", "except": ""}):
        page = officer.send("/orders/set-party", {**changed, "reason": "x", "step": "apply"})
        assert page.status == 200, page.words
    page = officer.get("/settings/parties")
    assert "works-council Groups, one on a line Betriebsrat Named by nothing names it" in page.words
    assert 'href="/people?party=works-council"' in page.text
    kind = {"name": "council", "members": "works-council", "reason": "x", "step": "apply"}
    assert officer.send("/orders/set-room-kind", kind).status == 200
    assert "Named by rooms.council" in officer.get("/settings/parties").words
    gone = {"path": "parties.works-council", "reason": "x", "step": "apply"}
    held = officer.send("/orders/unset-value", gone)
    assert held.status == 400, "what something names can't go"
    assert "works-council" in held.words
    assert officer.send("/orders/unset-value", {**gone, "path": "rooms.council"}).status == 200
    assert officer.send("/orders/unset-value", gone).status == 200
    assert "<code>works-council</code>" not in officer.get("/settings/parties").text


@pytest.mark.parametrize(
    ("kind", "form", "word"),
    [
        ("set-party", {"name": "Works Council", "groups": "x"}, "lower-case letters"),
        ("set-party", {"name": "council", "users": "anna"}, "anna"),
        ("set-party", {"name": "council", "groups": "x", "except": "nobody-known"}, "nobody-known"),
        ("set-network", {"name": "office", "ranges": " \n"}, "no address range is named"),
        ("set-network", {"name": "office", "ranges": "192.0.2.1/24"}, "192.0.2.1/24"),
        ("set-room-kind", {"name": "board", "history": "<b>all</b>"}, "history"),
        ("set-room-kind", {"name": "board", "members": "nobody-known"}, "nobody-known"),
    ],
)
def test_what_a_form_can_t_make_is_said_and_nothing_changes(
    house: House, officer: Browser, kind: str, form: dict[str, str], word: str
) -> None:
    before = house.desks.settings.current()[0].number
    page = officer.send(f"/orders/{kind}", {**form, "reason": "x", "step": "apply"})
    assert page.status == 400
    assert word in page.words
    assert "<b>all" not in page.text
    assert house.desks.settings.current()[0].number == before
