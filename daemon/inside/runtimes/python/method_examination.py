"""The course of an examination of kind unittest or pytest: split, or in the candidate's process.

The plan is made and announced first; then the framework is imported, while the candidate loads in
its own cell; then the source is executed, which defines the tests, and the framework runs them.
"""

import sys
from types import ModuleType

import _assay
import examinee
import split
import texts
from method_plan import noted
from method_report import Tally
from plan import (
    FAULT_COMPILE,
    FAULT_LOAD,
    FAULT_TESTS,
    HELPERS,
    STATE_LOADING,
    STATE_TESTING,
    Refused,
    is_candidates,
    make_plan,
)
from remote import is_builtin, names_used
from texts import TESTS_FILE, __builtins__, layout

__assay__ = layout


class Kind:
    """`plan(source, is_split)`; `framework()`, hidden; `run(framework, plan, namespace, tally)`."""

    def __init__(self, plan, framework, run):
        self.plan = plan
        self.framework = framework
        self.run = run


def plan_of(kind, tests, is_split):
    return make_plan(kind.plan, tests[0] if tests else b"", is_split)


def announce(plan):
    """Whether there is anything to run."""
    plan.announce(b"", b"")
    return bool(plan.rewriter.tests)


# ---------------------------------------------------------------- the tests are defined


def define(plan, namespace, tally, framework, modules):
    """Executes the source. Whether there are tests to run now. `modules`: names that stand for the
    candidate's."""
    namespace.update(HELPERS, __builtins__=examinee.BUILTINS)
    try:
        exec(plan.code, namespace)
    except BaseException as error:
        if is_candidates(error):
            tally.fail(0, "", error)
        elif isinstance(error, framework.skip):
            skip_all(plan, tally, str(error))
        elif is_missing_name(error, modules):
            raise Refused(FAULT_LOAD) from error
        elif is_candidates(error, tally.asked):
            tally.fail(0, "", error)
        else:
            raise Refused(FAULT_TESTS) from error
        return False
    tally.end_definition()
    return True


def skip_all(plan, tally, reason):
    is_allowed = tally.may_skip("", False)
    for key, indices in plan.places.items():
        for index in indices:
            tally.skip(index, key, reason, is_allowed)


def is_missing_name(error, modules):
    """Do the tests want a name that the candidate should have defined?"""
    if isinstance(error, ImportError):
        return error.name in modules
    if isinstance(error, AttributeError):
        return str(error).startswith("module 'candidate' has no attribute")
    return isinstance(error, NameError)


# ---------------------------------------------------------------- split


def examine_split(kind, prompt, entry_point, setup, tests, aliases):
    plan = plan_of(kind, tests, True)
    split.refuse_inseparable(plan.sources, prompt, entry_point, aliases)
    if not announce(plan):
        return
    framework = kind.framework()
    framework.show()
    _assay.state(STATE_LOADING)
    candidate = split.prepared[0]
    used = names_used(plan.code)
    split.guard(candidate, used, prompt, *plan.sources)
    split.wait_until_loaded(candidate)
    name = entry_point.decode("utf-8", "replace")
    namespace = split.prepare(candidate, prompt, used, name, aliases)
    tally = Tally(plan, framework, candidate)
    _assay.state(STATE_TESTING)
    if define(plan, namespace, tally, framework, {"candidate", *aliases}):
        kind.run(framework, plan, namespace, tally)
    finish(candidate, plan, tally)


def finish(candidate, plan, tally):
    """Where all is skipped, nothing needs to be asked of the candidate."""
    if candidate.gone is None and not tally.has_passed:
        candidate.end()
    else:
        split.finish(candidate, plan)


# ---------------------------------------------------------------- in the candidate's process


def examine_shared(kind, prompt, code, entry_point, setup, tests, aliases):
    plan = plan_of(kind, tests, False)
    if not announce(plan):
        return
    noted.is_shared = True
    framework = kind.framework()
    _assay.state(STATE_LOADING)
    module = load_candidate(prompt, code, entry_point, aliases)
    framework.show()
    tally = Tally(plan, framework)
    namespace = new_tests_module(plan, module)
    _assay.state(STATE_TESTING)
    if define(plan, namespace, tally, framework, {"candidate", *aliases}):
        kind.run(framework, plan, namespace, tally)


def load_candidate(prompt, code, entry_point, aliases):
    module = examinee.new_module("candidate", aliases)
    try:
        codes = examinee.compile_candidate(prompt, code, entry_point)
    except Exception as error:
        raise Refused(FAULT_COMPILE) from error
    try:
        examinee.load(codes, module.__dict__)
    except examinee.Unusable as error:
        raise Refused(FAULT_LOAD) from error.__cause__
    return module


def new_tests_module(plan, module):
    """A module of their own, with those names of the candidate's that they use, no builtin's."""
    tests = ModuleType("tests")
    namespace = tests.__dict__
    namespace["__file__"] = TESTS_FILE
    for name in names_used(plan.code):
        if name in module.__dict__ and not is_builtin(name) and name[:2] != "__":
            namespace[name] = module.__dict__[name]
    sys.modules["tests"] = tests
    return namespace
