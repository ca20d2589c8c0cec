"""The time that a single test may take, and the tests that an earlier run has decided.

On two zygotes without a daemon (runtime_cell.py): what each run writes is looked at by itself.
test_time_of_a_test.py has what the daemon makes of it.
"""

import runtime_cell as cell
import pytest

from support.daemon import BUILD

pytestmark = pytest.mark.once

TEST_MS = 150
# f(n) computes for ever when n is 7, sleeps when it is 8.
CODE = """
import time
def f(n):
    while n == 7:
        pass
    while n == 8:
        time.sleep(60)
    return n
def steps(n):
    for i in range(n):
        yield f(i)
"""


@pytest.fixture(scope="module")
def cells():
    reason = cell.missing()
    if reason:
        pytest.skip("needs " + reason)
    with cell.SplitCells(BUILD + "/runtimes/python") as both:
        yield both


def asserts(cells, *tests, code=CODE, **options):
    options.setdefault("test_ms", TEST_MS)
    return cells.run("asserts", code, list(tests), entry_point="f", **options)


def test_a_test_that_computes_for_ever(cells):
    outcome = asserts(cells, "assert f(1) == 1", "assert f(2) == 3", "assert f(7) == 7", "assert f(4) == 4")
    assert outcome.outcomes == ["PASSED", "FAILED", "TIME_LIMIT", "NOT_RUN"]
    assert outcome.is_complete and outcome.report["status"] == 0
    late = outcome.tests[2]
    assert (late.call, late.source, late.message) == (
        "f(7)", "assert f(7) == 7", "it took longer than a test may")
    assert outcome.examinee_report["cpu_ns"] >= TEST_MS * 10**6
    assert outcome.examinee_report["status"] == 0 and outcome.examinee_report["flags"] & cell.CLEAN


def test_a_test_that_sleeps(cells):
    outcome = asserts(cells, "assert f(1) == 1", "assert f(8) == 8", "assert f(4) == 4", test_ms=50, kills=True)
    assert outcome.outcomes == ["PASSED", "TIME_LIMIT", "NOT_RUN"] and outcome.is_complete


def test_one_step_of_the_interpreter_can_be_late(cells):
    """The handler does not wait for the interpreter."""
    code = "def f(n):\n    return len(str(n)) if n < 5 else sum(range(10 ** n))\n"
    outcome = asserts(cells, "assert f(1) == 1", "assert f(12) == 0", code=code)
    assert outcome.outcomes == ["PASSED", "TIME_LIMIT"]


def test_without_a_limit_nothing_is_measured(cells):
    code = "import signal\ndef f(n):\n    return signal.getsignal(signal.SIGPROF)\n"
    outcome = asserts(cells, "assert f(1) == 0", code=code, test_ms=0)
    assert outcome.passed, outcome.tests


def test_the_time_of_tests_is_not_added_up(cells):
    """Each has its own, as often as it is decided."""
    code = ("import time\ndef f(n):\n    end = time.process_time() + 0.06\n"
            "    while time.process_time() < end:\n        pass\n    return n\n")
    outcome = asserts(cells, *["assert f(%d) == %d" % (n, n) for n in range(6)], code=code)
    assert outcome.outcomes == ["PASSED"] * 6
    check = "def check(candidate):\n    for n in range(6):\n        assert candidate(n) == n\n"
    assert cells.run("check", code, check, entry_point="f", test_ms=TEST_MS).passed


def test_the_calls_of_one_test_are_added_up(cells):
    code = ("import time\ndef f(n):\n    end = time.process_time() + 0.06\n"
            "    while time.process_time() < end:\n        pass\n    return n\n")
    outcome = asserts(cells, "assert [f(n) for n in range(40)] == []", code=code)
    assert outcome.outcomes == ["TIME_LIMIT"]
    assert outcome.examinee_report["cpu_ns"] < 1500 * 10**6


def test_what_the_tests_compute_is_not_the_candidates(cells):
    tests = ("import time\ndef slowly(n):\n    end = time.process_time() + 0.3\n"
             "    while time.process_time() < end:\n        pass\n    return n\n"
             "def check(candidate):\n    assert candidate(slowly(1)) == slowly(1)\n"
             "    assert candidate(slowly) is None\n")
    code = "def f(n):\n    return None if callable(n) and n(2) == 2 else n\n"
    assert cells.run("check", code, tests, entry_point="f", test_ms=250).passed


def test_late_outside_an_assertion(cells):
    check = ("def check(candidate):\n    assert candidate(1) == 1\n    x = candidate(7)\n"
             "    assert x == 7\n    assert candidate(2) == 2\n")
    outcome = cells.run("check", CODE, check, entry_point="f", test_ms=TEST_MS)
    assert outcome.outcomes == ["PASSED", "TIME_LIMIT", "NOT_RUN"] and outcome.is_complete


def test_a_generator_that_is_late(cells):
    check = ("def check(candidate):\n    for n, x in enumerate(steps(9)):\n        assert x == n\n"
             "    assert candidate(1) == 1\n")
    outcome = cells.run("check", CODE, check, entry_point="f", test_ms=TEST_MS)
    assert outcome.outcomes == ["PASSED", "TIME_LIMIT"]


@pytest.mark.parametrize("trick", [
    "import signal\nsignal.signal(signal.SIGPROF, signal.SIG_IGN)\n",
    "import ctypes\ndef g(n):\n    ctypes.CDLL(None).timer_delete(None)\n    return f(n)\n",
    "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPROF])\n",
])
def test_who_switches_the_timer_off_gains_nothing(cells, trick):
    code = CODE + trick + "g = globals().get('g', f)\n"
    outcome = cells.run("asserts", code, ["assert g(1) == 1", "assert g(7) == 7", "assert g(2) == 2"],
                        entry_point="g", test_ms=20, kills=True)
    assert outcome.outcomes == ["PASSED", "TIME_LIMIT", "NOT_RUN"] and outcome.is_complete


def test_output_that_is_being_sent_is_not_cut(cells):
    """Long answers at the moment when the time is used up."""
    code = "def f(n):\n    return list(range(n))\n"
    for count in (200000, 400000, 600000):
        outcome = asserts(cells, "assert len(f(%d)) == %d" % (count, count), code=code, test_ms=10)
        assert outcome.outcomes in (["PASSED"], ["TIME_LIMIT"]), outcome.tests


# ---------------------------------------------------------------- what is decided already


def test_decided_tests_keep_their_numbers(cells):
    outcome = asserts(cells, "assert f(1) == 1", "assert f(2) == 3", "assert f(7) == 7",
                      "assert f(4) == 4", "assert f(5) == 6", decided=[1, 2])
    assert outcome.plan == 5 and outcome.reached == 3 and outcome.is_complete
    assert outcome.outcomes == ["PASSED", "NOT_RUN", "NOT_RUN", "PASSED", "FAILED"]


def test_decided_texts_of_several_statements(cells):
    outcome = asserts(cells, "x = f(7)\nassert x == 7", "y = f(3)\nassert y == 3", decided=[0])
    assert outcome.outcomes == ["NOT_RUN", "PASSED"]


def test_decided_tests_of_a_check(cells):
    check = ("def check(candidate):\n    for n in range(6, 10):\n        assert candidate(1) == 1\n"
             "        assert candidate(n) == n, 'text'\n    assert not candidate(0)\n")
    first = cells.run("check", CODE, check, entry_point="f", test_ms=TEST_MS)
    assert first.outcomes == ["PASSED", "TIME_LIMIT", "NOT_RUN"]
    second = cells.run("check", CODE, check, entry_point="f", test_ms=TEST_MS, decided=[1])
    assert second.outcomes == ["PASSED", "NOT_RUN", "PASSED"] and second.is_complete


def test_decided_calls(cells):
    tests = [part for n in (1, 7, 3) for part in ("[%d]" % n, "", "%d" % n, "")]
    options = {"entry_point": "f", "test_ms": TEST_MS, "comparator": "exact"}
    first = cells.run("calls", CODE, tests, **options)
    assert first.outcomes == ["PASSED", "TIME_LIMIT", "NOT_RUN"] and first.is_complete
    second = cells.run("calls", CODE, tests, decided=[1], **options)
    assert second.outcomes == ["PASSED", "NOT_RUN", "PASSED"] and second.is_complete
