"""What is said of Kerberos, in German, by its English."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

KERBEROS: Pairs = (
    (
        "`{path}` can be read by others, who could sign in as anybody",
        "`{path}` können andere lesen, die sich damit als irgendwer anmelden könnten",
    ),
    (
        "`{path}` has a key for `{near}`, which is not `{principal}`: upper and lower case count",
        (
            "`{path}` hat einen Schlüssel für `{near}`, und das ist nicht `{principal}`: Groß- und "
            "Kleinschreibung zählt"
        ),
    ),
    (
        "`{path}` has no key for `{principal}`",
        "`{path}` hat keinen Schlüssel für `{principal}`",
    ),
    (
        "`{path}` has only RC4 or DES keys for `{principal}`, and {realm} may give out no tickets by them",
        (
            "`{path}` hat für `{principal}` nur RC4- oder DES-Schlüssel, und {realm} gibt darauf "
            "vielleicht keine Tickets aus"
        ),
    ),
    ("`{path}` is missing", "`{path}` fehlt"),
    ("`{path}` can't be read: {strerror}", "`{path}` lässt sich nicht lesen: {strerror}"),
    ("`{path}` can't be used: {fault}", "`{path}` lässt sich nicht benutzen: {fault}"),
    (
        "the settings offer Kerberos, but no keytab is named here",
        "die Einstellungen bieten Kerberos an, aber hier ist keine Keytab genannt",
    ),
    (
        "Kerberos needs gssapi, which is not installed",
        "Kerberos braucht gssapi, und das ist nicht installiert",
    ),
    ("docs/operate/kerberos.md", "docs/operate/kerberos.md"),
    ("made anew with AES keys", "neu erzeugt mit AES-Schlüsseln"),
    (
        "browsers ask for a ticket for `HTTP/{host}`, and the keys are for `{principal}`",
        (
            "Browser verlangen ein Ticket für `HTTP/{host}`, und die Schlüssel sind für "
            "`{principal}`"
        ),
    ),
    (
        "Kerberos is set up here, and the settings do not offer it",
        "Kerberos ist hier eingerichtet, und die Einstellungen bieten es nicht an",
    ),
    (
        (
            "tickets for `{principal}` are taken; the clocks of computers, domain controllers and this "
            "host may differ by five minutes at most"
        ),
        (
            "Tickets für `{principal}` werden angenommen; die Uhren von Rechnern, Domänencontrollern "
            "und diesem Host dürfen höchstens fünf Minuten auseinandergehen"
        ),
    ),
)
