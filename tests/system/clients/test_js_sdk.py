"""matrix-js-sdk signs in by OAuth as Matrix has it since v1.15, talks encrypted, renews its token."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.system.clients.npm import installed, node
from tests.system.listed import factors_of, session_of
from tests.system.matrix_client import signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations
from vedette.suite.client import session_to
from vedette.suite.sign_in_walk import Walker, walk

PATIENCE = 90
HERE = Path(__file__).parent / "js_sdk"


@dataclass(slots=True)
class JsSdk:
    """The client's process."""

    process: asyncio.subprocess.Process

    async def do(self, act: str, **more: str) -> dict[str, Any]:
        """Have it do something; fails the test where it says that it could not."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": act, **more}).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            answer: dict[str, Any] = json.loads(await self.process.stdout.readline())
        assert "fault" not in answer, answer["fault"]
        return answer


@asynccontextmanager
async def js_sdk(ca_file: Path) -> AsyncIterator[JsSdk]:
    folder = installed(HERE)
    process = await asyncio.create_subprocess_exec(
        node(), "client.mjs", stdin=PIPE, stdout=PIPE,
        cwd=folder, env={**os.environ, "NODE_EXTRA_CA_CERTS": str(ca_file)},
    )  # fmt: skip
    try:
        yield JsSdk(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _code(organisation: Organisation, walker: Walker, address: str) -> str:
    """The browser's part: through the page, and back with a code."""
    certificate = organisation.ca_file.read_bytes()
    async with session_to(organisation.client_url, certificate) as session:
        back = await walk(session, walker, address)
    assert back.query["state"] == "a-state"
    return back.query["code"]


async def test_js_sdk_by_oauth(organisations: TwoOrganisations, tmp_path: Path) -> None:
    example = organisations.example
    example.apply(example.first_document)
    emil = example.people["emil"]
    async with signed_in(example, "bob", tmp_path) as bob, js_sdk(example.ca_file) as client:
        begun = await client.do("begin", url=example.client_url)
        assert begun["issuer"] == f"{example.client_url}/"
        code = await _code(example, emil.walker(), begun["address"])
        me = await client.do("finish", code=code)
        assert me["user"] == emil.user

        room = await bob.create_room(emil.user, encrypted=True)
        await bob.knows(room, 2)
        assert (await client.do("say", room=room, text="hello from node"))["encrypted"]
        await bob.sees(room, "hello from node")
        await bob.say(room, "hello node")
        await client.do("hears", room=room, text="hello node")

        assert await client.do("outlive") == {"user": emil.user, "renewed": True}
        await client.do("say", room=room, text="still here")
        await bob.sees(room, "still here")

        session = session_of(example, emil.user, me["device"])
        assert (session["kind"], session["state"]) == ("oauth", "live")
        assert session["client_name"] == "a-test-on-matrix-js-sdk"
        # Node.js says neither its version nor the system under it
        assert (session["client_version"], session["platform"]) == ("", "")
        assert factors_of(example, session) == {"password", "totp"}
        await client.do("end")
