"""What a CA revokes is told to us, by an administrator or by the CA's own procedure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.apps.control.sign_in import (
    ALICE,
    BY_HELPER,
    BY_OFFICER,
    NOW,
    OFFICER,
    TEXT,
    Desks,
    session,
)
from tests.company_ca import root
from tests.conformance.test_certificates_store import kept
from vedette.admin.actor import Actor
from vedette.admin.certificates import CertificatesDesk, serial_of
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act
from vedette.core.names import UserId
from vedette.core.sessions import SessionState, ShownCertificate
from vedette.core.tokens import ApiToken
from vedette.ports.certificates import RevocationSource

CA = root()
ISSUER = f"\n[issuers.company]\nanchors = ['''{CA.issued.pem}''']\n"
BOB = UserId("@bob:example.org")


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    made = Desks(tmp_path, text=TEXT + ISSUER)
    yield made
    made.close()


@pytest.fixture
def desk(desks: Desks) -> CertificatesDesk:
    return CertificatesDesk(desks.door, desks.keyless, desks.clock, desks._tell)


def stands(
    desks: Desks, name: str, number: int, user: UserId = ALICE, issuer: str = "company"
) -> str:
    card = kept(number, issuer=issuer, thumbprint=f"{issuer}-{number}".rjust(43, "0"))
    desks.store.certificates.keep(card)
    shown = ShownCertificate(thumbprint=card.thumbprint, issuer=issuer, serial=card.serial)
    made = session(name, user)
    desks.add(replace(made, facts=replace(made.facts, certificates=(shown,))))
    return made.id


async def test_every_session_that_stands_on_it_ends_and_no_other(
    desks: Desks, desk: CertificatesDesk
) -> None:
    ids = [stands(desks, "one", 16), stands(desks, "two", 16), stands(desks, "other", 17),
           stands(desks, "elsewhere", 16, BOB, "another")]  # fmt: skip
    serial = kept(16).serial
    done = await desk.revoked(BY_OFFICER, "company", serial, "card lost")
    assert (done.ended, done.known, desks.told) == (2, False, 1)
    states = [desks.store.session(each) for each in ids]
    ended, live = SessionState.ENDED, SessionState.LIVE
    assert [each.state for each in states if each] == [ended, ended, live, live]
    assert states[0] is not None
    assert states[0].because == "its certificate was revoked"
    again = await desk.revoked(BY_OFFICER, "company", serial, "card lost")
    assert (again.ended, again.known) == (0, True)
    told = desks.store.certificates.revocation("company", serial)
    assert told is not None
    assert told.because == "card lost"


async def test_it_is_on_record_before_anything_is_done(
    desks: Desks, desk: CertificatesDesk
) -> None:
    id_ = stands(desks, "one", 16)
    desks.audit.full = True
    with pytest.raises(Rejected) as refused:
        await desk.revoked(BY_OFFICER, "company", kept(16).serial, "card lost")
    assert refused.value.code is Code.UNAVAILABLE
    found = desks.store.session(id_)
    assert found is not None
    assert found.state is SessionState.LIVE
    assert desks.store.certificates.revocations() == 0


async def test_a_certificate_that_nobody_showed_is_refused_when_it_comes(
    desk: CertificatesDesk,
) -> None:
    done = await desk.revoked(BY_OFFICER, "company", "7B", "never handed out")
    assert (done.serial, done.ended) == ("7b", 0)


async def test_an_issuer_that_there_is_not_is_named_with_those_there_are(
    desk: CertificatesDesk,
) -> None:
    with pytest.raises(Rejected, match="no issuer `x`") as refused:
        await desk.revoked(BY_OFFICER, "x", "7b", "card lost")
    assert "company" in str(refused.value.hint)
    for reason, serial in (("", "7b"), ("card lost", "xyz"), ("card lost", "0")):
        with pytest.raises(Rejected):
            await desk.revoked(BY_OFFICER, "company", serial, reason)


async def test_a_token_for_nothing_else_can_do_just_this(
    desks: Desks, desk: CertificatesDesk
) -> None:
    token = ApiToken(
        id="t1", user=OFFICER, acts=frozenset({Act.ADMINISTRATION_SHOWN_CERTIFICATE_REVOKE}),
        over=frozenset(), made=NOW, made_by="x", expires=NOW + 99, reason="the CA", digest="",
    )  # fmt: skip
    hook = Actor.through(token)
    assert (await desk.revoked(hook, "company", "7b", "at the CA")).record
    with pytest.raises(Rejected):
        await desk.standing(hook)
    with pytest.raises(Rejected):
        await desk.revoked(BY_HELPER, "company", "7c", "at the CA")


async def test_what_is_known_is_shown_with_who_is_signed_in(
    desks: Desks, desk: CertificatesDesk
) -> None:
    stands(desks, "one", 16)
    stands(desks, "two", 40)
    source = RevocationSource(issuer="company", place="http://crl.test/", kind="crl", tried=NOW)
    desks.store.certificates.note_source(source)
    desks.store.certificates.note_source(replace(source, issuer="gone"))
    standing = await desk.standing(BY_OFFICER)
    assert (list(standing.issuers), standing.sources, standing.ending) == (
        ["company"],
        (source,),
        1,
    )
    page = await desk.page(BY_OFFICER, "", 1)
    assert [each.certificate.serial for each in page.certificates] == [kept(16).serial]
    assert [use.user for use in page.certificates[0].uses] == [ALICE]
    rest = await desk.page(BY_OFFICER, page.next or "", 1)
    assert [each.certificate.serial for each in rest.certificates] == [kept(40).serial]
    assert rest.next is None
    with pytest.raises(Rejected):
        await desk.page(BY_HELPER)


@pytest.mark.parametrize(
    ("text", "serial"),
    [("0A", "0a"), ("a", "0a"), ("0x1000", "1000"), ("01:02:FF", "0102ff"), (" 00ff ", "ff")],
)
def test_a_serial_number_is_read_as_it_is_printed_anywhere(text: str, serial: str) -> None:
    assert serial_of(text) == serial


@given(st.text(max_size=60))
def test_whatever_is_typed_as_a_serial_number_is_one_or_is_refused(text: str) -> None:
    try:
        found = serial_of(text)
    except Rejected:
        return
    assert serial_of(found) == found
    assert int(found, 16) > 0
