"""Examinations whose candidate is in another cell. In the examiner, which has none of its code.

The tests are planned once (Examination) and examined with each candidate that comes to this process.
They run in a module of their own. A name in them is, in this order: what the tests define; the
entry point, always the candidate's; what the prompt defines (its helpers are the task's, never the
candidate's); a builtin; and only then whatever the candidate's module has by that name.
"""

from collections import deque
from types import ModuleType

import _assay
import examinee
import raising
import separable
import standins
import texts
import traces
from peer import Peer
from plan import (
    FAULT_COMPILE,
    FAULT_INSEPARABLE,
    FAULT_LOAD,
    FAULT_TESTS,
    HELPERS,
    STATE_LOADING,
    STATE_TESTING,
    Refused,
    call_check,
    execute_tests,
    is_candidates,
    make_plan,
    parameter_of,
    plan_asserts,
    plan_source,
    report_outside,
)
from remote import Candidate, bind, forget_importable, make_importable, names_used, new_namespace
from rewrite import PREFIX
from texts import TESTS_FILE, Gone, __builtins__, layout

__assay__ = layout

# The first one of this process, made before the fork.
prepared = [Candidate()]
LOAD_FAULTS = {examinee.LOAD_KIND_COMPILE: FAULT_COMPILE, examinee.LOAD_KIND_LOAD: FAULT_LOAD}


def refuse_inseparable(sources, prompt, entry_point, aliases):
    why = separable.reason(sources, prompt, entry_point, aliases)
    if why is not None:
        raise Refused(FAULT_INSEPARABLE) from ValueError(why)


def guard(candidate, used, *texts):
    """Before anything of the candidate arrives: what the tests say that it is."""
    raising.sides.guards = True
    _assay.trust_keys(standins.Meta)
    raising.sides.wanted = frozenset(used)
    candidate.texts = texts


def wait_until_loaded(candidate):
    try:
        failure = candidate.wait_until_loaded()
    except Gone as gone:
        raise Refused(FAULT_LOAD) from gone
    if failure is not None:
        kind, error = failure
        raise Refused(LOAD_FAULTS.get(kind, FAULT_LOAD)) from error


def prepare(candidate, prompt, used, entry_point, aliases):
    """The tests' namespace."""
    namespace = new_namespace()
    # Asked one by one: a difference of sets would write to each of the 150 names of the builtins.
    missing = {name for name in used if name not in examinee.BUILTINS and name != entry_point}
    namespace.update(examinee.names_of_prompt(prompt, missing, namespace["__builtins__"]))
    bind(namespace, candidate, used, entry_point)
    make_importable(candidate, aliases)
    HELPERS[PREFIX + "part"] = candidate.part
    HELPERS[PREFIX + "put"] = candidate.put
    HELPERS[PREFIX + "hold"] = candidate.hold
    HELPERS[PREFIX + "settle"] = candidate.settle
    HELPERS[PREFIX + "settle_all"] = candidate.settle_all
    return namespace


def finish(candidate, plan):
    """Evidence that the candidate was examined, and to its end."""
    candidate.end()
    if candidate.gone is not None:
        if not _assay.crashed():
            try:
                raise candidate.gone
            except Gone as gone:
                report_outside(plan, gone, b"")
    elif candidate.n_requests == 0 and not _assay.has_failure():
        raise Refused(FAULT_TESTS) from ValueError("the tests never called the candidate's code")


class Examination:
    """The tests of a task: planned once, examined with one candidate after the other.

    `sources` are all texts that are executed here.
    """

    def __init__(self, plan, prompt, setup, aliases):
        self.plan = plan
        self.prompt = prompt
        self.aliases = aliases
        self.sources = [prompt, setup, *plan.sources]
        self.used = names_used(plan.code)
        self.candidate = None
        self.has_traces = None
        forget_importable()

    def begin(self):
        """Before anything of the next candidate arrives. Waits until its code is loaded."""
        is_first = self.candidate is None
        self.candidate = prepared.pop() if prepared else Candidate()
        layout.prompt_lines = 0
        if is_first:
            self.announce()
        else:
            _assay.plan_again()
        _assay.state(STATE_LOADING)
        guard(self.candidate, self.used, *self.sources)
        wait_until_loaded(self.candidate)

    def announce(self):
        self.plan.announce(b"", b"")

    def may_go_on(self):
        """Whether this process is as it was: nothing was done on the candidate's behalf but to read
        plain data, and the tests change nothing that outlives their namespace."""
        if not _assay.may_rest() or self.candidate.gone is not None or self.candidate.n_served > 0:
            return False
        if self.has_traces is None:
            self.has_traces = traces.may_leave(self.sources)
        return not self.has_traces


class Check(Examination):
    def __init__(self, prompt, entry_point, setup, tests, aliases):
        plan = make_plan(plan_source, tests[0] if tests else b"", b"check", True)
        super().__init__(plan, prompt, b"", aliases)
        refuse_inseparable(plan.sources, prompt, entry_point, aliases)
        self.entry_point = entry_point
        self.used = self.used - {"check"}

    def announce(self):
        self.plan.announce(parameter_of(self.plan.code, "check"), self.entry_point)

    def examine(self):
        self.begin()
        candidate = self.candidate
        name = self.entry_point.decode("utf-8", "replace")
        if name not in candidate.names:
            candidate.end()
            raise Refused(FAULT_LOAD) from NameError("the code does not define %r" % name)
        namespace = prepare(candidate, self.prompt, self.used, name, self.aliases)
        _assay.state(STATE_TESTING)
        call_check(self.plan, namespace, candidate.take(name), candidate.asked)
        finish(candidate, self.plan)


def run_setup(code, namespace, plan, candidate):
    """Whether the tests can go on. What the candidate raises here may quote what it was given, so it is
    told of the first test, and not as an error of loading."""
    try:
        exec(code, namespace)
    except BaseException as error:
        if not is_candidates(error, candidate.asked):
            raise Refused(FAULT_TESTS) from error
        report_outside(plan, error, b"")
        return False
    candidate.settle_all()
    return True


class Asserts(Examination):
    def __init__(self, prompt, entry_point, setup, tests, aliases):
        plan = make_plan(plan_asserts, tests, True)
        super().__init__(plan, prompt, setup, aliases)
        refuse_inseparable([setup, *plan.sources], prompt, entry_point, aliases)
        self.name = entry_point.decode("utf-8", "replace")
        self.setup = make_plan(examinee.compile_code, setup, TESTS_FILE) if setup else None
        if setup:
            self.used |= names_used(self.setup)

    def examine(self):
        self.begin()
        candidate = self.candidate
        namespace = prepare(candidate, self.prompt, self.used, self.name, self.aliases)
        _assay.state(STATE_TESTING)
        if self.setup is None or run_setup(self.setup, namespace, self.plan, candidate):
            execute_tests(self.plan, namespace, candidate.asked)
        finish(candidate, self.plan)


class Once:
    """Tests that get a process for each candidate: their framework has a state of its own."""

    def __init__(self, function, *task):
        self.function = function
        self.task = task

    def examine(self):
        self.function(*self.task)

    def may_go_on(self):
        return False


# ---------------------------------------------------------------- before the fork

REHEARSED = b"""
class Error(Exception):
    pass
class Thing:
    def __init__(self, x):
        self.x = x
    def __len__(self):
        return 1
def f(x, y=0):
    if x == 0:
        raise ValueError("no")
    return [x, {"y": y}, (1.5, None)]
def sort(xs):
    xs.sort()
def apply(g, x):
    return g(x)
"""
REHEARSED_TESTS = b"""
def check(candidate):
    xs = [3, 1]
    assert candidate(1, y=[2]) == [1, {"y": [2]}, (1.5, None)]
    out = candidate(xs)
    assert out is not xs and sort(xs) is None
    assert all(f(i) for i in range(3)), "text"
"""


def rehearse():
    """Both halves of an examination in this process, up to what leaves records behind."""
    plan = plan_source(REHEARSED_TESTS, b"check", True)
    plan_asserts([b"assert f(1) == 2", b"x = f([1, 2], 'a')\nassert x == {3}"], True)
    to_examinee, to_examiner = deque(), deque()

    def receive_theirs():
        while not to_examinee:
            candidate.answer(*candidate.receive())
        return to_examinee.popleft()

    def receive():
        while not to_examiner:
            examinee.serve_one(theirs)
        return to_examiner.popleft()

    theirs = Peer(lambda *frame: to_examiner.append(frame), receive_theirs)
    candidate = Candidate(lambda *frame: to_examinee.append(frame), receive)
    module = ModuleType("candidate")
    theirs.ident_of(module)
    examinee.load_for(theirs, b"", REHEARSED, b"f", b"", module)
    wait_until_loaded(candidate)
    rehearse_calls(bind_sample(plan, candidate))
    candidate.end()
    layout.code = b""
    layout.prompt_lines = 0


def bind_sample(plan, candidate):
    namespace = {}
    used = names_used(plan.code) | {"Thing", "apply", "Error"}
    bind(namespace, candidate, used, "f")
    return namespace


def rehearse_calls(names):
    f, thing = names["f"], names["Thing"](3)
    for value in (1, 2.5, "text", [1, 2], {"a": (1,)}, None):
        f(value, y=value)
    names["sort"]([3, 1, 2])
    names["apply"](lambda x: x + 1, 1)
    len(thing), thing.x
    try:
        f(0)
    except ValueError as error:
        texts.explain(error, 100)
