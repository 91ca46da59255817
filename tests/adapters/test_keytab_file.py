"""The keytab as it lies on the host: what keeps it from being used is said in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocol.kerberos.test_keytab import AES, HEAD, RC4, entry
from vedette.adapters.boot_file import KerberosBoot
from vedette.adapters.kerberos.keytab_file import is_open, keytab_trouble, keytab_weakness

US = "HTTP/chat.corp.test@CORP.TEST"


@pytest.fixture
def keytab(tmp_path: Path) -> Path:
    path = tmp_path / "http.keytab"
    path.write_bytes(HEAD + entry("HTTP/chat.corp.test", "CORP.TEST"))
    path.chmod(0o600)
    return path


def test_one_that_is_ours_alone_and_has_our_name_can_be_used(keytab):
    assert keytab_trouble(keytab, US) is None
    assert keytab_weakness(keytab, US) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_one_that_others_can_read_cannot(keytab, mode):
    assert not is_open(keytab)
    keytab.chmod(mode)
    assert is_open(keytab)
    assert "can be read by others" in str(keytab_trouble(keytab, US))


def test_one_that_is_missing_or_broken_cannot(keytab, tmp_path):
    assert "is missing" in str(keytab_trouble(tmp_path / "none", US))
    assert "can't be read" in str(keytab_trouble(tmp_path, US))
    keytab.write_bytes(b"no keytab at all")
    assert "can't be used" in str(keytab_trouble(keytab, US))


def test_another_name_in_it_is_told_and_case_counts(keytab):
    assert "has no key for" in str(keytab_trouble(keytab, "HTTP/other.corp.test@CORP.TEST"))
    near = keytab_trouble(keytab, "HTTP/Chat.corp.test@CORP.TEST")
    assert "upper and lower case" in str(near)
    assert near is not None
    assert near.german


def test_keys_that_are_weak_alone_are_told(keytab):
    weak = entry("HTTP/chat.corp.test", "CORP.TEST", kvno=3, kind=RC4)
    keytab.write_bytes(HEAD + entry("HTTP/chat.corp.test", "CORP.TEST") + weak)
    assert "only RC4 or DES" in str(keytab_weakness(keytab, US))
    keytab.write_bytes(HEAD + weak + entry("HTTP/chat.corp.test", "CORP.TEST", kvno=3, kind=AES))
    assert keytab_weakness(keytab, US) is None


def test_the_boot_file_takes_only_names_of_services():
    assert KerberosBoot(principal=US).taken == {"CORP.TEST"}
    assert KerberosBoot(principal=US, realms=("A.TEST", "B.TEST")).taken == {"A.TEST", "B.TEST"}
    for wrong in ("chat.corp.test", "HTTP/chat.corp.test", "http/chat@R", "HTTP/a b@R", "HTTP/x@"):
        with pytest.raises(ValueError, match="principal"):
            KerberosBoot(principal=wrong)
