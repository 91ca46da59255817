"""Looks for what is wrong or weak, and names the command that mends it.

Every check is a function from what was examined to findings; `CHECKS` is the flat list of them, to
which a later part of the suite adds its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from vedette.adapters.boot_file import NAME, Boot, BootFault
from vedette.admin.audit import ChainReport
from vedette.admin.homeserver import homeserver_file, render
from vedette.admin.issuers import troubles
from vedette.admin.keys import KeyFound
from vedette.admin.rules import value_at
from vedette.admin.settings_list import recommended
from vedette.core.break_glass import Recovery
from vedette.core.pending import PendingChange, State
from vedette.core.settings.document import Document
from vedette.core.settings.reference import settings_reference, spell_value
from vedette.protocol.internal.server_certificates import Ordering, Origin

EXPIRES_SOON = 14 * 86400
LEAST_FREE = 1 << 30
LEAST_SKEW = 300
_OLDEST_KEY_DAYS = 100
_OVERDUE = 3600
_ENDING = ("anchors", "siem-certificate")
"""Of the certificates among the keys those that no other check looks at."""
_NAMED = 5
_BIGGEST = "du -xh --max-depth=2 {} | sort -h | tail    (the last line is the biggest)"


class Health(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    WEAK = "weak"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Found:
    """One finding; `mend` is the command that mends it, or what to do where no command can."""

    check: str
    health: Health
    words: str
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """What a look at this host found, and when it was, in seconds since 1970."""

    found: tuple[Found, ...]
    at: float


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

    words: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSeen:
    """What is seen of the sign-in service; every `…_trouble` says what is wrong, or is None.

    `process` is the sign-in process itself, `responder` the one inside Synapse, `newest_key` when
    the key that signs tokens was made, `one_factor` the people without a second factor, past the
    time that they had for it.
    """

    process_trouble: str | None
    responder_trouble: str | None
    store_trouble: str | None
    store_key_trouble: str | None
    breached_trouble: str | None
    newest_key: int | None
    one_factor: tuple[str, ...]


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
    chain_trouble: str | None
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
    console_ends: float | None = None
    """When the console's certificate expires; None where there is no console, or it can't be read."""
    unsent: tuple[str, ...] = ()
    """The ways named in the boot file by which the record does not leave this machine, and why."""
    recovery: Recovery | None = None
    """How recovery stands; None where there is no offline code."""
    code_lies_here: Path | None = None
    """The file in which the offline code still lies on this host."""
    keys: tuple[KeyFound, ...] = ()
    """Every key as it lies here."""
    ordering: Ordering | None = None
    """What becomes of orders for the gateway's certificate; None where that told nothing."""
    beyond: tuple[str, ...] = ()
    """Acts under recovery while it was not open, in words."""
    waiting: tuple[PendingChange, ...] = ()
    """Changes of the settings that wait, for a second person or for their hour."""
    unsealed: tuple[str, ...] = ()
    """What keeps people from being sealed in the record, or from being named again, in words."""


Check = Callable[[Examined], Iterable[Found]]


def running(seen: Examined) -> Iterable[Found]:
    """Whether control answers."""
    if seen.control_answers:
        yield Found(
            "control", Health.GOOD, f"control answers; revision {seen.revision} is in force"
        )
    else:
        listen = seen.boot.control.listen
        words = f"control does not answer on {listen}; doors go on with what they last heard"
        yield Found("control", Health.BROKEN, words, f"vedette up {seen.boot.folder}")


def drift(seen: Examined) -> Iterable[Found]:
    """Whether Synapse's configuration is what the settings say."""
    path = homeserver_file(seen.boot)
    again = f"vedette up {seen.boot.folder}"
    try:
        written = path.read_text(encoding="utf-8")
    except OSError:
        yield Found("drift", Health.WEAK, f"`{path}` was not written yet", again)
        return
    try:
        wanted = render(seen.document, seen.boot)
    except BootFault as fault:
        yield Found("drift", Health.BROKEN, str(fault), f"editor {seen.boot.folder / NAME}")
        return
    if written != wanted:
        words = f"`{path}` is not what the settings say: it was edited, or a setting waits"
        yield Found("drift", Health.BROKEN, words, f"{again}    (it writes the file again)")
    else:
        yield Found("drift", Health.GOOD, "Synapse's configuration is what the settings say")


def weak_settings(seen: Examined) -> Iterable[Found]:
    """Settings that are weaker than, or simply other than, what is recommended."""
    return weak_in(seen.document)


def weak_in(document: Document) -> Iterable[Found]:
    """The settings of a document that are weaker than, or other than, what is recommended."""
    for info in settings_reference():
        wanted = recommended(info)
        if "<" in info.path or wanted is None:
            continue
        value = value_at(document, info.path)
        if value != wanted:
            words = f"`{info.path}` is {spell_value(value)}. {info.risk}"
            mend = f"vedette settings set {info.path} '{info.recommended}' --reason recommended"
            yield Found("settings", Health.WEAK, words, mend)
    yield from _weak_words(document)


def _weak_words(document: Document) -> Iterable[Found]:
    for name, partner in document.partners.items():
        if not partner.keys:
            words = f"partner `{name}` has no pinned key: whoever takes its DNS speaks in its name"
            mend = (
                f"have the partner confirm what `vedette partner check {name}` prints, then: "
                f"vedette settings set partners.{name}.keys '[\"ed25519:… …\"]' --reason pinned"
            )
            yield Found("settings", Health.WEAK, words, mend)
    for name, rule in document.rules.items():
        if rule.mode == "observe":
            words = f"rule `{name}` only observes: it protects nothing"
            mend = f"vedette settings set rules.{name}.mode enforce --reason 'observed enough'"
            yield Found("settings", Health.WEAK, words, mend)


def secrets(seen: Examined) -> Iterable[Found]:
    """Whether only the organisation's own user can read its secrets."""
    for path in seen.open_secrets:
        yield Found("secrets", Health.BROKEN, f"others can read `{path}`", f"chmod 600 {path}")
    if not seen.open_secrets:
        yield Found("secrets", Health.GOOD, "nobody else can read the secrets")


def chain(seen: Examined) -> Iterable[Found]:
    """Whether the audit log is whole."""
    if seen.chain_trouble is not None:
        yield Found("audit", Health.BROKEN, seen.chain_trouble, "vedette audit verify")
    for report in seen.chains:
        if not report.holds:
            words = f"the chain of `{report.process}` does not hold: {report.words}"
            yield Found("audit", Health.BROKEN, words, "vedette audit verify")
    if seen.chain_trouble is None and all(report.holds for report in seen.chains):
        yield Found("audit", Health.GOOD, f"{len(seen.chains)} audit chains are whole")


def leaving(seen: Examined) -> Iterable[Found]:
    """Whether the record leaves this machine, where the boot file says how."""
    for words in seen.unsent:
        mend = f"tail {seen.boot.log('control')}    (it says what the other side said)"
        yield Found("audit-leaves", Health.BROKEN, words, mend)


def recovery(seen: Examined) -> Iterable[Found]:
    """Whether recovery is open, and whether there is a code for it that is put away."""
    if seen.recovery is None:
        words = "there is no offline code: nobody can help when everybody is locked out"
        yield Found("recovery", Health.WEAK, words, "vedette recover --new-code")
    elif seen.recovery.is_open(seen.now):
        words = (
            f"recovery is open (record {seen.recovery.record}): rules do not hold the local token"
        )
        yield Found("recovery", Health.BROKEN, words, "vedette recover --end")
    for words in seen.beyond:
        mend = "vedette audit verify    (keep this machine as it is, and compare with the SIEM)"
        yield Found("recovery", Health.BROKEN, words, mend)
    if seen.code_lies_here is not None:
        words = f"the offline code lies in `{seen.code_lies_here}`, where an intruder finds it"
        mend = f"rm {seen.code_lies_here}    (once it is on paper and locked away)"
        yield Found("recovery", Health.WEAK, words, mend)


def waiting(seen: Examined) -> Iterable[Found]:
    """Which changes of the settings wait, and for what."""
    for change in seen.waiting:
        for_whom = "its hour" if change.state is State.SCHEDULED else "a second person"
        since = f"{datetime.fromtimestamp(change.asked, UTC):%Y-%m-%d %H:%M UTC}"
        words = f"a change of `{change.author}` waits for {for_whom} since {since}: {change.reason}"
        yield Found("changes", Health.WEAK, words, f"vedette settings pending {change.id}")


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
        yield Found("doors", Health.GOOD, "every door has what was sent last")


def _behind(lag: DoorLag, now: float) -> str | None:
    """What is wrong with one stream at one door, or None."""
    if lag.refused is not None:
        return f"{lag.door} refused `{lag.stream}`: {lag.refused}"
    if lag.sent is None:
        return f"control has sent nothing to {lag.door} yet"
    if lag.in_force is None:
        return f"{lag.door} has never run, or can't write its folder"
    if lag.in_force < lag.sent:
        return f"{lag.door} is behind: it has `{lag.stream}` {lag.in_force}, not {lag.sent}"
    if lag.expires is not None and lag.expires <= now:
        return f"{lag.door} has closed: its `{lag.stream}` has expired"
    return None


def closed(seen: Examined) -> Iterable[Found]:
    """Whether every part of the event door fits the Synapse that runs."""
    for words in seen.closed:
        mend = "pip install 'vedette[synapse]'    (brings the Synapse that it was made for)"
        yield Found("synapse", Health.BROKEN, f"closed: {words}", mend)


def people(seen: Examined) -> Iterable[Found]:
    """Whether the list of people can be read."""
    path = seen.boot.path(seen.boot.control.people)
    for fault in seen.people_faults:
        words = f"the list of people was not taken: {fault}"
        yield Found(
            "people", Health.BROKEN, words, f"editor {path}    (it is read again by itself)"
        )


def keys(seen: Examined) -> Iterable[Found]:
    """Whether every key that the boot file names is there, and no CA that is believed ends soon."""
    for each in seen.keys:
        name = each.row.name
        if not each.there and each.file is not None:
            words = f"`{each.file}` ({name}) is named in the boot file and missing"
            yield Found("keys", Health.BROKEN, words, f"install -m 600 BACKUP {each.file}")
        elif name in _ENDING and each.ends is not None and each.ends - seen.now < EXPIRES_SOON:
            days = max(0, round((each.ends - seen.now) / 86400))
            words = f"a certificate in `{each.file}` ({name}) ends in {days} days"
            yield Found("keys", Health.WEAK, words, each.row.change)


def clock(seen: Examined) -> Iterable[Found]:
    """Whether the clock can be right: nothing may have been recorded in the future."""
    ahead = seen.newest - seen.now
    if ahead > LEAST_SKEW:
        words = f"the clock is {round(ahead)} seconds behind what was recorded or signed"
        yield Found("clock", Health.BROKEN, words, "timedatectl set-ntp true")
    else:
        when = datetime.fromtimestamp(seen.now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        yield Found("clock", Health.GOOD, f"the clock says {when}; nothing was recorded after that")


def disk(seen: Examined) -> Iterable[Found]:
    """Whether there is room for records: a full disk refuses every ask."""
    if seen.free_bytes < LEAST_FREE:
        words = f"only {seen.free_bytes >> 20} MiB are free; a full disk refuses everything"
        yield Found("disk", Health.BROKEN, words, _BIGGEST.format(seen.boot.folder))


def certificate(seen: Examined) -> Iterable[Found]:
    """Whether the gateway's certificate lasts."""
    if seen.boot.gateway.acme is not None:
        return  # it is ordered, and may be made for days only
    path = seen.boot.path(seen.boot.gateway.certificate)
    if seen.certificate_ends is None:
        words = f"the gateway's certificate `{path}` can't be read"
        yield Found("certificate", Health.BROKEN, words, f"install -m 600 NEW.pem {path}")
    elif seen.certificate_ends - seen.now < EXPIRES_SOON:
        days = max(0, round((seen.certificate_ends - seen.now) / 86400))
        words = f"the gateway's certificate ends in {days} days"
        yield Found("certificate", Health.BROKEN, words, f"install -m 600 NEW.pem {path}")
    else:
        yield Found("certificate", Health.GOOD, "the gateway's certificate lasts two weeks or more")


def ordered_certificate(seen: Examined) -> Iterable[Found]:
    """Whether the gateway's certificate is ordered in time, where that is ordered."""
    acme, state, ends = seen.boot.gateway.acme, seen.ordering, seen.certificate_ends
    if acme is None:
        return
    again = "vedette certificate server renew --reason 'mended'"
    if state is None or ends is None:
        words = "the gateway has not yet said what becomes of its certificate"
        yield Found("certificate", Health.BROKEN, words, f"vedette up {seen.boot.folder}")
        return
    days = f"{max(0, round((ends - seen.now) / 86400))} days"
    if state.trouble:
        grave = state.origin is Origin.FILES or ends - seen.now < EXPIRES_SOON
        words = (
            f"{state.failures} orders in a row came to nothing: {state.trouble}. What serves lasts"
            f" {days}"
        )
        health = Health.BROKEN if grave else Health.WEAK
        yield Found("certificate", health, words, f"{state.advice}; then: {again}")
    elif ends <= seen.now or state.next_at + _OVERDUE < seen.now:
        words = "the gateway's certificate should have been renewed, and was not"
        yield Found("certificate", Health.BROKEN, words, again)
    else:
        words = f"the gateway's certificate is ordered by itself, and lasts {days}"
        yield Found("certificate", Health.GOOD, words)
    host = urlsplit(seen.boot.gateway.client_url).hostname
    if host not in acme.names:
        words = f"`client_url` names `{host}`, for which no certificate is ordered"
        mend = f"add it to [gateway.acme] names in {seen.boot.folder / NAME}"
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
    mend = f"install -m 600 NEW.pem {path}    (it is read when control starts)"
    if seen.console_ends is None:
        words = f"the console's certificate `{path}` can't be read"
        yield Found("console", Health.BROKEN, words, mend)
    elif seen.console_ends - seen.now < EXPIRES_SOON:
        days = max(0, round((seen.console_ends - seen.now) / 86400))
        yield Found(
            "console", Health.BROKEN, f"the console's certificate ends in {days} days", mend
        )
    else:
        yield Found("console", Health.GOOD, "the console's certificate lasts two weeks or more")


def delegation(seen: Examined) -> Iterable[Found]:
    """Whether others find the way in: names, `.well-known` and the gateway itself."""
    for address, trouble in seen.reachable.items():
        if trouble is None:
            yield Found("delegation", Health.GOOD, f"{address} answers")
        else:
            yield Found("delegation", Health.WEAK, f"{address}: {trouble.words}", trouble.mend)


def sign_in(seen: Examined) -> Iterable[Found]:
    """Whether people can sign in: the process, its store, the responder, the key of tokens."""
    service, again = seen.sign_in, f"vedette up {seen.boot.folder}"
    troubles = [
        f"{what}: {trouble}"
        for what, trouble in (
            ("the sign-in service", service.process_trouble),
            ("the responder that tells Synapse whose a token is", service.responder_trouble),
            ("the sign-in store", service.store_trouble),
        )
        if trouble is not None
    ]
    if service.store_trouble is None and service.newest_key is None:
        troubles.append("no key signs tokens yet; the sign-in service makes one when it starts")
    for words in troubles:
        yield Found("sign-in", Health.BROKEN, words, again)
    if service.store_key_trouble is not None:
        at = seen.boot.path(seen.boot.signin.store_key)
        mend = f"install -m 600 BACKUP {at}    (without it every second factor is lost)"
        yield Found("sign-in", Health.BROKEN, service.store_key_trouble, mend)
    elif not troubles:
        yield Found("sign-in", Health.GOOD, "the sign-in service lets people in")


def inspector(seen: Examined) -> Iterable[Found]:
    """Whether files are looked at: the process, the scanners that it asks, the YARA rules."""
    found, boot = seen.inspector, seen.boot
    if found.process:
        words = f"new files are held: {found.process}"
        yield Found("inspector", Health.BROKEN, words, f"vedette up {boot.folder}")
    for words in found.scanners:
        mend = f"systemctl status clamav-daemon c-icap    (or correct {boot.folder / 'boot.toml'})"
        yield Found("inspector", Health.BROKEN, f"new files are held: {words}", mend)
    if found.yara:
        words = f"YARA rules are not in force: {found.yara}"
        folder = boot.path(boot.inspector.yara or boot.folder)
        yield Found("inspector", Health.BROKEN, words, f"$EDITOR {folder}")
    if found.lacks:
        words = (
            f"less is confined than could be, since this does not hold: {'; '.join(found.lacks)}"
        )
        mend = "run it on a kernel with Landlock (6.7 or newer for ports) and seccomp, and where a"
        yield Found("inspector", Health.WEAK, words, f"{mend} container hides them, allow them")
    if replace(found, lacks=()) == InspectorSeen():
        yield Found("inspector", Health.GOOD, "files are looked at")


def token_key(seen: Examined) -> Iterable[Found]:
    """Whether the key that signs tokens is renewed, which the sign-in service does by itself."""
    made = seen.sign_in.newest_key
    if made is None:
        return
    days = int(seen.now - made) // 86400
    if days > _OLDEST_KEY_DAYS:
        words = f"the key that signs tokens is {days} days old and was not renewed"
        mend = f"see {seen.boot.log('signin')}, then vedette up {seen.boot.folder}"
        yield Found("token-key", Health.WEAK, words, mend)
    else:
        yield Found("token-key", Health.GOOD, f"the key that signs tokens is {days} days old")


def second_factors(seen: Examined) -> Iterable[Found]:
    """Whether everybody has a second factor, as far as they are kept here."""
    people = seen.sign_in.one_factor
    if people:
        more = f" and {len(people) - _NAMED} more" if len(people) > _NAMED else ""
        words = (
            f"{len(people)} accounts have no second factor and had time for it: "
            f"{', '.join(people[:_NAMED])}{more}"
        )
        mend = f"vedette user factors reset {people[0]} --reason …    (prints a code to begin with)"
        yield Found("second-factors", Health.WEAK, words, mend)


def breached_passwords(seen: Examined) -> Iterable[Found]:
    """Whether new passwords are compared with those that every thief knows."""
    command = "vedette settings set sign_in.breached_passwords"
    if seen.sign_in.breached_trouble is not None:
        words = f"nobody can choose a password: {seen.sign_in.breached_trouble}"
        yield Found("passwords", Health.BROKEN, words, f"{command} '\"FILE\"' --reason …")
    elif not seen.document.sign_in.breached_passwords:
        words = "new passwords are not compared with breached ones: no list of them is named"
        yield Found("passwords", Health.WEAK, words, f"{command} '\"FILE\"' --reason …")


CHECKS: tuple[Check, ...] = (
    running,
    drift,
    doors,
    closed,
    people,
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
    delegation,
    sign_in,
    inspector,
    token_key,
    second_factors,
    breached_passwords,
    weak_settings,
)


def examine(seen: Examined) -> list[Found]:
    """Every finding of every check, in the order of `CHECKS`."""
    return [found for check in CHECKS for found in check(seen)]
