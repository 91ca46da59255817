"""The form of a transaction (Matrix server-server API v1.15, "Transactions").

Only its outer form, which Synapse relies on without looking: each item is judged behind this door.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_EVENTS = 50
MOST_EPHEMERAL = 100


class TransactionFault(ValueError):
    """The body is not a transaction; the message says why."""


def check_transaction(content: Mapping[str, Any]) -> None:
    """Return if this is a transaction that every server may send.

    Raises:
        TransactionFault: too many items, or something that is not what it should be.
    """
    sent = content.get("origin_server_ts", 0)
    if isinstance(sent, bool) or not isinstance(sent, int):
        raise TransactionFault("`origin_server_ts` is not a time in milliseconds")
    for event in _items(content, "pdus", MOST_EVENTS):
        if not isinstance(event.get("room_id", ""), str):
            raise TransactionFault("`room_id` of an event is not a text")
        if not isinstance(event.get("unsigned", {}), dict):
            raise TransactionFault("`unsigned` of an event is not an object")
    for ephemeral in _items(content, "edus", MOST_EPHEMERAL):
        if not isinstance(ephemeral.get("edu_type"), str):
            raise TransactionFault("an item of `edus` has no `edu_type`")
        if not isinstance(ephemeral.get("content"), dict):
            raise TransactionFault("an item of `edus` has no `content`")


def _items(content: Mapping[str, Any], name: str, most: int) -> list[dict[str, Any]]:
    found = content.get(name)
    if found is None:  # which Synapse takes for none
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise TransactionFault(f"`{name}` is not a list of objects")
    if len(found) > most:
        raise TransactionFault(f"`{name}` has more than {most} items")
    return found
