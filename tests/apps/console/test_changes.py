"""Changes in the console: what waits, a draft before it is applied, and everything that ever was."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.apps.console.house import DOMAIN, GROUPS, Browser, House, Shown
from tests.apps.console.test_orders import shown_command
from vedette.admin.actor import LOCAL
from vedette.admin.settings import Kept, Proposal
from vedette.core.settings.canonical import digest

OFFICERS = ("olga", "vera", "wim")
OPENING = '[rules.strangers]\nbetween = ["us", "outside"]\nallow = ["message"]\n'
FOUR_EYES = """
[rules.four-eyes]
from = ["us"]
forbid = ["administer"]
when = ["change.widens in partners, outside"]
unless = ["approvals >= 1"]
say = "Two of us decide about others."
"""
HOSTILE = "\"'><img src=x onerror=alert(1)>{{7*7}}</textarea><script>alert(2)</script>"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An organisation whose three officers decide by two about what opens it to others."""
    made = House(
        tmp_path_factory.mktemp("changes") / "org",
        groups={**GROUPS, "vera": "Security-Officers", "wim": "Security-Officers"},
    )
    ask(made, text(made) + FOUR_EYES)
    yield made
    made.close()


@pytest.fixture
def olga(house: House) -> Browser:
    return into(house, "olga")


@pytest.fixture
def vera(house: House) -> Browser:
    return into(house, "vera")


def into(house: House, name: str) -> Browser:
    browser = house.browser()
    assert browser.signs_in(name).status == 200
    return browser


def text(house: House) -> str:
    return house.desks.settings.current()[0].text


def number(house: House) -> int:
    return house.desks.settings.current()[0].number


def ask(house: House, draft: str, reason: str = "wanted") -> object:
    wanted = Proposal(text=draft, base=number(house), reason=reason, author=LOCAL)
    return house.run(house.desks.settings.apply(wanted))


def applies(
    browser: Browser, draft: str, base: int, reason: str = "as agreed", **more: str
) -> Shown:
    form = {"text": draft, "base": str(base), "reason": reason, "step": "apply", **more}
    return browser.send("/orders/apply-draft", form)


def named(house: House, name: str = "strangers") -> str:
    """The settings in force with a rule towards strangers that nothing else has."""
    return text(house) + OPENING.replace("strangers", name)


def waiting(shown: Shown) -> str:
    """The id of the change that a page says waits."""
    found = re.search(r"/changes/pending/([0-9a-f]{10})", shown.text)
    assert found is not None, shown.words
    return found[1]


def area(shown: Shown) -> str:
    """What a browser has in the draft's field: the line break behind the tag is none of it."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", shown.text, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


# ---- a second person ---------------------------------------------------------------------------


def test_a_change_that_widens_waits_and_a_second_officer_approves_exactly_it(house, olga, vera):
    before = number(house)
    page = applies(olga, named(house, "first"), before, "contract 4711")
    assert page.status == 200, page.words
    assert (number(house), "is kept and waits" in page.words) == (before, True)
    id_ = waiting(page)

    hers = olga.get(f"/changes/pending/{id_}")
    assert 'action="/orders/approve"' not in hers.text
    assert 'action="/orders/withdraw"' in hers.text
    listed = vera.get("/changes").words
    assert "contract 4711" in listed
    assert "waits for a second person" in listed
    assert f"@olga:{DOMAIN}" in listed
    assert f"@vera:{DOMAIN}, @wim:{DOMAIN}" in listed
    assert "May allow more towards outside" in listed

    seen = vera.get(f"/changes/pending/{id_}")
    assert "vedette rule add first --between us outside --allow message" in seen.words
    form = {"change": id_, "content": seen.hidden("content"), "reason": "seen it"}
    looked = vera.send("/orders/approve", form)
    command = f"vedette settings approve {id_} --content {form['content']} --reason 'seen it'"
    assert command in looked.words
    assert f"POST /vedette/api/v1/settings/pending/{id_}/approve" in looked.words
    done = vera.send("/orders/approve", {**form, "step": "apply"})
    assert (done.status, number(house)) == (200, before + 1), done.words
    history = vera.get("/changes").words
    assert f"@olga:{DOMAIN} on" in history
    assert f"Approved by: @vera:{DOMAIN}" in history
    assert f"it is revision {before + 1}" in vera.get(f"/changes/pending/{id_}").words


def test_nobody_approves_their_own_not_even_with_a_form_that_was_never_shown(house, olga):
    before = number(house)
    id_ = waiting(applies(olga, named(house, "own"), before))
    content = house.desks.settings.pending.get(id_).content
    form = {"change": id_, "content": content, "reason": "me", "step": "apply"}
    page = olga.send("/orders/approve", form)
    assert (page.status, number(house)) == (403, before)
    assert "nobody approves their own change" in page.words
    taken = {"change": id_, "reason": "no more", "step": "apply"}
    assert olga.send("/orders/withdraw", taken).status == 200
    assert "taken back" in olga.get("/changes").words


def test_an_approval_of_something_else_than_what_waits_is_refused(house, olga, vera):
    before = number(house)
    id_ = waiting(applies(olga, named(house, "another"), before))
    form = {"change": id_, "content": "0" * 64, "reason": "seen", "step": "apply"}
    page = vera.send("/orders/approve", form)
    assert (page.status, number(house)) == (409, before)
    assert "something else than what you have seen" in page.words
    assert vera.send("/orders/withdraw", {**form, "reason": "x"}).status == 403
    assert vera.send("/orders/reject", {**form, "reason": "not now"}).status == 200
    assert vera.send("/orders/reject", {**form, "reason": "again"}).status == 409


@pytest.mark.parametrize("name", ["fred", "otto", "hugo", "ada", "anna"])
def test_whoever_may_not_change_the_settings_can_do_nothing_with_what_waits(house, name):
    kept = ask_as_somebody(house, f"by-{name}")
    browser, before = into(house, name), number(house)
    for kind in ("approve", "reject", "withdraw"):
        form = {"change": kept, "content": house.desks.settings.pending.get(kept).content}
        page = browser.send(f"/orders/{kind}", {**form, "reason": "x", "step": "apply"})
        assert page.status == 403, f"{kind}: {page.words}"
    assert number(house) == before
    assert house.desks.settings.pending.get(kept).state.value == "waiting"


def ask_as_somebody(house: House, rule: str) -> str:
    kept = ask(house, named(house, rule))
    assert isinstance(kept, Kept)
    return kept.change.id


PATHS = ("/changes", "/changes/draft", "/changes/compare", "/changes/revisions/1",
         "/changes/revisions/1/text")  # fmt: skip


@pytest.mark.parametrize("name", ["hugo", "anna", "fred"])
def test_whoever_may_not_read_the_settings_sees_none_of_it(house, name):
    browser = into(house, name)
    kept = ask_as_somebody(house, f"unseen-{name}")
    for path in (*PATHS, f"/changes/pending/{kept}", f"/changes/draft?change={kept}"):
        page = browser.get(path)
        if name == "fred" and page.status == 200:
            continue  # federation managers read the settings
        assert page.status == 403, f"{path}: {page.words}"
        assert "strangers" not in page.text
    if name != "fred":
        shown = browser.send("/changes/draft", {"text": "x = 1", "base": "1", "do": "check"})
        assert shown.status == 403
        for step in ("", "apply"):
            form = {"text": "x = 1", "base": "1", "reason": "x", "step": step}
            assert "line 1" not in browser.send("/orders/apply-draft", form).words


@pytest.mark.parametrize("id_", ["0" * 10, "x", "../revisions/1", "%00", "0" * 500, "'--"])
def test_what_nobody_asked_for_is_not_there(olga, id_):
    assert olga.get(f"/changes/pending/{id_}").status == 404
    for kind in ("approve", "reject", "withdraw"):
        form = {"change": id_, "content": "0" * 64, "reason": "x", "step": "apply"}
        assert olga.send(f"/orders/{kind}", form).status == 404
    assert olga.get(f"/changes/draft?change={id_}").status == 404


@pytest.mark.parametrize("wanted", ["0", "999999", "-1", "x", "1" * 400, "%F0%9F%98%80"])
def test_a_revision_that_there_is_none_of_is_not_there(olga, wanted):
    assert olga.get(f"/changes/revisions/{wanted}").status == 404
    assert olga.get(f"/changes/revisions/{wanted}/text").status == 404
    assert olga.get(f"/changes/compare?from={wanted}&to={wanted}").status in (200, 404)
    assert olga.send("/orders/restore", {"revision": wanted}).status in (400, 404)


# ---- a draft -----------------------------------------------------------------------------------


def test_a_draft_begins_with_the_settings_in_force_word_for_word(house, olga):
    page = olga.get("/changes/draft")
    assert area(page) == text(house)
    assert page.hidden("base") == str(number(house))


def test_every_fault_of_a_draft_is_shown_with_its_line_and_nothing_is_lost(house, olga):
    draft = text(house) + '[rules.bad]\nbetween = ["us", "nobody-known"]\nallow = ["mail"]\n'
    page = olga.send("/changes/draft", {"text": draft, "base": str(number(house)), "do": "check"})
    lines = draft.count("\n")
    assert f"line {lines - 1}:" in page.words
    assert f"line {lines}:" in page.words
    assert "nobody-known" in page.words
    assert area(page) == draft
    part = olga.send("/orders/apply-draft/preview", {"text": draft, "base": "1"}, x_part="yes")
    assert f"line {lines}:" in part.words


def test_a_draft_is_compared_in_words_and_as_commands_before_anything_changes(house, olga):
    before = number(house)
    draft = text(house) + '[rules.shut]\nbetween = ["us", "partners"]\nforbid = ["file"]\n# why\n'
    page = olga.send("/changes/draft", {"text": draft, "base": str(before), "do": "check"})
    assert "The draft has no faults" in page.words
    assert "vedette rule add shut --between us partners --forbid file --reason '…'" in page.words
    assert f"vedette settings apply draft.toml --base {before} --reason '…'" in page.words
    assert number(house) == before


def test_a_draft_is_applied_with_its_comments_whatever_line_ends_a_browser_sends(house, olga):
    before = number(house)
    draft = (
        text(house) + "\n# ours\n[rules.dark]\nbetween = ['us', 'outside']\nforbid = ['presence']\n"
    )
    page = applies(olga, draft.replace("\n", "\r\n"), before)
    assert page.status == 200, page.words
    assert (number(house), text(house)) == (before + 1, draft)


def test_a_draft_is_saved_as_a_file_that_the_command_takes(house, olga):
    form = {"text": text(house), "base": "7", "do": "file"}
    saved = olga.send("/changes/draft", form)
    assert saved.headers["content-disposition"] == 'attachment; filename="draft.toml"'
    assert saved.text == f"# vedette: revision 7\n{text(house)}"
    assert "default-src 'none'" in saved.headers["content-security-policy"]
    again = olga.send("/changes/draft", {"text": saved.text, "base": "1", "do": "check"})
    assert (again.hidden("base"), area(again)) == ("7", text(house))


def test_a_draft_may_wait_for_its_hour(house, olga):
    before = number(house)
    narrower = text(house) + '[rules.later]\nbetween = ["us", "outside"]\nforbid = ["call"]\n'
    wrong = applies(olga, narrower, before, at="soon")
    assert wrong.status == 400
    assert area_of_fields(wrong, "text") == narrower
    hour = olga.send("/orders/apply-draft", {
        "text": narrower, "base": str(before), "at": "2099-01-31 22:00"})  # fmt: skip
    assert f"--base {before} --at 2099-01-31T22:00" in hour.words
    too_late = applies(olga, narrower, before, at="2099-01-31 22:00")
    assert "can't start then" in too_late.words
    soon = house.wiring.office.desk.clock.now() + 86400
    at = datetime.fromtimestamp(soon, UTC)
    page = applies(olga, narrower, before, at=at.strftime("%Y-%m-%d %H:%M"))
    assert page.status == 200, page.words
    assert "waits for its hour" in olga.get("/changes").words
    gone = {"change": waiting(page), "reason": "never mind", "step": "apply"}
    assert olga.send("/orders/withdraw", gone).status == 200


def area_of_fields(shown: Shown, name: str) -> str:
    """A hidden field of the form that takes one back."""
    return html.unescape(shown.hidden(name))


def test_what_others_applied_meanwhile_is_shown_and_neither_side_is_lost(house, olga, vera):
    base = number(house)
    mine = text(house) + '[rules.mine]\nbetween = ["us", "outside"]\nforbid = ["call"]\n'
    theirs = text(house) + '[rules.theirs]\nbetween = ["us", "outside"]\nforbid = ["file"]\n'
    assert applies(vera, theirs, base, "theirs, ticket 9").status == 200

    refused = applies(olga, mine, base)
    assert (refused.status, text(house)) == (409, theirs)
    assert 'action="/changes/draft"' in refused.text
    assert area_of_fields(refused, "text") == mine

    beside = olga.send("/changes/draft", {"text": mine, "base": str(base)})
    assert area(beside) == mine
    for words in ("theirs, ticket 9", "rule theirs", "rule mine", f"revision {base + 1}"):
        assert words in beside.words, words
    onto = olga.send("/changes/draft", {"text": mine, "base": str(base), "do": "move"})
    assert onto.hidden("base") == str(base + 1)
    assert applies(olga, area(onto), base + 1).status == 200
    document = house.desks.settings.current()[1]
    assert {"mine", "theirs"} <= set(map(str, document.rules))


def test_what_both_changed_is_named(house, olga, vera):
    base = number(house)
    assert applies(vera, with_uploads(house, "7 MiB"), base).status == 200
    mine = house.desks.settings.revision(base).text + '\n[media]\nmax_upload = "9 MiB"\n'
    page = olga.send("/changes/draft", {"text": mine, "base": str(base)})
    assert "media.max_upload" in page.words.split("Both change this")[1]


def with_uploads(house: House, size: str) -> str:
    assert "[media]" not in text(house)
    return text(house) + f'\n[media]\nmax_upload = "{size}"\n'


# ---- who is affected ---------------------------------------------------------------------------


def test_who_is_affected_is_counted_with_examples_and_what_is_not_known_is_said(house, olga):
    draft = text(house) + (
        '[rules.blind]\nfrom = ["us"]\nforbid = ["administer"]\nmode = "observe"\n'
        'when = ["act in administration:settings:read"]\n'
        '[rules.no-lists]\nfrom = ["us"]\nforbid = ["administer"]\n'
        'when = ["act in rooms:room:count"]\n'
    )
    olga.get("/changes")
    form = {"text": draft, "base": str(number(house)), "do": "affected", "since": "all"}
    olga.send("/changes/draft", form)  # asks how many rooms there are
    page = olga.send("/changes/draft", form)
    assert page.status == 200
    assert "recorded asks were decided again" in page.words
    assert "were only counted" in page.words
    row = page.words.split("Answers that would change")[1].split("Rules that only observe")[0]
    assert "yes becomes no administer" in row
    assert "no-lists" in row
    assert re.search(r"control:\d+", row)
    assert re.search(r"blind would have refused [\d,]+ asks", page.words)
    assert "Not known: rooms in which nothing was asked" in page.words
    assert "How many rooms there are is not known: no room was judged yet" in page.words


def test_a_replay_is_an_act_of_its_own(house):
    reader, before = into(house, "ada"), len(replays(house))
    sheet = {"text": text(house), "base": str(number(house))}
    assert reader.send("/changes/draft", {**sheet, "do": "check"}).status == 200
    assert len(replays(house)) == before
    assert reader.send("/changes/draft", {**sheet, "do": "affected"}).status == 200
    assert [each["decision"]["answer"] for each in replays(house)[before:]] == ["yes"]


def replays(house: House) -> list[Any]:
    """What was asked to be replayed, as it was recorded."""
    return [each for each in house.records() if each.get("act") == "administration:settings:replay"]


# ---- history -----------------------------------------------------------------------------------


def test_the_command_of_a_revision_makes_another_document_the_same(house, olga):
    old = house.desks.settings.current()[1]
    draft = text(house) + '[rules.one]\nbetween = ["us", "outside"]\nforbid = ["presence"]\n'
    assert applies(olga, draft, number(house), "it's agreed").status == 200
    page = olga.get(f"/changes/revisions/{number(house)}")
    line = shown_command(page.text)
    assert line == (
        "vedette rule add one --between us outside --forbid presence --reason 'it'\"'\"'s agreed'"
    )
    assert digest(old) != digest(house.desks.settings.current()[1])
    assert house.desks.settings.current()[0].digest in page.words


def test_two_revisions_are_compared_and_an_earlier_one_is_restored_as_an_order(house, olga):
    before = number(house)
    draft = "# only a remark\n" + text(house)
    assert applies(olga, draft, before).status == 200
    page = olga.get(f"/changes/compare?from={before}&to={before + 1}")
    assert "Nothing that decides" in page.words
    assert "+# only a remark" in page.words
    form = {"revision": str(before), "reason": "a slip"}
    looked = olga.send("/orders/restore", form)
    assert f"vedette settings restore {before} --reason 'a slip'" in looked.words
    assert olga.send("/orders/restore", {**form, "step": "apply"}).status == 200
    assert text(house) == draft.removeprefix("# only a remark\n")


def test_the_history_is_paged(house, olga):
    page = olga.get("/changes?before=3")
    assert "Revision 2" in page.words
    assert "Revision 3" not in page.words.split("History")[1]


# ---- hostile words -----------------------------------------------------------------------------


def test_what_people_wrote_is_words_and_never_a_part_of_a_page(house, olga):
    before = number(house)
    draft = text(house) + f"# {HOSTILE}\n"
    page = applies(olga, draft, before, HOSTILE)
    assert page.status == 200, page.words
    kept = applies(olga, named(house, "hostile"), number(house), HOSTILE)
    paths = (
        "/changes",
        "/changes/draft",
        f"/changes/revisions/{before + 1}",
        f"/changes/revisions/{before + 1}/text",
        f"/changes/compare?from={before}&to={before + 1}",
        f"/changes/pending/{waiting(kept)}",
        f"/changes?before={HOSTILE}",
        f"/changes/compare?from={HOSTILE}",
    )
    for path in paths:
        shown = olga.get(path)
        assert "<img" not in shown.text, path
        assert shown.text.count("<script") == 1, path
    refused = applies(olga, f"{HOSTILE} = 1", number(house), HOSTILE, at=HOSTILE)
    assert "<img" not in refused.text


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    draft=st.text(max_size=60)
    | st.sampled_from(["", "\n\n[x]", "[rules]\r\r\n", "\x00", "a" * 9000]),
    base=st.sampled_from(["", "0", "1", "2", "999999", "-1", "x", "9" * 20]),
    at=st.sampled_from(["", "2099-01-01 00:00", "9999-99-99", "x", "0001-01-01 00:00"]),
    do=st.sampled_from(["check", "affected", "move", "file", "", "x"]),
)
def test_whatever_is_sent_as_a_draft_is_answered_and_changes_nothing(
    house, olga, draft, base, at, do
):
    before = number(house)
    form = {"text": draft, "base": base, "at": at, "do": do, "since": do}
    for path in ("/changes/draft", "/orders/apply-draft", "/orders/apply-draft/preview"):
        assert olga.send(path, form).status in (200, 400, 403, 404, 409)
    assert number(house) == before


# ---- a guardrail ---------------------------------------------------------------------------------


def test_a_guardrail_goes_once_a_second_officer_has_looked_at_it_and_approved(house, olga, vera):
    before, name = number(house), "guardrails.administrators-apart"
    form = {"id": name, "base": str(before), "reason": "we are merging"}
    looked = olga.send("/orders/remove-rule", form)
    command = "vedette rule remove administrators-apart --guardrail"
    assert f"{command} --reason 'we are merging'" in looked.words
    page = olga.send("/orders/remove-rule", {**form, "step": "apply"})
    assert (page.status, number(house)) == (200, before), page.words
    id_ = waiting(page)
    assert "Changes that wait for a second person, or for their hour: " in vera.get("/").words

    listed = vera.get("/changes")
    assert f'href="/changes/pending/{id_}"' in listed.text
    seen = vera.get(f"/changes/pending/{id_}")
    assert "The guardrail administrators-apart would be lost or weaker." in seen.words.replace(
        "`", ""
    )
    assert command in seen.words
    agreed = {"change": id_, "content": seen.hidden("content"), "reason": "it is so"}
    assert vera.send("/orders/approve", agreed).status == 200
    done = vera.send("/orders/approve", {**agreed, "step": "apply"})
    assert (done.status, number(house)) == (200, before + 1), done.words
    made = house.desks.settings.current()[0]
    assert (made.author, made.approvers) == (f"@olga:{DOMAIN}", (f"@vera:{DOMAIN}",))
    assert "administrators-apart" not in made.text


# ---- drafts that are kept ------------------------------------------------------------------------


def keeps(browser: Browser, shown: Shown, do: str = "keep", **fields: str) -> Shown:
    """Send the form of a draft's page as it stands, with some fields written over."""
    stands = {name: shown.hidden(name) for name in ("base", "kept", "version")}
    return browser.send("/changes/draft", {"text": area(shown), **stands, **fields, "do": do})


def test_a_draft_is_kept_listed_opened_and_discarded(house, olga, vera):
    before = number(house)
    begun = olga.get("/changes/draft")
    kept = keeps(olga, begun, text=area(begun) + "# mine\n", name="spring")
    assert "The draft is kept as spring, version 1." in kept.words
    assert "vedette settings draft save draft.toml --name spring --version 1" in kept.words
    again = keeps(olga, kept, text=area(kept) + "# more\n", name="spring")
    assert "kept as spring, version 2" in again.words

    listed = vera.get("/changes")
    assert 'href="/changes/draft?name=spring"' in listed.text
    assert f"Version 2, on revision {before}." in listed.words
    opened = vera.get("/changes/draft?name=spring")
    assert area(opened).endswith("# mine\n# more\n")
    assert number(house) == before  # it is in force for nobody

    asked = keeps(vera, opened, "discard", name="spring")
    assert "The draft spring will be gone for everybody. Do you want that?" in asked.words
    assert "vedette settings draft remove spring --version 2" in asked.words
    assert "spring" in vera.get("/changes").words
    gone = keeps(vera, asked, "discard-yes", name="spring")
    assert (gone.status, gone.to) == (303, "/changes")
    assert "spring" not in vera.get("/changes").words
    assert vera.get("/changes/draft?name=spring").status == 404


def test_nobodys_work_on_a_draft_is_lost(house, olga, vera):
    begun = olga.get("/changes/draft")
    first = keeps(olga, begun, name="both")
    hers = vera.get("/changes/draft?name=both")
    assert (
        "kept as both, version 2"
        in keeps(olga, first, text=area(first) + "# olga\n", name="both").words
    )
    late = keeps(vera, hers, text=area(hers) + "# vera\n", name="both")
    assert "is at version 2, saved by @olga" in late.words
    assert area(late).endswith("# vera\n")
    assert house.run(house.desks.drafts.one("both")).text.endswith("# olga\n")
    beside = keeps(vera, late, name="both-of-vera")
    assert "kept as both-of-vera, version 1" in beside.words


def test_a_draft_without_a_name_gets_one_and_may_have_faults(house, olga):
    kept = keeps(olga, olga.get("/changes/draft"), text="this is = no [document", name="")
    assert re.search(r"kept as draft-[0-9a-f]{6}, version 1", kept.words), kept.words
    strange = keeps(olga, kept, name="../x <b>")
    assert "is no name for a draft" in strange.words
    assert "<b>" not in strange.text.replace("<b>more", "")


@pytest.mark.parametrize("name", ["ada", "hugo", "anna"])
def test_whoever_may_not_draft_keeps_nothing_and_discards_nothing(house, olga, name):
    keeps(olga, olga.get("/changes/draft"), name=f"apart-{name}")
    before = house.run(house.desks.drafts.every())
    browser = into(house, name)
    form = {"text": "x = 1", "base": "1", "name": "theirs", "kept": f"apart-{name}", "version": "1"}
    for do in ("keep", "discard-yes"):
        browser.send("/changes/draft", {**form, "do": do})
    assert house.run(house.desks.drafts.every()) == before
