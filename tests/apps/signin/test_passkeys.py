"""Passkeys: right ones count nowhere, and what their makers say of them counts in rules."""

from dataclasses import replace

import pytest

from tests.adapters.test_boot_file import ANSWERS
from tests.apps.signin.authenticator import Authenticator
from tests.apps.signin.pages_scene import RULES, VALUES, Browser, Pages
from tests.conformance.test_factors_attestation import maker
from vedette.adapters.boot_file import NAME, BootFault, load
from vedette.core.sessions import FactorUse, SessionFacts, factor_from_json, factor_to_json
from vedette.signin.main import attestation_roots
from vedette.suite.boot_text import BootAnswers, boot_text

MODEL = "00112233-4455-6677-8899-aabbccddeeff"
KNOWN = maker()
TRUSTED = """
[rules.trusted-keys]
from = ["us"]
forbid = ["sign-in"]
unless = ["sign_in.attested = yes"]
"""

MANAGED = """
[rules.managed]
from = ["us"]
forbid = ["sign-in"]
unless = ["device.managed = yes"]
"""


@pytest.fixture
def pages():
    made = Pages(roots=(KNOWN.pem,))
    yield made
    made.close()


def enrolled(pages: Pages, authenticator: Authenticator) -> Browser:
    """A browser whose person has just made a passkey and is at the consent."""
    browser = pages.browser().open(pages.purpose()).first("bert").send("webauthn")
    browser.send("webauthn", response=authenticator.make(browser), label="Key")
    if any(form.fields.get("do") == "seen" for form in browser.page.forms):
        browser.send("seen")
    return browser


def test_a_right_passkey_counts_against_no_address(pages):
    key = Authenticator(pages.origin)
    enrolled(pages, key)
    limit = pages.policy.current().directory.document.sign_in.attempts_per_address
    for _ in range(limit + 5):
        browser = pages.browser().open(pages.purpose())
        browser.send("passkey", response=key.use(browser))
        assert "Let Element in?" in browser.text
    assert pages.store.attempt("address:192.0.2.7", pages.now, 600) <= 2


def test_a_wrong_passkey_counts(pages):
    limit = pages.policy.current().directory.document.sign_in.attempts_per_address
    stranger = Authenticator(pages.origin, handle=b"nobody")
    for _ in range(limit):
        browser = pages.browser().open(pages.purpose())
        browser.send("passkey", response=stranger.use(browser))
    assert pages.store.attempt("address:192.0.2.7", pages.now, 600) > limit


def test_a_right_present_password_counts_against_no_address(pages):
    anna = pages.browser().open("/account/password").first().send("totp", code=pages.code())
    before = pages.store.attempt("address:192.0.2.7", pages.now, 600)
    for old, new in (("correct horse battery staple", "another fine long word"),
                     ("another fine long word", "a third fine long word")):  # fmt: skip
        anna.open("/account/password").send("change", old=old, new=new, again=new)
        assert "Done." in anna.text
    assert pages.store.attempt("address:192.0.2.7", pages.now, 600) == before + 1


def test_what_a_trusted_maker_says_of_a_passkey_is_a_fact_and_shown(pages):
    key = Authenticator(pages.origin, KNOWN)
    assert "Let Element in?" in enrolled(pages, key).text
    pages.obey(RULES + TRUSTED)
    browser = pages.browser().open(pages.purpose())
    browser.send("passkey", response=key.use(browser))
    assert "Let Element in?" in browser.text
    own = pages.browser().open("/account/factors")
    own.send("passkey", response=key.use(own))
    assert f"vouched for by its maker: {MODEL}" in own.text


@pytest.mark.parametrize("authenticator", ["nobody vouches", "another maker vouches"])
def test_a_passkey_for_which_no_trusted_maker_vouches_is_not_enough_for_such_a_rule(
    pages, authenticator
):
    key = Authenticator(pages.origin, None if authenticator == "nobody vouches" else maker())
    assert "Let Element in?" in enrolled(pages, key).text
    pages.obey(RULES + TRUSTED)
    browser = pages.browser().open(pages.purpose())
    browser.send("passkey", response=key.use(browser))
    assert "Let Element in?" not in browser.text
    pages.obey(RULES + TRUSTED, VALUES)
    assert "vouched" not in pages.browser().open(pages.purpose()).text


@pytest.mark.parametrize(
    ("vouches", "listed", "comes_in"),
    [
        ("a known maker", MODEL, True),
        ("a known maker", "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", False),
        ("another maker", MODEL, False),
        ("nobody", MODEL, False),
    ],
)
def test_a_passkey_proves_a_managed_device_where_a_known_maker_vouches_for_a_listed_model(
    pages, vouches, listed, comes_in
):
    makers = {"a known maker": KNOWN, "another maker": maker(), "nobody": None}
    key = Authenticator(pages.origin, makers[vouches])
    enrolled(pages, key)
    pages.obey(RULES + MANAGED, f'{VALUES}\nmanaged_models = ["{listed}"]')
    browser = pages.browser().open(pages.purpose())
    browser.send("passkey", response=key.use(browser))
    assert ("Let Element in?" in browser.text) is comes_in


def test_a_rule_may_name_the_models():
    use = FactorUse(kind="webauthn", at=1, proven_by="passkey", model=MODEL)
    assert factor_from_json(factor_to_json(use)) == use
    assert factor_from_json(factor_to_json(replace(use, model=""))).model == ""
    assert "model" not in factor_to_json(replace(use, model=""))
    assert SessionFacts(factors=(use,), network="").factors[0].model == MODEL


def test_the_makers_that_count_are_read_from_the_files_of_the_boot_file(tmp_path):
    boot_file = boot_text(BootAnswers(**ANSWERS)).replace("# attestation =", "attestation =")
    (tmp_path / NAME).write_text(boot_file)
    (tmp_path / "tls").mkdir()
    another = maker()
    (tmp_path / "tls/makers.pem").write_bytes(KNOWN.pem + another.pem)
    assert attestation_roots(load(tmp_path)) == (KNOWN.pem, another.pem)
    (tmp_path / "tls/makers.pem").write_text("nothing")
    with pytest.raises(BootFault, match=r"makers\.pem"):
        attestation_roots(load(tmp_path))
