"""A certificate authority that speaks ACME (RFC 8555), by certbot's `acme`.

HTTP-01 is the only way in which it is shown that names are ours: the gateway answers it by itself
(`gateway.plain`), and needs no right over anybody's DNS.
"""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from acme import challenges, client, errors, messages
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from vedette.adapters.stream_files import write_whole
from vedette.adapters.system_clock import SystemClock
from vedette.ports.certificate_authority import Advice, Challenges, Declined, Issued
from vedette.ports.errors import Unavailable

_SECONDS = 30
"""How long one answer may take."""
_ORDER_SECONDS = 180.0
_NONCE_TRIES = 8
_LONGEST = 600

_ADVICE = {
    "caa": "let the CAA records of the domain name this authority (RFC 8659)",
    "connection": "let port 80 of every name lead to `[gateway.acme] listen`",
    "dns": "let every name of `[gateway.acme] names` stand in DNS, with this gateway's address",
    "externalAccountRequired": "set `[gateway.acme.account]` to what the authority gave you",
    "incorrectResponse": "something else answers port 80 of that name; let it lead to "
    "`[gateway.acme] listen`",
    "rateLimited": "wait: it was asked too often. It is asked again by itself",
    "rejectedIdentifier": "take that name out of `[gateway.acme] names`, or ask the authority why",
    "serverInternal": "nothing can be done here; it is asked again by itself",
    "unauthorized": "see that `[gateway.acme.account]` is what the authority gave you",
}
_LOOK = "see what it says, and its documentation; it is asked again by itself"


@dataclass(frozen=True, slots=True)
class ExternalAccount:
    """What binds our account to one that the organisation has there (RFC 8555, section 7.3.4)."""

    id: str
    secret: Path
    """The file with the MAC key in URL-safe Base64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcmeAuthority:
    """The CertificateAuthority at an ACME directory.

    `ca` is the only CA that is trusted for the authority's own server; without one the machine's are.
    """

    directory: str
    account_key: Path
    ca: Path | None = None
    contact: tuple[str, ...] = ()
    agrees: bool = False
    external: ExternalAccount | None = None

    def order(self, names: Sequence[str], request: bytes, shown: Challenges) -> Issued | Declined:
        """Order a certificate.

        1. An account, made where there is none. 2. An order. 3. What it asks is answered, and it
        looks. 4. The request is handed in, and the chain fetched.
        """
        del names  # they stand in the request
        try:
            with _told_apart(self.directory):
                asked = self._client()
                self._account(asked)  # (1)
                order = asked.new_order(request)  # (2)
                _answer(asked, order, shown)  # (3)
                end = _in(_ORDER_SECONDS)
                order = asked.poll_authorizations(order, end)
                order = asked.finalize_order(order, end)  # (4)
                return Issued(str(order.fullchain_pem).encode())
        except _Declining as declined:
            return declined.value
        finally:
            shown.clear()

    def advice(self, chain: bytes) -> Advice:
        """When it wants a certificate renewed. Raises Unavailable."""
        try:
            with _told_apart(self.directory):
                renew, again = self._client().renewal_time(chain)
        except _Declining as declined:
            raise Unavailable(declined.value.words) from declined
        return Advice(None if renew is None else renew.timestamp(), again.timestamp())

    def _client(self) -> client.ClientV2:
        network = _Network(self._key(), self.ca)
        return client.ClientV2(client.ClientV2.get_directory(self.directory, network), network)

    def _key(self) -> JWKEC:
        if not self.account_key.exists():
            made = ec.generate_private_key(ec.SECP256R1())
            pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_whole(self.account_key, pem)
        return JWKEC(key=load_pem_private_key(self.account_key.read_bytes(), None))

    def _account(self, asked: client.ClientV2) -> None:
        """Find the account of our key, or make one."""
        try:
            asked.new_account(messages.NewRegistration(only_return_existing=True))
        except errors.ConflictError as known:  # the library's word for "there is one"
            asked.net.account = messages.RegistrationResource(
                uri=known.location, body=messages.Registration()
            )
            return
        except messages.Error as fault:
            if fault.code != "accountDoesNotExist":
                raise
        asked.new_account(self._registration(asked))

    def _registration(self, asked: client.ClientV2) -> messages.NewRegistration:
        terms = getattr(asked.directory.meta, "terms_of_service", None)
        if terms and not self.agrees:
            raise _Declining(
                f"the authority has terms of use ({_plain(terms)}) that nobody agreed to",
                "read them, and set `agree = true` in `[gateway.acme]`",
            )
        if asked.external_account_required() and self.external is None:
            raise _Declining(
                "the authority wants an account that it knows", _ADVICE["externalAccountRequired"]
            )
        bound = None
        if self.external is not None and asked.net.key is not None:
            secret = self.external.secret.read_text(encoding="ascii").strip()
            bound = messages.ExternalAccountBinding.from_data(
                asked.net.key.public_key(), self.external.id, secret, asked.directory
            )
        return messages.NewRegistration(
            contact=self.contact,
            terms_of_service_agreed=True,
            external_account_binding=bound,
        )


class _Network(client.ClientNetwork):
    """The library's, which speaks TLS alone, follows nobody elsewhere, and asks again for a nonce."""

    def __init__(self, key: JWKEC, ca: Path | None) -> None:
        super().__init__(key, alg=ES256, user_agent="vedette", timeout=_SECONDS)
        self.session.trust_env = False
        # `requests` takes a file here, and brings CAs of its own where it is given none.
        trusted = str(ca) if ca is not None else ssl.get_default_verify_paths().cafile
        self.verify_ssl = trusted or True  # type: ignore[assignment]

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        """The library tries a nonce twice; servers may refuse good ones more often than that."""
        for _ in range(_NONCE_TRIES):
            try:
                return super().post(*args, **kwargs)
            except messages.Error as fault:
                if fault.code != "badNonce":
                    raise
        return super().post(*args, **kwargs)

    def _send_request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        if not url.startswith("https://"):
            raise errors.ClientError("the authority names an address without TLS")
        return super()._send_request(method, url, *args, allow_redirects=False, **kwargs)


def _in(seconds: float) -> datetime.datetime:
    """A moment as the library has it, without a zone."""
    return datetime.datetime.fromtimestamp(SystemClock().now() + seconds)  # noqa: DTZ006


def _answer(asked: client.ClientV2, order: messages.OrderResource, shown: Challenges) -> None:
    """Answer what is asked about each name that was not proven already."""
    for authorization in order.authorizations:
        body = authorization.body
        if body.status != messages.STATUS_PENDING:
            continue
        found = [each for each in body.challenges if isinstance(each.chall, challenges.HTTP01)]
        if not found:
            raise _Declining(
                f"the authority will not look at port 80 of `{_plain(body.identifier.value)}`",
                "take that name out of `[gateway.acme] names`, or use files for the certificate",
            )
        response, answer = found[0].response_and_validation(asked.net.key)
        shown.show(found[0].chall.encode("token"), answer)
        asked.answer_challenge(found[0], response)


class _Declining(Exception):
    def __init__(self, words: str, advice: str) -> None:
        super().__init__(words)
        self.value = Declined(words, advice)


@contextmanager
def _told_apart(directory: str) -> Iterator[None]:
    """Whether the authority says no, or can't be reached, or understood.

    Raises:
        _Declining, Unavailable: which of them.
    """
    try:
        yield
    except errors.ValidationError as fault:
        raise _Declining(*_invalid(fault)) from fault
    except errors.IssuanceError as fault:
        raise _Declining(*_said(fault.error)) from fault
    except messages.Error as fault:
        raise _Declining(*_said(fault)) from fault
    except requests.exceptions.SSLError as fault:
        raise Unavailable(
            f"`{directory}` does not prove who it is ({_plain(_innermost(fault))}); name its CA as"
            " `[gateway.acme] ca`, and see that the clock is right"
        ) from fault
    except (requests.RequestException, errors.TimeoutError) as fault:
        words = _plain(_innermost(fault)) or "it did not finish in time"
        raise Unavailable(f"`{directory}` does not answer: {words}") from fault
    except OSError as fault:
        raise Unavailable(f"a file of the account can't be used: {fault}") from fault
    except _UNDERSTOOD_NOT as fault:
        raise Unavailable(f"`{directory}` answers something else: {_plain(fault)}") from fault


_UNDERSTOOD_NOT = (
    errors.Error,
    JoseError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
)
"""What the library raises for answers of another form."""


def _said(fault: messages.Error) -> tuple[str, str]:
    """What a problem document says (RFC 7807), and what to do about it."""
    kind = fault.code or ""
    words = _plain(fault.detail or fault.title or fault.typ)
    parts = [_plain(each.detail or each.typ) for each in fault.subproblems or ()]
    return f"the authority says: {'; '.join([words, *parts])}", _ADVICE.get(kind, _LOOK)


def _invalid(fault: errors.ValidationError) -> tuple[str, str]:
    """What the authority found as it looked at each name."""
    told, advice = [], _LOOK
    for authorization in fault.failed_authzrs:
        for each in authorization.body.challenges:
            if each.error is not None:
                said, advice = _said(each.error)
                if each.error.code == "unauthorized":  # here it is about the answer that it got
                    advice = _ADVICE["incorrectResponse"]
                told.append(f"`{_plain(authorization.body.identifier.value)}`: {said}")
    return "; ".join(told), advice


def _innermost(fault: BaseException) -> str:
    """The last words of a chain of exceptions: `requests` wraps them three times."""
    found: BaseException = fault
    while (beneath := found.__cause__ or found.__context__) is not None:
        found = beneath
    return str(found)


def _plain(text: object) -> str:
    """What somebody else said, on one line, without signs that a terminal would obey."""
    shown = "".join(sign if sign.isprintable() else " " for sign in str(text))
    return shown[:_LONGEST]
