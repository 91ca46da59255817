from dataclasses import replace

import pytest

from vedette.core.record import RecordFault
from vedette.core.revision import Revision, verify_revisions

FIRST = Revision(number=1, text="a", digest="d" * 64, author="init", reason="first", at=1)
SECOND = replace(FIRST, number=2, text="b", previous=FIRST.hash)
THIRD = replace(FIRST, number=3, text="c", previous=SECOND.hash)


def test_a_whole_chain_holds() -> None:
    verify_revisions([])
    verify_revisions([FIRST, SECOND, THIRD])


@pytest.mark.parametrize(
    "altered",
    [
        replace(SECOND, text="B"),
        replace(SECOND, author="somebody else"),
        replace(SECOND, reason="another"),
        replace(SECOND, approvers=("@ben:example.org",)),
        replace(SECOND, at=2),
        replace(SECOND, words=("w",)),
        replace(SECOND, commands=("c",)),
        replace(SECOND, digest="e" * 64),
    ],
    ids=lambda each: ",".join(
        name
        for name in Revision.__dataclass_fields__
        if getattr(each, name) != getattr(SECOND, name)
    ),
)
def test_the_next_revision_shows_that_one_was_altered(altered: Revision) -> None:
    with pytest.raises(RecordFault, match="revision 3"):
        verify_revisions([FIRST, altered, THIRD])


def test_a_dropped_revision_is_missed() -> None:
    with pytest.raises(RecordFault, match="revision 3"):
        verify_revisions([FIRST, THIRD])


def test_a_revision_that_was_slipped_in_follows_nothing() -> None:
    with pytest.raises(RecordFault, match="revision 2"):
        verify_revisions([FIRST, replace(SECOND, previous="0" * 64)])
