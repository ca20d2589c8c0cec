"""The client for threads. Part of the Python client.

A Client may be used by any number of threads at once, and goes on working in a child after fork(),
which opens a connection of its own. Pickled, it is its settings: whoever unpickles it has a client
of its own to the same daemon.

Nothing connects before the first request. A connection that is lost is made again, and what it had
not answered is sent again; see session.py for what else is tried again.
"""
from __future__ import annotations

import itertools
import queue
import weakref
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import TracebackType
from typing import Any, Iterable, Iterator, List, Optional, Sequence, Tuple, Type, TypeVar, cast

from . import address as addresses
from .answer import Server
from .errors import AssayError
from .link import Link
from .private_daemon import PrivateDaemon
from .result import Result
from .session import Request
from .task import Code, Task, Tests
from .waiting import (Batch, Greeting, Judged, Pair, Single, Stream, matrix_pairs, matrix_rows,
                      requests_of)

WINDOW = 1024  # candidates in flight on one connection
PATIENCE_S = 120.0
_Value = TypeVar("_Value")
Settings = Tuple[Optional[str], str, float, int, Optional[str]]


class Client:
    """Judges candidates with a daemon.

    address: path of its socket, also as unix:PATH, or tcp:HOST:PORT; None: $ASSAY_ADDR, else the
        user's socket, else the system's.
    token: what is shown by TCP; None: $ASSAY_TOKEN. Nothing is encrypted.
    name: what `assay status` shows for this client.
    patience_s: seconds for which a request is tried again after the daemon had no room for it, or
        went away.
    window: candidates in flight at one time; what is more waits here.

    Exceptions of all methods that ask the daemon: InvalidRequest, Unauthenticated, Overloaded, Quota,
    DeadlineExceeded, ConnectionLost, InfraError (see assay.errors). A candidate's failure is none
    of them; it is a Result.
    """

    def __init__(self, address: Optional[str] = None, *, name: str = "python",
                 patience_s: float = PATIENCE_S, window: int = WINDOW,
                 token: Optional[str] = None) -> None:
        if address is not None:
            address = addresses.text_of(addresses.find(address))
        self._settings = (address, name, patience_s, window, token)
        self._window = max(1, window)
        self._link = Link(address, name, patience_s, self._window, token)
        self._daemon: Optional[PrivateDaemon] = None
        weakref.finalize(self, self._link.close, False)

    @classmethod
    def local(cls, *, slots: Optional[int] = None, options: Sequence[str] = (),
              program: Optional[str] = None, **named: Any) -> Client:
        """A client of a private daemon, which ends with this client or with the process, however
        that ends. It takes what layers of isolation the machine gives; server().isolation_missing
        tells which are not there.

        slots: evaluations at one time; None: as many as there are processors.
        options: further options of assayd.
        program: path of assayd; None: the one built or installed with this package, else of $PATH.
        InfraError: it cannot be started.
        """
        daemon = PrivateDaemon(slots, options, program)
        try:
            client = cls(daemon.address, **named)
        except BaseException:
            daemon.stop()
            raise
        client._daemon = daemon
        weakref.finalize(client, daemon.let_go)
        return client

    # ---------------------------------------------------------------- judging

    def evaluate(self, task: Task, code: Code, *, timeout: Optional[float] = None) -> Result:
        """Judges one candidate. TimeoutError: no answer within `timeout` seconds; it is
        cancelled."""
        return _wait(self.submit(task, code), timeout)

    def submit(self, task: Task, code: Code) -> Future[Result]:
        """Judges one candidate meanwhile. Cancelling the future cancels it in the daemon, too."""
        owner: Single[Result] = Single(self._link.drop)
        self._link.submit(requests_of(owner, [(0, (task, code))]))
        return owner.future

    def cancel(self, future: Future[Any]) -> bool:
        """The same as future.cancel(). False: it is done."""
        return future.cancel()

    def evaluate_batch(self, pairs: Iterable[Pair], *, timeout: Optional[float] = None,
                       return_exceptions: bool = False) -> List[Result]:
        """Judges pairs of task and code; results in their order. Use the same Task object for
        candidates of the same task: they travel together and the task only once.

        The first error ends the batch, cancels the rest and is raised; with `return_exceptions` it
        stands in the place of its result instead. TimeoutError: not finished within `timeout`
        seconds, the rest is cancelled.
        """
        future = self.submit_batch(pairs, return_exceptions=return_exceptions)
        return _wait(future, timeout)

    def submit_batch(self, pairs: Iterable[Pair], *,
                     return_exceptions: bool = False) -> Future[List[Result]]:
        """As evaluate_batch(), meanwhile."""
        listed = list(pairs)
        owner = Batch(self._link.drop, len(listed), return_exceptions)
        if listed:
            self._link.submit(requests_of(owner, enumerate(listed)))
        else:
            owner.settle([])
        return cast("Future[List[Result]]", owner.future)

    def evaluate_matrix(self, task: Task, suites: Sequence[Tests], codes: Sequence[Code], *,
                        timeout: Optional[float] = None) -> List[List[Result]]:
        """Judges every candidate by every one of `suites`, which stand for the task's own tests;
        matrix[i][k] is candidate i by suite k. A suite that does not run is BAD_TASK in its column
        alone. Errors: as in evaluate_batch()."""
        results = self.evaluate_batch(matrix_pairs(task, suites, codes), timeout=timeout)
        return matrix_rows(results, len(codes))

    def as_completed(self, pairs: Iterable[Pair], *,
                     return_exceptions: bool = False) -> Iterator[Tuple[int, Result]]:
        """Judges pairs of task and code and yields (position, result) as they are known. Pairs are
        taken as there is room for them, so they may come without end. Whoever leaves the loop
        cancels what is in flight. Errors: as in evaluate_batch()."""
        outcomes: queue.SimpleQueue[List[Tuple[int, Judged]]] = queue.SimpleQueue()
        stream = Stream(outcomes.put)
        numbered = enumerate(pairs)
        n_waiting = 0
        try:
            while True:
                wanted = list(itertools.islice(numbered, self._window - n_waiting))
                if wanted:
                    self._link.submit(requests_of(stream, wanted))
                    n_waiting += len(wanted)
                if n_waiting == 0:
                    return
                part = outcomes.get()
                n_waiting -= len(part)
                for key, outcome in part:
                    yield key, _check(outcome, return_exceptions)
        finally:
            self._link.abandon(stream)

    def server(self, *, timeout: Optional[float] = None) -> Server:
        """What the daemon said of itself: version, languages, layers of isolation, slots."""
        owner = Greeting(self._link.drop)
        self._link.submit([Request(owner, None, {})])
        return _wait(owner.future, timeout)

    # ---------------------------------------------------------------- life

    def close(self) -> None:
        """Ends the connection, and the private daemon if this client has one. What has no answer
        gets ConnectionLost."""
        self._link.close()
        if self._daemon is not None:
            self._daemon.stop()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()

    def __reduce__(self) -> Tuple[Any, ...]:
        return _restore, (type(self), self._settings)


def _restore(kind: Type[Client], settings: Settings) -> Client:
    address, name, patience_s, window, token = settings
    return kind(address, name=name, patience_s=patience_s, window=window, token=token)


def _check(outcome: Judged, return_exceptions: bool) -> Result:
    if isinstance(outcome, BaseException) and not return_exceptions:
        raise outcome
    return cast(Result, outcome)


def _wait(future: Future[_Value], timeout: Optional[float]) -> _Value:
    """Also when interrupted (Ctrl-C), the daemon is told that nobody waits any more."""
    try:
        return future.result(timeout)
    except BaseException as error:
        future.cancel()
        # Before 3.11 the futures' own class is another one than TimeoutError.
        if isinstance(error, FutureTimeoutError) and not isinstance(error, AssayError):
            raise TimeoutError("no answer in time") from None
        raise
