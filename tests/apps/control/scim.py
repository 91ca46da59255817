"""A whole control to which an identity provider pushes, asked in the process of the test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.apps.control.house import DOMAIN, House
from vedette.adapters.boot_file import load
from vedette.control.scim import PREFIX, ScimService
from vedette.core.people import PROVISIONER, Person, provisioner_of
from vedette.core.tokens import PUSHING

URL = "https://push.example.test:8478"
RULES = f"""
[parties.identity-provider]
users = ["{provisioner_of(DOMAIN)}"]
"""
RULE = """
[rules.identity-provider]
from = ["identity-provider"]
allow = ["administer"]
when = ["act in people:person:provision, people:group:provision, people:pushed:read"]
"""


class Pushing(House):
    """An organisation with an identity provider, which has a token."""

    def __init__(
        self, folder: Path, people: Mapping[str, str] | None = None, settings: str = RULES + RULE
    ) -> None:
        self._settings = settings
        self._made = False
        super().__init__(folder, people or {})
        self.scim = ScimService(self.office.pushed, self.office.tokens.store, URL)
        self.token_value = self.pushing_token()

    def write_people(self, people: Mapping[str, str]) -> None:
        """Who is in the table; before the first start also what the boot file and settings say."""
        super().write_people(people)
        if not self._made:
            self._made = True
            with (self.boot.folder / "boot.toml").open("a") as file:
                file.write(f'\n[control.inbound]\nlisten = "127.0.0.1:1"\nurl = "{URL}"\n')
            with (self.boot.folder / "settings.toml").open("a") as file:
                file.write(self._settings)
            self.boot = load(self.boot.folder)

    def pushing_token(self, **other: Any) -> str:
        wanted = {
            "acts": tuple(PUSHING),
            "expires": datetime.now(UTC).date() + timedelta(days=2),
        }
        return self.token(PROVISIONER, **{**wanted, **other})

    def asks(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any, dict[str, str]]:
        """The status, the body and the headers of an answer."""
        value = self.token_value if token is None else token
        given = {"authorization": f"Bearer {value}", **(headers or {})}
        data = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        return self.loop.run_until_complete(self._asked(method, path, data, given))

    async def _asked(
        self, method: str, path: str, data: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Any, dict[str, str]]:
        where, _, query = (PREFIX + path).partition("?")
        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1",
                 "method": method, "path": where, "raw_path": where.encode(), "root_path": "",
                 "query_string": query.encode(), "scheme": "https",
                 "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
                 "client": ("192.0.2.1", 1), "server": ("127.0.0.1", 2)}  # fmt: skip
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": data, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.scim.pushed().app(scope, receive, send)
        whole = b"".join(each.get("body", b"") for each in sent[1:])
        told = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
        return sent[0]["status"], json.loads(whole) if whole else None, told

    def again(self) -> None:
        """End control and start it again."""
        super().again()
        self.scim = ScimService(self.office.pushed, self.office.tokens.store, URL)

    def person(self, name: str) -> Person | None:
        """Somebody as the doors are told of them."""
        self.look_at_people()
        return self.office.people.people().get(f"@{name}:{DOMAIN}")


def user(name: str, **other: Any) -> dict[str, Any]:
    """A body that makes somebody."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"{name}@{DOMAIN}",
        **other,
    }


def group(name: str, *members: str) -> dict[str, Any]:
    """A body that makes a group."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": name,
        "members": [{"value": each} for each in members],
    }


def patch(*operations: Mapping[str, Any]) -> dict[str, Any]:
    """A body that changes something."""
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": list(operations),
    }
