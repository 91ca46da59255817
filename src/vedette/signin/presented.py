"""What a request that presents a token brings besides it, and what it says of the session now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vedette.core.claims import claims_of
from vedette.core.sessions import Session, SessionFacts
from vedette.ports.sign_in import OAuthClient
from vedette.protocol.internal.certificates import lasts, thumbprint_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """From where a request came, with which program, and with which certificate.

    `address` is empty if none was told. `certificate` is the one that the connection showed, in DER,
    or empty.
    """

    address: str = ""
    user_agent: str = ""
    certificate: bytes = field(default=b"", repr=False)

    def thumbprint(self, now: int) -> str:
        """The `x5t#S256` of the certificate to which tokens may be bound (RFC 8705, section 3.1).

        Empty without one, and while one is not valid: the handshake takes it all the same, so that
        its person can be told.
        """
        begins, ends = lasts(self.certificate) if self.certificate else (0, -1)
        return thumbprint_of(self.certificate) if begins <= now <= ends else ""


NOTHING = Presented()
"""A request of which nothing is known."""


def facts_now(session: Session, client: OAuthClient | None, presented: Presented) -> SessionFacts:
    """What is known of a session whose program has just made a request.

    `client` is what the program registered as. What the request does not say stays as it was: a
    program that says less than before has not become another one.
    """
    facts = session.facts
    name, version = (client.name, client.software_version) if client is not None else ("", "")
    said = claims_of(presented.user_agent, name, version)
    if presented.address:
        facts = replace(facts, network=presented.address)
    if said.name:
        kept = facts.client_version if said.name == facts.client_name else ""
        facts = replace(facts, client_name=said.name, client_version=said.version or kept)
    if said.platform:
        kept = facts.platform_version if said.platform == facts.platform else ""
        version_now = said.platform_version or kept
        facts = replace(facts, platform=said.platform, platform_version=version_now)
    return facts


def facts_on_the_way(session: Session, presented: Presented) -> SessionFacts:
    """What is known of a session some request of which was seen on its way to the homeserver.

    Programs fetch files, or ask in a browser's name, by other means than they sign in with: only
    what speaks of the very program that the session is known by says anything of it here.
    """
    facts = session.facts
    same = claims_of(presented.user_agent, "").name == facts.client_name
    return facts_now(session, None, presented if same else replace(presented, user_agent=""))
