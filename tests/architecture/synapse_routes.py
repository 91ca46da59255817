"""Prints, as JSON, every route of a Synapse main process with one set of settings.

Run as a program: Synapse's reactor, logging and metrics then die with it. It builds the resources
that Synapse's own start builds, without listening anywhere. One argument: the settings as JSON.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from signedjson.key import generate_signing_key, write_signing_keys
from synapse.app.homeserver import SynapseHomeServer
from synapse.config.homeserver import HomeServerConfig
from synapse.http.server import JsonResource

ASKS_FOR_TOKEN = re.compile(
    r"get_(optional_)?user_by_(req|access_token)|get_requester|has_access_token"
)


def homeserver(settings: dict[str, Any], folder: Path) -> SynapseHomeServer:
    """Return a homeserver of these settings that has not been started."""
    key_file = folder / "signing.key"
    with key_file.open("w") as stream:
        write_signing_keys(stream, (generate_signing_key("a_1"),))
    base = {
        "server_name": "example.org",
        "public_baseurl": "https://example.org/",
        "report_stats": False,
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(key_file),
        "macaroon_secret_key": "not secret",
        "form_secret": "not secret",
        "pid_file": str(folder / "pid"),
        "trusted_key_servers": [],
    }
    config = HomeServerConfig()
    config.parse_config_dict({**base, **settings}, str(folder), str(folder))
    server = SynapseHomeServer("example.org", config=config)
    server.setup()
    return server


def routes(server: SynapseHomeServer) -> list[dict[str, Any]]:
    """Return one entry per (mount, path expression, method), in the order Synapse tries them."""
    entries: list[dict[str, Any]] = []
    for group in ("client", "federation"):
        for mount, resource in server._configure_named_resource(group).items():
            if isinstance(resource, JsonResource):
                entries += _of_resource(mount, resource)
            else:
                entries.append({"mount": mount, "pattern": None, "children": _children(resource)})
    return entries


def _of_resource(mount: str, resource: JsonResource) -> list[dict[str, Any]]:
    return [
        {
            "mount": mount,
            "pattern": pattern.pattern,
            "method": method.decode(),
            "servlet": entry.servlet_classname,
            "wants_proof": _wants_proof(entry.callback),
        }
        for pattern, methods in resource._routes.items()
        for method, entry in methods.items()
    ]


def _wants_proof(callback: Any) -> bool:
    """Say whether the handler asks for a token, or a federation servlet for a signature."""
    handler = inspect.unwrap(callback)
    servlet: Any = getattr(handler, "__self__", None)
    if hasattr(servlet, "REQUIRE_AUTH"):
        return bool(servlet.REQUIRE_AUTH)
    return any(ASKS_FOR_TOKEN.search(inspect.getsource(part)) for part in _parts_of(handler))


def _parts_of(handler: Any) -> list[Any]:
    """Return the handler, what it decorates, and what these call in their own class and module."""
    function = getattr(handler, "__func__", handler)
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    parts = [function, *(cell for cell in cells if inspect.isfunction(cell))]
    for part in tuple(parts):
        near = {**part.__globals__, **_methods_of(getattr(handler, "__self__", None))}
        called = (near.get(name) for name in part.__code__.co_names)
        parts += [c for c in called if inspect.isfunction(c) and c.__module__ == part.__module__]
    return parts


def _methods_of(servlet: Any) -> dict[str, Any]:
    return dict(inspect.getmembers(type(servlet), inspect.isfunction))


def _children(resource: Any) -> list[str]:
    found = []
    for name, child in resource.children.items():
        found += [name.decode(), *(f"{name.decode()}/{below}" for below in _children(child))]
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        json.dump(routes(homeserver(json.loads(sys.argv[1]), Path(temporary))), sys.stdout)
