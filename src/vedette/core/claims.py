"""What a client says of itself: its name and version, and the system under it.

Read from the User-Agent of the request that fetches the token (RFC 9110, 10.1.5) and from the
metadata that the client registered (RFC 7591, 2). All of it is a claim; what is not said, or said
in a form that is frozen and means nothing, is left empty, and so unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_READ = 512
"""How many characters of each text are read."""
MOST_NAME = 64
"""How long a claimed name is at most, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Claims as text, each empty where nothing was said.

    `name` is a lower-case word (`element`, `element-x`, `nheko`), `platform` one of the words of
    the fact `device.platform`, the versions are dotted whole numbers.
    """

    name: str = ""
    version: str = ""
    platform: str = ""
    platform_version: str = ""


def claims_of(user_agent: str, client_name: str, software_version: str = "") -> Claims:
    """The claims in a User-Agent and in what the client registered. Total.

    1. The registered name is the client's. Without one it is what the User-Agent names first that
       is not merely what every browser names; in a plain browser it is the browser.
    2. The version is the User-Agent's, if it speaks of the same program; without one, what was
       registered, which may be older. A browser's version is never taken for that of the client in
       its page.
    3. The platform is what the User-Agent's comments name, most telling word first: Android names
       Linux too, and an iPhone says that it is like a Mac.
    """
    agent = user_agent[:MOST_READ]
    program, said = _program(agent)
    name = _word(client_name[:MOST_READ]) or program  # (1)
    version = (said if name == program else "") or _version(software_version)  # (2)
    platform = _platform(agent)  # (3)
    return Claims(
        name=name,
        version=version,
        platform=platform,
        platform_version=_platform_version(agent, platform),
    )


# ---- The program -----------------------------------------------------------------------------------

_PRODUCT = re.compile(r"([A-Za-z][A-Za-z0-9._-]{0,63})(?:/(\S{1,64}))?")
_FIRST = re.compile(
    r"([A-Za-z][A-Za-z0-9._-]{0,63}(?: (?!v[0-9])[A-Za-z0-9._-]{1,63}){0,3})"
    r"(?:/(\S{1,64})| v([0-9]\S{0,63}))?"
)
_EVERY_BROWSER = frozenset(
    {"mozilla", "applewebkit", "gecko", "khtml", "like", "safari", "version", "mobile", "electron",
     "chrome", "chromium", "headlesschrome", "firefox", "kioworker", "ubuntu", "build"}
)  # fmt: skip
_BROWSERS = (
    ("Edg", "edge"), ("EdgA", "edge"), ("EdgiOS", "edge"), ("OPR", "opera"),
    ("FxiOS", "firefox"), ("Firefox", "firefox"), ("CriOS", "chrome"),
    ("HeadlessChrome", "chrome"), ("Chrome", "chrome"), ("Version", "safari"),
)  # fmt: skip
"""What a browser calls itself, most telling first: Edge also says Chrome, and Chrome says Safari."""
_LIBRARIES = {"mtxclient": "nheko"}
"""Libraries that one client alone is built on; their version is not the client's."""


def _program(agent: str) -> tuple[str, str]:
    """The program that a User-Agent speaks of and its version, each empty where it says none."""
    if agent.startswith("Mozilla/"):
        return _in_browser(agent)
    found = _FIRST.match(agent)
    if found is None:
        return "", ""
    # Phone clients write a name of two words, `Element X/1.2.3`, against the grammar.
    name = _word(found[1])
    if name in _LIBRARIES:
        return _LIBRARIES[name], ""
    return name, _version(found[2] or found[3] or "")


def _in_browser(agent: str) -> tuple[str, str]:
    products = dict(_PRODUCT.findall(_parts(agent)[0]))
    browsers = {product for product, _ in _BROWSERS}
    for product, version in products.items():
        if product not in browsers and product.lower() not in _EVERY_BROWSER:
            return _word(product), _version(version)
    for product, name in _BROWSERS:
        if product in products:
            return name, _version(products[product])
    return "", ""


_DOTTED = re.compile(r"v?([0-9]{1,9}(?:\.[0-9]{1,9}){0,7})(?:\+\S*)?", re.ASCII)


def _version(text: str) -> str:
    """Dotted whole numbers; build metadata says nothing, a pre-release is not the release."""
    found = _DOTTED.fullmatch(text[:MOST_READ])
    return found[1] if found else ""


def _word(text: str) -> str:
    """A name as the one lower-case word that a condition can write."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:MOST_NAME].rstrip("-")


# ---- The platform ----------------------------------------------------------------------------------

_PLATFORMS = (
    ("android", re.compile(r"\bandroid\b")),
    ("ios", re.compile(r"\b(?:iphone|ipad|ipod|ios|ipados)\b")),
    ("windows", re.compile(r"\bwindows\b")),
    ("macos", re.compile(r"\b(?:macintosh|macos|mac os x|darwin)\b")),
    ("linux", re.compile(r"\b(?:linux|x11)\b")),
)
_OTHERS = re.compile(r"\b(?:cros|freebsd|openbsd|netbsd|sunos|haiku|kaios|tizen|web0s)\b")
_PLATFORM_VERSIONS = {
    "android": re.compile(r"\bandroid ([0-9][0-9.]{0,31})"),
    "ios": re.compile(r"\b(?:iphone os|cpu os|ios|ipados) ([0-9][0-9._]{0,31})"),
    "macos": re.compile(r"\b(?:mac os x|macos) ([0-9][0-9._]{0,31})"),
    "windows": re.compile(r"\bwindows (?:nt )?([0-9][0-9.]{0,31})"),
}
_FROZEN = re.compile(r"\bandroid 10; k\b|\bmac os x 10[._]15(?![0-9])|\bwindows nt 10\.0\b")
"""What browsers say of every newer system too ("User-Agent reduction"): it says nothing."""


def _platform(agent: str) -> str:
    text = _said_of_system(agent)
    if _OTHERS.search(text):
        return "other"
    return next((name for name, pattern in _PLATFORMS if pattern.search(text)), "")


def _platform_version(agent: str, platform: str) -> str:
    pattern, text = _PLATFORM_VERSIONS.get(platform), _said_of_system(agent)
    found = pattern.search(text) if pattern and not _FROZEN.search(text) else None
    return _version(found[1].replace("_", ".").strip(".")) if found else ""


def _said_of_system(agent: str) -> str:
    """The comments of a User-Agent, in lower case: there the system stands."""
    return _parts(agent)[1].lower()


def _parts(agent: str) -> tuple[str, str]:
    """What stands outside and inside of comments, which may be nested."""
    outside: list[str] = []
    inside: list[str] = []
    depth = 0
    for letter in agent:
        depth += (letter == "(") - (letter == ")" and depth > 0)
        (inside if depth else outside).append(letter)
    return "".join(outside), "".join(inside)
