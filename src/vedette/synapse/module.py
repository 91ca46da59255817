"""The module that Synapse loads: wires the event door.

Configuration in `homeserver.yaml` (written by Vedette, not by hand):

    modules:
      - module: vedette.synapse.module.Module
        config: {organisation, streams, spool, public_key}
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from synapse.config import ConfigError
from synapse.logging.context import make_deferred_yieldable
from synapse.module_api import NOT_SPAM
from synapse.util.duration import Duration
from twisted.internet.defer import Deferred

from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.log_incidents import LogIncidents
from vedette.adapters.stream_files import StreamFiles
from vedette.adapters.system_clock import SystemClock
from vedette.core.names import ServerName
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.spine import Spine
from vedette.synapse.answers import hidden, or_refuse
from vedette.synapse.door import EventDoor
from vedette.synapse.internals.table import Doors, install
from vedette.synapse.internals.wrapping import Closed
from vedette.synapse.notices import Notices, Pace
from vedette.synapse.stored_files import PATH, StoredFiles

if TYPE_CHECKING:
    from synapse.module_api import ModuleApi
    from synapse.server import HomeServer
    from synapse.types import UserProfile

PROCESS = "synapse"
_LOG = logging.getLogger("vedette.module")
_POLL = Duration(milliseconds=50)
_MUST_HOLD = frozenset({"local-events", "inbound-events", "rooms-made", "entering-elsewhere"})
"""The doors for messages and contact: without one of them the module does not start."""


@dataclass(frozen=True, slots=True)
class ModuleConfig:
    """What the module must know before any stream arrives."""

    organisation: ServerName
    streams: Path
    spool: Path
    public_key: Ed25519PublicKey


class Module:
    """Vedette inside Synapse."""

    def __init__(self, config: ModuleConfig, api: ModuleApi) -> None:
        """Place the doors. Raises ConfigError when a message door can't be placed."""
        self._hs = api._hs  # noqa: SLF001  # there is no public way to the homeserver
        clock = SystemClock()
        self._spool = AuditSpool(config.spool, PROCESS, clock, _Wait(self._hs))
        self._streams = StreamFiles(
            config.streams, config.organisation, config.public_key, clock, self._changed
        )
        self._doors: Doors | None = None
        pace = Pace(clock)
        notices = Notices(api, config.organisation, pace, self._notices_per_minute)
        spine = Spine(self._streams, self._spool, LogIncidents(), clock)
        try:
            self._spool.start()
        except Unavailable as fault:
            raise ConfigError(str(fault)) from fault
        self._streams.start()
        door = EventDoor(spine, notices.tell)
        self._doors = install(self._hs, door)
        _report(self._doors)
        api.register_web_resource(PATH, StoredFiles(self._hs.get_datastores().main))

        async def hide(profile: UserProfile, requester: str) -> bool:
            return hidden(door.find(requester, profile["user_id"]))

        rooms = self._doors.place.rooms

        async def publish(user: str, room: str) -> Literal["NOT_SPAM"]:
            or_refuse(await door.publish(user, rooms.reader(room)))
            return NOT_SPAM

        api.register_spam_checker_callbacks(
            check_username_for_spam=hide, user_may_publish_room=publish
        )
        self._follow()

    @staticmethod
    def parse_config(config: Mapping[str, Any]) -> ModuleConfig:
        """Read the module's configuration. Raises ConfigError."""
        try:
            key = load_pem_public_key(Path(config["public_key"]).read_bytes())
            if not isinstance(key, Ed25519PublicKey):
                raise ConfigError(f"`{config['public_key']}` is not an Ed25519 key")
            return ModuleConfig(
                ServerName(config["organisation"]),
                Path(config["streams"]),
                Path(config["spool"]),
                key,
            )
        except (KeyError, OSError, ValueError) as fault:
            raise ConfigError(f"the module can't be configured: {fault}") from fault

    def _follow(self) -> None:
        """Look for new stream parts for as long as Synapse runs.

        One stat per stream: cheap enough for the reactor, twenty times a second.
        """
        self._hs.get_clock().looping_call(self._streams.poll, _POLL)

    def _changed(self, policy: Policy) -> None:
        self._spool.keep_whole(policy.directory.document.audit.permitted == "whole")
        if self._doors is not None:
            self._doors.lift_holds()

    def _notices_per_minute(self) -> int:
        try:
            return self._streams.current().directory.document.notices.per_minute
        except Unavailable:
            return 0


def _report(doors: Doors) -> None:
    closed = [result for result in doors.results if isinstance(result, Closed)]
    for result in closed:
        _LOG.error("closed: %s (%s); %s", result.holds, result.because, result.closed)
    missing = sorted(_MUST_HOLD & {result.name for result in closed})
    if missing:
        raise ConfigError(f"this Synapse version can't be held: {', '.join(missing)}")


@dataclass(frozen=True, slots=True)
class _Wait:
    """Waits on Twisted's loop for something that a thread completes."""

    hs: HomeServer

    async def __call__(self, done: Future[None]) -> None:
        reactor = self.hs.get_reactor()
        deferred: Deferred[None] = Deferred()

        def finished(future: Future[None]) -> None:
            fault = future.exception()
            if fault is None:
                reactor.callFromThread(deferred.callback, None)
            else:
                reactor.callFromThread(deferred.errback, fault)

        done.add_done_callback(finished)
        await make_deferred_yieldable(deferred)
