"""`vedette file …` before a whole control, with a homeserver in memory behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.apps.cli.served import Served
from vedette.adapters.memory.held_files import MemoryHeldFiles
from vedette.core.names import MediaId, ServerName, UserId
from vedette.core.settings.default import default_document
from vedette.protocol.internal.held_files import FileRow, FileState, Outlook

DOMAIN = "example.test"
EVIL = "a\x1b[2Jb\u202ec"
"""A name that a terminal would obey."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served.at(tmp_path_factory.mktemp("files") / "org", default_document("Example", DOMAIN))
    yield made
    made.end()


@pytest.fixture
def files(served: Served) -> MemoryHeldFiles:
    made = served.files.files = MemoryHeldFiles()
    for number, (media, state) in enumerate(
        (("waits", FileState.WAITING), ("gone", FileState.REFUSED), ("fine", FileState.OPEN))
    ):
        made.put(row(media, state, number))
    made.outlooks[ServerName(DOMAIN), MediaId("gone")] = Outlook(
        answer="no", reason="forbidden", rule="no-macros", sentence="Not with macros."
    )
    return made


def row(media: str, state: FileState, number: int = 0, name: str = EVIL) -> FileRow:
    return FileRow(
        server=ServerName(DOMAIN), media=MediaId(media), owner=UserId(f"@alice:{DOMAIN}"),
        declared="application/pdf", name=name, size=7, created=number, state=state,
    )  # fmt: skip


def test_what_is_held_is_listed_without_what_a_terminal_would_obey(served, files) -> None:
    code, text = served.run("file", "list")
    assert code == 0
    assert [line.split()[0] for line in text.splitlines()] == [
        f"mxc://{DOMAIN}/gone", f"mxc://{DOMAIN}/waits"
    ]  # fmt: skip
    assert "\x1b" not in text
    assert "\u202e" not in text
    code, found = served.data("file", "list", "--state", "waiting", "--user", "alice")
    assert [each["file"] for each in found["files"]] == [f"mxc://{DOMAIN}/waits"]
    assert found["files"][0]["name"] == EVIL  # data is whole
    assert served.run("file", "list", "--text", "nothing")[1] == "no file is held\n"
    code, found = served.data("file", "list", "--most", "1")
    assert (len(found["files"]), bool(found["next"])) == (1, True)
    assert "there are older ones" in served.run("file", "list", "--most", "1")[1]


def test_a_file_is_released_and_withheld_by_its_address_or_its_id(served, files) -> None:
    assert "waiting" in served.run("file", "show", f"mxc://{DOMAIN}/waits")[1]
    code, found = served.data("file", "release", f"mxc://{DOMAIN}/waits", "--reason", "by hand")
    assert (code, found["file"]) == (0, f"mxc://{DOMAIN}/waits")
    assert found["record"].startswith("control:")
    code, text = served.run("file", "hold", "waits", "--reason", "leaked")
    assert (code, "nobody can fetch it any more" in text) == (0, True)
    assert [order[0] for order in files.orders] == ["release", "hold"]
    assert served.data("file", "show", f"{DOMAIN}/waits")[1]["file"]["state"] == "withheld"


def test_what_the_rules_refuse_is_not_released_and_says_why(served, files) -> None:
    code, found = served.data("file", "release", "gone", "--reason", "please")
    assert code == 3
    assert "Not with macros." in found["error"]["message"]
    assert not files.orders


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("show", "nothing"), 3),
        (("show", "a/b/c"), 2),
        (("show", "mxc://"), 2),
        (("show", "no_name/x"), 3),
        (("release", "waits", "--reason", " "), 3),
        (("list", "--refused", "--state", "waiting"), 2),
        (("list", "--rule", "x"), 2),
        (("list", "--state", "lost"), 3),
    ],
)
def test_what_can_not_be_is_said_with_the_way_out(served, files, words, code) -> None:
    found, told = served.data("file", *words)
    assert found == code, told
    assert told["error"]["message"]
    assert not files.orders


def test_while_synapse_is_away_that_is_said(served, files) -> None:
    files.down = True
    code, told = served.data("file", "list")
    assert (code, told["error"]["code"]) == (4, "unavailable")


def test_no_upload_was_refused(served: Served, files: MemoryHeldFiles) -> None:
    assert served.run("file", "list", "--refused")[1] == "no upload was refused\n"
    assert served.data("file", "list", "--refused", "--since", "7d")[1]["files"] == []
