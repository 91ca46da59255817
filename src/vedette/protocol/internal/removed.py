"""What is left of a segment of the record that was removed because its time was over: its signed head.

One line of canonical JSON with its own signature in it, like a checkpoint. It says where the chain
stood at the segment's end, so that what comes behind can still be proven, and which part is gone.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature

from vedette.core.record import ChainState, canonical
from vedette.protocol.internal.signing import Dated, Signer, Verifier, of_its_time

# Signed together with the fields, so that a signature for one purpose never serves another.
_PURPOSE = b"vedette-removed-v1\n"


class HeadFault(ValueError):
    """A head that can't be believed; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedHead:
    """Where the chain of `process` stood at `end`, the byte of its log up to which it was removed.

    `first` is the id of the segment's first record, `newest` the time of its last one, `at` when it
    was removed (seconds since 1970 UTC), `record` the record that says so.
    """

    organisation: str
    process: str
    end: int
    state: ChainState
    first: str
    newest: int
    at: int
    record: str


def sign_head(head: RemovedHead, key: Signer) -> bytes:
    """The head as one line, without its newline."""
    fields = {
        "organisation": head.organisation,
        "process": head.process,
        "end": head.end,
        "hash": head.state.head,
        "last": head.state.last,
        "length": head.state.length,
        "first": head.first,
        "newest": head.newest,
        "at": head.at,
        "record": head.record,
    }
    signature = base64.b64encode(key.sign(_PURPOSE + canonical(fields))).decode()
    return canonical({**fields, "signature": signature})


def verify_head(line: bytes, organisation: str, key: Verifier | Dated) -> RemovedHead:
    """Read a head that this organisation signed, by the key of its time where keys are dated.

    Raises:
        HeadFault: it is not one, was altered, or belongs to somebody else.
    """
    try:
        fields = json.loads(line)
        signature = base64.b64decode(fields.pop("signature"), validate=True)
        of_its_time(key, int(fields["at"])).verify(signature, _PURPOSE + canonical(fields))
        head = RemovedHead(
            organisation=str(fields["organisation"]),
            process=str(fields["process"]),
            end=int(fields["end"]),
            state=ChainState(str(fields["hash"]), str(fields["last"]), int(fields["length"])),
            first=str(fields["first"]),
            newest=int(fields["newest"]),
            at=int(fields["at"]),
            record=str(fields["record"]),
        )
    except InvalidSignature:
        raise HeadFault("the signature of a removed segment is not the organisation's") from None
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, RecursionError):
        raise HeadFault("this is not the head of a removed segment") from None
    if head.organisation != organisation:
        raise HeadFault(f"this head belongs to `{head.organisation}`")
    return head


def head_at(heads: Iterable[RemovedHead], process: str, begin: int) -> RemovedHead | None:
    """What vouches for where the chain of `process` goes on, if its log begins at byte `begin` now."""
    return next((h for h in heads if h.process == process and h.end == begin), None)
