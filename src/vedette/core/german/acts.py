"""Every act of administration in German, by the act's name."""

from __future__ import annotations

ACTS: dict[str, str] = {
    "administration:act:approve": "zweite Person für eine Handlung jemandes anderen sein, etwa einen neuen "
    "Schlüssel, wo eine Regel eine verlangt",
    "administration:act:list": "sehen, welche Handlungen auf eine zweite Person warten",
    "administration:act:reject": "eine wartende Handlung ablehnen",
    "administration:recovery:begin": "den Notzugang mit dem Notcode öffnen, auf dem Rechner von "
    "control; keine Regel erlaubt oder verbietet es",
    "administration:recovery:end": "den Notzugang schließen, auf dem Rechner von control",
    "administration:recovery:renew": "einen neuen Notcode machen, auf dem Rechner von control",
    "administration:settings:apply": "die Einstellungen und die Regeln ändern",
    "administration:settings:approve": "zweite Person für die Änderung jemandes anderen sein",
    "administration:settings:confirm": "von einer Revision auf Probe sagen, dass sie niemanden "
    "ausgesperrt hat, damit sie bleibt",
    "administration:settings:draft": "Entwürfe der Einstellungen, die für niemanden gelten, aufbewahren "
    "und entfernen",
    "administration:settings:read": "die Einstellungen, die Regeln und ihren Verlauf lesen; einen Entwurf "
    "damit vergleichen. Auch jede Änderung der Einstellungen fragt danach",
    "administration:settings:reject": "eine wartende Änderung ablehnen",
    "administration:settings:replay": "aufgezeichnete Anfragen nach einem Entwurf entscheiden lassen",
    "administration:settings:restore": "eine frühere Revision zur neuesten machen",
    "administration:settings:withdraw": "eine eigene wartende Änderung zurückziehen",
    "audit:chain:verify": "die Ketten des Protokolls prüfen lassen",
    "audit:person:erase": "für immer unlesbar machen, was das Protokoll über jemanden sagt",
    "audit:person:report": "sich sagen lassen, was das Protokoll über jemanden sagt",
    "audit:record:read": "Einträge des Protokolls lesen, die sagen, wer wann was getan hat",
    "certificates:certificate:list": "Aussteller von Zertifikaten sehen, wer sich womit anmeldet und "
    "wie es um Sperrlisten und Auskunftsdienste steht",
    "certificates:certificate:revoke": "sagen, dass eine CA ein Zertifikat gesperrt hat: Jede Sitzung, die "
    "darauf beruht, endet. Gedacht für das Verfahren der CA selbst",
    "certificates:server:list": "die Zertifikate unserer Server sehen, und was aus ihren Bestellungen wird",
    "certificates:server:renew": "das Gateway jetzt ein neues Zertifikat bestellen lassen",
    "devices:device:approve": "ein wartendes Gerät von jemandem zulassen oder abweisen",
    "devices:inventory:list": "sehen, was die Geräteverwaltung von Geräten meldet, wer auf ihnen "
    "angemeldet ist und wie ihre Inventare stehen",
    "devices:inventory:sync": "ein Inventar der Geräteverwaltung jetzt lesen lassen und übernehmen, was es "
    "sagt, auch wenn viele Geräte fehlen",
    "devices:inventory:test": "ein Inventar der Geräteverwaltung Schritt für Schritt ausprobieren",
    "doors:door:list": "sehen, wie es um die Türen steht",
    "files:file:hold": "eine Datei, die jemand gesendet hat, vor allen zurückhalten",
    "files:file:list": "sehen, welche Dateien von jemandem zurückgehalten oder verweigert "
    "wurden, mit Namen",
    "files:file:release": "eine zurückgehaltene Datei freigeben, die jemand anderes gesendet hat, wo die "
    "Regeln nichts dagegen haben",
    "people:directory:preview": "sehen, wen ein Kreis, eine Gruppe oder ein anderer Filter des "
    "Verzeichnisses der Firma träfe",
    "people:directory:show": "sehen, wie die Liste der Personen zum Verzeichnis der Firma steht",
    "people:group:provision": "eine Gruppe und wer in ihr ist schicken (SCIM), als Identitätsanbieter",
    "people:person:provision": "jemanden schicken, ändern oder deaktivieren (SCIM), als "
    "Identitätsanbieter",
    "people:pushed:confirm": "in Kraft setzen, was ein Identitätsanbieter geschickt hat, obwohl es viele "
    "Personen wegnimmt",
    "people:pushed:read": "lesen, was geschickt wurde (SCIM), als Identitätsanbieter",
    "people:pushed:show": "sehen, was ein Identitätsanbieter geschickt hat",
    "people:directory:sync": "das Verzeichnis der Firma jetzt lesen lassen und eine Liste übernehmen, die "
    "angehalten ist, weil sie viele Personen wegnähme",
    "keys:key:list": "jeden Schlüssel und jedes Geheimnis der Organisation mit Namen sehen, nie den Wert",
    "keys:key:rotate": "einen neuen Schlüssel an die Stelle eines der unseren setzen",
    "partners:partner:change": "einen Partner mit einer Regel für Personen und Kanäle zwischen uns und "
    "ihm hinzufügen, oder einen entfernen",
    "partners:partner:check": "das Gateway versuchen lassen, einen Partner zu erreichen",
    "partners:partner:list": "die Partner sehen, und was zwischen ihnen und uns durchgeht",
    "people:account:create": "jemandem ein Konto anlegen",
    "people:factor:reset": "jemandem die zweiten Faktoren nehmen und einen Startcode ausgeben",
    "people:password:reset": "ein Startpasswort ausgeben; fehlgeschlagene Anmeldungen vergessen",
    "people:person:count": "sehen, wie viele Personen das Verzeichnis hat, und seine Fehler",
    "policy:decision:explain": "fragen, wie etwas entschieden würde, wer auch immer es täte",
    "rooms:room:count": "sehen, wie viele Räume gegen die Regeln sind",
    "rooms:room:list": "sehen, welche Räume gegen die Regeln sind und wer in einem Raum ist: in diesen, "
    "und in einem, nach dessen Kennung gefragt wird",
    "rooms:room:sweep": "jeden Raum neu beurteilen lassen",
    "sessions:session:end": "eine Sitzung von jemandem endgültig beenden",
    "sessions:session:list": "Sitzungen, Geräte, Konto und Arten von Faktoren von jemandem sehen",
    "sessions:session:resume": "eine angehaltene Sitzung von jemandem weiterlaufen lassen",
    "sessions:session:suspend": "eine Sitzung von jemandem anhalten",
    "tokens:token:add": "ein Token machen, das für jemanden handelt: Wer das darf, darf als diese Person "
    "handeln. Kein Token reicht dafür aus",
    "tokens:token:list": "jedes Token sehen, nie seinen Wert",
    "tokens:token:remove": "ein Token von jemandem entfernen",
}
