"""What pid 1 runs before its first fork, so that no run is the first to run it.

The interpreter specializes code, fills the caches of its classes' attributes and numbers classes in
their first uses; every page that it writes for that after the fork is copied, in every run again.
So the samples hold a little of all that tests and solutions are made of, and are parsed, rewritten,
compiled and executed here. Nothing of a job is known yet, and nothing of the samples stays but what
the caches hold.
"""

import examinee
import examiner
from plan import plan_source
from texts import __builtins__, layout

__assay__ = layout

# Early runs change what later ones write: from about twenty on nothing does any more.
REHEARSALS = 24

CODE = b'''
import math
import collections.abc
from typing import Any, Dict, List, Optional, Set, Tuple, Union
from collections import Counter, defaultdict as default

LIMIT: int = 10

def f(numbers: List[float], threshold: float = 0.5, *rest: Any, key=None, **other) -> Optional[int]:
    """ Text with an example
    >>> f([1.0, 2.0], 0.5)
    False
    """
    global LIMIT
    total, best = 0, -1
    counts: Dict[str, int] = {}
    pairs: List[Tuple[int, str]] = []
    for index, number in enumerate(numbers):
        for other_index in range(index + 1, len(numbers)):
            if index != other_index and abs(number - numbers[other_index]) < threshold:
                total += 1
            elif total > 3 and not rest or key is None:
                break
            else:
                continue
        else:
            counts[str(index)] = counts.get(str(index), 0) + 1
    while total >= 0:
        total -= 1
        best = total if total > best else max(best, total)
        if best == 7:
            pass
    text = "".join([chr(ord(letter) ^ 1) for letter in "ab c".split(" ")[0][::-1]])
    small = {key: value for key, value in counts.items() if value not in (2, 3)}
    words = {word.lower() for word in ("A", 'b')} | {f"{text!r}-{best:>3}", "%s" % text}
    first, *others = sorted(numbers, key=lambda item: (-item, item % 2, item // 3 ** 1))
    values = list(map(lambda value: value * 2, filter(None, numbers)))
    square = sum(value ** 2 for value in values) / 1.5 + math.sqrt(4) - int("3")
    try:
        raise ValueError("no")
    except (ValueError, KeyError) as error:
        caught = error.args
    except Exception:
        raise
    finally:
        del others
    assert isinstance(text, str) and numbers[0:1] is not None, "message"
    def inner(n: int) -> bool:
        nonlocal best
        return n < 2 or inner(n - 1)
    numbers[-1] = ~best & 1 | 2 << 3 >> 1
    return {"a": [1, 2.5, None, True]}.get("b") or inner(3)

class Thing(object):
    kind: str = "thing"

    def __init__(self, x):
        super().__init__()
        self.x = x

    @property
    def value(self) -> Union[int, str]:
        return self.x

    @staticmethod
    def make(xs: Set[int]):
        yield from xs
        yield None

if __name__ == "__main__":
    print(f([1.0, 2.0]))
'''

TESTS = b'''

METADATA = {
    'author': 'nobody',
    'dataset': 'test'
}


def check(candidate):
    import math, random
    from copy import deepcopy as copied
    assert candidate([1.0, 2.0, 3.9], 0.3) == True
    assert candidate([1.0, 2.0], -0.05) is False, "text"
    assert not candidate((), x=None), "text {}".format(1)
    assert candidate('(()) ((()))') == ['(())', "((()))"]
    assert True, "This prints if this assert fails 1 (good for debugging!)"
    assert math.fabs(candidate(10 ** 2) - 1.5e-3) < 1e-6 and 1 <= candidate(3) <= 4
    assert abs(candidate(1) - 2) < 1e-6 or candidate is not None
    assert candidate({"a": 1, 2: (3,)}, {4}) != {} and "a" in candidate("b")
    assert tuple(candidate("\\n", **{})) == tuple([x for x in range(3) if x % 2])
    assert all(candidate(x) for x in [1, 2]) and len(candidate([])) == 0
    letters = "ab"
    for index, _ in enumerate(range(100)):
        x = random.randint(1, 10) * 2 // 3
        letters += letters[index:-1]
        values = list(map(lambda v: v + x, [1, *letters]))
        if x > 3 and values:
            assert candidate(copied(values)) == sorted(values)[0], f"{x} of {index}"
        else:
            continue
    try:
        candidate("a").method()[0] = -1
    except (TypeError, ValueError) as error:
        assert str(error) == "no"
    else:
        assert False
    with candidate.open() as file:
        pass
    while not letters:
        break

def helper(a, b=1, *args, **kwargs):
    return a if b else (yield)

class Node:
    next = None

check(helper)
'''

LITTLE_CODE = b'''
def f(numbers, threshold=1):
    """ Text """
    total = []
    for index, number in enumerate(numbers):
        if number < threshold or not total:
            total.append(number + index)
    return sorted(total)
'''

LITTLE_TESTS = b'''
def check(candidate):
    assert candidate([1.0, 2.0]) == [1.0]
    assert candidate([], 2) == []
'''


def rehearse_once():
    examiner.rehearse()
    for is_split in (False, True):
        plan_source(TESTS, b"check", is_split)
    namespace = {"__name__": "candidate", "__builtins__": examinee.BUILTINS}
    for code in examinee.compile_candidate(b"", CODE, b"f"):
        exec(code, namespace)
    examinee.compile_prompt(CODE)
    namespace["f"]([1.0, 2.0, 3.0])
    layout.code = b""
    layout.prompt_lines = 0


def rehearse():
    for _ in range(REHEARSALS):
        rehearse_once()


def typical_run():
    """What nearly every run does, for the pages that it takes: ahead.c."""
    plan_source(LITTLE_TESTS, b"check", True)
    namespace = {"__name__": "candidate", "__builtins__": examinee.BUILTINS}
    for code in examinee.compile_candidate(b"", LITTLE_CODE, b"f"):
        exec(code, namespace)
    namespace["f"]([1.0, 2.0])
