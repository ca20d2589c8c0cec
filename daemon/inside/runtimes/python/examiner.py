"""Examines one candidate: prepares the tests, has the code loaded, runs the tests.

Runs in the forked child, here still in the candidate's own process. Outcomes go straight to C
(judge.c), which writes the records; nothing here says "passed".

What counts as a test: every assert statement of the test source that rewrite.py takes over, wherever
it stands; of `asserts`, every text; of a source without any, the source as a whole. The plan counts
all of them before the candidate's code runs; the end says how many were reached. One that stands in
a branch not taken stays NOT_RUN and is no failure. What the tests raise outside an assertion is told
of the next test that it kept from running.
"""

import ast
import collections
import datetime
import decimal
import fractions
import gc
import os
import re
import sys

import _assay
import examinee
import program
import texts
from examinee import Unusable
from rewrite import PREFIX, Rewriter, done, guard
from texts import TESTS_FILE, __builtins__, layout

__assay__ = layout  # marks frames as ours

KIND_CHECK = 1
KIND_ASSERTS = 2
KIND_PROGRAM = 3
KIND_STDIO = 4

STATE_LOADING = 1
STATE_TESTING = 2

FAULT_COMPILE = 1
FAULT_LOAD = 2
FAULT_TESTS = 3
FAULT_PROGRAM = 4

FAULT_BYTES = 4096
TESTS_MAX = 65536

Stop = _assay.Stop
HELPERS = {
    PREFIX + name: getattr(_assay, name)
    for name in ("equal", "same", "true", "false", "message", "raised", "done")
}
# What modules of the zygote want to be called at a fork: (before, after in child, after in parent).
fork_handlers = []
# Who may notice that they were not: programs that draw random numbers, start threads or fork.
NOTICES_FORK = re.compile(rb"random|thread|fork|[Pp]rocess|concurrent|asyncio")

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


class Refused(Exception):
    """The examination cannot go on; __cause__ is told."""

    def __init__(self, fault):
        self.fault = fault


class Plan:
    """The tests, compiled. `is_whole`: they have no assertions, so all of them are one test."""

    def __init__(self):
        self.rewriter = Rewriter()
        self.sources = []
        self.code = None
        self.is_whole = False

    def announce(self, parameter, entry_point):
        if len(self.rewriter.tests) > TESTS_MAX:
            raise Refused(FAULT_TESTS) from ValueError("more than %d tests" % TESTS_MAX)
        layout.tests = self.sources
        _assay.plan(self.sources, self.rewriter.tests, parameter, entry_point)


def clean(source):
    """As the compiler sees it: positions of the ast module then hold for the bytes."""
    source = examinee.without_bom(source)
    if b"\r" in source:
        source = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return source


def parse(source):
    return compile(source, TESTS_FILE, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)


def compile_tree(tree):
    return compile(tree, TESTS_FILE, "exec", dont_inherit=True)


def can_fail(tree):
    """Without a call or an exception nothing of the candidate is tried: such tests are none."""
    return any(type(node) in (ast.Call, ast.Raise) for node in ast.walk(tree))


def plan_source(source, name):
    plan = Plan()
    source = clean(source)
    plan.sources.append(source)
    tree = parse(source)
    plan.rewriter.rewrite(tree)
    if not plan.rewriter.tests and can_fail(tree):
        plan.is_whole = True
        plan.rewriter.add_unnamed(name)
    plan.code = compile_tree(tree)
    return plan


def plan_asserts(asserts):
    """Each text is one test, whatever it holds; ordinarily a single assert statement."""
    plan = Plan()
    rewriter = plan.rewriter
    body = []
    has_trial = False
    for index, source in enumerate(asserts):
        source = clean(source)
        plan.sources.append(source)
        rewriter.source = index
        tree = parse(source)
        if len(tree.body) == 1 and type(tree.body[0]) is ast.Assert:
            rewriter.rewrite(tree)
            body += tree.body
            has_trial = True
        else:
            has_trial = has_trial or can_fail(tree)
            number = ast.Constant(index, lineno=1, col_offset=0)
            body.append(guard([*tree.body, done(number, 1, 0)], number, 1, 0))
            lines = source.split(b"\n")
            rewriter.tests.append((index, 1, 0, len(lines), len(lines[-1]), 0, 0, 0, 0, b"", 0))
    if asserts and not has_trial:
        raise ValueError("the tests hold neither an assertion nor a call")
    plan.code = compile_tree(ast.Module(body, []))
    return plan


def make_plan(maker, *arguments):
    try:
        return maker(*arguments)
    except Exception as error:
        raise Refused(FAULT_TESTS) from error


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


def execute_tests(plan, namespace):
    """At the top level of the tests: whose fault is what they raise?"""
    namespace.update(HELPERS, __builtins__=examinee.BUILTINS)
    try:
        exec(plan.code, namespace)
    except Stop:
        return False
    except BaseException as error:
        if not texts.blames_candidate(error):
            raise Refused(FAULT_TESTS) from error
        report_outside(plan, error, b"")
        return False
    return True


def report_outside(plan, error, name):
    """The tests raised outside any assertion: told of the test that it kept from running."""
    if not plan.rewriter.tests:
        raise Refused(FAULT_TESTS) from error
    try:
        _assay.raised(_assay.place(0, texts.tests_line(error)), name)
    except Stop:
        pass


# ---------------------------------------------------------------- the three kinds


def parameter_of(code, function):
    """Name of the first parameter of a function that this code defines; "" if there is none."""
    for constant in code.co_consts:
        if hasattr(constant, "co_name") and constant.co_name == function and constant.co_argcount:
            return constant.co_varnames[0].encode()
    return b""


def examine_check(prompt, code, entry_point, setup, tests, aliases):
    plan = make_plan(plan_source, tests[0] if tests else b"", b"check")
    plan.announce(parameter_of(plan.code, "check"), entry_point)
    _assay.state(STATE_LOADING)
    name = entry_point.decode("utf-8", "replace")
    module = examinee.new_module("candidate", aliases)
    namespace = module.__dict__
    load(compile_candidate(prompt, code, entry_point), namespace)
    if name not in namespace:
        raise Refused(FAULT_LOAD) from NameError("the code does not define %r" % name)
    candidate = namespace[name]
    _assay.state(STATE_TESTING)
    if not execute_tests(plan, namespace):
        return
    check = namespace.get("check")
    if "check" not in plan.code.co_names or not callable(check):
        raise Refused(FAULT_TESTS) from NameError("the tests do not define check(candidate)")
    try:
        check(candidate)
    except Stop:
        return
    except BaseException as error:
        report_outside(plan, error, b"check")
        return
    if plan.is_whole:
        _assay.done(0)


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
    is_prepared = prepare is None or run_setup(prepare, namespace)
    _assay.state(STATE_LOADING)
    codes = compile_candidate(prompt, code, entry_point)
    if not is_prepared:
        codes.append(prepare)
    load(codes, namespace)
    _assay.state(STATE_TESTING)
    execute_tests(plan, namespace)


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
}


# ---------------------------------------------------------------- one run


def flush(*streams):
    for stream in streams:
        try:
            stream.flush()
        except BaseException:
            pass


def call_fork_handlers(*sources):
    """What the interpreter would have done after the fork, and will do after the candidate's own."""
    if not any(map(NOTICES_FORK.search, sources)):
        return
    for before, in_child, in_parent in fork_handlers:
        if in_child is not None:
            in_child()
        names = {"before": before, "after_in_child": in_child, "after_in_parent": in_parent}
        os.register_at_fork(**{name: value for name, value in names.items() if value is not None})


def run(job):
    kind, prompt, code, entry_point, setup, tests, files, modules, role = job
    aliases = [name.decode("utf-8", "replace") for name in modules]
    try:
        call_fork_handlers(prompt, code, setup, *tests, *files)
        gc.enable()
        examinee.write_files(files)
        if kind == KIND_STDIO:
            return program.run(code, aliases)
        EXAMINATIONS[kind](prompt, code, entry_point, setup, tests, aliases)
    except Refused as refused:
        _assay.fault(refused.fault, *texts.describe(refused.__cause__, FAULT_BYTES))
    flush(sys.stdout, sys.stderr, STDOUT, STDERR)


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
    plan_source(REHEARSED, b"check")
    plan_asserts([b"assert f(1) == 2", b"assert f([1, 2], 'a') == {3}"])
    examinee.compile_candidate(b"def f(x):\n    ''' text '''\n", b"    return x + 1\n", b"f")
    layout.code = b""
    layout.prompt_lines = 0


_assay.reporters(texts.render, texts.explain)
_assay.trust(TRUSTED)
