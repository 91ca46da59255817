"""`vedette certificate check`: whether a certificate would be believed, by whom, and as whose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli.client import Client, ControlDown
from vedette.cli.surroundings import (
    CliFault,
    Dir,
    Exit,
    Json,
    Surroundings,
    fault,
    here,
    moment,
    read_text,
)
from vedette.cli.waiting import waiting

if TYPE_CHECKING:
    from vedette.admin.certificate_check import LookedUp, Tried
    from vedette.core.settings.document import Document
    from vedette.ports.certificates import RevocationFetcher


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
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody.")] = False,
    json: Json = False,
) -> None:
    """Say whether a certificate would be believed, as whose, and what mends it if not.

    Its CA's lists and responders are asked from this host, as the sign-in service asks them; not
    where lists or answers are handed over, or with --offline. Works with control down. Exit 1 if no
    issuer believes it.
    """
    from vedette.adapters.system_clock import SystemClock
    from vedette.admin.certificate_check import Evidence, try_certificate
    from vedette.admin.rejected import Rejected

    surroundings = here(place, json=json)
    document = _document(surroundings, settings)
    evidence = Evidence(
        lists=[_bytes(each) for each in crl or ()],
        answers=[_bytes(each) for each in ocsp or ()],
        fetcher=None if offline or crl or ocsp else _fetcher(surroundings),
        told=_told(surroundings),
    )
    time = int(moment(at) or SystemClock().now())
    try:
        with waiting("asking the CA's lists and responders", quiet=json):
            found = try_certificate(_bytes(file), document, evidence, issuer=issuer, at=time)
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


def _fetcher(at: Surroundings) -> RevocationFetcher:
    """What the sign-in service fetches with."""
    from vedette.adapters.revocation_places import revocation_places

    try:
        boot = at.boot()
    except CliFault:  # a draft is tried where there is no organisation
        return revocation_places(None)
    trusted = None if boot.gateway.trusted_ca is None else boot.path(boot.gateway.trusted_ca)
    try:
        return revocation_places(trusted)
    except OSError as found:
        hint = (
            "name a file with CAs as `trusted_ca` in [gateway] of the boot file, or use --offline"
        )
        raise fault(f"`{trusted}` can't be read: {found}", hint) from found


def _told(at: Surroundings) -> dict[tuple[str, str], str]:
    """What the CA's own procedure told control; nothing where control is down."""
    try:
        standing = Client(at.boot()).get("/certificates/standing")
    except CliFault:
        return {}
    return {(each["issuer"], each["serial"]): str(each["because"]) for each in standing["told"]}


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
                            "way_out": "", "command": "", "about": "", "depth": 0,
                            "asked": [_asked(each) for each in tried.found]}  # fmt: skip
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
        "device": None if tried.device is None else list(tried.device),
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


def _asked(each: LookedUp) -> dict[str, Any]:
    return {"place": each.place, "kind": each.kind, "about": each.about, "revoked": each.revoked,
            "until": each.until, "trouble": str(each.trouble), "command": each.command}  # fmt: skip


def _lines(found: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    for name, each in found.items():
        if not each["trusted"]:
            yield f"{name}: not believed ({each['fault']}): {each['sentence']}"
            yield f"    {each['way_out']}"
            if each["command"]:
                yield f"    {each['command']}"
        else:
            yield f"{name}: believed"
        yield from _said(each["asked"])
        if "serial" in each:
            yield from _more(each)


def _said(asked: list[dict[str, Any]]) -> Iterator[str]:
    """What each place said when it was asked."""
    for each in asked:
        about = f" of {each['about']}" if each["about"] else ""
        where = f"{each['kind']} {each['place']}{about}"
        if each["trouble"]:
            yield f"    {where}: FAILS: {each['trouble']}"
            yield f"        {each['command']}"
        elif each["kind"] == "crl":
            yield f"    {where}: {each['revoked']} revoked, good until {_day(each['until'])}"
        else:
            word = "revoked" if each["revoked"] else "good"
            yield f"    {where}: {word}, until {_day(each['until'])}"


def _more(each: dict[str, Any]) -> Iterator[str]:
    if each["person"]:
        yield f"    it is that of {each['person']['name']} (by {each['person']['by']})"
    worth = f"counts as {each['counts']}"
    if each["device"] is not None:
        names = ", ".join(each["device"]) or "no name of `device_names`, only its SHA-256"
        yield f"    it proves a managed device; its management may know it by: {names}"
        worth = "is no factor of a person"
    yield f"    {each['subject']}, serial {each['serial']}, {worth}"
    yield f"    from {_day(each['not_before'])} to {_day(each['not_after'])}"
    yield f"    usages {', '.join(each['usages'])}"
    yield f"    policies {', '.join(each['policies']) or 'none'}"
    yield f"    as a key of `people`: {each['sha256']}, or {each['issued']}"
    known = each["revocation"]
    if not known["looked_at"]:
        yield "    whether it was revoked was not looked at: hand over --crl or --ocsp, or ask"
    elif known["unknown"]:
        yield f"    whether it was revoked is not known ({known['unknown']}), and is let pass"
    else:
        yield "    not revoked, as far as was handed over or asked"
    if not each["asked"]:
        yield from (f"    revocations are at {place}" for place in known["from"])


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
