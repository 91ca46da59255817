"""What the doctor finds about inventories of device management."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from vedette.adapters.boot_file import Boot
from vedette.admin.findings import Found, Health
from vedette.core.language import as_is, told
from vedette.core.settings.device_management import DeviceManagement
from vedette.core.settings.document import Document
from vedette.ports.device_management import InventoryState

_AREA = "inventories"


class Seen(Protocol):
    """What is seen of them: `boot` says where they are, `document` whose devices each knows."""

    @property
    def boot(self) -> Boot:
        """The boot file."""

    @property
    def document(self) -> Document:
        """The settings in force."""

    @property
    def inventories(self) -> tuple[InventoryState, ...]:
        """How each stands that was ever asked or reported."""

    @property
    def now(self) -> float:
        """The time."""


def inventories(seen: Seen) -> Iterable[Found]:
    """How each inventory of the device management stands."""
    settings = {str(name): own for name, own in seen.document.device_management.items()}
    now = seen.now
    here = seen.boot.control.device_management
    by_name = {state.source: state for state in seen.inventories}
    for name, own in settings.items():
        state = by_name.get(name) or InventoryState(source=name)
        if name in here:
            yield _found(own, state, now)
        else:
            words = told("the boot file does not say where the inventory `{name}` is", name=name)
            mend = told("add [control.device_management.{name}] to the boot file", name=name)
            yield Found(_AREA, Health.BROKEN, words, mend)
    for name in sorted(set(here) - set(settings)):
        words = told(
            "the boot file says where the inventory `{name}` is, and no setting says for whose "
            "devices it speaks: it is not read",
            name=name,
        )
        issuers = f"device_management.{name}.issuers"
        mend = as_is(f"vedette settings set {issuers} '[\"ISSUER\"]' --reason …")
        yield Found(_AREA, Health.WEAK, words, mend)


def _found(own: DeviceManagement, state: InventoryState, now: float) -> Found:
    name = state.source
    test = as_is(f"vedette device inventory test {name}")
    if not state.read and not state.trouble:
        words = told("the inventory `{name}` has told nothing yet", name=name)
        return Found(_AREA, Health.WEAK, words, test)
    if now - state.read > own.good_for:
        words = told(
            "the inventory `{name}` told nothing for so long that its devices count as unknown: {why}",
            name=name,
            why=state.trouble or "…",
        )
        return Found(_AREA, Health.BROKEN, words, test)
    if state.trouble:
        words = told("the inventory `{name}`: {why}", name=name, why=state.trouble)
        # what was read at the last try was taken; only some of it was left out
        health = Health.WEAK if state.read == state.tried else Health.BROKEN
        held = as_is(f"vedette device inventory sync {name} --confirm --reason why")
        return Found(_AREA, health, words, held if "--confirm" in state.trouble else test)
    words = told("the inventory `{name}` tells of {count} devices", name=name, count=state.devices)
    return Found(_AREA, Health.GOOD, words)
