"""What a place of revocation lists gives out takes nothing back, whoever stands before it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as x509_ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apps.control.organisation import until
from tests.company_ca import DAY, NOW, Authority, Issued, new_key, points, responder_at, root
from vedette.adapters.memory.certificates import MemoryRevocations
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.sign_in import MemorySignInStore
from vedette.core.language import Language, in_language
from vedette.ports.certificates import RevocationSource
from vedette.ports.errors import Unavailable
from vedette.protocol.x509.crls import Scope
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.judging import judge
from vedette.protocol.x509.values import Distrusted, IssuerPolicy
from vedette.signin.asking import wait_for
from vedette.signin.crl_place import saved_lists
from vedette.signin.revocations import RevocationKeeper

PEOPLE_AT = "http://crl.corp.test/people.crl"
ROOT_AT = "http://crl.corp.test/root.crl"
TOP = root()
PEOPLE = TOP.sub("O=Corp, CN=Corp People")
MACHINES = TOP.sub("O=Corp, CN=Corp Machines")
RENEWED = TOP.sub("O=Corp, CN=Corp People", key=new_key())
"""The same CA by name, after it made itself a new key."""
ANNA, BERT = PEOPLE.person("anna", serial=0x7001), PEOPLE.person("bert", serial=0x7002)


def serial(of: Issued) -> int:
    return of.certificate.serial_number


POLICY = IssuerPolicy(
    name="corp", anchors=(TOP.der,), intermediates=(PEOPLE.der, MACHINES.der, RENEWED.der),
    hard=False, crl=(PEOPLE_AT, ROOT_AT), ocsp="no",
)  # fmt: skip


@dataclass
class Scene:
    """What the sign-in service knows of one company's CAs, and what is to be had at its places."""

    places: MemoryRevocations = field(default_factory=MemoryRevocations)
    clock: MemoryClock = field(default_factory=MemoryClock)
    store: MemorySignInStore = field(default_factory=MemorySignInStore)
    keeper: RevocationKeeper = field(init=False)
    policy: IssuerPolicy = POLICY

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """The service starts, knowing what lies on its disk."""
        self.keeper = RevocationKeeper(
            self.store.certificates, self.places, self.places, self.clock
        )

    def gives(self, list_: bytes, at: str = PEOPLE_AT) -> RevocationSource:
        """From now on a place gives out this list, which is fetched; how the place stands then."""
        self.places.there[at] = list_
        self.places.there.setdefault(ROOT_AT, TOP.crl())
        self.clock.seconds += 700
        begun = self.keeper.begin_lists(self.policy, (), 600, int(self.clock.now()))
        wait_for([each for each in begun if each is not None], 60)
        return self.of(at)

    def of(self, place: str) -> RevocationSource:
        (found,) = (each for each in self.store.certificates.sources() if each.place == place)
        return found

    def fault(self, shown: Issued = ANNA, **policy: object) -> Fault | None:
        """What is wrong with a certificate now, where the settings are `soft`."""
        asked = replace(self.policy, **policy)
        found = judge(shown.der, asked, self.keeper.known("corp"), int(self.clock.now()))
        return found.fault if isinstance(found, Distrusted) else None


@pytest.fixture
def scene() -> Scene:
    made = Scene()
    made.clock.seconds = NOW
    assert made.gives(PEOPLE.crl(serial(ANNA), number=5)).trouble == ""
    assert made.fault() is Fault.REVOKED
    assert made.fault(BERT) is None
    return made


LONGER = {"until": NOW + 9 * DAY}


@pytest.mark.parametrize(
    "genuine",
    [
        TOP.crl(number=1000, since=NOW + 60, **LONGER),  # type: ignore[arg-type]
        MACHINES.crl(number=1000, since=NOW + 60, **LONGER),  # type: ignore[arg-type]
        RENEWED.crl(number=1000, since=NOW + 60, **LONGER),  # type: ignore[arg-type]
        PEOPLE.crl(number=1000, since=NOW + 60, delta=1, **LONGER),  # type: ignore[arg-type]
        PEOPLE.crl(number=1000, since=NOW + 60, **LONGER, extensions=[  # type: ignore[arg-type]
            (x509.IssuingDistributionPoint(None, None, False, True, None, False, False), True)]),
        PEOPLE.crl(number=1000, since=NOW + 60, **LONGER, extensions=[  # type: ignore[arg-type]
            (x509.IssuingDistributionPoint(None, None, False, False, frozenset(
                {x509.ReasonFlags.key_compromise}), False, False), True)]),
    ],
    ids=["the root's", "another CA's", "by the CA's new key", "a delta", "of CAs alone", "of one reason"],
)  # fmt: skip
def test_a_genuine_list_that_speaks_of_others_takes_nothing_back(
    scene: Scene, genuine: bytes
) -> None:
    stands = scene.gives(genuine)
    assert "of another CA, or of other certificates" in stands.trouble
    assert "einer anderen CA" in in_language(stands.trouble, Language.DE)
    assert scene.fault() is Fault.REVOKED
    assert scene.fault(BERT) is None
    # What it hid before goes on in its own numbers: six follows five, not a thousand.
    assert scene.gives(PEOPLE.crl(serial(ANNA), serial(BERT), number=6)).revoked == 2
    assert scene.fault(BERT) is Fault.REVOKED


def test_it_takes_nothing_back_after_a_start_either(scene: Scene) -> None:
    scene.gives(TOP.crl(number=1000, since=NOW + 60, **LONGER))  # type: ignore[arg-type]
    scene.start()
    assert scene.fault() is None, "nothing is known yet"
    scene.gives(TOP.crl(number=1001, since=NOW + 900, **LONGER))  # type: ignore[arg-type]
    assert scene.fault() is Fault.REVOKED
    del scene.places.there[PEOPLE_AT]
    scene.start()
    scene.gives(TOP.crl(), ROOT_AT)
    assert scene.fault() is Fault.REVOKED


def test_a_list_that_an_earlier_release_kept_counts_after_a_start(scene: Scene) -> None:
    kept = PEOPLE.crl(serial(ANNA), serial(BERT), number=6)
    scene.places.saved = {PEOPLE_AT: kept}
    scene.places.there.clear()
    scene.start()
    scene.gives(TOP.crl(), ROOT_AT)
    assert scene.fault(BERT) is Fault.REVOKED


@pytest.mark.parametrize(
    ("bytes_", "says"),
    [
        (PEOPLE.crl(number=4, since=NOW + 60, **LONGER), "an older list than it did before"),  # type: ignore[arg-type]
        (root().crl(number=9, name=PEOPLE.name, **LONGER), "not signed by the CA"),  # type: ignore[arg-type]
        (PEOPLE.crl(number=9, since=NOW + 5 * DAY, **LONGER), "from a time to come"),  # type: ignore[arg-type]
        (PEOPLE.crl(number=9, **LONGER, extensions=[(x509.IssuingDistributionPoint(  # type: ignore[arg-type]
            None, None, False, False, None, True, False), True)]), "of other CAs (indirect)"),
        (b"<html>", "can't be read"),
    ],
    ids=["older", "forged", "from tomorrow", "indirect", "a page"],
)  # fmt: skip
def test_a_list_that_does_not_hold_takes_nothing_back_and_is_told(
    scene: Scene, bytes_: bytes, says: str
) -> None:
    stands = scene.gives(bytes_)
    assert says in stands.trouble
    assert (stands.revoked, scene.fault()) == (1, Fault.REVOKED)
    assert stands.fetched < stands.tried


def test_after_a_ca_made_itself_a_new_key_each_lists_its_own(scene: Scene) -> None:
    new = RENEWED.person("anna")
    scene.gives(RENEWED.crl(serial(new), number=1, since=NOW + 60, **LONGER))  # type: ignore[arg-type]
    assert scene.fault(new) is Fault.REVOKED
    assert scene.fault() is Fault.REVOKED
    # The old key's list is followed by none: who needs it is told, once it is over.
    scene.clock.seconds = NOW + 2 * DAY
    assert scene.fault(BERT, hard=True) is Fault.CRL_EXPIRED
    assert scene.fault(hard=True) is Fault.REVOKED
    # At a place of its own it goes on.
    other = "http://crl.corp.test/old-key.crl"
    scene.policy = replace(scene.policy, crl=(PEOPLE_AT, ROOT_AT, other))
    assert not scene.gives(PEOPLE.crl(number=6, since=NOW + 2 * DAY, **LONGER), other).trouble  # type: ignore[arg-type]
    scene.places.there[ROOT_AT] = TOP.crl(number=2, since=NOW + 2 * DAY, **LONGER)  # type: ignore[arg-type]
    scene.gives(PEOPLE.crl(number=7, since=NOW + 2 * DAY, **LONGER), other)  # type: ignore[arg-type]
    assert scene.fault(BERT, hard=True) is None


def test_base_and_delta_at_one_place_add_up(scene: Scene) -> None:
    scene.gives(PEOPLE.crl(serial(BERT), number=6, since=NOW + 60, delta=5))
    assert (scene.fault(), scene.fault(BERT)) == (Fault.REVOKED, Fault.REVOKED)
    # A whole list with all that the delta added makes it pointless, and the place is well again.
    stands = scene.gives(PEOPLE.crl(serial(ANNA), serial(BERT), number=7, since=NOW + 120))
    assert (stands.trouble, stands.revoked) == ("", 2)
    assert scene.fault(BERT) is Fault.REVOKED


def test_a_delta_without_its_base_says_who_is_revoked_and_nothing_of_others() -> None:
    scene = Scene()
    scene.clock.seconds = NOW
    scene.gives(PEOPLE.crl(serial(ANNA), number=6, delta=5))
    assert scene.fault() is Fault.REVOKED
    assert scene.fault(BERT, hard=True) is Fault.CRL_DELTA_WITHOUT_BASE
    assert scene.fault(BERT) is None


def test_a_list_of_all_replaces_one_of_people_and_lifts_what_was_on_hold(scene: Scene) -> None:
    people_only = [
        (x509.IssuingDistributionPoint(None, None, True, False, None, False, False), True)
    ]
    scene.gives(PEOPLE.crl(serial(BERT), number=6, since=NOW + 60, extensions=people_only))
    assert scene.fault(BERT) is Fault.REVOKED
    stands = scene.gives(PEOPLE.crl(number=7, since=NOW + 120))
    assert stands.trouble == ""
    assert (scene.fault(), scene.fault(BERT)) == (None, None)


def test_not_every_kind_of_list_is_kept_without_end(scene: Scene) -> None:
    for number in range(40):
        place = [x509.UniformResourceIdentifier(f"http://crl.corp.test/{number}.crl")]
        point = x509.IssuingDistributionPoint(place, None, False, False, None, False, False)
        scene.gives(PEOPLE.crl(number=number + 9, since=NOW + 60, extensions=[(point, True)]))
    assert len(scene.keeper.known("corp").crls) <= 17
    assert scene.fault() is Fault.REVOKED


AUTHORITIES: tuple[Authority, ...] = (TOP, PEOPLE, MACHINES, RENEWED)
# Only the numbers of others are greater than that of the list that has her.
_LISTS = st.builds(
    lambda ca, number, gone, delta, since: ca.crl(
        *([serial(ANNA)] if gone else []), number=number + 1000 * (ca is not PEOPLE),
        since=NOW + since, until=NOW + 9 * DAY, delta=max(0, number - 1) if delta else None,
    ),
    st.sampled_from(AUTHORITIES), st.integers(1, 12), st.booleans(), st.booleans(),
    st.integers(0, 600),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(given_out=st.lists(_LISTS, max_size=6), starts=st.integers(0, 6))
def test_no_order_of_genuine_lists_lifts_a_revocation_but_the_cas_own_next_one(
    given_out: list[bytes], starts: int
) -> None:
    scene = Scene()
    scene.clock.seconds = NOW
    scene.gives(PEOPLE.crl(serial(ANNA), number=20, since=NOW, **LONGER))  # type: ignore[arg-type]
    for at, each in enumerate(given_out):
        if at == starts:
            scene.start()
        scene.gives(each)
        assert scene.fault() is Fault.REVOKED
    scene.gives(PEOPLE.crl(number=21, since=NOW + 900, **LONGER))  # type: ignore[arg-type]
    assert scene.fault() is None


@given(st.lists(st.sampled_from([TOP.crl(), PEOPLE.crl(number=3)]), max_size=4))
def test_what_is_saved_is_read_back(lists: list[bytes]) -> None:
    text = b"".join(x509.load_der_x509_crl(each).public_bytes(Encoding.PEM) for each in lists)
    assert saved_lists(text) == (lists or [b""])


@given(st.binary(max_size=200))
def test_any_bytes_of_a_file_are_lists_or_one_that_can_not_be_read(data: bytes) -> None:
    assert saved_lists(data)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (Scope(), Scope(people_only=True)),
        (Scope(), Scope(points=frozenset({"http://a/"}))),
        (Scope(points=frozenset({"http://a/", "http://b/"})), Scope(points=frozenset({"http://a/"}))),
        (Scope(), Scope(reasons=frozenset({x509.ReasonFlags.key_compromise}))),
    ],
)  # fmt: skip
def test_a_wider_scope_covers_a_narrower_one_and_not_the_other_way(
    wide: Scope, narrow: Scope
) -> None:
    assert wide.covers(narrow)
    assert not narrow.covers(wide)
    assert wide.covers(wide)


# ---- Beside one another ------------------------------------------------------------------------------


class Hanging:
    """A place that does not answer until it is let go."""

    def __init__(self) -> None:
        self.asked, self.goes_on, self.over = Event(), Event(), Event()

    def __call__(self, _: bytes) -> bytes:
        self.asked.set()
        assert self.goes_on.wait(60)
        self.over.set()
        raise Unavailable("it did not answer")


SLOW, QUICK = "http://slow.corp.test/", "http://quick.corp.test/"


def test_a_responder_that_hangs_delays_no_other_and_no_sign_in() -> None:
    scene, hanging = Scene(), Hanging()
    scene.clock.seconds = NOW
    one, other = (PEOPLE.person(f"p{at[7]}", responder_at(at)) for at in (SLOW, QUICK))
    scene.policy = replace(scene.policy, crl=(), ocsp="certificate", intermediates=(PEOPLE.der,))
    scene.places.there[SLOW] = hanging

    def answers(request: bytes) -> bytes:
        nonce = x509_ocsp.load_der_ocsp_request(request).extensions[0].value.nonce
        return PEOPLE.answer(other.certificate, revoked=True, nonce=nonce)

    scene.places.there[QUICK] = answers
    asking = threading.Thread(target=scene.keeper.learn, args=(one.der, scene.policy, 600, NOW))
    asking.start()
    try:
        assert hanging.asked.wait(60)
        scene.keeper.learn(other.der, scene.policy, 600, NOW)
        assert scene.fault(other) is Fault.REVOKED
    finally:
        hanging.goes_on.set()
        asking.join()


def test_whoever_signs_in_waits_for_all_that_hangs_together_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vedette.signin.revocations._PATIENCE", 0.2)
    scene, hanging = Scene(), Hanging()
    scene.clock.seconds = NOW
    scene.places.there = {PEOPLE_AT: hanging, ROOT_AT: hanging}
    try:
        scene.keeper.learn(ANNA.der, scene.policy, 600, NOW)
        assert not hanging.over.is_set(), "it waited until somebody let it go"
        until(lambda: len(scene.places.asked) == 2)
        assert scene.fault(hard=True) is Fault.STATUS_UNKNOWN
        # Whoever comes meanwhile asks nobody again.
        scene.keeper.learn(BERT.der, scene.policy, 600, NOW)
        assert sorted(scene.places.asked) == [PEOPLE_AT, ROOT_AT]
    finally:
        hanging.goes_on.set()


def test_a_bug_in_what_asks_is_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    scene.clock.seconds = NOW

    def breaks(_: bytes) -> bytes:
        raise ZeroDivisionError

    scene.places.there[PEOPLE_AT] = breaks
    with pytest.raises(ZeroDivisionError):
        scene.keeper.learn(ANNA.der, scene.policy, 600, NOW)


def test_the_places_of_certificates_are_asked_all() -> None:
    scene = Scene()
    scene.clock.seconds = NOW
    scene.policy = replace(scene.policy, crl=())
    mine = PEOPLE.person("anna", points("http://a.test/1.crl", "http://b.test/2.crl"))
    scene.keeper.learn(mine.der, scene.policy, 600, NOW)
    assert {"http://a.test/1.crl", "http://b.test/2.crl"} <= set(scene.places.asked)
