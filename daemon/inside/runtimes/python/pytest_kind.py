"""Tests of kind pytest: each test function is a test, each case of a literal parametrize is one.

The functions are collected and run by the real pytest, which in a split examination the candidate
cannot reach. It gets its module from us: no file, no conftest, no configuration, no plugins but its
own. Which tests there are is read from the source (method_plan.py). Cases that the source does not
count go, together, into the last test of their function.
"""

import ast
import os
import sys
from pathlib import Path

import method_examination as examination
import texts
from framework import Framework
from method_plan import (
    Method,
    classes_of,
    inherited_functions,
    is_function,
    makes_tests,
    plan_methods,
)
from plan import FAULT_TESTS, Refused
from rewrite import last_name
from texts import TESTS_FILE, Gone, __builtins__, layout
from unittest_kind import is_case, prepared

__assay__ = layout

CASES_MAX = 10000
FOLDER = "/tmp"
# Of the candidate's environment, in its own process.
STEERING = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DEBUG", "PYTEST_CURRENT_TEST")
LEFT_OUT = ("cacheprovider", "doctest", "faulthandler", "junitxml", "nose", "pastebin", "stepwise",
            "terminal")  # fmt: skip
ARGUMENTS = ["--noconftest", "--capture=no", "--assert=plain", "--rootdir=" + FOLDER]
ARGUMENTS += ["-c", os.devnull]
for name in LEFT_OUT:
    ARGUMENTS += ["-p", "no:" + name]


# ---------------------------------------------------------------- the plan


def literals_of(tree):
    """Names that the module assigns once, a list or a tuple."""
    values, n_assigned = {}, {}
    for node in ast.walk(tree):
        targets = node.targets if type(node) is ast.Assign else ()
        if type(node) in (ast.AugAssign, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            name = getattr(target, "id", None)
            n_assigned[name] = n_assigned.get(name, 0) + 1
            if type(node) is ast.Assign and node in tree.body:
                values[name] = node.value
    return {name: value for name, value in values.items() if n_assigned[name] == 1}


def count_of(mark, literals):
    """Cases of one decorator; 1 if the source does not say."""
    if type(mark) is not ast.Call or last_name(mark.func) != "parametrize":
        return 1
    values = mark.args[1] if len(mark.args) > 1 else None
    for word in mark.keywords:
        if word.arg == "argvalues":
            values = word.value
    if type(values) is ast.Name:
        values = literals.get(values.id)
    if type(values) not in (ast.List, ast.Tuple):
        return 1
    if any(type(value) is ast.Starred for value in values.elts):
        return 1
    return max(1, len(values.elts))


def method_of(key, function, owners, literals):
    count = 1
    for node in (function, *owners):
        for mark in node.decorator_list:
            count *= count_of(mark, literals)
    if count > CASES_MAX:
        count = 1
    return Method(key, function, owners, count)


def is_test_class(node, classes):
    return node.name.startswith("Test") or is_case(node, classes)


def find_in_class(node, prefix, owners, classes, literals):
    key = prefix + node.name
    owners = (node, *owners)
    functions = sorted(inherited_functions(node, classes).values(), key=lambda one: one.lineno)
    if any(function.name in ("__init__", "__new__") for function in functions):
        return
    for function in functions:
        if function.name.startswith("test"):
            yield method_of("%s.%s" % (key, function.name), function, owners, literals)
    for inner in node.body:
        if type(inner) is ast.ClassDef and is_test_class(inner, classes):
            yield from find_in_class(inner, key + ".", owners, classes, literals)


def find_functions(tree):
    classes, deleted = classes_of(tree)
    literals = literals_of(tree)
    functions = {node.name: node for node in tree.body if is_function(node)}
    methods = [method_of(name, node, (), literals) for name, node in functions.items()
               if name.startswith("test") and name not in deleted]  # fmt: skip
    for name, node in classes.items():
        if name not in deleted and is_test_class(node, classes):
            methods += find_in_class(node, "", (), classes, literals)
    methods.sort(key=lambda method: method.node.lineno)
    known = {id(method.node) for method in methods}
    for node in classes.values():
        known.update(map(id, filter(is_function, node.body)))
    known.update(map(id, functions.values()))
    return methods, makes_tests(tree, known)


def plan_pytest(source, is_split):
    return plan_methods(source, is_split, find_functions)


# ---------------------------------------------------------------- what pytest is told, and tells


def key_of(item):
    name = getattr(item, "originalname", None) or item.name
    return "%s.%s" % (item.cls.__qualname__, name) if item.cls is not None else name


def shown_name(item):
    return "%s.%s" % (item.cls.__qualname__, item.name) if item.cls is not None else item.name


class Recorder:
    """The plugin that gives pytest its module and takes the outcomes."""

    def __init__(self, framework, plan, tests, tally):
        self.framework = framework
        self.pytest = framework.module
        self.plan = plan
        self.tests = tests  # the module
        self.tally = tally
        self.indices = {}  # item -> index
        self.errors = {}
        self.current = None
        self.is_decided = True  # is the outcome of the present item told?

    def collect(self, session):
        self.framework.mark()  # what it has imported since
        tests = self.tests

        class Module(self.pytest.Module):
            def _importtestmodule(self):
                return tests

        module = Module.from_parent(session, path=Path(FOLDER, TESTS_FILE))
        n_asked = self.tally.asked()
        items = list(session.genitems(module))
        self.tally.forget_requests(self.tally.asked() - n_asked)
        session.config.hook.pytest_collection_modifyitems(
            session=session, config=session.config, items=items
        )
        session.config.hook.pytest_collection_finish(session=session)
        self.place(items)
        session.items = items
        session.testscollected = len(items)
        return True

    def place(self, items):
        counts = {}
        for item in items:
            key = key_of(item)
            indices = self.plan.place(key)
            at = counts.get(key, 0)
            counts[key] = at + 1
            self.indices[item] = indices[min(at, len(indices) - 1)]
            if not self.plan.is_decided(key, at):
                self.tally.expect(self.indices[item])
        items[:] = [item for item in items if self.indices[item] not in self.plan.rewriter.decided]

    def collected(self, report):
        if report.failed:
            raise Refused(FAULT_TESTS) from ValueError(str(report.longrepr))

    def start(self, item):
        self.tally.begin()
        self.current = item
        self.is_decided = False

    def take(self, item, call, report):
        if self.is_decided and report.outcome != "failed":
            return
        error = call.excinfo.value if call.excinfo is not None else None
        if report.outcome == "failed" or isinstance(error, Gone):
            self.fail(item, error, report)
        elif report.outcome == "skipped":
            self.skip(item, error, report)
        elif report.when == "teardown":
            self.is_decided = True
            self.tally.end_case(self.indices[item], shown_name(item), True)
        if not self.tally.goes_on:
            item.session.shouldstop = "the examination ends here"

    def fail(self, item, error, report):
        self.is_decided = True
        if error is not None:
            self.tally.fail(self.indices[item], shown_name(item), error)
        else:  # xfail(strict=True) that passed
            text = str(report.longrepr or "the tests expect it to fail")
            self.tally.fail_with(self.indices[item], shown_name(item), text)

    def skip(self, item, error, report):
        self.is_decided = True
        key = key_of(item)
        reason = getattr(report, "wasxfail", None)
        if reason is not None and type(error).__name__ != "XFailed":
            is_allowed = self.tally.may_fail(key)
        else:  # what pytest itself raises for a mark has no frame of the tests
            is_allowed = self.tally.may_skip(key, not texts.frames_of(error))
        if reason is None:
            reason = str(getattr(error, "msg", error))
        self.tally.skip(self.indices[item], shown_name(item), reason, is_allowed)

    def plugin(self):
        """Its hooks, as pytest wants them."""
        recorder = self
        hook = self.pytest.hookimpl

        class Plugin:
            def pytest_collection(self, session):
                return recorder.collect(session)

            def pytest_collectreport(self, report):
                recorder.collected(report)

            @hook(tryfirst=True)
            def pytest_runtest_protocol(self, item):
                recorder.start(item)

            @hook(hookwrapper=True, tryfirst=True)
            def pytest_runtest_makereport(self, item, call):
                outcome = yield
                recorder.take(item, call, outcome.get_result())

            def pytest_keyboard_interrupt(self, excinfo):
                if recorder.current is not None and not recorder.is_decided:
                    recorder.fail(recorder.current, excinfo.value, None)

            def pytest_internalerror(self, excinfo):
                recorder.errors[""] = excinfo.value
                return True

        return Plugin()


# ---------------------------------------------------------------- running


def make_framework():
    for name in STEERING:
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    prepared.show()
    return Framework("pytest")


def run(framework, plan, namespace, tally):
    for name in STEERING:
        os.environ.pop(name, None)
    recorder = Recorder(framework, plan, sys.modules["tests"], tally)
    framework.module.main(list(ARGUMENTS), plugins=[recorder.plugin()])
    cause = recorder.errors.get("")
    if isinstance(cause, Refused):
        raise cause
    if not recorder.indices and cause is None:
        raise Refused(FAULT_TESTS) from ValueError("the tests define no test function")
    tally.complete(recorder.errors)


def examine_split(*job):
    examination.examine_split(KIND, *job)


def examine_shared(*job):
    examination.examine_shared(KIND, *job)


KIND = examination.Kind(plan_pytest, make_framework, run)
