"""Stands in for Microsoft Entra's token endpoint and Microsoft Graph's list of managed devices.

Made after Microsoft's public descriptions: OAuth 2.0 client credentials by secret or certificate
assertion, OData paging by `@odata.nextLink`, `$select`, throttling by 429 and Retry-After, tokens
that end, errors as `{"error": {"code", "message"}}`. Microsoft's own clients are tried against it.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from tests.services.stand_in import Call, Reply

TENANT = "7a3c1f9e-5f0b-4a57-9a5e-0d4b4a1c2e11"
CLIENT = "0f9c2a54-3a1d-4bb0-8f1b-2d8a7ce0a001"
DEVICES = "/v1.0/deviceManagement/managedDevices"


def managed_device(number: int, **other: Any) -> dict[str, Any]:
    """One as Graph 1.0 writes it, with the fields that matter to nobody too."""
    return {
        "id": f"{number:08x}-034c-705c-4c03-5c704c035c70",
        "userId": f"{number:08x}-1111-4222-8333-444455556666",
        "deviceName": f"PC-{number}",
        "managedDeviceOwnerType": "company",
        "deviceActionResults": [],
        "enrolledDateTime": "2026-01-02T08:00:43Z",
        "lastSyncDateTime": "2026-11-26T10:17:11.5432Z",
        "operatingSystem": "macOS",
        "complianceState": "compliant",
        "jailBroken": "Unknown",
        "managementAgent": "mdm",
        "managementState": "managed",
        "osVersion": "15.4.1",
        "azureADRegistered": True,
        "deviceEnrollmentType": "appleBulkWithUser",
        "emailAddress": f"person{number}@corp.test",
        "azureADDeviceId": f"{number:08x}-dfa8-4b84-ba99-5a71f2a2f8a1",
        "deviceRegistrationState": "registered",
        "isEncrypted": True,
        "userPrincipalName": f"person{number}@corp.test",
        "model": "Mac16,1",
        "manufacturer": "Apple",
        "complianceGracePeriodExpirationDateTime": "2026-12-01T00:00:00Z",
        "serialNumber": f"SERIAL{number:05}",
        "totalStorageSpaceInBytes": 512_000_000_000,
        "udid": None,
        **other,
    }


@dataclass
class GraphStandIn:
    """What it has, and how it is just now. `origin` is where it serves, once it does."""

    origin: str = ""
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(30))
    certificate: x509.Certificate | None = None
    devices: list[Any] = field(default_factory=list)
    page_size: int = 1000
    """Graph's own is 1000."""
    token_seconds: float = 3599
    throttled: list[Reply] = field(default_factory=list)
    """What it answers to the next requests for devices instead."""
    asked: list[Call] = field(default_factory=list)
    further: str = ""
    """Where it says the next page is, instead of where it is."""
    away: bool = False
    halves_at: int = -1
    """The page of which it tells half and ends the connection."""
    tokens: dict[str, float] = field(default_factory=dict)
    fetched: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, call: Call) -> Reply:
        with self._lock:
            self.asked.append(call)
            if self.away:
                return _error(503, "serviceUnavailable")
            if call.path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
                return Reply(body=self._description())
            if call.path == f"/{TENANT}/oauth2/v2.0/token" and call.method == "POST":
                return self._token(call.form())
            if call.path == DEVICES and call.method == "GET":
                return self._devices(call)
            return _error(404, "ResourceNotFound")

    def revoke(self) -> None:
        """End every token that was given."""
        self.tokens.clear()

    def _description(self) -> dict[str, Any]:
        place = f"{self.origin}/{TENANT}"
        return {
            "token_endpoint": f"{place}/oauth2/v2.0/token",
            "authorization_endpoint": f"{place}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{place}/oauth2/v2.0/devicecode",
            "issuer": f"{place}/v2.0",
        }

    def _token(self, form: dict[str, str]) -> Reply:
        if form.get("grant_type") != "client_credentials":
            return Reply(400, {"error": "unsupported_grant_type"})
        if form.get("client_id") != CLIENT or not self._proven(form):
            words = "AADSTS7000215: Invalid client secret provided."
            return Reply(401, {"error": "invalid_client", "error_description": words})
        if form.get("scope") != f"{self.origin}/.default":
            return Reply(400, {"error": "invalid_scope"})
        token = f"eyJ0eXAi.{secrets.token_urlsafe(40)}.x"
        self.tokens[token] = time.time() + self.token_seconds
        self.fetched += 1
        seconds = int(self.token_seconds)
        return Reply(
            body={
                "token_type": "Bearer",
                "expires_in": seconds,
                "ext_expires_in": seconds,
                "access_token": token,
            }
        )

    def _proven(self, form: dict[str, str]) -> bool:
        if "client_secret" in form:
            return form["client_secret"] == self.client_secret
        if self.certificate is None or not form.get("client_assertion_type", "").endswith(
            ":client-assertion-type:jwt-bearer"
        ):
            return False
        key = RSAKey.import_key(_public_pem(self.certificate))
        try:
            found = jwt.decode(form["client_assertion"], key, algorithms=["PS256", "RS256"])
        except (JoseError, ValueError):
            return False
        claims = found.claims
        return (
            claims["aud"] == f"{self.origin}/{TENANT}/oauth2/v2.0/token"
            and claims["iss"] == claims["sub"] == CLIENT
            and claims["exp"] > time.time()
            and ("x5t#S256" in found.header or "x5t" in found.header)
        )

    def _devices(self, call: Call) -> Reply:
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= time.time():
            return _error(401, "InvalidAuthenticationToken")
        if self.throttled:
            return self.throttled.pop(0)
        begin, size = int(call.one("$skiptoken", "0")), int(call.one("$top", str(self.page_size)))
        fields = call.one("$select")
        rows = [_selected(row, fields) for row in self.devices[begin : begin + size]]
        page: dict[str, Any] = {
            "@odata.context": f"{self.origin}/v1.0/$metadata#deviceManagement/managedDevices",
            "@odata.count": len(rows),
            "value": rows,
        }
        if begin + size < len(self.devices):
            further = f"$skiptoken={begin + size}&$top={size}" + (
                f"&$select={fields}" if fields else ""
            )
            page["@odata.nextLink"] = self.further or f"{self.origin}{DEVICES}?{further}"
        return Reply(body=page, cut=begin // size == self.halves_at)


def throttling(seconds: int | str) -> Reply:
    return _error(429, "TooManyRequests", {"Retry-After": str(seconds)})


def _selected(row: Any, fields: str) -> Any:
    if not fields or not isinstance(row, dict):
        return row
    return {name: row[name] for name in fields.split(",") if name in row}


def _public_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _error(status: int, code: str, headers: dict[str, str] | None = None) -> Reply:
    body = {"error": {"code": code, "message": f"{code}.", "innerError": {"request-id": "1"}}}
    return Reply(status, body, headers or {})
