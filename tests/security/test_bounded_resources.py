"""Promise: what a run can use up is bounded, for each process and for all of them together, and
nothing that a candidate does raises it."""
import pytest

from support import left_out
from support.wire import evaluate_program, verdict_name

MIB = 1 << 20


def needs(layer, client):
    if layer not in client.greeting.isolation and layer not in left_out.LEFT_OUT:
        pytest.skip(f"no {layer} on this machine")


def test_limits_of_each_process(attack_to_the_end):
    attack_to_the_end("""
import resource
most = {'MEMLOCK': 65536, 'MSGQUEUE': 0, 'NICE': 0, 'RTPRIO': 0, 'SIGPENDING': 1024,
        'NOFILE': 1024}
for name, value in most.items():
    number = getattr(resource, 'RLIMIT_' + name)
    if max(resource.getrlimit(number)) > value: print('ESCAPED', name, resource.getrlimit(number))
    try:
        resource.setrlimit(number, (value + 1, value + 1))
        print('ESCAPED raised', name)
    except (OSError, ValueError): pass
""")


def test_no_crash_starts_a_program_of_the_host(attack_to_the_end):
    """The kernel starts one that core_pattern names whatever the limit is, unless it is 1."""
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as pattern:
        limit = int(pattern.read(1) in ("|", "@"))
    attack_to_the_end(f"""
import ctypes, os, resource
if resource.getrlimit(resource.RLIMIT_CORE) != ({limit}, {limit}): print('ESCAPED a core limit')
libc = ctypes.CDLL(None, use_errno=True)
core, high = ctypes.c_ulong(4), ctypes.c_ulong(1 << 32 | 4)
for value in (0, 1, 2, 2 ** 64 - 1):
    both = (ctypes.c_ulong * 2)(value, value)
    for number in core, high:
        if libc.syscall(160, number, both) == 0: print('ESCAPED setrlimit', number, value)
        if libc.syscall(302, 0, number, both, None) == 0: print('ESCAPED prlimit', number, value)
if (pid := os.fork()) == 0: os.abort()
if os.WCOREDUMP(os.waitpid(pid, 0)[1]): print('ESCAPED a core was dumped')
for name in ('CPU', 'FSIZE', 'DATA', 'STACK', 'RSS', 'NPROC', 'NOFILE', 'AS', 'RTTIME'):
    number = getattr(resource, 'RLIMIT_' + name)
    resource.setrlimit(number, resource.getrlimit(number))
""")


# Each child alone stays below the limit; they hold what they have until all have it.
SHARE_MEMORY = """
import os
held, hold = os.pipe()
told, tell = os.pipe()
children = []
for _ in range(4):
    if (pid := os.fork()) == 0:
        os.close(hold)
        block = bytearray(os.urandom(1 << 20)) * 64
        os.write(tell, b'x')
        os.close(tell)
        os.read(held, 1)
        os._exit(0)
    children.append(pid)
os.close(tell)
n = 0
while n < 4 and os.read(told, 1): n += 1
if n == 4: print('ESCAPED', flush=True)
os.close(hold)
if [pid for pid in children if os.waitpid(pid, 0)[1]]: raise MemoryError
"""


def test_memory_of_all_processes_together(client, attack):
    needs("cgroup-memory", client)
    result = attack(SHARE_MEMORY, memory_bytes=96 * MIB)
    assert verdict_name(result) == "MEMORY_LIMIT"


def test_processes_that_are_refused_are_told(client, attack):
    """Also if the program copes, says nothing of it and fails of something else."""
    needs("cgroup-pids", client)
    result = attack("""
import os, time
children = []
for _ in range(24):
    try: pid = os.fork()
    except OSError: continue
    if pid == 0:
        time.sleep(20)
        os._exit(0)
    children.append(pid)
if len(children) >= 8: print('ESCAPED', len(children), flush=True)
for pid in children:
    os.kill(pid, 9)
    os.waitpid(pid, 0)
raise ValueError
""", processes=8)
    assert verdict_name(result) == "PROCESS_LIMIT"


def user_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("Uid:"))


@pytest.mark.requires_root
def test_each_cell_is_a_user_of_its_own(daemon):
    """What the kernel counts for a user (processes, signals, locked memory) is not shared."""
    daemon.wait_idle()
    users = [user_of(pid) for pid in daemon.cells()]
    assert len(users) > 1 and len(set(users)) == len(users)
    assert 0 not in users and user_of(daemon.broker().pid) not in users
