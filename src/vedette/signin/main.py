"""`vedette signin`: wires the sign-in door, its pages and its endpoints, and serves them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from vedette.adapters import kerberos, ldap
from vedette.adapters.audit_keys import RecipientFile
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.boot_file import Boot, BootFault, SigninBoot, load
from vedette.adapters.kerberos.keytab_file import keytab_trouble
from vedette.adapters.log_incidents import LogIncidents
from vedette.adapters.passwords import Argon2Passwords
from vedette.adapters.radius import RadiusServers, radius_server
from vedette.adapters.revocation_places import RevocationFolder, revocation_places
from vedette.adapters.settings_keys import SettingsKeyFile
from vedette.adapters.sign_in.rekeying import StoreKeyFile
from vedette.adapters.sign_in_store import SqlSignInStore, open_sign_in_store
from vedette.adapters.stream_files import StreamFiles
from vedette.adapters.synapse_provisioning import SynapseProvisioning
from vedette.adapters.system_clock import SystemClock
from vedette.adapters.upstream_documents import UpstreamDocuments
from vedette.adapters.upstream_oidc import UpstreamOidc
from vedette.adapters.webauthn_ceremony import WebAuthnCeremony
from vedette.core.names import ServerName
from vedette.ports.directory import DirectoryNames, DirectoryPasswords, Wishes, wishes_of
from vedette.ports.errors import Unavailable
from vedette.ports.factors import RelyingParty, SecondFactorServer, UpstreamProvider
from vedette.ports.incidents import Incidents
from vedette.ports.policy import PolicySource
from vedette.ports.provisioning import Provisioning
from vedette.ports.sign_in import SignInStore
from vedette.protocol.internal.streams import Stream
from vedette.signin import compat, device_grant, keys, metadata, oauth, registration, sightings
from vedette.signin.app import make_app, sentence_page
from vedette.signin.attempts import Attempts
from vedette.signin.certified import Certified
from vedette.signin.device_page import DevicePage
from vedette.signin.device_proof import DeviceProofs
from vedette.signin.door import SignInDoor, waiting
from vedette.signin.duties import Duties, keep_token_keys
from vedette.signin.entered import Entrances
from vedette.signin.errands import Errands
from vedette.signin.flows import Flows
from vedette.signin.issuing import Issuing
from vedette.signin.listed import Listed
from vedette.signin.managed import Managed
from vedette.signin.own import OwnPages
from vedette.signin.proofs import Means
from vedette.signin.revocations import RevocationKeeper
from vedette.signin.sign_in_pages import UPSTREAM, Shell, SignInPages
from vedette.signin.step_up import StepUp
from vedette.signin.ticket_desk import TicketDesk
from vedette.signin.vouched import Certificates, Issuers
from vedette.signin.walk import Walk
from vedette.spine import Spine

PROCESS = "signin"
_LOG = logging.getLogger("vedette.signin")
_ENDING_SECONDS = 5


class SigninFault(Exception):
    """The sign-in process can't start; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Everything outside that the process stands on. `issuer` is our public address with a slash.

    `certificates` is the one at which clients may show a certificate, empty if there is none.
    """

    spine: Spine
    store: SignInStore
    means: Means
    provisioning: Provisioning
    listed: Listed
    incidents: Incidents
    issuer: str
    certificates: str = ""
    console: str = ""
    """The console's address, with scheme and without a slash; empty if there is none."""
    store_key: Callable[[], None] | None = None
    """Has another store key put in place, and waits until that is done."""

    @property
    def policy(self) -> PolicySource:
        """The policy in force."""
        return self.spine.policy

    @property
    def origin(self) -> str:
        """Our public address without the slash."""
        return self.issuer.rstrip("/")

    def organisation(self) -> str:
        """The organisation's name; its domain while no settings are known."""
        try:
            return str(self.policy.current().directory.document.organisation.name)
        except Unavailable:
            return str(self.means.domain)

    def why_not_ready(self) -> str:
        """Why nobody can be let in now; empty when they can."""
        try:
            self.policy.current()
            changes = self.store.changes()
        except Unavailable as outage:
            return str(outage)
        behind = self.listed.current().as_of < changes
        return "control has not published the newest sessions" if behind else ""


def app_of(around: Surroundings) -> tuple[Starlette, SignInDoor]:
    """The application, and the door that it stands at."""
    clock = around.means.clock
    door = SignInDoor(around.spine, around.store, clock)
    issuing = Issuing(
        around.store,
        door,
        around.provisioning,
        around.listed,
        around.policy,
        clock,
        around.issuer,
        certificates=around.means.certificates,
        devices=around.means.devices,
    )
    shell = Shell(origin=around.origin, organisation=around.organisation)
    routes = _routes(around, issuing, shell)
    return make_app(routes, shell, around.incidents, around.why_not_ready), door


def _routes(around: Surroundings, issuing: Issuing, shell: Shell) -> list[BaseRoute]:
    devices = device_grant.DeviceGrants(issuing)
    native = oauth.OAuth(issuing, devices, oauth.console_client(around.console))
    older = compat.Compat(issuing, around.means)
    entrances, steps = Entrances.of(around.store), StepUp(issuing)
    walk = Walk(
        means=around.means,
        door=issuing.door,
        flows=Flows.of(around.store),
        attempts=Attempts(around.store, around.means.clock),
        policy=around.policy,
        step_up=steps,
        complete={
            "oauth": native.complete,
            "sso": older.complete,
            "device": devices.complete,
            "session": steps.complete,
        },
        refused={"oauth": native.refused, "device": devices.refused},
        enter=entrances.enter,
        callback=f"{around.origin}{UPSTREAM}",
    )
    own = OwnPages(walk=walk, shell=shell, entrances=entrances, provisioning=around.provisioning)
    page = sentence_page(shell)
    return [
        *DevicePage(shell=shell, enter=devices.enter).routes(),
        *SignInPages(walk=walk, shell=shell).routes(),
        *own.routes(),
        *oauth.routes(native, page),
        *registration.routes(registration.Registration(issuing)),
        *device_grant.routes(devices),
        *sightings.routes(sightings.Sighted(issuing)),
        *keys.routes(keys.KeyRenewal(around.spine, around.store, around.store_key)),
        *metadata.routes(metadata.Metadata(around.issuer, around.listed, around.certificates)),
        *compat.routes(older, page),
    ]


# ---- From the boot file --------------------------------------------------------------------------


def main(folder: Path) -> None:
    """Run the sign-in service of the organisation in `folder` until SIGTERM or SIGINT.

    Raises:
        SigninFault: it can't start.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        boot = load(folder)
        asyncio.run(_run(boot, boot.signin))
    except (Unavailable, BootFault, OSError, ValueError) as fault:
        raise SigninFault(str(fault)) from fault


async def _run(boot: Boot, own: SigninBoot) -> None:
    """Wire, serve, and end in the order in which nothing is lost: requests, duties, records."""
    clock, listed = SystemClock(), Listed()
    recipient = RecipientFile.at(boot.path(boot.audit_key))
    spool = AuditSpool(boot.spool(PROCESS), PROCESS, clock, waiting, recipient=recipient)
    streams = StreamFiles(
        boot.door(PROCESS),
        boot.organisation,
        settings_key(boot),
        clock,
        lambda policy: spool.keep_whole(policy.directory.document.audit.permitted == "whole"),
    )
    boot.path(own.folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    store, store_key = _store(boot)
    incidents = LogIncidents()
    around = Surroundings(
        spine=Spine(streams, spool, incidents, clock),
        store=store,
        means=_means(boot, own, store, clock, streams),
        provisioning=SynapseProvisioning(boot.path(boot.synapse.socket), boot.synapse_secret()),
        listed=listed,
        incidents=incidents,
        issuer=issuer_of(boot),
        certificates=_certificates_of(boot),
        console=boot.console_url,
        store_key=partial(store_key.rotate, store.rekeying),
    )
    follow = _Follow(streams, listed)
    spool.start()
    try:
        keep_token_keys(store, int(clock.now()))
        streams.start()
        follow()
        app, door = app_of(around)
        errands = Errands(store, around.provisioning, clock)
        certified = _certified(door, around.means)
        managed = None if around.means.devices is None else Managed(door, around.means.devices)
        duties = Duties(streams.newer, follow, door, errands, store, clock, certified, managed)
        with _listen(boot.path(own.socket)) as inside:
            await _serve(app, duties, inside)
    finally:
        spool.close()
        store.close()


def _store(boot: Boot) -> tuple[SqlSignInStore, StoreKeyFile]:
    """The store, with a change of its key that was broken off brought to its end. Raises Unavailable."""
    file = StoreKeyFile(boot.path(boot.signin.store_key))
    newer = file.unfinished()
    store = open_sign_in_store(boot.sign_in_database(), boot.store_key(), newer)
    if newer is not None:
        file.finish(store.rekeying)
    return store, file


@dataclass(slots=True)
class _Follow:
    """Follows the streams, and hands each new list of sessions on."""

    streams: StreamFiles
    listed: Listed
    _number: int = 0

    def __call__(self) -> None:
        self.streams.poll()
        part = self.streams.part(Stream.SESSIONS)
        if part is not None and part.number != self._number:
            self._number = part.number
            self.listed.take(part.body)


def issuer_of(boot: Boot) -> str:
    """Our public address, by which everybody names us; it ends with a slash."""
    return f"{boot.gateway.client_url.rstrip('/')}/"


def _certificates_of(boot: Boot) -> str:
    """The address at which clients may show a certificate, with a slash; empty if there is none."""
    apart = boot.gateway.certificates
    return "" if apart is None else f"{apart.url.rstrip('/')}/"


def settings_key(boot: Boot) -> SettingsKeyFile:
    """By which every stream is verified. Raises Unavailable."""
    found = SettingsKeyFile(boot.path(boot.public_key), boot.organisation)
    found.keys()  # what can't be used is told now
    return found


def _certified(door: SignInDoor, means: Means) -> Certified | None:
    return None if means.certificates is None else Certified(door, means.certificates)


def _certificates(
    boot: Boot, own: SigninBoot, store: SignInStore, clock: SystemClock, policy: PolicySource
) -> Certificates:
    """What judges certificates; where there is no address to show one, nobody does."""
    trusted = boot.gateway.trusted_ca
    places = revocation_places(None if trusted is None else boot.path(trusted))
    folder = RevocationFolder(boot.path(own.folder) / "revocations")
    return Certificates(
        store=store.certificates,
        issuers=Issuers(policy),
        revocations=RevocationKeeper(store.certificates, places, folder, clock),
        clock=clock,
        domain=ServerName(boot.organisation),
        names=_names(boot, policy),
        address=_certificates_of(boot),
    )


def _means(
    boot: Boot, own: SigninBoot, store: SignInStore, clock: SystemClock, policy: PolicySource
) -> Means:
    origin = issuer_of(boot).rstrip("/")
    host = urlsplit(origin).hostname or boot.organisation
    return Means(
        store=store,
        clock=clock,
        domain=ServerName(boot.organisation),
        passwords=Argon2Passwords(),
        ceremony=WebAuthnCeremony(attestation_roots(boot)),
        party=RelyingParty(host, boot.organisation, origin),
        server=_radius(boot, own),
        upstream=_upstream(boot, own),
        directory=_directory(boot, policy),
        names=_names(boot, policy),
        certificates=_certificates(boot, own, store, clock, policy),
        tickets=_tickets(boot, own, policy),
        devices=DeviceProofs(
            store, policy, clock, ServerName(boot.organisation), _names(boot, policy)
        ),
    )


def _tickets(boot: Boot, own: SigninBoot, policy: PolicySource) -> TicketDesk | None:
    """Where Kerberos tickets are taken.

    Raises:
        BootFault: the boot file names a keytab that can't be used, or gssapi is missing.
    """
    named = own.kerberos
    if named is None:
        return None
    if not kerberos.installed():
        raise BootFault(kerberos.MISSING)
    keytab = boot.path(named.keytab)
    trouble = keytab_trouble(keytab, named.principal)
    if trouble is not None:
        raise BootFault(trouble)
    from vedette.adapters.kerberos.acceptor import GssTickets  # noqa: PLC0415  # it is an extra

    return TicketDesk(
        tickets=GssTickets(named.principal, keytab, boot.path(own.folder) / "tickets.seen"),
        realms=named.taken,
        domain=ServerName(boot.organisation),
        names=_names(boot, policy),
        by_sid=boot.directory is not None and boot.directory.kind == "active-directory",
    )


def _directory(boot: Boot, policy: PolicySource) -> DirectoryPasswords | None:
    """Where passwords of the company's directory are proven.

    Raises:
        BootFault: the boot file names a directory, and its password or python-ldap is missing.
    """
    if boot.directory is None:
        return None
    if not ldap.installed():
        raise BootFault(ldap.MISSING)
    from vedette.adapters.ldap.directory import passwords_of  # noqa: PLC0415  # it is an extra

    return passwords_of(boot, _wishes(policy), SystemClock())


def _names(boot: Boot, policy: PolicySource) -> DirectoryNames | None:
    """Who has which other name in the company's directory. Raises BootFault, as `_directory` does."""
    if boot.directory is None:
        return None
    from vedette.adapters.ldap.directory import names_of  # noqa: PLC0415  # it is an extra

    return names_of(boot, _wishes(policy), SystemClock())


def _wishes(policy: PolicySource) -> Callable[[], Wishes]:
    """How the directory is read, by the settings in force."""
    return lambda: wishes_of(policy.current().directory.document.directory)


def attestation_roots(boot: Boot) -> tuple[bytes, ...]:
    """The makers of passkeys whose word counts, as PEM.

    Raises:
        BootFault: a file can't be read; to believe nobody in silence would lift no rule, but tell
            nobody why.
    """
    found: list[bytes] = []
    for path in (boot.path(each) for each in boot.signin.attestation):
        try:
            found += [
                each.public_bytes(Encoding.PEM)
                for each in load_pem_x509_certificates(path.read_bytes())
            ]
        except (OSError, ValueError) as fault:
            raise BootFault(f"`{path}` holds no certificate that can be read: {fault}") from fault
    return tuple(found)


def _radius(boot: Boot, own: SigninBoot) -> SecondFactorServer | None:
    servers = [
        radius_server(name, each.address, boot.path(each.secret))
        for name, each in own.radius.items()
    ]
    return RadiusServers(servers, boot.organisation) if servers else None


def _upstream(boot: Boot, own: SigninBoot) -> dict[str, UpstreamProvider]:
    tls = ssl.create_default_context()
    if boot.gateway.trusted_ca is not None:
        tls.load_verify_locations(boot.path(boot.gateway.trusted_ca))
    found: dict[str, UpstreamProvider] = {}
    for name, each in own.upstream.items():
        secret = "" if each.client_secret is None else _secret(boot.path(each.client_secret))
        documents = UpstreamDocuments(each.issuer, tls)
        found[name] = UpstreamOidc(name, each.client_id, secret, documents)
    return found


def _secret(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


# ---- Serving -------------------------------------------------------------------------------------


def _listen(path: Path) -> socket.socket:
    """The listening Unix socket, for this user alone. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # nobody else may connect, not even for a moment
    try:
        listening.bind(str(path))
    finally:
        os.umask(before)
    return listening


async def _serve(app: Starlette, duties: Duties, inside: socket.socket) -> None:
    """Serve and do the duties; whichever ends first ends both."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            lifespan="off",
            timeout_graceful_shutdown=_ENDING_SECONDS,
        )
    )
    running = asyncio.create_task(duties.run())
    serving = asyncio.create_task(_until_signal(server, inside))
    done, _ = await asyncio.wait({running, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await asyncio.gather(serving, return_exceptions=True)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for task in done:
        task.result()


async def _until_signal(server: uvicorn.Server, inside: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, then end as a process that was asked to."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _ask_to_end, server)
    # `serve` would take the signals for itself and raise them again once it is done, which ends
    # the process before the last records are written; `_serve` does not.
    await server._serve([inside])  # noqa: SLF001


def _ask_to_end(server: uvicorn.Server) -> None:
    server.should_exit = True
