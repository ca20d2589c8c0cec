"""assay loop reflexion: recorded answers of models over real HTTP, judged by a real daemon."""
import json
import os
import signal
import subprocess
import threading

import pytest

from support import shared
from support.daemon import command_environment, program
from support.host import wait_until
from support.model_server import ModelServer
from support.wire import evaluate

RIGHT = "Here it is:\n```python\ndef add(a, b):\n    return a + b\n```\n"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"
TASK = {"id": "add", "language": "python", "prompt": "Add two numbers: add(a, b).", "entry_point": "add",
        "tests": {"asserts": ["assert add(1, 2) == 3"]}}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def is_reflection(messages):
    return "In a few sentences" in messages[-1]["content"]


def attempts_before(messages):
    return sum(message["role"] == "assistant" for message in messages)


def in_turn(*texts):
    """Answers the attempts of each task in turn, and reflects in between."""
    def answer(messages):
        if is_reflection(messages):
            return "I should have done otherwise."
        return texts[min(attempts_before(messages), len(texts) - 1)]
    return answer


@pytest.fixture
def reflexion(assay, tmp_path):
    def run(answer, *arguments, tasks=(TASK,), environment=None):
        path = write(tmp_path / "tasks.jsonl", tasks)
        out = str(tmp_path / "out.jsonl")
        with ModelServer(answer) as server:
            ended = assay("loop", "reflexion", path, "--model-url", server.url, "--out", out, *arguments,
                          environment=environment)
        return ended, {row["task"]: row for row in read(out)} if os.path.exists(out) else {}, server
    return run


def test_a_failed_attempt_its_feedback_a_reflection_and_a_pass(reflexion):
    ended, rows, server = reflexion(in_turn(WRONG, RIGHT), "--model", "m", "--temperature", "0.5",
                                    environment={"OPENAI_API_KEY": "secret"})
    assert ended.returncode == 0, ended.stderr
    first, second = rows["add"]["attempts"]
    assert rows["add"]["solved"] and (first["verdict"], second["verdict"]) == ("FAILED", "PASSED")
    assert "add(1, 2)\nExpected: 3\nActual: -1" in first["feedback"]
    assert first["reflection"] == "I should have done otherwise."
    assert "pass@1 after 1 attempt: 0.0 %" in ended.stderr
    assert "pass@1 after 2 attempts: 100.0 %" in ended.stderr
    assert "21 + 15 tokens" in ended.stderr
    last = server.asked[-1]
    assert last["path"] == "/v1/chat/completions" and last["model"] == "m" and last["temperature"] == 0.5
    assert "Actual: -1" in last["messages"][-1]["content"] and first["reflection"] in last["messages"][-1]["content"]
    assert not last["stream"] and server.keys == {"Bearer secret"}


def test_no_more_attempts_than_allowed(reflexion):
    ended, rows, server = reflexion(in_turn(WRONG), "--max-attempts", "3", "--memory", "1")
    assert ended.returncode == 0 and not rows["add"]["solved"]
    assert len(rows["add"]["attempts"]) == 3 and len(server.asked) == 5  # a last one is not reflected on
    assert attempts_before(server.asked[-1]["messages"]) == 1


def test_prose_two_blocks_and_a_long_answer(reflexion):
    two = f"First I thought of\n{WRONG}\nbut it is\n{RIGHT}"
    tasks = [{**TASK, "id": name} for name in ("prose", "two", "long")]
    texts = iter(["I cannot do that.", "x" * (1 << 20) + "y", two])
    lock = threading.Lock()

    def answer(messages):
        with lock:
            return "Indeed." if is_reflection(messages) else next(texts)
    ended, rows, _ = reflexion(answer, "--max-attempts", "1", "--jobs", "1", tasks=tasks)
    assert ended.returncode == 4
    assert rows["prose"]["attempts"][0]["verdict"] == "COMPILE_ERROR"
    assert "longer than 1 MiB" in rows["two"]["problem"] and not rows["two"]["attempts"]
    assert rows["long"]["solved"]


def test_a_server_on_bad_days(reflexion):
    """Refusals, broken and missing answers, and failures of its own."""
    bad = [(429, b"slow down"), (500, b"{}"), None]
    tries = {}
    lock = threading.Lock()

    def answer(messages):
        name = messages[1]["content"].split()[-1]
        with lock:
            n = tries[name] = tries.get(name, 0) + 1
        if name == "recovers":
            return bad[n - 1] if n <= len(bad) else RIGHT
        return {"json": (200, b"<html>"), "text": (200, b'{"choices": []}'), "refuses": (401, b"no key")}[name]
    tasks = [{**TASK, "id": name, "prompt": f"Add {name}"} for name in ("recovers", "json", "text", "refuses")]
    ended, rows, server = reflexion(answer, tasks=tasks)
    assert ended.returncode == 4 and rows["recovers"]["solved"] and tries == {
        "recovers": 4, "json": 1, "text": 1, "refuses": 1}
    assert "no JSON" in rows["json"]["problem"] and "no text" in rows["text"]["problem"]
    assert "401: no key" in rows["refuses"]["problem"]
    assert "3 could not be tried to their end" in ended.stderr


def test_a_model_without_a_server(assay, tmp_path):
    """A program of the user's own; it ends in the middle; and there is none."""
    tasks = write(tmp_path / "tasks.jsonl", [TASK])
    script = ("import sys, json\nfor line in sys.stdin:\n    print('noise')\n"
              "    print(json.dumps({'id': json.loads(line)['id'], 'text': " + repr(RIGHT) + "}), flush=True)\n")
    (tmp_path / "model.py").write_text(script)
    ended = assay("loop", "reflexion", tasks, "--model-command", f"python3 {tmp_path}/model.py")
    assert ended.returncode == 0 and json.loads(ended.stdout)["solved"]
    ended = assay("loop", "reflexion", tasks, "--model-command", "exit 3")
    assert ended.returncode == 4 and "program has ended" in json.loads(ended.stdout)["problem"]
    ended = assay("loop", "reflexion", tasks)
    assert ended.returncode == 2 and "--model-url" in ended.stderr


def test_interrupted_and_resumed_without_asking_again(daemon, assay, tmp_path):
    tasks = write(tmp_path / "tasks.jsonl", [{**TASK, "id": str(n), "prompt": f"Add {n}"} for n in range(8)])
    out = str(tmp_path / "out.jsonl")
    gate, questions = threading.Event(), []
    lock = threading.Lock()

    def answer(messages):
        with lock:
            questions.append((messages[1]["content"], attempts_before(messages), is_reflection(messages)))
            is_late = len(questions) > 9
        if is_late:
            gate.wait(600)
        return in_turn(WRONG, RIGHT)(messages)
    with ModelServer(answer) as server:
        command = [program("assay"), "loop", "reflexion", tasks, "--model-url", server.url, "--out", out,
                   "--jobs", "2"]
        running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True,
                                   env=command_environment({"ASSAY_ADDR": daemon.path}))
        wait_until(lambda: len(questions) >= 11, "questions that are not answered")
        running.send_signal(signal.SIGINT)
        stderr = running.communicate(timeout=120)[1]
        assert running.returncode == 130 and "kept" in stderr
        kept = read(out)
        journal = read(out + ".journal")
        assert 2 <= len(kept) < 8 and len(journal) == 9
        gate.set()
        again = assay(*command[1:])
        assert again.returncode == 2 and "--resume" in again.stderr  # what was paid for is not overwritten
        with lock:
            questions.clear()
        ended = assay(*command[1:], "--resume")
        assert ended.returncode == 0, ended.stderr
    known = {(row["task"], row["step"]) for row in journal}
    for prompt, n, reflects in questions:
        step = f"reflection {n}" if reflects else f"attempt {n + 1}"
        assert (prompt.split()[-1], step) not in known
    rows = read(out)
    assert sorted(row["task"] for row in rows) == [str(n) for n in range(8)]
    assert all(row["solved"] and len(row["attempts"]) == 2 for row in rows)
    assert f"{len(kept)} had ended before" in ended.stderr


def test_the_daemon_is_restarted_in_the_middle(daemon, assay, reflexion):
    killed = threading.Event()

    def answer(messages):
        if not killed.is_set():
            killed.set()
            os.kill(daemon.broker().pid, signal.SIGKILL)
        return in_turn(WRONG, RIGHT)(messages)
    ended, rows, _ = reflexion(answer, tasks=[{**TASK, "id": str(n)} for n in range(5)])
    assert ended.returncode == 0, ended.stderr
    assert len(rows) == 5 and all(row["solved"] for row in rows.values())


def test_a_disk_that_is_full(assay, tmp_path):
    tasks = write(tmp_path / "tasks.jsonl", [TASK])
    recorded = write(tmp_path / "recorded.jsonl", [{"task": "add", "step": "attempt 1", "text": RIGHT}])
    with open("/dev/full", "w", encoding="utf-8") as full:
        ended = subprocess.run([program("assay"), "loop", "reflexion", tasks, "--model-replay", recorded],
                               stdout=full, stderr=subprocess.PIPE, text=True, timeout=300, check=False,
                               env=command_environment())
    assert ended.returncode == 2 and "No space left" in ended.stderr


def passes_as_program(client, task, code):
    """The other way of judging: code, tests and the call as one program."""
    return client.judge_one(evaluate(code, program=f"{task['test']}\ncheck({task['entry']})\nassert True\n",
                                     cpu_ms=3000, wall_ms=30000)).passed


def test_recorded_attempts_end_with_the_recorded_success(client, reflexion):
    """Every task of HumanEval for which the record holds failing and passing attempts of models: failing
    ones first, and the loop ends with the success; each failure is named. A few labels are noise: there
    the other way of judging contradicts every recorded success, too."""
    tasks = {row["task"]: row for row in shared.read_lines("labelled/tasks.jsonl.gz")
             if row["dataset"] == "humaneval"}
    attempts = {}
    for row in shared.read_lines("labelled/candidates.jsonl.gz"):
        if row["dataset"] == "humaneval":
            attempts.setdefault(row["task"], {True: [], False: []})[row["verdict"]].append(row["code"])
    both = {name: kinds[False][:2] + kinds[True] for name, kinds in attempts.items()
            if kinds[True] and kinds[False]}
    prompts = {tasks[name]["prompt"]: name for name in both}
    assert len(prompts) == len(both) >= 30

    def answer(messages):
        if is_reflection(messages):
            return "I see."
        codes = both[prompts[messages[1]["content"]]]
        return "```python\n" + codes[attempts_before(messages) % len(codes)] + "\n```"
    ended, rows, _ = reflexion(
        answer, "--max-attempts", "8", "--memory", "100", "--limits", "cpu_ms=3000,wall_ms=30000", tasks=[{
            "id": name, "language": "python", "prompt": tasks[name]["prompt"],
            "entry_point": tasks[name]["entry"], "tests": {"check": tasks[name]["test"]}} for name in both])
    assert rows.keys() == both.keys(), ended.stderr
    unsolved = [name for name, row in rows.items() if not row["solved"]]
    assert len(unsolved) <= len(both) // 10, unsolved
    for name in unsolved:
        assert not any(passes_as_program(client, tasks[name], code) for code in attempts[name][True]), name
    for name, row in rows.items():
        for attempt in [each for each in row["attempts"] if not each["passed"]]:
            said = attempt["feedback"]
            call = said.split("ailing test: ", 1)[1].split("\n")[0]
            assert tasks[name]["entry"] in call, (name, said)
            assert ("Expected: " in said and "Actual: " in said) or "Raised: " in said or (
                attempt["verdict"].endswith("_LIMIT") and "allowed " in said), (name, said)
