"""The page on which a person types the code that another device shows (RFC 8628, section 3.3)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from vedette.pages.forms import set_cookie
from vedette.signin.flow import NoSuchMove
from vedette.signin.render import Page, go
from vedette.signin.sign_in_pages import Shell
from vedette.signin.visit import Visit, page_route

PATH = "/sign-in/device"
FORM_COOKIE = "__Host-vedette-form"
_LONGEST_CODE = 40
_SAYS = {"yes": "device-in", "no": "cancelled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePage:
    """The page. `enter` returns where a person with this code goes on, None for a wrong one."""

    shell: Shell
    enter: Callable[[str, str], str | None]

    def routes(self) -> list[Route]:
        """Where it is."""
        return [page_route(PATH, self.shell.guarded(self._page), self.shell.origin)]

    def _page(self, visit: Visit) -> Response:
        if visit.method == "GET":
            done = _SAYS.get(visit.query.get("done", ""))
            return self._done(visit, done) if done else self._asked(visit, "")
        token = visit.cookies.get(FORM_COOKIE, "")
        given = visit.form.get("csrf", "")
        if not token or not secrets.compare_digest(token.encode(), given.encode()):
            raise NoSuchMove("the form belongs to another visit")
        to = self.enter(visit.form.get("user_code", "")[:_LONGEST_CODE], visit.address)
        return self._asked(visit, "wrong-user-code") if to is None else go(to)

    def _asked(self, visit: Visit, error: str) -> Response:
        """Ask for the code; one from the address is filled in, and still has to be sent by hand."""
        token = visit.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
        typed = visit.query.get("user_code", visit.form.get("user_code", ""))[:_LONGEST_CODE]
        page = Page(
            template="device",
            title="device-grant",
            context={"csrf": token, "typed": typed, "error": error, "action": PATH},
            status=403 if error else 200,
        )
        response = self.shell.show(page, visit.language)
        set_cookie(response, FORM_COOKIE, token)
        return response

    def _done(self, visit: Visit, says: str) -> Response:
        context = {"says": says, "again": False, "link": "", "csrf": ""}
        page = Page(template="notice", title="device-grant", context=context)
        return self.shell.show(page, visit.language)
