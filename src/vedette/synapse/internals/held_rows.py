"""Files that somebody holds by their id, in the rows that Synapse itself obeys at every fetch.

What a row says is read and written as `vedette.synapse.marks` has it: a file that was held or
refused before is so again after a hold by its id is let go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vedette.core.names import InvalidName, MediaId, ServerName, UserId
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.held_files import FileRow, Sought
from vedette.synapse.internals.media import LOCAL, REMOTE
from vedette.synapse.marks import BEGINNINGS, OURS, Mark

if TYPE_CHECKING:
    from synapse.server import HomeServer

_TRIES = 3
_ALL = (
    f"SELECT created_ts, ? AS origin, media_id, user_id, media_type, upload_name, media_length,"  # noqa: S608  # a table of ours
    f" quarantined_by FROM {LOCAL} WHERE user_id IS NOT NULL"
    f" UNION ALL SELECT created_ts, media_origin, media_id, NULL, media_type, upload_name,"
    f" media_length, quarantined_by FROM {REMOTE}"
)
"""Every file, wherever it came from. What is looked for in it is looked for in each table alone."""


@dataclass(frozen=True, slots=True)
class Row:
    """A file that Synapse has. `owner` is None for one of another server."""

    owner: str | None
    type: str | None
    size: int | None
    quarantined: bool


@dataclass(frozen=True, slots=True)
class HeldRows:
    """The rows of Synapse's files, and the holds in them."""

    hs: HomeServer

    async def find(self, server: str, media: str) -> Row | None:
        """The row of a file; None if there is none, or nobody is its owner."""
        store: Any = self.hs.get_datastores().main
        if server != self.hs.hostname:
            row = await store.get_cached_remote_media(server, media)
            return row and Row(None, row.media_type, row.media_length, bool(row.quarantined_by))
        row = await store.get_local_media(media)
        if row is None or row.user_id is None:
            return None
        return Row(
            str(row.user_id), row.media_type, row.media_length, row.quarantined_by is not None
        )

    async def see(self, server: str, media: str) -> tuple[FileRow, Mark] | None:
        """A file whose bytes are here, and who holds it; None if there is none."""

        def look(txn: Any) -> list[Any]:
            txn.execute(
                f"SELECT * FROM ({_ALL}) AS f WHERE media_length IS NOT NULL"  # noqa: S608  # words of ours
                " AND origin = ? AND media_id = ?",
                (self.hs.hostname, server, media),
            )
            return list(txn.fetchall())

        found = [_row(each) for each in await self._run("vedette_file", look)]
        return next((each for each in found if each is not None), None)

    async def list(
        self, sought: Sought, after: tuple[int, str, str] | None, most: int
    ) -> list[FileRow]:
        """Files that are held or were refused once held, the newest first, behind a place."""
        where, given = _conditions(sought, after)

        def look(txn: Any) -> list[Any]:
            txn.execute(
                f"SELECT * FROM ({_ALL}) AS f WHERE {where}"  # noqa: S608  # words of ours
                " ORDER BY created_ts DESC, origin DESC, media_id DESC LIMIT ?",
                (self.hs.hostname, *given, most),
            )
            return list(txn.fetchall())

        rows = await self._run("vedette_files", look)
        return [found[0] for found in map(_row, rows) if found is not None]

    async def hold(self, server: str, media: str, *, officer: bool = False) -> bool:
        """Keep a file from everybody from now on; False if its bytes are not here."""

        def held(mark: Mark, *, here: bool) -> Mark | None:
            if here:
                return mark.held(officer=officer)
            return None if mark.text is None else mark

        return await self._change(server, media, held)

    async def release(self, server: str, media: str) -> bool:
        """Take a hold of the suite's own accounts away; False if there is no such file."""

        def let_go(mark: Mark, *, here: bool) -> Mark | None:
            del here
            return mark.let_go()

        return await self._change(server, media, let_go)

    async def open(self, server: str, media: str, before: Mark) -> bool:
        """Open a file that says `before`, whoever held it. False if it says something else now."""

        def opened(mark: Mark, *, here: bool) -> Mark | None:
            return mark.released() if here and mark == before else None

        return await self._change(server, media, opened)

    async def _change(self, server: str, media: str, to: Callable[..., Mark | None]) -> bool:
        """Change what a row says; False where there is no row, or nothing to change it to.

        Raises:
            Unavailable: others change it all the time.
        """
        table, which, named = self._named(server, media)

        def change(txn: Any) -> bool | None:
            txn.execute(f"SELECT quarantined_by, media_length FROM {table} WHERE {which}", named)  # noqa: S608  # words of ours
            row = txn.fetchone()
            if row is None:
                return False
            mark = to(Mark.read(row[0]), here=row[1] is not None)
            if mark is None:
                return False
            if mark.text == row[0]:
                return True
            txn.execute(
                f"UPDATE {table} SET quarantined_by = ? WHERE {which}"  # noqa: S608  # words of ours
                " AND COALESCE(quarantined_by, '') = ?",
                (mark.text, *named, row[0] or ""),
            )
            return True if txn.rowcount == 1 else None

        for _ in range(_TRIES):
            done = await self._run("vedette_mark", change)
            if done is not None:
                return bool(done)
        raise Unavailable("the file changes just now")

    def _named(self, server: str, media: str) -> tuple[str, str, tuple[str, ...]]:
        if server == self.hs.hostname:
            return LOCAL, "media_id = ?", (media,)
        return REMOTE, "media_origin = ? AND media_id = ?", (server, media)

    async def _run(self, name: str, change: Any) -> Any:
        store: Any = self.hs.get_datastores().main
        return await store.db_pool.runInteraction(name, change)


def _conditions(sought: Sought, after: tuple[int, str, str] | None) -> tuple[str, list[Any]]:
    """What a file must be that is listed, in words of ours, and the values in them."""
    begins = OURS if sought.state is None else BEGINNINGS.get(sought.state, f"{OURS}nothing")
    where, given = ["quarantined_by LIKE ?"], [f"{begins}%"]
    values: list[Any] = given
    if sought.owner:
        where.append("user_id = ?")
        values.append(sought.owner)
    if sought.text:
        where.append(r"(media_id = ? OR LOWER(upload_name) LIKE ? ESCAPE '\')")
        values += [sought.text, f"%{_plain(sought.text.lower())}%"]
    if after is not None:
        where.append("(created_ts, origin, media_id) < (?, ?, ?)")
        values += after
    return " AND ".join(where), values


def _plain(text: str) -> str:
    """A text in a pattern, in which nothing stands for anything else."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _row(found: Any) -> tuple[FileRow, Mark] | None:
    """A row with its mark; None for one whose names are none that a client could ask for."""
    created, origin, media, owner, declared, name, size, by = found
    mark = Mark.read(by)
    try:
        row = FileRow(
            server=ServerName(origin),
            media=MediaId(media),
            owner=None if owner is None else UserId(owner),
            declared=declared or "",
            name=name or "",
            size=size,
            created=int(created),
            state=mark.state,
        )
    except InvalidName:
        return None
    return row, mark
