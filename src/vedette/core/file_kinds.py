"""Kinds of files, from what somebody says of them: a media type, or the ending of a name.

The tables are here and not the machine's: the same file has the same answer everywhere.
"""

from __future__ import annotations

UNDECLARED = frozenset({"", "application/octet-stream", "binary/octet-stream"})
"""Types by which a client says that it doesn't know."""

_BY_TYPE = {
    "application/pdf": "document",
    "application/rtf": "document",
    "application/msword": "document",
    "application/epub+zip": "document",
    "application/json": "text",
    "application/xml": "text",
    "application/x-yaml": "text",
    "application/yaml": "text",
    "application/toml": "text",
    "application/zip": "archive",
    "application/gzip": "archive",
    "application/x-gzip": "archive",
    "application/x-tar": "archive",
    "application/x-bzip2": "archive",
    "application/x-xz": "archive",
    "application/zstd": "archive",
    "application/x-7z-compressed": "archive",
    "application/vnd.rar": "archive",
    "application/x-rar-compressed": "archive",
    "application/java-archive": "program",
    "application/javascript": "program",
    "text/javascript": "program",
    "application/x-sh": "program",
    "application/x-msdownload": "program",
    "application/x-executable": "program",
    "application/x-sharedlib": "program",
    "application/x-mach-binary": "program",
    "application/vnd.microsoft.portable-executable": "program",
    "application/vnd.android.package-archive": "program",
    "application/wasm": "program",
    "application/x-bat": "program",
    "application/x-desktop": "program",
    "application/x-mswinurl": "program",
    "application/x-php": "program",
    "application/x-powershell": "program",
    "text/coffeescript": "program",
    "text/vbscript": "program",
    "text/x-applescript": "program",
    "text/x-autohotkey": "program",
    "text/x-autoit": "program",
    "text/x-awk": "program",
    "text/x-lua": "program",
    "text/x-ms-regedit": "program",
    "text/x-perl": "program",
    "text/x-php": "program",
    "text/x-python": "program",
    "text/x-ruby": "program",
    "text/x-script": "program",
    "text/x-script.python": "program",
    "text/x-shellscript": "program",
    "text/x-tcl": "program",
    "text/x-typescript": "program",
    # What a client sends when it says nothing, end-to-end encrypted files above all.
    "application/octet-stream": "encrypted",
    "application/ogg": "audio",
}
_DOCUMENT_FAMILIES = (
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.ms-word",
)
_BY_FAMILY = {"image": "image", "audio": "audio", "video": "video", "text": "text"}


def declared_kind(media_type: str) -> str:
    """The kind of file (RFC 6838 media type in, parameters ignored); `other` for all the rest."""
    essence = media_type.partition(";")[0].strip().lower()
    known = _BY_TYPE.get(essence)
    if known is not None:
        return known
    if essence.startswith(_DOCUMENT_FAMILIES):
        return "document"
    return _BY_FAMILY.get(essence.partition("/")[0], "other")


_BY_ENDING = {
    "document": (
        "doc docm docx dot dotm dotx epub fodp fods fodt key numbers odf odg odp ods odt otp ots ott"
        " pages pdf pot potm potx pps ppsm ppsx ppt pptm pptx ps rtf vsd vsdx xls xlsb xlsm xlsx xlt"
        " xltm xltx"
    ),
    "image": "avif bmp gif heic heif ico jfif jpe jpeg jpg jxl png psd svg tif tiff webp",
    "audio": "aac aif aiff amr flac m4a mid midi mka mp3 oga ogg opus wav wma",
    "video": "3g2 3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg ogv webm wmv",
    "text": "csv htm html ics ini json log markdown md rst toml tsv txt vcf xml yaml yml",
    "archive": (
        "7z ace arj bz2 cab cpio gz iso lha lz lz4 lzh lzma rar tar tbz2 tgz txz tzst xz z zip zst"
    ),
    "program": (
        "apk app appimage bash bat class cmd com cpl deb dll dmg dylib elf exe hta ipa jar jnlp js"
        " jse lnk mjs msi msix pif pkg pl ps1 psm1 py pyc pyw rb rpm scr sh so sys vbe vbs war wasm"
        " wsf wsh"
    ),
}
_KIND_OF_ENDING = {ending: kind for kind, said in _BY_ENDING.items() for ending in said.split()}


def named_kind(name: str) -> str | None:
    """The kind of file that a name's ending says; None where it says none that is known."""
    ending = name.rstrip(" .").rpartition(".")
    return _KIND_OF_ENDING.get(ending[2].lower()) if ending[1] else None
