"""What is said of Synapse's options in German, by their keys: the meaning and the risk."""

from __future__ import annotations

from vedette.core.german.synapse_content import CONTENT
from vedette.core.german.synapse_people import PEOPLE
from vedette.core.german.synapse_reach import REACH

OPTIONS: dict[str, tuple[str, str]] = {**PEOPLE, **CONTENT, **REACH}
