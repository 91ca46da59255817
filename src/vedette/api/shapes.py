"""The JSON shapes of the admin API."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Whole = Annotated[int, Field(strict=True)]
Real = Annotated[float, Field(strict=True)]
YesNo = Annotated[bool, Field(strict=True)]
"""What a body says is taken as what it is: no `true` is a number, and no text is either."""

_TEXT = Field(max_length=4 << 20)
_REASON = Field(min_length=1, max_length=500, description="Why, for the history.")
_BASE = Field(
    default=None,
    ge=1,
    le=2**53,
    description="The revision on which the change stands; refused if another one is in force.",
)


class Shape(BaseModel):
    """A JSON object without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FaultShape(Shape):
    """One fault of a document."""

    line: int
    path: str
    message: str
    hint: str | None
    severity: str


class ErrorBody(Shape):
    """What went wrong."""

    code: str
    message: str
    hint: str | None
    faults: list[FaultShape]
    record: str | None


class ErrorShape(Shape):
    """The one shape of every error."""

    error: ErrorBody


class Status(Shape):
    """How a process is."""

    status: str
    detail: list[str]


class TrialShape(Shape):
    """A revision that returns by itself at `until` (seconds since 1970 UTC) unless it is confirmed."""

    revision: int
    back_to: int
    until: int


class ConfirmBody(Shape):
    """Which revision shut nobody out."""

    revision: Whole = Field(ge=1, le=2**53)
    reason: str = Field(default="it shut nobody out", min_length=1, max_length=500)


class SettingsShape(Shape):
    """The settings in force."""

    revision: int
    digest: str
    text: str
    document: dict[str, Any]
    trial: TrialShape | None


class ValueShape(Shape):
    """One setting and its value, defaults included."""

    path: str
    value: Any


class OptionShape(Shape):
    """One of Synapse's own options: what is in force, and what decides it.

    `value` and `default` (what Synapse does by itself) are JSON, null where the boot file decides.
    `way` is `fixed` (the risk says why), `setting`, `governed` or `host`; `by` are paths of settings.
    """

    key: str
    value: str | None
    default: str | None
    way: str
    by: list[str]
    rules: bool
    meaning: str
    risk: str


class DraftBody(Shape):
    """A draft to look at."""

    text: str = _TEXT


class ApplyBody(Shape):
    """A draft to apply."""

    text: str = _TEXT
    base: Whole = Field(ge=1, le=2**53, description="The revision on which the draft stands.")
    reason: str = _REASON
    starts: Whole | None = Field(
        default=None, ge=0, le=2**53, description="Not before this moment, seconds since 1970 UTC."
    )


class ForeseeBody(Shape):
    """A draft of which is asked what would become of it now."""

    text: str = _TEXT
    base: Whole | None = _BASE


class SetBody(Shape):
    """One setting to set; without a value it gets its default."""

    path: str = Field(min_length=1, max_length=300)
    value: str | None = Field(max_length=65536, description="TOML; null removes the setting.")
    reason: str = _REASON
    base: Whole | None = _BASE


class EditShape(Shape):
    """One setting, rule or named table to set; without a value it is taken out."""

    path: str = Field(min_length=1, max_length=300)
    value: str | None = Field(max_length=65536, description="TOML; null takes it out.")


class EditsBody(Shape):
    """Several changes to make at once, as one revision."""

    changes: list[EditShape] = Field(min_length=1, max_length=1000)
    reason: str = _REASON
    base: Whole | None = _BASE


class RestoreBody(Shape):
    """An earlier revision to make the new one."""

    revision: Whole = Field(ge=1, le=2**53)
    reason: str = _REASON


class RuleBody(Shape):
    """A rule to add: its keys as the document spells them."""

    id: str = Field(min_length=1, max_length=64)
    rule: dict[str, str | list[str]]
    guardrail: YesNo = False
    reason: str = _REASON
    base: Whole | None = _BASE


class RuleChangeBody(Shape):
    """A rule's new content, all of it: its keys as the document spells them."""

    rule: dict[str, str | list[str]]
    guardrail: YesNo = False
    reason: str = _REASON
    base: Whole | None = _BASE


class CallShape(Shape):
    """A call of this API without its reason, which goes into the body, or else into the query.

    `path` stands beneath `/vedette/api/v1`.
    """

    method: str
    path: str
    query: dict[str, str] | None
    body: dict[str, Any] | None


class ChangeShape(Shape):
    """One difference, in words, as a command, and as a call of this API."""

    path: str
    before: str
    after: str
    words: str
    command: str
    call: CallShape


class DifferenceShape(Shape):
    """What a draft changes; `command` and `call` make all of it at once, as one revision."""

    changes: list[ChangeShape]
    command: str | None
    call: CallShape | None
    warnings: list[FaultShape]
    restart: list[str]
    widens: list[str]


class PromiseChangeShape(Shape):
    """What passes between a partner and us in one channel, in words: now, and after the change."""

    partner: str
    channel: str
    was: str
    becomes: str


class EffectShape(Shape):
    """What a change does at once. A count is null where it is small, for whoever may not list sessions.

    `sessions` are suspended, those of `people`; `own` are of whoever asks. `shut_out` people could not
    sign in again on any device that they use. Nothing supplies the facts `unsupplied`. `back` is the
    revision that undoes the change.
    """

    sessions: int | None
    people: int | None
    own: int
    shut_out: int | None
    unsupplied: list[str]
    promises: list[PromiseChangeShape]
    back: int
    words: list[str]


class ForeseenShape(Shape):
    """What applying a draft would do now.

    `becomes` is `applied`, `waits` or `refused`; `why` says for whom it would wait, or what refuses it.
    """

    becomes: str
    why: list[str]
    trial: bool = Field(description="Whether it would go back by itself unless confirmed.")
    difference: DifferenceShape
    effect: EffectShape | None = Field(description="Null where it was not known in time.")


class DoorShape(Shape):
    """One door's answer."""

    door: str
    state: str
    revision: int
    milliseconds: int | None
    why: str | None
    words: str


class AppliedShape(Shape):
    """A new revision in force."""

    revision: int
    record: str
    difference: DifferenceShape
    doors: list[DoorShape]
    voided: list[str]
    trial: TrialShape | None
    effect: EffectShape | None = Field(description="Null where it was not known in time.")


class ApprovalShape(Shape):
    """One person's yes to exactly one change."""

    person: str
    reason: str
    at: int
    record: str


class PendingShape(Shape):
    """A change that waits, or has waited. Times are in seconds since 1970 UTC.

    `content` is the hash of what is approved, `why` says what it waits for, `could` names some who
    might be a second person for it now, `said` how it ended. Lists leave the text out.
    """

    id: str
    state: str
    content: str
    base: int
    digest: str
    author: str
    reason: str
    asked: int
    expires: int
    starts: int | None
    why: list[str]
    words: list[str]
    commands: list[str]
    widens: list[str]
    approvals: list[ApprovalShape]
    could: list[str]
    ended: int | None
    said: str
    revision: int | None
    text: str | None
    record: str | None


class ApproveBody(Shape):
    """A yes to a change. `content` is the hash of what was seen; another one is refused."""

    reason: str = _REASON
    content: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")


class EndBody(Shape):
    """Why a change is rejected or withdrawn."""

    reason: str = _REASON


class RevisionShape(Shape):
    """One revision, without its text in lists."""

    number: int
    author: str
    approvers: list[str]
    reason: str
    at: int
    digest: str
    hash: str
    previous: str
    words: list[str]
    commands: list[str]
    text: str | None


class GridRowShape(Shape):
    """What the rules answer from one party to another, by channel: `yes`, `conditions`, `some`,
    `forbidden`, `no` or `not-ours`. `observed`: a rule that only observes would have a say.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    from_: str = Field(alias="from")
    to: str
    channels: dict[str, str]
    observed: bool


class RuleShape(Shape):
    """One rule, as a sentence and as TOML."""

    id: str
    guardrail: bool
    sentence: str
    text: str
    owner: str
    say: str


class WhyBody(Shape):
    """What somebody wonders about. `draft` asks a draft instead of the settings in force."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: str = Field(alias="from", max_length=255)
    to: str | None = Field(default=None, max_length=255)
    room: str | None = Field(
        default=None,
        max_length=255,
        description="A room's id: it is asked towards everybody who is there.",
    )
    channel: str = Field(max_length=32)
    file: str | None = Field(default=None, max_length=1024)
    size: Whole | None = Field(default=None, ge=0, le=2**53)
    facts: list[str] = Field(default_factory=list, max_length=50)
    draft: str | None = Field(default=None, max_length=4 << 20)


class ConsideredShape(Shape):
    """One rule that was looked at."""

    rule: str
    matched: str
    because: str


class PresentShape(Shape):
    """People in a room whom the rules can't tell apart: so many, one of them named."""

    parties: list[str]
    example: str
    ours: bool
    count: int


class RoomSeenShape(Shape):
    """A room as the event door sees it; null is what it does not know."""

    room: str
    name: str | None
    owner: str | None
    ours: bool | None
    kind: str | None
    encrypted: bool | None
    frozen: bool
    here: list[PresentShape]
    more: bool


class WhyShape(Shape):
    """A decision and how it came about. `room` is where it would be done, if in one."""

    answer: str
    reason: str
    rule: str | None
    towards: str | None
    pending: list[str]
    unknown: list[str]
    revision: int
    sentence: str
    considered: list[ConsideredShape]
    person: str
    room: RoomSeenShape | None = None
    record: str | None = None
    same: bool | None = None


class ReplayBody(Shape):
    """A draft, and from when on recorded asks are decided again: seconds since 1970 UTC."""

    text: str = Field(max_length=4 << 20)
    since: Real | None = Field(default=None, ge=0)


class ChangedShape(Shape):
    """How often one kind of answer would have been another one; `examples` are ids of records."""

    model_config = ConfigDict(populate_by_name=True)

    was: str
    becomes: str
    channel: str
    from_: str = Field(alias="from")
    to: str
    rule: str | None
    rule_then: str | None
    asks: int
    examples: list[str]


class ObservedShape(Shape):
    """How often a rule of a draft that only observes would have had a say."""

    rule: str
    forbids: bool
    asks: int
    examples: list[str]


class ReplayShape(Shape):
    """What a draft would have changed; see `vedette replay --help`."""

    records: int
    asks: int
    counted: int
    fixed: int
    kept_parties: int
    changed: list[ChangedShape]
    silent_rooms: list[str]
    silent: int
    observed: list[ObservedShape]


class ChainShape(Shape):
    """What was found out about one audit chain."""

    process: str
    holds: bool
    records: int
    anchored: str | None
    words: str


class PeopleShape(Shape):
    """How many people are known, and why the newest list was not taken."""

    count: int
    faults: list[str]


class RecordsPage(Shape):
    """Records, newest first. `next` is the cursor of what follows, null at the end; `behind` is how
    many bytes of records could not be searched yet, which is 0 but for some minutes after a start
    without an index.
    """

    records: list[dict[str, Any]]
    next: str | None
    behind: int


class PersonEraseBody(Shape):
    """Whom the record shall not name any more, and why."""

    person: str = Field(min_length=1, max_length=255)
    reason: str = Field(min_length=1, max_length=500)


class ErasedShape(Shape):
    """How many keys were erased in the logs of which processes; `plain` counts records that name the
    person all the same: older ones, and what somebody wrote as a reason.
    """

    person: str
    keys: int
    processes: list[str]
    plain: int


class PersonReportBody(Shape):
    """On whom a report is wanted, why, and about which time (seconds since 1970 UTC)."""

    person: str = Field(min_length=1, max_length=255)
    reason: str = Field(min_length=1, max_length=500)
    since: Real | None = Field(None, ge=0)
    until: Real | None = Field(None, ge=0)


class ActsShape(Shape):
    """How often one act had one answer."""

    act: str
    answer: str
    reason: str
    asks: int


class TowardsShape(Shape):
    """How often somebody was asked about."""

    name: str
    asks: int


class PersonReportShape(Shape):
    """What the record says of one person; the lists of records are the newest hundred of each."""

    person: str
    records: int
    asks: int
    first: float | None
    last: float | None
    acts: list[ActsShape]
    towards: list[TowardsShape]
    refused: list[dict[str, Any]]
    sign_ins: list[dict[str, Any]]
    about: list[dict[str, Any]]
