"""The gateway's answers while the sign-in service does not answer.

Its endpoints have three kinds of clients. Browsers that open a page get a page, which loads itself
again. Matrix clients get a standard error response. OAuth clients get JSON without a member `error`:
they make an OAuth error of any such member, and may take that for the end of their session.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from vedette.core.language import Language
from vedette.gateway import render
from vedette.gateway.plan import Answer, Head
from vedette.pages.language import choose
from vedette.protocol.http.accept import prefers_html
from vedette.protocol.http.head import Field

_CLIENT_API = b"/_matrix/"
_SENTENCE = "The sign-in service does not answer. Please try again in a moment."
_TITLE = {
    Language.EN: "Sign-in is not available right now",
    Language.DE: "Die Anmeldung ist gerade nicht verfügbar",
}
_STATE = {
    Language.EN: "The sign-in service is starting, or it does not answer.",
    Language.DE: "Der Anmeldedienst startet gerade, oder er antwortet nicht.",
}
_RELOADS = {
    Language.EN: "This page loads again by itself in a few seconds.",
    Language.DE: "Diese Seite wird in wenigen Sekunden von selbst neu geladen.",
}
_GO_BACK = {
    Language.EN: "Please go back in a moment and try again.",
    Language.DE: "Bitte gehen Sie in einem Moment zurück und versuchen Sie es noch einmal.",
}
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{max-width:27rem;margin:4rem auto;padding:0 1rem;font:1.0625rem/1.55 system-ui,sans-serif}"
    "h1{font-size:1.5rem;line-height:1.25}"
)
_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p role="status">{state} {next}</p>
</main>
</body>
</html>
"""
_POLICY = (
    b"default-src 'none'; img-src data:; frame-ancestors 'none'; base-uri 'none'; "
    b"style-src 'sha256-" + b64encode(sha256(_STYLE.encode()).digest()) + b"'"
)
_HEADERS: tuple[Field, ...] = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _POLICY),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"accept, accept-language"),
    render.RETRY,
)


def sign_in_outage(head: Head) -> Answer:
    """Return the 503 for a request that the sign-in service does not answer."""
    if prefers_html(head.get(b"accept") or b""):
        return _page(head)
    member = "error" if head.target.path.startswith(_CLIENT_API) else "message"
    return render.say(503, {"errcode": "M_UNKNOWN", member: _SENTENCE}, render.RETRY)


def _page(head: Head) -> Answer:
    """Return the page. It reloads itself, but not after a form, whose fields would be lost."""
    language = choose((head.get(b"accept-language") or b"").decode("latin-1"))
    form = head.method == b"POST"
    text = _PAGE.format(
        language=language.value,
        title=_TITLE[language],
        style=_STYLE,
        state=_STATE[language],
        next=(_GO_BACK if form else _RELOADS)[language],
    )
    again: tuple[Field, ...] = () if form else ((b"refresh", render.RETRY[1]),)
    return Answer(503, (*_HEADERS, *again), text.encode())
