"""What single layers of isolation cost: CPU time of one evaluation with them, and without each.

Usage: make bench-layers   (as root; ROUNDS=n, default 7; RUNS=n evaluations a round, default 150)

One daemon with every layer and one without each of LAYERS, all at once, asked in turns: machines
drift by more than the differences of interest. CPU time and not throughput, because that is nearly
the same on a machine that has other work. It is that of broker, keeper and cells with all that they
reaped. Prints medians, and of each daemon the median of its ratios to the one with every layer.
"""

import gzip
import json
import os
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import shared  # noqa: E402
from support.daemon import Daemon  # noqa: E402
from support.wire import evaluate, pb  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "7"))
RUNS = int(os.environ.get("RUNS", "150"))
LAYERS = ("seccomp-notify", "landlock", "cgroup-cpu")
MODES = {"split": pb.INTEGRITY_AUTO, "shared": pb.INTEGRITY_WISH_SHARED}
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# Positions in /proc/PID/stat behind the name: utime, stime, cutime, cstime.
TIMES = slice(11, 15)


def requests(wish):
    with gzip.open(shared.data_path("humaneval/HumanEval.jsonl.gz"), "rt") as lines:
        tasks = [json.loads(line) for line in lines]
    for i in range(RUNS):
        task = tasks[i % len(tasks)]
        request = evaluate(
            task["prompt"] + task["canonical_solution"],
            task=task["task_id"], check=task["test"], entry_point=task["entry_point"],
        )
        request.integrity = wish
        request.no_control = True
        yield request


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rpartition(")")[2].split()
        total += sum(map(int, fields[TIMES]))
    return total * TICK_S


def lasting(server):
    """Broker, keeper, and the first process of each cell."""
    keeper, broker = server.keeper().pid, server.broker().pid
    cells = (process.pid for process in server.processes() if process.parent == keeper)
    return [keeper, broker, *sorted(cells)]


def judge(server, wish):
    with server.connect() as client:
        for request in requests(wish):
            assert client.judge_one(request).passed, request.id
    server.wait_idle()


def measure(server, wish):
    """Milliseconds of one evaluation. No cell is replaced between the two readings: whatever ended
    has been reaped by one that is still there."""
    pids = lasting(server)
    before = cpu_seconds(pids)
    judge(server, wish)
    after = cpu_seconds(pids)
    assert lasting(server) == pids
    return (after - before) / RUNS * 1000


def main():
    daemons = {"every layer": Daemon(slots=1)}
    try:
        for layer in LAYERS:
            daemons[f"without {layer}"] = Daemon(slots=1, leave_out=(layer,))
        for mode, wish in MODES.items():
            found = {name: [] for name in daemons}
            for server in daemons.values():
                judge(server, wish)  # cells of the second kind are made now
            for number in range(ROUNDS):
                turn = list(daemons.items())
                for name, server in turn if number % 2 == 0 else reversed(turn):
                    found[name].append(measure(server, wish))
            print(f"{mode}: {ROUNDS} rounds of {RUNS} evaluations")
            base = found["every layer"]
            for name, times in found.items():
                ratios = [mine / other for mine, other in zip(times, base)]
                print(f"  {name:24} {statistics.median(times):7.3f} ms"
                      f"  ratio {statistics.median(ratios):.3f}"
                      f"  (rounds {min(ratios):.3f} to {max(ratios):.3f})", flush=True)
    finally:
        for server in daemons.values():
            server.stop()


if __name__ == "__main__":
    main()
