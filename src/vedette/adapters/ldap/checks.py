"""Tries the directory step by step, and says of each what is wrong and how it is mended."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from vedette.adapters.boot_file import NAME, Boot, DirectoryBoot
from vedette.adapters.ldap.connection import Connected, ServerRefused
from vedette.adapters.ldap.directory import LdapDirectory, directory_of
from vedette.adapters.ldap.kinds import ACTIVE_DIRECTORY
from vedette.adapters.ldap.reading import text
from vedette.adapters.ldap.tls_trouble import ca_trouble, tls_trouble
from vedette.core.language import NOTHING, Sentence, as_is, said_by, told
from vedette.ports.directory import ChangesLost, Check, Listing, Wishes
from vedette.ports.errors import Unavailable

_SAMPLE = 1000


def tried(boot: Boot, wishes: Wishes) -> Iterator[Check]:
    """Everything that can be tried with the directory of the boot file, in order.

    What can't be tried after a failure is left out. A server that is away is a failure though
    another one answers. Takes some seconds for each server that does not answer.
    """
    own = boot.directory
    assert own is not None  # the caller saw it
    files = (_secret(boot.path(own.secret), own.bind), _ca(boot.path(own.ca)))
    yield from files
    if not all(each.well for each in files):
        return
    directory = directory_of(boot)
    for server in own.servers:
        reached = tuple(_server(boot, own, directory, server))
        yield from reached
        if all(each.well for each in reached):
            yield from _contents(boot, own, directory, server, wishes)


def _secret(path: Path, bind: str) -> Check:
    what, here = told("password file"), {"path": str(path)}
    try:
        mode = path.stat().st_mode
        empty = not path.read_bytes().strip()
    except OSError as fault:
        words = told("`{path}` can't be read: {why}", why=fault.strerror or "", **here)
        mend = told(
            "install -m 600 /dev/null {path} && editor {path}    (the password of {bind})",
            bind=bind,
            **here,
        )
        return Check(what, False, words, mend)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        words = told("others can read `{path}`", **here)
        return Check(what, False, words, as_is(f"chmod 600 {path}"))
    if empty:
        mend = told("editor {path}    (the password of {bind})", bind=bind, **here)
        return Check(what, False, told("`{path}` is empty", **here), mend)
    return Check(what, True, told("`{path}` is there, for nobody else to read", **here))


def _ca(path: Path) -> Check:
    what, here, why = told("CA"), {"path": str(path)}, ca_trouble(path)
    if why is None:
        return Check(what, True, told("`{path}` can be read", **here))
    words = told("`{path}` holds no CA that can be read: {why}", why=why, **here)
    mend = told("editor {path}    (the CA of the servers' certificates, in PEM form)", **here)
    return Check(what, False, words, mend)


def _edit(boot: Boot, what: str) -> Sentence:
    """The command that opens the boot file, and what of `[directory]` is to be looked at."""
    file = str(boot.folder / NAME)
    return told("editor {file}    ([directory]: {what})", file=file, what=what)


def _server(
    boot: Boot, own: DirectoryBoot, directory: LdapDirectory, server: str
) -> Iterator[Check]:
    """Whether one server is reached over verified TLS and lets the reading account in."""
    where = as_is(server)
    trouble = tls_trouble(server, boot.path(own.ca), float(own.timeout))
    if trouble is not None:
        yield Check(where, False, *trouble)
        return
    yield Check(where, True, told("it answers over TLS, and its name and CA are right"))
    try:
        directory.servers.open(server).close()
    except ServerRefused as fault:
        mend = told(
            "editor {path}    (the password of {bind}, or correct `bind`)",
            path=str(boot.path(own.secret)),
            bind=own.bind,
        )
        yield Check(where, False, said_by(fault), mend)
    except Unavailable as fault:
        yield Check(where, False, said_by(fault), _edit(boot, "servers, bind"))
    else:
        yield Check(where, True, told("`{bind}` may sign in", bind=own.bind))


def _contents(
    boot: Boot, own: DirectoryBoot, directory: LdapDirectory, server: str, wishes: Wishes
) -> Iterator[Check]:
    """What is found at one server."""
    where = as_is(server)
    try:
        with directory.servers.opened(server) as connected:
            yield _kind(boot, own, directory, connected)
            search = directory.searching.over(connected)
            found = (
                (
                    "people",
                    sum(1 for _ in zip(range(_SAMPLE), search.people(wishes), strict=False)),
                ),
                (
                    "groups",
                    sum(1 for _ in zip(range(_SAMPLE), search.groups(wishes), strict=False)),
                ),
            )
            mark = directory.searching.mark(search)
    except Unavailable as fault:
        words = told("people can't be read: {why}", why=said_by(fault))
        yield Check(where, False, words, _edit(boot, "base, groups_base"))
        return
    for name, count in found:
        yield _found(where, name, count)
    yield _following(boot, directory, server, Listing((), (), server, mark), wishes)


def _found(where: Sentence, name: str, count: int) -> Check:
    """How many people or groups there are."""
    words = {
        "people": (
            told("{count} people are found", count=count),
            told("1000 or more people are found"),
        ),
        "groups": (
            told("{count} groups are found", count=count),
            told("1000 or more groups are found"),
        ),
    }[name]
    mend = (
        as_is(f"vedette settings set directory.{name} '(…)' --reason …") if not count else NOTHING
    )
    return Check(where, bool(count), words[count == _SAMPLE], mend)


def _kind(boot: Boot, own: DirectoryBoot, directory: LdapDirectory, connected: Connected) -> Check:
    where = as_is(connected.server)
    search = directory.searching.over(connected)
    windows = bool(text(search.entry("", ["defaultNamingContext"]), "defaultNamingContext"))
    if windows == (directory.searching.kind is ACTIVE_DIRECTORY):
        return Check(where, True, told("it is what `kind` says: {kind}", kind=own.kind))
    other = "active-directory" if windows else "openldap"
    words = told('it looks like `kind = "{kind}"`', kind=other)
    return Check(where, False, words, _edit(boot, f'kind = "{other}"'))


def _following(
    boot: Boot, directory: LdapDirectory, server: str, listing: Listing, wishes: Wishes
) -> Check:
    where, windows = as_is(server), directory.searching.kind is ACTIVE_DIRECTORY
    try:
        directory.follow(wishes, listing).close()
    except ChangesLost as lost:
        mend = (
            _edit(boot, "servers")
            if windows
            else told(
                "ldapadd -Y EXTERNAL -H ldapi:/// -f syncprov.ldif    (docs/operate/directory.md has the "
                "file; until then everything is read once a minute)"
            )
        )
        return Check(where, False, said_by(lost), mend)
    except Unavailable as fault:
        mend = as_is(
            "Get-WinEvent -LogName 'Directory Service' -MaxEvents 20"
            if windows
            else "journalctl -u slapd -n 50"
        )
        words = told("changes can't be followed: {why}", why=said_by(fault))
        return Check(where, False, words, told("{command}    (on the server)", command=mend))
    return Check(where, True, told("it tells changes as they are made"))
