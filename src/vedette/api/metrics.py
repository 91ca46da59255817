"""`/metrics`: how much is decided and how everything stands, for Prometheus. No name of a person.

The form is Prometheus's text exposition format, version 0.0.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vedette.admin.doors import DoorAnswer, DoorState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is told. Decisions are counted by door, answer and reason; backlogs are in bytes."""

    decisions: Mapping[tuple[str, str, str], int]
    chains: Mapping[str, int]
    broken: frozenset[str]
    doors: tuple[DoorAnswer, ...]
    revision: int
    backlog: Mapping[str, int] = field(default_factory=dict)
    ways: Mapping[str, bool] = field(default_factory=dict)
    """The ways in which the audit leaves this machine, and whether each worked at its last try."""
    certificates: Mapping[str, float] = field(default_factory=dict)
    """When each of our servers' certificates ends, in seconds since 1970."""
    officers: int = 0
    """How many people may change the settings in their own right."""
    ends: tuple[tuple[str, str, float], ...] = ()
    """Kind, name and end of what ends by itself, in seconds since 1970."""
    failed_orders: int | None = None
    """How many orders for the gateway's certificate in a row came to nothing; None: none is ordered."""


Sample = tuple[Mapping[str, str], float]


def metrics_text(measured: Measured) -> str:
    """Everything as one text."""
    return "".join(_families(measured))


def _families(seen: Measured) -> Iterable[str]:
    yield _family(
        "vedette_decisions_total", "counter", "Decisions since the log began, a minute old at most.",
        [({"door": door, "answer": answer, "reason": reason}, count)
         for (door, answer, reason), count in sorted(seen.decisions.items())],
    )  # fmt: skip
    yield _family(
        "vedette_audit_records", "gauge", "Records in each audit chain at the last checkpoint.",
        [({"chain": chain}, length) for chain, length in sorted(seen.chains.items())],
    )  # fmt: skip
    yield _family(
        "vedette_audit_chain_holds", "gauge", "Whether each audit chain holds.",
        [({"chain": chain}, chain not in seen.broken)
         for chain in sorted({*seen.chains, *seen.broken})],
    )  # fmt: skip
    yield _family(
        "vedette_settings_revision", "gauge", "The revision in force.", [({}, seen.revision)]
    )
    yield from _doors(seen.doors)
    yield _family(
        "vedette_audit_backlog_bytes", "gauge", "What the SIEM has not taken yet.",
        [({"chain": chain}, size) for chain, size in sorted(seen.backlog.items())],
    )  # fmt: skip
    yield _family(
        "vedette_audit_leaves", "gauge", "Whether the audit left this machine at the last try.",
        [({"way": way}, works) for way, works in sorted(seen.ways.items())],
    )  # fmt: skip
    yield _family(
        "vedette_server_certificate_end_seconds", "gauge",
        "When each server's certificate ends, in seconds since 1970.",
        [({"server": server}, ends) for server, ends in sorted(seen.certificates.items())],
    )  # fmt: skip
    yield _family(
        "vedette_officers", "gauge",
        "People who may change the settings in their own right; none is a lock-out.",
        [({}, seen.officers)],
    )  # fmt: skip
    yield _family(
        "vedette_end_seconds", "gauge",
        "When allows, partners, their keys and CAs, issuers of certificates, and tokens end, in "
        "seconds since 1970.",
        [({"kind": kind, "name": name}, ends) for kind, name, ends in sorted(seen.ends)],
    )  # fmt: skip
    yield _family(
        "vedette_server_certificate_failed_orders", "gauge",
        "Orders for the gateway's certificate in a row that came to nothing.",
        [] if seen.failed_orders is None else [({}, seen.failed_orders)],
    )  # fmt: skip


def _doors(doors: tuple[DoorAnswer, ...]) -> Iterable[str]:
    yield _family(
        "vedette_door_in_force", "gauge", "Whether each door has the newest settings in force.",
        [({"door": each.door}, each.state is DoorState.IN_FORCE) for each in doors],
    )  # fmt: skip
    yield _family(
        "vedette_door_lag_seconds", "gauge", "How long each door took to put the settings in force.",
        [({"door": each.door}, each.milliseconds / 1000)
         for each in doors if each.milliseconds is not None],
    )  # fmt: skip


def _family(name: str, kind: str, words: str, samples: list[Sample]) -> str:
    lines = [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{_labels(labels)} {float(value):.15g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
