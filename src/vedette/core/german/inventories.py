"""What is said of inventories of device management, in German, by the English."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

CHECKS: Pairs = (
    ("files of the boot file", "Dateien der Startdatei"),
    ("they can be used", "sie sind brauchbar"),
    ("devices", "Geräte"),
    ("it tells of {count} devices", "es nennt {count} Geräte"),
    ("devices that can't be taken", "Geräte, die nicht übernommen werden können"),
    ("{count} are left out: {some}", "{count} sind ausgelassen: {some}"),
    (
        "(correct them in the device management; until then they count as retired)",
        "(in der Geräteverwaltung berichtigen; bis dahin gelten sie als ausgemustert)",
    ),
    (
        "(wait; it is tried again by itself)",
        "(warten; es wird von selbst wieder versucht)",
    ),
    ("secret of the webhook", "Geheimnis des Webhooks"),
    ("{count} can be used", "{count} sind brauchbar"),
)

TROUBLE: Pairs = (
    ("`{path}` holds no CA: {why}", "`{path}` enthält keine CA: {why}"),
    ("put the CA of its server there (PEM)", "die CA des Servers dort ablegen (PEM)"),
    ("`{path}` can't be used: {why}", "`{path}` ist nicht brauchbar: {why}"),
    (
        "(write it anew beside it, and rename it into its place)",
        "(daneben neu schreiben und an seine Stelle umbenennen)",
    ),
    (
        "(see the path in the boot file, and who may read it)",
        "(Pfad in der Startdatei prüfen, und wer sie lesen darf)",
    ),
    ("`{path}` is larger than 64 MiB", "`{path}` ist größer als 64 MiB"),
    (
        "`{path}` and `{key}` are no certificate and its RSA key: {why}",
        "`{path}` und `{key}` sind kein Zertifikat mit seinem RSA-Schlüssel: {why}",
    ),
    (
        "`{path}` holds no secret of a webhook: {why}",
        "`{path}` enthält kein Geheimnis eines Webhooks: {why}",
    ),
    (
        "echo whsec_$(openssl rand -base64 32) > {path}",
        "echo whsec_$(openssl rand -base64 32) > {path}",
    ),
    ("`{path}` does not hold two lines", "`{path}` hat nicht zwei Zeilen"),
    (
        (
            "(make a login token in MeshCentral, My Account, Login Tokens; write its name on the first "
            "line of the file, its password on the second)"
        ),
        (
            "(in MeshCentral unter My Account, Login Tokens ein Token anlegen; seinen Namen in die "
            "erste Zeile der Datei schreiben, sein Passwort in die zweite)"
        ),
    ),
    (
        "the certificate of `{place}` does not hold: {why}",
        "das Zertifikat von `{place}` gilt nicht: {why}",
    ),
    (
        "(name its CA as `ca` in the boot file, and its address as its certificate has it)",
        "(seine CA in der Startdatei als `ca` nennen, und seine Adresse, wie das Zertifikat sie hat)",
    ),
    ("`{place}` does not answer: {why}", "`{place}` antwortet nicht: {why}"),
    (
        "(see whether this host may reach it)",
        "(prüfen, ob dieser Rechner es erreichen darf)",
    ),
    (
        "it sends us on to `{place}`, whom the boot file does not name",
        "es schickt uns weiter zu `{place}`, was nicht in der Startdatei steht",
    ),
    ("it sends us on to another address", "es schickt uns weiter zu einer anderen Adresse"),
    ("it answered something that is no JSON", "die Antwort ist kein JSON"),
    ("it answered something that is no JSON object", "die Antwort ist kein JSON-Objekt"),
    ("it answered a page without devices", "die Antwort ist eine Seite ohne Geräte"),
    ("it answered without a token", "die Antwort enthält kein Token"),
    ("it answered {status}: {why}", "die Antwort ist {status}: {why}"),
    ("it answers {status} again and again", "die Antwort ist immer wieder {status}"),
    ("it refuses to tell: {why}", "es verweigert die Auskunft: {why}"),
    (
        "it refuses a token that it has just given",
        "es lehnt ein Token ab, das es eben erst ausgestellt hat",
    ),
    ("it does not let us in: {why}", "es lässt uns nicht ein: {why}"),
    (
        "it ended the channel before it had told all",
        "es hat den Kanal beendet, bevor alles gesagt war",
    ),
    ("it told {count} of {of} devices", "es hat {count} von {of} Geräten genannt"),
    ("its answer ends before it is whole", "die Antwort bricht ab"),
    (
        "its answer is too long, or takes too long",
        "die Antwort ist zu lang, oder dauert zu lange",
    ),
    ("its pages lead round in circles", "die Seiten führen im Kreis"),
    (
        "a reading takes longer than half an hour",
        "das Einlesen dauert länger als eine halbe Stunde",
    ),
    (
        "(give the API client a role with {rights})",
        "(dem API-Client eine Rolle mit {rights} geben)",
    ),
    ("Jamf gives no token ({status}): {why}", "Jamf gibt kein Token ({status}): {why}"),
    (
        "(see the API client's id and secret, and whether it is enabled)",
        "(Kennung und Geheimnis des API-Clients prüfen, und ob er eingeschaltet ist)",
    ),
    (
        "(give the application `{right}` of Microsoft Graph and consent for the tenant)",
        "(der Anwendung `{right}` von Microsoft Graph geben und für den Mandanten zustimmen)",
    ),
    ("Entra gives no token ({status}): {why}", "Entra gibt kein Token ({status}): {why}"),
    (
        "(see the application's id, tenant and secret or certificate, and when it ends)",
        "(Kennung, Mandant und Geheimnis oder Zertifikat der Anwendung prüfen, und wann es endet)",
    ),
)

STANDING: Pairs = (
    (
        (
            "it names {count} of {of} devices no more, so what it told last stays in force; look at "
            "it, and confirm with `vedette device inventory sync {name} --confirm`"
        ),
        (
            "es nennt {count} von {of} Geräten nicht mehr, also gilt weiter, was es zuletzt sagte; "
            "ansehen und mit `vedette device inventory sync {name} --confirm` bestätigen"
        ),
    ),
    (
        "the inventory `{name}` is never asked: it reports by itself",
        "das Inventar `{name}` wird nie gefragt: es meldet von selbst",
    ),
    ("have its sender report again", "den Absender neu melden lassen"),
    (
        "the boot file does not say where an inventory `{name}` is",
        "die Startdatei sagt nicht, wo ein Inventar `{name}` ist",
    ),
    ("there are {names}", "es gibt {names}"),
    (
        "name it in [control.device_management] of the boot file",
        "es in [control.device_management] der Startdatei nennen",
    ),
    (
        "the boot file does not say where the inventory `{name}` is",
        "die Startdatei sagt nicht, wo das Inventar `{name}` ist",
    ),
    (
        "add [control.device_management.{name}] to the boot file",
        "[control.device_management.{name}] in die Startdatei schreiben",
    ),
    (
        (
            "the boot file says where the inventory `{name}` is, and no setting says for whose "
            "devices it speaks: it is not read"
        ),
        (
            "die Startdatei sagt, wo das Inventar `{name}` ist, und keine Einstellung, für wessen "
            "Geräte es spricht: es wird nicht gelesen"
        ),
    ),
    (
        "the inventory `{name}` has told nothing yet",
        "das Inventar `{name}` hat noch nichts gesagt",
    ),
    (
        "the inventory `{name}` told nothing for so long that its devices count as unknown: {why}",
        "das Inventar `{name}` hat so lange nichts gesagt, dass seine Geräte als unbekannt gelten: {why}",
    ),
    ("the inventory `{name}`: {why}", "das Inventar `{name}`: {why}"),
    (
        "the inventory `{name}` tells of {count} devices",
        "das Inventar `{name}` nennt {count} Geräte",
    ),
)
