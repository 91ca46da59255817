"""The page about judging certificates: every fault, the misuse corpus, and the public suite."""

from __future__ import annotations

from itertools import groupby

from tests.protocol.x509.corpus import CASES, Case
from tests.protocol.x509.test_pkits import STRICTER
from vedette.protocol.x509.faults import WORDS, Fault

_GROUPS = {
    "good": "To be believed",
    "time": "Time",
    "keys": "Keys and hashes",
    "signature": "Signatures",
    "path": "Paths",
    "usage": "Usages",
    "policy": "Policies",
    "constraints": "Name constraints",
    "names": "Names",
    "crl": "Revocation lists",
    "ocsp": "OCSP",
}


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_faults(), *_corpus(), *_suite()]) + "\n"


_HEAD = (
    "# Certificates\n\n"
    "How certificates of a company's CA are judged, and what shows it. What it means to run one is"
    " in [operate/issuers.md](../operate/issuers.md), why it is judged so in"
    " [0026](../decisions/0026-how-certificates-are-judged.md).\n"
)


def _faults() -> list[str]:
    lines = ["## Faults\n", "| fault | what is wrong | what to do |", "|---|---|---|"]
    for fault in Fault:
        words = WORDS[fault]
        command = f" `{words.command}`" if words.command else ""
        lines.append(
            f"| `{fault.value}` | {_cell(words.what)} | {_cell(words.way_out + command)} |"
        )
    return [*lines, ""]


def _corpus() -> list[str]:
    lines = [
        "## The misuse corpus\n",
        (
            f"{len(CASES)} certificates made by a small CA (`tests/protocol/x509/corpus.py`). The second"
            " opinion is that of pyhanko-certvalidator, an independent library; where it differs, it"
            " is said why. Both columns are checked by `tests/protocol/x509/test_corpus.py`.\n"
        ),
    ]
    assert {case.group for case in CASES} <= set(_GROUPS)
    ordered = sorted(CASES, key=lambda case: list(_GROUPS).index(case.group))
    for group, cases in groupby(ordered, key=lambda case: case.group):
        lines += [f"### {_GROUPS[group]}\n", "| case | ours | second opinion |", "|---|---|---|"]
        lines += [_row(case) for case in cases]
        lines.append("")
    return lines


def _row(case: Case) -> str:
    ours = f"`{case.expect.value}`" if case.expect else "believed"
    takes = case.expect is None if case.second is None else case.second[0]
    second = "believed" if takes else "refused"
    why = f": {case.second[1]}" if case.second else ""
    return f"| {_cell(case.title)} | {ours} | {second}{_cell(why)} |"


def _suite() -> list[str]:
    lines = [
        "## NIST's suite (PKITS)\n",
        (
            "All 223 paths of the Public Key Interoperability Test Suite are tests"
            " (`tests/protocol/x509/test_pkits.py`), with every list of the suite at hand. Whatever it"
            f" calls invalid is refused. {len(STRICTER)} that it calls valid are refused here too:\n"
        ),
        "| path | why it is refused |",
        "|---|---|",
    ]
    return lines + [f"| {name} | {_cell(why)} |" for name, why in sorted(STRICTER.items())]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
