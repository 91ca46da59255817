"""Who is in which groups, against the plain definition; changes, against working it all out anew."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from vedette.control.roster import NOBODY, Removal, Roster, is_taken
from vedette.core.names import ServerName
from vedette.core.people import Person
from vedette.ports.directory import GroupEntry, Listing, PersonEntry, Touched

DOMAIN = ServerName("corp.test")
NOW = 1000.0
KEYS = [f"p{n}" for n in range(5)] + [f"g{n}" for n in range(5)]


def person(number: int, **more: object) -> PersonEntry:
    fields = {"id": f"p{number}", "key": f"p{number}", "dn": f"p{number}", "name": f"name{number}"}
    return PersonEntry(**{**fields, **more})  # type: ignore[arg-type]


def group(number: int, *members: str, **more: object) -> GroupEntry:
    fields = {
        "id": f"g{number}",
        "key": f"g{number}",
        "dn": f"g{number}",
        "name": f"Group {number}",
    }
    return GroupEntry(members=frozenset(members), **{**fields, **more})  # type: ignore[arg-type]


people = st.builds(
    person,
    st.integers(0, 4),
    name=st.sampled_from(["ann", "bob", "cid", "Bad Name"]),
    key=st.sampled_from(KEYS[:5]),
    enabled=st.booleans(),
    expires=st.sampled_from([None, 999, 1000, 1001]),
    primary_group=st.sampled_from([None, "t0", "t1"]),
)
groups = st.builds(
    lambda number, members, **more: group(number, *members, **more),
    st.integers(0, 4),
    st.frozensets(st.sampled_from(KEYS), max_size=4),
    name=st.sampled_from(["A", "B", "C"]),
    token=st.sampled_from([None, "t0", "t1"]),
)


def unique(entries: list) -> tuple:
    """One entry for each id and key, as directories have them, and one group for each token."""
    found: dict[str, object] = {}
    seen: set[str] = set()
    for each in entries:
        marks = {each.id, "k" + each.key} | (
            {each.token} if getattr(each, "token", None) else set()
        )
        if not seen & marks:
            seen |= marks
            found[each.id] = each
    return tuple(found.values())


listings = st.builds(
    lambda ps, gs: Listing(unique(ps), unique(gs), "s"),
    st.lists(people, max_size=5),
    st.lists(groups, max_size=5),
)


def plainly(listing: Listing, entry: PersonEntry) -> frozenset[str]:
    """Every group that holds the person, or holds one that does."""
    inside = {g.id for g in listing.groups if entry.key in g.members}
    inside |= {g.id for g in listing.groups if g.token and g.token == entry.primary_group}
    while True:
        keys = {g.key for g in listing.groups if g.id in inside}
        more = {g.id for g in listing.groups if keys & g.members} - inside
        if not more:
            return frozenset(g.name for g in listing.groups if g.id in inside)
        inside |= more


@given(listings)
def test_everybody_is_in_the_groups_that_hold_them_directly_or_not(listing: Listing) -> None:
    roster = Roster.of(listing, DOMAIN)
    for entry in listing.people:
        assert roster.groups_of(entry) == plainly(listing, entry)


@given(listings, listings)
def test_taking_changes_is_the_same_as_reading_anew(before: Listing, after: Listing) -> None:
    roster = Roster.of(before, DOMAIN, ["A"])
    old = roster.everybody(NOW)
    ids = {e.id for e in before.people} | {e.id for e in before.groups}
    gone = ids - {e.id for e in after.people} - {e.id for e in after.groups}
    concerned = roster.change(
        Touched(people=after.people, groups=after.groups, gone=frozenset(gone))
    )
    anew = Roster.of(after, DOMAIN, ["A"]).everybody(NOW)
    assert roster.everybody(NOW) == anew
    # Whoever is not said to be concerned has nothing different.
    changed = {user for user in old.keys() | anew.keys() if old.get(user) != anew.get(user)}
    assert changed <= {f"@{name}:{DOMAIN}" for name in concerned}


def test_only_those_who_came_or_went_are_concerned_by_a_change_of_members() -> None:
    listing = Listing(tuple(map(person, range(4))), (group(0, "p0", "p1", "p2"),), "s")
    roster = Roster.of(listing, DOMAIN)
    assert roster.change(Touched(groups=(group(0, "p1", "p2", "p3"),))) == {"name0", "name3"}


def test_circles_of_groups_end() -> None:
    listing = Listing((person(0),), (group(0, "p0", "g1"), group(1, "g0")), "s")
    (known,) = Roster.of(listing, DOMAIN).everybody(NOW).values()
    assert known.person.groups == {"Group 0", "Group 1"}


def test_of_two_people_with_one_name_neither_gets_in() -> None:
    roster = Roster.of(Listing((person(0, name="x"), person(1, name="x")), (), "s"), DOMAIN)
    assert roster.everybody(NOW)["@x:corp.test"].person == NOBODY
    assert "two people" in roster.left_out()[0]
    roster.change(Touched(gone=frozenset({"p1"})))
    assert roster.everybody(NOW)["@x:corp.test"].person.active


def test_an_account_past_its_end_is_inactive() -> None:
    entries = (person(0, expires=1000), person(1, expires=1001), person(2, enabled=False))
    found = Roster.of(Listing(entries, (), "s"), DOMAIN).everybody(NOW)
    assert [found[f"@name{n}:corp.test"].person.active for n in range(3)] == [False, True, False]


def test_names_that_no_user_can_have_are_left_out_and_told() -> None:
    entries = (person(0, name="a b"), person(1, name="vedette-notices"), person(2, name="fine"))
    roster = Roster.of(Listing(entries, (), "s"), DOMAIN)
    assert list(roster.everybody(NOW)) == ["@fine:corp.test"]
    assert "`a b`, `vedette-notices`" in roster.left_out()[0]


def test_members_of_a_guests_group_are_guests_through_other_groups_too() -> None:
    listing = Listing((person(0),), (group(0, "p0"), replace(group(1, "g0"), name="Guests")), "s")
    (known,) = Roster.of(listing, DOMAIN, ["Guests"]).everybody(NOW).values()
    assert known.person.guest


def test_a_few_people_may_always_go_and_more_only_up_to_their_share() -> None:
    assert not Removal(5, 5).beyond(20)
    assert Removal(6, 6).beyond(20)
    assert not Removal(20, 100).beyond(20)
    assert Removal(21, 100).beyond(20)
    assert Removal(6, 100_000).beyond(0)
    assert not Removal(100, 100).beyond(100)


def test_who_lost_every_group_counts_as_taken() -> None:
    staff = Person(groups=frozenset({"Staff"}))
    assert is_taken(staff, None)
    assert is_taken(staff, replace(staff, active=False))
    assert is_taken(staff, Person())
    assert not is_taken(staff, Person(groups=frozenset({"Other"})))
    assert not is_taken(Person(), Person())
    assert not is_taken(None, None)
    assert not is_taken(replace(staff, active=False), None)
