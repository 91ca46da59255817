"""A ban holds whatever a file is called and wrapped in: looked at for real, and decided."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.apps.inspection.corpus.archives import TEXT, seven, tarred, zipped
from tests.apps.inspection.corpus.documents import (
    _script,
    attached,
    open_document,
    pdf,
    rezipped,
    word,
)
from tests.apps.inspection.corpus.hostile import jars
from tests.apps.inspection.corpus.media import picture, saved
from tests.apps.inspection.corpus.programs import SCRIPTS, jar
from tests.apps.inspection.living import Inspector
from vedette.core.asks import Act, Members
from vedette.core.channels import Channel
from vedette.core.compile import compile_rules
from vedette.core.decide import decide
from vedette.core.decision import Decision
from vedette.core.files import File, facts_of
from vedette.core.names import MediaId, ServerName, UserId
from vedette.core.people import Directory, Person
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.core.towards import say
from vedette.protocol.internal.files import content_from_json

HEAD = """
[organisation]
name   = "Example"
domain = "example.test"

[parties]
staff = { groups = ["Employees"] }
"""
ANYTHING = '[rules.all]\nbetween = ["staff", "staff"]\nallow = ["file"]\n'
NO_PROGRAMS = """
[rules.no-programs]
between = ["anyone", "anyone"]
forbid  = ["file"]
when    = ["file.kind in program"]
"""
LISTED = """
[rules.listed]
between = ["staff", "staff"]
allow   = ["file"]
when    = ["file.kind in document, image, archive"]
"""
ANNA, BEN = UserId("@anna:example.test"), UserId("@ben:example.test")
Answer = Callable[..., Decision]


@pytest.fixture(scope="module")
def answer(inspector: Inspector) -> Answer:
    """What is decided about bytes that were really looked at, under rules."""

    def one(data: bytes, rules: str, name: str = "", declared: str = "") -> Decision:
        document = parse_document(HEAD + rules)
        assert isinstance(document, Document), document
        people = {user: Person(groups=frozenset({"Employees"})) for user in (ANNA, BEN)}
        directory = Directory(document, people, 1)
        file = File(
            server=ServerName("example.test"),
            media=MediaId("abc"),
            owner=ANNA,
            declared=declared,
            name=name,
            content=content_from_json(inspector.put(data)),
        )
        ask = say(
            Act.ROOM_EVENT_SEND,
            directory.someone(ANNA),
            Members.of([directory.someone(BEN)]),
            [Channel.FILE],
            None,
        )
        return decide(compile_rules(document, 1), ask, facts_of(file))

    return one


def test_one_jar_in_every_wrapping_is_refused_by_the_ban_and_by_the_list(
    answer: Answer, tmp_path: Path
) -> None:
    wrapped = list(jars(tmp_path))
    assert len(wrapped) >= 15
    for sample in wrapped:
        banned = answer(sample.data, ANYTHING + NO_PROGRAMS, sample.name)
        assert (banned.verdict.value, banned.rule) == ("no", "no-programs"), sample.name
        assert answer(sample.data, LISTED, sample.name).verdict.value == "no", sample.name


def test_a_jar_that_says_it_is_a_picture_is_refused(answer: Answer) -> None:
    found = answer(jar(), ANYTHING + NO_PROGRAMS, "holiday.png", "image/png")
    assert (found.verdict.value, found.rule) == ("no", "no-programs")


def test_the_innocent_pass_beside_it(answer: Answer) -> None:
    png = saved(picture(), "PNG")
    for data, name in (
        (word(), "letter.docx"),
        (png, "dot.png"),
        (pdf(), "a.pdf"),
        (open_document("text"), "letter.odt"),
        (zipped({"a.docx": word(), "b/dot.png": png}), "both.zip"),
        (tarred({"dot.png": png}), "a.tar"),
    ):
        assert answer(data, ANYTHING + NO_PROGRAMS, name).verdict.value == "yes", name
        assert answer(data, LISTED, name).verdict.value == "yes", name


def test_scripts_and_programs_of_the_system_are_programs(answer: Answer) -> None:
    for data in (
        Path("/bin/true").read_bytes(),
        SCRIPTS["run.sh"],
        gzip.compress(SCRIPTS["run.py"]),
    ):
        assert answer(data, ANYTHING + NO_PROGRAMS, "notes.txt", "text/plain").rule == "no-programs"


def forbidding(condition: str) -> str:
    return f"""{ANYTHING}
[rules.banned]
between = ["anyone", "anyone"]
forbid  = ["file"]
when    = ["{condition}"]
"""


def refused(found: Decision) -> tuple[str, str | None]:
    return found.verdict.value, found.rule


BANNED = ("no", "banned")


def test_archives_with_a_password_are_refused_where_they_are_banned(
    answer: Answer, tmp_path: Path
) -> None:
    rules = forbidding("file.protected = yes")
    for name, words in (("a.zip", ()), ("b.zip", ("-mem=AES256",)), ("c.7z", ("-mhe=on",))):
        locked = seven({"a.txt": TEXT}, tmp_path / name, "-psecret", *words)
        assert refused(answer(locked, rules, name)) == BANNED, name
        assert refused(answer(zipped({"in.bin": locked}), rules)) == BANNED, f"{name} in a zip"
    assert answer(zipped({"a.txt": TEXT}), rules).verdict.value == "yes"


def test_what_a_password_hides_may_be_a_program(answer: Answer, tmp_path: Path) -> None:
    """What can't be looked at counts as of unknown kind: the ban bites without a rule on passwords."""
    locked = seven({"a.jar": jar()}, tmp_path / "a.zip", "-psecret")
    assert refused(answer(locked, ANYTHING + NO_PROGRAMS, "a.zip")) == ("no", "no-programs")
    assert answer(locked, LISTED, "a.zip").verdict.value == "no"


def test_macros_are_refused_where_they_are_banned(answer: Answer) -> None:
    rules = forbidding("file.macros = yes")
    macros = rezipped(word(), {"word/vbaProject.bin": b"\x01\x16\x01" + bytes(200)})
    assert refused(answer(macros, rules, "letter.docx")) == BANNED
    assert refused(answer(zipped({"letter.docx": macros}), rules)) == BANNED
    assert answer(word(), rules, "letter.docx").verdict.value == "yes"


def test_a_pdf_that_acts_is_refused_where_that_is_banned(answer: Answer) -> None:
    rules = forbidding("file.active = yes")
    assert refused(answer(pdf(_script), rules, "a.pdf")) == BANNED
    assert refused(answer(pdf(attached("b.pdf", pdf(_script))), rules, "a.pdf")) == BANNED
    assert answer(pdf(), rules, "a.pdf").verdict.value == "yes"


def test_what_says_it_is_another_kind_is_refused_where_that_is_banned(answer: Answer) -> None:
    rules = forbidding("file.disguised = yes")
    assert refused(answer(word(), rules, "a.png", "image/png")) == BANNED
    assert refused(answer(saved(picture(), "PNG"), rules, "a.docx")) == BANNED
    assert answer(word(), rules, "letter.docx").verdict.value == "yes"


def test_two_kinds_in_one_file_are_refused_where_that_is_banned(answer: Answer) -> None:
    rules = forbidding("file.polyglot = yes")
    png = saved(picture(), "PNG")
    assert refused(answer(png + zipped({"a.txt": TEXT}), rules, "a.png")) == BANNED
    assert answer(png, rules, "a.png").verdict.value == "yes"


def test_what_an_xml_document_holds_as_base64_is_looked_at(answer: Answer) -> None:
    def flat(data: bytes) -> bytes:
        return (
            b'<?xml version="1.0"?><office:document office:mimetype="application/vnd.oasis'
            b'.opendocument.text"><office:body><office:binary-data>'
            + base64.encodebytes(data)
            + b"</office:binary-data></office:body></office:document>"
        )

    rules = ANYTHING + NO_PROGRAMS
    assert refused(answer(flat(jar()), rules, "a.fodt")) == ("no", "no-programs")
    assert answer(flat(saved(picture(), "PNG")), rules, "a.fodt").verdict.value == "yes"


def test_a_notebook_that_nobody_opens_may_hold_a_program(answer: Answer) -> None:
    notebook = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(200)
    assert refused(answer(notebook, ANYTHING + NO_PROGRAMS, "a.one")) == ("no", "no-programs")
    assert answer(notebook, LISTED, "a.one").verdict.value == "no"
