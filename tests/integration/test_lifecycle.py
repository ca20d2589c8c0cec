"""Starting and ending assayd itself."""
import os
import signal
import subprocess

import pytest

from support import host
from support.daemon import Daemon, program
from support.patience import PATIENCE_S
from support.wire import evaluate_add

QUICK = {"capture_output": True, "text": True, "timeout": PATIENCE_S, "stdin": subprocess.DEVNULL}


def test_wrong_options_are_named():
    ended = subprocess.run([program("assayd"), "--no-such-option"], check=False, **QUICK)
    assert ended.returncode not in (0, -signal.SIGSEGV)
    assert "no-such-option" in ended.stderr


@pytest.mark.parametrize("options", [["--slots", "0"], ["--slots", "-1"], ["--slots", "many"],
                                     ["--slots", "100000000000000000000"], ["--slots", ""]])
def test_values_out_of_range_are_named(options):
    ended = subprocess.run([program("assayd"), "--socket", "/tmp/never", *options], check=False,
                           **QUICK)
    assert ended.returncode not in (0, -signal.SIGSEGV)
    assert "slots" in ended.stderr
    assert not os.path.exists("/tmp/never")


def test_a_folder_without_policies_is_named(tmp_path):
    ended = subprocess.run([program("assayd"), "--socket", str(tmp_path / "s"), "--policies",
                            str(tmp_path)], check=False, **QUICK)
    assert ended.returncode != 0 and str(tmp_path) in ended.stderr


def test_a_wrong_key_in_a_policy_is_named_with_file_and_line(tmp_path):
    source = os.path.join(os.path.dirname(program("assayd")), "policies")
    subprocess.run(["cp", "-r", source, tmp_path / "policies"], check=True)
    policy = tmp_path / "policies" / "python" / "policy.yaml"
    lines = policy.read_text().splitlines()
    policy.write_text("\n".join(lines + ["no_such_key: 1"]) + "\n")
    ended = subprocess.run([program("assayd"), "--socket", str(tmp_path / "s"), "--policies",
                            str(tmp_path / "policies")], check=False, **QUICK)
    assert ended.returncode != 0
    assert "no_such_key" in ended.stderr and "policy.yaml" in ended.stderr
    assert str(len(lines) + 1) in ended.stderr


def test_an_address_in_use_is_named(own_daemon):
    server = own_daemon()
    ended = subprocess.run([program("assayd"), "--socket", server.path], check=False, **QUICK)
    assert ended.returncode != 0 and server.path in ended.stderr
    with server.connect() as client:
        assert client.judge_one(evaluate_add()).passed


@pytest.mark.parametrize("slots", [1, 3])
def test_number_of_slots(own_daemon, slots):
    server = own_daemon(slots=slots)
    with server.connect() as client:
        assert client.greeting.slots_total == slots
        assert client.judge_one(evaluate_add()).passed
    assert len(server.cells()) == slots


def test_a_daemon_whose_starter_died_ends(own_daemon):
    server = own_daemon()
    pids = [process.pid for process in server.processes()]
    server.stop()
    host.wait_until(lambda: not any(host.is_alive(pid) for pid in pids), "all are gone")


def test_two_daemons_side_by_side(own_daemon):
    first, second = own_daemon(), own_daemon()
    assert isinstance(first, Daemon)
    with first.connect() as a, second.connect() as b:
        assert a.judge_one(evaluate_add()).passed and b.judge_one(evaluate_add()).passed
    first.stop()
    with second.connect() as b:
        assert b.judge_one(evaluate_add()).passed
