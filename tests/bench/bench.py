"""Throughput and latency of the daemon beside the floor, plain python3 and bubblewrap.

One run, its rounds interleaved (machines drift by more than the differences of interest), on the
reference solutions of HumanEval. Prints a table; writes one JSON line a runner to
$ASSAY_BUILD/bench/results.jsonl. ROUNDS=n sets the number of rounds (default 5).

floor: the same warm interpreter forked without any isolation (floor.c). native, split and shared: through
assayd (load.c), the tests in a process of their own or in the candidate's; throughput with a few
requests waiting, latency with none. "5 alike" and "5 different": requests of which the daemon may
judge alike candidates once, four of five duplicates or none. "split x 8": requests of 8 candidates
for one task, whose times are those of whole requests. "broker us" is the CPU time that the broker
takes for an evaluation. "trivial": one small candidate at a time, with a pause before each.
"""

import glob
import gzip
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))

from support import host  # noqa: E402
from support.daemon import BUILD, Daemon  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "5"))
DATA = (
    os.path.join(ROOT, "..", "shared", "data", "humaneval", "HumanEval.jsonl.gz"),
    os.path.join(ROOT, "tests", "data", "tasks.jsonl"),
)
POLICY = os.path.join(ROOT, "policies", "python", "policy.yaml")
CANDIDATES = (1, 8, 32)  # for one task, in one request
WAITING = 4  # requests in flight for each slot when throughput is measured
IDLE_SECONDS = 5
TRIVIAL = ("def f(x):\n", "    return x\n", "def check(candidate):\n    assert candidate(1) == 1\n", "f")
TRIVIAL_REQUESTS = 100  # a round
PAUSE_US = 5000  # before each of them: the daemon is idle
PLAIN = ["/usr/bin/python3", "-I"]
BUBBLEWRAP = [
    "bwrap", "--unshare-all", "--die-with-parent", "--new-session",
    "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib",
    "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
]  # fmt: skip


def read_tasks():
    path = next(path for path in DATA if os.path.exists(path))
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        tasks = [json.loads(line) for line in lines if line.strip()]
    print("%d tasks of %s, %d rounds" % (len(tasks), os.path.basename(path), ROUNDS))
    return tasks


def imports():
    """The zygote's, from the policy: a plain list of words."""
    with open(POLICY, encoding="utf-8") as policy:
        lines = policy.read().split("\nimports:\n", 1)[1].split("\n")
    names = []
    for line in lines:
        if not line.startswith("  - "):
            break
        names.append(line[4:].strip())
    return names


def pack(*texts):
    encoded = [text.encode() for text in texts]
    return b"".join(struct.pack("=I", len(text)) + text for text in encoded)


class Runner:
    """Something that judges all tasks; measure() once a round."""

    def __init__(self, name, workers):
        self.name = name
        self.workers = workers
        self.rates = []
        self.latencies_ms = []
        self.broker_us = []
        self.n_failed = 0

    def take(self, seconds, latencies_ms, n_failed, n_tasks):
        self.rates.append(n_tasks / seconds)
        self.latencies_ms += latencies_ms
        self.n_failed = max(self.n_failed, n_failed)

    def summary(self):
        latencies = sorted(self.latencies_ms)
        return {
            "runner": self.name,
            "workers": self.workers,
            "per_second": round(statistics.median(self.rates), 1),
            "per_second_all": [round(rate, 1) for rate in self.rates],
            "p50_ms": round(statistics.median(latencies), 2),
            "p99_ms": round(latencies[int(len(latencies) * 0.99)], 2),
            "broker_us": round(statistics.median(self.broker_us)) if self.broker_us else None,
            "failed": self.n_failed,
        }


def run_lines(command, good):
    """Runs one of the C programs; (seconds, latencies in ms, number that did not pass)."""
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    *lines, total = [line.split() for line in output.splitlines()]
    latencies = [int(line[1]) / 1e6 for line in lines]
    return int(total[1]) / 1e9, latencies, sum(line[2] != good for line in lines)


class Floor(Runner):
    def __init__(self, workers, tasks, folder):
        super().__init__("floor", workers)
        self.path = os.path.join(folder, "floor.tasks")
        self.n_tasks = len(tasks)
        with open(self.path, "wb") as file:
            for task in tasks:
                program = task["prompt"] + task["canonical_solution"]
                file.write(pack(program, task["test"], task["entry_point"]))

    def measure(self):
        command = [os.path.join(BUILD, "bench", "floor"), self.path, str(self.workers), *imports()]
        seconds, latencies, failed = run_lines(command, "0")
        self.take(seconds, latencies, failed, self.n_tasks)


def cpu_ns(pid):
    with open("/proc/%d/schedstat" % pid, encoding="ascii") as schedstat:
        return int(schedstat.read().split()[0])


class Socket(Runner):
    """Through assayd; `integrity` as in a request: native, which is
    "auto" (three of the tasks have no plan; plans are made in the first round), split, two cells an
    evaluation, or shared."""

    def __init__(self, slots, tasks, folder, integrity, n_candidates=1, sharing=None):
        times = " x %d" % n_candidates if n_candidates > 1 else ""
        super().__init__("%d %s" % (n_candidates, sharing) if sharing else integrity + times, slots)
        self.sharing = [sharing] if sharing else []
        self.integrity = integrity
        self.n_candidates = n_candidates
        self.path = os.path.join(folder, "load.tasks")
        self.n_tasks = len(tasks)
        with open(self.path, "wb") as file:
            for task in tasks:
                texts = (task[key] for key in ("prompt", "canonical_solution", "test", "entry_point"))
                file.write(pack(*texts))
        self.daemon = Daemon(slots=slots)
        self.broker = self.daemon.broker().pid

    def load(self, window):
        program = os.path.join(BUILD, "bench", "load")
        command = [program, self.daemon.path, self.path, str(window), self.integrity]
        return run_lines([*command, str(self.n_candidates), *self.sharing], "PASSED")

    def measure(self):
        before_ns = cpu_ns(self.broker)
        seconds, latencies, failed = self.load(self.workers * WAITING)
        used_us = (cpu_ns(self.broker) - before_ns) / 1000
        self.broker_us.append(used_us / (self.n_tasks * self.n_candidates))
        if self.n_candidates == 1:
            _, latencies, failed_too = self.load(self.workers)
            failed = max(failed, failed_too)
        self.take(seconds, latencies, failed, self.n_tasks * self.n_candidates)


class Trivial:
    """One trivial candidate at a time on the daemon of `socket`, which has nothing else to do."""

    def __init__(self, socket, folder):
        self.socket = socket
        self.latencies_ms = []
        self.path = os.path.join(folder, "trivial.tasks")
        with open(self.path, "wb") as file:
            file.write(pack(*TRIVIAL) * TRIVIAL_REQUESTS)

    def measure(self):
        program = os.path.join(BUILD, "bench", "load")
        command = [program, self.socket.daemon.path, self.path, "1", self.socket.integrity, "1"]
        self.latencies_ms += run_lines([*command, "each", str(PAUSE_US)], "PASSED")[1]

    def summary(self):
        latencies = sorted(self.latencies_ms)
        return {
            "runner": "trivial " + self.socket.integrity,
            "p50_ms": round(statistics.median(latencies), 2),
            "p99_ms": round(latencies[int(len(latencies) * 0.99)], 2),
        }


class Command(Runner):
    """A process a candidate: `prefix` and the program's file."""

    def __init__(self, name, workers, tasks, folder, prefix):
        super().__init__(name, workers)
        self.commands = []
        for index, task in enumerate(tasks):
            path = os.path.join(folder, "%d.py" % index)
            with open(path, "w", encoding="utf-8") as file:
                file.write(task["prompt"] + task["canonical_solution"] + "\n" + task["test"])
                file.write("\ncheck(%s)\n" % task["entry_point"])
            self.commands.append(prefix(path))

    def judge(self, command):
        start = time.perf_counter()
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return (time.perf_counter() - start) * 1000, done.returncode

    def measure(self):
        start = time.perf_counter()
        with ThreadPoolExecutor(self.workers) as pool:
            results = list(pool.map(self.judge, self.commands))
        seconds = time.perf_counter() - start
        failed = sum(status != 0 for _, status in results)
        self.take(seconds, [latency for latency, _ in results], failed, len(results))


def in_bubblewrap(path):
    return [*BUBBLEWRAP, "--ro-bind", path, "/program.py", *PLAIN, "/program.py"]


def make_runners(tasks, folder):
    runners = []
    for workers in (1, 2):
        runners.append(Floor(workers, tasks, folder))
        runners.append(Socket(workers, tasks, folder, "shared"))
        for n_candidates in CANDIDATES:
            runners.append(Socket(workers, tasks, folder, "native", n_candidates))
            runners.append(Socket(workers, tasks, folder, "split", n_candidates))
        for sharing in ("alike", "different"):
            runners.append(Socket(workers, tasks, folder, "split", 5, sharing))
        runners.append(Command("python3 -I", workers, tasks, folder, lambda path: [*PLAIN, path]))
        if shutil.which("bwrap"):
            runners.append(Command("bubblewrap", workers, tasks, folder, in_bubblewrap))
    return runners


# ---------------------------------------------------------------- the daemon doing nothing


def memory_kib(pid, key):
    try:
        with open("/proc/%d/smaps_rollup" % pid, encoding="utf-8") as rollup:
            return sum(int(line.split()[1]) for line in rollup if line.startswith(key))
    except OSError:
        return 0


def cpu_ticks(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def measure_idle(daemon):
    """Of every process of a daemon, cells included, some time after its last run."""
    pids = [process.pid for process in host.descendants(daemon.pid)]
    before = sum(map(cpu_ticks, pids))
    time.sleep(IDLE_SECONDS)
    busy = (sum(map(cpu_ticks, pids)) - before) / os.sysconf("SC_CLK_TCK")
    return {
        "runner": "idle",
        "processes": len(pids),
        "pss_mib": round(sum(memory_kib(pid, "Pss:") for pid in pids) / 1024, 1),
        "private_mib": round(sum(memory_kib(pid, "Private_") for pid in pids) / 1024, 1),
        "cpu_percent": round(busy / IDLE_SECONDS * 100, 2),
    }


# ---------------------------------------------------------------- telling


def print_table(rows):
    best = {row["workers"]: row["per_second"] for row in rows if row["runner"] == "floor"}
    print("%-12s %7s %12s %9s %9s %9s %9s %9s" % (
        "runner", "workers", "per second", "ms each", "p50 ms", "p99 ms", "of floor",
        "broker us"))  # fmt: skip
    for row in rows:
        rate = row["per_second"]
        print("%-12s %7d %12.1f %9.2f %9.2f %9.2f %9.2f %9s%s" % (
            row["runner"], row["workers"], rate, 1000 / rate, row["p50_ms"], row["p99_ms"],
            rate / best[row["workers"]], row["broker_us"] or "-",
            "   %d did not pass!" % row["failed"] if row["failed"] else ""))  # fmt: skip


def tell(text):
    """Progress, for a person at a terminal only."""
    if sys.stderr.isatty():
        print("\r%-40s\r%s" % ("", text), end="", file=sys.stderr, flush=True)


def commit():
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True)
    return done.stdout.decode().strip()


def main():
    tasks = read_tasks()
    folder = tempfile.mkdtemp(prefix="bench-")
    runners = make_runners(tasks, folder)
    sockets = [runner for runner in runners if isinstance(runner, Socket)]
    trivial = [Trivial(runner, folder) for runner in sockets
               if runner.workers == 2 and runner.n_candidates == 1]
    try:
        for number in range(ROUNDS):
            for runner in runners:
                tell("round %d of %d: %s" % (number + 1, ROUNDS, runner.name))
                runner.measure()
            for runner in trivial:
                tell("round %d of %d: trivial, %s" % (number + 1, ROUNDS, runner.socket.integrity))
                runner.measure()
        tell("")
        idle = measure_idle(sockets[-1].daemon)
    finally:
        for runner in sockets:
            runner.daemon.stop()
        for path in glob.glob(os.path.join(folder, "*")):
            os.unlink(path)
        os.rmdir(folder)
    rows = [runner.summary() for runner in runners]
    print_table(rows)
    latencies = [runner.summary() for runner in trivial]
    for row in latencies:
        print("%s, one at a time, idle before: p50 %.2f ms, p99 %.2f ms" % (
            row["runner"], row["p50_ms"], row["p99_ms"]))  # fmt: skip
    print("idle with %d slots: %.1f MiB private, %.1f MiB PSS in %d processes; %.2f %% CPU" % (
        sockets[-1].workers, idle["private_mib"], idle["pss_mib"], idle["processes"],
        idle["cpu_percent"]))  # fmt: skip
    with open(os.path.join(BUILD, "bench", "results.jsonl"), "w", encoding="utf-8") as file:
        for row in [*rows, *latencies, idle]:
            file.write(json.dumps({"commit": commit(), **row}) + "\n")


if __name__ == "__main__":
    main()
