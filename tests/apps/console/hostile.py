"""What somebody writes who wants a page to be theirs, wherever a text may stand; and what reads pages.

A hostile text closes whatever it may stand in, names an element and an attribute that no page of ours has,
and says where it was written: so a page on which it is text names its place, and one on which it is not is
found out.
"""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass, field, fields, is_dataclass, replace
from html.parser import HTMLParser
from typing import Any

MARK = "xssed"
SUM = "1343433"
"""What stands on a page that reckons a template's expression out."""
_OWN = re.compile(rf"<{MARK} on{MARK}=x>([\w.:-]+);")
_LEADS = ("href", "src", "action", "formaction", "data-preview", "data-part")
_TEXTS = {"str", "str | None", "tuple[str, ...]", "frozenset[str]"}


@dataclass
class Pen:
    """Writes hostile texts, and knows what it wrote."""

    written: set[str] = field(default_factory=set)

    def text(self, place: str) -> str:
        """A hostile text for this place."""
        self.written.add(place)
        return f"'\">`<{MARK} on{MARK}=x>{place};`</title><script>{MARK}()</script>{{{{7*191919}}}}"

    def spoil(self, value: Any, *but: str) -> Any:
        """The same dataclass with a hostile text wherever its type takes any text, however deep.

        `but` are names of fields that are addresses or words of ours. What a type refuses stays.
        """
        kinds = typing.get_type_hints(type(value))
        for each in fields(value):
            if each.name in but or not each.init:
                continue
            place = f"{type(value).__name__}.{each.name}"
            now = getattr(value, each.name)
            for other in self._others(now, kinds[each.name], place, but):
                try:
                    value = replace(value, **{each.name: other})
                except ValueError:
                    self.written.discard(place)
        return value

    def _others(self, now: Any, kind: Any, place: str, but: tuple[str, ...]) -> list[Any]:
        name = kind.__name__ if isinstance(kind, type) else str(kind)
        if is_dataclass(now) and not isinstance(now, type):
            return [self.spoil(now, *but)]
        if isinstance(now, tuple) and now and is_dataclass(now[0]):
            return [tuple(self.spoil(each, *but) for each in now)]
        if name not in _TEXTS:
            return []
        text = self.text(place)
        return [text if name.startswith("str") else type(now)([text])]


class Read(HTMLParser):
    """A page as a browser reads it: its texts, where it leads, and what it should not have."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.texts: list[str] = []
        self.leads: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.feed(page)
        self.close()
        if SUM in page:
            self.faults.append("an expression was reckoned out")

    @property
    def places(self) -> set[str]:
        """Whose hostile texts stand on it as text."""
        return set(_OWN.findall(" ".join(self.texts)))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        said = {name: value or "" for name, value in attrs}
        self.texts += said.values()
        if tag == MARK or (tag == "script" and set(said) != {"src", "defer"}) or tag == "style":
            self._fault(tag, said)
        if any(name.startswith("on") or name == "style" for name in said):
            self._fault(tag, said)
        for name in _LEADS:
            if name in said:
                self._led(tag, name, said)
        if tag == "form":
            self.forms.append({"action": said.get("action", ""), "method": said.get("method", "")})
        if tag == "input" and said.get("name") == "csrf" and self.forms:
            self.forms[-1]["csrf"] = said.get("value", "")

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append(data)

    def _led(self, tag: str, name: str, said: dict[str, str]) -> None:
        to = said[name]
        ours = re.match(r"/(?![/\\])", to) or to == "" or to[0] in "#?"
        if not ours and (tag, to) != ("link", "data:,"):
            self._fault(tag, said)
        elif tag == "a":
            self.leads.append(to)

    def _fault(self, tag: str, said: dict[str, str]) -> None:
        self.faults.append(f"<{tag} {said}>"[:300])
