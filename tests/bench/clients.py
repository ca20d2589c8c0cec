"""Rows of the clients: the same evaluations by `assay eval`, by a loop and by the Python client.

eval: a line for each candidate. reflexion: `assay loop reflexion` with the reference solutions as the
recorded answers of a model, so that all is done after one attempt and nobody waits for a model.
python, python-async: evaluate_batch of Client and AsyncClient, a task for each candidate
(python_client.py). Whoever has no daemon to wait for could be limited by the client; these must not be.

All through one daemon with two slots. The codes are new in every round, so each is judged. The CPU
time that the Python client takes for an evaluation is in rows of its own, as `python_client.py` says.
"""
import json
import os
import subprocess
import sys
import time

from bench.row import BUILD, Throughput, tree_cpu_ns
from support.daemon import command_environment

HERE = os.path.dirname(os.path.abspath(__file__))
SLOTS = 2
COPIES = 5  # of each task: a second or two of work


def read_lines(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Client(Throughput):
    """Writes what the client reads, starts it, and counts who passed."""

    def __init__(self, context, name):
        super().__init__(name, SLOTS)
        self.context = context

    def prepare(self):
        self.daemon = self.context.daemon(SLOTS)
        self.input, self.out = self.context.path("clients.jsonl"), self.context.path("clients.out")
        self.measure()  # plans are made
        self.rates.clear()
        self.latencies_ms.clear()
        self.cpu_ms.clear()

    def evaluations(self):
        """As lines of `assay eval`; new ones in each round."""
        mark = time.monotonic_ns()
        for copy in range(COPIES):
            for number, (prompt, test, entry_point, codes) in enumerate(self.context.tasks):
                yield {"id": f"{number}-{copy}", "language": "python", "prompt": prompt,
                       "entry_point": entry_point, "tests": {"check": test},
                       "candidates": [{"id": "a", "code": f"{codes[0]}\n# {mark} {copy}\n"}]}

    def write(self, rows):
        with open(self.input, "w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row) + "\n")

    def call(self, *command):
        """Seconds that the command took, and what it wrote."""
        environment = command_environment({"ASSAY_ADDR": self.daemon.path, "ASSAY_BUILD": BUILD})
        start = time.perf_counter()
        done = subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return time.perf_counter() - start, done.stdout

    def measure(self):
        for path in (self.out, self.out + ".journal"):
            if os.path.exists(path):
                os.unlink(path)
        listed = list(self.evaluations())
        cpu_ns = tree_cpu_ns(self.daemon.pid)
        seconds, n_passed = self.judge(listed)
        cpu_ns = tree_cpu_ns(self.daemon.pid) - cpu_ns
        n = len(listed)
        self.take(n, seconds, [seconds * 1000 / n], n - n_passed, cpu_ns / n / 1e6)

    def judge(self, listed):
        raise NotImplementedError


class Eval(Client):
    def judge(self, listed):
        self.write(listed)
        seconds, _ = self.call(os.path.join(BUILD, "assay"), "eval", "-q", "-o", self.out, self.input)
        return seconds, sum(row["verdict"] == "PASSED" for row in read_lines(self.out))


class Reflexion(Client):
    def judge(self, listed):
        answers = self.context.path("clients.replay")
        with open(answers, "w", encoding="utf-8") as file:
            for row in listed:
                code = row["prompt"] + row.pop("candidates")[0]["code"]
                file.write(json.dumps({"task": row["id"], "step": "attempt 1",
                                       "text": f"```python\n{code}\n```"}) + "\n")
        self.write(listed)
        seconds, _ = self.call(os.path.join(BUILD, "assay"), "loop", "reflexion", self.input, "-q",
                               "--max-attempts", "1", "--model-replay", answers, "--out", self.out)
        return seconds, sum(row["solved"] for row in read_lines(self.out))


class Python(Client):
    """The interpreter's start is not counted: a training process starts once."""

    def __init__(self, context, name, kind):
        super().__init__(context, name)
        self.kind = kind

    def judge(self, listed):
        self.write(listed)
        _, text = self.call(sys.executable, os.path.join(HERE, "python_client.py"), self.kind,
                            self.input)
        found = json.loads(text)
        return found["seconds"], found["passed"]


class PythonCpu(Throughput):
    """CPU time of the client's process alone."""

    n_rounds_most = 3

    def __init__(self, context):
        super().__init__("python-cpu", SLOTS)
        self.context, self.found = context, {}

    def prepare(self):
        self.daemon = self.context.daemon(SLOTS)

    def measure(self):
        done = subprocess.run(
            [sys.executable, os.path.join(HERE, "python_client.py")], check=True, text=True,
            stdout=subprocess.PIPE,
            env=command_environment({"ASSAY_ADDR": self.daemon.path, "ASSAY_BUILD": BUILD}))
        for name, used_ms in json.loads(done.stdout).items():
            self.found.setdefault(name, []).append(used_ms)

    def lines(self):
        for name, used_ms in self.found.items():
            yield {"row": "python-cpu", "batch": name,
                   "client_cpu_ms": round(sorted(used_ms)[len(used_ms) // 2], 3)}


def rows(context):
    return [Eval(context, "eval"), Reflexion(context, "reflexion"),
            Python(context, "python", "client"), Python(context, "python-async", "async"),
            PythonCpu(context)]
