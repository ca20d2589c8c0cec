"""Feedback in Reflexion's form, from the tests of a result. Part of the Python client.

The daemon writes this form when the task asks for it (daemon/core/reflexion.c); this is for results
of tasks that asked for the plain one. Other than the daemon's, it does not shorten values. "Tested"
is the spelling of the executors that the prompts were made for.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .result import Result, TestResult

_TIME_LIMITS = ("CPU_LIMIT", "WALL_LIMIT")


def _text_of(test: TestResult) -> str:
    return (test.source or test.call or test.name or f"test {test.index + 1}").rstrip("\n")


def _output_of(result: Result, test: TestResult, is_first: bool) -> str:
    error = test.error
    if test.outcome == "TIME_LIMIT":
        return "TIMEOUT"
    if test.outcome == "NOT_RUN":
        if result.error is not None:
            error = result.error
        elif not is_first:
            return "not run"
        else:
            return "TIMEOUT" if result.verdict in _TIME_LIMITS else result.detail
    elif test.outcome == "FAILED" and test.actual:
        return test.actual
    return (error.message or error.type if error is not None else "") or "an exception"


def compose_reflexion(result: Result) -> str:
    """The lists of passed and of failed tests, each failed one with its output."""
    passed, failed = ["Tested passed:"], ["", "", "Tests failed:"]
    hidden = [test for test in result.tests if test.is_hidden]
    is_first = True
    for test in result.tests:
        if test.is_hidden or test.outcome == "SKIPPED":
            continue
        if test.passed:
            passed.append(_text_of(test))
        else:
            failed.append(f"{_text_of(test)} # output: {_output_of(result, test, is_first)}")
            is_first = is_first and test.outcome != "NOT_RUN"
    if hidden:
        n_passed = sum(test.passed for test in hidden)
        failed += ["", f"Hidden tests: {n_passed} of {len(hidden)} passed."]
    return "\n".join(passed) + "\n".join(failed)
