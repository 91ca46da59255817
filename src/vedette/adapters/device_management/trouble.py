"""Why an inventory can't be read, with what mends it; and the files that it needs."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from vedette.core.language import NOTHING, Sentence, as_is, said_by, told
from vedette.ports.device_management import InventoryTold
from vedette.ports.directory import Check
from vedette.ports.errors import Unavailable

_LARGEST_SECRET = 64 << 10


class Trouble(Unavailable):
    """An inventory can't be read. `mend` is what to do, empty where only waiting helps."""

    def __init__(self, words: Sentence, mend: Sentence = NOTHING) -> None:
        """Say what is wrong and what mends it."""
        super().__init__(words)
        self.mend = mend


def distrusted(place: str, why: object) -> Trouble:
    """A server whose certificate does not hold."""
    return Trouble(
        told("the certificate of `{place}` does not hold: {why}", place=place, why=why),
        told("(name its CA as `ca` in the boot file, and its address as its certificate has it)"),
    )


def silent(place: str, fault: Exception) -> Trouble:
    """A server that can't be reached, or does not answer in time."""
    return Trouble(
        told(
            "`{place}` does not answer: {why}", place=place, why=str(fault) or type(fault).__name__
        ),
        told("(see whether this host may reach it)"),
    )


def secret_text(path: Path) -> str:
    """What a file of mode 0600 holds, without blanks around it. Raises Trouble."""
    return secret_bytes(path).decode("utf-8", "replace").strip()


def secret_bytes(path: Path) -> bytes:
    """What a file of mode 0600 holds. Raises Trouble where others can read it, or it is empty."""
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Trouble(told("others can read `{path}`", path=path), as_is(f"chmod 600 {path}"))
        with path.open("rb") as file:
            held = file.read(_LARGEST_SECRET)
    except OSError as fault:
        raise Trouble(
            told("`{path}` can't be read: {why}", path=path, why=fault.strerror or ""),
            as_is(f"install -m 600 /dev/null {path} && editor {path}"),
        ) from fault
    if not held.strip():
        raise Trouble(told("`{path}` is empty", path=path), as_is(f"editor {path}"))
    return held


def tls_for(ca: Path | None) -> ssl.SSLContext:
    """TLS that trusts `ca` alone, or the machine's CAs where there is none. Raises Trouble."""
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as fault:
        raise Trouble(
            told("`{path}` holds no CA: {why}", path=ca, why=fault),
            told("put the CA of its server there (PEM)"),
        ) from fault
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Python 3.13 verifies strictly by default; MeshCentral's own authority has no key identifiers.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def tried_by(prepared: Callable[[], object], read: Callable[[], InventoryTold]) -> Iterator[Check]:
    """What comes of trying: first the files that it needs, then all it has."""
    what = told("files of the boot file")
    try:
        prepared()
    except Unavailable as fault:
        yield failed(what, fault)
        return
    yield Check(what, True, told("they can be used"))
    what = told("devices")
    try:
        found = read()
    except Unavailable as fault:
        yield failed(what, fault)
        return
    yield Check(what, True, told("it tells of {count} devices", count=len(found.devices)))
    if found.left_out:
        some = "; ".join(found.left_out[:3])
        words = told("{count} are left out: {some}", count=len(found.left_out), some=some)
        mend = told("(correct them in the device management; until then they count as retired)")
        yield Check(told("devices that can't be taken"), False, words, mend)


def failed(what: Sentence, fault: Unavailable) -> Check:
    """A failure, with what mends it."""
    mend = fault.mend if isinstance(fault, Trouble) else NOTHING
    return Check(what, False, said_by(fault), mend or told("(wait; it is tried again by itself)"))
