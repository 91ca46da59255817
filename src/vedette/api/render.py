"""From values to the JSON shapes of the admin API, and from every refusal to the one error shape."""

from __future__ import annotations

from vedette.admin.audit import ChainReport
from vedette.admin.doors import DoorAnswer
from vedette.admin.effect import Effect
from vedette.admin.grid import GridRow
from vedette.admin.pending import Waiting
from vedette.admin.rejected import Code, Rejected
from vedette.admin.replay import Replayed
from vedette.admin.rules import RuleView
from vedette.admin.settings import Applied, Difference, Foreseen
from vedette.admin.synapse_options import OptionRow
from vedette.admin.why import Why, as_contract
from vedette.api.shapes import (
    AppliedShape,
    ApprovalShape,
    CallShape,
    ChainShape,
    ChangedShape,
    ChangeShape,
    DifferenceShape,
    DoorShape,
    EffectShape,
    ErrorBody,
    ErrorShape,
    FaultShape,
    ForeseenShape,
    GridRowShape,
    ObservedShape,
    OptionShape,
    PendingShape,
    PromiseChangeShape,
    ReplayShape,
    RevisionShape,
    RuleShape,
    TrialShape,
    WhyShape,
)
from vedette.core.decision import Verdict
from vedette.core.revision import Revision
from vedette.core.settings.changes import together
from vedette.core.settings.commands import Call
from vedette.core.settings.faults import Fault
from vedette.core.trial import Trial

STATUS = {
    Code.CONFLICT: 409,
    Code.FAULTS: 400,
    Code.INVALID: 400,
    Code.CONFIRM: 409,
    Code.LOCK_OUT: 403,
    Code.NOTHING_CHANGES: 409,
    Code.NOT_FOUND: 404,
    Code.REFUSED: 403,
    Code.RESET: 403,
    Code.UNAVAILABLE: 503,
    Code.WAITS: 409,
}
"""The HTTP status of each code."""


def error(rejected: Rejected) -> ErrorShape:
    """A rejected act in the one error shape."""
    return ErrorShape(
        error=ErrorBody(
            code=rejected.code.value,
            message=rejected.message,
            hint=rejected.hint,
            faults=[fault(each) for each in rejected.faults],
            record=rejected.record,
        )
    )


def plain_error(code: str, message: str, hint: str | None = None) -> ErrorShape:
    """An error of the API itself."""
    body = ErrorBody(code=code, message=message, hint=hint, faults=[], record=None)
    return ErrorShape(error=body)


def fault(found: Fault) -> FaultShape:
    """One fault of a text."""
    return FaultShape(
        line=found.line,
        path=found.path,
        message=found.message,
        hint=found.hint,
        severity=found.severity,
    )


def _call(found: Call) -> CallShape:
    return CallShape(
        method=found.method,
        path=found.path,
        query=None if found.query is None else dict(found.query),
        body=None if found.body is None else dict(found.body),
    )


def difference(found: Difference) -> DifferenceShape:
    """What a draft changes."""
    whole = together(found.changes)
    return DifferenceShape(
        changes=[
            ChangeShape(
                path=change.path,
                before=change.before,
                after=change.after,
                words=change.words,
                command=change.command,
                call=_call(change.call),
            )
            for change in found.changes
        ],
        command=whole and whole.command,
        call=whole and _call(whole.call),
        warnings=[fault(each) for each in found.warnings],
        restart=list(found.restart),
        widens=list(found.widens),
    )


def door(answer: DoorAnswer) -> DoorShape:
    """One door's answer."""
    return DoorShape(
        door=answer.door,
        state=answer.state.value,
        revision=answer.revision,
        milliseconds=answer.milliseconds,
        why=answer.why,
        words=answer.words,
    )


def foreseen(found: Foreseen) -> ForeseenShape:
    """What would become of a draft."""
    becomes = {Verdict.YES: "applied", Verdict.NOT_YET: "waits", Verdict.NO: "refused"}
    return ForeseenShape(
        becomes=becomes[found.verdict],
        why=list(found.why),
        trial=found.trial,
        difference=difference(found.difference),
        effect=None if found.effect is None else effect(found.effect),
    )


def option(row: OptionRow) -> OptionShape:
    """One of Synapse's options."""
    told = row.option
    return OptionShape(
        key=told.key,
        value=row.value or None,
        default=row.default or None,
        way=told.way.value,
        by=list(told.by),
        rules=told.rules,
        meaning=told.meaning,
        risk=told.risk,
    )


def effect(found: Effect) -> EffectShape:
    """What a change does at once; small counts only for whoever may list sessions."""
    return EffectShape(
        sessions=found.shown(found.sessions),
        people=found.shown(found.people),
        own=found.own,
        shut_out=found.shown(found.shut_out),
        unsupplied=list(found.unsupplied),
        promises=[
            PromiseChangeShape(
                partner=each.partner, channel=each.channel, was=each.was, becomes=each.becomes
            )
            for each in found.promises
        ],
        back=found.back,
        words=list(found.words),
    )


def applied(done: Applied) -> AppliedShape:
    """A new revision."""
    return AppliedShape(
        revision=done.revision.number,
        record=done.record,
        difference=difference(done.difference),
        doors=[door(each) for each in done.doors],
        voided=list(done.voided),
        trial=trial(done.trial),
        effect=None if done.effect is None else effect(done.effect),
    )


def trial(found: Trial | None) -> TrialShape | None:
    """When a revision returns, if it does."""
    if found is None:
        return None
    return TrialShape(revision=found.revision, back_to=found.back_to, until=found.until)


def pending(found: Waiting, *, text: bool, record: str | None = None) -> PendingShape:
    """A waiting change; lists leave the text out."""
    change = found.change
    return PendingShape(
        id=change.id,
        state=change.state.value,
        content=change.content,
        base=change.base,
        digest=change.digest,
        author=change.author,
        reason=change.reason,
        asked=change.asked,
        expires=change.expires,
        starts=change.starts,
        why=list(change.why),
        words=list(change.words),
        commands=list(change.commands),
        widens=list(change.widens),
        approvals=[
            ApprovalShape(person=each.person, reason=each.reason, at=each.at, record=each.record)
            for each in found.approvals
        ],
        could=list(found.could),
        ended=change.ended,
        said=change.said,
        revision=change.revision,
        text=change.text if text else None,
        record=record,
    )


def revision(kept: Revision, *, text: bool) -> RevisionShape:
    """One revision; lists leave the text out."""
    return RevisionShape(
        number=kept.number,
        author=kept.author,
        approvers=list(kept.approvers),
        reason=kept.reason,
        at=kept.at,
        digest=kept.digest,
        hash=kept.hash,
        previous=kept.previous,
        words=list(kept.words),
        commands=list(kept.commands),
        text=kept.text if text else None,
    )


def replayed(found: Replayed) -> ReplayShape:
    """What a draft would have changed."""
    changed = [
        ChangedShape(
            was=each.kind.was,
            becomes=each.kind.becomes,
            channel=each.kind.channel,
            from_=each.kind.from_,
            to=each.kind.to,
            rule=each.kind.rule,
            rule_then=each.kind.rule_then,
            asks=each.asks,
            examples=list(each.examples),
        )
        for each in found.changed
    ]
    return ReplayShape(
        records=found.records,
        asks=found.asks,
        counted=found.counted,
        fixed=found.fixed,
        kept_parties=found.kept_parties,
        changed=changed,
        silent_rooms=list(found.silent_rooms),
        silent=found.silent,
        observed=[
            ObservedShape(
                rule=each.rule,
                forbids=each.forbids,
                asks=each.asks,
                examples=list(each.examples),
            )
            for each in found.observed
        ],
    )


def rule(view: RuleView) -> RuleShape:
    """One rule."""
    return RuleShape(
        id=view.id,
        guardrail=view.guardrail,
        sentence=view.sentence,
        text=view.text,
        owner=view.owner,
        say=view.say,
    )


def grid_row(row: GridRow) -> GridRowShape:
    """One direction of one pair of parties."""
    return GridRowShape(
        from_=row.one,
        to=row.other,
        channels={channel.value: way.answer.value for channel, way in row.ways},
        observed=row.observed,
    )


def why(found: Why) -> WhyShape:
    """A decision and how it came about."""
    return WhyShape.model_validate(as_contract(found))


def chain(report: ChainReport) -> ChainShape:
    """One audit chain."""
    return ChainShape(
        process=report.process,
        holds=report.holds,
        records=report.records,
        anchored=report.anchored,
        words=report.words,
    )
