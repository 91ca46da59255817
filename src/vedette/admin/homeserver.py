"""Synapse's own configuration, written from the settings document and the boot file.

Whoever runs Synapse writes what `render` returns to `homeserver_file` before each start; `doctor`
compares the two. Nothing in it is a secret: secrets stand in files of their own, which it names.
It is written as JSON, every bit of which is YAML 1.2 too. Its first line says by a hash what follows,
so that an edit by hand is told from values that wait for Synapse's next start.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from vedette.adapters.boot_file import Boot, BootFault
from vedette.core.settings.document import Document
from vedette.core.settings.spelling import read_rate
from vedette.core.settings.synapse import Synapse

SECRETS = ("macaroon", "form", "replication")
"""Synapse's secrets: each is a file `secrets/synapse-<name>` of random text, mode 0600."""
ACCOUNT_PATH = "account/"
"""Where, under the issuer, a person's own pages are."""

_HEADER = (
    "# Written by Vedette from the settings document and the boot file; changes here are lost."
    " sha256: "
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
        BootFault: the address of the database, or the keys of before, can't be read.
    """
    config = configuration(document, boot)
    return _written({**config, **(_module(document, boot) if module else {})})


def configuration(document: Document, boot: Boot) -> dict[str, Any]:
    """What Vedette writes for Synapse to obey, by key, apart from the module. Nothing in it is secret.

    Raises:
        BootFault: the address of the database can't be read.
    """
    return {
        **_identity(document, boot),
        **_reach(boot),
        **_accounts(document.synapse, boot),
        **_rooms(document.synapse),
        **_media(document, boot),
        **_limits(document.synapse),
    }


def edited(text: str) -> bool:
    """Whether a configuration is another one than was written: its first line says what that was."""
    head, _, body = text.partition("\n")
    return head.rpartition(" ")[2] != _hash(body)


def differing(text: str, wanted: str) -> list[str]:
    """The keys whose values differ between two configurations that were written here."""
    one, other = (_read(each) for each in (text, wanted))
    return sorted(key for key in {*one, *other} if one.get(key) != other.get(key))


def _read(text: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(text.partition("\n")[2])
    return found


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
    body = json.dumps(config, indent=2, sort_keys=True) + "\n"
    return f"{_HEADER}{_hash(body)}\n{body}"


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _identity(document: Document, boot: Boot) -> dict[str, Any]:
    folder = boot.path(boot.synapse.folder)
    return {
        "server_name": str(document.organisation.domain),
        "public_baseurl": issuer_of(boot),
        "serve_server_wellknown": False,
        "pid_file": str(folder / "synapse.pid"),
        "log_config": str(log_file(boot)),
        "signing_key_path": str(boot.path(boot.synapse.signing_key)),
        "old_signing_keys": boot.synapse_keys_before(),
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


def _accounts(chosen: Synapse, boot: Boot) -> dict[str, Any]:
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
        "user_directory": {"enabled": True, "search_all_users": chosen.find_everybody},
        "enable_set_displayname": chosen.own_names,
        "enable_set_avatar_url": chosen.own_pictures,
        "allow_per_room_profiles": chosen.names_per_room,
        "user_ips_max_age": _seconds(chosen.addresses_kept),
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


def _rooms(chosen: Synapse) -> dict[str, Any]:
    return {
        "default_room_version": _ROOM_VERSION,
        # Whether a room is made encrypted is decided by the event door, which knows its kind.
        "encryption_enabled_by_default_for_room_type": "off",
        "presence": {"enabled": chosen.presence},
        "retention": _retention(chosen.messages_kept),
        "enable_room_list_search": True,
        "room_list_publication_rules": [{"action": "allow"}] if chosen.room_directory else [],
        "redaction_retention_period": _seconds(chosen.deleted_messages_kept),
        "forgotten_room_retention_period": _seconds(chosen.forgotten_rooms_kept),
        "forget_rooms_on_leave": chosen.forget_on_leave,
    }


def _retention(kept: int | None) -> dict[str, Any]:
    """Unset, nothing is forgotten; set, every room alike: what its owner says is held to the same."""
    if kept is None:
        return {"enabled": False}
    most = _seconds(kept)
    bounds = {"allowed_lifetime_min": most, "allowed_lifetime_max": most}
    return {"enabled": True, "default_policy": {"max_lifetime": most}, **bounds}


def _seconds(duration: int | None) -> str | None:
    """A duration as Synapse reads it."""
    return None if duration is None else f"{duration}s"


def _media(document: Document, boot: Boot) -> dict[str, Any]:
    chosen, most = document.synapse, document.synapse.uploads_a_day
    return {
        "media_store_path": str(boot.path(boot.synapse.folder) / "media"),
        "max_upload_size": document.media.max_upload,
        "media_upload_limits": [] if most is None else [{"max_size": most, "time_period": "1d"}],
        "media_retention": {
            "local_media_lifetime": _seconds(chosen.files_kept),
            "remote_media_lifetime": _seconds(chosen.partner_files_kept),
        },
        "max_image_pixels": chosen.largest_picture,
        "enable_authenticated_media": True,
        "dynamic_thumbnails": False,
    }


def _limits(chosen: Synapse) -> dict[str, Any]:
    """Rate limits: above what an office does, below what a runaway client does."""
    return {
        "rc_message": _rate(chosen.rate_messages),
        "rc_room_creation": _rate(chosen.rate_rooms),
        "rc_joins": {
            "local": _rate(chosen.rate_joins),
            "remote": _rate(chosen.rate_joins_elsewhere),
        },
        "rc_joins_per_room": _rate(chosen.rate_joins_into_room),
        "rc_invites": {
            "per_room": _rate(chosen.rate_invites_into_room),
            "per_user": _rate(chosen.rate_invites_to_person),
            "per_issuer": _rate(chosen.rate_invites),
        },
        "rc_presence": {"per_user": _rate(chosen.rate_presence)},
        "rc_user_directory": _rate(chosen.rate_searches),
        "rc_media_create": _rate(chosen.rate_uploads),
        # What servers may send is counted by the gateway (`federation`); this only keeps order.
        "rc_federation": {
            "window_size": 1000,
            "sleep_limit": 50,
            "sleep_delay": 100,
            "reject_limit": 200,
            "concurrent": 10,
        },
    }


def _rate(text: str) -> dict[str, float]:
    rate = read_rate(text)
    return {"per_second": rate.per_minute / 60, "burst_count": rate.at_once}


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
