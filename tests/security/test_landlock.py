"""Promise: beside mounts and filter, Landlock bounds what a candidate can open: only what the policy
mounts, and only the work areas for writing."""
import pytest

from support import left_out


@pytest.fixture(autouse=True)
def restricted(client):
    if "landlock" not in client.greeting.isolation and "landlock" not in left_out.LEFT_OUT:
        pytest.skip("this kernel has no Landlock, or a version below 2")


def test_what_no_rule_names_cannot_be_opened(attack_to_the_end):
    """The runtime's own files are in the cell, and no mount of the policy: nothing else than
    Landlock keeps a candidate from them."""
    attack_to_the_end("""
import errno, os
for name in os.listdir('/runtime'):
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR | os.O_CREAT):
        try: os.open('/runtime/' + name, flags)
        except PermissionError: continue
        except OSError as error:  # an ordinary user's own file: the mount says no before
            if flags == os.O_RDONLY or error.errno != errno.EROFS: print('ESCAPED', error)
        else: print('ESCAPED', name, flags)
try: os.execv('/runtime/_assay.abi3.so', ['x'])
except PermissionError: pass
except OSError as error: print('ESCAPED exec', error)
""")


def test_what_is_mounted_for_reading_is_read_and_run_only(attack_to_the_end):
    attack_to_the_end("""
import os, subprocess
assert open('/usr/bin/env', 'rb').read(4) == b'\\x7fELF'
assert subprocess.run(['/usr/bin/true']).returncode == 0
assert os.listdir('/') and os.listdir('/usr') and os.listdir('/dev')
for path in ('/usr/bin/env', '/etc/ld.so.cache'):
    try: os.open(path, os.O_WRONLY)
    except OSError: continue
    print('ESCAPED', path)
""")


def test_work_areas_can_be_used_in_every_honest_way(attack_to_the_end):
    attack_to_the_end("""
import os, shutil, socket, subprocess
for area in ('/tmp', '/dev/shm'):
    os.mkdir(area + '/a'); os.mkdir(area + '/b')
    with open(area + '/a/x', 'w') as file: file.write('x' * 100)
    os.truncate(area + '/a/x', 10)
    os.rename(area + '/a/x', area + '/b/y')
    os.link(area + '/b/y', area + '/a/z')
    os.symlink(area + '/b/y', area + '/s')
    assert open(area + '/s').read() == 'x' * 10
    os.mkfifo(area + '/fifo')
    server = socket.socket(socket.AF_UNIX); server.bind(area + '/socket'); server.listen()
    socket.socket(socket.AF_UNIX).connect(area + '/socket')
    shutil.copy('/usr/bin/true', area + '/program')
    assert subprocess.run([area + '/program']).returncode == 0
    shutil.rmtree(area + '/a')
open('/dev/null', 'w').write('x')
assert open('/dev/zero', 'rb').read(2) == b'\\0\\0'
abstract = socket.socket(socket.AF_UNIX); abstract.bind('\\0name'); abstract.listen()
socket.socket(socket.AF_UNIX).connect('\\0name')
child = subprocess.Popen(['/usr/bin/sleep', '100']); child.terminate(); child.wait()
""")


def test_it_cannot_be_left_or_loosened(attack_to_the_end):
    attack_to_the_end("""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for number in (444, 445, 446):
    if libc.syscall(number, 0, 0, 0, 0) != -1: print('ESCAPED', number)
pid = os.fork()
if pid == 0:
    os.setsid()
    try:
        os.open('/runtime/zygote.py', os.O_RDONLY)
        print('ESCAPED', flush=True)
    except PermissionError: pass
    os._exit(0)
os.waitpid(pid, 0)
""")
