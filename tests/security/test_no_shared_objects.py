"""Promise: shared memory, queues and semaphores of others cannot be reached or counted."""
import ctypes
import os

import pytest

IPC_CREAT, IPC_RMID = 0o1000, 0
libc = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def planted():
    """A segment of the host that everybody may use, and its key."""
    key = 0x61736179 ^ os.getpid()
    segment = libc.shmget(key, 4096, IPC_CREAT | 0o666)
    assert segment >= 0, os.strerror(ctypes.get_errno())
    yield key
    assert libc.shmctl(segment, IPC_RMID, None) == 0


def test_a_segment_of_the_host_is_not_found(attack_to_the_end, planted):
    attack_to_the_end(f"""
import ctypes
syscall = ctypes.CDLL(None).syscall
if syscall(29, {planted}, 4096, 0) != -1: print('ESCAPED')  # shmget
""")


def test_none_is_counted(attack_to_the_end, planted):
    attack_to_the_end(f"""
for name in ('shm', 'msg', 'sem'):
    try: text = open('/proc/sysvipc/' + name).read()
    except OSError: continue
    if '{planted}' in text or len(text.splitlines()) > 1: print('ESCAPED', name)
import os
for folder in ('/dev/shm', '/dev/mqueue'):
    try: names = os.listdir(folder)
    except OSError: continue
    if names: print('ESCAPED', names)
""")
