"""The managed devices of Microsoft Intune, by Microsoft Graph 1.0 (`deviceManagement/managedDevices`).

Asked by an application with the right `DeviceManagementManagedDevices.Read.All`, which proves itself
to Microsoft Entra by its secret or its certificate (OAuth 2.0 client credentials, RFC 6749 section
4.4; RFC 7523 section 2.2).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from vedette.adapters.device_management.gathering import (
    Gathering,
    moment,
    names_of,
    parts_of,
    text_of,
)
from vedette.adapters.device_management.trouble import (
    Trouble,
    secret_bytes,
    secret_text,
    tls_for,
    tried_by,
)
from vedette.adapters.device_management.web import Bearer, Patience, Web, said
from vedette.core.language import told
from vedette.core.managed_devices import ManagedDevice, Standing, platform_of
from vedette.ports.device_management import InventoryTold
from vedette.ports.directory import Check

_FIELDS = (
    "id,deviceName,serialNumber,azureADDeviceId,udid,operatingSystem,osVersion,complianceState,"
    "managementState,deviceRegistrationState,managementAgent,userPrincipalName,emailAddress,"
    "lastSyncDateTime,deviceActionResults"
)
_DEVICES = f"/v1.0/deviceManagement/managedDevices?{urlencode({'$select': _FIELDS}, safe='$,')}"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 300
_MOST_PAGES = 5000

_COMPLIANT = {"compliant": True, "inGracePeriod": True, "noncompliant": False}
"""Whoever is in the grace period that Intune was given for them is let in, as Entra does it."""
_STANDING = {
    **dict.fromkeys(
        ("managed", "unhealthy", "retireCanceled", "wipeCanceled"),
        Standing.ACTIVE,
    ),
    **dict.fromkeys(
        (
            "retirePending",
            "retireIssued",
            "retireFailed",
            "wipePending",
            "wipeIssued",
            "wipeFailed",
            "deletePending",
            "discovered",
        ),
        Standing.RETIRED,
    ),
}
_UNMANAGED = frozenset({"eas"})
"""What only fetches mail (Exchange ActiveSync) is in the list, and nobody manages it."""
_LOST_ACTIONS = {"enablelostmode": True, "disablelostmode": False}
_UNDONE = frozenset({"failed", "canceled", "notSupported", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The Inventory of one tenant.

    `secret` is the file of the application's secret; or `certificate` and `key` are those that it
    proves itself by. `graph` and `login` are the origins of Graph and Entra, which national clouds
    have their own of.
    """

    tenant: str
    client_id: str
    patience: Patience
    secret: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    graph: str = "https://graph.microsoft.com"
    login: str = "https://login.microsoftonline.com"
    ca: Path | None = None

    def read(self) -> InventoryTold:
        """Every device of the tenant. Raises Unavailable."""
        self.patience.begin()
        proof, tls = self._proof(), tls_for(self.ca)
        web, login = Web(self.graph, tls), Web(self.login, tls)
        forbidden = told(
            "(give the application `{right}` of Microsoft Graph and consent for the tenant)",
            right="DeviceManagementManagedDevices.Read.All",
        )
        asking = Bearer(web, self.patience, partial(self._token, login, proof), forbidden)
        gathering, page, seen = Gathering(), _DEVICES, set[str]()
        while page:
            if page in seen or len(seen) >= _MOST_PAGES:
                raise Trouble(told("its pages lead round in circles"))
            seen.add(page)
            page = self._take(asking.get_json(page), gathering, web)
        return gathering.told()

    def tried(self) -> Iterator[Check]:
        """Its files, then all devices."""
        return tried_by(lambda: (self._proof(), tls_for(self.ca)), self.read)

    def stamp(self) -> None:
        """Only asking tells."""

    def _take(self, answer: Mapping[str, Any], gathering: Gathering, web: Web) -> str:
        """Take a page; returns where the next one is, empty after the last."""
        devices, further = answer.get("value"), answer.get("@odata.nextLink")
        if not isinstance(devices, list):
            raise Trouble(told("it answered a page without devices"))
        for raw in devices:
            if isinstance(raw, dict):
                gathering.add(raw.get("id"), partial(device_of, raw))
            else:
                gathering.leave_out("", "it is no object")
        if further is None:
            return ""
        if not isinstance(further, str):
            raise Trouble(told("it answered a page without devices"))
        return web.target(further)

    def _proof(self) -> Callable[[], dict[str, str]]:
        """What proves the application, made anew for each token. Raises Trouble."""
        if self.secret is not None:
            return partial(dict, client_secret=secret_text(self.secret))
        assert self.certificate is not None and self.key is not None  # noqa: PT018  # as the boot file says
        try:
            shown = x509.load_pem_x509_certificate(self.certificate.read_bytes())
            key = RSAKey.import_key(secret_bytes(self.key))
        except (OSError, ValueError, JoseError) as fault:
            raise Trouble(
                told(
                    "`{path}` and `{key}` are no certificate and its RSA key: {why}",
                    path=self.certificate,
                    key=self.key,
                    why=fault,
                )
            ) from fault
        digest = hashlib.sha256(shown.public_bytes(Encoding.DER)).digest()
        return partial(self._asserted, key, base64.urlsafe_b64encode(digest).rstrip(b"=").decode())

    def _asserted(self, key: RSAKey, thumbprint: str) -> dict[str, str]:
        now = int(self.patience.clock.now())
        claims = {
            "aud": f"{self.login}{self._endpoint()}",
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": secrets.token_hex(16),
            "nbf": now,
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        head = {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}
        made = jwt.encode(head, claims, key, algorithms=["PS256"])
        return {"client_assertion_type": _ASSERTION, "client_assertion": made}

    def _endpoint(self) -> str:
        return f"/{quote(self.tenant, safe='')}/oauth2/v2.0/token"

    def _token(self, login: Web, proof: Callable[[], dict[str, str]]) -> tuple[str, float]:
        """A token of Entra, and for how many seconds it is good. Raises Trouble."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "scope": f"{self.graph}/.default",
            **proof(),
        }
        answer = self.patience.posted(login, self._endpoint(), urlencode(form))
        if answer.status != 200:
            raise Trouble(
                told(
                    "Entra gives no token ({status}): {why}", status=answer.status, why=said(answer)
                ),
                told(
                    "(see the application's id, tenant and secret or certificate, and when it ends)"
                ),
            )
        return token_of(answer.json())


def token_of(answer: Mapping[str, Any]) -> tuple[str, float]:
    """The token of an answer (RFC 6749 section 5.1), and for how many seconds. Raises Trouble."""
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    plain = isinstance(token, str) and token.isascii() and token.isprintable() and " " not in token
    if not token or not plain or isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise Trouble(told("it answered without a token"))
    return str(token), float(seconds)


def device_of(raw: Mapping[str, Any]) -> ManagedDevice:
    """A managedDevice of Graph 1.0. Raises ValueError where it can't be one."""
    id_, serial, udid = text_of(raw, "id"), text_of(raw, "serialNumber"), text_of(raw, "udid")
    return ManagedDevice(
        id=id_,
        names=names_of(id_, serial, udid, text_of(raw, "azureADDeviceId")),
        label=text_of(raw, "deviceName"),
        owner=text_of(raw, "userPrincipalName") or text_of(raw, "emailAddress"),
        platform=platform_of(text_of(raw, "operatingSystem")),
        version=text_of(raw, "osVersion"),
        compliant=_COMPLIANT.get(text_of(raw, "complianceState")),
        standing=_standing(raw),
        at=moment(text_of(raw, "lastSyncDateTime")),
    )


def _standing(raw: Mapping[str, Any]) -> Standing:
    """What has become of it. Raises ValueError for a state that we don't know."""
    state = text_of(raw, "managementState")
    if state not in _STANDING:
        raise ValueError(f"its state `{state[:40]}` is not one that we know")
    if _is_lost(raw):
        return Standing.LOST
    revoked = text_of(raw, "deviceRegistrationState") == "revoked"
    if revoked or text_of(raw, "managementAgent") in _UNMANAGED:
        return Standing.RETIRED
    return _STANDING[state]


def _is_lost(raw: Mapping[str, Any]) -> bool:
    """Whether lost mode was switched on last: by the actions, or by the state where that is told.

    Graph 1.0 has no `lostModeState`, which its beta has.
    """
    if text_of(raw, "lostModeState") == "enabled":
        return True
    found = (0, False)
    for action in parts_of(raw, "deviceActionResults"):
        switched = _LOST_ACTIONS.get(text_of(action, "actionName").casefold())
        if switched is not None and text_of(action, "actionState") not in _UNDONE:
            found = max(found, (moment(text_of(action, "startDateTime")), switched))
    return found[1]
