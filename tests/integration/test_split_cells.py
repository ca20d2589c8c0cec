"""A split examination has two cells: what happens when either of them goes."""

import functools
import os
import signal

import pytest

from support import host, wire
from support.wire import pb, verdict_name

evaluate = functools.partial(wire.evaluate, integrity=pb.INTEGRITY_WISH_SPLIT)
evaluate_add = functools.partial(wire.evaluate_add, integrity=pb.INTEGRITY_WISH_SPLIT)

SLOW = "import time\ndef f():\n    time.sleep(600)\n    return 1\n"
CHECK = "def check(candidate):\n    assert candidate() == 1\n"


def slots(client):
    return client.status().slots


def running(client):
    return host.wait_until(lambda: [slot for slot in slots(client) if slot.state == "running"],
                           "a run")[0]


def repeated(client):
    return next(counter.value for counter in client.status().counters
                if counter.name == "runs_repeated")


def test_the_examiner_is_another_cell(client):
    """As many are made as there is work for."""
    results = client.judge(evaluate_add(*[wire.GOOD_ADD] * 8))
    assert all(result.integrity == pb.SPLIT for result in results)
    host.wait_until(lambda: all(slot.cell_pid and slot.examiner_pid for slot in slots(client)),
                    "two cells in every slot")
    assert all(slot.cell_pid != slot.examiner_pid for slot in slots(client))


@pytest.mark.parametrize("which", ["cell_pid", "examiner_pid"])
def test_one_of_the_two_dies(client, which):
    """Judged again in new cells; after the second time it is our fault, and not to be masked."""
    client.judge_one(evaluate_add())
    number = client.submit(evaluate(SLOW, entry_point="f", check=CHECK, wall_ms=600000))
    before = repeated(client)
    os.kill(getattr(running(client), which), signal.SIGKILL)
    host.wait_until(lambda: repeated(client) > before, "a second run")
    os.kill(getattr(running(client), which), signal.SIGKILL)
    result = client.collect(number).results[0]
    assert verdict_name(result) == "INFRA" and not result.maskable
    assert client.judge_one(evaluate_add()).passed


def test_cancelled_in_the_middle(client):
    number = client.submit(evaluate(SLOW, entry_point="f", check=CHECK))
    running(client)
    client.cancel(number)
    assert verdict_name(client.collect(number).results[0]) == "CANCELLED"
    assert client.judge_one(evaluate_add()).passed


def test_a_candidate_that_stays_after_its_tests_is_ended(client):
    """Threads, handlers, children: the tests are over, so nothing of it matters any more."""
    code = ("import atexit, threading, time\n"
            "threading.Thread(target=time.sleep, args=(60,)).start()\n"
            "atexit.register(time.sleep, 60)\n"
            "def f(): return 1\n")
    result = client.judge_one(evaluate(code, entry_point="f", check=CHECK, wall_ms=60000))
    assert result.passed and result.usage.wall_ns < 40e9


def test_expected_values_are_not_where_the_candidate_is(client):
    """It looks at every function that its interpreter knows for a value that only the tests hold."""
    code = """
import gc, types
def f():
    word = '4221-SSEUG-OT-DRAH'[::-1]
    for found in gc.get_objects():
        if isinstance(found, types.FunctionType) and word in found.__code__.co_consts:
            return word
"""
    check = "def check(candidate):\n    assert candidate() == 'HARD-TO-GUESS-1224'\n"
    request = evaluate(code, entry_point="f", check=check)
    assert verdict_name(client.judge_one(request)) == "FAILED"
    request.integrity = pb.INTEGRITY_WISH_SHARED  # so the search is one that finds
    assert client.judge_one(request).passed
