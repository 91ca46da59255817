"""Looks for what is wrong or weak, and names the command that mends it.

Every check is a function from what was examined to findings; `CHECKS` is the flat list of them, to
which a later part of the suite adds its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from vedette.adapters.boot_file import NAME, Boot, BootFault
from vedette.admin import inbound_findings
from vedette.admin.audit import ChainReport
from vedette.admin.ending import settings_ending, tokens_ending
from vedette.admin.findings import Found, Health
from vedette.admin.homeserver import differing, edited, homeserver_file, render
from vedette.admin.inventory_findings import inventories
from vedette.admin.issuers import counted_twice, mends_source, troubles
from vedette.admin.kerberos import KerberosSeen, kerberos_found
from vedette.admin.keys import KeyFound
from vedette.admin.officers import OfficersSeen, officers_found
from vedette.admin.waiting_findings import waiting_found
from vedette.admin.weaknesses import weak_in
from vedette.core.break_glass import Recovery
from vedette.core.directory_state import DirectoryState
from vedette.core.language import NOTHING, Sentence, said_by, sentence, told
from vedette.core.pending import PendingChange
from vedette.core.pushed import PushedState
from vedette.core.settings.document import Document
from vedette.core.tokens import ApiToken
from vedette.core.waiting_acts import WaitingAct
from vedette.ports.certificates import RevocationSource
from vedette.ports.device_management import InventoryState
from vedette.protocol.internal.server_certificates import Ordering, Origin

EXPIRES_SOON = 14 * 86400
LEAST_FREE = 1 << 30
LEAST_SKEW = 300
_OLDEST_KEY_DAYS = 100
_OVERDUE = 3600
_ENDING = ("anchors", "siem-certificate")
"""Of the certificates among the keys those that no other check looks at."""
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLag:
    """A door's part of a stream against what control sent; None where there is none."""

    door: str
    stream: str
    sent: int | None
    in_force: int | None
    refused: str | None
    expires: int | None


@dataclass(frozen=True, slots=True)
class Astray:
    """Why others don't find the way in by an address, and the command that mends or shows it."""

    words: Sentence
    mend: str
    note: Sentence = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSeen:
    """What is seen of the sign-in service; every `…_trouble` says what is wrong, or is None.

    `process` is the sign-in process itself, `responder` the one inside Synapse, `newest_key` when
    the key that signs tokens was made, `one_factor` the people without a second factor, past the
    time that they had for it. `sources` are where revocations of certificates are learnt, `ending`
    counts the certificates in use that end within `ENDS_SOON`.
    """

    process_trouble: Sentence | None
    responder_trouble: Sentence | None
    store_trouble: Sentence | None
    store_key_trouble: Sentence | None
    breached_trouble: Sentence | None
    newest_key: int | None
    one_factor: tuple[str, ...]
    sources: tuple[RevocationSource, ...] = ()
    ending: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectorSeen:
    """What is seen of the inspector; every field says what is wrong, or is empty.

    `process` is the inspector itself, `scanners` those that do not answer it, `yara` why the
    organisation's own rules are not in force, `lacks` what of its confinement does not hold here.
    """

    process: str = ""
    scanners: tuple[str, ...] = ()
    yara: str = ""
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """Everything that the checks look at, gathered before they run. Times are seconds since 1970.

    `open_secrets` are secret files that others can read, `newest` the latest time that anything was
    recorded or signed, `certificate_ends` when the gateway's certificate expires, `reachable` says
    of each address that others use what is wrong with it, or None, `closed` what doors have shut
    because they do not fit the Synapse that runs.
    """

    boot: Boot
    document: Document
    revision: int
    control_answers: bool
    chains: tuple[ChainReport, ...]
    chain_trouble: Sentence | None
    doors: tuple[DoorLag, ...]
    closed: tuple[str, ...]
    open_secrets: tuple[Path, ...]
    people_faults: tuple[str, ...]
    now: float
    newest: float
    free_bytes: int
    certificate_ends: float | None
    reachable: Mapping[str, Astray | None]
    sign_in: SignInSeen
    inspector: InspectorSeen
    kerberos: KerberosSeen | None = None
    """How Kerberos stands; None where the boot file sets none up."""
    console_ends: float | None = None
    """When the console's certificate expires; None where there is no console, or it can't be read."""
    inbound_ends: float | None = None
    """The same of the certificate to which others push."""
    pushed: PushedState = field(default_factory=PushedState)
    """How that stands which identity providers push."""
    unsent: tuple[Sentence, ...] = ()
    """The ways named in the boot file by which the record does not leave this machine, and why."""
    recovery: Recovery | None = None
    """How recovery stands; None where there is no offline code."""
    code_lies_here: Path | None = None
    """The file in which the offline code still lies on this host."""
    keys: tuple[KeyFound, ...] = ()
    """Every key as it lies here."""
    ordering: Ordering | None = None
    """What becomes of orders for the gateway's certificate; None where that told nothing."""
    beyond: tuple[Sentence, ...] = ()
    """Acts under recovery while it was not open, in words."""
    waiting: tuple[PendingChange, ...] = ()
    acts: tuple[WaitingAct, ...] = ()
    """Changes of the settings that wait, for a second person or for their hour."""
    inventories: tuple[InventoryState, ...] = ()
    """How each inventory of the device management stands."""
    directory: DirectoryState | None = None
    """How the list of people stands towards the company's directory; None where there is none."""
    officers: OfficersSeen | None = None
    """How those stand who may change the settings; None where control has not looked yet."""
    tokens: tuple[ApiToken, ...] = ()
    """The tokens of the administration."""
    unsealed: tuple[Sentence, ...] = ()
    """What keeps people from being sealed in the record, or from being named again, in words."""


Check = Callable[[Examined], Iterable[Found]]


def running(seen: Examined) -> Iterable[Found]:
    """Whether control answers."""
    if seen.control_answers:
        yield Found(
            "control",
            Health.GOOD,
            told("control answers; revision {revision} is in force", revision=seen.revision),
        )
    else:
        listen = seen.boot.control.listen
        words = told(
            "control does not answer on {listen}; doors go on with what they last heard",
            listen=listen,
        )
        yield Found("control", Health.BROKEN, words, f"vedette up {seen.boot.folder}")


def drift(seen: Examined) -> Iterable[Found]:
    """Whether Synapse's configuration is what the settings say."""
    path = homeserver_file(seen.boot)
    again = f"vedette up {seen.boot.folder}"
    try:
        written = path.read_text(encoding="utf-8")
    except OSError:
        yield Found("drift", Health.WEAK, told("`{path}` was not written yet", path=path), again)
        return
    try:
        wanted = render(seen.document, seen.boot)
    except BootFault as fault:
        yield Found("drift", Health.BROKEN, said_by(fault), f"editor {seen.boot.folder / NAME}")
        return
    if written == wanted:
        yield Found("drift", Health.GOOD, told("Synapse's configuration is what the settings say"))
    elif edited(written):
        words = told(
            "`{path}` is not what was written there: edited by hand, or written by an older version",
            path=path,
        )
        yield Found("drift", Health.BROKEN, words, again, told("it writes the file again"))
    else:
        words = told(
            "Synapse runs with older values of {keys}; `vedette up` starts it again within seconds",
            keys=", ".join(differing(written, wanted)),
        )
        yield Found("drift", Health.WEAK, words, again, told("where it does not run, or is older"))


def weak_settings(seen: Examined) -> Iterable[Found]:
    """Settings that are weaker than, or simply other than, what is recommended."""
    return weak_in(seen.document)


def secrets(seen: Examined) -> Iterable[Found]:
    """Whether only the organisation's own user can read its secrets."""
    for path in seen.open_secrets:
        yield Found(
            "secrets",
            Health.BROKEN,
            told("others can read `{path}`", path=path),
            f"chmod 600 {path}",
        )
    if not seen.open_secrets:
        yield Found("secrets", Health.GOOD, told("nobody else can read the secrets"))


def chain(seen: Examined) -> Iterable[Found]:
    """Whether the audit log is whole."""
    if seen.chain_trouble is not None:
        yield Found("audit", Health.BROKEN, seen.chain_trouble, "vedette audit verify")
    for report in seen.chains:
        if not report.holds:
            words = told(
                "the chain of `{process}` does not hold: {words}",
                process=report.process,
                words=report.words,
            )
            yield Found("audit", Health.BROKEN, words, "vedette audit verify")
    if seen.chain_trouble is None and all(report.holds for report in seen.chains):
        yield Found(
            "audit", Health.GOOD, told("{chains} audit chains are whole", chains=len(seen.chains))
        )


def leaving(seen: Examined) -> Iterable[Found]:
    """Whether the record leaves this machine, where the boot file says how."""
    for words in seen.unsent:
        note = told("it says what the other side said")
        yield Found("audit-leaves", Health.BROKEN, words, f"tail {seen.boot.log('control')}", note)


def recovery(seen: Examined) -> Iterable[Found]:
    """Whether recovery is open, and whether there is a code for it that is put away."""
    if seen.recovery is None:
        words = told("there is no offline code: nobody can help when everybody is locked out")
        yield Found("recovery", Health.WEAK, words, "vedette recover --new-code")
    elif seen.recovery.is_open(seen.now):
        words = told(
            "recovery is open (record {record}): rules do not hold the local token",
            record=seen.recovery.record,
        )
        yield Found("recovery", Health.BROKEN, words, "vedette recover --end")
    for words in seen.beyond:
        note = told("keep this machine as it is, and compare with the SIEM")
        yield Found("recovery", Health.BROKEN, words, "vedette audit verify", note)
    if seen.code_lies_here is not None:
        words = told(
            "the offline code lies in `{path}`, where an intruder finds it",
            path=seen.code_lies_here,
        )
        note = told("once it is on paper and locked away")
        yield Found("recovery", Health.WEAK, words, f"rm {seen.code_lies_here}", note)


def waiting(seen: Examined) -> Iterable[Found]:
    """Which changes of the settings and which acts wait, and for what."""
    return waiting_found(seen.waiting, seen.acts)


def sealing(seen: Examined) -> Iterable[Found]:
    """Whether people are sealed in the record, and control can open it."""
    for words in seen.unsealed:
        yield Found("audit-names", Health.BROKEN, words, f"vedette up {seen.boot.folder}")


def doors(seen: Examined) -> Iterable[Found]:
    """Whether every door has what control sent last."""
    mend = f"vedette up {seen.boot.folder}"
    troubles = dict.fromkeys(words for lag in seen.doors if (words := _behind(lag, seen.now)))
    for words in troubles:
        yield Found("doors", Health.BROKEN, words, mend)
    if not troubles:
        yield Found("doors", Health.GOOD, told("every door has what was sent last"))


def _behind(lag: DoorLag, now: float) -> Sentence | None:
    """What is wrong with one stream at one door, or None."""
    if lag.refused is not None:
        return told(
            "{door} refused `{stream}`: {refused}",
            door=lag.door,
            stream=lag.stream,
            refused=lag.refused,
        )
    if lag.sent is None:
        return told("control has sent nothing to {door} yet", door=lag.door)
    if lag.in_force is None:
        return told("{door} has never run, or can't write its folder", door=lag.door)
    if lag.in_force < lag.sent:
        return told(
            "{door} is behind: it has `{stream}` {in_force}, not {sent}",
            door=lag.door,
            stream=lag.stream,
            in_force=lag.in_force,
            sent=lag.sent,
        )
    if lag.expires is not None and lag.expires <= now:
        return told(
            "{door} has closed: its `{stream}` has expired", door=lag.door, stream=lag.stream
        )
    return None


def closed(seen: Examined) -> Iterable[Found]:
    """Whether every part of the event door fits the Synapse that runs."""
    for words in seen.closed:
        mend = "make --always-make setup"
        yield Found(
            "synapse",
            Health.BROKEN,
            told("closed: {words}", words=words),
            mend,
            told("brings the Synapse that it was made for"),
        )


def people(seen: Examined) -> Iterable[Found]:
    """Whether the list of people can be read."""
    path = seen.boot.path(seen.boot.control.people)
    for fault in seen.people_faults:
        words = told("the list of people was not taken: {fault}", fault=fault)
        yield Found(
            "people", Health.BROKEN, words, f"editor {path}", told("it is read again by itself")
        )


def officers(seen: Examined) -> Iterable[Found]:
    """Whether somebody is left who may change the settings."""
    return officers_found(seen.officers, str(seen.boot.path(seen.boot.control.people)))


def ending(seen: Examined) -> Iterable[Found]:
    """What ends by itself: allows, partners, their keys and CAs, tokens."""
    today = datetime.fromtimestamp(seen.now, UTC).date().toordinal()
    yield from settings_ending(seen.document, today)
    yield from tokens_ending(seen.tokens, today)


def keys(seen: Examined) -> Iterable[Found]:
    """Whether every key that the boot file names is there, and none is old or ends soon."""
    for each in seen.keys:
        name = each.row.name
        if not each.there and each.file is not None:
            words = told(
                "`{path}` ({name}) is named in the boot file and missing", path=each.file, name=name
            )
            yield Found("keys", Health.BROKEN, words, f"install -m 600 BACKUP {each.file}")
        elif name in _ENDING and each.ends is not None and each.ends - seen.now < EXPIRES_SOON:
            days = max(0, round((each.ends - seen.now) / 86400))
            words = told(
                "a certificate in `{path}` ({name}) ends in {days} days",
                path=each.file,
                name=name,
                days=days,
            )
            yield Found("keys", Health.WEAK, words, each.row.change)
    for name, days in _aged(seen).items():
        words = told("`{name}` is {days} days old", name=name, days=days)
        command = f"vedette key rotate {name} --reason 'once in a while'"
        yield Found("keys", Health.WEAK, words, command)


def _aged(seen: Examined) -> dict[str, int]:
    """The keys that are older than they should get, and how many days old each is."""
    found: dict[str, int] = {}
    for each in seen.keys:
        limit = each.row.days
        if limit is not None and each.made is not None and each.secret:
            days = int((seen.now - each.made) / 86400)
            if days > limit:
                found[each.row.name] = max(days, found.get(each.row.name, 0))
    return found


def directory(seen: Examined) -> Iterable[Found]:
    """How the list of people stands towards the company's directory."""
    state = seen.directory
    if state is None:
        return
    check, test = "directory", f"vedette directory test --dir {seen.boot.folder}"
    for words in state.sentences():
        held = state.held is not None and "confirm" in words
        mend = "vedette directory sync --confirm --reason why" if held else test
        yield Found(check, Health.BROKEN, words, mend)
    if state.follows:
        words = told("changes are seen once a minute: {why}", why=state.follows)
        yield Found(check, Health.WEAK, words, test)
    for which in state.left_out:
        words = told("some people can't be users: {which}", which=which)
        yield Found(check, Health.WEAK, words, test)
    if state.read_at is None and not state.trouble:
        words = told("the company's directory was not read yet")
        yield Found(check, Health.WEAK, words, f"vedette up {seen.boot.folder}")
    elif not state.sentences():
        words = told(
            "`{server}` tells {people} people and {groups} groups",
            server=state.server,
            people=state.people,
            groups=state.groups,
        )
        yield Found(check, Health.GOOD, words)


def clock(seen: Examined) -> Iterable[Found]:
    """Whether the clock can be right: nothing may have been recorded in the future."""
    ahead = seen.newest - seen.now
    if ahead > LEAST_SKEW:
        words = told(
            "the clock is {ahead} seconds behind what was recorded or signed", ahead=round(ahead)
        )
        yield Found("clock", Health.BROKEN, words, "timedatectl set-ntp true")
    else:
        when = datetime.fromtimestamp(seen.now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        yield Found(
            "clock",
            Health.GOOD,
            told("the clock says {when}; nothing was recorded after that", when=when),
        )


def disk(seen: Examined) -> Iterable[Found]:
    """Whether there is room for records: a full disk refuses every ask."""
    if seen.free_bytes < LEAST_FREE:
        words = told(
            "only {free} MiB are free; a full disk refuses everything", free=seen.free_bytes >> 20
        )
        mend = f"du -xh --max-depth=2 {seen.boot.folder} | sort -h | tail"
        yield Found("disk", Health.BROKEN, words, mend, told("the last line is the biggest"))


def certificate(seen: Examined) -> Iterable[Found]:
    """Whether the gateway's certificate lasts."""
    if seen.boot.gateway.acme is not None:
        return  # it is ordered, and may be made for days only
    path = seen.boot.path(seen.boot.gateway.certificate)
    if seen.certificate_ends is None:
        words = told("the gateway's certificate `{path}` can't be read", path=path)
        yield Found("certificate", Health.BROKEN, words, f"install -m 600 NEW.pem {path}")
    elif seen.certificate_ends - seen.now < EXPIRES_SOON:
        days = max(0, round((seen.certificate_ends - seen.now) / 86400))
        words = told("the gateway's certificate ends in {days} days", days=days)
        yield Found("certificate", Health.BROKEN, words, f"install -m 600 NEW.pem {path}")
    else:
        yield Found(
            "certificate", Health.GOOD, told("the gateway's certificate lasts two weeks or more")
        )


def ordered_certificate(seen: Examined) -> Iterable[Found]:
    """Whether the gateway's certificate is ordered in time, where that is ordered."""
    acme, state, ends = seen.boot.gateway.acme, seen.ordering, seen.certificate_ends
    if acme is None:
        return
    again = "vedette certificate server renew --reason 'mended'"
    if state is None or ends is None:
        words = told("the gateway has not yet said what becomes of its certificate")
        yield Found("certificate", Health.BROKEN, words, f"vedette up {seen.boot.folder}")
        return
    days = max(0, round((ends - seen.now) / 86400))
    if state.trouble:
        grave = state.origin is Origin.FILES or ends - seen.now < EXPIRES_SOON
        words = told(
            "{count} orders in a row came to nothing: {trouble}. What serves lasts {days} days",
            count=state.failures,
            trouble=state.trouble,
            days=days,
        )
        health = Health.BROKEN if grave else Health.WEAK
        yield Found(
            "certificate",
            health,
            words,
            told("{advice}; then: {command}", advice=state.advice, command=again),
        )
    elif ends <= seen.now or state.next_at + _OVERDUE < seen.now:
        words = told("the gateway's certificate should have been renewed, and was not")
        yield Found("certificate", Health.BROKEN, words, again)
    else:
        words = told(
            "the gateway's certificate is ordered by itself, and lasts {days} days", days=days
        )
        yield Found("certificate", Health.GOOD, words)
    host = urlsplit(seen.boot.gateway.client_url).hostname
    if host not in acme.names:
        words = told("`client_url` names `{host}`, for which no certificate is ordered", host=host)
        mend = told("add it to [gateway.acme] names in {path}", path=seen.boot.folder / NAME)
        yield Found("certificate", Health.WEAK, words, mend)


def company_cas(seen: Examined) -> Iterable[Found]:
    """The CAs by which people's certificates are judged."""
    for each in troubles(seen.document, int(seen.now)):
        health = Health.BROKEN if each.broken else Health.WEAK
        mend = f"vedette issuer add {each.issuer} <PEM file of the renewed CA>"
        yield Found("company's CAs", health, each.words, mend)


def console_certificate(seen: Examined) -> Iterable[Found]:
    """Whether the console's certificate lasts, where there is a console."""
    own = seen.boot.control.console
    if own is None:
        return
    path = seen.boot.path(own.certificate)
    mend, note = f"install -m 600 NEW.pem {path}", told("it is read when control starts")
    if seen.console_ends is None:
        words = told("the console's certificate `{path}` can't be read", path=path)
        yield Found("console", Health.BROKEN, words, mend, note)
    elif seen.console_ends - seen.now < EXPIRES_SOON:
        days = max(0, round((seen.console_ends - seen.now) / 86400))
        yield Found(
            "console",
            Health.BROKEN,
            told("the console's certificate ends in {days} days", days=days),
            mend,
            note,
        )
    else:
        yield Found(
            "console", Health.GOOD, told("the console's certificate lasts two weeks or more")
        )


def inbound_certificate(seen: Examined) -> Iterable[Found]:
    """Whether the certificate lasts to which others push, and whether what they push is in force."""
    yield from inbound_findings.certificate(seen.boot, seen.inbound_ends, seen.now)
    yield from inbound_findings.pushed(seen.pushed, seen.tokens, seen.now)


def delegation(seen: Examined) -> Iterable[Found]:
    """Whether others find the way in: names, `.well-known` and the gateway itself."""
    for address, trouble in seen.reachable.items():
        if trouble is None:
            yield Found("delegation", Health.GOOD, told("{address} answers", address=address))
        else:
            yield Found(
                "delegation",
                Health.WEAK,
                told("{address}: {words}", address=address, words=trouble.words),
                trouble.mend,
                trouble.note,
            )


def sign_in(seen: Examined) -> Iterable[Found]:
    """Whether people can sign in: the process, its store, the responder, the key of tokens."""
    service, again = seen.sign_in, f"vedette up {seen.boot.folder}"
    troubles = [
        told("{what}: {trouble}", what=what, trouble=trouble)
        for what, trouble in (
            (told("the sign-in service"), service.process_trouble),
            (told("the responder that tells Synapse whose a token is"), service.responder_trouble),
            (told("the sign-in store"), service.store_trouble),
        )
        if trouble is not None
    ]
    if service.store_trouble is None and service.newest_key is None:
        troubles.append(
            told("no key signs tokens yet; the sign-in service makes one when it starts")
        )
    for words in troubles:
        yield Found("sign-in", Health.BROKEN, words, again)
    if service.store_key_trouble is not None:
        at = seen.boot.path(seen.boot.signin.store_key)
        note = told("without it every second factor is lost")
        mend = f"install -m 600 BACKUP {at}"
        yield Found("sign-in", Health.BROKEN, service.store_key_trouble, mend, note)
    elif not troubles:
        yield Found("sign-in", Health.GOOD, told("the sign-in service lets people in"))


def kerberos(seen: Examined) -> Iterable[Found]:
    """Whether Kerberos tickets can be taken where the settings offer it."""
    return kerberos_found(seen.boot, seen.document, seen.kerberos)


def issuers(seen: Examined) -> Iterable[Found]:
    """Whether certificates can be shown, whether revocations are learnt, and who needs a new one."""
    named = {str(name): issuer for name, issuer in seen.document.issuers.items()}
    if not named:
        return
    if seen.boot.gateway.certificates is None:
        words = told(
            "the settings name issuers of certificates, but there is no address to show one"
        )
        file = seen.boot.folder / "boot.toml"
        mend = f"add `certificates = {{ listen = …, url = … }}` to [gateway] of {file}"
        yield Found("certificates", Health.BROKEN, words, mend)
    yield from counted_twice(named)
    late = [each for each in seen.sign_in.sources if each.issuer in named and _late(each, seen.now)]
    for each in late:
        held = named[each.issuer].revocation == "hard"
        words = told(
            "the {kind} `{place}` of issuer `{issuer}` fails: {why}",
            kind=_KINDS[each.kind],
            place=each.place,
            issuer=each.issuer,
            why=sentence(each.trouble) if each.trouble else told("it is past its next update"),
        )
        mend = mends_source(each.issuer, each.kind)
        health = Health.BROKEN if held else Health.WEAK
        yield Found("certificates", health, words, mend, told("or mend it at the CA"))
    if seen.sign_in.ending:
        words = told("{count} certificates in use end within 30 days", count=seen.sign_in.ending)
        note = told("their people renew them at the company's CA")
        yield Found("certificates", Health.WEAK, words, "vedette certificate list", note)
    elif not late:
        words = told("what is known of revoked certificates is up to date")
        yield Found("certificates", Health.GOOD, words)


def _late(source: RevocationSource, now: float) -> bool:
    return bool(source.trouble) or 0 < source.next_update < now


_KINDS = {"crl": told("revocation list"), "ocsp": told("responder")}


def inspector(seen: Examined) -> Iterable[Found]:
    """Whether files are looked at: the process, the scanners that it asks, the YARA rules."""
    found, boot = seen.inspector, seen.boot
    if found.process:
        words = told("new files are held: {why}", why=found.process)
        yield Found("inspector", Health.BROKEN, words, f"vedette up {boot.folder}")
    for silent in found.scanners:
        mend = "systemctl status clamav-daemon c-icap"
        note = told("or correct {path}", path=boot.folder / NAME)
        yield Found(
            "inspector", Health.BROKEN, told("new files are held: {why}", why=silent), mend, note
        )
    if found.yara:
        words = told("YARA rules are not in force: {yara}", yara=found.yara)
        folder = boot.path(boot.inspector.yara or boot.folder)
        yield Found("inspector", Health.BROKEN, words, f"$EDITOR {folder}")
    if found.lacks:
        words = told(
            "less is confined than could be, since this does not hold: {lacks}",
            lacks="; ".join(found.lacks),
        )
        mend = told(
            "run it on a kernel with Landlock (6.7 or newer for ports) and seccomp, "
            "and where a container hides them, allow them"
        )
        yield Found("inspector", Health.WEAK, words, mend)
    if replace(found, lacks=()) == InspectorSeen():
        yield Found("inspector", Health.GOOD, told("files are looked at"))


def token_key(seen: Examined) -> Iterable[Found]:
    """Whether the key that signs tokens is renewed, which the sign-in service does by itself."""
    made = seen.sign_in.newest_key
    if made is None:
        return
    days = int(seen.now - made) // 86400
    if days > _OLDEST_KEY_DAYS:
        words = told("the key that signs tokens is {days} days old and was not renewed", days=days)
        mend = told(
            "see {log}, then {command}",
            log=seen.boot.log("signin"),
            command=f"vedette up {seen.boot.folder}",
        )
        yield Found("token-key", Health.WEAK, words, mend)
    else:
        yield Found(
            "token-key",
            Health.GOOD,
            told("the key that signs tokens is {days} days old", days=days),
        )


def second_factors(seen: Examined) -> Iterable[Found]:
    """Whether everybody has a second factor, as far as they are kept here."""
    people = seen.sign_in.one_factor
    if people:
        more = len(people) - _NAMED
        words = told(
            "{count} accounts have no second factor and had time for it: {named}{more}",
            count=len(people),
            named=", ".join(people[:_NAMED]),
            more=told(" and {count} more", count=more) if more > 0 else NOTHING,
        )
        mend = f"vedette user factors reset {people[0]} --reason …"
        note = told("prints a code to begin with")
        yield Found("second-factors", Health.WEAK, words, mend, note)


def breached_passwords(seen: Examined) -> Iterable[Found]:
    """Whether new passwords are compared with those that every thief knows."""
    command = "vedette settings set sign_in.breached_passwords"
    if seen.sign_in.breached_trouble is not None:
        words = told(
            "nobody can choose a password: {trouble}", trouble=seen.sign_in.breached_trouble
        )
        yield Found("passwords", Health.BROKEN, words, f"{command} '\"FILE\"' --reason …")
    elif not seen.document.sign_in.breached_passwords:
        words = told("new passwords are not compared with breached ones: no list of them is named")
        yield Found("passwords", Health.WEAK, words, f"{command} '\"FILE\"' --reason …")


CHECKS: tuple[Check, ...] = (
    running,
    drift,
    doors,
    closed,
    people,
    directory,
    officers,
    chain,
    leaving,
    recovery,
    waiting,
    sealing,
    secrets,
    keys,
    clock,
    disk,
    certificate,
    ordered_certificate,
    company_cas,
    console_certificate,
    inbound_certificate,
    inventories,
    delegation,
    sign_in,
    kerberos,
    issuers,
    inspector,
    token_key,
    second_factors,
    breached_passwords,
    ending,
    weak_settings,
)


def examine(seen: Examined) -> list[Found]:
    """Every finding of every check, in the order of `CHECKS`."""
    return [found for check in CHECKS for found in check(seen)]
