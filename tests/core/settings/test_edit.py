from __future__ import annotations

import copy
import tomllib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.core.settings.documents import CALM, SAMPLE, documents, rules
from vedette.core.settings.document import Document
from vedette.core.settings.edit import (
    EditError,
    add_rule,
    remove,
    remove_rule,
    rule_keys,
    set_value,
)
from vedette.core.settings.parse import parse_document
from vedette.core.settings.reference import spell_value


def comment_lines(text):
    return [line.strip() for line in text.splitlines() if line.strip().startswith("#")]


def texts(value):
    """Every text in the values of a document, however deep."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [found for each in inner for found in texts(each)]
    return [value] if isinstance(value, str) else []


def holds_what_looks_like_a_comment(values):
    """Whether a line of a long text begins like a comment: it is none, though it looks like one."""
    return any(comment_lines(value) for value in texts(values))


def pruned(values):
    """Without tables that hold nothing: taking a table's last key may take the table."""
    if not isinstance(values, dict):
        return values
    inner = {key: pruned(value) for key, value in values.items()}
    return {key: value for key, value in inner.items() if value != {}}


def test_a_value_is_replaced_and_the_comment_behind_it_stays():
    text = set_value(SAMPLE, "rules.acme.expires", "2028-01-31")
    assert text == SAMPLE.replace("2027-06-30  ", "2028-01-31  ")


def test_a_value_between_braces_is_replaced():
    text = set_value(SAMPLE, "rooms.board.sealed", "false")
    assert text == SAMPLE.replace("sealed = true", "sealed = false")


def test_a_new_value_stands_behind_the_last_one_of_its_table():
    text = set_value(SAMPLE, "rules.acme.mode", '"observe"')
    assert 'can expire\nmode = "observe"\n\n[rules.two-factors]' in text


def test_a_new_value_between_braces_is_parted_by_a_comma():
    text = set_value(SAMPLE, "parties.board.users", "[]")
    assert 'board       = { groups = ["Board"], users = [] }\n' in text
    assert "a = { b = 1 }\n" in set_value("a = {}\n", "a.b", "1")
    assert set_value("a = {}\n", "a.b.c", "1") == "a = { b = { c = 1 } }\n"


def test_a_new_section_stands_at_the_end():
    assert set_value(SAMPLE, "media.max_upload", '"1 GiB"').endswith(
        'forbid = ["file"] }\n\n[media]\nmax_upload = "1 GiB"\n'
    )


def test_a_new_named_table_may_be_set_as_a_whole():
    text = set_value(SAMPLE, "partners.initech", '{ domains = ["initech.example"] }')
    assert tomllib.loads(text)["partners"]["initech"] == {"domains": ["initech.example"]}
    assert text.index("initech") < text.index("[rooms]")


def test_a_value_is_set_where_dotted_keys_are_used():
    assert set_value("a.b = 1 # x\n", "a.c", "2") == "a.b = 1 # x\na.c = 2\n"
    assert set_value("[t]\na.b = 1\n", "t.a.b", "2") == "[t]\na.b = 2\n"
    assert tomllib.loads(set_value("[t]\na.b = 1\n", "t.a.c", "2")) == {
        "t": {"a": {"b": 1, "c": 2}}
    }


def test_windows_line_ends_stay():
    text = set_value(SAMPLE.replace("\n", "\r\n"), "rules.acme.mode", '"observe"')
    assert "\n" not in text.replace("\r\n", "")


def test_a_file_without_a_last_line_end_gets_one():
    assert set_value("[a]\nb = 1", "a.c", "2") == "[a]\nb = 1\nc = 2\n"


def test_a_setting_of_no_section_stands_before_the_first_header():
    assert set_value("# x\na = 1\n[b]\n", "c", "2") == "# x\na = 1\nc = 2\n[b]\n"
    assert set_value("[b]\n", "c", "2") == "c = 2\n[b]\n"


def test_the_comments_at_the_top_go_with_the_first_setting():
    assert remove("# x\n# y\na = 1\nb = 2\n", "a") == "b = 2\n"


def test_what_no_edit_can_do_is_refused():
    with pytest.raises(EditError, match="no table"):
        set_value("[[b]]\n", "b.c", "1")
    # What is not equal to itself can't be seen to have stayed as it was.
    with pytest.raises(EditError, match="edit the text itself"):
        set_value("a = nan\n", "b", "1")


def test_control_characters_in_a_comment_become_spaces():
    assert "# a b\n[rules.x]" in add_rule("", "x", {"allow": ["file"]}, comment="a\x00b")


@pytest.mark.parametrize("value", ["", "1\nb = 2", "1 # x", "x", "1, 2", '"', "[1", "{", "1]#"])
def test_what_is_not_one_value_is_refused(value):
    with pytest.raises(EditError):
        set_value(SAMPLE, "media.max_upload", value)


@pytest.mark.parametrize("path", ["", "a b", "a..b", "rules", "rules.acme", "organisation.name.x"])
def test_a_path_at_which_nothing_can_be_set_is_refused(path):
    with pytest.raises(EditError):
        set_value(SAMPLE, path, "1")


def test_a_text_with_faults_is_not_edited():
    for edit in (lambda: set_value("a =", "a", "1"), lambda: remove("a =", "a"),
                 lambda: remove_rule("a =", "a"), lambda: add_rule("a =", "a", {})):  # fmt: skip
        with pytest.raises(EditError, match="faults of syntax"):
            edit()


def test_a_rule_goes_with_the_comment_block_directly_above_it():
    text = remove_rule(SAMPLE, "archives")
    start, end = SAMPLE.index("# Engineers send"), SAMPLE.index("# The contract")
    assert text == SAMPLE[:start] + SAMPLE[end:]


def test_a_rule_with_a_header_goes_as_a_whole_and_its_neighbours_stay():
    text = remove_rule(SAMPLE, "acme")
    start, end = SAMPLE.index("# The contract"), SAMPLE.index("[rules.two-factors]")
    assert text == SAMPLE[:start] + SAMPLE[end:]


def test_the_last_rule_leaves_the_heading_of_the_next_section_alone():
    text = remove_rule(SAMPLE, "four-eyes-on-federation")
    assert "# ---- the rails" in text
    assert "\n\n\n" not in text


def test_a_guardrail_is_removed_from_its_section():
    text = remove_rule(SAMPLE, "no-file-crosses", section="guardrails")
    assert "no-file-crosses" not in text
    assert "[guardrails]   " in text


def test_a_rule_between_braces_goes_with_its_comma():
    text = "rules = { a = {}, b = {}, c = {} }\n"
    assert remove_rule(text, "a") == "rules = { b = {}, c = {} }\n"
    assert remove_rule(text, "b") == "rules = { a = {}, c = {} }\n"
    assert remove_rule(text, "c") == "rules = { a = {}, b = {} }\n"


def test_a_rule_in_dotted_keys_goes_with_all_of_them():
    assert remove_rule("[rules]\n# x\na.to = 1\n# y\na.from = 2\nb.to = 3\n", "a") == (
        "[rules]\nb.to = 3\n"
    )


def test_a_single_setting_is_removed():
    assert "session " not in remove(SAMPLE, "sign_in.session")


def test_what_looks_like_a_comment_in_a_text_is_none():
    text = 'a = """\n# x"""\nb = 1\n'
    assert remove(text, "b") == 'a = """\n# x"""\n'


@pytest.mark.parametrize("name", ["nobody", "a.b", ""])
def test_what_is_not_there_is_not_removed(name):
    with pytest.raises(EditError):
        remove_rule(SAMPLE, name)
    with pytest.raises(EditError):
        remove(SAMPLE, f"rules.{name}")


def test_an_added_rule_stands_behind_the_last_one_with_its_comment():
    rule = {"between": ["us", "acme"], "allow": ["file"], "say": 'no "x"'}
    text = add_rule(SAMPLE, "new", rule, comment="contract 4711\nsecond line")
    assert (
        'unless = ["approvals >= 1"]\n\n# contract 4711\n# second line\n[rules.new]\n'
        'between = ["us", "acme"]\nallow   = ["file"]\nsay     = "no \\"x\\""\n\n# ---- the rails'
    ) in text


def test_a_rule_is_added_where_all_rules_stand_between_braces():
    text = add_rule("rules = { a = {} }\n", "b", {"allow": ["file"]})
    assert tomllib.loads(text) == {"rules": {"a": {}, "b": {"allow": ["file"]}}}


def test_a_rule_is_not_added_twice():
    with pytest.raises(EditError, match="already"):
        add_rule(SAMPLE, "acme", {})


def test_a_comment_can_not_smuggle_in_a_rule():
    text = add_rule("", "a", {"allow": ["file"]}, comment="x\r[rules.evil]\u2028y = 1")
    assert tomllib.loads(text) == {"rules": {"a": {"allow": ["file"]}}}


@CALM
@given(documents, st.data())
def test_an_edit_does_exactly_what_it_says_and_every_comment_line_survives(pair, data):
    found, text = pair
    assume(not holds_what_looks_like_a_comment(found))
    section = data.draw(st.sampled_from(sorted(found)))
    assume(found[section])
    name = data.draw(st.sampled_from(sorted(found[section])))
    path = [section, name]
    if isinstance(found[section][name], dict):
        path.append(data.draw(st.sampled_from([*sorted(found[section][name]), "brand-new"])))
    value = data.draw(st.sampled_from([True, 3, "x # y", ["a", "#"], 'it\'s "so"']))
    wanted = copy.deepcopy(found)
    table = wanted[section][name] if len(path) == 3 else wanted[section]
    table[path[-1]] = value
    edited = set_value(text, ".".join(path), spell_value(value))
    assert tomllib.loads(edited) == wanted
    assert comment_lines(edited) == comment_lines(text)
    if path[-1] == "brand-new":
        assert pruned(tomllib.loads(remove(edited, ".".join(path)))) == pruned(found)


@CALM
@given(documents, rules(), st.sampled_from(["new", "a-2"]))
def test_an_added_rule_is_exactly_the_one_that_was_meant(pair, rule, name):
    found, text = pair
    assume(not holds_what_looks_like_a_comment([found, rule]))
    edited = add_rule(text, name, rule)
    before, after = parse_document(text), parse_document(edited)
    assert isinstance(before, Document)
    assert isinstance(after, Document)
    assert rule_keys(after.rules[name]).items() <= (rule_keys(after.rules[name]) | rule).items()
    assert tomllib.loads(edited)["rules"] == {**found["rules"], name: rule}
    assert after.model_copy(update={"rules": before.rules}) == before
    assert comment_lines(edited) == comment_lines(text)


@CALM
@given(documents, st.data())
def test_a_removed_rule_takes_only_its_own_comments(pair, data):
    found, text = pair
    assume(found["rules"])
    assume(not holds_what_looks_like_a_comment(found))
    name = data.draw(st.sampled_from(sorted(found["rules"])))
    edited = remove_rule(text, name)
    wanted = copy.deepcopy(found)
    del wanted["rules"][name]
    assert pruned(tomllib.loads(edited)) == pruned(wanted)
    left, before = comment_lines(edited), comment_lines(text)
    gone = [line for line in before if line not in left]
    assert left == [line for line in before if line in left]
    # Whatever went stood in one or more blocks with the rule, never apart from it.
    lines = text.splitlines()
    for line in gone:
        at = next(i for i, other in enumerate(lines) if other.strip() == line)
        below = next((other for other in lines[at + 1 :] if not other.strip().startswith("#")), "")
        assert below.strip(), f"{line} stood before an empty line in {text}"


@CALM
@given(documents, rules())
def test_adding_and_removing_a_rule_gives_the_text_back(pair, rule):
    _, text = pair
    text = text if text.endswith("\n") else text + "\n"
    # Empty lines around it may differ by one.
    there_and_back = remove_rule(add_rule(text, "new", rule), "new")
    assert [x for x in there_and_back.split("\n") if x] == [x for x in text.split("\n") if x]
