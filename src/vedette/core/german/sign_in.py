"""The settings of the sign-in service, of certificates and of the directory in German, by their keys."""

from __future__ import annotations

from vedette.core.german.words import Words

SIGN_IN = {
    "second_factors": Words(
        "Zweite Faktoren",
        "Arten von zweiten Faktoren, die Personen einrichten dürfen.",
        "Den Code einer App kann man Fremden vorlesen; einen Passkey nicht.",
    ),
    "managed_models": Words(
        "Verwaltete Modelle",
        "Modelle von Passkeys (AAGUID), die nur verwaltete Geräte haben: Wer einen zeigt, für den sein "
        "Hersteller bürgt, ist auf einem verwalteten Gerät (`device.managed`).",
        "Ein Modell, das alle kaufen können, macht jedes Gerät zu einem verwalteten.",
        "keine, außer Ihre Geräteverwaltung gibt Passkeys eines eigenen Modells aus",
    ),
    "kerberos": Words(
        "Kerberos",
        "Ob Personen sich mit dem Kerberos-Ticket ihres Rechners anmelden dürfen, ohne etwas zu tippen. "
        "Es zählt als ein Faktor, derselbe wie ein Firmenzertifikat.",
        "Wer sich an einen entsperrten Rechner der Firma setzt, hat den ersten Nachweis von dessen "
        "Person.",
        '"yes", mit einer Regel, die einen zweiten Faktor verlangt',
    ),
    "kerberos_networks": Words(
        "Kerberos sofort",
        "Die Netze, in denen das Ticket ohne Klick verlangt wird, einmal je Anmeldung; anderswo bietet "
        "die Seite es nur an.",
        "Rechner ohne Ticket zeigen vielleicht ein eigenes Fenster für ein Passwort, das erst "
        "geschlossen werden muss.",
        "die Netze der firmeneigenen Rechner",
    ),
    "kerberos_binding": Words(
        "Kerberos und die Verbindung",
        "Ob ein Ticket an die TLS-Verbindung gebunden sein muss, die es bringt (Channel Binding); eines, "
        "das an eine andere gebunden ist, wird immer abgelehnt.",
        "Mit `offered` kann, wer mit einem Zertifikat, das der Browser annimmt, zwischen einen Browser "
        "ohne Bindung und das Gateway gerät, dessen Ticket weiterreichen.",
        '"required", wo jeder Browser seine Tickets bindet; das tun nicht alle',
    ),
    "session": Words(
        "Sitzung",
        "Wie lange eine Anmeldung gilt, bevor wieder alle Faktoren verlangt werden. Das Programm bittet "
        "dann um eine neue Anmeldung und behält seine Schlüssel.",
        "Lange Sitzungen machen ein verlorenes Gerät für den Finder nützlich.",
    ),
    "expired_kept": Words(
        "Abgelaufene Sitzungen behalten",
        "Wie lange das Gerät einer abgelaufenen Sitzung bleibt, damit die Person dort nach der nächsten "
        "Anmeldung die Schlüssel zu verschlüsselten Nachrichten findet.",
        "Zu kurz, und wer lange fort war, verliert die Schlüssel dieses Geräts; zu lang, und die Listen "
        "der Geräte wachsen.",
    ),
    "console_session": Words(
        "Sitzung der Konsole",
        "Wie lange eine Anmeldung an der Konsole gilt, bevor wieder alle Faktoren verlangt werden.",
        "Wer den offenen Browser von jemandem aus der Verwaltung findet, handelt in dessen Namen.",
    ),
    "console_idle": Words(
        "Unbenutzte Konsole",
        "Wie lange nach der letzten Anfrage eine Anmeldung an der Konsole endet.",
        "Je länger, desto länger können andere einen offen gelassenen Browser benutzen.",
    ),
    "access_token": Words(
        "Zugangstoken",
        "Wie lange ein Zugangstoken gilt, das sein Programm von selbst erneuert.",
        "Ein gestohlenes Token taugt so lange, sofern seine Sitzung noch läuft.",
    ),
    "outage_grace": Words(
        "Nachsicht bei Ausfall",
        "Wie lange abgelaufene Token laufender Sitzungen gelten, während control oder der Anmeldedienst "
        "fehlt. Token, die nicht abgelaufen sind, und solche, die der Anmeldedienst ohne control noch "
        "erneuert, gelten, bis ablaufen würde, was die Türen haben (`streams.lifetime`).",
        "Zu lang, und es läuft weiter, was control beendet hätte; zu kurz, und ein Ausfall des "
        "Anmeldedienstes hält die Arbeit aller an.",
    ),
    "enrolment_grace": Words(
        "Frist zum Einrichten",
        "Wie lange nach dem Anlegen des Kontos die Person mit dem ersten Faktor allein kommen darf, nur "
        "um einen zweiten einzurichten.",
        "In dieser Zeit kann, wer das Startpasswort hat, einen eigenen Faktor einrichten.",
    ),
    "at_device_limit": Words(
        "An der Gerätegrenze",
        "Ob ein Gerät mehr, als die Regeln über `device.count` erlauben, abgelehnt wird oder das älteste "
        "ersetzt.",
        "Mit `end-oldest` verdrängt, wer sich mit gestohlenem Nachweis anmeldet, ein Gerät der "
        "rechtmäßigen Person.",
    ),
    "registration": Words(
        "Zulassung von Geräten",
        "Worauf ein neues Gerät nach dem Nachweis wartet: auf nichts, auf die Bestätigung an einem "
        "anderen Gerät der Person, oder auf die Zulassung durch die Verwaltung.",
        "Mit `open` genügt ein gestohlener Nachweis, um ein eigenes Gerät hereinzubringen.",
        '"confirmed" oder "approved", wo nur bekannte Geräte hereindürfen',
    ),
    "clients": Words(
        "Programme",
        "Wohin Programme, die sich selbst anmelden, Personen zurücksenden dürfen: `https://<Server>`, "
        "`https://*.<Domain>`, `https://*` für alle, `loopback` für Programme auf dem eigenen Rechner, "
        "`private-use` für eigene Adressschemas von Apps.",
        "Eine Seite von irgendwo, die sich Programm nennt, kann Personen bitten, sie einzulassen.",
        'die Adressen der Programme, die Sie anbieten, "loopback" und "private-use"',
    ),
    "password_min_length": Words(
        "Kürzestes Passwort",
        "Wie viele Zeichen ein neues Passwort haben muss.",
        "Kurze Passwörter lassen sich erraten.",
    ),
    "breached_passwords": Words(
        "Bekannte Passwörter",
        "Eine Datei auf dem Rechner der Anmeldung mit bekannten Passwörtern, die niemand wählen darf: "
        "sortierte SHA-1-Werte, wie Have I Been Pwned sie ausgibt, oder ein Passwort je Zeile. Keine: "
        "leer.",
        "Ohne sie wählen Personen Passwörter, die Diebe zuerst versuchen.",
        "eine Datei, die jedes Jahr erneuert wird",
    ),
    "attempts_per_account": Words(
        "Versuche je Konto",
        "Wie viele falsche Nachweise für ein Konto in zehn Minuten beantwortet werden.",
        "Viele lassen Diebe raten; mit wenigen können Fremde die rechtmäßige Person aufhalten.",
    ),
    "attempts_around_account": Words(
        "Versuche je Konto, von überall",
        "Wie viele falsche Nachweise für ein Konto in zehn Minuten aus allen Netzen zusammen beantwortet "
        "werden; Browser, die die Person schon benutzt hat, zählen nicht und werden nicht aufgehalten.",
        "Viele lassen raten, wer viele Netze hat; mit wenigen können Fremde die Person aus neuen "
        "Browsern fernhalten.",
    ),
    "wrong_second_factors": Words(
        "Falsche zweite Faktoren",
        "Nach wie vielen falschen zweiten Faktoren eine Anmeldung wieder mit dem Passwort beginnt.",
        "Viele lassen Codes versuchen, wer ein Passwort hat; wenige ermüden, wer sich vertippt.",
    ),
    "attempts_per_address": Words(
        "Versuche je Adresse",
        "Wie viele falsche Nachweise von einer Adresse in zehn Minuten beantwortet werden.",
        "Zu wenige, und ein Büro hinter einer Adresse sperrt sich selbst aus.",
    ),
    "attempts_per_network": Words(
        "Versuche je Netz",
        "Wie viele falsche Nachweise aus einem Netz (/24, bei IPv6 /48) in zehn Minuten beantwortet "
        "werden.",
        "Zu viele, und ein Netz versucht jedes Konto; zu wenige, und es sperrt eine Stadt aus.",
    ),
    "sign_ins_per_address": Words(
        "Anmeldungen je Adresse",
        "Wie viele Anmeldungen von einer Adresse in zehn Minuten begonnen werden dürfen, auch richtige.",
        "Zu viele, und eine Adresse füllt den Speicher mit Anfängen; zu wenige, und ein Büro hinter "
        "einer Adresse wartet.",
    ),
    "sign_ins_per_network": Words(
        "Anmeldungen je Netz",
        "Wie viele Anmeldungen aus einem Netz (/24, bei IPv6 /48) in zehn Minuten begonnen werden "
        "dürfen, auch richtige.",
        "Zu viele, und ein Netz füllt den Speicher mit Anfängen; zu wenige, und die Kunden eines "
        "Anbieters warten.",
    ),
    "registrations_per_address": Words(
        "Neue Programme je Adresse",
        "Wie viele Programme sich von einer Adresse in einer Stunde bekannt machen dürfen: Jedes "
        "Programm tut es auf jedem Gerät bei der ersten Anmeldung.",
        "Zu viele, und eine Adresse füllt den Speicher mit Programmen; zu wenige, und ein Büro hinter "
        "einer Adresse wartet.",
    ),
    "registrations_per_network": Words(
        "Neue Programme je Netz",
        "Wie viele Programme sich aus einem Netz (/24, bei IPv6 /48) in einer Stunde bekannt machen "
        "dürfen.",
        "Zu viele, und ein Netz füllt den Speicher mit Programmen; zu wenige, und die Kunden eines "
        "Anbieters warten.",
    ),
}

DEVICE_MANAGEMENT = {
    "issuers": Words(
        "Aussteller",
        "Aussteller von Zertifikaten, deren Geräte dieses Inventar kennt; für niemanden sonst zählen "
        "seine Meldungen.",
        "Wer in dieses Inventar schreiben darf, entscheidet über jedes Gerät dieser Aussteller.",
        "der Aussteller, unter dem diese Geräteverwaltung ihre Zertifikate ausgibt",
    ),
    "good_for": Words(
        "Gültig für",
        "Wie lange eine Meldung zählt, nachdem das Inventar sie zuletzt gemacht hat. Danach ist der "
        "Zustand des Geräts unbekannt, was kein Verbot aufhebt; dass es ausgemustert oder verloren ist, "
        "zählt weiter.",
        "Zu lang, und ein Gerät läuft weiter, wie es zuletzt war, während niemand von ihm hört; zu kurz, "
        "und ein Ausfall des Inventars hält alle an, die sein Wort brauchen.",
    ),
    "every": Words(
        "Abstand",
        "Wie oft das Inventar als Ganzes gelesen wird, wo es eines ist, das gefragt wird.",
        "Zu selten, und ein verlorenes Gerät läuft so lange weiter; zu oft, und das Inventar bremst, "
        "wer so viel fragt.",
        '"5 minutes", oder so oft, wie sein Hersteller es erlaubt',
    ),
}
ISSUERS = {
    "anchors": Words(
        "Vertrauensanker",
        "Zertifikate der Wurzel-CAs, denen für Zertifikate von Personen getraut wird, und für nichts "
        "sonst. Auch eine ausstellende CA darf hier stehen: Dann gilt nur, was sie ausstellt.",
        "Wer den Schlüssel einer davon hat, kann Zertifikate auf jeden Namen machen.",
        "die CA der Firma, die für Personen ausstellt, keine öffentliche Wurzel",
    ),
    "intermediates": Words(
        "Zwischenzertifikate",
        "Zertifikate der CAs zwischen einem Anker und den Zertifikaten der Personen; sie werden nirgends "
        "abgeholt, darum stehen hier alle, die benutzt werden.",
        "Fehlt eines, gelten die Zertifikate darunter nicht; eines zu viel schadet nicht.",
        "jede ausstellende CA, die benutzt wird",
    ),
    "usages": Words(
        "Verwendungen",
        "Erweiterte Schlüsselverwendungen, die ein Zertifikat alle haben muss; `anyExtendedKeyUsage` "
        "steht nicht für sie.",
        "Ohne die richtige öffnen auch Zertifikate von Webservern oder zum Signieren von Mails die Tür.",
        '["1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.20.2.2"], wo Personen Smartcards haben',
    ),
    "policies": Words(
        "Zertifikatsrichtlinien",
        "Zertifikatsrichtlinien, von denen eine für den ganzen Pfad bis zum Anker gelten muss; ohne "
        "Angabe wird keine verlangt.",
        "Ohne eine zählen Zertifikate gleich, ob ihr Schlüssel in einer Karte liegt oder in einer Datei.",
        "die Richtlinie, nach der Schlüssel in Smartcards entstehen, wenn Ihre CA eine hat",
    ),
    "names": Words(
        "Namen",
        "Wo der Name der Person steht, in dieser Reihenfolge; der erste, den das Zertifikat hat, "
        "entscheidet und wird im Verzeichnis gesucht: `upn` und `email` in den alternativen Namen, `sid` "
        "in der Erweiterung von Active Directory, `subject:<Muster>` im Subject.",
        "Ein Name, den Personen selbst wählen können, wenn sie ein Zertifikat verlangen, lässt sie als "
        "jemand anderes kommen.",
        '["sid", "upn"] mit Active Directory',
    ),
    "people.<name>": Words(
        "Personen",
        "Zertifikate, deren Person statt dessen hier benannt ist, mit dem SHA-256 des Zertifikats, oder "
        "mit seiner Nummer und dem Schlüssel seines Ausstellers.",
        "Ein Zertifikat, das hier steht, bleibt das dieser Person, welchen Namen es auch trägt.",
        "keine, außer für Zertifikate ohne brauchbaren Namen",
    ),
    "devices": Words(
        "Geräte",
        "Ob ein Gerät, das ein solches Zertifikat zeigt, als von der Organisation verwaltet gilt "
        "(`device.managed`): `managed`, wo diese CA nur verwalteten Geräten Zertifikate gibt.",
        "Mit `managed` nimmt den Beweis mit, wer ein solches Zertifikat auf ein anderes Gerät bringt.",
        '"managed" für die CA Ihrer Geräteverwaltung, mit Schlüsseln, die nicht kopiert werden können',
    ),
    "device_names": Words(
        "Namen der Geräte",
        "Wo der Name des Geräts steht, unter dem seine Verwaltung es kennt: `cn` und `serial` des "
        "Subjekts, `san-dns`, `san-uri`, `subject:<Muster>` mit `{device}`. Der SHA-256 des Zertifikats "
        "ist immer einer seiner Namen.",
        "Ein Name, den man beim Beantragen selbst wählen kann, lässt ein Gerät als ein anderes kommen.",
        "die eine Stelle, an die Ihre Geräteverwaltung Seriennummer oder Kennung des Geräts schreibt",
    ),
    "counts": Words(
        "Zählt als",
        "Wie viele Faktoren ein solches Zertifikat wert ist: zwei, wo sein Schlüssel in einer Karte oder "
        "einem Token liegt, das nach einer PIN fragt.",
        "Zwei für Schlüssel in Dateien macht aus einem gestohlenen Laptop eine ganze Anmeldung.",
        "2 mit Smartcards, sonst 1",
    ),
    "revocation": Words(
        "Sperrung",
        "Was gilt, solange sich nicht erfahren lässt, ob ein Zertifikat gesperrt ist: `hard` lehnt ab, "
        "`soft` lässt es ein, bis das wieder bekannt ist.",
        "Mit `soft` kommt mit einer gestohlenen Karte weiter hinein, wer uns von der CRL und dem "
        "OCSP-Dienst fernhält.",
    ),
    "crl": Words(
        "CRLs",
        "Wo die Sperrlisten der CA liegen: Adressen, oder Dateien auf dem Rechner der Anmeldung; ohne "
        "Angabe dort, wo es die Zertifikate selbst sagen.",
        "Keines für das, was entschieden wird: Eine Liste gilt nur mit der Signatur der CA.",
        "nicht gesetzt, außer die Adressen in den Zertifikaten sind von hier nicht erreichbar",
    ),
    "ocsp": Words(
        "OCSP",
        "Ob ein OCSP-Dienst gefragt wird: `no`, `certificate` für den, den das Zertifikat nennt, oder "
        "eine Adresse.",
        "Ohne ihn wird eine Sperrung mit der nächsten CRL bekannt, oder wenn die CA sie uns mitteilt.",
        '"certificate", wo Ihre CA einen solchen Dienst betreibt',
    ),
    "refresh": Words(
        "Erneuern",
        "Wie oft CRLs neu abgeholt und OCSP-Dienste nach benutzten Zertifikaten gefragt werden.",
        "Je länger, desto länger gilt ein gesperrtes Zertifikat, wenn die CA uns nichts mitteilt.",
    ),
}
DIRECTORY = {
    "people": Words(
        "Personen",
        "Der Filter der Einträge, die Personen sind. Leer: jeder Benutzer eines Active Directory, jede "
        "`inetOrgPerson` von OpenLDAP. `vedette directory preview` zeigt, wen er umfasst.",
        "Zu weit, und Konten von Geräten und Diensten können sich anmelden; zu eng, und wer fehlt, "
        "verliert jede Sitzung.",
        'eine Gruppe derer, die Nachrichten schreiben, etwa "(memberOf=cn=Messaging,ou=Groups,dc=example,'
        'dc=org)"',
    ),
    "groups": Words(
        "Gruppen",
        "Der Filter der Einträge, die Gruppen sind. Leer: jede Gruppe eines Active Directory, jede "
        "`groupOfNames` und `groupOfUniqueNames` von OpenLDAP.",
        "Eine Gruppe, die fehlt, hat hier keine Mitglieder: Regeln, die nach ihr erlauben, erlauben nicht "
        "mehr, und Regeln, die nach ihr verbieten, verbieten nicht mehr.",
    ),
    "user": Words(
        "Benutzername",
        "Das Attribut, dessen Wert in Kleinbuchstaben vor dem Doppelpunkt einer Benutzerkennung steht. "
        "Leer: `sAMAccountName` in einem Active Directory, `uid` in OpenLDAP.",
        "Wird es später geändert, sind alle jemand anderes: Sitzungen enden, und Räume behalten die alten "
        "Konten. Ein Attribut, das Personen selbst schreiben dürfen, lässt sie jeder sein.",
    ),
    "display_name": Words(
        "Anzeigename",
        "Das Attribut mit dem Namen, den andere lesen; wo es keinen Wert hat, `cn`.",
        "Ein Attribut, das Personen selbst schreiben dürfen, lässt sie heißen wie jemand anderes.",
    ),
    "email": Words(
        "E-Mail",
        "Das Attribut mit der E-Mail-Adresse, durch die Zertifikate eine Person nennen können.",
        "Ein Attribut, das Personen selbst schreiben dürfen, lässt sie das Zertifikat einer anderen "
        "benutzen.",
    ),
    "group_name": Words(
        "Gruppenname",
        "Das Attribut mit dem Namen einer Gruppe, wie die Kreise dieses Dokuments ihn nennen.",
        "Zwei Gruppen mit einem Namen zählen als eine.",
    ),
    "attributes": Words(
        "Attribute",
        "Attribute, deren Werte als Gruppen zählen: Steht hier `department`, können Kreise und "
        "`directory.guests` `department=Vertrieb` nennen, geschrieben wie im Verzeichnis.",
        "Ein Attribut, das Personen selbst schreiben dürfen, lässt sie ihre Kreise wählen.",
        "keine, außer die Firma hält dort fest, was Gruppen nicht sagen",
    ),
    "guests": Words(
        "Gäste",
        "Gruppen, deren Mitglieder Gäste sind: Sie gehören zu `guests`, nicht zu `us`. "
        "`employeeType=Guest`, wo in `directory.attributes` `employeeType` steht.",
        "Wer darin fehlt, zählt als jemand von uns.",
        'die Gruppen der Gäste, etwa ["Guests"]',
    ),
    "wrong_passwords": Words(
        "Falsche Passwörter",
        "Wie viele falsche Passwörter für eine Person in einer halben Stunde aus neuen Browsern an das "
        "Verzeichnis gehen, und ebenso viele aus denen, die sie schon benutzt hat; weitere werden "
        "abgelehnt, ohne es zu fragen.",
        "Liegt es nicht deutlich unter der Hälfte dessen, was im Verzeichnis ein Konto sperrt, können "
        "Fremde dort Konten sperren, indem sie hier raten; zu wenige, und wer sich auf einem neuen Gerät "
        "vertippt, wartet eine halbe Stunde.",
    ),
    "largest_removal": Words(
        "Größter Wegfall",
        "Der größte Anteil der Personen, in Prozent, den ein Lesen des Verzeichnisses wegnehmen darf. "
        "Darüber gilt die letzte gute Liste weiter, bis jemand mit `vedette directory sync --confirm` "
        "zustimmt; auch wer neu ist oder wieder eingeschaltet wurde, wartet so lange. Wessen Konto das "
        "Verzeichnis selbst abgeschaltet oder abgelaufen nennt, zählt nicht und ist in jedem Fall sofort "
        "draußen. Bis zu fünf Personen dürfen immer gehen.",
        "Zu hoch, und ein Versehen in einem Filter oder eine leere Kopie des Verzeichnisses beendet alle "
        "Sitzungen; zu niedrig, und wer gegangen ist, bleibt, bis jemand zustimmt.",
    ),
    "look": Words(
        "Nachsehen",
        "Wie oft nach Änderungen gesehen wird, neben denen, die das Verzeichnis von selbst mitteilt.",
        "Je länger, desto später wird eine Änderung gesehen, die das Verzeichnis nicht mitgeteilt hat.",
    ),
    "reading": Words(
        "Ganz lesen",
        "Wie oft alles neu gelesen wird, damit nichts, was verpasst wurde, verpasst bleibt.",
        "Kurz, und das Verzeichnis ist beschäftigt; lang, und was keine Mitteilung sagt, bleibt länger "
        "ungesehen.",
    ),
}
