"""A large company's directory: 100,000 people in 2,000 groups, nested, in an OpenLDAP on this machine.

How long everything takes to read and how much memory the one who keeps it has then; and how long one
person's switching off takes from the directory's word until every door decides by it. There is no peer.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.entry import Entry

PEOPLE, GROUPS, IN = 100_000, 2_000, 8
CHANGES = 20
TARGET_SECONDS = 2.0


def ldif(base: str) -> Iterator[str]:
    """The entries below the base: people, and groups of which every tenth is in the next one."""
    chance = random.Random(7)
    members: dict[int, list[str]] = {number: [] for number in range(GROUPS)}
    for number in range(PEOPLE):
        dn = f"uid=worker{number:06d},ou=people,{base}"
        yield (
            f"dn: {dn}\nobjectClass: inetOrgPerson\nuid: worker{number:06d}\ncn: Worker {number}\n"
            f"sn: {number}\ndisplayName: Worker {number}\nmail: worker{number:06d}@corp.test\n\n"
        )
        for group in chance.sample(range(GROUPS), IN):
            members[group].append(dn)
    for number, dns in members.items():
        if number % 10 == 0:
            dns.append(f"cn=Group {number + 1},ou=groups,{base}")
        named = "".join(f"member: {dn}\n" for dn in dns)
        head = f"dn: cn=Group {number},ou=groups,{base}\nobjectClass: groupOfNames\n"
        yield f"{head}cn: Group {number}\n{named}\n"


def run() -> list[Entry]:
    """Measure; the memory is that of a process of its own. Raises RuntimeError."""
    from tests.services.slapd import MISSING, Slapd, load  # noqa: PLC0415  # python-ldap is an extra

    if MISSING:
        raise RuntimeError(MISSING)
    with tempfile.TemporaryDirectory(prefix="identity-sync-") as name:
        folder = Path(name)
        directory = Slapd(folder / "ldap")
        try:
            directory.start()
            directory.furnish()
            directory.stop()
            (folder / "many.ldif").write_text("".join(ldif(directory.base)))
            load(folder / "ldap", folder / "many.ldif")
            directory.start()
            words = [sys.executable, "-m", "bench.identity_sync", str(folder), directory.url,
                     str(directory.ca), directory.reader, directory.base]  # fmt: skip
            with subprocess.Popen(
                words, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
            ) as own:
                return list(_asked(own, directory.disable))
        finally:
            directory.stop()


def _asked(own: subprocess.Popen[str], disable: Callable[[str], None]) -> Iterator[Entry]:
    assert own.stdout is not None and own.stdin is not None  # noqa: PT018  # both are pipes
    read, memory, nested = own.stdout.readline().split()
    yield _entry("identity_sync.read", float(read), "s", None)
    yield _entry("identity_sync.memory", float(memory), "MiB", None)
    yield _entry("identity_sync.groups_per_person", float(nested), "groups", None)
    took = []
    for number in range(CHANGES):
        name = f"worker{number:06d}"
        own.stdin.write(f"{name}\n")
        own.stdin.flush()
        assert own.stdout.readline() == "waiting\n"
        disable(name)
        told = time.time()
        took.append(float(own.stdout.readline()) - told)
    own.stdin.close()
    took.sort()
    yield _entry("identity_sync.change_to_doors_p50", took[len(took) // 2], "s", TARGET_SECONDS)
    yield _entry("identity_sync.change_to_doors_max", took[-1], "s", TARGET_SECONDS)


def _entry(id_: str, value: float, unit: str, target: float | None) -> Entry:
    return {
        "id": id_,
        "value": round(value, 3),
        "unit": unit,
        "peer": None,
        "peer_value": None,
        "ratio": None,
        "target": target,
        "met": None if target is None else value <= target,
    }


def _own(folder: str, url: str, ca: str, bind: str, base: str) -> None:
    """Keep the people as control does, with doors that follow as doors do; on the pipes of `_asked`."""
    from bench.identity_house import House  # noqa: PLC0415  # only here

    begun = time.perf_counter()
    house = House(Path(folder), url, Path(ca), bind, base)
    house.read()
    took = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    groups = [len(person.groups) for person in house.people.people().values()]
    print(f"{took:.2f} {memory:.0f} {sum(groups) / len(groups):.2f}", flush=True)
    house.doors()
    for line in sys.stdin:
        name = line.strip()
        print("waiting", flush=True)
        print(f"{house.until_inactive(name):.6f}", flush=True)


if __name__ == "__main__":
    _own(*sys.argv[1:])
