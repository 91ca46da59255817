"""The grid says of two parties what `decide` says of their people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apps.scene import policy_of
from vedette.core.asks import Act, Members, Someone
from vedette.core.channels import Channel
from vedette.core.decide import decide
from vedette.core.decision import Decision, Verdict
from vedette.core.grid import CHANNELS, Answer, Grid, Way
from vedette.core.names import UserId
from vedette.core.outlook import Outlook
from vedette.core.people import ANYONE, PARTNERS, Directory, Person
from vedette.core.reasons import Reason
from vedette.core.towards import reach, together

HEAD = """
[organisation]
name = "Example AG"
domain = "example.org"
[parties]
staff = { groups = ["Employees", "Board"], except = ["contractors"] }
board = { groups = ["Board"] }
contractors = { groups = ["Contractors"] }
friends = { users = ["@carol:acme.example"] }
[partners]
acme = { domains = ["acme.example"] }
globex = { domains = ["globex.example"], valid_until = 1999-12-31 }
initech = { domains = ["initech.example"] }
"""
PEOPLE = {
    "@plain:example.org": Person(),
    "@guest:example.org": Person(guest=True),
    "@employee:example.org": Person(groups=frozenset({"Employees"})),
    "@board:example.org": Person(groups=frozenset({"Board"})),
    "@contractor:example.org": Person(groups=frozenset({"Contractors"})),
}
"""One of each kind that the document's own words make possible."""
ELSEWHERE = (
    "@carol:acme.example",
    "@carl:acme.example",
    "@ian:initech.example",
    "@gavin:globex.example",
    "@otto:nowhere.example",
    "@olaf:somewhere.example",
)


def grid_of(rules: str = "", people: dict[str, Person] | None = None) -> Grid:
    policy = policy_of(HEAD + rules)
    directory = Directory(policy.directory.document, people or {}, policy.directory.today)
    return Grid(policy.rules, directory)


def test_every_party_has_its_place_and_people_even_before_anybody_is_there() -> None:
    grid = grid_of()
    assert grid.names == (
        "us", "board", "contractors", "friends", "staff", "guests",
        "partners", "acme", "globex", "initech", "outside",
    )  # fmt: skip
    assert all(grid.kinds[name] for name in grid.names)
    assert {way(grid, one, other) for one in grid.names for other in grid.names} <= {
        Way(Answer.NO),
        Way(Answer.NOT_OURS),
    }


def way(grid: Grid, one: str, other: str, channel: Channel = Channel.MESSAGE) -> Way:
    return grid.way(one, other, channel)


def test_a_rule_both_ways_is_a_yes_both_ways_and_one_way_is_one_way() -> None:
    grid = grid_of('[rules.r]\nfrom = ["staff"]\nto = ["acme"]\nallow = ["message"]')
    assert way(grid, "staff", "acme") == Way(Answer.YES)
    assert way(grid, "acme", "staff") == Way(Answer.NO)
    assert way(grid, "us", "acme") == Way(Answer.SOME)


def test_conditions_and_rules_that_only_observe_are_told() -> None:
    grid = grid_of(
        '[rules.r]\nbetween = ["staff", "acme"]\nallow = ["message"]\n'
        'when = ["room.encrypted = yes"]\n'
        '[rules.s]\nfrom = ["us"]\nto = ["acme"]\nforbid = ["message"]\nmode = "observe"'
    )
    assert way(grid, "staff", "acme") == Way(Answer.CONDITIONS, conditions=True, observed=True)
    assert way(grid, "us", "acme") == Way(Answer.SOME, conditions=True, observed=True)
    assert way(grid, "acme", "staff") == Way(Answer.CONDITIONS, conditions=True)


def test_what_a_rule_forbids_is_told_from_what_nobody_allowed() -> None:
    grid = grid_of('[rules.r]\nbetween = ["us", "partners"]\nforbid = ["message"]')
    assert way(grid, "us", "acme") == Way(Answer.FORBIDDEN)
    assert way(grid, "us", "outside") == Way(Answer.NO)
    assert not Answer.FORBIDDEN.passes
    assert Answer.SOME.passes


def test_people_elsewhere_are_asked_about_only_where_they_would_meet_here() -> None:
    grid = grid_of('[rules.r]\nbetween = ["acme", "initech"]\nallow = ["contact"]')
    assert way(grid, "acme", "initech", Channel.CONTACT) == Way(Answer.YES)
    assert way(grid, "acme", "initech") == Way(Answer.NOT_OURS)
    assert way(grid, "acme", "acme", Channel.CONTACT) == Way(Answer.NOT_OURS)
    assert way(grid, "outside", "outside", Channel.CONTACT) == Way(Answer.NO)


def test_whom_a_cell_is_good_for_is_said_answer_by_answer() -> None:
    grid = grid_of(
        '[rules.a]\nbetween = ["us", "acme"]\nallow = ["message"]\n'
        '[rules.no]\nbetween = ["contractors", "acme"]\nforbid = ["message"]'
    )
    found = {
        (case.decision.verdict, case.decision.rule): case.from_
        for case in grid.cases("us", "acme", Channel.MESSAGE)
    }
    assert found.keys() == {(Verdict.YES, "a"), (Verdict.NO, "no")}
    assert "contractors" in found[Verdict.NO, "no"]
    assert grid.speaking("us", "acme") == ("a", "no")
    assert grid.speaking("staff", "acme") == ("a",)
    assert grid.speaking("us", "initech") == ()


def test_a_party_that_nobody_can_be_in_yet_says_what_its_rules_say() -> None:
    policy = policy_of(
        HEAD.replace("[partners]", "empty = {}\n[partners]")
        + '[rules.r]\nbetween = ["empty", "acme"]\nallow = ["message"]'
    )
    assert way(Grid(policy.rules, policy.directory), "empty", "acme") == Way(Answer.YES)


def test_a_name_that_is_no_party_is_none() -> None:
    with pytest.raises(KeyError):
        grid_of().way("us", "nobody", Channel.MESSAGE)


# ---- The law: what a cell says is what every two people of the two parties are answered ----------

SIDES = st.sampled_from(
    ["us", "staff", "board", "contractors", "friends", "guests", "partners", "acme", "globex",
     "initech", "outside", "anyone"]
)  # fmt: skip
CONDITIONS = st.sampled_from(
    ["", "", 'when = ["room.encrypted = yes"]', 'when = ["device.managed = yes"]',
     'unless = ["device.managed = yes"]', 'unless = ["room.ours = yes"]',
     'when = ["claimed device.platform = linux"]']
)  # fmt: skip
SOME_CHANNELS = st.sets(st.sampled_from(["message", "contact", "presence", "call"]), min_size=1)


@st.composite
def rules(draw: st.DrawFn) -> str:
    said = []
    for at in range(draw(st.integers(0, 7))):
        sides = (
            f'between = ["{draw(SIDES)}", "{draw(SIDES)}"]'
            if draw(st.booleans())
            else f'from = ["{draw(SIDES)}", "{draw(SIDES)}"]\nto = ["{draw(SIDES)}"]'
        )
        words = ", ".join(f'"{word}"' for word in sorted(draw(SOME_CHANNELS)))
        answer = draw(st.sampled_from(["allow", "allow", "forbid"]))
        mode = draw(st.sampled_from(["", "", "", 'mode = "observe"']))
        said.append(f"[rules.r{at}]\n{sides}\n{answer} = [{words}]\n{draw(CONDITIONS)}\n{mode}\n")
    return "".join(said)


GROUPS = st.sets(st.sampled_from(["Employees", "Board", "Contractors", "Nobody knows"]))


@settings(max_examples=60, deadline=None)
@given(text=rules(), more=st.lists(st.tuples(GROUPS, st.booleans()), max_size=4))
def test_a_cell_says_what_decide_says_of_all_people_of_exactly_these_parties(
    text: str, more: list[tuple[set[str], bool]]
) -> None:
    people = PEOPLE | {
        f"@more{at}:example.org": Person(groups=frozenset(groups), guest=guest)
        for at, (groups, guest) in enumerate(more)
    }
    grid = grid_of(text, people)
    persons = [grid.directory.someone(UserId(user)) for user in (*people, *ELSEWHERE)]
    # of partners that are still to be named
    persons += [Someone(n, frozenset({ANYONE, PARTNERS}), n, ours=False) for n in ("one", "two")]
    for one in grid.names:
        for other in grid.names:
            for channel in (Channel.MESSAGE, Channel.CONTACT, Channel.PRESENCE, Channel.VIDEO):
                answers = list(answered(grid, of(persons, one), of(persons, other), channel))
                assert grid.way(one, other, channel) == summed(answers), (one, other, channel)


def of(persons: Iterable[Someone], party: str) -> list[Someone]:
    if party == "globex":  # it has ended, and counts as outside
        return [replace(each) for each in persons if each.name == "@gavin:globex.example"]
    return [each for each in persons if party in each.parties]


def answered(
    grid: Grid, ones: list[Someone], others: list[Someone], channel: Channel
) -> Iterable[Decision]:
    """What is answered where two different people of the two parties deal with each other."""
    outlook = Outlook(grid.rules, grid.directory.today)
    act = Act.ROOM_EVENT_SEND
    for one in ones:
        for other in others:
            colleague = replace(other, name=f"{other.name}, a colleague of the same kind")
            ask = reach(act, one, colleague, channel)
            if not (one.ours or other.ours) and channel is Channel.CONTACT:
                ask = together(act, "", Members.of([one, other]), "!room", ours=True)
                wanted = (one.parties, other.parties)
                asked = tuple(q for q in ask.questions if (q.from_, q.to) == wanted)
                ask = replace(ask, questions=asked)
            if ask.questions:
                yield decide(grid.rules, ask, outlook.facts(ask.questions[0]))


def summed(answers: list[Decision]) -> Way:
    verdicts = [each.verdict for each in answers]
    if not answers:
        return Way(Answer.NOT_OURS)
    observed = any(each.observed for each in answers)
    if all(each is Verdict.YES for each in verdicts):
        return Way(Answer.YES, observed=observed)
    if all(each is not Verdict.NO for each in verdicts):
        return Way(Answer.CONDITIONS, conditions=True, observed=observed)
    if any(each is not Verdict.NO for each in verdicts):
        return Way(Answer.SOME, Verdict.NOT_YET in verdicts, observed)
    reasons = {each.reason for each in answers}
    forbidden = reasons <= {Reason.FORBIDDEN, Reason.FACT_UNKNOWN}
    return Way(Answer.FORBIDDEN if forbidden else Answer.NO, observed=observed)


def test_there_is_a_way_for_every_channel_between_people() -> None:
    assert len(CHANNELS) == 8
    assert Channel.SIGN_IN not in CHANNELS
