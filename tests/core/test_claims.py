from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vedette.core.claims import MOST_NAME, Claims, claims_of
from vedette.core.conditions import parse, read_version
from vedette.core.facts import PLATFORMS

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"
LINUX = "Mozilla/5.0 (X11; Linux x86_64)"

# What the clients themselves send; those of section 1 of the notes on real clients were recorded
# from the running programs, the phones' are the forms that their sources write.
AGENTS = [
    (f"{LINUX} {CHROME} Safari/537.36", "", Claims(name="chrome", version="156.0.0.0", platform="linux")),
    (f"{LINUX} AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36", "Element",
     Claims(name="element", platform="linux")),
    (("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Element/1.12.3 "
     "Chrome/140.0.7339.80 Electron/38.0.0 Safari/537.36"), "Element",
     Claims(name="element", version="1.12.3", platform="windows")),
    (("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Element/1.11.81 "
     "Chrome/128.0.6613.186 Electron/32.1.2 Safari/537.36"), "",
     Claims(name="element", version="1.11.81", platform="linux")),
    ("Element X/25.11.2 (Google Pixel 7; Android 14; UQ1A.240205.002; Sdk 34)", "Element X",
     Claims(name="element-x", version="25.11.2", platform="android", platform_version="14")),
    ("Element X/25.11.1 (iPhone 15 Pro; iOS 18.1.1; Scale/3.00)", "Element X",
     Claims(name="element-x", version="25.11.1", platform="ios", platform_version="18.1.1")),
    ("Element/1.6.22 (Xiaomi Mi 9T; Android 11; RKQ1.200826.002; Flavour FDroid; MatrixAndroidSdk2 1.6.22)",
     "", Claims(name="element", version="1.6.22", platform="android", platform_version="11")),
    ("Element X/25.11.1 (iPad Pro (11-inch); iPadOS 17.2; Scale/2.00)", "",
     Claims(name="element-x", version="25.11.1", platform="ios", platform_version="17.2")),
    ("mtxclient v0.9.2", "", Claims(name="nheko")),
    ("Mozilla/5.0", "", Claims()),
    ("Mozilla/5.0 (X11; Linux x86_64) KIO/6.13 kioworker/6.13.0", "",
     Claims(name="kio", version="6.13", platform="linux")),
    ("gomuks/0.3.1+dev.unknown mautrix-go/v0.11.1", "", Claims(name="gomuks", version="0.3.1")),
    ("Python/3.11 aiohttp/3.14.5", "", Claims(name="python", version="3.11")),
    ("Go-http-client/1.1", "", Claims(name="go-http-client", version="1.1")),
    ("node", "", Claims(name="node")),
    (("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
     "Mobile Safari/537.36"), "", Claims(name="chrome", version="140.0.0.0", platform="android")),
    ("Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "",
     Claims(name="firefox", version="140.0", platform="android", platform_version="14")),
    (("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.5 Mobile/15E148 Safari/604.1"), "",
     Claims(name="safari", version="17.5", platform="ios", platform_version="17.5.1")),
    (("Mozilla/5.0 (iPad; CPU OS 16_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "CriOS/120.0.6099.119 Mobile/15E148 Safari/604.1"), "",
     Claims(name="chrome", version="120.0.6099.119", platform="ios", platform_version="16.3")),
    (("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/18.1 Safari/605.1.15"), "", Claims(name="safari", version="18.1", platform="macos")),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "",
     Claims(name="firefox", version="140.0", platform="windows")),
    (("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
     "Safari/537.36 Edg/140.0.0.0"), "", Claims(name="edge", version="140.0.0.0", platform="windows")),
    ("Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:115.0) Gecko/20100101 Firefox/115.0", "",
     Claims(name="firefox", version="115.0", platform="windows", platform_version="6.1")),
    (("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
     "Safari/537.36"), "", Claims(name="chrome", version="140.0.0.0", platform="other")),
    ("", "", Claims()),
]  # fmt: skip


@pytest.mark.parametrize(("agent", "registered", "claims"), AGENTS)
def test_what_a_client_says_of_itself_is_read(agent, registered, claims):
    assert claims_of(agent, registered) == claims


def test_a_client_in_a_browser_has_not_the_browsers_version():
    assert claims_of(AGENTS[0][0], "Cinny") == Claims(name="cinny", platform="linux")


def test_a_registered_version_is_the_clients():
    assert claims_of(AGENTS[0][0], "Element", "1.12.4").version == "1.12.4"


def test_a_release_to_come_is_not_the_release():
    assert claims_of("Element X/25.12.0-rc.1 (x; Android 14)", "").version == ""
    assert claims_of("", "Element", "1.13.0-rc.0").version == ""


def test_a_name_can_be_written_in_a_condition():
    name = claims_of("", "  Élément (Nightly) 2 ").name
    assert name == "l-ment-nightly-2"
    assert parse(f"claimed client.name = {name}").values == (name,)


TEXTS = st.text(max_size=700) | st.lists(
    st.sampled_from(
        ["Mozilla/5.0", " (", ")", "; ", "Android 14", "Linux", "X/1", "iPhone OS 17_", " like ",
         "Windows NT ", "Mac OS X 10_15_7", "Element X/", "v1", "/", "((((", "é", "\n", "1.2.3.", "K"]
    ), max_size=60).map("".join)  # fmt: skip


@given(agent=TEXTS, registered=TEXTS, version=TEXTS)
@example(agent="Mozilla/5.0 " + "(" * 600, registered="-" * 700, version="1." * 400)
@example(agent="a" * 600 + "/" + "1" * 600, registered="İ" * 700, version="٣")
def test_whatever_is_said_the_claims_are_short_and_of_their_form(agent, registered, version):
    claims = claims_of(agent, registered, version)
    assert len(claims.name) <= MOST_NAME
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", claims.name)
    assert claims.platform in PLATFORMS | {""}
    for text in (claims.version, claims.platform_version):
        assert not text or read_version(text)


@given(agent=TEXTS)
def test_who_names_android_is_android(agent):
    assert claims_of(f"App/1 (Linux; Android 14) {agent[:400]}", "").platform in (
        "android",
        "other",
    )
