"""The process of a run exists before the run does: forked, waiting, and nobody else beside it."""
import os
import signal

import pytest

from support import host
from support.daemon import Daemon
from support.wire import evaluate_add, evaluate_program, pb

TELL_PID = "import os\nprint(os.getpid())"


@pytest.fixture(scope="module")
def single():
    server = Daemon(slots=1)
    yield server
    server.stop()


def waiting(server):
    """Host pid of the only process beside pid 1 of the only cell, which is idle."""
    server.wait_idle()
    cell, = server.cells()

    def only_child():
        children = [process.pid for process in host.descendants(cell) if process.pid != cell]
        return children if len(children) == 1 else None
    return host.wait_until(only_child, "one child that waits")[0]


def pid_inside(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(line for line in status if line.startswith("NSpid:")).split()[-1]


def test_who_waits_is_who_runs(single):
    with single.connect() as client:
        for _ in range(3):
            expected = pid_inside(waiting(single))
            result = client.judge_one(evaluate_program(TELL_PID))
            assert result.passed and result.stdout.decode().strip() == expected


def test_limits_that_come_after_the_fork_hold(single):
    """The keeper sets those of the cell, the child its own, both behind the fork."""
    waiting(single)
    code = ("import resource\n"
            "assert resource.getrlimit(resource.RLIMIT_CPU)[1] == 7\n"
            "b'x' * (300 << 20)")
    with single.connect() as client:
        large = evaluate_program(code, cpu_ms=5000, memory_bytes=600 << 20)
        small = evaluate_program(code, cpu_ms=5000, memory_bytes=100 << 20)
        assert client.judge_one(large).passed
        waiting(single)
        assert client.judge_one(small).verdict == pb.MEMORY_LIMIT
        assert client.judge_one(large).passed


def test_one_that_is_killed_while_it_waits_costs_nobody(single):
    child = waiting(single)
    cell, = single.cells()
    os.kill(child, signal.SIGKILL)
    host.wait_until(lambda: single.cells() not in ([], [cell]), "a new cell")
    with single.connect() as client:
        assert client.judge_one(evaluate_add()).passed
    waiting(single)


def test_killed_as_its_run_arrives(single):
    """Whether the child had taken the run or not: it is run again, or answered."""
    with single.connect() as client:
        pid = waiting(single)
        os.kill(pid, signal.SIGSTOP)
        identity = client.submit(evaluate_add())
        host.wait_until(lambda: client.status().slots[0].state == "running", "the run is on")
        os.kill(pid, signal.SIGKILL)
        assert client.collect(identity).results[0].passed


def test_who_has_waited_has_its_pages(single):
    """Those that every run writes are copied before it; they hold what they held."""
    child = waiting(single)
    host.wait_until(lambda: host.private_kib(child) > 400, "pages of its own")
    with single.connect() as client:
        assert client.judge_one(evaluate_add()).passed
