"""Orders about people and their sessions. Each goes through the administration door over its person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from vedette.admin.accounts import REMOVABLE, Issued
from vedette.admin.actor import Actor
from vedette.admin.door import user_named
from vedette.admin.rejected import Code, Rejected
from vedette.admin.sessions import Moved
from vedette.console.desks import Desks
from vedette.console.orders import Done, Form, NoSettings, OrderKind, reason_of, words_of
from vedette.core.language import NOTHING, told
from vedette.core.names import UserId
from vedette.core.sessions import STATES
from vedette.core.settings.commands import Call, Step

_SESSION = re.compile(r"[A-Za-z0-9_-]{26,43}")
_USER = re.compile(r"@?[\x21-\x7e]{1,255}")
_LONGEST_NAME = 255
_DEVICE = re.compile(r"[\x21-\x7e]{1,255}")


def _of(user: str) -> str:
    return quote(user, safe="")


def _here(desks: Desks, user: str) -> UserId:
    return user_named(user, desks.settings.policy.current().directory.domain)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForPerson(NoSettings):
    """An order about one person of ours: a whole user id, or the part before its colon."""

    user: str

    @property
    def says(self) -> dict[str, str]:
        """What fills its sentence."""
        return {"user": self.user}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetFactors(ForPerson):
    """Take second factors away, all of them unless kinds are named."""

    kinds: tuple[str, ...] = ()

    def step(self) -> Step:
        """The command and the call."""
        kinds = ("--kinds", ",".join(self.kinds)) if self.kinds else ()
        body = {"kinds": list(self.kinds)}
        return Step(
            ("user", "factors", "reset", self.user, *kinds),
            Call("POST", f"/people/{_of(self.user)}/factors/reset", body),
        )

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Reset them; the start code is shown once."""
        user = _here(desks, self.user)
        return _issued(await desks.accounts.reset_factors(by, user, self.kinds, self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPassword(ForPerson):
    """Give a person a start password."""

    def step(self) -> Step:
        """The command and the call."""
        return Step(
            ("user", "password", self.user),
            Call("POST", f"/people/{_of(self.user)}/password/reset", {}),
        )

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Reset it; the start password is shown once."""
        user = _here(desks, self.user)
        return _issued(await desks.accounts.reset_password(by, user, self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock(ForPerson):
    """Forget failed sign-ins of a person."""

    def step(self) -> Step:
        """The command and the call."""
        return Step(
            ("user", "unlock", self.user), Call("POST", f"/people/{_of(self.user)}/unlock", {})
        )

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Forget them."""
        return Done(record=await desks.accounts.unlock(by, _here(desks, self.user), self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class AllSessions(ForPerson):
    """End or suspend every session of a person; `what` is `end` or `suspend`."""

    what: str

    def step(self) -> Step:
        """The command and the call."""
        path = f"/people/{_of(self.user)}/sessions/{self.what}"
        return Step(("user", f"{self.what}-sessions", self.user), Call("POST", path, {}))

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Move them all."""
        user, desk = _here(desks, self.user), desks.sessions
        doing = desk.end_all if self.what == "end" else desk.suspend_all
        done = await doing(by, user, self.reason)
        doors = tuple(each.words for each in done.doors)
        return Done(
            record=done.record,
            words=(told("{count} sessions of {user}", count=done.moved, user=user),),
            doors=doors,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSession(NoSettings):
    """End, suspend, resume or approve one session; `what` is the word of the command."""

    what: str
    session: str

    @property
    def says(self) -> dict[str, str]:
        """What fills its sentence."""
        return {"session": self.session}

    def step(self) -> Step:
        """The command and the call."""
        apart = ("--",) if self.session.startswith("-") else ()
        return Step(
            ("session", self.what, *apart, self.session),
            Call("POST", f"/sessions/{self.session}/{self.what}", {}),
        )

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Move it."""
        desk = desks.sessions
        doing = {"end": desk.end, "suspend": desk.suspend, "resume": desk.resume,
                 "approve": desk.approve_session}[self.what]  # fmt: skip
        return _moved(await doing(by, self.session, self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectDevice(ForPerson):
    """Turn a device away that waits to be approved."""

    device: str

    @property
    def says(self) -> dict[str, str]:
        """What fills its sentence."""
        return {"user": self.user, "device": self.device}

    def step(self) -> Step:
        """The command and the call."""
        apart = ("--",) if self.device.startswith("-") else ()
        body = {"user": self.user, "device": self.device}
        return Step(
            ("device", "reject", *apart, self.user, self.device),
            Call("POST", "/devices/reject", body),
        )

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Turn it away."""
        user = _here(desks, self.user)
        return _moved(await desks.sessions.reject(by, user, self.device, self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAccount(ForPerson):
    """Make somebody an account with a start password, which is shown once."""

    display_name: str = ""

    def step(self) -> Step:
        """The command and the call."""
        name = self.display_name
        said = (f"--name={name}",) if name.startswith("-") else ("--name", name) if name else ()
        body = {"user": self.user, "display_name": name}
        return Step(("user", "create", self.user, *said), Call("POST", "/people/accounts", body))

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Make it."""
        user = _here(desks, self.user)
        return _issued(await desks.accounts.create(by, user, self.display_name, self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePerson(ForPerson):
    """Make what the record says of somebody unreadable, for good."""

    def step(self) -> Step:
        """The command and the call; the command does not ask again what the form asked twice."""
        words = ("audit", "erase", self.user, "--yes")
        return Step(words, Call("POST", "/audit/erase", {"person": self.user}))

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Erase the keys."""
        done = await desks.audit.erase(self.user, self.reason, by)
        words = told("the record has no key of {user}", user=done.person)
        if done.erased.keys:
            logs = ", ".join(done.erased.processes)
            words = told(
                "{user}: {count} keys are erased, in the logs of {logs}",
                user=done.person, count=done.erased.keys, logs=logs,
            )  # fmt: skip
        plain = told(
            "{count} records name them all the same: older ones, or what somebody wrote",
            count=done.erased.plain,
        )
        return Done(record=done.record, words=(words, *((plain,) if done.erased.plain else ())))


def _issued(done: Issued) -> Done:
    return Done(record=done.record, secret=done.secret)


def _moved(done: Moved) -> Done:
    session = done.session
    words = told(
        "the session of {user} is {state}{because}",
        user=session.user,
        state=STATES[session.state],
        because=told(" ({why})", why=session.because) if session.because else NOTHING,
    )
    return Done(record=done.record, words=(words,), doors=tuple(each.words for each in done.doors))


# ---- From forms ----------------------------------------------------------------------------------


def _user(form: Form) -> str:
    user = form.get("user", "").strip()
    if _USER.fullmatch(user) is None or user.startswith("-"):
        raise Rejected(
            Code.INVALID, told("nobody is named"), told("open it from the list of people")
        )
    return user


def _session(form: Form) -> str:
    session = form.get("session", "").strip()
    if _SESSION.fullmatch(session) is None:
        raise Rejected(
            Code.INVALID, told("no session is named"), told("open it from the list of sessions")
        )
    return session


def _factors(form: Form) -> ResetFactors:
    kinds = tuple(words_of(form.get("kinds", "")))
    strange = [each for each in kinds if each not in REMOVABLE]
    if strange:
        raise Rejected(
            Code.INVALID,
            told("`{strange}` is no factor that is kept here", strange=strange[0][:40]),
        )
    return ResetFactors(user=_user(form), kinds=kinds, reason=reason_of(form))


def _device(form: Form) -> RejectDevice:
    device = form.get("device", "").strip()
    if _DEVICE.fullmatch(device) is None:
        raise Rejected(
            Code.INVALID, told("no device is named"), told("open it from the list of sessions")
        )
    return RejectDevice(user=_user(form), device=device, reason=reason_of(form))


def _create(form: Form) -> CreateAccount:
    name = " ".join(form.get("display_name", "").split())[:_LONGEST_NAME]
    return CreateAccount(user=_user(form), display_name=name, reason=reason_of(form))


def _erase(form: Form) -> ErasePerson:
    """What can't be undone is named twice."""
    user = _user(form)
    if form.get("again", "").strip() != user:
        raise Rejected(
            Code.INVALID,
            told("this can't be undone, and the two names are not the same"),
            told("write whom it is about once more, just as above"),
        )
    return ErasePerson(user=user, reason=reason_of(form))


def _person_page(order: object) -> str:
    user = getattr(order, "user", "")
    return f"/people/{_of(user.removeprefix('@').partition(':')[0])}"


def _session_page(order: object) -> str:
    return f"/sessions/{getattr(order, 'session', '')}"


def _all(what: str) -> OrderKind:
    return OrderKind(
        name=f"{what}-sessions",
        title="people",
        read=lambda form: AllSessions(user=_user(form), what=what, reason=reason_of(form)),
        back="/people",
        back_to=_person_page,
        says=f"people-{what}-sessions-does",
    )


def _one(what: str) -> OrderKind:
    return OrderKind(
        name=f"{what}-session",
        title="sessions",
        read=lambda form: OneSession(session=_session(form), what=what, reason=reason_of(form)),
        back="/sessions",
        back_to=_session_page,
        says=f"sessions-{what}-does",
    )


ORDERS = (
    OrderKind(name="reset-factors", title="people", read=_factors, back="/people",
              back_to=_person_page, says="people-reset-factors-does"),
    OrderKind(name="reset-password", title="people",
              read=lambda form: ResetPassword(user=_user(form), reason=reason_of(form)),
              back="/people", back_to=_person_page, says="people-reset-password-does"),
    OrderKind(name="unlock", title="people",
              read=lambda form: Unlock(user=_user(form), reason=reason_of(form)),
              back="/people", back_to=_person_page, says="people-unlock-does"),
    OrderKind(name="create-account", title="people", read=_create, back="/people",
              back_to=_person_page, says="people-create-account-does"),
    OrderKind(name="erase-person", title="audit", read=_erase, back="/audit",
              says="audit-erase-does"),
    _all("suspend"),
    _all("end"),
    *(_one(what) for what in ("end", "suspend", "resume", "approve")),
    OrderKind(name="reject-device", title="sessions", read=_device, back="/sessions",
              says="sessions-reject-does"),
)  # fmt: skip
