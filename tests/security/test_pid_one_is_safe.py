"""Promise: a candidate cannot signal, stop, trace, read or slow down pid 1 of its cell."""


def still_the_same_cell(client, run):
    before = client.status()
    run()
    after = client.status()
    assert sum(slot.cells for slot in after.slots) == sum(slot.cells for slot in before.slots)


def test_no_signal_reaches_it(client, attack_to_the_end):
    still_the_same_cell(client, lambda: attack_to_the_end("""
import os
for number in range(1, 65):
    try: os.kill(1, number)
    except OSError: pass
"""))


def test_signals_to_everyone_do_not_reach_it(client, attack):
    still_the_same_cell(client, lambda: attack("""
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for number in (15, 19, 2, 1, 9): os.kill(-1, number)
"""))


def test_queued_and_thread_directed_signals_do_not_reach_it(client, attack_to_the_end):
    still_the_same_cell(client, lambda: attack_to_the_end("""
import ctypes
libc = ctypes.CDLL(None)
info = (ctypes.c_int * 32)(9, 0, -1)
for number in (9, 11, 19, 34):
    libc.syscall(200, 1, number)                 # tkill
    libc.syscall(234, 1, 1, number)              # tgkill
    libc.syscall(129, 1, number, info)           # rt_sigqueueinfo
    fd = libc.syscall(434, 1, 0)                 # pidfd_open
    if fd >= 0: libc.syscall(424, fd, number, None, 0)
"""))


def test_it_cannot_be_traced_or_read(client, attack_to_the_end):
    still_the_same_cell(client, lambda: attack_to_the_end("""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
for request in (PTRACE_ATTACH, PTRACE_SEIZE):
    if libc.ptrace(request, 1, 0, 0) == 0: print('ESCAPED ptrace', request)
for name in ('mem', 'maps', 'environ', 'fd/3', 'root/proc', 'cwd/x', 'syscall', 'stack', 'auxv'):
    try:
        handle = open(f'/proc/1/{name}', 'rb')
        if handle.read(16): print('ESCAPED', name)
    except OSError:
        pass
try:
    open('/proc/1/mem', 'r+b')
    print('ESCAPED mem')
except OSError:
    pass
buffer = (ctypes.c_char * 64)()
class iovec(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('len', ctypes.c_size_t)]
local = iovec(ctypes.addressof(buffer), 64)
remote = iovec(0x400000, 64)
for number in (310, 311):
    if libc.syscall(number, 1, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0) > 0:
        print('ESCAPED process_vm', number)
fd = libc.syscall(434, 1, 0)
if fd >= 0:
    for target in range(10):
        if libc.syscall(438, fd, target, 0) >= 0: print('ESCAPED pidfd_getfd', target)
"""))


def test_its_limits_priority_and_processors_stay(client, attack_to_the_end):
    still_the_same_cell(client, lambda: attack_to_the_end("""
import os, resource
attempts = {
    'prlimit': lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (3, 3)),
    'setpriority': lambda: os.setpriority(os.PRIO_PROCESS, 1, 19),
    'setpriority of the user': lambda: os.setpriority(os.PRIO_USER, 0, 19),
    'sched_setaffinity': lambda: os.sched_setaffinity(1, {0}),
    'sched_setscheduler': lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)),
}
for name, attempt in attempts.items():
    try:
        attempt()
        print('ESCAPED', name)
    except OSError:
        pass
try:
    with open('/proc/1/oom_score_adj', 'w') as handle: handle.write('1000')
    print('ESCAPED oom_score_adj')
except OSError:
    pass
"""))
