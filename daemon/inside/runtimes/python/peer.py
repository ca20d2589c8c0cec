"""One half of a split examination as it talks to the other half: requests, answers, references.

Used by both halves, examiner (remote.py) and examinee (examinee.py). A request is an operation on
operands; whoever waits for an answer serves the requests of the other half meanwhile, so calls may
nest in both directions. Values travel as the codec has them; whatever is no plain data stays where
it is and the other half gets a reference, see standins.py.

Payload of a request: (operands, keywords); of RESULT: (value, identity, changes), where `identity`
is the position of the argument that the value is (-1: none) and `changes` are pairs (position, new
value) of arguments that were changed in place; of RAISED: see raising.py.
"""

import threading
from collections import deque

import _assay
import raising
import standins
from in_place import update
from operations import CALL, FIRST_OPERATION, OPERATIONS
from texts import Gone, Late, Malformed, __builtins__, layout

__assay__ = layout

(RESULT, RAISED, DEFINE, RELEASE, BYE, LOADED, LOAD_FAILED, LATE, TEST) = range(9)

# Kinds of references in the codec's handles.
OBJECT = 1  # of the sender: ident; label: the ident of its class
CLASS = 2  # of the sender: ident
YOURS = 3  # of the receiver: ident
EXCEPTION = 4  # of the sender: ident; sent ahead with DEFINE
VIEW = 5  # keys or items of a dict, plain data; sent ahead likewise

DEPTH_MAX = 60
RELEASES = 64
DEFINITIONS_MAX = 100000


class Forced:
    """A value that is to travel as a reference although it is of a plain type."""

    def __init__(self, value):
        self.value = value


class Peer:
    """`trusts`: the other half's objects may take part in operators with plain data."""

    trusts = True

    def __init__(self, send=_assay.send, receive=_assay.receive):
        self.send_frame = send
        self.receive_frame = receive
        self.lock = threading.RLock()
        self.gone = None
        self.depth = 0
        self.n_requests = 0
        self.objects = {}  # ident -> what the other half may refer to
        self.idents = {}  # id(object) -> its ident
        self.next_ident = 1
        self.defined = set()
        self.definitions = []  # encoded, to be sent before the next frame
        self.n_definitions = 0  # received
        self.raised = []  # idents of our exceptions that the other half may raise again
        self.released = []
        self.standins = standins.StandIns(self)

    # Whether the other half may do that, and what is done about changed arguments.

    def permit(self, operation, operands):
        pass

    def take_changes(self, arguments, value, identity, changes):
        for position, new in changes:
            update(arguments[position], new)
        return arguments[identity] if identity >= 0 else value

    # ------------------------------------------------------------ references

    def ident_of(self, thing):
        ident = self.idents.get(id(thing))
        if ident is None:
            ident = self.next_ident
            self.next_ident += 1
            self.idents[id(thing)] = ident
            self.objects[ident] = thing
        return ident

    def forget(self, ident):
        thing = self.objects.pop(ident, None)
        if thing is not None:
            self.idents.pop(id(thing), None)

    def forget_raised(self):
        for ident in self.raised:
            self.forget(ident)
        self.raised.clear()

    def own(self, ident):
        try:
            return self.objects[ident]
        except KeyError:
            raise Malformed("a reference to nothing") from None

    def export(self, thing):
        """For the codec: (kind, ident, label) of what is no plain data."""
        if type(thing) is Forced:
            thing = thing.value
        theirs = self.standins.ident_of(thing)
        if theirs is not None:
            return YOURS, theirs, b""
        if isinstance(thing, type):
            return CLASS, self.define(thing), b""
        if isinstance(thing, BaseException):
            ident = self.ident_of(thing)
            description = (EXCEPTION, ident, raising.describe(thing, self))
            self.definitions.append(self.encode(description))
            return EXCEPTION, ident, b""
        if type(thing) in VIEWS and self.define_view(thing):
            return VIEW, self.ident_of(thing), b""
        kind = self.define(type(thing))
        return OBJECT, self.ident_of(thing), b"%d" % kind

    def define(self, kind):
        """Ident of a class of ours; the other half learns what it needs to stand in for it."""
        ident = self.ident_of(kind)
        if ident not in self.defined:
            self.defined.add(ident)
            # Encoded at once: what it refers to has then been defined before it.
            description = (CLASS, ident, standins.describe_class(kind, self))
            self.definitions.append(self.encode(description))
        return ident

    def define_view(self, view):
        """False: it holds what is no plain data, so it travels as a reference."""
        description = (VIEW, self.ident_of(view), (VIEWS[type(view)], list(view)))
        try:
            self.definitions.append(_assay.encode(description, refuse))
        except (ValueError, TypeError, RecursionError):
            return False
        return True

    def resolve(self, kind, ident, label):
        """For the decoder."""
        if kind == YOURS:
            return self.own(ident)
        if kind == OBJECT:
            return self.standins.object(ident, int(label))
        if kind == CLASS:
            return self.standins.classes[ident]
        if kind == VIEW:
            return self.standins.views.pop(ident)
        if kind == EXCEPTION:
            return self.standins.exceptions[ident]
        raise Malformed("a reference of no known kind")

    # ------------------------------------------------------------ frames

    def encode(self, value):
        return _assay.encode(value, self.export)

    def decode(self, data):
        try:
            return _assay.decode(data, self.resolve)
        except Exception as error:
            raise self.lose(Malformed(str(error))) from None

    def lose(self, gone):
        """From now on the other half is gone."""
        if self.gone is None:
            self.gone = gone
        return self.gone

    def send(self, kind, data):
        if self.gone is not None:
            raise self.gone
        try:
            if self.definitions:
                definitions = self.definitions
                self.definitions = []
                self.send_frame(DEFINE, self.encode(definitions))
            self.send_frame(kind, data)
        except EOFError:
            raise self.lose(Gone()) from None

    def receive(self):
        """The next frame that wants something done or says something."""
        while True:
            if self.gone is not None:
                raise self.gone
            try:
                kind, data = self.receive_frame()
            except EOFError:
                raise self.lose(Gone()) from None
            except TimeoutError:
                raise self.lose(Late()) from None
            except (ValueError, MemoryError) as error:
                raise self.lose(Malformed(str(error))) from None
            if kind == LATE:
                raise self.lose(Late())
            if kind == DEFINE:
                self.take_definitions(self.decode(data))
            elif kind == RELEASE:
                self.take_releases(self.decode(data))
            else:
                return kind, data

    def take_releases(self, idents):
        if type(idents) is not list or not all(type(ident) is int for ident in idents):
            raise self.lose(Malformed("references to release"))
        for ident in idents:
            self.forget(ident)

    def take_definitions(self, definitions):
        try:
            self.n_definitions += len(definitions)
            if self.n_definitions > DEFINITIONS_MAX:
                raise ValueError("too many classes and exceptions")
            for definition in definitions:
                kind, ident, what = self.decode(definition)
                if kind == CLASS:
                    self.standins.add_class(ident, what)
                elif kind == VIEW:
                    self.standins.views[ident] = view_of(*what)
                else:
                    self.standins.exceptions[ident] = raising.build(what, self)
        except Exception as error:
            raise self.lose(Malformed(str(error))) from None

    # ------------------------------------------------------------ asking

    def release(self, ident):
        """A stand-in is no longer used; may be called at any time."""
        self.released.append(ident)

    def flush_releases(self):
        released = self.released
        self.released = []
        gone = [ident for ident in released if not self.standins.uses(ident)]
        self.send(RELEASE, self.encode(gone))

    def request(self, operation, operands, keywords=None):
        """What the operation gives on the other side; raises what it raises there."""
        if self.depth >= DEPTH_MAX:
            raise RecursionError("calls between tests and candidate are nested too deeply")
        with self.lock:
            if len(self.released) >= RELEASES:
                self.flush_releases()
            data = self.encode((operands, keywords))
            self.n_requests += 1
            self.depth += 1
            try:
                self.send(operation, data)
                kind, data = self.wait()
                if kind == RAISED:
                    raise self.exception(operation, data)
            finally:
                self.depth -= 1
                if self.raised and self.depth == 0:
                    self.forget_raised()
            arguments = operands[1:]
            if keywords:
                arguments = (*arguments, *keywords.values())
            return self.take_result(arguments, self.decode(data))

    def wait(self):
        while True:
            kind, data = self.receive()
            if kind in (RESULT, RAISED):
                return kind, data
            self.answer(kind, data)

    def take_result(self, arguments, result):
        try:
            value, identity, changes = result
            if not changes and identity == -1:
                return value
            return self.take_changes(arguments, value, identity, changes)
        except Exception as error:
            raise self.lose(Malformed(str(error))) from None

    def exception(self, operation, data):
        description = self.decode(data)
        try:
            return raising.build(description, self, OPERATIONS[operation - FIRST_OPERATION])
        except Exception as error:
            raise self.lose(Malformed(str(error))) from None

    # ------------------------------------------------------------ answering

    def answer(self, number, data):
        if not FIRST_OPERATION <= number < FIRST_OPERATION + len(OPERATIONS):
            raise self.lose(Malformed("no such operation"))
        message = self.decode(data)
        operation = OPERATIONS[number - FIRST_OPERATION]
        try:
            operands, keywords = message
            operands[0]  # there is always one
            arguments = [*operands[1:], *keywords.values()] if keywords else operands[1:]
        except Exception:
            raise self.lose(Malformed("no such request")) from None
        try:
            self.permit(operation, operands)
            before = None
            if number == CALL and not SCALARS.issuperset(map(type, arguments)):
                before = [self.snapshot(argument) for argument in arguments]
            if keywords:
                value = operation(*operands, **keywords)
            else:
                value = operation(*operands)
            data = self.encode_result(value, arguments, before)
        except Gone:
            raise
        except BaseException as error:
            self.send_answer(RAISED, self.encode_exception(error))
            return
        self.send_answer(RESULT, data)

    def send_answer(self, kind, data):
        """In time: a test whose answer is on its way must not end the process any more."""
        if self.depth == 0:
            _assay.limit_pause()
        self.send(kind, data)

    def snapshot(self, argument):
        """Its encoding, if it can be changed in place."""
        if type(argument) in SCALARS or not is_container(argument):
            return None
        return self.encode(argument)

    def encode_result(self, value, arguments, before):
        changes = []
        identity = -1
        if before is not None:
            for position, old in enumerate(before):
                if old is None:
                    continue
                argument = arguments[position]
                if argument is value:
                    identity = position
                if self.has_changed(argument, old):
                    changes.append((position, argument))
        try:
            return self.encode((value, identity, changes))
        except (ValueError, TypeError, RecursionError, OverflowError):
            # Cycles, references among the elements of a set, too deep: it stays here.
            return self.encode((Forced(value), identity, []))

    def has_changed(self, argument, old):
        try:
            return self.encode(argument) != old
        except (ValueError, TypeError, RecursionError):
            return False

    def encode_exception(self, error):
        try:
            return self.encode(raising.describe(error, self))
        except BaseException:
            untold = RuntimeError("an exception that cannot be told")
            return self.encode(raising.describe(untold, self))


VIEWS = {type({}.keys()): "keys", type({}.items()): "items"}


def refuse(thing):
    raise TypeError("no plain data")


def view_of(name, content):
    return dict.fromkeys(content).keys() if name == "keys" else dict(content).items()


SCALARS = {int, str, float, bool, type(None), bytes, complex}


def is_container(value):
    return isinstance(value, (list, dict, set, bytearray, deque, tuple))
