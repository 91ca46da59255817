"""How single values are written in the settings document, as Pydantic types.

Every type accepts exactly the TOML spelling that the reference page shows and nothing else: a
number is not taken for a text, nor a text for a number. Sizes are kept in bytes and durations in
seconds; both are written back in the largest unit that divides them, so that two spellings of one
value have one canonical form.
"""

from __future__ import annotations

import base64
import difflib
import ipaddress
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)

from vedette.core import conditions
from vedette.core.channels import WORDS
from vedette.core.language import NOTHING, Sentence, told
from vedette.core.names import ServerName, UserId, Word

BUILT_IN_PARTIES = frozenset({"us", "guests", "partners", "outside", "anyone"})
"""Parties that every organisation has."""

RESERVED_NAMES = BUILT_IN_PARTIES | {"administer", "services"}
"""Names that neither a party nor a partner may take."""

_BRIDGE = re.compile(r"bridge:[A-Za-z0-9._=/-]{1,128}")
_KEY = re.compile(
    r"(?P<id>ed25519:[A-Za-z0-9_]{1,64}) (?P<key>[A-Za-z0-9+/]{43})=?"
    r"(?P<end> until (?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}))?"
)
_PIN = re.compile(r"""pin-sha256=(?P<quote>"?)(?P<pin>[A-Za-z0-9+/]{43}=)(?P=quote)""")
_PEM = re.compile(
    r"-----BEGIN CERTIFICATE-----\s+(?P<body>[A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----"
)
_MOST_CERTIFICATE = 16 << 10
_URL = re.compile(r"https://(?P<server>[^/?#@\s]+)(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?")
_CLIENTS = frozenset({"https://*", "loopback", "private-use"})
_SIZES = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1))
_DURATIONS = (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


_RATE = re.compile(r"(?P<minute>[0-9]{1,6}) a minute, (?P<once>[0-9]{1,6}) at once")


class Pace(NamedTuple):
    """How much may come in a minute in the long run, and how much of it at once."""

    per_minute: int
    at_once: int


def read_rate(text: str) -> Pace:
    """What a rate such as `1200 a minute, 200 at once` says. Raises ValueError."""
    found = _RATE.fullmatch(text)
    if found is None or not (int(found["minute"]) and int(found["once"])):
        raise ValueError(
            f"`{text[:80]}` is not a rate; write it like `1200 a minute, 200 at once`, each at least 1"
        )
    return Pace(int(found["minute"]), int(found["once"]))


def did_you_mean(word: str, known: Iterable[str]) -> Sentence | None:
    """A hint that names the nearest known word, or None where nothing is near."""
    near = difflib.get_close_matches(word[:80], sorted(known), n=1)
    return told("did you mean `{word}`?", word=near[0]) if near else None


def is_bridge(word: str) -> bool:
    """Whether `word` names the people of an application service, `bridge:<id>`."""
    return _BRIDGE.fullmatch(word) is not None


def spell_size(size: int) -> str:
    """A size in bytes, in the largest unit that divides it: `50 MiB`."""
    unit, bytes_ = next((u, b) for u, b in _SIZES if size % b == 0 and (size or b == 1))
    return f"{size // bytes_} {unit}"


def spell_duration(seconds: int) -> str:
    """A duration in seconds, in the largest unit that divides it: `7 days`."""
    # Weeks are left out on purpose: people and this document's defaults count in days.
    unit, length = next(
        (u, s) for u, s in _DURATIONS[1:] if seconds % s == 0 and (seconds or s == 1)
    )
    count = seconds // length
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def domain_matches(pattern: str, server: ServerName) -> bool:
    """Whether a partner's domain pattern covers a server name.

    `acme.example` covers that name alone. `*.acme.example` covers every name below it, at any
    depth, but not `acme.example` itself. A port is part of the name: a pattern without one covers
    no server name that carries one.
    """
    if not pattern.startswith("*."):
        return server == pattern
    base = ServerName(pattern[2:])
    return server.port == base.port and server.host.endswith("." + base.host)


def domain_sentence(pattern: str) -> Sentence:
    """What a partner's domain pattern covers, in words; `domain_matches` decides."""
    base = ServerName(pattern.removeprefix("*."))
    port = NOTHING if base.port is None else told(" with the port {port}", port=base.port)
    without = NOTHING if port else told("; a name that carries a port is another one")
    return told(
        "every server name below `{host}`{port}, at any depth, but not `{host}` itself{without}"
        if pattern.startswith("*.")
        else "the server name `{host}`{port} and no other, none below it either{without}",
        host=base.host,
        port=port,
        without=without,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("write a text in quotes")  # noqa: TRY004  # Pydantic wants ValueError
    return value


def _named(kind: type[str]) -> Callable[[object], Any]:
    def build(value: object) -> str:
        return kind(_text(value))

    return build


def _date(value: object) -> date:
    # A TOML date-time is a `date` too in Python, hence the exact type.
    if type(value) is date:
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return date.fromisoformat(value)
    without = " without a time" if isinstance(value, datetime) else ""
    raise ValueError(f"write a date{without}, such as 2027-06-30")


def _size(value: object) -> int:
    return conditions.read_size(_text(value))


def _duration(value: object) -> int:
    return conditions.read_duration(_text(value))


def _domain_pattern(text: str) -> str:
    if text.startswith("*."):
        return "*." + ServerName(text[2:])
    if "*" in text:
        raise ValueError(f"`{text}` has a `*` elsewhere than as the leading `*.`")
    return str(ServerName(text))


def _signing_key(text: str) -> str:
    found = _KEY.fullmatch(text)
    if found is None:
        raise ValueError(
            f"`{text}` is not a signing key; write `ed25519:<id> <unpadded base64>`, and ` until"
            " <day>` behind it where it ends"
        )
    if found["day"]:
        _date(found["day"])
    # The last character has two bits that mean nothing; written anew, one key has one spelling.
    key = base64.b64encode(base64.b64decode(found["key"] + "=")).decode().rstrip("=")
    return f"{found['id']} {key}{found['end'] or ''}"


def key_ends(text: str) -> date | None:
    """The last day of a signing key as the document spells it; None where it has none."""
    found = _KEY.fullmatch(text)
    return None if found is None or not found["day"] else date.fromisoformat(found["day"])


def _tls_pin(text: str) -> str:
    found = _PIN.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text[:80]}` is not a pin; write `pin-sha256=<base64 of 32 bytes>`")
    # As for signing keys: written anew, one pin has one spelling.
    pin = base64.b64encode(base64.b64decode(found["pin"])).decode()
    return f"pin-sha256={pin}"


def spell_certificate(text: str) -> str:
    """One certificate, PEM or not, as the base64 of its DER form. Raises ValueError.

    Only the outer form is checked here; whoever trusts by it reads the rest.
    """
    pem = _PEM.fullmatch(text.strip())
    body = "".join((pem["body"] if pem else text).split())
    try:
        der = base64.b64decode(body, validate=True)
    except ValueError:
        der = b""
    if not der.startswith(b"\x30\x82") or len(der) > _MOST_CERTIFICATE:
        raise ValueError("this is not one certificate; write PEM, or the base64 of its DER form")
    return base64.b64encode(der).decode()


def _https_url(text: str) -> str:
    found = _URL.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is not an address such as `https://push.example.org/path`")
    return f"https://{ServerName(found['server'])}{found['path'] or '/'}"


def _client_pattern(text: str) -> str:
    if text in _CLIENTS:
        return text
    scheme, found, domain = text.partition("://")
    if scheme != "https" or not found:
        known = ", ".join(f"`{word}`" for word in sorted(_CLIENTS))
        raise ValueError(f"`{text}` is not where clients are; write {known} or `https://<server>`")
    return f"https://{_domain_pattern(domain)}"


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"`{text}` is not a network; write it like `10.1.0.0/16`") from None
    raise ValueError(f"`{text}` is an address inside a network; did you mean `{meant}`?")


def _file_path(text: str) -> str:
    if text and not text.startswith("/"):
        raise ValueError(f"`{text}` does not say where the file is; begin it with `/`")
    return text


def _channel_word(word: str) -> str:
    if word not in WORDS:
        hint = did_you_mean(word, WORDS) or "it is one of " + ", ".join(WORDS)
        raise ValueError(f"`{word}` is not a channel; {hint}")
    return word


def _rate(text: str) -> str:
    rate = read_rate(text)  # written anew, one rate has one spelling
    return f"{rate.per_minute} a minute, {rate.at_once} at once"


def _condition(text: str) -> str:
    return conditions.parse(text).text


def _sentence(text: str) -> str:
    if not text.isprintable():
        raise ValueError("the text has a line break or a control character; write one plain line")
    return text


_TEXT: dict[str, Any] = {"type": "string"}

Name = Annotated[Word, PlainValidator(_named(Word)), WithJsonSchema(_TEXT)]
"""A name that the document gives to a party, a partner, a kind of room or a rule."""
Server = Annotated[ServerName, PlainValidator(_named(ServerName)), WithJsonSchema(_TEXT)]
"""A Matrix server name."""
User = Annotated[UserId, PlainValidator(_named(UserId)), WithJsonSchema(_TEXT)]
"""A Matrix user id."""
Date = Annotated[date, BeforeValidator(_date)]
"""A calendar day, a TOML date."""
Size = Annotated[int, PlainValidator(_size), PlainSerializer(spell_size), WithJsonSchema(_TEXT)]
"""Bytes, written `50 MiB`."""
Duration = Annotated[
    int, PlainValidator(_duration), PlainSerializer(spell_duration), WithJsonSchema(_TEXT)
]
"""Seconds, written `7 days`."""
Line = Annotated[str, StringConstraints(max_length=500), AfterValidator(_sentence)]
"""One line of text for people to read."""
DomainPattern = Annotated[str, AfterValidator(_domain_pattern)]
"""A server name, or `*.` and a server name: see `domain_matches`."""
SigningKey = Annotated[str, AfterValidator(_signing_key)]
"""A server's ed25519 signing key, `ed25519:<id> <unpadded base64>`, perhaps ` until <day>`."""
TlsPin = Annotated[str, AfterValidator(_tls_pin)]
"""The SHA-256 of a public key, `pin-sha256=<base64>` (RFC 7469, 2.4: of its SubjectPublicKeyInfo)."""
Certificate = Annotated[str, AfterValidator(spell_certificate)]
"""One certificate, kept as the base64 of its DER form; PEM is taken too."""
HttpsUrl = Annotated[str, AfterValidator(_https_url)]
"""An https address without user, query or fragment."""
ClientPattern = Annotated[str, AfterValidator(_client_pattern)]
"""Where clients may be that register themselves.

`https://<server>` and `https://*.<domain>` as in `domain_matches`, `https://*`, `loopback` (RFC 8252,
7.3), `private-use` (RFC 8252, 7.1).
"""
Network = Annotated[str, AfterValidator(_network)]
"""An address range in CIDR form, `10.1.0.0/16` or `2001:db8::/32`."""
FilePath = Annotated[Line, AfterValidator(_file_path)]
"""The absolute path of a file on the host that reads it, or empty for none."""
Rate = Annotated[str, AfterValidator(_rate)]
"""How much may come in a minute and at once, `1200 a minute, 200 at once`: see `read_rate`."""
ChannelWord = Annotated[str, AfterValidator(_channel_word)]
"""A channel, `call` or `all`."""
ConditionText = Annotated[str, AfterValidator(_condition)]
"""One condition, kept in its canonical spelling."""
