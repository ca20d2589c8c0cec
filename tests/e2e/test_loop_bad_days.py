"""What goes wrong around a loop: slow and cut off answers, a disk that fills, a daemon that is gone. What has come
is kept, and nothing is asked again for it."""
import json
import resource
import signal
import subprocess
import threading

import pytest

from support.daemon import Daemon, command_environment, program
from support.host import wait_until
from support.model_server import Cut, ModelServer

CODE = "def add(a, b):\n    return a + b\n"
RIGHT, WRONG = f"```python\n{CODE}```", "```python\ndef add(a, b):\n    return a - b\n```"
TASK = {"id": "add", "language": "python", "prompt": "Add two numbers: add(a, b).", "entry_point": "add",
        "tests": {"asserts": ["assert add(1, 2) == 3"]}}


def tasks_of(*names):
    return [{**TASK, "id": name, "prompt": f"Add two numbers: {name}"} for name in names]


def name_of(messages):
    return messages[1]["content"].split(": ")[1]


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def loop(daemon, tmp_path):
    """Starts `assay loop reflexion`; finish() it."""
    out = tmp_path / "out.jsonl"

    def start(server, tasks, *arguments, connect=daemon.path, preexec=None):
        (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(task) + "\n" for task in tasks))
        return subprocess.Popen(
            [program("assay"), "loop", "reflexion", str(tmp_path / "tasks.jsonl"), "--model-url", server.url,
             "--out", str(out), *arguments], stderr=subprocess.PIPE, text=True, preexec_fn=preexec,
            env=command_environment({"ASSAY_ADDR": connect}))
    return start, out


def finish(running):
    stderr = running.communicate(timeout=600)[1]
    return running.returncode, stderr


def test_one_slow_answer_holds_up_no_other(loop):
    """It comes when all others have ended; and what is slower than allowed is asked again."""
    start, out = loop
    names = [str(n) for n in range(6)]
    others_ended, tries, lock = threading.Event(), [], threading.Lock()

    def answer(messages):
        if name_of(messages) == "slow":
            assert others_ended.wait(600)
        if name_of(messages) == "too slow":
            with lock:
                tries.append(messages)
            if len(tries) == 1:
                others_ended.wait(600)
        return RIGHT
    with ModelServer(answer) as server:
        running = start(server, tasks_of("slow", *names))
        wait_until(lambda: out.exists() and len(read(out)) == 6, "the others")
        others_ended.set()
        assert finish(running)[0] == 0 and read(out)[-1]["task"] == "slow"
        others_ended.clear()
        running = start(server, tasks_of("too slow"), "--resume", "--model-timeout", "1")
        returned, stderr = finish(running)
        others_ended.set()
    assert returned == 0 and len(tries) == 2, stderr


def test_answers_that_end_too_early_and_long_ones(loop):
    """A connection that breaks is tried again; a text that the model did not finish is a failed attempt; an
    answer of a megabyte is one like others."""
    start, out = loop
    tries = []

    def answer(messages):
        name, n_before = name_of(messages), sum(each["role"] == "assistant" for each in messages)
        if "In a few sentences" in messages[-1]["content"]:
            return "It was not finished."
        if name == "breaks":
            tries.append(name)
            return Cut(RIGHT) if len(tries) == 1 else RIGHT
        if name == "unfinished" and n_before == 0:
            return "```python\ndef add(a, b):\n    return (a +"
        return "a" * 1_000_000 + "\n" + RIGHT if name == "long" else RIGHT
    with ModelServer(answer) as server:
        returned, stderr = finish(start(server, tasks_of("breaks", "unfinished", "long")))
    rows = {row["task"]: row for row in read(out)}
    assert returned == 0 and all(row["solved"] for row in rows.values()), stderr
    assert len(tries) == 2 and len(rows["breaks"]["attempts"]) == len(rows["long"]["attempts"]) == 1
    assert [each["verdict"] for each in rows["unfinished"]["attempts"]] == ["COMPILE_ERROR", "PASSED"]


def test_a_disk_that_fills_in_the_middle(loop, tmp_path):
    """Files may grow to 8 KiB: the loop says so and ends; with room again it asks for nothing that it has."""
    start, out = loop
    journal = tmp_path / "out.jsonl.journal"

    def answer(messages):
        return "word " * 100 + "\n" + (WRONG if len(messages) == 2 else RIGHT)

    def fill():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
    with ModelServer(answer) as server:
        tasks = tasks_of(*(str(n) for n in range(8)))
        returned, stderr = finish(start(server, tasks, "--jobs", "1", preexec=fill))
        assert returned == 2 and "File too large" in stderr
        text = journal.read_text()
        known = {(row["task"], row["step"]) for row in map(json.loads, text.split("\n")[:-1])}
        assert known and not text.endswith("\n") and len(text) == 8192
        n_asked = len(server.asked)
        returned, stderr = finish(start(server, tasks, "--resume"))
        assert returned == 0, stderr
        rows, steps = read(out), read(journal)
    assert sorted(row["task"] for row in rows) == [str(n) for n in range(8)]
    assert len(server.asked) - n_asked == 8 * 3 - len(known) == len(steps) - len(known)
    assert len({(row["task"], row["step"]) for row in steps}) == len(steps)


def test_another_daemon_at_the_same_address(loop, tmp_path):
    """While the model is thinking, the daemon is replaced; nobody notices, and nothing is asked again."""
    start, out = loop
    gate, asked = threading.Event(), threading.Event()
    address = tmp_path / "s"

    def answer(messages):
        asked.set()
        assert gate.wait(600)
        return RIGHT
    first, second = Daemon(), Daemon()
    address.symlink_to(first.path)
    try:
        with ModelServer(answer) as server:
            running = start(server, tasks_of("one", "two"), connect=str(address))
            assert asked.wait(600)
            address.unlink()
            address.symlink_to(second.path)
            first.stop()
            gate.set()
            returned, stderr = finish(running)
    finally:
        second.stop()
    assert returned == 0 and len(server.asked) == 2 and all(row["solved"] for row in read(out)), stderr
