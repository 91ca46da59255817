"""What `doctor` says of Kerberos."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from vedette.adapters.boot_file import NAME, Boot
from vedette.admin.findings import Found, Health
from vedette.core.language import Sentence, told
from vedette.core.settings.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class KerberosSeen:
    """What is seen of Kerberos here. `missing` is the command that installs what takes tickets, empty
    where it is there; `trouble` why the keytab can't be used, `weak` what is weak about it, `open`
    whether others can read it.
    """

    missing: str = ""
    open: bool = False
    trouble: Sentence | None = None
    weak: Sentence | None = None


def kerberos_found(boot: Boot, document: Document, found: KerberosSeen | None) -> Iterable[Found]:
    """Whether Kerberos tickets can be taken where the settings offer it."""
    own, file = boot.signin.kerberos, boot.folder / NAME
    offered = document.sign_in.kerberos == "yes"
    if own is None or found is None:
        if offered:
            words = told("the settings offer Kerberos, but no keytab is named here")
            mend = f'add `principal = "HTTP/…@…"` as [signin.kerberos] to {file}'
            yield Found("kerberos", Health.BROKEN, words, mend)
        return
    keytab, host = boot.path(own.keytab), urlsplit(boot.gateway.client_url).hostname
    if found.missing:
        words = told("Kerberos needs gssapi, which is not installed")
        yield Found("kerberos", Health.BROKEN, words, found.missing)
    if found.trouble is not None:
        mend = f"chmod 600 {keytab}" if found.open else f"install -m 600 KEYTAB {keytab}"
        yield Found(
            "kerberos", Health.BROKEN, found.trouble, mend, told("docs/operate/kerberos.md")
        )
    if found.weak is not None:
        mend, note = f"install -m 600 KEYTAB {keytab}", told("made anew with AES keys")
        yield Found("kerberos", Health.WEAK, found.weak, mend, note)
    if own.principal.partition("@")[0].casefold() != f"http/{host}":
        words = told(
            "browsers ask for a ticket for `HTTP/{host}`, and the keys are for `{principal}`",
            host=host,
            principal=own.principal,
        )
        yield Found("kerberos", Health.BROKEN, words, f"setspn -S HTTP/{host} ACCOUNT")
    elif not offered:
        words = told("Kerberos is set up here, and the settings do not offer it")
        mend = "vedette settings set sign_in.kerberos yes --reason …"
        yield Found("kerberos", Health.WEAK, words, mend)
    elif not (found.missing or found.trouble or found.weak):
        words = told(
            "tickets for `{principal}` are taken; the clocks of computers, domain controllers and this "
            "host may differ by five minutes at most",
            principal=own.principal,
        )
        yield Found("kerberos", Health.GOOD, words)
