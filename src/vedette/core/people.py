"""Who is who: from a user id to the person as the policy sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vedette.core.asks import PartySet, Someone
from vedette.core.names import ServerName, UserId
from vedette.core.settings.document import Document, Partner, Party
from vedette.core.settings.spelling import domain_matches

ANYONE = "anyone"
US = "us"
GUESTS = "guests"
PARTNERS = "partners"
OUTSIDE = "outside"
SERVICES = "services"
NOBODY_NAMED = "a server nobody named"
"""How a server outside is called where its own name does not matter, or is not verified."""

BUILT_IN = frozenset({ANYONE, US, GUESTS, PARTNERS, OUTSIDE})

KEEPER = "vedette-rooms"
"""The suite's account that puts rooms in order which came to be against the rules."""
SERVICE_LOCALPARTS = frozenset({"vedette-notices", "vedette-inspector", KEEPER})
"""The suite's own accounts. Their few acts are fixed in code, outside the rules."""

PROVISIONER = "vedette-scim"
"""As whom an identity provider pushes people and groups. It has no account, and only those parties
that name it."""
RESERVED_LOCALPARTS = SERVICE_LOCALPARTS | {PROVISIONER}
"""How no person's account may be called."""

_MOST_REMEMBERED = 1 << 18


def provisioner_of(domain: str) -> UserId:
    """The user id by which rules name whoever pushes people and groups here."""
    return UserId(f"@{PROVISIONER}:{domain}")


def keeper_of(domain: str) -> str:
    """The user id of the account that puts rooms in order here."""
    return f"@{KEEPER}:{domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What the people stream says of one account here."""

    groups: frozenset[str] = frozenset()
    guest: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class Alike:
    """People here of whom the directory says the same, and whom no party names one by one.

    So no rule tells them apart. `users` are in order, and there is at least one.
    """

    person: Person
    someone: Someone
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Directory:
    """Maps user ids and servers to parties, by the document and the people of one revision.

    An account of ours that the people stream does not know, or that was deactivated, counts as
    `us` without groups: taking a group away may tighten, never loosen what `us` is refused.
    """

    document: Document
    people: Mapping[str, Person]
    today: int
    """The day for which this holds, as an ordinal: a partner ends with its last day."""
    _remembered: dict[str, Someone] = field(default_factory=dict, compare=False, repr=False)
    _kinds: list[tuple[Someone, ...]] = field(default_factory=list, compare=False, repr=False)
    _alike: list[tuple[Alike, ...]] = field(default_factory=list, compare=False, repr=False)
    _sorted: list[Mapping[Person, tuple[str, ...]]] = field(
        default_factory=list, compare=False, repr=False
    )
    _words: dict[str, Party] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Parties are found by their names."""
        object.__setattr__(
            self, "_words", {str(name): each for name, each in self.document.parties.items()}
        )

    @property
    def domain(self) -> ServerName:
        """The organisation's own Matrix domain."""
        return self.document.organisation.domain

    def someone(self, user: UserId) -> Someone:
        """The person with this user id, ours or not."""
        found = self._remembered.get(user)
        if found is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            found = self._remembered[user] = self._look_up(user)
        return found

    def server(self, name: ServerName) -> Someone:
        """A server speaking for all its people: it has the parties that each of them has."""
        if name == self.domain:
            return Someone(name, frozenset({ANYONE, US}), name, True)
        return self._stranger(name, name)

    def partner(self, name: str) -> Someone:
        """Somebody of the partner `name`; of one that has ended, somebody outside.

        Raises:
            KeyError: the document names no such partner.
        """
        entry = {str(own): each for own, each in self.document.partners.items()}[name]
        if self._ended(entry):
            return Someone(name, frozenset({ANYONE, OUTSIDE}), name, False)
        return Someone(name, frozenset({ANYONE, PARTNERS, name}), name, False)

    def partner_of(self, server: ServerName) -> Partner | None:
        """The entry of the partner that a server belongs to today."""
        found = self._stranger(server, server)
        if PARTNERS not in found.parties:
            return None
        return next(e for own, e in self.document.partners.items() if own == found.organisation)

    def is_service(self, user: UserId) -> bool:
        """Whether this is one of the suite's own accounts here."""
        return user.localpart in SERVICE_LOCALPARTS and user.server == self.domain

    def everyone(self) -> tuple[Someone, ...]:
        """One example of each kind of person that the rules can tell apart.

        Used where there is no addressee yet. Of people elsewhere only the organisation is known.
        """
        if not self._kinds:
            self._kinds.append(self._examples())
        return self._kinds[0]

    def ours(self) -> tuple[Someone, ...]:
        """Those of `everyone` who have their account here."""
        return tuple(person for person in self.everyone() if person.ours)

    def alike(self) -> tuple[Alike, ...]:
        """Everybody here once, together with whom no rule tells from them.

        What goes over all people goes over these: there are as many as there are different people.
        """
        if not self._alike:
            self._alike.append(tuple(self._grouped()))
        return self._alike[0]

    def under(self, document: Document, today: int) -> Directory:
        """The same people under another document, of the same domain, and on another day."""
        if not self._sorted:
            self._sorted.append(_by_what_is_said(self.people))
        return Directory(document, self.people, today, _sorted=self._sorted)

    def _grouped(self) -> Iterator[Alike]:
        if not self._sorted:
            self._sorted.append(_by_what_is_said(self.people))
        named = {str(user) for party in self._words.values() for user in party.users}
        services = {f"@{name}:{self.domain}" for name in SERVICE_LOCALPARTS}
        apart = (named | services) & self.people.keys()
        for person, users in self._sorted[0].items():
            own = sorted(user for user in apart if self.people[user] == person)
            left = tuple(user for user in users if user not in apart) if own else users
            for some in (left, *((user,) for user in own)):
                if some:
                    yield Alike(person, self.someone(UserId(some[0])), some)

    def _examples(self) -> tuple[Someone, ...]:
        examples: dict[PartySet, Someone] = {}
        for user in self._told_apart():
            person = self.someone(UserId(user))
            examples.setdefault(person.parties, person)
        for name, partner in sorted(self.document.partners.items()):
            if self._ended(partner):
                continue
            parties = frozenset({ANYONE, PARTNERS, str(name)})
            examples.setdefault(parties, Someone(partner.domains[0], parties, name, False))
        parties = frozenset({ANYONE, OUTSIDE})
        examples.setdefault(parties, Someone(NOBODY_NAMED, parties, "", False))
        return tuple(examples.values())

    def _told_apart(self) -> list[str]:
        """The first of those whom the parties can't tell apart, and everybody whom one names.

        A directory's people have many groups, of which parties name a few: there are far fewer such
        people than different ones.
        """
        groups = frozenset(group for party in self._words.values() for group in party.groups)
        named = {str(user) for party in self._words.values() for user in party.users}
        named |= {f"@{name}:{self.domain}" for name in SERVICE_LOCALPARTS}
        first: dict[tuple[frozenset[str], bool], str] = {}
        for user, person in self.people.items():
            own = person.groups & groups if person.active else frozenset()
            before = first.get((own, person.guest))
            if (before is None or user < before) and user not in named:
                first[own, person.guest] = user
        return sorted({*first.values(), *(named & self.people.keys())})

    def _look_up(self, user: UserId) -> Someone:
        server = user.server
        if server != self.domain:
            stranger = self._stranger(user, server)
            named = self._named(user, frozenset(), stranger.parties)
            return Someone(user, stranger.parties | named, stranger.organisation, False)
        if self.is_service(user):
            return Someone(user, frozenset({ANYONE, SERVICES}), server, True)
        if user.localpart == PROVISIONER:
            base = frozenset({ANYONE, SERVICES})
            return Someone(user, base | self._named(user, frozenset(), base), server, True)
        person = self.people.get(user, Person())
        base = frozenset({ANYONE, GUESTS if person.guest else US})
        groups = person.groups if person.active else frozenset()
        return Someone(user, base | self._named(user, groups, base), server, True)

    def _stranger(self, name: str, server: ServerName) -> Someone:
        for partner, entry in self.document.partners.items():
            if self._ended(entry):
                continue
            if any(domain_matches(pattern, server) for pattern in entry.domains):
                return Someone(name, frozenset({ANYONE, PARTNERS, str(partner)}), partner, False)
        return Someone(name, frozenset({ANYONE, OUTSIDE}), server, False)

    def _ended(self, partner: Partner) -> bool:
        return partner.valid_until is not None and partner.valid_until.toordinal() < self.today

    def _named(self, user: UserId, groups: frozenset[str], base: PartySet) -> PartySet:
        """The document's own parties that this person belongs to."""
        return frozenset(name for name in self._words if self._belongs(name, user, groups, base))

    def _belongs(self, name: str, user: UserId, groups: frozenset[str], base: PartySet) -> bool:
        party = self._words.get(name)
        if party is None:
            return name in base
        if user not in party.users and groups.isdisjoint(party.groups):
            return False
        return not any(self._belongs(other, user, groups, base) for other in party.except_)


def _by_what_is_said(people: Mapping[str, Person]) -> Mapping[Person, tuple[str, ...]]:
    found: dict[Person, list[str]] = {}
    for user in sorted(people):
        found.setdefault(people[user], []).append(user)
    return {person: tuple(users) for person, users in found.items()}
