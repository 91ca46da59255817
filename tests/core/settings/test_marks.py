"""The line by which a draft says on which revision it stands is read back, and nothing else is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.settings.marks import marked, unmarked

TEXT = st.text() | st.sampled_from(["", "\n", "# vedette: revision 3\n", "# a remark\n"])


@given(text=TEXT, revision=st.integers(0, 10**15 - 1))
def test_what_was_marked_is_read_back_word_for_word(text: str, revision: int) -> None:
    assert unmarked(marked(text, revision)) == (revision, text)


@pytest.mark.parametrize(
    "text",
    ["", "[rules]\n", "# vedette: revision\n", "# vedette: revision -1\n", " # vedette: revision 1\n",
     "# vedette: revision 1", "# vedette: revision " + "1" * 16 + "\n", "\n# vedette: revision 1\n"],
)  # fmt: skip
def test_any_other_first_line_is_the_authors_own(text: str) -> None:
    assert unmarked(text) == (None, text)
