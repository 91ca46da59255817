"""`vedette partner …`: other organisations, what passes between us, and whether they can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from vedette.cli.client import Client
from vedette.cli.completion import partner_names
from vedette.cli.settings_commands import difference_lines, tell_applied
from vedette.cli.surroundings import Base, Dir, Exit, Json, Reason, Yes, here, read_text, words

app = typer.Typer(help="Other organisations: name, look at and try them.", no_args_is_help=True)

Name = Annotated[
    str,
    typer.Argument(help="The partner's name, such as `acme`.", autocompletion=partner_names),
]
Preview = Annotated[bool, typer.Option("--preview", help="Only say what it would change.")]
_MARKS = {"good": "good  ", "weak": "weak  ", "broken": "BROKEN"}
_CHECK_SECONDS = 120.0


@app.command("list")
def list_(place: Dir = None, *, json: Json = False) -> None:
    """Every partner, and what passes each way."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/partners")
    at.tell(found, [line for each in found for line in _short(each)] or ["no partner is named"])


def _short(partner: dict[str, Any]) -> Iterator[str]:
    end = f", until {partner['valid_until']}" if partner["valid_until"] else ""
    ended = " (ended: it counts as outside)" if partner["ended"] else ""
    yield f"{partner['name']}: {', '.join(partner['domains'])}{end}{ended}"
    yield f"    they to us: {_passing(partner, 'to_us')}"
    yield f"    we to them: {_passing(partner, 'to_them')}"


def _passing(partner: dict[str, Any], way: str) -> str:
    found = [
        each["channel"]
        if each[way]["words"] == "yes"
        else f"{each['channel']} ({each[way]['words']})"
        for each in partner["channels"]
        if each[way]["extent"] != "no"
    ]
    return ", ".join(found) or "nothing"


@app.command()
def show(name: Name, place: Dir = None, *, json: Json = False) -> None:
    """One partner: its names in words, its keys, every channel both ways, the rules that name it."""
    at = here(place, json=json)
    found = Client(at.boot()).get(f"/partners/{quote(name, safe='')}")
    at.tell(found, _long(found))


def _long(partner: dict[str, Any]) -> Iterator[str]:
    yield f"partner {partner['name']}"
    for covers in partner["covers"]:
        yield f"  it is {covers}"
    yield f"  contact: {partner['contact'] or 'nobody is named'}"
    last = partner["valid_until"] or "no last day"
    yield f"  until: {last}" + (" (ended: it counts as outside)" if partner["ended"] else "")
    yield from _listed(
        "signing keys", partner["keys"], "none pinned: what it publishes is believed"
    )
    yield from _listed("TLS keys", partner["tls"], "none pinned: any valid certificate will do")
    if partner["ca"]:
        yield f"  CA: {len(partner['ca'])} of its own, and no other"
    yield ""
    yield from _table(partner["channels"])
    yield from (f"  {sentence}" for sentence in partner["consequences"])
    yield ""
    for rule in partner["rules"]:
        yield f"  {rule['id']}: {rule['sentence']}"
    if not partner["rules"]:
        yield "  no rule names it"


def _listed(title: str, found: list[str], none: str) -> Iterator[str]:
    yield f"  {title}: {found[0] if found else none}"
    yield from (f"    {each}" for each in found[1:])


def _table(channels: list[dict[str, Any]]) -> Iterator[str]:
    rows = [("channel", "they to us", "we to them")]
    rows += [(c["channel"], c["to_us"]["words"], c["to_them"]["words"]) for c in channels]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    for row in rows:
        yield f"  {row[0]:<{first}}  {row[1]:<{second}}  {row[2]}".rstrip()


@app.command()
def add(
    name: Name,
    reason: Reason,
    domain: Annotated[
        list[str], typer.Option(help="A server name, or `*.` and one; may be repeated.")
    ],
    key: Annotated[
        list[str] | None, typer.Option(help="A signing key, `ed25519:<id> <base64>`; repeatable.")
    ] = None,
    tls: Annotated[
        list[str] | None, typer.Option(help="A TLS pin, `pin-sha256=<base64>`; repeatable.")
    ] = None,
    ca: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Its own CA, PEM; repeatable.")
    ] = None,
    contact: Annotated[str, typer.Option(help="Whom to call there.")] = "",
    valid_until: Annotated[str, typer.Option(help="The last day, 2027-06-30.")] = "",
    allow: Annotated[
        str, typer.Option(help="Channels with commas: adds a rule too; needs --direction.")
    ] = "",
    direction: Annotated[str, typer.Option(help="`both`, `out` or `in`.")] = "",
    ours: Annotated[str, typer.Option(help="The party of ours that the rule is for.")] = "us",
    base: Base = None,
    place: Dir = None,
    *,
    preview: Preview = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Name a partner. This alone allows nothing with it.

    For example: vedette partner add acme --domain acme.example --contact "+49 30 …"
    --valid-until 2027-06-30 --allow message,contact --direction both --reason "contract 4711"
    """
    at = here(place, json=json)
    body: dict[str, Any] = {
        "name": name,
        "domains": domain,
        "contact": contact,
        "keys": key or [],
        "tls": tls or [],
        "ca": [read_text(each) for each in ca or ()],
        "valid_until": valid_until or None,
        "allow": words(allow),
        "direction": direction,
        "ours": ours,
        "reason": reason,
        "base": base,
    }
    client = Client(at.boot(), confirmed=yes)
    if preview:
        difference = client.ask("POST", "/partners/difference", body)
        at.tell(difference, difference_lines(difference))
        return
    tell_applied(at, client.ask("POST", "/partners", body))


@app.command()
def remove(
    name: Name,
    reason: Reason,
    base: Base = None,
    place: Dir = None,
    *,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Remove a partner that no rule names any more; from then on it counts as outside."""
    at = here(place, json=json)
    path = f"/partners/{quote(name, safe='')}"
    query = {"reason": reason, "base": base}
    tell_applied(at, Client(at.boot(), confirmed=yes).ask("DELETE", path, None, query))


@app.command()
def check(name: Name, place: Dir = None, *, json: Json = False) -> None:
    """Try to reach a partner now, and say what would and would not work, both ways. Exit 1 if not.

    The gateway does it: it finds the server, looks at its certificate, its keys and its clock.
    """
    at = here(place, json=json)
    client = Client(at.boot(), seconds=_CHECK_SECONDS)
    found = client.ask("POST", f"/partners/{quote(name, safe='')}/check")
    at.tell(found, _check_lines(found))
    raise typer.Exit(Exit.DONE if found["works"] else Exit.FOUND)


def _check_lines(found: dict[str, Any]) -> Iterator[str]:
    yield from (_finding(each) for each in found["entry"])
    for server in found["servers"]:
        yield f"{server['server']}:"
        yield from (f"  {_finding(each)}" for each in server["findings"])
    yield ""
    yield from found["verdict"]


def _finding(found: dict[str, Any]) -> str:
    return f"{_MARKS[found['state']]}  {found['part']:<7}  {found['words']}"
