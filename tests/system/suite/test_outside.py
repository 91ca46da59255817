"""A homeserver that nobody named finds us by name, and is refused by rule."""

from pathlib import Path

import pytest

from tests.system.matrix_client import RefusedError, signed_in
from tests.system.two_organisations import TwoOrganisations


def test_an_invitation_from_outside_is_refused_in_general_words(organisations: TwoOrganisations):
    assert organisations.outside is not None
    otto = organisations.outside.register("otto")
    room = otto.create_room(name="Offers", preset="private_chat")
    answer = otto.invite(room, "@alice:example.test")
    assert answer.status == 403, answer
    assert answer.body["errcode"] == "M_FORBIDDEN"
    assert answer.body["vedette"]["record"]
    assert not answer.body["vedette"].get("rule"), "no rule's name crosses the border"
    assert answer.body["vedette"]["reason"] == "forbidden", "no true reason crosses the border"


async def test_an_invitation_to_outside_is_refused_with_a_sentence(
    organisations: TwoOrganisations, tmp_path: Path
):
    assert organisations.outside is not None
    async with signed_in(organisations.example, "alice", tmp_path) as alice:
        room = await alice.create_room(name="Inside")
        with pytest.raises(RefusedError) as refused:
            await alice.invite(room, f"@otto:{organisations.outside.name}")
    assert refused.value.status == "M_FORBIDDEN"
    assert refused.value.sentence.startswith("Your organisation has not allowed this.")
