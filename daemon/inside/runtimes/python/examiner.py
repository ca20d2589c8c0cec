"""Examines one candidate: prepares the tests, has the code loaded, runs the tests.

Runs in the forked child. Outcomes go straight to C (judge.c, outcomes.c), which writes the records;
nothing here says "passed".

What the tests are, says plan.py. In a split examination the candidate is in another cell, split.py.
"""

import collections
import datetime
import decimal
import fractions
import functools
import gc
import os
import sys

import _assay
import call_plan
import callee
import calls
import contrary
import control
import examinee
import program
import pytest_kind
import shared
import split
import texts
import unittest_kind
from examinee import Unusable
from plan import (
    FAULT_COMPILE,
    FAULT_LOAD,
    FAULT_PROGRAM,
    FAULT_TESTS,
    HELPERS,
    STATE_LOADING,
    STATE_TESTING,
    Refused,
    Stop,
    call_check,
    execute_tests,
    make_plan,
    parameter_of,
    plan_asserts,
    plan_source,
    report_outside,
)
from texts import TESTS_FILE, __builtins__, layout

__assay__ = layout  # marks frames as ours

KIND_CHECK = 1
KIND_ASSERTS = 2
KIND_PROGRAM = 3
KIND_STDIO = 4
KIND_UNITTEST = 5
KIND_PYTEST = 6
KIND_CALLS = 7

ROLE_EXAMINER = 1
ROLE_EXAMINEE = 2
ROLE_PLANNER = 4
ROLE_CALLEE = 5

FAULT_BYTES = 4096

# What modules of the zygote want to be called at a fork: (before, after in child, after in parent).
fork_handlers = []
# Who may notice that they were not: programs that draw random numbers, start threads or fork.
NOTICES_FORK = (b"random", b"thread", b"fork", b"rocess", b"concurrent", b"asyncio")

# Their own == may be asked about a candidate's answer.
TRUSTED = (
    collections.Counter,
    collections.OrderedDict,
    collections.defaultdict,
    collections.deque,
    datetime.date,
    datetime.datetime,
    datetime.time,
    datetime.timedelta,
    datetime.timezone,
    decimal.Decimal,
    fractions.Fraction,
    range,
)
STDOUT = sys.stdout
STDERR = sys.stderr


def compile_candidate(prompt, code, name):
    try:
        return examinee.compile_candidate(prompt, code, name)
    except Exception as error:
        raise Refused(FAULT_COMPILE) from error


def load(codes, namespace):
    try:
        examinee.load(codes, namespace)
    except Unusable as error:
        raise Refused(FAULT_LOAD) from error.__cause__


# ---------------------------------------------------------------- the kinds


def examine_check(prompt, code, entry_point, setup, tests, aliases):
    plan = make_plan(plan_source, tests[0] if tests else b"", b"check")
    plan.announce(parameter_of(plan.code, "check"), entry_point)
    shelter = shared.Shelter(plan.sources, plan.code)
    _assay.state(STATE_LOADING)
    name = entry_point.decode("utf-8", "replace")
    module = examinee.new_module("candidate", aliases)
    namespace = module.__dict__
    load(compile_candidate(prompt, code, entry_point), namespace)
    if name not in namespace:
        raise Refused(FAULT_LOAD) from NameError("the code does not define %r" % name)
    shelter.open(namespace, prompt, name)
    _assay.state(STATE_TESTING)
    call_check(plan, shelter.namespace, shelter.namespace[name])


def run_setup(code, namespace):
    """False: it uses names that are not there yet, the candidate's (two tasks of MBPP do)."""
    try:
        exec(code, namespace)
    except NameError:
        return False
    except BaseException as error:
        raise Refused(FAULT_TESTS) from error
    return True


def examine_asserts(prompt, code, entry_point, setup, tests, aliases):
    plan = make_plan(plan_asserts, tests)
    module = examinee.new_module("candidate", aliases)
    namespace = module.__dict__
    prepare = make_plan(examinee.compile_code, setup, TESTS_FILE) if setup else None
    plan.announce(b"", b"")
    codes = [plan.code] if prepare is None else [plan.code, prepare]
    shelter = shared.Shelter([setup, *plan.sources], *codes)
    is_prepared = prepare is None or run_setup(prepare, namespace)
    if is_prepared:
        shelter.keep(namespace)
    _assay.state(STATE_LOADING)
    load(compile_candidate(prompt, code, entry_point), namespace)
    shelter.open(namespace, prompt, entry_point.decode("utf-8", "replace"))
    if not is_prepared:
        load([prepare], shelter.namespace)
    _assay.state(STATE_TESTING)
    execute_tests(plan, shelter.namespace)


def examine_calls(prompt, code, entry_point, setup, tests, aliases):
    plan, name = calls.make(entry_point, tests)
    namespace = examinee.new_module("candidate", aliases).__dict__
    load(compile_candidate(prompt, code, entry_point), namespace)
    calls.examine(plan, name, namespace)


def is_good_exit(error):
    return isinstance(error, SystemExit) and error.code in (0, None)


def examine_program(prompt, code, entry_point, setup, tests, aliases):
    plan = make_plan(plan_source, tests[0] if tests else b"", b"program")
    plan.announce(b"", b"")
    _assay.state(STATE_LOADING)
    namespace = examinee.new_module("__main__", aliases).__dict__
    load(compile_candidate(prompt, code, entry_point or b" "), namespace)
    _assay.state(STATE_TESTING)
    namespace.update(HELPERS, __builtins__=examinee.BUILTINS)
    try:
        exec(plan.code, namespace)
    except Stop:
        return
    except BaseException as error:
        if not is_good_exit(error) or texts.blames_candidate(error):
            report_program(plan, error)
            return
    if plan.is_whole:
        _assay.done(0)


def report_program(plan, error):
    if not plan.is_whole:
        raise Refused(FAULT_PROGRAM) from error
    report_outside(plan, error, b"program")


EXAMINATIONS = {
    KIND_CHECK: examine_check,
    KIND_ASSERTS: examine_asserts,
    KIND_PROGRAM: examine_program,
    KIND_UNITTEST: unittest_kind.examine_shared,
    KIND_PYTEST: pytest_kind.examine_shared,
    KIND_CALLS: examine_calls,
}
# Of a candidate in another cell: plans the tests; has examine() and may_go_on().
SPLIT_EXAMINATIONS = {
    KIND_CHECK: split.Check,
    KIND_ASSERTS: split.Asserts,
    KIND_CALLS: calls.Calls,
    KIND_UNITTEST: functools.partial(split.Once, unittest_kind.examine_split),
    KIND_PYTEST: functools.partial(split.Once, pytest_kind.examine_split),
}

PLANNED = {KIND_CHECK: "check", KIND_ASSERTS: "asserts", KIND_CALLS: "calls"}


# ---------------------------------------------------------------- one run


def flush(*streams):
    for stream in streams:
        try:
            stream.flush()
        except BaseException:
            pass


def call_fork_handlers(*sources):
    """What the interpreter would have done after the fork, and will do after the candidate's own."""
    source = b"\n".join(sources)
    if not any(word in source for word in NOTICES_FORK):
        return
    for before, in_child, in_parent in fork_handlers:
        if in_child is not None:
            in_child()
        names = {"before": before, "after_in_child": in_child, "after_in_parent": in_parent}
        os.register_at_fork(**{name: value for name, value in names.items() if value is not None})


def describe_refusal(cause):
    if isinstance(cause, texts.Gone):
        return texts.describe_end(cause, "the code was loaded")
    return texts.describe(cause, FAULT_BYTES)


# The tests that this process examines, for the next candidate.
planned = []


def examine_split():
    """Whether another candidate may follow."""
    try:
        planned[0].examine()
    except Refused as refused:
        _assay.fault(refused.fault, *describe_refusal(refused.__cause__))
    return planned[0].may_go_on()


def run(job):
    """One run. Of an examiner: whether it can examine another candidate, by run(None) with the same
    tests, or by run(job) with others."""
    if job is None:
        return examine_split()
    kind, prompt, code, entry_point, setup, tests, files, modules, called, references, role = job
    aliases = [name.decode("utf-8", "replace") for name in modules]
    try:
        call_fork_handlers(prompt, code, setup, *tests, *files)
        gc.enable()
        examinee.write_files(files)
        if kind == KIND_STDIO:
            return program.run(code, aliases)
        if role == ROLE_EXAMINEE:
            examinee.serve(prompt, code, entry_point, setup, aliases)
        elif role == ROLE_EXAMINER:
            task = (prompt, entry_point, setup, tests, aliases)
            if kind == KIND_CALLS:
                task = (*task, references)
            planned.clear()
            planned.append(SPLIT_EXAMINATIONS[kind](*task))
            return examine_split()
        elif role == ROLE_PLANNER:
            call_plan.make(PLANNED[kind], prompt, entry_point, setup, tests, aliases, references)
        elif role == ROLE_CALLEE:
            needed = entry_point if kind in (KIND_CHECK, KIND_CALLS) else b""
            callee.serve(prompt, code, entry_point, setup, aliases, called, needed)
        elif _assay.is_control() and kind in (KIND_UNITTEST, KIND_PYTEST):
            _assay.plan([], [], b"", b"")  # a method without an expectation would pass: no control
        else:
            make_plan(control.alter_tests, tests, kind == KIND_CALLS)
            EXAMINATIONS[kind](prompt, code, entry_point, setup, tests, aliases)
    except Refused as refused:
        _assay.fault(refused.fault, *describe_refusal(refused.__cause__))
    flush(sys.stdout, sys.stderr, STDOUT, STDERR)
    return False


REHEARSED = b"""
def check(candidate):
    x = [1.5, "a", (2, {3: None})]
    assert candidate(x, y=2) == [True, False], "text %d" % 3
    assert not candidate()
    for i in range(3):
        assert abs(candidate(i) - 1) < 1e-6
    try:
        assert candidate("a") is None
    except ValueError:
        pass
"""


def rehearse():
    """Runs what a run needs on a sample, before the fork."""
    shared.rehearse(plan_source(REHEARSED, b"check"))
    plan_asserts([b"assert f(1) == 2", b"assert f([1, 2], 'a') == {3}"])
    calls.plan_calls("f", [b"[1, {}]", b'{"x": 2}', b"null", b""], True)
    examinee.compile_candidate(b"def f(x):\n    ''' text '''\n", b"    return x + 1\n", b"f")
    layout.code = b""
    layout.prompt_lines = 0
    unittest_kind.rehearse()
    split.rehearse()
    call_plan.rehearse()
    callee.rehearse()


HELPERS.update(contrary.HELPERS)
_assay.reporters(texts.render, texts.render_both, texts.explain)
_assay.trust(TRUSTED)
