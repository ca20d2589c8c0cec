"""Each limit leads to its own verdict, and the next run in the same cell is not touched."""
import pytest

from support.wire import GOOD_ADD, evaluate, evaluate_add, evaluate_program, pb, verdict_name

MIB = 1 << 20

# name, code, limits, verdict
LIMITS = [
    ("spin", "while True: pass", {"cpu_ms": 300}, "CPU_LIMIT"),
    ("spin in C", "sum(range(10**12))", {"cpu_ms": 300}, "CPU_LIMIT"),
    ("spin, ignoring every signal",
     "import signal\nfor number in range(1, 65):\n    try: signal.signal(number, signal.SIG_IGN)\n"
     "    except (OSError, ValueError): pass\nwhile True: pass", {"cpu_ms": 300}, "CPU_LIMIT"),
    ("spin, catching everything",
     "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
     {"cpu_ms": 300}, "CPU_LIMIT"),
    ("spin in a child", "import os\nif os.fork() == 0:\n    while True: pass\nos.wait()",
     {"cpu_ms": 300}, "CPU_LIMIT"),
    ("spin in a thread",
     "import threading\ndef spin():\n    while True: pass\n"
     "thread = threading.Thread(target=spin)\nthread.start()\nthread.join()", {"cpu_ms": 300}, "CPU_LIMIT"),
    ("sleep", "import time\ntime.sleep(100)", {"wall_ms": 600}, "WALL_LIMIT"),
    ("wait for input that never comes",
     "import os\nr, w = os.pipe()\nos.read(r, 1)", {"wall_ms": 600}, "WALL_LIMIT"),
    ("dead-lock", "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
     {"wall_ms": 600}, "WALL_LIMIT"),
    ("stopped", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", {"wall_ms": 600},
     "WALL_LIMIT"),
    ("one big allocation", "x = b'x' * (1 << 31)", {"memory_bytes": 128 * MIB}, "MEMORY_LIMIT"),
    ("allocation without end", "x = []\nwhile True: x.append(bytearray(1 << 20))",
     {"memory_bytes": 128 * MIB}, "MEMORY_LIMIT"),
    ("small allocations without end", "x = []\nwhile True: x.append([])",
     {"memory_bytes": 128 * MIB}, "MEMORY_LIMIT"),
    ("output without end", "while True: print('x' * 1000)", {"output_bytes": 65536},
     "OUTPUT_LIMIT"),
    ("error output without end",
     "import sys\nwhile True: sys.stderr.write('x' * 1000)", {"output_bytes": 65536},
     "OUTPUT_LIMIT"),
    ("output without end, behind Python's back",
     "import os\nwhile True: os.write(1, b'x' * 65536)", {"output_bytes": 65536}, "OUTPUT_LIMIT"),
    ("fork without end",
     "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
     {"processes": 8, "cpu_ms": 500}, "PROCESS_LIMIT"),
    ("threads without end",
     "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(99,)).start()",
     {"processes": 8, "cpu_ms": 500, "wall_ms": 2000}, "PROCESS_LIMIT"),
]


def assert_verdict(result, expected):
    """Without a memory cgroup a process that is full may not get to say so: then not to pass is
    all that is promised."""
    if expected == "MEMORY_LIMIT" and "cgroup-memory" not in result.isolation:
        assert not result.passed, result
    else:
        assert verdict_name(result) == expected, result


@pytest.mark.parametrize("code, limits, expected", [case[1:] for case in LIMITS],
                         ids=[case[0] for case in LIMITS])
def test_limit(client, code, limits, expected):
    result = client.judge_one(evaluate_program(code, **{"wall_ms": 10000, **limits}))
    assert_verdict(result, expected)
    assert result.fault == pb.FAULT_CANDIDATE and not result.maskable
    assert client.judge_one(evaluate_add()).verdict == pb.PASSED


@pytest.mark.parametrize("code, limits, expected", [case[1:] for case in LIMITS],
                         ids=[case[0] for case in LIMITS])
def test_limit_within_a_test(client, code, limits, expected):
    """The same while the candidate is called, not while it is loaded."""
    body = "".join(f"    {line}\n" for line in code.splitlines())
    request = evaluate("def f():\n" + body, asserts=["assert True", "assert f() is None"],
                       **{"wall_ms": 10000, **limits})
    result = client.judge_one(request)
    assert_verdict(result, expected)
    assert result.tests_total == 2 and result.tests_passed <= 1
    assert result.tests[1].outcome != pb.OUTCOME_PASSED


def test_the_limit_of_memory_holds_for_all_processes_together(client):
    code = ("import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
            "        x = bytearray(60 << 20)\n        time.sleep(5)\n        os._exit(0)\n"
            "time.sleep(5)\n")
    result = client.judge_one(evaluate_program(code, memory_bytes=128 * MIB, wall_ms=4000))
    if "cgroup-memory" not in result.isolation:
        pytest.skip("no memory cgroup")
    assert verdict_name(result) == "MEMORY_LIMIT", result


def test_files_count_as_memory(client):
    code = ("import os\nfor i in range(64):\n    with open(f'/tmp/f{i}', 'wb') as f:\n"
            "        f.write(b'x' * (8 << 20))\n")
    result = client.judge_one(evaluate_program(code, memory_bytes=128 * MIB))
    assert result.verdict in (pb.MEMORY_LIMIT, pb.ERROR), result  # ERROR: no space left
    assert client.judge_one(evaluate_add()).passed


def test_output_at_the_limit_passes_and_is_whole(client):
    code = "import sys\nsys.stdout.write('x' * 65536)\n"
    result = client.judge_one(evaluate_program(code, output_bytes=65536))
    assert result.passed and len(result.stdout) == 65536 and result.stdout_dropped_bytes == 0


def test_debug_output_is_dropped_and_counted(client):
    code = "import os\nfor _ in range(8): os.write(1, b'y' * 8192)\n"
    result = client.judge_one(evaluate_program(code, output_bytes=1000))
    assert result.passed
    assert result.stdout == b"y" * 1000
    assert result.stdout_dropped_bytes == 8 * 8192 - 1000


def test_a_flood_is_256_times_what_is_kept(client):
    code = "import os\nfor _ in range(%d): os.write(1, b'y' * 1000)\n"
    result = client.judge_one(evaluate_program(code % 256, output_bytes=1000))
    assert result.passed
    result = client.judge_one(evaluate_program(code % 257, output_bytes=1000))
    assert verdict_name(result) == "OUTPUT_LIMIT"
    assert len(result.stdout) == 1000


def test_memory_within_the_limit_passes(client):
    code = "x = bytearray(100 << 20)\nx[::4096] = b'1' * len(x[::4096])\n" + GOOD_ADD
    result = client.judge_one(evaluate_add(code, memory_bytes=256 * MIB))
    assert result.passed and result.usage.memory_peak_bytes > 100 * MIB


def test_processes_within_the_limit_pass(client):
    code = ("import os\nfor _ in range(20):\n    pid = os.fork()\n    if pid == 0: os._exit(0)\n"
            "    os.waitpid(pid, 0)\n")
    result = client.judge_one(evaluate_program(code, processes=4))
    assert result.passed and result.usage.processes_peak >= 1


def test_cpu_time_of_children_is_counted(client):
    code = ("import os, time\npid = os.fork()\nif pid == 0:\n"
            "    while time.process_time() < 0.2: pass\n    os._exit(0)\nos.waitpid(pid, 0)\n")
    result = client.judge_one(evaluate_program(code, cpu_ms=3000))
    assert result.passed and result.usage.cpu_ns > 150_000_000


def test_a_limit_of_one_run_does_not_stay_for_the_next(client):
    small = evaluate_program("x = bytearray(200 << 20)", memory_bytes=64 * MIB)
    large = evaluate_program("x = bytearray(200 << 20)", memory_bytes=400 * MIB)
    for _ in range(4):
        assert verdict_name(client.judge_one(small)) == "MEMORY_LIMIT"
        assert client.judge_one(large).passed


def test_the_defaults_apply_to_absent_limits(client):
    code = "import resource\nprint(resource.getrlimit(resource.RLIMIT_CPU)[0] > 0)\n"
    result = client.judge_one(evaluate_program(code))
    assert result.passed and result.stdout == b"True\n"


def test_a_deadline_of_the_whole_request(client):
    request = evaluate(*["import time\ntime.sleep(30)"] * 6, program="x = 1", wall_ms=20000)
    request.deadline_ms = 800
    answer = client.collect(client.submit(request))
    if answer.error is not None:
        assert answer.error.code == pb.DEADLINE_EXCEEDED
    assert not any(result.passed for result in answer.results)
    assert client.judge_one(evaluate_add()).passed
