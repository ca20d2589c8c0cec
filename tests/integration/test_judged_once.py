"""What is alike is judged once: in flight, and later from what is known; counted by the runs."""
import os

import pytest

from support import host
from support.user import as_user
from support.wire import Client, GOOD_ADD, WRONG_ADD, evaluate, evaluate_add, pb

SLEEPER = "import time\ntime.sleep(600)"
USER = 61234  # nobody's


def counters(client):
    return {counter.name: counter.value for counter in client.status().counters}


class Counted:
    """By how much counters have grown since."""

    def __init__(self, client):
        self.client, self.before = client, counters(client)

    def __getitem__(self, name):
        return counters(self.client)[name] - self.before[name]

    @property
    def runs(self):
        """An examiner that goes on with another candidate is one, too."""
        return self["runs_started"] + self["examiners_kept"]


def alike(*codes, **named):
    """A request of a task that no other test has: its name is in a comment of the tests."""
    request = evaluate_add(*codes, no_cache=False, **named)
    request.check.source += b"# " + os.environ["PYTEST_CURRENT_TEST"].encode()
    return request


def sleepers(count, wall_ms=600000):
    request = evaluate(*[SLEEPER] * count, program="x = 1", wall_ms=wall_ms, no_cache=False)
    request.program.source += b"# " + os.environ["PYTEST_CURRENT_TEST"].encode()
    return request


def told(result):
    """A result without what is its candidate's own, and what the first run has used."""
    copy = pb.Result()
    copy.CopyFrom(result)
    for field in ("id", "candidate", "candidate_index", "cached"):
        copy.ClearField(field)
    return copy


def test_alike_in_a_batch_and_later(daemon, client):
    count = Counted(client)
    results = client.judge(alike(GOOD_ADD, WRONG_ADD, GOOD_ADD, GOOD_ADD, WRONG_ADD))
    assert [result.verdict for result in results] == [pb.PASSED, pb.FAILED, pb.PASSED, pb.PASSED,
                                                      pb.FAILED]
    assert [result.candidate for result in results] == ["c0", "c1", "c2", "c3", "c4"]
    assert [result.cached for result in results] == [False, False, True, True, True]
    assert told(results[4]) == told(results[1]) and results[1].feedback
    assert count["evaluations_joined"] == 3 and count["cache_hits"] == 0
    runs = count.runs
    with daemon.connect() as other:
        request = alike(WRONG_ADD, GOOD_ADD)
        request.id, request.candidates[0].id, request.deadline_ms = "renamed", "x", 60000
        again = other.judge(request)
    assert [result.cached for result in again] == [True, True]
    assert (again[0].id, again[0].candidate) == ("renamed", "x")
    assert told(again[0]) == told(results[1])
    assert count.runs == runs == 2
    assert count["cache_hits"] == 2 and count["cache_entries"] == 2


@pytest.mark.parametrize("change", [
    dict(feedback_bytes=50), dict(reveal=pb.REVEAL_NONE), dict(stop=pb.STOP_FIRST_FAILURE),
    dict(integrity=pb.INTEGRITY_WISH_SHARED), dict(prompt=b"# "), dict(no_control=True),
    dict(feedback_form=pb.FEEDBACK_REFLEXION), dict(module="other"), "cpu_ms", "files", "tests"])
def test_what_is_not_alike(client, change):
    first = alike()
    first.check.source += repr(change).encode()
    second = pb.Evaluate.FromString(first.SerializeToString())
    if change == "cpu_ms":
        second.limits.cpu_ms = 4321
    elif change == "files":
        second.candidates[0].files.add(name="a", content=b"1")
    elif change == "tests":
        second.check.source += b" "
    else:
        for name, value in change.items():
            setattr(second, name, value)
    for request in (first, second):
        assert not client.judge_one(request).cached
        assert client.judge_one(request).cached


@pytest.mark.parametrize("wish", ["no_cache", "repeat"])
def test_who_wants_runs_gets_runs(client, wish):
    assert not client.judge_one(alike()).cached
    request = alike(GOOD_ADD, GOOD_ADD)
    setattr(request, wish, 2)
    count = Counted(client)
    assert [result.cached for result in client.judge(request)] == [False, False]
    assert count["cache_hits"] == count["evaluations_joined"] == 0


def test_limits_are_shared_in_flight_and_not_kept(client):
    def judge(*codes):
        request = evaluate(*codes, program="assert True", cpu_ms=200, no_cache=False)
        return client.judge(request)
    count = Counted(client)
    results = judge(*["while True: pass"] * 5)
    assert {result.verdict for result in results} == {pb.CPU_LIMIT}
    assert [result.cached for result in results] == [False] + [True] * 4
    assert count["cache_entries"] == 0
    assert not judge("while True: pass")[0].cached


def test_cancelling_one_does_not_cancel_those_alike(daemon, client):
    with daemon.connect() as other:
        count = Counted(client)
        first = client.submit(sleepers(3))
        host.wait_until(lambda: client.status().running == 1, "one runs")
        second = other.submit(sleepers(2))
        host.wait_until(lambda: client.status().queued == 4, "four wait")
        assert count["runs_started"] == 1
        client.cancel(first)
        answer = client.collect(first)
        assert [result.verdict for result in answer.results] == [pb.CANCELLED] * 3
        host.wait_until(lambda: count["runs_started"] == 2, "the next runs")
        assert client.status().queued == 1
        other.cancel(second)
        assert [result.verdict for result in other.collect(second).results] == [pb.CANCELLED] * 2
    host.wait_until(lambda: client.status().running == client.status().queued == 0, "nothing left")


def test_those_alike_count_against_a_user(own_daemon):
    daemon = own_daemon("--user-queue-max", "8")
    with daemon.connect() as client, daemon.connect() as other:
        first = client.submit(sleepers(8))
        host.wait_until(lambda: client.status().running == 1, "one runs")
        (user,) = client.status().users
        assert (user.queued, user.evaluations) == (7, 8)
        assert other.collect(other.submit(sleepers(2))).error.code == pb.QUOTA
        client.cancel(first)
        client.collect(first)


@pytest.mark.requires_root
@pytest.mark.parametrize("options,expected", [((), False), (("--share-verdicts",), True)])
def test_another_users_verdicts(own_daemon, options, expected):
    daemon = own_daemon("--socket-mode", "0666", *options)

    def ask():
        with Client(daemon.path) as client:
            return client.judge_one(evaluate_add(no_cache=False)).cached
    with daemon.connect() as client:
        assert not client.judge_one(evaluate_add(no_cache=False)).cached
    assert as_user(USER, USER, ask) is expected
    assert as_user(USER, USER, ask) is True


@pytest.mark.requires_root
def test_a_flood_drops_its_own(own_daemon):
    """Each verdict of the flood takes about 6 KB of the 128; the other user has one of them."""
    daemon = own_daemon("--socket-mode", "0666", "--cache-bytes", "131072")

    def ask():
        with Client(daemon.path) as client:
            return client.judge_one(evaluate_add(no_cache=False)).cached
    assert as_user(USER, USER, ask) is False
    with daemon.connect() as client:
        codes = [f"print('x' * 6000)\ny = {number}" for number in range(60)]
        flood = evaluate(*codes, program="assert y is not None", no_cache=False)
        assert all(result.passed for result in client.judge(flood))
        now = counters(client)
        assert now["cache_bytes"] <= 131072 and now["cache_dropped"] > 30
        assert as_user(USER, USER, ask) is True
        flood.ClearField("candidates")
        flood.candidates.add(id="first", code=codes[0].encode())
        flood.candidates.add(id="last", code=codes[-1].encode())
        assert [result.cached for result in client.judge(flood)] == [False, True]


def test_a_hit_needs_no_slot(daemon, client):
    with daemon.connect() as busy:
        assert not client.judge_one(alike()).cached
        request = sleepers(2)
        request.candidates[0].code += b"\n"
        running = busy.submit(request)
        host.wait_until(lambda: busy.status().running == 2, "both slots are taken")
        assert client.judge_one(alike()).cached
        busy.cancel(running)
        busy.collect(running)


def test_a_daemon_that_keeps_nothing(own_daemon):
    daemon = own_daemon("--cache-bytes", "0")
    with daemon.connect() as client:
        results = client.judge(evaluate_add(GOOD_ADD, GOOD_ADD, no_cache=False))
        assert [result.cached for result in results] == [False, True]
        assert not client.judge_one(evaluate_add(no_cache=False)).cached
