"""A real time-stamp authority: `openssl ts` behind a small HTTP server (RFC 3161 section 3.4)."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIGURATION = """\
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_cert = {folder}/tsa.crt
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass
class TimestampService:
    """Serves at `url` until it is closed; `ca` is its root. `answers` may be set to break it."""

    folder: Path
    answers: bytes | None = None
    _server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "conf").write_text(_CONFIGURATION.format(folder=self.folder))
        (self.folder / "serial").write_text("01\n")
        self._certificates()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = service.answers if service.answers is not None else service._answer(body)
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/tsr"

    @property
    def ca(self) -> Path:
        return self.folder / "ca.crt"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        self._openssl("ts", "-reply", "-config", "conf", "-queryfile", "query", "-out", "reply")
        return (self.folder / "reply").read_bytes()

    def _certificates(self) -> None:
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "30",
                      "-subj", "/CN=A root of the tests")  # fmt: skip
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=A clock")  # fmt: skip
        (self.folder / "ext").write_text("extendedKeyUsage=critical,timeStamping\n")
        self._openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
                      "-days", "20", "-extfile", "ext", "-out", "tsa.crt")  # fmt: skip

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)
