"""Kind stdio: a program reads real input, and the broker compares what it printed."""
import json
import math
import os

import pytest

from support import host, shared
from support.wire import evaluate, pb, verdict_name

SUM = "print(sum(map(int, input().split())))\n"
ECHO = "import sys\nsys.stdout.write(sys.stdin.read())\n"


def as_bytes(text):
    return text.encode() if isinstance(text, str) else text


def stdio(code, *cases, comparator="", absolute=0.0, relative=0.0, **limits):
    """`cases`: (stdin, stdout) or (stdin, stdout, name)."""
    request = evaluate(code, **limits)
    request.stdio.comparator = comparator
    request.stdio.absolute_tolerance = absolute
    request.stdio.relative_tolerance = relative
    for stdin, stdout, *name in cases:
        request.stdio.cases.add(stdin=as_bytes(stdin), stdout=as_bytes(stdout), name="".join(name))
    return request


def outcomes(result):
    return [pb.Outcome.Name(test.outcome).removeprefix("OUTCOME_") for test in result.tests]


def judge(client, code, *cases, **options):
    return client.judge_one(stdio(code, *cases, **options))


def prints(text):
    return f"import sys\nsys.stdout.buffer.write({as_bytes(text)!r})\n"


def refusal(client, request):
    answer = client.collect(client.submit(request))
    assert answer.error is not None, answer.results
    return answer.error


# ---- what a result says

def test_cases_that_pass(client):
    result = judge(client, SUM, ("1 2\n", "3\n", "small"), ("4 5", "9", "large"))
    assert result.verdict == pb.PASSED and result.passed, result
    assert result.integrity == pb.SPLIT
    assert result.comparator == "rstrip"
    assert (result.tests_total, result.tests_run, result.tests_passed) == (2, 2, 2)
    assert result.score == 1.0
    assert [test.name for test in result.tests] == ["small", "large"]
    assert result.tests[0].source == b"1 2\n"
    assert result.feedback == b"All 2 cases passed."
    assert result.usage.cpu_ns >= sum(test.cpu_ns for test in result.tests) > 0
    assert result.usage.memory_peak_bytes > 1 << 20


def test_a_wrong_answer(client):
    result = judge(client, SUM, ("1 2\n", "3\n"), ("2 2\n", "5\n", "two"), ("1 1", "2"))
    assert result.verdict == pb.FAILED and result.fault == pb.FAULT_CANDIDATE
    assert outcomes(result) == ["PASSED", "FAILED", "PASSED"]
    assert result.score == pytest.approx(2 / 3)
    assert (result.tests[1].expected, result.tests[1].actual) == (b"5\n", b"4\n")
    assert b'''number 2 (two)\nInput: "2 2\n"\nExpected: "5"\nActual: "4"''' in result.feedback


def test_the_first_difference_of_long_outputs(client):
    lines = [f"line {i} äöü" for i in range(1000)]
    wrong = list(lines)
    wrong[700] = "line 700 is wrong"
    result = judge(client, prints("\n".join(wrong)), ("", "\n".join(lines)))
    assert result.verdict == pb.FAILED
    (test,) = result.tests
    assert "line 700 äöü" in test.expected.decode() and b"line 700 is wrong" in test.actual
    assert len(test.expected) <= 2000 and len(test.actual) <= 2000
    assert b"line 701 of the output" in result.feedback


def test_too_little_output(client):
    result = judge(client, "print(1)", ("", "1\n2\n"))
    assert b'Expected: "2"\nActual: the end of the output' in result.feedback


def test_what_it_raised_is_told(client):
    code = "def f():\n    return 1 // 0\n\nprint(3)\nf()\n"
    result = judge(client, code, ("", "3\n"))
    assert result.verdict == pb.ERROR and outcomes(result) == ["ERROR"]
    error = result.tests[0].error
    assert (error.type, error.line) == ("ZeroDivisionError", 2)
    assert b"ZeroDivisionError: " in result.feedback and b"line 2" in result.feedback
    text = result.stderr.decode()
    assert text.startswith("Traceback (most recent call last):\n  File \"candidate.py\", line 5")
    assert "program.py" not in text and "examiner" not in text


def test_an_assertion_of_the_program_is_an_error(client):
    assert judge(client, "assert False", ("", "")).verdict == pb.ERROR


def test_code_that_does_not_compile(client):
    result = judge(client, "print(", ("", "1"), ("", "2"))
    assert result.verdict == pb.COMPILE_ERROR and not result.compile.ok
    assert result.tests_run <= 1 and result.error.type == "SyntaxError"
    assert b"SyntaxError" in result.stderr


def test_no_cases(client):
    request = stdio(SUM)
    request.stdio.SetInParent()
    assert client.judge_one(request).verdict == pb.NO_TESTS


def test_split_is_what_it_is(client):
    for wish in (pb.INTEGRITY_WISH_SPLIT, pb.INTEGRITY_WISH_SHARED):
        request = stdio(SUM, ("1 1", "2"))
        request.integrity = wish
        result = client.judge_one(request)
        assert (result.verdict, result.integrity) == (pb.PASSED, pb.SPLIT)


def test_many_candidates(client):
    request = stdio(SUM, *((f"{i} {i}", str(2 * i)) for i in range(20)))
    for index in range(6):
        code = SUM if index % 2 else "print(0)"
        request.candidates.add(id=f"d{index}", code=code.encode())
    results = client.judge(request)
    assert [result.passed for result in results] == [True] + [False, True] * 3
    assert [result.tests_passed for result in results] == [20] + [1, 20] * 3


def test_cells_are_renewed_between_cases(own_daemon):
    """A process that stays behind, or that fills the work area, is not there in the next case."""
    server = own_daemon(slots=1)
    code = ("import os\nprint(os.path.exists('/tmp/mark'))\nopen('/tmp/mark', 'w').close()\n"
            "if os.fork() == 0:\n    os.setsid()\n    while True: os.sched_yield()\n"
            "os._exit(0) if print(end='', flush=True) else None\n")
    with server.connect() as client:
        assert judge(client, code, *[("", "False\n")] * 5).verdict == pb.PASSED


# ---- comparing

@pytest.mark.parametrize("comparator, expected, right, wrong", [
    ("exact", "1\n", "1\n", "1"),
    ("", "1\n2\n", "1 \r\n2\n\n\n", " 1\n2\n"),
    ("rstrip", "1\n2\n", "1\n2", "1\n\n2\n"),
    ("lines", "1\n2\n", "  1\n\t2", "1 2"),
    ("tokens", "a b\nc", "a\nb c\n", "a b C"),
    ("tokens_ci", "Yes NO", "yes\nno", "yes ne"),
    ("float", "0.5 x", "0.5000001 x", "0.6 x"),
    ("decimal", "1.50", "1.5", "1.5000000000000000000001"),
    ("set", "b\na\n", "a\nb", "a\nb\nb"),
])
def test_comparators(client, comparator, expected, right, wrong):
    good = judge(client, prints(right), ("", expected), comparator=comparator)
    assert good.verdict == pb.PASSED, good.feedback
    assert good.comparator == (comparator or "rstrip")
    bad = judge(client, prints(wrong), ("", expected), comparator=comparator)
    assert bad.verdict == pb.FAILED


def test_tolerances(client):
    assert judge(client, "print(1.4)", ("", "1"), comparator="float", absolute=0.5).passed
    assert not judge(client, "print(1.6)", ("", "1"), comparator="float", absolute=0.5).passed
    assert judge(client, "print(140)", ("", "100"), comparator="float", relative=0.5).passed
    assert judge(client, "print(1000000.5)", ("", "1000000"), comparator="float").passed
    assert not judge(client, "print(1000002)", ("", "1000000"), comparator="float").passed


def test_any_bytes(client):
    data = bytes(range(256)) * 4
    code = "import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())\n"
    assert judge(client, code, (data, data), comparator="exact").passed
    assert judge(client, prints(b"a\0b"), ("", b"a\0c")).verdict == pb.FAILED
    assert judge(client, prints(b"a\0b"), ("", b"a")).verdict == pb.FAILED


def test_garbage_behind_blanks(client):
    attack = "print('42' + ' ' * 65536 + 'garbage')"
    for comparator in ("exact", "rstrip", "lines", "tokens", "tokens_ci", "float", "decimal",
                       "set"):
        assert judge(client, attack, ("", "42\n"), comparator=comparator,
                     output_bytes=1 << 18).verdict == pb.FAILED
        assert judge(client, attack, ("", "42\n"), comparator=comparator).verdict == pb.OUTPUT_LIMIT


@pytest.mark.parametrize("field, change", [
    ("comparator", {"comparator": "fuzzy"}),
    ("absolute_tolerance", {"absolute": math.nan}),
    ("absolute_tolerance", {"absolute": -1.0}),
    ("relative_tolerance", {"relative": math.inf}),
])
def test_what_is_refused(client, field, change):
    error = refusal(client, stdio(SUM, ("", ""), **change))
    assert error.code == pb.INVALID_REQUEST and error.field == f"evaluate.stdio.{field}"
    if field == "comparator":
        assert "tokens_ci" in error.message


def test_long_outputs_need_no_limit_of_their_own(client):
    text = "".join(f"{i}\n" for i in range(60000))
    result = judge(client, "print(*range(60000), sep='\\n')", ("", text))
    assert len(text) > 1 << 18 and result.verdict == pb.PASSED, result.feedback


def test_outputs_that_could_never_be_equal_are_refused(client):
    error = refusal(client, stdio(SUM, ("", "x" * 1025), output_bytes=1024))
    assert error.field == "evaluate.stdio.cases[0]" and "output_bytes" in error.message


# ---- how programs read

READERS = {
    "input": "n = int(input())\nfor _ in range(n):\n    print(int(input()) * 2, flush=True)\n",
    "read": "import sys\na = sys.stdin.read().split()\nprint(*[int(x) * 2 for x in a[1:]], sep='\\n')",
    "buffer": "import sys\nr = sys.stdin.buffer.readline\nfor _ in range(int(r())):\n"
              "    print(int(r()) * 2)\n",
    "lines": "import sys\nnext(sys.stdin)\nfor line in sys.stdin:\n    print(int(line) * 2)\n",
    "open": "a = open(0).read().split()\nfor x in a[1:]: print(int(x) * 2)",
    "by name": "a = open('/dev/stdin').read().split()\nfor x in a[1:]: print(int(x) * 2)",
    "os.read": "import os\na = os.read(0, os.fstat(0).st_size).split()\n"
               "os.write(1, b'\\n'.join(b'%d' % (2 * int(x)) for x in a[1:]))",
    "fileinput": "import fileinput\na = list(fileinput.input())\nfor x in a[1:]: print(int(x) * 2)",
    "replaced": "import io, os, sys\nsys.stdin = io.BytesIO(os.read(0, os.fstat(0).st_size))\n"
                "input = lambda: sys.stdin.readline().rstrip()\n"
                "for _ in range(int(input())): print(int(input()) * 2)",
    "child": "import subprocess\na = subprocess.run(['/usr/bin/python3', '-c', "
             "'print(open(0).read())'], capture_output=True, check=True).stdout.split()\n"
             "for x in a[1:]: print(int(x) * 2)",
}


@pytest.mark.parametrize("reader", READERS)
def test_ways_to_read(client, reader):
    result = judge(client, READERS[reader], ("3\n1\n2\n3\n", "2\n4\n6\n"), ("1\n7\n", "14\n"))
    assert result.verdict == pb.PASSED, (result.feedback, result.stderr)


def test_reading_more_than_there_is(client):
    result = judge(client, "input()\ninput()", ("1\n", ""))
    assert result.verdict == pb.ERROR and result.tests[0].error.type == "EOFError"
    assert judge(client, "import sys\nprint([sys.stdin.read(), sys.stdin.read()])",
                 ("x", "['x', '']")).passed


def test_not_reading_at_all(client):
    assert judge(client, "print('hello')", ("x" * 300000, "hello")).passed


def test_a_mebibyte_of_input(client):
    numbers = "\n".join(str(i) for i in range(150000))
    assert len(numbers) > 1 << 19
    text = numbers + "\n" + "0\n" * 200000
    result = judge(client, "import sys\nprint(sum(map(int, sys.stdin)))",
                   (text, str(sum(range(150000)))))
    assert result.verdict == pb.PASSED, result.feedback


def test_crlf_of_the_input_is_kept(client):
    assert judge(client, "import sys\nprint(repr(sys.stdin.read()))", ("a\r\nb", "'a\\r\\nb'")).passed


def test_the_input_cannot_be_changed_and_is_not_shared(client):
    code = ("import os\nprint(os.read(0, 10).decode())\ntry:\n    os.write(0, b'zz')\n"
            "except OSError as error:\n    print(type(error).__name__)\n")
    result = judge(client, code, ("one", "one\nPermissionError\n"), ("two", "two\nPermissionError"))
    assert result.verdict == pb.PASSED, result.feedback


# ---- how programs end

@pytest.mark.parametrize("code, verdict", [
    ("import sys\nprint(1)\nsys.exit(0)\nprint(2)", pb.PASSED),
    ("import sys\nprint(1)\nsys.exit()", pb.PASSED),
    ("print(1)\nexit()", pb.PASSED),
    ("print(1)\nraise SystemExit", pb.PASSED),
    ("import sys\nsys.exit(0)", pb.FAILED),
    ("import os\nprint(1)\nos._exit(0)", pb.FAILED),
    ("import os\nprint(1, flush=True)\nos._exit(0)", pb.PASSED),
    ("print(1)\nexit(3)", pb.ERROR),
    ("print(1)\nexit('message')", pb.ERROR),
    ("import os\nprint(1, flush=True)\nos._exit(1)", pb.ERROR),
    ("import os\nprint(1, flush=True)\nos.kill(os.getpid(), 9)", pb.ERROR),
    ("print(1, flush=True)\nimport os\nos.abort()", pb.ERROR),
    ("import atexit\natexit.register(print, 1)", pb.PASSED),
    ("out = open(1, 'w')\nout.write('1')", pb.PASSED),
    ("class C:\n    def __del__(self): print(1)\nc = C()", pb.PASSED),
    ("import threading, time\n"
     "threading.Thread(target=lambda: (time.sleep(0.05), print(1))).start()", pb.PASSED),
    ("import io, sys\nsys.stdout = io.StringIO()\nprint(2)\n"
     "sys.__stdout__.write(sys.stdout.getvalue().replace('2', '1'))", pb.PASSED),
    ("if __name__ == '__main__':\n    print(1)", pb.PASSED),
    ("import sys\nprint(len(sys.argv))", pb.PASSED),
    ("import os\nif os.fork() == 0:\n    print(1)\nelse:\n    os.wait()", pb.PASSED),
])
def test_ways_to_end(client, code, verdict):
    result = judge(client, code, ("", "1\n"))
    assert result.verdict == verdict, (verdict_name(result), result.feedback, result.stderr)


def test_statuses_are_told(client):
    result = judge(client, "print(1)\nexit(3)", ("", "1"))
    assert b"exit status 3" in result.feedback
    assert b"exit status 3" in result.tests[0].error.message
    result = judge(client, "import os\nos.kill(os.getpid(), 11)", ("", "1"))
    assert outcomes(result) == ["CRASHED"] and b"signal 11" in result.feedback


def test_threads_and_modules_that_ask_for_main(client):
    code = ("import pickle, __main__\nclass C: pass\n"
            "print(type(pickle.loads(pickle.dumps(C()))) is C, __main__.C is C)")
    assert judge(client, code, ("", "True True")).passed


# ---- limits

def test_limits_hold_for_each_case(client):
    code = "import time\nt = time.process_time()\nwhile time.process_time() - t < 0.2: pass\n"
    result = judge(client, code, *[("", "")] * 5, cpu_ms=600, wall_ms=30000)
    assert result.verdict == pb.PASSED, result.feedback
    assert result.usage.cpu_ns > 900_000_000


def test_cpu_limit_of_one_case(client):
    code = "n = int(input())\nwhile n == 2: pass\nprint(n)\n"
    result = judge(client, code, ("1", "1"), ("2", "2"), ("3", "3"), cpu_ms=200)
    assert result.verdict == pb.CPU_LIMIT
    assert outcomes(result) == ["PASSED", "TIME_LIMIT", "NOT_RUN"]
    assert (result.tests_total, result.tests_passed) == (3, 1)
    assert b"1 of 3 cases passed" in result.feedback and b"allowed 0.20 s" in result.feedback


def test_wall_limit(client):
    result = judge(client, "import time\ntime.sleep(60)", ("", ""), wall_ms=1000)
    assert result.verdict == pb.WALL_LIMIT


def test_memory(client):
    result = judge(client, "x = bytearray(1 << 30)\nprint(1)", ("", "1"), memory_bytes=128 << 20)
    assert result.verdict == pb.MEMORY_LIMIT


def test_output_without_end(client):
    result = judge(client, "while True: print('1' * 1000)", ("", "1\n"), cpu_ms=5000)
    assert result.verdict == pb.OUTPUT_LIMIT
    assert result.usage.cpu_ns < 4e9


def test_an_output_that_was_cut_never_passes(client):
    code = "print('1' * 1024, end='')\nprint(' ' * 5000 + 'x')"
    result = judge(client, code, ("", "1" * 1024), output_bytes=1024)
    assert result.verdict == pb.OUTPUT_LIMIT and b"allowed 1024" in result.feedback


def test_stop_at_the_first_failure(client):
    request = stdio(SUM, ("1 1", "2"), ("1 1", "3"), ("1 1", "2"))
    request.stop = pb.STOP_FIRST_FAILURE
    result = client.judge_one(request)
    assert result.verdict == pb.FAILED
    assert outcomes(result) == ["PASSED", "FAILED", "NOT_RUN"]
    assert (result.tests_total, result.tests_run) == (3, 2)


def test_cancelled_in_the_middle(client):
    code = "print(1)\nif input() == 'last': import time; time.sleep(60)"
    request = stdio(code, ("first", "1"), ("last", "1"), wall_ms=60000)
    target = client.submit(request)
    host.wait_until(lambda: any(slot.state == "running" for slot in client.status().slots), "a run")
    client.cancel(target)
    answer = client.collect(target)
    assert [verdict_name(result) for result in answer.results] == ["CANCELLED"]
    assert judge(client, SUM, ("1 1", "2")).passed


# ---- what may be told

SECRET = "s3cret-4711"


@pytest.mark.parametrize("code", ["print('x')", "1 // 0", "exit(4)", "while True: pass", "print("])
def test_reveal(client, code):
    request = stdio(code, ("visible-0815", SECRET, "case-name"), cpu_ms=200)
    request.reveal = pb.REVEAL_INPUTS
    result = client.judge_one(request)
    assert SECRET.encode() not in result.SerializeToString()
    request.reveal = pb.REVEAL_NONE
    told = client.judge_one(request).SerializeToString()
    for text in (SECRET, "visible-0815", "case-name"):
        assert text.encode() not in told


def test_inputs_may_be_told_without_outputs(client):
    request = stdio("print('wrong')", ("visible-0815", SECRET))
    request.reveal = pb.REVEAL_INPUTS
    result = client.judge_one(request)
    assert result.tests[0].source == b"visible-0815" and result.tests[0].actual == b"wrong\n"
    assert b"visible-0815" in result.feedback


SEARCH = r"""
import gc, os, sys
secret = bytes([115, 51, 99, 114, 101, 116, 45, 52, 55, 49, 49])
found = []
for line in open('/proc/self/maps'):
    area, mode = line.split()[:2]
    if 'r' not in mode or '[v' in line:
        continue
    start, end = (int(x, 16) for x in area.split('-'))
    with open('/proc/self/mem', 'rb', 0) as memory:
        memory.seek(start)
        while start < end:
            chunk = memory.read(min(end - start, 1 << 20))
            if not chunk:
                break
            at = chunk.find(secret)
            if at >= 0 and chunk[at + 11:at + 12] != b'!':
                found.append(line)
            start += len(chunk)
        del chunk
for folder, _, names in [*os.walk('/tmp'), *os.walk('/dev/shm'), *os.walk('/proc/self/fd')]:
    for name in names:
        try:
            with open(os.path.join(folder, name), 'rb') as file:
                os.set_blocking(file.fileno(), False)
                if secret in (file.read(1 << 20) or b''):
                    found.append(name)
        except OSError:
            pass
print('visible', bool(secret), len(found) > 1, found, file=sys.stderr)
print(sys.stdin.read())
"""


def test_the_expected_output_is_nowhere_in_the_cell(client):
    """Only the search's own copies are found."""
    with_secret = judge(client, SEARCH, ("in", SECRET))
    without = judge(client, SEARCH, ("in", "harmless"))
    assert b"visible True" in with_secret.stderr, with_secret.stderr
    assert with_secret.stderr.count(b"\\n") == without.stderr.count(b"\\n")
    read = judge(client, SEARCH, (SECRET, "in"))  # the control: what it reads is found
    assert read.stderr.count(b"\\n") > without.stderr.count(b"\\n") or b"'0'" in read.stderr


def test_forged_records_do_not_pass(client):
    """Whatever is written to any descriptor, the bytes on stdout decide."""
    code = ("import os\nfor fd in range(3, 1100):\n    try:\n"
            "        os.write(fd, b'\\x5a\\xa5\\x05\\x01' + bytes(60))\n"
            "    except OSError:\n        pass\n")
    assert judge(client, code, ("", "1")).verdict in (pb.FAILED, pb.TAMPERED)


@pytest.mark.parametrize("code", [
    "import sys\nsys.modules.clear()",
    "import sys\nsys.modules = None",
    "import sys\ndel sys.stdout, sys.stderr, sys.stdin",
    "import sys\nsys.excepthook = None\nsys.__excepthook__ = None\n1 // 0",
    "import builtins\nvars(builtins).clear()",
    "import gc, threading, atexit\ngc.collect = threading._shutdown = atexit._run_exitfuncs = 1",
    "import sys\nclass E(BaseException):\n    with_traceback = None\nraise E",
    "class E(SystemExit):\n    code = property(lambda self: 1 // 0)\nraise E",
])
def test_whatever_it_breaks_is_its_own_fault(client, code):
    result = judge(client, code, ("", "1"))
    assert result.fault == pb.FAULT_CANDIDATE, (verdict_name(result), result.stderr)
    assert result.verdict in (pb.FAILED, pb.ERROR)


def test_files_of_the_candidate(client):
    request = stdio("print(open('data.txt').read())", ("", "content"), ("", "content"))
    request.candidates[0].files.add(name="data.txt", content=b"content")
    assert client.judge_one(request).passed


# ---- the corpora of attacks, and of honest programs that are often misjudged

def corpus(name):
    path = os.path.join(shared.SHARED, "attacks", name + ".jsonl")
    if not os.path.exists(path):
        pytest.skip("no shared attacks")
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if row["language"] == "python" and "stdin_tests" in row["task"]]


def corpus_request(row, **limits):
    checker, _, tolerance = row["task"]["checker"].partition(":")
    cases = [(case["stdin"], case["stdout"]) for case in row["task"]["stdin_tests"]]
    return stdio(row["candidate"], *cases, absolute=float(tolerance or 0),
                 comparator={"exact": "rstrip"}.get(checker, checker), **limits)


def test_no_hack_passes(client):
    rows = corpus("hacks_python")
    results = {row["id"]: client.judge_one(corpus_request(row, wall_ms=4000)) for row in rows}
    assert len(results) >= 8
    passed = [name for name, result in results.items() if result.passed]
    assert not passed
    told = {name: verdict_name(result) for name, result in results.items()}
    assert set(told.values()) <= {"FAILED", "ERROR", "WALL_LIMIT"}, told


def test_honest_programs_pass(client):
    rows = corpus("benign_tricky")
    results = {row["id"]: client.judge_one(corpus_request(row)) for row in rows}
    assert len(results) >= 6
    wrong = {name: (verdict_name(result), result.feedback, result.stderr)
             for name, result in results.items() if not result.passed}
    assert not wrong
