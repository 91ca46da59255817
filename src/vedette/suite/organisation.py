"""A new organisation's folder: boot file, keys, secrets, certificate, first document, people.

Layout, all of it 0700 and its secrets 0600:

    boot.toml        addresses, paths and secret files of this host
    settings.toml    the first settings document; becomes revision 1
    people.csv       the people and their groups
    offline-code.txt the code for recovery, to be put away
    keys/            public keys
    secrets/         private keys and shared secrets, one a file
    tls/             the gateway's and the console's certificates and keys
    doors/ audit/ run/ log/ control/ synapse/     made and kept by the processes
"""

from __future__ import annotations

import datetime
import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from vedette.adapters.boot_file import NAME, OFFLINE_CODE, load
from vedette.adapters.recovery_file import RecoveryFile
from vedette.adapters.synapse_signing import new_line
from vedette.admin.break_glass import OFFLINE_BYTES, new_recovery
from vedette.admin.homeserver import SECRETS
from vedette.core.names import InvalidName, ServerName
from vedette.core.settings.default import default_document
from vedette.protocol.recovery import offline_code
from vedette.suite.addresses import fits_socket, free_or_other, split
from vedette.suite.boot_text import BootAnswers, boot_text, web_address
from vedette.suite.certificates import ServerCertificate, self_signed
from vedette.suite.keys import make_audit_keys

CLIENT, FEDERATION = "127.0.0.1:8443", "127.0.0.1:8448"
CONTROL, PUSHES = "127.0.0.1:8470", "127.0.0.1:8471"
INTROSPECTION = "127.0.0.1:8474"
CONSOLE = "127.0.0.1:8476"
"""Where a new organisation listens if nothing else is said and the ports are free."""

_WHY_CODE = "with that code `vedette recover` lets you in when everybody is locked out"

PEOPLE_HEAD = "user,groups,guest,active\n"


class InitFault(ValueError):
    """The organisation can't be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrganisation:
    """What `init` is told. An address of None means: the usual one, or a free port."""

    folder: Path
    domain: str
    name: str = ""
    client: str | None = None
    federation: str | None = None
    control: str | None = None
    pushes: str | None = None
    introspection: str | None = None
    console: str | None = None
    document: str | None = None
    """The first document, if it isn't the default one."""
    people: str = PEOPLE_HEAD
    certificate: ServerCertificate | None = None
    console_certificate: ServerCertificate | None = None
    trusted_ca: bytes | None = None
    routes: dict[str, str] = field(default_factory=dict)
    """Servers at fixed addresses."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was made, and what is still to be done by whoever runs it."""

    folder: Path
    client_url: str
    console_url: str
    to_do: tuple[str, ...]


def init(wanted: NewOrganisation, now: datetime.datetime) -> Made:
    """Make the folder of a new organisation.

    Nothing is written unless everything can be: the boot file, without which a folder is no
    organisation, comes last.

    Raises:
        InitFault: the domain is not a server name, or the folder can't be used.
    """
    domain = _domain(wanted.domain)
    _check_folder(wanted.folder)
    answers = _answers(wanted, domain)
    wanted.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted.folder.chmod(0o700)
    _write_secrets(wanted.folder)
    _write_tls(wanted, answers, now)
    document = wanted.document or default_document(wanted.name or domain, domain)
    _write(wanted.folder / "settings.toml", document.encode(), 0o644)
    _write(wanted.folder / "people.csv", wanted.people.encode(), 0o600)
    code = offline_code(secrets.token_bytes(OFFLINE_BYTES))
    _write(wanted.folder / OFFLINE_CODE, f"{code}\n".encode())
    _write(wanted.folder / NAME, boot_text(answers).encode(), 0o644)
    boot = load(wanted.folder)
    kept = new_recovery(code, boot.organisation, now.timestamp())
    RecoveryFile(boot.recovery()).keep(kept)
    make_audit_keys(boot)
    return Made(wanted.folder, boot.gateway.client_url, boot.console_url, _to_do(wanted, answers))


def _domain(text: str) -> ServerName:
    try:
        return ServerName(text)
    except InvalidName as fault:
        raise InitFault(f"`--domain {text}`: {fault}") from fault


def _check_folder(folder: Path) -> None:
    if (folder / NAME).exists():
        raise InitFault(
            f"`{folder}` holds an organisation already; run it with `vedette up {folder}`"
        )
    if folder.exists() and not folder.is_dir():
        raise InitFault(f"`{folder}` is a file; name a folder that is empty or does not exist yet")
    if folder.exists() and any(folder.iterdir()):
        raise InitFault(
            f"`{folder}` is not empty; name a folder that is empty or does not exist yet"
        )
    if not fits_socket(folder.resolve() / "run/federation-out.sock"):
        raise InitFault(f"`{folder}` is too long a path for Unix sockets; choose a shorter one")


def _answers(wanted: NewOrganisation, domain: ServerName) -> BootAnswers:
    client = wanted.client or free_or_other(CLIENT)
    federation = wanted.federation or _federation(domain, frozenset({client}))
    control = wanted.control or free_or_other(CONTROL, frozenset({client, federation}))
    pushes = wanted.pushes or free_or_other(PUSHES, frozenset({client, federation, control}))
    taken = frozenset({client, federation, control, pushes})
    introspection = wanted.introspection or free_or_other(INTROSPECTION, taken)
    return BootAnswers(
        domain=domain,
        client=client,
        federation=federation,
        control=control,
        client_url=web_address(client),
        federation_name=_federation_name(domain, federation),
        pushes=pushes,
        routes=wanted.routes,
        trusts_ca=wanted.trusted_ca is not None,
        introspection=introspection,
        console=wanted.console or free_or_other(CONSOLE, taken | {introspection}),
    )


def _federation(domain: ServerName, taken: frozenset[str]) -> str:
    """Where other servers will look: a server name with an IP address and a port says it itself."""
    if domain.port is not None and _is_ip(domain.host):
        return domain
    return free_or_other(FEDERATION, taken)


def _federation_name(domain: ServerName, federation: str) -> str:
    """What `.well-known` answers: the name itself where it has a port, which is never looked up."""
    if domain.port is not None:
        return domain
    host, port = split(federation)
    return federation if _is_ip(host) and ip_address(host).is_loopback else f"{domain}:{port}"


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _write_secrets(folder: Path) -> None:
    settings = Ed25519PrivateKey.generate()
    private = settings.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = settings.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _write(folder / "secrets/settings.key", private)
    _write(folder / "keys/settings.pub", public, 0o644)
    _write(folder / "secrets/admin.token", secrets.token_urlsafe(32).encode())
    _write(folder / "secrets/synapse-signing.key", new_line())
    for name in SECRETS:
        _write(folder / "secrets" / f"synapse-{name}", secrets.token_urlsafe(48).encode())
    _write(folder / "secrets/synapse-mas", secrets.token_urlsafe(48).encode())
    _write(folder / "secrets/sign-in-store.key", secrets.token_bytes(32))


def _write_tls(wanted: NewOrganisation, answers: BootAnswers, now: datetime.datetime) -> None:
    pair = wanted.certificate or self_signed(
        certificate_names(ServerName(answers.domain), answers.client), now
    )
    _write(wanted.folder / "tls/gateway.crt", pair.certificate, 0o644)
    _write(wanted.folder / "tls/gateway.key", pair.key)
    console = wanted.console_certificate or self_signed(console_names(answers.console), now)
    _write(wanted.folder / "tls/console.crt", console.certificate, 0o644)
    _write(wanted.folder / "tls/console.key", console.key)
    if wanted.trusted_ca is not None:
        _write(wanted.folder / "tls/ca.crt", wanted.trusted_ca, 0o644)


def certificate_names(domain: ServerName, client: str) -> tuple[str, ...]:
    """The names that a gateway's certificate must carry: its domain's host and where it listens."""
    return tuple(dict.fromkeys((domain.host.strip("[]"), split(client)[0], "localhost")))


def console_names(console: str) -> tuple[str, ...]:
    """The names that a console's certificate must carry: where it listens."""
    return tuple(dict.fromkeys((split(console)[0], "localhost")))


def _to_do(wanted: NewOrganisation, answers: BootAnswers) -> tuple[str, ...]:
    to_do = [
        f"put {wanted.folder}/{OFFLINE_CODE} on paper, locked away, and delete it: {_WHY_CODE}",
        f"add people: vedette --dir {wanted.folder} user add NAME --groups GROUP",
    ]
    if wanted.certificate is None:
        to_do.append(
            "the certificate vouches only for itself, and other servers and most clients will not"
            f" take it: put your own at {wanted.folder}/tls/gateway.crt and gateway.key, or have it"
            " ordered (docs/operate/acme.md)"
        )
    if answers.client.startswith("127."):
        to_do.append(
            f"it is reached from this machine alone: set `client` and `federation` in"
            f" {wanted.folder}/{NAME} to public addresses when it shall be reached from elsewhere"
        )
    return tuple(to_do)


def _write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a new file that nobody could read before its mode was right."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=mode, exist_ok=False)
    path.chmod(mode)
    path.write_bytes(data)
