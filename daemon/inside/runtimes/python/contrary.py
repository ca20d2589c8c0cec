"""Conditions that do not hold where those of the tests do: what the negative control is made of.

contrary() takes the expression of an assertion, alter() a value at run time. For control.py, which
says what is altered and why.
"""

import ast
from ast import BoolOp, Call, Compare, Constant, Load, Name, Not, UnaryOp

from rewrite import last_name
from texts import __builtins__, layout

__assay__ = layout

LITERALS = {Constant, ast.List, ast.Tuple, ast.Dict, ast.Set}
SIMPLE = (Constant, Name, ast.Attribute, ast.BinOp, UnaryOp, ast.operator, ast.unaryop, Load)
DISTANCES = {"abs", "fabs"}
CLOSENESS = {"isclose", "allclose"}
LIBRARIES = {"math", "cmath", "np", "numpy"}
ABSOLUTE = {"abs_tol", "atol"}
OPPOSED = {ast.NotEq: ast.Eq, ast.IsNot: ast.Is, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Lt: ast.GtE,
           ast.LtE: ast.Gt}  # fmt: skip

LOAD = Load()


# ---------------------------------------------------------------- values


def alter(value):
    """Something else of the same type where that is plain data, else an object equal to nothing."""
    kind = type(value)
    change = CHANGES.get(kind)
    return object() if change is None else change(value)


def alter_number(value):
    if value != value or value - value != 0:  # not a number, infinite
        return type(value)(0)
    return value + abs(value) + 1


# An object within, not only another value: whatever the candidate does to the original meanwhile,
# through an alias, it does not become equal.


def alter_sequence(value):
    return type(value)([object(), *value[1:]])


def alter_set(value):
    return type(value)([*value, object()])


def alter_dict(value):
    return {**value, next(iter(value), 0): object()}


CHANGES = {
    bool: lambda value: not value,
    type(None): lambda value: True,
    int: alter_number,
    float: alter_number,
    complex: alter_number,
    str: lambda value: value + "?",
    bytes: lambda value: value + b"?",
    bytearray: lambda value: value + b"?",
    list: alter_sequence,
    tuple: alter_sequence,
    set: alter_set,
    frozenset: alter_set,
    dict: alter_dict,
}


def away(value, tolerance):
    """Further from `value` than twice the tolerance."""
    return value + abs(value) + 2 * abs(tolerance) + 1


def opposite(value):
    """Of the other sign and not smaller: close to it by no relative tolerance below 1."""
    return -(value + 1) if value >= 0 else 1 - value


def every(*parts):
    """`A and B` of which each part is computed, as it is if the assertion holds."""
    return all(parts)


def each(parts):
    """all(), of which there is one at least: without, nothing was altered."""
    return bool(parts) and all(parts)


# What altered tests call; not the words of an honest program.
HELPERS = {
    "__assay_alter__": alter,
    "__assay_away__": away,
    "__assay_opposite__": opposite,
    "__assay_every__": every,
    "__assay_each__": each,
}


# ---------------------------------------------------------------- expressions


def call(helper, *arguments):
    return Call(Name("__assay_%s__" % helper, LOAD), list(arguments), [])


def is_literal(expression):
    if type(expression) is UnaryOp:
        return type(expression.operand) is Constant
    return type(expression) in LITERALS


def altered(expression):
    """The expectation: changed where it stands as far as it is literal."""
    kind = type(expression)
    if kind is Constant and type(expression.value) in CHANGES:
        return Constant(alter(expression.value))
    if kind is UnaryOp and is_literal(expression) and type(expression.op) is ast.USub:
        return Constant(alter(-expression.operand.value))
    if kind is ast.Set and all(type(element) is Constant for element in expression.elts):
        return with_another(expression)
    if kind in (ast.List, ast.Tuple):
        if not expression.elts:
            return kind([Constant(0)], LOAD)
        if type(expression.elts[0]) is not ast.Starred:
            expression.elts[0] = altered(expression.elts[0])
            return expression
    if kind is ast.Dict:
        if not expression.keys:
            return ast.Dict([Constant(0)], [Constant(0)])
        if expression.keys[-1] is not None:  # the last: it holds if its key is there twice
            expression.values[-1] = altered(expression.values[-1])
            return expression
    return call("alter", expression)


def with_another(expression):
    """A set of constants with one more. Changing one might give the set that it was."""
    values = {element.value for element in expression.elts}
    other = "?"
    while other in values:
        other += "?"
    return ast.Set([*expression.elts, Constant(other)])


def expects_left(left, right):
    """Which side says what is expected: the literal one, else the right."""
    return is_literal(left) and not is_literal(right)


def negated(test):
    return UnaryOp(Not(), test)


def contrary(test):
    """A condition that does not hold where `test` does."""
    kind = type(test)
    if kind is UnaryOp and type(test.op) is Not:
        return contrary_negation(test.operand)
    if kind is BoolOp and type(test.op) is ast.And:
        return call("every", *map(contrary, test.values))
    if kind is Compare:
        return contrary_comparison(test)
    if kind is Call and is_closeness(test.func):
        return contrary_closeness(test)
    if kind is Call and last_name(test.func) == "all" and len(test.args) == 1:
        return contrary_all(test)
    return negated(test)


def contrary_negation(operand):
    """not A: A itself, unless it is the opposite of a comparison with an expectation."""
    if type(operand) is Compare and len(operand.ops) == 1:
        opposed = OPPOSED.get(type(operand.ops[0]))
        if opposed is not None:
            test = Compare(operand.left, [opposed()], operand.comparators)
            if opposed is ast.Eq or opposed is ast.Is or is_within(test):
                return contrary_comparison(test)
    return operand


def contrary_comparison(test):
    operators = {type(operator) for operator in test.ops}
    if operators in ({ast.Eq}, {ast.Is}):
        if len(test.ops) == 1 and expects_left(test.left, test.comparators[0]):
            test.left = altered(test.left)
        else:
            test.comparators[-1] = altered(test.comparators[-1])
        return test
    if operators == {ast.In} and len(test.ops) == 1 and is_choice(test.comparators[0]):
        choice = test.comparators[0]
        choice.elts = with_another(choice).elts[-1:]
        return test
    if is_within(test):
        move_away(*within(test))
        return test
    return negated(test)


def contrary_all(test):
    parts = test.args[0]
    if type(parts) not in (ast.GeneratorExp, ast.ListComp):
        return negated(test)
    return call("each", ast.ListComp(contrary(parts.elt), parts.generators))


def is_closeness(function):
    """Of a library: another one by that name may mean anything."""
    if type(function) is not ast.Attribute or function.attr not in CLOSENESS:
        return False
    return last_name(function.value) in LIBRARIES


def is_choice(expression):
    kinds = (ast.List, ast.Tuple, ast.Set)
    return isinstance(expression, kinds) and all(type(part) is Constant for part in expression.elts)


def within(test):
    """abs(a - X) < tolerance: (a - X, tolerance), else None."""
    if len(test.ops) != 1:
        return None
    distance, tolerance = test.left, test.comparators[0]
    if type(test.ops[0]) in (ast.Gt, ast.GtE):
        distance, tolerance = tolerance, distance
    elif type(test.ops[0]) not in (ast.Lt, ast.LtE):
        return None
    if type(distance) is not Call or last_name(distance.func) not in DISTANCES:
        return None
    if len(distance.args) != 1 or type(distance.args[0]) is not ast.BinOp:
        return None
    is_simple = all(isinstance(node, SIMPLE) for node in ast.walk(tolerance))
    is_difference = type(distance.args[0].op) is ast.Sub
    return (distance.args[0], tolerance) if is_simple and is_difference else None


def is_within(test):
    return within(test) is not None


def move_away(difference, tolerance):
    if expects_left(difference.left, difference.right):
        difference.left = moved("away", away, difference.left, tolerance)
    else:
        difference.right = moved("away", away, difference.right, tolerance)


def moved(name, move, expression, *tolerance):
    """At once if all of it is literal: the text then has no trace of the expectation."""
    try:
        return Constant(move(*map(ast.literal_eval, (expression, *tolerance))))
    except (ValueError, TypeError):
        return call(name, expression, *tolerance)


def contrary_closeness(test):
    has_absolute = any(keyword.arg in ABSOLUTE or keyword.arg is None for keyword in test.keywords)
    if len(test.args) != 2 or has_absolute or any(type(part) is ast.Starred for part in test.args):
        return negated(test)
    at = 0 if expects_left(*test.args) else 1
    test.args[at] = moved("opposite", opposite, test.args[at])
    return test
