"""Every sentence of the pages about the proof of a device, in English and German."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DEVICE_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
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
