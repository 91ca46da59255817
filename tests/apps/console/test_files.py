"""Files that are held or were refused: each row once, nobody else's, and what is done about them."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.apps.console.crowd import NOW, file_row, with_files
from tests.apps.console.house import Browser, House, user
from tests.apps.console.test_lists import EVIL, walk
from vedette.adapters.memory.held_files import MemoryHeldFiles
from vedette.core.asks import Act, Ask, Need, Question
from vedette.core.channels import Channel
from vedette.core.decide import decide
from vedette.core.facts import Facts
from vedette.core.names import MediaId, ServerName
from vedette.protocol.internal.held_files import FileState, Outlook

REFUSES = Outlook(answer="no", reason="forbidden", rule="no-malware", sentence="A virus was found.")
DOUBTS = Outlook(answer="not-yet", reason="fact-pending", rule="files", sentence="not-yet: files")
ACME = ServerName("acme.example")


@pytest.fixture
def files(house: House) -> MemoryHeldFiles:
    waiting = [file_row(f"file{n:03}", created=(NOW - n) * 1000) for n in range(120)]
    made = with_files(
        house,
        *waiting,
        file_row("of-olga", "olga", created=1),
        file_row("withheld", "anna", state=FileState.OFFICER, created=2),
        file_row("refused", "anna", state=FileState.REFUSED, created=3),
        file_row("open", "anna", state=FileState.OPEN),
        file_row("partners", server=ACME, owner=None, state=FileState.OFFICER, created=4),
        file_row("evil", "otto", name=EVIL, declared=EVIL, created=5),
    )
    made.outlooks[ServerName("example.org"), MediaId("refused")] = REFUSES
    return made


@pytest.fixture
def officer(house: House) -> Browser:
    return signed(house, "olga")


def signed(house: House, name: str) -> Browser:
    browser = house.browser()
    browser.signs_in(name)
    return browser


def ids(found: list[str]) -> list[str]:
    return [each.rpartition("/")[2] for each in found]


def test_every_file_that_is_held_is_listed_once_the_newest_first(files, officer):
    own = [f"file{n:03}" for n in range(120)]
    assert ids(walk(officer, "/files")) == [
        *own,
        "evil",
        "partners",
        "refused",
        "withheld",
        "of-olga",
    ]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("state=withheld", ["partners", "withheld"]),
        ("state=refused", ["refused"]),
        ("user=olga", ["of-olga"]),
        ("user=@otto:example.org&state=waiting", ["evil"]),
        ("text=FILE01", [f"file01{n}" for n in range(10)]),
        ("text=script", ["evil"]),
        ("text=nothing-is-called-so", []),
    ],
)
def test_a_filter_finds_the_files_that_it_names_and_no_others(files, officer, query, wanted):
    assert ids(walk(officer, f"/files?{query}")) == wanted


def test_the_help_desk_sees_files_of_those_whom_it_helps_alone(house, files):
    helper = signed(house, "hugo")
    seen = ids(walk(helper, "/files"))
    assert {"file000", "withheld", "refused"} <= set(seen)
    assert not {"of-olga", "evil", "partners"} & set(seen)
    assert helper.get("/files/example.org/file000").status == 200
    # what is not theirs to see, and what is not there, read alike
    closed = {helper.get(f"/files/{at}").words for at in (
        "example.org/of-olga", "example.org/nothing", "acme.example/partners",
        "acme.example/nothing",
    )}  # fmt: skip
    assert all("You may not do this" in words for words in closed)
    assert len({re.sub(r"control:\d+", "", words) for words in closed}) == 1
    page = helper.get("/files/example.org/file000")
    assert "/orders/" not in page.text.split("<main", 1)[1].split("</main", 1)[0]
    before = list(files.orders)
    for kind in ("release-file", "hold-file"):
        for media in ("file000", "of-olga", "nothing"):
            form = {"file": f"mxc://example.org/{media}", "reason": "x", "step": "apply"}
            assert helper.send(f"/orders/{kind}", form).status == 403
    assert files.orders == before


def test_a_file_is_released_with_a_reason_by_the_command_and_the_call_that_are_shown(
    house, files, officer
):
    page = officer.get("/files/example.org/file007")
    assert "waits to be looked at" in page.words
    form = {"file": page.hidden("file"), "back": page.hidden("back")}
    review = officer.send("/orders/release-file", form)
    assert "vedette file release mxc://example.org/file007 --reason '…'" in review.words
    assert "POST /vedette/api/v1/files/example.org/file007/release" in review.words
    assert "Releases mxc://example.org/file007" in review.words
    assert not files.orders
    assert "needs a reason" in officer.send("/orders/release-file", {**form, "step": "apply"}).words
    reason = "looked at by hand, ticket 4711"
    done = officer.send("/orders/release-file", {**form, "reason": reason, "step": "apply"})
    assert done.status == 200, done.words
    ((what, address, by, order),) = files.orders
    assert (what, address, by) == ("release", "mxc://example.org/file007", user("olga"))
    record = next(each for each in house.records() if each["id"] == order)
    assert record["act"] == Act.ADMINISTRATION_FILE_RELEASE
    assert record["claims"]["reason"] == reason
    assert record["claims"]["what"] == address
    assert record["questions"][0]["whom"] == user("anna")
    assert "file007" not in ids(walk(officer, "/files"))
    assert "open" in officer.get("/files/example.org/file007").words


def test_an_open_file_is_withheld_by_its_address(files, officer):
    page = officer.get(f"/files/one?{urlencode({'file': ' mxc://example.org/open '})}")
    assert page.status == 200
    assert "Withhold …" in page.text
    form = {"file": page.hidden("file"), "reason": "leaked", "step": "apply"}
    assert officer.send("/orders/hold-file", form).status == 200
    assert files.orders[0][:2] == ("hold", "mxc://example.org/open")
    assert "withheld by an administrator" in officer.get("/files/example.org/open").words
    assert officer.get("/files/one?file=open").status == 200  # of ours the id will do


def test_what_a_rule_refuses_says_so_and_is_not_offered_for_release(files, officer):
    page = officer.get("/files/example.org/refused")
    assert "It stays refused" in page.words
    assert "no-malware" in page.words
    assert "A virus was found." in page.words
    assert "/orders/release-file" not in page.text
    records = "/audit?file=mxc%3A%2F%2Fexample.org%2Frefused"
    assert f'href="{records}"' in page.text
    assert officer.get(records).status == 200
    form = {"file": "mxc://example.org/refused", "reason": "please", "step": "apply"}
    no = officer.send("/orders/release-file", form)
    assert no.status == 403
    assert "the rules refuse this file" in no.words
    assert not files.orders
    files.outlooks[ServerName("example.org"), MediaId("file001")] = DOUBTS
    doubt = officer.get("/files/example.org/file001")
    assert "what nobody knows" in doubt.words
    assert "/orders/release-file" not in doubt.text
    no = officer.send("/orders/release-file", {**form, "file": "mxc://example.org/file001"})
    assert "released-files" in no.words


def test_nobody_releases_what_they_sent_themselves(house, files, officer):
    page = officer.get("/files/example.org/of-olga")
    assert "You sent it yourself" in page.words
    assert "/orders/release-file" not in page.text
    form = {"file": "mxc://example.org/of-olga", "reason": "mine", "step": "apply"}
    no = officer.send("/orders/release-file", form)
    assert no.status == 403
    assert "own-change" in no.words
    assert not files.orders


def test_what_somebody_called_a_file_is_text_everywhere(files, officer):
    for path in ("/files?user=otto", "/files/example.org/evil"):
        page = officer.get(path)
        assert "<script>alert" not in page.text
        assert EVIL in unescape(page.text)
    table = officer.get("/files.csv?user=otto")
    rows = list(csv.reader(io.StringIO(table.text)))
    assert rows[0][0] == "name"
    assert rows[1][0] == f"'{EVIL}"  # no formula to a spreadsheet


@pytest.mark.parametrize(
    "path",
    ["example.org/a%2Fb", "example.org/..", "no_name/x", "example.org/" + "x" * 300,
     "example.org/a%00b", "%3Cscript%3E/x", "example.org/x%27%20OR%201"],
)  # fmt: skip
def test_what_is_no_address_is_no_file(files, officer, path):
    page = officer.get(f"/files/{path}")
    assert page.status in (400, 404)
    assert "<script>" not in page.text.split("<main", 1)[-1]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=80), field=st.sampled_from(["file", "after", "state", "user", "text"]))
def test_whatever_is_sent_as_a_file_nothing_is_done_to_another(files, officer, text, field):
    given_ = text.encode("utf-8", "replace").decode()
    page = officer.get(f"/files?{urlencode({field: given_})}")
    assert page.status in (200, 400)
    assert officer.get(f"/files/one?{urlencode({field: given_})}").status in (400, 404)
    for kind in ("release-file", "hold-file"):
        form = {"file": f"mxc://example.org/{given_}", "reason": "x"}
        assert officer.send(f"/orders/{kind}", form).status in (200, 400)
    assert not files.orders


def test_while_synapse_is_away_the_page_says_so_and_the_record_still_tells(files, officer):
    files.down = True
    page = officer.get("/files")
    assert page.status == 503
    assert "does not answer" in page.words
    assert officer.get("/files/refused").status == 200


def test_no_file_is_said_so(house, officer):
    with_files(house)
    assert "No file is held" in officer.get("/files").words
    assert "Nothing matches" in officer.get("/files?text=x").words


# ---- refused at once -----------------------------------------------------------------------------


def refuse(house: House, name: str, **facts: object) -> str:
    """An upload of this person that the rules refuse, on record."""
    policy, spine = house.desks.settings.policy.current(), house.desks.settings.spine
    someone = policy.directory.someone(user(name))
    ask = Ask(
        act=Act.FILE_CONTENT_UPLOAD, who=user(name), need=Need.SOME, where=f"mxc://example.org/{name}",
        questions=(Question(Channel.FILE, someone.parties, someone.parties, user("ada")),),
    )  # fmt: skip
    known = Facts({"today": policy.directory.today, "file.released": False, **facts})  # type: ignore[dict-item]
    decision = decide(policy.rules, ask, known)
    assert decision.verdict == "no"
    return str(house.run(spine.audit.append(ask, known, decision)))


def test_what_was_refused_at_once_is_listed_from_the_record_with_its_why(house, officer):
    kinds = {"file.kind": "program", "file.size": 4711, "file.class": "attachment"}
    records = [refuse(house, name, **kinds) for name in ("anna", "olga", "anna")]
    found = [unescape(each) for each in walk(officer, "/files/refused")]
    assert found[:3] == [f"/why/{quote(each, safe='')}" for each in reversed(records)]
    page = officer.get("/files/refused?user=anna")
    assert "program" in page.words
    assert records[0] in page.words
    assert records[1] not in page.words
    why = officer.get(found[0])
    assert why.status == 200
    assert "mxc://example.org/anna" in why.words
    by_file = officer.get("/audit?file=mxc://example.org/anna").words
    assert records[0] in by_file
    assert records[1] not in by_file
    helper = signed(house, "hugo").get("/files/refused").words
    assert records[0] in helper
    assert records[1] not in helper
    assert officer.get("/files/refused?after=x").status == 400
    assert officer.get("/files/refused?since=soon").status == 400
    table = officer.get("/files/refused.csv?user=olga")
    assert [row[0] for row in csv.reader(io.StringIO(table.text))] == ["record", records[1]]
