"""What the integrations share: a client that nobody had to make, and verdicts that hold.

The interfaces that they fill have no word for "judge again", so a candidate whose verdict it cannot
have caused itself is judged again here, and is an InfraError if it stays so: a wrong verdict would
look like the candidate's.
"""
from __future__ import annotations

import os
import threading
from typing import List, Optional, Sequence

from .. import address as addresses
from ..client import Client
from ..errors import ConnectionLost, InfraError
from ..result import Result
from ..task import Limits
from ..waiting import Pair

_TRIES = 4
_lock = threading.Lock()
_client: Optional[Client] = None


def default_client() -> Client:
    """One for this process and what it forks: of a standing daemon if there is one, else of a
    private one, which ends with the process."""
    global _client
    with _lock:
        if _client is None:
            try:
                addresses.find(None)
                _client = Client()
            except ConnectionLost:
                _client = Client.local()
        return _client


def _new_lock() -> None:
    global _lock
    _lock = threading.Lock()  # the old one may be held by a thread that a child does not have


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)


def judge(client: Client, pairs: Sequence[Pair]) -> List[Result]:
    """Results in the order of the pairs: what is the candidates' own doing, or the tests'
    (BAD_TASK, NO_TESTS), which a second time would not change. InfraError: one stays without."""
    results = client.evaluate_batch(pairs)
    again = _unjudged(results)
    for _ in range(_TRIES):
        if not again:
            break
        redone = client.evaluate_batch([pairs[index] for index in again])
        for index, result in zip(again, redone):
            results[index] = result
        again = _unjudged(results)
    if again:
        first = results[again[0]]
        raise InfraError(f"{len(again)} of {len(results)} candidates could not be judged; the "
                         f"first: {first.verdict}: {first.detail}")
    return results


def _unjudged(results: List[Result]) -> List[int]:
    return [index for index, result in enumerate(results)
            if result.maskable and result.fault != "tests"]


def limits_of_timeout(client: Client, seconds: float, n_tests: int = 0) -> Limits:
    """Limits for interfaces that know a time-out only, as far as the daemon's policy allows: so
    much CPU time, and ten times as much of waiting. With `n_tests`, for each of so many, and once
    more for all of them, so that the test which takes too long is the one that is stopped."""
    each_ms = max(1, int(seconds * 1000))
    most = Limits()
    for served in client.server().languages:
        if served.name == "python":
            most = served.maximum_limits
    cpu_ms = min(each_ms * (n_tests + 1), most.cpu_ms or each_ms)
    return Limits(cpu_ms=cpu_ms, wall_ms=min(10 * cpu_ms, most.wall_ms or 10 * cpu_ms),
                  test_ms=min(each_ms, cpu_ms) if n_tests else 0)
