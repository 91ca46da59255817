"""The text of a new boot file, with a comment for whoever opens it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from vedette.suite.addresses import split

_TEXT = """\
# The boot file of {domain}: this host's addresses, paths and secret files.
#
# No policy is in here: who may do what stands in the settings document (`vedette settings show`).
# Paths are relative to this folder. What is changed here holds after the next `vedette up`.

organisation = {organisation}   # stands in every user id; it can't be changed later
settings     = "settings.toml"     # becomes revision 1; later changes go through `vedette settings`
public_key   = "keys/settings.pub" # by this every door verifies what it is sent
audit_key    = "keys/audit.pub"    # to this every door seals who is named in its records

# The only way in. TLS ends here; what stands in front may only pass TCP on.
[gateway]
client          = {client}    # clients connect here
federation      = {federation}    # other servers connect here
client_url      = {client_url}    # what clients are told in .well-known/matrix/client
federation_name = {federation_name}    # what servers are told in .well-known/matrix/server
certificate     = "tls/gateway.crt"   # read again when it changes
key             = "tls/gateway.key"
pushes          = {pushes}    # Synapse's way out for pushes, on this machine alone
{trusted_ca}
# A second address where people and devices show certificates of the CAs in the settings' [issuers];
# tokens that are fetched there are bound to them. `ca` is for others that only bind tokens:
# certificates = {{ listen = "0.0.0.0:8449", url = "https://card.example.org:8449" }}
# To have the certificate ordered and renewed by ACME, add [gateway.acme]: docs/operate/acme.md
# Load balancers that begin each connection with a PROXY protocol header, as networks:
# behind = ["10.0.0.0/24"]
# DNS servers that are asked for other servers, instead of this machine's own:
# nameservers = ["192.0.2.53:53"]
{routes}
# The messaging engine. It listens on a Unix socket and has no other way out than the gateway.
[synapse]
socket      = "run/synapse.sock"
folder      = "synapse"
database    = "sqlite"             # for trying it, about a hundred people; or "file:secrets/..." with
                                   # a PostgreSQL URL, of a database of its own (UTF8, locale C)
signing_key = "secrets/synapse-signing.key"

# Settings, the administration API and the audit. Never reachable from outside.
[control]
listen       = {control}
token        = "secrets/admin.token"
settings_key = "secrets/settings.key"
audit_key    = "secrets/audit.key"  # opens the names in the record; keep it out of backups of the record
people       = "people.csv"
folder       = "control"
database     = "sqlite"             # for trying it; or "file:secrets/..." with a PostgreSQL URL

# Where the audit leaves this machine. A file elsewhere that takes each signed checkpoint:
# checkpoint_copy = "/mnt/elsewhere/vedette-checkpoints.jsonl"
# An authority's time stamp over each of them (RFC 3161):
# timestamps = {{ url = "http://tsa.example.org/", ca = "tls/tsa.pem" }}
# A token, in a file of mode 0600, that opens /metrics and nothing else:
# metrics_token = "secrets/metrics.token"
# The SIEM, over mutual TLS (RFC 5424, 5425); it must take messages of 1 MiB:
# [control.syslog]
# address     = "siem.example.org:6514"
# ca          = "tls/siem-ca.crt"
# certificate = "tls/control-syslog.crt"
# key         = "secrets/control-syslog.key"

# The console, for administrators' browsers. Give it a host name of its own, and a certificate for
# that; it signs in at `client_url`.
[control.console]
listen      = {console}
url         = {console_url}
certificate = "tls/console.crt"
key         = "tls/console.key"

# Where the company's other services push what they know (docs/operate/scim.md); no administration is
# there. Give it a certificate that those services believe:
# [control.inbound]
# listen      = "0.0.0.0:8478"
# url         = "https://push.example.org:8478"
# certificate = "tls/inbound.crt"
# key         = "tls/inbound.key"

# The sign-in service: pages, sessions, second factors. It listens on a Unix socket.
[signin]
introspection = {introspection}    # where Synapse asks the module inside it; on this machine alone
socket        = "run/signin.sock"
database      = "sqlite"             # for trying it; or "file:secrets/..." with a PostgreSQL URL
folder        = "signin"

# Makers of security keys whose word for a model counts in rules on sign_in.attested and .models:
# attestation = ["tls/makers.pem"]

# What files are. The inspector listens on a Unix socket and asks nobody but the scanners named here.
[inspector]
socket = "run/inspector.sock"
folder = "inspector"
clamd  = ""                        # "unix:/run/clamav/clamd.ctl" or "tcp:127.0.0.1:3310"
yara   = ""                        # a folder of your own rules, *.yar
icap   = ""                        # another scanner, "icap://192.0.2.30:1344/avscan"

# Second-factor servers, and where people may prove themselves elsewhere:
# [signin.radius.tokens]
# address = "192.0.2.20:1812"
# secret  = "secrets/radius-tokens"
# [signin.upstream.office]
# issuer        = "https://login.example.com"
# client_id     = "vedette"
# client_secret = "secrets/upstream-office"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootAnswers:
    """Everything about a host that is not the same everywhere."""

    domain: str
    client: str
    federation: str
    control: str
    client_url: str
    federation_name: str
    pushes: str
    introspection: str
    console: str
    routes: dict[str, str] = field(default_factory=dict)
    trusts_ca: bool = False


def boot_text(answers: BootAnswers) -> str:
    """The boot file that says these answers."""
    trusted = (
        'trusted_ca      = "tls/ca.crt"    # trusted for other servers besides this machine\'s own'
        if answers.trusts_ca
        else "# A CA to trust for other servers besides this machine's own:\n"
        '# trusted_ca = "tls/ca.crt"'
    )
    return _TEXT.format(
        domain=answers.domain,
        organisation=_quoted(answers.domain),
        client=_quoted(answers.client),
        federation=_quoted(answers.federation),
        control=_quoted(answers.control),
        console=_quoted(answers.console),
        console_url=_quoted(web_address(answers.console)),
        client_url=_quoted(answers.client_url),
        federation_name=_quoted(answers.federation_name),
        pushes=_quoted(answers.pushes),
        trusted_ca=trusted,
        routes=_routes(answers.routes),
        introspection=_quoted(answers.introspection),
    )


def web_address(address: str) -> str:
    """The `https` address of a place such as `127.0.0.1:8443`."""
    host, port = split(address)
    return f"https://{f'[{host}]' if ':' in host else host}:{port}"


def _routes(routes: dict[str, str]) -> str:
    if not routes:
        return (
            "# Servers that are reached at a fixed address instead of being discovered:\n"
            '# [gateway.routes]\n# "partner.example" = "192.0.2.10:8448"\n'
        )
    lines = [f"{_quoted(server)} = {_quoted(address)}" for server, address in routes.items()]
    head = "\n# Servers that are reached at a fixed address instead of being discovered.\n"
    return head + "[gateway.routes]\n" + "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's is one wherever no character above U+FFFF is escaped."""
    return json.dumps(text, ensure_ascii=False)
