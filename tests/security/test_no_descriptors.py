"""Promise: a candidate holds no descriptor of the daemon but its standard streams and the pipe of
its own examination."""
import pytest

from support.wire import evaluate_program

ONLY_THE_KNOWN = """
import os, stat
for name in os.listdir('/proc/self/fd'):
    try:
        link = os.readlink(f'/proc/self/fd/{name}')
        mode = os.fstat(int(name)).st_mode
    except OSError:
        continue  # the listing's own
    if int(name) > 2 and not stat.S_ISFIFO(mode): print('ESCAPED', name, link)
    if stat.S_ISSOCK(mode): print('ESCAPED socket', name, link)
    if int(name) <= 2 and not (stat.S_ISFIFO(mode) or link == '/dev/null'):
        print('ESCAPED', name, link)
extra = [n for n in range(3, 1024) if os.path.exists(f'/proc/self/fd/{n}')]
if len(extra) > 1: print('ESCAPED', extra)
"""


def test_only_the_known_descriptors(attack_to_the_end):
    attack_to_the_end(ONLY_THE_KNOWN)


def test_a_program_that_it_starts_gets_none(attack_to_the_end):
    attack_to_the_end("""
import os, sys
r, w = os.pipe()
pid = os.fork()
if pid == 0:
    os.dup2(w, 1)
    os.execv(sys.executable, [sys.executable, '-I', '-c',
             'import os; print([n for n in range(3, 1024) if os.path.exists(f"/proc/self/fd/{n}")])'])
os.close(w)
text = os.read(r, 1000).decode().strip()
os.waitpid(pid, 0)
if text not in ('[]', ''): print('ESCAPED', text)
""")


def test_standard_streams_are_pipes_that_cannot_be_read_back(attack_to_the_end):
    """Opening /proc/self/fd/1 for reading gives the daemon's end only if it is a pipe of another
    kind; what it has written must not come back from a later run's output."""
    attack_to_the_end("""
import os
for name in (1, 2):
    try:
        os.lseek(name, 0, 0)
        print('ESCAPED seekable', name)
    except OSError:
        pass
""")


def test_no_terminal(attack_to_the_end):
    attack_to_the_end("""
import os
for name in (0, 1, 2):
    if os.isatty(name): print('ESCAPED tty', name)
try:
    os.open('/dev/tty', os.O_RDWR)
    print('ESCAPED /dev/tty')
except OSError:
    pass
""")


@pytest.mark.parametrize("plant", ["socket.socketpair()", "os.open('/dev/null', os.O_RDONLY)",
                                   "os.dup2(os.open('/dev/zero', os.O_RDONLY), 0)"])
def test_one_too_many_is_seen(client, plant):
    """The same program finds a descriptor that the candidate opens itself."""
    code = f"import os, socket\nplanted = {plant}\n" + ONLY_THE_KNOWN
    assert b"ESCAPED" in client.judge_one(evaluate_program(code)).stdout
