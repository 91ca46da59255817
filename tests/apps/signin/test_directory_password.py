"""Signing in with the password of the company's directory: which password is asked, and who hears what."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from tests.apps.signin.house import BERT, House
from tests.apps.signin.pages_scene import PASSWORD, CountedPasswords, Pages
from tests.apps.signin.test_compat import OPEN, RULES, V3, password_login, policy_of
from vedette.adapters.memory.directory_passwords import MemoryDirectoryPasswords, MemoryEntry
from vedette.adapters.passwords import Argon2Passwords
from vedette.core.people import Directory
from vedette.core.reasons import Reason
from vedette.core.sessions import independent
from vedette.ports.directory import BindAnswer
from vedette.ports.policy import Policy
from vedette.signin.password import DIRECTORY, WINDOW

AT_WORK = "the password at work"
STRANGERS = "Name and password don't match"
ONE_FACTOR = """
[rules.one]
from = ["us"]
allow = ["sign-in"]
when = ["sign_in.factors >= 1"]
"""


@pytest.fixture
def company():
    """anna and carl are in the directory; of them, control has read anna alone."""
    return MemoryDirectoryPasswords(
        {"anna": MemoryEntry(AT_WORK, "Anna Ahorn"), "carl": MemoryEntry(AT_WORK, "Carl")}
    )


@pytest.fixture
def pages(company):
    made = Pages(directory=company, passwords=quick())
    unread(made, "bert")
    yield made
    made.close()


def quick():
    """The real passwords, with the least work for whoever has none: what is counted is how often."""
    made = Argon2Passwords()
    made._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    made._nobody = made._hasher.hash("nobody's")
    return CountedPasswords(made)


def unread(pages, *names):
    """The people stream does not know these."""
    policy = pages.policy.policy
    gone = {f"@{name}:example.org" for name in names}
    people = {user: person for user, person in policy.directory.people.items() if user not in gone}
    directory = Directory(policy.directory.document, people, policy.directory.today)
    pages.policy.policy = Policy(policy.rules, directory)


def records(pages):
    """Whom the directory let in no further, and why."""
    return [
        (ask.who, decision.reason)
        for ask, _, decision in pages.audit.kept
        if decision.reason.startswith("directory-")
    ]


def tried(pages, name="anna", password=AT_WORK, **more):
    return pages.browser(**more).open(pages.purpose()).first(name, password)


# ---- Which password ------------------------------------------------------------------------------


def test_whoever_is_in_the_directory_shows_its_password_and_one_more_proof(pages):
    browser = tried(pages)
    assert "One more proof" in browser.text
    browser.send("totp", code=pages.code())
    assert "Let Element in?" in browser.text
    assert browser.send("agree").away


def test_a_password_of_ours_is_good_no_more_for_whoever_is_in_the_directory(pages):
    assert STRANGERS in tried(pages, password=PASSWORD).text


def test_whoever_is_not_in_the_directory_shows_the_password_that_is_kept_here(pages, company):
    assert "Set up a second proof" in tried(pages, "bert", PASSWORD).text
    assert company.asked == [None]  # the same work, and nothing of what was typed
    assert STRANGERS in tried(pages, "bert", AT_WORK).text


def test_the_page_says_which_password_is_meant(pages):
    assert "at work" in pages.browser().open(pages.purpose()).text
    plain = Pages()
    try:
        assert "at work" not in plain.browser().open(plain.purpose()).text
    finally:
        plain.close()


@pytest.mark.parametrize("typed", ["anna", "ANNA", "@anna:example.org", "CORP\\anna", " Anna "])
def test_a_name_may_be_written_as_people_write_it_at_work(pages, typed):
    assert "One more proof" in tried(pages, typed).text


@pytest.mark.parametrize("typed", ["anna.ahorn@corp.example", "Anna.Ahorn@Corp.Example "])
def test_an_address_of_the_directory_is_as_good_as_a_name(pages, company, typed):
    company.people["anna"].email = "anna.ahorn@corp.example"
    assert "One more proof" in tried(pages, typed).text
    for nobody in ("anna@corp.example", "anna.ahorn@corp.example@x", "bert@example.org", "a@"):
        assert STRANGERS in tried(pages, nobody).text
    company.people["carl"].email = "anna.ahorn@corp.example"  # nobody's, since it is two people's
    assert STRANGERS in tried(pages, typed).text
    company.away = True
    assert tried(pages, typed).status == 503


# ---- The account ---------------------------------------------------------------------------------


def test_the_first_right_password_makes_the_account_and_keeps_nothing_of_it(pages, company):
    company.people["dora"] = MemoryEntry(AT_WORK, "Dora D.")
    document = pages.policy.policy.directory.document
    people = {"@dora:example.org": pages.policy.policy.directory.people["@anna:example.org"]}
    pages.policy.policy = Policy(pages.policy.policy.rules, Directory(document, people, 740_000))
    assert pages.store.account("dora") is None
    assert STRANGERS in tried(pages, "dora", "wrong").text
    assert pages.store.account("dora") is None
    assert "Set up a second proof" in tried(pages, "dora").text
    made = pages.store.account("dora")
    assert made
    assert (made.display_name, made.password_hash, made.must_change) == ("Dora D.", None, False)


def test_whoever_is_called_otherwise_at_work_by_now_is_called_so_here(pages, company):
    company.people["anna"].display_name = "Anna Birke"
    tried(pages)
    account = pages.store.account("anna")
    assert account
    assert account.display_name == "Anna Birke"
    assert [errand.kind for errand in pages.store.outbox()] == ["name"]
    company.people["anna"].state = BindAnswer.DISABLED
    company.people["anna"].display_name = "Somebody Else"
    tried(pages)
    tried(pages, password="wrong")
    account = pages.store.account("anna")
    assert account
    assert account.display_name == "Anna Birke"


def test_whoever_control_has_not_read_yet_waits_and_has_no_account(pages):
    browser = tried(pages, "carl")
    assert "not been taken over here yet" in browser.text
    assert pages.store.account("carl") is None
    assert STRANGERS in tried(pages, "carl", "wrong").text


def test_a_start_password_of_before_asks_for_no_new_one_here(pages):
    pages.store.set_password("anna", pages.passwords.hash(PASSWORD), pages.now, must_change=True)
    browser = tried(pages).send("totp", code=pages.code())
    assert "Let Element in?" in browser.text


def test_a_password_of_the_directory_is_one_factor_and_no_more(pages):
    pages.obey(ONE_FACTOR)
    unread(pages, "bert")
    assert tried(pages).send("agree").away
    _, facts, _ = pages.audit.kept[-1]
    assert facts.known["sign_in.kinds"] == frozenset({"password"})
    assert facts.known["sign_in.factors"] == 1


def test_the_own_pages_change_no_password_of_the_directory(pages):
    browser = pages.browser().open("/account/password").first("anna", AT_WORK)
    browser.send("totp", code=pages.code())
    browser.open("/account/password")
    assert "that of your company's directory" in browser.text
    assert not [form for form in browser.page.forms if "new" in form.fields]


# ---- What stands against it ----------------------------------------------------------------------


def test_strangers_hear_one_sentence_whatever_the_directory_says(pages, company):
    company.people["anna"].state = BindAnswer.DISABLED
    said = {
        tried(pages, "anna", AT_WORK).text,
        tried(pages, "anna", "wrong").text,
        tried(pages, "nobody", AT_WORK).text,
    }
    for state in (BindAnswer.LOCKED, BindAnswer.EXPIRED, BindAnswer.MUST_CHANGE):
        company.people["anna"].state = state
        said.add(tried(pages, "anna", "wrong", address="198.51.100.7").text)
    company.people["anna"].state = BindAnswer.LOCKED
    said.add(tried(pages, "anna", AT_WORK, address="203.0.113.7").text)
    assert len({each.replace("nobody", "anna") for each in said}) == 1


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (BindAnswer.DISABLED, Reason.DIRECTORY_DISABLED, STRANGERS),
        (BindAnswer.EXPIRED, Reason.DIRECTORY_EXPIRED, "has ended"),
        (BindAnswer.LOCKED, Reason.DIRECTORY_LOCKED, STRANGERS),
        (BindAnswer.MUST_CHANGE, Reason.DIRECTORY_MUST_CHANGE, "has to be changed"),
    ],
)
def test_the_record_says_why_and_the_person_hears_what_helps(pages, company, state, reason, words):
    company.people["anna"].state = state
    assert words in tried(pages).text
    assert records(pages) == [("@anna:example.org", reason)]


def test_whom_control_has_not_read_yet_is_told_to_wait_and_the_record_says_why(pages):
    assert "has not been taken over here yet" in tried(pages, "carl").text
    assert records(pages) == [("@carl:example.org", Reason.DIRECTORY_NOT_READ)]


def test_a_wrong_password_is_no_record(pages):
    tried(pages, password="wrong")
    assert records(pages) == []


def test_a_directory_that_is_away_is_waited_for_and_locks_nobody_out(pages, company):
    company.away = True
    for name, password in (("anna", AT_WORK), ("carl", AT_WORK), ("nobody", AT_WORK)):
        browser = tried(pages, name, password)
        assert browser.status == 503
        assert browser.header("retry-after")
    assert "Set up a second proof" in tried(pages, "bert", PASSWORD).text  # not kept there
    company.away = False
    assert "One more proof" in tried(pages).text


# ---- Limits --------------------------------------------------------------------------------------


def test_few_wrong_passwords_reach_the_directory_from_wherever_they_come(pages, company):
    for number in range(10):
        tried(pages, password="wrong", address=f"10.{number}.0.1")
    assert company.asked.count("anna") == 4
    assert company.asked.count(None) == 6  # the work goes on
    assert STRANGERS in tried(pages, address="10.99.0.1").text  # whoever it is
    pages.clock.seconds += WINDOW + WINDOW // 10
    assert "One more proof" in tried(pages, address="10.99.0.1").text


def test_a_browser_that_was_here_before_is_not_kept_out_by_strangers(pages, company):
    mine = tried(pages)
    mine.send("totp", code=pages.code()).send("agree")
    for number in range(5):
        tried(pages, password="wrong", address=f"10.{number}.0.1")
    assert "One more proof" in mine.open(pages.purpose()).first("anna", AT_WORK).text


def test_right_passwords_are_never_counted(pages, company):
    for state in (BindAnswer.OK, BindAnswer.MUST_CHANGE):
        company.people["anna"].state = state
        for _ in range(5):
            assert STRANGERS not in tried(pages).text


def test_the_same_work_is_done_for_everybody(pages, company):
    work = {}
    for name in ("anna", "bert", "carl", "nobody", "no body"):
        company.asked.clear()
        pages.passwords.verified = 0
        tried(pages, name, "wrong")
        work[name] = (pages.passwords.verified, len(company.asked))
    assert set(work.values()) == {(1, 1)}


# ---- Programs with a password field --------------------------------------------------------------


@pytest.fixture
def house(company):
    built = House(directory=company)
    built.policy.policy = policy_of(RULES.split("[rules.page-only]")[0] + OPEN)
    yield built
    built.close()


def test_a_program_signs_in_with_the_password_of_the_directory(house, company):
    answer = password_login(house, AT_WORK)
    assert answer.status == 200
    (session,) = house.store.sessions()
    (use,) = session.facts.factors
    assert (use.kind, use.proven_by) == ("password", DIRECTORY)
    assert independent(session.facts.factors) == 1


def test_a_program_hears_one_refusal_and_the_record_says_why(house, company):
    said = {password_login(house, "wrong").body, password_login(house, AT_WORK, user="nobody").body}
    for state in (BindAnswer.DISABLED, BindAnswer.EXPIRED, BindAnswer.MUST_CHANGE):
        company.people["anna"].state = state
        said.add(password_login(house, AT_WORK).body)
    assert len(said) == 1
    assert [reason for _, reason in records(house)] == [
        Reason.DIRECTORY_DISABLED,
        Reason.DIRECTORY_EXPIRED,
        Reason.DIRECTORY_MUST_CHANGE,
    ]


def test_a_program_is_told_to_come_again_while_the_directory_is_away(house, company):
    company.away = True
    assert password_login(house, AT_WORK).status == 503
    assert house.get(f"{V3}/login").status == 200
    assert BERT not in {session.user for session in house.store.sessions()}
