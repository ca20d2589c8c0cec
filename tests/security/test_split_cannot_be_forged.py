"""A candidate that knows this source and speaks to the examiner itself passes no test it should not.

Nor does it turn the blame on the task or on the daemon. The programs run in cells only.
"""

import functools
import textwrap

import pytest

from support import wire
from support.wire import pb, verdict_name

evaluate = functools.partial(wire.evaluate, integrity=pb.INTEGRITY_WISH_SPLIT)

# Finds the runtime's end of the channel in the frames that load it, and asks and says what it likes.
FORGER = """
import operator, sys, types
frame = sys._getframe()
while "peer" not in frame.f_locals:
    frame = frame.f_back
peer = frame.f_locals["peer"]
P = types.SimpleNamespace(**type(peer).send.__globals__)
NUMBERS = {function.__name__: number for number, function in enumerate(P.OPERATIONS, 16)}
def ask(operation, *operands):
    return peer.request(NUMBERS[operation], operands)
class Theirs:  # a reference to an object of the examiner
    pass
export = type(peer).export
def forged(self, thing):
    return (P.YOURS, thing.ident, b"") if type(thing) is Theirs else export(self, thing)
type(peer).export = forged
def theirs(ident):
    it = Theirs()
    it.ident = ident
    return it
def say(kind, value):
    peer.send(kind, peer.encode(value))
"""
BLAMES_THE_CANDIDATE = ("FAILED", "ERROR", "TAMPERED", "COMPILE_ERROR", "CPU_LIMIT", "WALL_LIMIT",
                        "MEMORY_LIMIT", "OUTPUT_LIMIT", "PROCESS_LIMIT",
                        "STARVED")  # on a busy machine; here it must not be maskable


def dedent(text):
    return textwrap.dedent(text).lstrip("\n")


@pytest.fixture
def attack(client):
    """Judges code by check() with this body, or by asserts; it must fail by its own fault."""
    def run(code, check=None, head="", **options):
        if check is not None:
            options["check"] = head + "def check(candidate):\n" + textwrap.indent(dedent(check), "    ")
        options = {"entry_point": "f", "cpu_ms": 3000, "wall_ms": 30000, **options}
        request = evaluate(dedent(code), **options)
        request.integrity = pb.INTEGRITY_WISH_SPLIT
        result = client.judge_one(request)
        assert not result.passed, result
        assert verdict_name(result) in BLAMES_THE_CANDIDATE and not result.maskable, result
        return result
    return run


ANSWERS_ALL = """
class Any:
    def __init__(self, *arguments): pass
    def yes(self, *arguments): return True
    def me(self, *arguments): return self
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = yes
    __sub__ = __rsub__ = __abs__ = __add__ = __radd__ = __mul__ = __neg__ = me
    def __hash__(self): return 4
class Meta(type):
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = Any.yes
    __sub__ = __rsub__ = __abs__ = __round__ = Any.me
"""
ORACLES = {
    "equality": "assert candidate(2) == 4",
    "tolerance": "assert abs(candidate(2) - 4) < 1e-6",
    "order": "assert candidate(2) > 3 and candidate(2) < 5",
    "membership": "assert 7 in candidate(2)",
    "swapped": "assert 4 == candidate(2)",
    "identity": "assert candidate(2) is True",
    "set": "assert candidate(2) in {4, 5}",
    "list": "assert candidate(2) in [4, 5]",
    "rounded": "assert round(candidate(2), 3) == 4.0",
}


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("shape", ["instance", "entry point", "class", "name of the tests"])
def test_objects_that_agree_with_everything(attack, oracle, shape):
    code = ANSWERS_ALL + {
        "instance": "def f(x): return Any()\n",
        "entry point": "f = Any\n",
        "class": "class Sub(metaclass=Meta): pass\ndef f(x): return Sub\n",
        "name of the tests": "Counter = append = isclose = Any\ndef f(x): return Any()\n",
    }[shape]
    attack(code, ORACLES[oracle] + "\nCounter([]), [].append(1), isclose(1, 1)",
           prompt="from collections import Counter\nfrom math import isclose\ndef f(x):\n    pass\n")


@pytest.mark.parametrize("oracle", ORACLES)
def test_an_entry_point_that_is_a_class_although_nobody_says_so(attack, oracle):
    test = ORACLES[oracle].replace("candidate", "f")
    attack(ANSWERS_ALL + "f = Any\n", asserts=[test])


def test_in_one_process_it_agrees_with_everything(client):
    """So it is the other process that stops it; what is left here is the control."""
    request = evaluate(ANSWERS_ALL + "def f(x): return Any()\n", entry_point="f",
                       check="def check(candidate):\n    " + ORACLES["tolerance"] + "\n")
    request.integrity = pb.INTEGRITY_WISH_SHARED
    result = client.judge_one(request)
    assert result.passed or result.control == pb.CONTROL_PASSED, result


LEAKS = {
    "by a format string": """
        try:
            g()
        except TypeError as error:
            e = theirs(error.__dict__["assay ident"])
        format_ = ask('getattr', "{0.__traceback__.tb_frame.f_globals}", "format")
        return ask('call', format_, e)
    """,
    "by a format string, of a test's function": """
        format_ = ask('getattr', "{0.__globals__}", "format")
        return ask('call', format_, g)
    """,
    "by attributes": "return str(ask('getattr', g, '__globals__'))",
    "by attributes of code": "return str(ask('getattr', ask('getattr', g, '__code__'), 'co_consts'))",
    "by getattr itself": "return str(ask('call', getattr, g, '__globals__'))",
    "by type": "return str(ask('call', type, g))",
    "by map": "return str(list(ask('call', map, print, [1])))",
    "by open": "return ask('call', open, '/proc/self/environ')",
}


@pytest.mark.parametrize("leak", LEAKS)
def test_the_examiner_tells_nothing_of_itself(attack, leak):
    """What it is asked for on behalf of no object that it handed over is refused."""
    body = textwrap.indent(dedent(LEAKS[leak]), "    ")
    result = attack(FORGER + "def f(g):\n" + body, "assert candidate(lambda x: x) == 'A-SECRET'")
    assert verdict_name(result) == "ERROR", result


def test_a_text_too_long_to_be_sent(attack):
    """It stays with the examiner and is handed over, so its methods can be asked for."""
    code = '''
        def f(double):
            text = double("{0.__globals__}{0.__code__.co_consts}" + " " * (40 << 20))
            return text.format(double)[:4000]
    '''
    result = attack(code, "assert candidate(lambda x: x * 2) == 'A-SECRET'", cpu_ms=9000, wall_ms=60000)
    assert verdict_name(result) == "ERROR", result


MOCKED = """
import unittest
from unittest.mock import Mock
class Test(unittest.TestCase):
    def test(self):
        callback = Mock()
        f(callback)
        callback.assert_called_once_with(3)
    def test_self(self):
        f(self)
        self.assertEqual(1, 2)
"""
MOCKING = {
    "configure": "g.configure_mock(assert_called_once_with=lambda *a: None)",
    "set": "g.assert_called_once_with = lambda *a: None",
    "attach": "g.attach_mock(lambda *a: None, 'assert_called_once_with')",
    "a case": "g.assertEqual = lambda *a: None",
}


@pytest.mark.parametrize("mocking", MOCKING)
def test_what_judges_is_not_the_candidates_to_change(attack, mocking):
    result = attack("def f(g):\n    " + MOCKING[mocking], unittest=MOCKED, entry_point="")
    assert result.tests_passed == 0, result


def test_what_a_framework_reads_from_a_module(attack):
    """`from candidate import *` brings functions, not hooks and marks."""
    for name in ("pytestmark = 5", "pytest_generate_tests = lambda metafunc: 1 / 0",
                 "setup_module = setUpModule = lambda *a: 1 / 0", "test_more = TestMore = lambda: None"):
        for kind in ("pytest", "unittest"):
            tests = ("import unittest\nfrom candidate import *\nclass Test(unittest.TestCase):\n"
                     "    def test(self): assert f(1) == 2 and g(1) == 1\n")
            result = attack(f"def f(x): return 3\ndef g(x): return 1\n{name}\n", **{kind: tests})
            assert verdict_name(result) == "FAILED" and result.tests_total == 1, result


NOT_AS_EXPECTED = {
    "a type": ("def f(x): return 'x'\n", "y = f(1) + 1"),
    "an item": ("def f(x): return {}\n", "y = f(1)['k']"),
    "an attribute": ("def f(x): return 5\n", "y = f(1).name"),
    "an object": ("class T: pass\ndef f(x): return T()\n", "y = f(1)[0]"),
}


@pytest.mark.parametrize("kind", ["check", "asserts", "unittest", "pytest"])
@pytest.mark.parametrize("answer", NOT_AS_EXPECTED)
def test_answers_that_the_tests_choke_on(attack, answer, kind):
    """Outside of a test, too, it is no mistake of the tests."""
    code, line = NOT_AS_EXPECTED[answer]
    if kind == "asserts":
        attack(code, asserts=["assert y == 2"], setup=line)
    elif kind == "check":
        attack(code, "assert y == 2", head=line + "\n")
    else:
        case = "unittest.TestCase" if kind == "unittest" else "object"
        attack(code, **{kind: "import unittest\nclass Test(%s):\n    %s\n"
                              "    def test(self): assert self.y == 2\n" % (case, line)})


COSTS = {
    "power": "ask('power', 10, 10 ** 9)",
    "repetition": "ask('mul', 'a', 10 ** 12)",
    "much": "ask('mul', 'a', 10 ** 9)",
    "format": "ask('format', 5, '1000000000')",
    "releases": "while True: say(P.RELEASE, [])",
    "definitions": "while True: say(P.DEFINE, [])",
    "bytes": "peer.send_frame(P.RESULT, b'x' * (64 << 20))",
    "more bytes": """
import os
while True:
    for d in range(3, 20):
        try: os.write(d, b'\\xff' * 4096)
        except OSError: pass
""",
    "exceptions": """
for i in range(1000):
    e = ValueError("x" * (1 << 20), i)
    e.x = "y" * (30 << 20)
    say(P.DEFINE, [peer.encode((P.EXCEPTION, i, P.raising.describe(e, peer)))])
""",
    "classes": """
for i in range(100, 90000):
    say(P.DEFINE, [peer.encode((P.CLASS, i, ("A", "a", "", [i - 1] if i > 100 else [], [])))])
""",
    "colliding keys": """
m = (1 << 61) - 1
n = 400000
return dict.fromkeys([m * k for k in range(n)])
""",
    "calls": "while True:\n    try: ask('len', g)\n    except TypeError: pass",
    "endless iterator": "import itertools\nreturn itertools.repeat(0)",
    "depth": "x = []\nfor i in range(100000): x = [x]\nreturn x",
}


@pytest.mark.parametrize("cost", COSTS)
def test_the_candidate_pays_for_what_the_examiner_is_made_to_do(attack, cost, client):
    body = textwrap.indent(dedent(COSTS[cost]), "    ")
    attack(FORGER + "def f(g):\n" + body + "\n    return 0\n", "assert 5 in candidate(lambda x: x)",
           cpu_ms=500, wall_ms=30000)
    assert client.status()


NONSENSE = {
    "no such reference": "return theirs(99999)",
    "no such class": "say(P.RESULT, (theirs(1), 0, []))",
    "loaded again": "say(P.LOADED, (0, ['f'], {'f': True}))",
    "a result that is none": "say(P.RESULT, 5)",
    "an identity that is none": "say(P.RESULT, (1, 77, []))",
    "changes that are none": "say(P.RESULT, (1, -1, [(0, 1, 2)]))",
    "a change of no argument": "say(P.RESULT, (1, -1, [(-1, [])]))",
    "a bad exception": "say(P.RAISED, (0, 'NoSuch', (), '', {}, [], 0))",
    "Stop": "say(P.RAISED, (0, 'Stop', (), '', {}, [], 0))",
    "an exception of theirs": "say(P.RAISED, (1, '', (), '', {}, [], 0))",
    "lines that are none": "say(P.RAISED, (0, 'ValueError', (), '', {}, [('', 1, '', 5)], 'x'))",
    "an end": "say(P.BYE, 0)",
    "a close": "import os; os.closerange(3, 100)",
    "an exit": "import os; os._exit(0)",
    "a kill": "import os, signal; os.kill(-1, 9); os.kill(1, 9); os.kill(os.getpid(), 9)",
    "a fork": "import os; os.fork(); os.fork()",
}


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_what_is_no_answer_is_the_candidates_failure(attack, nonsense):
    attack(FORGER + "def f(g):\n    " + NONSENSE[nonsense], "assert candidate([1]) == [2]")


@pytest.mark.parametrize("name", ["StopIteration", "SystemExit", "AssertionError", "GeneratorExit",
                                  "KeyboardInterrupt", "StopAsyncIteration"])
@pytest.mark.parametrize("test", [
    "assert all(map(candidate, [1, 2]))",
    "assert list(map(candidate, [1, 2])) == []",
    "for x in map(candidate, [1, 2]):\n    assert x == 5\nassert True",
])
def test_exceptions_that_end_loops_of_the_tests(attack, name, test):
    attack(f"def f(x): raise {name}\n", test)
    attack(f"class Mine({name}): pass\ndef f(x): raise Mine\n", test)
    attack(f"class {name}(Exception):\n    __module__ = 'builtins'\ndef f(x): raise {name}\n", test)


def test_an_end_of_iteration_of_the_examiners_own(attack):
    """Caught by the candidate from an iterator of the tests, and raised again for a call."""
    code = "def f(it):\n    next(it)\n    return 0\n"
    attack(code, "assert all(map(candidate, [iter(())]))")
    code = FORGER + "def f(x):\n    return ask('next', ask('iter', []))\n"
    attack(code, "assert all(map(candidate, [1, 2]))")


BLAMES = {
    "syntax error": 'raise SyntaxError("m", ("candidate.py", "no", None, "text"))',
    "long syntax error": 'raise SyntaxError("m", ("candidate.py", 2 ** 70, 3, "text"))',
    "syntax error of nothing": 'raise SyntaxError("m", ("candidate.py", [], {}, 5))',
    "syntax error, far": 'raise SyntaxError("m", ("candidate.py", 3, 2 ** 62, "text"))',
    "a class that lies": 'class E(Exception): __module__ = 5\nraise E',
    "not ascii": 'raise type("\\ud800x\\0", (Exception,), {})("\\0\\ud800")',
    "no str": 'class E(Exception):\n    def __str__(self): return 5\nraise E',
    "big int": 'raise ValueError(10 ** 100000)',
    "a group": 'raise BaseExceptionGroup("x", [KeyboardInterrupt()])',
    "unicode": 'raise UnicodeDecodeError("utf-8", b"x", 2 ** 40, 2 ** 41, "no")',
}


@pytest.mark.parametrize("blame", BLAMES)
@pytest.mark.parametrize("place", ["load", "call", "setup", "top"])
def test_exceptions_never_blame_the_task(attack, blame, place):
    body = BLAMES[blame]
    if place == "load":
        attack(body + "\ndef f(): pass\n", "assert candidate() == 1")
        return
    code = "def f():\n" + textwrap.indent(body, "    ")
    if place == "call":
        attack(code, "assert candidate() == 1")
    elif place == "setup":
        attack(code, asserts=["assert x == 1"], setup="x = f()")
    else:
        attack(code, asserts=["x = f()", "assert x == 1"])


def test_frames_that_are_kept_back(client):
    """Nor when it says that it was not there: an exception from it is its own."""
    code = FORGER + "P.raising.frames_to_tell = lambda error: []\ndef f(): raise ValueError\n"
    tests = "x = f()\ndef check(candidate):\n    assert x == 1\n"
    for request in (evaluate(code, entry_point="f", check=tests),
                    evaluate(code, asserts=["assert x == 1"], setup="x = f()")):
        assert verdict_name(client.judge_one(request)) == "ERROR"


MUTATIONS = {
    "compared": "xs = [3, 1]\nassert candidate(xs) == sorted(xs)",
    "named": "xs = [3, 1]\nout = candidate(xs)\nassert out == sorted(xs)",
    "appended": "outs = []\nxs = [3, 1]\nouts.append(candidate(xs))\nassert outs == [sorted(xs)]",
    "listed": "all_ = [[3, 1]]\nouts = [candidate(xs) for xs in all_]\n"
              "assert outs == [sorted(xs) for xs in all_]",
    "in a loop": "all_ = [[3, 1]]\nouts = {}\nfor i, xs in enumerate(all_):\n"
                 "    outs.update({i: candidate(xs)})\n"
                 "for i, xs in enumerate(all_):\n    assert outs[i] == sorted(xs)",
    "counted": "xs = [3, 1]\nn = len(candidate(xs))\nassert n == len(xs)",
    "of a dict": "case = {'in': [3, 1]}\nassert candidate(case['in']) == sorted(case['in'])",
    "added": "outs = []\nxs = [3, 1]\nouts += [candidate(xs)]\nassert outs == [sorted(xs)]",
    "shown": "xs = [3, 1]\nout = candidate(xs)\nprint(out)\nassert out == sorted(xs)",
    "by a helper": "def holds(xs):\n    return candidate(xs) == sorted(xs)\nassert holds([3, 1])",
    "nested": "xs = [[3, 1]]\nassert candidate(xs[0]) == sorted(xs[0])",
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_arguments_changed_to_fit_the_answer(attack, mutation):
    attack("def f(xs):\n    xs.clear()\n    return xs\n", MUTATIONS[mutation])
    attack("def f(xs):\n    xs.clear()\n    return []\n", MUTATIONS[mutation])


VALUES = {
    "a number": "{'f': 4}", "a builtin": "{'f': max}", "nothing": "{}", "a wrong type": "[1]",
    "the judge": "{'equal': max, 'assay equal': max, 'sorted': max, 'helper': max, 'f': max}",
}


@pytest.mark.parametrize("values", VALUES)
def test_names_that_the_candidate_makes_up(attack, values):
    code = FORGER + f"""
encode = peer.encode
def lie(value):
    if type(value) is tuple and len(value) == 3 and type(value[1]) is list:
        return encode((0, ["f", "assay equal", "assay true", "helper"], {VALUES[values]}))
    return encode(value)
peer.encode = lie
def f(x): return 5
"""
    attack(code, "assert helper(candidate(2)) == 4",
           prompt="def helper(x):\n    return x + 1\ndef f(x):\n    pass\n")
    attack(code, asserts=["assert f(2) == 4"])


CHOICES = {
    "words": "import inspect, unittest.mock\nclass f(int): pass\n# patch(capsys) open( __code__\n",
    "a name": "patch = inspect = redirect_stdout = open\ndef f(x): return 0\n",
    "an end": "import os; os._exit(0)\n",
    "a fault of its own": FORGER + "say(P.LOAD_FAILED, (6, 0, (0, 'ValueError', (), 'the tests', {}, [], 0)))\n",
    "a sentence": "def f(x): raise ValueError('the tests derive a class from one of the candidate\\'s')\n",
}


@pytest.mark.parametrize("choice", CHOICES)
def test_the_weaker_examination_cannot_be_chosen(client, choice):
    """Nothing that a candidate is, says or does has it examined in its own process."""
    check = "def check(candidate):\n    assert candidate(2) == 4\n"
    request = evaluate(CHOICES[choice], entry_point="f", check=check, integrity=pb.INTEGRITY_AUTO)
    result = client.judge_one(request)
    assert not result.passed and result.integrity in (pb.NATIVE, pb.SPLIT), result
    assert not result.shared_because and not result.maskable, result
