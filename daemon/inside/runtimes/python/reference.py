"""A reference: what is expected of the calls of a task is what this source answers. In a planner or an
examiner, before anything of a candidate, and never beside one in a process.

Each call of it gets arguments of its own, as a candidate's does. What it answers is kept as bytes, unless
that is long: then it is called again by an examiner, and a plan has its digest.
"""

import _sha256
from types import ModuleType

import _assay
from texts import __builtins__, layout

__assay__ = layout

REFERENCE_FILE = "reference.py"
KEPT_BYTES = 16384


def refuse(value):
    raise TypeError("no plain data")


def digest_of(encoded):
    """RECORD_DIGEST_BYTES of inside/wire.h: the value's tag and the SHA-256 of its bytes."""
    return encoded[:1] + _sha256.sha256(encoded).digest()


class Reference:
    """`sources`: the reference's, and others that are right, too."""

    def __init__(self, sources, entry_point, oracle):
        self.functions = [load(source, entry_point) for source in sources]
        self.oracle = oracle
        self.kept = {}

    def answers(self, arguments):
        """The expected value, and those that are right, too; arguments() makes new ones."""
        if self.oracle == "root":
            positional, _ = arguments()
            return [positional[0]]
        values = []
        for function in self.functions:
            positional, named = arguments()
            values.append(function(*positional, **named))
        if self.oracle == "not_none":
            return [values[0] is not None]
        return values

    def ask(self, index, arguments):
        """The expected value, for a look at it; what it was is kept."""
        values = self.answers(arguments)
        encoded = [_assay.encode(value, refuse) for value in values]
        is_long = sum(map(len, encoded)) > KEPT_BYTES
        self.kept[index] = (None, digest_of(encoded[0])) if is_long else (encoded, None)
        return values[0]

    def values(self, index, arguments):
        """All that is right, as new objects."""
        encoded, _ = self.kept[index]
        if encoded is None:
            return self.answers(arguments)
        return [_assay.decode(data, refuse) for data in encoded]


def load(source, entry_point):
    namespace = ModuleType("reference").__dict__
    exec(compile(source, REFERENCE_FILE, "exec", dont_inherit=True), namespace)
    if entry_point not in namespace:
        raise NameError("the reference does not define %r" % entry_point)
    return namespace[entry_point]
