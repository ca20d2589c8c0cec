"""The negative control: a right solution passes no altered assertion, and who cheats passes some."""

import collections
import json
import os
import textwrap

import pytest
import runtime_cell as cell
from runtime_cell import Cell
from support import shared

pytestmark = pytest.mark.once

RUNTIME = os.path.join(os.path.abspath(os.environ.get("ASSAY_BUILD", "build")), "runtimes", "python")


@pytest.fixture(scope="module")
def judge():
    """Runs one examination in the candidate's process, in an ordinary way or as a control."""
    missing = cell.missing()
    if missing:
        pytest.skip("needs " + missing)
    with Cell(RUNTIME) as one:
        yield one.run


def passed(outcome):
    return [test.source for test in outcome.tests.values() if test.outcome == "PASSED"]


def assert_honest(judge, *arguments, planned=None, **options):
    """Passes the ordinary examination and no altered assertion."""
    ordinary = judge(*arguments, **options)
    assert ordinary.passed, (ordinary.tests, ordinary.fault)
    control = judge(*arguments, control=True, **options)
    assert control.is_complete and not passed(control), passed(control)
    if planned is not None:
        assert control.plan == planned, control.tests
    return control


def check_of(body):
    return "def check(candidate):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"


# Each passes with "def f(x): return x", or with the code given, and has one assertion.
FORMS = {
    "int": "assert candidate(3) == 3",
    "negative": "assert candidate(-1) == -1",
    "bool": "assert candidate(True) == True",
    "zero": "assert candidate(False) == 0",
    "is True": "assert candidate(True) is True",
    "is None": "assert candidate(None) is None",
    "== None": "assert candidate(None) == None",
    "float": "assert candidate(2.5) == 2.5",
    "infinite": "assert candidate(1e999) == 1e999",
    "complex": "assert candidate(1j) == 1j",
    "text": "assert candidate('a') == 'a'",
    "surrogate": r"assert candidate('\ud800') == '\ud800'",
    "bytes": "assert candidate(b'') == b''",
    "empty list": "assert candidate([]) == []",
    "list": "assert candidate([1, 2]) == [1, 2]",
    "nested": "assert candidate([[], ()]) == [[], ()]",
    "unpacked": "xs = [1]\nassert candidate([1, 2]) == [*xs, 2]",
    "tuple": "assert candidate((1,)) == (1,)",
    "set": "assert candidate({1, 3}) == {1, 3}",
    "set of names": "a = 3\nassert candidate({1, 3}) == {1, a}",
    "key twice": "assert candidate({'a': 2}) == {'a': 1, 'a': 2}",
    "dict": "assert candidate({1: 2}) == {1: 2}",
    "empty dict": "assert candidate({}) == {}",
    "unpacked dict": "assert candidate({1: 2}) == {**{1: 2}}",
    "expression": "assert candidate([1, 2]) == sorted([2, 1])",
    "frozenset": "assert candidate({1}) == frozenset({1})",
    "literal on the left": "assert 3 == candidate(3)",
    "variable": "want = [1]\nassert candidate([1]) == want",
    "variable that is changed": "xs = [0]\nys = xs\nassert candidate(ys) == xs",
    "variable of a callback": "want = 3\nassert candidate(lambda: want)() == want",
    "chain": "assert candidate(3) == 3 == 3",
    "not equal": "assert candidate(3) != 4",
    "identity": "xs = []\nassert candidate(xs) is xs",
    "other identity": "assert candidate([]) is not []",
    "order": "assert 1 < candidate(2) <= 2",
    "choice": "assert candidate('?') in ('?', 'b')",
    "no choice": "assert candidate(3) not in (4, 5)",
    "membership": "xs = [3]\nassert candidate(3) in xs",
    "truth": "assert candidate([1])",
    "no truth": "assert not candidate([])",
    "not not equal": "assert not candidate(3) != 3",
    "tolerance": "assert abs(candidate(1.5) - 1.5) < 1e-6",
    "large tolerance": "assert abs(candidate(1.5) - 100) < 1e3",
    "tolerance, left": "assert abs(1.5 - candidate(1.5)) <= 1e-6",
    "tolerance, turned": "eps = 1e-6\nassert eps > abs(candidate(1.5) - 1.5)",
    "no tolerance": "assert not abs(candidate(1.5) - 1.5) > 1e-6",
    "fabs": "import math\nwant = 1.5\nassert math.fabs(candidate(1.5) - want) < 1e-6",
    "isclose": "import math\nassert math.isclose(candidate(1.5), 1.5, rel_tol=1e-3)",
    "isclose, absolute": "import math\nassert math.isclose(candidate(0.0), 0.0, abs_tol=10.0)",
    "isclose to nothing": "import math\nassert math.isclose(candidate(0.0), 0.0, rel_tol=0.99)",
    "and": "assert candidate(1) == 1 and candidate(2) == 2",
    "and with a guard": "x = candidate([1])\nassert isinstance(x, list) and x and x[0] == 1",
    "or": "assert candidate(1) == 2 or candidate(3) == 3",
    "all": "assert all(candidate(i) == i for i in range(3))",
    "all of nothing": "assert all(candidate(i) == i for i in [])",
    "any": "assert any(candidate(i) == i for i in range(3))",
    "kind": "assert isinstance(candidate(1), int)",
    "walrus": "assert (y := candidate(3)) == 3 and y == 3",
    "in a loop": "for i in (0, 1, 2):\n    assert candidate(i) == i, 'text %d' % i",
    "in a comprehension's function": "def holds(i):\n    assert candidate(i) == i\n    return 1\n[holds(i) for i in (1, 2)]",
    "under raises": "import unittest\nwith unittest.TestCase().assertRaises(ValueError):\n"
                    "    assert candidate(3) == 3\n    raise ValueError",
    "raised by hand": "if candidate(3) != 3:\n    raise AssertionError('no')",
    "raised by hand, tolerance": "if abs(candidate(1.5) - 1.5) > 1e-6:\n    raise AssertionError",
    "what always holds": "assert True\nassert candidate(1) == 1",
    "not to be reached": "if candidate(1) == 2:\n    assert False\nassert candidate(1) == 1",
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_right_solution_passes_no_altered_assertion(judge, name):
    control = assert_honest(judge, "check", "def f(x): return x\n", check_of(FORMS[name]), entry_point="f")
    n_altered = 2 if name == "not to be reached" else 1
    assert control.plan == n_altered


def test_later_assertions_see_the_state_that_they_expect(judge):
    code = "class Stack(list):\n    def push(self, x): self.append(x)\n"
    tests = check_of("""
        s = candidate()
        assert s.push(1) is None and s.push(2) is None
        assert len(s) == 2 or len(s) == 3
        assert [s.pop(), s.pop()] == [2, 1]
        assert s == []
    """)  # fmt: skip
    control = assert_honest(judge, "check", code, tests, entry_point="Stack", planned=4)
    assert control.outcomes == ["FAILED"] * 4


NOTHING_TO_ALTER = {
    "expected exceptions": "import unittest\nwith unittest.TestCase().assertRaises(TypeError):\n    candidate()",
    "no assertion": "if candidate(1) != 1:\n    raise ValueError('no')",
    "handled": "try:\n    assert candidate(1) == 1\nexcept AssertionError:\n    raise ValueError",
}


@pytest.mark.parametrize("name", NOTHING_TO_ALTER)
def test_tests_without_expectations_are_none_of_the_control(judge, name):
    tests = check_of(NOTHING_TO_ALTER[name])
    assert_honest(judge, "check", "def f(x): return x\n", tests, entry_point="f", planned=0)


def test_kinds(judge):
    code = "def f(x): return x\n"
    several = ["assert f(1) == 1", "x = f(2)\nassert x == 2\nassert f(x) == 2", "f(3)"]
    assert_honest(judge, "asserts", code, several, planned=3)
    assert_honest(judge, "asserts", code, several, setup="import math\nwant = 3", stop=True, planned=3)
    assert_honest(judge, "program", code, "for i in (1, 2):\n    assert f(i) == i\nprint('done')\n", planned=1)
    assert_honest(judge, "program", code, "print(f(1))\n", planned=0)


def test_calls(judge):
    tests = ["[1]", "{}", "1", "", "[[1, 2]]", "", "[1, 2]", "", '["a"]', "{}", '"a"', ""]
    for comparator in ("exact", "unordered", "float 1e+09 1e+09"):
        assert_honest(judge, "calls", "def f(x): return x\n", tests, entry_point="f",
                      comparator=comparator, planned=3)  # fmt: skip


def test_frameworks_have_none(judge):
    code = "def f(x): return x\n"
    tests = ("import unittest\nclass TestF(unittest.TestCase):\n"
             "    def test_one(self):\n        self.assertEqual(f(1), 1)\n")  # fmt: skip
    assert_honest(judge, "unittest", code, tests, planned=0)


def test_an_element_that_fails_outweighs_one_that_passes(judge):
    tests = check_of("for want in (1, 2):\n    assert candidate(want) == 1 or want == 2")
    control = judge("check", "def f(x): return 5 * x\n", tests, entry_point="f", control=True)
    assert control.outcomes == ["FAILED"]


ANY = """
class Any:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __sub__ = __rsub__ = lambda self, other: self
    __abs__ = lambda self: self
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = object.__hash__
"""
# Pass the ordinary examination of SHARED without a right answer, and then a control.
CHEATS = {
    "equals objects": (ANY + "def f(x): return Any()", "assert candidate(3) == candidate(4)"),
    "differs by nothing": (ANY + "def f(x): return Any()", "assert abs(candidate(3) - 9) < 1e-6"),
    "is any choice": (ANY + "def f(x): return Any()", "assert candidate(3) in (8, 9)"),
    "is all": (ANY + "def f(x): return Any()", "assert all(abs(candidate(i) - i) < 1 for i in (1, 2))"),
    "reads a constant": (
        "import sys\ndef f(x): return sys._getframe(1).f_code.co_consts[-1]",
        "def one():\n    assert candidate(3) == 9\none()"),
    "reads a variable": ("import sys\ndef f(x): return sys._getframe(1).f_locals['want']",
                         "want = 3 * x\nassert candidate(x) == want"),
    "reads the code": (
        "import gc, types\ndef f(x):\n"
        "    code = [o.__code__ for o in gc.get_objects() if type(o) is types.FunctionType"
        " and o.__name__ == 'check'][-1]\n"
        "    return code.co_consts[-1]",
        "assert candidate(3) == 9"),
    "raised by hand": (
        "class Near(float):\n    def __sub__(self, other): return 0.0\ndef f(x): return Near(1)",
        "if abs(candidate(3) - 9) > 1e-6:\n    raise AssertionError\nassert candidate"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHEATS)
def test_who_does_not_look_at_the_question_passes(judge, name):
    code, body = CHEATS[name]
    tests = check_of("x = 3\n" + body)
    ordinary = judge("check", code, tests, entry_point="f")
    assert "PASSED" in ordinary.outcomes and "FAILED" not in ordinary.outcomes, ordinary.tests
    assert passed(judge("check", code, tests, entry_point="f", control=True))


def test_without_the_word_nothing_is_altered(judge):
    tests = check_of("assert candidate(3) == 3")
    assert judge("check", "def f(x): return x\n", tests, entry_point="f", control=False).outcomes == ["PASSED"]


# ---------------------------------------------------------------- the corpora


def references():
    for task in shared.read_lines(shared.HUMANEVAL):
        yield "HumanEval", task["task_id"], ("check", task["canonical_solution"], task["test"]), {
            "prompt": task["prompt"], "entry_point": task["entry_point"]}  # fmt: skip
    for task in shared.read_lines(shared.MBPP):
        tests = task["test_list"] + task["challenge_test_list"]
        yield "MBPP", task["task_id"], ("asserts", task["code"], tests), {
            "setup": task["test_setup_code"]}  # fmt: skip
    with open(os.path.join(shared.SHARED, "attacks", "benign_tricky.jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        task = line["task"]
        tests = task.get("test") or task.get("tests")
        if line["language"] == "python" and tests and line["expected"] == "pass":
            kind = "check" if "test" in task else "asserts"
            yield "benign_tricky", line["id"], (kind, line["candidate"], tests), {
                "prompt": task.get("prompt", ""), "entry_point": task.get("entry_point", ""),
                "setup": task.get("setup") or ""}  # fmt: skip


def test_right_solutions_of_the_corpora_pass_nothing(judge, capsys):
    if not os.path.exists(os.path.join(shared.SHARED, "attacks")):
        pytest.skip("no shared data")
    counts, wrong = collections.Counter(), []
    for corpus, name, arguments, options in references():
        outcome = judge(*arguments, control=True, **options)
        counts.update((corpus, test.outcome) for test in outcome.tests.values())
        counts[corpus, "tasks"] += 1
        if passed(outcome) or not outcome.is_complete or outcome.fault_kind:
            wrong.append((corpus, name, passed(outcome), outcome.fault))
    with capsys.disabled():
        for key in sorted(counts):
            print("\n%s: %d %s" % (key[0], counts[key], key[1]), end="")
    assert not wrong
    assert counts["HumanEval", "tasks"] == 164 and counts["MBPP", "tasks"] == 974
    assert counts["HumanEval", "FAILED"] > 1000 and counts["MBPP", "FAILED"] > 2900
