"""Which kind a found type is of."""

from __future__ import annotations

from vedette.core.file_kinds import declared_kind

_FOUND = {
    "application/x-empty": "other",
    # Programs: whatever a system or an interpreter runs or installs.
    **dict.fromkeys(
        (
            "application/java-vm",
            "application/vnd.android.dex",
            "application/vnd.debian.binary-package",
            "application/vnd.microsoft.installer",
            "application/vnd.ms-htmlhelp",
            "application/x-chrome-extension",
            "application/x-dosexec",
            "application/x-llvm-bitcode",
            "application/x-lua-bytecode",
            "application/x-ms-shortcut",
            "application/x-object",
            "application/x-python-bytecode",
            "application/x-rpm",
            "application/x-shockwave-flash",
            "application/x-ios-app",
            "application/x-msix",
            "application/x-xpinstall",
        ),
        "program",
    ),
    **dict.fromkeys(
        (
            "application/x-apple-diskimage",
            "application/x-ace",
            "application/x-archive",
            "application/x-arj",
            "application/x-compress",
            "application/x-cpio",
            "application/x-iso9660-image",
            "application/x-lha",
            "application/x-lz4",
            "application/x-lzip",
            "application/x-lzma",
            "application/x-ms-wim",
            "application/x-squashfs",
            "application/x-xar",
            "application/x-zoo",
            "application/vnd.ms-cab-compressed",
            "application/warc",
        ),
        "archive",
    ),
    **dict.fromkeys(
        (
            "application/onenote",
            "application/vnd.apple.iwork",
            "application/postscript",
            "application/vnd.ms-office",
            "application/vnd.ms-outlook",
            "application/x-mobipocket-ebook",
            "image/vnd.djvu",
            "message/rfc822",
        ),
        "document",
    ),
    **dict.fromkeys(
        (
            "application/age-encryption",
            "application/luks",
            "application/pgp-encrypted",
            "application/x-openssl-encrypted",
        ),
        "encrypted",
    ),
    "application/vnd.rn-realmedia": "video",
    "application/octet-stream": "other",
}
OFFICE = frozenset(
    {
        "application/epub+zip",
        "application/vnd.ms-office",
        "application/vnd.ms-xpsdocument",
    }
)
"""Documents in containers that no family of names tells."""
_OFFICE_FAMILIES = (
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
    "application/vnd.ms-word.",
    "application/vnd.ms-excel.",
    "application/vnd.ms-powerpoint.",
    "application/vnd.sun.xml.",
)


def kind_of(media_type: str) -> str:
    """The kind of a found type. Found is not declared: bytes that say nothing are not `encrypted`."""
    known = _FOUND.get(media_type)
    if known is not None:
        return known
    if media_type in OFFICE or is_office(media_type):
        return "document"
    return declared_kind(media_type)


def is_office(media_type: str) -> bool:
    """Whether it is an office document in a zip container."""
    return media_type.startswith(_OFFICE_FAMILIES) or media_type in OFFICE
