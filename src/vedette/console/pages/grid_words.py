"""The sentences of the grid and of a pair of parties."""

from __future__ import annotations

from types import MappingProxyType

from vedette.console.page import Words

WORDS: Words = MappingProxyType(
    {
        "grid-title": ("Who may do what with whom", "Wer darf was mit wem"),
        "grid-lead": (
            (
                "What the rules answer today between every two parties, by the same engine that "
                "answers at the doors. Choose a cell for the rules that make it so."
            ),
            (
                "Was die Regeln heute zwischen je zwei Kreisen antworten, berechnet von demselben "
                "Programmteil, der an den Türen antwortet. Ein Feld führt zu den Regeln dahinter."
            ),
        ),
        "grid-as-list": ("As a list", "Als Liste"),
        "grid-as-grid": ("As a grid", "Als Raster"),
        "grid-csv": ("As a table (CSV)", "Als Tabelle (CSV)"),
        "grid-why": ("Ask about two people", "Nach zwei Personen fragen"),
        "grid-party": ("Party in the row", "Kreis in der Zeile"),
        "grid-with": ("Party in the column", "Kreis in der Spalte"),
        "grid-from": ("From", "Von"),
        "grid-to": ("To", "An"),
        "grid-channel": ("Channel", "Kanal"),
        "grid-all-channels": ("all of them", "alle"),
        "grid-look": ("Show", "Zeigen"),
        "grid-all": ("Show all", "Alle zeigen"),
        "grid-rows": ("Rows {first} to {last} of {count}", "Zeilen {first} bis {last} von {count}"),
        "grid-columns": (
            "Columns {first} to {last} of {count}",
            "Spalten {first} bis {last} von {count}",
        ),
        "grid-before": ("Those before", "Vorige"),
        "grid-after": ("Those after", "Nächste"),
        "grid-none": (
            "No party has these letters in its name.",
            "Kein Kreis hat diese Buchstaben im Namen.",
        ),
        "grid-skip": ("Skip the grid", "Raster überspringen"),
        "grid-built-in": ("built in", "eingebaut"),
        "grid-own": ("own party", "eigener Kreis"),
        "grid-partner": ("partner", "Partner"),
        # ---- the letter that stands for a channel in a cell
        "grid-letter-message": ("M", "N"),
        "grid-letter-file": ("F", "D"),
        "grid-letter-call": ("C", "A"),
        "grid-letter-presence": ("P", "W"),
        "grid-letter-contact": ("K", "K"),
        "grid-letters": (
            (
                "{message} messages, {file} files, {call} calls, {presence} presence, {contact} contact "
                "(find, invite, join)"
            ),
            (
                "{message} Nachrichten, {file} Dateien, {call} Anrufe, {presence} Anwesenheit, "
                "{contact} Kontakt (finden, einladen, beitreten)"
            ),
        ),
        # ---- answers
        "grid-yes": ("yes", "ja"),
        "grid-conditions": ("under conditions", "unter Bedingungen"),
        "grid-some": ("partly", "teilweise"),
        "grid-forbidden": ("forbidden", "verboten"),
        "grid-no": ("no", "nein"),
        "grid-not-ours": ("not asked here", "hier nicht gefragt"),
        "grid-says-yes": ("for everybody in both parties", "für alle in beiden Kreisen"),
        "grid-says-conditions": (
            "such as the kind of file, or a proof of the device",
            "etwa die Dateiart oder ein Nachweis über das Gerät",
        ),
        "grid-says-some": (
            "for some of the people, or some kinds of call",
            "für manche der Personen, oder manche Arten von Anruf",
        ),
        "grid-says-forbidden": ("a rule forbids it", "eine Regel verbietet es"),
        "grid-says-no": ("nothing allows it", "nichts erlaubt es"),
        "grid-says-not-ours": (
            "both are elsewhere",
            "beide sind anderswo",
        ),
        "grid-observed": (
            "a rule that only observes would have a say",
            "eine Regel, die nur beobachtet, hätte mitzureden",
        ),
        "grid-observed-short": ("observed", "beobachtet"),
        "grid-arrows": (
            ("→ from the row to the column, ← from the column to the row, ↔ both ways alike"),
            (
                "→ von der Zeile zur Spalte, ← von der Spalte zur Zeile, ↔ in beide Richtungen gleich"
            ),
        ),
        "grid-anyone": (
            (
                "A party stands for everybody who is in it today, and for whoever would be in one of "
                "its groups alone. “anyone” is all of them together and has no row of its own."
            ),
            (
                "Ein Kreis steht für alle, die heute darin sind, und für Personen, die nur in einer "
                "seiner Verzeichnisgruppen wären. „anyone“ meint alle zusammen und hat keine eigene "
                "Zeile."
            ),
        ),
    }
)
