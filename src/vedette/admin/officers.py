"""Those who may change the settings: whether anybody is left, and could sign in as they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vedette.admin.findings import Found, Health
from vedette.admin.lockout import signs_in, those_left
from vedette.admin.policy import local_administrator
from vedette.admin.reset_wait import moment
from vedette.admin.rights import may_at_best
from vedette.core.asks import Act, Someone
from vedette.core.facts import LOCAL_TOKEN
from vedette.core.language import NOTHING, Sentence, listed, told
from vedette.core.names import UserId
from vedette.core.officers import Officers
from vedette.core.people import ANYONE, US
from vedette.ports.policy import Policy

_APPLY = Act.ADMINISTRATION_SETTINGS_APPLY
_CHECK = "officers"
LOOKS = (
    Act.ADMINISTRATION_SETTINGS_READ,
    Act.ADMINISTRATION_AUDIT_VERIFY,
    Act.ADMINISTRATION_CERTIFICATE_LIST,
    Act.ADMINISTRATION_CERTIFICATE_RENEW,
    Act.ADMINISTRATION_DOOR_LIST,
    Act.ADMINISTRATION_KEY_LIST,
    Act.ADMINISTRATION_PARTNER_CHECK,
    Act.ADMINISTRATION_PARTNER_LIST,
    Act.ADMINISTRATION_DIRECTORY_SHOW,
    Act.ADMINISTRATION_PEOPLE_COUNT,
    Act.ADMINISTRATION_DECISION_EXPLAIN,
    Act.ADMINISTRATION_ROOM_COUNT,
    Act.ADMINISTRATION_ROOM_SWEEP,
)
"""What is left to the local token where the rule is in force that takes it the rest."""
NARROW = (
    "vedette rule add local-token-looks --from us --forbid administer "
    f"--when 'act.through = {LOCAL_TOKEN}' --unless 'act in {', '.join(sorted(LOOKS))}' "
    "--say 'The local token only looks; sign in to the console, or use a token of your own.' "
    "--owner security-office --reason 'people administer'"
)
"""The command that takes the local token its right to change anything."""
_NAMED = 5

ProofsOf = Callable[[str], "tuple[frozenset[str], bool] | None"]
"""By localpart: the kinds of proof that somebody has, and whether they may set up one more; None
where that is not known here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficersSeen:
    """How those stand who may change the settings.

    `able` are those who could sign in with what they have, `unable` the others. `groups` are those
    whose people may change the settings. `local` says whether the local token may do so too.
    """

    state: Officers
    able: tuple[str, ...]
    unable: tuple[str, ...]
    groups: tuple[str, ...]
    local: bool
    company: bool
    """Whether people are those of the company's directory."""
    waiting: tuple[tuple[str, int], ...] = ()
    """Those who administer nothing yet because somebody else reset their credentials, and until when
    (seconds since 1970 UTC)."""


def standing(
    policy: Policy,
    state: Officers,
    proofs: ProofsOf | None,
    *,
    company: bool,
    waiting: Mapping[str, int] = MappingProxyType({}),
) -> OfficersSeen:
    """How they stand by the rules and by what they can show. Without `proofs` all are able.

    `waiting` is until when somebody administers nothing, by localpart.
    """
    left = those_left(policy, state.kept or state.users) if not state.gone else []
    able = [user for user in left if _able(policy, user, proofs)]
    return OfficersSeen(
        state=state,
        able=tuple(able),
        unable=tuple(user for user in left if user not in able),
        groups=tuple(sorted(_groups(policy))),
        local=_local(policy),
        company=company,
        waiting=tuple(
            (user, waiting[localpart])
            for user in left
            if (localpart := UserId(user).localpart) in waiting
        ),
    )


def _able(policy: Policy, user: str, proofs: ProofsOf | None) -> bool:
    found = None if proofs is None else proofs(UserId(user).localpart)
    if found is None:
        return True
    kinds, sets_up = found
    return signs_in(policy, UserId(user), kinds, sets_up=sets_up)


def _groups(policy: Policy) -> Iterable[str]:
    """The groups of the parties whose people may change the settings."""
    domain = policy.directory.domain
    for name, party in policy.directory.document.parties.items():
        if may_at_best(
            policy, Someone("", frozenset({ANYONE, US, str(name)}), domain, True), _APPLY
        ):
            yield from party.groups


def _local(policy: Policy) -> bool:
    """Whether the local token may still change the settings."""
    who = local_administrator(policy.directory.document)
    return may_at_best(policy, who, _APPLY, comes=LOCAL_TOKEN)


def officers_found(seen: OfficersSeen | None, table: str) -> Iterable[Found]:
    """Whether somebody is left who may change the settings; `table` is the file of people."""
    if seen is None:
        return
    yield from _found_waiting(seen)
    state, mend = seen.state, _way_out(seen, table)
    if state.kept:
        words = words_of_kept(state.kept)
        note = told("or take the list as it is: `vedette directory sync --confirm`")
        yield Found(_CHECK, Health.BROKEN, words, mend, note if seen.company else NOTHING)
    elif not seen.able and not seen.unable:
        health = Health.BROKEN if state.gone else Health.WEAK
        words = (
            told("nobody but the local administrator could change the settings")
            if seen.local
            else told("nobody could change the settings without `vedette recover`")
        )
        yield Found(_CHECK, health, words, mend)
    elif not seen.able:
        words = told(
            "nobody who may change the settings could sign in: {whom} have no account, or lack the proof "
            "that the rules ask for",
            whom=_named(seen.unable),
        )
        first = UserId(seen.unable[0]).localpart
        note = told("prints a code to begin with; without an account: `vedette user add`")
        mend = f"vedette user factors reset {first} --reason …"
        yield Found(_CHECK, Health.BROKEN, words, mend, note)
    elif seen.local and len(seen.able) > 1:
        words = told(
            "the local token may still change the settings, though {count} people may",
            count=len(seen.able),
        )
        yield Found(_CHECK, Health.WEAK, words, NARROW)
    else:
        words = (
            told("1 person may change the settings and can sign in")
            if len(seen.able) == 1
            else told(
                "{count} people may change the settings and can sign in", count=len(seen.able)
            )
        )
        yield Found(_CHECK, Health.GOOD, words)


def _found_waiting(seen: OfficersSeen) -> Iterator[Found]:
    """Who administers nothing yet, because somebody else reset their credentials."""
    for user, until in seen.waiting[:_NAMED]:
        yield Found(
            _CHECK,
            Health.WEAK,
            told(
                "`{whom}` may administer nothing until {until}: somebody else reset their credentials",
                whom=user,
                until=moment(until),
            ),
            told(
                "ask them whether they wanted the reset; `vedette recover`, then `vedette user factors "
                "reset`, ends the wait"
            ),
        )


def _way_out(seen: OfficersSeen, table: str) -> str:
    """What brings somebody back who may change the settings."""
    if not seen.groups:
        return told("let a rule allow somebody `administration:settings:apply`")
    groups = listed([f"`{group}`" for group in seen.groups[:_NAMED]])
    if seen.company:
        return told(
            "put somebody into the group {groups} in the company's directory", groups=groups
        )
    return told("put somebody into the group {groups} in `{table}`", groups=groups, table=table)


def words_of_kept(kept: tuple[str, ...]) -> Sentence:
    """That a right stays though the list of people says otherwise."""
    return told(
        "the list of people leaves nobody who may change the settings, so that right stays with {whom}",
        whom=_named(kept),
    )


def _named(users: tuple[str, ...]) -> Sentence:
    return listed([f"`{user}`" for user in users[:_NAMED]])
