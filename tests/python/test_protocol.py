"""The client against servers that refuse, forget, break off and lie."""
import struct
import threading

import pytest

import assay
from support.wire import PATIENCE_S, frame, pb

TASK = assay.Task(assay.Tests.check("def check(candidate):\n    pass\n"), entry_point="f")


def evaluate(server, **named):
    with assay.Client(server.path, **named) as client:
        return client.evaluate(TASK, "code", timeout=PATIENCE_S)


def raw(data):
    def script(conversation):
        conversation.greet()
        conversation.receive_evaluate()
        conversation.send_raw(data)
        conversation.receive()  # until the client has closed it
    return script


def answer(**fields):
    return raw(frame(pb.ServerMessage(**fields).SerializeToString()))


@pytest.mark.parametrize("script, reason", [
    (raw(struct.pack(">I", 0)), "an empty message"),
    (raw(struct.pack(">I", 0xFFFFFFFF)), "announced a message of 4294967295 bytes"),
    (raw(frame(b"\xff\xff\xff")), "bytes that are no message"),
    (answer(request_id=77, done=pb.Done()), "never made"),
    (answer(request_id=0, done=pb.Done()), "never made"),
    (answer(request_id=1, result=pb.Result(candidate_index=5)), "candidate 5"),
    (answer(request_id=1, status=pb.Status()), "answered by status"),
    (answer(request_id=1), "answered by nothing"),
], ids=lambda part: part.replace(" ", "-") if isinstance(part, str) else "")
def test_what_is_no_answer_ends_the_connection_and_is_not_tried_again(fake_server, script, reason):
    server = fake_server(script)
    with pytest.raises(assay.ConnectionLost, match=reason):
        evaluate(server)
    assert server.n_connections == 1


def test_the_client_goes_on_after_a_server_that_lied(fake_server):
    def good(conversation):
        conversation.greet()
        conversation.serve()
    server = fake_server(raw(frame(b"\xff")), good)
    with assay.Client(server.path) as client:
        with pytest.raises(assay.ConnectionLost):
            client.evaluate(TASK, "code")
        assert client.evaluate(TASK, "code").passed


@pytest.mark.parametrize("greeting, reason", [
    (lambda conversation: conversation.greet(major=2), "speaks protocol 2, this client 1"),
    (lambda conversation: conversation.send_done(1), "did not greet"),
    (lambda conversation: conversation.send_raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "announced"),
])
def test_a_server_of_another_kind_is_named(fake_server, greeting, reason):
    def script(conversation):
        greeting(conversation)
        while True:
            conversation.receive()
    with pytest.raises(assay.ConnectionLost, match=reason):
        evaluate(fake_server(script))


def test_a_result_that_comes_twice_is_a_lie(fake_server):
    def script(conversation):
        conversation.greet()
        message = conversation.receive_evaluate()
        conversation.send_result(message.request_id, 0)
        conversation.send_result(message.request_id, 0)
        conversation.receive()
    with assay.Client(fake_server(script).path) as client:
        with pytest.raises(assay.ConnectionLost, match="waits for none"):
            client.evaluate_batch([(TASK, "a"), (TASK, "b")])


def test_done_without_results_is_an_infrastructure_error(fake_server):
    def script(conversation):
        conversation.greet()
        message = conversation.receive_evaluate()
        conversation.send_result(message.request_id, 1)
        conversation.send_done(message.request_id)
        conversation.receive()
    with assay.Client(fake_server(script).path) as client:
        first, second = client.evaluate_batch([(TASK, "a"), (TASK, "b")], return_exceptions=True)
    assert isinstance(first, assay.InfraError) and second.passed


@pytest.mark.parametrize("code, kind", [
    (pb.INVALID_REQUEST, assay.InvalidRequest), (pb.TOO_LARGE, assay.InvalidRequest),
    (pb.UNKNOWN_LANGUAGE, assay.InvalidRequest), (pb.UNAUTHENTICATED, assay.Unauthenticated),
    (pb.OVERLOADED, assay.Overloaded), (pb.QUOTA, assay.Quota),
    (pb.DEADLINE_EXCEEDED, assay.DeadlineExceeded), (pb.INTERNAL, assay.InfraError),
    (pb.ERROR_UNKNOWN, assay.InfraError)])
def test_errors_that_do_not_say_so_are_not_tried_again(fake_server, code, kind):
    asked = []

    def script(conversation):
        conversation.greet()
        while True:
            message = conversation.receive_evaluate()
            asked.append(message)
            conversation.send_error(message.request_id, code, field="evaluate.tests")
    with pytest.raises(kind, match="as the test wants") as caught:
        evaluate(fake_server(script))
    assert len(asked) == 1
    if kind is assay.InvalidRequest:
        assert caught.value.field == "evaluate.tests"


def test_a_batch_that_is_too_much_is_sent_in_parts_that_fit(fake_server):
    """The server has room for three: every refusal must lead to smaller requests."""
    sizes = []

    def script(conversation):
        conversation.greet()
        while True:
            message = conversation.receive_evaluate()
            sizes.append(len(message.evaluate.candidates))
            if sizes[-1] > 3:
                conversation.send_error(message.request_id, pb.QUOTA, retry_after_ms=1)
            else:
                conversation.pass_all(message)
    with assay.Client(fake_server(script).path) as client:
        results = client.evaluate_batch([(TASK, f"code {index}") for index in range(50)])
    assert len(results) == 50 and all(result.passed for result in results)
    assert sizes[0] == 50 and sum(size for size in sizes if size <= 3) == 50


def test_patience_with_an_overloaded_server_has_an_end(fake_server):
    def script(conversation):
        conversation.greet()
        while True:
            message = conversation.receive_evaluate()
            conversation.send_error(message.request_id, pb.OVERLOADED, retry_after_ms=20)
    with pytest.raises(assay.Overloaded) as caught:
        evaluate(fake_server(script), patience_s=0.2)
    assert caught.value.retry_after_s == pytest.approx(0.02)


def test_only_what_has_no_answer_is_sent_again(fake_server):
    codes = []

    def breaks_off(conversation):
        conversation.greet()
        message = conversation.receive_evaluate()
        conversation.send_result(message.request_id, 1)

    def good(conversation):
        conversation.greet()
        message = conversation.receive_evaluate()
        codes.extend(candidate.code for candidate in message.evaluate.candidates)
        conversation.pass_all(message)
        conversation.serve()
    with assay.Client(fake_server(breaks_off, good).path) as client:
        results = client.evaluate_batch([(TASK, code) for code in ("a", "b", "c")])
    assert all(result.passed for result in results)
    assert codes == [b"a", b"c"]


def test_a_request_that_ends_every_connection_is_given_up(fake_server):
    def script(conversation):
        conversation.greet()
        conversation.receive_evaluate()
    server = fake_server(script)
    with pytest.raises(assay.ConnectionLost, match="4 times"):
        evaluate(server)
    assert server.n_connections == 4


def test_a_server_that_closes_before_it_greets_is_given_up(fake_server):
    with pytest.raises(assay.ConnectionLost, match="closed the connection"):
        evaluate(fake_server(lambda conversation: None))


def test_too_many_connections_may_pass(fake_server):
    def refuses(conversation):
        conversation.receive()
        conversation.send_error(0, pb.QUOTA)

    def good(conversation):
        conversation.greet()
        conversation.serve()
    assert evaluate(fake_server(refuses, good)).passed


def test_an_answer_after_its_cancellation_is_dropped(fake_server):
    received = threading.Event()
    cancelled = []

    def script(conversation):
        conversation.greet()
        message = conversation.receive_evaluate()
        received.set()
        cancelled.append(conversation.receive().cancel.target_id == message.request_id)
        conversation.pass_all(message)
        conversation.serve()
    with assay.Client(fake_server(script).path) as client:
        future = client.submit(TASK, "a")
        assert received.wait(PATIENCE_S)
        assert future.cancel() and future.cancelled()
        assert client.evaluate(TASK, "b").passed
    assert cancelled == [True]


def test_a_request_larger_than_the_server_takes_never_leaves(fake_server):
    def script(conversation):
        conversation.greet(max_frame_bytes=4096, max_candidates=3)
        conversation.serve()
    server = fake_server(script)
    with assay.Client(server.path) as client:
        small, large, _ = client.evaluate_batch(
            [(TASK, "x"), (TASK, "x" * 5000), (TASK, "y" * 4000)], return_exceptions=True)
        assert small.passed and isinstance(large, assay.InvalidRequest)
        many = client.evaluate_batch([(TASK, "z" * 1000)] * 10)
        assert all(result.passed for result in many)
    assert server.n_connections == 1


def test_words_of_a_newer_server_are_no_error(fake_server):
    def script(conversation):
        conversation.greet()
        message = conversation.receive_evaluate()
        conversation.send_result(message.request_id, verdict=99)
        conversation.receive()
    assert evaluate(fake_server(script)).verdict == "UNKNOWN_99"


def test_closing_tells_those_who_wait(fake_server):
    received = threading.Event()

    def script(conversation):
        conversation.greet()
        conversation.receive_evaluate()
        received.set()
        conversation.receive()
    client = assay.Client(fake_server(script).path)
    future = client.submit(TASK, "a")
    assert received.wait(PATIENCE_S)
    client.close()
    with pytest.raises(assay.ConnectionLost, match="closed"):
        future.result(PATIENCE_S)
    with pytest.raises(assay.ConnectionLost, match="closed"):
        client.submit(TASK, "a")
