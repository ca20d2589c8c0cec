"""Input that makes no sense: an error that says what was wrong, and nobody else notices."""
import os
import random
import socket
import struct

import pytest

from support import host
from support.wire import Client, Closed, GOOD_ADD, evaluate, evaluate_add, frame, pb


def serves(daemon):
    """The daemon still judges for others."""
    with daemon.connect() as client:
        return client.judge_one(evaluate_add()).verdict == pb.PASSED


@pytest.fixture
def raw(daemon):
    with Client(daemon.path, hello=False) as client:
        yield client
    assert serves(daemon)


@pytest.fixture
def greeted(daemon):
    with daemon.connect() as client:
        yield client
    assert serves(daemon)


# ---- frames

def test_a_frame_that_is_too_long_is_named_before_it_is_read(greeted):
    longest = greeted.greeting.max_frame_bytes
    greeted.send_raw(struct.pack(">I", longest + 1))
    error = greeted.expect_error()
    assert error.code in (pb.TOO_LARGE, pb.INVALID_REQUEST)
    assert str(longest) in error.message
    greeted.expect_closed()


def test_the_longest_length_of_all(raw):
    raw.send_raw(b"\xff\xff\xff\xff")
    assert raw.expect_error().message
    raw.expect_closed()


def test_an_empty_frame(greeted):
    greeted.send_raw(struct.pack(">I", 0))
    assert greeted.expect_error().message
    greeted.expect_closed()


def test_garbage_instead_of_a_greeting(raw):
    raw.send_raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert raw.expect_error().message
    raw.expect_closed()


def test_garbage_in_a_frame(greeted):
    greeted.send_raw(frame(b"\xff" * 64))
    assert greeted.expect_error().code == pb.INVALID_REQUEST
    greeted.expect_closed()


def test_random_frames(daemon):
    random_bytes = random.Random(20).randbytes
    for size in (1, 2, 3, 7, 64, 1000, 70000):
        with daemon.connect() as client:
            client.send_raw(frame(random_bytes(size)))
            message = client.read_message()
            assert message.HasField("error")
    assert serves(daemon)


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 20])
def test_a_frame_that_is_cut_off(daemon, cut):
    whole = frame(pb.ClientMessage(request_id=3, ping=pb.Ping(payload=b"0" * 50))
                  .SerializeToString())
    with daemon.connect() as client:
        client.send_raw(whole[:cut])
        client.socket.shutdown(socket.SHUT_WR)
        try:
            assert client.read_message().HasField("error")
        except (Closed, ConnectionResetError):
            pass
    assert serves(daemon)


def test_a_truncated_message_in_a_whole_frame(greeted):
    body = pb.ClientMessage(request_id=3, evaluate=evaluate_add()).SerializeToString()
    greeted.send_raw(frame(body[:-7]))
    assert greeted.expect_error().code == pb.INVALID_REQUEST
    greeted.expect_closed()


def test_one_byte_at_a_time(daemon):
    with Client(daemon.path, hello=False) as slow, daemon.connect() as other:
        message = pb.ClientMessage(hello=pb.ClientHello(protocol_major=1)).SerializeToString()
        for byte in frame(message):
            slow.send_raw(bytes([byte]))
            assert other.status().slots_total == 2  # a whole round trip between two bytes
        assert slow.read_message().HasField("hello")
        request = pb.ClientMessage(request_id=1, evaluate=evaluate_add()).SerializeToString()
        for byte in frame(request):
            slow.send_raw(bytes([byte]))
        assert slow.collect(1).results[0].verdict == pb.PASSED


def test_many_requests_in_one_write(client):
    ids, burst = [], b""
    for _ in range(20):
        ids.append(client.new_id())
        burst += frame(pb.ClientMessage(request_id=ids[-1], evaluate=evaluate_add())
                       .SerializeToString())
    client.send_raw(burst)
    for request_id in ids:
        assert client.collect(request_id).results[0].verdict == pb.PASSED


# ---- messages

def refused(client, message):
    """Sends; the request must be refused, the connection goes on."""
    client.send(message)
    answer = client.collect(message.request_id)
    assert answer.error is not None and answer.error.message, answer.done
    ping = pb.ClientMessage(request_id=client.new_id(), ping=pb.Ping(payload=b"still here"))
    client.send(ping)
    assert client.collect(ping.request_id).other.payload == b"still here"
    return answer.error


def refused_evaluate(client, request):
    return refused(client, pb.ClientMessage(request_id=client.new_id(), evaluate=request))


def test_request_id_zero(greeted):
    greeted.send(pb.ClientMessage(request_id=0, evaluate=evaluate_add()))
    error = greeted.expect_error()
    assert error.code == pb.INVALID_REQUEST and "request_id" in error.message + error.field


def test_no_body(client):
    message = pb.ClientMessage(request_id=client.new_id())
    assert refused(client, message).code == pb.INVALID_REQUEST


def test_a_request_id_that_is_still_in_flight(daemon):
    with daemon.connect() as client:
        client.submit(evaluate("import time\ntime.sleep(60)", program="x = 1", wall_ms=60000),
                      request_id=7)
        client.submit(evaluate_add(), request_id=7)
        answer = client.collect(7)
        assert answer.error.code == pb.INVALID_REQUEST
        assert "request_id" in answer.error.field + answer.error.message
    assert serves(daemon)


def test_a_request_id_may_be_used_again_once_answered(client):
    for _ in range(3):
        client.submit(evaluate_add(), request_id=1000)
        assert client.collect(1000).results[0].verdict == pb.PASSED


def test_unknown_language(client):
    error = refused_evaluate(client, evaluate("x", check="y", entry_point="f", language="klingon"))
    assert error.code == pb.UNKNOWN_LANGUAGE
    assert "klingon" in error.message


def test_no_language(client):
    error = refused_evaluate(client, evaluate("x", program="y", language=""))
    assert error.code in (pb.UNKNOWN_LANGUAGE, pb.INVALID_REQUEST)


def test_a_long_language_is_not_echoed_whole(client):
    error = refused_evaluate(client, evaluate("x", program="y", language="\x1b[31m\n" * 500))
    assert len(error.message) < 500


def test_a_kind_of_test_that_a_language_does_not_serve_is_refused(client):
    served = {language.name: list(language.test_kinds) for language in client.greeting.languages}
    assert "asserts" in served["python"] and "asserts" not in served["c"]
    error = refused_evaluate(client, evaluate("int f(void);", language="c", asserts=["f() == 1"]))
    assert error.code == pb.INVALID_REQUEST
    assert error.field == "evaluate.tests"
    assert all(kind in error.message for kind in served["c"])


def test_no_tests_field_at_all(client):
    answer = client.collect(client.submit(evaluate(GOOD_ADD, entry_point="add")))
    if answer.error is not None:
        assert answer.error.code == pb.INVALID_REQUEST
    else:
        assert answer.results[0].verdict == pb.NO_TESTS


def test_no_candidates(client):
    error = refused_evaluate(client, evaluate(entry_point="add", check="def check(c): pass"))
    assert error.code == pb.INVALID_REQUEST and "candidates" in error.field + error.message


def test_too_many_candidates(client):
    codes = [b""] * (client.greeting.max_candidates + 1)
    error = refused_evaluate(client, evaluate(*codes, program="assert True"))
    assert error.code in (pb.INVALID_REQUEST, pb.TOO_LARGE)
    assert str(client.greeting.max_candidates) in error.message


def test_check_without_an_entry_point(client):
    error = refused_evaluate(client, evaluate(GOOD_ADD, check="def check(c): pass"))
    assert error.code == pb.INVALID_REQUEST and "entry_point" in error.field + error.message


@pytest.mark.parametrize("entry_point", ["a b", "import", "os.system('x')", "1x", "x" * 10000,
                                         "é\n", "check(f) or f"])
def test_an_entry_point_that_is_no_name_is_never_a_pass(client, entry_point):
    request = evaluate(GOOD_ADD, entry_point=entry_point, check="def check(c): assert True")
    answer = client.collect(client.submit(request))
    assert answer.error is not None or answer.results[0].verdict != pb.PASSED


def test_code_longer_than_allowed_names_the_candidate(client):
    error = refused_evaluate(client, evaluate(b"x = 1", b"#" * (5 << 20), program="assert True"))
    assert error.code in (pb.TOO_LARGE, pb.INVALID_REQUEST)
    assert "candidates[1]" in error.field


@pytest.mark.parametrize("value", [1 << 63, (1 << 64) - 1])
@pytest.mark.parametrize("limit", ["cpu_ms", "wall_ms", "memory_bytes", "output_bytes"])
def test_absurd_limits(client, limit, value):
    """More than the policy's maximum: refused by name, or taken as the maximum; never overflowing
    into a limit that a good candidate breaks."""
    request = evaluate_add()
    setattr(request.limits, limit, value)
    answer = client.collect(client.submit(request))
    if answer.error is not None:
        assert answer.error.code == pb.INVALID_REQUEST
        assert limit in answer.error.field + answer.error.message
    else:
        assert answer.results[0].verdict == pb.PASSED


def test_the_smallest_limits_do_not_pass_by_accident(client):
    request = evaluate("while True: pass", program="x = 1", cpu_ms=1, wall_ms=1, memory_bytes=1,
                       output_bytes=1, processes=1)
    answer = client.collect(client.submit(request))
    assert answer.error is not None or answer.results[0].verdict != pb.PASSED


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc/passwd", "a/b", ".hidden",
                                  "x\ny", "n" * 5000, "a b"])
def test_a_file_name_that_is_not_allowed(client, name):
    request = evaluate_add()
    request.candidates[0].files.add(name=name, content=b"x")
    error = refused_evaluate(client, request)
    assert error.code == pb.INVALID_REQUEST
    assert "candidates[0].files" in error.field


def test_ids_that_are_too_long(client):
    request = evaluate_add()
    request.id = "i" * 257
    assert refused_evaluate(client, request).code in (pb.INVALID_REQUEST, pb.TOO_LARGE)


def test_enums_out_of_range(client):
    body = pb.ClientMessage(request_id=client.new_id(), evaluate=evaluate_add())
    body.evaluate.integrity = 99
    body.evaluate.reveal = 77
    client.send(body)
    answer = client.collect(body.request_id)
    assert answer.error is not None or answer.results[0].verdict == pb.PASSED


def test_cancel_of_something_unknown_is_ignored(client):
    client.cancel(123456)
    assert client.status().slots_total == 2


# ---- many and slow clients

def test_a_client_that_never_reads(daemon):
    """Its work is held back; others go on, and the broker does not grow."""
    with daemon.connect() as client:
        client.judge_one(evaluate_add())
    before = host.private_kib(daemon.broker().pid)
    deaf = daemon.connect()
    deaf.socket.setblocking(False)
    loud = evaluate(*["print('x' * 60000)"] * 8, program="x = 1")
    sent, blocked = 0, False
    while sent < 400 and not blocked:
        data = frame(pb.ClientMessage(request_id=sent + 1, evaluate=loud).SerializeToString())
        try:
            blocked = deaf.socket.send(data) < len(data)
        except BlockingIOError:
            blocked = True
        sent += 1
    with daemon.connect() as client:
        for _ in range(20):
            assert client.judge_one(evaluate_add()).verdict == pb.PASSED
    grown = host.private_kib(daemon.broker().pid) - before
    deaf.close()
    assert grown < 64 * 1024, f"the broker grew by {grown} KiB"
    assert serves(daemon)


def test_a_thousand_connections_at_once(daemon):
    before = host.descriptors(daemon.broker().pid)
    clients, refused_clients = [], 0
    try:
        for _ in range(1000):
            clients.append(Client(daemon.path, hello=False))
        for client in clients:
            try:
                client.send(pb.ClientMessage(hello=pb.ClientHello(protocol_major=1)))
            except (BrokenPipeError, ConnectionResetError, Closed):
                pass
        greeted = 0
        for client in clients:
            try:
                message = client.read_message()
                greeted += message.HasField("hello")
                refused_clients += message.HasField("error")
            except (Closed, ConnectionResetError, BrokenPipeError):
                refused_clients += 1
        assert greeted + refused_clients == 1000
        assert greeted >= 200
        asked = [client for client in clients[:200:20]]
        for client in asked:
            assert client.judge_one(evaluate_add()).verdict == pb.PASSED
    finally:
        for client in clients:
            client.close()
    host.wait_until(lambda: host.descriptors(daemon.broker().pid) <= before + 2,
                    "the broker closes what its clients closed")
    assert serves(daemon)


def test_half_open_connections_do_not_pile_up(daemon):
    broker = daemon.broker().pid
    before = host.descriptors(broker)
    for _ in range(300):
        client = Client(daemon.path, hello=False)
        client.send_raw(b"\x00\x00")
        client.close()
    host.wait_until(lambda: host.descriptors(broker) <= before + 2, "closed connections are gone")
    assert os.path.exists(f"/proc/{broker}"), "the broker was replaced"
