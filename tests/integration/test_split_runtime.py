"""Split examinations by the Python runtime itself: tests in one cell, the candidate in another.

The cells have no isolation, so what runs here is harmless even where it cheats.
"""

import json
import os
import statistics
import textwrap

import pytest
import runtime_cell as cell
from runtime_cell import EXAMINEE, EXAMINER, SplitCells, build_job, section
from support import shared

pytestmark = pytest.mark.once

RUNTIME = os.path.join(os.path.abspath(os.environ.get("ASSAY_BUILD", "build")), "runtimes", "python")


@pytest.fixture(scope="module")
def cells():
    missing = cell.missing()
    if missing:
        pytest.skip("needs " + missing)
    with SplitCells(RUNTIME) as both:
        yield both


def dedent(text):
    return textwrap.dedent(text).lstrip("\n")


def asserts(cells, code, *tests, **options):
    return cells.run("asserts", dedent(code), [dedent(test) for test in tests], **options)


def check(cells, code, body, **options):
    options.setdefault("entry_point", "f")
    tests = "def check(candidate):\n" + textwrap.indent(dedent(body), "    ")
    return cells.run("check", code, tests, **options)


def assert_passes(outcome):
    told = [(test.source, test.type, test.message, test.actual) for test in outcome.tests.values()]
    fault = outcome.fault and (outcome.fault.type, outcome.fault.message, outcome.fault.traceback)
    assert outcome.passed, (outcome.outcomes, told, fault, outcome.examiner_stderr, outcome.stderr)


# ---------------------------------------------------------------- what tests do with a candidate

HONEST = {
    "positional, keyword and star arguments": (
        "def f(a, b=2, *c, d=0, **e): return [a, b, c, d, e]",
        "assert f(1) == [1, 2, (), 0, {}]",
        "assert f(1, 3, *[4, 5], d=6, **{'x': 7}) == [1, 3, (4, 5), 6, {'x': 7}]",
    ),
    "exact values": (
        "def f(x): return x",
        "x = f(float('nan')); assert x != x",
        "import math; assert math.copysign(1, f(-0.0)) == -1",
        "assert f(10 ** 400) == 10 ** 400 and type(f(True)) is bool and type(f((1,))) is tuple",
        r"assert f('a\ud800b') == 'a\ud800b'",
        "from collections import Counter, deque; assert f(Counter('aab')) == {'a': 2, 'b': 1}",
        "assert f(deque([1], maxlen=2)).maxlen == 2",
        "from decimal import Decimal; assert f(Decimal('1.10')) == Decimal('1.1')",
        "from fractions import Fraction; assert f(Fraction(1, 3)) * 3 == 1",
    ),
    "several functions by name": (
        "def a(x): return x + 1\ndef b(x): return a(x) * 2\nLIMIT = 7",
        "assert a(1) == 2 and b(1) == 4",
        "assert LIMIT == 7",
    ),
    "module of the candidate": (
        "def f(x): return x + 1\nLIMIT = 7",
        "import candidate; assert candidate.f(1) == 2 and candidate.LIMIT == 7",
        "from candidate import f as g; assert g(1) == 2",
        "from candidate import *; assert f(3) == 4",
    ),
    "mutated arguments": (
        """
        def swap(a, b): a[:], b[:] = b[:], a[:]
        def grow(d): d["k"].append(2)
        def drop(s): s.discard(1)
        def rotate(m): m[:] = [list(row) for row in zip(*m[::-1])]
        def fill(b): b[:] = b"xyz"
        """,
        "a = [1]; b = [2, 3]\nswap(a, b)\nassert a == [2, 3] and b == [1]",
        "d = {'k': [1]}; inner = d['k']\ngrow(d)\nassert d == {'k': [1, 2]} and inner == [1, 2]",
        "s = {1, 2}\ndrop(s)\nassert s == {2}",
        "m = [[1, 2], [3, 4]]; assert rotate(m) is None and m == [[3, 1], [4, 2]]",
        "b = bytearray(b'a')\nfill(b)\nassert b == b'xyz'",
    ),
    "mutated and returned": (
        """
        def order(xs): xs.sort(); return xs
        def unique(xs): xs[:] = sorted(set(xs)); return len(xs)
        def take(xs): return xs.pop(0)
        """,
        "assert order([3, 1, 2]) == [1, 2, 3]",
        "xs = [2, 1]; assert order(xs) == sorted(xs)",
        "xs = [2, 1]\nassert order(xs) is xs\nassert xs == [1, 2]",
        "xs = [2, 1]\norder(xs)\nassert xs == [1, 2]",
        "xs = [2, 1, 2]\nk = unique(xs)\nassert k == 2\nassert xs[:k] == [1, 2]",
        "xs = [2, 1]\nys = order(xs)\nassert xs == [1, 2]\nassert ys == [1, 2] and ys is xs",
        "xs = [1, 2, 3]; assert take(xs) == 1 and take(xs) == 2 and xs == [3]",
        "xs = [1, 2, 3]\nfor want in (1, 2, 3):\n    assert take(xs) == want\nassert xs == []",
    ),
    "identity of arguments": (
        "def same(xs): return xs\ndef copy(xs): return list(xs)",
        "xs = [1]; assert same(xs) is xs",
        "xs = [1]; assert copy(xs) is not xs and copy(xs) == xs",
        "assert same(None) is None",
    ),
    "expected exceptions": (
        """
        class Broken(Exception):
            def __init__(self, code): super().__init__("broken %d" % code); self.code = code
        class Worse(Broken): pass
        def f(x):
            if x == 0: raise ValueError("zero")
            if x == 1: raise Broken(7)
            if x == 2: raise Worse(8)
            return {}[x]
        """,
        "try:\n    f(0)\nexcept ValueError as e:\n    assert str(e) == 'zero'\nelse:\n    assert False",
        "try:\n    f(1)\nexcept Broken as e:\n    assert e.code == 7 and str(e) == 'broken 7'",
        "try:\n    f(2)\nexcept Broken as e:\n    assert type(e) is Worse\nelse:\n    assert False",
        "try:\n    f('k')\nexcept LookupError as e:\n    assert e.args == ('k',)\nelse:\n    assert False",
        "import unittest\ncase = unittest.TestCase()\nwith case.assertRaises(ValueError):\n    f(0)",
        "assert issubclass(Worse, Broken) and issubclass(Broken, Exception)",
    ),
    "exceptions of the standard library": (
        "import json, decimal\ndef f(x): return json.loads(x)\ndef g(x): return decimal.Decimal(x)",
        "import json\ntry:\n    f('{')\nexcept json.JSONDecodeError as e:\n    assert e.pos == 1\nelse:\n    assert False",
        "import decimal\ntry:\n    g('x')\nexcept decimal.InvalidOperation:\n    pass\nelse:\n    assert False",
    ),
    "SystemExit that the tests name": (
        "import sys\ndef f(): sys.exit(3)",
        "try:\n    f()\nexcept SystemExit as e:\n    assert e.code == 3\nelse:\n    assert False",
    ),
    "generators and iterators": (
        """
        def count(n):
            for i in range(n): yield i
        def echo():
            got = yield 1
            yield got
        def pairs(a, b): return zip(a, b)
        def keys(d): return d.keys()
        def total(g): return sum(g)
        def closing(xs):
            try: yield 1
            finally: xs.append(2)
        def failing():
            try: yield 1
            except KeyError as error: yield error.args[0]
        """,
        "assert list(count(3)) == [0, 1, 2]",
        "g = count(1); assert next(g) == 0\ntry:\n    next(g)\nexcept StopIteration:\n    pass\nelse:\n    assert False",
        "assert next(count(0), 'none') == 'none'",
        "g = echo(); assert next(g) == 1 and g.send(5) == 5",
        "import types; g = count(2); assert isinstance(g, types.GeneratorType) and iter(g) is g",
        "def count_all(g): return sum(g)\nassert count_all(count(4)) == 6 and total(count(4)) == 6",
        "g = closing([]); next(g); g.close(); assert next(g, None) is None",
        "g = failing(); assert next(g) == 1 and g.throw(KeyError('k')) == 'k'",
        "assert dict(pairs('ab', [1, 2])) == {'a': 1, 'b': 2}",
        "assert sorted(keys({'b': 1, 'a': 2})) == ['a', 'b'] and len(keys({1: 1})) == 1",
    ),
    "callbacks": (
        """
        def twice(f, x): return f(f(x))
        def ordered(xs, key): return sorted(xs, key=key)
        def each(f, xs):
            for x in xs: f(x)
        def drain(it): return [x * 2 for x in it]
        def fix(f): return lambda n: f(fix(f), n)
        def guard(f):
            try: return f()
            except KeyError as error: return "caught %s" % error.args
        """,
        "assert twice(lambda x: x + 2, 1) == 5",
        "assert ordered(['bb', 'a'], len) == ['a', 'bb'] and ordered([1, 2], lambda x: -x) == [2, 1]",
        "seen = []; each(seen.append, [1, 2]); assert seen == [1, 2]",
        "assert drain(x for x in [1, 2]) == [2, 4]",
        "assert fix(lambda rec, n: 1 if n == 0 else n * rec(n - 1))(5) == 120",
        "def fails(): raise KeyError('k')\nassert guard(fails) == 'caught k'",
        "def fails(): raise OSError('mine')\ntry:\n    guard(fails)\nexcept OSError as e:\n    assert e.args == ('mine',)\nelse:\n    assert False",
    ),
    "classes": (
        """
        class Stack:
            kind = "lifo"
            made = 0
            def __init__(self, *items): self.items = list(items); Stack.made += 1
            def push(self, x): self.items.append(x); return self
            def pop(self): return self.items.pop()
            def __len__(self): return len(self.items)
            def __iter__(self): return iter(self.items)
            def __contains__(self, x): return x in self.items
            def __getitem__(self, i): return self.items[i]
            def __setitem__(self, i, x): self.items[i] = x
            def __eq__(self, other): return self.items == other.items
            def __add__(self, other): return Stack(*self.items, *other.items)
            def __mul__(self, n): return Stack(*self.items * n)
            def __lt__(self, other): return len(self) < len(other)
            def __repr__(self): return "Stack(%s)" % self.items
            def __enter__(self): return self
            def __exit__(self, *error): self.items.clear(); return False
            def __call__(self, x): return [x, *self.items]
            @classmethod
            def of(cls, n): return cls(*range(n))
            @staticmethod
            def twice(x): return 2 * x
            @property
            def top(self): return self.items[-1]
        class Tall(Stack): pass
        def build(): return Stack(1)
        """,
        "s = Stack(); s.push(1); s.push(2); assert s.pop() == 2 and len(s) == 1",
        "s = Stack(1, 2); assert list(s) == [1, 2] and 2 in s and 3 not in s and s[0] == 1 and s.top == 2",
        "s = Stack(1); s[0] = 5; assert s.items == [5] and bool(s) and not Stack()",
        "assert Stack(1) == Stack(1) and Stack(1) != Stack(2) and Stack(1) + Stack(2) == Stack(1, 2)",
        "assert Stack(1) * 2 == Stack(1, 1) and Stack() < Stack(1)",
        "assert repr(Stack(1)) == 'Stack([1])' and f'{Stack()}' == 'Stack([])' and Stack(2)(1) == [1, 2]",
        "with Stack(1) as s:\n    assert len(s) == 1\nassert len(s) == 0",
        "assert Stack.kind == 'lifo' and Stack.of(2) == Stack(0, 1) and Stack.twice(4) == 8",
        "assert isinstance(Stack(), Stack) and isinstance(Tall(), Stack) and not isinstance(Stack(), Tall)",
        "assert type(build()) is Stack and isinstance(build(), Stack) and Stack(1).push(2).pop() == 2",
        "s = Stack(); s.note = 'x'; assert s.note == 'x' and not hasattr(s, 'other')",
        "s = Stack(); t = s.push(1); assert t is s",
    ),
    "unhashable, enum, dataclass": (
        """
        import enum, dataclasses
        class Colour(enum.Enum):
            RED = 1
            BLUE = 2
        @dataclasses.dataclass
        class Point:
            x: int
            y: int = 0
        def mix(a): return Colour.BLUE if a is Colour.RED else Colour.RED
        """,
        "assert mix(Colour.RED) is Colour.BLUE and Colour(1) is Colour.RED and Colour['RED'].value == 1",
        "assert [c.name for c in Colour] == ['RED', 'BLUE'] and {Colour.RED: 1}[Colour.RED] == 1",
        "assert Point(1) == Point(1, 0) and Point(1) != Point(2)",
        "p = Point(3); p.y = 4; assert (p.x, p.y) == (3, 4) and str(p) == 'Point(x=3, y=4)'",
    ),
    "coroutines": (
        """
        import asyncio
        async def add(a, b):
            await asyncio.sleep(0.001)
            return a + b
        async def count(n):
            for i in range(n): yield i
        class Manager:
            async def __aenter__(self): return 5
            async def __aexit__(self, *error): return False
        async def call(f): return await f()
        async def fails(): raise ValueError("no")
        """,
        "import asyncio\nassert asyncio.run(add(2, 3)) == 5",
        "async def both(): return await asyncio.gather(add(1, 1), add(2, 2))\nassert asyncio.run(both()) == [2, 4]",
        "async def collect(): return [x async for x in count(3)]\nassert asyncio.run(collect()) == [0, 1, 2]",
        "async def managed():\n    async with Manager() as m:\n        return m\nassert asyncio.run(managed()) == 5",
        "async def mine():\n    await asyncio.sleep(0)\n    return 9\nassert asyncio.run(call(mine)) == 9",
        "try:\n    asyncio.run(fails())\nexcept ValueError as e:\n    assert str(e) == 'no'\nelse:\n    assert False",
        "import inspect; assert inspect.iscoroutine(c := add(1, 2)) and asyncio.run(c) == 3",
    ),
    "objects of the tests": (
        """
        def total(node):
            n = 0
            while node is not None: n += node.value; node = node.next
            return n
        def reverse(node):
            back = None
            while node is not None: node.next, back, node = back, node, node.next
            return back
        def read(stream): return stream.read().split()
        """,
        """
        class Node:
            def __init__(self, value, next=None): self.value = value; self.next = next
        assert total(Node(1, Node(2))) == 3
        """,
        "last = Node(2); first = Node(1, last); got = reverse(first); assert got is last and got.next is first",
        "import io; assert read(io.StringIO('a b')) == ['a', 'b']",
    ),
    "views, documents, many objects": (
        """
        class P:
            def __init__(self, x): self.x = x
        def keys(d): "Text."; return d.keys()
        def items(d): return d.items()
        def make(n): return [P(i) for i in range(n)]
        """,
        "assert keys({1: 2}) == {1: 2}.keys() and keys({1: 2}) == {1} and items({1: 2}) == {(1, 2)}",
        "assert keys({1: 2}) == {1}",
        "assert keys.__doc__ == 'Text.' and keys.__name__ == 'keys'",
        "assert sum(p.x for p in make(500)) == 124750",
        "for i in range(300):\n    P(i)\nassert P(3).x == 3",
    ),
    "threads of the candidate call back": (
        """
        from concurrent.futures import ThreadPoolExecutor
        def f(g, xs):
            with ThreadPoolExecutor(4) as pool: return list(pool.map(g, xs))
        """,
        "assert f(lambda x: x * x, range(20)) == [x * x for x in range(20)]",
    ),
    "named like a builtin": ("def sum(a, b): return a * b", "assert sum(10, 15) == 150"),
    "recursion and its limit": (
        """
        import sys
        def deep(n): return 0 if n == 0 else 1 + deep(n - 1)
        def high(n):
            sys.setrecursionlimit(20000)
            return deep(n)
        """,
        "try:\n    deep(10 ** 6)\nexcept RecursionError:\n    pass\nelse:\n    assert False",
        "assert high(5000) == 5000",
    ),
    "what cannot travel is still an object": (
        "def f():\n    x = [1]; x.append(x); return x\ndef g(): return {frozenset([1]): [lambda: 3]}",
        "x = f(); assert x[0] == 1 and len(x) == 2 and x[1][1][0] == 1",
        "assert list(g().values())[0][0]() == 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(HONEST))
def test_honest_use(cells, name):
    code, *tests = HONEST[name]
    assert_passes(asserts(cells, code, *tests))


def test_the_prompts_helpers_are_the_tests(cells):
    prompt = "import math\ndef helper(x):\n    return math.floor(x) + 1\ndef f(x):\n    ''' . '''\n"
    body = "assert helper(candidate(2)) == 3\nassert math.floor(2.5) == 2\nassert f(2) == 2"
    assert_passes(check(cells, "    return x\n", body, prompt=prompt))
    cheat = "def helper(x): return 3\ndef f(x): return None\n"
    assert not check(cells, cheat, body, prompt=prompt).passed


def test_setup_uses_the_candidates_classes(cells):
    code = "class Node:\n    def __init__(self, x): self.x = x; self.left = None\n" \
           "def depth(n): return 0 if n is None else 1 + depth(n.left)"  # fmt: skip
    setup = "root = Node(1)\nroot.left = Node(2)\n"
    assert_passes(asserts(cells, code, "assert depth(root) == 2", setup=setup))


def test_files_and_modules(cells):
    assert_passes(
        asserts(cells, "def f(): return open('a.txt').read()", "import solution",
                "assert solution.f() == 'text'", files=[("a.txt", "text")], modules=["solution"]))  # fmt: skip


# ---------------------------------------------------------------- what must not pass

CHEATS = {
    "clears its argument": ("def f(xs): xs.clear(); return xs", "assert candidate(xs) == sorted(xs)"),
    "clears it and returns another": ("def f(xs): xs.clear(); return []", "assert candidate(xs) == sorted(xs)"),
    "clears it, compared later": ("def f(xs): xs.clear(); return xs",
                                  "got = candidate(xs)\nassert got == sorted(xs)"),
    "clears it, compared after another assertion": (
        "def f(xs): xs.clear(); return xs",
        "got = candidate(xs)\nassert got is not None\nassert isinstance(got, list)\nassert got == sorted(xs)"),
    "clears it, compared in a helper": (
        "def f(xs): xs.clear(); return xs",
        "def run(xs):\n    return candidate(xs)\nassert run(xs) == sorted(xs)"),
    "clears it, expected side on the left": (
        "def f(xs): xs.clear(); return []", "assert len(candidate(xs)) == len(xs) or not xs"),
    "returns its argument changed as a new one": (
        "def f(xs): xs.sort(); return xs", "r = candidate(xs)\nassert r == [1, 2, 3] and r is not xs"),
    "always equal": ("class E:\n    def __eq__(self, o): return True\n"
                     "    def __ne__(self, o): return False\ndef f(xs): return E()",
                     "assert candidate(xs) == 1"),
    "always equal, on the right": ("class E:\n    def __eq__(self, o): return True\ndef f(xs): return E()",
                                   "assert 1 == candidate(xs)"),
    "always equal, in a list": ("class E:\n    def __eq__(self, o): return True\ndef f(xs): return [E()]",
                                "assert candidate(xs) == [1]"),
    "contains everything": ("class E:\n    def __contains__(self, o): return True\ndef f(xs): return E()",
                            "assert 1 in candidate(xs)"),
    "contains everything, iterable": (
        "class E:\n    def __contains__(self, o): return True\n    def __iter__(self): return iter(())\n"
        "def f(xs): return E()", "assert 1 in candidate(xs)"),
    "differs by nothing": ("class E:\n    def __sub__(self, o): return 0\n    __rsub__ = __sub__\n"
                           "    def __abs__(self): return 0\n    def __lt__(self, o): return True\n"
                           "    __gt__ = __le__ = __ge__ = __lt__\ndef f(xs): return E()",
                           "assert abs(candidate(xs) - 5) < 1e-6"),
    "less than everything": ("class E:\n    def __lt__(self, o): return True\n    __gt__ = __lt__\n"
                             "def f(xs): return E()", "assert candidate(xs) < 5"),
    "abs is nothing": ("class E:\n    def __abs__(self): return 0\ndef f(xs): return E()",
                       "assert abs(candidate(xs)) == 0"),
    "is an instance of everything": ("class E:\n    __class__ = int\ndef f(xs): return E()",
                                     "assert isinstance(candidate(xs), int)"),
    "StopIteration in map": ("def f(x): raise StopIteration",
                             "assert all(map(lambda c: candidate(c) == 1, [1, 2]))"),
    "StopIteration in a generator": ("def f(x): raise StopIteration",
                                     "assert list(map(candidate, [1])) == []"),
    "SystemExit": ("def f(x): raise SystemExit(0)", "assert candidate(1) == 1"),
    "GeneratorExit": ("def f(x): raise GeneratorExit", "assert candidate(1) == 1"),
    "KeyboardInterrupt": ("def f(x): raise KeyboardInterrupt", "assert candidate(1) == 1"),
    "a class of its own called ValueError": (
        "class ValueError(Exception): pass\ndef f(x): raise ValueError",
        "try:\n    candidate(1)\nexcept ValueError:\n    pass\nelse:\n    assert False\nassert True"),
    "raises Gone's look-alike": ("class Stop(BaseException): pass\ndef f(x): raise Stop", "assert candidate(1) == 1"),
    "leaves, under a bare except": (
        "import os\ndef f(x): os._exit(0)", "try:\n    candidate(1)\nexcept:\n    pass\nassert True"),
    "leaves, in the last test": ("import os\ndef f(x): return x if x == 1 else os._exit(0)",
                                 "assert candidate(1) == 1\nassert candidate(2) == 2"),
    "skips": ("import unittest\ndef f(x): raise unittest.SkipTest('no')",
              "import unittest\ntry:\n    candidate(1)\nexcept unittest.SkipTest:\n    pass\nassert True"),
    "reads the callback's globals": (
        "def f(g):\n    for n in ('__globals__', '__code__', '__closure__', '__self__', '__builtins__'):\n"
        "        try: return getattr(g, n)\n        except AttributeError: pass\n    return 0",
        "secret = 5\nassert candidate(lambda: secret) == 5"),
    "reads the generator's frame": (
        "def f(g):\n    try: return g.gi_frame.f_locals['secret']\n    except AttributeError: return 0",
        "secret = 5\nassert candidate(secret for _ in [1]) == 5"),
    "never called": ("def f(x): return 1", "assert len('ab') == 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CHEATS))
def test_cheat(cells, name):
    code, body = CHEATS[name]
    outcome = check(cells, code, "xs = [3, 1, 2]\n" + body)
    assert outcome.is_complete and not outcome.passed, outcome.outcomes


def test_an_assertion_error_of_the_candidate_is_its_own(cells):
    outcome = check(cells, "def f(x):\n    assert x\n", "assert candidate(0) == 1")
    assert outcome.outcomes == ["ERROR"]
    assert outcome.tests[0].type == "AssertionError" and outcome.tests[0].line == 2


def test_a_failing_assertion_in_a_callback_is_the_tests(cells):
    outcome = check(cells, "def f(g):\n    return g(1)\n", """
        def g(x):
            assert x == 2
            return x
        assert candidate(g) == 1
    """)  # fmt: skip
    assert outcome.outcomes == ["FAILED", "PASSED"]
    assert (outcome.tests[0].actual, outcome.tests[0].expected) == ("1", "2")


# ---------------------------------------------------------------- what is told


def test_wrong_answer_is_told_in_full(cells):
    outcome = check(cells, "def f(a, b):\n    return [0]\n", "assert candidate(1, 2) == 3")
    test = outcome.tests[0]
    assert (test.call, test.expected, test.actual) == ("f(1, 2)", "3", "[0]")
    assert test.outcome == "FAILED" and test.source == "assert candidate(1, 2) == 3"


def test_exception_is_told_with_the_candidates_lines(cells):
    code = "def g(x):\n    return 1 // x\n\ndef f(x):\n    return g(x)\n"
    test = check(cells, code, "assert candidate(0) == 1").tests[0]
    assert (test.outcome, test.type, test.line) == ("ERROR", "ZeroDivisionError", 2)
    assert test.message == "integer division or modulo by zero"
    assert test.traceback.splitlines() == [
        "Traceback (most recent call last):",
        '  File "tests.py", line 2, in check',
        "    assert candidate(0) == 1",
        '  File "candidate.py", line 5, in f',
        "    return g(x)",
        '  File "candidate.py", line 2, in g',
        "    return 1 // x",
        "ZeroDivisionError: integer division or modulo by zero",
    ]


def test_lines_count_from_the_code_behind_a_prompt(cells):
    prompt = "import math\n\ndef f(x):\n    ''' . '''\n"
    test = check(cells, "    y = 0\n    return x // y\n", "assert candidate(1) == 1", prompt=prompt).tests[0]
    assert test.line == 2 and 'File "candidate.py", line 2, in f' in test.traceback
    broken = check(cells, "    y = 0\n    return x //\n", "assert candidate(1) == 1", prompt=prompt)
    assert (broken.fault_kind, broken.fault.type, broken.fault.line) == ("COMPILE", "SyntaxError", 2)


@pytest.mark.parametrize(
    "code, kind, type_, line",
    [("x = = 1", "COMPILE", "SyntaxError", 1), ("x = 1\ny = x.z", "LOAD", "AttributeError", 2),
     ("raise SystemExit(0)", "LOAD", "SystemExit", 1), ("x = 1", "LOAD", "NameError", 0),
     ("import os; os._exit(0)", "LOAD", "", 0)],
)  # fmt: skip
def test_code_that_does_not_load(cells, code, kind, type_, line):
    outcome = check(cells, code, "assert candidate(1) == 1")
    assert (outcome.fault_kind, outcome.fault.type, outcome.fault.line) == (kind, type_, line)
    assert outcome.is_complete and outcome.plan == 1 and outcome.reached == 0


def test_an_examinee_that_ends_is_told_of_the_test_that_called_it(cells):
    code = "import os\ndef f(x):\n    return x if x < 2 else os._exit(0)\n"
    outcome = check(cells, code, "assert candidate(1) == 1\nassert candidate(2) == 2\nassert candidate(1) == 1")
    assert outcome.outcomes == ["PASSED", "CRASHED", "NOT_RUN"]
    assert outcome.is_complete and outcome.reached == 2 and outcome.tests[1].type == ""


def test_tests_that_do_not_compile(cells):
    assert check(cells, "def f(): pass", "assert (").fault_kind == "TESTS"


def test_stop_at_the_first_failure(cells):
    outcome = check(cells, "def f(x): return 0", "assert candidate(1) == 1\nassert candidate(2) == 2", stop=True)
    assert outcome.outcomes == ["FAILED", "NOT_RUN"]


def test_output_is_the_examinees(cells):
    outcome = check(cells, "def f(x):\n    print('hello')\n    return x\n", "assert candidate(1) == 1")
    assert outcome.passed and outcome.stdout == b"hello\n"


def test_a_class_of_the_tests_cannot_derive_from_a_stand_in(cells):
    """Nor where nobody could see it beforehand."""
    outcome = asserts(cells, "class A: pass", "base = A\nclass B(base): pass\nassert B()")
    assert outcome.outcomes == ["ERROR"] and "cannot derive" in outcome.tests[0].message


def test_operations_between_stand_ins_fail_like_the_real_ones(cells):
    code = "class A: pass\ndef f(x): return A()"
    test = check(cells, code, "assert candidate(1) + candidate(2) == 3").tests[0]
    assert test.type == "TypeError" and "unsupported operand" in test.message


# ---------------------------------------------------------------- hostile bytes

FRAME = {
    "an empty result": (0, b""),
    "garbage": (0, b"\xff" * 100),
    "no such frame": (77, b""),
    "no such operation": (200, b"\0"),
    "another LOADED": (5, b"\0"),
    "too long": None,
    "half a frame": "half",
}


@pytest.mark.parametrize("name", list(FRAME))
@pytest.mark.parametrize("moment", ["load", "call"])
def test_bytes_that_are_no_answer(cells, name, moment):
    content = FRAME[name]
    if content is None:
        data = b"\xff\xff\xff\x7f\0" + bytes(8)
    elif content == "half":
        data = b"\x10\0\0\0\0" + bytes(8) + b"abc"
    else:
        head = len(content[1]).to_bytes(4, "little") + bytes([content[0]]) + b"\xff" * 8
        data = head + content[1]
    send = "import os\nfor fd in range(500, 520):\n    try:\n        os.write(fd, %r)\n    except OSError: pass\nos._exit(0)\n" % data  # fmt: skip
    code = send if moment == "load" else "def f(x):\n" + textwrap.indent(send, "    ")
    outcome = check(cells, code, "assert candidate(1) == 1\nassert candidate(2) == 2")
    assert outcome.is_complete and not outcome.passed and outcome.report["status"] == 0
    told = outcome.fault if moment == "load" else outcome.tests[0]
    assert told.type == ("" if content == "half" else "Protocol"), (told, outcome.examiner_stderr)
    if moment == "call":
        assert outcome.outcomes == ["CRASHED", "NOT_RUN"]


def test_a_job_without_nonce_is_only_an_examinees(cells):
    bad = build_job(None, "check", None, "", role=EXAMINER)
    outcome = cells.run_jobs(bad, build_job(None, "check", "x = 1", [], role=EXAMINEE), b"")
    assert outcome.fault_kind == "HARNESS" and not outcome.is_complete


def test_sections_of_the_wrong_role(cells):
    nonce = os.urandom(16)
    judging = build_job(nonce, "check", None, "def check(c):\n    assert c() == 1\n", entry_point="f", role=EXAMINER)
    judged = section(cell.NONCE, nonce) + build_job(None, "check", "def f(): return 1", [], role=EXAMINEE)
    outcome = cells.run_jobs(judging, judged, nonce)
    assert not outcome.passed


# ---------------------------------------------------------------- the corpora


def test_humaneval_references(cells):
    wrong = {}
    for task in shared.read_lines(shared.HUMANEVAL):
        outcome = cells.run("check", task["canonical_solution"], task["test"], prompt=task["prompt"],
                            entry_point=task["entry_point"])  # fmt: skip
        if not outcome.passed:
            wrong[task["task_id"]] = outcome
    assert not wrong


def test_mbpp_references(cells):
    wrong = {}
    for task in shared.read_lines(shared.MBPP):
        outcome = cells.run("asserts", task["code"], task["test_list"], setup=task["test_setup_code"])
        if not outcome.passed:
            wrong[task["task_id"]] = outcome
    assert not wrong


def corpus(name):
    path = os.path.join(shared.SHARED, "attacks", name)
    if not os.path.exists(path):
        pytest.skip("no shared data")
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        task = line["task"]
        tests = task.get("test") or task.get("tests")
        if line["language"] == "python" and tests:
            yield line, ("check" if "test" in task else "asserts", line["candidate"], tests), {
                "prompt": task.get("prompt", ""), "entry_point": task.get("entry_point", ""),
                "setup": task.get("setup") or ""}  # fmt: skip


def test_tricky_but_honest(cells):
    wrong = [line["id"] for line, arguments, options in corpus("benign_tricky.jsonl")
             if line["expected"] == "pass" and not cells.run(*arguments, **options).passed]  # fmt: skip
    assert not wrong


def test_hacks(cells):
    """All but one, whose answers are right: it is only slow, which is for the daemon to notice."""
    passed = [line["id"] for line, arguments, options in corpus("hacks_python.jsonl")
              if cells.run(*arguments, **options).passed]  # fmt: skip
    assert set(passed) <= {"tamper-disable-itimer"}


@pytest.mark.alone
def test_cost_beside_shared(cells, capsys):
    """Median CPU time of the references, a run in each mode by turns."""
    used = {"shared": [], "split": []}
    for task in shared.read_lines(shared.HUMANEVAL):
        arguments = ("check", task["canonical_solution"], task["test"])
        options = {"prompt": task["prompt"], "entry_point": task["entry_point"]}
        alone = cells.examiner.run(*arguments, **options)
        both = cells.run(*arguments, **options)
        used["shared"].append(alone.report["cpu_ns"])
        used["split"].append(both.report["cpu_ns"] + both.examinee_report["cpu_ns"])
    shared_us, split_us = (statistics.median(used[name]) / 1e3 for name in ("shared", "split"))
    with capsys.disabled():
        print(f"\nmedian of {len(used['split'])}: shared {shared_us:.0f} us, split {split_us:.0f} us")
    assert split_us < 6 * shared_us
