"""A matrix: every candidate on every suite, as one request."""
import pytest

from support import host
from support.wire import GOOD_ADD, WRONG_ADD, evaluate, pb, verdict_name

OFF_BY_ONE = "def add(a, b):\n    return a + b + (a > 5)\n"
SLEEPER = "import time\ntime.sleep(60)"


def matrix(*codes, suites, **named):
    """`suites` are pairs of a kind and its source, or list of assertions."""
    request = evaluate(*codes, entry_point="add", **named)
    for index, (kind, source) in enumerate(suites):
        part = getattr(request.suites.add(id=f"s{index}"), kind)
        part.SetInParent()
        if kind == "asserts":
            part.asserts.extend(text.encode() for text in source)
        else:
            part.source = source.encode()
    return request


def table(answer):
    """The results by suite and candidate."""
    assert answer.error is None, answer.error
    found = {(each.suite_index, each.candidate_index): each for each in answer.results}
    assert len(found) == len(answer.results) == answer.done.results
    return found


def verdicts(answer):
    return {place: verdict_name(result) for place, result in table(answer).items()}


KINDS = [
    ("check", "def check(candidate):\n    assert candidate(1, 2) == 3\n"),
    ("asserts", ["assert add(1, 2) == 3", "assert add(7, 2) == 9"]),
    ("unittest", "import unittest\nclass T(unittest.TestCase):\n"
                 "    def test_add(self):\n        self.assertEqual(add(6, 1), 7)\n"),
    ("pytest", "def test_add():\n    assert add(6, 1) == 7\n"),
    ("program", "assert add(1, 1) == 2\n"),
]


def test_each_candidate_on_each_suite(client):
    request = matrix(GOOD_ADD, WRONG_ADD, OFF_BY_ONE, suites=KINDS)
    found = table(client.collect(client.submit(request)))
    assert {place for place, result in found.items() if result.passed} == (
        {(suite, 0) for suite in range(5)} | {(0, 2), (4, 2)})
    assert [test.outcome for test in found[1, 2].tests] == [pb.OUTCOME_PASSED, pb.OUTCOME_FAILED]
    assert {result.candidate for (_, index), result in found.items() if index == 2} == {"c2"}
    for suite, (kind, source) in enumerate(KINDS):
        alone = matrix(GOOD_ADD, WRONG_ADD, OFF_BY_ONE, suites=[(kind, source)])
        for (_, index), result in table(client.collect(client.submit(alone))).items():
            assert result.verdict == found[suite, index].verdict
            assert result.integrity == found[suite, index].integrity


def test_a_broken_suite_is_its_own_affair(client):
    suites = [("asserts", ["assert add(1, 2 =="]), ("asserts", ["assert add(1, 2) == 3"]),
              ("asserts", []), ("asserts", ["assert nobody(1)"])]
    found = verdicts(client.collect(client.submit(matrix(GOOD_ADD, WRONG_ADD, suites=suites))))
    assert found[0, 0] == found[0, 1] == "BAD_TASK"
    assert (found[1, 0], found[1, 1]) == ("PASSED", "FAILED")
    assert found[2, 0] == found[2, 1] == "NO_TESTS"
    assert not {found[3, 0], found[3, 1]} & {"PASSED"}


def test_alike_ones_are_judged_once(client):
    suites = [("asserts", ["assert add(1, 2) == 3"])] * 3
    request = matrix(GOOD_ADD, GOOD_ADD, suites=suites, no_cache=False)
    results = table(client.collect(client.submit(request))).values()
    assert [result.passed for result in results] == [True] * 6
    assert sum(not result.cached for result in results) <= 1
    plain = evaluate(GOOD_ADD, entry_point="add", asserts=["assert add(1, 2) == 3"],
                     no_cache=False)
    assert client.judge_one(plain).cached, "a suite is alike tests that are not in one"


def test_suites_by_digest(client):
    content = b"def check(candidate):\n    assert candidate(1, 2) == 3\n"
    put = pb.ClientMessage(request_id=client.new_id())
    put.put_blob.content = content
    client.send(put)
    stored = client.read_message().blob_stored
    request = evaluate(GOOD_ADD, WRONG_ADD, entry_point="add")
    request.suites.add().check.source_sha256 = stored.sha256
    request.suites.add().program.source_sha256 = stored.sha256
    found = verdicts(client.collect(client.submit(request)))
    assert (found[0, 0], found[0, 1]) == ("PASSED", "FAILED")
    request.suites.add().pytest.source_sha256 = bytes(32)
    error = client.collect(client.submit(request)).error
    assert error.code == pb.UNKNOWN_BLOB and error.field.startswith("evaluate.suites[2]")


def test_cancelling_and_the_deadline_are_of_the_whole(client):
    request = matrix(SLEEPER, SLEEPER, suites=[("program", "x = 1")] * 4, wall_ms=30000)
    request_id = client.submit(request)
    host.wait_until(lambda: client.status().running > 0, "one runs")
    client.cancel(request_id)
    assert set(verdicts(client.collect(request_id)).values()) == {"CANCELLED"}
    request.deadline_ms = 200
    answer = client.collect(client.submit(request))
    assert answer.error.code == pb.DEADLINE_EXCEEDED and answer.done is None
    host.wait_until(lambda: client.status().running == 0 and client.status().queued == 0, "idle")


def test_a_client_that_leaves_takes_all_along(daemon, client):
    with daemon.connect() as other:
        other.submit(matrix(SLEEPER, suites=[("program", "x = 1")] * 20, wall_ms=30000))
        host.wait_until(lambda: client.status().running > 0, "one runs")
    host.wait_until(lambda: client.status().running == 0 and client.status().queued == 0, "idle")


@pytest.mark.parametrize("n_candidates, n_suites", [(300, 300), (1, 70000)])
def test_more_than_can_ever_wait_is_too_large(client, n_candidates, n_suites):
    assert client.greeting.max_evaluations == 65536
    request = evaluate(*[b""] * n_candidates)
    for _ in range(n_suites):
        request.suites.add()
    error = client.collect(client.submit(request)).error
    assert error.code == pb.TOO_LARGE and error.field == "evaluate.suites"
    request.suites.add().program.source = b"x = 1"
    request.check.source = b""
    assert client.collect(client.submit(request)).error.code == pb.INVALID_REQUEST
