"""Compiles the organisation's YARA rules, in a process that can do nothing else.

In: a JSON object of file names and their text. Out: a line of JSON with `fault`, empty where all is
well, and then the compiled rules.
"""

from __future__ import annotations

import io
import json
import sys

import yara_x

from vedette.inspection.look import sandbox
from vedette.ports.looking import Limits

_LIMITS = Limits(depth=1, entries=1, unpacked=0, ratio=1, seconds=60)


def compiled(sources: dict[str, str]) -> bytes:
    """All files together, as one set of rules.

    Raises:
        ValueError: one can't be compiled; the message begins with its file and line.
    """
    compiler = yara_x.Compiler()
    compiler.enable_includes(False)
    for name, text in sorted(sources.items()):
        try:
            compiler.add_source(text, name)
        except yara_x.CompileError as fault:
            raise ValueError(_words(name, compiler.errors()) or f"{name}: {fault}") from fault
    into = io.BytesIO()
    compiler.build().serialize_into(into)
    into.seek(0)
    yara_x.Rules.deserialize_from(into)  # it can be read again
    return into.getvalue()


def _words(name: str, errors: list[dict[str, object]]) -> str:
    """The first thing that is wrong, as `file:line: words`."""
    if not errors:
        return ""
    first = errors[0]
    labels = first.get("labels")
    detail = labels[0]["text"] if isinstance(labels, list) and labels else ""
    return f"{name}:{first.get('line', '?')}: {first.get('title')}: {detail}".removesuffix(": ")


def main() -> None:
    """`python -m vedette.inspection.look.compiling`, over standard input and output."""
    sources = json.load(sys.stdin)
    sandbox.leave_network()
    sandbox.enter(keep=(), limits=_LIMITS)
    try:
        rules, fault = compiled(sources), ""
    except ValueError as wrong:
        rules, fault = b"", str(wrong)
    sys.stdout.buffer.write(json.dumps({"fault": fault}).encode() + b"\n" + rules)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
