"""Signed checkpoints: where every audit chain stood at one moment.

One checkpoint is one line of canonical JSON with its own signature in it, so that it can be kept
anywhere (a file, a SIEM, paper) and still proves what was recorded before it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature

from vedette.core.record import ChainState, canonical
from vedette.protocol.internal.signing import Dated, Signer, Verifier, of_its_time

# Signed together with the fields, so that a signature for one purpose never serves another.
_PURPOSE = b"vedette-checkpoint-v1\n"


class CheckpointFault(ValueError):
    """A checkpoint that can't be believed; the message says why."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of every process's chain at the time `at`, in whole seconds since 1970 UTC."""

    organisation: str
    at: int
    heads: Mapping[str, ChainState]


def sign_checkpoint(checkpoint: Checkpoint, key: Signer) -> bytes:
    """The checkpoint as one line, without its newline."""
    fields = {
        "organisation": checkpoint.organisation,
        "at": checkpoint.at,
        "heads": {
            process: {"hash": state.head, "last": state.last, "length": state.length}
            for process, state in checkpoint.heads.items()
        },
    }
    signature = base64.b64encode(key.sign(_PURPOSE + canonical(fields))).decode()
    return canonical({**fields, "signature": signature})


def verify_checkpoint(line: bytes, organisation: str, key: Verifier | Dated) -> Checkpoint:
    """Read a checkpoint that this organisation signed, by the key of its time where keys are dated.

    Raises:
        CheckpointFault: it is not one, was altered, or belongs to somebody else.
    """
    try:
        fields = json.loads(line)
        signature = base64.b64decode(fields.pop("signature"), validate=True)
        of_its_time(key, int(fields["at"])).verify(signature, _PURPOSE + canonical(fields))
        heads = {
            str(process): ChainState(str(head["hash"]), head["last"], int(head["length"]))
            for process, head in fields["heads"].items()
        }
        checkpoint = Checkpoint(str(fields["organisation"]), int(fields["at"]), heads)
    except InvalidSignature:
        raise CheckpointFault("the checkpoint's signature is not the organisation's") from None
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, RecursionError):
        raise CheckpointFault("this is not a checkpoint") from None
    if checkpoint.organisation != organisation:
        raise CheckpointFault(f"this checkpoint belongs to `{checkpoint.organisation}`")
    return checkpoint
