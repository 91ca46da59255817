"""The settings of the section `synapse` in German, by their keys."""

from __future__ import annotations

from vedette.core.german.words import Words


def _rate(title: str, what: str) -> Words:
    return Words(
        title,
        f"{what}; was schneller kommt, wird für einen Augenblick abgelehnt, und Programme versuchen es "
        "von selbst wieder.",
        "Zu hoch, und ein Konto, mit dem jemand ein Programm laufen lässt, bremst alle; zu niedrig, und "
        "Menschen werden mitten in der Arbeit abgelehnt.",
    )


SYNAPSE = {
    "messages_kept": Words(
        "Nachrichten",
        "Wie alt Nachrichten werden dürfen: Einmal am Tag löscht Synapse endgültig, was älter ist, in "
        "jedem Raum gleich, was auch immer sein Besitzer einstellt. Nicht gesetzt: Nichts wird gelöscht.",
        "Was gelöscht ist, bringt keine Revision zurück, und Synapse nennt dies einen Versuch. Server "
        "der Partner und die Geräte der Menschen behalten, was sie haben.",
        "nicht gesetzt, außer das Recht oder der Betriebsrat will ein Ende",
    ),
    "deleted_messages_kept": Words(
        "Gelöschte Nachrichten",
        "Wie lange der Text einer Nachricht, die jemand gelöscht hat, in der Datenbank bleibt, wo ihn "
        "nur noch deren Verwaltende lesen können.",
        "Zu lang, und was Menschen zurückgenommen haben, kann noch gestohlen werden; zu kurz, und nach "
        "einem Vorfall lässt es sich nicht mehr ansehen.",
    ),
    "forgotten_rooms_kept": Words(
        "Vergessene Räume",
        "Wie lange ein Raum in der Datenbank bleibt, nachdem die Letzten von uns ihn verlassen und "
        "vergessen haben.",
        "Zu lang, und es liegt Inhalt da, den niemand braucht; zu kurz, und er ist fort, bevor ein "
        "Vorfall bekannt wird.",
    ),
    "forget_on_leave": Words(
        "Vergessen beim Verlassen",
        "Ob, wer einen Raum verlässt, ihn sofort vergisst und nicht mehr sieht, was dort gesagt wurde, "
        "als er darin war.",
        "Mit true werden Räume, die alle verlassen haben, nach `synapse.forgotten_rooms_kept` gelöscht, "
        "ohne dass es jemand verlangt hat.",
    ),
    "addresses_kept": Words(
        "Adressen",
        "Wie lange Synapse aufbewahrt, von welcher Adresse und mit welchem Programm jemand zuletzt "
        "gesehen wurde.",
        "Es hält fest, wo Menschen sind; ohne das hinterlässt ein übernommenes Konto weniger Spuren.",
    ),
    "files_kept": Words(
        "Unbenutzte Dateien",
        "Nach welcher Zeit, in der niemand sie abgerufen hat, eine von uns hochgeladene Datei gelöscht "
        "wird, auch eine zurückgehaltene und das Bild einer Person. Nicht gesetzt: nie.",
        "Was gelöscht ist, bringt keine Revision zurück; die Nachrichten, die sie nennen, bleiben.",
        "nicht gesetzt, außer die Platte oder das Recht will ein Ende",
    ),
    "partner_files_kept": Words(
        "Unbenutzte Dateien anderer",
        "Nach welcher Zeit, in der niemand sie abgerufen hat, die Kopie der Datei eines Partners "
        "gelöscht wird; wer sie später öffnet, für den wird sie neu geholt und neu angesehen. Nicht "
        "gesetzt: nie.",
        "Nicht gesetzt, und die Platte füllt sich mit Kopien; gesetzt, und eine Datei ist hier fort, "
        "sobald der Partner sie löscht.",
        "wie es die Platte erlaubt, etwa 90 Tage",
    ),
    "uploads_a_day": Words(
        "Hochgeladenes am Tag",
        "Wie viel eine Person innerhalb eines Tages hochladen darf, alle Dateien zusammen. Nicht "
        "gesetzt: so viel sie will.",
        "Nicht gesetzt, und eine Person kann die Platte füllen; zu niedrig, und Menschen können nicht "
        "senden, was sie müssen.",
        "wie es die Platte erlaubt, etwa 5 GiB",
    ),
    "largest_picture": Words(
        "Größtes Bild",
        "Von Bildern mit mehr Bildpunkten als diesen macht Synapse keine kleinen Fassungen zur Vorschau.",
        "Eine hohe Zahl lässt eine kleine Datei, die sich zu einem riesigen Bild entfaltet, den "
        "Speicher aufbrauchen.",
    ),
    "presence": Words(
        "Anwesenheit",
        "Ob irgendjemand sieht, wer da ist. Mit true sagen Regeln über den Kanal `presence`, wer wen "
        "sieht; mit false sieht es niemand.",
        "Anwesenheit verrät, wann Menschen arbeiten, und kostet den Server in großen Organisationen viel.",
        "wie es der Betriebsrat und die Größe der Organisation erlauben",
    ),
    "find_everybody": Words(
        "Alle finden",
        "Ob eine Suche nach Personen alle hier findet oder nur die, mit denen man einen Raum teilt oder "
        "die in einem öffentlichen sind; Regeln über den Kanal `contact` verbergen Menschen so oder so.",
        "Mit true kann ein übernommenes Konto alle auflisten, die ihm die Regeln zeigen.",
    ),
    "room_directory": Words(
        "Liste der Räume",
        "Ob Besitzer ihre Räume auf die Liste der öffentlichen Räume setzen dürfen; die Ereignistür wird "
        "jedes Mal gefragt, und Regeln über `contact` sagen, wer die Liste durchsehen darf.",
        "Die Liste sagt allen hier Namen und Thema ihrer Räume.",
        "false, außer es gibt Räume, die alle hier finden sollen",
    ),
    "own_names": Words(
        "Eigene Namen",
        "Ob Menschen den Namen ändern dürfen, den andere sehen; mit false bleibt er, wie das "
        "Verzeichnis der Firma ihn sagt oder wie er war.",
        "Mit true darf sich jeder wie jemand anderes nennen; die Kennung darunter bleibt.",
        "false, wo Namen aus dem Verzeichnis der Firma kommen",
    ),
    "own_pictures": Words(
        "Eigene Bilder",
        "Ob Menschen ihr Bild ändern dürfen, wenn sie eines haben.",
        "Mit true darf sich jeder mit dem Bild von jemand anderem zeigen.",
        "wie Sie mögen: Regeln über `file.class = avatar` sagen, welche Bilder es sein dürfen",
    ),
    "names_per_room": Words(
        "Namen in Räumen",
        "Ob Menschen in einem einzelnen Raum einen anderen Namen und ein anderes Bild haben dürfen.",
        "Mit true kann sich jeder in einem Raum als jemand anderes ausgeben, wo es am wenigsten auffällt.",
        "false, wo Namen aus dem Verzeichnis der Firma kommen",
    ),
    "rate_messages": _rate("Takt der Nachrichten", "Wie viele Nachrichten eine Person senden darf"),
    "rate_rooms": _rate("Takt neuer Räume", "Wie viele Räume eine Person anlegen darf"),
    "rate_joins": _rate("Takt der Beitritte", "Wie vielen Räumen hier eine Person beitreten darf"),
    "rate_joins_elsewhere": _rate(
        "Takt der Beitritte anderswo",
        "Wie vielen Räumen auf anderen Servern eine Person beitreten darf",
    ),
    "rate_joins_into_room": _rate(
        "Takt der Beitritte zu einem Raum", "Wie viele Menschen einem Raum beitreten dürfen"
    ),
    "rate_invites": _rate("Takt der Einladungen", "Wie viele Einladungen eine Person senden darf"),
    "rate_invites_to_person": _rate(
        "Takt der Einladungen an eine Person", "Wie viele Einladungen eine Person bekommen darf"
    ),
    "rate_invites_into_room": _rate(
        "Takt der Einladungen in einen Raum",
        "Wie viele Menschen in einen Raum eingeladen werden dürfen",
    ),
    "rate_presence": _rate(
        "Takt der Anwesenheit", "Wie oft sich der Status einer Person ändern darf"
    ),
    "rate_searches": _rate("Takt der Suchen", "Wie oft eine Person nach Menschen suchen darf"),
    "rate_uploads": _rate(
        "Takt des Hochladens", "Wie viele Dateien hochzuladen eine Person beginnen darf"
    ),
}
