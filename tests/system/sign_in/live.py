"""Sessions that run: made in numbers as the sign-in service makes them, and watched from outside."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp

from tests.system.sign_in.house import V3, House, Json, bearer
from vedette.adapters.synapse_provisioning import SynapseProvisioning
from vedette.cli.client import Client as Control
from vedette.core.names import UserId
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.protocol.internal.tokens import AccessClaims, SigningKey, mint
from vedette.protocol.oauth.scopes import scope_of

PATIENCE = 30.0
_LOOK_SECONDS = 0.02


@dataclass(slots=True)
class Runs:
    """A session, its token, and what became of its long-poll; times are those of `monotonic`."""

    session: Session
    token: str = field(repr=False)
    cut: float = 0.0
    polling: asyncio.Task[None] | None = None

    @property
    def id(self) -> str:
        return self.session.id


def issue(house: House, names: Sequence[str], *, life: int = 600, **facts: str) -> list[Runs]:
    """One session for each of these people, as `Issuing.begin` makes them, without the pages."""
    boot, store, now = house.boot, house.store, int(time.time())
    synapse = SynapseProvisioning(boot.path(boot.synapse.socket), boot.synapse_secret())
    made = []
    for name in names:
        session = Session(
            id=secrets.token_urlsafe(24),
            user=UserId(f"@{name}:{boot.organisation}"),
            device=secrets.token_hex(5).upper(),
            state=SessionState.LIVE,
            kind="compat",
            client="",
            facts=SessionFacts(
                factors=(FactorUse(kind="password", at=now), FactorUse(kind="totp", at=now)),
                network="127.0.0.1",
                **facts,
            ),
            created=now,
            expires=now + 86_400,
            device_name="a test's",
            number=1,
        )
        synapse.person(name, name)
        synapse.device(name, session.device, session.device_name)
        store.add_session(session, None, now)
        made.append(Runs(session, token_of(house, session, life)))
    return made


def token_of(house: House, session: Session, life: int) -> str:
    """An access token of a session, good for so many seconds; below zero it was good once.

    It is a minute old: nobody waits for the session of such a one to be listed still.
    """
    now = int(time.time())
    claims = AccessClaims(
        issuer=f"{house.url.rstrip('/')}/",
        user=session.user,
        client=session.client,
        id=secrets.token_urlsafe(16),
        issued=now - 60 + min(0, life),
        expires=now + life,
        session=session.id,
        device=session.device,
        scope=scope_of(session.device),
    )
    return mint(claims, SigningKey.from_bytes(house.store.token_keys()[0].private))


def control(house: House) -> Control:
    """The administration API, as the command line speaks it."""
    return Control(house.boot)


async def status(http: aiohttp.ClientSession, token: str, path: str = f"{V3}/capabilities") -> int:
    """With what a request of this token is answered."""
    return (await answer(http, token, path))[0]


async def answer(
    http: aiohttp.ClientSession, token: str, path: str = f"{V3}/capabilities"
) -> tuple[int, Json]:
    """The status and the body; status 0 where there was no answer."""
    try:
        async with http.get(path, headers=bearer(token)) as got:
            body = await got.json(content_type=None)
            return got.status, body if isinstance(body, dict) else {}
    except (aiohttp.ClientError, OSError, ValueError):
        return 0, {}


async def becomes(
    http: aiohttp.ClientSession, token: str, *wanted: int, patience: float = PATIENCE
) -> float:
    """Ask until the answer is one of these; returns the seconds that it took."""
    begun = time.monotonic()
    while (found := await status(http, token)) not in wanted:
        assert time.monotonic() - begun < patience, f"it is {found} still, and not {wanted}"
        await asyncio.sleep(_LOOK_SECONDS)
    return time.monotonic() - begun


async def until(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something is so. `holds` runs on a thread."""
    end = time.monotonic() + patience
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < end, "it did not become so"
        await asyncio.sleep(0.1)


# ---- Long-polls ------------------------------------------------------------------------------------


async def listen(http: aiohttp.ClientSession, runs: Runs) -> None:
    """Keep a /sync open, as clients do, in the background; note when the connection is cut."""
    _, first = await answer(http, runs.token, f"{V3}/sync?timeout=0")
    assert "next_batch" in first, first
    runs.polling = asyncio.create_task(_poll(http, runs, first["next_batch"]))


async def _poll(http: aiohttp.ClientSession, runs: Runs, since: str) -> None:
    while True:
        try:
            path = f"{V3}/sync?timeout=120000&since={since}"
            async with http.get(path, headers=bearer(runs.token)) as got:
                body = await got.json()
                if got.status != 200:
                    return
                since = body["next_batch"]
        except aiohttp.ClientError:
            runs.cut = time.monotonic()
            return


async def stop(everybody: Sequence[Runs]) -> None:
    """End every long-poll that is still open."""
    for each in everybody:
        if each.polling is not None:
            each.polling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await each.polling


def percentiles(seconds: Sequence[float]) -> str:
    """p50 and p99 in milliseconds."""
    at = sorted(seconds)
    pick = [at[min(len(at) - 1, int(len(at) * share))] for share in (0.5, 0.99)]
    return f"p50 {pick[0] * 1000:.0f} ms, p99 {pick[1] * 1000:.0f} ms of {len(at)}"
