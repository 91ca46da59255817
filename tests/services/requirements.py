"""The Debian packages that tests drive, the oldest versions that they work with, and why a test cannot run.

A test whose package is missing or too old is skipped with the package and the Debian release that
has it, whatever system it runs on.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Folders of servers' programs, which are not in every user's PATH."""


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package: `files` are programs, or patterns of absolute paths.

    `oldest` is a version that Debian 12 does not have. It is compared only if dpkg installed the
    package.
    """

    name: str
    files: tuple[str, ...]
    oldest: str = ""
    since: str = ""
    """The first release with the package, or with `oldest`, if that is not Debian 12."""


def lacking(*packages: Package) -> str:
    """Return why a test of these packages cannot run here; empty if it can."""
    return "; ".join(filter(None, map(_fault, packages)))


def needs(*packages: Package) -> pytest.MarkDecorator:
    """Return the mark that skips tests of these packages where they cannot run."""
    fault = lacking(*packages)
    return pytest.mark.skipif(bool(fault), reason=fault)


def require(*packages: Package) -> None:
    """Skip the running test if a package is missing or too old."""
    fault = lacking(*packages)
    if fault:
        pytest.skip(fault)


def find_program(name: str) -> str | None:
    """Return the path of a program, also of one that only root has in its PATH."""
    folders = [os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS]
    return shutil.which(name, path=os.pathsep.join(folders))


def upstream_version(debian: str) -> tuple[int, ...]:
    """Return the leading numbers of a Debian version, without epoch: `2:4.17.12+dfsg-0` is (4, 17, 12)."""
    _, _, version = debian.rpartition(":")
    # what is packaged under the number of the release that it replaces
    _, _, version = version.rpartition("+really")
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def _fault(package: Package) -> str:
    release = f" (Debian {package.since} or newer)" if package.since else ""
    found = installed_version(package.name) if package.oldest else ""
    if found and upstream_version(found) < upstream_version(package.oldest):
        return f"needs {package.name} {package.oldest}{release}, found {found}"
    if not all(map(_exists, package.files)):
        oldest = f" {package.oldest}" if package.oldest else ""
        return f"needs the Debian package {package.name}{oldest}{release}"
    return ""


def _exists(file: str) -> bool:
    if file.startswith("/"):
        return any(Path("/").glob(file.removeprefix("/")))
    return find_program(file) is not None


@cache
def installed_version(package: str) -> str:
    """Return the version that dpkg installed; empty if it did not, or if there is no dpkg."""
    if shutil.which("dpkg-query") is None:
        return ""
    done = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev}${Version}", package],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    status, version = done.stdout[:3].strip(), done.stdout[3:]
    return version if status == "ii" else ""


CHROMIUM = Package("chromium", ("/usr/bin/chromium",))
CLAMAV = (Package("clamav-daemon", ("clamd",)), Package("clamav", ("sigtool",)))
CURL = Package("curl", ("curl",))
DESKTOP = (
    Package("xvfb", ("Xvfb",)),
    Package("xdotool", ("xdotool",)),
    Package("dbus-daemon", ("dbus-daemon",)),
    Package("dbus-bin", ("dbus-send",)),
)
FFMPEG = Package("ffmpeg", ("ffmpeg",))
FREERADIUS = Package("freeradius", ("freeradius",), "3.2.5", "13")
"""Since 3.2.5 it can require a Message-Authenticator in every message."""
ICAP = (
    Package("c-icap", ("c-icap",)),
    Package("libc-icap-mod-virus-scan", ("/usr/lib/*-linux-gnu/c_icap/virus_scan.so",)),
)
KERBEROS = (
    Package("krb5-kdc", ("krb5kdc",)),
    Package("krb5-admin-server", ("kadmin.local",)),
    Package("krb5-user", ("kinit",)),
)
NHEKO = Package("nheko", ("nheko",), "0.12", "13")
NODE = (Package("nodejs", ("node",)), Package("npm", ("npm",)))
PATCH = Package("patch", ("patch",))
PEBBLE = Package("pebble", ("pebble", "pebble-challtestsrv"), "2.6", "13")
"""Before, its DNS had no option `-doh`."""
POSTGRESQL = Package("postgresql", ("/usr/lib/postgresql/*/bin/postgres",))
SAMBA = (
    Package("samba-ad-dc", ("samba",)),
    Package("samba-ad-provision", ("/usr/share/samba/setup/provision.ldif",)),
)
SCEP = Package("scep", ("scepserver", "scepclient"), "2.3", "13")
"""Before, its `ca -init` had no option `-common_name`."""
SEVEN_ZIP = Package("7zip", ("7z",), "25", "13")
SLAPD = Package("slapd", ("slapd", "/usr/lib/ldap/nestgroup.so"), "2.6.10", "13")
"""Nested groups are of its overlay `nestgroup`."""
SMARTCARDS = (
    Package("softhsm2", ("/usr/lib/softhsm/libsofthsm2.so",)),
    Package("opensc", ("pkcs11-tool",)),
    Package("libnss3-tools", ("certutil",)),
    Package("pkcs11-provider", ("/usr/lib/*-linux-gnu/ossl-modules/pkcs11.so",), since="13"),
)
SYSLOG_NG = Package("syslog-ng-core", ("syslog-ng",), "4.2", "13")
"""Its configuration is written in the format of 4.2."""
