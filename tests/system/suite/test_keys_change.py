"""Keys are changed while two organisations talk: nothing is lost, and both go on believing each other."""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any

from tests import commands
from tests.lying import unlisted
from tests.system.matrix_client import signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations
from vedette.adapters.stream_files import read_acknowledgement


def rotate(organisation: Organisation, name: str) -> None:
    """Change a key, however long Synapse takes to start on a busy machine."""
    words = ("--dir", str(organisation.folder), "key", "rotate", name, "--reason", "a drill")
    said = commands.run(*words, "--json", timeout=240)
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["left"] is None


def nothing_is_refused(organisation: Organisation) -> None:
    """Of what control has sent the doors."""
    for door in organisation.boot.doors:
        told = read_acknowledgement(organisation.boot.door(door)) or {}
        assert not any(each["refused"] for each in told.values()), (door, told)


def published(organisation: Organisation) -> dict[str, Any]:
    """The keys that our server publishes to others."""
    tls = ssl.create_default_context(cafile=str(organisation.ca_file))
    host, _, port = organisation.boot.gateway.federation.rpartition(":")
    connection = http.client.HTTPSConnection(host, int(port), timeout=60, context=tls)
    connection.request("GET", "/_matrix/key/v2/server")
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return found


async def test_keys_change_while_a_partner_listens(organisations: TwoOrganisations, tmp_path: Path):
    example, acme = organisations.example, organisations.acme
    before = published(example)["verify_keys"]
    told = example.cli("key", "next", "synapse-signing-key").stdout.split()
    # The partner pins ours and is told of the next one: else it asks for our keys at most once a
    # minute, and until then Synapse keeps what goes there.
    (old,) = ([name, each["key"]] for name, each in before.items())
    pinned = json.dumps([" ".join(old), " ".join(told)])
    line = 'example = { domains = ["example.test"],'
    assert line in acme.first_document
    acme.apply(acme.first_document.replace(line, f"{line} keys = {pinned},"))
    async with (
        signed_in(example, "alice", tmp_path / "alice") as alice,
        signed_in(acme, "carol", tmp_path / "carol") as carol,
    ):
        room = await alice.create_room(carol)
        await carol.join(room)
        await alice.knows(room, 2)

        rotate(example, "settings-key")
        example.wait_for_doors()
        nothing_is_refused(example)
        await alice.say(room, "under another settings key")
        await carol.sees(room, "under another settings key")

        rotate(example, "synapse-signing-key")
        nothing_is_refused(example)
        after = published(example)
        assert after["verify_keys"] == {told[0]: {"key": told[1]}}
        assert {name: each["key"] for name, each in after["old_verify_keys"].items()} == {
            name: each["key"] for name, each in before.items()
        }
        await alice.say(room, "signed by another key")
        await carol.sees(room, "signed by another key")
        await carol.say(room, "and heard")
        await alice.sees(room, "and heard")
    acme.apply(acme.first_document)
    assert example.cli("audit", "verify", check=False).returncode == 0
    assert unlisted(example.boot) == []
