"""Orders about files: each goes through the administration door, over whoever sent the file."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from vedette.admin.actor import Actor
from vedette.admin.rejected import Code, Rejected
from vedette.console.desks import Desks
from vedette.console.orders import Done, Form, NoSettings, OrderKind, reason_of
from vedette.core.files import address_of
from vedette.core.language import told
from vedette.core.names import InvalidName, MediaId, ServerName
from vedette.core.settings.commands import Call, Step

_ADDRESS = "mxc://"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFile(NoSettings):
    """Hold or release one file; `what` is the word of the command."""

    what: str
    server: ServerName
    media: MediaId

    @property
    def says(self) -> dict[str, str]:
        """What fills its sentence."""
        return {"file": address_of(self.server, self.media)}

    def step(self) -> Step:
        """The command and the call."""
        path = f"/files/{quote(self.server, safe='')}/{self.media}/{self.what}"
        words = ("file", self.what, address_of(self.server, self.media))
        return Step(words, Call("POST", path, {}))

    async def carry_out(self, desks: Desks, by: Actor) -> Done:
        """Have it done; Synapse asks the rules about the file itself."""
        doing = desks.files.hold if self.what == "hold" else desks.files.release
        return Done(record=await doing(by, self.server, self.media, self.reason))


def page_of(server: str, media: str) -> str:
    """The page of a file."""
    return f"/files/{quote(server, safe='')}/{quote(media, safe='')}"


def _moved(form: Form, what: str) -> MoveFile:
    server, _, media = form.get("file", "").strip().removeprefix(_ADDRESS).rpartition("/")
    try:
        named = ServerName(server), MediaId(media)
    except InvalidName as fault:
        hint = told("open it from the list of files")
        raise Rejected(Code.INVALID, told("no file is named"), hint) from fault
    return MoveFile(what=what, server=named[0], media=named[1], reason=reason_of(form))


def _back(order: object) -> str:
    return page_of(order.server, order.media) if isinstance(order, MoveFile) else "/files"


ORDERS = (
    OrderKind(name="release-file", title="files", read=lambda form: _moved(form, "release"),
              back="/files", back_to=_back, says="files-release-does"),
    OrderKind(name="hold-file", title="files", read=lambda form: _moved(form, "hold"),
              back="/files", back_to=_back, says="files-hold-does"),
)  # fmt: skip
