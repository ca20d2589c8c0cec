"""A daemon that cannot give what its policies require does not start, and says what to do."""
import os
import shutil
import subprocess

import pytest

from support.daemon import program
from support.patience import PATIENCE_S
from support.shared import ROOT
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


@pytest.fixture
def without_gcc(tmp_path):
    """Policies as they are where no gcc is installed."""
    folder = shutil.copytree(os.path.join(ROOT, "policies"), tmp_path / "policies")
    path = folder / "c" / "policy.yaml"
    path.write_text(path.read_text().replace("/usr/bin/gcc", "/usr/lib/nowhere/gcc"))
    return str(folder)


def test_a_language_without_its_compiler_is_not_served(own_daemon, without_gcc):
    daemon = own_daemon("--policies", without_gcc)
    assert "c is not served: the compiler /usr/lib/nowhere/gcc is not there" in daemon.log()
    assert "fix: apt-get install gcc" in daemon.log()
    with daemon.connect() as client:
        assert {language.name for language in client.greeting.languages} == {"python", "cpp"}
        assert client.judge_one(evaluate_add()).passed


def test_unless_it_was_asked_for(without_gcc):
    ended = subprocess.run(
        [program("assayd"), "--socket", "/none", "--policies", without_gcc, "--policy", "python",
         "--policy", "c"], capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert ended.returncode == 1
    assert "policy c: the compiler /usr/lib/nowhere/gcc is not there" in ended.stderr
    assert "fix: apt-get install gcc" in ended.stderr


def test_the_doctor_says_so(without_gcc):
    ended = subprocess.run([program("assay"), "doctor", "--policies", without_gcc],
                           capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    lines = ended.stdout.splitlines()
    at, = [i for i, line in enumerate(lines) if "compiler of c " in line]
    assert lines[at].startswith("weak") and "/usr/lib/nowhere/gcc is not there" in lines[at]
    assert lines[at + 1].endswith("why  without it the language is not served")
    assert "fix  apt-get install gcc" in lines[at + 2]
