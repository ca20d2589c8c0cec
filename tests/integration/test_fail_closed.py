"""A daemon that cannot give what its policies require does not start, and says what to do."""
import subprocess

import pytest

from support.daemon import program
from support.patience import PATIENCE_S
from support.wire import evaluate_add

USER = 61235  # nobody's
SCARCE = ("host-uid-per-slot", "cgroup-memory", "cgroup-pids", "cgroup-cpu")  # without being root


def refused(own_daemon, *weaker):
    """The log of a daemon of an ordinary user that must not get ready."""
    with pytest.raises(AssertionError) as failure:
        own_daemon(user=USER, weaker=",".join(weaker))
    return str(failure.value)


@pytest.mark.requires_root
def test_a_missing_layer_is_named_with_its_fix(own_daemon):
    log = refused(own_daemon)
    for layer in SCARCE:
        assert f"requires the layer {layer}, which this machine does not give" in log
        assert f"assayd --allow-weaker {layer}" in log
    assert log.count("fix: ") >= len(SCARCE)


@pytest.mark.requires_root
def test_only_what_was_named_may_be_missing(own_daemon):
    log = refused(own_daemon, *SCARCE[1:])
    assert "host-uid-per-slot" in log and "cgroup-memory" not in log


@pytest.mark.requires_root
def test_weaker_when_it_is_asked_for_and_told(own_daemon):
    daemon = own_daemon(user=USER, weaker=",".join(SCARCE))
    with daemon.connect() as client:
        assert set(client.greeting.isolation_missing) == set(SCARCE)
        result = client.judge_one(evaluate_add())
        assert result.passed
        assert not set(result.isolation) & set(SCARCE) and "seccomp" in result.isolation


@pytest.mark.requires_root
def test_what_can_be_had_is_used_all_the_same(own_daemon):
    daemon = own_daemon(weaker="any")
    with daemon.connect() as client:
        result = client.judge_one(evaluate_add())
        assert set(client.greeting.isolation) == set(result.isolation) >= {"seccomp", "rlimits"}


def test_a_layer_that_does_not_exist():
    ended = subprocess.run([program("assayd"), "--allow-weaker", "walls"], capture_output=True,
                           text=True, check=False, timeout=PATIENCE_S)
    assert ended.returncode == 2
    assert "'walls' is not a layer of isolation" in ended.stderr
    assert "cgroup-memory" in ended.stderr


def test_the_policies_as_shipped_require_everything():
    ended = subprocess.run([program("assayd"), "--print-config", "--socket", "/none"],
                           capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    line, = [line for line in ended.stdout.splitlines() if line.startswith("policy python:")]
    required = line.split("requires ")[1].split()
    assert {"user-namespace", "seccomp", *SCARCE} <= set(required)
