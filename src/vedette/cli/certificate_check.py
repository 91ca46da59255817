"""`vedette certificate check`: whether a certificate would be believed, by whom, and as whose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli.client import Client, ControlDown
from vedette.cli.surroundings import (
    Dir,
    Exit,
    Json,
    Surroundings,
    fault,
    here,
    moment,
    read_text,
)

if TYPE_CHECKING:
    from vedette.admin.issuers import Tried
    from vedette.core.settings.document import Document


def check(
    file: Annotated[str, typer.Argument(help="The certificate, PEM or DER.")],
    issuer: Annotated[str, typer.Option(help="One issuer of the settings; all if left out.")] = "",
    crl: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A CRL, PEM or DER; repeatable.")
    ] = None,
    ocsp: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="An OCSP answer, DER; repeatable.")
    ] = None,
    settings: Annotated[
        str, typer.Option(metavar="DRAFT", help="A settings document in place of the newest.")
    ] = "",
    at: Annotated[str, typer.Option(help="The time for which it is asked; now if left out.")] = "",
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Say whether a certificate would be believed, as whose, and what mends it if not.

    Works with control down. Nothing is fetched: whether it was revoked is looked at with the lists
    and answers that are handed over. Exit 1 if no issuer believes it.
    """
    from vedette.adapters.system_clock import SystemClock
    from vedette.admin.issuers import try_certificate
    from vedette.admin.rejected import Rejected

    surroundings = here(place, json=json)
    try:
        found = try_certificate(
            _bytes(file),
            _document(surroundings, settings),
            issuer=issuer,
            lists=[_bytes(each) for each in crl or ()],
            answers=[_bytes(each) for each in ocsp or ()],
            at=int(moment(at) or SystemClock().now()),
        )
    except Rejected as rejected:
        raise fault(rejected.message, rejected.hint, Exit.REJECTED) from rejected
    data = {"trusted": any(each.fault is None for each in found.values()),
            "issuers": {name: _data(name, each) for name, each in found.items()}}  # fmt: skip
    surroundings.tell(data, _lines(data["issuers"]))  # type: ignore[arg-type]
    raise typer.Exit(Exit.DONE if data["trusted"] else Exit.FOUND)


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as found:
        raise fault(f"`{path}` can't be read: {found.strerror}", code=Exit.USAGE) from found


def _document(at: Surroundings, draft: str) -> Document:
    """The draft's document, or the newest one: from control, or where that is down from its host."""
    from vedette.adapters.system_clock import SystemClock
    from vedette.admin.rejected import Rejected
    from vedette.admin.settings import checked
    from vedette.control.main import current_settings
    from vedette.ports.errors import Unavailable

    try:
        if draft:
            return checked(read_text(draft), SystemClock().today())[0]
        try:
            text = str(Client(at.boot()).get("/settings")["text"])
        except ControlDown:
            return current_settings(at.boot())[1]
        return checked(text, SystemClock().today())[0]
    except Rejected as rejected:
        hint = "name its faults with `vedette settings check`"
        raise fault(rejected.message, hint, Exit.REJECTED) from rejected
    except Unavailable as outage:
        hint = "start control, run it on control's host, or hand over a document with --settings"
        raise fault(str(outage), hint, Exit.UNAVAILABLE) from outage


def _data(name: str, tried: Tried) -> dict[str, Any]:
    from vedette.protocol.x509.faults import WORDS, Fault
    from vedette.protocol.x509.revocations import CrlAt
    from vedette.protocol.x509.values import Claim, Trusted

    answer, found = tried.answer, tried.fault
    said: dict[str, Any] = {"trusted": found is None, "fault": found, "sentence": "",
                            "way_out": "", "command": "", "about": "", "depth": 0}  # fmt: skip
    if found is not None:
        words = WORDS[found]
        sentence = words.what if isinstance(answer, Trusted) else answer.sentence
        said |= {"sentence": sentence, "way_out": words.way_out,
                 "command": words.command.replace("{issuer}", name)}  # fmt: skip
    if not isinstance(answer, Trusted):
        return said | {"fault": str(found), "about": answer.subject, "depth": answer.depth}
    unchecked = Fault.STATUS_UNKNOWN if not tried.looked else answer.why_unchecked
    claim = tried.claim if isinstance(tried.claim, Claim) else None
    return said | {
        "fault": str(found) if found else None,
        "subject": answer.subject,
        "serial": answer.serial,
        "sha256": answer.names.thumbprint,
        "issued": answer.names.issued,
        "upn": answer.names.upn,
        "emails": list(answer.names.emails),
        "sid": answer.names.sid,
        "person": {"by": claim.kind, "name": claim.value} if claim else None,
        "usages": sorted(answer.usages),
        "policies": sorted(answer.policies),
        "not_before": answer.not_before,
        "not_after": answer.not_after,
        "counts": answer.counts,
        "path": len(answer.chain),
        "revocation": {
            "looked_at": tried.looked,
            "unknown": str(unchecked) if unchecked else None,
            "known_until": answer.known_until,
            "from": [each.place if isinstance(each, CrlAt) else each.url for each in tried.fetch],
        },
    }


def _lines(found: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    for name, each in found.items():
        if not each["trusted"]:
            yield f"{name}: not believed ({each['fault']}): {each['sentence']}"
            yield f"    {each['way_out']}"
            if each["command"]:
                yield f"    {each['command']}"
        else:
            yield f"{name}: believed"
        if "serial" in each:
            yield from _more(each)


def _more(each: dict[str, Any]) -> Iterator[str]:
    if each["person"]:
        yield f"    it is that of {each['person']['name']} (by {each['person']['by']})"
    yield f"    {each['subject']}, serial {each['serial']}, counts as {each['counts']}"
    yield f"    from {_day(each['not_before'])} to {_day(each['not_after'])}"
    yield f"    usages {', '.join(each['usages'])}"
    yield f"    policies {', '.join(each['policies']) or 'none'}"
    yield f"    as a key of `people`: {each['sha256']}, or {each['issued']}"
    known = each["revocation"]
    if not known["looked_at"]:
        yield "    whether it was revoked was not looked at: hand over --crl or --ocsp"
    elif known["unknown"]:
        yield f"    whether it was revoked is not known ({known['unknown']}), and is let pass"
    else:
        yield "    not revoked, as far as was handed over"
    yield from (f"    revocations are at {place}" for place in known["from"])


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
