"""Promise: ending the process early, in whatever way, is never a pass."""
import pytest

from support.wire import evaluate, pb, verdict_name

# Each is the body of f(), which should return 42 and never does.
WAYS = {
    "sys.exit(0)": "import sys; sys.exit(0)",
    "sys.exit()": "import sys; sys.exit()",
    "exit(0)": "exit(0)",
    "quit()": "quit()",
    "raise SystemExit": "raise SystemExit",
    "raise SystemExit(0)": "raise SystemExit(0)",
    "raise SystemExit from a subclass": "raise type('S', (SystemExit,), {})(0)",
    "os._exit(0)": "import os; os._exit(0)",
    "posix._exit(0)": "import posix; posix._exit(0)",
    "libc exit": "import ctypes; ctypes.CDLL(None).exit(0)",
    "libc _exit": "import ctypes; ctypes.CDLL(None)._exit(0)",
    "system call exit_group": "import ctypes; ctypes.CDLL(None).syscall(231, 0)",
    "system call exit": "import ctypes; ctypes.CDLL(None).syscall(60, 0)",
    "SIGKILL": "import os; os.kill(os.getpid(), 9)",
    "SIGTERM": "import os; os.kill(os.getpid(), 15)",
    "SIGKILL to the group": "import os; os.killpg(0, 9)",
    "SIGKILL to all": "import os; os.kill(-1, 9)",
    "abort": "import os; os.abort()",
    "exec of something that succeeds":
        "import os, sys; os.execv(sys.executable, [sys.executable, '-c', ''])",
    "exec of true": "import os; os.execv('/bin/true', ['true'])",
    "a fork whose parent leaves": "import os\nif os.fork(): os._exit(0)\nreturn 42",
    "a fork whose child goes on": "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0); os._exit(0)",
    "a thread that leaves":
        "import os, threading\nthreading.Thread(target=lambda: os._exit(0)).start()\n"
        "while True: pass",
    "an alarm that leaves":
        "import os, signal\nsignal.signal(signal.SIGALRM, lambda *_: os._exit(0))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.01)\nwhile True: pass",
    "sys.exit in a trace function":
        "import sys\ndef trace(*_): sys.exit(0)\nsys.settrace(trace)\n(lambda: 1)()",
    "sys.exit in __del__ and a way out":
        "import os\nclass D:\n    def __del__(self): os._exit(0)\nD()",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "GeneratorExit": "raise GeneratorExit",
    "BaseException": "raise BaseException",
    "StopIteration": "raise StopIteration",
    "AssertionError that is empty": "raise AssertionError",
    "unittest.SkipTest": "import unittest\nraise unittest.SkipTest",
    "closing every descriptor": "import os\nos.closerange(0, 1000)\nos._exit(0)",
    "an uncaught exception in an excepthook":
        "import sys, os\nsys.excepthook = lambda *_: os._exit(0)\nraise ValueError",
    "an unraisable hook":
        "import sys, os\nsys.unraisablehook = lambda *_: os._exit(0)\n"
        "class D:\n    def __del__(self): raise ValueError\nD()",
    "an exit of the main thread only":
        "import ctypes; ctypes.CDLL(None).pthread_exit(None)",
    "stopping for good": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "a jump out of memory": "import ctypes; ctypes.string_at(0)",
    "output that claims a pass":
        "import os\nfor fd in range(1, 64):\n    try: os.write(fd, b'PASSED\\nOK\\nall tests passed\\n')\n"
        "    except OSError: pass\nos._exit(0)",
}
LIMITS = {"cpu_ms": 1000, "wall_ms": 5000}
TESTS = {"asserts": ["assert f() == 42", "assert f() != 41"]}


def body(code):
    return "".join(f"    {line}\n" for line in code.splitlines())


def with_kind(kind, code):
    """The same attack in each kind of tests, in the call and while the code is loaded."""
    called = "def f():\n" + body(code)
    loaded = "def f():\n    return None\ndef leave():\n" + body(code) + "leave()\n"
    return {
        "check": evaluate(called, entry_point="f", **LIMITS,
                          check="def check(candidate):\n    assert candidate() == 42\n"),
        "asserts": evaluate(called, asserts=TESTS["asserts"], **LIMITS),
        "program": evaluate(called, program="assert f() == 42\n", **LIMITS),
        "loading": evaluate(loaded, asserts=TESTS["asserts"], **LIMITS),
        "loading a program": evaluate(loaded, program="assert f() == 42\n", **LIMITS),
    }[kind]


@pytest.mark.parametrize("kind", ["check", "asserts", "program", "loading", "loading a program"])
def test_leaving_is_never_a_pass(client, kind):
    names = list(WAYS)
    answers = client.judge_many((with_kind(kind, WAYS[name]) for name in names), window=8)
    found = {name: answer.results[0] for name, answer in zip(names, answers)}
    passed = [name for name, result in found.items() if result.passed]
    assert not passed
    for name, result in found.items():
        assert result.fault == pb.FAULT_CANDIDATE and not result.maskable, (
            name, verdict_name(result))


# At the moment of leaving, everything that could be a success has been made one.
AT_EXIT = {
    "atexit": "import atexit, os\natexit.register(lambda: os._exit(0))\n",
    "atexit, after a wrong answer": "import atexit, os\natexit.register(os._exit, 0)\n",
    "threading._shutdown": "import threading, os\nthreading._shutdown = lambda: os._exit(0)\n",
    "os.register_at_fork": "import os\nos.register_at_fork(before=lambda: os._exit(0))\n",
    "a finalizer": "import weakref, os\nclass C: pass\nkeep = C()\n"
                   "weakref.finalize(keep, os._exit, 0)\n",
}


@pytest.mark.parametrize("preparation", list(AT_EXIT))
def test_a_clean_exit_status_does_not_hide_a_wrong_answer(client, preparation):
    code = AT_EXIT[preparation] + "def f():\n    return 41\n"
    for request in (evaluate(code, asserts=["assert f() == 42"]),
                    evaluate(code, program="assert f() == 42\n")):
        assert not client.judge_one(request).passed


def test_an_honest_solution_passes_all_of_these_tests(client):
    code = "def f():\n    return 42\n"
    assert client.judge_one(evaluate(code, asserts=TESTS["asserts"])).passed
    assert client.judge_one(evaluate(code, program="assert f() == 42\n")).passed
    assert client.judge_one(evaluate(code, entry_point="f",
                                     check="def check(c):\n    assert c() == 42\n")).passed


def test_without_the_record_leaving_would_be_a_pass(client):
    """As a program whose output alone counts many of these do pass: they leave with success, and it
    is the missing record that makes them fail above."""
    def leaving(code):
        request = evaluate("def leave():\n" + body(code) + "leave()\n", **LIMITS)
        request.stdio.cases.add(stdin=b"", stdout=b"")
        return request
    names = ["sys.exit(0)", "os._exit(0)", "libc exit", "exec of true",
             "system call exit_group", "raise SystemExit"]
    answers = client.judge_many(leaving(WAYS[name]) for name in names)
    assert [verdict_name(answer.results[0]) for answer in answers] == ["PASSED"] * len(names)
