"""Smart cards without the plastic: tokens of SoftHSM, reached by PKCS #11 as a card's middleware is.

Needs the Debian packages `softhsm2`, `opensc` and `pkcs11-provider`. A key is made in the token and
never leaves it; what uses it must know the PIN. SoftHSM counts wrong PINs and locks nothing.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.services.requirements import CHROMIUM, CURL, DESKTOP, SMARTCARDS, lacking

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
"""What programs load to speak with the card."""
_PROVIDER = next(Path("/usr/lib").glob("*-linux-gnu/ossl-modules/pkcs11.so"), Path())
MISSING = lacking(*SMARTCARDS, CHROMIUM, CURL, *DESKTOP)
PIN, WRONG_PIN = "246810", "135791"
_OFFICER_PIN = "97531086"
_SOFTHSM = """
directories.tokendir = {folder}/tokens
objectstore.backend = file
log.level = ERROR
slots.removable = false
"""
# OpenSSL puts providers away after the module has put itself away: it must not be told to end twice.
_OPENSSL = """
openssl_conf = all
[all]
providers = providers
[providers]
default = standard
pkcs11 = card
[standard]
activate = 1
[card]
module = {provider}
pkcs11-module-path = {module}
pkcs11-module-quirks = no-deinit
activate = 1
"""


@dataclass(frozen=True, slots=True)
class Token:
    """One card in its own reader; `environment` is for programs that are to find it there."""

    folder: Path
    label: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SOFTHSM2_CONF": str(self.folder / "softhsm2.conf"),
            "PKCS11_PROVIDER_MODULE": str(MODULE),
        }

    def make_key(self, name: str, number: int) -> None:
        """Make a key of P-256 in the card; `number` is its place."""
        self._tool("--login", "--pin", PIN, "--keypairgen", "--key-type", "EC:prime256v1",
                   "--id", f"{number:02x}", "--label", name, "--usage-sign")  # fmt: skip

    def request(self, name: str, subject: str) -> Path:
        """A request for a certificate (PEM), signed by that key in the card."""
        out = self.folder / f"{name}.csr"
        done = subprocess.run(
            ["openssl", "req", "-new", "-key", self.key(name), "-subj", subject, "-out", out],
            env={**self.environment, "OPENSSL_CONF": str(self.folder / "openssl.cnf")},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return out

    def put(self, certificate: Path, name: str, number: int) -> None:
        """Put a certificate (PEM) beside its key."""
        der = self.folder / f"{name}.der"
        self._run("openssl", "x509", "-in", str(certificate), "-outform", "DER", "-out", str(der))
        self._tool("--login", "--pin", PIN, "--write-object", str(der), "--type", "cert",
                   "--id", f"{number:02x}", "--label", name)  # fmt: skip

    def key(self, name: str, pin: str = PIN) -> str:
        """The key as programs name it (RFC 7512), and the file where they find the PIN."""
        file = self.folder / f"pin-{pin}"
        file.touch(mode=0o600)
        file.write_text(pin)
        return f"pkcs11:object={name};type=private?pin-source=file:{file}"

    def for_curl(self, name: str, pin: str = PIN) -> tuple[str, ...]:
        """What has `curl` show this certificate."""
        return ("--cert-type", "PROV", "--cert", f"pkcs11:object={name};type=cert",
                "--key-type", "PROV", "--key", self.key(name, pin))  # fmt: skip

    def take_out(self) -> None:
        """Take the card out of its reader."""
        (self.folder / "tokens").rename(self.folder / "taken-out")
        (self.folder / "tokens").mkdir()

    def _tool(self, *words: str) -> None:
        self._run("pkcs11-tool", "--module", str(MODULE), "--token-label", self.label, *words)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr


def token(folder: Path, label: str) -> Token:
    """A new card with nothing on it, whose PIN is `PIN`."""
    (folder / "tokens").mkdir(parents=True)
    (folder / "softhsm2.conf").write_text(_SOFTHSM.format(folder=folder))
    (folder / "openssl.cnf").write_text(_OPENSSL.format(provider=_PROVIDER, module=MODULE))
    made = Token(folder, label)
    made._run("softhsm2-util", "--init-token", "--free", "--label", label,
              "--pin", PIN, "--so-pin", _OFFICER_PIN)  # fmt: skip
    return made
