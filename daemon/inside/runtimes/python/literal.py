"""Arguments as a literal of Python: what JSON cannot say, such as tuples, sets and complex numbers. Read
in the planner or the examiner; a text that is more than a literal is refused."""

import ast
import math

from texts import __builtins__, layout

__assay__ = layout

NAMES = {"__builtins__": {}, "inf": math.inf, "nan": math.nan}
NAMES.update((kind.__name__, kind) for kind in (set, frozenset, complex, float))
NODES = (ast.Expression, ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.USub,
         ast.UAdd, ast.BinOp, ast.Add, ast.Sub, ast.Load, ast.Name, ast.Call)  # fmt: skip


def is_literal(node):
    if type(node) is ast.Name:
        return node.id in NAMES
    if type(node) is ast.Call:
        return type(node.func) is ast.Name and not node.keywords
    if type(node) is ast.BinOp:
        return all(type(side) in (ast.Constant, ast.UnaryOp, ast.Name) for side in (node.left, node.right))
    return isinstance(node, NODES)


def compile_arguments(text):
    """A function that makes the list anew each time. ValueError says why there is none."""
    try:
        tree = compile(text.strip(), "arguments", "eval", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError("is no literal: %s" % error) from None
    if not all(map(is_literal, ast.walk(tree))) or type(tree.body) not in (ast.List, ast.Tuple):
        raise ValueError("is no list or tuple of literals")
    code = compile(tree, "arguments", "eval", dont_inherit=True)

    def make():
        return eval(code, dict(NAMES))

    return make
