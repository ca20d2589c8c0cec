"""What results say of failing tests, and what they keep to themselves, through the daemon."""
import pytest

from support.wire import evaluate, pb

CODE = """
class Point:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return self.x == other.x

def f(x):
    return x

def point(x):
    return Point(x)

def fails(x):
    values = {}
    return values[x]

def nothing(x):
    return None
"""


def judge(client, *tests, code=CODE, setup="", **fields):
    request = evaluate(code, asserts=tests, setup=setup)
    for name, value in fields.items():
        if name == "hidden":
            request.hidden.extend(value)
        else:
            setattr(request, name, value)
    return client.judge_one(request)


def told(test):
    return tuple(text.decode() for text in (test.call, test.expected, test.actual))


# ---------------------------------------------------------------- values

VALUES = {
    "assert f(2) == 3": ("f(2)", "3", "2"),
    "assert 3 == f(2)": ("f(2)", "3", "2"),
    "assert len(f('ab')) == 3": ("len(f('ab'))", "3", "2"),
    "assert f(2) != 2": ("f(2)", "f(2) != 2", "2"),
    "assert abs(f(3.0) - 2.5) < 1e-6": ("f(3.0)", "abs(f(3.0) - 2.5) < 1e-6", "3.0"),
    "assert abs(f(3.0) - 2.5) == 0": ("f(3.0)", "abs(f(3.0) - 2.5) == 0", "3.0"),
    "assert math.isclose(f(3.0), 2.5)": ("f(3.0)", "math.isclose(f(3.0), 2.5)", "3.0"),
    "assert f(1) == 1 and f(2) == 1": ("f(2)", "f(1) == 1 and f(2) == 1", "2"),
    "assert all(f(i) == 1 for i in (1, 5))": ("f(i)", "all(f(i) == 1 for i in (1, 5))", "5"),
    "assert isinstance(f('a'), int)": ("f('a')", "isinstance(f('a'), int)", "'a'"),
    "assert not f(3)": ("f(3)", "False", "3"),
    "assert f(0)": ("f(0)", "True", "0"),
    "assert f(1) is None": ("f(1)", "None", "1"),
    "x = f(2)\nassert x == 4": ("x", "4", "2"),
    "for i in (4, 7):\n    assert f(i) == 4, 'no'": ("f(i)", "4", "7"),
}


@pytest.mark.parametrize("integrity", [pb.INTEGRITY_AUTO, pb.INTEGRITY_WISH_SHARED])
def test_values(client, integrity):
    result = judge(client, *VALUES, setup="import math", integrity=integrity)
    assert [test.outcome for test in result.tests] == [pb.OUTCOME_FAILED] * len(VALUES)
    assert {source: told(test) for source, test in zip(VALUES, result.tests)} == VALUES


def test_objects_read_the_same_in_each_run(client):
    code = "class Thing: pass\ndef f(): return Thing()\ndef g(): return [Thing(), f]\n"
    result = judge(client, "assert f() == 1", "assert g() == 2", code=code)
    assert [test.actual for test in result.tests] == [
        b"<candidate.Thing object>", b"[<candidate.Thing object>, <function f>]"]


def test_what_raised_because_of_a_value(client):
    (test,) = judge(client, "assert tuple(nothing(1)) == (1,)").tests
    assert test.outcome == pb.OUTCOME_ERROR and test.error.type == "TypeError"
    assert (test.call, test.actual) == (b"nothing(1)", b"None")


def test_the_line_of_the_candidate(client):
    result = judge(client, "assert fails(3) == 1")
    assert result.tests[0].error.line == CODE.split("\n").index("    return values[x]") + 1
    assert result.feedback.decode() == (
        "0 of 1 test passed.\n\nFailing test: fails(3)\nRaised: KeyError: 3\n"
        f"At line {result.tests[0].error.line} of the code: return values[x]")


def test_long_values_around_the_first_difference(client):
    test = "assert f(list(range(3000))) == list(range(2000)) + [7] + list(range(2001, 3000))"
    result = judge(client, test)
    expected, actual = result.tests[0].expected.decode(), result.tests[0].actual.decode()
    assert max(len(expected), len(actual)) <= 2000
    assert "1998, 1999, 7, 2001, 2002" in expected and "1998, 1999, 2000, 2001" in actual
    place = len(str(list(range(2000)))) + 2
    assert f"First difference: at character {place}." in result.feedback.decode()
    assert " 1999, 7, 2001" in result.feedback.decode()


@pytest.mark.parametrize("integrity", [pb.INTEGRITY_AUTO, pb.INTEGRITY_WISH_SHARED])
def test_the_time_of_each_test(client, integrity):
    code = ("import time\ndef f(x):\n    end = time.process_time() + x\n"
            "    while time.process_time() < end: pass\n    return x\n")
    result = judge(client, "assert f(0) == 0", "assert f(0.1) == 0.1", "assert f(0) == 0",
                   code=code, integrity=integrity)
    assert result.passed
    first, second, third = (test.cpu_ns for test in result.tests)
    assert first < 100_000_000 <= second <= result.usage.cpu_ns and third < second


def test_limits_say_how_far(client):
    request = evaluate("def f(x):\n    while x == 2: pass\n    return x\n",
                       asserts=["assert f(1) == 1", "assert f(2) == 2"], cpu_ms=200)
    result = client.judge_one(request)
    assert result.verdict == pb.CPU_LIMIT
    text = result.feedback.decode()
    assert text.startswith("1 of 2 tests passed") and "allowed 0.20 s" in text


def test_compared_by_the_candidate(client):
    result = judge(client, "assert point(1) == point(1)", "assert f(1) == 1",
                   "assert point(1) in [point(2), point(1)]", "assert point(1) == point(2)",
                   "for i in (1, 2):\n    assert f(i) == i",
                   "for g in (f, point):\n    assert g(1) == g(1)")
    assert [test.is_compared_by_candidate for test in result.tests] == [
        True, False, True, True, False, True]


def test_inputs_without_expectations(client):
    tests = ["assert f(1) in (98765, 1)", "assert abs(f(2) - 98765) < 1", "assert f(3) == 98765",
             "assert abs(f(4) - 98765) == 0", "assert not f(5) == 98765"]
    result = judge(client, *tests, reveal=pb.REVEAL_INPUTS)
    assert [test.call for test in result.tests] == [b"f(1)", b"f(2)", b"f(3)", b"f(4)", b"f(5)"]
    assert b"98765" not in result.SerializeToString()


# ---------------------------------------------------------------- hidden tests

TALKATIVE = """
import sys
def f(x):
    print("saw", x)
    print("saw", x, file=sys.stderr)
    if x == "raise-S3CRET":
        raise ValueError("got " + x)
    return x
"""
HIDDEN_TESTS = [
    "assert f('visible') == 'other'",
    "assert f('S3CRET-1') == 'S3CRET-2', 'S3CRET-3'",
    "assert f('raise-S3CRET') == 1",
    "assert f('S3CRET-4') == 'S3CRET-4'",
]
CHECK = """
def check(candidate):
    assert candidate('visible') == 'other'
    assert candidate('S3CRET-1') == 'S3CRET-2', 'S3CRET-3'
    assert candidate('raise-S3CRET') == 1
    assert candidate('S3CRET-4') == 'S3CRET-4'
"""


@pytest.mark.parametrize("form", [pb.FEEDBACK_PLAIN, pb.FEEDBACK_REFLEXION])
@pytest.mark.parametrize("kind", ["asserts", "check"])
def test_nothing_of_hidden_tests(client, kind, form):
    tests = HIDDEN_TESTS if kind == "asserts" else None
    request = evaluate(TALKATIVE, entry_point="f", asserts=tests,
                       check=CHECK if kind == "check" else None)
    request.feedback_form = form
    request.hidden.extend([3, 1, 2, 1000])
    result = client.judge_one(request)
    assert b"S3CRET" not in result.SerializeToString()
    assert [test.is_hidden for test in result.tests] == [False, True, True, True]
    assert [pb.Outcome.Name(test.outcome)[8:] for test in result.tests] == [
        "FAILED", "FAILED", "ERROR", "PASSED"]
    assert told(result.tests[0]) == ("f('visible')", "'other'", "'visible'")
    assert (result.tests_passed, result.tests_total) == (1, 4)
    assert not result.stdout and not result.stderr
    assert result.stdout_dropped_bytes == result.stderr_dropped_bytes > 0
    assert b"visible" in result.feedback and b"idden test" in result.feedback


def test_a_candidate_that_has_the_tests(client):
    """In its own process it can find them, so nothing that it says is told."""
    code = ("import sys\ndef f(x):\n    tests = sys._getframe(1).f_code.co_consts\n"
            "    raise type(str(tests), (Exception,), {})(str(tests))\n")
    request = evaluate(code, asserts=["assert f(1) == 2", "assert f('S3CRET') == 1"])
    request.integrity = pb.INTEGRITY_WISH_SHARED
    assert b"S3CRET" in client.judge_one(request).SerializeToString()
    request.hidden.append(1)
    result = client.judge_one(request)
    assert b"S3CRET" not in result.SerializeToString()
    assert [test.outcome for test in result.tests] == [pb.OUTCOME_ERROR] * 2


def test_what_the_setup_raises_is_no_error_of_loading(client):
    """It may quote what the setup handed over, for tests that are hidden."""
    code = "def f(x): raise ValueError(x)\n"
    result = judge(client, "assert y == 1", code=code, setup="y = f('S3CRET')", hidden=[0])
    assert result.verdict == pb.ERROR and result.fault == pb.FAULT_CANDIDATE
    assert "S3CRET" not in str(result)


def test_tests_that_do_not_run(client):
    result = judge(client, "assert f(1) == 1", "assert S3CRET ==", hidden=[0])
    assert result.verdict == pb.BAD_TASK
    assert b"S3CRET" not in result.SerializeToString()


# ---------------------------------------------------------------- Reflexion

def test_the_form_of_reflexion(client):
    result = judge(client, "assert f(1) == 1", "assert f(2) == 1", "assert fails('k') == 1",
                   "assert nothing(3)", feedback_form=pb.FEEDBACK_REFLEXION)
    assert result.feedback.decode() == (
        "Tested passed:\nassert f(1) == 1\n\nTests failed:\nassert f(2) == 1 # output: 2\n"
        "assert fails('k') == 1 # output: 'k'\nassert nothing(3) # output: None")
