"""What ends by itself is told a month before, with what helps; and counted for whoever watches."""

from __future__ import annotations

import base64
import shlex
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.company_ca import root
from vedette.admin.ending import SOON_DAYS, ends_of, settings_ending, tokens_ending
from vedette.admin.findings import Found
from vedette.api.metrics import Measured, metrics_text
from vedette.core.asks import Act
from vedette.core.names import UserId
from vedette.core.settings.default import default_document
from vedette.core.settings.document import Document
from vedette.core.settings.edit import set_value
from vedette.core.settings.parse import parse_document
from vedette.core.tokens import ApiToken

TODAY = datetime.now(UTC).date()
KEY = "ed25519:a_1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def ca_that_ends(last: date) -> str:
    ends = datetime(last.year, last.month, last.day, 12, tzinfo=UTC)
    made = root("CN=Acme Root", since=1, until=int(ends.timestamp()))
    return base64.b64encode(made.issued.der).decode()


def document(path: str, value: str) -> Document:
    text = default_document("Example AG", "example.org")
    text = set_value(text, "partners.acme", '{ domains = ["acme.example"] }')
    found = parse_document(set_value(text, path, value))
    assert isinstance(found, Document), found
    return found


def of(kind: str, last: date) -> Document:
    match kind:
        case "rule":
            return document("rules.talk.expires", str(last))
        case "partner":
            return document("partners.acme.valid_until", str(last))
        case "key":
            return document("partners.acme.keys", f'["{KEY} until {last}", "{KEY}"]')
        case _:
            return document("partners.acme.ca", f'["{ca_that_ends(last)}"]')


KINDS = {
    "rule": ("the allow `talk` ends on", "vedette settings set rules.talk.expires"),
    "partner": ("the partner `acme` ends on", "vedette settings set partners.acme.valid_until"),
    "key": ("the key `ed25519:a_1` of the partner `acme` ends on", "vedette partner check acme"),
    "ca": ("of the partner `acme` ends on", "vedette partner check acme"),
}


def found(document: Document) -> list[Found]:
    return list(settings_ending(document, TODAY.toordinal()))


@pytest.mark.parametrize("kind", KINDS)
def test_what_ends_within_a_month_is_told_with_what_helps(kind: str) -> None:
    words, mend = KINDS[kind]
    (soon,) = found(of(kind, TODAY + timedelta(days=5)))
    assert words in soon.words
    assert soon.words.endswith(", in 5 days")
    assert shlex.split(soon.mend or "")[: len(mend.split())] == mend.split()
    (last_day,) = found(of(kind, TODAY))
    assert last_day.words.endswith(", in 0 days")
    (over,) = found(of(kind, TODAY - timedelta(days=1)))
    assert "ended on" in over.words
    assert found(of(kind, TODAY + timedelta(days=SOON_DAYS + 1))) == []


def token(days: int) -> ApiToken:
    midnight = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
    ends = midnight + timedelta(days=days + 1)
    return ApiToken(
        id="0123456789", user=UserId("@anna:example.org"), over=frozenset(), made=1,
        acts=frozenset({Act.ADMINISTRATION_SETTINGS_READ}), made_by="x", reason="nightly report",
        expires=int(ends.timestamp()), digest="d",
    )  # fmt: skip


def test_a_token_that_ends_is_told_until_it_has() -> None:
    (soon,) = tokens_ending([token(3)], TODAY.toordinal())
    assert soon.words.startswith("the token `0123456789` of `@anna:example.org` (nightly report)")
    assert soon.words.endswith("in 3 days")
    assert soon.mend == "vedette token list"
    far, over = token(SOON_DAYS + 1), token(-1)
    assert list(tokens_ending([far, over], TODAY.toordinal())) == []


def test_every_end_is_counted_by_the_moment_at_which_it_is_over() -> None:
    last = date(2030, 6, 30)
    after = datetime(2030, 7, 1, tzinfo=UTC).timestamp()
    for kind, name in (("rule", "talk"), ("partner", "acme"), ("key", "acme ed25519:a_1")):
        assert list(ends_of(of(kind, last), [])) == [(kind, name, after)]
    own = document("issuers.corp", f'{{ anchors = ["{ca_that_ends(last)}"] }}')
    ((kind, name, at),) = ends_of(own, [])
    assert (kind, name[:5], at) == ("issuer", "corp ", after - 12 * 3600)
    ends = tuple(ends_of(of("partner", last), [token(3)]))
    said = metrics_text(
        Measured(decisions={}, chains={}, broken=frozenset(), doors=(), revision=1, officers=2,
                 ends=ends)
    )  # fmt: skip
    assert f'vedette_end_seconds{{kind="partner",name="acme"}} {after:.15g}' in said
    assert 'vedette_end_seconds{kind="token",name="0123456789"}' in said
    assert "vedette_officers 2" in said
    assert "anna" not in said
