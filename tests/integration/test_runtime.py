"""The Python runtime by itself: zygote, records and the three kinds of tests, without a daemon.

The cell has no isolation, so every candidate here is harmless.
"""

import os
import signal

import pytest
import runtime_cell as cell
from runtime_cell import Cell, build_job

pytestmark = pytest.mark.once

RUNTIME = os.path.join(os.path.abspath(os.environ.get("ASSAY_BUILD", "build")), "runtimes", "python")

CHECK = "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(0, 0) == 0\n"
PROMPT = 'def add(a, b):\n    """ Sum.\n    """\n'
ADD = "def add(a, b):\n    return a + b\n"


@pytest.fixture(scope="module")
def python():
    missing = cell.missing()
    if missing:
        pytest.skip("needs " + missing)
    with Cell(RUNTIME) as one:
        yield one


def check(python, code, tests=CHECK, **options):
    options.setdefault("entry_point", "add")
    return python.run("check", code, tests, **options)


def is_clean(outcome):
    return outcome.report["flags"] & cell.CLEAN != 0


# ---------------------------------------------------------------- kind check


def test_ready_names_the_interpreter(python):
    assert python.runtime.startswith("CPython 3.")


def test_body_completes_the_prompt(python):
    outcome = check(python, "    return a + b\n", prompt=PROMPT)
    assert outcome.passed and outcome.outcomes == ["PASSED"] * 2
    assert outcome.states == [1, 2] and outcome.reached == 2 and is_clean(outcome)


def test_whole_function_takes_the_prompts_names(python):
    prompt = "import math\n" + PROMPT
    outcome = check(python, "def add(a, b):\n    return math.floor(a + b)\n", prompt=prompt)
    assert outcome.passed


def test_whole_function_after_a_prompt_that_ends_in_a_head(python):
    prompt = "import math\ndef add(a, b):\n    # to be written\n"
    assert check(python, "def add(a, b):\n    return math.floor(a + b)", prompt=prompt).passed


@pytest.mark.parametrize(
    "code",
    ["add = lambda a, b: a + b", "class add(int):\n    def __new__(cls, a, b):\n        return a + b",
     "import operator\nfrom operator import add", "add: object = lambda a, b: a + b"],
)  # fmt: skip
def test_other_ways_to_define_the_entry_point(python, code):
    assert check(python, code).passed


def test_wrong_answer_is_told_in_full(python):
    outcome = check(python, "def add(a, b):\n    return 0\n")
    assert outcome.outcomes == ["FAILED", "PASSED"] and outcome.is_complete
    test = outcome.tests[0]
    assert test.source == "assert candidate(1, 2) == 3"
    assert (test.call, test.expected, test.actual) == ("add(1, 2)", "3", "0")


def test_exception_is_told_with_its_line(python):
    outcome = check(python, "    x = 1\n    return a // b\n", prompt=PROMPT,
                    tests="def check(f):\n    assert f(2, 0) == 1\n    assert f(2, 1) == 2\n")  # fmt: skip
    assert outcome.outcomes == ["ERROR", "PASSED"]
    test = outcome.tests[0]
    assert test.type == "ZeroDivisionError" and test.line == 2
    assert 'File "candidate.py", line 2, in add' in test.traceback
    assert "examiner" not in test.traceback


def test_stop_at_first_failure(python):
    outcome = check(python, "def add(a, b):\n    return 9\n", stop=True)
    assert outcome.outcomes == ["FAILED", "NOT_RUN"] and outcome.is_complete
    assert outcome.reached == 1


def test_raising_outside_an_assertion(python):
    tests = "def check(f):\n    assert f(1, 1) == 2\n    x = f(1, None)\n    assert x == 3\n"
    outcome = check(python, ADD, tests)
    assert outcome.outcomes == ["PASSED", "ERROR"]
    assert outcome.tests[1].name == "check" and outcome.tests[1].type == "TypeError"


def test_check_without_assertions_is_one_test(python):
    tests = "def check(f):\n    if f(1, 2) != 3:\n        raise AssertionError('no')\n"
    assert check(python, ADD, tests).outcomes == ["PASSED"]
    outcome = check(python, "def add(a, b): return 4", tests)
    assert outcome.outcomes == ["FAILED"] and outcome.tests[0].message == "no"


def test_tests_that_try_nothing_are_none(python):
    outcome = check(python, ADD, "def check(f):\n    pass\n")
    assert outcome.plan == 0 and outcome.is_complete and not outcome.passed
    outcome = check(python, ADD, "def check(f):\n    f.no_such_name\n")
    assert outcome.fault_kind == "TESTS" and outcome.is_complete


def test_memory_running_out_ends_the_candidate_first(python):
    code = "def add(a, b):\n    return open('/proc/self/oom_score_adj').read()\n"
    assert check(python, code, "def check(f):\n    assert f(1, 2) == '1000\\n'\n").passed


def test_assertions_in_loops_and_helpers(python):
    tests = (
        "def same(a, b):\n    assert a == b, 'not %r' % b\n"
        "def check(f):\n    for i in range(5):\n        assert f(i, 1) == i + 1\n"
        "    same(f(1, 1), 2)\n    same(f(2, 2), 4)\n"
    )
    assert check(python, ADD, tests).outcomes == ["PASSED", "PASSED"]
    outcome = check(python, "def add(a, b): return a + b if a < 2 else 0", tests)
    assert outcome.outcomes == ["FAILED", "FAILED"]
    assert outcome.tests[0].message == "not 4" and outcome.tests[1].actual == "0"


def test_forms_of_assertions(python):
    tests = (
        "def check(f):\n    assert not f(0, 0)\n    assert f(1, 1)\n    assert 2 == f(1, 1)\n"
        "    assert f(0.1, 0.2) - 0.3 < 1e-9\n    assert f([], []) is None\n"
        "    assert f(1, 1) == 2 == f(0, 2), 'text'\n    assert f(1, 1), f(1, None)\n"
    )
    outcome = check(python, ADD, tests)
    assert outcome.outcomes == ["PASSED"] * 4 + ["FAILED"] + ["PASSED"] * 2
    assert (outcome.tests[4].expected, outcome.tests[4].actual) == ("None", "[]")
    outcome = check(python, "def add(a, b): return a - b", tests)
    assert outcome.outcomes[1:3] == ["FAILED", "FAILED"]
    assert (outcome.tests[2].call, outcome.tests[2].expected) == ("add(1, 1)", "2")


def test_assertions_whose_exceptions_the_tests_handle(python):
    tests = (
        "def check(f):\n    try:\n        assert f(1, None) == 3\n    except TypeError:\n        pass\n"
        "    try:\n        f(1, None)\n        assert False\n    except TypeError:\n        pass\n"
        "    try:\n        assert f(1, 1) == 3\n    except AssertionError:\n        pass\n"
        "    assert f(1, 1) == 2\n"
    )
    outcome = check(python, ADD, tests)
    assert outcome.outcomes == ["NOT_RUN", "NOT_RUN", "PASSED"] and outcome.passed


def test_assertion_that_the_candidate_raises_is_an_error(python):
    outcome = check(python, "def add(a, b):\n    assert a > 0\n    return a + b\n")
    assert outcome.outcomes == ["PASSED", "ERROR"]
    assert outcome.tests[1].type == "AssertionError" and outcome.tests[1].line == 2


@pytest.mark.parametrize("raising", ["SystemExit(0)", "KeyboardInterrupt", "GeneratorExit", "MemoryError"])
def test_exceptions_that_end_programs_are_errors_of_their_test(python, raising):
    outcome = check(python, "def add(a, b):\n    if a: raise %s\n    return 0" % raising)
    assert outcome.outcomes == ["ERROR", "PASSED"] and outcome.is_complete
    assert outcome.tests[0].type == raising.split("(")[0]


def test_endless_recursion(python):
    outcome = check(python, "def add(a, b):\n    return add(a, b)\n")
    assert outcome.outcomes == ["ERROR"] * 2 and outcome.tests[0].type == "RecursionError"
    assert "more frames" in outcome.tests[0].traceback


def test_values_are_bounded(python):
    code = "def add(a, b):\n    return [[i] * 1000 for i in range(1000)] if a else 'x' * 10**7\n"
    outcome = check(python, code, value_bytes=100)
    assert outcome.outcomes == ["FAILED", "FAILED"]
    assert all(len(test.actual) <= 100 for test in outcome.tests.values())


def test_values_that_cannot_be_shown(python):
    code = "class Odd:\n    def __repr__(self): raise KeyError\ndef add(a, b):\n    return Odd()\n"
    outcome = check(python, code)
    assert outcome.outcomes == ["FAILED", "FAILED"]
    assert outcome.tests[0].actual == "<Odd: repr raised KeyError>"
    outcome = check(python, "def add(a, b): return 10 ** 5000")
    assert outcome.tests[0].actual.startswith("<int of")
    outcome = check(python, "def add(a, b): return '\\ud800'")
    assert outcome.tests[0].actual == "'\\ud800'"


# ---------------------------------------------------------------- kind asserts and program


def test_asserts(python):
    outcome = python.run("asserts", ADD, ["assert add(1, 2) == 3", "assert add(1, 2) == 4",
                                          "assert add(1) == 1", "x = add(1, 1)\nassert x == 2"])  # fmt: skip
    assert outcome.outcomes == ["PASSED", "FAILED", "ERROR", "PASSED"]
    assert outcome.tests[1].call == "add(1, 2)" and outcome.tests[1].actual == "3"


def test_asserts_setup(python):
    code = "def half(x):\n    return math.floor(x / 2)\n"
    assert python.run("asserts", code, ["assert half(5) == 2"], setup="import math").passed
    outcome = python.run("asserts", code, ["assert half(5) == 2"], setup="import no_such_module")
    assert outcome.fault_kind == "TESTS" and outcome.is_complete


def test_asserts_setup_may_need_the_candidate(python):
    code = "class Node:\n    value = 3\n"
    assert python.run("asserts", code, ["assert root.value == 3"], setup="root = Node()").passed
    outcome = python.run("asserts", "x = 1", ["assert root.value == 3"], setup="root = Node()")
    assert outcome.fault_kind == "LOAD" and outcome.is_complete


def test_asserts_statement_without_assert(python):
    outcome = python.run("asserts", ADD, ["add(1, 2)", "raise AssertionError", "add()"])
    assert outcome.outcomes == ["PASSED", "FAILED", "ERROR"]


def test_program(python):
    outcome = python.run("program", ADD, "for i in range(3):\n    assert add(i, i) == 2 * i\n")
    assert outcome.passed and outcome.outcomes == ["PASSED"]
    outcome = python.run("program", "print(__name__)", "print('end')")
    assert outcome.passed and outcome.stdout == b"__main__\nend\n"


def test_program_that_raises(python):
    outcome = python.run("program", ADD, "assert add(1, 1) == 2\nadd(1, None)\n")
    assert outcome.outcomes == ["PASSED"] and outcome.fault_kind == "PROGRAM" and not outcome.passed
    assert python.run("program", ADD, "add(1, None)").outcomes == ["ERROR"]
    assert python.run("program", ADD, "import sys; sys.exit(3)").outcomes == ["FAILED"]
    assert python.run("program", ADD, "import sys; sys.exit(0)").passed


UNITTEST = """
import unittest
class TestAdd(unittest.TestCase):
    def test_small(self):
        self.assertEqual(add(1, 2), 3)
if __name__ == "__main__":
    unittest.main()
"""


def test_program_with_unittest(python):
    assert python.run("program", ADD, UNITTEST).passed
    outcome = python.run("program", "def add(a, b): return 0", UNITTEST)
    assert outcome.outcomes == ["FAILED"] and outcome.is_complete
    leaving = "import sys\ndef add(a, b):\n    sys.exit(0)\n"
    assert not python.run("program", leaving, UNITTEST).passed


# ---------------------------------------------------------------- code that cannot be used


@pytest.mark.parametrize(
    "code",
    [b"def add(a, b) return", b"\xff\xfe", b"x = '\xe9'", b"def add():\0", b"    indented",
     b"(" * 500, b"add = " + b"-" * 100000 + b"1"],
    ids=range(7),
)  # fmt: skip
def test_code_that_does_not_compile(python, code):
    outcome = check(python, code)
    assert outcome.fault_kind == "COMPILE" and outcome.is_complete and outcome.states == [1]
    assert outcome.fault.type in ("SyntaxError", "ValueError", "IndentationError", "MemoryError",
                                  "RecursionError")  # fmt: skip


def test_line_of_a_syntax_error_is_the_candidates(python):
    outcome = check(python, "    x = 1\n    return a +\n", prompt=PROMPT)
    assert outcome.fault_kind == "COMPILE" and outcome.fault.line == 2
    assert "return a +" in outcome.fault.traceback


@pytest.mark.parametrize("code, error", [
    (b"", "NameError"), (b"x = 1", "NameError"), (b"import no_such_module", "ModuleNotFoundError"),
    (b"import sys; sys.exit(0)", "SystemExit"), (b"raise KeyboardInterrupt", "KeyboardInterrupt"),
])  # fmt: skip
def test_code_that_does_not_load(python, code, error):
    outcome = check(python, code)
    assert outcome.fault_kind == "LOAD" and outcome.fault.type == error and not outcome.passed


def test_unusual_code_that_works(python):
    assert check(python, b"\xef\xbb\xbf" + ADD.encode()).passed
    assert check(python, "from __future__ import annotations\n" + ADD).passed
    assert check(python, "# coding: latin-1\nname = '\xe9'\n".encode("latin-1") + ADD.encode()).passed
    assert check(python, ADD.replace("\n", "\r\n")).passed
    assert check(python, ADD + "#" * (1 << 20)).passed
    code = "import dataclasses, pickle, sys\n@dataclasses.dataclass\nclass P:\n    x: int\n"
    code += "def add(a, b):\n    assert __name__ == 'candidate' and sys.modules[__name__].P is P\n"
    assert check(python, code + "    return pickle.loads(pickle.dumps(P(a + b))).x\n").passed


@pytest.mark.parametrize("tests", ["def check(candidate:", "raise ValueError", "def other(): pass", b"\xff"])
def test_tests_that_do_not_run(python, tests):
    outcome = check(python, ADD, tests)
    assert outcome.fault_kind == "TESTS" and outcome.is_complete


# ---------------------------------------------------------------- leaving early, and what is left behind

LEAVING = {
    "exit": "import os\ndef add(a, b):\n    os._exit(0)\n",
    "exit while loading": "import os\nos._exit(0)\n",
    "kill": "import os\ndef add(a, b):\n    os.kill(os.getpid(), 9)\n",
    "abort": "import os\ndef add(a, b):\n    os.abort()\n",
    "exec": "import os\ndef add(a, b):\n    os.execv('/bin/true', ['true'])\n",
    "crash": "import ctypes\ndef add(a, b):\n    ctypes.string_at(1)\n",
    "exit in repr": "import os\nclass X:\n    def __repr__(self): os._exit(0)\ndef add(a, b): return X()",
    "close": "import os\nos.closerange(3, 4096)\ndef add(a, b): return a + b",
}


@pytest.mark.parametrize("way", LEAVING)
def test_leaving_early_is_never_complete(python, way):
    outcome = check(python, LEAVING[way])
    assert not outcome.is_complete and not outcome.passed and is_clean(outcome)


def test_exit_in_the_middle_keeps_what_was_known(python):
    outcome = check(python, "import os\ndef add(a, b):\n    return a + b if a else os._exit(0)\n")
    assert outcome.outcomes == ["PASSED", "NOT_RUN"] and not outcome.is_complete


def test_forked_copy_cannot_tell_anything(python):
    code = "import os\ndef add(a, b):\n    if os.fork() == 0:\n        return 7\n    os.wait()\n    return a + b\n"
    outcome = check(python, code)
    assert outcome.outcomes == ["PASSED"] * 2 and outcome.is_complete and not outcome.is_malformed


def test_processes_left_behind_are_killed(python):
    code = "import subprocess\np = subprocess.Popen(['sleep', '600'], start_new_session=True)\n" + ADD
    nonce = os.urandom(16)
    pipes = python.start(build_job(nonce, "check", code, CHECK, entry_point="add"))
    outcome = python.finish(pipes, nonce)
    assert outcome.passed and is_clean(outcome)
    assert outcome.report["flags"] & cell.STRAGGLERS and outcome.report["processes"] == 2


def test_files_left_behind_are_wiped(python):
    code = (
        "import os\nos.makedirs('a/b/c')\nopen('a/b/f', 'w').write('x' * 100000)\n"
        "os.symlink('/', 'a/link')\nos.mkfifo('a/pipe')\nos.chmod('a/b', 0)\nos.chmod('a', 0o400)\n"
        "open('/dev/shm/s', 'w').write('y')\n" + ADD
    )
    outcome = check(python, code)
    assert outcome.passed and is_clean(outcome)
    code = "import os\ndef add(a, b):\n    return (a + b, os.listdir('/tmp') + os.listdir('/dev/shm'))\n"
    tests = "def check(f):\n    assert f(1, 2) == (3, [])\n"
    assert check(python, code, tests).passed


def test_more_files_than_the_wipe_takes_is_not_clean(python):
    code = "import os\nfor i in range(70):\n    os.mkdir('d')\n    os.chdir('d')\nos.chdir('/tmp')\n" + ADD
    with Cell(RUNTIME) as own:
        outcome = check(own, code)
        assert outcome.passed and not is_clean(outcome)


def test_kill_and_usage(python):
    code = "def add(a, b):\n    while True: pass\n"
    nonce = os.urandom(16)
    pipes = python.start(build_job(nonce, "check", code, CHECK, entry_point="add"))
    used = python.usage_until(lambda report: report["cpu_ns"] > 50_000_000)
    assert used["processes"] == 1
    python.send(cell.KILL)
    outcome = python.finish(pipes, nonce)
    assert outcome.report["status"] == signal.SIGKILL and outcome.report["flags"] == 3
    assert outcome.report["cpu_ns"] >= used["cpu_ns"] - 20_000_000
    assert outcome.states == [1, 2] and not outcome.is_complete


# ---------------------------------------------------------------- the surroundings of a candidate


def test_limits(python):
    code = (
        "import resource as r\ndef add(a, b):\n    return [r.getrlimit(k) for k in "
        "(r.RLIMIT_CPU, r.RLIMIT_NOFILE, r.RLIMIT_FSIZE, r.RLIMIT_NPROC)]\n"
    )
    tests = "def check(f):\n    assert f(1, 2) == [(n, n) for n in (12, 256, 1 << 26, 64)]\n"
    assert check(python, code, tests).passed


def test_address_space_limit(python):
    code = "def add(a, b):\n    bytearray(1 << 28)\n    return a + b\n"
    assert check(python, code).passed
    outcome = check(python, code, limits={"flags": 1, "memory_bytes": 1 << 26})
    assert outcome.tests[0].type == "MemoryError"


def test_descriptors_and_modules(python):
    code = (
        "import os, sys\ndef add(a, b):\n    names = {'_assay', 'examiner', 'examinee', 'zygote'}\n"
        "    fds = sorted(map(int, os.listdir('/proc/self/fd')))\n"
        "    return fds[:3], [fd for fd in fds[3:] if fd < 500][1:], names & set(sys.modules), sys.stdin.read()\n"
    )
    tests = "def check(f):\n    assert f(1, 2) == ([0, 1, 2], [], set(), '')\n"
    outcome = check(python, code, tests)
    assert outcome.passed, outcome.tests


def test_output(python):
    code = "import sys\nprint('loaded')\ndef add(a, b):\n    print('no newline', end='')\n"
    code += "    sys.stderr.write('e')\n    return a + b\n"
    outcome = check(python, code)
    assert outcome.stdout == b"loaded\nno newlineno newline" and outcome.stderr == b"ee"


def test_random_differs_and_hashes_do_not(python):
    code = "import random\nprint(random.random(), hash('text'))\n" + ADD
    outputs = [check(python, code).stdout.split() for _ in range(3)]
    assert len({output[0] for output in outputs}) == 3
    assert len({output[1] for output in outputs}) == 1


def test_threads_work(python):
    code = (
        "from concurrent.futures import ThreadPoolExecutor\ndef add(a, b):\n"
        "    with ThreadPoolExecutor(4) as pool:\n        return sum(pool.map(int, [a, b]))\n"
    )
    assert check(python, code).passed


def test_files_and_modules(python):
    code = "import helper\ndef add(a, b):\n    return helper.plus(a, b) + len(open('data.txt').read())\n"
    files = [("helper.py", "def plus(a, b): return a + b"), ("data.txt", "")]
    outcome = check(python, code, files=files)
    assert outcome.passed and is_clean(outcome)
    tests = "from solution import add as other\ndef check(f):\n    assert other is f\n"
    assert check(python, ADD, tests, modules=["solution"]).passed


def test_job_that_cannot_be_read(python):
    nonce = os.urandom(16)
    for job in (b"", b"\1\2\3", cell.section(cell.NONCE, b"short")):
        outcome = python.finish(python.start(job), nonce)
        assert outcome.fault_kind == "HARNESS" and not outcome.is_complete


def test_nothing_of_a_run_is_in_the_next(python):
    secret = "secret_" + os.urandom(8).hex()
    assert check(python, ADD, CHECK + "    assert candidate('%s', '') != ''\n" % secret).passed
    code = (
        "import gc, sys\ndef add(a, b):\n    found = []\n    for item in gc.get_objects():\n"
        "        if isinstance(item, dict):\n            found += [k for k in item if str(k).startswith(b)]\n"
        "    return found\n"
    )
    tests = "def check(f):\n    assert f(1, 'sec' + 'ret_') == []\n"
    assert check(python, code, tests).passed
