"""Whose a Kerberos ticket is, and whether the directory would let them in now.

The ticket is taken first; then the directory is asked, each time: a ticket that a machine has
already goes on being good for hours after its person's account was disabled.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from vedette.core.names import InvalidName, ServerName, UserId
from vedette.ports.directory import BindAnswer, DirectoryNames, NameKind, Standing
from vedette.ports.tickets import RefusedTicket, TakenTicket, TicketFault, Tickets
from vedette.protocol.internal.end_points import bindings_of

_LOG = logging.getLogger("vedette.signin")


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDesk:
    """Takes tickets of these realms, and finds their people.

    With an Active Directory (`by_sid`) whoever the domain controller means, by the security identifier
    in the ticket; with another directory whoever is called so there; without one, whoever is called so
    here. Every method blocks: for worker threads.
    """

    tickets: Tickets
    realms: frozenset[str]
    domain: ServerName
    names: DirectoryNames | None = None
    by_sid: bool = False

    def take(self, token: bytes, end_point: bytes, *, bound: bool) -> TakenTicket | None:
        """Take a token, once; `bound` says that it must be bound to the connection that brought it.

        None for one that counts for nothing: why is in the log.
        """
        answer = self.tickets.take(token, bindings_of(end_point))
        if isinstance(answer, RefusedTicket):
            ours = answer.fault is TicketFault.KEYTAB
            level = logging.WARNING if ours else logging.INFO
            _LOG.log(level, "a ticket was not taken: %s %s", answer.fault, answer.detail)
            return None
        if answer.principal.realm not in self.realms:
            _LOG.info("a ticket of `%s` was not taken: another realm", answer.principal)
            return None
        if bound and not answer.bound:
            _LOG.info("a ticket of `%s` was not taken: bound to nothing", answer.principal)
            return None
        return answer

    def whose(self, taken: TakenTicket) -> Standing | None:
        """Whose it is and how they stand, asked now; None if it is nobody's, or of more than one.

        Raises:
            Unavailable: the directory does not answer.
        """
        if self.names is None:
            return self._ours(taken.principal.name)
        if not self.by_sid:
            return self.names.standing(NameKind.USER, taken.principal.name)
        if not taken.sid:
            _LOG.warning(
                "the ticket of `%s` does not say whose it is; domain controllers say so since the "
                "updates of November 2021, unless the service's account is excluded (NA flag)",
                taken.principal,
            )
            return None
        return self.names.standing(NameKind.SID, taken.sid)

    def _ours(self, name: str) -> Standing | None:
        try:
            localpart = UserId(f"@{name.lower()}:{self.domain}").localpart
        except InvalidName:
            return None
        return Standing(localpart, BindAnswer.OK)
