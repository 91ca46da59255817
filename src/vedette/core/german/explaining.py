"""What decisions say, in German, by the English of `core.explain`, `core.holding`, `core.partners`."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

TO_PEOPLE: Pairs = (
    (
        "This file is still being looked at. Please try again in a moment.",
        "Diese Datei wird noch geprüft. Bitte versuchen Sie es gleich noch einmal.",
    ),
    (
        "If you need it, ask your administrator.",
        "Wenn Sie es brauchen, fragen Sie Ihre Administration.",
    ),
    ("Your messages and keys are kept.", "Ihre Nachrichten und Schlüssel bleiben erhalten."),
    ("This is allowed.", "Das ist erlaubt."),
    ("Your organisation does not allow this.", "Ihre Organisation erlaubt das nicht."),
    (
        "Your organisation allows this only under conditions that could not be checked.",
        "Ihre Organisation erlaubt das nur unter Bedingungen, die sich nicht prüfen ließen.",
    ),
    ("Your organisation has not allowed this.", "Ihre Organisation hat das nicht erlaubt."),
    (
        "It is not known yet who would receive this. Please try again in a moment.",
        "Noch ist nicht bekannt, wer das bekäme. Bitte versuchen Sie es gleich noch einmal.",
    ),
    (
        "Nothing says on which server this room is. Use a link to it, or its address.",
        (
            "Nichts sagt, auf welchem Server dieser Raum ist. Benutzen Sie einen Link dorthin "
            "oder seine Adresse."
        ),
    ),
    ("This is waiting for one more step.", "Dafür fehlt noch ein Schritt."),
    ("This is not possible here.", "Das ist hier nicht möglich."),
    ("The token is not good for this.", "Das Token reicht dafür nicht aus."),
    (
        "Another administrator must approve this first.",
        "Das muss erst jemand anderes aus der Verwaltung freigeben.",
    ),
    ("Somebody else must do this.", "Das muss jemand anderes tun."),
    (
        "Somebody else reset your credentials a short time ago.",
        "Jemand anderes hat Ihre Zugangsdaten vor Kurzem zurückgesetzt.",
    ),
    ("This account can't be used now.", "Dieses Konto lässt sich zurzeit nicht benutzen."),
    ("This account's time is over.", "Die Zeit dieses Kontos ist abgelaufen."),
    ("There were too many wrong passwords.", "Es gab zu viele falsche Passwörter."),
    (
        "Your entry in the directory has not been taken over here yet. Please try again in a minute.",
        (
            "Ihr Eintrag im Verzeichnis ist hier noch nicht übernommen. Bitte versuchen Sie es in "
            "einer Minute noch einmal."
        ),
    ),
    ("The password has to be changed first.", "Zuerst muss das Passwort geändert werden."),
    (
        "Please show the certificate that your organisation gave you.",
        "Bitte zeigen Sie das Zertifikat, das Ihre Organisation Ihnen gegeben hat.",
    ),
    ("This is not the offline code.", "Das ist nicht der Notcode."),
    (
        "The certificate by which you signed in is not good any more.",
        "Das Zertifikat, mit dem Sie sich angemeldet haben, gilt nicht mehr.",
    ),
    (
        "People from other organisations can't be given control over this room.",
        "Personen aus anderen Organisationen können in diesem Raum keine Rechte bekommen.",
    ),
    (
        "This room is encrypted, and this was not.",
        "Dieser Raum ist verschlüsselt, und das war es nicht.",
    ),
    (
        "This room's history can't be opened that far.",
        "Der Verlauf dieses Raums lässt sich nicht so weit öffnen.",
    ),
    (
        "This kind of room is not for everyone who was named.",
        "Diese Art von Raum ist nicht für alle da, die genannt wurden.",
    ),
    (
        "This invite would end something that the room uses. Invite once more to go on.",
        (
            "Diese Einladung würde etwas beenden, das der Raum benutzt. Laden Sie noch einmal "
            "ein, um fortzufahren."
        ),
    ),
    ("Nothing is served here.", "Hier gibt es nichts."),
    ("This kind of message is not known here.", "Diese Art von Nachricht ist hier nicht bekannt."),
    (
        "The other organisation's server could not prove that it is the right one.",
        "Der Server der anderen Organisation konnte nicht nachweisen, dass er der richtige ist.",
    ),
    (
        "This is not signed by the server that it names.",
        "Das ist nicht von dem Server signiert, den es nennt.",
    ),
    ("This can't be read.", "Das lässt sich nicht lesen."),
    (
        "This is too much at once. Please try again in a moment.",
        "Das ist zu viel auf einmal. Bitte versuchen Sie es gleich noch einmal.",
    ),
    (
        "This can't be decided right now. Please try again in a moment.",
        "Das lässt sich gerade nicht entscheiden. Bitte versuchen Sie es gleich noch einmal.",
    ),
    (
        "Something went wrong here, so this was not sent. Your administrator was told.",
        (
            "Hier ist etwas schiefgegangen, darum wurde es nicht gesendet. Ihre Administration "
            "weiß Bescheid."
        ),
    ),
    (
        "This device waits for approval by your administrator.",
        "Dieses Gerät wartet darauf, dass Ihre Administration es zulässt.",
    ),
    (
        "Please confirm this device on another one of yours.",
        "Bitte bestätigen Sie dieses Gerät auf einem anderen von Ihnen.",
    ),
    ("Please show once more that it is you.", "Bitte zeigen Sie noch einmal, dass Sie es sind."),
    (
        "Please use a security key that your organisation trusts.",
        "Bitte benutzen Sie einen Sicherheitsschlüssel, dem Ihre Organisation traut.",
    ),
    (
        "Please show a second proof that it is you.",
        "Bitte zeigen Sie einen zweiten Nachweis, dass Sie es sind.",
    ),
    (
        "Please show another kind of proof that it is you.",
        "Bitte zeigen Sie eine andere Art von Nachweis, dass Sie es sind.",
    ),
    (
        "Please use a security key of a model that your organisation trusts.",
        "Bitte benutzen Sie einen Sicherheitsschlüssel eines Modells, dem Ihre Organisation traut.",
    ),
    (
        "Your organisation does not allow signing in like this.",
        "Ihre Organisation erlaubt es nicht, sich so anzumelden.",
    ),
    (
        (
            "Your organisation allows signing in only under conditions, and not all of them could"
            " be checked here."
        ),
        (
            "Ihre Organisation erlaubt die Anmeldung nur unter Bedingungen, und nicht alle ließen"
            " sich hier prüfen."
        ),
    ),
    (
        "What was shown is not enough to sign in.",
        "Was gezeigt wurde, reicht für eine Anmeldung nicht aus.",
    ),
    ("This account has no way in.", "Für dieses Konto gibt es keinen Weg hinein."),
    (
        "whether you have a certificate of your organisation",
        "ob Sie ein Zertifikat Ihrer Organisation haben",
    ),
    ("which app this is, and which version of it", "welche App das ist, und in welcher Version"),
    ("what is known of this device", "was über dieses Gerät bekannt ist"),
    ("from which network this comes", "aus welchem Netz das kommt"),
    ("Concerned: {whom}.", "Es geht um: {whom}."),
    ("Not known: {what}.", "Nicht bekannt: {what}."),
    (
        (
            "Your account was signed in on {what}, from {network}. If that was not you: end it "
            "under “my devices” on your account page, change your password, and tell your "
            "security office."
        ),
        (
            "Ihr Konto wurde auf {what} angemeldet, aus {network}. Wenn Sie das nicht waren: "
            "Beenden Sie es auf Ihrer Kontoseite unter „Geräte“, ändern Sie Ihr Passwort, und "
            "sagen Sie Ihrem Sicherheitsbüro Bescheid."
        ),
    ),
    ("a new device ({named})", "einem neuen Gerät ({named})"),
    ("a new device", "einem neuen Gerät"),
    ("{client} on {platform}", "{client} auf {platform}"),
    ("This session is suspended.", "Diese Sitzung ist angehalten."),
    (
        "To go on, show your proofs again: {page}",
        "Um fortzufahren, zeigen Sie Ihre Nachweise noch einmal: {page}",
    ),
    (
        "Suspended: your device ({named}), last seen from {network}.",
        "Angehalten: Ihr Gerät ({named}), zuletzt gesehen aus {network}.",
    ),
    ("write messages", "Nachrichten schreiben"),
    ("send files", "Dateien senden"),
    ("call", "anrufen"),
    ("share screens", "den Bildschirm freigeben"),
    ("hold conferences", "Konferenzen halten"),
    (
        "With {whom} in {room}, nobody here can {what} there, until they have left it.",
        "Solange {whom} in {room} ist, kann dort niemand von hier {what}.",
    ),
    (
        "Nobody can write in this room at present: it is against your organisation's rules.",
        (
            "In diesem Raum kann zurzeit niemand schreiben: Er verstößt gegen die Regeln Ihrer "
            "Organisation."
        ),
    ),
    (
        "Please put them in order: remove who may not be there, or leave them.",
        (
            "Bitte bringen Sie sie in Ordnung: Entfernen Sie, wer nicht dort sein darf, oder "
            "verlassen Sie sie."
        ),
    ),
    (
        (
            "Nobody can write in them until they are in order: remove who may not be there, or "
            "leave them."
        ),
        (
            "Dort kann niemand schreiben, bis sie in Ordnung sind: Entfernen Sie, wer nicht dort "
            "sein darf, oder verlassen Sie sie."
        ),
    ),
    (
        (
            "Nobody can write in them now; who may not be there is removed, and of rooms "
            "elsewhere you leave, once the time is over that your organisation has set for that."
        ),
        (
            "Dort kann jetzt niemand schreiben; wer nicht dort sein darf, wird entfernt, und "
            "Räume anderswo verlassen Sie, sobald die Frist um ist, die Ihre Organisation dafür "
            "gesetzt hat."
        ),
    ),
    ("“{name}”", "„{name}“"),
    (" and {count} more", " und {count} weitere"),
    (
        "By your organisation's rules these rooms are not as they may be: {named}{more}.",
        (
            "Nach den Regeln Ihrer Organisation dürfen diese Räume nicht so sein, wie sie sind: "
            "{named}{more}."
        ),
    ),
    (
        "This account is not in use any more.",
        "Dieses Konto wird nicht mehr benutzt.",
    ),
    (
        "By an organisation's rules these people are not together in a room any more.",
        "Nach den Regeln einer Organisation sind diese Personen nicht mehr zusammen in einem Raum.",
    ),
    ("Your file “{name}”", "Ihre Datei „{name}“"),
    ("Your file", "Ihre Datei"),
    (
        (
            "{file} was taken and is still being looked at. Until then nobody can open it. You "
            "need not send it again: you will read here what became of it."
        ),
        (
            "{file} wurde angenommen und wird noch geprüft. Bis dahin kann niemand sie öffnen. "
            "Sie müssen sie nicht noch einmal senden: Hier lesen Sie, was daraus wurde."
        ),
    ),
    (
        "{file} was looked at, and can be opened now.",
        "{file} wurde geprüft und lässt sich jetzt öffnen.",
    ),
    (
        "{file} was released by your organisation, and can be opened now.",
        "{file} wurde von Ihrer Organisation freigegeben und lässt sich jetzt öffnen.",
    ),
    (
        "{file} is withheld by your organisation: nobody can open it any more.",
        "{file} wird von Ihrer Organisation zurückgehalten: Niemand kann sie mehr öffnen.",
    ),
    ("{file} was looked at, and nobody gets it.", "{file} wurde geprüft, und niemand bekommt sie."),
    ("The other organisation does not accept this.", "Die andere Organisation nimmt das nicht an."),
    ("Reference: {record}.", "Kennzeichen: {record}."),
)

TO_ADMINISTRATORS: Pairs = (
    ("not-yet", "noch nicht"),
    ("nothing", "nichts"),
    ("everyone", "alle"),
    ("unknown", "unbekannt"),
    ("pending", "offen"),
    ("rule `{rule}`", "Regel `{rule}`"),
    ("no rule", "keine Regel"),
    (" ({what})", " ({what})"),
    ("pending: {facts}", "offen: {facts}"),
    ("unknown: {facts}", "unbekannt: {facts}"),
    (" towards {whom}", " gegenüber {whom}"),
    (
        "{verdict}{towards}: {rule}, {reason}{missing}",
        "{verdict}{towards}: {rule}, {reason}{missing}",
    ),
    (
        "replayed with the rules of that revision, the answer is the same",
        "mit den Regeln jener Revision neu entschieden, ist die Antwort dieselbe",
    ),
    (
        "replayed with the rules of that revision, the answer is ANOTHER one",
        "mit den Regeln jener Revision neu entschieden, ist die Antwort eine ANDERE",
    ),
    (
        "the code answered and not a rule, so there is nothing to replay",
        "geantwortet hat der Code und keine Regel, darum gibt es nichts neu zu entscheiden",
    ),
    (
        "{record}: {who}, {act}{where}, revision {revision}: {answer}; {replay}.",
        "{record}: {who}, {act}{where}, Revision {revision}: {answer}; {replay}.",
    ),
    (" of {file}", " von {file}"),
    ("it speaks {sides}", "sie spricht {sides}"),
    ("between {one} and {other}", "zwischen {one} und {other}"),
    ("from {one} to {other}", "von {one} an {other}"),
    (" and ", " und "),
    ("forbids {channel} towards {whom}{mode}", "verbietet {channel} gegenüber {whom}{mode}"),
    ("allows {channel} towards {whom}{mode}", "erlaubt {channel} gegenüber {whom}{mode}"),
    (", observed only", ", nur beobachtet"),
    ("needs `{condition}`, it is {value}", "verlangt `{condition}`, es ist {value}"),
    ("lifted by `{condition}`, it is {value}", "aufgehoben durch `{condition}`, es ist {value}"),
)

HELD: Pairs = (
    ("message", "Nachricht"),
    ("file", "Datei"),
    ("old-style call", "Anruf alter Art"),
    ("MatrixRTC membership", "Teilnahme an MatrixRTC"),
    ("invite", "Einladung"),
    ("join", "Beitritt"),
    ("presence", "Anwesenheit"),
    ("typing", "Tippen"),
    ("to-device message", "Nachricht von Gerät zu Gerät"),
    ("{what} in encrypted rooms", "{what} in verschlüsselten Räumen"),
    (
        "asked towards every other member; what a partner sends is emptied before anybody sees it",
        (
            "gegenüber jedem anderen Mitglied gefragt; was ein Partner sendet, wird geleert, "
            "bevor es jemand sieht"
        ),
    ),
    (
        (
            "asked both ways between the newcomer and every member, before anything leaves or is "
            "signed"
        ),
        (
            "in beide Richtungen zwischen der neuen Person und jedem Mitglied gefragt, bevor "
            "etwas hinausgeht oder signiert wird"
        ),
    ),
    (
        "decided for each reader, dropped where it is refused",
        "für jede lesende Person entschieden, weggelassen, wo es abgelehnt wird",
    ),
    ("shown to everybody in the room or to nobody", "allen im Raum gezeigt oder niemandem"),
    (
        (
            "the event is asked towards every member by what each file was found to be; the bytes"
            " before they are stored, and at every fetch"
        ),
        (
            "die Nachricht wird gegenüber jedem Mitglied danach gefragt, was jede Datei ist; die "
            "Bytes, bevor sie gespeichert werden, und bei jedem Abruf"
        ),
    ),
    (
        (
            "the bytes are held before they are stored, and at every fetch; that there is a file,"
            " and its name, travel unseen in the encrypted message"
        ),
        (
            "die Bytes werden aufgehalten, bevor sie gespeichert werden, und bei jedem Abruf; "
            "dass es eine Datei gibt und wie sie heißt, geht ungesehen in der verschlüsselten "
            "Nachricht mit"
        ),
    ),
    (
        (
            "signalling is encrypted like a message, so a ban on calls towards one partner is not"
            " held where messages are allowed; keep that partner's rooms plain by rule, or refuse"
            " calls to everyone"
        ),
        (
            "der Aufbau des Anrufs ist verschlüsselt wie eine Nachricht; ein Verbot von Anrufen "
            "gegenüber einem Partner hält darum nicht, wo Nachrichten erlaubt sind; lassen Sie "
            "die Räume mit diesem Partner durch eine Regel unverschlüsselt, oder verbieten Sie "
            "Anrufe allen"
        ),
    ),
    ("a call's media kind", "Sprache oder Video in einer Konferenz"),
    (
        "voice against video in a conference is a claim",
        "welches von beiden es ist, wird nur behauptet",
    ),
    ("what an encrypted file is", "was eine verschlüsselte Datei ist"),
    (
        "its kind is `encrypted`: rules decide by its size, and by who sends it to whom",
        (
            "ihre Art ist `encrypted`: Regeln entscheiden nach ihrer Größe, und danach, wer sie "
            "wem sendet"
        ),
    ),
    ("what a client says of itself", "was ein Programm von sich sagt"),
    (
        (
            "its name, its version and the platform under it are claims: a rule on them keeps "
            "honest people from mistakes, not a program that lies"
        ),
        (
            "Name, Version und Betriebssystem sind Behauptungen: Eine Regel darüber bewahrt "
            "ehrliche Menschen vor Fehlern und hält kein Programm auf, das lügt"
        ),
    ),
    ("profile changes", "Änderungen am Profil"),
    (
        "names and pictures reach everybody with whom a room is shared",
        "Namen und Bilder erreichen alle, mit denen man einen Raum teilt",
    ),
    (
        "a reason given when leaving, kicking or banning",
        "ein Grund beim Verlassen, Entfernen oder Verbannen",
    ),
    (
        "it travels with an act that is always allowed",
        "er geht mit einer Handlung mit, die immer erlaubt ist",
    ),
    ("what was sent before a ban", "was vor einem Verbot gesendet wurde"),
    ("whoever has it keeps it", "wer es hat, behält es"),
    ("screenshots, copies, other apps", "Bildschirmfotos, Kopien, andere Apps"),
    ("nothing in a server can hold them", "kein Server kann sie verhindern"),
)

PARTNERS: Pairs = (
    (" with the port {port}", " mit dem Port {port}"),
    ("; a name that carries a port is another one", "; ein Name mit Port ist ein anderer"),
    (
        "every server name below `{host}`{port}, at any depth, but not `{host}` itself{without}",
        (
            "jeder Servername unter `{host}`{port}, in jeder Tiefe, aber nicht `{host}` "
            "selbst{without}"
        ),
    ),
    (
        "the server name `{host}`{port} and no other, none below it either{without}",
        "der Servername `{host}`{port} und kein anderer, auch keiner darunter{without}",
    ),
    ("only for {whom}", "nur für {whom}"),
    ("people named one by one", "einzeln benannte Personen"),
    ("and on further conditions", "und unter weiteren Bedingungen"),
    ("when {conditions}", "wenn {conditions}"),
    ("only when {conditions}", "nur wenn {conditions}"),
    ("not when {conditions}", "nicht, wenn {conditions}"),
    ("{held}, unless {lifted}", "{held}, außer wenn {lifted}"),
    ("not when {held}, unless {lifted}", "nicht, wenn {held}, außer wenn {lifted}"),
    ("it is not so that {conditions}", "nicht gilt, dass {conditions}"),
    ("only from us to them", "nur von uns zu ihnen"),
    ("only from them to us", "nur von ihnen zu uns"),
    ("{words}: {way}", "{words}: {way}"),
    ("to us {to_us}; to them {to_them}", "zu uns {to_us}; zu ihnen {to_them}"),
    (
        "Nothing is allowed in either direction: their server is not even answered.",
        "In keiner Richtung ist etwas erlaubt: Ihr Server bekommt nicht einmal eine Antwort.",
    ),
    (
        (
            "Contact is not allowed in both directions, so nobody can be invited and no room "
            "joined; what else is allowed passes only in rooms that exist already."
        ),
        (
            "Kontakt ist nicht in beide Richtungen erlaubt; darum lässt sich niemand einladen und"
            " kein Raum betreten. Was sonst erlaubt ist, geht nur in Räumen, die es schon gibt."
        ),
    ),
    (
        "They may write to us; what we write to them does not leave.",
        "Sie dürfen uns schreiben; was wir ihnen schreiben, geht nicht hinaus.",
    ),
    (
        "We may write to them; what they write is not shown to us.",
        "Wir dürfen ihnen schreiben; was sie schreiben, wird uns nicht gezeigt.",
    ),
)

AT_SIGN_IN: Pairs = (
    (
        "This can't be done right now. Please try again in a moment.",
        "Das geht gerade nicht. Bitte versuchen Sie es gleich noch einmal.",
    ),
    (
        "Too many sign-ins were begun from here. Please try again in a few minutes.",
        "Von hier wurden zu viele Anmeldungen begonnen. Bitte versuchen Sie es in ein paar Minuten.",
    ),
    (
        "This app can't be signed in: {fault}.",
        "Diese App lässt sich nicht anmelden: {fault}.",
    ),
    (
        (
            "Your organisation does not allow apps that lead to {where}. If you need it, ask your "
            "administrator."
        ),
        (
            "Ihre Organisation erlaubt keine Apps, die zu {where} führen. Wenn Sie es brauchen, fragen "
            "Sie Ihre Administration."
        ),
    ),
    (
        "This sign-in was asked for in a way that can't be read: {fault}.",
        "Diese Anmeldung wurde auf eine Weise verlangt, die sich nicht lesen lässt: {fault}.",
    ),
    (
        "This app is not registered here. Start signing in from the app again.",
        "Diese App ist hier nicht bekannt. Beginnen Sie die Anmeldung in der App noch einmal.",
    ),
    (
        "The address to return to is not one that this app has registered.",
        "Die Adresse, zu der es zurückgehen soll, gehört nicht zu dieser App.",
    ),
    ("What this app sent along is too long.", "Was diese App mitgeschickt hat, ist zu lang."),
)
