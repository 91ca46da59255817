"""Synapse as control asks it: about files and about rooms, each question signed by control."""

from __future__ import annotations

from vedette.adapters.boot_file import Boot
from vedette.adapters.room_reports import RoomReportFiles
from vedette.adapters.synapse_files import SynapseFiles
from vedette.adapters.synapse_questions import SynapseQuestions
from vedette.adapters.synapse_rooms import SynapseAskedRooms
from vedette.admin.door import AdministrationDoor
from vedette.admin.files import FilesDesk
from vedette.admin.rooms import RoomsDesk
from vedette.core.names import ServerName
from vedette.ports.record_index import RecordIndex
from vedette.ports.records import Records
from vedette.protocol.internal.signing import Signer
from vedette.spine import Spine


def _questions(boot: Boot, spine: Spine, key: Signer) -> SynapseQuestions:
    socket, domain = boot.path(boot.synapse.socket), ServerName(boot.organisation)
    return SynapseQuestions(socket, domain, key, spine.clock)


def rooms_desk(boot: Boot, spine: Spine, key: Signer) -> RoomsDesk:
    """What is seen and asked of rooms."""
    asked = SynapseAskedRooms(_questions(boot, spine, key))
    return RoomsDesk(spine, RoomReportFiles(boot.door("synapse")), spine.clock, asked)


def files_desk(
    boot: Boot, door: AdministrationDoor, index: RecordIndex, records: Records, key: Signer
) -> FilesDesk:
    """Where files are held and released."""
    files = SynapseFiles(_questions(boot, door.spine, key))
    return FilesDesk(door, files, index, records, door.spine.clock)
