"""The greeting, and what is answered outside of evaluations."""
import pytest

from support.wire import Client, Closed, pb


def test_server_greets_with_its_limits(client):
    hello = client.greeting
    assert hello.protocol_major == 1
    assert hello.server_version.startswith("assay ")
    assert hello.max_frame_bytes >= 1 << 20
    assert hello.max_candidates >= 1
    assert hello.slots_total == 2


def test_greeting_names_languages_and_their_kinds(client):
    (python,) = [language for language in client.greeting.languages if language.name == "python"]
    assert python.runtime.startswith("CPython 3.")
    assert {"check", "asserts", "program"} <= set(python.test_kinds)
    for field in pb.Limits.DESCRIPTOR.fields_by_name:
        assert getattr(python.maximum_limits, field) > 0, field
        if field != "test_ms":  # has no default: only a request limits single tests
            assert getattr(python.default_limits, field) > 0, field


def test_greeting_names_the_layers_in_force(client):
    assert {"user-namespace", "pid-namespace", "mount-namespace", "network-namespace", "seccomp",
            "no-new-privileges", "no-capabilities", "read-only-root"} <= set(
                client.greeting.isolation)
    assert not set(client.greeting.isolation) & set(client.greeting.isolation_missing)


@pytest.mark.parametrize("major", [0, 2, 4294967295])
def test_another_major_version_is_refused_by_name(daemon, major):
    with Client(daemon.path, hello=False) as client:
        answer = client.hello(major=major)
        assert answer.HasField("error")
        assert str(major) in answer.error.message and "1" in answer.error.message
        client.expect_closed()


def test_a_newer_minor_version_is_welcome(daemon):
    with Client(daemon.path, hello=False) as client:
        assert client.hello(minor=77).protocol_major == 1


def test_requests_before_the_greeting_are_refused(daemon):
    with Client(daemon.path, hello=False) as client:
        message = pb.ClientMessage(request_id=1)
        message.ping.payload = b"x"
        client.send(message)
        assert "hello" in client.expect_error().message.lower()
        client.expect_closed()


def test_a_second_greeting_is_refused(daemon):
    with daemon.connect() as client:
        answer = client.hello()
        assert answer.HasField("error")


def test_a_long_client_name_does_no_harm(daemon):
    with Client(daemon.path, hello=False) as client:
        assert client.hello(name="n\n\x1b[31m" * 2000).protocol_major == 1


def test_ping_is_echoed(client):
    message = pb.ClientMessage(request_id=client.new_id())
    message.ping.payload = bytes(range(256))
    client.send(message)
    assert client.collect(message.request_id).other.payload == bytes(range(256))


def test_a_ping_that_is_too_long_is_refused(client):
    message = pb.ClientMessage(request_id=client.new_id())
    message.ping.payload = b"x" * 1025
    client.send(message)
    error = client.collect(message.request_id).error
    assert error.code in (pb.INVALID_REQUEST, pb.TOO_LARGE)


def test_status_counts(daemon, client):
    before = client.status()
    assert before.slots_total == 2 and len(before.slots) == 2
    assert before.supervisor_pid == daemon.pid
    assert before.broker_pid == daemon.broker().pid
    assert before.keeper_pid == daemon.keeper().pid
    with daemon.connect():
        assert client.status().connections == before.connections + 1


def test_closing_without_a_word_is_fine(daemon, client):
    Client(daemon.path, hello=False).close()
    assert client.status().slots_total == 2


def test_unknown_fields_are_ignored(daemon):
    with Client(daemon.path, hello=False) as client:
        message = pb.ClientMessage()
        message.hello.protocol_major = 1
        unknown = b"\xf8\x7f\x01"  # field 2047, varint 1
        body = message.SerializeToString() + unknown
        client.send_raw(len(body).to_bytes(4, "big") + body)
        assert client.read_message().HasField("hello")


def test_nothing_follows_a_closed_connection(daemon):
    with Client(daemon.path, hello=False) as client:
        client.hello(major=9)
        with pytest.raises((Closed, ConnectionResetError, BrokenPipeError)):
            for _ in range(100):
                client.hello()
                client.read_message()
