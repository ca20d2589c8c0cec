"""Requests in flight: what is sent, what came back, what is tried again. Part of the Python client.

Decisions only: bytes and moments come in, frames and outcomes go out; link.py has the socket, the
thread and the lock, and calls everything here with that lock held.

A candidate's outcome reaches its owner exactly once. What may be tried again is decided by what the
daemon said, and by nothing else:

  - OVERLOADED and QUOTA, after the time that the daemon named, with jitter, longer each time. The
    refusal is of a whole request, so one with several candidates is halved; and what the daemon did
    take is from then on the most that is in flight, until it takes more.
  - A lost connection, for candidates without an answer. Judging has no effect that a second time
    would repeat. A request that was lost LOSSES_MAX times is given up: it may be the cause.

  - UNKNOWN_BLOB, at once and with the whole task. A long task is sent whole the first time; the second
    time the daemon is given it to keep (PutBlob), and from then on it is named by its SHA-256.

Everything else is final. So is patience: `patience_s` after the first refusal, or after the
connection was lost, what has no answer gets the error.
"""
from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from typing import Deque, Dict, List, Optional, Set, Tuple, Union

from . import assay_pb2 as pb
from . import request as wire
from .answer import Server, error_of, result_of, server_of
from .errors import AssayError, ConnectionLost, InfraError, InvalidRequest, Overloaded, Quota
from .frames import BadFrame, FrameReader
from .result import Result
from .task import Task

Outcome = Union[Result, Server, AssayError]

LOSSES_MAX = 4
TASKS_REMEMBERED_MAX = 4096  # of those that were sent on this connection
GREETING_PATIENCE_S = 10.0
RECONNECT_PAUSE_S = 0.2
REFUSAL_PAUSE_MAX_S = 5.0
# Of a long queue, answers are read some at a time: a wake-up for each would cost several times what
# the answer itself does. Who waits behind a long queue does not notice.
_EVALUATION_S = 0.001  # at the least, in one slot
_GATHERED_WORK_S = 0.03
_GATHER_MAX_S = 0.1


class Owner:
    """Who waits for outcomes. Subclasses say what becomes of them."""

    def __init__(self) -> None:
        self.is_live = True
        self.sent_ids: Set[int] = set()

    def deliver(self, outcomes: List[Tuple[int, Outcome]]) -> None:
        """Takes outcomes by the keys that their requests gave. Called by the link's thread, without
        any lock."""
        raise NotImplementedError


Delivery = Tuple[Owner, List[Tuple[int, Outcome]]]


class Request:
    """A task and the candidates that wait for an answer, by the owner's keys, in order of sending.
    Without a task: a ping, whose one outcome is the daemon's greeting."""

    def __init__(self, owner: Owner, task: Optional[bytes], candidates: Dict[int, bytes],
                 feedback_form: str = "plain") -> None:
        self.owner = owner
        self.task = task
        self.source: Optional[Task] = None  # what `task` was packed of
        self.candidates = candidates
        self.feedback_form = feedback_form
        self.n_refusals = 0
        self.n_losses = 0
        self.give_up_at: Optional[float] = None
        self.order: List[int] = []  # keys by the daemon's candidate_index

    def halve(self) -> Tuple[Request, Request]:
        items = list(self.candidates.items())
        middle = len(items) // 2
        halves = tuple(Request(self.owner, self.task, dict(part), self.feedback_form)
                       for part in (items[:middle], items[middle:]))
        for half in halves:
            half.n_refusals, half.n_losses = self.n_refusals, self.n_losses
            half.give_up_at = self.give_up_at
            half.source = self.source
        return halves[0], halves[1]


class Session:
    """All requests of a client, over as many connections as it takes."""

    def __init__(self, name: str, patience_s: float, window: int) -> None:
        self._name = name
        self._patience_s = patience_s
        self._window_max = window
        self._window = window
        self._ids = itertools.count(1)
        self._last_id = 0
        self._queue: Deque[Request] = deque()
        self._delayed: List[Tuple[float, int, Request]] = []
        self._sent: Dict[int, Request] = {}
        self._control: Deque[bytes] = deque()
        self._deliveries: Dict[Owner, List[Tuple[int, Outcome]]] = {}
        self._reader = FrameReader()
        self._n_in_flight = 0
        self._n_failed_greetings = 0
        self._down_since: Optional[float] = None
        self._connect_at = 0.0
        self._greeting_by: Optional[float] = None
        self.server: Optional[Server] = None  # of this connection, once it has greeted
        self._was_ever_greeted = False
        # How often a task was sent on this connection, by its digest; below 0: it is not to be named.
        self._n_sent_of: Dict[bytes, int] = {}

    # ---------------------------------------------------------------- what the owners do

    def add(self, requests: List[Request]) -> None:
        self._queue.extend(requests)

    def drop(self, owner: Owner) -> bool:
        """Nothing more is delivered to this owner; what is sent is cancelled. False: it was dropped
        before."""
        if not owner.is_live:
            return False
        owner.is_live = False
        self._deliveries.pop(owner, None)
        for request_id in list(owner.sent_ids):
            request = self._sent.get(request_id)
            if request is None or not request.candidates:
                continue  # of before a fork(), or only its Done is missing
            self._end(request_id, request)
            self._control.append(wire.frame_cancel(self._new_id(), request_id))
        return True

    def take_deliveries(self) -> List[Delivery]:
        """What the owners are to be told, each part once."""
        taken = list(self._deliveries.items())
        self._deliveries = {}
        return taken

    def _new_id(self) -> int:
        self._last_id = next(self._ids)
        return self._last_id

    def _deliver(self, request: Request, key: int, outcome: Outcome) -> None:
        if request.owner.is_live:
            self._deliveries.setdefault(request.owner, []).append((key, outcome))

    def _fail(self, request: Request, error: AssayError) -> None:
        for key in request.candidates or ([0] if request.task is None else []):
            self._deliver(request, key, error)
        request.candidates = {}

    def fail_all(self, error: AssayError) -> None:
        """Ends everything that waits."""
        for request in (*self._sent.values(), *self._queue, *(each[2] for each in self._delayed)):
            self._fail(request, error)
            request.owner.sent_ids.clear()
        self._queue.clear()
        self._delayed.clear()
        self._forget_connection()

    # ---------------------------------------------------------------- connections

    def wants_connection(self, now: float) -> bool:
        return bool(self._queue) and now >= self._connect_at

    def connected(self, now: float, token: bytes = b"") -> bytes:
        """There is a socket; what to send first."""
        self._greeting_by = now + GREETING_PATIENCE_S
        return wire.frame_hello(self._name, token)

    def connect_failed(self, now: float, error: AssayError, may_pass: bool) -> None:
        """`may_pass`: it is worth another try even if there never was a connection."""
        if self._down_since is None:
            self._down_since = now
        if not (self._was_ever_greeted or may_pass) or now - self._down_since > self._patience_s:
            self.fail_all(error)
            self._down_since = None
            return
        self._connect_at = now + RECONNECT_PAUSE_S * random.uniform(0.5, 1.5)

    def _forget_connection(self) -> None:
        self._sent.clear()
        self._control.clear()
        self._n_sent_of.clear()
        self._reader = FrameReader()
        self._n_in_flight = 0
        self._greeting_by = None
        self.server = None

    def _take_back_sent(self) -> List[Request]:
        """What was sent and has no answer goes back to the head of the queue."""
        taken = [request for request in self._sent.values()
                 if request.candidates or request.task is None]
        for request in reversed(taken):
            request.owner.sent_ids.clear()
            self._queue.appendleft(request)
        self._forget_connection()
        return taken

    def lost(self, now: float, reason: str) -> None:
        """The connection ended without a word."""
        was_greeted = self.server is not None
        for request in self._take_back_sent():
            request.n_losses += 1
            if request.n_losses >= LOSSES_MAX:
                self._queue.remove(request)
                self._fail(request, ConnectionLost(f"{reason} ({LOSSES_MAX} times)"))
        if self._down_since is None:
            self._down_since = now
        self._n_failed_greetings = 0 if was_greeted else self._n_failed_greetings + 1
        if self._n_failed_greetings >= LOSSES_MAX:
            self._n_failed_greetings = 0
            self.fail_all(ConnectionLost(reason))
        elif not was_greeted:
            self.connect_failed(now, ConnectionLost(reason), True)

    def dismissed(self, now: float, error: AssayError) -> None:
        """The daemon ended the connection and said why. Too many clients is what may pass."""
        if not isinstance(error, (Overloaded, Quota)):
            self.fail_all(error)
            return
        self._take_back_sent()
        self.connect_failed(now, error, True)

    @property
    def gather_s(self) -> float:
        """For how long answers may be left unread: a small part of the time that the daemon needs
        for what is in flight; 0 if that is not worth it."""
        if self.server is None:
            return 0.0
        work_s = self._n_in_flight / max(1, self.server.slots_total) * _EVALUATION_S
        return min(work_s / 4, _GATHER_MAX_S) if work_s > _GATHERED_WORK_S else 0.0

    # ---------------------------------------------------------------- time

    def on_time(self, now: float) -> None:
        """Puts back into the queue what has waited long enough. ConnectionLost: no greeting
        came."""
        while self._delayed and self._delayed[0][0] <= now:
            self._queue.append(heapq.heappop(self._delayed)[2])
        if self._greeting_by is not None and now >= self._greeting_by:
            raise ConnectionLost("the daemon does not greet")

    def next_moment(self) -> Optional[float]:
        """When on_time() or wants_connection() may say something new; None: not by time alone."""
        moments = [self._delayed[0][0]] if self._delayed else []
        if self._greeting_by is not None:
            moments.append(self._greeting_by)
        elif self.server is None and self._queue:
            moments.append(self._connect_at)
        return min(moments) if moments else None

    # ---------------------------------------------------------------- sending

    def take_frame(self) -> Optional[bytes]:
        """The next bytes to send; None: nothing, or not now."""
        if self.server is None:
            return None
        if self._control:
            return self._control.popleft()
        while self._queue:
            request = self._queue[0]
            n_candidates = len(request.candidates)
            if self._n_in_flight and self._n_in_flight + n_candidates > self._window:
                return None
            self._queue.popleft()
            frame = self._pack(request, self.server) if request.owner.is_live else None
            if frame is not None:
                return frame
        return None

    def _pack(self, request: Request, server: Server) -> Optional[bytes]:
        put = b""
        request_id = self._new_id()
        if request.task is None:
            frame = wire.frame_ping(request_id)
        else:
            put, task = self._task_part(request)
            frame = wire.frame_evaluate(request_id, task, request.candidates.values())
        is_too_long = len(frame) - 4 > server.max_frame_bytes
        if is_too_long or len(request.candidates) > server.max_candidates:
            if len(request.candidates) > 1:
                self._queue.extendleft(reversed(request.halve()))
            else:
                self._fail(request, InvalidRequest(
                    f"{len(frame)} bytes are more than the daemon takes: "
                    f"{server.max_frame_bytes}", "evaluate"))
            return None
        request.order = list(request.candidates)
        self._sent[request_id] = request
        request.owner.sent_ids.add(request_id)
        self._n_in_flight += len(request.order)
        return put + frame if put else frame

    def _task_part(self, request: Request) -> Tuple[bytes, bytes]:
        """What to send before the request, and the task's part of it: whole, or what names it."""
        assert request.task is not None
        named = wire.name_task(request.source, request.task) if request.source else None
        if named is None:
            return b"", request.task
        n_sent = self._n_sent_of.get(named.sha256, 0)
        if n_sent < 0:
            return b"", request.task
        if n_sent == 0 and len(self._n_sent_of) >= TASKS_REMEMBERED_MAX:
            del self._n_sent_of[next(iter(self._n_sent_of))]
        self._n_sent_of[named.sha256] = n_sent + 1
        if n_sent == 0:
            return b"", request.task
        put = wire.frame_put_blob(self._new_id(), named.content) if n_sent == 1 else b""
        return put, named.naming

    def _send_whole(self, request: Request) -> None:
        """The daemon keeps too little to name this task; what cannot be kept is not tried again."""
        named = wire.name_task(request.source, request.task or b"") if request.source else None
        if named is not None:
            self._n_sent_of[named.sha256] = -1
        self._queue.appendleft(request)

    # ---------------------------------------------------------------- receiving

    def feed(self, data: Union[bytes, memoryview], now: float) -> None:
        """Takes what was received. BadFrame: the connection must be closed, and is no use to try
        again; AssayError: the daemon ended the connection and said why."""
        for message in self._reader.feed(data):
            kind = message.WhichOneof("body")
            if message.request_id == 0 and kind == "error":
                raise error_of(message.error)
            if self.server is None:
                self._take_greeting(message)
            elif message.request_id in self._sent:
                self._take_answer(message, kind, now)
            elif message.request_id == 0 or message.request_id > self._last_id:
                raise BadFrame("the daemon answered a request that was never made")

    def _take_greeting(self, message: pb.ServerMessage) -> None:
        hello = message.hello
        if not message.HasField("hello"):
            raise BadFrame("the daemon did not greet")
        if hello.protocol_major != wire.PROTOCOL_MAJOR:
            raise BadFrame(f"the daemon speaks protocol {hello.protocol_major}, this client "
                           f"{wire.PROTOCOL_MAJOR}")
        self.server = server_of(hello)
        self._reader.max_frame_bytes = max(self.server.max_frame_bytes,
                                           self._reader.max_frame_bytes)
        self._greeting_by = None
        self._down_since = None
        self._n_failed_greetings = 0
        self._was_ever_greeted = True
        self._window = self._window_max

    def _take_answer(self, message: pb.ServerMessage, kind: Optional[str], now: float) -> None:
        request = self._sent[message.request_id]
        if kind == "result":
            self._take_result(request, message.result)
        elif kind == "done":
            self._end(message.request_id, request)
            self._fail(request, InfraError("the daemon sent no result for this candidate"))
            self._window = min(self._window + len(request.order), self._window_max)
        elif kind == "error":
            self._end(message.request_id, request)
            if message.error.code == pb.UNKNOWN_BLOB and request.source is not None:
                self._send_whole(request)
            else:
                self._take_error(request, error_of(message.error), now)
        elif kind == "pong" and self.server is not None:
            self._end(message.request_id, request)
            self._deliver(request, 0, self.server)
        else:
            raise BadFrame(f"the daemon answered by {kind or 'nothing'}")

    def _end(self, request_id: int, request: Request) -> None:
        del self._sent[request_id]
        request.owner.sent_ids.discard(request_id)
        self._n_in_flight -= len(request.candidates)

    def _take_result(self, request: Request, result: pb.Result) -> None:
        index = result.candidate_index
        key = request.order[index] if index < len(request.order) else -1
        if request.candidates.pop(key, None) is None:
            raise BadFrame(f"the daemon sent a result for candidate {index}, which waits for none")
        self._n_in_flight -= 1
        self._deliver(request, key, result_of(result, request.feedback_form))

    def _take_error(self, request: Request, error: AssayError, now: float) -> None:
        if isinstance(error, ConnectionLost) and request.n_losses + 1 < LOSSES_MAX:
            request.n_losses += 1  # it is shutting down; another one may follow
            self._delay(request, error, now, RECONNECT_PAUSE_S)
        elif not isinstance(error, (Overloaded, Quota)) or error.retry_after_s <= 0:
            self._fail(request, error)
        else:
            self._window = max(1, self._n_in_flight)
            parts = request.halve() if len(request.candidates) > 1 else (request,)
            for part in parts:
                part.n_refusals += 1
                pause = error.retry_after_s * min(2.0 ** (part.n_refusals - 1), 64.0)
                self._delay(part, error, now, min(pause, REFUSAL_PAUSE_MAX_S))

    def _delay(self, request: Request, error: AssayError, now: float, pause_s: float) -> None:
        if request.give_up_at is None:
            request.give_up_at = now + self._patience_s
        due = now + pause_s * random.uniform(0.5, 1.5)
        if due > request.give_up_at:
            self._fail(request, error)
        else:
            heapq.heappush(self._delayed, (due, next(self._ids), request))
