"""The boot file's `[control.device_management.NAME]`: where each inventory is asked, and by which secrets.

Everything goes over HTTPS, on loopback too: what is told decides who is let in, and the secrets read
all of a company's devices.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Origin = Annotated[
    str, Field(pattern=r"^https://([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?$")
]
"""`https://host`, with a port where it has one, and nothing behind it."""
_Id = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$")]
_Words = Annotated[str, Field(max_length=200)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GraphBoot(_Section):
    """Microsoft Intune, by Microsoft Graph. The application proves itself by a secret or a certificate."""

    kind: Literal["graph"]
    tenant: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}$")]
    """The tenant's id, or one of its domains."""
    client_id: _Id
    """The application's id."""
    secret: Path | None = None
    """The file with the application's secret."""
    certificate: Path | None = None
    """The certificate (PEM) by which it proves itself instead, and its RSA key."""
    key: Path | None = None
    graph: Origin = "https://graph.microsoft.com"
    """National clouds have their own, such as `https://graph.microsoft.us`."""
    login: Origin = "https://login.microsoftonline.com"
    ca: Path | None = None
    """The only CA (PEM) to trust for both; without it the machine's."""

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        pair = self.certificate is not None and self.key is not None
        half = (self.certificate is None) != (self.key is None)
        if half or pair == (self.secret is not None):
            raise ValueError("name either `secret`, or `certificate` and `key`")
        return self


class JamfBoot(_Section):
    """Jamf Pro, by an API client of its."""

    kind: Literal["jamf"]
    url: Origin
    client_id: _Id
    secret: Path
    """The file with the API client's secret."""
    compliance_attribute: _Words = ""
    """The extension attribute that says `compliant` or `noncompliant`, `lost`, `retired`."""
    compliance_group: _Words = ""
    """The group whose computers are compliant; it says nothing of mobile devices."""
    ca: Path | None = None
    """The only CA (PEM) to trust for it; without it the machine's."""


class MeshCentralBoot(_Section):
    """A MeshCentral server, by a login token."""

    kind: Literal["meshcentral"]
    url: Origin
    token: Path
    """The file of a login token: its name on the first line, its password on the second."""
    ca: Path | None = None
    """The only CA (PEM) to trust for it; without it the machine's."""


class DeviceFileBoot(_Section):
    """A table of comma-separated lines that the company writes."""

    kind: Literal["file"]
    file: Path


class WebhookBoot(_Section):
    """Reports that something of the company sends, signed as Standard Webhooks says."""

    kind: Literal["webhook"]
    secret: Path
    """The file with the secret that signs them; several lines while one is exchanged for another."""


DeviceManagementBoot = Annotated[
    GraphBoot | JamfBoot | MeshCentralBoot | DeviceFileBoot | WebhookBoot,
    Field(discriminator="kind"),
]
SourceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""As `[device_management]` of the settings names it."""
