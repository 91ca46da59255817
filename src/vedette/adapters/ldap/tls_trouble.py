"""What keeps a server of the directory from being reached over verified TLS, and what mends it.

Connections are made as they are made for LDAP, by `tls_connection`.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from vedette.adapters.boot_file import NAME
from vedette.adapters.ldap.tls_connection import (
    ServerAddress,
    StartTlsRefused,
    connect_tls,
    describe_fault,
    load_context,
    parse_address,
)
from vedette.core.language import Sentence, as_is, told

Trouble = tuple[Sentence, Sentence]
"""What is wrong, and the command that mends it."""


def ca_trouble(path: Path) -> str | None:
    """Why a file holds no CA that can be read; None: it does."""
    try:
        load_context(path)
    except OSError as fault:
        return describe_fault(fault)
    return None


def tls_trouble(server: str, ca: Path, timeout: float) -> Trouble | None:
    """What keeps a server from being reached over verified TLS; None: nothing."""
    try:
        address = parse_address(server)
    except OSError:
        words = told("`{server}` is not a valid server address", server=server)
        return words, told("editor {file}    ([directory]: {what})", file=NAME, what="servers")
    try:
        connect_tls(address, load_context(ca), timeout).close()
    except StartTlsRefused:
        return _no_starttls(address)
    except ssl.SSLCertVerificationError as fault:
        return _certificate(address, ca, fault)
    except ssl.SSLError as fault:
        return (
            told("TLS fails: {why}", why=describe_fault(fault)),
            told(
                "{look}    (give the server a certificate, and TLS 1.2 or 1.3)",
                look=_show_command(address),
            ),
        )
    except socket.gaierror:
        mend = told("getent hosts {host}    (or correct `servers`)", host=address.host)
        return told("`{host}` is not in DNS", host=address.host), mend
    except OSError as fault:
        words = told(
            "it does not answer on {host}:{port}: {why}",
            host=address.host,
            port=address.port,
            why=describe_fault(fault),
        )
        return words, as_is(f"nc -zv {address.host} {address.port}")
    return None


def _show_command(address: ServerAddress) -> str:
    """The command that shows the server's certificate."""
    starttls = " -starttls ldap" if address.starttls else ""
    return f"openssl s_client -connect {address.host}:{address.port}{starttls} </dev/null"


def _no_starttls(address: ServerAddress) -> Trouble:
    return (
        told("it offers no StartTLS, and nothing is said to it in clear"),
        told(
            "{look}    (give the server a certificate, or name it with `ldaps://` in `servers`)",
            look=_show_command(address),
        ),
    )


def _certificate(address: ServerAddress, ca: Path, fault: ssl.SSLCertVerificationError) -> Trouble:
    why = fault.verify_message
    if "match" in why.lower():
        return (
            told("its certificate is for another name: {why}", why=why),
            told(
                "{look}    (shows its names: write one of them into `servers`, or have `{host}` put in)",
                look=f"{_show_command(address)} | openssl x509 -noout -ext subjectAltName",
                host=address.host,
            ),
        )
    chain = _show_command(address).replace(" </dev", " -showcerts </dev")
    return (
        told("its certificate is not trusted: {why}", why=why),
        told("{look}    (put the CA that issued it into {ca})", look=chain, ca=str(ca)),
    )
