"""Why: an ask that somebody wonders about, and a recorded decision, each explained rule by rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apps.console.house import Browser, House
from tests.apps.console.test_orders import listening, run, shown_command
from tests.apps.rooms import Homeserver
from tests.apps.rooms import listening as answering
from tests.apps.synapse.test_event_door import ROOM, Room
from vedette.adapters.synapse_rooms import SynapseAskedRooms
from vedette.admin.rejected import Rejected
from vedette.console.pages.why import Asked, _written
from vedette.control.records_here import settings_keys

ASKED = {"from": "@anna:example.org", "to": "@otto:example.org", "channel": "file", "file": "a.pdf"}


@pytest.fixture(scope="module")
def officer(house: House) -> Browser:
    browser = house.browser()
    browser.signs_in("olga")
    return browser


def test_an_answer_names_its_rule_and_every_rule_that_spoke(officer: Browser) -> None:
    page = officer.send("/why", ASKED)
    assert page.status == 200
    words = page.words
    assert "Yes by revision 1, in force" in words
    assert "Deciding rule files Among us: files are allowed" in words
    assert "needs file.kind in document, image, audio, video, text, encrypted" in words
    assert "pictures-of-people" in words
    assert "vedette why --from @anna:example.org --to @otto:example.org --channel file" in words
    assert "POST /vedette/api/v1/why" in words


@pytest.mark.parametrize(
    ("more", "answer", "word"),
    [
        ({"to": "@x:outside.example"}, "No", "none: nothing allows it"),
        ({"file": "a.zip"}, "No", "We exchange documents, images, audio, video and text"),
        ({"kind": "archive"}, "No", "it is archive"),
        ({"file": "", "facts": "file.kind = image"}, "Yes", "it is image"),
        ({"size": "2 GiB", "kind": "image", "facts": "file.class = avatar"}, "Yes", "2147483648"),
        ({"channel": "sign-in", "to": "", "file": ""}, "Not yet", "sign_in.factors"),
    ],
)
def test_what_is_said_of_a_file_and_besides_counts(
    officer: Browser, more: dict[str, str], answer: str, word: str
) -> None:
    page = officer.send("/why", {**ASKED, **more})
    assert page.status == 200, page.words
    assert f"{answer} by revision 1" in page.words
    assert word in page.words


def test_a_draft_is_asked_instead(house: House, officer: Browser) -> None:
    text = house.desks.settings.current()[0].text
    draft = text.replace('allow   = ["file"]', 'forbid  = ["file"]', 1)
    page = officer.send("/why", {**ASKED, "draft": draft})
    assert "No by the draft" in page.words
    assert "--draft draft.toml" in page.words
    assert house.desks.settings.current()[0].text == text
    faulty = officer.send("/why", {**ASKED, "draft": "[organisation]\nx = <script>alert(1)"})
    assert faulty.status == 400
    assert "fault" in faulty.words
    assert "<script>alert" not in faulty.text


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"from": "anna"}, "anna"),
        ({"room": "#room:example.org", "to": ""}, "write the room's id"),
        ({"room": "!room:example.org"}, "not towards one"),
        ({"room": "!room:example.org", "to": "", "draft": "x"}, "not under a draft"),
        ({"to": ""}, "towards whom?"),
        ({"channel": "mail"}, "is not a channel"),
        ({"facts": "file.kind"}, "condition"),
        ({"size": "much"}, "is not a size"),
        ({"facts": "x\n" * 60}, "too much to ask at once"),
    ],
)
def test_what_can_t_be_asked_is_said_and_the_form_stays_filled(
    officer: Browser, more: dict[str, str], word: str
) -> None:
    page = officer.send("/why", {**ASKED, **more})
    assert page.status == 400
    assert word in page.words
    assert 'value="a.pdf"' in page.text


def test_asking_is_on_record_and_typing_only_makes_the_command(
    house: House, officer: Browser
) -> None:
    token = officer.get("/why?from=@a:b.example").hidden("csrf")
    before = len(house.records())
    part = officer.post("/why", {"csrf": token, **ASKED}, x_part="yes")
    assert part.status == 200
    assert "--file a.pdf" in part.words
    assert "<html" not in part.text
    assert "Deciding rule" not in part.words
    assert len(house.records()) == before
    officer.post("/why", {"csrf": token, **ASKED})
    acts = [each.get("act") for each in house.records()[before:]]
    assert "policy:decision:explain" in acts


def test_an_address_fills_the_form_and_asks_nothing(officer: Browser) -> None:
    page = officer.get("/why?from=@anna:example.org&channel=voice&file=%22%3E%3Cscript%3E")
    assert page.status == 200
    assert 'value="@anna:example.org"' in page.text
    assert '<option value="voice" selected>' in page.text
    assert "<script>" not in page.text.replace('<script src="/static/console.js" defer>', "")
    assert "Deciding rule" not in page.words


@pytest.mark.parametrize("name", ["otto", "hugo", "anna"])
def test_who_may_not_ask_why_reads_a_sentence(house: House, name: str) -> None:
    browser = house.browser()
    browser.signs_in(name)
    for page in (browser.get("/why"), browser.send("/why", ASKED), browser.get("/why/control:2")):
        assert page.status == 403
        assert "You may not do this" in page.words
        assert "pictures-of-people" not in page.words


# ---- A room --------------------------------------------------------------------------------------

ANNA, OTTO, MAX = "@anna:example.org", "@otto:example.org", "@max:outside.example"
IN_ROOM = {"from": ANNA, "room": ROOM, "channel": "message"}


@pytest.fixture(scope="module")
def homeserver(house: House) -> Iterator[Homeserver]:
    policy = house.desks.settings.policy
    here = Homeserver(policy, house.clock, settings_keys(house.boot))
    with answering(here, house.boot.path(house.boot.synapse.socket)):
        yield here


def test_a_room_is_asked_about_as_the_event_door_sees_it(
    homeserver: Homeserver, officer: Browser
) -> None:
    homeserver.has(Room({ANNA, OTTO}, contents={("m.room.name", ""): {"name": "<b>Boat</b>"}}))
    page = officer.send("/why", IN_ROOM)
    assert "Yes by revision 1, in force" in page.words
    assert "“<b>Boat</b>”" in page.words
    assert "<b>Boat</b>" not in page.text
    assert f"vedette why --from {ANNA} --room '{ROOM}' --channel message" in page.words
    homeserver.has(Room({ANNA, OTTO, MAX}))
    page = officer.send("/why", IN_ROOM)
    assert "No by revision 1" in page.words
    assert f"Towards {MAX}" in page.words
    assert f"1 anyone, outside {MAX}" in page.words
    german = officer.send("/why", IN_ROOM, accept_language="de")
    assert "Wer darin ist, nach dem, was die Regeln unterscheiden" in german.words


def test_a_room_may_stand_where_a_person_would_and_what_is_said_besides_counts(
    homeserver: Homeserver, officer: Browser
) -> None:
    homeserver.has(Room({ANNA, OTTO}))
    asked = {"from": ANNA, "to": ROOM, "channel": "file"}
    assert "Yes" in officer.send("/why", {**asked, "file": "a.pdf"}).words
    page = officer.send("/why", {**asked, "file": "a.zip"})
    assert "No by revision 1" in page.words
    assert "We exchange documents, images, audio, video and text" in page.words


def test_a_room_owned_elsewhere_is_said_to_be_so(homeserver: Homeserver, officer: Browser) -> None:
    homeserver.has(Room({ANNA, MAX}, made_by=MAX))
    page = officer.send("/why", IN_ROOM)
    assert "Made at outside.example It belongs to another server" in page.words


@pytest.mark.parametrize(
    ("room", "status", "word"),
    [
        (None, 404, "the homeserver knows no room"),
        (Room({OTTO}), 409, "not in that room, so Synapse itself refuses it"),
        (Room(None), 200, "Who is there is not known"),
    ],
)
def test_where_nothing_can_be_asked_the_way_out_is_said(
    homeserver: Homeserver, officer: Browser, room: Room | None, status: int, word: str
) -> None:
    homeserver.rooms.clear()
    if room is not None:
        homeserver.has(room)
    page = officer.send("/why", IN_ROOM)
    assert (page.status, word in page.words) == (status, True), page.words
    assert f'value="{ROOM}"' in page.text


def test_a_synapse_that_is_away_is_said_in_plain_words(officer: Browser, house: House) -> None:
    desk = house.desks.rooms
    kept, desk.asked = (
        desk.asked,
        SynapseAskedRooms(replace(desk.asked.synapse, socket=house.boot.folder / "nobody")),
    )
    try:
        page = officer.send("/why", IN_ROOM)
    finally:
        desk.asked = kept
    assert page.status == 503
    assert "Synapse, which alone knows who is in a room, does not answer now" in page.words
    assert "person by person it is not needed" in page.words


def test_who_is_in_a_room_is_an_act_of_its_own_on_record(
    house: House, homeserver: Homeserver, officer: Browser
) -> None:
    homeserver.has(Room({ANNA, OTTO}))
    before = len(house.records())
    officer.send("/why", IN_ROOM)
    seen = [each for each in house.records()[before:] if each.get("act") == "rooms:room:list"]
    assert [each["claims"]["what"] for each in seen] == [ROOM]
    house.obey("policy:decision:explain, doors:door:list, rooms:room:count, rooms:room:list",
               "policy:decision:explain, doors:door:list, rooms:room:count")  # fmt: skip
    federation = house.browser()
    federation.signs_in("fred")
    refused = federation.send("/why", IN_ROOM)
    assert refused.status == 403
    assert OTTO not in refused.words
    assert federation.send("/why", ASKED).status == 200


# ---- A record ------------------------------------------------------------------------------------


def a_record(house: House) -> str:
    return next(each["id"] for each in house.records() if "decision" in each)


def test_a_recorded_decision_is_decided_again(house: House, officer: Browser) -> None:
    officer.send("/why", ASKED)
    name = a_record(house)
    page = officer.get(f"/why/{name}")
    assert page.status == 200
    assert "the answer is the same" in page.words
    assert f"vedette why {name}" in page.words
    assert f"GET /vedette/api/v1/why/{name.replace(':', '%3A')}" in page.words
    assert "What was known" in page.words
    asked = officer.get(f"/why?record={name}")
    assert asked.to == f"/why/{name}"


@pytest.mark.parametrize(
    "name", ["control:999999", "nowhere:1", "../../etc/passwd", "control:1x", "<script>:1"]
)
def test_a_record_that_is_none_is_said_so(officer: Browser, name: str) -> None:
    page = officer.get(f"/why/{name}")
    assert page.status == 404
    assert "<script>:" not in page.text


def test_values_stand_as_conditions_write_them() -> None:
    assert _written("today", 740_000) == "2027-01-19"
    assert _written("file.encrypted", False) == "no"  # a fact's value
    assert _written("device.version", {"version": [1, 12]}) == "1.12"
    assert _written("sign_in.kinds", {"words": ["password", "totp"]}) == "password, totp"
    assert _written("sign_in.models", {"words": []}) == "nothing"
    assert _written("file.kind", {"missing": "pending"}) == "pending"
    assert _written("file.size", 12) == "12"


# ---- The command does the same ---------------------------------------------------------------


TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=30)


@settings(max_examples=15, deadline=None)
@given(
    from_=TEXT.filter(str.strip), to=TEXT, file=TEXT, fact=TEXT, kind=st.sampled_from(["", "image"]),
    room=TEXT,
)  # fmt: skip
def test_whatever_is_typed_the_command_asks_the_same(
    house: House, from_: str, to: str, file: str, fact: str, kind: str, room: str
) -> None:
    form = {"from": from_, "to": to, "channel": "file", "file": file.replace("/", ""),
            "facts": fact, "kind": kind, "room": room}  # fmt: skip
    asked = Asked.read(form)
    with listening(house.boot.folder) as heard:
        done = run(house.boot.folder, asked.step().command)
    assert heard, f"{asked.step().command}: {done.output}"
    method, path, body = heard[0]
    call = asked.step().call
    assert (method, path) == (call.method, call.target)
    assert body == json.loads(call.json)


def test_the_command_that_a_page_shows_is_the_one_of_the_form(officer: Browser) -> None:
    page = officer.send("/why", {**ASKED, "file": "it's --x.pdf"})
    assert shown_command(page.text) == Asked.read({**ASKED, "file": "it's --x.pdf"}).step().command


def test_too_long_a_name_is_nothing_to_ask() -> None:
    with pytest.raises(Rejected):
        Asked.read({**ASKED, "to": "x" * 2000})
