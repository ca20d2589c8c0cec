"""The same candidates get the same verdicts, again and while others want the processors, too."""
import pytest

from support import shared
from support.wire import evaluate, verdict_name

pytestmark = pytest.mark.once

REPEATS = 5  # of those that differed: do they differ by themselves?
WINDOW = 256


@pytest.fixture(scope="module")
def candidates():
    tasks = {(task["dataset"], task["task"]): task
             for task in shared.read_lines("labelled/tasks.jsonl.gz") if task["lang"] == "python"}
    rows = [row for row in shared.read_lines("labelled/candidates.jsonl.gz")
            if row["lang"] == "python"]
    return [request_of(str(number), row, tasks[row["dataset"], row["task"]])
            for number, row in enumerate(rows)]


def request_of(name, row, task):
    return evaluate(row["code"], task=name, prompt=task["prompt"], check=task["test"],
                    entry_point=task["entry"], cpu_ms=1500, wall_ms=15000)


def judge_all(client, requests):
    """Verdict and outcomes by name."""
    found, waiting = {}, []
    for request in requests:
        waiting.append((request.id, client.submit(request)))
        if len(waiting) >= WINDOW:
            collect(client, waiting.pop(0), found)
    for each in waiting:
        collect(client, each, found)
    return found


def collect(client, waiting, found):
    name, number = waiting
    result = client.collect(number).results[0]
    found[name] = (verdict_name(result), tuple(test.outcome for test in result.tests))


@pytest.fixture(scope="module")
def first(candidates):
    return {}


def compare(client, candidates, first, capsys):
    if not first:
        first.update(judge_all(client, candidates))
    again = judge_all(client, candidates)
    differing = [request for request in candidates if again[request.id] != first[request.id]]
    ours = []
    for request in differing:
        request.repeat = REPEATS
        result = client.judge_one(request)
        request.repeat = 0
        if result.repeats.agree:
            ours.append((request.id, first[request.id][0], again[request.id][0]))
    with capsys.disabled():
        print(f"\n{len(candidates)} candidates: {len(differing)} verdicts differ, "
              f"{len(differing) - len(ours)} of them by themselves")
    return ours


def test_again(client, candidates, first, capsys):
    assert not compare(client, candidates, first, capsys)


def test_on_a_busy_machine(client, candidates, first, capsys, busy_loops):
    assert not compare(client, candidates, first, capsys)
