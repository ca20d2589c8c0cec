"""The kinds of tests that Python serves, with each outcome a test can have."""
import pytest

from support.wire import CHECK_ADD, GOOD_ADD, WRONG_ADD, evaluate, evaluate_add, pb


def outcomes(result):
    return [pb.Outcome.Name(test.outcome).removeprefix("OUTCOME_") for test in result.tests]


# ---- what every result says

def test_a_result_says_where_it_comes_from(client):
    result = client.judge_one(evaluate_add())
    assert (result.id, result.candidate, result.candidate_index) == ("task", "c0", 0)
    assert result.verdict == pb.PASSED and result.passed
    assert result.score == 1.0
    assert result.fault == pb.FAULT_NONE and not result.maskable
    assert result.integrity == pb.NATIVE
    assert "seccomp" in result.isolation
    assert result.runtime.startswith("CPython 3.")
    assert result.detail
    usage = result.usage
    assert usage.cpu_ns > 0 and usage.wall_ns > 0 and usage.memory_peak_bytes > 1 << 20
    assert usage.processes_peak >= 1


def test_each_candidate_gets_one_result(client):
    results = client.judge(evaluate_add(GOOD_ADD, WRONG_ADD, "def add(a", GOOD_ADD))
    assert [pb.Verdict.Name(result.verdict) for result in results] == [
        "PASSED", "FAILED", "COMPILE_ERROR", "PASSED"]
    assert [result.candidate for result in results] == ["c0", "c1", "c2", "c3"]


def test_ids_need_not_be_unique_and_may_be_empty(client):
    request = evaluate_add(GOOD_ADD, WRONG_ADD)
    for candidate in request.candidates:
        candidate.id = ""
    request.id = ""
    assert [result.passed for result in client.judge(request)] == [True, False]


# ---- check

def test_check_with_a_prompt(client):
    request = evaluate("    return a + b\n", prompt="def add(a, b):\n", entry_point="add",
                       check=CHECK_ADD)
    assert client.judge_one(request).verdict == pb.PASSED


def test_check_with_code_that_defines_the_entry_point(client):
    request = evaluate(GOOD_ADD, entry_point="add", check=CHECK_ADD,
                       prompt='import math\n\ndef add(a, b):\n    """Adds."""\n')
    assert client.judge_one(request).verdict == pb.PASSED


def test_names_of_the_prompt_are_there_for_whole_functions(client):
    request = evaluate("def area(r):\n    return floor(helper(r))\n", entry_point="area",
                       prompt="from math import floor\n\ndef helper(x):\n    return x + 0.5\n\n"
                              "def area(r):\n    pass\n",
                       check="def check(candidate):\n    assert candidate(2) == 2\n")
    assert client.judge_one(request).verdict == pb.PASSED


def test_check_may_use_the_entry_point_by_name(client):
    request = evaluate(GOOD_ADD, entry_point="add",
                       check="def check(candidate):\n    assert candidate(1, 1) == add(2, 0)\n")
    assert client.judge_one(request).verdict == pb.PASSED


def test_each_assert_of_check_is_a_test(client):
    code = "def add(a, b):\n    return a + b if a else 7\n"
    result = client.judge_one(evaluate_add(code))
    assert result.verdict == pb.FAILED
    assert result.tests_total == 2 and result.tests_passed == 1
    assert outcomes(result) == ["PASSED", "FAILED"]
    failed = result.tests[1]
    assert b"candidate(0, 0) == 0" in failed.source
    assert failed.actual == b"7" and failed.expected == b"0"
    assert b"0, 0" in failed.call
    assert b"7" in result.feedback and b"0" in result.feedback


def test_check_that_raises_is_an_error_of_the_candidate(client):
    result = client.judge_one(evaluate_add("def add(a, b):\n    raise ValueError('no ' + str(a))\n"))
    assert result.verdict == pb.ERROR
    assert result.tests[0].outcome == pb.OUTCOME_ERROR
    assert result.tests[0].error.type == "ValueError"
    assert b"no 1" in result.tests[0].error.message
    assert result.tests[0].error.line == 2


def test_entry_point_that_is_missing(client):
    result = client.judge_one(evaluate_add("def sub(a, b):\n    return a - b\n"))
    assert result.verdict == pb.ERROR and result.fault == pb.FAULT_CANDIDATE
    assert result.error.type == "NameError"


def test_asserts_in_loops(client):
    check = "def check(candidate):\n    for i in range(50):\n        assert candidate(i, 1) == i + 1\n"
    assert client.judge_one(evaluate(GOOD_ADD, entry_point="add", check=check)).verdict == pb.PASSED
    late = "def add(a, b):\n    return a + b if a < 40 else None\n"
    assert client.judge_one(evaluate(late, entry_point="add", check=check)).verdict == pb.FAILED


def test_check_without_an_assertion_is_one_test(client):
    """Tests may judge through functions of their own; then not to raise is to pass."""
    check = ("def same(a, b):\n    if a != b: raise ValueError(a)\n"
             "def check(candidate):\n    same(candidate(1, 2), 3)\n")
    right, wrong = client.judge(evaluate(GOOD_ADD, WRONG_ADD, entry_point="add", check=check))
    assert (right.verdict, right.tests_total) == (pb.PASSED, 1)
    assert not wrong.passed


def test_an_empty_check_is_not_a_pass(client):
    for source in ("", "\n", "# nothing\n", "x = 1\n", "def check(candidate):\n    pass\n",
                   'def check(candidate):\n    """Nothing."""\n'):
        result = client.judge_one(evaluate(GOOD_ADD, entry_point="add", check=source))
        assert result.verdict in (pb.NO_TESTS, pb.BAD_TASK), source
        assert result.fault == pb.FAULT_TESTS


def test_tests_that_do_not_compile(client):
    for request in (evaluate(GOOD_ADD, entry_point="add", check="def check(candidate:\n"),
                    evaluate(GOOD_ADD, asserts=["assert add(1, 2) == 3", "assert add(1,"]),
                    evaluate(GOOD_ADD, asserts=["assert add(1, 2) == 3"], setup="import )")):
        result = client.judge_one(request)
        assert result.verdict == pb.BAD_TASK and result.fault == pb.FAULT_TESTS
        assert result.maskable


# ---- asserts

def test_asserts_of_a_function_that_is_missing(client):
    result = client.judge_one(evaluate("x = 1\n", asserts=["assert f(1) == 1", "assert f(2) == 2"]))
    assert result.verdict == pb.ERROR and result.fault == pb.FAULT_CANDIDATE
    assert outcomes(result) == ["ERROR", "ERROR"]


def test_asserts_each_with_its_outcome(client):
    code = "def f(x):\n    if x > 2:\n        raise KeyError(x)\n    return x\n"
    result = client.judge_one(evaluate(code, asserts=[
        "assert f(1) == 1", "assert f(2) == 3", "assert f(3) == 3", "assert f(0) == 0"]))
    assert outcomes(result) == ["PASSED", "FAILED", "ERROR", "PASSED"]
    assert result.verdict == pb.FAILED
    assert (result.tests_total, result.tests_run, result.tests_passed) == (4, 4, 2)
    assert result.score == 0.5
    assert result.tests[2].error.type == "KeyError"
    assert [test.index for test in result.tests] == [0, 1, 2, 3]


def test_asserts_with_setup(client):
    request = evaluate("def f(r):\n    return math.floor(r)\n", setup="import math",
                       asserts=["assert f(math.pi) == 3"])
    assert client.judge_one(request).verdict == pb.PASSED


def test_asserts_stop_at_the_first_failure(client):
    request = evaluate("def f(x):\n    return x\n",
                       asserts=["assert f(1) == 1", "assert f(2) == 1", "assert f(3) == 3"])
    request.stop = pb.STOP_FIRST_FAILURE
    result = client.judge_one(request)
    assert outcomes(result) == ["PASSED", "FAILED", "NOT_RUN"]
    assert (result.tests_total, result.tests_run, result.tests_passed) == (3, 2, 1)


def test_an_empty_list_of_asserts_is_not_a_pass(client):
    result = client.judge_one(evaluate(GOOD_ADD, asserts=[]))
    assert result.verdict == pb.NO_TESTS and result.fault == pb.FAULT_TESTS and not result.passed


@pytest.mark.parametrize("text", ["", "pass", "# assert add(1, 2) == 3", "'assert'"])
def test_an_assert_that_holds_no_test_is_not_a_pass(client, text):
    result = client.judge_one(evaluate(GOOD_ADD, asserts=[text]))
    assert result.verdict != pb.PASSED


def test_windows_line_ends_and_tabs(client):
    code = "def f(x): \r\n\tif x:\r\n\t\treturn 1\r\n\treturn 0"
    assert client.judge_one(evaluate(code, asserts=["assert f(5) == 1"])).verdict == pb.PASSED


# ---- program

def test_program(client):
    request = evaluate(GOOD_ADD, program="assert add(1, 2) == 3\nprint('end')\n")
    result = client.judge_one(request)
    assert result.verdict == pb.PASSED and result.stdout == b"end\n"


def test_program_that_fails_and_one_that_raises(client):
    failed = client.judge_one(evaluate(WRONG_ADD, program="assert add(1, 2) == 3\n"))
    raised = client.judge_one(evaluate("def add(a, b):\n    return a / 0\n",
                                       program="assert add(1, 2) == 3\n"))
    assert (failed.verdict, raised.verdict) == (pb.FAILED, pb.ERROR)


def test_an_empty_program_is_not_a_pass(client):
    result = client.judge_one(evaluate(GOOD_ADD, program=""))
    assert result.verdict == pb.NO_TESTS


# ---- text of every sort

@pytest.mark.parametrize("text", ["ü", "日本語", "\U0001f600", "a\tb", "\\", "'\""])
def test_text_of_candidates_comes_back_unchanged(client, text):
    code = f"def f():\n    return {text!r}\n"
    result = client.judge_one(evaluate(code, asserts=["assert f() == 0", f"assert f() == {text!r}"]))
    assert outcomes(result) == ["FAILED", "PASSED"]
    assert result.tests[0].actual.decode() == repr(text)


def test_lone_surrogates_in_values(client):
    result = client.judge_one(evaluate("def f():\n    return '\\ud800'\n",
                                       asserts=["assert f() == ''"]))
    assert result.verdict == pb.FAILED


def test_code_that_is_not_utf8(client):
    result = client.judge_one(evaluate(b"x = '\xff\xfe'\ndef add(a, b): return a + b\n",
                                       entry_point="add", check=CHECK_ADD))
    assert result.verdict == pb.COMPILE_ERROR


def test_code_with_a_declared_encoding(client):
    code = b"# -*- coding: latin-1 -*-\ndef f():\n    return '\xe9'\n"
    result = client.judge_one(evaluate(code, asserts=["assert f() == chr(233)"]))
    assert result.verdict == pb.PASSED


def test_code_with_a_byte_order_mark(client):
    result = client.judge_one(evaluate(b"\xef\xbb\xbf" + GOOD_ADD.encode(), entry_point="add",
                                       check=CHECK_ADD))
    assert result.verdict == pb.PASSED


def test_code_with_nul_bytes(client):
    result = client.judge_one(evaluate(b"x = 1\0\n" + GOOD_ADD.encode(), entry_point="add",
                                       check=CHECK_ADD))
    assert result.verdict == pb.COMPILE_ERROR


def test_empty_code(client):
    assert client.judge_one(evaluate("", entry_point="add", check=CHECK_ADD)).verdict == pb.ERROR


def test_a_mebibyte_of_code(client):
    filler = b"# " + b"x" * 61 + b"\n"
    code = GOOD_ADD.encode() + filler * (((1 << 20) - 64) // 64)
    assert len(code) <= 1 << 20
    assert client.judge_one(evaluate(code, entry_point="add", check=CHECK_ADD)).passed


def test_future_imports_and_dataclasses(client):
    code = ("from __future__ import annotations\nfrom dataclasses import dataclass\n"
            "@dataclass\nclass P:\n    x: int\n    y: Undefined = 2\n\n"
            "def f():\n    return P(1).y\n")
    assert client.judge_one(evaluate(code, asserts=["assert f() == 2"])).verdict == pb.PASSED


def test_deep_recursion_of_honest_code(client):
    code = ("import sys\nsys.setrecursionlimit(20000)\n"
            "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n")
    assert client.judge_one(evaluate(code, asserts=["assert f(9000) == 9000"])).passed


# ---- files, output, options

def test_files_of_the_candidate(client):
    code = "def f():\n    return open('data.txt').read()\n"
    request = evaluate(code, asserts=["assert f() == 'hello'"], files={"data.txt": "hello"})
    assert client.judge_one(request).verdict == pb.PASSED


def test_standard_output_and_error(client):
    code = "import sys\nprint('out')\nprint('err', file=sys.stderr)\n" + GOOD_ADD
    result = client.judge_one(evaluate_add(code))
    assert result.passed and result.stdout == b"out\n" and b"err" in result.stderr


def test_standard_input_is_empty(client):
    result = client.judge_one(evaluate("import sys\ntext = sys.stdin.read()\n",
                                       program="assert text == ''\n"))
    assert result.passed


@pytest.mark.parametrize("reveal", [pb.REVEAL_FULL, pb.REVEAL_INPUTS, pb.REVEAL_NONE])
def test_reveal(client, reveal):
    request = evaluate("def f(x):\n    return 0\n", asserts=["assert f(111) == 98765"])
    request.reveal = reveal
    result = client.judge_one(request)
    said = result.SerializeToString()
    assert (b"98765" in said) == (reveal == pb.REVEAL_FULL)
    assert (b"111" in said) == (reveal != pb.REVEAL_NONE)


def test_feedback_is_bounded(client):
    request = evaluate("def f(x):\n    return 'é' * 5000\n", asserts=["assert f(1) == 2"] * 5)
    request.feedback_bytes = 100
    result = client.judge_one(request)
    assert 0 < len(result.feedback) <= 100
    result.feedback.decode("utf-8")


def test_the_last_fenced_block(client):
    text = f"First:\n```python\n{WRONG_ADD}```\nNo, better:\n```python\n{GOOD_ADD}```\nDone.\n"
    request = evaluate(text, entry_point="add", check=CHECK_ADD)
    assert client.judge_one(request).verdict == pb.COMPILE_ERROR
    request.extract = pb.EXTRACT_LAST_FENCE
    assert client.judge_one(request).verdict == pb.PASSED


def test_the_integrity_that_was_wished_for(client):
    request = evaluate_add()
    for wish, expected in ((pb.INTEGRITY_AUTO, pb.NATIVE), (pb.INTEGRITY_WISH_SPLIT, pb.SPLIT),
                           (pb.INTEGRITY_WISH_NATIVE, pb.NATIVE),
                           (pb.INTEGRITY_WISH_SHARED, pb.SHARED)):
        request.integrity = wish
        result = client.judge_one(request)
        assert result.passed and result.integrity == expected


def test_a_program_cannot_be_split(client):
    request = evaluate(GOOD_ADD, program="assert add(1, 2) == 3\n")
    assert client.judge_one(request).integrity == pb.SHARED
    request.integrity = pb.INTEGRITY_WISH_SPLIT
    result = client.judge_one(request)
    assert result.verdict == pb.BAD_TASK and result.fault == pb.FAULT_TESTS and not result.passed


def test_split_examinations_take_turns_with_shared_ones(client):
    requests = []
    for number in range(40):
        request = evaluate(GOOD_ADD, WRONG_ADD, entry_point="add", check=CHECK_ADD)
        request.integrity = (pb.INTEGRITY_WISH_SPLIT, pb.INTEGRITY_WISH_SHARED, pb.INTEGRITY_AUTO)[number % 3]
        requests.append(request)
    for request in requests:
        right, wrong = client.judge(request)
        assert right.passed and wrong.verdict == pb.FAILED
        assert right.integrity == wrong.integrity
