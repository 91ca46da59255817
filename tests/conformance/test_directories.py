"""The directories of the tests do what the ones of companies do."""

from __future__ import annotations

import os
import socket
import time

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

import ldap

from tests.services.directory import PASSWORD, Directory


@pytest.fixture(params=["active_directory", "openldap"])
def directory(request: pytest.FixtureRequest) -> Directory:
    return request.getfixturevalue(request.param)


def binds(directory: Directory, name: str, password: str = PASSWORD) -> bool:
    try:
        directory.anonymous().simple_bind_s(directory.dn(name), password)
    except ldap.INVALID_CREDENTIALS:
        return False
    return True


def test_what_the_administrator_does_holds_at_once(directory):
    for name in ("ada", "bo", "cy", "di"):
        directory.add_person(name, display=name.title(), mail=f"{name}@corp.test")
        assert binds(directory, name)
        assert not binds(directory, name, "wrong")
    directory.disable("ada")
    directory.expire("bo", time.time() - 10)
    directory.lock("cy")
    assert [binds(directory, name) for name in ("ada", "bo", "cy", "di")] == [
        False,
        False,
        False,
        True,
    ]
    directory.enable("ada")
    directory.expire("bo", None)
    assert binds(directory, "ada")
    assert binds(directory, "bo")
    directory.delete("di")
    with pytest.raises(AssertionError, match="nobody here"):
        directory.dn("di")


def test_it_goes_away_and_comes_back_at_the_same_address(directory):
    directory.add_person("stays")
    directory.stop()
    with pytest.raises(ldap.SERVER_DOWN):
        directory.anonymous().simple_bind_s()
    directory.start()
    assert binds(directory, "stays")


def test_its_administrator_works_on_after_it_ended_an_idle_connection(directory):
    directory.add_person("before")
    idle = socket.socket(fileno=os.dup(directory.administrator.fileno()))
    idle.shutdown(socket.SHUT_RDWR)
    idle.close()
    directory.add_person("after")
    assert binds(directory, "after")


def test_nothing_is_asked_of_it_in_clear(directory):
    with pytest.raises((ldap.STRONG_AUTH_REQUIRED, ldap.CONFIDENTIALITY_REQUIRED)):
        directory.anonymous(directory.plain).simple_bind_s(directory.reader, PASSWORD)
    over = directory.anonymous(directory.plain)
    over.start_tls_s()
    over.simple_bind_s(directory.reader, PASSWORD)
    assert over.whoami_s()
