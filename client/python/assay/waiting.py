"""Who waits for outcomes: one future, a batch, or a stream. Part of the Python client.

Futures are those of concurrent.futures. Cancelling one cancels its evaluation in the daemon, and
asyncio.wrap_future() passes a cancelled task on to here, so both clients cancel in the same way.
"""
from __future__ import annotations

import os
from concurrent.futures import Future
from dataclasses import replace
from typing import Callable, Dict, Generic, Iterable, List, Optional, Sequence, Tuple, TypeVar, Union

from .answer import Server
from .errors import AssayError, ConnectionLost, InvalidRequest
from .request import pack_candidate, pack_task
from .result import Result
from .session import Outcome, Owner, Request
from .task import Code, Task, Tests

Pair = Tuple[Task, Code]
Judged = Union[Result, AssayError]
_Value = TypeVar("_Value")

# Candidates and bytes in one request: large enough to make frames few, small enough that a request
# that is lost or refused is a small part of a batch.
_GROUP_CANDIDATES_MAX = 128
_GROUP_BYTES_MAX = 1 << 20


class Pending(Future[_Value]):
    """A future that its own process can wait for; in a child after fork() it never will be done."""

    def __init__(self) -> None:
        super().__init__()
        self._pid = os.getpid()

    def result(self, timeout: Optional[float] = None) -> _Value:
        self._check_process()
        return super().result(timeout)

    def exception(self, timeout: Optional[float] = None) -> Optional[BaseException]:
        self._check_process()
        return super().exception(timeout)

    def _check_process(self) -> None:
        if os.getpid() != self._pid and not self.done():
            raise ConnectionLost("submitted before fork(): the answer goes to the parent process")


class FutureOwner(Owner, Generic[_Value]):
    """Settles a future. `drop` is the link's."""

    def __init__(self, drop: Callable[[Owner], bool]) -> None:
        super().__init__()
        self.future: Pending[_Value] = Pending()
        self._drop = drop
        self.future.add_done_callback(self._on_done)

    def _on_done(self, future: Future[_Value]) -> None:
        # Whoever takes the owner out of the session tells those who wait for the future.
        if future.cancelled() and self._drop(self):
            future.set_running_or_notify_cancel()

    def settle(self, outcome: Union[_Value, AssayError]) -> None:
        """With everything answered; whether or not somebody has just cancelled."""
        if not self._drop(self) or not self.future.set_running_or_notify_cancel():
            return
        if isinstance(outcome, AssayError):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


class Single(FutureOwner[_Value]):
    """One outcome."""

    def deliver(self, outcomes: List[Tuple[int, Outcome]]) -> None:
        self.settle(outcomes[0][1])  # type: ignore[arg-type]  # of the kind that was asked for


class Batch(FutureOwner[List[Judged]]):
    """As many outcomes as there are pairs, in their order. Unless errors are wanted as outcomes,
    the first one ends the batch."""

    def __init__(self, drop: Callable[[Owner], bool], n: int, return_exceptions: bool) -> None:
        super().__init__(drop)
        self._outcomes: List[Optional[Outcome]] = [None] * n
        self._n_missing = n
        self._return_exceptions = return_exceptions

    def deliver(self, outcomes: List[Tuple[int, Outcome]]) -> None:
        for key, outcome in outcomes:
            if isinstance(outcome, AssayError) and not self._return_exceptions:
                self.settle(outcome)
                return
            self._outcomes[key] = outcome
        self._n_missing -= len(outcomes)
        if self._n_missing == 0:
            self.settle(self._outcomes)  # type: ignore[arg-type]  # none is None any more


class Stream(Owner):
    """Outcomes as they come, to a function that any thread may call."""

    def __init__(self, put: Callable[[List[Tuple[int, Judged]]], None]) -> None:
        super().__init__()
        self._put = put

    def deliver(self, outcomes: List[Tuple[int, Outcome]]) -> None:
        self._put(outcomes)  # type: ignore[arg-type]  # nobody asked for a greeting


class Greeting(Single[Server]):
    """The daemon's greeting."""


def requests_of(owner: Owner, pairs: Iterable[Tuple[int, Pair]]) -> List[Request]:
    """Requests for numbered pairs: candidates of the very same task travel together."""
    requests: List[Request] = []
    open_by_task: Dict[int, Tuple[Request, int]] = {}
    for key, pair in pairs:
        try:
            task, code = pair
            packed = pack_candidate(code)
            request, size = open_by_task.get(id(task), (None, 0))
            if (request is None or len(request.candidates) >= _GROUP_CANDIDATES_MAX
                    or size + len(packed) > _GROUP_BYTES_MAX):
                request, size = Request(owner, pack_task(task), {}, task.feedback_form), 0
                request.source = task
                requests.append(request)
        except (TypeError, ValueError, AttributeError) as error:
            if isinstance(error, InvalidRequest):
                raise
            raise InvalidRequest(f"no pair of a Task and code: {error}", f"pairs[{key}]") from None
        request.candidates[key] = packed
        open_by_task[id(task)] = (request, size + len(packed))
    return requests


def matrix_pairs(task: Task, suites: Sequence[Tests], codes: Sequence[Code]) -> List[Pair]:
    """Every candidate by every suite, suite by suite. Each suite is a request of its own, so that
    what is lost or refused can be sent again by itself."""
    tasks = [replace(task, tests=suite) for suite in suites]
    return [(each, code) for each in tasks for code in codes]


def matrix_rows(results: Sequence[Result], n_codes: int) -> List[List[Result]]:
    """The results of such pairs, a row for each candidate."""
    return [list(results[row::n_codes]) for row in range(n_codes)]
