"""assay loop selfplay: problems that one side proposes and the other solves, both judged by the daemon."""
import json
import os
import re

import pytest

from support import shared
from support.model_server import ModelServer

SEED = {"task_id": "seed", "prompt": "def seed(x):\n    \"\"\"The seed.\"\"\"\n", "entry_point": "seed",
        "canonical_solution": "    return x\n", "test": "def check(candidate):\n    assert candidate(1) == 1\n"}
ADD = 'def add(a, b):\n    """The sum."""\n'
ADD_TESTS = "assert add(1, 2) == 3\nassert add(0, 0) == 0\nassert add(-1, 5) == 4\n"
RIGHT, WRONG = "def add(a, b):\n    return a + b\n", "def add(a, b):\n    return a - b\n"


def blocks(*texts):
    return "Here it is.\n" + "\n".join(f"```python\n{text}```" for text in texts)


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture
def selfplay(assay, tmp_path):
    """Plays; gives what came, the lines by their task, and the server."""
    def run(answer, tasks, *arguments):
        out, problems, results = (str(tmp_path / name) for name in ("out", "problems", "results"))
        with ModelServer(answer) as server:
            ended = assay("loop", "selfplay", write(tmp_path / "tasks", tasks), "--model-url", server.url, "--out", out,
                          "--problems", problems, "--results", results, *arguments)
        rows = {row["task"]: row for row in read(out)} if os.path.exists(out) else {}
        return ended, rows, problems, results, server
    return run


def is_proposer(messages):
    return "You write programming problems" in messages[0]["content"]


UNSOUND = {
    "it has no three blocks of code": "def add(a, b): ...",
    "it names no function": blocks("x = 1\n", RIGHT, ADD_TESTS),
    "it has too few tests": blocks(ADD, RIGHT, "assert add(1, 2) == 3\nassert 1 == 1\nassert add(\n"),
    "its solution does not pass its tests": blocks(ADD, WRONG, ADD_TESTS),
    "its tests do not run": blocks(ADD, RIGHT, ADD_TESTS + "assert add(1, 2) === 3\n"),
    "its tests ask for nothing": blocks(ADD, RIGHT, "assert add(1, 2)\nassert add(2, 2)\nassert add(3, 3)\n"),
}


@pytest.mark.parametrize("why", UNSOUND)
def test_a_proposal_that_is_not_sound(selfplay, why):
    ended, rows, problems, results, server = selfplay(lambda messages: UNSOUND[why], [SEED])
    assert ended.returncode == 0, ended.stderr
    assert [problem["why"] for problem in rows["seed"]["problems"]] == [why]
    assert "1 problems proposed, 0 of them sound, 0 kept" in ended.stderr
    assert read(problems) == read(results) == [] and len(server.asked) == 1, "nobody was asked to solve it"


def test_a_solution_that_throws_dice(selfplay):
    """Each proof is three runs; of eight proposals, all would have to be lucky or unlucky three times."""
    dice = "import os\nWRONG = os.getrandom(1) > b'\\x7f'\ndef add(a, b):\n    return a + b + WRONG\n"
    numbers = iter(range(8))

    def answer(messages):
        return blocks(f"# {next(numbers)}\n{ADD}", dice, ADD_TESTS) if is_proposer(messages) else blocks(WRONG)
    ended, rows, *_ = selfplay(answer, [SEED], "--proposals", "8", "--samples", "1")
    assert ended.returncode == 0, ended.stderr
    assert "its solution does not always do the same" in [problem["why"] for problem in rows["seed"]["problems"]]


def test_what_is_solved_sometimes_is_kept(selfplay, assay, tmp_path):
    """Proposals one after the other: always solved, never, the same again, sometimes."""
    prompts = [ADD.replace("The sum", text) for text in ("Easy", "Hard", "Easy", "Fair")]
    proposals, solved = iter(prompts), {"Easy": 4, "Hard": 0, "Fair": 1}

    def answer(messages):
        if is_proposer(messages):
            assert messages[1]["content"].startswith("This is an example") and "def seed" in messages[1]["content"]
            return blocks(next(proposals), RIGHT, ADD_TESTS)
        name = re.search('"""(.*)[.]"""', messages[1]["content"]).group(1)
        solved[name] -= 1
        return blocks(RIGHT if solved[name] >= 0 else WRONG)
    ended, rows, problems, results, server = selfplay(answer, [SEED], "--proposals", "4", "--jobs", "1",
                                                       "--model", "solver", "--proposer", "proposer")
    assert ended.returncode == 0, ended.stderr
    assert [(problem.get("why"), problem.get("rate")) for problem in rows["seed"]["problems"]] == [
        ("it is solved too often", 1.0), ("it is solved too seldom", 0.0), ("it was there before", None), (None, 0.25)]
    assert "4 problems proposed, 3 of them sound, 1 kept" in ended.stderr and len(server.asked) == 4 + 3 * 4
    assert {(asked["model"], is_proposer(asked["messages"])) for asked in server.asked} == {
        ("proposer", True), ("solver", False)}
    (task,), told = read(problems), read(results)
    assert task["id"] == "seed#4" and task["prompt"] == prompts[3] and len(task["candidates"]) == len(told) == 4
    again = [json.loads(line) for line in assay("eval", problems).stdout.splitlines()]
    assert {(row["id"], row["candidate"], row["passed"]) for row in again} == {
        (row["id"], row["candidate"], row["passed"]) for row in told}
    ended = assay("suite", problems, "--reference")
    assert ended.returncode == 0, ended.stderr
    ended = assay("loop", "pairs", problems, results, "--out", str(tmp_path / "pairs"))
    assert ended.returncode == 0 and all(RIGHT in pair["chosen"] and WRONG in pair["rejected"]
                                         for pair in read(tmp_path / "pairs")), ended.stderr


def test_resume_asks_nothing_twice(selfplay):
    """Without an answer of one solver there is no verdict; going on, only that one is asked."""
    answers = iter([blocks(ADD, RIGHT, ADD_TESTS), blocks(RIGHT), (400, b"no"), blocks(WRONG)])
    ended, rows, *_ = selfplay(lambda messages: next(answers), [SEED], "--samples", "2", "--jobs", "1")
    assert ended.returncode == 4 and "400: no" in rows["seed"]["problem"]
    ended, rows, problems, _, server = selfplay(lambda messages: next(answers), [SEED], "--samples", "2", "--resume")
    assert ended.returncode == 0 and len(server.asked) == 1 and read(problems)[0]["id"] == "seed#1"


def test_recorded_problems_and_solutions(selfplay):
    """HumanEval's tasks as proposals, and what GPT-4 and GPT-3.5 wrote as solutions: the rates are as labelled."""
    tasks = {task["task_id"]: task for task in shared.read_lines(shared.HUMANEVAL)}
    texts = {}
    for each in shared.read_lines("labelled/candidates.jsonl.gz"):
        if each["dataset"] == "humaneval" and f"def {tasks[each['task']]['entry_point']}(" in each["code"]:
            texts.setdefault(each["task"], {}).setdefault(each["code"].rstrip() + "\n", each["verdict"])
    names = [f"HumanEval/{number}" for number in (141, 142, 143, 150, 160)]
    solvers = {name: iter(sorted(texts[name], key=texts[name].get)[:2] + sorted(texts[name], key=texts[name].get)[-2:])
               for name in names}
    # Each is proposed on the next one's account: nobody proposes the example itself.
    proposed = {tasks[name]["prompt"]: names[index - 1] for index, name in enumerate(names)}

    def proposal(name):
        task = tasks[name]
        lines = [line.strip().replace("candidate(", f"{task['entry_point']}(") for line in task["test"].splitlines()]
        tests = [line for line in lines if line.startswith("assert") and "True, " not in line]
        return blocks(task["prompt"], task["prompt"] + task["canonical_solution"], "\n".join(tests) + "\n")

    def answer(messages):
        content = messages[1]["content"]
        if is_proposer(messages):
            return proposal(next(name for prompt, name in proposed.items() if prompt in content))
        return blocks(next(solvers[next(name for name in names if tasks[name]["prompt"] == content)]))
    ended, rows, problems, results, _ = selfplay(answer, [tasks[name] for name in names], "--min-rate", "0",
                                                 "--max-rate", "1")
    assert ended.returncode == 0, ended.stderr
    assert "5 problems proposed, 5 of them sound, 5 kept" in ended.stderr
    by_prompt = {tasks[name]["prompt"]: name for name in names}
    for task in read(problems):
        name = by_prompt[task["prompt"]]
        told = {row["candidate"]: row["passed"] for row in read(results) if row["id"] == task["id"]}
        for candidate in task["candidates"]:
            code = candidate["code"].split("```python\n")[1].rsplit("```", 1)[0]
            assert told[candidate["id"]] == texts[name][code], (name, code)
