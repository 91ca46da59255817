"""What is found when an organisation is looked at, in German, by the English of the findings."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

DOCTOR: Pairs = (
    (
        "the company's directory does not answer, and people are as it told them last: {why}",
        (
            "das Verzeichnis der Firma antwortet nicht, und die Personen bleiben, wie es sie zuletzt "
            "nannte: {why}"
        ),
    ),
    (
        (
            "the directory's new list would take away {taken} of {of} people at once, so the last "
            "good one stays in force, and whoever is new or enabled again waits too; look at them and "
            "confirm with `vedette directory sync --confirm`"
        ),
        (
            "die neue Liste des Verzeichnisses nähme auf einmal {taken} von {of} Personen weg; darum "
            "gilt die letzte gute weiter, und auch wer neu ist oder wieder eingeschaltet wurde, wartet. "
            "Sehen Sie nach und bestätigen Sie mit `vedette directory sync --confirm`"
        ),
    ),
    (
        "changes are seen once a minute: {why}",
        "Änderungen werden einmal je Minute bemerkt: {why}",
    ),
    (
        "some people can't be users: {which}",
        "manche Personen können keine Benutzer sein: {which}",
    ),
    (
        "the company's directory was not read yet",
        "das Verzeichnis der Firma wurde noch nicht gelesen",
    ),
    (
        "`{server}` tells {people} people and {groups} groups",
        "`{server}` nennt {people} Personen und {groups} Gruppen",
    ),
    (
        "control answers; revision {revision} is in force",
        "control antwortet; Revision {revision} gilt",
    ),
    (
        "control does not answer on {listen}; doors go on with what they last heard",
        (
            "control antwortet nicht auf {listen}; die Türen arbeiten mit dem weiter, was sie "
            "zuletzt bekommen haben"
        ),
    ),
    ("`{path}` was not written yet", "`{path}` wurde noch nicht geschrieben"),
    (
        "`{path}` is not what was written there: edited by hand, or written by an older version",
        (
            "`{path}` ist nicht, was dort geschrieben wurde: von Hand bearbeitet, oder von einer "
            "älteren Fassung geschrieben"
        ),
    ),
    (
        "Synapse runs with older values of {keys}; `vedette up` starts it again within seconds",
        (
            "Synapse läuft mit älteren Werten von {keys}; `vedette up` startet es binnen Sekunden "
            "neu"
        ),
    ),
    ("where it does not run, or is older", "wo es nicht läuft oder älter ist"),
    ("it writes the file again", "schreibt die Datei neu"),
    (
        "Synapse's configuration is what the settings say",
        "Synapses Konfiguration ist, was die Einstellungen sagen",
    ),
    ("`{path}` is {value}. {risk}", "`{path}` ist {value}. {risk}"),
    (
        "partner `{name}` has no pinned key: whoever takes its DNS speaks in its name",
        (
            "Partner `{name}` hat keinen festen Schlüssel: Wer sein DNS übernimmt, spricht in "
            "seinem Namen"
        ),
    ),
    (
        "have the partner confirm what `{check}` prints, then: {command}",
        "lassen Sie den Partner bestätigen, was `{check}` ausgibt, dann: {command}",
    ),
    (
        "rule `{name}` only observes: it protects nothing",
        "Regel `{name}` beobachtet nur: Sie schützt nichts",
    ),
    ("others can read `{path}`", "andere können `{path}` lesen"),
    ("nobody else can read the secrets", "niemand sonst kann die Geheimnisse lesen"),
    (
        "the chain of `{process}` does not hold: {words}",
        "die Kette von `{process}` hält nicht: {words}",
    ),
    ("{chains} audit chains are whole", "{chains} Ketten des Protokolls sind unversehrt"),
    ("it says what the other side said", "sagt, was die andere Seite geantwortet hat"),
    (
        "there is no offline code: nobody can help when everybody is locked out",
        "es gibt keinen Notcode: Niemand kann helfen, wenn alle ausgesperrt sind",
    ),
    (
        "recovery is open (record {record}): rules do not hold the local token",
        "der Notzugang ist offen (Eintrag {record}): Regeln halten das lokale Token nicht auf",
    ),
    (
        "the offline code lies in `{path}`, where an intruder finds it",
        "der Notcode liegt in `{path}`, wo ihn findet, wer eindringt",
    ),
    ("once it is on paper and locked away", "sobald er auf Papier steht und weggeschlossen ist"),
    ("every door has what was sent last", "jede Tür hat, was zuletzt gesendet wurde"),
    ("{door} refused `{stream}`: {refused}", "{door} hat `{stream}` abgelehnt: {refused}"),
    ("control has sent nothing to {door} yet", "control hat an {door} noch nichts gesendet"),
    (
        "{door} has never run, or can't write its folder",
        "{door} lief noch nie oder kann seinen Ordner nicht beschreiben",
    ),
    (
        "{door} is behind: it has `{stream}` {in_force}, not {sent}",
        "{door} hängt nach: hat `{stream}` {in_force}, nicht {sent}",
    ),
    (
        "{door} has closed: its `{stream}` has expired",
        "{door} hat geschlossen: `{stream}` ist dort abgelaufen",
    ),
    ("closed: {words}", "geschlossen: {words}"),
    ("brings the Synapse that it was made for", "bringt das Synapse mit, für das es gemacht ist"),
    (
        "the list of people was not taken: {fault}",
        "die Liste der Personen wurde nicht übernommen: {fault}",
    ),
    ("it is read again by itself", "sie wird von selbst neu gelesen"),
    (
        "the clock is {ahead} seconds behind what was recorded or signed",
        "die Uhr geht {ahead} Sekunden hinter dem her, was aufgezeichnet oder signiert wurde",
    ),
    (
        "the clock says {when}; nothing was recorded after that",
        "die Uhr sagt {when}; danach wurde nichts aufgezeichnet",
    ),
    (
        "only {free} MiB are free; a full disk refuses everything",
        "nur noch {free} MiB sind frei; eine volle Platte lehnt alles ab",
    ),
    ("the last line is the biggest", "die letzte Zeile ist die größte"),
    (
        "the gateway's certificate `{path}` can't be read",
        "das Zertifikat des Gateways, `{path}`, lässt sich nicht lesen",
    ),
    (
        "the gateway's certificate ends in {days} days",
        "das Zertifikat des Gateways endet in {days} Tagen",
    ),
    (
        "the gateway's certificate lasts two weeks or more",
        "das Zertifikat des Gateways gilt noch zwei Wochen oder länger",
    ),
    ("it is read when control starts", "es wird gelesen, wenn control startet"),
    (
        "the console's certificate `{path}` can't be read",
        "das Zertifikat der Konsole, `{path}`, lässt sich nicht lesen",
    ),
    (
        "the console's certificate ends in {days} days",
        "das Zertifikat der Konsole endet in {days} Tagen",
    ),
    (
        "the console's certificate lasts two weeks or more",
        "das Zertifikat der Konsole gilt noch zwei Wochen oder länger",
    ),
    (
        "the certificate `{path}` can't be read, to which others push",
        "das Zertifikat `{path}`, an das andere schicken, lässt sich nicht lesen",
    ),
    (
        "no identity provider can push any more: the time of every token is over",
        "kein Identitätsanbieter kann mehr schicken: Die Zeit jedes Tokens ist um",
    ),
    (
        "the certificate to which others push ends in {days} days",
        "das Zertifikat, an das andere schicken, endet in {days} Tagen",
    ),
    (
        "the certificate to which others push lasts two weeks or more",
        "das Zertifikat, an das andere schicken, gilt noch zwei Wochen oder länger",
    ),
    ("{address} answers", "{address} antwortet"),
    ("{address}: {words}", "{address}: {words}"),
    ("the sign-in service", "der Anmeldedienst"),
    (
        "the responder that tells Synapse whose a token is",
        "der Dienst, der Synapse sagt, wem ein Token gehört",
    ),
    ("the sign-in store", "der Speicher der Anmeldung"),
    ("{what}: {trouble}", "{what}: {trouble}"),
    (
        "no key signs tokens yet; the sign-in service makes one when it starts",
        "noch signiert kein Schlüssel Token; der Anmeldedienst macht beim Start einen",
    ),
    ("without it every second factor is lost", "ohne ihn ist jeder zweite Faktor verloren"),
    ("the sign-in service lets people in", "der Anmeldedienst lässt Personen ein"),
    ("new files are held: {why}", "neue Dateien werden zurückgehalten: {why}"),
    ("or correct {path}", "oder {path} berichtigen"),
    ("YARA rules are not in force: {yara}", "YARA-Regeln gelten nicht: {yara}"),
    (
        "less is confined than could be, since this does not hold: {lacks}",
        "weniger ist abgeschottet, als sein könnte, denn dies hält nicht: {lacks}",
    ),
    (
        (
            "run it on a kernel with Landlock (6.7 or newer for ports) and seccomp, and where a "
            "container hides them, allow them"
        ),
        (
            "betreiben Sie es auf einem Kernel mit Landlock (für Ports ab 6.7) und seccomp, und "
            "erlauben Sie beides, wo ein Container es verbirgt"
        ),
    ),
    ("files are looked at", "Dateien werden geprüft"),
    (
        "the key that signs tokens is {days} days old",
        "der Schlüssel, der Token signiert, ist {days} Tage alt",
    ),
    (
        "the key that signs tokens is {days} days old and was not renewed",
        "der Schlüssel, der Token signiert, ist {days} Tage alt und wurde nicht erneuert",
    ),
    ("see {log}, then {command}", "sehen Sie in {log} nach, dann {command}"),
    (
        "{count} accounts have no second factor and had time for it: {named}{more}",
        "{count} Konten haben keinen zweiten Faktor, obwohl Zeit dafür war: {named}{more}",
    ),
    ("prints a code to begin with", "gibt einen Startcode aus"),
    ("nobody can choose a password: {trouble}", "niemand kann ein Passwort wählen: {trouble}"),
    (
        "new passwords are not compared with breached ones: no list of them is named",
        "neue Passwörter werden nicht mit bekannten verglichen: Keine Liste davon ist benannt",
    ),
)

RECOVERY: Pairs = (
    (
        "keep this machine as it is, and compare with the SIEM",
        "lassen Sie diesen Rechner, wie er ist, und vergleichen Sie mit dem SIEM",
    ),
    (
        (
            "record `{id}` of {when} was allowed under recovery, and nothing on record says that recovery "
            "was open then"
        ),
        (
            "Eintrag `{id}` vom {when} wurde im Notzugang erlaubt, und nichts im Protokoll sagt, dass der "
            "Notzugang da offen war"
        ),
    ),
    (
        "a change of `{author}` waits for its hour since {since}: {reason}",
        "eine Änderung von `{author}` wartet seit {since} auf ihre Zeit: {reason}",
    ),
    (
        "a change of `{author}` waits for a second person since {since}: {reason}",
        "eine Änderung von `{author}` wartet seit {since} auf eine zweite Person: {reason}",
    ),
    (
        "`{act}` of `{author}` waits for a second person since {since}: {reason}",
        "`{act}` von `{author}` wartet seit {since} auf eine zweite Person: {reason}",
    ),
)

CERTIFICATES: Pairs = (
    ("`{name}` is {days} days old", "`{name}` ist {days} Tage alt"),
    (
        "`{path}` ({name}) is named in the boot file and missing",
        "`{path}` ({name}) ist in der Boot-Datei genannt und fehlt",
    ),
    (
        "a certificate in `{path}` ({name}) ends in {days} days",
        "ein Zertifikat in `{path}` ({name}) endet in {days} Tagen",
    ),
    (" (`{subject}`)", " (`{subject}`)"),
    (
        "a CA{what} of the issuer `{name}` {words}",
        "eine CA{what} des Ausstellers `{name}` {words}",
    ),
    ("can't be read", "lässt sich nicht lesen"),
    (
        "is none: its certificate may not issue others",
        "ist keine: Ihr Zertifikat darf keine anderen ausstellen",
    ),
    (
        "has a key that is too weak or of a kind that is not taken",
        "hat einen Schlüssel, der zu schwach ist oder von einer Art, die nicht angenommen wird",
    ),
    ("has expired", "ist abgelaufen"),
    ("ends on {day}", "endet am {day}"),
    (
        "the gateway has not yet said what becomes of its certificate",
        "das Gateway hat noch nicht gesagt, was aus seinem Zertifikat wird",
    ),
    (
        "{count} orders in a row came to nothing: {trouble}. What serves lasts {days} days",
        (
            "{count} Bestellungen nacheinander blieben ohne Erfolg: {trouble}. Was dient, gilt noch {days} "
            "Tage"
        ),
    ),
    ("{advice}; then: {command}", "{advice}; dann: {command}"),
    (
        "the gateway's certificate should have been renewed, and was not",
        "das Zertifikat des Gateways hätte erneuert werden sollen und wurde es nicht",
    ),
    (
        "the gateway's certificate is ordered by itself, and lasts {days} days",
        "das Zertifikat des Gateways wird von selbst bestellt und gilt noch {days} Tage",
    ),
    (
        "`client_url` names `{host}`, for which no certificate is ordered",
        "`client_url` nennt `{host}`, wofür kein Zertifikat bestellt wird",
    ),
    (
        "add it to [gateway.acme] names in {path}",
        "nehmen Sie es in {path} unter [gateway.acme] in names auf",
    ),
)

EXAMINATION: Pairs = (
    ("or correct [gateway] in {path}", "oder [gateway] in {path} berichtigen"),
    ("{trouble}; {path} must say {wanted}", "{trouble}; {path} muss {wanted} sagen"),
    ("once it is served", "sobald es dort steht"),
    ("it answers {status}", "die Antwort ist {status}"),
    ("it leads somewhere else, or nowhere", "führt woanders hin, oder nirgends"),
    (
        "people are named in the record, since there is no key to seal them; a start makes it",
        (
            "Personen stehen mit Namen im Protokoll, weil der Schlüssel zum Versiegeln fehlt; ein"
            " Start macht ihn"
        ),
    ),
    (
        "`{path}` is missing: put it back from a backup, or move the other half away as well",
        (
            "`{path}` fehlt: holen Sie die Datei aus einer Sicherung zurück, oder nehmen Sie auch"
            " die andere Hälfte weg"
        ),
    ),
    ("{name}, as clients see it", "{name}, wie Programme es sehen"),
    ("{name}, as servers see it", "{name}, wie Server es sehen"),
    ("`{host}` is not in DNS", "`{host}` steht nicht im DNS"),
    ("`{server}` is not a valid server address", "`{server}` ist keine gültige Serveradresse"),
    (
        "its certificate is not trusted ({verify_message}); put one at {where}",
        "dem Zertifikat wird nicht getraut ({verify_message}); legen Sie eines nach {where}",
    ),
    ("it does not answer: {fault}", "keine Antwort: {fault}"),
    ("it does not answer on {path}: {fault}", "keine Antwort auf {path}: {fault}"),
    ("nobody listens on {address}: {fault}", "niemand hört auf {address}: {fault}"),
    (
        "the list of breached passwords `{path}` can't be read: {strerror}",
        "die Liste bekannter Passwörter, `{path}`, lässt sich nicht lesen: {strerror}",
    ),
    (
        "others connect to {host}:{port}, which is not {federation_name}",
        "andere verbinden sich mit {host}:{port}, und das ist nicht {federation_name}",
    ),
    (
        "set federation_name and federation to port {port} in {path}",
        "setzen Sie federation_name und federation in {path} auf Port {port}",
    ),
    ("what answers on {path} is no inspector", "was auf {path} antwortet, ist kein Prüfdienst"),
    ("file elsewhere", "Datei anderswo"),
    ("time-stamp authority", "Zeitstempeldienst"),
    (
        "no checkpoint leaves to the {way}: {fault}",
        "kein Prüfpunkt geht hinaus (Weg: {way}): {fault}",
    ),
    (
        "no checkpoint has left to the {way} for some minutes",
        "seit einigen Minuten ging kein Prüfpunkt hinaus (Weg: {way})",
    ),
    (
        "{size} bytes of records of `{process}` have not reached the SIEM",
        "{size} Bytes Einträge von `{process}` haben das SIEM nicht erreicht",
    ),
    (
        "how far records came on their way to the SIEM is not known: {fault}",
        "wie weit Einträge auf dem Weg zum SIEM gekommen sind, ist nicht bekannt: {fault}",
    ),
)

CHAINS: Pairs = (
    ("it holds", "sie hält"),
    ("its records are gone", "ihre Einträge sind fort"),
    (
        "what was recorded up to `{last}` was removed on {day}, its time being over",
        "was bis `{last}` aufgezeichnet war, wurde am {day} entfernt, weil seine Zeit um war",
    ),
    (
        "record `{last}`, which the checkpoint vouches for, is missing or altered",
        "Eintrag `{last}`, für den der Prüfpunkt bürgt, fehlt oder ist verändert",
    ),
    (
        "{vouched}: the log was written anew somewhere before it",
        "{vouched}: Das Protokoll wurde irgendwo davor neu geschrieben",
    ),
    (
        "{vouched}: the log was cut off {upto}, {length} are missing",
        "{vouched}: Das Protokoll wurde {upto} abgeschnitten, {length} fehlen",
    ),
    ("after `{last}`", "nach `{last}`"),
    ("before its first record", "vor dem ersten Eintrag"),
    ("whole; anchored up to `{anchored}`", "unversehrt; bis `{anchored}` verankert"),
    ("whole, but not anchored yet", "unversehrt, aber noch nicht verankert"),
    (
        "whole; a checkpoint vouches for it up to `{anchored}`",
        "unversehrt; ein Prüfpunkt bürgt bis `{anchored}` dafür",
    ),
    (
        "whole, but no checkpoint in the export vouches for it",
        "unversehrt, aber kein Prüfpunkt in der Ausgabe bürgt dafür",
    ),
)

ADVICE: Pairs = (
    ("the guardrail", "die Leitplanke"),
    ("the rule", "die Regel"),
    ("{kind} `{name}` is lacking: {sentence}", "{kind} `{name}` fehlt: {sentence}"),
    (
        "people may sign in with a single proof: whoever has a password is in",
        "Personen dürfen sich mit einem einzigen Nachweis anmelden: Wer ein Passwort hat, ist drin",
    ),
)

DOORS: Pairs = (
    ("revision {revision}", "Revision {revision}"),
    ("the list of {stream}", "die Liste {stream}"),
    ("{door}: {sent} in force", "{door}: {sent} gilt"),
    (
        "{door}: {sent} in force after {milliseconds} ms",
        "{door}: {sent} gilt nach {milliseconds} ms",
    ),
    ("{door}: refused {sent}: {why}", "{door}: {sent} abgelehnt: {why}"),
    (
        "{door}: no answer yet; it goes on with what it had, and takes {sent} as soon as it runs",
        (
            "{door}: noch keine Antwort; arbeitet weiter mit dem, was da war, und übernimmt "
            "{sent}, sobald sie läuft"
        ),
    ),
)
SHOWN: Pairs = (
    (
        "the settings name issuers of certificates, but there is no address to show one",
        "die Einstellungen nennen Aussteller von Zertifikaten, aber keine Adresse, eines zu zeigen",
    ),
    (
        "the {kind} `{place}` of issuer `{issuer}` fails: {why}",
        "{kind} `{place}` des Ausstellers `{issuer}` versagt: {why}",
    ),
    ("it is past its next update", "die Zeit der Liste oder Antwort ist abgelaufen"),
    ("or mend it at the CA", "oder bei der CA beheben"),
    (
        "every certificate of issuer `{issuer}` counts as two factors, also one whose key is in a file",
        (
            "jedes Zertifikat des Ausstellers `{issuer}` zählt als zwei Faktoren, auch eines, dessen "
            "Schlüssel in einer Datei liegt"
        ),
    ),
    (
        (
            "name the policy under which its CA makes keys in cards, or with `--usage` the usages "
            "that only cards have, or let it count as one"
        ),
        (
            "nennen Sie die Richtlinie, unter der die CA Schlüssel in Karten macht, oder mit "
            "`--usage` die Verwendungen, die nur Karten haben, oder lassen Sie es einfach zählen"
        ),
    ),
    (
        "{count} certificates in use end within 30 days",
        "{count} benutzte Zertifikate enden innerhalb von 30 Tagen",
    ),
    (
        "their people renew them at the company's CA",
        "ihre Inhaber erneuern sie bei der CA der Firma",
    ),
    (
        "what is known of revoked certificates is up to date",
        "was über gesperrte Zertifikate bekannt ist, ist aktuell",
    ),
    ("revocation list", "Sperrliste"),
    ("responder", "Auskunftsdienst"),
    (
        "the settings name no issuer `{issuer}`",
        "die Einstellungen nennen keinen Aussteller `{issuer}`",
    ),
    (
        "the issuers are: {names}; `vedette certificate list` shows them",
        "Aussteller sind: {names}; `vedette certificate list` zeigt sie",
    ),
    ("`{text}` is no serial number in hex", "`{text}` ist keine Seriennummer in Hex"),
    (
        "`openssl x509 -noout -serial -in CERTIFICATE.pem` prints it",
        "`openssl x509 -noout -serial -in ZERTIFIKAT.pem` gibt sie aus",
    ),
    ("no issuer is named", "kein Aussteller ist genannt"),
    ("`vedette certificate list` names them", "`vedette certificate list` nennt sie"),
)
