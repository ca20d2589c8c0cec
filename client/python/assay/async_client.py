"""The client for asyncio. Part of the Python client.

The same methods as Client has, as coroutines. It is a Client underneath: its thread does the I/O,
so a busy event loop does not hold back what the daemon answers, and one AsyncClient serves event
loops of several threads. Cancelling a task cancels its evaluation in the daemon.
"""
from __future__ import annotations

import asyncio
import itertools
from types import TracebackType
from typing import Any, AsyncIterator, Iterable, List, Optional, Sequence, Tuple, Type, TypeVar

from .answer import Server
from .client import PATIENCE_S, WINDOW, Client, _check
from .errors import AssayError
from .result import Result
from .session import Owner
from .task import Code, Task, Tests
from .waiting import Judged, Pair, Stream, matrix_pairs, matrix_rows, requests_of

_Value = TypeVar("_Value")


class AsyncClient:
    """Judges candidates with a daemon. Settings and exceptions are those of Client."""

    def __init__(self, address: Optional[str] = None, *, name: str = "python",
                 patience_s: float = PATIENCE_S, window: int = WINDOW,
                 token: Optional[str] = None) -> None:
        self._client = Client(address, name=name, patience_s=patience_s, window=window,
                              token=token)

    @classmethod
    def of(cls, client: Client) -> AsyncClient:
        """The asynchronous side of a Client; both share its connection."""
        made = cls.__new__(cls)
        made._client = client
        return made

    @classmethod
    def local(cls, **named: Any) -> AsyncClient:
        """With a private daemon, as Client.local(); waits until it is ready."""
        return cls.of(Client.local(**named))

    # ---------------------------------------------------------------- judging

    async def evaluate(self, task: Task, code: Code, *,
                       timeout: Optional[float] = None) -> Result:
        """Judges one candidate. TimeoutError: no answer within `timeout` seconds."""
        return await _within(self.submit(task, code), timeout)

    def submit(self, task: Task, code: Code) -> asyncio.Future[Result]:
        """Judges one candidate meanwhile. Cancelling the future cancels it in the daemon, too."""
        return asyncio.wrap_future(self._client.submit(task, code))

    def cancel(self, future: asyncio.Future[Any]) -> bool:
        """The same as future.cancel(). False: it is done."""
        return future.cancel()

    async def evaluate_batch(self, pairs: Iterable[Pair], *, timeout: Optional[float] = None,
                             return_exceptions: bool = False) -> List[Result]:
        """Judges pairs of task and code; results in their order. As Client.evaluate_batch()."""
        future = self._client.submit_batch(pairs, return_exceptions=return_exceptions)
        return await _within(asyncio.wrap_future(future), timeout)

    async def evaluate_matrix(self, task: Task, suites: Sequence[Tests], codes: Sequence[Code], *,
                              timeout: Optional[float] = None) -> List[List[Result]]:
        """Judges every candidate by every one of `suites`. As Client.evaluate_matrix()."""
        results = await self.evaluate_batch(matrix_pairs(task, suites, codes), timeout=timeout)
        return matrix_rows(results, len(codes))

    async def as_completed(self, pairs: Iterable[Pair], *,
                           return_exceptions: bool = False) -> AsyncIterator[Tuple[int, Result]]:
        """Judges pairs of task and code and yields (position, result) as they are known. As
        Client.as_completed()."""
        loop = asyncio.get_running_loop()
        outcomes: asyncio.Queue[List[Tuple[int, Judged]]] = asyncio.Queue()
        link = self._client._link
        owner: Owner = Stream(_putter(loop, outcomes))
        numbered = enumerate(pairs)
        n_waiting = 0
        try:
            while True:
                wanted = list(itertools.islice(numbered, self._client._window - n_waiting))
                if wanted:
                    link.submit(requests_of(owner, wanted))
                    n_waiting += len(wanted)
                if n_waiting == 0:
                    return
                part = await outcomes.get()
                n_waiting -= len(part)
                for key, outcome in part:
                    yield key, _check(outcome, return_exceptions)
        finally:
            link.abandon(owner)

    async def server(self, *, timeout: Optional[float] = None) -> Server:
        """What the daemon said of itself: version, languages, layers of isolation, slots."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, lambda: self._client.server(timeout=timeout))

    # ---------------------------------------------------------------- life

    async def close(self) -> None:
        """Ends the connection, and the private daemon if there is one."""
        await asyncio.get_running_loop().run_in_executor(None, self._client.close)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]],
                        error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        await self.close()

    def __reduce__(self) -> Tuple[Any, ...]:
        return AsyncClient.of, (self._client,)


def _putter(loop: asyncio.AbstractEventLoop,
            outcomes: asyncio.Queue[List[Tuple[int, Judged]]]) -> Any:
    def put(part: List[Tuple[int, Judged]]) -> None:
        try:
            loop.call_soon_threadsafe(outcomes.put_nowait, part)
        except RuntimeError:
            pass  # the loop is closed: nobody waits any more
    return put


async def _within(future: asyncio.Future[_Value], timeout: Optional[float]) -> _Value:
    try:
        return await asyncio.wait_for(future, timeout)
    except asyncio.TimeoutError as error:  # another class than TimeoutError before 3.11
        if isinstance(error, AssayError):
            raise
        raise TimeoutError("no answer in time") from None
