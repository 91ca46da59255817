"""The detectors, loaded once: libmagic, Magika, and the organisation's YARA rules."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import libarchive.ffi
import magic
import magika
import onnxruntime
import pikepdf
import yara_x

from vedette.inspection.look.bytes_of import Bytes

OWN = 2
"""Raised whenever this package could answer otherwise than before."""
_LIBRARIES = ("magika", "olefile", "pikepdf", "yara-x")
_ENCODINGS = ("ascii", "cp437", "cp1252", "latin-1", "utf-8", "utf-8-sig", "utf-16", "utf-16-le",
              "utf-16-be", "utf-32", "idna")  # fmt: skip
_MAGIC_READS = 1 << 20
_YARA_WINDOW = 64 << 20
_YARA_OVERLAP = 1 << 20
_MATCHES = 256
_LONGEST_RULE = 128


class _OneThread(magika.Magika):
    """Magika that computes in its own thread alone: other threads would be missing after a fork."""

    def _init_onnx_session(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        return onnxruntime.InferenceSession(
            self._model_path, options, providers=["CPUExecutionProvider"]
        )


@dataclass(frozen=True, slots=True)
class Guess:
    """What Magika thinks: a label of its own, a media type, a group; `random` looks like chance."""

    label: str
    type: str
    group: str
    random: bool

    @property
    def known(self) -> bool:
        """Whether it recognises anything beyond text or bytes."""
        return self.group not in ("unknown", "inode") and self.label not in ("txt", "undefined")


@dataclass(frozen=True, slots=True)
class Detectors:
    """What looks at bytes. `rules` names their versions."""

    rules: str
    _types: magic.Magic
    _words: magic.Magic
    _magika: magika.Magika
    _yara: yara_x.Scanner | None

    def magic_type(self, data: Bytes) -> str:
        """What libmagic says, as a media type; `application/octet-stream` where it knows none."""
        return self._of(self._types, data)

    def magic_words(self, data: Bytes) -> str:
        """What libmagic says in words; `data` where it recognises nothing."""
        return self._of(self._words, data)

    def guess(self, data: Bytes) -> Guess:
        """What Magika thinks."""
        result = self._magika.identify_stream(data.file())
        found = result.output
        return Guess(
            str(found.label), found.mime_type, found.group, str(result.dl.label) == "randombytes"
        )

    def matches(self, data: Bytes) -> frozenset[str]:
        """The organisation's rules that match, in windows of 64 MiB."""
        if self._yara is None:
            return frozenset()
        found: set[str] = set()
        at = 0
        while at < data.size or at == 0:
            window = data.read(at, _YARA_WINDOW)
            for rule in self._yara.scan(window).matching_rules:
                found.add(rule.identifier[:_LONGEST_RULE])
            at += _YARA_WINDOW - _YARA_OVERLAP
        return frozenset(sorted(found)[:_MATCHES])

    @staticmethod
    def _of(reader: magic.Magic, data: Bytes) -> str:
        # By descriptor libmagic looks closer than into a buffer. It reads from the file's start.
        if data.start == 0 and data.size == os.fstat(data.descriptor).st_size:
            os.lseek(data.descriptor, 0, os.SEEK_SET)
            return str(reader.from_descriptor(data.descriptor))
        copy = os.memfd_create("head", os.MFD_CLOEXEC)
        try:
            os.write(copy, data.read(0, _MAGIC_READS))
            os.lseek(copy, 0, os.SEEK_SET)
            return str(reader.from_descriptor(copy))
        finally:
            os.close(copy)


def load(rules: str) -> Detectors:
    """Load every detector; `rules` is the file of compiled YARA rules, or empty.

    Raises:
        OSError, ValueError: one can't be loaded.
    """
    detectors = Detectors(
        _versions(rules),
        magic.Magic(mime=True),
        magic.Magic(),
        _OneThread(),
        _scanner(rules) if rules else None,
    )
    _warm(detectors)
    return detectors


def _scanner(rules: str) -> yara_x.Scanner:
    with Path(rules).open("rb") as file:
        scanner = yara_x.Scanner(yara_x.Rules.deserialize_from(file))
    scanner.set_timeout(30)
    return scanner


def _versions(rules: str) -> str:
    libmagic: int = magic.version()  # type: ignore[no-untyped-call]
    libarchive_version: int = libarchive.ffi.version_number()
    parts = [f"vedette-{OWN}", f"libmagic-{libmagic}", f"libarchive-{libarchive_version}"]
    parts += [f"{name}-{version(name)}" for name in _LIBRARIES]
    if rules:
        parts.append(f"rules-{hashlib.sha256(Path(rules).read_bytes()).hexdigest()[:16]}")
    return " ".join(parts)


def _warm_pdf() -> None:
    """Have a locked PDF written and read: the library takes what it needs for that at first use."""
    into = io.BytesIO()
    document = pikepdf.new()
    document.save(into, encryption=pikepdf.Encryption(user="", owner="warm"))
    pikepdf.open(into).close()


def _warm(detectors: Detectors) -> None:
    """Use everything once: a child opens no file, not even one of Python's own."""
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    _warm_pdf()
    copy = os.memfd_create("warm", os.MFD_CLOEXEC)
    try:
        os.write(copy, b"import os\nprint(os.name)\n" * 20)
        data = Bytes(copy, os.fstat(copy).st_size)
        detectors.magic_type(data)
        detectors.magic_words(data)
        detectors.guess(data)
        detectors.matches(data)
    finally:
        os.close(copy)
