"""The comparator evalplus of kind calls, as core/value_evalplus.c of the daemon has it. In the examiner.

Asked only if == has said no, or is not what is asked. What comes from the candidate is looked at by the
builtin types alone: an object of a class of its own is no number and no element of a set.
"""

import math

from texts import __builtins__, layout

__assay__ = layout

TOLERANCE_OF_FLOATS = 1e-6
INTEGERS = 1 << 63  # numpy has none beyond
PLAIN = (int, float, complex, bool, str, bytes, type(None))
SEQUENCES = (list, tuple)


def is_plain(value):
    kind = type(value)
    if kind in PLAIN:
        return True
    if kind is dict:
        return all(is_plain(key) and is_plain(value[key]) for key in value)
    return kind in (list, tuple, set, frozenset) and all(map(is_plain, value))


def has_floats(value):
    if type(value) in SEQUENCES:
        return bool(value) and all(type(part) is float for part in value)
    return type(value) is float


def is_number(value):
    kind = type(value)
    return kind in (float, complex, bool) or (kind is int and -INTEGERS <= value < INTEGERS)


def is_finite(number):
    return math.isfinite(number.real) and math.isfinite(number.imag)


def is_near(actual, expected, absolute, relative):
    if type(actual) in SEQUENCES and type(expected) in SEQUENCES:
        return len(actual) == len(expected) and all(
            is_near(one, other, absolute, relative) for one, other in zip(actual, expected)
        )
    if not is_number(actual) or not is_number(expected):
        return False
    if not is_finite(actual) or not is_finite(expected):
        return actual == expected
    return abs(actual * 1.0 - expected * 1.0) <= absolute + relative * abs(expected * 1.0)


def is_root(coefficients, answer, tolerance):
    try:
        value = sum([factor * math.pow(answer, i) for i, factor in enumerate(coefficients)])
    except (OverflowError, ValueError, TypeError):
        return False
    return abs(value) <= tolerance


def has_elements(actual, expected):
    try:
        return set(actual) == set(expected)
    except TypeError:
        return False


class Comparison:
    """`expected` is what core/value_oracle.h says; `others`: what is right, too."""

    def __init__(self, absolute, relative, oracle):
        self.absolute = absolute
        self.relative = relative
        self.oracle = oracle
        self.others = []

    def holds(self, actual, expected, are_equal):
        """`are_equal`: what == has said of the two."""
        oracle = self.oracle
        if oracle == "any":
            return True
        if oracle == "not_none":
            says = actual if type(actual) is bool else actual is not None
            return says == expected
        if not is_plain(actual):
            return are_equal and oracle != "root"
        if oracle == "root":
            return type(actual) in (int, float, bool) and is_root(expected, actual, self.absolute)
        if oracle == "set":
            are_equal = has_elements(actual, expected)
        if are_equal or any(actual == other for other in self.others):
            return True
        absolute = self.absolute or (TOLERANCE_OF_FLOATS if has_floats(expected) else 0)
        if absolute == 0 or type(actual) is not type(expected):
            return False
        return is_near(actual, expected, absolute, self.relative)
