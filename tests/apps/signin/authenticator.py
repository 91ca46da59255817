"""An authenticator in software: makes passkeys and uses them, as WebAuthn Level 2 has it."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from html import unescape

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from tests.apps.signin.pages_scene import Browser
from tests.conformance.test_factors_attestation import MODEL, Maker

_VERIFIED_PRESENT, _ATTESTED = 0x05, 0x40


@dataclass(slots=True)
class Authenticator:
    """One authenticator with one passkey. `maker` vouches for it, if it has one."""

    origin: str
    maker: Maker | None = None
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    handle: bytes = b""
    used: int = 0

    def make(self, browser: Browser) -> str:
        """The answer to a page that offers a new passkey (section 7.1)."""
        options = _options(browser, "create")
        self.handle = base64url_to_bytes(options["user"]["id"])
        client = self._client("webauthn.create", options)
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        made = MODEL + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        data = self._data(options["rp"]["id"], _ATTESTED) + made
        statement: dict[str, object] = {}
        if self.maker is not None:
            covered = data + hashlib.sha256(client).digest()
            signature = self.maker.key.sign(covered, ec.ECDSA(hashes.SHA256()))
            leaf = self.maker.leaf.public_bytes(Encoding.DER)
            statement = {"alg": -7, "sig": signature, "x5c": [leaf]}
        form = "packed" if self.maker is not None else "none"
        body = cbor2.dumps({"fmt": form, "attStmt": statement, "authData": data})
        return self._answer(client, {"attestationObject": bytes_to_base64url(body)})

    def use(self, browser: Browser) -> str:
        """The answer to a page that asks for a passkey (section 7.2)."""
        options = _options(browser, "get")
        client, self.used = self._client("webauthn.get", options), self.used + 1
        data = self._data(options["rpId"], 0)
        covered = data + hashlib.sha256(client).digest()
        return self._answer(
            client,
            {
                "authenticatorData": bytes_to_base64url(data),
                "signature": bytes_to_base64url(self.key.sign(covered, ec.ECDSA(hashes.SHA256()))),
                "userHandle": bytes_to_base64url(self.handle),
            },
        )

    def _client(self, type_: str, options: dict[str, str]) -> bytes:
        said = {"type": type_, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(said).encode()

    def _data(self, party: str, flags: int) -> bytes:
        head = hashlib.sha256(party.encode()).digest()
        return head + bytes([_VERIFIED_PRESENT | flags]) + self.used.to_bytes(4)

    def _answer(self, client: bytes, more: dict[str, str]) -> str:
        name = bytes_to_base64url(self.id)
        response = {"clientDataJSON": bytes_to_base64url(client), **more}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _options(browser: Browser, ceremony: str) -> dict:
    """What the page gives its script."""
    found = re.search(rf'data-ceremony="{ceremony}" data-options="([^"]*)"', browser.body)
    assert found is not None, browser.text
    return json.loads(unescape(found[1]))
