"""Wires the gateway: the client door and both federation doors."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from vedette.adapters.acme_authority import AcmeAuthority, ExternalAccount
from vedette.adapters.acme_files import ACCOUNT, AcmeFiles
from vedette.adapters.audit_keys import RecipientFile
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.boot_file import Boot, load
from vedette.adapters.dns_names import DnsNames
from vedette.adapters.federation_discovery import FederationDiscovery
from vedette.adapters.federation_keys import FederationKeys
from vedette.adapters.inspector import Inspector
from vedette.adapters.log_incidents import LogIncidents
from vedette.adapters.partner_probe import TlsProbe
from vedette.adapters.sessions_list import SessionsList
from vedette.adapters.settings_keys import SettingsKeyFile
from vedette.adapters.stream_files import StreamFiles
from vedette.adapters.synapse_inner import SynapseInner
from vedette.adapters.system_clock import SystemClock
from vedette.adapters.well_known import WellKnown
from vedette.core.names import ServerName
from vedette.core.settings.document import Document
from vedette.gateway.app import PublicDoors, SignInService
from vedette.gateway.behind import Behind
from vedette.gateway.carrier import FEDERATION_FORM, Server, serve
from vedette.gateway.files import FetchedFiles
from vedette.gateway.incoming import IncomingDoor
from vedette.gateway.inner import InnerDoor
from vedette.gateway.keyring import Keyring
from vedette.gateway.loop import run
from vedette.gateway.outgoing import OutgoingDoor
from vedette.gateway.partner_check import PartnerCheck
from vedette.gateway.partner_tls import PartnerTls
from vedette.gateway.plain import PlainDoor
from vedette.gateway.plan import Address, CopyTo, Limits, Tcp, Unix, Upstream
from vedette.gateway.presence import Presence
from vedette.gateway.renewal import Renewal
from vedette.gateway.sightings import Sightings
from vedette.gateway.tls import ServerTls, TlsFiles
from vedette.gateway.tunnel import PushTunnel
from vedette.ports.errors import Unavailable
from vedette.ports.key_server import KeyServer
from vedette.ports.policy import Policy
from vedette.spine import Spine

PROCESS = "gateway"
_POLL_SECONDS = 0.025
_PER_ADDRESS = 500
"""Connections from one address. Behind a balancer all of a site may share one."""
_SIGNIN_IDLE_SECONDS = 2.0
"""The sign-in service closes a connection that was idle for five seconds."""
_SIGNIN_ANSWER_SECONDS = 60.0
"""It waits for a RADIUS server or a provider at most, never for news."""


def main(folder: Path) -> None:
    """Run the gateway of the organisation in `folder` until it is told to end.

    Raises:
        BootFault, TlsFilesError, Unavailable, OSError: it can't start; the message says why.
    """
    run(_serve(load(folder)))


def settings_key(boot: Boot) -> SettingsKeyFile:
    """By which every stream is verified. Raises Unavailable."""
    found = SettingsKeyFile(boot.path(boot.public_key), boot.organisation)
    found.keys()  # what can't be used is told now
    return found


_THREADS = ThreadPoolExecutor(32, "inspector")
"""Of their own: an inspector that hangs must not keep anything else waiting."""
_Done = TypeVar("_Done")


async def _run(doing: Callable[[], _Done]) -> _Done:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, doing)


async def _wait(done: Future[None]) -> None:
    await asyncio.wrap_future(done)


def _wired(boot: Boot) -> tuple[Spine, StreamFiles, AuditSpool]:
    clock = SystemClock()
    spool = AuditSpool(
        boot.spool(PROCESS),
        PROCESS,
        clock,
        _wait,
        recipient=RecipientFile.at(boot.path(boot.audit_key)),
    )
    streams = StreamFiles(
        boot.door(PROCESS),
        boot.organisation,
        settings_key(boot),
        clock,
        lambda policy: spool.keep_whole(policy.directory.document.audit.permitted == "whole"),
    )
    return Spine(streams, spool, LogIncidents(), clock), streams, spool


def partner_tls(boot: Boot) -> PartnerTls:
    """How other servers are spoken to."""
    trusted = boot.gateway.trusted_ca
    return PartnerTls(boot.path(trusted) if trusted is not None else None)


def discovery(boot: Boot, tls: PartnerTls) -> FederationDiscovery:
    """How other servers are found."""
    names = DnsNames([_dns_server(each) for each in boot.gateway.nameservers])
    return FederationDiscovery(boot.gateway.routes, names, tls.finding, WellKnown(names))


def _dns_server(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


async def _serve(boot: Boot) -> None:
    spine, streams, spool = _wired(boot)
    spool.start()
    streams.start()
    homeserver = SynapseInner(boot.path(boot.synapse.socket))
    presence = Presence(str(boot.path(boot.signin.socket)))
    listed = SessionsList(streams, spine.clock, presence.is_away)
    await listed.take()
    servers: list[Server] = []
    sightings = Sightings(str(boot.path(boot.signin.socket)))
    tunnel = PushTunnel(spine)
    acme = ordering(boot, spine)
    try:
        register = Inspector(boot.path(boot.inspector.socket), _run)
        files = FetchedFiles(spine, register, homeserver, ServerName(boot.organisation))
        tls = partner_tls(boot)
        finding = discovery(boot, tls)
        others = incoming_door(boot, spine, files, FederationKeys(finding, tls.strict))
        asking = _asking(boot)
        servers += await _public(boot, spine, files, listed, sightings, others, asking)
        public = tuple(servers)
        servers += await _inside(boot, spine, files, finding, tls, acme)
        if boot.gateway.pushes is not None:
            await tunnel.listen(boot.gateway.pushes)
        if acme is not None:
            servers.append(await acme.serve(boot))
        presence.watch()
        sightings.watch()
        await _until_told(streams, listed, public, ClientTrust(asking))
    finally:
        if acme is not None:
            acme.renewal.close()
        presence.close()
        sightings.close()
        await tunnel.close()
        for server in servers:
            await server.close(grace_seconds=2.0)
        await homeserver.close()
        spool.close()


async def _public(
    boot: Boot,
    spine: Spine,
    files: FetchedFiles,
    listed: SessionsList,
    sightings: Sightings,
    others: IncomingDoor,
    asking: ServerTls | None,
) -> list[Server]:
    """The public addresses, and the one where clients may show a certificate, if there is one."""
    doors = PublicDoors(
        spine,
        files,
        listed,
        Upstream(Unix(str(boot.path(boot.synapse.socket)))),
        ServerName(boot.organisation),
        lambda name: well_known(boot, name),
        sign_in_service(boot),
        others,
        CopyTo(Unix(str(boot.path(boot.inspector.socket))), b"PUT", b"/contents?wait=0"),
        sightings.note,
    )
    certificate = _certificate(boot)
    behind = behind_what(boot)
    limits = Limits(per_address=_PER_ADDRESS if behind is None else None)
    addresses = [tcp(each) for each in sorted({boot.gateway.client, boot.gateway.federation})]
    there = [
        await serve(doors.plan, addresses, tls=ServerTls(certificate), limits=limits, behind=behind)
    ]
    apart = boot.gateway.certificates
    if apart is not None and asking is not None:
        listens = [tcp(apart.listen)]
        there.append(await serve(doors.plan, listens, tls=asking, limits=limits, behind=behind))
    return there


def _certificate(boot: Boot) -> TlsFiles:
    """The gateway's own certificate."""
    certificate, key = boot.served()
    return TlsFiles(str(certificate), str(key))


def _asking(boot: Boot) -> ServerTls | None:
    """TLS where clients are asked for a certificate, if there is such an address."""
    apart = boot.gateway.certificates
    if apart is None:
        return None
    file = None if apart.ca is None else str(boot.path(apart.ca))
    return ServerTls(replace(_certificate(boot), client_ca=file, asks=True))


@dataclass(slots=True)
class ClientTrust:
    """Keeps the CAs whose certificates clients may show in step with the issuers in force."""

    tls: ServerTls | None
    _document: Document | None = None

    def follow(self, policy: Policy | None) -> None:
        """Trust what this policy names. Without one, what was trusted before stays."""
        if self.tls is None or policy is None or policy.directory.document is self._document:
            return
        self._document = policy.directory.document
        named = (
            certificate
            for issuer in self._document.issuers.values()
            for certificate in (*issuer.anchors, *issuer.intermediates)
        )
        self.tls.trust(tuple(sorted({base64.b64decode(each) for each in named})))


def sign_in_service(boot: Boot) -> SignInService:
    """Where requests about signing in are carried to."""
    host = urlsplit(boot.gateway.client_url).netloc.encode("ascii")
    address = Unix(str(boot.path(boot.signin.socket)))
    idle, answer = _SIGNIN_IDLE_SECONDS, _SIGNIN_ANSWER_SECONDS
    return SignInService(Upstream(address, idle_seconds=idle, response_seconds=answer), host)


def incoming_door(boot: Boot, spine: Spine, files: FetchedFiles, keys: KeyServer) -> IncomingDoor:
    """The door for what other servers sign.

    They reach us by the domain itself or by the name that `.well-known` tells, each with its port or
    without (Matrix server-server API v1.15, "Resolving server names").
    """
    domain = ServerName(boot.organisation)
    told = ServerName(boot.gateway.federation_name)
    hosts = {domain.host, told.host}
    names = {domain, told, f"{told.host}:8448", *hosts, *(host.strip("[]") for host in hosts)}
    keyring = Keyring(keys, spine.clock)
    return IncomingDoor(spine, files, keyring, domain, frozenset(names))


def behind_what(boot: Boot) -> Behind | None:
    """The networks whose connections begin with a PROXY protocol header."""
    return Behind.of(*boot.gateway.behind) if boot.gateway.behind else None


@dataclass(frozen=True, slots=True)
class OrderedCertificate:
    """The certificate that is ordered by ACME: what orders it, and the port where that is proven."""

    renewal: Renewal
    plain: PlainDoor

    async def serve(self, boot: Boot) -> Server:
        """Listen on the plain port, and only then begin to order. Raises OSError."""
        assert boot.gateway.acme is not None  # else there is nothing to order
        listen = [tcp(boot.gateway.acme.listen)]
        server = await serve(
            self.plain.plan, listen, limits=Limits(per_address=20), behind=behind_what(boot)
        )
        self.renewal.watch()
        return server


def ordering(boot: Boot, spine: Spine) -> OrderedCertificate | None:
    """What orders the gateway's certificate, with something to serve with until it has one.

    Raises:
        Unavailable: there is nothing to serve with.
    """
    own = boot.gateway.acme
    if own is None:
        return None
    folder = boot.path(own.folder)
    kept = AcmeFiles(folder, boot.path(boot.gateway.certificate), boot.path(boot.gateway.key))
    kept.begin()
    plain = PlainDoor(boot.gateway.client_url)
    external = own.account
    authority = AcmeAuthority(
        directory=own.directory,
        account_key=folder / ACCOUNT,
        ca=None if own.ca is None else boot.path(own.ca),
        contact=own.contact,
        agrees=own.agree,
        external=None
        if external is None
        else ExternalAccount(external.id, boot.path(external.secret)),
    )
    renewal = Renewal(
        names=own.names,
        under=sha256(own.model_dump_json().encode()).hexdigest(),
        authority=authority,
        kept=kept,
        challenges=plain,
        spine=spine,
        chance=secrets.SystemRandom().random,
    )
    return OrderedCertificate(renewal, plain)


async def _inside(
    boot: Boot,
    spine: Spine,
    files: FetchedFiles,
    finding: FederationDiscovery,
    tls: PartnerTls,
    acme: OrderedCertificate | None,
) -> list[Server]:
    """The door out, and the inside socket on which control asks."""
    door = OutgoingDoor(spine, files, finding, tls)
    checks = PartnerCheck(finding, TlsProbe(tls.strict), spine.clock)
    inner = InnerDoor(spine, checks, None if acme is None else acme.renewal)
    out = await serve(door.plan, [_own(boot, boot.gateway.outgoing)], dialect=FEDERATION_FORM)
    return [out, await serve(inner.plan, [_own(boot, boot.gateway.inner)])]


def _own(boot: Boot, socket: Path) -> Unix:
    """A Unix socket that is made anew, in a folder that only this user can enter."""
    path = boot.path(socket)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    return Unix(str(path))


def well_known(boot: Boot, name: str) -> dict[str, object]:
    """What `.well-known` says (Matrix client-server and server-server API, "Well-known URI").

    Clients of before Matrix 1.15 look there for the sign-in service (MSC2965).
    """
    if name == "well-known.client":
        issuer = boot.gateway.client_url.rstrip("/") + "/"
        return {
            "m.homeserver": {"base_url": boot.gateway.client_url},
            "org.matrix.msc2965.authentication": {"issuer": issuer, "account": f"{issuer}account/"},
        }
    return {"m.server": boot.gateway.federation_name}


def tcp(address: str) -> Address:
    """A boot file's address as the carrier takes it."""
    host, _, port = address.rpartition(":")
    return Tcp(host.strip("[]"), int(port))


async def follow(streams: StreamFiles, listed: SessionsList, public: Iterable[Server]) -> None:
    """Take what is new in the streams, and cut what belongs to sessions that are live no longer."""
    if streams.newer():  # long ones take their time, and no request waits for that
        await asyncio.to_thread(streams.poll)
    if await listed.take():
        for server in public:
            server.cut({tag for tag in server.tags() if not listed.is_live(tag)})


def _current(streams: StreamFiles) -> Policy | None:
    try:
        return streams.current()
    except Unavailable:
        return None


async def _until_told(
    streams: StreamFiles, listed: SessionsList, public: Iterable[Server], trust: ClientTrust
) -> None:
    """Follow the streams until SIGTERM or SIGINT."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    while not told.is_set():
        await follow(streams, listed, public)
        trust.follow(_current(streams))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), _POLL_SECONDS)
