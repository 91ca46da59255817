"""What clients prefer, by their `Accept` headers."""

import pytest

from vedette.protocol.http.accept import prefers_html

FIREFOX = b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROME = (
    b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    b"*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)


@pytest.mark.parametrize(
    "accept",
    [
        FIREFOX,
        CHROME,
        b"text/html",
        b"TEXT/HTML",
        b"text/html; charset=utf-8, application/json",
        b"application/json;q=0.5, text/html;q=0.5",
        b"!, text/html",
    ],
)
def test_browsers_that_open_a_page_prefer_html(accept: bytes) -> None:
    assert prefers_html(accept)


@pytest.mark.parametrize(
    "accept",
    [
        b"",
        b"*/*",
        b"text/*",
        b"application/json",
        b"application/json, text/html;q=0.9",
        b"text/html;q=0",
        b"text/html;q=0.0, */*",
        b"text/html;q=.",
        b"text/css,*/*;q=0.1",
        b"x" * 2000 + b",text/html",
    ],
)
def test_programs_do_not_prefer_html(accept: bytes) -> None:
    assert not prefers_html(accept)
