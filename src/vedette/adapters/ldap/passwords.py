"""Where people prove a password of the company's directory: a simple bind as themselves (RFC 4513).

The reading account finds who is meant; the person's password goes to the server over a connection
of its own, whose other side has proven its name, and nowhere else.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import ldap
from ldap.controls.ppolicy import PasswordPolicyControl

from vedette.adapters.ldap.connection import FAULTS, Servers
from vedette.adapters.ldap.places import Places
from vedette.adapters.ldap.reading import Searching
from vedette.ports.clock import Clock
from vedette.ports.directory import BindAnswer, Bound, PersonEntry, Wishes
from vedette.protocol.ldap_filter import all_of, equals

MOST_PASSWORD = 1024
"""Characters of a password that are sent to a server."""

_NO = (
    ldap.INVALID_CREDENTIALS,
    ldap.INAPPROPRIATE_AUTH,
    ldap.NO_SUCH_OBJECT,
    ldap.INVALID_DN_SYNTAX,
    ldap.CONSTRAINT_VIOLATION,  # some servers' word for an account that is locked
    ldap.UNWILLING_TO_PERFORM,  # and for one that may not sign in this way
)
"""What says no to a person; everything else says that the server can't answer now.

A 503 for a few people alone would tell strangers that they are there.
"""
_CODE = re.compile(r"\bdata ([0-9a-f]{1,8})\b")
_WRONG = Bound(BindAnswer.WRONG)
_PASSWORD_EXPIRED, _ACCOUNT_LOCKED, _CHANGE_AFTER_RESET = range(3)

CODES: Mapping[str, Bound] = MappingProxyType(
    {
        "525": _WRONG,  # no such user
        "52e": _WRONG,
        "530": Bound(BindAnswer.DISABLED, proven=True),  # not at this hour
        "531": Bound(BindAnswer.DISABLED, proven=True),  # not at this machine
        "532": Bound(BindAnswer.MUST_CHANGE, proven=True),  # the password is past its time
        "533": Bound(BindAnswer.DISABLED, proven=True),
        "701": Bound(BindAnswer.EXPIRED, proven=True),
        "773": Bound(BindAnswer.MUST_CHANGE, proven=True),
        "775": Bound(BindAnswer.LOCKED),  # said of wrong passwords too
    }
)
"""An Active Directory's reasons for invalidCredentials: Win32 codes in hexadecimal (MS-ERREF 2.2).

Those that are proven it gives only to whoever has the right password.
"""


@dataclass(frozen=True, slots=True)
class LdapPasswords:
    """Binds of people. `wishes` are those of the settings in force; it raises what they do."""

    servers: Servers
    searching: Searching
    wishes: Callable[[], Wishes]
    clock: Clock
    places: Places = field(default_factory=Places)

    def check(self, localpart: str | None, password: str) -> Bound:
        """Whether this person has this password. Raises Unavailable.

        1. An empty password is wrong: servers take a bind without one as of nobody, and say yes
           (RFC 4513, 5.1.2). So is one with a NUL, where some servers take it to end, one that
           is no text, and one longer than any that is sent.
        2. The one person with exactly that name is looked for; two are nobody. Servers find more
           than was asked for: an Active Directory takes `é` for `e`, and a Samba stops at a NUL.
        3. For nobody there is a bind all the same, with a name and a password that nobody has.
        4. Of a yes, what the person's entry says holds as well: a server may be behind.
        """
        if not _can_be_one(password):  # (1)
            return _WRONG
        with self.places.one():
            return self._checked(localpart, password)

    def _checked(self, localpart: str | None, password: str) -> Bound:
        person = self._find(localpart)  # (2)
        if person is None:
            self._bind(
                f"cn={secrets.token_hex(8)},{self.searching.base}", secrets.token_hex(8), None
            )
            return _WRONG  # (3)
        bound = self._bind(person.dn, password, person)
        if bound.answer is BindAnswer.OK:
            told = self._told(person)
            return Bound(told or bound.answer, proven=True, display_name=person.display_name)  # (4)
        return bound

    def _find(self, localpart: str | None) -> PersonEntry | None:
        wishes, kind = self.wishes(), self.searching.kind
        wanted = equals(wishes.user or kind.user, localpart or secrets.token_hex(8))
        filter_ = all_of(wishes.people or kind.people, wanted)
        with self.servers.opened() as connected:
            search = self.searching.over(connected)
            pages = search.pages(search.base, filter_, kind.people_attributes(wishes))
            found = [kind.person(dn, values, wishes) for dn, values in pages]
        exact = [each for each in found if each is not None and each.name == localpart]
        return exact[0] if len(exact) == len(found) == 1 else None

    def _bind(self, dn: str, password: str, person: PersonEntry | None) -> Bound:
        """One bind over a connection of its own. Raises Unavailable."""
        connected = self.servers.connect()
        try:
            asked = connected.ldap.simple_bind(dn, password, [PasswordPolicyControl()])
            _, _, _, controls = connected.ldap.result3(asked, timeout=connected.timeout)
            if any(getattr(each, "error", None) == _CHANGE_AFTER_RESET for each in controls):
                return Bound(BindAnswer.MUST_CHANGE, proven=True)
            return Bound(BindAnswer.OK, proven=True)
        except _NO as no:
            return self._refused(_told_by(no), person)
        except FAULTS as fault:
            raise self.servers.gone(connected.server, fault) from fault
        finally:
            connected.close()

    def _refused(self, told: Mapping[str, Any], person: PersonEntry | None) -> Bound:
        """Why the server said no: an Active Directory says it, OpenLDAP's entry does."""
        code = _CODE.search(str(told.get("info", "")))
        if code is not None:
            return CODES.get(code[1], _WRONG)
        error = _policy_error(told)
        if error in (_PASSWORD_EXPIRED, _CHANGE_AFTER_RESET):
            return Bound(BindAnswer.MUST_CHANGE, proven=True)
        known = None if person is None else self._told(person)
        locked = BindAnswer.LOCKED if error == _ACCOUNT_LOCKED else BindAnswer.WRONG
        return Bound(known or locked)

    def _told(self, person: PersonEntry) -> BindAnswer | None:
        """What a person's entry says against them."""
        if not person.enabled:
            return BindAnswer.DISABLED
        if person.expires is not None and person.expires <= self.clock.now():
            return BindAnswer.EXPIRED
        return None


def _can_be_one(password: str) -> bool:
    if not 0 < len(password) <= MOST_PASSWORD or "\0" in password:
        return False
    return not any("\ud800" <= each <= "\udfff" for each in password)


def _told_by(no: Exception) -> Mapping[str, Any]:
    return no.args[0] if no.args and isinstance(no.args[0], dict) else {}


def _policy_error(told: Mapping[str, Any]) -> int | None:
    """The error of the password policy (draft-behera-ldap-password-policy-10, section 6.2)."""
    for oid, _, value in told.get("ctrls", ()):
        if oid == PasswordPolicyControl.controlType and value:
            control = PasswordPolicyControl()
            control.decodeControlValue(value)
            return None if control.error is None else int(control.error)
    return None
