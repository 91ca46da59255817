"""Every setting in German, by its path; `<name>` stands for a name that the document gives."""

from __future__ import annotations

from vedette.core.german.sign_in import DEVICE_MANAGEMENT, DIRECTORY, ISSUERS, SIGN_IN
from vedette.core.german.synapse import SYNAPSE
from vedette.core.german.words import Words

_ORGANISATION = {
    "organisation.name": Words(
        "Name",
        "Der Name der Organisation, wie Menschen ihn in Sätzen und auf der Anmeldeseite lesen.",
        "Keines für das, was entschieden wird; ein falscher Name verwirrt.",
        "der Name auf Ihrem Briefkopf",
    ),
    "organisation.domain": Words(
        "Domain",
        "Der Matrix-Servername: was in jeder Benutzerkennung nach dem Doppelpunkt steht.",
        "Sie lässt sich später nicht ändern; jedes Konto und jeder Raum trägt sie.",
        "Ihre Mail-Domain",
    ),
    "parties.<name>.groups": Words(
        "Gruppen",
        "Verzeichnisgruppen, deren Mitglieder zum Kreis gehören.",
        "Wer die Gruppe bearbeiten darf, bestimmt, für wen die Regeln dieses Kreises gelten.",
        "Gruppen, die nur die Personalstelle bearbeitet",
    ),
    "parties.<name>.users": Words(
        "Personen",
        "Einzelne Personen des Kreises, mit ihrer Benutzerkennung.",
        "Einzelne werden vergessen, wenn sie die Stelle wechseln.",
    ),
    "parties.<name>.except": Words(
        "Außer",
        "Kreise, deren Personen nicht zu diesem gehören, welche Gruppen sie auch haben.",
        "Fehlt eine Ausnahme, zählen etwa Fremdfirmen als eigenes Personal.",
        "jeder Kreis mit weniger Rechten",
    ),
    "networks.<name>": Words(
        "Netze",
        "Die Adressbereiche eines Netzes, für Regeln über `sign_in.networks`; eine Adresse in keinem "
        "davon ist `elsewhere`.",
        "Ein zu weiter Bereich lässt Fremde als Personen im Büro gelten.",
        "die Bereiche, aus denen Ihre eigenen Leute kommen",
    ),
}
_PARTNERS = {
    "partners.<name>.domains": Words(
        "Domains",
        "Die Matrix-Servernamen des Partners; ein `*.` am Anfang steht für jeden Namen darunter, nicht "
        "für den Namen selbst.",
        "Ein Platzhalter vertraut jedem, der dieser Zone einen Namen hinzufügen kann.",
        "ein einziger, genauer Servername",
    ),
    "partners.<name>.keys": Words(
        "Schlüssel",
        "Signaturschlüssel, von denen der Server des Partners einen für seine Anfragen benutzen muss; "
        "` until <Tag>` dahinter setzt ein Ende. Ohne Angabe gilt, was er selbst veröffentlicht.",
        "Ohne festen Schlüssel spricht im Namen des Partners, wer dessen DNS übernimmt.",
        "der Schlüssel, den der Partner Ihnen am Telefon vorgelesen hat",
    ),
    "partners.<name>.tls": Words(
        "TLS-Pins",
        "Pins der öffentlichen Schlüssel, die der Server des Partners neben einem gültigen Zertifikat "
        "zeigen darf, wenn wir uns mit ihm verbinden (Form nach RFC 7469); ohne Angabe genügt jedes "
        "gültige Zertifikat. Nennen Sie auch den nächsten Schlüssel, bevor der Partner wechselt.",
        "Ohne Pin kann jede CA, der dieser Rechner traut, für jemand anderen bürgen; mit einem "
        "veralteten geht nichts mehr an diesen Partner.",
        "der Pin, den `vedette partner check` ausgibt und der Partner am Telefon bestätigt",
    ),
    "partners.<name>.ca": Words(
        "CA",
        "Zertifikate von CAs oder des Servers selbst, die allein für den Server des Partners bürgen, "
        "wenn wir uns mit ihm verbinden; ohne Angabe die CAs, denen dieser Rechner traut.",
        "Wer den Schlüssel einer solchen CA hat, kann sich als der Partner ausgeben, und als niemand "
        "sonst.",
        "[], außer der Partner hat eine eigene CA",
    ),
    "partners.<name>.contact": Words(
        "Kontakt",
        "Wen man dort anruft.",
        "Keines; nur Verwaltende sehen ihn.",
        "eine Telefonnummer",
    ),
    "partners.<name>.valid_until": Words(
        "Gültig bis",
        "Der letzte Tag als Partner; vom nächsten Tag an gilt er als außerhalb.",
        "Einem Partner ohne Ende wird noch getraut, wenn der Vertrag längst beendet ist.",
        "das Ende des Vertrags",
    ),
}
_ROOMS = {
    "rooms.<name>.members": Words(
        "Mitglieder",
        "Kreise und Partner, deren Personen in einem solchen Raum sein dürfen; ohne Angabe alle, die "
        "die Regeln zulassen.",
        "Ohne Liste wächst ein vertraulicher Raum durch Einladungen.",
        "der eine Kreis, für den der Raum da ist",
    ),
    "rooms.<name>.encrypted": Words(
        "Verschlüsselt",
        "Ob solche Räume für immer Ende zu Ende verschlüsselt angelegt werden; false überlässt es "
        "`messages.encrypted`.",
        "Unverschlüsselte Räume kann lesen, wer den Server betreibt; in verschlüsselten lassen sich "
        "weniger Regeln halten.",
        "true für Räume, die auch die Verwaltenden des Servers nicht lesen sollen",
    ),
    "rooms.<name>.plain": Words(
        "Unverschlüsselt",
        "Ob solche Räume nie verschlüsselt werden, was auch immer ein Programm oder wem der Raum gehört "
        "verlangt.",
        "Die Verwaltenden des Servers können mitlesen; aber nur hier hält eine Regel über `room.kind` "
        "Dateien und Anrufe alter Art auf, die Verschlüsselung verbirgt.",
        "true für Raumarten, über deren Dateien oder Anrufe es eigene Regeln gibt",
    ),
    "rooms.<name>.sealed": Words(
        "Versiegelt",
        "Ob das sichtbare Prüfmitglied der Organisation solchen Räumen fernbleibt.",
        "Niemand sieht dort in Dateien: Nur Regeln über `file.encrypted` entscheiden noch.",
        "false, außer für Vorstand und Betriebsrat",
    ),
    "rooms.<name>.history": Words(
        "Verlauf",
        "Ab wann ein Mitglied lesen darf: ab dem Beitritt, ab der Einladung, oder alles.",
        "Ist es weiter als `joined`, liest wer später kommt, was nicht für ihn gedacht war.",
    ),
    "rooms.<name>.on_breach": Words(
        "Bei einem Verstoß",
        "Was mit einem solchen Raum geschieht, der gegen die Regeln ist, statt `standing.on_breach`.",
        "Wie dort.",
        "nicht gesetzt",
    ),
    "standing.on_breach": Words(
        "Bei einem Verstoß",
        "Was mit einem Raum geschieht, dessen Mitglieder nicht mehr zusammen sein dürfen oder der "
        "weiter offen ist, als er darf: Die Personen hier erfahren es (`warn`); niemand kann darin "
        "etwas sagen, bis er in Ordnung ist (`freeze`); oder dies, und er wird in Ordnung gebracht: "
        "Wer nicht darin sein darf, wird entfernt, und aus Räumen anderswo gehen unsere Leute "
        "(`remove`).",
        "`warn` lässt Personen zusammen, die eine Regel getrennt hat; `remove` lässt sich nicht "
        "zurücknehmen: Wer wiederkommt, sieht nicht, was inzwischen gesagt wurde.",
    ),
    "standing.wait": Words(
        "Frist",
        "Wie lange ein Raum ohne Unterbrechung gegen die Regeln sein muss, bevor jemand entfernt wird.",
        "Zu kurz, und ein Versehen in einer Regel oder im Verzeichnis trennt Menschen, bevor es jemand "
        "sieht; zu lang, und sie bleiben zusammen (der Raum ist so lange eingefroren).",
    ),
    "standing.ending_invites": Words(
        "Einladungen, die Kanäle beenden",
        "Eine Einladung, die einem Raum Kanäle nähme, etwa Dateien, weil sie an die eingeladene Person "
        "nicht gehen dürfen: Wer einlädt und die Mitglieder erfahren, welche (`tell`), oder wer einlädt, "
        "muss es ein zweites Mal tun (`confirm`).",
        "Mit `tell` beendet eine unbedachte Einladung Dateien für alle im Raum, bis die Person wieder "
        "gegangen ist.",
    ),
}
_RULE = {
    "between": Words(
        "Zwischen",
        "Zwei Kreise oder Partner; die Regel gilt in beide Richtungen.",
        "`anyone` auf einer Seite umfasst auch Personen, die niemand benannt hat.",
        "zwei benannte Kreise",
    ),
    "from": Words(
        "Von",
        "Kreise oder Partner, die es tun; eine Datei kommt immer von der Person, die sie hochgeladen hat.",
        "`anyone` umfasst auch Personen, die niemand benannt hat.",
        "benannte Kreise",
    ),
    "to": Words(
        "An",
        "Kreise oder Partner, denen gegenüber es geschieht oder über die verwaltet wird.",
        "Eine Regel zur Verwaltung ohne diese Angabe gilt gegenüber allen.",
        "benannte Kreise",
    ),
    "allow": Words(
        "Erlauben",
        "Kanäle, die die Regel erlaubt.",
        "`all` schließt Kanäle ein, die eine spätere Version hinzufügt.",
        "einzelne Kanäle",
    ),
    "forbid": Words(
        "Verbieten",
        "Kanäle, die die Regel verbietet; ein Verbot gewinnt gegen jede Erlaubnis.",
        "Zweifel an einer Bedingung lassen ein Verbot greifen; ein weites kann die Arbeit anhalten.",
        "einzelne Kanäle",
    ),
    "when": Words(
        "Wenn",
        "Bedingungen, `Tatsache Operator Wert`, die alle gelten müssen.",
        "Eine behauptete Tatsache ist nur, was jemand gesagt hat.",
        "Tatsachen, die bewiesen sind",
    ),
    "unless": Words(
        "Außer wenn",
        "Bedingungen, von denen jede einzelne die Regel aufhebt.",
        "Jede ist ein Weg um die Regel herum.",
        "so wenige wie möglich",
    ),
    "say": Words(
        "Wortlaut",
        "Der Satz, den eine abgewiesene Person von uns liest.",
        "Ohne ihn fragen die Leute beim Helpdesk.",
        "was abgelehnt wird, warum, und was man stattdessen tut",
    ),
    "owner": Words(
        "Verantwortlich",
        "Der Kreis, der für die Regel einsteht.",
        "Eine Regel, für die niemand einsteht, wird nie entfernt.",
        "der Kreis, der um die Regel gebeten hat",
    ),
    "expires": Words(
        "Endet",
        "Der letzte Tag, an dem eine Erlaubnis gilt; ein Verbot endet nie.",
        "Eine Erlaubnis ohne Ende überlebt ihren Grund.",
        "das Ende des Vertrags dahinter",
    ),
    "mode": Words(
        "Modus",
        "Ob die Regel entscheidet, oder nur aufzeichnet, was sie getan hätte.",
        "Eine Regel, die beobachtet, schützt nichts.",
    ),
}
_AUDIT = {
    "audit.permitted": Words(
        "Alltägliche Erlaubnisse",
        "Ob jedes alltägliche Ja einzeln aufbewahrt wird, oder nur gleiche Anfragen mit ihrer Zahl; "
        "Ablehnungen werden immer einzeln aufbewahrt.",
        "`whole` hält fest, wer wem schreibt; mit `counts` sagt ein erneutes Entscheiden weniger.",
    ),
    "audit.keep": Words(
        "Wie lange",
        "Wie alt Einträge auf diesem Rechner werden dürfen: Der Teil eines Tages wird als Ganzes "
        "entfernt, sobald sein jüngster Eintrag älter ist; an seiner Stelle bleibt ein signierter Kopf. "
        "Nicht gesetzt: für immer.",
        "Zu kurz, und ein Vorfall wird erst bekannt, wenn seine Einträge fort sind; nicht gesetzt, und "
        "was Menschen taten, bleibt für immer.",
        "so lange, wie das Recht es will und Vorfälle unbemerkt bleiben, etwa 400 Tage",
    ),
    "audit.siem_names": Words(
        "Namen für das SIEM",
        "Ob das, was an das SIEM geht, bei jedem Eintrag Personen nennt. Ohne das stehen dort "
        "Pseudonyme, die nur dieser Rechner auflösen kann.",
        "Was das SIEM weiß, lässt sich von hier nicht löschen; ohne Namen können seine Alarme nicht "
        "sagen, wer es war.",
        "wie es der Betriebsrat und die Aufbewahrung im SIEM zulassen",
    ),
}
_TRAFFIC = {
    "messages.encrypted": Words(
        "Verschlüsselung",
        "Ob Räume, deren Art keine Verschlüsselung verlangt, unverschlüsselt, wie das Programm es will, "
        "oder verschlüsselt angelegt werden.",
        "`required` nimmt der Dateitür die Sicht; mit `never` können die Verwaltenden des Servers "
        "mitlesen.",
    ),
    "media.max_upload": Words(
        "Größte Datei",
        "Die Größe, über der das Hochladen abgelehnt wird.",
        "Eine hohe Grenze füllt die Platte.",
    ),
    "files.wait": Words(
        "Wartezeit",
        "Wie lange beim Hochladen gewartet wird, bis der Inhalt angesehen wurde; danach wird die Datei "
        "angenommen und zurückgehalten.",
        "Zu kurz, und viele Dateien werden erst zurückgehalten; zu lang, und Programme geben auf.",
    ),
    "files.max_depth": Words(
        "Tiefe",
        "Wie viele ineinander liegende Archive oder Dokumente geöffnet werden; was tiefer liegt, gilt "
        "als nicht angesehen.",
        "Eine hohe Zahl lässt eine einzige Datei den Prüfdienst beschäftigen; eine niedrige lehnt "
        "Archive in Archiven ab, wo eine Regel nach dem Inhalt fragt.",
    ),
    "files.max_entries": Words(
        "Einträge",
        "Wie viele Dateien innerhalb einer Datei angesehen werden; mehr gelten als nicht angesehen.",
        "Eine hohe Zahl lässt eine einzige Datei den Prüfdienst beschäftigen.",
    ),
    "files.max_unpacked": Words(
        "Entpackte Größe",
        "Wie viele Bytes aus einer Datei entpackt werden, alles darin zusammen; mehr gelten als nicht "
        "angesehen.",
        "Eine hohe Grenze kostet Platz und Zeit, während die Datei angesehen wird.",
    ),
    "files.max_ratio": Words(
        "Verhältnis",
        "Wievielmal größer als es selbst ein Archiv beim Entpacken werden darf; mehr gilt als nicht "
        "angesehen.",
        "Eine hohe Zahl sieht auch in das hinein, was gemacht wurde, um Platten zu füllen.",
    ),
    "files.max_seconds": Words(
        "Zeit",
        "Wie lange eine Datei angesehen wird; was bis dahin nicht gesehen wurde, gilt als nicht "
        "angesehen.",
        "Eine lange Zeit lässt eine einzige Datei den Prüfdienst beschäftigen; eine kurze hält große "
        "Archive zurück.",
    ),
    "push.gateways": Words(
        "Push-Dienste",
        "Adressen, an die Benachrichtigungen gehen dürfen; sie tragen nur Kennungen, nie Inhalt.",
        "Jeder dieser Dienste erfährt, wann welches Gerät eine Nachricht bekommt.",
        "Ihr eigener Dienst, oder keiner",
    ),
    "streams.lifetime": Words(
        "Lebensdauer",
        "Wie lange eine Tür mit den letzten Einstellungen, Personen und Sitzungen weiterarbeitet, die "
        "sie bekommen hat, bevor sie schließt.",
        "Zu lang, und eine abgeschnittene Tür behält alte Regeln; zu kurz, und ein Ausfall schließt sie.",
    ),
    "administration.wait_after_reset": Words(
        "Wartezeit nach dem Zurücksetzen",
        "Wie lange jemand nichts verwalten darf, nachdem eine andere Person das Passwort oder die "
        "zweiten Faktoren zurückgesetzt oder das Konto angelegt hat; höchstens 30 Tage. "
        "`0 seconds` schaltet es ab.",
        "Wer Zugangsdaten aus der Verwaltung zurücksetzt, kennt sie und könnte als diese Person "
        "handeln, bevor es jemand merkt.",
    ),
    "notices.per_minute": Words(
        "Hinweise je Minute",
        "Wie viele Hinweise eine Person zu einer Regel in einer Minute höchstens bekommt.",
        "Keines: Ablehnungen werden aufgezeichnet, ob es jemand erfährt oder nicht.",
    ),
}
_LIMITS = {
    "requests": Words(
        "Anfragen",
        "Wie viele Anfragen ein Partner, oder ein Server, der keiner ist, in einer Minute stellen darf; "
        "was schneller kommt, wartet einige Sekunden und wird danach gebeten wiederzukommen.",
        "Zu niedrig, und Nachrichten eines regen Partners kommen spät; zu hoch, und ein Partner kann "
        "alle bremsen.",
    ),
    "traffic": Words(
        "Datenmenge",
        "Wie viele Bytes ein Partner in einer Minute in Anfragen senden darf.",
        "Zu niedrig, und Nachrichten eines regen Partners kommen spät; zu hoch, und ein Partner kann "
        "alle bremsen.",
    ),
    "invites": Words(
        "Einladungen",
        "Wie viele Einladungen ein Partner unseren Leuten in einer Minute senden darf.",
        "Zu hoch, und eine Flut von Einladungen begräbt die wichtigen.",
    ),
    "at_once": Words(
        "Gleichzeitig",
        "Wie viele Anfragen eines Partners zur selben Zeit unterwegs sind.",
        "Zu hoch, und ein Partner kann verbrauchen, was alle teilen.",
    ),
    "transaction": Words(
        "Größte Transaktion",
        "Die Größe, über der eine Transaktion abgelehnt wird.",
        "Zu niedrig, und ein Partner, dessen Transaktion größer ist, kann nichts mehr senden: Er sendet "
        "dieselbe noch einmal.",
    ),
}
_PEOPLE: dict[str, Words] = {
    "sources": Words(
        "Vorrang",
        "Die erste dieser Quellen, die jemanden kennt, sagt, welche Gruppen die Person hat und ob sie Gast "
        "ist. Quellen, die nicht genannt sind, kommen zuletzt. Wer in irgendeiner Quelle, die ihn kennt, "
        "inaktiv ist, ist inaktiv.",
        "Wer in die erste Quelle schreibt, bestimmt über die Gruppen aller und damit über Regeln.",
        'die Quelle, die die Firma am strengsten führt, zuerst: ["directory", "scim", "table"]',
    ),
    "largest_removal": Words(
        "Größter Wegfall",
        "Der größte Anteil der geschickten Personen, in Prozent, den ein Identitätsanbieter binnen einer "
        "Stunde deaktivieren, löschen oder aller Gruppen entheben darf. Darüber gilt nichts mehr von dem, "
        "was er schickt, bis jemand mit `vedette scim confirm` zustimmt. Bis zu fünf Personen dürfen immer "
        "gehen.",
        "Zu hoch, und ein Versehen beim Identitätsanbieter beendet alle Sitzungen; zu niedrig, und wer "
        "gegangen ist, bleibt, bis jemand zustimmt.",
    ),
}
SETTINGS: dict[str, Words] = {
    **_ORGANISATION,
    **_PARTNERS,
    **_ROOMS,
    **_AUDIT,
    **_TRAFFIC,
    **{
        f"{table}.<name>.{key}": said
        for table in ("rules", "guardrails")
        for key, said in _RULE.items()
    },
    **{f"federation.{key}": said for key, said in _LIMITS.items()},
    **{f"federation.partners.<name>.{key}": said for key, said in _LIMITS.items()},
    **{f"issuers.<name>.{key}": said for key, said in ISSUERS.items()},
    **{f"device_management.<name>.{key}": said for key, said in DEVICE_MANAGEMENT.items()},
    **{f"people.{key}": said for key, said in _PEOPLE.items()},
    **{f"directory.{key}": said for key, said in DIRECTORY.items()},
    **{f"sign_in.{key}": said for key, said in SIGN_IN.items()},
    **{f"synapse.{key}": said for key, said in SYNAPSE.items()},
}
