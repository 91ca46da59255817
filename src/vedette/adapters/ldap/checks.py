"""Tries the directory step by step, and says of each what is wrong and how it is mended."""

from __future__ import annotations

import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from vedette.adapters.boot_file import NAME, Boot, DirectoryBoot
from vedette.adapters.ldap.connection import Connected, ServerRefused
from vedette.adapters.ldap.directory import LdapDirectory, directory_of
from vedette.adapters.ldap.kinds import ACTIVE_DIRECTORY
from vedette.adapters.ldap.reading import text
from vedette.ports.directory import ChangesLost, Check, Listing, Wishes
from vedette.ports.errors import Unavailable

_LDAPS, _LDAP = 636, 389
_START_TLS = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
"""The request for StartTLS, number 1 (RFC 4511, 4.14)."""
_GRANTED = b"\x0a\x01\x00"
"""The result `success` in its answer."""
_SAMPLE = 1000


def tried(boot: Boot, wishes: Wishes) -> Iterator[Check]:
    """Everything that can be tried with the directory of the boot file, in order.

    What can't be tried after a failure is left out. A server that is away is a failure though
    another one answers. Takes some seconds for each server that does not answer.
    """
    own = boot.directory
    assert own is not None  # the caller saw it
    files = tuple(_files(boot, own))
    yield from files
    if not all(each.well for each in files):
        return
    directory = directory_of(boot)
    for server in own.servers:
        reached = tuple(_server(boot, own, directory, server))
        yield from reached
        if all(each.well for each in reached):
            yield from _contents(boot, own, directory, server, wishes)


def _files(boot: Boot, own: DirectoryBoot) -> Iterator[Check]:
    secret, ca = boot.path(own.secret), boot.path(own.ca)
    try:
        mode = secret.stat().st_mode
        open_ = mode & (stat.S_IRWXG | stat.S_IRWXO)
        empty = not secret.read_bytes().strip()
    except OSError as fault:
        mend = (
            f"install -m 600 /dev/null {secret} && editor {secret}    (the password of {own.bind})"
        )
        yield Check("password file", False, f"`{secret}` can't be read: {fault.strerror}", mend)
    else:
        if open_:
            yield Check(
                "password file", False, f"others can read `{secret}`", f"chmod 600 {secret}"
            )
        elif empty:
            yield Check("password file", False, f"`{secret}` is empty", f"editor {secret}")
        else:
            yield Check("password file", True, f"`{secret}` is there, for nobody else to read")
    yield _ca(ca)


def _ca(path: Path) -> Check:
    try:
        ssl.create_default_context().load_verify_locations(path)
    except (OSError, ssl.SSLError) as fault:
        words = f"`{path}` holds no CA that can be read: {fault}"
        mend = f"editor {path}    (the CA of the servers' certificates, in PEM form)"
        return Check("CA", False, words, mend)
    return Check("CA", True, f"`{path}` can be read")


def _server(
    boot: Boot, own: DirectoryBoot, directory: LdapDirectory, server: str
) -> Iterator[Check]:
    """Whether one server is reached over verified TLS and lets the reading account in."""
    edit = f"editor {boot.folder / NAME}    ([directory])"
    trouble = tls_trouble(server, boot.path(own.ca), float(own.timeout))
    if trouble is not None:
        yield Check(server, False, trouble[0], trouble[1] or edit)
        return
    yield Check(server, True, "it answers over TLS, and its name and CA are right")
    try:
        directory.servers.open(server).close()
    except ServerRefused as fault:
        secret = boot.path(own.secret)
        mend = f"editor {secret}    (the password of {own.bind}, or correct `bind`)"
        yield Check(server, False, str(fault), mend)
    except Unavailable as fault:
        yield Check(server, False, str(fault), edit)
    else:
        yield Check(server, True, f"`{own.bind}` may sign in")


def _contents(
    boot: Boot, own: DirectoryBoot, directory: LdapDirectory, server: str, wishes: Wishes
) -> Iterator[Check]:
    """What is found at one server."""
    edit = f"editor {boot.folder / NAME}    ([directory])"
    setting = "vedette settings set directory.{} '…' --reason …"
    try:
        with directory.servers.opened(server) as connected:
            yield _kind(own, directory, connected, edit)
            search = directory.searching.over(connected)
            people = [
                entry for _, entry in zip(range(_SAMPLE), search.people(wishes), strict=False)
            ]
            groups = [
                entry for _, entry in zip(range(_SAMPLE), search.groups(wishes), strict=False)
            ]
            mark = directory.searching.mark(search)
    except Unavailable as fault:
        yield Check(server, False, f"people can't be read: {fault}", edit)
        return
    for what, found, name in (("people", people, "people"), ("groups", groups, "groups")):
        many = f"{_SAMPLE} or more" if len(found) == _SAMPLE else str(len(found))
        mend = "" if found else setting.format(name)
        yield Check(server, bool(found), f"{many} {what} are found", mend)
    yield _following(directory, server, wishes, mark)


def _kind(own: DirectoryBoot, directory: LdapDirectory, connected: Connected, edit: str) -> Check:
    search = directory.searching.over(connected)
    windows = bool(text(search.entry("", ["defaultNamingContext"]), "defaultNamingContext"))
    if windows == (directory.searching.kind is ACTIVE_DIRECTORY):
        return Check(connected.server, True, f"it is what `kind` says: {own.kind}")
    other = "active-directory" if windows else "openldap"
    return Check(connected.server, False, f'it looks like `kind = "{other}"`', edit)


def _following(directory: LdapDirectory, server: str, wishes: Wishes, mark: str) -> Check:
    try:
        directory.follow(wishes, Listing((), (), server, mark)).close()
    except ChangesLost as lost:
        mend = "load it and restart slapd; until then everything is read once a minute"
        return Check(server, False, str(lost), mend)
    except Unavailable as fault:
        return Check(server, False, f"changes can't be followed: {fault}", "see the server's log")
    return Check(server, True, "it tells changes as they are made")


def tls_trouble(server: str, ca: Path, timeout: float) -> tuple[str, str] | None:
    """What keeps a server from being reached over verified TLS, and what mends it; None: nothing.

    By the standard library, since it says more than OpenLDAP's does.
    """
    where = urlsplit(server)
    host = where.hostname or ""
    port = where.port or (_LDAPS if where.scheme == "ldaps" else _LDAP)
    context = ssl.create_default_context(cafile=str(ca))
    try:
        with closing(socket.create_connection((host, port), timeout)) as plain:
            if where.scheme == "ldap":
                plain.sendall(_START_TLS)
                if _GRANTED not in plain.recv(4096):
                    return "it offers no StartTLS, and nothing is said to it in clear", (
                        "give the server a certificate, or name it with `ldaps://`"
                    )
            context.wrap_socket(plain, server_hostname=host).close()
    except ssl.SSLCertVerificationError as fault:
        return _certificate(host, ca, fault)
    except ssl.SSLError as fault:
        return (
            f"TLS fails: {fault.reason or fault}",
            "give the server a certificate and TLS 1.2 or 1.3",
        )
    except socket.gaierror:
        return f"`{host}` is not in DNS", f"getent hosts {host}    (or correct `servers`)"
    except OSError as fault:
        return f"it does not answer on {host}:{port}: {fault}", f"nc -zv {host} {port}"
    return None


def _certificate(host: str, ca: Path, fault: ssl.SSLCertVerificationError) -> tuple[str, str]:
    if "match" in fault.verify_message.lower():
        return (
            f"its certificate is for another name: {fault.verify_message}",
            f"name the server in `servers` as its certificate does, or have `{host}` put into that",
        )
    return (
        f"its certificate is not trusted: {fault.verify_message}",
        f"put the CA that issued it into {ca}",
    )
