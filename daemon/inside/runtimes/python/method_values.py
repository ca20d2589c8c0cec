"""Where a test failed: the statement, what it called, and the values that it compared.

Looked for only when a test has failed: in its traceback, in the source of the tests, and in the
frame of the framework's own assertion method, whose parameters are the values.
"""

import ast

import texts
from method_plan import noted
from plan import parse
from rewrite import LITERALS, last_name
from texts import TESTS_FILE, __builtins__, layout

__assay__ = layout

VALUE_BYTES = 2000
NOTHING = (b"", b"", b"", b"")

EXPECT_RAISE = {"assertRaises", "assertRaisesRegex", "raises"}
# What the assertion methods call their operands, and how the second one reads.
OPERANDS = (
    ("first", "second"), ("member", "container"), ("expr1", "expr2"), ("obj", "cls"), ("a", "b"),
    ("text", "expected_regex"), ("text", "unexpected_regex"), ("list1", "list2"),
    ("tuple1", "tuple2"), ("set1", "set2"), ("d1", "d2"), ("seq1", "seq2"),
)  # fmt: skip
READINGS = {
    "assertNotEqual": "something else than %s", "assertGreater": "> %s", "assertLess": "< %s",
    "assertGreaterEqual": ">= %s", "assertLessEqual": "<= %s", "assertIn": "one of %s",
    "assertNotIn": "none of %s", "assertIsNot": "another object than %s",
    "assertNotAlmostEqual": "not about %s", "assertIsInstance": "an instance of %s",
    "assertNotIsInstance": "no instance of %s", "assertRegex": "a match of %s",
    "assertNotRegex": "no match of %s", "assertCountEqual": "%s in any order",
    "!=": "something else than %s", "<": "< %s", "<=": "<= %s", ">": "> %s", ">=": ">= %s",
    "in": "one of %s", "not in": "none of %s",
}  # fmt: skip
ONE_OPERAND = {"assertTrue": ("expr", "True"), "assertFalse": ("expr", "False"),
               "assertIsNone": ("obj", "None"), "assertIsNotNone": ("obj", "not None")}  # fmt: skip
MIRRORED = {"assertGreater": "assertLess", "assertLess": "assertGreater", "<": ">", ">": "<",
            "assertGreaterEqual": "assertLessEqual", "assertLessEqual": "assertGreaterEqual",
            "<=": ">=", ">=": "<="}  # fmt: skip


def frames_of_tests(error):
    """The outermost and the innermost frame of the tests, as tracebacks."""
    first = last = None
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == TESTS_FILE:
            first = first or traceback
            last = traceback
        traceback = traceback.tb_next
    return first, last


def position_of(traceback):
    """Line and column of what was being executed; column -1: this interpreter does not say."""
    code = traceback.tb_frame.f_code
    if hasattr(code, "co_positions"):
        positions = list(code.co_positions())
        line, _, column, _ = positions[traceback.tb_lasti // 2]
        if line is not None and column is not None:
            return line, column
    return traceback.tb_lineno, -1


def statement_at(tree, line, column):
    """The smallest statement there, of a compound one its head."""
    found = None
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or not node.lineno <= line <= node.end_lineno:
            continue
        if node.lineno == line and column >= 0 and node.col_offset > column:
            continue
        start = (node.lineno, node.col_offset)
        if found is None or start >= (found.lineno, found.col_offset):
            found = node
    return found


def first_call(node):
    return next((inner for inner in ast.walk(node) if type(inner) is ast.Call), None)


def assertion_call(statement):
    """The call of an assertion method or of pytest.raises that the statement is or begins with."""
    if type(statement) is ast.Expr and type(statement.value) is ast.Call:
        return statement.value
    if type(statement) in (ast.With, ast.AsyncWith):
        expression = statement.items[0].context_expr
        return expression if type(expression) is ast.Call else None
    return None


def is_swapped(left, right):
    return type(left) in LITERALS and type(right) not in LITERALS


def subject_of(statement):
    """What is under test in a statement."""
    if type(statement) is ast.Assert:
        test = statement.test
        if type(test) is ast.Compare and len(test.ops) == 1:
            left, right = test.left, test.comparators[0]
            return right if is_swapped(left, right) else left
        return test.operand if type(test) is ast.UnaryOp else test
    call = assertion_call(statement)
    if call is None:
        return first_call(statement)
    if last_name(call.func) in EXPECT_RAISE:
        if type(statement) is not ast.Expr:
            return next(filter(None, map(first_call, statement.body)), None)
        if len(call.args) > 1:
            return ast.Call(call.args[1], call.args[2:], call.keywords)
    if last_name(call.func)[:6] != "assert" or not call.args:
        return call
    if len(call.args) > 1 and is_swapped(*call.args[:2]):
        return call.args[1]
    return call.args[0]


def render(value):
    return texts.render(value, VALUE_BYTES)


def reading(name, value):
    is_class = name in ("assertIsInstance", "assertNotIsInstance") and isinstance(value, type)
    shown = texts.encode(value.__name__, VALUE_BYTES) if is_class else render(value)
    text = READINGS.get(name)
    return shown if text is None else texts.encode(text, 200).replace(b"%s", shown)


def expected_actual(name, left, right, swapped):
    if name not in READINGS:
        values = (left, right) if swapped else (right, left)
        return texts.render_both(*values, VALUE_BYTES)
    if not swapped:
        return reading(name, right), render(left)
    if name in ("in", "assertIn", "not in", "assertNotIn"):
        return (b"with " if name in ("in", "assertIn") else b"without ") + render(left), render(right)
    return reading(MIRRORED.get(name, name), left), render(right)


def values_of_method(statement, frame):
    """(expected, actual) from the frame of an assertion method; None if it has none."""
    name = frame.f_code.co_name
    values = frame.f_locals
    call = assertion_call(statement)
    if call is None or name[:6] != "assert":
        return None
    if name in ONE_OPERAND:
        operand, expected = ONE_OPERAND[name]
        return expected.encode(), render(values.get(operand))
    for one, other in OPERANDS:
        if one in values and other in values:
            swapped = len(call.args) > 1 and is_swapped(*call.args[:2])
            return expected_actual(name, values[one], values[other], swapped)
    return None


def has_message(call):
    n_operands = 1 if last_name(call.func) in ONE_OPERAND else 2
    return len(call.args) > n_operands or any(word.arg == "msg" for word in call.keywords)


def values_at(statement, error, behind):
    """((expected, actual), does that say all?)"""
    call = assertion_call(statement)
    if call is not None and last_name(call.func) in EXPECT_RAISE and call.args:
        if texts.blames_candidate(error):
            return (b"", b""), False
        wanted = ast.unparse(call.args[0]).encode("utf-8", "replace")
        return (wanted + b" raised", b"nothing raised"), False
    if not isinstance(error, AssertionError):
        return (b"", b""), False
    if behind is not None:
        values = values_of_method(statement, behind.tb_frame)
        return values or (b"", b""), values is not None and not has_message(call)
    if type(statement) is ast.Assert and noted.values and noted.values[0] == statement.lineno:
        _, sign, left, right = noted.values
        test = statement.test
        swapped = sign != "" and is_swapped(test.left, test.comparators[0])
        return expected_actual(sign, left, right, swapped), statement.msg is None
    return (b"", b""), False


def cut(source, node):
    """Text of a node; one that was put together has no place in the source."""
    if node is None:
        return b""
    text = ast.get_source_segment(source, node) if hasattr(node, "lineno") else ast.unparse(node)
    return texts.encode(text or "", VALUE_BYTES)


def place_of(error, plan):
    """((source, call, expected, actual), do the values say all that the message says?)"""
    first, last = frames_of_tests(error)
    if last is None:
        return NOTHING, False
    try:
        tree = parse(plan.sources[0])
        statement = statement_at(tree, *position_of(last))
        source = plan.sources[0].decode("utf-8", "replace")
        subject = subject_of(statement)
        if first_call_in(subject) is None and first is not last:  # in a helper of the tests
            subject = subject_of(statement_at(tree, *position_of(first)))
        call = cut(source, subject) if first_call_in(subject) else b""
        values, is_all = values_at(statement, error, last.tb_next)
        return (head_of(source, statement), call, *values), is_all
    except (AttributeError, IndexError, SyntaxError, TypeError, ValueError):
        return NOTHING, False  # made by other code than the source shows


def first_call_in(node):
    return None if node is None else first_call(node)


def head_of(source, statement):
    """A statement's text; of a function or a class only its first line."""
    text = cut(source, statement)
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return text.partition(b"\n")[0]
    return text
