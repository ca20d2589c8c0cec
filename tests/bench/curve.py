"""The row of offered load: what throughput and latency become when requests come as they like.

Requests arrive by a Poisson process at fixed rates (arrivals.c), measured from when they were due, so
nothing is hidden by a sender that waits. The rates are fractions of the capacity, which is measured
just before each by load.c with a few requests always waiting.

Two mixes: "alike", the tasks of HumanEval that take at most ALIKE times the median, and "full", all
of them. In the full mix the p99 is that of a task that takes 0.3 s by itself: queueing theory and no
daemon decides it. So it is measured at one rate only.
"""
import os
import statistics

from bench import tasks
from bench.row import WAITING, Row, percentile, run_program

SLOTS = 2
ALIKE = 2.0
FRACTIONS = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
FULL_FRACTIONS = (0.8,)
SECONDS = float(os.environ.get("CURVE_SECONDS", "4"))  # for each rate


class Curve(Row):
    n_rounds_most = 3

    def __init__(self, context):
        super().__init__("curve", SLOTS)
        self.context = context
        self.found = {}
        self.n_alike = 0

    def prepare(self):
        self.daemon = self.context.daemon(SLOTS)
        full = self.context.tasks
        self.full = tasks.write(self.context.path("full.tasks"), full)
        self.load(self.full, 1)  # plans are made
        times = [min(pair) for pair in zip(*(self.load(self.full, 1).latencies_ms
                                             for _ in range(3)))]
        bound = ALIKE * statistics.median(times)
        alike = [task for task, time in zip(full, times) if time <= bound]
        self.n_alike = len(alike)
        self.alike = tasks.write(self.context.path("alike.tasks"), alike)
        # The capacity is that of a few hundred requests at least.
        self.repeats = max(1, 500 // len(alike))
        self.many = {path: tasks.write(path + ".many", listed * self.repeats)
                     for path, listed in ((self.alike, alike), (self.full, full))}

    def load(self, path, window):
        return run_program("load", "-w", window, self.daemon.path, path)

    def measure(self):
        for mix, path, fractions in (("alike", self.alike, FRACTIONS),
                                     ("full", self.full, FULL_FRACTIONS)):
            for fraction in fractions:
                output = self.load(self.many[path], SLOTS * WAITING)
                self.offer(mix, path, len(output.verdicts) / output.seconds, fraction)

    def offer(self, mix, path, capacity, fraction):
        n = max(20, int(capacity * fraction * SECONDS))
        series = self.found.setdefault((mix, fraction), [])
        output = run_program("arrivals", "-r", capacity * fraction, "-n", n, "-d", len(series) + 1,
                             self.daemon.path, path)
        series.append({
            "capacity": capacity, "offered": capacity * fraction,
            "answered": len(output.verdicts) / output.seconds,
            "p50_ms": statistics.median(output.latencies_ms),
            "p99_ms": percentile(output.latencies_ms, 0.99),
            "refused": output.numbers["refused"], "late_ms": output.numbers["late"] / 1e6})

    def lines(self):
        for (mix, fraction), series in self.found.items():
            figures = {key: round(statistics.median(each[key] for each in series), 2)
                       for key in series[0]}
            ratio = statistics.median(each["p99_ms"] / each["p50_ms"] for each in series)
            tasks_of = {"alike": self.n_alike, "full": len(self.context.tasks)}[mix]
            yield self.line(mix=mix, fraction=fraction, tasks=tasks_of, ratio=round(ratio, 2), **figures)


def rows(context):
    return [Curve(context)]
