"""A second factor kept by somebody else's server: privacyIDEA decides, behind RADIUS."""

import base64
import time
from collections.abc import Iterator

import pyotp
import pytest

from tests.services.freeradius import FreeRadius
from tests.services.privacyidea import PrivacyIdea, privacyidea, radius_before
from tests.services.requirements import FREERADIUS, needs
from vedette.adapters.radius import RadiusServer, RadiusServers
from vedette.ports.errors import Unavailable
from vedette.ports.factors import Accepted, Challenged, Rejected

pytestmark = needs(FREERADIUS)
SECRET = b"12345678901234567890"
PIN = "pin 1234"
ODD = "\"'\\ $(exit 0); %{User-Name} ä€"
HERE = "192.0.2.7"


def code() -> str:
    return pyotp.TOTP(base64.b32encode(SECRET).decode()).now()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivacyIdea]:
    people = ["alice", "bob", "carol", "dave"]
    began = time.monotonic()
    with privacyidea(tmp_path_factory.mktemp("privacyidea") / "data", people) as running:
        for name in people:
            running.enrol(name, ODD if name == "dave" else PIN, SECRET)
        print(f"privacyIDEA was ready after {time.monotonic() - began:.1f} s")
        yield running


@pytest.fixture(scope="module")
def radius(server: PrivacyIdea, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeRadius]:
    with radius_before(server.url, tmp_path_factory.mktemp("radius")) as running:
        yield running


@pytest.fixture
def servers(radius: FreeRadius) -> RadiusServers:
    return RadiusServers(
        [RadiusServer("privacyidea", "127.0.0.1", radius.port, radius.secret.encode())], "vedette"
    )


def challenged(servers: RadiusServers, name: str) -> bytes:
    answer = servers.begin(name, HERE, PIN)
    assert isinstance(answer, Challenged)
    assert answer.prompt == "please enter otp:"
    return answer.state


def test_the_pin_asks_for_the_code_and_the_code_opens(servers):
    state = challenged(servers, "alice")
    right = code()
    assert servers.carry_on("alice", HERE, right, state) == Accepted("privacyidea")
    assert isinstance(servers.carry_on("alice", HERE, right, state), Rejected)
    again = challenged(servers, "alice")
    assert isinstance(servers.carry_on("alice", HERE, right, again), Rejected)


def test_pin_and_code_in_one_answer_open_too(servers):
    assert servers.begin("bob", HERE, PIN + code()) == Accepted("privacyidea")


def test_a_wrong_pin_or_code_is_a_no(servers):
    assert isinstance(servers.begin("carol", HERE, "pin 4321"), Rejected)
    assert isinstance(servers.begin("nobody", HERE, PIN), Rejected)
    wrong = f"{(int(code()) + 1) % 10**6:06}"
    state = challenged(servers, "carol")
    assert isinstance(servers.carry_on("carol", HERE, wrong, state), Rejected)
    assert servers.carry_on("carol", HERE, code(), state) == Accepted("privacyidea")


def test_what_somebody_types_reaches_the_server_as_typed(servers):
    assert isinstance(servers.begin(ODD, HERE, PIN), Rejected)
    assert isinstance(servers.begin("dave", HERE, ODD), Challenged)
    assert servers.begin("dave", HERE, ODD + code()) == Accepted("privacyidea")


def test_without_the_deciding_server_there_is_no_answer_and_no_no(tmp_path):
    with radius_before("http://127.0.0.1:9", tmp_path / "radius") as radius:
        one = RadiusServer("privacyidea", "127.0.0.1", radius.port, radius.secret.encode())
        with pytest.raises(Unavailable):
            RadiusServers([one], "vedette", total=2.0).begin("alice", HERE, PIN)
