"""Synapse's options about ways in and out, other servers and limits, in German: meaning and risk."""

from __future__ import annotations

_DOOR = (
    "Nur das Gateway spricht mit anderen Servern; was Synapse von deren TLS hält, wird nie gefragt."
)

REACH = {
    "listeners": (
        (
            "Wo Synapse lauscht: ein Unix-Socket, für das Gateway und die Steuerung. Auch seine "
            "Verwaltungs-API liegt dahinter, und kein Pfad davon ist öffentlich."
        ),
        "Ein zweiter Zugang wäre ein Weg hinein an jeder Tür vorbei.",
    ),
    "outbound_federation_restricted_to": (
        "Wodurch Synapse mit anderen Servern spricht: das Gateway und nichts sonst.",
        "Es spräche mit jedem Server, und keine Regel würde gefragt.",
    ),
    "instance_map": (
        "Wo das Gateway annimmt, was zu anderen Servern geht.",
        "Wer dort lauscht, bekommt alles, was hinausgeht.",
    ),
    "worker_replication_secret_path": (
        "Die Datei mit dem Geheimnis zwischen Synapse und dem Weg hinaus des Gateways.",
        "Wer es hat, könnte an Synapses Stelle sprechen.",
    ),
    "http_proxy": (
        "Wodurch alles andere hinausgeht, etwa Benachrichtigungen; ohne Weg hinaus nichts.",
        "Synapse riefe ab, wohin auch immer jemand es führt.",
    ),
    "https_proxy": (
        "Dasselbe für Adressen mit TLS.",
        "Synapse riefe ab, wohin auch immer jemand es führt.",
    ),
    "no_proxy_hosts": (
        "Was ohne diesen Weg hinaus erreicht wird: nichts.",
        "Dienste im Netz der Firma ließen sich durch Synapse erreichen.",
    ),
    "ip_range_blacklist": (
        "Adressen, die Synapse von selbst nie abruft.",
        "Wer es zu einer Adresse führt, könnte in das Netz der Firma sehen.",
    ),
    "ip_range_whitelist": (
        "Ausnahmen davon.",
        "Wer es zu einer Adresse führt, könnte in das Netz der Firma sehen.",
    ),
    "federation_ip_range_blacklist": (
        "Adressen von Servern, mit denen Synapse nicht spricht.",
        (
            "Es erreicht nur das Gateway, das aus Regeln weiß, mit wem gesprochen wird; eine Liste hier "
            "schnitte Partner im eigenen Netz ab."
        ),
    ),
    "public_baseurl": (
        "Die Adresse, unter der Programme diesen Server finden.",
        "Mit einer anderen gehen Programme woanders hin, samt den Passwörtern der Menschen.",
    ),
    "server_name": (
        "Was in jeder Benutzerkennung hinter dem Doppelpunkt steht.",
        "Es lässt sich später nicht ändern.",
    ),
    "serve_server_wellknown": (
        "Ob Synapse selbst anderen sagt, wo es ist.",
        "Das sagt das Gateway; zwei Antworten könnten sich widersprechen.",
    ),
    "database": (
        "Wo Konten, Räume und unverschlüsselte Nachrichten liegen.",
        "Wer die Datenbank liest, liest jeden unverschlüsselten Raum.",
    ),
    "manhole": (
        "Ein Weg in das laufende Programm für seine Hersteller.",
        "Wer hineinkommt, tut alles, was Synapse kann.",
    ),
    "modules": (
        "Was in Synapse entscheidet: Vedettes Ereignistür und Dateitür, und nichts sonst.",
        "Ohne das hielte keine Regel in Räumen; ein anderes Modul könnte es aufheben.",
    ),
    "spam_checker": (
        "Module einer älteren Art.",
        "Sie entschieden neben der Ereignistür, ohne aufgezeichnet zu werden.",
    ),
    "third_party_event_rules": (
        "Module einer älteren Art, die Ereignisse ändern.",
        "Sie entschieden neben der Ereignistür, ohne aufgezeichnet zu werden.",
    ),
    "federation_domain_whitelist": (
        "Mit welchen Servern überhaupt etwas ausgetauscht wird. Nicht gesetzt: hier keine Liste.",
        "Das sagen Partner und Regeln, an den Föderationstüren des Gateways, mit Grund und Aufzeichnung.",
    ),
    "federation_whitelist_endpoint_enabled": (
        "Ob Programme diese Liste lesen dürfen.",
        "Alle könnten lesen, mit wem die Organisation Verträge hat.",
    ),
    "federation_verify_certificates": ("Ob das TLS anderer Server geprüft wird.", _DOOR),
    "federation_certificate_verification_whitelist": (
        "Server, deren TLS nicht geprüft wird.",
        _DOOR,
    ),
    "federation_client_minimum_tls_version": ("Das älteste TLS zu anderen Servern.", _DOOR),
    "tls_certificate_path": (
        "Ein eigenes Zertifikat von Synapse.",
        "TLS endet am Gateway; ein eigenes von Synapse wäre ein zweiter Weg hinein.",
    ),
    "trusted_key_servers": (
        "Server, die nach den Signaturschlüsseln anderer Server gefragt werden.",
        "Sie erführen, mit wem wir sprechen, und könnten für falsche Schlüssel bürgen.",
    ),
    "suppress_key_server_warning": (
        "Ob Synapse verschweigt, dass es einer vorgegebenen Liste davon vertraut.",
        "Es gibt keine, also nichts, wovor zu warnen wäre.",
    ),
    "key_refresh_interval": (
        "Wie lange andere unserem Signaturschlüssel glauben dürfen, ohne wieder zu fragen.",
        "Länger, und einem gestohlenen Schlüssel, der ersetzt wurde, wird länger geglaubt.",
    ),
    "old_signing_keys": (
        "Frühere Signaturschlüssel.",
        "Sie bürgen für das, was sie einst signierten; ein gestohlener hat hier nichts zu suchen.",
    ),
    "signing_key_path": (
        "Die Datei mit dem Schlüssel, mit dem dieser Server seine Ereignisse signiert.",
        "Wer ihn hat, spricht im Namen der Organisation.",
    ),
    "federation.destination_min_retry_interval": (
        (
            "Wie bald ein Server, der nicht antwortete oder nicht angesprochen werden durfte, wieder "
            "versucht wird."
        ),
        "Was eine Änderung neu erlaubt, käme erst nach vielen Minuten an.",
    ),
    "federation.destination_retry_multiplier": (
        "Wievielmal länger es jedes Mal wartet.",
        "Was eine Änderung neu erlaubt, käme spät an, oder tote Server würden ständig versucht.",
    ),
    "federation.destination_max_retry_interval": (
        "Wie lange es höchstens wartet.",
        "Was eine Änderung neu erlaubt, käme erst nach Tagen an.",
    ),
    "rc_message": (
        "Wie viele Nachrichten eine Person senden darf.",
        "Ein Konto könnte alle bremsen, oder Menschen werden bei der Arbeit abgelehnt.",
    ),
    "rc_room_creation": (
        "Wie viele Räume eine Person anlegen darf.",
        "Ein Konto könnte die Datenbank mit Räumen füllen.",
    ),
    "rc_joins.local": (
        "Wie vielen Räumen hier eine Person beitreten darf.",
        "Ein Konto könnte allem beitreten, was es findet.",
    ),
    "rc_joins.remote": (
        "Wie vielen Räumen anderswo eine Person beitreten darf.",
        "Jeder solche Beitritt kostet viel; ein Konto könnte den Server beschäftigen.",
    ),
    "rc_joins_per_room": (
        "Wie viele Menschen einem Raum beitreten dürfen.",
        "Eine Flut von Beitritten macht einen Raum unbrauchbar.",
    ),
    "rc_invites.per_issuer": (
        "Wie viele Einladungen eine Person senden darf.",
        "Ein Konto könnte alle zu allem einladen.",
    ),
    "rc_invites.per_user": (
        "Wie viele Einladungen eine Person bekommen darf.",
        "Eine Flut davon begräbt die eine, auf die es ankommt.",
    ),
    "rc_invites.per_room": (
        "Wie viele Menschen in einen Raum eingeladen werden dürfen.",
        "Eine Flut von Einladungen beschäftigt den Server.",
    ),
    "rc_presence.per_user": (
        "Wie oft sich der Status einer Person ändern darf.",
        "Ein Programm, das ihn ständig ändert, bremst alle.",
    ),
    "rc_user_directory": (
        "Wie oft eine Person nach Menschen suchen darf.",
        "Ein übernommenes Konto listet schnell alle auf.",
    ),
    "rc_media_create": (
        "Wie viele Dateien hochzuladen eine Person beginnen darf.",
        "Ein Konto könnte die Platte schnell füllen.",
    ),
    "rc_profile": (
        "Wie oft jemand nach Namen und Bildern fragen darf.",
        "Synapses eigene Grenze liegt über dem, was Programme tun; ohne sie ließen sich alle auflisten.",
    ),
    "rc_reports": (
        "Wie oft jemand Nachrichten melden darf.",
        "Eine Flut von Meldungen begrübe die wahre.",
    ),
    "rc_login": (
        "Wie oft jemand versuchen darf, sich bei Synapse anzumelden, wo sich niemand anmeldet.",
        "Der Anmeldedienst zählt Versuche, nach Konto, Adresse und Netz.",
    ),
    "rc_federation": (
        "Wie viel ein anderer Server von Synapse verlangen darf.",
        "Das zählt zuvor das Gateway, je Partner für sich; hier niedriger, und Partner kommen spät.",
    ),
    "remote_media_download_per_second": (
        "Wie schnell eine Person Dateien anderer Server abrufen darf.",
        "Ein Konto könnte die Platte und die Leitung füllen.",
    ),
    "log_config": (
        "Was Synapse in sein Protokoll schreibt: seinen Lauf und Warnungen, keinen Inhalt.",
        "Mehr schriebe Nachrichten und Tokens auf die Platte.",
    ),
    "pid_file": (
        "Wo es sagt, welcher Prozess es ist.",
        "Keines.",
    ),
    "report_stats": (
        "Ob Zahlen von Menschen und Nachrichten an matrix.org gehen.",
        "Sie sagten anderen, wie groß und wie rege die Organisation ist.",
    ),
    "enable_metrics": (
        "Ob Synapse für eine eigene Überwachung zählt, was es tut.",
        (
            "Zahlen zur Überwachung kommen von der Steuerung (`/metrics`); hier gäbe es einen zweiten Weg "
            "hinein."
        ),
    ),
    "sentry": (
        "Ob Fehler an einen Dienst anderswo gemeldet werden.",
        "Fehlerberichte tragen Inhalt.",
    ),
    "opentracing": (
        "Ob der Lauf der Anfragen an einen Dienst anderswo geht.",
        "Er sagt, wer wann was tut.",
    ),
}
