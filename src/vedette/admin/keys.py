"""The keys and secrets of an organisation as they lie here, by the rows of `key_table`."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography import x509
from pydantic import BaseModel

from vedette.adapters.boot_file import Boot
from vedette.admin.key_table import KEYS, KeyRow

NO_KEYS: frozenset[str] = frozenset(
    {
        "control.checkpoint_copy",
        "control.device_management.*.file",
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

SHOWN_FIELDS: frozenset[str] = frozenset(
    {
        "audit_key",
        "control.console.certificate",
        "control.device_management.*.certificate",
        "control.inbound.certificate",
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
        secret = named not in SHOWN_FIELDS and row.name != "anchors"
        for path in _named(boot, named.split(".")):
            yield replace(_found(row, boot.path(path)), secret=secret)
    for files, secret in ((row.files, True), (row.open_files, False)):
        for at in files.values():
            if at(boot).exists():
                yield replace(_found(row, at(boot)), secret=secret)


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
    yield from _named(getattr(value, steps[0], None), steps[1:])  # not every kind has all


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
