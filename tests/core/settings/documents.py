"""Valid documents for property tests: as values, and in every spelling that TOML has for them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from vedette.core.settings.reference import spell_value

CALM = settings(deadline=None, max_examples=min(40, settings().max_examples))
"""For properties over whole documents: few examples, and no hurry on a busy machine."""

SAMPLE = """\
# The whole sample of the language.
[organisation]
name   = "Example AG"
domain = "example.org"

[parties]
contractors = { groups = ["Contractors"] }
staff       = { groups = ["Employees", "Board"], except = ["contractors"] }   # everyone employed
engineering = { groups = ["Engineering"], except = ["contractors"] }
board       = { groups = ["Board"] }
help-desk   = { groups = ["IT-Helpdesk"] }
security-office = { groups = ["Security-Officers"] }

[partners]
acme = { domains = ["acme.example"], keys = [
    "ed25519:a_1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
] }

[rooms]                     # kinds
board = { members = ["board"], encrypted = true, sealed = true }

[sign_in]
second_factors = ["webauthn", "totp"]
session        = "30 days"

[rules]
# People talk.
staff-talk = { between = ["staff", "staff"], allow = ["message", "contact", "presence", "call"] }
documents  = { between = ["staff", "staff"], allow = ["file"], when = ["file.kind in document"] }

# Engineers send archives.
# Nobody else does.
archives = { from = ["engineering"], to = ["staff"], allow = ["file"], when = [
    "file.kind in archive",  # and nothing else
] }

# The contract with Acme.
[rules.acme]                # between: both ways
between = ["staff", "acme"]
# inside the rule
allow   = ["message", "contact"]
say     = "With Acme we exchange messages only."
owner   = "security-office"
expires = 2027-06-30        # only an allow can expire

[rules.two-factors]
from  = ["us"]
allow = ["sign-in"]
when  = ["sign_in.factors >= 2"]

[rules.phones-managed]
from   = ["us"]
forbid = ["sign-in"]
unless = ["device.managed = yes", "claimed device.platform in windows, macos, linux"]

[rules.help-desk]
from  = ["help-desk"]
to    = ["staff", "contractors"]
allow = ["administer"]
when  = ["act in people:factor:reset, sessions:session:end, devices:device:approve"]

[rules.four-eyes-on-federation]
from   = ["us"]
forbid = ["administer"]
when   = ["change.widens in partners, outside"]
unless = ["approvals >= 1"]

# ---- the rails -------------------------------------------------

[guardrails]                # forbids that no revision may lose
no-file-crosses = { between = ["us", "partners"], forbid = ["file"] }
"""
"""The sample of the language, with a comment of every kind."""

_SIDES = ["us", "guests", "partners", "outside", "anyone", "bridge:irc", "staff", "temps", "acme"]
_side = st.sampled_from(_SIDES)
_sides = st.lists(_side, min_size=1, max_size=3, unique=True)
_words = st.lists(
    st.sampled_from(["message", "contact", "presence", "call", "voice", "all"]),
    min_size=1,
    max_size=3,
    unique=True,
)
_conditions = st.lists(
    st.sampled_from(["room.encrypted = yes", "room.ours = no", "device.managed = yes",
                     "claimed device.platform in ios, android", "device.version >= 12.1"]),
    max_size=2,
    unique=True,
)  # fmt: skip
_ids = st.sampled_from(["a", "b1", "talk", "acme-talk", "x-2", "staff", "z"])
_line = st.text(st.sampled_from("aZ9 \"'\\#[]{}=,.é漢\U0001f642"), max_size=12)


@st.composite
def rules(draw: st.DrawFn, *, forbids_only: bool = False) -> dict[str, Any]:
    """A valid rule between people, as the document spells its keys."""
    rule: dict[str, Any] = {}
    if draw(st.booleans()):
        rule["between"] = [draw(_side), draw(_side)]
    else:
        rule |= {"from": draw(_sides), "to": draw(_sides)}
    allows = not forbids_only and draw(st.booleans())
    rule["allow" if allows else "forbid"] = draw(_words)
    for key, values in (("when", _conditions), ("unless", _conditions), ("say", _line)):
        if draw(st.booleans()):
            rule[key] = draw(values)
    if allows and draw(st.booleans()):
        rule["expires"] = draw(st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)))
    if not forbids_only and draw(st.booleans()):
        rule["mode"] = draw(st.sampled_from(["enforce", "observe"]))
    return rule


@st.composite
def values(draw: st.DrawFn) -> dict[str, Any]:
    """A valid document as plain values."""
    found: dict[str, Any] = {
        "organisation": {"name": "Example", "domain": "example.org"},
        "parties": {
            "staff": {"groups": draw(st.lists(_line, max_size=2)), "except": ["temps"]},
            "temps": {"users": ["@tim:example.org"]},
        },
        "partners": {"acme": {"domains": ["acme.example", "*.acme.example"]}},
        "rules": draw(st.dictionaries(_ids, rules(), max_size=4)),
    }
    guardrails = draw(st.dictionaries(st.sampled_from(["g", "g-2"]), rules(forbids_only=True)))
    if guardrails:
        found["guardrails"] = guardrails
    if draw(st.booleans()):
        found["media"] = {"max_upload": draw(st.sampled_from(["50 MiB", "1 GiB", "7 B"]))}
    if draw(st.booleans()):
        found["rooms"] = {"board": {"encrypted": draw(st.booleans()), "members": ["staff"]}}
    if draw(st.booleans()):
        days = draw(st.integers(0, 30))
        found["administration"] = {"wait_after_reset": f"{days} days" if days else "0 seconds"}
    if draw(st.booleans()):
        found["notices"] = {"per_minute": draw(st.integers(0, 60))}
    return found


@st.composite
def spelled(draw: st.DrawFn, document: dict[str, Any]) -> str:
    """The document in one of its many TOML spellings, with numbered comments all over it."""
    lines: list[str] = []
    notes = iter(range(10_000))

    def note(*, alone: bool) -> None:
        if draw(st.integers(0, 3)) == 0:
            text = f"# note {next(notes)} [not.a = table]"
            if alone or not lines:
                lines.append(text)
            else:
                lines[-1] += f"  {text}"

    for section in draw(st.permutations(list(document))):
        note(alone=True)
        if draw(st.booleans()):
            lines.append("")
        note(alone=True)
        tables = {k: v for k, v in document[section].items() if isinstance(v, dict)}
        apart = [name for name in tables if draw(st.booleans())]
        if len(apart) < len(document[section]) or not apart or draw(st.booleans()):
            lines.append(f"[{section}]")
            note(alone=False)
        for name, value in document[section].items():
            if name in apart:
                continue
            note(alone=True)
            if name in tables and value and draw(st.booleans()):
                lines += [f"{_key(draw, name)}.{k} = {_value(draw, v)}" for k, v in value.items()]
            else:
                lines.append(f"{_key(draw, name)} = {_value(draw, value)}")
            note(alone=False)
        for name in apart:
            note(alone=True)
            lines.append(f"[ {section} . {_key(draw, name)} ]")
            note(alone=False)
            for key, value in tables[name].items():
                note(alone=True)
                lines.append(f"{_key(draw, key)}={_value(draw, value)}")
                note(alone=False)
        note(alone=True)
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))


def _key(draw: st.DrawFn, key: str) -> str:
    return draw(st.sampled_from([key, f'"{key}"', f"'{key}'"]))


def _value(draw: st.DrawFn, value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(draw, k)} = {_value(draw, v)}" for k, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        if draw(st.booleans()):
            return "[" + ",".join(_value(draw, item) for item in value) + "]"
        return "[ # a list\n" + "".join(f"  {_value(draw, item)},\n" for item in value) + "]"
    if isinstance(value, str) and draw(st.booleans()):
        if "'" not in value and draw(st.booleans()):
            return f"'{value}'" if draw(st.booleans()) else f"'''\n{value}'''"
        return f'"""\n{spell_value(value)[1:-1]}"""'
    return spell_value(value)


documents = values().flatmap(lambda found: spelled(found).map(lambda text: (found, text)))
"""Pairs of a document's values and one spelling of them."""
