"""Queries and forms: one value per name, in one reading, or nothing."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

LONGEST = 16 * 1024
"""Bytes of a query or form."""

MOST = 40
"""Parameters of a query or form."""

LONGEST_VALUE = 4096
"""Characters of one value; a token is the longest of them."""

_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_ENCODED = re.compile(rb"[\x21-\x7e]*")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class FormFault(ValueError):
    """The text is no query or form that has one reading; the message is fit for the client."""


def parse_form(data: bytes) -> dict[str, str]:
    """Read `application/x-www-form-urlencoded` data (WHATWG URL section 5).

    1. It is bounded, ASCII and has no broken escape. 2. Names are of a plain alphabet. 3. No name
    comes twice (RFC 6749 sections 3.1 and 3.2). 4. Values are UTF-8 without controls. 5. Parameters
    with an empty value count as left out, as those sections want.

    Raises:
        FormFault: one of these does not hold.
    """
    if len(data) > LONGEST or _ENCODED.fullmatch(data) is None:  # (1)
        raise FormFault("the form is too long, or has bytes that need escaping")
    parts = [part for part in data.decode("ascii").split("&") if part]
    if len(parts) > MOST:
        raise FormFault("the form has too many parameters")
    form: dict[str, str] = {}
    for part in parts:
        name, _, value = part.partition("=")
        name = _text(name)
        if _NAME.fullmatch(name) is None:  # (2)
            raise FormFault("the form has a parameter with an unusual name")
        if name in form:  # (3)
            raise FormFault(f"the parameter `{name}` comes twice")
        form[name] = _value(name, value)
    return {name: value for name, value in form.items() if value}  # (5)


def _value(name: str, encoded: str) -> str:
    value = _text(encoded)
    if len(value) > LONGEST_VALUE or _CONTROLS.search(value):  # (4)
        raise FormFault(f"the value of `{name}` is too long, or has control characters")
    return value


def _text(encoded: str) -> str:
    if _BAD_ESCAPE.search(encoded):
        raise FormFault("the form has a broken escape")
    try:
        return unquote_plus(encoded, errors="strict")
    except UnicodeDecodeError:
        raise FormFault("the form is not UTF-8 once decoded") from None


def printable(text: str) -> str:
    """The text as an `error_description` may carry it (RFC 6749 section 5.2): visible ASCII.

    Quotes and backslashes are not in that alphabet and become apostrophes and slashes.
    """
    plain = "".join(_SPELT.get(letter, letter) for letter in text)
    plain = plain.replace('"', "'").replace("`", "'").replace("\\", "/")
    return "".join(letter if " " <= letter <= "~" else "?" for letter in plain)[:500]


_SPELT = {
    "\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00df": "ss", "\u2026": "...",
    "\u00c4": "Ae", "\u00d6": "Oe", "\u00dc": "Ue", "\u2013": "-", "\u2014": "-",
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201c": "'", "\u201d": "'", "\u201e": "'",
}  # fmt: skip
