"""Time stamps of an authority over HTTP (RFC 3161 section 3.4), and proving one."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from vedette.ports.errors import Unavailable

_SECONDS = 5.0
_LARGEST = 1 << 16
"""An answer is a few kilobytes, its certificates included."""


@dataclass(frozen=True, slots=True)
class HttpTimestampAuthority:
    """The TimestampAuthority at `url`. `ca` is a file of its roots and intermediates (PEM)."""

    url: str
    ca: Path

    def stamp(self, data: bytes) -> bytes:
        """Ask for a time stamp with a nonce and prove it. Raises Unavailable."""
        request = (
            TimestampRequestBuilder()
            .data(data)
            .hash_algorithm(HashAlgorithm.SHA512)
            .nonce(nonce=True)
            .cert_request(cert_request=True)
            .build()
        )
        answer = self._post(request.as_bytes())
        prove(answer, data, self.ca, request.nonce)
        return answer

    def _post(self, body: bytes) -> bytes:
        parts = urlsplit(self.url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        try:
            connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
            try:
                target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                connection.request(
                    "POST", target, body, {"Content-Type": "application/timestamp-query"}
                )
                answer = connection.getresponse()
                data = answer.read(_LARGEST)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise Unavailable(
                f"the time-stamp authority {self.url} gave no stamp: {fault}"
            ) from fault
        if answer.status != 200:
            raise Unavailable(f"the time-stamp authority {self.url} answered {answer.status}")
        return data


def prove(answer: bytes, data: bytes, ca: Path, nonce: int | None = None) -> datetime:
    """When the authority saw `data`, in UTC, by an answer that holds.

    Raises:
        Unavailable: it does not hold, or the authority's certificates can't be read.
    """
    try:
        builder = VerifierBuilder() if nonce is None else VerifierBuilder().nonce(nonce)
        for certificate in load_pem_x509_certificates(ca.read_bytes()):
            builder = (
                builder.add_root_certificate(certificate)
                if _signs_itself(certificate)
                else builder.add_intermediate_certificate(certificate)
            )
        found = decode_timestamp_response(answer)
        builder.build().verify_message(found, data)
        return found.tst_info.gen_time
    except (VerificationError, ValueError, OSError) as fault:
        raise Unavailable(f"the time stamp does not hold: {fault}") from fault


def _signs_itself(certificate: Certificate) -> bool:
    return certificate.issuer == certificate.subject
