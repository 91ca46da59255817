"""What a page of the console is, and what a request for one brings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from vedette.admin.actor import Actor
from vedette.console.desks import Desks
from vedette.core.asks import Act
from vedette.core.language import Language

Words = Mapping[str, tuple[str, str]]
"""Sentences by key, in English and in German; `{name}` marks a place that is filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of somebody who is signed in: bounded, parsed, and known to be theirs.

    `csrf` is what every form of theirs carries. With `part` a script of ours asks for the part of
    the page that changes. `names` are what the path's places hold.
    """

    method: str
    path: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str] = field(repr=False)
    language: Language
    by: Actor
    csrf: str = field(repr=False)
    part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown: a template, its title's key, and what it is given."""

    template: str
    title: str
    context: Mapping[str, Any] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


Handler = Callable[[Desks, Visit], Awaitable[View | Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: where it is, who may see it, what it shows.

    `act` is what looking at it is. It is asked (and recorded) before the handler runs, over nobody
    in particular; with `asks` False the handler's own use-cases ask, over whom it concerns. `entry`
    is its word in the navigation, which shows it to whoever may do the act over somebody.
    """

    path: str
    handler: Handler
    act: Act | None = None
    asks: bool = True
    entry: str = ""
    methods: tuple[str, ...] = ("GET",)
