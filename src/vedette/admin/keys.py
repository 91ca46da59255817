"""Every key and secret of an organisation: what it is for, who holds it, and how it is changed.

`KEYS` is the one table of them; the list, the page docs/operate/keys.md and a test that walks the boot
file's model stand on it, so that no key is added without a row.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from cryptography import x509
from pydantic import BaseModel

from vedette.adapters.boot_file import ORDERED, Boot
from vedette.admin.homeserver import SECRETS

_NO_FILES: Mapping[str, Callable[[Boot], Path]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One kind of key. `fields` are the boot file's, `*` for a name that it gives.

    `files` are those that no field names. `rotates`: `vedette key rotate NAME` changes it while
    everything runs. `dated`: what lies there are certificates, which end.
    """

    name: str
    what: str
    holder: str
    change: str
    fields: tuple[str, ...] = ()
    files: Mapping[str, Callable[[Boot], Path]] = field(default_factory=lambda: _NO_FILES)
    rotates: bool = False
    dated: bool = False


def _acme(name: str) -> Callable[[Boot], Path]:
    def at(boot: Boot) -> Path:
        own = boot.gateway.acme
        return boot.path((own.folder if own is not None else Path("tls/acme")) / name)

    return at


_UP = "then `vedette up` again"
KEYS: tuple[KeyRow, ...] = (
    KeyRow(
        name="acme-account-key",
        what="proves to the authority that orders are ours",
        holder="gateway",
        change="`rm` the file: the next order makes another one, and an account with it",
        files={"": _acme("account.key")},
    ),
    KeyRow(
        name="acme-account-secret",
        what="binds that account to one that the organisation has at the authority",
        holder="gateway",
        change="put what the authority gave into the file; it is read at the next new account",
        fields=("gateway.acme.account.secret",),
    ),
    KeyRow(
        name="admin-token",
        what="opens the administration API, past the rules on who administers",
        holder="control, and whoever may read the file",
        change="`vedette key rotate admin-token`: the old one is worth nothing at once",
        fields=("control.token",),
        rotates=True,
    ),
    KeyRow(
        name="anchors",
        what="CAs that are believed: of other servers, devices, the SIEM, authorities, the directory,"
        " makers of security keys; no secrets, but whoever adds one is believed",
        holder="gateway, control, sign-in",
        change=f"put the new CA beside the old one into the file, {_UP}; take the old one out later",
        fields=(
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
        change="not while the record is to stay readable: what was sealed to it is opened by it alone",
        fields=("control.audit_key", "audit_key"),
    ),
    KeyRow(
        name="console-certificate",
        what="proves the console to browsers",
        holder="control",
        change=f"put certificate and key in their files, {_UP}",
        fields=("control.console.certificate", "control.console.key"),
        dated=True,
    ),
    KeyRow(
        name="database-addresses",
        what="open the PostgreSQL databases of control, sign-in and Synapse; each holds a password",
        holder="control, sign-in, Synapse, each its own; control sign-in's too",
        change=f"change the password in the database and in the file, {_UP}",
        fields=("control.database", "signin.database", "synapse.database"),
    ),
    KeyRow(
        name="directory-secret",
        what="the password of the account that reads the directory",
        holder="control, sign-in",
        change=f"change it in the directory and in the file, {_UP}",
        fields=("directory.secret",),
    ),
    KeyRow(
        name="gateway-certificate",
        what="proves the gateway to clients and other servers, from files",
        holder="gateway",
        change="put certificate and key in their files; they are read again by themselves",
        fields=("gateway.certificate", "gateway.key"),
        dated=True,
    ),
    KeyRow(
        name="gateway-ordered-certificate",
        what="the same, where it is ordered by ACME",
        holder="gateway",
        change="by itself with each certificate; at once: `vedette certificate server renew`",
        files={"": _acme(ORDERED)},
        dated=True,
    ),
    KeyRow(
        name="metrics-token",
        what="opens `/metrics` and nothing else",
        holder="control, and whatever counts",
        change="put another one (32 characters or more) into the file; it counts at once",
        fields=("control.metrics_token",),
    ),
    KeyRow(
        name="offline-code",
        what="opens recovery on control's host; here only until it is put away",
        holder="nobody: it belongs on paper",
        change="`vedette recover --new-code`",
        files={"": lambda boot: boot.offline_code()},
    ),
    KeyRow(
        name="radius-secrets",
        what="by these a RADIUS server and we know each other",
        holder="sign-in",
        change=f"change it at the server and in the file, {_UP}",
        fields=("signin.radius.*.secret",),
    ),
    KeyRow(
        name="settings-key",
        what="signs the settings, people and sessions that every door believes, and checkpoints; its"
        " public half lies with every door",
        holder="control",
        change="not yet: revisions and checkpoints of before are proven by it (docs/limits.md). After a"
        " theft make a new organisation",
        fields=("control.settings_key", "public_key"),
    ),
    KeyRow(
        name="siem-certificate",
        what="proves control to the SIEM",
        holder="control",
        change=f"put certificate and key in their files, {_UP}",
        fields=("control.syslog.certificate", "control.syslog.key"),
        dated=True,
    ),
    KeyRow(
        name="sign-in-store-key",
        what="encrypts second factors and token keys in the sign-in store",
        holder="sign-in",
        change="`vedette key rotate sign-in-store-key`: all of it is encrypted anew while it runs. Keep"
        " the old one as long as you keep backups of the store from before",
        fields=("signin.store_key",),
        rotates=True,
    ),
    KeyRow(
        name="synapse-secrets",
        what="what Synapse signs its own things with, each made at random",
        holder="Synapse",
        change=f"`rm` the file and put random text in its place, {_UP}",
        files={
            name: lambda boot, name=name: boot.path(Path(f"secrets/synapse-{name}"))  # type: ignore[misc]
            for name in SECRETS
        },
    ),
    KeyRow(
        name="synapse-shared-secret",
        what="by this Synapse, the module inside it and sign-in know each other",
        holder="Synapse, sign-in",
        change=f"put another random text into the file, {_UP}: both read it at their start",
        fields=("signin.synapse_secret",),
    ),
    KeyRow(
        name="synapse-signing-key",
        what="signs what we send to other servers: it is the organisation among servers",
        holder="Synapse",
        change="not yet: others would need the old one published beside it; tell partners who have"
        " pinned it first",
        fields=("synapse.signing_key",),
    ),
    KeyRow(
        name="token-key",
        what="signs access tokens; a token alone admits nobody, its session must be listed too",
        holder="sign-in, encrypted in its store",
        change="every 90 days by itself, the old one verifying for as long again; at once: `vedette key"
        " rotate token-key`",
        rotates=True,
    ),
    KeyRow(
        name="upstream-secrets",
        what="by these OpenID providers know us",
        holder="sign-in",
        change=f"have the provider make a new one, put it into the file, {_UP}",
        fields=("signin.upstream.*.client_secret",),
    ),
)
"""Every kind of key, by name."""

NO_KEYS: frozenset[str] = frozenset(
    {
        "control.checkpoint_copy",
        "control.folder",
        "control.people",
        "folder",
        "gateway.acme.folder",
        "gateway.inner",
        "gateway.outgoing",
        "inspector.folder",
        "inspector.socket",
        "inspector.yara",
        "settings",
        "signin.folder",
        "signin.socket",
        "synapse.folder",
        "synapse.socket",
    }
)
"""The boot file's paths at which no key lies: folders, sockets, documents."""

_SHOWN: frozenset[str] = frozenset(
    {
        "audit_key",
        "control.console.certificate",
        "control.syslog.certificate",
        "gateway.certificate",
        "public_key",
    }
)
"""Fields of keys whose files anybody may read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFound:
    """A key of a row as it lies here. Times are seconds since 1970; None where there is none.

    `file` is None where it lies in no file; `made` is when the file was written, or the key made.
    `secret` says that nobody else may read the file.
    """

    row: KeyRow
    file: Path | None
    there: bool
    made: float | None = None
    ends: float | None = None
    secret: bool = True


def paths_of(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Every field of a boot file's model at which a path may stand, as `KeyRow.fields` names them."""
    for name, info in model.model_fields.items():
        named = f"{before}{name}"
        for kind in _kinds(info.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                star = ".*" if typing.get_origin(info.annotation) is dict else ""
                yield from paths_of(kind, f"{named}{star}.")
            elif kind is Path or (kind is str and name == "database"):
                yield named


def _kinds(annotation: object) -> Iterator[object]:
    inner = typing.get_args(annotation)
    if not inner:
        yield annotation
    for each in inner:
        yield from _kinds(each)


def keys_here(boot: Boot, token_key_made: float | None) -> tuple[KeyFound, ...]:
    """Every key of this organisation. Files that are named and missing are there too."""
    return tuple(found for row in KEYS for found in _of(row, boot, token_key_made))


def _of(row: KeyRow, boot: Boot, token_key_made: float | None) -> Iterator[KeyFound]:
    if row.name == "token-key":
        made = token_key_made
        yield KeyFound(row=row, file=None, there=made is not None, made=made)
    for named in row.fields:
        secret = named not in _SHOWN and row.name != "anchors"
        for path in _named(boot, named.split(".")):
            yield replace(_found(row, boot.path(path)), secret=secret)
    for at in row.files.values():
        if at(boot).exists():
            yield _found(row, at(boot))


def _named(value: object, steps: list[str]) -> Iterator[Path]:
    """The paths at a field of the boot file as it is."""
    if value is None:
        return
    if not steps:
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Path):
                yield each
            elif isinstance(each, str) and each.startswith("file:"):
                yield Path(each.removeprefix("file:"))
        return
    if steps[0] == "*":
        for each in typing.cast("dict[str, object]", value).values():
            yield from _named(each, steps[1:])
        return
    yield from _named(getattr(value, steps[0]), steps[1:])


def _found(row: KeyRow, path: Path) -> KeyFound:
    try:
        made: float | None = path.stat().st_mtime
    except OSError:
        return KeyFound(row=row, file=path, there=False)
    ends = _ends(path) if row.dated else None
    return KeyFound(row=row, file=path, there=True, made=made, ends=ends)


def _ends(path: Path) -> float | None:
    """When the first of the certificates in a file ends; None where there is none."""
    try:
        certificates = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return None
    return min(each.not_valid_after_utc.timestamp() for each in certificates)
