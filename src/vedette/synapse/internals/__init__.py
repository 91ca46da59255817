"""Everything that touches Synapse's private parts, and nothing else does.

Each wrapper checks the signature of what it replaces. If Synapse has changed there, the wrapper is
not installed and the traffic that it would have held is closed instead, and reported.
"""

from vedette.synapse.internals.gate import (
    Answer,
    During,
    EventView,
    Gate,
    Glance,
    Inward,
    Pass,
    Refused,
    RoomForm,
    RoomReader,
)

__all__ = [
    "Answer",
    "During",
    "EventView",
    "Gate",
    "Glance",
    "Inward",
    "Pass",
    "Refused",
    "RoomForm",
    "RoomReader",
]
