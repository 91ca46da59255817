"""The meanings of facts in German, by the fact's name."""

from __future__ import annotations

FACTS: dict[str, str] = {
    "act": "die Verwaltungshandlung, `<Bereich>:<Gegenstand>:<Handlung>`",
    "act.through": "wodurch die Handlung kommt: in der Konsole angemeldet, durch ein Token, das für eine "
    "Person gemacht wurde, oder durch das lokale Token auf dem Rechner von control",
    "approvals": "wie viele andere Verwaltende genau das freigegeben haben",
    "certificate.issuer": "welcher Aussteller des Dokuments für das gezeigte Zertifikat bürgt",
    "certificate.policies": "die Zertifikatsrichtlinien, die für den ganzen Pfad des Zertifikats gelten",
    "certificate.usages": "die erweiterten Schlüsselverwendungen des gezeigten Zertifikats",
    "change.widens": "Kreise, denen gegenüber die Änderung mehr erlaubt, und `administer`, wenn sie "
    "ein Recht geben kann",
    "client.name": "der Name des Programms, wie es selbst sagt; im Browser der des Browsers, wenn die "
    "Seite keinen nennt",
    "client.version": "die Version des Programms",
    "device.approved": "ob jemand aus der Verwaltung das Gerät zugelassen hat",
    "device.compliant": "ob die Geräteverwaltung das verwaltete Gerät in Ordnung findet",
    "device.confirmed": "ob die Person das Gerät auf einem anderen bestätigt hat",
    "device.count": "das wievielte Gerät der Person es ist, vom ältesten an gezählt",
    "device.managed": "ob das Gerät bewiesen hat, dass die Organisation es verwaltet; nein ohne Beweis",
    "device.owner": "wen die Geräteverwaltung als den nennt, dem das Gerät gegeben ist: genau diese "
    "Person, eine andere oder niemanden",
    "device.platform": "das Betriebssystem des Geräts, wie die Geräteverwaltung es meldet; sonst eine "
    "Behauptung",
    "device.version": "die Version des Betriebssystems, wie die Geräteverwaltung sie meldet; sonst eine "
    "Behauptung",
    "file.active": "ob die Datei beim Öffnen von selbst etwas tut: Skripte oder Aktionen in einem PDF, "
    "Skripte in einem Bild oder einer Seite",
    "file.class": "als was die Datei benutzt wird",
    "file.disguised": "ob ihr Name oder ihr angegebener Typ eine andere Art nennt als ihr Inhalt",
    "file.encrypted": "ob die Bytes Ende zu Ende verschlüsselt sind",
    "file.kind": "was die Datei ist, und jede Datei darin; ein angegebener Typ ist nur eine Behauptung",
    "file.macros": "ob in einem Office-Dokument Makros stecken",
    "file.malware": "ob der Virenscanner etwas gefunden hat",
    "file.matches": "die eigenen YARA-Regeln der Organisation, die auf die Datei passen",
    "file.polyglot": "ob sich die Datei als zwei Arten zugleich lesen lässt",
    "file.protected": "ob ein Passwort verhindert, dass der Inhalt der Datei angesehen wird",
    "file.released": "ob die Verwaltung die Datei freigegeben hat und seither niemand weiß, was sie ist",
    "file.size": "die Größe der Datei in Bytes",
    "file.type": "der genaue Medientyp der Datei und jeder Datei darin, etwa `application/pdf`",
    "room.encrypted": "ob der Raum Ende zu Ende verschlüsselt ist",
    "room.kind": "die Art, als die der Raum angelegt wurde",
    "room.ours": "ob jemand von uns den Raum angelegt hat",
    "sign_in.age": "vor welcher Zeit der jüngste Faktor gezeigt wurde",
    "sign_in.attested": "ob ein Passkey gezeigt wurde, für dessen Modell sein Hersteller bürgt, einer "
    "von denen der Boot-Datei",
    "sign_in.factors": "wie viele voneinander unabhängige Faktoren gezeigt wurden",
    "sign_in.flow": "auf welchem Weg die Anmeldung kam",
    "sign_in.kinds": "die Arten der gezeigten Faktoren",
    "sign_in.models": "die Modelle (AAGUID) der gezeigten Passkeys, für die ihre Hersteller bürgen",
    "sign_in.networks": "die Netze dieses Dokuments, in denen die Adresse liegt, oder `elsewhere`",
    "today": "der Tag der Frage, UTC",
}
