"""Candidates that end badly: a verdict that says so, and a cell that goes on."""
import pytest

from support.wire import GOOD_ADD, evaluate, evaluate_add, evaluate_program, pb, verdict_name

CRASHES = [
    ("SIGSEGV", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"),
    ("SIGKILL", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    ("abort", "import os\nos.abort()"),
    ("a null pointer", "import ctypes\nctypes.string_at(0)"),
    ("a jump to nowhere", "import ctypes\nctypes.CFUNCTYPE(None)(16)()"),
    ("kill everything", "import os\nos.kill(-1, 9)"),
    ("endless recursion in C",
     "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()"),
    ("a deep expression", "x = " + "(" * 5000 + ")" * 5000),
    ("a very deep literal", "x = " + "-" * 100000 + "1"),
]


@pytest.mark.parametrize("code", [case[1] for case in CRASHES], ids=[case[0] for case in CRASHES])
def test_crash(client, code):
    result = client.judge_one(evaluate_program(code, cpu_ms=3000))
    assert verdict_name(result) in ("ERROR", "COMPILE_ERROR", "MEMORY_LIMIT", "CPU_LIMIT"), result
    assert result.fault == pb.FAULT_CANDIDATE
    assert result.feedback
    assert client.judge_one(evaluate_add()).verdict == pb.PASSED


RAISES = [
    ("Exception", "raise Exception('boom')", "Exception"),
    ("KeyboardInterrupt", "raise KeyboardInterrupt", "KeyboardInterrupt"),
    ("GeneratorExit", "raise GeneratorExit", "GeneratorExit"),
    ("an import that fails", "import no_such_module_anywhere", "ModuleNotFoundError"),
    ("an exception that cannot be printed",
     "class Bad(Exception):\n    def __str__(self): raise RuntimeError\n    __repr__ = __str__\n"
     "raise Bad", "Bad"),
    ("an exception with a huge text", "raise ValueError('x' * 10**7)", "ValueError"),
    ("a chain of exceptions",
     "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise OSError('y') from e", "OSError"),
]


@pytest.mark.parametrize("code, error", [case[1:] for case in RAISES],
                         ids=[case[0] for case in RAISES])
def test_exception_while_loading(client, code, error):
    result = client.judge_one(evaluate_add(code + "\n" + GOOD_ADD))
    assert result.verdict == pb.ERROR, result
    assert result.error.type == error
    assert len(result.SerializeToString()) < 1 << 18


def test_the_traceback_shows_the_candidate_only(client):
    code = "def helper(x):\n    return 1 // x\n\ndef f():\n    return helper(0)\n"
    result = client.judge_one(evaluate(code, asserts=["assert f() == 1"]))
    error = result.tests[0].error
    assert error.type == "ZeroDivisionError" and error.line == 2
    assert b"helper" in error.traceback
    assert b"/runtime" not in error.traceback and b"zygote" not in error.traceback


def test_syntax_errors_name_the_line(client):
    result = client.judge_one(evaluate_add("x = 1\ny = 2\ndef add(a, b)\n    return 1\n"))
    assert result.verdict == pb.COMPILE_ERROR
    assert result.error.type == "SyntaxError" and result.error.line == 3
    assert not result.compile.ok


def test_a_crash_in_the_middle_keeps_what_was_known(client):
    code = "import os\ndef f(x):\n    if x == 3: os.abort()\n    return x\n"
    result = client.judge_one(evaluate(code, asserts=[f"assert f({i}) == {i}" for i in range(5)]))
    assert result.verdict == pb.ERROR
    assert result.tests_passed == 3 and result.tests_total == 5
    assert result.tests[3].outcome in (pb.OUTCOME_CRASHED, pb.OUTCOME_NOT_RUN)
    assert result.tests[4].outcome == pb.OUTCOME_NOT_RUN


def test_many_crashes_in_a_row(client):
    codes = [CRASHES[i % 5][1] for i in range(40)]
    requests = [evaluate_program(code) for code in codes]
    answers = list(client.judge_many(requests, window=8))
    assert {verdict_name(answer.results[0]) for answer in answers} == {"ERROR"}
    assert client.judge_one(evaluate_add()).passed
