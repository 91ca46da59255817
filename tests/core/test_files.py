"""What is known of a file: what was found in it, what it says of itself, and whether both agree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.facts import FILE_FACTS, FILE_KINDS, REGISTRY, FactType, Missing
from vedette.core.files import (
    MOST_PARTS_INSIDE,
    Content,
    Digest,
    File,
    Part,
    essence,
    facts_beforehand,
    facts_of,
    facts_of_all,
    is_disguised,
)
from vedette.core.names import InvalidName, MediaId, ServerName, UserId

SHA = Digest("ab" * 32)
PDF = Content(sha256=SHA, size=10, kind="document", type="application/pdf", by="1")
REPORT = File(
    server=ServerName("example.org"),
    media=MediaId("report"),
    owner=UserId("@alice:example.org"),
    declared="application/pdf",
    name="report.pdf",
    content=PDF,
)


@pytest.mark.parametrize("text", ["", "AB" * 32, "ab" * 31, "ab" * 32 + "\n", "zz" * 32])
def test_a_digest_is_64_hex_digits_in_lower_case(text):
    assert Digest("ab" * 32) == "ab" * 32
    with pytest.raises(InvalidName):
        Digest(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "spreadsheet"},
        {"size": -1},
        {"inside": (Part("jar", "application/java-archive"),)},
        {"inside": tuple(Part("text", f"text/x-{n}") for n in range(MOST_PARTS_INSIDE + 1))},
    ],
)
def test_what_no_rule_could_name_is_no_finding(wrong):
    with pytest.raises(ValueError, match="not what inspection finds"):
        replace(PDF, **wrong)


def test_as_many_parts_as_are_kept_are_a_finding():
    full = tuple(Part("text", f"text/x-{n}") for n in range(MOST_PARTS_INSIDE))
    assert replace(PDF, inside=full, size=0).inside == full


def test_every_fact_of_a_file_that_was_looked_at_is_known():
    facts = facts_of(REPORT)
    assert facts.known.keys() == FILE_FACTS
    assert facts.known["file.kind"] == "document"
    assert facts.known["file.size"] == 10
    assert facts.claims == {"file.type": "application/pdf", "file.kind": "document"}
    assert facts.parts == ()


@pytest.mark.parametrize("file", [replace(REPORT, content=None), replace(REPORT, held=True)])
def test_of_a_file_that_waits_only_its_use_and_what_it_says_of_itself_is_known(file):
    facts = facts_of(replace(file, class_="avatar"))
    pending = {name for name, value in facts.known.items() if value is Missing.PENDING}
    assert pending | {"file.released"} == FILE_FACTS - {"file.class"}
    assert facts.known["file.class"] == "avatar"
    assert facts.claims["file.kind"] == "document"
    assert facts.parts == ()


def test_a_file_that_declares_nothing_claims_nothing():
    assert facts_of(replace(REPORT, declared="")).claims == {}


def test_what_could_not_be_learnt_is_unknown_and_not_no():
    facts = facts_of(replace(REPORT, content=replace(PDF, malware=None, active=None)))
    assert facts.known["file.malware"] is Missing.UNKNOWN
    assert facts.known["file.active"] is Missing.UNKNOWN
    assert facts.known["file.macros"] is False


def test_each_kind_inside_is_a_part_and_what_could_not_be_looked_at_is_one_of_unknown_kind():
    inside = (Part("program", "application/java-archive"), Part("text", "text/plain"))
    zipped = replace(PDF, kind="archive", type="application/zip", inside=inside, whole=False)
    facts = facts_of(replace(REPORT, content=zipped))
    assert [part["file.kind"] for part in facts.parts] == ["program", "text", Missing.UNKNOWN]
    assert [each.known["file.kind"] for each in facts.each()] == [
        "archive", "program", "text", Missing.UNKNOWN,
    ]  # fmt: skip
    assert all(each.known["file.size"] == 10 for each in facts.each())


@given(
    st.sampled_from(sorted(FILE_KINDS)),
    st.sampled_from([True, False, None]),
    st.frozensets(st.text(max_size=3), max_size=2),
    st.text(max_size=8),
    st.text(max_size=8),
)
def test_every_fact_has_the_type_that_the_registry_says(kind, maybe, matches, declared, name):
    content = replace(PDF, kind=kind, malware=maybe, protected=maybe, matches=matches)
    facts = facts_of(replace(REPORT, content=content, declared=declared, name=name))
    wanted = {
        FactType.YES_NO: bool, FactType.SIZE: int, FactType.WORD: str, FactType.WORDS: frozenset,
    }  # fmt: skip
    for name_, value in facts.known.items():
        assert value is Missing.UNKNOWN or type(value) is wanted[REGISTRY[name_].type], name_


@pytest.mark.parametrize(
    ("said", "meant"),
    [("Text/Plain; charset=utf-8", "text/plain"), (" image/png ", "image/png"), ("", "")],
)
def test_a_media_type_is_compared_without_its_parameters(said, meant):
    assert essence(said) == meant


@pytest.mark.parametrize(
    ("name", "declared", "kind", "disguised"),
    [
        ("report.pdf", "application/pdf", "document", False),
        ("report.pdf", "application/pdf", "program", True),
        ("report", "application/pdf", "program", True),
        ("report.pdf", "", "program", True),
        ("tool.exe", "", "document", True),
        ("report", "", "program", False),
        ("report.strange", "application/x-strange", "program", False),
        ("report.pdf", "application/octet-stream", "document", False),
        ("blob", "application/octet-stream", "program", False),
        ("report.pdf", "application/pdf", "encrypted", False),
        ("voice.ogg", "audio/ogg", "video", False),
        ("film.mp4", "video/mp4", "audio", False),
        ("voice.ogg", "audio/ogg", "program", True),
        ("picture.PNG", "image/png", "document", True),
        ("picture.exe. ", "", "image", True),
    ],
)
def test_a_file_is_disguised_where_it_says_another_kind_than_it_is(name, declared, kind, disguised):
    assert is_disguised(name, declared, replace(PDF, kind=kind)) is disguised
    facts = facts_of(replace(REPORT, name=name, declared=declared, content=replace(PDF, kind=kind)))
    assert facts.known["file.disguised"] is disguised


def test_of_what_nobody_will_ever_look_at_nothing_is_known():
    facts = facts_of(replace(REPORT, content=None), Missing.UNKNOWN)
    assert {facts.known[name] for name in FILE_FACTS - {"file.class", "file.released"}} == {
        Missing.UNKNOWN
    }
    assert facts_of(REPORT, Missing.UNKNOWN) == facts_of(REPORT)


def test_before_the_bytes_come_only_what_was_said_of_them_is_known():
    facts = facts_beforehand("image/png", 7)
    assert facts.known.keys() == FILE_FACTS
    assert facts.known["file.size"] == 7
    assert facts.known["file.class"] is Missing.PENDING
    assert facts.claims == {"file.type": "image/png", "file.kind": "image"}
    assert facts_beforehand("", None).known["file.size"] is Missing.PENDING
    assert facts_beforehand("", None).claims == {}


def test_of_several_files_each_is_a_part_with_what_is_in_it():
    inside = (Part("program", "application/java-archive"),)
    zipped = facts_of(replace(REPORT, content=replace(PDF, kind="archive", inside=inside)))
    picture = facts_of(replace(REPORT, content=replace(PDF, kind="image", size=3)))
    waiting = facts_of(replace(REPORT, content=None))
    together = facts_of_all([zipped, picture, waiting, zipped], {"file.kind": "document"})
    kinds = [each.known["file.kind"] for each in together.each()]
    assert kinds == ["archive", "program", "image", Missing.PENDING, "archive", "program"]
    assert [each.known["file.size"] for each in together.each()][:3] == [10, 10, 3]
    assert together.claims == {"file.kind": "document"}
    assert facts_of_all([], {"file.size": 1}).known == {}


@given(st.sampled_from([REPORT, replace(REPORT, content=None)]), st.booleans(), st.booleans())
def test_somebodys_word_counts_for_what_nobody_knows_and_never_for_what_is_held(
    file, released, held
):
    facts = facts_of(replace(file, released=released, held=held))
    wanted = released and file.content is None
    assert facts.known["file.released"] == (Missing.PENDING if held else wanted)


def test_before_the_bytes_come_nobody_has_released_them() -> None:
    assert facts_beforehand("image/png", 4).known["file.released"] is False
