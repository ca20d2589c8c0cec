"""One examiner serves the candidates of a batch, and each is examined as if it were the first."""

import functools

import pytest

from support import host, wire
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
