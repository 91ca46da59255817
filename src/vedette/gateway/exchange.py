"""One request and its answer, from the clean head to the last byte.

An exchange is asked for events only while it `wants` them; what it does not take
stays with the client's connection, which stops reading. So nothing is buffered but
what one read brought, and what a plan asked to collect.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum
from typing import TYPE_CHECKING, Any

from vedette.gateway.answers import (
    TOO_LARGE,
    TOO_SLOW,
    UNDECIDED,
    fault_answer,
    start_line,
    unreachable,
)
from vedette.gateway.copying import BodyCopy
from vedette.gateway.plan import (
    Action,
    Answer,
    Collect,
    Forward,
    Head,
    Rebuilder,
    Tagged,
    Unwanted,
)
from vedette.gateway.reading import RawAnswer
from vedette.gateway.upstream import Pool, UpstreamConnection
from vedette.protocol.http.head import (
    Field,
    HeadFault,
    RequestHeaders,
    clean_response_headers,
    render_head,
    render_lines,
)

if TYPE_CHECKING:
    from vedette.gateway.downstream import ClientConnection

_BODILESS = frozenset({204, 304})
_RETRIED = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})
_WITH_BODY = frozenset({b"POST", b"PUT"})
_ACTIONS = (Answer, Forward, Collect, Tagged)


class Step(Enum):
    """How far the request is; the answer may run ahead of it."""

    PLANNING = "the plan is being made"
    COLLECTING = "the body is being read for the plan"
    CONNECTING = "the server is being dialled"
    SENDING = "the body is being passed on"
    WAITING = "the request is sent"
    DISCARDING = "answered; the rest of the body is dropped"
    DONE = "over"


class Exchange:
    """A request on its way. Created per head; `run` once; then events and callbacks drive it."""

    __slots__ = (
        "_answer_bytes",
        "_answer_until",
        "_answered",
        "_body",
        "_chunked_answer",
        "_cleaned",
        "_client",
        "_closes",
        "_connection",
        "_copy",
        "_forward",
        "_observed",
        "_observed_head",
        "_outgoing",
        "_over",
        "_rebuilder",
        "_rebuilt_status",
        "_request_done",
        "_sent",
        "_stalled",
        "_step",
        "_taken",
        "_task",
        "_then",
        "head",
        "tag",
        "upstream_deadline",
    )

    def __init__(self, client: "ClientConnection", head: Head, cleaned: RequestHeaders) -> None:
        """Stand before the plan."""
        self._client = client
        self._cleaned = cleaned
        self._step = Step.PLANNING
        self._task: asyncio.Task[None] | None = None
        self._forward: Forward | None = None
        self._then: Collect | None = None
        self._body: bytearray | None = None
        self._connection: UpstreamConnection | None = None
        self._copy: BodyCopy | None = None
        self._outgoing: list[bytes] = []
        self._sent: list[bytes] | None = None
        self._taken = 0
        self._stalled = False
        self._request_done = False
        self._answered = False
        self._chunked_answer = False
        self._closes = cleaned.close
        self._observed: bytearray | None = None
        self._observed_head: tuple[int, list[Field]] | None = None
        self._answer_bytes = 0
        self._answer_until = math.inf
        self._rebuilder: Rebuilder | None = None
        self._rebuilt_status = 0
        self._over: Callable[[], None] | None = None
        self.head = head
        self.tag: str | None = None
        self.upstream_deadline = math.inf

    # -- the plan -----------------------------------------------------------------

    def run(self) -> None:
        """Ask the plan and follow it."""
        action = self._client.carrier.plan(self.head)
        if isinstance(action, Tagged):
            action, self.tag = action
        if isinstance(action, Forward):
            self._begin_forward(action)
        else:
            self._follow(action)

    def _follow(self, action: Action | Awaitable[Action]) -> None:
        if isinstance(action, _ACTIONS):
            self._act(action)
        else:
            self._step = Step.PLANNING
            self._start_task(self._await_plan(action))

    async def _await_plan(self, action: Awaitable[Action]) -> None:
        chosen = await action
        self._task = None
        self._act(chosen)
        self._client.pump()

    def _act(self, action: Action) -> None:
        if isinstance(action, Tagged):
            action, self.tag = action
        if isinstance(action, Forward):
            self._begin_forward(action)
        elif isinstance(action, Answer):
            self._answer(action)
        elif self._then is None:
            self._begin_collect(action)
        else:
            raise TypeError("a body can be collected once only")

    def _start_task(self, work: Coroutine[Any, Any, None]) -> None:
        self._task = self._client.carrier.loop.create_task(work)
        self._task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        """Answer 500 where a plan broke; whoever watches the loop learns why."""
        if task.cancelled() or (broken := task.exception()) is None:
            return
        context = {"message": "a plan broke", "exception": broken, "task": task}
        self._client.carrier.loop.call_exception_handler(context)
        if self._step is not Step.DONE:
            self._fail(UNDECIDED)
            self._client.pump()

    # -- the request --------------------------------------------------------------

    def wants(self) -> bool:
        """Say whether the next piece of the request can be taken now."""
        step = self._step
        taking = step is Step.SENDING or step is Step.COLLECTING or step is Step.DISCARDING
        return taking and not self._stalled

    def take_body(self, data: bytes) -> None:
        """Take a piece of body."""
        self._taken += len(data)
        if self._step is Step.SENDING:
            limit = self._forward.body_limit if self._forward is not None else 0
            if limit is not None and self._taken > limit:
                self._fail(TOO_LARGE)
                return
            if self._copy is not None:
                self._copy.give(data)
            if self._cleaned.chunked:
                self._send(b"%x\r\n" % len(data), data, b"\r\n")
            else:
                self._send(data)
        elif self._step is Step.COLLECTING and self._then is not None and self._body is not None:
            if self._taken > self._then.body_limit:
                self._fail(TOO_LARGE)
            else:
                self._body += data

    def take_end(self) -> None:
        """Take the request's end."""
        self._request_done = True
        self._client.stop_body_clock()
        if self._step is Step.SENDING:
            if self._cleaned.chunked:
                self._send(b"0\r\n\r\n")
            if self._copy is not None:
                self._copy.end()
                self._copy = None
            self._await_answer()
        elif self._step is Step.COLLECTING and self._then is not None:
            self._follow(self._then.then(bytes(self._body or b"")))
        elif self._step is Step.DISCARDING:
            self._finish()

    def take_fault(self, fault: HeadFault) -> None:
        """The rest of the request is not valid HTTP."""
        self._break_off(fault)

    def body_is_late(self) -> None:
        """The client sends too slowly."""
        self._break_off(TOO_SLOW)

    def _break_off(self, fault: HeadFault) -> None:
        self._closes = True
        if self._step is Step.DISCARDING:
            self._finish()
        else:
            self._fail(fault)

    def _has_body(self) -> bool:
        return self._cleaned.chunked or bool(self._cleaned.content_length)

    def _expect_body(self) -> None:
        """Have the body sent, and in time."""
        if self._request_done or not self._has_body():
            return
        self._client.start_body_clock()
        if self._cleaned.expects_continue and not self._client.has_events():
            self._client.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _begin_collect(self, collect: Collect) -> None:
        self._then, self._over = collect, collect.over
        if (self._cleaned.content_length or 0) > collect.body_limit:
            self._fail(TOO_LARGE)
            return
        self._body = bytearray()
        self._step = Step.COLLECTING
        self._expect_body()

    # -- the server ---------------------------------------------------------------

    def _begin_forward(self, forward: Forward) -> None:
        self._forward = forward
        if forward.answer_seconds is not None:
            self._answer_until = self._client.carrier.loop.time() + forward.answer_seconds
        limit = forward.body_limit
        if limit is not None and (self._cleaned.content_length or 0) > limit:
            self._fail(TOO_LARGE)
            return
        if forward.copy_to is not None and self._body is None and self._has_body():
            length, loop = self._cleaned.content_length, self._client.carrier.loop
            self._copy = BodyCopy(forward.copy_to, length, loop)
        pool = self._client.carrier.pool(forward)
        connection = pool.take()
        if connection is None:
            self._dial(pool)
            return
        if self.head.method in _RETRIED:
            self._sent = []
        self._attach(connection)
        self._send_request(forward)

    def _dial(self, pool: Pool) -> None:
        self._step = Step.CONNECTING
        self._start_task(self._await_connection(pool))

    async def _await_connection(self, pool: Pool) -> None:
        try:
            connection = await pool.connect()
        except OSError as fault:
            self._task = None
            self._not_reached(fault)
        else:
            self._task = None
            self._attach(connection)
            self._send_again()
        self._client.pump()

    def _not_reached(self, fault: OSError) -> None:
        """Answer as the plan says, or that there is no answer."""
        told = self._forward.on_unreachable if self._forward is not None else None
        answer = told(fault) if told is not None else None
        if answer is None:
            self._fail_upstream("it can't be reached")
        else:
            self._give_up(answer)

    def _attach(self, connection: UpstreamConnection) -> None:
        self._connection = connection
        self._stalled = False
        connection.begin(self, head_only=self.head.method == b"HEAD")

    def _send_again(self) -> None:
        """Send the request, or all that was sent of it, on a fresh connection."""
        sent, self._sent = self._sent, None
        if not sent:
            if self._forward is not None:
                self._send_request(self._forward)
            return
        self._outgoing = sent
        if self._request_done:
            self._await_answer()
        else:
            self._step = Step.SENDING

    def _send_request(self, forward: Forward) -> None:
        self._send(self._request_head(forward))
        self._step = Step.SENDING
        if self._body is None:
            self._expect_body()
            return
        body = forward.body if forward.body is not None else bytes(self._body)
        if body:
            self._send(body)
        self._await_answer()

    def _request_head(self, forward: Forward) -> bytes:
        """Write the head anew; framing comes last and is ours."""
        cleaned = self._cleaned
        lines = cleaned.lines
        if forward.extra_headers or forward.withheld:
            replaced = {name for name, _ in forward.extra_headers} | forward.withheld
            kept = [field for field in cleaned.fields if field[0] not in replaced]
            lines = render_lines(kept + list(forward.extra_headers))
        return b"%s %s HTTP/1.1\r\nhost: %s\r\n%s%s\r\n" % (
            self.head.method,
            forward.target or self.head.target.raw,
            forward.host or cleaned.host,
            lines,
            self._request_framing(forward),
        )

    def _request_framing(self, forward: Forward) -> bytes:
        cleaned = self._cleaned
        if self._body is not None and (self._body or forward.body or self._has_body()):
            body = forward.body if forward.body is not None else self._body
            return b"content-length: %d\r\n" % len(body)
        if cleaned.chunked:
            return b"transfer-encoding: chunked\r\n"
        if cleaned.content_length is not None:
            return b"content-length: %d\r\n" % cleaned.content_length
        # RFC 9110 section 8.6: methods that define a meaning for a body say there is none.
        return b"content-length: 0\r\n" if self.head.method in _WITH_BODY else b""

    def _send(self, *pieces: bytes) -> None:
        self._outgoing += pieces
        sent = self._sent
        if sent is not None:
            sent += pieces
            if sum(map(len, sent)) > self._client.carrier.limits.replay_bytes:
                self._sent = None

    def flush_upstream(self) -> None:
        """Write what was gathered for the server, in one piece."""
        if self._outgoing and self._connection is not None:
            pieces, self._outgoing = self._outgoing, []
            self._connection.send(pieces[0] if len(pieces) == 1 else b"".join(pieces))

    def _await_answer(self) -> None:
        self._step = Step.WAITING
        self._request_done = True
        self._watch_upstream()

    def _watch_upstream(self) -> None:
        if self._forward is not None:
            seconds = self._forward.upstream.response_seconds
            silent = self._client.carrier.loop.time() + seconds
            self.upstream_deadline = min(silent, self._answer_until)

    # -- what the server's connection reports ---------------------------------------

    def upstream_full(self) -> None:
        """Take no more body; from now on the server is waited for, not the client."""
        self._stalled = True
        self._client.stop_body_clock()
        self._watch_upstream()

    def upstream_drained(self) -> None:
        """Take body again."""
        self._stalled = False
        if self._step is Step.SENDING:
            self.upstream_deadline = math.inf
            self._client.start_body_clock()
        self._client.pump()

    def response_head(self, answer: RawAnswer) -> bool:
        """Pass the answer's head on; return whether its body ends with the connection."""
        cleaned = clean_response_headers(answer.headers)
        if isinstance(cleaned, HeadFault):
            self._fail_upstream("its answer is malformed")
            self._client.pump()
            return False
        if self._is_too_large(cleaned.content_length or 0):
            return False  # it says so itself
        if not self._request_done:
            self._closes = True  # the rest of the request is nobody's any more
        fields = cleaned.fields
        if self._forward is not None and self._forward.rebuild is not None:
            try:
                self._rebuilder = self._forward.rebuild(answer.status, list(fields))
            except Unwanted as unwanted:
                self._give_up(unwanted.answer)
                self._client.pump()
                return False
            if self._rebuilder is not None:
                self._rebuilt_status = answer.status
                return cleaned.content_length is None and not cleaned.chunked
        if self._forward is not None and self._forward.on_response is not None:
            self._observed_head = (answer.status, list(fields))
            self._observed = bytearray()
        bodiless = answer.status in _BODILESS or self.head.method == b"HEAD"
        self._chunked_answer = not bodiless and cleaned.content_length is None
        if self._chunked_answer:
            fields.append((b"transfer-encoding", b"chunked"))
        elif cleaned.content_length is not None and answer.status != 204:
            fields.append((b"content-length", b"%d" % cleaned.content_length))
        self._write_head(answer.status, fields)
        return self._chunked_answer and not cleaned.chunked

    def _write_head(self, status: int, fields: list[Field]) -> None:
        if self._client.retiring:
            self._closes = True
        if self._closes:
            fields.append((b"connection", b"close"))
        self._answered = True
        self._client.write(render_head(start_line(status), fields))

    def response_body(self, data: bytes) -> None:
        """Pass a piece of body on."""
        if self._observed is not None and self._forward is not None:
            room = self._forward.observe_limit - len(self._observed)
            if room > 0:
                self._observed += data[:room]
        self._answer_bytes += len(data)
        if self._is_too_large(self._answer_bytes):
            return
        if self._rebuilder is not None:
            self._write_rebuilt(self._rebuilder, data)
        else:
            self._write_body(data)

    def _write_body(self, data: bytes) -> None:
        client = self._client
        if self._chunked_answer:
            client.write(b"%x\r\n" % len(data))
            client.write(data)
            client.write(b"\r\n")
        else:
            client.write(data)

    def _write_rebuilt(self, rebuilder: Rebuilder, data: bytes | None) -> bool:
        """Write what the old body's next piece, or its end, makes of the new one; False: nothing."""
        try:
            new = rebuilder.end() if data is None else rebuilder.feed(data)
        except Unwanted as unwanted:
            self._give_up(unwanted.answer)
            self._client.pump()
            return False
        if new:
            if not self._answered:
                self._chunked_answer = True
                chunked = (b"transfer-encoding", b"chunked")
                self._write_head(self._rebuilt_status, [*rebuilder.fields, chunked])
            self._write_body(new)
        return True

    def _is_too_large(self, size: int) -> bool:
        """Break off where an answer of this size is more than was wanted."""
        limit = self._forward.answer_limit if self._forward is not None else None
        if limit is None or size <= limit:
            return False
        self._fail_upstream("its answer is too large")
        self._client.pump()
        return True

    def request_is_sent(self) -> bool:
        """Say whether the server has the whole request."""
        return self._request_done and not self._outgoing

    def response_end(self) -> None:
        """Tell the observer, then end the answer."""
        self._connection = None
        self._outgoing.clear()
        if self._rebuilder is not None and not self._write_rebuilt(self._rebuilder, None):
            return
        if self._observed_head is not None:
            self._observe()
        if self._chunked_answer:
            self._client.write(b"0\r\n\r\n")
        self._finish()
        if self._client.has_events():
            self._client.pump()

    def _observe(self) -> None:
        """Show the answer to the plan's observer; where that breaks, the client gets none."""
        told = False
        try:
            if self._forward is not None and self._forward.on_response is not None:
                status, fields = self._observed_head or (0, [])
                self._forward.on_response(status, fields, bytes(self._observed or b""))
            told = True
        finally:
            if not told:
                self._client.abort()

    def upstream_lost(self, why: str) -> None:
        """Try once more where that is harmless, else say that there is no answer.

        Harmless (RFC 9110 section 9.2.2): the method is idempotent, a pooled
        connection was used that died without a byte of answer, and all that was sent
        is at hand.
        """
        connection, self._connection = self._connection, None
        stale = connection is not None and connection.is_stale
        if stale and self._sent is not None and self._forward is not None:
            self._outgoing.clear()
            self.upstream_deadline = math.inf
            self._dial(self._client.carrier.pool(self._forward))
        else:
            self._fail_upstream(why)
            self._client.pump()

    def upstream_is_silent(self) -> None:
        """The server took too long."""
        self._fail_upstream("it took too long")
        self._client.pump()

    def flush(self) -> None:
        """Write what was gathered for the client; the server has shown that it lives."""
        if self._connection is not None:
            self._watch_upstream()
        self._client.flush()

    def pause_upstream(self) -> None:
        """The client takes no more; its slowness is not the server's."""
        self.upstream_deadline = math.inf
        if self._connection is not None:
            self._connection.pause()

    def resume_upstream(self) -> None:
        """The client takes more."""
        if self._connection is not None:
            self._watch_upstream()
            self._connection.resume()

    # -- the end --------------------------------------------------------------------

    def _answer(self, answer: Answer) -> None:
        """Answer here, then see the rest of the body off.

        A short body is read and dropped so that the connection can go on; before a
        long one, an unannounced one, or one that waits for our word, it closes.
        """
        cleaned = self._cleaned
        if not self._request_done and self._has_body():
            limit = self._client.carrier.limits.drain_bytes
            short = not cleaned.chunked and (cleaned.content_length or 0) <= limit
            if not short or cleaned.expects_continue:
                self._closes = True
        fields = list(answer.headers)
        if answer.status not in _BODILESS:
            fields.append((b"content-length", b"%d" % len(answer.body)))
        self._write_head(answer.status, fields)
        if answer.body and answer.status not in _BODILESS and self.head.method != b"HEAD":
            self._client.write(answer.body)
        if self._request_done or self._closes:
            self._finish()
        else:
            self._step = Step.DISCARDING
            if self._has_body():
                self._client.start_body_clock()

    def _fail(self, fault: HeadFault) -> None:
        """Answer with `fault`; where an answer is under way, break it off visibly."""
        if fault.status == TOO_LARGE.status:
            self._closes = True
        self._give_up(fault_answer(fault))

    def _fail_upstream(self, why: str) -> None:
        """Answer as the plan says where the server gives no answer, or with a Matrix error."""
        outage = self._forward.on_outage if self._forward is not None else None
        self._give_up(fault_answer(unreachable(why)) if outage is None else outage(self.head))

    def _give_up(self, answer: Answer) -> None:
        """Answer here; where an answer is under way, break it off visibly."""
        self._release()
        if self._answered:
            self._step = Step.DONE
            self._is_over()
            self._client.abort()
        else:
            self._answer(answer)

    def _is_over(self) -> None:
        """Tell the plan, once."""
        over, self._over = self._over, None
        if over is not None:
            over()

    def _finish(self) -> None:
        self._step = Step.DONE
        self._give_copy_up()
        self.upstream_deadline = math.inf
        self._is_over()
        self._client.exchange_done(close=self._closes, read_on=not self._request_done)

    def _give_copy_up(self) -> None:
        if self._copy is not None:
            self._copy.drop()
            self._copy = None

    def _release(self) -> None:
        self._give_copy_up()
        self.upstream_deadline = math.inf
        self._outgoing.clear()
        self._sent = None
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._connection is not None:
            self._connection.drop()
            self._connection = None

    def cancel(self) -> None:
        """The client is gone: nobody waits for the server any more."""
        self._step = Step.DONE
        self._release()
        self._is_over()
