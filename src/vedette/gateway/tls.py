"""TLS towards clients: modern protocols alone, certificates renewed without a restart.

Where clients are asked for a certificate, the handshake proves that they hold its key and that it
leads to a CA that is trusted here. Whether it counts for anything is judged by the sign-in service.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from vedette.protocol.internal.end_points import end_point_of

# TLS 1.2 with forward secrecy and AEAD only (RFC 9325 section 4.2); 1.3 chooses its own.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
_WATCH_SECONDS = 2.0
_NAME = "name_asked_for"
_END_POINT = "end_point"
_NO_CHECK_TIME = 0x200000
"""`X509_V_FLAG_NO_CHECK_TIME` of OpenSSL. A browser whose certificate expired would only show an error
of its own; so the sign-in service tells its person, and nothing else takes such a certificate."""

Stamp = tuple[tuple[int, int, int], ...]


class TlsFilesError(Exception):
    """The certificate or key can't be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A certificate chain and its key (PEM), and the CA for client certificates, if any.

    With `asks` clients may show a certificate, of a CA in the file `client_ca` or of one that
    `ServerTls.trust` was told of; whether they must is a rule's affair.
    """

    certificate: str
    key: str
    client_ca: str | None = None
    asks: bool = False


def make_context(files: TlsFiles, trusted: tuple[bytes, ...] = ()) -> ssl.SSLContext:
    """Return a server's context; `trusted` are CAs of client certificates, each in DER.

    Sessions are never resumed: a resumed one would keep a client certificate that was
    revoked since.

    Raises:
        TlsFilesError: a file is missing, malformed, or key and certificate don't match.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(files.certificate, files.key, _no_password)
        if files.asks:
            _ask(context, files.client_ca, trusted)
    except (OSError, ValueError) as fault:
        raise TlsFilesError(_why(files, fault)) from fault
    return context


def _ask(context: ssl.SSLContext, file: str | None, trusted: tuple[bytes, ...]) -> None:
    """Have clients asked for a certificate. One of these CAs may be an intermediate alone."""
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | _NO_CHECK_TIME)
    if file is not None:
        context.load_verify_locations(file)
    if trusted:
        context.load_verify_locations(cadata=b"".join(trusted))


def _no_password() -> str:
    """Refuse encrypted keys: OpenSSL would ask for the password on the terminal."""
    raise ValueError(
        "the key is encrypted; store it without a password, readable by its owner only"
    )


def _why(files: TlsFiles, fault: Exception) -> str:
    names = f"certificate `{files.certificate}` with key `{files.key}`"
    if isinstance(fault, ssl.SSLError) and fault.reason == "KEY_VALUES_MISMATCH":
        return f"{names}: the key does not belong to the certificate; renew both files together"
    if isinstance(fault, ssl.SSLError):
        return f"{names}: not valid PEM files ({fault.reason or fault}); check what wrote them"
    return f"{names}: {fault}"


def name_asked_for(connection: ssl.SSLObject) -> str | None:
    """The server name of the client's hello (RFC 6066, section 3), if it sent one."""
    name: str | None = getattr(connection, _NAME, None)
    return name


def end_point_shown(connection: ssl.SSLObject) -> bytes:
    """The hash of the certificate that this connection was made with; empty where there is none."""
    shown: bytes = getattr(connection, _END_POINT, b"")
    return shown


def _end_point(files: TlsFiles) -> bytes:
    """The hash of the certificate in these files.

    Where they change between being loaded and being read, both are read again at the next look; until
    then it is that of no connection, and a ticket that is bound to one is refused.
    """
    try:
        leaf = x509.load_pem_x509_certificates(Path(files.certificate).read_bytes())[0]
        return end_point_of(leaf)
    except (OSError, ValueError):
        return b""


class ServerTls:
    """A context for listeners that follows its files.

    When the files change they are loaded anew; connections made from then on get the
    new certificate. Files that can't be used change nothing, and `on_fault` is told
    once per change.

    One may serve several listeners. `serve` begins to follow the files; `close` ends it.
    """

    def __init__(self, files: TlsFiles, on_fault: Callable[[str], None] | None = None) -> None:
        """Load `files`.

        Raises:
            TlsFilesError: they can't be used; there is no last good one yet.
        """
        self._files = files
        self._on_fault = on_fault
        self._stamp = _stamp(files)
        self._trusted: tuple[bytes, ...] = ()
        self._current = (make_context(files), _end_point(files))
        self._watcher: asyncio.Task[None] | None = None
        self.context = make_context(files)
        # OpenSSL asks at every hello, with or without a server name.
        self.context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context, end_point = self._current
        # The only moment at which the name is told; the object lives as long as its connection.
        setattr(connection, _NAME, name)
        setattr(connection, _END_POINT, end_point)

    def reload(self) -> bool:
        """Load the files if they changed; return whether a new certificate is in use.

        Reads files, so not for the event loop's own thread.
        """
        stamp = _stamp(self._files)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        return self._renew(self._trusted)

    def trust(self, trusted: tuple[bytes, ...]) -> bool:
        """Take certificates of these CAs (DER) besides those of the files, from now on and no others.

        Returns whether that is another set than before. Connections that stand are left: whether
        their certificates still count is judged for each session.
        """
        if trusted == self._trusted or not self._files.asks:
            return False
        return self._renew(trusted)

    def _renew(self, trusted: tuple[bytes, ...]) -> bool:
        try:
            self._current = (make_context(self._files, trusted), _end_point(self._files))
        except TlsFilesError as fault:
            if self._on_fault is not None:
                self._on_fault(f"{fault}; the last good certificate stays in use")
            return False
        self._trusted = trusted
        return True

    def watch(self, loop: asyncio.AbstractEventLoop, seconds: float = _WATCH_SECONDS) -> None:
        """Follow the files until `close` or the end of `loop`."""
        if self._watcher is None:
            self._watcher = loop.create_task(self._watch(seconds))

    async def _watch(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await asyncio.to_thread(self.reload)

    def close(self) -> None:
        """Follow the files no more."""
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None


def _stamp(files: TlsFiles) -> Stamp:
    """Return what changes when a file does; a missing file has a stamp too."""
    paths = [files.certificate, files.key] + ([files.client_ca] if files.client_ca else [])
    return tuple(_stamp_of(path) for path in paths)


def _stamp_of(path: str) -> tuple[int, int, int]:
    try:
        found = Path(path).stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
