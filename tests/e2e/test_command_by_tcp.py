"""The command line and a daemon on TCP."""
import json

import pytest

from support.daemon import Daemon
from support.tokens import ALICE, BOB, place, write_tokens

CODE = "def add(a, b):\n    return a + b\n"
TASK = {"id": "t", "language": "python", "tests": {"asserts": ["assert add(1, 2) == 3"]},
        "candidates": [{"id": "a", "code": CODE}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tokens")


@pytest.fixture(scope="module")
def daemon(folder):
    server = Daemon("--listen", "127.0.0.1:0", "--token-file", write_tokens(folder))
    yield server
    server.stop()


@pytest.fixture
def address(daemon):
    return "tcp:%s:%d" % place(daemon)


def test_eval_with_a_token_of_the_environment(assay, address):
    done = assay("eval", stdin=json.dumps(TASK), connect=address,
                 environment={"ASSAY_TOKEN": ALICE.decode()})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "PASSED"


def test_status_with_a_token_of_a_file(assay, address, folder):
    mine = folder / "mine"
    mine.write_bytes(b"bob " + BOB + b"\n")
    done = assay("--token-file", str(mine), "status", "--json", connect=address)
    assert done.returncode == 0, done.stderr
    assert [user["name"] for user in json.loads(done.stdout)["users"]] == ["bob"]
    assert "bob" in assay("--token-file", str(mine), "status", connect=address).stdout


@pytest.mark.parametrize("environment", [{}, {"ASSAY_TOKEN": "nobody-s-0123456789"}])
def test_without_one_it_says_what_is_missing(assay, address, environment):
    done = assay("status", connect=address, environment=environment)
    assert done.returncode == 3 and "--token-file" in done.stderr and address in done.stderr


def test_nobody_listens_there(assay):
    done = assay("status", connect="tcp:127.0.0.1:1")
    assert done.returncode == 3 and "no daemon listens there" in done.stderr
