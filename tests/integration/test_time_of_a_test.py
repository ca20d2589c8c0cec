"""limits.test_ms: a test that takes too long leaves the others runnable."""

import pytest

from support.wire import evaluate, pb, verdict_name

# Slow for 5, wrong for 3, right for others.
CODE = ("def f(x):\n"
        "    while x == 5:\n"
        "        pass\n"
        "    return 0 if x == 3 else x + 1\n")
SLEEPER = CODE.replace("while x == 5:\n        pass", "if x == 5:\n        import time\n        time.sleep(60)")


def check_of(*arguments):
    lines = "".join(f"    assert candidate({x}) == {x + 1}\n" for x in arguments)
    return "def check(candidate):\n" + lines


def judge(client, code, check, **limits):
    return client.judge_one(evaluate(code, entry_point="f", check=check, **limits))


def outcomes(result):
    return [pb.Outcome.Name(test.outcome).removeprefix("OUTCOME_") for test in result.tests]


def test_the_others_are_judged(client):
    result = judge(client, CODE, check_of(1, 5, 3, 2), test_ms=100)
    assert outcomes(result) == ["PASSED", "TIME_LIMIT", "FAILED", "PASSED"]
    assert verdict_name(result) == "CPU_LIMIT" and result.fault == pb.FAULT_CANDIDATE
    assert not result.maskable
    assert (result.tests_total, result.tests_run, result.tests_passed) == (4, 4, 2)
    assert result.tests[2].actual == b"0" and result.tests[0].source


def test_it_is_told(client):
    result = client.judge_one(evaluate(CODE, asserts=["assert f(1) == 2", "assert f(5) == 6"],
                                       test_ms=100))
    assert outcomes(result) == ["PASSED", "TIME_LIMIT"]
    assert result.tests[1].call == b"f(5)" and result.score == 0.5
    assert b"f(5)" in result.feedback and b"longer" in result.feedback


def test_several_of_them(client):
    result = judge(client, CODE, check_of(5, 1, 5, 5, 2), test_ms=60)
    assert outcomes(result) == ["TIME_LIMIT", "PASSED", "TIME_LIMIT", "TIME_LIMIT", "PASSED"]
    assert result.usage.cpu_ns >= 3 * 60e6 * 0.8


def test_one_that_sleeps(client):
    result = judge(client, SLEEPER, check_of(5, 1), test_ms=20)
    assert outcomes(result) == ["TIME_LIMIT", "PASSED"]


def test_together_no_longer_than_the_whole_limit(client):
    result = judge(client, CODE, check_of(*[5] * 40, 1), test_ms=200, cpu_ms=600)
    assert verdict_name(result) == "CPU_LIMIT"
    assert result.usage.cpu_ns < 3e9
    assert outcomes(result)[0] == "TIME_LIMIT" and outcomes(result)[39] == "NOT_RUN"


def test_without_the_limit_the_whole_limit_ends_it(client):
    result = judge(client, CODE, check_of(1, 5, 3), cpu_ms=300)
    assert verdict_name(result) == "CPU_LIMIT"
    assert outcomes(result)[0] == "PASSED" and outcomes(result)[2] == "NOT_RUN"


def test_stop_at_the_first_failure(client):
    request = evaluate(CODE, entry_point="f", check=check_of(5, 1), test_ms=60)
    request.stop = pb.STOP_FIRST_FAILURE
    assert outcomes(client.judge_one(request)) == ["TIME_LIMIT", "NOT_RUN"]


def test_in_a_batch_with_others(client):
    good = "def f(x):\n    return x + 1\n"
    request = evaluate(good, CODE, good, CODE, good, good, entry_point="f", check=check_of(1, 5, 2),
                       test_ms=60)
    results = sorted(client.judge(request), key=lambda result: result.candidate_index)
    slow = ["PASSED", "TIME_LIMIT", "PASSED"]
    assert [outcomes(result) for result in results] == [
        ["PASSED"] * 3, slow, ["PASSED"] * 3, slow, ["PASSED"] * 3, ["PASSED"] * 3]


def test_asserts_and_calls(client):
    request = evaluate(CODE, asserts=["assert f(5) == 6", "assert f(1) == 2"], test_ms=60)
    assert outcomes(client.judge_one(request)) == ["TIME_LIMIT", "PASSED"]
    request = evaluate(CODE, entry_point="f", test_ms=60)
    for x in (1, 5, 2):
        request.calls.calls.add(args_json=b"[%d]" % x, expect_json=b"%d" % (x + 1))
    assert outcomes(client.judge_one(request)) == ["PASSED", "TIME_LIMIT", "PASSED"]


def test_the_time_that_a_candidate_hides(client):
    """It catches the signal and turns its clock back: what is left is the wall, and cpu_ms."""
    code = ("import signal\n"
            "signal.signal(signal.SIGPROF, signal.SIG_IGN)\n"
            "signal.setitimer(signal.ITIMER_PROF, 0)\n" + CODE)
    result = judge(client, code, check_of(5, 1), test_ms=50, cpu_ms=1000)
    assert not result.passed and not result.maskable
    assert verdict_name(result) == "CPU_LIMIT"


METHODS = {
    "unittest": "import unittest\nclass Test(unittest.TestCase):\n"
                + "".join(f"    def test_{n}(self): self.assertEqual(f({n}), {n})\n" for n in range(1, 10)),
    "pytest": "".join(f"def test_{n}(): assert f({n}) == {n}\n" for n in range(1, 10)),
}


@pytest.mark.parametrize("kind", METHODS)
def test_methods_behind_one_that_is_late(client, kind):
    """None of them is blamed for it, and each runs."""
    code = "def f(n):\n    while n in (3, 7):\n        pass\n    return 0 if n == 4 else n\n"
    request = evaluate(code, entry_point="f", test_ms=150, **{kind: METHODS[kind]})
    result = client.judge_one(request)
    names = {3: "TIME_LIMIT", 7: "TIME_LIMIT", 4: "FAILED"}
    found = [pb.Outcome.Name(test.outcome).removeprefix("OUTCOME_") for test in result.tests]
    assert found == [names.get(n, "PASSED") for n in range(1, 10)], result
