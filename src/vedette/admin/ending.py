"""What ends by itself, and what to do before it does: allows, partners, their keys and CAs, tokens.

The company's own CAs stand in `admin.issuers`, our servers' certificates in `admin.doctor`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from vedette.admin.findings import Found, Health
from vedette.core.language import NOTHING, Sentence, day, told
from vedette.core.settings.commands import Edit, edit_step
from vedette.core.settings.document import Document, Partner
from vedette.core.settings.spelling import key_ends
from vedette.core.tokens import ApiToken
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.reading import read

SOON_DAYS = 30
"""How long before its last day something is said to end."""
SETTINGS, TOKENS = "ending", "tokens"
"""The checks under which it is told what of the settings ends, and which tokens do."""
_DAY = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One thing that ends: what it is called in the document, and its last day (UTC).

    `will` and `has` say so before and after that day, `mend` is what helps, with `note`.
    """

    kind: str
    name: str
    last: date
    will: Sentence
    has: Sentence
    mend: str
    note: Sentence = NOTHING

    def found(self, today: int) -> Iterator[Found]:
        """The finding, where it ends within `SOON_DAYS`, or has ended."""
        days = self.last.toordinal() - today
        if days <= SOON_DAYS:
            check = TOKENS if self.kind == "token" else SETTINGS
            left = told("{what}, in {days} days", what=self.will, days=days)
            yield Found(check, Health.WEAK, self.has if days < 0 else left, self.mend, self.note)


def settings_ending(document: Document, today: int) -> Iterator[Found]:
    """What of the settings has ended, or will soon."""
    for each in _of_settings(document, today):
        yield from each.found(today)


def tokens_ending(tokens: Iterable[ApiToken], today: int) -> Iterator[Found]:
    """Which tokens end soon. One that has ended is good for nothing, and nobody needs to be told."""
    for token in tokens:
        each = _token(token)
        if each.last.toordinal() >= today:
            yield from each.found(today)


def ends_of(document: Document, tokens: Iterable[ApiToken]) -> Iterator[tuple[str, str, float]]:
    """Kind, name and end, in seconds since 1970, of everything that ends; for the counts."""
    for each in (*_of_settings(document, 0), *map(_token, tokens)):
        after = (each.last.toordinal() + 1 - _EPOCH) * _DAY
        yield each.kind, each.name, float(after)
    for name, entry in document.issuers.items():
        for text in (*entry.anchors, *entry.intermediates):
            found = read(base64.b64decode(text))
            if not isinstance(found, Fault):
                yield "issuer", f"{name} {found.sha256[:16]}", float(found.not_after)


_EPOCH = date(1970, 1, 1).toordinal()


def _of_settings(document: Document, today: int) -> Iterator[Ending]:
    for name, rule in document.rules.items():
        if rule.expires is not None:
            path, last = f"rules.{name}.expires", rule.expires
            yield Ending(
                kind="rule",
                name=str(name),
                last=last,
                will=told("the allow `{name}` ends on {day}", name=name, day=day(last)),
                has=told("the allow `{name}` ended on {day}", name=name, day=day(last)),
                mend=_longer(path, last, today),
            )
    for name, partner in document.partners.items():
        yield from _of_partner(str(name), partner, today)


def _of_partner(name: str, partner: Partner, today: int) -> Iterator[Ending]:
    if partner.valid_until is not None:
        path, last = f"partners.{name}.valid_until", partner.valid_until
        yield Ending(
            kind="partner",
            name=name,
            last=last,
            will=told("the partner `{name}` ends on {day}", name=name, day=day(last)),
            has=told("the partner `{name}` ended on {day}", name=name, day=day(last)),
            mend=_longer(path, last, today),
        )
    check = f"vedette partner check {name}"
    for key in partner.keys:
        last_day = key_ends(key)
        if last_day is not None:
            fill = {"key": key.partition(" ")[0], "name": name, "day": day(last_day)}
            yield Ending(
                kind="key",
                name=f"{name} {fill['key']}",
                last=last_day,
                will=told("the key `{key}` of the partner `{name}` ends on {day}", **fill),
                has=told("the key `{key}` of the partner `{name}` ended on {day}", **fill),
                mend=check,
                note=told(
                    "have the partner confirm the key that it prints, and name it in {path}",
                    path=f"`partners.{name}.keys`",
                ),
            )
    for text in partner.ca:
        found = read(base64.b64decode(text))
        if isinstance(found, Fault):
            continue  # it vouches for nothing; `partner check` says so
        last_day = datetime.fromtimestamp(found.not_after, UTC).date()
        fill = {"subject": found.subject_text, "name": name, "day": day(last_day)}
        yield Ending(
            kind="ca",
            name=f"{name} {found.sha256[:16]}",
            last=last_day,
            will=told("the CA `{subject}` of the partner `{name}` ends on {day}", **fill),
            has=told("the CA `{subject}` of the partner `{name}` ended on {day}", **fill),
            mend=check,
            note=told(
                "get the partner's new CA and name it in {path}, beside the old one",
                path=f"`partners.{name}.ca`",
            ),
        )


def _token(token: ApiToken) -> Ending:
    last = datetime.fromtimestamp(token.expires - 1, UTC).date()
    fill = {"id": token.id, "user": token.user, "day": day(last), "reason": token.reason}
    return Ending(
        kind="token",
        name=token.id,
        last=last,
        will=told("the token `{id}` of `{user}` ({reason}) ends on {day}", **fill),
        has=told("the token `{id}` of `{user}` ({reason}) ended on {day}", **fill),
        mend="vedette token list",
        note=told("make a new one in the console, and remove this one"),
    )


def _longer(path: str, last: date, today: int) -> str:
    """The command that lets it go on for a year."""
    longer = date.fromordinal(max(today, last.toordinal()) + 365)
    return edit_step(Edit(path, longer.isoformat())).because("agreed for another year")
