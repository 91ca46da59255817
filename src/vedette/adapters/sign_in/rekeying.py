"""Another store key while the store is used.

1. The new key is written beside the old one, so that nothing is ever closed by a key that is nowhere.
2. From then on the store closes with it, and opens with either. 3. What the old one closed is closed
anew, a few rows at a time, once whoever was about to write by it has written. 4. The file is replaced in
one step. 5. The old key is forgotten, once whoever was about to open by it has read.

Whoever is ended in between finds both files at the next start, and goes on at (2).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import sqlalchemy as sa

from vedette.adapters.sign_in.database import Database
from vedette.adapters.sign_in.seal import Seal
from vedette.adapters.sign_in.tables import CHANGES, FACTORS, TOKEN_KEYS
from vedette.adapters.stream_files import write_whole
from vedette.adapters.system_clock import SystemClock
from vedette.ports.errors import Unavailable

_KEY_BYTES = 32
_AT_ONCE = 200
_SETTLING_SECONDS = 60.0
"""Longer than the database lets anything wait."""
_LEAST_AGE = 600.0

Bound = Callable[["sa.Row[tuple[object, ...]]"], tuple[str, ...]]
SEALED: tuple[tuple[sa.Table, sa.Column[str], sa.Column[bytes], Bound], ...] = (
    (CHANGES, CHANGES.c.id, CHANGES.c.sealed, lambda _: ("store",)),
    (
        FACTORS,
        FACTORS.c.id,
        FACTORS.c.secret,
        lambda row: ("factor", row.id, row.localpart, row.kind),
    ),
    (TOKEN_KEYS, TOKEN_KEYS.c.kid, TOKEN_KEYS.c.private, lambda row: ("token key", row.kid)),
)
"""Every column that is sealed, its row's name, and what it belongs to (`rows`)."""


@dataclass(frozen=True, slots=True)
class Rekeying:
    """The store's database and seal, to close again what another key has closed."""

    database: Database
    seal: Seal

    def again(self) -> int:
        """Close anew what an older key closed; how much that was. Raises Unavailable."""
        return sum(self._table(*each) for each in SEALED)

    def _table(
        self, table: sa.Table, name: sa.Column[str], column: sa.Column[bytes], bound: Bound
    ) -> int:
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(table).where(column.is_not(None))).all()
        old = [
            row
            for row in rows
            if not self.seal.is_newest(row._mapping[column.name], *bound(row))  # noqa: SLF001  # its public face
        ]
        for some in _parts(old):
            with self.database.writing() as connection:
                for row in some:
                    told = row._mapping  # noqa: SLF001
                    anew = self.seal.close(
                        self.seal.open(told[column.name], *bound(row)), *bound(row)
                    )
                    # What somebody changed meanwhile is left to the next look.
                    same = (name == told[name.name], column == told[column.name])
                    connection.execute(sa.update(table).where(*same).values({column.name: anew}))
        return len(old)


@dataclass(slots=True)
class StoreKeyFile:
    """The file of the store key, and how another one takes its place."""

    path: Path
    settling: float = _SETTLING_SECONDS
    least_age: float = _LEAST_AGE
    _turn: Lock = field(default_factory=Lock)

    @property
    def next(self) -> Path:
        """Where the new key lies until everything is closed by it."""
        return self.path.with_name(f"{self.path.name}.next")

    def unfinished(self) -> bytes | None:
        """The new key of a rotation that was broken off. Raises Unavailable."""
        try:
            found = self.next.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise Unavailable(f"`{self.next}` can't be read: {fault.strerror}") from fault
        if len(found) != _KEY_BYTES:
            raise Unavailable(f"`{self.next}` has not {_KEY_BYTES} bytes; put a backup in place")
        return found

    def rotate(self, store: Rekeying) -> None:
        """Put a new key in place. What was broken off is brought to its end instead.

        Raises:
            Unavailable: it can't be done now; the store works on, with either key.
        """
        if not self._turn.acquire(blocking=False):
            raise Unavailable("the store key is being changed already")
        try:
            if self.unfinished() is None:
                self._begin(store)
            self.finish(store)
        finally:
            self._turn.release()

    def _begin(self, store: Rekeying) -> None:
        try:
            if SystemClock().now() - self.path.stat().st_mtime < self.least_age:
                raise Unavailable("the store key was changed within the last ten minutes")
            made = secrets.token_bytes(_KEY_BYTES)
            write_whole(self.next, made)  # (1)
        except OSError as fault:
            raise Unavailable(f"`{self.next}` can't be written: {fault}") from fault
        store.seal.add(made)  # (2)

    def finish(self, store: Rekeying) -> None:
        """From (3) on. Raises Unavailable."""
        self._settled(store)
        while store.again():  # (3)
            pass
        try:
            self.next.replace(self.path)  # (4)
        except OSError as fault:
            raise Unavailable(f"`{self.path}` can't be replaced: {fault}") from fault
        if store.seal.settle(
            self.settling
        ):  # else it is of no use, and does no harm, until the end
            store.seal.forget()  # (5)

    def _settled(self, store: Rekeying) -> None:
        if not store.seal.settle(self.settling):
            raise Unavailable("the sign-in store is too slow now to be closed by another key")


def _parts(
    rows: Sequence[sa.Row[tuple[object, ...]]],
) -> Iterator[Sequence[sa.Row[tuple[object, ...]]]]:
    for at in range(0, len(rows), _AT_ONCE):
        yield rows[at : at + _AT_ONCE]
