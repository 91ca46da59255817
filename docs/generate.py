"""Writes the reference pages from the code, and finds links that lead nowhere.

`python -m docs.generate` writes; with `--check` nothing is written, and a difference or a dead link is
a failure.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import typer.main

from docs import certificates
from vedette.admin.key_table import KEYS, KeyRow
from vedette.admin.keys import SHOWN_FIELDS
from vedette.cli.main import app
from vedette.core import holding
from vedette.core.administration import MEANINGS
from vedette.core.facts import REGISTRY
from vedette.core.reasons import Reason
from vedette.core.settings.reference import settings_reference
from vedette.core.settings.schema import schema_text
from vedette.core.synapse_options.option import Option, Way
from vedette.core.synapse_options.table import GROUPS
from vedette.protocol.matrix.paths import table_as_markdown

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs/reference"
NOTE = "<!-- Written by `make docs` from the code. Changes here are lost. -->\n\n"
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_WIDTH = 100


def settings_page() -> str:
    """Every setting with its meaning, its risk and the command that sets it."""
    parts = [
        (
            "# Settings\n\n"
            "Every setting of the settings document. `<name>` stands for a name that the document"
            " gives. Settings marked *restart* are read by Synapse only when it starts.\n"
        )
    ]
    for info in settings_reference():
        restart = " *(restart)*" if info.restart else ""
        rows = [
            ("type", info.type),
            ("default", f"`{info.default}`" if info.default else "none: it must be said"),
            ("recommended", info.recommended),
            ("risk", info.risk),
            ("command", f"`{info.command}`"),
        ]
        table = "\n".join(f"| {name} | {_cell(text)} |" for name, text in rows if text)
        parts.append(
            f"## `{info.path}`{restart}\n\n**{info.title}.** {info.meaning}\n\n"
            f"| | |\n|---|---|\n{table}\n"
        )
    return "\n".join(parts)


def facts_page() -> str:
    """Every fact that a condition may read."""
    lines = [
        "# Facts\n",
        (
            "What conditions (`when`, `unless`) may read. A rule may read only facts that all its"
            " channels have. *claimable*: a mere claim of it may stand in where the rule writes"
            " `claimed`.\n"
        ),
        "| fact | type | meaning | values | channels | learnt at | claimable |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, spec in sorted(REGISTRY.items()):
        values = ", ".join(sorted(spec.words)) if spec.words else ""
        channels = ", ".join(sorted(channel.value for channel in spec.channels))
        doors = ", ".join(sorted(door.value for door in spec.doors))
        claimable = "yes" if spec.claimable else ""
        cells = (f"`{name}`", spec.type.value, spec.meaning, values, channels, doors, claimable)
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "\n".join(lines) + "\n"


def reasons_page() -> str:
    """Every reason code with its meaning, from the strings below the members."""
    source = (ROOT / "src/vedette/core/reasons.py").read_text(encoding="utf-8")
    lines = [
        "# Reason codes\n",
        "A code is never reused for another meaning.\n",
        "| code | meaning |",
        "|---|---|",
    ]
    for reason in Reason:
        found = re.search(rf'{reason.name} = "[^"]+"\n    """(.*?)"""', source, re.DOTALL)
        meaning = " ".join(found[1].split()) if found else ""
        lines.append(f"| `{reason.value}` | {_cell(meaning)} |")
    return "\n".join(lines) + "\n"


def acts_page() -> str:
    """Every act of administration."""
    lines = [
        "# Acts of administration\n",
        (
            'What a rule on `administer` may name in `when = ["act in …"]`, and what a token of the'
            " API may have (`vedette token add --acts`). Every operation of the API asks for one of"
            " them, also the ones that only read.\n"
        ),
        "| act | allows to |",
        "|---|---|",
    ]
    lines += [f"| `{act.value}` | {_cell(words)} |" for act, words in MEANINGS.items()]
    return "\n".join(lines) + "\n"


def endpoints_page() -> str:
    """The endpoint table of both public doors."""
    return table_as_markdown()


def commands_page() -> str:
    """The help of every command."""
    parts = ["# Commands\n"]
    for words, command in _commands((), typer.main.get_command(app)):
        context = click.Context(
            command, info_name=" ".join(("vedette", *words)), max_content_width=_WIDTH
        )
        context.terminal_width = _WIDTH
        text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        parts.append(f"## `{' '.join(('vedette', *words))}`\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _commands(
    words: tuple[str, ...], command: click.Command
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands((*words, name), inner)


def keys_page() -> str:
    """Every key: who holds it, where, how it is changed, and what it is worth to a thief."""
    return _KEYS + "\n".join(map(_key, KEYS))


def _key(row: KeyRow) -> str:
    often = "" if row.days is None else f" `vedette doctor` reminds of it after {row.days} days."
    said = {
        "held by": row.holder,
        "lies at": _where(row),
        "changed": f"{row.change}.{often}",
        "stolen": f"a thief {row.stolen}" if row.stolen.startswith("can ") else row.stolen,
        "lost": row.lost,
    }
    lines = "\n".join(f"- *{name}*: {_cell(text)}" for name, text in said.items() if text)
    return f"## {row.name}\n\n{_sentence(row.what)}\n\n{lines}\n"


def _where(row: KeyRow) -> str:
    shown = row.fields if row.name == "anchors" else SHOWN_FIELDS.intersection(row.fields)
    closed = [*(f"`{name}`" for name in row.fields if name not in shown), *row.files]
    public = [*(f"`{name}`" for name in sorted(shown)), *row.open_files]
    parts = [f"{', '.join(closed)} (0600)"] if closed else []
    return "; ".join([*parts, f"for anybody to read {', '.join(public)}"] if public else parts)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


_KEYS = """\
# Keys and secrets

`vedette key list` names every key of the organisation, the file, its age, and the day on which a
certificate among them ends. It shows no value. `vedette key rotate NAME --reason …` changes those
that can be changed while everything runs; no session ends by it. What Synapse reads at its start
alone has that start again, by `vedette up`: for some seconds clients and partners are told to come
again, and nothing accepted is lost. Either is asked and recorded like every act of administration
(`keys:key:list`, `keys:key:rotate`).

Names below such as `signin.store_key` are the boot file's; files of mode 0600 can be read by the
organisation's user alone. `vedette doctor` says where one is missing, open to others, or old.

**There is no CA of Vedette's own.** The processes of one organisation run on one machine and speak
over Unix sockets (mode 0600) and loopback; what control tells doors is signed by `settings-key`,
and so is what it asks of Synapse ([why](../decisions/0037-no-inner-ca-on-one-machine.md)). Keys that people
hold (passkeys, codes, certificates) are their own; partners' pinned keys and pins are settings
(`vedette partner show NAME`), each with its last day where it has one.

A key that is thought to be stolen is changed after whoever stole it is out: else they have the
next one too.

**A change that was broken off** (a crash, a full disk) loses nothing: the next key lies beside the
old one (`.next`) until it has taken over, and the process that holds it goes on with it at its next
start.

"""


def synapse_page() -> str:
    """Every option of Synapse that matters for security, and what decides it."""
    parts = [
        (
            "# Synapse's own options\n\n"
            "Every option of Synapse that matters for security, with what Synapse does by itself"
            " and what decides it here; `vedette settings synapse` and the console say what is in force."
            " What is *fixed* is so for the reason that its risk gives; what Vedette does not write has"
            " Synapse's default.\n"
        )
    ]
    for group, options in GROUPS:
        lines = [f"## {group}\n", "| option | by itself | decided by | meaning | risk otherwise |"]
        lines.append("|---|---|---|---|---|")
        for each in options:
            default = "" if each.way is Way.HOST else f"`{json.dumps(each.default)}`"
            cells = (f"`{each.key}`", default, _decided_by(each), each.meaning, each.risk)
            lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _decided_by(option: Option) -> str:
    if option.way is Way.FIXED:
        return "fixed"
    if option.way is Way.HOST:
        return "the boot file"
    settings = [f"[`{path}`](settings.md)" for path in option.by]
    return ", ".join([*settings, *(["rules"] if option.rules else [])])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


PAGES: dict[str, Callable[[], str]] = {
    "acts.md": acts_page,
    "certificates.md": certificates.page,
    "commands.md": commands_page,
    "endpoints.md": endpoints_page,
    "facts.md": facts_page,
    "held.md": holding.page,
    "reasons.md": reasons_page,
    "settings.md": settings_page,
    "synapse.md": synapse_page,
}


def written() -> dict[Path, str]:
    """Every generated file with what must stand in it."""
    pages = {REFERENCE / name: NOTE + page().rstrip("\n") + "\n" for name, page in PAGES.items()}
    pages[ROOT / "docs/operate/keys.md"] = NOTE + keys_page() + "\n"
    return pages | {REFERENCE / "settings.schema.json": schema_text()}


def dead_links() -> list[str]:
    """Links inside the repository that lead nowhere, as `page: link`."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in _LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in link
        and not link.startswith(("#", "mailto:"))
        and not (page.parent / link.partition("#")[0]).exists()
    ]


def main() -> int:
    """Write the pages, or with `--check` compare them; the exit code."""
    faults = []
    for path, text in written().items():
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            faults.append(f"{path.relative_to(ROOT)} is not what the code says; run `make docs`")
    faults += [f"dead link in {link}" for link in dead_links()]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
