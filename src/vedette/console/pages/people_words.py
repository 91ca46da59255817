"""The sentences of the pages about people."""

from __future__ import annotations

from types import MappingProxyType

from vedette.console.page import Words

WORDS: Words = MappingProxyType(
    {
        "people-text": ("Name", "Name"),
        "people-party": ("Party", "Kreis"),
        "people-group": ("Group", "Gruppe"),
        "people-state": ("State", "Zustand"),
        "people-user": ("Person", "Person"),
        "people-name": ("Name", "Name"),
        "people-parties": ("Parties", "Kreise"),
        "people-groups": ("Groups", "Gruppen"),
        "people-sessions": ("Live sessions", "Laufende Sitzungen"),
        "people-state-active": ("active", "aktiv"),
        "people-state-inactive": ("not active", "nicht aktiv"),
        "people-state-guest": ("guest", "Gast"),
        "people-state-locked": ("locked for a while", "zeitweise gesperrt"),
        "people-state-suspended": ("session suspended", "Sitzung angehalten"),
        "people-state-waiting": ("device waiting", "Gerät wartet"),
        "people-state-no-account": ("no account", "kein Konto"),
        "people-empty": (
            "Nobody is known here. People come from the directory `people.csv`.",
            "Hier ist niemand bekannt. Personen kommen aus dem Verzeichnis `people.csv`.",
        ),
        "people-one": ("{user}", "{user}"),
        "people-back": ("All people", "Alle Personen"),
        "people-is": ("How they stand", "Stand"),
        "people-account": ("Account", "Konto"),
        "people-account-since": ("since {day}", "seit {day}"),
        "people-account-must-change": (
            "must change the password at the next sign-in",
            "muss das Passwort bei der nächsten Anmeldung ändern",
        ),
        "people-guest": ("Guest", "Gast"),
        "people-yes": ("yes", "ja"),
        "people-no": ("no", "nein"),
        "people-acts": ("What you may do", "Was Sie tun dürfen"),
        "people-act-reset-factors": ("Reset factors …", "Faktoren zurücksetzen …"),
        "people-act-reset-password": ("Reset password …", "Passwort zurücksetzen …"),
        "people-act-unlock": ("Forget failed sign-ins …", "Fehlversuche vergessen …"),
        "people-act-suspend-sessions": ("Suspend all sessions …", "Alle Sitzungen anhalten …"),
        "people-act-end-sessions": ("End all sessions …", "Alle Sitzungen beenden …"),
        "people-acts-none": ("Nothing.", "Nichts."),
        "people-reset-factors-does": (
            (
                "Takes away what {user} proves a second factor with, and gives you a start code for one "
                "sign-in with the password. {user} is told."
            ),
            (
                "Nimmt {user} alles, womit ein zweiter Faktor gezeigt wird, und gibt Ihnen einen Startcode "
                "für eine Anmeldung mit dem Passwort. {user} wird benachrichtigt."
            ),
        ),
        "people-create": ("Make an account", "Ein Konto anlegen"),
        "people-create-says": (
            (
                "With a start password that is shown once and must be changed at the first sign-in. Which "
                "groups somebody is in stays with people.csv, or the company's directory."
            ),
            (
                "Mit einem Startpasswort, das einmal gezeigt wird und bei der ersten Anmeldung zu ändern "
                "ist. In welchen Gruppen jemand ist, steht weiter in people.csv oder im Verzeichnis der "
                "Firma."
            ),
        ),
        "people-create-user": (
            "Name, the part before the colon",
            "Name, der Teil vor dem Doppelpunkt",
        ),
        "people-create-name": ("What they are called", "Wie die Person heißt"),
        "people-create-account-does": (
            "Makes {user} an account, and a start password that is shown once.",
            "Legt {user} ein Konto an, mit einem Startpasswort, das einmal gezeigt wird.",
        ),
        "people-reset-password-does": (
            (
                "Replaces the password of {user} by a start password that must be changed at the next "
                "sign-in. Sessions go on. {user} is told."
            ),
            (
                "Ersetzt das Passwort von {user} durch ein Startpasswort, das bei der nächsten Anmeldung "
                "geändert werden muss. Sitzungen laufen weiter. {user} wird benachrichtigt."
            ),
        ),
        "people-unlock-does": (
            "Forgets failed sign-ins of {user}, who can try again at once.",
            "Vergisst fehlgeschlagene Anmeldungen von {user}; ein neuer Versuch geht sofort.",
        ),
        "people-suspend-sessions-does": (
            "Refuses everything to every session of {user}; their keys are kept.",
            "Lehnt jeder Sitzung von {user} alles ab; die Schlüssel bleiben erhalten.",
        ),
        "people-end-sessions-does": (
            "Ends every session of {user} for good: their devices and the keys on them are deleted.",
            "Beendet jede Sitzung von {user} endgültig: Geräte und die Schlüssel darauf werden gelöscht.",
        ),
        "people-devices": ("Sessions and devices", "Sitzungen und Geräte"),
        "people-devices-none": (
            "Nobody is signed in as this person.",
            "Niemand ist als diese Person angemeldet.",
        ),
        "people-devices-all": ("All of their sessions", "Alle Sitzungen"),
        "people-factors": ("Second factors", "Zweite Faktoren"),
        "people-factors-none": (
            "None is set up: what a rule wants of two factors is refused to them.",
            "Keiner ist eingerichtet: Was nach den Regeln zwei Faktoren braucht, wird abgelehnt.",
        ),
        "people-codes": ("Recovery codes left", "Übrige Wiederherstellungscodes"),
        "people-factor": ("Kind", "Art"),
        "people-label": ("Label", "Bezeichnung"),
        "people-since": ("Since", "Seit"),
        "people-used": ("Last used", "Zuletzt benutzt"),
        "people-past": ("Latest sign-ins", "Letzte Anmeldungen"),
        "people-past-none": ("None is on record.", "Keine ist aufgezeichnet."),
        "people-at": ("When (UTC)", "Wann (UTC)"),
        "people-outcome": ("Outcome", "Ergebnis"),
        "people-address": ("From", "Von"),
        "people-client": ("Client", "Programm"),
        "people-records": (
            "What the record says of this person",
            "Was das Protokoll über diese Person sagt",
        ),
        "people-partners": ("With partners", "Mit Partnern"),
        "people-partners-says": (
            "What the rules allow between this person and each partner; a star means: under conditions.",
            "Was die Regeln zwischen ihr und jedem Partner erlauben; ein Stern heißt: unter Bedingungen.",
        ),
        "people-partners-none": ("No partner is named.", "Kein Partner ist benannt."),
        "people-partner": ("Partner", "Partner"),
        "people-to-them": ("To them", "Dorthin"),
        "people-to-us": ("From them", "Von dort"),
        "people-nothing": ("nothing", "nichts"),
        "people-device": ("Device", "Gerät"),
        "people-platform": ("System", "System"),
        "people-shown": ("Factors", "Faktoren"),
    }
)
