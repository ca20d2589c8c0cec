"""The row of HumanEval+: the reference solutions with all inputs, 124,000 calls, one request a task.

Beside it, the same with each input in a request of its own: every ONE_OF-th input of each task, since
all of them would take minutes. Both are measured when the tests are known, so that only calling and
comparing is compared (what is expected is what the reference answers, which is asked once). The first
run, with the plans made, is told, too.
"""
import os
import statistics
import time

from bench.row import Row
from bench.tasks import data, read_lines
from support import evalplus

SLOTS = 2
ONE_OF = 100
LIMITS = {"cpu_ms": 60000, "wall_ms": 300000}


def request_of(task, inputs):
    return evalplus.request_of(task, task["canonical_solution"], inputs=inputs, prompt=task["prompt"],
                               **LIMITS)


class EvalPlus(Row):
    n_rounds_most = 2

    def __init__(self, context):
        super().__init__("evalplus", SLOTS)
        self.context = context
        self.whole, self.single = [], []

    def prepare(self):
        self.tasks = read_lines(data(evalplus.HUMANEVAL))[:len(self.context.tasks)]
        inputs = [evalplus.inputs_of(task) for task in self.tasks]
        self.daemon = self.context.daemon(SLOTS, self.name)
        self.n_inputs = sum(map(len, inputs))
        self.requests = [request_of(*pair) for pair in zip(self.tasks, inputs)]
        self.requests_of_one = [request_of(task, [each]) for task, listed in zip(self.tasks, inputs)
                                for each in listed[::ONE_OF]]
        self.first_s, self.n_failed = self.judge(self.requests)
        self.judge(self.requests_of_one)

    def judge(self, requests):
        with self.daemon.connect() as client:
            start = time.perf_counter()
            answers = list(client.judge_many(requests))
            seconds = time.perf_counter() - start
        return seconds, sum(not answer.results[0].passed for answer in answers)

    def measure(self):
        seconds, n_failed = self.judge(self.requests)
        self.n_failed = max(self.n_failed, n_failed)
        self.whole.append(self.n_inputs / seconds)
        seconds, n_failed = self.judge(self.requests_of_one)
        self.n_failed = max(self.n_failed, n_failed)
        self.single.append(len(self.requests_of_one) / seconds)

    def lines(self):
        if self.whole:
            yield self.line(
                inputs=self.n_inputs, first_s=round(self.first_s, 1),
                whole_s=round(self.n_inputs / statistics.median(self.whole), 1),
                inputs_per_second=round(statistics.median(self.whole)),
                one_by_one_per_second=round(statistics.median(self.single)),
                ratio=round(statistics.median(a / b for a, b in zip(self.whole, self.single)), 1),
                failed=self.n_failed)


def rows(context):
    if not os.path.exists(data(evalplus.HUMANEVAL)):
        print("evalplus: needs the shared data, left out")
        return []
    return [EvalPlus(context)]
