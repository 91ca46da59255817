"""Nothing is long: functions fit a screen, files can be read in one go, names say something."""

import ast
import io
import tokenize
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src/vedette"
MOST_LINES_OF_A_FUNCTION = 50
MOST_LINES_OF_A_FILE = 600
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}


def _code_lines(text: str) -> set[int]:
    """The numbers of lines that hold code: no comment, no docstring, no blank."""
    quiet = {
        tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
        tokenize.ENCODING, tokenize.ENDMARKER,
    }  # fmt: skip
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in quiet:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            assert node.end_lineno is not None
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return lines


def test_no_function_is_longer_than_a_screen():
    long = []
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        code = _code_lines(text)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                count = len(code & set(range(node.lineno, (node.end_lineno or 0) + 1)))
                if count > MOST_LINES_OF_A_FUNCTION:
                    long.append(f"{path.relative_to(SOURCE)}: {node.name}: {count}")
    assert long == []


def test_no_file_is_too_long():
    counts = {path: len(_code_lines(path.read_text())) for path in SOURCE.rglob("*.py")}
    assert [f"{p.name}: {n}" for p, n in counts.items() if n > MOST_LINES_OF_A_FILE] == []


def test_no_module_has_an_empty_name():
    assert [path.name for path in SOURCE.rglob("*.py") if path.stem in EMPTY_NAMES] == []
