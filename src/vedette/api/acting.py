"""Who asks at the admin API, and the rules' word on whether they may.

The border finds out who it is; every route either takes that to the use-case, which asks the rules
itself, or names with `asks` the act that is asked before the route runs.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing
from vedette.api.office import Office
from vedette.core.asks import Act

ACTOR = "vedette.actor"
"""The key under which the border puts the actor into the request's scope."""


def actor_of(request: Request) -> Actor:
    """Whoever asks. Without a border in front there is nobody, and the request fails."""
    actor = request.scope[ACTOR]
    if not isinstance(actor, Actor):
        raise TypeError("the border names an Actor")
    return actor


By = Annotated[Actor, Depends(actor_of)]


def asks(office: Office, act: Act) -> Any:
    """A route's dependency: the rules are asked about this act over nobody in particular."""
    return Depends(_asker(AdministrationDoor(office.desk.spine), act))


def _asker(door: AdministrationDoor, act: Act) -> Callable[[Actor], Coroutine[Any, Any, None]]:
    async def ask(actor: By) -> None:
        await door.permit(Doing(act=act, author=actor))

    return ask
