"""Every private part that is replaced, which traffic it holds, and what is closed if it can't be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vedette.synapse.internals.delegated import install_delayed_events
from vedette.synapse.internals.device_keys import close_device_keys, install_device_keys
from vedette.synapse.internals.entering import close_entering, install_entering
from vedette.synapse.internals.ephemeral import (
    install_ephemeral_in,
    install_receipts,
    install_to_device,
    install_typing,
)
from vedette.synapse.internals.inbound_events import (
    close_staged_events,
    install_staged_events,
    lift_holds,
)
from vedette.synapse.internals.keys_out import (
    close_device_lists,
    close_key_updates,
    install_device_lists,
    install_key_updates,
)
from vedette.synapse.internals.local_events import (
    close_local_events,
    install_local_events,
    install_second_beginnings,
    leave_second_beginnings,
)
from vedette.synapse.internals.media import close_files, install_files
from vedette.synapse.internals.presence import install_presence_out, install_presence_read
from vedette.synapse.internals.rooms import RoomFacts
from vedette.synapse.internals.rooms_made import close_rooms_made, install_rooms_made
from vedette.synapse.internals.wrapping import (
    Closed,
    Installed,
    InternalsMismatch,
    Place,
    Wrapper,
)

if TYPE_CHECKING:
    from synapse.server import HomeServer

    from vedette.synapse.internals.gate import FileGate, Gate


def dropping(owner: Callable[[HomeServer], Any], name: str) -> Callable[[Place], None]:
    """A close that makes one coroutine do nothing, whatever it takes in this Synapse."""

    def close(place: Place) -> None:
        async def drop(*_: object, **__: object) -> None:
            return None

        setattr(owner(place.hs), name, drop)

    return close


def close_presence_read(place: Place) -> None:
    """Switch presence off, as the setting would."""
    place.hs.config.server.presence_enabled = False
    place.hs.config.server.track_presence = False


WRAPPERS = (
    Wrapper(
        name="local-events",
        holds="events that our people make, remote joins and knocks that we sign",
        install=install_local_events,
        close=close_local_events,
        closed="no event can be made here",
    ),
    Wrapper(
        name="second-beginnings",
        holds="first events of rooms that exist already",
        install=install_second_beginnings,
        close=leave_second_beginnings,
        closed="Synapse refuses them with an error of its own",
    ),
    Wrapper(
        name="inbound-events",
        holds="events that other servers send",
        install=install_staged_events,
        close=close_staged_events,
        closed="events of other servers wait outside",
    ),
    Wrapper(
        name="rooms-made",
        holds="rooms being made or replaced",
        install=install_rooms_made,
        close=close_rooms_made,
        closed="no room can be made",
    ),
    Wrapper(
        name="entering-elsewhere",
        holds="our people joining or knocking at rooms of other servers",
        install=install_entering,
        close=close_entering,
        closed="nobody but an administrator of Synapse can join a room",
    ),
    Wrapper(
        name="ephemeral-in",
        holds="typing, receipts, presence and to-device messages of other servers",
        install=install_ephemeral_in,
        close=dropping(lambda hs: hs.get_federation_registry(), "on_edu"),
        closed="all of it is dropped",
    ),
    Wrapper(
        name="device-keys",
        holds="keys of our people's devices, as other servers ask for them",
        install=install_device_keys,
        close=close_device_keys,
        closed="other servers are told no keys, so their people can't encrypt for ours",
    ),
    Wrapper(
        name="typing",
        holds="typing notices of our people",
        install=install_typing,
        close=dropping(lambda hs: hs.get_typing_handler(), "started_typing"),
        closed="nobody is shown as typing",
    ),
    Wrapper(
        name="receipts",
        holds="read receipts of our people",
        install=install_receipts,
        close=dropping(lambda hs: hs.get_receipts_handler(), "received_client_receipt"),
        closed="no receipt is kept, and unread counts stay",
    ),
    Wrapper(
        name="to-device",
        holds="to-device messages of our people",
        install=install_to_device,
        close=dropping(lambda hs: hs.get_device_message_handler(), "send_device_message"),
        closed="all of them are dropped, so new encrypted messages can't be read",
    ),
    Wrapper(
        name="presence-read",
        holds="what our people see of others' presence",
        install=install_presence_read,
        close=close_presence_read,
        closed="presence is off",
    ),
    Wrapper(
        name="presence-out",
        holds="what other servers are told of our people's presence",
        install=install_presence_out,
        close=dropping(lambda hs: hs.get_federation_sender(), "send_presence_to_destinations"),
        closed="other servers are told nothing",
    ),
    Wrapper(
        name="key-updates",
        holds="what other servers are told of our people's devices and signing keys",
        install=install_key_updates,
        close=close_key_updates,
        closed="other servers are told of no change",
    ),
    Wrapper(
        name="device-lists",
        holds="lists of our people's devices that other servers ask for",
        install=install_device_lists,
        close=close_device_lists,
        closed="nobody here is said to have a device",
    ),
    Wrapper(
        name="files",
        holds="files that our people upload, and files fetched from other servers",
        install=install_files,
        close=close_files,
        closed="no file is stored",
    ),
    Wrapper(
        name="delayed-events",
        holds="what a device has set to be sent later, once the device is gone",
        install=install_delayed_events,
        close=dropping(lambda hs: hs.get_delayed_events_handler(), "_send_event"),
        closed="nothing that was set to be sent later is sent",
    ),
)


class Doors:
    """The wrappers in place, with what only they can do."""

    __slots__ = ("place", "results")

    def __init__(self, place: Place, results: tuple[Installed | Closed, ...]) -> None:
        self.place = place
        self.results = results

    def lift_holds(self) -> None:
        """Look at once at every inbound event that waits; called whenever the policy or facts
        changed, since a hold asks again by itself only once a minute.
        """
        lift_holds(self.place)


def install(hs: HomeServer, gate: Gate, files: FileGate | None = None) -> Doors:
    """Place every wrapper, or close what it would have held.

    To be called once, in a module's constructor; the caller reports what is `Closed`.
    """
    place = Place(hs, gate, RoomFacts.of(hs), files=files)
    return Doors(place, tuple(_placed(wrapper, place) for wrapper in WRAPPERS))


def _placed(wrapper: Wrapper, place: Place) -> Installed | Closed:
    try:
        wrapper.install(place)
    except InternalsMismatch as mismatch:
        wrapper.close(place)
        return Closed(wrapper.name, wrapper.holds, str(mismatch), wrapper.closed)
    return Installed(wrapper.name, wrapper.holds)
