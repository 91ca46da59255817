"""The boot file: this host's addresses, paths and secret files. No policy is in it.

Paths are relative to the folder that holds the file. Secrets are in files of their own, mode 0600,
which the boot file only names.
"""

from __future__ import annotations

import json
import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from vedette.adapters.boot_devices import DeviceManagementBoot, SourceName
from vedette.core.names import InvalidName, ServerName
from vedette.protocol.kerberos.principals import REALM, SERVICE, realm_of
from vedette.protocol.server_certificate import host_name
from vedette.protocol.syslog import EXAMPLE_ENTERPRISE

NAME = "boot.toml"
ORDERED, SHOWN, ORDERING = "certificate.pem", "chain.crt", "ordering.json"
"""In the folder of `[gateway.acme]`: key and chain, the chain alone, how orders stand."""
OFFLINE_CODE = "offline-code.txt"
_KEY_BYTES = 32


class BootFault(ValueError):
    """The boot file can't be used; the message says why and what to do."""


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"`{text}` is not an address; write it like `127.0.0.1:8448`")
    return text


def _loopback(text: str) -> str:
    """An address that nobody but this machine reaches, said as a number: names can be led astray."""
    host = _address(text).rpartition(":")[0].strip("[]")
    try:
        inside = ip_address(host).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise ValueError(f"`{text}` is not on this machine alone; write it like `127.0.0.1:8472`")
    return text


def _server(text: str) -> str:
    try:
        return ServerName(text)
    except InvalidName as fault:
        raise ValueError(str(fault)) from fault


def _numeric(text: str) -> str:
    """An address with a number for its host."""
    host = _address(text).rpartition(":")[0].strip("[]")
    try:
        ip_address(host)
    except ValueError:
        raise ValueError(
            f"`{text}` has no address in numbers; write it like `192.0.2.53:53`"
        ) from None
    return text


Address = Annotated[str, AfterValidator(_address)]
NumericAddress = Annotated[str, AfterValidator(_numeric)]
Loopback = Annotated[str, AfterValidator(_loopback)]
Server = Annotated[str, AfterValidator(_server)]
HostName = Annotated[str, AfterValidator(host_name)]
DatabaseAt = Annotated[str, Field(pattern="^(sqlite|file:.+)$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CertificatesBoot(_Section):
    """A second address for clients whose devices have a certificate of the organisation's own CA.

    It is apart from the first so that nobody's browser asks for a certificate there. Tokens that
    are fetched with a certificate are good with that certificate alone (RFC 8705).
    """

    listen: Address
    url: str
    """The base URL that such clients use, told in the authorisation server's metadata."""
    ca: Path | None = None
    """CAs (PEM) whose certificates are taken besides those of `[issuers]` of the settings, to bind tokens
    and for nothing else. Read again when it changes."""


class AccountBoot(_Section):
    """What binds our account to one that the organisation has at the authority already."""

    id: Annotated[str, Field(min_length=1, max_length=300)]
    secret: Path
    """The file with the key for it, as the authority gave it (URL-safe Base64)."""


class AcmeBoot(_Section):
    """The authority at which the gateway orders its certificate (ACME, RFC 8555).

    It looks at port 80 of each name (HTTP-01). Until the first certificate is there, `certificate`
    and `key` of [gateway] serve.
    """

    directory: Annotated[str, Field(pattern=r"^https://[\x21-\x7e]{1,500}$")]
    names: Annotated[tuple[HostName, ...], Field(min_length=1, max_length=100)]
    """What stands in the certificate; the host of `client_url` should be among them."""
    listen: Address
    """The plain port, which answers the authority and sends everybody else to `client_url`."""
    ca: Path | None = None
    """The only CA (PEM) to trust for the authority's own server; without it the machine's."""
    contact: tuple[Annotated[str, Field(pattern="^mailto:.+@.+$", max_length=300)], ...] = ()
    """Whom the authority may write to, as `mailto:` addresses."""
    agree: bool = False
    """Whether its terms of use were read and agreed to."""
    account: AccountBoot | None = None
    folder: Path = Path("tls/acme")


class GatewayBoot(_Section):
    """Where the gateway listens, and with which keys."""

    client: Address
    """Where clients connect."""
    federation: Address
    """Where other servers connect; may be the same address as `client`."""
    client_url: str
    """The base URL that clients use, told in `.well-known/matrix/client`."""
    federation_name: str
    """`host:port` told in `.well-known/matrix/server`."""
    certificate: Path = Path("tls/gateway.crt")
    key: Path = Path("tls/gateway.key")
    behind: tuple[str, ...] = ()
    """Networks whose connections begin with a PROXY protocol header, and must."""
    trusted_ca: Path | None = None
    """A CA to trust for other servers besides the machine's own."""
    routes: dict[Server, Address] = Field(default_factory=dict)
    """Servers that are reached at a fixed address instead of being discovered."""
    nameservers: tuple[NumericAddress, ...] = ()
    """DNS servers that are asked for other servers, such as `192.0.2.53:53`; none: the machine's own."""
    outgoing: Path = Path("run/federation-out.sock")
    """Unix socket on which Synapse hands over every outgoing federation request."""
    inner: Path = Path("run/gateway.sock")
    """Unix socket on which control asks the gateway to look at partners."""
    pushes: Address | None = None
    """Loopback address of the way out for pushes; without one, no push leaves."""
    certificates: CertificatesBoot | None = None
    """Where clients may show a certificate; without it none is asked for anywhere."""
    acme: AcmeBoot | None = None
    """Where the certificate is ordered; without it the files are all there is."""


class SynapseBoot(_Section):
    """Where Synapse keeps its things."""

    socket: Path = Path("run/synapse.sock")
    """Unix socket for clients, federation and media; only the gateway and control use it."""
    database: DatabaseAt = "sqlite"
    """`sqlite`, or the connection URL's secret file as `file:secrets/synapse-database-url`."""
    folder: Path = Path("synapse")
    signing_key: Path = Path("secrets/synapse-signing.key")


class SyslogBoot(_Section):
    """The SIEM that is sent every record and checkpoint (RFC 5424, over TLS by RFC 5425)."""

    address: Address
    ca: Path
    """The CA (PEM) of the receiver's certificate."""
    certificate: Path
    """Control's own certificate (PEM), which the receiver wants to see."""
    key: Path
    name: str = ""
    """The name in the receiver's certificate, where it is not the host of `address`."""
    enterprise: Annotated[int, Field(ge=1, le=2**31)] = EXAMPLE_ENTERPRISE
    """The private enterprise number for structured data; the default is the one for examples."""
    receipts: bool = True
    """Whether a batch counts as taken only when the receiver ends its connection as RFC 5425 says."""


class TimestampsBoot(_Section):
    """The authority that is asked every minute for a time stamp over the newest checkpoint."""

    url: Annotated[str, Field(pattern="^https?://.+$")]
    ca: Path
    """Its root and intermediate certificates (PEM)."""


class ConsoleBoot(_Section):
    """Where the console listens: for administrators' browsers, over TLS, never by the gateway."""

    listen: Address
    url: Annotated[str, Field(pattern=r"^https://[a-z0-9.:\[\]-]{1,260}$")]
    """Its address as browsers name it, without a slash at its end. Give it a host name of its own:
    browsers send its cookies to every port of the host."""
    certificate: Path = Path("tls/console.crt")
    key: Path = Path("tls/console.key")


class InboundBoot(_Section):
    """Where control takes what the company's other services push, over TLS; no administration is there."""

    listen: Address
    url: Annotated[str, Field(pattern=r"^https://[a-z0-9.:\[\]-]{1,260}$")]
    """Its address as those services name it, without a slash at its end."""
    certificate: Path = Path("tls/inbound.crt")
    key: Path = Path("tls/inbound.key")


class ControlBoot(_Section):
    """Where control listens and keeps its revisions."""

    listen: Address
    token: Path = Path("secrets/admin.token")
    database: DatabaseAt = "sqlite"
    """`sqlite`, or the connection URL's secret file as `file:secrets/control-database-url`."""
    folder: Path = Path("control")
    settings_key: Path = Path("secrets/settings.key")
    """The Ed25519 private key (PEM) that signs every stream; only control reads it."""
    audit_key: Path = Path("secrets/audit.key")
    """The X25519 private key (PEM) that opens the names in the record; only control reads it."""
    people: Path = Path("people.csv")
    checkpoint_copy: Path | None = None
    """A file elsewhere, such as on another machine's disk, that takes each checkpoint too."""
    timestamps: TimestampsBoot | None = None
    syslog: SyslogBoot | None = None
    metrics_token: Path | None = None
    """The file with the token that opens `/metrics` and nothing else."""
    console: ConsoleBoot | None = None
    """The console; without it there is none."""
    inbound: InboundBoot | None = None
    """Where other services push; without it nobody does."""
    device_management: dict[SourceName, DeviceManagementBoot] = Field(default_factory=dict)
    """Where each inventory of `[device_management]` of the settings is asked."""


class RadiusBoot(_Section):
    """One RADIUS server that is asked for second factors."""

    address: Address
    secret: Path
    """The file with the shared secret."""


class UpstreamBoot(_Section):
    """One OpenID provider at which people may prove who they are."""

    issuer: str
    client_id: str
    client_secret: Path | None = None
    """The file with the client's secret; without one the client is a public one."""


class KerberosBoot(_Section):
    """Under which name this service is known to Kerberos, and where its keys lie."""

    principal: Annotated[str, Field(pattern=SERVICE, max_length=512)]
    """`HTTP/` and the host of `client_url`, such as `HTTP/chat.corp.example@CORP.EXAMPLE`."""
    keytab: Path = Path("secrets/kerberos.keytab")
    """The file with its keys: the sign-in service's own, mode 0600."""
    realms: tuple[Annotated[str, Field(pattern=REALM)], ...] = ()
    """Whose people may come; none: the realm of `principal` alone. Each is trusted as one's own: its KDC
    says whose a ticket is."""

    @property
    def taken(self) -> frozenset[str]:
        """The realms whose people may come."""
        return frozenset(self.realms or (realm_of(self.principal),))


class SigninBoot(_Section):
    """Where the sign-in service listens and keeps its accounts, factors and sessions."""

    introspection: Loopback
    """Where the module inside Synapse tells Synapse whose a token is; on this machine alone."""
    socket: Path = Path("run/signin.sock")
    """Unix socket for pages and sign-in endpoints; only the gateway uses it."""
    database: DatabaseAt = "sqlite"
    """`sqlite`, or the connection URL's secret file as `file:secrets/sign-in-database-url`."""
    folder: Path = Path("signin")
    store_key: Path = Path("secrets/sign-in-store.key")
    """32 random bytes under which factors and token keys are encrypted in the database."""
    synapse_secret: Path = Path("secrets/synapse-mas")
    """By this secret Synapse, the module inside it and the sign-in service know each other."""
    attestation: tuple[Path, ...] = ()
    """Root certificates (PEM) of makers of authenticators whose word for a model counts."""
    radius: dict[str, RadiusBoot] = Field(default_factory=dict)
    upstream: dict[str, UpstreamBoot] = Field(default_factory=dict)
    kerberos: KerberosBoot | None = None
    """Where Kerberos tickets are taken; without it none are."""


_ICAP = r"^(icap://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?/[\x21-\x7e]*)?$"


class InspectorBoot(_Section):
    """Where the inspector listens, keeps its register, and whom it asks."""

    socket: Path = Path("run/inspector.sock")
    """Unix socket for contents and files; only the gateway and the module inside Synapse use it."""
    folder: Path = Path("inspector")
    """The file register, verdicts, and contents while they are looked at."""
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    """How many contents are looked at side by side."""
    clamd: Annotated[str, Field(pattern=r"^(unix:/.+|tcp:.+:[0-9]{1,5})?$")] = ""
    """The virus scanner's `unix:/path` or `tcp:host:port`; without one malware is unknown."""
    yara: Path | None = None
    """A folder of the organisation's own YARA rules (`*.yar`)."""
    icap: Annotated[str, Field(pattern=_ICAP)] = ""
    """Another scanner, as `icap://host:port/service`; what either one finds counts."""

    @field_validator("yara", mode="before")
    @classmethod
    def _nothing_said(cls, told: object) -> object:
        return None if told == "" else told


_LDAP = r"^ldaps?://([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"


class DirectoryBoot(_Section):
    """The company's directory, from which people and groups are read and where they sign in.

    A connection is always encrypted, and its server proves its name by a certificate of `ca`:
    `ldaps://` from its first byte, `ldap://` by StartTLS before anything else is said.
    """

    kind: Literal["active-directory", "openldap"]
    servers: Annotated[tuple[Annotated[str, Field(pattern=_LDAP)], ...], Field(min_length=1)]
    """In the order in which they are tried; their names must be those in their certificates."""
    ca: Path
    """The CAs (PEM) of the servers' certificates."""
    bind: Annotated[str, Field(min_length=1)]
    """The account that reads: its distinguished name, or in an Active Directory `name@domain`."""
    secret: Path = Path("secrets/directory-password")
    """The file with that account's password."""
    base: Annotated[str, Field(min_length=1)]
    """The distinguished name below which people and groups stand."""
    groups_base: str = ""
    """Where groups stand, if elsewhere."""
    timeout: Annotated[int, Field(ge=1, le=60)] = 5
    """Seconds after which a server that does not answer counts as away, and the next is tried."""


class Boot(_Section):
    """The whole boot file, with its folder."""

    folder: Path
    organisation: Server
    """The organisation's Matrix domain."""
    public_key: Path = Path("keys/settings.pub")
    """The Ed25519 public key (PEM) by which every door verifies its streams."""
    audit_key: Path = Path("keys/audit.pub")
    """The X25519 public key (PEM) to which every door seals who is named in its records."""
    settings: Path = Path("settings.toml")
    """The settings document that becomes revision 1; from then on control's revisions count."""
    gateway: GatewayBoot
    synapse: SynapseBoot = SynapseBoot()
    control: ControlBoot
    signin: SigninBoot
    inspector: InspectorBoot = InspectorBoot()
    directory: DirectoryBoot | None = None
    """The company's directory; without one people stand in the table of `control.people`."""

    def path(self, path: Path) -> Path:
        """A path of the boot file, made absolute."""
        return self.folder / path

    def served(self) -> tuple[Path, Path]:
        """The files of the gateway's certificate and its key, which are one where that is ordered."""
        if self.gateway.acme is not None:
            ordered = self.path(self.gateway.acme.folder) / ORDERED
            return ordered, ordered
        return self.path(self.gateway.certificate), self.path(self.gateway.key)

    def shown(self) -> Path:
        """The file of the gateway's certificate without any key, for whoever is not the gateway."""
        if self.gateway.acme is not None:
            return self.path(self.gateway.acme.folder) / SHOWN
        return self.path(self.gateway.certificate)

    def recovery(self) -> Path:
        """Where control keeps how recovery stands."""
        return self.path(self.control.folder) / "recovery.json"

    def offline_code(self) -> Path:
        """Where the code for recovery lies until somebody has put it away."""
        return self.folder / OFFLINE_CODE

    @property
    def console_url(self) -> str:
        """The console's address without a slash at its end; empty where there is none."""
        return "" if self.control.console is None else self.control.console.url

    @property
    def doors(self) -> tuple[str, ...]:
        """The processes that receive streams here."""
        return DOORS

    def door(self, name: str) -> Path:
        """The folder in which the streams of the door `name` lie."""
        return self.folder / "doors" / name

    def sign_in_database(self) -> str | Path:
        """Where the sign-in store's database is, as `open_sign_in_store` takes it.

        Raises:
            BootFault: the connection URL's file can't be read.
        """
        return self._database(self.signin.database, self.signin.folder / "sign-in.db")

    def control_database(self) -> str | Path:
        """Where the revisions are, as `open_database` takes it.

        Raises:
            BootFault: the connection URL's file can't be read.
        """
        return self._database(self.control.database, self.control.folder / "control.db")

    def synapse_database(self) -> str | Path:
        """Where Synapse's database is: a `postgresql://` address, or the path of an SQLite file.

        Raises:
            BootFault: the connection URL's file can't be read.
        """
        return self._database(self.synapse.database, self.synapse.folder / "homeserver.db")

    def _database(self, said: str, file: Path) -> str | Path:
        if said == "sqlite":
            return self.path(file)
        path = Path(said.removeprefix("file:"))
        address = self._read(path).decode("utf-8", "replace").strip()
        if not address.startswith("postgresql://"):
            raise BootFault(
                f"`{self.path(path)}` must hold one line like `postgresql://user:password@host/name`"
            )
        return address

    def store_key(self) -> bytes:
        """The 32 bytes under which the sign-in store encrypts. Raises BootFault."""
        path = self.signin.store_key
        key = self._read(path)
        if len(key) != _KEY_BYTES:
            raise BootFault(f"`{self.path(path)}` must hold {_KEY_BYTES} bytes, not {len(key)}")
        return key

    def synapse_secret(self) -> str:
        """The secret by which Synapse and the sign-in service know each other. Raises BootFault."""
        path = self.signin.synapse_secret
        secret = self._read(path).decode("ascii", "replace").strip()
        if not secret:
            raise BootFault(f"`{self.path(path)}` is empty")
        return secret

    def synapse_before(self) -> Path:
        """Where the public halves lie of keys that Synapse signed with before."""
        return self.path(self.public_key).with_name("synapse-before.json")

    def synapse_keys_before(self) -> dict[str, dict[str, str | int]]:
        """Those keys as Synapse's configuration names them (`old_signing_keys`). Raises BootFault."""
        path = self.synapse_before()
        try:
            found = json.loads(path.read_bytes())
            return {
                str(name): {"key": str(key["key"]), "expired_ts": int(key["expired_ts"])}
                for name, key in found.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            raise BootFault(f"`{path}` can't be read: {fault}") from fault

    def directory_password(self) -> str:
        """The password of the account that reads the directory. Raises BootFault."""
        if self.directory is None:
            raise BootFault(f"`{self.folder / NAME}` has no section [directory]")
        path = self.directory.secret
        words = self._read(path).decode("utf-8", "replace").rstrip("\r\n")
        if not words:
            raise BootFault(f"`{self.path(path)}` is empty")
        return words

    def _read(self, path: Path) -> bytes:
        try:
            return self.path(path).read_bytes()
        except OSError as fault:
            raise BootFault(f"`{self.path(path)}` can't be read: {fault.strerror}") from fault

    def log(self, name: str) -> Path:
        """The file to which `vedette up` leads what the process `name` prints."""
        return self.folder / "log" / f"{name}.log"

    def spool(self, name: str) -> Path:
        """The folder in which the process `name` keeps its audit spool."""
        return self.folder / "audit" / name


DOORS = ("gateway", "synapse", "signin", "inspector")
"""The processes that receive streams."""
_SIGN_IN_TO_ADD = """
[signin]
introspection = "127.0.0.1:8474"    # any free port of this machine

If they are not there yet, make `secrets/sign-in-store.key` of 32 random bytes and
`secrets/synapse-mas` of random text, both of mode 0600."""


def load(folder: Path) -> Boot:
    """Read the boot file of the organisation in `folder`.

    Raises:
        BootFault: there is none, or it can't be used.
    """
    path = folder / NAME
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Boot(folder=folder.resolve(), **data)
    except FileNotFoundError:
        raise BootFault(
            f"`{path}` does not exist; make an organisation with `vedette init DIR --domain NAME`"
        ) from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise BootFault(f"`{path}` can't be read: {fault}") from fault
    except ValidationError as fault:
        first = fault.errors()[0]
        if first["loc"] == ("signin",) and first["type"] == "missing":
            raise BootFault(f"`{path}` has no section [signin]; add\n{_SIGN_IN_TO_ADD}") from fault
        where = ".".join(str(part) for part in first["loc"])
        raise BootFault(f"`{path}`: `{where}`: {first['msg']}") from fault
