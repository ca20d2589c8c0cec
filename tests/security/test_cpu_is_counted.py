"""Promise: all CPU time of a run counts towards its limit, whoever reaps the process that used it."""
import pytest

from support import left_out
from support.wire import evaluate_program, verdict_name

BURN = """
import os, signal, time
def burn():
    end = time.process_time() + 0.05
    while time.process_time() < end: pass
TIMES = range(40)  # four times the limit, together
"""

WAYS = {
    "children that the kernel reaps": BURN + """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in TIMES:
    if os.fork() == 0: burn(); os._exit(0)
    try: os.wait()
    except ChildProcessError: pass
""",
    "children that are waited for": BURN + """
for _ in TIMES:
    if os.fork() == 0: burn(); os._exit(0)
    os.wait()
""",
    "grandchildren that pid 1 inherits": BURN + """
for _ in TIMES:
    if os.fork() == 0:
        if os.fork() == 0: burn()
        os._exit(0)
    os.wait()
    time.sleep(0.05)
""",
    "threads that have ended": BURN + """
import threading
for _ in TIMES:
    thread = threading.Thread(target=burn); thread.start(); thread.join()
""",
    "programs that replace each other": BURN + """
import sys
burn()
os.execv(sys.executable, [sys.executable, '-I', '-S', '-c', '''
import os, sys, time
end = time.process_time() + 0.3
while time.process_time() < end: pass
os.execv(sys.executable, sys.orig_argv)
'''])
""",
}


@pytest.mark.parametrize("way", list(WAYS))
def test_it_reaches_its_limit(client, way):
    result = client.judge_one(evaluate_program(WAYS[way], cpu_ms=500, wall_ms=60000))
    if ("the kernel reaps" in way and "cgroup-cpu" not in result.isolation
            and "cgroup-cpu" not in left_out.LEFT_OUT):
        pytest.skip("no cgroup that counts CPU time")
    assert verdict_name(result) == "CPU_LIMIT"
    assert result.usage.cpu_ns >= 500000000
