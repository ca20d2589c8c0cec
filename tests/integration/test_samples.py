"""The project's own tasks: every reference passes, every candidate gets the verdict on its label."""
import json
import os

import pytest

from support import shared
from support.wire import evaluate, verdict_name

pytestmark = pytest.mark.once


def read(name):
    with open(os.path.join(shared.ROOT, "tests", "data", name), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


TASKS = {task["task_id"]: task for task in read("tasks.jsonl")}


def request(task_id, completion, number, wall_ms):
    task = TASKS[task_id]
    return evaluate(completion, task=str(number), prompt=task["prompt"], check=task["test"],
                    entry_point=task["entry_point"], cpu_ms=1000, wall_ms=wall_ms)


def judge(client, pairs, wall_ms=15000):
    answers = client.judge_many((request(*pair, number, wall_ms)
                                 for number, pair in enumerate(pairs)), window=16)
    return [answer.results[0] for answer in answers]


def test_there_are_enough_of_them():
    assert len(TASKS) >= 40


def test_references_pass(client):
    pairs = [(name, task["canonical_solution"]) for name, task in TASKS.items()]
    wrong = [(name, result.feedback) for (name, _), result in zip(pairs, judge(client, pairs))
             if not result.passed]
    assert not wrong


def test_stubs_never_pass(client):
    pairs = [(name, body) for name in TASKS
             for body in ("    pass\n", "    import os; os._exit(0)\n", "    raise SystemExit(0)\n")]
    assert not [pair for pair, result in zip(pairs, judge(client, pairs)) if result.passed]


@pytest.mark.parametrize("expected", sorted({row["expected"] for row in read("candidates.jsonl")}))
def test_labelled_candidates(client, expected):
    rows = [row for row in read("candidates.jsonl") if row["expected"] == expected]
    results = judge(client, [(row["task_id"], row["completion"]) for row in rows],
                    2000 if expected == "WALL_LIMIT" else 15000)
    different = [(row["task_id"], verdict_name(result), result.feedback.decode()[:200])
                 for row, result in zip(rows, results) if verdict_name(result) != expected]
    if expected == "MEMORY_LIMIT" and "cgroup-memory" not in results[0].isolation:
        different = [row for row, result in zip(rows, results) if result.passed]
    assert not different
