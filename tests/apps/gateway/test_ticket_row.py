"""Kerberos tickets pass the gateway on one path only, with the name of the connection beside them."""

from __future__ import annotations

import pytest

from tests.apps.gateway.test_doors import SIGNIN, UPSTREAM, Doors, head
from tests.apps.scene import Scene
from vedette.gateway.plan import Forward, TlsFacts
from vedette.protocol.internal.end_points import END_POINT_HEADER, end_point_in

TICKET = b"Negotiate YIIabc=="
PATH = "/sign-in/kerberos"
OURS = b"h" * 32


def forwarded(path: str, *, tls: TlsFacts | None = None, **more: bytes) -> Forward:
    action = Doors(Scene()).doors.plan(head("GET", path, **more)._replace(tls=tls))
    assert isinstance(action, Forward), action
    return action


def test_the_ticket_reaches_the_sign_in_service_where_it_is_asked_for():
    action = forwarded(PATH, authorization=TICKET)
    assert action.upstream is SIGNIN.upstream
    assert action.withheld == frozenset()
    assert action.body_limit == 0


@pytest.mark.parametrize(
    ("path", "upstream"),
    [
        ("/sign-in", SIGNIN.upstream),
        ("/sign-in/upstream", SIGNIN.upstream),
        ("/sign-in/kerberos/more", SIGNIN.upstream),
        ("/account/", SIGNIN.upstream),
        ("/oauth2/authorize", SIGNIN.upstream),
        ("/_matrix/client/versions", UPSTREAM),
    ],
)
@pytest.mark.parametrize("scheme", [b"Negotiate", b"NEGOTIATE"])
def test_nowhere_else_does_it_go_any_further(path, upstream, scheme):
    action = forwarded(path, authorization=scheme + TICKET[9:])
    assert action.upstream is upstream
    assert action.withheld == {b"authorization"}


def test_whoever_takes_tickets_hears_by_which_certificate_the_gateway_is_known_there():
    told = forwarded(PATH, tls=TlsFacts("TLSv1.3", "", None, None, OURS)).extra_headers
    ((name, value),) = told
    assert name == END_POINT_HEADER.encode()
    assert end_point_in(value.decode()) == OURS
    assert forwarded("/sign-in", tls=TlsFacts("TLSv1.3", "", None, None, OURS)).extra_headers == ()
    assert forwarded(PATH, tls=TlsFacts("TLSv1.3", "", None)).extra_headers == ()
