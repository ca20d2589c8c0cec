"""Tests that are functions or methods, found in their source: the kinds unittest and pytest.

The plan is made of the source alone, before anything of the candidate is known, so that no
candidate decides how many tests there are. What is only made while the source runs (by setattr, in
a function) goes into one further test, GENERATED.

An assert statement stays one; its condition notes the values that make it fail:

    assert a == b, m    becomes    assert compare(line, "==", a, b), m
"""

import ast
from ast import Call, Compare, Constant

import _assay
from plan import HELPERS, Plan, clean, compile_tree, parse
from remote import is_builtin
from rewrite import PREFIX, last_name, name_of
from texts import __builtins__, layout

__assay__ = layout

GENERATED = "generated tests"
GENERATORS = {"setattr", "type", "exec", "eval", "globals", "vars", "load_tests", "new_class",
              "__init_subclass__"}  # fmt: skip

# What decides about a skip without the candidate: modules that tell of the machine.
MACHINE = {"sys", "os", "platform", "unittest", "pytest", "importlib", "shutil"}
SKIPS = {"skip": 0, "skipIf": 1, "skipUnless": 1, "skipif": 1, "expectedFailure": 0, "xfail": 1}
LEAVES = {"skip", "skipTest", "SkipTest", "xfail"}

COMPARE = name_of("compare")
HOLDS = name_of("holds")
FAILS = name_of("fails")


class Method:
    """One test function: `key` as its framework spells it, `count` of its cases."""

    def __init__(self, key, node, owners=(), count=1):
        self.key = key
        self.node = node
        self.count = count
        marks = [mark for part in (node, *owners) for mark in part.decorator_list]
        self.is_marked = any(map(skips_in_any_case, marks))


class MethodPlan(Plan):
    """`places`: key of a test function -> indices of its cases."""

    optional = {GENERATED}  # need not be reached

    def __init__(self, is_split):
        super().__init__(is_split)
        self.is_split = is_split
        self.methods = []
        self.places = {}
        # Keys of tests that are skipped whatever the candidate does: by a decorator, and in their
        # first statement.
        self.marked = set()
        self.leaving = set()
        self.has_load_tests = False

    def add(self, method):
        node = method.node
        self.places[method.key] = []
        if method.is_marked:
            self.marked.add(method.key)
        if leaves_at_once(node):
            self.leaving.add(method.key)
        name = method.key.encode("utf-8", "replace")
        span = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        for _ in range(method.count):
            self.places[method.key].append(len(self.rewriter.tests))
            self.rewriter.tests.append((0, *span, 0, 0, 0, 0, name, 0))

    def add_generated(self):
        self.places[GENERATED] = [len(self.rewriter.tests)]
        self.rewriter.add_unnamed(GENERATED.encode())

    def place(self, key):
        """Indices of the cases of a test that was found while the tests ran."""
        return self.places.get(key) or self.places.get(GENERATED) or [len(self.rewriter.tests) - 1]

    def is_decided(self, key, case=0):
        """Did it fail in an earlier run? Then it is left out."""
        indices = self.place(key)
        return indices[min(case, len(indices) - 1)] in self.rewriter.decided

    def last_of(self, owner):
        """Index of the last case of a class; "": of all."""
        found = [indices[-1] for key, indices in self.places.items()
                 if not owner or key.rpartition(".")[0] == owner]  # fmt: skip
        return found[-1] if found else len(self.rewriter.tests) - 1


def plan_methods(source, is_split, find, drop=None):
    """`find(tree)` gives the test functions; `drop(tree)` takes out what must not run."""
    plan = MethodPlan(is_split)
    source = clean(source)
    plan.sources.append(source)
    tree = parse(source)
    if drop is not None:
        drop(tree)
    plan.methods, is_generating = find(tree)
    for method in plan.methods:
        plan.add(method)
    if is_generating:
        plan.add_generated()
    plan.has_load_tests = any(getattr(node, "name", "") == "load_tests" for node in tree.body)
    plan.rewriter.rewrite_plain(tree)
    for node in ast.walk(tree):
        if type(node) is ast.Assert:
            note_values(node)
    plan.code = compile_tree(tree)
    return plan


# ---------------------------------------------------------------- finding tests


def is_function(node):
    return type(node) in (ast.FunctionDef, ast.AsyncFunctionDef)


def functions_of(node):
    """The functions that a class body defines in any case, by name."""
    return {inner.name: inner for inner in node.body if is_function(inner)}


def classes_of(tree):
    """The classes that the source defines in any case and does not delete, by name; a later one
    replaces an earlier."""
    classes = {node.name: node for node in tree.body if type(node) is ast.ClassDef}
    deleted = {target.id for node in tree.body if type(node) is ast.Delete
               for target in node.targets if type(target) is ast.Name}  # fmt: skip
    return classes, deleted


def inherited_functions(node, classes, depth=0):
    """Own and inherited functions of a class, as far as the source has them."""
    functions = {}
    if depth < 20:
        for base in reversed(node.bases):
            parent = classes.get(last_name(base))
            if parent is not None and parent is not node:
                functions.update(inherited_functions(parent, classes, depth + 1))
    functions.update(functions_of(node))
    for inner in node.body:  # test_x = None
        if type(inner) is ast.Assign:
            for target in inner.targets:
                functions.pop(getattr(target, "id", None), None)
    return functions


def makes_tests(tree, known):
    """May the source make tests that are not seen in it? `known`: ids of the functions that are, or
    that are none."""
    left = list(tree.body)
    while left:
        node = left.pop()
        if id(node) in known:
            continue
        if is_function(node) and (node.name in GENERATORS or node.name[:4] == "test"):
            return True
        if type(node) is Call and type(node.func) is ast.Name and node.func.id in GENERATORS:
            if node.func.id != "type" or len(node.args) == 3:
                return True
        left.extend(ast.iter_child_nodes(node))
    return False


# ---------------------------------------------------------------- skips


def is_of_machine(expression):
    """Is it made of constants and of what modules tell of the machine? A text is code."""
    if type(expression) is Constant:
        return type(expression.value) is not str
    names = {node.id for node in ast.walk(expression) if type(node) is ast.Name}
    return all(name in MACHINE or is_builtin(name) for name in names)


def skips_in_any_case(decorator):
    """unittest.skip("..."), pytest.mark.skipif(sys.version_info < ...), expectedFailure..."""
    if type(decorator) is not Call:
        return last_name(decorator) in ("skip", "expectedFailure", "xfail")
    name = last_name(decorator.func)
    if name not in SKIPS:
        return False
    conditions = decorator.args[: SKIPS[name]]
    conditions += [word.value for word in decorator.keywords if word.arg == "condition"]
    return all(map(is_of_machine, conditions))


def leaves_at_once(function):
    """Is the first thing that it does to skip itself?"""
    for statement in function.body:
        if type(statement) is ast.Expr and type(statement.value) is Constant:
            continue
        if type(statement) is ast.Raise:
            raised = statement.exc
            return last_name(raised.func if type(raised) is Call else raised) in LEAVES
        if type(statement) is ast.Expr and type(statement.value) is Call:
            return last_name(statement.value.func) in LEAVES
        return False
    return False


# ---------------------------------------------------------------- assertions

SIGNS = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


def note_values(assertion):
    test = assertion.test
    line = Constant(assertion.lineno)
    if type(test) is Compare and len(test.ops) == 1 and type(test.ops[0]) in SIGNS:
        sign = Constant(SIGNS[type(test.ops[0])])
        call = Call(COMPARE, [line, sign, test.left, test.comparators[0]], [])
    elif type(test) is ast.UnaryOp and type(test.op) is ast.Not:
        call = Call(FAILS, [line, test.operand], [])
    else:
        call = Call(HOLDS, [line, test], [])
    assertion.test = ast.fix_missing_locations(ast.copy_location(call, test))


OPERATORS = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}


class Noted:
    """Line, sign and values of the assert statement that failed last. One a process."""

    values = None
    is_shared = False  # the tests run in the candidate's process


noted = Noted()


def equals(left, right):
    """As `==` says. In the candidate's process its objects have no say against plain data."""
    if not noted.is_shared:
        return left == right
    if is_of_tests(left) or is_of_tests(right):
        return left == right
    return _assay.holds(left, right) and _assay.holds(right, left)


def is_of_tests(value):
    """Objects that are made to be compared, such as mock.ANY and pytest.approx."""
    return str(type(value).__module__).partition(".")[0] in ("tests", "unittest", "_pytest")


def compare(line, sign, left, right):
    truth = equals(left, right) if sign == "==" else OPERATORS[sign](left, right)
    if not truth:
        noted.values = (line, sign, left, right)
    return truth


def holds(line, value):
    truth = True if value else False  # asked once
    if not truth:
        noted.values = (line, "", value, True)
    return truth


def fails(line, value):
    truth = False if value else True
    if not truth:
        noted.values = (line, "", value, False)
    return truth


HELPERS.update({PREFIX + "compare": compare, PREFIX + "holds": holds, PREFIX + "fails": fails})
