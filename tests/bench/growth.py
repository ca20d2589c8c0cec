"""Rows of growth: what an evaluation costs with more candidates a task, more tests, more clients.

candidates: requests of 1 to 32 candidates for the same task, through two slots. asserts: one small
function with 1 to 1000 assertions. clients: the same evaluations from 1 to 64 connections, each with
one request in flight at least.
"""
import statistics

from bench import tasks
from bench.row import WAITING, Row, run_program, tree_cpu_ns

SLOTS = 2
CANDIDATES = (1, 2, 4, 8, 16, 32)
CANDIDATES_TASKS = 40  # and so many tasks: a long request is 32 of them
ASSERTS = (1, 10, 100, 1000)
ASSERTS_REQUESTS = 60
CLIENTS = (1, 2, 4, 8, 16, 32, 64)
MODES = ("native", "split", "shared")


class Growth(Row):
    """One number is varied (`numbers`), in each of `modes`."""

    n_rounds_most = 3

    def __init__(self, context, name, numbers, modes=MODES):
        super().__init__(name, SLOTS)
        self.context, self.numbers, self.modes = context, numbers, modes
        self.found = {(mode, number): [] for mode in modes for number in numbers}

    def prepare(self):
        self.daemon = self.context.daemon(SLOTS)
        for mode in self.modes:
            for number in self.numbers:
                self.load(mode, number)

    def load(self, mode, number):
        raise NotImplementedError

    def measure(self):
        for (mode, number), series in self.found.items():
            cpu_ns = tree_cpu_ns(self.daemon.pid)
            output = self.load(mode, number)
            n = sum(output.n_of_verdict.values())
            series.append({
                "per_second": n / output.seconds,
                "wall_ms": output.seconds * 1000 / n * SLOTS,
                "cpu_ms": (tree_cpu_ns(self.daemon.pid) - cpu_ns) / n / 1e6,
                "failed": n - output.n_of_verdict.get("PASSED", 0)})

    def lines(self):
        for (mode, number), series in self.found.items():
            if series:
                yield self.line(mode=mode, number=number, **{
                    key: round(statistics.median(each[key] for each in series), 2)
                    for key in series[0]})


class Candidates(Growth):
    def load(self, mode, number):
        listed = self.context.tasks[:CANDIDATES_TASKS]
        path = tasks.write(self.context.path("growth.tasks"), tasks.with_copies(listed, number))
        return run_program("load", "-i", mode, "-w", SLOTS * WAITING, self.daemon.path, path)


class Asserts(Growth):
    def load(self, mode, number):
        path = tasks.write(self.context.path("growth.tasks"),
                           [tasks.with_asserts(number)] * ASSERTS_REQUESTS)
        return run_program("load", "-i", mode, "-w", SLOTS * WAITING, self.daemon.path, path)


class Clients(Growth):
    def load(self, mode, number):
        path = tasks.write(self.context.path("growth.tasks"), self.context.tasks)
        return run_program("load", "-i", mode, "-w", max(SLOTS * WAITING, number), "-c", number,
                           self.daemon.path, path)


def rows(context):
    return [Candidates(context, "candidates", CANDIDATES), Asserts(context, "asserts", ASSERTS),
            Clients(context, "clients", CLIENTS, ("native",))]
