"""Solutions of models with the verdict that was recorded when they were written. To judge them all
takes long, so tests that only look at what comes of it share one judging."""
from dataclasses import dataclass

from support import shared
from support.daemon import Daemon
from support.wire import evaluate


@dataclass
class Labelled:
    """A candidate, its task, what asks for its verdict, and the result once it is judged."""
    row: dict
    task: dict
    request: object
    result: object = None

    @property
    def name(self):
        return self.request.id


def read():
    tasks = {(task["dataset"], task["task"]): task
             for task in shared.read_lines("labelled/tasks.jsonl.gz") if task["lang"] == "python"}
    rows = [row for row in shared.read_lines("labelled/candidates.jsonl.gz")
            if row["lang"] == "python"]
    found = []
    for number, row in enumerate(rows):
        task = tasks[row["dataset"], row["task"]]
        request = evaluate(row["code"], task=str(number), prompt=task["prompt"], check=task["test"],
                           entry_point=task["entry"], cpu_ms=3000, wall_ms=30000)
        found.append(Labelled(row, task, request))
    return found


def judge(client, candidates):
    """The results of all, in their order."""
    answers = client.judge_many((each.request for each in candidates), window=256)
    return [answer.results[0] for answer in answers]


def read_and_judge():
    candidates = read()
    server = Daemon()
    try:
        with server.connect() as client:
            for each, result in zip(candidates, judge(client, candidates)):
                each.result = result
    finally:
        server.stop()
    return candidates
