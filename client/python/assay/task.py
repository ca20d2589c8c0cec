"""What is to be judged: tasks, their tests and limits, as values. Part of the Python client.

All of them are frozen and can be compared and pickled. What a field means to the daemon is said in
proto/assay.proto; here only what is different in Python. Text may be str (sent as UTF-8, lone
surrogates included) or bytes (sent as they are).

A task holds its serialized form once it has been sent, so that one which is judged many times is
packed once; that form is not part of its value and does not travel with a pickle.
"""
from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Dict, Iterable, Mapping, Optional, Sequence, Tuple, Union

from .errors import InvalidRequest

Text = Union[str, bytes]

_CHOICES = {
    "integrity": ("auto", "native", "split", "shared"),
    "stop": ("all", "first_failure"),
    "reveal": ("full", "inputs", "none"),
    "extract": ("nothing", "last_fence"),
    "feedback_form": ("plain", "reflexion"),
}
_SOURCE_KINDS = ("check", "unittest", "pytest", "program")


@dataclass(frozen=True)
class Case:
    """A case of `stdio`: what the program reads and what it must print."""

    stdin: Text
    stdout: Text
    name: str = ""


@dataclass(frozen=True)
class Call:
    """A call of the entry point with what it must return; all values as JSON can say them."""

    args: Sequence[Any]
    expect: Any
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tests:
    """The tests of a task. Made by one of the class methods, which are named as the kinds are."""

    __test__ = False  # not a test class of pytest's

    kind: str
    items: Tuple[Union[Text, Case, Call], ...]
    setup: Text = ""
    comparator: str = ""
    absolute_tolerance: float = 0.0
    relative_tolerance: float = 0.0
    reference: Text = ""
    alternatives: Tuple[Text, ...] = ()
    oracle: str = ""

    @classmethod
    def check(cls, source: Text) -> Tests:
        """HumanEval's form: `source` defines check(candidate); the task needs an entry point."""
        return cls("check", (source,))

    @classmethod
    def asserts(cls, asserts: Iterable[Text], setup: Text = "") -> Tests:
        """MBPP's form: each text is one test; `setup` runs before the candidate's code."""
        return cls("asserts", tuple(asserts), setup)

    @classmethod
    def unittest(cls, source: Text) -> Tests:
        """Each test method is one test."""
        return cls("unittest", (source,))

    @classmethod
    def pytest(cls, source: Text) -> Tests:
        """Each test function, or case that its parametrize lists, is one test."""
        return cls("pytest", (source,))

    @classmethod
    def program(cls, source: Text) -> Tests:
        """Runs behind the candidate's code and must end by itself, with status 0."""
        return cls("program", (source,))

    @classmethod
    def stdio(cls, cases: Iterable[Union[Case, Tuple[Text, Text]]], comparator: str = "",
              absolute_tolerance: float = 0.0, relative_tolerance: float = 0.0) -> Tests:
        """The code is a program; each case, or pair of stdin and stdout, is a run of its own.
        Comparators: exact, rstrip (default), lines, tokens, tokens_ci, float, decimal, set."""
        made = tuple(case if isinstance(case, Case) else Case(*case) for case in cases)
        return cls("stdio", made, "", comparator, absolute_tolerance, relative_tolerance)

    @classmethod
    def calls(cls, calls: Iterable[Union[Call, Tuple[Sequence[Any], Any]]], comparator: str = "",
              absolute_tolerance: float = 0.0, relative_tolerance: float = 0.0) -> Tests:
        """Each call, or pair of arguments and expected value, is one test. Comparators: exact
        (default), float, unordered."""
        made = tuple(call if isinstance(call, Call) else Call(*call) for call in calls)
        return cls("calls", made, "", comparator, absolute_tolerance, relative_tolerance)

    @classmethod
    def referred(cls, inputs: Iterable[Sequence[Any]], reference: Text, *,
                 comparator: str = "evalplus", absolute_tolerance: float = 0.0,
                 relative_tolerance: float = 0.0, alternatives: Iterable[Text] = (),
                 oracle: str = "") -> Tests:
        """Calls with these lists of arguments, which may hold what JSON cannot say: anything whose
        repr() is a literal. Expected is what the source `reference` answers, in the daemon; see
        CallTests in proto/assay.proto."""
        made = tuple(Call(tuple(arguments), None) for arguments in inputs)
        return cls("calls", made, "", comparator, absolute_tolerance, relative_tolerance,
                   reference, tuple(alternatives), oracle)

    @classmethod
    def answer(cls, answer: Text, comparator: str = "") -> Tests:
        """The candidate is a text, not code, and its final answer is compared. Comparators: number
        (default), exact, choice, math."""
        return cls("answer", (answer,), "", comparator)

    @classmethod
    def from_dict(cls, tests: Mapping[str, Any]) -> Tests:
        """From the JSON form that `assay eval` reads: {"asserts": [...], "setup": "..."}."""
        kinds = [kind for kind in (*_SOURCE_KINDS, "asserts", "stdio", "calls", "answer")
                 if kind in tests]
        if len(kinds) != 1:
            raise InvalidRequest("exactly one kind of tests is needed", "tests")
        kind = kinds[0]
        value = tests[kind]
        tolerances = (str(tests.get("comparator", "")),
                      float(tests.get("absolute_tolerance", 0.0)),
                      float(tests.get("relative_tolerance", 0.0)))
        if kind in _SOURCE_KINDS:
            return cls(kind, (value,))
        if kind == "answer":
            return cls.answer(value, tolerances[0])
        if not isinstance(value, (list, tuple)):
            raise InvalidRequest("must be an array", f"tests.{kind}")
        try:
            if kind == "asserts":
                return cls.asserts(value, tests.get("setup", ""))
            if kind == "stdio":
                return cls.stdio((Case(**case) for case in value), *tolerances)
            return cls.calls((Call(call.get("args", ()), call.get("expect"),
                                   call.get("kwargs", {})) for call in value), *tolerances)
        except (TypeError, AttributeError) as error:
            raise InvalidRequest(str(error), f"tests.{kind}") from None


@dataclass(frozen=True)
class Limits:
    """Limits of one run. 0 in any: what the daemon's policy has as default; of test_ms: none."""

    cpu_ms: int = 0        # milliseconds of CPU time, all processes of the run together
    wall_ms: int = 0       # milliseconds; a safety net against waiting
    memory_bytes: int = 0  # of all processes together, work area included
    output_bytes: int = 0  # kept of stdout and of stderr, each
    processes: int = 0     # processes and threads at one time
    test_ms: int = 0       # milliseconds of CPU time of a single test


@dataclass(frozen=True)
class Candidate:
    """Code with what belongs to it: files of its working directory by name, and a name that is
    repeated in its result."""

    code: Text
    files: Mapping[str, Text] = field(default_factory=dict)
    id: str = ""


Code = Union[Text, Candidate]


@dataclass(frozen=True)
class Task:
    """What candidates are judged by.

    InvalidRequest is raised here for a word that is none of those a field knows, and by the daemon
    for everything else that it cannot use.
    """

    tests: Tests
    language: str = "python"
    prompt: Text = ""         # code that precedes the candidate's
    entry_point: str = ""     # the function under test; `check` and `calls` need it
    module: str = ""          # further name under which tests may import the candidate
    id: str = ""              # repeated in each result
    limits: Limits = Limits()
    integrity: str = "auto"   # auto, native, split, shared
    stop: str = "all"         # all, first_failure
    reveal: str = "full"      # full, inputs, none: what results and feedback may tell of the tests
    hidden: Tuple[int, ...] = ()  # tests of which nothing but the outcome is told
    repeat: int = 1           # judge each candidate so many times
    control: bool = True      # judge SHARED passes a second time with altered expectations
    extract: str = "nothing"  # nothing, last_fence: code is the last fenced block of a text
    feedback_form: str = "plain"  # plain, reflexion: of Result.feedback_text
    feedback_bytes: int = 0   # longest Result.feedback_text; 0: 2000
    deadline_ms: int = 0      # milliseconds for a whole request; 0: none
    cache: bool = True        # take a verdict that the daemon knows already, if it keeps them

    def __post_init__(self) -> None:
        if not isinstance(self.tests, Tests):
            raise InvalidRequest("must be made by Tests", "tests")
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise InvalidRequest(f"{value!r} is none of {', '.join(choices)}", name)
        object.__setattr__(self, "hidden", tuple(self.hidden))

    def __getstate__(self) -> Dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_dict(cls, task: Mapping[str, Any]) -> Task:
        """From the JSON form that `assay eval` reads. Candidates and keys that this client does not
        know are left aside."""
        tests = task.get("tests")
        if not isinstance(tests, Mapping):
            raise InvalidRequest("must be an object", "tests")
        known = {each.name for each in fields(cls)} - {"tests", "limits"}
        named = {name: value for name, value in task.items() if name in known}
        limits: Optional[Mapping[str, int]] = task.get("limits")
        try:
            return cls(Tests.from_dict(tests), limits=Limits(**(limits or {})), **named)
        except TypeError as error:
            raise InvalidRequest(str(error)) from None
