"""What is said where a room is asked about and where the console does something, in German."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

ASKED_ROOMS: Pairs = (
    (
        "`{channel}` is nothing that is done in a room",
        "`{channel}` geschieht nicht in einem Raum",
    ),
    ("leave the room out", "lassen Sie den Raum weg"),
    (
        "in a room it is asked towards everybody who is there, not towards one",
        "in einem Raum wird allen gegenüber gefragt, die darin sind, nicht einer Person gegenüber",
    ),
    (
        "leave one of the two out; whom to invite is asked with the channel `contact`",
        "lassen Sie eines von beiden weg; wen man einlädt, fragt man mit dem Kanal `contact`",
    ),
    (
        "write the room's id, such as `!AbCdEf:example.org`; clients show it in the room's settings",
        (
            "schreiben Sie die Kennung des Raums, etwa `!AbCdEf:example.org`; Programme zeigen sie in "
            "den Einstellungen des Raums"
        ),
    ),
    (
        "a room is asked about under the settings in force, not under a draft",
        "nach einem Raum wird unter den geltenden Einstellungen gefragt, nicht unter einem Entwurf",
    ),
    (
        "whom a draft would affect, in rooms too, `vedette replay DRAFT` says",
        "wen ein Entwurf träfe, auch in Räumen, sagt `vedette replay ENTWURF`",
    ),
    (
        "the event door still goes by revision {there}, in force is {here}",
        "die Ereignistür geht noch nach Revision {there}, in Kraft ist {here}",
    ),
    (
        "ask again; `vedette doctor` says how it is",
        "fragen Sie noch einmal; `vedette doctor` sagt, wie es um sie steht",
    ),
    (
        "Synapse, which alone knows who is in a room, does not answer now",
        "Synapse antwortet gerade nicht; nur es weiß, wer in einem Raum ist",
    ),
    (
        "`vedette doctor` says how it is; person by person it is not needed",
        "`vedette doctor` sagt, wie es darum steht; von Person zu Person braucht es das nicht",
    ),
    ("the homeserver knows no room `{room}`", "Synapse kennt keinen Raum `{room}`"),
    (
        "write the id of a room in which one of us is; ids differ in capitals too",
        (
            "schreiben Sie die Kennung eines Raums, in dem jemand von uns ist; auf große und kleine "
            "Buchstaben kommt es an"
        ),
    ),
    (
        "{who} is not in that room, so Synapse itself refuses it",
        "{who} ist nicht in diesem Raum; schon Synapse selbst verweigert es",
    ),
    (
        "whether they may come in is asked with the channel `contact` and nobody named as `to`",
        (
            "ob die Person hereinkommen darf, fragt man mit dem Kanal `contact`, ohne jemanden als "
            "`to` zu nennen"
        ),
    ),
)

OF_THE_CONSOLE: Pairs = (
    ("the order came to nothing: {why}", "die Bestellung schlug fehl: {why}"),
    ("the next try is at {at}", "der nächste Versuch ist um {at}"),
    (
        "a new certificate serves; the next one is ordered at {at}",
        "ein neues Zertifikat dient; das nächste wird um {at} bestellt",
    ),
    ("no key is named", "kein Schlüssel ist genannt"),
    ("open it from the list of keys", "öffnen Sie es von der Liste der Schlüssel aus"),
    (
        "write lower-case letters, digits and hyphens, such as `staff`",
        "schreiben Sie Kleinbuchstaben, Ziffern und Bindestriche, etwa `staff`",
    ),
    ("no address range is named", "kein Adressbereich ist genannt"),
    (
        "write one on a line, such as `192.0.2.0/24`",
        "schreiben Sie einen je Zeile, etwa `192.0.2.0/24`",
    ),
    ("the record has no key of {user}", "das Protokoll hat keinen Schlüssel von {user}"),
    (
        "{user}: {count} keys are erased, in the logs of {logs}",
        "{user}: {count} Schlüssel sind gelöscht, in den Protokollen von {logs}",
    ),
    (
        "{count} records name them all the same: older ones, or what somebody wrote",
        "{count} Einträge nennen die Person trotzdem: ältere, oder was jemand schrieb",
    ),
    (
        "this can't be undone, and the two names are not the same",
        "das lässt sich nicht zurücknehmen, und die beiden Namen sind nicht gleich",
    ),
    (
        "write whom it is about once more, just as above",
        "schreiben Sie noch einmal, um wen es geht, genau wie oben",
    ),
)
