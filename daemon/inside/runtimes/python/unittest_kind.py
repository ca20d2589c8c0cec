"""Tests of kind unittest: each test method is a test. In the judging process.

The methods are run by the real unittest, which in a split examination the candidate cannot reach.
Which of them there are, is read from the source (method_plan.py); what runs is what unittest's
loader finds in the classes. subTest belongs to its method. An expected failure counts as skipped:
that a test fails is no evidence for the candidate.
"""

import ast

import _assay
import method_examination as examination
import method_plan
from framework import Framework
from method_plan import Method, classes_of, inherited_functions, makes_tests, plan_methods
from plan import FAULT_TESTS, Refused
from rewrite import last_name
from texts import Gone, __builtins__, layout

__assay__ = layout

CASES = {"TestCase", "IsolatedAsyncioTestCase"}


# ---------------------------------------------------------------- the plan


def is_case(node, classes, depth=0):
    """Does the class derive from TestCase, as far as the source says?"""
    for base in node.bases:
        parent = classes.get(last_name(base))
        if last_name(base) in CASES and parent is None:
            return True
        if parent is not None and parent is not node and depth < 20:
            if is_case(parent, classes, depth + 1):
                return True
    return False


def methods_of_case(name, node, classes):
    for function in sorted(inherited_functions(node, classes).values(), key=lambda one: one.lineno):
        if function.name.startswith("test"):
            yield Method("%s.%s" % (name, function.name), function, (node,))


def find_methods(tree):
    classes, deleted = classes_of(tree)
    known = {id(node) for node in tree.body if method_plan.is_function(node)}
    methods = []
    for name, node in classes.items():
        known.update(map(id, node.body))
        if name not in deleted and is_case(node, classes):
            methods += methods_of_case(name, node, classes)
    return methods, makes_tests(tree, known) or has_unknown_bases(classes)


def has_unknown_bases(classes):
    """Test methods in a class whose bases the source does not show."""
    for node in classes.values():
        names = map(last_name, node.bases)
        if node.bases and not is_case(node, classes) and not all(map(classes.get, names)):
            if any(name.startswith("test") for name in inherited_functions(node, classes)):
                return True
    return False


def drop_main(tree):
    """unittest.main() would end the process."""
    tree.body = [
        node for node in tree.body
        if not (type(node) is ast.Expr and type(node.value) is ast.Call
                and last_name(node.value.func) == "main")
    ]  # fmt: skip


def plan_unittest(source, is_split):
    return plan_methods(source, is_split, find_methods, drop_main)


# ---------------------------------------------------------------- outcomes


class Result:
    """What unittest tells its outcomes. Not its own class: that writes texts that nobody reads."""

    failfast = False
    buffer = False
    tb_locals = False
    shouldStop = False
    _previousTestClass = None
    _testRunEntered = False
    _moduleSetUpFailed = False

    def __init__(self, tally):
        self.tally = tally
        self.errors = {}  # key of a class, or "": what kept its tests from running
        self.skips = {}  # likewise
        self.current = None  # the test that runs or ran last
        self.has_outcome = False
        self.has_passed_part = False
        self.skip_reason = None

    def index_of(self, test):
        return self.tally.plan.place(key_of(test))[0]

    def fail(self, test, error, part=""):
        self.has_outcome = True
        self.tally.fail(self.index_of(test), key_of(test) + part, error)
        self.shouldStop = self.shouldStop or not self.tally.goes_on

    def startTest(self, test):
        self.tally.begin()
        self.current = test
        self.has_outcome = False
        self.has_passed_part = False
        self.skip_reason = None

    def stopTest(self, test):
        """A method of which a part was skipped has passed if another part has."""
        index = self.index_of(test)
        if not self.has_outcome and self.has_passed_part:
            self.tally.end_case(index, key_of(test), True)
        elif not self.has_outcome and self.skip_reason is not None:
            self.tally.skip(index, key_of(test), self.skip_reason, True)
        self.tally.begin()

    def addSuccess(self, test):
        self.has_outcome = True
        self.tally.end_case(self.index_of(test), key_of(test), True)

    def addFailure(self, test, error):
        self.fail(test, error[1])

    def addError(self, test, error):
        if hasattr(test, "_testMethodName"):
            self.fail(test, error[1])
            return
        key, is_before = holder_of(test)
        if is_before:
            self.errors[key] = error[1]
        else:  # the tests of the class are over: told of its last one
            index = self.tally.plan.last_of(key)
            self.tally.fail(index, str(test), error[1])

    def addSubTest(self, test, part, error):
        if error is None:
            self.has_passed_part = True
        else:
            self.fail(test, error[1], " " + part._subDescription())

    def addSkip(self, test, reason):
        test = getattr(test, "test_case", test)
        if not hasattr(test, "_testMethodName"):
            key, _ = holder_of(test)
            self.skips[key] = (reason, self.tally.may_skip(key, False))
        elif self.tally.may_skip(key_of(test), is_marked(test)):
            self.skip_reason = reason
        else:
            self.has_outcome = True
            self.tally.skip(self.index_of(test), key_of(test), reason, False)

    def addExpectedFailure(self, test, error):
        if isinstance(error[1], Gone):
            self.fail(test, error[1])
            return
        self.has_outcome = True
        is_allowed = self.tally.may_fail(key_of(test))
        reason = "failed, as the tests expect"
        self.tally.skip(self.index_of(test), key_of(test), reason, is_allowed)

    def addUnexpectedSuccess(self, test):
        self.has_outcome = True
        self.tally.fail_with(self.index_of(test), key_of(test), "the tests expect it to fail")


def key_of(test):
    return "%s.%s" % (type(test).__qualname__, test._testMethodName)


def is_marked(test):
    method = getattr(test, test._testMethodName)
    return any(getattr(part, "__unittest_skip__", False) for part in (type(test), method))


def holder_of(holder):
    """(class, is it before?) of `setUpClass (tests.TestX)` or `tearDownModule (tests)`"""
    what, _, name = str(holder.description).rstrip(")").partition(" (")
    return name.partition(".")[2], what.startswith("setUp")


# ---------------------------------------------------------------- running


def strict_case(case):
    """TestCase asks `is` and, in the candidate's process, `==` as assertions do."""
    equal = case.assertEqual

    def assertEqual(self, first, second, msg=None):
        equal(self, first, second, msg)
        if method_plan.noted.is_shared and not method_plan.equals(first, second):
            self.fail(self._formatMessage(msg, "%r != %r" % (first, second)))

    def assertIs(self, expr1, expr2, msg=None):
        if not _assay.identical(expr1, expr2):
            self.fail(self._formatMessage(msg, "%r is not %r" % (expr1, expr2)))

    def assertIsNot(self, expr1, expr2, msg=None):
        if _assay.identical(expr1, expr2):
            self.fail(self._formatMessage(msg, "unexpectedly identical: %r" % (expr1,)))

    for function in (assertEqual, assertIs, assertIsNot):
        setattr(case, function.__name__, function)


def suites_of(unittest, plan, namespace):
    """A suite for each class, or the one of load_tests."""
    loader = unittest.TestLoader()
    classes = []
    for value in namespace.values():
        if isinstance(value, type) and issubclass(value, unittest.TestCase):
            if value not in classes:
                classes.append(value)
    suites = [loader.loadTestsFromTestCase(case) for case in classes]
    if plan.has_load_tests:
        return [namespace["load_tests"](loader, unittest.TestSuite(suites), None)]
    return suites


def tests_in(suite):
    if hasattr(suite, "_testMethodName"):
        yield suite
    else:
        for inner in suite:
            yield from tests_in(inner)


def run_suites(unittest, plan, namespace, tally):
    suites = suites_of(unittest, plan, namespace)
    tests = [test for suite in suites for test in tests_in(suite)]
    if not tests:
        raise Refused(FAULT_TESTS) from ValueError("the tests define no test method")
    if plan.rewriter.decided:
        tests = [test for test in tests if not plan.is_decided(key_of(test))]
        suites = [unittest.TestSuite(tests)]
    for test in tests:
        tally.expect(plan.place(key_of(test))[0])
    tally.begin()
    result = Result(tally)
    try:
        unittest.TestSuite(suites).run(result)
    except BaseException as error:  # KeyboardInterrupt, which unittest lets go
        if result.current is None:
            raise Refused(FAULT_TESTS) from error
        result.fail(result.current, error)
    skip_classes(plan, tally, result)
    tally.complete(result.errors)


def skip_classes(plan, tally, result):
    """Classes and modules whose set-up raised SkipTest."""
    for key, indices in plan.places.items():
        skip = result.skips.get(key.rpartition(".")[0], result.skips.get(""))
        if skip is not None and indices[0] not in tally.reached and key not in plan.optional:
            tally.skip(indices[0], key, *skip)


# ---------------------------------------------------------------- the two examinations


def make_framework():
    framework = Framework("unittest")
    strict_case(framework.module.TestCase)
    return framework


# Made before the fork: nobody pays for it, and no candidate has touched it.
prepared = make_framework()


def framework():
    return prepared


def run(framework, plan, namespace, tally):
    run_suites(framework.module, plan, namespace, tally)


def examine_split(*job):
    examination.examine_split(KIND, *job)


def examine_shared(*job):
    examination.examine_shared(KIND, *job)


KIND = examination.Kind(plan_unittest, framework, run)

REHEARSED = b"""
import unittest
class TestSample(unittest.TestCase):
    def setUp(self):
        self.xs = [1, 2]
    @unittest.skip("text")
    def test_one(self):
        for x in self.xs:
            self.assertEqual(f(x), x)
    def test_two(self):
        with self.assertRaises(ValueError):
            f(None)
        assert f(1) == 1 and not f(0), "text"
if __name__ == "__main__":
    unittest.main()
"""


def rehearse():
    """Before the fork: the interpreter specializes what runs often."""
    plan_unittest(REHEARSED, True)
