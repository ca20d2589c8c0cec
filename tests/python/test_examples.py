"""The examples, with recorded texts in the place of a model."""
import asyncio
import importlib.util
import os

import pytest

import assay
from assay.integrations import judging
from support.shared import ROOT, read_lines

FOLDER = os.path.join(ROOT, "client", "python", "examples")


def load(name):
    """An example's function, which is called as its file is."""
    spec = importlib.util.spec_from_file_location(name, os.path.join(FOLDER, f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


@pytest.fixture(scope="module")
def recorded():
    """Of a few tasks: right and wrong solutions, as models wrote them. (Of others, verdicts were
    recorded that depend on what else ran in the recording process.)"""
    tasks = {task["task"]: task for task in read_lines("labelled/tasks.jsonl.gz")
             if task["dataset"] == "humaneval"}
    solutions = {}
    for each in read_lines("labelled/candidates.jsonl.gz"):
        task = tasks.get(each["task"])
        if task is not None and f"def {task['entry']}(" in each["code"]:
            solutions.setdefault(each["task"], {}).setdefault(each["verdict"], []).append(
                each["code"])
    names = [f"HumanEval/{number}" for number in (141, 142, 143, 150, 160)]
    return [(tasks[name], solutions[name]) for name in names]


def task_of(task):
    return assay.Task(assay.Tests.check(task["test"]), entry_point=task["entry"])


def asserts_of(task):
    """The assertions of check(), as tests that a model could have been shown."""
    lines = [line.strip() for line in task["test"].splitlines()]
    return [line.replace("candidate(", f"{task['entry']}(") for line in lines
            if line.startswith("assert candidate(")]


def test_every_example_is_short():
    names = sorted(name for name in os.listdir(FOLDER) if name.endswith(".py"))
    assert names == ["best_of_n.py", "constitution.py", "preference_pairs.py", "rank.py", "reflexion.py",
                     "selfplay.py", "star.py"]
    for name in names:
        with open(os.path.join(FOLDER, name), encoding="utf-8") as lines:
            code = lines.read().split('"""', 2)[2]
        assert len([line for line in code.splitlines() if line.strip()]) <= 20


def test_reflexion(daemon, recorded, monkeypatch):
    """The recorded failure is told with its values, and the recorded success ends the loop."""
    monkeypatch.setenv("ASSAY_ADDR", daemon.path)
    monkeypatch.setattr(judging, "_client", None)
    task, solutions = next((task, texts) for task, texts in recorded if asserts_of(task))
    prompts = []

    def model(prompt):
        prompts.append(prompt)
        if "# output: " in prompt:
            return "a reflection"
        return solutions[len(prompts) > 1][0]  # the wrong one first
    code, is_passing, memory = load("reflexion")(model, task["prompt"], asserts_of(task))
    assert is_passing and code == solutions[True][0]
    assert len(prompts) == 3 and "Tests failed:" in prompts[1]
    assert memory == ["\n\n# Learned before: a reflection"] and prompts[2].endswith(memory[0])


def test_star(judge):
    rows = read_lines("star/gsm8k_dev.jsonl.gz")[:10]
    questions = [row["question"] for row in rows]
    answers = [row["answer"].split("####")[1].strip() for row in rows]
    asked = []

    def model(prompts):
        asked.append(prompts)
        if len(asked) == 1:  # right, but for the first three
            return ["#### -1"] * 3 + [row["answer"] for row in rows[3:]]
        return [rows[0]["answer"], "still wrong. #### -1", rows[2]["answer"]]
    lines = load("star")(model, judge, questions, answers)
    assert [len(prompts) for prompts in asked] == [10, 3] and "(Hint: " in asked[1][0]
    assert {line["prompt"] for line in lines} == set(questions) - {questions[1]}
    assert all("####" in line["completion"] and "Hint" not in line["prompt"] for line in lines)


def test_preference_pairs(judge, recorded):
    prompts = [task["prompt"] for task, _ in recorded]
    tasks = [task_of(task) for task, _ in recorded]
    samples = [texts[False][:2] + texts[True][:1] for _, texts in recorded]
    pairs = load("preference_pairs")(judge, prompts, tasks, samples, margin=0.01)
    assert len(pairs) >= 3  # the others differ by less, or were starved
    for pair in pairs:
        _, texts = recorded[prompts.index(pair["prompt"])]
        assert pair["chosen"] in texts[True] and pair["rejected"] in texts[False]


def test_constitution(judge, recorded):
    """Recorded failures, revised to what the record has as right; then a revision that breaks it again."""
    prompts = [task["prompt"] for task, _ in recorded]
    solutions = {task["prompt"]: texts for task, texts in recorded}

    def model(asked):
        texts = []
        for question in asked:
            prompt = next(prompt for prompt in prompts if question.startswith(prompt))
            if question.endswith("What is wrong?") or question.endswith("Is it readable?"):
                texts.append("a critique")
            else:
                texts.append(solutions[prompt][question.endswith("Mend that.")][0])
        return texts
    sft, preferences = load("constitution")(model, judge, prompts, [task_of(task) for task, _ in recorded],
                                            [("Is it readable?", "Rewrite it.")])
    assert {(row["prompt"], row["completion"]) for row in sft} == {
        (prompt, solutions[prompt][True][0]) for prompt in prompts}
    assert len(preferences) >= 3 and all(
        row["rejected"] in solutions[row["prompt"]][False] and
        row["chosen"] in solutions[row["prompt"]][True] for row in preferences)


def test_rank(judge):
    """Right ones agree; a wrong one, a broken test and one that nobody passes change nothing."""
    codes = ["def f(x): return x * 2", "def f(x): return x + 2", "def f(x): return x * 2", "def f(x): return 2 * x"]
    asserts = ["assert f(2) == 4", "assert f(3) == 6", "assert f(1) == 3", "assert f(", "assert f(0) == 9"]
    task = assay.Task(assay.Tests.asserts([]), entry_point="f")
    assert load("rank")(judge, task, codes, asserts) == [[codes[0], codes[0], codes[3]], [codes[1]]]


def test_selfplay(judge):
    """Kept is what is solved sometimes, of problems that are sound."""
    right, wrong, empty = "def f(x):\n    return x * 2\n", "def f(x):\n    return x + 2\n", "    pass\n"
    prompt, asserts = 'def f(x):\n    """Twice x."""\n', ["assert f(3) == 6", "assert f(0) == 0"]

    def play(texts, reference=right, tests=asserts):
        return load("selfplay")(lambda: (prompt, "f", tests, reference), lambda prompts: texts[:len(prompts)], judge, 2)
    assert play([right, wrong]) == (prompt, asserts, [right])
    assert play([right, right]) is None and play([wrong, wrong]) is None
    assert play([right, wrong], reference=wrong) is None, "it is not solved by itself"
    assert play([right, wrong], reference=empty, tests=["assert f(3) is None"]) is None, "nothing is asked for"


def test_best_of_n(daemon, recorded):
    best_of_n = load("best_of_n")
    half = assay.Task(assay.Tests.asserts(["assert f() == 1", "assert f() > 0"]))

    async def use():
        async with assay.AsyncClient(daemon.path) as client:
            for task, texts in recorded:
                samples = texts[False] + texts[True]
                assert await best_of_n(client, task_of(task), samples) in (*texts[True], None)
            codes = ["def f(): return -1", "def f(): return 2"]
            assert await best_of_n(client, half, codes) in (codes[1], None)
    asyncio.run(use())
