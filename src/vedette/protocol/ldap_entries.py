"""What an entry of a directory says of a person or a group, by its attributes. Total: no entry raises.

Times of an Active Directory are hundreds of nanoseconds since 1601 (MS-ADTS 2.2.9), others are
generalized times (RFC 4517, 3.3.13); here all are whole seconds since 1970.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

Attributes = Mapping[str, Sequence[bytes]]
"""An entry's values by the names of their attributes, in lower case."""

_YEAR_1601 = 11_644_473_600
_NEVER = (0, 2**63 - 1)
_MOST_VALUES = 100
_LONGEST_VALUE = 180
_DISABLED, _LOCKED, _PASSWORD_EXPIRED = 0x2, 0x10, 0x800000
_FOR_GOOD = "000001010000Z"
"""How OpenLDAP says that an account is locked by an administrator (slapo-ppolicy)."""
_TIME = re.compile(
    r"(?P<date>[0-9]{14}|[0-9]{12}|[0-9]{10})(?:[.,][0-9]+)?(?P<zone>Z|[+-][0-9]{2,4})"
)
_RANGE = re.compile(r"(?P<name>[^;]+);range=(?P<first>[0-9]+)-(?P<last>[0-9]+|\*)")
_GUID = re.compile(r"<GUID=([0-9a-f-]{36})>", re.IGNORECASE)
_PLAIN = re.compile(r"(?:[^\\\"+;<>#\x00 =,]| (?![ ,=])|[,=](?! ))*")
"""Names that need no second look: nothing escaped or quoted, no blanks beside separators."""


def text_of(attributes: Attributes, name: str) -> str:
    """The first value of an attribute as text without control characters; empty where there is none."""
    values = attributes.get(name.lower(), ())
    found = values[0].decode("utf-8", "replace") if values else ""
    return "".join(c for c in found if c.isprintable()).strip()[:512]


def said_of(attributes: Attributes, names: Iterable[str]) -> frozenset[str]:
    """What these attributes say, each value as `name=value`, by which parties may name people.

    The name as it is asked for, the value without control characters. Values that are no text, or
    longer than the name of a group may be, say nothing.
    """
    found = set()
    for name in names:
        for value in attributes.get(name.lower(), ())[:_MOST_VALUES]:
            text = "".join(c for c in value.decode("utf-8", "ignore") if c.isprintable()).strip()
            if text and len(value) <= _LONGEST_VALUE:
                found.add(f"{name}={text}")
    return frozenset(found)


def number_of(attributes: Attributes, name: str) -> int | None:
    """The first value of an attribute as a whole number, if it is one."""
    text = text_of(attributes, name)
    return int(text) if re.fullmatch(r"-?[0-9]{1,20}", text) else None


def guid_text(value: bytes) -> str:
    """An `objectGUID` as text; empty if it is none."""
    return str(UUID(bytes_le=value)) if len(value) == 16 else ""


def guid_bytes(text: str) -> bytes:
    """The same as the directory has it. Raises ValueError."""
    return UUID(text).bytes_le


def sid_text(value: bytes) -> str:
    """A security identifier as text, `S-1-5-…` (MS-DTYP 2.4.2); empty if it is none."""
    if len(value) < 8 or len(value) != 8 + 4 * value[1]:
        return ""
    parts = [int.from_bytes(value[at : at + 4], "little") for at in range(8, len(value), 4)]
    return "-".join(map(str, ("S", value[0], int.from_bytes(value[2:8], "big"), *parts)))


def sid_bytes(text: str) -> bytes | None:
    """The same as the directory has it; None for any other text."""
    if not re.fullmatch(r"S-1-[0-9]{1,15}(-[0-9]{1,10}){1,15}", text):
        return None
    authority, *parts = (int(each) for each in text.split("-")[2:])
    if authority >= 1 << 48 or any(part >= 1 << 32 for part in parts):
        return None
    numbers = b"".join(part.to_bytes(4, "little") for part in parts)
    return bytes([1, len(parts)]) + authority.to_bytes(6, "big") + numbers


def seconds_of_filetime(ticks: int) -> int | None:
    """When an Active Directory's time is; None for never."""
    return None if ticks in _NEVER else ticks // 10_000_000 - _YEAR_1601


def seconds_of_time(text: str) -> int | None:
    """When a generalized time is; None if it is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    date, zone = found["date"], "+0000" if found["zone"] == "Z" else found["zone"].ljust(5, "0")
    try:
        when = datetime.strptime(date.ljust(14, "0") + zone, "%Y%m%d%H%M%S%z")
    except ValueError:
        return None
    return int(when.astimezone(UTC).timestamp())


def extended_guid(name: str) -> str:
    """The GUID in an extended name, `<GUID=…>;<SID=…>;CN=…` (MS-ADTS 3.1.1.3.4.1.5), in lower case."""
    found = _GUID.match(name)
    return found[1].lower() if found else ""


def plain_name(name: str) -> str:
    """The name that stands in an extended one."""
    while name.startswith("<") and ">;" in name:
        name = name.partition(">;")[2]
    return name


def is_enabled(attributes: Attributes) -> bool:
    """Whether nobody switched the account off. Locked for some minutes is not switched off."""
    control = number_of(attributes, "userAccountControl") or 0
    if control & _DISABLED:
        return False
    if text_of(attributes, "pwdAccountLockedTime") == _FOR_GOOD:
        return False
    return text_of(attributes, "nsAccountLock").lower() != "true"


def is_locked(attributes: Attributes) -> bool:
    """Whether too many wrong passwords lock the account now, or did and nobody signed in since.

    An Active Directory computes the first (MS-ADTS 3.1.1.4.5.17); OpenLDAP keeps the time until
    somebody signs in with the right one.
    """
    computed = number_of(attributes, "msDS-User-Account-Control-Computed") or 0
    return bool(computed & _LOCKED) or bool(text_of(attributes, "pwdAccountLockedTime"))


def must_change(attributes: Attributes) -> bool:
    """Whether the password has to be changed before the account is used again."""
    computed = number_of(attributes, "msDS-User-Account-Control-Computed") or 0
    reset = text_of(attributes, "pwdReset").lower() == "true"
    return bool(computed & _PASSWORD_EXPIRED) or reset


def ends_at(attributes: Attributes) -> int | None:
    """When the account ends by itself; None for never, or where nothing says so."""
    found = []
    ticks = number_of(attributes, "accountExpires")
    if ticks is not None:
        found.append(seconds_of_filetime(ticks))
    found.append(seconds_of_time(text_of(attributes, "pwdEndTime")))
    days = number_of(attributes, "shadowExpire")
    if days is not None and days >= 0:
        found.append(days * 86400)
    return min((each for each in found if each is not None), default=None)


def members_of(attributes: Attributes, names: Iterable[str]) -> tuple[list[bytes], dict[str, int]]:
    """The values of these attributes, and from which value on the rest must be asked for.

    An Active Directory tells long ones piece by piece, `member;range=0-1499` (MS-ADTS 3.1.1.3.1.3.3).
    """
    values: list[bytes] = []
    rest: dict[str, int] = {}
    wanted = {name.lower() for name in names}
    for name, found in attributes.items():
        part = _RANGE.fullmatch(name)
        if (part["name"] if part else name) not in wanted:
            continue
        values += found
        if part and part["last"] != "*":
            rest[part["name"]] = int(part["last"]) + 1
    return values, rest


def name_key(name: str) -> str:
    """A distinguished name such that two that mean one entry are equal, as far as text tells.

    Lower case, no blanks around separators, every escape resolved, parts of one step in order.
    """
    if _PLAIN.fullmatch(name):
        return name.strip(" ").lower()
    steps = [sorted(_value_key(part) for part in _split(step, "+")) for step in _split(name, ",;")]
    return ",".join("+".join(parts) for parts in steps)


def _split(text: str, separators: str) -> list[str]:
    """Cut at separators that are neither escaped nor quoted."""
    found, begin, at, quoted = [], 0, 0, False
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == '"':
            quoted = not quoted
        elif text[at] in separators and not quoted:
            found.append(text[begin:at])
            begin = at + 1
        at += 1
    return [*found, text[begin:]]


def _value_key(part: str) -> str:
    attribute, _, value = part.partition("=")
    plain = " ".join(filter(None, _unescaped(value).lower().split(" ")))
    again = "".join(f"\\{ord(c):02x}" if c in '\\,+"<>;=#' else c for c in plain)
    return f"{attribute.strip().lower()}={again}"


def _unescaped(value: str) -> str:
    value = value.strip(" ")
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    found, at = bytearray(), 0
    while at < len(value):
        if value[at] != "\\" or at + 1 == len(value):
            found += value[at].encode("utf-8", "replace")
            at += 1
        elif re.fullmatch(r"[0-9A-Fa-f]{2}", value[at + 1 : at + 3]):
            found.append(int(value[at + 1 : at + 3], 16))
            at += 3
        else:
            found += value[at + 1].encode("utf-8", "replace")
            at += 2
    return found.decode("utf-8", "replace")
