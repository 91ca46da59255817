"""Who keeps the people of a directory and tells the doors, as control does, without its other duties."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.services.directory import PASSWORD
from vedette.adapters.door_folders import DoorFolders
from vedette.adapters.ldap.connection import Servers
from vedette.adapters.ldap.directory import LdapDirectory
from vedette.adapters.ldap.kinds import OPENLDAP
from vedette.adapters.ldap.reading import Searching
from vedette.adapters.memory.revisions import MemoryRevisions
from vedette.adapters.people_kept import PeopleKept
from vedette.adapters.stream_files import StreamFiles
from vedette.adapters.system_clock import SystemClock
from vedette.control.directory import DirectoryPeople
from vedette.control.streams import Publisher
from vedette.core.names import ServerName
from vedette.core.revision import Revision
from vedette.core.settings.canonical import digest
from vedette.core.settings.default import default_document
from vedette.core.settings.document import CompanyDirectory, Document
from vedette.core.settings.parse import parse_document

DOMAIN = "example.org"
KEY = Ed25519PrivateKey.from_private_bytes(b"b" * 32)
NAMES = ("gateway", "signin", "synapse")


class House:
    """People, publisher and doors, the doors each in a process of its own."""

    def __init__(self, folder: Path, url: str, ca: Path, bind: str, base: str) -> None:
        self.folder = folder
        reader = LdapDirectory(
            Servers((url,), ca, bind, PASSWORD, timeout=30.0), Searching(OPENLDAP, base)
        )
        self.people = DirectoryPeople(
            reader=reader,
            kept=PeopleKept(folder / "people.kept"),
            domain=ServerName(DOMAIN),
            settings=lambda: CompanyDirectory(largest_removal=100),
            concerned=tuple,
            clock=SystemClock(),
        )
        self.people.begin()
        doors = DoorFolders({name: folder / "doors" / name for name in NAMES})
        self.publisher = Publisher(doors, MemoryRevisions(), KEY, DOMAIN, SystemClock())
        self._children: list[subprocess.Popen[str]] = []

    def read(self) -> None:
        """Everything, until it is in force here."""
        while self.people.state().read_at is None:
            self.people.step()
            assert not self.people.state().trouble, self.people.state().trouble

    def doors(self) -> None:
        """Send everybody, and have the doors follow."""
        text = default_document("Example AG", DOMAIN)
        document = parse_document(text)
        assert isinstance(document, Document)
        made = Revision(number=1, text=text, digest=digest(document), author="a", reason="r", at=1)
        self.publisher.settings(made, document)
        self.people.poll()
        self.publisher.people(self.people.people())
        for name in NAMES:
            words = [
                sys.executable,
                "-m",
                "bench.identity_house",
                str(self.folder / "doors" / name),
            ]
            child = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            self._children.append(child)
        threading.Thread(target=self._follow, daemon=True).start()
        threading.Thread(target=self._publish, daemon=True).start()

    def until_inactive(self, name: str) -> float:
        """When the last door decides by it that this person is inactive."""
        user = f"@{name}:{DOMAIN}"
        for child in self._children:
            assert child.stdin is not None
            child.stdin.write(f"{user}\n")
            child.stdin.flush()
        return max(float(child.stdout.readline()) for child in self._children if child.stdout)

    def _follow(self) -> None:
        while True:
            self.people.step()

    def _publish(self) -> None:
        while True:
            time.sleep(0.05)  # as control looks
            if self.people.poll():
                self.publisher.people(self.people.people())


def _door(folder: Path) -> None:
    files = StreamFiles(folder, DOMAIN, KEY.public_key(), SystemClock())
    files.start()
    print("ready", flush=True)
    for line in sys.stdin:
        user = line.strip()
        while files.current().directory.people[user].active:
            time.sleep(0.025)  # as doors look
            files.poll()
        print(f"{time.time():.6f}", flush=True)


if __name__ == "__main__":
    _door(Path(sys.argv[1]))
