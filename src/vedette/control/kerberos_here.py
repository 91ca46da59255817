"""How Kerberos stands on this host. Needs no running control, and nothing that takes tickets."""

from __future__ import annotations

from vedette.adapters import kerberos
from vedette.adapters.boot_file import Boot
from vedette.adapters.kerberos.keytab_file import is_open, keytab_trouble, keytab_weakness
from vedette.admin.kerberos import KerberosSeen


def kerberos_seen(boot: Boot) -> KerberosSeen | None:
    """What `doctor` says of it; None where the boot file sets none up."""
    own = boot.signin.kerberos
    if own is None:
        return None
    keytab = boot.path(own.keytab)
    return KerberosSeen(
        missing="" if kerberos.installed() else kerberos.WAY_IN,
        open=is_open(keytab),
        trouble=keytab_trouble(keytab, own.principal),
        weak=keytab_weakness(keytab, own.principal),
    )
