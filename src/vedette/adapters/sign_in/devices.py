"""What inventories say of devices, in the database beneath the sign-in store."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from vedette.adapters.sign_in.database import Database
from vedette.adapters.sign_in.tables import (
    CERTIFICATE_NAMES,
    CERTIFICATES,
    DEVICE_CHANGES,
    DEVICE_NAMES,
    DEVICE_REPORTS,
    DEVICES,
    INVENTORIES,
)
from vedette.core.managed_devices import ManagedDevice, Standing
from vedette.ports.device_management import (
    REPORTS_KEPT,
    InventoryState,
    KeptDevice,
    ReplayedReport,
)

_AT_ONCE = 500
"""How many devices one statement names."""
_TOLD = sa.text(
    "INSERT INTO sign_in_inventories (source, read, tried, devices, trouble, told)"
    " VALUES (:source, 0, 0, 0, '', :told) ON CONFLICT (source) DO UPDATE SET told = :told"
)
_NOTE = sa.text(
    "INSERT INTO sign_in_inventories (source, read, tried, devices, trouble, told)"
    " VALUES (:source, :read, :tried, :devices, :trouble, 0) ON CONFLICT (source) DO UPDATE"
    " SET read = :read, tried = :tried, devices = :devices, trouble = :trouble"
).bindparams(sa.bindparam("trouble", type_=INVENTORIES.c.trouble.type))


@dataclass(frozen=True, slots=True)
class SqlDevices:
    """The DeviceStore of one database."""

    _database: Database

    def take_all(self, source: str, devices: Collection[ManagedDevice], now: int) -> int:
        """Keep these as all that the inventory has; whatever it names no more is gone."""
        new = {device.id: (device, _body(device)) for device in devices}
        with self._database.writing() as connection:
            number = _turn(connection)
            before = _before(connection, source, None)
            others = _others(new, before)
            missed = [id_ for id_, (_, gone) in before.items() if not gone and id_ not in new]
            _write(connection, source, others, number, now)
            number += len(others)
            for at, some in _batches(missed):
                _let_go(connection, source, some, number + at, now)
            _count(connection, number + len(missed))
            # What stayed as it was is not written again: this says that it was told, too.
            connection.execute(_TOLD, {"source": source, "told": now})
        return len(others) + len(missed)

    def take_some(
        self, source: str, devices: Collection[ManagedDevice], now: int, report: str = ""
    ) -> int:
        """Keep these beside the others. Raises ReplayedReport."""
        new = {device.id: (device, _body(device)) for device in devices}
        with self._database.writing() as connection:
            number = _turn(connection)
            if report:
                _note_report(connection, source, report, now)
            before = _before(connection, source, list(new))
            others = _others(new, before)
            _write(connection, source, others, number, now)
            written = {each.id for each, _ in others}
            same = [id_ for id_ in new if id_ not in written]
            for _, some in _batches(same):
                these = (DEVICES.c.source == source, DEVICES.c.id.in_(some))
                connection.execute(sa.update(DEVICES).where(*these).values(reported=now))
            _count(connection, number + len(others))
        return len(others)

    def named(self, sources: Collection[str], names: Collection[str]) -> tuple[KeptDevice, ...]:
        """Devices of these inventories that have one of these names."""
        if not sources or not names:
            return ()
        theirs = sa.exists().where(
            DEVICE_NAMES.c.source == DEVICES.c.source,
            DEVICE_NAMES.c.id == DEVICES.c.id,
            DEVICE_NAMES.c.name.in_(sorted(names)),
            DEVICE_NAMES.c.lost.is_(False),
        )
        query = _DEVICES.where(DEVICES.c.source.in_(sorted(sources)), theirs)
        return tuple(sorted(map(_kept_of, self._all(query)), key=lambda each: each.place))

    def device(self, source: str, id: str) -> KeptDevice | None:  # noqa: A002
        """One device, or None."""
        rows = self._all(_DEVICES.where(DEVICES.c.source == source, DEVICES.c.id == id))
        return _kept_of(rows[0]) if rows else None

    def listed(
        self, after: str, most: int, *, source: str = "", text: str = ""
    ) -> tuple[KeptDevice, ...]:
        """Devices by source and id, behind the place `after`, that hold the text."""
        from_, id_ = self._bytewise(DEVICES.c.source), self._bytewise(DEVICES.c.id)
        query = _DEVICES.order_by(from_, id_).limit(most)
        if after:
            known, _, last = after.partition("/")
            query = query.where(sa.or_(from_ > known, sa.and_(from_ == known, id_ > last)))
        if source:
            query = query.where(DEVICES.c.source == source)
        if text:
            query = query.where(DEVICES.c.words.contains(text.casefold(), autoescape=True))
        return tuple(map(_kept_of, self._all(query)))

    def changes(self) -> int:
        """The number of the newest change."""
        with self._database.reading() as connection:
            return int(connection.execute(sa.select(DEVICE_CHANGES.c.number)).scalar_one())

    def touched(self, since: int) -> frozenset[str]:
        """Certificates that name a device which is other than it was at this number of changes."""
        query = (
            sa.select(CERTIFICATE_NAMES.c.thumbprint)
            .distinct()
            .join(DEVICE_NAMES, DEVICE_NAMES.c.name == CERTIFICATE_NAMES.c.name)
            .join(
                DEVICES,
                sa.and_(
                    DEVICES.c.source == DEVICE_NAMES.c.source, DEVICES.c.id == DEVICE_NAMES.c.id
                ),
            )
            .where(DEVICES.c.change > since)
        )
        return frozenset(row["thumbprint"] for row in self._all(query))

    def call(self, thumbprint: str, names: Collection[str]) -> None:
        """Keep by which names this certificate calls its device."""
        mine = CERTIFICATE_NAMES.c.thumbprint == thumbprint
        known = self._all(sa.select(CERTIFICATE_NAMES.c.name).where(mine))
        if {row["name"] for row in known} == set(names):
            return  # asked for every session again and again
        rows = [{"thumbprint": thumbprint, "name": name} for name in sorted(set(names))]
        with self._database.writing() as connection:
            connection.execute(sa.delete(CERTIFICATE_NAMES).where(mine))
            if rows:
                connection.execute(sa.insert(CERTIFICATE_NAMES), rows)

    def calling(self, names: Collection[str]) -> frozenset[str]:
        """The certificates that call their device by one of these names."""
        these = CERTIFICATE_NAMES.c.name.in_(sorted(names))
        rows = self._all(sa.select(CERTIFICATE_NAMES.c.thumbprint).distinct().where(these))
        return frozenset(row["thumbprint"] for row in rows)

    def note(self, state: InventoryState) -> None:
        """Keep how an inventory stands."""
        with self._database.writing() as connection:
            connection.execute(_NOTE, asdict(state))

    def states(self) -> tuple[InventoryState, ...]:
        """How each inventory stands that was ever asked or ever reported."""
        rows = self._all(sa.select(INVENTORIES))
        kept = ("source", "read", "tried", "devices", "trouble")
        found = (InventoryState(**{name: row[name] for name in kept}) for row in rows)
        return tuple(sorted(found, key=lambda each: each.source))

    def forget(self, but: Collection[str]) -> int:
        """Forget all devices and states of inventories other than these."""
        others = sorted(but)
        with self._database.writing() as connection:
            number = _turn(connection)
            for table in (DEVICE_NAMES, DEVICE_REPORTS, INVENTORIES):
                connection.execute(sa.delete(table).where(table.c.source.not_in(others)))
            gone = connection.execute(sa.delete(DEVICES).where(DEVICES.c.source.not_in(others)))
            _count(connection, number + gone.rowcount)
            return gone.rowcount

    def _all(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.RowMapping]:
        with self._database.reading() as connection:
            return connection.execute(query).mappings().all()

    def _bytewise(self, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
        """The column in the order of code points, on every database."""
        return column.collate("C") if self._database.name == "postgresql" else column


_DEVICES: sa.Select[*tuple[Any, ...]] = sa.select(
    DEVICES.c.source,
    DEVICES.c.body,
    DEVICES.c.reported,
    DEVICES.c.gone,
    sa.func.coalesce(INVENTORIES.c.told, 0).label("told"),
).join_from(DEVICES, INVENTORIES, INVENTORIES.c.source == DEVICES.c.source, isouter=True)


def forgetting(now: int) -> tuple[sa.Delete, ...]:
    """What forgets names of certificates that are gone, and ids of reports that are too old."""
    gone = ~sa.exists().where(CERTIFICATES.c.thumbprint == CERTIFICATE_NAMES.c.thumbprint)
    old = DEVICE_REPORTS.c.at <= now - REPORTS_KEPT
    return sa.delete(CERTIFICATE_NAMES).where(gone), sa.delete(DEVICE_REPORTS).where(old)


def _turn(connection: sa.Connection) -> int:
    """Wait for this transaction's turn to change devices; the number of the change before."""
    return int(
        connection.execute(sa.select(DEVICE_CHANGES.c.number).with_for_update()).scalar_one()
    )


def _count(connection: sa.Connection, number: int) -> None:
    connection.execute(sa.update(DEVICE_CHANGES).values(number=number))


def _note_report(connection: sa.Connection, source: str, report: str, now: int) -> None:
    try:
        row = {"source": source, "id": report, "at": now}
        connection.execute(sa.insert(DEVICE_REPORTS).values(**row))
    except IntegrityError:
        raise ReplayedReport from None


def _before(
    connection: sa.Connection, source: str, ids: list[str] | None
) -> Mapping[str, tuple[str, bool]]:
    """What is kept of an inventory's devices, or of these: the body, and whether it is gone."""
    query = sa.select(DEVICES.c.id, DEVICES.c.body, DEVICES.c.gone)
    query = query.where(DEVICES.c.source == source)
    found: dict[str, tuple[str, bool]] = {}
    chosen = [query] if ids is None else [
        query.where(DEVICES.c.id.in_(some)) for _, some in _batches(ids)
    ]  # fmt: skip
    for each in chosen:
        found |= {row.id: (row.body, bool(row.gone)) for row in connection.execute(each)}
    return found


_Spelled = tuple[ManagedDevice, str]
"""A device, and as it is kept."""


def _others(new: Mapping[str, _Spelled], before: Mapping[str, tuple[str, bool]]) -> list[_Spelled]:
    """Those that are other than what is kept."""
    return [each for id_, each in new.items() if before.get(id_) != (each[1], False)]


def _write(
    connection: sa.Connection, source: str, devices: Sequence[_Spelled], number: int, now: int
) -> None:
    """Write devices that are other than before, each under a number of its own behind `number`."""
    for at, some in _batches(devices):
        these = (DEVICES.c.source == source, DEVICES.c.id.in_([each.id for each, _ in some]))
        connection.execute(sa.delete(DEVICES).where(*these))
        rows = [
            {
                "source": source,
                "id": each.id,
                "body": body,
                "words": _words(each),
                "reported": now,
                "gone": False,
                "change": number + at + place,
            }
            for place, (each, body) in enumerate(some, start=1)
        ]
        connection.execute(sa.insert(DEVICES), rows)
        _rename(connection, source, [each for each, _ in some])


def _rename(connection: sa.Connection, source: str, devices: Sequence[ManagedDevice]) -> None:
    """Give devices their names. Those that they just lost stay until the next change, marked so."""
    mine = (DEVICE_NAMES.c.source == source, DEVICE_NAMES.c.id.in_([each.id for each in devices]))
    had: dict[str, set[str]] = {}
    for row in connection.execute(sa.select(DEVICE_NAMES).where(*mine)):
        if not row.lost:
            had.setdefault(row.id, set()).add(row.name)
    connection.execute(sa.delete(DEVICE_NAMES).where(*mine))
    rows = [
        {"source": source, "id": each.id, "name": name, "lost": name not in each.names}
        for each in devices
        for name in sorted({*each.names, *had.get(each.id, ())})
    ]
    if rows:
        connection.execute(sa.insert(DEVICE_NAMES), rows)


def _let_go(
    connection: sa.Connection, source: str, ids: Sequence[str], number: int, now: int
) -> None:
    for place, id_ in enumerate(ids, start=1):
        this = (DEVICES.c.source == source, DEVICES.c.id == id_)
        values = {"gone": True, "reported": now, "change": number + place}
        connection.execute(sa.update(DEVICES).where(*this).values(**values))


def _batches(many: Sequence[Any]) -> Iterator[tuple[int, Sequence[Any]]]:
    return ((at, many[at : at + _AT_ONCE]) for at in range(0, len(many), _AT_ONCE))


_FIELDS = sorted(each.name for each in fields(ManagedDevice))


def _body(device: ManagedDevice) -> str:
    """A device as it is kept; the same text for the same device."""
    values = {name: getattr(device, name) for name in _FIELDS}
    values |= {"names": sorted(device.names), "standing": device.standing.value}
    return json.dumps(values, separators=(",", ":"))


def _words(device: ManagedDevice) -> str:
    """What it is found by."""
    return "\n".join((device.id, device.label, device.owner, *sorted(device.names))).casefold()


def _kept_of(row: sa.RowMapping) -> KeptDevice:
    values = json.loads(row["body"])
    values |= {"names": frozenset(values["names"]), "standing": Standing(values["standing"])}
    told = 0 if row["gone"] else row["told"]
    return KeptDevice(
        source=row["source"],
        device=ManagedDevice(**values),
        reported=max(row["reported"], told),
        gone=bool(row["gone"]),
    )
