"""Synapse's options about accounts and about who knows whom, in German: meaning and risk."""

from __future__ import annotations

PEOPLE = {
    "matrix_authentication_service.enabled": (
        "Synapse fragt den Anmeldedienst, wem ein Token gehört, und meldet selbst niemanden an.",
        "Ohne das gäbe es einen zweiten Weg hinein, an den Regeln über `sign-in` vorbei.",
    ),
    "matrix_authentication_service.endpoint": (
        "Wo Synapse fragt, wem ein Token gehört: der Teil von Vedette in ihm, auf Loopback.",
        "Wer dort antwortet, sagt, wer jemand ist.",
    ),
    "matrix_authentication_service.secret_path": (
        "Die Datei mit dem Geheimnis zwischen Synapse und dem Anmeldedienst.",
        "Wer es hat, legt Konten und Geräte an und entfernt sie.",
    ),
    "password_config.enabled": (
        "Synapses eigene Anmeldung mit Passwort.",
        "Damit käme man mit einem Faktor hinein, und Synapse startet so nicht.",
    ),
    "enable_registration": (
        "Ob Fremde sich ein Konto anlegen dürfen.",
        "Jeder im Internet wäre einer von `us`.",
    ),
    "enable_registration_without_verification": (
        "Ob sie das dürfen, ohne etwas nachzuweisen.",
        "Programme legten Konten zu Tausenden an.",
    ),
    "registration_requires_token": (
        "Ob es ein Token braucht, um sich ein Konto anzulegen.",
        "Niemand legt sich ein Konto an; es gibt nichts, wofür man Tokens ausgäbe.",
    ),
    "registration_shared_secret": (
        "Ein Geheimnis, mit dem Konten angelegt werden, auch von Verwaltenden des Servers.",
        "Wer es erfährt, macht sich an jeder Regel vorbei zum Verwaltenden des Servers.",
    ),
    "allow_guest_access": (
        "Zugang ganz ohne Konto.",
        "Wer die Adresse eines Raums kennt, könnte darin lesen, ohne sich angemeldet zu haben.",
    ),
    "auto_join_rooms": (
        "Räume, denen jedes neue Konto von selbst beitritt.",
        "Niemand würde gefragt, und alle wären dort mit allen zusammen.",
    ),
    "auto_accept_invites.enabled": (
        "Ob Synapse Einladungen an Stelle der Menschen annimmt.",
        "Wer jemanden einladen darf, stünde mit ihm in Kontakt, bevor er zugestimmt hat.",
    ),
    "session_lifetime": (
        "Nach welcher Zeit Synapse Sitzungen beendet.",
        "Sitzungen gehören dem Anmeldedienst; Synapse würde Geräte samt ihren Schlüsseln löschen.",
    ),
    "delete_stale_devices_after": (
        "Nach welcher Zeit Synapse Geräte löscht, die nicht gesehen wurden.",
        "Schlüssel verschlüsselter Räume gingen verloren, ohne dass jemand die Sitzung beendet hat.",
    ),
    "login_via_existing_session.enabled": (
        "Ob eine Sitzung ein weiteres Gerät anmelden kann, ohne jeden Faktor.",
        "Wer ein entsperrtes Telefon kurz in der Hand hält, nimmt eine Sitzung mit.",
    ),
    "oidc_providers": (
        "Andere Anbieter von Identitäten, die Synapse fragen würde.",
        "Der Anmeldedienst fragt sie (`[signin]` in der Startdatei); hier kämen sie an den Regeln vorbei.",
    ),
    "jwt_config": (
        "Anmeldung mit einem signierten Token von jemand anderem.",
        "Wer diesen Schlüssel hat, wäre, wer er will.",
    ),
    "app_service_config_files": (
        "Programme, die im Namen vieler Konten handeln (Brücken).",
        "Eine Brücke liest und schreibt für alle in ihrem Bereich, ohne dass eine Regel gefragt wird.",
    ),
    "use_appservice_legacy_authorization": (
        "Ob Geheimnisse von Brücken in Adressen stehen.",
        "Sie stünden in jedem Protokoll.",
    ),
    "server_notices": (
        "Ein eigenes Konto von Synapse, das Menschen schreibt.",
        "Hinweise kommen von Vedettes Konto; ein zweites schriebe, ohne aufgezeichnet zu werden.",
    ),
    "macaroon_secret_key_path": (
        "Die Datei mit dem Geheimnis, mit dem Synapse eigene kurzlebige Tokens signiert.",
        "Wer es hat, kann solche Tokens machen.",
    ),
    "form_secret_path": (
        "Die Datei mit dem Geheimnis, mit dem Synapse seine Formulare schützt.",
        "Wer es hat, kann Menschen Formulare absenden lassen, die sie nicht ausgefüllt haben.",
    ),
    "enable_3pid_lookup": (
        "Ob Menschen anderswo über E-Mail-Adresse und Telefonnummer gefunden werden.",
        "Adressen unserer Leute würden einem Identitätsserver genannt.",
    ),
    "enable_3pid_changes": (
        "Ob Menschen ihrem Konto Adressen und Nummern hinzufügen dürfen.",
        "Sie kommen aus dem Verzeichnis; wer eigene hinzufügt, ließe sich als jemand anderes finden.",
    ),
    "default_identity_server": (
        "Der Identitätsserver, der den Programmen genannt wird.",
        "Er erführe, wen unsere Leute suchen.",
    ),
    "account_threepid_delegates": (
        "Wer Nachrichten schickt, um Adressen und Nummern nachzuweisen.",
        "Ein anderer Server erführe sie und bürgte für sie.",
    ),
    "user_directory.enabled": (
        (
            "Ob Menschen überhaupt nach Menschen suchen können; Regeln über `contact` verbergen, wen man "
            "nicht finden darf."
        ),
        "Ohne das findet niemand, wessen Kennung er nicht kennt.",
    ),
    "user_directory.search_all_users": (
        "Ob eine Suche alle hier findet oder die, mit denen man einen Raum teilt.",
        "Ein übernommenes Konto listet alle auf, die ihm die Regeln zeigen.",
    ),
    "user_directory.exclude_remote_users": (
        "Ob Menschen anderer Server bei der Suche ausgelassen werden.",
        "Wen von ihnen jemand finden darf, sagen Regeln über `contact`.",
    ),
    "user_directory.show_locked_users": (
        "Ob gesperrte Konten gefunden werden.",
        "Man schriebe denen, die es nicht lesen können.",
    ),
    "enable_set_displayname": (
        "Ob Menschen ihren Namen ändern dürfen.",
        "Jeder darf sich wie jemand anderes nennen.",
    ),
    "enable_set_avatar_url": (
        "Ob Menschen ihr Bild ändern dürfen.",
        "Jeder darf sich mit dem Bild von jemand anderem zeigen.",
    ),
    "allow_per_room_profiles": (
        "Ob Menschen in einem einzelnen Raum einen anderen Namen und ein anderes Bild haben dürfen.",
        "Jeder kann sich in einem Raum als jemand anderes ausgeben.",
    ),
    "user_ips_max_age": (
        "Wie lange Adressen und Programme von Menschen aufbewahrt werden.",
        "Es hält fest, wo Menschen sind; ohne das gibt es weniger Spuren eines übernommenen Kontos.",
    ),
    "presence.enabled": (
        "Ob irgendjemand sieht, wer da ist; Regeln über `presence` sagen, wer wen sieht.",
        "Es verrät, wann Menschen arbeiten.",
    ),
    "require_auth_for_profile_requests": (
        "Ob Namen und Bilder nur denen gezeigt werden, die angemeldet sind.",
        "Jeder im Internet könnte ausprobieren, wer hier arbeitet.",
    ),
    "limit_profile_requests_to_users_who_share_rooms": (
        "Ob Namen und Bilder nur denen gezeigt werden, die mit jemandem einen Raum teilen.",
        "Jedes Konto könnte Namen von Menschen auflisten, mit denen es nichts zu tun hat.",
    ),
    "include_profile_data_on_invite": (
        "Ob eine Einladung Namen und Bild des Einladenden zeigt.",
        "Ohne das sähe niemand, wer ihn einlädt.",
    ),
    "allow_profile_lookup_over_federation": (
        "Ob andere Server nach Namen und Bildern fragen dürfen.",
        "Welche das dürfen, sagen Regeln über `contact`, die das Gateway fragt.",
    ),
    "allow_device_name_lookup_over_federation": (
        "Ob andere Server erfahren, wie unsere Leute ihre Geräte nennen.",
        "Gerätenamen verraten, wer welche hat und was sich angreifen lässt.",
    ),
}
