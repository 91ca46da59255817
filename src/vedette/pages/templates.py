"""Templates that escape what they are given, fail where something is missing, and speak one language."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from vedette.core.language import Language, Sentence, in_language


def environment(package: str, folder: str, language: Language) -> Environment:
    """The templates in a folder of a package; whatever sentence they write is in this language.

    What stands between backticks in a sentence is something to be typed or looked up, and is written
    as code. An attribute is never given such a sentence.
    """

    def source(name: str) -> str:
        return files(package).joinpath(folder, name).read_text(encoding="utf-8")

    def written(value: object) -> object:
        return coded(in_language(value, language)) if isinstance(value, Sentence) else value

    made = Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=written,
    )
    made.globals["language"] = language.value
    return made


def coded(text: str) -> Markup:
    """A text for a page, escaped; what stands between two backticks is code."""
    if "`" not in text:
        return escape(text)
    parts = [escape(part) for part in text.split("`")]
    if len(parts) % 2 == 0:  # one has no partner: none of them is taken for anything
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else part
        for index, part in enumerate(parts)
    )
