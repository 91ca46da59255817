"""The routes about sessions, devices, accounts and factors.

Lists come in pages: each answer has the cursor of the next one. A device is named by its person and
its id, both of which may hold slashes, so they are never parts of a path together.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from vedette.admin.actor import Actor
from vedette.admin.door import user_named
from vedette.admin.rejected import Code, Rejected
from vedette.admin.sessions import Wanted
from vedette.api import sign_in_render as render
from vedette.api import sign_in_shapes as shapes
from vedette.api.acting import By
from vedette.api.office import Office
from vedette.core.language import told
from vedette.core.names import UserId
from vedette.core.sessions import Session, SessionState
from vedette.ports.sign_in_lists import SessionsSought

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{26,43}$")]
User = Annotated[str, Path(max_length=255)]
UserQuery = Annotated[str | None, Query(min_length=1, max_length=255)]
Most = Annotated[int, Query(ge=1, le=1000)]
After = Annotated[str | None, Query(pattern=r"^[0-9]{1,16}(\.[A-Za-z0-9_-]{26,43})?$")]
AfterName = Annotated[str | None, Query(max_length=255)]


def routers(office: Office) -> tuple[APIRouter, ...]:
    """Everything about sign-in."""
    return _sessions(office), _devices(office), _accounts(office), _ways_in(office)


def _sessions(office: Office) -> APIRouter:
    router = APIRouter(tags=["sessions"])

    @router.get("/sessions")
    async def list_sessions(
        by: By,
        user: UserQuery = None,
        state: SessionState | None = None,
        after: After = None,
        most: Most = 200,
        *,
        ended: bool = False,
    ) -> shapes.SessionsPage:
        """Sessions, newest first; those that are over only with `ended`."""
        if user:
            wanted = Wanted(user=_named(office, user), state=state, ended=ended)
            return await _of(office, by, wanted, after, most)
        sought = SessionsSought(state=state, ended=ended or state is SessionState.ENDED)
        return await _everybodys(office, by, sought, after, most)

    @router.get("/sessions/{id_}")
    async def show(by: By, id_: Id) -> shapes.SessionViewShape:
        """One session: its facts, and how each is known."""
        return render.view(await office.sessions.show(by, id_))

    @router.post("/sessions/{id_}/end")
    async def end(by: By, id_: Id, body: shapes.ReasonBody) -> shapes.MovedShape:
        """End a session for good; its device is deleted."""
        return render.moved(await office.sessions.end(by, id_, body.reason))

    @router.post("/sessions/{id_}/suspend")
    async def suspend(by: By, id_: Id, body: shapes.ReasonBody) -> shapes.MovedShape:
        """Suspend a session; its keys are kept."""
        return render.moved(await office.sessions.suspend(by, id_, body.reason))

    @router.post("/sessions/{id_}/resume")
    async def resume(by: By, id_: Id, body: shapes.MaybeReasonBody) -> shapes.MovedShape:
        """Let a suspended session go on, if the rules let it."""
        return render.moved(await office.sessions.resume(by, id_, body.reason))

    @router.post("/sessions/{id_}/approve")
    async def approve(by: By, id_: Id, body: shapes.MaybeReasonBody) -> shapes.MovedShape:
        """Approve the device of a session; it is let in if the rules want nothing else."""
        desk = office.sessions
        return render.moved(await desk.approve_session(by, id_, body.reason))

    return router


def _devices(office: Office) -> APIRouter:
    router = APIRouter(tags=["devices"])

    @router.get("/devices")
    async def list_devices(
        by: By,
        user: UserQuery = None,
        state: SessionState | None = None,
        after: After = None,
        most: Most = 200,
    ) -> shapes.SessionsPage:
        """Devices in use, newest first, each with the session that uses it."""
        if user:
            wanted = Wanted(user=_named(office, user), state=state)
            return await _of(office, by, wanted, after, most)
        return await _everybodys(office, by, SessionsSought(state=state), after, most)

    @router.get("/devices/device")
    async def show(
        by: By,
        user: Annotated[str, Query(min_length=1, max_length=255)],
        device: Annotated[str, Query(min_length=1, max_length=255)],
    ) -> shapes.SessionViewShape:
        """One device: its facts, and how each is known."""
        whose = _named(office, user)
        return render.view(await office.sessions.device(by, whose, device))

    @router.post("/devices/approve")
    async def approve(by: By, body: shapes.DeviceBody) -> shapes.MovedShape:
        """Approve a device; it is let in if the rules want nothing else."""
        whose, desk = _named(office, body.user), office.sessions
        done = await desk.approve(by, whose, body.device, body.reason)
        return render.moved(done)

    @router.post("/devices/reject")
    async def reject(by: By, body: shapes.DeviceReasonBody) -> shapes.MovedShape:
        """Turn a device away that waits to be approved."""
        whose, desk = _named(office, body.user), office.sessions
        done = await desk.reject(by, whose, body.device, body.reason)
        return render.moved(done)

    @router.post("/devices/suspend")
    async def suspend(by: By, body: shapes.DeviceReasonBody) -> shapes.MovedShape:
        """Suspend the session of a device; its keys are kept."""
        whose, desk = _named(office, body.user), office.sessions
        done = await desk.suspend_device(by, whose, body.device, body.reason)
        return render.moved(done)

    @router.post("/devices/resume")
    async def resume(by: By, body: shapes.DeviceBody) -> shapes.MovedShape:
        """Let the suspended session of a device go on, if the rules let it."""
        whose, desk = _named(office, body.user), office.sessions
        done = await desk.resume_device(by, whose, body.device, body.reason)
        return render.moved(done)

    @router.post("/devices/end")
    async def end(by: By, body: shapes.DeviceReasonBody) -> shapes.MovedShape:
        """End the session of a device; the device is deleted."""
        whose, desk = _named(office, body.user), office.sessions
        done = await desk.end_device(by, whose, body.device, body.reason)
        return render.moved(done)

    return router


def _accounts(office: Office) -> APIRouter:
    router = APIRouter(tags=["people"])

    @router.get("/people/accounts")
    async def list_accounts(
        by: By, after: AfterName = None, most: Most = 200
    ) -> shapes.AccountsPage:
        """Accounts by name."""
        found = await office.accounts.page(by, after or "", most)
        domain = _domain(office)
        return shapes.AccountsPage(
            accounts=[render.account(each, domain) for each in found.accounts], next=found.next
        )

    @router.post("/people/accounts")
    async def create(by: By, body: shapes.AccountBody) -> shapes.IssuedShape:
        """Make an account; its start password must be changed at the first sign-in."""
        whose, desk = _named(office, body.user), office.accounts
        return render.issued(await desk.create(by, whose, body.display_name, body.reason))

    return router


def _ways_in(office: Office) -> APIRouter:
    router = APIRouter(tags=["people"])

    @router.get("/people/{user:path}/factors")
    async def factors(by: By, user: User) -> shapes.FactorsShape:
        """What a person can prove themselves with; never the secrets."""
        whose, desk = _named(office, user), office.accounts
        return render.factors(await desk.factors(by, whose), _domain(office))

    @router.post("/people/{user:path}/factors/reset")
    async def reset_factors(by: By, user: User, body: shapes.FactorsBody) -> shapes.IssuedShape:
        """Take second factors away; the answer has a start code for one sign-in."""
        whose, desk = _named(office, user), office.accounts
        return render.issued(await desk.reset_factors(by, whose, body.kinds, body.reason))

    @router.post("/people/{user:path}/password/reset")
    async def reset_password(by: By, user: User, body: shapes.ReasonBody) -> shapes.IssuedShape:
        """Replace a password by a start password."""
        whose, desk = _named(office, user), office.accounts
        return render.issued(await desk.reset_password(by, whose, body.reason))

    @router.post("/people/{user:path}/sessions/end")
    async def end_sessions(by: By, user: User, body: shapes.ReasonBody) -> shapes.MovedAllShape:
        """End every session of a person for good; their devices are deleted."""
        whose = _named(office, user)
        return render.moved_all(await office.sessions.end_all(by, whose, body.reason))

    @router.post("/people/{user:path}/sessions/suspend")
    async def suspend_sessions(by: By, user: User, body: shapes.ReasonBody) -> shapes.MovedAllShape:
        """Suspend every session of a person; their keys are kept."""
        whose = _named(office, user)
        return render.moved_all(await office.sessions.suspend_all(by, whose, body.reason))

    @router.post("/people/{user:path}/unlock")
    async def unlock(by: By, user: User, body: shapes.MaybeReasonBody) -> shapes.RecordShape:
        """Forget failed sign-ins, so that the person can try again at once."""
        whose, desk = _named(office, user), office.accounts
        record = await desk.unlock(by, whose, body.reason)
        return shapes.RecordShape(record=record)

    return router


async def _everybodys(
    office: Office, by: Actor, sought: SessionsSought, after: str | None, most: int
) -> shapes.SessionsPage:
    """One page of everybody's sessions; however many there are, no more than a page is read."""
    if after is not None and not after.isdigit():
        raise _no_cursor()
    before = None if after is None else int(after)
    found = await office.sessions.page(by, sought, before=before, most=most)
    shown = await office.sessions.numbered(found.sessions)
    return shapes.SessionsPage(
        sessions=[render.session(each) for each in shown],
        next=None if found.next is None else str(found.next),
    )


async def _of(
    office: Office, by: Actor, wanted: Wanted, after: str | None, most: int
) -> shapes.SessionsPage:
    """One page of a person's. A cursor is the place of the last one shown, not its number."""
    found = await office.sessions.of(by, wanted)
    if after is not None:
        at, dot, id_ = after.partition(".")
        if not dot:
            raise _no_cursor()
        found = tuple(each for each in found if _place(each) > (-int(at), id_))
    last = found[most - 1] if len(found) > most else None
    return shapes.SessionsPage(
        sessions=[render.session(each) for each in found[:most]],
        next=f"{last.created}.{last.id}" if last else None,
    )


def _no_cursor() -> Rejected:
    return Rejected(
        Code.INVALID, told("nothing goes on from there"), told("open the list from its beginning")
    )


def _place(session: Session) -> tuple[int, str]:
    return -session.created, session.id


def _domain(office: Office) -> str:
    return office.desk.policy.current().directory.domain


def _named(office: Office, user: str) -> UserId:
    return user_named(user, _domain(office))
