"""What is to be known of a server before it is believed: worked out once for each policy."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.core.names import ServerName
from vedette.core.people import OUTSIDE, Directory
from vedette.core.settings.document import Partner
from vedette.core.settings.federation import Limits
from vedette.gateway.gather import standing_ask, strangers_ask
from vedette.gateway.partner_tls import trust_of
from vedette.ports.discovery import Trust
from vedette.protocol.matrix.paths import Matched
from vedette.protocol.matrix.server_keys import VerifyKey, pinned
from vedette.spine import Standing

_MOST_KNOWN = 10_000


@dataclass(slots=True)
class Counterpart:
    """A server as one policy sees it.

    `organisation` is the partner's name, or the server's own where it is none. `pins` are None where
    nothing is pinned, so that published keys count; a partner whose every pin has ended has none that
    is good, and pins all the same. `asks` are those of rows about nobody in particular, by row: to
    write one down takes longer than everything else here.
    """

    organisation: str
    ours: bool
    outside: bool
    limits: Limits
    trust: Trust | None
    pins: tuple[VerifyKey, ...] | None
    asks: dict[str, Standing | None] = field(default_factory=dict)


@dataclass(slots=True)
class Counterparts:
    """Those that have come by under the policy in force."""

    _directory: Directory | None = None
    _known: dict[ServerName, Counterpart] = field(default_factory=dict)
    _strangers: Standing | None = None

    def of(self, directory: Directory, server: ServerName) -> Counterpart:
        """The server of this name, which anybody may have made up."""
        self._turn_to(directory)
        found = self._known.get(server)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[server] = _counterpart(directory, server)
        return found

    def strangers(self, directory: Directory) -> Standing:
        """The ask whether anything is allowed with a server that nobody named."""
        self._turn_to(directory)
        if self._strangers is None:
            self._strangers = strangers_ask(directory)
        return self._strangers

    def ask(self, directory: Directory, server: ServerName, matched: Matched) -> Standing | None:
        """The ask of a row about nobody in particular; None for other rows."""
        asks = self.of(directory, server).asks
        name = matched.endpoint.name
        if name not in asks:
            asks[name] = standing_ask(directory, server, matched)
        return asks[name]

    def _turn_to(self, directory: Directory) -> None:
        if directory is not self._directory:
            self._directory, self._known, self._strangers = directory, {}, None


def _counterpart(directory: Directory, server: ServerName) -> Counterpart:
    someone, entry = directory.server(server), directory.partner_of(server)
    return Counterpart(
        organisation=someone.organisation,
        ours=someone.ours,
        outside=OUTSIDE in someone.parties,
        limits=directory.document.federation.of(someone.organisation),
        trust=None if entry is None else trust_of(entry),
        pins=_pins(entry, directory.today),
    )


def _pins(entry: Partner | None, today: int) -> tuple[VerifyKey, ...] | None:
    return pinned(entry.keys, today) if entry is not None and entry.keys else None
