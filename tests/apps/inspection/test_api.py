"""The inspector's API, asked at the real process."""

from __future__ import annotations

import hashlib
import stat
import threading
import time
from collections.abc import Iterator

from tests.apps.control.organisation import until
from tests.apps.inspection.conftest import DOCUMENT, Starter
from tests.apps.inspection.living import Inspector

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
FILE = {
    "server": "example.test",
    "media": "abc",
    "owner": "@anna:example.test",
    "declared": "image/png",
    "name": "dot.png",
    "class": "attachment",
    "held": False,
    "released": False,
    "content": None,
}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_socket_is_for_this_user_alone(inspector: Inspector) -> None:
    assert stat.S_IMODE(inspector.socket.stat().st_mode) == 0o600
    assert inspector.ask("GET", "/health") == (200, b"ok\n")


def test_bytes_are_told_for_what_they_are_and_remembered(inspector: Inspector) -> None:
    told = inspector.put(PNG)
    assert (told["kind"], told["type"], told["size"]) == ("image", "image/png", len(PNG))
    assert told["sha256"] == digest(PNG)
    assert inspector.ask("GET", f"/contents/{digest(PNG)}") == (200, told)


def test_bytes_may_come_in_chunks_of_unknown_number(inspector: Inspector) -> None:
    told = inspector.put(iter([PNG[:10], PNG[10:]]))
    assert told["sha256"] == digest(PNG)


def test_what_nobody_sent_is_unknown(inspector: Inspector) -> None:
    assert inspector.ask("GET", f"/contents/{digest(b'never')}?wait=5")[0] == 404


def test_a_content_that_is_just_arriving_is_waited_for(inspector: Inspector) -> None:
    data = b"late, " * 1000
    half = threading.Event()

    def slowly() -> Iterator[bytes]:
        yield data[:3000]
        half.set()
        time.sleep(0.5)
        yield data[3000:]

    sending = threading.Thread(target=inspector.put, args=(slowly(),))
    sending.start()
    half.wait()
    status, told = inspector.ask("GET", f"/contents/{digest(data)}?wait=20")
    sending.join()
    assert (status, told["sha256"]) == (200, digest(data))


def test_settings_change_what_is_known_until_the_bytes_come_again(start: Starter) -> None:
    inspector = start()
    before = inspector.put(PNG)
    inspector.settle(DOCUMENT + "[files]\nmax_depth = 2\n")
    until(lambda: inspector.ask("GET", f"/contents/{digest(PNG)}")[0] == 404)
    again = inspector.put(PNG)
    assert again["by"] != before["by"]
    inspector.settle(DOCUMENT)
    until(lambda: inspector.ask("GET", f"/contents/{digest(PNG)}") == (200, before))


def test_what_is_larger_than_an_upload_may_be_is_refused(start: Starter) -> None:
    inspector = start(DOCUMENT + '[media]\nmax_upload = "1 MiB"\n')
    assert inspector.ask("PUT", "/contents", bytes((1 << 20) + 1))[0] == 413
    chunks = (bytes(1 << 18) for _ in range(5))
    assert inspector.ask("PUT", "/contents", chunks)[0] == 413
    assert inspector.put(bytes(1 << 20))["size"] == 1 << 20


def test_a_file_is_remembered_with_what_was_found_in_it(inspector: Inspector) -> None:
    told = inspector.put(PNG)
    path = "/files/example.test/abc"
    assert inspector.ask("PUT", path, {**FILE, "sha256": None}) == (204, b"")
    assert inspector.ask("GET", path) == (200, FILE)
    assert inspector.ask("PUT", path, {**FILE, "sha256": digest(PNG)})[0] == 204
    assert inspector.ask("PUT", path, {**FILE, "sha256": None})[0] == 204
    assert inspector.ask("GET", path) == (200, {**FILE, "content": told})


def test_a_files_owner_and_content_never_change(inspector: Inspector) -> None:
    one = {**FILE, "media": "owned"}
    path = "/files/example.test/owned"
    assert inspector.ask("PUT", path, {**one, "sha256": digest(PNG)})[0] == 204
    other = {**one, "owner": "@bert:example.test", "sha256": None}
    assert inspector.ask("PUT", path, other)[0] == 409
    assert inspector.ask("PUT", path, {**one, "sha256": digest(b"other")})[0] == 409


def test_a_file_is_held_released_and_put_to_use(inspector: Inspector) -> None:
    one = {**FILE, "media": "held"}
    path = "/files/example.test/held"
    assert inspector.ask("POST", f"{path}/hold", {"by": "@member:example.test"})[0] == 404
    inspector.ask("PUT", path, {**one, "sha256": None})
    assert inspector.ask("POST", f"{path}/hold", {"by": "@member:example.test"})[0] == 204
    assert inspector.ask("POST", f"{path}/class", {"class": "avatar"})[0] == 204
    assert inspector.ask("POST", f"{path}/class", {"class": "nothing"})[0] == 400
    inspector.ask("PUT", path, {**one, "sha256": None})
    assert inspector.ask("GET", path) == (200, {**one, "held": True, "class": "avatar"})
    assert inspector.ask("POST", f"{path}/release", {"by": "@member:example.test"})[0] == 204
    assert inspector.ask("GET", path)[1]["held"] is False


def test_a_release_says_whether_somebody_answers_for_the_file_and_a_hold_ends_that(
    inspector: Inspector,
) -> None:
    path, by = "/files/example.test/vouched", "@olga:example.test"
    told = {**FILE, "media": "vouched", "released": True, "sha256": None}
    inspector.ask("PUT", path, told)
    assert inspector.ask("GET", path)[1]["released"] is False  # nobody says it of himself
    vouched = {"by": by, "released": True}
    assert inspector.ask("POST", f"{path}/release", {**vouched, "released": "yes"})[0] == 400
    assert inspector.ask("POST", f"{path}/release", vouched)[0] == 204
    inspector.ask("PUT", path, {**told, "released": False})
    assert inspector.ask("GET", path)[1]["released"] is True
    assert inspector.ask("POST", f"{path}/hold", vouched)[0] == 204
    found = inspector.ask("GET", path)[1]
    assert (found["held"], found["released"]) == (True, False)


def test_what_makes_no_sense_is_refused_with_the_reason(inspector: Inspector) -> None:
    assert inspector.ask("GET", "/contents/abc")[0] == 400
    assert inspector.ask("PUT", "/files/example.test/x", b"[" * 60000)[0] == 400
    assert inspector.ask("PUT", "/files/example.test/x", {**FILE, "sha256": None})[0] == 400
    assert inspector.ask("PUT", "/contents?wait=soon", b"x")[0] == 400
    assert inspector.ask("GET", "/files/example.test/none")[0] == 404
    assert inspector.ask("DELETE", "/files/example.test/none")[0] == 405


def test_files_and_verdicts_outlive_the_process(start: Starter) -> None:
    inspector = start()
    told = inspector.put(PNG)
    inspector.ask("PUT", "/files/example.test/abc", {**FILE, "sha256": digest(PNG)})
    assert inspector.kill() == 0
    inspector.start()
    assert inspector.ask("GET", "/files/example.test/abc") == (200, {**FILE, "content": told})
