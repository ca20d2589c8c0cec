"""assay loop reflexion --tests: attempts that are judged by what the task shows, or by tests of the model's own.
The task's real tests judge them at the end, and no question to the model's server tells of those."""
import json

import pytest

from support import shared
from support.model_server import ModelServer

ADDS, SUBTRACTS, BOTH_WRONG = ("def add(a, b):\n    return a + b\n", "def add(a, b):\n    return a - b\n",
                               "def add(a, b):\n    return 2 * a + b - 1\n")
HIDDEN = [70707, 80808]
TASK = {"id": "add", "language": "python", "prompt": "Add two numbers: add(a, b).", "entry_point": "add",
        "tests": {"asserts": ["assert add(1, 2) == 3", f"assert add(70000, 707) == {HIDDEN[0]}",
                              f"assert add(80000, 808) == {HIDDEN[1]}"]},
        "hidden": [1, 2]}


def asks_for_tests(messages):
    return "Do not solve this." in messages[-1]["content"]


def is_reflection(messages):
    return "In a few sentences" in messages[-1]["content"]


def attempts_before(messages):
    return sum(message["role"] == "assistant" for message in messages)


def in_turn(*codes, tests=""):
    def answer(messages):
        if asks_for_tests(messages):
            return tests
        if is_reflection(messages):
            return "I see."
        return f"```python\n{codes[min(attempts_before(messages), len(codes) - 1)]}```"
    return answer


@pytest.fixture
def reflexion(assay, tmp_path):
    def run(answer, *arguments, tasks=(TASK,)):
        path, out = tmp_path / "tasks.jsonl", tmp_path / "out.jsonl"
        path.write_text("".join(json.dumps(task) + "\n" for task in tasks))
        with ModelServer(answer) as server:
            ended = assay("loop", "reflexion", str(path), "--model-url", server.url, "--out", str(out), *arguments)
        return ended, {row["task"]: row for row in map(json.loads, out.read_text().splitlines())}, server
    return run


def told(server):
    return json.dumps([each["messages"] for each in server.asked])


def test_visible_tests_and_then_all(reflexion):
    """The hidden tests fail what the visible one lets pass; it is counted so, and nothing of them is told."""
    tasks = [TASK, {**TASK, "id": "overfits", "prompt": "Add two numbers in your own way."}]

    def answer(messages):
        overfits = "own way" in messages[1]["content"]
        return in_turn(SUBTRACTS, "def add(a, b):\n    return 3\n" if overfits else ADDS)(messages)
    ended, rows, server = reflexion(answer, "--tests", "visible", tasks=tasks)
    assert ended.returncode == 0, ended.stderr
    assert rows["add"]["solved"] and not rows["overfits"]["solved"]
    for row in rows.values():
        assert [each["passed"] for each in row["attempts"]] == [False, True]
        assert "add(1, 2)\nExpected: 3\nActual: -1" in row["attempts"][0]["feedback"]
        assert row["tests"] == {"asserts": TASK["tests"]["asserts"][:1]}
        assert [sorted(each["real"]) for each in row["attempts"]] == [
            ["integrity", "maskable", "passed", "score", "verdict"]] * 2
    assert "pass@1 after 1 attempt: 0.0 %" in ended.stderr and "after 4 attempts: 50.0 %" in ended.stderr
    assert len(server.asked) == 6
    for value in HIDDEN:
        assert str(value) not in told(server) and str(value) not in json.dumps(rows)


def test_the_models_own_tests(reflexion):
    """Those that are no Python, call nothing, name what is not there or contradict each other are dropped."""
    tests = ("Sure:\n```python\nassert add(2, 2) == 4\nassert add(1, 1) == 2\nassert add(1, 1) == 3\n"
             "assert add(nothing, 1) == 2\nassert True\nassert add(5, 5) == = 10\n```")
    ended, rows, server = reflexion(in_turn(SUBTRACTS, ADDS, tests=tests), "--tests", "own")
    assert ended.returncode == 0, ended.stderr
    row = rows["add"]
    assert row["solved"] and row["tests"] == {"asserts": ["assert add(2, 2) == 4"]}
    assert "add(2, 2)\nExpected: 4\nActual: 0" in row["attempts"][0]["feedback"]
    assert "may be wrong themselves" in told(server) and len(server.asked) == 4
    assert all(str(value) not in told(server) for value in HIDDEN)


def test_own_tests_that_are_wrong_or_none(reflexion):
    """Wrong ones lead away from what was right, and pass@1 says so; without any there is one attempt."""
    wrong = in_turn(ADDS, SUBTRACTS, tests="assert add(9, 4) == 5")
    ended, rows, _ = reflexion(wrong, "--tests", "own")
    assert not rows["add"]["solved"] and [each["real"]["passed"] for each in rows["add"]["attempts"]] == [True, False]
    assert "after 1 attempt: 100.0 %" in ended.stderr and "after 2 attempts: 0.0 %" in ended.stderr
    again, resumed, server = reflexion(wrong, "--tests", "own", "--resume")
    assert not server.asked and resumed == rows and "after 1 attempt: 100.0 %" in again.stderr
    task = {**TASK, "id": "none", "prompt": "Add two numbers, or none."}
    ended, rows, server = reflexion(in_turn(SUBTRACTS, tests="I cannot."), "--tests", "own", "--resume", tasks=[task])
    assert ended.returncode == 0 and len(rows["none"]["attempts"]) == 1 and len(server.asked) == 2
    assert "tests" not in rows["none"] and not rows["none"]["solved"]
    ended, _, _ = reflexion(wrong, "--tests", "mine", "--resume")
    assert ended.returncode == 2 and "'mine' is none of given, visible, own" in ended.stderr


def test_examples_of_humaneval(reflexion):
    """All tasks whose prompt has examples: the reference passes those that can be used, and nothing that only
    the real tests say is in a question."""
    tasks = [task for task in shared.read_lines(shared.HUMANEVAL) if ">>>" in task["prompt"]]
    codes = {task["prompt"]: task["prompt"] + task["canonical_solution"] for task in tasks}
    broken = {task["prompt"]: f"def {task['entry_point']}(*arguments):\n    return 'nothing'\n" for task in tasks}

    def answer(messages):
        if is_reflection(messages):
            return "I see."
        return f"```python\n{(codes if attempts_before(messages) else broken)[messages[1]['content']]}\n```"
    ended, rows, server = reflexion(answer, "--tests", "visible", "--max-attempts", "2", tasks=tasks)
    assert ended.returncode == 0 and len(rows) == len(tasks) == 76, ended.stderr
    with_tests = {name for name, row in rows.items() if "tests" in row}
    solved = {name for name, row in rows.items() if row["solved"]}
    assert len(with_tests) >= 74 and solved == with_tests
    wrong = {name for name in with_tests if not rows[name]["attempts"][-1]["passed"]}
    assert wrong == {"HumanEval/47", "HumanEval/116"}  # whose examples are wrong
    for task in tasks:
        shown = {line.strip() for line in task["prompt"].splitlines()}
        for line in task["test"].splitlines():
            if line.strip().startswith("assert candidate(") and " == " in line:
                call = line.strip()[len("assert candidate"):].split(" == ")[0]
                if not any(call in each for each in shown):
                    asked = [each["messages"] for each in server.asked
                             if each["messages"][1]["content"] == task["prompt"]]
                    assert task["entry_point"] + call not in json.dumps(asked)
