"""Why nothing was done and what to do, in German, by the English of the refusals."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

PEOPLE: Pairs = (
    (
        "people come from the table here, not from a directory",
        "die Personen kommen hier aus der Tabelle, nicht aus einem Verzeichnis",
    ),
    (
        "name the directory in [directory] of the boot file",
        "nennen Sie das Verzeichnis unter [directory] in der Boot-Datei",
    ),
    ("this is no filter of a directory: {why}", "das ist kein Filter eines Verzeichnisses: {why}"),
    ("such as `(department=Sales)`", "zum Beispiel `(department=Vertrieb)`"),
    ("there are {parties}", "es gibt {parties}"),
    ("`{user}` has no account here", "`{user}` hat hier kein Konto"),
    (
        "make one with `vedette user add {localpart}`",
        "legen Sie eines an mit `vedette user add {localpart}`",
    ),
    (
        "`{strange}` is no factor that is kept here",
        "`{strange}` ist kein Faktor, der hier geführt wird",
    ),
    ("one of {known}", "eines von {known}"),
    ("`{user}` has an account already", "`{user}` hat schon ein Konto"),
    (
        "for a new start password, vedette user password {localpart} --reason …",
        "für ein neues Startpasswort: vedette user password {localpart} --reason …",
    ),
    ("such as `@alice:{domain}`", "etwa `@alice:{domain}`"),
    ("look for them in the list of people", "suchen Sie in der Liste der Personen"),
    ("nobody here is called `{user}`", "niemand hier heißt `{user}`"),
    (
        "this session of `{user}` is over, which is final",
        "diese Sitzung von `{user}` ist beendet, und das endgültig",
    ),
    (
        "the person signs in again; nothing has to be done here",
        "die Person meldet sich neu an; hier ist nichts zu tun",
    ),
    ("the time of this session of `{user}` is over", "die Zeit dieser Sitzung von `{user}` ist um"),
    (
        "its client asks the person to sign in again and keeps its keys until then",
        "das Programm bittet um eine neue Anmeldung und behält so lange seine Schlüssel",
    ),
    ("`{name}` is no name for an issuer", "`{name}` ist kein Name für einen Aussteller"),
    (
        "there is no root CA among them, so nothing would be trusted",
        "keine Wurzel-CA ist darunter, also würde nichts vertraut",
    ),
    (
        "add the root's certificate, or trust each CA itself",
        "fügen Sie das Zertifikat der Wurzel hinzu, oder vertrauen Sie jeder CA selbst",
    ),
    ("this session is {state} already", "diese Sitzung ist schon {state}"),
    (
        "this session was not suspended: its device waits to be approved",
        "diese Sitzung war nicht angehalten: Ihr Gerät wartet auf Zulassung",
    ),
    ("vedette device approve {user} {device}", "vedette device approve {user} {device}"),
    (
        "this device does not wait to be approved: its session is {state}",
        "dieses Gerät wartet nicht auf Zulassung: Seine Sitzung ist {state}",
    ),
    (
        "to sign it out, vedette device end {user} {device} --reason …",
        "um es abzumelden: vedette device end {user} {device} --reason …",
    ),
    ("there is no session `{id}`", "es gibt keine Sitzung `{id}`"),
    ("list them with `vedette session list`", "`vedette session list` zeigt alle"),
    ("`{user}` has no device `{device}`", "`{user}` hat kein Gerät `{device}`"),
    (
        "list them with `vedette device list --user {user}`",
        "`vedette device list --user {user}` zeigt alle",
    ),
    (
        "somebody else changed this session just now; nothing was done",
        "gerade hat jemand anderes diese Sitzung geändert; es wurde nichts getan",
    ),
    (
        "look at it with `vedette session show {id}`",
        "sehen Sie sie an mit `vedette session show {id}`",
    ),
    (
        "what takes something away from a person needs a reason",
        "was einer Person etwas nimmt, braucht einen Grund",
    ),
    (
        'say why, with `--reason "phone lost, ticket 4711"`',
        'sagen Sie, warum, mit `--reason "Telefon verloren, Ticket 4711"`',
    ),
    (
        "write a whole user id such as `@alice:{domain}`, or the part before the colon",
        (
            "schreiben Sie eine ganze Benutzerkennung wie `@alice:{domain}`, oder den Teil vor "
            "dem Doppelpunkt"
        ),
    ),
    ("`{user}` is not of `{domain}`", "`{user}` gehört nicht zu `{domain}`"),
    (
        "people elsewhere have their accounts and sessions at their own organisation",
        "Personen anderswo haben Konto und Sitzungen bei ihrer eigenen Organisation",
    ),
    ("nobody is named", "niemand ist genannt"),
    ("open it from the list of people", "öffnen Sie es aus der Liste der Personen"),
    ("no session is named", "keine Sitzung ist genannt"),
    ("open it from the list of sessions", "öffnen Sie sie aus der Liste der Sitzungen"),
    ("no device is named", "kein Gerät ist genannt"),
)

ADMINISTRATION: Pairs = (
    (
        "`{user}` signs in with the password of the company's directory",
        "`{user}` meldet sich mit dem Passwort des Firmenverzeichnisses an",
    ),
    (
        "nothing has to be made here; reset the password there, it is good at once",
        "hier ist nichts anzulegen; setzen Sie das Passwort dort zurück, es gilt sofort",
    ),
    (
        "the gateway's certificate comes from files",
        "das Zertifikat des Gateways kommt aus Dateien",
    ),
    (
        (
            "put a newer one in the place of `[gateway] certificate` and `key`, which are read again by "
            "themselves; or have it ordered: docs/operate/acme.md"
        ),
        (
            "legen Sie ein neueres an die Stelle von `[gateway] certificate` und `key`, die von selbst "
            "neu gelesen werden; oder lassen Sie es bestellen: docs/operate/acme.md"
        ),
    ),
    (
        "the gateway orders certificates; is it running?",
        "das Gateway bestellt Zertifikate; läuft es?",
    ),
    (
        "`vedette why RECORD` says how the decision came about",
        "`vedette why EINTRAG` sagt, wie es zu der Entscheidung kam",
    ),
    ("this is not the offline code", "das ist nicht der Notcode"),
    (
        "it is eight groups of four letters and digits; case and hyphens don't matter",
        (
            "es sind acht Gruppen aus vier Buchstaben und Ziffern; Großschreibung und "
            "Bindestriche sind gleichgültig"
        ),
    ),
    ("too many wrong codes were shown", "es wurden zu viele falsche Codes gezeigt"),
    ("try again in {minutes} minutes", "versuchen Sie es in {minutes} Minuten noch einmal"),
    ("no offline code was ever made here", "hier wurde nie ein Notcode gemacht"),
    (
        "make one while the settings still allow it: `vedette recover --new-code`",
        "machen Sie einen, solange die Einstellungen es erlauben: `vedette recover --new-code`",
    ),
    ("recovery is not open", "der Notzugang ist nicht offen"),
    (
        "docs/reference/acts.md lists the acts; `tokens:token:add` is no token's",
        "docs/reference/acts.md nennt die Handlungen; `tokens:token:add` hat kein Token",
    ),
    ("list them with `vedette token list`", "`vedette token list` zeigt alle"),
    (
        "`{strange}` is no act that a token may have",
        "`{strange}` ist keine Handlung, die ein Token haben darf",
    ),
    ("a token without acts is good for nothing", "ein Token ohne Handlungen taugt zu nichts"),
    ("there is no token `{id}`", "es gibt kein Token `{id}`"),
    (
        "`{user}` is not in the directory as one of us who is active",
        "`{user}` steht nicht als aktive Person von uns im Verzeichnis",
    ),
    (
        "a token acts for a person whom the directory knows",
        "ein Token handelt für eine Person, die das Verzeichnis kennt",
    ),
    ("there is no party `{strange}`", "es gibt keinen Kreis `{strange}`"),
    (
        "`{last}` can't be a token's last day",
        "`{last}` kann nicht der letzte Tag eines Tokens sein",
    ),
    (
        "name a day from {today} on, at most {days} days ahead",
        "nennen Sie einen Tag ab {today}, höchstens {days} Tage voraus",
    ),
    ("nobody is named for whom the token acts", "niemand ist genannt, für den das Token handelt"),
    (
        "no act is named that the token is good for",
        "keine Handlung ist genannt, für die das Token gut ist",
    ),
    ("no token is named", "kein Token ist genannt"),
    ("open it from the list of tokens", "öffnen Sie es aus der Liste der Token"),
    ("`{day}` is no day", "`{day}` ist kein Tag"),
    ("write its last day, such as 2027-06-30", "schreiben Sie den letzten Tag, etwa 2027-06-30"),
)

PARTNERS: Pairs = (
    ("list them with `vedette partner list`", "`vedette partner list` zeigt alle"),
    ("there is no partner `{name}`", "es gibt keinen Partner `{name}`"),
    (
        "see it with `vedette partner show {name}`",
        "sehen Sie ihn an mit `vedette partner show {name}`",
    ),
    ("there is a partner `{name}` already", "es gibt schon einen Partner `{name}`"),
    (
        "what is allowed needs a direction, and a direction something that is allowed",
        "was erlaubt ist, braucht eine Richtung, und eine Richtung etwas, das erlaubt ist",
    ),
    (
        "write `--allow message,contact --direction both` (or `out`, or `in`)",
        "schreiben Sie `--allow message,contact --direction both` (oder `out`, oder `in`)",
    ),
    ("`{direction}` is no direction", "`{direction}` ist keine Richtung"),
    ("write one of {known}", "schreiben Sie eines von {known}"),
    (
        "`{strange}` is nothing that people do with a partner",
        "`{strange}` ist nichts, was man mit einem Partner tut",
    ),
    ("write some of {known}", "schreiben Sie etwas aus {known}"),
    ("`{name}` stands in {rules}", "`{name}` steht in {rules}"),
    ("remove them first: {commands}", "entfernen Sie diese zuerst: {commands}"),
    ("the gateway looks at partners; is it running?", "das Gateway sieht nach Partnern; läuft es?"),
    ("`{name}` is no name for a partner", "`{name}` ist kein Name für einen Partner"),
    (
        "write lower-case letters, digits and hyphens, such as `acme`",
        "schreiben Sie Kleinbuchstaben, Ziffern und Bindestriche, etwa `acme`",
    ),
    ("no domain is named", "keine Domain ist genannt"),
    ("write the partner's Matrix server name", "schreiben Sie den Matrix-Servernamen des Partners"),
)

SETTINGS: Pairs = (
    ("list them with `vedette settings draft list`", "`vedette settings draft list` zeigt alle"),
    (
        "the draft `{name}` is at version {version}, saved by {author}; nothing was changed",
        (
            "der Entwurf `{name}` steht bei Fassung {version}, gespeichert von {author}; es wurde"
            " nichts geändert"
        ),
    ),
    (
        "look at it with `vedette settings draft show {name}`, and bring both together",
        "sehen Sie ihn an mit `vedette settings draft show {name}`, und führen Sie beide zusammen",
    ),
    ("there is no draft `{name}`", "es gibt keinen Entwurf `{name}`"),
    ("`{name}` is no name for a draft", "`{name}` ist kein Name für einen Entwurf"),
    (
        "write small letters, digits and hyphens, at most 63",
        "schreiben Sie Kleinbuchstaben, Ziffern und Bindestriche, höchstens 63",
    ),
    ("a draft has at most {bytes} bytes", "ein Entwurf hat höchstens {bytes} Bytes"),
    ("{count} drafts are kept already", "es sind schon {count} Entwürfe aufbewahrt"),
    (
        "remove some: `vedette settings draft list`",
        "entfernen Sie einige: `vedette settings draft list`",
    ),
    (
        (
            "the draft stands on revision {base}, but {author} has applied revision {number} "
            "since; nothing was changed"
        ),
        (
            "der Entwurf beruht auf Revision {base}, doch {author} hat inzwischen Revision "
            "{number} angewendet; es wurde nichts geändert"
        ),
    ),
    (
        (
            "see what changed with `vedette settings diff --from {base} --to {number}`, and make "
            "your change again on `vedette settings export`"
        ),
        (
            "sehen Sie mit `vedette settings diff --from {base} --to {number}`, was sich geändert"
            " hat, und machen Sie Ihre Änderung noch einmal auf `vedette settings export`"
        ),
    ),
    ("Rule `{rule}` waits for approvals.", "Regel `{rule}` wartet auf Freigaben."),
    ("Rule `{rule}` waits for approvals: {say}", "Regel `{rule}` wartet auf Freigaben: {say}"),
    (
        "a settings document has at most {bytes} bytes",
        "ein Einstellungsdokument hat höchstens {bytes} Bytes",
    ),
    (
        "the document has faults: {count}; nothing was changed",
        "das Dokument hat Fehler: {count}; es wurde nichts geändert",
    ),
    (
        "the domain is `{domain}` and can't become `{new}`",
        "die Domain ist `{domain}` und kann nicht `{new}` werden",
    ),
    (
        "a domain stands in every user id; make a new organisation with `vedette init`",
        (
            "die Domain steht in jeder Benutzerkennung; legen Sie eine neue Organisation an mit "
            "`vedette init`"
        ),
    ),
    ("there is no revision `{number}`", "es gibt keine Revision `{number}`"),
    ("list them with `vedette settings history`", "`vedette settings history` zeigt alle"),
    ("a change needs a reason", "eine Änderung braucht einen Grund"),
    ('say why, with `--reason "contract 4711"`', 'sagen Sie, warum, mit `--reason "Vertrag 4711"`'),
    ("a change can't start then", "dann kann keine Änderung beginnen"),
    (
        "name a moment to come, at most {days} days ahead",
        "nennen Sie einen künftigen Zeitpunkt, höchstens {days} Tage voraus",
    ),
    ("the draft says what is in force already", "der Entwurf sagt, was schon gilt"),
    (
        "{count} changes wait already; nothing was changed",
        "es warten schon {count} Änderungen; es wurde nichts geändert",
    ),
    (
        "`vedette settings pending` lists them; some can be rejected or withdrawn",
        "`vedette settings pending` zeigt sie; manche lassen sich ablehnen oder zurückziehen",
    ),
    (
        (
            "revision {revision} is not on trial: it is confirmed, has returned, or another one "
            "was applied on it"
        ),
        (
            "Revision {revision} ist nicht auf Probe: Sie ist bestätigt, zurückgekehrt, oder eine"
            " andere wurde darauf angewendet"
        ),
    ),
    (
        "`vedette settings history` shows which one is in force",
        "`vedette settings history` zeigt, welche gilt",
    ),
    ("there is no draft", "es gibt keinen Entwurf"),
    ("begin one from the settings in force", "beginnen Sie einen aus den geltenden Einstellungen"),
    ("no revision is named", "keine Revision ist genannt"),
    ("choose one in the history", "wählen Sie eine aus dem Verlauf"),
    ("there is no such change", "diese Änderung gibt es nicht"),
    ("the changes page lists them", "die Seite „Änderungen“ zeigt alle"),
    ("it is not said what you have seen", "es steht nicht dabei, was Sie gesehen haben"),
    (
        "open the change, and approve it there",
        "öffnen Sie die Änderung, und geben Sie sie dort frei",
    ),
    (
        "the draft stands on revision {base}, and revision {number} is in force",
        "der Entwurf beruht auf Revision {base}, und Revision {number} gilt",
    ),
    (
        "check it: what others changed is shown beside it, and nothing of yours is lost",
        (
            "prüfen Sie ihn: Was andere geändert haben, steht daneben, und von Ihrem geht nichts "
            "verloren"
        ),
    ),
    ("`{text}` is no moment", "`{text}` ist kein Zeitpunkt"),
    (
        "write it as 2027-06-30 22:00; it is UTC",
        "schreiben Sie ihn als 2027-06-30 22:00; das ist UTC",
    ),
    ("no setting is named", "keine Einstellung ist genannt"),
    ("open it from the list of settings", "öffnen Sie sie aus der Liste der Einstellungen"),
    ("there is no value", "es gibt keinen Wert"),
    (
        "write one, or give the setting its default",
        "schreiben Sie einen, oder setzen Sie die Einstellung zurück",
    ),
    ("`{name}` is no name for a rule", "`{name}` ist kein Name für eine Regel"),
    (
        "write lower-case letters, digits and hyphens, such as `acme-documents`",
        "schreiben Sie Kleinbuchstaben, Ziffern und Bindestriche, etwa `acme-dokumente`",
    ),
    ("open it from the page that shows it", "öffnen Sie es von der Seite, die es zeigt"),
    ("there is no rule `{name}`", "es gibt keine Regel `{name}`"),
    ("list them with `vedette rule list`", "`vedette rule list` zeigt alle"),
    (
        "list them with `vedette rule list`; `vedette rule add` adds one",
        "`vedette rule list` zeigt alle; `vedette rule add` fügt eine hinzu",
    ),
    ("`{text}` is not a date", "`{text}` ist kein Datum"),
    ("write it like `2027-06-30`", "schreiben Sie es wie `2027-06-30`"),
    (
        "`{path}` is not a setting of this document",
        "`{path}` ist keine Einstellung dieses Dokuments",
    ),
    ("see them all with `vedette settings show`", "`vedette settings show` zeigt alle"),
)

LOOKING: Pairs = (
    ("no room was judged yet", "noch wurde kein Raum beurteilt"),
    (
        "the event door judges them as soon as it runs; is Synapse running?",
        "die Ereignistür tut es, sobald sie läuft; läuft Synapse?",
    ),
    (
        "`{named}` is not among the rooms that are against the rules",
        "`{named}` ist nicht unter den Räumen, die gegen die Regeln sind",
    ),
    (
        "`vedette room list` lists those; whatever is not listed is in order",
        "`vedette room list` zeigt sie; was dort nicht steht, ist in Ordnung",
    ),
    ("more than one room is called `{named}`", "mehr als ein Raum heißt `{named}`"),
    ("they are {ids}", "es sind {ids}"),
    ("choose one from the grid", "wählen Sie einen aus dem Raster"),
    ("there is no party `{name}`", "es gibt keinen Kreis `{name}`"),
    ("`{channel}` is nothing that people do here", "`{channel}` ist nichts, was man hier tut"),
    ("no party is called what `{key}` says", "kein Kreis heißt, wie `{key}` sagt"),
    (
        "towards whom? `{channel}` is between people",
        "wem gegenüber? `{channel}` ist zwischen Personen",
    ),
    ("name `--to`", "nennen Sie `--to`"),
    (
        "write a whole user id, such as `@bob:example.org`",
        "schreiben Sie eine ganze Benutzerkennung, etwa `@bob:example.org`",
    ),
    ("`{line}` says no value", "`{line}` nennt keinen Wert"),
    ("write `fact = value`", "schreiben Sie `Tatsache = Wert`"),
    (
        "this record holds no decision: {fault}",
        "dieser Eintrag enthält keine Entscheidung: {fault}",
    ),
    ("`{word}` is not a channel", "`{word}` ist kein Kanal"),
    ("there is no record `{record}`", "es gibt keinen Eintrag `{record}`"),
    ("processes that recorded: {known}", "Prozesse, die aufgezeichnet haben: {known}"),
    ("`{name}` is no record", "`{name}` ist kein Eintrag"),
    ("such as `synapse:4711`", "etwa `synapse:4711`"),
    ("there is no record `{name}`", "es gibt keinen Eintrag `{name}`"),
    ("this is too much to ask at once", "das ist zu viel auf einmal gefragt"),
    ("say less", "sagen Sie weniger"),
    ("`vedette audit verify` says where", "`vedette audit verify` sagt, wo"),
    ("`{text}` is no day", "`{text}` ist kein Tag"),
    ("such as 2027-06-30", "etwa 2027-06-30"),
    ("nothing goes on from there", "von dort geht es nicht weiter"),
    ("open the list from its beginning", "öffnen Sie die Liste von vorn"),
    ("`{key}` can't be looked for", "`{key}` lässt sich nicht suchen"),
    ("shorten it", "kürzen Sie es"),
    ("`{text}` is nothing that `{key}` can be", "`{text}` ist nichts, was `{key}` sein kann"),
    ("nothing of this kind can be done here", "nichts dieser Art lässt sich hier tun"),
)

ISSUERS: Pairs = (
    (
        "the inventory `{source}` has no device `{id}`",
        "das Inventar `{source}` hat kein Gerät `{id}`",
    ),
    (
        "search it with `vedette device inventory list --text …`",
        "suchen Sie es mit `vedette device inventory list --text …`",
    ),
    ("list them with `vedette issuer list`", "`vedette issuer list` zeigt alle"),
    ("there is no issuer `{name}`", "es gibt keinen Aussteller `{name}`"),
    (
        "name the CA's certificate; whom it issued to is found out when they sign in",
        "nennen Sie das Zertifikat der CA; für wen sie ausgestellt hat, zeigt sich bei der Anmeldung",
    ),
    (
        "add the company's CA with `vedette issuer add <name> <PEM file>`",
        "fügen Sie die CA der Firma hinzu mit `vedette issuer add <Name> <PEM-Datei>`",
    ),
    (
        "the file holds a private key, which never belongs here",
        "die Datei enthält einen privaten Schlüssel, der nie hierher gehört",
    ),
    ("export the CA's certificates alone", "geben Sie nur die Zertifikate der CA aus"),
    (
        "`{subject}` is not the certificate of a CA",
        "`{subject}` ist nicht das Zertifikat einer CA",
    ),
    (
        "the settings name no issuer of certificates",
        "die Einstellungen nennen keinen Aussteller von Zertifikaten",
    ),
)

KEYS: Pairs = (
    ("there is no key `{name}`", "es gibt keinen Schlüssel `{name}`"),
    ("`vedette key list` names them", "`vedette key list` zeigt alle"),
    (
        "`{name}` is not changed by this command",
        "`{name}` wird nicht mit diesem Befehl gewechselt",
    ),
    (
        "nothing was changed; `{name}` is held by {holder}",
        "es wurde nichts geändert; `{name}` liegt bei {holder}",
    ),
    (
        "nobody has to be told of `{name}` before it is changed",
        "von `{name}` muss vor dem Wechsel niemand erfahren",
    ),
    (
        "look whether there is room on the disk, and who may write there",
        "sehen Sie nach, ob Platz auf der Platte ist und wer dort schreiben darf",
    ),
    (
        "both keys are believed until all is signed anew, so or by a start of control: {why}",
        "beide Schlüssel gelten, bis alles neu unterschrieben ist, so oder durch einen Start: {why}",
    ),
    (
        "start the organisation again (`vedette up`): until then the old one is used",
        "starten Sie die Organisation neu (`vedette up`): bis dahin gilt der alte",
    ),
)

FILES: Pairs = (
    ("nothing can be looked for like this", "so lässt sich nichts suchen"),
    ("the record can't be searched: {why}", "das Protokoll lässt sich nicht durchsuchen: {why}"),
    (
        "that is not yours to see or to do, or no such file is here",
        "das ist nicht Ihres zu sehen oder zu tun, oder hier ist keine solche Datei",
    ),
    (
        (
            "nobody knows what it is. A forbid that reads what is not known refuses it for as long as it "
            "stands; what was released passes where a rule says so: `vedette rule add released-files "
            '--between us,us --allow file --when "file.released = yes"`'
        ),
        (
            "niemand weiß, was sie ist. Ein Verbot, das liest, was nicht bekannt ist, verweigert sie, "
            "solange es gilt; was freigegeben ist, geht durch, wo eine Regel es sagt: `vedette rule add "
            'released-files --between us,us --allow file --when "file.released = yes"`'
        ),
    ),
    (
        "`vedette why {record}` says how that came about",
        "`vedette why {record}` sagt, wie es dazu kam",
    ),
    ("the rules refuse this file: {why}", "die Regeln verweigern diese Datei: {why}"),
    (
        "somebody quarantined `{file}` in Synapse itself",
        "jemand hat `{file}` in Synapse selbst in Quarantäne gestellt",
    ),
    ("Vedette leaves that to whoever did it", "Vedette überlässt das dem, der es tat"),
    (
        "write its address, such as `{example}`; `vedette file list` shows them",
        "schreiben Sie ihre Adresse, etwa `{example}`; `vedette file list` zeigt sie",
    ),
    ("no file `{file}` is here", "hier ist keine Datei `{file}`"),
    (
        "what was refused at once was never kept; `vedette file list --refused` shows the records",
        "was sofort verweigert wurde, wurde nie behalten; `vedette file list --refused` zeigt die Einträge",
    ),
    (
        "what is done to a file needs a reason",
        "was mit einer Datei getan wird, braucht einen Grund",
    ),
    (
        'say why, with `--reason "looked at by hand, ticket 4711"`',
        'sagen Sie warum, mit `--reason "von Hand angesehen, Ticket 4711"`',
    ),
    ("no file is named", "keine Datei ist genannt"),
    ("open it from the list of files", "öffnen Sie sie aus der Liste der Dateien"),
)
