"""Turns tests into a plan of calls, once a task. In the planner: an examiner that has no candidate.

The tests are executed as in a split examination, with the same rewritten code, but what they call of
the candidate's only notes the call and gives an Answer, which stands for whatever a candidate will
answer. Of it nothing is known: what can be told of it later, by the broker and in C, is noted (it
equals a value, is near a number, is true); whatever else the tests want to know of it, such as its
length in a condition, makes them unplannable, and they are examined with a candidate as ever.

So a plan is a list of calls and checks in the order of the tests, and follows from tests, setup and
prompt alone. Arguments and expected values are bytes when the call is noted. What the tests do with
an argument after a call is not known to the plan: tests that could look at it are unplannable, too.
"""

import ast
import builtins
import math
import sys

import _assay
import calls
import examinee
import separable
import split
import texts
import traces
from plan import HELPERS, call_check, execute_tests, make_plan, parameter_of, plan_asserts, plan_source
from remote import names_used, new_namespace
from rewrite import FLAG_MESSAGE, FLAG_NOTED, FLAG_SWAPPED, PREFIX
from texts import TESTS_FILE, __builtins__, layout

__assay__ = layout

CALLS_MAX = 65536
OUTSIDE = 0xFFFFFFFF  # of a call: the number of no test
SHOWN_OF_REFERENCE = 400
SHOWN_WHOLE = 1500  # longer texts of two values are told around their difference: not from a plan

# As in inside/wire.h.
CHECK_EQUAL, CHECK_SAME, CHECK_TRUE, CHECK_FALSE, CHECK_DONE = range(1, 6)
CHECK_UNTOLD = 1
CHECK_HAS_MESSAGE = 2
CHECK_DIGEST = 4
CHECK_QUOTES = 8
FAULT_UNPLANNABLE = 7
# What becomes of an answer before it is looked at, each with an operand: core/call_check.h.
(OP_SUBTRACT, OP_SUBTRACT_FROM, OP_ABSOLUTE, OP_ROUND, OP_EQUAL, OP_UNEQUAL, OP_LESS, OP_AT_MOST,
 OP_GREATER, OP_AT_LEAST, OP_IS_CLOSE, OP_LIST, OP_TUPLE, OP_LENGTH) = range(14)  # fmt: skip
TASTING = {"type", "id", "callable", "hasattr", "repr", "hash", "str", "print", "format"}
NOW = {"now", "today", "utcnow"}
RANDOM = {"random"}
BLOCKS = (ast.Try, ast.With, ast.AsyncWith, ast.AsyncFor, ast.AsyncFunctionDef, ast.Await, ast.Yield,
          ast.YieldFrom, ast.Raise, ast.Global, ast.Nonlocal, ast.ClassDef, ast.Delete)  # fmt: skip
LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)
SINGLETONS = (None, True, False, Ellipsis)


class Unplannable(BaseException):
    """These tests want to know more of an answer than a plan can say."""


class Draft:
    """What has been noted. One a process."""

    def __init__(self):
        self.events = []
        self.n_calls = 0
        self.reason = None
        self.tests = []
        self.test = None  # in a list of asserts: the one that runs
        self.lines = {}  # of the tests that stand in one source
        self.shared_lines = frozenset()  # calls there pass what the tests may look at afterwards
        self.noted = None
        self.n_calls_at_test = 0
        self.is_message = False

    def refuse(self, reason):
        if self.reason is None:
            self.reason = reason
        raise Unplannable(reason)


draft = Draft()


def unknown(*ignored, **ignored_too):
    draft.refuse("the tests look into what the candidate answers")


# ---------------------------------------------------------------- what stands for an answer


class Answer:
    """Of a call, `operations` deep. It lets nothing be known of itself."""

    __slots__ = ("call", "operations")

    def __init__(self, call, operations=()):
        object.__setattr__(self, "call", call)
        object.__setattr__(self, "operations", operations)

    def __getattribute__(self, name):
        unknown()

    def __eq__(self, other):
        return then(self, OP_EQUAL, other)

    def __ne__(self, other):
        return then(self, OP_UNEQUAL, other)

    def __lt__(self, other):
        return then(self, OP_LESS, other)

    def __le__(self, other):
        return then(self, OP_AT_MOST, other)

    def __gt__(self, other):
        return then(self, OP_GREATER, other)

    def __ge__(self, other):
        return then(self, OP_AT_LEAST, other)

    def __sub__(self, other):
        return then(self, OP_SUBTRACT, other)

    def __rsub__(self, other):
        return then(self, OP_SUBTRACT_FROM, other)

    def __abs__(self):
        return then(self, OP_ABSOLUTE, None)

    def __round__(self, digits=None):
        return then(self, OP_ROUND, digits)

    __hash__ = __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = __call__ = unknown
    __int__ = __float__ = __complex__ = __index__ = __str__ = __repr__ = __format__ = __bytes__ = unknown
    __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = unknown
    __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __neg__ = __pos__ = __invert__ = unknown
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __lshift__ = __rshift__ = unknown
    __divmod__ = __rdivmod__ = __matmul__ = __enter__ = __exit__ = __reduce_ex__ = __setattr__ = unknown
    __next__ = __reversed__ = __trunc__ = __floor__ = __ceil__ = __copy__ = __deepcopy__ = unknown


call_of = Answer.call.__get__
operations_of = Answer.operations.__get__


def is_answer(value):
    return type(value) is Answer


def then(answer, operation, operand):
    """The answer after a further operation; the operand is the tests'."""
    if draft.is_message:
        unknown()
    return Answer(call_of(answer), (*operations_of(answer), (operation, plain(operand))))


def plain(value):
    """The value, if a plan can hold it: no answer, and no NaN, which equals only itself."""
    encode(value)
    if has_nan(value):
        draft.refuse("the tests expect a NaN")
    return value


def encode(value):
    try:
        return _assay.encode(value, refuse_handle)
    except Exception:
        draft.refuse("the tests use what is no plain data")


def refuse_handle(value):
    draft.refuse("the tests use what is no plain data")


def has_nan(value):
    kind = type(value)
    if kind is dict:
        return has_nan(list(value.items()))
    if kind in (list, tuple, set, frozenset):
        return any(map(has_nan, value))
    return kind in (float, complex) and value != value


class Callee:
    """A function of the candidate's, by its name."""

    __slots__ = ("name",)

    def __init__(self, name):
        object.__setattr__(self, "name", name)

    def __getattribute__(self, name):
        unknown()

    def __call__(self, *arguments, **keywords):
        if draft.is_message:
            return asked_again(name_of_callee(self), arguments, keywords)
        return note_call(name_of_callee(self), arguments, keywords, sys._getframe(1))

    __eq__ = __ne__ = __hash__ = __bool__ = __str__ = __repr__ = __reduce_ex__ = __iter__ = unknown


name_of_callee = Callee.name.__get__


def is_changeable(value):
    kind = type(value)
    if kind in (tuple, frozenset):
        return any(map(is_changeable, value))
    return kind not in (int, float, str, bytes, bool, complex, type(None))


def note_call(name, arguments, keywords, frame):
    if draft.n_calls == CALLS_MAX:
        draft.refuse("the tests make too many calls")
    line = frame.f_lineno
    if line in draft.shared_lines and (is_changeable(arguments) or is_changeable(tuple(keywords.values()))):
        draft.refuse("the tests may look at what they passed to the candidate")
    data = encode((name, arguments, keywords))
    place = texts.frame_text((TESTS_FILE, line, frame.f_code.co_name))
    test = draft.test
    if test is None:
        test = draft.lines.get(line, OUTSIDE) if frame.f_code.co_filename == TESTS_FILE else OUTSIDE
    draft.events.append((test, data, place.encode("utf-8", "surrogatepass")))
    draft.n_calls += 1
    return Answer(draft.n_calls - 1)


# ---------------------------------------------------------------- messages that quote the answer


class Quote:
    """A message that says str() of the answer which its assertion is about, and text around it. It
    lets nothing else be made of it."""

    __slots__ = ("before", "behind")

    def __init__(self, before="", behind=""):
        self.before = before
        self.behind = behind

    def __add__(self, text):
        return Quote(self.before, self.behind + text) if type(text) is str else unknown()

    def __radd__(self, text):
        return Quote(text + self.before, self.behind) if type(text) is str else unknown()

    __eq__ = __ne__ = __hash__ = __bool__ = __str__ = __repr__ = __format__ = __reduce_ex__ = unknown

    def encoded(self):
        """With a NUL in the place of the answer."""
        if "\0" in self.before + self.behind:
            unknown()
        return f"{self.before}\0{self.behind}".encode("utf-8", "backslashreplace")


def asked_again(name, arguments, keywords):
    """The answer that the assertion was about, if its message makes the very same call. A candidate
    that would answer otherwise the second time is not asked a second time."""
    call, check = draft.events[-2:]
    if type(call) is not tuple or check.call != draft.n_calls - 1 or call[1] != encode((name, arguments, keywords)):
        unknown()
    return Answer(check.call)


def quote(answer):
    check = draft.events[-1]
    if call_of(answer) != check.call or operations_of(answer) or check.operations:
        unknown()
    return Quote()


def quoting(function):
    """str() of the tests."""

    def call(*arguments, **keywords):
        if draft.is_message and len(arguments) == 1 and is_answer(arguments[0]) and not keywords:
            return quote(arguments[0])
        return function(*arguments, **keywords)

    return call


# ---------------------------------------------------------------- what the rewritten tests call


class Check:
    """What an assertion asks of an answer. `span`: of the call whose answer is told, if that is not
    the assertion's own value."""

    def __init__(self, test, kind, answer, expected, text=b"", span=None, is_untold=False):
        self.test = test
        self.kind = kind
        self.call = 0 if answer is None else call_of(answer)
        self.operations = [] if answer is None else list(operations_of(answer))
        self.expected = expected
        self.text = text
        self.span = span
        self.is_untold = is_untold
        self.is_digest = False
        self.message = None
        self.is_quoting = False

    def write(self):
        flags = self.is_untold * CHECK_UNTOLD + self.is_digest * CHECK_DIGEST
        if self.message is not None:
            flags |= CHECK_HAS_MESSAGE + self.is_quoting * CHECK_QUOTES
        _assay.plan_check(
            self.test,
            self.kind,
            self.call,
            flags,
            encode(self.operations),
            self.expected if self.is_digest else encode(self.expected),
            self.text,
            self.message,
            self.span or (0, 0, 0, 0),
        )


def next_test(index):
    """In a list of asserts, where each text has lines of its own, the next one begins."""
    if draft.test is not None:
        draft.test = index + 1


def note_check(index, kind, answer, expected, shown):
    """`expected`: a value, or None for a truth. False if a message is to follow, else True."""
    is_untold = False
    noted, draft.noted = draft.noted, None
    flags = draft.tests[index][10]
    span = None
    if flags & FLAG_NOTED:
        if noted is None or noted[0] != index or not is_answer(noted[2]) or operations_of(noted[2]):
            is_untold = True
        else:
            span = noted[1]
            is_untold = call_of(noted[2]) != call_of(answer)
    elif operations_of(answer) and kind != CHECK_EQUAL:
        is_untold = True
    text = texts.render(shown, SHOWN_WHOLE + 1)
    if len(text) > SHOWN_WHOLE:
        is_untold = True
    draft.events.append(Check(index, kind, answer, expected, text, span, is_untold))
    next_test(index)
    return not flags & FLAG_MESSAGE


def note_plain(index, holds):
    """An assertion about nothing of the candidate's."""
    draft.noted = None
    if not holds:
        draft.refuse("an assertion of the tests does not hold by itself")
    draft.events.append(Check(index, CHECK_DONE, None, None))
    next_test(index)
    return True


def begin_message(index, is_over):
    draft.is_message = not is_over
    return is_over


def equal(index, left, right):
    if is_answer(left) and is_answer(right):
        unknown()
    if not is_answer(left) and not is_answer(right):
        return note_plain(index, plain(left) == plain(right))
    answer, expected = (left, right) if is_answer(left) else (right, left)
    plain(expected)
    is_over = note_check(index, CHECK_EQUAL, answer, expected, expected)
    if (answer is right) != bool(draft.tests[index][10] & FLAG_SWAPPED):
        draft.events[-1].is_untold = True  # told with its sides exchanged
    return begin_message(index, is_over)


def same(index, left, right):
    if not is_answer(left):
        if is_answer(right):
            unknown()
        return note_plain(index, left is right)
    if not any(right is value for value in SINGLETONS):
        unknown()
    return begin_message(index, note_check(index, CHECK_SAME, left, right, right))


def true(index, value):
    if not is_answer(value):
        return note_plain(index, bool(value))
    return begin_message(index, note_check(index, CHECK_TRUE, value, None, True))


def false(index, value):
    if not is_answer(value):
        return note_plain(index, not value)
    return begin_message(index, note_check(index, CHECK_FALSE, value, None, False))


def message(index, text):
    check = draft.events[-1]
    if is_answer(text):
        text = quote(text)
    if type(text) is Quote:
        check.message = text.encoded()
        check.is_quoting = True
    else:
        check.message = str(text).encode("utf-8", "backslashreplace")
    draft.is_message = False


def raised(index, *name):
    """In an except clause: what the tests raise by themselves."""
    error = sys.exc_info()[1]
    if draft.is_message:  # it quotes an answer
        draft.is_message = False
        draft.reason = None
        draft.events[-1].is_untold = True
        return
    if not isinstance(error, Unplannable):
        draft.refuse("the tests raise an exception by themselves")
    raise error


def done(index):
    note_plain(index, True)


def note(index, line, column, end_line, end_column, value):
    draft.noted = (index, (line, column, end_line, end_column), value)
    return value


def compared(index, line, column, end_line, end_column, actual, expected):
    if not is_answer(actual):
        return actual == expected
    plain(expected)
    draft.events.append(Check(index, CHECK_EQUAL, actual, expected, is_untold=True))
    return True


def identical(left, right):
    if is_answer(left) or is_answer(right):
        unknown()
    return left is right


def nothing():
    pass


def nothing_of(index):
    pass


def settle():
    return True


PLANNING = {
    PREFIX + function.__name__: function
    for function in (equal, same, true, false, message, raised, done, note, compared, identical, settle)
} | {PREFIX + "hold": nothing, PREFIX + "settle_all": nothing, PREFIX + "part": getattr, PREFIX + "put": nothing}


# ---------------------------------------------------------------- functions that get an answer


def accepting(function, operation):
    def call(*arguments, **keywords):
        if len(arguments) == 1 and is_answer(arguments[0]) and not keywords:
            return then(arguments[0], operation, None)
        return function(*arguments, **keywords)

    return call


def tasting(function):
    def call(*arguments, **keywords):
        if any(map(is_answer, arguments)):
            unknown()
        return function(*arguments, **keywords)

    return call


def is_close(one, other, *, rel_tol=1e-09, abs_tol=0.0):
    if is_answer(one) and is_answer(other):
        unknown()
    if is_answer(one):
        return then(one, OP_IS_CLOSE, (other, rel_tol, abs_tol))
    if is_answer(other):
        return then(other, OP_IS_CLOSE, (one, rel_tol, abs_tol))
    return real_is_close(one, other, rel_tol=rel_tol, abs_tol=abs_tol)


real_is_close = math.isclose
ACCEPTING = {"list": OP_LIST, "tuple": OP_TUPLE, "len": OP_LENGTH}


def prepare_functions(used, namespace):
    """In this process, which plans and ends."""
    for name, operation in ACCEPTING.items():
        if name in used:
            namespace[name] = accepting(getattr(builtins, name), operation)
    for name in TASTING & used:
        namespace[name] = tasting(getattr(builtins, name))
    if "str" in used:
        namespace["str"] = quoting(namespace["str"])
    if "isclose" in used:
        math.isclose = is_close
    if "fabs" in used:
        real = math.fabs
        math.fabs = lambda value: abs(value) if is_answer(value) else real(value)


# ---------------------------------------------------------------- what is not even tried


def look(sources):
    """Why no plan is made of these texts; None: one may be."""
    for source in sources:
        tree = compile(source, TESTS_FILE, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        for node in ast.walk(tree):
            if isinstance(node, BLOCKS):
                return "the tests have statements that a plan has not"
            if traces.reaches(node) and not imports_random(node):
                return "the tests may leave traces"
            if type(node) is ast.Attribute and node.attr in NOW:
                return "the tests ask for the time"
    return None


def imports_random(node):
    if type(node) is ast.Import:
        return all(alias.name in RANDOM or traces.is_stateless(alias.name) for alias in node.names)
    return type(node) is ast.ImportFrom and node.module in RANDOM


def shared_lines(sources):
    """Lines of calls that pass something which the tests can look at afterwards."""
    loads = {}
    passing = []
    for source in sources:
        tree = compile(source, TESTS_FILE, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        functions = {id(node.func) for node in ast.walk(tree) if type(node) is ast.Call}
        in_loop = {
            id(node)
            for loop in ast.walk(tree)
            if isinstance(loop, LOOPS)
            for node in ast.walk(loop)
            if type(node) is ast.Call
        }
        for node in ast.walk(tree):
            if type(node) is ast.Name and type(node.ctx) is ast.Load and id(node) not in functions:
                loads[node.id] = loads.get(node.id, 0) + 1
            elif type(node) is ast.Call:
                passing.append((node, id(node) in in_loop, functions))
    lines = set()
    for node, is_in_loop, functions in passing:
        for part in (*node.args, *(word.value for word in node.keywords)):
            for name in ast.walk(part):
                if type(name) is not ast.Name or id(name) in functions:
                    continue
                if is_in_loop or loads.get(name.id, 0) > 1:
                    lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(lines)


# ---------------------------------------------------------------- the kinds


def open_namespace(prompt, used, entry_point):
    namespace = new_namespace()
    missing = {name for name in used if name not in examinee.BUILTINS and name != entry_point}
    namespace.update(examinee.names_of_prompt(prompt, missing, namespace["__builtins__"]))
    prepare_functions(used, namespace)
    for name in used:
        if name not in namespace and not hasattr(builtins, name) and name[:2] != "__" and " " not in name:
            namespace[name] = Callee(name)
    if entry_point:
        namespace[entry_point] = Callee(entry_point)
    HELPERS.update(PLANNING)
    return namespace


def lines_of(tests):
    lines = {}
    for index, test in enumerate(tests):
        for line in range(test[1], test[3] + 1):
            lines[line] = OUTSIDE if line in lines else index
    return lines


def trace_check(plan, prompt, entry_point, setup):
    name = entry_point.decode("utf-8", "replace")
    draft.lines = lines_of(draft.tests)
    namespace = open_namespace(prompt, names_used(plan.code) - {"check"}, name)
    call_check(plan, namespace, namespace[name])


def trace_asserts(plan, prompt, entry_point, setup):
    used = names_used(plan.code)
    code = examinee.compile_code(setup, TESTS_FILE) if setup else None
    if code is not None:
        used |= names_used(code)
    namespace = open_namespace(prompt, used, entry_point.decode("utf-8", "replace"))
    if code is not None:
        exec(code, namespace)
        if draft.events:
            draft.refuse("the setup calls the candidate")
    draft.test = 0
    execute_tests(plan, namespace)


def equal_to_reference(plan):
    """What takes the place of equal(): the expected value is the reference's."""
    found = plan.found

    def check(index, answer, nothing):
        encoded, digest = found.kept[index]
        text = plan.shown[index]
        if len(text) > SHOWN_OF_REFERENCE:
            text = texts.encode(text.decode("utf-8", "surrogatepass"), SHOWN_OF_REFERENCE)
        if encoded is not None:
            values = [_assay.decode(data, refuse_handle) for data in encoded]
            expected = tuple(values) if len(values) > 1 else values[0]
            event = Check(index, CHECK_EQUAL, answer, plain(expected), text)
        elif len(found.functions) > 1 or found.oracle == "root":
            draft.refuse("the reference answers too much")
        else:
            event = Check(index, CHECK_EQUAL, answer, digest, text)
            event.is_digest = True
        draft.events.append(event)
        next_test(index)

    return check


def trace_calls(plan, prompt, entry_point, setup):
    name = entry_point.decode("utf-8", "replace")
    namespace = open_namespace(b"", names_used(plan.code), name)
    if plan.found is not None:
        HELPERS[PREFIX + "equal"] = equal_to_reference(plan)
        HELPERS[PREFIX + "expect"] = nothing_of
    draft.test = 0
    execute_tests(plan, namespace)


def make_check(entry_point, tests, references):
    plan = plan_source(tests[0] if tests else b"", b"check", True)
    return plan, parameter_of(plan.code, "check"), entry_point


def make_asserts(entry_point, tests, references):
    return plan_asserts(tests, True), b"", b""


def make_calls(entry_point, tests, references):
    return calls.plan_calls(entry_point.decode("utf-8", "replace"), tests, True, references), b"", b""


MAKERS = {"check": make_check, "asserts": make_asserts, "calls": make_calls}
TRACERS = {"check": trace_check, "asserts": trace_asserts, "calls": trace_calls}


def trace(kind, prompt, entry_point, setup, tests, aliases, references=()):
    """(plan, names of its calls); draft has its events. Raises if there is none."""
    sources = [setup] if kind == "calls" else [setup, *tests]
    reason = look(sources) or separable.reason(sources, prompt, entry_point, aliases)
    if reason is not None:
        draft.refuse(reason)
    plan, *names = MAKERS[kind](entry_point, tests, references)
    if plan.is_whole:
        draft.refuse("the tests have no assertion of their own")
    layout.tests = plan.sources
    draft.tests = plan.rewriter.tests
    draft.shared_lines = frozenset() if kind == "calls" else shared_lines(sources)
    TRACERS[kind](plan, prompt, entry_point, setup)
    if draft.n_calls == 0:
        draft.refuse("the tests call nothing of the candidate")
    return plan, names


def write(plan, names):
    plan.announce(*names)
    for index in range(len(draft.tests)):
        _assay.plan_test(index)
    for event in draft.events:
        if type(event) is Check:
            event.write()
        else:
            _assay.plan_call(*event)


REHEARSED = b"""
def check(candidate):
    assert candidate([1, 2], "a") == {"b": (1.5, None)}, "text"
    assert abs(candidate(1) - 1.5) < 1e-6
    assert candidate(2) is None
    assert not candidate(3)
    for i in range(2):
        assert candidate(i) == [i]
"""


def rehearse():
    """Before the fork, on a draft that is thrown away. No record is written then."""
    global draft
    before, helpers = draft, dict(HELPERS)
    draft = Draft()
    trace("check", b"", b"f", b"", [REHEARSED], [])
    for event in draft.events:
        if type(event) is Check:
            encode(event.operations)
    draft = before
    HELPERS.clear()
    HELPERS.update(helpers)
    layout.tests = ()


def make(kind, prompt, entry_point, setup, tests, aliases, references):
    """In a planner: writes the plan, or why there is none. `kind`: one of MAKERS."""
    try:
        plan, names = trace(kind, prompt, entry_point, setup, tests, aliases, references)
    except BaseException:
        draft.reason = draft.reason or "the tests do not run without a candidate"
    if draft.reason is None:
        try:
            return write(plan, names)
        except Exception:
            draft.reason = "the plan is too large"
    _assay.fault(FAULT_UNPLANNABLE, b"", draft.reason.encode(), b"", 0)
