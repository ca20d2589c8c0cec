"""The executors of Reflexion (Shinn et al., 2023; programming_runs/executors), judged by assay.

    from assay.integrations.reflexion import executor_factory

in the place of `from executors import executor_factory`; the rest of the loop stays as it is. The
same: signatures, what a program is made of, and the text of the feedback. Different, where theirs
has faults that a loop should not depend on: candidates cannot reach the loop's process or each
other, every time-out really ends the program, sys.exit() fails a candidate and not the run, each
test runs once, and outputs are written as the language writes them ('5' is not 5).
"""
from __future__ import annotations

from abc import ABC, abstractmethod
from typing import List, NamedTuple, Optional, Tuple

from ..client import Client
from ..task import Task, Tests
from .judging import default_client, judge, limits_of_timeout

_FEEDBACK_BYTES = 16384


class ExecuteResult(NamedTuple):
    is_passing: bool
    feedback: str
    state: Tuple[bool, ...]  # of each test, whether it passed


class Executor(ABC):
    """Reflexion's interface."""

    @abstractmethod
    def execute(self, func: str, tests: List[str], timeout: int = 5) -> ExecuteResult:
        """Runs each test on `func`; `timeout` in seconds, for each test."""

    @abstractmethod
    def evaluate(self, name: str, func: str, test: str, timeout: int = 5) -> bool:
        """Whether `func` passes `test`, which defines check(candidate)."""


class PyExecutor(Executor):
    """Python. Raises what Client.evaluate() raises; a verdict that cannot be had is an exception
    and never a failed candidate."""

    def __init__(self, client: Optional[Client] = None) -> None:
        self._client = client or default_client()

    def execute(self, func: str, tests: List[str], timeout: int = 5) -> ExecuteResult:
        if not tests:
            return ExecuteResult(True, "Tested passed:\n\nTests failed:", ())
        task = Task(Tests.asserts(tests, setup="from typing import *\n"),
                    feedback_form="reflexion", feedback_bytes=_FEEDBACK_BYTES,
                    limits=limits_of_timeout(self._client, timeout, len(tests)))
        (result,) = judge(self._client, [(task, func)])
        passed = {test.index for test in result.tests if test.passed}
        return ExecuteResult(result.passed, result.feedback(),
                             tuple(index in passed for index in range(len(tests))))

    def evaluate(self, name: str, func: str, test: str, timeout: int = 5) -> bool:
        task = Task(Tests.check(test), entry_point=name,
                    limits=limits_of_timeout(self._client, timeout))
        (result,) = judge(self._client, [(task, func)])
        return result.passed


def executor_factory(lang: str, is_leet: bool = False) -> Executor:
    """The executor of a language: "py" or "python". ValueError: another one, or LeetCode's, which
    sends programs to a site."""
    if lang not in ("py", "python") or is_leet:
        raise ValueError(f"Invalid language for executor: {lang}{' (LeetCode)' * is_leet}")
    return PyExecutor()
