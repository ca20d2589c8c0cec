"""May tests leave something behind in their process besides their own namespace? In the examiner.

An examiner that serves one candidate after the other gives each a namespace of its own; what is
shared between them is everything else: modules, their settings, files. So another candidate is only
taken if the texts, as they are written, cannot reach any of that. A look at the syntax that rather
says yes too often: such tests get a process for each candidate.
"""

import ast

from texts import TESTS_FILE, __builtins__, layout

__assay__ = layout

# Importing and using them changes nothing that another user of them could notice.
STATELESS = frozenset(
    """__future__ abc array bisect cmath collections copy dataclasses datetime enum fractions functools
    hashlib heapq itertools json math numbers operator re statistics string struct textwrap
    typing""".split()
)
REACHING = frozenset(
    """__import__ breakpoint compile delattr eval exec exit globals input locals open quit setattr
    vars""".split()
)
CHANGING_METHODS = frozenset(["register", "cache_clear", "__setattr__"])


def is_stateless(name):
    return name.split(".")[0] in STATELESS


def reaches(node):
    kind = type(node)
    if kind is ast.Import:
        return not all(is_stateless(alias.name) for alias in node.names)
    if kind is ast.ImportFrom:
        return node.level != 0 or not is_stateless(node.module)
    if kind is ast.Attribute:
        if type(node.ctx) is not ast.Load or node.attr in CHANGING_METHODS:
            return True
        return node.attr.startswith("_")
    return kind is ast.Name and node.id in REACHING


def may_leave(sources):
    for source in sources:
        try:
            tree = compile(source, TESTS_FILE, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        except Exception:
            return True
        if any(map(reaches, ast.walk(tree))):
            return True
    return False
