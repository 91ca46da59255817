"""Changes of the settings and faults of a document, in German, by their English."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

DIFFERENCES: Pairs = (
    ("party", "Kreis"),
    ("partner", "Partner"),
    ("kind of room", "Raumart"),
    ("issuer of certificates", "Aussteller von Zertifikaten"),
    ("inventory of devices", "Inventar von Geräten"),
    ("rule", "Regel"),
    ("guardrail", "Leitplanke"),
    ("table of {section}", "Tabelle von {section}"),
    ("New {kind} {name}: {becomes}", "Neu: {kind} {name}: {becomes}"),
    ("The {kind} {name} is new: {table}.", "Neu: {kind} {name}: {table}."),
    ("The {kind} {name} is removed.", "Entfernt: {kind} {name}."),
    ("The {kind} {name} is removed. It said: {was}", "Entfernt: {kind} {name}. Bisher: {was}"),
    (
        "The {kind} {name} changes. It said: {was} It says: {becomes}",
        "Geändert: {kind} {name}. Bisher: {was} Neu: {becomes}",
    ),
    (
        "The {kind} {name} decides as before; what differs is {differing}.",
        "{kind} {name} entscheidet wie bisher; anders ist nur {differing}.",
    ),
    ("the order of words", "die Reihenfolge der Wörter"),
    ("was {old}", "{old}"),
    ("was not set", "nicht gesetzt"),
    ("{path} becomes {new} (it {was}).", "{path} wird {new} (bisher {was})."),
    ("{path} is no longer set (it was {old}).", "{path} ist nicht mehr gesetzt (bisher {old})."),
)

EDITS: Pairs = (
    (
        "`{path}` can't be changed in the way it is written; edit the text itself",
        (
            "`{path}` lässt sich so, wie es geschrieben ist, nicht ändern; bearbeiten Sie den "
            "Text selbst"
        ),
    ),
    (
        "`{path}` is a table with lines of its own; set its single settings",
        "`{path}` ist eine Tabelle mit eigenen Zeilen; setzen Sie die einzelnen Einstellungen",
    ),
    ("there is no rule `{id}` in `{section}`", "es gibt keine Regel `{id}` in `{section}`"),
    ("`{path}` is not in the document", "`{path}` steht nicht im Dokument"),
    (
        "there is a rule `{id}` already; remove it first, or choose another name",
        (
            "es gibt schon eine Regel `{id}`; entfernen Sie sie zuerst, oder wählen Sie einen "
            "anderen Namen"
        ),
    ),
    (
        "`{value}` is not a value; texts stand in quotes, lists in brackets",
        "`{value}` ist kein Wert; Texte stehen in Anführungszeichen, Listen in eckigen Klammern",
    ),
    (
        "`{path}` is not the path of a setting, such as `media.max_upload`",
        "`{path}` ist kein Pfad einer Einstellung, wie etwa `media.max_upload`",
    ),
    (
        "the document has faults of syntax; mend them first (`check`)",
        "das Dokument hat Fehler in der Schreibweise; beheben Sie sie zuerst (`check`)",
    ),
    (
        "`{name}` is a value and no table, so nothing can be set in it",
        "`{name}` ist ein Wert und keine Tabelle; darin lässt sich nichts setzen",
    ),
    ("line {line}{path}: {message}{hint}", "Zeile {line}{path}: {message}{hint}"),
    (" ({hint})", " ({hint})"),
    ("did you mean `{word}`?", "meinten Sie `{word}`?"),
)

DONE: Pairs = (
    ("token {id}", "Token {id}"),
    ("change {id} is {state}", "Änderung {id} ist {state}"),
    ("{count} sessions of {user}", "{count} Sitzungen von {user}"),
    ("the session of {user} is {state}{because}", "die Sitzung von {user}: {state}{because}"),
    (" ({why})", " ({why})"),
    ("Revision {revision} stays in force.", "Revision {revision} gilt weiter."),
    (
        "change {id} is kept and waits; nothing is changed yet",
        "Änderung {id} ist aufbewahrt und wartet; noch ist nichts geändert",
    ),
    ("somebody else approves it with `{command}`", "jemand anderes gibt sie frei mit `{command}`"),
)

KINDS: Pairs = (
    ("a whole number", "eine ganze Zahl"),
    ("a date", "ein Tag"),
    ("a list of texts", "eine Liste von Texten"),
    ("a list of {words}", "eine Liste, {words}"),
    ("one of {words}", "eines von {words}"),
    ("two names", "zwei Namen"),
    ("true or false", "true oder false"),
    ("a text", "ein Text"),
    ("a size", "eine Größe"),
    ("a duration", "eine Dauer"),
)
