"""Streams as files: control writes the newest part of each, a door reads, verifies, acknowledges.

Layout of a door's folder, which control and that door share and nobody else can read:

    settings.part  people.part  people-changes.part  sessions.part    written by control, each
                                                   replaced in one step
    accepted/<stream>.part                         the door's own copy of the last good one
    acknowledged.json                              written by the door
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vedette.core.compile import compile_rules
from vedette.core.people import Directory, Person
from vedette.core.record import canonical
from vedette.core.settings.canonical import from_canonical
from vedette.core.settings.document import Document
from vedette.ports.clock import Clock
from vedette.ports.errors import StalePolicy
from vedette.ports.policy import Policy
from vedette.protocol.internal.signing import Verifier
from vedette.protocol.internal.streams import Part, Stream, StreamRefused, verify

DECIDING = (Stream.SETTINGS, Stream.PEOPLE)
"""The streams without which no door decides anything."""


_LOOKS = 20
"""How many looks after a change of the folder are at every part, and then one of how many."""


def write_whole(path: Path, data: bytes, mode: int = 0o600, *, sync: bool = True) -> None:
    """Replace a file in one step, so that a reader sees the old or the new one, whole.

    Without `sync` a power cut may lose it, and nothing waits for the disk.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if sync:
            os.fsync(file.fileno())
    draft.replace(path)


@dataclass(slots=True)
class StreamFiles:
    """A door's side of its streams, and the policy that they make.

    `newer` is cheap (mostly one stat) and is asked often by whoever owns the loop or a thread; where it
    says so, `poll` reads, which may be done on a thread, one call after the other. `current` never
    touches the disk.
    """

    folder: Path
    organisation: str
    key: Verifier
    clock: Clock
    changed: Callable[[Policy], None] | None = None
    _parts: dict[Stream, Part] = field(default_factory=dict)
    _read: dict[Stream, Any] = field(default_factory=dict)
    """What the parts in force say, read once."""
    _seen: dict[Stream, tuple[int, int, int]] = field(default_factory=dict)
    _refused: dict[Stream, str] = field(default_factory=dict)
    _policy: Policy | None = None
    _closed: tuple[str, ...] = ()
    _stirred: tuple[int, int, int] | None = None
    """The folder's stamp as it was seen last."""
    _quiet: int = 0
    """How many looks ago that was new."""
    _making: threading.Lock = field(default_factory=threading.Lock)
    _paths: dict[Stream, str] = field(init=False)

    def __post_init__(self) -> None:
        """The paths are put together once: they are looked at many times in a second."""
        self._paths = {stream: str(self.folder / f"{stream}.part") for stream in Stream}

    def start(self) -> None:
        """Take the last good part of each stream again, then whatever is newer."""
        for stream in Stream:
            self._take(stream, self.folder / "accepted" / f"{stream}.part", keep=False)
        if self._parts:
            self._refresh()
        self.poll()
        self._acknowledge()

    def current(self) -> Policy:
        """The policy in force. Raises StalePolicy when there is none, or it is too old."""
        if self._policy is None:
            raise StalePolicy("no signed settings and people were received yet")
        now = self.clock.now()
        for stream in DECIDING:
            if self._parts[stream].expires <= now:
                raise StalePolicy(f"the last good part of `{stream}` has expired")
        if self._policy.directory.today != self.clock.today():
            self._refresh()
        return self._policy

    def part(self, stream: Stream) -> Part | None:
        """The part of a stream in force, if there is one."""
        return self._parts.get(stream)

    def newer(self) -> bool:
        """Whether there is a part that `poll` has not looked at."""
        return not self._is_quiet() and any(True for _ in self._not_seen())

    def _not_seen(self) -> Iterator[tuple[Stream, tuple[int, int, int]]]:
        for stream, path in self._paths.items():
            stamp = _stamp(path)
            if stamp is not None and stamp != self._seen.get(stream):
                yield stream, stamp

    def poll(self) -> bool:
        """Look for newer parts, take those that verify, and acknowledge. True if any was taken.

        Long ones take their time: a thread of their own is where to read them.
        """
        taken: set[Stream] = set()
        looked = False
        for stream, stamp in self._not_seen():
            self._seen[stream] = stamp
            looked = True
            if self._take(stream, Path(self._paths[stream]), keep=True):
                taken.add(stream)
        if not taken.isdisjoint((*DECIDING, Stream.CHANGES)):
            self._refresh()  # the list of sessions changes often, and decides nothing
        if looked:
            self._acknowledge()
        return bool(taken)

    def _is_quiet(self) -> bool:
        """Whether nothing was put into the folder since a while, so that no part is looked at.

        A file that replaces another changes its folder's time, but twice within a tick of the file
        system's clock changes it once: the looks that follow a change look at every part, and so
        does one of many later, for what was written over in its place.
        """
        stamp = _stamp(str(self.folder))
        if stamp != self._stirred:
            self._stirred, self._quiet = stamp, 0
        self._quiet += 1
        return self._quiet > _LOOKS and self._quiet % _LOOKS != 0

    def _take(self, stream: Stream, path: Path, *, keep: bool) -> bool:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return False
        in_force = self._parts.get(stream)
        try:
            part = verify(
                data,
                stream=stream,
                organisation=self.organisation,
                key=self.key,
                now=self.clock.now(),
                above=0,
            )
            if part == in_force:  # at a start the door's own copy of it was taken first
                self._refused.pop(stream, None)
                return False
            _must_be_newer(part, in_force)
            said = _said(part)
        except StreamRefused as refused:
            if in_force is None or keep:
                self._refused[stream] = str(refused)
            return False
        if keep:
            # Control's own copy is synced, and a torn one here is only refused: don't wait for it.
            write_whole(self.folder / "accepted" / f"{stream}.part", data, sync=False)
        self._parts[stream], self._read[stream] = part, said
        self._refused.pop(stream, None)
        return True

    def _refresh(self) -> None:
        if any(stream not in self._parts for stream in DECIDING):
            return
        with self._making:  # so that what is made of newer parts is never followed by older ones
            document, rules = self._read[Stream.SETTINGS]
            directory = Directory(document, self._people(), self.clock.today())
            made = self._policy = Policy(rules, directory)
        if self.changed is not None:
            self.changed(made)

    def _people(self) -> Mapping[str, Person]:
        """The people of the newest whole list, with what changed since, if that is about it."""
        whole: Mapping[str, Person] = self._read[Stream.PEOPLE]
        since, changed = self._read.get(Stream.CHANGES, (0, {}))
        if since != self._parts[Stream.PEOPLE].number:
            return whole
        found = dict(whole)  # of very many people this is the quickest copy
        for user, person in changed.items():
            if person is None:
                found.pop(user, None)
            else:
                found[user] = person
        return found

    def tell_closed(self, closed: tuple[str, ...]) -> None:
        """Have control and the doctor know what this door has shut, in words. Raises OSError."""
        self._closed = closed
        self._acknowledge()

    def _acknowledge(self) -> None:
        """Say which part of each stream is in force here, what was refused and why, what is shut."""
        report = {
            "at": self.clock.now(),
            "streams": {
                stream.value: {
                    "number": part.number if (part := self._parts.get(stream)) else 0,
                    "refused": self._refused.get(stream),
                }
                for stream in Stream
            },
            "closed": list(self._closed),
        }
        write_whole(self.folder / "acknowledged.json", canonical(report), sync=False)


def _must_be_newer(part: Part, in_force: Part | None) -> None:
    """Raises StreamRefused if a part is not newer than the one in force."""
    if in_force is not None and part.number <= in_force.number:
        raise StreamRefused(
            f"part {part.number} is not newer than {in_force.number}, which is in force"
        )


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  # half of a look's cost would be pathlib's
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _said(part: Part) -> Any:
    """What a part says; one whose body can't be used is refused like one with a bad signature."""
    try:
        match part.stream:
            case Stream.SETTINGS:
                document = document_of(part)
                return document, compile_rules(document, int(part.body["revision"]))
            case Stream.PEOPLE:
                return people_of(part)
            case Stream.CHANGES:
                return int(part.body["since"]), _changed(part)
            case _:
                return None
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise StreamRefused(f"part {part.number} can't be used here: {fault}") from fault


def document_of(settings: Part) -> Document:
    """The settings document that a settings part carries. Raises ValueError."""
    return from_canonical(str(settings.body["document"]).encode())


def people_of(people: Part) -> dict[str, Person]:
    """The people that a people part carries. Raises KeyError, TypeError or ValueError."""
    shared: dict[tuple[str, ...], frozenset[str]] = {}
    return {str(user): _person(entry, shared) for user, entry in people.body["people"].items()}


def people_sent(folders: Iterable[Path], organisation: str, key: Verifier) -> Mapping[str, Person]:
    """The people as any of these doors was sent them last, however long ago; empty if none was."""
    newest = (0, 0)
    found: dict[str, Person | None] = {}
    for folder in folders:
        whole = _sent(folder, Stream.PEOPLE, organisation, key)
        if whole is None:
            continue
        changes = _sent(folder, Stream.CHANGES, organisation, key)
        if changes is not None and changes.body.get("since") != whole.number:
            changes = None
        number = (whole.number, 0 if changes is None else changes.number)
        if number > newest:
            changed = {} if changes is None else _changed(changes)
            newest, found = number, {**people_of(whole), **changed}
    return {user: person for user, person in found.items() if person is not None}


def _sent(folder: Path, stream: Stream, organisation: str, key: Verifier) -> Part | None:
    """The part that control left there, if it is one of this organisation that can be used."""
    try:
        data = (folder / f"{stream}.part").read_bytes()
        part = verify(data, stream=stream, organisation=organisation, key=key, now=0, above=0)
        _said(part)
    except (OSError, StreamRefused):
        return None
    return part


def _changed(changes: Part) -> dict[str, Person | None]:
    """Who is otherwise than in the whole list; None for whoever is in it no more."""
    return {
        str(user): None if entry is None else _person(entry, {})
        for user, entry in changes.body["people"].items()
    }


def _person(entry: Any, shared: dict[tuple[str, ...], frozenset[str]]) -> Person:
    """One person; equal sets of groups are one object."""
    names = tuple(map(str, entry["groups"]))
    groups = shared.get(names)
    if groups is None:
        groups = shared[names] = frozenset(names)
    return Person(
        groups=groups,
        guest=bool(entry.get("guest", False)),
        active=bool(entry.get("active", True)),
    )


def read_closed(folder: Path) -> tuple[str, ...]:
    """What a door said last that it has shut; what can't be read counts as nothing."""
    try:
        return tuple(map(str, json.loads((folder / "acknowledged.json").read_bytes())["closed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def read_acknowledgement(folder: Path) -> dict[str, dict[str, object]] | None:
    """What a door last acknowledged: per stream its number and what it refused; None if nothing."""
    try:
        report = json.loads((folder / "acknowledged.json").read_bytes())
        return dict(report["streams"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
