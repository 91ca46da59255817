"""What a sign-in service needs of Synapse beyond what Synapse offers one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from synapse.api.auth.mas import ServerMetadata
from synapse.types import UserID
from synapse.util.caches.cached_call import RetryOnExceptionCachedCall

from vedette.synapse.internals.wrapping import Place, original

if TYPE_CHECKING:
    from synapse.server import HomeServer
    from synapse.storage.databases.main.delayed_events import DelayedEventDetails


def tell_metadata(hs: HomeServer, metadata: Mapping[str, str]) -> None:
    """Tell Synapse what it would otherwise fetch from the sign-in service.

    It would ask through its proxy, which leads out of the house, and an exception for this address
    would let whoever can send Synapse to an address send it to every port of this machine.

    Raises:
        InternalsMismatch: Synapse has changed there.
    """
    auth = hs.get_auth()
    original(auth, "_load_metadata")

    async def known() -> ServerMetadata:
        return ServerMetadata(**metadata)

    auth._load_metadata = known  # type: ignore[attr-defined]  # noqa: SLF001
    auth._server_metadata = RetryOnExceptionCachedCall(known)  # type: ignore[attr-defined]  # noqa: SLF001


async def cancel_delayed_events(hs: HomeServer, localpart: str, device_id: str) -> int:
    """Forget what a device has set to be sent later (MSC4140); returns how many there were.

    What is being sent this moment is left alone. The timer is not touched: it finds nothing to do.
    """
    pool = hs.get_datastores().main.db_pool
    return await pool.simple_delete(
        table="delayed_events",
        keyvalues={"user_localpart": localpart, "device_id": device_id, "is_processed": False},
        desc="vedette_cancel_delayed_events",
    )


def install_delayed_events(place: Place) -> None:
    """Send nothing later for a device that is gone by then.

    A request that was on its way while its device was deleted may still have set something.
    """
    # its cache's wrapper hides its types
    find: Any = place.hs.get_datastores().main.get_device

    async def there(user: str, device: str) -> bool:
        return await find(user, device) is not None

    send_later_only_if(place.hs, there)


def send_later_only_if(hs: HomeServer, allowed: Callable[[str, str], Awaitable[bool]]) -> None:
    """Forget what is due to be sent now unless `allowed(user, device)`.

    Raises:
        InternalsMismatch: Synapse has changed there.
    """
    handler = hs.get_delayed_events_handler()
    store = hs.get_datastores().main
    send = original(handler, "_send_event", "event", "txn_id")

    async def send_event(event: DelayedEventDetails, txn_id: str | None = None) -> None:
        user = UserID(event.user_localpart, hs.hostname).to_string()
        if event.device_id is None or not await allowed(user, event.device_id):
            await store.delete_processed_delayed_event(event.delay_id)
            return
        await send(event, txn_id)

    handler._send_event = send_event  # type: ignore[method-assign]  # noqa: SLF001
