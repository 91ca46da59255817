"""The typed registry of facts, and what is known when an ask is decided.

A fact is known, *unknown* (asked, not learnt) or *pending* (a later door will learn it). What is
not in a `Facts` at all is unknown: leaving a fact out can only make an answer stricter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType

from vedette.core.channels import BETWEEN_PEOPLE, CALL, Channel
from vedette.core.german.facts import FACTS
from vedette.core.language import Sentence

Value = bool | int | str | tuple[int, ...] | frozenset[str]
"""A known fact: yes/no, a number (also bytes and seconds), a word, a version, or a set of words."""


class Missing(Enum):
    """Why a fact has no value."""

    UNKNOWN = "unknown"
    PENDING = "pending"


class FactType(StrEnum):
    """How a fact's value is written in a condition and compared."""

    YES_NO = "yes or no"
    NUMBER = "number"
    SIZE = "size"
    DURATION = "duration"
    VERSION = "version"
    WORD = "word"
    WORDS = "words"
    DATE = "date"


TYPES: Mapping[FactType, Sentence] = MappingProxyType(
    {
        FactType.YES_NO: Sentence("yes or no", "ja oder nein"),
        FactType.NUMBER: Sentence("number", "Zahl"),
        FactType.SIZE: Sentence("size", "Größe"),
        FactType.DURATION: Sentence("duration", "Dauer"),
        FactType.VERSION: Sentence("version", "Version"),
        FactType.WORD: Sentence("word", "Wort"),
        FactType.WORDS: Sentence("words", "Wörter"),
        FactType.DATE: Sentence("date", "Tag"),
    }
)
"""Each type as people read it."""


class Door(StrEnum):
    """A place where traffic waits until decided."""

    CLIENT = "client door"
    FEDERATION_IN = "federation door, in"
    FEDERATION_OUT = "federation door, out"
    EVENT = "event door"
    SIGN_IN = "sign-in door"
    FILE = "file door"
    CALL = "call door"
    ADMINISTRATION = "administration door"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSpec:
    """One fact that rules may read.

    `doors` learn it; `words`, where given, is the closed list of values a condition may name.
    `claimable` says that a mere claim of it may exist, which a rule must ask for with `claimed`.
    """

    name: str
    type: FactType
    meaning: Sentence
    channels: frozenset[Channel]
    doors: frozenset[Door]
    words: frozenset[str] | None = None
    claimable: bool = False


FILE_KINDS = frozenset(
    {"document", "image", "audio", "video", "text", "archive", "program", "encrypted", "other"}
)
ATTACHMENT = "attachment"
"""What a file is used as until it is used as something else."""
FILE_CLASSES = frozenset({ATTACHMENT, "avatar", "sticker"})
FACTOR_KINDS = (
    "password", "totp", "webauthn", "recovery", "radius", "oidc", "certificate", "kerberos"
)  # fmt: skip
"""Every kind of factor that a person may show."""
FACTORS: Mapping[str, Sentence] = MappingProxyType(
    {
        "password": Sentence("password", "Passwort"),
        "totp": Sentence("code app", "Code-App"),
        "webauthn": Sentence("passkey", "Passkey"),
        "recovery": Sentence("recovery code", "Wiederherstellungscode"),
        "radius": Sentence("company token", "Firmen-Token"),
        "oidc": Sentence("another sign-in service", "anderer Anmeldedienst"),
        "certificate": Sentence("certificate", "Zertifikat"),
        "kerberos": Sentence("Kerberos", "Kerberos"),
    }
)
"""Each kind of factor as people read it."""
FLOWS = frozenset({"page", "password-login", "device-grant"})
"""Every way in: the sign-in page, a client's own password field, a code typed on another device."""
ELSEWHERE = "elsewhere"
"""What an address is called that lies in no network of the document."""
ONLY_CLAIMED = frozenset({"client.name", "client.version"})
"""Facts that nobody can prove: a rule that does not write `claimed` could never learn them."""
DEVICE_OWNERS = frozenset({"self", "other", "nobody"})
"""Whom device management may name as the one to whom a device is given."""
PLATFORMS = frozenset({"android", "ios", "linux", "macos", "windows", "other"})
CONSOLE, TOKEN, LOCAL_TOKEN = "console", "token", "local-token"  # words, no secrets
THROUGH = frozenset({CONSOLE, TOKEN, LOCAL_TOKEN})
"""By what an act of administration comes."""
_FILE = frozenset({Channel.FILE})
_ROOM = frozenset({Channel.MESSAGE, Channel.FILE, Channel.PRESENCE, Channel.CONTACT}) | CALL
_DEVICE = BETWEEN_PEOPLE | {Channel.SIGN_IN, Channel.ADMINISTER}
_ADMIN = frozenset({Channel.ADMINISTER})
_SIGN_IN = frozenset({Channel.SIGN_IN, Channel.ADMINISTER})
_SIGN_IN_DOORS = frozenset({Door.SIGN_IN, Door.ADMINISTRATION})
_FILE_DOORS = frozenset({Door.EVENT, Door.CLIENT, Door.FILE})


def _spec(
    name: str,
    type_: FactType,
    meaning: str,
    channels: frozenset[Channel],
    doors: frozenset[Door],
    *,
    words: frozenset[str] | None = None,
    claimable: bool = False,
) -> tuple[str, FactSpec]:
    spec = FactSpec(
        name=name,
        type=type_,
        meaning=Sentence(meaning, FACTS.get(name, meaning)),
        channels=channels,
        doors=doors,
        words=words,
        claimable=claimable,
    )
    return name, spec


REGISTRY: Mapping[str, FactSpec] = MappingProxyType(
    dict(
        [
            _spec("act", FactType.WORD, "the administrative act, `<area>:<subject>:<action>`",
                  _ADMIN, frozenset({Door.ADMINISTRATION})),
            _spec("act.through", FactType.WORD,
                  "by what the act comes: signed in to the console, by a token that was made for a "
                  "person, or by the local token of control's host",
                  _ADMIN, frozenset({Door.ADMINISTRATION}), words=THROUGH),
            _spec("approvals", FactType.NUMBER, "how many other administrators approved exactly this",
                  _ADMIN, frozenset({Door.ADMINISTRATION})),
            _spec("certificate.issuer", FactType.WORD,
                  "which of the document's issuers vouches for the certificate that was shown",
                  _DEVICE, frozenset({Door.SIGN_IN})),
            _spec("certificate.policies", FactType.WORDS,
                  "the certificate policies that hold for the certificate's whole path",
                  _DEVICE, frozenset({Door.SIGN_IN})),
            _spec("certificate.usages", FactType.WORDS,
                  "the extended key usages of the certificate that was shown",
                  _DEVICE, frozenset({Door.SIGN_IN})),
            _spec("change.widens", FactType.WORDS,
                  "parties towards which the change allows more, and `administer` if it may grant a right",
                  _ADMIN, frozenset({Door.ADMINISTRATION})),
            _spec("client.name", FactType.WORD,
                  "the client program's name, as it says itself; in a browser the browser's, where "
                  "the page says none",
                  _DEVICE, frozenset({Door.SIGN_IN}), claimable=True),
            _spec("client.version", FactType.VERSION, "the client program's version",
                  _DEVICE, frozenset({Door.SIGN_IN}), claimable=True),
            _spec("device.approved", FactType.YES_NO, "whether an administrator approved the device",
                  _DEVICE, frozenset({Door.SIGN_IN})),
            _spec("device.compliant", FactType.YES_NO,
                  "whether device management finds the managed device in order",
                  _DEVICE, frozenset({Door.SIGN_IN})),
            _spec("device.confirmed", FactType.YES_NO,
                  "whether the person confirmed the device on another one",
                  _DEVICE, frozenset({Door.SIGN_IN})),
            _spec("device.count", FactType.NUMBER,
                  "which of the person's devices this is, counted from the oldest",
                  _DEVICE, frozenset({Door.SIGN_IN})),
            _spec("device.managed", FactType.YES_NO,
                  "whether the device proved that the organisation manages it; no without a proof",
                  _DEVICE, frozenset({Door.SIGN_IN})),
            _spec("device.owner", FactType.WORD,
                  "whom device management names as the one to whom the device is given: this very "
                  "person, another one, or nobody",
                  _DEVICE, frozenset({Door.SIGN_IN}), words=DEVICE_OWNERS),
            _spec("device.platform", FactType.WORD,
                  "the device's operating system, as device management reports it; else a claim",
                  _DEVICE, frozenset({Door.SIGN_IN}),
                  words=PLATFORMS, claimable=True),
            _spec("device.version", FactType.VERSION,
                  "the operating system's version, as device management reports it; else a claim",
                  _DEVICE, frozenset({Door.SIGN_IN}), claimable=True),
            _spec("file.active", FactType.YES_NO,
                  "whether the file does something by itself when it is opened: scripts or actions "
                  "in a PDF, scripts in a picture or a page",
                  _FILE, _FILE_DOORS),
            _spec("file.class", FactType.WORD, "what the file is used as",
                  _FILE, _FILE_DOORS, words=FILE_CLASSES),
            _spec("file.disguised", FactType.YES_NO,
                  "whether its name or its declared type says another kind than its content",
                  _FILE, _FILE_DOORS),
            _spec("file.encrypted", FactType.YES_NO, "whether the bytes are encrypted end to end",
                  _FILE, _FILE_DOORS),
            _spec("file.kind", FactType.WORD,
                  "what the file is, and each file in it; a declared type is only a claim",
                  _FILE, _FILE_DOORS, words=FILE_KINDS, claimable=True),
            _spec("file.macros", FactType.YES_NO, "whether an office document has macros in it",
                  _FILE, _FILE_DOORS),
            _spec("file.malware", FactType.YES_NO, "whether the virus scanner found something",
                  _FILE, _FILE_DOORS),
            _spec("file.matches", FactType.WORDS,
                  "the organisation's own YARA rules that match the file",
                  _FILE, _FILE_DOORS),
            _spec("file.polyglot", FactType.YES_NO,
                  "whether the file can be read as two kinds at once",
                  _FILE, _FILE_DOORS),
            _spec("file.protected", FactType.YES_NO,
                  "whether a password keeps what is in the file from being looked at",
                  _FILE, _FILE_DOORS),
            _spec("file.released", FactType.YES_NO,
                  "whether an administrator released the file, and nobody has found out since what "
                  "it is",
                  _FILE, _FILE_DOORS),
            _spec("file.size", FactType.SIZE, "the file's size in bytes",
                  _FILE, _FILE_DOORS, claimable=True),
            _spec("file.type", FactType.WORD,
                  "the exact media type, such as `application/pdf`, of the file and of each file in it",
                  _FILE, _FILE_DOORS, claimable=True),
            _spec("room.encrypted", FactType.YES_NO, "whether the room is encrypted end to end",
                  _ROOM, frozenset({Door.EVENT})),
            _spec("room.kind", FactType.WORD, "the kind that the room was made as",
                  _ROOM, frozenset({Door.EVENT})),
            _spec("room.ours", FactType.YES_NO, "whether the room was made by one of us",
                  _ROOM, frozenset({Door.EVENT})),
            _spec("sign_in.age", FactType.DURATION, "how long ago the newest factor was shown",
                  _SIGN_IN, _SIGN_IN_DOORS),
            _spec("sign_in.attested", FactType.YES_NO,
                  "whether a passkey was shown whose maker, one of those of the boot file, vouches "
                  "for its model",
                  _SIGN_IN, _SIGN_IN_DOORS),
            _spec("sign_in.factors", FactType.NUMBER, "how many independent factors were shown",
                  _SIGN_IN, _SIGN_IN_DOORS),
            _spec("sign_in.flow", FactType.WORD, "by which way the sign-in came",
                  _SIGN_IN, _SIGN_IN_DOORS, words=FLOWS),
            _spec("sign_in.kinds", FactType.WORDS, "the kinds of factor that were shown",
                  _SIGN_IN, _SIGN_IN_DOORS, words=frozenset(FACTOR_KINDS)),
            _spec("sign_in.models", FactType.WORDS,
                  "the models (AAGUID) of the passkeys shown whose makers vouch for them",
                  _SIGN_IN, _SIGN_IN_DOORS),
            _spec("sign_in.networks", FactType.WORDS,
                  "the networks of this document in which the address lies, or `elsewhere`",
                  _SIGN_IN, _SIGN_IN_DOORS),
            _spec("today", FactType.DATE, "the day on which it is asked, UTC",
                  frozenset(Channel), frozenset(Door)),
        ]
    )
)  # fmt: skip


FILE_FACTS = frozenset(name for name in REGISTRY if name.startswith("file."))
"""What is known of a file once its content was looked at."""


ROOM_FACTS = frozenset(name for name in REGISTRY if name.startswith("room."))
"""What is known of the room in which something happens; where none is named, the event door learns it."""


DEVICE_PROOF = frozenset(
    {"device.managed", "device.compliant", "device.owner", "device.platform", "device.version"}
)
"""What a proof of the device may make known."""
DEVICE_REPORTED = DEVICE_PROOF - {"device.managed"}
"""What device management reports of a device that proved which it is."""


SESSION_FACTS = frozenset(name for name, spec in REGISTRY.items() if spec.doors == {Door.SIGN_IN})
"""What only the sign-in door learns: of the session and the device of the person at the door."""
LEARNT_WITH_CONTENT = FILE_FACTS | ROOM_FACTS | SESSION_FACTS
"""What is learnt when content comes, and not yet of what goes before it or beside it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the one thing being decided.

    `known` holds facts that a door established (or `Missing`), `claims` what somebody merely said.
    `parts` holds, for a thing that has others in it, what is known otherwise of each of those: a
    file in an archive has its own kind. An answer must be good for the whole and for every part.
    INVARIANT: nothing here is read from the clock, the network or the disk by whoever reads it.
    """

    known: Mapping[str, Value | Missing] = field(default_factory=dict)
    claims: Mapping[str, Value] = field(default_factory=dict)
    parts: tuple[Mapping[str, Value | Missing], ...] = ()

    def get(self, name: str, *, claimed: bool) -> Value | Missing:
        """The value of `name`, where `claimed` lets a mere claim stand in for an unlearnt fact.

        A fact that was established always wins over a claim of it.
        """
        value = self.known.get(name, Missing.UNKNOWN)
        if claimed and isinstance(value, Missing):
            return self.claims.get(name, value)
        return value

    def beside(self, other: Facts) -> Facts:
        """These facts and those of `other`, which win where both say something."""
        known, claims = {**self.known, **other.known}, {**self.claims, **other.claims}
        return Facts(known, claims, self.parts + other.parts)

    def on(self, today: int) -> Facts:
        """The same facts on a day (a proleptic Gregorian ordinal, as `date.toordinal` gives)."""
        return Facts({**self.known, "today": today}, self.claims, self.parts)

    def each(self) -> tuple[Facts, ...]:
        """The whole, and each part as if it came alone."""
        if not self.parts:
            return (self,)
        parts = (Facts({**self.known, **part}, self.claims) for part in self.parts)
        return Facts(self.known, self.claims), *parts


NOTHING_KNOWN = Facts()
"""The facts of an ask about which nothing was learnt."""
