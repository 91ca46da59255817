"""Dynamic client registration (RFC 7591), within what the settings allow.

Authlib's registration endpoint checks that addresses are addresses; which ones may get a code is
the question here, so the metadata is read by `vedette.protocol.oauth.clients` instead.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from starlette.routing import Route

from vedette.ports.sign_in import OAuthClient
from vedette.protocol.oauth.clients import (
    ClientRequest,
    RegistrationFault,
    allowed_by,
    read_registration,
)
from vedette.signin.attempts import network_of
from vedette.signin.issuing import Issuing
from vedette.signin.wire import Asked, Reply, endpoint

WINDOW = 3600
"""Seconds in which registrations are counted."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Registers public clients. Nothing that a client says of itself is believed, only kept."""

    issuing: Issuing

    def register(self, asked: Asked) -> Reply:
        """Register a client (section 3). It can't be read or changed afterwards, only made anew."""
        if asked.content_type != "application/json":
            return _fault("invalid_client_metadata", "send a JSON object as application/json")
        try:
            request = read_registration(asked.json())
            self._check_allowed(request)
        except RegistrationFault as fault:
            return _fault(fault.code, str(fault))
        if not self._may(asked.address):
            body = {"error": "temporarily_unavailable", "error_description": "try again later"}
            return Reply(status=429, json=body, headers={"Retry-After": "600"})
        client = self._client(request, asked.address)
        self.issuing.store.add_client(client)
        return Reply(status=201, json=_metadata(client))

    def _check_allowed(self, request: ClientRequest) -> None:
        allowed = self.issuing.policy.current().directory.document.sign_in.clients
        for redirect in request.redirects:
            if not allowed_by(allowed, redirect):
                raise RegistrationFault(
                    "invalid_redirect_uri",
                    f"this organisation allows no client that leads to {redirect.where}",
                )

    def _may(self, address: str) -> bool:
        store, now = self.issuing.store, self.issuing.now()
        keys = (f"register:{address}", f"register:{network_of(address)}")
        here, around = store.attempts(keys, now, WINDOW)
        values = self.issuing.policy.current().directory.document.sign_in
        most = values.registrations_per_address, values.registrations_per_network
        return here <= most[0] and around <= most[1]

    def _client(self, request: ClientRequest, address: str) -> OAuthClient:
        return OAuthClient(
            id=secrets.token_urlsafe(18),
            name=request.name,
            uri=request.uri,
            redirect_uris=tuple(redirect.text for redirect in request.redirects),
            grant_types=request.grants,
            application_type=request.kind,
            logo_uri=request.logo,
            created=self.issuing.now(),
            registered_from=address,
            software_version=request.version,
        )


def _metadata(client: OAuthClient) -> dict[str, object]:
    """What was registered (section 3.2.1): the client reads here what was left out."""
    optional = {
        "client_name": client.name,
        "logo_uri": client.logo_uri,
        "software_version": client.software_version,
    }
    return {
        "client_id": client.id,
        "client_id_issued_at": client.created,
        "client_uri": client.uri,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": list(client.grant_types),
        "response_types": ["code"],
        "application_type": client.application_type,
        "token_endpoint_auth_method": "none",
        **{name: value for name, value in optional.items() if value},
    }


def _fault(error: str, description: str) -> Reply:
    return Reply(status=400, json={"error": error, "error_description": description})


def routes(registration: Registration) -> list[Route]:
    """The endpoint, to be mounted."""
    return [endpoint("/oauth2/registration", "POST", registration.register)]
