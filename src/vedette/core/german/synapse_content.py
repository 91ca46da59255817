"""Synapse's options about rooms, messages and files, in German: meaning and risk."""

from __future__ import annotations

CONTENT = {
    "default_room_version": (
        "Die Fassung neuer Räume, die sagt, wie ihre Ereignisse beurteilt werden.",
        (
            "In Fassung 12 hat, wer einen Raum anlegt, für immer alle Macht, und ältere Programme blenden "
            "Einstellungen aus."
        ),
    ),
    "encryption_enabled_by_default_for_room_type": (
        "Ob Synapse von selbst Räume verschlüsselt anlegt.",
        (
            "Das entscheidet die Ereignistür, die die Art eines Raums kennt; Synapse verschlüsselte auch "
            "die, die es nicht sein dürfen."
        ),
    ),
    "enable_room_list_search": (
        "Ob Menschen Listen öffentlicher Räume durchsehen können, auch die von Partnern.",
        "Wessen Liste jemand durchsehen darf, sagen Regeln über `contact`.",
    ),
    "room_list_publication_rules": (
        "Wer Räume auf die Liste der öffentlichen Räume setzen darf.",
        "Sie sagt allen hier Namen und Thema von Räumen.",
    ),
    "alias_creation_rules": (
        "Wer Räumen eine Adresse geben darf.",
        "Eine Adresse lässt niemanden hinein: Wer beitreten darf, sagen Regeln über `contact`.",
    ),
    "allow_public_rooms_without_auth": (
        "Ob die Liste der Räume ohne Anmeldung gezeigt wird.",
        "Jeder im Internet könnte lesen, wie unsere Räume heißen.",
    ),
    "allow_public_rooms_over_federation": (
        "Ob andere Server die Liste der Räume lesen dürfen.",
        "Partner könnten lesen, wie Räume von uns heißen, die nicht für sie sind.",
    ),
    "block_non_admin_invites": (
        "Ob nur Verwaltende des Servers einladen dürfen.",
        "Wer wen einladen darf, sagen Regeln über `contact`.",
    ),
    "require_membership_for_aliases": (
        "Ob nur Mitglieder eines Raums ihm eine Adresse geben dürfen.",
        "Fremde könnten eine Adresse wie die eines Raums aussehen lassen, in dem sie nicht sind.",
    ),
    "limit_remote_rooms.enabled": (
        "Ob der Beitritt zu sehr großen Räumen anderer Server abgelehnt wird.",
        "Welchen Räumen anderswo jemand beitreten darf, sagen Regeln über `contact`.",
    ),
    "forget_rooms_on_leave": (
        "Ob, wer einen Raum verlässt, ihn sofort vergisst.",
        "Räume, die alle verlassen haben, werden nach einer Zeit gelöscht, ungebeten.",
    ),
    "forgotten_room_retention_period": (
        "Wie lange Räume bleiben, die alle vergessen haben.",
        "Es liegt Inhalt da, den niemand braucht, oder er ist fort, bevor ein Vorfall bekannt wird.",
    ),
    "default_power_level_content_override": (
        "Wer in neuen Räumen welche Macht hat.",
        "Die Ereignistür setzt es, damit niemand eines anderen Servers Macht in Räumen von hier bekommt.",
    ),
    "max_event_delay_duration": (
        "Wie weit im Voraus Programme Nachrichten für später abgeben können. Nicht gesetzt: gar nicht.",
        "Was beim Schreiben erlaubt war, wäre es beim Senden vielleicht nicht mehr.",
    ),
    "experimental_features": (
        "Teile von Synapse, die nicht fertig sind.",
        "Keine Tür sieht an, was durch sie hindurchgeht.",
    ),
    "retention.enabled": (
        "Ob Nachrichten gelöscht werden, wenn sie alt sind.",
        "Was gelöscht ist, bringt keine Revision zurück.",
    ),
    "retention.default_policy": (
        "Wie alt Nachrichten werden dürfen.",
        "Was gelöscht ist, bringt keine Revision zurück.",
    ),
    "retention.allowed_lifetime_min": (
        "Die kürzeste Zeit, die der Besitzer eines Raums setzen darf; dieselbe wie die der Organisation.",
        "Ein Besitzer könnte Nachrichten verschwinden lassen, bevor ein Vorfall bekannt wird.",
    ),
    "retention.allowed_lifetime_max": (
        "Die längste Zeit, die der Besitzer eines Raums setzen darf; dieselbe wie die der Organisation.",
        "Ein Besitzer könnte behalten, was die Organisation löschen muss.",
    ),
    "redaction_retention_period": (
        "Wie lange der Text gelöschter Nachrichten in der Datenbank bleibt.",
        (
            "Was Menschen zurückgenommen haben, kann noch gestohlen werden, oder ist fort, bevor es sich "
            "ansehen ließ."
        ),
    ),
    "redaction_allowed_period": (
        "Wie lange nach dem Senden eine Nachricht gelöscht werden darf. Nicht gesetzt: immer.",
        "Menschen könnten nicht zurücknehmen, was sie versehentlich gesendet haben.",
    ),
    "enable_ephemeral_messages": (
        "Nachrichten, die sich nach einer Zeit des Absenders selbst löschen.",
        "Was jemand getan hat, wäre fort, bevor es sich ansehen ließ.",
    ),
    "enable_search": (
        "Ob Menschen Nachrichten unverschlüsselter Räume auf dem Server durchsuchen können.",
        "Sie finden nur, was sie lesen dürfen; ohne das heben sie Kopien anderswo auf.",
    ),
    "url_preview_enabled": (
        "Ob der Server Adressen abruft, die in Nachrichten stehen, um zu zeigen, was dort ist.",
        (
            "Der Server riefe jede Adresse ab, die jemand schreibt, auch im Netz der Firma; dafür gibt es "
            "keinen Weg hinaus."
        ),
    ),
    "push.include_content": (
        "Ob Benachrichtigungen tragen, was geschrieben wurde.",
        "Apple, Google und wer den Push-Dienst betreibt, läsen mit.",
    ),
    "push.enabled": (
        "Ob Geräte von neuen Nachrichten erfahren.",
        (
            "Jeder Push-Dienst erfährt, wann welches Gerät eine Nachricht bekommt; nur genannte werden "
            "erreicht."
        ),
    ),
    "email": (
        "Hinweise per E-Mail.",
        "Was geschrieben wurde, ginge mit der Post hinaus, an jeder Tür vorbei.",
    ),
    "max_upload_size": (
        "Die Größe, über der das Hochladen abgelehnt wird.",
        "Eine hohe Grenze füllt die Platte.",
    ),
    "media_upload_limits": (
        "Wie viel eine Person in einer Zeit hochladen darf.",
        "Ohne Grenze kann eine Person die Platte füllen.",
    ),
    "max_image_pixels": (
        "Wie groß Bilder sein dürfen, von denen kleine Fassungen gemacht werden.",
        "Eine kleine Datei, die sich zu einem riesigen Bild entfaltet, braucht den Speicher auf.",
    ),
    "media_retention.local_media_lifetime": (
        "Nach welcher Zeit unbenutzte Dateien von uns gelöscht werden.",
        "Was gelöscht ist, bringt keine Revision zurück.",
    ),
    "media_retention.remote_media_lifetime": (
        "Nach welcher Zeit unbenutzte Kopien von Dateien anderer gelöscht werden.",
        "Die Platte füllt sich mit Kopien, oder eine Datei ist hier fort, sobald ihr Besitzer sie löscht.",
    ),
    "enable_authenticated_media": (
        "Ob Dateien nur denen gegeben werden, die angemeldet sind.",
        "Wer die Adresse einer Datei erfährt, könnte sie von überall abrufen.",
    ),
    "prevent_media_downloads_from": (
        "Server, von denen keine Dateien geholt werden.",
        "Wessen Dateien jemand abrufen darf, sagen Regeln über `file`.",
    ),
    "dynamic_thumbnails": (
        "Ob kleine Fassungen von Bildern in jeder verlangten Größe gemacht werden.",
        "Jeder könnte den Server damit beschäftigen.",
    ),
    "max_avatar_size": (
        "Wie groß Bilder von Personen sein dürfen.",
        "Regeln über `file.class = avatar` sagen es, neben dem, was ein Bild sein darf.",
    ),
    "max_pending_media_uploads": (
        "Wie viele begonnene und nicht beendete Uploads eine Person haben darf.",
        "Ohne Grenze könnte eine Person endlos reservieren.",
    ),
    "media_storage_providers": (
        "Andere Orte, an denen Dateien ebenfalls liegen.",
        "Kopien lägen, wo weder die Dateitür noch ein Löschen sie erreicht.",
    ),
    "media_store_path": (
        "Wo Dateien liegen.",
        "Wer diesen Ordner liest, liest jede Datei unverschlüsselter Räume.",
    ),
}
