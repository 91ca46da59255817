"""What the sign-in service tells the homeserver: which people and which devices there are.

Every call may be made again: what is there already stays, what is gone already is no fault. So
whoever keeps errands can carry each of them out at least once.
"""

from __future__ import annotations

from typing import Protocol


class Provisioning(Protocol):
    """The homeserver's accounts and devices. Calls wait; use them on a worker thread.

    Every method raises Unavailable when the homeserver did not answer, or not as it should: it may
    or may not have been done, and is to be asked again.
    """

    def person(self, localpart: str, display_name: str) -> None:
        """Make the account if there is none yet.

        The display name is given to a new account only: afterwards it is the person's own, or
        `call`'s. Empty: none is set.

        Raises:
            Unavailable: see above.
        """

    def call(self, localpart: str, display_name: str) -> None:
        """Have the account called so from now on, in its rooms too. Empty: no name at all.

        Raises:
            Unavailable: see above; also when there is no such account.
        """

    def device(self, localpart: str, device_id: str, name: str) -> None:
        """Make the device, or name it anew; the account must be there. Empty: no name is set.

        Raises:
            Unavailable: see above; also when there is no such account.
        """

    def delete_device(self, localpart: str, device_id: str) -> None:
        """Delete the device with its keys, and end its open requests. None there: nothing to do.

        Raises:
            Unavailable: see above.
        """

    def cancel_delayed_events(self, localpart: str, device_id: str) -> int:
        """Cancel what the device has set to be sent later (MSC4140); returns how many there were.

        To be called after `delete_device`: until then the device could still set new ones.

        Raises:
            Unavailable: see above.
        """

    def allow_cross_signing_reset(self, localpart: str) -> None:
        """Let the person replace the cross-signing keys once, within ten minutes.

        Raises:
            Unavailable: see above.
        """
