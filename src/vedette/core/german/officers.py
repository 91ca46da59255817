"""What ends by itself, and whether anybody is left who may change the settings, in German."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

ENDING: Pairs = (
    ("{what}, in {days} days", "{what}, in {days} Tagen"),
    ("the allow `{name}` ends on {day}", "die Erlaubnis `{name}` endet am {day}"),
    ("the allow `{name}` ended on {day}", "die Erlaubnis `{name}` endete am {day}"),
    ("the partner `{name}` ends on {day}", "der Partner `{name}` endet am {day}"),
    ("the partner `{name}` ended on {day}", "der Partner `{name}` endete am {day}"),
    (
        "the key `{key}` of the partner `{name}` ends on {day}",
        "der Schlüssel `{key}` des Partners `{name}` endet am {day}",
    ),
    (
        "the key `{key}` of the partner `{name}` ended on {day}",
        "der Schlüssel `{key}` des Partners `{name}` endete am {day}",
    ),
    (
        "have the partner confirm the key that it prints, and name it in {path}",
        "lassen Sie sich den gezeigten Schlüssel vom Partner bestätigen und nennen Sie ihn in {path}",
    ),
    (
        "the CA `{subject}` of the partner `{name}` ends on {day}",
        "die CA `{subject}` des Partners `{name}` endet am {day}",
    ),
    (
        "the CA `{subject}` of the partner `{name}` ended on {day}",
        "die CA `{subject}` des Partners `{name}` endete am {day}",
    ),
    (
        "get the partner's new CA and name it in {path}, beside the old one",
        "holen Sie sich die neue CA des Partners und nennen Sie sie in {path}, neben der alten",
    ),
    (
        "the token `{id}` of `{user}` ({reason}) ends on {day}",
        "das Token `{id}` von `{user}` ({reason}) endet am {day}",
    ),
    (
        "the token `{id}` of `{user}` ({reason}) ended on {day}",
        "das Token `{id}` von `{user}` ({reason}) endete am {day}",
    ),
    (
        "make a new one in the console, and remove this one",
        "machen Sie in der Konsole ein neues und entfernen Sie dieses",
    ),
)
OFFICERS: Pairs = (
    (
        "the list of people leaves nobody who may change the settings, so that right stays with {whom}",
        (
            "nach der Liste der Personen bliebe niemand, der die Einstellungen ändern darf; darum bleibt "
            "dieses Recht bei {whom}"
        ),
    ),
    (
        "or take the list as it is: `vedette directory sync --confirm`",
        "oder die Liste nehmen, wie sie ist: `vedette directory sync --confirm`",
    ),
    (
        "nobody but the local administrator could change the settings",
        "niemand außer der lokalen Verwaltung könnte die Einstellungen ändern",
    ),
    (
        "nobody but the local administrator could change the settings any more",
        "niemand außer der lokalen Verwaltung könnte die Einstellungen noch ändern",
    ),
    (
        "nobody could change the settings without `vedette recover`",
        "niemand könnte die Einstellungen ohne `vedette recover` ändern",
    ),
    (
        "somebody may change the settings again",
        "es gibt wieder jemanden, der die Einstellungen ändern darf",
    ),
    (
        (
            "nobody who may change the settings could sign in: {whom} have no account, or lack the proof "
            "that the rules ask for"
        ),
        (
            "niemand, der die Einstellungen ändern darf, könnte sich anmelden: {whom} haben kein Konto, "
            "oder der Nachweis fehlt, den die Regeln verlangen"
        ),
    ),
    (
        "prints a code to begin with; without an account: `vedette user add`",
        "gibt einen Code für den Anfang aus; ohne Konto: `vedette user add`",
    ),
    (
        "the local token may still change the settings, though {count} people may",
        "das lokale Token darf noch die Einstellungen ändern, obwohl {count} Personen es dürfen",
    ),
    (
        "1 person may change the settings and can sign in",
        "1 Person darf die Einstellungen ändern und kann sich anmelden",
    ),
    (
        "{count} people may change the settings and can sign in",
        "{count} Personen dürfen die Einstellungen ändern und können sich anmelden",
    ),
    (
        "let a rule allow somebody `administration:settings:apply`",
        "lassen Sie eine Regel jemandem `administration:settings:apply` erlauben",
    ),
    (
        "put somebody into the group {groups} in the company's directory",
        "nehmen Sie im Verzeichnis der Firma jemanden in die Gruppe {groups} auf",
    ),
    (
        "put somebody into the group {groups} in `{table}`",
        "nehmen Sie in `{table}` jemanden in die Gruppe {groups} auf",
    ),
    (
        (
            "once rule `{rule}` has ended on {day}, nobody would be left who may change the settings and "
            "could sign in"
        ),
        (
            "ist die Regel `{rule}` am {day} zu Ende, bliebe niemand, der die Einstellungen ändern darf "
            "und sich anmelden könnte"
        ),
    ),
    (
        "give the rule no end, or let a rule without one allow it too",
        "geben Sie der Regel kein Ende, oder lassen Sie eine ohne Ende dasselbe erlauben",
    ),
)
