from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.asks import Act, Someone
from vedette.core.channels import Channel
from vedette.core.conditions import has_type
from vedette.core.facts import (
    DEVICE_PROOF,
    FACTOR_KINDS,
    FLOWS,
    PLATFORMS,
    REGISTRY,
    Facts,
    Missing,
)
from vedette.core.names import UserId
from vedette.core.on_device import OnDevice, Proof
from vedette.core.sessions import (
    MOST_FACTORS,
    MOST_TEXT,
    TRANSITIONS,
    FactorUse,
    Known,
    Session,
    SessionFacts,
    SessionState,
    ShownCertificate,
    awaiting,
    before_sign_in,
    facts_between_people,
    facts_for,
    how_known,
    independent,
    may_move,
    networks_of,
    session_facts_from_json,
    session_facts_to_json,
    sign_in_ask,
    standing_on,
)

NOW = 1_800_000_000
FACTS = SessionFacts(
    factors=(FactorUse(kind="password", at=NOW - 90), FactorUse(kind="totp", at=NOW - 60)),
    network="10.1.2.3",
    client_name="element",
    client_version="1.12.3",
    platform="linux",
    platform_version="6.12",
)
SESSION = Session(
    id="s" * 26,
    user=UserId("@anna:example.org"),
    device="DEVICE",
    state=SessionState.LIVE,
    kind="oauth",
    client="client",
    facts=FACTS,
    created=NOW,
    expires=NOW + 86400,
    device_name="Element on Linux",
    number=2,
)
MANAGED = OnDevice(
    proof=Proof(certificate="d", issuer="mdm"),
    managed=True,
    places=("intune/d1",),
    compliant=True,
    owner="self",
    platform="windows",
    version="10.0.26100",
)
NETWORKS = {"office": ("10.1.0.0/16", "2001:db8::/32"), "wide": ("10.0.0.0/8",)}


def facts_of(devices: int | None = None, **changes: object) -> Facts:
    session = replace(SESSION, facts=replace(FACTS, **changes))  # type: ignore[arg-type]
    return facts_for(session, now=NOW, devices=devices, networks=NETWORKS)


def shown(*kinds: str) -> tuple[FactorUse, ...]:
    uses = [kind.partition(":") for kind in kinds]
    return tuple(FactorUse(kind=kind, at=NOW, proven_by=by) for kind, _, by in uses)


# ---- States --------------------------------------------------------------------------------------


def test_every_state_has_its_moves_and_the_end_has_none():
    assert TRANSITIONS.keys() == set(SessionState)
    assert not TRANSITIONS[SessionState.ENDED]
    assert all(state not in moves for state, moves in TRANSITIONS.items())
    assert all(may_move(state, SessionState.ENDED) for state in set(SessionState) - {"ended"})


def test_nothing_running_goes_back_to_waiting():
    assert not any(may_move(state, SessionState.WAITING) for state in SessionState)
    assert may_move(SessionState.WAITING, SessionState.LIVE)
    assert may_move(SessionState.LIVE, SessionState.SUSPENDED)
    assert may_move(SessionState.SUSPENDED, SessionState.LIVE)


@pytest.mark.parametrize("id_", ["", "short", "s" * 25, "s" * 44, "s" * 25 + "=", "s" * 26 + "\n"])
def test_a_session_has_an_id_that_nobody_guesses(id_):
    with pytest.raises(ValueError, match="26 to 43"):
        replace(SESSION, id=id_)


def test_a_factor_is_one_that_there_is():
    with pytest.raises(ValueError, match="`sms`"):
        FactorUse(kind="sms", at=NOW)
    with pytest.raises(ValueError, match="before all times"):
        FactorUse(kind="totp", at=-1)


# ---- What factors are worth ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "worth"),
    [
        ((), 0),
        (("password",), 1),
        (("password", "password"), 1),
        (("password", "oidc"), 1),
        (("certificate", "kerberos"), 1),
        (("totp", "recovery"), 1),
        (("totp", "radius", "webauthn"), 1),
        (("password", "totp"), 2),
        (("password", "webauthn"), 2),
        (("password", "recovery"), 2),
        (("oidc", "radius"), 2),
        (("password", "certificate"), 2),
        (("certificate", "totp"), 2),
        (("password", "certificate", "totp"), 3),
        (("webauthn",), 1),
        (("webauthn:passkey",), 2),
        (("password", "webauthn:passkey"), 2),
        (("certificate", "webauthn:passkey"), 3),
        (("oidc:mfa",), 2),
        (("totp:passkey",), 1),
        (("password:mfa",), 1),
    ],
)
def test_factors_count_by_what_a_thief_would_need(kinds, worth):
    assert independent(shown(*kinds)) == worth


@given(st.lists(st.sampled_from(FACTOR_KINDS), max_size=12), st.sampled_from(FACTOR_KINDS))
def test_showing_more_never_counts_less(kinds, another):
    assert independent(shown(*kinds)) <= independent(shown(*kinds, another)) <= 3


def test_a_certificate_counts_as_two_only_where_its_issuer_says_so():
    def worth(counts, *others):
        certificate = FactorUse(kind="certificate", at=NOW, proven_by="ca:1", counts=counts)
        return independent((certificate, *(FactorUse(kind=kind, at=NOW) for kind in others)))

    assert [worth(1), worth(2)] == [1, 2]
    assert [worth(1, "kerberos"), worth(2, "kerberos")] == [1, 2]
    assert [worth(1, "totp"), worth(2, "totp")] == [2, 2]
    assert [worth(1, "password"), worth(2, "password")] == [2, 3]
    for kind, counts in (("totp", 2), ("certificate", 3), ("certificate", 0)):
        with pytest.raises(ValueError, match="two"):
            FactorUse(kind=kind, at=NOW, counts=counts)


# ---- Facts ---------------------------------------------------------------------------------------


def test_a_session_has_all_facts_that_its_door_learns_and_each_of_its_type():
    facts = facts_of()
    known = {**facts.known, **facts.claims}
    learnt = {name for name, spec in REGISTRY.items() if Channel.SIGN_IN in spec.channels}
    of_certificates = {"certificate.issuer", "certificate.policies", "certificate.usages"}
    assert known.keys() == learnt - of_certificates - {"device.compliant", "device.owner"}
    assert all(has_type(value, REGISTRY[name].type) for name, value in known.items())
    assert all(REGISTRY[name].claimable for name in facts.claims)


def test_what_is_known_is_what_was_shown():
    facts = facts_of()
    assert facts.known == {
        "sign_in.factors": 2,
        "sign_in.kinds": frozenset({"password", "totp"}),
        "sign_in.attested": False,
        "sign_in.models": frozenset(),
        "sign_in.age": 60,
        "sign_in.flow": "page",
        "sign_in.networks": frozenset({"office", "wide"}),
        "device.approved": False,
        "device.confirmed": False,
        "device.count": 2,
        "device.managed": False,
        "today": 719163 + NOW // 86400,
    }
    assert facts.claims == {
        "client.name": "element",
        "client.version": (1, 12, 3),
        "device.platform": "linux",
        "device.version": (6, 12),
    }


def test_a_passkey_for_which_its_maker_vouches_says_so():
    model = "00112233-4455-6677-8899-aabbccddeeff"
    used = FactorUse(kind="webauthn", at=NOW, proven_by="passkey", model=model)
    known = facts_of(factors=(used, FactorUse(kind="password", at=NOW))).known
    assert known["sign_in.attested"] is True
    assert known["sign_in.models"] == {model}


def test_the_number_of_devices_may_be_another_than_the_rank():
    assert facts_of(devices=7).known["device.count"] == 7
    unranked = replace(SESSION, number=0)
    assert "device.count" not in facts_for(unranked, now=NOW, networks={}).known


def test_what_was_not_learnt_is_left_out():
    facts = facts_of(
        factors=(), network="not an address", client_name="", client_version="1.13.0-rc.1",
        platform="amiga", platform_version="", flow="window",
    )  # fmt: skip
    assert facts.known.keys() == {
        *("sign_in.attested", "sign_in.factors", "sign_in.kinds", "sign_in.models"),
        *("device.approved", "device.confirmed", "device.count", "device.managed", "today"),
    }
    assert facts.claims == {}


def test_a_factor_shown_by_a_clock_that_runs_ahead_is_fresh():
    assert facts_of(factors=(FactorUse(kind="totp", at=NOW + 5),)).known["sign_in.age"] == 0


def test_rules_read_the_certificate_of_the_connection_where_there_are_two():
    card = ShownCertificate(thumbprint="t", issuer="cards", serial="1", usages=("1.2",))
    device = replace(card, thumbprint="u", issuer="devices", usages=("1.3",), policies=("2.5",))
    assert "certificate.issuer" not in facts_of().known
    assert facts_of(certificates=(card,)).known["certificate.issuer"] == "cards"
    known = facts_of(certificates=standing_on((card,), device)).known
    assert known["certificate.issuer"] == "devices"
    assert known["certificate.usages"] == {"1.3"}
    assert known["certificate.policies"] == {"2.5"}
    assert standing_on((card, device), card) == (device, card)
    assert standing_on((card,), None) == (card,)


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("10.1.255.255", {"office", "wide"}),
        ("10.2.0.1", {"wide"}),
        ("192.0.2.1", {"elsewhere"}),
        ("2001:db8:7::1", {"office"}),
        ("::ffff:10.1.0.1", {"office", "wide"}),
        ("2001:db9::1", {"elsewhere"}),
        ("10.1.2.3:443", None),
        ("", None),
    ],
)
def test_an_address_lies_in_its_networks_or_elsewhere(address, names):
    assert networks_of(address, NETWORKS) == names


def test_a_network_that_can_not_be_read_holds_nobody():
    assert networks_of("10.1.2.3", {"odd": ("10.1.0.0/99",)}) == {"elsewhere"}


# ---- What is still to come -----------------------------------------------------------------------


def test_another_factor_can_change_what_was_shown_and_nothing_else():
    facts = awaiting(facts_of(), more_factors=True, waits=False)
    pending = {name for name, value in facts.known.items() if value is Missing.PENDING}
    assert pending == {
        "sign_in.age",
        "sign_in.attested",
        "sign_in.factors",
        "sign_in.kinds",
        "sign_in.models",
    }
    assert facts.claims == facts_of().claims


def test_a_certificate_can_still_be_shown_whatever_else_can():
    facts = awaiting(facts_of(), more_factors=False, waits=False, connects=True)
    pending = {name for name, value in facts.known.items() if value is Missing.PENDING}
    assert pending == {"certificate.issuer", "certificate.policies", "certificate.usages"}


def test_a_proof_of_the_device_can_make_known_whatever_is_known_of_it():
    facts = awaiting(facts_of(), more_factors=False, waits=False, proves=True)
    pending = {name for name, value in facts.known.items() if value is Missing.PENDING}
    assert pending == DEVICE_PROOF
    assert facts.get("device.platform", claimed=True) == "linux"


def test_where_models_prove_the_device_another_factor_can_too():
    facts = awaiting(facts_of(), more_factors=True, waits=False, models=True)
    assert facts.known["device.managed"] is Missing.PENDING
    assert "device.compliant" not in facts.known
    proven = facts_of(device=MANAGED)
    more = awaiting(proven, more_factors=True, waits=False, models=True)
    assert more.known["device.managed"] is True


def test_who_can_wait_waits_for_what_is_not_there_yet():
    facts = awaiting(facts_of(approved=True), more_factors=False, waits=True)
    assert facts.known["device.approved"] is True
    assert facts.known["device.confirmed"] is Missing.PENDING


def test_at_the_last_step_nothing_is_pending():
    assert awaiting(facts_of(), more_factors=False, waits=False) == facts_of()


def test_before_anybody_came_everything_is_to_come_but_the_way():
    known = before_sign_in().known
    assert known["sign_in.flow"] == "page"
    assert known["sign_in.factors"] is known["client.name"] is Missing.PENDING
    assert "today" not in known


def test_signing_in_is_asked_of_the_organisation():
    anna = Someone("@anna:example.org", frozenset({"anyone", "us"}), "example.org", True)
    ask = sign_in_ask(Act.SIGN_IN_SESSION_KEEP, anna)
    assert (ask.act, ask.who) == (Act.SIGN_IN_SESSION_KEEP, anna.name)
    assert [question.channel for question in ask.questions] == [Channel.SIGN_IN]


def test_each_fact_says_how_it_is_known():
    known = how_known(facts_of())
    assert known["sign_in.factors"] is Known.PROVEN
    assert known["device.platform"] is Known.CLAIMED
    assert list(known) == sorted(known)
    assert how_known(before_sign_in()) == {"sign_in.flow": Known.PROVEN}
    reported = how_known(facts_of(device=MANAGED))
    assert reported["device.managed"] is Known.PROVEN
    assert reported["device.compliant"] is reported["device.platform"] is Known.REPORTED


# ---- On which device -----------------------------------------------------------------------------


def test_without_a_proof_the_device_is_no_managed_one_and_nothing_is_reported_of_it():
    known = facts_of().known
    assert known["device.managed"] is False
    assert "device.compliant" not in known
    assert "device.owner" not in known


def test_what_is_reported_of_the_device_wins_over_what_it_says_of_itself():
    facts = facts_of(device=MANAGED)
    assert facts.get("device.platform", claimed=True) == "windows"
    assert facts.get("device.version", claimed=True) == (10, 0, 26100)
    assert facts.known["device.compliant"] is True
    assert facts.known["device.owner"] == "self"


def test_a_version_that_is_none_stays_a_claim():
    facts = facts_of(device=replace(MANAGED, version="eleven", platform=""))
    assert "device.version" not in facts.known
    assert facts.get("device.version", claimed=True) == (6, 12)
    assert facts.get("device.platform", claimed=True) == "linux"


def test_rules_read_the_persons_certificate_and_the_devices_where_there_is_no_other():
    person = ShownCertificate(thumbprint="p", issuer="people", serial="01")
    device = ShownCertificate(thumbprint="d", issuer="mdm", serial="02")
    both = facts_of(certificates=(person, device), device=MANAGED)
    assert both.known["certificate.issuer"] == "people"
    alone = facts_of(certificates=(device,), device=MANAGED)
    assert alone.known["certificate.issuer"] == "mdm"


def test_whoever_sends_files_only_from_managed_devices_has_that_known_at_every_door():
    known = facts_between_people(replace(SESSION, facts=replace(FACTS, device=MANAGED))).known
    assert known["device.managed"] is known["device.compliant"] is True
    assert facts_between_people(SESSION).known["device.managed"] is False


# ---- As plain data -------------------------------------------------------------------------------

TEXT = st.text(max_size=MOST_TEXT)
USES = st.builds(
    FactorUse, kind=st.sampled_from(FACTOR_KINDS), at=st.integers(0, 1 << 40), proven_by=TEXT
)
CERTIFICATES = st.builds(
    ShownCertificate,
    thumbprint=TEXT,
    issuer=TEXT,
    serial=TEXT,
    usages=st.lists(TEXT, max_size=3).map(tuple),
    policies=st.lists(TEXT, max_size=3).map(tuple),
    ends=st.integers(0, 1 << 40),
)
SHORT = st.text(max_size=9)
DEVICES = st.builds(
    OnDevice,
    proof=st.builds(Proof, certificate=SHORT, issuer=SHORT, model=SHORT),
    managed=st.booleans(),
    places=st.lists(SHORT, max_size=3).map(tuple),
    became=st.sampled_from(["", "gone", "lost", "retired"]),
    compliant=st.none() | st.booleans(),
    owner=st.sampled_from(["", "self", "other", "nobody"]),
    platform=st.sampled_from(["", *sorted(PLATFORMS)]),
    version=SHORT,
)
SESSION_FACTS = st.builds(
    SessionFacts,
    factors=st.lists(USES, max_size=4).map(tuple),
    network=TEXT,
    client_name=TEXT,
    client_version=TEXT,
    platform=st.sampled_from(sorted(PLATFORMS)),
    platform_version=TEXT,
    approved=st.booleans(),
    confirmed=st.booleans(),
    flow=st.sampled_from(sorted(FLOWS)),
    certificates=st.lists(CERTIFICATES, max_size=2).map(tuple),
    device=st.none() | DEVICES,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(SESSION_FACTS)
def test_facts_read_back_as_they_were(facts):
    assert session_facts_from_json(json.loads(json.dumps(session_facts_to_json(facts)))) == facts


@given(
    data=JSON,
    facts=SESSION_FACTS,
    key=st.sampled_from(["factors", "network", "approved", "flow", "platform", "new"]),
)
def test_anything_else_is_a_value_error_and_nothing_worse(data, facts, key):
    for candidate in (data, {**session_facts_to_json(facts), key: data}):
        try:
            read = session_facts_from_json(candidate)
        except ValueError:
            continue
        assert session_facts_to_json(read) == candidate


@pytest.mark.parametrize(
    "changes",
    [
        {"network": "x" * (MOST_TEXT + 1)},
        {"flow": "window"},
        {"approved": 1},
        {"factors": "totp"},
        {"factors": [{"kind": "totp", "at": NOW, "proven_by": ""}] * (MOST_FACTORS + 1)},
        {"factors": [{"kind": "totp", "at": True, "proven_by": ""}]},
        {"factors": [{"kind": "totp", "at": NOW}]},
        {"factors": [{"kind": "sms", "at": NOW, "proven_by": ""}]},
        {"factors": [None]},
    ],
)
def test_facts_of_another_shape_are_refused(changes):
    with pytest.raises(ValueError):  # noqa: PT011  # any of the sentences
        session_facts_from_json({**session_facts_to_json(FACTS), **changes})


def test_rules_between_people_read_of_a_session_what_is_known_of_its_device_and_client():
    facts = facts_between_people(SESSION)
    assert facts.known == {
        "device.approved": FACTS.approved, "device.confirmed": FACTS.confirmed, "device.count": 2,
        "device.managed": False,
    }  # fmt: skip
    assert facts.claims["client.name"] == "element"
    assert facts.claims["device.platform"] == "linux"
    for name in (*facts.known, *facts.claims):
        assert Channel.FILE in REGISTRY[name].channels
