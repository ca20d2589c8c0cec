"""More work than the queue holds: a typed refusal with a time to come back, nothing lost."""
import pytest

from support.wire import evaluate, evaluate_add, pb

SLEEPER = "import time\ntime.sleep(0.2)"
LONG_SLEEPER = "import time\ntime.sleep(1)"


@pytest.fixture(scope="module")
def daemon(request):
    from support.daemon import Daemon
    server = Daemon("--queue-max", "20")
    request.addfinalizer(server.stop)
    return server


def test_a_full_queue_refuses(client):
    ids = [client.submit(evaluate(*[SLEEPER] * 6, program="assert True")) for _ in range(24)]
    answers = [client.collect(request_id) for request_id in ids]
    refused = [answer.error for answer in answers if answer.error is not None]
    served = [answer for answer in answers if answer.error is None]
    assert refused and served
    for error in refused:
        assert error.code == pb.OVERLOADED and error.retry_after_ms > 0 and error.message
    for answer in served:
        assert [result.verdict for result in answer.results] == [pb.PASSED] * 6


def test_a_request_is_refused_as_a_whole(client):
    ids = [client.submit(evaluate(*[SLEEPER] * 15, program="assert True")) for _ in range(4)]
    for answer in map(client.collect, ids):
        assert answer.error is None or not answer.results


def test_one_request_larger_than_the_queue(client):
    answer = client.collect(client.submit(evaluate(*["x = 1"] * 30, program="assert x")))
    if answer.error is not None:
        assert answer.error.code in (pb.OVERLOADED, pb.INVALID_REQUEST, pb.TOO_LARGE)
        assert answer.error.message
    else:
        assert len(answer.results) == 30


def test_it_serves_again_afterwards(client):
    assert client.judge_one(evaluate_add()).passed
    assert client.status().queued == 0


def test_nobody_waits_for_a_greedy_client(daemon, client):
    """Turns are taken among clients: a short request does not wait for a long line of another's."""
    with daemon.connect() as greedy:
        long_line = greedy.submit(evaluate(*[LONG_SLEEPER] * 16, program="assert True"))
        result = client.judge_one(evaluate_add())
        assert result.passed
        assert len(greedy.answers.get(long_line, pb.Done()).results
                   if long_line in greedy.answers else []) < 16
        greedy.cancel(long_line)
        greedy.collect(long_line)
