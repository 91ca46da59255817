"""A file that can't be judged is held, listed, released by an administrator with a reason, had by a
colleague, and withheld again: with Synapse, the gateway and the inspector as they run."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import Any

import pytest

from tests.processes import children
from tests.system.files.conftest import DOCUMENT, Cast, until
from tests.system.files.test_inspector_fails import _told, delivered
from tests.system.files.test_what_passes import fetch, store
from tests.system.files.things import pdf
from vedette.core.explain import HELD

pytestmark = pytest.mark.asyncio(loop_scope="module")

FILES = '\n[files]\nwait = "1 second"\n'
RELEASED = """
[rules.released-files]
between = ["us", "us"]
allow = ["file"]
when = ["file.released = yes"]
"""


async def said(cast: Cast, *words: str) -> tuple[int, Any]:
    """What the command line says, as data."""
    done = await asyncio.to_thread(cast.example.cli, *words, "--json", check=False)
    return done.returncode, json.loads(done.stdout)


async def test_what_can_not_be_judged_is_listed_released_had_and_withheld_again(cast: Cast) -> None:
    cast.example.apply(DOCUMENT + FILES)
    looking = children(cast.example.pid("inspector"))
    assert looking
    for pid in looking:  # whatever looks at contents hangs; the register answers
        os.kill(pid, signal.SIGSTOP)
    try:
        address = await store(cast.alice, "report.pdf", data := pdf("nobody can judge this"))
        assert (await fetch(cast.bob, address)).message == HELD
        _, found = await said(cast, "file", "list", "--text", "report.pdf")
        (row,) = found["files"]
        assert (row["file"], row["owner"], row["state"]) == (address, cast.alice.user, "waiting")

        reason = ("--reason", "looked at by hand")
        code, no = await said(cast, "file", "release", address, *reason)
        assert (code, no["error"]["code"]) == (3, "refused")  # no rule takes anybody's word
        assert not await delivered(cast.bob, address)
        cast.example.apply(DOCUMENT + FILES + RELEASED)
        code, done = await said(cast, "file", "release", address, *reason)
        assert code == 0, done
        await until(lambda: delivered(cast.bob, address))
        assert (await fetch(cast.bob, address)).body == data
        assert not await delivered(cast.carol, address)  # no rule takes it towards Acme
        await until(lambda: _told(cast.alice, "“report.pdf” was released by your organisation"))
        assert (await said(cast, "file", "list", "--text", "report.pdf"))[1]["files"] == []

        code, _ = await said(cast, "file", "hold", address, "--reason", "it leaked")
        assert code == 0
        await asyncio.sleep(1)  # what the gateway was told may be believed for so long
        assert not await delivered(cast.bob, address)
        _, shown = await said(cast, "file", "show", address)
        assert (shown["file"]["state"], shown["content"]) == ("withheld", None)
    finally:
        for pid in looking:
            os.kill(pid, signal.SIGCONT)
    await until(lambda: judged(cast, address))
    assert not await delivered(cast.bob, address)  # what it is does not matter while it is withheld
    assert (await said(cast, "file", "release", address, *reason))[0] == 0
    await until(lambda: delivered(cast.bob, address))

    _, records = await said(cast, "audit", "list", "--file", address)
    acts = [(each["act"], each["who"]) for each in records]
    assert acts.count(("file:content:release", "local administrator")) >= 3
    assert ("file:content:hold", "local administrator") in acts
    cast.example.apply(DOCUMENT)


async def judged(cast: Cast, address: str) -> bool:
    _, shown = await said(cast, "file", "show", address)
    return shown.get("content") is not None
