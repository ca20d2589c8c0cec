"""Promise: a system call that no honest program makes is refused and named, however it is made, and
the naming can be neither silenced, nor forged, nor used to slow others down."""
import shutil

import pytest

from support import left_out
from support.wire import CHECK_ADD, GOOD_ADD, evaluate, evaluate_add, evaluate_program, verdict_name

# Numbers of x86-64, with the arguments for which they are refused.
CALLS = {
    "socket": (41, 2, 1), "socketpair": (53, 2, 1), "clone": (56, 0x10000000 | 17),
    "unshare": (272, 0x10000000), "setns": (308, 0), "mount": (165,), "umount2": (166,),
    "pivot_root": (155,), "chroot": (161,), "fsopen": (430,), "fsmount": (432,),
    "open_tree": (428,), "move_mount": (429,), "mount_setattr": (442,),
    "bpf": (321,), "perf_event_open": (298,), "userfaultfd": (323,),
    "keyctl": (250,), "add_key": (248,), "request_key": (249,),
    "io_uring_setup": (425,), "io_uring_enter": (426,), "io_uring_register": (427,),
    "ptrace": (101,), "process_vm_readv": (310,), "process_vm_writev": (311,),
    "process_madvise": (440,), "kcmp": (312,), "pidfd_getfd": (438,),
    "open_by_handle_at": (304,), "init_module": (175,), "finit_module": (313,),
    "delete_module": (176,), "kexec_load": (246,), "kexec_file_load": (320,), "reboot": (169,),
    "swapon": (167,), "swapoff": (168,), "acct": (163,), "quotactl": (179,), "syslog": (103,),
    "iopl": (172,), "ioperm": (173,), "sethostname": (170,), "setdomainname": (171,),
    "clock_settime": (227,), "settimeofday": (164,), "vhangup": (153,), "fanotify_init": (300,),
    "mknod": (133, 0, 0o20600), "mknodat": (259, 0, 0, 0o60600), "ioctl": (16, 0, 0x5412),
}

CALL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    padded = arguments + (0,) * (6 - len(arguments))
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(value) for value in padded))
    if result != -1 or ctypes.get_errno() != 1:
        print('ESCAPED', number, result, ctypes.get_errno(), flush=True)
"""


@pytest.fixture(autouse=True)
def named(client):
    if ("seccomp-notify" not in client.greeting.isolation
            and not {"seccomp", "seccomp-notify"} & set(left_out.LEFT_OUT)):
        pytest.skip("this machine gives no listener for system calls")


def violations(result):
    return {violation.syscall: violation.count for violation in result.violations}


@pytest.mark.parametrize("name", CALLS)
def test_each_is_refused_and_named(attack_to_the_end, name):
    result = attack_to_the_end(CALL + f"call{CALLS[name]}\ncall{CALLS[name]}\n")
    assert violations(result) == {name: 2}
    assert verdict_name(result) == "PASSED"
    assert f"{name} (2 times)".encode() in result.feedback


def test_more_than_there_is_place_for(attack_to_the_end):
    result = attack_to_the_end(CALL + "\n".join(f"call{call}" for call in CALLS.values()))
    found = violations(result)
    assert len(found) == 17
    assert found["other"] == len(CALLS) - 16
    assert sum(found.values()) == len(CALLS)


def test_in_threads_children_and_other_programs(attack_to_the_end):
    result = attack_to_the_end(CALL + """
import os, subprocess, sys, threading
thread = threading.Thread(target=lambda: call(165))
thread.start()
thread.join()
pid = os.fork()
if pid == 0:
    os.setsid()
    call(165)
    os._exit(0)
os.waitpid(pid, 0)
subprocess.run([sys.executable, '-S', '-c', 'import ctypes; ctypes.CDLL(None).syscall(165, 0, 0, 0, 0, 0)'],
               check=True)
""")
    assert violations(result) == {"mount": 3}


def test_an_error_that_comes_of_it_is_a_violation(client):
    result = client.judge_one(evaluate_program("import socket\nsocket.socket()\n"))
    assert verdict_name(result) == "VIOLATION"
    assert not result.maskable and not result.passed
    assert violations(result) == {"socket": 1}
    assert b"PermissionError" in result.feedback and b"socket" in result.feedback


def test_a_crash_after_it_is_a_violation(client):
    result = client.judge_one(evaluate_program(CALL + "call(101)\nimport os\nos.abort()\n"))
    assert verdict_name(result) == "VIOLATION"
    assert violations(result) == {"ptrace": 1}


def test_another_error_is_told_as_what_it_is(client):
    result = client.judge_one(evaluate_program(CALL + "call(101)\n[][1]\n"))
    assert verdict_name(result) == "ERROR"
    assert violations(result) == {"ptrace": 1}


def test_leaving_early_stays_tampering(client):
    result = client.judge_one(evaluate_program(CALL + "call(101)\nimport os\nos._exit(0)\n"))
    assert verdict_name(result) == "TAMPERED"
    assert violations(result) == {"ptrace": 1}


def test_honest_programs_that_ask_and_cope_pass(client):
    """What libraries do when they are imported."""
    has_ipv6 = """
import socket
try:
    socket.socket(socket.AF_INET6).close()
    HAS_IPV6 = True
except OSError:
    HAS_IPV6 = False
"""
    result = client.judge_one(evaluate_add(has_ipv6 + GOOD_ADD))
    assert verdict_name(result) == "PASSED"
    assert violations(result) == {"socket": 1}


def test_honest_programs_are_not_named(attack_to_the_end):
    result = attack_to_the_end("""
import asyncio, concurrent.futures, multiprocessing, os, shutil, socket, subprocess, tempfile
import resource, signal, threading, time, uuid, platform, sqlite3, logging.handlers
async def task():
    await asyncio.sleep(0)
    process = await asyncio.create_subprocess_exec('true')
    return await process.wait()
asyncio.run(task())
with concurrent.futures.ThreadPoolExecutor(2) as pool: list(pool.map(str, range(4)))
one, other = multiprocessing.Pipe()
child = multiprocessing.Process(target=one.send, args=(5,))
child.start(); child.join()
assert other.recv() == 5
multiprocessing.Lock(); multiprocessing.Queue().put(1)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'file')
    open(path, 'w').write('x'); shutil.copy2(path, path + '2'); os.utime(path); os.mkfifo(path + 'f')
    shutil.move(path, os.path.join(folder, 'moved')); os.sync(); sqlite3.connect(path).execute('create table t(x)')
a, b = socket.socketpair(); a.send(b'x'); b.recv(1)
server = socket.socket(socket.AF_UNIX)
resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512)); os.nice(1); os.sched_setaffinity(0, os.sched_getaffinity(0))
subprocess.run('ls -l / | sort | head -2; cp /etc/ld.so.cache /tmp/c; uname -a; id; true', shell=True, stdout=subprocess.DEVNULL)
platform.platform(); uuid.uuid4(); os.urandom(4); time.sleep(0)
""", processes=64)
    assert violations(result) == {}


def test_what_the_tests_call_is_not_the_candidates(client):
    check = "import socket\ntry: socket.socket()\nexcept OSError: pass\n" + CHECK_ADD
    result = client.judge_one(evaluate(GOOD_ADD, entry_point="add", check=check))
    assert verdict_name(result) == "PASSED"
    assert violations(result) == {}


def test_in_a_split_examination_the_candidates_are_told(client):
    code = CALL + "def add(a, b):\n    call(321)\n    return a + b\n"
    result = client.judge_one(evaluate_add(code))
    assert verdict_name(result) == "PASSED"
    assert violations(result) == {"bpf": 2}


def test_nothing_is_left_for_the_next_run(own_daemon):
    server = own_daemon(slots=1)
    with server.connect() as client:
        first, second = client.judge(evaluate_add(CALL + "call(321)\n" + GOOD_ADD, GOOD_ADD))
    assert violations(first) == {"bpf": 1}
    assert violations(second) == {}


def test_a_flood_costs_the_run_and_nobody_else(own_daemon):
    """One run floods without end, with every process it may have; its neighbour and the daemon go
    on, and the cell serves the next run."""
    server = own_daemon(slots=2)
    flood = CALL + """
import os
for _ in range(8):
    if os.fork() == 0: break
while True: libc.syscall(165, 0, 0, 0, 0, 0)
"""
    with server.connect() as client:
        slow = client.submit(evaluate_program(flood, cpu_ms=1000, wall_ms=4000, processes=16))
        for result in client.judge(evaluate_add(*[GOOD_ADD] * 20)):
            assert verdict_name(result) == "PASSED"
        (result,) = client.collect(slow).results
        # STARVED: its own processes and a busy machine kept it waiting; never to be masked.
        assert verdict_name(result) in ("CPU_LIMIT", "WALL_LIMIT", "STARVED")
        assert not result.maskable
        assert violations(result)["mount"] > 100
        after = client.judge(evaluate_add(*[GOOD_ADD] * 4))
        assert [verdict_name(one) for one in after] == ["PASSED"] * 4
        assert sum(slot.cells for slot in client.status().slots) <= 4  # two, and two examiners


def test_callers_that_are_killed_while_they_wait(own_daemon):
    """The first process leaves while its children call: all are killed in the middle of a call, and
    the same cell goes on."""
    server = own_daemon(slots=1)
    code = CALL + """
import os
for _ in range(6):
    if os.fork() == 0:
        while True: libc.syscall(165, 0, 0, 0, 0, 0)
os.read(os.open('/dev/zero', os.O_RDONLY), 1 << 20)
"""
    with server.connect() as client:
        for _ in range(5):
            assert verdict_name(client.judge_one(evaluate_program(code))) == "PASSED"
        assert sum(slot.cells for slot in client.status().slots) == 1


def test_the_listener_is_out_of_reach(attack_to_the_end):
    result = attack_to_the_end(CALL + """
import os
RECV, SEND, ADDFD = 0xc0502100, 0xc0182101, 0x40182103
buffer = ctypes.create_string_buffer(128)
for fd in range(1100):
    for request in (RECV, SEND, ADDFD):
        if libc.ioctl(fd, ctypes.c_ulong(request), buffer) != -1: print('ESCAPED ioctl', fd, hex(request))
    try: target = os.readlink(f'/proc/self/fd/{fd}')
    except OSError: continue
    if 'seccomp' in target: print('ESCAPED', fd, target)
try: print('ESCAPED', os.listdir('/proc/1/fd'))
except OSError: pass
pidfd = libc.syscall(434, 1, 0)
for fd in range(64):
    if libc.syscall(438, pidfd, fd, 0) >= 0: print('ESCAPED pidfd_getfd', fd)
for flags in (0, 1, 8, 9, 0x19):
    if libc.syscall(317, 1, flags, 0) >= 0: print('ESCAPED a filter of its own')
""")
    assert violations(result) == {"pidfd_getfd": 64}


def test_a_policy_that_only_refuses_names_nothing(own_daemon, tmp_path):
    """The same call under a policy without reports: refused all the same, but nobody knows."""
    policies = tmp_path / "policies"
    shutil.copytree("policies", policies)
    profile = policies / "python" / "seccomp.json"
    profile.write_text(profile.read_text().replace("SCMP_ACT_NOTIFY", "SCMP_ACT_ERRNO"))
    with own_daemon("--policies", str(policies)).connect() as client:
        result = client.judge_one(evaluate_program(CALL + "call(165)\n"))
    assert verdict_name(result) == "PASSED"
    assert b"ESCAPED" not in result.stdout
    assert violations(result) == {}


def test_cases_of_a_program_are_added_up(client):
    request = evaluate(CALL + "call(165)\nprint(input())\n")
    for text in (b"1\n", b"2\n", b"3\n"):
        request.stdio.cases.add(stdin=text, stdout=text)
    result = client.judge_one(request)
    assert verdict_name(result) == "PASSED"
    assert violations(result) == {"mount": 3}
