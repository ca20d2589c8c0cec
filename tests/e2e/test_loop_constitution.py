"""assay loop constitution: critique, revision and preference by principles, over real HTTP, judged by a real
daemon."""
import json
import os
import threading

import pytest

from support import shared
from support.model_server import ModelServer

REFERENCE = "def add(a, b):\n    return a + b\n"
TASK = {"id": "add", "language": "python", "prompt": "Add two numbers: add(a, b).", "entry_point": "add",
        "tests": {"asserts": ["assert add(1, 2) == 3"]}, "reference": REFERENCE}
MEASURES = """
principles:
  - {name: tests, measure: passes_tests}
  - {name: calls, measure: no_forbidden_calls, revision: Compute alone.}
  - {name: limits, measure: within_limits}
  - {name: speed, measure: time, times: 2}
"""
READABLE = """
  - name: readable
    critique: What is hard to read?
    revision: Make it easy to read.
    choice: It is easy to read.
"""


def fenced(code):
    return f"Here:\n```python\n{code}```"


RIGHT, WRONG = fenced(REFERENCE), fenced("def add(a, b):\n    return a - b\n")
CONNECTS = fenced("def add(a, b):\n    import socket\n    try:\n        socket.socket()\n"
                  "    except OSError:\n        pass\n    return a + b\n")
SLOW = fenced("def add(a, b):\n    for _ in range(20_000_000):\n        pass\n    return a + b\n")
NICE = fenced("def add(first, second):\n    return first + second\n")


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def last(messages):
    return messages[-1]["content"]


def asks_choice(messages):
    return "Which answer is better" in last(messages)


@pytest.fixture
def constitution(assay, tmp_path):
    def run(answer, principles, *arguments, tasks=(TASK,)):
        files = {name: str(tmp_path / f"{name}.jsonl") for name in ("out", "sft", "preferences")}
        (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in tasks))
        given = []
        if principles is not None:
            (tmp_path / "principles.yaml").write_text(principles)
            given = [str(tmp_path / "principles.yaml")]
        with ModelServer(answer) as server:
            ended = assay("loop", "constitution", *given, str(tmp_path / "tasks.jsonl"), "--model-url", server.url,
                          *(word for name, path in files.items() for word in ("--" + name, path)), *arguments)
        rows = {name: read(path) if os.path.exists(path) else [] for name, path in files.items()}
        return ended, rows, server
    return run


def test_measured_principles_in_the_daemons_words(constitution):
    """Each answer breaks the next principle; the critique names the call, the refused call and the times."""
    requests = []

    def answer(messages):
        if len(messages) > 2:
            requests.append(last(messages))
        return (WRONG, CONNECTS, SLOW, RIGHT)[len(requests)]
    ended, rows, server = constitution(answer, MEASURES, "--samples", "1")
    assert ended.returncode == 0, ended.stderr
    assert len(requests) == 3 and len(server.asked) == 4
    assert "add(1, 2)\nExpected: 3\nActual: -1" in requests[0]
    assert "socket (1 time)" in requests[1] and "Compute alone." in requests[1]
    assert "CPU time" in requests[2] and "At most 2 times" in requests[2]
    row = rows["out"][0]
    assert row["is_sound"] and row["final"] == 3
    assert [text["holds"] for text in row["texts"]] == [
        {"tests": False, "calls": True, "limits": True, "speed": None},
        {"tests": True, "calls": False, "limits": True, "speed": True},
        {"tests": True, "calls": True, "limits": True, "speed": False},
        {"tests": True, "calls": True, "limits": True, "speed": True}]
    assert [(line["completion"], line["holds"]["speed"]) for line in rows["sft"]] == [(RIGHT, True)]
    assert {(line["rejected"], line["by"]) for line in rows["preferences"]} == {
        (WRONG, "tests"), (CONNECTS, "calls"), (SLOW, "speed")}
    assert all(line["chosen"] == RIGHT and line["prompt"] == TASK["prompt"] for line in rows["preferences"])


def test_a_critique_by_the_model_and_a_revision_that_costs_the_tests(constitution):
    """What is easier to read, but wrong, is not taken; what is right, is; and nothing to say is no question."""
    def answer(messages):
        name = messages[1]["content"] if len(messages) > 1 else ""
        if asks_choice(messages):
            return "A"
        if "What is hard to read?" in last(messages):
            return "Nothing." if "content" in name else "The names."
        if "Make it easy" in last(messages):
            assert messages[-2]["content"] == "The names."
            return WRONG if "breaks" in name else NICE
        return RIGHT
    tasks = [{**TASK, "id": name, "prompt": f"Add two numbers: {name}"} for name in ("mended", "breaks", "content")]
    ended, rows, _ = constitution(answer, MEASURES + READABLE, "--samples", "1", tasks=tasks)
    assert ended.returncode == 0, ended.stderr
    assert {line["task"]: line["completion"] for line in rows["sft"]} == {
        "mended": NICE, "breaks": RIGHT, "content": RIGHT}
    assert [(line["task"], line["chosen"], line["rejected"]) for line in rows["preferences"]] == [
        ("breaks", RIGHT, WRONG)]
    out = {row["task"]: row for row in rows["out"]}
    assert len(out["content"]["texts"]) == 1 and len(out["mended"]["critiques"]) == 1


@pytest.mark.parametrize("says, chosen", [
    (lambda a_is_nice: "A" if a_is_nice else "(B)", True),  # for the same text, wherever it stands
    (lambda a_is_nice: "A", False),                         # for the place
    (lambda a_is_nice: "A or B, who knows", False),
])
def test_the_model_chooses_only_what_it_chooses_twice(constitution, says, chosen):
    answers = iter([NICE, RIGHT])
    lock = threading.Lock()

    def answer(messages):
        if asks_choice(messages):
            text = last(messages)
            assert "- It is easy to read." in text
            return says(text.index(NICE) < text.index(RIGHT))
        if "What is hard to read?" in last(messages):
            return "nothing"
        with lock:
            return next(answers)
    ended, rows, server = constitution(answer, MEASURES + READABLE)
    assert ended.returncode == 0, ended.stderr
    wanted = [(NICE, RIGHT, "model")] if chosen else []
    assert [(line["chosen"], line["rejected"], line["by"]) for line in rows["preferences"]] == wanted
    assert sum(asks_choice(each["messages"]) for each in server.asked) == (1 if "who" in says(True) else 2)


def test_what_cannot_be_trusted_teaches_nothing(constitution):
    """A verdict that may be the tests' fault, one that could be forged, and a text that stays wrong."""
    tasks = [{**TASK, "id": "broken tests", "tests": {"asserts": ["assert add(1, 2) ="]}},
             {**TASK, "id": "forgeable", "integrity": "shared"}, {**TASK, "id": "wrong", "prompt": "Subtract."}]

    def answer(messages):
        return WRONG if messages[1]["content"] == "Subtract." else RIGHT
    principles = "principles: [{name: tests, measure: passes_tests}]"
    ended, rows, _ = constitution(answer, principles, tasks=tasks)
    assert ended.returncode == 4 and not rows["sft"] and not rows["preferences"]
    assert {row["task"]: "problem" in row for row in rows["out"]} == {
        "broken tests": True, "forgeable": True, "wrong": False}
    ended, rows, server = constitution(answer, principles, "--resume", "--shared", "--failed", tasks=tasks)
    assert sorted(line["task"] for line in rows["sft"]) == ["forgeable", "wrong"] and not server.asked


def test_complaints_about_a_file_of_principles(assay, tmp_path):
    """Each with its line, before anything is asked."""
    first = "principles:\n  - name: one\n    measure: passes_tests\n"
    cases = [
        ("", "empty"), ("principles: []\n", ":1: "), (first + "    gauge: x\n", ":4: unknown key 'gauge'; there are: name measure"),
        (first + "  - name: two\n    measure: passes\n", ":4: two: 'passes' is no measure; there are: passes_tests, "),
        (first + "  - name: one\n    measure: time\n", ":4: two principles have the name 'one'"),
        (first + "  - name: two\n    critique: What?\n", ":4: two: a principle needs"),
        (first + "    times: 2\n", ":2: one: 'times' is for the measure time"),
        (first + "    choice: It is.\n", ":2: one: what is measured has no"),
        (first + "  - name: two\n    measure: time\n    times: fast\n", ":4: two: times: 'fast'"),
        (first + "  - measure: time\n", ":4: "), ("principles: [*x]\n", "1: "), ("a: {", ": "),
    ]
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text(json.dumps(TASK) + "\n")
    path = tmp_path / "principles.yaml"
    for text, complaint in cases:
        path.write_text(text)
        ended = assay("loop", "constitution", str(path), str(tasks), "--model-command", "false", connect=None)
        assert ended.returncode == 2 and f"{path}:" in ended.stderr and complaint in ended.stderr, (text, ended.stderr)
    ended = assay("loop", "constitution", "/nowhere.yaml", str(tasks), "--model-command", "false", connect=None)
    assert ended.returncode == 2 and "/nowhere.yaml: No such file" in ended.stderr


def test_recorded_solutions_and_the_installed_principles(constitution, tmp_path):
    """A model's recorded failure is revised to its recorded success, for the reasons that the record has."""
    tasks = {row["task"]: row for row in shared.read_lines("labelled/tasks.jsonl.gz")
             if row["dataset"] == "humaneval"}
    codes = {}
    for row in shared.read_lines("labelled/candidates.jsonl.gz"):
        if row["dataset"] == "humaneval" and f"def {tasks[row['task']]['entry']}(" in row["code"]:
            codes.setdefault(row["task"], {}).setdefault(row["verdict"], row["code"])
    names = [f"HumanEval/{number}" for number in (141, 142, 143, 150, 160)]
    by_prompt = {tasks[name]["prompt"]: codes[name] for name in names}

    def answer(messages):
        if "Write only the critique." in last(messages):
            return "Nothing."
        return fenced(by_prompt[messages[1]["content"]][len(messages) > 2] + "\n")
    lines = [{"id": name, "language": "python", "prompt": tasks[name]["prompt"], "entry_point": tasks[name]["entry"],
              "tests": {"check": tasks[name]["test"]}} for name in names]
    ended, rows, server = constitution(answer, None, "--samples", "1", tasks=lines)
    assert ended.returncode == 0, ended.stderr
    assert {line["task"]: line["completion"] for line in rows["sft"]} == {
        name: fenced(codes[name][True] + "\n") for name in names}
    assert {line["task"] for line in rows["preferences"]} == set(names)
    assert all(line["by"] in ("tests", "calls", "limits") for line in rows["preferences"])
    n_asked = len(server.asked)
    ended, again, server = constitution(answer, None, "--samples", "1", "--resume", tasks=lines)
    assert not server.asked and again["sft"] == rows["sft"] and n_asked == len(read(tmp_path / "out.jsonl.journal"))
