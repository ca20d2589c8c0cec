"""Turns every assert statement of test code into a test of its own.

    assert a == b, m    becomes    try: equal(i, a, b) or message(i, m)
                                   except: raised(i)

so that a failing assertion is recorded and the next one still runs. The calls go to C (judge.c).

Written by hand and not with ast.NodeTransformer: it looks at statements only and gives each new node
its place at once, which costs a tenth. Where an assertion's exception is wanted by the tests
themselves (in a try that handles it, under pytest.raises) the statement is left alone.
"""

import ast
import builtins
from ast import Assert, BoolOp, Call, Compare, Constant, ExceptHandler, Expr, Load, Name, Or, Try

import _assay
from texts import __builtins__

# Not identifiers, so no honest program has them.
PREFIX = "assay "

FLAG_SWAPPED = 1
FLAG_MESSAGE = 2
FLAG_NOTED = 4

# How the exceptions of an assertion are treated.
RECORD = 0  # recorded, and the next statement runs
LET_GO = 1  # the assertion is a test, but its exceptions belong to a handler of the tests
NATIVE = 2  # not a test

CATCH_ASSERTION = {"AssertionError", "Exception", "BaseException", "failureException"}
EXPECT_EXCEPTION = {"raises", "assertRaises", "assertRaisesRegex", "suppress", "warns", "assertWarns"}
# Calls of these are not what a test is about; what is called for their arguments may be.
AUXILIARY = frozenset(name for name in dir(builtins) if not name[:1].isupper())
AUXILIARY_MODULES = {"math", "cmath", "np", "numpy", "operator", "itertools", "random", "re", "json",
                     "copy", "string", "statistics", "collections", "functools"}  # fmt: skip
ELEMENTS_MAX = 50
CHANGING = {ast.Expr, ast.Assign, ast.AugAssign, ast.Delete}
CHANGING_METHODS = frozenset(
    """add append appendleft clear discard extend extendleft insert pop popitem popleft remove reverse
    setdefault sort update""".split()
)
LITERALS = {ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp}

LOAD = Load()
OR = Or()


def name_of(function):
    return Name(PREFIX + function, LOAD, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)


HOLD = name_of("hold")
PART = name_of("part")
PUT = name_of("put")
SETTLE = name_of("settle")
SETTLE_ALL = name_of("settle_all")
IDENTICAL = name_of("identical")
EQUAL = name_of("equal")
SAME = name_of("same")
TRUE = name_of("true")
FALSE = name_of("false")
MESSAGE = name_of("message")
RAISED = name_of("raised")
DONE = name_of("done")
NOTE = name_of("note")
COMPARED = name_of("compared")


class Rewriter:
    """Rewrites one tree after the other; `tests` gets a tuple for each test, see tests.h.

    Those that an earlier run has decided keep their numbers and do nothing.
    `is_split`: places where changed arguments are settled (remote.py) are marked, too.
    """

    def __init__(self, is_split=False):
        self.tests = []
        self.source = 0
        self.is_split = is_split
        self.may_ask_sameness = True
        self.decided = _assay.decided()
        self.names = set()  # of the results since the last assertion of a list of asserts

    def rewrite(self, tree):
        if self.is_split:
            self.names = self.mark(tree.body, self.names)
        self.walk(tree.body, RECORD, "")

    def rewrite_plain(self, tree):
        """What a text needs that is a test as a whole."""
        if self.is_split:
            self.names = self.mark(tree.body, self.names, True)

    def compare(self, body):
        """Of a text that is one test: its assertions tell what they compared if they fail."""
        for statement in body:
            test = getattr(statement, "test", None)
            if type(statement) is not Assert:
                for inner in bodies_of(statement):
                    self.compare(inner)
            elif type(test) is Compare and len(test.ops) == 1 and type(test.ops[0]) is ast.Eq:
                values = [test.left, test.comparators[0]]
                if type(test.left) in LITERALS:
                    values.reverse()
                number = Constant(self.source, lineno=test.lineno, col_offset=test.col_offset)
                statement.test = Call(
                    COMPARED,
                    [number, *span_of(values[0]), *values],
                    [],
                    lineno=test.lineno,
                    col_offset=test.col_offset,
                )

    def mark(self, body, names, is_plain=False):
        """Marks where changed arguments are settled, see remote.py. `names` are those of results
        that may have such arguments; returns them as they are behind the body. `is_plain`: its
        assertions are no tests, so nobody else settles behind them."""
        marked = []
        for statement in body:
            kind = type(statement)
            if kind in COMPOUND:
                for inner in bodies_of(statement):
                    names = names | self.mark(inner, set(names), is_plain or kind is Try)
                marked.append(statement)
                continue
            is_assertion = kind is Assert or is_assertion_method(statement)
            if is_assertion:
                if names and names.isdisjoint(names_asserted(statement)):
                    marked.append(call_at(SETTLE_ALL, statement))
                    names = set()
                if kind is Assert:
                    settle_within(statement)
            if self.may_ask_sameness and has_sameness(statement):
                statement = sameness.visit(statement)
            marked.append(statement)
            if kind in CHANGING and takes_part(statement):
                marked.append(call_at(PUT, statement))
            if is_assertion and (is_plain or kind is not Assert):
                marked.append(call_at(SETTLE, statement))
            elif is_assertion:
                pass
            elif kind is Expr and type(statement.value) is Call:
                call = statement.value
                if last_name(call.func) == "print" and not has_call_within(call):
                    pass  # shows something and changes nothing
                elif any(map(has_call, call.args)):  # results.append(f(xs)): not dropped
                    names = names | names_in(call.func)
                    marked.append(call_at(HOLD, statement))
                else:
                    marked.append(call_at(SETTLE_ALL, statement))
            elif kind is ast.Assign and has_call(statement.value):
                names = names.union(*map(names_in, statement.targets))
                marked.append(call_at(HOLD, statement))
        body[:] = marked
        return names

    def walk(self, body, mode, scope):
        for at, statement in enumerate(body):
            visit = VISITORS.get(type(statement))
            if visit is None:
                continue
            if visit is not Assert:
                visit(self, statement, mode, scope)
            elif mode != NATIVE:
                body[at] = self.replace(statement, mode, scope)

    # Statements that hold statements.

    def visit_scope(self, statement, mode, scope):
        name = statement.name
        if scope:
            name = scope + "." + name
        self.walk(statement.body, mode, name)

    def visit_block(self, statement, mode, scope):
        self.walk(statement.body, mode, scope)
        self.walk(statement.orelse, mode, scope)

    def visit_with(self, statement, mode, scope):
        inner = mode
        for item in statement.items:
            inner = max(inner, mode_under_manager(item.context_expr))
        self.walk(statement.body, inner, scope)

    def visit_try(self, statement, mode, scope):
        inner = mode
        for handler in statement.handlers:
            inner = max(inner, NATIVE if catches_assertion(handler.type) else LET_GO)
            self.walk(handler.body, mode, scope)
        self.walk(statement.body, inner, scope)
        self.walk(statement.orelse, mode, scope)
        self.walk(statement.finalbody, mode, scope)

    def visit_match(self, statement, mode, scope):
        for case in statement.cases:
            self.walk(case.body, mode, scope)

    # One assertion.

    def replace(self, statement, mode, scope):
        index = len(self.tests)
        line = statement.lineno
        column = statement.col_offset
        number = Constant(index, lineno=line, col_offset=column)
        call, subject, flags = self.judgement(statement.test, number, line, column)
        value = call
        if statement.msg is not None:
            flags |= FLAG_MESSAGE
            message = Call(MESSAGE, [number, statement.msg], [], lineno=line, col_offset=column)
            value = BoolOp(OR, [call, message], lineno=line, col_offset=column)
        self.add(statement, subject, flags, scope)
        if index in self.decided:
            return ast.Pass(lineno=line, col_offset=column)
        result = Expr(value, lineno=line, col_offset=column)
        return guard([result], number, line, column) if mode == RECORD else result

    def judgement(self, test, number, line, column):
        """The call that takes the place of the assertion's expression."""
        kind = type(test)
        if kind is Compare and len(test.ops) == 1:
            operator = type(test.ops[0])
            left = test.left
            right = test.comparators[0]
            if operator is ast.Eq:
                call = Call(EQUAL, [number, left, right], [], lineno=line, col_offset=column)
                if type(left) in LITERALS and type(right) is Call:
                    flag, subject = note_within(right, number)
                    return call, subject, FLAG_SWAPPED | flag
                flag, subject = note_within(left, number)
                return call, subject, flag
            if operator is ast.Is:
                call = Call(SAME, [number, left, right], [], lineno=line, col_offset=column)
                return call, left, 0
        elif kind is ast.UnaryOp and type(test.op) is ast.Not:
            operand = test.operand
            call = Call(FALSE, [number, operand], [], lineno=line, col_offset=column)
            flag, subject = note_within(operand, number, True)
            return call, subject, flag
        call = Call(TRUE, [number, test], [], lineno=line, col_offset=column)
        flag, subject = note_within(test, number, True)
        return call, subject, flag

    def add(self, whole, subject, flags, scope):
        self.tests.append(
            (
                self.source,
                whole.lineno,
                whole.col_offset,
                whole.end_lineno,
                whole.end_col_offset,
                subject.lineno,
                subject.col_offset,
                subject.end_lineno,
                subject.end_col_offset,
                b"" if scope in ("", "check") else scope.encode("utf-8", "replace"),
                flags,
            )
        )

    def add_unnamed(self, name):
        """A test without an assertion of its own, such as a whole program."""
        self.tests.append((self.source, 0, 0, 0, 0, 0, 0, 0, 0, name, 0))


def is_auxiliary(function):
    if type(function) is Name:
        return function.id in AUXILIARY or function.id.startswith(PREFIX)
    if type(function) is ast.Attribute and type(function.value) is Name:
        return function.value.id in AUXILIARY_MODULES
    return False


def first_calls(expressions):
    for expression in expressions:
        calls = tried_calls(expression)
        if calls:
            return calls
    return []


def tried_calls(expression):
    """The calls in it that are likely the candidate's: the first of each part of an and or or."""
    kind = type(expression)
    if kind is Call:
        function = expression.func
        inner = first_calls(expression.args) or first_calls(
            keyword.value for keyword in expression.keywords
        )
        if not inner and type(function) is ast.Attribute:
            inner = tried_calls(function.value)
            if inner and type(inner[0].func) is Name and inner[0].func.id[:1].isupper():
                return [expression]  # a method of an object made on the spot
        return inner or ([] if is_auxiliary(function) else [expression])
    if kind is Compare:
        return first_calls([expression.left, *expression.comparators])
    if kind is ast.BinOp:
        return first_calls([expression.left, expression.right])
    if kind is BoolOp:
        return [call for part in expression.values for call in tried_calls(part)]
    if kind is ast.UnaryOp:
        return tried_calls(expression.operand)
    if kind in (ast.Subscript, ast.Attribute, ast.Starred):
        return tried_calls(expression.value)
    if kind in (ast.List, ast.Tuple, ast.Set):
        return first_calls(expression.elts[:ELEMENTS_MAX])
    if kind in (ast.GeneratorExp, ast.ListComp, ast.SetComp):
        return tried_calls(expression.elt)
    return []


def is_tried(expression, calls):
    """Is it nothing but what a call gave, or a part or an arrangement of that?"""
    kind = type(expression)
    if expression in calls:
        return True
    if kind is Call:
        return all(is_tried(argument, calls) for argument in expression.args)
    if kind in (ast.Subscript, ast.Attribute, ast.Starred):
        return is_tried(expression.value, calls)
    return kind in (Name, Constant)


def span_of(node):
    place = {"lineno": node.lineno, "col_offset": node.col_offset}
    span = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
    return [Constant(part, **place) for part in span]


def note(call, number):
    place = {"lineno": call.lineno, "col_offset": call.col_offset}
    made = Call(call.func, call.args, call.keywords, **place)
    call.func = NOTE
    call.args = [number, *span_of(call), made]
    call.keywords = []


def note_within(expression, number, is_truth=False):
    """(flag, subject): has the calls in an assertion's expression noted, if what they give says more
    than the expression's own value. `is_truth`: that is True or False."""
    if type(expression) in (Name, Constant):
        return 0, expression
    if type(expression) is Call and not is_truth and not is_auxiliary(expression.func):
        return 0, expression
    calls = tried_calls(expression)
    if not calls or calls[0] is expression:
        return 0, expression
    tells = is_truth or not is_tried(expression, calls)
    for call in calls:
        note(call, number)
    return (FLAG_NOTED, calls[0]) if tells else (0, expression)


def call_at(function, statement):
    place = {"lineno": statement.lineno, "col_offset": statement.col_offset}
    return Expr(Call(function, [], [], **place), **place)


def settle_within(statement):
    """assert A and B: what A has changed is settled before B."""
    test = statement.test
    if type(test) is not BoolOp or type(test.op) is not ast.And:
        return
    if any(type(node) is ast.NamedExpr for node in ast.walk(test)):
        return
    parts = test.values[:1]
    for part in test.values[1:]:
        parts += [call_at(SETTLE, part).value, part]
    test.values = parts


def is_assertion_method(statement):
    """self.assertEqual(...) as a statement"""
    if type(statement) is not Expr or type(statement.value) is not Call:
        return False
    function = statement.value.func
    return type(function) is ast.Attribute and function.attr[:6] == "assert"


def names_asserted(statement):
    if type(statement) is Assert:
        return names_in(statement)
    call = statement.value
    return set().union(*map(names_in, (*call.args, *call.keywords)))


def names_in(tree):
    return {node.id for node in ast.walk(tree) if type(node) is Name}


def has_call(expression):
    return any(type(node) is Call for node in ast.walk(expression))


def has_call_within(call):
    return any(map(has_call, (*call.args, *(word.value for word in call.keywords))))


def takes_part(statement):
    """`s.items.append(x)`, `s.items[k] = x`: has the container asked for by part(), see remote.py."""
    changed = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    call = getattr(statement, "value", None)
    if type(call) is Call and type(call.func) is ast.Attribute and call.func.attr in CHANGING_METHODS:
        changed = [call.func]
    for node in changed:
        if node is None or (node is not getattr(call, "func", None) and type(node) is not ast.Subscript):
            continue
        while type(node.value) is ast.Subscript:
            node = node.value
        held = node.value
        if type(held) is ast.Attribute and type(held.value) in (Name, ast.Attribute):
            place = {"lineno": held.lineno, "col_offset": held.col_offset}
            name = Constant(held.attr, **place)
            node.value = Call(PART, [held.value, name], [], **place)
            return True
    return False


def bodies_of(statement):
    for name in ("body", "orelse", "finalbody"):
        inner = getattr(statement, name, None)
        if type(inner) is list:
            yield inner
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def is_sameness(node):
    return (
        type(node) is Compare
        and len(node.ops) == 1
        and type(node.ops[0]) in (ast.Is, ast.IsNot)
        and type(node.comparators[0]) is not Constant
        and type(node.left) is not Constant
    )


def has_sameness(statement):
    return any(map(is_sameness, ast.walk(statement)))


class Sameness(ast.NodeTransformer):
    """`a is b` asks identical(a, b): an argument and what came back for it may be two objects."""

    def visit_Compare(self, node):
        self.generic_visit(node)
        if not is_sameness(node):
            return node
        call = Call(IDENTICAL, [node.left, node.comparators[0]], [])
        result = call if type(node.ops[0]) is ast.Is else ast.UnaryOp(ast.Not(), call)
        return ast.fix_missing_locations(ast.copy_location(result, node))


sameness = Sameness()


def guard(body, number, line, column):
    """try: body; except: raised(number)"""
    report = Call(RAISED, [number], [], lineno=line, col_offset=column)
    report = Expr(report, lineno=line, col_offset=column)
    handler = ExceptHandler(None, None, [report], lineno=line, col_offset=column)
    return Try(body, [handler], [], [], lineno=line, col_offset=column)


def done(number, line, column):
    return Expr(Call(DONE, [number], [], lineno=line, col_offset=column), lineno=line, col_offset=column)


def last_name(expression):
    if type(expression) is Name:
        return expression.id
    return expression.attr if type(expression) is ast.Attribute else ""


def catches_assertion(expression):
    """Does `except EXPRESSION` handle an AssertionError, as far as can be seen?"""
    if expression is None:
        return True
    if type(expression) is ast.Tuple:
        return any(map(catches_assertion, expression.elts))
    return last_name(expression) in CATCH_ASSERTION


def mode_under_manager(expression):
    if type(expression) is not Call or last_name(expression.func) not in EXPECT_EXCEPTION:
        return RECORD
    return NATIVE if any(map(catches_assertion, expression.args)) else LET_GO


COMPOUND = {
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
}
VISITORS = {
    Assert: Assert,
    ast.FunctionDef: Rewriter.visit_scope,
    ast.AsyncFunctionDef: Rewriter.visit_scope,
    ast.ClassDef: Rewriter.visit_scope,
    ast.If: Rewriter.visit_block,
    ast.For: Rewriter.visit_block,
    ast.AsyncFor: Rewriter.visit_block,
    ast.While: Rewriter.visit_block,
    ast.With: Rewriter.visit_with,
    ast.AsyncWith: Rewriter.visit_with,
    ast.Try: Rewriter.visit_try,
}
if hasattr(ast, "Match"):
    VISITORS[ast.Match] = Rewriter.visit_match
    COMPOUND.add(ast.Match)
if hasattr(ast, "TryStar"):
    VISITORS[ast.TryStar] = Rewriter.visit_try
    COMPOUND.add(ast.TryStar)
