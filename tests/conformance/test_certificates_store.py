# ruff: noqa: F401, F811  # fixtures are named where they are used
"""What every sign-in store promises of certificates, in memory, in SQLite and in PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

from tests.conformance.test_sign_in_store import ALICE, BEN, DAY, FACTS, NOW, server, session, store
from vedette.core.sessions import SessionFacts, SessionState, ShownCertificate
from vedette.ports.certificates import (
    CERTIFICATE_KEPT,
    KeptCertificate,
    RevocationSource,
    RevokedCertificate,
    place_of,
)
from vedette.ports.sign_in import RETENTION, SignInStore


def kept(number: int, **changes: object) -> KeptCertificate:
    made = KeptCertificate(
        thumbprint=f"{number:043d}",
        der=b"\x30" * number,
        issuer="company",
        serial=f"{number:x}",
        subject=f"CN=Card {number}",
        localpart="alice",
        ends=NOW + number * DAY,
        shown=NOW,
        checked=NOW,
    )
    return replace(made, **changes)


def with_(*certificates: KeptCertificate) -> SessionFacts:
    shown = tuple(
        ShownCertificate(thumbprint=each.thumbprint, issuer=each.issuer, serial=each.serial)
        for each in certificates
    )
    return replace(FACTS, certificates=shown)


def test_a_certificate_is_kept_as_it_was_last_seen(store: SignInStore) -> None:
    store.certificates.keep(kept(1))
    store.certificates.keep(kept(1, shown=NOW + 5, subject="CN=\u00dcbung"))
    assert store.certificates.kept(kept(1).thumbprint) == kept(
        1, shown=NOW + 5, subject="CN=\u00dcbung"
    )
    assert store.certificates.kept("another") is None


def test_certificates_are_listed_by_their_end_a_page_at_a_time(store: SignInStore) -> None:
    for number in (3, 1, 2):
        store.certificates.keep(kept(number))
    store.certificates.keep(kept(9, ends=kept(2).ends))
    found, after = [], ""
    while page := store.certificates.listed(after, 2):
        found += [each.serial for each in page]
        after = place_of(page[-1])
    assert found == ["1", "2", "9", "3"]


def test_a_session_stands_on_the_certificates_of_its_facts_until_it_ends(
    store: SignInStore,
) -> None:
    card, device = kept(1), kept(2)
    for each in (card, device):
        store.certificates.keep(each)
    store.add_session(session(1, facts=with_(card)), None, NOW)
    store.add_session(session(2, BEN, facts=with_(card, device)), None, NOW)
    store.add_session(session(3), None, NOW)
    uses = store.certificates.uses()
    assert {(use.user, use.serial) for use in uses} == {(ALICE, "1"), (BEN, "1"), (BEN, "2")}
    assert {use.ends for use in uses} == {card.ends, device.ends}
    store.set_facts(session(2).id, with_(device))
    found = store.certificates.used_by([card.thumbprint, device.thumbprint, "x"])
    assert {key: [use.user for use in uses] for key, uses in found.items()} == {
        card.thumbprint: [ALICE],
        device.thumbprint: [BEN],
    }
    assert store.certificates.ending(NOW + 2 * DAY) == 1
    store.move_session(session(1).id, SessionState.ENDED, "x", NOW)
    assert [use.user for use in store.certificates.uses()] == [BEN]
    assert store.certificates.ending(NOW + 2 * DAY) == 0


def test_uses_are_found_by_the_serial_number_and_by_when_the_certificate_ended(
    store: SignInStore,
) -> None:
    cards = [kept(number, ends=NOW + number) for number in range(1, 5)]
    for number, card in enumerate(cards):
        store.certificates.keep(card)
        store.add_session(session(number, facts=with_(card)), None, NOW)
    store.move_session(session(1).id, SessionState.ENDED, "x", NOW)

    def found(*which: object, **more: object) -> set[str]:
        return {use.serial for use in store.certificates.uses(*which, **more)}  # type: ignore[arg-type]

    issuer = cards[0].issuer
    assert found(issuer, serial="3") == {"3"}
    assert found(issuer, serial="2") == found("other", serial="3") == set()
    assert found(ended=NOW + 4) == {"1", "3"}
    assert found(ended=NOW + 9, since=NOW + 3) == {"3", "4"}
    assert found("other", NOW + 9) == set()


def test_how_a_certificate_was_judged_is_noted(store: SignInStore) -> None:
    store.certificates.keep(kept(1))
    store.certificates.checked(kept(1).thumbprint, "it was revoked", NOW + 9)
    store.certificates.checked("unknown", "it was revoked", NOW + 9)
    found = store.certificates.kept(kept(1).thumbprint)
    assert found is not None
    assert (found.trouble, found.checked, found.shown) == ("it was revoked", NOW + 9, NOW)


def test_what_was_revoked_is_known_for_good_and_once(store: SignInStore) -> None:
    told = RevokedCertificate(issuer="company", serial="1f", at=NOW, because="card lost")
    assert store.certificates.revoke(told) is True
    assert store.certificates.revoke(replace(told, at=NOW + 1)) is False
    assert store.certificates.revocation("company", "1f") == told
    assert store.certificates.revocation("another", "1f") is None
    assert store.certificates.revocations() == 1
    later = replace(told, serial="2", at=NOW + 1)
    store.certificates.revoke(later)
    assert store.certificates.told() == (later, told)
    store.sweep(NOW + 2 * RETENTION)
    assert store.certificates.revocations() == 2


def test_sources_are_known_as_they_stand_and_those_that_are_asked_no_more_are_forgotten(
    store: SignInStore,
) -> None:
    source = RevocationSource(issuer="company", place="http://crl.test/a", kind="crl", tried=NOW)
    other = replace(source, place="/etc/b.crl", fetched=NOW, next_update=NOW + DAY, revoked=3)
    for each in (replace(source, trouble="it does not answer"), other, source):
        store.certificates.note_source(each)
    store.certificates.note_source(replace(source, issuer="aaa"))
    assert store.certificates.sources() == (replace(source, issuer="aaa"), other, source)
    store.certificates.forget_sources("company", [source.place])
    assert store.certificates.sources() == (replace(source, issuer="aaa"), source)
    store.certificates.forget_sources("company", [])
    assert store.certificates.sources() == (replace(source, issuer="aaa"),)


def test_a_certificate_that_nobody_used_for_long_is_forgotten(store: SignInStore) -> None:
    store.certificates.keep(kept(1))
    store.certificates.keep(kept(2))
    store.add_session(session(1, facts=with_(kept(2))), None, NOW)
    store.sweep(NOW + CERTIFICATE_KEPT - 1)
    assert store.certificates.kept(kept(1).thumbprint) is not None
    store.sweep(NOW + CERTIFICATE_KEPT)
    assert store.certificates.kept(kept(1).thumbprint) is None
    assert store.certificates.kept(kept(2).thumbprint) is not None
