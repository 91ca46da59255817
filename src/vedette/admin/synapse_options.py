"""Synapse's options as they are in force: what Vedette writes, and what is left as Synapse has it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vedette.adapters.boot_file import Boot
from vedette.admin.homeserver import configuration
from vedette.core.language import Sentence
from vedette.core.settings.document import Document
from vedette.core.synapse_options.option import Option, Way
from vedette.core.synapse_options.table import GROUPS


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRow:
    """One option. `value` and `default` are JSON, empty where they are a matter of this host."""

    group: Sentence
    option: Option
    value: str
    default: str

    @property
    def differs(self) -> bool:
        """Whether it is another value than Synapse has by itself; yes where only this host knows."""
        return self.option.way is Way.HOST or self.value != self.default

    def says(self, words: Iterable[str]) -> bool:
        """Whether each of these words stands somewhere in what is said of it, in any language."""
        option = self.option
        texts = (option.meaning, option.risk, self.group)
        said = " ".join(
            (
                "synapse",
                option.key,
                self.value,
                self.default,
                *option.by,
                *texts,
                *(t.german for t in texts),
            )
        )
        return all(word in said.casefold() for word in words)


def option_rows(document: Document, boot: Boot) -> list[OptionRow]:
    """Every option of the table, in its order. Nothing secret and no path of this host is in it.

    Raises:
        BootFault: the address of the database can't be read.
    """
    config = configuration(document, boot)
    return [_row(group, option, config) for group, options in GROUPS for option in options]


def _row(group: Sentence, option: Option, config: Mapping[str, Any]) -> OptionRow:
    if option.way is Way.HOST:
        return OptionRow(group=group, option=option, value="", default="")
    found: Any = config
    for part in option.key.split("."):
        found = found.get(part, option) if isinstance(found, Mapping) else option
    value = option.default if found is option else found
    return OptionRow(
        group=group, option=option, value=_spelled(value), default=_spelled(option.default)
    )


def _spelled(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
