"""Without a daemon to talk to, a command starts one of its own, and leaves nothing of it."""
import glob
import json
import os
import signal
import subprocess

import pytest

from support import host
from support.daemon import command_environment, program
from support.patience import PATIENCE_S
from support.wire import GOOD_ADD, WRONG_ADD

pytestmark = pytest.mark.skipif(os.path.exists("/run/assay/assay.sock"),
                                reason="a system-wide daemon runs here")


def start(*arguments, **options):
    return subprocess.Popen([program("assay"), *arguments], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=command_environment(), **options)


def daemon_of(process):
    """The supervisor that this command started."""
    return host.wait_until(lambda: host.find(process.pid, "assayd"), "a private daemon")[0].pid


def first_line(process):
    """Byte by byte: communicate() reads the pipe itself and would lose what a buffer holds."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(process.stdout.fileno(), 1)
        assert byte, "ended before the first line"
        line += byte
    return line.decode()


def assert_gone(pids):
    host.wait_until(lambda: not any(host.is_alive(pid) for pid in pids), "the private daemon ends")


def test_it_is_started_said_and_gone(tmp_path):
    (tmp_path / "s.py").write_text(GOOD_ADD)
    (tmp_path / "t.py").write_text("assert add(1, 2) == 3\n")
    process = start("run", str(tmp_path / "s.py"), "--tests", str(tmp_path / "t.py"))
    pid = daemon_of(process)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0 and "PASSED" in out
    assert err.count("private") == 1
    assert not host.is_alive(pid)


@pytest.fixture
def long_run(tmp_path):
    path = tmp_path / "tasks.jsonl"
    slow = "import time\ntime.sleep(0.1)\n" + GOOD_ADD
    path.write_text("".join(json.dumps(
        {"id": str(i), "language": "python", "entry_point": "add",
         "tests": {"check": "def check(c):\n    assert c(1, 2) == 3\n"},
         "candidates": [{"id": "a", "code": slow}]}) + "\n" for i in range(2000)))
    process = start("eval", str(path))
    supervisor = daemon_of(process)
    first = first_line(process)
    yield process, supervisor, first
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_interrupted(long_run):
    process, supervisor, first = long_run
    pids = [entry.pid for entry in host.descendants(supervisor)]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    rows = [json.loads(line) for line in (first + out).splitlines()]
    assert rows and all(row["passed"] for row in rows) and len(rows) < 2000
    assert_gone(pids)


def test_killed(long_run):
    process, supervisor, _ = long_run
    pids = [entry.pid for entry in host.descendants(supervisor)]
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    assert_gone(pids)
    assert not [path for path in glob.glob("/sys/fs/cgroup/**/*assay*", recursive=True)
                if str(supervisor) in path]


def test_its_reader_goes_away(long_run):
    process, supervisor, _ = long_run
    pids = [entry.pid for entry in host.descendants(supervisor)]
    process.stdout.close()
    assert process.wait(PATIENCE_S) >= 0  # long before all is judged, and not by a signal
    process.stdout = open(os.devnull)
    assert_gone(pids)


def test_a_restarted_broker_in_the_middle_loses_nothing(tmp_path):
    path = tmp_path / "tasks.jsonl"
    path.write_text("".join(json.dumps(
        {"id": str(i), "language": "python", "entry_point": "add",
         "tests": {"check": "def check(c):\n    assert c(1, 2) == 3\n"},
         "candidates": [{"id": "a", "code": GOOD_ADD}, {"id": "b", "code": WRONG_ADD}]}) + "\n"
        for i in range(600)))
    process = start("eval", str(path))
    supervisor = daemon_of(process)
    first = first_line(process)
    os.kill(host.find(supervisor, "assay-broker")[0].pid, signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    rows = [json.loads(line) for line in (first + out).splitlines()]
    assert sorted((row["id"], row["candidate"]) for row in rows) == sorted(
        (str(i), c) for i in range(600) for c in "ab")
    assert all(row["passed"] == (row["candidate"] == "a") for row in rows)
