"""Tests, tasks and files that travel once: named by their SHA-256 in the requests that follow."""
import hashlib

import pytest

from support.user import as_user
from support.wire import CHECK_ADD, GOOD_ADD, WRONG_ADD, Client, evaluate, evaluate_add, pb

USER = 61234  # nobody's


def put(client, content, sha256=b""):
    message = pb.ClientMessage(request_id=client.new_id())
    message.put_blob.content, message.put_blob.sha256 = content, sha256
    client.send(message)
    return client.collect(message.request_id)


def known(client, content):
    digest = hashlib.sha256(content).digest()
    assert put(client, content, digest).other.sha256 == digest
    return digest


def named(*codes, digest=None):
    """As evaluate_add(), but that its tests are named."""
    request = evaluate_add(*codes)
    request.check.Clear()
    request.check.source_sha256 = digest or hashlib.sha256(CHECK_ADD.encode()).digest()
    return request


def refusal(client, request):
    return client.collect(client.submit(request)).error


def test_tests_travel_once(daemon, client):
    error = refusal(client, named(GOOD_ADD))
    assert error.code == pb.UNKNOWN_BLOB and error.field == "evaluate.check.source_sha256"
    assert put(client, CHECK_ADD.encode()).other.sha256 == named(GOOD_ADD).check.source_sha256
    with daemon.connect() as other:
        results = other.judge(named(GOOD_ADD, WRONG_ADD))
    assert [result.verdict for result in results] == [pb.PASSED, pb.FAILED]
    assert results[1].feedback == client.judge_one(evaluate_add(WRONG_ADD)).feedback


def test_it_is_alike_whether_named_or_sent(client):
    known(client, CHECK_ADD.encode())
    sent, by_digest = evaluate_add(no_cache=False), named()
    by_digest.no_cache = False
    assert not client.judge_one(sent).cached
    assert client.judge_one(by_digest).cached


def whole_tasks():
    yield evaluate(GOOD_ADD, WRONG_ADD, asserts=["assert add(1, 2) == 3"], setup="import math")
    calls = evaluate(GOOD_ADD, WRONG_ADD, entry_point="add")
    for number in range(50):
        calls.calls.calls.add(args_json=b"[%d, 2]" % number, expect_json=b"%d" % (number + 2))
    yield calls
    yield evaluate(GOOD_ADD, WRONG_ADD, prompt="# a prompt\n", entry_point="add", check=CHECK_ADD)
    stdio = evaluate("print(int(input()) + 1)", "print(1)")
    stdio.stdio.cases.add(stdin=b"41\n", stdout=b"42\n")
    yield stdio


@pytest.mark.parametrize("task", whole_tasks(), ids=["asserts", "calls", "check", "stdio"])
def test_a_task_of_any_kind_travels_once(client, task):
    template = pb.Evaluate.FromString(task.SerializeToString())
    template.ClearField("candidates")
    request = pb.Evaluate(id="task", no_cache=True, candidates=task.candidates,
                          task_sha256=known(client, template.SerializeToString()))
    results = client.judge(request)
    assert [result.verdict for result in results] == [pb.PASSED, pb.FAILED]
    expected = client.judge(task)
    for result, other in zip(results, expected):
        assert (result.feedback, result.tests_total) == (other.feedback, other.tests_total)


def test_files_travel_once(client):
    request = evaluate("text = open('data').read()", program="assert text == 'abc'")
    request.candidates[0].files.add(name="data", content_sha256=known(client, b"abc"))
    assert client.judge_one(request).passed


def test_what_is_wrong_is_refused(client):
    assert put(client, b"abc", b"x" * 32).error.field == "put_blob.sha256"
    assert put(client, b"abc", b"x").error.code == pb.INVALID_REQUEST
    assert put(client, bytes(5 << 20)).error is None
    for digest in (b"short", b"x" * 33):
        assert refusal(client, named(digest=digest)).code == pb.INVALID_REQUEST
    both = named(digest=known(client, CHECK_ADD.encode()))
    both.check.source = b"x"
    assert "not both" in refusal(client, both).message
    for content in (b"no message", b"\x22\x02\xff\xff", b"\x0a\x01\x00"):
        request = evaluate_add()
        request.task_sha256 = known(client, content)
        error = refusal(client, request)
        assert (error.code, error.field) == (pb.INVALID_REQUEST, "evaluate.task_sha256")
    assert client.judge_one(evaluate_add()).passed


@pytest.mark.requires_root
def test_what_is_kept_is_a_users_and_bounded(own_daemon):
    daemon = own_daemon("--socket-mode", "0666", "--blob-bytes", "65536",
                        "--inbound-budget-bytes", "1048576")

    def ask():
        with Client(daemon.path) as client:
            error = refusal(client, named())
            known(client, CHECK_ADD.encode())
            return [error.code, client.judge_one(named()).passed]

    def ask_again():
        with Client(daemon.path) as client:
            return client.judge_one(named()).passed
    with daemon.connect() as client:
        known(client, CHECK_ADD.encode())
        assert as_user(USER, USER, ask) == [pb.UNKNOWN_BLOB, True]
        assert put(client, bytes(9000)).error.code == pb.TOO_LARGE
        for number in range(40):
            known(client, bytes(6000) + b"%d" % number)
        assert as_user(USER, USER, ask_again) is True
        assert refusal(client, named()).code == pb.UNKNOWN_BLOB
        counters = {counter.name: counter.value for counter in client.status().counters}
        assert counters["blob_bytes"] <= 65536 and counters["blobs_unknown"] >= 2
        # What is named takes as much room as what is sent: 240 copies of 6 KB are more than 1 MB.
        digest = known(client, bytes(6000))
        many = evaluate("import time\ntime.sleep(60)", program="assert True", wall_ms=30000)
        for number in range(60):
            many.candidates[0].files.add(name=f"f{number}", content_sha256=digest)
        requests = [client.submit(many) for _ in range(4)]
        assert client.collect(requests[-1]).error.code == pb.OVERLOADED
        for request in requests[:-1]:
            client.cancel(request)
            client.collect(request)
        assert client.judge_one(evaluate_add()).passed
