"""Towards whom a change is taken to allow more: never too few parties."""

from datetime import date

import pytest

from vedette.admin import widening
from vedette.admin.widening import VALUES, WORDS, widens
from vedette.core.settings.directory import CompanyDirectory
from vedette.core.settings.document import Document, Party
from vedette.core.settings.parse import parse_document
from vedette.core.settings.people import PeopleSources, Source

BASE = """
[organisation]
name = "Example AG"
domain = "example.org"
[parties]
staff = { groups = ["Employees"], except = ["contractors"] }
contractors = { groups = ["Contractors"] }
[partners]
acme = { domains = ["acme.example"] }
[rules]
inside = { between = ["staff", "staff"], allow = ["message"] }
acme = { between = ["staff", "acme"], allow = ["message", "contact"] }
no-files = { between = ["us", "outside"], forbid = ["file"] }
"""


TODAY = date(2026, 6, 1)


def document(text: str) -> Document:
    found = parse_document(text)
    assert isinstance(found, Document), found
    return found


def change(before: str, after: str) -> frozenset[str]:
    assert before in BASE
    return widens(document(BASE), document(BASE.replace(before, after)), TODAY)


def test_nothing_widens_nothing() -> None:
    assert widens(document(BASE), document(BASE), TODAY) == frozenset()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('allow = ["message", "contact"]', 'allow = ["message"]'),
        ('forbid = ["file"]', 'forbid = ["file", "message"]'),
        ('inside = { between = ["staff", "staff"], allow = ["message"] }', ""),
        ("[rules]", '[rules]\nshut = { between = ["us", "acme"], forbid = ["all"] }'),
        ('allow = ["message", "contact"]', 'allow = ["message"], expires = 2027-01-01'),
    ],
    ids=["an allow shrinks", "a forbid grows", "an allow goes", "a forbid comes", "an allow ends"],
)
def test_what_can_only_refuse_more_widens_nothing(before: str, after: str) -> None:
    assert change(before, after) == frozenset()


def test_a_new_allow_widens_towards_its_own_sides_and_what_they_are_part_of() -> None:
    more = 'more = { from = ["staff"], to = ["acme"], allow = ["file"] }'
    assert change("[rules]", f"[rules]\n{more}") == {"staff", "us", "acme", "partners"}


def test_a_network_that_grows_may_let_our_own_people_in_from_more_places() -> None:
    networks = '[networks]\noffice = ["10.0.0.0/8"]\n[rules]'
    assert change("[rules]", networks) == {"us"}


def test_an_allow_inside_does_not_count_as_widening_towards_others() -> None:
    inside = 'inside = { between = ["staff", "staff"], allow = ["message"] }'
    widened = change(inside, inside.replace('"message"', '"message", "file"'))
    assert widened == {"staff", "us"}


def test_a_forbid_that_goes_widens_towards_its_sides() -> None:
    gone = change('no-files = { between = ["us", "outside"], forbid = ["file"] }', "")
    assert gone == {"us", "outside"}


def test_a_forbid_that_only_observes_no_longer_protects() -> None:
    assert "outside" in change('forbid = ["file"]', 'forbid = ["file"], mode = "observe"')


def test_one_change_does_not_hide_behind_another_that_narrows() -> None:
    both = document(
        BASE.replace('allow = ["message", "contact"]', 'allow = ["message"]').replace(
            'forbid = ["file"]', 'forbid = ["message"]'
        )
    )
    assert widens(document(BASE), both, TODAY) == {"us", "outside"}


def test_a_partner_that_gets_another_domain_is_named() -> None:
    widened = change('["acme.example"]', '["acme.example", "other.example"]')
    assert {"acme", "partners"} <= widened


def test_a_party_that_changes_names_everybody_whom_rules_pair_with_it() -> None:
    widened = change(
        'staff = { groups = ["Employees"]', 'staff = { groups = ["Employees", "Temps"]'
    )
    assert {"staff", "us", "acme", "partners"} <= widened


def test_a_party_that_is_excepted_elsewhere_changes_that_one_too() -> None:
    widened = change('groups = ["Contractors"]', 'groups = ["Other"]')
    assert {"contractors", "staff", "acme", "partners"} <= widened


def test_an_exception_of_an_exception_changes_the_outer_party_too() -> None:
    nested = document(
        BASE.replace(
            'contractors = { groups = ["Contractors"] }',
            'contractors = { groups = ["Contractors"], except = ["leads"] }\n'
            'leads = { groups = ["Leads"] }',
        )
    )
    fewer = nested.model_copy(
        update={"parties": {**nested.parties, "leads": Party(groups=("Others",))}}
    )
    assert {"leads", "contractors", "staff", "acme"} <= widens(nested, fewer, TODAY)


MANAGED = (
    BASE
    + """
plans = { from = ["staff"], to = ["acme"], allow = ["file"], when = ["device.managed = yes"] }
"""
)
ISSUER = f"""
[issuers.devices]
anchors = ["{"MIIB" + "A" * 40}"]
devices = "managed"
"""
MODELS = """
[sign_in]
managed_models = ["2fc0579f-8113-47ea-b116-bb5a8db9202a"]
"""


@pytest.mark.parametrize("section", [ISSUER, MODELS], ids=["an issuer", "a model of passkeys"])
def test_what_makes_a_device_managed_widens_where_a_rule_reads_that(section: str) -> None:
    widened = widens(document(MANAGED), document(MANAGED + section), TODAY)
    assert {"staff", "us", "acme", "partners"} <= widened
    assert "administer" not in widened
    assert widens(document(BASE), document(BASE + section), TODAY) == {"us"}


ROLES = (
    BASE
    + """
office = { from = ["contractors"], allow = ["administer"] }
desk = { from = ["us"], to = ["staff"], allow = ["administer"], when = ["device.managed = yes"] }
"""
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[rules]", '[rules]\nmore = { from = ["staff"], allow = ["administer"] }'),
        ('from = ["contractors"], allow', 'from = ["staff"], allow'),
        ('groups = ["Contractors"]', 'groups = ["Contractors", "Temps"]'),
        ('groups = ["Contractors"]', 'groups = ["Contractors"], users = ["@eve:example.org"]'),
        ('groups = ["Employees"]', 'groups = ["Employees", "Temps"]'),
        (', when = ["device.managed = yes"]', ""),
        ("[rules]", f"{MODELS}[rules]"),
        ("[rules]", f"{ISSUER}[rules]"),
    ],
    ids=[
        "a rule", "a rule's side", "a group", "a person", "those over whom it goes", "a condition",
        "a fact that a rule reads", "an issuer for such a fact",
    ],
)  # fmt: skip
def test_what_may_grant_a_right_widens_administer(before: str, after: str) -> None:
    assert before in ROLES
    changed = document(ROLES.replace(before, after))
    assert "administer" in widens(document(ROLES), changed, TODAY)


def test_who_may_sign_in_as_somebody_else_may_get_their_rights() -> None:
    office = BASE + 'office = { from = ["contractors"], allow = ["administer"] }\n'
    assert widens(document(office), document(office + ISSUER), TODAY) == {"us", "administer"}


def test_a_server_that_is_no_partners_any_more_counts_as_outside() -> None:
    strangers = BASE + 'all = { between = ["staff", "outside"], allow = ["message"] }\n'
    fewer = strangers.replace('["acme.example"]', '["other.example"]')
    assert "outside" in widens(document(strangers), document(fewer), TODAY)


def test_what_grants_no_right_does_not_widen_administer() -> None:
    for before, after in (
        ('["acme.example"]', '["acme.example", "other.example"]'),
        ('inside = { between = ["staff", "staff"], allow = ["message"] }', ""),
        ("[rules]", '[rules]\nmore = { between = ["staff", "acme"], allow = ["file"] }'),
    ):
        assert before in ROLES
        changed = document(ROLES.replace(before, after))
        assert "administer" not in widens(document(ROLES), changed, TODAY)


@pytest.mark.parametrize("section", ["directory", "people"])
def test_who_decides_about_groups_widens_administer(section: str) -> None:
    old = document(ROLES)
    changed = {
        "directory": CompanyDirectory(group_name="ou"),
        "people": PeopleSources(sources=(Source.SCIM, Source.DIRECTORY)),
    }
    new = old.model_copy(update={section: changed[section]})
    assert {"administer", "contractors", "partners"} <= widens(old, new, TODAY)


def test_every_section_is_classified_and_one_that_is_not_widens_for_everyone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not WORDS & VALUES.keys()
    assert WORDS | VALUES.keys() == Document.model_fields.keys()
    known = {section: VALUES[section] for section in VALUES.keys() - {"media"}}
    monkeypatch.setattr(widening, "VALUES", known)
    old = document(ROLES)
    changed = document(ROLES + '[media]\nmax_upload = "20 MiB"\n')
    assert old.media != changed.media
    everyone = {"us", "guests", "partners", "outside", "anyone", "acme", "staff", "administer"}
    assert everyone <= widens(old, changed, TODAY)


def test_anyone_means_everyone() -> None:
    widened = change(
        "[rules]", '[rules]\nall = { between = ["us", "anyone"], allow = ["message"] }'
    )
    assert {"us", "guests", "partners", "outside", "acme"} <= widened


def test_a_push_gateway_may_reach_outside() -> None:
    text = BASE + '[push]\ngateways = ["https://push.example/_matrix/push/v1/notify"]\n'
    assert "outside" in widens(document(BASE), document(text), TODAY)


ENDED = '[partners]\nglobex = { domains = ["globex.example"], valid_until = 2026-05-31 }'
GLOBEX = 'globex = { between = ["staff", "globex"], allow = ["message"] }'


def test_what_has_ended_already_allows_nobody_more() -> None:
    over = 'old = { between = ["staff", "acme"], allow = ["file"], expires = 2026-05-31 }'
    assert change("[rules]", f"[rules]\n{over}") == frozenset()
    assert change("[partners]", ENDED) == frozenset()
    both = BASE.replace("[partners]", ENDED).replace("[rules]", f"[rules]\n{GLOBEX}")
    assert widens(document(BASE), document(both), TODAY) == frozenset()


@pytest.mark.parametrize("last", ["2026-06-01", "2027-01-01"])
def test_what_ends_today_or_later_still_does(last: str) -> None:
    rule = f'new = {{ between = ["staff", "acme"], allow = ["file"], expires = {last} }}'
    assert "acme" in change("[rules]", f"[rules]\n{rule}")
    ended = BASE.replace("[partners]", ENDED).replace("[rules]", f"[rules]\n{GLOBEX}")
    longer = ended.replace("2026-05-31", last)
    assert "globex" in widens(document(ended), document(longer), TODAY)


def test_the_end_of_a_partner_widens_only_where_strangers_have_something() -> None:
    entry = 'acme = { domains = ["acme.example"] }'
    ended = entry.replace(" }", ", valid_until = 2026-05-31 }")
    assert change(entry, ended) == frozenset()
    strangers = BASE + 'all = { between = ["staff", "outside"], allow = ["message"] }\n'
    fewer = strangers.replace(entry, ended)
    assert "acme" in widens(document(strangers), document(fewer), TODAY)
    named = BASE.replace("[partners]", 'friends = { users = ["@gus:acme.example"] }\n[partners]')
    assert "acme" in widens(document(named), document(named.replace(entry, ended)), TODAY)
    taken = BASE.replace(entry, 'globex = { domains = ["*.example"] }').replace(
        '"acme"', '"globex"'
    )
    assert "globex" in widens(document(BASE), document(taken), TODAY)
