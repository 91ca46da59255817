"""Every kind of order, given by every shipped role, over whom it may and may not; none is without a row.

The ids are good ones: of people, sessions, devices, files, tokens and changes that are there. Whoever may
not is refused whatever they name, and nothing becomes of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.apps.console.crowd import add_token, file_row, session, waiting_act, with_files
from tests.apps.console.house import GROUPS, Browser, House
from tests.apps.console.test_orders import ACTS, FORMS, OF_CHANGES
from tests.apps.console.test_roles import TABLE
from vedette.console.registry import ORDERS
from vedette.core.asks import Act
from vedette.core.pending import PendingChange
from vedette.core.sessions import SessionState

OFFICER, MANAGER, OPERATOR, HELPER = "olga", "fred", "otto", "hugo"
INSIDE, OUTSIDE = "anna", "olga"
"""Over whom the help desk may act, and over whom it may not."""
DESK = {OFFICER, HELPER}
MAY: dict[str, set[str]] = {
    "add-issuer": {OFFICER},
    "add-partner": {OFFICER, MANAGER},
    "add-rule": {OFFICER},
    "add-token": {OFFICER},
    "apply-draft": {OFFICER},
    "approve": {OFFICER},
    "approve-act": {OFFICER},
    "approve-session": DESK,
    "change-rule": {OFFICER},
    "confirm-directory": {OFFICER},
    "confirm-pushed": {OFFICER},
    "confirm-revision": {OFFICER},
    "create-account": DESK,
    "end-session": DESK,
    "end-sessions": DESK,
    "erase-person": {OFFICER},
    "hold-file": {OFFICER},
    "reject": {OFFICER},
    "reject-act": {OFFICER},
    "reject-device": DESK,
    "release-file": {OFFICER},
    "remove-partner": {OFFICER, MANAGER},
    "remove-rule": {OFFICER},
    "remove-token": {OFFICER},
    "renew-certificate": {OFFICER, OPERATOR},
    "reset-factors": DESK,
    "reset-password": DESK,
    "restore": {OFFICER},
    "resume-session": DESK,
    "revoke-certificate": {OFFICER},
    "rotate-key": {OFFICER},
    "set-network": {OFFICER},
    "set-party": {OFFICER},
    "set-room-kind": {OFFICER},
    "set-value": {OFFICER},
    "suspend-session": DESK,
    "suspend-sessions": DESK,
    "sweep-rooms": {OFFICER, OPERATOR},
    "sync-directory": {OFFICER},
    "unlock": DESK,
    "unset-value": {OFFICER},
    "withdraw": {OFFICER, MANAGER},
}
"""Who may give each kind of order, written down apart from the code."""
SOMEBODYS = {"user", "session", "device", "file"}
"""Fields of forms that name what is somebody's."""


@dataclass
class Scene:
    """A house with something of everybody's, and everybody signed in."""

    house: House
    browsers: dict[str, Browser] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))

    def form(self, kind: str, whom: str) -> dict[str, str]:
        """A good form of this kind, about what is this person's and is there."""
        good = dict(next(form for name, form in (*FORMS, *OF_CHANGES, *ACTS) if name == kind))
        one = session(next(self.numbers), whom)
        if good.keys() & SOMEBODYS:
            self.house.store.add_session(one, None, 1)
        there = {
            "user": whom,
            "session": one.id,
            "device": one.device,
            "file": f"mxc://example.org/of-{whom}",
        }
        good |= {name: text for name, text in there.items() if name in good}
        if kind == "remove-token":
            good["id"] = add_token(self.house)
        desk = self.house.desks.settings
        number = next(self.numbers)
        if "change" in good:
            waits = self.waiting()
            good |= {"change": waits.id, "content": waits.content}
        if "act" in good:
            act = waiting_act(self.house, author="vera", over=whom)
            good |= {"act": act.id, "content": act.content}
        if kind in ("add-rule", "add-partner", "add-issuer"):
            good |= {"id": f"new-{number}", "name": f"new-{number}"}
        if "domains" in good:
            good["domains"] = f"new-{number}.example"
        if kind == "set-room-kind":
            good["members"] = "us"
        if kind == "unset-value":
            good["path"] = "sign_in.session"
        if kind == "set-value":
            good["value"] = f'"{number + 20} days"'
        if kind == "apply-draft":
            newest = desk.current()[0]
            good |= {"text": f"{newest.text}# more\n", "base": str(newest.number)}
        return {**good, "reason": "x", "step": "apply"}

    def waiting(self) -> PendingChange:
        """A change of another officer's that waits for a second person."""
        desk, now = self.house.desks.settings, int(self.house.clock.now())
        newest = desk.current()[0]
        change = PendingChange(
            id=secrets.token_hex(5), text=f"{newest.text}# one line more\n", digest=newest.digest,
            base=newest.number, act=Act.ADMINISTRATION_SETTINGS_APPLY, author="@vera:example.org",
            token="", reason="x", asked=now, expires=now + 9999,
        )  # fmt: skip
        desk.pending.add(change)
        return change

    def stands(self) -> Any:
        """Everything that an order could have changed."""
        house = self.house
        sessions = house.store.sessions(ended=True)
        files = house.desks.files.files
        return (
            house.desks.settings.current()[0].number,
            {each.id: each.state for each in sessions},
            {each.localpart: each.password_hash for each in house.store.accounts()},
            [each.id for each in house.desks.tokens.store.every()],
            [(each.id, each.state) for each in house.desks.settings.pending.open()],
            [
                (each.id, house.desks.acts.acts.store.approvals(each.id))
                for each in house.desks.acts.acts.store.waiting()
            ],
            house.store.certificates.told(),
            list(files.orders),  # type: ignore[attr-defined]
        )


THERE = [(kind, form) for kind, form in FORMS if kind in ("set-value", "add-rule")]
"""What forms to change, take out and take back find there."""


@pytest.fixture(scope="module")
def scene(house: House) -> Scene:
    made = Scene(house)
    with_files(house, *(file_row(f"of-{name}", name) for name in (INSIDE, OUTSIDE)))
    for name in GROUPS:
        made.browsers[name] = house.browser()
        assert made.browsers[name].signs_in(name).status == 200
    for kind, form in (*THERE, ("add-partner", {"name": "beta", "domains": "beta.example"})):
        sent = {**form, "reason": "x", "step": "apply"}
        assert made.browsers[OFFICER].send(f"/orders/{kind}", sent).status == 200
    return made


def test_no_kind_of_order_is_without_a_row() -> None:
    assert set(MAY) == set(ORDERS)


REFUSED = [(kind, name) for kind in sorted(MAY) for name in sorted(set(GROUPS) - MAY[kind])]


@pytest.mark.parametrize(("kind", "name"), REFUSED)
def test_whoever_may_not_give_an_order_is_refused_and_nothing_becomes_of_it(
    scene: Scene, kind: str, name: str
) -> None:
    form = scene.form(kind, INSIDE)
    before = scene.stands()
    shown = scene.browsers[name].send(f"/orders/{kind}", form)
    assert (shown.status, "You may not do this" in shown.words) == (403, True), shown.words[:300]
    assert scene.stands() == before


OVER = sorted(
    {kind for kind, form in (*FORMS, *OF_CHANGES, *ACTS) if form.keys() & SOMEBODYS}
    & {kind for kind in MAY if HELPER in MAY[kind]}
)


@pytest.mark.parametrize("kind", OVER)
def test_the_help_desk_does_nothing_to_an_officer_whatever_it_names(
    scene: Scene, kind: str
) -> None:
    form = scene.form(kind, OUTSIDE)
    before = scene.stands()
    shown = scene.browsers[HELPER].send(f"/orders/{kind}", form)
    assert (shown.status, "You may not do this" in shown.words) == (403, True), shown.words[:300]
    assert scene.stands() == before


@pytest.mark.parametrize("kind", OVER)
def test_what_the_help_desk_may_do_it_does_over_people_of_its_own(scene: Scene, kind: str) -> None:
    form = scene.form(kind, INSIDE)
    if kind == "resume-session":
        move(scene, form["session"], SessionState.SUSPENDED)
    shown = scene.browsers[HELPER].send(f"/orders/{kind}", form)
    assert shown.status in (200, 409), shown.words[:300]  # 409: there is nothing to be done


def move(scene: Scene, id_: str, to: SessionState) -> None:
    assert scene.house.store.move_session(id_, to, "administrator: x", 2)


# ---- pages ---------------------------------------------------------------------------------------------

OF_SOMEBODY = {
    "/people/{user:path}": "/people/{whom}",
    "/sessions/{id}": "/sessions/{session}",
    "/files/{server}/{media}": "/files/example.org/of-{whom}",
}
OF_NOBODY = {
    "/administrators/of/{user:path}",  # who may what is no secret to whoever reads the settings
    "/administrators/tokens/{id}",
    "/changes/acts/{act}",
    "/changes/pending/{change}",
    "/changes/revisions/{number}",
    "/changes/revisions/{number}/text",
    "/grid/{one}/{other}",
    "/partners/{name}",
    "/rooms/{room:path}",
    "/why/{record}",
}
"""Pages about what is the organisation's; whose role lets them see one may see all."""


def test_every_page_that_names_something_is_about_somebody_or_nobody() -> None:
    assert {path for path in TABLE if "{" in path} == OF_SOMEBODY.keys() | OF_NOBODY


@pytest.mark.parametrize("page", sorted(OF_SOMEBODY))
def test_whoever_one_may_not_see_is_behind_no_address(scene: Scene, page: str) -> None:
    answers = {}
    for whom in (INSIDE, OUTSIDE):
        one = session(next(scene.numbers), whom)
        scene.house.store.add_session(one, None, 1)
        path = OF_SOMEBODY[page].format(whom=whom, session=one.id)
        answers[whom] = scene.browsers[HELPER].get(path)
    assert (answers[INSIDE].status, answers[OUTSIDE].status) == (200, 403)
    assert "laptop" not in answers[OUTSIDE].words
