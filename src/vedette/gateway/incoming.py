"""The federation door, in: what becomes of a request of another server.

What costs least is looked at first, and nothing is believed before it is verified:

1. The head: one clear X-Matrix authorisation, for us, by the name that was called.
2. Whether anything at all is allowed with servers that nobody named: if not, one of them gets its
   answer here, and no key is fetched for it. Leaving is heard from everybody.
3. Whether there is room to read it, for the address that it comes from.
4. The body, as large as its row allows; then the signature, by pinned keys or published ones.
5. What the partner may send in a minute, and the outer form of a transaction.
6. The rules, asked about a server that is who it says it is.

In doubt the answer is 503 with Retry-After: whoever is honest keeps the request and comes again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from vedette.core.asks import Act, Ask
from vedette.core.channels import Channel
from vedette.core.decision import Decision
from vedette.core.facts import LEARNT_WITH_CONTENT, ROOM_FACTS, Facts
from vedette.core.names import ServerName
from vedette.core.people import NOBODY_NAMED, OUTSIDE
from vedette.core.reasons import Reason
from vedette.core.settings.federation import Limits
from vedette.gateway import render
from vedette.gateway.counterparts import Counterpart, Counterparts
from vedette.gateway.files import FetchedFiles, Known, Named, file_named
from vedette.gateway.gather import in_no_room, incoming, served
from vedette.gateway.keyring import Keyring
from vedette.gateway.pace import AddressPace, PartnerPace, Reading
from vedette.gateway.plan import Action, Answer, Collect, Forward, Head
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.protocol.matrix.canonical_json import JsonFault
from vedette.protocol.matrix.paths import Endpoint, Matched
from vedette.protocol.matrix.paths_types import UploadLimit
from vedette.protocol.matrix.server_keys import VerifyKey
from vedette.protocol.matrix.signed_request import WITH_CONTENT, SignedRequest
from vedette.protocol.matrix.transactions import TransactionFault, check_transaction
from vedette.protocol.matrix.xmatrix import XMatrix, XMatrixFault, parse_xmatrix
from vedette.spine import Permit, Refusal, Spine, refuse

_ACT = Act.FEDERATION_REQUEST_RECEIVE
_SEND = frozenset({"federation.send", "federation.send.slash"})
_INVITE = "federation.invite"

Carry = Callable[[Permit, Head, Endpoint], Forward]
Next = Answer | Forward | Awaitable[Answer | Forward]


@dataclass(slots=True)
class Request:
    """One request on its way through the door.

    `under_way` says that it was counted for the partner.
    """

    head: Head
    matched: Matched
    signed: XMatrix
    reading: Reading
    sender: Counterpart
    under_way: bool = False

    @property
    def origin(self) -> ServerName:
        """Who is said to have signed it, and has, once it is verified."""
        return self.signed.origin


@dataclass(slots=True)
class IncomingDoor:
    """The plan for requests that other servers sign. `names` are those by which we are reached."""

    spine: Spine
    files: FetchedFiles
    keyring: Keyring
    domain: ServerName
    names: frozenset[str]
    addresses: AddressPace = field(default_factory=AddressPace)
    partners: PartnerPace = field(default_factory=PartnerPace)
    counterparts: Counterparts = field(default_factory=Counterparts)

    def plan(self, head: Head, matched: Matched, carry: Carry) -> Action:
        """Say what happens with this request; `carry` carries it on."""
        try:
            signed = parse_xmatrix(head.get(b"authorization") or b"")
        except XMatrixFault as fault:  # (1)
            return render.unsigned(str(fault))
        if signed.destination not in (None, self.domain):
            return render.unsigned("this request was signed for another server")
        if not self._called(head):
            return render.MISDIRECTED
        try:
            directory = self.spine.policy.current().directory
        except Unavailable:
            return render.unavailable()
        sender = self.counterparts.of(directory, signed.origin)
        if sender.ours:  # nobody but ourselves may speak in our name
            return self._refused(matched, Reason.NOT_SUPPORTED, signed.origin)
        if sender.outside and matched.endpoint.channels:  # (2)
            met = self.spine.settle_standing(self.counterparts.strangers(directory))
            if isinstance(met, Refusal):
                return render.refused_to_server(met, matched.endpoint)
        most = self._most(head, matched.endpoint, sender.limits)
        size = most if head.chunked else min(head.content_length or 0, most)
        reading = self.addresses.begin(head.peer.host, size, time.monotonic())
        if reading is None:  # (3)
            return self._too_much()
        request = Request(head, matched, signed, reading, sender)
        return Collect(
            most,
            lambda body: self._read(request, body, carry),
            over=lambda: self._over(request),
        )

    def _called(self, head: Head) -> bool:
        """Whether it was sent to one of our names, as far as the connection and the head tell."""
        host = head.host.decode("latin-1").lower()
        asked = head.tls.server_name if head.tls is not None else None
        return host in self.names and (asked is None or asked.lower() in self.names)

    @staticmethod
    def _most(head: Head, endpoint: Endpoint, limits: Limits) -> int:
        limit = endpoint.body_limit_of(head.method.decode("latin-1"))
        assert not isinstance(limit, UploadLimit)  # no server uploads files
        return min(limit, limits.transaction) if endpoint.name in _SEND else limit

    def _over(self, request: Request) -> None:
        request.reading.end()
        if request.under_way:
            request.under_way = False
            self.partners.over(request.sender.organisation)

    # -- (4) the signature ------------------------------------------------------------

    def _read(self, request: Request, body: bytes, carry: Carry) -> Next:
        head, signed = request.head, request.signed
        sent = SignedRequest(
            head.method, head.target.raw, signed.origin, self.domain,
            body if head.method in WITH_CONTENT else None,
        )  # fmt: skip
        keys = self._keys_at_hand(request)
        if keys is None:
            return self._after_learning(request, sent, carry)
        return self._verified(request, sent, keys, carry)

    def _keys_at_hand(self, request: Request) -> tuple[VerifyKey, ...] | None:
        """The keys that may have signed; None if the server must be asked first."""
        server, key_id = request.origin, request.signed.key
        pins = request.sender.pins
        if pins is not None:
            return tuple(key for key in pins if key.id == key_id)
        known = self.keyring.remembered(server, key_id)
        if known is None:
            return None
        if self.keyring.is_due(server):
            self.keyring.renew(server, request.sender.trust)
        return (known,)

    async def _after_learning(
        self, request: Request, sent: SignedRequest, carry: Carry
    ) -> Answer | Forward:
        try:
            key = await self.keyring.key(request.origin, request.signed.key, request.sender.trust)
        except Unavailable:
            return self._refused(request.matched, Reason.UNAVAILABLE, request.origin)
        found = self._verified(request, sent, () if key is None else (key,), carry)
        return await found if isinstance(found, Awaitable) else found

    def _verified(
        self, request: Request, sent: SignedRequest, keys: tuple[VerifyKey, ...], carry: Carry
    ) -> Next:
        now = time.monotonic()
        try:
            good = bool(keys) and sent.signed_by(keys, request.signed.signature)
        except JsonFault as fault:
            request.reading.forged(now)  # or as good as that: reading it was in vain
            return self._malformed(request, str(fault), Reason.BAD_SIGNATURE)
        if not good:
            request.reading.forged(now)
            return self._forged(request)
        request.reading.verified(now)
        try:
            if sent.body is not None:
                content = sent.content()
                if request.matched.endpoint.name in _SEND:
                    check_transaction(content)
        except (JsonFault, TransactionFault) as fault:
            return self._malformed(request, str(fault), Reason.MALFORMED)
        return self._paced(request, len(sent.body or b""), carry, now)

    # -- (5) how much -------------------------------------------------------------------

    def _paced(self, request: Request, size: int, carry: Carry, now: float) -> Next:
        sender, invites = request.sender, request.matched.endpoint.name == _INVITE
        wait = self.partners.admit(sender.organisation, size, sender.limits, now, invites=invites)
        if wait is None:
            return self._too_much(request.origin)
        request.under_way = True
        if wait > 0:
            return self._after_waiting(request, wait, carry)
        return self._asked(request, carry)

    async def _after_waiting(
        self, request: Request, seconds: float, carry: Carry
    ) -> Answer | Forward:
        await asyncio.sleep(seconds)
        found = self._asked(request, carry)
        return await found if isinstance(found, Awaitable) else found

    # -- (6) the rules ------------------------------------------------------------------

    def _asked(self, request: Request, carry: Carry) -> Next:
        named = None
        if request.matched.endpoint.channels == (Channel.FILE,):
            named = file_named(request.matched, self.domain)
        if named is None:
            return self._asked_in_general(request, carry)
        return self._fetched(request, named, carry)

    def _asked_in_general(self, request: Request, carry: Carry) -> Answer | Forward:
        """A row about nobody in particular comes again and again with the same ask."""
        try:
            directory = self.spine.policy.current().directory
        except Unavailable:
            return render.unavailable()
        standing = self.counterparts.ask(directory, request.origin, request.matched)
        if standing is None:
            return self._decided(request, carry)
        settled = self.spine.settle_standing(standing)
        if isinstance(settled, Refusal):
            return render.refused_to_server(settled, request.matched.endpoint)
        return carry(settled, request.head, request.matched.endpoint)

    async def _fetched(self, request: Request, named: Named, carry: Carry) -> Answer | Forward:
        """Learn what the file is first: no door is behind a file that is handed out."""

        def asked(policy: Policy, found: Known) -> tuple[Ask, Facts] | Decision:
            return in_no_room(served(policy, request.origin, found), request.matched.endpoint)

        async def facts(policy: Policy) -> tuple[Ask, Facts] | Decision:
            return await self.files.gather(policy, named, asked)

        settled = await self.spine.settle_after(_ACT, request.origin, facts, ROOM_FACTS)
        if isinstance(settled, Refusal):
            return render.refused_to_server(settled, request.matched.endpoint)
        return carry(settled, request.head, request.matched.endpoint)

    def _decided(self, request: Request, carry: Carry) -> Answer | Forward:
        def facts(policy: Policy) -> tuple[Ask, Facts] | Decision:
            asked = incoming(policy, request.origin, request.matched, request.head)
            return in_no_room(asked, request.matched.endpoint)

        settled = self.spine.settle(_ACT, request.origin, facts, LEARNT_WITH_CONTENT)
        if isinstance(settled, Refusal):
            return render.refused_to_server(settled, request.matched.endpoint)
        return carry(settled, request.head, request.matched.endpoint)

    # -- refusals -----------------------------------------------------------------------

    def _refused(self, matched: Matched, reason: Reason, server: ServerName) -> Answer:
        """A refusal fixed in code, in the name of nobody: `server` is a mere claim."""
        settled = self.spine.settle(
            _ACT, NOBODY_NAMED, lambda policy: refuse(policy, reason, _named(policy, server))
        )
        assert isinstance(settled, Refusal)  # which no refusal fails to be
        return render.refused_to_server(settled, matched.endpoint)

    def _forged(self, request: Request) -> Answer:
        """By the specification a request whose signature does not hold is answered with 401."""
        self._refused(request.matched, Reason.BAD_SIGNATURE, request.origin)
        return render.unsigned(f"no key of `{request.origin}` that is valid now has signed this")

    def _malformed(self, request: Request, why: str, reason: Reason) -> Answer:
        self._refused(request.matched, reason, request.origin)
        return render.malformed(why)

    def _too_much(self, server: ServerName | None = None) -> Answer:
        def too_much(policy: Policy) -> Decision:
            return refuse(policy, Reason.TOO_MUCH, server and _named(policy, server))

        self.spine.settle(_ACT, server or NOBODY_NAMED, too_much)
        return render.unavailable()


def _named(policy: Policy, server: ServerName) -> str | None:
    """The server's name where records may hold it: whoever makes names up must not fill the log."""
    return None if OUTSIDE in policy.directory.server(server).parties else server
