"""Templates that escape what they are given, fail where something is missing, and speak one language."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from vedette.core.language import Language, Sentence, in_language


def environment(package: str, folder: str, language: Language) -> Environment:
    """The templates in a folder of a package; whatever sentence they write is in this language."""

    def source(name: str) -> str:
        return files(package).joinpath(folder, name).read_text(encoding="utf-8")

    def written(value: object) -> object:
        return in_language(value, language) if isinstance(value, Sentence) else value

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
