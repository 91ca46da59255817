"""Pages as responses: the templates, and the headers that fence them in.

A page loads nothing but its own style sheet and script, sends forms nowhere but here and to where
its sign-in leads, can't be framed, and tells nobody where it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files
from typing import Any

import segno
from jinja2 import Environment
from starlette.responses import RedirectResponse, Response

from vedette.core.language import Language
from vedette.pages.templates import environment
from vedette.signin.words import said, say

_FOLDER = "pages"
STATIC = {"style.css": "text/css; charset=utf-8", "passkey.js": "text/javascript; charset=utf-8"}
"""What pages load, and nothing else does."""
_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,60}:")
_NEVER = frozenset({"data:", "javascript:", "blob:", "filesystem:", "about:", "file:", "vbscript:"})


@cache
def _environment(language: Language) -> Environment:
    return environment(__package__, _FOLDER, language)


@cache
def static(name: str) -> bytes:
    """A file that pages load. Raises KeyError for any but those of `STATIC`."""
    if name not in STATIC:
        raise KeyError(name)
    return files(__package__).joinpath(_FOLDER, name).read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page to be shown. `leads_to` is another place to which its form may lead in the end."""

    template: str
    title: str
    context: Mapping[str, Any] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    leads_to: str = ""


def render(page: Page, language: Language, organisation: str) -> Response:
    """The page as a response; `title` is a key of `words`, filled with `fill`."""

    def word(key: str, **fill: str) -> str:
        return say(language, key, **fill)

    text = (
        _environment(language)
        .get_template(f"{page.template}.html")
        .render(
            {
                **page.context,
                "say": word,
                "sentence": partial(said, language),
                "organisation": organisation,
                "title": word(page.title, **page.fill),
            }
        )
    )
    return Response(
        text,
        status_code=page.status,
        media_type="text/html; charset=utf-8",
        headers=headers(page.leads_to),
    )


def headers(leads_to: str = "") -> dict[str, str]:
    """What every answer with a page carries."""
    target = form_target(leads_to)
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"form-action 'self'{' ' + target if target else ''}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Pragma": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "publickey-credentials-get=(self), publickey-credentials-create=(self)",
    }


def form_target(place: str) -> str:
    """A place as a source of a content security policy: an origin or a scheme; empty for any other.

    What a client says of itself never gets into a header but in one of these two forms.
    """
    if _ORIGIN.fullmatch(place):
        return place
    return place if _SCHEME.fullmatch(place) and place not in _NEVER else ""


def go(location: str) -> Response:
    """Send the browser on by a request that repeats nothing (RFC 9110, 15.4.4)."""
    plain = {name: value for name, value in headers().items() if name != "Content-Security-Policy"}
    return RedirectResponse(location, status_code=303, headers=plain)


def picture(text: str) -> str:
    """A QR code as a `data:` address of an SVG picture, dark on light whatever the page's colours."""
    return str(
        segno.make(text, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
    )
