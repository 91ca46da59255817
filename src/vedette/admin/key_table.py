"""The table of every key and secret of an organisation: what for, held by whom, changed how.

The list, the page docs/operate/keys.md and tests that walk the boot file's model and the folder of an
organisation stand on it, so that no key is added without a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from vedette.adapters.boot_file import OFFLINE_CODE, ORDERED, SHOWN, Boot
from vedette.admin.homeserver import SECRETS, password_file, secret_file

_NO_FILES: Mapping[str, Callable[[Boot], Path]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One kind of key. `fields` are the boot file's, `*` for a name that it gives.

    `files` are those that no field names, `open_files` such that anybody may read; both by where the
    page says that they lie. `stolen` is what a thief can do with it, `lost` what no longer works
    without. `rotates`: `vedette key rotate NAME` changes it while everything runs. `dated`: what lies
    there are certificates, which end. `days`: how old it should get at most, where that matters.
    """

    name: str
    what: str
    holder: str
    change: str
    stolen: str
    lost: str
    fields: tuple[str, ...] = ()
    files: Mapping[str, Callable[[Boot], Path]] = field(default_factory=lambda: _NO_FILES)
    open_files: Mapping[str, Callable[[Boot], Path]] = field(default_factory=lambda: _NO_FILES)
    rotates: bool = False
    dated: bool = False
    days: int | None = None


def _acme(name: str) -> Callable[[Boot], Path]:
    def at(boot: Boot) -> Path:
        own = boot.gateway.acme
        return boot.path((own.folder if own is not None else Path("tls/acme")) / name)

    return at


def _beside(of: Callable[[Boot], Path], more: str) -> Callable[[Boot], Path]:
    """The file that lies beside another one under its name with something more."""

    def at(boot: Boot) -> Path:
        path = boot.path(of(boot))
        return path.with_name(f"{path.name}{more}")

    return at


def _settings_key(boot: Boot) -> Path:
    return boot.control.settings_key


def _settings_before(boot: Boot) -> Path:
    public = boot.path(boot.public_key)
    return public.with_name(f"{public.stem}-before.jsonl")


def _signing_key(boot: Boot) -> Path:
    return boot.synapse.signing_key


def _store_key(boot: Boot) -> Path:
    return boot.signin.store_key


def _spool(name: str) -> Callable[[Boot], Path]:
    return lambda boot: boot.spool(name)


def _synapse_secret(name: str) -> Callable[[Boot], Path]:
    return lambda boot: secret_file(boot, name)


_RECORDING = ("control", "gateway", "signin", "synapse")
_UP = "then `vedette up` again"
_BACKUP = "put a backup back"
KEYS: tuple[KeyRow, ...] = (
    KeyRow(
        name="acme-account-key",
        what="proves to the authority that orders are ours",
        holder="gateway",
        change="`rm` the file: the next order makes another one, and an account with it",
        stolen="can have certificates of ours revoked there, and count against our limits",
        lost="nothing: the next order makes another account",
        files={"`account.key` in `gateway.acme.folder`": _acme("account.key")},
    ),
    KeyRow(
        name="acme-account-secret",
        what="binds that account to one that the organisation has at the authority",
        holder="gateway",
        change="put what the authority gave into the file; it is read at the next new account",
        stolen="can make accounts at the authority in our name: have it withdrawn there",
        lost="no new account until the authority gives another; certificates are renewed as ever",
        fields=("gateway.acme.account.secret",),
    ),
    KeyRow(
        name="admin-token",
        what="opens the administration API on this host, for all that the rules leave it",
        holder="control, and whoever may read the file",
        change="`vedette key rotate admin-token`: the old one is worth nothing at once. Whoever has"
        " copied it elsewhere needs the new one",
        stolen="can do every administrative act on this host, each recorded",
        lost="local commands, until somebody writes a file of 32 random characters or more",
        fields=("control.token",),
        rotates=True,
        days=365,
    ),
    KeyRow(
        name="anchors",
        what="CAs that are believed: of other servers, devices, the SIEM, authorities, the directory,"
        " makers of security keys; no secrets, but whoever adds one is believed",
        holder="gateway, control, sign-in",
        change=f"put the new CA beside the old one into the file, {_UP}; take the old one out later",
        stolen="nothing: they are public. Of a CA whose own key was stolen take the file out",
        lost="what is proven by it is refused",
        fields=(
            "control.device_management.*.ca",
            "control.syslog.ca",
            "control.timestamps.ca",
            "directory.ca",
            "gateway.acme.ca",
            "gateway.certificates.ca",
            "gateway.trusted_ca",
            "signin.attestation",
        ),
        dated=True,
    ),
    KeyRow(
        name="audit-key",
        what="opens the names in the record; its public half lies with every door",
        holder="control",
        change="`vedette key rotate audit-key`: doors seal to the new one from their next record on."
        " Older ones stay in the same file for as long as a name in the record needs them",
        stolen="can read the names in the records that it was for, together with the spools; not"
        " those of after the change",
        lost="names in the record are unreadable for ever; the chains hold all the same. Keep it in"
        " a backup apart from the spools",
        fields=("control.audit_key", "audit_key"),
        rotates=True,
        days=730,
    ),
    KeyRow(
        name="console-certificate",
        what="proves the console to browsers",
        holder="control",
        change=f"put certificate and key in their files, {_UP}",
        stolen="can pass for the console to whoever is led there: have the certificate revoked",
        lost="the console does not start until there is another",
        fields=("control.console.certificate", "control.console.key"),
        dated=True,
    ),
    KeyRow(
        name="database-addresses",
        what="open the PostgreSQL databases of control, sign-in and Synapse; each holds a password."
        " Synapse's is written again in the form that its driver reads",
        holder="control, sign-in, Synapse, each its own; control sign-in's too",
        change=f"change the password in the database and in the file, {_UP}",
        stolen="can read and change what lies there, if the database lets them in from where they are",
        lost="that process does not start; set another password in the database",
        fields=("control.database", "signin.database", "synapse.database"),
        files={"`database-password` in `synapse.folder`": password_file},
    ),
    KeyRow(
        name="directory-secret",
        what="the password of the account that reads the directory",
        holder="control, sign-in",
        change=f"change it in the directory and in the file, {_UP}",
        stolen="can read what that account may read in the directory",
        lost="people stay as they are; nobody signs in by the directory until there is another",
        fields=("directory.secret",),
    ),
    KeyRow(
        name="gateway-certificate",
        what="proves the gateway to clients and other servers, from files",
        holder="gateway",
        change="put certificate and key in their files; they are read again by themselves",
        stolen="can pass for us to whoever is led there: have the certificate revoked",
        lost="the gateway does not start until there is another",
        fields=("gateway.certificate", "gateway.key"),
        dated=True,
    ),
    KeyRow(
        name="gateway-ordered-certificate",
        what="the same, where it is ordered by ACME; its chain lies beside it without the key",
        holder="gateway",
        change="by itself with each certificate; at once: `vedette certificate server renew`",
        stolen="as of `gateway-certificate`; the next order has another key",
        lost="the gateway begins with the files of `gateway-certificate`, and orders",
        files={f"`{ORDERED}` in `gateway.acme.folder`": _acme(ORDERED)},
        open_files={f"`{SHOWN}` in `gateway.acme.folder`": _acme(SHOWN)},
        dated=True,
    ),
    KeyRow(
        name="inbound-certificate",
        what="proves to other services that what they push arrives here",
        holder="control",
        change=f"put certificate and key in their files, {_UP}",
        stolen="can take what is pushed, with the tokens by which it is: have the certificate revoked,"
        " and replace those tokens",
        lost="control does not start until there is another",
        fields=("control.inbound.certificate", "control.inbound.key"),
        dated=True,
    ),
    KeyRow(
        name="inventory-certificate",
        what="by this Microsoft Entra knows the application that reads the devices of Intune",
        holder="control",
        change=f"put the new certificate beside the old one in Entra, both into their files, {_UP}",
        stolen="can read every device of the tenant: take the certificate out of Entra",
        lost="that inventory is not read, and its devices count as unknown after `good_for`",
        fields=(
            "control.device_management.*.certificate",
            "control.device_management.*.key",
        ),
        dated=True,
    ),
    KeyRow(
        name="inventory-secrets",
        what="by these an inventory of devices is read, or signs what it reports",
        holder="control, and the device management",
        change="have another one made there and put it into the file; it counts at once. Of a webhook"
        " both may stand there, each on a line, while the sender changes",
        stolen="can read every device, or of a webhook report every device as compliant: take it back"
        " where it was made",
        lost="that inventory is not read or heard, and its devices count as unknown after `good_for`",
        fields=(
            "control.device_management.*.secret",
            "control.device_management.*.token",
        ),
    ),
    KeyRow(
        name="kerberos-keytab",
        what="opens the Kerberos tickets that people's computers show to the sign-in service",
        holder="sign-in",
        change="at the KDC: a new keytab beside the old keys, put in the place of the file; it counts at"
        " once. Tickets of the old keys are taken for as long as those stand in it",
        stolen="can make tickets in anybody's name: the first proof is worth nothing",
        lost="nobody comes in by a ticket; the form is there still",
        fields=("signin.kerberos.keytab",),
    ),
    KeyRow(
        name="metrics-token",
        what="opens `/metrics` and nothing else",
        holder="control, and whatever counts",
        change="put another one (32 characters or more) into the file; it counts at once",
        stolen="can read counts; no name is among them",
        lost="nobody counts until there is another",
        fields=("control.metrics_token",),
    ),
    KeyRow(
        name="offline-code",
        what="opens recovery on control's host; here only until it is put away",
        holder="nobody: it belongs on paper",
        change="`vedette recover --new-code`",
        stolen="nothing from afar; with root on control's host an hour of recovery, loudly recorded",
        lost="no recovery until there is another",
        files={f"`{OFFLINE_CODE}`": lambda boot: boot.offline_code()},
    ),
    KeyRow(
        name="person-keys",
        what="each opens what the record says of one person in one segment of a log; sealed to"
        " `audit-key`",
        holder="the door that writes the log while it writes; else nobody without `audit-key`",
        change="by themselves with every segment and every start of a door; erased by `vedette audit"
        " erase`",
        stolen="nothing without `audit-key`",
        lost="the people of that segment are unreadable for ever; its chain holds all the same",
        files={f"`*.keys` in `audit/{name}`": _spool(name) for name in _RECORDING},
    ),
    KeyRow(
        name="radius-secrets",
        what="by these a RADIUS server and we know each other",
        holder="sign-in",
        change=f"change it at the server and in the file, {_UP}",
        stolen="can answer in the RADIUS server's place from where it stands: one factor is worth"
        " nothing",
        lost="that factor can't be shown until both sides have another",
        fields=("signin.radius.*.secret",),
    ),
    KeyRow(
        name="settings-key",
        what="signs the settings, people and sessions that every door believes, and checkpoints; its"
        " public half lies with every door",
        holder="control",
        change="`vedette key rotate settings-key`: both count until every stream is signed anew, then"
        " the new one alone. What the old one signed before stays proven, by a line in which each"
        " vouches for the other",
        stolen="can decide what every door does, if they can also write where doors read; can sign"
        " checkpoints, which those that left the machine contradict. Worth nothing after the change",
        lost=f"control does not start: {_BACKUP}. Doors go on for `streams.lifetime`",
        fields=("control.settings_key", "public_key"),
        files={"`control.settings_key` with `.next`": _beside(_settings_key, ".next")},
        open_files={"`settings-before.jsonl` beside `public_key`": _settings_before},
        rotates=True,
        days=730,
    ),
    KeyRow(
        name="siem-certificate",
        what="proves control to the SIEM",
        holder="control",
        change=f"put certificate and key in their files, {_UP}",
        stolen="can send the SIEM records of ours; it sees that their chain does not hold",
        lost="records wait here until there is another",
        fields=("control.syslog.certificate", "control.syslog.key"),
        dated=True,
    ),
    KeyRow(
        name="sign-in-store-key",
        what="encrypts second factors and token keys in the sign-in store",
        holder="sign-in",
        change="`vedette key rotate sign-in-store-key`: all of it is encrypted anew while it runs. Keep"
        " the old one as long as you keep backups of the store from before. With several sign-in"
        " services on one database end all but one before, and give the others the new file",
        stolen="with a copy of the store: can make one-time passwords, and tokens, which open nothing"
        " unless their session is listed",
        lost=f"nobody signs in: {_BACKUP}, or have every second factor set up again",
        fields=("signin.store_key",),
        files={"`signin.store_key` with `.next`": _beside(_store_key, ".next")},
        rotates=True,
        days=730,
    ),
    KeyRow(
        name="synapse-secrets",
        what="what Synapse signs its own things with, each made at random",
        holder="Synapse",
        change="`vedette key rotate synapse-secrets`: Synapse is started again with others, which"
        " takes some seconds",
        stolen="nothing by itself: what they would sign is not used here",
        lost="Synapse does not start: write random text into the files",
        files={f"`secrets/synapse-{name}`": _synapse_secret(name) for name in SECRETS},
        rotates=True,
    ),
    KeyRow(
        name="synapse-shared-secret",
        what="by this Synapse, the module inside it and sign-in know each other",
        holder="Synapse, sign-in",
        change="`vedette key rotate synapse-shared-secret`: both are started again with another one,"
        " which takes some seconds",
        stolen="with access to Synapse's socket: can make accounts and devices there",
        lost="both don't start: write random text into the file",
        fields=("signin.synapse_secret",),
        rotates=True,
        days=730,
    ),
    KeyRow(
        name="synapse-signing-key",
        what="signs what we send to other servers: it is the organisation among servers",
        holder="Synapse",
        change="`vedette key rotate synapse-signing-key`: Synapse is started again with another one and"
        " publishes when the old one ended, so what it signed stays good. Partners who have pinned"
        " ours add what `vedette key next synapse-signing-key` prints before",
        stolen="can speak as our server to whoever they can reach, until others have learnt the new"
        " one: a day at most where it is not pinned. After that only what claims to be older: take"
        " the key out of `synapse-before.json`, then `vedette up` again, and nobody new believes it",
        lost=f"Synapse does not start: {_BACKUP}, or make another; what the lost one signed is then"
        " not believed by servers that don't know it yet",
        fields=("synapse.signing_key",),
        files={
            "`synapse.signing_key` with `.told`": _beside(_signing_key, ".told"),
            "`synapse.signing_key` with `.next`": _beside(_signing_key, ".next"),
        },
        open_files={
            "`synapse-before.json` beside `public_key`": lambda boot: boot.synapse_before()
        },
        rotates=True,
    ),
    KeyRow(
        name="token-key",
        what="signs access tokens; a token alone admits nobody, its session must be listed too",
        holder="sign-in, encrypted in its store",
        change="every 90 days by itself, the old one verifying for as long again; at once: `vedette key"
        " rotate token-key`. The new one signs as soon as every door knows it, in about a second",
        stolen="can make tokens for sessions that are listed: end the sessions",
        lost="the next one is made at sign-in's start; tokens of before are good until they expire",
        rotates=True,
    ),
    KeyRow(
        name="upstream-secrets",
        what="by these OpenID providers know us",
        holder="sign-in",
        change=f"have the provider make a new one, put it into the file, {_UP}",
        stolen="can ask the provider as us, where it needs nothing besides",
        lost="nobody signs in by that provider until there is another",
        fields=("signin.upstream.*.client_secret",),
    ),
)
"""Every kind of key, by name."""
