"""Kerberos tickets: of a real MIT KDC, tampered with, for others, shown twice; and those in memory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("gssapi", reason="needs gssapi: make setup-kerberos")

import gssapi
from gssapi.raw import ChannelBindings

from tests.services.kerberos import MISSING, Kdc, kdc
from vedette.adapters.kerberos.acceptor import GssTickets
from vedette.adapters.memory.tickets import MemoryTickets
from vedette.ports.tickets import RefusedTicket, TakenTicket, TicketFault, Tickets
from vedette.protocol.internal.end_points import bindings_of

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
US, OTHERS = "HTTP/chat.mit.test", "HTTP/files.mit.test"
HERE, ELSEWHERE = bindings_of(b"h" * 32), bindings_of(b"e" * 32)
NTLM = b"NTLMSSP\0\1\0\0\0" + bytes(32)
WRAPPED_NTLM = bytes.fromhex(
    "604806062b0601050502a03e303ca00e300c060a2b06010401823702020a"
    "a22a04284e544c4d5353500001000000978208e2000000000000000000000000000000000a0063450000000f"
)
"""A NegTokenInit whose only mechanism is NTLM, as Windows without a ticket begins (RFC 4178; MS-NLMP)."""


@dataclass
class Realms:
    """Two realms that don't know each other, and our service in the first."""

    ours: Kdc
    theirs: Kdc
    keytab: Path

    def tickets(self, **changes: Any) -> GssTickets:
        given: dict[str, Any] = {
            "principal": f"{US}@MIT.TEST",
            "keytab": self.keytab,
            "seen": self.ours.folder / "seen",
        }
        return GssTickets(**{**given, **changes})

    def token(
        self, name: str = "anna", *, service: str = US, bound: bytes = b"", of: Kdc | None = None,
    ) -> bytes:  # fmt: skip
        """What this person's machine would send."""
        realm = (of or self.ours).realm
        os.environ["KRB5_CONFIG"] = str(realm.config())
        who = gssapi.Name(f"{service}@{realm.name}", gssapi.NameType.kerberos_principal)
        keys = gssapi.Credentials(
            usage="initiate", store={"ccache": str(realm.cache(name))}, mechs=[SPNEGO]
        )
        wanted = gssapi.RequirementFlag.mutual_authentication
        context = gssapi.SecurityContext(
            name=who, creds=keys, usage="initiate", mech=SPNEGO,
            flags=wanted,
            channel_bindings=ChannelBindings(application_data=bound) if bound else None,
        )  # fmt: skip
        made = context.step()
        assert made
        return bytes(made)


@pytest.fixture(scope="module")
def realms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realms]:
    before = os.environ.get("KRB5_CONFIG")
    folder = tmp_path_factory.mktemp("kdc")
    with kdc(folder / "ours") as ours, kdc(folder / "theirs", "THEIRS.TEST") as theirs:
        ours.add("anna")
        theirs.add("anna")
        ours.service(OTHERS, "others.keytab")
        theirs.service(US)
        made = Realms(ours, theirs, ours.service(US))
        for each in (ours, theirs):
            each.realm.log_on("anna")
        yield made
    if before is None:
        os.environ.pop("KRB5_CONFIG", None)
    else:
        os.environ["KRB5_CONFIG"] = before


def why(answer: TakenTicket | RefusedTicket) -> TicketFault:
    assert isinstance(answer, RefusedTicket), answer
    return answer.fault


# ---- What holds of every one ----------------------------------------------------------------------


@dataclass
class Both:
    """The same to ask of the real thing and of the one in memory."""

    tickets: Tickets
    realms: Realms

    def token(self, name: str = "anna", bound: bytes = b"") -> bytes:
        if isinstance(self.tickets, MemoryTickets):
            return self.tickets.ticket(f"{name}@MIT.TEST", bindings=bound)
        return self.realms.token(name, bound=bound)


@pytest.fixture(params=["gssapi", "memory"])
def both(request: pytest.FixtureRequest, realms: Realms) -> Both:
    return Both(realms.tickets() if request.param == "gssapi" else MemoryTickets(), realms)


def test_a_ticket_says_whose_it_is_and_is_answered(both):
    taken = both.tickets.take(both.token(), HERE)
    assert isinstance(taken, TakenTicket), taken
    assert str(taken.principal) == "anna@MIT.TEST"
    assert not taken.bound
    assert taken.answer


def test_a_ticket_is_good_once(both):
    token = both.token()
    assert isinstance(both.tickets.take(token, b""), TakenTicket)
    assert why(both.tickets.take(token, b"")) is TicketFault.REPLAYED


@pytest.mark.parametrize(
    ("bound", "here", "counts_as"),
    [(b"", b"", False), (b"", HERE, False), (HERE, b"", False), (HERE, HERE, True)],
)
def test_a_bound_ticket_counts_as_one_where_the_connection_is_known(both, bound, here, counts_as):
    taken = both.tickets.take(both.token(bound=bound), here)
    assert isinstance(taken, TakenTicket), taken
    assert taken.bound is counts_as


def test_a_ticket_that_is_bound_to_another_connection_is_not_taken(both):
    assert why(both.tickets.take(both.token(bound=ELSEWHERE), HERE)) is TicketFault.BINDING


@pytest.mark.parametrize("token", [b"", b"garbage", bytes(4000), b"\x60\x02\x06\x00"])
def test_garbage_is_not_taken(both, token):
    assert isinstance(both.tickets.take(token, HERE), RefusedTicket)


# ---- What only the real thing can be asked ---------------------------------------------------------


@pytest.mark.parametrize("token", [NTLM, WRAPPED_NTLM])
def test_ntlm_is_not_taken(realms, token):
    assert why(realms.tickets().take(token, b"")) is TicketFault.MECHANISM


def test_a_ticket_for_another_service_is_not_taken_though_its_key_lies_here(realms):
    both = realms.ours.service(OTHERS)  # into the same file
    assert both == realms.keytab
    assert why(realms.tickets().take(realms.token(service=OTHERS), b"")) is TicketFault.SERVICE
    assert isinstance(realms.tickets().take(realms.token(), b""), TakenTicket)


def test_a_ticket_of_another_realm_is_not_taken(realms):
    token = realms.token(of=realms.theirs)
    assert why(realms.tickets().take(token, b"")) is TicketFault.SERVICE


def test_without_the_keys_nothing_is_taken(realms, tmp_path):
    token = realms.token()
    missing = realms.tickets(keytab=tmp_path / "none")
    assert why(missing.take(token, b"")) is TicketFault.KEYTAB
    (tmp_path / "broken").write_bytes(b"no keytab")
    assert why(realms.tickets(keytab=tmp_path / "broken").take(token, b"")) is TicketFault.KEYTAB
    assert isinstance(realms.tickets().take(token, b""), TakenTicket)


def test_a_ticket_shown_by_a_machine_whose_clock_is_off_is_not_taken(realms, monkeypatch):
    token = realms.token()
    time.sleep(2.1)
    monkeypatch.setenv("KRB5_CONFIG", str(realms.ours.realm.config(skew=1)))
    assert why(realms.tickets().take(token, b"")) is TicketFault.SKEW


def test_new_keys_count_at_once_and_tickets_of_the_old_ones_go_on(realms):
    before = realms.token()
    realms.ours.service(US)
    assert isinstance(realms.tickets().take(before, b""), TakenTicket)
    realms.ours.realm.log_on("anna")
    assert isinstance(realms.tickets().take(realms.token(), b""), TakenTicket)


def test_windows_calls_kerberos_by_a_number_of_its_own(realms):
    """In the list of mechanisms, before the right one (MS-SPNG 2.2.1)."""
    number = bytes.fromhex("06092a864886f712010202")
    windows = realms.token().replace(number, bytes.fromhex("06092a864882f712010202"), 1)
    taken = realms.tickets().take(windows, b"")
    assert isinstance(taken, TakenTicket), taken
    assert str(taken.principal) == "anna@MIT.TEST"


def test_the_keys_are_found_each_time_however_many_ask_at_once(realms):
    """Once in twenty-five times they were not: what names the keytab was freed too early."""
    tickets = realms.tickets()

    def several(_: int) -> list[TicketFault]:
        return [why(tickets.take(b"\x60garbage", b"")) for _ in range(150)]

    with ThreadPoolExecutor(4) as pool:
        said = {fault for each in pool.map(several, range(4)) for fault in each}
    assert said == {TicketFault.MALFORMED}


def test_a_host_without_any_configuration_of_kerberos_takes_tickets(realms, monkeypatch, tmp_path):
    token = realms.token()
    monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "none"))
    assert isinstance(realms.tickets().take(token, b""), TakenTicket)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(begin=st.integers(0, 60), rest=st.binary(max_size=300))
def test_no_bytes_are_taken_however_they_begin(realms, begin, rest):
    token = _once(realms)[:begin] + rest
    assert isinstance(realms.tickets().take(token, HERE), RefusedTicket)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_token_that_was_tampered_with_is_taken(realms, data):
    """Everything but the frame around the ticket is sealed; what can't be read is refused, never raised."""
    token = bytearray(_once(realms))
    at = data.draw(st.integers(len(token) // 2, len(token) - 1))
    token[at] ^= data.draw(st.integers(1, 255))
    assert isinstance(realms.tickets().take(bytes(token), b""), RefusedTicket)
    assert isinstance(realms.tickets().take(bytes(token[:at]), b""), RefusedTicket)


_MADE: list[bytes] = []


def _once(realms: Realms) -> bytes:
    if not _MADE:
        _MADE.append(realms.token())
    return _MADE[0]
