"""Views as responses: templates, and the headers that fence them in.

A page loads nothing but its own style sheet and script, runs no script that stands in it, sends
forms and asks for parts nowhere but here, can't be framed, is kept nowhere, and tells nobody
elsewhere where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from starlette.responses import RedirectResponse, Response

from vedette.console.page import View
from vedette.console.registry import SENTENCES
from vedette.core.channels import NOUNS
from vedette.core.language import Language, Sentence, as_is, in_language
from vedette.pages.templates import environment

STATIC = {"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8"}
"""What pages load, and nothing else does."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    # `no-referrer` would make browsers say `Origin: null` of our own forms
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""What every answer carries."""


@cache
def _environment(language: Language) -> Environment:
    made = environment(__package__, "templates", language)
    made.globals["noun"] = NOUNS.__getitem__
    return made


@cache
def static(name: str) -> bytes:
    """A file that pages load. Raises KeyError for any but those of `STATIC`."""
    if name not in STATIC:
        raise KeyError(name)
    return files(__package__).joinpath("static", name).read_bytes()


def say(language: Language, key: str, **fill: str) -> str:
    """The sentence with this key. Raises KeyError for a key that is none."""
    filled = {name: in_language(text, language) for name, text in fill.items()}
    return SENTENCES[key][language is Language.DE].format(**filled)


def render(view: View, language: Language, around: Mapping[str, Any]) -> Response:
    """The view as a response; `around` is what stands around every page."""

    def word(key: str, **fill: str) -> Sentence:
        return as_is(say(language, key, **fill))

    text = (
        _environment(language)
        .get_template(f"{view.template}.html")
        .render(
            {
                **around,
                **view.context,
                "say": word,
                "title": say(language, view.title, **view.fill),
            }
        )
    )
    return Response(text, view.status, HEADERS, "text/html; charset=utf-8")


def go(location: str) -> Response:
    """Send the browser on by a request that repeats nothing (RFC 9110, 15.4.4)."""
    return RedirectResponse(location, 303, HEADERS)
