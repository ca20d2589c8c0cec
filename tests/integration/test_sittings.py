"""One examiner serves the candidates of a user, and each is examined as if it were the first."""

import functools

import pytest

from support import host, wire
from support.daemon import Daemon
from support.user import as_user
from support.wire import CHECK_ADD, GOOD_ADD, WRONG_ADD, pb, verdict_name

evaluate = functools.partial(wire.evaluate, integrity=pb.INTEGRITY_WISH_SPLIT)
evaluate_add = functools.partial(wire.evaluate_add, integrity=pb.INTEGRITY_WISH_SPLIT)


def kept(client):
    return next(counter.value for counter in client.status().counters
                if counter.name == "examiners_kept")


def verdicts(results):
    return [verdict_name(result) for result in sorted(results, key=lambda r: r.candidate_index)]


def judge(client, request):
    """Verdicts, and how many were examined by a process that had examined another."""
    before = kept(client)
    results = client.judge(request)
    return verdicts(results), kept(client) - before


def judge_together(client, requests):
    """The same of requests that wait at one time; results in their order."""
    before = kept(client)
    numbers = [client.submit(request) for request in requests]
    results = [client.collect(number).results[0] for number in numbers]
    return results, kept(client) - before


USER = 61234  # nobody's
LEAVING = "def add(a, b):\n    import os\n    os._exit(0)\n"
NO_CODE = "def add(a, b)\n    return a + b\n"
RAISING = "def add(a, b):\n    raise ValueError('no')\n"


def test_one_examiner_for_many(client):
    found, reused = judge(client, evaluate_add(*[GOOD_ADD, WRONG_ADD, NO_CODE, RAISING] * 8))
    assert found == ["PASSED", "FAILED", "COMPILE_ERROR", "ERROR"] * 8
    slots = len(client.status().slots)
    assert reused >= 32 - 2 * slots, "a first and a last one in every slot, at most"


def test_a_single_candidate_leaves_no_examiner(client):
    assert judge(client, evaluate_add()) == (["PASSED"], 0)
    host.wait_until(lambda: all(slot.state == "idle" for slot in client.status().slots), "all idle")


HOSTILE = {
    "leaves": LEAVING,
    "writes no frames": "import os\n"
                        "for fd in range(3, 600):\n"
                        "    try:\n        os.write(fd, b'nonsense' * 100)\n"
                        "    except OSError:\n        pass\n" + GOOD_ADD,
    "floods": "import os\n"
              "def add(a, b):\n"
              "    for fd in range(3, 600):\n"
              "        try:\n"
              "            for i in range(1000):\n"
              "                os.write(fd, b'\\x00\\x00\\x00\\x03' * 10000)\n"
              "        except OSError:\n            pass\n",
    "kills itself": "import os, signal\ndef add(a, b):\n    os.kill(os.getpid(), signal.SIGKILL)\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_who_breaks_its_examiner_harms_nobody_else(client, name):
    codes = [GOOD_ADD, WRONG_ADD, HOSTILE[name], GOOD_ADD, HOSTILE[name], WRONG_ADD, GOOD_ADD] * 2
    found, _ = judge(client, evaluate_add(*codes, wall_ms=3000))
    for code, verdict in zip(codes, found):
        if code == GOOD_ADD:
            assert verdict == "PASSED"
        elif code == WRONG_ADD:
            assert verdict == "FAILED"
        else:
            assert verdict in ("TAMPERED", "ERROR", "FAILED", "CPU_LIMIT", "WALL_LIMIT")
    assert "PASSED" not in [v for code, v in zip(codes, found) if code == HOSTILE[name]]


# What one examination does to the process of its tests, the next must not see.
LEAVE_TRACES = {
    "a module's attribute": "import math\n"
                            "def check(candidate):\n"
                            "    assert not hasattr(math, 'seen')\n"
                            "    math.seen = 1\n"
                            "    assert candidate(1, 2) == 3\n",
    "a file": "import os\n"
              "def check(candidate):\n"
              "    assert not os.path.exists('seen')\n"
              "    open('seen', 'w').close()\n"
              "    assert candidate(1, 2) == 3\n",
    "the random numbers": "import random\n"
                          "state = random.getstate()\n"
                          "def check(candidate):\n"
                          "    assert candidate(1, 2) == 3\n"
                          "    random.seed(5)\n",
    "a global of the tests": "seen = []\n"
                             "def check(candidate):\n"
                             "    assert seen == []\n"
                             "    seen.append(1)\n"
                             "    assert candidate(1, 2) == 3\n",
    "a default argument": "def note(seen=[]):\n    seen.append(1)\n    return len(seen)\n"
                          "def check(candidate):\n"
                          "    assert note() == 1\n"
                          "    assert candidate(1, 2) == 3\n",
    "a builtin class by its name": "def check(candidate):\n"
                                   "    assert not hasattr(candidate, 'seen')\n"
                                   "    assert candidate(1, 2) == 3\n",
}


@pytest.mark.parametrize("name", LEAVE_TRACES)
def test_an_examination_finds_nothing_of_the_one_before(client, name):
    request = evaluate(*[GOOD_ADD] * 8, entry_point="add", check=LEAVE_TRACES[name],
                       integrity=pb.INTEGRITY_AUTO)
    assert judge(client, request)[0] == ["PASSED"] * 8


def test_a_candidate_that_asked_for_something_is_the_last_of_its_examiner(client):
    """A function of the tests that it may call is a way into their process."""
    check = ("def check(candidate):\n"
             "    seen = []\n"
             "    assert candidate(seen.append, 3) is None\n"
             "    assert seen == [3]\n")
    code = "def apply(function, value):\n    function(value)\n"
    found, reused = judge(client, evaluate(*[code] * 8, entry_point="apply", check=check))
    assert found == ["PASSED"] * 8 and reused == 0


def test_two_batches_at_one_time(client):
    """Each examiner has the tests of its own batch, whatever order they come in."""
    numbers = []
    for index in range(6):
        check = f"def check(candidate):\n    assert candidate(1, 2) == {3 + index}\n"
        code = f"def add(a, b):\n    return a + b + {index}\n"
        numbers.append(client.submit(evaluate(*[code, WRONG_ADD] * 6, entry_point="add",
                                              check=check, task=str(index))))
    for number in numbers:
        assert verdicts(client.collect(number).results) == ["PASSED", "FAILED"] * 6


def test_asserts_and_their_setup(client):
    request = evaluate(*[GOOD_ADD, WRONG_ADD] * 6, asserts=["assert add(1, 2) == three", CHECK_ADD],
                       setup="three = 3\n")
    request.asserts.asserts[1] = b"assert add(2, 2) == 4"
    found, reused = judge(client, request)
    assert found == ["PASSED", "FAILED"] * 6 and reused > 0


def test_cancelled_between_two_candidates(client):
    slow = "import time\n" + GOOD_ADD.replace("return", "time.sleep(0.05)\n    return")
    number = client.submit(evaluate_add(*[slow] * 40))
    client.cancel(number)
    results = client.collect(number).results
    assert {verdict_name(result) for result in results} <= {"PASSED", "CANCELLED"}
    assert len(results) == 40
    assert client.judge_one(evaluate_add()).verdict == pb.PASSED


# ---------------------------------------------------------------- one task after the other


@pytest.fixture(scope="module")
def single():
    """One slot: what waits is judged one after the other."""
    server = Daemon("--socket-mode", "0666", slots=1)
    yield server
    server.stop()


@pytest.fixture
def lone(single):
    with single.connect() as client:
        yield client


def tasks_of_three_kinds():
    """(request, its verdict, what is told of its first test)"""
    for number in range(6):
        sum_of_it = number + 1
        good, wrong = f"def f(x):\n    return x + {number}\n", "def f(x):\n    return 77\n"
        check = f"def check(candidate):\n    assert candidate(1) == {sum_of_it}, 'no'\n"
        asserts = ["assert f(1) == one", f"assert f(2) == {number + 2}"]
        for code, verdict in ((good, "PASSED"), (wrong, "FAILED")):
            yield (evaluate(code, entry_point="f", check=check, task=str(number)), verdict,
                   f"assert candidate(1) == {sum_of_it}, 'no'")
            yield (evaluate(code, entry_point="f", asserts=asserts, setup=f"one = {sum_of_it}\n"),
                   verdict, asserts[0])
            calls = evaluate(code, entry_point="f")
            calls.calls.calls.add(args_json=b"[1]", expect_json=b"%d" % sum_of_it)
            yield calls, verdict, f"assert f(1) == {sum_of_it}"


def test_one_examiner_for_many_tasks(lone):
    tasks = list(tasks_of_three_kinds())
    results, reused = judge_together(lone, [request for request, _, _ in tasks])
    assert reused >= len(tasks) - 3
    for result, (request, verdict, source) in zip(results, tasks):
        assert verdict_name(result) == verdict, (request.id, result.feedback)
        assert len(result.tests) == (2 if request.HasField("asserts") else 1)
        assert result.tests[0].source.decode() == source
    for result in results:
        if not result.passed:
            assert result.tests[0].actual == b"77"


def test_comparators_and_modules_are_the_task_s_own(lone):
    """Of the task before neither the tolerance is left nor the names under which its candidate could be
    imported, those of modules that there are anyway included."""
    near = evaluate("def f(x):\n    return 1.01\n", entry_point="f")
    near.calls.calls.add(args_json=b"[1]", expect_json=b"1.0")
    exact = pb.Evaluate()
    exact.CopyFrom(near)
    near.calls.comparator = "float"
    near.calls.absolute_tolerance = 0.1
    solution = evaluate("def dedent(x):\n    return 5\n", entry_point="dedent",
                        check="import textwrap\n"
                              "def check(candidate):\n    assert textwrap.dedent('  a') == 5\n")
    solution.module = "textwrap"
    library = evaluate("def f(x):\n    return x\n", entry_point="f",
                       check="import textwrap\n"
                             "def check(candidate):\n"
                             "    assert candidate(textwrap.dedent('  a')) == 'a'\n")
    requests = [near, exact, solution, library] * 2
    results, reused = judge_together(lone, requests)
    assert verdicts(results) == ["PASSED", "FAILED", "PASSED", "PASSED"] * 2
    assert reused >= 6


def test_what_follows_traces_hostile_code_or_other_limits_is_examined_afresh(lone):
    check = ("import decimal\n"
             "def check(candidate):\n"
             "    assert decimal.getcontext().prec == 28\n"
             "    decimal.setcontext(decimal.Context(prec=5))\n"
             "    assert candidate(1, 2) == 3\n")
    marking = evaluate(GOOD_ADD, entry_point="add", check=check)
    others = [evaluate_add(LEAVING), evaluate_add(GOOD_ADD, cpu_ms=2500), evaluate_add()]
    results, _ = judge_together(lone, [marking, marking, *others] * 3)
    names = [verdict_name(result) for result in results]
    assert names == ["PASSED", "PASSED", names[2], "PASSED", "PASSED"] * 3 and names[2] != "PASSED"


@pytest.mark.requires_root
def test_no_examiner_serves_two_users(single, lone):
    """What the tests of one change in a module, where no look at their source finds it."""
    mark = "    hashlib.algorithms_guaranteed.add('seen')\n"
    head = "import hashlib\ndef check(candidate):\n    assert candidate(1, 2) == 3\n"
    ours = [evaluate(GOOD_ADD, entry_point="add", check=head + mark) for _ in range(16)]
    theirs = evaluate(GOOD_ADD, entry_point="add",
                      check=head + "    assert 'seen' not in hashlib.algorithms_guaranteed\n")

    def ask():
        with single.connect() as client:
            return verdicts(judge_together(client, [theirs] * 6)[0])
    before = kept(lone)
    numbers = [lone.submit(request) for request in ours]
    assert as_user(USER, USER, ask) == ["PASSED"] * 6
    assert verdicts([lone.collect(number).results[0] for number in numbers]) == ["PASSED"] * 16
    assert kept(lone) > before


def test_tests_that_take_much_memory_leave_their_examiner_to_nobody(lone):
    check = ("def check(candidate):\n"
             "    values = list(range(3_000_000))\n"
             "    assert candidate(len(values), 1) == 3_000_001\n")
    request = evaluate(*[GOOD_ADD] * 3, entry_point="add", check=check)
    assert judge(lone, request) == (["PASSED"] * 3, 0)
