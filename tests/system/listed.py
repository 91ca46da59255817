"""What an organisation's security office sees of who is signed in."""

import json
from typing import Any

from tests.system.two_organisations import Organisation


def sessions_of(organisation: Organisation, user: str) -> list[dict[str, Any]]:
    """Somebody's sessions, as `vedette session list --json` tells them."""
    listed: list[dict[str, Any]] = json.loads(
        organisation.cli("session", "list", "--user", user, "--json").stdout
    )
    return listed


def session_of(organisation: Organisation, user: str, device: str) -> dict[str, Any]:
    """The session of one device."""
    (found,) = (each for each in sessions_of(organisation, user) if each["device"] == device)
    return found


def factors_of(organisation: Organisation, session: dict[str, Any]) -> set[str]:
    """The kinds of proof that were shown for a session."""
    shown = json.loads(organisation.cli("session", "show", session["id"], "--json").stdout)
    return {str(factor["kind"]) for factor in shown["factors"]}
