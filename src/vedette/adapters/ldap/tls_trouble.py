"""What keeps a server of the directory from being reached over verified TLS, and what mends it.

By the standard library, since it says more than OpenLDAP's does.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vedette.core.language import Sentence, as_is, told

_LDAPS, _LDAP = 636, 389
_START_TLS = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
"""The request for StartTLS, number 1 (RFC 4511, 4.14)."""
_GRANTED = b"\x0a\x01\x00"
"""The result `success` in its answer."""

Trouble = tuple[Sentence, Sentence]
"""What is wrong, and the command that mends it."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a server is."""

    host: str
    port: int
    starttls: bool

    @property
    def look(self) -> str:
        """The command that shows what it shows."""
        starttls = " -starttls ldap" if self.starttls else ""
        return f"openssl s_client -connect {self.host}:{self.port}{starttls} </dev/null"


def ca_trouble(path: Path) -> str | None:
    """Why a file holds no CA that can be read; None: it does."""
    try:
        ssl.create_default_context().load_verify_locations(path)
    except (OSError, ssl.SSLError) as fault:
        return str(fault)
    return None


def tls_trouble(server: str, ca: Path, timeout: float) -> Trouble | None:
    """What keeps a server from being reached over verified TLS; None: nothing."""
    where = urlsplit(server)
    port = where.port or (_LDAPS if where.scheme == "ldaps" else _LDAP)
    place = _Place(where.hostname or "", port, where.scheme == "ldap")
    context = ssl.create_default_context(cafile=str(ca))
    try:
        with closing(socket.create_connection((place.host, port), timeout)) as plain:
            if place.starttls:
                plain.sendall(_START_TLS)
                if _GRANTED not in plain.recv(4096):
                    return _no_starttls(place)
            context.wrap_socket(plain, server_hostname=place.host).close()
    except ssl.SSLCertVerificationError as fault:
        return _certificate(place, ca, fault)
    except ssl.SSLError as fault:
        return (
            told("TLS fails: {why}", why=fault.reason or str(fault)),
            told("{look}    (give the server a certificate, and TLS 1.2 or 1.3)", look=place.look),
        )
    except socket.gaierror:
        mend = told("getent hosts {host}    (or correct `servers`)", host=place.host)
        return told("`{host}` is not in DNS", host=place.host), mend
    except OSError as fault:
        words = told(
            "it does not answer on {host}:{port}: {why}",
            host=place.host,
            port=port,
            why=str(fault),
        )
        return words, as_is(f"nc -zv {place.host} {port}")
    return None


def _no_starttls(place: _Place) -> Trouble:
    return (
        told("it offers no StartTLS, and nothing is said to it in clear"),
        told(
            "{look}    (give the server a certificate, or name it with `ldaps://` in `servers`)",
            look=place.look,
        ),
    )


def _certificate(place: _Place, ca: Path, fault: ssl.SSLCertVerificationError) -> Trouble:
    why = fault.verify_message
    if "match" in why.lower():
        return (
            told("its certificate is for another name: {why}", why=why),
            told(
                "{look}    (shows its names: write one of them into `servers`, or have `{host}` put in)",
                look=f"{place.look} | openssl x509 -noout -ext subjectAltName",
                host=place.host,
            ),
        )
    chain = place.look.replace(" </dev", " -showcerts </dev")
    return (
        told("its certificate is not trusted: {why}", why=why),
        told("{look}    (put the CA that issued it into {ca})", look=chain, ca=str(ca)),
    )
