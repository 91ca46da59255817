"""The settings document: the whole policy of an organisation as one typed model.

Forms, command-line paths, the reference page and the JSON Schema are derived from it. It holds
references to secret files, never secrets, and nothing about a single host.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vedette.core.settings.device_management import DeviceManagement
from vedette.core.settings.directory import CompanyDirectory
from vedette.core.settings.federation import Federation
from vedette.core.settings.issuers import Issuer
from vedette.core.settings.people import PeopleSources
from vedette.core.settings.rules import Rule
from vedette.core.settings.sections import (
    Administration,
    Audit,
    Files,
    Media,
    Messages,
    Notices,
    Organisation,
    Partner,
    Party,
    Push,
    RoomKind,
    Section,
    Streams,
)
from vedette.core.settings.sign_in import NETWORKS, Networks, SignIn
from vedette.core.settings.spelling import Name
from vedette.core.settings.standing import Standing
from vedette.core.settings.synapse import Synapse


class Document(Section):
    """One whole settings document. An empty one allows nothing between people."""

    organisation: Annotated[Organisation, Field(description="Whose document this is.")]
    parties: Annotated[dict[Name, Party], Field(description="Named sets of our people.")] = Field(
        default_factory=dict
    )
    partners: Annotated[
        dict[Name, Partner], Field(description="Other organisations that have a name here.")
    ] = Field(default_factory=dict)
    networks: Annotated[
        Networks, Field(description="Named networks of the organisation."), NETWORKS
    ] = Field(default_factory=dict)
    issuers: Annotated[
        dict[Name, Issuer], Field(description="CAs whose certificates people may show.")
    ] = Field(default_factory=dict)
    device_management: Annotated[
        dict[Name, DeviceManagement],
        Field(description="Inventories of the organisation's devices."),
    ] = Field(default_factory=dict)
    rooms: Annotated[dict[Name, RoomKind], Field(description="Kinds of room.")] = Field(
        default_factory=dict
    )
    rules: Annotated[
        dict[Name, Rule], Field(description="Who may do what with whom. No rule, no yes.")
    ] = Field(default_factory=dict)
    guardrails: Annotated[
        dict[Name, Rule], Field(description="Forbids that no revision may lose.")
    ] = Field(default_factory=dict)
    administration: Administration = Field(default_factory=Administration)
    audit: Audit = Field(default_factory=Audit)
    messages: Messages = Field(default_factory=Messages)
    media: Media = Field(default_factory=Media)
    files: Files = Field(default_factory=Files)
    push: Push = Field(default_factory=Push)
    federation: Federation = Field(default_factory=Federation)
    streams: Streams = Field(default_factory=Streams)
    notices: Notices = Field(default_factory=Notices)
    standing: Standing = Field(default_factory=Standing)
    sign_in: SignIn = Field(default_factory=SignIn)
    people: PeopleSources = Field(default_factory=PeopleSources)
    directory: CompanyDirectory = Field(default_factory=CompanyDirectory)
    synapse: Synapse = Field(default_factory=Synapse)


__all__ = [
    "Administration",
    "Audit",
    "CompanyDirectory",
    "DeviceManagement",
    "Document",
    "Federation",
    "Files",
    "Issuer",
    "Media",
    "Messages",
    "Notices",
    "Organisation",
    "Partner",
    "Party",
    "Push",
    "RoomKind",
    "Rule",
    "SignIn",
    "Streams",
    "Synapse",
]
