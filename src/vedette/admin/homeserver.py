"""Synapse's own configuration, written from the settings document and the boot file.

Whoever runs Synapse writes what `render` returns to `homeserver_file` before each start; `doctor`
compares the two. Nothing in it is a secret: secrets stand in files of their own, which it names.
It is written as JSON, every bit of which is YAML 1.2 too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from vedette.adapters.boot_file import Boot, BootFault
from vedette.core.settings.document import Document

SECRETS = ("macaroon", "form", "replication")
"""Synapse's secrets: each is a file `secrets/synapse-<name>` of random text, mode 0600."""
ACCOUNT_PATH = "account/"
"""Where, under the issuer, a person's own pages are."""

_HEADER = (
    "# Written by Vedette from the settings document and the boot file; changes here are lost.\n"
)
# Synapse makes rooms of version 12 unless told otherwise. In those, clients older than mid-2025 do
# not know that creators have all power, and grey out calls and room settings.
_ROOM_VERSION = "11"


def homeserver_file(boot: Boot) -> Path:
    """Where Synapse's configuration lies."""
    return boot.path(boot.synapse.folder) / "homeserver.yaml"


def log_file(boot: Boot) -> Path:
    """Where Synapse's log configuration lies."""
    return boot.path(boot.synapse.folder) / "log.yaml"


def secret_file(boot: Boot, name: str) -> Path:
    """Where one of Synapse's secrets lies: `macaroon`, `form` or `replication`."""
    return boot.path(Path("secrets") / f"synapse-{name}")


def issuer_of(boot: Boot) -> str:
    """The name under which tokens are made out: the clients' base URL, with a closing slash."""
    return boot.gateway.client_url.rstrip("/") + "/"


def render(document: Document, boot: Boot, *, module: bool = True) -> str:
    """Synapse's configuration, the same text for the same input.

    `module` is False only for trying the rest of it: without the module no event is decided.

    Raises:
        BootFault: the address of the database can't be read.
    """
    config = {
        **_identity(document, boot),
        **_reach(boot),
        **_accounts(boot),
        **_rooms(),
        **_media(document, boot),
        **_limits(),
        **(_module(document, boot) if module else {}),
    }
    return _written(config)


_NOT_POLICY = frozenset(
    {"database", "federation_ip_range_blacklist", "http_proxy", "https_proxy", "instance_map",
     "listeners", "log_config", "modules", "no_proxy_hosts", "pid_file", "public_baseurl",
     "server_name"}
)  # fmt: skip
"""Keys that say where things are on this host, and what is the module's own."""


def beneath(document: Document, boot: Boot) -> dict[str, str]:
    """What Vedette writes for Synapse to obey, apart from addresses and paths: each key with its
    value as JSON. Nothing secret is among it.

    Raises:
        BootFault: the address of the database can't be read.
    """
    config = {**_identity(document, boot), **_reach(boot), **_accounts(boot), **_rooms(),
              **_media(document, boot), **_limits()}  # fmt: skip
    return {
        key: json.dumps(value, sort_keys=True)
        for key, value in sorted(config.items())
        if key not in _NOT_POLICY
        and not key.endswith("_path")
        and "secret" not in json.dumps(value)
    }


def render_log(boot: Boot) -> str:
    """Synapse's log configuration: warnings and its own course, never content."""
    handler = {
        "class": "logging.handlers.RotatingFileHandler",
        "formatter": "plain",
        "filename": str(boot.path(boot.synapse.folder) / "log" / "synapse.log"),
        "maxBytes": 10 << 20,
        "backupCount": 5,
        "encoding": "utf-8",
    }
    line = "%(asctime)s %(levelname)s %(name)s %(request)s %(message)s"
    config = {
        "version": 1,
        "formatters": {"plain": {"format": line}},
        "handlers": {"file": handler},
        "loggers": {
            "vedette": {"level": "INFO"},
            # The SQL logger writes values, among them content.
            "synapse.storage.SQL": {"level": "WARNING"},
            "synapse.access": {"level": "WARNING"},
        },
        "root": {"level": "WARNING", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }
    return _written(config)


def _written(config: dict[str, Any]) -> str:
    return _HEADER + json.dumps(config, indent=2, sort_keys=True) + "\n"


def _identity(document: Document, boot: Boot) -> dict[str, Any]:
    folder = boot.path(boot.synapse.folder)
    return {
        "server_name": str(document.organisation.domain),
        "public_baseurl": issuer_of(boot),
        "serve_server_wellknown": False,
        "pid_file": str(folder / "synapse.pid"),
        "log_config": str(log_file(boot)),
        "signing_key_path": str(boot.path(boot.synapse.signing_key)),
        "database": _database(boot),
        # Its own key is believed from the start; nobody else is asked about other servers' keys.
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "report_stats": False,
    }


def _database(boot: Boot) -> dict[str, Any]:
    """SQLite, or PostgreSQL as libpq knows it; a password stands in a file that libpq reads."""
    where = boot.synapse_database()
    if isinstance(where, Path):
        return {"name": "sqlite3", "args": {"database": str(where), "cp_min": 1, "cp_max": 5}}
    words = _conninfo(where)
    if words.pop("password", None) is not None:
        words["passfile"] = str(password_file(boot))
    return {"name": "psycopg2", "args": {**words, "cp_min": 2, "cp_max": 10}}


def password_file(boot: Boot) -> Path:
    """Where the password to Synapse's database lies in the form that libpq reads (`.pgpass`)."""
    return boot.path(boot.synapse.folder) / "database-password"


def render_password(boot: Boot) -> str | None:
    """What belongs into `password_file`; None where no password is needed.

    Raises:
        BootFault: the address of the database can't be read.
    """
    where = boot.synapse_database()
    password = None if isinstance(where, Path) else _conninfo(where).get("password")
    if password is None:
        return None
    escaped = str(password).replace("\\", "\\\\").replace(":", "\\:")
    return f"*:*:*:*:{escaped}\n"


def _conninfo(address: str) -> dict[str, Any]:
    try:
        return dict(conninfo_to_dict(address))
    except ProgrammingError:  # its message would repeat the password
        raise BootFault("the address of Synapse's database can't be read") from None


def _reach(boot: Boot) -> dict[str, Any]:
    """One way in and one way out, both of them the gateway."""
    return {
        "listeners": [
            {
                "path": str(boot.path(boot.synapse.socket)),
                "type": "http",
                "mode": 0o600,  # only the gateway and control, which are the same user
                "x_forwarded": True,
                "resources": [{"names": ["client", "federation"], "compress": False}],
            }
        ],
        "outbound_federation_restricted_to": ["gateway"],
        # Whoever could not be reached, or might not be, is tried again within ten minutes at most.
        "federation": {
            "destination_min_retry_interval": "1m",
            "destination_retry_multiplier": 2,
            "destination_max_retry_interval": "10m",
        },
        "instance_map": {"gateway": {"path": str(boot.path(boot.gateway.outgoing))}},
        "worker_replication_secret_path": str(secret_file(boot, "replication")),
        # Who may be talked to is decided by rules, not by address; nothing is reached directly.
        "federation_ip_range_blacklist": [],
        "url_preview_enabled": False,
        **_pushes(boot),
        "allow_public_rooms_without_auth": False,
        "allow_public_rooms_over_federation": False,
        "allow_profile_lookup_over_federation": True,
        "allow_device_name_lookup_over_federation": False,
        "enable_metrics": False,
    }


_NOWHERE = "127.0.0.1:9"
"""An address at which nothing listens (port 9, discard)."""


def _pushes(boot: Boot) -> dict[str, Any]:
    """Pushes carry ids only and go through the gateway's way out; without one nothing goes out.

    The proxy is also what holds everything else that Synapse would fetch by itself, such as an
    address to which another server sends it for a file.
    """
    way_out = boot.gateway.pushes
    proxy = f"http://{way_out or _NOWHERE}"
    push = {"enabled": way_out is not None, "include_content": False}
    return {"push": push, "http_proxy": proxy, "https_proxy": proxy, "no_proxy_hosts": []}


def _accounts(boot: Boot) -> dict[str, Any]:
    return {
        **_delegated_login(boot),
        "enable_registration": False,
        "macaroon_secret_key_path": str(secret_file(boot, "macaroon")),
        "form_secret_path": str(secret_file(boot, "form")),
        "allow_guest_access": False,
        "enable_3pid_lookup": False,
        "enable_3pid_changes": False,
        "default_identity_server": None,
        "account_threepid_delegates": {},
        "user_directory": {"enabled": True, "search_all_users": False},
        "include_profile_data_on_invite": True,
        "require_auth_for_profile_requests": True,
        "limit_profile_requests_to_users_who_share_rooms": True,
    }


def _delegated_login(boot: Boot) -> dict[str, Any]:
    """The sign-in service in the place that Synapse has for one.

    Synapse refuses to start if any login of its own is configured besides. Whose a token is it asks
    the module inside itself, which needs neither network nor disk to know.
    """
    return {
        "matrix_authentication_service": {
            "enabled": True,
            "endpoint": f"http://{boot.signin.introspection}/",
            "secret_path": str(boot.path(boot.signin.synapse_secret)),
        },
        "password_config": {"enabled": False},
    }


def _rooms() -> dict[str, Any]:
    return {
        "default_room_version": _ROOM_VERSION,
        # Whether a room is made encrypted is decided by the event door, which knows its kind.
        "encryption_enabled_by_default_for_room_type": "off",
        "presence": {"enabled": True},
        # Nothing is forgotten behind anybody's back.
        "retention": {"enabled": False},
        "enable_room_list_search": True,
        "redaction_retention_period": "7d",
        "forgotten_room_retention_period": "28d",
    }


def _media(document: Document, boot: Boot) -> dict[str, Any]:
    return {
        "media_store_path": str(boot.path(boot.synapse.folder) / "media"),
        "max_upload_size": document.media.max_upload,
        "enable_authenticated_media": True,
        "dynamic_thumbnails": False,
    }


def _limits() -> dict[str, Any]:
    """Rate limits: above what an office does, below what a runaway client does."""
    return {
        "rc_message": {"per_second": 20, "burst_count": 200},
        "rc_room_creation": {"per_second": 1, "burst_count": 100},
        "rc_joins": {
            "local": {"per_second": 2, "burst_count": 50},
            "remote": {"per_second": 1, "burst_count": 50},
        },
        "rc_invites": {
            "per_room": {"per_second": 5, "burst_count": 100},
            "per_user": {"per_second": 1, "burst_count": 50},
            "per_issuer": {"per_second": 5, "burst_count": 100},
        },
        # Synapse's own is one in ten seconds: whoever corrects a word in a status would be refused.
        "rc_presence": {"per_user": {"per_second": 0.2, "burst_count": 5}},
        "rc_federation": {
            "window_size": 1000,
            "sleep_limit": 50,
            "sleep_delay": 100,
            "reject_limit": 200,
            "concurrent": 10,
        },
    }


def _module(document: Document, boot: Boot) -> dict[str, Any]:
    issuer = issuer_of(boot)
    config = {
        "organisation": str(document.organisation.domain),
        "streams": str(boot.door("synapse")),
        "spool": str(boot.spool("synapse")),
        "public_key": str(boot.path(boot.public_key)),
        "audit_key": str(boot.path(boot.audit_key)),
        "inspector": str(boot.path(boot.inspector.socket)),
        "sign_in": {
            "listen": boot.signin.introspection,
            "secret": str(boot.path(boot.signin.synapse_secret)),
            "issuer": issuer,
            "account": issuer + ACCOUNT_PATH,
        },
    }
    return {"modules": [{"module": "vedette.synapse.module.Module", "config": config}]}
