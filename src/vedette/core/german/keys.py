"""What the table of keys says, in German by its English."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

_PAIRS: Pairs = (
    (
        "opens the Kerberos tickets that people's computers show to the sign-in service",
        "öffnet die Kerberos-Tickets, die Rechner von Personen dem Anmeldedienst zeigen",
    ),
    (
        (
            "at the KDC: a new keytab beside the old keys, put in the place of the file; it counts at "
            "once. Tickets of the old keys are taken for as long as those stand in it"
        ),
        (
            "am KDC: eine neue Keytab neben den alten Schlüsseln, an die Stelle der Datei gelegt; sie gilt "
            "sofort. Tickets der alten Schlüssel werden angenommen, solange diese darin stehen"
        ),
    ),
    (
        "proves to the authority that orders are ours",
        "beweist der Zertifizierungsstelle, dass Bestellungen von uns sind",
    ),
    (
        "gateway",
        "Gateway",
    ),
    (
        "`rm` the file: the next order makes another one, and an account with it",
        (
            "die Datei mit `rm` löschen: Die nächste Bestellung macht einen neuen, und "
            "ein Konto dazu"
        ),
    ),
    (
        "binds that account to one that the organisation has at the authority",
        "bindet dieses Konto an eines, das die Organisation bei der Stelle hat",
    ),
    (
        "put what the authority gave into the file; it is read at the next new account",
        ("in die Datei schreiben, was die Stelle gab; gelesen wird es beim nächsten neuen Konto"),
    ),
    (
        "opens the administration API on this host, for all that the rules leave it",
        "öffnet die Verwaltungs-API auf diesem Rechner, für alles, was die Regeln ihm lassen",
    ),
    (
        "control, and whoever may read the file",
        "control, und wer die Datei lesen darf",
    ),
    (
        (
            "`vedette key rotate admin-token`: the old one is worth nothing at once. "
            "Whoever has copied it elsewhere needs the new one"
        ),
        (
            "`vedette key rotate admin-token`: Das alte gilt sofort nichts mehr. Wer es "
            "anderswohin kopiert hat, braucht das neue"
        ),
    ),
    (
        (
            "CAs that are believed: of other servers, devices, the SIEM, authorities, the"
            " directory, makers of security keys; no secrets, but whoever adds one is "
            "believed"
        ),
        (
            "CAs, denen geglaubt wird: anderer Server, der Geräte, des SIEM, von Stellen,"
            " des Verzeichnisses, der Hersteller von Sicherheitsschlüsseln; nicht geheim,"
            " aber wer eine hinzufügt, dem wird geglaubt"
        ),
    ),
    (
        "gateway, control, sign-in",
        "Gateway, control, Anmeldedienst",
    ),
    (
        (
            "put the new CA beside the old one into the file, then `vedette up` again; "
            "take the old one out later"
        ),
        (
            "die neue CA neben die alte in die Datei schreiben, dann `vedette up` noch "
            "einmal; die alte später herausnehmen"
        ),
    ),
    (
        "opens the names in the record; its public half lies with every door",
        "öffnet die Namen im Protokoll; seine öffentliche Hälfte liegt bei jeder Tür",
    ),
    (
        "control",
        "control",
    ),
    (
        (
            "`vedette key rotate audit-key`: doors seal to the new one from their next "
            "record on. Older ones stay in the same file for as long as a name in the "
            "record needs them"
        ),
        (
            "`vedette key rotate audit-key`: Türen versiegeln ab ihrem nächsten Eintrag "
            "für den neuen. Ältere bleiben in derselben Datei, solange ein Name im "
            "Protokoll sie braucht"
        ),
    ),
    (
        "proves to other services that what they push arrives here",
        "beweist anderen Diensten, dass hier ankommt, was sie schicken",
    ),
    (
        "proves the console to browsers",
        "beweist Browsern, dass es die Konsole ist",
    ),
    (
        "put certificate and key in their files, then `vedette up` again",
        ("Zertifikat und Schlüssel in ihre Dateien schreiben, dann `vedette up` noch einmal"),
    ),
    (
        (
            "open the PostgreSQL databases of control, sign-in and Synapse; each holds a "
            "password. Synapse's is written again in the form that its driver reads"
        ),
        (
            "öffnen die PostgreSQL-Datenbanken von control, Anmeldedienst und Synapse; in"
            " jeder steht ein Passwort. Die von Synapse wird noch einmal so geschrieben, "
            "wie sein Treiber sie liest"
        ),
    ),
    (
        "control, sign-in, Synapse, each its own; control sign-in's too",
        (
            "control, Anmeldedienst, Synapse, jedes sein eigenes; control auch das des "
            "Anmeldedienstes"
        ),
    ),
    (
        "change the password in the database and in the file, then `vedette up` again",
        ("das Passwort in der Datenbank und in der Datei ändern, dann `vedette up` noch einmal"),
    ),
    (
        "the password of the account that reads the directory",
        "das Passwort des Kontos, das das Verzeichnis liest",
    ),
    (
        "control, sign-in",
        "control, Anmeldedienst",
    ),
    (
        "change it in the directory and in the file, then `vedette up` again",
        "im Verzeichnis und in der Datei ändern, dann `vedette up` noch einmal",
    ),
    (
        "proves the gateway to clients and other servers, from files",
        "beweist Programmen und anderen Servern, dass es das Gateway ist; aus Dateien",
    ),
    (
        "put certificate and key in their files; they are read again by themselves",
        ("Zertifikat und Schlüssel in ihre Dateien schreiben; sie werden von selbst neu gelesen"),
    ),
    (
        ("the same, where it is ordered by ACME; its chain lies beside it without the key"),
        ("dasselbe, wo es per ACME bestellt wird; seine Kette liegt ohne den Schlüssel daneben"),
    ),
    (
        "by itself with each certificate; at once: `vedette certificate server renew`",
        "von selbst mit jedem Zertifikat; sofort: `vedette certificate server renew`",
    ),
    (
        "opens `/metrics` and nothing else",
        "öffnet `/metrics` und sonst nichts",
    ),
    (
        "control, and whatever counts",
        "control, und was zählt",
    ),
    (
        "put another one (32 characters or more) into the file; it counts at once",
        "ein anderes (32 Zeichen oder mehr) in die Datei schreiben; es gilt sofort",
    ),
    (
        "opens recovery on control's host; here only until it is put away",
        ("öffnet den Notzugang auf dem Rechner von control; hier nur, bis er verwahrt ist"),
    ),
    (
        "nobody: it belongs on paper",
        "niemand: Er gehört auf Papier",
    ),
    (
        "`vedette recover --new-code`",
        "`vedette recover --new-code`",
    ),
    (
        (
            "each opens what the record says of one person in one segment of a log; "
            "sealed to `audit-key`"
        ),
        (
            "jeder öffnet, was das Protokoll in einem Segment über eine Person sagt; "
            "versiegelt für `audit-key`"
        ),
    ),
    (
        "the door that writes the log while it writes; else nobody without `audit-key`",
        (
            "die Tür, die das Protokoll schreibt, solange sie schreibt; sonst niemand "
            "ohne `audit-key`"
        ),
    ),
    (
        (
            "by themselves with every segment and every start of a door; erased by "
            "`vedette audit erase`"
        ),
        (
            "von selbst mit jedem Segment und jedem Start einer Tür; gelöscht von "
            "`vedette audit erase`"
        ),
    ),
    (
        "by this Microsoft Entra knows the application that reads the devices of Intune",
        "daran erkennt Microsoft Entra die Anwendung, die die Geräte von Intune liest",
    ),
    (
        (
            "put the new certificate beside the old one in Entra, both into their files, "
            "then `vedette up` again"
        ),
        (
            "das neue Zertifikat in Entra neben das alte stellen, beide in ihre Dateien, dann "
            "wieder `vedette up`"
        ),
    ),
    (
        "by these an inventory of devices is read, or signs what it reports",
        "damit wird ein Inventar von Geräten gelesen, oder es unterschreibt, was es meldet",
    ),
    ("control, and the device management", "control und die Geräteverwaltung"),
    (
        (
            "have another one made there and put it into the file; it counts at once. Of a webhook both "
            "may stand there, each on a line, while the sender changes"
        ),
        (
            "dort ein neues machen lassen und in die Datei schreiben; es gilt sofort. Bei einem Webhook "
            "dürfen beide dort stehen, je auf einer Zeile, während der Absender wechselt"
        ),
    ),
    (
        "by these a RADIUS server and we know each other",
        "an diesen erkennen ein RADIUS-Server und wir einander",
    ),
    (
        "sign-in",
        "Anmeldedienst",
    ),
    (
        "change it at the server and in the file, then `vedette up` again",
        "am Server und in der Datei ändern, dann `vedette up` noch einmal",
    ),
    (
        (
            "signs the settings, people and sessions that every door believes, and "
            "checkpoints; its public half lies with every door"
        ),
        (
            "unterschreibt Einstellungen, Personen und Sitzungen, denen jede Tür glaubt, "
            "und Prüfpunkte; seine öffentliche Hälfte liegt bei jeder Tür"
        ),
    ),
    (
        (
            "`vedette key rotate settings-key`: both count until every stream is signed "
            "anew, then the new one alone. What the old one signed before stays proven, "
            "by a line in which each vouches for the other"
        ),
        (
            "`vedette key rotate settings-key`: Beide gelten, bis jeder Strom neu "
            "unterschrieben ist, dann der neue allein. Was der alte vorher unterschrieb, "
            "bleibt bewiesen, durch eine Zeile, in der jeder für den anderen bürgt"
        ),
    ),
    (
        "proves control to the SIEM",
        "beweist dem SIEM, dass es control ist",
    ),
    (
        "encrypts second factors and token keys in the sign-in store",
        ("verschlüsselt zweite Faktoren und Token-Schlüssel im Speicher des Anmeldedienstes"),
    ),
    (
        (
            "`vedette key rotate sign-in-store-key`: all of it is encrypted anew while it"
            " runs. Keep the old one as long as you keep backups of the store from "
            "before. With several sign-in services on one database end all but one "
            "before, and give the others the new file"
        ),
        (
            "`vedette key rotate sign-in-store-key`: Im laufenden Betrieb wird alles neu "
            "verschlüsselt. Behalten Sie den alten so lange wie Sicherungen des Speichers"
            " von vorher. Bei mehreren Anmeldediensten an einer Datenbank beenden Sie "
            "vorher alle bis auf einen und geben den anderen die neue Datei"
        ),
    ),
    (
        "what Synapse signs its own things with, each made at random",
        "womit Synapse Eigenes unterschreibt, jedes zufällig",
    ),
    (
        "Synapse",
        "Synapse",
    ),
    (
        (
            "`vedette key rotate synapse-secrets`: Synapse is started again with others, "
            "which takes some seconds"
        ),
        (
            "`vedette key rotate synapse-secrets`: Synapse startet mit anderen neu, was "
            "einige Sekunden dauert"
        ),
    ),
    (
        "by this Synapse, the module inside it and sign-in know each other",
        "daran erkennen Synapse, das Modul darin und der Anmeldedienst einander",
    ),
    (
        "Synapse, sign-in",
        "Synapse, Anmeldedienst",
    ),
    (
        (
            "`vedette key rotate synapse-shared-secret`: both are started again with "
            "another one, which takes some seconds"
        ),
        (
            "`vedette key rotate synapse-shared-secret`: Beide starten mit einem anderen "
            "neu, was einige Sekunden dauert"
        ),
    ),
    (
        "signs what we send to other servers: it is the organisation among servers",
        ("unterschreibt, was wir anderen Servern senden: Unter Servern ist er die Organisation"),
    ),
    (
        (
            "`vedette key rotate synapse-signing-key`: Synapse is started again with "
            "another one and publishes when the old one ended, so what it signed stays "
            "good. Partners who have pinned ours add what `vedette key next "
            "synapse-signing-key` prints before"
        ),
        (
            "`vedette key rotate synapse-signing-key`: Synapse startet mit einem anderen "
            "neu und veröffentlicht, wann der alte endete; was er unterschrieb, bleibt "
            "gut. Partner, die unseren festgeschrieben haben, fügen vorher hinzu, was "
            "`vedette key next synapse-signing-key` ausgibt"
        ),
    ),
    (
        ("signs access tokens; a token alone admits nobody, its session must be listed too"),
        (
            "unterschreibt Zugangs-Token; ein Token allein lässt niemanden ein, seine "
            "Sitzung muss auch in der Liste stehen"
        ),
    ),
    (
        "sign-in, encrypted in its store",
        "Anmeldedienst, verschlüsselt in seinem Speicher",
    ),
    (
        (
            "every 90 days by itself, the old one verifying for as long again; at once: "
            "`vedette key rotate token-key`. The new one signs as soon as every door "
            "knows it, in about a second"
        ),
        (
            "alle 90 Tage von selbst, der alte prüft noch einmal so lange; sofort: "
            "`vedette key rotate token-key`. Der neue unterschreibt, sobald jede Tür ihn "
            "kennt, nach etwa einer Sekunde"
        ),
    ),
    (
        "by these OpenID providers know us",
        "an diesen erkennen uns OpenID-Anbieter",
    ),
    (
        ("have the provider make a new one, put it into the file, then `vedette up` again"),
        (
            "beim Anbieter ein neues machen lassen und in die Datei schreiben, dann "
            "`vedette up` noch einmal"
        ),
    ),
    (
        (
            "at the KDC: a new keytab beside the old keys, put in the place of the file; it "
            "counts at once. Tickets of the old keys are taken for as long as those stand in "
            "it"
        ),
        (
            "am KDC: eine neue Keytab neben den alten Schlüsseln, an die Stelle der Datei "
            "gelegt; sie zählt sofort. Tickets der alten Schlüssel gelten, solange diese "
            "darin stehen"
        ),
    ),
    (
        "opens the Kerberos tickets that people's computers show to the sign-in service",
        ("öffnet die Kerberos-Tickets, die die Rechner der Personen dem Anmeldedienst zeigen"),
    ),
)
KEYS: dict[str, str] = dict(_PAIRS)
"""By the English of the table."""
