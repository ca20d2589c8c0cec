"""The tests of a job: found in the sources, compiled, announced, executed.

What counts as a test: every assert statement of the test source that rewrite.py takes over, wherever
it stands; of `asserts`, every text; of a source without any, the source as a whole. The plan counts
all of them before the candidate's code runs; the end says how many were reached. One that stands in
a branch not taken stays NOT_RUN and is no failure. What the tests raise outside an assertion is told
of the next test that it kept from running.
"""

import ast

import _assay
import examinee
import texts
from rewrite import PREFIX, Rewriter, done, guard
from texts import TESTS_FILE, __builtins__, layout

__assay__ = layout

STATE_LOADING = 1
STATE_TESTING = 2

FAULT_COMPILE = 1
FAULT_LOAD = 2
FAULT_TESTS = 3
FAULT_PROGRAM = 4
FAULT_INSEPARABLE = 6

TESTS_MAX = 65536

Stop = _assay.Stop
HELPERS = {
    PREFIX + name: getattr(_assay, name)
    for name in ("equal", "same", "true", "false", "message", "raised", "done", "identical", "note", "compared")
}


class Refused(Exception):
    """The examination cannot go on; __cause__ is told."""

    def __init__(self, fault):
        self.fault = fault


class Plan:
    """The tests, compiled. `is_whole`: they have no assertions, so all of them are one test."""

    def __init__(self, is_split=False):
        self.rewriter = Rewriter(is_split)
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


def plan_source(source, name, is_split=False):
    plan = Plan(is_split)
    source = clean(source)
    plan.sources.append(source)
    tree = parse(source)
    plan.rewriter.may_ask_sameness = b" is " in source
    plan.rewriter.rewrite(tree)
    if not plan.rewriter.tests and can_fail(tree) and not _assay.is_control():
        plan.is_whole = True
        plan.rewriter.add_unnamed(name)
    plan.code = compile_tree(tree)
    return plan


def plan_asserts(asserts, is_split=False):
    """Each text is one test, whatever it holds; ordinarily a single assert statement."""
    if _assay.is_control():
        return plan_source(b"\n".join(asserts), b"")
    plan = Plan(is_split)
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
            rewriter.rewrite_plain(tree)
            rewriter.compare(tree.body)
            number = ast.Constant(index, lineno=1, col_offset=0)
            if index not in rewriter.decided:
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


# ---------------------------------------------------------------- running


def execute_tests(plan, namespace, asked=None):
    """At the top level of the tests: whose fault is what they raise? `asked()`: see is_candidates()."""
    namespace.update(HELPERS)
    try:
        exec(plan.code, namespace)
    except Stop:
        return False
    except BaseException as error:
        if not is_candidates(error, asked):
            raise Refused(FAULT_TESTS) from error
        report_outside(plan, error, b"")
        return False
    return True


def is_candidates(error, asked=None):
    """Can the candidate have caused it? `asked()`: how often the tests have asked it for something,
    whose answer they may not have been ready for. A module is missing without that."""
    if isinstance(error, texts.Gone) or texts.blames_candidate(error):
        return True
    return asked is not None and asked() > 0 and not isinstance(error, ImportError)


def report_outside(plan, error, name):
    """The tests raised outside any assertion: told of the test that it kept from running."""
    if not plan.rewriter.tests:
        raise Refused(FAULT_TESTS) from error
    try:
        _assay.raised(_assay.place(0, texts.tests_line(error)), name)
    except Stop:
        pass


def call_check(plan, namespace, candidate, asked=None):
    """Executes the tests, which define check(), and check(candidate)."""
    if not execute_tests(plan, namespace, asked):
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


def parameter_of(code, function):
    """Name of the first parameter of a function that this code defines; "" if there is none."""
    for constant in code.co_consts:
        if hasattr(constant, "co_name") and constant.co_name == function and constant.co_argcount:
            return constant.co_varnames[0].encode()
    return b""
