"""Keeps sign-ins on their way in the store, so that a restart loses none and two signins share them.

They are kept sealed: whoever reads the store can neither continue a sign-in nor see a secret that is
being enrolled.
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.pages.sealed import Sealed
from vedette.ports.sign_in import SignInStore
from vedette.signin.flow import Flow


@dataclass(frozen=True, slots=True)
class Flows:
    """The flows in the store."""

    sealed: Sealed

    @classmethod
    def of(cls, store: SignInStore) -> Flows:
        """The flows that this store keeps."""
        return cls(Sealed(store, "flow"))

    def begin(self, flow: Flow) -> str:
        """Keep a new flow and return its name. Raises Unavailable."""
        return self.sealed.put(flow.to_bytes(), flow.until)

    def find(self, name: str, now: int) -> Flow | None:
        """The flow with this name, unless it is unknown, through or too old. Raises Unavailable."""
        body = self.sealed.find(name, now)
        return None if body is None else Flow.from_bytes(body)

    def keep(self, name: str, flow: Flow) -> bool:
        """Keep how far the flow came; False if it was ended meanwhile. Raises Unavailable."""
        return self.sealed.replace(name, flow.to_bytes(), flow.until)

    def swap(self, name: str, before: Flow, flow: Flow, now: int) -> bool:
        """Keep `flow` if nothing was kept since `before`; False otherwise. Raises Unavailable."""
        return self.sealed.swap(name, before.to_bytes(), flow.to_bytes(), flow.until, now)

    def renamed(self, name: str, flow: Flow) -> str:
        """Keep the flow under a new name; whoever knew the old one can't go on with it.

        Of two requests that proved the same at once, both go on. Raises Unavailable.
        """
        new = self.begin(flow)
        self.sealed.end(name, flow.until - 1)
        return new
