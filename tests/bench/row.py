"""What a row of the bench is, and what rows have in common: daemons, files, CPU time.

A row measures one thing. It is prepared once, measured once a round in turn with all others
(machines drift by more than the differences of interest), and then says what it found as JSON lines:
dicts with "row", and "workers" where it was measured with several.
"""
import os
import statistics
import subprocess

from support import host
from support.daemon import BUILD, Daemon

WAITING = 4  # requests in flight for each slot when throughput is measured
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class Row:
    """Base of all. `n_rounds_most`: what takes long is measured in the first few rounds only."""

    n_rounds_most = 1000

    def __init__(self, name, workers=None):
        self.name = name
        self.workers = workers

    def matches(self, word):
        """Whether a word of ROWS means this one: "native", or "native/2" for two workers."""
        return word in (self.name, f"{self.name}/{self.workers}")

    def prepare(self):
        """Before the first round."""

    def measure(self):
        """One round."""
        raise NotImplementedError

    def lines(self):
        """Of what has been measured so far, nothing if that is nothing."""
        raise NotImplementedError

    def line(self, **figures):
        workers = {} if self.workers is None else {"workers": self.workers}
        return {"row": self.name, **workers, **figures}


class Context:
    """What rows share: the tasks, a folder for files, and a daemon for each number of slots. A row
    whose plans would push out those of others has one of its own, under its name."""

    def __init__(self, folder, tasks):
        self.folder = folder
        self.tasks = tasks
        self._daemons = {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def daemon(self, slots, name=""):
        if (slots, name) not in self._daemons:
            self._daemons[slots, name] = Daemon(slots=slots)
        return self._daemons[slots, name]

    def stop(self):
        while self._daemons:
            self._daemons.popitem()[1].stop()


class Output:
    """What one of the C programs printed."""

    def __init__(self, text):
        self.latencies_ms, self.verdicts, self.numbers = [], [], {}
        self.n_of_verdict = {}
        for line in text.splitlines():
            first, *words = line.split()
            if first == "task":
                self.latencies_ms.append(int(words[1]) / 1e6)
                self.verdicts.append(words[2])
            elif first == "verdict":
                self.n_of_verdict[words[0]] = int(words[1])
            else:
                self.numbers[first] = int(words[0])
        self.seconds = self.numbers["total"] / 1e9


def run_program(name, *arguments, prefix=()):
    command = [*prefix, os.path.join(BUILD, "bench", name), *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Output(done.stdout)


def cpu_ns(pid):
    """CPU time of a process that lives, to the nanosecond."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as schedstat:
        return int(schedstat.read().split()[0])


def tree_cpu_ns(pid):
    """CPU time of a process, of all below it, and of those of them that have ended; in ticks."""
    total = 0
    for process in host.descendants(pid):
        try:
            with open(f"/proc/{process.pid}/stat", encoding="utf-8", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total * TICK_NS


def percentile(values, fraction):
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * fraction), len(ordered) - 1)]


class Throughput(Row):
    """A row that judges the same things in each round and is compared by how many a second."""

    def __init__(self, name, workers):
        super().__init__(name, workers)
        self.rates, self.latencies_ms, self.cpu_ms, self.broker_us = [], [], [], []
        self.n_failed = 0

    def take(self, n, seconds, latencies_ms, n_failed, cpu_ms=None, broker_us=None):
        self.rates.append(n / seconds)
        self.latencies_ms += latencies_ms
        self.n_failed = max(self.n_failed, n_failed)
        if cpu_ms is not None:
            self.cpu_ms.append(cpu_ms)
        if broker_us is not None:
            self.broker_us.append(broker_us)

    def lines(self):
        if not self.rates:
            return []
        return [self.line(
            per_second=round(statistics.median(self.rates), 1),
            rounds=[round(rate, 1) for rate in self.rates],
            p50_ms=round(statistics.median(self.latencies_ms), 2),
            p99_ms=round(percentile(self.latencies_ms, 0.99), 2),
            # Ticks are coarse, so all rounds together.
            cpu_ms=round(statistics.mean(self.cpu_ms), 2) if self.cpu_ms else None,
            broker_us=round(statistics.median(self.broker_us)) if self.broker_us else None,
            failed=self.n_failed)]
