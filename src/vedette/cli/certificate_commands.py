"""`vedette certificate …`: who signs in with which certificate, and what its CA revoked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from vedette.cli.session_commands import ask, day, pages
from vedette.cli.surroundings import Dir, Json, Reason, here

app = typer.Typer(
    help="Certificates: who signs in with what, what its CA revoked; those of our own servers.",
    no_args_is_help=True,
)


@app.command("list")
def list_(place: Dir = None, *, json: Json = False) -> None:
    """Issuers, how their lists and responders stand, and who signs in with which certificate."""
    at = here(place, json=json)
    standing = ask(at, "GET", "/certificates/standing")
    found = pages(at, "/certificates", "certificates")
    at.tell({**standing, "certificates": found}, _lines(standing, found))


@app.command()
def revoked(
    serial: Annotated[
        str, typer.Option(help="Its serial number in hex, as `openssl x509 -serial` prints it.")
    ],
    issuer: Annotated[str, typer.Option(help="The issuer's name in the settings.")],
    reason: Reason,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Say that a CA revoked a certificate: it is refused, and every session that stands on it ends."""
    at = here(place, json=json)
    body = {"issuer": issuer, "serial": serial, "reason": reason}
    done = ask(at, "POST", "/certificates/revoked", body)
    known = ", as was known already" if done["known"] else ""
    lines = [f"certificate {done['serial']} of {done['issuer']} is taken for revoked{known}"]
    many = "session" if done["ended"] == 1 else "sessions"
    lines += [f"  {done['ended']} {many} ended"]
    lines += [f"  {door['words']}" for door in done["doors"]]
    at.tell(done, [*lines, f"  record: {done['record']}"])


def _lines(standing: dict[str, Any], found: list[dict[str, Any]]) -> Iterable[str]:
    if not standing["issuers"]:
        yield "the settings name no issuers, so nobody signs in with a certificate"
    for issuer in standing["issuers"]:
        factors = "two factors" if issuer["counts"] == 2 else "one factor"
        names = ", ".join(issuer["names"])
        yield f"issuer {issuer['name']}: {factors}, people by {names}, {issuer['revocation']}"
        yield from _sources(standing, issuer["name"])
    for each in found:
        yield from _certificate(each)
    for told in standing["told"]:
        where = f"certificate {told['serial']} of {told['issuer']}"
        yield f"told revoked {day(told['at'])}: {where} ({told['because']})"


def _sources(standing: dict[str, Any], issuer: str) -> Iterable[str]:
    from vedette.admin.issuers import mends_source

    for each in standing["sources"]:
        if each["issuer"] == issuer:
            state = f"FAILS: {each['trouble']}" if each["trouble"] else "good"
            fetched = day(each["fetched"]) if each["fetched"] else "never"
            until = f", good until {day(each['next_update'])}" if each["next_update"] else ""
            revoked_ = f", {each['revoked']} revoked" if each["kind"] == "crl" else ""
            yield f"  {each['kind']}  {each['place']}  {state}; last {fetched}{until}{revoked_}"
            if each["trouble"]:
                yield f"      {mends_source(issuer, each['kind'])}"


def _certificate(each: dict[str, Any]) -> Iterable[str]:
    from vedette.protocol.x509.faults import fault_of, way_out

    people = sorted({use["user"] for use in each["sessions"]})
    count = len(each["sessions"])
    sessions = f"{count} session{'' if count == 1 else 's'}"
    trouble = f"  NOT TAKEN: {each['trouble']}" if each["trouble"] else ""
    who = ", ".join(people) or each["user"] or "names nobody here"
    serial = f"{each['issuer']} {each['serial']}"
    yield f"{serial}  {who}  {sessions}  until {day(each['ends'])}  {each['subject']}{trouble}"
    fault = fault_of(each["trouble"]) if trouble else None
    if fault is not None:
        yield f"      {way_out(fault, each['issuer'])}"
