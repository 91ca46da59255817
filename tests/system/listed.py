"""What an organisation's security office sees of who is signed in."""

import json
from typing import Any

from tests.system.two_organisations import Organisation


def session_of(organisation: Organisation, user: str, device: str) -> dict[str, Any]:
    """The session of one device, as `vedette session list --json` tells it."""
    listed = json.loads(organisation.cli("session", "list", "--user", user, "--json").stdout)
    (found,) = (each for each in listed if each["device"] == device)
    return dict(found)


def factors_of(organisation: Organisation, session: dict[str, Any]) -> set[str]:
    """The kinds of proof that were shown for a session."""
    shown = json.loads(organisation.cli("session", "show", session["id"], "--json").stdout)
    return {str(factor["kind"]) for factor in shown["factors"]}
