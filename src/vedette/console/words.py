"""The sentences that every page of the console may say. Each page's own stand beside it."""

from __future__ import annotations

from types import MappingProxyType

from vedette.console.page import Words

WORDS: Words = MappingProxyType(
    {
        # ---- around every page
        "skip": ("Skip to the content", "Zum Inhalt springen"),
        "console": ("Console", "Konsole"),
        "navigation": ("Pages", "Seiten"),
        "sign-out": ("Sign out", "Abmelden"),
        "sign-in": ("Sign in", "Anmelden"),
        "language": ("Sprache: Deutsch", "Language: English"),
        "you-are": ("Signed in as {user}", "Angemeldet als {user}"),
        "may-nothing": (
            "You may administer nothing here. Ask your security office if that is a mistake.",
            "Sie dürfen hier nichts verwalten. Fragen Sie Ihr Sicherheitsbüro, wenn das ein Irrtum ist.",
        ),
        # ---- navigation
        "overview": ("Overview", "Überblick"),
        "settings": ("Settings", "Einstellungen"),
        "grid": ("Who may do what", "Wer darf was"),
        "partners": ("Partners", "Partner"),
        "sessions": ("Sessions", "Sitzungen"),
        "certificates": ("Certificates", "Zertifikate"),
        "managed-devices": ("Managed devices", "Verwaltete Geräte"),
        "people": ("People", "Personen"),
        "directory": ("Directory", "Verzeichnis"),
        "files": ("Files", "Dateien"),
        "rooms": ("Rooms", "Räume"),
        "changes": ("Changes", "Änderungen"),
        "audit": ("Audit", "Protokoll"),
        "administrators": ("Administrators", "Verwaltende"),
        # ---- coming in, and being out
        "out": ("You are not signed in", "Sie sind nicht angemeldet"),
        "signed-out": ("You are signed out", "Sie sind abgemeldet"),
        "signed-out-says": (
            "Your session has ended. Nothing of it can be used any more.",
            "Ihre Sitzung ist beendet. Nichts davon kann mehr benutzt werden.",
        ),
        "ended-idle": (
            (
                "This sign-in is over: it was left alone for too long, or somebody ended it. Please sign "
                "in again."
            ),
            (
                "Diese Anmeldung ist vorbei: Sie wurde zu lange nicht benutzt, oder jemand hat sie "
                "beendet. Bitte melden Sie sich neu an."
            ),
        ),
        "ended-session": (
            (
                "Your session has ended. Somebody may have ended it, or its time is over. Please sign in "
                "again."
            ),
            (
                "Ihre Sitzung ist beendet. Jemand hat sie beendet, oder ihre Zeit ist um. Bitte melden "
                "Sie sich neu an."
            ),
        ),
        "ended-suspended": (
            (
                "Your session is suspended: a rule or somebody in your organisation holds it. Signing in "
                "anew may help; if not, ask your security office."
            ),
            (
                "Ihre Sitzung ist angehalten, durch eine Regel oder von jemandem in Ihrer "
                "Organisation. Eine neue Anmeldung kann helfen; wenn nicht, fragen Sie Ihr "
                "Sicherheitsbüro."
            ),
        ),
        "ended-person": (
            (
                "Your account is not one that may be here: it is deactivated, a guest's, or not known to "
                "the directory. Ask your security office."
            ),
            (
                "Ihr Konto darf nicht hier sein: Es ist gesperrt, das eines Gasts oder dem Verzeichnis "
                "unbekannt. Fragen Sie Ihr Sicherheitsbüro."
            ),
        ),
        "one-factor": (
            (
                "The console wants two different proofs of who you are, whatever the settings say, and "
                "this sign-in showed one. Set up a passkey or a code app on your own pages, and sign in "
                "again."
            ),
            (
                "Die Konsole verlangt zwei verschiedene Nachweise, was auch immer eingestellt ist, und "
                "diese Anmeldung brachte nur einen. Richten Sie auf Ihren eigenen Seiten einen Passkey "
                "oder eine Code-App ein, und melden Sie sich neu an."
            ),
        ),
        "way-lost": (
            (
                "This sign-in was begun too long ago, in another browser, or was used already. Please "
                "begin again."
            ),
            (
                "Diese Anmeldung wurde vor zu langer Zeit oder in einem anderen Browser begonnen oder "
                "schon benutzt. Bitte beginnen Sie von vorn."
            ),
        ),
        "way-other": (
            (
                "The answer that your browser brought is not one to this sign-in, so nobody was let in. "
                "Please begin again."
            ),
            (
                "Die Antwort, die Ihr Browser brachte, gehört nicht zu dieser Anmeldung; niemand wurde "
                "eingelassen. Bitte beginnen Sie von vorn."
            ),
        ),
        "way-refused": (
            "You were not signed in: it was cancelled, or refused. Please begin again.",
            (
                "Sie wurden nicht angemeldet: Es wurde abgebrochen oder abgelehnt. Bitte beginnen Sie "
                "von vorn."
            ),
        ),
        # ---- what can go wrong
        "refused": ("You may not do this", "Das dürfen Sie nicht"),
        "not-done": ("Nothing was changed", "Es wurde nichts geändert"),
        "nothing-here": ("There is nothing here", "Hier ist nichts"),
        "nothing-here-says": (
            "No page of the console is at this address.",
            "Unter dieser Adresse liegt keine Seite der Konsole.",
        ),
        "foreign": ("This was not sent from here", "Das wurde nicht von hier gesendet"),
        "foreign-says": (
            (
                "The form did not come from a page of this console that you opened, so nothing was done. "
                "Open the page again, and send it from there."
            ),
            (
                "Das Formular kam nicht von einer Seite dieser Konsole, die Sie geöffnet haben; es wurde "
                "nichts getan. Öffnen Sie die Seite neu, und senden Sie es von dort."
            ),
        ),
        "too-large": ("This is too large", "Das ist zu groß"),
        "too-large-says": (
            "A form of the console has at most {bytes} bytes.",
            "Ein Formular der Konsole hat höchstens {bytes} Bytes.",
        ),
        "away": ("This can't be done right now", "Das geht gerade nicht"),
        "away-says": (
            (
                "Something that the console needs does not answer. Nothing was changed; please try again "
                "in a moment."
            ),
            (
                "Etwas, das die Konsole braucht, antwortet nicht. Es wurde nichts geändert; bitte "
                "versuchen Sie es gleich noch einmal."
            ),
        ),
        "broken": ("Something went wrong here", "Hier ist etwas schiefgegangen"),
        "broken-says": (
            "Nothing was let through. Your administrator finds the cause in control's log file.",
            "Es wurde nichts durchgelassen. Die Ursache steht in der Logdatei von control.",
        ),
        "faults": ("Faults", "Fehler"),
        "line": ("line {line}", "Zeile {line}"),
        "record": ("Record", "Eintrag"),
        # ---- under every change
        "single-commands": ("Each part as a command of its own", "Jeder Teil als eigener Befehl"),
        "working": (
            "It is being done. Some things take a while, such as starting Synapse again; stay here.",
            (
                "Es wird getan. Manches dauert eine Weile, etwa Synapse neu zu starten; bleiben Sie "
                "auf dieser Seite."
            ),
        ),
        "waits-there": ("Look at the change that waits", "Die wartende Änderung ansehen"),
        "review": ("Look before it is applied", "Ansehen, bevor es gilt"),
        "does": ("What this does", "Was das bewirkt"),
        "nothing-changes": (
            "Nothing that decides changes.",
            "Nichts, das entscheidet, ändert sich.",
        ),
        "warnings": ("Worth knowing", "Gut zu wissen"),
        "effect": ("At once", "Sofort"),
        "widens": (
            "It may allow more towards: {parties}.",
            "Es kann mehr erlauben gegenüber: {parties}.",
        ),
        "restart": (
            (
                "Synapse reads this only when it starts, and is started again for it some seconds after: "
                "{paths}. Clients wait for a moment; nothing that was accepted is lost."
            ),
            (
                "Synapse liest das nur, wenn es startet, und wird einige Sekunden danach dafür neu "
                "gestartet: {paths}. Programme warten einen Augenblick; nichts Angenommenes geht verloren."
            ),
        ),
        "command": ("The same as a command", "Dasselbe als Befehl"),
        "call": ("The same as a call of the API", "Dasselbe als Aufruf der API"),
        "copy": ("Copy", "Kopieren"),
        "copied": ("Copied", "Kopiert"),
        "base-says": (
            (
                "Applied here, it also says that it stands on revision {base}: if somebody has changed "
                "the settings since, nothing is overwritten."
            ),
            (
                "Von hier angewendet, nennt die Änderung auch Revision {base}, auf der sie beruht: Hat "
                "inzwischen jemand die Einstellungen geändert, wird nichts überschrieben."
            ),
        ),
        "reason": ("Reason", "Grund"),
        "reason-says": (
            "It stands in the history and in the record for good.",
            "Er steht dauerhaft im Verlauf und im Protokoll.",
        ),
        "show": ("Look at it", "Ansehen"),
        "apply": ("Apply", "Anwenden"),
        "back": ("Back", "Zurück"),
        "trial": (
            "Revision {number} might shut somebody out.",
            "Revision {number} könnte jemanden aussperren.",
        ),
        "trial-says": (
            (
                "It returns to revision {back} by itself at {at}, unless somebody who gets in says that it "
                "stays."
            ),
            (
                "Sie kehrt um {at} von selbst zu Revision {back} zurück, wenn niemand, der hereinkommt, "
                "sagt, dass sie bleibt."
            ),
        ),
        "confirm": ("Let it stay", "Revision behalten"),
        "done": ("Done", "Erledigt"),
        "waits": (
            "It waits, and nothing is changed yet",
            "Es wartet, und noch ist nichts geändert",
        ),
        "revision-now": (
            "Revision {number} is in force.",
            "Revision {number} gilt jetzt.",
        ),
        "secret": ("Shown only now", "Nur jetzt zu sehen"),
        "secret-says": (
            (
                "Hand it on by a way that you trust, such as printed and in person. Nobody can have it "
                "shown again, and the record says that you saw it."
            ),
            (
                "Geben Sie es auf einem Weg weiter, dem Sie trauen, etwa ausgedruckt und persönlich. "
                "Niemand kann es noch einmal sehen, und das Protokoll sagt, dass Sie es gesehen haben."
            ),
        ),
        "print": ("Print", "Drucken"),
        "quoted": ("“{words}”", "„{words}“"),
        # ---- lists
        "list-any": ("any", "beliebig"),
        "list-look": ("Search", "Suchen"),
        "list-all": ("Show all", "Alle zeigen"),
        "list-csv": ("As a table (CSV)", "Als Tabelle (CSV)"),
        "list-total": ("{count} in all", "{count} insgesamt"),
        "list-next": ("Next page", "Nächste Seite"),
        "list-first": ("From the beginning", "Von vorn"),
        "list-nothing": (
            "Nothing matches. Take a filter away to see more.",
            "Nichts passt. Nehmen Sie einen Filter weg, um mehr zu sehen.",
        ),
        "list-none-yet": (
            "Nothing was found so far, and not all was looked through. The next page goes on.",
            "Bisher nichts, aber noch ist nicht alles durchsucht. Die nächste Seite sucht weiter.",
        ),
        "doors-answer": ("What the doors answer", "Was die Türen antworten"),
    }
)
