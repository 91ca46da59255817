"""`vedette issuer …`: the CAs whose certificates people may show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli.client import Client
from vedette.cli.completion import issuer_names
from vedette.cli.settings_commands import tell_applied
from vedette.cli.surroundings import Base, Dir, Exit, Json, Reason, Yes, fault, here, words

if TYPE_CHECKING:
    from vedette.admin.issuers import CertificateView, IssuerView
    from vedette.core.settings.document import Document

app = typer.Typer(
    help="CAs whose certificates people may show: add, look at, remove.", no_args_is_help=True
)
Name = Annotated[
    str, typer.Argument(help="The issuer's name, such as `corp`.", autocompletion=issuer_names)
]


@app.command("list")
def list_(place: Dir = None, *, json: Json = False) -> None:
    """Every issuer: its CAs, until when they are valid, and how names are found."""
    from vedette.admin.issuers import list_issuers

    at = here(place, json=json)
    found = list_issuers(_document(Client(at.boot())))
    lines = [line for each in found for line in _short(each)]
    at.tell([_data(each) for each in found], lines or ["no issuer is named"])


@app.command()
def show(name: Name, place: Dir = None, *, json: Json = False) -> None:
    """One issuer: every certificate with its fingerprint, and what is asked of people's."""
    from vedette.admin.issuers import show_issuer
    from vedette.admin.rejected import Rejected

    at = here(place, json=json)
    try:
        found = show_issuer(_document(Client(at.boot())), name)
    except Rejected as rejected:
        raise fault(rejected.message, rejected.hint) from rejected
    at.tell(_data(found), _long(found))


@app.command()
def add(
    name: Name,
    file: Annotated[Path, typer.Argument(help="The CA's certificates, PEM or DER.")],
    reason: Reason,
    names: Annotated[
        list[str] | None, typer.Option("--name", help="`upn`, `email`, `sid`, …; repeatable.")
    ] = None,
    usage: Annotated[str, typer.Option(help="Usages asked for, OIDs with commas.")] = "",
    policy: Annotated[str, typer.Option(help="Policies asked for, OIDs with commas.")] = "",
    counts: Annotated[int, typer.Option(help="1, or 2 for smart cards with a PIN.")] = 0,
    revocation: Annotated[str, typer.Option(help="`hard` or `soft`.")] = "",
    crl: Annotated[list[str] | None, typer.Option(help="Where a CRL is; repeatable.")] = None,
    ocsp: Annotated[str, typer.Option(help="`no`, `certificate` or an address.")] = "",
    base: Base = None,
    place: Dir = None,
    *,
    anchors: Annotated[
        bool, typer.Option("--anchors", help="Trust each CA of the file itself, not only roots.")
    ] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Add an issuer, or further certificates and other values to one that is there.

    Roots of the file become anchors, the CAs beneath them intermediates. For example: vedette issuer
    add corp corp-ca.pem --name sid --name upn --counts 2 --reason "smart cards"
    """
    at = here(place, json=json)
    client = Client(at.boot(), confirmed=yes)
    values: dict[str, Any] = {
        "usages": words(usage), "policies": words(policy), "names": names or [], "counts": counts,
        "revocation": revocation, "crl": crl or [], "ocsp": ocsp,
    }  # fmt: skip
    given = {key: value for key, value in values.items() if value not in ([], 0, "")}
    changes = _changes(_document(client), name, file, given, anchors=anchors)
    body = {"changes": changes, "reason": reason, "base": base}
    tell_applied(at, client.ask("POST", "/settings/change", body))


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
    """Remove an issuer that no rule names any more; its certificates then open nothing."""
    at = here(place, json=json)
    changes = [{"path": f"issuers.{name}", "value": None}]
    body = {"changes": changes, "reason": reason, "base": base}
    tell_applied(at, Client(at.boot(), confirmed=yes).ask("POST", "/settings/change", body))


def _document(client: Client) -> Document:
    from vedette.core.settings.document import Document

    return Document.model_validate(client.get("/settings")["document"])


def _changes(
    document: Document, name: str, file: Path, given: dict[str, Any], *, anchors: bool
) -> list[dict[str, str]]:
    """One whole table for a new issuer, single settings for one that is there."""
    from vedette.admin.issuers import sorted_out
    from vedette.admin.rejected import Rejected
    from vedette.core.settings.reference import spell_value

    try:
        found = sorted_out(file.read_bytes(), all_anchors=anchors)
    except OSError as error:
        raise fault(f"`{file}` can't be read: {error.strerror}", code=Exit.USAGE) from error
    except Rejected as rejected:
        raise fault(rejected.message, rejected.hint) from rejected
    old = next((entry for own, entry in document.issuers.items() if own == name), None)
    kept = (old.anchors, old.intermediates) if old else ((), ())
    table = {
        "anchors": list(dict.fromkeys((*kept[0], *found.anchors))),
        "intermediates": list(dict.fromkeys((*kept[1], *found.intermediates))),
    }
    if not table["anchors"]:
        hint = "put the root into the file too, or trust the CA itself with `--anchors`"
        raise fault("the file has no root CA, so nothing would be trusted", hint)
    keys = {key: value for key, value in table.items() if value} | given
    if old is None:
        return [{"path": f"issuers.{name}", "value": spell_value(keys)}]
    before = old.model_dump(mode="json")
    changed = {key: value for key, value in keys.items() if before[key] != value}
    if not changed:
        raise fault("all of that is in the settings already", f"vedette issuer show {name}")
    return [
        {"path": f"issuers.{name}.{key}", "value": spell_value(value)}
        for key, value in changed.items()
    ]


def _data(view: IssuerView) -> dict[str, Any]:
    entry = view.entry.model_dump(mode="json")
    return {
        "name": view.name,
        **entry,
        "anchors": [_certificate(each) for each in view.anchors],
        "intermediates": [_certificate(each) for each in view.intermediates],
    }


def _certificate(each: CertificateView) -> dict[str, Any]:
    return {"subject": each.subject, "issuer": each.issuer, "sha256": each.sha256,
            "not_before": each.not_before, "not_after": each.not_after,
            "fault": each.fault.value if each.fault else None}  # fmt: skip


def _short(view: IssuerView) -> Iterator[str]:
    entry = view.entry
    yield f"{view.name}: names by {', '.join(entry.names)}; revocation {entry.revocation}"
    for each in view.anchors:
        yield f"    anchor {_words(each)}"
    for each in view.intermediates:
        yield f"    beneath {_words(each)}"


def _words(each: CertificateView) -> str:
    if each.fault:
        return f"that can't be read ({each.fault})"
    return f"{each.subject}, until {datetime.fromtimestamp(each.not_after, UTC):%Y-%m-%d}"


def _long(view: IssuerView) -> Iterator[str]:
    entry = view.entry
    yield from _short(view)
    yield f"  usages asked for: {', '.join(entry.usages)}"
    yield f"  policies asked for: {', '.join(entry.policies) or 'none'}"
    yield f"  counts as: {entry.counts} factor{'s' if entry.counts > 1 else ''}"
    yield f"  lists: {', '.join(entry.crl) or 'where the certificates say'}"
    yield f"  responder: {entry.ocsp}"
    yield f"  people named by certificate: {len(entry.people)}"
    for each in (*view.anchors, *view.intermediates):
        yield f"  SHA-256 {each.sha256}  {each.subject}"
