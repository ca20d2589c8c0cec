"""What came of judging a candidate, as values. Part of the Python client.

The fields are those of Result in proto/assay.proto, times in milliseconds. Bytes of programs become
str; what is not UTF-8 among them is shown by backslashes, so no field ever fails to decode or to
print. Words (verdict, outcome, fault, ...) are str as in the JSON of `assay eval`.
"""
from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

from .feedback import compose_reflexion


@dataclass(frozen=True)
class TestError:
    """An exception or failure: of a test, or of the run as a whole."""

    __test__ = False

    type: str
    message: str
    line: int  # in the candidate's own code; 0: unknown
    traceback: str


@dataclass(frozen=True)
class TestResult:
    """One test's outcome and what led to it; "" where there is nothing to tell."""

    __test__ = False

    index: int
    name: str
    outcome: str  # PASSED, FAILED, ERROR, TIME_LIMIT, CRASHED, SKIPPED, NOT_RUN
    source: str
    call: str
    expected: str
    actual: str
    error: Optional[TestError]
    cpu_ms: float
    is_hidden: bool
    is_compared_by_candidate: bool

    @property
    def passed(self) -> bool:
        return self.outcome == "PASSED"


@dataclass(frozen=True)
class Usage:
    """What the run cost, as the kernel counted it."""

    cpu_ms: float
    wall_ms: float
    queue_ms: float
    memory_peak_bytes: int
    processes_peak: int


@dataclass(frozen=True)
class Compile:
    """What the compiler of a compiled language said."""

    ok: bool
    output: str
    cached: bool


@dataclass(frozen=True)
class Repeats:
    """Of a task with `repeat`: how many runs, and how many had which verdict."""

    runs: int
    agree: bool
    verdicts: Mapping[str, int]


@dataclass(frozen=True)
class Result:
    """The verdict on one candidate.

    `maskable` is true only if the candidate's code cannot have caused the verdict: a training loop
    should leave such a sample out (reward() is None then). Source: Result in proto/assay.proto.
    """

    id: str              # Task.id
    candidate: str       # Candidate.id
    verdict: str         # PASSED, FAILED, ERROR, COMPILE_ERROR, CPU_LIMIT, ...
    passed: bool
    score: float         # tests_passed / tests_total
    tests_total: int
    tests_run: int
    tests_passed: int
    tests: Tuple[TestResult, ...]
    fault: str           # none, candidate, tests, overload, infrastructure
    maskable: bool
    integrity: str       # NATIVE, SPLIT, SHARED
    isolation: Tuple[str, ...]
    violations: Mapping[str, int]  # refused system calls, how often
    usage: Usage
    stdout: str
    stdout_dropped_bytes: int
    stderr: str
    stderr_dropped_bytes: int
    compile: Optional[Compile]
    runtime: str
    cached: bool
    feedback_text: str   # as the daemon wrote it, in the form that the task asked for
    comparator: str
    error: Optional[TestError]
    detail: str          # one sentence: why this verdict
    control: str         # NONE, HELD, PASSED, IMPOSSIBLE
    repeats: Optional[Repeats]
    shared_because: str
    environment: Tuple[str, ...]
    feedback_form: str   # of feedback_text: plain, reflexion

    def feedback(self, form: Optional[str] = None) -> str:
        """The verdict in words, for whoever tries again.

        None or the form that the task asked for: as the daemon wrote it. "reflexion": the lists of
        passed and failed tests that Reflexion's prompts hold, made from `tests`. "plain" must have
        been asked for by the task. ValueError: another form.
        """
        if form is None or form == self.feedback_form:
            return self.feedback_text
        if form == "reflexion":
            return compose_reflexion(self)
        raise ValueError(f"no feedback in the form {form!r}; the task asked for "
                         f"{self.feedback_form!r}")

    def reward(self, partial: bool = False) -> Optional[float]:
        """1.0 if passed, else 0.0, or with `partial` the share of tests that passed. None if the
        candidate is not to be blamed: `maskable`, or the tests are at fault."""
        if self.maskable or self.fault in ("tests", "overload", "infrastructure"):
            return None
        if partial:
            return self.score
        return 1.0 if self.passed else 0.0

    def to_dict(self) -> Dict[str, Any]:
        """All fields as plain data, for JSON."""
        return asdict(self)
