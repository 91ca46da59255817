"""Every setting one by one, and who changed it last."""

from dataclasses import replace

import pytest

from vedette.admin.settings_list import last_change, last_changes, setting_rows
from vedette.core.revision import Revision
from vedette.core.settings.default import default_document
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.core.settings.reference import settings_reference

TEXT = default_document("Example AG", "example.org") + (
    '[partners.acme]\ndomains = ["acme.example"]\n[media]\nmax_upload = "20 MiB"\n'
)
FIRST = Revision(number=1, text="", digest="", author="init", reason="first", at=1)


def rows():
    document = parse_document(TEXT)
    assert isinstance(document, Document), document
    return {row.path: row for row in setting_rows(document)}


def test_each_setting_without_a_name_is_there_once():
    expected = {info.path for info in settings_reference() if "<name>" not in info.path}
    assert expected <= rows().keys()


def test_a_name_stands_for_each_of_the_documents():
    assert rows()["partners.acme.domains"].value == '["acme.example"]'
    assert "partners.<name>.domains" not in rows()
    assert not [path for path in rows() if path.startswith(("rules.", "guardrails."))]


def test_a_value_is_told_apart_from_its_default_and_from_what_is_recommended():
    upload, session = rows()["media.max_upload"], rows()["sign_in.session"]
    assert (upload.value, upload.differs) == ('"20 MiB"', True)
    assert (session.differs, session.lacks) == (False, False)
    assert not rows()["organisation.name"].differs


@pytest.mark.parametrize(
    ("command", "path", "changed"),
    [
        ("vedette settings set media.max_upload '\"20 MiB\"'", "media.max_upload", True),
        ("vedette settings unset media.max_upload", "media.max_upload", True),
        ("vedette settings set -- media.max_upload -1", "media.max_upload", True),
        ("vedette settings set partners.acme '{ }'", "partners.acme.domains", True),
        ("vedette settings set media.max_upload 1", "media.max", False),
        (
            "vedette settings change --set 'media.max_upload=\"1 B\"' --unset rules.x",
            "rules.x",
            True,
        ),
        ("vedette rule add acme --between us acme --allow all", "rules.acme", True),
        ("vedette rule change acme --allow all --guardrail", "guardrails.acme", True),
        ("vedette rule remove acme", "guardrails.acme", False),
        ("vedette rule add 'unclosed", "rules.unclosed", False),
        ("", "media.max_upload", False),
    ],
)
def test_the_revisions_own_commands_say_what_they_changed(command, path, changed):
    second = replace(FIRST, number=2, author="@olga:example.org", commands=(command,))
    found = last_change(last_changes([FIRST, second]), path)
    assert (found is second) is changed


def test_the_newest_change_counts():
    commands = ("vedette settings set media.max_upload 1",)
    history = [replace(FIRST, number=number, commands=commands) for number in (2, 3)]
    found = last_change(last_changes(history), "media.max_upload")
    assert found is not None
    assert found.number == 3
