"""Promise: nothing that a candidate does makes its verdict maskable or somebody else's fault."""
import pytest

from support.wire import evaluate, evaluate_program, pb, verdict_name

RECORD = """
import os, struct
def record(kind, outcome, *fields):
    body = b''.join(struct.pack('<I', len(field)) + field for field in fields)
    return struct.pack('<HBBIIIQII', 0xa55a, kind, outcome, 32 + len(body), 0, 0, 0, len(fields), 0) + body
"""

# RECORD_FAULT is 4; 5: the examination itself failed, 3: the tests do not run.
WAYS = {
    "says that the examination failed": RECORD + "os.write(500, record(4, 5))\n",
    "says so and leaves": RECORD + "os.write(500, record(4, 5))\nos._exit(0)\n",
    "says that the tests are bad": RECORD + "os.write(500, record(4, 3))\nos._exit(0)\n",
    "damages the records": "import os\nos.write(500, b'x' * 100)\n",
    "closes the records": "import os\nos.close(500)\n",
    "writes records without end": "import os\nwhile True: os.write(500, b'x' * 65536)\n",
    "leaves a deep tree": "import os\nfor _ in range(500): os.mkdir('d'); os.chdir('d')\nos._exit(0)\n",
    "makes pid 1 the victim of its memory use": """
import os
open('/proc/self/oom_score_adj', 'w').write('0')
os.execv('/bin/sh', ['sh', '-c', 'for i in 1 2 3 4 5 6 7 8; do for d in /tmp /dev/shm; do '
                     'dd if=/dev/zero of=$d/$i bs=64k count=160 2>/dev/null; done; done'])
""",
    "stops": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n",
}


@pytest.mark.parametrize("way", list(WAYS))
def test_it_is_blamed(client, way):
    result = client.judge_one(evaluate_program(
        WAYS[way], cpu_ms=2000, wall_ms=3000 if way == "stops" else 60000, memory_bytes=32 << 20))
    assert not result.passed
    assert (result.fault, result.maskable) == (pb.FAULT_CANDIDATE, False), verdict_name(result)


CROWDS = {
    "threads": "threading.Thread(target=work, daemon=True).start()",
    "processes": "os.fork()",
}


@pytest.mark.parametrize("crowd", list(CROWDS))
def test_starving_oneself_is_not_maskable(client, crowd):
    client.starved_again_max = 0
    result = client.judge_one(evaluate_program(f"""
import hashlib, os, threading
os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
def work(block=bytes(1 << 22)):
    while True: hashlib.sha256(block).digest()
for _ in range(3): {CROWDS[crowd]}
work()
""", cpu_ms=20000, wall_ms=1000))
    assert verdict_name(result) in ("STARVED", "WALL_LIMIT")
    assert not result.maskable


PATCHES = {
    "exec": "import builtins\nbuiltins.exec = None\n",
    "callable": "import builtins\nbuiltins.callable = lambda value: False\n",
    "isinstance": "import builtins\nbuiltins.isinstance = None\n",
    "all of them": "__builtins__ = {}\n",
}


@pytest.mark.parametrize("patch", list(PATCHES))
def test_patched_builtins_do_not_blame_the_tests(client, patch):
    result = client.judge_one(
        evaluate(PATCHES[patch] + "def f():\n    return 2\n", entry_point="f",
                 check="import math\ndef check(candidate):\n    assert candidate() == 1\n"))
    assert verdict_name(result) == "FAILED"
    assert result.fault == pb.FAULT_CANDIDATE and not result.maskable


def test_a_fault_of_the_tests_is_seen(client):
    """What the candidate must not reach is what tests that cannot run do get."""
    result = client.judge_one(evaluate("def f():\n    return 1\n", entry_point="f", check="def check("))
    assert verdict_name(result) == "BAD_TASK"
    assert result.fault != pb.FAULT_CANDIDATE and result.maskable


def test_who_gives_its_processor_away_computes_like_others(client, busy_loops):
    """It is answered that this is done, and nothing is done: its CPU time is used up."""
    code = ("import os\n"
            "os.nice(19)\n"
            "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
            "def f():\n"
            "    while True:\n"
            "        os.sched_yield()\n")
    result = client.judge_one(evaluate(code, entry_point="f",
                                       check="def check(c):\n    assert c() == 1\n",
                                       cpu_ms=200, wall_ms=60000))
    assert verdict_name(result) == "CPU_LIMIT" and result.fault == pb.FAULT_CANDIDATE


def test_nothing_lowers_its_share(attack_to_the_end):
    attack_to_the_end("""
import os
before = os.sched_getaffinity(0)
os.sched_setaffinity(0, {min(before)})
if os.sched_getaffinity(0) != before: print('ESCAPED to one processor')
if os.nice(19) != 0 or os.getpriority(os.PRIO_PROCESS, 0) != 0: print('ESCAPED below others')
try:
    os.setpriority(os.PRIO_PROCESS, 0, -1)
    print('ESCAPED above others')
except PermissionError:
    pass
""")


NAPS = {
    "sleeps": "import time\nwhile True: time.sleep(1e-9)\n",
    "waits": "import select\nwhile True: select.select([], [], [], 1e-6)\n",
}


@pytest.mark.parametrize("nap", list(NAPS))
def test_who_wakes_up_again_and_again_is_not_excused(client, busy_loops, nap):
    """On a machine that others keep busy it waits for a processor, as who is starved does."""
    client.starved_again_max = 0
    result = client.judge_one(evaluate_program(NAPS[nap], cpu_ms=60000, wall_ms=1000))
    assert verdict_name(result) in ("WALL_LIMIT", "STARVED") and not result.maskable
