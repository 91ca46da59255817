"""What lies in an organisation's folder: every file is a key with a row, or known to be none."""

from __future__ import annotations

from fnmatch import fnmatch

from vedette.adapters.boot_file import Boot
from vedette.admin.keys import keys_here

NO_KEYS_LIE = (
    "boot.toml",
    "settings.toml",
    "people.csv",
    "control.log",
    "signin.log",
    "draft.toml",
    "log/*",
    "run/*",
    "doors/*",
    "audit/*/*.jsonl",
    "audit/*/*.erased",
    "control/control.db*",
    "control/audit-index.db*",
    "control/*.jsonl",
    "control/*.json",
    "control/people.kept",
    "inspector/*",
    "signin/sign-in.db*",
    "signin/revocations/*",
    "synapse/homeserver.db*",
    "synapse/homeserver.yaml",
    "synapse/log.yaml",
    "synapse/log/*",
    "synapse/media/*",
    "synapse/synapse.pid",
    "tls/acme/ordering.json",
)
"""Patterns of files that hold no secret in clear: what secrets they hold is sealed, or a hash."""


def unlisted(boot: Boot) -> list[str]:
    """The files of the organisation that are neither listed as keys nor known to be none."""
    listed = [each.file for each in keys_here(boot, None) if each.file is not None]
    found = []
    for file in sorted(boot.folder.rglob("*")):
        if not file.is_file() or any(file == each or each in file.parents for each in listed):
            continue
        name = str(file.relative_to(boot.folder))
        if not any(fnmatch(name, pattern) for pattern in NO_KEYS_LIE):
            found.append(name)
    return found
