from __future__ import annotations

import pytest
from pydantic import ValidationError

from vedette.core.names import ServerName, UserId
from vedette.core.settings.document import Document, Organisation, Party

ORGANISATION = Organisation(name="Example", domain=ServerName("example.org"))


def test_an_empty_document_allows_nothing_between_people():
    document = Document(organisation=ORGANISATION)
    assert (document.rules, document.guardrails) == ({}, {})


def test_the_defaults_are_those_of_the_design():
    document = Document(organisation=ORGANISATION)
    assert document.messages.encrypted == "allowed"
    assert document.media.max_upload == 50 * 1024 * 1024
    assert document.streams.lifetime == 7 * 24 * 60 * 60
    assert document.push.gateways == ()
    assert document.audit.permitted == "counts"


def test_a_document_can_not_be_changed_after_it_was_read():
    with pytest.raises(ValidationError):
        ORGANISATION.name = "Other"


def test_names_are_typed_and_lower_case():
    document = Document.model_validate(
        {
            "organisation": {"name": "Example", "domain": "EXAMPLE.org"},
            "parties": {"staff": {"users": ["@tim:example.org"]}},
        }
    )
    assert type(document.organisation.domain) is ServerName
    assert document.organisation.domain == "example.org"
    assert type(document.parties["staff"].users[0]) is UserId


def test_python_names_of_keys_are_not_read_from_a_text():
    with pytest.raises(ValidationError):
        Party.model_validate({"except_": []}, by_alias=True, by_name=False)
