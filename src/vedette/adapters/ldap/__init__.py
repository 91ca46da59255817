"""The company's directory over LDAP. Only wiring that found `[directory]` in the boot file imports it.

python-ldap is built where it is installed, so that it is an extra of its own: whoever has no
directory needs neither it nor a compiler.
"""

from __future__ import annotations

from importlib.util import find_spec

WAY_IN = "apt install gcc python3-dev libldap2-dev libsasl2-dev && make setup-directory"
MISSING = f"the company's directory needs python-ldap, which is not installed: {WAY_IN}"


def installed() -> bool:
    """Whether python-ldap is there."""
    return find_spec("ldap") is not None
