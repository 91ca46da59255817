"""A whole control, wired as it runs, asked in the process of the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.apps.control.organisation import PREFIX, make
from vedette.adapters.door_folders import DoorFolders
from vedette.admin.actor import LOCAL
from vedette.admin.tokens import NewToken, digest_of
from vedette.api.app import make_app
from vedette.api.border import Border
from vedette.control.main import first_text, wire
from vedette.core.names import UserId
from vedette.core.tokens import GRANTABLE

DOMAIN = "example.test"


class House:
    """One organisation. Everyone has a token for every act."""

    def __init__(self, folder: Path, people: Mapping[str, str]) -> None:
        self.boot = make(folder).boot
        self.loop = asyncio.new_event_loop()
        self.write_people(people)
        self.start()
        self.tokens = {name: self.token(name) for name in people}

    def write_people(self, people: Mapping[str, str]) -> None:
        """Who is there, by their group."""
        lines = [f"@{name}:{DOMAIN},{group}" for name, group in people.items()]
        file = self.boot.path(self.boot.control.people)
        head = file.read_text().splitlines()
        columns = next(line for line in head if line and not line.startswith("#"))
        file.write_text("\n".join([columns, *(_row(columns, line) for line in lines)]) + "\n")

    def start(self) -> None:
        """Wire control, as its process does at its start."""
        self.wiring = wire(self.boot)
        self.wiring.spool.start()
        # No door runs here, and so none is waited for.
        self.wiring.upkeep.publisher.doors = DoorFolders({})
        self.office = self.wiring.office
        self.wiring.office.people.poll()
        self.wiring.upkeep.begin(lambda: first_text(self.boot))
        self.app = Border(make_app(self.office), self.office.token, self.office.tokens)

    def token(self, name: str, **other: Any) -> str:
        wanted: dict[str, Any] = {
            "user": UserId(f"@{name}:{DOMAIN}"),
            "acts": tuple(act.value for act in GRANTABLE),
            "over": (),
            "expires": datetime.now(UTC).date() + timedelta(days=1),
            "reason": "table",
        }
        adding = self.office.tokens.add(LOCAL, NewToken(**{**wanted, **other}))
        return self.loop.run_until_complete(adding).value

    def made_by(self, value: str, maker: str) -> str:
        """A token, as if somebody else had made it in the console."""
        statement = "update api_tokens set made_by = :who where digest = :it"
        self.force(statement, who=maker, it=digest_of(value))
        return value

    def force(self, statement: str, **values: Any) -> None:
        """Write past the house into its database."""
        engine = self.office.tokens.store.engine  # type: ignore[attr-defined]
        with engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def ask(self, token: str, operation: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        method, _, template = operation.partition(" ")
        return self.loop.run_until_complete(self._ask(token, method, path or template, body))

    async def _ask(self, token: str, method: str, path: str, body: Any) -> tuple[int, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        where, _, query = (PREFIX + path).partition("?")
        headers = [(b"authorization", f"Bearer {token}".encode()),
                   (b"content-type", b"application/json")]  # fmt: skip
        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1",
                 "method": method, "path": where, "raw_path": where.encode(), "root_path": "",
                 "query_string": query.encode(), "headers": headers, "scheme": "http",
                 "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2)}  # fmt: skip
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": data, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        whole = b"".join(each.get("body", b"") for each in sent[1:])
        return sent[0]["status"], json.loads(whole)

    def look_at_people(self) -> None:
        """Take the list of people, as upkeep does."""
        self.office.people.poll()
        revision, document = self.office.desk.current()
        self.office.desk.take(document, revision.number)

    def again(self) -> None:
        """End control and start it again."""
        self.wiring.spool.close()
        self.start()

    def close(self) -> None:
        """End control."""
        self.wiring.spool.close()
        self.loop.close()


def _row(columns: str, line: str) -> str:
    user, _, group = line.partition(",")
    known = {"user": user, "groups": group, "active": "yes", "guest": "no"}
    return ",".join(known.get(each.strip(), "") for each in columns.split(","))
