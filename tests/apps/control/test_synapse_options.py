"""The table of Synapse's options against what Vedette writes, and against the Synapse that is installed."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synapse.config._base import Config, ConfigError, RootConfig
from synapse.config.homeserver import HomeServerConfig
from synapse.config.server import DEFAULT_IP_RANGE_BLOCKLIST

from tests.apps.control.organisation import Organisation, make
from vedette.admin.homeserver import configuration, render
from vedette.admin.synapse_options import option_rows
from vedette.control.main import current_settings
from vedette.core.settings.document import Document
from vedette.core.settings.synapse import Synapse
from vedette.core.synapse_options.option import Option, Way
from vedette.core.synapse_options.table import OPTIONS

BY_KEY = {option.key: option for option in OPTIONS}


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    return make(tmp_path_factory.mktemp("options") / "org")


@pytest.fixture(scope="module")
def document(organisation: Organisation) -> Document:
    return current_settings(organisation.boot)[1]


def written(organisation: Organisation, document: Document) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(document, organisation.boot).partition("\n")[2])
    return found


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every path to a value that is no table, and to every empty table."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield ".".join(path)


def is_in_table(path: str) -> bool:
    parts = path.split(".")
    return any(".".join(parts[:count]) in BY_KEY for count in range(1, len(parts) + 1))


def everything() -> Synapse:
    """Each setting of Synapse with another value than its default."""
    return Synapse.model_validate(
        {
            "messages_kept": "400 days",
            "files_kept": "300 days",
            "partner_files_kept": "90 days",
            "uploads_a_day": "1 GiB",
            "room_directory": True,
            "find_everybody": True,
        }
    )


# ---- What we write ------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", [Synapse(), everything()])
def test_nothing_that_is_written_is_missing_from_the_table(
    organisation: Organisation, document: Document, chosen: Synapse
) -> None:
    config = written(organisation, document.model_copy(update={"synapse": chosen}))
    assert [path for path in leaves(config) if not is_in_table(path)] == []


def test_a_row_shows_what_is_written_or_synapse_s_own_value(
    organisation: Organisation, document: Document
) -> None:
    config = configuration(document, organisation.boot)
    rows = {row.option.key: row for row in option_rows(document, organisation.boot)}
    assert rows.keys() == BY_KEY.keys()
    for key, row in rows.items():
        if row.option.way is Way.HOST:
            assert (row.value, row.default) == ("", "")
        elif key in config:
            assert json.loads(row.value) == config[key], key
    assert (rows["push.include_content"].value, rows["push.include_content"].default) == (
        "false",
        "true",
    )
    assert (rows["rc_reports"].value, rows["rc_reports"].differs) == (
        rows["rc_reports"].default,
        False,
    )


def test_what_is_shown_tells_no_path_and_no_secret(
    organisation: Organisation, document: Document
) -> None:
    shown = " ".join(row.value for row in option_rows(document, organisation.boot))
    assert str(organisation.boot.folder) not in shown
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("key", "value", "option", "wanted"),
    [
        ("messages_kept", "400 days", "retention.default_policy", {"max_lifetime": "34560000s"}),
        ("deleted_messages_kept", "1 day", "redaction_retention_period", "86400s"),
        ("forgotten_rooms_kept", "1 day", "forgotten_room_retention_period", "86400s"),
        ("forget_on_leave", True, "forget_rooms_on_leave", True),
        ("addresses_kept", "1 day", "user_ips_max_age", "86400s"),
        ("files_kept", "1 day", "media_retention.local_media_lifetime", "86400s"),
        ("partner_files_kept", "1 day", "media_retention.remote_media_lifetime", "86400s"),
        (
            "uploads_a_day",
            "1 MiB",
            "media_upload_limits",
            [{"max_size": 1048576, "time_period": "1d"}],
        ),
        ("largest_picture", 1_000_000, "max_image_pixels", 1_000_000),
        ("presence", False, "presence.enabled", False),
        ("find_everybody", True, "user_directory.search_all_users", True),
        ("room_directory", True, "room_list_publication_rules", [{"action": "allow"}]),
        ("own_names", False, "enable_set_displayname", False),
        ("own_pictures", False, "enable_set_avatar_url", False),
        ("names_per_room", False, "allow_per_room_profiles", False),
        ("rate_messages", "60 a minute, 7 at once", "rc_message", (1, 7)),
        ("rate_rooms", "60 a minute, 7 at once", "rc_room_creation", (1, 7)),
        ("rate_joins", "30 a minute, 7 at once", "rc_joins.local", (0.5, 7)),
        ("rate_joins_elsewhere", "30 a minute, 7 at once", "rc_joins.remote", (0.5, 7)),
        ("rate_joins_into_room", "30 a minute, 7 at once", "rc_joins_per_room", (0.5, 7)),
        ("rate_invites", "30 a minute, 7 at once", "rc_invites.per_issuer", (0.5, 7)),
        ("rate_invites_to_person", "30 a minute, 7 at once", "rc_invites.per_user", (0.5, 7)),
        ("rate_invites_into_room", "30 a minute, 7 at once", "rc_invites.per_room", (0.5, 7)),
        ("rate_presence", "30 a minute, 7 at once", "rc_presence.per_user", (0.5, 7)),
        ("rate_searches", "30 a minute, 7 at once", "rc_user_directory", (0.5, 7)),
        ("rate_uploads", "30 a minute, 7 at once", "rc_media_create", (0.5, 7)),
    ],
)
def test_each_setting_decides_its_option_and_no_other(
    organisation: Organisation, document: Document, key: str, value: Any, option: str, wanted: Any
) -> None:
    """`wanted` of a rate: how many per second, how many at once."""
    chosen = document.model_copy(update={"synapse": Synapse.model_validate({key: value})})
    before, after = (
        {
            row.option.key: json.loads(row.value or "null")
            for row in option_rows(each, organisation.boot)
        }
        for each in (document, chosen)
    )
    if isinstance(wanted, tuple):
        wanted = {"per_second": wanted[0], "burst_count": wanted[1]}
    assert after[option] == wanted
    changed = {each for each in after if after[each] != before[each]}
    assert changed == {each.key for each in OPTIONS if f"synapse.{key}" in each.by}


def test_no_setting_of_synapse_is_without_a_case() -> None:
    test: Any = test_each_setting_decides_its_option_and_no_other
    cases = {case[0] for case in test.pytestmark[0].args[1]}
    assert cases == set(Synapse.model_fields)


# ---- Synapse's own defaults ---------------------------------------------------------------------

LEAST: dict[str, Any] = {
    "server_name": "example.test", "report_stats": False, "listeners": [],
    "macaroon_secret_key": "x" * 40, "form_secret": "y" * 40,
}  # fmt: skip
"""What Synapse wants to be told before it reads anything else."""
ANOTHER: dict[str, Any] = {
    "account_threepid_delegates": {"msisdn": "https://id.test"},
    "alias_creation_rules": [{"action": "deny"}],
    "app_service_config_files": ["/srv/bridge.yaml"],
    "auto_join_rooms": ["#all:example.test"],
    "default_identity_server": "https://id.test",
    "default_power_level_content_override": {"private_chat": {}},
    "default_room_version": "11",
    "delete_stale_devices_after": "1d",
    "email": {"notif_from": "chat@example.test"},
    "encryption_enabled_by_default_for_room_type": "all",
    "enable_registration_without_verification": True,
    "experimental_features": {"msc4140_max_delayed_events_per_user": 7},
    "federation_certificate_verification_whitelist": ["acme.test"],
    "federation_client_minimum_tls_version": "1.2",
    "federation_domain_whitelist": ["acme.test"],
    "forgotten_room_retention_period": "1d",
    "ip_range_whitelist": ["10.0.0.0/8"],
    "jwt_config": {"enabled": True, "secret": "x", "algorithm": "HS256"},
    "key_refresh_interval": "2d",
    "manhole": 9000,
    "max_avatar_size": "1M",
    "max_event_delay_duration": "1d",
    "max_image_pixels": "1M",
    "max_pending_media_uploads": 7,
    "media_retention.local_media_lifetime": "1d",
    "media_retention.remote_media_lifetime": "1d",
    "media_storage_providers": [{"module": "file_system", "store_local": True,
                                 "config": {"directory": "/tmp"}}],
    "media_upload_limits": [{"max_size": 1048576, "time_period": "1d"}],
    "no_proxy_hosts": ["example.test"],
    "oidc_providers": [{"idp_id": "x", "idp_name": "x", "issuer": "https://x.test/",
                        "client_id": "x", "client_secret": "x"}],
    "old_signing_keys": {"ed25519:old": {"key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                         "expired_ts": 1}},
    "opentracing": {"enabled": True},
    "outbound_federation_restricted_to": ["gateway"],
    "prevent_media_downloads_from": ["bad.test"],
    "redaction_allowed_period": "1d",
    "registration_shared_secret": "x",
    "remote_media_download_per_second": "1K",
    "rc_login": {"address": {"per_second": 1, "burst_count": 1}},
    "retention.allowed_lifetime_max": "1d",
    "retention.allowed_lifetime_min": "1d",
    "retention.default_policy": {"max_lifetime": "1d"},
    "room_list_publication_rules": [{"action": "allow"}],
    "server_name": "other.test",
    "server_notices": {"system_mxid_localpart": "notices"},
    "session_lifetime": "1d",
    "spam_checker": [{"module": "synapse.config._base.Config", "config": {}}],
    "third_party_event_rules": {"module": "synapse.config._base.Config", "config": {}},
    "tls_certificate_path": "/srv/x.pem",
    "trusted_key_servers": [],
    "report_stats": True,
}  # fmt: skip
"""Another value for an option that has no obvious other one."""
NEVER_READ = {
    "server_name", "report_stats",  # Synapse must be told
    "sentry",  # its default is that the key is not there at all
    "matrix_authentication_service.enabled",  # wants other keys with it
    "suppress_key_server_warning",  # decides what is printed, nothing that is kept
    "federation_ip_range_blacklist",  # see its own test
}  # fmt: skip
"""Options that can't be told apart by what Synapse understands of them."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the signing key that Synapse would make in it."""
    made = tmp_path_factory.mktemp("synapse")
    Path(made / "key").write_text("ed25519 a_1 " + "A" * 43 + "\n")
    return made


def told(folder: Path, **values: Any) -> object:
    """All that Synapse has understood of a configuration, or that it would not start with it."""
    config = {**LEAST, "signing_key_path": str(folder / "key"), **values}
    found = HomeServerConfig()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            found.parse_config_dict(config, str(folder), str(folder))
        except Exception as refused:  # noqa: BLE001  # whatever it is: it did not take the value
            return f"refused: {type(refused).__name__}"
    return {name: understood(getattr(found, name), 0) for name in _sections(found)}


def _sections(config: RootConfig) -> list[str]:
    return [section.section for section in config.config_classes]


def understood(value: Any, depth: int) -> object:
    """A value of Synapse's, so that two can be compared."""
    if isinstance(value, RootConfig) or depth > 6:
        return "…"
    if isinstance(value, Config):
        return {k: understood(v, depth + 1) for k, v in vars(value).items() if k != "root"}
    if isinstance(value, Mapping):
        return {str(key): understood(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [understood(each, depth + 1) for each in value]
    if isinstance(value, int | float):
        return float(value)
    if type(value).__name__ == "RoomVersion":
        return value.identifier
    if type(value).__name__ == "IPSet":
        return sorted(map(str, value.iter_cidrs()))
    if type(value).__module__.startswith(("jinja2", "twisted", "OpenSSL", "signedjson")):
        return type(value).__name__
    fields = getattr(value, "__dict__", None) or {
        name: getattr(value, name) for name in getattr(type(value), "__slots__", ())
        if hasattr(value, name) and not name.startswith("__")
    }  # fmt: skip
    if fields and not callable(value):
        # the name of a limit is the name of the key that said it
        return {str(k): understood(v, depth + 1) for k, v in fields.items() if k != "key"}
    return repr(value) if isinstance(value, str | bytes | None) else type(value).__name__


def nested(key: str, value: Any) -> dict[str, Any]:
    head, *rest = key.split(".")
    return {head: nested(".".join(rest), value) if rest else value}


def another(option: Option) -> Any:
    """Another value than Synapse's own."""
    if option.key in ANOTHER:
        return ANOTHER[option.key]
    match option.default:
        case bool(value):
            return not value
        case {"per_second": _}:
            return {"per_second": 777, "burst_count": 777}
        case {"window_size": _}:
            return {**option.default, "sleep_limit": 777}
        case int(value):
            return value + 1
        case str(value) if value[:-1].isdigit():
            return f"{int(value[:-1]) + 1}{value[-1]}"
        case list(value) if len(value) > 1:
            return value[1:]
    raise AssertionError(f"{option.key} has no other value here")


CHECKED = [o for o in OPTIONS if o.way is not Way.HOST and o.key not in NEVER_READ]


@pytest.fixture(scope="module")
def by_itself(folder: Path) -> object:
    return told(folder)


def test_synapse_takes_what_these_tests_tell_it(by_itself: object) -> None:
    assert isinstance(by_itself, dict), by_itself


def test_the_defaults_are_those_of_the_synapse_that_is_installed(
    folder: Path, by_itself: dict[str, Any]
) -> None:
    """Told outright they change nothing that Synapse understands."""
    values: dict[str, Any] = {}
    for option in CHECKED:
        merge(values, nested(option.key, option.default))
    found = told(folder, **values)
    assert isinstance(found, dict), found
    assert {name: each for name, each in found.items() if each != by_itself[name]} == {}


@pytest.mark.parametrize("option", CHECKED, ids=lambda option: option.key)
def test_another_value_is_understood_as_another(
    folder: Path, by_itself: dict[str, Any], option: Option
) -> None:
    """So Synapse knows the key, and would have noticed another default."""
    assert told(folder, **nested(option.key, another(option))) != by_itself


def test_other_servers_addresses_are_by_default_those_that_nothing_is_fetched_from() -> None:
    private = BY_KEY["federation_ip_range_blacklist"].default
    assert private == DEFAULT_IP_RANGE_BLOCKLIST == BY_KEY["ip_range_blacklist"].default


def merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(into.get(key), dict) and isinstance(value, Mapping):
            merge(into[key], value)
        else:
            into[key] = value


# ---- Synapse takes whatever the settings may say ------------------------------------------------

_DAYS = st.integers(1, 9999).map("{} days".format)
_RATES = st.tuples(st.integers(1, 999_999), st.integers(1, 999_999)).map(
    lambda pair: f"{pair[0]} a minute, {pair[1]} at once"
)
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "messages_kept": _DAYS, "deleted_messages_kept": st.just("0 seconds") | _DAYS,
        "forgotten_rooms_kept": st.just("0 seconds") | _DAYS,
        "addresses_kept": st.just("0 seconds") | _DAYS, "files_kept": _DAYS,
        "partner_files_kept": _DAYS, "uploads_a_day": st.integers(1, 9999).map("{} MiB".format),
        "largest_picture": st.integers(1_000_000, 1_000_000_000),
        **{name: st.booleans() for name, field in Synapse.model_fields.items()
           if field.annotation is bool},
        **{name: _RATES for name in Synapse.model_fields if name.startswith("rate_")},
    },
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(chosen=CHOICES)
def test_synapse_starts_with_whatever_the_settings_may_say(
    organisation: Organisation, document: Document, folder: Path, chosen: dict[str, Any]
) -> None:
    changed = document.model_copy(update={"synapse": Synapse.model_validate(chosen)})
    config = configuration(changed, organisation.boot)
    found = HomeServerConfig()
    try:
        found.parse_config_dict(config, str(folder), str(folder))
    except ConfigError as refused:
        raise AssertionError(f"{chosen}: {refused}") from refused
    assert found.ratelimiting.rc_message.burst_count >= 1
