"""Gathers what `doctor` looks at, from the files of one host. Needs no running control."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import ssl
import stat
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from vedette.adapters.boot_file import NAME, Boot, BootFault
from vedette.admin.certificates import ENDS_SOON
from vedette.admin.doctor import Astray, DoorLag, InspectorSeen, SignInSeen
from vedette.admin.keys import keys_here
from vedette.core.language import Sentence, as_is, said_by, told
from vedette.core.names import ServerName
from vedette.core.settings.document import Document
from vedette.ports.certificates import RevocationSource
from vedette.ports.doors import Doors
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import SignInStore
from vedette.protocol.internal.signing import Verifier
from vedette.protocol.internal.streams import FOR_EVERY_DOOR, Part, Stream, StreamRefused, verify

HTTPS = 443
"""Where `.well-known` of a domain is asked for."""
_SECONDS = 5.0
_LONGEST = 1 << 16


def door_lags(boot: Boot, doors: Doors, key: Verifier) -> Iterator[DoorLag]:
    """How every door stands towards the parts that lie before it."""
    for door in doors.names:
        said = doors.acknowledged(door)
        for stream in filter(partial(doors.takes, door), FOR_EVERY_DOOR):
            part = _part(boot, door, stream, key)
            answer = said.get(stream)
            yield DoorLag(
                door=door,
                stream=stream.value,
                sent=part.number if part else None,
                in_force=answer.number if answer else None,
                refused=answer.refused if answer else None,
                expires=part.expires if part else None,
            )


def _part(boot: Boot, door: str, stream: Stream, key: Verifier) -> Part | None:
    try:
        data = (boot.door(door) / f"{stream}.part").read_bytes()
        organisation = boot.organisation
        return verify(data, stream=stream, organisation=organisation, key=key, now=0, above=0)
    except (OSError, StreamRefused):
        return None


def open_secrets(boot: Boot) -> tuple[Path, ...]:
    """Secret files that others on this host can read; a private folder above hides its files."""
    if not boot.folder.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH):
        return ()
    files = {each.file for each in keys_here(boot, None) if each.secret and each.file is not None}
    folder = boot.path(boot.control.token).parent
    files |= set(folder.iterdir()) if folder.is_dir() else set()
    open_to_others = stat.S_IRGRP | stat.S_IROTH
    return tuple(sorted(p for p in files if p.is_file() and p.stat().st_mode & open_to_others))


def unsealed(boot: Boot) -> tuple[Sentence, ...]:
    """What is wrong with the keys by which people are sealed in the record, in words."""
    private, public = boot.path(boot.control.audit_key), boot.path(boot.audit_key)
    if not private.exists() and not public.exists():
        return (
            told(
                "people are named in the record, since there is no key to seal them; a start makes it"
            ),
        )
    missing = [path for path in (private, public) if not path.is_file()]
    return tuple(
        told(
            "`{path}` is missing: put it back from a backup, or move the other half away as well",
            path=path,
        )
        for path in missing
    )


def free_bytes(boot: Boot) -> int:
    """Room that is left where the organisation lies."""
    return shutil.disk_usage(boot.folder).free


def console_ends(boot: Boot) -> float | None:
    """When the console's certificate expires; None if there is no console, or it can't be read."""
    own = boot.control.console
    return None if own is None else _ends(boot.path(own.certificate))


def inbound_ends(boot: Boot) -> float | None:
    """The same of the certificate to which others push."""
    own = boot.control.inbound
    return None if own is None else _ends(boot.path(own.certificate))


def certificate_ends(boot: Boot) -> float | None:
    """When the gateway's certificate expires, in seconds since 1970; None if it can't be read."""
    return _ends(boot.shown())


def _ends(path: Path) -> float | None:
    try:
        data = path.read_bytes()
        return x509.load_pem_x509_certificate(data).not_valid_after_utc.timestamp()
    except (OSError, ValueError):
        return None


def reachable(boot: Boot) -> dict[str, Astray | None]:
    """For each address that others use: what is wrong with it, or None.

    Clients and servers know the domain alone. 1. The gateway's two addresses answer, and say where
    they are. 2. The domain says the same, where the addresses are not those of the domain itself.
    """
    found: dict[str, Astray | None] = {}
    client = urlsplit(boot.gateway.client_url)
    federation = _host_port(boot.gateway.federation_name)
    for words, host, port, which in (  # (1)
        (boot.gateway.client_url, client.hostname or "", client.port or 443, "client"),
        (boot.gateway.federation_name, *federation, "server"),
    ):
        trouble = _well_known(boot, host, port, which)
        mend = f"vedette up {boot.folder}"
        note = told("or correct [gateway] in {path}", path=boot.folder / NAME)
        name = f"{words} (.well-known/matrix/{which})"
        found[name] = Astray(trouble, mend, note) if trouble else None
    return found | {
        told("{name}, as clients see it", name=boot.organisation): _delegated(boot, "client"),
        told("{name}, as servers see it", name=boot.organisation): _delegated(boot, "server"),
    }


def _delegated(boot: Boot, which: str) -> Astray | None:
    """Whether somebody who knows the domain alone finds the gateway (Matrix specification: client-server
    API, "Well-known URI"; server-server API, "Resolving server names").
    """
    domain = ServerName(boot.organisation)
    host, port = domain.host.strip("[]"), domain.port
    if which == "server":
        if _host_port(boot.gateway.federation_name) == (host, port or 8448):
            return None  # found without any delegation
        if port is not None:  # a name with a port is never delegated
            return Astray(
                told(
                    "others connect to {host}:{port}, which is not {federation_name}",
                    host=host,
                    port=port,
                    federation_name=boot.gateway.federation_name,
                ),
                told(
                    "set federation_name and federation to port {port} in {path}",
                    port=port,
                    path=boot.folder / NAME,
                ),
            )
    trouble = _resolves(host) or _well_known(boot, host, HTTPS, which)
    if trouble is None:
        return None
    wanted = json.dumps(_expected(boot, which))
    path = f"https://{host}/.well-known/matrix/{which}"
    return Astray(
        told("{trouble}; {path} must say {wanted}", trouble=trouble, path=path, wanted=wanted),
        f"curl -s {path}",
        told("once it is served"),
    )


def _expected(boot: Boot, which: str) -> dict[str, object]:
    """What `.well-known` must say at the least."""
    if which == "client":
        return {"m.homeserver": {"base_url": boot.gateway.client_url}}
    return {"m.server": boot.gateway.federation_name}


def _says(boot: Boot, which: str, body: bytes) -> bool:
    """Whether an answer leads to the gateway."""
    try:
        found = json.loads(body)
        if which == "client":
            url = str(found["m.homeserver"]["base_url"])
            return url.rstrip("/") == boot.gateway.client_url.rstrip("/")
        return _host_port(str(found["m.server"])) == _host_port(boot.gateway.federation_name)
    except (ValueError, KeyError, TypeError):
        return False


def _resolves(host: str) -> Sentence | None:
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return told("`{host}` is not in DNS", host=host)
    return None


def _host_port(name: str) -> tuple[str, int]:
    server = ServerName(name)
    return server.host.strip("[]"), server.port or 8448


def _well_known(boot: Boot, host: str, port: int, which: str) -> Sentence | None:
    context = ssl.create_default_context()
    if boot.gateway.trusted_ca is not None:
        context.load_verify_locations(boot.path(boot.gateway.trusted_ca))
    connection = http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=context)
    try:
        connection.request("GET", f"/.well-known/matrix/{which}")
        answer = connection.getresponse()
        body = answer.read(_LONGEST)
    except ssl.SSLCertVerificationError as fault:
        where = boot.shown()
        return told(
            "its certificate is not trusted ({verify_message}); put one at {where}",
            verify_message=fault.verify_message,
            where=where,
        )
    except (OSError, http.client.HTTPException) as fault:
        return told("it does not answer: {fault}", fault=fault)
    finally:
        connection.close()
    if answer.status != 200:
        return told("it answers {status}", status=answer.status)
    return None if _says(boot, which, body) else told("it leads somewhere else, or nowhere")


def sign_in_seen(
    boot: Boot, document: Document, store: SignInStore | Sentence, now: float
) -> SignInSeen:
    """How the sign-in service stands; `store` is its store, or why that can't be opened."""
    newest: int | None = None
    people: tuple[str, ...] = ()
    sources: tuple[RevocationSource, ...] = ()
    ending = 0
    trouble = store if isinstance(store, Sentence) else None
    if not isinstance(store, Sentence):
        try:
            newest = max((key.made for key in store.token_keys()), default=None)
            people = _one_factor(boot, document, store, now)
            sources = store.certificates.sources()
            ending = store.certificates.ending(int(now) + ENDS_SOON)
        except Unavailable as outage:
            trouble = said_by(outage)
    return SignInSeen(
        process_trouble=_ready(boot.path(boot.signin.socket)),
        responder_trouble=_listens(boot.signin.introspection),
        store_trouble=trouble,
        store_key_trouble=_store_key(boot),
        breached_trouble=_unreadable(document.sign_in.breached_passwords),
        newest_key=newest,
        one_factor=people,
        sources=sources,
        ending=ending,
    )


def _one_factor(boot: Boot, document: Document, store: SignInStore, now: float) -> tuple[str, ...]:
    """People with a password of ours and nothing besides, past their time for it.

    Where a second-factor server is asked, nobody here knows who has one there.
    """
    if boot.signin.radius:
        return ()
    return store.password_alone(int(now) - document.sign_in.enrolment_grace)


def inspector_seen(boot: Boot) -> InspectorSeen:
    """How the inspector stands, by what it says itself."""
    path = boot.path(boot.inspector.socket)
    try:
        status, words = _told(path)
        state = json.loads(words)
        silent = tuple(str(why) for _, why in sorted(state["silent"].items()))
        yara, lacks = str(state["yara"]), tuple(map(str, state["lacks"]))
        why = "" if status == HTTPStatus.OK or silent or yara else str(state["why"])
    except (OSError, http.client.HTTPException) as fault:
        return InspectorSeen(
            process=told("it does not answer on {path}: {fault}", path=path, fault=fault)
        )
    except (ValueError, LookupError, AttributeError, TypeError):
        return InspectorSeen(process=told("what answers on {path} is no inspector", path=path))
    return InspectorSeen(process=why, scanners=silent, yara=yara, lacks=lacks)


def _ready(path: Path) -> Sentence | None:
    """What the process behind a Unix socket lacks to be ready."""
    try:
        status, words = _told(path)
    except (OSError, http.client.HTTPException) as fault:
        return told("it does not answer on {path}: {fault}", path=path, fault=fault)
    return None if status == HTTPStatus.OK else as_is(words[:500])


def _told(path: Path) -> tuple[int, str]:
    """What the process behind a Unix socket says of itself. Raises OSError, HTTPException."""
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(_SECONDS)
        raw.connect(str(path))
        raw.sendall(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = http.client.HTTPResponse(raw)
        answer.begin()
        return answer.status, answer.read(_LONGEST).decode("utf-8", "replace").strip()


def _listens(address: str) -> Sentence | None:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS).close()
    except OSError as fault:
        return told("nobody listens on {address}: {fault}", address=address, fault=fault)
    return None


def _store_key(boot: Boot) -> Sentence | None:
    try:
        boot.store_key()
    except BootFault as fault:
        return said_by(fault)
    return None


def _unreadable(path: str) -> Sentence | None:
    if not path:
        return None
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as fault:
        return told(
            "the list of breached passwords `{path}` can't be read: {strerror}",
            path=path,
            strerror=fault.strerror,
        )
    return None
