"""The endpoint table against the Synapse that is locked: its own servlets, built in its own way."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import synapse

from vedette.protocol.matrix import paths
from vedette.protocol.matrix.paths import Door, Endpoint, ServedBy, Token
from vedette.protocol.matrix.paths_types import spellings

# The standard library's own reader of expressions; it has no public name and no type stubs.
sre: Any = import_module("re._constants")
sre_parser: Any = import_module("re._parser")

PUBLIC = frozenset({Door.CLIENT, Door.FEDERATION_IN})

EXPERIMENTS = [
    "msc1763", "msc2654", "msc2815", "msc3026", "msc3391", "msc3575", "msc3664", "msc3720",
    "msc3773", "msc3814", "msc3848", "msc3881", "msc3890", "msc3912", "msc4133", "msc4143",
    "msc4169", "msc4210", "msc4222", "msc4155", "msc4293", "msc4306", "msc4354", "msc4370",
    "msc4446", "msc4450", "msc4452", "msc4491", "msc4502", "msc4512",
]  # fmt: skip

# Together these make Synapse serve every endpoint that it has: two of them exclude each other.
PLAIN: dict[str, Any] = {}
EVERYTHING: dict[str, Any] = {
    "experimental_features": {
        **{f"{name}_enabled": True for name in EXPERIMENTS},
        "msc3983_appservice_otk_claims": True,
        "msc3984_appservice_key_query": True,
        "msc4069_profile_inhibit_propagation": True,
    },
    "retention": {"enabled": True},
    "max_event_delay_duration": "24h",
    "enable_registration": True,
    "enable_registration_without_verification": True,
    "allow_guest_access": True,
    "login_via_existing_session": {"enabled": True},
    "matrix_rtc": {"transports": [{"type": "livekit", "livekit_service_url": "https://x.test"}]},
    "cas_config": {"enabled": True, "server_url": "https://cas.test"},
    "account_validity": {"enabled": True, "period": "4w"},
    "refreshable_access_token_lifetime": "5m",
    "serve_server_wellknown": True,
}
# As the suite runs it: nobody signs in at Synapse. What excludes that is left out.
BEHIND_A_SIGN_IN_SERVICE: dict[str, Any] = {
    "experimental_features": {
        **EVERYTHING["experimental_features"],
        "msc4388_mode": "open",
        "msc4108_enabled": True,
    },
    **{
        name: EVERYTHING[name]
        for name in (
            "retention",
            "max_event_delay_duration",
            "matrix_rtc",
            "serve_server_wellknown",
        )
    },
    "matrix_authentication_service": {
        "enabled": True,
        "endpoint": "http://127.0.0.1:1/",
        "secret": "not secret",
    },
}


@dataclass(frozen=True, slots=True)
class Route:
    mount: str
    pattern: str
    method: str
    servlet: str
    wants_proof: bool


@dataclass(frozen=True, slots=True)
class Served:
    """What Synapse serves; `routes` in any of its modes, `delegated` behind a sign-in service."""

    routes: tuple[Route, ...]
    trees: dict[str, list[str]]
    delegated: tuple[Route, ...]


def routes_with(settings: dict[str, Any]) -> list[dict[str, Any]]:
    program = Path(__file__).with_name("synapse_routes.py")
    done = subprocess.run(  # our own file, run by our own interpreter
        [sys.executable, str(program), json.dumps(settings)],
        capture_output=True,
        check=False,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    listed: list[dict[str, Any]] = json.loads(done.stdout)
    return listed


@pytest.fixture(scope="module")
def served() -> Served:
    delegated = routes_with(BEHIND_A_SIGN_IN_SERVICE)
    entries = [*routes_with(PLAIN), *routes_with(EVERYTHING), *delegated]
    routes = {Route(**entry): None for entry in entries if entry["pattern"] is not None}
    trees = {entry["mount"]: entry["children"] for entry in entries if entry["pattern"] is None}
    behind = {Route(**entry): None for entry in delegated if entry["pattern"] is not None}
    return Served(tuple(routes), trees, tuple(behind))


def samples(expression: str) -> list[str]:
    """Return paths that the expression matches: one for each choice that it offers."""
    return sorted({"".join(parts) for parts in _sequences(sre_parser.parse(expression))})


def _sequences(parsed: Any) -> Iterator[tuple[str, ...]]:
    return product(*[list(_choices(operator, argument)) for operator, argument in parsed])


def _choices(operator: Any, argument: Any) -> Iterator[str]:
    if operator is sre.AT:
        yield ""  # an anchor
    elif operator is sre.LITERAL:
        yield chr(argument)
    elif operator is sre.ANY:
        yield "."  # Synapse leaves the dots of `org.matrix.msc1234` unescaped
    elif operator in (sre.IN, sre.NOT_LITERAL):
        yield "z"
    elif operator is sre.SUBPATTERN:
        yield from ("".join(parts) for parts in _sequences(argument[3]))
    elif operator is sre.BRANCH:
        for branch in argument[1]:
            yield from ("".join(parts) for parts in _sequences(branch))
    elif operator is sre.MAX_REPEAT:
        lowest, highest, repeated = argument
        if lowest == 0 and highest == 1:
            yield ""
        yield from ("".join(parts) for parts in _sequences(repeated))
    else:
        raise AssertionError(f"an expression with {operator} needs a new case here")


def segments(path: str) -> tuple[str, ...]:
    return tuple(path[1:].split("/"))


def paths_of(row: Endpoint) -> list[str]:
    """Return a path for each spelling of a row, with a word of its own for each parameter."""
    return [re.sub(r":\w+\??", "q", spelling) for spelling in spellings(row.pattern)]


def accounted_for(method: str, path: str, *, outgoing: bool = False) -> bool:
    find = paths.match_outgoing if outgoing else paths.match
    parts = segments(path)
    return (
        find(method, parts) is not None
        or paths.refusal(method, parts, outgoing=outgoing) is not None
    )


def test_the_table_is_for_the_synapse_that_is_installed() -> None:
    assert paths.__doc__ is not None
    assert f"Synapse {version('matrix-synapse')}" in paths.__doc__


def test_every_path_of_synapse_has_a_row_or_a_reason(served: Served) -> None:
    missing = {
        f"{route.method} {path} ({route.servlet})"
        for route in served.routes
        for path in samples(route.pattern)
        if not accounted_for(route.method, path)
    }
    assert sorted(missing) == []


def test_every_tree_of_synapse_without_servlets_has_rows_or_a_reason(served: Served) -> None:
    assert ".well-known" not in served.trees
    assert sorted(served.trees["/.well-known"]) == ["matrix", "matrix/client", "matrix/server"]
    assert accounted_for("GET", "/.well-known/matrix/client")
    assert accounted_for("GET", "/.well-known/matrix/server")
    missing = [
        path
        for mount, children in served.trees.items()
        for path in [mount, f"{mount}/z", *(f"{mount}/{child}" for child in children)]
        if mount != "/.well-known" and paths.refusal("GET", segments(path)) is None
    ]
    assert missing == []


def test_every_row_is_served_by_the_first_expression_that_synapse_tries(served: Served) -> None:
    unserved = [
        f"{row.name}: {method} {path}"
        for row in paths.ENDPOINTS
        if row.doors & PUBLIC and row.served_by is ServedBy.SYNAPSE
        for path in paths_of(row)
        for method in row.methods
        if not _first_answer(served, method, path)
    ]
    assert unserved == []


def _first_answer(served: Served, method: str, path: str) -> bool:
    """Say whether the expression that Synapse tries first for this path knows the method.

    Servlets may share one expression's text (a list of methods each), so all of that text count.
    """
    fitting = [route for route in served.delegated if re.match(route.pattern, path)]
    return any(route.method == method for route in fitting if route.pattern == fitting[0].pattern)


def test_a_row_leads_to_one_servlet_of_synapse(served: Served) -> None:
    torn = {
        f"{row.name}: {method} {path} {sorted(servlets)}"
        for row in paths.ENDPOINTS
        if row.doors & PUBLIC and row.served_by is ServedBy.SYNAPSE
        for path in paths_of(row)
        for method in row.methods
        if len(servlets := _servlets(served, method, path)) != 1
    }
    assert sorted(torn) == []


def _servlets(served: Served, method: str, path: str) -> set[str]:
    # An experiment may register the stable expressions again, under a subclass named Unstable….
    return {
        route.servlet.removeprefix("Unstable")
        for route in served.delegated
        if route.method == method and re.match(route.pattern, path)
    }


def test_synapse_has_given_up_what_the_sign_in_service_serves(served: Served) -> None:
    still = {
        row.name
        for row in paths.ENDPOINTS
        if row.served_by is ServedBy.SIGNIN
        for path in paths_of(row)
        for method in row.methods
        if _servlets(served, method, path)
    }
    # Synapse would hand on what the sign-in service says, which is asked at its source, would lead
    # to the same page, and has a handler for one device that then recognises nothing.
    assert still == {"auth.fallback", "auth.metadata", "auth.metadata.msc2965", "device.delete"}


def test_every_way_to_sign_in_that_synapse_knows_is_served_or_refused_by_us(
    served: Served,
) -> None:
    given_up = {
        (route.method, path)
        for route in served.routes
        for path in samples(route.pattern)
        if not _servlets(served, route.method, path)
    }
    assert ("POST", "/_matrix/client/v3/login") in given_up
    ours = {
        row.endpoint.served_by
        for method, path in given_up
        if (row := paths.match(method, segments(path))) is not None
    }
    assert ours == {ServedBy.SIGNIN}


def test_every_refusal_of_a_client_or_server_path_is_about_something_that_synapse_serves(
    served: Served,
) -> None:
    reached = {
        refused.pattern
        for route in served.routes
        for path in samples(route.pattern)
        if (refused := paths.refusal(route.method, segments(path))) is not None
    } | {
        refused.pattern
        for mount in served.trees
        if (refused := paths.refusal("GET", segments(f"{mount}/z"))) is not None
    }
    # Synapse mounts these two only with SAML set up, or with a listener for consent pages.
    never_mounted_here = {"/_matrix/consent/*path", "/_matrix/saml2/*path"}
    idle = {row.pattern for row in paths.REFUSED if row.doors & PUBLIC} - reached
    assert idle == never_mounted_here


# Rows where the gateway asks for more than Synapse does, each on purpose.
STRICTER = {
    "room.alias",
    "room.listed",
}
# Handlers that read a token for something else than letting the person in.
LOOSER: set[str] = set()


def test_a_row_asks_for_a_proof_where_synapse_does(served: Served) -> None:
    stricter, looser = set(), set()
    for row in paths.ENDPOINTS:
        if not row.doors & PUBLIC or row.served_by is not ServedBy.SYNAPSE:
            continue
        wanted = _proof_is_wanted(served, row)
        if row.token in (Token.ACCESS_TOKEN, Token.X_MATRIX) and not wanted:
            stricter.add(row.name)
        if row.token is Token.NONE and wanted:
            looser.add(row.name)
    assert (stricter, looser) == (STRICTER, LOOSER)


def _proof_is_wanted(served: Served, row: Endpoint) -> bool:
    return any(
        route.wants_proof
        for path in paths_of(row)
        for method in row.methods
        for route in served.routes
        if route.method == method and re.match(route.pattern, path)
    )


SYNAPSE = Path(synapse.__file__).parent
CALLS = {
    "get_json": "GET",
    "put_json": "PUT",
    "post_json": "POST",
    "delete_json": "DELETE",
    "get_file": "GET",
    "federation_get_file": "GET",
}
PREFIXES = {
    "_create_v1_path": "/_matrix/federation/v1",
    "_create_v2_path": "/_matrix/federation/v2",
}
# What Synapse puts in where the format alone leaves the endpoint open.
FILLINGS = {
    "/make_%s/%s/%s": ["/make_join/q/q", "/make_leave/q/q", "/make_knock/q/q"],
    "/query/%s": ["/query/profile", "/query/directory", "/query/q"],
}


def outgoing_requests() -> set[tuple[str, str]]:
    """Return (method, sample path) of each request that Synapse's source sends to other servers."""
    found = set()
    for name in ("federation/transport/client.py", "crypto/keyring.py"):
        tree = ast.parse((SYNAPSE / name).read_text())
        for function in ast.walk(tree):
            if isinstance(function, ast.AsyncFunctionDef):
                found |= set(product(_methods_in(function), _paths_in(function)))
    return found


def _methods_in(function: ast.AsyncFunctionDef) -> set[str]:
    return {
        CALLS[node.func.attr]
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CALLS
    }


def _paths_in(function: ast.AsyncFunctionDef) -> set[str]:
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found |= set(_paths_made_by(node.func.id, node))
        elif isinstance(node, ast.Assign | ast.keyword):
            found |= set(_written_out(node.value))
    return {path for path in found if path.startswith("/_matrix/")}


def _paths_made_by(maker: str, call: ast.Call) -> Iterator[str]:
    if maker in PREFIXES:
        prefix, form = PREFIXES[maker], call.args[0]
    elif maker == "_create_path":
        named = call.args[0]
        unstable = isinstance(named, ast.Name) and named.id == "FEDERATION_UNSTABLE_PREFIX"
        prefix, form = f"/_matrix/federation/{'unstable' if unstable else 'v1'}", call.args[1]
    else:
        return
    if isinstance(form, ast.Constant):
        text = str(form.value)
        yield from (prefix + path for path in FILLINGS.get(text, [text.replace("%s", "q")]))


def _written_out(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant):
        yield str(value.value)
    elif isinstance(value, ast.JoinedStr):
        yield "".join(str(p.value) if isinstance(p, ast.Constant) else "q" for p in value.values)


def test_every_request_that_synapse_sends_to_servers_has_a_row_or_a_reason() -> None:
    requests = outgoing_requests()
    assert len(requests) > 30, "the source is read in a way that no longer fits it"
    missing = [r for r in sorted(requests) if not accounted_for(*r, outgoing=True)]
    assert missing == []


def test_every_outgoing_row_is_a_request_that_synapse_sends() -> None:
    sent = {
        row.endpoint.name
        for method, path in outgoing_requests()
        for slash in ("", "/")
        if (row := paths.match_outgoing(method, segments(path + slash))) is not None
    }
    outgoing = {row.name for row in paths.ENDPOINTS if Door.FEDERATION_OUT in row.doors}
    assert outgoing - sent == set()
