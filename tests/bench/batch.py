"""Rows of the batch: 16,400 samples of a model (codegen-16B, 100 for each task of HumanEval) with
the real tests, from one client, all sent at once; and the floor doing the same.

Both sides have the same limit of CPU time, CPU_MS, because some samples loop for ever; the floor also
ends those that wait. What a model wrote runs in a box only: the floor as a whole is in one bubblewrap,
made once, which costs a single fork nothing.

batch: every sample is run. batch-default: as a client sends it that asks for nothing, so samples that
are alike are judged once.
"""
import os
import shutil

from bench import tasks
from bench.peers import BUBBLEWRAP
from bench.row import BUILD, Row, run_program, tree_cpu_ns

CPU_MS = 500
MEMORY_MIB = 1024  # of the floor's candidates; more than the policy gives
SLOTS = 2


class Batch(Row):
    n_rounds_most = 1

    def __init__(self, context, name):
        super().__init__(name, SLOTS)
        self.context, self.found = context, []

    def prepare(self):
        batch = tasks.codegen(len(self.context.tasks))
        self.path = tasks.write(self.context.path("batch.tasks"), batch)
        self.n_requests = len(batch)

    def run(self):
        """What was printed, the CPU time in ns, and how many passed."""
        raise NotImplementedError

    def measure(self):
        output, used_ns, n_passed = self.run()
        n = output.n_candidates = sum(output.n_of_verdict.values()) or len(output.verdicts)
        self.found.append(self.line(
            seconds=round(output.seconds, 2), per_second=round(n / output.seconds, 1), n=n,
            passed=n_passed, cpu_ms=round(used_ns / n / 1e6, 2), verdicts=output.n_of_verdict))

    def lines(self):
        return sorted(self.found, key=lambda line: line["seconds"])[len(self.found) // 2:][:1]


class FloorBatch(Batch):
    def run(self):
        program, path = os.path.join(BUILD, "bench", "floor"), self.path
        box = [*BUBBLEWRAP, "--ro-bind", program, program, "--ro-bind", path, path, "--chdir", "/tmp"]
        output = run_program("floor", "-l", CPU_MS, "-m", MEMORY_MIB, path, SLOTS, *tasks.imports(),
                             prefix=box)
        return output, output.numbers["cpu"], output.verdicts.count("0")


class DaemonBatch(Batch):
    def __init__(self, context, name, sharing):
        super().__init__(context, name)
        self.sharing = sharing

    def prepare(self):
        super().prepare()
        self.daemon = self.context.daemon(SLOTS)

    def run(self):
        before_ns = tree_cpu_ns(self.daemon.pid)
        output = run_program("load", "-w", self.n_requests, "-l", CPU_MS, "-s", self.sharing,
                             self.daemon.path, self.path)
        return output, tree_cpu_ns(self.daemon.pid) - before_ns, output.n_of_verdict["PASSED"]


def rows(context):
    if not shutil.which("bwrap") or tasks.codegen(1) is None:
        print("batch: needs bubblewrap and the shared data, left out")
        return []
    return [FloorBatch(context, "batch-floor"), DaemonBatch(context, "batch", "each"),
            DaemonBatch(context, "batch-default", "alike")]
