"""A change that opens the organisation to others waits for a second officer, and holds only then."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.apps.control.own_tokens import own_token
from tests.system.matrix_client import Person, RefusedError, signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations

pytestmark = pytest.mark.asyncio(loop_scope="module")

OFFICE = 'security-office = { groups = ["Security-Officers"] }'
MORE = OFFICE.replace(" }", ', users = ["@alice:example.test", "@bob:example.test"] }')
RULES = """
[rules.break-in]
between = ["staff", "acme"]
forbid  = ["message"]
say     = "Acme had a break-in."

[rules.four-eyes]
from   = ["us"]
forbid = ["administer"]
when   = ["change.widens in partners, outside"]
unless = ["approvals >= 1"]
say    = "Two of us decide about others."
"""


@dataclass
class Scene:
    """Who is there, in a room across both organisations, with a ban that two officers lift."""

    example: Organisation
    bob: Person
    carol: Person
    room: str
    folder: Path

    async def by(self, officer: str, *words: str) -> subprocess.CompletedProcess[str]:
        token = ("--token-file", str(self.folder / f"{officer}.token"))
        return await asyncio.to_thread(self.example.cli, *token, *words, check=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(
    organisations: TwoOrganisations, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    folder, example = tmp_path_factory.mktemp("officers"), organisations.example
    for organisation in (example, organisations.acme):
        organisation.apply(organisation.first_document)
    assert OFFICE in example.first_document
    for officer in ("olga", "alice"):
        value = own_token(example.boot, f"@{officer}:{example.domain}")
        (folder / f"{officer}.token").write_text(value)
    async with AsyncExitStack() as stack:
        bob = await stack.enter_async_context(signed_in(example, "bob", folder / "bob"))
        carol = await stack.enter_async_context(
            signed_in(organisations.acme, "carol", folder / "carol")
        )
        room = await bob.create_room(carol)
        await carol.join(room)
        for person in (bob, carol):
            await person.knows(room, 2)
        example.apply(example.first_document.replace(OFFICE, MORE) + RULES)
        yield Scene(example, bob, carol, room, folder)


async def test_a_ban_is_lifted_by_two_officers_and_not_by_one(scene: Scene) -> None:
    with pytest.raises(RefusedError, match="break-in"):
        await scene.bob.say(scene.room, "while it is banned")

    asked = await scene.by("olga", "rule", "remove", "break-in", "--reason", "mended", "--json")
    assert asked.returncode == 5, asked.stdout + asked.stderr
    kept = json.loads(asked.stdout)
    assert (kept["state"], kept["author"]) == ("waiting", "@olga:example.test")
    # others may hold the office, but never whoever wrote it
    assert {"@alice:example.test", "@bob:example.test"} <= set(kept["could"])
    assert "@olga:example.test" not in kept["could"]
    with pytest.raises(RefusedError, match="break-in"):
        await scene.bob.say(scene.room, "while it waits")
    own = await scene.by("olga", "settings", "approve", kept["id"], "--reason", "me too")
    assert (own.returncode, "their own change" in own.stderr) == (3, True)

    done = await scene.by("alice", "settings", "approve", kept["id"], "--reason", "I saw it too")
    assert done.returncode == 0, done.stdout + done.stderr
    scene.example.wait_for_doors()
    await scene.bob.say(scene.room, "once two have decided")
    await scene.carol.sees(scene.room, "once two have decided")
    history = json.loads(scene.example.cli("settings", "history", "--json").stdout)
    assert (history[0]["author"], history[0]["approvers"]) == (
        "@olga:example.test", ["@alice:example.test"],
    )  # fmt: skip


async def test_four_eyes_go_by_four_eyes(scene: Scene) -> None:
    """And so everything is as it was for whoever comes next."""
    draft = scene.folder / "draft.toml"
    draft.write_text(scene.example.first_document, encoding="utf-8")
    base = json.loads(scene.example.cli("settings", "history", "--json").stdout)[0]["number"]
    words = ("settings", "apply", str(draft), "--base", str(base), "--reason", "back", "--json")
    kept = json.loads((await scene.by("olga", *words)).stdout)
    assert "The rule `four-eyes`, which asks for approvals, would be lost or weaker." in kept["why"]
    done = await scene.by("alice", "settings", "approve", kept["id"], "--reason", "yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    trial = json.loads(done.stdout)["trial"]
    scene.example.cli("settings", "confirm", str(trial["revision"]))
    scene.example.wait_for_doors()
