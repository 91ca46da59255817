"""Why: an ask that somebody wonders about, and a recorded decision, each explained rule by rule."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apps.console.house import Browser, House
from tests.apps.console.test_orders import listening, run, shown_command
from vedette.admin.rejected import Rejected
from vedette.console.pages.why import Asked, _written

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
        ({"to": "!room:example.org"}, "who is in a room only its server knows"),
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
    from_=TEXT.filter(str.strip), to=TEXT, file=TEXT, fact=TEXT, kind=st.sampled_from(["", "image"])
)
def test_whatever_is_typed_the_command_asks_the_same(
    house: House, from_: str, to: str, file: str, fact: str, kind: str
) -> None:
    form = {"from": from_, "to": to, "channel": "file", "file": file.replace("/", ""),
            "facts": fact, "kind": kind}  # fmt: skip
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
