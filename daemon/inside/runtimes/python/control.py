"""The negative control: the tests once more, with expectations that a right solution cannot meet.

Runs in the candidate's process, as only examinations there need it. Whoever passes an altered
assertion did not look at the question: an object that equals everything, a patched framework, an
answer that was read from the tests. Altered is the source text, before anything else sees it, so
that a thief finds the altered answer, and the examination is the ordinary one. In it count
  - `== X` and `is X`: X is altered, a literal in the text, anything else by alter() at run time; a
    local variable before the assertion, so that who reads it from the frame reads that;
  - `in (X, Y)`: other literals;
  - `abs(a - X) < eps` and isclose(a, X): X is moved away by more than any tolerance;
  - `A and B`, `all(A for ...)`: each part; whatever else holds of a right solution is negated.
An honest solution must never pass one. So what has no expectation is left alone and is no test of
this run: assertions whose exception the tests handle, texts without assertions. Of a call in JSON the
expected value is put into an object. There is none of unittest and pytest, where a method is one
test, and may pass without having reached an expectation.
"""

import ast
from ast import Call, Compare, Constant, Load, Name

import _assay
from contrary import call, contrary, negated
from plan import clean, parse
from rewrite import RECORD, Rewriter, last_name
from texts import __builtins__, layout

__assay__ = layout

LOAD = Load()
KEPT = "__assay_kept__"
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)


class Alterer(Rewriter):
    """Goes where the rewriter goes, and alters what it would make a test."""

    def __init__(self, tree):
        super().__init__()
        self.plain = plain_variables(tree)

    def replace(self, statement, mode, scope):
        test = statement.test
        if type(test) is Constant:
            # `assert False` marks what must not be reached: reached, it fails as ever.
            return ast.Pass() if test.value else statement
        name = self.variable_expected(test) if mode == RECORD else None
        if name is None:
            return ast.Assert(contrary(test), None)
        return ast.If(Constant(True), [
            assign(KEPT, Name(name, LOAD)),
            assign(name, call("alter", Name(name, LOAD))),
            ast.Assert(test, None),
            assign(name, Name(KEPT, LOAD)),
        ], [])  # fmt: skip

    def variable_expected(self, test):
        """`f(x) == want`: the name, if nothing but this assertion can see that it is altered."""
        if type(test) is not Compare or len(test.ops) != 1 or type(test.ops[0]) is not ast.Eq:
            return None
        expected = test.comparators[0]
        if type(expected) is not Name or expected.id not in self.plain:
            return None
        mentions = [node for node in ast.walk(test.left) if type(node) is Name]
        return None if any(node.id == expected.id for node in mentions) else expected.id


def assign(name, value):
    return ast.Assign([Name(name, ast.Store())], value, lineno=1)


def plain_variables(tree):
    """Names that are set in one function and read in no other: no callback sees them."""
    scopes = list(scopes_of(tree))
    seen = {}
    for number, (names, _) in enumerate(scopes):
        for name in names:
            seen.setdefault(name, set()).add(number)
    # Those of the whole source may be globals of the candidate, too.
    inner = (stored for _, stored in scopes[1:])
    return {name for stored in inner for name in stored if len(seen[name]) == 1}


def scopes_of(tree):
    """(names mentioned, names set by assignment) of each scope."""
    names, stored, inner = set(), set(), []
    left = list(ast.iter_child_nodes(tree))
    while left:
        node = left.pop()
        if isinstance(node, SCOPES):
            inner.append(node)
            continue
        if type(node) is Name:
            names.add(node.id)
            if type(node.ctx) is ast.Store:
                stored.add(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            names.update(node.names)
        elif type(node) is ast.arg:
            names.add(node.arg)
        left.extend(ast.iter_child_nodes(node))
    yield names, stored
    for node in inner:
        yield from scopes_of(node)


class Raising(ast.NodeTransformer):
    """`if A: raise AssertionError` is `assert not A` by another name."""

    def visit_If(self, node):
        self.generic_visit(node)
        only = node.body[0] if len(node.body) == 1 and not node.orelse else None
        if type(only) is not ast.Raise or only.exc is None:
            return node
        raised = only.exc.func if type(only.exc) is Call else only.exc
        return ast.Assert(negated(node.test), None) if last_name(raised) == "AssertionError" else node


def altered_source(source):
    tree = Raising().visit(parse(clean(source)))
    Alterer(tree).walk(tree.body, RECORD, "")
    return ast.unparse(tree).encode("utf-8", "surrogatepass")


def altered_call(expected):
    """JSON: far from it under any comparator, whatever the tolerance."""
    return b'{"?": ' + (expected or b"null") + b"}"


def alter_tests(tests, are_calls):
    """In place: the sources are not to be found in this process any more."""
    if not _assay.is_control():
        return
    if are_calls:
        tests[2::4] = map(altered_call, tests[2::4])
    else:
        tests[:] = map(altered_source, tests)
