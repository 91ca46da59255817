"""The list of all settings, derived from the model: for the reference page, forms and the CLI."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vedette.core.german.settings import SETTINGS
from vedette.core.language import Sentence, told
from vedette.core.settings.document import Document
from vedette.core.settings.faults import Path
from vedette.core.settings.sections import Section, Setting
from vedette.core.settings.spelling import (
    spell_duration,
    spell_size,
)

SPELLED = {"audit.keep": spell_duration,
           "media.max_upload": spell_size, "streams.lifetime": spell_duration,
           "files.wait": spell_duration, "files.max_unpacked": spell_size,
           "files.max_seconds": spell_duration,
           "sign_in.session": spell_duration, "sign_in.expired_kept": spell_duration,
           "sign_in.access_token": spell_duration,
           "sign_in.console_session": spell_duration, "sign_in.console_idle": spell_duration,
           "sign_in.outage_grace": spell_duration,
           "administration.wait_after_reset": spell_duration,
           "standing.wait": spell_duration, "directory.look": spell_duration,
           "directory.reading": spell_duration,
           "sign_in.enrolment_grace": spell_duration,
           "issuers.<name>.refresh": spell_duration,
           "device_management.<name>.good_for": spell_duration,
           "device_management.<name>.every": spell_duration,
           "synapse.messages_kept": spell_duration,
           "synapse.deleted_messages_kept": spell_duration,
           "synapse.forgotten_rooms_kept": spell_duration,
           "synapse.addresses_kept": spell_duration, "synapse.files_kept": spell_duration,
           "synapse.partner_files_kept": spell_duration, "synapse.uploads_a_day": spell_size,
           "federation.traffic": spell_size, "federation.transaction": spell_size,
           "federation.partners.<name>.traffic": spell_size,
           "federation.partners.<name>.transaction": spell_size}  # fmt: skip
"""Numbers that the document spells with a unit, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingInfo:
    """One setting as the reference page shows it; `default` is in TOML spelling, empty if required.

    `<name>` in a path stands for the name of a party, partner, network, kind of room or rule.
    """

    path: str
    title: Sentence
    meaning: Sentence
    risk: Sentence
    type: Sentence
    default: str
    recommended: Sentence
    restart: bool
    command: str


def settings_reference() -> list[SettingInfo]:
    """Every setting, in the order of the document."""
    return list(_walk(Document, ()))


def known_keys(path: Path) -> list[str]:
    """The keys that the table at `path` may have, as the document spells them."""
    model: type[BaseModel] = Document
    named = False
    for part in path:
        if named:
            named = False  # this part is a name that the document gave
            continue
        field = next((f for k, f in model.model_fields.items() if _key(k, f) == part), None)
        inner, named = _model_of(field.annotation) if field else (None, False)
        if inner is None:
            return []
        model = inner
    return [] if named else [_key(name, field) for name, field in model.model_fields.items()]


def _key(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _model_of(annotation: object) -> tuple[type[Section] | None, bool]:
    """The model of a section, and whether the section holds many of it by name."""
    if typing.get_origin(annotation) is dict:
        return _model_of(typing.get_args(annotation)[1])[0], True
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation, False
    return None, False


def _walk(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[SettingInfo]:
    for name, field in model.model_fields.items():
        inner, named = _model_of(field.annotation)
        here = (*path, _key(name, field), *(("<name>",) if named else ()))
        if inner is not None:
            yield from _walk(inner, here)
        else:
            yield _info(here, field)


def _info(path: tuple[str, ...], field: FieldInfo) -> SettingInfo:
    words = next(item for item in field.metadata if isinstance(item, Setting))
    dotted = ".".join(path)
    german = SETTINGS.get(dotted, words)
    return SettingInfo(
        path=dotted,
        title=Sentence(words.title, german.title),
        meaning=Sentence(words.meaning, german.meaning),
        risk=Sentence(words.risk, german.risk),
        type=_type_words(dotted, field.annotation),
        default=_default(dotted, field),
        recommended=Sentence(words.recommended, german.recommended or words.recommended),
        restart=words.restart,
        command=f"vedette settings set {dotted} <value>",
    )


def _default(path: str, field: FieldInfo) -> str:
    if field.is_required() or field.default is None or field.default_factory is not None:
        return ""
    if path in SPELLED:
        return f'"{SPELLED[path](field.default)}"'
    return spell_value(field.default)


def spell_value(value: object) -> str:
    """A value in TOML spelling, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(spell_value(item) for item in value) + "]"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key} = {spell_value(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, str):
        return spell_text(value)
    return str(value)


def spell_text(text: str) -> str:
    """A text as a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'


def _type_words(path: str, annotation: object) -> Sentence:
    if path in SPELLED:
        return told("a size") if SPELLED[path] is spell_size else told("a duration")
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return told("one of {words}", words=", ".join(spell_value(word) for word in inner))
    if origin in (typing.Annotated, types.UnionType, typing.Union):
        return _type_words(path, inner[0])
    if origin is dict:  # each name of it is one setting
        return _type_words(path, inner[1])
    if origin is tuple and Ellipsis not in inner:
        return told("two names")
    if origin is tuple:
        return _list_words(path, inner[0])
    if annotation is bool:
        return told("true or false")
    return _PLAIN.get(typing.cast("type", annotation), told("a text"))


_PLAIN = {int: told("a whole number"), date: told("a date")}


def _list_words(path: str, annotation: object) -> Sentence:
    if typing.get_origin(annotation) is typing.Annotated:
        return _list_words(path, typing.get_args(annotation)[0])
    if typing.get_origin(annotation) is typing.Literal:
        return told("a list of {words}", words=_type_words(path, annotation))
    return told("a list of texts")
