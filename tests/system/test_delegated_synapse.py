"""Synapse with its sign-in handed over: tokens of ours, its module's answers, nothing of its own."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from nio import AsyncClient, AsyncClientConfig, DownloadError, RoomMessageText

from tests.system.delegated_synapse import DOMAIN, Delegated, delegated_synapse
from tests.system.synapse_process import Api, eventually
from vedette.core.sessions import SessionState


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delegated]:
    with delegated_synapse(tmp_path_factory.mktemp("one") / "org") as made:
        yield made


def test_a_token_of_a_listed_session_is_the_person_s(here: Delegated) -> None:
    alice = here.api(here.person("alice", "ALICE1"))
    who = alice.get("account/whoami").ok()
    assert (who["user_id"], who["device_id"]) == (f"@alice:{DOMAIN}", "ALICE1")
    room = alice.create_room()
    alice.say(room, "hello")
    assert "hello" in alice.bodies(room)


def test_synapse_has_no_login_of_its_own(here: Delegated) -> None:
    anyone = here.api()
    for method, path in (
        ("GET", "login"),
        ("POST", "login"),
        ("POST", "logout"),
        ("POST", "refresh"),
        ("GET", "/_synapse/admin/v1/register"),
    ):
        assert anyone.call(method, path, {} if method == "POST" else None).status == 404
    # over the port: without an address Synapse's own code for this fails
    body = {"username": "eve", "password": "x" * 20, "type": "m.login.dummy"}
    assert Api(f"127.0.0.1:{here.port}").post("register", body).status == 403


def test_without_a_token_of_ours_nobody_gets_in(here: Delegated) -> None:
    for token in ("syt_YWxpY2U_xyz", here.secret, "a.b.c", "x" * 4000):
        assert here.api(token).get("account/whoami").status in (401, 403), token[:20]
    # longer than any token of ours: nobody reads it
    assert here.api("x" * 6000).get("account/whoami").status == 503


def test_a_session_that_is_not_listed_yet_is_waited_for(here: Delegated) -> None:
    token = here.person("wanda", "WANDA1", listed=False)
    begun = time.monotonic()
    assert here.introspect(token)[0] == 503
    assert 1.9 < time.monotonic() - begun < 20
    here.list_sessions()
    assert here.api(token).get("account/whoami").status == 200


def test_suspended_is_not_dead(here: Delegated) -> None:
    token = here.person("susan", "SUSAN1", listed=False)
    for state in (SessionState.SUSPENDED, SessionState.WAITING):
        here.move("SUSAN1", state)
        assert here.introspect(token)[0] == 503
    assert here.api(token).get("account/whoami").status == 503
    here.move("SUSAN1", SessionState.LIVE)
    assert here.api(token).get("account/whoami").status == 200


def test_only_synapse_may_ask_whose_a_token_is(here: Delegated) -> None:
    token = here.person("frida", "FRIDA1")
    assert here.introspect(token)[1]["active"] is True
    for secret in ("", "wrong", here.secret + "x", here.secret[:-1]):
        assert here.introspect(token, secret=secret) == (401, {})


@pytest.mark.parametrize("body", [b"", b"token=a&token=b", b"token", b"\xff=1", b"a=b", b"%00"])
def test_a_question_that_can_be_read_in_two_ways_is_none(here: Delegated, body: bytes) -> None:
    assert here.introspect(body)[0] == 400


def test_a_question_that_is_too_long_is_cut_off(here: Delegated) -> None:
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        here.introspect(b"token=" + b"x" * 1_000_000)
    assert here.introspect("x")[0] == 200


def test_the_responder_is_reached_from_this_machine_alone(here: Delegated) -> None:
    assert here.signin.introspection.startswith("127.0.0.1:")
    assert here.process is not None
    port = int(here.signin.introspection.rpartition(":")[2])
    lines = Path(f"/proc/{here.process.pid}/net/tcp").read_text().splitlines()[1:]
    listening = {line.split()[1] for line in lines if line.split()[3] == "0A"}
    assert [each for each in listening if each.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_the_device_is_gone_at_once_when_its_session_ends(here: Delegated) -> None:
    token = here.person("erna", "ERNA1")
    assert here.api(token).get("account/whoami").status == 200
    del here.sessions[here.session_of("ERNA1").id]
    here.list_sessions()
    here.provisioning.delete_device("erna", "ERNA1")
    assert here.api(token).get("account/whoami").status == 401


def test_what_an_ended_device_set_to_be_sent_later_is_never_sent(here: Delegated) -> None:
    token = here.person("della", "DELLA1")
    della = here.api(token)
    room = della.create_room()
    second = here.api(here.person("della", "DELLA2"))
    path = f"rooms/{room}/send/m.room.message/{{}}?org.matrix.msc4140.delay={{}}"
    for device, text in ((della, "from the ended"), (second, "from the other")):
        body = {"msgtype": "m.text", "body": text}
        device.put(path.format("far" + text[-3:], 3_000_000), body).ok()
        device.put(path.format("near" + text[-3:], 6_000), body).ok()
    assert waiting(second) == 4
    here.provisioning.delete_device("della", "DELLA1")
    # the near one is still there, and must not be sent though nobody cancelled it
    eventually(lambda: "from the other" in second.bodies(room))
    assert here.provisioning.cancel_delayed_events("della", "DELLA1") == 1
    assert here.provisioning.cancel_delayed_events("della", "DELLA1") == 0
    assert waiting(second) == 1
    assert "from the ended" not in second.bodies(room)


def test_a_suspended_session_sends_nothing_later(here: Delegated) -> None:
    greta = here.api(here.person("greta", "GRETA1"))
    second = here.api(here.person("greta", "GRETA2"))
    room = greta.create_room()
    path = f"rooms/{room}/send/m.room.message/{{}}?org.matrix.msc4140.delay=6000"
    for device, text in ((greta, "from the suspended"), (second, "from the other")):
        device.put(path.format(text[-3:]), {"msgtype": "m.text", "body": text}).ok()
    here.move("GRETA1", SessionState.SUSPENDED)
    eventually(lambda: "from the other" in second.bodies(room))
    here.move("GRETA1", SessionState.LIVE)
    assert waiting(second) == 0
    assert "from the suspended" not in second.bodies(room)


def waiting(api: Api) -> int:
    """How many events of a person are waiting to be sent."""
    found = api.get("/_matrix/client/unstable/org.matrix.msc4140/delayed_events").ok()
    return len(found["delayed_events"])


def test_only_the_sign_in_service_cancels(here: Delegated) -> None:
    path = "/_synapse/vedette/delayed-events"
    body = {"localpart": "della", "device_id": "DELLA2"}
    for token in ("", "wrong", here.person("otto", "OTTO1")):
        assert here.api(token).post(path, body).status == 403


def test_new_cross_signing_keys_need_an_approval(here: Delegated) -> None:
    token = here.person("chris", "CHRIS1")
    path = "/_matrix/client/v3/keys/device_signing/upload"
    chris = here.api(token)
    assert chris.post(path, signing_keys("a")).status == 200
    refused = chris.post(path, signing_keys("b"))
    assert refused.status == 401
    url = refused.body["params"]["m.oauth"]["url"]
    client_url = here.boot.gateway.client_url
    assert url == f"{client_url}/account/?action=org.matrix.cross_signing_reset"
    here.provisioning.allow_cross_signing_reset("chris")
    assert chris.post(path, signing_keys("b")).status == 200


def signing_keys(letter: str) -> dict[str, object]:
    key = (letter * 43).upper()
    master = {
        "user_id": f"@chris:{DOMAIN}",
        "usage": ["master"],
        "keys": {f"ed25519:{key}": key},
    }
    return {"master_key": master}


async def test_a_client_of_others_talks_encrypts_and_sends_files(
    here: Delegated, tmp_path: Path
) -> None:
    people = {}
    for name in ("nora", "nils"):
        token = here.person(name, f"{name.upper()}1")
        folder = tmp_path / name
        folder.mkdir()
        client = AsyncClient(
            here.url, f"@{name}:{DOMAIN}", store_path=str(folder),
            config=AsyncClientConfig(encryption_enabled=True),
        )  # fmt: skip
        client.restore_login(f"@{name}:{DOMAIN}", f"{name.upper()}1", token)
        people[name] = client
    nora, nils = people["nora"], people["nils"]
    heard: list[str] = []
    nils.add_event_callback(lambda _room, event: heard.append(event.body), RoomMessageText)
    try:
        for client in (nora, nils):
            await client.keys_upload()
            await client.sync(timeout=0)
        state = [{"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
        room = (await nora.room_create(initial_state=state, invite=[nils.user_id])).room_id
        await nils.join(room)
        await nora.sync(timeout=0, full_state=True)
        await nora.room_send(
            room, "m.room.message", {"msgtype": "m.text", "body": "in secret"},
            ignore_unverified_devices=True,
        )  # fmt: skip
        for _ in range(120):
            await nils.sync(timeout=500)
            if heard:
                break
        assert heard == ["in secret"]
        data = b"a plan" * 100
        sent, _keys = await nora.upload(lambda *_: data, "text/plain", filesize=len(data))
        # There is no inspector here: the file is taken and kept, and handed to nobody.
        assert isinstance(await nils.download(sent.content_uri), DownloadError)
    finally:
        for client in people.values():
            await client.close()
