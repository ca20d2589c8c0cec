"""assay loop pairs: what a person gets, from tasks and real verdicts to columns that TRL reads."""
import json

import pytest

from support.shared import read_lines

CODES = {
    "right": "def add(a, b):\n    return a + b\n",
    "also right": "def add(a, b):\n    return b + a\n",
    "half right": "def add(a, b):\n    return 2\n",
    "wrong": "def add(a, b):\n    return a - b\n",
    "right again": "def add(a, b):\n    return a + b\n",
}


def task(name, codes, **more):
    return {"id": name, "language": "python", "prompt": f"# {name}\n", "entry_point": "add",
            "tests": {"asserts": ["assert add(1, 1) == 2", "assert add(2, 1) == 3"]},
            "candidates": [{"id": key, "code": code} for key, code in codes.items()], **more}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture
def judged(assay, tmp_path):
    """Files of tasks and of their results, as `assay eval` makes them."""
    def run(*rows):
        tasks = write(tmp_path / "tasks.jsonl", rows)
        results = str(tmp_path / "results.jsonl")
        ended = assay("eval", tasks, "--out", results, "--quiet")
        assert ended.returncode == 0, ended.stderr
        return tasks, results
    return run


def pairs(assay, *arguments):
    ended = assay("loop", "pairs", *arguments, connect=None)
    return ended, [json.loads(line) for line in ended.stdout.splitlines()]


def test_passed_ones_are_chosen_over_others(assay, judged):
    ended, rows = pairs(assay, *judged(task("one", CODES), task("two", {"only": CODES["wrong"]})))
    assert ended.returncode == 0
    assert {(row["chosen_id"], row["rejected_id"]) for row in rows} == {
        ("right", "wrong"), ("right", "half right"), ("also right", "wrong"), ("also right", "half right")}
    assert {row["chosen_id"] for row in rows[:2]} == {"right", "also right"}  # both texts, before either again
    for row in rows:
        assert row["id"] == "one" and row["prompt"] == "# one\n"
        assert (row["chosen"], row["rejected"]) == (CODES[row["chosen_id"]], CODES[row["rejected_id"]])
        assert row["chosen_score"] > row["rejected_score"]
    assert "4 pairs of 1 of 2 tasks; candidates left out: 1 the same text as another" in ended.stderr


def test_margin_failed_and_bounds(assay, judged):
    files = judged(task("one", CODES))
    _, rows = pairs(assay, *files, "--margin", "0.6")
    assert {row["rejected_id"] for row in rows} == {"wrong"}
    _, rows = pairs(assay, *files, "--failed")
    assert ("half right", "wrong") in {(row["chosen_id"], row["rejected_id"]) for row in rows}
    _, rows = pairs(assay, *files, "--per-task", "1")
    assert len(rows) == 1


def test_messages_for_chat_models(assay, judged):
    _, rows = pairs(assay, *judged(task("one", CODES)), "--chat")
    assert rows[0]["prompt"] == [{"role": "user", "content": "# one\n"}]
    assert rows[0]["chosen"] == [{"role": "assistant", "content": CODES[rows[0]["chosen_id"]]}]


def test_shared_verdicts_only_when_asked_for(assay, judged):
    files = judged(task("one", CODES, integrity="shared"))
    ended, rows = pairs(assay, *files)
    assert not rows and "5 SHARED" in ended.stderr
    ended, rows = pairs(assay, *files, "--shared")
    assert len(rows) == 4


def test_maskable_verdicts_are_never_used(assay, judged, tmp_path):
    tasks, results = judged(task("one", CODES))
    rows = [json.loads(line) for line in open(results, encoding="utf-8")]
    for row in rows:
        row["maskable"] = row["candidate"] in ("wrong", "half right")
    ended, found = pairs(assay, tasks, write(tmp_path / "masked.jsonl", rows))
    assert not found and "2 maskable" in ended.stderr


def test_lines_that_cannot_be_used(assay, judged, tmp_path):
    tasks, results = judged(task("one", CODES))
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{\n[]\n{"id": "one"}\n{"id": "no", "candidate": "x", "passed": true, "score": 1}\n\n')
    ended, rows = pairs(assay, tasks, results, str(broken))
    assert ended.returncode == 4 and len(rows) == 4
    for line in (1, 2, 3, 4):
        assert f"broken.jsonl, line {line}: " in ended.stderr
    assert pairs(assay, tasks, str(tmp_path / "none"))[0].returncode == 2
    assert pairs(assay, tasks)[0].returncode == 2
    assert pairs(assay, tasks, results, "--margin", "2")[0].returncode == 2
    assert pairs(assay, tasks, results, "--out", str(tmp_path / "no" / "folder"))[0].returncode == 2


def test_an_unknown_loop(assay):
    ended = assay("loop", "forever", connect=None)
    assert ended.returncode == 2 and "forever" in ended.stderr
    assert "pairs" in assay("loop", "--help", connect=None).stdout


def test_real_model_outputs(assay, judged):
    """Recorded attempts of models: a pair is one that passed and one that did not, and of every task that
    has both there are pairs."""
    tasks = {row["task"]: row for row in read_lines("labelled/tasks.jsonl.gz") if row["dataset"] == "humaneval"}
    attempts = {}
    for row in read_lines("labelled/candidates.jsonl.gz"):
        if row["dataset"] == "humaneval":
            attempts.setdefault(row["task"], []).append(row)
    names = [name for name, rows in attempts.items() if len({row["verdict"] for row in rows}) == 2][:8]
    files = judged(*({
        "id": name, "language": "python", "prompt": tasks[name]["prompt"], "entry_point": tasks[name]["entry"],
        "tests": {"check": tasks[name]["test"]}, "limits": {"cpu_ms": 3000},
        "candidates": [{"id": str(n), "code": row["code"]} for n, row in enumerate(attempts[name])]}
        for name in names))
    results = {}
    for line in open(files[1], encoding="utf-8"):
        row = json.loads(line)
        results[row["id"], row["candidate"]] = row["passed"]
    _, rows = pairs(assay, *files)
    assert all(results[row["id"], row["chosen_id"]] and not results[row["id"], row["rejected_id"]] for row in rows)
    both = {name for name in names if len({passed for (task, _), passed in results.items() if task == name}) == 2}
    assert len(both) >= 6 and {row["id"] for row in rows} == both
