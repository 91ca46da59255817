"""What `vedette replay` foresees of a draft is what the doors then do, with real clients on real servers.

People act under one document; what was recorded is replayed under a draft; the draft is applied, and the
very same acts are done again. Every ask that both have is compared, not only those that people noticed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.system.matrix_client import Person, RefusedError, signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations
from vedette.suite.scene import whole_pdf

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHOLE = '\n[audit]\npermitted = "whole"\n'
BEFORE = """
[rules.hushed]
from   = ["engineering"]
to     = ["acme"]
forbid = ["message"]
"""
DRAFT = """
[rules.no-plans]
from   = ["engineering"]
to     = ["staff"]
forbid = ["file"]

[rules.not-from-acme]
from   = ["acme"]
to     = ["staff"]
forbid = ["message"]
"""
ALICE, BOB, CAROL = "@alice:example.test", "@bob:example.test", "@carol:acme.test"
PATIENCE = 120.0
SYNCED_SECONDS = 1.5
"""Within a second what a door has answered is in its record."""
Record = dict[str, Any]
Key = tuple[str, str, str, tuple[str, ...]]


@dataclass
class Scene:
    """Who is there, and their rooms: one inside, one across both organisations."""

    example: Organisation
    alice: Person  # engineering, and so staff
    bob: Person  # staff
    carol: Person  # of acme
    inside: str
    across: str

    def acts(self, word: str) -> dict[str, Callable[[], Awaitable[object]]]:
        """What people do, by a name; `word` tells one time from the other."""
        alice, bob, carol = self.alice, self.bob, self.carol
        pdf = whole_pdf(word)
        return {
            "bob inside": lambda: bob.say(self.inside, f"{word} 1"),
            "alice inside": lambda: alice.say(self.inside, f"{word} 2"),
            "bob across": lambda: bob.say(self.across, f"{word} 3"),
            "alice across": lambda: alice.say(self.across, f"{word} 4"),
            "carol across": lambda: carol.say(self.across, f"{word} 5"),
            "alice's file inside": lambda: alice.send_file(self.inside, f"{word}-a.pdf", pdf),
            "bob's file inside": lambda: bob.send_file(self.inside, f"{word}-b.pdf", pdf),
        }

    async def act(self, word: str) -> dict[str, bool]:
        """Do everything; whether each was let through, as the client that did it was told."""
        done = {}
        for name, act in self.acts(word).items():
            try:
                await act()
            except RefusedError:
                done[name] = False
            else:
                done[name] = True
        return done

    async def asked(self, since: datetime) -> list[Record]:
        """What was recorded from then on, once Carol's message is there, and nothing more comes."""
        words = ("audit", "list", "--since", since.isoformat(), "--most", "2000", "--json")
        end, before = asyncio.get_running_loop().time() + PATIENCE, None
        while True:
            shown = json.loads((await asyncio.to_thread(self.example.cli, *words)).stdout)
            records: list[Record] = shown["records"] if isinstance(shown, dict) else shown
            keys = {key_of(each) for each in records}
            came = any(who == CAROL and where == self.across for _, who, where, _ in keys)
            if came and answers_of(records) == before:  # to read it is recorded, too
                return records
            assert asyncio.get_running_loop().time() < end, keys
            before = answers_of(records)
            await asyncio.sleep(SYNCED_SECONDS)


def key_of(record: Record) -> Key:
    """What an ask is about, whenever it was asked: presence, say, is asked of each person by itself."""
    asked = {f"{each['channel']} {each.get('whom') or ''}" for each in record["questions"]}
    return record["act"], record["who"], record.get("where") or "", tuple(sorted(asked))


def answers_of(records: list[Record]) -> dict[Key, set[str]]:
    found: dict[Key, set[str]] = {}
    for each in records:
        found.setdefault(key_of(each), set()).add(each["decision"]["answer"])
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(
    organisations: TwoOrganisations, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    folder, example = tmp_path_factory.mktemp("replay"), organisations.example
    for organisation in (example, organisations.acme):
        organisation.apply(organisation.first_document)
    async with AsyncExitStack() as stack:
        alice, bob, carol = [
            await stack.enter_async_context(signed_in(where, who, folder / who))
            for where, who in (
                (example, "alice"), (example, "bob"), (organisations.acme, "carol"),
            )
        ]  # fmt: skip
        inside, across = await alice.create_room(bob), await alice.create_room(bob, carol)
        await bob.join(inside)
        for person in (bob, carol):
            await person.join(across)
        await alice.knows(inside, 2)
        for person in (alice, bob, carol):
            await person.knows(across, 3)
        example.apply(example.first_document + WHOLE + BEFORE)
        yield Scene(example, alice, bob, carol, inside, across)
    example.apply(example.first_document)


async def test_every_answer_that_replay_foresaw_is_the_one_that_is_given(
    scene: Scene, tmp_path: Path
) -> None:
    text = scene.example.first_document + WHOLE + DRAFT
    draft = tmp_path / "draft.toml"
    draft.write_text(text)

    since = datetime.now(UTC)
    done = await scene.act("first")
    recorded = await scene.asked(since)
    words = ("replay", str(draft), "--since", since.isoformat(), "--json")
    told = json.loads((await asyncio.to_thread(scene.example.cli, *words)).stdout)
    changed = {id_: each["becomes"] for each in told["changed"] for id_ in each["examples"]}
    assert len(changed) == sum(each["asks"] for each in told["changed"])  # every one is named
    foreseen = answers_of(
        [
            {**each, "decision": {"answer": changed.get(each["id"], each["decision"]["answer"])}}
            for each in recorded
        ]
    )

    scene.example.apply(text)
    since = datetime.now(UTC)
    then = await scene.act("second")
    given = answers_of(await scene.asked(since))

    both = foreseen.keys() & given.keys()
    assert {key: given[key] for key in both} == {key: foreseen[key] for key in both}
    before = answers_of(recorded)
    turned = {key[1] for key in both if before[key] != given[key]}
    assert turned == {ALICE, CAROL}
    assert {key[1] for key in both} >= {ALICE, BOB, CAROL}
    assert {name for name in done if done[name] != then[name]} == {
        "alice across", "alice's file inside",
    }  # fmt: skip
    assert (then["alice across"], then["bob's file inside"]) == (True, False)
    await scene.bob.sees(scene.across, "first 5")
    await scene.carol.sees(scene.across, "second 4")
    assert "second 5" not in scene.bob.seen(scene.across)
