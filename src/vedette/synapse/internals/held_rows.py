"""Files that somebody holds by their id, in the rows that Synapse itself obeys at every fetch.

INVARIANT: a hold adds to what a row says already and its release takes away no more than that, so a
file that was held or refused before is so again afterwards. What an administrator of Synapse
quarantined is nobody's to release here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vedette.synapse.internals.media import LOCAL, OURS, REMOTE

if TYPE_CHECKING:
    from synapse.server import HomeServer

_BY_ID = f"{OURS}by-id:"
"""Goes before whatever `quarantined_by` said until then."""


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

    async def hold(self, server: str, media: str) -> bool:
        """Keep a file from everybody from now on; False if its bytes are not here."""
        table, which, named = self._named(server, media)

        def change(txn: Any) -> bool:
            txn.execute(
                f"UPDATE {table} SET quarantined_by = ? || COALESCE(quarantined_by, '')"  # noqa: S608  # words of ours
                f" WHERE {which} AND media_length IS NOT NULL AND (quarantined_by IS NULL"
                " OR (quarantined_by LIKE ? AND quarantined_by NOT LIKE ?))",
                (_BY_ID, *named, f"{OURS}%", f"{_BY_ID}%"),
            )
            txn.execute(
                f"SELECT 1 FROM {table} WHERE {which} AND quarantined_by IS NOT NULL",  # noqa: S608  # words of ours
                named,
            )
            return txn.fetchone() is not None

        return bool(await self._run("vedette_hold", change))

    async def release(self, server: str, media: str) -> bool:
        """Take such a hold away; False if there is no such file."""
        table, which, named = self._named(server, media)

        def change(txn: Any) -> bool:
            txn.execute(
                f"UPDATE {table} SET quarantined_by = NULLIF(SUBSTR(quarantined_by, ?), '')"  # noqa: S608  # words of ours
                f" WHERE {which} AND quarantined_by LIKE ?",
                (len(_BY_ID) + 1, *named, f"{_BY_ID}%"),
            )
            txn.execute(f"SELECT 1 FROM {table} WHERE {which}", named)  # noqa: S608  # words of ours
            return txn.fetchone() is not None

        return bool(await self._run("vedette_release", change))

    def _named(self, server: str, media: str) -> tuple[str, str, tuple[str, ...]]:
        if server == self.hs.hostname:
            return LOCAL, "media_id = ?", (media,)
        return REMOTE, "media_origin = ? AND media_id = ?", (server, media)

    async def _run(self, name: str, change: Any) -> object:
        store: Any = self.hs.get_datastores().main
        return await store.db_pool.runInteraction(name, change)
