"""The keytab as it lies on this host: whether it can be used, and what is weak about it."""

from __future__ import annotations

import stat
from pathlib import Path

from vedette.core.language import Sentence, told
from vedette.protocol.kerberos.keytab import Entry, NoKeytab, entries_in
from vedette.protocol.kerberos.principals import realm_of


def keytab_trouble(path: Path, principal: str) -> Sentence | None:
    """Why the keytab can't be used for this name, in words; None where it can."""
    entries = _read(path)
    if isinstance(entries, Sentence):
        return entries
    if is_open(path):
        return told("`{path}` can be read by others, who could sign in as anybody", path=path)
    if any(each.principal == principal for each in entries):
        return None
    near = next((each for each in entries if _near(each.principal, principal)), None)
    if near is not None:
        return told(
            "`{path}` has a key for `{near}`, which is not `{principal}`: upper and lower case count",
            path=path,
            near=near.principal,
            principal=principal,
        )
    return told("`{path}` has no key for `{principal}`", path=path, principal=principal)


def keytab_weakness(path: Path, principal: str) -> Sentence | None:
    """What is weak about a keytab that can be used; None where nothing is."""
    entries = _read(path)
    if isinstance(entries, Sentence):
        return None
    newest = max((each.kvno for each in entries if each.principal == principal), default=0)
    own = [each for each in entries if each.principal == principal and each.kvno == newest]
    if not own or not all(each.is_weak for each in own):
        return None
    return told(
        "`{path}` has only RC4 or DES keys for `{principal}`, and {realm} may give out no tickets by them",
        path=path,
        principal=principal,
        realm=realm_of(principal),
    )


def is_open(path: Path) -> bool:
    """Whether others on this host may do anything with the file."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def _near(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _read(path: Path) -> tuple[Entry, ...] | Sentence:
    try:
        return entries_in(path.read_bytes())
    except FileNotFoundError:
        return told("`{path}` is missing", path=path)
    except OSError as fault:
        return told("`{path}` can't be read: {strerror}", path=path, strerror=fault.strerror)
    except NoKeytab as fault:
        return told("`{path}` can't be used: {fault}", path=path, fault=fault)
