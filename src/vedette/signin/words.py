"""Every sentence of the pages, in English and German.

Sentences of rules are the organisation's own and are shown as they are. `{name}` marks a place
that the page fills; what is filled in is always escaped by the template.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vedette.core.language import Language, Sentence
from vedette.signin.certificate_words import CERTIFICATE_WORDS
from vedette.signin.words_tickets import TICKETS

_NO_KEY = "="


def say(language: Language, key: str, **fill: str) -> str:
    """The sentence with this key. Raises KeyError for a key that is none."""
    return WORDS[key][language is Language.DE].format(**fill)


def spoken(sentence: Sentence) -> str:
    """A sentence that no page knows, as what `said` reads: it can be kept until it is shown."""
    return f"{_NO_KEY}{sentence}\n{sentence.german}"


def said(language: Language, kept: str) -> str:
    """What is kept, in a language: the sentence with this key, or one that was `spoken`."""
    if not kept.startswith(_NO_KEY):
        return say(language, kept)
    english, _, german = kept.removeprefix(_NO_KEY).partition("\n")
    return german if language is Language.DE else english


WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **TICKETS,
        # ---- on every page
        "skip": ("Skip to the content", "Zum Inhalt springen"),
        "organisation": ("Sign-in of {name}", "Anmeldung bei {name}"),
        "continue": ("Continue", "Weiter"),
        "cancel": ("Cancel", "Abbrechen"),
        "start-over": ("Start over", "Von vorn beginnen"),
        "other-way": ("Another way", "Auf andere Weise"),
        "error": ("This did not work", "Das hat nicht funktioniert"),
        "code": ("Code", "Code"),
        "label": ("Name for it", "Name dafür"),
        # ---- who
        "who": ("Sign in", "Anmelden"),
        "who-for": ("to go on to {client}", "um zu {client} zu gelangen"),
        "who-own": ("to your account", "zu Ihrem Konto"),
        "name": ("User name", "Benutzername"),
        "password": ("Password", "Passwort"),
        "sign-in": ("Sign in", "Anmelden"),
        "passkey": ("Sign in with a passkey", "Mit Passkey anmelden"),
        "upstream": ("Sign in with {name}", "Anmelden mit {name}"),
        "or": ("or", "oder"),
        "no-script": (
            "Passkeys need JavaScript, which is switched off in this browser.",
            "Passkeys brauchen JavaScript, das in diesem Browser ausgeschaltet ist.",
        ),
        "wrong": (
            (
                "Name and password don't match, or there were too many attempts. Please check both; "
                "after several attempts, wait a while."
            ),
            (
                "Name und Passwort passen nicht zusammen, oder es gab zu viele Versuche. Bitte prüfen "
                "Sie beides; nach mehreren Versuchen warten Sie eine Weile."
            ),
        ),
        "directory-must-change": (
            (
                "Your password is right, but has to be changed before it lets you in. Change it where "
                "your company has you do that, such as when you sign in to your computer, and come "
                "back."
            ),
            (
                "Ihr Passwort stimmt, muss aber geändert werden, bevor Sie damit hineinkommen. Ändern "
                "Sie es dort, wo Sie das in Ihrer Firma tun, etwa bei der Anmeldung an Ihrem Rechner, "
                "und kommen Sie wieder."
            ),
        ),
        "directory-expired": (
            (
                "Your password is right, but your account in the company's directory has ended. If "
                "you still need it, ask your help desk."
            ),
            (
                "Ihr Passwort stimmt, aber Ihr Konto im Verzeichnis der Firma ist abgelaufen. Wenn "
                "Sie es noch brauchen, fragen Sie Ihren Helpdesk."
            ),
        ),
        "not-read-yet": (
            (
                "Your password is right, but your entry in the company's directory has not been taken "
                "over here yet. That takes a minute, and longer while somebody has to look at the "
                "newest list first. Please try again; if it stays so, ask your help desk."
            ),
            (
                "Ihr Passwort stimmt, aber Ihr Eintrag im Verzeichnis der Firma wurde hier noch nicht "
                "übernommen. Das dauert eine Minute, und länger, solange erst jemand die neueste "
                "Liste ansehen muss. Bitte versuchen Sie es dann noch einmal; bleibt es so, fragen "
                "Sie Ihren Helpdesk."
            ),
        ),
        "company-password": (
            "Use the name and the password that you have at work.",
            "Mit dem Namen und dem Passwort, die Sie bei der Arbeit haben.",
        ),
        "password-elsewhere": (
            (
                "Your password is that of your company's directory. Change it where your company has "
                "you do that, such as at your computer; it is good here at once."
            ),
            (
                "Ihr Passwort ist das aus dem Verzeichnis Ihrer Firma. Ändern Sie es dort, wo Sie das "
                "in Ihrer Firma tun, etwa an Ihrem Rechner; hier gilt es sofort."
            ),
        ),
        "wrong-passkey": (
            "The passkey could not be used. Please try again, or choose another way.",
            (
                "Der Passkey konnte nicht benutzt werden. Bitte versuchen Sie es noch einmal, oder "
                "wählen Sie einen anderen Weg."
            ),
        ),
        "vouched-no": (
            (
                "The other service did not confirm who you are. Please try again, or choose another "
                "way."
            ),
            (
                "Der andere Dienst hat nicht bestätigt, wer Sie sind. Bitte versuchen Sie es noch "
                "einmal, oder wählen Sie einen anderen Weg."
            ),
        ),
        # ---- away
        "away": ("Signing in elsewhere", "Anmeldung bei einem anderen Dienst"),
        "away-says": (
            "You were sent to another service to sign in there. Come back from it to go on here.",
            (
                "Sie wurden zu einem anderen Dienst geschickt, um sich dort anzumelden. Kehren Sie von "
                "dort zurück, um hier fortzufahren."
            ),
        ),
        "away-certificate": (
            (
                "Your browser now asks which certificate to show, and for the PIN if it is in a card. "
                "Then this page goes on by itself."
            ),
            (
                "Ihr Browser fragt jetzt, welches Zertifikat er zeigen soll, und nach der PIN, wenn es "
                "auf einer Karte ist. Danach geht es von selbst weiter."
            ),
        ),
        # ---- certificates
        **CERTIFICATE_WORDS,
        # ---- second
        "second": ("One more proof", "Ein weiterer Nachweis"),
        "second-says": (
            "Hello {name}. Please show that it is really you.",
            "Guten Tag, {name}. Bitte zeigen Sie, dass Sie es wirklich sind.",
        ),
        "totp": ("Code from your app", "Code aus Ihrer App"),
        "totp-says": (
            "Open your authenticator app and type the six digits it shows.",
            "Öffnen Sie Ihre Authenticator-App und geben Sie die sechs Ziffern ein, die sie zeigt.",
        ),
        "webauthn": ("Passkey or security key", "Passkey oder Sicherheitsschlüssel"),
        "webauthn-do": ("Use the passkey", "Passkey benutzen"),
        "radius": ("Company token", "Firmen-Token"),
        "radius-says": (
            "Type the code of your token. Leave it empty if you are to get one sent.",
            (
                "Geben Sie den Code Ihres Tokens ein. Lassen Sie das Feld leer, wenn Ihnen einer "
                "zugeschickt werden soll."
            ),
        ),
        "recovery": ("Recovery code", "Wiederherstellungscode"),
        "recovery-says": (
            "One of the codes that you kept when you set up your account. Each works once.",
            "Einer der Codes, die Sie bei der Einrichtung aufbewahrt haben. Jeder gilt einmal.",
        ),
        "wrong-code": (
            "That was not right, or it was used already. Wait for the next code and try again.",
            (
                "Das war nicht richtig oder schon benutzt. Warten Sie auf den nächsten Code und "
                "versuchen Sie es noch einmal."
            ),
        ),
        "too-often": (
            "There were too many wrong attempts. Please begin again.",
            "Es gab zu viele falsche Versuche. Bitte beginnen Sie von vorn.",
        ),
        "console-wants-two": (
            (
                "The console wants a second proof from everybody, and you have set up none that you "
                "could show. Ask your help desk for a start code."
            ),
            (
                "Die Konsole verlangt von allen einen zweiten Nachweis, und Sie haben keinen "
                "eingerichtet. Bitten Sie Ihren Helpdesk um einen Startcode."
            ),
        ),
        # ---- answer
        "answer": ("One more question", "Eine weitere Frage"),
        "answer-field": ("Your answer", "Ihre Antwort"),
        # ---- change
        "change": ("Choose a new password", "Neues Passwort wählen"),
        "change-says": (
            "The password that you were given was for the first time only.",
            "Das Passwort, das Sie bekommen haben, galt nur für das erste Mal.",
        ),
        "new-password": ("New password", "Neues Passwort"),
        "new-password-rule": ("At least {count} characters.", "Mindestens {count} Zeichen."),
        "again": ("The same again", "Noch einmal dasselbe"),
        "not-the-same": (
            "The two new passwords differ.",
            "Die beiden neuen Passwörter unterscheiden sich.",
        ),
        "same-as-before": (
            "This is the password that you have now. Please choose another.",
            "Das ist Ihr jetziges Passwort. Bitte wählen Sie ein anderes.",
        ),
        "password-short": (
            "This password is too short.",
            "Dieses Passwort ist zu kurz.",
        ),
        "password-long": ("This password is too long.", "Dieses Passwort ist zu lang."),
        "password-breached": (
            "This password is known to thieves from a breach elsewhere. Please choose another.",
            "Dieses Passwort ist durch ein Leck anderswo bekannt. Bitte wählen Sie ein anderes.",
        ),
        # ---- enrol
        "enrol": ("Set up a second proof", "Zweiten Nachweis einrichten"),
        "enrol-says": (
            "From now on you sign in with your password and one thing more. Which shall it be?",
            (
                "Von jetzt an melden Sie sich mit Ihrem Passwort und etwas Weiterem an. Was soll es "
                "sein?"
            ),
        ),
        "enrol-totp": ("Authenticator app", "Authenticator-App"),
        "enrol-totp-do": ("Set up an app", "App einrichten"),
        "enrol-totp-says": (
            (
                "Scan this picture with your authenticator app, or type the key into it. Then type the "
                "six digits that the app shows."
            ),
            (
                "Scannen Sie dieses Bild mit Ihrer Authenticator-App, oder geben Sie den Schlüssel "
                "dort ein. Geben Sie dann hier die sechs Ziffern ein, die die App zeigt."
            ),
        ),
        "enrol-totp-picture": ("Picture for the app", "Bild für die App"),
        "enrol-totp-key": ("Key for typing", "Schlüssel zum Eintippen"),
        "enrol-passkey": ("Passkey or security key", "Passkey oder Sicherheitsschlüssel"),
        "enrol-passkey-do": ("Set up a passkey", "Passkey einrichten"),
        "enrol-passkey-says": (
            "Your device or security key will ask for your fingerprint, face or PIN.",
            "Ihr Gerät oder Sicherheitsschlüssel fragt nach Fingerabdruck, Gesicht oder PIN.",
        ),
        # ---- codes
        "codes": ("Keep these recovery codes", "Bewahren Sie diese Codes auf"),
        "codes-says": (
            (
                "If you lose your second proof, each of these gets you in once. Print them or write "
                "them down: they are shown only now."
            ),
            (
                "Wenn Sie Ihren zweiten Nachweis verlieren, kommen Sie mit jedem davon einmal hinein. "
                "Drucken oder notieren Sie sie: Sie werden nur jetzt gezeigt."
            ),
        ),
        "codes-gone": (
            (
                "The recovery codes were shown once already. If you did not keep them, make new ones; "
                "the old ones then count no more."
            ),
            (
                "Die Codes wurden schon einmal gezeigt. Wenn Sie sie nicht aufbewahrt haben, erzeugen "
                "Sie neue; die alten gelten dann nicht mehr."
            ),
        ),
        "codes-kept": ("I have kept them", "Ich habe sie aufbewahrt"),
        "codes-new": ("Make new ones", "Neue erzeugen"),
        # ---- wait
        "wait": ("This device has to be let in", "Dieses Gerät muss zugelassen werden"),
        "wait-approve": (
            (
                "Your organisation lets new devices in one by one. Tell your help desk that you are "
                "waiting, then check again. Nothing is lost if you close this page and come back "
                "within a day."
            ),
            (
                "Ihre Organisation lässt neue Geräte einzeln zu. Sagen Sie Ihrem Helpdesk Bescheid, "
                "und sehen Sie dann wieder nach. Es geht nichts verloren, wenn Sie diese Seite "
                "schließen und binnen eines Tages zurückkommen."
            ),
        ),
        "wait-confirm": (
            (
                "Confirm this device in a browser in which you signed in before: open your account "
                "page there, and choose “Devices”."
            ),
            (
                "Bestätigen Sie dieses Gerät in einem Browser, in dem Sie schon angemeldet waren: "
                "Öffnen Sie dort Ihre Kontoseite und wählen Sie „Geräte“."
            ),
        ),
        "wait-device": ("Name of this device: {device}", "Kennung dieses Geräts: {device}"),
        "check": ("Check again", "Erneut nachsehen"),
        "turned-away": (
            "The device was not let in. If you need it, ask your administrator.",
            (
                "Das Gerät wurde nicht zugelassen. Wenn Sie es brauchen, fragen Sie Ihre "
                "Administration."
            ),
        ),
        # ---- consent
        "consent": ("Let {client} in?", "{client} zulassen?"),
        "consent-says": (
            "It will be able to read and write your messages as you, {name}.",
            "Es kann dann Ihre Nachrichten lesen und in Ihrem Namen schreiben, {name}.",
        ),
        "consent-client": ("Program", "Programm"),
        "consent-home": ("Its home page", "Seine Webseite"),
        "consent-leads": ("It leads to", "Es führt zu"),
        "consent-device": ("Device", "Gerät"),
        "consent-warn": (
            "The program chose this name itself. Go on only if you started this sign-in.",
            (
                "Diesen Namen hat das Programm selbst gewählt. Fahren Sie nur fort, wenn Sie diese "
                "Anmeldung begonnen haben."
            ),
        ),
        "prove": ("Let this device go on?", "Dieses Gerät weitermachen lassen?"),
        "prove-says": (
            "You have shown what was asked for, {name}. The device can go on with that.",
            "Sie haben gezeigt, was verlangt war, {name}. Damit kann das Gerät weitermachen.",
        ),
        "prove-warn": (
            "Agree only if the device is with you: whoever sent you here may have it.",
            (
                "Stimmen Sie nur zu, wenn das Gerät bei Ihnen ist: Vielleicht hat es, wer Sie "
                "hierher geschickt hat."
            ),
        ),
        "prove-do": ("It is with me: go on", "Es ist bei mir: weitermachen"),
        "prove-link": ("Show your proofs for it", "Nachweise dafür zeigen"),
        "prove-nothing": (
            "You have no such device that is signed in.",
            "Sie haben kein solches Gerät, das angemeldet ist.",
        ),
        "prove-expired": (
            (
                "The sign-in on this device has expired. Sign in again with the program there: it "
                "keeps its keys."
            ),
            (
                "Die Anmeldung auf diesem Gerät ist abgelaufen. Melden Sie sich mit dem Programm "
                "dort neu an: Es behält seine Schlüssel."
            ),
        ),
        "prove-by-hand": (
            "This device was suspended by hand, so no proof lets it go on. Ask your administrator.",
            (
                "Dieses Gerät wurde von Hand angehalten, da hilft kein Nachweis. Fragen Sie Ihre "
                "Administration."
            ),
        ),
        "proven": ("The device goes on", "Das Gerät macht weiter"),
        "proven-says": (
            "Go back to the program on it. You can close this page.",
            "Gehen Sie zum Programm darauf zurück. Sie können diese Seite schließen.",
        ),
        "some-client": ("a program without a name", "ein Programm ohne Namen"),
        "agree": ("Let it in", "Zulassen"),
        "cancelled": (
            "Nobody was let in. You can close this page.",
            "Niemand wurde zugelassen. Sie können diese Seite schließen.",
        ),
        # ---- a device without a browser
        "device-grant": ("Connect a device", "Gerät verbinden"),
        "device-grant-says": (
            (
                "Type the code that the other device shows. Go on only if you hold that device in your "
                "own hands: whoever sent you a code may want to get in as you."
            ),
            (
                "Geben Sie den Code ein, den das andere Gerät zeigt. Fahren Sie nur fort, wenn Sie "
                "dieses Gerät selbst in Händen halten: Wer Ihnen einen Code schickt, will vielleicht "
                "als Sie hinein."
            ),
        ),
        "wrong-user-code": (
            "There is no such code, or no more. Look at the device again.",
            "Diesen Code gibt es nicht oder nicht mehr. Sehen Sie noch einmal auf das Gerät.",
        ),
        "device-in": (
            "The device is let in. You can close this page.",
            "Das Gerät ist zugelassen. Sie können diese Seite schließen.",
        ),
        # ---- the end
        "refused": ("You can't sign in now", "Sie können sich jetzt nicht anmelden"),
        "gone": ("This page is too old", "Diese Seite ist zu alt"),
        "gone-says": (
            "This sign-in has ended or was never begun. Please start again in your program.",
            (
                "Diese Anmeldung ist zu Ende oder hat nie begonnen. Bitte beginnen Sie noch einmal in "
                "Ihrem Programm."
            ),
        ),
        "stale": ("This page is out of date", "Diese Seite ist nicht mehr aktuell"),
        "stale-says": (
            (
                "Something else happened in the meantime, so nothing was done. Go on from where the "
                "sign-in stands now."
            ),
            (
                "Inzwischen ist etwas anderes geschehen, darum wurde nichts getan. Fahren Sie dort "
                "fort, wo die Anmeldung jetzt steht."
            ),
        ),
        "away-now": ("Please try again in a moment", "Bitte versuchen Sie es gleich noch einmal"),
        "away-now-says": (
            "Something that is needed for this does not answer right now. Nothing is lost.",
            "Etwas, das dafür gebraucht wird, antwortet gerade nicht. Es ist nichts verloren.",
        ),
        "go-on": ("Go on", "Fortfahren"),
        # ---- own pages
        "own": ("Your account", "Ihr Konto"),
        "own-says": ("You are {user}.", "Sie sind {user}."),
        "sign-out": ("Sign out of these pages", "Von diesen Seiten abmelden"),
        "devices": ("Devices", "Geräte"),
        "devices-says": (
            "Each of these is signed in as you. End those that you don't know or use no more.",
            (
                "Jedes davon ist als Sie angemeldet. Beenden Sie, was Sie nicht kennen oder nicht "
                "mehr benutzen."
            ),
        ),
        "no-devices": ("No device is signed in.", "Kein Gerät ist angemeldet."),
        "since": ("Signed in", "Angemeldet"),
        "last-seen": ("Last used", "Zuletzt benutzt"),
        "from-address": ("from {address}", "von {address}"),
        "state-live": ("signed in", "angemeldet"),
        "state-suspended": ("suspended", "angehalten"),
        "state-waiting": ("waits to be let in", "wartet auf Zulassung"),
        "state-expired": ("expired: sign in again there", "abgelaufen: dort neu anmelden"),
        "state-ended": ("ended", "beendet"),
        "end": ("End this one", "Dieses beenden"),
        "end-sure": ("End {device}?", "{device} beenden?"),
        "end-says": (
            "It is signed out at once. Messages that only it can read are lost with it.",
            (
                "Es wird sofort abgemeldet. Nachrichten, die nur dieses Gerät lesen kann, gehen mit "
                "ihm verloren."
            ),
        ),
        "confirm": ("Yes, this is mine", "Ja, das ist meins"),
        "confirm-elsewhere": (
            "To confirm a device, use a browser in which you signed in before.",
            (
                "Um ein Gerät zu bestätigen, benutzen Sie einen Browser, in dem Sie schon angemeldet "
                "waren."
            ),
        ),
        "factors": ("Proofs", "Nachweise"),
        "factors-says": (
            "What you show when you sign in, besides your password.",
            "Was Sie beim Anmelden außer Ihrem Passwort zeigen.",
        ),
        "no-factors": ("You have set up none.", "Sie haben keinen eingerichtet."),
        "kind-totp": ("Authenticator app", "Authenticator-App"),
        "kind-webauthn": ("Passkey or security key", "Passkey oder Sicherheitsschlüssel"),
        "made": ("Set up {when}", "Eingerichtet {when}"),
        "used": ("last used {when}", "zuletzt benutzt {when}"),
        "attested": ("vouched for by its maker: {model}", "vom Hersteller bestätigt: {model}"),
        "never-used": ("never used", "nie benutzt"),
        "remove": ("Remove", "Entfernen"),
        "last-factor": (
            "This is your only one. Set up another before you remove it.",
            "Das ist Ihr einziger. Richten Sie einen anderen ein, bevor Sie ihn entfernen.",
        ),
        "codes-left": ("Recovery codes left: {count}", "Übrige Wiederherstellungscodes: {count}"),
        "history": ("Last sign-ins", "Letzte Anmeldungen"),
        "no-history": ("There are none.", "Es gibt keine."),
        "when": ("When", "Wann"),
        "where": ("From where", "Von wo"),
        "with": ("With", "Womit"),
        "outcome": ("How it went", "Ausgang"),
        "password-title": ("Password", "Passwort"),
        "old-password": ("Present password", "Bisheriges Passwort"),
        "change-do": ("Change the password", "Passwort ändern"),
        "wrong-old": (
            "The present password is not right, or there were too many attempts.",
            "Das bisherige Passwort ist nicht richtig, oder es gab zu viele Versuche.",
        ),
        "changed": ("Done.", "Erledigt."),
        "reset": ("Reset your encryption identity?", "Verschlüsselungsidentität zurücksetzen?"),
        "reset-says": (
            (
                "Do this only if you have lost all devices and your recovery key. Others will see that "
                "your identity is new. Your program can then make the new keys within ten minutes."
            ),
            (
                "Tun Sie das nur, wenn Sie alle Geräte und Ihren Wiederherstellungsschlüssel verloren "
                "haben. Andere sehen dann, dass Ihre Identität neu ist. Ihr Programm kann die neuen "
                "Schlüssel binnen zehn Minuten erzeugen."
            ),
        ),
        "reset-do": ("Reset it", "Zurücksetzen"),
        "reset-done": (
            "Your program may make new keys now. Go back to it within ten minutes.",
            (
                "Ihr Programm darf jetzt neue Schlüssel erzeugen. Gehen Sie binnen zehn Minuten dorthin "
                "zurück."
            ),
        ),
        "nothing-here": ("There is nothing here", "Hier ist nichts"),
        "nothing-here-says": (
            "It may be gone already.",
            "Vielleicht ist es schon fort.",
        ),
        "program-error": ("This can't go on", "So geht es nicht weiter"),
        "broken": ("Something went wrong here", "Hier ist etwas schiefgegangen"),
        "broken-says": (
            "It was reported. Please try again in a moment.",
            "Es wurde gemeldet. Bitte versuchen Sie es gleich noch einmal.",
        ),
        "not-allowed": ("This is not allowed", "Das ist nicht erlaubt"),
    }
)
"""Every sentence: English, German."""
