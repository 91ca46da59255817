"""The sentences of the box that says why."""

from __future__ import annotations

from types import MappingProxyType

from vedette.console.page import Words

WORDS: Words = MappingProxyType(
    {
        "why": ("Why", "Warum"),
        "why-title": ("Why, or why not", "Warum, oder warum nicht"),
        "why-lead": (
            (
                "Ask what would be decided, and see how it comes about, rule by rule. Nothing is done by "
                "it; that you asked is recorded."
            ),
            (
                "Fragen Sie, was entschieden würde, und sehen Sie Regel für Regel, wie es dazu kommt. Es "
                "bewirkt nichts; dass Sie gefragt haben, wird aufgezeichnet."
            ),
        ),
        "why-from": ("Who", "Wer"),
        "why-to": ("Towards whom", "Wem gegenüber"),
        "why-to-hint": (
            "A person; for contact in a room, whoever is to be invited.",
            "Eine Person; für Kontakt in einem Raum, wer eingeladen werden soll.",
        ),
        "why-room": ("Room", "Raum"),
        "why-room-hint": (
            (
                "A room's id: it is asked towards everybody who is there now, as the event door sees it. "
                "Leave “towards whom” empty then, but for contact."
            ),
            (
                "Die Kennung eines Raums: Gefragt wird allen gegenüber, die jetzt darin sind, wie die "
                "Ereignistür sie sieht. „Wem gegenüber“ bleibt dann leer, außer für Kontakt."
            ),
        ),
        "why-room-seen": ("The room", "Der Raum"),
        "why-room-unknown": ("not known", "nicht bekannt"),
        "why-room-frozen": ("frozen", "eingefroren"),
        "why-room-owner": ("Made at", "Angelegt bei"),
        "why-room-elsewhere": (
            "It belongs to another server: only what ours send, read and stay for is decided here.",
            (
                "Er gehört einem anderen Server: Hier wird nur entschieden, was unsere Leute senden, "
                "lesen und ob sie bleiben."
            ),
        ),
        "why-room-kind": ("Kind of room", "Raumart"),
        "why-room-encrypted": ("Encrypted", "Verschlüsselt"),
        "why-room-here": (
            "Who is there, by what the rules can tell apart",
            "Wer darin ist, nach dem, was die Regeln unterscheiden",
        ),
        "why-room-count": ("People", "Personen"),
        "why-room-parties": ("Parties", "Kreise"),
        "why-room-example": ("One of them", "Eine davon"),
        "why-room-more": ("More kinds of people are there.", "Es sind noch andere darin."),
        "why-room-nobody": (
            (
                "Who is there is not known: the room is still loading, or none of ours is in it. Ask "
                "again in a moment."
            ),
            (
                "Wer darin ist, ist nicht bekannt: Der Raum wird noch geladen, oder von uns ist niemand "
                "darin. Fragen Sie gleich noch einmal."
            ),
        ),
        "why-user-hint": (
            "A whole user id, such as @alice:example.org.",
            "Eine ganze Benutzerkennung, etwa @alice:example.org.",
        ),
        "why-channel": ("Channel", "Kanal"),
        "why-file": ("File name", "Dateiname"),
        "why-file-hint": (
            "It stands for an ordinary file of the kind that its ending says.",
            "Er steht für eine gewöhnliche Datei der Art, die seine Endung sagt.",
        ),
        "why-size": ("Size", "Größe"),
        "why-kind": ("Kind of file", "Dateiart"),
        "why-by-name": ("as its name says", "wie der Name sagt"),
        "why-facts": ("What else is known, one on a line", "Was sonst bekannt ist, eins je Zeile"),
        "why-facts-hint": (
            "Such as room.encrypted = yes, or claimed device.platform = android. It wins.",
            "Etwa room.encrypted = yes oder claimed device.platform = android. Es geht vor.",
        ),
        "why-registry": ("All facts", "Alle Tatsachen"),
        "why-registry-type": ("Kind", "Art"),
        "why-registry-meaning": ("Meaning", "Bedeutung"),
        "why-draft": (
            "Ask a draft instead of the settings in force",
            "Einen Entwurf fragen statt der geltenden Einstellungen",
        ),
        "why-draft-label": ("The whole document", "Das ganze Dokument"),
        "why-ask": ("Ask", "Fragen"),
        "why-record-ask": ("Or about a record", "Oder nach einem Eintrag"),
        "why-record-label": ("Record", "Eintrag"),
        "why-record-show": ("Show", "Zeigen"),
        "why-record": ("Why: record {record}", "Warum: Eintrag {record}"),
        # ---- the answer
        "why-answer-yes": ("Yes", "Ja"),
        "why-answer-no": ("No", "Nein"),
        "why-answer-not-yet": ("Not yet", "Noch nicht"),
        "why-in-draft": ("by the draft", "nach dem Entwurf"),
        "why-in-force": (
            "by revision {revision}, in force",
            "nach der geltenden Revision {revision}",
        ),
        "why-by-revision": ("by revision {revision}", "nach Revision {revision}"),
        "why-rule": ("Deciding rule", "Entscheidende Regel"),
        "why-no-rule": ("none: nothing allows it", "keine: Nichts erlaubt es"),
        "why-nearest": ("Allow that stops short of it", "Erlaubnis, die nicht so weit reicht"),
        "why-towards": ("Towards", "Gegenüber"),
        "why-reason": ("Reason", "Grund"),
        "why-pending": ("Still to be learnt", "Noch zu erfahren"),
        "why-unknown": ("Not known", "Nicht bekannt"),
        "why-person": ("What the person reads", "Was die Person liest"),
        "why-person-english": ("in Matrix clients:", "in Matrix-Programmen:"),
        "why-considered": ("Rule by rule", "Regel für Regel"),
        "why-considered-says": (
            (
                "First the rules that spoke about it, then those that nearly did. A forbid that holds, or "
                "that can't be checked, refuses; otherwise one allow that holds is enough."
            ),
            (
                "Zuerst die Regeln, die davon sprechen, dann die, die es beinahe tun. Ein Verbot, das "
                "gilt oder sich nicht prüfen lässt, weist ab; sonst genügt eine Erlaubnis, die gilt."
            ),
        ),
        "why-none-considered": (
            "No rule spoke about it, and none nearly did.",
            "Keine Regel spricht davon, auch keine beinahe.",
        ),
        "why-matched": ("Holds", "Gilt"),
        "why-matched-yes": ("yes", "ja"),
        "why-matched-no": ("no", "nein"),
        "why-matched-unknown": ("unknown", "unbekannt"),
        "why-matched-pending": ("pending", "offen"),
        "why-the-rule": ("Rule", "Regel"),
        "why-because": ("How it comes about", "Wie es dazu kommt"),
        # ---- a record
        "why-same-yes": (
            "Decided again with the rules of that revision, the answer is the same.",
            "Mit den Regeln jener Revision neu entschieden, ist die Antwort dieselbe.",
        ),
        "why-same-no": (
            "Decided again with the rules of that revision, the answer is another one.",
            "Mit den Regeln jener Revision neu entschieden, ist die Antwort eine andere.",
        ),
        "why-same-none": (
            (
                "The code answered, or the revision is not known any more: there is nothing to decide "
                "again."
            ),
            (
                "Der Code hat geantwortet, oder die Revision ist nicht mehr bekannt: Es gibt nichts neu "
                "zu entscheiden."
            ),
        ),
        "why-who": ("Who", "Wer"),
        "why-act": ("Act", "Handlung"),
        "why-at": ("When", "Wann"),
        "why-where": ("Where", "Wo"),
        "why-known": ("What was known", "Was bekannt war"),
        "why-fact": ("Fact", "Tatsache"),
        "why-value": ("Value", "Wert"),
        "why-claimed": ("only claimed", "nur behauptet"),
        "why-back": ("Ask something else", "Etwas anderes fragen"),
    }
)
