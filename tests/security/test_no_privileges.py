"""Promise: a candidate has no capabilities, cannot gain privileges, and is held by the filter."""
import pytest

from support.wire import evaluate, verdict_name


def status_of(result):
    return dict(line.split(":\t", 1) for line in result.stdout.decode().splitlines() if ":\t" in line)


def test_what_the_kernel_says(attack_to_the_end):
    result = attack_to_the_end("print(open('/proc/self/status').read())")
    status = status_of(result)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, (name, status[name])
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert set(status["Groups"].split()) <= {status["Gid"].split()[0], "65534"}


def test_the_same_in_a_child_and_a_thread(attack_to_the_end):
    attack_to_the_end("""
import os, threading
def check(path):
    status = dict(line.split(':\\t', 1) for line in open(path).read().splitlines() if ':\\t' in line)
    if int(status['CapEff'], 16) or status['NoNewPrivs'] != '1' or status['Seccomp'] != '2':
        print('ESCAPED', path, flush=True)
pid = os.fork()
if pid == 0:
    check('/proc/self/status')
    os._exit(0)
os.waitpid(pid, 0)
thread = threading.Thread(target=lambda: check(f'/proc/thread-self/status'))
thread.start()
thread.join()
""")


def test_identity_cannot_be_changed(attack_to_the_end):
    attack_to_the_end("""
import os
own = os.getuid(), os.getgid()
for attempt in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0),
                lambda: os.setgroups([0]), lambda: os.setreuid(0, 0), lambda: os.seteuid(0)):
    try:
        attempt()
    except OSError:
        continue
    if own != (0, 0): print('ESCAPED', os.getresuid(), os.getresgid())
""")


def test_no_new_namespaces(attack_to_the_end):
    attack_to_the_end("""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
             0x00000080):
    if libc.unshare(flag) == 0: print('ESCAPED unshare', hex(flag))
    # To clone(2) the last one is a part of the signal: it would be a fork like any other.
    if flag == 0x00000080: continue
    pid = libc.syscall(56, flag | 17, 0, 0, 0, 0)
    if pid == 0: os._exit(0)
    if pid > 0: print('ESCAPED clone', hex(flag))
for name in ('user', 'mnt', 'net', 'pid', 'ipc', 'uts', 'cgroup'):
    try:
        fd = os.open(f'/proc/1/ns/{name}', os.O_RDONLY)
    except OSError:
        continue
    if libc.setns(fd, 0) == 0: print('ESCAPED setns', name)
for flag in (0x10000000, 0x00000080):
    args = (ctypes.c_uint64 * 11)(flag, 0, 0, 0, 17)
    pid = libc.syscall(435, args, 88)
    if pid == 0: os._exit(0)
    if pid > 0: print('ESCAPED clone3', hex(flag))
""")


def test_dangerous_calls_are_refused(attack_to_the_end):
    """Numbers of x86-64: each must fail with an error, and none may end the candidate."""
    calls = {"add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298,
             "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426, "mount": 165,
             "umount2": 166, "pivot_root": 155, "swapon": 167, "reboot": 169, "sethostname": 170,
             "init_module": 175, "finit_module": 313, "kexec_load": 246, "iopl": 172,
             "ioperm": 173, "settimeofday": 164, "clock_settime": 227, "acct": 163,
             "quotactl": 179, "syslog": 103, "fanotify_init": 300, "open_by_handle_at": 304,
             "kcmp": 312, "ptrace": 101, "process_vm_readv": 310, "shmget": 29, "semget": 64,
             "msgget": 68, "mq_open": 240, "inotify_init1": 294, "modify_ldt": 154,
             "vmsplice": 278, "lookup_dcookie": 212, "move_pages": 279, "memfd_secret": 447}
    attack_to_the_end(f"""
import ctypes, platform
if platform.machine() == 'x86_64':
    libc = ctypes.CDLL(None, use_errno=True)
    for name, number in {calls!r}.items():
        # By key 0 a queue would be made, and on the host if no layer were there.
        if libc.syscall(number, int(name == 'msgget'), 0, 0, 0, 0, 0) != -1: print('ESCAPED', name)
        elif ctypes.get_errno() not in (1, 38, 13, 22, 95): print('ESCAPED', name, ctypes.get_errno())
""")


def test_the_filter_cannot_be_loosened(attack_to_the_end):
    attack_to_the_end("""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_DUMPABLE, PR_CAP_AMBIENT, PR_SET_KEEPCAPS = 38, 22, 4, 47, 8
if libc.prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0: print('ESCAPED no_new_privs')
if libc.prctl(PR_SET_SECCOMP, 0, 0) == 0: print('ESCAPED seccomp off')
if libc.prctl(PR_CAP_AMBIENT, 2, 21, 0, 0) == 0: print('ESCAPED ambient')
SECCOMP_SET_MODE_FILTER, NEW_LISTENER = 1, 8
if libc.syscall(317, SECCOMP_SET_MODE_FILTER, NEW_LISTENER, None) >= 0: print('ESCAPED listener')
""")


def test_the_other_doors_into_the_kernel_are_shut(attack):
    """i386 system calls (int 0x80) and x32 numbers reach tables that a filter may not know."""
    result = attack("""
import ctypes, mmap, os, platform
if platform.machine() == 'x86_64':
    pid = os.fork()
    if pid == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syscall(0x40000000 | 39) > 0: print('ESCAPED x32', flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
    pid = os.fork()
    if pid == 0:
        # mov eax, 20 (getpid of i386); int 0x80; ret
        code = b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3'
        try:
            memory = mmap.mmap(-1, 4096, prot=7)
        except OSError:
            os._exit(0)
        memory.write(code)
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        if ctypes.CFUNCTYPE(ctypes.c_int)(address)() > 0: print('ESCAPED i386', flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
print('done')
""")
    assert b"done" in result.stdout


@pytest.mark.parametrize("call", [
    '__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");',
    'result = syscall(0x40000000 | 39);',
], ids=["i386", "x32"])
def test_foreign_system_calls_end_the_program(client, call):
    """The kernel ends it without asking pid 1, so no call is named; the verdict says what it was."""
    request = evaluate("#include <stdio.h>\n#include <unistd.h>\nint main(void)\n{\n    long result;\n"
                       f"    {call}\n    printf(\"ESCAPED %ld\\n\", result);\n    return 0;\n}}\n", language="c")
    request.stdio.cases.add(stdin=b"", stdout=b"done\n")
    result = client.judge_one(request)
    assert verdict_name(result) == "VIOLATION", result
    assert b"foreign ABI" in result.feedback and b"ESCAPED" not in result.stdout
