"""What the bench has judged: task sets, and the files in which its C programs read them.

A task here is (prompt, test, entry point, codes of the candidates). The reference solutions of
HumanEval are the measure of nearly everything; where the shared data is missing, the project's own
few tasks stand in for them, and the figures say little.
"""
import gzip
import json
import os
import re
import struct

from support.shared import ROOT, SHARED

POLICY = os.path.join(ROOT, "policies", "python", "policy.yaml")
FEW = os.path.join(ROOT, "tests", "data", "tasks.jsonl")
TRIVIAL = ("def f(x):\n", "def check(candidate):\n    assert candidate(1) == 1\n", "f",
           ["    return x\n"])
# What follows the body of a function that a model wrote: text in the first column that is neither
# a comment nor the end of an expression.
BEHIND_THE_BODY = re.compile(r"\n(?=[^\s#)\]}])")


def data(name):
    return os.path.join(SHARED, "data", name)


def read_lines(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def humaneval(most=None):
    """Reference solutions, as (prompt, test, entry point, [code])."""
    path = data("humaneval/HumanEval.jsonl.gz")
    rows = read_lines(path if os.path.exists(path) else FEW)[:most]
    return [(row["prompt"], row["test"], row["entry_point"], [row["canonical_solution"]])
            for row in rows]


def codegen(most=None):
    """What a model wrote for the tasks of HumanEval: 100 samples each, cut behind the function.
    None if there is no shared data."""
    if not os.path.exists(data("codet/solutions.jsonl.gz")):
        return None
    samples = {row["prompt"]: row["samples"] for row in read_lines(data("codet/solutions.jsonl.gz"))}
    return [(row["prompt"], row["test"], row["entry_point"],
             [BEHIND_THE_BODY.split(text, maxsplit=1)[0] + "\n" for text in samples[row["prompt"]]])
            for row in read_lines(data("codet/tasks.jsonl.gz"))[:most]]


def with_copies(tasks, n):
    return [(prompt, test, entry_point, codes * n) for prompt, test, entry_point, codes in tasks]


def with_asserts(n):
    """A task of one small function and so many assertions about it."""
    lines = "".join(f"    assert candidate({i}) == {i}\n" for i in range(n))
    return (TRIVIAL[0], "def check(candidate):\n" + lines, TRIVIAL[2], TRIVIAL[3])


def write(path, tasks):
    """The form that task_file.c reads."""
    def packed(text):
        encoded = text.encode()
        return struct.pack("=I", len(encoded)) + encoded
    with open(path, "wb") as file:
        for prompt, test, entry_point, codes in tasks:
            file.write(packed(prompt) + packed(test) + packed(entry_point))
            file.write(struct.pack("=I", len(codes)) + b"".join(map(packed, codes)))
    return path


def as_program(task):
    """The first candidate with its tests, as a file that Python runs."""
    prompt, test, entry_point, codes = task
    return f"{prompt}{codes[0]}\n{test}\ncheck({entry_point})\n"


def imports():
    """The zygote's, from the policy: a plain list of words."""
    with open(POLICY, encoding="utf-8") as policy:
        lines = policy.read().split("\nimports:\n", 1)[1].split("\n")
    names = []
    for line in lines:
        if not line.startswith("  - "):
            break
        names.append(line[4:].split("#")[0].strip())
    return names
