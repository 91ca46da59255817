"""The route of Synapse's own options."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from vedette.api import render, shapes
from vedette.api.acting import asks
from vedette.api.office import Office
from vedette.core.asks import Act

Words = Annotated[str, Query(max_length=200, description="Words that all must be said of it.")]


def router(office: Office) -> APIRouter:
    """The route, under the tag of the settings."""
    found = APIRouter(tags=["settings"])
    reads = asks(office, Act.ADMINISTRATION_SETTINGS_READ)

    @found.get("/settings/synapse", dependencies=[reads])
    async def synapse(q: Words = "") -> list[shapes.OptionShape]:
        """Synapse's own options that matter for security: what is in force, and what decides it."""
        rows, words = office.beneath(office.desk.current()[1]), q.casefold().split()
        return [render.option(row) for row in rows if row.says(words)]

    return found
