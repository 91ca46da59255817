"""`vedette inspector`: wires the looker, the scanners, the register and the API, and serves them."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import hashlib
import logging
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from vedette.adapters.boot_file import Boot, BootFault, load
from vedette.adapters.clamd import Clamd
from vedette.adapters.content_spool import Spool
from vedette.adapters.file_register import open_register
from vedette.adapters.fork_server import ForkServer
from vedette.adapters.icap import Icap
from vedette.adapters.settings_keys import SettingsKeyFile
from vedette.adapters.stream_files import StreamFiles, document_of
from vedette.adapters.system_clock import SystemClock
from vedette.adapters.yara_rules import YaraRules
from vedette.core.settings.document import Document
from vedette.inspection import own_limits
from vedette.inspection.app import Inspector, make_app
from vedette.inspection.contents import Contents, InForce
from vedette.inspection.look import sandbox
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.looking import Limits, Scanner
from vedette.protocol.internal.streams import Stream

PROCESS = "inspector"
_LOG = logging.getLogger("vedette.inspection")
_POLL_SECONDS = 0.05
_ENDING_SECONDS = 2.0
_LEAST_SPOOL = 2 << 30
_ASK_SECONDS = 2.0
"""How often scanners are asked for their signatures, and the folder of YARA rules is looked at."""


_LIBRARIES = {"libmagic.so.1": "libmagic1", "libarchive.so.13": "libarchive13"}
"""Libraries of the system, and the Debian packages that have them."""


class InspectorFault(Exception):
    """The inspector can't start; the message says why and what to do."""


@dataclass(slots=True)
class Rules:
    """The rules of inspection in force: settings, detectors, signatures."""

    streams: StreamFiles
    clock: Clock
    looker: ForkServer
    scanners: Mapping[str, Scanner]
    yara: YaraRules | None = None
    signatures: dict[str, str] = field(default_factory=dict)
    """What each scanner said last of its signatures."""
    silent: dict[str, str] = field(default_factory=dict)
    """Why a scanner does not answer now."""
    _number: int = 0
    _document: Document | None = None

    def document(self) -> Document:
        """The settings in force. Raises Unavailable."""
        part = self.streams.part(Stream.SETTINGS)
        if part is None:
            raise Unavailable("no signed settings were received yet")
        if part.expires <= self.clock.now():
            raise Unavailable("the last good part of `settings` has expired")
        if self._document is None or part.number != self._number:
            self._number, self._document = part.number, document_of(part)
        return self._document

    def in_force(self) -> InForce:
        """The rules of inspection now. Raises Unavailable."""
        files = self.document().files
        if not self.looker.rules:
            raise Unavailable("the looker has not started yet")
        if self.yara is not None and self.yara.compiled is None:
            raise Unavailable(f"the YARA rules are refused: {self.yara.fault}")
        for name in sorted(self.scanners.keys() - self.signatures.keys()):
            raise Unavailable(self.silent.get(name, f"{name} was not asked yet"))
        limits = Limits(
            depth=files.max_depth,
            entries=files.max_entries,
            unpacked=files.max_unpacked,
            ratio=files.max_ratio,
            seconds=files.max_seconds,
        )
        told = (self.looker.rules, sorted(self.signatures.items()), limits)
        return InForce(hashlib.sha256(repr(told).encode()).hexdigest()[:24], limits)

    async def ask_scanners(self) -> None:
        """Learn by which signatures each scanner looks; one that is away keeps what it said last."""
        for name, scanner in self.scanners.items():
            try:
                self.signatures[name] = await scanner.version()
            except Unavailable as outage:
                if name not in self.silent:
                    _LOG.warning("%s", outage)
                self.silent[name] = str(outage)
            else:
                if self.silent.pop(name, None):
                    _LOG.info("%s answers again", name)

    async def read_yara(self) -> None:
        """Put the organisation's YARA rules in force, where they are others than before."""
        if self.yara is None or not await self.yara.refresh():
            return
        self.looker.yara = self.yara.compiled
        await self.looker.restart()
        try:
            await self.looker.start()
        except Unavailable as outage:  # it is started again by the next looking
            _LOG.warning("%s", outage)

    async def follow(self) -> None:
        """Keep looking, for ever."""
        while True:
            await asyncio.gather(self.ask_scanners(), self.read_yara())
            await asyncio.sleep(_ASK_SECONDS)

    def largest(self) -> int:
        """The size over which a content is refused. Raises Unavailable."""
        return self.document().media.max_upload


def main(folder: Path) -> None:
    """Run the inspector of the organisation in `folder` until SIGTERM or SIGINT.

    Raises:
        InspectorFault: it can't start.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    _check_libraries()
    try:
        boot = load(folder)
        needs = own_limits.needs_of(boot, boot.door(PROCESS))
        held = own_limits.what_holds(needs, boot.folder)
        own_limits.confine(needs)
        asyncio.run(_run(boot, held))
    except (Unavailable, BootFault, OSError, ValueError) as fault:
        raise InspectorFault(str(fault)) from fault


def _check_libraries() -> None:
    """Whether the system has the libraries that looking needs. Raises InspectorFault."""
    missing = []
    for library, package in _LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    if missing:
        raise InspectorFault(
            f"a library of the system is missing; on Debian and Ubuntu: apt install"
            f" {' '.join(missing)}"
        )


async def _run(boot: Boot, held: tuple[str, ...]) -> None:
    own, clock = boot.inspector, SystemClock()
    folder = boot.path(own.folder)
    spool = Spool(folder / "spool", _LEAST_SPOOL)
    spool.start()
    streams = StreamFiles(boot.door(PROCESS), boot.organisation, settings_key(boot), clock)
    streams.start()
    register = open_register(folder / "register.db")
    looker = ForkServer(spool.folder)
    scanners: dict[str, Scanner] = {}
    if own.clamd:
        scanners["clamd"] = Clamd(own.clamd)
    if own.icap:
        scanners["icap"] = Icap(own.icap)
    yara = YaraRules(boot.path(own.yara), folder) if own.yara else None
    rules = Rules(streams, clock, looker, scanners, yara)
    contents = Contents(register, looker, scanners, rules.in_force, own.workers)
    following: asyncio.Task[None] | None = None
    try:
        await rules.read_yara()
        await looker.start()
        following = asyncio.create_task(rules.follow())
        following.add_done_callback(_no_longer_followed)
        inspector = Inspector(
            contents=contents,
            register=register,
            begin=spool.begin,
            largest=rules.largest,
            ready=lambda: _ready(rules, held),
        )
        await _serve(make_app(inspector), boot.path(own.socket), streams)
    finally:
        if following is not None:
            following.cancel()
        await contents.end()
        await looker.end()
        register.close()


def _no_longer_followed(following: asyncio.Task[None]) -> None:
    """End: nothing may be judged by rules that nobody keeps up to date."""
    if not following.cancelled():
        _LOG.critical("rules of inspection can't be followed", exc_info=following.exception())
        os.kill(os.getpid(), signal.SIGTERM)


def _ready(rules: Rules, held: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """What is in force; why nothing new can be judged, if so."""
    state: dict[str, Any] = {
        "holds": list(rules.looker.holds),
        "holds_fork_server": list(rules.looker.server_holds),
        "holds_inspector": list(held),
        "lacks": list(_lacks(rules.looker, held)),
        "detectors": rules.looker.rules,
        "signatures": dict(rules.signatures),
        "silent": dict(rules.silent),
        "yara": rules.yara.fault if rules.yara else "",
    }
    try:
        return "", {**state, "rules": rules.in_force().rules}
    except Unavailable as outage:
        return str(outage), state


def _lacks(looker: ForkServer, held: tuple[str, ...]) -> Iterator[str]:
    """What does not hold on this machine, and of whom."""
    told = [("the inspector", own_limits.OWN, held)]
    if looker.pid is not None:
        told += [
            ("its fork server", sandbox.SERVER, looker.server_holds),
            ("what parses contents", sandbox.LOOKING, looker.holds),
        ]
    for who, every, holds in told:
        yield from (f"{who}: {words}" for words in every if words not in holds)


def settings_key(boot: Boot) -> SettingsKeyFile:
    """By which every stream is verified. Raises Unavailable."""
    found = SettingsKeyFile(boot.path(boot.public_key), boot.organisation)
    found.keys()  # what can't be used is told now
    return found


def _clear(path: Path) -> None:
    """Make the socket's place, and take away the socket of last time. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)


async def _serve(app: web.Application, path: Path, streams: StreamFiles) -> None:
    """Serve on the Unix socket, for this user alone, and follow the settings until told to end."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_ENDING_SECONDS)
    await runner.setup()
    _clear(path)
    before = os.umask(0o177)  # nobody else may connect, not even for a moment
    try:
        await web.UnixSite(runner, str(path)).start()
    finally:
        os.umask(before)
    _LOG.info("serving on %s", path)
    try:
        while not told.is_set():
            if streams.newer():
                await asyncio.to_thread(streams.poll)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), _POLL_SECONDS)
    finally:
        await runner.cleanup()
