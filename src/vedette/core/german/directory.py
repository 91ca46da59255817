"""What is said of the company's directory, in German, by the English."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

CHECKS: Pairs = (
    ("password file", "Passwortdatei"),
    ("CA", "CA"),
    ("python-ldap is not installed", "python-ldap ist nicht installiert"),
    ("`{path}` can't be read: {why}", "`{path}` lässt sich nicht lesen: {why}"),
    (
        "install -m 600 /dev/null {path} && editor {path}    (the password of {bind})",
        "install -m 600 /dev/null {path} && editor {path}    (das Passwort von {bind})",
    ),
    (
        "editor {path}    (the password of {bind})",
        "editor {path}    (das Passwort von {bind})",
    ),
    ("`{path}` is empty", "`{path}` ist leer"),
    (
        "`{path}` is there, for nobody else to read",
        "`{path}` ist da, und niemand sonst kann sie lesen",
    ),
    ("`{path}` can be read", "`{path}` ist lesbar"),
    (
        "`{path}` holds no CA that can be read: {why}",
        "in `{path}` steht keine lesbare CA: {why}",
    ),
    (
        "editor {path}    (the CA of the servers' certificates, in PEM form)",
        "editor {path}    (die CA der Zertifikate der Server, als PEM)",
    ),
    ("editor {file}    ([directory]: {what})", "editor {file}    ([directory]: {what})"),
    (
        "it answers over TLS, and its name and CA are right",
        "er antwortet über TLS, und Name und CA stimmen",
    ),
    (
        "editor {path}    (the password of {bind}, or correct `bind`)",
        "editor {path}    (das Passwort von {bind}, oder berichtigen Sie `bind`)",
    ),
    ("`{bind}` may sign in", "`{bind}` darf sich anmelden"),
    ("people can't be read: {why}", "die Personen lassen sich nicht lesen: {why}"),
    ("{count} people are found", "{count} Personen gefunden"),
    ("1000 or more people are found", "1000 oder mehr Personen gefunden"),
    ("{count} groups are found", "{count} Gruppen gefunden"),
    ("1000 or more groups are found", "1000 oder mehr Gruppen gefunden"),
    ("it is what `kind` says: {kind}", "er ist, was `kind` sagt: {kind}"),
    ('it looks like `kind = "{kind}"`', 'er sieht nach `kind = "{kind}"` aus'),
    (
        (
            "ldapadd -Y EXTERNAL -H ldapi:/// -f syncprov.ldif    (docs/operate/directory.md has the "
            "file; until then everything is read once a minute)"
        ),
        (
            "ldapadd -Y EXTERNAL -H ldapi:/// -f syncprov.ldif    (die Datei steht in "
            "docs/operate/directory.md; bis dahin wird einmal je Minute alles gelesen)"
        ),
    ),
    (
        "changes can't be followed: {why}",
        "den Änderungen lässt sich nicht folgen: {why}",
    ),
    ("{command}    (on the server)", "{command}    (auf dem Server)"),
    ("it tells changes as they are made", "er meldet Änderungen, sobald sie geschehen"),
)
TLS: Pairs = (
    (
        "{look}    (give the server a certificate, and TLS 1.2 or 1.3)",
        "{look}    (geben Sie dem Server ein Zertifikat und TLS 1.2 oder 1.3)",
    ),
    ("TLS fails: {why}", "TLS scheitert: {why}"),
    (
        "getent hosts {host}    (or correct `servers`)",
        "getent hosts {host}    (oder berichtigen Sie `servers`)",
    ),
    (
        "it does not answer on {host}:{port}: {why}",
        "er antwortet nicht auf {host}:{port}: {why}",
    ),
    (
        "{look}    (give the server a certificate, or name it with `ldaps://` in `servers`)",
        (
            "{look}    (geben Sie dem Server ein Zertifikat, oder nennen Sie ihn in `servers` mit "
            "`ldaps://`)"
        ),
    ),
    (
        "it offers no StartTLS, and nothing is said to it in clear",
        "er bietet kein StartTLS, und im Klartext wird ihm nichts gesagt",
    ),
    (
        "{look}    (shows its names: write one of them into `servers`, or have `{host}` put in)",
        (
            "{look}    (zeigt seine Namen: schreiben Sie einen davon in `servers`, oder lassen Sie "
            "`{host}` aufnehmen)"
        ),
    ),
    (
        "its certificate is for another name: {why}",
        "sein Zertifikat gilt für einen anderen Namen: {why}",
    ),
    (
        "{look}    (put the CA that issued it into {ca})",
        "{look}    (schreiben Sie die CA, die es ausgestellt hat, in {ca})",
    ),
    (
        "its certificate is not trusted: {why}",
        "seinem Zertifikat wird nicht vertraut: {why}",
    ),
    (
        "what was pushed can't be read, and people are as they were in force last: {why}",
        (
            "was geschickt wurde, lässt sich nicht lesen, und die Personen bleiben, wie sie zuletzt "
            "galten: {why}"
        ),
    ),
    (
        (
            "an identity provider would take away {taken} of {of} people, so nothing more of "
            "what it pushes is in force; look at them and confirm with `vedette scim confirm`"
        ),
        (
            "ein Identitätsanbieter nähme {taken} von {of} Personen weg, daher gilt nichts mehr von "
            "dem, was er schickt; sehen Sie sie an und bestätigen Sie mit `vedette scim confirm`"
        ),
    ),
    ("nothing that was pushed is held", "nichts, was geschickt wurde, ist angehalten"),
    ("`vedette scim state` says how it stands", "`vedette scim state` sagt, wie es steht"),
)
