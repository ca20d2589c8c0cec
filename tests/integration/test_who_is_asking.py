"""The socket's permissions, and what the daemon knows of who connects: users, greeting, quotas."""
import grp
import os
import stat

import pytest

from support.user import as_user
from support.wire import Client, evaluate, evaluate_add, pb

SLEEPER = "import time\ntime.sleep(1)"
USER = 61234  # nobody's


@pytest.fixture(scope="module")
def open_daemon():
    """Whoever likes may connect."""
    from support.daemon import Daemon
    server = Daemon("--socket-mode", "0666", "--user-queue-max", "8",
                    "--greeting-patience-ms", "1500")
    yield server
    server.stop()


def test_the_socket_is_for_its_owner_and_group(daemon):
    assert stat.S_IMODE(os.stat(daemon.path).st_mode) == 0o660


@pytest.mark.requires_root
def test_only_the_group_may_connect(own_daemon):
    group = grp.getgrnam("games")
    daemon = own_daemon("--socket-group", group.gr_name)
    assert os.stat(daemon.path).st_gid == group.gr_gid

    def connect():
        with Client(daemon.path) as client:
            return [client.status().you.uid, client.status().you.gid]
    assert as_user(USER, group.gr_gid, connect) == [USER, group.gr_gid]
    assert as_user(USER, USER, connect).startswith("PermissionError")


@pytest.mark.requires_root
def test_status_names_users_as_the_kernel_does(open_daemon):
    def look():
        with Client(open_daemon.path) as client, Client(open_daemon.path):
            assert client.judge_one(evaluate_add()).passed
            status = client.status()
            you = status.you
            return [[you.uid, you.gid, you.pid == os.getpid()],
                    [[user.uid, user.connections, user.queued, user.evaluations]
                     for user in status.users]]
    with open_daemon.connect() as ours:
        you, users = as_user(USER, USER, look)
        assert you == [USER, USER, True]
        assert users == [[0, 1, 0, 0], [USER, 2, 0, 1]]
        assert [user.uid for user in ours.status().users] == [0]


def test_who_does_not_greet_is_closed(open_daemon):
    with open_daemon.connect() as greeted, Client(open_daemon.path, hello=False) as silent:
        silent.send_raw(b"\x00")  # a byte is no greeting
        error = silent.expect_error()
        assert error.code == pb.DEADLINE_EXCEEDED and "hello" in error.message
        silent.expect_closed()
        counters = {counter.name: counter.value for counter in greeted.status().counters}
        assert counters["connections_silent"] >= 1


@pytest.mark.parametrize("field", ["language", "entry_point", "id", "candidate"])
def test_a_nul_in_a_text_is_refused(open_daemon, field):
    request = evaluate_add()
    if field == "candidate":
        request.candidates[0].id = "a\0/../../b"
    else:
        setattr(request, field, getattr(request, field) + "\0x")
    with open_daemon.connect() as client:
        client.submit(request)
        error = client.expect_error()
        assert error.code == pb.INVALID_REQUEST and "NUL" in error.message
        client.expect_closed()


def test_a_nul_in_code_is_the_candidates_business(open_daemon):
    with open_daemon.connect() as client:
        result = client.judge_one(evaluate_add("def add(a, b):\n    return a + b\n# \0\n"))
        assert result.verdict in (pb.COMPILE_ERROR, pb.ERROR, pb.PASSED)


def test_a_user_has_a_part_of_the_queue(open_daemon):
    def try_one():
        with Client(open_daemon.path) as client:
            return client.judge_one(evaluate_add()).passed
    with open_daemon.connect() as first, open_daemon.connect() as second:
        requests = [first.submit(evaluate(*[SLEEPER] * 5, program="assert True")),
                    first.submit(evaluate(*[SLEEPER] * 5, program="assert True"))]
        first.status()  # both have arrived
        refused = second.collect(second.submit(evaluate(*[SLEEPER] * 6, program="assert True")))
        assert refused.error.code == pb.QUOTA and refused.error.retry_after_ms > 0
        if os.geteuid() == 0:
            assert as_user(USER, USER, try_one) is True
        for request in requests:
            first.cancel(request)
            answer = first.collect(request)
            assert answer.error is None or answer.error.code == pb.QUOTA


def test_a_user_has_a_part_of_the_connections(own_daemon):
    daemon = own_daemon("--socket-mode", "0666", "--user-clients-max", "3")

    def connect():
        with Client(daemon.path) as client:
            return client.greeting.slots_total
    with daemon.connect(), daemon.connect(), daemon.connect():
        with Client(daemon.path, hello=False) as fourth:
            assert fourth.expect_error().code == pb.QUOTA
            fourth.expect_closed()
        if os.geteuid() == 0:
            assert as_user(USER, USER, connect) == 2


@pytest.mark.requires_root
def test_nobody_waits_for_one_with_many_connections(open_daemon):
    """All connections of one user together get as many turns as one of another."""

    def submit_one():
        with Client(open_daemon.path) as client:
            client.judge_one(evaluate_add())
            return True
    with open_daemon.connect() as first, open_daemon.connect() as second:
        waiting = [(client, client.submit(evaluate(*[SLEEPER] * 4, program="assert True")))
                   for client in (first, second)]
        assert first.status().running >= 1
        assert as_user(USER, USER, submit_one) is True
        assert first.status().queued > 0  # theirs went first
        for client, request in waiting:
            client.cancel(request)
            client.collect(request)
