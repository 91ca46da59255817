"""What is wrong with certificates, lists and responders, in German, by its English."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

FAULTS: Pairs = (
    (
        "This is the certificate of a CA, not of a person.",
        "Das ist das Zertifikat einer CA, nicht das einer Person.",
    ),
    (
        "It carries a name for which its CA may not issue certificates (name constraints).",
        "Es trägt einen Namen, für den seine CA keine Zertifikate ausstellen darf (Name Constraints).",
    ),
    (
        "It has an extension marked critical that is not known here, so it must be refused.",
        (
            "Es hat eine als kritisch bezeichnete Erweiterung, die hier nicht bekannt ist; darum muss es "
            "abgelehnt werden."
        ),
    ),
    (
        "There is a delta CRL, but no base CRL that it can be added to.",
        "Es gibt eine Delta-Sperrliste, aber keine Basisliste, zu der sie gehört.",
    ),
    (
        "The CA's newest revocation list that is known here is past its next update.",
        "Die neueste Sperrliste der CA, die hier bekannt ist, hätte schon ersetzt sein müssen.",
    ),
    (
        "The revocation list is not signed by the CA whose certificates it speaks of.",
        "Die Sperrliste ist nicht von der CA unterschrieben, von deren Zertifikaten sie spricht.",
    ),
    ("The revocation list can't be read.", "Die Sperrliste ist nicht lesbar."),
    ("The revocation list is from a time to come.", "Die Sperrliste stammt aus der Zukunft."),
    (
        (
            "The revocation list speaks of other certificates than this one: of other kinds, other "
            "reasons, another distribution point, or of other CAs (indirect)."
        ),
        (
            "Die Sperrliste spricht von anderen Zertifikaten als diesem: von anderen Arten, anderen "
            "Gründen, einem anderen Verteilungspunkt oder von anderen CAs (indirekt)."
        ),
    ),
    ("Its time is over.", "Seine Zeit ist abgelaufen."),
    (
        "None of the CAs that are trusted here issued it.",
        "Keine der CAs, denen hier vertraut wird, hat es ausgestellt.",
    ),
    (
        "Its key may not be used for this: the key usage extension says otherwise.",
        "Sein Schlüssel darf hierfür nicht benutzt werden: Die Erweiterung Key Usage sagt etwas anderes.",
    ),
    (
        "The second examination, by the library that verifies paths too, refuses it.",
        "Die zweite Prüfung, durch die Bibliothek, die ebenfalls Pfade prüft, lehnt es ab.",
    ),
    (
        "It can't be read as one certificate of version 3.",
        "Es ist nicht als ein Zertifikat der Version 3 lesbar.",
    ),
    (
        "It carries several names of a kind of which it may have one.",
        "Es trägt mehrere Namen einer Art, von der es nur einen haben darf.",
    ),
    (
        (
            "A name in it is not written as it must be: control characters, a wrong type of text, "
            "or bytes left over."
        ),
        (
            "Ein Name darin ist nicht so geschrieben, wie er sein muss: Steuerzeichen, eine falsche Art "
            "von Text oder übrige Bytes."
        ),
    ),
    (
        "It carries none of the names by which the issuer's people are known.",
        "Es trägt keinen der Namen, an denen die Personen dieses Ausstellers erkannt werden.",
    ),
    (
        "A certificate in the path issued another one, but is not that of a CA.",
        "Ein Zertifikat im Pfad hat ein anderes ausgestellt, ist aber nicht das einer CA.",
    ),
    ("Its time has not begun.", "Seine Zeit hat noch nicht begonnen."),
    ("The responder's answer is an old one.", "Die Antwort des Auskunftsdienstes ist eine alte."),
    (
        "The responder's answer is not signed by who it says.",
        "Die Antwort des Auskunftsdienstes ist nicht von dem unterschrieben, den sie nennt.",
    ),
    (
        "The responder's answer can't be read.",
        "Die Antwort des Auskunftsdienstes ist nicht lesbar.",
    ),
    (
        "The responder's answer is one to another question (its nonce is another).",
        "Die Antwort des Auskunftsdienstes gehört zu einer anderen Frage (anderer Nonce).",
    ),
    (
        "The responder's answer is from a time to come.",
        "Die Antwort des Auskunftsdienstes stammt aus der Zukunft.",
    ),
    (
        "The responder's answer is about another certificate.",
        "Die Antwort des Auskunftsdienstes betrifft ein anderes Zertifikat.",
    ),
    (
        "The responder gives no answer about this certificate.",
        "Der Auskunftsdienst gibt zu diesem Zertifikat keine Antwort.",
    ),
    (
        "The answer is signed by somebody whom the CA did not make its responder.",
        (
            "Die Antwort ist von jemandem unterschrieben, den die CA nicht zu ihrem Auskunftsdienst "
            "gemacht hat."
        ),
    ),
    (
        "There are more CAs between it and the anchor than one of them permits.",
        "Zwischen ihm und dem Anker stehen mehr CAs, als eine von ihnen erlaubt.",
    ),
    (
        "None of the certificate policies that are asked for holds for its whole path.",
        "Keine der verlangten Zertifikatsrichtlinien gilt für seinen ganzen Pfad.",
    ),
    ("It was revoked by its CA.", "Es wurde von seiner CA gesperrt."),
    (
        "A trusted CA has the name of its issuer, but did not sign it.",
        "Eine CA, der vertraut wird, heißt wie sein Aussteller, hat es aber nicht unterschrieben.",
    ),
    (
        "It could not be learnt whether it was revoked, and `revocation` is `hard`.",
        "Es war nicht zu erfahren, ob es gesperrt ist, und `revocation` ist `hard`.",
    ),
    ("It is larger than is read here.", "Es ist größer, als hier gelesen wird."),
    (
        "It lacks an extended key usage that is asked for, or a CA above it may not issue for it.",
        (
            "Ihm fehlt ein verlangter erweiterter Verwendungszweck (Extended Key Usage), oder eine CA über "
            "ihm darf dafür nicht ausstellen."
        ),
    ),
    (
        (
            "It is signed in a way that can be forged or is not known here; SHA-256, SHA-384 and "
            "SHA-512 with RSA or ECDSA are taken."
        ),
        (
            "Es ist auf eine Weise unterschrieben, die gefälscht werden kann oder hier nicht bekannt ist; "
            "angenommen werden SHA-256, SHA-384 und SHA-512 mit RSA oder ECDSA."
        ),
    ),
    (
        (
            "Its key is too weak or of a kind that is not taken: RSA from 2048 to 8192 bits, the "
            "curves P-256, P-384 and P-521 are, and for people's own keys Ed25519."
        ),
        (
            "Sein Schlüssel ist zu schwach oder von einer Art, die nicht angenommen wird: RSA von 2048 bis "
            "8192 Bit, die Kurven P-256, P-384 und P-521, und für Schlüssel von Personen Ed25519."
        ),
    ),
    (" (about `{subject}`)", " (betrifft `{subject}`)"),
    (" Found: {detail}.", " Gefunden: {detail}."),
    ("the CA's own procedure said so", "das eigene Verfahren der CA hat es gemeldet"),
    ("its responder says so", "sein Auskunftsdienst sagt es"),
    ("it stands on the CA's revocation list", "es steht auf der Sperrliste der CA"),
    ("it lacks {usages}", "ihm fehlt {usages}"),
    ("no issuers in the settings", "kein Aussteller in den Einstellungen"),
    ("the settings name no issuers", "die Einstellungen nennen keine Aussteller"),
    (
        "the settings name no issuer `{name}` any more",
        "die Einstellungen nennen keinen Aussteller `{name}` mehr",
    ),
    ("the certificate is not kept any more", "das Zertifikat ist nicht mehr aufbewahrt"),
)
"""What is wrong."""

WAYS_OUT: Pairs = (
    (
        "Let the person show their own certificate.",
        "Lassen Sie die Person ihr eigenes Zertifikat zeigen.",
    ),
    (
        "Have the CA issue it with a name within what the CA above permits.",
        "Lassen Sie die CA es mit einem Namen ausstellen, den die CA darüber erlaubt.",
    ),
    (
        "Have the CA leave the extension out, or not mark it critical.",
        "Lassen Sie die CA die Erweiterung weglassen oder nicht als kritisch bezeichnen.",
    ),
    (
        "Publish the base CRL too, and name where it is.",
        "Veröffentlichen Sie auch die Basisliste, und nennen Sie ihren Ort.",
    ),
    (
        "Have the CA publish a new CRL, and see that its address can be reached from here.",
        (
            "Lassen Sie die CA eine neue Sperrliste veröffentlichen, und sorgen Sie dafür, dass ihre "
            "Adresse von hier erreichbar ist."
        ),
    ),
    (
        (
            "See where the list comes from; after a renewed CA key, a CRL signed with the new one "
            "is needed."
        ),
        (
            "Sehen Sie nach, woher die Liste kommt; nach einem neuen Schlüssel der CA braucht es eine "
            "damit unterschriebene Sperrliste."
        ),
    ),
    (
        "See that the address gives out a CRL in DER or PEM form, not a page.",
        "Sorgen Sie dafür, dass die Adresse eine Sperrliste in DER oder PEM ausgibt, keine Webseite.",
    ),
    (
        "Set the clocks of this machine and of the CA right.",
        "Stellen Sie die Uhren dieser Maschine und der CA richtig.",
    ),
    ("Name the CA's own whole CRL.", "Nennen Sie die eigene, ganze Sperrliste der CA."),
    (
        (
            "Renew it at the company's CA; for a CA's own certificate, put the renewed one into "
            "the settings."
        ),
        (
            "Lassen Sie es bei der CA der Firma erneuern; ein erneuertes Zertifikat der CA selbst gehört "
            "in die Einstellungen."
        ),
    ),
    (
        "If the CA is the company's, add it, or the intermediate that is missing.",
        "Ist es die CA der Firma, fügen Sie sie hinzu, oder die fehlende Zwischen-CA.",
    ),
    (
        "Have the CA issue it with `digitalSignature`, and CAs with `keyCertSign`.",
        "Lassen Sie die CA es mit `digitalSignature` ausstellen, und CAs mit `keyCertSign`.",
    ),
    (
        "Have the CA issue certificates as RFC 5280 describes; the detail says which part is not.",
        "Lassen Sie die CA ausstellen, wie RFC 5280 es beschreibt; die Einzelheit sagt, was nicht stimmt.",
    ),
    ("Export it again, in DER or PEM form.", "Exportieren Sie es erneut, in DER oder PEM."),
    (
        "Have the CA issue it with one, or name its person in the settings.",
        "Lassen Sie die CA es mit einem ausstellen, oder nennen Sie seine Person in den Einstellungen.",
    ),
    (
        (
            "Have the CA issue it anew; a name like this one can be an attempt to pass as somebody "
            "else."
        ),
        (
            "Lassen Sie die CA es neu ausstellen; so ein Name kann ein Versuch sein, als jemand anderes "
            "zu gelten."
        ),
    ),
    (
        "Say where the name stands in this CA's certificates, or name its person.",
        "Sagen Sie, wo der Name in den Zertifikaten dieser CA steht, oder nennen Sie seine Person.",
    ),
    (
        "Whoever has this certificate tries to issue others: tell the company's CA.",
        "Wer dieses Zertifikat hat, versucht andere auszustellen: Sagen Sie es der CA der Firma.",
    ),
    (
        "Wait, or set the clock of this machine right.",
        "Warten Sie, oder stellen Sie die Uhr dieser Maschine richtig.",
    ),
    (
        "See that the responder gives out new answers; an answer that was kept is refused.",
        (
            "Sorgen Sie dafür, dass der Auskunftsdienst neue Antworten gibt; eine aufgehobene wird "
            "abgelehnt."
        ),
    ),
    (
        "See that the address is the CA's responder.",
        "Sorgen Sie dafür, dass die Adresse der Auskunftsdienst der CA ist.",
    ),
    (
        "See that the address is that of an OCSP responder.",
        "Sorgen Sie dafür, dass die Adresse die eines OCSP-Auskunftsdienstes ist.",
    ),
    (
        "See that nobody stands between here and the responder.",
        "Sorgen Sie dafür, dass niemand zwischen hier und dem Auskunftsdienst steht.",
    ),
    (
        "Set the clocks of this machine and of the responder right.",
        "Stellen Sie die Uhren dieser Maschine und des Auskunftsdienstes richtig.",
    ),
    (
        "See that the address is the responder of this CA.",
        "Sorgen Sie dafür, dass die Adresse der Auskunftsdienst dieser CA ist.",
    ),
    (
        "See in the responder's log why; it may not know this CA.",
        "Das Protokoll des Auskunftsdienstes sagt, warum; vielleicht kennt er diese CA nicht.",
    ),
    (
        (
            "Give the responder a certificate of this very CA with the usage OCSPSigning and the "
            "extension ocsp-nocheck."
        ),
        (
            "Geben Sie dem Auskunftsdienst ein Zertifikat eben dieser CA mit dem Verwendungszweck "
            "OCSPSigning und der Erweiterung ocsp-nocheck."
        ),
    ),
    (
        "Have the CA mend its path length, or name the issuing CA as an anchor.",
        "Lassen Sie die CA ihre Pfadlänge richtigstellen, oder nennen Sie die ausstellende CA als Anker.",
    ),
    (
        "Have the CA issue under the right policy, or name the one that it issues under.",
        (
            "Lassen Sie die CA unter der richtigen Richtlinie ausstellen, oder nennen Sie die, unter der "
            "sie ausstellt."
        ),
    ),
    (
        "Nothing here: the CA's own list decides. The person needs a new certificate.",
        "Hier nichts: Die Liste der CA entscheidet. Die Person braucht ein neues Zertifikat.",
    ),
    (
        (
            "If the company's CA has a new key, add its new certificate; otherwise somebody made a "
            "CA of the same name."
        ),
        (
            "Hat die CA der Firma einen neuen Schlüssel, fügen Sie ihr neues Zertifikat hinzu; sonst hat "
            "jemand eine CA gleichen Namens gemacht."
        ),
    ),
    (
        "See that the CRL or the responder can be reached from here, or name where it is.",
        (
            "Sorgen Sie dafür, dass Sperrliste oder Auskunftsdienst von hier erreichbar sind, oder nennen "
            "Sie ihren Ort."
        ),
    ),
    ("See that it is what it should be.", "Sehen Sie nach, ob es ist, was es sein soll."),
    (
        "Use a template for sign-in (client authentication), or change what is asked for.",
        (
            "Benutzen Sie eine Vorlage für die Anmeldung (Client-Authentifizierung), oder ändern Sie, was "
            "verlangt wird."
        ),
    ),
    (
        "Have the CA sign with SHA-256 or better.",
        "Lassen Sie die CA mit SHA-256 oder besser unterschreiben.",
    ),
    (
        "Have it issued again with a new key.",
        "Lassen Sie es mit einem neuen Schlüssel neu ausstellen.",
    ),
)
"""What to do about it."""

SOURCES: Pairs = (
    (
        "it gives out an older list than it did before",
        "es gibt eine ältere Liste aus als vorher",
    ),
    (
        (
            "it gives out the list of another CA, or of other certificates, than it did before; "
            "what it said before still counts"
        ),
        (
            "es gibt die Liste einer anderen CA oder von anderen Zertifikaten aus als vorher; was vorher "
            "darin stand, gilt weiter"
        ),
    ),
    (
        "it gives out an older answer than it did before",
        "er gibt eine ältere Antwort als vorher",
    ),
    ("it did not answer: {fault}", "keine Antwort: {fault}"),
    ("its answer broke off", "die Antwort brach ab"),
    ("its answer takes too long", "die Antwort dauert zu lange"),
    ("it answered {status}", "die Antwort war {status}"),
    ("it answered with more than {most} bytes", "die Antwort hat mehr als {most} Bytes"),
    ("too many names are being looked up", "es werden zu viele Namen zugleich nachgeschlagen"),
    ("its name is not known: {fault}", "der Name ist nicht bekannt: {fault}"),
    (
        "its address can be nobody's who may be asked ({address})",
        "die Adresse ist keine, die gefragt werden darf ({address})",
    ),
    ("this is no address of the web", "das ist keine Adresse im Web"),
    ("this is no plain address of the web", "das ist keine einfache Adresse im Web"),
    ("it is no file", "es ist keine Datei"),
    ("the file can't be read: {fault}", "die Datei ist nicht lesbar: {fault}"),
)
"""How places where revocations are told stand."""
