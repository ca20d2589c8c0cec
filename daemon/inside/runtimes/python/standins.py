"""What stands for an object of the other half: a class here for each class there, and instances.

A stand-in has no behaviour of its own: each operation that its class there supports is a request.
It never equals plain data. Operators between a stand-in and plain data are requests only where the
tests themselves name its class: else an object that a function under test returned could choose the
answer to `abs(result - 1.5) < 1e-6` or to `7 in result`.
"""

import sys
import weakref
from types import FunctionType, GeneratorType, MethodType

import _assay
import raising
from operations import CALL, FIRST_OPERATION, OPERATIONS
from texts import __builtins__, layout

__assay__ = layout

BASES_MAX = 20
OF_TEXTS = ("uuid", "pathlib", "ipaddress")
NAME_MAX = 200

set_attribute = object.__setattr__

NUMBER = {function.__name__: number for number, function in enumerate(OPERATIONS, FIRST_OPERATION)}
GETATTR = NUMBER["getattr"]
SETATTR = NUMBER["setattr"]
DELATTR = NUMBER["delattr"]
STR = NUMBER["str"]
REPR = NUMBER["repr"]
FORMAT = NUMBER["format"]
DIR = NUMBER["dir"]
COPY = NUMBER["copy"]
DEEPCOPY = NUMBER["deepcopy"]
EQ = NUMBER["eq"]
NE = NUMBER["ne"]
ITER = NUMBER["iter"]
LEN = NUMBER["len"]
GETITEM = NUMBER["getitem"]
SETITEM = NUMBER["setitem"]
DELITEM = NUMBER["delitem"]
CONTAINS = NUMBER["contains"]
BOOL = NUMBER["bool"]
HASH = NUMBER["hash"]
ROUND = NUMBER["round"]
NEXT = NUMBER["next"]
SEND = NUMBER["send"]
THROW = NUMBER["throw"]
EXIT = NUMBER["leave"]
AEXIT = NUMBER["async_leave"]
AWAIT = NUMBER["run_awaitable"]


class Handle:
    """Base of all stand-ins for objects."""

    __slots__ = ("_assay_ident", "__weakref__")
    _assay_peer = None
    _assay_is_named = False  # do the tests name the class?

    def __getattr__(self, name):
        if name.startswith("__array"):  # numpy's ways to objects of its own process
            raise AttributeError("%r object has no attribute %r" % (type(self).__name__, name))
        return ask(self, GETATTR, name)

    def __setattr__(self, name, value):
        ask(self, SETATTR, name, value)

    def __delattr__(self, name):
        ask(self, DELATTR, name)

    def __str__(self):
        return text(ask(self, STR))

    def __repr__(self):
        return text(ask(self, REPR))

    def __format__(self, specification):
        return text(ask(self, FORMAT, specification))

    def __dir__(self):
        return ask(self, DIR)

    def __copy__(self):
        return ask(self, COPY)

    def __deepcopy__(self, memo):
        return ask(self, DEEPCOPY)

    def __reduce_ex__(self, protocol):
        raise TypeError("an object of the other half cannot be pickled")

    def __eq__(self, other):
        if self is other:
            return True
        if not is_standin(other):
            return is_like(type(self), type(other)) and type(other)(str(self)) == other
        _assay.compared_by_candidate()
        return bool(ask(self, EQ, other))

    def __ne__(self, other):
        if is_standin(other):
            _assay.compared_by_candidate()
            return bool(ask(self, NE, other))
        return not self == other

    __hash__ = object.__hash__

    def __del__(self):
        try:
            self._assay_peer.release(self._assay_ident)
        except Exception:
            pass


def text(value):
    if type(value) is not str:
        raise TypeError("__str__ returned non-string")
    return value


def is_like(kind, other):
    """Does it stand for a class of values that their text is all of? They equal ours by that."""
    if other.__module__ not in OF_TEXTS:
        return False
    return (kind.__module__, kind.__name__) == (other.__module__, other.__name__)


def is_standin(value):
    return isinstance(type(value), Meta) or type(value) is Meta


class Meta(type):
    """Class of the stand-ins for classes."""

    def __new__(mcs, name, bases, names):
        if "_assay_class" not in names:
            raise TypeError("a class of the tests cannot derive from one of the candidate")
        return type.__new__(mcs, name, bases, names)

    def __call__(cls, *arguments, **keywords):
        return cls._assay_peer.request(CALL, (cls, *arguments), keywords)

    def __getattr__(cls, name):
        if name.startswith("__array"):  # numpy's ways to objects of its own process
            raise AttributeError("type object %r has no attribute %r" % (cls.__name__, name))
        value = cls._assay_peer.request(GETATTR, (cls, name))
        if type(value) is Meta and cls._assay_is_named:
            value._assay_is_named = True
        return value

    def __setattr__(cls, name, value):
        if name.startswith("_assay_") or name == "__abstractmethods__":
            type.__setattr__(cls, name, value)
        else:
            cls._assay_peer.request(SETATTR, (cls, name, value))

    def __iter__(cls):
        return cls._assay_peer.request(ITER, (cls,))

    def __len__(cls):
        return cls._assay_peer.request(LEN, (cls,))

    def __getitem__(cls, key):
        return cls._assay_peer.request(GETITEM, (cls, key))

    def __contains__(cls, value):
        if cls._assay_is_named:
            return cls._assay_peer.request(CONTAINS, (cls, value)) is True
        return any(item is value or item == value for item in iter(cls))

    def __bool__(cls):
        return True


class ExceptionMeta(type):
    """Class of the stand-ins for exception classes: they are real classes, as `except` wants it."""

    def __call__(cls, *arguments, **keywords):
        return cls._assay_peer.request(CALL, (cls, *arguments), keywords)

    def __getattr__(cls, name):
        if name[:2] == "__":
            raise AttributeError("type object %r has no attribute %r" % (cls.__name__, name))
        return cls._assay_peer.request(GETATTR, (cls, name))


def ask(standin, operation, *operands):
    return standin._assay_peer.request(operation, (standin, *operands))


# ---------------------------------------------------------------- special methods


def unary(operation):
    def forward(self):
        return self._assay_peer.request(operation, (self,))

    return forward


def unary_of_named(operation):
    def forward(self):
        if not self._assay_is_named:
            raise TypeError("bad operand type: %r" % type(self).__name__)
        return self._assay_peer.request(operation, (self,))

    return forward


def binary(operation, is_reflected):
    def forward(self, other):
        if not self._assay_is_named and not is_standin(other):
            return NotImplemented
        operands = (other, self) if is_reflected else (self, other)
        return self._assay_peer.request(operation, operands)

    return forward


def in_place(operation):
    """`a += b`: what it gives is up to the class, as with `a + b`."""
    return binary(operation, False)


def forward_call(self, /, *arguments, **keywords):
    return self._assay_peer.request(CALL, (self, *arguments), keywords)


def forward_len(self):
    length = ask(self, LEN)
    if type(length) is not int:
        raise TypeError("__len__ returned no integer")
    return length


def forward_bool(self):
    return ask(self, BOOL) is True


def forward_hash(self):
    value = ask(self, HASH)
    if type(value) is not int:
        raise TypeError("__hash__ returned no integer")
    return value


def forward_contains(self, value):
    if self._assay_is_named:
        return ask(self, CONTAINS, value) is True
    return any(item is value or item == value for item in iter(self))


def forward_iter(self):
    if "__next__" in type(self).__dict__:
        return self
    return ask(self, ITER)


def forward_getitem(self, key):
    return ask(self, GETITEM, key)


def forward_setitem(self, key, value):
    ask(self, SETITEM, key, value)


def forward_delitem(self, key):
    ask(self, DELITEM, key)


def forward_exit(self, kind, error, traceback):
    return ask(self, EXIT, error)


def forward_round(self, digits=None):
    return ask(self, ROUND) if digits is None else ask(self, ROUND, digits)


def forward_array(self, *_, **__):
    """What numpy asks whatever it computes with: the numbers cross, as plain data."""
    numpy = sys.modules["numpy"]
    values = ask(self, GETATTR, "tolist")()
    kind = str(ask(self, GETATTR, "dtype"))
    if type(values) not in (list, bool, int, float, complex, str):
        raise TypeError("tolist() returned no plain data")
    return numpy.array(values, dtype=kind if kind in ARRAYS_OF else None)


async def forward_aexit(self, kind, error, traceback):
    return await ask(self, AEXIT, error)


def forward_await(self):
    return drive(self).__await__()


async def drive(handle):
    """A coroutine of this interpreter for an awaitable of the other half."""
    return ask(handle, AWAIT)


def drive_generator(handle):
    """A generator of this interpreter for one of the other half."""
    operation, operands = NEXT, ()
    while True:
        try:
            value = ask(handle, operation, *operands)
        except StopIteration as end:
            return end.value
        try:
            sent = yield value
        except GeneratorExit:
            handle.close()
            raise
        except Exception as error:
            operation, operands = THROW, (error,)
        else:
            operation, operands = (NEXT, ()) if sent is None else (SEND, (sent,))


ARRAYS_OF = {
    "bool", "object", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
}  # fmt: skip
COMPARISONS = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
ARITHMETIC = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "divmod", "and", "or", "xor",
    "lshift", "rshift",
)  # fmt: skip
IN_PLACE = ("iadd", "isub", "imul", "iand", "ior", "ixor")
AWAITABLE = "__await__"


# A type has them if the class there has them.
FORWARDERS = {
    "__call__": forward_call,
    "__len__": forward_len,
    "__bool__": forward_bool,
    "__hash__": forward_hash,
    "__contains__": forward_contains,
    "__iter__": forward_iter,
    "__next__": unary(NUMBER["next"]),
    "__reversed__": unary(NUMBER["reversed"]),
    "__getitem__": forward_getitem,
    "__setitem__": forward_setitem,
    "__delitem__": forward_delitem,
    "__array__": forward_array,
    "__enter__": unary(NUMBER["enter"]),
    "__exit__": forward_exit,
    "__int__": unary(NUMBER["int"]),
    "__float__": unary(NUMBER["float"]),
    "__complex__": unary(NUMBER["complex"]),
    "__index__": unary(NUMBER["index"]),
    "__round__": forward_round,
    "__abs__": unary_of_named(NUMBER["abs"]),
    "__neg__": unary_of_named(NUMBER["neg"]),
    "__pos__": unary_of_named(NUMBER["pos"]),
    "__invert__": unary_of_named(NUMBER["invert"]),
    "__aiter__": unary(NUMBER["async_iter"]),
    "__anext__": unary(NUMBER["async_next"]),
    "__aenter__": unary(NUMBER["async_enter"]),
    "__aexit__": forward_aexit,
    AWAITABLE: forward_await,
}
spelled = {"pow": "power", "and": "and_", "or": "or_"}
for name in COMPARISONS:
    FORWARDERS["__%s__" % name] = binary(NUMBER[name], False)
for name in ARITHMETIC:
    number = NUMBER[spelled.get(name, name)]
    FORWARDERS["__%s__" % name] = binary(number, False)
    FORWARDERS["__r%s__" % name] = binary(number, True)
for name in IN_PLACE:
    FORWARDERS["__%s__" % name] = in_place(NUMBER[name])


# ---------------------------------------------------------------- classes


def supports(kind, name):
    for base in kind.__mro__[:-1]:
        if name in base.__dict__:
            return base.__dict__[name] is not None
    return False


def describe(kind, peer):
    """(name, module, builtin base if it is an exception, idents of its bases, special methods)"""
    name = str(kind.__name__)[:NAME_MAX]
    module = str(kind.__module__)[:NAME_MAX]
    base = raising.builtin_base(kind) if issubclass(kind, BaseException) else ""
    parents = (parent for parent in kind.__bases__ if parent.__module__ not in ("builtins", "abc"))
    bases = [peer.define(parent) for parent in parents]
    # A class that says None (unhashable) does not support it, which is told by a leading "-".
    methods = [method for method in FORWARDERS if supports(kind, method)]
    if getattr(kind, "__hash__", None) is None:
        methods.append("-__hash__")
    return (name, module, base, bases[:BASES_MAX], methods)


# The class that nearly every examination needs, and the ident by which the other half will know it
# if what it hands over first is a function.
FUNCTION = describe(FunctionType, None)
FUNCTION_IDENT = 2


def describe_class(kind, peer):
    return FUNCTION if kind is FunctionType else describe(kind, peer)


class StandIns:
    """The stand-ins of one half."""

    def __init__(self, peer):
        self.peer = peer
        self.classes = {}  # ident there -> class here
        self.exceptions = {}
        self.views = {}
        self.exception_classes = {}  # class here -> ident there
        self.handles = weakref.WeakValueDictionary()
        self.generators = weakref.WeakKeyDictionary()
        self.ready = {}  # made before the fork: ident there -> (description, class here)

    def make_ready(self, ident, description):
        """Makes a class that is likely to be wanted. A new class is looked up in for a hundred
        names, and each one writes to the interpreter's caches."""
        self.add_class(ident, description)
        self.ready[ident] = description, self.classes.pop(ident)

    def ident_of(self, thing):
        """Ident there, if it is a stand-in."""
        kind = type(thing)
        if isinstance(kind, Meta) and kind._assay_peer is self.peer:
            return thing._assay_ident
        if kind is Meta:
            return thing._assay_class
        if kind is GeneratorType:
            return self.generators.get(thing)
        if isinstance(thing, type):
            return self.exception_classes.get(thing)
        if isinstance(thing, BaseException):
            return thing.__dict__.get(raising.IDENT) or None
        return None

    def uses(self, ident):
        return ident in self.handles

    def object(self, ident, class_ident):
        handle = self.handles.get(ident)
        if handle is None:
            kind = self.classes[class_ident]
            handle = object.__new__(kind)
            set_attribute(handle, "_assay_ident", ident)
            self.handles[ident] = handle
            kind = type(handle)
            if kind.__name__ == "generator" and kind.__module__ == "builtins":
                return self.generator(ident, handle)
        elif type(handle) is GeneratorType:
            return handle
        return drive(handle) if AWAITABLE in type(handle).__dict__ else handle

    def generator(self, ident, handle):
        generator = drive_generator(handle)
        self.handles[ident] = generator
        self.generators[generator] = ident
        return generator

    def add_class(self, ident, description):
        if ident in self.ready:
            known, kind = self.ready.pop(ident)
            if known == description:
                self.classes[ident] = kind
                return
        name, module, base, bases, methods = description
        if type(name) is not str or type(module) is not str or not name.isprintable():
            raise ValueError("name of a class")
        if base:
            self.add_exception_class(ident, name, module, base, bases)
            return
        parents = tuple(self.classes[parent] for parent in bases)
        parents = tuple(parent for parent in parents if type(parent) is Meta) or (Handle,)
        names = {"__slots__": (), "__module__": module, "__qualname__": name,
                 "_assay_class": ident, "_assay_peer": self.peer,
                 "_assay_is_named": self.peer.trusts}  # fmt: skip
        if module == "builtins":  # of a function, it is its own
            names["__doc__"] = property(document_of)
            if name == "function":
                names["__get__"] = bind_method
        for method in methods:
            if method == "-__hash__":
                names["__hash__"] = None
            elif method in FORWARDERS:
                names[method] = FORWARDERS[method]
        try:
            kind = Meta(name, parents, names)
        except TypeError:
            kind = Meta(name, (Handle,), names)
        self.classes[ident] = kind

    def add_exception_class(self, ident, name, module, base, bases):
        standard = raising.standard_exception(module, name)
        if standard is not None:
            self.classes[ident] = standard
            return
        builtin = raising.builtin_exception(base)
        if builtin is None:
            raise ValueError("base of an exception class")
        parents = [self.classes[parent] for parent in bases]
        parents = tuple(parent for parent in parents if issubclass(parent, BaseException))
        if not parents:
            parents = (raising.usable(builtin, None),)
        names = {"__module__": module, "__str__": message_of, "__init__": take_args,
                 "__getattr__": attribute_of, "_assay_class": ident, "_assay_peer": self.peer}  # fmt: skip
        kind = ExceptionMeta(name, parents, names)
        self.classes[ident] = kind
        self.exception_classes[kind] = ident


def bind_method(handle, instance, owner=None):
    """A function of the other half in a class of this one. Nothing else is asked for its __get__."""
    return handle if instance is None else MethodType(handle, instance)


def document_of(handle):
    return ask(handle, GETATTR, "__doc__")


def take_args(self, *arguments, **keywords):
    self.args = arguments


def attribute_of(self, name):
    original = self.__dict__.get(raising.SELF)
    if original is None or name[:2] == "__":
        raise AttributeError("%r object has no attribute %r" % (type(self).__name__, name))
    return getattr(original, name)


def message_of(self):
    message = self.__dict__.get("assay message")
    return BaseException.__str__(self) if message is None else message
