"""Uploads and fetches at the gateway, decided by what the inspector's register knows of a file."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.apps.gateway.test_doors import Doors, _out, refused
from tests.apps.scene import ALICE, DOCUMENT, Scene, policy_of
from vedette.adapters.memory.inspection import kind_of
from vedette.core.decision import Verdict
from vedette.core.explain import HELD
from vedette.core.facts import FILE_FACTS
from vedette.core.files import File
from vedette.core.names import MediaId, ServerName, UserId
from vedette.core.reasons import Reason
from vedette.gateway.plan import Answer, Forward
from vedette.ports.homeserver import StoredFile

RULES = (
    DOCUMENT.replace("claimed file.kind in document", "file.kind in document")
    + """
[rules.acme-documents]
between = ["staff", "acme"]
allow = ["file"]
when = ["file.kind in document"]
say = "With Acme we exchange documents only."

[rules.colleagues]
between = ["staff", "staff"]
allow = ["file"]
when = ["file.kind in document, archive", "file.size <= 1 KiB"]

[rules.avatars]
between = ["us", "us"]
allow = ["file"]
when = ["file.class = avatar", "file.kind in image", "file.size <= 1 MiB"]
"""
)
OURS, ACME = ServerName("example.org"), ServerName("acme.example")
PDF, ZIP, PNG = b"%PDF-1.7", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n"
MEMBER = "@vedette-inspector:example.org"
DOWNLOAD = "/_matrix/client/v1/media/download"


@pytest.fixture
def scene() -> Scene:
    made = Scene()
    made.policy.policy = policy_of(RULES)
    return made


@pytest.fixture
def doors(scene: Scene) -> Doors:
    return Doors(scene)


def stored(
    scene: Scene,
    media: str,
    data: bytes,
    *,
    server: ServerName = OURS,
    owner: UserId | None = ALICE,
) -> File:
    """A file that was looked at and registered."""
    file = File(
        server=server, media=MediaId(media), owner=owner, declared="application/pdf", name=media
    )
    content = kind_of(data)
    scene.inspection.contents[content.sha256] = content
    scene.inspection.files[server, file.media] = file, content.sha256
    if server == OURS and owner is not None:
        scene.homeserver.files[media] = StoredFile(owner, "application/pdf", len(data))
    return file


def unknown_yet(scene: Scene, media: str) -> None:
    """A file that Synapse has, and that nobody has looked at."""
    scene.homeserver.files[media] = StoredFile(ALICE, "application/pdf", 3)


async def fetched(doors: Doors, media: str, *, by: str = "bobs", server: str = OURS) -> object:
    return await doors("GET", f"{DOWNLOAD}/{server}/{media}", token=by)


async def given(doors: Doors, media: str, to: str = "acme.example") -> object:
    path = f"/_matrix/federation/v1/media/download/{media}"
    return await doors.server(to, "GET", path)


async def test_what_was_declared_counts_for_nothing_against_what_was_found(
    scene: Scene, doors: Doors
) -> None:
    stored(scene, "report", PDF)
    stored(scene, "tool", b"MZ")
    assert isinstance(await fetched(doors, "report"), Forward)
    refused(await fetched(doors, "tool"))


async def test_an_archive_passes_among_staff_and_not_to_acme(scene: Scene, doors: Doors) -> None:
    stored(scene, "bundle", ZIP)
    stored(scene, "report", PDF)
    assert isinstance(await fetched(doors, "bundle"), Forward)
    refused(await given(doors, "bundle"), 404)
    assert isinstance(await given(doors, "report"), Forward)


async def test_a_file_that_nobody_has_looked_at_is_looked_at_before_it_is_handed_out(
    scene: Scene, doors: Doors
) -> None:
    unknown_yet(scene, "report")

    def look(_server: ServerName, media: MediaId) -> bool:
        stored(scene, media, PDF)
        return True

    scene.homeserver.look = look
    assert isinstance(await fetched(doors, "report"), Forward)
    assert scene.homeserver.looked_at == [(OURS, "report")]
    assert isinstance(await fetched(doors, "report"), Forward)
    assert len(scene.homeserver.looked_at) == 1
    assert [kept[2].verdict for kept in scene.audit.kept] == [Verdict.YES] * 2


async def test_what_is_still_being_looked_at_is_not_handed_out_and_the_sentence_says_so(
    scene: Scene, doors: Doors
) -> None:
    stored(scene, "report", PDF)
    scene.inspection.slow = True
    body = refused(await fetched(doors, "report"))
    assert (body["errcode"], body["error"]) == ("M_FORBIDDEN", HELD)
    assert body["vedette"]["reason"] == "fact-pending"  # type: ignore[index]
    answer = await given(doors, "report")
    assert "looked at" not in str(refused(answer, 404)["error"])
    scene.inspection.slow = False
    assert isinstance(await fetched(doors, "report"), Forward)


async def test_a_file_that_is_held_by_name_is_held_whatever_is_known_of_it(
    scene: Scene, doors: Doors
) -> None:
    stored(scene, "report", PDF)
    await scene.inspection.hold(OURS, MediaId("report"), MEMBER, held=True)
    for by in ("bobs", "alices"):
        body = refused(await fetched(doors, "report", by=by))
        assert body["error"] == HELD
        assert body["vedette"]["reason"] == "file-held"  # type: ignore[index]
    refused(await given(doors, "report"), 404)
    await scene.inspection.hold(OURS, MediaId("report"), MEMBER, held=False)
    assert isinstance(await fetched(doors, "report"), Forward)


RELEASED = """
[rules.released]
between = ["staff", "staff"]
allow = ["file"]
when = ["file.released = yes"]
"""
NO_MALWARE = """
[rules.no-malware]
between = ["staff", "staff"]
forbid = ["file"]
when = ["file.malware = yes"]
"""


async def test_what_was_released_unjudged_is_had_where_a_rule_says_so_until_it_is_judged(
    scene: Scene, doors: Doors
) -> None:
    stored(scene, "report", b"MZ")
    scene.inspection.slow = True
    await scene.inspection.hold(OURS, MediaId("report"), MEMBER, held=False, released=True)
    assert refused(await fetched(doors, "report"))["error"] == HELD
    scene.policy.policy = policy_of(RULES + RELEASED)
    assert isinstance(await fetched(Doors(scene), "report"), Forward)
    refused(await given(Doors(scene), "report"), 404)  # the rule speaks of staff alone
    # a forbid that reads what nobody knows stands above anybody's word
    scene.policy.policy = policy_of(RULES + RELEASED + NO_MALWARE)
    assert refused(await fetched(Doors(scene), "report"))["error"] == HELD
    # and so does what is found in it after all
    scene.policy.policy = policy_of(RULES + RELEASED)
    scene.inspection.slow = False
    assert "still being looked at" not in str(refused(await fetched(Doors(scene), "report")))


async def test_without_the_inspector_only_what_it_has_said_before_is_handed_out(
    scene: Scene, doors: Doors
) -> None:
    stored(scene, "report", PDF)
    stored(scene, "other", PDF)
    await fetched(doors, "report")
    scene.inspection.away = True
    scene.clock.seconds += 3600
    scene.homeserver.look = lambda _server, _media: True
    assert isinstance(await fetched(doors, "report"), Forward)
    assert refused(await fetched(doors, "other"))["error"] == HELD
    scene.inspection.away = False
    assert isinstance(await fetched(doors, "other"), Forward)


async def test_what_was_held_last_is_not_believed_to_be_free(scene: Scene, doors: Doors) -> None:
    stored(scene, "report", PDF)
    await fetched(doors, "report")
    await scene.inspection.hold(OURS, MediaId("report"), MEMBER, held=True)
    scene.clock.seconds += 1
    await fetched(doors, "report")
    scene.inspection.away = True
    refused(await fetched(doors, "report"))


@pytest.mark.parametrize("server", [OURS, ACME])
async def test_without_the_inspector_the_homeserver_says_what_is_held(
    scene: Scene, server: ServerName
) -> None:
    """Neither what was said before nor a rule that reads nothing of files hands it out."""
    free = RULES.replace('when = ["file.kind in document, archive", "file.size <= 1 KiB"]', "")
    scene.policy.policy = policy_of(free)
    owner = ALICE if server == OURS else None
    stored(scene, "known", PDF, server=server, owner=owner)
    doors = Doors(scene)
    assert isinstance(await fetched(doors, "known", server=server), Forward)
    scene.inspection.away = True
    scene.clock.seconds += 1
    assert isinstance(await fetched(doors, "known", server=server), Forward)
    for media in ("known", "other"):
        held = StoredFile(owner, "application/pdf", 8, held=True)
        scene.homeserver.files[media] = scene.homeserver.elsewhere[server, media] = held
        body = refused(await fetched(doors, media, server=server))
        assert (body["error"], body["vedette"]["reason"]) == (HELD, "file-held")  # type: ignore[index]
    if server == OURS:
        refused(await given(doors, "known"), 404)


async def test_a_rule_that_reads_nothing_of_a_file_needs_no_inspector(scene: Scene) -> None:
    free = RULES.replace('when = ["file.kind in document, archive", "file.size <= 1 KiB"]', "")
    scene.policy.policy = policy_of(free)
    scene.inspection.away = True
    unknown_yet(scene, "report")
    assert isinstance(await fetched(Doors(scene), "report"), Forward)
    assert scene.homeserver.looked_at == []


async def test_another_rule_counts_from_the_next_fetch_on(scene: Scene, doors: Doors) -> None:
    stored(scene, "bundle", ZIP)
    assert isinstance(await fetched(doors, "bundle"), Forward)
    scene.policy.policy = policy_of(RULES.replace("document, archive", "document"))
    refused(await fetched(doors, "bundle"))


async def test_an_avatar_is_seen_once_it_is_one(scene: Scene, doors: Doors) -> None:
    stored(scene, "face", PNG)
    refused(await fetched(doors, "face"))
    await scene.inspection.use_as(OURS, MediaId("face"), "avatar")
    scene.clock.seconds += 1
    assert isinstance(await fetched(doors, "face"), Forward)
    refused(await given(doors, "face"), 404)
    stored(scene, "tool", b"MZ")
    await scene.inspection.use_as(OURS, MediaId("tool"), "avatar")
    refused(await fetched(doors, "tool"))


@pytest.mark.parametrize("kind", ["download", "thumbnail"])
async def test_a_file_of_a_partner_is_fetched_and_looked_at_first(
    scene: Scene, doors: Doors, kind: str
) -> None:
    found = {"good": PDF, "bad": ZIP}

    def look(server: ServerName, media: MediaId) -> bool:
        if media not in found:
            return False
        stored(scene, media, found[media], server=server, owner=None)
        return True

    scene.homeserver.look = look
    path = f"/_matrix/client/v1/media/{kind}/acme.example/"
    assert isinstance(await doors("GET", path + "good", token="alices"), Forward)
    body = refused(await doors("GET", path + "bad", token="alices"))
    assert body["error"] == "With Acme we exchange documents only."
    # Of what is not there the homeserver says so itself.
    assert isinstance(await doors("GET", path + "missing", token="alices"), Forward)


async def test_what_may_not_be_fetched_anyway_is_not_even_asked_for(
    scene: Scene, doors: Doors
) -> None:
    refused(await fetched(doors, "x", server="globex.example"))
    refused(await fetched(doors, "x", server="acme.example", by="eves"))
    assert scene.homeserver.looked_at == []


async def test_a_file_that_can_not_be_fetched_from_its_server_waits(
    scene: Scene, doors: Doors
) -> None:
    scene.homeserver.down = True
    assert refused(await fetched(doors, "x", server="acme.example"))["error"] == HELD


async def test_a_session_that_ends_while_a_file_is_looked_at_gets_nothing(
    scene: Scene, doors: Doors
) -> None:
    unknown_yet(scene, "report")

    def look(_server: ServerName, media: MediaId) -> bool:
        scene.sessions.tokens.clear()
        stored(scene, media, PDF)
        return True

    scene.homeserver.look = look
    refused(await fetched(doors, "report"), 401)


async def test_an_upload_goes_on_while_what_it_is_is_not_known_yet(
    scene: Scene, doors: Doors
) -> None:
    upload = "/_matrix/media/v3/upload"
    action = await doors("POST", upload, token="bobs", content_type=b"application/x-msdownload")
    assert isinstance(action, Forward)
    decision = scene.audit.kept[-1][2]
    assert decision.verdict is Verdict.NOT_YET
    assert FILE_FACTS.issuperset(decision.pending)


async def test_an_upload_that_is_refused_already_does_not_begin(scene: Scene) -> None:
    small = policy_of(DOCUMENT.replace("claimed file.kind in document", "file.size <= 5 B"))
    scene.policy.policy = small
    assert Doors(scene) is not None
    body = refused(await Doors(scene)("POST", "/_matrix/media/v3/upload", token="alices"))
    assert body["errcode"] == "M_FORBIDDEN"
    refused(await Doors(scene)("POST", "/_matrix/media/v3/upload", token="eves"))


async def out(scene: Scene, server: str) -> object:
    path = "/_matrix/federation/v1/media/download/x"
    return await _out(scene, "GET", f"matrix-federation://{server}{path}")


async def test_synapse_fetches_from_whoever_may_send_us_some_file(scene: Scene) -> None:
    assert isinstance(await out(scene, "acme.example"), Forward)
    refused(await out(scene, "globex.example"), 404)


async def test_a_file_whose_owner_nobody_can_tell_is_unavailable(
    scene: Scene, doors: Doors
) -> None:
    scene.inspection.away = scene.homeserver.down = True
    for answer in (await fetched(doors, "report"), await given(doors, "report")):
        assert isinstance(answer, Answer)
        assert answer.status == 503
    assert scene.audit.kept[-1][2].reason is Reason.UNAVAILABLE


async def test_no_name_that_is_none_is_asked_about(scene: Scene, doors: Doors) -> None:
    for server, media in (("no_name", "x"), ("example.org", "a!b"), ("example.org", "a%20b")):
        answer = await fetched(doors, media, server=server)
        assert isinstance(answer, Answer)
        assert json.loads(answer.body)["errcode"] in ("M_FORBIDDEN", "M_UNRECOGNIZED")
    refused(await given(doors, "a%20b"), 404)
    assert scene.homeserver.looked_at == []


@pytest.mark.parametrize("fact", ["device.approved", "device.managed", "device.compliant"])
async def test_what_is_known_of_the_device_is_known_of_a_fetch(scene: Scene, fact: str) -> None:
    rule = f"""
[rules.large-on-approved-devices]
from = ["staff"]
to = ["staff"]
forbid = ["file"]
when = ["file.size > 3 B"]
unless = ["{fact} = yes"]
"""
    scene.policy.policy = policy_of(RULES + rule)
    stored(scene, "report", PDF)
    refused(await fetched(Doors(scene), "report"))
    live = scene.sessions.tokens["bobs"]
    approved = replace(live.facts, known={fact: True})
    scene.sessions.tokens["bobs"] = replace(live, facts=approved)
    assert isinstance(await fetched(Doors(scene), "report"), Forward)


async def test_what_the_register_said_is_believed_for_a_second(scene: Scene, doors: Doors) -> None:
    stored(scene, "report", PDF)
    assert isinstance(await fetched(doors, "report"), Forward)
    await scene.inspection.hold(OURS, MediaId("report"), MEMBER, held=True)
    scene.clock.seconds += 0.9
    assert isinstance(await fetched(doors, "report"), Forward)
    assert isinstance(await given(doors, "report"), Forward)
    scene.clock.seconds += 0.2
    refused(await fetched(doors, "report"))
    refused(await fetched(doors, "report"))
    await scene.inspection.hold(OURS, MediaId("report"), MEMBER, held=False)
    assert isinstance(await fetched(doors, "report"), Forward)
