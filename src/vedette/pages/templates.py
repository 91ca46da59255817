"""Templates that escape what they are given and fail where something is missing."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined


def environment(package: str, folder: str) -> Environment:
    """The templates in a folder of a package."""

    def source(name: str) -> str:
        return files(package).joinpath(folder, name).read_text(encoding="utf-8")

    return Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
