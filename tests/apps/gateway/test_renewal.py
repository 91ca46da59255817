"""The gateway's certificate, ordered from a real authority that fetches its challenges from us."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography import x509

from tests.apps.scene import Scene
from tests.ports import free_port
from tests.services.pebble import ACCOUNT, ACCOUNT_KEY, Pebble, needs_pebble
from vedette.adapters.boot_file import Boot, load
from vedette.adapters.system_clock import SystemClock
from vedette.core.asks import Act
from vedette.gateway.carrier import ServerTls, Tcp, serve
from vedette.gateway.main import OrderedCertificate, ordering
from vedette.gateway.plan import Answer, Head
from vedette.gateway.tls import TlsFiles
from vedette.protocol.internal.server_certificates import Origin
from vedette.suite.certificates import today
from vedette.suite.organisation import NewOrganisation, init

pytestmark = needs_pebble
NAMES = ("chat.example.org", "example.org")


@dataclass
class Movable:
    """The machine's clock, which can be moved."""

    ahead: float = 0.0

    def now(self) -> float:
        return SystemClock().now() + self.ahead

    def today(self) -> int:
        return SystemClock().today()


@dataclass
class House:
    """A gateway's part of an organisation that orders at `pebble`."""

    pebble: Pebble
    folder: Path
    clock: Movable = field(default_factory=Movable)
    scene: Scene = field(default_factory=Scene)
    now: OrderedCertificate | None = None
    """What answers at the plain port, as the last start of the gateway left it."""

    def boot(self, more: str = "", names: tuple[str, ...] = NAMES) -> Boot:
        """The boot file, with a section for orders."""
        if not (self.folder / "boot.toml").exists():
            init(NewOrganisation(folder=self.folder, domain="example.org"), today())
            self.plain = (self.folder / "boot.toml").read_text()
        section = (
            f'\n[gateway.acme]\ndirectory = "{self.pebble.directory}"\n'
            f'ca = "{self.pebble.folder}/ca.crt"\nagree = true\n'
            f"names = {list(names)}\n"
            f'listen = "127.0.0.1:{self.pebble.http_port}"\n{more}\n'
        )
        (self.folder / "boot.toml").write_text(self.plain + section)
        return load(self.folder)

    def ordering(self, boot: Boot) -> OrderedCertificate:
        spine = replace(self.scene.spine, clock=self.clock)
        found = ordering(boot, spine)
        assert found is not None
        self.now = found
        return found

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """The plain port alone; the test itself says when to order."""
        server = await serve(self._plan, [Tcp("127.0.0.1", self.pebble.http_port)])
        try:
            yield
        finally:
            await server.close(1.0)

    def _plan(self, head: Head) -> Answer:
        assert self.now is not None
        return self.now.plain.plan(head)


@pytest.fixture(scope="module")
def pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    found = Pebble(tmp_path_factory.mktemp("pebble") / "p")
    found.start()
    yield found
    found.stop()


@pytest.fixture
def house(pebble: Pebble, tmp_path: Path) -> House:
    return House(pebble, tmp_path / "org")


def leaf_of(boot: Boot) -> x509.Certificate:
    return x509.load_pem_x509_certificates(boot.served()[0].read_bytes())[0]


def orders(house: House) -> list[str | None]:
    """For which names orders were recorded."""
    kept = [ask for ask, _, _ in house.scene.audit.kept]
    return [ask.where for ask in kept if ask.act is Act.CERTIFICATE_SERVER_ORDER]


async def shown(port: int, root: bytes) -> x509.Certificate:
    """The certificate that a client sees who trusts the authority and asks for our name."""
    tls = ssl.create_default_context(cadata=root.decode())
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls, server_hostname=NAMES[0]
    )
    del reader
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(der)


async def nothing(head: Head) -> Answer:
    return Answer(404)


async def test_first_the_certificate_of_the_files_serves_then_the_ordered_one_without_a_restart(
    house: House,
):
    boot = house.boot()
    acme = house.ordering(boot)
    first = leaf_of(boot)
    assert first == x509.load_pem_x509_certificate((house.folder / "tls/gateway.crt").read_bytes())
    tls = ServerTls(TlsFiles(*map(str, boot.served())))
    doors = await serve(nothing, [Tcp("127.0.0.1", 0)], tls=tls)
    root = house.pebble.root()
    try:
        with pytest.raises(ssl.SSLCertVerificationError):
            await shown(doors.ports[0], root)
        async with house.listening():
            wait = await acme.renewal.turn()
        tls.reload()
        seen = await shown(doors.ports[0], root)
    finally:
        tls.close()
        await doors.close(1.0)
    assert seen == leaf_of(boot) != first
    told = acme.renewal.kept.told()
    assert told is not None
    assert (told.origin, told.failures, told.trouble) == (Origin.ACME, 0, "")
    days = (told.next_at - house.clock.now()) / 86_400
    assert 59 < days < 64
    assert wait == 600
    assert orders(house) == [", ".join(NAMES)]
    assert "/.well-known/acme-challenge/" in house.pebble.log()  # it did look itself


async def test_its_files_are_for_their_owner_alone_and_say_nothing_of_the_key(house: House):
    boot = house.boot()
    acme = house.ordering(boot)
    async with house.listening():
        await acme.renewal.renew()
    folder = house.folder / "tls/acme"
    modes = {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}
    secret = {"account.key": 0o600, "certificate.pem": 0o600}
    assert modes == secret | {"ordering.json": 0o600, "chain.crt": 0o644}
    for each in folder.iterdir():
        assert (b"PRIVATE" in each.read_bytes()) is (each.name in secret)


async def test_a_third_before_its_end_another_one_is_there_under_another_key(house: House):
    boot = house.boot()
    acme = house.ordering(boot)
    async with house.listening():
        await acme.renewal.turn()
        first = leaf_of(boot)
        await acme.renewal.turn()
        assert leaf_of(boot) == first
        house.clock.ahead = 64 * 86_400
        again = house.ordering(boot)  # as after a restart: it knows what it has
        house.clock.ahead = 0
        await again.renewal.turn()
        assert leaf_of(boot) == first
        house.clock.ahead = 64 * 86_400
        again = house.ordering(boot)
        # What is ordered then is valid from now on by the authority's clock, and so it is by ours.
        await again.renewal.turn()
    second = leaf_of(boot)
    assert second != first
    assert second.public_key() != first.public_key()
    assert orders(house) == [", ".join(NAMES)] * 2


async def test_a_name_more_in_the_boot_file_is_ordered_for_at_once(house: House):
    boot = house.boot(names=NAMES[:1])
    acme = house.ordering(boot)
    async with house.listening():
        await acme.renewal.turn()
        boot = house.boot()
        again = house.ordering(boot)
        await again.renewal.turn()
    names = leaf_of(boot).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == set(NAMES)


async def test_where_nobody_answers_port_80_it_says_so_and_what_served_still_does(house: House):
    boot = house.boot()
    acme = house.ordering(boot)
    before = boot.served()[0].read_bytes()
    state = await acme.renewal.renew()  # nobody listens on the plain port
    assert boot.served()[0].read_bytes() == before
    assert state.failures == 1
    assert "`chat.example.org`: the authority says:" in state.trouble
    assert state.advice == "let port 80 of every name lead to `[gateway.acme] listen`"
    wait = state.next_at - house.clock.now()
    assert 440 < wait < 760


async def test_somebody_elses_answer_on_port_80_proves_nothing(house: House):
    boot = house.boot()
    acme = house.ordering(boot)

    def other(head: Head) -> Answer:
        return Answer(200, (), b"something else")

    server = await serve(other, [Tcp("127.0.0.1", house.pebble.http_port)])
    try:
        state = await acme.renewal.renew()
    finally:
        await server.close(1.0)
    assert (state.failures, state.origin) == (1, Origin.FILES)
    assert "lead to `[gateway.acme] listen`" in state.advice


async def test_a_name_that_the_authority_refuses_is_named(house: House):
    boot = house.boot(names=("blocked.example",))
    acme = house.ordering(boot)
    state = await acme.renewal.renew()
    assert "blocked.example" in state.trouble
    assert state.failures == 1


async def test_an_order_that_failed_waits_over_a_restart_unless_the_boot_file_was_mended(
    house: House,
):
    boot = house.boot(names=("blocked.example",))
    await house.ordering(boot).renewal.turn()
    again = house.ordering(boot)
    assert await again.renewal.turn() > 400
    assert len(orders(house)) == 1
    boot = house.boot()
    mended = house.ordering(boot)
    async with house.listening():
        await mended.renewal.turn()
    assert len(orders(house)) == 2
    assert mended.renewal.kept.origin() is Origin.ACME


async def test_while_the_authority_is_away_it_is_tried_again_within_minutes(house: House):
    boot = house.boot()
    (house.folder / "boot.toml").write_text(
        (house.folder / "boot.toml").read_text().replace(
            house.pebble.directory, f"https://localhost:{free_port()}/dir"
        )
    )  # fmt: skip
    acme = house.ordering(load(house.folder))
    state = await acme.renewal.renew()
    assert "does not answer" in state.trouble
    assert state.advice.startswith("see that this host can reach the authority")
    assert 40 < state.next_at - house.clock.now() < 80
    assert boot.served()[0].exists()


async def test_an_authority_under_an_unknown_ca_is_told_nothing(house: House):
    boot = house.boot()
    text = (house.folder / "boot.toml").read_text()
    (house.folder / "boot.toml").write_text(
        text.replace(f"{house.pebble.folder}/ca.crt", "tls/gateway.crt")
    )
    state = await house.ordering(load(house.folder)).renewal.renew()
    assert "does not prove who it is" in state.trouble
    assert "`[gateway.acme] ca`" in state.trouble
    assert boot.organisation == "example.org"


async def test_its_terms_must_be_agreed_to(house: House):
    house.boot()
    text = (house.folder / "boot.toml").read_text().replace("agree = true", "agree = false")
    (house.folder / "boot.toml").write_text(text)
    state = await house.ordering(load(house.folder)).renewal.renew()
    assert "terms of use" in state.trouble
    assert "`agree = true`" in state.advice


async def test_a_clock_that_is_behind_is_named_and_the_new_certificate_not_used(house: House):
    boot = house.boot()
    acme = house.ordering(boot)
    house.clock.ahead = -2 * 86_400
    before = boot.served()[0].read_bytes()
    async with house.listening():
        state = await acme.renewal.renew()
    assert "clock is behind" in state.trouble
    assert "timedatectl" in state.advice
    assert boot.served()[0].read_bytes() == before


async def test_without_settings_in_force_nothing_is_ordered(house: House):
    boot = house.boot()
    acme = house.ordering(boot)
    house.scene.audit.full = True
    state = await acme.renewal.renew()
    assert state.trouble == "no order can be recorded now"
    assert orders(house) == []


async def test_a_disk_that_takes_nothing_leaves_what_served(house: House):
    boot = house.boot()
    acme = house.ordering(boot)
    before = boot.served()[0].read_bytes()
    # A folder where the draft of the new file would be: nothing can be written there.
    (house.folder / "tls/acme/.certificate.tried.new").mkdir()
    async with house.listening():
        state = await acme.renewal.renew()
    assert "can't be written" in state.trouble
    assert boot.served()[0].read_bytes() == before


async def test_a_certificate_file_that_was_torn_is_made_anew_from_the_files_at_the_start(
    house: House,
):
    boot = house.boot()
    house.ordering(boot)
    boot.served()[0].write_bytes(boot.served()[0].read_bytes()[:300])
    house.ordering(boot)
    assert leaf_of(boot).subject == leaf_of(boot).issuer
    ServerTls(TlsFiles(*map(str, boot.served())))


async def test_an_account_that_must_be_bound_is_bound_by_the_secret_of_a_file(tmp_path: Path):
    pebble = Pebble(tmp_path / "pebble", bound=True, refuses=0)
    pebble.start()
    try:
        house = House(pebble, tmp_path / "org")
        state = await house.ordering(house.boot()).renewal.renew()
        assert "wants an account that it knows" in state.trouble
        secret = house.folder / "secrets/acme-account"
        secret.write_text(ACCOUNT_KEY)
        bound = f'[gateway.acme.account]\nid = "{ACCOUNT}"\nsecret = "secrets/acme-account"\n'
        boot = house.boot(bound)
        acme = house.ordering(boot)
        async with house.listening():
            assert (await acme.renewal.renew()).failures == 0
            assert (await acme.renewal.renew()).failures == 0  # the account is found again
    finally:
        pebble.stop()


async def test_when_the_authority_wants_it_back_it_is_renewed_before_its_time(tmp_path: Path):
    """RFC 9773: of a certificate that is over soon, Pebble says from when on to renew it."""
    pebble = Pebble(tmp_path / "pebble", refuses=0)
    pebble.start()
    try:
        house = House(pebble, tmp_path / "org")
        boot = house.boot()
        acme = house.ordering(boot)
        async with house.listening():
            await acme.renewal.turn()
            advice = acme.renewal.authority.advice(acme.renewal.kept.chain())
    finally:
        pebble.stop()
    assert advice.renew_at is not None
    assert house.clock.now() < advice.renew_at < leaf_of(boot).not_valid_after_utc.timestamp()
    assert advice.ask_again > house.clock.now()


async def test_the_doors_are_never_held_up_by_an_order(house: House):
    """Whatever the authority takes, the loop goes on: it turns many times while an order runs."""
    boot = house.boot()
    acme = house.ordering(boot)
    turned = 0
    async with house.listening():
        order = asyncio.create_task(acme.renewal.renew())
        while not order.done():
            turned += 1
            await asyncio.sleep(0.005)
    assert order.result().failures == 0
    assert turned > 20


async def test_a_bug_in_ordering_is_an_incident_and_ends_nothing(house: House):
    boot = house.boot()
    acme = house.ordering(boot)

    class Broken:
        def order(self, *_: object) -> object:
            raise ZeroDivisionError

        advice = order

    acme.renewal.authority = Broken()  # type: ignore[assignment]
    acme.renewal.watch()
    async with asyncio.timeout(60):
        while not house.scene.incidents.reported:
            await asyncio.sleep(0.01)
    acme.renewal.close()
    ((bug, during),) = house.scene.incidents.reported
    assert (type(bug), during) == (ZeroDivisionError, "certificates:server:order")
