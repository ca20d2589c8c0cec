"""Messages of the daemon as values. Part of the Python client.

This runs once for each result and test of a batch, so the values are filled through their __dict__:
the constructor of a frozen dataclass sets each field by a call, which costs several times as much.
A test compares what is made here with the dataclasses' fields.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple, Type, TypeVar

from . import assay_pb2 as pb
from .errors import (AssayError, ConnectionLost, DeadlineExceeded, InfraError, InvalidRequest,
                     Overloaded, Quota, Unauthenticated)
from .result import Compile, Repeats, Result, TestError, TestResult, Usage
from .task import Limits

_NS_PER_MS = 1e6
_Value = TypeVar("_Value")


def _names(enum: Any, prefix: str) -> Dict[int, str]:
    return {number: name[len(prefix):] if name.startswith(prefix) else name
            for name, number in enum.items()}


_VERDICTS = _names(pb.Verdict, "VERDICT_")
_OUTCOMES = _names(pb.Outcome, "OUTCOME_")
_INTEGRITIES = _names(pb.Integrity, "INTEGRITY_")
_CONTROLS = _names(pb.Control, "CONTROL_")
_FAULTS = {number: name.lower() for number, name in _names(pb.Fault, "FAULT_").items()}


def _name(names: Dict[int, str], number: int) -> str:
    """Of a number that a newer daemon knows and we do not: something that compares to nothing."""
    return names.get(number) or f"UNKNOWN_{number}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace") if data else ""


def _make(kind: Type[_Value], values: Dict[str, Any]) -> _Value:
    made = object.__new__(kind)
    made.__dict__.update(values)
    return made


def _error(error: pb.TestError) -> TestError:
    return TestError(error.type, _text(error.message), error.line, _text(error.traceback))


def _test(test: pb.TestResult) -> TestResult:
    return _make(TestResult, {
        "index": test.index,
        "name": test.name,
        "outcome": _name(_OUTCOMES, test.outcome),
        "source": _text(test.source),
        "call": _text(test.call),
        "expected": _text(test.expected),
        "actual": _text(test.actual),
        "error": _error(test.error) if test.HasField("error") else None,
        "cpu_ms": test.cpu_ns / _NS_PER_MS,
        "is_hidden": test.is_hidden,
        "is_compared_by_candidate": test.is_compared_by_candidate,
    })


def _usage(usage: pb.Usage) -> Usage:
    return _make(Usage, {
        "cpu_ms": usage.cpu_ns / _NS_PER_MS,
        "wall_ms": usage.wall_ns / _NS_PER_MS,
        "queue_ms": usage.queue_ns / _NS_PER_MS,
        "memory_peak_bytes": usage.memory_peak_bytes,
        "processes_peak": usage.processes_peak,
    })


def _compile(result: pb.Result) -> Optional[Compile]:
    if not result.HasField("compile"):
        return None
    return Compile(result.compile.ok, _text(result.compile.output), result.compile.cached)


def _repeats(result: pb.Result) -> Optional[Repeats]:
    if not result.HasField("repeats"):
        return None
    counts = {_name(_VERDICTS, each.verdict): int(each.count) for each in result.repeats.verdicts}
    return Repeats(result.repeats.runs, result.repeats.agree, counts)


def result_of(result: pb.Result, feedback_form: str) -> Result:
    """The value of a Result; `feedback_form` is what its request asked for."""
    return _make(Result, {
        "id": result.id,
        "candidate": result.candidate,
        "verdict": _name(_VERDICTS, result.verdict),
        "passed": result.passed,
        "score": result.score,
        "tests_total": result.tests_total,
        "tests_run": result.tests_run,
        "tests_passed": result.tests_passed,
        "tests": tuple(map(_test, result.tests)),
        "fault": _name(_FAULTS, result.fault),
        "maskable": result.maskable,
        "integrity": _name(_INTEGRITIES, result.integrity),
        "isolation": tuple(result.isolation),
        "violations": {each.syscall: each.count for each in result.violations},
        "usage": _usage(result.usage),
        "stdout": _text(result.stdout),
        "stdout_dropped_bytes": result.stdout_dropped_bytes,
        "stderr": _text(result.stderr),
        "stderr_dropped_bytes": result.stderr_dropped_bytes,
        "compile": _compile(result),
        "runtime": result.runtime,
        "cached": result.cached,
        "feedback_text": _text(result.feedback),
        "comparator": result.comparator,
        "error": _error(result.error) if result.HasField("error") else None,
        "detail": _text(result.detail),
        "control": _name(_CONTROLS, result.control),
        "repeats": _repeats(result),
        "shared_because": _text(result.shared_because),
        "environment": tuple(result.environment),
        "feedback_form": feedback_form,
    })


def error_of(error: pb.Error) -> AssayError:
    """The exception for an Error."""
    message = error.message or pb.ErrorCode.Name(error.code)
    retry_after_s = error.retry_after_ms / 1000
    if error.code in (pb.INVALID_REQUEST, pb.TOO_LARGE, pb.UNKNOWN_LANGUAGE):
        return InvalidRequest(message, error.field)
    if error.code == pb.UNAUTHENTICATED:
        return Unauthenticated(message)
    if error.code == pb.OVERLOADED:
        return Overloaded(message, retry_after_s)
    if error.code == pb.QUOTA:
        return Quota(message, retry_after_s)
    if error.code == pb.DEADLINE_EXCEEDED:
        return DeadlineExceeded(message)
    if error.code == pb.SHUTTING_DOWN:
        return ConnectionLost(message)
    return InfraError(message)


@dataclass(frozen=True)
class Language:
    """A language that the daemon serves."""

    name: str
    runtime: str
    test_kinds: Tuple[str, ...]
    default_limits: Limits
    maximum_limits: Limits


@dataclass(frozen=True)
class Server:
    """The daemon's greeting. `slots_free` is of the moment when this client connected."""

    version: str
    languages: Tuple[Language, ...]
    isolation: Tuple[str, ...]          # layers in force on every run
    isolation_missing: Tuple[str, ...]  # layers that the policy wishes and the machine lacks
    slots_total: int
    slots_free: int
    max_frame_bytes: int
    max_candidates: int


def _limits(limits: pb.Limits) -> Limits:
    return Limits(limits.cpu_ms, limits.wall_ms, limits.memory_bytes, limits.output_bytes,
                  limits.processes, limits.test_ms)


def server_of(hello: pb.ServerHello) -> Server:
    languages: List[Language] = [
        Language(each.name, each.runtime, tuple(each.test_kinds), _limits(each.default_limits),
                 _limits(each.maximum_limits)) for each in hello.languages]
    return Server(hello.server_version, tuple(languages), tuple(hello.isolation),
                  tuple(hello.isolation_missing), hello.slots_total, hello.slots_free,
                  hello.max_frame_bytes, hello.max_candidates)
