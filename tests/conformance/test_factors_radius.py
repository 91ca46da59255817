"""Second factors behind RADIUS: a real FreeRADIUS, and servers that lie, lose or say nothing."""

import contextlib
import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrad import packet
from pyrad.packet import AuthPacket

from tests.services.freeradius import FreeRadius, freeradius, user
from tests.services.requirements import FREERADIUS, needs
from vedette.adapters.radius import RadiusServer, RadiusServers, radius_server
from vedette.ports.errors import Unavailable
from vedette.ports.factors import Accepted, Challenged, Rejected

needs_freeradius = needs(FREERADIUS)
PEOPLE = ("alice", "carol", "dave", "eve", "frank")
TOTP = {name: pyotp.TOTP(pyotp.random_base32()) for name in PEOPLE}
"""One each, and each test that has a code accepted has its own person: rlm_totp takes a code once."""
HERE = "192.0.2.7"
SECRET = b"a secret of loopback"
PROMPT = "Enter the code that your app shows."


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeRadius]:
    people = "".join(user(name, "first step", TOTP[name].secret) for name in PEOPLE)
    people += user("bob", "only step") + user("zoë", "größer")
    with freeradius(tmp_path_factory.mktemp("radius"), users=people) as running:
        yield running


def code(name: str) -> str:
    """A code that stays good for some seconds: the server takes that of the step that it is."""
    left = TOTP[name].interval - time.time() % TOTP[name].interval
    if left < 6:
        time.sleep(left + 0.1)
    return TOTP[name].now()


def of(*servers: RadiusServer, total: float = 10.0, dead_for: float = 60.0) -> RadiusServers:
    return RadiusServers(servers, "vedette", total=total, dead_for=dead_for)


def at(server: FreeRadius, name: str = "office") -> RadiusServer:
    return RadiusServer(name, "127.0.0.1", server.port, server.secret.encode())


def challenged(servers: RadiusServers, name: str = "alice") -> bytes:
    answer = servers.begin(name, HERE, "first step")
    assert isinstance(answer, Challenged)
    assert answer.prompt == PROMPT
    return answer.state


@needs_freeradius
def test_one_step_is_a_yes_or_a_no(real):
    servers = of(at(real))
    assert servers.begin("bob", HERE, "only step") == Accepted("office")
    assert servers.begin("bob", HERE, "another") == Rejected("No.")
    assert servers.begin("nobody", HERE, "only step") == Rejected("No.")
    assert servers.begin("bob", HERE, "") == Rejected("No.")
    assert servers.begin("zoë", HERE, "größer") == Accepted("office")


@needs_freeradius
def test_a_challenge_is_carried_on_with_its_state(real):
    servers = of(at(real))
    state = challenged(servers)
    assert servers.carry_on("alice", HERE, code("alice"), state) == Accepted("office")


@needs_freeradius
def test_a_wrong_code_is_a_no(real):
    servers = of(at(real))
    good = int(code("alice"))
    wrong = f"{(good + 1) % 10**6:06}"
    assert servers.carry_on("alice", HERE, wrong, challenged(servers)) == Rejected("No.")


@needs_freeradius
def test_a_state_is_good_once_and_for_its_person(real):
    servers = of(at(real))
    state = challenged(servers, "carol")
    assert servers.carry_on("eve", HERE, code("eve"), state) == Rejected()
    forged = json.dumps(json.loads(state) | {"user": "eve"}).encode()
    assert servers.carry_on("eve", HERE, code("eve"), forged) == Rejected("No.")
    assert servers.carry_on("carol", HERE, code("carol"), state) == Rejected("No.")
    state = challenged(servers, "carol")
    assert servers.carry_on("carol", HERE, code("carol"), state) == Accepted("office")
    later = TOTP["carol"].at(time.time() + 30)
    assert servers.carry_on("carol", HERE, later, state) == Rejected("No.")


@needs_freeradius
def test_a_forged_state_is_a_no(real):
    servers = of(at(real))
    forged = json.loads(challenged(servers)) | {"state": "00" * 16}
    answer = servers.carry_on("alice", HERE, code("alice"), json.dumps(forged).encode())
    assert answer == Rejected("No.")


@needs_freeradius
def test_another_secret_is_no_answer_and_no_no(real):
    stranger = RadiusServer("office", "127.0.0.1", real.port, b"not the same secret")
    with pytest.raises(Unavailable, match="office"):
        of(stranger, total=0.6).begin("bob", HERE, "only step")


@needs_freeradius
def test_the_next_server_answers_for_a_silent_one_and_is_asked_first_from_then_on(real):
    with udp_server(lambda _: None) as (silent, seen):
        servers = of(silent, at(real, "second"), total=4.0)
        assert servers.begin("bob", HERE, "only step") == Accepted("second")
        asked = len(seen)
        assert asked == 2
        assert servers.begin("bob", HERE, "only step") == Accepted("second")
        assert len(seen) == asked


@needs_freeradius
def test_a_server_that_was_silent_is_asked_again_after_its_time(real):
    with udp_server(lambda _: None) as (silent, seen):
        servers = of(silent, at(real, "second"), total=3.0, dead_for=0.2)
        servers.begin("bob", HERE, "only step")
        time.sleep(0.25)
        servers.begin("bob", HERE, "only step")
        assert len(seen) == 4


@needs_freeradius
def test_a_server_that_chooses_silence_is_no_no(real):
    with pytest.raises(Unavailable):
        of(at(real), total=0.6).begin("silent", HERE, "anything")


@needs_freeradius
def test_only_the_server_that_asked_is_told_the_answer(real):
    first = of(at(real, "first"), at(real, "second"))
    state = challenged(first)
    with udp_server(lambda _: None) as (silent, seen):
        moved = RadiusServer("first", silent.host, silent.port, silent.secret)
        with pytest.raises(Unavailable, match="first"):
            of(moved, at(real, "second"), total=0.4).carry_on("alice", HERE, code("alice"), state)
        assert seen
    with pytest.raises(Unavailable, match="no longer"):
        of(at(real, "second")).carry_on("alice", HERE, code("alice"), state)


@needs_freeradius
def test_a_lost_answer_costs_no_code(real):
    """The same packet is sent again, and the server knows it: a State good for once is enough."""
    shown = code("dave")  # it may have to wait for the next one, which the wire doesn't
    state = challenged(of(at(real)), "dave")
    with losing_the_first_answer(real.port) as port:
        lossy = RadiusServer("office", "127.0.0.1", port, real.secret.encode())
        answer = of(lossy, total=4.0).carry_on("dave", HERE, shown, state)
        assert answer == Accepted("office")


@pytest.mark.parametrize("count", [1, 4])
def test_silence_ends_however_many_are_silent_and_each_was_asked(count):
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(udp_server(lambda _: None)) for _ in range(count)]
        with pytest.raises(Unavailable):
            of(*(silent for silent, _ in found), total=0.8).begin("bob", HERE, "only step")
        assert all(seen for _, seen in found)


def test_without_a_server_nothing_is_proven():
    with pytest.raises(Unavailable, match="none is set"):
        of().begin("bob", HERE, "only step")


def test_an_accept_without_message_authenticator_is_worth_nothing():
    """CVE-2024-3596: the response authenticator alone can be forged by who sits in between."""

    def bare(request: AuthPacket) -> bytes:
        reply = reply_to(request, packet.AccessAccept)
        reply.message_authenticator = False
        reply.pop(80, None)
        return bytes(reply.ReplyPacket())

    def signed(request: AuthPacket) -> bytes:
        return bytes(reply_to(request, packet.AccessAccept).ReplyPacket())

    with udp_server(bare) as (server, _), pytest.raises(Unavailable):
        of(server, total=0.4).begin("bob", HERE, "only step")
    with udp_server(signed) as (server, _):
        assert isinstance(of(server).begin("bob", HERE, "only step"), Accepted)


def test_a_reject_that_was_turned_into_an_accept_is_worth_nothing():
    def turned(request: AuthPacket) -> bytes:
        sent = bytearray(reply_to(request, packet.AccessReject).ReplyPacket())
        sent[0] = packet.AccessAccept
        body = bytes(sent[:4]) + request.authenticator + bytes(sent[20:]) + SECRET
        sent[4:20] = hashlib.md5(body, usedforsecurity=False).digest()  # as a collision would
        return bytes(sent)

    with udp_server(turned) as (server, _), pytest.raises(Unavailable):
        of(server, total=0.4).begin("bob", HERE, "only step")


def test_the_request_begins_with_its_message_authenticator_and_hides_the_password():
    with udp_server(lambda _: None) as (server, seen), pytest.raises(Unavailable):
        of(server, total=0.2).begin("bob", HERE, "only step")
    assert seen[0][20] == 80
    assert b"only step" not in seen[0]
    assert len(set(seen)) == 1
    attributes = AuthPacket(packet=seen[0], secret=SECRET)
    assert attributes[1] == [b"bob"]
    assert attributes[31] == [HERE.encode()]
    assert attributes[32] == [b"vedette"]


@pytest.mark.parametrize(
    ("code", "states"),
    [(packet.AccessChallenge, 0), (packet.AccessChallenge, 2), (packet.AccountingResponse, 1)],
)
def test_an_answer_that_leads_nowhere_is_no_no(code, states):
    def nowhere(request: AuthPacket) -> bytes:
        reply = reply_to(request, code)
        if states:
            reply[24] = [b"state"] * states
        return bytes(reply.ReplyPacket())

    with udp_server(nowhere) as (server, _), pytest.raises(Unavailable):
        of(server, total=0.4).begin("bob", HERE, "only step")


def test_a_prompt_is_text_and_moves_nothing():
    def prompting(request: AuthPacket) -> bytes:
        reply = reply_to(request, packet.AccessChallenge)
        reply[24] = [b"state"]
        reply[18] = [b"Look\x1b[2J\xff", "\N{RIGHT-TO-LEFT OVERRIDE}here".encode()]
        return bytes(reply.ReplyPacket())

    with udp_server(prompting) as (server, _):
        answer = of(server).begin("bob", HERE, "only step")
    assert isinstance(answer, Challenged)
    assert answer.prompt == "Look[2J\N{REPLACEMENT CHARACTER}\nhere"


@pytest.mark.parametrize(
    ("name", "credential"),
    [
        ("bob", "only step\0anything"),
        ("bob\0", "only step"),
        ("", "only step"),
        ("b" * 254, "only step"),
        ("bob", "x" * 129),
        ("bob", "\ud800"),
        ("bob\N{RIGHT-TO-LEFT OVERRIDE}", "only step"),
    ],
)
def test_what_radius_can_not_carry_is_never_sent(name, credential):
    with udp_server(lambda _: None) as (server, seen):
        assert of(server, total=0.2).begin(name, HERE, credential) == Rejected()
        assert not seen


@given(garbage=st.binary(max_size=80), cut=st.integers(0, 38), place=st.integers(0, 37))
@settings(max_examples=30, deadline=None)
def test_garbage_is_no_answer(garbage, cut, place):
    def damaged(request: AuthPacket) -> bytes:
        sent = bytes(reply_to(request, packet.AccessAccept).ReplyPacket())
        wrong = sent[:place] + garbage + sent[place + cut + 1 :]
        return None if wrong.startswith(sent) else wrong  # padding is allowed (RFC 2865 section 3)

    with udp_server(damaged) as (server, _), pytest.raises(Unavailable):
        of(server, total=0.02).begin("bob", HERE, "only step")


@given(state=st.binary(max_size=60) | st.dictionaries(
    st.sampled_from(["server", "user", "state"]), st.sampled_from(["one", "bob", "00ff", "zz", 7])
).map(lambda body: json.dumps(body).encode()))  # fmt: skip
def test_a_state_that_no_server_made_goes_nowhere(state):
    silent = RadiusServer("nobody", "127.0.0.1", 9, SECRET)
    with contextlib.suppress(Unavailable):
        assert of(silent, total=0.1).carry_on("bob", HERE, "000000", state) == Rejected()


def test_a_server_is_read_from_the_boot_file(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(SECRET + b"\n")
    assert radius_server("a", "127.0.0.1:1812", path) == RadiusServer(
        "a", "127.0.0.1", 1812, SECRET
    )
    assert radius_server("a", "[::1]:1812", path).host == "::1"
    assert SECRET.decode() not in repr(radius_server("a", "127.0.0.1:1812", path))
    for wrong in ("127.0.0.1", ":1812", "host:0", "host:70000", "host:x"):
        with pytest.raises(ValueError, match="host:port"):
            radius_server("a", wrong, path)
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match="16 bytes"):
        radius_server("a", "127.0.0.1:1812", path)


def reply_to(request: AuthPacket, code: int) -> AuthPacket:
    reply = request.CreateReply()
    reply.code = code
    return reply


@contextlib.contextmanager
def udp_server(
    answer: Callable[[AuthPacket], bytes | None],
) -> Iterator[tuple[RadiusServer, list[bytes]]]:
    """A server that gives what `answer` makes of a request, and what it was sent."""
    seen: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind(("127.0.0.1", 0))
        here.settimeout(0.05)
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    data, whence = here.recvfrom(4096)
                    seen.append(data)
                    sent = answer(AuthPacket(packet=data, secret=SECRET))
                    if sent is not None:
                        here.sendto(sent, whence)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            port = int(here.getsockname()[1])
            yield RadiusServer(f"at {port}", "127.0.0.1", port, SECRET), seen
        finally:
            done.set()
            thread.join()


@contextlib.contextmanager
def losing_the_first_answer(port: int) -> Iterator[int]:
    """A wire to a real server that loses one answer."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
    ):
        here.bind(("127.0.0.1", 0))
        there.connect(("127.0.0.1", port))
        there.settimeout(20)
        here.settimeout(20)

        def carry() -> None:
            for attempt in range(2):
                with contextlib.suppress(TimeoutError):
                    data, whence = here.recvfrom(4096)
                    there.send(data)
                    answer = there.recv(4096)
                    if attempt:
                        here.sendto(answer, whence)

        thread = threading.Thread(target=carry)
        thread.start()
        yield int(here.getsockname()[1])
        thread.join()
