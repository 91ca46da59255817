"""Other servers before the federation door, each with its key, in memory."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field

from tests.apps.scene import Scene
from tests.signing import SigningServer, wire
from vedette.adapters.memory.key_server import MemoryKeyServer
from vedette.core.names import ServerName
from vedette.gateway.files import FetchedFiles
from vedette.gateway.incoming import IncomingDoor
from vedette.gateway.keyring import Keyring
from vedette.gateway.plan import Answer, Collect, Forward

DOMAIN = ServerName("example.org")
NAMES = frozenset({"example.org"})


@dataclass
class Servers:
    """Makes them up as they are named; `keys` is what they publish, if they are asked."""

    scene: Scene
    keys: MemoryKeyServer = field(default_factory=MemoryKeyServer)
    known: dict[str, SigningServer] = field(default_factory=dict)

    def door(self, files: FetchedFiles | None = None) -> IncomingDoor:
        keyring = Keyring(self.keys, self.scene.clock)
        return IncomingDoor(self.scene.spine, files or self.scene.files, keyring, DOMAIN, NAMES)

    def of(self, name: str) -> SigningServer:
        """The server of this name, which publishes its key for a day from the scene's now."""
        if name not in self.known:
            server = self.known[name] = SigningServer(name)
            self.keys.answers[name] = server.published(until=self.scene.clock.now() + 86_400)
        return self.known[name]

    def header(self, name: str, method: str, path: str, content: object = None) -> bytes:
        return self.of(name).header(method, path, DOMAIN, content)


async def followed(action: object, body: bytes = b"") -> Answer | Forward:
    """What becomes of a request whose body is `body`, to its end."""
    action = await action if inspect.isawaitable(action) else action
    if isinstance(action, Collect):
        then = action.then(body)
        action = await then if inspect.isawaitable(then) else then
    assert isinstance(action, Answer | Forward), action
    return action


__all__ = ["DOMAIN", "Servers", "followed", "wire"]
