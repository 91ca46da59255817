from __future__ import annotations

from vedette.core.channels import (
    BETWEEN_PEOPLE,
    CALL,
    CONTENT,
    TOWARDS_ORGANISATION,
    WORDS,
    Channel,
)


def test_a_call_is_the_four_media_channels():
    assert {channel.value for channel in CALL} == {"voice", "video", "screen", "conference"}


def test_all_is_everything_between_people_and_nothing_towards_the_organisation():
    assert WORDS["all"] == BETWEEN_PEOPLE
    assert set(Channel) == BETWEEN_PEOPLE | TOWARDS_ORGANISATION
    assert not BETWEEN_PEOPLE & TOWARDS_ORGANISATION


def test_every_channel_is_a_word_of_its_own():
    assert all(WORDS[channel.value] == {channel} for channel in Channel)
    assert WORDS.keys() == {channel.value for channel in Channel} | {"call", "all"}


def test_neither_being_found_nor_being_seen_is_content():
    assert {Channel.MESSAGE, Channel.FILE} | CALL == CONTENT
