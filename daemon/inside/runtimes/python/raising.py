"""Exceptions across the pipe: told by the half where they were raised, built anew in the other.

A description is (ident, class, args, message, attributes, frames, line): `class` is the name of a
builtin or a class reference; `ident` > 0 says "an exception of yours" instead, one that came
through a callback. Frames and line are the candidate's; the examiner tells none of its own.
"""

import builtins
import sys

import texts
from texts import TOLD, __builtins__, layout

__assay__ = layout

IDENT = "assay ident"


FRAMES_MAX = 16
ARGS_MAX = 16
NAME_MAX = 200
MESSAGE_MAX = 16384

# Control flow of the examiner's interpreter and its own verdicts: from a candidate they are
# ordinary exceptions, unless the tests ask for them by name.
GUARDED = {
    "SystemExit",
    "KeyboardInterrupt",
    "GeneratorExit",
    "StopIteration",
    "StopAsyncIteration",
    "AssertionError",
    "BaseException",
    "BaseExceptionGroup",
}
# What they mean as the outcome of these operations.
ENDS = {
    "StopIteration": {"next", "send", "throw"},
    "StopAsyncIteration": {"run_awaitable"},
    "GeneratorExit": {"throw"},
}
# What builtin exceptions keep beside their arguments.
OF_BUILTINS = (
    (OSError, ("filename", "filename2")),
    (ImportError, ("name", "path")),
    (AttributeError, ("name",)),
    (NameError, ("name",)),
)
BUILTIN_NAMES = {name for kind, names in OF_BUILTINS for name in names}
SELF = "assay self"  # the Raised of an exception of an own class
CAUSE = "assay cause"  # its description
CAUSES_MAX = 3
# Their exceptions say something to whoever runs tests.
NOT_STANDARD = {"unittest", "doctest", "test", "_pytest", "pytest", "bdb", "pdb"}


class Sides:
    """`tells_frames`: this is the examinee. `wanted`: names that the tests use. One a process."""

    tells_frames = False
    guards = False
    wanted = frozenset()
    substitutes = {}


sides = Sides()


def builtin_exception(name):
    kind = getattr(builtins, name, None)
    return kind if isinstance(kind, type) and issubclass(kind, BaseException) else None


def builtin_base(kind):
    """The nearest class of the interpreter itself that an exception class derives from."""
    for base in kind.__mro__:
        if base.__module__ == "builtins" and builtin_exception(base.__name__) is base:
            return base.__name__
    return "Exception"


# ---------------------------------------------------------------- telling


def frames_to_tell(error):
    frames = texts.frames_of(error)
    if len(frames) > FRAMES_MAX:
        frames = frames[: texts.FRAMES_FIRST] + frames[-texts.FRAMES_LAST :]
    return [(*frame, texts.source_line(frame[0], frame[1])[:NAME_MAX]) for frame in frames]


def plain_args(error, peer):
    args = error.args if type(error.args) is tuple else ()
    told = []
    for value in args[:ARGS_MAX]:
        try:
            peer.encode(value)
            told.append(value)
        except Exception:
            told.append(texts.safe_repr(value)[:NAME_MAX])
    return tuple(told)


class Raised:
    """An exception that stays here: the other half asks it for what its class gives it, such as
    properties and methods."""

    def __init__(self, error):
        self.error = error

    def __getattr__(self, name):
        return getattr(self.error, name)


def plain_attributes(error, peer):
    told = {}
    items = list(error.__dict__.items())[:ARGS_MAX]
    for kind, names in OF_BUILTINS:
        if isinstance(error, kind):
            values = [(name, getattr(kind, name).__get__(error)) for name in names]
            # One that is set to None is told, unlike one that is not set.
            items += [(name, value) for name, value in values if value is not None]
    for name, value in items:
        if type(name) is not str or name in (IDENT, TOLD):
            continue
        try:
            peer.encode(value)
            told[name] = value
        except Exception:
            pass
    return told


def describe(error, peer, depth=0):
    theirs = error.__dict__.get(IDENT, 0)
    if theirs:
        return (theirs, "", (), "", {}, [], 0)
    if error.__dict__.get(SELF) is not None and not sides.tells_frames:
        return (0, error.__dict__[SELF], (), "", {}, [], 0)
    kind = type(error)
    is_builtin = builtin_exception(kind.__name__) is kind
    reference = kind.__name__ if is_builtin else kind
    if not is_builtin:
        peer.define(kind)
    message = texts.message_of(error)[:MESSAGE_MAX]
    if not sides.tells_frames:
        # What the tests say of a value is not for the candidate.
        args = () if isinstance(error, AssertionError) else plain_args(error, peer)
        ident = -peer.ident_of(error)
        peer.raised.append(-ident)
        return (ident, reference, args, "", {}, [], 0)
    frames = frames_to_tell(error)
    line = texts.candidate_line(frames)
    args = plain_args(error, peer)
    attributes = plain_attributes(error, peer)
    if kind.__module__ == "candidate":
        attributes[SELF] = Raised(error)
    if isinstance(error.__cause__, BaseException) and depth < CAUSES_MAX:
        attributes[CAUSE] = describe(error.__cause__, peer, depth + 1)
    return (0, reference, args, message, attributes, frames, line)


# ---------------------------------------------------------------- building


def standard_exception(module, name):
    """The class of the standard library by that name, if this interpreter has imported it. A class
    that only says that it is a builtin stays one of its own: builtins travel by name and are guarded."""
    top = module.partition(".")[0]
    if top == "builtins" or top in NOT_STANDARD or top not in getattr(sys, "stdlib_module_names", ()):
        return None
    kind = getattr(sys.modules.get(module), name, None)
    is_usable = isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == module
    return kind if is_usable and builtin_base(kind) not in GUARDED else None


def substitute(name):
    """An ordinary exception class in place of a builtin one that may not be raised here."""
    kind = sides.substitutes.get(name)
    if kind is None:
        kind = type(name, (Exception,), {"__module__": "builtins"})
        sides.substitutes[name] = kind
    return kind


def usable(kind, operation):
    """The class to raise for a builtin exception class."""
    name = kind.__name__
    if not sides.guards or name not in GUARDED or name in sides.wanted:
        return kind
    meaning = ENDS.get(name, ())
    if operation is not None and operation.__name__ in meaning:
        return kind
    return substitute(name)


def check_frames(frames, line):
    if type(frames) is not list or len(frames) > FRAMES_MAX or type(line) is not int:
        raise ValueError("frames of an exception")
    for frame in frames:
        file, number, function, source = frame
        if not (type(file) is type(function) is type(source) is str and type(number) is int):
            raise ValueError("a frame of an exception")
        if max(map(len, (file, function, source))) > 4 * NAME_MAX or not 0 <= number < 1 << 31:
            raise ValueError("a frame of an exception")
    return line if 0 <= line < 1 << 31 else 0


def build(description, peer, operation=None):
    ident, reference, args, message, attributes, frames, line = description
    if ident > 0:
        error = peer.own(ident)
        if not isinstance(error, BaseException):
            raise ValueError("not an exception")
        # An iterator of ours may have ended; a call of theirs does not end a loop of ours.
        kind = builtin_base(type(error))
        if kind in ENDS and usable(builtin_exception(kind), operation) is not type(error):
            return substitute(kind)(*error.args)
        return error
    if type(reference) is Raised:
        return reference.error
    line = check_frames(frames, line)
    if type(args) is not tuple or type(message) is not str or type(attributes) is not dict:
        raise ValueError("parts of an exception")
    kind = builtin_exception(reference) if type(reference) is str else reference
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        raise ValueError("not an exception")
    if type(reference) is str:
        kind = usable(kind, operation)
    error = instance(kind, args)
    state = error.__dict__
    for name, value in attributes.items():
        if name in BUILTIN_NAMES and any(name in base.__dict__ for base in kind.__mro__):
            setattr(error, name, value)
        elif type(name) is str and not name.startswith("assay "):
            state[name] = value
    if attributes.get(CAUSE) is not None:
        error.__cause__ = build(attributes[CAUSE], peer)
    if type(reference) is not str:
        state["assay message"] = message
        if peer.standins.ident_of(attributes.get(SELF)) is not None:
            state[SELF] = attributes[SELF]
    state[TOLD] = (tuple(map(tuple, frames)), line)
    if ident < 0:
        state[IDENT] = -ident
    return error


def instance(kind, args):
    try:
        return type.__call__(kind, *args)
    except Exception:
        error = kind.__new__(kind)
        error.args = args
        return error
