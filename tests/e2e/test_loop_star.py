"""assay loop star: rationales that led to right answers, those that needed a hint, and what is dropped."""
import json
import os
import signal
import subprocess

import pytest

from support import shared
from support.daemon import command_environment, program
from support.host import wait_until
from support.model_server import ModelServer


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def sum_task(name, a, b):
    return {"id": name, "language": "text", "prompt": f"How much is {a} + {b}?", "tests": {"answer": str(a + b)}}


@pytest.fixture
def star(assay, tmp_path):
    def run(answer, tasks, *arguments):
        out, train = str(tmp_path / "out.jsonl"), str(tmp_path / "train.jsonl")
        path = tasks if isinstance(tasks, str) else write(tmp_path / "tasks.jsonl", tasks)
        with ModelServer(answer) as server:
            ended = assay("loop", "star", path, "--model-url", server.url, "--out", out, "--train", train,
                          *arguments)
        rows = {row["task"]: row for row in read(out)} if os.path.exists(out) else {}
        return ended, rows, read(train) if os.path.exists(train) else [], server
    return run


def test_kept_hinted_and_dropped(star):
    def answer(messages):
        question = messages[-1]["content"]
        if "1 + 1" in question:
            return "One and one.\n#### 2"
        if "2 + 2" in question:
            return "Two and two.\n#### 4" if "Hint: the final answer is\n\n4" in question else "#### 5"
        return "#### 0"
    ended, rows, train, server = star(answer, [sum_task("easy", 1, 1), sum_task("hard", 2, 2),
                                               sum_task("hopeless", 3, 3)])
    assert ended.returncode == 0, ended.stderr
    assert "2 of 3 tasks kept, 1 of them by the hint" in ended.stderr
    assert [rows[name]["kept"] for name in ("easy", "hard", "hopeless")] == [True, True, False]
    assert [row["verdict"] for row in rows["hard"]["samples"]] == ["FAILED", "PASSED"]
    assert {(row["task"], row["completion"], row["hinted"]) for row in train} == {
        ("easy", "One and one.\n#### 2", False), ("hard", "Two and two.\n#### 4", True)}
    assert all("Hint" not in row["prompt"] for row in train) and len(server.asked) == 5


def test_the_first_right_one_of_several_samples(star):
    texts = iter(["#### 1", "Two.\n#### 2", "#### 2"])
    ended, rows, train, _ = star(lambda messages: next(texts), [sum_task("one", 1, 1)], "--samples", "3",
                                 "--jobs", "1")
    assert ended.returncode == 0 and len(rows["one"]["samples"]) == 3
    assert [row["completion"] for row in train] == ["Two.\n#### 2"]


def test_a_sample_that_does_not_come(star):
    texts = iter(["#### 2", (400, b"no"), "#### 2"])
    ended, rows, train, _ = star(lambda messages: next(texts), [sum_task("one", 1, 1)], "--samples", "3",
                                 "--jobs", "1")
    assert ended.returncode == 4 and "400: no" in rows["one"]["problem"] and not train


def test_code_with_the_reference_as_a_hint(star):
    reference = "def add(a, b):\n    return a + b\n"
    task = {"id": "add", "language": "python", "prompt": "Write add(a, b).", "entry_point": "add",
            "tests": {"asserts": ["assert add(1, 2) == 3"]}, "reference": reference}

    def answer(messages):
        knows = reference in messages[-1]["content"]
        return f"Explained.\n```python\n{reference if knows else 'def add(a, b): return a'}\n```"
    ended, rows, train, _ = star(answer, [task])
    assert ended.returncode == 0 and rows["add"]["hinted"] and "Explained." in train[0]["completion"]
    ended, rows, train, _ = star(answer, [{**task, "id": "again"}], "--no-hints", "--resume")
    assert not rows["again"]["kept"] and [row["task"] for row in train] == ["add"]


def test_gsm8k(star, tmp_path):
    """Real questions and solutions: what is recorded is right; told wrongly, the hint brings it back."""
    tasks = shared.read_lines("star/gsm8k_dev.jsonl.gz")[:60]
    by_question = {task["question"]: (number, task["answer"]) for number, task in enumerate(tasks)}

    def answer(messages):
        question = messages[-1]["content"].split("\n\nHint: ")
        number, text = by_question[question[0]]
        return text if number % 3 or len(question) > 1 else text.rsplit("####", 1)[0] + "#### 123456"
    ended, rows, train, _ = star(answer, write(tmp_path / "gsm8k.jsonl", tasks))
    assert ended.returncode == 0, ended.stderr
    assert len(rows) == len(train) == 60 and sum(row["hinted"] for row in train) == 20
    assert {row["prompt"]: row["completion"] for row in train} == {
        task["question"]: task["answer"] for task in tasks}


TRAIN = """echo "$@ $ASSAY_TRAIN_FILE $ASSAY_ITERATION $(wc -l <$1)" >>{log}
echo "loss 0.1"
test "$2" != 2 -o -e {allowed} || exit 3
echo "model=tuned-$2"
"""


def test_iterations_with_training_between_them(star, tmp_path):
    """What is learned in one is asked in the next; a training that fails is begun again, and nothing else."""
    log, allowed, script = (str(tmp_path / name) for name in ("log", "allowed", "train.sh"))
    with open(script, "w", encoding="utf-8") as out:
        out.write(TRAIN.format(log=log, allowed=allowed))
    tasks = [sum_task("easy", 1, 1), sum_task("hard", 2, 2)]
    arguments = ["--no-hints", "--model", "base", "--iterations", "2", "--train-command", f"sh {script}"]
    asked = []

    def answer(messages):
        asked.append(messages)
        return "#### 2" if "1 + 1" in messages[-1]["content"] else "#### 4" if len(asked) > 2 else "#### 5"
    ended, _, _, server = star(answer, tasks, *arguments, "--jobs", "1")
    assert ended.returncode == 2 and "loss 0.1" in ended.stderr and "status 3" in ended.stderr
    assert [each["model"] for each in server.asked] == ["base", "base", "tuned-1", "tuned-1"]
    trains = [str(tmp_path / f"train.jsonl.{number}") for number in (1, 2)]
    assert [[row["task"] for row in read(path)] for path in trains] == [["easy"], ["easy", "hard"]]
    assert {row["task"] for row in read(tmp_path / "out.jsonl.2")} == {"easy", "hard"}
    open(allowed, "w", encoding="utf-8").close()
    ended, _, _, server = star(answer, tasks, *arguments, "--resume")
    assert ended.returncode == 0 and not server.asked, ended.stderr
    assert open(log, encoding="utf-8").read().splitlines() == [
        f"{trains[i - 1]} {i} {trains[i - 1]} {i} {i}" for i in (1, 2, 2)]
    ended, _, _, server = star(answer, tasks, "--iterations", "2")
    assert ended.returncode == 2 and "--train-command" in ended.stderr


def test_interrupted_training(daemon, tmp_path):
    """Ctrl-C ends it with what it has started."""
    tasks, pids = write(tmp_path / "tasks.jsonl", [sum_task("one", 1, 1)]), tmp_path / "pids"
    with ModelServer(lambda messages: "#### 2") as server:
        running = subprocess.Popen(
            [program("assay"), "loop", "star", tasks, "--model-url", server.url, "--out", str(tmp_path / "out"),
             "--train", str(tmp_path / "train"), "--train-command", f"sleep 600 & echo $! >{pids}; wait; true"],
            stderr=subprocess.PIPE, text=True, env=command_environment({"ASSAY_ADDR": daemon.path}))
        wait_until(lambda: pids.exists() and pids.read_text().strip(), "the training")
        running.send_signal(signal.SIGINT)
        stderr = running.communicate(timeout=120)[1]
    assert running.returncode == 130 and "training was ended" in stderr
    wait_until(lambda: not os.path.exists(f"/proc/{pids.read_text().strip()}"), "the end of what it had started")
