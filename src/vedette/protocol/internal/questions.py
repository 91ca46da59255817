"""What control asks the module inside Synapse, signed.

A question is one line of canonical JSON after one line that says what it is about and carries the
signature over both; it is good for `GOOD_FOR` seconds. So whoever else reaches Synapse's socket, the
gateway too, can ask nothing there, and what was asked about files is no question about rooms.

    vedette-<about>-v1 <base64 Ed25519 signature of "vedette-<about>-v1 " and the second line>
    {"body":…,"do":…,"issued":…,"organisation":…}

Times are whole seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature

from vedette.core.record import JSON, canonical
from vedette.protocol.internal.signing import Signer, Verifier

GOOD_FOR = 60
"""Seconds for which a question is good, before and after it was issued: two hosts, two clocks."""
_LARGEST = 64 << 10
_FIELDS = {"body", "do", "issued", "organisation"}


class QuestionRefused(ValueError):
    """A question that must not be answered; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be done, and with what."""

    organisation: str
    do: str
    issued: int
    body: Mapping[str, JSON]


def ask(about: str, question: Question, key: Signer) -> bytes:
    """A question `about` one subject as the bytes that travel."""
    data = canonical(
        {
            "body": dict(question.body),
            "do": question.do,
            "issued": question.issued,
            "organisation": question.organisation,
        }
    )
    magic = _magic(about)
    return magic + base64.b64encode(key.sign(magic + data)) + b"\n" + data


def read(about: str, data: bytes, organisation: str, key: Verifier, now: float) -> Question:
    """Verify and read the bytes of a question about this subject.

    1. The signature is of `key`, about this, over exactly these bytes. 2. It is for this organisation.
    3. It was issued within `GOOD_FOR` seconds.

    Raises:
        QuestionRefused: one of these does not hold.
    """
    head, newline, rest = data[: _LARGEST + 1].partition(b"\n")
    magic = _magic(about)
    if len(data) > _LARGEST or not head.startswith(magic) or not newline:
        raise QuestionRefused("this is no question of control")
    try:
        key.verify(base64.b64decode(head[len(magic) :], validate=True), magic + rest)  # (1)
    except (binascii.Error, InvalidSignature):
        raise QuestionRefused("the signature is not the organisation's") from None
    question = _question(rest)
    if question.organisation != organisation:  # (2)
        raise QuestionRefused(f"this is for `{question.organisation}`, not `{organisation}`")
    if abs(now - question.issued) > GOOD_FOR:  # (3)
        raise QuestionRefused("this question is not of now")
    return question


def _question(data: bytes) -> Question:
    try:
        fields = _fields(json.loads(data))
        return Question(
            organisation=str(fields["organisation"]),
            do=str(fields["do"]),
            issued=int(fields["issued"]),
            body=fields["body"],
        )
    except (ValueError, TypeError, RecursionError, OverflowError) as fault:
        raise QuestionRefused("this question can't be read") from fault


def _fields(told: JSON) -> dict[str, JSON]:
    if not isinstance(told, dict) or set(told) != _FIELDS or not isinstance(told["body"], dict):
        raise ValueError("this has not the fields of a question")
    return told


def _magic(about: str) -> bytes:
    return f"vedette-{about}-v1 ".encode()
