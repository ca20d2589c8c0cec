"""Rows of what others do: a process a candidate, with less protection or with containers.

python3: `python3 -I` on a file, no protection. bubblewrap and runc: the same in namespaces of its
own, made for each. harness: what openai/human-eval does (harness.py). They are slow, so three rounds
have to do; a program that is not installed is left out with a word.
"""
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from bench import tasks
from bench.row import Output, Throughput

HERE = os.path.dirname(os.path.abspath(__file__))
PLAIN = ["/usr/bin/python3", "-I"]
BUBBLEWRAP = [
    "bwrap", "--unshare-all", "--die-with-parent", "--new-session",
    "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib",
    "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
]  # fmt: skip
LINKS = ("bin", "lib", "lib64")  # of the root that a container sees, into /usr


def children_cpu_ns():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1e9


class Peer(Throughput):
    n_rounds_most = 3


class Command(Peer):
    """`command(context, number, path)`: what runs the program in that file. The CPU time is told of
    those only whose processes are all reaped by us in the end, which containers' are not."""

    def __init__(self, context, name, workers, command):
        super().__init__(name, workers)
        self.context, self.command = context, command
        self.is_counted = command is plainly

    def prepare(self):
        self.commands = []
        for number, task in enumerate(self.context.tasks):
            path = self.context.path(f"{number}.py")
            with open(path, "w", encoding="utf-8") as file:
                file.write(tasks.as_program(task))
            self.commands.append(self.command(self.context, number, path))

    def judge(self, command):
        start = time.perf_counter()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)
        return (time.perf_counter() - start) * 1000, done.returncode

    def measure(self):
        start, cpu_ns = time.perf_counter(), children_cpu_ns()
        with ThreadPoolExecutor(self.workers) as pool:
            results = list(pool.map(self.judge, self.commands))
        seconds, cpu_ns = time.perf_counter() - start, children_cpu_ns() - cpu_ns
        self.take(len(results), seconds, [latency for latency, _ in results],
                  sum(status != 0 for _, status in results),
                  cpu_ns / len(results) / 1e6 if self.is_counted else None)


class Harness(Peer):
    def __init__(self, context, workers):
        super().__init__("harness", workers)
        self.context = context

    def prepare(self):
        self.path = self.context.path("harness.jsonl")
        with open(self.path, "w", encoding="utf-8") as file:
            for task in self.context.tasks:
                file.write(json.dumps({"program": tasks.as_program(task)}) + "\n")

    def measure(self):
        cpu_ns = children_cpu_ns()
        done = subprocess.run(
            [sys.executable, os.path.join(HERE, "harness.py"), self.path, str(self.workers)],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        cpu_ns = children_cpu_ns() - cpu_ns
        output = Output(done.stdout)
        n = len(output.verdicts)
        self.take(n, output.seconds, output.latencies_ms,
                  sum(status != "0" for status in output.verdicts), cpu_ns / n / 1e6)


def plainly(_context, _number, path):
    return [*PLAIN, path]


def in_bubblewrap(_context, _number, path):
    return [*BUBBLEWRAP, "--ro-bind", path, "/program.py", *PLAIN, "/program.py"]


def in_runc(context, number, path):
    """A bundle for each program; all have the same root, which is little more than /usr."""
    root = context.path("root")
    if not os.path.exists(root):
        for folder in ("usr", "proc", "dev", "tmp"):
            os.makedirs(os.path.join(root, folder))
        for name in LINKS:
            os.symlink(f"usr/{name}", os.path.join(root, name))
        with open(os.path.join(root, "program.py"), "wb"):
            pass
    bundle = context.path(f"bundle{number}")
    os.makedirs(bundle, exist_ok=True)
    with open(os.path.join(bundle, "config.json"), "w", encoding="utf-8") as file:
        json.dump(bundle_config(root, path), file)
    return ["runc", "--root", context.path("runc"), "run", "--bundle", bundle, f"bench-{number}"]


def bundle_config(root, path):
    read_only = ["bind", "ro", "nosuid", "nodev"]
    return {
        "ociVersion": "1.0.2",
        "process": {"user": {"uid": 65534, "gid": 65534}, "args": [*PLAIN, "/program.py"], "cwd": "/",
                    "env": ["PATH=/usr/bin"], "noNewPrivileges": True},
        "root": {"path": root, "readonly": True},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "mode=755", "size=64k"]},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]},
            {"destination": "/usr", "type": "bind", "source": "/usr", "options": read_only},
            {"destination": "/program.py", "type": "bind", "source": path, "options": read_only},
        ],
        "linux": {"namespaces": [{"type": name} for name in
                                 ("pid", "network", "ipc", "uts", "mount")]},
    }


def rows(context):
    made = []
    for workers in (1, 2):
        made.append(Command(context, "python3", workers, plainly))
        for name, program, command in (("bubblewrap", "bwrap", in_bubblewrap),
                                       ("runc", "runc", in_runc)):
            if shutil.which(program):
                made.append(Command(context, name, workers, command))
            elif workers == 1:
                print(f"{name}: not installed, left out (make deps-bench)")
        made.append(Harness(context, workers))
    return made
