import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.oauth.console import CONSOLE_SCOPE
from vedette.protocol.oauth.scopes import (
    API,
    DEVICE,
    OPENID,
    ScopeFault,
    parse_scope,
    scope_of,
)

EARLY = "urn:matrix:org.matrix.msc2967.client:"


@pytest.mark.parametrize(
    ("text", "device", "openid"),
    [
        (API, None, False),
        (f"{API} {DEVICE}ABCDEFGHIJ", "ABCDEFGHIJ", False),
        (f"openid {API} {DEVICE}a-b.c_d~0123", "a-b.c_d~0123", True),
        (f"openid {EARLY}api:* {EARLY}device:ABCDEFGHIJ", "ABCDEFGHIJ", True),
        (f"{API} {DEVICE}ABCDEFGHIJ {EARLY}api:* {EARLY}device:ABCDEFGHIJ", "ABCDEFGHIJ", False),
    ],
)
def test_scopes_that_clients_ask_for(text, device, openid):
    scope = parse_scope(text)
    assert (scope.device, scope.openid, scope.granted) == (device, openid, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openid",
        f"{API}  openid",
        f" {API}",
        f'{API} "',
        f"{API} \\",
        f"{API} ä",
        f"{API} {DEVICE}",
        f"{API} {DEVICE}short",
        f"{API} {DEVICE}{'x' * 256}",
        f"{API} {DEVICE}ABCDEFGH/J",
        f"{API} {DEVICE}ABCDEFGHIJ {DEVICE}OTHEROTHER",
        f"{API} " + "x" * 1000,
        "urn:matrix:client:api:read",
    ],
)
def test_scopes_that_cannot_be_granted(text):
    with pytest.raises(ScopeFault):
        parse_scope(text)


def test_what_is_unknown_is_left_out_of_what_is_granted():
    assert parse_scope(f"{API} urn:synapse:admin:* email").granted == API


TOKENS = st.sampled_from(
    [API, f"{EARLY}api:*", OPENID, f"{DEVICE}ABCDEFGHIJ", f"{DEVICE}short", "urn:synapse:admin:*",
     "x", "", '"', "ä", DEVICE]
)  # fmt: skip


@given(st.lists(TOKENS).map(" ".join) | st.text(max_size=50))
def test_reading_a_scope_is_total_and_grants_nothing_unknown(text):
    try:
        scope = parse_scope(text)
    except ScopeFault:
        return
    granted = scope.granted.split(" ")
    assert set(granted) <= set(text.split(" "))
    assert all("synapse" not in token and token != "x" for token in granted)
    assert parse_scope(scope.granted) == scope


def test_a_chosen_device_is_told():
    assert parse_scope(API).on("NEWDEVICE1") == f"{API} {DEVICE}NEWDEVICE1"
    assert scope_of("D") == f"{API} {DEVICE}D"


def test_the_consoles_own_scope_names_no_device_and_mixes_with_nothing():
    scope = parse_scope(f"openid {CONSOLE_SCOPE}")
    assert (scope.console, scope.device, scope.openid) == (True, None, True)
    assert not parse_scope(API).console
    mixed = parse_scope(f"openid {CONSOLE_SCOPE} {API}")
    assert not mixed.console
    assert CONSOLE_SCOPE not in mixed.granted
    with pytest.raises(ScopeFault):
        parse_scope(CONSOLE_SCOPE)
