"""Rows of the daemon and of the floor: the same tasks, judged with and without protection.

floor: the same warm interpreter forked without any isolation (floor.c). native (what a client gets
that asks for nothing), split and shared: through assayd (load.c), the tests in no process, in one of
their own, or in the candidate's. With x8, requests of 8 candidates for a task. Throughput is measured
with a few requests waiting, latency with none.

alike, different: requests of five candidates of which the daemon may judge alike ones once: four of
five are duplicates, or none. trivial: one small candidate at a time on a daemon that had nothing to
do. first: each task for the first time, one at a time, when no plan of its tests is known.
"""
import statistics

from bench import tasks
from bench.row import WAITING, Row, Throughput, cpu_ns, percentile, run_program, tree_cpu_ns

TRIVIAL_REQUESTS = 100  # a round
PAUSE_US = 5000  # before each of them: the daemon is idle


class Floor(Throughput):
    def __init__(self, context, workers):
        super().__init__("floor", workers)
        self.context = context

    def prepare(self):
        self.path = tasks.write(self.context.path("floor.tasks"), self.context.tasks)

    def measure(self):
        output = run_program("floor", self.path, self.workers, *tasks.imports())
        n = len(output.verdicts)
        self.take(n, output.seconds, output.latencies_ms,
                  sum(status != "0" for status in output.verdicts), output.numbers["cpu"] / n / 1e6)


class Daemon(Throughput):
    """Through assayd; `integrity` is native, split or shared, `sharing` each, alike or different."""

    def __init__(self, context, name, slots, integrity, n_candidates=1, sharing="each"):
        super().__init__(name, slots)
        self.context = context
        self.integrity, self.n_candidates, self.sharing = integrity, n_candidates, sharing

    def prepare(self):
        self.path = tasks.write(self.context.path(f"x{self.n_candidates}.tasks"),
                                tasks.with_copies(self.context.tasks, self.n_candidates))
        self.daemon = self.context.daemon(self.workers)
        self.broker = self.daemon.broker().pid
        self.load(self.workers * WAITING)  # plans are made, cells of the second kind, too

    def load(self, window):
        return run_program("load", "-i", self.integrity, "-w", window, "-s", self.sharing,
                           self.daemon.path, self.path)

    def measure(self):
        broker_ns, all_ns = cpu_ns(self.broker), tree_cpu_ns(self.daemon.pid)
        output = self.load(self.workers * WAITING)
        broker_ns, all_ns = cpu_ns(self.broker) - broker_ns, tree_cpu_ns(self.daemon.pid) - all_ns
        n = sum(output.n_of_verdict.values())
        n_failed = n - output.n_of_verdict.get("PASSED", 0)
        latencies = output.latencies_ms
        if self.n_candidates == 1:
            latencies = self.load(1).latencies_ms
        self.take(n, output.seconds, latencies, n_failed, all_ns / n / 1e6, broker_ns / n / 1000)


class Latency(Row):
    """Requests one at a time; `options` are those of load.c."""

    def __init__(self, context, name, slots, tasks_to_judge, *options):
        super().__init__(name, slots)
        self.context, self.tasks, self.options = context, tasks_to_judge, options
        self.rounds = []

    def prepare(self):
        self.path = tasks.write(self.context.path(f"{self.name}.tasks"), self.tasks)
        self.daemon = self.context.daemon(self.workers)
        self.load()

    def load(self):
        return run_program("load", *self.options, self.daemon.path, self.path)

    def measure(self):
        self.daemon.wait_idle()
        self.rounds.append(self.load().latencies_ms)

    def lines(self):
        if not self.rounds:
            return []
        latencies = sum(self.rounds, [])
        # Of the rounds' p99s the median: one round in which the machine had other work says little.
        return [self.line(
            p50_ms=round(statistics.median(latencies), 2),
            p99_ms=round(statistics.median(percentile(each, 0.99) for each in self.rounds), 2),
            mean_ms=round(statistics.mean(latencies), 2))]


def rows(context):
    made = []
    for workers in (1, 2):
        made.append(Floor(context, workers))
        for integrity in ("native", "split"):
            made.append(Daemon(context, integrity, workers, integrity))
            made.append(Daemon(context, f"{integrity}-x8", workers, integrity, 8))
        made.append(Daemon(context, "shared", workers, "shared"))
    for sharing in ("alike", "different"):
        made.append(Daemon(context, sharing, 2, "native", 5, sharing))
    for integrity in ("native", "split", "shared"):
        made.append(Latency(context, f"trivial-{integrity}", 2, [tasks.TRIVIAL] * TRIVIAL_REQUESTS,
                            "-i", integrity, "-p", PAUSE_US))
    made.append(Latency(context, "first", 2, context.tasks, "-t"))
    made.append(Latency(context, "known", 2, context.tasks))
    return made
