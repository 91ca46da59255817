"""What clients read first: who the authorization server is and what it can do.

RFC 8414, OpenID Connect Discovery 1.0, Matrix specification v1.15 ("Server metadata discovery")
and its forerunner MSC2965. One document for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.routing import Route

from vedette.protocol.internal.tokens import jwks
from vedette.protocol.oauth.clients import GRANTS
from vedette.protocol.oauth.scopes import KNOWN
from vedette.signin.listed import Listed
from vedette.signin.wire import Asked, Reply, endpoint

ACCOUNT_ACTIONS = (
    "org.matrix.sessions_list",
    "org.matrix.session_view",
    "org.matrix.session_end",
    "org.matrix.cross_signing_reset",
    "org.matrix.devices_list",
    "org.matrix.device_view",
    "org.matrix.device_delete",
)
"""MSC4191's deep links: the names of its first form and of the specification."""

_KEPT = 300
"""Seconds for which clients may keep the document."""
_KEYS_KEPT = 60


def account_address(issuer: str) -> str:
    """The person's own pages."""
    return f"{issuer}account/"


def metadata(issuer: str, certificates: str = "") -> dict[str, Any]:
    """The document. `issuer` ends with a slash.

    So does `certificates`, the address at which clients may show a certificate: there the endpoints
    give out tokens that are bound to it (RFC 8705, sections 3.3 and 5). Empty: there is none.
    """
    bound = {
        "tls_client_certificate_bound_access_tokens": True,
        "mtls_endpoint_aliases": {
            "token_endpoint": f"{certificates}oauth2/token",
            "revocation_endpoint": f"{certificates}oauth2/revoke",
            "device_authorization_endpoint": f"{certificates}oauth2/device",
        },
    }
    return {
        **(bound if certificates else {}),
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}oauth2/authorize",
        "token_endpoint": f"{issuer}oauth2/token",
        "registration_endpoint": f"{issuer}oauth2/registration",
        "revocation_endpoint": f"{issuer}oauth2/revoke",
        "device_authorization_endpoint": f"{issuer}oauth2/device",
        "jwks_uri": f"{issuer}oauth2/keys.json",
        "account_management_uri": account_address(issuer),
        "account_management_actions_supported": list(ACCOUNT_ACTIONS),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": list(GRANTS),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "scopes_supported": list(KNOWN),
        "prompt_values_supported": ["login", "consent", "select_account"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "claims_supported": ["iss", "sub", "aud", "iat", "exp", "nonce", "auth_time"],
        "ui_locales_supported": ["en", "de"],
    }


@dataclass(frozen=True, slots=True)
class Metadata:
    """The document and the public keys, the same for everybody."""

    issuer: str
    listed: Listed
    certificates: str = ""

    def document(self, asked: Asked) -> Reply:
        """The document itself."""
        del asked
        return Reply(json=metadata(self.issuer, self.certificates), cached=_KEPT)

    def early_issuer(self, asked: Asked) -> Reply:
        """Only the issuer, for clients of 2024 (MSC2965 as it was)."""
        del asked
        return Reply(json={"issuer": self.issuer}, cached=_KEPT)

    def keys(self, asked: Asked) -> Reply:
        """The keys by which tokens are verified (RFC 7517)."""
        del asked
        return Reply(json=jwks(self.listed.current().keys), cached=_KEYS_KEPT)


_DOCUMENT = (
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/_matrix/client/v1/auth_metadata",
    "/_matrix/client/unstable/auth_metadata",
    "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata",
)


def routes(own: Metadata) -> list[Route]:
    """The endpoints, to be mounted."""
    return [
        *(endpoint(path, "GET", own.document) for path in _DOCUMENT),
        endpoint(
            "/_matrix/client/unstable/org.matrix.msc2965/auth_issuer", "GET", own.early_issuer
        ),
        endpoint("/oauth2/keys.json", "GET", own.keys),
    ]
