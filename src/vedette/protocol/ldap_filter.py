"""Values in search filters of LDAP (RFC 4515) and in distinguished names (RFC 4514).

Whatever comes from outside goes into a filter or a name by `escaped` and `escaped_name` alone.
"""

from __future__ import annotations

from collections.abc import Iterable


def escaped(value: str | bytes) -> str:
    """A value as it may stand in a filter: whatever is not a plain letter or digit as its number."""
    data = value.encode() if isinstance(value, str) else value
    return "".join(chr(b) if chr(b).isascii() and chr(b).isalnum() else f"\\{b:02x}" for b in data)


def escaped_name(value: str) -> str:
    """A value as it may stand in a distinguished name (RFC 4514, section 2.4)."""
    return "".join(
        c if c.isascii() and c.isalnum() else "".join(f"\\{b:02x}" for b in c.encode())
        for c in value
    )


def equals(attribute: str, value: str | bytes) -> str:
    """The filter that `attribute` has exactly this value."""
    return f"({attribute}={escaped(value)})"


def all_of(*filters: str) -> str:
    """The filter that every one of these holds."""
    return filters[0] if len(filters) == 1 else f"(&{''.join(filters)})"


def any_of(filters: Iterable[str]) -> str:
    """The filter that one of these holds; with none it holds for nothing (RFC 4526)."""
    found = tuple(filters)
    return found[0] if len(found) == 1 else f"(|{''.join(found)})"
