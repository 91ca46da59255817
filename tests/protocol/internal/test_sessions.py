import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.names import UserId
from vedette.core.on_device import OnDevice, Proof
from vedette.core.record import canonical
from vedette.core.sessions import (
    CONSOLE,
    FactorUse,
    Session,
    SessionFacts,
    SessionState,
    facts_between_people,
    facts_for,
)
from vedette.protocol.internal.sessions import NO_SESSIONS, SessionList, body_of, listed_of

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32).public_key()
SESSION = Session(
    id="session-0000000000000000001",
    user=UserId("@alice:example.org"),
    device="ABCDEFGHIJ",
    state=SessionState.LIVE,
    kind="oauth",
    client="client-1",
    facts=SessionFacts(
        factors=(FactorUse(kind="password", at=1_800_000_000),),
        network="192.0.2.7",
        client_name="element",
        client_version="1.12.1",
        platform="linux",
        approved=True,
    ),
    created=1_800_000_000,
    expires=1_802_592_000,
    device_name="Alice's laptop",
    number=2,
)


def body(*sessions: Session) -> dict[str, Any]:
    """A body as it arrives."""
    made = body_of(as_of=7, issuer="https://a.example/", keys={"k1": KEY}, sessions=sessions)
    arrived: dict[str, Any] = json.loads(canonical(made))
    return arrived


def test_sessions_of_the_console_are_told_to_no_door() -> None:
    console = replace(SESSION, id="session-0000000000000000002", kind=CONSOLE)
    assert list(listed_of(body(SESSION, console)).sessions) == [SESSION.id]


@pytest.mark.parametrize(
    "broken",
    [
        {"device": "no <device>"},
        {"facts": replace(SESSION.facts, client_name="x" * 4000)},
        {"number": -1},
    ],
)
def test_a_session_that_no_door_could_read_keeps_nobody_else_out(broken: dict[str, Any]) -> None:
    unreadable = replace(SESSION, id="session-0000000000000000002", **broken)
    assert list(listed_of(body(unreadable, SESSION)).sessions) == [SESSION.id]


def test_a_list_comes_back_as_it_was_sent() -> None:
    read = listed_of(body(SESSION))
    assert (read.as_of, read.issuer, dict(read.keys)) == (7, "https://a.example/", {"k1": KEY})
    listed = read.sessions[SESSION.id]
    assert (listed.id, listed.user, listed.device) == (SESSION.id, SESSION.user, SESSION.device)
    assert (listed.state, listed.expires, listed.number) == (SessionState.LIVE, 1_802_592_000, 2)
    assert listed.facts == SESSION.facts
    assert (list(read.sessions), len(read.sessions)) == ([SESSION.id], 1)


def test_rules_read_the_same_of_a_listed_session() -> None:
    networks = {"office": ("192.0.2.0/24",)}
    listed = listed_of(body(SESSION)).sessions[SESSION.id]
    now = SESSION.created + 60
    assert facts_for(listed.session(), now=now, networks=networks) == facts_for(
        SESSION, now=now, networks=networks
    )


def test_doors_know_what_is_known_of_the_device_but_not_which_one_it_is() -> None:
    device = OnDevice(
        proof=Proof(certificate="x", issuer="mdm"),
        managed=True,
        places=("intune/6f1d",),
        compliant=True,
    )
    on = replace(SESSION, facts=replace(SESSION.facts, device=device))
    listed = listed_of(body(on)).sessions[SESSION.id]
    assert listed.facts.device == replace(device, places=())
    assert facts_between_people(listed.session()) == facts_between_people(on)
    assert facts_between_people(on).known["device.managed"] is True


@pytest.mark.parametrize("state", SessionState)
def test_every_session_is_listed_but_the_ended(state: SessionState) -> None:
    read = listed_of(body(replace(SESSION, state=state)))
    expected = None if state is SessionState.ENDED else state
    assert read.sessions.state(SESSION.id) == expected
    assert (SESSION.id in read.sessions) == (expected is not None)


def test_doors_are_told_which_rule_suspended_and_nothing_that_somebody_wrote() -> None:
    held = replace(SESSION, state=SessionState.SUSPENDED)
    by_rule = listed_of(body(replace(held, because="no-android"))).sessions[SESSION.id]
    assert (by_rule.because, by_rule.session().because) == ("no-android", "no-android")
    by_hand = listed_of(body(replace(held, because="administrator: lost on a train")))
    assert by_hand.sessions[SESSION.id].because == ""
    assert (
        listed_of(body(replace(SESSION, because="no-android"))).sessions[SESSION.id].because == ""
    )


def test_a_list_of_a_control_of_before_is_read() -> None:
    arrived = body(SESSION)
    del arrived["sessions"][SESSION.id]["because"]
    assert listed_of(arrived).sessions[SESSION.id].because == ""


def test_doors_are_told_no_device_names() -> None:
    assert "laptop" not in json.dumps(body(SESSION))
    assert "client-1" not in json.dumps(body(SESSION))


def test_nobody_is_in_the_list_before_the_first() -> None:
    assert NO_SESSIONS.sessions.get(SESSION.id) is None
    assert NO_SESSIONS.sessions.state(SESSION.id) is None
    assert dict(NO_SESSIONS.keys) == {}


OTHER = replace(SESSION, id="session-0000000000000000002", device="KLMNOPQRST")


def test_what_did_not_change_is_the_same_entry_and_what_did_is_read_anew() -> None:
    before = listed_of(body(SESSION, OTHER))
    newer = body(SESSION, replace(OTHER, state=SessionState.SUSPENDED))
    after = listed_of(newer, before)
    assert dict(after.sessions) == dict(listed_of(newer).sessions)
    assert after.sessions.state(OTHER.id) is SessionState.SUSPENDED
    assert before.sessions.state(OTHER.id) is SessionState.LIVE
    kept, changed = (after.sessions._entries[each.id] for each in (SESSION, OTHER))
    assert kept is before.sessions._entries[SESSION.id]
    assert changed is not before.sessions._entries[OTHER.id]


def test_a_session_that_left_the_list_is_gone_though_the_list_before_has_it() -> None:
    before = listed_of(body(SESSION, OTHER))
    assert list(listed_of(body(OTHER), before).sessions) == [OTHER.id]


def test_it_is_known_of_a_list_which_sessions_were_in_those_before() -> None:
    first = listed_of(body(SESSION, OTHER))
    second = listed_of(body(OTHER), first)
    third = listed_of(body(), second)
    assert list(first.gone) == []
    assert list(second.gone) == [SESSION.id]
    assert list(third.gone) == [SESSION.id, OTHER.id]
    assert listed_of(body(), third).gone is third.gone
    back = listed_of(body(SESSION), third)  # as from a backup of the store
    assert list(back.gone) == [OTHER.id]


def test_of_very_many_sessions_that_left_the_last_ones_are_known() -> None:
    many = [replace(SESSION, id=f"many-{number:022}") for number in range(10_000)]
    before = listed_of(body(OTHER, *many))
    left = listed_of(body(), listed_of(body(*many), before))
    assert len(left.gone) == 10_000
    assert OTHER.id not in left.gone


def test_what_only_equals_what_was_checked_does_not_get_in() -> None:
    first = replace(SESSION, number=1)
    arrived = body(first)
    arrived["sessions"][SESSION.id]["number"] = True
    assert type(listed_of(arrived, listed_of(body(first))).sessions[SESSION.id].number) is int


WRONG: list[object] = [None, True, 1.5, -1, "", "x", [], {}, ["x"], "\0"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("as_of", value) for value in WRONG],
        *[("issuer", value) for value in WRONG if not isinstance(value, str)],
        *[("keys", value) for value in WRONG if value != {}],
        *[("sessions", value) for value in WRONG if value != {}],
    ],
)
def test_a_field_of_another_type_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        listed_of({**body(SESSION), field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[(f, v) for f in ("expires", "facts", "number", "state", "user") for v in WRONG],
        *[("device", value) for value in WRONG if value != "x"],
        ("state", "ended"),
        *[("because", value) for value in ("words with blanks", 1, None, [], "x" * 200)],
    ],
)
def test_a_session_of_another_form_is_refused(field: str, value: object) -> None:
    arrived = body(SESSION)
    arrived["sessions"][SESSION.id][field] = value
    for before in (NO_SESSIONS, listed_of(body(SESSION))):
        with pytest.raises(ValueError, match=r"."):
            listed_of(arrived, before)


def test_a_field_more_or_less_is_refused() -> None:
    with pytest.raises(ValueError, match="fields"):
        listed_of({**body(), "more": 1})
    with pytest.raises(ValueError, match="fields"):
        listed_of({})
    arrived = body(SESSION)
    arrived["sessions"][SESSION.id]["more"] = 1
    with pytest.raises(ValueError, match="form"):
        listed_of(arrived)
    with pytest.raises(ValueError, match="form"):
        listed_of({**body(), "sessions": {"short": body(SESSION)["sessions"][SESSION.id]}})


@pytest.mark.parametrize("key", ["", "x", "x" * 42, "x" * 44, "=" * 43, 1, None, []])
def test_a_key_that_is_none_is_refused(key: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        listed_of({**body(), "keys": {"k": key}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def paths(data: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every place in nested dictionaries."""
    found = [path]
    if isinstance(data, dict):
        for key, value in data.items():
            found += paths(value, (*path, key))
    return found


@given(path=st.sampled_from(paths(body(SESSION))[1:]), value=JSON)
def test_any_body_has_an_answer(path: tuple[str, ...], value: object) -> None:
    arrived = body(SESSION)
    place = arrived
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    try:
        read = listed_of(arrived)
    except ValueError:
        return
    assert isinstance(read, SessionList)
    for listed in read.sessions.values():  # what was taken can be built
        listed.session()


@given(st.dictionaries(st.text(), JSON))
def test_any_fields_have_an_answer(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fields"):
        listed_of(fields)
