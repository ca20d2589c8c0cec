"""The candidate as the examiner sees it: names, and a peer whose every byte is hostile.

Arguments that a call changed in place. `assert f(xs) == sorted(xs)` must not hold because f cleared
xs; `f(xs)` alone must change it. So where a call returned a value, too, the change of its arguments
is put off: assertions about that value hold, or not, on the arguments as they were. It is made
  - at once if the call returned None, or its result was dropped (`f(xs)` as a statement),
  - after the assertion (or the part of an `and` in it) that contains the call,
  - if the result got a name (`out = f(xs)`): before the first assertion that does not mention the
    name; a result that is no container, after the first that does,
  - before a changed argument is passed to the candidate again.
rewrite.py marks these places. An argument that is itself the result is, until then, two objects,
which `is` in the tests takes for one.
"""

import builtins
import copy
import operator
import re
import string
import sys
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
    TracebackType,
)

import _assay
import raising
import standins
from in_place import CONTAINERS, update
from operations import FIRST_OPERATION, NUMBERS, OPERATIONS, update_part
from peer import BYE, LOAD_FAILED, LOADED, SCALARS, TEST, Peer
from texts import TESTS_FILE, Gone, Malformed, __builtins__, layout

__assay__ = layout

MODULE_IDENT = 1
MODULE_CLASS = 0
NAMES_MAX = 100000
WALK_MAX = 10000

# Their attributes lead to the tests: only these may be read.
OPAQUE = (
    AsyncGeneratorType, BuiltinFunctionType, CodeType, CoroutineType, FrameType, FunctionType,
    GeneratorType, MethodType, ModuleType, TracebackType, type,
)  # fmt: skip
READABLE = {"__name__", "__qualname__", "__doc__"}
NEVER = {setattr, delattr}
OF_TEST_MODULES = re.compile("_|test|Test|pytest|setup|setUp|teardown|tearDown|load_tests|collect_ignore")
# A text is handed over if it was too long to be sent.
FORMATTING = {"format", "format_map", "vformat", "get_field"}
OF_MOCKS = {"configure_mock", "mock_add_spec", "attach_mock", "reset_mock"}
# Their second operand may be the one that was handed over.
REFLECTED = set(OPERATIONS[NUMBERS[operator.eq] - FIRST_OPERATION :]) - {copy.copy, copy.deepcopy}


class Candidate(Peer):
    trusts = False

    def __init__(self, *channel):
        super().__init__(*channel)
        self.names = frozenset()
        self.n_served = 0  # what it asked to be done here
        self.texts = ()  # the prompt and the tests
        self.values = {}
        self.pending = []  # (argument, its new content, is the result a container?)
        self.held = []  # the same of results that have a name
        self.twins = []  # (argument, what was returned in its place)
        self.changed_part = None  # (object, name, container) of the present statement
        self.limits_tests = False
        self.judged = -1  # how often an assertion was decided when the last one began
        self.standins.add_class(MODULE_CLASS, ("module", "builtins", "", [], []))
        self.module = self.standins.object(MODULE_IDENT, MODULE_CLASS)
        self.standins.make_ready(standins.FUNCTION_IDENT, standins.FUNCTION)

    def lose(self, gone):
        _assay.lost()
        return super().lose(gone)

    # ------------------------------------------------------------ loading

    def wait_until_loaded(self):
        """None, or (kind, exception) of code that cannot be used. Raises Gone."""
        self.limits_tests = _assay.test_ms() > 0
        _assay.limit_wait(False)
        kind, data = self.receive()
        if kind not in (LOADED, LOAD_FAILED):
            raise self.lose(Malformed("neither loaded nor failed"))
        message = self.decode(data)
        try:
            if kind == LOADED:
                self.take_names(*message)
                return None
            failed, prompt_lines, description = message
            take_prompt_lines(prompt_lines)
            return failed, raising.build(description, self)
        except Exception as error:
            raise self.lose(Malformed(str(error))) from None

    def take_names(self, prompt_lines, names, values):
        take_prompt_lines(prompt_lines)
        if type(names) is not list or type(values) is not dict or len(names) > NAMES_MAX:
            raise ValueError("names of the module")
        if any(self.standins.ident_of(value) is None for value in values.values()):
            raise ValueError("values of the module")
        self.names = frozenset(name for name in names if type(name) is str)
        self.values = values

    def take(self, name):
        """The value of a name of the candidate's module, for the tests."""
        if name in self.values:
            value = self.values[name]
        elif name in self.names:
            value = getattr(self.module, name)
        else:
            raise AttributeError("module 'candidate' has no attribute %r" % name)
        if type(value) is standins.Meta and is_said_to_be_class(name, self.texts):
            value._assay_is_named = True
        return value

    def asked(self):
        return self.n_requests

    def end(self):
        if self.gone is None:
            try:
                self.send(BYE, b"")
            except Gone:
                pass

    # ------------------------------------------------------------ what it may do here

    def permit(self, operation, operands):
        """Only on behalf of what it was handed: plain data has methods that lead anywhere."""
        self.n_served += 1
        target = operands[0]
        is_handed = map(self.was_handed, operands if operation in REFLECTED else operands[:1])
        if not any(is_handed) or operation is update_part:
            raise TypeError("an operation on nothing of the tests")
        if operation in NEVER and not may_be_set(type(target)):
            raise AttributeError("cannot be set from the candidate")
        if operation not in (getattr, setattr, delattr):
            return
        name = operands[1] if len(operands) > 1 else None
        if type(name) is not str:
            raise TypeError("attribute name must be string")
        if operation is getattr and name in READABLE:
            return
        is_opaque = isinstance(target, OPAQUE) and not is_of_tests(target)
        is_case = is_of_tests(type(target)) and not may_be_set(type(target))
        if name.startswith("_") or is_opaque or is_case or reaches_further(target, name):
            raise AttributeError("%r object has no attribute %r" % (type(target).__name__, name))

    def was_handed(self, thing):
        ident = self.idents.get(id(thing))
        return ident is not None and self.objects.get(ident) is thing

    # ------------------------------------------------------------ time of a test

    def begin_request(self):
        """The examinee counts what its code takes in a test; we, how long we wait for an answer."""
        judged = _assay.judged()
        if judged != self.judged:
            self.judged = judged
            self.send(TEST, b"")
        _assay.limit_wait(True)

    # ------------------------------------------------------------ changed arguments

    def request(self, operation, operands, keywords=None):
        if self.limits_tests and self.depth == 0:
            self.begin_request()
        if (self.pending or self.held) and self.passes_pending(operands, keywords):
            self.settle_all()
        return super().request(operation, operands, keywords)

    def passes_pending(self, operands, keywords):
        changed = {id(change[0]) for change in self.pending + self.held}
        left = [*operands, *(keywords or {}).values()]
        for _ in range(WALK_MAX):
            if not left:
                return False
            value = left.pop()
            if id(value) in changed:
                return True
            if isinstance(value, (list, tuple)):
                left.extend(value)
            elif isinstance(value, dict):
                left.extend(value.values())
        return True

    def take_changes(self, arguments, value, identity, changes):
        changed = [(argument_at(arguments, position), new) for position, new in changes]
        original = None if identity == -1 else argument_at(arguments, identity)
        if value is None and original is None:
            for old, new in changed:
                update(old, new)
            return None
        if not changed:
            return original
        _assay.settle_with(self.settle)
        is_container = type(value) not in SCALARS
        self.pending += [(old, new, is_container) for old, new in changed]
        if original is None:
            return value
        if all(old is not original for old, _ in changed):
            return original
        if not self.twins:
            _assay.identical_with(self.are_twins)
        self.twins.append((original, value))
        return value

    def part(self, holder, name):
        """An attribute that the statement is about to change in place. Of an object of the candidate's
        it is a copy, and put() gives the change to the original."""
        value = getattr(holder, name)
        is_copy = isinstance(holder, standins.Handle) and type(value) in CONTAINERS
        self.changed_part = (holder, name, value) if is_copy else None
        return value

    def put(self):
        if self.changed_part is not None:
            part = self.changed_part
            self.changed_part = None
            self.request(NUMBERS[update_part], part)

    def hold(self):
        """Behind `name = ...`: what is pending has a name now."""
        if self.pending:
            self.held += [change for change in self.pending if change[2]]
            self.pending = [change for change in self.pending if not change[2]]

    def settle(self):
        """An assertion, or a part of one, is over. True."""
        pending = self.pending
        self.pending = []
        for old, new, _ in pending:
            update(old, new)
        return True

    def settle_all(self):
        self.settle()
        held = self.held
        self.held = []
        for old, new, _ in held:
            update(old, new)

    def are_twins(self, one, other):
        for original, returned in self.twins:
            if (one is original and other is returned) or (one is returned and other is original):
                return True
        return False


def is_said_to_be_class(name, texts):
    """By the prompt and the tests, not by the candidate: else it made the function under test a
    class, whose instances then answer `abs(f(x) - 1.5) < 1e-6` as they like."""
    if not name.isidentifier():
        return False
    text = b"\n".join(texts).decode("utf-8", "replace")
    if re.search(r"^\s*class\s+%s\b" % name, text, re.M):
        return True
    if re.search(r"\bdef\s+%s\b|\bimport\b.*\b%s\b" % (name, name), text):
        return False
    is_like_one = re.fullmatch(r"_*[A-Z][A-Za-z0-9]*", name)
    return bool(is_like_one and re.search(r"(?<![\w.])%s\b" % name, text))


def take_prompt_lines(number):
    if type(number) is not int or not 0 <= number < 1 << 31:
        raise ValueError("lines of the prompt")
    layout.prompt_lines = number


def argument_at(arguments, position):
    if type(position) is not int or not 0 <= position < len(arguments):
        raise ValueError("no such argument")
    return arguments[position]


def is_of_tests(kind):
    return isinstance(kind, type) and kind.__module__ in ("tests", "prompt")


def reaches_further(target, name):
    """Methods that read attributes by themselves, or that change what a mock object tells the tests."""
    if isinstance(target, (str, string.Formatter)):
        return name in FORMATTING
    if name not in OF_MOCKS and not name.startswith("assert"):
        return False
    return any(base.__module__ == "unittest.mock" for base in type(target).__mro__)


def may_be_set(kind):
    """Instances of the tests' classes, but none that judges: `self` of a test method."""
    return is_of_tests(kind) and all(base.__module__ != "unittest.case" for base in kind.__mro__)


class Module(ModuleType):
    """`import candidate` in the tests."""

    def __getattr__(self, name):
        candidate = self.__dict__["assay candidate"]
        if name == "__all__":
            return [name for name in candidate.names if is_for_tests(name)]
        return candidate.take(name)

    def __setattr__(self, name, value):
        setattr(self.__dict__["assay candidate"].module, name, value)


def is_builtin(name):
    return hasattr(builtins, name)


def is_for_tests(name):
    """Does `import *` bring it? No builtin's name, as with bind(), and nothing that a framework would
    take for a part of the tests themselves."""
    return not is_builtin(name) and not OF_TEST_MODULES.match(name)


importable = {}  # name -> the module that it meant before, or None


def make_importable(candidate, names):
    module = Module("candidate")
    module.__dict__["assay candidate"] = candidate
    for name in ("candidate", *names):
        importable.setdefault(name, sys.modules.get(name))
        sys.modules[name] = module


def forget_importable():
    """Before the tests of another task, which may mean another module by the same name."""
    while importable:
        name, module = importable.popitem()
        if module is None:
            del sys.modules[name]
        else:
            sys.modules[name] = module


# ---------------------------------------------------------------- the names of the tests


def names_used(code):
    """Every name that the code or code within it mentions, attributes included."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= names_used(constant)
    return names


def new_namespace():
    namespace = {"__name__": "tests", "__builtins__": builtins, "__file__": TESTS_FILE}
    module = ModuleType("tests")
    module.__dict__.update(namespace)
    sys.modules["tests"] = module
    return module.__dict__


def bind(namespace, candidate, used, entry_point):
    """Gives the tests what they name of the candidate's, no name of the prompt's or a builtin."""
    bound = False
    for name in used & candidate.names:
        if name not in namespace and not is_builtin(name) and name[:2] != "__":
            namespace[name] = candidate.take(name)
            bound = True
    if entry_point:
        if entry_point in candidate.names:
            namespace[entry_point] = candidate.take(entry_point)
    elif not bound:
        # Tests of a function that is called like a builtin, and of nothing else: it is the one.
        found = [name for name in used & candidate.names if is_builtin(name) and name[:2] != "__"]
        if len(found) == 1:
            namespace[found[0]] = candidate.take(found[0])
