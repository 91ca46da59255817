"""Every place in Synapse that can open a connection, and what holds it.

The source is searched for whatever makes or fetches a client, dials, or imports a library that
does. A place that the table does not name, or no longer finds, fails: a new Synapse version must be
read before it is listed.
"""

from __future__ import annotations

import ast
from enum import Enum
from pathlib import Path

import pytest
import synapse

ROOT = Path(synapse.__file__).parent


class Holds(Enum):
    """What keeps a way out from being one."""

    GATEWAY = "`outbound_federation_restricted_to` hands the request to the gateway in plain form"
    PROXY = "`http_proxy` and `https_proxy`, with no exceptions, name the gateway"
    ENDPOINTS = "the endpoints that lead to it have no row, and third-party invites are refused"
    OFF = "a setting that stays off, which `doctor` watches"
    INSIDE = "it reaches our own processes only: database, Redis, workers, sign-in"
    REGISTERED = "application services are settings; their address is one that we wrote"
    MADE_HERE = "only makes or defines clients; its users are rows of their own"
    NO_NETWORK = "reads names, `data:` addresses or error classes, and connects to nothing"
    UNUSED = "offered to modules, and no module of ours takes it"


CLIENTS = {
    *("SimpleHttpClient", "ReplicationClient", "MatrixFederationHttpClient", "HttpClient"),
    *("MatrixFederationAgent", "ProxyAgent", "ReplicationAgent", "BlocklistingAgentWrapper"),
    *("RedirectAgent", "BaseHttpClient", "ApplicationServiceApi", "ESMTPSenderFactory"),
    *("HostnameEndpoint", "MatrixHostnameEndpoint", "HTTPConnectProxyEndpoint"),
    *("TCP4ClientEndpoint", "TCP6ClientEndpoint", "SSL4ClientEndpoint", "UNIXClientEndpoint"),
    *("connectTCP", "connectSSL", "connectUNIX", "connectUDP", "listenUDP", "urlopen"),
    *("create_connection", "clientFromString", "spawnProcess"),
}
BASES = CLIENTS | {"Agent", "_AgentBase", "AgentBase"}
LIBRARIES = {
    *("requests", "urllib3", "aiohttp", "httpx", "treq", "http.client", "smtplib", "socket"),
    *("sentry_sdk", "jaeger_client", "txredisapi", "psycopg2", "ldap3", "subprocess", "boto3"),
}

ABOVE_A_TRANSPORT = {"get_federation_client", "get_federation_transport_client"}
"""Objects of Synapse that are named like clients, and use a client that has its own row."""

TABLE = {
    ("api/auth/mas.py", "HttpClient"): Holds.INSIDE,
    ("api/auth/mas.py", "get_proxied_http_client"): Holds.INSIDE,
    ("app/_base.py", "import sentry_sdk"): Holds.OFF,
    ("app/_base.py", "import socket"): Holds.NO_NETWORK,
    ("app/phone_stats_home.py", "get_proxied_http_client"): Holds.OFF,
    ("appservice/api.py", "class ApplicationServiceApi"): Holds.REGISTERED,
    ("crypto/keyring.py", "get_federation_http_client"): Holds.GATEWAY,
    ("federation/transport/client.py", "get_federation_http_client"): Holds.GATEWAY,
    ("handlers/cas.py", "get_proxied_http_client"): Holds.OFF,
    ("handlers/federation.py", "get_proxied_blocklisted_http_client"): Holds.PROXY,
    # Dials the identity server that a client names, and takes no proxy.
    ("handlers/identity.py", "SimpleHttpClient"): Holds.ENDPOINTS,
    ("handlers/identity.py", "get_federation_http_client"): Holds.NO_NETWORK,
    ("handlers/oidc.py", "get_proxied_http_client"): Holds.OFF,
    ("handlers/send_email.py", "ESMTPSenderFactory"): Holds.OFF,
    ("handlers/send_email.py", "HostnameEndpoint"): Holds.OFF,
    ("handlers/sso.py", "get_proxied_blocklisted_http_client"): Holds.OFF,
    ("handlers/ui_auth/checkers.py", "get_proxied_http_client"): Holds.OFF,
    ("http/appservice_proxy.py", "get_federation_http_client"): Holds.GATEWAY,
    ("http/appservice_proxy.py", "get_proxied_http_client"): Holds.REGISTERED,
    ("http/client.py", "BlocklistingAgentWrapper"): Holds.MADE_HERE,
    ("http/client.py", "ProxyAgent"): Holds.MADE_HERE,
    ("http/client.py", "ReplicationAgent"): Holds.MADE_HERE,
    ("http/client.py", "class BlocklistingAgentWrapper"): Holds.MADE_HERE,
    ("http/client.py", "class ReplicationClient"): Holds.MADE_HERE,
    ("http/client.py", "class SimpleHttpClient"): Holds.MADE_HERE,
    ("http/client.py", "import treq"): Holds.MADE_HERE,
    # Made only where federation is not handed to the gateway.
    ("http/federation/matrix_federation_agent.py", "BlocklistingAgentWrapper"): Holds.GATEWAY,
    ("http/federation/matrix_federation_agent.py", "HTTPConnectProxyEndpoint"): Holds.GATEWAY,
    ("http/federation/matrix_federation_agent.py", "HostnameEndpoint"): Holds.GATEWAY,
    ("http/federation/matrix_federation_agent.py", "MatrixHostnameEndpoint"): Holds.GATEWAY,
    ("http/federation/matrix_federation_agent.py", "ProxyAgent"): Holds.GATEWAY,
    ("http/federation/well_known_resolver.py", "RedirectAgent"): Holds.GATEWAY,
    ("http/matrixfederationclient.py", "BlocklistingAgentWrapper"): Holds.MADE_HERE,
    ("http/matrixfederationclient.py", "MatrixFederationAgent"): Holds.GATEWAY,
    ("http/matrixfederationclient.py", "ProxyAgent"): Holds.GATEWAY,
    # Follows the `Location` of another server's media answer, of which the gateway lets none through.
    ("http/matrixfederationclient.py", "SimpleHttpClient"): Holds.PROXY,
    ("http/matrixfederationclient.py", "import treq"): Holds.MADE_HERE,
    ("http/proxy.py", "get_federation_http_client"): Holds.GATEWAY,
    ("http/proxyagent.py", "HTTPConnectProxyEndpoint"): Holds.MADE_HERE,
    ("http/proxyagent.py", "HostnameEndpoint"): Holds.MADE_HERE,
    ("http/proxyagent.py", "UNIXClientEndpoint"): Holds.MADE_HERE,
    ("http/proxyagent.py", "class ProxyAgent"): Holds.MADE_HERE,
    ("http/replicationagent.py", "HostnameEndpoint"): Holds.INSIDE,
    ("http/replicationagent.py", "UNIXClientEndpoint"): Holds.INSIDE,
    ("http/replicationagent.py", "class ReplicationAgent"): Holds.INSIDE,
    ("http/server.py", "import http.client"): Holds.NO_NETWORK,
    ("logging/_remote.py", "HostnameEndpoint"): Holds.OFF,
    ("logging/_remote.py", "TCP4ClientEndpoint"): Holds.OFF,
    ("logging/_remote.py", "TCP6ClientEndpoint"): Holds.OFF,
    ("logging/opentracing.py", "import jaeger_client"): Holds.OFF,
    ("media/url_previewer.py", "SimpleHttpClient"): Holds.OFF,
    ("media/url_previewer.py", "urlopen"): Holds.NO_NETWORK,
    ("module_api/__init__.py", "get_simple_http_client"): Holds.UNUSED,
    # Tells other workers over federation's client that a server is up again; nothing leaves.
    ("notifier.py", "get_federation_http_client"): Holds.NO_NETWORK,
    ("push/httppusher.py", "get_proxied_blocklisted_http_client"): Holds.PROXY,
    ("replication/http/_base.py", "get_replication_client"): Holds.INSIDE,
    ("replication/tcp/external_cache.py", "import txredisapi"): Holds.INSIDE,
    ("replication/tcp/handler.py", "connectSSL"): Holds.INSIDE,
    ("replication/tcp/handler.py", "connectTCP"): Holds.INSIDE,
    ("replication/tcp/handler.py", "connectUNIX"): Holds.INSIDE,
    ("replication/tcp/redis.py", "connectSSL"): Holds.INSIDE,
    ("replication/tcp/redis.py", "connectTCP"): Holds.INSIDE,
    ("replication/tcp/redis.py", "connectUNIX"): Holds.INSIDE,
    ("replication/tcp/redis.py", "import txredisapi"): Holds.INSIDE,
    ("rest/client/rendezvous.py", "import http.client"): Holds.NO_NETWORK,
    ("server.py", "ApplicationServiceApi"): Holds.REGISTERED,
    ("server.py", "MatrixFederationHttpClient"): Holds.MADE_HERE,
    ("server.py", "ReplicationClient"): Holds.MADE_HERE,
    ("server.py", "SimpleHttpClient"): Holds.MADE_HERE,
    ("server.py", "import txredisapi"): Holds.INSIDE,
    ("storage/database.py", "import psycopg2"): Holds.INSIDE,
    ("storage/databases/main/profile.py", "import psycopg2"): Holds.NO_NETWORK,
    ("storage/databases/main/search.py", "import psycopg2"): Holds.NO_NETWORK,
    ("storage/engines/postgres.py", "import psycopg2"): Holds.INSIDE,
    ("util/gai_resolver.py", "import socket"): Holds.MADE_HERE,
}


def last_word(name: ast.expr) -> str:
    """`Agent` of both `Agent` and `client.Agent`."""
    if isinstance(name, ast.Attribute):
        return name.attr
    return name.id if isinstance(name, ast.Name) else ""


def ways_out_of(node: ast.AST) -> set[str]:
    """The clients that one piece of syntax makes, fetches, defines or imports."""
    match node:
        case ast.Call(func=func):
            name = last_word(func)
            fetches = name.startswith("get_") and name.endswith("_client")
            fetches = fetches and name not in ABOVE_A_TRANSPORT
            return {name} if name in CLIENTS or fetches else set()
        case ast.ClassDef(name=name, bases=bases):
            return {f"class {name}"} if any(last_word(base) in BASES for base in bases) else set()
        case ast.Import(names=names):
            return {f"import {lib}" for name in names for lib in libraries(name.name)}
        case ast.ImportFrom(module=str(module), level=0):
            return {f"import {lib}" for lib in libraries(module)}
    return set()


def libraries(module: str) -> set[str]:
    return {lib for lib in LIBRARIES if module == lib or module.startswith(f"{lib}.")}


def ways_out(root: Path) -> set[tuple[str, str]]:
    """Every way out in the server's source; its command-line scripts do not run in it."""
    found = set()
    for file in root.rglob("*.py"):
        path = file.relative_to(root).as_posix()
        if not path.startswith("_scripts/"):
            tree = ast.parse(file.read_text())
            found |= {(path, way) for node in ast.walk(tree) for way in ways_out_of(node)}
    return found


def test_every_way_out_is_in_the_table_and_the_table_names_nothing_else():
    assert ways_out(ROOT) == set(TABLE)


@pytest.mark.parametrize(
    ("source", "way"),
    [
        ("import requests", "import requests"),
        ("from urllib3.util import x", "import urllib3"),
        ("client = http.SimpleHttpClient(hs)", "SimpleHttpClient"),
        ("hs.get_brand_new_http_client()", "get_brand_new_http_client"),
        ("class Mine(client.BaseHttpClient): pass", "class Mine"),
        ("reactor.connectTCP('x', 1, f)", "connectTCP"),
    ],
)
def test_a_new_way_out_would_be_found(source: str, way: str):
    found = {each for node in ast.walk(ast.parse(source)) for each in ways_out_of(node)}
    assert way in found
