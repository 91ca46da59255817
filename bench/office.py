"""An organisation to measure with: its document of 200 rules, its people, its signed streams."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vedette.adapters.stream_files import write_whole
from vedette.core.names import UserId
from vedette.core.record import JSON
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.core.settings.canonical import canonical
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.protocol.internal.sessions import body_of
from vedette.protocol.internal.streams import Part, Stream, sign
from vedette.protocol.internal.tokens import AccessClaims, SigningKey, mint

RULES = 200
_TEAMS = 20
_PARTNERS = 40
_PEOPLE = 200
_DAY = 86_400
_HEAD = """
[organisation]
name = "Example AG"
domain = "{domain}"

[parties]
staff = {{ groups = ["Employees"] }}
{teams}

[partners]
{partners}

[rules.talk]
between = ["staff", "staff"]
allow = ["message", "contact", "presence", "call"]

[rules.files]
between = ["staff", "staff"]
allow = ["file"]
when = ["claimed file.kind in document, image, text"]

[rules.no-large-files]
from = ["staff"]
to = ["anyone"]
forbid = ["file"]
when = ["file.size > 2 GB"]
"""


def document(domain: str, rules: int = RULES, beside: str = "") -> Document:
    """The document: three rules about all staff, the rest about teams and partners, and `beside`."""
    teams = "\n".join(f'team{n} = {{ groups = ["Team-{n}"] }}' for n in range(_TEAMS))
    partners = "\n".join(
        f'partner{n} = {{ domains = ["partner{n}.example"] }}' for n in range(_PARTNERS)
    )
    text = _HEAD.format(domain=domain, teams=teams, partners=partners)
    found = parse_document(text + "\n".join(_rules(rules - 3)) + beside)
    if not isinstance(found, Document):
        raise TypeError("; ".join(str(fault) for fault in found))
    return found


def _rules(count: int) -> Iterator[str]:
    """Rules of a few shapes between one team and one partner each."""
    shapes = (
        'allow = ["message", "contact"]\nwhen = ["today < 2999-01-01"]\nsay = "Messages only."',
        'allow = ["file"]\nwhen = ["claimed file.kind in document", "file.size <= 10 MB"]',
        'forbid = ["call"]\nunless = ["room.encrypted = yes"]',
        'allow = ["presence"]',
    )
    for number in range(count):
        team, partner = number % _TEAMS, number * 7 % _PARTNERS
        yield (
            f'[rules.r{number}]\nbetween = ["team{team}", "partner{partner}"]\n'
            f"{shapes[number % len(shapes)]}\n"
        )


def groups_of(number: int) -> list[str]:
    """The groups of the n-th person."""
    return ["Employees", f"Team-{number % _TEAMS}"]


def write_streams(
    folder: Path,
    domain: str,
    users: list[str],
    rules: int = RULES,
    sessions: dict[str, JSON] | None = None,
    beside: str = "",
) -> Path:
    """Write the three parts for a door into `folder`; return the public key's file."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "public.pem").write_bytes(public)
    people = {
        user: {"groups": groups_of(number), "guest": False, "active": True}
        for number, user in enumerate(users)
    }
    bodies: dict[Stream, dict[str, JSON]] = {
        Stream.SETTINGS: {
            "revision": 1,
            "document": canonical(document(domain, rules, beside)).decode(),
        },
        Stream.PEOPLE: {"people": people},
        Stream.SESSIONS: sessions or {},
    }
    now = int(time.time())
    for stream, body in bodies.items():
        part = Part(
            stream=stream,
            organisation=domain,
            number=1,
            issued=now,
            expires=now + _DAY,
            body=body,
        )
        write_whole(folder / f"{stream}.part", sign(part, key))
    return folder / "public.pem"


def people_of(domain: str, count: int = _PEOPLE) -> list[str]:
    """User ids of an office."""
    return [f"@user{number}:{domain}" for number in range(count)]


def signed_in(users: list[str], issuer: str) -> tuple[list[str], dict[str, JSON]]:
    """Everybody's token, good for a day, and the body of the list that has their sessions."""
    now, key = int(time.time()), SigningKey.generate()
    sessions = [_session(number, UserId(user), now) for number, user in enumerate(users)]
    tokens = [mint(_claims(session, issuer, now), key) for session in sessions]
    body = body_of(as_of=1, issuer=issuer, keys={key.kid: key.public}, sessions=sessions)
    return tokens, body


def device_of(number: int) -> str:
    """The device of the n-th person."""
    return f"DEVICE{number}"


def _session(number: int, user: UserId, now: int) -> Session:
    password, code = (FactorUse(kind=kind, at=now) for kind in ("password", "totp"))
    return Session(
        id=f"{number:026}",
        user=user,
        device=device_of(number),
        state=SessionState.LIVE,
        kind="oauth",
        client="01JABCDEFGHJKMNPQRSTVWXYZ0",
        facts=SessionFacts(factors=(password, code), network="192.0.2.1", client_name="element"),
        created=now,
        expires=now + 30 * _DAY,
        device_name="Element",
        number=1,
    )


def _claims(session: Session, issuer: str, now: int) -> AccessClaims:
    return AccessClaims(
        issuer=issuer,
        user=session.user,
        client=session.client,
        id=session.id,
        issued=now,
        expires=now + _DAY,
        session=session.id,
        device=session.device,
        scope=f"openid urn:matrix:client:api:* urn:matrix:client:device:{session.device}",
    )
