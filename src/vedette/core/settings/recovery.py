"""Reading on after a syntax fault: every statement of a broken text is judged by itself.

A TOML reader stops at the first fault, and a tolerant grammar swallows what stands around one.
Here the text is cut into statements (a header, or a key with its value, over as many lines as its
brackets and quotes need) and each is given to the reader alone. What can't be read is blanked
out, so that the lines of the rest stay where they are.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

from vedette.core.settings.faults import Fault

_BARE = r"[A-Za-z0-9_-]+"
_DOTTED = rf"{_BARE}(?:\s*\.\s*{_BARE})*"
_QUOTED = r"\"[^\"\n]*\"|'[^'\n]*'"
_STARTS = re.compile(
    rf"\s*(?:\[\[?\s*(?!true\b|false\b|inf\b|nan\b)[A-Za-z]|(?:{_DOTTED}|{_QUOTED})\s*=)"
)
_HEADER = re.compile(rf"\s*\[\[?\s*(?P<path>{_DOTTED})")
_KEY = re.compile(rf"\s*(?P<path>{_DOTTED})\s*(?:=|$)")
_TOKEN = re.compile(r"\"\"\"|'''|\"(?:[^\"\\\n]|\\.)*\"?|'[^'\n]*'?|#.*|[\[\]{}]")
_AT = re.compile(r"\s*\(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
_PLAIN = (
    ("Expected '=' after a key", "after a key stands `=` and its value"),
    ("Expected ']' at the end", "the table's name is not closed; write `]` after it"),
    ("Expected ']]' at the end", "the table's name is not closed; write `]]` after it"),
    ("Expected newline or end", "something follows the value; one line says one thing"),
    ("Unclosed array", "the list is not closed; write `]` after its last value"),
    ("Unclosed inline table", "the braces are not closed; write `}` after the last value"),
    ('Expected "\'"', "the text is not closed; write a quote after it"),
    ("Unterminated string", "the text is not closed; write a quote after it"),
    ("Illegal character '\\n'", "the text is not closed; write a quote after it"),
    ("Invalid initial character for a key", "a name is missing before this"),
    ("Invalid statement", "this is neither a table's name nor a key with a value"),
    ("Invalid value", "this is not a value; texts stand in quotes"),
    ("Invalid date or datetime", "this is not a day of the calendar"),
    ("Unescaped '\\' in a string", "a backslash in a text is written twice"),
    ("Invalid hex value", "this escape in the text names no character"),
    ("Duplicate inline table key", "the same key stands twice in these braces"),
    ("Cannot declare", "this table stands here for the second time"),
    ("Cannot overwrite a value", "this key stands here for the second time"),
    ("Cannot redefine namespace", "this table stands here for the second time"),
    (
        "Cannot mutate immutable namespace",
        "this adds to a table that was written as a whole before",
    ),
)


@dataclass(slots=True)
class Recovered:
    """A text without its unreadable statements, and what was wrong with those.

    `damaged` are the tables, as dotted bare names, in which something could not be read: what
    seems to be missing there may just be unreadable.
    """

    text: str = ""
    faults: list[Fault] = field(default_factory=list)
    damaged: set[tuple[str, ...]] = field(default_factory=set)


def plain_words(error: Exception) -> tuple[str, int | None]:
    """What a TOML reader's complaint means, and the line it names."""
    if isinstance(error, RecursionError):
        return "lists or tables are nested far too deeply", None
    message = str(error)
    at = _AT.search(message)
    line = int(at["line"]) if at and at["line"] else None
    message = _AT.sub("", message)
    plain = next((words for start, words in _PLAIN if message.startswith(start)), None)
    return plain or f"this can't be read as TOML ({message[:1].lower() + message[1:]})", line


def recover(text: str) -> Recovered:
    """Judge every statement of `text` by itself. Never raises."""
    result = Recovered()
    lines = text.split("\n")
    kept: list[str] = []
    table: tuple[str, ...] = ()
    at = 0
    while at < len(lines):
        end = _statement_end(lines, at)
        chunk = lines[at:end]
        header = _HEADER.match(chunk[0])
        if header is not None:
            table = _parts(header["path"])
        kept += _judge(chunk, at, table, result)
        at = end
    result.text = "\n".join(kept)
    return result


def _judge(chunk: list[str], at: int, table: tuple[str, ...], result: Recovered) -> list[str]:
    """The lines to keep of one statement; what is wrong with it goes into `result`."""
    try:
        tomllib.loads("\n".join(chunk))
    except (ValueError, RecursionError) as error:
        message, line = plain_words(error)
        key = _KEY.match(chunk[0])
        path = ".".join((*table, *_parts(key["path"]))) if key else ".".join(table)
        within = min(line or len(chunk), len(chunk))
        # An unclosed list or text is complained about where the statement ends; it began earlier.
        begun = at + 1 if line is None or "not closed" in message else at + within
        result.faults.append(Fault(begun, path, message))
        result.damaged.add(table)
    else:
        return chunk
    # A broken header still says where what follows belongs.
    repaired = f"[{'.'.join(table)}]" if _HEADER.match(chunk[0]) and table else ""
    return [repaired] + [""] * (len(chunk) - 1)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in dotted.split("."))


def _statement_end(lines: list[str], start: int) -> int:
    """The line after the statement that begins at `start`.

    Goes on while a bracket or a long text is open, but never over a line that clearly begins the
    next statement: then the bracket was forgotten. A long text may hold such lines, so that it
    is first believed to end where its quotes say.
    """
    if not _KEY.match(lines[start]) and not lines[start].lstrip().startswith(('"', "'")):
        return start + 1  # a header, a comment, or nothing that could hold a value
    end = _open_until(lines, start, believing=True)
    if end - start > 1 and not _readable(lines[start:end]):
        return _open_until(lines, start, believing=False)
    return end


def _open_until(lines: list[str], start: int, *, believing: bool) -> int:
    depth, closer = _scan(lines[start], 0, None)
    end = start + 1
    while end < len(lines) and (depth > 0 or closer):
        if _STARTS.match(lines[end]) and not (closer and believing):
            return end
        depth, closer = _scan(lines[end], depth, closer)
        end += 1
    return end


def _readable(chunk: list[str]) -> bool:
    try:
        tomllib.loads("\n".join(chunk))
    except (ValueError, RecursionError):
        return False
    return True


def _scan(line: str, depth: int, closer: str | None) -> tuple[int, str | None]:
    """Brackets still open and the quotes still awaited after `line`."""
    position = 0
    while True:
        if closer is not None:
            found = line.find(closer, position)
            if found < 0:
                return depth, closer
            position, closer = found + 3, None
        token = _TOKEN.search(line, position)
        if token is None:
            return depth, None
        position = token.end()
        if token[0] in ('"""', "'''"):
            closer = token[0]
        else:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
