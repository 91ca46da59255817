"""Only the spine makes a Permit, and every effect takes one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps.scene import policy_of
from vedette.core.decision import Decision, Verdict
from vedette.core.reasons import Reason
from vedette.spine import Permit

SOURCE = Path(__file__).parents[2] / "src/vedette"
SPINE = SOURCE / "spine.py"


def _modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if (isinstance(called, ast.Name) and called.id == name) or (
                isinstance(called, ast.Attribute) and called.attr == name
            ):
                yield node


def test_only_the_spine_calls_permit_and_only_once():
    where = [path for path, tree in _modules() for _ in _calls(tree, "Permit")]
    assert where == [SPINE]


def test_nobody_else_touches_what_makes_a_permit():
    users = [
        path
        for path, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and (getattr(node, "id", None) or getattr(node, "attr", None)) == "_MAKER"
    ]
    assert set(users) == {SPINE}


def test_a_permit_made_by_hand_is_no_permit():
    decision = Decision(verdict=Verdict.YES, reason=Reason.ALLOWED, revision=1)
    with pytest.raises(TypeError, match="only the spine"):
        Permit(decision, "gateway:1", policy_of(), object())


DECIDES = {
    "spine.py",
    "ports/policy.py",
    # what was recorded, or is asked in imagination, has a day of its own
    "admin/replay.py",
    "admin/why.py",
    # the core's own words about sessions; their callers say the day
    "core/running_sessions.py",
    "core/sessions.py",
    "core/suspension.py",
}
"""Whoever else wants an answer asks `Policy.decide`, which knows the day and keeps a file's parts."""


def test_answers_are_made_by_the_policy_whose_facts_were_gathered():
    importers = {
        str(path.relative_to(SOURCE))
        for path, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "vedette.core.decide"
        and "decide" in {each.name for each in node.names}
    }
    assert importers == DECIDES


EFFECTS = {
    "admin/accounts.py": {"_forgive", "_make", "_reset", "_set_password"},
    "admin/audit_desk.py": {"_erase"},
    "control/retention.py": {"_remove"},
    "admin/sessions.py": {"_approve", "_put_if_there"},
    "admin/drafts.py": {"_forget", "_keep"},
    "admin/pending.py": {"_agree", "_end"},
    "admin/settings.py": {"_keep", "_park", "back"},
    "admin/trial.py": {"_confirm"},
    "gateway/enforce.py": {"forward"},
    "gateway/tunnel.py": {"connect"},
    "signin/enforce.py": {"end_oldest", "go_on"},
    "signin/issuing.py": {"begin"},
    "synapse/held.py": {"release_file"},
    "synapse/internals/keeping.py": {"enter", "leave", "remove", "set_state"},
    "synapse/making.py": {"shape_room"},
}
"""What changes the world once somebody was allowed to: who adds an effect adds it here."""


@pytest.mark.parametrize("file", EFFECTS)
def test_every_effect_takes_a_permit_first(file: str):
    found = {
        node.name: node
        for node in ast.walk(ast.parse((SOURCE / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in EFFECTS[file]
    }
    assert found.keys() == EFFECTS[file], "an effect was renamed"
    for name, function in found.items():
        given = [a for a in function.args.args if a.arg != "self"]
        assert given, f"`{name}` takes nothing"
        assert given[0].annotation is not None
        assert ast.unparse(given[0].annotation) == "Permit", name


WRITES = {
    "admin/audit_desk.py": ("self.keys.erase", {"_erase"}),
    "control/retention.py": ("self.records.remove", {"_remove"}),
    # before there is a revision there is nothing to decide by: `begin` keeps the first
    "admin/settings.py": ("self.revisions.append", {"_keep", "begin"}),
    "admin/drafts.py": ("self.store.save", {"_keep"}),
    "admin/pending.py": ("self._store.approve", {"_agree"}),
    "admin/sessions.py": ("self.store.move_session", {"_put_if_there"}),
    "signin/issuing.py": ("self.store.add_session", {"begin"}),
    "gateway/tunnel.py": ("asyncio.open_connection", {"connect"}),
}
"""The call by which an effect happens, and the functions that may make it."""


@pytest.mark.parametrize("file", WRITES)
def test_an_effect_happens_only_where_the_permit_is_taken(file: str):
    call, effects = WRITES[file]
    tree = ast.parse((SOURCE / file).read_text(encoding="utf-8"))
    makers = {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == call
    }
    assert makers == effects


ONE_OF_MANY = {
    ("control/directory.py", "run"),
    ("control/inventories.py", "_turn"),
    ("synapse/departed.py", "_left"),
}
"""Duties that log what went wrong with one turn and go on: a bug in it must not end all others. They
decide nothing and hold no Permit beyond that turn."""


def test_only_the_spine_and_duties_of_many_turns_catch_every_exception():
    broad = {
        (str(path.relative_to(SOURCE)), function.name)
        for path, tree in _modules()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and not _raises_again(node)
        and path != SPINE
    }
    assert broad == ONE_OF_MANY


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether what was caught always goes on: the handler cleans up and raises."""
    return isinstance(handler.body[-1], ast.Raise)
