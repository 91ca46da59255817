"""What the pages about files say."""

from __future__ import annotations

from types import MappingProxyType

from vedette.console.page import Words

WORDS: Words = MappingProxyType(
    {
        "files-intro": (
            (
                "Files that nobody can fetch. What waits is asked about again every two seconds; what "
                "you withhold stays so until somebody releases it."
            ),
            (
                "Dateien, die niemand abrufen kann. Was wartet, wird alle zwei Sekunden neu beurteilt; was "
                "Sie zurückhalten, bleibt es, bis jemand es freigibt."
            ),
        ),
        "files-text": ("Name or id", "Name oder Kennung"),
        "files-user": ("Sent by", "Gesendet von"),
        "files-state": ("State", "Zustand"),
        "files-name": ("File", "Datei"),
        "files-declared": ("Declared as", "Angegeben als"),
        "files-size": ("Bytes", "Bytes"),
        "files-created": ("Since (UTC)", "Seit (UTC)"),
        "files-id": ("Id", "Kennung"),
        "files-state-withheld": (
            "withheld by an administrator",
            "von der Verwaltung zurückgehalten",
        ),
        "files-state-unjudged": (
            "not judged by the member yet",
            "vom Mitglied noch nicht beurteilt",
        ),
        "files-state-waiting": ("waits to be looked at", "wartet auf die Prüfung"),
        "files-state-refused": ("refused by a rule", "von einer Regel verweigert"),
        "files-state-open": ("open", "offen"),
        "files-state-quarantined": ("quarantined in Synapse", "in Synapse in Quarantäne"),
        "files-unnamed": ("without a name", "ohne Namen"),
        "files-elsewhere": ("the server {server}", "der Server {server}"),
        "files-empty": (
            "No file is held: everything that came was judged.",
            "Keine Datei wird zurückgehalten: Alles, was kam, ist beurteilt.",
        ),
        "files-refused": ("Uploads refused at once", "Sofort verweigerte Dateien"),
        "files-refused-intro": (
            (
                "Of these nothing was kept but the record: the rules refused them before they were "
                "stored. A refusal is undone by changing the rule, and sending the file again."
            ),
            (
                "Von diesen blieb nur der Eintrag im Protokoll: Die Regeln verweigerten sie, bevor sie "
                "gespeichert wurden. Rückgängig wird das, indem man die Regel ändert und die Datei neu "
                "sendet."
            ),
        ),
        "files-refused-record": ("Record: why", "Eintrag: warum"),
        "files-refused-at": ("When (UTC)", "Wann (UTC)"),
        "files-refused-user": ("Sent by", "Gesendet von"),
        "files-refused-what": ("What it is", "Was sie ist"),
        "files-refused-size": ("Bytes", "Bytes"),
        "files-refused-rule": ("Rule", "Regel"),
        "files-refused-say": ("What the person read", "Was die Person las"),
        "files-refused-since": ("From day (UTC)", "Von Tag (UTC)"),
        "files-refused-until": ("To day (UTC)", "Bis Tag (UTC)"),
        "files-refused-empty": ("No upload was refused.", "Keine Datei wurde verweigert."),
        "files-unseen": ("not looked at", "nicht angesehen"),
        "files-back": ("Files that are held", "Zurückgehaltene Dateien"),
        "files-one": ("File {name}", "Datei {name}"),
        "files-find": ("A file by its address", "Eine Datei nach ihrer Adresse"),
        "files-find-says": (
            "For a file that nobody holds yet. Its address stands in its event: mxc://server/id.",
            "Für eine Datei, die noch niemand zurückhält. Ihre Adresse steht in ihrem Ereignis: mxc://server/id.",
        ),
        "files-address": ("Address", "Adresse"),
        "files-open-it": ("Open", "Öffnen"),
        "files-what": ("What is in it", "Was darin ist"),
        "files-unknown-content": (
            "Nobody knows yet. Whoever releases it answers for it: rules read that as file.released.",
            (
                "Noch weiß es niemand. Wer sie freigibt, steht dafür ein: Regeln lesen das als "
                "„file.released“."
            ),
        ),
        "files-encrypted": ("Encrypted", "Verschlüsselt"),
        "files-active": ("Does something when opened", "Tut etwas beim Öffnen"),
        "files-macros": ("Macros", "Makros"),
        "files-polyglot": ("Can be read as two kinds", "Als zwei Arten lesbar"),
        "files-protected": ("Locked with a password", "Mit Passwort verschlossen"),
        "files-malware": ("A virus was found", "Ein Virus wurde gefunden"),
        "files-whole": ("Everything in it was looked at", "Alles darin wurde angesehen"),
        "files-yes": ("yes", "ja"),
        "files-no": ("no", "nein"),
        "files-unknown": ("not learnt", "nicht bekannt"),
        "files-kind": ("Kind", "Art"),
        "files-type": ("Type", "Typ"),
        "files-parts": ("In it", "Darin"),
        "files-outlook": ("What the rules say of it now", "Was die Regeln jetzt dazu sagen"),
        "files-outlook-yes": (
            "Released, it passes: each fetch is still decided by the rules, for whoever fetches it.",
            (
                "Freigegeben geht sie durch: Jeder Abruf wird weiterhin nach den Regeln entschieden, "
                "für die Person, die abruft."
            ),
        ),
        "files-outlook-no": (
            (
                "The rules refuse it. It stays refused, whoever would release it, until the rules are "
                "changed."
            ),
            (
                "Die Regeln verweigern sie. Sie bleibt verweigert, wer auch immer sie freigäbe, bis die "
                "Regeln geändert sind."
            ),
        ),
        "files-outlook-not-yet": (
            (
                "A rule wants to know of it what nobody knows. It stays held until that is known, or "
                "until the rules are changed."
            ),
            (
                "Eine Regel will davon wissen, was niemand weiß. Sie bleibt zurückgehalten, bis das "
                "bekannt ist oder die Regeln geändert sind."
            ),
        ),
        "files-rule": ("Rule", "Regel"),
        "files-answer": ("Answer", "Antwort"),
        "files-answer-yes": ("yes", "ja"),
        "files-answer-no": ("no", "nein"),
        "files-answer-not-yet": ("not yet", "noch nicht"),
        "files-because": ("Why", "Warum"),
        "files-records": ("What the record says of it", "Was das Protokoll darüber sagt"),
        "files-acts": ("What you may do", "Was Sie tun dürfen"),
        "files-acts-none": ("Nothing.", "Nichts."),
        "files-own": (
            "You sent it yourself: somebody else releases it.",
            "Sie haben sie selbst gesendet: Jemand anderes gibt sie frei.",
        ),
        "files-act-release-file": ("Release …", "Freigeben …"),
        "files-act-hold-file": ("Withhold …", "Zurückhalten …"),
        "files-release-does": (
            (
                "Releases {file}, if the rules have nothing against it. Each fetch is then decided by the "
                "rules, and its sender is told."
            ),
            (
                "Gibt {file} frei, wenn die Regeln nichts dagegen haben. Jeder Abruf wird dann nach den "
                "Regeln entschieden, und wer sie sandte, erfährt es."
            ),
        ),
        "files-hold-does": (
            (
                "Keeps {file} from everybody: every later fetch is refused, until somebody releases it. "
                "What was fetched before is not taken back. Its sender is told."
            ),
            (
                "Hält {file} vor allen zurück: Jeder spätere Abruf wird verweigert, bis jemand sie "
                "freigibt. Was schon abgerufen ist, kommt nicht zurück. Wer sie sandte, erfährt es."
            ),
        ),
    }
)
"""Sentences by key, in English and in German."""
