"""Going on and going away, as clients did before OAuth: refresh, log out, delete a device.

Logging out only takes away, so a session may always do it, a suspended one too. Deleting another
device needs its person again: that is done on the person's own page, where every client that shows
a browser can lead, and nobody's password is typed into a client.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.routing import Route

from vedette.core.sessions import Session, SessionState
from vedette.protocol.oauth.forms import FormFault, parse_form
from vedette.signin.issuing import GONE, Issuing, Withheld
from vedette.signin.metadata import account_address
from vedette.signin.wire import VERSIONS, Asked, Reply, endpoint, matrix_error
from vedette.signin.withheld import in_matrix

DELETED = "its person deleted the device"
_DELETING = "devices-"
"""How the sessions of re-authentication begin that are made here.

Synapse makes the only others: for new cross-signing keys, which their person has to let in first.
"""
_MOST_DEVICES = 500
_SENTENCE = "To delete a device, confirm on your account page that it is you."


@dataclass(frozen=True, slots=True)
class Leaving:
    """The older endpoints about a session that there is."""

    issuing: Issuing

    def refresh(self, asked: Asked) -> Reply:
        """POST /refresh: exchange a refresh token that came by the older login."""
        body = asked.json()
        token = None if body is None else body.get("refresh_token")
        if not isinstance(token, str):
            return matrix_error(400, "M_MISSING_PARAM", "`refresh_token` is missing")
        found = self.issuing.refresh(token, "", asked.presented)
        if isinstance(found, Withheld):
            return in_matrix(found)
        reply = {"access_token": found.access_token, "expires_in_ms": found.expires_in * 1000}
        if found.refresh_token is not None:
            reply["refresh_token"] = found.refresh_token
        return Reply(json=reply)

    def logout(self, asked: Asked) -> Reply:
        """POST /logout: end this session."""
        session = self.issuing.session_behind(asked.token, asked.presented)
        if session is None or session.state is SessionState.ENDED:
            return in_matrix(GONE)
        self.issuing.end(session)
        return Reply(json={})

    def logout_all(self, asked: Asked) -> Reply:
        """POST /logout/all: end every session of the person."""
        return self._as_person(asked, self._end_all)

    def change_password(self, asked: Asked) -> Reply:
        """POST /account/password: not here, but where all factors are."""

        def refuse(session: Session) -> Reply:
            del session  # the same for everybody
            where = account_address(self.issuing.issuer)
            sentence = f"Passwords are changed on your account page: {where}"
            return matrix_error(403, "M_FORBIDDEN", sentence)

        return self._as_person(asked, refuse)

    def delete_device(self, asked: Asked) -> Reply:
        """DELETE /devices/{deviceId}."""
        device = asked.params.get("device", "")
        return self._as_person(asked, lambda session: self._delete(session, (device,)))

    def delete_devices(self, asked: Asked) -> Reply:
        """POST /delete_devices."""
        body = asked.json()
        devices = None if body is None else body.get("devices")
        if not isinstance(devices, list) or len(devices) > _MOST_DEVICES:
            return matrix_error(400, "M_BAD_JSON", "`devices` must be a list of device ids")
        if not all(isinstance(each, str) for each in devices):
            return matrix_error(400, "M_BAD_JSON", "`devices` must be a list of device ids")
        return self._as_person(asked, lambda session: self._delete(session, tuple(devices)))

    def fallback(self, asked: Asked) -> Reply:
        """GET /auth/{stage}/fallback/web: lead to the person's own page that the session is about.

        For clients that show a browser and don't know the address in `params`.
        """
        try:
            session = parse_form(asked.query).get("session", _DELETING)
        except FormFault:
            session = _DELETING
        about = "sessions_list" if session.startswith(_DELETING) else "cross_signing_reset"
        return Reply(location=self._page({"action": f"org.matrix.{about}"}))

    def _delete(self, session: Session, devices: tuple[str, ...]) -> Reply:
        """Delete devices of the session's person.

        1. What has no session any more is deleted already; Synapse hears of it as an errand. 2. The
        session's own device it may end by itself, since that is logging out. 3. For any other the
        person is led to their own page, which ends it; asked again then, (1) holds.
        """
        there = self.issuing.store.sessions(session.user)
        others = sorted(
            {each.device for each in there if each.device in devices and each.id != session.id}
        )
        if others:  # (3)
            return self._page_first(others)
        if session.device in devices:  # (2)
            self.issuing.end(session, DELETED)
        return Reply(json={})  # (1)

    def _page_first(self, devices: list[str]) -> Reply:
        """User-interactive authentication whose one stage is the page (MSC4312's `m.oauth`)."""
        action = {"action": "org.matrix.sessions_list"}
        if len(devices) == 1:
            action = {"action": "org.matrix.session_end", "device_id": devices[0]}
        body = {
            "errcode": "M_FORBIDDEN",
            "error": _SENTENCE,
            "session": _DELETING + secrets.token_urlsafe(18),
            "flows": [{"stages": ["m.oauth"]}, {"stages": ["m.login.sso"]}],
            "params": {"m.oauth": {"url": self._page(action)}},
            "completed": [],
        }
        return Reply(status=401, json=body)

    def _page(self, action: Mapping[str, str]) -> str:
        return f"{account_address(self.issuing.issuer)}?{urlencode(action)}"

    def _end_all(self, session: Session) -> Reply:
        for each in self.issuing.store.sessions(session.user):
            self.issuing.end(each)
        return Reply(json={})

    def _as_person(self, asked: Asked, act: Callable[[Session], Reply]) -> Reply:
        if not asked.token:
            return matrix_error(401, "M_MISSING_TOKEN", "sign in first: this needs an access token")
        found = self.issuing.session_of(asked.token, asked.presented)
        return in_matrix(found) if isinstance(found, Withheld) else act(found)


def routes(leaving: Leaving) -> list[Route]:
    """The endpoints, to be mounted."""
    mounted: list[Route] = []
    for version in VERSIONS:
        base = f"/_matrix/client/{version}"
        table: tuple[tuple[str, str, Any], ...] = (
            ("/refresh", "POST", leaving.refresh),
            ("/logout", "POST", leaving.logout),
            ("/logout/all", "POST", leaving.logout_all),
            ("/account/password", "POST", leaving.change_password),
            ("/devices/{device}", "DELETE", leaving.delete_device),
            ("/delete_devices", "POST", leaving.delete_devices),
            ("/auth/m.oauth/fallback/web", "GET", leaving.fallback),
            ("/auth/m.login.sso/fallback/web", "GET", leaving.fallback),
            ("/auth/org.matrix.cross_signing_reset/fallback/web", "GET", leaving.fallback),
        )
        mounted += [endpoint(base + path, method, act) for path, method, act in table]
    return mounted
