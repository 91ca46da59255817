"""What the password port promises, asked of the real hasher and of real list files."""

import hashlib
import statistics
import time
import unicodedata
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.adapters.breached_list import BreachedList
from vedette.adapters.passwords import LONGEST, Argon2Passwords
from vedette.ports.errors import Unavailable
from vedette.ports.factors import PasswordFault, Verified

PASSWORDS = Argon2Passwords()
GOOD = "correct horse battery"


def test_the_right_password_is_right_and_every_other_wrong():
    kept = PASSWORDS.hash(GOOD)
    assert PASSWORDS.verify(GOOD, kept) == Verified(ok=True, rehash=False)
    assert PASSWORDS.verify(GOOD + " ", kept) == Verified(ok=False, rehash=False)


def test_the_parameters_are_those_of_rfc_9106():
    found = extract_parameters(PASSWORDS.hash(GOOD))
    assert (found.type.name, found.time_cost, found.memory_cost, found.parallelism) == (
        "ID",
        3,
        64 * 1024,
        4,
    )


def test_an_accent_is_the_same_on_every_keyboard():
    composed = unicodedata.normalize("NFC", "pässwörter")
    apart = unicodedata.normalize("NFD", composed)
    assert composed != apart
    assert PASSWORDS.verify(apart, PASSWORDS.hash(composed)).ok


def test_nobodys_password_is_wrong_whatever_it_is():
    assert PASSWORDS.verify(GOOD, None) == Verified(ok=False, rehash=False)
    assert PASSWORDS.verify("", None) == Verified(ok=False, rehash=False)


def test_an_unknown_person_takes_as_long_as_a_wrong_password():
    """By the time of a processor: how long that lasts depends on what else the machine does."""
    kept = PASSWORDS.hash(GOOD)

    def seconds(stored: str | None) -> float:
        began = time.process_time()
        PASSWORDS.verify("wrong", stored)
        return time.process_time() - began

    pairs = [(seconds(kept), seconds(None)) for _ in range(15)]
    known, unknown = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"wrong password {known * 1000:.1f} ms, unknown person {unknown * 1000:.1f} ms")
    assert abs(known - unknown) < 0.35 * known  # far under what a network lets anybody see


def test_an_old_hash_still_opens_and_asks_to_be_made_anew():
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(GOOD)
    assert PASSWORDS.verify(GOOD, old) == Verified(ok=True, rehash=True)


@given(stored=st.text(max_size=60) | st.just("$argon2id$v=19$m=65536,t=3,p=4$c29t$"))
@settings(max_examples=20, deadline=None)
def test_whatever_stands_in_the_store_opens_nothing(stored):
    assert not PASSWORDS.verify(GOOD, stored).ok


def test_a_password_that_is_too_long_is_never_cut():
    long = "x" * (LONGEST + 1)
    with pytest.raises(ValueError, match="1024"):
        PASSWORDS.hash(long)
    kept = PASSWORDS.hash(long[:-1])
    assert PASSWORDS.verify(long[:-1], kept).ok
    assert not PASSWORDS.verify(long, kept).ok
    assert PASSWORDS.fault(long, 12, "") is PasswordFault.TOO_LONG


def test_half_a_character_is_no_password():
    assert not PASSWORDS.verify("\ud800", PASSWORDS.hash(GOOD)).ok
    assert PASSWORDS.fault("\ud800" * 12, 12, "") is PasswordFault.TOO_LONG


def test_characters_are_counted_not_bytes():
    assert PASSWORDS.fault("ä" * 11, 12, "") is PasswordFault.TOO_SHORT
    assert PASSWORDS.fault("ä" * 12, 12, "") is None


def sha1(word: str) -> str:
    return hashlib.sha1(word.encode(), usedforsecurity=False).hexdigest().upper()


def write_hashes(path: Path, words: list[str], end: str = "\r\n") -> str:
    lines = (
        f"{line}:{number * number + 1}" for number, line in enumerate(sorted(map(sha1, words)))
    )
    path.write_bytes(end.join(lines).encode())
    return str(path)


def test_a_breached_password_is_refused_by_its_hash(tmp_path):
    listed = write_hashes(tmp_path / "hashes.txt", [GOOD, "another one here", "third"])
    assert PASSWORDS.fault(GOOD, 12, listed) is PasswordFault.BREACHED
    assert PASSWORDS.fault(GOOD + "!", 12, listed) is None


def test_a_breached_password_is_refused_by_its_word(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text(f"123456\r\n{GOOD}\nlast of the list", encoding="utf-8")
    assert PASSWORDS.fault(GOOD, 12, str(path)) is PasswordFault.BREACHED
    assert PASSWORDS.fault(GOOD.upper(), 12, str(path)) is PasswordFault.BREACHED
    assert PASSWORDS.fault("last of the list", 12, str(path)) is PasswordFault.BREACHED
    assert PASSWORDS.fault("last of the lis", 12, str(path)) is None
    assert PASSWORDS.fault(f"123456\r\n{GOOD}", 12, str(path)) is None


@pytest.mark.parametrize("content", [None, b""], ids=["missing", "empty"])
def test_a_list_that_is_not_there_lets_nothing_pass(tmp_path, content):
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unavailable, match="breached"):
        PASSWORDS.fault(GOOD, 12, str(path))


def test_hashes_in_another_order_are_no_list(tmp_path):
    path = tmp_path / "by_count.txt"
    path.write_text("\n".join(f"{sha1(str(number))}:9" for number in range(200)))
    with pytest.raises(Unavailable, match="ascending"):
        PASSWORDS.fault(GOOD, 12, str(path))


def test_a_damaged_list_lets_nothing_pass(tmp_path):
    path = tmp_path / "damaged.txt"
    first = "0" * 40
    path.write_text(first + ":1\n" + "z" * 4000)
    with pytest.raises(Unavailable):
        PASSWORDS.fault(GOOD, 12, str(path))


def test_a_new_list_in_its_place_is_seen(tmp_path):
    path = tmp_path / "list.txt"
    write_hashes(path, ["something else"])
    assert PASSWORDS.fault(GOOD, 12, str(path)) is None
    path.unlink()
    path.write_text(f"plain\n{GOOD}\n")
    assert PASSWORDS.fault(GOOD, 12, str(path)) is PasswordFault.BREACHED


@given(
    words=st.lists(st.integers(0, 400).map(str), min_size=1, unique=True),
    asked=st.integers(0, 400).map(str),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_the_list_holds_exactly_what_is_in_it(tmp_path_factory, words, asked, end, last):
    path = tmp_path_factory.mktemp("list") / "hashes.txt"
    write_hashes(path, words, end)
    if last:
        path.write_bytes(path.read_bytes() + end.encode())
    assert BreachedList(str(path)).holds([asked]) is (asked in words)
