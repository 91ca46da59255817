"""What the pages say of Kerberos tickets, in English and German."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TICKETS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ticket-do": (
            "Sign in as the person who uses this computer",
            "Mit der Anmeldung an diesem Rechner",
        ),
        "ticket-none": (
            (
                "This computer did not say who uses it: it is none of your company's, nobody is signed "
                "in to it, or the browser is not set up for that. Please sign in another way."
            ),
            (
                "Dieser Rechner hat nicht gesagt, wer ihn benutzt: Er gehört nicht zu Ihrer Firma, "
                "niemand ist an ihm angemeldet, oder der Browser ist dafür nicht eingerichtet. Bitte "
                "melden Sie sich auf andere Weise an."
            ),
        ),
        "ticket-no": (
            (
                "The sign-in at this computer is not enough to let you in here. Please sign in another "
                "way; if it stays so, ask your help desk."
            ),
            (
                "Die Anmeldung an diesem Rechner genügt hier nicht. Bitte melden Sie sich auf andere "
                "Weise an; bleibt es so, fragen Sie Ihren Helpdesk."
            ),
        ),
        "ticket-later": (
            (
                "Your company's directory does not answer, so nobody can say whether the sign-in at this "
                "computer still counts. Please sign in another way, or try again in a few minutes."
            ),
            (
                "Das Verzeichnis Ihrer Firma antwortet nicht, also kann niemand sagen, ob die Anmeldung "
                "an diesem Rechner noch gilt. Bitte melden Sie sich auf andere Weise an, oder versuchen "
                "Sie es in einigen Minuten noch einmal."
            ),
        ),
        "ticket-not-read": (
            (
                "Your entry in the company's directory has not been taken over here yet. That takes a "
                "minute. Please try again; if it stays so, ask your help desk."
            ),
            (
                "Ihr Eintrag im Verzeichnis der Firma wurde hier noch nicht übernommen. Das dauert eine "
                "Minute. Bitte versuchen Sie es dann noch einmal; bleibt es so, fragen Sie Ihren "
                "Helpdesk."
            ),
        ),
    }
)
