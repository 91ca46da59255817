"""The module that Synapse loads: wires the event door.

Configuration in `homeserver.yaml` (written by Vedette, not by hand):

    modules:
      - module: vedette.synapse.module.Module
        config: {organisation, streams, spool, public_key, audit_key, inspector,
                 sign_in: {listen, secret, issuer, account}}
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from synapse.config import ConfigError
from synapse.logging.context import defer_to_threadpool, make_deferred_yieldable
from synapse.module_api import NOT_SPAM
from synapse.util.duration import Duration
from twisted.internet.defer import Deferred
from twisted.python.threadpool import ThreadPool

from vedette.adapters.audit_keys import RecipientFile
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.inspector import Inspector, Run, digest_of
from vedette.adapters.log_incidents import LogIncidents
from vedette.adapters.room_reports import RoomReportFiles
from vedette.adapters.settings_keys import SettingsKeyFile
from vedette.adapters.stream_files import StreamFiles
from vedette.adapters.system_clock import SystemClock
from vedette.core.explain import sentence_about_new_device, sentence_about_suspended_device
from vedette.core.facts import Facts
from vedette.core.files import Digest
from vedette.core.names import ServerName
from vedette.core.sessions import SessionState, facts_between_people
from vedette.core.suspension import Suspension, suspension_of
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.protocol.internal.asked_rooms import PATH as ROOMS
from vedette.protocol.internal.held_files import PATH as FILES
from vedette.protocol.internal.sessions import NO_SESSIONS, Listed, SessionList, listed_of
from vedette.protocol.internal.streams import Part, Stream
from vedette.protocol.oauth.account_pages import prove_address
from vedette.spine import Spine
from vedette.synapse.answers import hidden, or_refuse
from vedette.synapse.delayed_events import PATH as DELAYED_EVENTS
from vedette.synapse.delayed_events import DelayedEvents
from vedette.synapse.door import EventDoor
from vedette.synapse.files import FileDoor
from vedette.synapse.files_for_control import Files, FilesForControl
from vedette.synapse.gather import EventGather
from vedette.synapse.held import ROUND_SECONDS, HeldFiles
from vedette.synapse.held_by_id import PATH as HELD_BY_ID
from vedette.synapse.held_by_id import HeldById, HoldsById
from vedette.synapse.internals.delegated import (
    cancel_delayed_events,
    send_later_only_if,
    tell_metadata,
)
from vedette.synapse.internals.held_rows import HeldRows
from vedette.synapse.internals.media import Stored
from vedette.synapse.internals.table import Doors, install
from vedette.synapse.internals.wrapping import Closed, InternalsMismatch
from vedette.synapse.introspection import Introspection, serve, site
from vedette.synapse.new_devices import new_devices
from vedette.synapse.notices import FromOtherDoors, Notices
from vedette.synapse.rooms_for_control import Rooms, RoomsForControl
from vedette.synapse.standing_rooms import StandingRooms
from vedette.synapse.stored_files import LOOKED_AT, PATH, LookedAt, StoredFiles
from vedette.synapse.suspensions import newly_suspended

if TYPE_CHECKING:
    from synapse.module_api import ModuleApi
    from synapse.server import HomeServer
    from synapse.types import UserProfile

PROCESS = "synapse"
_LOG = logging.getLogger("vedette.module")
_POLL_SECONDS = 0.05
_NEW_DEVICE, _SUSPENDED = "a new device", "a suspended device"
"""What notices about devices count as, beside those about rules."""
_MOST_THREADS = 16
_INSPECTOR_SECONDS = 2.0
"""How long the inspector may be silent where it has nothing to look at."""

_Done = TypeVar("_Done")
_MUST_HOLD = frozenset({"local-events", "inbound-events", "rooms-made", "entering-elsewhere"})
"""The doors for messages and contact: without one of them the module does not start."""


@dataclass(frozen=True, slots=True)
class SignInConfig:
    """What the module must know to stand for the sign-in service towards Synapse."""

    host: str
    port: int
    secret: bytes
    metadata: Mapping[str, str]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> SignInConfig:
        """Read it. Raises KeyError, OSError or ValueError."""
        host, _, port = str(config["listen"]).rpartition(":")
        secret = Path(config["secret"]).read_bytes().strip()
        if not secret:
            raise ValueError(f"`{config['secret']}` is empty")
        metadata = {
            "issuer": str(config["issuer"]),
            "account_management_uri": str(config["account"]),
        }
        return cls(host.strip("[]"), int(port), secret, metadata)


@dataclass(frozen=True, slots=True)
class ModuleConfig:
    """What the module must know before any stream arrives."""

    organisation: ServerName
    streams: Path
    spool: Path
    public_key: SettingsKeyFile
    audit_key: RecipientFile | None
    inspector: Path
    sign_in: SignInConfig


class Module:
    """Vedette inside Synapse."""

    def __init__(self, config: ModuleConfig, api: ModuleApi) -> None:
        """Place the doors. Raises ConfigError when a message door can't be placed."""
        self._hs = api._hs  # noqa: SLF001  # there is no public way to the homeserver
        clock = self._clock = SystemClock()
        self._issuer = config.sign_in.metadata["issuer"]
        self._spool = AuditSpool(
            config.spool, PROCESS, clock, _Wait(self._hs), recipient=config.audit_key
        )
        self._streams = StreamFiles(
            config.streams, config.organisation, config.public_key, clock, self._changed
        )
        self._lists = SessionLists(self._streams, clock, self._news)
        self._doors: Doors | None = None
        self._rooms: StandingRooms | None = None
        notices = self._notices = Notices(api, config.organisation, clock, self._notices_per_minute)
        self._refused_elsewhere = FromOtherDoors(clock.now(), self._tell)
        self._told: Part | None = None
        spine = Spine(self._streams, self._spool, LogIncidents(), clock)
        try:
            self._spool.start()
        except Unavailable as fault:
            raise ConfigError(str(fault)) from fault
        self._streams.start()
        self._lists.take()
        standing = StandingRooms(self._hs, spine, notices.say, RoomReportFiles(config.streams))
        files = self._file_door(config.inspector, spine, clock)
        gather = EventGather(files, self._lists.facts)
        door = EventDoor(spine, notices.tell, notices.say, standing.moved, gather)
        self._doors = install(self._hs, door, files)
        self._streams.tell_closed(_report(self._doors))
        self._serve_files(api, files, config)
        rooms = self._doors.place.rooms
        told = RoomsForControl(door, rooms.reader, config.organisation, config.public_key)
        api.register_web_resource(ROOMS, Rooms(told))

        async def hide(profile: UserProfile, requester: str) -> bool:
            return hidden(door.find(requester, profile["user_id"]))

        async def publish(user: str, room: str) -> Literal["NOT_SPAM"]:
            or_refuse(await door.publish(user, rooms.reader(room)))
            return NOT_SPAM

        api.register_spam_checker_callbacks(
            check_username_for_spam=hide, user_may_publish_room=publish
        )
        self._stand_for_sign_in(config.sign_in, config.organisation, clock)
        self._rooms = standing
        reactor: Any = self._hs.get_reactor()
        reactor.callWhenRunning(standing.start)
        self._follow()

    @staticmethod
    def parse_config(config: Mapping[str, Any]) -> ModuleConfig:
        """Read the module's configuration. Raises ConfigError."""
        try:
            organisation = ServerName(config["organisation"])
            key = SettingsKeyFile(Path(config["public_key"]), organisation)
            key.keys()  # what can't be used is told now
            return ModuleConfig(
                organisation,
                Path(config["streams"]),
                Path(config["spool"]),
                key,
                RecipientFile.at(Path(config["audit_key"])) if "audit_key" in config else None,
                Path(config["inspector"]),
                SignInConfig.of(config["sign_in"]),
            )
        except (KeyError, OSError, ValueError, Unavailable) as fault:
            raise ConfigError(f"the module can't be configured: {fault}") from fault

    def _stand_for_sign_in(
        self, config: SignInConfig, organisation: ServerName, clock: SystemClock
    ) -> None:
        """Answer Synapse whose a token is, and cancel what ended devices have set to be sent later.

        Raises ConfigError when nobody could sign in.
        """
        hs = self._hs

        async def sleep(seconds: float) -> None:
            await hs.get_clock().sleep(Duration(seconds=seconds))

        async def cancel(localpart: str, device_id: str) -> int:
            return await cancel_delayed_events(hs, localpart, device_id)

        def run(doing: Callable[[], Awaitable[None]]) -> object:
            return hs.run_as_background_process("vedette_introspection", doing)

        answering = Introspection(self._lists, organisation, clock, sleep)
        try:
            tell_metadata(hs, config.metadata)
            if not self._closed("delayed-events"):
                send_later_only_if(hs, self._lists.lives)
            served = site(answering, config.secret, config.metadata, run)
            serve(hs, (config.host, config.port), served)
        except (InternalsMismatch, Unavailable) as fault:
            raise ConfigError(str(fault)) from fault
        hs.get_module_api().register_web_resource(
            DELAYED_EVENTS, DelayedEvents(config.secret, cancel)
        )

    def _file_door(self, socket: Path, spine: Spine, clock: SystemClock) -> FileDoor:
        """The file door, which asks the inspector on threads of its own: it may be slow, or hang."""
        looking, asking = self._threads("vedette-files"), self._threads("vedette-register")

        async def digest(path: str) -> Digest:
            return await looking(lambda: digest_of(path))

        return FileDoor(
            spine,
            Inspector(socket, looking, _INSPECTOR_SECONDS),
            Inspector(socket, asking, _INSPECTOR_SECONDS),
            self._lists.facts,
            digest,
            clock,
            self._notices.say,
            self._notices.tell,
        )

    def _threads(self, name: str) -> Run:
        """Threads on which something may block, and a way to wait for it there."""
        reactor: Any = self._hs.get_reactor()
        threads = ThreadPool(0, _MOST_THREADS, name)
        threads.start()
        reactor.addSystemEventTrigger("during", "shutdown", threads.stop)

        def run(doing: Callable[[], _Done]) -> Awaitable[_Done]:
            return defer_to_threadpool(reactor, threads, doing)

        return run

    def _serve_files(self, api: ModuleApi, files: FileDoor, config: ModuleConfig) -> None:
        """Answer the gateway and control about files, and go on asking about what is held."""
        hs, stored, rows = self._hs, Stored(self._hs), HeldRows(self._hs)
        by_id = HoldsById(files.spine, rows, stored, files.register)
        api.register_web_resource(PATH, StoredFiles(rows))
        api.register_web_resource(LOOKED_AT, LookedAt(stored, files))
        api.register_web_resource(HELD_BY_ID, HeldById(by_id))
        ordered = FilesForControl(files, rows, stored, config.organisation, config.public_key)
        api.register_web_resource(FILES, Files(ordered))
        held = HeldFiles(files, stored)
        # a round that breaks is logged, and the next one comes all the same
        hs.get_clock().looping_call(
            lambda: hs.run_as_background_process("vedette_held_files", held.once),
            Duration(seconds=ROUND_SECONDS),
        )

    def _closed(self, name: str) -> bool:
        results = self._doors.results if self._doors is not None else ()
        return any(isinstance(each, Closed) and each.name == name for each in results)

    def _follow(self) -> None:
        """Look for new stream parts for as long as Synapse runs: mostly one stat, often.

        On a thread of its own: ten thousand sessions take most of a second to verify and to read,
        and no message waits for that.
        """
        ended = Event()
        reactor: Any = self._hs.get_reactor()
        reactor.addSystemEventTrigger("before", "shutdown", ended.set)
        Thread(target=self._look, args=(ended,), name="vedette-streams", daemon=True).start()

    def _look(self, ended: Event) -> None:
        try:
            while not ended.wait(_POLL_SECONDS):
                self._look_once()
        finally:
            if not ended.is_set():
                # A door that hears no more would take new sessions for ended ones, and their people
                # would lose their keys: whoever started Synapse starts it again.
                _LOG.critical("the streams are not followed any more; Synapse ends")
                reactor: Any = self._hs.get_reactor()
                reactor.callFromThread(reactor.stop)

    def _look_once(self) -> None:
        try:
            if self._streams.newer():
                self._streams.poll()
            self._lists.take()
            self._tell_refusals()
            if self._rooms is not None:
                self._rooms.look_for_wish(self._hs.get_reactor().callFromThread)
        except OSError as fault:
            # The door goes on by what it has until that is too old; the next look may succeed.
            _LOG.warning("streams can't be read or kept: %s", fault)

    def _changed(self, policy: Policy) -> None:
        """Called on whichever thread took the new parts."""
        self._spool.keep_whole(policy.directory.document.audit.permitted == "whole")
        self._hs.get_reactor().callFromThread(self._look_again)

    def _look_again(self) -> None:
        if self._doors is not None:
            self._doors.lift_holds()
        if self._rooms is not None:
            self._rooms.wake()

    def _news(self, before: SessionList, now: SessionList) -> None:
        """Tell people of their new and suspended devices. Called on the thread that took the list."""
        for session in new_devices(before, now):
            self._tell(session.user, _NEW_DEVICE, sentence_about_new_device(session.facts))
        for session in newly_suspended(before, now):
            self._tell(session.user, _SUSPENDED, self._why_suspended(session))

    def _why_suspended(self, session: Listed) -> str:
        try:
            policy = self._streams.current()
        except Unavailable:
            return sentence_about_suspended_device(session.facts, Suspension(), "")
        now = int(self._clock.now())
        why = suspension_of(session.session(), policy.rules, policy.directory, now=now)
        return sentence_about_suspended_device(
            session.facts, why, prove_address(self._issuer, session.device)
        )

    def _tell_refusals(self) -> None:
        """Tell people what other doors refused. Called on the thread that takes the streams."""
        part = self._streams.part(Stream.NOTICES)
        if part is None or part is self._told:
            return
        self._told = part
        try:
            self._refused_elsewhere.take(part.body)
        except ValueError as fault:
            _LOG.warning("notices can't be read: %s", fault)

    def _tell(self, person: str, matter: str, text: str) -> None:
        self._hs.get_reactor().callFromThread(self._notices.say, person, matter, text)

    def _notices_per_minute(self) -> int:
        try:
            return self._streams.current().directory.document.notices.per_minute
        except Unavailable:
            return 0


def _report(doors: Doors) -> tuple[str, ...]:
    """Say what is shut, in words. Raises ConfigError where a message door is among it."""
    closed = [result for result in doors.results if isinstance(result, Closed)]
    said = tuple(f"{each.holds} ({each.because}); {each.closed}" for each in closed)
    for words in said:
        _LOG.error("closed: %s", words)
    missing = sorted(_MUST_HOLD & {result.name for result in closed})
    if missing:
        raise ConfigError(f"this Synapse version can't be held: {', '.join(missing)}")
    return said


@dataclass(slots=True)
class SessionLists:
    """The session list as the stream in force carries it, read anew only when that changes."""

    streams: StreamFiles
    clock: SystemClock
    changed: Callable[[SessionList, SessionList], None]
    """Told of the list before and the one now."""
    _read: tuple[Part, SessionList] | None = None
    _devices: tuple[SessionList, Mapping[tuple[str, str], str]] | None = None

    def take(self) -> None:
        """Read the part in force, if that was not done yet. To be called wherever parts arrive."""
        part = self.streams.part(Stream.SESSIONS)
        if part is None or (self._read is not None and self._read[0] is part):
            return
        before = self._read
        try:
            self._read = part, listed_of(part.body, NO_SESSIONS if before is None else before[1])
            if before is not None and before[1] is not NO_SESSIONS:
                self.changed(before[1], self._read[1])
        except ValueError:
            self._read = part, NO_SESSIONS  # nobody is signed in by a list that nobody can read

    def sessions(self) -> SessionList:
        """The newest good list. Raises Unavailable when there is none, or it is too old."""
        read = self._read
        if read is None or read[1] is NO_SESSIONS or read[0].expires <= self.clock.now():
            raise Unavailable("no list of sessions was received, or the last one is too old")
        return read[1]

    def facts(self, user: str, device: str) -> Facts:
        """What rules between people may read of a person's session on a device; nothing without one."""
        try:
            listed = self.sessions()
        except Unavailable:
            return Facts()
        if self._devices is None or self._devices[0] is not listed:
            self._devices = listed, listed.sessions.by_device()
        found = self._devices[1].get((user, device))
        return Facts() if found is None else facts_between_people(listed.sessions[found].session())

    async def lives(self, user: str, device: str) -> bool:
        """Whether this person has a live session on this device; no where nobody knows."""
        read = self._read
        if read is None or read[1] is NO_SESSIONS or read[0].expires <= self.clock.now():
            return False
        wanted = {"user": user, "device": device, "state": SessionState.LIVE.value}
        # the entries as they were signed: to build ten thousand sessions would hold up messages
        entries: Any = read[0].body["sessions"]
        return any(wanted.items() <= entry.items() for entry in entries.values())

    def grace(self) -> int:
        """How long past its end a token may be honoured. Raises Unavailable."""
        return self.streams.current().directory.document.sign_in.outage_grace


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
