"""Kinds of files, from a media type that somebody declared."""

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
