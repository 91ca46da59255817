"""Drafts of the settings: kept to go on with, one version after the other, in force for nobody."""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import dataclass

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing
from vedette.admin.rejected import Code, Rejected
from vedette.admin.settings import LONGEST_TEXT
from vedette.core.asks import Act
from vedette.core.draft import Draft
from vedette.core.language import told
from vedette.ports.clock import Clock
from vedette.ports.drafts import Drafts
from vedette.spine import Permit

MOST_DRAFTS = 100
"""So many drafts may be kept at once; each is a whole document."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class DraftsDesk:
    """Where drafts are kept. Reading them is reading the settings, which the caller asks for.

    A draft may have faults: it is looked at when it is applied. Every method raises Rejected where
    the rules refuse the act, and Unavailable where the store does not answer.
    """

    door: AdministrationDoor
    store: Drafts
    clock: Clock

    async def every(self) -> tuple[Draft, ...]:
        """All drafts, by name."""
        return await asyncio.to_thread(self.store.every)

    async def one(self, name: str) -> Draft:
        """The draft of this name."""
        found = await asyncio.to_thread(self.store.get, name)
        if found is None:
            hint = told("list them with `vedette settings draft list`")
            raise Rejected(Code.NOT_FOUND, told("there is no draft `{name}`", name=name[:63]), hint)
        return found

    async def save(self, author: Actor, name: str, text: str, base: int, version: int = 0) -> Draft:
        """Keep a text as the version after `version`; 0 makes a new draft, which may have no name yet.

        Raises:
            Rejected: somebody else has saved it since, so that nobody's work is lost.
        """
        name = name or f"draft-{secrets.token_hex(3)}"
        if not _NAME.fullmatch(name):
            raise Rejected(
                Code.INVALID,
                told("`{name}` is no name for a draft", name=name[:63]),
                told("write small letters, digits and hyphens, at most 63"),
            )
        if len(text.encode(errors="surrogatepass")) > LONGEST_TEXT:
            raise Rejected(
                Code.INVALID,
                told("a draft has at most {bytes} bytes", bytes=LONGEST_TEXT),
            )
        permit = await self._permit(author, name)
        draft = Draft(
            name=name,
            text=text,
            base=base,
            version=version + 1,
            author=author.name,
            at=int(self.clock.now()),
        )
        if not await self._keep(permit, draft):
            raise await self._conflict(name)
        return draft

    async def remove(self, author: Actor, name: str, version: int) -> str:
        """Forget a draft as it was in this version; returns the record."""
        permit = await self._permit(author, name)
        if not await self._forget(permit, name, version):
            raise await self._conflict(name)
        return permit.record

    async def _permit(self, author: Actor, name: str) -> Permit:
        doing = Doing(act=Act.ADMINISTRATION_SETTINGS_DRAFT, author=author, what=name)
        return await self.door.permit(doing)

    async def _conflict(self, name: str) -> Rejected:
        there = await self.one(name)
        return Rejected(
            Code.CONFLICT,
            told(
                "the draft `{name}` is at version {version}, saved by {author}; nothing was "
                "changed",
                name=name,
                version=there.version,
                author=there.author,
            ),
            told(
                "look at it with `vedette settings draft show {name}`, and bring both together",
                name=name,
            ),
        )

    # ---- effects: each takes a Permit ----------------------------------------------------------

    async def _keep(self, _permit: Permit, draft: Draft) -> bool:
        if draft.version == 1 and len(await asyncio.to_thread(self.store.every)) >= MOST_DRAFTS:
            raise Rejected(
                Code.CONFLICT,
                told("{count} drafts are kept already", count=MOST_DRAFTS),
                told("remove some: `vedette settings draft list`"),
            )
        return await asyncio.to_thread(self.store.save, draft)

    async def _forget(self, _permit: Permit, name: str, version: int) -> bool:
        return await asyncio.to_thread(self.store.remove, name, version)
