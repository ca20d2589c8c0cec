"""Connections by TCP: who has a token is a user of its own, who has none gets nothing."""
import os
import signal
import stat
import subprocess

import pytest

from support import host
from support.daemon import Daemon, program
from support.tokens import ALICE, BOB, SPARE, place, write_tokens
from support.wire import GOOD_ADD, Client, Closed, evaluate_add, frame, pb

STRANGERS_MAX = 64


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    tokens = write_tokens(tmp_path_factory.mktemp("tokens"))
    daemon = Daemon("--listen", "0", "--token-file", tokens, "--user-queue-max", "8",
                    "--greeting-patience-ms", "3000")
    yield daemon
    daemon.stop()


def counter(server, name):
    with server.connect() as client:
        return {each.name: each.value for each in client.status().counters}[name]


def put(client, content):
    message = pb.ClientMessage(request_id=client.new_id())
    message.put_blob.content = content
    client.send(message)
    return client.read_message().blob_stored.sha256


def by_digest(sha256):
    request = evaluate_add()
    request.check.source = b""
    request.check.source_sha256 = sha256
    return request


def test_names_are_users_of_their_own(server):
    address = place(server)
    with Client(address, token=ALICE) as alice, Client(address, token=BOB) as bob, \
            Client(address, token=SPARE) as hers:
        known = evaluate_add()
        known.no_cache = False
        assert [alice.judge_one(known).cached for _ in range(2)] == [False, True]
        assert hers.judge_one(known).cached and not bob.judge_one(known).cached
        sha256 = put(alice, evaluate_add().check.source)
        assert hers.judge_one(by_digest(sha256)).passed
        assert bob.collect(bob.submit(by_digest(sha256))).error.code == pb.UNKNOWN_BLOB
        you = bob.status().you
        assert you.name == "bob" and you.address.startswith("127.0.0.1:") and you.uid >= 0xfe000000
        assert {user.name: user.connections for user in bob.status().users} == {"alice": 2, "bob": 1}
        # A request that is too much for one is refused, and waits for nobody else's.
        full = alice.collect(alice.submit(evaluate_add(*[GOOD_ADD] * 9)))
        assert full.error.code == pb.QUOTA and bob.judge_one(evaluate_add()).passed


@pytest.mark.parametrize("token", [b"", b"alice", ALICE[:-1], ALICE + b"\0", b"\xff" * 300])
def test_what_is_no_token_is_refused(server, token):
    before = counter(server, "connections_unauthenticated")
    with Client(place(server), hello=False) as client:
        hello = pb.ClientMessage(hello=pb.ClientHello(protocol_major=1, token=token))
        right = pb.ClientMessage(hello=pb.ClientHello(protocol_major=1, token=ALICE))
        # One attempt a connection: what follows is not looked at.
        client.send_raw(frame(hello.SerializeToString()) + frame(right.SerializeToString()))
        assert client.expect_error().code == pb.UNAUTHENTICATED
        client.expect_closed()
    assert counter(server, "connections_unauthenticated") == before + 1
    assert ALICE.decode() not in server.log()


def test_a_stranger_may_ask_for_nothing(server):
    with Client(place(server), hello=False) as client:
        client.submit(evaluate_add())
        assert client.expect_error().code == pb.INVALID_REQUEST
        client.expect_closed()
    with Client(place(server), hello=False) as client:
        client.send_raw(b"\x00\x00\x20\x00")  # 8 KiB are no greeting
        assert client.expect_error().code == pb.TOO_LARGE
        client.expect_closed()


def test_silent_ones_keep_nobody_out_and_are_closed(server):
    address = place(server)
    silent = [Client(address, hello=False) for _ in range(STRANGERS_MAX + 6)]
    with Client(address, token=BOB) as bob:
        assert bob.judge_one(evaluate_add()).passed
    with pytest.raises((Closed, ConnectionResetError)):  # without a word: there are too many
        silent[0].read_message()
    assert silent[-1].expect_error().code == pb.DEADLINE_EXCEEDED
    for each in silent:
        each.close()


def test_it_outlives_the_broker(server):
    address = place(server)
    os.kill(server.broker().pid, signal.SIGKILL)
    with Client(address, token=ALICE) as alice:
        assert alice.judge_one(evaluate_add()).passed


def test_the_broker_has_no_token_and_keeps_the_file_closed(server):
    """Strangers talk to the broker: what it does not have it cannot give away."""
    broker = server.broker().pid
    opened = [os.readlink(f"/proc/{broker}/fd/{each}") for each in os.listdir(f"/proc/{broker}/fd")]
    assert not [name for name in opened if "tokens" in name]
    assert host.find(server.pid, "assay-keeper")


@pytest.mark.parametrize("text,mode,told", [
    (None, 0o644, "chmod 600"),
    (b"alice short\n", 0o600, "16 to 256"),
    (b"alice " + ALICE + b" more\n", 0o600, "one token"),
    (b"a/b " + ALICE + b"\n", 0o600, "a name has"),
    (b"alice " + ALICE + b"\nbob " + ALICE + b"\n", 0o600, "there already"),
    (b"# nobody\n", 0o600, "holds no token"),
])
def test_a_file_of_tokens_that_is_not_right(tmp_path, text, mode, told):
    refused = start(tmp_path, "--listen", "0", "--token-file", write_tokens(tmp_path, text, mode))
    assert refused.returncode != 0 and told in refused.stderr and ALICE.decode() not in refused.stderr
    assert stat.S_IMODE(os.stat(tmp_path / "tokens").st_mode) == mode


@pytest.mark.parametrize("options,told", [
    (["--listen", "0"], "go together"),
    (["--listen", "127.0.0.1:99999"], "HOST:PORT"),
    (["--listen", "::1:7000"], "[ADDRESS]:PORT"),
    (["--listen", "192.0.2.1:0"], "cannot listen there"),
])
def test_options_that_make_no_sense(tmp_path, options, told):
    if "go together" not in told:
        options = [*options, "--token-file", write_tokens(tmp_path)]
    refused = start(tmp_path, *options)
    assert refused.returncode != 0 and told in refused.stderr


def start(folder, *options):
    return subprocess.run([program("assayd"), "--socket", str(folder / "s"), *options],
                          capture_output=True, text=True, timeout=120, check=False)
