"""Names that can only be built valid.

Each is a `str` that was checked once, at the border. Code behind the border takes these types and
never looks at the grammar again. Grammar: Matrix specification v1.15, appendix "Identifier
grammar"; server names as there, with RFC 1123 host names, IPv4 and bracketed IPv6 literals.
"""

from __future__ import annotations

import re
from typing import Self


class InvalidName(ValueError):
    """A text is not the name it should be. `kind` says which kind of name was wanted."""

    def __init__(self, kind: str, text: str) -> None:
        shown = text if len(text) <= 80 else text[:77] + "..."
        super().__init__(f"`{shown}` is not a valid {kind}")
        self.kind = kind


_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]{{2,45}}\])"
_SERVER = re.compile(rf"(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?")
_USER = re.compile(r"@(?P<localpart>[\x21-\x39\x3b-\x7e]{1,230}):(?P<server>.+)", re.DOTALL)
_OPAQUE = re.compile(r"[A-Za-z0-9._=~/+:\[\]-]{1,254}")
_WORD = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_DEVICE = re.compile(r"[\x21-\x7e]{1,255}")
_MEDIA = re.compile(r"[A-Za-z0-9_=-]{1,255}")


class ServerName(str):
    """A Matrix server name: a host and perhaps a port. Compared in lower case."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check and build. Raises InvalidName."""
        found = _SERVER.fullmatch(text) if len(text) <= 230 else None
        if found is None or int(found["port"] or 0) > 65535:
            raise InvalidName("server name", text)
        return super().__new__(cls, text.lower())

    @property
    def host(self) -> str:
        """The name without its port; IPv6 literals keep their brackets."""
        found = _SERVER.fullmatch(self)
        assert found is not None  # checked when it was built
        return found["host"]

    @property
    def port(self) -> int | None:
        """The port that the name carries, if it carries one."""
        found = _SERVER.fullmatch(self)
        assert found is not None  # checked when it was built
        return int(found["port"]) if found["port"] else None


class UserId(str):
    """A Matrix user id, `@localpart:server`, historical localparts included."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check and build. Raises InvalidName."""
        found = _USER.fullmatch(text) if len(text) <= 255 else None
        if found is None:
            raise InvalidName("user id", text)
        ServerName(found["server"])
        return super().__new__(cls, text)

    @property
    def localpart(self) -> str:
        """What stands between `@` and the first `:`."""
        return self[1 : self.index(":")]

    @property
    def server(self) -> ServerName:
        """The server on which the account lives."""
        # checked when the id was built
        return str.__new__(ServerName, self[self.index(":") + 1 :].lower())


class RoomId(str):
    """A Matrix room id: `!opaque:server`, or `!opaque` from room version 12 on."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check and build. Raises InvalidName."""
        if not text.startswith("!") or not _OPAQUE.fullmatch(text[1:]):
            raise InvalidName("room id", text)
        return super().__new__(cls, text)


class EventId(str):
    """A Matrix event id: `$` and an opaque part."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check and build. Raises InvalidName."""
        if not text.startswith("$") or not _OPAQUE.fullmatch(text[1:]):
            raise InvalidName("event id", text)
        return super().__new__(cls, text)


class DeviceId(str):
    """A Matrix device id: visible ASCII, opaque."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check and build. Raises InvalidName."""
        if not _DEVICE.fullmatch(text):
            raise InvalidName("device id", text)
        return super().__new__(cls, text)


class MediaId(str):
    """The opaque part of an `mxc://server/media-id` address."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check and build. Raises InvalidName."""
        if not _MEDIA.fullmatch(text):
            raise InvalidName("media id", text)
        return super().__new__(cls, text)


class Word(str):
    """A name that the settings document gives to something: a party, a rule, a kind of room.

    Lower-case letters, digits and hyphens, at most 64 long, neither end a hyphen.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check and build. Raises InvalidName."""
        if not _WORD.fullmatch(text):
            raise InvalidName("name (lower-case letters, digits and hyphens)", text)
        return super().__new__(cls, text)
