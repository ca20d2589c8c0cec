"""The row of memory: what a daemon that does nothing has, with 1 to 8 slots, and its CPU time.

Memory is the proportional share (PSS) of the daemon and all below it together: pages that several of
its processes have count once, so what a slot adds is what it adds to the machine. "one cell": each slot
has judged something in the candidate's process; "two cells": something in split examination, so it has
an examiner's cell, too. A process that waits for its next run takes pages after a while (ahead.c),
which is awaited.
"""
import statistics
import time

from bench import tasks
from bench.row import TICK_NS, Row, run_program, tree_cpu_ns
from support import host
from support.daemon import Daemon

SLOTS = (1, 2, 4, 8)
RUNS_EACH = 6  # requests for each slot, all at once, so that every slot gets some
SETTLE_S = 0.3  # ahead.c begins after 2 ms
IDLE_S = 5


def memory_kib(pid, keys):
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as rollup:
            return sum(int(line.split()[1]) for line in rollup if line.startswith(keys))
    except OSError:
        return 0


class Memory(Row):
    n_rounds_most = 1

    def __init__(self, context):
        super().__init__("memory")
        self.context = context
        self.found = {}
        self.idle_percent = None

    def prepare(self):
        self.path = tasks.write(self.context.path("memory.tasks"),
                                [tasks.TRIVIAL] * (RUNS_EACH * max(SLOTS)))

    def measure(self):
        for slots in SLOTS:
            daemon = Daemon(slots=slots)
            try:
                for cells, mode in (("one cell", "shared"), ("two cells", "split")):
                    self.found[cells, slots] = self.judge_and_look(daemon, slots, mode)
                if slots == 2:
                    self.idle_percent = self.look_idle(daemon)
            finally:
                daemon.stop()

    def judge_and_look(self, daemon, slots, mode):
        run_program("load", "-i", mode, "-w", slots * RUNS_EACH, daemon.path, self.path)
        daemon.wait_idle()
        time.sleep(SETTLE_S)
        pids = [process.pid for process in host.descendants(daemon.pid)]
        return {"mib": sum(memory_kib(pid, "Pss:") for pid in pids) / 1024,
                "processes": len(pids)}

    @staticmethod
    def look_idle(daemon):
        before = tree_cpu_ns(daemon.pid)
        time.sleep(IDLE_S)
        return (tree_cpu_ns(daemon.pid) - before) / IDLE_S / 1e7

    def lines(self):
        for (cells, slots), figures in self.found.items():
            yield self.line(cells=cells, slots=slots, **{
                key: round(value, 1) for key, value in figures.items()})
        for cells in ("one cell", "two cells"):
            if (cells, SLOTS[-1]) in self.found:
                yield {"row": "memory-per-slot", "cells": cells, "mib": self.slope(cells)}
        if self.idle_percent is not None:
            yield {"row": "idle", "cpu_percent": round(self.idle_percent, 2),
                   "tick_ms": TICK_NS / 1e6}

    def slope(self, cells):
        """What each slot beyond the first adds."""
        first = self.found[cells, SLOTS[0]]["mib"]
        more = [(self.found[cells, slots]["mib"] - first) / (slots - SLOTS[0])
                for slots in SLOTS[1:]]
        return round(statistics.median(more), 1)


def rows(context):
    return [Memory(context)]
