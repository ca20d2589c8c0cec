"""Work that nobody wants any more ends: on request, and with its connection."""
from support import host
from support.wire import evaluate, evaluate_add, pb

SLEEPER = "import time\ntime.sleep(60)"


def sleepers(count):
    return evaluate(*[SLEEPER] * count, program="x = 1", wall_ms=30000)


def wait_running(client, count):
    host.wait_until(lambda: client.status().running >= count, f"{count} running")


def wait_free(client):
    host.wait_until(lambda: (status := client.status()).running == 0 and status.queued == 0 and
                    all(slot.state == "idle" for slot in status.slots), "everything idle")


def test_cancel_of_running_and_queued_candidates(client):
    request_id = client.submit(sleepers(10))
    wait_running(client, 2)
    client.cancel(request_id)
    answer = client.collect(request_id)
    assert len(answer.results) == 10 and answer.done.results == 10
    assert {result.verdict for result in answer.results} == {pb.CANCELLED}
    assert not any(result.passed for result in answer.results)
    wait_free(client)
    assert client.judge_one(evaluate_add()).passed


def test_cancel_keeps_the_results_that_exist(client):
    request = sleepers(3)
    request.candidates[0].code = b"x = 1"
    request.program.source = b"assert x == 1"
    request_id = client.submit(request)
    host.wait_until(lambda: client.status().evaluations_total and
                    client.answers.get(request_id) and client.answers[request_id].results,
                    "the first result")
    client.cancel(request_id)
    answer = client.collect(request_id)
    verdicts = {result.candidate_index: result.verdict for result in answer.results}
    assert verdicts == {0: pb.PASSED, 1: pb.CANCELLED, 2: pb.CANCELLED}


def test_cancel_of_one_request_leaves_the_others(client):
    doomed, kept = client.submit(sleepers(4)), client.submit(evaluate_add())
    client.cancel(doomed)
    assert client.collect(kept).results[0].passed
    assert {result.verdict for result in client.collect(doomed).results} == {pb.CANCELLED}


def test_cancel_of_another_connections_request_does_nothing(daemon, client):
    with daemon.connect() as other:
        request_id = client.submit(evaluate("import time\ntime.sleep(0.3)", program="assert True"))
        other.cancel(request_id)
        assert client.collect(request_id).results[0].passed


def test_cancel_twice_and_after_the_end(client):
    request_id = client.submit(sleepers(2))
    client.cancel(request_id)
    client.cancel(request_id)
    assert client.collect(request_id).done.results == 2
    client.cancel(request_id)
    assert client.judge_one(evaluate_add()).passed


def test_a_closed_connection_cancels(daemon, client):
    leaver = daemon.connect()
    leaver.submit(sleepers(20))
    wait_running(client, 2)
    leaver.close()
    wait_free(client)
    assert client.judge_one(evaluate_add()).passed


def test_many_closed_connections_cancel(daemon, client):
    for _ in range(30):
        leaver = daemon.connect()
        leaver.submit(sleepers(5))
        leaver.close()
    wait_free(client)
    assert client.judge_one(evaluate_add()).passed
