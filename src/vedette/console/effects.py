"""What a change of the settings would do at once, as pages say it."""

from __future__ import annotations

from vedette.admin.actor import Actor
from vedette.console.desks import Desks
from vedette.console.orders import Foreseen
from vedette.core.language import Sentence, told


async def effect_words(desks: Desks, by: Actor, wanted: Foreseen | None) -> tuple[Sentence, ...]:
    """What a change of the settings would do at once, and how to undo it; empty for everything else."""
    if wanted is None or not wanted.text:
        return ()
    effect = await desks.settings.effect_of(wanted.text, by)
    if effect is None or not effect.words:
        return ()
    undo = told("To undo it: {command}", command=f"vedette settings restore {effect.back}")
    return (*effect.words, undo)
