"""Files that enter Synapse: judged when their bytes are here, before anybody can fetch them.

An upload is written to disk and shown to `check_media_file_for_spam` before its row is stored, but
without its owner, type and name; those are remembered from the calls around. A file of another
server has all of it when it is about to get its row. Thumbnails are made here of judged files only.
"""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from synapse.module_api import NOT_SPAM

from vedette.synapse.answers import CLOSED, NOT_DECIDED, refuse
from vedette.synapse.internals.gate import Entering, Kept, Refused
from vedette.synapse.internals.wrapping import InternalsMismatch, Place, original
from vedette.synapse.marks import HELD, OURS, REFUSED

if TYPE_CHECKING:
    from synapse.media._base import FileInfo
    from synapse.media.media_storage import ReadableFileWrapper
    from synapse.server import HomeServer
    from synapse.types import UserID

    from vedette.synapse.internals.gate import FileGate

LOCAL, REMOTE = "local_media_repository", "remote_media_cache"


@dataclass(slots=True)
class _Upload:
    """An upload of one of us on its way to its row, and what was said of it."""

    owner: str
    device: str
    declared: str
    name: str
    media: str | None = None
    kept: Kept | None = None

    def marker(self, media: str, otherwise: str | None) -> str | None:
        """By whom the file's row is quarantined. Ends the request where nobody judged the file."""
        if self.media != media or self.kept is None:
            refuse(NOT_DECIDED)
        # what an administrator of Synapse quarantined by its bytes is never let go by us
        return f"{HELD}{self.device}" if otherwise is None and self.kept is Kept.HELD else otherwise


_UPLOAD: ContextVar[_Upload | None] = ContextVar("vedette_upload", default=None)
_DEVICE: ContextVar[str] = ContextVar("vedette_device", default="")


def install_files(place: Place) -> None:
    """Have every file judged as it enters. Modules that judge files are asked besides."""
    gate = place.files
    if gate is None:
        raise InternalsMismatch("files", ("a gate for files",), None)
    hs = place.hs
    wrapped = _Originals.of(hs)
    _remember_devices(hs, wrapped)
    _remember_uploads(hs, wrapped)
    _judge_uploads(hs, gate)
    _store_held(hs, wrapped)
    _judge_remote(hs, wrapped, gate)
    _compare_hashes(hs)
    hs.get_module_api().register_third_party_rules_callbacks(on_profile_update=_avatars(gate))


def close_files(place: Place) -> None:
    """Store no file at all."""

    async def refused(_file: ReadableFileWrapper, info: FileInfo) -> Literal["NOT_SPAM"]:
        del info
        refuse(CLOSED)

    place.hs.get_module_api().register_spam_checker_callbacks(check_media_file_for_spam=refused)


@dataclass(frozen=True, slots=True)
class _Originals:
    """What is replaced, each with the parameters that its wrapper was written for."""

    get_user: Any
    create: Any
    thumbnails: Any
    keep_remote: Any
    store: Any
    update: Any

    @classmethod
    def of(cls, hs: HomeServer) -> _Originals:
        """Check all of them before anything is replaced. Raises InternalsMismatch."""
        repository, store = hs.get_media_repository(), hs.get_datastores().main
        original(store, "get_is_hash_quarantined", "sha256")
        row = ("media_type", "upload_name", "media_length", "user_id")
        return cls(
            get_user=original(
                hs.get_auth(), "get_user_by_req",
                "request", "allow_guest", "allow_expired", "allow_locked",
            ),
            create=original(
                repository, "create_or_update_content",
                "media_type", "upload_name", "content", "content_length", "auth_user", "media_id",
            ),
            thumbnails=original(
                repository, "_generate_thumbnails",
                "server_name", "media_id", "file_id", "media_type", "url_cache",
            ),
            keep_remote=original(
                repository, "_store_remote_media_with_cleanup",
                "server_name", "media_id", "media_type", "time_now_ms", "upload_name",
                "media_length", "filesystem_id", "sha256", "fname",
            ),
            store=original(
                store, "store_local_media", "media_id", "media_type", "time_now_ms", *row[1:],
                "url_cache", "sha256", "quarantined_by",
            ),
            update=original(
                store, "update_local_media", "media_id", *row, "sha256", "url_cache",
                "quarantined_by",
            ),
        )  # fmt: skip


def _remember_devices(hs: HomeServer, wrapped: _Originals) -> None:
    """Know in the upload on which device its request's session is."""
    auth: Any = hs.get_auth()

    async def get_user_by_req(*arguments: Any, **named: Any) -> Any:
        requester = await wrapped.get_user(*arguments, **named)
        _DEVICE.set(requester.device_id or "")
        return requester

    auth.get_user_by_req = get_user_by_req


def _remember_uploads(hs: HomeServer, wrapped: _Originals) -> None:
    repository: Any = hs.get_media_repository()

    async def create_or_update_content(
        media_type: str,
        upload_name: str | None,
        content: IO[bytes],
        content_length: int,
        auth_user: UserID,
        media_id: str | None = None,
    ) -> object:
        upload = _Upload(auth_user.to_string(), _DEVICE.get(), media_type, upload_name or "")
        token = _UPLOAD.set(upload)
        try:
            return await wrapped.create(
                media_type, upload_name, content, content_length, auth_user, media_id
            )
        finally:
            _UPLOAD.reset(token)

    async def _generate_thumbnails(
        server_name: str | None,
        media_id: str,
        file_id: str,
        media_type: str,
        url_cache: bool = False,  # noqa: FBT002  # Synapse's own parameters
    ) -> dict[str, Any] | None:
        upload = _UPLOAD.get()
        if upload is not None and upload.kept is not Kept.OPEN:
            return None  # nothing is taken apart that was not looked at
        made: dict[str, Any] | None = await wrapped.thumbnails(
            server_name, media_id, file_id, media_type, url_cache
        )
        return made

    repository.create_or_update_content = create_or_update_content
    repository._generate_thumbnails = _generate_thumbnails  # noqa: SLF001


def _judge_uploads(hs: HomeServer, gate: FileGate) -> None:
    domain = hs.hostname

    async def check(file: ReadableFileWrapper, info: FileInfo) -> Literal["NOT_SPAM"]:
        # thumbnails are made of judged files; files of other servers are judged when they get a row
        if info.url_cache:
            refuse(CLOSED)
        if info.thumbnail is not None or info.server_name is not None:
            return NOT_SPAM
        upload = _UPLOAD.get()
        if upload is None:
            refuse(NOT_DECIDED)
        kept = await gate.file_enters(
            Entering(
                server=domain,
                media=info.file_id,
                path=file.path,
                declared=upload.declared,
                name=upload.name,
                owner=upload.owner,
                device=upload.device,
            )
        )
        if isinstance(kept, Refused):
            refuse(kept)
        upload.media, upload.kept = info.file_id, kept
        return NOT_SPAM

    hs.get_module_api().register_spam_checker_callbacks(check_media_file_for_spam=check)


def _store_held(hs: HomeServer, wrapped: _Originals) -> None:
    """Quarantine what is held in the very row in which it is stored."""
    store: Any = hs.get_datastores().main

    def held(named: dict[str, Any]) -> dict[str, Any]:
        upload = _UPLOAD.get()
        if upload is None:
            refuse(NOT_DECIDED)
        marker = upload.marker(named["media_id"], named.get("quarantined_by"))
        return {**named, "quarantined_by": marker}

    # named only, as Synapse calls them: anything else is an error, and stores nothing
    async def store_local_media(**named: Any) -> None:
        await wrapped.store(**held(named))

    async def update_local_media(**named: Any) -> None:
        await wrapped.update(**held(named))

    store.store_local_media = store_local_media
    store.update_local_media = update_local_media


def _judge_remote(hs: HomeServer, wrapped: _Originals, gate: FileGate) -> None:
    repository: Any = hs.get_media_repository()

    async def keep(**named: Any) -> None:
        kept: Kept | Refused | None = None
        try:
            kept = await gate.file_enters(
                Entering(
                    server=named["server_name"],
                    media=named["media_id"],
                    path=named["fname"],
                    declared=named["media_type"],
                    name=named["upload_name"] or "",
                    sha256=named["sha256"],
                )
            )
        finally:
            if kept is not Kept.OPEN:
                _remove(named["fname"])
        if isinstance(kept, Refused):
            refuse(kept)
        if kept is not Kept.OPEN:
            refuse(NOT_DECIDED)
        await wrapped.keep_remote(**named)

    repository._store_remote_media_with_cleanup = keep  # noqa: SLF001


def _remove(path: str) -> None:
    with suppress(OSError):
        Path(path).unlink()


def _compare_hashes(hs: HomeServer) -> None:
    """Of equal bytes only those count as quarantined that an administrator quarantined.

    What we hold or refused is so for its sender: another one may send the same bytes.
    """
    store: Any = hs.get_datastores().main

    async def get_is_hash_quarantined(sha256: str) -> bool:
        def found(txn: Any) -> bool:
            for table in (LOCAL, REMOTE):
                txn.execute(
                    f"SELECT 1 FROM {table} WHERE sha256 = ? AND quarantined_by IS NOT NULL"  # noqa: S608  # one of two words of ours
                    " AND quarantined_by NOT LIKE ? LIMIT 1",
                    (sha256, f"{OURS}%"),
                )
                if txn.fetchone() is not None:
                    return True
            return False

        ready = "remote_media_cache_sha256_idx"
        if not await store.db_pool.updates.has_completed_background_update(ready):
            return False  # as Synapse does: without the index this would read whole tables
        return bool(await store.db_pool.runInteraction("vedette_quarantined", found))

    store.get_is_hash_quarantined = get_is_hash_quarantined


def _avatars(gate: FileGate) -> Any:
    async def on_profile_update(user: str, profile: Any, by_admin: bool, deactivated: bool) -> None:
        del by_admin, deactivated
        if profile.avatar_url:
            await gate.file_used(user, profile.avatar_url, "avatar")

    return on_profile_update


@dataclass(frozen=True, slots=True)
class Stored:
    """The files that Synapse has: what is held among them, and its release or refusal."""

    hs: HomeServer

    async def held(self, most: int, skip: int) -> list[Entering]:
        """What is held, oldest first, with the device that each was sent from."""
        store: Any = self.hs.get_datastores().main

        def find(txn: Any) -> list[Any]:
            txn.execute(
                "SELECT media_id, media_type, upload_name, user_id, sha256, quarantined_by"  # noqa: S608  # a table of ours
                f" FROM {LOCAL} WHERE quarantined_by LIKE ?"
                " ORDER BY created_ts, media_id LIMIT ? OFFSET ?",
                (f"{HELD}%", most, skip),
            )
            return list(txn.fetchall())

        rows = await store.db_pool.runInteraction("vedette_held", find)
        return [
            self._entering(media, type_, name, user, sha256, by.removeprefix(HELD))
            for media, type_, name, user, sha256, by in rows
        ]

    def _entering(
        self, media: str, type_: str | None, name: str | None, user: str, sha256: str, device: str
    ) -> Entering:
        return Entering(
            server=self.hs.hostname,
            media=media,
            path=self.hs.get_media_repository().filepaths.local_media_filepath(media),
            declared=type_ or "",
            name=name or "",
            owner=user,
            device=device,
            sha256=sha256,
            stored=True,
        )

    async def release(self, file: Entering) -> None:
        """Let a held file go, by its id: equal bytes of others stay what they are."""
        await self._mark(file, None)
        repository: Any = self.hs.get_media_repository()
        # in the background, where what breaks is logged: without thumbnails it is still a file
        self.hs.run_as_background_process(
            "vedette_thumbnails",
            repository._generate_thumbnails,  # noqa: SLF001
            None, file.media, file.media, file.declared,
        )  # fmt: skip

    async def refuse(self, file: Entering) -> None:
        """Keep a held file from everybody for good."""
        await self._mark(file, REFUSED)

    async def _mark(self, file: Entering, by: str | None) -> None:
        await self.hs.get_datastores().main.db_pool.simple_update(
            table=LOCAL,
            # only what is still ours: an administrator may have quarantined it since
            keyvalues={"media_id": file.media, "quarantined_by": f"{HELD}{file.device or ''}"},
            updatevalues={"quarantined_by": by},
            desc="vedette_held_mark",
        )

    async def find(self, server: str, media: str) -> Entering | None:
        """A file whose bytes are here; None if there is none, or its bytes are still to come."""
        store: Any = self.hs.get_datastores().main
        filepaths = self.hs.get_media_repository().filepaths
        if server == self.hs.hostname:
            row = await store.get_local_media(media)
            if row is None or row.user_id is None or row.media_length is None:
                return None
            path, owner = filepaths.local_media_filepath(media), row.user_id
        else:
            row = await store.get_cached_remote_media(server, media)
            if row is None:
                return None
            path, owner = filepaths.remote_media_filepath(server, row.filesystem_id), None
        return Entering(
            server=server,
            media=media,
            path=path,
            declared=row.media_type or "",
            name=row.upload_name or "",
            owner=owner,
            sha256=row.sha256,
            stored=True,
        )

    def is_ours(self, server: str) -> bool:
        """Whether this is our own server's name."""
        return server == self.hs.hostname

    async def fetch(self, server: str, media: str, seconds: float) -> None:
        """Fetch a file of another server, which is judged as it enters. Raises SynapseError."""
        await self.hs.get_media_repository().get_remote_media_info(
            server, media, int(seconds * 1000), "", use_federation=True, allow_authenticated=True
        )
