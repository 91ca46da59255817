"""A revision that would shut out those who could mend it is refused, and says whom and by what."""

from __future__ import annotations

from datetime import date

import pytest

from vedette.admin.lockout import officers, refuse_lockout
from vedette.admin.policy import rules_of
from vedette.admin.rejected import Code, Rejected
from vedette.core.people import Directory, Person
from vedette.core.settings.default import default_document
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.ports.policy import Policy

TODAY = 740000
OFFICERS = ("anna", "ben", "cara")
PEOPLE = {
    f"@{name}:example.org": Person(groups=frozenset({"Security-Officers"})) for name in OFFICERS
} | {"@eve:example.org": Person(groups=frozenset({"Employees"}))}
APPLYING = 'when = ["act in administration:settings:apply"]'
BASE = default_document("Example AG", "example.org")


def policy(text: str, people: dict[str, Person] = PEOPLE, number: int = 1) -> Policy:
    document = parse_document(text)
    assert isinstance(document, Document), document
    return Policy(rules_of(document, number), Directory(document, people, TODAY))


def changed(*, add: str = "", swap: str = "") -> str:
    """The default document with something more in it, or `old -> new` in it."""
    old, arrow, new = swap.partition(" -> ")
    assert not arrow or BASE.count(old) == 1
    return (BASE.replace(old, new) if arrow else BASE) + "\n" + add


def refused(text: str, people: dict[str, Person] = PEOPLE) -> str:
    with pytest.raises(Rejected) as found:
        refuse_lockout(policy(BASE), policy(text, people, 2))
    assert found.value.code is Code.LOCK_OUT
    assert found.value.hint
    return found.value.message


def allowed(text: str, people: dict[str, Person] = PEOPLE) -> None:
    refuse_lockout(policy(BASE), policy(text, people, 2))


def rule(body: str, name: str = "new") -> str:
    return f"[rules.{name}]\n{body}\nowner = 'security-office'\n"


# ---- nobody could administer -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('from = ["us"]\nforbid = ["administer"]', "rule `new` would refuse the local administrator"),
        ('from = ["us"]\nforbid = ["administer"]\nwhen = ["act in administration:settings:read"]',
         "nobody could see the settings any more: rule `new`"),
        ('from = ["us"]\nforbid = ["administer"]\nunless = ["approvals >= 1"]',
         "nobody could see the settings any more: rule `new`"),
        ('from = ["security-office"]\nforbid = ["administer"]',
         "no security officer would be left: rule `new` would refuse `@anna:example.org`"),
        ('from = ["security-office"]\nforbid = ["administer"]\n' + APPLYING,
         "no security officer would be left"),
    ],
)  # fmt: skip
def test_whoever_may_change_the_settings_is_left(body: str, words: str) -> None:
    assert words in refused(changed(add=rule(body)))


def test_where_nobody_else_could_mend_it_the_local_token_keeps_its_right() -> None:
    body = 'from = ["us"]\nforbid = ["administer"]\nwhen = ["act.through = local-token"]'
    with pytest.raises(Rejected, match="rule `new` would refuse the local administrator"):
        refuse_lockout(policy(BASE, {}), policy(changed(add=rule(body)), {}, 2))


def test_an_allow_that_ends_is_not_all_that_officers_have() -> None:
    by = 'from  = ["security-office"]\nallow = ["administer"]'
    ends = f"{by}\nexpires = {date.fromordinal(TODAY + 3)}"
    said = refused(changed(swap=f"{by} -> {ends}"))
    assert "once rule `security-office` has ended on 2027-01-22, nobody would be left" in said
    allowed(changed(swap=f"{by} -> {ends}", add=rule(by)))  # another one goes on
    dated = changed(swap=f"{by} -> {ends}")
    refuse_lockout(policy(dated), policy(dated + '[media]\nmax_upload = "1 MiB"\n', number=2))


def test_the_last_officers_rule_is_not_lost() -> None:
    text = changed(swap='from  = ["security-office"]\nallow = ["administer"] -> '
                   'from  = ["auditors"]\nallow = ["administer"]')  # fmt: skip
    assert "no rule would allow `@anna:example.org` to change" in refused(text)


def test_a_party_that_loses_everybody_shuts_them_out() -> None:
    text = changed(swap='groups = ["Security-Officers"] -> groups = ["Board"]')
    assert "no security officer would be left" in refused(text)


def test_guests_and_people_who_left_are_no_officers() -> None:
    gone = {user: Person(groups=one.groups, active=False) for user, one in PEOPLE.items()}
    guests = {user: Person(groups=one.groups, guest=True) for user, one in PEOPLE.items()}
    assert list(officers(policy(BASE, gone))) == list(officers(policy(BASE, guests))) == []
    assert list(officers(policy(BASE))) == [f"@{name}:example.org" for name in OFFICERS]


def test_where_there_is_no_officer_yet_there_is_none_to_lose() -> None:
    text = changed(add=rule('from = ["security-office"]\nforbid = ["administer"]'))
    refuse_lockout(policy(BASE, {}), policy(text, {}, 2))


# ---- nobody could sign in --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "by"),
    [
        ('from = ["us"]\nforbid = ["sign-in"]', "rule `new`"),
        ('from = ["security-office"]\nforbid = ["sign-in"]\nunless = ["sign_in.factors >= 4"]',
         "rule `new`"),
        ('from = ["us"]\nforbid = ["sign-in"]\nunless = ["sign_in.kinds in certificate"]',
         "rule `new`"),
        ('from = ["us"]\nforbid = ["sign-in"]\nwhen = ["sign_in.flow = page"]', "rule `new`"),
    ],
)  # fmt: skip
def test_an_officer_can_still_sign_in(body: str, by: str) -> None:
    message = refused(changed(add=rule(body)))
    assert f"{by} would refuse `@anna:example.org`, whatever they show" in message


def test_without_an_allow_nobody_signs_in() -> None:
    text = changed(swap='when  = ["sign_in.factors >= 2"] -> when  = ["sign_in.factors >= 3"]')
    assert "no rule would allow `@anna:example.org`, whatever they show" in refused(text)


def test_tickets_may_be_wanted_where_they_are_offered() -> None:
    wanted = rule('from = ["us"]\nforbid = ["sign-in"]\nunless = ["sign_in.kinds = kerberos"]')
    assert "rule `new` would refuse" in refused(changed(add=wanted))
    allowed(changed(add=f'{wanted}\n[sign_in]\nkerberos = "yes"\n'))


def test_a_second_factor_that_is_wanted_can_be_had() -> None:
    none = "[sign_in]\nsecond_factors = []\n"
    assert "could sign in" in refused(changed(add=none))


@pytest.mark.parametrize(
    "body",
    [
        'from = ["us"]\nforbid = ["sign-in"]\nunless = ["device.managed = yes"]',
        'from = ["us"]\nforbid = ["sign-in"]\nunless = ["sign_in.kinds in webauthn"]',
        'from = ["us"]\nforbid = ["sign-in"]\nunless = ["sign_in.networks in elsewhere"]',
        'from = ["us"]\nforbid = ["sign-in"]\nwhen = ["claimed device.platform = android"]',
        'from = ["us"]\nforbid = ["sign-in"]\nwhen = ["device.count > 3"]',
        'from = ["us"]\nforbid = ["sign-in"]\nunless = ["device.approved = yes"]',
        'from = ["auditors"]\nforbid = ["sign-in"]',
        'from = ["us"]\nforbid = ["administer"]\nwhen = ["change.widens in partners, outside"]',
        'from = ["us"]\nforbid = ["administer"]\nunless = ["sign_in.factors >= 2"]',
        'from = ["us"]\nforbid = ["administer"]\nwhen = ["act.through = local-token"]',
        'from = ["us"]\nforbid = ["administer"]\nunless = ["act.through = console"]',
    ],
)
def test_what_can_be_had_shuts_nobody_out(body: str) -> None:
    allowed(changed(add=rule(body)))


# ---- too few people --------------------------------------------------------------------------------

TWO = ('from = ["us"]\nforbid = ["administer"]\nwhen = ["change.widens in outside"]\n'
       'unless = ["approvals >= {}"]')  # fmt: skip


@pytest.mark.parametrize(("approvals", "officers_"), [(1, 3), (2, 4)])
def test_four_eyes_take_one_more_who_may_be_away(approvals: int, officers_: int) -> None:
    several = {
        f"@officer-{n}:example.org": Person(groups=frozenset({"Security-Officers"}))
        for n in range(officers_)
    }
    text = changed(add=rule(TWO.format(approvals)))
    allowed(text, several)
    fewer = dict(list(several.items())[1:])
    message = refused(text, fewer)
    assert f"rule `new` asks for {approvals} approval" in message
    assert f"takes {approvals + 2} people" in message
    assert f"there would be {officers_ - 1} (`@officer-1:example.org`" in message


def test_with_four_eyes_on_no_change_takes_those_away_who_approve() -> None:
    four = changed(add=rule(TWO.format(1)))
    fewer = four.replace('groups = ["Security-Officers"]', 'users = ["@anna:example.org"]')
    with pytest.raises(Rejected, match="takes 3 people"):
        refuse_lockout(policy(four), policy(fewer, number=2))


def test_that_somebody_left_shuts_no_change_out() -> None:
    four = changed(add=rule(TWO.format(1)))
    two = dict(list(PEOPLE.items())[1:])
    refuse_lockout(policy(four, two), policy(four + rule(TWO.format(1), "aside"), PEOPLE, 2))
    refuse_lockout(policy(four, two), policy(four + '[media]\nmax_upload = "1 MiB"\n', two, 2))


def test_a_rule_that_only_observes_asks_for_nobody() -> None:
    allowed(changed(add=rule(TWO.format(1) + '\nmode = "observe"')), dict(list(PEOPLE.items())[1:]))
