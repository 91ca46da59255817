"""The JSON Schema of the settings document, for editors that complete and check while typing."""

from __future__ import annotations

import json
from typing import Any

from vedette.core.settings.document import Document
from vedette.core.settings.reference import SPELLED


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12). It knows types and words; references only `check` knows."""
    schema = Document.model_json_schema(by_alias=True, mode="validation")
    for path, spell in SPELLED.items():
        section, key, *more = path.split(".")
        if more:  # the limits of one partner, which have no default
            continue
        model = schema["properties"][section]["$ref"].rpartition("/")[2]
        setting = schema["$defs"][model]["properties"][key]
        if setting["default"] is not None:
            setting["default"] = spell(setting["default"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """The schema as a file, with a line end."""
    return json.dumps(json_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
