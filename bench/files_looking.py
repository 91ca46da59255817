"""What looking costs: the real inspector against libmagic alone and clamd alone, over the same files.

Files go to each in turn, in one run, one at a time. libmagic is called in this process and parses
nothing within; clamd reads the files itself and looks into containers, with a database of one signature.
`python -m bench.files_looking` prints them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import magic

from bench.entry import Entry
from tests.apps.control.organisation import make
from tests.apps.inspection.conftest import DOCUMENT
from tests.apps.inspection.corpus.archives import TEXT, tarred, zipped
from tests.apps.inspection.corpus.documents import open_document, pdf, sheet, word
from tests.apps.inspection.corpus.media import picture, saved
from tests.apps.inspection.living import Inspector

ROUNDS = 12
LARGE = 8 << 20
CACHED = 2000
GIGABYTE = 1 << 30
_CACHED_TARGET = 1000.0
_MOST_MEMORY = 256.0
"""MiB that the inspector and one looking may hold of a content of 1 GB beyond what they hold idle."""
_CLAMD = """Foreground yes
LocalSocket {folder}/clamd.sock
DatabaseDirectory {folder}
StreamMaxLength 2000M
MaxFileSize 2000M
MaxScanSize 2000M
"""
_SIGNATURE = "Vedette.Bench.Nothing:0:*:" + b"nobody writes this in a file".hex() + "\n"
Look = Callable[[Path, bytes], None]


def _office() -> list[bytes]:
    """A handful of what people send."""
    return [
        word("Hello " * 200, pictured=True),
        sheet(200),
        open_document("text"),
        pdf(),
        saved(picture(size=256), "PNG"),
        saved(picture(size=256), "JPEG"),
        TEXT,
        zipped({"a.docx": word(), "b.png": saved(picture(), "PNG"), "c.txt": TEXT}),
        tarred({"a.txt": TEXT, "b.pdf": pdf()}, "w:gz"),
    ]


def _fresh(data: bytes, number: int) -> bytes:
    """The same, with another digest: bytes behind the end change no kind."""
    return data + b"\n" * number + b" " * (number % 7)


def _large(number: int) -> bytes:
    """Bytes of a sound that nothing opens, so that only reading them counts."""
    header = b"RIFF" + (LARGE - 8).to_bytes(4, "little") + b"WAVE" + number.to_bytes(8, "little")
    return header + bytes(range(256)) * ((LARGE - len(header)) // 256)


@contextmanager
def _clamd(folder: Path) -> Iterator[Look]:
    (folder / "own.ndb").write_text(_SIGNATURE)
    (folder / "clamd.conf").write_text(_CLAMD.format(folder=folder))
    command = ["/usr/sbin/clamd", "-c", str(folder / "clamd.conf")]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place = folder / "clamd.sock"

    def ask(words: str) -> bytes:
        with socket.socket(socket.AF_UNIX) as talk:
            talk.connect(str(place))
            talk.sendall(f"z{words}\0".encode())
            return talk.recv(4096)

    def look(path: Path, data: bytes) -> None:
        del data
        if not ask(f"SCAN {path}").startswith(f"{path}: OK".encode()):
            raise RuntimeError("clamd did not look")

    try:
        for _ in range(600):
            if place.exists():
                break
            time.sleep(0.1)
        else:
            raise RuntimeError("clamd did not start")
        folder.chmod(0o755)
        yield look
    finally:
        child.terminate()
        child.wait(30)


def _took(look: Look, path: Path, data: bytes) -> float:
    begun = time.perf_counter()
    look(path, data)
    return time.perf_counter() - begun


def _rounds(
    looks: dict[str, Look], folder: Path, sets: Callable[[int], list[bytes]]
) -> dict[str, list[float]]:
    """Seconds that each took over the same files, round by round; the first warms up."""
    took: dict[str, list[float]] = {name: [] for name in looks}
    for number in range(ROUNDS + 1):
        path, totals = folder / "content", dict.fromkeys(looks, 0.0)
        for data in sets(number):
            path.write_bytes(data)
            path.chmod(0o644)
            for name in sorted(looks, reverse=bool(number % 2)):
                totals[name] += _took(looks[name], path, data)
        if number:
            for name, seconds in totals.items():
                took[name].append(seconds)
    return took


def _entries(what: str, unit: str, amount: float, took: dict[str, list[float]]) -> Iterator[Entry]:
    ours = took.pop("ours")
    for peer, theirs in took.items():
        ratio = statistics.median(t / o for o, t in zip(ours, theirs, strict=True))
        yield {
            "id": f"files_looking.{what}.{peer}", "value": round(amount / statistics.median(ours), 1),
            "unit": unit, "peer": _PEERS[peer],
            "peer_value": round(amount / statistics.median(theirs), 1), "ratio": round(ratio, 4),
            "target": _TARGETS[f"{what}.{peer}"], "met": ratio >= _TARGETS[f"{what}.{peer}"],
        }  # fmt: skip


_PEERS = {
    "libmagic": "libmagic alone, within this process",
    "clamd": "clamd alone, asked by path, one signature",
}
"""What is left out there: clamd reads the files itself, and compares with one signature of millions."""
_TARGETS = {
    "files.clamd": 0.5,
    "files.libmagic": 0.02,
    "bytes.clamd": 0.5,
    "bytes.libmagic": 0.005,
}
"""libmagic reads a megabyte at most and opens nothing; a process for each content takes milliseconds."""


def _cached(inspector: Inspector) -> Entry:
    """The verdict cache: verdicts told again in a second, one question after the other, each over a
    connection of its own.
    """
    digest = inspector.put(TEXT)["sha256"]
    begun = time.perf_counter()
    for _ in range(CACHED):
        if inspector.ask("GET", f"/contents/{digest}")[0] != 200:
            raise RuntimeError("a verdict was forgotten")
    each = CACHED / (time.perf_counter() - begun)
    return {
        "id": "files_looking.verdict-cache", "value": round(each), "unit": "answers/s", "peer": "target",
        "peer_value": _CACHED_TARGET, "ratio": round(each / _CACHED_TARGET, 2), "target": 1.0,
        "met": each >= _CACHED_TARGET,
    }  # fmt: skip


def _anonymous(pid: int) -> int:
    """Bytes of its own that a process holds: mapped files are no burden. 0 if it has ended."""
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"RssAnon:\s+(\d+) kB", told)
    return int(found.group(1)) << 10 if found else 0


def held_by(pid: int) -> int:
    """What a process and everything that it started hold."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    return _anonymous(pid) + sum(held_by(int(each)) for each in children)


def _gigabyte() -> Iterator[bytes]:
    block = os.urandom(1 << 20)
    for number in range(GIGABYTE >> 20):
        yield number.to_bytes(8, "little") + block[8:]


def _memory(inspector: Inspector) -> Entry:
    """The most that inspector, fork server and looking hold together over a content of 1 GB."""
    assert inspector.child is not None
    pid = inspector.child.pid
    idle = most = held_by(pid)
    found: list[int] = []

    def send() -> None:
        found.append(inspector.ask("PUT", "/contents?wait=200", _gigabyte(), 400)[1]["size"])

    sending = threading.Thread(target=send)
    sending.start()
    while sending.is_alive():
        most = max(most, held_by(pid))
        time.sleep(0.01)
    sending.join()
    if found != [GIGABYTE]:
        raise RuntimeError("the content of 1 GB was not judged")
    more = (most - idle) / (1 << 20)
    return {
        "id": "files_looking.memory", "value": round(more, 1), "unit": "MiB more for 1 GiB",
        "peer": "idle, MiB", "peer_value": round(idle / (1 << 20), 1),
        "ratio": round(_MOST_MEMORY / max(more, 0.1), 2), "target": 1.0, "met": more <= _MOST_MEMORY,
    }  # fmt: skip


def run() -> list[Entry]:
    """Measure what looking costs."""
    if shutil.which("clamd", path="/usr/sbin:/usr/bin") is None:
        raise RuntimeError("apt install clamav-daemon")
    reader = magic.Magic(mime=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "clamd").mkdir(mode=0o777)
        (folder / "clamd").chmod(0o777)
        inspector = Inspector(
            make(folder / "inspector").boot, DOCUMENT + '[media]\nmax_upload = "2 GiB"\n'
        )
        inspector.settle()
        try:
            inspector.start()
            with _clamd(folder / "clamd") as clamd:
                looks: dict[str, Look] = {
                    "ours": lambda _, data: inspector.put(data) and None,
                    "libmagic": lambda path, _: reader.from_file(str(path)) and None,
                    "clamd": clamd,
                }
                files = _office()
                small = _rounds(looks, folder, lambda n: [_fresh(data, n) for data in files])
                large = _rounds(looks, folder, lambda n: [_large(n)])
            return [
                *_entries("files", "files/s", len(files), small),
                *_entries("bytes", "MB/s", LARGE / 1e6, large),
                _cached(inspector),
                _memory(inspector),
            ]
        finally:
            if inspector.child is not None:
                inspector.child.kill()
                inspector.child.wait()


def main() -> None:
    """Measure and print."""
    for entry in run():
        print(json.dumps(entry))


if __name__ == "__main__":
    main()
