"""How long a no takes tells nobody whether there is such a person.

Answers for somebody who is here are timed in turn with those for others, over the gateway. What is
looked at is how often the one takes longer than the other: half of the times when nothing can be
told, nearly always when a password is only looked at for people who exist. A busy machine makes
both slower and not the share.
"""

from __future__ import annotations

import random
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from tests.system.sign_in import live
from tests.system.sign_in.house import CALLBACK, PASSWORD, SURE, V3, Browser, House, Shown

ROUNDS = 24
"""With so many, a share strays from a half by 0.084; beyond 0.38 in none of a hundred thousand runs."""
FAR = 0.38
SSO = f"{V3}/login/sso/redirect?redirectUrl={CALLBACK}"
NOT_IT = "not the password at all"
Try = Callable[[], Awaitable[None]]


def share_longer(some: Sequence[float], others: Sequence[float]) -> float:
    """How often one of `some` is longer than one of the others."""
    pairs = [(one > other) + (one == other) / 2 for one in some for other in others]
    return sum(pairs) / len(pairs)


async def timed(tries: dict[str, Try]) -> dict[str, list[float]]:
    """Seconds of each, in rounds of all of them in an order of chance."""
    found: dict[str, list[float]] = {name: [] for name in tries}
    for _ in range(ROUNDS):
        for name in random.sample(list(tries), len(tries)):
            begun = time.perf_counter()
            await tries[name]()
            found[name].append(time.perf_counter() - begun)
    return found


def told_apart(found: dict[str, list[float]], what: str, figure: Callable[[str], None]) -> set[str]:
    """Which of them take longer, or less long, than `somebody` so often that it can be told."""
    shares = {name: share_longer(each, found["somebody"]) for name, each in found.items()}
    middle = {name: f"{statistics.median(each) * 1000:.0f} ms" for name, each in found.items()}
    figure(f"{what}: " + ", ".join(f"{name} {middle[name]} ({shares[name]:.2f})" for name in found))
    return {name for name, share in shares.items() if abs(share - 0.5) > FAR}


def test_a_difference_would_be_seen() -> None:
    quick, slow = [0.010 + i / 1e4 for i in range(40)], [0.013 + i / 1e4 for i in range(40)]
    said: list[str] = []
    assert told_apart({"somebody": slow, "nobody": quick}, "x", said.append) == {"nobody"}
    assert told_apart({"somebody": slow, "nobody": list(slow)}, "x", said.append) == set()


@pytest.fixture(scope="module")
def somebody(house: House) -> Iterator[House]:
    """As much may be tried as anybody likes; vera is here, walt is no more."""
    before = max(each["number"] for each in house.cli("settings", "history"))
    house.cli("settings", "set", "sign_in.attempts_per_account", "10000", *SURE)
    people = house.boot.path(house.boot.control.people)
    people.write_text(people.read_text().replace("walt,Employees,no,yes", "walt,Employees,no,no"))
    yield house
    house.cli("settings", "restore", str(before), *SURE)


@contextmanager
def passwords_alone(house: House) -> Iterator[None]:
    """The rules let a password in a field of the client's own be enough."""
    before = max(each["number"] for each in house.cli("settings", "history"))
    house.cli("rule", "remove", "password-login", *SURE)
    house.cli("rule", "add", "one-is-enough", "--from", "us", "--allow", "sign-in", *SURE)
    try:
        yield
    finally:
        house.cli("settings", "restore", str(before), *SURE)


async def test_the_page_takes_as_long_for_strangers_as_for_people(
    somebody: House, figure: Callable[[str], None]
) -> None:
    vera, walt = await somebody.person("vera"), await somebody.person("walt")
    async with somebody.browser("127.9.0.1") as browser:
        at: list[Shown] = [await browser.open(SSO)]

        def typing(name: Callable[[], str]) -> Try:
            async def once() -> None:
                at[0] = await browser.send(at[0], "password", name=name(), password=NOT_IT)
                assert at[0].page.error, at[0].text

            return once

        found = await timed(
            {
                "somebody": typing(lambda: vera.name),
                "nobody": typing(lambda: f"n{secrets.token_hex(4)}"),
                "who is no more": typing(lambda: walt.name),
                "no name at all": typing(lambda: "@:"),
            }
        )
        assert told_apart(found, "page, wrong password", figure) == set()


async def test_a_password_login_takes_as_long_for_strangers_as_for_people(
    somebody: House, figure: Callable[[str], None]
) -> None:
    xena = await somebody.person("xena")
    with passwords_alone(somebody):
        async with somebody.browser("127.9.1.1") as browser:
            right = await _log_in(browser, xena.name, PASSWORD)
            assert right.status == 200, "it is not open, so nothing is measured"

            def typing(name: Callable[[], str]) -> Try:
                async def once() -> None:
                    assert (await _log_in(browser, name(), NOT_IT)).status == 403

                return once

            found = await timed(
                {
                    "somebody": typing(lambda: xena.name),
                    "nobody": typing(lambda: f"n{secrets.token_hex(4)}"),
                    "who is no more": typing(lambda: "walt"),
                }
            )
        assert told_apart(found, "m.login.password, wrong password", figure) == set()


async def _log_in(browser: Browser, name: str, password: str) -> Shown:
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": name},
        "password": password,
    }
    return await browser.ask("POST", f"{V3}/login", json=body)


async def test_whoever_is_no_more_gets_the_same_answer_with_the_right_password(
    somebody: House,
) -> None:
    async with somebody.browser("127.9.2.1") as browser:
        who = await browser.open(SSO)
        right = await browser.send(who, "password", name="walt", password=PASSWORD)
        wrong = await browser.send(right, "password", name="walt", password=NOT_IT)
        assert (right.status, right.page.error) == (wrong.status, wrong.page.error)
    await live.until(lambda: not somebody.sessions("@walt:example.test"))
