"""Every sentence of the pages about certificates, of people and of devices, in English and German."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CERTIFICATE_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "certificate": ("Company certificate", "Firmenzertifikat"),
        "certificate-do": ("Sign in with your certificate", "Mit Zertifikat anmelden"),
        "certificate-says": (
            "The certificate that your organisation gave you, in this browser or on a card.",
            "Das Zertifikat Ihrer Organisation, in diesem Browser oder auf einer Karte.",
        ),
        "certificate-show": ("Show your certificate", "Zertifikat zeigen"),
        "certificate-again": ("Ask for it again", "Noch einmal fragen"),
        "certificate-without": ("Go on without a certificate", "Ohne Zertifikat weiter"),
        "certificate-stuck": ("It does not go on?", "Es geht nicht weiter?"),
        "certificate-stuck-window": (
            "The question may be in a window behind this one.",
            "Vielleicht steht die Frage in einem Fenster hinter diesem.",
        ),
        "certificate-stuck-card": (
            "Put your card into its reader, then ask for it again.",
            "Stecken Sie Ihre Karte in den Leser und fragen Sie noch einmal.",
        ),
        "certificate-stuck-never": (
            "If you once chose no certificate, the browser asks again only after you have closed it.",
            (
                "Haben Sie einmal kein Zertifikat gewählt, fragt der Browser erst wieder, nachdem Sie "
                "ihn geschlossen haben."
            ),
        ),
        "certificate-stuck-fault": (
            (
                "If the browser shows a fault, go back to this page. If this window reacts to nothing, "
                "open the page in another one."
            ),
            (
                "Zeigt der Browser einen Fehler, kehren Sie auf diese Seite zurück. Reagiert dieses "
                "Fenster auf nichts, öffnen Sie die Seite in einem anderen."
            ),
        ),
        "certificate-none": (
            (
                "Your browser showed no certificate. If you have one, close the browser and try "
                "again, since browsers remember that you chose none; or choose another way."
            ),
            (
                "Ihr Browser hat kein Zertifikat gezeigt. Wenn Sie eines haben, schließen Sie den "
                "Browser und versuchen Sie es noch einmal, denn er merkt sich, dass Sie keines "
                "gewählt haben; oder wählen Sie einen anderen Weg."
            ),
        ),
        "certificate-no": (
            (
                "This certificate is not one by which people sign in here. Please choose another one "
                "or another way; your administrator can see why."
            ),
            (
                "Mit diesem Zertifikat kann man sich hier nicht anmelden. Bitte wählen Sie ein anderes "
                "oder einen anderen Weg; Ihre Administration kann sehen, warum."
            ),
        ),
        "certificate-expired": (
            "Your certificate has expired. Please have it renewed, or choose another way.",
            (
                "Ihr Zertifikat ist abgelaufen. Bitte lassen Sie es erneuern, oder wählen Sie einen "
                "anderen Weg."
            ),
        ),
        "certificate-not-yet": (
            "Your certificate is not valid yet. Please choose another way until it is.",
            "Ihr Zertifikat gilt noch nicht. Bitte wählen Sie bis dahin einen anderen Weg.",
        ),
        "certificate-revoked": (
            "This certificate was revoked by your organisation. Please ask for a new one.",
            "Dieses Zertifikat wurde von Ihrer Organisation gesperrt. Bitte fragen Sie nach einem neuen.",
        ),
        "certificate-unknown": (
            (
                "It can't be learnt right now whether your certificate is still good. Please try again "
                "in a few minutes, or choose another way."
            ),
            (
                "Es lässt sich gerade nicht feststellen, ob Ihr Zertifikat noch gilt. Bitte versuchen "
                "Sie es in einigen Minuten noch einmal, oder wählen Sie einen anderen Weg."
            ),
        ),
        "certificate-nobody": (
            (
                "Your certificate is good, but names nobody who has an account here. Please ask your "
                "administrator, or choose another way."
            ),
            (
                "Ihr Zertifikat gilt, nennt aber niemanden, der hier ein Konto hat. Bitte fragen Sie "
                "Ihre Administration, oder wählen Sie einen anderen Weg."
            ),
        ),
        "certificate-other": (
            "This certificate is somebody else's. Please show your own, or choose another way.",
            (
                "Dieses Zertifikat gehört jemand anderem. Bitte zeigen Sie Ihr eigenes, oder wählen "
                "Sie einen anderen Weg."
            ),
        ),
        "device-proof": ("Which device this is", "Welches Gerät das ist"),
        "device-proof-says": (
            (
                "Your organisation lets in managed devices. Show the certificate that it put on this "
                "device; your browser asks you for it."
            ),
            (
                "Ihre Organisation lässt verwaltete Geräte zu. Zeigen Sie das Zertifikat, das sie auf "
                "dieses Gerät gebracht hat; Ihr Browser fragt Sie danach."
            ),
        ),
        "device-proof-do": (
            "Show the certificate of this device",
            "Zertifikat dieses Geräts zeigen",
        ),
        "device-proof-later": (
            "Go on: my app shows it by itself",
            "Weiter: Meine App zeigt es von selbst",
        ),
        "device-proof-not": (
            (
                "This certificate does not say which device this is. Please choose the one that your "
                "organisation put on the device."
            ),
            (
                "Dieses Zertifikat sagt nicht, welches Gerät das ist. Bitte wählen Sie das, das Ihre "
                "Organisation auf das Gerät gebracht hat."
            ),
        ),
        "device-proof-person": (
            (
                "This certificate speaks for a device, not for a person. Please sign in first; you are "
                "asked for it where it is needed."
            ),
            (
                "Dieses Zertifikat spricht für ein Gerät, nicht für eine Person. Bitte melden Sie sich "
                "zuerst an; danach gefragt wird, wo es gebraucht wird."
            ),
        ),
        "device-code-no": (
            (
                "Your organisation wants proof of which device this is, and no device can prove that by "
                "a code from another one. Please sign in on the device itself, with its browser."
            ),
            (
                "Ihre Organisation will bewiesen haben, welches Gerät das ist, und das kann kein Gerät "
                "durch einen Code von einem anderen. Bitte melden Sie sich auf dem Gerät selbst an, mit "
                "seinem Browser."
            ),
        ),
    }
)
