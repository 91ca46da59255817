"""Authorization requests (RFC 6749 section 4.1.1, RFC 7636, OAuth response modes, OIDC prompts).

Read here and not by a library: what may be told to whom differs before and after the redirection
address is known to be the client's, and nothing of a request may be told on before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vedette.core.language import Sentence, told
from vedette.protocol.oauth.redirects import ResponseMode, parse_redirect, redirect_matches
from vedette.protocol.oauth.scopes import Scope, ScopeFault, parse_scope

Prompt = Literal["", "login", "consent", "select_account", "create"]

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""SHA-256 in base64url without padding is 43 characters (RFC 7636 section 4.2)."""

_PROMPTS: dict[str, Prompt] = {
    "": "", "login": "login", "consent": "consent", "select_account": "select_account",
    "create": "create",
}  # fmt: skip
_LONGEST_STATE = 2000
_LONGEST_NONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Where the answer goes, once that is known to be an address of this client."""

    redirect_uri: str
    mode: ResponseMode
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeRequest:
    """A request that can be granted. `challenge` is of the method S256, the only one there is."""

    answering: Answering
    scope: Scope
    challenge: str
    nonce: str
    prompt: Prompt
    hint: str


@dataclass(frozen=True, slots=True)
class ToPerson:
    """Faulty in a way that must not be answered by redirection; the sentence is for a page."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class ToClient:
    """Faulty, and the client is told so at its own address (RFC 6749 section 4.1.2.1)."""

    answering: Answering
    error: str
    description: str


def read_authorize(
    form: Mapping[str, str], registered: tuple[str, ...]
) -> AuthorizeRequest | ToPerson | ToClient:
    """Read the query of a request by a client with these redirection addresses. Total.

    1. The address is given and is one of them; until then nobody is redirected. 2. The mode of the
    answer is one we have. 3. A code is asked for, by plain parameters. 4. PKCE with S256 is there:
    a missing challenge, a missing method (which would mean `plain`) and `plain` are refused
    (RFC 9700 section 2.1.1). 5. Prompt, nonce and state are of usual size. 6. The scope is ours.
    """
    address = form.get("redirect_uri", "")
    if not any(redirect_matches(each, address) for each in registered):  # (1)
        return ToPerson(told("The address to return to is not one that this app has registered."))
    mode = form.get("response_mode", "query")
    answering = Answering(
        redirect_uri=parse_redirect(address).text,
        mode="fragment" if mode == "fragment" else "query",
        state=form.get("state", ""),
    )
    if len(answering.state) > _LONGEST_STATE:
        return ToPerson(told("What this app sent along is too long."))
    fault = _fault(form, mode)
    if fault is not None:
        return ToClient(answering, *fault)
    try:
        scope = parse_scope(form.get("scope", ""))  # (6)
    except ScopeFault as wrong:
        return ToClient(answering, "invalid_scope", str(wrong))
    return AuthorizeRequest(
        answering=answering,
        scope=scope,
        challenge=form["code_challenge"],
        nonce=form.get("nonce", ""),
        prompt=_PROMPTS[form.get("prompt", "")],
        hint=form.get("login_hint", "").removeprefix("mxid:"),
    )


def _fault(form: Mapping[str, str], mode: str) -> tuple[str, str] | None:
    if mode not in ("query", "fragment"):  # (2)
        return "invalid_request", "response_mode must be query or fragment"
    if "request" in form:  # (3)
        return "request_not_supported", "request objects are not read here"
    if "request_uri" in form:
        return "request_uri_not_supported", "request objects are not read here"
    if "response_type" not in form:
        return "invalid_request", "response_type is missing"
    if form["response_type"] != "code":
        return "unsupported_response_type", "response_type must be code"
    if form.get("code_challenge_method") != "S256":  # (4)
        return "invalid_request", "code_challenge_method must be S256"
    if _CHALLENGE.fullmatch(form.get("code_challenge", "")) is None:
        return "invalid_request", "code_challenge must be a SHA-256 in base64url"
    return _fault_of_prompt(form)


def _fault_of_prompt(form: Mapping[str, str]) -> tuple[str, str] | None:
    prompt = form.get("prompt", "")
    if prompt == "none":  # (5)
        # Each sign-in is shown to the person; there is nothing that could go on unseen.
        return "login_required", "a person must be asked"
    if prompt not in _PROMPTS:
        return "invalid_request", "prompt has a value that is not known here"
    if len(form.get("nonce", "")) > _LONGEST_NONCE:
        return "invalid_request", "nonce is too long"
    return None
