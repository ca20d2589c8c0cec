"""Ten thousand evaluations: nothing grows, nothing is left."""
import collections

import pytest

from support import host
from support.daemon import wait_idle
from support.wire import GOOD_ADD, WRONG_ADD, evaluate_add

pytestmark = pytest.mark.once

EVALUATIONS = 10_000
CANDIDATES = 50
MESSY = ("import os\nopen('/tmp/x', 'w').write('y' * 1000)\nprint('hello')\n"
         "if os.fork() == 0:\n    os.setsid()\n    import time\n    time.sleep(60)\n") + GOOD_ADD


def batch():
    """Mostly good, some wrong, some messy."""
    codes = [GOOD_ADD] * (CANDIDATES - 5) + [WRONG_ADD] * 3 + [MESSY, "raise SystemExit"]
    return evaluate_add(*codes)


def judge(client, count):
    for answer in client.judge_many((batch() for _ in range(count // CANDIDATES)), window=4):
        assert answer.error is None, answer.error
        assert sum(result.passed for result in answer.results) == CANDIDATES - 4


def measure(server, client):
    """Without a connection of its own, which the broker might still hold when they are counted."""
    wait_idle(client)
    server.wait_still()
    processes = server.processes()
    return collections.Counter({
        "memory, KiB": sum(host.proportional_kib(process.pid) for process in processes),
        "descriptors": sum(host.descriptors(process.pid) for process in processes),
        "processes": len(processes),
        "mounts": len(host.mounts()),
        "cgroups": len([path for path in host.cgroups() if str(server.pid) in path]),
        "files": len([path for path in host.files_of_ours() if str(server.pid) in path]),
    })


def test_ten_thousand_evaluations_leave_nothing(own_daemon):
    """In the end it comes down to what it has been before; a single look may find a cell that is
    just being replaced."""
    server = own_daemon()
    with server.connect() as client:
        before = collections.Counter()
        for _ in range(4):
            judge(client, 500)
            before |= measure(server, client)
        before["memory, KiB"] = int(before["memory, KiB"] * 1.1)
        judge(client, EVALUATIONS - 2000)
        host.wait_until(lambda: not measure(server, client) - before, f"no more than {before}")
        host.wait_until(lambda: all(process.state != "Z" for process in server.processes()),
                        "no zombies")
        assert client.status().evaluations_total >= EVALUATIONS
