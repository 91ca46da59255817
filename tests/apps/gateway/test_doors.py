"""The gateway's doors, asked with real heads and answered by real rules."""

from __future__ import annotations

import inspect
import json

import pytest

from tests.apps.gateway.servers import Servers, followed, wire
from tests.apps.scene import ALICE, DOCUMENT, Scene, policy_of
from vedette.core.names import ServerName
from vedette.core.reasons import Reason
from vedette.gateway.app import PublicDoors, SignInService
from vedette.gateway.outgoing import OutgoingDoor
from vedette.gateway.partner_tls import PartnerTls
from vedette.gateway.plan import Answer, Collect, Forward, Head, Peer, Tagged, Unix, Upstream
from vedette.ports import discovery as finding
from vedette.ports.discovery import ANY_SERVER, Destination, Traced, Trust
from vedette.protocol.http.target import Target, parse_federation_target, parse_target

UPSTREAM = Upstream(Unix("/nowhere"))
SIGNIN = SignInService(Upstream(Unix("/signin")), b"matrix.example.org")


def head(method: str, path: str, *, token: str | None = None, **more: bytes) -> Head:
    target = parse_target(path.encode())
    assert isinstance(target, Target)
    headers = [(name.replace("_", "-").encode(), value) for name, value in more.items()]
    if token is not None:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    return Head(
        method.encode(),
        target,
        headers,
        b"example.org",
        Peer("192.0.2.1", 1),
        None,
        10,
        False,
        None,
    )


class Doors:
    def __init__(self, scene: Scene) -> None:
        self.servers, files = Servers(scene), scene.files
        self.doors = PublicDoors(
            scene.spine,
            files,
            scene.sessions,
            UPSTREAM,
            ServerName("example.org"),
            lambda name: {},
            SIGNIN,
            self.servers.door(files),
        )

    async def __call__(self, method: str, path: str, **more: object) -> object:
        """The action, without the tag of the session that it belongs to."""
        action = await self.tagged(method, path, **more)
        return action.action if isinstance(action, Tagged) else action

    async def tagged(self, method: str, path: str, **more: object) -> object:
        action = self.doors.plan(head(method, path, **more))  # type: ignore[arg-type]
        return await action if inspect.isawaitable(action) else action

    async def server(self, origin: str, method: str, path: str) -> object:
        """What becomes of a request that this server signs, to its end."""
        content = {"pdus": [], "edus": []} if method == "PUT" else None
        header = self.servers.header(origin, method, path, content)
        action = self.doors.plan(head(method, path, authorization=header))
        return await followed(action, b"" if content is None else wire(content))


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def doors(scene: Scene) -> Doors:
    return Doors(scene)


def refused(action: object, status: int = 403) -> dict[str, object]:
    assert isinstance(action, Answer), action
    assert action.status == status
    body: dict[str, object] = json.loads(action.body)
    return body


async def test_what_has_no_row_is_not_recognised(doors: Doors) -> None:
    for path in ("/", "/_matrix/client/v3/nothing", "/_synapse/admin/v1/users", "/metrics"):
        assert refused(await doors("GET", path), 404)["errcode"] == "M_UNRECOGNIZED"


async def test_a_routine_request_is_carried_on_and_recorded(scene: Scene, doors: Doors) -> None:
    action = await doors("GET", "/_matrix/client/v3/sync", token="alices")
    assert isinstance(action, Forward)
    (kept,) = scene.audit.kept
    assert kept[2].reason is Reason.ROUTINE


async def test_a_request_without_its_token_is_asked_to_sign_in(doors: Doors) -> None:
    assert (
        refused(await doors("GET", "/_matrix/client/v3/sync"), 401)["errcode"] == "M_MISSING_TOKEN"
    )


async def test_a_token_in_the_address_is_not_taken(doors: Doors) -> None:
    answer = await doors("GET", "/_matrix/client/v3/sync?access_token=alices")
    assert refused(answer, 401)["errcode"] == "M_MISSING_TOKEN"


async def test_an_unknown_token_is_told_so(doors: Doors) -> None:
    answer = await doors("POST", "/_matrix/media/v3/upload", token="nobodys")
    assert refused(answer, 401)["errcode"] == "M_UNKNOWN_TOKEN"


async def test_somebody_who_may_send_documents_may_upload_one(doors: Doors) -> None:
    action = await doors(
        "POST", "/_matrix/media/v3/upload", token="alices", content_type=b"application/pdf"
    )
    assert isinstance(action, Forward)
    assert action.body_limit == 50 << 20


async def test_somebody_who_may_send_no_such_file_to_anybody_may_not_upload_it(
    doors: Doors,
) -> None:
    action = await doors(
        "POST", "/_matrix/media/v3/upload", token="alices", content_type=b"application/x-msdownload"
    )
    body = refused(action)
    assert body["errcode"] == "M_FORBIDDEN"
    assert body["vedette"]["record"].startswith("memory:")  # type: ignore[index]


async def test_a_colleague_may_fetch_a_document_and_nobody_a_program(doors: Doors) -> None:
    path = "/_matrix/client/v1/media/download/example.org/"
    assert isinstance(await doors("GET", path + "report", token="bobs"), Forward)
    refused(await doors("GET", path + "tool", token="bobs"))


async def test_one_may_fetch_what_one_has_uploaded(doors: Doors) -> None:
    path = "/_matrix/client/v1/media/download/example.org/tool"
    assert isinstance(await doors("GET", path, token="alices"), Forward)


async def test_a_file_of_a_partner_who_may_not_send_files_is_not_fetched(doors: Doors) -> None:
    for kind in ("download", "thumbnail"):
        refused(
            await doors("GET", f"/_matrix/client/v1/media/{kind}/acme.example/x", token="alices")
        )


async def test_a_partner_who_may_not_have_files_gets_404_and_no_rule(doors: Doors) -> None:
    answer = await doors.server(
        "acme.example", "GET", "/_matrix/federation/v1/media/download/report"
    )
    body = refused(answer, 404)
    assert "rule" not in str(body["error"])
    assert body["vedette"]["rule"] is None  # type: ignore[index]


async def test_a_partner_s_transaction_passes(doors: Doors) -> None:
    action = await doors.server("acme.example", "PUT", "/_matrix/federation/v1/send/1")
    assert isinstance(action, Forward)


async def test_a_presence_only_partner_may_send_transactions_but_make_no_contact(
    doors: Doors,
) -> None:
    send = await doors.server("globex.example", "PUT", "/_matrix/federation/v1/send/1")
    assert isinstance(send, Forward)
    path = "/_matrix/federation/v1/query/profile?user_id=@alice:example.org"
    refused(await doors.server("globex.example", "GET", path))


async def test_a_server_that_nobody_named_gets_nothing(doors: Doors) -> None:
    refused(await doors.server("nowhere.example", "PUT", "/_matrix/federation/v1/send/1"))
    refused(
        await doors.server(
            "nowhere.example", "GET", "/_matrix/federation/v1/make_join/!r/@otto:nowhere.example"
        )
    )


async def test_a_server_may_always_leave(doors: Doors) -> None:
    path = "/_matrix/federation/v1/make_leave/!r/@otto:nowhere.example"
    assert isinstance(await doors.server("nowhere.example", "GET", path), Forward)


async def test_nobody_speaks_in_our_own_name(doors: Doors) -> None:
    refused(await doors.server("example.org", "PUT", "/_matrix/federation/v1/send/1"))


async def test_a_request_signed_for_somebody_else_is_not_ours(doors: Doors) -> None:
    acme = doors.servers.of("acme.example")
    header = acme.header("PUT", "/_matrix/federation/v1/send/1", "other.example", {})
    answer = await doors("PUT", "/_matrix/federation/v1/send/1", authorization=header)
    refused(answer, 401)


@pytest.mark.parametrize(
    "header",
    [b"", b"Bearer alices", b"X-Matrix", b"X-Matrix origin=acme.example", b"X-Matrix origin=@,key=a,sig=b",
     b'X-Matrix origin="acme.example",origin="example.org",key="a",sig="b"', b"\xff"],
)  # fmt: skip
async def test_a_request_that_is_not_signed_is_refused(doors: Doors, header: bytes) -> None:
    refused(await doors("PUT", "/_matrix/federation/v1/send/1", authorization=header), 401)


async def test_without_a_policy_everything_is_unavailable_and_nothing_passes(
    scene: Scene, doors: Doors
) -> None:
    scene.policy.policy = None
    for answer in (
        await doors("GET", "/_matrix/client/v3/sync", token="alices"),
        await doors("POST", "/_matrix/media/v3/upload", token="alices"),
        await doors.server("acme.example", "PUT", "/_matrix/federation/v1/send/1"),
    ):
        refused(answer, 503)


async def test_a_full_audit_log_stops_even_routine_requests(scene: Scene, doors: Doors) -> None:
    scene.audit.full = True
    refused(await doors("GET", "/_matrix/client/v3/sync", token="alices"), 503)


async def test_an_outage_of_the_homeserver_is_no_refusal(scene: Scene, doors: Doors) -> None:
    scene.homeserver.down = True
    path = "/_matrix/client/v1/media/download/example.org/report"
    refused(await doors("GET", path, token="alices"), 503)
    assert isinstance(await doors("GET", "/_matrix/client/v3/sync", token="alices"), Forward)


async def test_a_person_without_rules_finds_nobody(doors: Doors) -> None:
    refused(await doors("POST", "/_matrix/client/v3/user_directory/search", token="eves"))
    action = await doors("POST", "/_matrix/client/v3/user_directory/search", token="bobs")
    assert isinstance(action, Forward)


async def test_presence_is_asked_from_whoever_is_looked_at(doors: Doors) -> None:
    seen = await doors("GET", "/_matrix/client/v3/presence/@bob:example.org/status", token="alices")
    assert isinstance(seen, Forward)
    refused(
        await doors("GET", "/_matrix/client/v3/presence/@carol:acme.example/status", token="alices")
    )


async def test_call_credentials_need_somebody_to_call(doors: Doors) -> None:
    assert isinstance(
        await doors("GET", "/_matrix/client/v3/voip/turnServer", token="bobs"), Forward
    )
    refused(await doors("GET", "/_matrix/client/v3/voip/turnServer", token="eves"))


async def test_a_pusher_must_be_on_the_list_and_carry_ids_only(doors: Doors) -> None:
    collect = await doors("POST", "/_matrix/client/v3/pushers/set", token="bobs")
    assert isinstance(collect, Collect)
    url = "https://push.example.org/_matrix/push/v1/notify"
    good = {"kind": "http", "data": {"url": url, "format": "event_id_only"}}
    assert isinstance(collect.then(json.dumps(good).encode()), Forward)
    assert isinstance(collect.then(b'{"kind":null}'), Forward)
    bad: list[object] = [
        {"kind": "http", "data": {"url": url}},
        {"kind": "http", "data": {"url": "https://elsewhere.example/", "format": "event_id_only"}},
        {"kind": "email", "data": {}},
        [],
    ]
    for body in bad:
        refused(collect.then(json.dumps(body).encode()))
    refused(collect.then(b"{"))


class _Found:
    async def find(self, server: ServerName, trust: Trust = ANY_SERVER) -> Destination:
        del trust
        return Destination((finding.Target("127.0.0.1", 1),), server.host, server)

    async def trace(self, server: ServerName, trust: Trust = ANY_SERVER) -> Traced:
        return Traced((), await self.find(server, trust))


async def _out(scene: Scene, method: str, target: str) -> object:
    door = OutgoingDoor(scene.spine, scene.files, _Found(), PartnerTls())
    parsed = parse_federation_target(target.encode())
    assert isinstance(parsed, Target)
    request = Head(method.encode(), parsed, [], b"x", Peer("", 0), None, 0, False, None)
    return await door.plan(request)


async def test_synapse_reaches_partners_and_nobody_else(scene: Scene) -> None:
    send = "/_matrix/federation/v1/send/1"
    assert isinstance(await _out(scene, "PUT", f"matrix-federation://acme.example{send}"), Forward)
    # Synapse keeps a transaction and tries again soon, but only after a 5xx.
    refused(await _out(scene, "PUT", f"matrix-federation://nowhere.example{send}"), 503)
    keys = "matrix-federation://nowhere.example/_matrix/key/v2/server"
    refused(await _out(scene, "GET", keys))


async def test_synapse_looks_nobody_up_with_whom_there_is_no_contact(scene: Scene) -> None:
    query = "/_matrix/federation/v1/query/profile?user_id=@gavin:globex.example&field=displayname"
    refused(await _out(scene, "GET", f"matrix-federation://globex.example{query}"))
    query = query.replace("globex", "acme")
    assert isinstance(await _out(scene, "GET", f"matrix-federation://acme.example{query}"), Forward)


async def test_an_ended_partner_counts_as_outside(scene: Scene) -> None:
    ended = DOCUMENT.replace(
        'acme = { domains = ["acme.example"] }',
        'acme = { domains = ["acme.example"], valid_until = 2020-01-01 }',
    )
    scene.policy.policy = policy_of(ended)
    refused(await Doors(scene).server("acme.example", "PUT", "/_matrix/federation/v1/send/1"))


async def test_the_record_says_who_asked_what_towards_whom(scene: Scene, doors: Doors) -> None:
    await doors("GET", "/_matrix/client/v1/media/download/acme.example/x", token="alices")
    ask, _, decision = scene.audit.kept[-1]
    assert decision.towards == ALICE
    assert ask.who == "acme.example"


async def test_made_up_servers_are_recorded_as_one(scene: Scene, doors: Doors) -> None:
    for name in ("one.example", "two.example"):
        await doors.server(name, "PUT", "/_matrix/federation/v1/send/1")
        await doors.server(name, "GET", "/_matrix/federation/v1/make_leave/!r/@x:one.example")
    assert {ask.who for ask, _, _ in scene.audit.kept} == {"a server nobody named"}


async def test_a_server_looks_up_only_whom_it_may_be_in_contact_with(scene: Scene) -> None:
    apart = (
        DOCUMENT
        + """
[rules.engineering-apart]
between = ["engineering", "acme"]
forbid = ["contact", "message"]
"""
    )
    scene.policy.policy = policy_of(apart)
    doors = Doors(scene)
    federation = "/_matrix/federation/v1"
    for path in (
        f"{federation}/query/profile?user_id=@%s:example.org",
        f"{federation}/user/devices/@%s:example.org",
    ):
        refused(await doors.server("acme.example", "GET", path % "alice"))
        assert isinstance(await doors.server("acme.example", "GET", path % "bob"), Forward)


async def test_whom_we_may_look_up_does_not_look_us_up_in_turn(scene: Scene) -> None:
    """What is needed for encrypted content goes both ways; a profile does not."""
    profile = "/_matrix/federation/v1/query/profile?user_id=@bob:example.org"
    devices = "/_matrix/federation/v1/user/devices/@bob:example.org"
    one_way = '[rules.one-way]\nfrom = ["%s"]\nto = ["%s"]\nallow = ["contact"]\n'
    head = DOCUMENT.partition("[rules")[0]
    for ends, may in ((("us", "acme"), False), (("acme", "us"), True)):
        scene.policy.policy = policy_of(head + one_way % ends)
        doors = Doors(scene)
        found = await doors.server("acme.example", "GET", profile)
        assert isinstance(found, Forward) is may, found
        assert isinstance(await doors.server("acme.example", "GET", devices), Forward)


NO_FILES_IN_CONFERENCES = """
[rooms.conference]
plain = true
[rules.no-files-in-conferences]
between = ["us", "anyone"]
forbid = ["file", "call"]
when = ["room.kind = conference"]
"""


async def test_a_ban_in_some_rooms_is_left_to_the_event_door_where_no_room_is_named(
    scene: Scene, doors: Doors
) -> None:
    scene.policy.policy = policy_of(DOCUMENT + NO_FILES_IN_CONFERENCES)
    upload = "/_matrix/media/v3/upload?filename=a.pdf"
    action = await doors("POST", upload, token="alices", content_type=b"application/pdf")
    assert not isinstance(action, Answer)
    ask, facts, decision = scene.audit.kept[-1]
    assert (decision.pending, decision.rule) == (("room.kind",), "no-files-in-conferences")
    fetched = "/_matrix/client/v1/media/download/example.org/report"
    assert not isinstance(await doors("GET", fetched, token="bobs"), Answer)
    assert not isinstance(
        await doors("GET", "/_matrix/client/v3/voip/turnServer", token="bobs"), Answer
    )
    del ask, facts


async def test_what_is_forbidden_in_every_room_is_still_refused_where_none_is_named(
    scene: Scene, doors: Doors
) -> None:
    everywhere = '\n[rules.none]\nbetween = ["us", "anyone"]\nforbid = ["file"]\n'
    scene.policy.policy = policy_of(DOCUMENT + NO_FILES_IN_CONFERENCES + everywhere)
    upload = "/_matrix/media/v3/upload?filename=a.pdf"
    refused(await doors("POST", upload, token="alices", content_type=b"application/pdf"))
    refused(
        await doors("GET", "/_matrix/client/v1/media/download/example.org/report", token="bobs")
    )


@pytest.mark.parametrize(
    "only", ["room.encrypted = yes", "device.managed = yes", "file.kind in document"]
)
async def test_keys_pass_between_servers_where_what_is_allowed_hangs_on_room_device_or_content(
    scene: Scene, only: str
) -> None:
    channel = "file" if only.startswith("file") else "message"
    scene.policy.policy = policy_of(
        DOCUMENT.replace(
            'allow = ["message", "contact"]', f'allow = ["{channel}"]\nwhen = ["{only}"]'
        )
    )
    for path in ("/_matrix/key/v2/server", "/_matrix/federation/v1/user/keys/query"):
        method = "GET" if path.endswith("server") else "POST"
        target = f"matrix-federation://acme.example{path}"
        assert isinstance(await _out(scene, method, target), Forward)


async def test_looking_people_up_is_in_no_room_so_a_rule_on_rooms_can_not_be_learnt_there(
    scene: Scene, doors: Doors
) -> None:
    some = """
[rules.not-in-conferences]
between = ["us", "us"]
forbid = ["contact"]
when = ["room.kind = conference"]
[rooms.conference]
"""
    scene.policy.policy = policy_of(DOCUMENT + some)
    refused(await doors("GET", "/_matrix/client/v3/profile/@bob:example.org", token="alices"))
