"""What is found in real files, against what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import pytest

from tests.apps.inspection.corpus import archives, documents, hostile, media, programs, texts
from tests.apps.inspection.corpus.sample import Sample
from tests.apps.inspection.living import Inspector
from tests.services.requirements import FFMPEG, SEVEN_ZIP, needs
from vedette.core.facts import FILE_KINDS

WRONG = {"letter-utf-16-be.txt"}
"""The files whose kind is known to be wrong: `docs/limits.md` tells why."""
pytestmark = needs(SEVEN_ZIP, FFMPEG)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """Every file."""
    scratch = tmp_path_factory.mktemp("corpus")
    build = programs.fetched()
    vba = programs.vba_project(build)
    return list(
        chain(
            media.pictures(),
            media.ffmpeg(scratch),
            documents.office(vba),
            documents.pdfs(),
            documents.others(),
            programs.programs(build, scratch),
            archives.archives(scratch),
            texts.texts(),
            texts.opaque(scratch),
            hostile.hostile(scratch),
        )
    )


@pytest.fixture(scope="module")
def found(corpus: list[Sample], inspector: Inspector) -> list[tuple[Sample, dict[str, Any]]]:
    """Every file, with what the inspector finds in it."""
    with ThreadPoolExecutor(3) as pool:
        return list(
            zip(corpus, pool.map(lambda each: inspector.put(each.data, 120), corpus), strict=True)
        )


Found = list[tuple[Sample, dict[str, Any]]]


def test_kinds_are_found_as_they_are(found: Found) -> None:
    table = Counter((sample.kind, told["kind"]) for sample, told in found)
    print("\n" + _table(table))
    wrong = [(sample, told) for sample, told in found if sample.kind != told["kind"]]
    for sample, told in wrong:
        print(f"wrong: {sample.name}: {sample.kind}, found {told['kind']} ({told['type']})")
    print(f"{len(found)} files, {len(wrong)} of a wrong kind")
    assert len(found) >= 300
    assert {sample.name for sample, _ in wrong} == WRONG
    # What acts must not pass for something that doesn't.
    assert [s.name for s, told in wrong if s.kind in ("program", "encrypted")] == []


def _table(counts: Counter[tuple[str, str]]) -> str:
    kinds = sorted(FILE_KINDS)
    rows = ["true \\ found".ljust(12) + "".join(kind.rjust(10) for kind in kinds)]
    for true in kinds:
        row = "".join(str(counts[true, kind] or ".").rjust(10) for kind in kinds)
        rows.append(true.ljust(12) + row)
    return "\n".join(rows)


def _differences(found: Found) -> Iterator[str]:
    for sample, told in found:
        if sample.type is not None and told["type"] != sample.type:
            yield f"{sample.name}: type {told['type']}, not {sample.type}"
        for fact, true in sample.told.items():
            if fact == "has":
                if true not in told["inside"]:
                    yield f"{sample.name}: {true} is not among {told['inside']}"
            elif told[fact] != true:
                yield f"{sample.name}: {fact} is {told[fact]}, not {true} {told['inside']}"


def test_types_and_what_is_within_are_found_as_they_are(found: Found) -> None:
    differences = list(_differences(found))
    print("\n".join(["", *differences]))
    assert differences == []
