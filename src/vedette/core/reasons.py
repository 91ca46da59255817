"""The closed list of reason codes. A code is never reused for another meaning."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from vedette.core.language import Sentence


class Reason(StrEnum):
    """Why a decision is what it is."""

    ALLOWED = "allowed"
    """A rule allows it towards everyone concerned."""
    ROUTINE = "routine"
    """No rule speaks of it: sign-out, sync, one's own settings, an empty room, taking away."""
    SERVICE = "service"
    """An act of the suite's own accounts, fixed in code."""
    FORBIDDEN = "forbidden"
    """A forbid's conditions hold."""
    FACT_UNKNOWN = "fact-unknown"
    """A forbid could not be checked, because a fact that it reads was not learnt."""
    NO_RULE = "no-rule"
    """No rule allows it."""
    MEMBERS_UNKNOWN = "members-unknown"
    """Who would receive it could not be learnt."""
    NO_SERVER = "no-server"
    """A room elsewhere is to be entered, and no server of it is named."""
    FACT_PENDING = "fact-pending"
    """A later door, a person or an approver must still add a fact."""
    FILE_HELD = "file-held"
    """The inspector's register holds the file from everybody."""
    NOT_SUPPORTED = "not-supported"
    """The suite never lets this pass: third-party invites, guests, `world_readable`."""
    BEYOND_TOKEN = "beyond-token"  # noqa: S105  # a reason, no password
    """The token by which somebody acts is narrower than this, or its person is not active here."""
    SECOND_PERSON = "second-person"
    """A change that takes a second person whatever the rules say, and nobody has approved it yet."""
    OWN_CHANGE = "own-change"
    """Whoever made a change, or could be who made it, or would gain by it, is no second person for it."""
    CREDENTIALS_RESET = "credentials-reset"
    """Somebody else made credentials for whoever asks, less than `administration.wait_after_reset` ago."""
    DIRECTORY_DISABLED = "directory-disabled"
    """The company's directory lets this account in no more, or not now."""
    DIRECTORY_EXPIRED = "directory-expired"
    """The account is past its end in the company's directory."""
    DIRECTORY_LOCKED = "directory-locked"
    """The company's directory has locked the account after too many wrong passwords."""
    DIRECTORY_MUST_CHANGE = "directory-must-change"
    """The company's directory wants another password first."""
    DIRECTORY_NOT_READ = "directory-not-read"
    """The company's directory lets somebody in whom control has not read from it yet."""
    WRONG_CODE = "wrong-code"
    """The offline code was wrong, or too many wrong ones were shown shortly before."""
    ROOM_POWER = "room-power"
    """The change would give power over a room's state to someone from elsewhere."""
    ROOM_ENCRYPTION = "room-encryption"
    """The room must be encrypted and this is not, or would end it."""
    ROOM_HISTORY = "room-history"
    """The change would open a room's history wider than its kind allows."""
    ROOM_KIND = "room-kind"
    """The room's kind does not admit this person, or would change."""
    ENDS_CHANNELS = "ends-channels"
    """The invite would end channels that the room uses, and was not confirmed yet."""
    CERTIFICATE = "certificate"
    """The certificate on which a session stood has expired, was revoked, or is not trusted now."""
    UNKNOWN_ENDPOINT = "unknown-endpoint"
    """The request is for nothing that is served here."""
    UNKNOWN_EVENT = "unknown-event"
    """An event of an unknown type without a readable body."""
    NOT_THE_SERVER = "not-the-server"
    """What answers in another server's place does not prove to be it: its certificate is not valid
    for it, or its key is none of those pinned."""
    BAD_SIGNATURE = "bad-signature"
    """The request is not signed by the server that it names."""
    MALFORMED = "malformed"
    """What another server sent can't be read, or is larger than such a thing may be."""
    TOO_MUCH = "too-much"
    """More at once, or in a minute, than this server may send; it was asked to come again."""
    STALE = "stale"
    """The settings or people that decide are older than they may be, or were never received."""
    UNAVAILABLE = "unavailable"
    """Something that the decision needs did not answer."""
    INTERNAL_ERROR = "internal-error"
    """A bug; it was reported, and the ask was refused or held."""


REFUSALS = frozenset(Reason) - {Reason.ALLOWED, Reason.ROUTINE, Reason.SERVICE}
"""The codes that a refusal or a *not yet* may carry."""

REASONS: Mapping[Reason, Sentence] = MappingProxyType(
    {
        Reason.ALLOWED: Sentence("a rule allows it", "eine Regel erlaubt es"),
        Reason.ROUTINE: Sentence("no rule speaks of it", "keine Regel spricht davon"),
        Reason.SERVICE: Sentence(
            "an act of the suite's own accounts", "eine Handlung eigener Konten"
        ),
        Reason.FORBIDDEN: Sentence("a rule forbids it", "eine Regel verbietet es"),
        Reason.FACT_UNKNOWN: Sentence(
            "a forbid could not be checked", "ein Verbot ließ sich nicht prüfen"
        ),
        Reason.NO_RULE: Sentence("no rule allows it", "keine Regel erlaubt es"),
        Reason.MEMBERS_UNKNOWN: Sentence(
            "who would receive it is not known", "wer es bekäme, ist nicht bekannt"
        ),
        Reason.NO_SERVER: Sentence(
            "no server of the room is named", "kein Server des Raums ist genannt"
        ),
        Reason.FACT_PENDING: Sentence(
            "a fact is still to be learnt", "eine Tatsache ist noch offen"
        ),
        Reason.FILE_HELD: Sentence("the file is held", "die Datei wird zurückgehalten"),
        Reason.NOT_SUPPORTED: Sentence("this never passes here", "das geht hier nie durch"),
        Reason.BEYOND_TOKEN: Sentence(
            "the token is narrower than this", "das Token reicht nicht so weit"
        ),
        Reason.SECOND_PERSON: Sentence("it takes a second person", "es braucht eine zweite Person"),
        Reason.OWN_CHANGE: Sentence(
            "nobody is the second person for a change of their own",
            "niemand ist zweite Person für die eigene Änderung",
        ),
        Reason.CREDENTIALS_RESET: Sentence(
            "somebody else reset the credentials of whoever asks a short time ago",
            "jemand anderes hat die Zugangsdaten der Person kürzlich zurückgesetzt",
        ),
        Reason.DIRECTORY_DISABLED: Sentence(
            "the directory says that the account is disabled",
            "das Verzeichnis hat das Konto gesperrt",
        ),
        Reason.DIRECTORY_EXPIRED: Sentence(
            "the directory says that the account's time is over",
            "die Zeit des Kontos ist laut Verzeichnis abgelaufen",
        ),
        Reason.DIRECTORY_LOCKED: Sentence(
            "there were too many wrong passwords", "es gab zu viele falsche Passwörter"
        ),
        Reason.DIRECTORY_MUST_CHANGE: Sentence(
            "the directory wants the password changed first",
            "das Verzeichnis verlangt zuerst ein neues Passwort",
        ),
        Reason.DIRECTORY_NOT_READ: Sentence(
            "their entry in the directory has not been taken over here yet",
            "der Eintrag im Verzeichnis ist hier noch nicht übernommen",
        ),
        Reason.WRONG_CODE: Sentence("the offline code was wrong", "der Notcode war falsch"),
        Reason.CERTIFICATE: Sentence(
            "the session's certificate is not good any more",
            "das Zertifikat der Sitzung gilt nicht mehr",
        ),
        Reason.ROOM_POWER: Sentence(
            "it would give power over the room to somebody elsewhere",
            "es gäbe jemandem von anderswo Rechte im Raum",
        ),
        Reason.ROOM_ENCRYPTION: Sentence(
            "the room is encrypted, and this is not",
            "der Raum ist verschlüsselt, und das ist es nicht",
        ),
        Reason.ROOM_HISTORY: Sentence(
            "it would open the room's history too wide", "es öffnete den Verlauf des Raums zu weit"
        ),
        Reason.ROOM_KIND: Sentence(
            "the room's kind does not admit it", "die Art des Raums lässt es nicht zu"
        ),
        Reason.ENDS_CHANNELS: Sentence(
            "the invite would end channels of the room",
            "die Einladung würde Kanäle des Raums beenden",
        ),
        Reason.UNKNOWN_ENDPOINT: Sentence("nothing is served there", "dort gibt es nichts"),
        Reason.UNKNOWN_EVENT: Sentence(
            "this type of event is not known", "diese Art von Ereignis ist nicht bekannt"
        ),
        Reason.NOT_THE_SERVER: Sentence(
            "the server did not prove to be the one that it should be",
            "der Server hat nicht nachgewiesen, der richtige zu sein",
        ),
        Reason.BAD_SIGNATURE: Sentence(
            "it is not signed by the server that it names",
            "es ist nicht von dem Server signiert, den es nennt",
        ),
        Reason.MALFORMED: Sentence("it can't be read", "es lässt sich nicht lesen"),
        Reason.TOO_MUCH: Sentence("it was too much at once", "es war zu viel auf einmal"),
        Reason.STALE: Sentence(
            "the settings or people there are too old",
            "Einstellungen oder Personen dort sind zu alt",
        ),
        Reason.UNAVAILABLE: Sentence("something did not answer", "etwas hat nicht geantwortet"),
        Reason.INTERNAL_ERROR: Sentence(
            "a bug; it was reported", "ein Fehler im Programm; er ist gemeldet"
        ),
    }
)
"""Each reason in a few words."""
