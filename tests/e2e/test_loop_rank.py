"""assay loop rank: the best of many candidates by the model's own tests."""
import json
import math
import os
import re
import signal
import subprocess
import sys

import pytest

from support import host, shared
from support.daemon import BUILD, command_environment, program

sys.path.insert(0, os.path.join(BUILD, "python"))

import assay as client_of_assay  # noqa: E402  (the path is set above)

PROMPT = 'def add(a, b):\n    """The sum."""\n'
TASK = {"task_id": "add", "prompt": PROMPT, "entry_point": "add", "canonical_solution": "    return a + b\n",
        "test": "def check(candidate):\n    assert candidate(20, 3) == 23\n"}
RIGHT, MINUS, LOOP = "    return a + b\n", "    return a - b\n", "    while a != b:\n        pass\n    return a + b\n"
SHORT = ("--limits", "cpu_ms=500")  # what never ends costs that much


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def read(path):
    with open(path, encoding="utf-8") as lines:
        return {row["task"]: row for row in map(json.loads, lines)}


@pytest.fixture
def files(tmp_path):
    def make(tasks, samples, tests):
        return (write(tmp_path / "tasks.jsonl", tasks), write(tmp_path / "samples.jsonl", samples),
                "--tests", write(tmp_path / "tests.jsonl", tests), "--out", str(tmp_path / "out.jsonl"))
    return make


@pytest.fixture
def rank(assay, files):
    def run(tasks, samples, tests, *arguments):
        paths = files(tasks, samples, tests)
        ended = assay("loop", "rank", *paths, *arguments)
        return ended, read(paths[-1])
    return run


OWN_TESTS = [
    "add(1, 2) == 3\nassert add(2, 2) == 4\n",
    "add(1, 2) == 3, 'twice'\nassert\n    add(2, 2) == 4\nassert add(5, 0) in (5, 6)\n",
    "add(7, 7) ==\nassert nobody(3)\nassert add(1 2) == 3\nassert add(0, 0) == 0\nprint('more')\n",
    "add(1, [2,\n", "____ == add(1, 1)\n", "add(3, 0) == 3\nassert add(9, 9) == 18\nassert add(9, 9) == 1\n"]
USABLE = ["assert add(1, 2) == 3", "assert add(2, 2) == 4", "assert add(1, 2) == 3, 'twice'",
          "assert add(5, 0) in (5, 6)", "assert add(7, 7) ==", "assert add(1 2) == 3", "assert add(0, 0) == 0",
          "assert ____ == add(1, 1)", "assert add(3, 0) == 3", "assert add(9, 9) == 18", "assert add(9, 9) == 1"]


def test_groups_scores_and_what_is_left_out(rank):
    samples = [{"task_id": "add", "samples": [MINUS, RIGHT + "\nprint(add(1, 2))\n", LOOP, RIGHT, RIGHT, MINUS]}]
    tests = [{"prompt": PROMPT + "    pass\n\nassert ", "samples": OWN_TESTS}]
    ended, rows = rank([TASK], samples, tests, "--per-text", "3", "--real", *SHORT)
    row = rows["add"]
    assert ended.returncode == 0, (ended.stderr, row)
    assert row["tests"] == USABLE
    assert row["n_broken"] == 2 and (row["n_samples"], row["n_different"]) == (6, 3)
    passed = {0: [], 1: [0, 1, 2, 3, 6, 8, 9], 2: [1, 6, 9], 3: []}
    right, minus, loop = row["groups"]
    assert right["candidates"] == [1, 3, 4] and right["tests"] == passed[1]
    assert loop["candidates"] == [2] and loop["tests"] == passed[2], "what never ends fails by itself"
    assert minus["candidates"] == [0, 5] and minus["tests"] == [3, 6, 8]
    assert right["score"] == pytest.approx(math.sqrt(3) * 8)
    assert (row["best"], row["code"], row["best_passed"]) == (1, RIGHT, True)
    assert row["pass_rate"] == pytest.approx(0.5)
    assert "first-ranked: 100.0 %, of random picks: 50.0 %" in ended.stderr


def test_no_candidates_no_tests_and_strangers(rank):
    tasks = [TASK, {**TASK, "task_id": "none"}, {**TASK, "task_id": "untested"}]
    samples = [{"task_id": "add", "completion": RIGHT}, {"task_id": "untested", "completion": MINUS},
               {"task_id": "stranger", "completion": RIGHT}]
    ended, rows = rank(tasks, samples, [{"task_id": "add", "tests": ["assert add(1, 1) == 2"]}], "--score", "product")
    assert ended.returncode == 4 and "line 3: no task has this" in ended.stderr
    assert rows["add"]["groups"] == [{"score": 1.0, "candidates": [0], "tests": [0]}]
    assert rows["none"]["problem"] == "there are no candidates for it"
    assert rows["untested"]["code"] == MINUS and rows["untested"]["groups"][0]["score"] == 0


def cut(text):
    """The body that a raw sample begins with: up to the first line that is not indented."""
    body = re.split(r"\n(?=[^\s#)\]}'\"])", text)[0]
    return body.rstrip() + "\n"


def parses(text):
    try:
        compile(text, "", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def own_tests(entry, blocks):
    """At most 5 assertions of each text: the shortest of what follows the word that Python can read."""
    for block in blocks:
        parts = [part.strip().split("\n") for part in re.split(r"(?m)^\s*assert\b", "assert " + block)[1:]]
        texts = [next(filter(parses, ("assert " + "\n".join(lines[:n]) for n in range(1, len(lines) + 1))), "")
                 for lines in parts]
        yield from [text.rstrip() for text in texts if entry in text][:5]


def ranked(judge, task, codes, tests):
    """The paper's ranking, pair by pair, in a few lines."""
    different, asserted = list(dict.fromkeys(codes)), list(dict.fromkeys(tests))
    rows = judge.evaluate_matrix(
        client_of_assay.Task(client_of_assay.Tests.asserts([]), prompt=task["prompt"], entry_point=task["entry_point"],
                             limits=client_of_assay.Limits(cpu_ms=500)),
        [client_of_assay.Tests.asserts([text]) for text in asserted], different)
    groups = {}
    for code, row in zip(different, rows):
        passed = frozenset(text for text, result in zip(asserted, row) if result.passed)
        groups.setdefault(passed, []).extend(i for i, each in enumerate(codes) if each == code)
    return sorted(((math.sqrt(len(those)) * sum(text in passed for text in tests), -min(those), sorted(those))
                   for passed, those in groups.items()), reverse=True)


TASKS = ["HumanEval/3", "HumanEval/4", "HumanEval/8", "HumanEval/13", "HumanEval/22", "HumanEval/30",
         "HumanEval/35", "HumanEval/42", "HumanEval/48", "HumanEval/58", "HumanEval/83", "HumanEval/151"]


def test_real_texts_rank_as_the_paper_says(rank, daemon):
    """Samples and tests that a model wrote; every pair by itself gives the same groups."""
    tasks = [task for task in shared.read_lines("codet/tasks.jsonl.gz") if task["task_id"] in TASKS]
    samples = {row["prompt"]: row["samples"][:12] for row in shared.read_lines("codet/solutions.jsonl.gz")}
    tests = {row["prompt"].split("    pass\n\n# check")[0]: row for row in shared.read_lines("codet/tests.jsonl.gz")}
    given = [{**tests[task["prompt"]], "samples": tests[task["prompt"]]["samples"][:12]} for task in tasks]
    ended, rows = rank(tasks, [{"prompt": task["prompt"], "samples": samples[task["prompt"]]} for task in tasks], given,
                       "--real", *SHORT)
    assert ended.returncode == 0, ended.stderr
    with client_of_assay.Client(daemon.path) as judge:
        for task, own in zip(tasks, given):
            codes = [cut(text) for text in samples[task["prompt"]]]
            want = ranked(judge, task, codes, list(own_tests(task["entry_point"], own["samples"])))
            found = rows[task["task_id"]]["groups"]
            assert [(pytest.approx(score), those) for score, _, those in want] == [
                (group["score"], group["candidates"]) for group in found], task["task_id"]
            assert rows[task["task_id"]]["best"] == want[0][2][0]
    first = sum(row["best_passed"] for row in rows.values()) / len(rows)
    assert first >= sum(row["pass_rate"] for row in rows.values()) / len(rows) + 0.04


def test_ctrl_c_and_resume(assay, daemon, files):
    """What has ended is kept; going on, it is counted and not judged again."""
    tasks = [{**TASK, "task_id": f"t{i}", "prompt": f"# {i}\n{PROMPT}"} for i in range(200)]  # none alike
    samples = [{"task_id": task["task_id"], "samples": [RIGHT, MINUS]} for task in tasks]
    paths = files(tasks, samples, [{"task_id": task["task_id"], "tests": ["assert add(1, 2) == 3"]} for task in tasks])
    environment = command_environment({"ASSAY_ADDR": daemon.path})
    process = subprocess.Popen([program("assay"), "loop", "rank", *paths, "--real", *SHORT], env=environment,
                               stderr=subprocess.PIPE, text=True)
    host.wait_until(lambda: os.path.exists(paths[-1]) and os.path.getsize(paths[-1]) > 0, "the first line")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and "what has ended is kept" in stderr
    kept = read(paths[-1])
    assert 0 < len(kept) < 200
    ended = assay("loop", "rank", *paths, "--real", "--resume", *SHORT)
    assert ended.returncode == 0 and f"200 of 200 tasks ranked; {len(kept)} had ended before" in ended.stderr
    rows = read(paths[-1])
    assert len(rows) == 200 and all(rows[name] == row for name, row in kept.items())
    assert "first-ranked: 100.0 %" in ended.stderr
