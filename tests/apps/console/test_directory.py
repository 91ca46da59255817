"""The directory's page: how it stands, whom a filter would hold, whether its servers answer."""

from __future__ import annotations

import re

import pytest

from tests.apps.console.crowd import with_directory
from tests.apps.console.house import Browser, House


@pytest.fixture
def officer(house: House) -> Browser:
    browser = house.browser()
    browser.signs_in("olga")
    return browser


def test_without_a_directory_it_says_where_people_come_from(officer):
    shown = officer.get("/directory")
    assert "People come from the table here" in shown.words
    assert "test=" not in shown.text
    assert officer.get("/directory?test=yes&people=(name%3Da*)").status == 200


def test_a_list_that_is_held_is_told_with_the_way_out_and_what_waits(house, officer):
    with_directory(house)
    shown = officer.get("/directory")
    assert "would take away 10 of 20 people at once" in shown.words
    assert "whoever is new or enabled again waits too" in shown.words
    assert "@p0:example.org" in shown.words
    assert "vedette directory show" in shown.words
    assert 'action="/orders/confirm-directory"' in shown.text
    assert "no name" in shown.words.lower()
    assert "Last change seen" in shown.words
    assert "seconds old" in shown.words
    german = officer.get("/directory", accept_language="de")
    assert "nähme auf einmal 10 von 20 Personen weg" in german.words
    assert "Dasselbe als Befehl" in german.words


def test_an_outage_is_told_with_since_when_and_that_no_ban_is_lifted(house, officer):
    directory = with_directory(house, held=False)
    assert "people are as it says" in officer.get("/directory").words
    directory.away = True
    keeper = house.desks.directory.keeper
    house.clock.seconds += 5
    while not keeper.faults():
        keeper.step()
    shown = officer.get("/directory")
    assert "no ban is lifted" in shown.words
    assert "has not answered since" in shown.words


def test_a_dry_run_says_whom_a_filter_would_hold_within_a_party_and_the_command(house, officer):
    with_directory(house, held=False)
    shown = officer.get("/directory?people=(name%3Dp1*)&party=us")
    assert "It would hold 11" in shown.words
    assert "vedette directory preview --filter '(name=p1*)' --party us" in shown.words
    assert re.search(r"<option selected>us</option>", shown.text)
    guests = officer.get("/directory?people=(name%3Dp1*)&party=guests")
    assert "It would hold 0" in guests.words
    assert "there is no party" in officer.get("/directory?people=&party=nobody").words
    assert "this is no filter" in officer.get("/directory?people=name").words


def test_the_servers_are_tried_and_each_failure_has_what_mends_it(house, officer):
    with_directory(house, held=False)
    assert "not in DNS" not in officer.get("/directory").words
    shown = officer.get("/directory?test=yes")
    assert "fails ldaps://dc1.corp.test: dc1.corp.test is not in DNS" in shown.words
    assert "getent hosts dc1.corp.test" in shown.words
    assert "vedette directory test" in shown.words
    german = officer.get("/directory?test=yes", accept_language="de")
    assert "dc1.corp.test steht nicht im DNS" in german.words
    assert "oder berichtigen Sie" in german.words
