"""assay eval: JSON lines in, JSON lines out."""
import gzip
import json

from support.wire import CHECK_ADD, GOOD_ADD, WRONG_ADD


def task(name, *codes, **extra):
    return {"id": name, "language": "python", "entry_point": "add", "tests": {"check": CHECK_ADD},
            "candidates": [{"id": f"c{i}", "code": code} for i, code in enumerate(codes)], **extra}


def lines(*values):
    return "".join(json.dumps(value) + "\n" for value in values)


def parsed(ended):
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_standard_input_to_standard_output(assay):
    ended = assay("eval", "-", stdin=lines(task("a", GOOD_ADD, WRONG_ADD)))
    assert ended.returncode == 0, ended.stderr
    results = {row["candidate"]: row for row in parsed(ended)}
    assert results["c0"]["verdict"] == "PASSED" and results["c0"]["passed"] is True
    wrong = results["c1"]
    assert wrong["verdict"] == "FAILED" and wrong["passed"] is False and wrong["score"] < 1
    assert wrong["fault"] == "candidate" and wrong["maskable"] is False
    assert wrong["integrity"] == "NATIVE" and "seccomp" in wrong["isolation"]
    assert wrong["tests"][0]["outcome"] == "FAILED"
    assert {"cpu_ms", "wall_ms", "queue_ms", "memory_peak_bytes",
            "processes_peak"} <= set(wrong["usage"])
    assert wrong["runtime"].startswith("CPython") and wrong["feedback"]
    assert wrong["compile"]["ok"] is True


def test_without_a_file_it_reads_standard_input(assay):
    assert len(parsed(assay("eval", stdin=lines(task("a", GOOD_ADD))))) == 1


def test_files_and_gzip(assay, tmp_path):
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_text(lines(task("a", GOOD_ADD)))
    with gzip.open(packed, "wt") as out:
        out.write(lines(task("b", GOOD_ADD)))
    ended = assay("eval", str(plain), str(packed))
    assert sorted(row["id"] for row in parsed(ended)) == ["a", "b"]


def test_ordered(assay):
    slow = "import time\ntime.sleep(0.3)\n" + GOOD_ADD
    tasks = [task(str(i), slow if i % 5 == 0 else GOOD_ADD) for i in range(20)]
    ended = assay("eval", "--ordered", "-", stdin=lines(*tasks))
    assert [row["id"] for row in parsed(ended)] == [str(i) for i in range(20)]


def test_a_line_that_cannot_be_used(assay):
    bad = ["{", "[]", '"x"', "null", "{}", json.dumps({**task("k", GOOD_ADD), "language": "klingon"}),
           json.dumps({"id": "n", "language": "python", "candidates": []}),
           json.dumps({**task("u", GOOD_ADD), "tests": {"answer": "forty-two"}}),
           json.dumps({**task("t", GOOD_ADD), "tests": {"nonsense": 1}}),
           json.dumps({**task("l", GOOD_ADD), "limits": {"cpu_ms": "many"}})]
    text = lines(task("first", GOOD_ADD)) + "\n".join(bad) + "\n" + lines(task("last", GOOD_ADD))
    ended = assay("eval", "-", stdin=text)
    assert ended.returncode == 4, ended.stderr
    rows = parsed(ended)
    assert {row["id"] for row in rows if row.get("passed")} >= {"first", "last"}
    errors = [row for row in rows if "error" in row and "verdict" not in row]
    assert len(errors) == len(bad)
    assert sorted(row["line"] for row in errors) == list(range(2, 2 + len(bad)))
    for row in errors:
        assert row["error"]["code"] in ("INVALID_REQUEST", "UNKNOWN_LANGUAGE")
        assert row["error"]["message"]


def test_empty_input(assay):
    ended = assay("eval", "-", stdin="")
    assert ended.returncode == 0 and ended.stdout == ""


def test_text_that_is_not_utf8_in_results(assay):
    code = "import os\nos.write(1, b'\\xff\\xfe\\x00')\n" + GOOD_ADD
    (row,) = parsed(assay("eval", "-", stdin=lines(task("a", code))))
    assert row["passed"] and row["stdout"]


def test_lone_surrogates_in_code_and_values(assay):
    code = "def add(a, b):\n    return '\\ud800'\n"
    (row,) = parsed(assay("eval", "-", stdin=lines(task("a", code))))
    assert row["verdict"] == "FAILED"
    ended = assay("eval", "-", stdin=lines(task("a", "x = '\ud800'\n" + GOOD_ADD)))
    (row,) = parsed(ended)
    assert "verdict" in row or (ended.returncode == 4 and row["error"]["message"])


def test_options_of_a_request(assay):
    request = {**task("a", "def f(x):\n    return x\n"), "entry_point": "",
               "tests": {"asserts": ["assert f(1) == 2", "assert f(2) == 2"], "setup": "import os"},
               "stop": "first_failure", "limits": {"cpu_ms": 1000, "wall_ms": 3000},
               "reveal": "none", "feedback_bytes": 80}
    (row,) = parsed(assay("eval", "-", stdin=lines(request)))
    assert (row["tests_total"], row["tests_run"]) == (2, 1)
    assert len(row["feedback"]) <= 80


def test_answers(assay):
    ended = assay("eval", "-", stdin=lines(
        {"id": "sum", "language": "text", "tests": {"answer": "42", "comparator": "number"},
         "candidates": [{"id": "right", "code": "20 + 22 = 42\n#### 42.0"}, {"id": "wrong", "code": "43"}]}))
    right, wrong = parsed(ended)
    assert ended.returncode == 0 and right["passed"] and right["integrity"] == "NATIVE"
    assert wrong["verdict"] == "FAILED" and right["comparator"] == wrong["comparator"] == "number"
    assert wrong["feedback"].endswith("final answer\nExpected: 42\nActual: 43")


def test_calls(assay):
    tests = {"calls": [{"args": [1], "kwargs": {"b": 2}, "expect": 3}, {"args": [2, 2], "expect": 5}]}
    ended = assay("eval", "-", stdin=lines({**task("c", GOOD_ADD), "entry_point": "add", "tests": tests}))
    (row,) = parsed(ended)
    assert ended.returncode == 0 and row["verdict"] == "FAILED" and row["integrity"] == "NATIVE"
    assert row["comparator"] == "exact"
    wrong = row["tests"][1]
    assert (wrong["call"], wrong["expected"], wrong["actual"]) == ("add(2, 2)", "5", "4")


def test_values_of_calls_arrive_as_they_are_written(assay):
    """Integers of any size, NaN and halves of surrogate pairs, as Python's json has them."""
    values = [2 ** 64, -(10 ** 400), 0.1, 1e300, float("inf"), float("-inf"), "\ud800", "\U0001f600",
              "\0", {"\udfff": [2 ** 70]}, 'quoted "calls" \\', "[,]}"]
    code = "def f(x, y):\n    return [x, repr(x)] if repr(x) == y else repr(x)\n"
    tests = {"calls": [{"args": [value, repr(value)], "expect": [value, repr(value)]}
                       for value in values]}
    first = {"id": "v", "language": "python", "entry_point": "f", "tests": tests,
             "candidates": [{"id": "a", "code": code}]}
    nan = {**first, "tests": {"calls": [{"args": [], "kwargs": {"x": float("nan"), "y": "nan"},
                                         "expect": [float("nan"), "nan"]}], "comparator": "float"}}
    ended = assay("eval", "--ordered", "-", stdin=lines(first, nan))
    for row in parsed(ended):
        assert row.get("passed"), row


def test_calls_that_cannot_be_used(assay):
    line = {**task("c", GOOD_ADD), "entry_point": "add"}
    ended = assay("eval", "--ordered", "-", stdin=lines(
        {**line, "tests": {"calls": [{"args": [], "expect": 2 ** 70}, {"args": 1, "expect": 2}]}},
        {**line, "tests": {"calls": ["{}"]}}, {**line, "tests": {"calls": {}}})
        + '{"id": "x", "tests": {"calls": [1,,2]}}\n')
    errors = [row["error"]["message"] for row in parsed(ended)]
    assert ended.returncode == 4
    assert errors[0] == 'tests.calls[1] needs "args", a list'
    assert errors[1].startswith("tests.calls[0] must be an object")
    assert errors[2] == "tests.calls must be a list of objects, not an empty object"
    assert errors[3].startswith("the line is not JSON")


def test_programs_with_cases(assay):
    tests = {"stdio": [{"stdin": "1 2\n", "stdout": "3\n", "name": "one"},
                       {"stdin": "2 2\n", "stdout": "4\n"}], "comparator": "tokens"}
    ended = assay("eval", "-", stdin=lines(
        {"id": "s", "language": "python", "tests": tests,
         "candidates": [{"id": "good", "code": "print(sum(map(int, input().split())))"},
                        {"id": "bad", "code": "print(3)"}]}))
    assert ended.returncode == 0, ended.stderr
    results = {row["candidate"]: row for row in parsed(ended)}
    assert results["good"]["verdict"] == "PASSED"
    bad = results["bad"]
    assert (bad["verdict"], bad["integrity"], bad["comparator"]) == ("FAILED", "SPLIT", "tokens")
    assert bad["score"] == 0.5 and bad["tests"][0]["name"] == "one"
    assert bad["tests"][1]["expected"] == "4\n" and bad["tests"][1]["actual"] == "3\n"


def test_wishes_of_the_command_line(assay):
    """They win over what the tasks say, and every verb has them."""
    text = lines({**task("a", GOOD_ADD), "integrity": "split", "repeat": 2})
    (row,) = parsed(assay("eval", "--integrity", "shared", "--repeat", "3", stdin=text))
    assert row["passed"] and row["integrity"] == "SHARED" and row["control"] == "HELD"
    assert row["repeats"] == {"runs": 3, "agree": True, "verdicts": {"PASSED": 3}}
    (row,) = parsed(assay("eval", "--integrity=shared", "--no-control", stdin=text))
    assert row["integrity"] == "SHARED" and "control" not in row
    code = GOOD_ADD + "# no other test has it\n"
    alike = lines(task("a", code, code))
    assert sorted(row["cached"] for row in parsed(assay("eval", stdin=alike))) == [False, True]
    assert not any(row["cached"] for row in parsed(assay("eval", "--no-cache", stdin=alike)))
    for wrong in (["--integrity", "none"], ["--repeat", "0"], ["--repeat", "101"],
                  ["--limits", "cpu=3"]):
        ended = assay("eval", *wrong, stdin="")
        assert ended.returncode == 2 and wrong[0] in ended.stderr


def matrix(name, *codes):
    suites = [{"id": "sum", "tests": {"asserts": ["assert add(1, 2) == 3"]}},
              {"tests": {"check": CHECK_ADD}}, {"id": "broken", "tests": {"asserts": ["assert add("]}}]
    made = task(name, *codes, suites=suites)
    del made["tests"]
    return made


def test_suites(assay, tmp_path):
    """Each candidate on each suite; what an interrupted run has is not written again."""
    path, out = tmp_path / "matrix.jsonl", tmp_path / "out.jsonl"
    path.write_text(lines(matrix("m", GOOD_ADD, WRONG_ADD)))
    whole = assay("eval", "--ordered", str(path))
    assert [(row["suite"], row["candidate"], row["verdict"]) for row in parsed(whole)] == [
        ("sum", "c0", "PASSED"), ("sum", "c1", "FAILED"), ("1", "c0", "PASSED"), ("1", "c1", "FAILED"),
        ("broken", "c0", "BAD_TASK"), ("broken", "c1", "BAD_TASK")]
    kept = whole.stdout.splitlines(True)
    out.write_text("".join(kept[1:4]))
    ended = assay("eval", "--out", str(out), "--resume", str(path))
    assert ended.returncode == 0 and "3 were there before" in ended.stderr
    places = [(row["suite"], row["candidate"]) for row in map(json.loads, open(out, encoding="utf-8"))]
    assert len(places) == len(set(places)) == 6
    again = assay("eval", "--out", str(out), "--resume", str(path))
    assert again.returncode == 0 and "0 results" in again.stderr
