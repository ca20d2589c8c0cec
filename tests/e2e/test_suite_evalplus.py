"""assay suite on HumanEval+ and MBPP+: base and extra inputs told apart, as EvalPlus prints them."""

import json

import pytest

from support import evalplus, shared

SOME = {"HumanEval": (evalplus.HUMANEVAL, {"HumanEval/2", "HumanEval/32", "HumanEval/53", "HumanEval/119"}),
        "MBPP": (evalplus.MBPP, {"Mbpp/2", "Mbpp/63", "Mbpp/75", "Mbpp/124", "Mbpp/252", "Mbpp/255", "Mbpp/278", "Mbpp/404",
                                 "Mbpp/445", "Mbpp/558", "Mbpp/580", "Mbpp/722", "Mbpp/737", "Mbpp/750", "Mbpp/793"})}


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture
def task_file(tmp_path):
    def write(name):
        file, wanted = SOME[name]
        tasks = [task for task in shared.read_lines(file) if task["task_id"] in wanted]
        assert len(tasks) == len(wanted)
        return write_lines(tmp_path / "tasks.jsonl", tasks), tasks

    return write


@pytest.mark.parametrize("name", SOME)
def test_references_pass(assay, task_file, name):
    path, tasks = task_file(name)
    ended = assay("suite", path, "--reference")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{len(tasks)} of {len(tasks)} passed" in ended.stdout
    assert "pass@1: 1.0000 (base tests alone: 1.0000)" in ended.stdout


def test_base_and_plus(assay, task_file, tmp_path):
    """One sample is right, one only on the base inputs, one never, one does not end."""
    path, tasks = task_file("HumanEval")
    task = next(task for task in tasks if task["task_id"] == "HumanEval/2")
    write_lines(tmp_path / "tasks.jsonl", [task])
    known = f"    return number % 1.0 if [number] in {task['base_input']!r} else None\n"
    bodies = [task["canonical_solution"], known, "    return None\n", "    while True: pass\n"]
    solutions = [{"task_id": task["task_id"], "completion": body} for body in bodies]
    solutions[0] = {"task_id": task["task_id"], "solution": evalplus.reference_of(task)}
    samples = write_lines(tmp_path / "samples.jsonl", solutions)
    out = tmp_path / "out.jsonl"
    ended = assay("suite", path, samples, "--out", str(out), "--limits", "cpu_ms=300")
    assert ended.returncode == 0, ended.stderr
    assert "pass@1: 0.2500 (base tests alone: 0.5000)" in ended.stdout
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(row["base_status"], row["plus_status"]) for row in rows] == [
        ("pass", "pass"), ("pass", "fail"), ("fail", "fail"), ("timeout", "timeout")]
    resumed = assay("suite", path, samples, "--out", str(out), "--resume")
    assert "0 judged" in resumed.stdout and "(base tests alone: 0.5000)" in resumed.stdout
