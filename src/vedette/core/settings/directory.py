"""How the company's directory is read; where it is stands in the boot file."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StrictInt, StringConstraints

from vedette.core.settings.ldap_filter import FilterFault, checked_filter
from vedette.core.settings.sections import Section, Setting
from vedette.core.settings.spelling import Duration

Attribute = Annotated[str, StringConstraints(pattern=r"^([A-Za-z][A-Za-z0-9-]{0,63})?$")]
"""The name of an attribute of the directory (RFC 4512), or empty for the usual one."""


def _no_secret(name: str) -> str:
    if any(word in name.lower() for word in ("passw", "pwd")):
        raise ValueError("what is kept of passwords is nobody's group; name another attribute")
    return name


NamedAttribute = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$"),
    AfterValidator(_no_secret),
]
GroupName = Annotated[str, StringConstraints(min_length=1, max_length=256)]


def _filter(text: str) -> str:
    try:
        return checked_filter(text) if text else ""
    except FilterFault as fault:
        raise ValueError(str(fault)) from fault


LdapFilter = Annotated[str, AfterValidator(_filter)]
"""A search filter (RFC 4515), or empty for the usual one."""


def _soon(seconds: int) -> int:
    if not 1 <= seconds <= 60:
        raise ValueError("write between `1 second` and `1 minute`")
    return seconds


def _now_and_then(seconds: int) -> int:
    if seconds < 60:
        raise ValueError(
            "this would read the whole directory all the time; write at least a minute"
        )
    return seconds


class CompanyDirectory(Section):
    """Which entries of the company's directory are people and groups, and what they are called."""

    people: Annotated[
        LdapFilter,
        Setting(
            "People",
            "The filter of the entries that are people. Empty: every user of an Active Directory, "
            "every `inetOrgPerson` of OpenLDAP. `vedette directory preview` shows whom it holds.",
            "Too wide, and accounts of machines and services can sign in; too narrow, and whoever "
            "is left out loses every session.",
            "one group of those who write messages, such as "
            '"(memberOf=cn=Messaging,ou=Groups,dc=example,dc=org)"',
        ),
    ] = ""
    groups: Annotated[
        LdapFilter,
        Setting(
            "Groups",
            "The filter of the entries that are groups. Empty: every group of an Active Directory, "
            "every `groupOfNames` and `groupOfUniqueNames` of OpenLDAP.",
            "A group that is left out has no members here: rules that allow by it stop allowing, "
            "and rules that forbid by it stop forbidding.",
            '""',
        ),
    ] = ""
    user: Annotated[
        Attribute,
        Setting(
            "User name",
            "The attribute whose value, in lower case, stands before the colon of a user id. Empty: "
            "`sAMAccountName` in an Active Directory, `uid` in OpenLDAP.",
            "Changed later, everybody is somebody else: sessions end, and rooms keep the old "
            "accounts. An attribute that people may write themselves lets them be anybody.",
            '""',
        ),
    ] = ""
    display_name: Annotated[
        Attribute,
        Setting(
            "Display name",
            "The attribute with the name that others read; where it has no value, `cn`.",
            "An attribute that people may write themselves lets them be called like somebody else.",
            '"displayName"',
        ),
    ] = "displayName"
    email: Annotated[
        Attribute,
        Setting(
            "E-mail",
            "The attribute with the e-mail address, by which certificates may name a person.",
            "An attribute that people may write themselves lets them use another's certificate.",
            '"mail"',
        ),
    ] = "mail"
    group_name: Annotated[
        Attribute,
        Setting(
            "Group name",
            "The attribute with a group's name as the parties of this document say it.",
            "Two groups with one name count as one.",
            '"cn"',
        ),
    ] = "cn"
    attributes: Annotated[
        tuple[NamedAttribute, ...],
        Field(max_length=20),
        Setting(
            "Attributes",
            "Attributes whose values count as groups: with `department` here, parties and "
            "`directory.guests` may name `department=Sales`, written as the directory has it.",
            "An attribute that people may write themselves lets them choose their parties.",
            "none, unless the company keeps there what groups do not say",
        ),
    ] = ()
    guests: Annotated[
        tuple[GroupName, ...],
        Setting(
            "Guests",
            "Groups whose members are guests: they belong to `guests`, not to `us`. "
            "`employeeType=Guest` where `directory.attributes` has `employeeType`.",
            "Whoever is missing in them counts as one of us.",
            'the groups of guests, such as ["Guests"]',
        ),
    ] = ()
    wrong_passwords: Annotated[
        StrictInt,
        Field(ge=1, le=1000),
        Setting(
            "Wrong passwords",
            "How many wrong passwords for one person reach the directory in half an hour from "
            "browsers that are new, and as many again from those that the person used before; "
            "further ones are refused without asking it.",
            "Not well below half of what locks an account in the directory, and strangers can lock "
            "people's accounts there by guessing here; too few, and whoever mistypes on a new "
            "device waits half an hour.",
            "4",
        ),
    ] = 4
    largest_removal: Annotated[
        StrictInt,
        Field(ge=0, le=100),
        Setting(
            "Largest removal",
            "Largest share of people, in percent, that one reading of the directory may take away. "
            "Beyond it the last good list stays in force until somebody confirms with `vedette "
            "directory sync --confirm`; whoever is new or enabled again waits as long. Whose account "
            "the directory itself calls disabled or ended does not count, and is out at once in any "
            "case. Up to five people may always go.",
            "Too high, and a slip in a filter or an empty copy of the directory ends everybody's "
            "sessions; too low, and people who left stay until somebody confirms.",
            "20",
        ),
    ] = 20
    look: Annotated[
        Annotated[Duration, AfterValidator(_soon)],
        Setting(
            "Look",
            "How often it is looked for changes beside those that the directory tells by itself.",
            "The longer, the later a change is seen that the directory did not tell.",
            '"1 second"',
        ),
    ] = 1
    reading: Annotated[
        Annotated[Duration, AfterValidator(_now_and_then)],
        Setting(
            "Whole reading",
            "How often everything is read anew, so that nothing that was missed stays missed.",
            "Short, and the directory is kept busy; long, and what no notification tells stays "
            "unseen longer.",
            '"1 hour"',
        ),
    ] = 3600
