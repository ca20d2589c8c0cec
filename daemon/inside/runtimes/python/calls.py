"""Tests of kind calls: arguments and expected value of each call as JSON; the arguments may be a literal
of Python instead (literal.py), the expected value what a reference answers (reference.py).

Each call is told as an assertion, `assert entry(1, [2]) == 3`, and judged as one; but it is not
compiled as one: as literals, its values would be limited in depth and take a hundred times their
memory. They are read from the JSON when the call is made, so every call has values of its own,
whatever became of those before. How they are compared is the comparator's business (comparator.c).
"""

import ast
import copy
import json
import keyword

import _assay
import literal
import reference
import split
import texts
from evalplus import Comparison
from plan import (
    FAULT_LOAD,
    HELPERS,
    STATE_LOADING,
    STATE_TESTING,
    Plan,
    Refused,
    compile_tree,
    execute_tests,
    make_plan,
)
from remote import names_used
from rewrite import PREFIX
from texts import __builtins__, layout

__assay__ = layout

PARTS = ("args", "kwargs", "expect")
N_PARTS = 4  # and the arguments as a literal
KINDS = (list, dict, object)
KIND_NAMES = ("an array", "an object", "")
WHITE_SPACE = b" \t\r\n"
SHOWN_BYTES = 4096
DEPTH_MAX = 200

# Each NaN is an object of its own: one that is returned is not the expected one.
decoder = json.JSONDecoder(parse_constant=float)
scan = decoder.scan_once


def decode(text):
    return scan(text, 0)[0]


def has_depth(value, depth):
    """Is it nested more deeply than that?"""
    if type(value) is dict:
        value = value.values()
    elif type(value) is not list:
        return False
    return depth == 0 or any(has_depth(part, depth - 1) for part in value)


def check_part(text, part):
    """The text that decode() takes; ValueError says why it cannot be used."""
    text = text.strip(WHITE_SPACE).decode("utf-8", "surrogatepass")
    if not text:
        if PARTS[part] != "kwargs":
            raise ValueError("is missing")
        text = "{}"
    value = decoder.decode(text)
    if not isinstance(value, KINDS[part]):
        raise ValueError("is not " + KIND_NAMES[part])
    if text.count("[") + text.count("{") > DEPTH_MAX and has_depth(value, DEPTH_MAX):
        raise ValueError("is nested more than %d deep" % DEPTH_MAX)
    return text


class Case:
    """A call, as functions that make its values anew each time."""

    __slots__ = PARTS

    def __init__(self, index, texts, has_reference):
        for part, text in zip(PARTS, texts):
            if part == "expect" and has_reference:
                self.expect = None
                continue
            try:
                setattr(self, part, self.reader(part, text, texts[3]))
            except (ValueError, RecursionError) as error:
                raise ValueError("calls[%d].%s: %s" % (index, part, error)) from None

    def reader(self, part, text, arguments):
        if part == "args" and arguments:
            return literal.compile_arguments(arguments.decode("utf-8", "surrogatepass"))
        text = check_part(text, PARTS.index(part))
        return lambda: decode(text)

    def arguments(self):
        return self.args(), self.kwargs()


# ---------------------------------------------------------------- as an assertion


def show(value):
    return texts.render(value, SHOWN_BYTES)


def is_keyword(name):
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def call_text(entry_point, arguments, keywords):
    shown = [show(value) for value in arguments]
    named = [name for name in keywords if is_keyword(name)]
    shown += [name.encode() + b"=" + show(keywords[name]) for name in named]
    others = {name: value for name, value in keywords.items() if name not in named}
    if others:
        shown.append(b"**" + show(others))
    return entry_point.encode() + b"(" + b", ".join(shown) + b")"


LOOP = ast.parse("""
for number in numbers():
    try:
        equal(number, entry(*args(number), **kwargs(number)), expect(number))
    except:
        raised(number)
""")
PLACE = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}


def loop_over(entry_point):
    """The code of all calls. The names in it are the candidate's function and ours."""
    tree = copy.deepcopy(LOOP)
    for node in ast.walk(tree):
        if type(node) is ast.Name:
            node.id = entry_point if node.id == "entry" else PREFIX + node.id
        if "lineno" in node._attributes:
            node.__dict__.update(PLACE)
    return compile_tree(tree)


# How a task's expected values come about, and are compared: of the comparator evalplus alone.
comparison = Comparison(0, 0, "")


def find_references(entry_point, sources):
    """The Reference, or None. Its sources are the task's."""
    settings = _assay.comparison()
    comparison.__init__(*(settings or (0, 0, "")))
    if settings is not None:
        _assay.compare_by(comparison.holds)
    return reference.Reference(sources, entry_point, comparison.oracle) if sources else None


def expected_of(found, cases):
    """A function that gives the expected value of a call."""
    if found is None:
        return lambda index: cases[index].expect()

    def expect(index):
        values = found.values(index, cases[index].arguments)
        comparison.others = values[1:]
        return values[0]

    return expect


def ask(found, index, case):
    """What is expected of a call, for a look at it."""
    if found is None:
        return case.expect()
    try:
        return found.ask(index, case.arguments)
    except Exception as error:
        reason = "%s: %s" % (texts.type_name(error), texts.message_of(error))
        raise ValueError("calls[%d]: the reference raises %s" % (index, reason)) from None


def plan_calls(entry_point, tests, is_split=False, sources=()):
    """`sources`: of references."""
    if not entry_point.isidentifier() or keyword.iskeyword(entry_point):
        raise ValueError("the entry point %r is not a name" % entry_point)
    plan = Plan(is_split)
    plan.found = found = find_references(entry_point, sources)
    plan.cases = cases = []
    plan.shown = []
    for index, parts in enumerate(zip(*(tests[part::N_PARTS] for part in range(N_PARTS)))):
        case = Case(index, parts, found is not None)
        cases.append(case)
        text = b"assert " + call_text(entry_point, *case.arguments())
        plan.shown.append(show(ask(found, index, case)))
        plan.sources.append(text + b" == " + plan.shown[-1])
        end = len(plan.sources[-1])
        plan.rewriter.tests.append((index, 1, 0, 1, end, 1, 7, 1, len(text), b"", 0))
    decided = plan.rewriter.decided
    HELPERS[PREFIX + "numbers"] = [n for n in range(len(cases)) if n not in decided].__iter__
    HELPERS[PREFIX + "args"] = lambda index: cases[index].args()
    HELPERS[PREFIX + "kwargs"] = lambda index: cases[index].kwargs()
    HELPERS[PREFIX + "expect"] = expected_of(found, cases)
    plan.code = loop_over(entry_point)
    return plan


# ---------------------------------------------------------------- examinations


def make(entry_point, tests):
    """(plan, name of the function), announced."""
    name = entry_point.decode("utf-8", "replace")
    plan = make_plan(plan_calls, name, tests)
    plan.announce(b"", b"")
    _assay.state(STATE_LOADING)
    return plan, name


def require(name, names):
    if name not in names:
        raise Refused(FAULT_LOAD) from NameError("the code does not define %r" % name)


def examine(plan, name, namespace):
    """In the candidate's process: its module, loaded."""
    require(name, namespace)
    _assay.state(STATE_TESTING)
    execute_tests(plan, namespace)


class Calls(split.Examination):
    """Of a candidate in another cell. The texts of the calls say nothing of what the function is, and
    are never executed."""

    def __init__(self, prompt, entry_point, setup, tests, aliases, references=()):
        self.name = entry_point.decode("utf-8", "replace")
        plan = make_plan(plan_calls, self.name, tests, True, references)
        super().__init__(plan, prompt, b"", aliases)
        self.sources = [prompt, *references]

    def examine(self):
        self.begin()
        candidate = self.candidate
        if self.name not in candidate.names:
            candidate.end()
        require(self.name, candidate.names)
        namespace = split.prepare(candidate, self.prompt, self.used, self.name, self.aliases)
        _assay.state(STATE_TESTING)
        execute_tests(self.plan, namespace)
        split.finish(candidate, self.plan)
