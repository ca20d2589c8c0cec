"""The Python client and a daemon on TCP."""
import os
import pickle
import signal

import pytest

import assay
from support.daemon import Daemon
from support.tokens import ALICE, place, write_tokens

ADD = assay.Task(assay.Tests.asserts(["assert add(1, 2) == 3"]))
GOOD = "def add(a, b):\n    return a + b\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    daemon = Daemon("--listen", "0", "--token-file", write_tokens(tmp_path_factory.mktemp("t")))
    yield daemon
    daemon.stop()


def address_of(server):
    return "tcp:%s:%d" % place(server)


def test_with_a_token(server, monkeypatch):
    with assay.Client(address_of(server), token=ALICE.decode()) as client:
        assert client.evaluate(ADD, GOOD).passed
        with pickle.loads(pickle.dumps(client)) as other:
            assert other.evaluate(ADD, GOOD).passed
        os.kill(server.broker().pid, signal.SIGKILL)
        assert all(each.passed for each in client.evaluate_batch([(ADD, GOOD)] * 20))
    monkeypatch.setenv("ASSAY_TOKEN", ALICE.decode())
    with assay.Client(address_of(server)) as client:
        assert client.evaluate(ADD, GOOD).passed


def test_without_one(server):
    for token in ("", "nobody-s-0123456789"):
        with assay.Client(address_of(server), token=token) as client:
            with pytest.raises(assay.Unauthenticated, match="token"):
                client.evaluate(ADD, GOOD)


def test_nobody_listens_there():
    with assay.Client("tcp:127.0.0.1:1", token="x") as client:
        with pytest.raises(assay.ConnectionLost, match="tcp:127.0.0.1:1: .*refused"):
            client.evaluate(ADD, GOOD)
