"""Options about ways in and out, other servers, keys, limits, and what Synapse tells of itself."""

from __future__ import annotations

from vedette.core.synapse_options.option import Option, chosen, fixed, governed, host

_PRIVATE = [
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24",
    "169.254.0.0/16", "192.88.99.0/24", "198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "::1/128", "fe80::/10", "fc00::/7", "2001:db8::/32", "ff00::/8",
    "fec0::/10",
]  # fmt: skip
_DOOR = "The gateway alone speaks with other servers; what Synapse believes of their TLS is never asked."

WAYS: tuple[Option, ...] = (
    host(
        "listeners",
        "Where Synapse listens: one Unix socket, for the gateway and control. Its administration API "
        "is behind it too, and no path of that is public.",
        "A second listener would be a way in past every door.",
    ),
    fixed(
        "outbound_federation_restricted_to",
        None,
        "Through what Synapse speaks with other servers: the gateway and nothing else.",
        "It would speak with any server, and no rule would be asked.",
    ),
    host(
        "instance_map",
        "Where the gateway takes what goes to other servers.",
        "Whoever listens there receives all that leaves.",
    ),
    host(
        "worker_replication_secret_path",
        "The file with the secret between Synapse and the gateway's way out.",
        "Whoever has it could speak in Synapse's place.",
    ),
    host(
        "http_proxy",
        "Through what everything else leaves, such as notifications; without a way out, nothing does.",
        "Synapse would fetch whatever somebody leads it to.",
    ),
    host(
        "https_proxy",
        "The same for addresses with TLS.",
        "Synapse would fetch whatever somebody leads it to.",
    ),
    fixed(
        "no_proxy_hosts",
        None,
        "What is reached without that way out: nothing.",
        "Services of the company's network could be reached through Synapse.",
    ),
    fixed(
        "ip_range_blacklist",
        _PRIVATE,
        "Addresses that Synapse never fetches from by itself.",
        "Whoever leads it to an address could look into the company's network.",
    ),
    fixed(
        "ip_range_whitelist",
        [],
        "Exceptions from that.",
        "Whoever leads it to an address could look into the company's network.",
    ),
    fixed(
        "federation_ip_range_blacklist",
        _PRIVATE,
        "Addresses of servers with which Synapse does not speak.",
        "It reaches the gateway alone, which knows what may be talked to by rules; a list here would "
        "cut partners within the company's own network off.",
    ),
    host(
        "public_baseurl",
        "The address at which clients find this server.",
        "With another one clients go elsewhere, with people's passwords.",
    ),
    governed(
        "server_name",
        None,
        "What stands behind the colon of every user id.",
        "It can't be changed later.",
        "organisation.domain",
    ),
    fixed(
        "serve_server_wellknown",
        False,
        "Whether Synapse itself tells others where it is.",
        "The gateway tells it; two answers could differ.",
    ),
    host(
        "database",
        "Where accounts, rooms and plain messages lie.",
        "Whoever reads the database reads every plain room.",
    ),
    fixed(
        "manhole",
        None,
        "A way into the running program for its makers.",
        "Whoever gets in does everything that Synapse can.",
    ),
    host(
        "modules",
        "What decides within Synapse: Vedette's event door and file door, and nothing else.",
        "Without it no rule would hold in rooms; another module could undo it.",
    ),
    fixed(
        "spam_checker",
        [],
        "Modules of an older kind.",
        "They would decide beside the event door, unrecorded.",
    ),
    fixed(
        "third_party_event_rules",
        None,
        "Modules of an older kind that change events.",
        "They would decide beside the event door, unrecorded.",
    ),
)
OTHERS: tuple[Option, ...] = (
    governed(
        "federation_domain_whitelist",
        None,
        "With which servers anything is exchanged at all. Unset: no list here.",
        "Partners and rules say it, at the gateway's federation doors, with reason and record.",
        "partners.<name>.domains",
        rules=True,
    ),
    fixed(
        "federation_whitelist_endpoint_enabled",
        False,
        "Whether clients may read that list.",
        "Everybody could read with whom the organisation has contracts.",
    ),
    fixed("federation_verify_certificates", True, "Whether other servers' TLS is checked.", _DOOR),
    fixed(
        "federation_certificate_verification_whitelist",
        [],
        "Servers whose TLS is not checked.",
        _DOOR,
    ),
    fixed(
        "federation_client_minimum_tls_version",
        "1",
        "The oldest TLS towards other servers.",
        _DOOR,
    ),
    fixed(
        "tls_certificate_path",
        None,
        "A certificate of Synapse's own.",
        "TLS ends at the gateway; Synapse's own would be a second way in.",
    ),
    fixed(
        "trusted_key_servers",
        [{"server_name": "matrix.org"}],
        "Servers that are asked about other servers' signing keys.",
        "They would learn with whom we speak, and could vouch for false keys.",
    ),
    fixed(
        "suppress_key_server_warning",
        False,
        "Whether Synapse keeps quiet that it trusts a default list of them.",
        "There is none, so there is nothing to warn of.",
    ),
    fixed(
        "key_refresh_interval",
        "1d",
        "How long others may believe our signing key without asking again.",
        "Longer, and a stolen key that was changed is believed for longer.",
    ),
    fixed(
        "old_signing_keys",
        {},
        "Signing keys of before.",
        "They vouch for what they signed once; a key that was stolen has no place here.",
    ),
    host(
        "signing_key_path",
        "The file with the key by which this server signs its events.",
        "Whoever has it speaks in the organisation's name.",
    ),
    fixed(
        "federation.destination_min_retry_interval",
        "10m",
        "How soon a server that did not answer, or might not be talked to, is tried again.",
        "What a change newly allows would arrive only after many minutes.",
    ),
    fixed(
        "federation.destination_retry_multiplier",
        2,
        "How much longer it waits each time.",
        "What a change newly allows would arrive late, or dead servers would be tried all the time.",
    ),
    fixed(
        "federation.destination_max_retry_interval",
        "7d",
        "How long it waits at most.",
        "What a change newly allows would arrive only after days.",
    ),
)
LIMITS: tuple[Option, ...] = (
    chosen(
        "rc_message",
        {"per_second": 0.2, "burst_count": 10},
        "How many messages one person may send.",
        "One account could slow down all, or people are refused at work.",
        "synapse.rate_messages",
    ),
    chosen(
        "rc_room_creation",
        {"per_second": 0.016, "burst_count": 10},
        "How many rooms one person may make.",
        "One account could fill the database with rooms.",
        "synapse.rate_rooms",
    ),
    chosen(
        "rc_joins.local",
        {"per_second": 0.1, "burst_count": 10},
        "How many rooms here one person may join.",
        "One account could join everything it finds.",
        "synapse.rate_joins",
    ),
    chosen(
        "rc_joins.remote",
        {"per_second": 0.01, "burst_count": 10},
        "How many rooms elsewhere one person may join.",
        "Each such join costs much; one account could keep the server busy.",
        "synapse.rate_joins_elsewhere",
    ),
    chosen(
        "rc_joins_per_room",
        {"per_second": 1, "burst_count": 10},
        "How many people may join one room.",
        "A flood of joins makes a room unusable.",
        "synapse.rate_joins_into_room",
    ),
    chosen(
        "rc_invites.per_issuer",
        {"per_second": 0.3, "burst_count": 10},
        "How many invitations one person may send.",
        "One account could invite everybody to anything.",
        "synapse.rate_invites",
    ),
    chosen(
        "rc_invites.per_user",
        {"per_second": 0.003, "burst_count": 5},
        "How many invitations one person may get.",
        "A flood of them buries the one that matters.",
        "synapse.rate_invites_to_person",
    ),
    chosen(
        "rc_invites.per_room",
        {"per_second": 0.3, "burst_count": 10},
        "How many people may be invited into one room.",
        "A flood of invitations keeps the server busy.",
        "synapse.rate_invites_into_room",
    ),
    chosen(
        "rc_presence.per_user",
        {"per_second": 0.1, "burst_count": 1},
        "How often a person's status may change.",
        "A program that changes it all the time slows down all.",
        "synapse.rate_presence",
    ),
    chosen(
        "rc_user_directory",
        {"per_second": 0.016, "burst_count": 200},
        "How often a person may search for people.",
        "An account that was taken over lists everybody quickly.",
        "synapse.rate_searches",
    ),
    chosen(
        "rc_media_create",
        {"per_second": 10, "burst_count": 50},
        "How many uploads a person may begin.",
        "One account could fill the disk quickly.",
        "synapse.rate_uploads",
    ),
    fixed(
        "rc_profile",
        {"per_second": 1, "burst_count": 500},
        "How often somebody may ask for names and pictures.",
        "Synapse's own limit is above what clients do; without it an account could list everybody.",
    ),
    fixed(
        "rc_reports",
        {"per_second": 1, "burst_count": 5},
        "How often somebody may report messages.",
        "A flood of reports would bury the true one.",
    ),
    governed(
        "rc_login",
        {
            "address": {"per_second": 0.003, "burst_count": 5},
            "account": {"per_second": 0.003, "burst_count": 5},
            "failed_attempts": {"per_second": 0.17, "burst_count": 3},
        },
        "How often somebody may try to sign in at Synapse, where nobody signs in.",
        "The sign-in service counts attempts, by account, address and network.",
        "sign_in.attempts_per_account",
        "sign_in.attempts_per_address",
        "sign_in.attempts_per_network",
    ),
    governed(
        "rc_federation",
        {
            "window_size": 1000,
            "sleep_limit": 10,
            "sleep_delay": 500,
            "reject_limit": 50,
            "concurrent": 3,
        },
        "How much another server may ask of Synapse.",
        "The gateway counts it before, each partner for itself; lower here, and partners come late.",
        "federation.requests",
        "federation.traffic",
        "federation.at_once",
    ),
    fixed(
        "remote_media_download_per_second",
        "87K",
        "How fast one person may fetch files of other servers.",
        "One account could fill the disk and the line.",
    ),
)
TELLING: tuple[Option, ...] = (
    host(
        "log_config",
        "What Synapse writes into its log: its course and warnings, no content.",
        "More would write messages and tokens to the disk.",
    ),
    host(
        "pid_file",
        "Where it says which process it is.",
        "None.",
    ),
    fixed(
        "report_stats",
        None,
        "Whether numbers of people and messages are sent to matrix.org.",
        "They would tell others how large and how busy the organisation is.",
    ),
    fixed(
        "enable_metrics",
        False,
        "Whether Synapse counts what it does for a monitoring of its own.",
        "Numbers for monitoring come from control (`/metrics`); here there would be a second way in.",
    ),
    fixed(
        "sentry",
        None,
        "Whether faults are sent to a service elsewhere.",
        "Reports of faults carry content.",
    ),
    fixed(
        "opentracing",
        None,
        "Whether the course of requests is sent to a service elsewhere.",
        "It tells who does what when.",
    ),
)
